/* fma, fms, fnma against MPFR, at every precision, range and rounding; then the things an oracle
 * may get wrong in the same way as the code, as tables written by hand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fp_oracle.h"
#include "fp_random.h"

static const struct fpctl extended = { .prec = 64, .range = 17 };

static void check(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                  enum fp_addend addend, const struct fpctl *ctl)
{
    struct fpresult got = fp_fma(op, f3, f4, f2, addend, ctl);
    struct fpresult want = oracle_fma(op, f3, f4, f2, addend, ctl);
    assert_same_result(got, want,
                       "op %d f3 " FPREG_FMT " f4 " FPREG_FMT " f2 " FPREG_FMT " %s " FPCTL_FMT,
                       op, FPREG_ARG(f3), FPREG_ARG(f4), FPREG_ARG(f2),
                       addend == FP_ADD ? "add" : "no add", FPCTL_ARG(*ctl));
}

static void corners_cubed_agree_with_mpfr(void **state)
{
    (void)state;
    rnd_seed(1);
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned j = 0; j < fp_corner_count; j++) {
            for (unsigned k = 0; k < fp_corner_count; k++) {
                struct fpctl ctl = rnd_ctl();
                enum fp_fma_op op = rnd_below(3);
                check(op, fp_corners[i], fp_corners[j], fp_corners[k], FP_ADD, &ctl);
            }
            struct fpctl ctl = rnd_ctl();
            check(rnd_below(3), fp_corners[i], fp_corners[j], FP_ZERO, FP_NO_ADD, &ctl);
        }
    }
}

static void random_operands_agree_with_mpfr(void **state)
{
    (void)state;
    rnd_seed(2);
    for (unsigned n = 0; n < 300000; n++) {
        struct fpctl ctl = rnd_ctl();
        bool add = rnd_below(4) != 0;
        check(rnd_below(3), rnd_any(), rnd_any(), add ? rnd_any() : FP_ZERO,
              add ? FP_ADD : FP_NO_ADD, &ctl);
    }
}

/* The addend is the product, nudged: every amount of cancellation, and ties. */
static void near_cancellation_agrees_with_mpfr(void **state)
{
    (void)state;
    rnd_seed(3);
    for (unsigned n = 0; n < 300000; n++) {
        struct fpctl ctl = rnd_ctl();
        struct fpreg a = rnd_normal(20), b = rnd_normal(20);
        struct fpreg c = fp_fma(FP_FNMA, a, b, FP_ZERO, FP_NO_ADD, &extended).value;
        switch (rnd_below(6)) {
        case 0: break;
        case 1: c.sig += rnd_below(5) - 2u; break;
        case 2: c.sig ^= 1ull << rnd_below(64); break;
        case 3: c.exp += rnd_below(5) - 2u; break;
        case 4: c.exp += rnd_below(400) - 200u; break;
        case 5: c.sig = rnd_significand() | 1ull << 63; break;
        }
        check(rnd_below(3), a, b, c, FP_ADD, &ctl);
    }
}

/* Results that land where a format ends, above and below. */
static void range_boundaries_agree_with_mpfr(void **state)
{
    (void)state;
    static const s32 edges[] = { -65534, -65534 - 63, -16382, -16382 - 63, -1022, -1074, -126, -149,
                                 127, 1023, 16383, 65535 };
    rnd_seed(4);
    for (unsigned n = 0; n < 300000; n++) {
        struct fpctl ctl = rnd_ctl();
        s32 edge = edges[rnd_below(ARRAY_LEN(edges))] + (s32)rnd_below(5) - 2;
        s32 split = (s32)rnd_below(2000) - 1000;
        struct fpreg a = rnd_near(edge / 2 + split), b = rnd_near(edge - edge / 2 - split);
        struct fpreg c = rnd_near(edge - (s32)rnd_below(130));
        if (rnd_below(3) == 0) c.sig <<= rnd_below(64);
        bool add = rnd_below(2);
        check(rnd_below(3), a, b, add ? c : FP_ZERO, add ? FP_ADD : FP_NO_ADD, &ctl);
    }
}

/* ---------------------------------------------------------------- tables by hand */

#define QNAN(n) ((struct fpreg){ 3ull << 62 | (n), 0x1ffff, 0 })
#define SNAN(n) ((struct fpreg){ 1ull << 63 | (n), 0x1ffff, 1 })
#define SNAN_QUIET(n) ((struct fpreg){ 3ull << 62 | (n), 0x1ffff, 1 })
#define INF ((struct fpreg){ 1ull << 63, 0x1ffff, 0 })
#define MINUS_INF ((struct fpreg){ 1ull << 63, 0x1ffff, 1 })
#define UNSUPPORTED ((struct fpreg){ 1, 0x1ffff, 0 })
#define UNNORMAL ((struct fpreg){ 1, 0xffff, 0 })
#define PSEUDO_ZERO ((struct fpreg){ 0, 0xffff, 0 })
#define MINUS_ONE ((struct fpreg){ 1ull << 63, 0xffff, 1 })
#define MINUS_ZERO ((struct fpreg){ 0, 0, 1 })

