/* What processor this is, and its instruction cache: code that was written must be flushed, since
 * that cache does not see what is stored.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "mm.h"
#include "privop.h"

static u64 line = 32; /* of the instruction cache; no processor has a smaller one */

static void print_processor(void)
{
    const u64 vendor[3] = { ia64_get_cpuid(0), ia64_get_cpuid(1) }, version = ia64_get_cpuid(3);
    printk("processor %s, family %lu, model %lu, revision %lu\n", (const char *)vendor,
           version >> 24 & 0xff, version >> 16 & 0xff, version >> 8 & 0xff);
}

void processor_init(void)
{
    enum { INSTRUCTION = 1, STRIDE_SHIFT = 24 };
    struct fw_result r = pal_call(PAL_CACHE_INFO, 0, INSTRUCTION, 0);
    if (!r.status) line = 1ul << (r.v0 >> STRIDE_SHIFT & 0xff);
    print_processor();
}

void code_flush(const void *start, u64 bytes)
{
    const u64 step = line, end = (u64)start + bytes;
    for (u64 at = align_down((u64)start, step); at < end; at += step) ia64_fc(at);
    ia64_sync_i();
}
