/* Pictures as PNG files, with libpng.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gio/gio.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "devices/host/display.h"

/* libpng's simplified interface wants three bytes per pixel, red first. */
static u8 *to_bytes(const struct picture *p)
{
    size_t n = (size_t)p->width * p->height;
    u8 *bytes = g_malloc(3 * n);
    for (size_t i = 0; i < n; i++) {
        for (unsigned c = 0; c < 3; c++) bytes[3 * i + c] = (u8)(p->pixels[i] >> (16 - 8 * c));
    }
    return bytes;
}

static bool write_all(FILE *file, const struct picture *p, const char *path, GError **err)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = p->width, .height = p->height,
        .format = PNG_FORMAT_RGB,
    };
    u8 *bytes = to_bytes(p);
    bool ok = png_image_write_to_stdio(&image, file, 0, bytes, 0, NULL);
    if (!ok) g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, image.message);
    g_free(bytes);
    return ok;
}

static bool complain(const char *path, GError **err)
{
    g_set_error(err, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
    return false;
}

bool picture_write_png(const struct picture *p, const char *path, GError **err)
{
    FILE *file = fopen(path, "wb");
    if (!file) return complain(path, err);
    bool ok = write_all(file, p, path, err);
    if (fclose(file) && ok) return complain(path, err);
    return ok;
}
