/* Between floating-point and the integers that live in significands.  SDM volume 3, fcvt.fx,
 * fcvt.xf.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

/* The magnitude of a finite operand below 2^64 as integer part and fraction in 2^-64. */
struct split {
    u64 integer, fraction;
};

static struct split split_at_point(struct fpnum x)
{
    s32 n = (s32)FP_EXP_INT - x.exp; /* places below bit 63 */
    if (n > 64) return (struct split){ 0, 1 }; /* below 1/2; how far does not matter */
    u128 v = ((u128)x.sig << 64) >> n;
    return (struct split){ (u64)(v >> 64), (u64)v };
}

/* Does the magnitude fit `width` bits?  The most negative integer does, rounded negatives do not
 * fit an unsigned. */
static bool fits(u64 magnitude, bool negative, bool is_unsigned, unsigned width)
{
    if (is_unsigned) return magnitude <= mask64(width) && (!negative || !magnitude);
    return magnitude <= mask64(width - 1) + (negative ? 1 : 0);
}

struct fpresult fp_to_int_width(struct fpreg f, bool is_unsigned, unsigned width,
                                const struct fpctl *ctl)
{
    struct fpresult indefinite = fp_raise(FP_V, fp_int(1ull << (width - 1)), ctl);
    enum fp_kind kind = fp_kind(f);
    if (kind == FP_NAT) return fp_done(FP_NATVAL, 0);

    struct fpnum x = fp_normalize(f);
    if (kind != FP_FINITE || (x.sig && x.exp > (s32)FP_EXP_INT)) return indefinite;

    struct split s = x.sig ? split_at_point(x) : (struct split){ 0, 0 };
    bool up = fp_rounds_up(ctl->rc, x.sign, s.integer & 1, s.fraction);
    u64 magnitude = s.integer + up; /* cannot wrap: 64 integer bits leave no fraction */
    if (!fits(magnitude, x.sign, is_unsigned, width)) return indefinite;

    u64 value = x.sign ? -magnitude : magnitude;
    struct fpresult r = fp_exact(fp_is_unnormal(f), fp_int(value & mask64(width)), ctl);
    if (r.fault || !s.fraction) return r;
    r.flags |= FP_I;
    r.trap = ctl->enabled & FP_I;
    r.fpa = up;
    return r;
}

struct fpresult fp_to_int(struct fpreg f2, bool is_unsigned, const struct fpctl *ctl)
{
    return fp_to_int_width(f2, is_unsigned, 64, ctl);
}

struct fpreg fp_from_int(struct fpreg f2)
{
    if (fp_is_natval(f2)) return FP_NATVAL;
    if (!f2.sig) return FP_ZERO;
    u32 sign = (u32)(f2.sig >> 63);
    u64 magnitude = sign ? -f2.sig : f2.sig;
    unsigned n = (unsigned)__builtin_clzll(magnitude);
    return (struct fpreg){ magnitude << n, FP_EXP_INT - n, sign };
}
