/* Into the kernel and back: system calls, signals, sleep.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

/* One that no kernel answers without the full way in and out: its argument is wrong. */
static const char *null_calls(syscall_fn *way, long n)
{
    long wrong = 0;
    begin(n);
    for (long i = 0; i < n; i++) wrong += way(NR_close, -1, 0, 0, 0, 0, 0) != -EBADF;
    end();
    WANT(wrong == 0);
    return NULL;
}

const char *null_by_break(long n)
{
    return null_calls(syscall_by_break, n);
}

const char *null_by_epc(long n)
{
    WANT(kernel_gate);
    return null_calls(syscall_by_epc, n);
}

static volatile long handled;

static void on_usr1(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    handled++;
}

const char *signals(long n)
{
    long self = sys(NR_getpid);
    handled = 0;
    WANT(on_signal(SIGUSR1, on_usr1) == 0);
    begin(n);
    for (long i = 0; i < n; i++) sys(NR_kill, self, SIGUSR1);
    end();
    WANT(handled == n);
    return NULL;
}

const char *sleeping(long n)
{
    enum { MILLISECOND = 1000000 };
    u64 before = now();
    begin(n);
    for (long i = 0; i < n; i++) nap(MILLISECOND);
    end();
    WANT(now() - before >= (u64)n * MILLISECOND);
    return NULL;
}
