/* Floating-point instructions around the arithmetic: which status field is read and written, which
 * exceptions fault, trap or leave a flag, ISR codes, NaTVal, disabled registers, predicates, and
 * the quick path against the exact one.  (cpu/fp has tests of its own for the numbers.)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#undef FP_ZERO /* fpclassify's; ours is a number */

#include "tests/isa/memkit.h"

enum { V = 1, DEN = 2, Z = 4, O = 8, U = 16, I = 32, EVERYTHING = 63 };

/* FPSR from scratch: traps disabled, all sf {pc 64, nearest}, no flags. */
#define QUIET (0x3full | 0xcull << 6 | 0xcull << 19 | 0xcull << 32 | 0xcull << 45)
#define FLAGS(sf, f) ((u64)(f) << (13 + 13 * (sf)))
#define CONTROL(sf, c) ((u64)(c) << (6 + 13 * (sf)))
#define ENABLE(e) ((u64)(e)) /* subtract from QUIET */

static const struct fpreg zero = { 0, 0, 0 }, one = { 1ull << 63, 0xffff, 0 },
                          infinity_ = { 1ull << 63, 0x1ffff, 0 }, snan = { 5ull << 61, 0x1ffff, 0 },
                          qnan = { 3ull << 62, 0x1ffff, 0 }, natval = { 0, 0x1fffe, 0 },
                          unnormal = { 1ull << 62, 0xffff, 0 };

/* A double as a register, by the host's own library. */
static struct fpreg reg(double d)
{
    int e;
    double m = frexp(fabs(d), &e); /* [0.5, 1) */

    if (d == 0) return (struct fpreg){ 0, 0, !!signbit(d) };
    return (struct fpreg){ (u64)ldexp(m, 64), (u32)(0xffff + e - 1), !!signbit(d) };
}

static struct fpreg power(int n)
{
    return (struct fpreg){ 1ull << 63, (u32)(0xffff + n), 0 };
}

static double random_double(struct harness *h)
{
    double m = 1 + (double)(harness_random(h) >> 12) / 4503599627370496.0;
    double d = ldexp(m, (int)harness_below(h, 100) - 50);
    return harness_below(h, 2) ? -d : d;
}

static float random_float(struct harness *h)
{
    return (float)random_double(h);
}

/* f10 = f8 op f9, f7 the third source. */
static struct insn fp_insn(struct harness *h, const char *meaning, unsigned sf)
{
    struct insn in = kit_insn(h, meaning, 10, 7, 8);

    in.r4 = 9;
    in.x = (u8)sf;
    return in;
}

static void put_sources(struct harness *h, struct fpreg f8, struct fpreg f9, struct fpreg f7)
{
    h->before.fr[8] = f8, h->before.fr[9] = f9, h->before.fr[7] = f7;
}

static struct probe want_fr10(const struct harness *h, struct fpreg f)
{
    struct probe want = h->before;

    want.fr[10] = f;
    want.psr |= PSR_MFL;
    return want;
}

/* --- fma and friends -------------------------------------------------------------------------- */

static double product(int op, double a, double b) { return op == 2 ? -(a * b) : a * b; }
static double sum(int op, double a, double c) { return op == 0 ? a + c : op == 1 ? a - c : c - a; }
static double both(int op, double a, double b, double c)
{
    return op == 0 ? fma(a, b, c) : op == 1 ? fma(a, b, -c) : fma(-a, b, c);
}

/* With I already set (the host may compute) and without (it must be noticed). */
static void double_arithmetic_is_ieee(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = { "fma_d", "fms_d", "fnma_d" };

    for (unsigned i = 0; i < 600; i++) {
        int op = (int)(i % 3);
        unsigned sf = harness_below(h, 4), shape = harness_below(h, 4);
        bool known = harness_below(h, 2);
        double a = random_double(h), b = random_double(h), c = random_double(h);
        kit_fresh(h);
        if (harness_below(h, 8) == 0) a = copysign(0, a);
        if (harness_below(h, 8) == 0) b = 0, c = -0.0;
        if (harness_below(h, 8) == 0) c = shape == 1 ? a : -a * b;
        if (shape == 3) b = 0; /* f0 as a factor */
        struct insn in = fp_insn(h, names[op], sf);
        put_sources(h, reg(a), reg(b), reg(c));
        if (shape == 3) in.r4 = 0;
        double r = both(op, a, b, c);
        bool inexact;
        if (shape == 0) {
            in.r2 = 0, r = product(op, a, b);
            inexact = fma(op == 2 ? -a : a, b, -r) != 0;
        } else if (shape == 1) {
            in.r4 = 1, r = sum(op, a, c);
            long double exact = op == 0 ? (long double)a + c : op == 1 ? (long double)a - c
                                                                     : (long double)c - a;
            inexact = exact != r || fabs(log2(fabs(a / c))) > 10; /* may be: not compared */
        } else {
            inexact = true;
        }
        h->before.ar[40] = QUIET | (known ? FLAGS(sf, I) : 0);
        struct probe want = want_fr10(h, reg(r));
        harness_run(h, &in, harness_any_slot(h, &in), i & 4 ? HARNESS_OBSERVED : HARNESS_FAST);
        want.ar[40] = h->after.ar[40];
        harness_expect(h, &want);
        u64 flag = h->after.ar[40] ^ QUIET;
        if (known) assert_true(flag == FLAGS(sf, I));
        else if (shape == 0) assert_true(flag == (inexact ? FLAGS(sf, I) : 0));
        else assert_true((flag & ~FLAGS(sf, I)) == 0);
    }
}

