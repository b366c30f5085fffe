/* The processor interrupt block: 2 MB of addresses whose stores are interprocessor interrupts.
 * PUBLIC.  SDM 2:5.8.4.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_INTERRUPT_BLOCK_H
#define DEVICES_INTERRUPT_BLOCK_H

#include "devices/sapic.h"
#include "mmu/physmem.h"

#define INTERRUPT_BLOCK_SIZE 0x200000

/* The opaque pointer of these operations is a struct sapic_bus. */
extern const struct physmem_ops interrupt_block_ops;

#endif
