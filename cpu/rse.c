/* The register stack engine.
 *
 * gr[32..] is the current frame.  The frames of the callers that are not yet in memory, the dirty
 * partition, lie in rs[rs_top - ndirty .. rs_top), oldest first.  br.call pushes, br.ret pops, and
 * memory is touched only when it must be: alloc without room spills the oldest, br.ret past the
 * bottom fills.  There is no clean partition: all modes behave as enforced lazy.
 *
 * AR.BSPSTORE is kept; AR.BSP follows from it and the number of dirty registers.  While `missing`
 * is not 0 the frame is incomplete: its lowest registers are still in memory, below BSPSTORE.
 * SDM 2:6.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

#define RS_FLOOR 256 /* room below: loadrs puts registers under the others, br.ret pops */

static bool is_collection(u64 addr)
{
    return (addr & 0x1f8) == 0x1f8;
}

/* Address n registers above (or below) `addr`, NaT collections skipped. */
static u64 advance(u64 addr, unsigned n)
{
    unsigned i = addr >> 3 & 63;
    return addr + 8 * (n + (i + n) / 63);
}

static u64 retreat(u64 addr, unsigned n)
{
    unsigned i = addr >> 3 & 63;
    return addr - 8 * (n + (62 - i + n) / 63);
}

u64 rse_bsp(const struct cpu *cpu)
{
    u64 store = cpu->ar[AR_BSPSTORE];
    if (cpu->missing) return retreat(store, cpu->missing);
    return advance(store, cpu->ndirty);
}

void rse_set_bspstore(struct cpu *cpu, u64 value)
{
    cpu->ar[AR_BSPSTORE] = value & ~7ull;
    cpu->missing = 0;
}

void rse_set_rsc(struct cpu *cpu, u64 value)
{
    cpu->ar[AR_RSC] = value;
    mmu_set_rsc(&cpu->mmu, value >> 2 & 3, value >> 4 & 1);
}

/* One reference to the backing store; host pointer or NULL with the fault recorded. */
static bool backing_load(struct cpu *cpu, u64 addr, u64 *value)
{
    struct mmu_span span;
    const u8 *host = soft_rse(&cpu->mmu, addr, false);
    bool be = cpu->mmu.rsc_be;

    if (unlikely(!host)) {
        enum mmu_fault why = watch_waits(cpu, addr, 8, MMU_READ) ? MMU_WATCHED
            : mmu_access(&cpu->mmu, addr, 8, MMU_READ | MMU_RSE, cpu->mmu.rsc_pl, &span);
        if (why != MMU_OK) {
            record_data_fault(cpu, why, addr, ISR_R | ISR_RS);
            return false;
        }
        host = span.host;
    }
    if (host) {
        memcpy(value, host, 8);
    } else if (!physmem_io_read(cpu->pm, span.pa, 8, value)) {
        *value = ~0ull;
    }
    if (be) *value = __builtin_bswap64(*value);
    return true;
}

static bool backing_store(struct cpu *cpu, u64 addr, u64 value)
{
    struct mmu_span span;
    u8 *host = soft_rse(&cpu->mmu, addr, true);

    if (cpu->mmu.rsc_be) value = __builtin_bswap64(value);
    if (likely(host)) {
        memcpy(host, &value, 8);
        return true;
    }
    enum mmu_fault why = watch_waits(cpu, addr, 8, MMU_WRITE) ? MMU_WATCHED
        : mmu_access(&cpu->mmu, addr, 8, MMU_WRITE | MMU_RSE, cpu->mmu.rsc_pl, &span);
    if (why != MMU_OK) {
        record_data_fault(cpu, why, addr, ISR_W | ISR_RS);
        return false;
    }
    if (span.host) {
        memcpy(span.host, &value, 8);
        if (icache_note_write(cpu, span.pa, 8)) cpu_attend(cpu, 0);
    } else {
        physmem_io_write(cpu->pm, span.pa, 8, value);
    }
    return true;
}

/* Move the dirty partition to the floor of `rs`, where either end has room. */
static NOINLINE void rebase(struct cpu *cpu)
{
    u32 bottom = cpu->rs_top - cpu->ndirty;
    u8 nats[STACKED_PHYS];

    memmove(&cpu->rs[RS_FLOOR], &cpu->rs[bottom], cpu->ndirty * sizeof(u64));
    memcpy(nats, &cpu->rs_nat[bottom], cpu->ndirty);
    memset(cpu->rs_nat, 0, sizeof(cpu->rs_nat));
    memcpy(&cpu->rs_nat[RS_FLOOR], nats, cpu->ndirty);
    cpu->rs_top = RS_FLOOR + cpu->ndirty;
}

