/* movl, mov ip, mov b, mov pr, chk.s, and everything that does nothing or is no instruction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/harness.h"

#define ILLEGAL_OPERATION 0x5400
#define NAT_CONSUMPTION 0x5600
#define ISR_REGISTER_NAT 0x10 /* code; SDM 2:8.3 */

/* Runs in every slot the unit allows and both loops, and expects `want`, at `ip`. */
static void everywhere(struct harness *h, const struct insn *in, const struct probe *want, u64 ip)
{
    for (unsigned slot = 0; slot < 3; slot++) {
        if (!(harness_slots(in) >> slot & 1)) continue;
        harness_run(h, in, slot, HARNESS_FAST);
        harness_expect_at(h, want, ip);
        harness_run(h, in, slot, HARNESS_OBSERVED);
        harness_expect_at(h, want, ip);
    }
}

static void faults_everywhere(struct harness *h, const struct insn *in, unsigned vector, u64 isr)
{
    for (unsigned slot = 0; slot < 3; slot++) {
        if (!(harness_slots(in) >> slot & 1)) continue;
        harness_run(h, in, slot, HARNESS_FAST);
        harness_expect_fault(h, vector, isr);
        harness_run(h, in, slot, HARNESS_OBSERVED);
        harness_expect_fault(h, vector, isr);
    }
}

static struct insn start(struct harness *h, const char *meaning)
{
    h->what = meaning;
    harness_randomize(h);
    return harness_insn(meaning);
}

/* A predicated-off copy of `in` does nothing. */
static void off_does_nothing(struct harness *h, struct insn in)
{
    in.qp = 9;
    probe_set_pr(&h->before, 9, false);
    everywhere(h, &in, &h->before, h->code + 16);
}

/* --- values ----------------------------------------------------------------------------------- */

static u64 o_imm(struct operands o) { return o.imm; }
static u64 o_code(struct operands o) { (void)o; return HARNESS_CODE; }
static void imm64(struct harness *h, struct insn *in) { in->imm = harness_operand(h); }

static void movl_and_mov_ip_give_constants(void **state)
{
    static const struct value_case cases[] = {
        { "movl",        0, o_imm,  imm64 },
        { "mov_from_ip", 0, o_code, NULL },
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) harness_check_value(*state, &cases[i]);
}

static void branch_registers_keep_all_64_bits(void **state)
{
    struct harness *h = *state;

    for (u8 b = 0; b < 8; b++) {
        struct insn in = start(h, "mov_to_br");
        struct probe want = h->before;
        in.r1 = b, in.r2 = (u8)(20 + 9 * b);
        want.br[b] = h->before.gr[in.r2];
        everywhere(h, &in, &want, h->code + 16);
        off_does_nothing(h, in);

        in = start(h, "mov_from_br");
        want = h->before;
        in.r1 = (u8)(20 + 9 * b), in.r2 = b;
        probe_set_nat(&h->before, in.r1, true); /* which goes away */
        want.gr[in.r1] = h->before.br[b];
        everywhere(h, &in, &want, h->code + 16);
        off_does_nothing(h, in);
    }
}

static void mov_to_b_and_to_pr_consume_nat(void **state)
{
    static const char *const meanings[] = { "mov_to_br", "mov_to_pr" };
    struct harness *h = *state;

    for (unsigned i = 0; i < 2; i++) {
        struct insn in = start(h, meanings[i]);
        in.r1 = i ? 0 : 5, in.r2 = 77;
        in.imm = i ? ~1ull : 0;
        probe_set_nat(&h->before, 77, true);
        faults_everywhere(h, &in, NAT_CONSUMPTION, ISR_REGISTER_NAT);
        off_does_nothing(h, in);
        probe_set_nat(&h->before, 77, false);
        probe_set_nat(&h->before, 78, true);
        struct probe want = h->before;
        if (i) want.pr = h->before.gr[77] | 1;
        else want.br[5] = h->before.gr[77];
        everywhere(h, &in, &want, h->code + 16);
    }
}

static void mov_from_br_wants_a_target_in_the_frame(void **state)
{
    struct harness *h = *state;
    struct insn in = start(h, "mov_from_br");

    h->before.cfm = 10;
    in.r1 = 42;
    faults_everywhere(h, &in, ILLEGAL_OPERATION, 0);
    off_does_nothing(h, in);
}

/* --- predicates ------------------------------------------------------------------------------- */

/* SDM 3 mov pr: physical registers, whatever rrb.pr is. */
static void mov_from_pr_ignores_rotation(void **state)
{
    struct harness *h = *state;

    for (unsigned rrb = 0; rrb < 48; rrb++) {
        struct insn in = start(h, "mov_from_pr");
        h->before.cfm |= (u64)rrb << 32;
        struct probe want = h->before;
        in.r1 = 99;
        want.gr[99] = h->before.pr;
        everywhere(h, &in, &want, h->code + 16);
    }
    off_does_nothing(h, harness_insn("mov_from_pr"));
}

