/* Compares and bit tests: a relation of two numbers, or one bit, becomes two predicates.
 * SDM 3 cmp, cmp4, tbit, tnat, tf; formats A6 to A8, I16, I17, I30.  What is written is pred.h's
 * business; which relation, this file's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/cpuid.h"
#include "cpu/exec/pred.h"

/* The slow half of a compare: some NaT bit is set somewhere, perhaps in a source.  Where r2 or r3
 * is no source it is r0, which has none. */
#define SLOW(type, with_nat)                                                                      \
    static COLD const struct insn *slow_##type(struct cpu *cpu, const struct insn *in,            \
                                               bool relation)                                     \
    {                                                                                             \
        bool nat = nat_of(cpu, in->r2) || nat_of(cpu, in->r3);                                    \
        cpu->pr = nat ? (with_nat) : pr_##type(cpu->pr, in, relation);                            \
        NEXT;                                                                                     \
    }
SLOW(none,     pr_cleared(cpu->pr, in))
SLOW(and,      pr_cleared(cpu->pr, in))
SLOW(or,       cpu->pr)
SLOW(orandcm, cpu->pr)

/* unc with a qp of 0. */
static COLD const struct insn *clear_both(struct cpu *cpu, const struct insn *in)
{
    cpu->pr = pr_cleared(cpu->pr, in);
    NEXT;
}

/* The three ways to name the left operand: register, immediate, r0 (as 0). */
#define LEFT_rr GR(in->r2)
#define LEFT_ir in->imm
#define LEFT_0r 0

#define COMPARE(meaning, type, qp, how, number, relation)                                         \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        if (unlikely(!(qp))) return clear_both(cpu, in);                                          \
        number a = (number)(LEFT_##how), b = (number)GR(in->r3);                                  \
        if (unlikely(any_nat(cpu))) return slow_##type(cpu, in, relation);                        \
        cpu->pr = pr_##type(cpu->pr, in, relation);                                               \
        NEXT;                                                                                     \
    }

/* One relation of plain compares (with and without .unc), or of parallel ones. */
#define CMP(name, how, number, relation)                                                          \
    COMPARE(name##_##how, none, true, how, number, relation)                                      \
    COMPARE(name##_unc_##how, none, qp_is_set(cpu, in), how, number, relation)
#define CMP_PARALLEL(name, how, number, relation)                                                 \
    COMPARE(name##_and_##how, and, true, how, number, relation)                                   \
    COMPARE(name##_or_##how, or, true, how, number, relation)                                     \
    COMPARE(name##_orandcm_##how, orandcm, true, how, number, relation)

CMP(cmp_lt,            rr, s64, a < b)
CMP(cmp_ltu,           rr, u64, a < b)
CMP(cmp_eq,            rr, u64, a == b)
CMP(cmp_lt,            ir, s64, a < b)
CMP(cmp_ltu,           ir, u64, a < b)
CMP(cmp_eq,            ir, u64, a == b)
CMP_PARALLEL(cmp_eq,   rr, u64, a == b)
CMP_PARALLEL(cmp_ne,   rr, u64, a != b)
CMP_PARALLEL(cmp_eq,   ir, u64, a == b)
CMP_PARALLEL(cmp_ne,   ir, u64, a != b)
CMP_PARALLEL(cmp_gt,   0r, s64, a > b)
CMP_PARALLEL(cmp_le,   0r, s64, a <= b)
CMP_PARALLEL(cmp_ge,   0r, s64, a >= b)
CMP_PARALLEL(cmp_lt,   0r, s64, a < b)

CMP(cmp4_lt,           rr, s32, a < b)
CMP(cmp4_ltu,          rr, u32, a < b)
CMP(cmp4_eq,           rr, u32, a == b)
CMP(cmp4_lt,           ir, s32, a < b)
CMP(cmp4_ltu,          ir, u32, a < b)
CMP(cmp4_eq,           ir, u32, a == b)
CMP_PARALLEL(cmp4_eq,  rr, u32, a == b)
CMP_PARALLEL(cmp4_ne,  rr, u32, a != b)
CMP_PARALLEL(cmp4_eq,  ir, u32, a == b)
CMP_PARALLEL(cmp4_ne,  ir, u32, a != b)
CMP_PARALLEL(cmp4_gt,  0r, s32, a > b)
CMP_PARALLEL(cmp4_le,  0r, s32, a <= b)
CMP_PARALLEL(cmp4_ge,  0r, s32, a >= b)
CMP_PARALLEL(cmp4_lt,  0r, s32, a < b)

/* Tests of one bit; .z is true when it is 0. */
#define TEST(meaning, type, qp, nats, relation)                                                   \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        if (unlikely(!(qp))) return clear_both(cpu, in);                                          \
        if (unlikely(nats)) return slow_##type(cpu, in, relation);                                \
        cpu->pr = pr_##type(cpu->pr, in, relation);                                               \
        NEXT;                                                                                     \
    }
#define TESTS(name, nats, bit)                                                                    \
    TEST(name##_z, none, true, nats, !(bit))                                                      \
    TEST(name##_z_unc, none, qp_is_set(cpu, in), nats, !(bit))                                    \
    TEST(name##_z_and, and, true, nats, !(bit))                                                   \
    TEST(name##_nz_and, and, true, nats, (bit))                                                   \
    TEST(name##_z_or, or, true, nats, !(bit))                                                     \
    TEST(name##_nz_or, or, true, nats, (bit))                                                     \
    TEST(name##_z_orandcm, orandcm, true, nats, !(bit))                                         \
    TEST(name##_nz_orandcm, orandcm, true, nats, (bit))

/* Only the first has a NaT source: NaT bits are what tnat is about, and features have none. */
TESTS(tbit, any_nat(cpu), bit(GR(in->r3), (unsigned)in->imm))
TESTS(tnat, false,        nat_of(cpu, in->r3))
TESTS(tf,   false,        bit(CPUID4, (unsigned)in->imm))
