/* Processes, signals, time, processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

enum { NANO = 1000000000, CLOCK_MONOTONIC = 1 };
struct timespec { long sec, nsec; };

long fork(void)
{
    return sys(NR_clone, SIGCHLD);
}

void leave(int status)
{
    for (;;) sys(NR_exit_group, status);
}

int wait_for(long pid)
{
    int status = 0;
    long got;
    do got = sys(NR_wait4, pid, &status); while (got == -EINTR);
    if (got < 0) return (int)got;
    return status & 0x7f ? WAIT_SIGNALLED + (status & 0x7f) : status >> 8 & 0xff;
}

int run(char *const argv[])
{
    long child = fork();
    if (child < 0) return (int)child;
    if (!child) {
        sys(NR_execve, argv[0], argv, environment);
        leave(127);
    }
    return wait_for(child);
}

long on_signal_with(int sig, signal_fn *fn, u64 flags)
{
    const struct { signal_fn *fn; u64 flags, mask; } action = { fn, flags | SA_SIGINFO, 0 };
    return sys(NR_rt_sigaction, sig, &action, NULL, sizeof action.mask);
}

long on_signal(int sig, signal_fn *fn)
{
    return on_signal_with(sig, fn, 0);
}

u64 now(void)
{
    struct timespec t = { 0, 0 };
    sys(NR_clock_gettime, CLOCK_MONOTONIC, &t);
    return (u64)t.sec * NANO + (u64)t.nsec;
}

void nap(u64 nanoseconds)
{
    struct timespec t = { (long)(nanoseconds / NANO), (long)(nanoseconds % NANO) };
    sys(NR_nanosleep, &t, NULL);
}

u64 cpus(void)
{
    u64 set[16] = { 0 };
    return sys(NR_sched_getaffinity, 0, sizeof set, set) > 0 ? set[0] : 1;
}

long run_on(u64 cpu_set)
{
    return sys(NR_sched_setaffinity, 0, sizeof cpu_set, &cpu_set);
}

int cpu(void)
{
    u32 n = 0, node = 0; /* some kernels insist on both */
    sys(NR_getcpu, &n, &node, NULL);
    return (int)n;
}
