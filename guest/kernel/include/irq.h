/* Interrupts.  Natively an interrupt is a global system interrupt of the I/O SAPIC, under Xen the
 * port of an event channel; pv_irq_ops hides which.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_IRQ_H
#define JANUS_IRQ_H

#include "kernel.h"

typedef void irq_handler(void *arg);

/* 0 or -errno.  Handlers run with interrupts off; several may share a native irq. */
int irq_request(int irq, irq_handler *handler, void *arg);
void irq_dispatch(int irq);
void irq_init(void);

/* Between processors. */
enum ipi { IPI_RESCHEDULE, IPI_CALL, IPIS };
void ipi_send(unsigned cpu, enum ipi ipi);
void ipi_receive(enum ipi ipi);

/* Native vectors. */
enum {
    VECTOR_DEVICE_FIRST = 0x30,
    VECTOR_TIMER = 0xef,
    VECTOR_CALL = 0xfc,
    VECTOR_RESCHEDULE = 0xfd,
    VECTOR_SPURIOUS = 0x0f
};

#endif
