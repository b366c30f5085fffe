/* The MPFR oracle; see fp_oracle.h.  MPFR rounds any of its operations once, correctly, to any
 * precision and with an exponent that never overflows here; the rest is bookkeeping from SDM 1:5.4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fp_oracle.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static_assert(sizeof(long) == 8, "mpfr_get_ui carries a significand");

enum oclass oracle_class(struct fpreg f)
{
    bool integer_bit = f.sig >> 63;
    if (f.exp == 0x1ffff) {
        if (!integer_bit) return O_UNSUPPORTED;
        if (!(f.sig << 1)) return O_INF;
        return f.sig << 1 >> 63 ? O_QNAN : O_SNAN;
    }
    if (f.exp == 0) return f.sig ? O_UNNORMAL : O_ZERO;
    if (f.exp == 0x1fffe && !f.sig && !f.sign) return O_NAT;
    if (!f.sig) return O_PSEUDO_ZERO;
    return integer_bit ? O_NORMAL : O_UNNORMAL;
}

bool oracle_is_unnormal(struct fpreg f)
{
    enum oclass c = oracle_class(f);
    return c == O_UNNORMAL || c == O_PSEUDO_ZERO;
}

void oracle_value(mpfr_t x, struct fpreg f)
{
    if (oracle_class(f) == O_INF) {
        mpfr_set_inf(x, f.sign ? -1 : 1);
        return;
    }
    long exp = f.exp ? (long)f.exp : 0xc001;
    mpfr_set_ui_2exp(x, f.sig, exp - 65535 - 63, MPFR_RNDN);
    mpfr_setsign(x, x, (int)f.sign, MPFR_RNDN);
}

/* An operation to be rounded: MPFR's function and its operands. */
struct operation {
    enum { FMA, FMS, MUL, DIV, SQRT } what;
    mpfr_t a, b, c;
};

static void operation_init(struct operation *o)
{
    mpfr_inits2(64, o->a, o->b, o->c, (mpfr_ptr)NULL);
}

static void operation_clear(struct operation *o)
{
    mpfr_clears(o->a, o->b, o->c, (mpfr_ptr)NULL);
}

static int apply(const struct operation *o, mpfr_t out, mpfr_rnd_t rnd)
{
    switch (o->what) {
    case FMA: return mpfr_fma(out, o->a, o->b, o->c, rnd);
    case FMS: return mpfr_fms(out, o->a, o->b, o->c, rnd);
    case MUL: return mpfr_mul(out, o->a, o->b, rnd);
    case DIV: return mpfr_div(out, o->a, o->b, rnd);
    default:  return mpfr_sqrt(out, o->a, rnd);
    }
}

