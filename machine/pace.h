/* How guest time keeps company with the host's, for machines with devices.
 *
 * By default it does not: time comes from retired instructions, idle time is skipped, and a run is a
 * function of its input.  A person, or a network, makes idle time pass at its own speed.  With
 * --clock=host the guest's clock follows the host's, whatever the guest does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_PACE_H
#define MACHINE_PACE_H

#include "machine/machine.h"

struct pace {
    bool idle; /* sleep when the guest does; whoever brings a person or a network sets it */
    bool host; /* --clock=host */
    u64 hz;    /* ticks per second */
    /* its own: one moment on both clocks */
    bool started;
    s64 start_us;
    u64 start_ticks;
};

bool pace_init(struct pace *p, const struct config *c, u64 hz, GError **err);

/* Between slices, `per_second` times: wait, but not longer than until something can be read from
 * `input_fd` (-1: nothing will), or let guest time jump ahead. */
void pace_keep(struct pace *p, struct machine *m, unsigned per_second, int input_fd);

#endif
