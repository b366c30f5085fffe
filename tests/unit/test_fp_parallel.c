/* Parallel arithmetic: each half against the oracle at 24 bits and 8 bits of exponent, packed here
 * by other means than the code under test; then how two halves become one instruction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fp_oracle.h"
#include "fp_random.h"

/* A single from a scalar result: by value, or modulo 2^8 after a trapped overflow or underflow. */
static u32 pack(struct fpresult r)
{
    struct fpreg f = r.value;
    u32 fraction = (u32)(f.sig << 1 >> 41), sign = f.sign << 31;
    if (f.exp == 0x1ffff && !(r.trap & (FP_O | FP_U))) return sign | 0x7f800000 | fraction;
    if (!(f.sig >> 63)) return sign | fraction;
    return sign | (((f.exp + 0x20000 - 0xffff + 127) & 0xff) << 23) | fraction;
}

static struct fpreg packed(u32 high, u32 low)
{
    return fp_int((u64)high << 32 | low);
}

static void check_pma(const u32 x[2], const u32 y[2], const u32 z[2], bool add)
{
    struct fpctl ctl = rnd_ctl(), single = ctl;
    enum fp_fma_op op = rnd_below(3);
    single.prec = 24;
    single.range = 8;
    struct fppresult got = fp_pma(op, packed(x[1], x[0]), packed(y[1], y[0]), packed(z[1], z[0]),
                                  add ? FP_ADD : FP_NO_ADD, &ctl);
    struct fpresult want[2];
    for (unsigned h = 0; h < 2; h++) {
        want[h] = oracle_fma(op, fp_load_single(x[h]), fp_load_single(y[h]), fp_load_single(z[h]),
                             add ? FP_ADD : FP_NO_ADD, &single);
        assert_same_result(got.half[h], want[h], "half %u op %d %08x %08x %08x " FPCTL_FMT, h, op,
                           x[h], y[h], z[h], FPCTL_ARG(ctl));
    }
    assert_int_equal(got.fault, want[0].fault | want[1].fault);
    if (got.fault) return;
    assert_int_equal(got.flags, want[0].flags | want[1].flags);
    assert_int_equal(got.trap, want[0].trap | want[1].trap);
    assert_true(same_reg(got.value, packed(pack(want[1]), pack(want[0]))));
}

static void fpma_is_two_single_operations(void **state)
{
    (void)state;
    rnd_seed(50);
    for (unsigned n = 0; n < 150000; n++) {
        u32 x[2], y[2], z[2];
        bool add = rnd_below(4);
        for (unsigned h = 0; h < 2; h++) {
            x[h] = rnd_single_bits();
            y[h] = rnd_single_bits();
            z[h] = add ? rnd_single_bits() : 0;
        }
        check_pma(x, y, z, add);
    }
}

/* 2^100 * 2^100 overflows to 2^200, 2^-100 * 2^-100 underflows to 2^-200: modulo 2^8, 327 and
 * -73 as biased exponents become 71 and 183. */
static void trapped_halves_wrap_modulo_two_to_the_eighth(void **state)
{
    (void)state;
    struct fpctl ctl = { .enabled = FP_O | FP_U };
    struct fpreg x = packed((100 + 127) << 23, (127 - 100) << 23);
    struct fppresult r = fp_pma(FP_FMA, x, x, FP_ZERO, FP_NO_ADD, &ctl);
    assert_true(same_reg(r.value, packed(71u << 23, 183u << 23)));
    assert_int_equal(r.half[1].trap, FP_O);
    assert_int_equal(r.half[0].trap, FP_U);
    assert_int_equal(r.trap, FP_O | FP_U);
    assert_int_equal(r.flags, FP_O | FP_U);
}

/* Register 1 read as a packed operand is {-0, +0}; adding it is not multiplying. */
static void f1_is_not_a_pair_of_ones(void **state)
{
    (void)state;
    struct fpctl ctl = { 0 };
    struct fpreg twos = packed(0x40000000, 0x40000000);
    struct fppresult r = fp_pma(FP_FMA, twos, FP_ONE, FP_ZERO, FP_NO_ADD, &ctl);
    assert_true(same_reg(r.value, packed(0x80000000, 0)));
    r = fp_pma(FP_FMA, twos, FP_ONE, FP_ZERO, FP_ADD, &ctl);
    assert_true(same_reg(r.value, packed(0, 0)));
}