static mpfr_rnd_t mode_of(u8 rc)
{
    static const mpfr_rnd_t modes[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
    return modes[rc];
}

static const struct {
    u8 range;
    long emin, emax;
    u32 smallest_normal, denormal;
} formats[] = {
    { 8, -126, 127, 0xff81, 0xff81 },
    { 11, -1022, 1023, 0xfc01, 0xfc01 },
    { 15, -16382, 16383, 0xc001, 0 },
    { 17, -65534, 65535, 1, 1 },
};

static unsigned format_of(u8 range)
{
    unsigned i = 0;
    while (formats[i].range != range) i++;
    return i;
}

/* The significand of |x| as an integer of exactly `width` bits, truncated. */
static u64 top_bits(mpfr_t x, unsigned width)
{
    mpfr_t t;
    mpfr_init2(t, 64);
    mpfr_abs(t, x, MPFR_RNDZ);
    mpfr_mul_2si(t, t, (long)width - mpfr_get_exp(x), MPFR_RNDZ);
    u64 v = mpfr_get_ui(t, MPFR_RNDZ);
    mpfr_clear(t);
    return v;
}

static struct fpreg normal_reg(mpfr_t x)
{
    long exp = mpfr_get_exp(x) - 1 + 65535;
    return (struct fpreg){ top_bits(x, 64), (u32)exp & 0x1ffff, mpfr_signbit(x) != 0 };
}

/* ternary as MPFR gives it: the sign of (rounded - exact). */
static bool magnitude_grew(mpfr_t x, int ternary)
{
    return mpfr_signbit(x) ? ternary < 0 : ternary > 0;
}

/* Rounds the exact result, known to be tiny, to a multiple of the smallest denormal: that is
 * rounding to as many bits as are left above it, or by hand when none are. */
static struct fpresult denormal(const struct operation *o, const struct fpctl *ctl, bool negative)
{
    unsigned f = format_of(ctl->range);
    struct fpresult r = { .value = { 0, 0, negative } };
    mpfr_t x;
    mpfr_init2(x, ctl->prec);
    apply(o, x, MPFR_RNDZ);
    long bits_left = ctl->prec - (formats[f].emin - (mpfr_get_exp(x) - 1));
    u64 units;
    bool inexact;

    if (bits_left >= 1) {
        mpfr_set_prec(x, bits_left);
        int ternary = apply(o, x, mode_of(ctl->rc));
        long weight = formats[f].emin - ctl->prec + 1;
        mpfr_mul_2si(x, x, -weight, MPFR_RNDN);
        mpfr_abs(x, x, MPFR_RNDN);
        units = mpfr_get_ui(x, MPFR_RNDZ);
        inexact = ternary != 0;
        r.fpa = magnitude_grew(x, negative ? -ternary : ternary);
    } else {
        /* Below one unit: 0 < |exact| < 2^emin-prec+1. */
        mpfr_set_prec(x, 2);
        int ternary = apply(o, x, MPFR_RNDZ);
        bool half = mpfr_get_exp(x) - 1 == formats[f].emin - ctl->prec;
        mpfr_t power;
        mpfr_init2(power, 2);
        mpfr_set_ui_2exp(power, 1, mpfr_get_exp(x) - 1, MPFR_RNDN);
        bool above_half = half && (ternary != 0 || mpfr_cmpabs(x, power) != 0);
        mpfr_clear(power);
        bool up = ctl->rc == FP_RN ? above_half : ctl->rc == (negative ? FP_RM : FP_RP);
        units = up;
        r.fpa = up;
        inexact = true;
    }
    mpfr_clear(x);

    r.value.sig = units << (64 - ctl->prec);
    if (units) r.value.exp = r.value.sig >> 63 ? formats[f].smallest_normal : formats[f].denormal;
    if (inexact) {
        r.flags = FP_U | FP_I;
        r.trap = ctl->enabled & FP_I;
    }
    return r;
}

static struct fpresult overflowed(bool negative, const struct fpctl *ctl)
{
    /* [rc][sign] */
    static const bool to_infinity[4][2] = { { 1, 1 }, { 0, 1 }, { 1, 0 }, { 0, 0 } };
    bool inf = to_infinity[ctl->rc][negative];
    long emax = formats[format_of(ctl->range)].emax;
    struct fpreg max = { ~0ull << (64 - ctl->prec), (u32)(emax + 65535), negative };
    struct fpreg infinity = { 1ull << 63, 0x1ffff, negative };
    return (struct fpresult){ .value = inf ? infinity : max,
                              .flags = FP_O | FP_I,
                              .trap = ctl->enabled & FP_I,
                              .fpa = inf };
}

/* The exact result is finite and not zero. */
static struct fpresult rounded(const struct operation *o, const struct fpctl *ctl, bool d)
{
    mpfr_t x;
    mpfr_init2(x, ctl->prec);
    int ternary = apply(o, x, mode_of(ctl->rc));
    bool negative = mpfr_signbit(x), inexact = ternary != 0;
    long e = mpfr_get_exp(x) - 1;
    unsigned f = format_of(ctl->range);
    u8 out_of_range = e > formats[f].emax ? FP_O : e < formats[f].emin ? FP_U : 0;

    struct fpresult r = { .value = normal_reg(x), .fpa = magnitude_grew(x, ternary) };
    if (inexact) r.flags = FP_I;
    r.trap = r.flags & ctl->enabled;
    if (out_of_range & ctl->enabled) {
        r.flags |= out_of_range;
        r.trap = r.flags;
    } else if (out_of_range == FP_O) {
        r = overflowed(negative, ctl);
    } else if (out_of_range == FP_U && ctl->ftz) {
        r = (struct fpresult){ .value = { 0, 0, negative },
                               .flags = FP_U | FP_I,
                               .trap = ctl->enabled & FP_I };
    } else if (out_of_range == FP_U) {
        r = denormal(o, ctl, negative);
    }
    if (d) r.flags |= FP_D;
    mpfr_clear(x);
    return r;
}

static const struct fpreg indefinite = { 0xc000000000000000, 0x1ffff, 1 };

static struct fpresult invalid(struct fpreg value, const struct fpctl *ctl)
{
    if (ctl->enabled & FP_V) return (struct fpresult){ .fault = FP_V };
    return (struct fpresult){ .value = value, .flags = FP_V };
}

static bool any_class(const struct fpreg *f, enum oclass c)
{
    return oracle_class(f[0]) == c || oracle_class(f[1]) == c || oracle_class(f[2]) == c;
}

struct fpresult oracle_fma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                           enum fp_addend addend, const struct fpctl *ctl)
{
    /* In the order in which NaNs are preferred. */
    const struct fpreg in[3] = { f4, f2, f3 };
    if (any_class(in, O_NAT)) return (struct fpresult){ .value = { 0, 0x1fffe, 0 } };
    if (any_class(in, O_UNSUPPORTED)) return invalid(indefinite, ctl);
    for (unsigned i = 0; i < 3; i++) {
        enum oclass c = oracle_class(in[i]);
        if (c != O_QNAN && c != O_SNAN) continue;
        struct fpreg quiet = { in[i].sig | 1ull << 62, 0x1ffff, in[i].sign };
        if (any_class(in, O_SNAN)) return invalid(quiet, ctl);
        return (struct fpresult){ .value = quiet };
    }

