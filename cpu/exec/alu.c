/* The A-unit's plain arithmetic, and the I-unit bodies of the same shape: one value out of one or
 * two registers.  SDM volume 3, one page per mnemonic; formats A1 to A5, I9, I29.
 *
 * a and b are the operands in the order the assembler writes them.  A result has its NaT bit set
 * when any source has; PUT_GR2 and PUT_GR_FROM see to that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"

/* r1 = f(r2, r3);  r1 = f(imm, r3);  r1 = f(r3). */
#define ALU_RR(meaning, expr)                                                                     \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        u64 a = GR(in->r2), b = GR(in->r3);                                                       \
        PUT_GR2(expr);                                                                            \
    }
#define ALU_IR(meaning, expr)                                                                     \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        u64 a = in->imm, b = GR(in->r3);                                                          \
        PUT_GR_FROM(expr, in->r3);                                                                \
    }
#define ALU_R(meaning, expr)                                                                      \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        u64 a = GR(in->r3);                                                                       \
        PUT_GR_FROM(expr, in->r3);                                                                \
    }

/* A 32-bit pointer made a 64-bit one: bits {31:30} of the pointer operand become the region
 * {62:61}, SDM 1:4.2.2 and 2:4.5. */
static inline u64 pointer4(u64 sum, u64 pointer)
{
    return (sum & 0xffffffff) | (pointer & 0xc0000000) << 31;
}

ALU_RR(add_rr,      a + b)
ALU_RR(add_rr1,     a + b + 1)
ALU_RR(sub_rr,      a - b)
ALU_RR(sub_rr1,     a - b - 1)
ALU_RR(and_rr,      a & b)
ALU_RR(andcm_rr,    a & ~b)
ALU_RR(or_rr,       a | b)
ALU_RR(xor_rr,      a ^ b)
ALU_RR(addp4_rr,    pointer4(a + b, b))
ALU_RR(shladd,      (a << in->imm) + b)
ALU_RR(shladdp4,    pointer4((a << in->imm) + b, b))

ALU_IR(sub_ir,      a - b)
ALU_IR(and_ir,      a & b)
ALU_IR(andcm_ir,    a & ~b)
ALU_IR(or_ir,       a | b)
ALU_IR(xor_ir,      a ^ b)
ALU_IR(adds,        a + b)
ALU_IR(addl,        a + b)
ALU_IR(addp4_ir,    pointer4(a + b, b))

ALU_R(zxt1,         (u8)a)
ALU_R(zxt2,         (u16)a)
ALU_R(zxt4,         (u32)a)
ALU_R(sxt1,         (u64)(s8)a)
ALU_R(sxt2,         (u64)(s16)a)
ALU_R(sxt4,         (u64)(s32)a)

/* The top bit of every zero element of `x`, other bits 0; `top` has these bits set.  Exact: no
 * carry leaves an element. */
static inline u64 zero_elements(u64 x, u64 top)
{
    return ~(((x & ~top) + ~top) | x | ~top);
}

/* Compute zero index: the element nearest to the left (or right) end that is zero, counted from
 * that end; the number of elements if there is none. */
static inline u64 first_left(u64 tops, unsigned log2_bits)
{
    return (tops ? (unsigned)__builtin_clzll(tops) : 64u) >> log2_bits;
}

static inline u64 first_right(u64 tops, unsigned log2_bits)
{
    return (tops ? (unsigned)__builtin_ctzll(tops) : 64u) >> log2_bits;
}

#define TOPS1 0x8080808080808080ull
#define TOPS2 0x8000800080008000ull
ALU_R(czx1_l,       first_left(zero_elements(a, TOPS1), 3))
ALU_R(czx1_r,       first_right(zero_elements(a, TOPS1), 3))
ALU_R(czx2_l,       first_left(zero_elements(a, TOPS2), 4))
ALU_R(czx2_r,       first_right(zero_elements(a, TOPS2), 4))

ALU_R(popcnt,       (unsigned)__builtin_popcountll(a))
ALU_R(clz,          a ? (unsigned)__builtin_clzll(a) : 64)
