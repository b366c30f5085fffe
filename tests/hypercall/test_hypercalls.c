/* Each hypercall alone: what it answers, every error, and arguments meant to hurt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>

enum { ENOENT_ = -2, EPERM_ = -1, EFAULT_ = -14, EEXIST_ = -17, EINVAL_ = -22, ENOSYS_ = -38 };

static bool covered[64];

static int setup(void **state)
{
    *state = kit_new(2);
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    for (unsigned i = 0; i < 64; i++) covered[i] |= k->d->hypercall_count[i] != 0;
    kit_free(k);
    return 0;
}

/* --- plain answers ---------------------------------------------------------------------------- */

static void answers_by_table(void **state)
{
    struct kit *k = *state;
    const u64 buf = kit_inline(KIT_BUF), pages = KIT_MEM / 16384;
    const struct {
        u64 number, args[5];
        s64 want;
    } rows[] = {
        { 7, { buf }, EPERM_ },
        { 12, { 2, 0 }, (s64)pages - 1 },
        { 12, { 3, 0 }, (s64)pages },
        { 12, { 99, buf }, ENOSYS_ },
        { 17, { 0, 0 }, 0x40001 },
        { 17, { 1, buf }, 0 },
        { 17, { 2, buf }, 0 },
        { 17, { 3, buf }, 0 },
        { 17, { 4, buf }, 0 },
        { 17, { 5, buf }, 0 },
        { 17, { 6, buf }, 0 },
        { 17, { 7, 0 }, 16384 },
        { 17, { 7, buf }, EINVAL_ },
        { 17, { 8, buf }, ENOSYS_ },
        { 17, { 1, 0 }, EFAULT_ },
        { 15, { 0 }, ENOSYS_ },   /* set_timer_op does not exist here */
        { 63, { 0 }, ENOSYS_ },
        { 64, { 0 }, ENOSYS_ },
        { 0xff, { 0 }, ENOSYS_ },
        { 0x200, { 0 }, ENOSYS_ }, /* firmware classes without a row */
        { 0x800, { 0 }, ENOSYS_ },
        { 0x500, { 0 }, -1 },
        { 24, { 5, 2, buf }, ENOENT_ },
        { 24, { 3, 0, 0 }, 1 },
        { 24, { 3, 1, 0 }, 0 },
        { 24, { 77, 0, buf }, ENOSYS_ },
        { 30, { 1, buf }, EINVAL_ },
        { 30, { 2, buf }, ENOSYS_ },
        { 31, { 0, buf }, ENOSYS_ },
        { 34, { 0, buf }, ENOSYS_ },
        { 35, { buf }, EPERM_ },
        { 36, { buf }, EPERM_ },
        { 37, { 0, buf }, EPERM_ },
        { 48, { 1, 0x123 }, 0x123 },
        { 48, { 3, 0x456 }, 0x456 },
        { 48, { 8 }, 0 },
        { 48, { 4 }, ENOSYS_ },
        { 49, { 3 }, EPERM_ },
        { 50, { 0, buf }, EPERM_ },
        { 33, { 8, buf }, EPERM_ },
        { 33, { 9, buf }, EPERM_ },
        { 33, { 10, buf }, EPERM_ },
        { 33, { 11, buf }, EPERM_ },
        { 33, { 12, buf }, ENOSYS_ },
        { 20, { 2, buf, 0 }, 0 },
        { 20, { 99, buf, 1 }, ENOSYS_ },
        { 20, { 6, buf, 100000 }, EINVAL_ },
        { 18, { 1, 10, buf }, 0 },
        { 18, { 2, 10, buf }, ENOSYS_ },
        { 29, { 0, 0 }, 0 },
        { 29, { 99, buf }, ENOSYS_ },
        { 6, { 0, 0 }, 0 },
        { 6, { 9, 0 }, ENOSYS_ },
        { 13, { buf, 100000 }, EINVAL_ },
        { 13, { 0, 1 }, EFAULT_ },
        { 13, { 0, 0 }, 0 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        const u64 *a = rows[i].args, zero[64] = { 0 };
        kit_put(k, KIT_BUF, zero, sizeof zero);
        s64 got = kit_call(k, rows[i].number, a[0], a[1], a[2], a[3], a[4]);
        if (got != rows[i].want) {
            fail_msg("row %u: hypercall %u answers %d, not %d", i, (unsigned)rows[i].number,
                     (int)got, (int)rows[i].want);
        }
        assert_string_equal(k->crash, "");
    }
}

static void versions_are_strings_that_guests_parse(void **state)
{
    struct kit *k = *state;
    char text[1024];
    assert_int_equal(kit_call(k, 17, 3, kit_inline(KIT_BUF), 0, 0, 0), 0);
    kit_get(k, KIT_BUF, text, sizeof text);
    assert_string_equal(text, "xen-3.0-ia64 xen-3.0-ia64be ");
    struct xen_feature_info info = { 0, 0 };
    assert_int_equal(kit_struct(k, 17, 6, &info, sizeof info), 0);
    assert_int_equal(info.submap, 5);
    info.submap_idx = 1;
    assert_int_equal(kit_struct(k, 17, 6, &info, sizeof info), EINVAL_);
}

static void console_io_writes(void **state)
{
    struct kit *k = *state;
    kit_put(k, KIT_BUF, "hello", 5);
    assert_int_equal(kit_call(k, 18, 0, 5, kit_inline(KIT_BUF), 0, 0), 5);
    assert_string_equal(chardev_buffer_output(k->console)->str, "hello");
}

/* --- xencomm ---------------------------------------------------------------------------------- */

static void put_descriptor(struct kit *k, u64 pa, u32 magic, u32 n, const u64 *addresses)
{
    const u32 head[2] = { magic, n };
    kit_put(k, pa, head, sizeof head);
    kit_put(k, pa + 8, addresses, n * 8);
}

/* The structure lies across a page boundary, in two pages that are not neighbours; a skipped entry
 * stands in between. */
static void descriptors_gather_pieces(void **state)
{
    struct kit *k = *state;
    const u64 first = KIT_BUF + 16384 - 4, second = KIT_PAGE + 5 * 16384;
    const u64 addresses[] = { first, ~0ull, second };
    const u32 in[2] = { 0, 0xdead };
    u32 out;
    kit_put(k, first, &in[0], 4);
    kit_put(k, second, &in[1], 4);
    put_descriptor(k, KIT_DESC, 0x58434f4d, 3, addresses);
    assert_int_equal(kit_call(k, 17, 6, KIT_DESC, 0, 0, 0), 0);
    kit_get(k, second, &out, 4);
    assert_int_equal(out, 5);
}

static void bad_handles_are_faults(void **state)
{
    struct kit *k = *state;
    const u64 good[] = { KIT_BUF }, outside[] = { KIT_MEM }, wraps[] = { ~0ull - 7 };
    const u64 skipped[] = { ~0ull };
    const struct {
        u64 at;
        u32 magic, n;
        const u64 *addresses;
    } rows[] = {
        { KIT_DESC, 0x58434f4e, 1, good },        /* magic */
        { KIT_DESC + 4, 0x58434f4d, 1, good },    /* not aligned */
        { KIT_DESC, 0x58434f4d, 0, good },        /* too short */
        { KIT_DESC, 0x58434f4d, 1, outside },
        { KIT_DESC, 0x58434f4d, 1, wraps },
        { KIT_DESC, 0x58434f4d, 1, skipped },
        { KIT_MEM - 16, 0x58434f4d, 0xffffffff, skipped }, /* runs out of memory */
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        put_descriptor(k, rows[i].at, rows[i].magic, MIN(rows[i].n, 1u), rows[i].addresses);
        kit_put(k, rows[i].at + 4, &rows[i].n, 4);
        assert_int_equal(kit_call(k, 17, 6, rows[i].at, 0, 0, 0), EFAULT_);
    }
    static const u64 handles[] = {
        0, 1, 7, 0x8000000000000000ull | KIT_MEM, 0x87ffffffffffffffull, 0x8000000007fffffeull,
        0x7fffffffffffffffull, 0xffffffffffffffffull, 0x4000000000000000ull, KIT_MEM - 8,
    };
    for (unsigned i = 0; i < ARRAY_LEN(handles); i++) {
        assert_int_equal(kit_call(k, 17, 6, handles[i], 0, 0, 0), EFAULT_);
        assert_int_equal(kit_call(k, 32, 1, handles[i], 0, 0, 0), EFAULT_);
        assert_int_equal(kit_call(k, 20, 6, handles[i], 1, 0, 0), EFAULT_);
        assert_int_equal(kit_call(k, 24, 5, 0, handles[i], 0, 0), EFAULT_);
        assert_int_equal(kit_call(k, 0x700, handles[i], 0, 0, 0, 0), EFAULT_);
    }
    assert_string_equal(k->crash, "");
}

/* --- memory ----------------------------------------------------------------------------------- */

static void reservations_count_extents_inside_memory(void **state)
{
    struct kit *k = *state;
    const u64 pfns[] = { 1, 2, KIT_MEM >> 14, 3 };
    struct memory_reservation r = { .extent_start = kit_inline(KIT_PAGE), .nr_extents = 4,
                                    .domid = 0x7ff0 };
    kit_put(k, KIT_PAGE, pfns, sizeof pfns);
    assert_int_equal(kit_struct(k, 12, 1, &r, sizeof r), 2);
    assert_int_equal(kit_struct(k, 12, 6, &r, sizeof r), 2);
    assert_int_equal(kit_struct(k, 12, 0, &r, sizeof r), 0);
    r.extent_order = 63;
    assert_int_equal(kit_struct(k, 12, 6, &r, sizeof r), 0);
    r = (struct memory_reservation){ .extent_start = 5, .nr_extents = ~0ull, .domid = 0x7ff0 };
    assert_int_equal(kit_struct(k, 12, 6, &r, sizeof r), 0);
    r.domid = 3;
    assert_int_equal(kit_struct(k, 12, 6, &r, sizeof r), EPERM_);
    struct add_to_physmap a = { 0 };
    assert_int_equal(kit_struct(k, 12, 7, &a, sizeof a), ENOSYS_);
}

/* --- event channels --------------------------------------------------------------------------- */

static void ports_are_given_from_the_lowest(void **state)
{
    struct kit *k = *state;
    struct evtchn_bind_ipi ipi = { 0 };
    struct evtchn_bind_virq virq = { .virq = 16 };
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    struct evtchn_port port;
    assert_int_equal(kit_struct(k, 32, 7, &ipi, sizeof ipi), 0);
    assert_int_equal(ipi.port, 3); /* store and console have 1 and 2 */
    assert_int_equal(kit_struct(k, 32, 1, &virq, sizeof virq), 0);
    assert_int_equal(virq.port, 4);
    assert_int_equal(kit_struct(k, 32, 1, &virq, sizeof virq), EEXIST_);
    assert_int_equal(kit_struct(k, 32, 6, &un, sizeof un), 0);
    assert_int_equal(un.port, 5);
    port.port = 3;
    assert_int_equal(kit_struct(k, 32, 3, &port, sizeof port), 0);
    assert_int_equal(kit_struct(k, 32, 3, &port, sizeof port), EINVAL_);
    ipi.vcpu = 1;
    assert_int_equal(kit_struct(k, 32, 7, &ipi, sizeof ipi), 0);
    assert_int_equal(ipi.port, 3);
    ipi.vcpu = 2;
    assert_int_equal(kit_struct(k, 32, 7, &ipi, sizeof ipi), ENOENT_);
}

static void virqs_are_checked(void **state)
{
    struct kit *k = *state;
    static const struct {
        u32 virq, vcpu;
        s64 want;
    } rows[] = { { 24, 0, EINVAL_ }, { ~0u, 0, EINVAL_ }, { 2, 1, EINVAL_ }, { 16, 2, ENOENT_ },
                 { 16, 1, 0 }, { 17, 0, 0 }, { 2, 0, 0 } };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct evtchn_bind_virq b = { .virq = rows[i].virq, .vcpu = rows[i].vcpu };
        assert_int_equal(kit_struct(k, 32, 1, &b, sizeof b), rows[i].want);
    }
}

