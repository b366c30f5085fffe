/* Pages when they are touched, and address spaces that share them after a fork.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm-priv.h"
#include "sched.h"

/* --- pages on demand --- */

static void *fill_page(const struct vma *v, u64 addr)
{
    char *page = page_alloc(0);
    u64 at = addr - v->start;
    if (page && v->inode && at < v->filesz && v->offset + at < v->inode->size) {
        u64 n = min(min(v->filesz - at, PAGE_SIZE), v->inode->size - v->offset - at);
        memcpy(page, v->inode->data + v->offset + at, n);
    }
    if (page && v->prot & PROT_EXEC) code_flush(page, PAGE_SIZE);
    return page;
}

/* The page is there, but not for this access: a copy, or just the right to write. */
static int make_writable(struct mm *mm, const struct vma *v, u64 addr, pte_t *pte)
{
    void *page = va(*pte & PTE_PPN), *mine = page;
    if (page_shared(page) && !(v->flags & MAP_SHARED)) {
        mine = page_alloc(0);
        if (!mine) return -ENOMEM;
        memcpy(mine, page, PAGE_SIZE);
        if (v->prot & PROT_EXEC) code_flush(mine, PAGE_SIZE);
    }
    *pte = make_pte(mine, v->prot, true);
    tlb_flush_range(mm, addr, addr + PAGE_SIZE);
    if (mine != page) page_free(page, 0);
    return 0;
}

static int fault_locked(struct mm *mm, u64 addr, unsigned access)
{
    struct vma *v = vma_find(mm, addr);
    if (!v) return -EFAULT;
    unsigned need = access & FAULT_EXEC ? PROT_EXEC : access & FAULT_WRITE ? PROT_WRITE : PROT_READ;
    if (!(v->prot & need)) return -EACCES;
    pte_t *pte = pte_find(mm->pgd, addr, true);
    if (!pte) return -ENOMEM;
    if (!(*pte & PTE_P)) {
        void *page = fill_page(v, addr);
        if (!page) return -ENOMEM;
        /* Read first: the first write will tell through the dirty bit. */
        *pte = make_pte(page, v->prot, access & FAULT_WRITE);
        return 0;
    }
    if (access & FAULT_WRITE && !pte_writable(*pte)) return make_writable(mm, v, addr, pte);
    return 0; /* another processor was faster */
}

int mm_fault(struct mm *mm, u64 addr, unsigned access)
{
    addr = align_down(addr, PAGE_SIZE);
    spin_lock(&mm->lock);
    int err = fault_locked(mm, addr, access);
    spin_unlock(&mm->lock);
    return err;
}

/* --- fork: both go on with the same pages, and neither may write --- */

static int fork_slot(struct mm *from, struct mm *to, unsigned slot)
{
    if (!from->pgd[slot]) return 0;
    pte_t *old = va(from->pgd[slot]), *new = page_alloc(0);
    if (!new) return -ENOMEM;
    to->pgd[slot] = pa(new);
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (!(old[i] & PTE_P)) continue;
        u64 ar = (old[i] & PTE_AR_MASK) >> 9;
        if (pte_writable(old[i])) {
            old[i] = (old[i] & ~PTE_AR_MASK) | PTE_AR(ar == AR_RWX ? AR_RX : AR_R);
        }
        page_get(va(old[i] & PTE_PPN));
        new[i] = old[i];
    }
    return 0;
}

/* Shared mappings are complete from the beginning, and stay one memory. */
static void share_again(struct mm *from, struct mm *to, const struct vma *v)
{
    if (!(v->flags & MAP_SHARED)) return;
    for (u64 at = v->start; at < v->end; at += PAGE_SIZE) {
        pte_t *old = pte_find(from->pgd, at, false), *new = pte_find(to->pgd, at, false);
        if (old && new && *old & PTE_P) *old = *new = make_pte(va(*old & PTE_PPN), v->prot, true);
    }
}

/* Nothing translated before may be used after: a new context is cheaper than many purges. */
static void forget_translations(struct mm *mm)
{
    if (mm->users > 1) {
        tlb_flush_all();
        return;
    }
    u64 old = mm->context, new = context_new(), on = irq_save();
    mm->context = new;
    this_cpu->mm = NULL;
    mm_switch(mm);
    irq_restore(on);
    context_free(old);
}

struct mm *mm_fork(struct mm *from)
{
    struct mm *to = mm_new();
    if (!to) return NULL;
    int err = 0;
    spin_lock(&from->lock);
    list_for_each(struct vma, v, &from->vmas, link) {
        struct vma *copy = vma_copy(v);
        if (copy) list_add_tail(&to->vmas, &copy->link);
        else err = -ENOMEM;
    }
    for (unsigned i = 0; !err && i < SLOTS; i++) err = fork_slot(from, to, i);
    if (!err) {
        list_for_each(struct vma, v, &from->vmas, link) share_again(from, to, v);
    }
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->mmap_next = from->mmap_next;
    forget_translations(from);
    spin_unlock(&from->lock);
    if (!err) return to;
    mm_put(to);
    return NULL;
}