/* Copies rounded up to four words; both arrays have the slack. */
static inline void copy_up(u64 *to, const u64 *from, unsigned n)
{
    for (unsigned i = 0; i < n; i += 4) memmove(to + i, from + i, 32);
}

static u128 frame_nats(const struct cpu *cpu)
{
    return ((u128)cpu->nat[1] << 64 | cpu->nat[0]) >> 32;
}

static void put_frame_nats(struct cpu *cpu, u128 nats)
{
    nats = nats << 32 | (u32)cpu->nat[0];
    cpu->nat[0] = (u64)nats;
    cpu->nat[1] = (u64)(nats >> 64);
}

/* The lowest n registers of the frame join the dirty partition, the others move down. */
static void push_frame(struct cpu *cpu, unsigned n, unsigned keep)
{
    if (unlikely(cpu->rs_top >= RS_LEN - STACKED_PHYS)) rebase(cpu);
    copy_up(&cpu->rs[cpu->rs_top], &cpu->gr[32], n);
    copy_up(&cpu->gr[32], &cpu->gr[32 + n], keep);
    if (unlikely(any_nat(cpu))) {
        u128 nats = frame_nats(cpu);
        for (unsigned i = 0; i < n; i++) {
            cpu->rs_nat[cpu->rs_top + i] = nats >> i & 1;
            cpu->rs_nats += nats >> i & 1;
        }
        put_frame_nats(cpu, nats >> n);
    }
    cpu->rs_top += n;
    cpu->ndirty += n;
    cpu->bof = (cpu->bof + n) % STACKED_PHYS;
}

/* The newest n dirty registers come back as gr[32 + at ..]. */
static void pop_frame(struct cpu *cpu, unsigned n, unsigned at)
{
    cpu->rs_top -= n;
    cpu->ndirty -= n;
    memcpy(&cpu->gr[32 + at], &cpu->rs[cpu->rs_top], n * sizeof(u64));
    if (likely(!cpu->rs_nats)) return;
    for (unsigned i = 0; i < n; i++) {
        u8 *nat = &cpu->rs_nat[cpu->rs_top + i];
        if (!*nat) continue;
        put_frame_nats(cpu, frame_nats(cpu) | (u128)1 << (at + i));
        cpu->rs_nats--;
        *nat = 0;
    }
}

/* An incomplete frame that is renamed: the registers that never arrived are taken as they are, so
 * that a program outside the architecture stays inside our arrays. */
static void give_up_missing(struct cpu *cpu)
{
    cpu->missing = 0;
    cpu->cfle = false;
}

void rse_call(struct cpu *cpu)
{
    u64 cfm = cpu->cfm;
    unsigned sof = cfm_sof(cfm), sol = cfm_sol(cfm);

    cpu->ar[AR_PFS] = cfm | (cpu->ar[AR_EC] & 63) << 52 | (u64)cpl(cpu) << 62;
    if (unlikely(cpu->missing)) give_up_missing(cpu);
    if (unlikely(cfm & CFM_RRB_MASK)) cpu_set_cfm(cpu, cfm & ~CFM_RRB_MASK);
    push_frame(cpu, sol, sof - sol);
    cpu->cfm = sof - sol;
    if (likely(!any_nat(cpu))) {
        cpu->gate = 32 + sof - sol;
    } else {
        cpu_set_cfm(cpu, cpu->cfm);
    }
}

void rse_cover(struct cpu *cpu)
{
    u64 cfm = cpu->cfm;
    unsigned sof = cfm_sof(cfm), gone = MIN(cpu->missing, sof);

    cpu_set_cfm(cpu, cfm & ~CFM_RRB_MASK);
    give_up_missing(cpu);
    if (gone) { /* only the registers that arrived are dirty; BSPSTORE is already above the rest */
        memmove(&cpu->gr[32], &cpu->gr[32 + gone], (sof - gone) * sizeof(u64));
        put_frame_nats(cpu, frame_nats(cpu) >> gone);
        cpu->bof = (cpu->bof + gone) % STACKED_PHYS;
    }
    push_frame(cpu, sof - gone, 0);
    cpu_set_cfm(cpu, 0);
}

