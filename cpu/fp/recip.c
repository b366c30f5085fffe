/* frcpa and frsqrta: the seeds from which all division and square root on this machine grow, and
 * the true quotients and roots of the operands whose Newton iterations would leave the exponent
 * range. Real processors ask for software assistance there; here it is simply computed.  SDM volume
 * 3, frcpa, frsqrta, fprcpa, fprsqrta.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"
#include "cpu/fp/recip-tables.h"

/* SDM fp_ieee_recip.  The exponent is in range for every den the callers let through. */
static struct fpreg recip(struct fpnum den)
{
    u64 entry = recip_table[bits(den.sig, 62, 55)];
    return (struct fpreg){ entry << 53, (u32)(2 * (s32)FP_BIAS - 1 - den.exp), den.sign };
}

/* SDM fp_ieee_recip_sqrt. */
static struct fpreg recip_sqrt(struct fpnum x)
{
    s32 e = x.exp - (s32)FP_BIAS;
    u64 entry = recip_sqrt_table[(x.exp & 1) << 7 | (int)bits(x.sig, 62, 56)];
    return (struct fpreg){ entry << 53, (u32)((s32)FP_BIAS - 1 - (e >> 1)), 0 };
}

static struct fpresult quotient(struct fpnum num, struct fpnum den, const struct fpctl *ctl,
                                u8 flags)
{
    bool less = num.sig < den.sig;
    u128 scaled = (u128)num.sig << 63 << less;
    u128 rest = scaled % den.sig << 64;
    u64 ext = (u64)(rest / den.sig) | (rest % den.sig != 0);
    s32 exp = num.exp - den.exp + (s32)FP_BIAS - less;
    struct fpexact q = { (u64)(scaled / den.sig), ext, exp, num.sign ^ den.sign };
    return fp_round(q, ctl, flags);
}

/* floor(sqrt(x)) of 2^126 <= x < 2^128, a bit at a time. */
static u64 integer_sqrt(u128 x)
{
    u64 root = 0;
    for (u64 step = FP_INT_BIT; step; step >>= 1) {
        u64 t = root | step;
        if ((u128)t * t <= x) root = t;
    }
    return root;
}

static struct fpresult square_root(struct fpnum x, const struct fpctl *ctl, u8 flags)
{
    s32 e = x.exp - (s32)FP_BIAS;
    u128 radicand = (u128)x.sig << (63 + (e & 1));
    u64 root = integer_sqrt(radicand);
    u128 rest = radicand - (u128)root * root;
    /* (root + 1/2)^2 = root^2 + root + 1/4: the next bit is set if rest > root, never a tie. */
    u64 ext = (rest > root ? FP_INT_BIT : 0) | (rest != 0);
    return fp_round((struct fpexact){ root, ext, (s32)FP_BIAS + (e >> 1), 0 }, ctl, flags);
}

static struct fpresult with_pred(struct fpresult r, bool pred)
{
    r.pred = pred && !r.fault;
    return r;
}

/* What both divisions refuse in the same words: NaNs (f2 first), inf/inf, 0/0, x/0.  True: *r holds
 * the outcome. */
static bool division_special(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl,
                             struct fpresult *r)
{
    enum fp_kind k2 = fp_kind(f2), k3 = fp_kind(f3);
    bool zero2 = k2 == FP_FINITE && !f2.sig, zero3 = k3 == FP_FINITE && !f3.sig;

    if (k2 == FP_NAT || k3 == FP_NAT) {
        *r = fp_done(FP_NATVAL, 0);
    } else if (k2 == FP_UNSUPPORTED || k3 == FP_UNSUPPORTED) {
        *r = fp_raise(FP_V, FP_INDEFINITE, ctl);
    } else if (fp_is_nan(k2) || fp_is_nan(k3)) {
        struct fpreg nan = fp_quiet(fp_is_nan(k2) ? f2 : f3);
        bool signaling = k2 == FP_SNAN || k3 == FP_SNAN;
        *r = signaling ? fp_raise(FP_V, nan, ctl) : fp_done(nan, 0);
    } else if ((k2 == FP_INF && k3 == FP_INF) || (zero2 && zero3)) {
        *r = fp_raise(FP_V, FP_INDEFINITE, ctl);
    } else if (zero3 && k2 != FP_INF) {
        *r = fp_raise(FP_Z, fp_signed(FP_INFINITY, f2.sign ^ f3.sign), ctl);
    } else if (k2 == FP_INF || k3 == FP_INF || zero2) {
        struct fpreg q = fp_signed(k2 == FP_INF ? FP_INFINITY : FP_ZERO, f2.sign ^ f3.sign);
        *r = fp_exact(fp_is_unnormal(f2) || fp_is_unnormal(f3), q, ctl);
    } else {
        return false;
    }
    return true;
}

