/* Between user memory and the kernel's: page by page through region 7, by way of the page table,
 * so that a bad address is a value and not a fault.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm-priv.h"
#include "sched.h"

/* As much as one page holds: bytes, or -errno. */
static s64 copy_piece(struct mm *mm, u64 user, char *kernel, size_t n, bool to_user)
{
    unsigned access = to_user ? FAULT_WRITE : FAULT_READ;
    size_t piece = min(n, PAGE_SIZE - (user & (PAGE_SIZE - 1)));
    for (;;) {
        bool there = false;
        spin_lock(&mm->lock);
        pte_t *pte = user >> 61 < 5 ? pte_find(mm->pgd, user, false) : NULL;
        if (pte && *pte & PTE_P && (*pte & PTE_PL3) == PTE_PL3) {
            u64 ar = (*pte & PTE_AR_MASK) >> 9;
            there = !to_user || ar == AR_RW || ar == AR_RWX;
        }
        if (there) {
            char *page = (char *)va(*pte & PTE_PPN) + (user & (PAGE_SIZE - 1));
            if (to_user) memcpy(page, kernel, piece);
            else memcpy(kernel, page, piece);
        }
        spin_unlock(&mm->lock);
        if (there) return (s64)piece;
        int err = mm_fault(mm, user, access);
        if (err) return err;
    }
}

static int copy(struct mm *mm, u64 user, char *kernel, size_t n, bool to_user)
{
    while (n) {
        s64 done = mm ? copy_piece(mm, user, kernel, n, to_user) : -EFAULT;
        if (done < 0) return -EFAULT;
        user += (u64)done;
        kernel += done;
        n -= (size_t)done;
    }
    return 0;
}

int copy_from_user(void *to, u64 from, size_t n) { return copy(current->mm, from, to, n, false); }
int copy_to_user(u64 to, const void *from, size_t n)
{
    return copy(current->mm, to, (char *)from, n, true);
}
int copy_to_mm(struct mm *mm, u64 to, const void *from, size_t n)
{
    return copy(mm, to, (char *)from, n, true);
}

s64 copy_string_from_user(char *to, u64 from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (copy_from_user(to + i, from + i, 1)) return -EFAULT;
        if (!to[i]) return (s64)i;
    }
    return -E2BIG;
}

/* Shared memory that is there does not move; what is not there is nobody's yet. */
u64 shared_pa(struct mm *mm, u64 addr)
{
    spin_lock(&mm->lock);
    const struct vma *v = vma_find(mm, addr);
    const pte_t *pte = v && v->flags & MAP_SHARED ? pte_find(mm->pgd, addr, false) : NULL;
    u64 at = pte && *pte & PTE_P ? (*pte & PTE_PPN) | (addr & (PAGE_SIZE - 1)) : 0;
    spin_unlock(&mm->lock);
    return at;
}
