/* See pace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/pace.h"

#include <poll.h>
#include <string.h>

#include "machine/machine-priv.h"

#define US_PER_SECOND 1000000

bool pace_init(struct pace *p, const struct config *c, u64 hz, GError **err)
{
    bool host = c->clock && !strcmp(c->clock, "host");
    *p = (struct pace){ .host = host, .hz = hz };
    if (host || !c->clock || !strcmp(c->clock, "guest")) return true;
    g_set_error(err, MACHINE_ERROR, 0, "--clock: '%s' is neither guest nor host", c->clock);
    return false;
}

static bool all_halted(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (!cpu_is_halted(m->cpus[i])) return false;
    }
    return true;
}

static void wait_ms(int input_fd, int ms)
{
    struct pollfd pfd = { .fd = input_fd, .events = POLLIN };
    int n = poll(&pfd, input_fd >= 0 ? 1 : 0, ms);
    if (n > 0 && !(pfd.revents & POLLIN)) poll(NULL, 0, ms); /* a terminal that nobody holds */
}

/* Where the guest's clock should be now. */
static u64 host_ticks(struct pace *p, u64 now)
{
    s64 us = g_get_monotonic_time();
    if (!p->started) {
        p->started = true;
        p->start_us = us;
        p->start_ticks = now;
    }
    return p->start_ticks + (u64)((u128)(u64)(us - p->start_us) * p->hz / US_PER_SECOND);
}

static void follow_host(struct pace *p, struct machine *m, int input_fd)
{
    u64 now = clock_now(m->clock), there = host_ticks(p, now);
    if (there > now) {
        machine_skip_time(m, there - now);
    } else {
        wait_ms(input_fd, (int)((now - there) * 1000 / p->hz));
    }
}

void pace_keep(struct pace *p, struct machine *m, unsigned per_second, int input_fd)
{
    if (p->host) {
        follow_host(p, m, input_fd);
    } else if (p->idle && all_halted(m)) {
        wait_ms(input_fd, (int)(1000 / per_second));
    }
}
