/* Event channels: 4096 ports, each a bit that is pending or not, masked or not, and bound to a
 * processor.  The emulator's own ends are functions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"
#include "hypercall/ops.h"

#define FIRST_GLOBAL_VIRQ 2u /* 0 and 1, and from 16 to 23 by their kind, are per processor */

static u32 free_port(struct domain *d)
{
    for (u32 p = 1; p < XEN_PORTS; p++) {
        if (d->ports[p].kind == PORT_FREE) return p;
    }
    return 0;
}

static struct port *port_of(struct domain *d, u32 port)
{
    return port && port < XEN_PORTS && d->ports[port].kind != PORT_FREE ? &d->ports[port] : NULL;
}

static bool test(const u64 *set, u32 port)
{
    return set[port / 64] >> (port & 63) & 1;
}

bool evtchn_is_pending(const struct domain *d, u32 port)
{
    return port < XEN_PORTS && test(d->shared->evtchn_pending, port);
}

/* The port has become deliverable: mark its word, and the processor if that is news. */
static void notify(struct domain *d, u32 port)
{
    struct hv_vcpu *v = &d->vcpu[d->ports[port].vcpu];
    u64 word = 1ull << port / 64;
    bool news = !(v->info->pending_sel & word);
    v->info->pending_sel |= word;
    if (!news) return;
    v->info->upcall_pending = 1;
    vcpu_wake(v);
}

/* By whoever is being served, or else as seen from the processor that will hear of it. */
static void tell_sent(struct domain *d, u32 port)
{
    u16 target = d->ports[port].vcpu;
    struct cpu *cpu = d->inside ? d->inside->cpu : d->vcpu[target].cpu;
    if (!cpu_listens(cpu, EVENT_SEND)) return;
    struct event e = cpu_event(cpu, EVENT_SEND, (s32)port, target);
    cpu_tell(cpu, &e);
}

void evtchn_raise(struct domain *d, u32 port)
{
    if (!port || port >= XEN_PORTS) return;
    count(d, COUNT_EVENTS_SENT);
    tell_sent(d, port);
    if (!test(d->shared->evtchn_pending, port)) {
        d->shared->evtchn_pending[port / 64] |= 1ull << (port & 63);
        if (!test(d->shared->evtchn_mask, port)) notify(d, port);
    }
    sched_port_pending(d, port);
}

void domain_print_ports(const struct domain *d, GString *out)
{
    static const char *const kinds[] = {
        [PORT_UNBOUND] = "unbound", [PORT_INTERDOMAIN] = "device", [PORT_VIRQ] = "virtual interrupt",
        [PORT_IPI] = "between processors",
    };
    for (u32 p = 1; p < XEN_PORTS; p++) {
        const struct port *port = &d->ports[p];
        if (port->kind == PORT_FREE) continue;
        g_string_append_printf(out, "  port %-4u vcpu %-2u %s%s %s", p, port->vcpu,
                               test(d->shared->evtchn_pending, p) ? "pending " : "",
                               test(d->shared->evtchn_mask, p) ? "masked " : "", kinds[port->kind]);
        if (port->kind == PORT_VIRQ) g_string_append_printf(out, " %u", port->virq);
        g_string_append_c(out, '\n');
    }
    for (unsigned i = 0; i < d->nvcpus; i++) {
        const struct vcpu_info *info = d->vcpu[i].info;
        g_string_append_printf(out, "  vcpu %u: %s, events %s, %s\n", i, d->vcpu[i].up ? "up" : "down",
                               info->upcall_mask ? "off" : "on",
                               info->upcall_pending ? "an upcall is pending" : "no upcall is pending");
    }
}

/* --- ends inside the emulator ----------------------------------------------------------------- */

u32 evtchn_bind_host(struct domain *d, port_fn *fn, void *opaque)
{
    u32 port = free_port(d);
    d->ports[port] = (struct port){ .kind = PORT_INTERDOMAIN, .fn = fn, .opaque = opaque };
    return port;
}

bool evtchn_attach(struct domain *d, u32 port, port_fn *fn, void *opaque)
{
    struct port *p = port_of(d, port);
    if (!p || p->kind != PORT_UNBOUND || p->remote_dom != 0) return false;
    p->kind = PORT_INTERDOMAIN;
    p->fn = fn;
    p->opaque = opaque;
    return true;
}

