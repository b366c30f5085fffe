/* Comparisons, minima and classes: values against MPFR, exceptions against the rules, classes
 * against a list made by hand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fp_oracle.h"
#include "fp_random.h"

#define TOP (1ull << 63)

static bool is_nan_like(enum oclass c)
{
    return c == O_QNAN || c == O_SNAN || c == O_UNSUPPORTED;
}

static int order(struct fpreg a, struct fpreg b)
{
    mpfr_t x, y;
    mpfr_inits2(64, x, y, (mpfr_ptr)NULL);
    oracle_value(x, a);
    oracle_value(y, b);
    int r = mpfr_cmp(x, y);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    return r;
}

/* What each relation answers for <, ==, >, unordered; and which are invalid for quiet NaNs. */
static const struct {
    bool less, equal, greater, unordered, invalid;
} relations[] = {
    [FP_EQ] = { 0, 1, 0, 0, 0 },    [FP_LT] = { 1, 0, 0, 0, 1 },  [FP_LE] = { 1, 1, 0, 0, 1 },
    [FP_UNORD] = { 0, 0, 0, 1, 0 }, [FP_NEQ] = { 1, 0, 1, 1, 0 }, [FP_NLT] = { 0, 1, 1, 1, 1 },
    [FP_NLE] = { 0, 0, 1, 1, 1 },   [FP_ORD] = { 1, 1, 1, 0, 0 },
};

static struct fpresult expected(enum fp_rel rel, struct fpreg a, struct fpreg b,
                                const struct fpctl *ctl)
{
    enum oclass ca = oracle_class(a), cb = oracle_class(b);
    struct fpresult r = { 0 };
    u8 exception = 0;
    if (is_nan_like(ca) || is_nan_like(cb)) {
        bool quiet = ca != O_SNAN && cb != O_SNAN && ca != O_UNSUPPORTED && cb != O_UNSUPPORTED;
        if (!quiet || relations[rel].invalid) exception = FP_V;
        r.pred = relations[rel].unordered;
    } else {
        int o = order(a, b);
        r.pred = o < 0 ? relations[rel].less : o ? relations[rel].greater : relations[rel].equal;
        if (oracle_is_unnormal(a) || oracle_is_unnormal(b)) exception = FP_D;
    }
    if (exception & ctl->enabled) r.fault = exception;
    else r.flags = exception;
    return r;
}

static void check(struct fpreg a, struct fpreg b)
{
    if (fp_is_natval(a) || fp_is_natval(b)) return;
    for (enum fp_rel rel = FP_EQ; rel <= FP_ORD; rel++) {
        struct fpctl ctl = rnd_ctl();
        assert_same_result(fp_cmp(rel, a, b, &ctl), expected(rel, a, b, &ctl),
                           "rel %d " FPREG_FMT " " FPREG_FMT " " FPCTL_FMT, rel, FPREG_ARG(a),
                           FPREG_ARG(b), FPCTL_ARG(ctl));
    }
}

/* Equal values in different encodings, neighbours, opposites. */
static struct fpreg relative_of(struct fpreg a)
{
    unsigned n = rnd_below(8);
    switch (rnd_below(5)) {
    case 0: a.sign ^= 1; break;
    case 1: a.sig += rnd_below(3) - 1u; break;
    case 2: if (a.exp + n < 0x1ffff && a.exp) { a.sig >>= n; a.exp += n; } break;
    case 3: a.exp ^= 1; break;
    default: break;
    }
    return a;
}

static void comparisons_agree_with_mpfr(void **state)
{
    (void)state;
    rnd_seed(20);
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned j = 0; j < fp_corner_count; j++) check(fp_corners[i], fp_corners[j]);
    }
    for (unsigned n = 0; n < 60000; n++) {
        struct fpreg a = rnd_any();
        check(a, rnd_below(2) ? relative_of(a) : rnd_any());
    }
}

static struct fpreg absolute(struct fpreg f)
{
    f.sign = 0;
    return f;
}

