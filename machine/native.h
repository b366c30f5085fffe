/* The native machine: the board an unmodified operating system boots on.
 *
 * It takes a struct machine (memory, processors, time, the run loop) and adds what a bare-metal
 * program does without: firmware, interrupt controllers, a serial console, PCI with virtio devices,
 * the power switch; then it loads Linux into it.  machine_load does all this when the
 * configuration names a kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_NATIVE_H
#define MACHINE_NATIVE_H

#include "devices/host/chardev.h"
#include "machine/machine.h"

#define NATIVE_ITC_HZ 400000000ull    /* ticks, hence slots, per guest second */
#define NATIVE_BASE_TIME 1704067200ll /* 2024-01-01 00:00:00 UTC, the date at virtual time 0 */

struct native;

/* Add everything that the machine's config asks for and load the kernel. */
struct native *native_new(struct machine *m, GError **err);
void native_free(struct native *n);
struct native *machine_native(const struct machine *m); /* NULL: a bare-metal machine */
const struct linux_image *native_image(const struct native *n);

/* The run has ended: was it for a reset?  Then power on again and go on (true). */
bool native_restarts(struct native *n);

/* The serial console's host end, and what monitors may do. */
struct chardev *native_console(struct native *n);
/* false: a file did not take what the guest said. */
bool native_console_complete(const struct native *n);
void native_press_power_button(struct native *n);
void native_request_reset(struct native *n);
void native_quit(struct native *n);
/* Several times a second while a debugger has stopped the machine: the host's ends stay alive. */
void native_idle(struct native *n);
/* What Ctrl-A m calls, between two slices. */
void native_on_monitor(struct native *n, void (*fn)(void *opaque), void *opaque);
/* Display, keyboard and mouse; screen.h. */
struct screen *native_screen(struct native *n);
void native_print_interrupts(struct native *n, GString *out);
void native_print_devices(struct native *n, GString *out);

#endif
