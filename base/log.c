/* Logging is GLib's: a channel is a log domain, and log_setup installs a writer that knows the
 * threshold.  Before log_setup (in unit tests) messages go GLib's usual way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* CRITICAL, not ERROR: GLib would abort the process on the latter. */
static const struct {
    const char *name;
    GLogLevelFlags flag;
} levels[LEVEL_COUNT] = {
    [LEVEL_ERROR]   = { "error",   G_LOG_LEVEL_CRITICAL },
    [LEVEL_WARNING] = { "warning", G_LOG_LEVEL_WARNING },
    [LEVEL_INFO]    = { "info",    G_LOG_LEVEL_INFO },
    [LEVEL_DEBUG]   = { "debug",   G_LOG_LEVEL_DEBUG },
};

static const char *field(const GLogField *fields, gsize n, const char *key)
{
    for (gsize i = 0; i < n; i++) {
        if (strcmp(fields[i].key, key) == 0 && fields[i].length == -1) return fields[i].value;
    }
    return NULL;
}

static GLogWriterOutput write_message(GLogLevelFlags level, const GLogField *fields, gsize n,
                                      gpointer threshold)
{
    /* GLib's flags are ordered: the more urgent, the lower the bit. */
    if ((level & G_LOG_LEVEL_MASK) > (GLogLevelFlags)GPOINTER_TO_UINT(threshold)) {
        return G_LOG_WRITER_HANDLED;
    }
    const char *channel = field(fields, n, "GLIB_DOMAIN");
    const char *text = field(fields, n, "MESSAGE");
    fflush(stdout); /* keep guest output and messages in order on a terminal */
    fprintf(stderr, "epic64: %s%s%s\n", channel ? channel : "", channel ? ": " : "",
            text ? text : "");
    return G_LOG_WRITER_HANDLED;
}

static enum log_level wanted = LEVEL_INFO; /* what GLib prints by itself */

bool log_wants(enum log_level level)
{
    return level <= wanted;
}

void log_setup(enum log_level most)
{
    wanted = most;
    g_log_set_writer_func(write_message, GUINT_TO_POINTER(levels[most].flag), NULL);
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (int i = 0; i < LEVEL_COUNT; i++) {
        if (strcmp(name, levels[i].name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_print(enum log_level level, const char *channel, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_log_structured(channel, levels[level].flag, "MESSAGE", "%s", text);
    g_free(text);
}
