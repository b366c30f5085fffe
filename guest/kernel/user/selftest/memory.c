/* Memory: zero when new, mine when copied, gone when unmapped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

const char *check_copy_on_write(void)
{
    enum { WORDS = 100000 };
    u64 *p = map_private(WORDS * sizeof *p);
    for (u64 i = 0; i < WORDS; i++) p[i] = i;
    long child = fork();
    u64 more = child ? 1000000 : 2000000;
    for (u64 i = 0; i < WORDS; i++) p[i] += more;
    for (u64 i = 0; i < WORDS; i++) {
        if (p[i] == i + more) continue;
        if (!child) leave(1);
        return "p[i] is what the parent wrote";
    }
    if (!child) leave(0);
    WANT(wait_for(child) == 0);
    WANT(unmap(p, WORDS * sizeof *p) == 0);
    return NULL;
}

const char *check_shared_memory(void)
{
    volatile u64 *p = map(NULL, PAGE, RW, MAP_SHARED);
    *p = 1;
    long child = fork();
    if (!child) {
        for (u64 i = 0; i < 1000; i++) __atomic_fetch_add(p, 1, __ATOMIC_ACQ_REL);
        leave(0);
    }
    for (u64 i = 0; i < 1000; i++) __atomic_fetch_add(p, 1, __ATOMIC_ACQ_REL);
    WANT(wait_for(child) == 0);
    WANT(*p == 2001);
    WANT(unmap((void *)p, PAGE) == 0);
    return NULL;
}

static void load(u64 at)
{
    (void)*(volatile u64 *)at;
}

static void store(u64 at)
{
    *(volatile u64 *)at = 1;
}

/* Nobody can read it, before a fork and after; then everybody can, and it is still one memory. */
const char *check_hidden_memory(void)
{
    u64 p = (u64)map(NULL, PAGE, RW, MAP_SHARED);
    *(u64 *)p = 77;
    WANT(sys(NR_mprotect, p, PAGE, PROT_NONE) == 0);
    WANT(in_child(load, p) == SIGNALLED(SIGSEGV));
    WANT(in_child(load, p) == SIGNALLED(SIGSEGV)); /* as the fork before has left it */
    WANT(sys(NR_mprotect, p, PAGE, RW) == 0);
    WANT(*(volatile u64 *)p == 77);
    WANT(in_child(store, p) == 0);
    WANT(*(volatile u64 *)p == 1);
    WANT(unmap((void *)p, PAGE) == 0);
    return NULL;
}

const char *check_fresh_memory(void)
{
    enum { PAGES = 32 };
    u64 *p = map_private(PAGES * PAGE), step = PAGE / sizeof *p;
    for (u64 i = 0; i < PAGES; i++) {
        for (u64 j = 0; j < step; j += 101) WANT(p[i * step + j] == 0);
        p[i * step] = i * 0x123456789;
    }
    for (u64 i = 0; i < PAGES; i++) WANT(p[i * step] == i * 0x123456789);
    WANT(unmap(p, PAGE) == 0);
    WANT(map(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED) == p);
    WANT(p[0] == 0 && p[step] == 0x123456789);
    WANT(unmap(p, PAGES * PAGE) == 0);
    return NULL;
}

const char *check_protection(void)
{
    u64 p = (u64)map_private(2 * PAGE);
    store(p);
    WANT(sys(NR_mprotect, p, PAGE, PROT_READ) == 0);
    load(p);
    WANT(in_child(store, p) == SIGNALLED(SIGSEGV));
    WANT(in_child(store, p + PAGE) == 0);
    WANT(sys(NR_mprotect, p, PAGE, PROT_NONE) == 0);
    WANT(in_child(load, p) == SIGNALLED(SIGSEGV));
    WANT(sys(NR_mprotect, p, PAGE, RW) == 0);
    store(p);
    WANT(unmap((void *)p, 2 * PAGE) == 0);
    WANT(in_child(load, p) == SIGNALLED(SIGSEGV));
    WANT(in_child(store, p + PAGE) == SIGNALLED(SIGSEGV));
    WANT(in_child(store, *(u64 *)check_protection) == SIGNALLED(SIGSEGV)); /* our own text */
    return NULL;
}

/* Sizes from a generator; each block is filled with its number, and still is when it is freed. */
const char *check_heap(void)
{
    enum { BLOCKS = 64, ROUNDS = 2000 };
    static u8 *block[BLOCKS];
    static size_t size[BLOCKS];
    u64 seed = 12345;
    for (int r = 0; r < ROUNDS + BLOCKS; r++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        u64 i = r < ROUNDS ? seed >> 33 & (BLOCKS - 1) : (u64)(r - ROUNDS);
        for (size_t j = 0; j < size[i]; j += 61) WANT(block[i][j] == (u8)i);
        free(block[i]);
        size[i] = r < ROUNDS ? (seed >> 40) % 20000 : 0;
        block[i] = size[i] ? malloc(size[i]) : NULL;
        if (size[i]) WANT(block[i]);
        memset(block[i], (int)i, size[i]);
    }
    return NULL;
}
