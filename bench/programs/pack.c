/* Compression: a small LZ packer with a hash of three-byte strings, its unpacker, and a check that
 * the text comes back.  Byte compares, table look-ups, copies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define SIZE 50000
#define TABLE 4096

static u8 text[SIZE], packed[2 * SIZE], again[SIZE];

static unsigned pack(void)
{
    static unsigned last[TABLE];
    unsigned out = 0;
    memset(last, 0, sizeof(last));
    for (unsigned at = 0; at < SIZE;) {
        unsigned len = 0, from = 0;
        if (at + 3 < SIZE) {
            unsigned h = (text[at] * 2654435761u ^ text[at + 1] * 40503u ^ text[at + 2] * 97u) %
                         TABLE;
            from = last[h];
            last[h] = at;
            if (from < at && at - from < 65536) {
                while (len < 250 && at + len < SIZE && text[from + len] == text[at + len]) len++;
            }
        }
        if (len > 4) {
            packed[out++] = (u8)len;
            packed[out++] = (u8)(at - from);
            packed[out++] = (u8)((at - from) >> 8);
            at += len;
        } else {
            packed[out++] = 0;
            packed[out++] = text[at++];
        }
    }
    return out;
}

static void unpack(unsigned size)
{
    unsigned at = 0;
    for (unsigned in = 0; in < size;) {
        unsigned len = packed[in++];
        if (len == 0) {
            again[at++] = packed[in++];
            continue;
        }
        unsigned back = packed[in] | (unsigned)packed[in + 1] << 8;
        in += 2;
        for (; len; len--, at++) again[at] = again[at - back];
    }
}

u64 bench(unsigned scale)
{
    static const char *const words[] = { "time ", "is ", "what ", "clocks ", "and ", "retired ",
                                         "slots ", "count, ", "nothing ", "else.\n" };
    u64 seed = 0xbe5466cf34e90c6cull, sum = 0;
    for (unsigned round = 0; round < 35 * scale; round++) {
        for (unsigned at = 0; at < SIZE;) {
            u64 r = next_random(&seed);
            for (const char *w = words[r % 10]; *w && at < SIZE; w++) text[at++] = (u8)*w;
            if (r >> 8 & 1 && at < SIZE) text[at++] = (u8)('0' + (r >> 9) % 10);
        }
        unsigned size = pack();
        unpack(size);
        sum = mix(sum, size);
        sum = mix(sum, memcmp(text, again, SIZE) == 0);
    }
    return sum;
}
