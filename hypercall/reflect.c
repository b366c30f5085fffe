/* Interruptions of a guest: mend them here, or hand them to the guest's own vector table with the
 * virtual registers written as hardware would have written the real ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "hypercall/hypercall-priv.h"

#define PSR_KEPT (PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_PP)
#define PSR_HANDLER                                                                                \
    (PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN | PSR_DI | 1ull << PSR_CPL_SHIFT)
#define DCR_BE 2u
#define VECTOR_NESTED 0x1400u
#define VECTOR_BREAK 0x2c00u
#define VECTOR_GENERAL 0x5400u
#define NA_LFETCH_FAULT 4u

static bool at_kernel_level(const struct hv_vcpu *v)
{
    return (cpu_psr(v->cpu) & PSR_CPL) == 1ull << PSR_CPL_SHIFT;
}

static void enter(struct hv_vcpu *v, u64 ip)
{
    u64 psr = (cpu_psr(v->cpu) & PSR_KEPT) | PSR_HANDLER | (v->xsi->dcr & DCR_BE ? PSR_BE : 0);
    v->xsi->vpsr_dfh = 0;
    cpu_enter(v->cpu, psr, ip);
}

/* All that every interruption writes; the caller has set ifa and its like. */
static void save_and_enter(struct hv_vcpu *v, u64 isr, u64 ip)
{
    struct mapped_regs *x = v->xsi;
    x->unat = cpu_ar(v->cpu, AR_UNAT);
    x->precover_ifs = IFS_VALID | cpu_cfm(v->cpu);
    x->ipsr = xsi_psr(v) | (u64)cpu_ri(v->cpu) << PSR_RI_SHIFT;
    xsi_bank0(v);
    x->isr = isr;
    x->iip = cpu_ip(v->cpu);
    x->ifs = 0;
    enter(v, ip);
    set_virtual_i(v, false);
    x->interrupt_collection_enabled = 0;
}

/* A real Xen has a fast path for breaks, but not for break 0, for those of HP's simulator, and with
 * psr.pp on. */
static bool is_fast(const struct hv_vcpu *v, unsigned vector)
{
    u64 iim = v->xsi->iim;
    bool special = !iim || iim == 0x80001 || iim == 0x80002;
    return vector == VECTOR_BREAK && !special && !(cpu_psr(v->cpu) & PSR_PP);
}

static void tell_reflection(struct hv_vcpu *v, unsigned vector, u64 isr)
{
    unsigned row = cpu_interruption(v->cpu).row;
    bool same = interruption_vector(row) == vector;
    struct event e = cpu_event(v->cpu, EVENT_REFLECT, (s32)vector, same ? (s32)row : -1);
    e.other = is_fast(v, vector);
    e.args[0] = isr;
    e.args[1] = v->xsi->ifa;
    e.args[2] = v->xsi->iim;
    e.nargs = 3;
    cpu_tell(v->cpu, &e);
}

void reflect(struct hv_vcpu *v, unsigned vector, u64 isr)
{
    count(v->d, COUNT_REFLECTED);
    if (cpu_listens(v->cpu, EVENT_REFLECT)) tell_reflection(v, vector, isr);
    v->d->vector_count[vector >> 8 & 0xff]++;
    save_and_enter(v, isr, (v->iva + vector) & ~0xffull);
}

enum hook_answer reflect_now(struct hv_vcpu *v, unsigned vector, u64 isr)
{
    reflect(v, vector, isr);
    return HOOK_JUMPED;
}

/* --- events ----------------------------------------------------------------------------------- */

/* Held back while ic is 0: the guest would lose the state of the interruption it is serving. */
bool upcall_due(const struct hv_vcpu *v)
{
    return v->info->upcall_pending && virtual_i(v) && v->callback && virtual_ic(v) && v->up;
}

static void upcall(struct hv_vcpu *v)
{
    count(v->d, COUNT_EVENTS_DELIVERED);
    if (cpu_listens(v->cpu, EVENT_UPCALL)) {
        struct event e = cpu_event(v->cpu, EVENT_UPCALL, 0, -1);
        e.args[e.nargs++] = v->info->pending_sel;
        cpu_tell(v->cpu, &e);
    }
    save_and_enter(v, (u64)cpu_ri(v->cpu) << ISR_EI_SHIFT, v->callback);
}

