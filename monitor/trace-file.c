/* Where a trace goes: a file, standard output (-), or standard error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "monitor/monitor.h"

static bool is_standard(const char *path)
{
    return !path || !strcmp(path, "-");
}

const char *trace_name(const char *path)
{
    return !path ? "standard error" : !strcmp(path, "-") ? "standard output" : path;
}

FILE *trace_open(const char *path, GError **err)
{
    if (!path) return stderr;
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error like a full disk */
    FILE *out = is_standard(path) ? stdout : fopen(path, "w");
    if (!out) {
        g_set_error(err, MONITOR_ERROR, 0, "--trace: %s: cannot be written: %s", path,
                    g_strerror(errno));
    }
    return out;
}

bool trace_close(FILE *out, const char *path, GError **err)
{
    bool ok = fflush(out) == 0 && !ferror(out);
    if (!is_standard(path) && fclose(out) != 0) ok = false;
    if (!ok) {
        g_set_error(err, MONITOR_ERROR, 0, "--trace: %s: could not write all of it",
                    trace_name(path));
    }
    return ok;
}
