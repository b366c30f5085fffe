/* Instructions about caches and order: lfetch, fc, mf, fwb.  There is no cache here and stores are
 * seen by everyone, code included, at once; what is left are the faults of lfetch.fault and fc, and
 * lfetch's base update.  SDM 3 lfetch, fc, mf; formats M13 to M15, M24, M28.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"

#define K_FAULT (1 << 5) /* lfetch.fault */
#define ISR_FC (ISR_R | ISR_NA | 1)
#define ISR_LFETCH (ISR_R | ISR_NA | 4)

static NOINLINE const struct insn *lfetch_slow(struct cpu *cpu, const struct insn *in, u32 kind)
{
    struct base_update base = base_after(cpu, in, kind);
    struct mmu_span span;

    if (!base_is_writable(cpu, in, kind)) ILLEGAL;
    if ((kind & K_FAULT) && !(cpu->psr & PSR_ED)) { /* psr.ed: only the update (SDM 3:165) */
        u64 va = GR(in->r3);
        CONSUME(in->r3, ISR_LFETCH);
        enum mmu_fault why = mmu_access(&cpu->mmu, va, 1, MMU_READ | MMU_NO_ALIGN, cpl(cpu), &span);
        if (why != MMU_OK) return fault_data(cpu, in, why, va, ISR_LFETCH);
    }
    put_base(cpu, in, kind, base);
    NEXT_RARE;
}

static ALWAYS_INLINE const struct insn *lfetch(struct cpu *cpu, const struct insn *in, u32 kind)
{
    u64 va = GR(in->r3);

    if ((kind & K_FAULT) && unlikely(!cpu->gate || !soft_read(&cpu->mmu, va, 1))) {
        return lfetch_slow(cpu, in, kind);
    }
    if (kind & (K_R | K_I)) {
        if (unlikely(in->r3 >= cpu->gate)) return lfetch_slow(cpu, in, kind);
        cpu->gr[in->r3] = va + (kind & K_R ? GR(in->r2) : in->imm);
    }
    NEXT;
}

#define LFETCH(meaning, kind)                                                                     \
    EXEC(meaning) { return lfetch(cpu, in, (kind)); }                                             \
    EXEC(meaning##_r) { return lfetch(cpu, in, (kind) | K_R); }                                   \
    EXEC(meaning##_i) { return lfetch(cpu, in, (kind) | K_I); }
LFETCH(lfetch, 0)
LFETCH(lfetch_excl, 0)
LFETCH(lfetch_fault, K_FAULT)
LFETCH(lfetch_fault_excl, K_FAULT)

/* Whoever may read a line may flush it; keys do not matter (SDM 3:61). */
static const struct insn *flush(struct cpu *cpu, const struct insn *in)
{
    const unsigned how = MMU_READ | MMU_NO_KEYS | MMU_NO_BITS | MMU_NO_DEBUG | MMU_NO_ALIGN;
    struct mmu_span span;
    enum mmu_fault why;

    CONSUME(in->r3, ISR_FC);
    why = mmu_access(&cpu->mmu, GR(in->r3), 1, how, cpl(cpu), &span);
    if (why != MMU_OK) return fault_data(cpu, in, why, GR(in->r3), ISR_FC);
    NEXT_RARE;
}
EXEC(fc) { return flush(cpu, in); }
EXEC(fc_i) { return flush(cpu, in); }

EXEC(mf) { (void)cpu; NEXT; }
EXEC(mf_a) { (void)cpu; NEXT; }
EXEC(fwb) { (void)cpu; NEXT; }