static void only_some_ports_can_move(void **state)
{
    struct kit *k = *state;
    struct evtchn_bind_ipi ipi = { 0 };
    struct evtchn_bind_virq virq = { .virq = 16 }, global = { .virq = 2 };
    struct evtchn_bind_vcpu move;
    kit_struct(k, 32, 7, &ipi, sizeof ipi);
    kit_struct(k, 32, 1, &virq, sizeof virq);
    kit_struct(k, 32, 1, &global, sizeof global);
    const struct {
        u32 port, vcpu;
        s64 want;
    } rows[] = { { ipi.port, 1, EINVAL_ }, { virq.port, 1, EINVAL_ }, { global.port, 1, 0 },
                 { 1, 1, 0 }, { 1, 2, ENOENT_ }, { 99, 0, EINVAL_ }, { 5000, 0, EINVAL_ } };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        move = (struct evtchn_bind_vcpu){ rows[i].port, rows[i].vcpu };
        assert_int_equal(kit_struct(k, 32, 8, &move, sizeof move), rows[i].want);
    }
}

static void sending_marks_port_word_and_processor(void **state)
{
    struct kit *k = *state;
    struct shared_info *s = k->d->shared;
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };
    kit_struct(k, 32, 7, &ipi, sizeof ipi);
    struct evtchn_port p = { ipi.port };
    s->evtchn_mask[0] = ~0ull;
    assert_int_equal(kit_struct(k, 32, 4, &p, sizeof p), 0);
    assert_int_equal(s->evtchn_pending[0], 1ull << ipi.port);
    assert_int_equal(s->vcpu[1].upcall_pending, 0); /* masked: kept, not told */
    assert_int_equal(kit_struct(k, 32, 9, &p, sizeof p), 0);
    assert_int_equal(s->evtchn_mask[0], ~(1ull << ipi.port));
    assert_int_equal(s->vcpu[1].pending_sel, 1);
    assert_int_equal(s->vcpu[1].upcall_pending, 1);
    assert_int_equal(s->vcpu[0].upcall_pending, 0);
    struct evtchn_bind_virq virq = { .virq = 17 };
    kit_struct(k, 32, 1, &virq, sizeof virq);
    p.port = virq.port;
    assert_int_equal(kit_struct(k, 32, 4, &p, sizeof p), EINVAL_);
    static const u32 none[] = { 0, 77, 4095, 4096, ~0u };
    for (unsigned i = 0; i < ARRAY_LEN(none); i++) {
        p.port = none[i];
        assert_int_equal(kit_struct(k, 32, 4, &p, sizeof p), EINVAL_);
        assert_int_equal(kit_struct(k, 32, 9, &p, sizeof p), EINVAL_);
        assert_int_equal(kit_struct(k, 32, 3, &p, sizeof p), EINVAL_);
    }
}

