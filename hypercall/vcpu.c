/* Virtual processors come up, go down, and send each other interrupts the old way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/ops.h"

#define FPSR_START 0x0009804c0270033full
#define RR_START (XEN_PAGE_SHIFT << 2)
#define PTA_START (15ull << 2)
/* Speculative loads are deferred by the processor whatever the guest's dcr says of it: misses that
 * are only ours must not show. */
#define DCR_DEFERRALS 0x7f00ull
enum { VCPUOP_REGISTER_RUNSTATE = 5, VCPUOP_IS_UP = 3, VCPUOP_GET_RUNSTATE = 4 };

static void start_mmu(struct hv_vcpu *v)
{
    mmu_set_level_floor(cpu_mmu(v->cpu), 1);
    v->metaphysical = false;
    for (unsigned r = 0; r < 8; r++) vmmu_set_rr(v, r, RR_START | (r < 6));
    vmmu_set_metaphysical(v, true);
    vmmu_set_pta(v, PTA_START);
    vmmu_pin(v);
}

static void start_registers(struct hv_vcpu *v)
{
    struct cpu *cpu = v->cpu;
    for (unsigned r = 1; r < 32; r++) cpu_set_gr(cpu, r, 0, false);
    for (unsigned b = 0; b < 8; b++) cpu_set_br(cpu, b, 0);
    cpu_set_pr(cpu, 1);
    for (unsigned k = 0; k < 8; k++) cpu_set_ar(cpu, AR_K0 + k, v->xsi->krs[k]);
    cpu_set_ar(cpu, AR_RSC, 4); /* level 1, lazy */
    cpu_set_ar(cpu, AR_BSPSTORE, 0);
    cpu_set_ar(cpu, AR_RNAT, 0);
    cpu_set_ar(cpu, AR_UNAT, 0);
    cpu_set_ar(cpu, AR_CCV, 0);
    cpu_set_ar(cpu, AR_PFS, 0);
    cpu_set_ar(cpu, AR_LC, 0);
    cpu_set_ar(cpu, AR_EC, 0);
    cpu_set_ar(cpu, AR_FPSR, FPSR_START);
    cpu_set_cr(cpu, CR_DCR, DCR_DEFERRALS);
    cpu_set_cr(cpu, CR_ITV, VECTOR_MASKED | TIMER_VECTOR);
}

void vcpu_start(struct hv_vcpu *v, u64 entry, bool first)
{
    struct domain *d = v->d;
    u64 psr = PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN | PSR_DI | PSR_AC |
              1ull << PSR_CPL_SHIFT;
    xsi_reset(v);
    v->up = true;
    v->asleep = v->polling = false;
    v->itm = 0;
    v->itm_last = ~0ull;
    v->xsi->interrupt_collection_enabled = first;
    v->info->upcall_pending = 0;
    v->info->upcall_mask = first ? 1 : 0xff;
    start_registers(v);
    start_mmu(v);
    cpu_return(v->cpu, psr, entry, 0, IFS_VALID);
    if (!first) {
        cpu_set_gr(v->cpu, 1, d->boot_rdv_r1, false);
        cpu_set_br(v->cpu, 0, FW_STUB_PA(FW_SAL_RETURN_INDEX));
    }
    cpu_wake(v->cpu);
    vtime_runstate(v, RUNSTATE_RUNNING);
    steal_start(v);
    log_debug("xen", "vcpu %u starts at %#llx", v->id, (unsigned long long)entry);
}

void vcpu_down(struct hv_vcpu *v)
{
    v->up = v->asleep = v->polling = false;
    vtime_runstate(v, RUNSTATE_OFFLINE);
    steal_stop(v);
    cpu_halt(v->cpu);
    log_debug("xen", "vcpu %u goes down", v->id);
}

/* PAL, SAL and EFI do not count: kernels that know no Xen call them, too. */
bool domain_was_asked(const struct domain *d)
{
    u64 sum = d->shared_va != SHARED_VA_START;
    for (unsigned i = 0; i < ARRAY_LEN(d->hyperprivop_count); i++) sum += d->hyperprivop_count[i];
    for (unsigned i = 0; i < ARRAY_LEN(d->hypercall_count); i++) sum += d->hypercall_count[i];
    return sum;
}

const char *domain_hopeless(struct domain *d)
{
    bool any = false;
    for (unsigned i = 0; i < d->nvcpus; i++) {
        any |= d->vcpu[i].up;
        if (legacy_unheard(&d->vcpu[i])) {
            return "the guest's kernel waits for external interrupts; a domain gets events only";
        }
    }
    return any ? NULL : "all processors of the domain are down, and none is left to start one";
}

/* To a processor that is down the wake-up vector is its start. */
void vcpu_ipi(struct hv_vcpu *sender, u64 target, u64 vector)
{
    struct domain *d = sender->d;
    if (target >= d->nvcpus) return;
    struct hv_vcpu *v = &d->vcpu[target];
    if (v->up || vector != FW_WAKEUP_VECTOR) {
        legacy_post(v, vector & 0xff);
    } else if (d->boot_rdv_ip) {
        vcpu_start(v, d->boot_rdv_ip, false);
    }
}

/* The handle is kept and written again at every change, so it must be a plain address. */
static s64 register_runstate(struct hv_vcpu *v, xencomm arg)
{
    xencomm handle;
    u64 pa;
    if (!xencomm_read(v->d, arg, 0, &handle, sizeof handle)) return XEN_EFAULT;
    if (!xencomm_inline(handle, &pa) || pa % 8 || pa >= v->d->config.mem) return XEN_EFAULT;
    v->runstate_pa = pa;
    vtime_runstate(v, v->runstate);
    return 0;
}

static s64 get_runstate(struct hv_vcpu *v, xencomm arg)
{
    struct runstate_info info = { .state = v->runstate, .entry_time = v->runstate_since };
    memcpy(info.time, v->runstate_time, sizeof info.time);
    return xencomm_write(v->d, arg, 0, &info, sizeof info) ? 0 : XEN_EFAULT;
}

s64 hv_vcpu_op(struct hv_vcpu *v, u32 cmd, u32 vcpu, xencomm arg)
{
    if (vcpu >= v->d->nvcpus) return XEN_ENOENT;
    struct hv_vcpu *target = &v->d->vcpu[vcpu];
    switch (cmd) {
    case VCPUOP_IS_UP: return target->up;
    case VCPUOP_GET_RUNSTATE: return get_runstate(target, arg);
    case VCPUOP_REGISTER_RUNSTATE: return register_runstate(target, arg);
    default: return XEN_ENOSYS;
    }
}
