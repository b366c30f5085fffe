/* A benchmark is one function: so much work, a checksum.  The same source is compiled for the host,
 * with its C library, and for IA-64, with the bare-metal runtime; both must print the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_PROGRAMS_BENCH_H
#define BENCH_PROGRAMS_BENCH_H

#include <stdint.h>

#ifdef __ia64__
#include "rt.h"
#else
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

u64 bench(unsigned scale);

/* Numbers without pattern, the same everywhere. */
static inline u64 next_random(u64 *state)
{
    u64 x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

static inline u64 mix(u64 sum, u64 v)
{
    return (sum ^ v) * 0x100000001b3ull + (sum >> 29);
}

/* The bits of a double, for checksums. */
static inline u64 bits_of(double d)
{
    u64 v;
    memcpy(&v, &d, sizeof(v));
    return v;
}

#endif