enum hook_answer jumped(struct hv_vcpu *v)
{
    if (upcall_due(v) && !v->d->crashed) upcall(v);
    return HOOK_JUMPED;
}

enum hook_answer instruction_done(struct hv_vcpu *v)
{
    u64 ip = cpu_ip(v->cpu);
    unsigned ri = cpu_ri(v->cpu);
    if (!upcall_due(v) || v->d->crashed) return HOOK_DONE;
    if (ri == 2) {
        cpu_set_ip(v->cpu, ip + 16, 0);
    } else {
        cpu_set_ip(v->cpu, ip, ri + 1);
    }
    return jumped(v);
}

/* The timer of the emulated processor, or a kick because something became pending. */
static enum hook_answer external(struct hv_vcpu *v)
{
    if (cpu_acknowledge(v->cpu) == TIMER_VECTOR) vtime_expired(v);
    if (v->asleep && v->info->upcall_pending) vcpu_wake(v);
    if (v->asleep) cpu_halt(v->cpu); /* the vector has woken it, but there is nothing to do */
    return upcall_due(v) ? jumped(v) : HOOK_DONE;
}

/* --- misses ----------------------------------------------------------------------------------- */

/* A handler saves registers with lfetch before it may fault, and compilers hoist loads: a miss of
 * either is cancelled, never shown. */
static bool deferrable(u64 isr)
{
    return (isr & ISR_SP) || ((isr & ISR_NA) && (isr & 0xf) == NA_LFETCH_FAULT);
}

static enum hook_answer defer(struct hv_vcpu *v)
{
    count(v->d, COUNT_DEFERRED);
    cpu_set_psr(v->cpu, cpu_psr(v->cpu) | PSR_ED);
    return HOOK_DONE;
}

/* The stack engine missed for a handler that cannot take a fault: give it an empty frame. */
static enum hook_answer lazy_cover(struct hv_vcpu *v)
{
    u64 ip = cpu_ip(v->cpu);
    unsigned ri = cpu_ri(v->cpu);
    count(v->d, COUNT_LAZY_COVER);
    v->xsi->ifs = IFS_VALID | cpu_cfm(v->cpu);
    cpu_cover(v->cpu);
    cpu_enter(v->cpu, cpu_psr(v->cpu), ip);
    cpu_set_ip(v->cpu, ip, ri);
    return HOOK_JUMPED;
}

static enum hook_answer nested(struct hv_vcpu *v)
{
    count(v->d, COUNT_NESTED);
    if (cpu_listens(v->cpu, EVENT_REFLECT)) tell_reflection(v, VECTOR_NESTED, 0);
    enter(v, (v->iva + VECTOR_NESTED) & ~0xffull);
    return HOOK_JUMPED;
}

static void record_address(struct hv_vcpu *v, const struct interruption *intr)
{
    v->xsi->ifa = intr->ifa;
    v->xsi->itir = v->rr[intr->ifa >> 61] & RR_FIELDS;
}

static enum hook_answer crash_at(struct hv_vcpu *v, const struct interruption *intr)
{
    domain_crash(v, "%s for address %#llx while virtual psr.ic is 0",
                 interruption_name(intr->row), (unsigned long long)intr->ifa);
    return HOOK_DONE;
}

static enum hook_answer miss(struct hv_vcpu *v, const struct interruption *intr, bool inst)
{
    u64 isr = cpu_full_isr(v->cpu);
    if (vmmu_fill(v, intr->ifa, inst)) return HOOK_DONE;
    if (!inst && deferrable(isr)) return defer(v);
    if (!virtual_ic(v)) {
        if (!inst && (isr & ISR_IR)) return lazy_cover(v);
        if (!inst && (v->xsi->ipsr & PSR_DT)) return nested(v);
        return crash_at(v, intr);
    }
    record_address(v, intr);
    v->xsi->iha = vmmu_thash(v, intr->ifa);
    return reflect_now(v, interruption_vector(intr->row), isr);
}

