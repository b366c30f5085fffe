/* Sorting: quicksort with insertion sort below 16 elements, then a heap sort of the same numbers.
 * Unpredictable compares, short loops.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define N 20000

static void insertion_sort(u64 *a, long n)
{
    for (long i = 1; i < n; i++) {
        u64 v = a[i];
        long j = i;
        for (; j > 0 && a[j - 1] > v; j--) a[j] = a[j - 1];
        a[j] = v;
    }
}

static void quicksort(u64 *a, long n)
{
    while (n > 16) {
        u64 pivot = a[n / 2];
        long i = 0, j = n - 1;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                u64 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        quicksort(a, j + 1);
        a += i;
        n -= i;
    }
    insertion_sort(a, n);
}

static void sift(u64 *a, long root, long n)
{
    u64 v = a[root];
    for (long child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && a[child + 1] > a[child]) child++;
        if (a[child] <= v) break;
        a[root] = a[child];
    }
    a[root] = v;
}

static void heapsort(u64 *a, long n)
{
    for (long i = n / 2; i-- > 0;) sift(a, i, n);
    while (n-- > 1) {
        u64 t = a[0];
        a[0] = a[n];
        a[n] = t;
        sift(a, 0, n);
    }
}

u64 bench(unsigned scale)
{
    static u64 a[N], b[N];
    u64 seed = 88172645463325252ull, sum = 0;
    for (unsigned round = 0; round < 3 * scale; round++) {
        for (long i = 0; i < N; i++) a[i] = b[i] = next_random(&seed);
        quicksort(a, N);
        heapsort(b, N);
        for (long i = 0; i < N; i += 97) sum = mix(sum, a[i] ^ b[N - 1 - i]);
    }
    return sum;
}
