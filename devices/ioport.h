/* The legacy I/O port space: 65536 ports behind 64 MB of sparse addresses.  PUBLIC.
 *
 * Port p sits at base | (p >> 2) << 12 | (p & 0xfff).  Unclaimed ports read as ones, which is also
 * how a guest finds that there is no i8042, no 8259 and no PIT.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_IOPORT_H
#define DEVICES_IOPORT_H

#include "mmu/physmem.h"

#define IOPORT_MMIO_SIZE 0x4000000ull

/* Offsets are within the claimed range; sizes 1, 2, 4. */
struct ioport_ops {
    const char *name;
    u32 (*read)(void *opaque, unsigned offset, unsigned size);
    void (*write)(void *opaque, unsigned offset, unsigned size, u32 value);
};

struct ioport_space;
extern const struct physmem_ops ioport_mmio_ops; /* opaque: struct ioport_space */

struct ioport_space *ioport_new(void);
void ioport_free(struct ioport_space *space);
bool ioport_claim(struct ioport_space *space, u16 base, unsigned len, const struct ioport_ops *ops,
                  void *opaque, GError **err);
u32 ioport_read(struct ioport_space *space, u16 port, unsigned size);
void ioport_write(struct ioport_space *space, u16 port, unsigned size, u32 value);

#endif
