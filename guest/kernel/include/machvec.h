/* Machine vectors: the platform below the paravirtual operations.  "dig" is the platform of real
 * machines (ACPI, I/O SAPIC, PCI), "xen" that of a domain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_MACHVEC_H
#define JANUS_MACHVEC_H

#include "kernel.h"

struct machine_vector {
    const char *name;
    void (*setup)(void);    /* boot processor, once tables are known */
    void (*cpu_init)(void); /* every processor */
    void (*irq_init)(void);
    void (*console_early)(const char *s, size_t n); /* until a driver registers a console */
    u64 (*dma_map)(const void *p, size_t n);        /* the address a device uses */
    void (*send_ipi)(unsigned cpu, unsigned vector);
    void (*wake_cpu)(unsigned cpu); /* start the processor that waits in firmware */
    void (*idle)(void);     /* until an interrupt; called with interrupts off */
    noreturn void (*power_off)(void);
    noreturn void (*restart)(void);
    noreturn void (*crash)(void); /* after a panic */
};
extern const struct machine_vector *machvec;
extern const struct machine_vector machvec_dig, machvec_xen;

#endif
