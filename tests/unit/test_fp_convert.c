/* Conversions to integers against MPFR, from integers exactly, and the formats of memory: values
 * against the host's own numbers, bits against vectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <string.h>

#include "fp_oracle.h"
#include "fp_random.h"

#define TOP (1ull << 63)

static void check_to_int(struct fpreg f)
{
    for (int is_unsigned = 0; is_unsigned < 2; is_unsigned++) {
        struct fpctl ctl = rnd_ctl();
        struct fpresult want = oracle_to_int(f, is_unsigned, 64, &ctl);
        assert_same_result(fp_to_int(f, is_unsigned, &ctl), want, "%s " FPREG_FMT " " FPCTL_FMT,
                           is_unsigned ? "fxu" : "fx", FPREG_ARG(f), FPCTL_ARG(ctl));
    }
}

static void fcvt_fx_agrees_with_mpfr(void **state)
{
    (void)state;
    rnd_seed(30);
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned n = 0; n < 20; n++) check_to_int(fp_corners[i]);
    }
    for (unsigned n = 0; n < 100000; n++) {
        struct fpreg f = rnd_below(8) ? rnd_near((s32)rnd_below(70) - 3) : rnd_any();
        if (rnd_below(4) == 0) f.sig >>= rnd_below(64);
        check_to_int(f);
    }
}

/* One half; both are tried in each place beside a harmless 1.0. */
static void check_parallel_to_int(u32 x)
{
    for (int is_unsigned = 0; is_unsigned < 2; is_unsigned++) {
        struct fpctl ctl = rnd_ctl();
        struct fpresult want = oracle_to_int(fp_load_single(x), is_unsigned, 32, &ctl);
        struct fppresult hi = fp_pto_int(fp_int((u64)x << 32 | 0x3f800000), is_unsigned, &ctl);
        struct fppresult lo = fp_pto_int(fp_int(0x3f800000ull << 32 | x), is_unsigned, &ctl);
        assert_same_result(hi.half[1], want, "%08x high " FPCTL_FMT, x, FPCTL_ARG(ctl));
        assert_same_result(lo.half[0], want, "%08x low " FPCTL_FMT, x, FPCTL_ARG(ctl));
        assert_int_equal(hi.fault, want.fault);
        if (want.fault) continue;
        assert_int_equal(hi.value.sig, want.value.sig << 32 | 1);
        assert_int_equal(lo.value.sig, 1ull << 32 | want.value.sig);
        assert_int_equal(lo.value.exp, 0x1003e);
        assert_int_equal(hi.flags, want.flags);
        assert_int_equal(hi.trap, want.trap);
    }
}

static void fpcvt_fx_agrees_with_mpfr_in_each_half(void **state)
{
    (void)state;
    rnd_seed(31);
    for (unsigned n = 0; n < 40000; n++) check_parallel_to_int(rnd_single_bits());
    struct fpctl none = { 0 };
    assert_int_equal(fp_pto_int(fp_int(0x7fc00000cf000000), false, &none).value.sig,
                     0x8000000080000000);
    assert_true(same_reg(fp_pto_int(FP_NATVAL, false, &none).value, FP_NATVAL));
}

static void integers_convert_exactly(void **state)
{
    (void)state;
    rnd_seed(32);
    mpfr_t x;
    mpfr_init2(x, 64);
    for (unsigned n = 0; n < 20000; n++) {
        u64 v = n < 64    ? 1ull << n
                : n < 128 ? -(1ull << (n - 64))
                          : rnd_significand() >> rnd_below(64);
        struct fpreg f = fp_from_int((struct fpreg){ v, (u32)rnd() & 0x1ffff, 1 });
        assert_int_equal(oracle_class(f), O_NORMAL + (v ? 0 : O_ZERO - O_NORMAL));
        oracle_value(x, f);
        assert_int_equal(mpfr_cmp_si(x, (long)v), 0);
    }
    mpfr_clear(x);
    assert_true(same_reg(fp_from_int(fp_int(0)), FP_ZERO));
    assert_true(same_reg(fp_from_int(FP_NATVAL), FP_NATVAL));
}

/* ---------------------------------------------------------------- memory */

static void doubles_load_with_their_value_and_store_back(void **state)
{
    (void)state;
    rnd_seed(33);
    mpfr_t x;
    mpfr_init2(x, 64);
    for (unsigned n = 0; n < 50000; n++) {
        u64 v = rnd_double_bits();
        double d;
        memcpy(&d, &v, sizeof d);
        struct fpreg f = fp_load_double(v);
        assert_int_equal(fp_store_double(f), v);
        assert_int_equal(f.sign, v >> 63);
        if (d != d) {
            assert_int_equal(oracle_class(f), v >> 51 & 1 ? O_QNAN : O_SNAN);
            continue;
        }
        double magnitude = d < 0 ? -d : d;
        enum oclass class = magnitude > DBL_MAX    ? O_INF
                            : magnitude >= DBL_MIN ? O_NORMAL
                            : d != 0               ? O_UNNORMAL
                                                   : O_ZERO;
        assert_int_equal(oracle_class(f), class);
        if (class == O_UNNORMAL) assert_int_equal(f.exp, 0xfc01);
        oracle_value(x, f);
        assert_int_equal(mpfr_cmp_d(x, d), 0);
    }
    mpfr_clear(x);
}

