/* PAL: what the processor says about itself, and how it is put to sleep.  The numbers describe a
 * Madison: they agree with cpu/cpuid.h, mmu.h and each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios-priv.h"

enum { PAL_OK = 0, PAL_NOT_NEEDED = 1, PAL_UNIMPLEMENTED = -1, PAL_INVALID = -2 };

static void pal_ok(struct call *c)
{
    c->status = PAL_OK;
}

static void pal_no(struct call *c)
{
    c->status = PAL_UNIMPLEMENTED;
}

static void pal_not_needed(struct call *c)
{
    c->status = PAL_NOT_NEEDED;
}

/* --- caches --- */

enum { CACHE_INSTRUCTION = 1, CACHE_DATA = 2 };

/* The words of PAL_CACHE_INFO: unified, write policy, ways, log2 line, log2 stride, latencies,
 * hints; then size, alias boundary, tag bits. */
static const struct cache {
    u8 level, type;
    u64 info1, info2;
} caches[] = {
    { 0, CACHE_INSTRUCTION, 0x0000010006060400, 0x00310c0c00004000 }, /* L1I 16 KB */
    { 0, CACHE_DATA,        0x0000010106060400, 0x00310c0c00004000 }, /* L1D 16 KB, write-through */
    { 1, CACHE_DATA,        0x0000050707070803, 0x00310f0f00040000 }, /* L2 256 KB unified */
    { 2, CACHE_DATA,        0x00000e0707070c03, 0x0031121200300000 }, /* L3 3 MB unified */
};
#define CACHE_LEVELS 3

static void pal_cache_summary(struct call *c)
{
    c->r9 = CACHE_LEVELS;
    c->r10 = ARRAY_LEN(caches);
}

static void pal_cache_info(struct call *c)
{
    c->status = PAL_INVALID;
    for (unsigned i = 0; i < ARRAY_LEN(caches); i++) {
        if (caches[i].level != c->arg[0] || caches[i].type != c->arg[1]) continue;
        c->status = PAL_OK;
        c->r9 = caches[i].info1;
        c->r10 = caches[i].info2;
    }
}

/* --- memory --- */

/* 4K 8K 16K 64K 256K 1M 4M 16M 64M 256M, 1G 4G: what mmu/tlb.c inserts and purges.  Hypervisors
 * take the first ten. */
static u64 page_sizes(const struct call *c)
{
    return c->for_domain ? 0x15557000 : 0x155557000;
}

static void pal_mem_attrib(struct call *c)
{
    c->r9 = 1 << MA_WB | 1 << MA_UC | 1 << MA_UCE | 1 << MA_WC | 1 << MA_NATPAGE;
}

/* One ptc.e purges everything. */
static void pal_ptce_info(struct call *c)
{
    c->r9 = 0;
    c->r10 = 1ull << 32 | 1;
    c->r11 = 0;
}

#define TC_LEVELS 2
#define TC_ENTRIES 128ull

static void pal_vm_info(struct call *c)
{
    if (c->arg[0] >= TC_LEVELS || c->arg[1] < 1 || c->arg[1] > 2) {
        c->status = PAL_INVALID;
        return;
    }
    c->r9 = 1 | TC_ENTRIES << 8 | TC_ENTRIES << 16;
    c->r10 = page_sizes(c);
}

#define KEY_BITS 24ull
#define HASH_TAG_ID 2ull
#define UNIQUE_TCS 4ull
#define PURGES_UNLIMITED 0xffffull

static void pal_vm_summary(struct call *c)
{
    c->r9 = 1 | PHYS_ADDR_BITS << 1 | KEY_BITS << 8 | (MMU_PKRS - 1ull) << 16 | HASH_TAG_ID << 24 |
            (MMU_DTRS - 1ull) << 32 | (MMU_ITRS - 1ull) << 40 | UNIQUE_TCS << 48 |
            (u64)TC_LEVELS << 56;
    c->r10 = MMU_VA_MSB | MMU_RID_BITS << 8 | PURGES_UNLIMITED << 16;
}

