/* Two outputs of a run must not go to one file: each would open it for itself, and what comes out
 * is neither.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "machine/config.h"

struct output {
    const char *option;
    const char *path; /* NULL: standard error; "-": standard output */
};

static void add(GArray *all, const char *option, const char *path)
{
    struct output o = { option, path };
    g_array_append_val(all, o);
}

static void add_console(GArray *all, const char *option, const char *where)
{
    if (where && g_str_has_prefix(where, "file:")) add(all, option, where + strlen("file:"));
}

/* What is written while the guest runs, or opened before. */
static GArray *outputs_of(const struct config *c)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct output));
    for (guint i = 0; i < c->traces->len; i++) {
        add(all, "--trace", g_array_index(c->traces, struct trace_config, i).path);
    }
    if (c->pvcheck.text) add(all, "--pvcheck", c->pvcheck.text);
    if (c->dump_state) add(all, "--dump-state", c->dump_state);
    if (c->screenshot) add(all, "--screenshot", c->screenshot);
    add_console(all, "--console", c->console);
    add_console(all, "--hvc", c->hvc);
    return all;
}

static bool same_name(const char *a, const char *b)
{
    g_autofree char *x = g_canonicalize_filename(a, NULL), *y = g_canonicalize_filename(b, NULL);
    return !strcmp(x, y);
}

/* /dev/null takes everything, and a terminal shows whole lines of anybody. */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (!a || !b) return a == b;
    if (!strcmp(a, "-") || !strcmp(b, "-")) return !strcmp(a, b);
    if (stat(a, &x) || stat(b, &y)) return same_name(a, b);
    return x.st_dev == y.st_dev && x.st_ino == y.st_ino && !S_ISCHR(x.st_mode);
}

static const char *name_of(const struct output *o)
{
    return !o->path ? "standard error" : !strcmp(o->path, "-") ? "standard output" : o->path;
}

bool config_check_outputs(const struct config *c, GError **err)
{
    g_autoptr(GArray) all = outputs_of(c);
    for (guint i = 0; i < all->len; i++) {
        const struct output *o = &g_array_index(all, struct output, i);
        for (guint j = i + 1; j < all->len; j++) {
            const struct output *other = o + (j - i);
            if (!same_file(o->path, other->path)) continue;
            g_set_error(err, CONFIG_ERROR, 0, "%s and %s would both write to %s: give each a file "
                        "of its own", o->option, other->option, name_of(other));
            return false;
        }
    }
    return true;
}