static void singles_load_with_their_value_and_store_back(void **state)
{
    (void)state;
    rnd_seed(34);
    mpfr_t x;
    mpfr_init2(x, 64);
    for (unsigned n = 0; n < 50000; n++) {
        u32 v = rnd_single_bits();
        float s;
        memcpy(&s, &v, sizeof s);
        struct fpreg f = fp_load_single(v);
        assert_int_equal(fp_store_single(f), v);
        assert_int_equal(f.sign, v >> 31);
        if (s != s) {
            assert_int_equal(oracle_class(f), v >> 22 & 1 ? O_QNAN : O_SNAN);
            continue;
        }
        if (s != 0 && s < FLT_MIN && s > -FLT_MIN) {
            assert_int_equal(oracle_class(f), O_UNNORMAL);
            assert_int_equal(f.exp, 0xff81);
        }
        if (s == 0) assert_int_equal(oracle_class(f), O_ZERO);
        oracle_value(x, f);
        assert_int_equal(mpfr_cmp_d(x, (double)s), 0);
    }
    mpfr_clear(x);
}

/* {significand, sign and exponent} in memory, the register, and whether the value is the same. */
static const struct {
    u64 sig;
    u16 sign_exp;
    struct fpreg f;
} extended_vectors[] = {
    { 0,         0x0000, { 0, 0, 0 } },            { 0,         0x8000, { 0, 0, 1 } },
    { TOP,       0x3fff, { TOP, 0xffff, 0 } },     { TOP | 5,   0xbfff, { TOP | 5, 0xffff, 1 } },
    { 1,         0x0000, { 1, 0, 0 } },            { TOP,       0x8000, { TOP, 0, 1 } },
    { TOP,       0x0001, { TOP, 0xc001, 0 } },     { TOP,       0x7ffe, { TOP, 0x13ffe, 0 } },
    { TOP,       0x7fff, { TOP, 0x1ffff, 0 } },    { TOP | 1,   0xffff, { TOP | 1, 0x1ffff, 1 } },
    { 7,         0x4000, { 7, 0x10000, 0 } },      { 0,         0x1234, { 0, 0xd234, 0 } },
    { 3,         0x7fff, { 3, 0x1ffff, 0 } },
};

static void extended_format_keeps_every_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(extended_vectors); i++) {
        u64 sig;
        u16 sign_exp;
        struct fpreg f =
            fp_load_extended(extended_vectors[i].sig, extended_vectors[i].sign_exp);
        assert_true(same_reg(f, extended_vectors[i].f));
        fp_store_extended(extended_vectors[i].f, &sig, &sign_exp);
        assert_int_equal(sig, extended_vectors[i].sig);
        assert_int_equal(sign_exp, extended_vectors[i].sign_exp);
    }
}

/* Registers no load makes: bits are cut off, never rounded. */
static const struct {
    struct fpreg f;
    u32 single;
    u64 real;
} store_vectors[] = {
    { { ~0ull, 0xffff, 0 },              0x3fffffff, 0x3fffffffffffffff },
    { { TOP | 1ull << 39, 0xffff, 1 },   0xbf800000, 0xbff0000010000000 },
    { { TOP - 1, 0x10005, 0 },           0x007fffff, 0x000fffffffffffff }, /* unnormal */
    { { 0, 0x10005, 1 },                 0x80000000, 0x8000000000000000 },
    { { TOP, 0x1ffff, 1 },               0xff800000, 0xfff0000000000000 },
    { { 3ull << 62, 0x1ffff, 0 },        0x7fc00000, 0x7ff8000000000000 },
    { { TOP, 0x1003e, 0 },               0x5f000000, 0x43e0000000000000 },
    { { TOP, 0x10400, 0 },               0x40000000, 0x4000000000000000 }, /* out of range */
    { { TOP, 0x0ff80, 0 },               0x00000000, 0x3800000000000000 },
    { { TOP, 0, 0 },                     0x00000000, 0x0000000000000000 },
};

static void stores_truncate(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(store_vectors); i++) {
        assert_int_equal(fp_store_single(store_vectors[i].f), store_vectors[i].single);
        assert_int_equal(fp_store_double(store_vectors[i].f), store_vectors[i].real);
    }
    assert_true(same_reg(fp_load_int(12345), (struct fpreg){ 12345, 0x1003e, 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fcvt_fx_agrees_with_mpfr),
        cmocka_unit_test(fpcvt_fx_agrees_with_mpfr_in_each_half),
        cmocka_unit_test(integers_convert_exactly),
        cmocka_unit_test(doubles_load_with_their_value_and_store_back),
        cmocka_unit_test(singles_load_with_their_value_and_store_back),
        cmocka_unit_test(extended_format_keeps_every_bit),
        cmocka_unit_test(stores_truncate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