/* A frame that cannot be restored: CFM becomes 0, nothing else tells.  SDM 2:6.5.5 "bad PFS". */
static bool bad_frame(struct cpu *cpu, unsigned preserved)
{
    u64 bsp = retreat(rse_bsp(cpu), preserved);
    unsigned n = MIN(preserved, cpu->ndirty);

    cpu_set_cfm(cpu, 0);
    pop_frame(cpu, n, 0);
    cpu_set_cfm(cpu, 0);
    cpu->bof = (cpu->bof + STACKED_PHYS - preserved % STACKED_PHYS) % STACKED_PHYS;
    give_up_missing(cpu);
    if (n < preserved) cpu->ar[AR_BSPSTORE] = bsp;
    return true;
}

/* Back to the frame `cfm`, of which the lowest `preserved` registers are in the dirty partition or
 * in memory, and the others are the first of the current frame.  false: some must be loaded. */
static bool restore_frame(struct cpu *cpu, u64 cfm, unsigned preserved)
{
    unsigned sof = cfm_sof(cfm), outs = sof - preserved;

    if (unlikely(cpu->missing)) give_up_missing(cpu);
    if (!sysreg_frame_possible(cfm) || outs + cpu->ndirty > STACKED_PHYS) {
        return bad_frame(cpu, MIN(preserved, STACKED_PHYS));
    }
    if (unlikely(cpu->cfm & CFM_RRB_MASK)) cpu_set_cfm(cpu, cpu->cfm & ~CFM_RRB_MASK);
    if (outs && preserved) {
        memmove(&cpu->gr[32 + preserved], &cpu->gr[32], outs * sizeof(u64));
    }
    bool nats = any_nat(cpu) || cpu->rs_nats;
    if (unlikely(nats)) put_frame_nats(cpu, frame_nats(cpu) << preserved);
    unsigned have = MIN(preserved, cpu->ndirty);
    pop_frame(cpu, have, preserved - have);
    cpu->bof = (cpu->bof + STACKED_PHYS - preserved) % STACKED_PHYS;
    cpu->cfm = cfm & (mask64(18));
    cpu->gate = nats ? 0 : 32 + sof; /* or the rotation would leave the NaT bits behind */
    if (unlikely(nats || (cfm & CFM_RRB_MASK))) cpu_set_cfm(cpu, cfm);
    cpu->missing = preserved - have;
    cpu->cfle = cpu->missing != 0;
    return !cpu->missing;
}

bool rse_ret(struct cpu *cpu, u64 pfm)
{
    return restore_frame(cpu, pfm & CFM_MASK, cfm_sol(pfm));
}

bool rse_rfi(struct cpu *cpu, u64 ifm)
{
    return restore_frame(cpu, ifm & CFM_MASK, cfm_sof(ifm));
}

/* Where the i-th physical register of the frame has its name now. */
static unsigned name_of(const struct cpu *cpu, unsigned i)
{
    unsigned sor = cfm_sor(cpu->cfm);
    if (i < sor) i = (i + sor - cfm_rrb_gr(cpu->cfm)) % sor;
    return 32 + i;
}

/* Mandatory loads, one at a time: each is committed, so a fault in the middle resumes there. */
int rse_fill_frame(struct cpu *cpu)
{
    while (cpu->missing) {
        u64 addr = cpu->ar[AR_BSPSTORE] - 8, value;
        if (!backing_load(cpu, addr, &value)) return -1;
        cpu->ar[AR_BSPSTORE] = addr;
        if (is_collection(addr)) {
            cpu->ar[AR_RNAT] = value & mask64(63);
            continue;
        }
        unsigned r = name_of(cpu, --cpu->missing);
        put_gr(cpu, r, value, cpu->ar[AR_RNAT] >> (addr >> 3 & 63) & 1);
        alat_remove(cpu, phys_gr(cpu, r));
    }
    cpu->cfle = false;
    return 0;
}

