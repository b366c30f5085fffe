/* Guest physical memory: RAM, ROM and device ranges.  PUBLIC, and the only holder of raw pointers
 * into the guest.  One host reservation covers all RAM: host address = pm->base + pa, so a physical
 * address and a host pointer convert by one addition.  Every write that does not come from the
 * inline fast path passes through physmem_write or physmem_note_write, so code pages notice DMA,
 * loaders and stores alike.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MMU_PHYSMEM_H
#define MMU_PHYSMEM_H

#include <glib.h>

#include "base/types.h"

#define PHYS_PAGE_BITS 12
#define PHYS_PAGE_SIZE (1ull << PHYS_PAGE_BITS)
#define PHYS_ADDR_BITS 50                       /* implemented; Itanium 2 */
#define PHYS_ADDR_MASK ((1ull << PHYS_ADDR_BITS) - 1)
#define PHYS_RAM_LIMIT (1ull << 40)             /* RAM and ROM lie below; devices may lie above */

struct physmem;

/* A device's face on the bus: offset within the range, size in bytes (1, 2, 4, 8). */
struct physmem_ops {
    const char *name;
    u64 (*read)(void *opaque, u64 offset, unsigned size);
    void (*write)(void *opaque, u64 offset, unsigned size, u64 value);
};

/* Called when a page that holds decoded code is about to change, or has just become code. */
typedef void physmem_code_fn(void *opaque, u64 page_pa);

struct physmem *physmem_new(void);
void physmem_free(struct physmem *pm);

/* Claim [pa, pa+size).  RAM and ROM must be page aligned.  Overlaps are refused with both names. */
bool physmem_add_ram(struct physmem *pm, const char *name, u64 pa, u64 size, GError **err);
bool physmem_add_rom(struct physmem *pm, const char *name, u64 pa, u64 size, GError **err);
bool physmem_add_device(struct physmem *pm, u64 pa, u64 size, const struct physmem_ops *ops,
                        void *opaque, GError **err);
bool physmem_remove_device(struct physmem *pm, u64 pa); /* PCI BARs move; pa: of its first byte */
/* Take [pa, pa+size) out of RAM, before anything runs: a device will sit there.  Ranges without RAM
 * may be part of it. */
bool physmem_make_hole(struct physmem *pm, u64 pa, u64 size, GError **err);

/* Host pointer to `len` bytes of RAM or ROM, or NULL if any byte is something else. */
u8 *physmem_host(struct physmem *pm, u64 pa, u64 len);
static inline u64 physmem_pa(const struct physmem *pm, const void *host);
bool physmem_is_rom(struct physmem *pm, u64 pa);

/* Copy from and to RAM/ROM (loaders may write ROM with physmem_load).  false: touches no RAM. */
bool physmem_read(struct physmem *pm, u64 pa, void *buf, u64 len);
bool physmem_write(struct physmem *pm, u64 pa, const void *buf, u64 len);
bool physmem_load(struct physmem *pm, u64 pa, const void *buf, u64 len);

/* Power-on: RAM as if it had never been touched, given back to the host. */
void physmem_zero(struct physmem *pm, u64 pa, u64 len);

/* One device access, 1..8 bytes.  false: no device there (reads as all ones, writes dropped). */
bool physmem_io_read(struct physmem *pm, u64 pa, unsigned size, u64 *value);
bool physmem_io_write(struct physmem *pm, u64 pa, unsigned size, u64 value);

/* Pages with decoded code: set by the instruction cache, tested by whoever writes. */
void physmem_set_code(struct physmem *pm, u64 pa, bool has_code);
static inline bool physmem_has_code(const struct physmem *pm, u64 pa);
void physmem_note_write(struct physmem *pm, u64 pa, u64 len); /* tells listeners, clears the bits */
void physmem_on_code_write(struct physmem *pm, physmem_code_fn *fn, void *opaque);
/* A page became code: short cuts for writing it must be given up (every mmu does). */
void physmem_on_code_set(struct physmem *pm, physmem_code_fn *fn, void *opaque);
void physmem_forget_listener(struct physmem *pm, void *opaque); /* of either kind */
/* A place for what was decoded: whoever fills it empties it.  NULL at first. */
static inline void **physmem_decoded(struct physmem *pm);

/* RAM and ROM ranges in ascending order, for firmware memory maps and state hashes. */
struct physmem_range {
    const char *name;
    u64 pa, size;
    bool ram, rom;
};
unsigned physmem_range_count(const struct physmem *pm);
struct physmem_range physmem_range(const struct physmem *pm, unsigned i);
unsigned physmem_device_count(const struct physmem *pm); /* the device ranges, likewise */
struct physmem_range physmem_device(const struct physmem *pm, unsigned i);

/* The part the inline functions need. */
struct physmem_head {
    u8 *base;        /* host address of physical address 0 */
    u8 *code_bits;   /* one byte per page below code_pages; nonzero: decoded code */
    u64 code_pages;
    u8 *kinds;       /* one enum physmem_kind per page below code_pages */
    void *decoded;   /* what its processors share (cpu/icache.c) */
};

enum physmem_kind { PHYS_NOTHING, PHYS_RAM, PHYS_ROM };

static inline enum physmem_kind physmem_kind(const struct physmem *pm, u64 pa)
{
    const struct physmem_head *h = (const void *)pm;
    u64 page = pa >> PHYS_PAGE_BITS;
    return page < h->code_pages ? (enum physmem_kind)h->kinds[page] : PHYS_NOTHING;
}

static inline void **physmem_decoded(struct physmem *pm)
{
    return &((struct physmem_head *)(void *)pm)->decoded;
}

static inline u64 physmem_pa(const struct physmem *pm, const void *host)
{
    return (u64)((const u8 *)host - ((const struct physmem_head *)(const void *)pm)->base);
}

static inline bool physmem_has_code(const struct physmem *pm, u64 pa)
{
    const struct physmem_head *h = (const void *)pm;
    u64 page = pa >> PHYS_PAGE_BITS;
    return page < h->code_pages && h->code_bits[page];
}

#endif