static struct fpresult expected_minmax(enum fp_minmax op, struct fpreg a, struct fpreg b,
                                       const struct fpctl *ctl)
{
    enum oclass ca = oracle_class(a), cb = oracle_class(b);
    if (ca == O_NAT || cb == O_NAT) return (struct fpresult){ .value = { 0, 0x1fffe, 0 } };
    struct fpresult r = { .value = b };
    u8 exception = oracle_is_unnormal(a) || oracle_is_unnormal(b) ? FP_D : 0;
    if (is_nan_like(ca) || is_nan_like(cb)) {
        exception = FP_V;
    } else {
        int o = op == FP_MIN || op == FP_MAX ? order(a, b) : order(absolute(a), absolute(b));
        if (op == FP_MIN || op == FP_AMIN ? o < 0 : o > 0) r.value = a;
    }
    if (exception & ctl->enabled) r.fault = exception;
    else r.flags = exception;
    return r;
}

static void check_minmax(struct fpreg a, struct fpreg b)
{
    for (enum fp_minmax op = FP_MIN; op <= FP_AMAX; op++) {
        struct fpctl ctl = rnd_ctl();
        assert_same_result(fp_minmax(op, a, b, &ctl), expected_minmax(op, a, b, &ctl),
                           "op %d " FPREG_FMT " " FPREG_FMT " " FPCTL_FMT, op, FPREG_ARG(a),
                           FPREG_ARG(b), FPCTL_ARG(ctl));
    }
}

static void minima_copy_one_operand_untouched(void **state)
{
    (void)state;
    rnd_seed(21);
    for (unsigned i = 0; i < fp_corner_count; i++) {
        for (unsigned j = 0; j < fp_corner_count; j++) check_minmax(fp_corners[i], fp_corners[j]);
    }
    for (unsigned n = 0; n < 60000; n++) {
        struct fpreg a = rnd_any();
        check_minmax(a, rnd_below(2) ? relative_of(a) : rnd_any());
    }
}

/* Each encoding belongs to exactly one row; the mask that selects it is {sign, class}. */
enum {
    POS = 1, NEG = 2, ZERO = 4, UNORM = 8, NORM = 16, INF = 32, SNAN = 64, QNAN = 128, NAT = 256
};

static const struct {
    struct fpreg f;
    unsigned sign, class;
} classes[] = {
    { { 0, 0, 0 },                   POS, ZERO },  { { 0, 0, 1 },            NEG, ZERO },
    { { TOP, 1, 0 },                 POS, NORM },  { { ~0ull, 0x1fffe, 1 },  NEG, NORM },
    { { 1, 1, 0 },                   POS, UNORM }, { { TOP - 1, 0x1fffe, 1 }, NEG, UNORM },
    { { 1, 0, 0 },                   POS, UNORM }, { { TOP, 0, 1 },          NEG, UNORM },
    { { 0, 0x1003e, 0 },             POS, UNORM }, { { 0, 0x1fffe, 1 },      NEG, UNORM },
    { { TOP, 0x1ffff, 0 },           POS, INF },   { { TOP, 0x1ffff, 1 },    NEG, INF },
    { { TOP | 1, 0x1ffff, 0 },       0, SNAN },    { { TOP | 1, 0x1ffff, 1 }, 0, SNAN },
    { { 3ull << 62, 0x1ffff, 0 },    0, QNAN },    { { ~0ull, 0x1ffff, 1 },  0, QNAN },
    { { 0, 0x1fffe, 0 },             0, NAT },
    { { 0, 0x1ffff, 0 },             0, 0 },       { { TOP - 1, 0x1ffff, 1 }, 0, 0 },
};

static void fclass_follows_the_table_for_every_mask(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++) {
        for (unsigned mask = 0; mask < 512; mask++) {
            bool sign_ok = !classes[i].sign || (mask & classes[i].sign);
            bool want = sign_ok && (mask & classes[i].class);
            assert_int_equal(fp_class(classes[i].f, mask), want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_agree_with_mpfr),
        cmocka_unit_test(minima_copy_one_operand_untouched),
        cmocka_unit_test(fclass_follows_the_table_for_every_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
