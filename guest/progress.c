/* One line on the terminal that counts to 100 % and then goes away.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include "guest/file-priv.h"

#define LARGE (8ull << 20) /* smaller files are there before anybody looks */
#define INTERVAL_US 50000
#define CLEAR_LINE "\r\033[K"

void progress_start(struct progress *p, const char *doing, const char *path, u64 total)
{
    bool watched = total >= LARGE && isatty(STDERR_FILENO);
    *p = (struct progress){ doing, path, watched ? total : 0, 0, false };
    progress_reach(p, 0);
}

void progress_reach(struct progress *p, u64 done)
{
    if (!p->total) return;
    s64 now = g_get_monotonic_time();
    if (now < p->next_us) return;
    p->next_us = now + INTERVAL_US;
    p->shown = true;
    fprintf(stderr, CLEAR_LINE "%s %s: %u %%", p->doing, p->path,
            (unsigned)((double)MIN(done, p->total) * 100 / (double)p->total));
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shown) fputs(CLEAR_LINE, stderr);
}
