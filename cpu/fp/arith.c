/* fma, fms, fnma and through them fadd, fmpy, fnorm and the rest of floating-point arithmetic: one
 * exact product of 128 bits, one exact sum of 192, one rounding.  SDM volume 3, fma.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fast.h"
#include "cpu/fp/fp-priv.h"

/* A magnitude of 192 bits, `hi` normalised for operands; bit 0 of lo is sticky after a shift. */
struct wide {
    u128 hi;
    u64 lo;
};

static ALWAYS_INLINE unsigned clz64(u64 x)
{
    return (unsigned)__builtin_clzll(x);
}

/* x * 2^-n.  Below the 128 bits of the other operand only being nonzero matters. */
static ALWAYS_INLINE struct wide shift_right(u128 x, u32 n)
{
    if (likely(n < 64)) { /* in halves: a variable shift of 128 bits costs twice as much */
        u64 high = (u64)(x >> 64), low = (u64)x;
        u64 middle = low >> n | high << 1 << (63 - n);
        return (struct wide){ (u128)(high >> n) << 64 | middle, low << 1 << (63 - n) };
    }
    if (n < 128) {
        u32 m = n - 64;
        return (struct wide){ x >> n, (u64)(x >> m) | ((u64)x << 1 << (63 - m) != 0) };
    }
    return (struct wide){ 0, 1 };
}

/* x normalised, with the sticky tail collapsed into ext.  If 64 places or more cancelled, then the
 * operands were at most a place apart and nothing was lost; and hi is 0 only if all of x is: an odd
 * product, the only one to leave something in lo, is more than 2^64 below 2^128. */
static ALWAYS_INLINE struct fpexact normalize_wide(struct wide x, s32 exp, u32 sign)
{
    if (unlikely(!(u64)(x.hi >> 64))) {
        if (!x.hi) return (struct fpexact){ 0 };
        x = (struct wide){ x.hi << 64 | x.lo, 0 };
        exp -= 64;
    }
    u64 high = (u64)(x.hi >> 64), low = (u64)x.hi;
    unsigned n = clz64(high);
    u64 sig = high << n | low >> 1 >> (63 - n);
    u64 ext = low << n | x.lo >> 1 >> (63 - n);
    return (struct fpexact){ sig, ext | (x.lo << n != 0), exp - (s32)n, sign };
}

/* The product p * 2^(ep-bias) / 2^127 plus the normalised c; sig == 0 if they cancel exactly. */
static ALWAYS_INLINE struct fpexact add(u128 p, s32 ep, u32 sign, struct fpnum c)
{
    u128 big = p, small = (u128)c.sig << 64;
    s32 exp = ep, distance = ep - c.exp;
    bool swap = distance < 0 || (distance == 0 && big < small);
    u32 differ = sign ^ c.sign;
    if (swap) {
        big = small;
        small = p;
        exp = c.exp;
        distance = -distance;
        sign = c.sign;
    }
    struct wide s = shift_right(small, (u32)distance);
    if (differ) {
        struct wide diff = { big - s.hi - (s.lo != 0), -s.lo };
        return normalize_wide(diff, exp, sign);
    }
    u128 sum = big + s.hi;
    u64 carry = sum < big;
    u64 ext = (u64)sum | (s.lo != 0);
    u64 sig = (u64)(sum >> 64);
    if (carry) {
        ext = ext >> 1 | sig << 63 | (ext & 1);
        sig = sig >> 1 | FP_INT_BIT;
    }
    return (struct fpexact){ sig, ext, exp + (s32)carry, sign };
}

/* x * 1, x * y, x * y + c for nonzero operands. */
static ALWAYS_INLINE u128 multiply(struct fpnum x, struct fpnum y, s32 *exp)
{
    u128 p = (u128)x.sig * y.sig;
    bool top = p >> 127;
    *exp = x.exp + y.exp - (s32)FP_BIAS + top;
    return top ? p : p << 1;
}

static ALWAYS_INLINE struct fpresult product(struct fpnum x, struct fpnum y, u32 sign,
                                             const struct fpctl *ctl, u8 flags)
{
    s32 exp;
    u128 p = multiply(x, y, &exp);
    return fp_round((struct fpexact){ (u64)(p >> 64), (u64)p, exp, sign }, ctl, flags);
}

static ALWAYS_INLINE struct fpresult multiply_add(struct fpnum x, struct fpnum y, u32 sign,
                                                  struct fpnum c, const struct fpctl *ctl, u8 flags)
{
    s32 exp;
    u128 p = multiply(x, y, &exp);
    struct fpexact sum = add(p, exp, sign, c);
    if (unlikely(!sum.sig)) return fp_done(fp_signed(FP_ZERO, ctl->rc == FP_RM), flags);
    return fp_round(sum, ctl, flags);
}

/* Operands of one fma with the signs of fms and fnma already applied to product and addend. */
struct operands {
    struct fpreg f3, f4, f2;
    u32 product_sign, addend_sign;
    bool has_addend;
};

static struct fpresult of_finite(const struct operands *o, const struct fpctl *ctl)
{
    bool unnormal = fp_is_unnormal(o->f3) || fp_is_unnormal(o->f4) || fp_is_unnormal(o->f2);
    if (unnormal && (ctl->enabled & FP_D)) return (struct fpresult){ .fault = FP_D };
    u8 flags = unnormal ? FP_D : 0;