static void an_unbound_port_swallows_events(void **state)
{
    struct kit *k = *state;
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    kit_struct(k, 32, 6, &un, sizeof un);
    struct evtchn_port p = { un.port };
    assert_int_equal(kit_struct(k, 32, 4, &p, sizeof p), 0);
    assert_int_equal(k->d->shared->evtchn_pending[0], 0);
    un.dom = 5;
    assert_int_equal(kit_struct(k, 32, 6, &un, sizeof un), EPERM_);
    struct evtchn_bind_interdomain inter = { 0 };
    assert_true(kit_struct(k, 32, 0, &inter, sizeof inter) < 0);
    struct evtchn_bind_pirq pirq = { 0 };
    assert_int_equal(kit_struct(k, 32, 2, &pirq, sizeof pirq), EPERM_);
    struct evtchn_status st = { .dom = 0x7ff0, .port = un.port };
    assert_int_equal(kit_struct(k, 32, 5, &st, sizeof st), 0);
    assert_int_equal(st.status, 1);
    struct evtchn_reset reset = { 0x7ff0 };
    assert_int_equal(kit_struct(k, 32, 10, &reset, sizeof reset), 0);
    assert_int_equal(kit_struct(k, 32, 5, &st, sizeof st), 0);
    assert_int_equal(st.status, 0);
}

static bool takes_event(struct kit *k, u32 port)
{
    u64 bit = 1ull << port, *set = k->d->shared->evtchn_pending;
    bool was = *set & bit;
    *set &= ~bit;
    return was;
}

