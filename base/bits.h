/* Bit fields as the manuals write them: {hi:lo}, bit 0 least significant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/types.h"

/* The low `n` bits set, 0 <= n <= 64. */
static inline u64 mask64(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* x{hi:lo}, right-aligned. */
static inline u64 bits(u64 x, unsigned hi, unsigned lo)
{
    return (x >> lo) & mask64(hi - lo + 1);
}

static inline unsigned bit(u64 x, unsigned n)
{
    return (unsigned)(x >> n) & 1;
}

/* `x` with {hi:lo} replaced by the low bits of `v`. */
static inline u64 deposit(u64 x, unsigned hi, unsigned lo, u64 v)
{
    u64 m = mask64(hi - lo + 1) << lo;
    return (x & ~m) | ((v << lo) & m);
}

/* The low `n` bits of `x` as a signed number, 1 <= n <= 64. */
static inline s64 sext(u64 x, unsigned n)
{
    return (s64)(x << (64 - n)) >> (64 - n);
}

static inline u64 zext(u64 x, unsigned n)
{
    return x & mask64(n);
}

static inline u64 align_down(u64 x, u64 power_of_two)
{
    return x & ~(power_of_two - 1);
}

static inline u64 align_up(u64 x, u64 power_of_two)
{
    return align_down(x + power_of_two - 1, power_of_two);
}

#endif
