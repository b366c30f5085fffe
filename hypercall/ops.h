/* The functions behind hypercalls.def, and the tables of their commands.  dispatch.c does not
 * include this: it knows the functions as addresses only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HYPERCALL_OPS_H
#define HYPERCALL_OPS_H

#include "hypercall/hypercall-priv.h"

s64 hv_sched_op_compat(struct hv_vcpu *v, u32 cmd, u64 arg);
s64 hv_platform_op(struct hv_vcpu *v, xencomm arg);
s64 hv_memory_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_multicall(struct hv_vcpu *v, xencomm list, u32 count);
s64 hv_xen_version(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_console_io(struct hv_vcpu *v, u32 cmd, u32 count, xencomm text);
s64 hv_grant_table_op(struct hv_vcpu *v, u32 cmd, xencomm list, u32 count);
s64 hv_vcpu_op(struct hv_vcpu *v, u32 cmd, u32 vcpu, xencomm arg);
s64 hv_sched_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_callback_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_xenoprof_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_event_channel_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_physdev_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_hvm_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_sysctl(struct hv_vcpu *v, xencomm arg);
s64 hv_domctl(struct hv_vcpu *v, xencomm arg);
s64 hv_kexec_op(struct hv_vcpu *v, u32 cmd, xencomm arg);
s64 hv_dom0vp_op(struct hv_vcpu *v, u64 cmd, u64 a, u64 b, u64 c, u64 d);
s64 hv_fast_eoi(struct hv_vcpu *v, u32 irq);
s64 hv_debug_op(struct hv_vcpu *v, u32 cmd, xencomm arg);

/* A row of subops.def as a struct subop, for whoever defines the functions. */
#define SUBOP_ROW(op, cmd, name, type, dir)                                                        \
    { cmd, #op "." #name, sizeof(struct type), SUBOP_##dir, op_##op##_##name },

#endif
