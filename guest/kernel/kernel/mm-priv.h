/* What mm.c and fault.c share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_MM_PRIV_H
#define KERNEL_MM_PRIV_H

#include "mm.h"

#define USER_REGIONS 5
#define SLOTS (USER_REGIONS << PGD_REGION_BITS) /* of the root, for user regions */
#define ENTRIES (1u << PTE_INDEX_BITS)

struct vma *vma_find(struct mm *mm, u64 addr);
struct vma *vma_copy(const struct vma *from);
pte_t *pte_next(pte_t *pgd, u64 *addr, u64 end);
pte_t make_pte(const void *page, unsigned prot, bool dirty); /* for programs */
bool pte_writable(pte_t pte);

#endif
