/* gzip, one member or several; what follows the last is padding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <zlib.h>

#include "guest/file-priv.h"

#define GZIP_WINDOW (15 + 16) /* zlib.h: 16 asks for a gzip header */

/* After a member: is there another one? */
static bool more(z_stream *z, struct unpacking *u)
{
    size_t len = z->avail_in;
    if (!len) {
        z->next_in = (Bytef *)unpack_next(u, &len);
        z->avail_in = (uInt)len;
    }
    return len && z->next_in[0] == 0x1f && inflateReset(z) == Z_OK;
}

static enum unpack_result inflate_all(z_stream *z, struct unpacking *u)
{
    for (;;) {
        size_t len, room;
        if (!z->avail_in) {
            z->next_in = (Bytef *)unpack_next(u, &len);
            z->avail_in = (uInt)len;
        }
        z->next_out = bytes_make_room(u->out, &room);
        z->avail_out = (uInt)MIN(room, 1u << 30);
        uInt before = z->avail_out;
        int r = inflate(z, Z_NO_FLUSH);
        u->out->len += before - z->avail_out;
        if (u->out->len > UNPACK_MAX) return UNPACK_TOO_LARGE;
        if (r == Z_STREAM_END && !more(z, u)) return UNPACK_OK;
        if (r != Z_OK && r != Z_STREAM_END) return UNPACK_DAMAGED;
    }
}

enum unpack_result unpack_gzip(struct unpacking *u)
{
    z_stream z = { 0 };
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) return UNPACK_DAMAGED;
    enum unpack_result result = inflate_all(&z, u);
    inflateEnd(&z);
    return result;
}
