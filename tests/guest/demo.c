/* The demonstration: a bare-metal program says where it is and computes something.
 *
 * expect: console "Hello from IA-64, running in physical mode.\nCPUID vendor: GenuineIntel\nThe first primes: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47\nsqrt(2) = 1.414213562373095\n40! mod 2^64 = 18376134811363311616\nBye.\n"
 * expect: exit 0
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rt.h"

static uint64_t cpuid(uint64_t i)
{
    uint64_t v;
    __asm__ volatile("mov %0 = cpuid[%1]" : "=r"(v) : "r"(i));
    return v;
}

static void vendor(void)
{
    uint64_t name[3] = { cpuid(0), cpuid(1), 0 };
    printf("CPUID vendor: %s\n", (const char *)name);
}

static void primes(void)
{
    printf("The first primes:");
    for (int n = 2; n < 50; n++) {
        int d = 2;
        while (d * d <= n && n % d) d++;
        if (d * d > n) printf(" %d", n);
    }
    putchar('\n');
}

static void root(void)
{
    double x = 1;
    for (int i = 0; i < 6; i++) x = 0.5 * (x + 2 / x);
    printf("sqrt(2) = 1.%015lu\n", (unsigned long)((x - 1) * 1e15 + 0.5));
}

static void factorial(void)
{
    uint64_t f = 1;
    for (uint64_t n = 33; n <= 40; n++) f *= n;
    for (uint64_t n = 2; n <= 32; n++) f *= n;
    printf("40! mod 2^64 = %lu\n", (unsigned long)f);
}

int main(void)
{
    puts("Hello from IA-64, running in physical mode.");
    vendor();
    primes();
    root();
    factorial();
    puts("Bye.");
    return 0;
}