static void single_arithmetic_rounds_once(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 300; i++) {
        float a = random_float(h), b = random_float(h), c = random_float(h);
        unsigned sf = harness_below(h, 4);
        kit_fresh(h);
        struct insn in = fp_insn(h, "fma_s", sf);
        put_sources(h, reg((double)a), reg((double)b), reg((double)c));
        h->before.ar[40] = QUIET | FLAGS(sf, I);
        harness_run(h, &in, 1, HARNESS_FAST);
        struct probe want = want_fr10(h, reg((double)fmaf(a, b, c)));
        harness_expect(h, &want);
        in.r2 = 0, in.r4 = 1; /* fnorm.s */
        double d = random_double(h);
        h->before.fr[8] = reg(d);
        harness_run(h, &in, 1, HARNESS_FAST);
        want = want_fr10(h, reg((double)(float)d));
        harness_expect(h, &want);
    }
}

/* 1 + 2^-30: representable with 53 bits, not with 24. */
static void precision_is_the_completers_or_the_status_fields(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        unsigned pc;
        int bits;
    } cases[] = {
        { "fma", 0, 24 }, { "fma", 2, 53 }, { "fma", 3, 64 }, { "fma_s", 3, 24 },
        { "fma_d", 3, 53 },
        { "fma_d", 0, 53 }, { "fma_s", 2, 24 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        for (int n = 20; n < 64; n++) {
            for (unsigned k = 0; k < 8; k++) {
                unsigned sf = k % 4;
                bool known = k > 3;
                kit_fresh(h);
                struct insn in = fp_insn(h, cases[i].meaning, sf);
                put_sources(h, one, one, power(-n)); /* 1 * 1 + 2^-n, a tie at n == bits */
                u64 fpsr = (QUIET & ~CONTROL(sf, 0xc)) | CONTROL(sf, cases[i].pc << 2);
                bool fits = n < cases[i].bits;
                h->before.ar[40] = fpsr | (known ? FLAGS(sf, I) : 0);
                struct fpreg r = one;
                if (fits) r.sig |= 1ull << (63 - n);
                struct probe want = want_fr10(h, r);
                if (!fits) want.ar[40] |= FLAGS(sf, I);
                harness_run(h, &in, 1, HARNESS_FAST);
                harness_expect(h, &want);
            }
        }
    }
}

static void rounding_follows_the_status_field(void **state)
{
    struct harness *h = *state;
    static const s8 up[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 0, 0 } }; /* [rc][sign] */

    for (unsigned rc = 0; rc < 4; rc++) {
        for (unsigned sign = 0; sign < 2; sign++) {
            for (unsigned sf = 0; sf < 4; sf++) {
                kit_fresh(h);
                struct insn in = fp_insn(h, "fma_d", sf);
                struct fpreg a = one, tiny = power(-60), r = one;
                a.sign = tiny.sign = r.sign = sign;
                put_sources(h, a, one, tiny);
                h->before.ar[40] = QUIET | CONTROL(sf, rc << 4) | FLAGS(sf, I);
                if (up[rc][sign]) r.sig += 1 << 11;
                struct probe want = want_fr10(h, r);
                harness_run(h, &in, 1, HARNESS_FAST);
                harness_expect(h, &want);
            }
        }
    }
}

/* --- exceptions ------------------------------------------------------------------------------- */

static const struct exception {
    const char *meaning;
    struct fpreg f8, f9, f7, result; /* result with everything disabled */
    unsigned flags;                  /* with everything disabled */
    unsigned enable, fault, trap;    /* enabling this: fault code, or trap code {14:7} */
    struct fpreg trapped;            /* result delivered with a trap */
    unsigned trap_flags;
} exceptions[] = {
    { "fma_d", { 5ull << 61, 0x1ffff, 0 }, { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 },
      { 7ull << 61, 0x1ffff, 0 }, V, V, 1, 0, { 0 }, 0 },
    { "fma_d", { 1ull << 62, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 },
      { 3ull << 62, 0xffff, 0 }, DEN, DEN, 2, 0, { 0 }, 0 },
    /* 2^1000 squared: exact but too big */
    { "fma_d", { 1ull << 63, 0xffff + 1000, 0 }, { 1ull << 63, 0xffff + 1000, 1 }, { 0, 0, 0 },
      { 1ull << 63, 0x1ffff, 1 }, O | I, O, 0, 1 << 11, { 1ull << 63, 0xffff + 2000, 1 }, O },
    /* 2^-1000 squared: exact but too small */
    { "fma_d", { 1ull << 63, 0xffff - 1000, 0 }, { 1ull << 63, 0xffff - 1000, 0 }, { 0, 0, 0 },
      { 0, 0, 0 }, U | I, U, 0, 1 << 12, { 1ull << 63, 0xffff - 2000, 0 }, U },
    /* inexact, rounded down; up */
    { "fma_d", { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff - 60, 0 },
      { 1ull << 63, 0xffff, 0 }, I, I, 0, 1 << 13, { 1ull << 63, 0xffff, 0 }, I },
    { "fma_d", { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 }, { 3ull << 62, 0xffff - 53, 0 },
      { (1ull << 63) + (1 << 11), 0xffff, 0 }, I, I, 0, 1 << 13 | 1 << 14,
      { (1ull << 63) + (1 << 11), 0xffff, 0 }, I },
    { "fcvt_fx", { 0 }, { 0 }, { 1ull << 63, 0x1ffff, 0 }, { 1ull << 63, 0x1003e, 0 }, V, V, 1, 0,
      { 0 }, 0 },
    { "fcvt_fx_trunc", { 0 }, { 0 }, { 3ull << 62, 0xffff, 1 }, { ~0ull, 0x1003e, 0 }, I, I, 0,
      1 << 13, { ~0ull, 0x1003e, 0 }, I },
    { "fmin", { 1ull << 63, 0xffff, 0 }, { 0 }, { 3ull << 62, 0x1ffff, 0 },
      { 1ull << 63, 0xffff, 0 },
      V, V, 1, 0, { 0 }, 0 },
};

