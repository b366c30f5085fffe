/* Pages, handed out by the buddy method from two zones: what translation register 0 covers, for
 * the stacks of tasks, and the rest.  Each page counts its users, for copy on write.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "mm.h"
#include "pv.h"

#define ORDERS 8
enum { ZONE_TR, ZONE_REST, ZONES };

struct page {
    u16 users;
    u16 chunks; /* in use by kmalloc */
    u8 order; /* of the free block that starts here, + 1; 0: none starts here */
    u8 zone;
};
static struct page *pages;
static u64 page_count, free_count;
static struct list free_blocks[ZONES][ORDERS];
static spinlock_t page_lock;
extern char kernel_end[];

static u64 pfn_of(const void *p) { return pa(p) >> PAGE_SHIFT; }
static void *address_of(u64 pfn) { return va(pfn << PAGE_SHIFT); }

static void block_add(u64 pfn, unsigned order)
{
    pages[pfn].order = (u8)(order + 1);
    list_add_tail(&free_blocks[pages[pfn].zone][order], address_of(pfn));
}

static void block_remove(u64 pfn)
{
    pages[pfn].order = 0;
    list_del(address_of(pfn));
}

/* Join with the neighbour of the same size, as often as possible. */
static void block_free(u64 pfn, unsigned order)
{
    while (order < ORDERS - 1) {
        u64 buddy = pfn ^ 1ul << order;
        bool joins = buddy < page_count && pages[buddy].order == order + 1 &&
                     pages[buddy].zone == pages[pfn].zone;
        if (!joins) break;
        block_remove(buddy);
        pfn &= ~(1ul << order);
        order++;
    }
    block_add(pfn, order);
}

static void *block_alloc(unsigned zone, unsigned order)
{
    unsigned have = order;
    while (have < ORDERS && list_empty(&free_blocks[zone][have])) have++;
    if (have >= ORDERS) return NULL;
    void *block = free_blocks[zone][have].next;
    u64 pfn = pfn_of(block);
    block_remove(pfn);
    while (have > order) {
        have--;
        block_add(pfn + (1ul << have), have);
    }
    pages[pfn].users = 1;
    return block;
}

static void *alloc_from(unsigned first, unsigned last, unsigned order)
{
    void *p = NULL;
    u64 on = spin_lock_irqsave(&page_lock);
    for (unsigned z = first; !p && z <= first && z >= last; z--) {
        p = block_alloc(z, order);
        if (!z) break;
    }
    if (p) free_count -= 1ul << order;
    spin_unlock_irqrestore(&page_lock, on);
    return p ? memset(p, 0, PAGE_SIZE << order) : NULL;
}

void *page_alloc(unsigned order) { return alloc_from(ZONE_REST, ZONE_TR, order); }
void *stack_alloc(unsigned order) { return alloc_from(ZONE_TR, ZONE_TR, order); }

void page_free(void *p, unsigned order)
{
    u64 pfn = pfn_of(p);
    u64 on = spin_lock_irqsave(&page_lock);
    assert(pfn < page_count && pages[pfn].users);
    if (!--pages[pfn].users) {
        block_free(pfn, order);
        free_count += 1ul << order;
    }
    spin_unlock_irqrestore(&page_lock, on);
}

void page_get(void *p)
{
    u64 on = spin_lock_irqsave(&page_lock);
    pages[pfn_of(p)].users++;
    spin_unlock_irqrestore(&page_lock, on);
}

bool page_shared(void *p) { return read_once(pages[pfn_of(p)].users) > 1; }
u64 pages_free(void) { return free_count; }

/* --- at boot: everything of the memory map that nobody reserved --- */

static struct memory_range reserved[8];
static unsigned reserved_count;

static void reserve(u64 start, u64 end)
{
    assert(reserved_count < ARRAY_SIZE(reserved));
    reserved[reserved_count++] = (struct memory_range){ align_down(start, PAGE_SIZE),
                                                        align_up(end, PAGE_SIZE) };
}

static bool is_reserved(u64 pa)
{
    for (unsigned i = 0; i < reserved_count; i++) {
        if (pa >= reserved[i].start && pa < reserved[i].end) return true;
    }
    return false;
}

