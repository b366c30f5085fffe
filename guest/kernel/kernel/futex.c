/* Futexes: wait while a word of user memory has a value, wake who waits on it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include "mm.h"
#include "sched.h"

struct futex_waiter {
    struct list link;
    struct mm *mm;
    u64 addr;
    struct wait_queue wq;
    bool woken;
};
static struct list waiters = LIST_INIT(waiters);
static spinlock_t futex_lock;

s64 sys_futex(u64 addr, u64 op, u64 value);

static int wake(struct mm *mm, u64 addr, int count)
{
    int woken = 0;
    u64 on = spin_lock_irqsave(&futex_lock);
    list_for_each(struct futex_waiter, w, &waiters, link) {
        if (w->mm != mm || w->addr != addr || woken >= count) continue;
        list_del(&w->link);
        w->woken = true;
        wake_up(&w->wq);
        woken++;
    }
    spin_unlock_irqrestore(&futex_lock, on);
    return woken;
}

void futex_wake(u64 addr, int count)
{
    wake(current->mm, addr, count);
}

static s64 wait(u64 addr, u32 value)
{
    struct futex_waiter w = { .mm = current->mm, .addr = addr };
    u32 now;
    wait_queue_init(&w.wq);
    u64 on = spin_lock_irqsave(&futex_lock);
    list_add_tail(&waiters, &w.link); /* before the look: nobody can wake in between unnoticed */
    spin_unlock_irqrestore(&futex_lock, on);
    s64 err = copy_from_user(&now, addr, sizeof now);
    if (!err && now != value) err = -EAGAIN;
    if (!err) err = wait_event_interruptible(&w.wq, read_once(w.woken));
    on = spin_lock_irqsave(&futex_lock);
    list_del(&w.link);
    spin_unlock_irqrestore(&futex_lock, on);
    return w.woken ? 0 : err;
}

s64 sys_futex(u64 addr, u64 op, u64 value)
{
    enum { WAIT = 0, WAKE = 1, PRIVATE = 128 };
    switch (op & ~(u64)PRIVATE) {
    case WAIT: return wait(addr, (u32)value);
    case WAKE: return wake(current->mm, addr, (int)value);
    default: return -ENOSYS;
    }
}
