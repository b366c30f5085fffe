/* physdev_op and fast_eoi: physical devices are for privileged domains; this one is not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

#define REFUSED(name)                                                                              \
    static s64 op_physdev_op_##name(struct hv_vcpu *v, void *arg)                                  \
    {                                                                                              \
        (void)v, (void)arg;                                                                        \
        return XEN_EPERM;                                                                          \
    }
REFUSED(apic_read)
REFUSED(apic_write)
REFUSED(alloc_irq_vector)
REFUSED(free_irq_vector)

#define SUBOPS_OF_physdev_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

s64 hv_physdev_op(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    return subop_call(v, rows, ARRAY_LEN(rows), cmd, arg, 0);
}

s64 hv_fast_eoi(struct hv_vcpu *v, u32 irq)
{
    (void)v, (void)irq;
    return XEN_EPERM;
}
