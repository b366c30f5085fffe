/* xz, with all filters, the one for IA-64 code among them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <lzma.h>

#include "guest/file-priv.h"

static enum unpack_result decode_all(lzma_stream *z, struct unpacking *u)
{
    for (;;) {
        size_t room;
        if (!z->avail_in) z->next_in = unpack_next(u, &z->avail_in);
        z->next_out = bytes_make_room(u->out, &room);
        z->avail_out = room;
        /* Without input left it is told so, and then either ends or complains. */
        lzma_ret r = lzma_code(z, z->avail_in ? LZMA_RUN : LZMA_FINISH);
        u->out->len += room - z->avail_out;
        if (u->out->len > UNPACK_MAX) return UNPACK_TOO_LARGE;
        if (r == LZMA_STREAM_END) return UNPACK_OK;
        if (r != LZMA_OK) return UNPACK_DAMAGED;
    }
}

enum unpack_result unpack_xz(struct unpacking *u)
{
    lzma_stream z = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&z, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) return UNPACK_DAMAGED;
    enum unpack_result result = decode_all(&z, u);
    lzma_end(&z);
    return result;
}
