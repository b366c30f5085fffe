/* A second opinion on 82-bit arithmetic, computed with MPFR and written from the rules rather than
 * from cpu/fp.  Slow and plain on purpose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FP_ORACLE_H
#define TESTS_UNIT_FP_ORACLE_H

#include <mpfr.h>

#include "base/types.h"
#include "cpu/fp/fp.h"

enum oclass {
    O_ZERO, O_PSEUDO_ZERO, O_NORMAL, O_UNNORMAL, O_INF, O_QNAN, O_SNAN, O_UNSUPPORTED, O_NAT
};

enum oclass oracle_class(struct fpreg f);
bool oracle_is_unnormal(struct fpreg f);

/* The exact value of a finite register or infinity; `x` must have 64 bits of precision or more. */
void oracle_value(mpfr_t x, struct fpreg f);

struct fpresult oracle_fma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                           enum fp_addend addend, const struct fpctl *ctl);

/* Correctly rounded f2/f3 and sqrt(f3) of nonzero finite operands, with D. */
struct fpresult oracle_quotient(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl);
struct fpresult oracle_sqrt(struct fpreg f3, const struct fpctl *ctl);

struct fpresult oracle_to_int(struct fpreg f2, bool is_unsigned, unsigned width,
                              const struct fpctl *ctl);

/* Fails the running test, printing everything, unless both are the same outcome: the same fault, or
 * the same value, flags, trap, fpa and pred. */
#define assert_same_result(got, want, ...)                                                         \
    do {                                                                                           \
        if (!oracle_same(got, want)) oracle_complain(got, want, __FILE__, __LINE__, __VA_ARGS__);  \
    } while (0)
bool oracle_same(struct fpresult got, struct fpresult want);
void oracle_complain(struct fpresult got, struct fpresult want, const char *file, int line,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* For printf: a register, a control block. */
#define FPREG_FMT "%c%05x.%016llx"
#define FPREG_ARG(f) (f).sign ? '-' : '+', (f).exp, (unsigned long long)(f).sig
#define FPCTL_FMT "prec %u range %u rc %u ftz %u enabled %02x"
#define FPCTL_ARG(c) (c).prec, (c).range, (c).rc, (c).ftz, (c).enabled

static inline bool same_reg(struct fpreg a, struct fpreg b)
{
    return a.sig == b.sig && a.exp == b.exp && a.sign == b.sign;
}

#endif
