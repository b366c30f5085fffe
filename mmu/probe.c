/* The instructions that only ask: probe and tak.  (tpa and fc are mmu_access with fewer checks.)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define DENIED (1u << MMU_KEY_PERMISSION | 1u << MMU_ACCESS_RIGHTS)

/* SDM 3:217: always virtual, even with psr.dt = 0; misses, absent and NaT pages and unknown keys
 * fault, everything else is the answer. */
enum mmu_fault mmu_probe(struct mmu *mmu, u64 va, unsigned how, unsigned level, bool *allowed)
{
    struct tlb_entry *e;
    *allowed = false;
    if (!mmu_va_implemented(va)) return MMU_OK;
    enum mmu_fault miss = mmu_translate(mmu, va, how | MMU_VIRTUAL, &e);
    if (miss) return miss;
    unsigned least = level > mmu->cpl ? level : mmu->cpl;
    unsigned c = mmu_entry_conditions(mmu, e, how | MMU_NO_BITS, least);
    if (c & ~DENIED) return (enum mmu_fault)__builtin_ctz(c & ~DENIED);
    *allowed = !c;
    return MMU_OK;
}

/* SDM 3:260: never faults; a NaTPage has a key like any other page. */
u64 mmu_tak(struct mmu *mmu, u64 va)
{
    struct tlb_entry *e;
    if (!mmu_va_implemented(va) || mmu_translate(mmu, va, MMU_VIRTUAL, &e) || !e->p) return 1;
    return (u64)e->key << 8;
}
