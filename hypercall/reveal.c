/* For people who look at a domain: while they do, the control registers that the guest believes
 * in take the place of the emulated processors' own, which mean nothing to it; what they change
 * there the guest has in its mapped registers afterwards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define FIELD(f) offsetof(struct mapped_regs, f)
static const struct {
    unsigned cr;
    size_t field;
} rows[] = {
    { 0, FIELD(dcr) },   { 16, FIELD(ipsr) }, { 17, FIELD(isr) }, { 19, FIELD(iip) },
    { 20, FIELD(ifa) },  { 21, FIELD(itir) }, { 22, FIELD(iipa) }, { 23, FIELD(ifs) },
    { 24, FIELD(iim) },  { 25, FIELD(iha) },
};
#define CR_IVA 2
_Static_assert(ARRAY_LEN(rows) + 1 == REVEALED_CRS, "one place for each, and one for iva");

static u64 *believed(struct hv_vcpu *v, unsigned i)
{
    return i < ARRAY_LEN(rows) ? (u64 *)(void *)((u8 *)v->xsi + rows[i].field) : &v->iva;
}

static unsigned number(unsigned i)
{
    return i < ARRAY_LEN(rows) ? rows[i].cr : CR_IVA;
}

static void show(struct hv_vcpu *v)
{
    for (unsigned i = 0; i < REVEALED_CRS; i++) {
        v->own_cr[i] = cpu_cr(v->cpu, number(i));
        cpu_set_cr(v->cpu, number(i), *believed(v, i));
        v->shown_cr[i] = cpu_cr(v->cpu, number(i)); /* without bits that a register does not have */
    }
}

static void hide(struct hv_vcpu *v)
{
    for (unsigned i = 0; i < REVEALED_CRS; i++) {
        u64 value = cpu_cr(v->cpu, number(i));
        if (value != v->shown_cr[i]) *believed(v, i) = value;
        cpu_set_cr(v->cpu, number(i), v->own_cr[i]);
    }
    v->xsi->iva = v->iva;
}

void domain_reveal(struct domain *d, bool on)
{
    if (d->revealed == on) return;
    d->revealed = on;
    for (unsigned i = 0; i < d->nvcpus; i++) (on ? show : hide)(&d->vcpu[i]);
}
