/* The processor status register, serialisation, and break: what an operating system executes all
 * day.  ssm and rsm of psr.i and psr.ic bracket every short critical section of a kernel, so their
 * way through here is short.
 * SDM 2:3.3.2, 3 "ssm", "rsm", "sum", "rum", "mov psr", "break"; formats M24, M35 to M37, M44.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

static inline u64 psr_now(const struct cpu *cpu)
{
    return cpu->psr | (u64)cpu->mf << 4;
}

/* All of psr{31:0} and nothing else may differ from psr_now(). */
static inline const struct insn *change_psr(struct cpu *cpu, const struct insn *in, u64 value)
{
    u64 old = cpu->psr, set, diff;

    cpu->mf = value >> 4 & 3;
    value &= ~(PSR_MFL | PSR_MFH);
    diff = value ^ old;
    set = diff & value;
    if (diff & PSR_IC) cpu->ic_inflight = set & PSR_IC; /* until srlz: ISR.ni, SDM 3:185 */
    cpu->stop_pos = in->pos;
    if (unlikely(cpu->pmu_on)) pmu_settle(cpu, old);
    cpu->psr = value;
    if (diff & ~PSR_I) cpu_psr_changed(cpu, old);
    if (unlikely((set & PSR_I) && (cpu->attention & ATTN_INTERRUPT))) return leave_after(cpu, in);
    if (unlikely(diff & (PSR_TB | PSR_DB))) return leave_after(cpu, in);
    NEXT;
}

EXEC(ssm)
{
    REQUIRE_CPL0(0);
    if (unlikely(in->imm & PSR_SM_RESERVED)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, psr_now(cpu) | in->imm);
}

EXEC(rsm)
{
    REQUIRE_CPL0(0);
    if (unlikely(in->imm & PSR_SM_RESERVED)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, psr_now(cpu) & ~in->imm);
}

/* The user mask without psr.up while the monitors are secure. */
static u64 user_mask(const struct cpu *cpu)
{
    return cpu->psr & PSR_SP ? PSR_UM & ~PSR_UP : PSR_UM;
}

EXEC(sum)
{
    if (unlikely(in->imm & ~PSR_UM)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, psr_now(cpu) | (in->imm & user_mask(cpu)));
}

EXEC(rum)
{
    if (unlikely(in->imm & ~PSR_UM)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, psr_now(cpu) & ~(in->imm & user_mask(cpu)));
}

EXEC(mov_to_psr_um)
{
    u64 value = GR(in->r2), mask = user_mask(cpu);

    CONSUME(in->r2, 0);
    if (unlikely(value & ~PSR_UM)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, (psr_now(cpu) & ~mask) | (value & mask));
}

EXEC(mov_from_psr_um)
{
    PUT_GR(psr_now(cpu) & PSR_UM);
}

EXEC(mov_to_psr_l)
{
    u64 value = GR(in->r2);

    REQUIRE_CPL0(0);
    CONSUME(in->r2, 0);
    if (unlikely(value & PSR_L_RESERVED)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    return change_psr(cpu, in, deposit(psr_now(cpu), 31, 0, value));
}

/* Bits {31:0} and mc, it; the others read as 0. */
EXEC(mov_from_psr)
{
    if (unlikely(!gr_writable(cpu, in->r1))) ILLEGAL;
    REQUIRE_CPL0(0);
    PUT_GR(psr_now(cpu) & (mask64(32) | PSR_MC | PSR_IT));
}

/* Everything takes effect at once here, but for the ISR.ni of a psr.ic in flight. */
EXEC(srlz_d)
{
    cpu->ic_inflight = false;
    NEXT;
}

EXEC(srlz_i)
{
    cpu->ic_inflight = false;
    NEXT;
}

/* Instruction caches are always coherent here. */
EXEC(sync_i)
{
    (void)cpu;
    NEXT;
}

/* --- break ----------------------------------------------------------------------------------- */

static const struct insn *raise_break(struct cpu *cpu, const struct insn *in, u64 iim)
{
    if (cpu->hooks && cpu->hooks->brk) {
        locate(cpu, in);
        enum hook_answer answer = cpu->hooks->brk(cpu->hooks->opaque, cpu, in->imm);
        if (answer != HOOK_DECLINED) return after_hook(cpu, in, answer);
    }
    return fault_iim(cpu, in, INT_BREAK, 0, iim);
}

#define BREAK(meaning, iim)                                                                       \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        return raise_break(cpu, in, (iim));                                                       \
    }
BREAK(break_m, in->imm)
BREAK(break_i, in->imm)
BREAK(break_f, in->imm)
BREAK(break_b, 0)                  /* its immediate is ignored: SDM 3:29 */
BREAK(break_x, bits(in->imm, 20, 0))

/* No virtual machine extension here: SDM 3 "vmsw". */
EXEC(vmsw0)
{
    ILLEGAL;
}

EXEC(vmsw1)
{
    ILLEGAL;
}
