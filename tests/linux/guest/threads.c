/* Threads: one memory, several processors if the machine has them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { THREADS = 6, COUNT = 20000, HANDOVERS = 2000 };
#define STACK (4 * PAGE)
#define FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID | \
               CLONE_CHILD_CLEARTID)

static volatile int tid[THREADS];
static volatile long added, swapped, locked, lock;

static void wait_while(volatile int *word, int value)
{
    while (*word == value) sys(NR_futex, word, (long)FUTEX_WAIT, (long)value, 0L, 0L, 0L);
}

static const char *run_threads(int (*fn)(void *))
{
    u8 *stacks = map(NULL, THREADS * STACK, RW, PRIVATE);
    for (long i = 0; i < THREADS; i++) {
        tid[i] = -1;
        WANT(spawn(fn, (void *)i, stacks + i * STACK, STACK, FLAGS, (int *)&tid[i]) > 0);
    }
    for (int i = 0; i < THREADS; i++) {
        while (tid[i]) wait_while(&tid[i], tid[i]);
    }
    sys(NR_munmap, stacks, THREADS * STACK, 0L, 0L, 0L, 0L);
    return NULL;
}

/* Three ways to count: fetchadd, cmpxchg, and a lock of xchg around plain additions. */
static int count(void *opaque)
{
    (void)opaque;
    for (int i = 0; i < COUNT; i++) {
        __atomic_fetch_add(&added, 1, __ATOMIC_ACQ_REL);
        long old = swapped;
        while (!__atomic_compare_exchange_n(&swapped, &old, old + 3, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {}
        while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) sys(NR_sched_yield, 0L, 0L, 0L, 0L, 0L, 0L);
        locked += 5;
        __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    }
    return 0;
}

const char *check_threads(void)
{
    const char *why = run_threads(count);
    if (why) return why;
    WANT(added == (long)THREADS * COUNT);
    WANT(swapped == 3L * THREADS * COUNT);
    WANT(locked == 5L * THREADS * COUNT);
    return NULL;
}

static volatile int turn;
static volatile long out_of_turn;

/* A baton goes round; everybody else sleeps. */
static int hand_over(void *opaque)
{
    int me = (int)(long)opaque;
    for (int i = 0; i < HANDOVERS / THREADS; i++) {
        for (int t = turn; t % THREADS != me; t = turn) wait_while(&turn, t);
        if (turn != i * THREADS + me) out_of_turn++;
        turn++;
        sys(NR_futex, &turn, (long)FUTEX_WAKE, (long)THREADS, 0L, 0L, 0L);
    }
    return 0;
}

const char *check_sleeping_threads(void)
{
    const char *why = run_threads(hand_over);
    if (why) return why;
    WANT(out_of_turn == 0);
    WANT(turn == HANDOVERS / THREADS * THREADS);
    return NULL;
}
