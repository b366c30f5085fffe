/* frcpa and frsqrta: the published tables, the formulas behind them, the operands that get a true
 * quotient or root instead, and the special cases as tables written by hand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fp_oracle.h"
#include "fp_random.h"
#include "fp_recip_vectors.h"

#define TOP (1ull << 63)

static const struct fpctl extended = { .prec = 64, .range = 17 };

/* ---------------------------------------------------------------- tables */

static void reciprocal_seeds_are_the_published_ones(void **state)
{
    (void)state;
    rnd_seed(10);
    for (unsigned n = 0; n < 256 * 16; n++) {
        unsigned i = n & 0xff;
        u64 low = n < 256 ? 0 : n < 512 ? mask64(55) : rnd() & mask64(55);
        struct fpreg den = { TOP | (u64)i << 55 | low, 1 + rnd_below(0x1fffb), (u32)rnd() & 1 };
        struct fpreg num = rnd_near((s32)den.exp - 0xffff);
        if (num.exp <= 64) continue;
        u64 entry = published_recip[i];
        struct fpresult want = { .value = { entry << 53, 0x1fffd - den.exp, den.sign }, .pred = 1 };
        assert_same_result(fp_rcpa(num, den, &extended), want, "den " FPREG_FMT, FPREG_ARG(den));
    }
}

static void square_root_seeds_are_the_published_ones(void **state)
{
    (void)state;
    rnd_seed(11);
    for (unsigned n = 0; n < 256 * 16; n++) {
        unsigned i = n & 0xff;
        u64 low = n < 256 ? 0 : n < 512 ? mask64(56) : rnd() & mask64(56);
        u32 exp = (66 + rnd_below(0x1ffff - 68)) & ~1u;
        struct fpreg x = { TOP | (u64)(i & 0x7f) << 56 | low, exp | i >> 7, 0 };
        s32 e = (s32)x.exp - 0xffff;
        s32 half = e >= 0 ? e / 2 : -((1 - e) / 2); /* floor(e / 2) */
        u64 entry = published_recip_sqrt[i];
        struct fpresult want = { .value = { entry << 53, (u32)(0xfffe - half), 0 }, .pred = 1 };
        assert_same_result(fp_rsqrta(x, &extended), want, "x " FPREG_FMT, FPREG_ARG(x));
    }
}

/* The entry nearest to scale/sqrt(x) or scale/x for x in the middle of the interval. */
static void the_tables_follow_the_formulas(void **state)
{
    (void)state;
    mpfr_t x;
    mpfr_init2(x, 200);
    for (unsigned i = 0; i < 256; i++) {
        mpfr_set_ui(x, 513 + 2 * i, MPFR_RNDN);
        mpfr_ui_div(x, 2048 * 512, x, MPFR_RNDN);
        assert_int_equal(published_recip[i], mpfr_get_ui(x, MPFR_RNDN));

        mpfr_set_ui(x, 257 + 2 * (i & 0x7f), MPFR_RNDN);
        mpfr_div_ui(x, x, i < 128 ? 128 : 256, MPFR_RNDN);
        mpfr_rec_sqrt(x, x, MPFR_RNDN);
        mpfr_mul_ui(x, x, 2048, MPFR_RNDN);
        assert_int_equal(published_recip_sqrt[i], mpfr_get_ui(x, MPFR_RNDN));
    }
    mpfr_clear(x);
}

/* |x * y - 1| < 2^-8.886 and |sqrt(x) * y - 1| < 2^-8.831, at both ends of every interval. */
static void seeds_are_as_accurate_as_promised(void **state)
{
    (void)state;
    mpfr_t x, y;
    mpfr_inits2(200, x, y, (mpfr_ptr)NULL);
    for (unsigned n = 0; n < 512; n++) {
        struct fpreg f = { TOP | (u64)(n & 0xff) << 55 | (n & 0x100 ? mask64(55) : 0), 0x10003, 0 };
        oracle_value(x, f);
        oracle_value(y, fp_rcpa(FP_ONE, f, &extended).value);
        mpfr_mul(x, x, y, MPFR_RNDN);
        mpfr_sub_ui(x, x, 1, MPFR_RNDN);
        assert_true(mpfr_get_d(x, MPFR_RNDN) < 0x1.151p-9 &&
                    mpfr_get_d(x, MPFR_RNDN) > -0x1.151p-9);

        for (u32 odd = 0; odd < 2; odd++) {
            f.exp = 0x10003 + odd;
            oracle_value(x, f);
            mpfr_sqrt(x, x, MPFR_RNDN);
            oracle_value(y, fp_rsqrta(f, &extended).value);
            mpfr_mul(x, x, y, MPFR_RNDN);
            mpfr_sub_ui(x, x, 1, MPFR_RNDN);
            assert_true(mpfr_get_d(x, MPFR_RNDN) < 0x1.1fbp-9 &&
                        mpfr_get_d(x, MPFR_RNDN) > -0x1.1fbp-9);
        }
    }
    mpfr_clears(x, y, (mpfr_ptr)NULL);
}

