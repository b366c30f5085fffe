/* Signals: faults of the program's own, timers in the middle of anything, stacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

/* A fault cannot be returned from without mending it, so each try is a child that ends in the
 * handler.  Parent and child share a word for the address. */
static volatile u64 *seen;

static void fault_handler(int sig, struct siginfo *info, void *context)
{
    (void)context;
    *seen = info->addr;
    leave(sig);
}

int caught(void (*fn)(void), u64 *address)
{
    if (!seen) seen = map(NULL, PAGE, RW, SHARED);
    *seen = 0;
    long child = fork_child();
    if (!child) {
        on_signal(SIGSEGV, fault_handler, 0);
        on_signal(SIGBUS, fault_handler, 0);
        on_signal(SIGFPE, fault_handler, 0);
        fn();
        leave(0);
    }
    int status = status_of(child);
    *address = *seen;
    return status;
}

static u8 bytes[32] __attribute__((aligned(16)));

static void unaligned_load(void)
{
    u64 value;
    __asm__ volatile("ld8 %0 = [%1]" : "=r"(value) : "r"(bytes + 3) : "memory");
    if (value != 0x0a09080706050403) leave(99);
    __asm__ volatile("st4 [%0] = %1" : : "r"(bytes + 13), "r"(0x44332211ul) : "memory");
    if (bytes[13] != 0x11 || bytes[16] != 0x44) leave(98);
}

static void unaligned_load_refused(void)
{
    enum { PR_SET_UNALIGN = 6, PR_UNALIGN_SIGBUS = 2 };
    sys(NR_prctl, (long)PR_SET_UNALIGN, (long)PR_UNALIGN_SIGBUS, 0L, 0L, 0L, 0L);
    unaligned_load();
}

const char *check_unaligned(void)
{
    u64 address;
    for (int i = 0; i < 32; i++) bytes[i] = (u8)i;
    WANT(caught(unaligned_load, &address) == 0);
    WANT(caught(unaligned_load_refused, &address) == SIGBUS && address == (u64)bytes + 3);
    return NULL;
}

static void divide(void)
{
    __asm__ volatile("break 1"); /* what compilers put where a divisor is 0 */
}

const char *check_arithmetic_signal(void)
{
    u64 address;
    WANT(caught(divide, &address) == SIGFPE);
    return NULL;
}

static volatile long ticks;

static void on_tick(int sig, struct siginfo *info, void *context)
{
    (void)sig, (void)info, (void)context;
    ticks++;
    deep(50); /* uses registers */
}

static void every(long microseconds)
{
    long times[4] = { 0, microseconds, 0, microseconds };
    sys(NR_setitimer, (long)ITIMER_REAL, times, 0L, 0L, 0L, 0L);
}

const char *check_signal_storm(void)
{
    int wrong = 0;
    on_signal(SIGALRM, on_tick, 0);
    ticks = 0;
    every(500);
    for (int i = 0; ticks < 50 && i < 100000; i++) wrong += deep(2000) != 2001000;
    every(0);
    WANT(wrong == 0);
    WANT(ticks >= 50);
    return NULL;
}

static u8 *signal_stack;
static volatile int order;

static void inner(int sig, struct siginfo *info, void *context)
{
    u8 here;
    (void)sig, (void)info, (void)context;
    if (&here > signal_stack && &here < signal_stack + 4 * PAGE) order = order * 10 + 2;
}

static void outer(int sig, struct siginfo *info, void *context)
{
    (void)sig, (void)info, (void)context;
    order = order * 10 + 1;
    sys(NR_kill, sys(NR_getpid, 0L, 0L, 0L, 0L, 0L, 0L), (long)SIGTERM, 0L, 0L, 0L, 0L);
    order = order * 10 + 3;
}

const char *check_own_stack(void)
{
    signal_stack = map(NULL, 4 * PAGE, RW, PRIVATE);
    u64 stack[3] = { (u64)signal_stack, 0, 4 * PAGE };
    WANT(sys(NR_sigaltstack, stack, 0L, 0L, 0L, 0L, 0L) == 0);
    on_signal(SIGUSR1, outer, 0);
    on_signal(SIGTERM, inner, SA_ONSTACK);
    order = 0;
    WANT(sys(NR_kill, sys(NR_getpid, 0L, 0L, 0L, 0L, 0L, 0L), (long)SIGUSR1, 0L, 0L, 0L, 0L) == 0);
    WANT(order == 123);
    return NULL;
}
