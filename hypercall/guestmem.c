/* The one way to guest memory.  Memory is what physmem calls RAM: asking for anything else, or for
 * a range that wraps around, copies nothing and says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hypercall/hypercall-priv.h"

bool guest_read(struct domain *d, u64 pa, void *buf, u64 len)
{
    const u8 *host = len && pa + len > pa ? physmem_host(d->pm, pa, len) : NULL;
    if (!host) return !len;
    memcpy(buf, host, len);
    return true;
}

bool guest_write(struct domain *d, u64 pa, const void *buf, u64 len)
{
    if (!len) return true;
    if (pa + len <= pa || !physmem_host(d->pm, pa, len)) return false;
    return physmem_write(d->pm, pa, buf, len);
}

/* Ring indexes of pages that were checked when the ring was set up. */
u32 guest_read32(struct domain *d, u64 pa)
{
    u32 value = 0;
    return guest_read(d, pa, &value, sizeof value) ? value : 0;
}

void guest_write32(struct domain *d, u64 pa, u32 value)
{
    (void)!guest_write(d, pa, &value, sizeof value);
}
