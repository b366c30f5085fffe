/* The vocabulary of the instruction bodies.  A body reads its operands, computes, commits last and
 * says where to go on: NEXT, GO(target), FAULT(...).  Each distinct `meaning` of insns.def is one
 * function x_<meaning>, declared here from the table, so that a row without a body does not link.
 *
 * Who tests the qualifying predicate?  The loop does, for every row without the attribute UNC, NOQP
 * or SELFQP: those bodies run for either value and use qp_is_set() themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EXEC_EXEC_H
#define CPU_EXEC_EXEC_H

#include "cpu/isa/isa.h"
#include "cpu/state-priv.h"

#define INSN(fmt, name, match, operands, meaning, attrs) exec_fn x_##meaning;
#include "cpu/isa/insns.def"

#define EXEC(meaning) const struct insn *x_##meaning(struct cpu *cpu, const struct insn *in)

/* Dispatch.  With optimisation the compiler turns the call into a jump and the interpreter is
 * threaded code; without (sanitizers, -O0) handlers return the next cell to the loop. */
#ifdef EPIC64_THREADED
#define DISPATCH(cell)                                                                            \
    do {                                                                                          \
        const struct insn *next_ = (cell);                                                        \
        __asm__("" : "+r"(next_)); /* one register for both: the tail is add, jmp *(reg) */      \
        return next_->exec(cpu, next_);                                                           \
    } while (0)
#else
#define DISPATCH(cell) return (cell)
#endif
#define NEXT DISPATCH(in + 1)
/* The same from a body that cannot end in a jump because the address of a local escaped: back to
 * the loop, which goes on there.  tests/tailcalls.py finds bodies that should have used it. */
#define NEXT_RARE return in + 1

static inline bool qp_is_set(const struct cpu *cpu, const struct insn *in)
{
    return cpu->pr >> in->qp & 1;
}

/* General registers.  Reading is plain: r0 is 0, out-of-frame registers give stale values. */
#define GR(r) (cpu->gr[r])

/* Commit a GR result whose NaT bit is the OR of the sources'.  `in->r1 < gate` says: target in the
 * frame and no NaT anywhere, so there is nothing else to do. */
#define PUT_GR2(value)                                                                            \
    do {                                                                                          \
        u64 v_ = (value);                                                                         \
        if (unlikely(in->r1 >= cpu->gate)) return put_gr_slow(cpu, in, v_, in->r2, in->r3);       \
        cpu->gr[in->r1] = v_;                                                                     \
        NEXT;                                                                                     \
    } while (0)
#define PUT_GR_FROM(value, src)                                                                   \
    do {                                                                                          \
        u64 v_ = (value);                                                                         \
        if (unlikely(in->r1 >= cpu->gate)) return put_gr_slow(cpu, in, v_, (src), 0);             \
        cpu->gr[in->r1] = v_;                                                                     \
        NEXT;                                                                                     \
    } while (0)
#define PUT_GR(value) PUT_GR_FROM(value, 0) /* a result that is never NaT */

/* Out of line: frame check, NaT propagation from sources a and b (0: none), then NEXT. */
const struct insn *put_gr_slow(struct cpu *cpu, const struct insn *in, u64 value, unsigned a,
                               unsigned b);

/* true if GR r may be written now (in frame; r != 0 was settled at decode). */
static inline bool gr_writable(const struct cpu *cpu, unsigned r)
{
    return r < 32 + cfm_sof(cpu->cfm);
}

/* Write a GR that gr_writable() has passed, with any NaT bit. */
static inline void put_gr(struct cpu *cpu, unsigned r, u64 value, bool nat)
{
    cpu->gr[r] = value;
    if (unlikely(nat || any_nat(cpu))) set_nat(cpu, r, nat);
}

/* Faults: record, leave; nothing of the instruction may have been committed. */
const struct insn *fault(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr) COLD;
const struct insn *fault_ifa(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr,
                             u64 ifa) COLD;
const struct insn *fault_iim(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr,
                             u64 iim) COLD;
