/* Processes of several threads: what happens to one of them happens to all, and each may wait for
 * the process's children.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

static struct thread threads[4];
static volatile long *count; /* shared with children */

static int fault_now(void *at)
{
    *(volatile long *)at = 1;
    return 0;
}

static int leave_now(void *status)
{
    leave((int)(long)status);
    return 0;
}

static int count_on(void *unused)
{
    (void)unused;
    for (;;) __atomic_fetch_add(count, 1, __ATOMIC_ACQ_REL);
    return 0;
}

static int unmap_own_stack(void *unused)
{
    (void)unused;
    unmap(threads[0].stack, 4 * PAGE);
    return (int)climb(100, 1, 0);
}

/* The first thread would say otherwise. */
static void with_thread(int (*fn)(void *), void *arg)
{
    thread_start(&threads[0], fn, arg);
    nap(200 * MS);
    leave(77);
}

static void fault_in_thread(u64 at) { with_thread(fault_now, (void *)at); }
static void leave_in_thread(u64 status) { with_thread(leave_now, (void *)status); }
static void lose_stack_of_thread(u64 unused) { with_thread(unmap_own_stack, (void *)unused); }

const char *check_ends_by_thread(void)
{
    WANT(in_child(fault_in_thread, 8) == SIGNALLED(SIGSEGV));
    WANT(in_child(leave_in_thread, 5) == 5);
    WANT(in_child(lose_stack_of_thread, 0) == SIGNALLED(SIGSEGV));
    return NULL;
}

static void count_in_threads(u64 n)
{
    for (u64 i = 0; i < n; i++) thread_start(&threads[i], count_on, NULL);
    for (;;) nap(1000 * MS);
}

/* Nobody counts any more. */
static bool quiet(void)
{
    long before = *count;
    nap(20 * MS);
    return *count == before;
}

static bool counting(void)
{
    long before = *count;
    for (int i = 0; i < 200 && *count == before; i++) nap(MS);
    return *count != before;
}

static long start_counting(u64 n)
{
    *count = 0;
    long child = fork();
    if (!child) count_in_threads(n);
    while (!*count) sys(NR_sched_yield);
    return child;
}

const char *check_kills_threads(void)
{
    static const int signals[] = { SIGKILL, SIGTERM };
    count = map(NULL, PAGE, RW, MAP_SHARED);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        long child = start_counting(2);
        WANT(sys(NR_kill, child, signals[i]) == 0);
        WANT(wait_for(child) == SIGNALLED(signals[i]));
        WANT(quiet());
    }
    unmap((void *)count, PAGE);
    return NULL;
}

static int go_on_alone(void *unused)
{
    (void)unused;
    nap(20 * MS);
    *count = 1;
    sys(NR_exit, 4);
    return 0;
}

/* The process goes on until its last thread is gone, whose status counts. */
static void leave_thread_behind(u64 status)
{
    thread_start(&threads[0], go_on_alone, NULL);
    sys(NR_exit, status);
}

const char *check_first_thread_ends(void)
{
    count = map(NULL, PAGE, RW, MAP_SHARED);
    WANT(in_child(leave_thread_behind, 3) == 4);
    WANT(*count == 1);
    unmap((void *)count, PAGE);
    return NULL;
}

static int fork_and_wait(void *status)
{
    long child = fork();
    if (!child) leave((int)(long)status);
    return wait_for(child);
}

static int just_fork(void *status)
{
    long child = fork();
    if (!child) {
        nap(5 * MS);
        leave((int)(long)status);
    }
    return (int)child;
}

static int wait_for_it(void *child)
{
    return wait_for((long)child);
}

static int in_thread(int (*fn)(void *), long arg)
{
    thread_start(&threads[0], fn, (void *)arg);
    return thread_join(&threads[0]);
}

const char *check_children_of_threads(void)
{
    WANT(in_thread(fork_and_wait, 6) == 6);
    int child = in_thread(just_fork, 8);
    WANT(child > 0 && wait_for(child) == 8);
    child = just_fork((void *)9);
    WANT(in_thread(wait_for_it, child) == 9);
    WANT(wait_for(child) == -ECHILD);
    return NULL;
}