static void prepare_exception(struct harness *h, const struct exception *e, struct insn *in,
                              unsigned sf)
{
    kit_fresh(h);
    *in = fp_insn(h, e->meaning, sf);
    if (e->meaning[1] == 'c') in->r3 = in->r4 = 0;
    if (e->meaning[2] == 'i') in->r4 = 0;
    put_sources(h, e->f8, e->f9, e->f7);
    h->before.ar[40] = QUIET;
}

static void disabled_exceptions_leave_flags(void **state)
{
    struct harness *h = *state;
    struct insn in;

    for (unsigned i = 0; i < 8 * ARRAY_LEN(exceptions); i++) {
        const struct exception *e = &exceptions[i / 8];
        unsigned sf = i % 4;
        bool by_td = i & 4 && sf; /* the trap is enabled, but not in this field */
        prepare_exception(h, e, &in, sf);
        if (by_td) {
            h->before.ar[40] -= ENABLE(e->enable);
            h->before.ar[40] |= CONTROL(sf, 1 << 6);
        }
        struct probe want = want_fr10(h, e->result);
        want.ar[40] |= FLAGS(sf, e->flags);
        harness_run(h, &in, 1, i & 1 ? HARNESS_OBSERVED : HARNESS_FAST);
        harness_expect(h, &want);
        h->before.ar[40] |= FLAGS(sf, 0x3f); /* and again with all flags set: nothing more */
        want.ar[40] |= FLAGS(sf, 0x3f);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);
    }
}

/* A trap: the instruction is done, iip is behind it, iipa is its bundle. */
static void expect_trap(struct harness *h, const struct probe *want, unsigned code)
{
    struct probe w = *want;
    unsigned next = h->slot + 1;

    assert_int_equal(h->after.ip, HARNESS_IVA + 0x5d00);
    assert_true(h->after.cr[17] == (code | 1 | (u64)h->slot << 41));
    assert_true(h->after.cr[19] == h->code + next / 3 * 16);
    assert_true(h->after.cr[16] == (want->psr | (u64)(next % 3) << 41));
    assert_true(h->after.cr[22] == h->code);
    memcpy(w.cr, h->after.cr, sizeof(w.cr));
    w.psr = h->after.psr;
    harness_expect_at(h, &w, h->after.ip);
}

static void enabled_exceptions_fault_or_trap(void **state)
{
    struct harness *h = *state;
    struct insn in;

    for (unsigned i = 0; i < 8 * ARRAY_LEN(exceptions); i++) {
        const struct exception *e = &exceptions[i / 8];
        unsigned sf = i % 4, slot = i & 4 ? 2 : 1;
        prepare_exception(h, e, &in, sf);
        h->before.ar[40] -= ENABLE(e->enable);
        struct probe want = want_fr10(h, e->trapped);
        want.ar[40] |= FLAGS(sf, e->trap_flags);
        harness_run(h, &in, slot, i & 2 ? HARNESS_OBSERVED : HARNESS_FAST);
        if (e->fault) harness_expect_fault(h, 0x5c00, e->fault);
        else expect_trap(h, &want, e->trap);
        h->before.ar[40] |= FLAGS(sf, I); /* an enabled trap is no matter for short cuts */
        want.ar[40] |= FLAGS(sf, I);
        harness_run(h, &in, slot, HARNESS_FAST);
        if (e->fault) harness_expect_fault(h, 0x5c00, e->fault);
        else expect_trap(h, &want, e->trap);
    }
}

static void division_by_zero_is_frcpas(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    struct insn in = kit_insn(h, "frcpa", 10, 8, 9);
    in.p2 = 7, in.x = 2;
    put_sources(h, one, zero, zero);
    h->before.ar[40] = QUIET;
    probe_set_pr(&h->before, 7, true);
    struct probe want = want_fr10(h, infinity_);
    want.ar[40] |= FLAGS(2, Z);
    probe_set_pr(&want, 7, false);
    harness_run(h, &in, 1, HARNESS_FAST);
    harness_expect(h, &want);
    h->before.ar[40] -= ENABLE(Z);
    harness_run(h, &in, 1, HARNESS_FAST);
    harness_expect_fault(h, 0x5c00, 4); /* p2 included: nothing is written */
}

