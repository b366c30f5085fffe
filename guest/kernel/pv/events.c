/* Event channels: bits in shared memory that take the place of interrupt vectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machvec.h"
#include "pv.h"
#include "sched.h"
#include "time.h"
#include "xen.h"

enum {
    EVTCHNOP_BIND_VIRQ = 1,
    EVTCHNOP_SEND = 4,
    EVTCHNOP_ALLOC_UNBOUND = 6,
    EVTCHNOP_BIND_IPI = 7,
    EVTCHNOP_UNMASK = 9
};
enum { DOMID_SELF = 0x7ff0, PORTS = 256, PORT_WORDS = PORTS / 64 };

/* Ports of processors' own: who they belong to and what they are. */
enum kind { KIND_IRQ, KIND_TIMER, KIND_IPI };
static struct {
    u8 kind, cpu, ipi;
} ports[PORTS];
static u64 percpu_ports[MAX_CPUS][PORT_WORDS]; /* handled only by their processor */
static u64 owned_ports[PORT_WORDS];            /* all of those */
static unsigned ipi_port[MAX_CPUS][IPIS];

static s64 event_op(unsigned op, void *arg)
{
    return hypercall2(XEN_EVENT_CHANNEL_OP, op, xencomm(arg));
}

int evtchn_alloc_unbound(unsigned remote_domain)
{
    struct { u16 dom, remote; u32 port; } arg = { DOMID_SELF, (u16)remote_domain, 0 };
    s64 r = event_op(EVTCHNOP_ALLOC_UNBOUND, &arg);
    return r ? (int)r : (int)arg.port;
}

int evtchn_bind_virq(unsigned virq, unsigned vcpu)
{
    struct { u32 virq, vcpu, port; } arg = { virq, vcpu, 0 };
    s64 r = event_op(EVTCHNOP_BIND_VIRQ, &arg);
    return r ? (int)r : (int)arg.port;
}

int evtchn_bind_ipi(unsigned vcpu)
{
    struct { u32 vcpu, port; } arg = { vcpu, 0 };
    s64 r = event_op(EVTCHNOP_BIND_IPI, &arg);
    return r ? (int)r : (int)arg.port;
}

void evtchn_notify(unsigned port)
{
    struct { u32 port; } arg = { port };
    event_op(EVTCHNOP_SEND, &arg);
}

void evtchn_mask(unsigned port)
{
    atomic_or(&xen_shared->evtchn_mask[port / 64], 1ul << port % 64);
}

/* The hypervisor looks whether the event came while it was masked. */
void evtchn_unmask(unsigned port)
{
    struct { u32 port; } arg = { port };
    event_op(EVTCHNOP_UNMASK, &arg);
}

static int xen_enable(int irq)
{
    if (irq <= 0 || irq >= PORTS) return -EINVAL;
    evtchn_unmask((unsigned)irq);
    return 0;
}

/* --- the processors' own --- */

static void own(int port, enum kind kind, enum ipi ipi)
{
    unsigned cpu = this_cpu->id;
    if (port <= 0 || port >= PORTS) panic("no event channel for processor %u (%d)", cpu, port);
    ports[port].kind = (u8)kind;
    ports[port].cpu = (u8)cpu;
    ports[port].ipi = (u8)ipi;
    percpu_ports[cpu][port / 64] |= 1ul << port % 64;
    atomic_or(&owned_ports[port / 64], 1ul << port % 64);
    evtchn_unmask((unsigned)port);
}

static void xen_register_percpu(void)
{
    unsigned cpu = this_cpu->id;
    ia64_setreg_raw("cr.itv", VECTOR_TIMER); /* the timer counts; VIRQ_ITC tells */
    for (enum ipi i = 0; i < IPIS; i++) {
        ipi_port[cpu][i] = (unsigned)evtchn_bind_ipi(cpu);
        own((int)ipi_port[cpu][i], KIND_IPI, i);
    }
    own(evtchn_bind_virq(VIRQ_ITC, cpu), KIND_TIMER, 0);
}

static void xen_send(unsigned cpu, enum ipi ipi)
{
    evtchn_notify(ipi_port[cpu][ipi]);
}

/* --- the callback --- */

static void handle_port(unsigned port)
{
    atomic_and(&xen_shared->evtchn_pending[port / 64], ~(1ul << port % 64));
    switch ((enum kind)ports[port].kind) {
    case KIND_TIMER: time_interrupt(pv_time_ops.steal_ns(this_cpu->id)); break;
    case KIND_IPI: ipi_receive((enum ipi)ports[port].ipi); break;
    case KIND_IRQ: irq_dispatch((int)port); break;
    }
}

/* Those of word `w` that this processor handles: its own, and devices' on the first one. */
static u64 ready(unsigned w)
{
    struct xen_shared_info *s = xen_shared;
    u64 mine = percpu_ports[this_cpu->id][w];
    if (this_cpu->id == 0) mine |= ~owned_ports[w];
    return read_once(s->evtchn_pending[w]) & ~read_once(s->evtchn_mask[w]) & mine;
}

static void xen_handle(void)
{
    struct xen_vcpu_info *v = &xen_shared->vcpu[this_cpu->id];
    while (read_once(v->upcall_pending)) {
        write_once(v->upcall_pending, 0);
        memory_barrier();
        u64 words = atomic_xchg(&v->pending_sel, 0);
        for (; words; words &= words - 1) {
            unsigned w = (unsigned)__builtin_ctzl(words);
            u64 bits;
            while (w < PORT_WORDS && (bits = ready(w)))
                handle_port(w * 64 + (unsigned)__builtin_ctzl(bits));
        }
    }
}

extern const struct pv_irq_table xen_irq_ops;
const struct pv_irq_table xen_irq_ops = { xen_enable, xen_register_percpu, xen_send, xen_handle };
