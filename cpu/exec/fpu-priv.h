/* What the floating-point instructions share: FPSR taken apart for cpu/fp, and cpu/fp's answer put
 * back.  PRIVATE to cpu/exec.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EXEC_FPU_PRIV_H
#define CPU_EXEC_FPU_PRIV_H

#include "cpu/exec/exec.h"
#include "cpu/exec/pred.h"
#include "cpu/rse.h"

#define FR(r) (cpu->fr[r])

/* The 13 bits of status field sf. */
static inline unsigned sf_bits(const struct cpu *cpu, unsigned sf)
{
    return (unsigned)(cpu->ar[AR_FPSR] >> (6 + 13 * sf)) & 0x1fff;
}
#define SF_FTZ 1u
#define SF_WRE 2u
#define SF_PC(sf) ((sf) >> 2 & 3)
#define SF_RC(sf) ((sf) >> 4 & 3)
#define SF_TD (1u << 6)
#define SF_CONTROLS 0x7fu
#define SF_FLAGS(sf) ((sf) >> 7 & 0x3f)

/* What the mnemonic says about precision. */
enum fp_completer { FP_DOT_S, FP_DOT_D, FP_DYNAMIC, FP_PARALLEL };

/* The controls of this instruction (SDM 1:5.2, table 5-6). */
struct fpctl fp_control(const struct cpu *cpu, const struct insn *in, enum fp_completer completer);
/* Set flags in the instruction's status field. */
void fp_raise(struct cpu *cpu, const struct insn *in, unsigned flags);

/* ISR.code of faults and traps; halves as in SDM 2:204. */
unsigned fp_fault_code(const struct fppresult *r);
unsigned fp_trap_code(const struct fpresult *r);
unsigned fp_trap_code_parallel(const struct fppresult *r);
/* The instruction is complete; a trap follows. */
const struct insn *fp_trap(struct cpu *cpu, const struct insn *in, unsigned code);

/* FP_CHECK of instructions that do not touch memory, without a call that would come back: what is
 * not disabled runs again once the registers stand where they should. */
const struct insn *fp_enter_slow(struct cpu *cpu, const struct insn *in) COLD;
#define FP_ENTER                                                                                  \
    do {                                                                                          \
        if (unlikely(in->aux & cpu->fp_gate)) return fp_enter_slow(cpu, in);                      \
    } while (0)

static inline bool natval2(struct fpreg a, struct fpreg b)
{
    return fp_is_natval(a) || fp_is_natval(b);
}

/* Commit a result without exceptions. */
#define PUT_FR(value)                                                                             \
    do {                                                                                          \
        cpu->fr[in->r1] = (value);                                                                \
        fp_mark(cpu, in);                                                                         \
        NEXT;                                                                                     \
    } while (0)

#define PUT_FR_RARE(value)                                                                        \
    do {                                                                                          \
        cpu->fr[in->r1] = (value);                                                                \
        fp_mark(cpu, in);                                                                         \
        NEXT_RARE;                                                                                \
    } while (0)

/* Commit, or fault, or trap. */
const struct insn *fp_put(struct cpu *cpu, const struct insn *in, const struct fpresult *r);
const struct insn *fp_put_parallel(struct cpu *cpu, const struct insn *in,
                                   const struct fppresult *r);

/* The predicate of an approximation, at any qp. */
static inline void put_p2(struct cpu *cpu, const struct insn *in, bool p2)
{
    cpu->pr = (cpu->pr & ~(1ull << in->p2)) | (u64)p2 << in->p2 | 1;
}

#endif
