/* The interrupt registers of old: cr.ivr, cr.tpr, cr.eoi, cr.irr.  A guest uses them during boot
 * only; once it has registered an event callback cr.ivr is always empty.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define SPURIOUS 0x0f
#define TPR_RESERVED 0xff00ull
#define TPR_MMI 16

static int highest(const u64 set[4])
{
    for (int i = 3; i >= 0; i--) {
        if (set[i]) return 64 * i + 63 - __builtin_clzll(set[i]);
    }
    return -1;
}

static int deliverable(const struct hv_vcpu *v)
{
    int vector = highest(v->irr);
    u64 tpr = v->xsi->tpr;
    if (vector < 0 || v->callback || vector <= highest(v->insvc)) return -1;
    if (bit(tpr, TPR_MMI) || (u64)vector >> 4 <= bits(tpr, 7, 4)) return -1;
    return vector;
}

static void hint(struct hv_vcpu *v)
{
    v->xsi->pending_interruption = deliverable(v) >= 0;
}

u64 legacy_get_ivr(struct hv_vcpu *v)
{
    int vector = deliverable(v);
    if (vector < 0) return SPURIOUS;
    v->irr[vector >> 6] &= ~(1ull << (vector & 63));
    v->insvc[vector >> 6] |= 1ull << (vector & 63);
    hint(v);
    if (cpu_listens(v->cpu, EVENT_IRQ)) {
        struct event e = cpu_event(v->cpu, EVENT_IRQ, vector, -1);
        cpu_tell(v->cpu, &e);
    }
    return (u64)vector;
}

void legacy_eoi(struct hv_vcpu *v)
{
    int vector = highest(v->insvc);
    if (vector >= 0) v->insvc[vector >> 6] &= ~(1ull << (vector & 63));
    hint(v);
}

bool legacy_set_tpr(struct hv_vcpu *v, u64 value)
{
    if (value & TPR_RESERVED) return false;
    v->xsi->tpr = value;
    hint(v);
    return true;
}

void legacy_post(struct hv_vcpu *v, unsigned vector)
{
    v->irr[vector >> 6 & 3] |= 1ull << (vector & 63);
    hint(v);
}

#define PATIENCE_NS 2000000000ull

/* A domain gets events; its vector for external interrupts is never entered.  A kernel that has
 * them enabled and no event callback while one is pending, does not know where it is. */
bool legacy_unheard(struct hv_vcpu *v)
{
    u64 now = domain_now_ns(v->d);
    bool waits = v->up && virtual_i(v) && virtual_ic(v) && deliverable(v) >= 0;
    if (!waits) v->unheard_since = 0;
    if (waits && !v->unheard_since) v->unheard_since = now + 1;
    return waits && now >= v->unheard_since + PATIENCE_NS;
}