/* {high, low} singles. */
static struct fpreg two(u32 high, u32 low)
{
    return (struct fpreg){ (u64)high << 32 | low, 0x1003e, 0 };
}

static void parallel_halves_are_reported_apart(void **state)
{
    struct harness *h = *state;
    const u32 s1 = 0x3f800000, ssnan = 0x7fa00000, sqnan = 0x7fe00000, tiny = 0x30000000;
    static const struct {
        unsigned high, low;
    } cases[] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        bool hi = cases[i].high, lo = cases[i].low;
        kit_fresh(h);
        struct insn in = fp_insn(h, "fpma", 1);
        put_sources(h, two(hi ? ssnan : s1, lo ? ssnan : s1), two(s1, s1), two(0, 0));
        h->before.ar[40] = QUIET;
        struct probe want = want_fr10(h, two(hi ? sqnan : s1, lo ? sqnan : s1));
        if (hi || lo) want.ar[40] |= FLAGS(1, V);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);
        h->before.ar[40] -= ENABLE(V);
        harness_run(h, &in, 1, HARNESS_FAST);
        if (hi || lo) harness_expect_fault(h, 0x5c00, (hi ? 1 : 0) | (lo ? 0x10 : 0));
        else harness_expect(h, (want.ar[40] = h->before.ar[40], &want));

        put_sources(h, two(s1, s1), two(s1, s1), two(hi ? tiny : 0, lo ? tiny : 0)); /* inexact */
        h->before.ar[40] = QUIET - ENABLE(I);
        h->before.ar[40] |= CONTROL(1, 2 << 4); /* towards +infinity: fpa */
        want = want_fr10(h, two(s1 + hi, s1 + lo));
        if (hi || lo) want.ar[40] |= FLAGS(1, I);
        harness_run(h, &in, 1, HARNESS_FAST);
        if (hi || lo) expect_trap(h, &want, (hi ? 3 << 13 : 0) | (lo ? 3 << 9 : 0));
        else harness_expect(h, &want);
    }
}

/* --- NaTVal, targets, disabled registers ------------------------------------------------------ */

static const struct {
    const char *meaning;
    unsigned sources; /* bit 2: f2, 3: f3, 4: f4 */
} arithmetic[] = {
    { "fma", 28 }, { "fma_s", 28 }, { "fma_d", 28 }, { "fms", 28 }, { "fms_d", 28 },
    { "fnma_s", 28 }, { "fpma", 28 }, { "fpms", 28 }, { "fpnma", 28 }, { "xma_l", 28 },
    { "xma_h", 28 }, { "xma_hu", 28 },
    { "fselect", 28 }, { "fmin", 12 }, { "fmax", 12 }, { "famin", 12 }, { "famax", 12 },
    { "fpmin", 12 }, { "fpmax", 12 }, { "fpamin", 12 }, { "fpamax", 12 }, { "fpcmp_eq", 12 },
    { "fpcmp_lt", 12 }, { "fpcmp_le", 12 }, { "fpcmp_unord", 12 }, { "fpcmp_neq", 12 },
    { "fpcmp_nlt", 12 }, { "fpcmp_nle", 12 }, { "fpcmp_ord", 12 }, { "fmerge_s", 12 },
    { "fmerge_ns", 12 }, { "fmerge_se", 12 }, { "fmix_lr", 12 }, { "fmix_r", 12 }, { "fmix_l", 12 },
    { "fsxt_r", 12 }, { "fsxt_l", 12 }, { "fpack", 12 }, { "fswap", 12 }, { "fswap_nl", 12 },
    { "fswap_nr", 12 }, { "fand", 12 }, { "fandcm", 12 }, { "for", 12 }, { "fxor", 12 },
    { "fpmerge_s", 12 }, { "fpmerge_ns", 12 }, { "fpmerge_se", 12 }, { "fcvt_fx", 4 },
    { "fcvt_fxu", 4 }, { "fcvt_fx_trunc", 4 }, { "fcvt_fxu_trunc", 4 }, { "fpcvt_fx", 4 },
    { "fpcvt_fxu", 4 }, { "fpcvt_fx_trunc", 4 }, { "fpcvt_fxu_trunc", 4 }, { "fcvt_xf", 4 },
    { "frcpa", 12 }, { "fprcpa", 12 }, { "frsqrta", 8 }, { "fprsqrta", 8 },
};

static struct insn arith_insn(struct harness *h, unsigned i, u8 target, u8 f2, u8 f3, u8 f4)
{
    struct insn in = kit_insn(h, arithmetic[i].meaning, target, 0, 0);

    if (arithmetic[i].sources & 4) in.r2 = f2;
    if (arithmetic[i].sources & 8) in.r3 = f3;
    if (arithmetic[i].sources & 16) in.r4 = f4;
    if (strstr(arithmetic[i].meaning, "rcpa") ||
        strstr(arithmetic[i].meaning, "rsqrta")) in.p2 = 11;
    return in;
}

