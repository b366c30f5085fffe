/* Recursion: Fibonacci, Ackermann, eight queens and the towers of Hanoi.  Calls and returns, and
 * with them the register stack engine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

static u64 fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static unsigned ackermann(unsigned m, unsigned n)
{
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static unsigned queens(unsigned row, unsigned columns, unsigned up, unsigned down)
{
    if (row == 9) return 1;
    unsigned found = 0;
    for (unsigned free = ~(columns | up | down) & 0x1ff; free; free &= free - 1) {
        unsigned bit = free & -free;
        found += queens(row + 1, columns | bit, (up | bit) << 1, (down | bit) >> 1);
    }
    return found;
}

static void hanoi(unsigned n, unsigned from, unsigned to, u64 *sum)
{
    if (n == 0) return;
    hanoi(n - 1, from, 3 - from - to, sum);
    *sum = mix(*sum, n * 9 + from * 3 + to);
    hanoi(n - 1, 3 - from - to, to, sum);
}

u64 bench(unsigned scale)
{
    u64 sum = 0;
    for (unsigned round = 0; round < 60 * scale; round++) {
        sum = mix(sum, fibonacci(23 + round % 2));
        sum = mix(sum, ackermann(2, 150 + round % 3));
        sum = mix(sum, ackermann(3, 5));
        sum = mix(sum, queens(0, 0, 0, 0));
        hanoi(14, 0, 2, &sum);
    }
    return sum;
}