/* ---------------------------------------------------------------- true quotients and roots */

static long exponent(struct fpreg f)
{
    mpfr_t x;
    mpfr_init2(x, 64);
    oracle_value(x, f);
    long e = mpfr_get_exp(x) - 1;
    mpfr_clear(x);
    return e;
}

static bool nonzero_finite(struct fpreg f)
{
    enum oclass c = oracle_class(f);
    return c == O_NORMAL || c == O_UNNORMAL;
}

/* Emin is -65534, Emax 65535, N 64. */
static bool division_is_extreme(struct fpreg a, struct fpreg b)
{
    long ea = exponent(a), eb = exponent(b);
    return eb < -65534 || eb >= 65535 - 2 || ea - eb >= 65535 || ea - eb <= -65534 + 1 ||
           ea <= -65534 + 64 - 1;
}

static void check_rcpa(struct fpreg a, struct fpreg b, const struct fpctl *ctl)
{
    if (!nonzero_finite(a) || !nonzero_finite(b)) return;
    struct fpresult got = fp_rcpa(a, b, ctl), want;
    if (division_is_extreme(a, b)) {
        want = oracle_quotient(a, b, ctl);
    } else {
        bool d = oracle_is_unnormal(a) || oracle_is_unnormal(b);
        want = (struct fpresult){ .flags = d ? FP_D : 0, .pred = 1 };
        if (d && (ctl->enabled & FP_D)) want.fault = FP_D;
        want.value = got.value; /* the seed has its own tests above */
        if (!got.fault) assert_int_equal(exponent(got.value), -1 - exponent(b));
    }
    assert_same_result(got, want, "a " FPREG_FMT " b " FPREG_FMT " " FPCTL_FMT, FPREG_ARG(a),
                       FPREG_ARG(b), FPCTL_ARG(*ctl));
}

static void extreme_divisions_give_the_quotient(void **state)
{
    (void)state;
    static const s32 edges[] = { -65534 - 63, -65534, -65470, -32768, 0, 32767, 65533 };
    rnd_seed(12);
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned j = 0; j < fp_corner_count; j++) {
            struct fpctl ctl = rnd_ctl();
            check_rcpa(fp_corners[i], fp_corners[j], &ctl);
        }
    }
    for (unsigned n = 0; n < 100000; n++) {
        struct fpctl ctl = rnd_ctl();
        struct fpreg a = rnd_near(edges[rnd_below(ARRAY_LEN(edges))]);
        struct fpreg b = rnd_near(edges[rnd_below(ARRAY_LEN(edges))]);
        if (rnd_below(4) == 0) b.sig = a.sig;
        if (rnd_below(4) == 0) a.sig >>= rnd_below(64);
        if (rnd_below(4) == 0) b.sig >>= rnd_below(64);
        check_rcpa(a, b, &ctl);
    }
}

static void tiny_arguments_give_the_square_root(void **state)
{
    (void)state;
    rnd_seed(13);
    for (unsigned n = 0; n < 50000; n++) {
        struct fpctl ctl = rnd_ctl();
        struct fpreg x = rnd_near(-65534 + (s32)rnd_below(70));
        x.sign = 0;
        if (rnd_below(3) == 0) x.sig >>= rnd_below(64);
        if (rnd_below(4) == 0) { /* an exact square, or its neighbour */
            u64 root = rnd_significand() >> 32 | 1ull << 31;
            x.sig = (root * root) + rnd_below(2);
        }
        struct fpresult got = fp_rsqrta(x, &ctl), want;
        if (exponent(x) <= -65534 + 63) {
            want = oracle_sqrt(x, &ctl);
        } else {
            bool d = oracle_is_unnormal(x);
            want = (struct fpresult){ .value = got.value, .flags = d ? FP_D : 0, .pred = 1 };
            if (d && (ctl.enabled & FP_D)) want.fault = FP_D;
        }
        assert_same_result(got, want, "x " FPREG_FMT " " FPCTL_FMT, FPREG_ARG(x), FPCTL_ARG(ctl));
    }
}

/* ---------------------------------------------------------------- special operands */