/* With everything disabled: value and flags; with everything enabled: the fault. */
static const struct {
    struct fpreg f3, f4, f2, value;
    u8 flags, fault;
} special_cases[] = {
    /* NaNs: f4, then f2, then f3 */
    { QNAN(3),     QNAN(4),     QNAN(2),     QNAN(4),        0,    0    },
    { QNAN(3),     FP_ONE,      QNAN(2),     QNAN(2),        0,    0    },
    { QNAN(3),     FP_ONE,      FP_ONE,      QNAN(3),        0,    0    },
    { SNAN(3),     QNAN(4),     QNAN(2),     QNAN(4),        FP_V, FP_V },
    { SNAN(3),     FP_ONE,      QNAN(2),     QNAN(2),        FP_V, FP_V },
    { SNAN(3),     FP_ONE,      FP_ONE,      SNAN_QUIET(3),  FP_V, FP_V },
    { QNAN(3),     SNAN(4),     QNAN(2),     SNAN_QUIET(4),  FP_V, FP_V },
    { QNAN(3),     FP_ONE,      SNAN(2),     SNAN_QUIET(2),  FP_V, FP_V },
    /* a NaN hides D and 0 * inf */
    { QNAN(3),     UNNORMAL,    FP_ONE,      QNAN(3),        0,    0    },
    { FP_ZERO,     INF,         QNAN(2),     QNAN(2),        0,    0    },
    { SNAN(3),     UNNORMAL,    FP_ONE,      SNAN_QUIET(3),  FP_V, FP_V },
    /* unsupported beats NaN, NaTVal beats everything */
    { UNSUPPORTED, QNAN(4),     QNAN(2),     FP_INDEFINITE,  FP_V, FP_V },
    { QNAN(3),     SNAN(4),     UNSUPPORTED, FP_INDEFINITE,  FP_V, FP_V },
    { UNSUPPORTED, FP_NATVAL,   SNAN(2),     FP_NATVAL,      0,    0    },
    { UNNORMAL,    FP_ONE,      FP_NATVAL,   FP_NATVAL,      0,    0    },
    /* invalid infinities; V hides D */
    { INF,         FP_ZERO,     FP_ONE,      FP_INDEFINITE,  FP_V, FP_V },
    { MINUS_ZERO,  INF,         UNNORMAL,    FP_INDEFINITE,  FP_V, FP_V },
    { INF,         FP_ONE,      MINUS_INF,   FP_INDEFINITE,  FP_V, FP_V },
    { INF,         UNNORMAL,    MINUS_INF,   FP_INDEFINITE,  FP_V, FP_V },
    /* valid ones */
    { INF,         MINUS_ONE,   MINUS_INF,   MINUS_INF,      0,    0    },
    { INF,         PSEUDO_ZERO, FP_ONE,      INF,            FP_D, FP_D },
    { PSEUDO_ZERO, MINUS_INF,   FP_ONE,      MINUS_INF,      FP_D, FP_D },
    { UNNORMAL,    FP_ONE,      INF,         INF,            FP_D, FP_D },
    /* zeros */
    { PSEUDO_ZERO, FP_ONE,      FP_ONE,      FP_ONE,         FP_D, FP_D },
    { FP_ZERO,     MINUS_ONE,   FP_ZERO,     FP_ZERO,        0,    0    },
    { FP_ZERO,     MINUS_ONE,   MINUS_ZERO,  MINUS_ZERO,     0,    0    },
    { FP_ONE,      MINUS_ONE,   FP_ONE,      FP_ZERO,        0,    0    },
    { PSEUDO_ZERO, PSEUDO_ZERO, PSEUDO_ZERO, FP_ZERO,        FP_D, FP_D },
};

static void special_operands_follow_the_table(void **state)
{
    (void)state;
    struct fpctl all = extended;
    all.enabled = 0x3f;
    for (unsigned i = 0; i < ARRAY_LEN(special_cases); i++) {
        struct fpresult got = fp_fma(FP_FMA, special_cases[i].f3, special_cases[i].f4,
                                     special_cases[i].f2, FP_ADD, &extended);
        struct fpresult want = { .value = special_cases[i].value, .flags = special_cases[i].flags };
        assert_same_result(got, want, "case %u", i);
        got = fp_fma(FP_FMA, special_cases[i].f3, special_cases[i].f4, special_cases[i].f2, FP_ADD,
                     &all);
        want.fault = special_cases[i].fault;
        assert_same_result(got, want, "case %u, enabled", i);
    }
}

