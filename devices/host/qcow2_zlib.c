/* Clusters packed by zlib: bare deflate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <zlib.h>

#include "devices/host/qcow2.h"

#define BARE_DEFLATE (-15) /* zlib.h: negative for no header; any window */

bool qcow2_unpack_zlib(const u8 *from, size_t from_len, u8 *to, size_t to_len)
{
    z_stream z = { .next_in = (Bytef *)from, .avail_in = (uInt)from_len,
                   .next_out = to, .avail_out = (uInt)to_len };
    if (inflateInit2(&z, BARE_DEFLATE) != Z_OK) return false;
    int r = inflate(&z, Z_FINISH);
    bool full = !z.avail_out && (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK);
    inflateEnd(&z);
    return full;
}
