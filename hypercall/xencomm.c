/* xencomm: guest pointers never reach a hypervisor, handles do.  A handle is a guest-physical
 * address marked as inline, or the address of a descriptor that lists the pieces of a buffer.
 *
 * A descriptor is read piece by piece, each word once, so that a guest that changes it meanwhile
 * confuses only itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define INLINE_MASK 0xf800000000000000ull
#define INLINE_MARK 0x8000000000000000ull
#define XENCOMM_MAGIC 0x58434f4du
#define SKIPPED (~0ull)

struct descriptor {
    u32 magic, nr_addrs;
};

bool xencomm_inline(xencomm handle, u64 *pa)
{
    *pa = handle & ~INLINE_MASK;
    return (handle & INLINE_MASK) == INLINE_MARK;
}

static bool move(struct domain *d, u64 pa, void *buf, u64 len, bool to_guest)
{
    return to_guest ? guest_write(d, pa, buf, len) : guest_read(d, pa, buf, len);
}

static bool open_descriptor(struct domain *d, u64 pa, struct descriptor *desc)
{
    return !(pa & 7) && pa % XEN_PAGE_SIZE <= XEN_PAGE_SIZE - sizeof(*desc) &&
           guest_read(d, pa, desc, sizeof(*desc)) && desc->magic == XENCOMM_MAGIC;
}

/* Each address covers up to the next page boundary; ~0 marks a page that is left out. */
static bool walk(struct domain *d, u64 desc_pa, u64 offset, u8 *buf, u64 len, bool to_guest)
{
    struct descriptor desc;
    if (!open_descriptor(d, desc_pa, &desc)) return false;
    for (u32 i = 0; i < desc.nr_addrs && len; i++) {
        u64 pa, room;
        if (!guest_read(d, desc_pa + sizeof desc + 8ull * i, &pa, sizeof pa)) return false;
        if (pa == SKIPPED) continue;
        room = XEN_PAGE_SIZE - pa % XEN_PAGE_SIZE;
        if (offset >= room) {
            offset -= room;
            continue;
        }
        u64 piece = MIN(room - offset, len);
        if (!move(d, pa + offset, buf, piece, to_guest)) return false;
        buf += piece;
        len -= piece;
        offset = 0;
    }
    return !len;
}

static bool transfer(struct domain *d, xencomm handle, u64 offset, void *buf, u64 len,
                     bool to_guest)
{
    u64 pa;
    if (!len) return true;
    if (!handle) return false;
    if (xencomm_inline(handle, &pa)) return move(d, pa + offset, buf, len, to_guest);
    return walk(d, handle, offset, buf, len, to_guest);
}

bool xencomm_read(struct domain *d, xencomm handle, u64 offset, void *buf, u64 len)
{
    return transfer(d, handle, offset, buf, len, false);
}

bool xencomm_write(struct domain *d, xencomm handle, u64 offset, const void *buf, u64 len)
{
    return transfer(d, handle, offset, (void *)(uintptr_t)buf, len, true);
}
