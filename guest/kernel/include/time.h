/* Time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_TIME_H
#define JANUS_TIME_H

#include "kernel.h"
#include "privop.h"

#define HZ 100
u64 time_ticks(void);  /* timer ticks of this processor */
extern u64 itc_hz;
void time_init(void);      /* every processor */
void time_interrupt(u64 stolen_ns); /* the timer's; time stolen from this processor so far */
#define FOREVER (~0ul)
int sleep_until_ns(u64 when);

/* The interval time counter at boot, and nanoseconds per tick of it, << 32. */
extern struct time_base {
    u64 itc, ns_shifted;
} time_base;

/* Since boot.  Not a function of its own: a leaf with a call site would have to save ar.pfs. */
static inline u64 time_now_ns(void)
{
    u64 ticks = ia64_get_itc() - time_base.itc;
    return (u64)(((unsigned __int128)ticks * time_base.ns_shifted) >> 32);
}

#endif
