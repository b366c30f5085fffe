/* Built without cairo.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/privops.h"

bool report_plot(const struct report *r, const char *path, GError **err)
{
    (void)r;
    g_set_error(err, MONITOR_ERROR, 0, "--plot %s: this epic64 was built without cairo; install "
                "libcairo2-dev and build again", path);
    return false;
}
