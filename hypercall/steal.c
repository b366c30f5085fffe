/* Other domains, who want the processors, too: --steal.
 *
 * There are none; but time goes by as if there were.  Every so often a processor that is not idle
 * loses a share of the period: its time moves on, it is runnable and does not run, and its run state
 * says so, which is all that a guest can see of other domains.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define PERIODS_PER_SECOND 50

static u64 period(const struct domain *d)
{
    return d->config.itc_hz / PERIODS_PER_SECOND;
}

static void on_turn_of_others(void *opaque, u64 now)
{
    struct hv_vcpu *v = opaque;
    u64 ticks = period(v->d) * v->d->config.steal / 100;
    if (v->up && !v->asleep) {
        cpu_skip_time(v->cpu, ticks);
        vtime_stolen(v, ticks);
    }
    clock_arm(v->d->config.clock, &v->others, now + period(v->d));
}

void steal_init(struct hv_vcpu *v)
{
    clock_event_init(&v->others, "turn of others", 1, on_turn_of_others, v);
}

/* Not all processors at once. */
void steal_start(struct hv_vcpu *v)
{
    struct domain *d = v->d;
    u64 offset = period(d) * v->id / d->nvcpus;
    if (!d->config.steal) return;
    clock_arm(d->config.clock, &v->others, clock_now(d->config.clock) + period(d) + offset);
}

void steal_stop(struct hv_vcpu *v)
{
    clock_disarm(v->d->config.clock, &v->others);
}