    bool product_negative = (f3.sign != f4.sign) != (op == FP_FNMA);
    bool addend_negative = (f2.sign == 1) != (op == FP_FMS);
    bool inf3 = oracle_class(f3) == O_INF, inf4 = oracle_class(f4) == O_INF;
    bool inf2 = oracle_class(f2) == O_INF;
    if ((inf3 && oracle_class(f4) == O_ZERO) || (inf4 && oracle_class(f3) == O_ZERO)) {
        return invalid(indefinite, ctl);
    }
    if ((inf3 || inf4) && inf2 && product_negative != addend_negative) {
        return invalid(indefinite, ctl);
    }
    bool d = oracle_is_unnormal(f2) || oracle_is_unnormal(f3) || oracle_is_unnormal(f4);
    if (d && (ctl->enabled & FP_D)) return (struct fpresult){ .fault = FP_D };
    if (inf2 || inf3 || inf4) {
        bool negative = inf3 || inf4 ? product_negative : addend_negative;
        return (struct fpresult){ .value = { 1ull << 63, 0x1ffff, negative },
                                  .flags = d ? FP_D : 0 };
    }

    struct operation o = { .what = addend == FP_NO_ADD ? MUL : FMA };
    operation_init(&o);
    oracle_value(o.a, f3);
    oracle_value(o.b, f4);
    oracle_value(o.c, f2);
    if (op == FP_FNMA) mpfr_neg(o.a, o.a, MPFR_RNDN);
    if (op == FP_FMS) mpfr_neg(o.c, o.c, MPFR_RNDN);

    mpfr_t probe;
    mpfr_init2(probe, 2);
    apply(&o, probe, mode_of(ctl->rc));
    struct fpresult r;
    if (mpfr_zero_p(probe)) { /* MPFR's zeros have IEEE signs */
        r = (struct fpresult){ .value = { 0, 0, mpfr_signbit(probe) != 0 }, .flags = d ? FP_D : 0 };
    } else {
        r = rounded(&o, ctl, d);
    }
    mpfr_clear(probe);
    operation_clear(&o);
    return r;
}

