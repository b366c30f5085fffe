/* cmp, cmp4, tbit, tnat, tf: every relation, every way of writing predicates, in every form.  The
 * oracle works on 128-bit numbers and takes what is written from a table, copied from SDM 1:4.3.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "tests/isa/harness.h"

/* --- the oracle ------------------------------------------------------------------------------- */

/* What goes to p1 and p2; '-' leaves them alone. */
struct type {
    const char *name; /* as part of the meaning */
    const char *qp_0, *false_, *true_, *nat;
};
static const struct type types[] = {
    { "",         "--", "01", "10", "00" },
    { "_unc",     "00", "01", "10", "00" },
    { "_and",     "--", "00", "--", "00" },
    { "_or",      "--", "--", "11", "--" },
    { "_orandcm", "--", "--", "10", "--" },
};

static void write_predicates(struct probe *p, const struct insn *in, const char *what)
{
    if (what[0] != '-') probe_set_pr(p, in->p1, what[0] == '1');
    if (what[1] != '-') probe_set_pr(p, in->p2, what[1] == '1');
}

/* The number that the low `bits` of a register stand for. */
static s128 number(u64 reg, unsigned bits, bool is_signed)
{
    s128 modulus = (s128)1 << bits, v = (s128)reg % modulus;
    return is_signed && v >= modulus / 2 ? v - modulus : v;
}

struct relation {
    const char *name;
    bool is_signed;
    bool (*holds)(s128 a, s128 b);
};
static bool less(s128 a, s128 b) { return a < b; }
static bool equal(s128 a, s128 b) { return a == b; }
static bool unequal(s128 a, s128 b) { return a != b; }
static bool greater(s128 a, s128 b) { return a > b; }
static bool at_most(s128 a, s128 b) { return a <= b; }
static bool at_least(s128 a, s128 b) { return a >= b; }

/* --- one comparison --------------------------------------------------------------------------- */

static void expect_outcome(struct harness *h, const struct insn *in, const char *what)
{
    struct probe want = h->before;
    unsigned slot = harness_any_slot(h, in);

    write_predicates(&want, in, what);
    harness_run(h, in, slot, HARNESS_FAST);
    harness_expect(h, &want);
    harness_run(h, in, slot, HARNESS_OBSERVED);
    harness_expect(h, &want);
}

static void expect_illegal(struct harness *h, const struct insn *in)
{
    unsigned slot = harness_any_slot(h, in);

    harness_run(h, in, slot, HARNESS_FAST);
    harness_expect_fault(h, 0x5400, 0);
    harness_run(h, in, slot, HARNESS_OBSERVED);
    harness_expect_fault(h, 0x5400, 0);
}

/* Targets differ; p0 is one now and then; the rotation is arbitrary. */
static void pick_predicates(struct harness *h, struct insn *in)
{
    in->qp = (u8)harness_below(h, 64);
    in->p1 = (u8)(harness_below(h, 6) ? harness_below(h, 64) : 0);
    do in->p2 = (u8)(harness_below(h, 6) ? harness_below(h, 64) : 0);
    while (in->p2 == in->p1);
    h->before.cfm = 96 | (u64)harness_below(h, 48) << 32;
}

/* Both values of qp, as far as it has two, for an outcome that holds when it is 1. */
static void check_outcome(struct harness *h, const struct insn *in, const struct type *t,
                          const char *when_set)
{
    probe_set_pr(&h->before, in->qp, true);
    expect_outcome(h, in, when_set);
    if (in->qp == 0) return;
    probe_set_pr(&h->before, in->qp, false);
    expect_outcome(h, in, t->qp_0);
}

/* p1 == p2: Illegal Operation; SDM 3 cmp: with .unc whatever qp is. */
static void check_same_target(struct harness *h, struct insn in, const struct type *t)
{
    in.qp = 7;
    in.p2 = in.p1 = (u8)(harness_below(h, 2) ? 8 + harness_below(h, 50) : 0);
    probe_set_pr(&h->before, 7, true);
    expect_illegal(h, &in);
    probe_set_pr(&h->before, 7, false);
    if (!strcmp(t->name, "_unc")) expect_illegal(h, &in);
    else expect_outcome(h, &in, "--");
}

