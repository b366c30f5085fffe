/* A build without libpng takes no screenshots.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>

#include "devices/host/display.h"

bool picture_write_png(const struct picture *picture, const char *path, GError **err)
{
    (void)picture;
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "%s: this epic64 was built without libpng: no screenshots", path);
    return false;
}
