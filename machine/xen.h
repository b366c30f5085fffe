/* The paravirtual machine: a Xen/ia64 domain, with the emulator as its hypervisor.  PUBLIC.
 *
 * Like native.h: it takes a struct machine and adds what the guest needs; the same kernel file and
 * the same options serve both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_XEN_H
#define MACHINE_XEN_H

#include <stdio.h>

#include "guest/linux.h"
#include "machine/machine.h"

struct xen_machine;

/* Add everything that the machine's config asks for and build the domain. */
struct xen_machine *xen_new(struct machine *m, GError **err);
void xen_free(struct xen_machine *x);
const struct linux_image *xen_image(const struct xen_machine *x);

/* The run has ended: was it for a reset?  Then build the domain again and go on (true). */
bool xen_restarts(struct xen_machine *x);

/* The console's host end, and what monitors may do. */
struct xen_machine *machine_xen(const struct machine *m); /* NULL: not a domain */
struct chardev *xen_console(struct xen_machine *x);
void xen_request_reset(struct xen_machine *x);
/* What Ctrl-A m calls, between two slices. */
void xen_on_monitor(struct xen_machine *x, void (*fn)(void *opaque), void *opaque);
void xen_print_interrupts(const struct xen_machine *x, GString *out);

/* Ask the guest to turn itself off, as a toolstack would. */
void xen_press_power_button(struct xen_machine *x);
/* Somebody looks (the run may be over): show the guest's control registers, or hide them again. */
void xen_reveal(struct xen_machine *x, bool on);
void xen_print_counters(const struct xen_machine *x, FILE *out);
/* false: a file did not take what the guest said. */
bool xen_console_complete(const struct xen_machine *x);

#endif
