/* memory_op: a domain has the memory it was built with, no more; pages it gives back stay where
 * they are, so that taking them again always works.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/ops.h"

enum { CURRENT_RESERVATION = 3, MAXIMUM_RESERVATION = 4, MAXIMUM_RAM_PAGE = 2 };
#define EXTENT_ORDER_MAX 20

/* How many of the listed extents lie in memory; counting stops at the first that does not. */
static s64 count_extents(struct hv_vcpu *v, const struct memory_reservation *r)
{
    u64 pages = v->d->config.mem >> XEN_PAGE_SHIFT, n;
    if (r->domid != XEN_DOMID_SELF && r->domid != DOMAIN_ID) return XEN_EPERM;
    if (r->extent_order > EXTENT_ORDER_MAX) return 0;
    for (n = 0; n < r->nr_extents && n < pages; n++) {
        u64 pfn;
        if (!xencomm_read(v->d, r->extent_start, n * 8, &pfn, sizeof pfn)) break;
        if (pfn >= pages || pages - pfn < 1ull << r->extent_order) break;
    }
    return (s64)n;
}

static s64 op_memory_op_increase_reservation(struct hv_vcpu *v, void *arg)
{
    (void)v, (void)arg;
    return 0; /* no page can be added */
}

static s64 op_memory_op_decrease_reservation(struct hv_vcpu *v, void *arg)
{
    return count_extents(v, arg);
}

static s64 op_memory_op_populate_physmap(struct hv_vcpu *v, void *arg)
{
    return count_extents(v, arg);
}

static s64 op_memory_op_add_to_physmap(struct hv_vcpu *v, void *arg)
{
    (void)v, (void)arg;
    return XEN_ENOSYS; /* of domains with hardware help only */
}

#define SUBOPS_OF_memory_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

s64 hv_memory_op(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    u64 pages = v->d->config.mem >> XEN_PAGE_SHIFT;
    if (cmd == MAXIMUM_RAM_PAGE) return (s64)pages - 1;
    if (cmd == CURRENT_RESERVATION || cmd == MAXIMUM_RESERVATION) return (s64)pages;
    return subop_call(v, rows, ARRAY_LEN(rows), cmd, arg, 0);
}
