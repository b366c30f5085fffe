/* System registers: the tables of sysreg.def, and the few whose reading or writing means more than
 * copying a word.  Checks are not made here; the mov bodies (exec/sysmove.c) make them from the
 * rows, and the public accessors below make none.
 * SDM 1:3.1.8, 2:3.3.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/cpuid.h"
#include "cpu/event-priv.h"
#include "cpu/sysreg.h"

/* --- values that a mask cannot judge: false is Reserved Register/Field ----------------------- */

#define check_any NULL

bool sysreg_frame_possible(u64 cfm)
{
    unsigned sof = cfm_sof(cfm), sor = cfm_sor(cfm), rrb = cfm_rrb_gr(cfm);

    return sof <= STACKED_PHYS && cfm_sol(cfm) <= sof && sor <= sof && (sor ? rrb < sor : !rrb) &&
           cfm_rrb_fr(cfm) < 96 && cfm_rrb_pr(cfm) < 48;
}

static bool check_pfs(u64 value)
{
    return sysreg_frame_possible(value & CFM_MASK);
}

static bool check_ifs(u64 value)
{
    return !bit(value, 63) || sysreg_frame_possible(value & CFM_MASK);
}

/* Precision control 1 is reserved in each of the four status fields. */
static bool check_fpsr(u64 value)
{
    for (unsigned sf = 0; sf < 4; sf++) {
        if (bits(value, 6 + 13 * sf + 3, 6 + 13 * sf + 2) == 1) return false;
    }
    return true;
}

static bool check_ipsr(u64 value)
{
    return bits(value, 42, 41) != 3;
}

static bool check_pta(u64 value)
{
    u64 size = bits(value, 7, 2);
    return size >= 15 && size <= MMU_VA_MSB + 1;
}

/* Page sizes from 4 KiB to 4 GiB: ia64-architecture section 12. */
static bool check_rr(u64 value)
{
    const u64 sizes = 1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 16 | 1ull << 18 | 1ull << 20 |
                      1ull << 22 | 1ull << 24 | 1ull << 26 | 1ull << 28 | 1ull << 30 | 1ull << 32;
    return sizes >> bits(value, 7, 2) & 1;
}

/* --- application registers ------------------------------------------------------------------- */

static u64 ar_get_plain(struct cpu *cpu, unsigned n)
{
    return cpu->ar[n];
}

static void ar_set_plain(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->ar[n] = value;
}

static u64 ar_get_zero(struct cpu *cpu, unsigned n)
{
    (void)cpu, (void)n;
    return 0;
}

static void ar_set_none(struct cpu *cpu, unsigned n, u64 value)
{
    (void)cpu, (void)n, (void)value;
}

static u64 ar_get_bsp(struct cpu *cpu, unsigned n)
{
    (void)n;
    return rse_bsp(cpu);
}

static void ar_set_rsc(struct cpu *cpu, unsigned n, u64 value)
{
    (void)n;
    rse_set_rsc(cpu, value);
}

static void ar_set_bspstore(struct cpu *cpu, unsigned n, u64 value)
{
    (void)n;
    rse_set_bspstore(cpu, value);
}

void fpu_fpsr_changed(struct cpu *cpu); /* exec/fpu.c */
static void ar_set_fpsr(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->ar[n] = value;
    fpu_fpsr_changed(cpu);
}

u64 cpu_itc(const struct cpu *cpu)
{
    return cpu_time(cpu) + cpu->itc_offset;
}

static u64 ar_get_itc(struct cpu *cpu, unsigned n)
{
    (void)n;
    return cpu_itc(cpu);
}

static void ar_set_itc(struct cpu *cpu, unsigned n, u64 value)
{
    (void)n;
    lsapic_set_itc(cpu, value);
}

/* --- control registers ----------------------------------------------------------------------- */

static u64 cr_get_plain(struct cpu *cpu, unsigned n)
{
    return cpu->cr[n];
}

static void cr_set_plain(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->cr[n] = value;
}

#define cr_get_zero ar_get_zero
#define cr_set_none ar_set_none
#define cr_set_itm lsapic_set_itm
#define cr_set_itv lsapic_set_itv
#define cr_set_tpr lsapic_set_tpr

static void cr_set_dcr(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->cr[n] = value;
    cpu->mmu.dcr = value;
}

static void cr_set_pta(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->cr[n] = value;
    mmu_set_pta(&cpu->mmu, value);
}

/* Fields that are only checked when a translation is inserted need not be kept (SDM 3:175). */
static u64 cr_get_itir(struct cpu *cpu, unsigned n)
{
    return cpu->cr[n] & 0xfffffffcull;
}

static u64 cr_get_ivr(struct cpu *cpu, unsigned n)
{
    u64 vector = lsapic_read_ivr(cpu);

    (void)n;
    if (listens(cpu, EVENT_IRQ) && vector != VECTOR_SPURIOUS) event_irq(cpu, vector);
    return vector;
}

static u64 cr_get_irr(struct cpu *cpu, unsigned n)
{
    lsapic_timer(cpu); /* whoever polls sees a timer that is due, wherever check points lie */
    return cpu->irr[n - CR_IRR0];
}

static void cr_set_eoi(struct cpu *cpu, unsigned n, u64 value)
{
    (void)n, (void)value;
    lsapic_eoi(cpu);
}

