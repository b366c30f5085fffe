/* The guest's interval timer and the time stolen from it.
 *
 * The timer is the emulated processor's own, with a vector that the guest never sees; what becomes
 * of an expiry depends on how far the guest has got: a legacy vector, an event on the port bound to
 * VIRQ_ITC, or nothing yet.  Linux arms the timer before it binds the port, so an expiry waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define ITV_RESERVED 0xef00ull

static bool armed(const struct hv_vcpu *v)
{
    return v->itm && !(v->xsi->itv & VECTOR_MASKED) && v->itm != v->itm_last;
}

static bool due(const struct hv_vcpu *v)
{
    return armed(v) && cpu_ar(v->cpu, AR_ITC) >= v->itm;
}

void vtime_expired(struct hv_vcpu *v)
{
    if (!due(v)) return;
    if (!v->callback) {
        legacy_post(v, (unsigned)(v->xsi->itv & 0xff));
    } else if (v->virq_port[VIRQ_ITC]) {
        count(v->d, COUNT_TIMER_EVENTS);
        v->itm_last = v->itm;
        evtchn_raise(v->d, v->virq_port[VIRQ_ITC]);
    }
}

void vtime_check(struct hv_vcpu *v)
{
    vtime_expired(v);
}

/* A value in the past fires at once, and each value once. */
static void arm(struct hv_vcpu *v)
{
    bool on = armed(v);
    cpu_set_cr(v->cpu, CR_ITV, on ? TIMER_VECTOR : TIMER_VECTOR | VECTOR_MASKED);
    if (!on) return;
    if (due(v)) {
        vtime_expired(v);
    } else {
        cpu_set_cr(v->cpu, CR_ITM, v->itm);
    }
}

void vtime_set_itm(struct hv_vcpu *v, u64 value)
{
    v->itm = v->xsi->itm = value;
    arm(v);
}

bool vtime_set_itv(struct hv_vcpu *v, u64 value)
{
    if (value & ITV_RESERVED) return false;
    v->xsi->itv = value;
    if (value & VECTOR_MASKED) v->itm = 0;
    arm(v);
    return true;
}

/* --- run state -------------------------------------------------------------------------------- */

static void publish(struct hv_vcpu *v)
{
    struct runstate_info info = { .state = v->runstate, .entry_time = v->runstate_since };
    for (unsigned i = 0; i < 4; i++) info.time[i] = v->runstate_time[i];
    if (v->runstate_pa) (void)!guest_write(v->d, v->runstate_pa, &info, sizeof info);
}

static void change_state(struct hv_vcpu *v, s32 state, u64 now)
{
    if (now > v->runstate_since) v->runstate_time[v->runstate] += now - v->runstate_since;
    v->runstate_since = MAX(now, v->runstate_since);
    v->runstate = state;
    publish(v);
}

void vtime_runstate(struct hv_vcpu *v, s32 state)
{
    change_state(v, state, domain_now_ns(v->d));
}

void vtime_stolen(struct hv_vcpu *v, u64 ticks)
{
    u64 to = ns_of_ticks(v->d, cpu_time(v->cpu)), from = ns_of_ticks(v->d, cpu_time(v->cpu) - ticks);
    change_state(v, RUNSTATE_RUNNABLE, from);
    change_state(v, RUNSTATE_RUNNING, to);
}
