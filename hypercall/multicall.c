/* multicall: a list of hypercalls, each with its result in its entry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

#define MULTICALL_MAX 4096u
#define MULTICALL_NUMBER 13

s64 hv_multicall(struct hv_vcpu *v, xencomm list, u32 n)
{
    struct multicall_entry e;
    if (n > MULTICALL_MAX) return XEN_EINVAL;
    for (u32 i = 0; i < n && !v->d->crashed; i++) {
        u64 at = (u64)i * sizeof e;
        if (!xencomm_read(v->d, list, at, &e, sizeof e)) return XEN_EFAULT;
        v->batched = true;
        e.result = e.op == MULTICALL_NUMBER ? XEN_EINVAL : hypercall(v, e.op, e.args);
        v->batched = false;
        if (!xencomm_write(v->d, list, at, &e, sizeof e)) return XEN_EFAULT;
    }
    return 0;
}