static void a_domain_binds_two_of_its_own_ports_to_each_other(void **state)
{
    struct kit *k = *state;
    struct evtchn_alloc_unbound un = { 0x7ff0, 0x7ff0, 0 };
    kit_struct(k, 32, 6, &un, sizeof un);
    struct evtchn_bind_interdomain inter = { .remote_dom = DOMAIN_ID, .remote_port = un.port };
    assert_int_equal(kit_struct(k, 32, 0, &inter, sizeof inter), 0);
    struct evtchn_port near = { inter.local_port }, far = { un.port };
    assert_true(takes_event(k, near.port)); /* by the binding */
    assert_int_equal(kit_struct(k, 32, 4, &near, sizeof near), 0);
    assert_true(takes_event(k, far.port));
    assert_false(takes_event(k, near.port));
    assert_int_equal(kit_struct(k, 32, 4, &far, sizeof far), 0);
    assert_true(takes_event(k, near.port));
    struct evtchn_status st = { .dom = 0x7ff0, .port = near.port };
    assert_int_equal(kit_struct(k, 32, 5, &st, sizeof st), 0);
    assert_int_equal(st.status, 2);
    assert_int_equal(st.u[0], DOMAIN_ID);
    assert_int_equal(st.u[1], far.port);
    assert_int_equal(kit_struct(k, 32, 0, &inter, sizeof inter), EINVAL_); /* it is taken */
    assert_int_equal(kit_struct(k, 32, 3, &near, sizeof near), 0);
    st.port = far.port;
    assert_int_equal(kit_struct(k, 32, 5, &st, sizeof st), 0);
    assert_int_equal(st.status, 1); /* unbound again, and events go nowhere */
    assert_int_equal(kit_struct(k, 32, 4, &far, sizeof far), 0);
    assert_false(takes_event(k, near.port));
    assert_int_equal(kit_struct(k, 32, 3, &far, sizeof far), 0);
}

static void a_port_for_a_back_end_is_not_the_domains_own_to_bind(void **state)
{
    struct kit *k = *state;
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    kit_struct(k, 32, 6, &un, sizeof un);
    struct evtchn_bind_interdomain inter = { .remote_dom = 0x7ff0, .remote_port = un.port };
    assert_int_equal(kit_struct(k, 32, 0, &inter, sizeof inter), EINVAL_);
}

static void ports_run_out_with_an_error(void **state)
{
    struct kit *k = *state;
    struct evtchn_bind_ipi ipi;
    for (unsigned i = 3; i < 4096; i++) {
        ipi = (struct evtchn_bind_ipi){ 0 };
        assert_int_equal(kit_struct(k, 32, 7, &ipi, sizeof ipi), 0);
    }
    assert_int_equal(kit_struct(k, 32, 7, &ipi, sizeof ipi), -28);
}

/* --- grants ----------------------------------------------------------------------------------- */

static void grant_frames_follow_each_other(void **state)
{
    struct kit *k = *state;
    struct gnttab_query_size q = { .dom = 0x7ff0 };
    assert_int_equal(kit_struct(k, 20, 6, &q, sizeof q), 0);
    assert_int_equal(q.status, 0);
    assert_int_equal(q.nr_frames, 1);
    assert_in_range(q.max_nr_frames, 1, 16);
    struct gnttab_setup_table s = { .dom = 0x7ff0, .nr_frames = q.max_nr_frames,
                                    .frame_list = kit_inline(KIT_PAGE) };
    u64 frames[16];
    assert_int_equal(kit_struct(k, 20, 2, &s, sizeof s), 0);
    assert_int_equal(s.status, 0);
    kit_get(k, KIT_PAGE, frames, sizeof frames);
    for (u32 i = 1; i < q.max_nr_frames; i++) assert_int_equal(frames[i], frames[0] + i);
    s.nr_frames = 1000;
    assert_int_equal(kit_struct(k, 20, 2, &s, sizeof s), 0);
    assert_int_equal(s.status, -1);
    s = (struct gnttab_setup_table){ .dom = 9, .nr_frames = 1, .frame_list = kit_inline(KIT_PAGE) };
    kit_struct(k, 20, 2, &s, sizeof s);
    assert_int_equal(s.status, -2);
}

static void only_proper_grants_are_honoured(void **state)
{
    struct kit *k = *state;
    u64 pa;
    const u32 frame = KIT_PAGE >> 14;
    const struct {
        struct grant_entry e;
        bool read, write;
    } rows[] = {
        { { 1, 0, frame }, true, true },
        { { 1 | 4, 0, frame }, true, false },
        { { 0, 0, frame }, false, false },
        { { 2, 0, frame }, false, false },
        { { 1, 7, frame }, false, false },
        { { 1, 0, KIT_MEM >> 14 }, false, false },
        { { 1, 0, 0xffffffff }, false, false },
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        kit_grant_raw(k, 8, &rows[i].e);
        assert_int_equal(grant_page(k->d, 8, false, &pa), rows[i].read);
        assert_int_equal(grant_page(k->d, 8, true, &pa), rows[i].write);
    }
    assert_false(grant_page(k->d, 2048, false, &pa)); /* beyond the first frame */
    assert_false(grant_page(k->d, ~0u, false, &pa));
}

static void grants_of_nobody_are_refused_one_by_one(void **state)
{
    struct kit *k = *state;
    struct gnttab_map map = { 0 };
    struct gnttab_unmap unmap = { 0 };
    assert_int_equal(kit_struct(k, 20, 0, &map, sizeof map), 0);
    assert_int_equal(map.status, -2);
    assert_int_equal(kit_struct(k, 20, 1, &unmap, sizeof unmap), 0);
    assert_int_equal(unmap.status, -4);
}

static void grant_copy_stays_inside_pages_and_memory(void **state)
{
    struct kit *k = *state;
    struct gnttab_copy c = { .source = { KIT_PAGE >> 14, 0x7ff0, 100, { 0 } },
                             .dest = { (KIT_PAGE >> 14) + 1, 0x7ff0, 200, { 0 } }, .len = 5 };
    char text[6] = "";
    kit_put(k, KIT_PAGE + 100, "grant", 5);
    assert_int_equal(kit_struct(k, 20, 5, &c, sizeof c), 0);
    assert_int_equal(c.status, 0);
    kit_get(k, KIT_PAGE + 16384 + 200, text, 5);
    assert_string_equal(text, "grant");
    c.dest.offset = 16384 - 4;
    kit_struct(k, 20, 5, &c, sizeof c);
    assert_int_equal(c.status, -10);
    c.dest.offset = 0;
    c.dest.u = ~0ull;
    kit_struct(k, 20, 5, &c, sizeof c);
    assert_int_equal(c.status, -9);
    c.flags = 1;
    kit_struct(k, 20, 5, &c, sizeof c);
    assert_int_equal(c.status, -3);
}

