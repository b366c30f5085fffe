/* Performance monitors of an Itanium 2: four generic counters.
 *
 * Nothing counts while instructions execute.  A counter knows up to which retired slot it is
 * settled; the difference is added when somebody reads, writes, or changes what selects it (psr.up,
 * psr.pp, cpl, the configuration).  Two events exist, IA64_INST_RETIRED and CPU_CYCLES, and since
 * our clock is one slot per cycle they are the same number; all others count 0.  The remaining
 * registers are storage.  SDM 2:7.2.  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/sysreg.h"

#define FIRST 4 /* generic pairs PMC4/PMD4 to PMC7/PMD7 */
#define LAST 7
#define COUNT_BITS 47
#define ES_INST_RETIRED 0x08
#define ES_CPU_CYCLES 0x12
#define PMC_OI 5
#define PMC_PM 6
#define PMC_CONFIG 0x3ffff7full /* {25:0} without the ignored bit 7 */
#define PMC0_FR 1ull
#define PMC0_OVERFLOW 0xf0ull

static bool known_event(u64 pmc)
{
    u64 es = bits(pmc, 15, 8);
    return es == ES_INST_RETIRED || es == ES_CPU_CYCLES;
}

static bool counts(u64 pmc, u64 psr)
{
    bool enabled = psr & (bit(pmc, PMC_PM) ? PSR_PP : PSR_UP);
    return enabled && known_event(pmc) && bit(pmc, psr_cpl(psr));
}

/* Slots until this counter wraps. */
static u64 room(const struct cpu *cpu, unsigned i)
{
    return (1ull << COUNT_BITS) - cpu->pmd[i];
}

/* The nearest wrap that freezes the monitors; ~0: none. */
static u64 nearest_overflow(const struct cpu *cpu, u64 psr)
{
    u64 best = ~0ull;
    for (unsigned i = FIRST; i <= LAST; i++) {
        u64 pmc = cpu->pmc[i];
        if (bit(pmc, PMC_OI) && counts(pmc, psr) && room(cpu, i) < best) best = room(cpu, i);
    }
    return best;
}

/* A counter with its oi bit wrapped: freeze and interrupt (SDM 2:160). */
static void overflow(struct cpu *cpu, unsigned which)
{
    cpu->pmc[0] |= which | PMC0_FR;
    lsapic_local(cpu, CR_PMV);
}

static void advance(struct cpu *cpu, u64 psr, u64 slots)
{
    unsigned wrapped = 0;

    for (unsigned i = FIRST; i <= LAST; i++) {
        if (!counts(cpu->pmc[i], psr)) continue;
        bool wraps = room(cpu, i) <= slots;
        cpu->pmd[i] = (cpu->pmd[i] + slots) & mask64(COUNT_BITS);
        if (wraps && bit(cpu->pmc[i], PMC_OI)) wrapped |= 1u << i;
    }
    if (wrapped) overflow(cpu, wrapped);
}

static bool frozen(const struct cpu *cpu)
{
    return cpu->pmc[0] & PMC0_FR;
}

void pmu_settle(struct cpu *cpu, u64 psr)
{
    u64 now = cpu_retired(cpu), slots = now - cpu->pmu_at;

    cpu->pmu_at = now;
    if (!slots || frozen(cpu)) return;
    u64 limit = nearest_overflow(cpu, psr);
    advance(cpu, psr, limit < slots ? limit : slots);
}

bool pmu_next_overflow(const struct cpu *cpu, u64 *slots)
{
    if (frozen(cpu)) return false;
    u64 limit = nearest_overflow(cpu, cpu->psr), done = cpu_retired(cpu) - cpu->pmu_at;
    *slots = limit > done ? limit - done : 0;
    return limit != ~0ull;
}

/* Is there anything to settle when the mode changes? */
static void reconsider(struct cpu *cpu)
{
    cpu->pmu_on = false;
    for (unsigned i = FIRST; i <= LAST && !frozen(cpu); i++) {
        if (known_event(cpu->pmc[i]) && bits(cpu->pmc[i], 3, 0)) cpu->pmu_on = true;
    }
    cpu->pmu_at = cpu_retired(cpu);
    cpu_attend(cpu, 0);
}

static void settle_now(struct cpu *cpu)
{
    if (cpu->pmu_on) pmu_settle(cpu, cpu->psr);
}

u64 pmu_get_pmc(struct cpu *cpu, unsigned i)
{
    settle_now(cpu);
    return i < PMU_PMCS ? cpu->pmc[i] : 0;
}

/* PMC0 to 3 hold status bits of counters that exist: only PMC0 has some. */
void pmu_set_pmc(struct cpu *cpu, unsigned i, u64 value)
{
    settle_now(cpu);
    if (i == 0) {
        cpu->pmc[0] = value & (PMC0_OVERFLOW | PMC0_FR);
    } else if (i >= FIRST && i < PMU_PMCS) {
        cpu->pmc[i] = i <= LAST ? value & PMC_CONFIG : value;
    }
    reconsider(cpu);
}

/* Itanium 2 extends the sign of its 47-bit counters when they are read (SDM 2:157). */
u64 pmu_get_pmd(struct cpu *cpu, unsigned i)
{
    settle_now(cpu);
    if (i >= PMU_PMDS) return 0;
    return i >= FIRST && i <= LAST ? (u64)sext(cpu->pmd[i], COUNT_BITS) : cpu->pmd[i];
}

void pmu_set_pmd(struct cpu *cpu, unsigned i, u64 value)
{
    settle_now(cpu);
    if (i >= PMU_PMDS) return;
    cpu->pmd[i] = i >= FIRST && i <= LAST ? value & mask64(COUNT_BITS) : value;
    reconsider(cpu);
}

/* SDM 2:156 and 3:180: psr.sp hides all, pm hides its own counter from less privileged code. */
bool pmu_hidden(const struct cpu *cpu, unsigned i)
{
    if (!psr_cpl(cpu->psr)) return false;
    return (cpu->psr & PSR_SP) || (i >= FIRST && i <= LAST && bit(cpu->pmc[i], PMC_PM));
}
