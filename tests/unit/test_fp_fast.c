/* Every fast path against the exact one: if it answers, it must answer the same value, and the
 * exact operation must have raised nothing but I.  And it must answer for the operands it was made
 * for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "cpu/fp/fast.h"
#include "fp_oracle.h"
#include "fp_random.h"

static const struct fpctl real = { .prec = 53, .range = 11 };
static const struct fpctl single = { .prec = 24, .range = 8 };
static const struct fpctl wide_real = { .prec = 53, .range = 17 };
static const struct fpctl wide_single = { .prec = 24, .range = 17 };

static struct fpreg any_double(void)
{
    return rnd_below(8) ? fp_load_double(rnd_double_bits()) : rnd_any();
}

static struct fpreg any_single(void)
{
    return rnd_below(8) ? fp_load_single(rnd_single_bits()) : rnd_any();
}

/* With U, O, D and V enabled: the fast path may not swallow one of them. */
static void same_as(struct fpresult exact, struct fpreg fast, const char *what, struct fpreg a,
                    struct fpreg b, struct fpreg c)
{
    bool quiet = !(exact.flags & ~FP_I) && !exact.fault && !exact.trap;
    if (quiet && same_reg(exact.value, fast)) return;
    print_error("%s " FPREG_FMT " " FPREG_FMT " " FPREG_FMT ": fast " FPREG_FMT " exact " FPREG_FMT
                " flags %02x\n", what, FPREG_ARG(a), FPREG_ARG(b), FPREG_ARG(c), FPREG_ARG(fast),
                FPREG_ARG(exact.value), exact.flags);
    fail();
}

typedef bool fast3(struct fpreg, struct fpreg, struct fpreg, struct fpreg *);
typedef bool fast2(struct fpreg, struct fpreg, struct fpreg *);

static unsigned answered, asked;

static void try3(fast3 *fast, enum fp_fma_op op, struct fpreg a, struct fpreg b, struct fpreg c,
                 const struct fpctl *narrow, const struct fpctl *wide)
{
    struct fpreg out;
    struct fpctl ctl = *(rnd_below(2) ? narrow : wide);
    ctl.enabled = 0x1f;
    asked++;
    if (!fast(a, b, c, &out)) return;
    answered++;
    same_as(fp_fma(op, a, b, c, FP_ADD, &ctl), out, "fma", a, b, c);
}

static void try_all(struct fpreg a, struct fpreg b, struct fpreg c)
{
    struct fpctl ctl = real;
    struct fpreg out;
    ctl.enabled = 0x1f;
    try3(fp_fast_fma_d, FP_FMA, a, b, c, &real, &wide_real);
    try3(fp_fast_fms_d, FP_FMS, a, b, c, &real, &wide_real);
    try3(fp_fast_fnma_d, FP_FNMA, a, b, c, &real, &wide_real);
    try3(fp_fast_fma_s, FP_FMA, a, b, c, &single, &wide_single);
    try3(fp_fast_fms_s, FP_FMS, a, b, c, &single, &wide_single);
    try3(fp_fast_fnma_s, FP_FNMA, a, b, c, &single, &wide_single);

    static const struct { fast2 *d, *s; enum fp_fma_op op; bool add; } twos[] = {
        { fp_fast_mul_d, fp_fast_mul_s, FP_FMA, false },
        { fp_fast_add_d, fp_fast_add_s, FP_FMA, true },
        { fp_fast_sub_d, fp_fast_sub_s, FP_FMS, true },
    };
    for (unsigned i = 0; i < ARRAY_LEN(twos); i++) {
        for (unsigned s = 0; s < 2; s++) {
            ctl.prec = s ? 24 : 53;
            ctl.range = rnd_below(2) ? 17 : s ? 8 : 11;
            if (!(s ? twos[i].s : twos[i].d)(a, b, &out)) continue;
            struct fpresult exact = twos[i].add
                ? fp_fma(twos[i].op, a, FP_ONE, b, FP_ADD, &ctl)
                : fp_fma(twos[i].op, a, b, FP_ZERO, FP_NO_ADD, &ctl);
            same_as(exact, out, twos[i].add ? "add" : "mul", a, b, FP_ZERO);
        }
    }
    ctl = real;
    if (fp_fast_norm_d(a, &out)) {
        same_as(fp_fma(FP_FMA, a, FP_ONE, FP_ZERO, FP_NO_ADD, &ctl), out, "fnorm.d", a, a, a);
    }
    ctl = single;
    ctl.enabled = 0x1f;
    if (fp_fast_norm_s(a, &out)) {
        same_as(fp_fma(FP_FMA, a, FP_ONE, FP_ZERO, FP_NO_ADD, &ctl), out, "fnorm.s", a, a, a);
    }
}

