/* A guest that means harm: random hypercalls, firmware calls, hyperprivops, rings and xenstore
 * messages.  Whatever it does, the emulator goes on, and nothing outside the guest's memory changes
 * (sanitizers watch; so does a page behind memory).  The sequence depends on a fixed seed only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/log.h"

#define ROUNDS 30000u

struct rng {
    u64 s;
};

static u64 next(struct rng *r)
{
    r->s ^= r->s << 13;
    r->s ^= r->s >> 7;
    r->s ^= r->s << 17;
    return r->s * 0x2545f4914f6cdd1dull;
}

/* Numbers that are likely to reach something: small ones, edges, addresses in and out of memory. */
static u64 word(struct rng *r)
{
    static const u64 edges[] = {
        0, 1, ~0ull, 1ull << 63, 0x7fffffff, 0xffffffff, KIT_MEM, KIT_MEM - 1, KIT_MEM - 8, 0x7ff0,
        0xfffffffffff00000ull, 0xe000000000000000ull, 0x8000000000000000ull | KIT_MEM,
        0x87fffffffffffff8ull, 14 << 2, 16384, 4096, 0x661,
    };
    switch (next(r) % 8) {
    case 0: return next(r);
    case 1: return edges[next(r) % ARRAY_LEN(edges)];
    case 2: return kit_inline(KIT_BUF + next(r) % 256);
    case 3: return KIT_DESC;
    case 4: return kit_inline(next(r) % (KIT_MEM + 65536));
    case 5: return next(r) % KIT_MEM;
    default: return next(r) % 64;
    }
}

static void scribble(struct kit *k, struct rng *r, u64 pa, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        u64 w = word(r);
        if (i % 2) w = w << 32 | (u32)word(r);
        kit_put(k, pa + i * 8, &w, 8);
    }
}

static void put_descriptor(struct kit *k, struct rng *r)
{
    const u32 head[2] = { next(r) % 8 ? 0x58434f4d : (u32)word(r), (u32)(next(r) % 6) };
    scribble(k, r, KIT_DESC + 8, 8);
    kit_put(k, KIT_DESC, head, sizeof head);
}

static int setup(void **state)
{
    *state = kit_new(3);
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

/* The domain may well have been stopped; start it again. */
static void revive(struct kit *k)
{
    if (k->d->crashed || k->shutdown >= 0 || cpu_is_halted(k->cpu[0])) {
        k->d->crashed = false;
        k->crash[0] = 0;
        k->shutdown = -1;
        cpu_wake(k->cpu[0]);
    }
    if ((cpu_psr(k->cpu[0]) & PSR_CPL) != 1ull << 32 || (cpu_cfm(k->cpu[0]) & 0x7f) < 5) {
        kit_settle(k, 0);
    }
}

static void random_hypercalls_do_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0x123456789abcdefull };
    for (unsigned i = 0; i < ROUNDS; i++) {
        static const u64 classes[] = { 0x300, 0x301, 0x304, 0x309, 0x400, 0x501, 0x600, 0x700,
                                       0x1000, 0x1100, 0x1200 };
        u64 number = next(&r) % 4 ? next(&r) % 52 : classes[next(&r) % ARRAY_LEN(classes)];
        revive(k);
        scribble(k, &r, KIT_BUF, 40);
        if (i % 4 == 0) put_descriptor(k, &r);
        for (unsigned g = 14; g < 40; g++) cpu_set_gr(k->cpu[0], g, word(&r), false);
        k->now += next(&r) % 1000;
        kit_call(k, number, word(&r), word(&r), word(&r), word(&r), word(&r));
    }
}

static void random_hyperprivops_do_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0xfeedfacecafebeefull };
    for (unsigned i = 0; i < ROUNDS; i++) {
        revive(k);
        for (unsigned g = 8; g < 15; g++) cpu_set_gr(k->cpu[0], g, word(&r), false);
        k->v->xsi->ifa = word(&r);
        k->v->xsi->itir = word(&r);
        k->v->xsi->ipsr = word(&r);
        k->v->xsi->ifs = word(&r);
        k->v->xsi->iip = word(&r);
        k->v->xsi->banknum = (u32)next(&r) % 3;
        kit_break(k, 0, next(&r) % 0x1c);
    }
}

static void random_privileged_instructions_do_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0x5eed5eed5eedull };
    static const char *const names[] = {
#define PRIVOP(meaning, fn) #meaning,
#include "hypercall/privops.def"
    };
    isa_init();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct insn in = { .imm = next(&r), .r1 = (u8)(8 + next(&r) % 24), .r2 = 8, .r3 = 9 };
        const char *name = names[next(&r) % ARRAY_LEN(names)];
        if (strstr(name, "_cr") || strstr(name, "_ar")) in.r3 = (u8)(next(&r) % 128);
        in.row = (u16)isa_row_of(name);
        revive(k);
        for (unsigned g = 8; g < 10; g++) cpu_set_gr(k->cpu[0], g, word(&r), false);
        k->v->xsi->ifa = word(&r);
        k->v->xsi->itir = word(&r);
        (void)domain_privop(k->d, k->cpu[0], &in);
        k->v->refused = false;
    }
}

static void random_interruptions_do_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0xabad1deaull };
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct interruption intr = { .row = (u16)(next(&r) % INT_COUNT), .isr = word(&r),
                                     .ifa = word(&r), .iim = word(&r), .slot = next(&r) % 3 };
        revive(k);
        if (next(&r) % 2) k->v->xsi->interrupt_collection_enabled = 1;
        cpu_set_ip(k->cpu[0], KIT_ENTRY, next(&r) % 3);
        if (intr.row == INT_DATA_NESTED_TLB) continue; /* never with the real psr.ic set */
        cpu_raise(k->cpu[0], &intr);
        (void)domain_interruption(k->d, k->cpu[0]);
    }
}