static void pal_vm_page_size(struct call *c)
{
    c->r9 = c->r10 = page_sizes(c); /* to insert, to purge */
}

/* What sits in a translation register: four words as for insertion, all fields valid. */
static void pal_vm_tr_read(struct call *c)
{
    u64 slot = c->arg[0], inst = c->arg[1] == 0;
    if (slot >= (inst ? MMU_ITRS : MMU_DTRS) || c->arg[1] > 1) {
        c->status = PAL_INVALID;
        return;
    }
    struct mmu_tr tr = mmu_get_tr(cpu_mmu(c->cpu), inst, (unsigned)slot);
    u64 words[4] = { tr.pte, tr.itir, tr.ifa | tr.valid, tr.rid << 8 };
    if (call_store(c, c->arg[2], words, sizeof words)) c->r9 = 0xf;
}

/* --- the core --- */

static void pal_rse_info(struct call *c)
{
    c->r9 = 96; /* physical stacked registers; lazy mode only */
}

/* Which registers there are, and which do something when they are read: 128 bits each. */
static void pal_register_info(struct call *c)
{
    static const u64 masks[4][2] = {
        { 0xffff11117f2f00ff, 0xffff000000000007 }, /* AR: kr0-7, rsc to fdr, ccv, ..., ignored ones */
        { 0, 0 },
        { 0x0000000003fb0107, 0x00000000000307ff }, /* CR */
        { 0, 1 << (65 - 64) },                      /* ivr acknowledges */
    };
    if (c->arg[0] >= ARRAY_LEN(masks)) {
        c->status = PAL_INVALID;
        return;
    }
    c->r9 = masks[c->arg[0]][0];
    c->r10 = masks[c->arg[0]][1];
}

static void pal_debug_info(struct call *c)
{
    c->r9 = ARRAY_LEN(cpu_mmu(c->cpu)->ibr);
    c->r10 = ARRAY_LEN(cpu_mmu(c->cpu)->dbr);
}

static void pal_fixed_addr(struct call *c)
{
    c->r9 = cpu_id(c->cpu);
}

/* The processor and its timer run at a multiple of the platform's clock, the bus at its rate. */
static void pal_freq_ratios(struct call *c)
{
    u64 mhz = c->bios->config.platform.itc_hz / 1000000;
    u64 ratio = mhz << 32 | BIOS_BASE_HZ / 1000000;
    c->r9 = ratio;
    c->r10 = 1ull << 32 | 1;
    c->r11 = ratio;
}

static void pal_version(struct call *c)
{
    c->r9 = c->r10 = 0x0000010001000100ull;
}

/* Four generic counters of 47 bits; then masks of PMCs, PMDs, and which can count cycles and
 * retired instructions. */
static void pal_perf_mon_info(struct call *c)
{
    const u64 masks[16] = { [0] = 0xffff, [4] = 0x3ffff, [8] = 0xf0, [12] = 0xf0 };
    if (call_store(c, c->arg[0], masks, sizeof masks)) c->r9 = 0x08122f04;
}

static void pal_brand_info(struct call *c)
{
    char brand[128] = "epic64 virtual Itanium 2";
    if (c->arg[0]) {
        c->status = PAL_INVALID;
        return;
    }
    (void)!call_store(c, c->arg[1], brand, sizeof brand);
}

/* --- sleep --- */

/* Until an unmasked interrupt is pending, whatever psr.i says; it is not taken here. */
static void sleep_until_interrupt(struct call *c)
{
    if (!cpu_interrupt_pending(c->cpu)) cpu_halt(c->cpu);
}

static void pal_halt_light(struct call *c)
{
    c->quiet = true;
    sleep_until_interrupt(c);
}

static void pal_halt(struct call *c)
{
    c->quiet = true;
    sleep_until_interrupt(c);
}

/* Latencies out and in, power in mW, implemented, coherent.  The deeper state takes less power, or
 * cpu_halt of Linux would stay in state 0. */
