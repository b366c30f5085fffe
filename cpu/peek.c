/* Memory as the guest sees it at this moment, for debuggers and dumps: translated like data, but
 * without checks, without faults, and without touching any TLB state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/state-priv.h"

/* Calls `copy` for each piece within a page; false as soon as one is not there. */
static bool each_page(struct cpu *cpu, u64 va, u8 *buf, unsigned len,
                      bool (*copy)(struct cpu *cpu, u64 pa, u8 *buf, unsigned len))
{
    while (len) {
        unsigned room = (unsigned)(PHYS_PAGE_SIZE - (va & (PHYS_PAGE_SIZE - 1)));
        unsigned n = MIN(len, room);
        u64 pa;
        if (!mmu_peek(&cpu->mmu, va, false, &pa) && !mmu_peek(&cpu->mmu, va, true, &pa)) {
            return false;
        }
        if (!copy(cpu, pa & PHYS_ADDR_MASK, buf, n)) return false;
        va += n;
        buf += n;
        len -= n;
    }
    return true;
}

static bool copy_out(struct cpu *cpu, u64 pa, u8 *buf, unsigned len)
{
    return physmem_read(cpu->pm, pa, buf, len);
}

static bool copy_in(struct cpu *cpu, u64 pa, u8 *buf, unsigned len)
{
    return physmem_write(cpu->pm, pa, buf, len);
}

bool cpu_peek(struct cpu *cpu, u64 va, void *buf, unsigned len)
{
    return each_page(cpu, va, buf, len, copy_out);
}

bool cpu_poke(struct cpu *cpu, u64 va, const void *buf, unsigned len)
{
    return each_page(cpu, va, (u8 *)(uintptr_t)buf, len, copy_in);
}