static int start_over_in_thread(void *unused)
{
    nap(2 * MS);
    start_over((u64)unused);
    return 0;
}

static void exec_among_threads(u64 by_thread)
{
    for (int i = 1; i < 3; i++) thread_start(&threads[i], count_on, NULL);
    if (by_thread) with_thread(start_over_in_thread, NULL);
    nap(2 * MS);
    start_over(0);
}

const char *check_exec_ends_threads(void)
{
    count = map(NULL, PAGE, RW, MAP_SHARED);
    WANT(in_child(exec_among_threads, 0) == STARTED_WELL);
    WANT(quiet());
    WANT(in_child(exec_among_threads, 1) == STARTED_WELL);
    WANT(quiet());
    unmap((void *)count, PAGE);
    return NULL;
}

/* --- signals --- */

static volatile long taken_by, taken;

static void note_thread(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    taken_by = sys(NR_gettid);
    taken++;
}

static long block_usr1(bool block)
{
    u64 set = 1ul << (SIGUSR1 - 1);
    return sys(NR_rt_sigprocmask, block ? 0 : 1, &set, NULL, sizeof set);
}

static volatile int ready;

static int wait_until_taken(void *unused)
{
    (void)unused;
    block_usr1(false);
    ready = 1;
    while (!taken) nap(1000 * MS); /* the signal ends it */
    return 0;
}

static const char *to_the_other_thread(bool directly)
{
    long self = sys(NR_getpid);
    ready = 0;
    taken = taken_by = 0;
    WANT(thread_start(&threads[0], wait_until_taken, NULL) > 0);
    long tid = threads[0].tid;
    while (!ready) nap(MS);
    u64 before = now();
    WANT((directly ? sys(NR_tgkill, self, tid, SIGUSR1) : sys(NR_kill, self, SIGUSR1)) == 0);
    thread_join(&threads[0]);
    WANT(taken == 1 && taken_by == tid);
    WANT(now() - before < 500 * MS);
    return NULL;
}

/* A signal for the process goes to a thread that does not block it. */
const char *check_signals_for_threads(void)
{
    on_signal(SIGUSR1, note_thread);
    const char *why = to_the_other_thread(true);
    block_usr1(true);
    if (!why) why = to_the_other_thread(false);
    if (!why) sys(NR_kill, sys(NR_getpid), SIGUSR1); /* nobody takes it yet */
    bool waits = taken == 1;
    block_usr1(false);
    on_signal(SIGUSR1, NULL);
    if (why) return why;
    WANT(waits && taken == 2 && taken_by == sys(NR_gettid));
    WANT(sys(NR_tgkill, sys(NR_getpid), 1 << 30, 0) == -ESRCH);
    return NULL;
}

static volatile int usr2_taken;

static void take_usr2(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    usr2_taken = 1;
}

/* SIGUSR2 is blocked in here. */
static void wait_for_usr2(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    for (int i = 0; i < 50 && !usr2_taken; i++) nap(5 * MS);
    leave(usr2_taken ? 3 : 4);
}

static int nap_for_ever(void *unused)
{
    (void)unused;
    for (;;) nap(1000 * MS);
    return 0;
}

static void take_both(u64 unused)
{
    const struct { signal_fn *fn; u64 flags, mask; } action = { wait_for_usr2, SA_SIGINFO,
                                                                1ul << (SIGUSR2 - 1) };
    sys(NR_rt_sigaction, SIGUSR1, &action, NULL, sizeof action.mask);
    on_signal(SIGUSR2, take_usr2);
    thread_start(&threads[0], nap_for_ever, NULL);
    nap_for_ever((void *)unused);
}

/* Both wait when the process goes on.  Its first thread takes one and thereby blocks the other. */
const char *check_signals_left_over(void)
{
    static const int signals[] = { SIGSTOP, SIGUSR1, SIGUSR2, SIGCONT };
    long child = fork();
    if (!child) take_both(0);
    nap(20 * MS);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) WANT(sys(NR_kill, child, signals[i]) == 0);
    WANT(wait_for(child) == 3);
    return NULL;
}

/* --- stopping --- */

enum { STOPPED = 0x7f, CONTINUED = 0xffff };

