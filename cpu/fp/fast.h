/* Quick answers for the common case: operands are normal numbers or true zeros of the size a
 * compiler uses, the result is an ordinary number too, and then the host's IEEE arithmetic gives,
 * bit for bit, what the exact code in this folder would.  Every function returns false when it
 * cannot promise that, and the caller goes the long way; nothing here ever faults, traps or needs a
 * flag.
 *
 * What the caller promises for the arithmetic (not for loads, stores and compares): the status
 * field rounds to nearest, its I flag is already set, and I traps are disabled; so nobody will ask
 * whether a result was exact.  pc and range are those of the function's name; a wide range (wre) is
 * fine, since the results given here lie inside the narrow one.
 *
 * The host must round to nearest, which is how every C program starts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_FP_FAST_H
#define CPU_FP_FAST_H

#include <string.h>

#include "base/bits.h"
#include "cpu/fp/fp.h"

#define FP_FAST_INT_BIT (1ull << 63)
#define FP_DOUBLE_REBIAS 0xfc00u /* register exponent minus double exponent */
#define FP_SINGLE_REBIAS 0xff80u

/* ---------------------------------------------------------------- registers and host numbers */

static ALWAYS_INLINE u64 fp_bits_of_double(double d)
{
    u64 v;
    memcpy(&v, &d, sizeof v);
    return v;
}

static ALWAYS_INLINE u32 fp_bits_of_float(float s)
{
    u32 v;
    memcpy(&v, &s, sizeof v);
    return v;
}

/* Exactly representable: a normal number with 53 (24) bits of precision in range, or a true
 * zero.  The integer bit of the significand is added into the exponent, which is one short for
 * that. */
static ALWAYS_INLINE bool fp_fast_to_double(struct fpreg f, double *d)
{
    u32 exp = f.exp - FP_DOUBLE_REBIAS - 1;
    u64 v = (u64)f.sign << 63;
    bool normal = likely((exp < 0x7fe) & (f.sig >> 63) & (f.sig << 53 == 0));
    if (normal) v += ((u64)exp << 52) + (f.sig >> 11);
    memcpy(d, &v, sizeof v);
    return normal || (f.exp | f.sig) == 0;
}

static ALWAYS_INLINE bool fp_fast_to_float(struct fpreg f, float *s)
{
    u32 exp = f.exp - FP_SINGLE_REBIAS - 1;
    u32 v = f.sign << 31;
    bool normal = likely((exp < 0xfe) & (f.sig >> 63) & (f.sig << 24 == 0));
    if (normal) v += (exp << 23) + (u32)(f.sig >> 40);
    memcpy(s, &v, sizeof v);
    return normal || (f.exp | f.sig) == 0;
}

/* Accepted results: normal, and above the smallest normal, which might have been rounded up from a
 * tiny number and then would be an underflow. */
static ALWAYS_INLINE bool fp_fast_from_double(double d, struct fpreg *out)
{
    u64 v = fp_bits_of_double(d);
    u32 exp = (u32)bits(v, 62, 52);
    *out = (struct fpreg){ FP_FAST_INT_BIT | v << 11, exp + FP_DOUBLE_REBIAS, (u32)(v >> 63) };
    return likely(exp - 2 < 0x7fd);
}

static ALWAYS_INLINE bool fp_fast_from_float(float s, struct fpreg *out)
{
    u32 v = fp_bits_of_float(s);
    u32 exp = v >> 23 & 0xff;
    *out = (struct fpreg){ FP_FAST_INT_BIT | (u64)v << 40, exp + FP_SINGLE_REBIAS, v >> 31 };
    return likely(exp - 2 < 0xfd);
}

/* A zero result known to be exact. */
static ALWAYS_INLINE bool fp_fast_zero(u32 sign, struct fpreg *out)
{
    *out = (struct fpreg){ 0, 0, sign };
    return true;
}

/* ---------------------------------------------------------------- the host's fused multiply-add */

#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
static ALWAYS_INLINE bool fp_host_has_fma(void) { return true; }
static ALWAYS_INLINE double fp_host_fma(double x, double y, double z)
{
    return __builtin_fma(x, y, z);
}
static ALWAYS_INLINE float fp_host_fmaf(float x, float y, float z)
{
    return __builtin_fmaf(x, y, z);
}
#elif defined(__x86_64__)
/* Built for any x86-64, run on one with FMA3: the instruction by name, so that it stays inline. */
static ALWAYS_INLINE bool fp_host_has_fma(void) { return __builtin_cpu_supports("fma"); }
static ALWAYS_INLINE double fp_host_fma(double x, double y, double z)
{
    __asm__("vfmadd231sd %2, %1, %0" : "+x"(z) : "x"(x), "x"(y));
    return z;
}
static ALWAYS_INLINE float fp_host_fmaf(float x, float y, float z)
{
    __asm__("vfmadd231ss %2, %1, %0" : "+x"(z) : "x"(x), "x"(y));
    return z;
}
#else
/* A library fma would be slower than our own: always go the long way. */
static ALWAYS_INLINE bool fp_host_has_fma(void) { return false; }
static ALWAYS_INLINE double fp_host_fma(double x, double y, double z) { return x * y + z; }
static ALWAYS_INLINE float fp_host_fmaf(float x, float y, float z) { return x * y + z; }
#endif

