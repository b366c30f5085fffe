/* See kit.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>
#include <sys/mman.h>

static u64 time_now(void *opaque)
{
    return ((struct kit *)opaque)->now;
}

static void on_shutdown(void *opaque, struct cpu *cpu, unsigned reason)
{
    (void)cpu;
    ((struct kit *)opaque)->shutdown = (int)reason;
}

static void on_crash(void *opaque, struct cpu *cpu, const char *why)
{
    struct kit *k = opaque;
    (void)cpu;
    g_strlcpy(k->crash, why, sizeof k->crash);
}

#define BACKING_STORE 0x2000100ull /* far from a NaT collection */

/* The frame is loaded from memory, for which a translation must be there. */
void kit_settle(struct kit *k, unsigned n)
{
    struct hv_vcpu *v = &k->d->vcpu[n];
    vmmu_set_metaphysical(v, true);
    assert_true(vmmu_fill(v, BACKING_STORE, false));
    cpu_set_ar(k->cpu[n], AR_BSPSTORE, BACKING_STORE);
    cpu_return(k->cpu[n], cpu_psr(k->cpu[n]), KIT_ENTRY, 0, IFS_VALID | KIT_SOF);
    vmmu_set_metaphysical(v, false);
    v->xsi->interrupt_collection_enabled = 1;
}

struct kit *kit_new(unsigned ncpus)
{
    GError *err = NULL;
    struct kit *k = g_new0(struct kit, 1);
    struct bios_config bios;
    struct domain_config config;
    k->ncpus = ncpus;
    k->shutdown = -1;
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, KIT_MEM, &err));
    k->clock = clock_new();
    clock_set_source(k->clock, time_now, k);
    bios = (struct bios_config){ .pm = k->pm, .platform = { .cpus = ncpus, .itc_hz = 400000000 } };
    k->bios = bios_new(&bios);
    for (unsigned i = 0; i < ncpus; i++) k->cpu[i] = cpu_new(k->pm, i, &k->hooks);
    k->console = chardev_buffer_new();
    config = (struct domain_config){
        .pm = k->pm, .clock = k->clock, .bios = k->bios, .mem = KIT_MEM, .itc_hz = 400000000,
        .ncpus = ncpus, .console = k->console,
        .host = { .opaque = k, .shutdown = on_shutdown, .crash = on_crash },
    };
    memcpy(config.cpus, k->cpu, sizeof k->cpu);
    k->d = domain_new(&config, &err);
    assert_non_null(k->d);
    k->v = &k->d->vcpu[0];
    domain_start(k->d, KIT_ENTRY, 0);
    kit_settle(k, 0);
    return k;
}

/* The pages go back to the host and come as zeros when they are next touched.  No processor runs
 * here, so no code was decoded that would have to be forgotten. */
static void empty_memory(struct kit *k)
{
    u8 *host = physmem_host(k->pm, 0, 1);
    madvise(host, KIT_MEM, MADV_NOHUGEPAGE); /* or the host would clear 2 MB at each */
    assert_int_equal(madvise(host, KIT_MEM, MADV_DONTNEED), 0);
}

static void restart_clock(struct kit *k)
{
    for (unsigned i = 0; i < k->ncpus; i++) {
        clock_disarm(k->clock, &k->d->vcpu[i].poll_timer);
        clock_disarm(k->clock, &k->d->vcpu[i].others);
    }
    clock_free(k->clock);
    k->clock = k->d->config.clock = clock_new();
    clock_set_source(k->clock, time_now, k);
    k->now = 0;
}

void kit_restart(struct kit *k)
{
    restart_clock(k);
    empty_memory(k);
    for (unsigned i = 0; i < k->ncpus; i++) cpu_reset(k->cpu[i]);
    k->d->crashed = false;
    k->shutdown = -1;
    k->crash[0] = 0;
    g_string_truncate(chardev_buffer_output(k->console), 0);
    domain_start(k->d, KIT_ENTRY, 0);
    kit_settle(k, 0);
}

void kit_free(struct kit *k)
{
    domain_free(k->d);
    for (unsigned i = 0; i < k->ncpus; i++) cpu_free(k->cpu[i]);
    chardev_free(k->console);
    bios_free(k->bios);
    clock_free(k->clock);
    physmem_free(k->pm);
    g_free(k);
}

enum hook_answer kit_break(struct kit *k, unsigned n, u64 imm)
{
    return domain_brk(k->d, k->cpu[n], imm);
}

