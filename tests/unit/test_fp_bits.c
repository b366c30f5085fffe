/* The operations on bit patterns, by vectors whose every digit shows where it came from, and the
 * integer multiply-add against schoolbook multiplication.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fp_oracle.h"
#include "fp_random.h"

typedef struct fpreg operation(struct fpreg, struct fpreg);

static const struct fpreg f2 = { 0x91a2b3c4d5e6f708, 0x12345, 1 };
static const struct fpreg f3 = { 0x1122334455667788, 0x0abcd, 0 };

static const struct {
    const char *name;
    operation *op;
    struct fpreg f2_f3, f3_f2;
} vectors[] = {
#define INT(sig) { sig, 0x1003e, 0 }
#define F2(exp, sign) { 0x91a2b3c4d5e6f708, exp, sign }
#define F3(exp, sign) { 0x1122334455667788, exp, sign }
    { "fmerge.s",   fp_merge_s,   F3(0x0abcd, 1),                     F2(0x12345, 0) },
    { "fmerge.ns",  fp_merge_ns,  F3(0x0abcd, 0),                     F2(0x12345, 1) },
    { "fmerge.se",  fp_merge_se,  F3(0x12345, 1),                     F2(0x0abcd, 0) },
    { "fmix.lr",    fp_mix_lr,    INT(0x91a2b3c455667788),            INT(0x11223344d5e6f708) },
    { "fmix.r",     fp_mix_r,     INT(0xd5e6f70855667788),            INT(0x55667788d5e6f708) },
    { "fmix.l",     fp_mix_l,     INT(0x91a2b3c411223344),            INT(0x1122334491a2b3c4) },
    { "fsxt.r",     fp_sxt_r,     INT(0xffffffff55667788),            INT(0x00000000d5e6f708) },
    { "fsxt.l",     fp_sxt_l,     INT(0xffffffff11223344),            INT(0x0000000091a2b3c4) },
    { "fswap",      fp_swap,      INT(0x5566778891a2b3c4),            INT(0xd5e6f70811223344) },
    { "fswap.nl",   fp_swap_nl,   INT(0xd566778891a2b3c4),            INT(0x55e6f70811223344) },
    { "fswap.nr",   fp_swap_nr,   INT(0x5566778811a2b3c4),            INT(0xd5e6f70891223344) },
    { "fpmerge.s",  fp_pmerge_s,  INT(0x91223344d5667788),            INT(0x11a2b3c455e6f708) },
    { "fpmerge.ns", fp_pmerge_ns, INT(0x1122334455667788),            INT(0x91a2b3c4d5e6f708) },
    { "fpmerge.se", fp_pmerge_se, INT(0x91a23344d5e67788),            INT(0x1122b3c45566f708) },
};

static void every_digit_goes_where_the_manual_says(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
        struct fpreg a = vectors[i].op(f2, f3), b = vectors[i].op(f3, f2);
        if (!same_reg(a, vectors[i].f2_f3) || !same_reg(b, vectors[i].f3_f2)) {
            print_error("%s " FPREG_FMT " " FPREG_FMT "\n", vectors[i].name, FPREG_ARG(a),
                        FPREG_ARG(b));
            fail();
        }
    }
}

static void fpack_stores_two_singles(void **state)
{
    (void)state;
    struct fpreg minus_one_and_half = { 3ull << 62, 0xffff, 1 }, two = { 1ull << 63, 0x10000, 0 };
    assert_true(same_reg(fp_pack(minus_one_and_half, two), fp_int(0xbfc0000040000000)));
    /* digits beyond a single are cut off, an unnormal loses its exponent */
    struct fpreg long_number = { ~0ull, 0xffff, 0 }, unnormal = { ~0ull >> 1, 0xffff, 1 };
    assert_true(same_reg(fp_pack(long_number, unnormal), fp_int(0x3fffffff807fffff)));
}

/* a * b + c in 32-bit digits: low and high 64 bits. */
static void schoolbook(u64 a, u64 b, u64 c, u64 *low, u64 *high)
{
    u64 x[2] = { (u32)a, a >> 32 }, y[2] = { (u32)b, b >> 32 };
    u64 digit[5] = { (u32)c, c >> 32, 0, 0, 0 };
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            u64 p = x[i] * y[j];
            digit[i + j] += (u32)p;
            digit[i + j + 1] += p >> 32;
            for (int k = i + j; k < 4; k++) {
                digit[k + 1] += digit[k] >> 32;
                digit[k] = (u32)digit[k];
            }
        }
    }
    *low = digit[1] << 32 | digit[0];
    *high = digit[3] << 32 | digit[2];
}

static void xma_multiplies_significands(void **state)
{
    (void)state;
    rnd_seed(40);
    for (unsigned n = 0; n < 100000; n++) {
        struct fpreg a = rnd_any(), b = rnd_any(), c = rnd_any();
        if (fp_is_natval(a) || fp_is_natval(b) || fp_is_natval(c)) continue;
        u64 low, high;
        schoolbook(a.sig, b.sig, c.sig, &low, &high);
        u64 signed_high = high - (a.sig >> 63 ? b.sig : 0) - (b.sig >> 63 ? a.sig : 0);
        assert_true(same_reg(fp_xma(FP_XMA_L, a, b, c), (struct fpreg){ low, 0x1003e, 0 }));
        assert_true(same_reg(fp_xma(FP_XMA_HU, a, b, c), (struct fpreg){ high, 0x1003e, 0 }));
        assert_true(same_reg(fp_xma(FP_XMA_H, a, b, c), (struct fpreg){ signed_high, 0x1003e, 0 }));
    }
    assert_true(same_reg(fp_xma(FP_XMA_L, FP_ONE, FP_NATVAL, FP_ONE), FP_NATVAL));
    assert_true(same_reg(fp_xma(FP_XMA_H, FP_ONE, FP_ONE, FP_NATVAL), FP_NATVAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_digit_goes_where_the_manual_says),
        cmocka_unit_test(fpack_stores_two_singles),
        cmocka_unit_test(xma_multiplies_significands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
