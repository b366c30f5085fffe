/* Where a picture goes and where keys come from.  PUBLIC.
 *
 * A display is looked after between slices, on the machine's own thread: it never calls into the
 * guest from anywhere else.  How often is decided by the host's clock, which the guest cannot see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_HOST_DISPLAY_H
#define DEVICES_HOST_DISPLAY_H

#include "devices/i8042.h"
#include "devices/picture.h"

/* What a person does; the machine's end. */
struct display_input {
    void *opaque;
    void (*key)(void *opaque, enum key key, bool down);
    void (*mouse)(void *opaque, int dx, int dy, int wheel, unsigned buttons);
    void (*closed)(void *opaque); /* the window */
};

struct display;

struct display_ops {
    const char *name;
    /* Look for input.  true: a new picture is welcome. */
    bool (*poll)(struct display *d, const struct display_input *input);
    void (*show)(struct display *d, const struct picture *picture);
    void (*free)(struct display *d);
};

struct display {
    const struct display_ops *ops;
    bool person; /* somebody sits at it: idle time passes at its own speed */
};

/* "none": nobody looks; "sdl": a window. */
struct display *display_open(const char *name, GError **err);
struct display *display_null_new(void);
struct display *display_sdl_new(GError **err);

static inline bool display_poll(struct display *d, const struct display_input *input)
{
    return d->ops->poll(d, input);
}
static inline void display_show(struct display *d, const struct picture *picture)
{
    d->ops->show(d, picture);
}
static inline void display_free(struct display *d)
{
    if (d) d->ops->free(d);
}

/* picture_png.c */
bool picture_write_png(const struct picture *picture, const char *path, GError **err);

#endif
