/* Moves that touch no memory and no privileged state: constants, ip, branch registers, predicates;
 * and the instructions that do nothing, or nothing but fault.  SDM volume 3; formats X2, I18 to
 * I25, M48, B6, B7, B9, F16, X5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/pred.h"

EXEC(movl)
{
    PUT_GR(in->imm);
}

EXEC(mov_from_ip)
{
    PUT_GR(bundle_ip(cpu, in));
}

EXEC(mov_from_br)
{
    PUT_GR(cpu->br[in->r2]);
}

EXEC(mov_to_br)
{
    CONSUME(in->r2, 0);
    cpu->br[in->r1] = GR(in->r2);
    NEXT;
}

/* Moves of all predicates speak of physical ones, whatever rrb.pr is; cpu->pr is in logical
 * order.  Without rotation the two are the same.  SDM 3 mov pr, 1:4.5.1. */
static COLD const struct insn *mov_from_pr_rotated(struct cpu *cpu, const struct insn *in)
{
    PUT_GR(cpu_pr(cpu));
}

EXEC(mov_from_pr)
{
    if (unlikely(cfm_rrb_pr(cpu->cfm))) return mov_from_pr_rotated(cpu, in);
    PUT_GR(cpu->pr);
}

static COLD const struct insn *set_pr_rotated(struct cpu *cpu, const struct insn *in, u64 value,
                                              u64 mask)
{
    cpu_set_pr(cpu, (cpu_pr(cpu) & ~mask) | (value & mask));
    NEXT;
}

static ALWAYS_INLINE const struct insn *set_pr(struct cpu *cpu, const struct insn *in, u64 value,
                                               u64 mask)
{
    if (unlikely(cfm_rrb_pr(cpu->cfm))) return set_pr_rotated(cpu, in, value, mask);
    cpu->pr = (cpu->pr & ~mask) | (value & mask);
    NEXT;
}

/* The mask has no bit 0: p0 cannot be written. */
EXEC(mov_to_pr)
{
    CONSUME(in->r2, 0);
    return set_pr(cpu, in, GR(in->r2), in->imm);
}

EXEC(mov_to_pr_rot)
{
    return set_pr(cpu, in, in->imm, ~mask64(16));
}

/* A NaT bit caught: go to the recovery code.  SDM 3 chk. */
#define CHK_S(meaning)                                                                            \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        if (unlikely(any_nat(cpu)) && nat_of(cpu, in->r2)) GO(bundle_ip(cpu, in) + in->imm);      \
        NEXT;                                                                                     \
    }
CHK_S(chk_s_i)
CHK_S(chk_s_m)

#define NOTHING(meaning)                                                                          \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        (void)cpu;                                                                                \
        NEXT;                                                                                     \
    }
NOTHING(nop_m)
NOTHING(nop_i)
NOTHING(nop_b)
NOTHING(nop_f)
NOTHING(nop_x)
NOTHING(hint_m)
NOTHING(hint_i)
NOTHING(hint_b)
NOTHING(hint_f)
NOTHING(hint_x)
NOTHING(brp)
NOTHING(brp_b)
NOTHING(brp_ret)
NOTHING(ignored)

/* Slots that hold no instruction.  illegal_qp comes here only if its qp is 1. */
#define NO_INSTRUCTION(meaning)                                                                   \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        ILLEGAL;                                                                                  \
    }
NO_INSTRUCTION(illegal)
NO_INSTRUCTION(illegal_qp)
NO_INSTRUCTION(reserved_template)

/* frcpa and its kin with a target of f0 or f1: their p2 is cleared when qp is 0, as ever. */
EXEC(illegal_unc)
{
    if (qp_is_set(cpu, in)) ILLEGAL;
    cpu->pr = without_bit(cpu->pr, in->p2) | 1;
    NEXT;
}