/* --- scheduling ------------------------------------------------------------------------------- */

static void blocking_sleeps_only_if_nothing_is_pending(void **state)
{
    struct kit *k = *state;
    k->v->info->upcall_mask = 1;
    assert_int_equal(kit_call(k, 29, 1, 0, 0, 0, 0), 0);
    assert_true(cpu_is_halted(k->cpu[0]));
    assert_int_equal(k->v->info->upcall_mask, 0); /* block enables events */
    evtchn_raise(k->d, k->d->console_port);
    assert_false(cpu_is_halted(k->cpu[0]));
    assert_int_equal(kit_call(k, 29, 1, 0, 0, 0, 0), 0);
    assert_false(cpu_is_halted(k->cpu[0]));
}

static void polling_sees_masked_ports_and_times_out(void **state)
{
    struct kit *k = *state;
    const u32 ports[] = { 2 };
    struct sched_poll p = { .ports = kit_inline(KIT_PAGE), .nr_ports = 1 };
    kit_put(k, KIT_PAGE, ports, sizeof ports);
    k->d->shared->evtchn_mask[0] = ~0ull;
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), 0);
    assert_true(cpu_is_halted(k->cpu[0]));
    evtchn_raise(k->d, 2);
    assert_false(cpu_is_halted(k->cpu[0]));
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), 0);
    assert_false(cpu_is_halted(k->cpu[0])); /* pending already */
    k->d->shared->evtchn_pending[0] = 0;
    p.timeout = 1000000;
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), 0);
    assert_true(cpu_is_halted(k->cpu[0]));
    k->now = 400000;
    clock_advance(k->clock, k->now);
    assert_false(cpu_is_halted(k->cpu[0]));
    p.nr_ports = 129;
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), EINVAL_);
    p.nr_ports = 1;
    p.ports = 3;
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), EFAULT_);
    const u32 bad[] = { 4096 };
    kit_put(k, KIT_PAGE, bad, sizeof bad);
    p.ports = kit_inline(KIT_PAGE);
    assert_int_equal(kit_struct(k, 29, 3, &p, sizeof p), EINVAL_);
}

static void shutdown_says_why(void **state)
{
    struct kit *k = *state;
    static const u32 reasons[] = { 0, 1, 3 };
    for (unsigned i = 0; i < ARRAY_LEN(reasons); i++) {
        struct sched_shutdown s = { reasons[i] };
        assert_int_equal(kit_struct(k, 29, 2, &s, sizeof s), 0);
        assert_int_equal(k->shutdown, reasons[i]);
    }
    struct sched_shutdown suspend = { 2 };
    k->shutdown = -1;
    assert_int_equal(kit_struct(k, 29, 2, &suspend, sizeof suspend), ENOSYS_);
    assert_int_equal(k->shutdown, -1);
    assert_int_equal(kit_call(k, 6, 2, 1, 0, 0, 0), 0);
    assert_int_equal(k->shutdown, 1);
}

static void run_state_is_running_whenever_somebody_looks(void **state)
{
    struct kit *k = *state;
    u64 handle = kit_inline(KIT_PAGE);
    struct runstate_info info;
    kit_put(k, KIT_BUF, &handle, 8);
    assert_int_equal(kit_call(k, 24, 5, 0, kit_inline(KIT_BUF), 0, 0), 0);
    k->now = 4000;
    kit_call(k, 29, 1, 0, 0, 0, 0);
    kit_get(k, KIT_PAGE, &info, sizeof info);
    assert_int_equal(info.state, 2);
    assert_int_equal(info.entry_time, 10000); /* nanoseconds */
    k->now = 8000;
    evtchn_raise(k->d, 1);
    kit_get(k, KIT_PAGE, &info, sizeof info);
    assert_int_equal(info.state, 0);
    assert_int_equal(info.time[2], 10000);
    handle = KIT_DESC; /* a descriptor cannot be kept */
    kit_put(k, KIT_BUF, &handle, 8);
    assert_int_equal(kit_call(k, 24, 5, 0, kit_inline(KIT_BUF), 0, 0), EFAULT_);
    handle = kit_inline(KIT_MEM);
    kit_put(k, KIT_BUF, &handle, 8);
    assert_int_equal(kit_call(k, 24, 5, 0, kit_inline(KIT_BUF), 0, 0), EFAULT_);
    assert_int_equal(kit_call(k, 24, 4, 0, kit_inline(KIT_BUF), 0, 0), 0);
}

static void callbacks_are_plain_addresses_outside_the_hole(void **state)
{
    struct kit *k = *state;
    struct callback_register c = { .type = 0, .address = 0xa000000100000450ull };
    assert_int_equal(kit_struct(k, 30, 0, &c, sizeof c), 0);
    assert_int_equal(k->v->callback, 0xa000000100000450ull);
    c.type = 1;
    assert_int_equal(kit_struct(k, 30, 0, &c, sizeof c), 0);
    c.type = 5;
    assert_int_equal(kit_struct(k, 30, 0, &c, sizeof c), ENOSYS_);
    c = (struct callback_register){ .address = 0xf400000000000000ull };
    assert_int_equal(kit_struct(k, 30, 0, &c, sizeof c), EINVAL_);
}