s64 kit_call(struct kit *k, u64 number, u64 a, u64 b, u64 c, u64 d, u64 e)
{
    const u64 args[] = { a, b, c, d, e };
    cpu_set_gr(k->cpu[0], 2, number, false);
    for (unsigned i = 0; i < 5; i++) cpu_set_gr(k->cpu[0], 32 + i, args[i], false);
    (void)kit_break(k, 0, 0x1000);
    return (s64)cpu_gr(k->cpu[0], 8, NULL);
}

void kit_put(struct kit *k, u64 pa, const void *data, size_t len)
{
    assert_true(physmem_write(k->pm, pa, data, len));
}

void kit_get(struct kit *k, u64 pa, void *data, size_t len)
{
    assert_true(physmem_read(k->pm, pa, data, len));
}

s64 kit_struct(struct kit *k, u64 number, u32 cmd, void *arg, size_t len)
{
    kit_put(k, KIT_BUF, arg, len);
    s64 result = kit_call(k, number, cmd, kit_inline(KIT_BUF), 1, 0, 0);
    kit_get(k, KIT_BUF, arg, len);
    return result;
}

void kit_grant_raw(struct kit *k, u32 ref, const struct grant_entry *e)
{
    u64 table = k->d->special_pa + ((u64)(1 + k->ncpus) << XEN_PAGE_SHIFT);
    kit_put(k, table + ref * sizeof *e, e, sizeof *e);
}

void kit_grant(struct kit *k, u32 ref, u64 pa, bool read_only)
{
    struct grant_entry e = { (u16)(GRANT_PERMIT | (read_only ? GRANT_READONLY : 0)), 0,
                             (u32)(pa >> XEN_PAGE_SHIFT) };
    kit_grant_raw(k, ref, &e);
}

/* --- xenstore --------------------------------------------------------------------------------- */

static u64 store_page(struct kit *k)
{
    return domain_page_pfn(k->d, PAGE_STORE) << XEN_PAGE_SHIFT;
}

static void store_send(struct kit *k, const void *data, u32 len)
{
    u64 pa = store_page(k);
    u32 prod = guest_read32(k->d, pa + STORE_REQ_PROD);
    for (u32 i = 0; i < len; i++) {
        kit_put(k, pa + STORE_REQ + (prod + i) % STORE_RING_SIZE, (const u8 *)data + i, 1);
        if ((i + 1) % STORE_RING_SIZE == 0 || i + 1 == len) {
            struct evtchn_port send = { k->d->store_port };
            guest_write32(k->d, pa + STORE_REQ_PROD, prod + i + 1);
            assert_int_equal(kit_struct(k, 32, 4, &send, sizeof send), 0);
        }
    }
}

static bool store_take(struct kit *k, void *data, u32 len)
{
    u64 pa = store_page(k);
    for (u32 i = 0; i < len; i++) {
        u32 cons = guest_read32(k->d, pa + STORE_RSP_CONS);
        if (cons == guest_read32(k->d, pa + STORE_RSP_PROD)) {
            struct evtchn_port send = { k->d->store_port };
            kit_struct(k, 32, 4, &send, sizeof send); /* there is room again */
            if (cons == guest_read32(k->d, pa + STORE_RSP_PROD)) return false;
        }
        kit_get(k, pa + STORE_RSP + cons % STORE_RING_SIZE, (u8 *)data + i, 1);
        guest_write32(k->d, pa + STORE_RSP_CONS, cons + 1);
    }
    return true;
}

u32 kit_store(struct kit *k, u32 type, u32 tx, const void *payload, u32 len, char reply[4097],
              u32 *reply_len)
{
    static u32 id;
    struct xs_header h = { type, ++id, tx, len };
    store_send(k, &h, sizeof h);
    if (len) store_send(k, payload, len);
    assert_true(store_take(k, &h, sizeof h));
    assert_int_equal(h.req_id, id);
    assert_int_equal(h.tx_id, tx);
    assert_true(h.len <= 4096);
    assert_true(store_take(k, reply, h.len));
    reply[h.len] = 0;
    if (reply_len) *reply_len = h.len;
    return h.type;
}

bool kit_store_event(struct kit *k, char path[256], char token[64])
{
    struct xs_header h;
    char text[4097];
    if (!store_take(k, &h, sizeof h)) return false;
    assert_int_equal(h.type, 15);
    assert_int_equal(h.req_id, 0);
    assert_int_equal(h.tx_id, 0);
    assert_true(store_take(k, text, h.len));
    assert_int_equal(text[h.len - 1], 0);
    g_strlcpy(path, text, 256);
    g_strlcpy(token, text + strlen(text) + 1, 64);
    return true;
}
