/* Memory through Linux: mappings, protection, copies, code, stacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

const char *check_fresh_memory(void)
{
    enum { PAGES = 64 };
    u64 *p = map(NULL, PAGES * PAGE, RW, PRIVATE), step = PAGE / sizeof *p;
    for (u64 i = 0; i < PAGES; i++) {
        for (u64 j = 0; j < step; j += 101) WANT(p[i * step + j] == 0);
        p[i * step] = i * 0x123456789;
    }
    for (u64 i = 0; i < PAGES; i++) WANT(p[i * step] == i * 0x123456789);
    WANT(sys(NR_munmap, p, PAGE, 0L, 0L, 0L, 0L) == 0);
    WANT(map(p, PAGE, RW, PRIVATE | MAP_FIXED) == p);
    WANT(p[0] == 0 && p[step] == 0x123456789);
    WANT(sys(NR_munmap, p, PAGES * PAGE, 0L, 0L, 0L, 0L) == 0);
    return NULL;
}

static volatile u64 *victim;

static void load_from_victim(void)
{
    (void)*victim;
}

static void store_to_victim(void)
{
    *victim = 1;
}

/* The function at this address.  The compiler takes descriptors for constants: hide where it is from. */
long call(const volatile u64 *code)
{
    u64 descriptor[2] = { (u64)code, 0 };
    long (*fn)(void);
    __asm__ volatile("mov %0 = %1" : "=r"(fn) : "r"(descriptor) : "memory");
    return fn();
}

static void call_victim(void)
{
    call(victim);
}

const char *check_forbidden_memory(void)
{
    u64 address;
    victim = (u64 *)map(NULL, 2 * PAGE, RW, PRIVATE) + 6;
    store_to_victim();
    WANT(sys(NR_mprotect, (u8 *)victim - 48, PAGE, (long)PROT_READ, 0L, 0L, 0L) == 0);
    WANT(caught(load_from_victim, &address) == 0);
    WANT(caught(store_to_victim, &address) == SIGSEGV && address == (u64)victim);
    WANT(caught(call_victim, &address) == SIGSEGV && address == ((u64)victim & ~15ul));
    WANT(sys(NR_munmap, (u8 *)victim - 48, 2 * PAGE, 0L, 0L, 0L, 0L) == 0);
    WANT(caught(load_from_victim, &address) == SIGSEGV && address == (u64)victim);
    victim = (u64 *)0x1234560000000000; /* in a hole of the address space: not an implemented one */
    WANT(caught(load_from_victim, &address) != 0);
    victim = (u64 *)0xe000000000000000; /* the kernel's */
    WANT(caught(load_from_victim, &address) == SIGSEGV);
    return NULL;
}

const char *check_shared_file(void)
{
    static const char name[] = "/tmp/shared";
    u8 buf[64];
    long fd = sys(NR_open, name, (long)(O_RDWR | O_CREAT | O_TRUNC), 0600L, 0L, 0L, 0L);
    WANT(fd >= 0);
    for (int i = 0; i < 4096; i++) {
        for (int j = 0; j < 64; j++) buf[j] = (u8)(i + j);
        WANT(sys(NR_write, fd, buf, 64L, 0L, 0L, 0L) == 64);
    }
    u8 *p = (u8 *)sys(NR_mmap, 0L, 4096 * 64L, (long)RW, (long)MAP_SHARED, fd, 0L);
    for (int i = 0; i < 4096; i++) WANT(p[i * 64 + 7] == (u8)(i + 7));
    p[100 * 64] = 0xee;
    WANT(sys(NR_close, fd, 0L, 0L, 0L, 0L, 0L) == 0);
    fd = sys(NR_open, name, (long)O_RDONLY, 0L, 0L, 0L, 0L);
    for (int i = 0; i <= 100; i++) WANT(sys(NR_read, fd, buf, 64L, 0L, 0L, 0L) == 64);
    WANT(buf[0] == 0xee && buf[1] == 101);
    sys(NR_close, fd, 0L, 0L, 0L, 0L, 0L);
    sys(NR_munmap, p, 4096 * 64L, 0L, 0L, 0L, 0L);
    sys(NR_unlink, name, 0L, 0L, 0L, 0L, 0L);
    return NULL;
}

const char *check_copy_on_write(void)
{
    enum { WORDS = 100000 };
    u64 *p = map(NULL, WORDS * sizeof *p, RW, PRIVATE);
    for (u64 i = 0; i < WORDS; i++) p[i] = i;
    long child = fork_child();
    for (u64 i = 0; i < WORDS; i++) p[i] += child ? 1000000 : 2000000;
    for (u64 i = 0; i < WORDS; i++) {
        if (p[i] == i + (child ? 1000000 : 2000000)) continue;
        if (!child) leave(1);
        return "p[i] is what the parent wrote";
    }
    if (!child) leave(0);
    WANT(status_of(child) == 0);
    sys(NR_munmap, p, WORDS * sizeof *p, 0L, 0L, 0L, 0L);
    return NULL;
}

const char *check_new_code(void)
{
    u64 *code = map(NULL, PAGE, RW | PROT_EXEC, PRIVATE);
    for (int i = 0; i < 200; i++) {
        const u64 *from = (const u64 *)(i & 1 ? return_41 : return_42);
        code[0] = from[0];
        code[1] = from[1];
        flush(code);
        WANT(call(code) == (i & 1 ? 41 : 42));
    }
    sys(NR_munmap, code, PAGE, 0L, 0L, 0L, 0L);
    return NULL;
}

static long eat_stack(long n)
{
    volatile u8 room[4096];
    room[0] = (u8)n;
    return n ? eat_stack(n - 1) + (room[0] == (u8)n) : 0;
}

const char *check_big_stacks(void)
{
    WANT(eat_stack(1000) == 1000);
    WANT(deep(20000) == 200010000);
    return NULL;
}

const char *check_nats(void)
{
    static long there = 77;
    u8 *p = map(NULL, 2 * PAGE, RW, PRIVATE);
    WANT(speculate(&there) == 77);
    WANT(speculate(NULL) == -1);
    sys(NR_munmap, p + PAGE, PAGE, 0L, 0L, 0L, 0L);
    WANT(speculate((long *)(p + PAGE)) == -1);
    *(long *)p = 78;
    WANT(speculate((long *)p) == 78);
    sys(NR_munmap, p, PAGE, 0L, 0L, 0L, 0L);
    return NULL;
}