static void multicall_does_each_and_keeps_results(void **state)
{
    struct kit *k = *state;
    struct multicall_entry e[3] = {
        { .op = 17, .args = { 0 } }, { .op = 13 }, { .op = 99 },
    };
    kit_put(k, KIT_PAGE, e, sizeof e);
    assert_int_equal(kit_call(k, 13, kit_inline(KIT_PAGE), 3, 0, 0, 0), 0);
    kit_get(k, KIT_PAGE, e, sizeof e);
    assert_int_equal(e[0].result, 0x40001);
    assert_int_equal(e[1].result, EINVAL_);
    assert_int_equal(e[2].result, ENOSYS_);
}

/* --- firmware --------------------------------------------------------------------------------- */

static s64 pal(struct kit *k, u64 index, u64 a, u64 b)
{
    cpu_set_gr(k->cpu[0], 28, index, false);
    cpu_set_gr(k->cpu[0], 29, a, false);
    cpu_set_gr(k->cpu[0], 30, b, false);
    cpu_set_gr(k->cpu[0], 31, 0, false);
    return kit_call(k, 0x1000, 0, 0, 0, 0, 0);
}

static void pal_tells_of_a_smaller_processor(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pal(k, 8, 0, 0), 0);
    assert_int_equal(cpu_gr(k->cpu[0], 9, NULL), 0x02030b0b300f1059ull);
    assert_int_equal(cpu_gr(k->cpu[0], 10, NULL), 0x1232);
    assert_int_equal(pal(k, 7, 0, 2), 0);
    assert_int_equal(cpu_gr(k->cpu[0], 9, NULL), 0x300800180ull);
    assert_int_equal(pal(k, 7, 2, 2), -2);
    assert_int_equal(pal(k, 6, 0, 0), 0);
    assert_int_equal(cpu_gr(k->cpu[0], 10, NULL), 0x100000001ull);
    assert_int_equal(pal(k, 19, 0, 0), 0);
    assert_int_equal(cpu_gr(k->cpu[0], 9, NULL), 96);
    assert_int_equal(pal(k, 14, 0, 0), 0);
    assert_int_equal(cpu_gr(k->cpu[0], 11, NULL) >> 32, 400);
    assert_int_equal(pal(k, 9999, 0, 0), -1);
}

static void halting_returns_with_events_off(void **state)
{
    struct kit *k = *state;
    k->v->info->upcall_mask = 1;
    assert_int_equal(pal(k, 29, 0, 0), 0);
    assert_true(cpu_is_halted(k->cpu[0]));
    evtchn_raise(k->d, 1);
    assert_false(cpu_is_halted(k->cpu[0]));
    assert_int_equal(k->v->info->upcall_mask, 1);
    assert_int_equal(pal(k, 29, 0, 0), 0);
    assert_false(cpu_is_halted(k->cpu[0])); /* pending, whatever the mask */
}

static s64 sal(struct kit *k, u64 function, u64 a, u64 b, u64 c)
{
    for (unsigned r = 37; r < 40; r++) cpu_set_gr(k->cpu[0], r, 0, false);
    return kit_call(k, 0x1100, function, a, b, c, 0);
}

/* By number, what a domain hears of Xen 4.1: `o` it is there, `.` there is no such procedure; `x`
 * is left to other tests.  SAL numbers start at 0x01000000. */
static void firmware_has_what_a_domain_sees_and_no_more(void **state)
{
    static const char pals[] = ".oo.oooooo.ooooo.x.oo.o.....xx....o....o.o......";
    static const char sals[] = "o.oooo..oo......ooo.............o...";
    struct kit *k = *state;
    for (unsigned i = 0; pals[i]; i++) {
        s64 got = pals[i] == 'x' ? 0 : pal(k, i, 0, i == 7 || i == 2 ? 2 : 0);
        bool there = got != -1;
        if (pals[i] == 'x' || i == 13) continue; /* 13 may be there or not */
        if (there != (pals[i] == 'o')) fail_msg("PAL %u: %d", i, (int)got);
    }
    for (unsigned i = 0; sals[i]; i++) {
        s64 got = sal(k, 0x01000000 + i, 0, 0, 0), want = sals[i] == 'o' ? 0 : i == 1 ? -5 : -1;
        if (got != want) fail_msg("SAL %#x: %d", 0x01000000 + i, (int)got);
    }
}

static void sal_starts_processors(void **state)
{
    struct kit *k = *state;
    struct hv_vcpu *ap = &k->d->vcpu[1];
    assert_int_equal(sal(k, 0x01000012, 0, 0, 0), 0);
    assert_true(cpu_gr(k->cpu[0], 9, NULL) != 0);
    assert_int_equal(sal(k, 0x01000001, 0, 0, 0), -5);
    assert_int_equal(sal(k, 0x01000013, 0, 0, 0), -1);
    assert_int_equal(sal(k, 0x0100ffff, 0, 0, 0), -1);
    assert_int_equal(sal(k, 0x01000000, 2, 0x4001000, 0x4abc000), 0);
    cpu_set_gr(k->cpu[0], 14, 1, false);
    cpu_set_gr(k->cpu[0], 15, 0xf3, false);
    assert_false(ap->up);
    kit_call(k, 0x400, 0, 0, 0, 0, 0);
    assert_true(ap->up);
    assert_false(cpu_is_halted(ap->cpu));
    assert_int_equal(cpu_ip(ap->cpu), 0x4001000);
    assert_int_equal(cpu_gr(ap->cpu, 1, NULL), 0x4abc000);
    assert_int_equal(cpu_br(ap->cpu, 0), 0x840);
    assert_int_equal(ap->xsi->metaphysical_mode, 1);
    assert_int_equal(ap->xsi->interrupt_collection_enabled, 0);
    assert_int_not_equal(ap->info->upcall_mask, 0);
    kit_call(k, 0x400, 0, 0, 0, 0, 0); /* a second one is only an interrupt */
    assert_int_equal(bit(ap->irr[3], 0xf3 & 63), 1);
    cpu_set_gr(k->cpu[0], 14, 77, false);
    kit_call(k, 0x400, 0, 0, 0, 0, 0); /* nobody */
    kit_settle(k, 1);
    cpu_set_gr(k->cpu[1], 2, 0x1200, false);
    (void)kit_break(k, 1, 0x1000);
    assert_false(ap->up);
    assert_true(cpu_is_halted(ap->cpu));
}