/* --- register files -------------------------------------------------------------------------- */

#define MMU_FILE(name)                                                                            \
    static void file_set_##name(struct cpu *cpu, unsigned i, u64 value)                           \
    {                                                                                             \
        mmu_set_##name(&cpu->mmu, i, value);                                                      \
    }
MMU_FILE(rr)
MMU_FILE(pkr)
MMU_FILE(ibr)
MMU_FILE(dbr)

static u64 file_get_rr(struct cpu *cpu, unsigned i)
{
    return cpu->mmu.rr[i];
}

static u64 file_get_pkr(struct cpu *cpu, unsigned i)
{
    return cpu->mmu.pkr[i];
}

static u64 file_get_ibr(struct cpu *cpu, unsigned i)
{
    return mmu_ibr(&cpu->mmu, i);
}

static u64 file_get_dbr(struct cpu *cpu, unsigned i)
{
    return mmu_dbr(&cpu->mmu, i);
}

#define file_get_pmc pmu_get_pmc
#define file_set_pmc pmu_set_pmc
#define file_get_pmd pmu_get_pmd
#define file_set_pmd pmu_set_pmd
#define file_set_none ar_set_none

static u64 file_get_cpuid(struct cpu *cpu, unsigned i)
{
    (void)cpu;
    return cpuid_value(i);
}

/* --- the tables ------------------------------------------------------------------------------ */

#define BITS(hi, lo) ((~0ull >> (63 - (hi))) & (~0ull << (lo)))

#define CR(nr, sdm, rule, init, resv, ign, g, s, c)
#define FILE(id, sdm, cnt, hi, lo, rule, resv, ign, g, s, c)
#define AR(nr, sdm, u, rule, init, resv, ign, g, s, c)                                            \
    [nr] = {.name = sdm, .reset = init, .reserved = resv, .ignored = ign, .get = ar_get_##g,      \
            .set = ar_set_##s, .check = check_##c, .unit = UNIT_##u, .rules = rule},
const struct sysreg ar_table[128] = {
#include "cpu/sysreg.def"
};

#define AR(nr, sdm, u, rule, init, resv, ign, g, s, c)
#define FILE(id, sdm, cnt, hi, lo, rule, resv, ign, g, s, c)
#define CR(nr, sdm, rule, init, resv, ign, g, s, c)                                               \
    [nr] = {.name = sdm, .reset = init, .reserved = resv, .ignored = ign, .get = cr_get_##g,      \
            .set = cr_set_##s, .check = check_##c, .unit = UNIT_M, .rules = rule},
const struct sysreg cr_table[128] = {
#include "cpu/sysreg.def"
};

#define AR(nr, sdm, u, rule, init, resv, ign, g, s, c)
#define CR(nr, sdm, rule, init, resv, ign, g, s, c)
#define FILE(id, sdm, cnt, hi, lo, rule, resv, ign, g, s, c)                                      \
    [FILE_##id] = {.name = sdm, .reserved = resv, .ignored_odd = ign, .get = file_get_##g,        \
                   .set = file_set_##s, .check = check_##c, .count = cnt, .index_hi = hi,         \
                   .index_lo = lo, .rules = rule},
const struct sysfile file_table[FILE_COUNT] = {
#include "cpu/sysreg.def"
};

void sysreg_reset(struct cpu *cpu)
{
    memset(cpu->pmc, 0, sizeof(cpu->pmc));
    memset(cpu->pmd, 0, sizeof(cpu->pmd));
    cpu->pmu_on = false;
    cpu->itc_offset = 0;
    for (unsigned n = 0; n < 128; n++) {
        cpu->ar[n] = ar_table[n].reset;
        cpu->cr[n] = cr_table[n].reset;
    }
    rse_set_rsc(cpu, cpu->ar[AR_RSC]);
    fpu_fpsr_changed(cpu);
    cr_set_dcr(cpu, CR_DCR, cpu->cr[CR_DCR]);
    cr_set_pta(cpu, CR_PTA, cpu->cr[CR_PTA]);
    cpu->cr[CR_LID] = (u64)(cpu->id & 0xff) << 24;
    lsapic_reset(cpu);
}

/* --- accessors for firmware, hypervisor and monitor: no checks, no acknowledge --------------- */

u64 cpu_ar(const struct cpu *cpu, unsigned n)
{
    if (n == AR_BSP) return rse_bsp(cpu);
    return n == AR_ITC ? cpu_itc(cpu) : cpu->ar[n];
}

void cpu_set_ar(struct cpu *cpu, unsigned n, u64 value)
{
    if (ar_table[n].name) ar_table[n].set(cpu, n, value & ~ar_table[n].ignored);
}

u64 cpu_cr(const struct cpu *cpu, unsigned n)
{
    if (n >= CR_IRR0 && n < CR_IRR0 + 4) return cpu->irr[n - CR_IRR0];
    if (n == CR_IVR) {
        int vector = lsapic_best(cpu);
        return vector < 0 ? 15 : (u64)vector;
    }
    return cpu->cr[n];
}

void cpu_set_cr(struct cpu *cpu, unsigned n, u64 value)
{
    if (cr_table[n].name) cr_table[n].set(cpu, n, value & ~cr_table[n].ignored);
}