static void fast_arithmetic_is_exact_arithmetic_on_doubles(void **state)
{
    (void)state;
    rnd_seed(70);
    for (unsigned n = 0; n < 150000; n++) try_all(any_double(), any_double(), any_double());
}

static void fast_arithmetic_is_exact_arithmetic_on_singles(void **state)
{
    (void)state;
    rnd_seed(71);
    for (unsigned n = 0; n < 150000; n++) try_all(any_single(), any_single(), any_single());
}

static void fast_arithmetic_is_exact_arithmetic_on_corners(void **state)
{
    (void)state;
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned j = 0; j < fp_corner_count; j++) {
            try_all(fp_corners[i], fp_corners[j], fp_corners[(i * 7 + j * 3) % fp_corner_count]);
        }
    }
}

/* Products and sums within a few steps of where underflow and overflow begin. */
static void fast_arithmetic_is_exact_at_the_edges(void **state)
{
    (void)state;
    static const s32 edges[] = { -1075, -1022, 1023, -150, -126, 127 };
    rnd_seed(72);
    for (unsigned n = 0; n < 150000; n++) {
        s32 edge = edges[n % ARRAY_LEN(edges)], split = (s32)rnd_below(60) - 30;
        u64 cut = n % ARRAY_LEN(edges) < 3 ? ~mask64(11) : ~mask64(40);
        struct fpreg a = rnd_near(edge / 2 + split), b = rnd_near(edge - edge / 2 - split);
        struct fpreg c = rnd_near(edge + (s32)rnd_below(5) - 2);
        a.sig &= cut;
        b.sig &= cut;
        c.sig &= cut;
        if (rnd_below(3) == 0) c = fp_fma(FP_FNMA, a, b, FP_ZERO, FP_NO_ADD, &real).value;
        try_all(a, b, c);
        try_all(c, b, FP_ZERO);
    }
}

static void ordinary_doubles_and_singles_take_the_fast_path(void **state)
{
    (void)state;
    rnd_seed(73);
    for (unsigned n = 0; n < 10000; n++) {
        struct fpreg v[3], w[3], out;
        for (unsigned i = 0; i < 3; i++) {
            double d = rnd_double(30);
            u64 x;
            memcpy(&x, &d, sizeof x);
            v[i] = fp_load_double(x);
            w[i] = v[i];
            w[i].sig &= ~mask64(40);
        }
        if (fp_host_has_fma() && !same_reg(v[0], v[1])) {
            assert_true(fp_fast_fma_d(v[0], v[1], v[2], &out));
            assert_true(fp_fast_fms_d(v[0], v[1], FP_ZERO, &out));
            assert_true(fp_fast_fnma_d(v[0], FP_ZERO, v[2], &out));
            assert_true(fp_fast_fma_d(v[0], FP_ZERO, FP_ZERO, &out));
            assert_true(fp_fast_fma_s(w[0], w[1], w[2], &out) || out.exp == FP_SINGLE_REBIAS);
        }
        assert_true(fp_fast_mul_d(v[0], v[1], &out));
        assert_true(fp_fast_mul_d(v[0], FP_ZERO, &out));
        assert_true(fp_fast_add_d(v[0], v[1], &out));
        assert_true(fp_fast_sub_d(v[0], v[0], &out));
        assert_true(fp_fast_add_d(FP_ZERO, FP_ZERO, &out));
        assert_true(fp_fast_mul_s(w[0], w[1], &out));
        assert_true(fp_fast_add_s(w[0], w[1], &out));
        assert_true(fp_fast_sub_s(w[0], w[0], &out));
        assert_true(fp_fast_norm_s(v[0], &out));
        assert_true(fp_fast_norm_d(v[0], &out));
        assert_true(fp_fast_to_int_trunc(v[0], &out));
    }
    if (fp_host_has_fma()) assert_true(answered > asked / 8);
}

static const struct fpctl extended = { .prec = 64, .range = 17 };
static const struct fpctl long_double = { .prec = 64, .range = 15 };

static void try_register_precision(struct fpreg a, struct fpreg b, struct fpreg c)
{
    struct fpctl ctl = rnd_below(2) ? extended : long_double;
    struct fpreg out;
    ctl.enabled = 0x1f;
    try3(fp_fast_fma_x, FP_FMA, a, b, c, &long_double, &extended);
    try3(fp_fast_fms_x, FP_FMS, a, b, c, &long_double, &extended);
    try3(fp_fast_fnma_x, FP_FNMA, a, b, c, &long_double, &extended);
    if (fp_fast_mul_x(a, b, &out)) {
        same_as(fp_fma(FP_FMA, a, b, FP_ZERO, FP_NO_ADD, &ctl), out, "mul_x", a, b, c);
    }
    if (fp_fast_add_x(a, c, &out)) {
        same_as(fp_fma(FP_FMA, a, FP_ONE, c, FP_ADD, &ctl), out, "add_x", a, b, c);
    }
    if (fp_fast_sub_x(a, c, &out)) {
        same_as(fp_fma(FP_FMS, a, FP_ONE, c, FP_ADD, &ctl), out, "sub_x", a, b, c);
    }
}

