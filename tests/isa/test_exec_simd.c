/* Parallel arithmetic.  The oracles take registers apart into plain numbers, one lane at a time,
 * and follow SDM volume 3 in whole-number arithmetic: floor division instead of shifts, comparisons
 * with limits, permutations as strings of lane numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tests/isa/harness.h"

/* --- lanes ------------------------------------------------------------------------------------ */

static s64 power2(unsigned n)
{
    s64 p = 1;
    while (n--) p *= 2;
    return p;
}

static s64 lane_u(u64 reg, unsigned bytes, unsigned i)
{
    s64 v = 0;
    for (unsigned k = bytes; k-- > 0;) v = v * 256 + (s64)(reg >> (8 * (bytes * i + k)) & 0xff);
    return v;
}

static s64 lane_s(u64 reg, unsigned bytes, unsigned i)
{
    s64 v = lane_u(reg, bytes, i);
    return v >= power2(8 * bytes - 1) ? v - power2(8 * bytes) : v;
}

/* Modulo the lane's size. */
static u64 put(s64 v, unsigned bytes, unsigned i)
{
    s64 size = power2(8 * bytes);
    s64 m = v % size;
    if (m < 0) m += size;
    return (u64)m << (8 * bytes * i);
}

static s64 floor_div(s64 a, s64 b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static s64 limited_s(s64 v, unsigned bytes)
{
    s64 top = power2(8 * bytes - 1);
    if (v >= top) return top - 1;
    if (v < -top) return -top;
    return v;
}

static s64 limited_u(s64 v, unsigned bytes)
{
    if (v < 0) return 0;
    if (v >= power2(8 * bytes)) return power2(8 * bytes) - 1;
    return v;
}

/* --- lane by lane ----------------------------------------------------------------------------- */

/* x and y are the lanes of r2 and r3, o the whole operands. */
#define LANE_ORACLE(name, bytes, take_x, take_y, expr)                                            \
    static u64 name(struct operands o)                                                            \
    {                                                                                             \
        u64 v = 0;                                                                                \
        for (unsigned i = 0; i < 8 / (bytes); i++) {                                              \
            s64 x = take_x(o.r2, bytes, i), y = take_y(o.r3, bytes, i);                           \
            (void)x;                                                                              \
            (void)y;                                                                              \
            v |= put(expr, bytes, i);                                                             \
        }                                                                                         \
        return v;                                                                                 \
    }

LANE_ORACLE(o_padd1,     1, lane_u, lane_u, x + y)
LANE_ORACLE(o_padd2,     2, lane_u, lane_u, x + y)
LANE_ORACLE(o_padd4,     4, lane_u, lane_u, x + y)
LANE_ORACLE(o_padd1_sss, 1, lane_s, lane_s, limited_s(x + y, 1))
LANE_ORACLE(o_padd2_sss, 2, lane_s, lane_s, limited_s(x + y, 2))
LANE_ORACLE(o_padd1_uuu, 1, lane_u, lane_u, limited_u(x + y, 1))
LANE_ORACLE(o_padd2_uuu, 2, lane_u, lane_u, limited_u(x + y, 2))
LANE_ORACLE(o_padd1_uus, 1, lane_u, lane_s, limited_u(x + y, 1))
LANE_ORACLE(o_padd2_uus, 2, lane_u, lane_s, limited_u(x + y, 2))
LANE_ORACLE(o_psub1,     1, lane_u, lane_u, x - y)
LANE_ORACLE(o_psub2,     2, lane_u, lane_u, x - y)
LANE_ORACLE(o_psub4,     4, lane_u, lane_u, x - y)
LANE_ORACLE(o_psub1_sss, 1, lane_s, lane_s, limited_s(x - y, 1))
LANE_ORACLE(o_psub2_sss, 2, lane_s, lane_s, limited_s(x - y, 2))
LANE_ORACLE(o_psub1_uuu, 1, lane_u, lane_u, limited_u(x - y, 1))
LANE_ORACLE(o_psub2_uuu, 2, lane_u, lane_u, limited_u(x - y, 2))
LANE_ORACLE(o_psub1_uus, 1, lane_u, lane_s, limited_u(x - y, 1))
LANE_ORACLE(o_psub2_uus, 2, lane_u, lane_s, limited_u(x - y, 2))

/* An inexact half becomes the odd neighbour. */
static s64 half_to_odd(s64 v)
{
    s64 down = floor_div(v, 2);
    return v == 2 * down || down % 2 ? down : down + 1;
}
LANE_ORACLE(o_pavg1,     1, lane_u, lane_u, half_to_odd(x + y))
LANE_ORACLE(o_pavg2,     2, lane_u, lane_u, half_to_odd(x + y))
LANE_ORACLE(o_pavg1_raz, 1, lane_u, lane_u, (x + y) / 2 + (x + y) % 2)
LANE_ORACLE(o_pavg2_raz, 2, lane_u, lane_u, (x + y) / 2 + (x + y) % 2)
LANE_ORACLE(o_pavgsub1,  1, lane_u, lane_u, half_to_odd(x - y))
LANE_ORACLE(o_pavgsub2,  2, lane_u, lane_u, half_to_odd(x - y))

LANE_ORACLE(o_pcmp1_eq,  1, lane_u, lane_u, x == y ? 255 : 0)
LANE_ORACLE(o_pcmp2_eq,  2, lane_u, lane_u, x == y ? 65535 : 0)
LANE_ORACLE(o_pcmp4_eq,  4, lane_u, lane_u, x == y ? 4294967295 : 0)
LANE_ORACLE(o_pcmp1_gt,  1, lane_s, lane_s, x > y ? 255 : 0)
LANE_ORACLE(o_pcmp2_gt,  2, lane_s, lane_s, x > y ? 65535 : 0)
LANE_ORACLE(o_pcmp4_gt,  4, lane_s, lane_s, x > y ? 4294967295 : 0)
LANE_ORACLE(o_pmin1_u,   1, lane_u, lane_u, x <= y ? x : y)
LANE_ORACLE(o_pmax1_u,   1, lane_u, lane_u, x <= y ? y : x)
LANE_ORACLE(o_pmin2,     2, lane_s, lane_s, x <= y ? x : y)
LANE_ORACLE(o_pmax2,     2, lane_s, lane_s, x <= y ? y : x)

/* SDM 3 pshladd2: each doubling may hit the limit, and then r3 does not count. */
static s64 doubled_plus(s64 x, u64 n, s64 y)
{
    for (u64 k = 0; k < n; k++) {
        x *= 2;
        if (x != limited_s(x, 2)) return limited_s(x, 2);
    }
    return limited_s(x + y, 2);
}
LANE_ORACLE(o_pshladd2,  2, lane_s, lane_s, doubled_plus(x, o.imm, y))
LANE_ORACLE(o_pshradd2,  2, lane_s, lane_s,
            limited_s(floor_div(x, power2((unsigned)o.imm)) + y, 2))
LANE_ORACLE(o_pmpyshr2,  2, lane_s, lane_s, floor_div(x * y, power2((unsigned)o.imm)))
LANE_ORACLE(o_pmpyshr2_u, 2, lane_u, lane_u, floor_div(x * y, power2((unsigned)o.imm)))

/* Shifts: by the whole register or by a constant. */
static unsigned up_to_40(u64 n)
{
    return n > 40 ? 40 : (unsigned)n;
}
static s64 up(s64 v, u64 n)
{
    return n > 31 ? 0 : (s64)((u64)v << n);
}
static s64 down(s64 v, u64 n)
{
    return floor_div(v, power2(up_to_40(n)));
}
LANE_ORACLE(o_pshl2,     2, lane_u, lane_u, up(x, o.r3))
LANE_ORACLE(o_pshl4,     4, lane_u, lane_u, up(x, o.r3))
LANE_ORACLE(o_pshl2_i,   2, lane_u, lane_u, up(x, o.imm))
LANE_ORACLE(o_pshl4_i,   4, lane_u, lane_u, up(x, o.imm))
LANE_ORACLE(o_pshr2,     2, lane_s, lane_s, down(y, o.r2))
LANE_ORACLE(o_pshr4,     4, lane_s, lane_s, down(y, o.r2))
LANE_ORACLE(o_pshr2_u,   2, lane_u, lane_u, down(y, o.r2))
LANE_ORACLE(o_pshr4_u,   4, lane_u, lane_u, down(y, o.r2))
LANE_ORACLE(o_pshr2_i,   2, lane_s, lane_s, down(y, o.imm))
LANE_ORACLE(o_pshr4_i,   4, lane_s, lane_s, down(y, o.imm))
LANE_ORACLE(o_pshr2_u_i, 2, lane_u, lane_u, down(y, o.imm))
LANE_ORACLE(o_pshr4_u_i, 4, lane_u, lane_u, down(y, o.imm))

/* --- products, packing, permutations ---------------------------------------------------------- */

static u64 o_pmpy2_r(struct operands o)
{
    return put(lane_s(o.r2, 2, 0) * lane_s(o.r3, 2, 0), 4, 0) |
           put(lane_s(o.r2, 2, 2) * lane_s(o.r3, 2, 2), 4, 1);
}
static u64 o_pmpy2_l(struct operands o)
{
    return put(lane_s(o.r2, 2, 1) * lane_s(o.r3, 2, 1), 4, 0) |
           put(lane_s(o.r2, 2, 3) * lane_s(o.r3, 2, 3), 4, 1);
}
static u64 o_mpy4(struct operands o)
{
    return (u64)((u128)lane_u(o.r2, 4, 0) * (u128)lane_u(o.r3, 4, 0));
}
static u64 o_mpyshl4(struct operands o)
{
    return (u64)(((u128)lane_u(o.r2, 4, 1) * (u128)lane_u(o.r3, 4, 0)) << 32);
}

static u64 o_psad1(struct operands o)
{
    s64 sum = 0;
    for (unsigned i = 0; i < 8; i++) {
        s64 d = lane_u(o.r2, 1, i) - lane_u(o.r3, 1, i);
        sum += d < 0 ? -d : d;
    }
    return (u64)sum;
}

static u64 packed(struct operands o, unsigned from, s64 (*limit)(s64, unsigned))
{
    unsigned n = 8 / from, to = from / 2;
    u64 v = 0;
    for (unsigned i = 0; i < n; i++) {
        v |= put(limit(lane_s(o.r2, from, i), to), to, i);
        v |= put(limit(lane_s(o.r3, from, i), to), to, n + i);
    }
    return v;
}
static u64 o_pack2_sss(struct operands o) { return packed(o, 2, limited_s); }
static u64 o_pack2_uss(struct operands o) { return packed(o, 2, limited_u); }
static u64 o_pack4_sss(struct operands o) { return packed(o, 4, limited_s); }

/* The figures of SDM volume 3, from the most significant lane down: digits name lanes of r2 (a..h
 * for 0..7) and of r3 (A..H). */
static u64 drawn(struct operands o, const char *picture)
{
    unsigned n = (unsigned)strlen(picture), bytes = 8 / n;
    u64 v = 0;
    for (unsigned i = 0; i < n; i++) {
        char c = picture[n - 1 - i];
        u64 reg = c < 'a' ? o.r3 : o.r2;
        unsigned lane = (unsigned)(c - (c < 'a' ? 'A' : 'a'));
        v |= put(lane_u(reg, bytes, lane), bytes, i);
    }
    return v;
}
static u64 o_mix1_l(struct operands o) { return drawn(o, "hHfFdDbB"); }
static u64 o_mix1_r(struct operands o) { return drawn(o, "gGeEcCaA"); }
static u64 o_mix2_l(struct operands o) { return drawn(o, "dDbB"); }
static u64 o_mix2_r(struct operands o) { return drawn(o, "cCaA"); }
static u64 o_mix4_l(struct operands o) { return drawn(o, "bB"); }
static u64 o_mix4_r(struct operands o) { return drawn(o, "aA"); }
static u64 o_unpack1_h(struct operands o) { return drawn(o, "hHgGfFeE"); }
static u64 o_unpack1_l(struct operands o) { return drawn(o, "dDcCbBaA"); }
static u64 o_unpack2_h(struct operands o) { return drawn(o, "dDcC"); }
static u64 o_unpack2_l(struct operands o) { return drawn(o, "bBaA"); }
static u64 o_unpack4_h(struct operands o) { return drawn(o, "bB"); }
static u64 o_unpack4_l(struct operands o) { return drawn(o, "aA"); }

static u64 o_mux1(struct operands o)
{
    switch (o.imm) {
    case 0x0: return drawn(o, "aaaaaaaa"); /* @brcst */
    case 0x8: return drawn(o, "hdfbgcea"); /* @mix */
    case 0x9: return drawn(o, "hdgcfbea"); /* @shuf */
    case 0xa: return drawn(o, "hfdbgeca"); /* @alt */
    case 0xb: return drawn(o, "abcdefgh"); /* @rev */
    }
    fail_msg("mux1 with mbtype4 %x", (unsigned)o.imm);
    return 0;
}

static u64 o_mux2(struct operands o)
{
    u64 v = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned pick = 0;
        while (((o.imm >> (2 * i)) & 3) != pick) pick++;
        v |= put(lane_u(o.r2, 2, pick), 2, i);
    }
    return v;
}

