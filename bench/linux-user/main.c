/* A benchmark as a user program: its checksum, and how many ticks of ar.itc it took, which are retired
 * slots as long as no processor idles.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

static u64 itc(void)
{
    u64 now;
    __asm__ volatile("mov %0 = ar.itc" : "=r"(now) : : "memory");
    return now;
}

int main(int argc, char **argv)
{
    unsigned scale = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    u64 start = itc(), sum = bench(scale ? scale : 1);
    printf("SUM %016lx %lu\n", (unsigned long)sum, (unsigned long)(itc() - start));
    return 0;
}
