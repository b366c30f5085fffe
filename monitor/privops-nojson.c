/* Built without json-glib.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/privops.h"

bool report_json(const struct report *r, unsigned top, FILE *out, GError **err)
{
    (void)r, (void)top, (void)out;
    g_set_error(err, MONITOR_ERROR, 0, "--output json: this epic64 was built without json-glib; "
                "install libjson-glib-dev and build again, or use csv");
    return false;
}
