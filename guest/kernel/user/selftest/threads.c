/* Threads, processors and time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { THREADS = 6, COUNT = 2000, HANDOVERS = 600 };

static volatile long added, swapped, locked;
static struct mutex lock;

static const char *run_threads(int (*fn)(void *), int count)
{
    static struct thread threads[MAX_CPUS];
    int wrong = 0;
    for (long i = 0; i < count; i++) WANT(thread_start(&threads[i], fn, (void *)i) > 0);
    for (int i = 0; i < count; i++) wrong += thread_join(&threads[i]);
    WANT(wrong == 0);
    return NULL;
}

/* Three ways to count: fetchadd, cmpxchg, and a lock around plain additions. */
static int count_up(void *unused)
{
    (void)unused;
    for (int i = 0; i < COUNT; i++) {
        __atomic_fetch_add(&added, 1, __ATOMIC_ACQ_REL);
        long old = swapped;
        while (!__atomic_compare_exchange_n(&swapped, &old, old + 3, 0, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED)) {}
        mutex_lock(&lock);
        locked += 5;
        mutex_unlock(&lock);
    }
    return 0;
}

const char *check_threads(void)
{
    added = swapped = locked = 0;
    const char *why = run_threads(count_up, THREADS);
    if (why) return why;
    WANT(added == (long)THREADS * COUNT);
    WANT(swapped == 3L * THREADS * COUNT);
    WANT(locked == 5L * THREADS * COUNT);
    return NULL;
}

static volatile int turn;

/* A baton goes round; everybody else sleeps. */
static int hand_over(void *who)
{
    int me = (int)(long)who, wrong = 0;
    for (int i = 0; i < HANDOVERS / THREADS; i++) {
        for (int t = turn; t % THREADS != me; t = turn) futex_wait(&turn, t);
        wrong += turn != i * THREADS + me;
        turn++;
        futex_wake(&turn, THREADS);
    }
    return wrong;
}

const char *check_sleeping_threads(void)
{
    turn = 0;
    const char *why = run_threads(hand_over, THREADS);
    if (why) return why;
    WANT(turn == HANDOVERS / THREADS * THREADS);
    return NULL;
}

/* In memory that two processes share, at an address of its own in each. */
const char *check_sleeping_processes(void)
{
    enum { TURNS = 50 };
    volatile int *word = map(NULL, PAGE, RW, MAP_SHARED);
    long child = fork();
    int me = !child;
    u64 before = now();
    for (int t = me; t < TURNS; t += 2) {
        for (int w = *word; w != t; w = *word) futex_wait(word, w);
        *word = t + 1;
        futex_wake(word, 1);
    }
    if (!child) leave(0);
    WANT(wait_for(child) == 0);
    WANT(now() - before < 500 * MS);
    return NULL;
}

static int spin(void *word)
{
    while (!*(volatile int *)word) {}
    return 0;
}

static void leave_spinning(u64 status)
{
    static struct thread spinning, sleeping;
    static volatile int never;
    thread_start(&spinning, spin, (void *)&never);
    thread_start(&sleeping, (int (*)(void *))(void *)hand_over, (void *)1);
    nap(2 * MS);
    leave((int)status);
}

const char *check_exit_with_threads(void)
{
    turn = 0;
    WANT(in_child(leave_spinning, 33) == 33);
    return NULL;
}

static volatile int arrived;
static u64 all;

/* Goes to the nth processor of the set and waits there, without rest, for the others. */
static int meet(void *nth)
{
    u64 set = all;
    for (long i = (long)nth; i > 0; i--) set &= set - 1;
    set &= -set;
    bool there = run_on(set) == 0 && 1ul << cpu() == set;
    __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
    while (arrived < __builtin_popcountl(all)) {}
    return !there || climb(200, (long)nth, 0) != 0 || 1ul << cpu() != set;
}

const char *check_all_processors(void)
{
    arrived = 0;
    all = cpus();
    const char *why = run_threads(meet, __builtin_popcountl(all));
    if (why) return why;
    printf("  %d processors\n", __builtin_popcountl(all));
    return NULL;
}

static volatile int ball;

/* Waits for every second turn. */
static int play(void *player)
{
    enum { TURNS = 100 };
    int me = (int)(long)player;
    run_on(me ? 1ul << (63 - __builtin_clzl(all)) : all & -all);
    for (int t = me; t < TURNS; t += 2) {
        for (int b = ball; b != t; b = ball) futex_wait(&ball, b);
        ball = t + 1;
        futex_wake(&ball, 1);
    }
    return 0;
}

/* A processor that sleeps would see the ball at its next timer tick, milliseconds later. */
const char *check_waking(void)
{
    ball = 0;
    all = cpus();
    u64 before = now();
    const char *why = run_threads(play, 2);
    if (why) return why;
    WANT(now() - before < 100 * MS);
    return NULL;
}

const char *check_time_moves(void)
{
    u64 last = now(), first = last;
    for (int i = 0; i < 2000; i++) {
        u64 t = now();
        WANT(t >= last);
        last = t;
    }
    WANT(last > first);
    u64 here = cpus();
    for (int i = 0; i < 64 * 50; i++) {
        if (!(here >> i % 64 & 1)) continue;
        WANT(run_on(1ul << i % 64) == 0);
        u64 t = now();
        WANT(t >= last);
        last = t;
    }
    WANT(run_on(here) == 0);
    for (u64 ms = 1; ms <= 100; ms *= 10) {
        u64 before = now();
        nap(ms * MS);
        u64 took = now() - before;
        WANT(took >= ms * MS);
        WANT(took < ms * MS + 50 * MS);
    }
    return NULL;
}

/* On one processor, next to a child that only spins. */
const char *check_preemption(void)
{
    u64 before = cpus();
    WANT(run_on(before & -before) == 0);
    long child = fork();
    if (!child) {
        for (;;) opaque(0);
    }
    sys(NR_sched_yield);
    u64 end = now() + 5 * MS;
    while (now() < end) {}
    WANT(sys(NR_kill, child, SIGKILL) == 0);
    WANT(wait_for(child) == SIGNALLED(SIGKILL));
    WANT(run_on(before) == 0);
    return NULL;
}
