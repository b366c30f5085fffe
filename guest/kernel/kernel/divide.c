/* Integer division: the processor has none, and the compiler's library would use floating-point
 * registers that belong to programs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);

static u64 divide(u64 n, u64 d, u64 *rest)
{
    u64 quotient = 0, r = 0;
    if (!d) panic("division by zero");
    unsigned skip = n ? (unsigned)__builtin_clzl(n) : 63;
    n <<= skip;
    for (unsigned i = skip; i < 64; i++) {
        r = r << 1 | n >> 63;
        n <<= 1;
        quotient <<= 1;
        if (r >= d) r -= d, quotient |= 1;
    }
    *rest = r;
    return quotient;
}

u64 __udivdi3(u64 n, u64 d)
{
    u64 rest;
    return divide(n, d, &rest);
}

u64 __umoddi3(u64 n, u64 d)
{
    u64 rest;
    divide(n, d, &rest);
    return rest;
}