/* --- immediates ------------------------------------------------------------------------------- */

static void count2p(struct harness *h, struct insn *in) { in->imm = 1 + harness_below(h, 3); }
static void count5(struct harness *h, struct insn *in) { in->imm = harness_below(h, 32); }
static void mhtype8(struct harness *h, struct insn *in) { in->imm = harness_below(h, 256); }

static void count2m(struct harness *h, struct insn *in)
{
    static const u8 counts[] = { 0, 7, 15, 16 };
    in->imm = counts[harness_below(h, 4)];
}

static void mbtype4(struct harness *h, struct insn *in)
{
    static const u8 types[] = { 0, 8, 9, 10, 11 };
    in->imm = types[harness_below(h, 5)];
}

/* --- tests ------------------------------------------------------------------------------------ */

#define TWO(name) { #name, USES_R2 | USES_R3, o_##name, NULL }
#define TWO_IMM(name, imm) { #name, USES_R2 | USES_R3, o_##name, imm }
#define LEFT_IMM(name, imm) { #name, USES_R2, o_##name, imm }
#define RIGHT_IMM(name, imm) { #name, USES_R3, o_##name, imm }
static const struct value_case cases[] = {
    TWO(padd1), TWO(padd2), TWO(padd4), TWO(padd1_sss), TWO(padd2_sss), TWO(padd1_uuu),
    TWO(padd2_uuu), TWO(padd1_uus), TWO(padd2_uus),
    TWO(psub1), TWO(psub2), TWO(psub4), TWO(psub1_sss), TWO(psub2_sss), TWO(psub1_uuu),
    TWO(psub2_uuu), TWO(psub1_uus), TWO(psub2_uus),
    TWO(pavg1), TWO(pavg2), TWO(pavg1_raz), TWO(pavg2_raz), TWO(pavgsub1), TWO(pavgsub2),
    TWO(pcmp1_eq), TWO(pcmp2_eq), TWO(pcmp4_eq), TWO(pcmp1_gt), TWO(pcmp2_gt), TWO(pcmp4_gt),
    TWO(pmin1_u), TWO(pmax1_u), TWO(pmin2), TWO(pmax2), TWO(psad1),
    TWO_IMM(pshladd2, count2p), TWO_IMM(pshradd2, count2p),
    TWO_IMM(pmpyshr2, count2m), TWO_IMM(pmpyshr2_u, count2m),
    TWO(pmpy2_r), TWO(pmpy2_l), TWO(mpy4), TWO(mpyshl4),
    TWO(mix1_l), TWO(mix2_l), TWO(mix4_l), TWO(mix1_r), TWO(mix2_r), TWO(mix4_r),
    TWO(pack2_sss), TWO(pack2_uss), TWO(pack4_sss),
    TWO(unpack1_h), TWO(unpack2_h), TWO(unpack4_h), TWO(unpack1_l), TWO(unpack2_l), TWO(unpack4_l),
    TWO(pshl2), TWO(pshl4), TWO(pshr2), TWO(pshr4), TWO(pshr2_u), TWO(pshr4_u),
    LEFT_IMM(pshl2_i, count5), LEFT_IMM(pshl4_i, count5),
    RIGHT_IMM(pshr2_i, count5), RIGHT_IMM(pshr4_i, count5),
    RIGHT_IMM(pshr2_u_i, count5), RIGHT_IMM(pshr4_u_i, count5),
    LEFT_IMM(mux1, mbtype4), LEFT_IMM(mux2, mhtype8),
};

