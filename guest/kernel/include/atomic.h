/* Atomic operations on words shared between processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_ATOMIC_H
#define JANUS_ATOMIC_H

#include "kernel.h"

static inline int atomic_add(int *p, int n) { return __atomic_add_fetch(p, n, __ATOMIC_ACQ_REL); }
static inline int atomic_inc(int *p) { return atomic_add(p, 1); }
static inline int atomic_dec(int *p) { return atomic_add(p, -1); }
static inline u64 atomic_xchg(u64 *p, u64 v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
static inline void atomic_or(u64 *p, u64 v) { __atomic_or_fetch(p, v, __ATOMIC_ACQ_REL); }
static inline void atomic_and(u64 *p, u64 v) { __atomic_and_fetch(p, v, __ATOMIC_ACQ_REL); }
static inline bool atomic_cas(u64 *p, u64 from, u64 to)
{
    return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
static inline void memory_barrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void cpu_relax(void) { asm volatile("hint @pause" ::: "memory"); }

#define read_once(x) (*(const volatile __typeof__(x) *)&(x))
#define write_once(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
