/* Built without libslirp: there is no user-mode network, and whoever asks for it is told.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>

#include "devices/host/net.h"

struct net *net_user_new(const char *forward, u64 (*now_ns)(void *), void *opaque, GError **err)
{
    (void)forward, (void)now_ns, (void)opaque;
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "this epic64 was built without libslirp, so there is no user-mode network");
    return NULL;
}