static long status_of(long child, int options)
{
    int status = -1;
    return sys(NR_wait4, child, &status, options) == child ? status : -1;
}

static const char *stop_and_go(long child, int sig)
{
    WANT(sys(NR_kill, child, sig) == 0);
    WANT(status_of(child, WUNTRACED) == (sig << 8 | STOPPED));
    WANT(quiet());
    WANT(sys(NR_wait4, child, NULL, WUNTRACED | WNOHANG) == 0); /* told once */
    WANT(sys(NR_kill, child, SIGCONT) == 0);
    WANT(status_of(child, WCONTINUED) == CONTINUED);
    WANT(counting());
    return NULL;
}

const char *check_stopping(void)
{
    count = map(NULL, PAGE, RW, MAP_SHARED);
    for (u64 n = 1; n <= 2; n++) {
        long child = start_counting(n);
        const char *why = stop_and_go(child, SIGSTOP);
        if (why) return why;
        /* Some kernels ask first whether somebody is there to let it go on. */
        WANT(sys(NR_kill, child, SIGTSTP) == 0);
        bool stopped = false;
        for (int i = 0; i < 40 && !stopped; i++) {
            nap(5 * MS);
            stopped = status_of(child, WUNTRACED | WNOHANG) == (SIGTSTP << 8 | STOPPED);
        }
        WANT(stopped ? quiet() : counting());
        WANT(sys(NR_kill, child, SIGCONT) == 0 && counting());
        WANT(sys(NR_kill, child, SIGSTOP) == 0);
        WANT(status_of(child, WUNTRACED) == (SIGSTOP << 8 | STOPPED));
        WANT(sys(NR_kill, child, SIGTERM) == 0); /* waits */
        WANT(quiet() && sys(NR_wait4, child, NULL, WNOHANG) == 0);
        WANT(sys(NR_kill, child, n == 1 ? SIGKILL : SIGCONT) == 0);
        WANT(wait_for(child) == SIGNALLED(n == 1 ? SIGKILL : SIGTERM));
    }
    unmap((void *)count, PAGE);
    return NULL;
}

/* --- everything at once --- */

static void nothing(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
}

/* Until one of the threads ends the process, or the parent does. */
static int act_up(void *seed)
{
    u64 state = (u64)seed * 1000003;
    for (;;) {
        switch (random_number(&state) >> 20 & 31) {
        case 0: leave(5);
        case 1: start_over(0); break;
        case 2: fault_now((void *)opaque(8)); break;
        case 3 ... 8: fork_and_wait((void *)3); break;
        case 9 ... 20: sys(NR_sched_yield); break;
        default: nap(MS / 10);
        }
    }
    return 0;
}

static void act_up_together(u64 seed)
{
    on_signal(SIGUSR1, nothing);
    for (u64 i = 0; i < ARRAY_SIZE(threads); i++) {
        thread_start(&threads[i], act_up, (void *)(seed * 8 + i));
    }
    act_up((void *)(seed * 8 + 7));
}

static bool plausible(int status)
{
    return status == 5 || status == STARTED_WELL || status == SIGNALLED(SIGSEGV) ||
           status == SIGNALLED(SIGKILL) || status == SIGNALLED(SIGUSR1);
}

const char *check_group_storm(void)
{
    static const int signals[] = { SIGSTOP, SIGUSR1, SIGCONT, SIGUSR1, SIGTSTP, SIGKILL };
    enum { ROUNDS = 8, GROUPS = 4 };
    long child[GROUPS];
    for (u64 r = 0; r < ROUNDS; r++) {
        for (u64 i = 0; i < GROUPS; i++) {
            child[i] = fork();
            if (!child[i]) act_up_together(r * GROUPS + i + 1);
        }
        for (size_t s = 0; s < ARRAY_SIZE(signals); s++) {
            nap(r * MS / 4);
            for (u64 i = 0; i < GROUPS; i++) sys(NR_kill, child[i], signals[s]);
        }
        for (u64 i = 0; i < GROUPS; i++) WANT(plausible(wait_for(child[i])));
        WANT(wait_for(-1) == -ECHILD);
    }
    return NULL;
}
