/* Floating-point registers as something else: two single numbers at once (fp*), 64-bit integers
 * (xma, fcvt.xf is in fpu.c), or plain bits (fmerge, fand, fselect ...).  Formats F1 to F3, F6 to
 * F10.  SDM 1:5.3.
 *
 * A NaTVal source makes the target NaTVal, whatever the operation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/fpu-priv.h"

/* --- parallel results ------------------------------------------------------------------------- */

/* The high half is reported where a single number is, the low half four bits away (SDM 2:204). */
unsigned fp_fault_code(const struct fppresult *r)
{
    return r->half[1].fault | (unsigned)r->half[0].fault << 4;
}

unsigned fp_trap_code_parallel(const struct fppresult *r)
{
    return fp_trap_code(&r->half[1]) | fp_trap_code(&r->half[0]) >> 4;
}

const struct insn *fp_put_parallel(struct cpu *cpu, const struct insn *in,
                                   const struct fppresult *r)
{
    if (unlikely(r->fault)) return fault(cpu, in, INT_FP_FAULT, fp_fault_code(r));
    cpu->fr[in->r1] = r->value;
    fp_mark(cpu, in);
    fp_raise(cpu, in, r->flags);
    if (unlikely(r->trap)) return fp_trap(cpu, in, fp_trap_code_parallel(r));
    NEXT_RARE;
}

static const struct insn *pma(struct cpu *cpu, const struct insn *in, enum fp_fma_op op)
{
    struct fpctl ctl = fp_control(cpu, in, FP_PARALLEL);
    struct fppresult r;

    FP_ENTER;
    r = fp_pma(op, FR(in->r3), FR(in->r4), FR(in->r2), in->r2 ? FP_ADD : FP_NO_ADD, &ctl);
    return fp_put_parallel(cpu, in, &r);
}
EXEC(fpma) { return pma(cpu, in, FP_FMA); }
EXEC(fpms) { return pma(cpu, in, FP_FMS); }
EXEC(fpnma) { return pma(cpu, in, FP_FNMA); }

#define PARALLEL2(meaning, call)                                                                  \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        struct fpctl ctl = fp_control(cpu, in, FP_PARALLEL);                                      \
        struct fpreg f2, f3;                                                                      \
        struct fppresult r;                                                                       \
        FP_ENTER;                                                                                 \
        f2 = FR(in->r2), f3 = FR(in->r3);                                                         \
        if (natval2(f2, f3)) PUT_FR_RARE(FP_NATVAL);                                              \
        r = call;                                                                                 \
        return fp_put_parallel(cpu, in, &r);                                                      \
    }
PARALLEL2(fpmin,       fp_pminmax(FP_MIN, f2, f3, &ctl))
PARALLEL2(fpmax,       fp_pminmax(FP_MAX, f2, f3, &ctl))
PARALLEL2(fpamin,      fp_pminmax(FP_AMIN, f2, f3, &ctl))
PARALLEL2(fpamax,      fp_pminmax(FP_AMAX, f2, f3, &ctl))
PARALLEL2(fpcmp_eq,    fp_pcmp(FP_EQ, f2, f3, &ctl))
PARALLEL2(fpcmp_lt,    fp_pcmp(FP_LT, f2, f3, &ctl))
PARALLEL2(fpcmp_le,    fp_pcmp(FP_LE, f2, f3, &ctl))
PARALLEL2(fpcmp_unord, fp_pcmp(FP_UNORD, f2, f3, &ctl))
PARALLEL2(fpcmp_neq,   fp_pcmp(FP_NEQ, f2, f3, &ctl))
PARALLEL2(fpcmp_nlt,   fp_pcmp(FP_NLT, f2, f3, &ctl))
PARALLEL2(fpcmp_nle,   fp_pcmp(FP_NLE, f2, f3, &ctl))
PARALLEL2(fpcmp_ord,   fp_pcmp(FP_ORD, f2, f3, &ctl))

static const struct insn *pcvt(struct cpu *cpu, const struct insn *in, bool is_unsigned,
                               bool truncate)
{
    struct fpctl ctl = fp_control(cpu, in, FP_PARALLEL);
    struct fppresult r;

    FP_ENTER;
    if (fp_is_natval(FR(in->r2))) PUT_FR_RARE(FP_NATVAL);
    if (truncate) ctl.rc = FP_RZ;
    r = fp_pto_int(FR(in->r2), is_unsigned, &ctl);
    return fp_put_parallel(cpu, in, &r);
}
EXEC(fpcvt_fx) { return pcvt(cpu, in, false, false); }
EXEC(fpcvt_fxu) { return pcvt(cpu, in, true, false); }
EXEC(fpcvt_fx_trunc) { return pcvt(cpu, in, false, true); }
EXEC(fpcvt_fxu_trunc) { return pcvt(cpu, in, true, true); }