static void every_instruction_computes_what_the_manual_says(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) harness_check_value(*state, &cases[i]);
}

/* Small variable counts are rare among random 64-bit registers. */
static void every_count_shifts(void **state)
{
    static const struct value_case counted[] = {
        TWO(pshl2), TWO(pshl4), TWO(pshr2), TWO(pshr4), TWO(pshr2_u), TWO(pshr4_u),
    };
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(counted); i++) {
        bool left = counted[i].meaning[3] == 'l';
        for (u64 n = 0; n < 70; n++) {
            u64 value = harness_random(h);
            struct operands o = { left ? value : n, left ? n : value, 0, 0 };
            struct fixed_value f = { counted[i].meaning, o.r2, o.r3, 0, 0, counted[i].oracle(o) };
            harness_check_fixed(h, &f);
        }
    }
}

/* By hand. */
static const struct fixed_value fixed[] = {
    { "pavg1",      0x0000000000000102, 0x0000000000000201, 0, 0, 0x0000000000000101 },
    { "pavg1",      0x00000000000000ff, 0x00000000000000fe, 0, 0, 0x00000000000000ff },
    { "pavg1",      0x0000000000000003, 0x0000000000000002, 0, 0, 0x0000000000000003 },
    { "pavg1_raz",  0x0000000000000002, 0x0000000000000001, 0, 0, 0x0000000000000002 },
    { "pavgsub1",   0x0000000000000000, 0x0000000000000001, 0, 0, 0x00000000000000ff },
    { "padd1_uus",  0x00000000000005f0, 0x000000000000f620, 0, 0, 0x00000000000000ff },
    { "pshladd2",   0x4000c0007fff0001, 0xffff00010000ffff, 1, 0, 0x7fff80017fff0001 },
    { "pmpyshr2",   0x8000ffff00027fff, 0x8000000100037fff, 16, 0, 0x4000ffff00003fff },
    { "pmpyshr2_u", 0x8000ffff00027fff, 0x8000ffff00037fff, 16, 0, 0x4000fffe00003fff },
    { "pack2_uss",  0x8000ffff00ff0100, 0x0001000200030004, 0, 0, 0x010203040000ffff },
    { "pack4_sss",  0x8000000000008000, 0x00007fffffff8000, 0, 0, 0x7fff800080007fff },
    { "mix1_l",     0x0706050403020100, 0x1716151413121110, 0, 0, 0x0717051503130111 },
    { "mix4_r",     0x0706050403020100, 0x1716151413121110, 0, 0, 0x0302010013121110 },
    { "unpack1_l",  0x0706050403020100, 0x1716151413121110, 0, 0, 0x0313021201110010 },
    { "unpack2_h",  0x0706050403020100, 0x1716151413121110, 0, 0, 0x0706171605041514 },
    { "mux1",       0x0706050403020100, 0, 0xb, 0, 0x0001020304050607 },
    { "mux1",       0x0706050403020100, 0, 0x9, 0, 0x0703060205010400 },
    { "mux2",       0x3333222211110000, 0, 0x1b, 0, 0x0000111122223333 },
    { "mux2",       0x3333222211110000, 0, 0xe4, 0, 0x3333222211110000 },
    { "psad1",      0xff00ff00ff00ff00, 0x00ff00ff00ff00ff, 0, 0, 8 * 255 },
    { "mpyshl4",    0x0000000300000007, 0x0000000b00000005, 0, 0, 0x0000000f00000000 },
    { "mpy4",       0xffffffffffffffff, 0xffffffffffffffff, 0, 0, 0xfffffffe00000001 },
};

static void fixed_values_come_out(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(fixed); i++) harness_check_fixed(*state, &fixed[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_computes_what_the_manual_says),
        cmocka_unit_test(every_count_shifts),
        cmocka_unit_test(fixed_values_come_out),
    };
    return cmocka_run_group_tests_name("exec: simd", tests, harness_setup, harness_teardown);
}
