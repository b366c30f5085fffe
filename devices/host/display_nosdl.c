/* A build without SDL has no window.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>

#include "devices/host/display.h"

struct display *display_sdl_new(GError **err)
{
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "this epic64 was built without SDL2: --display sdl is not possible");
    return NULL;
}