/* A refused data reference: enum mmu_fault to interruption row (psr.ic = 0 makes misses nested),
 * IFA, ITIR, IHA. isr carries r, w, na, sp, rs and code bits; ed is added here. */
const struct insn *fault_data(struct cpu *cpu, const struct insn *in, enum mmu_fault why, u64 va,
                              u64 isr) COLD;
void record_data_fault(struct cpu *cpu, enum mmu_fault why, u64 va, u64 isr) COLD;
#define ILLEGAL return fault(cpu, in, INT_ILLEGAL_OPERATION, 0)
#define ISR_X (1ull << 32)
#define ISR_W (1ull << 33)
#define ISR_R (1ull << 34)
#define ISR_NA (1ull << 35)
#define ISR_SP (1ull << 36)
#define ISR_RS (1ull << 37)
#define ISR_IR (1ull << 38)
#define ISR_NI (1ull << 39)
#define ISR_EI_SHIFT 41
#define ISR_ED (1ull << 43)

/* Privileged operation at cpl != 0: asks hooks->privop, else faults.  isr: na and code bits. */
const struct insn *privileged(struct cpu *cpu, const struct insn *in, u64 isr) COLD;
#define REQUIRE_CPL0(isr)                                                                         \
    do {                                                                                          \
        if (unlikely(cpu->psr & PSR_CPL)) return privileged(cpu, in, (isr));                      \
    } while (0)

/* Register NaT Consumption if GR r has its NaT bit set. */
#define CONSUME(r, isr)                                                                           \
    do {                                                                                          \
        if (unlikely(any_nat(cpu)) && nat_of(cpu, (r)))                                           \
            return fault(cpu, in, INT_REGISTER_NAT, (isr));                                       \
    } while (0)

/* Floating point: `in->aux` of every row with FR operands holds the mask that the gate is tested
 * with (bit 0: uses f2-31, bit 1: uses f32-127, bit 2 = bit 1) and, from bit 8, the psr.mf bits
 * that its targets set; icache.c fills it in. */
#define FP_CHECK(isr)                                                                             \
    do {                                                                                          \
        if (unlikely(in->aux & cpu->fp_gate)) {                                                   \
            if (fp_gate_slow(cpu, in)) return fault(cpu, in, INT_DISABLED_FP, fp_gate_isr(cpu, in) | (isr)); \
        }                                                                                         \
    } while (0)
bool fp_gate_slow(struct cpu *cpu, const struct insn *in) COLD; /* true: disabled */
u64 fp_gate_isr(const struct cpu *cpu, const struct insn *in);
static inline void fp_mark(struct cpu *cpu, const struct insn *in)
{
    cpu->mf |= in->aux >> 8 & 3;
}

/* Control transfer: the instruction retires, execution goes on at `target` slot 0. */
const struct insn *go(struct cpu *cpu, const struct insn *in, u64 target);
#define GO(target) return go(cpu, in, (target))
static inline u64 bundle_ip(const struct cpu *cpu, const struct insn *in)
{
    return cpu->page_va + in->pos / 3 * 16u;
}
/* The instruction retires and the loop looks around (psr changed, interrupts, code changed). */
const struct insn *leave_after(struct cpu *cpu, const struct insn *in);
/* The instruction has not retired; run it again after the loop has looked around. */
const struct insn *leave_here(struct cpu *cpu, const struct insn *in);

/* As go, but leaving the loop, with any slot: rfi, and branches with traps due. */
const struct insn *branch_stop(struct cpu *cpu, const struct insn *in, u64 ip, unsigned ri);
/* cpu->fault was filled in already (record_data_fault); the instruction has not retired. */
const struct insn *fault_recorded(struct cpu *cpu, const struct insn *in);

/* Current privilege level and effective data level. */
static inline unsigned cpl(const struct cpu *cpu)
{
    return psr_cpl(cpu->psr);
}

/* Dispatch table by row, for the loop and for predicated cells. */
extern exec_fn *const exec_of_row[];

#endif
