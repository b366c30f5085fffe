/* Memory: pages, small objects, address spaces.
 *
 * Region 7 is all of memory, cached; region 6 the same, uncached; region 5 the kernel's own
 * mappings through the page table; regions 0 to 4 belong to the process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_MM_H
#define JANUS_MM_H

#include "kernel.h"
#include "layout.h"
#include "lock.h"

/* --- pages.  Zeroed; 2^order of them, aligned to their size; NULL if there is no memory. --- */
void *page_alloc(unsigned order);
void page_free(void *p, unsigned order);
void *stack_alloc(unsigned order); /* from the part that translation register 0 covers */
void page_get(void *p);            /* one more user of a single page: page_free lets go of one */
bool page_shared(void *p);
u64 pages_free(void);
void page_init(void);

void *kmalloc(size_t size); /* zeroed */
void kfree(void *p);

static inline u64 pa(const void *p) { return (u64)p & ~(7ul << 61); }
static inline void *va(u64 pa) { return (void *)(pa | REGION(7)); }
static inline void *uncached(u64 pa) { return (void *)(pa | REGION(6)); }

/* Region 5: map one page of memory (or of a device) at an address handed out once and for all. */
void *vmap(const u64 *pas, unsigned count, bool cached);

/* --- page tables: one page of entries per 32 MB, a root page with 256 slots per region --- */
typedef u64 pte_t;
#define PTE_P 1ul
#define PTE_MA_UC (4ul << 2)
#define PTE_A (1ul << 5)
#define PTE_D (1ul << 6)
#define PTE_PL3 (3ul << 7)
#define PTE_AR(n) ((u64)(n) << 9)
#define PTE_AR_MASK PTE_AR(7)
#define PTE_PPN 0x0003fffffffff000ul
#define PTE_ED (1ul << 52)
enum { AR_R = 0, AR_RX = 1, AR_RW = 2, AR_RWX = 3, AR_X_PROMOTE = 7 };
#define PTE_KERNEL (PTE_P | PTE_A | PTE_D | PTE_AR(AR_RWX) | PTE_ED)

extern pte_t *kernel_pgd;
pte_t *pte_find(pte_t *pgd, u64 addr, bool create);

/* --- address spaces --- */
struct file;
struct vma { /* [start, end) of a process */
    struct list link;
    u64 start, end;
    unsigned prot, flags;
    struct inode *inode; /* NULL: zeroes */
    u64 offset, filesz;  /* bytes of the file that are mapped from `start`; zeroes follow */
};

struct mm {
    pte_t *pgd;
    u64 root;    /* its physical address */
    u64 context; /* region ids are context * 8 + region */
    struct list vmas;
    spinlock_t lock; /* of vmas and tables; interrupts stay on, no handler of theirs takes it */
    int users;
    u64 brk_start, brk, mmap_next;
};

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20

struct mm *mm_new(void);
struct mm *mm_fork(struct mm *from);
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);
int mm_map(struct mm *mm, u64 start, u64 end, unsigned prot, unsigned flags, struct inode *inode,
           u64 offset, u64 filesz);
int mm_unmap(struct mm *mm, u64 start, u64 end);
s64 mm_map_anywhere(struct mm *mm, u64 start, u64 len, unsigned prot, unsigned flags,
                    struct inode *inode, u64 offset, u64 filesz);
int mm_protect(struct mm *mm, u64 start, u64 end, unsigned prot);

#define FAULT_READ 1
#define FAULT_WRITE 2
#define FAULT_EXEC 4
int mm_fault(struct mm *mm, u64 addr,
             unsigned access); /* 0, -EFAULT: no mapping, -EACCES, -ENOMEM */

/* Between user memory of the current process and the kernel's; 0 or -EFAULT. */
int copy_from_user(void *to, u64 from, size_t n);
int copy_to_user(u64 to, const void *from, size_t n);
int copy_to_mm(struct mm *mm, u64 to, const void *from, size_t n);
s64 copy_string_from_user(char *to, u64 from, size_t size); /* length or -EFAULT, -E2BIG */
u64 shared_pa(struct mm *mm, u64 addr); /* of a byte of shared memory; 0: it is not shared */

/* --- translations --- */
void tlb_init(void);                                 /* every processor */
void tlb_flush_range(struct mm *mm, u64 start, u64 end); /* everywhere */
void tlb_flush_all(void);
void tlb_flush_here(void);
void code_flush(const void *start, u64 bytes); /* what was written will be executed */
void kernel_pgd_init(void);
u64 context_new(void);
void context_free(u64 context);

#endif