static void natval_in_is_natval_out_without_flags(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(arithmetic); i++) {
        for (unsigned which = 2; which < 5; which++) {
            if (!(arithmetic[i].sources >> which & 1)) continue;
            for (unsigned quick = 0; quick < 2; quick++) {
                kit_fresh(h);
                struct insn in = arith_insn(h, i, 10, 7, 8, 9);
                put_sources(h, snan, snan, snan); /* would be invalid */
                h->before.fr[which == 2 ? 7 : which == 3 ? 8 : 9] = natval;
                h->before.ar[40] = quick ? QUIET | FLAGS(0, I) : QUIET - ENABLE(EVERYTHING);
                struct probe want = want_fr10(h, natval);
                if (in.p2) probe_set_pr(&want, 11, false);
                harness_run(h, &in, 2, HARNESS_FAST);
                harness_expect(h, &want);
            }
        }
    }
}

static void constant_registers_are_no_targets(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(arithmetic); i++) {
        for (u8 target = 0; target < 2; target++) {
            kit_fresh(h);
            struct insn in = arith_insn(h, i, target, 7, 8, 9);
            h->before.psr |= PSR_DFL;
            harness_run(h, &in, 1, HARNESS_FAST);
            harness_expect_fault(h, 0x5400, 0);
        }
    }
}

static void disabled_registers_fault_whatever_their_role(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(arithmetic); i++) {
        for (unsigned high = 0; high < 16; high++) {
            u8 r[4];
            unsigned used = 0;
            for (unsigned k = 0; k < 4; k++) {
                bool names = k == 0 || (arithmetic[i].sources >> (k + 1) & 1);
                r[k] = (u8)((high >> k & 1 ? 60 : 6) + k);
                if (names) used |= high >> k & 1 ? 2 : 1;
            }
            for (unsigned disabled = 1; disabled < 4; disabled++) {
                kit_fresh(h);
                struct insn in = arith_insn(h, i, r[0], r[1], r[2], r[3]);
                h->before.psr |= (disabled & 1 ? PSR_DFL : 0) | (disabled & 2 ? PSR_DFH : 0);
                h->before.ar[40] = QUIET;
                harness_run(h, &in, 1, HARNESS_FAST);
                if (used & disabled) harness_expect_fault(h, 0x5500, used & disabled);
                else assert_int_equal(h->after.ip, h->code + 16);
            }
        }
    }
}

/* Which half is marked; the lag of rotation must not matter. */
static void written_halves_are_marked(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(arithmetic); i++) {
        for (u8 target = 31; target <= 32; target++) {
            kit_fresh(h);
            struct insn in = arith_insn(h, i, target, 7, 8, 9);
            h->before.ar[40] = QUIET;
            put_sources(h, one, one, one);
            harness_run(h, &in, 1, HARNESS_FAST);
            assert_int_equal(h->after.ip, h->code + 16);
            assert_int_equal(h->after.psr ^ h->before.psr, target == 31 ? PSR_MFL : PSR_MFH);
        }
    }
}

static void predicated_off_means_nothing_happens(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(arithmetic); i++) {
        kit_fresh(h);
        struct insn in = arith_insn(h, i, 10, 7, 8, 9);
        in.qp = 13;
        probe_set_pr(&h->before, 13, false);
        probe_set_pr(&h->before, 11, true);
        put_sources(h, snan, unnormal, snan);
        h->before.ar[40] = QUIET - ENABLE(EVERYTHING);
        h->before.psr |= PSR_DFL | PSR_DFH;
        struct probe want = h->before;
        if (in.p2) probe_set_pr(&want, 11, false); /* frcpa family: p2 is cleared all the same */
        EACH_LOOP(loop) {
            harness_run(h, &in, 1, loop);
            harness_expect(h, &want);
        }
    }
}

/* --- predicates ------------------------------------------------------------------------------- */

