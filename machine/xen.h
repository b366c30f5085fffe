/* The paravirtual machine: a Xen/ia64 domain, with the emulator as its hypervisor.  PUBLIC.
 *
 * Like native.h: it takes a struct machine and adds what the guest needs; the same kernel file and
 * the same options serve both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_XEN_H
#define MACHINE_XEN_H

#include <stdio.h>

#include "machine/native.h"

struct xen_machine;

/* `config` as for native_new; `hvc` and `seed` mean nothing here. */
struct xen_machine *xen_new(struct machine *m, const struct native_config *config, GError **err);
void xen_free(struct xen_machine *x);
enum native_end xen_run(struct xen_machine *x, struct machine_result *result);

/* Ask the guest to turn itself off, as "xm shutdown" would. */
void xen_press_power_button(struct xen_machine *x);
void xen_console_command(void *xen_machine, enum console_command command);
const struct symbols *xen_symbols(const struct xen_machine *x);
void xen_print_counters(const struct xen_machine *x, FILE *out);

#endif