static u64 power_state(u64 latency, u64 power)
{
    return latency | latency << 16 | power << 32 | 1ull << 60 | 1ull << 61;
}

static void pal_halt_info(struct call *c)
{
    const u64 states[8] = { power_state(1000, 10), power_state(1000, 9) };
    (void)!call_store(c, c->arg[0], states, sizeof states);
}

/* --- machine checks; SDM 2:11.10.3 ------------------------------------------------------------ */

enum { CR_CMCV = 74, PAL_NO_INFORMATION = -6 };
enum { INFO_MAP = 0, INFO_STATE = 1, INFO_STRUCTURE = 2 };
enum { TYPE_CHECK = 0, TYPE_TARGET = 1 };

static struct bios_processor *self(const struct call *c)
{
    return &c->bios->processors[cpu_id(c->cpu) % BIOS_CPUS];
}

static void pal_mc_clear_log(struct call *c)
{
    c->r9 = cpu_pal_pending(c->cpu);
    struct bios_processor *p = self(c);
    p->error_map = p->check = p->target = p->psp = 0;
}

static void pal_mc_expected(struct call *c)
{
    if (c->arg[0] > 1) {
        c->status = PAL_INVALID;
        return;
    }
    c->r9 = self(c)->expected;
    self(c)->expected = c->arg[0];
}

/* One structure has failed, or none. */
static void pal_mc_error_info(struct call *c)
{
    const struct bios_processor *p = self(c);
    u64 what = c->arg[0], type = c->arg[2];
    if (what > INFO_STRUCTURE || (what == INFO_STRUCTURE && !c->arg[1])) {
        c->status = PAL_INVALID;
    } else if (what == INFO_MAP) {
        c->r9 = p->error_map;
    } else if (what == INFO_STATE) {
        c->r9 = p->psp;
    } else if (c->arg[1] != p->error_map || type > TYPE_TARGET) {
        c->status = PAL_NO_INFORMATION;
    } else {
        c->r9 = type == TYPE_CHECK ? p->check : p->target;
        c->r10 = type == TYPE_CHECK; /* there is more */
    }
}

#define MIN_STATE_ALIGN 512

static void pal_mc_register_mem(struct call *c)
{
    u64 pa = c->arg[0] & mask64(61);
    if ((pa & (MIN_STATE_ALIGN - 1)) || !physmem_host(c->bios->config.pm, pa, MIN_STATE_SIZE)) {
        c->status = PAL_INVALID;
        return;
    }
    if (!c->for_domain) self(c)->min_state = pa;
}

/* Returns only if it cannot resume. */
static void pal_mc_resume(struct call *c)
{
    u64 cmcv = cpu_cr(c->cpu, CR_CMCV);
    if (c->for_domain || (c->arg[1] & (MIN_STATE_ALIGN - 1)) ||
        !abort_resume(c->bios, c->cpu, c->arg[1])) {
        c->status = PAL_INVALID;
        return;
    }
    if (c->arg[0] && !bit(cmcv, 16)) cpu_post_vector(c->cpu, (unsigned)bits(cmcv, 7, 0));
    c->instead = HOOK_RETURNED;
}

static const struct procedure procedures[] = {
#define PAL(index, name, fn) { index, "PAL_" #name, pal_##fn },
#include "bios/pal.def"
};

const char *pal_name(u64 index)
{
    const struct procedure *p = find_procedure(procedures, ARRAY_LEN(procedures), index);
    return p ? p->name : NULL;
}

void pal_call(struct call *c, u64 index)
{
    const struct procedure *p = find_procedure(procedures, ARRAY_LEN(procedures), index);
    if (!p) {
        log_warning("firmware", "PAL procedure %llu is unknown", (unsigned long long)index);
        c->name = "PAL_?";
        c->status = PAL_UNIMPLEMENTED;
        return;
    }
    c->name = p->name;
    p->fn(c);
}
