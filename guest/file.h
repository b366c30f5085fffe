/* Files of the host as bytes in memory, unpacked where that is wanted.  A person at a terminal sees
 * how far a large one has come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_FILE_H
#define GUEST_FILE_H

#include <glib.h>

#include "base/types.h"

struct bytes {
    u8 *data; /* g_free */
    u64 len, room;
};

/* The whole file as it is; refused if it is empty or longer than `most`. */
bool file_read(const char *path, u64 most, struct bytes *bytes, GError **err);
/* The same, unpacked if it is one of unpack.def's formats; 1 GB at most. */
bool file_read_unpacked(const char *path, struct bytes *bytes, GError **err);

void bytes_clear(struct bytes *bytes);

#endif
