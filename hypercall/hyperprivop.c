/* Hyperprivops: the privileged operations that a paravirtualised kernel asks for by break.  Linux
 * executes them inside its interruption vectors with live registers everywhere, so apart from what
 * a row names nothing changes.  Errors are not reported: a refused request does nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "cpu/cpuid.h"
#include "hypercall/hypercall-priv.h"

#define KERNEL_REGISTERS 8

static u64 gr(struct hv_vcpu *v, unsigned r)
{
    return cpu_gr(v->cpu, r, NULL);
}

static void result(struct hv_vcpu *v, u64 value)
{
    cpu_set_gr(v->cpu, 8, value, false);
}

static void hp_rfi(struct hv_vcpu *v)
{
    xsi_return(v);
}

static void hp_rsm_dt(struct hv_vcpu *v)
{
    vmmu_set_metaphysical(v, true);
}

static void hp_ssm_dt(struct hv_vcpu *v)
{
    vmmu_set_metaphysical(v, false);
}

static void hp_cover(struct hv_vcpu *v)
{
    v->xsi->ifs = IFS_VALID | cpu_cfm(v->cpu);
    cpu_cover(v->cpu);
}

static void hp_itc_d(struct hv_vcpu *v)
{
    (void)vmmu_insert_tc(v, false, gr(v, 8));
}

static void hp_itc_i(struct hv_vcpu *v)
{
    (void)vmmu_insert_tc(v, true, gr(v, 8));
}

static void hp_ssm_i(struct hv_vcpu *v)
{
    set_virtual_i(v, true);
    v->xsi->interrupt_collection_enabled = 1;
}

static void hp_get_ivr(struct hv_vcpu *v)
{
    result(v, legacy_get_ivr(v));
}

static void hp_get_tpr(struct hv_vcpu *v)
{
    result(v, v->xsi->tpr);
}

static void hp_set_tpr(struct hv_vcpu *v)
{
    (void)legacy_set_tpr(v, gr(v, 8));
}

static void hp_eoi(struct hv_vcpu *v)
{
    legacy_eoi(v);
}

static void hp_set_itm(struct hv_vcpu *v)
{
    vtime_set_itm(v, gr(v, 8));
}

static void hp_thash(struct hv_vcpu *v)
{
    result(v, vmmu_thash(v, gr(v, 8)));
}

static void hp_ptc_ga(struct hv_vcpu *v)
{
    vmmu_purge(v, gr(v, 8), (unsigned)bits(gr(v, 9), 7, 2), true);
}

static void hp_itr_d(struct hv_vcpu *v)
{
    (void)vmmu_insert_tr(v, false, gr(v, 8) & 0xff, gr(v, 9));
}

static void hp_get_rr(struct hv_vcpu *v)
{
    result(v, v->rr[gr(v, 8) >> 61]);
}

static void hp_set_rr(struct hv_vcpu *v)
{
    u64 value = gr(v, 9);
    if (vmmu_rr_valid(value)) {
        vmmu_set_rr(v, (unsigned)(gr(v, 8) >> 61), value);
    } else {
        log_warning("xen", "region register value %#llx is refused", (unsigned long long)value);
    }
}

static void hp_set_kr(struct hv_vcpu *v)
{
    u64 index = gr(v, 8);
    if (index >= KERNEL_REGISTERS) return;
    v->xsi->krs[index] = gr(v, 9);
    cpu_set_ar(v->cpu, AR_K0 + (unsigned)index, gr(v, 9));
}

/* Caches are always coherent here. */
static void hp_fc(struct hv_vcpu *v)
{
    (void)v;
}

static void hp_get_cpuid(struct hv_vcpu *v)
{
    u64 index = gr(v, 8), vendor;
    memcpy(&vendor, "Xen/ia64", sizeof vendor);
    if (index == 0) {
        result(v, vendor);
    } else {
        result(v, index == 3 || index == 4 ? cpuid_value((unsigned)index) : 0);
    }
}

