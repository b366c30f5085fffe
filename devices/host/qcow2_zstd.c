/* Clusters packed by zstd: a frame, then whatever is in the rest of the sector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <zstd.h>

#include "devices/host/qcow2.h"

static bool unpack(const u8 *from, size_t from_len, u8 *to, size_t to_len)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_inBuffer in = { from, from_len, 0 };
    ZSTD_outBuffer out = { to, to_len, 0 };
    size_t left = 1;
    while (out.pos < out.size && in.pos < in.size && left && !ZSTD_isError(left)) {
        left = ZSTD_decompressStream(z, &out, &in);
    }
    ZSTD_freeDStream(z);
    return out.pos == out.size && !ZSTD_isError(left);
}

qcow2_unpack_fn *qcow2_unpack_zstd(void)
{
    return unpack;
}
