/* The I/O SAPIC: device pins in, interrupt messages out.  PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_IOSAPIC_H
#define DEVICES_IOSAPIC_H

#include "devices/sapic.h"
#include "mmu/physmem.h"

#define IOSAPIC_MMIO_SIZE 0x1000
#define IOSAPIC_VERSION 0x20

struct iosapic;
extern const struct physmem_ops iosapic_mmio_ops;

struct iosapic *iosapic_new(unsigned pins, const struct sapic_bus *bus);
void iosapic_free(struct iosapic *io);
void iosapic_reset(struct iosapic *io);

/* All state folded into a number; one line of text per unmasked pin. */
u64 iosapic_hash(const struct iosapic *io, u64 seed);
void iosapic_print(const struct iosapic *io, GString *out);

/* A pin's logical state (true: asserted, whatever the electrical polarity); an irq_line sink. */
void iosapic_set_pin(void *iosapic, unsigned pin, bool level);

#endif