/* Could an intermediate of the Newton sequences leave the exponents -65534..65535? */
static bool division_needs_quotient(struct fpnum num, struct fpnum den)
{
    s32 difference = num.exp - den.exp;
    return den.exp <= 0 || den.exp >= (s32)FP_BIAS + 65533 || difference <= -65533 ||
           difference >= 65535 || num.exp <= 64;
}

struct fpresult fp_rcpa(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl)
{
    struct fpresult r;
    bool normal = fp_is_normal(f2) && fp_is_normal(f3);
    if (!normal && division_special(f2, f3, ctl, &r)) return r;

    bool unnormal = !normal; /* what is left is finite and not zero */
    struct fpnum num = fp_normalize(f2), den = fp_normalize(f3);
    if (!division_needs_quotient(num, den)) {
        return with_pred(fp_exact(unnormal, recip(den), ctl), true);
    }
    r = fp_exact(unnormal, FP_ZERO, ctl);
    return r.fault ? r : quotient(num, den, ctl, r.flags);
}

/* The same for roots; what +inf and the zeros give differs between frsqrta and fprsqrta. */
static bool root_special(struct fpreg f3, struct fpreg of_inf, struct fpreg of_zero,
                         const struct fpctl *ctl, struct fpresult *r)
{
    enum fp_kind k = fp_kind(f3);
    bool zero = k == FP_FINITE && !f3.sig;

    if (k == FP_NAT) {
        *r = fp_done(FP_NATVAL, 0);
    } else if (fp_is_nan(k)) {
        *r = k == FP_SNAN ? fp_raise(FP_V, fp_quiet(f3), ctl) : fp_done(f3, 0);
    } else if (k == FP_UNSUPPORTED || (f3.sign && !zero)) {
        *r = fp_raise(FP_V, FP_INDEFINITE, ctl);
    } else if (k == FP_INF || zero) {
        struct fpreg value = fp_signed(zero ? of_zero : of_inf, f3.sign);
        *r = fp_exact(fp_is_unnormal(f3), value, ctl);
    } else {
        return false;
    }
    return true;
}

struct fpresult fp_rsqrta(struct fpreg f3, const struct fpctl *ctl)
{
    struct fpresult r;
    bool normal = fp_is_normal(f3) && !f3.sign;
    if (!normal && root_special(f3, FP_INFINITY, FP_ZERO, ctl, &r)) return r;

    struct fpnum x = fp_normalize(f3);
    if (x.exp > 64) return with_pred(fp_exact(!normal, recip_sqrt(x), ctl), true);
    r = fp_exact(!normal, FP_ZERO, ctl);
    return r.fault ? r : square_root(x, ctl, r.flags);
}

/* The halves of the parallel forms never compute a quotient: software does when p2 is cleared.
 * Limits are those of single precision, emin -126 and emax 127. */
struct fpresult fp_rcpa_half(struct fpreg num, struct fpreg den, const struct fpctl *ctl)
{
    struct fpresult r;
    if (division_special(num, den, ctl, &r)) return r;

    bool unnormal = !fp_is_normal(num) || !fp_is_normal(den);
    s32 n = fp_normalize(num).exp - (s32)FP_BIAS, d = fp_normalize(den).exp - (s32)FP_BIAS;
    if (d < -126) return fp_exact(unnormal, fp_signed(FP_INFINITY, den.sign), ctl);
    if (d >= 125) return fp_exact(unnormal, fp_signed(FP_ZERO, den.sign), ctl);
    bool converges = n - d < 127 && n - d > -125 && n > -103;
    return with_pred(fp_exact(unnormal, recip(fp_normalize(den)), ctl), converges);
}

struct fpresult fp_rsqrta_half(struct fpreg f, const struct fpctl *ctl)
{
    struct fpresult r;
    if (root_special(f, FP_ZERO, FP_INFINITY, ctl, &r)) return r;
    struct fpnum x = fp_normalize(f);
    return with_pred(fp_exact(fp_is_unnormal(f), recip_sqrt(x), ctl),
                     x.exp - (s32)FP_BIAS > -103);
}
