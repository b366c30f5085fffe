/* 82-bit floating-point arithmetic without any processor: pure functions from operands and
 * controls to result and exceptions.  SDM volume 1 chapter 5; reference: ia64-architecture 10.
 *
 * Nothing here traps, reads or writes state: the caller (cpu/exec/fpu.c) decides, from `fault` and
 * `trap`, whether the result is written and which interruption is raised.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_FP_FP_H
#define CPU_FP_FP_H

#include "base/types.h"

/* A floating-point register (SDM 1:86).  Value = (-1)^sign * 2^(exp-65535) * sig / 2^63. */
struct fpreg {
    u64 sig;  /* significand with explicit integer bit 63 */
    u32 exp;  /* 17 bits, bias 0xffff */
    u32 sign; /* 0 or 1 */
};

#define FP_BIAS 0xffffu
#define FP_EXP_MAX 0x1ffffu     /* infinity and NaN */
#define FP_EXP_NATVAL 0x1fffeu
#define FP_EXP_INT 0x1003eu     /* integer and parallel formats */

#define FP_ZERO ((struct fpreg){ 0, 0, 0 })
#define FP_ONE ((struct fpreg){ 1ull << 63, FP_BIAS, 0 })
#define FP_NATVAL ((struct fpreg){ 0, FP_EXP_NATVAL, 0 })
#define FP_INDEFINITE ((struct fpreg){ 3ull << 62, FP_EXP_MAX, 1 })

/* Exceptions, in the order of FPSR.traps and of the flags of a status field. */
enum { FP_V = 1, FP_D = 2, FP_Z = 4, FP_O = 8, FP_U = 16, FP_I = 32 };

enum fp_rc { FP_RN = 0, FP_RM = 1, FP_RP = 2, FP_RZ = 3 };
enum fp_pc { FP_PC_SINGLE = 0, FP_PC_DOUBLE = 2, FP_PC_EXTENDED = 3 };

/* Controls of one operation: a status field of FPSR combined with the instruction's completer. */
struct fpctl {
    u8 prec;    /* significand bits of the result: 24, 53 or 64 */
    u8 range;   /* exponent bits of the result: 8, 11, 15 or 17 */
    u8 rc;      /* enum fp_rc */
    u8 ftz;     /* flush to zero; acts only while U is disabled */
    u8 enabled; /* FP_* exceptions whose trap or fault is enabled */
};

/* What an operation did.  If (fault != 0) nothing may be written: an enabled V, D or Z occurred.
 * Otherwise `value` and `flags` are to be written, and if (trap != 0) an FP Trap follows. */
struct fpresult {
    struct fpreg value;
    u8 flags;   /* FP_* to OR into the status field (SDM 1:5.4) */
    u8 fault;   /* enabled FP_V|FP_D|FP_Z that occurred */
    u8 trap;    /* enabled FP_O|FP_U|FP_I that occurred; beside O or U, I if inexact (SDM 2:592) */
    u8 fpa;     /* magnitude was rounded up; ISR.fpa of the trap */
    u8 pred;    /* frcpa family: value of p2; fcmp family: the relation */
};

/* The same for the two halves of a parallel operation; value.sig holds {high, low}. */
struct fppresult {
    struct fpreg value;
    struct fpresult half[2]; /* 0 = low, 1 = high; .value unused */
    u8 flags, fault, trap;   /* OR of the halves */
    u8 pred;                 /* fprcpa, fprsqrta: AND of both halves */
};

enum fp_addend { FP_ADD, FP_NO_ADD }; /* FP_NO_ADD: f2 is register 0, a pure multiplication */

/* f3 * f4 + f2, with the product or the addend negated for fms and fnma.  Sources may be anything,
 * NaTVal included (gives NaTVal, no flags). */
enum fp_fma_op { FP_FMA, FP_FMS, FP_FNMA };
struct fpresult fp_fma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                       enum fp_addend addend, const struct fpctl *ctl);
struct fppresult fp_pma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                        enum fp_addend addend, const struct fpctl *ctl);

