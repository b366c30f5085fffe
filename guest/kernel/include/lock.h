/* Spin locks, and interrupts on this processor off and on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_LOCK_H
#define JANUS_LOCK_H

#include "atomic.h"
#include "privop.h"

typedef struct {
    u32 held;
} spinlock_t;
#define SPINLOCK_INIT { 0 }

/* Whoever waits, perhaps with interrupts off, still does what other processors ask of this one. */
void spin_wait(spinlock_t *l);
static inline void spin_lock(spinlock_t *l)
{
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)) spin_wait(l);
}
static inline void spin_unlock(spinlock_t *l) { __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE); }

static inline void irq_enable(void) { ia64_ssm_i(); }
static inline void irq_disable(void) { ia64_rsm_i(); }

/* 1 if interrupts were on, for irq_restore. */
static inline u64 irq_save(void) { return ia64_irq_save(); }
static inline void irq_restore(u64 on) { ia64_irq_restore(on); }

static inline u64 spin_lock_irqsave(spinlock_t *l)
{
    u64 on = irq_save();
    spin_lock(l);
    return on;
}
static inline void spin_unlock_irqrestore(spinlock_t *l, u64 on)
{
    spin_unlock(l);
    irq_restore(on);
}

#endif