/* The value of mask17: bits 15:1 one by one, bit 16 for all of p16 to p63. */
static u64 spread_mask(unsigned mask17)
{
    u64 m = 0;
    for (unsigned i = 1; i < 64; i++) m |= (u64)(mask17 >> (i < 16 ? i : 16) & 1) << i;
    return m;
}

static void mov_to_pr_obeys_the_mask_and_ignores_rotation(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 150; i++) {
        struct insn in = start(h, "mov_to_pr");
        unsigned mask17 = i == 0 ? 0 : i == 1 ? 0x1fffe : harness_below(h, 0x20000) & ~1u;
        if (i % 3) h->before.cfm |= (u64)harness_below(h, 48) << 32;
        in.r2 = 50;
        in.imm = spread_mask(mask17);
        struct probe want = h->before;
        for (unsigned p = 1; p < 64; p++) {
            u64 m = 1ull << p;
            if (in.imm & m) want.pr = (want.pr & ~m) | (h->before.gr[50] & m);
        }
        everywhere(h, &in, &want, h->code + 16);
        off_does_nothing(h, in);
    }
}

static void mov_to_pr_rot_sign_extends_bit_43(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 100; i++) {
        struct insn in = start(h, "mov_to_pr_rot");
        u64 imm44 = harness_operand(h) & 0xfffffff0000;
        if (i % 3) h->before.cfm |= (u64)harness_below(h, 48) << 32;
        in.imm = imm44 | (imm44 >> 43 & 1 ? 0xfffff00000000000 : 0);
        struct probe want = h->before;
        want.pr = (h->before.pr & 0xffff) | in.imm;
        everywhere(h, &in, &want, h->code + 16);
        off_does_nothing(h, in);
    }
}

/* --- chk.s ------------------------------------------------------------------------------------ */

static void chk_s_branches_on_nat_only(void **state)
{
    static const char *const meanings[] = { "chk_s_i", "chk_s_m" };
    static const s64 distances[] = { 0x100, -0x100, 0x1000, -0x8000, 0x10 };
    struct harness *h = *state;

    for (unsigned i = 0; i < 2 * ARRAY_LEN(distances); i++) {
        struct insn in = start(h, meanings[i % 2]);
        in.r2 = (u8)(1 + harness_below(h, 126));
        in.imm = (u64)distances[i / 2];
        probe_set_nat(&h->before, in.r2, true);
        everywhere(h, &in, &h->before, h->code + in.imm);
        off_does_nothing(h, in);
        probe_set_nat(&h->before, in.r2, false);
        probe_set_nat(&h->before, in.r2 + 1u, true);
        everywhere(h, &in, &h->before, h->code + 16);
    }
}

/* --- nothing ---------------------------------------------------------------------------------- */

static void nops_hints_and_branch_predictions_do_nothing(void **state)
{
    static const char *const meanings[] = {
        "nop_m", "nop_i", "nop_b", "nop_f", "nop_x", "hint_m", "hint_i", "hint_b", "hint_f",
        "hint_x", "brp", "brp_b", "brp_ret",
    };
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(meanings); i++) {
        struct insn in = start(h, meanings[i]);
        in.imm = meanings[i][0] == 'b' ? 0x40 : harness_random(h) & 0x1fffff;
        everywhere(h, &in, &h->before, h->code + 16);
        if (meanings[i][0] != 'b') off_does_nothing(h, in);
    }
}

enum becomes { ILLEGAL_ALWAYS, ILLEGAL_IF_QP, NOTHING };

static void check_raw(struct harness *h, unsigned template, unsigned slot, u64 bits,
                      enum becomes what)
{
    static const char units[32][4] = { [0x00] = "MII", [0x08] = "MMI", [0x0e] = "MMF",
                                       [0x16] = "BBB", [0x10] = "MIB" };
    u64 slots[3];

    for (unsigned qp = 0; qp < 3; qp++) { /* p0; p6 = 1; p7 = 0 */
        harness_randomize(h);
        probe_set_pr(&h->before, 6, true);
        probe_set_pr(&h->before, 7, false);
        for (unsigned s = 0; s < 3; s++) slots[s] = harness_nop(units[template][s]);
        slots[slot] = bits | (qp ? qp + 5 : 0);
        for (int loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
            harness_run_bundle(h, template, slots, slot, (enum harness_loop)loop);
            if (what == ILLEGAL_ALWAYS || (what == ILLEGAL_IF_QP && qp < 2)) {
                harness_expect_fault(h, ILLEGAL_OPERATION, 0);
            } else {
                harness_expect(h, &h->before);
            }
        }
    }
}