static s64 efi(struct kit *k, unsigned service, u64 a, u64 b, u64 c, u64 d)
{
    return kit_call(k, 0x300 + service, a, b, c, d, 0);
}

#define EFI_UNSUPPORTED_ ((s64)0x8000000000000003ull)
#define EFI_INVALID_ ((s64)0x8000000000000002ull)

static void efi_moves_its_stubs_once(void **state)
{
    struct kit *k = *state;
    struct {
        u32 type, pad;
        u64 pa, va, pages, attribute, pad2;
    } map[2] = { { .type = 7, .va = 1 }, { .type = 13, .va = 0xe000000000000000ull } };
    u64 descriptor[2];
    vmmu_set_metaphysical(k->v, true);
    kit_put(k, KIT_BUF, map, sizeof map);
    assert_int_equal(efi(k, 4, sizeof map, 40, 1, KIT_BUF), EFI_INVALID_);
    assert_int_equal(efi(k, 4, sizeof map, 48, 2, KIT_BUF), EFI_INVALID_);
    assert_int_equal(efi(k, 4, 48, 48, 1, KIT_BUF), EFI_INVALID_); /* no PAL code in there */
    assert_int_equal(efi(k, 4, ~0ull, 48, 1, KIT_BUF), EFI_INVALID_);
    assert_int_equal(efi(k, 4, sizeof map, 48, 1, 0x4000000000000000ull), EFI_INVALID_);
    assert_int_equal(efi(k, 4, sizeof map, 48, 1, KIT_BUF), 0);
    kit_get(k, FW_EFI_DESCRIPTORS_PA + 9 * 16, descriptor, sizeof descriptor);
    assert_int_equal(descriptor[0], 0xe000000000000190ull);
    assert_int_equal(descriptor[1], 0);
    assert_int_equal(efi(k, 4, sizeof map, 48, 1, KIT_BUF), EFI_UNSUPPORTED_);
}

static void efi_knows_the_time_and_little_else(void **state)
{
    struct kit *k = *state;
    u8 time[16];
    vmmu_set_metaphysical(k->v, true);
    assert_true(vmmu_fill(k->v, KIT_BUF, false));
    assert_int_equal(efi(k, 0, KIT_BUF, 0, 0, 0), 0);
    kit_get(k, KIT_BUF, time, sizeof time);
    assert_int_equal(time[0] | time[1] << 8, 1970); /* the kit's date at time 0 */
    static const unsigned unsupported[] = { 1, 2, 3, 5, 6, 7, 8 };
    for (unsigned i = 0; i < ARRAY_LEN(unsupported); i++) {
        assert_int_equal(efi(k, unsupported[i], KIT_BUF, 0, 0, 0), EFI_UNSUPPORTED_);
    }
    efi(k, 9, 2, 0, 0, 0);
    assert_int_equal(k->shutdown, 0);
    efi(k, 9, 0, 0, 0, 0);
    assert_int_equal(k->shutdown, 1);
}

/* A pointer that misses is the guest's fault to mend; the call is made again then. */
static void firmware_pointers_may_miss(void **state)
{
    struct kit *k = *state;
    vmmu_set_rr(k->v, 1, 0x123 << 8 | 14 << 2);
    cpu_set_gr(k->cpu[0], 2, 0x300, false);
    cpu_set_gr(k->cpu[0], 32, 0x2000000000000100ull, false);
    cpu_set_gr(k->cpu[0], 33, 0, false);
    k->v->iva = 0xa000000000010000ull;
    assert_int_equal(kit_break(k, 0, 0x1000), HOOK_FAULT);
    assert_int_equal(domain_interruption(k->d, k->cpu[0]), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), 0xa000000000011000ull);
    assert_int_equal(k->v->xsi->ifa, 0x2000000000000100ull);
    assert_int_equal(k->v->xsi->iip, KIT_ENTRY);
}

static void shared_info_moves_where_rules_allow(void **state)
{
    struct kit *k = *state;
    struct mmu_span span;
    cpu_set_gr(k->cpu[0], 28, 0xfffffffffff00000ull, false);
    assert_int_equal(kit_call(k, 0x600, 0, 0, 0, 0, 0), 0);
    assert_int_equal(k->v->xsi->interrupt_mask_addr, 0xfffffffffff00001ull);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0xfffffffffff00000ull, 8, MMU_WRITE, 1, &span),
                     MMU_OK);
    assert_int_equal(span.pa, k->d->special_pa);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0xfffffffffff04c10ull, 8, MMU_WRITE, 1, &span),
                     MMU_OK);
    assert_int_equal(span.pa, k->v->xsi_pa + 0xc10);
    vmmu_set_rr(k->v, 7, 0x700 | 24 << 2); /* pinned whatever the guest does to rr7 */
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0xfffffffffff04c10ull, 8, MMU_WRITE, 1, &span),
                     MMU_OK);
    vmmu_purge_tr(k->v, false, 0xfffffffffff00000ull, 24);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0xfffffffffff04c10ull, 8, MMU_WRITE, 1, &span),
                     MMU_OK);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0xfffffffffff00000ull, 8, MMU_READ, 3, &span),
                     MMU_ACCESS_RIGHTS);
    static const u64 bad[] = { 0xa000000000000000ull, 0xfffffffffff04000ull,
                               0xf100000000000000ull };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        k->d->crashed = false;
        k->crash[0] = 0;
        cpu_set_gr(k->cpu[0], 28, bad[i], false);
        kit_call(k, 0x600, 0, 0, 0, 0, 0);
        assert_non_null(strstr(k->crash, "shared info"));
    }
}

