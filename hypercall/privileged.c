/* Hypercalls that exist for the sake of privileged domains or of hardware we do not have: known,
 * counted, refused with the value that a plain domain gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

enum { DOM0VP_PHYSTOMACH = 1, DOM0VP_MACHTOPHYS = 3, DOM0VP_PERFMON = 8 };

#define REFUSE(value, name, ...)                                                                   \
    s64 hv_##name(__VA_ARGS__)                                                                     \
    {                                                                                              \
        return value;                                                                              \
    }
#define UNUSED __attribute__((unused))
REFUSE(XEN_EPERM, platform_op, UNUSED struct hv_vcpu *v, UNUSED xencomm arg)
REFUSE(XEN_EPERM, sysctl, UNUSED struct hv_vcpu *v, UNUSED xencomm arg)
REFUSE(XEN_EPERM, domctl, UNUSED struct hv_vcpu *v, UNUSED xencomm arg)
REFUSE(XEN_EPERM, kexec_op, UNUSED struct hv_vcpu *v, UNUSED u32 cmd, UNUSED xencomm arg)
REFUSE(XEN_ENOSYS, hvm_op, UNUSED struct hv_vcpu *v, UNUSED u32 cmd, UNUSED xencomm arg)
REFUSE(XEN_ENOSYS, xenoprof_op, UNUSED struct hv_vcpu *v, UNUSED u32 cmd, UNUSED xencomm arg)
REFUSE(XEN_EPERM, debug_op, UNUSED struct hv_vcpu *v, UNUSED u32 cmd, UNUSED xencomm arg)

/* Frames are what they seem; performance monitors are the guest's own to write, without effect. */
s64 hv_dom0vp_op(struct hv_vcpu *v, u64 cmd, u64 a, u64 b, u64 c, u64 d)
{
    (void)v, (void)b, (void)c, (void)d;
    switch (cmd) {
    case DOM0VP_PHYSTOMACH:
    case DOM0VP_MACHTOPHYS: return (s64)a;
    case DOM0VP_PERFMON: return 0;
    default: return XEN_ENOSYS;
    }
}
