/* The instruction cache does not see what is stored: code that was written must be flushed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "mm.h"
#include "privop.h"

static u64 line = 32; /* of the instruction cache; no processor has a smaller one */

void cache_init(void)
{
    enum { INSTRUCTION = 1, STRIDE_SHIFT = 24 };
    struct fw_result r = pal_call(PAL_CACHE_INFO, 0, INSTRUCTION, 0);
    if (!r.status) line = 1ul << (r.v0 >> STRIDE_SHIFT & 0xff);
}

void code_flush(const void *start, u64 bytes)
{
    u64 at = align_down((u64)start, line), end = (u64)start + bytes;
    for (; at < end; at += line) ia64_fc(at);
    ia64_sync_i();
}
