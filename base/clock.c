/* The event queue: a sorted list, since a machine has a dozen events, not thousands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <glib.h>

struct clock {
    u64 now, sequence;
    struct clock_event *first;
    clock_source_fn *source;
    void *source_opaque;
    void (*earlier)(void *opaque);
    void *earlier_opaque;
};

struct clock *clock_new(void)
{
    return g_new0(struct clock, 1);
}

void clock_free(struct clock *clock)
{
    g_free(clock); /* events belong to others, who may be gone already */
}

void clock_set_source(struct clock *clock, clock_source_fn *fn, void *opaque)
{
    clock->source = fn;
    clock->source_opaque = opaque;
}

u64 clock_now(const struct clock *clock)
{
    return clock->source ? clock->source(clock->source_opaque) : clock->now;
}

void clock_on_earlier(struct clock *clock, void (*fn)(void *opaque), void *opaque)
{
    clock->earlier = fn;
    clock->earlier_opaque = opaque;
}

void clock_event_init(struct clock_event *ev, const char *name, unsigned priority,
                      clock_event_fn *fn, void *opaque)
{
    *ev = (struct clock_event){ .name = name, .priority = priority, .fn = fn, .opaque = opaque };
}

static bool before(const struct clock_event *a, const struct clock_event *b)
{
    if (a->when != b->when) return a->when < b->when;
    if (a->priority != b->priority) return a->priority < b->priority;
    return a->sequence < b->sequence;
}

void clock_arm(struct clock *clock, struct clock_event *ev, u64 when)
{
    clock_disarm(clock, ev);
    ev->when = when;
    ev->sequence = clock->sequence++;
    ev->armed = true;
    struct clock_event **link = &clock->first;
    while (*link && before(*link, ev)) link = &(*link)->next;
    ev->next = *link;
    *link = ev;
    if (clock->first == ev && clock->earlier) clock->earlier(clock->earlier_opaque);
}

void clock_disarm(struct clock *clock, struct clock_event *ev)
{
    if (!ev->armed) return;
    struct clock_event **link = &clock->first;
    while (*link != ev) link = &(*link)->next;
    *link = ev->next;
    ev->next = NULL;
    ev->armed = false;
}

bool clock_next(const struct clock *clock, u64 *when)
{
    if (!clock->first) return false;
    *when = clock->first->when;
    return true;
}

void clock_advance(struct clock *clock, u64 now)
{
    g_assert(now >= clock->now);
    clock->now = now;
    while (clock->first && clock->first->when <= now) {
        struct clock_event *ev = clock->first;
        clock_disarm(clock, ev);
        ev->fn(ev->opaque, now);
    }
}
