/* shl shr shrp extr dep: the oracles move single bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/harness.h"

/* --- oracles ---------------------------------------------------------------------------------- */

/* Bit i of r1 is bit i - n of the value; bits from outside are `fill`. */
static u64 moved(u64 value, s64 n, unsigned fill)
{
    u64 v = 0;

    for (s64 i = 0; i < 64; i++) {
        s64 from = i - n;
        u64 b = from >= 0 && from < 64 ? value >> from & 1 : from < 0 ? 0 : fill;
        v |= b << i;
    }
    return v;
}

/* A count of 64 and more moves everything out. */
static s64 whole_count(u64 n)
{
    return n >= 64 ? 64 : (s64)n;
}

static u64 o_shl(struct operands o) { return moved(o.r2, whole_count(o.r3), 0); }
static u64 o_shr(struct operands o) { return moved(o.r3, -whole_count(o.r2), o.r3 >> 63); }
static u64 o_shr_u(struct operands o) { return moved(o.r3, -whole_count(o.r2), 0); }

static u64 o_shrp(struct operands o)
{
    u128 both = (u128)o.r2 << 64 | o.r3;
    return (u64)(both >> o.imm);
}

/* imm = pos, aux = len, cut at bit 63. */
static unsigned cut_length(struct operands o)
{
    return o.imm + o.aux > 64 ? 64 - (unsigned)o.imm : (unsigned)o.aux;
}

static u64 extract(struct operands o, bool is_signed)
{
    unsigned len = cut_length(o);
    u64 v = 0;

    for (unsigned i = 0; i < 64; i++) {
        if (i < len) v |= (o.r3 >> (o.imm + i) & 1) << i;
        else if (is_signed) v |= (o.r3 >> (o.imm + len - 1) & 1) << i;
    }
    return v;
}
static u64 o_extr(struct operands o) { return extract(o, true); }
static u64 o_extr_u(struct operands o) { return extract(o, false); }

static u64 deposited(u64 around, u64 field, unsigned pos, unsigned len)
{
    for (unsigned i = 0; i < len && pos + i < 64; i++) {
        u64 m = 1ull << (pos + i);
        around = field >> i & 1 ? around | m : around & ~m;
    }
    return around;
}
static u64 o_dep_z(struct operands o)
{
    return deposited(0, o.r2, (unsigned)o.imm, (unsigned)o.aux);
}
static u64 o_dep(struct operands o)
{
    return deposited(o.r3, o.r2, (unsigned)o.imm, (unsigned)o.aux);
}
static u64 o_dep_z_imm(struct operands o)
{
    return deposited(0, o.imm, (unsigned)o.aux & 0xff, (unsigned)o.aux >> 8);
}
static u64 o_dep_zeros(struct operands o)
{
    return deposited(o.r3, 0, (unsigned)o.imm, (unsigned)o.aux);
}
static u64 o_dep_ones(struct operands o)
{
    return deposited(o.r3, ~0ull, (unsigned)o.imm, (unsigned)o.aux);
}

/* --- immediates ------------------------------------------------------------------------------- */

static void count6(struct harness *h, struct insn *in)
{
    in->imm = harness_below(h, 4) ? harness_below(h, 64) : 63 * harness_below(h, 2);
}

static void field(struct harness *h, struct insn *in) /* any position, any length, overruns too */
{
    count6(h, in);
    in->aux = 1 + (harness_below(h, 4) ? harness_below(h, 64) : 63 * harness_below(h, 2));
}

static void short_field(struct harness *h, struct insn *in)
{
    count6(h, in);
    in->aux = 1 + harness_below(h, 16);
}

static void imm_field(struct harness *h, struct insn *in)
{
    unsigned pos = harness_below(h, 64), len = 1 + harness_below(h, 64);

    in->imm = (u64)(s64)(s8)harness_random(h);
    in->aux = pos | len << 8;
}

static void zeros(struct harness *h, struct insn *in)
{
    field(h, in);
    in->x = 0;
}

static void ones(struct harness *h, struct insn *in)
{
    field(h, in);
    in->x = 1;
}

/* --- tests ------------------------------------------------------------------------------------ */

#define BOTH (USES_R2 | USES_R3)
static const struct value_case cases[] = {
    { "shl",       BOTH,    o_shl,       NULL },
    { "shr",       BOTH,    o_shr,       NULL },
    { "shr_u",     BOTH,    o_shr_u,     NULL },
    { "shrp",      BOTH,    o_shrp,      count6 },
    { "extr",      USES_R3, o_extr,      field },
    { "extr_u",    USES_R3, o_extr_u,    field },
    { "dep_z",     USES_R2, o_dep_z,     field },
    { "dep_z_imm", 0,       o_dep_z_imm, imm_field },
    { "dep_imm1",  USES_R3, o_dep_zeros, zeros },
    { "dep_imm1",  USES_R3, o_dep_ones,  ones },
    { "dep",       BOTH,    o_dep,       short_field },
};

static void every_instruction_computes_what_the_manual_says(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) harness_check_value(*state, &cases[i]);
}

/* By hand.  SDM 3: extr and dep at the upper end, counts beyond 63. */
static const struct fixed_value fixed[] = {
    { "extr",      0, 0x8000000000000000, 60, 16, 0xfffffffffffffff8 },
    { "extr_u",    0, 0x8000000000000000, 60, 16, 8 },
    { "extr",      0, 0x0000000000000080, 7, 1, ~0ull },
    { "extr_u",    0, 0x123456789abcdef0, 0, 64, 0x123456789abcdef0 },
    { "dep_z",     0xff, 0, 60, 8, 0xf000000000000000 },
    { "dep",       0xabcd, 0x1111111111111111, 16, 8, 0x1111111111cd1111 },
    { "shl",       1, 64, 0, 0, 0 },
    { "shl",       1, 0x100000001, 0, 0, 0 },
    { "shr",       ~0ull, 0x8000000000000000, 0, 0, ~0ull },
    { "shr_u",     64, ~0ull, 0, 0, 0 },
    { "shr",       4, 0xf000000000000000, 0, 0, 0xff00000000000000 },
    { "shrp",      0x1122334455667788, 0x99aabbccddeeff00, 0, 0, 0x99aabbccddeeff00 },
    { "shrp",      0x1122334455667788, 0x99aabbccddeeff00, 8, 0, 0x8899aabbccddeeff },
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
    return cmocka_run_group_tests_name("exec: shift", tests, harness_setup, harness_teardown);
}