static void random_store_traffic_does_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0x570e570eull };
    u64 pa = domain_page_pfn(k->d, PAGE_STORE) << 14;
    struct evtchn_port send = { k->d->store_port };
    static const char *const paths[] = { "a", "a/b", "/local/domain/1", "device", "/", "@x", "//",
                                         "/local/domain/0/backend", "control/shutdown" };
    for (unsigned i = 0; i < 6000; i++) {
        char payload[64] = "";
        const char *path = paths[next(&r) % ARRAY_LEN(paths)];
        struct xs_header h = { (u32)(next(&r) % 20), (u32)i, 0, 0 };
        if (next(&r) % 3 == 0) h.tx_id = (u32)(next(&r) % 12);
        u32 prod = guest_read32(k->d, pa + STORE_REQ_PROD);
        memcpy(payload, path, strlen(path));
        h.len = (u32)(strlen(path) + 1 + next(&r) % 8);
        if (next(&r) % 500 == 0) h.len = (u32)next(&r);
        u8 text[80];
        memcpy(text, &h, sizeof h);
        memcpy(text + sizeof h, payload, sizeof payload);
        for (u32 b = 0; b < sizeof h + MIN(h.len, 60u); b++) {
            kit_put(k, pa + (prod + b) % 1024, &text[b], 1);
        }
        guest_write32(k->d, pa + STORE_REQ_PROD,
                      prod + (next(&r) % 300 ? (u32)sizeof h + MIN(h.len, 60u) : (u32)next(&r)));
        guest_write32(k->d, pa + STORE_RSP_CONS, guest_read32(k->d, pa + STORE_RSP_PROD));
        kit_struct(k, 32, 4, &send, sizeof send);
        if (i % 200 == 199) { /* the connection is broken by now */
            guest_write32(k->d, pa + STORE_REQ_PROD, guest_read32(k->d, pa + STORE_REQ_CONS));
            xenstore_reset(k->d->store);
        }
    }
}

/* A disk whose ring is full of noise, and whose grants come and go. */
static void random_block_rings_do_no_harm(void **state)
{
    struct kit *k = *state;
    struct rng r = { 0xb10cb10cull };
    GError *err = NULL;
    char *path;
    int fd = g_file_open_tmp("epic64-XXXXXX", &path, &err);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    close(fd);
    domain_add_disk(k->d, block_open(path, BLOCK_SNAPSHOT, &err));
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    kit_struct(k, 32, 6, &un, sizeof un);
    kit_grant(k, 9, KIT_PAGE, false);
    xenstore_put(k->d->store, "/local/domain/1/device/vbd/51712", "ring-ref", "9");
    xenstore_put(k->d->store, "/local/domain/1/device/vbd/51712", "event-channel", "%u", un.port);
    xenstore_put(k->d->store, "/local/domain/1/device/vbd/51712", "state", "3");
    struct evtchn_port send = { un.port };
    u32 prod = 0;
    for (unsigned i = 0; i < 4000; i++) {
        scribble(k, &r, KIT_PAGE + 0x40, 14 * 8);
        for (u32 g = 10; g < 30; g++) {
            struct grant_entry e = { (u16)(next(&r) % 8), (u16)(next(&r) % 3 ? 0 : next(&r)),
                                     (u32)(next(&r) % (KIT_MEM / 16384 + 10)) };
            kit_grant_raw(k, g, &e);
        }
        for (unsigned j = 0; j < 8; j++) { /* some of the noise gets to the segments */
            u8 op = (u8)(next(&r) % 5), n = (u8)(next(&r) % 13);
            u64 sector = next(&r) % 4 ? next(&r) % 2048 : word(&r);
            u64 at = KIT_PAGE + 0x40 + j * 112;
            kit_put(k, at, &op, 1);
            kit_put(k, at + 1, &n, 1);
            kit_put(k, at + 16, &sector, 8);
            for (unsigned s = 0; s < 11; s++) {
                struct blkif_segment seg = { (u32)(10 + next(&r) % 20), (u8)(next(&r) % 34),
                                             (u8)(next(&r) % 34), { 0 } };
                kit_put(k, at + 24 + s * 8, &seg, 8);
            }
        }
        prod += (u32)(next(&r) % 9);
        guest_write32(k->d, KIT_PAGE, prod);
        kit_struct(k, 32, 4, &send, sizeof send);
        kit_grant(k, 9, KIT_PAGE, false);
    }
    assert_true(k->d->counters[COUNT_BLOCK_REQUESTS] > 100); /* the noise was not all refused */
    assert_true(k->d->counters[COUNT_BLOCK_REFUSED] > 100);
    g_unlink(path);
    g_free(path);
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(random_hypercalls_do_no_harm),
        WITH_DOMAIN(random_hyperprivops_do_no_harm),
        WITH_DOMAIN(random_privileged_instructions_do_no_harm),
        WITH_DOMAIN(random_interruptions_do_no_harm),
        WITH_DOMAIN(random_store_traffic_does_no_harm),
        WITH_DOMAIN(random_block_rings_do_no_harm),
    };
    log_setup(LEVEL_ERROR); /* warnings by the thousand are expected */
    return cmocka_run_group_tests_name("hostile guests", tests, NULL, NULL);
}