static void add_range(u64 start, u64 end)
{
    u64 tr = align_down(pa((void *)KERNEL_BASE), 1ul << KERNEL_TR_SHIFT);
    for (u64 at = align_up(start, PAGE_SIZE); at + PAGE_SIZE <= end; at += PAGE_SIZE) {
        u64 pfn = at >> PAGE_SHIFT;
        if (is_reserved(at)) continue;
        pages[pfn].zone = at - tr < 1ul << KERNEL_TR_SHIFT ? ZONE_TR : ZONE_REST;
        block_free(pfn, 0);
        free_count++;
    }
}

void page_init(void)
{
    for (unsigned z = 0; z < ZONES; z++) {
        for (unsigned o = 0; o < ORDERS; o++) list_init(&free_blocks[z][o]);
    }
    for (unsigned i = 0; i < memory_range_count; i++) {
        page_count = max(page_count, memory_ranges[i].end >> PAGE_SHIFT);
    }
    pages = (struct page *)align_up((u64)kernel_end, PAGE_SIZE);
    memset(pages, 0, page_count * sizeof *pages);
    reserve(0, PAGE_SIZE);
    reserve(pa((void *)KERNEL_BASE), pa(pages + page_count));
    reserve(pa(boot_param), pa(boot_param + 1));
    reserve(pa(va(boot_param->efi_memmap)), boot_param->efi_memmap + boot_param->efi_memmap_size);
    pv_init_ops.reserve_memory(reserve);
    for (unsigned i = 0; i < memory_range_count; i++)
        add_range(memory_ranges[i].start, memory_ranges[i].end);
}

/* --- small objects: sizes are powers of two, a header says which --- */

struct chunk {
    u64 class, unused;
    struct list link; /* while it is free: in what it holds otherwise */
};
enum { CLASS_MIN = 5, CLASS_MAX = PAGE_SHIFT - 1, CHUNK_HEADER = 16 };
static struct list free_chunks[CLASS_MAX + 1];
static u64 chunks_free[CLASS_MAX + 1];
static spinlock_t kmalloc_lock;

static bool refill(unsigned class)
{
    char *page = page_alloc(0);
    if (!page) return false;
    for (u64 at = 0; at < PAGE_SIZE; at += 1ul << class) {
        list_add_tail(&free_chunks[class], &((struct chunk *)(page + at))->link);
    }
    chunks_free[class] += PAGE_SIZE >> class;
    return true;
}

/* Nothing of this page is used any more. */
static void give_back(char *page, unsigned class)
{
    chunks_free[class] -= PAGE_SIZE >> class;
    for (u64 at = 0; at < PAGE_SIZE; at += 1ul << class) {
        list_del(&((struct chunk *)(page + at))->link);
    }
    page_free(page, 0);
}

void *kmalloc(size_t size)
{
    unsigned class = CLASS_MIN;
    while (1ul << class < size + CHUNK_HEADER) class++;
    if (class > CLASS_MAX) {
        struct chunk *big = page_alloc(class - PAGE_SHIFT);
        if (big) big->class = class;
        return big ? (char *)big + CHUNK_HEADER : NULL;
    }
    u64 on = spin_lock_irqsave(&kmalloc_lock);
    struct chunk *c = NULL;
    if (!free_chunks[class].next) list_init(&free_chunks[class]);
    if (!list_empty(&free_chunks[class]) || refill(class)) {
        c = list_entry(free_chunks[class].next, struct chunk, link);
        list_del(&c->link);
        chunks_free[class]--;
        pages[pfn_of(c)].chunks++;
    }
    spin_unlock_irqrestore(&kmalloc_lock, on);
    if (!c) return NULL;
    c->class = class;
    return memset((char *)c + CHUNK_HEADER, 0, size);
}

void kfree(void *p)
{
    if (!p) return;
    struct chunk *c = (struct chunk *)((char *)p - CHUNK_HEADER);
    unsigned class = (unsigned)c->class;
    if (class > CLASS_MAX) {
        page_free(c, class - PAGE_SHIFT);
        return;
    }
    u64 on = spin_lock_irqsave(&kmalloc_lock);
    list_add(&free_chunks[class], &c->link);
    chunks_free[class]++;
    bool unused = !--pages[pfn_of(c)].chunks;
    if (unused && chunks_free[class] >= 2 * (PAGE_SIZE >> class)) { /* one page stays in hand */
        give_back((char *)((u64)c & PAGE_MASK), class);
    }
    spin_unlock_irqrestore(&kmalloc_lock, on);
}