/* fms and fnma negate a number, never a NaN. */
static void nan_signs_survive_fms_and_fnma(void **state)
{
    (void)state;
    struct fpresult r = fp_fma(FP_FMS, FP_ONE, FP_ONE, QNAN(2), FP_ADD, &extended);
    assert_true(same_reg(r.value, QNAN(2)));
    r = fp_fma(FP_FNMA, QNAN(3), FP_ONE, FP_ONE, FP_ADD, &extended);
    assert_true(same_reg(r.value, QNAN(3)));
}

static void multiplication_and_addition_of_zero_differ_in_sign(void **state)
{
    (void)state;
    struct fpresult r = fp_fma(FP_FMA, FP_ZERO, MINUS_ONE, FP_ZERO, FP_NO_ADD, &extended);
    assert_true(same_reg(r.value, MINUS_ZERO));
    r = fp_fma(FP_FMA, FP_ZERO, MINUS_ONE, FP_ZERO, FP_ADD, &extended);
    assert_true(same_reg(r.value, FP_ZERO));
    struct fpctl down = extended;
    down.rc = FP_RM;
    r = fp_fma(FP_FMA, FP_ONE, MINUS_ONE, FP_ONE, FP_ADD, &down);
    assert_true(same_reg(r.value, MINUS_ZERO));
}

static void a_payload_is_not_cut_to_the_precision(void **state)
{
    (void)state;
    struct fpctl single = { .prec = 24, .range = 8 };
    struct fpreg nan = QNAN(0x123456789abcdef);
    assert_true(same_reg(fp_fma(FP_FMA, nan, FP_ONE, FP_ONE, FP_ADD, &single).value, nan));
}

/* A D fault wins over the traps that would have followed, and disabled D rides along with them. */
static void denormal_operand_precedes_the_traps(void **state)
{
    (void)state;
    struct fpreg tiny = { 3, 1, 0 };
    struct fpctl ctl = { .prec = 24, .range = 8, .enabled = FP_D | FP_U | FP_I };
    assert_int_equal(fp_fma(FP_FMA, tiny, FP_ONE, FP_ZERO, FP_ADD, &ctl).fault, FP_D);
    ctl.enabled = FP_U;
    struct fpresult r = fp_fma(FP_FMA, tiny, FP_ONE, FP_ZERO, FP_ADD, &ctl);
    assert_int_equal(r.fault, 0);
    assert_int_equal(r.flags, FP_D | FP_U);
    assert_int_equal(r.trap, FP_U); /* tiny but exact: U alone */
}

/* Hand-computed: 2^127 * 2^127 in single, largest * largest in register format. */
static void trapped_overflow_wraps_the_exponent(void **state)
{
    (void)state;
    struct fpreg big = { 1ull << 63, 0xffff + 127, 0 };
    struct fpctl single = { .prec = 24, .range = 8, .enabled = FP_O };
    struct fpresult r = fp_fma(FP_FMA, big, big, FP_ZERO, FP_NO_ADD, &single);
    assert_true(same_reg(r.value, (struct fpreg){ 1ull << 63, 0xffff + 254, 0 }));
    assert_int_equal(r.flags, FP_O);
    assert_int_equal(r.trap, FP_O);

    struct fpreg max = { ~0ull, 0x1fffe, 0 };
    struct fpctl reg = { .prec = 64, .range = 17, .enabled = FP_O };
    r = fp_fma(FP_FMA, max, max, FP_ZERO, FP_NO_ADD, &reg);
    /* exponent 2 * 0x1fffe - 0xffff + 1 = 0x2fffe, modulo 2^17 = 0xfffe */
    assert_true(same_reg(r.value, (struct fpreg){ ~0ull - 1, 0xfffe, 0 }));
    assert_int_equal(r.flags, FP_O | FP_I);
    assert_int_equal(r.trap, FP_O | FP_I);
    assert_int_equal(r.fpa, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners_cubed_agree_with_mpfr),
        cmocka_unit_test(random_operands_agree_with_mpfr),
        cmocka_unit_test(near_cancellation_agrees_with_mpfr),
        cmocka_unit_test(range_boundaries_agree_with_mpfr),
        cmocka_unit_test(special_operands_follow_the_table),
        cmocka_unit_test(nan_signs_survive_fms_and_fnma),
        cmocka_unit_test(multiplication_and_addition_of_zero_differ_in_sign),
        cmocka_unit_test(a_payload_is_not_cut_to_the_precision),
        cmocka_unit_test(denormal_operand_precedes_the_traps),
        cmocka_unit_test(trapped_overflow_wraps_the_exponent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