/* SDM 3:4.1: what no instruction claims is illegal if its qp is 1; parts of the B unit differ. */
static void unassigned_encodings_are_illegal_or_ignored(void **state)
{
    struct harness *h = *state;

    h->what = "unassigned";
    check_raw(h, 0x08, 0, 0xaull << 37, ILLEGAL_IF_QP); /* M, op A */
    check_raw(h, 0x08, 1, 0x3ull << 37, ILLEGAL_IF_QP); /* M, op 3 */
    check_raw(h, 0x00, 2, 0x6ull << 37, ILLEGAL_IF_QP); /* I, op 6 */
    check_raw(h, 0x0e, 2, 0x7ull << 37, ILLEGAL_IF_QP); /* F, op 7 */
    check_raw(h, 0x16, 0, 0x03ull << 27, ILLEGAL_IF_QP); /* B, op 0 x6 3 */
    check_raw(h, 0x16, 1, 0x22ull << 27, ILLEGAL_ALWAYS); /* B, op 0 x6 22 */
    check_raw(h, 0x10, 2, 0x8ull << 37, ILLEGAL_ALWAYS); /* B, op 8 */
    check_raw(h, 0x16, 0, 0x01ull << 27, NOTHING);      /* B, op 0 x6 1 */
    check_raw(h, 0x16, 2, 0x3ull << 37, NOTHING);       /* B, op 3 */
    check_raw(h, 0x10, 2, 0x6ull << 37, NOTHING);       /* B, op 6 */
}

/* frcpa f0, p8 = f2, f3 is illegal, yet clears p8 when its qp is 0.  SDM 3 frcpa. */
static void an_illegal_reciprocal_still_clears_its_predicate(void **state)
{
    const u64 frcpa = 1ull << 33 | 8ull << 27 | 3 << 20 | 2 << 13 | 6;
    const u64 slots[3] = { harness_nop('M'), frcpa, harness_nop('I') };
    struct harness *h = *state;

    h->what = "frcpa f0";
    for (int loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        harness_randomize(h);
        probe_set_pr(&h->before, 8, true);
        probe_set_pr(&h->before, 6, true);
        harness_run_bundle(h, 0x0c, slots, 1, (enum harness_loop)loop);
        harness_expect_fault(h, ILLEGAL_OPERATION, 0);
        probe_set_pr(&h->before, 6, false);
        struct probe want = h->before;
        probe_set_pr(&want, 8, false);
        harness_run_bundle(h, 0x0c, slots, 1, (enum harness_loop)loop);
        harness_expect(h, &want);
    }
}

/* mux1 with an unassigned mbtype4, pshladd2 with count 4: reserved if qp is 1. */
static void reserved_field_values_are_illegal_if_qp(void **state)
{
    struct harness *h = *state;
    u64 mux1 = 7ull << 37 | 3ull << 34 | 2ull << 30 | 2ull << 28 | 33 << 13 | 34 << 6;
    u64 pshladd2 = 8ull << 37 | 1ull << 34 | 1ull << 33 | 4ull << 29 | 33 << 13 | 34 << 6;

    h->what = "reserved field";
    for (u64 mbtype = 1; mbtype < 16; mbtype++) {
        if (mbtype >= 8 && mbtype <= 11) continue;
        check_raw(h, 0x00, 1, mux1 | mbtype << 20, ILLEGAL_IF_QP);
    }
    check_raw(h, 0x00, 1, pshladd2 | 3ull << 27, ILLEGAL_IF_QP);
}

static void reserved_templates_are_illegal(void **state)
{
    static const u8 reserved[] = { 0x06, 0x07, 0x14, 0x15, 0x1a, 0x1b, 0x1e, 0x1f };
    const u64 slots[3] = { harness_nop('M'), harness_nop('M'), harness_nop('M') };
    struct harness *h = *state;

    h->what = "reserved template";
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
        for (int loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
            harness_randomize(h);
            harness_run_bundle(h, reserved[i], slots, 0, (enum harness_loop)loop);
            harness_expect_fault(h, ILLEGAL_OPERATION, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(movl_and_mov_ip_give_constants),
        cmocka_unit_test(branch_registers_keep_all_64_bits),
        cmocka_unit_test(mov_to_b_and_to_pr_consume_nat),
        cmocka_unit_test(mov_from_br_wants_a_target_in_the_frame),
        cmocka_unit_test(mov_from_pr_ignores_rotation),
        cmocka_unit_test(mov_to_pr_obeys_the_mask_and_ignores_rotation),
        cmocka_unit_test(mov_to_pr_rot_sign_extends_bit_43),
        cmocka_unit_test(chk_s_branches_on_nat_only),
        cmocka_unit_test(nops_hints_and_branch_predictions_do_nothing),
        cmocka_unit_test(unassigned_encodings_are_illegal_or_ignored),
        cmocka_unit_test(an_illegal_reciprocal_still_clears_its_predicate),
        cmocka_unit_test(reserved_field_values_are_illegal_if_qp),
        cmocka_unit_test(reserved_templates_are_illegal),
    };
    return cmocka_run_group_tests_name("exec: move", tests, harness_setup, harness_teardown);
}