static void fast_register_precision_is_exact_arithmetic(void **state)
{
    (void)state;
    rnd_seed(77);
    for (unsigned n = 0; n < 100000; n++) {
        struct fpreg a = rnd_any(), b = rnd_any(), c = rnd_any();
        if (n & 1) {
            static const s32 edges[] = { 65535, -65534, 16383, -16382 };
            s32 edge = edges[rnd_below(4)];
            a = rnd_near(edge / 2);
            b = rnd_near(edge - edge / 2);
            c = rnd_near(edge - (s32)rnd_below(130));
        }
        if (n % 5 == 0) c = fp_fma(FP_FNMA, a, b, FP_ZERO, FP_NO_ADD, &extended).value;
        try_register_precision(a, b, c);
    }
    struct fpreg out;
    for (unsigned n = 0; n < 1000; n++) {
        assert_true(fp_fast_fma_x(rnd_normal(60), rnd_normal(60), rnd_normal(60), &out));
        assert_true(fp_fast_mul_x(rnd_normal(60), rnd_normal(60), &out));
    }
}

static void fast_compares_agree(void **state)
{
    (void)state;
    struct fpctl ctl = { .enabled = 0x3f };
    rnd_seed(74);
    for (unsigned n = 0; n < 150000; n++) {
        struct fpreg a = rnd_below(2) ? rnd_any() : fp_corners[rnd_below(fp_corner_count)];
        struct fpreg b = rnd_below(4) ? rnd_any() : a;
        if (rnd_below(4) == 0) b.sign ^= 1;
        if (rnd_below(4) == 0) b.exp = a.exp;
        for (enum fp_rel rel = FP_EQ; rel <= FP_ORD; rel++) {
            bool out;
            if (!fp_fast_cmp(rel, a, b, &out)) continue;
            struct fpresult exact = fp_cmp(rel, a, b, &ctl);
            assert_int_equal(out, exact.pred);
            assert_int_equal(exact.flags | exact.fault, 0);
        }
    }
}

static void fast_conversions_agree(void **state)
{
    (void)state;
    struct fpctl ctl = { .rc = FP_RZ, .enabled = 0x1f };
    rnd_seed(75);
    for (unsigned n = 0; n < 150000; n++) {
        struct fpreg f = rnd_below(4) ? rnd_near((s32)rnd_below(68) - 2) : rnd_any(), out;
        if (fp_fast_to_int_trunc(f, &out)) same_as(fp_to_int(f, false, &ctl), out, "fx", f, f, f);
        if (fp_fast_to_uint_trunc(f, &out)) same_as(fp_to_int(f, true, &ctl), out, "fxu", f, f, f);
        if (fp_fast_from_int(f, &out)) assert_true(same_reg(out, fp_from_int(f)));
        else assert_true(fp_is_natval(f));
    }
}

static void fast_loads_and_stores_agree(void **state)
{
    (void)state;
    rnd_seed(76);
    for (unsigned n = 0; n < 150000; n++) {
        u64 v = rnd_double_bits();
        u32 w = rnd_single_bits();
        struct fpreg f = rnd_any();
        assert_true(same_reg(fp_fast_load_double(v), fp_load_double(v)));
        assert_true(same_reg(fp_fast_load_single(w), fp_load_single(w)));
        assert_int_equal(fp_fast_store_double(f), fp_store_double(f));
        assert_int_equal(fp_fast_store_single(f), fp_store_single(f));
        assert_int_equal(fp_fast_store_double(fp_fast_load_double(v)), v);
        assert_int_equal(fp_fast_store_single(fp_fast_load_single(w)), w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_arithmetic_is_exact_arithmetic_on_doubles),
        cmocka_unit_test(fast_arithmetic_is_exact_arithmetic_on_singles),
        cmocka_unit_test(fast_arithmetic_is_exact_arithmetic_on_corners),
        cmocka_unit_test(fast_arithmetic_is_exact_at_the_edges),
        cmocka_unit_test(ordinary_doubles_and_singles_take_the_fast_path),
        cmocka_unit_test(fast_register_precision_is_exact_arithmetic),
        cmocka_unit_test(fast_compares_agree),
        cmocka_unit_test(fast_conversions_agree),
        cmocka_unit_test(fast_loads_and_stores_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
