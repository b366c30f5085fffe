/* What a program could do to all others: by sending signals to whoever is just being made, or by
 * asking for the longest piece of work that a single call can be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

/* The number of the last child; -1: that was all. */
static volatile long *last_child;

/* Whoever comes next, again and again, with pauses of all lengths. */
static void pester(u64 seed)
{
    for (long pid; (pid = *last_child) >= 0;) {
        if (pid) sys(NR_kill, pid + 1, SIGUSR1);
        for (u64 pause = random_number(&seed) & 63; pause; pause--) opaque(pause);
    }
}

/* One on each of the other processors, four at most. */
static int start_pesterers(long children[4])
{
    int others = __builtin_popcountl(cpus()) - 1, count = others < 4 ? others : 4;
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        if (children[i]) continue;
        pester((u64)i + 1);
        leave(0);
    }
    return count;
}

/* A child that a signal meets is ended by it, as early as that may be. */
const char *check_newborns(void)
{
    enum { CHILDREN = 500 };
    long pesterers[4], strange = 0;
    last_child = map(NULL, PAGE, RW, MAP_SHARED);
    int count = start_pesterers(pesterers);
    for (int i = 0; i < CHILDREN; i++) {
        long child = fork();
        if (!child) leave(0);
        *last_child = child;
        int status = wait_for(child);
        strange += status != 0 && status != SIGNALLED(SIGUSR1);
    }
    *last_child = -1;
    for (int i = 0; i < count; i++) wait_for(pesterers[i]);
    WANT(unmap((void *)last_child, PAGE) == 0);
    WANT(strange == 0);
    return NULL;
}

static bool is_error(const volatile void *p)
{
    return (long)p < 0 && (long)p > -4096;
}

/* Eight gigabytes of nothing are no work, nor are two with a page at each end (which kernels that
 * keep accounts do not grant). */
const char *check_empty_ranges(void)
{
    const u64 gb = 1ul << 30;
    volatile u8 *p = map_private(2 * gb);
    u64 before = now();
    for (int i = 0; i < 20; i++) {
        sys(NR_mprotect, 0, 8 * gb, PROT_READ);
        if (is_error(p)) continue;
        WANT(sys(NR_mprotect, p, 2 * gb, i & 1 ? PROT_READ : RW) == 0);
        if (!(i & 1)) p[0] = p[2 * gb - 1] = (u8)i;
    }
    WANT(is_error(p) || unmap((void *)p, 2 * gb) == 0);
    WANT(now() - before < 5 * MS);
    return NULL;
}

/* Where there is no room left, that is soon found out; elsewhere there is room. */
const char *check_full_span(void)
{
    enum { SIZES = 5, EACH = 64 };
    void *piece[SIZES][EACH];
    u64 size[SIZES] = { 1ul << 30, 1ul << 26, 1ul << 22, 1ul << 18, 1ul << 14 };
    for (int i = 0; i < SIZES * EACH; i++) {
        piece[i / EACH][i % EACH] = map(NULL, size[i / EACH], PROT_NONE, MAP_PRIVATE);
    }
    u64 before = now();
    void *p = map_private(size[SIZES - 1]);
    WANT(now() - before < 5 * MS);
    if (!is_error(p)) unmap(p, size[SIZES - 1]);
    for (int i = 0; i < SIZES * EACH; i++) {
        void *at = piece[i / EACH][i % EACH];
        if (!is_error(at)) WANT(unmap(at, size[i / EACH]) == 0);
    }
    return NULL;
}

static void touch(u64 megabytes)
{
    u8 *p = map_private(megabytes << 20);
    for (u64 at = 0; at < megabytes << 20; at += 16384) p[at] = 1;
}

/* What is refused is not kept. */
const char *check_refused_memory(void)
{
    const u64 gb = 1ul << 30;
    for (int i = 0; i < 8; i++) {
        void *p = map(NULL, gb, RW, MAP_SHARED);
        if (!is_error(p)) unmap(p, gb);
    }
    WANT(in_child(touch, 64) == 0);
    return NULL;
}
