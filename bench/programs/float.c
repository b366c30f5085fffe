/* Floating point: the Mandelbrot set, five bodies under gravity (with a square root by Newton's
 * method), and sums of series.  Multiplications, divisions, compares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

static u64 mandelbrot(int size)
{
    u64 sum = 0;
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            double cr = 3.0 * x / size - 2.0, ci = 2.0 * y / size - 1.0, zr = 0, zi = 0;
            int n = 0;
            while (n < 60 && zr * zr + zi * zi < 4) {
                double t = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = t;
                n++;
            }
            sum = mix(sum, (u64)n);
        }
    }
    return sum;
}

static double root(double v)
{
    double x = v > 1 ? v / 2 : 1;
    for (int i = 0; i < 8; i++) x = 0.5 * (x + v / x);
    return x;
}

struct body {
    double x[3], v[3], mass;
};

static u64 gravity(int steps)
{
    struct body body[5];
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 3; k++) {
            body[i].x[k] = (i * 7 + k * 3) % 5 - 2.0 + i * 0.1;
            body[i].v[k] = ((i + k) % 3 - 1) * 0.1;
        }
        body[i].mass = 1.0 / (1 + i);
    }
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < i; j++) {
                double d[3], r2 = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = body[i].x[k] - body[j].x[k];
                    r2 += d[k] * d[k];
                }
                double f = 0.001 / (r2 * root(r2));
                for (int k = 0; k < 3; k++) {
                    body[i].v[k] -= d[k] * body[j].mass * f;
                    body[j].v[k] += d[k] * body[i].mass * f;
                }
            }
        }
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 3; k++) body[i].x[k] += 0.001 * body[i].v[k];
        }
    }
    u64 sum = 0;
    for (int i = 0; i < 5; i++) sum = mix(sum, bits_of(body[i].x[i % 3]));
    return sum;
}

static u64 series(int terms)
{
    double pi = 0;
    float harmonic = 0;
    for (int i = 0; i < terms; i++) {
        pi += (i & 1 ? -4.0 : 4.0) / (2 * i + 1);
        harmonic += 1.0f / (float)(i + 1);
    }
    return mix(bits_of(pi), bits_of(harmonic));
}

u64 bench(unsigned scale)
{
    u64 sum = 0;
    for (unsigned round = 0; round < 8 * scale; round++) {
        sum = mix(sum, mandelbrot(110 + (int)round % 3));
        sum = mix(sum, gravity(1500));
        sum = mix(sum, series(100000));
    }
    return sum;
}
