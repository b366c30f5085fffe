/* Matrices: multiplication of doubles, then Gaussian elimination of the product.  Long loops that a
 * compiler pipelines, floating-point loads and stores.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define N 96

static double a[N][N], b[N][N], c[N][N];

static void multiply(void)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) c[i][j] = 0;
        for (int k = 0; k < N; k++) {
            double f = a[i][k];
            for (int j = 0; j < N; j++) c[i][j] += f * b[k][j];
        }
    }
}

static double eliminate(void)
{
    double det = 1;
    for (int i = 0; i < N; i++) {
        double pivot = c[i][i] + 1e-3;
        det = det * pivot * 0.01;
        for (int r = i + 1; r < N; r++) {
            double f = c[r][i] / pivot;
            for (int j = i; j < N; j++) c[r][j] -= f * c[i][j];
        }
    }
    return det;
}

u64 bench(unsigned scale)
{
    u64 seed = 0xa4093822299f31d0ull, sum = 0;
    for (unsigned round = 0; round < 24 * scale; round++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                a[i][j] = (double)(int)(next_random(&seed) & 1023) / 512 - 1;
                b[i][j] = (double)(int)(next_random(&seed) & 1023) / 512 - 1;
            }
        }
        multiply();
        for (int i = 0; i < N; i++) sum = mix(sum, bits_of(c[i][N - 1 - i]));
        sum = mix(sum, bits_of(eliminate()));
    }
    return sum;
}
