/* zstd, one frame or several, with windows of any size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <zstd.h>

#include "guest/file-priv.h"

static enum unpack_result decode_all(ZSTD_DStream *z, struct unpacking *u)
{
    size_t left = 1; /* 0: at the end of a frame */
    ZSTD_inBuffer in = { 0 };
    for (;;) {
        size_t room;
        if (in.pos == in.size) {
            in.pos = 0;
            in.src = unpack_next(u, &in.size);
        }
        u8 *to = bytes_make_room(u->out, &room);
        ZSTD_outBuffer out = { to, room, 0 };
        if (!in.size && !left) return UNPACK_OK;
        bool last = !in.size;
        left = ZSTD_decompressStream(z, &out, &in);
        u->out->len += out.pos;
        if (ZSTD_isError(left) || (last && left && !out.pos)) return UNPACK_DAMAGED;
        if (u->out->len > UNPACK_MAX) return UNPACK_TOO_LARGE;
    }
}

enum unpack_result unpack_zstd(struct unpacking *u)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_bounds window = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, window.upperBound);
    enum unpack_result result = decode_all(z, u);
    ZSTD_freeDStream(z);
    return result;
}
