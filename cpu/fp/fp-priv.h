/* What the files of cpu/fp share: how an operand is taken apart, how exceptions become a result,
 * and the quick half of rounding.  Everything here works on biased 17-bit exponents widened to s32,
 * so that a normalised unnormal or a product may leave the 17 bits until rounding brings it back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_FP_FP_PRIV_H
#define CPU_FP_FP_PRIV_H

#include "base/bits.h"
#include "base/types.h"
#include "cpu/fp/fp.h"

#define FP_INT_BIT (1ull << 63)
#define FP_QUIET_BIT (1ull << 62)
#define FP_EXP_EXT_DENORMAL 0xc001u /* what exponent 0 means for a nonzero significand (SDM 1:88) */
#define FP_INFINITY ((struct fpreg){ FP_INT_BIT, FP_EXP_MAX, 0 })

/* Zeros, normals and unnormals alike are FINITE. */
enum fp_kind { FP_FINITE, FP_INF, FP_QNAN, FP_SNAN, FP_UNSUPPORTED, FP_NAT };

static inline enum fp_kind fp_kind(struct fpreg f)
{
    if (f.exp != FP_EXP_MAX) return fp_is_natval(f) ? FP_NAT : FP_FINITE;
    if (!(f.sig & FP_INT_BIT)) return FP_UNSUPPORTED;
    if (f.sig == FP_INT_BIT) return FP_INF;
    return f.sig & FP_QUIET_BIT ? FP_QNAN : FP_SNAN;
}

static inline bool fp_is_nan(enum fp_kind k)
{
    return k == FP_QNAN || k == FP_SNAN;
}

/* Exponent neither 0 nor that of infinity, integer bit set: what fast paths are made for. */
static inline bool fp_is_normal(struct fpreg f)
{
    return f.exp - 1u < FP_EXP_MAX - 1u && f.sig >> 63;
}

/* The one zero that is not also an unnormal. */
static inline bool fp_is_true_zero(struct fpreg f)
{
    return (f.exp | f.sig) == 0;
}

/* Denormals, unnormals, pseudo-denormals and pseudo-zeros: all that raise D. */
static inline bool fp_is_unnormal(struct fpreg f)
{
    return f.exp != FP_EXP_MAX && !fp_is_normal(f) && !fp_is_true_zero(f) && !fp_is_natval(f);
}

/* A finite operand: sig has its integer bit set, or is 0 and then exp means nothing. */
struct fpnum {
    u64 sig;
    s32 exp;
    u32 sign;
};

static inline struct fpnum fp_normalize(struct fpreg f)
{
    unsigned n = f.sig ? (unsigned)__builtin_clzll(f.sig) : 0;
    s32 exp = (s32)(f.exp ? f.exp : FP_EXP_EXT_DENORMAL);
    return (struct fpnum){ f.sig << n, exp - (s32)n, f.sign };
}

static inline struct fpreg fp_signed(struct fpreg magnitude, u32 sign)
{
    magnitude.sign = sign;
    return magnitude;
}

static inline struct fpreg fp_quiet(struct fpreg nan)
{
    nan.sig |= FP_QUIET_BIT;
    return nan;
}

/* Results. */
static inline struct fpresult fp_done(struct fpreg value, u8 flags)
{
    return (struct fpresult){ .value = value, .flags = flags };
}

/* One of V, D, Z occurred and `value` is the answer if it is disabled.  A fault sets no flag. */
static inline struct fpresult fp_raise(u8 exception, struct fpreg value, const struct fpctl *ctl)
{
    if (ctl->enabled & exception) return (struct fpresult){ .fault = exception };
    return fp_done(value, exception);
}

/* The end of every operation with a finite or infinite answer that needs no rounding: D is the last
 * fault looked at (SDM 1:5.4.1). */
static inline struct fpresult fp_exact(bool unnormal, struct fpreg value, const struct fpctl *ctl)
{
    return unnormal ? fp_raise(FP_D, value, ctl) : fp_done(value, 0);
}

/* An infinitely precise nonzero result: (-1)^sign * 2^(exp-bias) * (sig + ext/2^64) / 2^63, the
 * integer bit of sig set.  Bit 0 of ext also stands for everything below it (it is sticky). */
struct fpexact {
    u64 sig, ext;
    s32 exp;
    u32 sign;
};

static inline s32 fp_emin(const struct fpctl *ctl)
{
    return (s32)FP_BIAS - (1 << (ctl->range - 1)) + 2;
}

static inline s32 fp_emax(const struct fpctl *ctl)
{
    return (s32)FP_BIAS + (1 << (ctl->range - 1)) - 1;
}

/* Is the magnitude to be incremented, when `tail`/2^64 of a unit in the last place is cut off? */
static ALWAYS_INLINE bool fp_rounds_up(u8 rc, u32 sign, bool odd, u64 tail)
{
    if (likely(rc == FP_RN)) return (tail > FP_INT_BIT) | ((tail == FP_INT_BIT) & odd);
    return rc != FP_RZ && tail && (rc == FP_RM) == (sign != 0);
}

/* Rounded to a precision, as though the range of exponents were unbounded. */
struct fprounded {
    u64 sig;
    s32 exp;
    bool inexact, up;
};

static ALWAYS_INLINE struct fprounded fp_round_sig(struct fpexact x, const struct fpctl *ctl)
{
    unsigned drop = 64u - ctl->prec;
    u64 tail = drop ? x.sig << (64 - drop) | (x.ext != 0) : x.ext;
    bool up = fp_rounds_up(ctl->rc, x.sign, x.sig >> drop & 1, tail);
    u64 sig = ((x.sig >> drop) + up) << drop;
    bool carry = up && !sig;
    return (struct fprounded){ sig | (u64)carry << 63, x.exp + carry, tail != 0, up };
}

/* round.c: overflow and underflow of `x`, which rounds to `r`. */
COLD struct fpresult fp_round_range(struct fpexact x, struct fprounded r, const struct fpctl *ctl,
                                    u8 flags);

/* The one rounding of every operation: precision here, range in round.c.  `flags` are those already
 * raised (D). */
static ALWAYS_INLINE struct fpresult fp_round(struct fpexact x, const struct fpctl *ctl, u8 flags)
{
    struct fprounded r = fp_round_sig(x, ctl);
    s32 emin = fp_emin(ctl);
    if (unlikely((u32)(r.exp - emin) > (u32)(fp_emax(ctl) - emin))) {
        return fp_round_range(x, r, ctl, flags);
    }
    u8 i = r.inexact ? FP_I : 0;
    return (struct fpresult){ .value = { r.sig, (u32)r.exp, x.sign },
                              .flags = flags | i,
                              .trap = i & ctl->enabled,
                              .fpa = r.up };
}

/* recip.c: the halves of fprcpa and fprsqrta, operands and results in register format. */
struct fpresult fp_rcpa_half(struct fpreg num, struct fpreg den, const struct fpctl *ctl);
struct fpresult fp_rsqrta_half(struct fpreg f, const struct fpctl *ctl);

/* convert.c: conversion to an integer of `width` bits. */
struct fpresult fp_to_int_width(struct fpreg f, bool is_unsigned, unsigned width,
                                const struct fpctl *ctl);

#endif
