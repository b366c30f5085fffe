/* No display: the machine has an adapter all the same, and screenshots show what it would show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <string.h>

#include "devices/host/display.h"

static bool null_poll(struct display *d, const struct display_input *input)
{
    (void)d, (void)input;
    return false;
}

static void null_show(struct display *d, const struct picture *picture)
{
    (void)d, (void)picture;
}

static void null_free(struct display *d)
{
    g_free(d);
}

static const struct display_ops null_ops = {
    .name = "none", .poll = null_poll, .show = null_show, .free = null_free,
};

struct display *display_null_new(void)
{
    struct display *d = g_new0(struct display, 1);
    d->ops = &null_ops;
    return d;
}

struct display *display_open(const char *name, GError **err)
{
    if (!name || !strcmp(name, "none")) return display_null_new();
    if (!strcmp(name, "sdl")) return display_sdl_new(err);
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "'%s' is no display; there are none and sdl", name);
    return NULL;
}