#define QNAN(n) ((struct fpreg){ 3ull << 62 | (n), 0x1ffff, 0 })
#define SNAN(n) ((struct fpreg){ TOP | (n), 0x1ffff, 0 })
#define INF ((struct fpreg){ TOP, 0x1ffff, 0 })
#define MINUS_INF ((struct fpreg){ TOP, 0x1ffff, 1 })
#define UNSUPPORTED ((struct fpreg){ 1, 0x1ffff, 0 })
#define UNNORMAL ((struct fpreg){ 1, 0xffff, 0 })
#define MINUS_UNNORMAL ((struct fpreg){ 1, 0xffff, 1 })
#define PSEUDO_ZERO ((struct fpreg){ 0, 0xffff, 0 })
#define MINUS_PSEUDO_ZERO ((struct fpreg){ 0, 0xffff, 1 })
#define MINUS_ONE ((struct fpreg){ TOP, 0xffff, 1 })
#define MINUS_ZERO ((struct fpreg){ 0, 0, 1 })

static const struct {
    struct fpreg num, den, value;
    u8 flags, fault;
} division_cases[] = {
    { FP_NATVAL,   SNAN(3),     FP_NATVAL,     0,    0    },
    { UNSUPPORTED, FP_NATVAL,   FP_NATVAL,     0,    0    },
    { UNSUPPORTED, QNAN(3),     FP_INDEFINITE, FP_V, FP_V },
    { SNAN(2),     UNSUPPORTED, FP_INDEFINITE, FP_V, FP_V },
    { QNAN(2),     QNAN(3),     QNAN(2),       0,    0    },
    { QNAN(2),     SNAN(3),     QNAN(2),       FP_V, FP_V },
    { SNAN(2),     QNAN(3),     QNAN(2),       FP_V, FP_V },
    { FP_ONE,      SNAN(3),     QNAN(3),       FP_V, FP_V },
    { UNNORMAL,    QNAN(3),     QNAN(3),       0,    0    },
    { QNAN(2),     FP_ZERO,     QNAN(2),       0,    0    },
    { INF,         MINUS_INF,   FP_INDEFINITE, FP_V, FP_V },
    { FP_ZERO,     MINUS_ZERO,  FP_INDEFINITE, FP_V, FP_V },
    { PSEUDO_ZERO, FP_ZERO,     FP_INDEFINITE, FP_V, FP_V },
    { FP_ONE,      MINUS_ZERO,  MINUS_INF,     FP_Z, FP_Z },
    { MINUS_ONE,   MINUS_ZERO,  INF,           FP_Z, FP_Z },
    { UNNORMAL,    FP_ZERO,     INF,           FP_Z, FP_Z }, /* Z before D, and instead of it */
    { FP_ONE,      PSEUDO_ZERO, INF,           FP_Z, FP_Z },
    { INF,         MINUS_ZERO,  MINUS_INF,     0,    0    }, /* an infinity over zero is no Z */
    { INF,         PSEUDO_ZERO, INF,           FP_D, FP_D },
    { MINUS_INF,   FP_ONE,      MINUS_INF,     0,    0    },
    { INF,         MINUS_UNNORMAL, MINUS_INF,  FP_D, FP_D },
    { MINUS_ONE,   INF,         MINUS_ZERO,    0,    0    },
    { UNNORMAL,    INF,         FP_ZERO,       FP_D, FP_D },
    { FP_ZERO,     MINUS_ONE,   MINUS_ZERO,    0,    0    },
    { MINUS_PSEUDO_ZERO, FP_ONE, MINUS_ZERO,   FP_D, FP_D },
};

static const struct {
    struct fpreg x, value;
    u8 flags, fault;
} root_cases[] = {
    { FP_NATVAL,         FP_NATVAL,     0,    0    },
    { UNSUPPORTED,       FP_INDEFINITE, FP_V, FP_V },
    { SNAN(1),           QNAN(1),       FP_V, FP_V },
    { QNAN(1),           QNAN(1),       0,    0    },
    { MINUS_INF,         FP_INDEFINITE, FP_V, FP_V },
    { MINUS_ONE,         FP_INDEFINITE, FP_V, FP_V },
    { MINUS_UNNORMAL,    FP_INDEFINITE, FP_V, FP_V },
    { FP_ZERO,           FP_ZERO,       0,    0    },
    { MINUS_ZERO,        MINUS_ZERO,    0,    0    },
    { PSEUDO_ZERO,       FP_ZERO,       FP_D, FP_D },
    { MINUS_PSEUDO_ZERO, MINUS_ZERO,    FP_D, FP_D },
    { INF,               INF,           0,    0    },
};