static void hp_get_pmd(struct hv_vcpu *v)
{
    u64 index = gr(v, 8) & 0xff;
    result(v, index < ARRAY_LEN(v->pmd) ? v->pmd[index] : 0);
}

static void hp_get_eflag(struct hv_vcpu *v)
{
    result(v, 0);
}

static void hp_set_eflag(struct hv_vcpu *v)
{
    (void)v;
}

static void hp_rsm_be(struct hv_vcpu *v)
{
    xsi_change_psr(v, PSR_BE, 0);
}

static void hp_get_psr(struct hv_vcpu *v)
{
    result(v, xsi_visible_psr(v));
}

/* All five or none. */
static void hp_set_rr0_to_rr4(struct hv_vcpu *v)
{
    static const u8 from[5] = { 8, 9, 10, 11, 14 };
    for (unsigned i = 0; i < 5; i++) {
        if (!vmmu_rr_valid(gr(v, from[i]))) return;
    }
    for (unsigned i = 0; i < 5; i++) vmmu_set_rr(v, i, gr(v, from[i]));
}

static const struct {
    void (*fn)(struct hv_vcpu *v);
} rows[] = {
#define HYPERPRIVOP(number, name, path, gives, text) [number] = { hp_##name },
#include "hypercall/hyperprivops.def"
};

/* A return out of or into metaphysical mode, or to where an event would be taken. */
static bool rfi_is_slow(const struct hv_vcpu *v)
{
    const u64 translated = PSR_DT | PSR_RT | PSR_IT;
    u64 ipsr = v->xsi->ipsr;
    return v->metaphysical || (ipsr & translated) != translated ||
           ((ipsr & PSR_I) && v->info->upcall_pending);
}

/* Would a real Xen leave its fast path?  (Its hyperprivop.S: for a pending event, but ssm_i counts
 * on there being one, and set_itm minds also those that are masked; for registers without a fast
 * way.) */
static bool is_slow(const struct hv_vcpu *v, unsigned number)
{
    u64 r8 = cpu_gr(v->cpu, 8, NULL);
    if (!hyperprivop_is_fast(number)) return true;
    if (rows[number].fn == hp_rfi) return rfi_is_slow(v);
    if (rows[number].fn == hp_ssm_i) return cpu_psr(v->cpu) & PSR_PP;
    if (rows[number].fn == hp_set_itm && v->info->upcall_pending) return true;
    if (rows[number].fn == hp_set_rr && r8 >> 61 == 7) return true;
    if (rows[number].fn == hp_set_kr && r8 > 7) return true;
    return v->info->upcall_pending && virtual_i(v);
}

static struct event event_of(struct hv_vcpu *v, unsigned number)
{
    static const u8 operands[5] = { 8, 9, 10, 11, 14 };
    struct event e = cpu_event(v->cpu, EVENT_HYPERPRIVOP, (s32)number, -1);
    for (unsigned i = 0; i < 5; i++) e.args[i] = gr(v, operands[i]);
    e.nargs = 5;
    e.slow = is_slow(v, number);
    e.has_result = hyperprivop_gives(number);
    return e;
}

/* Carry it out while somebody listens. */
static void carry_out_loud(struct hv_vcpu *v, unsigned number)
{
    struct event e = event_of(v, number);
    rows[number].fn(v);
    e.result = e.has_result ? gr(v, 8) : 0;
    cpu_tell(v->cpu, &e);
}

enum hook_answer hyperprivop(struct hv_vcpu *v, unsigned number)
{
    if (number >= ARRAY_LEN(rows) || !rows[number].fn) return HOOK_DECLINED;
    v->d->hyperprivop_count[number]++;
    if (cpu_listens(v->cpu, EVENT_HYPERPRIVOP)) {
        carry_out_loud(v, number);
    } else {
        rows[number].fn(v);
    }
    return rows[number].fn == hp_rfi ? jumped(v) : instruction_done(v);
}
