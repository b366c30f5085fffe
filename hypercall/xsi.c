/* The virtual processor state that a guest reads and writes as memory: psr, banks, rfi.
 *
 * The real psr of a guest always has ic, i, dt, rt, it and bn set and a level of 1 or more; what
 * the guest believes of them is here: ic and the bank in the mapped registers, i in the event mask
 * of shared_info, dt, rt and it as one bit, metaphysical_mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hypercall/hypercall-priv.h"

/* Bits that the guest's psr and the real one have in common. */
#define PSR_COMMON                                                                                 \
    (PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH | PSR_PK | PSR_DFL | PSR_SP | PSR_DB | PSR_LP | \
     PSR_TB | PSR_ONE_SHOT | PSR_SS)
#define PSR_TRANSLATED (PSR_DT | PSR_RT | PSR_IT)
#define PSR_ALWAYS (PSR_IC | PSR_I | PSR_TRANSLATED | PSR_BN | PSR_DI)
#define XSI_ALIGN 0x10000ull
#define HOLE_START 0xf000000000000000ull
#define HOLE_END 0xf800000000000000ull

static unsigned level(u64 psr)
{
    return psr >> PSR_CPL_SHIFT & 3;
}

u64 xsi_psr(const struct hv_vcpu *v)
{
    const struct mapped_regs *x = v->xsi;
    u64 real = cpu_psr(v->cpu), psr = (real & PSR_COMMON) | PSR_DI;
    if (virtual_i(v)) psr |= PSR_I;
    if (virtual_ic(v)) psr |= PSR_IC;
    if (!v->metaphysical) psr |= PSR_TRANSLATED;
    if (x->vpsr_dfh) psr |= PSR_DFH;
    if (x->vpsr_pp) psr |= PSR_PP;
    if (x->banknum) psr |= PSR_BN;
    return level(real) > 1 ? psr | (real & PSR_CPL) : psr;
}

u64 xsi_visible_psr(const struct hv_vcpu *v)
{
    return xsi_psr(v) & (mask64(32) | PSR_MC | PSR_IT);
}

/* --- banks: the real one is always bank 1 ----------------------------------------------------- */

/* r16 to r31 keep their values in the new bank (nobody may count on any), but no NaT: handlers save
 * registers before they write them. */
void xsi_bank0(struct hv_vcpu *v)
{
    struct mapped_regs *x = v->xsi;
    u64 nats = 0;
    if (!x->banknum) return;
    for (unsigned i = 0; i < 16; i++) {
        bool nat;
        x->bank1_regs[i] = cpu_gr(v->cpu, 16 + i, &nat);
        nats |= (u64)nat << i;
        if (nat) cpu_set_gr(v->cpu, 16 + i, x->bank1_regs[i], false);
    }
    x->vnat = nats;
    x->banknum = 0;
}

void xsi_bank1(struct hv_vcpu *v)
{
    struct mapped_regs *x = v->xsi;
    if (x->banknum) return;
    for (unsigned i = 0; i < 16; i++) cpu_set_gr(v->cpu, 16 + i, x->bank1_regs[i], bit(x->vnat, i));
    x->banknum = 1;
}

/* --- psr -------------------------------------------------------------------------------------- */

/* ssm, rsm and mov psr.l: the bits in `mask` become those of `value`. */
void xsi_change_psr(struct hv_vcpu *v, u64 mask, u64 value)
{
    struct mapped_regs *x = v->xsi;
    u64 real = cpu_psr(v->cpu), common = mask & PSR_COMMON, psr;
    if (mask & PSR_DFH) x->vpsr_dfh = !!(value & PSR_DFH);
    if (mask & PSR_PP) x->vpsr_pp = !!(value & PSR_PP);
    if (mask & PSR_IC) x->interrupt_collection_enabled = !!(value & PSR_IC);
    if (mask & PSR_I) set_virtual_i(v, value & PSR_I);
    if (mask & PSR_DT) {
        bool rt = !(mask & PSR_RT) || (value & PSR_RT);
        vmmu_set_metaphysical(v, !((value & PSR_DT) && rt));
    }
    psr = (real & ~(common | PSR_DFH)) | (value & common) | (x->vpsr_dfh ? PSR_DFH : 0);
    if (psr != real) cpu_set_psr(v->cpu, psr);
}

/* The effect of rfi (hyperprivop 1 and native): ends in bank 1 whatever ipsr.bn says. */
void xsi_return(struct hv_vcpu *v)
{
    struct mapped_regs *x = v->xsi;
    u64 ipsr = x->ipsr, psr = (ipsr & PSR_COMMON) | PSR_ALWAYS | (cpu_psr(v->cpu) & PSR_PP);
    if ((ipsr & PSR_IS) || (ipsr & PSR_RI) == PSR_RI) {
        domain_crash(v, ipsr & PSR_IS ? "return to IA-32 code" : "return to slot 3 of a bundle");
        return;
    }
    xsi_bank1(v);
    x->interrupt_collection_enabled = !!(ipsr & PSR_IC);
    set_virtual_i(v, ipsr & PSR_I);
    x->vpsr_dfh = !!(ipsr & PSR_DFH);
    x->vpsr_pp = !!(ipsr & PSR_PP);
    vmmu_set_metaphysical(v, (ipsr & PSR_TRANSLATED) != PSR_TRANSLATED);
    psr |= (ipsr & PSR_DFH) | (u64)MAX(level(ipsr), 1u) << PSR_CPL_SHIFT;
    cpu_return(v->cpu, psr, x->iip, (unsigned)(ipsr >> PSR_RI_SHIFT & 3), x->ifs);
}

/* --- life ------------------------------------------------------------------------------------- */

static void set_mask_addr(struct hv_vcpu *v)
{
    v->xsi->interrupt_mask_addr = v->d->shared_va + sizeof(struct vcpu_info) * v->id + 1;
}

void xsi_reset(struct hv_vcpu *v)
{
    struct mapped_regs *x = v->xsi;
    memset(x, 0, sizeof(*x));
    x->metaphysical_mode = 1;
    x->banknum = 1;
    x->itv = VECTOR_MASKED;
    x->lrr0 = x->lrr1 = VECTOR_MASKED; /* kernels write back what they found; only this is valid */
    x->pta = 15u << 2;
    set_mask_addr(v);
}

bool xsi_move(struct hv_vcpu *v, u64 va)
{
    if (va >> 61 != 7 || va % XSI_ALIGN || (va >= HOLE_START && va < HOLE_END)) {
        domain_crash(v, "shared info cannot be at %#llx", (unsigned long long)va);
        return false;
    }
    v->d->shared_va = va;
    set_mask_addr(v);
    for (unsigned i = 0; i < v->d->nvcpus; i++) vmmu_pin(&v->d->vcpu[i]);
    return true;
}
