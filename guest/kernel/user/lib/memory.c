/* Memory: mappings from the kernel, and malloc() out of one growing piece.
 *
 * A block is preceded by its size; free blocks are kept in a list by address and merged with their
 * neighbours, the allocator of Kernighan and Ritchie's book in spirit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

struct block {
    size_t size; /* of the whole block, this header included */
    struct block *next;
};
enum { GRAIN = sizeof(struct block), MORE = 256 * 1024 };

static struct block *free_list;

void *map(void *at, size_t size, int prot, int flags)
{
    return (void *)sys(NR_mmap, at, size, prot, flags | MAP_ANONYMOUS, -1, 0);
}

void *map_private(size_t size)
{
    return map(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

long unmap(void *p, size_t size)
{
    return sys(NR_munmap, p, size);
}

static bool touch(const struct block *a, const struct block *b)
{
    return (const u8 *)a + a->size == (const u8 *)b;
}

static void insert(struct block *b)
{
    struct block **at = &free_list;
    struct block *before = NULL;
    while (*at && *at < b) before = *at, at = &(*at)->next;
    b->next = *at;
    *at = b;
    if (b->next && touch(b, b->next)) {
        b->size += b->next->size;
        b->next = b->next->next;
    }
    if (before && touch(before, b)) {
        before->size += b->size;
        before->next = b->next;
    }
}

static bool grow(size_t size)
{
    u64 old = ((u64)sys(NR_brk, 0) + GRAIN - 1) & -(u64)GRAIN;
    size = size > MORE ? size : MORE;
    if ((u64)sys(NR_brk, old + size) != old + size) return false;
    struct block *b = (struct block *)old;
    b->size = size;
    insert(b);
    return true;
}

/* The first block that is large enough, cut to size. */
static struct block *take(size_t size)
{
    for (struct block **at = &free_list; *at; at = &(*at)->next) {
        struct block *b = *at;
        if (b->size < size) continue;
        if (b->size - size < 2 * GRAIN) {
            *at = b->next;
            return b;
        }
        b->size -= size;
        struct block *rest = (struct block *)((u8 *)b + b->size);
        rest->size = size;
        return rest;
    }
    return NULL;
}

void *malloc(size_t size)
{
    size = (size + GRAIN + GRAIN - 1) & -(size_t)GRAIN;
    struct block *b = take(size);
    if (!b && grow(size)) b = take(size);
    return b ? b + 1 : NULL;
}

void free(void *p)
{
    if (p) insert((struct block *)p - 1);
}
