/* Address spaces: what is mapped where.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm.h"

#include "mm-priv.h"
#include "sched.h"

static bool user_range(u64 start, u64 end)
{
    return start < end && end <= REGION(USER_REGIONS) && start >> 61 == (end - 1) >> 61 &&
           ((end - 1) & (REGION(1) - 1)) >> USER_SPAN_SHIFT == 0;
}

/* --- creation, destruction --- */

struct mm *mm_new(void)
{
    struct mm *mm = kmalloc(sizeof *mm);
    if (!mm) return NULL;
    mm->pgd = page_alloc(0);
    if (!mm->pgd) {
        kfree(mm);
        return NULL;
    }
    u64 kernel_slots = 5ul << PGD_REGION_BITS;
    memcpy(mm->pgd + kernel_slots, kernel_pgd + kernel_slots, sizeof(pte_t) << PGD_REGION_BITS);
    mm->root = pa(mm->pgd);
    list_init(&mm->vmas);
    mm->users = 1;
    mm->mmap_next = USER_MMAP_BASE;
    mm->context = context_new();
    return mm;
}

void mm_get(struct mm *mm)
{
    atomic_inc(&mm->users);
}

static void free_tables(struct mm *mm)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!mm->pgd[i]) continue;
        pte_t *table = va(mm->pgd[i]);
        for (unsigned j = 0; j < ENTRIES; j++) {
            if (table[j] & PTE_P) page_free(va(table[j] & PTE_PPN), 0);
        }
        page_free(table, 0);
        let_others_run();
    }
    page_free(mm->pgd, 0);
}

void mm_put(struct mm *mm)
{
    if (atomic_dec(&mm->users)) return;
    list_for_each(struct vma, v, &mm->vmas, link) kfree(v);
    free_tables(mm);
    context_free(mm->context);
    kfree(mm);
}

/* --- the page table --- */

pte_t *pte_find(pte_t *pgd, u64 addr, bool create)
{
    if ((addr & (REGION(1) - 1)) >> USER_SPAN_SHIFT) return NULL;
    pte_t *slot =
        &pgd[addr >> 61 << PGD_REGION_BITS | (addr >> PGD_SHIFT & ((1 << PGD_REGION_BITS) - 1))];
    if (!*slot) {
        void *table = create ? page_alloc(0) : NULL;
        if (!table) return NULL;
        *slot = pa(table);
    }
    return (pte_t *)va(*slot) + (addr >> PAGE_SHIFT & (ENTRIES - 1));
}

/* The first page that is there, at *addr or behind it but below `end`: its entry, and its address.
 * NULL: none.  Where there is no table of the second level, 32 MB are one step. */
pte_t *pte_next(pte_t *pgd, u64 *addr, u64 end)
{
    while (*addr < end) {
        pte_t *pte = pte_find(pgd, *addr, false);
        u64 stop = min(end, align_down(*addr, 1ul << PGD_SHIFT) + (1ul << PGD_SHIFT));
        for (; pte && *addr < stop; *addr += PAGE_SIZE, pte++) {
            if (*pte & PTE_P) return pte;
        }
        *addr = stop;
    }
    return NULL;
}

pte_t make_pte(const void *page, unsigned prot, bool dirty)
{
    u64 ar = prot & PROT_WRITE  ? prot & PROT_EXEC ? AR_RWX : AR_RW
             : prot & PROT_EXEC ? AR_RX
                                : AR_R;
    return pa(page) | PTE_P | PTE_A | PTE_AR(ar) | PTE_ED | (prot ? PTE_PL3 : 0) |
           (dirty ? PTE_D : 0);
}

bool pte_writable(pte_t pte)
{
    u64 ar = (pte & PTE_AR_MASK) >> 9;
    return ar == AR_RW || ar == AR_RWX;
}

/* --- mappings --- */

struct vma *vma_find(struct mm *mm, u64 addr)
{
    list_for_each(struct vma, v, &mm->vmas, link) {
        if (addr >= v->start && addr < v->end) return v;
    }
    return NULL;
}

static bool overlaps(struct mm *mm, u64 start, u64 end)
{
    list_for_each(struct vma, v, &mm->vmas, link) {
        if (start < v->end && v->start < end) return true;
    }
    return false;
}

struct vma *vma_copy(const struct vma *from)
{
    struct vma *v = kmalloc(sizeof *v);
    if (v) *v = *from;
    return v;
}

int mm_map(struct mm *mm, u64 start, u64 end, unsigned prot, unsigned flags, struct inode *inode,
           u64 offset, u64 filesz)
{
    struct vma v = { .start = align_down(start, PAGE_SIZE),
                     .end = align_up(end, PAGE_SIZE),
                     .prot = prot,
                     .flags = flags,
                     .inode = inode,
                     .offset = offset,
                     .filesz = filesz };
    if (!user_range(v.start, v.end)) return -EINVAL;
    struct vma *new = vma_copy(&v);
    if (!new) return -ENOMEM;
    spin_lock(&mm->lock);
    bool busy = overlaps(mm, v.start, v.end);
    if (!busy) list_add_tail(&mm->vmas, &new->link);
    spin_unlock(&mm->lock);
    if (busy) kfree(new);
    return busy ? -EEXIST : 0;
}

/* Shared memory is there from the beginning: what is not there cannot be shared by a fork. */
static int populate(struct mm *mm, u64 start, u64 end, unsigned prot)
{
    unsigned access = prot & PROT_WRITE ? FAULT_WRITE : prot & PROT_READ ? FAULT_READ : FAULT_EXEC;
    int err = (end - start) >> PAGE_SHIFT <= pages_free() ? 0 : -ENOMEM;
    for (u64 at = start; !err && at < end; at += PAGE_SIZE) {
        err = mm_fault(mm, at, access);
        let_others_run();
    }
    return err;
}