/* ---------------------------------------------------------------- arithmetic
 *
 * Names: a, b are f3, f4 (the product), c is f2 (the addend).  fp_fast_mul_* is for f2 = f0 (no
 * addition takes place), fp_fast_add_* for f4 = f1. */

#define FP_FAST_ARITHMETIC(suffix, type, to, from, host_fma)                                       \
    static inline bool fp_fast_mul_##suffix(struct fpreg a, struct fpreg b, struct fpreg *out)     \
    {                                                                                              \
        type x, y;                                                                                 \
        if (!to(a, &x) || !to(b, &y)) return false;                                                \
        if (from(x * y, out)) return true;                                                         \
        return (!a.sig || !b.sig) && fp_fast_zero(a.sign ^ b.sign, out);                           \
    }                                                                                              \
    /* A zero sum of nonzero numbers is exact: sums never underflow. */                            \
    static inline bool fp_fast_add_##suffix(struct fpreg a, struct fpreg c, struct fpreg *out)     \
    {                                                                                              \
        type x, z;                                                                                 \
        if (!to(a, &x) || !to(c, &z)) return false;                                                \
        type sum = x + z;                                                                          \
        if (from(sum, out)) return true;                                                           \
        return sum == 0 && fp_fast_zero(a.sign & c.sign, out);                                     \
    }                                                                                              \
    static inline bool fp_fast_fma_##suffix(struct fpreg a, struct fpreg b, struct fpreg c,        \
                                            struct fpreg *out)                                     \
    {                                                                                              \
        type x, y, z;                                                                              \
        if (!fp_host_has_fma()) return false;                                                      \
        if (!to(a, &x) || !to(b, &y) || !to(c, &z)) return false;                                  \
        if (from(host_fma(x, y, z), out)) return true;                                             \
        return (!a.sig || !b.sig) && !c.sig && fp_fast_zero((a.sign ^ b.sign) & c.sign, out);      \
    }                                                                                              \
    static inline bool fp_fast_sub_##suffix(struct fpreg a, struct fpreg c, struct fpreg *out)     \
    {                                                                                              \
        c.sign ^= 1;                                                                               \
        return fp_fast_add_##suffix(a, c, out);                                                    \
    }                                                                                              \
    static inline bool fp_fast_fms_##suffix(struct fpreg a, struct fpreg b, struct fpreg c,        \
                                            struct fpreg *out)                                     \
    {                                                                                              \
        c.sign ^= 1;                                                                               \
        return fp_fast_fma_##suffix(a, b, c, out);                                                 \
    }                                                                                              \
    static inline bool fp_fast_fnma_##suffix(struct fpreg a, struct fpreg b, struct fpreg c,       \
                                             struct fpreg *out)                                    \
    {                                                                                              \
        a.sign ^= 1;                                                                               \
        return fp_fast_fma_##suffix(a, b, c, out);                                                 \
    }

FP_FAST_ARITHMETIC(d, double, fp_fast_to_double, fp_fast_from_double, fp_host_fma)
FP_FAST_ARITHMETIC(s, float, fp_fast_to_float, fp_fast_from_float, fp_host_fmaf)

/* 64 bits of precision, with range 17 as division and square root sequences use it or 15 as long
 * doubles do: no host has that, but without flags to compute it is still half the work.  Operands
 * must be normal; results beyond range 15 are refused. */
bool fp_fast_mul_x(struct fpreg a, struct fpreg b, struct fpreg *out);
bool fp_fast_fma_x(struct fpreg a, struct fpreg b, struct fpreg c, struct fpreg *out);

static inline bool fp_fast_fms_x(struct fpreg a, struct fpreg b, struct fpreg c, struct fpreg *out)
{
    c.sign ^= 1;
    return fp_fast_fma_x(a, b, c, out);
}

static inline bool fp_fast_fnma_x(struct fpreg a, struct fpreg b, struct fpreg c, struct fpreg *out)
{
    a.sign ^= 1;
    return fp_fast_fma_x(a, b, c, out);
}

static inline bool fp_fast_add_x(struct fpreg a, struct fpreg c, struct fpreg *out)
{
    return fp_fast_fma_x(a, FP_ONE, c, out);
}

static inline bool fp_fast_sub_x(struct fpreg a, struct fpreg c, struct fpreg *out)
{
    return fp_fast_fms_x(a, FP_ONE, c, out);
}

/* fnorm.d of a number that is a double already: no rounding at all. */
static inline bool fp_fast_norm_d(struct fpreg f, struct fpreg *out)
{
    double d;
    *out = f;
    return fp_fast_to_double(f, &d);
}

/* fnorm.s of a double: C's conversion to float. */
static inline bool fp_fast_norm_s(struct fpreg f, struct fpreg *out)
{
    double d;
    if (!fp_fast_to_double(f, &d)) return false;
    return fp_fast_from_float((float)d, out) || (!f.sig && fp_fast_zero(f.sign, out));
}