static void special_divisions_follow_the_table(void **state)
{
    (void)state;
    struct fpctl all = extended;
    all.enabled = 0x3f;
    for (unsigned i = 0; i < ARRAY_LEN(division_cases); i++) {
        struct fpresult want = { .value = division_cases[i].value,
                                 .flags = division_cases[i].flags };
        assert_same_result(fp_rcpa(division_cases[i].num, division_cases[i].den, &extended), want,
                           "case %u", i);
        want.fault = division_cases[i].fault;
        assert_same_result(fp_rcpa(division_cases[i].num, division_cases[i].den, &all), want,
                           "case %u enabled", i);
    }
}

static void special_roots_follow_the_table(void **state)
{
    (void)state;
    struct fpctl all = extended;
    all.enabled = 0x3f;
    for (unsigned i = 0; i < ARRAY_LEN(root_cases); i++) {
        struct fpresult want = { .value = root_cases[i].value, .flags = root_cases[i].flags };
        assert_same_result(fp_rsqrta(root_cases[i].x, &extended), want, "case %u", i);
        want.fault = root_cases[i].fault;
        assert_same_result(fp_rsqrta(root_cases[i].x, &all), want, "case %u enabled", i);
    }
}

/* ---------------------------------------------------------------- parallel */

/* One half, the other being 1/1 = 0.998046875 with p2 = 1. */
static const struct {
    u32 num, den, value;
    u8 pred, flags, fault;
} parallel_divisions[] = {
    { 0x3f800000, 0x3f800000, 0x3f7f8000, 1, 0,    0    },
    { 0x3f800000, 0xc0400000, 0xbeaa8000, 1, 0,    0    }, /* -1/3: entry 554 */
    { 0x7fc00001, 0x7fc00002, 0x7fc00001, 0, 0,    0    },
    { 0x3f800000, 0x7f800003, 0x7fc00003, 0, FP_V, FP_V },
    { 0x7f800000, 0xff800000, 0xffc00000, 0, FP_V, FP_V },
    { 0x80000000, 0x00000000, 0xffc00000, 0, FP_V, FP_V },
    { 0x3f800000, 0x80000000, 0xff800000, 0, FP_Z, FP_Z },
    { 0x7f800000, 0x80000000, 0xff800000, 0, 0,    0    },
    { 0x7f800000, 0xbf800000, 0xff800000, 0, 0,    0    },
    { 0xbf800000, 0x7f800000, 0x80000000, 0, 0,    0    },
    { 0x80000000, 0x3f800000, 0x80000000, 0, 0,    0    },
    { 0x3f800000, 0x80000001, 0xff800000, 0, FP_D, FP_D }, /* denormal denominator: infinity */
    { 0x3f800000, 0xfe000000, 0x80000000, 0, 0,    0    }, /* 2^125: zero */
    { 0x3f800000, 0x7d800000, 0x017f8000, 1, 0,    0    }, /* 2^124 */
    { 0x7f000000, 0x3f800000, 0x3f7f8000, 0, 0,    0    }, /* 2^127 / 1 */
    { 0x7e800000, 0x3f800000, 0x3f7f8000, 1, 0,    0    },
    { 0x3f800000, 0x7c800000, 0x027f8000, 1, 0,    0    }, /* 1 / 2^122 */
    { 0x3e800000, 0x7c800000, 0x027f8000, 1, 0,    0    }, /* 2^-124 */
    { 0x3e000000, 0x7c800000, 0x027f8000, 0, 0,    0    }, /* 2^-125 */
    { 0x0c000000, 0x3f800000, 0x3f7f8000, 0, 0,    0    }, /* num 2^-103 */
    { 0x0c800000, 0x3f800000, 0x3f7f8000, 1, 0,    0    },
    { 0x00000001, 0x3f800000, 0x3f7f8000, 0, FP_D, FP_D },
};

static const struct {
    u32 x, value;
    u8 pred, flags, fault;
} parallel_roots[] = {
    { 0x3f800000, 0x3f7f8000, 1, 0,    0    },
    { 0x40800000, 0x3eff8000, 1, 0,    0    },
    { 0x40000000, 0x3f34a000, 1, 0,    0    }, /* entry 5a5 */
    { 0x7f800000, 0x00000000, 0, 0,    0    }, /* a reciprocal, unlike frsqrta */
    { 0x00000000, 0x7f800000, 0, 0,    0    },
    { 0x80000000, 0xff800000, 0, 0,    0    },
    { 0xff800000, 0xffc00000, 0, FP_V, FP_V },
    { 0xbf800000, 0xffc00000, 0, FP_V, FP_V },
    { 0x80000001, 0xffc00000, 0, FP_V, FP_V },
    { 0x7f800001, 0x7fc00001, 0, FP_V, FP_V },
    { 0x7fc00001, 0x7fc00001, 0, 0,    0    },
    { 0x0c800000, 0x58ff8000, 1, 0,    0    }, /* 2^-102 */
    { 0x0c000000, 0x5934a000, 0, 0,    0    }, /* 2^-103 */
    { 0x00400000, 0x5f34a000, 0, FP_D, FP_D }, /* 2^-127 */
};

