/* The whole at work: the division and square root sequences that compilers emit, run on our frcpa,
 * frsqrta and fma, must give what the host's IEEE division and square root give, to the last bit,
 * in every rounding mode, with the same inexact, overflow and underflow flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <fenv.h>
#include <math.h>
#undef FP_ZERO /* math.h has one too */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fp_oracle.h"
#include "fp_random.h"

static const struct fpctl s1 = { .prec = 64, .range = 17 };   /* none.s1: pc 3, wre 1, nearest */
static const struct fpctl d_s1 = { .prec = 53, .range = 17 }; /* .d.s1 */

static struct fpreg fma_(struct fpreg x, struct fpreg y, struct fpreg z, const struct fpctl *ctl)
{
    return fp_fma(FP_FMA, x, y, z, FP_ADD, ctl).value;
}

static struct fpreg fnma_(struct fpreg x, struct fpreg y, struct fpreg z, const struct fpctl *ctl)
{
    return fp_fma(FP_FNMA, x, y, z, FP_ADD, ctl).value;
}

static struct fpreg mul_(struct fpreg x, struct fpreg y)
{
    return fp_fma(FP_FMA, x, y, FP_ZERO, FP_NO_ADD, &s1).value;
}

/* The quotient before its last rounding: q3 to 53 bits, the remainder, 1/b. */
struct newton {
    struct fpreg q, r, y;
};

static struct newton divide_newton(struct fpreg a, struct fpreg b, struct fpreg y0)
{
    struct fpreg q0 = mul_(a, y0);
    struct fpreg e0 = fnma_(b, y0, FP_ONE, &s1);
    struct fpreg q1 = fma_(e0, q0, q0, &s1);
    struct fpreg e1 = mul_(e0, e0);
    struct fpreg y1 = fma_(e0, y0, y0, &s1);
    struct fpreg q2 = fma_(e1, q1, q1, &s1);
    struct fpreg e2 = mul_(e1, e1);
    struct fpreg y2 = fma_(e1, y1, y1, &s1);
    struct fpreg q3 = fma_(e2, q2, q2, &d_s1);
    struct fpreg y3 = fma_(e2, y2, y2, &s1);
    return (struct newton){ q3, fnma_(b, q3, a, &d_s1), y3 };
}

static struct fpresult divide_double(struct fpreg a, struct fpreg b, const struct fpctl *s0)
{
    struct fpresult seed = fp_rcpa(a, b, s0);
    if (!seed.pred) return seed;
    struct newton n = divide_newton(a, b, seed.value);
    struct fpresult q = fp_fma(FP_FMA, n.r, n.y, n.q, FP_ADD, s0);
    q.flags |= seed.flags;
    return q;
}

static struct fpresult divide_single(struct fpreg a, struct fpreg b, const struct fpctl *s0)
{
    struct fpresult seed = fp_rcpa(a, b, s0);
    if (!seed.pred) return seed;
    struct newton n = divide_newton(a, b, seed.value);
    struct fpresult q = fp_fma(FP_FMA, n.q, FP_ONE, FP_ZERO, FP_NO_ADD, s0); /* fnorm.s */
    q.flags |= seed.flags;
    return q;
}

static struct fpresult square_root(struct fpreg a, const struct fpctl *s0)
{
    static const struct fpreg half = { 1ull << 63, 0xfffe, 0 };
    struct fpresult seed = fp_rsqrta(a, s0);
    if (!seed.pred) return seed;
    struct fpreg h = mul_(half, seed.value), g = mul_(a, seed.value);
    for (int i = 0; i < 2; i++) {
        struct fpreg r = fnma_(g, h, half, &s1);
        g = fma_(r, g, g, &s1);
        h = fma_(r, h, h, &s1);
    }
    g = fma_(fnma_(g, g, a, &s1), h, g, &s1);
    struct fpresult s = fp_fma(FP_FMA, fnma_(g, g, a, &s1), h, g, FP_ADD, s0);
    s.flags |= seed.flags;
    return s;
}

/* ---------------------------------------------------------------- the host */

static const int host_modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };

static u8 host_flags(void)
{
    int e = fetestexcept(FE_ALL_EXCEPT);
    return (u8)((e & FE_INVALID ? FP_V : 0) | (e & FE_DIVBYZERO ? FP_Z : 0) |
                (e & FE_OVERFLOW ? FP_O : 0) | (e & FE_UNDERFLOW ? FP_U : 0) |
                (e & FE_INEXACT ? FP_I : 0));
}

#define HOST(type, bits, expression)                                                               \
    do {                                                                                           \
        volatile type x, y, result;                                                                \
        memcpy((void *)&x, &a, sizeof a);                                                          \
        memcpy((void *)&y, &b, sizeof b);                                                          \
        fesetround(host_modes[rc]);                                                                \
        feclearexcept(FE_ALL_EXCEPT);                                                              \
        result = (expression);                                                                     \
        *flags = host_flags();                                                                     \
        fesetround(FE_TONEAREST);                                                                  \
        bits v;                                                                                    \
        memcpy(&v, (void *)&result, sizeof v);                                                     \
        return v;                                                                                  \
    } while (0)

static u64 host_divide_double(u64 a, u64 b, u8 rc, u8 *flags)
{
    HOST(double, u64, x / y);
}

static u64 host_sqrt_double(u64 a, u64 b, u8 rc, u8 *flags)
{
    HOST(double, u64, ((void)y, sqrt(x)));
}

static u32 host_divide_single(u32 a, u32 b, u8 rc, u8 *flags)
{
    HOST(float, u32, x / y);
}

static u32 host_sqrt_single(u32 a, u32 b, u8 rc, u8 *flags)
{
    HOST(float, u32, ((void)y, sqrtf(x)));
}