static void compares_write_both_predicates(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = { "fcmp_eq", "fcmp_lt", "fcmp_le", "fcmp_unord" };
    static const double values[] = { 0.0, -0.0, 1, -1, 1.5, -1e300, 1e300, 3e-310, INFINITY,
                                     -INFINITY, NAN };
    char name[32];

    for (unsigned i = 0; i < 8; i++) {
        for (unsigned a = 0; a < ARRAY_LEN(values); a++) {
            for (unsigned b = 0; b < ARRAY_LEN(values); b++) {
                double x = values[a], y = values[b];
                bool nan = x != x || y != y;
                bool rel = i / 2 == 0 ? x == y : i / 2 == 1 ? x < y : i / 2 == 2 ? x <= y : nan;
                kit_fresh(h);
                snprintf(name, sizeof(name), "%s%s", names[i / 2], i & 1 ? "_unc" : "");
                struct insn in = kit_insn(h, name, 0, 7, 8);
                in.p1 = 6, in.p2 = 17, in.x = 3, in.qp = 19;
                probe_set_pr(&h->before, 19, true);
                h->before.fr[7] = nan && x != x ? qnan : isinf(x) ? infinity_ : reg(x);
                h->before.fr[8] = nan && y != y ? qnan : isinf(y) ? infinity_ : reg(y);
                h->before.fr[7].sign = !!signbit(x), h->before.fr[8].sign = !!signbit(y);
                h->before.ar[40] = QUIET;
                struct probe want = h->before;
                probe_set_pr(&want, 6, rel), probe_set_pr(&want, 17, !rel);
                if (nan && (i / 2 == 1 || i / 2 == 2)) want.ar[40] |= FLAGS(3, V);
                harness_run(h, &in, 1, HARNESS_FAST);
                harness_expect(h, &want);

                probe_set_pr(&h->before, 19, false);
                want = h->before;
                if (i & 1) probe_set_pr(&want, 6, false), probe_set_pr(&want, 17, false);
                harness_run(h, &in, 1, HARNESS_OBSERVED);
                harness_expect(h, &want);
            }
        }
        kit_fresh(h); /* NaTVal beats an SNaN; a fault leaves even .unc's predicates */
        struct insn in = kit_insn(h, name, 0, 7, 8);
        in.p1 = 6, in.p2 = 17;
        put_sources(h, natval, zero, snan);
        h->before.ar[40] = QUIET - ENABLE(V);
        probe_set_pr(&h->before, 6, true), probe_set_pr(&h->before, 17, true);
        struct probe want = h->before;
        probe_set_pr(&want, 6, false), probe_set_pr(&want, 17, false);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);
        h->before.fr[8] = one;
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect_fault(h, 0x5c00, 1);
        h->before.psr |= PSR_DFL;
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect_fault(h, 0x5500, 1);
    }
}

static void fclass_knows_its_classes(void **state)
{
    struct harness *h = *state;
    enum { C_POS = 1, C_NEG = 2, C_ZERO = 4, C_UNORM = 8, C_NORM = 16, C_INF = 32, C_SNAN = 64,
           C_QNAN = 128, C_NAT = 256 };
    const struct {
        struct fpreg f;
        unsigned class;
    } cases[] = {
        { zero, C_ZERO }, { one, C_NORM }, { unnormal, C_UNORM }, { infinity_, C_INF },
        { snan, C_SNAN }, { qnan, C_QNAN }, { natval, C_NAT },
        { { 0, 0x1003e, 0 }, C_UNORM }, { { 0, 0x1fffe, 1 }, C_UNORM },
        { { 1, 0x1ffff, 0 }, 0 }, /* unsupported */
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        for (unsigned mask = 0; mask < 512; mask += 1 + harness_below(h, 7)) {
            for (unsigned sign = 0; sign < 2; sign++) {
                struct fpreg f = cases[i].f;
                bool natv = cases[i].class == C_NAT;
                if (natv && sign) continue;
                f.sign |= sign;
                bool signs = cases[i].class & (C_ZERO | C_UNORM | C_NORM | C_INF);
                bool rel = (cases[i].class & mask) && (!signs || (mask & (f.sign ? C_NEG : C_POS)));
                kit_fresh(h);
                struct insn in = kit_insn(h, mask & 1 ? "fclass_m" : "fclass_m_unc", 0, 40, 0);
                in.p1 = 3, in.p2 = 50, in.imm = mask;
                h->before.fr[40] = f;
                struct probe want = h->before;
                bool clear = natv && !(mask & C_NAT);
                probe_set_pr(&want, 3, rel && !clear), probe_set_pr(&want, 50, !rel && !clear);
                harness_run(h, &in, 1, HARNESS_FAST);
                harness_expect(h, &want);
            }
        }
    }
}

static void approximations_write_p2(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        struct fpreg f2, f3, want;
        bool p2;
    } cases[] = {
        { "frcpa", { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0xffff, 0 },
          { 0x7fcull << 53, 0xfffe, 0 }, 1 },
        { "frcpa", { 1ull << 63, 0xffff, 0 }, { 1ull << 63, 0x10000, 1 },
          { 0x7fcull << 53, 0xfffd, 1 }, 1 },
        { "frcpa", { 0, 0, 0 }, { 1ull << 63, 0xffff, 1 }, { 0, 0, 1 }, 0 },
        { "frsqrta", { 0 }, { 1ull << 63, 0x10001, 0 }, { 0x7fcull << 53, 0xfffd, 0 }, 1 },
        { "frsqrta", { 0 }, { 0, 0, 1 }, { 0, 0, 1 }, 0 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, cases[i].meaning, 10, cases[i].meaning[2] == 's' ? 0 : 7, 8);
        in.p2 = 20;
        put_sources(h, cases[i].f3, zero, cases[i].f2);
        h->before.ar[40] = QUIET;
        struct probe want = want_fr10(h, cases[i].want);
        probe_set_pr(&want, 20, cases[i].p2);
        harness_run(h, &in, 2, HARNESS_FAST);
        harness_expect(h, &want);
    }
}

/* --- FPSR itself ------------------------------------------------------------------------------ */

