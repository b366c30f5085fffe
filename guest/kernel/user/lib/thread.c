/* Threads over clone2() and futexes.
 *
 * The kernel clears a thread's tid and wakes its futex when nothing runs on the stack any more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

enum {
    CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800,
    CLONE_THREAD = 0x10000, CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_CLEARTID = 0x200000,
};
enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1 };
#define STACK (4 * PAGE) /* both stacks: memory from above, registers from below */

static int run_thread(void *opaque)
{
    struct thread *t = opaque;
    t->result = t->fn(t->arg);
    return 0;
}

long thread_start(struct thread *t, int (*fn)(void *), void *arg)
{
    const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    *t = (struct thread){ .tid = -1, .fn = fn, .arg = arg, .stack = map_private(STACK) };
    return clone_thread(run_thread, t, t->stack, STACK, flags, (int *)&t->tid);
}

int thread_join(struct thread *t)
{
    for (int tid = t->tid; tid; tid = t->tid) futex_wait(&t->tid, tid);
    unmap(t->stack, STACK);
    return t->result;
}

void futex_wait(volatile int *word, int value)
{
    sys(NR_futex, word, FUTEX_WAIT, value, NULL);
}

void futex_wake(volatile int *word, int most)
{
    sys(NR_futex, word, FUTEX_WAKE, most);
}

void mutex_lock(struct mutex *m)
{
    int old = 0;
    bool taken = __atomic_compare_exchange_n(&m->state, &old, 1, false, __ATOMIC_ACQUIRE,
                                             __ATOMIC_RELAXED);
    if (taken) return;
    while (__atomic_exchange_n(&m->state, 2, __ATOMIC_ACQUIRE)) futex_wait(&m->state, 2);
}

void mutex_unlock(struct mutex *m)
{
    if (__atomic_exchange_n(&m->state, 0, __ATOMIC_RELEASE) == 2) futex_wake(&m->state, 1);
}
