/* sched_op: yield, block, poll, shutdown; and waking up again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

enum { SCHEDOP_YIELD = 0, SCHEDOP_BLOCK = 1, SCHEDOP_SHUTDOWN = 2 };

static void sleep_now(struct hv_vcpu *v)
{
    count(v->d, COUNT_HALTS);
    vtime_runstate(v, RUNSTATE_BLOCKED);
    v->asleep = true;
    cpu_halt(v->cpu);
}

void vcpu_wake(struct hv_vcpu *v)
{
    if (!v->up) return;
    if (v->asleep) {
        v->asleep = v->polling = false;
        clock_disarm(v->d->config.clock, &v->poll_timer);
        cpu_wake(v->cpu);
        vtime_runstate(v, RUNSTATE_RUNNING);
    }
    if (virtual_i(v) && v->d->inside != v) cpu_post_vector(v->cpu, KICK_VECTOR);
}

/* PAL_HALT_LIGHT: called with events off, returns with events off. */
void vcpu_idle(struct hv_vcpu *v)
{
    set_virtual_i(v, false);
    if (!v->info->upcall_pending) sleep_now(v);
}

static s64 block(struct hv_vcpu *v)
{
    set_virtual_i(v, true);
    if (!v->info->upcall_pending) sleep_now(v);
    return 0;
}

/* The others are to have their turn: end the slice. */
static s64 yield(struct hv_vcpu *v)
{
    console_drain(v->d);
    if (v->d->nvcpus > 1) cpu_stop(v->cpu);
    return 0;
}

static s64 op_sched_op_shutdown(struct hv_vcpu *v, void *arg)
{
    const struct sched_shutdown *a = arg;
    if (a->reason == SHUTDOWN_SUSPEND) return XEN_ENOSYS;
    domain_shutdown(v, a->reason);
    return 0;
}

static bool read_ports(struct hv_vcpu *v, const struct sched_poll *a)
{
    return xencomm_read(v->d, a->ports, 0, v->poll_port, a->nr_ports * sizeof(u32));
}

static bool any_pending(const struct hv_vcpu *v)
{
    for (unsigned i = 0; i < v->poll_count; i++) {
        if (evtchn_is_pending(v->d, v->poll_port[i])) return true;
    }
    return false;
}

static s64 op_sched_op_poll(struct hv_vcpu *v, void *arg)
{
    const struct sched_poll *a = arg;
    if (a->nr_ports > ARRAY_LEN(v->poll_port)) return XEN_EINVAL;
    if (!read_ports(v, a)) return XEN_EFAULT;
    v->poll_count = a->nr_ports;
    for (unsigned i = 0; i < v->poll_count; i++) {
        if (v->poll_port[i] >= XEN_PORTS) return XEN_EINVAL;
    }
    if (any_pending(v) || upcall_due(v)) return 0;
    u64 when = ticks_of_ns(v->d, a->timeout);
    if (a->timeout && when <= domain_now(v->d)) return 0;
    if (a->timeout) clock_arm(v->d->config.clock, &v->poll_timer, when);
    v->polling = true;
    sleep_now(v);
    return 0;
}

/* Polling sees ports whether they are masked or not. */
void sched_port_pending(struct domain *d, u32 port)
{
    for (unsigned i = 0; i < d->nvcpus; i++) {
        struct hv_vcpu *v = &d->vcpu[i];
        bool wanted = v->polling && v->poll_count == 0;
        for (unsigned j = 0; v->polling && j < v->poll_count; j++) {
            wanted |= v->poll_port[j] == port;
        }
        if (wanted) vcpu_wake(v);
    }
}

#define SUBOPS_OF_sched_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

s64 hv_sched_op(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    if (cmd == SCHEDOP_YIELD) return yield(v);
    if (cmd == SCHEDOP_BLOCK) return block(v);
    return subop_call(v, rows, ARRAY_LEN(rows), cmd, arg, 0);
}

/* The older form, with the reason as a plain number. */
s64 hv_sched_op_compat(struct hv_vcpu *v, u32 cmd, u64 arg)
{
    struct sched_shutdown a = { .reason = (u32)arg };
    if (cmd == SCHEDOP_YIELD) return yield(v);
    if (cmd == SCHEDOP_BLOCK) return block(v);
    return cmd == SCHEDOP_SHUTDOWN ? op_sched_op_shutdown(v, &a) : XEN_ENOSYS;
}