/* --- cmp -------------------------------------------------------------------------------------- */

enum form { RR, IR, ZR };
static const char *const form_names[] = { "_rr", "_ir", "_0r" };

/* Equal numbers are too rare to leave to chance. */
static void pick_operands(struct harness *h, struct insn *in, enum form form, bool *nat)
{
    struct probe *p = &h->before;
    u64 b = harness_operand(h);

    harness_randomize(h);
    pick_predicates(h, in);
    in->r3 = (u8)harness_below(h, 128);
    in->r2 = form == RR ? (u8)harness_below(h, 128) : 0;
    if (form == IR) {
        in->imm = (u64)(s64)(s8)harness_operand(h);
        if (harness_below(h, 3) == 0) b = in->imm;
        if (harness_below(h, 4) == 0) b ^= 0x5500000000;
    }
    if (in->r3) p->gr[in->r3] = b;
    if (in->r2 && in->r2 != in->r3) {
        p->gr[in->r2] = harness_below(h, 3) ? harness_operand(h) : b;
        if (harness_below(h, 4) == 0) p->gr[in->r2] ^= 1ull << (32 + harness_below(h, 32));
    }
    if (harness_below(h, 2)) probe_set_nat(p, 1 + harness_below(h, 127), true);
    if (in->r3 && harness_below(h, 6) == 0) probe_set_nat(p, in->r3, true);
    if (in->r2 && harness_below(h, 6) == 0) probe_set_nat(p, in->r2, true);
    *nat = probe_nat(p, in->r3) || probe_nat(p, in->r2);
}

static void check_compare(struct harness *h, const char *mnemonic, unsigned bits,
                          const struct relation *r, const struct type *t, enum form form)
{
    char meaning[40];
    unsigned seen[2] = { 0, 0 };

    snprintf(meaning, sizeof(meaning), "%s_%s%s%s", mnemonic, r->name, t->name, form_names[form]);
    h->what = meaning;
    struct insn in = harness_insn(meaning);
    for (unsigned i = 0; i < 60; i++) {
        bool nat;
        pick_operands(h, &in, form, &nat);
        u64 left = form == RR ? h->before.gr[in.r2] : form == IR ? in.imm : 0;
        bool holds = r->holds(number(left, bits, r->is_signed),
                              number(h->before.gr[in.r3], bits, r->is_signed));
        if (!nat) seen[holds]++;
        check_outcome(h, &in, t, nat ? t->nat : holds ? t->true_ : t->false_);
    }
    if (!seen[0] || !seen[1]) fail_msg("%s: only one outcome seen", meaning);
    check_same_target(h, in, t);
    h->what = "";
}

static const struct relation plain[] = {
    { "lt", true, less }, { "ltu", false, less }, { "eq", false, equal },
};
static const struct relation parallel[] = { { "eq", false, equal }, { "ne", false, unequal } };
static const struct relation with_zero[] = {
    { "gt", true, greater }, { "le", true, at_most },
    { "ge", true, at_least }, { "lt", true, less },
};

static void check_all_compares(struct harness *h, const char *mnemonic, unsigned bits)
{
    for (unsigned form = RR; form <= IR; form++) {
        for (unsigned t = 0; t < 2; t++) {
            for (unsigned r = 0; r < 3; r++) {
                check_compare(h, mnemonic, bits, &plain[r], &types[t], (enum form)form);
            }
        }
        for (unsigned t = 2; t < 5; t++) {
            for (unsigned r = 0; r < 2; r++) {
                check_compare(h, mnemonic, bits, &parallel[r], &types[t], (enum form)form);
            }
        }
    }
    for (unsigned t = 2; t < 5; t++) {
        for (unsigned r = 0; r < 4; r++) {
            check_compare(h, mnemonic, bits, &with_zero[r], &types[t], ZR);
        }
    }
}

static void cmp_compares_64_bits(void **state)
{
    check_all_compares(*state, "cmp", 64);
}

static void cmp4_compares_the_low_32_bits(void **state)
{
    check_all_compares(*state, "cmp4", 32);
}

/* --- tbit, tnat, tf --------------------------------------------------------------------------- */

enum test { TBIT, TNAT, TF };

