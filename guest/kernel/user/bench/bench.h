/* A workload does one thing n times between begin() and end(), and says why it could not, or NULL.
 * What it needs before and after stays outside of the two.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "../lib/user.h"

typedef const char *workload_fn(long n);
#define WORKLOAD(name, function, iterations, what) workload_fn function;
#include "workloads.def"

extern const char no_disk[], small_disk[]; /* why a workload has nothing to work on: skipped */

void begin(long n);
void end(void);

#define WANT(condition) do { if (!(condition)) return #condition; } while (0)

#endif