/* One mandatory store: the collection that is due, or the oldest dirty register. */
static bool spill_one(struct cpu *cpu)
{
    u64 addr = cpu->ar[AR_BSPSTORE];

    if (is_collection(addr)) {
        if (!backing_store(cpu, addr, cpu->ar[AR_RNAT] & mask64(63))) return false;
        cpu->ar[AR_RNAT] = 0;
    } else {
        u32 oldest = cpu->rs_top - cpu->ndirty;
        if (!backing_store(cpu, addr, cpu->rs[oldest])) return false;
        unsigned bitno = addr >> 3 & 63;
        bool nat = cpu->rs_nats && cpu->rs_nat[oldest];
        cpu->ar[AR_RNAT] = deposit(cpu->ar[AR_RNAT], bitno, bitno, nat);
        cpu->rs_nats -= nat;
        if (nat) cpu->rs_nat[oldest] = 0;
        cpu->ndirty--;
    }
    cpu->ar[AR_BSPSTORE] = addr + 8;
    return true;
}

int rse_room(struct cpu *cpu, unsigned sof)
{
    while (cpu->ndirty + sof > STACKED_PHYS) {
        if (!spill_one(cpu)) return -1;
    }
    return 0;
}

int rse_flush(struct cpu *cpu)
{
    if (cpu->missing) return 0;
    while (cpu->ar[AR_BSPSTORE] != rse_bsp(cpu)) {
        if (!spill_one(cpu)) return -1;
    }
    return 0;
}

/* How many registers (not collections) lie in [from, to). */
static unsigned registers_between(u64 from, u64 to)
{
    unsigned n = 0;
    for (u64 a = from; a < to; a += 8) n += !is_collection(a);
    return n;
}

/* The oldest dirty registers beyond `keep` become invalid. */
static void drop_oldest(struct cpu *cpu, unsigned keep)
{
    while (cpu->ndirty > keep) {
        u8 *nat = &cpu->rs_nat[cpu->rs_top - cpu->ndirty];
        cpu->rs_nats -= *nat;
        *nat = 0;
        cpu->ndirty--;
    }
}

unsigned rse_loadrs_registers(const struct cpu *cpu)
{
    u64 bytes = cpu->ar[AR_RSC] >> 16 & 0x3ff8;
    u64 bsp = rse_bsp(cpu);
    return registers_between(bsp - bytes, bsp);
}

int rse_load(struct cpu *cpu)
{
    u64 bsp = rse_bsp(cpu);
    u64 tear = bsp - (cpu->ar[AR_RSC] >> 16 & 0x3ff8);

    if (cpu->missing) give_up_missing(cpu);
    if (cpu->rs_top - cpu->ndirty < STACKED_PHYS) rebase(cpu);
    while (cpu->ar[AR_BSPSTORE] > tear) {
        u64 addr = cpu->ar[AR_BSPSTORE] - 8, value;
        if (!backing_load(cpu, addr, &value)) return -1;
        cpu->ar[AR_BSPSTORE] = addr;
        if (is_collection(addr)) {
            cpu->ar[AR_RNAT] = value & mask64(63);
            continue;
        }
        u32 slot = cpu->rs_top - ++cpu->ndirty;
        bool nat = cpu->ar[AR_RNAT] >> (addr >> 3 & 63) & 1;
        cpu->rs[slot] = value;
        cpu->rs_nat[slot] = nat;
        cpu->rs_nats += nat;
    }
    drop_oldest(cpu, registers_between(tear, bsp));
    cpu->ar[AR_BSPSTORE] = tear;
    return 0;
}

void rse_reset(struct cpu *cpu)
{
    cpu->rs_top = RS_FLOOR;
    cpu->ndirty = cpu->rs_nats = cpu->missing = cpu->bof = 0;
    cpu->cfle = false;
    memset(cpu->rs_nat, 0, sizeof(cpu->rs_nat));
}

/* The dirty partition, oldest first, for hashes and debuggers. */
unsigned rse_dirty(const struct cpu *cpu, unsigned i, u64 *value)
{
    u32 slot = cpu->rs_top - cpu->ndirty + i;
    *value = cpu->rs[slot];
    return cpu->rs_nats ? cpu->rs_nat[slot] : 0;
}

bool cpu_dirty_gr(const struct cpu *cpu, unsigned i, u64 *value, bool *nat)
{
    if (i >= cpu->ndirty) return false;
    *nat = rse_dirty(cpu, i, value);
    return true;
}

bool cpu_set_dirty_gr(struct cpu *cpu, unsigned i, u64 value, bool nat)
{
    if (i >= cpu->ndirty) return false;
    u32 slot = cpu->rs_top - cpu->ndirty + i;
    cpu->rs_nats += nat;
    cpu->rs_nats -= cpu->rs_nat[slot];
    cpu->rs[slot] = value;
    cpu->rs_nat[slot] = nat;
    return true;
}
