/* Virtual time and what is to happen in it.
 *
 * Time is counted in ticks of the interval timer and comes from retired instructions, never from
 * the host: whoever runs processors moves the clock.  Events are owned by devices and only linked
 * here; those due at the same tick run by priority, then in the order they were armed, so that a
 * run is a function of its input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/types.h"

struct clock;

typedef void clock_event_fn(void *opaque, u64 now);

struct clock_event {
    const char *name;
    clock_event_fn *fn;
    void *opaque;
    unsigned priority; /* lower runs first */
    /* the clock's own */
    u64 when, sequence;
    bool armed;
    struct clock_event *next;
};

struct clock *clock_new(void);
void clock_free(struct clock *clock);

/* Where `now` comes from while a processor runs (its own count is ahead of the last advance);
 * NULL: the time of the last clock_advance. */
typedef u64 clock_source_fn(void *opaque);
void clock_set_source(struct clock *clock, clock_source_fn *fn, void *opaque);
u64 clock_now(const struct clock *clock);

/* Call `fn` when an event becomes the earliest one, so that a running slice can be cut short. */
void clock_on_earlier(struct clock *clock, void (*fn)(void *opaque), void *opaque);

void clock_event_init(struct clock_event *ev, const char *name, unsigned priority,
                      clock_event_fn *fn, void *opaque);
void clock_arm(struct clock *clock, struct clock_event *ev, u64 when); /* re-arming moves it */
void clock_disarm(struct clock *clock, struct clock_event *ev);

/* When the earliest event is due; false: none is armed. */
bool clock_next(const struct clock *clock, u64 *when);
/* Time is now `now` (never less than before): run what is due, in order. */
void clock_advance(struct clock *clock, u64 now);

#endif
