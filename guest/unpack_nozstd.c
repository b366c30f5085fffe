/* Built without libzstd: a kernel packed with zstd is refused, in words that say so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/file-priv.h"

enum unpack_result unpack_zstd(struct unpacking *u)
{
    (void)u;
    return UNPACK_NOT_BUILT;
}
