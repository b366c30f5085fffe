/* Comparison, minimum and maximum, classification: everything that asks how two values lie without
 * computing a third.  SDM volume 3, fcmp, fmin, fmax, famin, famax, fclass.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

/* -1, 0, 1 for |a| <, ==, > |b|; both normalised, zero below everything. */
static int compare_magnitudes(struct fpnum a, struct fpnum b)
{
    if (!a.sig || !b.sig) return (a.sig != 0) - (b.sig != 0);
    if (a.exp != b.exp) return a.exp < b.exp ? -1 : 1;
    return (a.sig > b.sig) - (a.sig < b.sig);
}

/* Infinities already order correctly: their exponent is above that of every finite operand, and it
 * stays so because normalising only lowers exponents. */
static int compare_values(struct fpreg f2, struct fpreg f3)
{
    struct fpnum a = fp_normalize(f2), b = fp_normalize(f3);
    if (!a.sig && !b.sig) return 0;
    if (a.sign != b.sign) {
        return a.sign ? -1 : 1;
    }
    int order = compare_magnitudes(a, b);
    return a.sign ? -order : order;
}

static bool relation(enum fp_rel rel, struct fpreg f2, struct fpreg f3)
{
    switch (rel) {
    case FP_EQ:    return compare_values(f2, f3) == 0;
    case FP_LT:    return compare_values(f2, f3) < 0;
    case FP_LE:    return compare_values(f2, f3) <= 0;
    case FP_NEQ:   return compare_values(f2, f3) != 0;
    case FP_NLT:   return compare_values(f2, f3) >= 0;
    case FP_NLE:   return compare_values(f2, f3) > 0;
    case FP_UNORD: return false;
    case FP_ORD:   return true;
    }
    return false;
}

/* By relation: its answer for unordered operands, and whether a quiet NaN is invalid. */
static const struct {
    bool unordered, quiet_invalid;
} rel_table[] = {
    [FP_EQ]    = { false, false },  [FP_NEQ] = { true,  false },
    [FP_LT]    = { false, true  },  [FP_NLT] = { true,  true  },
    [FP_LE]    = { false, true  },  [FP_NLE] = { true,  true  },
    [FP_UNORD] = { true,  false },  [FP_ORD] = { false, false },
};

static bool is_unordered(enum fp_kind k)
{
    return fp_is_nan(k) || k == FP_UNSUPPORTED;
}

struct fpresult fp_cmp(enum fp_rel rel, struct fpreg f2, struct fpreg f3, const struct fpctl *ctl)
{
    enum fp_kind k2 = fp_kind(f2), k3 = fp_kind(f3);
    struct fpresult r = { 0 };

    if (is_unordered(k2) || is_unordered(k3)) {
        bool invalid = rel_table[rel].quiet_invalid || k2 == FP_SNAN || k3 == FP_SNAN ||
                       k2 == FP_UNSUPPORTED || k3 == FP_UNSUPPORTED;
        if (invalid) r = fp_raise(FP_V, FP_ZERO, ctl);
        r.pred = rel_table[rel].unordered;
        return r;
    }
    r = fp_exact(fp_is_unnormal(f2) || fp_is_unnormal(f3), FP_ZERO, ctl);
    r.pred = relation(rel, f2, f3);
    return r;
}

static bool takes_f2(enum fp_minmax op, struct fpreg f2, struct fpreg f3)
{
    if (op == FP_AMIN || op == FP_AMAX) f2.sign = f3.sign = 0;
    int order = compare_values(f2, f3);
    return op == FP_MIN || op == FP_AMIN ? order < 0 : order > 0;
}

/* f2 only if it is strictly beyond f3: equal values, NaNs and unsupported operands give f3, and the
 * chosen operand is copied as it is. */
struct fpresult fp_minmax(enum fp_minmax op, struct fpreg f2, struct fpreg f3,
                          const struct fpctl *ctl)
{
    enum fp_kind k2 = fp_kind(f2), k3 = fp_kind(f3);
    if (k2 == FP_NAT || k3 == FP_NAT) return fp_done(FP_NATVAL, 0);
    if (is_unordered(k2) || is_unordered(k3)) return fp_raise(FP_V, f3, ctl);
    return fp_exact(fp_is_unnormal(f2) || fp_is_unnormal(f3), takes_f2(op, f2, f3) ? f2 : f3, ctl);
}

/* fclass9, from bit 0: @pos @neg @zero @unorm @norm @inf @snan @qnan @nat (SDM 3:fclass). */
enum {
    POS = 1, NEG = 2, ZERO = 4, UNORM = 8, NORM = 16, INF = 32, SNAN = 64, QNAN = 128, NAT = 256
};

bool fp_class(struct fpreg f2, unsigned fclass9)
{
    unsigned magnitude;
    switch (fp_kind(f2)) {
    case FP_NAT:         return fclass9 & NAT;
    case FP_QNAN:        return fclass9 & QNAN;
    case FP_SNAN:        return fclass9 & SNAN;
    case FP_UNSUPPORTED: return false;
    case FP_INF:         magnitude = INF; break;
    default:
        magnitude = fp_is_true_zero(f2) ? ZERO : fp_is_unnormal(f2) ? UNORM : NORM;
    }
    return (fclass9 & magnitude) && (fclass9 & (f2.sign ? NEG : POS));
}
