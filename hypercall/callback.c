/* callback_op: where a processor wants its events.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

enum { CALLBACK_EVENT = 0, CALLBACK_FAILSAFE = 1, CALLBACKOP_UNREGISTER = 1 };
#define HOLE_START 0xf000000000000000ull
#define HOLE_END 0xf800000000000000ull

static s64 op_callback_op_register(struct hv_vcpu *v, void *arg)
{
    const struct callback_register *a = arg;
    if (a->address >= HOLE_START && a->address < HOLE_END) return XEN_EINVAL;
    if (a->type == CALLBACK_FAILSAFE) return 0; /* never called */
    if (a->type != CALLBACK_EVENT) return XEN_ENOSYS;
    v->callback = a->address;
    vtime_check(v);
    return 0;
}

#define SUBOPS_OF_callback_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

s64 hv_callback_op(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    if (cmd == CALLBACKOP_UNREGISTER) return XEN_EINVAL;
    return subop_call(v, rows, ARRAY_LEN(rows), cmd, arg, 0);
}