struct fpresult oracle_quotient(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl)
{
    bool d = oracle_is_unnormal(f2) || oracle_is_unnormal(f3);
    if (d && (ctl->enabled & FP_D)) return (struct fpresult){ .fault = FP_D };
    struct operation o = { .what = DIV };
    operation_init(&o);
    oracle_value(o.a, f2);
    oracle_value(o.b, f3);
    struct fpresult r = rounded(&o, ctl, d);
    operation_clear(&o);
    return r;
}

struct fpresult oracle_sqrt(struct fpreg f3, const struct fpctl *ctl)
{
    bool d = oracle_is_unnormal(f3);
    if (d && (ctl->enabled & FP_D)) return (struct fpresult){ .fault = FP_D };
    struct operation o = { .what = SQRT };
    operation_init(&o);
    oracle_value(o.a, f3);
    struct fpresult r = rounded(&o, ctl, d);
    operation_clear(&o);
    return r;
}

struct fpresult oracle_to_int(struct fpreg f2, bool is_unsigned, unsigned width,
                              const struct fpctl *ctl)
{
    enum oclass c = oracle_class(f2);
    struct fpreg bad = { 1ull << (width - 1), 0x1003e, 0 };
    if (c == O_NAT) return (struct fpresult){ .value = { 0, 0x1fffe, 0 } };
    if (c == O_INF || c == O_QNAN || c == O_SNAN || c == O_UNSUPPORTED) return invalid(bad, ctl);

    mpfr_t x, y, low, high;
    mpfr_inits2(192, x, y, low, high, (mpfr_ptr)NULL);
    oracle_value(x, f2);
    mpfr_rint(y, x, mode_of(ctl->rc));
    mpfr_set_si_2exp(low, is_unsigned ? 0 : -1, width - 1, MPFR_RNDN);
    mpfr_set_ui_2exp(high, 1, is_unsigned ? width : width - 1, MPFR_RNDN);
    struct fpresult r;
    if (mpfr_less_p(y, low) || !mpfr_less_p(y, high)) {
        r = invalid(bad, ctl);
    } else if (oracle_is_unnormal(f2) && (ctl->enabled & FP_D)) {
        r = (struct fpresult){ .fault = FP_D };
    } else {
        u64 v = mpfr_signbit(y) ? (u64)mpfr_get_si(y, MPFR_RNDN) : mpfr_get_ui(y, MPFR_RNDN);
        bool inexact = !mpfr_equal_p(x, y);
        r = (struct fpresult){ .value = { width == 32 ? (u32)v : v, 0x1003e, 0 },
                               .flags = (oracle_is_unnormal(f2) ? FP_D : 0) | (inexact ? FP_I : 0),
                               .trap = inexact ? ctl->enabled & FP_I : 0,
                               .fpa = mpfr_cmpabs(y, x) > 0 };
    }
    mpfr_clears(x, y, low, high, (mpfr_ptr)NULL);
    return r;
}

bool oracle_same(struct fpresult got, struct fpresult want)
{
    if (got.fault || want.fault) return got.fault == want.fault;
    return same_reg(got.value, want.value) && got.flags == want.flags && got.trap == want.trap &&
           got.fpa == want.fpa && got.pred == want.pred;
}

static void print_result(const char *name, struct fpresult r)
{
    print_error("%s " FPREG_FMT " flags %02x fault %02x trap %02x fpa %u pred %u\n", name,
                FPREG_ARG(r.value), r.flags, r.fault, r.trap, r.fpa, r.pred);
}

void oracle_complain(struct fpresult got, struct fpresult want, const char *file, int line,
                     const char *format, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    print_error("%s\n", text);
    print_result("     got", got);
    print_result("expected", want);
    _fail(file, line);
}
