/* Time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_TIME_H
#define JANUS_TIME_H

#include "kernel.h"

#define HZ 100
u64 time_now_ns(void); /* since boot */
u64 time_ticks(void);  /* timer ticks of this processor */
extern u64 itc_hz;
void time_init(void);      /* every processor */
void time_interrupt(void); /* the timer's interrupt, both ways */
int sleep_until_ns(u64 when);

#endif
