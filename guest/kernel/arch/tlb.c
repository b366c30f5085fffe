/* Translations: contexts, purges, the kernel's own page table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "mm.h"
#include "privop.h"
#include "pv.h"
#include "sched.h"

static struct {
    u64 base, count0, count1, stride0, stride1;
} ptce;

/* --- contexts: numbers of address spaces.  A number that was given back is used again only after
 * all processors forgot all translations. --- */

enum { CONTEXTS = 1 << 12 }; /* well below 2^15, so that reuse is not a rare event */
static u64 context_used[CONTEXTS / 64], context_freed[CONTEXTS / 64];
static u64 context_next = 1;
static spinlock_t context_lock;

static u64 context_search(void)
{
    for (; context_next < CONTEXTS; context_next++) {
        u64 *word = &context_used[context_next / 64], bit = 1ul << context_next % 64;
        if (*word & bit) continue;
        *word |= bit;
        return context_next++;
    }
    return 0;
}

u64 context_new(void)
{
    u64 on = spin_lock_irqsave(&context_lock);
    u64 context = context_search();
    if (!context) {
        tlb_flush_all();
        for (unsigned i = 0; i < ARRAY_SIZE(context_used); i++) {
            context_used[i] &= ~context_freed[i];
            context_freed[i] = 0;
        }
        context_next = 1;
        context = context_search();
    }
    spin_unlock_irqrestore(&context_lock, on);
    if (!context) panic("no address space number left");
    return context;
}

void context_free(u64 context)
{
    u64 on = spin_lock_irqsave(&context_lock);
    context_freed[context / 64] |= 1ul << context % 64;
    spin_unlock_irqrestore(&context_lock, on);
}

/* --- purges --- */

static spinlock_t ptcga_lock; /* the architecture allows one global purge at a time */

/* Sizes that can be purged, largest first. */
static const u8 purge_shifts[] = { 28, 26, 24, 22, 20, 18, 16, 14 };

static unsigned purge_shift(u64 start, u64 end)
{
    for (unsigned i = 0; i < ARRAY_SIZE(purge_shifts) - 1; i++) {
        u64 size = 1ul << purge_shifts[i];
        if (!(start & (size - 1)) && end - start >= size) return purge_shifts[i];
    }
    return PAGE_SHIFT;
}

static void purge(u64 start, u64 end)
{
    spin_lock(&ptcga_lock);
    while (start < end) {
        unsigned shift = purge_shift(start, end);
        ia64_ptcga(start, shift << 2);
        start += 1ul << shift;
    }
    spin_unlock(&ptcga_lock);
}

/* A purge goes by the region register: another address space borrows it. */
static void purge_in(const struct mm *mm, u64 start, u64 end)
{
    u64 before = ia64_get_rr(start);
    ia64_set_rr(start, region_register(mm, start >> 61));
    ia64_srlz_d();
    purge(start, end);
    ia64_set_rr(start, before);
    ia64_srlz_d();
}

/* Within one region.  Interrupts may stay on: no handler uses these regions, or purges so. */
void tlb_flush_range(struct mm *mm, u64 start, u64 end)
{
    if (mm == this_cpu->mm) purge(start, end);
    else purge_in(mm, start, end);
}

void tlb_flush_here(void)
{
    u64 at = ptce.base;
    for (u64 i = 0; i < ptce.count0; i++, at += ptce.stride0) {
        for (u64 j = 0; j < ptce.count1; j++, at += ptce.stride1) ia64_ptc_e(at);
    }
    ia64_srlz_i();
}

void tlb_flush_all(void)
{
    tlb_flush_here();
    smp_call_all(CALL_FLUSH_TLB);
}


/* --- start --- */

/* The VHPT: a linear table at the top of each region, as long as the region has pages. */
void tlb_init(void)
{
    u64 impl_va_msb = pal_call(PAL_VM_SUMMARY, 0, 0, 0).v1 & 0xff;
    u64 bits = impl_va_msb + 1 - PAGE_SHIFT + 3;
    u64 base = REGION(1) - (1ul << bits);
    if (!ptce.count0) {
        struct fw_result r = pal_call(PAL_PTCE_INFO, 0, 0, 0);
        ptce.base = r.v0;
        ptce.count0 = r.v1 >> 32;
        ptce.count1 = r.v1 & 0xffffffff;
        ptce.stride0 = r.v2 >> 32;
        ptce.stride1 = r.v2 & 0xffffffff;
    }
    ia64_setreg_raw("cr.pta", base | bits << 2 | 1);
    ia64_srlz_d();
}

/* Region 5: all address spaces share its tables, so these never change.  Called before there are
 * pages to allocate, from memory that the kernel's own translation register covers. */
static pte_t first_pgd[PAGE_SIZE / sizeof(pte_t)] __attribute__((aligned(PAGE_SIZE)));
pte_t *kernel_pgd = first_pgd;
static pte_t kernel_tables[VMAP_TABLES][PAGE_SIZE / sizeof(pte_t)]
    __attribute__((aligned(PAGE_SIZE)));

void kernel_pgd_init(void)
{
    for (unsigned i = 0; i < VMAP_TABLES; i++) {
        kernel_pgd[(5 << PGD_REGION_BITS) + i] = pa(kernel_tables[i]);
    }
}

void gate_map(const void *image)
{
    *pte_find(kernel_pgd, GATE_BASE, false) = pa(image) | PTE_P | PTE_A | PTE_AR(AR_X_PROMOTE) |
                                              PTE_ED;
}

void *vmap(const u64 *pas, unsigned count, bool cached)
{
    static u64 next = VMAP_BASE;
    u64 at = __atomic_fetch_add(&next, (count + 1) * PAGE_SIZE, __ATOMIC_RELAXED); /* and a hole */
    for (unsigned i = 0; i < count; i++) {
        pte_t *pte = pte_find(kernel_pgd, at + i * PAGE_SIZE, false);
        if (!pte) return NULL;
        *pte = pas[i] | PTE_KERNEL | (cached ? 0 : PTE_MA_UC);
    }
    return (void *)at;
}
