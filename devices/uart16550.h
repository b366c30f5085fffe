/* A 16550A serial port.  PUBLIC.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_UART16550_H
#define DEVICES_UART16550_H

#include "devices/device.h"
#include "devices/host/chardev.h"
#include "devices/ioport.h"
#include "mmu/physmem.h"

#define UART_SIZE 8
#define UART_CLOCK_HZ 1843200

struct uart16550;
extern const struct ioport_ops uart_ioport_ops; /* the same registers behind ports ... */
extern const struct physmem_ops uart_mmio_ops;  /* ... or memory, spaced by one byte */

struct uart16550 *uart_new(struct chardev *host, const struct irq_line *irq);
void uart_free(struct uart16550 *uart);
void uart_reset(struct uart16550 *uart);

u64 uart_hash(const struct uart16550 *uart, u64 seed);

/* Pull host input into the receive FIFO.  Characters wait at the host until the guest has enabled
 * receive interrupts, or looks at LSR again and again without anything to send: what arrives before
 * a driver listens would be flushed by its start-up.  true: the FIFO is full, more may wait. */
bool uart_poll(struct uart16550 *uart);
/* Would uart_poll take a character now? */
bool uart_takes_input(const struct uart16550 *uart);

#endif
