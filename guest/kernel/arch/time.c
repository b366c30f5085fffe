/* Time: the interval time counter, and ticks made of its match interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "time.h"

#include "firmware.h"
#include "pv.h"
#include "sched.h"

u64 itc_hz;
static u64 itc_start, ns_shifted; /* nanoseconds per tick of the counter, << 32 */
static struct list sleepers = LIST_INIT(sleepers);
static spinlock_t sleepers_lock;

struct sleeper {
    struct list link;
    u64 when;
    struct task *task;
    bool done;
};

static u64 native_sched_clock(void)
{
    u64 ticks = ia64_get_itc() - itc_start;
    return (u64)(((unsigned __int128)ticks * ns_shifted) >> 32);
}

static u64 native_steal_ns(void)
{
    return 0;
}

const struct pv_time_table native_time_ops = { native_steal_ns, native_sched_clock };

u64 time_now_ns(void)
{
    return itc_hz ? pv_time_ops.sched_clock() : 0;
}

u64 time_ticks(void)
{
    return this_cpu->ticks;
}

static u64 ratio(u64 hz, u64 num_den)
{
    u64 den = num_den & 0xffffffff;
    return den ? hz * (num_den >> 32) / den : hz;
}

void time_init(void)
{
    struct cpu *cpu = this_cpu;
    if (!itc_hz) {
        u64 base = sal_call(SAL_FREQ_BASE, 0, 0, 0, 0, 0, 0, 0).v0;
        itc_hz = ratio(base, pal_call(PAL_FREQ_RATIOS, 0, 0, 0).v2);
        ns_shifted = (1000000000ul << 32) / itc_hz;
        itc_start = ia64_get_itc();
    }
    cpu->itm_delta = itc_hz / HZ;
    cpu->next_tick = ia64_get_itc() + cpu->itm_delta;
    ia64_set_itm(cpu->next_tick);
}

static void wake_sleepers(void)
{
    u64 now = time_now_ns();
    spin_lock(&sleepers_lock);
    list_for_each(struct sleeper, s, &sleepers, link) {
        if (s->when > now) continue;
        list_del(&s->link);
        s->done = true;
        task_wake(s->task);
    }
    spin_unlock(&sleepers_lock);
}

void time_interrupt(void)
{
    struct cpu *cpu = this_cpu;
    while ((s64)(ia64_get_itc() - cpu->next_tick) >= 0) {
        cpu->ticks++;
        cpu->next_tick += cpu->itm_delta;
    }
    ia64_set_itm(cpu->next_tick);
    u64 steal = pv_time_ops.steal_ns();
    if (steal) cpu->steal_ns = steal;
    if (!list_empty(&sleepers)) wake_sleepers();
    sched_tick();
}

/* Precise to a tick.  0, or -EINTR. */
int sleep_until_ns(u64 when)
{
    struct sleeper s = { .when = when, .task = current };
    u64 on = spin_lock_irqsave(&sleepers_lock);
    list_add_tail(&sleepers, &s.link);
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