void evtchn_detach(struct domain *d, u32 port)
{
    struct port *p = port_of(d, port);
    if (!p || p->kind != PORT_INTERDOMAIN || p->peer) return;
    p->kind = PORT_UNBOUND;
    p->fn = NULL;
}

/* --- operations ------------------------------------------------------------------------------- */

static bool own(u16 dom)
{
    return dom == XEN_DOMID_SELF || dom == DOMAIN_ID;
}

/* There is no other domain with ports to bind to, but a domain may bind to its own.  The new port
 * is pending once: something may have been sent before. */
static s64 op_event_channel_op_bind_interdomain(struct hv_vcpu *v, void *arg)
{
    struct evtchn_bind_interdomain *a = arg;
    struct domain *d = v->d;
    if (!own(a->remote_dom)) return XEN_ESRCH;
    struct port *remote = port_of(d, a->remote_port);
    if (!remote || remote->kind != PORT_UNBOUND || !own(remote->remote_dom)) return XEN_EINVAL;
    a->local_port = free_port(d);
    if (!a->local_port) return XEN_ENOSPC;
    d->ports[a->local_port] = (struct port){ .kind = PORT_INTERDOMAIN, .remote_dom = DOMAIN_ID,
                                             .peer = a->remote_port };
    remote->kind = PORT_INTERDOMAIN;
    remote->remote_dom = DOMAIN_ID;
    remote->peer = a->local_port;
    evtchn_raise(d, a->local_port);
    return 0;
}

static bool is_global(u32 virq)
{
    return virq >= FIRST_GLOBAL_VIRQ && virq < VIRQ_ITC;
}

static s64 op_event_channel_op_bind_virq(struct hv_vcpu *v, void *arg)
{
    struct evtchn_bind_virq *a = arg;
    struct domain *d = v->d;
    if (a->virq >= VIRQS || (is_global(a->virq) && a->vcpu)) return XEN_EINVAL;
    if (a->vcpu >= d->nvcpus) return XEN_ENOENT;
    struct hv_vcpu *target = &d->vcpu[a->vcpu];
    if (target->virq_port[a->virq]) return XEN_EEXIST;
    a->port = free_port(d);
    if (!a->port) return XEN_ENOSPC;
    d->ports[a->port] = (struct port){ .kind = PORT_VIRQ, .vcpu = (u16)a->vcpu, .virq = a->virq };
    target->virq_port[a->virq] = a->port;
    if (a->virq == VIRQ_ITC) vtime_check(target);
    return 0;
}

/* Physical interrupts are for privileged domains. */
static s64 op_event_channel_op_bind_pirq(struct hv_vcpu *v, void *arg)
{
    (void)v, (void)arg;
    return XEN_EPERM;
}

static s64 op_event_channel_op_bind_ipi(struct hv_vcpu *v, void *arg)
{
    struct evtchn_bind_ipi *a = arg;
    if (a->vcpu >= v->d->nvcpus) return XEN_ENOENT;
    a->port = free_port(v->d);
    if (!a->port) return XEN_ENOSPC;
    v->d->ports[a->port] = (struct port){ .kind = PORT_IPI, .vcpu = (u16)a->vcpu };
    return 0;
}

/* bind_vcpu moves the events of a global one, not the binding. */
static unsigned virq_owner(const struct port *p)
{
    return is_global(p->virq) ? 0 : p->vcpu;
}

static void close_port(struct domain *d, u32 port)
{
    struct port *p = &d->ports[port];
    if (p->peer) {
        d->ports[p->peer].kind = PORT_UNBOUND;
        d->ports[p->peer].peer = 0;
    }
    if (p->kind == PORT_VIRQ) d->vcpu[virq_owner(p)].virq_port[p->virq] = 0;
    *p = (struct port){ .kind = PORT_FREE };
    d->shared->evtchn_pending[port / 64] &= ~(1ull << (port & 63));
}

static s64 op_event_channel_op_close(struct hv_vcpu *v, void *arg)
{
    const struct evtchn_port *a = arg;
    if (!port_of(v->d, a->port)) return XEN_EINVAL;
    close_port(v->d, a->port);
    return 0;
}

