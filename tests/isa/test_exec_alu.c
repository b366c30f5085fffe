/* add sub addp4 and andcm or xor shladd adds addl, sign and zero extension, czx, popcnt, clz.
 * The oracles are the manual's sentences, worked bit by bit or byte by byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/harness.h"

/* --- oracles ---------------------------------------------------------------------------------- */

/* A one-bit full adder, 64 times. */
static u64 ripple(u64 a, u64 b, unsigned carry)
{
    u64 sum = 0;

    for (unsigned i = 0; i < 64; i++) {
        unsigned x = a >> i & 1, y = b >> i & 1, ones = x + y + carry;
        sum |= (u64)(ones % 2) << i;
        carry = ones / 2;
    }
    return sum;
}

static u64 times_power(u64 a, u64 count)
{
    while (count--) a = ripple(a, a, 0);
    return a;
}

static u64 swizzled(u64 sum, u64 pointer)
{
    u64 v = 0;

    for (unsigned i = 0; i < 32; i++) v |= (sum >> i & 1) << i;
    v |= (pointer >> 30 & 1) << 61;
    v |= (pointer >> 31 & 1) << 62;
    return v;
}

static u64 each_bit(u64 a, u64 b, const char *table) /* table[2a + b] */
{
    u64 v = 0;

    for (unsigned i = 0; i < 64; i++) {
        if (table[2 * (a >> i & 1) + (b >> i & 1)] == '1') v |= 1ull << i;
    }
    return v;
}

static u64 o_add(struct operands o) { return ripple(o.r2, o.r3, 0); }
static u64 o_add1(struct operands o) { return ripple(o.r2, o.r3, 1); }
static u64 o_sub(struct operands o) { return ripple(o.r2, ~o.r3, 1); }
static u64 o_sub1(struct operands o) { return ripple(o.r2, ~o.r3, 0); }
static u64 o_addp4(struct operands o) { return swizzled(ripple(o.r2, o.r3, 0), o.r3); }
static u64 o_and(struct operands o) { return each_bit(o.r2, o.r3, "0001"); }
static u64 o_andcm(struct operands o) { return each_bit(o.r2, o.r3, "0010"); }
static u64 o_or(struct operands o) { return each_bit(o.r2, o.r3, "0111"); }
static u64 o_xor(struct operands o) { return each_bit(o.r2, o.r3, "0110"); }
static u64 o_shladd(struct operands o) { return ripple(times_power(o.r2, o.imm), o.r3, 0); }
static u64 o_shladdp4(struct operands o) { return swizzled(o_shladd(o), o.r3); }

/* The immediate forms put imm where r2 was. */
static struct operands left(struct operands o)
{
    o.r2 = o.imm;
    return o;
}
static u64 o_sub_i(struct operands o) { return o_sub(left(o)); }
static u64 o_and_i(struct operands o) { return o_and(left(o)); }
static u64 o_andcm_i(struct operands o) { return o_andcm(left(o)); }
static u64 o_or_i(struct operands o) { return o_or(left(o)); }
static u64 o_xor_i(struct operands o) { return o_xor(left(o)); }
static u64 o_add_i(struct operands o) { return o_add(left(o)); }
static u64 o_addp4_i(struct operands o) { return o_addp4(left(o)); }

/* n bytes kept; above them copies of the top bit, or zeros. */
static u64 extend(u64 a, unsigned n, bool is_signed)
{
    u64 v = 0;

    for (unsigned i = 0; i < 64; i++) {
        unsigned from = i < 8 * n ? i : 8 * n - 1;
        if (i < 8 * n || is_signed) v |= (a >> from & 1) << i;
    }
    return v;
}
static u64 o_zxt1(struct operands o) { return extend(o.r3, 1, false); }
static u64 o_zxt2(struct operands o) { return extend(o.r3, 2, false); }
static u64 o_zxt4(struct operands o) { return extend(o.r3, 4, false); }
static u64 o_sxt1(struct operands o) { return extend(o.r3, 1, true); }
static u64 o_sxt2(struct operands o) { return extend(o.r3, 2, true); }
static u64 o_sxt4(struct operands o) { return extend(o.r3, 4, true); }

/* Elements are looked at one after the other, from either end. */
static u64 zero_index(u64 a, unsigned width, bool from_left)
{
    unsigned n = 64 / width, i;

    for (i = 0; i < n; i++) {
        unsigned at = from_left ? n - 1 - i : i;
        if (extend(a >> width * at, width / 8, false) == 0) break;
    }
    return i;
}
static u64 o_czx1_l(struct operands o) { return zero_index(o.r3, 8, true); }
static u64 o_czx1_r(struct operands o) { return zero_index(o.r3, 8, false); }
static u64 o_czx2_l(struct operands o) { return zero_index(o.r3, 16, true); }
static u64 o_czx2_r(struct operands o) { return zero_index(o.r3, 16, false); }

static u64 o_popcnt(struct operands o)
{
    u64 n = 0;
    for (; o.r3; o.r3 >>= 1) n += o.r3 & 1;
    return n;
}

