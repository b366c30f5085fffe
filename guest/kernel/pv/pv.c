/* The tables, as they are on bare hardware, and the patching of call sites.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "pv.h"

#include "layout.h"
#include "mm.h"

#define PV_OP(name, type, bundles, what) extern const char native_##name[];
#include "pv_ops.def"
#define PV_BRANCH(name, type, what) extern const char native_##name[];
#include "pv_branches.def"

struct pv_info pv_info = { 0, false, "bare hardware" };
struct pv_init_table pv_init_ops;
struct pv_iosapic_table pv_iosapic_ops;
struct pv_irq_table pv_irq_ops;
struct pv_time_table pv_time_ops;

/* Used by assembly before any C has run. */
struct pv_cpu_ops pv_cpu_ops = {
#define PV_OP(name, type, bundles, what) .name = native_##name,
#include "pv_ops.def"
};
struct pv_branches pv_branches = {
#define PV_BRANCH(name, type, what) .name = native_##name,
#include "pv_branches.def"
};

void pv_setup_native(void)
{
    pv_init_ops = native_init_ops;
    pv_iosapic_ops = native_iosapic_ops;
    pv_irq_ops = native_irq_ops;
    pv_time_ops = native_time_ops;
}

/* --- patching --- */

struct site_bundle {
    void *start, *end;
    u64 type;
};
struct site_branch {
    void *tag;
    u64 type;
};
extern const struct site_bundle __start_paravirt_bundles[], __stop_paravirt_bundles[];
extern const struct site_branch __start_paravirt_branches[], __stop_paravirt_branches[];

#define BUNDLE 16
extern const char pv_nop_bundle[]; /* native_ops.S */

/* A relative branch is in slot 2: 20 bits of bundles, and a sign. */
bool pv_retarget(void *bundle, const void *target)
{
    enum { SLOT2 = 87 - 64, IMM20 = SLOT2 + 13, SIGN = SLOT2 + 36 };
    s64 distance = ((const char *)target - (const char *)bundle) / BUNDLE;
    if (distance >= 1 << 20 || distance < -(1 << 20)) return false;
    u64 *high = (u64 *)bundle + 1;
    u64 word = *high & ~((u64)0xfffff << IMM20 | 1ul << SIGN);
    *high = word | ((u64)distance & 0xfffff) << IMM20 | ((u64)distance >> 20 & 1) << SIGN;
    code_flush(bundle, BUNDLE);
    return true;
}

/* The body itself if it fits, a direct call of it otherwise. */
u64 pv_patch_with(const struct pv_body *first, const struct pv_body *last, void *start, void *end,
                  u64 type)
{
    for (; first < last; first++) {
        u64 size = (u64)(first->end - first->start), room = (u64)((char *)end - (char *)start);
        if (first->type != type) continue;
        if (size > room) return pv_retarget(start, first->start) ? BUNDLE : 0;
        memcpy(start, first->start, size);
        for (u64 at = size; at < room; at += BUNDLE)
            memcpy((char *)start + at, pv_nop_bundle, BUNDLE);
        code_flush(start, room);
        return size;
    }
    return 0;
}

void pv_patch_apply(void)
{
    unsigned missing = 0, sites = 0;
    for (const struct site_bundle *s = __start_paravirt_bundles; s < __stop_paravirt_bundles;
         s++, sites++) {
        if (!pv_init_ops.patch_bundle(s->start, s->end, s->type)) missing++;
    }
    for (const struct site_branch *s = __start_paravirt_branches; s < __stop_paravirt_branches;
         s++, sites++) {
        if (!pv_init_ops.patch_branch(s->tag, s->type)) missing++;
    }
    if (missing) panic("%u of %u sites could not be patched", missing, sites);
}