static void unknown_numbers_are_counted_and_reported_once(void **state)
{
    struct kit *k = *state;
    u64 before = k->d->counters[COUNT_UNKNOWN_HYPERCALL];
    assert_int_equal(kit_call(k, 0x800, 0, 0, 0, 0, 0), ENOSYS_); /* of other kinds of domains */
    assert_int_equal(kit_call(k, 62, 0, 0, 0, 0, 0), ENOSYS_);
    assert_int_equal(k->d->counters[COUNT_UNKNOWN_HYPERCALL], before + 2);
    assert_true(k->d->warned_class[8]);
    assert_true(k->d->warned[62]);
    assert_false(k->d->warned_class[0]);
}

static void who_looks_sees_and_changes_what_the_guest_believes(void **state)
{
    enum { IVA = 2, IPSR = 16, IIP = 19, IIPA = 22 };
    struct kit *k = *state;
    struct cpu *cpu = k->cpu[0];
    k->v->iva = 0xa000000100000000ull;
    k->v->xsi->iip = 0xa000000100001230ull;
    k->v->xsi->ipsr = PSR_IC | PSR_DT;
    u64 iva = cpu_cr(cpu, IVA), iip = cpu_cr(cpu, IIP), dcr = cpu_cr(cpu, CR_DCR);
    domain_reveal(k->d, true);
    domain_reveal(k->d, true); /* two who look */
    assert_int_equal(cpu_cr(cpu, IVA), 0xa000000100000000ull);
    assert_int_equal(cpu_cr(cpu, IIP), 0xa000000100001230ull);
    assert_int_equal(cpu_cr(cpu, CR_DCR), k->v->xsi->dcr);
    cpu_set_cr(cpu, IPSR, PSR_IC);
    cpu_set_cr(cpu, IVA, 0xa000000100008000ull);
    domain_reveal(k->d, false);
    assert_int_equal(cpu_cr(cpu, IVA), iva);
    assert_int_equal(cpu_cr(cpu, IIP), iip);
    assert_int_equal(cpu_cr(cpu, CR_DCR), dcr);
    assert_int_equal(k->v->xsi->ipsr, PSR_IC);
    assert_int_equal(k->v->iva, 0xa000000100008000ull);
    assert_int_equal(k->v->xsi->iip, 0xa000000100001230ull);
}

static void every_hypercall_was_tried(void **state)
{
    (void)state;
#define HYPERCALL(nr, name, args)                                                                  \
    if (!covered[nr]) fail_msg("hypercall %d (%s) has no test", nr, #name);
#include "hypercall/hypercalls.def"
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(answers_by_table),
        WITH_DOMAIN(versions_are_strings_that_guests_parse),
        WITH_DOMAIN(console_io_writes),
        WITH_DOMAIN(descriptors_gather_pieces),
        WITH_DOMAIN(bad_handles_are_faults),
        WITH_DOMAIN(reservations_count_extents_inside_memory),
        WITH_DOMAIN(ports_are_given_from_the_lowest),
        WITH_DOMAIN(virqs_are_checked),
        WITH_DOMAIN(only_some_ports_can_move),
        WITH_DOMAIN(sending_marks_port_word_and_processor),
        WITH_DOMAIN(an_unbound_port_swallows_events),
        WITH_DOMAIN(a_domain_binds_two_of_its_own_ports_to_each_other),
        WITH_DOMAIN(a_port_for_a_back_end_is_not_the_domains_own_to_bind),
        WITH_DOMAIN(unknown_numbers_are_counted_and_reported_once),
        WITH_DOMAIN(who_looks_sees_and_changes_what_the_guest_believes),
        WITH_DOMAIN(ports_run_out_with_an_error),
        WITH_DOMAIN(grant_frames_follow_each_other),
        WITH_DOMAIN(only_proper_grants_are_honoured),
        WITH_DOMAIN(grants_of_nobody_are_refused_one_by_one),
        WITH_DOMAIN(grant_copy_stays_inside_pages_and_memory),
        WITH_DOMAIN(blocking_sleeps_only_if_nothing_is_pending),
        WITH_DOMAIN(polling_sees_masked_ports_and_times_out),
        WITH_DOMAIN(shutdown_says_why),
        WITH_DOMAIN(run_state_is_running_whenever_somebody_looks),
        WITH_DOMAIN(callbacks_are_plain_addresses_outside_the_hole),
        WITH_DOMAIN(multicall_does_each_and_keeps_results),
        WITH_DOMAIN(pal_tells_of_a_smaller_processor),
        WITH_DOMAIN(halting_returns_with_events_off),
        WITH_DOMAIN(firmware_has_what_a_domain_sees_and_no_more),
        WITH_DOMAIN(sal_starts_processors),
        WITH_DOMAIN(efi_moves_its_stubs_once),
        WITH_DOMAIN(efi_knows_the_time_and_little_else),
        WITH_DOMAIN(firmware_pointers_may_miss),
        WITH_DOMAIN(shared_info_moves_where_rules_allow),
        cmocka_unit_test(every_hypercall_was_tried),
    };
    return cmocka_run_group_tests_name("hypercalls", tests, NULL, NULL);
}