static int map_here(struct mm *mm, u64 at, u64 len, unsigned prot, unsigned flags,
                    struct inode *inode, u64 offset, u64 filesz)
{
    int err = mm_map(mm, at, at + len, prot, flags, inode, offset, filesz);
    if (err || !(flags & MAP_SHARED)) return err;
    err = populate(mm, at, at + len, prot);
    if (err) mm_unmap(mm, at, at + len);
    return err;
}

/* What comes next begins behind what is in the way here. */
static void skip_busy(struct mm *mm, u64 start, u64 end)
{
    spin_lock(&mm->lock);
    list_for_each(struct vma, v, &mm->vmas, link) {
        if (start < v->end && v->start < end) mm->mmap_next = max(mm->mmap_next, v->end);
    }
    spin_unlock(&mm->lock);
    let_others_run();
}

s64 mm_map_anywhere(struct mm *mm, u64 start, u64 len, unsigned prot, unsigned flags,
                    struct inode *inode, u64 offset, u64 filesz)
{
    len = align_up(len, PAGE_SIZE);
    if (!len || len >> USER_SPAN_SHIFT) return -EINVAL;
    if (flags & MAP_FIXED) {
        int err = mm_unmap(mm, start, start + len);
        if (!err) err = map_here(mm, start, len, prot, flags, inode, offset, filesz);
        return err ? err : (s64)start;
    }
    /* Round and round: the span is much larger than any program here needs. */
    for (int rounds = 0; rounds < 2;) {
        u64 at = __atomic_fetch_add(&mm->mmap_next, len, __ATOMIC_RELAXED);
        if (!user_range(at, at + len)) {
            mm->mmap_next = USER_MMAP_BASE;
            rounds++;
            continue;
        }
        int err = map_here(mm, at, len, prot, flags, inode, offset, filesz);
        if (err != -EEXIST) return err ? err : (s64)at;
        skip_busy(mm, at, at + len);
    }
    return -ENOMEM;
}

/* Cut all mappings at an address; -ENOMEM. */
static int split_at(struct mm *mm, u64 addr)
{
    struct vma *v = vma_find(mm, addr);
    if (!v || v->start == addr) return 0;
    struct vma *upper = vma_copy(v);
    if (!upper) return -ENOMEM;
    u64 lower = addr - v->start;
    upper->start = addr;
    upper->offset += lower;
    upper->filesz = v->filesz > lower ? v->filesz - lower : 0;
    v->end = addr;
    v->filesz = min(v->filesz, lower);
    list_add_tail(&mm->vmas, &upper->link);
    return 0;
}

/* Take pages out of the table; they are freed when no processor can reach them any more. */
static void unmap_pages(struct mm *mm, u64 start, u64 end)
{
    void *gone[64];
    for (pte_t *pte = pte_next(mm->pgd, &start, end); pte;) {
        unsigned n = 0;
        u64 first = start, last = start;
        for (; pte && n < ARRAY_SIZE(gone); pte = pte_next(mm->pgd, &start, end)) {
            gone[n++] = va(*pte & PTE_PPN);
            *pte = 0;
            last = start;
            start += PAGE_SIZE;
        }
        tlb_flush_range(mm, first, last + PAGE_SIZE);
        while (n) page_free(gone[--n], 0);
    }
}

/* No writing yet: the page may be shared with another process. */
static void protect_pages(struct mm *mm, u64 start, u64 end, unsigned prot)
{
    pte_t *pte = pte_next(mm->pgd, &start, end);
    u64 last = start;
    if (!pte) return;
    for (u64 at = start; pte; pte = pte_next(mm->pgd, &at, end)) {
        *pte = make_pte(va(*pte & PTE_PPN), prot & ~(unsigned)PROT_WRITE, false);
        last = at;
        at += PAGE_SIZE;
    }
    tlb_flush_range(mm, start, last + PAGE_SIZE);
}

/* Mappings that begin and end with the range: what follows applies to them as a whole. */
static int cut_out(struct mm *mm, u64 start, u64 end)
{
    int err = split_at(mm, start);
    return err ? err : split_at(mm, end);
}
#define in_range(v, first, last) ((v)->start >= (first) && (v)->start < (last))

int mm_unmap(struct mm *mm, u64 start, u64 end)
{
    if (start & (PAGE_SIZE - 1) || !user_range(start, end)) return -EINVAL;
    end = align_up(end, PAGE_SIZE);
    spin_lock(&mm->lock);
    int err = cut_out(mm, start, end);
    list_for_each(struct vma, v, &mm->vmas, link) {
        if (err || !in_range(v, start, end)) continue;
        unmap_pages(mm, v->start, v->end);
        list_del(&v->link);
        kfree(v);
    }
    spin_unlock(&mm->lock);
    return err;
}

int mm_protect(struct mm *mm, u64 start, u64 end, unsigned prot)
{
    if (start & (PAGE_SIZE - 1) || !user_range(start, end)) return -EINVAL;
    end = align_up(end, PAGE_SIZE);
    spin_lock(&mm->lock);
    int err = cut_out(mm, start, end);
    list_for_each(struct vma, v, &mm->vmas, link) {
        if (err || !in_range(v, start, end)) continue;
        v->prot = prot;
        protect_pages(mm, v->start, v->end, prot);
    }
    spin_unlock(&mm->lock);
    return err;
}
