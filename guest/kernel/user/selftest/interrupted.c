/* System calls that a signal cuts short, and signals of children.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

static volatile long hits;

static void hit(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    hits += climb(20, 99, 0) == 0;
}

/* A child sends us signals while we wait, then does what we wait for. */
static long annoy(const int *signals, int count, void (*then)(void))
{
    long parent = sys(NR_getpid), child = fork();
    if (child) return child;
    for (int i = 0; i < count; i++) {
        nap(15 * MS);
        sys(NR_kill, parent, signals[i]);
    }
    nap(15 * MS);
    if (then) then();
    leave(12);
}

static int fd[2];

static void write_byte(void)
{
    write(fd[1], "!", 1);
}

static const int usr1_twice[] = { SIGUSR1, SIGUSR1 };
static const int stop_and_go[] = { SIGSTOP, SIGCONT };

static const char *read_annoyed(syscall_fn *call, const int *signals, long expect_hits)
{
    char c = 0;
    hits = 0;
    long child = annoy(signals, 2, write_byte);
    WANT(call(NR_read, fd[0], (long)&c, 1, 0, 0, 0) == 1);
    WANT(c == '!' && hits == expect_hits);
    WANT(wait_for(child) == 12);
    return NULL;
}

static const char *wait_annoyed(syscall_fn *call, const int *signals, long expect_hits)
{
    int status = 0;
    hits = 0;
    long child = annoy(signals, 2, NULL);
    WANT(call(NR_wait4, child, (long)&status, 0, 0, 0, 0) == child);
    WANT(status == 12 << 8 && hits == expect_hits);
    return NULL;
}

static const char *cut_short(syscall_fn *call)
{
    char c;
    int value = 5;
    struct { long sec, nsec; } second = { 1, 0 }, left = { 9, 9 };
    hits = 0;
    long child = annoy(usr1_twice, 1, NULL);
    WANT(call(NR_read, fd[0], (long)&c, 1, 0, 0, 0) == -EINTR);
    WANT(hits == 1 && wait_for(child) == 12);
    child = annoy(usr1_twice, 1, NULL);
    WANT(call(NR_futex, (long)&value, 0, 5, 0, 0, 0) == -EINTR);
    WANT(hits == 2 && wait_for(child) == 12);
    child = annoy(usr1_twice, 1, NULL);
    WANT(call(NR_nanosleep, (long)&second, (long)&left, 0, 0, 0, 0) == -EINTR);
    WANT(hits == 3 && left.sec == 0 && left.nsec > 0 && wait_for(child) == 12);
    return NULL;
}

static void answer(int sig, struct siginfo *info, struct sigcontext *context)
{
    hit(sig, info, context);
    context->gr[8] = 77;
    context->gr[10] = 0;
}

/* What a handler leaves in the context is what the call has answered. */
static const char *answered(syscall_fn *call)
{
    char c;
    hits = 0;
    long child = annoy(usr1_twice, 1, NULL);
    WANT(call(NR_read, fd[0], (long)&c, 1, 0, 0, 0) == 77);
    WANT(hits == 1 && wait_for(child) == 12);
    return NULL;
}

static const char *both_ways(const char *(*fn)(syscall_fn *))
{
    const char *why = fn(syscall_by_break);
    return why || !kernel_gate ? why : fn(syscall_by_epc);
}

static const char *restarted(syscall_fn *call)
{
    const char *why = read_annoyed(call, usr1_twice, 2);
    return why ? why : wait_annoyed(call, usr1_twice, 2);
}

const char *check_restarts(void)
{
    WANT(sys(NR_pipe2, fd, 0) == 0);
    on_signal_with(SIGUSR1, hit, SA_RESTART);
    const char *why = both_ways(restarted);
    on_signal(SIGUSR1, hit);
    if (!why) why = both_ways(cut_short);
    on_signal(SIGUSR1, answer);
    if (!why) why = both_ways(answered);
    on_signal(SIGUSR1, NULL);
    close(fd[0]);
    close(fd[1]);
    return why;
}

/* --- a process that is stopped and goes on does not notice --- */

static const char *unnoticed(syscall_fn *call)
{
    struct { long sec, nsec; } time = { 0, 80 * MS }, left = { 0, 0 };
    const char *why = read_annoyed(call, stop_and_go, 0);
    if (!why) why = wait_annoyed(call, stop_and_go, 0);
    if (why) return why;
    u64 before = now();
    long child = annoy(stop_and_go, 2, NULL);
    WANT(call(NR_nanosleep, (long)&time, (long)&left, 0, 0, 0, 0) == 0);
    WANT(now() - before >= 80 * MS && now() - before < 130 * MS);
    WANT(wait_for(child) == 12);
    return NULL;
}

static void be_stopped(u64 unused)
{
    (void)unused;
    sys(NR_pipe2, fd, 0);
    const char *why = both_ways(unnoticed);
    if (why) printf("  %s\n", why);
    leave(why != NULL);
}

const char *check_stopped_calls(void)
{
    WANT(in_child(be_stopped, 0) == 0);
    return NULL;
}

/* --- what happens by default --- */

static void nap_and_leave(u64 status)
{
    nap(20 * MS);
    leave((int)status);
}

const char *check_harmless_signals(void)
{
    static const int signals[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH };
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        long child = fork();
        if (!child) nap_and_leave(i + 1);
        nap(5 * MS);
        WANT(sys(NR_kill, child, signals[i]) == 0);
        WANT(wait_for(child) == (int)i + 1);
    }
    return NULL;
}

/* --- SIGCHLD --- */

static const char *reaped_by_nobody(void)
{
    long child = fork();
    if (!child) leave(1);
    WANT(wait_for(child) == -ECHILD); /* it waits for the end all the same */
    WANT(sys(NR_kill, child, 0) == -ESRCH);
    return NULL;
}

/* The number of no signal. */
static const char *without_signal(void)
{
    enum { WALL = 0x40000000 };
    int status = 0;
    long child = sys(NR_clone, 255);
    if (!child) leave(6);
    WANT(sys(NR_wait4, child, &status, WALL) == child && status == 6 << 8);
    return NULL;
}

const char *check_child_signals(void)
{
    struct { long sec, nsec; } second = { 1, 0 };
    hits = 0;
    on_signal(SIGCHLD, hit);
    long child = fork();
    if (!child) nap_and_leave(4);
    long r = sys(NR_nanosleep, &second, NULL);
    on_signal(SIGCHLD, NULL);
    WANT(r == -EINTR && hits == 1);
    WANT(wait_for(child) == 4);
    on_signal(SIGCHLD, IGNORE_SIGNAL);
    const char *why = without_signal();
    if (!why) why = reaped_by_nobody();
    on_signal_with(SIGCHLD, hit, SA_NOCLDWAIT);
    if (!why) why = reaped_by_nobody();
    on_signal(SIGCHLD, NULL);
    if (why) return why;
    WANT(hits == 2);
    return NULL;
}
