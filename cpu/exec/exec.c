/* The dispatch table, and the out-of-line halves of the vocabulary.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"

exec_fn *const exec_of_row[] = {
#define INSN(fmt, name, match, operands, meaning, attrs) x_##meaning,
#include "cpu/isa/insns.def"
};

COLD const struct insn *put_gr_slow(struct cpu *cpu, const struct insn *in, u64 value, unsigned a,
                                    unsigned b)
{
    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    put_gr(cpu, in->r1, value, nat_of(cpu, a) || nat_of(cpu, b));
    NEXT;
}

/* Some FR of this instruction is disabled, or FR rotation is outstanding. */
bool fp_gate_slow(struct cpu *cpu, const struct insn *in)
{
    if (in->aux & cpu->fp_gate & 3) return true;
    cpu_fr_settle(cpu);
    return false;
}

u64 fp_gate_isr(const struct cpu *cpu, const struct insn *in)
{
    return in->aux & cpu->fp_gate & 3;
}
