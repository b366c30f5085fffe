/* Under Linux the benchmarks have a C library.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_LINUX_USER_RT_H
#define BENCH_LINUX_USER_RT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#endif
