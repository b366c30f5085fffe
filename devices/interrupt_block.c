/* The processor interrupt block.  The lower half turns a store into a message: the address names
 * the processor (id in bits 19:12, eid in 11:4), the data the delivery mode and the vector.  In the
 * upper half live the acknowledge byte of an 8259, which no such machine has here, and XTP, whose
 * hints a single destination makes pointless: both only answer.
 * Processors store 8 aligned bytes (SDM 2:612); message-signalled interrupts store 4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/interrupt_block.h"

#include "base/bits.h"

#define IPI_HALF 0x100000
#define INTA 0x1e0000
#define SPURIOUS_VECTOR 0x0f

static u64 block_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)size;
    return offset == INTA ? SPURIOUS_VECTOR : 0;
}

static void block_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    const struct sapic_bus *bus = opaque;
    if (offset >= IPI_HALF || size < 4 || (offset & 7)) return;
    unsigned dest = (unsigned)(bits(offset, 19, 12) << 8 | bits(offset, 11, 4));
    bus->deliver(bus->opaque, dest, (enum sapic_mode)bits(value, 10, 8),
                 (unsigned)bits(value, 7, 0));
}

const struct physmem_ops interrupt_block_ops = {
    .name = "processor interrupt block", .read = block_read, .write = block_write,
};
