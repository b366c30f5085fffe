/* All architectural state in one number: two runs that should be alike are compared by it.
 *
 * Only what a program could see goes in: registers of the frame and of the dirty partition, not the
 * stale words beyond them; pending interrupts and time, not how the run was cut into slices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/sysreg.h"

static u64 mix(u64 h, u64 v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}

static u64 mix_all(u64 h, const u64 *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) h = mix(h, v[i]);
    return h;
}

static u64 hash_gr(const struct cpu *cpu, u64 h)
{
    for (unsigned r = 0; r < 32 + cfm_sof(cpu->cfm); r++) {
        h = mix(mix(h, nat_of(cpu, r)), cpu->gr[r]);
    }
    return mix(mix_all(h, cpu->banked, 16), cpu->banked_nat);
}

static u64 hash_stack(const struct cpu *cpu, u64 h)
{
    for (unsigned i = 0; i < cpu->ndirty; i++) {
        u64 value;
        unsigned nat = rse_dirty(cpu, i, &value);
        h = mix(mix(h, nat), value);
    }
    return mix(mix(h, cpu->ndirty), (u64)cpu->missing << 1 | cpu->cfle);
}

static u64 hash_fr(struct cpu *cpu, u64 h)
{
    cpu_fr_settle(cpu);
    for (unsigned r = 0; r < 128; r++) {
        h = mix(mix(h, cpu->fr[r].sig), (u64)cpu->fr[r].exp << 1 | cpu->fr[r].sign);
    }
    return h;
}

static u64 hash_alat(const struct cpu *cpu, u64 h)
{
    for (unsigned i = 0; i < ALAT_ENTRIES; i++) {
        const struct alat_entry *e = &cpu->alat[i];
        if (cpu->alat_valid >> i & 1) h = mix(mix(h, e->pa), (u64)i << 32 | (u64)e->reg << 8 | e->size);
    }
    return h;
}

static u64 hash_system(struct cpu *cpu, u64 h)
{
    for (unsigned n = 0; n < 128; n++) h = mix(mix(h, cpu_ar(cpu, n)), cpu->cr[n]);
    for (unsigned i = 0; i < PMU_PMCS; i++) h = mix(h, pmu_get_pmc(cpu, i));
    for (unsigned i = 0; i < PMU_PMDS; i++) h = mix(h, pmu_get_pmd(cpu, i));
    h = mix_all(mix_all(h, cpu->irr, 4), cpu->isr_bits, 4);
    u64 flags = (u64)cpu->pal_pending << 2 | (u64)cpu->ic_inflight << 1 | cpu->halted;
    h = mix(mix(h, cpu->timer_due), flags);
    return mmu_hash(&cpu->mmu, h);
}

u64 cpu_hash(struct cpu *cpu, u64 seed)
{
    u64 h = mix(mix(seed, cpu->ip), cpu->ri);

    h = mix(mix(mix(h, cpu_psr(cpu)), cpu->cfm), cpu->pr);
    h = mix_all(hash_fr(cpu, hash_stack(cpu, hash_gr(cpu, h))), cpu->br, 8);
    h = hash_system(cpu, hash_alat(cpu, h));
    return mix(mix(h, cpu_retired(cpu)), cpu_time(cpu));
}
