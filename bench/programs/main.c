/* How much work: an argument on the host, a word in memory in the guest (bench/run loads it there
 * with --load).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#ifdef __ia64__
#define SCALE_ADDRESS 0x10000ul
int main(void)
{
    unsigned scale = *(volatile u32 *)SCALE_ADDRESS;
#else
int main(int argc, char **argv)
{
    unsigned scale = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
#endif
    printf("%016lx\n", (unsigned long)bench(scale ? scale : 1));
    return 0;
}
