/* See sys.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys.h"

int start_main(long argc, char **argv);

int start_main(long argc, char **argv)
{
    return main((int)argc, argv);
}

/* The compiler calls these of its own accord. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

void *memset(void *to, int c, size_t n)
{
    for (size_t i = 0; i < n; i++) ((volatile u8 *)to)[i] = (u8)c;
    return to;
}

void print(const char *s)
{
    size_t n = 0;
    while (s[n]) n++;
    sys(NR_write, 1L, s, n, 0L, 0L, 0L);
}

int equal(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

long fork_child(void)
{
    return sys(NR_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L, 0L);
}

void leave(int status)
{
    for (;;) sys(NR_exit, (long)status, 0L, 0L, 0L, 0L, 0L);
}

int status_of(long pid)
{
    int status = 0;
    if (sys(NR_wait4, pid, &status, 0L, 0L, 0L, 0L) != pid) return -1;
    return status & 0x7f ? 256 + (status & 0x7f) : status >> 8 & 0xff;
}

void *map(void *at, size_t size, int prot, int flags)
{
    return (void *)sys(NR_mmap, at, size, (long)prot, (long)flags, -1L, 0L);
}

void on_signal(int sig, handler_fn *fn, u64 flags)
{
    struct sigaction action = { fn, flags | SA_SIGINFO, 0 };
    sys(NR_rt_sigaction, (long)sig, &action, 0L, 8L, 0L, 0L);
}

u64 now(int clock)
{
    struct timespec t = { 0, 0 };
    sys(NR_clock_gettime, (long)clock, &t, 0L, 0L, 0L, 0L);
    return (u64)t.sec * 1000000000u + (u64)t.nsec;
}

void nap(u64 nanoseconds)
{
    struct timespec t = { (long)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u) };
    sys(NR_nanosleep, &t, 0L, 0L, 0L, 0L, 0L);
}
