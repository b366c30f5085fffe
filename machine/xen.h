/* The paravirtual machine: a Xen/ia64 domain, with the emulator as its hypervisor.  PUBLIC.
 *
 * Like native.h: it takes a struct machine and adds what the guest needs; the same kernel file and
 * the same options serve both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_XEN_H
#define MACHINE_XEN_H

#include <stdio.h>

#include "machine/machine.h"

struct xen_machine;

/* Add everything that the machine's config asks for and build the domain. */
struct xen_machine *xen_new(struct machine *m, GError **err);
void xen_free(struct xen_machine *x);
const struct symbols *xen_symbols(const struct xen_machine *x);

/* The run has ended: was it for a reset?  Then build the domain again and go on (true). */
bool xen_restarts(struct xen_machine *x);

/* Ask the guest to turn itself off, as a toolstack would. */
void xen_press_power_button(struct xen_machine *x);
void xen_print_counters(const struct xen_machine *x, FILE *out);

#endif