static void status_fields_are_set_cleared_and_checked(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 400; i++) {
        unsigned sf = harness_below(h, 4), sf0 = harness_below(h, 64) & ~4u;
        unsigned amask = harness_below(h, 128), omask = harness_below(h, 128);
        unsigned flags = harness_below(h, 64), f0 = harness_below(h, 64);
        if ((sf0 >> 2 & 3) == 1) sf0 |= 8;
        u64 other = harness_random(h) & 0x1fffull << 32; /* sf2 */
        u64 fpsr = (harness_random(h) & 0x3f) | CONTROL(0, sf0) | FLAGS(0, f0);
        if (sf != 2) fpsr |= other;
        fpsr = (fpsr & ~(sf ? FLAGS(sf, 0x3f) : 0)) | (sf ? FLAGS(sf, flags) : 0);
        if (sf == 0) flags = f0;
        kit_fresh(h);
        h->before.ar[40] = fpsr;
        unsigned c = (sf0 & amask) | omask;
        bool bad = (c >> 2 & 3) == 1 || (sf == 0 && (c & 64));
        struct insn in = kit_insn(h, "fsetc", 0, 0, 0);
        in.x = (u8)sf, in.imm = amask, in.aux = omask;
        struct probe want = h->before;
        want.ar[40] = (fpsr & ~CONTROL(sf, 127)) | CONTROL(sf, c);
        harness_run(h, &in, 1, HARNESS_FAST);
        if (bad) harness_expect_fault(h, 0x5400, 0x30);
        else harness_expect(h, &want);

        in = kit_insn(h, "fclrf", 0, 0, 0);
        in.x = (u8)sf;
        want.ar[40] = fpsr & ~FLAGS(sf, 63);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);

        in = kit_insn(h, "fchkf", 0, 0, 0);
        in.x = (u8)sf, in.imm = 0x200;
        bool branch = false;
        for (unsigned b = 0; b < 6; b++) {
            bool raised = flags >> b & 1, enabled = !(fpsr >> b & 1), known = f0 >> b & 1;
            if (raised && (enabled || !known)) branch = true;
        }
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect_at(h, &h->before, h->code + (branch ? 0x200 : 16));
    }
}

/* Two bundles, {MFI: in} and {MFB: fma.d f10 = 1 * 1 + 2^-60 in sf1; br .}, without a stop of the
 * processor in between: the short cut must see what the first one did to FPSR. */
static void run_before_add(struct harness *h, const struct insn *in, unsigned template,
                           unsigned slot)
{
    struct insn add = fp_insn(h, "fma_d", 1);
    u64 slots[3] = { harness_nop('M'), harness_nop('F'), harness_nop('I') };
    u64 next[2], old[2], f = kit_encode(&add);

    next[0] = 0x1c | harness_nop('M') << 5 | f << 46;
    next[1] = f >> 18 | 4ull << 37 << 23;
    harness_peek(h, h->code + 16, old, 16);
    harness_poke(h, h->code + 16, next, 16);
    slots[slot] = kit_encode(in);
    put_sources(h, one, one, power(-60));
    harness_run_bundle(h, template, slots, 0, HARNESS_FAST);
    harness_poke(h, h->code + 16, old, 16);
}

static void a_changed_fpsr_counts_at_once(void **state)
{
    struct harness *h = *state;
    struct insn clear = kit_insn(h, "fclrf", 0, 0, 0), set = kit_insn(h, "fsetc", 0, 0, 0);
    struct insn mov = kit_insn(h, "mov_to_ar_m_r", 0, 43, 40);
    struct fpreg up = { (1ull << 63) + (1 << 11), 0xffff, 0 };

    kit_fresh(h);
    clear.x = set.x = 1;
    set.imm = 0x7f, set.aux = 2 << 4; /* towards +infinity */
    h->before.ar[40] = QUIET | FLAGS(1, I | U);
    run_before_add(h, &clear, 0x0c, 1);
    struct probe want = want_fr10(h, one);
    want.ar[40] = QUIET | FLAGS(1, I);
    harness_expect(h, &want);

    h->before.ar[40] = QUIET | FLAGS(1, I);
    run_before_add(h, &set, 0x0c, 1);
    want = want_fr10(h, up);
    want.ar[40] |= CONTROL(1, 2 << 4);
    harness_expect(h, &want);

    h->before.ar[40] = QUIET;
    h->before.gr[43] = (QUIET | FLAGS(1, I)) - ENABLE(I);
    run_before_add(h, &mov, 0x0c, 0);
    assert_int_equal(h->after.ip, HARNESS_IVA + 0x5d00);
    assert_true(h->after.cr[22] == h->code + 16 && h->after.ar[40] == h->before.gr[43]);
    h->before.ar[40] = h->before.gr[43];
    h->before.gr[43] = QUIET | FLAGS(1, I);
    run_before_add(h, &mov, 0x0c, 0);
    want = want_fr10(h, one);
    want.ar[40] = QUIET | FLAGS(1, I);
    harness_expect(h, &want);
}

/* --- integers and bits ------------------------------------------------------------------------ */

/* 64 x 64 bits by hand, 32 at a time. */
static void multiply(u64 a, u64 b, u64 *high, u64 *low)
{
    u64 a0 = (u32)a, a1 = a >> 32, b0 = (u32)b, b1 = b >> 32;
    u64 mid = a1 * b0 + (a0 * b0 >> 32), mid2 = a0 * b1 + (u32)mid;

    *low = mid2 << 32 | (u32)(a0 * b0);
    *high = a1 * b1 + (mid >> 32) + (mid2 >> 32);
}