static void one_faulting_half_is_reported_as_such(void **state)
{
    (void)state;
    struct fpctl ctl = { .enabled = FP_V | FP_D };
    u32 one = 0x3f800000, snan = 0x7f800001, denormal = 1;
    struct fppresult r = fp_pma(FP_FMA, packed(snan, one), packed(one, denormal), packed(0, 0),
                                FP_ADD, &ctl);
    assert_int_equal(r.half[1].fault, FP_V);
    assert_int_equal(r.half[0].fault, FP_D);
    assert_int_equal(r.fault, FP_V | FP_D);
    r = fp_pcmp(FP_LT, packed(0x7fc00000, one), packed(one, one), &ctl);
    assert_int_equal(r.half[1].fault, FP_V);
    assert_int_equal(r.half[0].fault, 0);
}

static void compares_and_minima_work_on_each_half(void **state)
{
    (void)state;
    rnd_seed(51);
    for (unsigned n = 0; n < 20000; n++) {
        u32 x[2] = { rnd_single_bits(), rnd_single_bits() };
        u32 y[2] = { rnd_below(4) ? rnd_single_bits() : x[0],
                     rnd_below(4) ? rnd_single_bits() : x[1] };
        struct fpctl ctl = rnd_ctl();
        struct fpreg a = packed(x[1], x[0]), b = packed(y[1], y[0]);
        enum fp_rel rel = rnd_below(8);
        enum fp_minmax op = rnd_below(4);
        struct fppresult c = fp_pcmp(rel, a, b, &ctl), m = fp_pminmax(op, a, b, &ctl);
        u32 mask[2], chosen[2];
        for (unsigned h = 0; h < 2; h++) {
            struct fpreg p = fp_load_single(x[h]), q = fp_load_single(y[h]);
            struct fpresult want = fp_cmp(rel, p, q, &ctl); /* has its own test */
            assert_same_result(c.half[h], want, "half %u rel %d %08x %08x", h, rel, x[h], y[h]);
            mask[h] = want.pred ? 0xffffffff : 0;
            want = fp_minmax(op, p, q, &ctl);
            assert_same_result(m.half[h], want, "half %u op %d %08x %08x", h, op, x[h], y[h]);
            chosen[h] = same_reg(want.value, q) ? y[h] : x[h];
        }
        assert_int_equal(c.fault, c.half[0].fault | c.half[1].fault);
        assert_int_equal(m.flags, m.half[0].flags | m.half[1].flags);
        if (!c.fault) assert_true(same_reg(c.value, packed(mask[1], mask[0])));
        if (!m.fault) assert_true(same_reg(m.value, packed(chosen[1], chosen[0])));
    }
}

static void natval_in_any_operand_is_natval(void **state)
{
    (void)state;
    struct fpctl ctl = { .enabled = 0x3f };
    struct fpreg snan = packed(0x7f800001, 0x7f800001), nat = FP_NATVAL;
    const struct fppresult results[] = {
        fp_pma(FP_FMA, nat, snan, snan, FP_ADD, &ctl),
        fp_pma(FP_FMA, snan, nat, snan, FP_ADD, &ctl),
        fp_pma(FP_FMA, snan, snan, nat, FP_ADD, &ctl),
        fp_pcmp(FP_EQ, nat, snan, &ctl),
        fp_pcmp(FP_EQ, snan, nat, &ctl),
        fp_pminmax(FP_MAX, nat, snan, &ctl),
        fp_pminmax(FP_MAX, snan, nat, &ctl),
    };
    for (unsigned i = 0; i < ARRAY_LEN(results); i++) {
        assert_true(same_reg(results[i].value, nat));
        assert_int_equal(results[i].fault | results[i].flags | results[i].trap, 0);
        assert_int_equal(results[i].pred, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fpma_is_two_single_operations),
        cmocka_unit_test(trapped_halves_wrap_modulo_two_to_the_eighth),
        cmocka_unit_test(f1_is_not_a_pair_of_ones),
        cmocka_unit_test(one_faulting_half_is_reported_as_such),
        cmocka_unit_test(compares_and_minima_work_on_each_half),
        cmocka_unit_test(natval_in_any_operand_is_natval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
