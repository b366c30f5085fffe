/* Waiting for something that another task or an interrupt does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_WAIT_H
#define JANUS_WAIT_H

#include "lock.h"

struct wait_queue {
    spinlock_t lock;
    struct list tasks;
};
#define WAIT_QUEUE_INIT(name) { SPINLOCK_INIT, LIST_INIT((name).tasks) }
void wait_queue_init(struct wait_queue *wq);

struct waiter {
    struct list link;
    struct task *task;
};
/* The pieces of wait_event: on the queue and no longer runnable; run something else (returns at
 * once if woken already); off the queue and runnable. */
void wait_prepare(struct wait_queue *wq, struct waiter *w);
void wait_sleep(void);
void wait_finish(struct wait_queue *wq, struct waiter *w);
bool signal_waiting(void); /* the current task has a signal to take */
bool signal_kills(void);   /* one that nothing helps against */

#define wait_event_until(wq, condition, give_up) \
    ({ \
        struct waiter w_; \
        bool happened_; \
        for (;;) { \
            wait_prepare(wq, &w_); \
            happened_ = (condition); \
            if (happened_ || (give_up)) break; \
            wait_sleep(); \
            wait_finish(wq, &w_); \
        } \
        wait_finish(wq, &w_); \
        happened_; \
    })
/* Uninterruptible; and one that a signal ends: 0, or -EINTR with the condition still false. */
#define wait_event(wq, condition) ((void)wait_event_until(wq, condition, false))
#define wait_event_interruptible(wq, condition) \
    (wait_event_until(wq, condition, signal_waiting()) ? 0 : -EINTR)

/* Callable from interrupt handlers. */
void wake_up(struct wait_queue *wq);
/* By somebody who is about to wait for them in turn: no other processor is called for them. */
void wake_up_here(struct wait_queue *wq);

#endif
