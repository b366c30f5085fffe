/* The one way to guest memory.  Memory is what physmem calls RAM: asking for anything else, or for
 * a range that wraps around, copies nothing and says so.
 *
 * It is also where the work is counted that one call of the guest makes for the emulator: lists of
 * lists could keep it busy for hours.  Nothing that a kernel needs comes near the limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hypercall/hypercall-priv.h"

#define WORK_MAX (1u << 24)
#define BYTES_PER_STEP 64

static bool affordable(struct domain *d, u64 len)
{
    if (!d->inside) return true;
    d->work += 1 + len / BYTES_PER_STEP;
    if (d->work <= WORK_MAX) return true;
    domain_crash(d->inside, "a single call that takes more than %u accesses to memory", WORK_MAX);
    return false;
}

bool guest_read(struct domain *d, u64 pa, void *buf, u64 len)
{
    const u8 *host = len && pa + len > pa ? physmem_host(d->pm, pa, len) : NULL;
    if (!host) return !len;
    if (!affordable(d, len)) return false;
    memcpy(buf, host, len);
    return true;
}

bool guest_write(struct domain *d, u64 pa, const void *buf, u64 len)
{
    if (!len) return true;
    if (pa + len <= pa || !physmem_host(d->pm, pa, len) || !affordable(d, len)) return false;
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