/* Two NaNs need not be the same one: hosts choose differently. */
static bool same_double(u64 v, u64 w)
{
    u64 inf = 0x7ff0000000000000;
    return v == w || ((v & ~(1ull << 63)) > inf && (w & ~(1ull << 63)) > inf);
}

static bool same_single(u32 v, u32 w)
{
    return v == w || ((v & 0x7fffffff) > 0x7f800000 && (w & 0x7fffffff) > 0x7f800000);
}

/* Hosts do not have our D flag. */
#define COMPARE(same, store, r, host, a, b)                                                        \
    do {                                                                                           \
        struct fpresult ours = (r);                                                                \
        if (!same(store(ours.value), host) || (ours.flags & ~FP_D) != flags) {                     \
            print_error("%llx, %llx rc %u: %llx flags %02x, host %llx flags %02x\n",               \
                        (unsigned long long)(a), (unsigned long long)(b), rc,                      \
                        (unsigned long long)store(ours.value), ours.flags,                         \
                        (unsigned long long)(host), flags);                                        \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static void double_division_matches_the_host(void **state)
{
    (void)state;
    rnd_seed(60);
    for (unsigned n = 0; n < 200000; n++) {
        u64 a = rnd_double_bits(), b = rnd_double_bits();
        if (n % 4 == 0) b = (b & ~mask64(52)) | (a & mask64(52)) | (n & 1); /* near powers of two */
        u8 rc = (u8)rnd_below(4), flags;
        struct fpctl s0 = { .prec = 53, .range = 11, .rc = rc };
        u64 host = host_divide_double(a, b, rc, &flags);
        COMPARE(same_double, fp_store_double,
                divide_double(fp_load_double(a), fp_load_double(b), &s0), host, a, b);
    }
}

static void double_square_root_matches_the_host(void **state)
{
    (void)state;
    rnd_seed(61);
    for (unsigned n = 0; n < 200000; n++) {
        u64 a = rnd_double_bits();
        if (n % 4 == 0) { /* a square of 26 bits is exact, its neighbours are hard */
            double root = (double)(rnd() >> 38);
            double square = root * root;
            memcpy(&a, &square, sizeof a);
            a += rnd_below(3) - 1u;
        }
        u8 rc = (u8)rnd_below(4), flags;
        struct fpctl s0 = { .prec = 53, .range = 11, .rc = rc };
        u64 host = host_sqrt_double(a, 0, rc, &flags);
        COMPARE(same_double, fp_store_double, square_root(fp_load_double(a), &s0), host, a, 0);
    }
}

static void single_division_matches_the_host(void **state)
{
    (void)state;
    rnd_seed(62);
    for (unsigned n = 0; n < 200000; n++) {
        u32 a = rnd_single_bits(), b = rnd_single_bits();
        if (n % 4 == 0) b = (b & ~0x7fffffu) | (a & 0x7fffff);
        u8 rc = (u8)rnd_below(4), flags;
        struct fpctl s0 = { .prec = 24, .range = 8, .rc = rc };
        u32 host = host_divide_single(a, b, rc, &flags);
        COMPARE(same_single, fp_store_single,
                divide_single(fp_load_single(a), fp_load_single(b), &s0), host, a, b);
    }
}

static void single_square_root_matches_the_host(void **state)
{
    (void)state;
    rnd_seed(63);
    for (unsigned n = 0; n < 200000; n++) {
        u32 a = rnd_single_bits();
        u8 rc = (u8)rnd_below(4), flags;
        struct fpctl s0 = { .prec = 24, .range = 8, .rc = rc };
        u32 host = host_sqrt_single(a, 0, rc, &flags);
        COMPARE(same_single, fp_store_single, square_root(fp_load_single(a), &s0), host, a, 0);
    }
}

/* 64-bit integer division as compilers do it, through frcpa and register precision. */
static u64 divide_integers(u64 n, u64 d)
{
    /* fcvt.xuf */
    struct fpreg a = fp_fma(FP_FMA, fp_int(n), FP_ONE, FP_ZERO, FP_NO_ADD, &s1).value;
    struct fpreg b = fp_fma(FP_FMA, fp_int(d), FP_ONE, FP_ZERO, FP_NO_ADD, &s1).value;
    struct fpctl trunc = { .rc = FP_RZ };
    struct fpresult seed = fp_rcpa(a, b, &s1);
    if (!seed.pred) return fp_to_int(seed.value, true, &trunc).value.sig;
    struct fpreg y = seed.value, e = fnma_(b, y, FP_ONE, &s1), q = mul_(a, y);
    q = fma_(q, e, q, &s1);
    struct fpreg e2 = mul_(e, e);
    y = fma_(y, e, y, &s1);
    q = fma_(q, e2, q, &s1);
    y = fma_(y, e2, y, &s1);
    struct fpreg r = fnma_(b, q, a, &s1);
    q = fma_(r, y, q, &s1);
    return fp_to_int(q, true, &trunc).value.sig;
}

static void integer_division_matches_the_host(void **state)
{
    (void)state;
    rnd_seed(64);
    for (unsigned n = 0; n < 50000; n++) {
        u64 a = rnd() >> rnd_below(64), b = rnd() >> rnd_below(64) | 1;
        if (n % 4 == 0) a = a / b * b - (n & 4 ? 1 : 0);
        assert_int_equal(divide_integers(a, b), a / b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_division_matches_the_host),
        cmocka_unit_test(double_square_root_matches_the_host),
        cmocka_unit_test(single_division_matches_the_host),
        cmocka_unit_test(single_square_root_matches_the_host),
        cmocka_unit_test(integer_division_matches_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
