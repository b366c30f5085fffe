/* Grant tables, format 1: the guest lists pages that a back end may use.  The frames of the table
 * belong to the hypervisor and lie behind memory; every use checks type, domain, rights and that
 * the frame is memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hypercall/ops.h"

#define ENTRIES_PER_FRAME (XEN_PAGE_SIZE / sizeof(struct grant_entry))
#define BACKEND_DOMAIN 0
#define GRANT_OPS_MAX 4096u

static u64 table_pa(const struct domain *d)
{
    return d->special_pa + ((u64)(1 + d->nvcpus) << XEN_PAGE_SHIFT);
}

bool grant_page(struct domain *d, u32 ref, bool write, u64 *pa)
{
    struct grant_entry e;
    if (ref >= d->grant_frames * ENTRIES_PER_FRAME) return false;
    if (!guest_read(d, table_pa(d) + ref * sizeof e, &e, sizeof e)) return false;
    if ((e.flags & GRANT_TYPE) != GRANT_PERMIT || e.domid != BACKEND_DOMAIN) return false;
    if (write && (e.flags & GRANT_READONLY)) return false;
    *pa = (u64)e.frame << XEN_PAGE_SHIFT;
    return *pa + XEN_PAGE_SIZE <= d->config.mem;
}

void grant_forget(struct domain *d)
{
    const u64 size = (u64)GRANT_FRAMES << XEN_PAGE_SHIFT;
    memset(physmem_host(d->pm, table_pa(d), size), 0, size);
    physmem_note_write(d->pm, table_pa(d), size);
    d->grant_frames = 1;
}

static bool own(u16 dom)
{
    return dom == XEN_DOMID_SELF || dom == DOMAIN_ID;
}

static s64 op_grant_table_op_setup_table(struct hv_vcpu *v, void *arg)
{
    struct gnttab_setup_table *a = arg;
    struct domain *d = v->d;
    a->status = GNTST_OKAY;
    if (!own(a->dom)) {
        a->status = GNTST_BAD_DOMAIN;
    } else if (a->nr_frames > GRANT_FRAMES) {
        a->status = GNTST_GENERAL;
    } else {
        d->grant_frames = MAX(d->grant_frames, a->nr_frames);
        for (u32 i = 0; i < a->nr_frames; i++) {
            u64 pfn = (table_pa(d) >> XEN_PAGE_SHIFT) + i;
            if (!xencomm_write(d, a->frame_list, i * 8ull, &pfn, sizeof pfn)) return XEN_EFAULT;
        }
    }
    return 0;
}

static s64 op_grant_table_op_query_size(struct hv_vcpu *v, void *arg)
{
    struct gnttab_query_size *a = arg;
    a->status = own(a->dom) ? GNTST_OKAY : GNTST_BAD_DOMAIN;
    a->nr_frames = v->d->grant_frames;
    a->max_nr_frames = GRANT_FRAMES;
    return 0;
}

/* A guest without back ends of its own has nobody's pages to map. */
static s64 op_grant_table_op_map(struct hv_vcpu *v, void *arg)
{
    struct gnttab_map *a = arg;
    (void)v;
    a->status = GNTST_BAD_DOMAIN;
    return 0;
}

static s64 op_grant_table_op_unmap(struct hv_vcpu *v, void *arg)
{
    struct gnttab_unmap *a = arg;
    (void)v;
    a->status = GNTST_BAD_HANDLE;
    return 0;
}

/* Between own pages given as frames; references would name another domain. */
static s64 copy_status(struct domain *d, const struct gnttab_copy *a)
{
    u8 page[XEN_PAGE_SIZE];
    u64 pages = d->config.mem >> XEN_PAGE_SHIFT;
    u64 from = (a->source.u << XEN_PAGE_SHIFT) + a->source.offset;
    u64 to = (a->dest.u << XEN_PAGE_SHIFT) + a->dest.offset;
    if (a->flags) return GNTST_BAD_REF;
    if (!own(a->source.domid) || !own(a->dest.domid)) return GNTST_BAD_DOMAIN;
    if (a->source.offset + a->len > XEN_PAGE_SIZE || a->dest.offset + a->len > XEN_PAGE_SIZE) {
        return GNTST_BAD_COPY_ARG;
    }
    if (a->source.u >= pages || a->dest.u >= pages) return GNTST_BAD_PAGE;
    return guest_read(d, from, page, a->len) && guest_write(d, to, page, a->len) ? GNTST_OKAY
                                                                               : GNTST_BAD_PAGE;
}

static s64 op_grant_table_op_copy(struct hv_vcpu *v, void *arg)
{
    struct gnttab_copy *a = arg;
    a->status = (s16)copy_status(v->d, a);
    return 0;
}

#define SUBOPS_OF_grant_table_op
static const struct subop rows[] = {
#define SUBOP SUBOP_ROW
#include "hypercall/subops.def"
};

static u64 element_size(u32 cmd)
{
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].cmd == cmd) return rows[i].size;
    }
    return 0;
}

s64 hv_grant_table_op(struct hv_vcpu *v, u32 cmd, xencomm list, u32 n)
{
    u64 size = element_size(cmd);
    if (!size) return XEN_ENOSYS;
    if (n > GRANT_OPS_MAX) return XEN_EINVAL;
    for (u32 i = 0; i < n; i++) {
        s64 result = subop_call(v, rows, ARRAY_LEN(rows), cmd, list, i * size);
        if (result < 0) return result;
    }
    return 0;
}
