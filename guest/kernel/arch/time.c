/* Time: the interval time counter, and ticks made of its match interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time.h"

#include "firmware.h"
#include "pv.h"
#include "sched.h"

u64 itc_hz;
struct time_base time_base;
static struct list sleepers = LIST_INIT(sleepers);
static spinlock_t sleepers_lock;
static u64 next_wake = FOREVER; /* of the sleepers; read without the lock */

struct sleeper {
    struct list link;
    u64 when;
    struct task *task;
    bool done;
};

/* Nobody takes time from bare hardware. */
static u64 native_steal_ns(unsigned cpu)
{
    (void)cpu;
    return 0;
}

const struct pv_time_table native_time_ops = { native_steal_ns };

u64 time_ticks(void)
{
    return this_cpu->ticks;
}

static u64 ratio(u64 hz, u64 num_den)
{
    u64 den = num_den & 0xffffffff;
    return den ? hz * (num_den >> 32) / den : hz;
}

/* Sets the timer to the first tick that is still to come; how many were due before.  It fires when
 * the counter reaches the value, not when it has passed it: hence the second look. */
static u64 next_tick(struct cpu *cpu)
{
    u64 due = 0;
    for (; (s64)(ia64_get_itc() - cpu->next_tick) >= 0; due++) {
        cpu->next_tick += cpu->itm_delta;
        ia64_set_itm(cpu->next_tick);
    }
    return due;
}

void time_init(void)
{
    struct cpu *cpu = this_cpu;
    if (!itc_hz) {
        u64 base = sal_call(SAL_FREQ_BASE, 0, 0, 0, 0, 0, 0, 0).v0;
        itc_hz = ratio(base, pal_call(PAL_FREQ_RATIOS, 0, 0, 0).v2);
        time_base.ns_shifted = (1000000000ul << 32) / itc_hz;
        time_base.itc = ia64_get_itc();
    }
    cpu->itm_delta = itc_hz / HZ;
    cpu->next_tick = ia64_get_itc();
    next_tick(cpu);
}

static void wake_sleepers(u64 now)
{
    u64 next = FOREVER;
    spin_lock(&sleepers_lock);
    list_for_each(struct sleeper, s, &sleepers, link) {
        if (s->when > now) {
            next = min(next, s->when);
            continue;
        }
        list_del(&s->link);
        s->done = true;
        task_wake(s->task);
    }
    next_wake = next;
    spin_unlock(&sleepers_lock);
}

/* How many of the ticks that were due went to somebody else.  What is less than a tick counts with
 * what follows. */
static u64 stolen_ticks(struct cpu *cpu, u64 due, u64 stolen_ns)
{
    const u64 tick_ns = 1000000000 / HZ;
    u64 stolen = 0;
    for (; stolen < due && stolen_ns - cpu->stolen_ns >= tick_ns; stolen++) {
        cpu->stolen_ns += tick_ns;
    }
    return stolen;
}

/* The running task pays for the ticks that it has had. */
void time_interrupt(u64 stolen_ns)
{
    struct cpu *cpu = this_cpu;
    u64 due = next_tick(cpu), stolen = stolen_ticks(cpu, due, stolen_ns), now = time_now_ns();
    cpu->ticks += due;
    if (now >= read_once(next_wake)) wake_sleepers(now);
    if (due > stolen) sched_tick(due - stolen);
}

/* Precise to a tick.  0, or -EINTR. */
int sleep_until_ns(u64 when)
{
    struct sleeper s = { .when = when, .task = current };
    u64 on = spin_lock_irqsave(&sleepers_lock);
    list_add_tail(&sleepers, &s.link);
    next_wake = min(next_wake, when);
    for (;;) {
        current->state = TASK_WAITING;
        if (s.done || signal_waiting()) break;
        spin_unlock(&sleepers_lock);
        schedule_irqs_off();
        spin_lock(&sleepers_lock);
    }
    current->state = TASK_RUNNABLE;
    list_del(&s.link);
    spin_unlock_irqrestore(&sleepers_lock, on);
    return s.done ? 0 : -EINTR;
}