static struct fpreg halves(u32 high, u32 low)
{
    return fp_int((u64)high << 32 | low);
}

static void check_half(struct fppresult got, bool high, u32 value, u8 pred, u8 flags, unsigned i)
{
    u32 mine = (u32)(got.value.sig >> (high ? 32 : 0));
    u32 other = (u32)(got.value.sig >> (high ? 0 : 32));
    if (mine != value || got.pred != pred || got.flags != flags) {
        print_error("case %u: %08x pred %u flags %02x\n", i, mine, got.pred, got.flags);
    }
    assert_int_equal(mine, value);
    assert_int_equal(other, 0x3f7f8000);
    assert_int_equal(got.value.exp, 0x1003e);
    assert_int_equal(got.pred, pred);
    assert_int_equal(got.flags, flags);
    assert_int_equal(got.half[high].flags, flags);
    assert_int_equal(got.half[!high].flags, 0);
}

static void parallel_divisions_follow_the_table(void **state)
{
    (void)state;
    struct fpctl all = { .enabled = 0x3f }, none = { 0 };
    for (unsigned i = 0; i < ARRAY_LEN(parallel_divisions); i++) {
        u32 n = parallel_divisions[i].num, d = parallel_divisions[i].den, one = 0x3f800000;
        u8 pred = parallel_divisions[i].pred, flags = parallel_divisions[i].flags;
        u32 value = parallel_divisions[i].value;
        check_half(fp_prcpa(halves(n, one), halves(d, one), &none), true, value, pred, flags, i);
        check_half(fp_prcpa(halves(one, n), halves(one, d), &none), false, value, pred, flags, i);
        struct fppresult r = fp_prcpa(halves(n, one), halves(d, one), &all);
        assert_int_equal(r.fault, parallel_divisions[i].fault);
        assert_int_equal(r.half[1].fault, parallel_divisions[i].fault);
        assert_int_equal(r.half[0].fault, 0);
    }
}

static void parallel_roots_follow_the_table(void **state)
{
    (void)state;
    struct fpctl all = { .enabled = 0x3f }, none = { 0 };
    for (unsigned i = 0; i < ARRAY_LEN(parallel_roots); i++) {
        u32 x = parallel_roots[i].x, one = 0x3f800000, value = parallel_roots[i].value;
        u8 pred = parallel_roots[i].pred, flags = parallel_roots[i].flags;
        check_half(fp_prsqrta(halves(x, one), &none), true, value, pred, flags, i);
        check_half(fp_prsqrta(halves(one, x), &none), false, value, pred, flags, i);
        assert_int_equal(fp_prsqrta(halves(one, x), &all).half[0].fault, parallel_roots[i].fault);
    }
}

static void parallel_forms_pass_natval_on(void **state)
{
    (void)state;
    struct fpctl all = { .enabled = 0x3f };
    struct fppresult r = fp_prcpa(FP_NATVAL, halves(0, 0), &all);
    assert_true(same_reg(r.value, FP_NATVAL) && !r.pred && !r.flags && !r.fault);
    r = fp_prcpa(halves(0, 0), FP_NATVAL, &all);
    assert_true(same_reg(r.value, FP_NATVAL) && !r.pred && !r.flags && !r.fault);
    r = fp_prsqrta(FP_NATVAL, &all);
    assert_true(same_reg(r.value, FP_NATVAL) && !r.pred && !r.flags && !r.fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reciprocal_seeds_are_the_published_ones),
        cmocka_unit_test(square_root_seeds_are_the_published_ones),
        cmocka_unit_test(the_tables_follow_the_formulas),
        cmocka_unit_test(seeds_are_as_accurate_as_promised),
        cmocka_unit_test(extreme_divisions_give_the_quotient),
        cmocka_unit_test(tiny_arguments_give_the_square_root),
        cmocka_unit_test(special_divisions_follow_the_table),
        cmocka_unit_test(special_roots_follow_the_table),
        cmocka_unit_test(parallel_divisions_follow_the_table),
        cmocka_unit_test(parallel_roots_follow_the_table),
        cmocka_unit_test(parallel_forms_pass_natval_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