void evtchn_close_all(struct domain *d)
{
    for (u32 p = 1; p < XEN_PORTS; p++) {
        if (d->ports[p].kind != PORT_FREE) close_port(d, p);
    }
}

/* The guest could not bind these two again. */
static void reset_all(struct domain *d)
{
    for (u32 p = 1; p < XEN_PORTS; p++) {
        if (d->ports[p].kind != PORT_FREE && p != d->console_port && p != d->store_port) {
            close_port(d, p);
        }
    }
}

static s64 op_event_channel_op_reset(struct hv_vcpu *v, void *arg)
{
    const struct evtchn_reset *a = arg;
    if (!own(a->dom)) return XEN_EPERM;
    reset_all(v->d);
    return 0;
}

static s64 op_event_channel_op_send(struct hv_vcpu *v, void *arg)
{
    const struct evtchn_port *a = arg;
    struct port *p = port_of(v->d, a->port);
    if (!p) return XEN_EINVAL;
    switch (p->kind) {
    case PORT_INTERDOMAIN:
        if (p->peer) {
            evtchn_raise(v->d, p->peer);
        } else {
            p->fn(p->opaque);
        }
        return 0;
    case PORT_IPI: evtchn_raise(v->d, a->port); return 0;
    case PORT_UNBOUND: return 0;
    default: return XEN_EINVAL;
    }
}

static s64 op_event_channel_op_status(struct hv_vcpu *v, void *arg)
{
    enum { STATUS_CLOSED, STATUS_UNBOUND, STATUS_INTERDOMAIN, STATUS_PIRQ, STATUS_VIRQ,
           STATUS_IPI };
    static const u32 status[] = {
        [PORT_FREE] = STATUS_CLOSED, [PORT_UNBOUND] = STATUS_UNBOUND,
        [PORT_INTERDOMAIN] = STATUS_INTERDOMAIN, [PORT_VIRQ] = STATUS_VIRQ, [PORT_IPI] = STATUS_IPI,
    };
    struct evtchn_status *a = arg;
    if (!own(a->dom)) return XEN_ESRCH;
    if (a->port >= XEN_PORTS) return XEN_EINVAL;
    const struct port *p = &v->d->ports[a->port];
    a->status = status[p->kind];
    a->vcpu = p->vcpu;
    a->u[0] = p->kind == PORT_VIRQ ? p->virq : p->remote_dom;
    a->u[1] = p->peer;
    return 0;
}

static s64 op_event_channel_op_alloc_unbound(struct hv_vcpu *v, void *arg)
{
    struct evtchn_alloc_unbound *a = arg;
    if (!own(a->dom)) return XEN_EPERM;
    a->port = free_port(v->d);
    if (!a->port) return XEN_ENOSPC;
    v->d->ports[a->port] = (struct port){ .kind = PORT_UNBOUND, .remote_dom = a->remote_dom };
    return 0;
}

static s64 op_event_channel_op_bind_vcpu(struct hv_vcpu *v, void *arg)
{
    const struct evtchn_bind_vcpu *a = arg;
    struct port *p = port_of(v->d, a->port);
    if (a->vcpu >= v->d->nvcpus) return XEN_ENOENT;
    if (!p || p->kind == PORT_IPI || (p->kind == PORT_VIRQ && !is_global(p->virq))) {
        return XEN_EINVAL;
    }
    p->vcpu = (u16)a->vcpu;
    return 0;
}

static s64 op_event_channel_op_unmask(struct hv_vcpu *v, void *arg)
{
    const struct evtchn_port *a = arg;
    struct shared_info *s = v->d->shared;
    if (!port_of(v->d, a->port)) return XEN_EINVAL;
    bool masked = test(s->evtchn_mask, a->port);
    s->evtchn_mask[a->port / 64] &= ~(1ull << (a->port & 63));
    if (masked && test(s->evtchn_pending, a->port)) {
        notify(v->d, a->port);
        sched_port_pending(v->d, a->port);
    }
    return 0;
}

#define SUBOPS_OF_event_channel_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

s64 hv_event_channel_op(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    return subop_call(v, rows, ARRAY_LEN(rows), cmd, arg, 0);
}
