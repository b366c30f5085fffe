/* Operands worth testing floating-point code with: one specimen of every encoding at every
 * boundary, and random numbers that prefer the neighbourhood of trouble.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FP_RANDOM_H
#define TESTS_UNIT_FP_RANDOM_H

#include "base/types.h"
#include "cpu/fp/fp.h"

extern const struct fpreg fp_corners[];
extern const unsigned fp_corner_count;

/* A deterministic sequence; every test starts its own. */
void rnd_seed(u64 seed);
u64 rnd(void);
unsigned rnd_below(unsigned n);

u64 rnd_significand(void);                 /* any 64 bits: dense, sparse, runs, cut to 24 or 53 */
struct fpreg rnd_any(void);                /* any register */
struct fpreg rnd_normal(unsigned spread);  /* a normal number within 2^+-spread */
struct fpreg rnd_near(s32 unbiased_exp);   /* a normal number about 2^unbiased_exp */
double rnd_double(unsigned spread);        /* a normal double within 2^+-spread, any fraction */
u64 rnd_double_bits(void);                 /* any double, preferring boundaries */
u32 rnd_single_bits(void);
struct fpctl rnd_ctl(void);                /* any prec, range, rc, ftz, enables (often none) */

#endif