/* p2 is written whatever qp is. */
#define APPROXIMATE(meaning, call)                                                                \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        struct fpctl ctl = fp_control(cpu, in, FP_PARALLEL);                                      \
        struct fppresult r;                                                                       \
        if (!qp_is_set(cpu, in)) {                                                                \
            put_p2(cpu, in, false);                                                               \
            NEXT_RARE;                                                                            \
        }                                                                                         \
        FP_ENTER;                                                                                 \
        r = call;                                                                                 \
        if (!r.fault) put_p2(cpu, in, r.pred);                                                    \
        return fp_put_parallel(cpu, in, &r);                                                      \
    }
APPROXIMATE(fprcpa,   fp_prcpa(FR(in->r2), FR(in->r3), &ctl))
APPROXIMATE(fprsqrta, fp_prsqrta(FR(in->r3), &ctl))

/* --- integers --------------------------------------------------------------------------------- */

/* Without exceptions there is only NaTVal to be careful about.  Its exponent is shared by
 * pseudo-zeros and huge numbers: the quick half of a body leaves them all to the rare one. */
static ALWAYS_INLINE bool rare1(struct fpreg f)
{
    return f.exp == FP_EXP_NATVAL;
}

#define F2 FR(in->r2)
#define F3 FR(in->r3)
#define F4 FR(in->r4)

/* `put`: PUT_FR where the value is computed on the spot, PUT_FR_RARE where cpu/fp is called. */
#define QUICK_OR_RARE(meaning, is_rare, is_natval, put, value)                                    \
    static COLD const struct insn *rare_##meaning(struct cpu *cpu, const struct insn *in)         \
    {                                                                                             \
        if (is_natval) PUT_FR_RARE(FP_NATVAL);                                                    \
        PUT_FR_RARE(value);                                                                       \
    }                                                                                             \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        FP_ENTER;                                                                                 \
        if (unlikely(is_rare)) return rare_##meaning(cpu, in);                                    \
        put(value);                                                                               \
    }
#define THREE_SOURCES(meaning, value)                                                             \
    QUICK_OR_RARE(meaning, rare1(F2) || rare1(F3) || rare1(F4),                                   \
                  natval2(F2, F3) || fp_is_natval(F4), PUT_FR, value)
#define TWO_SOURCES(meaning, value)                                                               \
    QUICK_OR_RARE(meaning, rare1(F2) || rare1(F3), natval2(F2, F3), PUT_FR, value)
#define TWO_CALLED(meaning, function)                                                             \
    QUICK_OR_RARE(meaning, rare1(F2) || rare1(F3), natval2(F2, F3), PUT_FR_RARE, function(F2, F3))

/* The addend is not sign-extended, even for the high half of a signed product (SDM 3 xma). */
static inline u64 xma_signed_high(u64 f3, u64 f4, u64 f2)
{
    return (u64)(((u128)((s128)(s64)f3 * (s64)f4) + f2) >> 64);
}

static inline u64 xma_unsigned_high(u64 f3, u64 f4, u64 f2)
{
    return (u64)(((u128)f3 * f4 + f2) >> 64);
}

THREE_SOURCES(xma_l,   fp_int(F3.sig * F4.sig + F2.sig))
THREE_SOURCES(xma_h,   fp_int(xma_signed_high(F3.sig, F4.sig, F2.sig)))
THREE_SOURCES(xma_hu,  fp_int(xma_unsigned_high(F3.sig, F4.sig, F2.sig)))
THREE_SOURCES(fselect, fp_int((F3.sig & F2.sig) | (F4.sig & ~F2.sig)))

/* --- F9: bits --------------------------------------------------------------------------------- */

TWO_SOURCES(fmerge_s,   ((struct fpreg){ F3.sig, F3.exp, F2.sign }))
TWO_SOURCES(fmerge_ns,  ((struct fpreg){ F3.sig, F3.exp, !F2.sign }))
TWO_SOURCES(fmerge_se,  ((struct fpreg){ F3.sig, F2.exp, F2.sign }))
TWO_SOURCES(fand,       fp_int(F2.sig & F3.sig))
TWO_SOURCES(fandcm,     fp_int(F2.sig & ~F3.sig))
TWO_SOURCES(for,        fp_int(F2.sig | F3.sig))
TWO_SOURCES(fxor,       fp_int(F2.sig ^ F3.sig))
TWO_CALLED(fmix_lr,     fp_mix_lr)
TWO_CALLED(fmix_r,      fp_mix_r)
TWO_CALLED(fmix_l,      fp_mix_l)
TWO_CALLED(fsxt_r,      fp_sxt_r)
TWO_CALLED(fsxt_l,      fp_sxt_l)
TWO_CALLED(fpack,       fp_pack)
TWO_CALLED(fswap,       fp_swap)
TWO_CALLED(fswap_nl,    fp_swap_nl)
TWO_CALLED(fswap_nr,    fp_swap_nr)
TWO_CALLED(fpmerge_s,   fp_pmerge_s)
TWO_CALLED(fpmerge_ns,  fp_pmerge_ns)
TWO_CALLED(fpmerge_se,  fp_pmerge_se)