/* ---------------------------------------------------------------- compares and conversions
 *
 * These need no host arithmetic and serve every precision. */

/* A number with one encoding: a normal one or a true zero. */
static ALWAYS_INLINE bool fp_fast_plain(struct fpreg f)
{
    return (f.exp - 1u < FP_EXP_MAX - 1u && f.sig >> 63) || (f.exp | f.sig) == 0;
}

/* Encodings of plain numbers order like their magnitudes. */
static ALWAYS_INLINE bool fp_fast_below(struct fpreg f, struct fpreg g)
{
    return f.exp < g.exp || (f.exp == g.exp && f.sig < g.sig);
}

static ALWAYS_INLINE bool fp_fast_equal(struct fpreg f, struct fpreg g)
{
    return f.exp == g.exp && f.sig == g.sig && (f.sign == g.sign || !f.sig);
}

static ALWAYS_INLINE bool fp_fast_less(struct fpreg f, struct fpreg g)
{
    if (f.sign != g.sign) return f.sign && (f.sig | g.sig);
    return f.sign ? fp_fast_below(g, f) : fp_fast_below(f, g);
}

static ALWAYS_INLINE bool fp_fast_cmp(enum fp_rel rel, struct fpreg f2, struct fpreg f3, bool *out)
{
    if (!fp_fast_plain(f2) || !fp_fast_plain(f3)) return false;
    switch (rel) {
    case FP_EQ:    *out = fp_fast_equal(f2, f3); break;
    case FP_NEQ:   *out = !fp_fast_equal(f2, f3); break;
    case FP_LT:    *out = fp_fast_less(f2, f3); break;
    case FP_NLT:   *out = !fp_fast_less(f2, f3); break;
    case FP_LE:    *out = !fp_fast_less(f3, f2); break;
    case FP_NLE:   *out = fp_fast_less(f3, f2); break;
    case FP_UNORD: *out = false; break;
    case FP_ORD:   *out = true; break;
    }
    return true;
}

/* fcvt.fx.trunc of magnitudes below 2^63. */
static inline bool fp_fast_to_int_trunc(struct fpreg f, struct fpreg *out)
{
    if (!fp_fast_plain(f) || f.exp >= FP_EXP_INT) return false;
    u32 places = FP_EXP_INT - f.exp;
    u64 magnitude = places < 64 ? f.sig >> places : 0;
    *out = fp_int(f.sign ? -magnitude : magnitude);
    return true;
}

/* fcvt.fxu.trunc of positive numbers below 2^64. */
static inline bool fp_fast_to_uint_trunc(struct fpreg f, struct fpreg *out)
{
    if (!fp_fast_plain(f) || f.exp > FP_EXP_INT || f.sign) return false;
    u32 places = FP_EXP_INT - f.exp;
    *out = fp_int(places < 64 ? f.sig >> places : 0);
    return true;
}

/* fcvt.xf of anything but NaTVal. */
static inline bool fp_fast_from_int(struct fpreg f, struct fpreg *out)
{
    if (unlikely(!f.sig)) return !fp_is_natval(f) && fp_fast_zero(0, out);
    u32 sign = (u32)(f.sig >> 63);
    u64 magnitude = sign ? -f.sig : f.sig;
    u32 n = (u32)__builtin_clzll(magnitude);
    *out = (struct fpreg){ magnitude << n, FP_EXP_INT - n, sign };
    return true;
}

/* ---------------------------------------------------------------- memory
 *
 * Complete: the rare encodings go to the functions of memfmt.c. */

static inline struct fpreg fp_fast_load_double(u64 v)
{
    u32 exp = (u32)bits(v, 62, 52);
    if (unlikely(exp - 1 >= 0x7fe)) return fp_load_double(v);
    return (struct fpreg){ FP_FAST_INT_BIT | v << 11, exp + FP_DOUBLE_REBIAS, (u32)(v >> 63) };
}

static inline struct fpreg fp_fast_load_single(u32 v)
{
    u32 exp = v >> 23 & 0xff;
    if (unlikely(exp - 1 >= 0xfe)) return fp_load_single(v);
    return (struct fpreg){ FP_FAST_INT_BIT | (u64)v << 40, exp + FP_SINGLE_REBIAS, v >> 31 };
}

static inline u64 fp_fast_store_double(struct fpreg f)
{
    u64 exp = (u64)((f.exp >> 6 & 0x400) | (f.exp & 0x3ff)) & (u64)((s64)f.sig >> 63);
    return (u64)f.sign << 63 | exp << 52 | bits(f.sig, 62, 11);
}

static inline u32 fp_fast_store_single(struct fpreg f)
{
    u32 exp = ((f.exp >> 9 & 0x80) | (f.exp & 0x7f)) & (u32)((s64)f.sig >> 63);
    return f.sign << 31 | exp << 23 | (u32)bits(f.sig, 62, 40);
}

#endif
