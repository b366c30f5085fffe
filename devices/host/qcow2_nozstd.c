/* Built without libzstd: images packed with it are refused, in words that say so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/host/qcow2.h"

qcow2_unpack_fn *qcow2_unpack_zstd(void)
{
    return NULL;
}
