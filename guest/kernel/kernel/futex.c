/* Futexes: wait while a word of user memory has a value, wake who waits on it.  In shared memory
 * the word is the same for several processes, whatever its address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include "mm.h"
#include "sched.h"

struct word {
    const struct mm *mm; /* NULL: the address is physical */
    u64 addr;
};
struct futex_waiter {
    struct list link;
    struct word word;
    struct wait_queue wq;
    bool woken;
};
static struct list waiters = LIST_INIT(waiters);
static spinlock_t futex_lock;

s64 sys_futex(u64 addr, u64 op, u64 value, u64 timeout);

static struct word find_word(u64 addr)
{
    u64 shared = shared_pa(current->mm, addr);
    return shared ? (struct word){ NULL, shared } : (struct word){ current->mm, addr };
}

static int wake(struct word word, int count)
{
    int woken = 0;
    u64 on = spin_lock_irqsave(&futex_lock);
    list_for_each(struct futex_waiter, w, &waiters, link) {
        if (w->word.mm != word.mm || w->word.addr != word.addr || woken >= count) continue;
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
    wake(find_word(addr), count);
}

static s64 wait(u64 addr, u32 value)
{
    struct futex_waiter w = { .word = find_word(addr) };
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

/* Waiting for a limited time is not there. */
s64 sys_futex(u64 addr, u64 op, u64 value, u64 timeout)
{
    enum { WAIT = 0, WAKE = 1, PRIVATE = 128 };
    s64 r;
    if (addr & 3) return -EINVAL;
    switch (op & ~(u64)PRIVATE) {
    case WAIT:
        r = timeout ? -ENOSYS : wait(addr, (u32)value);
        return r == -EINTR ? call_interrupted(addr, op, value, 0) : r;
    case WAKE: return wake(find_word(addr), (int)value);
    default: return -ENOSYS;
    }
}