static u64 o_clz(struct operands o)
{
    u64 n = 64;
    for (; o.r3; o.r3 >>= 1) n--;
    return n;
}

/* --- immediates ------------------------------------------------------------------------------- */

static u64 signed_field(struct harness *h, unsigned n)
{
    u64 v = harness_operand(h) & ((1ull << n) - 1);
    return v >> (n - 1) ? v - (1ull << n) : v;
}
static void imm8(struct harness *h, struct insn *in) { in->imm = signed_field(h, 8); }
static void imm14(struct harness *h, struct insn *in) { in->imm = signed_field(h, 14); }
static void imm22(struct harness *h, struct insn *in) { in->imm = signed_field(h, 22); }
static void count2(struct harness *h, struct insn *in) { in->imm = 1 + harness_below(h, 4); }

/* --- tests ------------------------------------------------------------------------------------ */

#define BOTH (USES_R2 | USES_R3)
static const struct value_case cases[] = {
    { "add_rr",    BOTH,    o_add,      NULL },
    { "add_rr1",   BOTH,    o_add1,     NULL },
    { "sub_rr",    BOTH,    o_sub,      NULL },
    { "sub_rr1",   BOTH,    o_sub1,     NULL },
    { "addp4_rr",  BOTH,    o_addp4,    NULL },
    { "and_rr",    BOTH,    o_and,      NULL },
    { "andcm_rr",  BOTH,    o_andcm,    NULL },
    { "or_rr",     BOTH,    o_or,       NULL },
    { "xor_rr",    BOTH,    o_xor,      NULL },
    { "shladd",    BOTH,    o_shladd,   count2 },
    { "shladdp4",  BOTH,    o_shladdp4, count2 },
    { "sub_ir",    USES_R3, o_sub_i,    imm8 },
    { "and_ir",    USES_R3, o_and_i,    imm8 },
    { "andcm_ir",  USES_R3, o_andcm_i,  imm8 },
    { "or_ir",     USES_R3, o_or_i,     imm8 },
    { "xor_ir",    USES_R3, o_xor_i,    imm8 },
    { "adds",      USES_R3, o_add_i,    imm14 },
    { "addp4_ir",  USES_R3, o_addp4_i,  imm14 },
    { "addl",      USES_R3 | R3_IS_2_BITS, o_add_i, imm22 },
    { "zxt1",      USES_R3, o_zxt1,     NULL },
    { "zxt2",      USES_R3, o_zxt2,     NULL },
    { "zxt4",      USES_R3, o_zxt4,     NULL },
    { "sxt1",      USES_R3, o_sxt1,     NULL },
    { "sxt2",      USES_R3, o_sxt2,     NULL },
    { "sxt4",      USES_R3, o_sxt4,     NULL },
    { "czx1_l",    USES_R3, o_czx1_l,   NULL },
    { "czx1_r",    USES_R3, o_czx1_r,   NULL },
    { "czx2_l",    USES_R3, o_czx2_l,   NULL },
    { "czx2_r",    USES_R3, o_czx2_r,   NULL },
    { "popcnt",    USES_R3, o_popcnt,   NULL },
    { "clz",       USES_R3, o_clz,      NULL },
};

static void every_instruction_computes_what_the_manual_says(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) harness_check_value(*state, &cases[i]);
}

/* By hand: the cases people get wrong. */
static const struct fixed_value fixed[] = {
    { "sub_ir",   0, 10, -3, 0, -13 },                       /* the immediate is on the left */
    { "andcm_ir", 0, 0x0f, 0x3c, 0, 0x30 },
    { "addp4_rr", 0x10, 0xffffffff80000000, 0, 0, 0x4000000080000010 },
    { "addp4_rr", 0xffffffff80000000, 0x10, 0, 0, 0x80000010 }, /* r3 has the region */
    { "addp4_ir", 0, 0xc0000000, -16, 0, 0x60000000bffffff0 },
    { "shladd",   3, 5, 4, 0, 53 },
    { "sub_rr1",  7, 7, 0, 0, -1 },
    { "czx1_l",   0, 0x1122330044005566, 0, 0, 3 },
    { "czx1_r",   0, 0x1122330044005566, 0, 0, 2 },
    { "czx1_r",   0, 0x0100000000000001, 0, 0, 1 },
    { "czx1_l",   0, 0x0101010101010101, 0, 0, 8 },
    { "czx2_l",   0, 0x0001000100010001, 0, 0, 4 },
    { "czx2_r",   0, 0x0000000100010001, 0, 0, 3 },
    { "clz",      0, 0, 0, 0, 64 },
    { "popcnt",   0, -1, 0, 0, 64 },
};

static void fixed_values_come_out(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(fixed); i++) harness_check_fixed(*state, &fixed[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_computes_what_the_manual_says),
        cmocka_unit_test(fixed_values_come_out),
    };
    return cmocka_run_group_tests_name("exec: alu", tests, harness_setup, harness_teardown);
}