/* --- everything else -------------------------------------------------------------------------- */

/* An instruction that could not be carried out: the guest sees the reason and nothing else. */
static enum hook_answer refused(struct hv_vcpu *v)
{
    struct interruption intr = cpu_interruption(v->cpu);
    v->refused = false;
    if (!virtual_ic(v)) return crash_at(v, &intr);
    return reflect_now(v, VECTOR_GENERAL, intr.isr & 0xff);
}

/* Privileged instructions end here as General Exceptions with a code of 0, 1 or 2: some bodies
 * find fault with the real psr.ic before they look at the level. */
static enum hook_answer general(struct hv_vcpu *v, const struct interruption *intr)
{
    enum hook_answer answer;
    if (at_kernel_level(v) && privop_at_ip(v, &answer)) {
        return answer == HOOK_FAULT ? refused(v) : answer;
    }
    if (!virtual_ic(v)) return crash_at(v, intr);
    return reflect_now(v, VECTOR_GENERAL, 0);
}

static enum hook_answer plain(struct hv_vcpu *v, const struct interruption *intr)
{
    u64 isr = cpu_full_isr(v->cpu);
    if (intr->row == INT_UNSUPPORTED) {
        domain_crash(v, "unsupported data reference to %#llx", (unsigned long long)intr->ifa);
        return HOOK_DONE;
    }
    if (intr->row == INT_BREAK || intr->row == INT_SPECULATIVE_OP) {
        v->xsi->iim = intr->iim;
    } else {
        if (!virtual_ic(v)) return crash_at(v, intr);
        record_address(v, intr);
    }
    return reflect_now(v, interruption_vector(intr->row), isr);
}

/* The walker of a Xen never produces Page Not Present: such an entry of the guest's table is a
 * plain TLB miss, and stays out of the TLB. */
static enum hook_answer not_present(struct hv_vcpu *v, const struct interruption *intr)
{
    struct interruption plain_miss = *intr;
    bool inst = intr->row == INT_INST_NOT_PRESENT;
    if (!vmmu_walks(v, intr->ifa)) return plain(v, intr);
    vmmu_drop(v, intr->ifa, (unsigned)bits(v->rr[intr->ifa >> 61], 7, 2), false);
    plain_miss.row = inst ? INT_INST_TLB : INT_DATA_TLB;
    return miss(v, &plain_miss, inst);
}

static enum hook_answer take(struct hv_vcpu *v, const struct interruption *intr)
{
    if (v->refused) return refused(v);
    switch (intr->row) {
    case INT_EXTERNAL:
        return external(v);
    case INT_INST_ALTERNATE_TLB:
    case INT_INST_VHPT:
    case INT_INST_TLB:
        return miss(v, intr, true);
    case INT_DATA_ALTERNATE_TLB:
    case INT_DATA_VHPT:
    case INT_DATA_TLB:
        return miss(v, intr, false);
    case INT_INST_NOT_PRESENT:
    case INT_DATA_NOT_PRESENT:
        return not_present(v, intr);
    case INT_ILLEGAL_OPERATION:
    case INT_PRIVILEGED_OPERATION:
    case INT_PRIVILEGED_REGISTER:
        return general(v, intr);
    default:
        return plain(v, intr);
    }
}

bool domain_collects(const struct domain *d, const struct cpu *cpu)
{
    return virtual_ic(&d->vcpu[cpu_id(cpu)]);
}

u64 domain_reflections(const struct domain *d)
{
    return d->counters[COUNT_REFLECTED] + d->counters[COUNT_NESTED];
}

enum hook_answer domain_interruption(struct domain *d, struct cpu *cpu)
{
    struct hv_vcpu *v = domain_vcpu(d, cpu);
    struct interruption intr = cpu_interruption(cpu);
    if (d->crashed) return HOOK_DONE;
    domain_enter(v);
    enum hook_answer answer = take(v, &intr);
    d->inside = NULL;
    return answer;
}