/* SDM 1:3.1.11 and tf: what this processor announces, written out once more. */
static bool feature(unsigned n)
{
    return n == 32 /* clz */ || n == 33 /* mpy4 */;
}

static bool pick_bit(struct harness *h, struct insn *in, enum test test, bool *nat)
{
    struct probe *p = &h->before;

    harness_randomize(h);
    pick_predicates(h, in);
    in->r3 = test == TF ? 0 : (u8)harness_below(h, 128);
    if (harness_below(h, 2)) probe_set_nat(p, 1 + harness_below(h, 127), true);
    if (in->r3 && harness_below(h, 3) == 0) probe_set_nat(p, in->r3, true);
    *nat = test == TBIT && probe_nat(p, in->r3);
    if (test == TNAT) return probe_nat(p, in->r3);
    if (test == TF) {
        in->imm = 32 + harness_below(h, harness_below(h, 2) ? 2 : 32);
        return feature((unsigned)in->imm);
    }
    in->imm = harness_below(h, 64);
    return p->gr[in->r3] >> in->imm & 1;
}

static void check_test(struct harness *h, const char *mnemonic, enum test test, bool zero,
                       const struct type *t)
{
    char meaning[40];
    unsigned seen[2] = { 0, 0 };

    snprintf(meaning, sizeof(meaning), "%s_%s%s", mnemonic, zero ? "z" : "nz", t->name);
    h->what = meaning;
    struct insn in = harness_insn(meaning);
    for (unsigned i = 0; i < 60; i++) {
        bool nat, holds = pick_bit(h, &in, test, &nat) != zero;
        if (!nat) seen[holds]++;
        check_outcome(h, &in, t, nat ? t->nat : holds ? t->true_ : t->false_);
    }
    if (!seen[0] || !seen[1]) fail_msg("%s: only one outcome seen", meaning);
    check_same_target(h, in, t);
    h->what = "";
}

static void check_all_tests(struct harness *h, const char *mnemonic, enum test test)
{
    for (unsigned t = 0; t < 5; t++) check_test(h, mnemonic, test, true, &types[t]);
    for (unsigned t = 2; t < 5; t++) check_test(h, mnemonic, test, false, &types[t]);
}

static void tbit_tests_a_bit(void **state)
{
    check_all_tests(*state, "tbit", TBIT);
}

static void tnat_tests_the_nat_bit_and_never_suffers_from_it(void **state)
{
    check_all_tests(*state, "tnat", TNAT);
}

static void tf_tests_a_feature(void **state)
{
    check_all_tests(*state, "tf", TF);
}

/* --- by hand ---------------------------------------------------------------------------------- */

/* The immediate is sign-extended first, then taken as unsigned: -1 is the greatest number. */
static void ltu_takes_a_negative_immediate_as_a_large_number(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("cmp_ltu_ir");

    h->what = "cmp_ltu_ir";
    harness_randomize(h);
    in.r3 = 33, in.imm = ~0ull, in.p1 = 6, in.p2 = 7;
    h->before.gr[33] = 5;
    expect_outcome(h, &in, "01");
    in.imm = 3;
    expect_outcome(h, &in, "10");
}

static void a_compare_may_overwrite_its_own_qualifying_predicate(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("cmp_eq_unc_rr");

    h->what = "cmp_eq_unc_rr";
    harness_randomize(h);
    in.qp = 6, in.p1 = 6, in.p2 = 7;
    probe_set_pr(&h->before, 6, false);
    probe_set_pr(&h->before, 7, true);
    expect_outcome(h, &in, "00");
    probe_set_pr(&h->before, 6, true);
    expect_outcome(h, &in, "10"); /* r0 == r0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmp_compares_64_bits),
        cmocka_unit_test(cmp4_compares_the_low_32_bits),
        cmocka_unit_test(tbit_tests_a_bit),
        cmocka_unit_test(tnat_tests_the_nat_bit_and_never_suffers_from_it),
        cmocka_unit_test(tf_tests_a_feature),
        cmocka_unit_test(ltu_takes_a_negative_immediate_as_a_large_number),
        cmocka_unit_test(a_compare_may_overwrite_its_own_qualifying_predicate),
    };
    return cmocka_run_group_tests_name("exec: cmp", tests, harness_setup, harness_teardown);
}