/* Comparison: pred = relation.  NaTVal is for the caller. */
enum fp_rel { FP_EQ, FP_LT, FP_LE, FP_UNORD, FP_NEQ, FP_NLT, FP_NLE, FP_ORD };
struct fpresult fp_cmp(enum fp_rel rel, struct fpreg f2, struct fpreg f3, const struct fpctl *ctl);
struct fppresult fp_pcmp(enum fp_rel rel, struct fpreg f2, struct fpreg f3,
                         const struct fpctl *ctl);

/* fclass.m: true if f2 belongs to one of the classes of fclass9. */
bool fp_class(struct fpreg f2, unsigned fclass9);

enum fp_minmax { FP_MIN, FP_MAX, FP_AMIN, FP_AMAX };
struct fpresult fp_minmax(enum fp_minmax op, struct fpreg f2, struct fpreg f3,
                          const struct fpctl *ctl);
struct fppresult fp_pminmax(enum fp_minmax op, struct fpreg f2, struct fpreg f3,
                            const struct fpctl *ctl);

/* Approximations; pred = p2.  NaTVal in gives NaTVal and pred 0. */
struct fpresult fp_rcpa(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl);
struct fpresult fp_rsqrta(struct fpreg f3, const struct fpctl *ctl);
struct fppresult fp_prcpa(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl);
struct fppresult fp_prsqrta(struct fpreg f3, const struct fpctl *ctl);

/* fcvt.fx/.fxu(.trunc): result is an integer in the significand.  Truncation is rc = FP_RZ. */
struct fpresult fp_to_int(struct fpreg f2, bool is_unsigned, const struct fpctl *ctl);
struct fppresult fp_pto_int(struct fpreg f2, bool is_unsigned, const struct fpctl *ctl);
struct fpreg fp_from_int(struct fpreg f2); /* fcvt.xf: exact */

/* Memory formats (SDM 1:5.1).  Loads do not normalise, stores do not round. */
struct fpreg fp_load_single(u32 v);
struct fpreg fp_load_double(u64 v);
struct fpreg fp_load_extended(u64 sig, u16 sign_exp);
struct fpreg fp_load_int(u64 v);
u32 fp_store_single(struct fpreg f);
u64 fp_store_double(struct fpreg f);
void fp_store_extended(struct fpreg f, u64 *sig, u16 *sign_exp);

/* Integer multiply-add on significands: op 0 = .l, 1 = .h, 2 = .hu.  NaTVal gives NaTVal. */
enum fp_xma_op { FP_XMA_L, FP_XMA_H, FP_XMA_HU };
struct fpreg fp_xma(enum fp_xma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2);

/* The operations on bit patterns (F9), NaTVal handled by the caller.  Named as the rows'
 * meanings. */
struct fpreg fp_merge_s(struct fpreg f2, struct fpreg f3);
struct fpreg fp_merge_ns(struct fpreg f2, struct fpreg f3);
struct fpreg fp_merge_se(struct fpreg f2, struct fpreg f3);
struct fpreg fp_mix_lr(struct fpreg f2, struct fpreg f3);
struct fpreg fp_mix_r(struct fpreg f2, struct fpreg f3);
struct fpreg fp_mix_l(struct fpreg f2, struct fpreg f3);
struct fpreg fp_sxt_r(struct fpreg f2, struct fpreg f3);
struct fpreg fp_sxt_l(struct fpreg f2, struct fpreg f3);
struct fpreg fp_pack(struct fpreg f2, struct fpreg f3);
struct fpreg fp_swap(struct fpreg f2, struct fpreg f3);
struct fpreg fp_swap_nl(struct fpreg f2, struct fpreg f3);
struct fpreg fp_swap_nr(struct fpreg f2, struct fpreg f3);
struct fpreg fp_pmerge_s(struct fpreg f2, struct fpreg f3);
struct fpreg fp_pmerge_ns(struct fpreg f2, struct fpreg f3);
struct fpreg fp_pmerge_se(struct fpreg f2, struct fpreg f3);

static inline bool fp_is_natval(struct fpreg f)
{
    return f.exp == FP_EXP_NATVAL && f.sig == 0 && f.sign == 0;
}

static inline struct fpreg fp_int(u64 sig)
{
    return (struct fpreg){ sig, FP_EXP_INT, 0 };
}

#endif
