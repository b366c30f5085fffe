/* A picture: what a display adapter makes and a display shows.  PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_PICTURE_H
#define DEVICES_PICTURE_H

#include <glib.h>

#include "base/types.h"

struct picture {
    unsigned width, height;
    u32 *pixels; /* 0x00RRGGBB, row after row without gaps */
    size_t room; /* pixels allocated */
};

/* The size changes, the contents are undefined; starts from an all-zero struct. */
static inline void picture_resize(struct picture *p, unsigned width, unsigned height)
{
    size_t need = (size_t)width * height;
    if (need > p->room) p->pixels = g_renew(u32, p->pixels, need), p->room = need;
    p->width = width;
    p->height = height;
}

static inline void picture_clear(struct picture *p)
{
    g_free(p->pixels);
    *p = (struct picture){ 0 };
}

#endif