static void integers_and_bits_take_significands(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = { "xma_l", "xma_h", "xma_hu", "fselect", "fand", "fandcm",
                                         "for", "fxor", "fmerge_s", "fmerge_ns", "fmerge_se" };

    for (unsigned i = 0; i < 40 * ARRAY_LEN(names); i++) {
        unsigned n = i % ARRAY_LEN(names);
        kit_fresh(h);
        u64 a = harness_operand(h), b = harness_operand(h), c = harness_operand(h), high, low;
        struct fpreg f8 = { a, harness_below(h, 0x1fffe), harness_below(h, 2) };
        struct fpreg f7 = { c, harness_below(h, 0x1fffe), harness_below(h, 2) };
        struct fpreg f9 = { b, 0x1fffe, 1 };
        struct insn in = fp_insn(h, names[n], 0);
        if (n > 3) in.r4 = 0;
        put_sources(h, f8, f9, f7); /* f3, f4, f2 */
        multiply(a, b, &high, &low);
        u64 carry = low + c < low;
        struct fpreg r = { 0, 0x1003e, 0 };
        switch (n) {
        case 0: r.sig = low + c; break;
        case 1: r.sig = high + carry - (a >> 63 ? b : 0) - (b >> 63 ? a : 0); break;
        case 2: r.sig = high + carry; break;
        case 3: r.sig = (a & c) | (b & ~c); break;
        case 4: r.sig = c & a; break;
        case 5: r.sig = c & ~a; break;
        case 6: r.sig = c | a; break;
        case 7: r.sig = c ^ a; break;
        case 8: r = (struct fpreg){ a, f8.exp, f7.sign }; break;
        case 9: r = (struct fpreg){ a, f8.exp, !f7.sign }; break;
        case 10: r = (struct fpreg){ a, f7.exp, f7.sign }; break;
        }
        struct probe want = want_fr10(h, r);
        harness_run(h, &in, 2, i & 1 ? HARNESS_OBSERVED : HARNESS_FAST);
        harness_expect(h, &want);
    }
}

static void integers_convert_exactly_and_back(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 300; i++) {
        kit_fresh(h);
        s64 n = (s64)harness_operand(h) >> harness_below(h, 64);
        struct insn in = kit_insn(h, "fcvt_xf", 10, 7, 0);
        h->before.fr[7] = (struct fpreg){ (u64)n, 0x1003e, 0 };
        u64 magnitude = n < 0 ? 0 - (u64)n : (u64)n;
        struct fpreg f = { magnitude, 0xffff + 63, n < 0 };
        while (f.sig && !(f.sig >> 63)) f.sig <<= 1, f.exp--;
        if (!f.sig) f = zero;
        struct probe want = want_fr10(h, f);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);

        in = kit_insn(h, i & 1 ? "fcvt_fx" : "fcvt_fx_trunc", 10, 7, 0);
        h->before.fr[7] = f;
        h->before.ar[40] = QUIET | (i & 2 ? FLAGS(0, I) : 0);
        want = want_fr10(h, (struct fpreg){ (u64)n, 0x1003e, 0 });
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);

        double d = random_double(h);
        in = kit_insn(h, d < 0 ? "fcvt_fx_trunc" : "fcvt_fxu_trunc", 10, 7, 0);
        h->before.fr[7] = reg(d);
        want = want_fr10(h, (struct fpreg){ (u64)(s64)d, 0x1003e, 0 });
        if ((double)(s64)d != d) want.ar[40] |= FLAGS(0, I);
        harness_run(h, &in, 1, HARNESS_FAST);
        harness_expect(h, &want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_arithmetic_is_ieee),
        cmocka_unit_test(single_arithmetic_rounds_once),
        cmocka_unit_test(precision_is_the_completers_or_the_status_fields),
        cmocka_unit_test(rounding_follows_the_status_field),
        cmocka_unit_test(disabled_exceptions_leave_flags),
        cmocka_unit_test(enabled_exceptions_fault_or_trap),
        cmocka_unit_test(division_by_zero_is_frcpas),
        cmocka_unit_test(parallel_halves_are_reported_apart),
        cmocka_unit_test(natval_in_is_natval_out_without_flags),
        cmocka_unit_test(constant_registers_are_no_targets),
        cmocka_unit_test(disabled_registers_fault_whatever_their_role),
        cmocka_unit_test(written_halves_are_marked),
        cmocka_unit_test(predicated_off_means_nothing_happens),
        cmocka_unit_test(compares_write_both_predicates),
        cmocka_unit_test(fclass_knows_its_classes),
        cmocka_unit_test(approximations_write_p2),
        cmocka_unit_test(status_fields_are_set_cleared_and_checked),
        cmocka_unit_test(a_changed_fpsr_counts_at_once),
        cmocka_unit_test(integers_and_bits_take_significands),
        cmocka_unit_test(integers_convert_exactly_and_back),
    };
    return cmocka_run_group_tests_name("exec: fpu", tests, harness_setup, harness_teardown);
}
