/* The native machine: the board an unmodified operating system boots on.  PUBLIC.
 *
 * It takes a struct machine (memory, processors, time, the run loop) and adds what a bare-metal
 * program does without: firmware, interrupt controllers, a serial console, PCI with virtio devices,
 * the power switch; then it loads Linux into it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_NATIVE_H
#define MACHINE_NATIVE_H

#include "devices/host/block.h"
#include "devices/host/chardev.h"
#include "machine/machine.h"

#define NATIVE_ITC_HZ 400000000ull       /* ticks, hence slots, per guest second */
#define NATIVE_BASE_TIME 1704067200ll    /* 2024-01-01 00:00:00 UTC, the date at virtual time 0 */

struct native_disk {
    const char *path;
    enum block_mode mode;
};

struct native_config {
    const char *kernel, *initrd, *cmdline;
    unsigned cpus;               /* 1..16 */
    u64 itc_hz;                  /* 0: NATIVE_ITC_HZ */
    s64 base_time;
    const struct native_disk *disks;
    unsigned disk_count;
    struct chardev *console;     /* the serial port's other end; borrowed */
    struct chardev *hvc;         /* virtio-console; NULL: none; borrowed */
    bool network;                /* virtio-net on the user-mode network */
    const char *forward;         /* its port forwards: tcp:HOST:GUEST,... */
    u64 seed;                    /* of virtio-rng */
    bool no_reboot;              /* a reset ends the run */
    bool sleep_when_idle;        /* a person sits at the console: idle time passes at its own speed */
};

struct native;

/* Add everything to `m` (which machine_load has not touched) and load the kernel.  The strings of
 * the config must stay. */
struct native *native_new(struct machine *m, const struct native_config *config, GError **err);
void native_free(struct native *n);

enum native_end {
    NATIVE_POWER_OFF, /* the guest turned the machine off */
    NATIVE_RESET,     /* it asked for a reset and no_reboot is set */
    NATIVE_QUIT,      /* somebody typed Ctrl-A x */
    NATIVE_OTHER,     /* see the machine's result */
};
enum native_end native_run(struct native *n, struct machine_result *result);

void native_press_power_button(struct native *n);
/* Ctrl-A and friends from the console; a console_command_fn.  CONSOLE_MONITOR is not handled. */
void native_console_command(void *native, enum console_command command);
const struct symbols *native_symbols(const struct native *n);

#endif