    struct fpnum x = fp_normalize(o->f3), y = fp_normalize(o->f4), c = fp_normalize(o->f2);
    c.sign = o->addend_sign;
    if (x.sig && y.sig) {
        if (!c.sig) return product(x, y, o->product_sign, ctl, flags);
        return multiply_add(x, y, o->product_sign, c, ctl, flags);
    }
    if (c.sig) return fp_round((struct fpexact){ c.sig, 0, c.exp, c.sign }, ctl, flags);

    /* Zeros: a multiplication has the sign of the product; a sum of unlike zeros that of rc. */
    u32 sign = o->product_sign;
    if (o->has_addend && o->addend_sign != sign) sign = ctl->rc == FP_RM;
    return fp_done(fp_signed(FP_ZERO, sign), flags);
}

static struct fpresult of_infinite(const struct operands *o, enum fp_kind k3, enum fp_kind k4,
                                   enum fp_kind k2, const struct fpctl *ctl)
{
    bool product_inf = k3 == FP_INF || k4 == FP_INF;
    /* A pseudo-zero times infinity is infinity (SDM 1:88), only the true zero is invalid. */
    bool zero_times_inf = product_inf && (fp_is_true_zero(o->f3) || fp_is_true_zero(o->f4));
    bool inf_minus_inf = product_inf && k2 == FP_INF && o->product_sign != o->addend_sign;
    if (zero_times_inf || inf_minus_inf) return fp_raise(FP_V, FP_INDEFINITE, ctl);

    bool unnormal = fp_is_unnormal(o->f3) || fp_is_unnormal(o->f4) || fp_is_unnormal(o->f2);
    u32 sign = product_inf ? o->product_sign : o->addend_sign;
    return fp_exact(unnormal, fp_signed(FP_INFINITY, sign), ctl);
}

/* Everything but three normals.  NaNs are chosen in the order f4, f2, f3. */
static NOINLINE struct fpresult special(const struct operands *o, const struct fpctl *ctl)
{
    enum fp_kind k3 = fp_kind(o->f3), k4 = fp_kind(o->f4), k2 = fp_kind(o->f2);
    if ((k3 | k4 | k2) == FP_FINITE) return of_finite(o, ctl);
    if (k3 == FP_NAT || k4 == FP_NAT || k2 == FP_NAT) return fp_done(FP_NATVAL, 0);
    if (k3 == FP_UNSUPPORTED || k4 == FP_UNSUPPORTED || k2 == FP_UNSUPPORTED) {
        return fp_raise(FP_V, FP_INDEFINITE, ctl);
    }
    if (fp_is_nan(k3) || fp_is_nan(k4) || fp_is_nan(k2)) {
        struct fpreg nan = fp_quiet(fp_is_nan(k4) ? o->f4 : fp_is_nan(k2) ? o->f2 : o->f3);
        bool signaling = k3 == FP_SNAN || k4 == FP_SNAN || k2 == FP_SNAN;
        return signaling ? fp_raise(FP_V, nan, ctl) : fp_done(nan, 0);
    }
    return of_infinite(o, k3, k4, k2, ctl);
}

static ALWAYS_INLINE struct fpnum as_num(struct fpreg f)
{
    return (struct fpnum){ f.sig, (s32)f.exp, f.sign };
}

struct fpresult fp_fma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                       enum fp_addend addend, const struct fpctl *ctl)
{
    u32 sign = f3.sign ^ f4.sign ^ (op == FP_FNMA);
    u32 addend_sign = f2.sign ^ (op == FP_FMS);
    bool normal_product = fp_is_normal(f3) && fp_is_normal(f4);

    if (likely(normal_product)) {
        if (addend == FP_NO_ADD) return product(as_num(f3), as_num(f4), sign, ctl, 0);
        if (likely(fp_is_normal(f2))) {
            struct fpnum c = { f2.sig, (s32)f2.exp, addend_sign };
            return multiply_add(as_num(f3), as_num(f4), sign, c, ctl, 0);
        }
    }
    struct operands o = { f3, f4, f2, sign, addend_sign, addend == FP_ADD };
    return special(&o, ctl);
}

/* ---------------------------------------------------------------- fast.h, 64 bits of precision */

static const struct fpctl extended = { .prec = 64, .range = 15, .rc = FP_RN };

static ALWAYS_INLINE bool quick(struct fpexact x, struct fpreg *out)
{
    struct fprounded r = fp_round_sig(x, &extended);
    s32 emin = fp_emin(&extended), emax = fp_emax(&extended);
    *out = (struct fpreg){ r.sig, (u32)r.exp, x.sign };
    return likely((u32)(r.exp - emin) <= (u32)(emax - emin));
}

bool fp_fast_mul_x(struct fpreg f3, struct fpreg f4, struct fpreg *out)
{
    if (!fp_is_normal(f3) || !fp_is_normal(f4)) return false;
    s32 exp;
    u128 p = multiply(as_num(f3), as_num(f4), &exp);
    return quick((struct fpexact){ (u64)(p >> 64), (u64)p, exp, f3.sign ^ f4.sign }, out);
}

bool fp_fast_fma_x(struct fpreg f3, struct fpreg f4, struct fpreg f2, struct fpreg *out)
{
    if (!fp_is_normal(f3) || !fp_is_normal(f4) || !fp_is_normal(f2)) return false;
    s32 exp;
    u128 p = multiply(as_num(f3), as_num(f4), &exp);
    struct fpexact sum = add(p, exp, f3.sign ^ f4.sign, as_num(f2));
    if (likely(sum.sig)) return quick(sum, out);
    *out = FP_ZERO;
    return true;
}
