/* Floating-point arithmetic: formats F1, F4 to F8, F10 to F14, one number at a time.  (The parallel
 * halves and the bit shuffling are in fpsimd.c.)
 *
 * cpu/fp computes; here FPSR is read and written, faults and traps are raised, NaTVals travel.  In
 * the common case, rounding to nearest with inexactness neither news nor forbidden, the host's own
 * arithmetic gives the answer (fp/fast.h): fp_fast[] remembers per status field whether it may.
 * SDM 1:5, 3 fma and others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/fpu-priv.h"
#include "cpu/fp/fast.h"

/* --- FPSR ------------------------------------------------------------------------------------- */

/* (sf0 has no td bit: it is reserved and 0.) */
static unsigned enabled_exceptions(const struct cpu *cpu, unsigned sf)
{
    return sf_bits(cpu, sf) & SF_TD ? 0 : ~(unsigned)cpu->ar[AR_FPSR] & 0x3f;
}

enum { FAST_FIXED = 1, /* .s, .d and conversions */
       FAST_DYNAMIC = 2,/* no completer, and sf.pc says double */
       FAST_EXTENDED = 4/* no completer, and sf.pc says double-extended: division sequences */ };

static void update_fast(struct cpu *cpu, unsigned sf)
{
    unsigned f = sf_bits(cpu, sf);
    bool quiet = (SF_FLAGS(f) & FP_I) && !(enabled_exceptions(cpu, sf) & FP_I);
    unsigned fast = 0;

    if (quiet && SF_RC(f) == FP_RN) fast = FAST_FIXED;
    if (fast && SF_PC(f) == FP_PC_DOUBLE) fast |= FAST_DYNAMIC;
    if (fast && SF_PC(f) == FP_PC_EXTENDED) fast |= FAST_EXTENDED;
    cpu->fp_fast[sf] = (u8)fast;
}

void fpu_fpsr_changed(struct cpu *cpu)
{
    for (unsigned sf = 0; sf < 4; sf++) update_fast(cpu, sf);
}

void fp_raise(struct cpu *cpu, const struct insn *in, unsigned flags)
{
    unsigned sf = in->x;

    if (!(flags & ~SF_FLAGS(sf_bits(cpu, sf)))) return;
    cpu->ar[AR_FPSR] |= (u64)flags << (13 + 13 * sf);
    update_fast(cpu, sf);
}

struct fpctl fp_control(const struct cpu *cpu, const struct insn *in, enum fp_completer completer)
{
    static const u8 bits_of_pc[4] = { 24, 24, 53, 64 };
    unsigned f = sf_bits(cpu, in->x);
    struct fpctl ctl = { .rc = (u8)SF_RC(f), .ftz = (u8)(f & SF_FTZ),
                         .enabled = (u8)enabled_exceptions(cpu, in->x) };

    switch (completer) {
    case FP_DOT_S:    ctl.prec = 24; ctl.range = 8; break;
    case FP_DOT_D:    ctl.prec = 53; ctl.range = 11; break;
    case FP_DYNAMIC:  ctl.prec = bits_of_pc[SF_PC(f)]; ctl.range = 15; break;
    case FP_PARALLEL: ctl.prec = 24; ctl.range = 8; return ctl;
    }
    if (f & SF_WRE) ctl.range = 17;
    return ctl;
}

const struct insn *fp_enter_slow(struct cpu *cpu, const struct insn *in)
{
    FP_CHECK(0);
    return exec_of_row[in->row](cpu, in);
}

/* --- results ---------------------------------------------------------------------------------- */

unsigned fp_trap_code(const struct fpresult *r)
{
    return r->trap ? (unsigned)r->trap << 8 | (unsigned)!!r->fpa << 14 : 0;
}

const struct insn *fp_trap(struct cpu *cpu, const struct insn *in, unsigned code)
{
    cpu->traps |= 1;
    cpu->fp_trap_code = code;
    return leave_after(cpu, in);
}

const struct insn *fp_put(struct cpu *cpu, const struct insn *in, const struct fpresult *r)
{
    if (unlikely(r->fault)) return fault(cpu, in, INT_FP_FAULT, r->fault);
    cpu->fr[in->r1] = r->value;
    fp_mark(cpu, in);
    fp_raise(cpu, in, r->flags);
    if (unlikely(r->trap)) return fp_trap(cpu, in, fp_trap_code(r));
    NEXT_RARE;
}

/* --- F1: fma, fms, fnma ----------------------------------------------------------------------- */

static NOINLINE const struct insn *fma_slow(struct cpu *cpu, const struct insn *in,
                                            enum fp_fma_op op, enum fp_completer completer)
{
    struct fpctl ctl = fp_control(cpu, in, completer);
    struct fpresult r;

    FP_ENTER;
    if (completer == FP_DOT_S && op == FP_FMA && in->r2 == 0 && in->r4 == 1 &&
        (cpu->fp_fast[in->x] & FAST_FIXED) && fp_fast_norm_s(FR(in->r3), &r.value)) {
        PUT_FR_RARE(r.value); /* fnorm.s: double to single */
    }
    r = fp_fma(op, FR(in->r3), FR(in->r4), FR(in->r2), in->r2 ? FP_ADD : FP_NO_ADD, &ctl);
    return fp_put(cpu, in, &r);
}

/* By what is really asked for: a product (f0 as addend means no addition), a sum (a factor is f1),
 * or both.  Each of the three is a function of its own, so that none needs a stack frame. */
#define SHAPE(name, call, op, completer, put)                                                     \
    static NOINLINE __attribute__((flatten)) const struct insn *name(struct cpu *cpu,             \
                                                                     const struct insn *in)       \
    {                                                                                             \
        struct fpreg out;                                                                         \
        if (unlikely(!(call))) return fma_slow(cpu, in, (op), (completer));                       \
        put(out);                                                                                 \
    }

#define SHAPES(name, op, completer, put, product, sum, both)                                      \
    SHAPE(name##_product, product, op, completer, put)                                            \
    SHAPE(name##_sum, sum, op, completer, put)                                                    \
    SHAPE(name##_both, both, op, completer, put)                                                  \
    static inline const struct insn *name##_shape(struct cpu *cpu, const struct insn *in)         \
    {                                                                                             \
        if (in->r2 == 0) return name##_product(cpu, in);                                          \
        if (in->r4 == 1) return name##_sum(cpu, in);                                              \
        return name##_both(cpu, in);                                                              \
    }

static inline struct fpreg negated(struct fpreg f)
{
    f.sign ^= 1;
    return f;
}

#define F2 FR(in->r2)
#define F3 FR(in->r3)
#define F4 FR(in->r4)
/* The three operations with the short cuts of kind t. */
#define FMA(suffix, t, completer, put)                                                            \
    SHAPES(fma##suffix, FP_FMA, completer, put, fp_fast_mul_##t(F3, F4, &out),                    \
           fp_fast_add_##t(F3, F2, &out), fp_fast_fma_##t(F3, F4, F2, &out))                      \
    SHAPES(fms##suffix, FP_FMS, completer, put, fp_fast_mul_##t(F3, F4, &out),                    \
           fp_fast_sub_##t(F3, F2, &out), fp_fast_fms_##t(F3, F4, F2, &out))                      \
    SHAPES(fnma##suffix, FP_FNMA, completer, put, fp_fast_mul_##t(negated(F3), F4, &out),         \
           fp_fast_sub_##t(F2, F3, &out), fp_fast_fnma_##t(F3, F4, F2, &out))
FMA(_s, s, FP_DOT_S, PUT_FR)
FMA(_d, d, FP_DOT_D, PUT_FR)
FMA(_dynamic, d, FP_DYNAMIC, PUT_FR)
FMA(_extended, x, FP_DYNAMIC, PUT_FR_RARE) /* out of line, so `out` has an address */

#define FMA_FIXED(name, op, completer)                                                            \
    EXEC(name)                                                                                    \
    {                                                                                             \
        FP_ENTER;                                                                                 \
        if (likely(cpu->fp_fast[in->x] & FAST_FIXED)) return name##_shape(cpu, in);               \
        return fma_slow(cpu, in, op, completer);                                                  \
    }
FMA_FIXED(fma_s, FP_FMA, FP_DOT_S)
FMA_FIXED(fms_s, FP_FMS, FP_DOT_S)
FMA_FIXED(fnma_s, FP_FNMA, FP_DOT_S)
FMA_FIXED(fma_d, FP_FMA, FP_DOT_D)
FMA_FIXED(fms_d, FP_FMS, FP_DOT_D)
FMA_FIXED(fnma_d, FP_FNMA, FP_DOT_D)

#define FMA_BY_PC(name, op)                                                                       \
    EXEC(name)                                                                                    \
    {                                                                                             \
        FP_ENTER;                                                                                 \
        if (cpu->fp_fast[in->x] & FAST_EXTENDED) return name##_extended_shape(cpu, in);           \
        if (cpu->fp_fast[in->x] & FAST_DYNAMIC) return name##_dynamic_shape(cpu, in);             \
        return fma_slow(cpu, in, op, FP_DYNAMIC);                                                 \
    }
FMA_BY_PC(fma, FP_FMA)
FMA_BY_PC(fms, FP_FMS)
FMA_BY_PC(fnma, FP_FNMA)

/* --- F4, F5: fcmp, fclass --------------------------------------------------------------------- */

/* NaTVal clears both predicates; an enabled fault leaves them (also of .unc) alone. */
static NOINLINE const struct insn *fcmp_slow(struct cpu *cpu, const struct insn *in,
                                             enum fp_rel rel)
{
    struct fpreg f2, f3;
    struct fpctl ctl = fp_control(cpu, in, FP_DYNAMIC);
    struct fpresult r;

    FP_ENTER;
    f2 = FR(in->r2), f3 = FR(in->r3);
    if (natval2(f2, f3)) {
        cpu->pr = pr_cleared(cpu->pr, in);
        NEXT_RARE;
    }
    r = fp_cmp(rel, f2, f3, &ctl);
    if (r.fault) return fault(cpu, in, INT_FP_FAULT, r.fault);
    fp_raise(cpu, in, r.flags);
    cpu->pr = pr_none(cpu->pr, in, r.pred);
    NEXT_RARE;
}

/* Plain numbers (fp_fast_plain) order like the integers {exponent,
                                                          significand} with their sign; both
 * zeros are 0. */
static ALWAYS_INLINE s128 order_of(struct fpreg f)
{
    s128 magnitude = (s128)((u128)f.exp << 64 | f.sig);

    return f.sign ? -magnitude : magnitude;
}

static ALWAYS_INLINE const struct insn *fcmp(struct cpu *cpu, const struct insn *in,
                                             enum fp_rel rel)
{
    struct fpreg f2 = FR(in->r2), f3 = FR(in->r3);
    bool relation = false;

    if (unlikely(in->aux & cpu->fp_gate)) return fcmp_slow(cpu, in, rel);
    if (!fp_fast_plain(f2) || !fp_fast_plain(f3)) return fcmp_slow(cpu, in, rel);
    if (rel == FP_EQ) relation = order_of(f2) == order_of(f3);
    if (rel == FP_LT) relation = order_of(f2) < order_of(f3);
    if (rel == FP_LE) relation = order_of(f2) <= order_of(f3);
    cpu->pr = pr_none(cpu->pr, in, relation);
    NEXT;
}

static const struct insn *clear_both(struct cpu *cpu, const struct insn *in)
{
    cpu->pr = pr_cleared(cpu->pr, in);
    NEXT_RARE;
}

#define FCMP(name, rel)                                                                           \
    EXEC(name) { return fcmp(cpu, in, (rel)); }                                                   \
    EXEC(name##_unc)                                                                              \
    {                                                                                             \
        if (!qp_is_set(cpu, in)) return clear_both(cpu, in);                                      \
        return fcmp(cpu, in, (rel));                                                              \
    }
FCMP(fcmp_eq,    FP_EQ)
FCMP(fcmp_lt,    FP_LT)
FCMP(fcmp_le,    FP_LE)
FCMP(fcmp_unord, FP_UNORD)

/* A NaTVal clears both predicates unless it was asked for (SDM 1:62). */
static const struct insn *fclass(struct cpu *cpu, const struct insn *in)
{
    unsigned classes = (unsigned)in->imm & 0x1ff;
    struct fpreg f2;

    FP_ENTER;
    f2 = FR(in->r2);
    if (fp_is_natval(f2) && !bit(classes, 8)) return clear_both(cpu, in);
    cpu->pr = pr_none(cpu->pr, in, fp_class(f2, classes));
    NEXT;
}

EXEC(fclass_m) { return fclass(cpu, in); }
EXEC(fclass_m_unc)
{
    if (!qp_is_set(cpu, in)) return clear_both(cpu, in);
    return fclass(cpu, in);
}

/* --- F6, F7: frcpa, frsqrta: p2 is written whatever qp is ------------------------------------- */

static const struct insn *put_approximation(struct cpu *cpu, const struct insn *in,
                                            const struct fpresult *r)
{
    if (!r->fault) put_p2(cpu, in, r->pred);
    return fp_put(cpu, in, r);
}

EXEC(frcpa)
{
    struct fpctl ctl = fp_control(cpu, in, FP_DYNAMIC);
    struct fpresult r;

    if (!qp_is_set(cpu, in)) {
        put_p2(cpu, in, false);
        NEXT_RARE;
    }
    FP_ENTER;
    r = fp_rcpa(FR(in->r2), FR(in->r3), &ctl);
    return put_approximation(cpu, in, &r);
}

EXEC(frsqrta)
{
    struct fpctl ctl = fp_control(cpu, in, FP_DYNAMIC);
    struct fpresult r;

    if (!qp_is_set(cpu, in)) {
        put_p2(cpu, in, false);
        NEXT_RARE;
    }
    FP_ENTER;
    r = fp_rsqrta(FR(in->r3), &ctl);
    return put_approximation(cpu, in, &r);
}

/* --- F8: fmin, fmax, famin, famax ------------------------------------------------------------- */

static const struct insn *minmax(struct cpu *cpu, const struct insn *in, enum fp_minmax op)
{
    struct fpctl ctl = fp_control(cpu, in, FP_DYNAMIC);
    struct fpreg f2, f3;
    struct fpresult r;

    FP_ENTER;
    f2 = FR(in->r2), f3 = FR(in->r3);
    if (natval2(f2, f3)) PUT_FR_RARE(FP_NATVAL);
    r = fp_minmax(op, f2, f3, &ctl);
    return fp_put(cpu, in, &r);
}
EXEC(fmin) { return minmax(cpu, in, FP_MIN); }
EXEC(fmax) { return minmax(cpu, in, FP_MAX); }
EXEC(famin) { return minmax(cpu, in, FP_AMIN); }
EXEC(famax) { return minmax(cpu, in, FP_AMAX); }

/* --- F10, F11: conversions -------------------------------------------------------------------- */

static NOINLINE const struct insn *fcvt_slow(struct cpu *cpu, const struct insn *in,
                                             bool is_unsigned, bool truncate)
{
    struct fpctl ctl = fp_control(cpu, in, FP_DYNAMIC);
    struct fpresult r;

    FP_ENTER;
    if (fp_is_natval(FR(in->r2))) PUT_FR_RARE(FP_NATVAL);
    if (truncate) ctl.rc = FP_RZ;
    r = fp_to_int(FR(in->r2), is_unsigned, &ctl);
    return fp_put(cpu, in, &r);
}

static ALWAYS_INLINE const struct insn *fcvt_trunc(struct cpu *cpu, const struct insn *in,
                                                   bool is_unsigned)
{
    struct fpreg out;
    bool fast = !(in->aux & cpu->fp_gate) && (cpu->fp_fast[in->x] & FAST_FIXED);

    if (unlikely(!fast)) return fcvt_slow(cpu, in, is_unsigned, true);
    if (!(is_unsigned ? fp_fast_to_uint_trunc(FR(in->r2), &out)
                      : fp_fast_to_int_trunc(FR(in->r2), &out))) {
        return fcvt_slow(cpu, in, is_unsigned, true);
    }
    PUT_FR(out);
}
EXEC(fcvt_fx) { return fcvt_slow(cpu, in, false, false); }
EXEC(fcvt_fxu) { return fcvt_slow(cpu, in, true, false); }
EXEC(fcvt_fx_trunc) { return fcvt_trunc(cpu, in, false); }
EXEC(fcvt_fxu_trunc) { return fcvt_trunc(cpu, in, true); }

EXEC(fcvt_xf)
{
    struct fpreg out;

    FP_ENTER;
    if (!fp_fast_from_int(FR(in->r2), &out)) out = FP_NATVAL;
    PUT_FR(out);
}

/* --- F12 to F14: the status fields themselves ------------------------------------------------- */

static u64 with_controls(u64 fpsr, unsigned sf, unsigned controls)
{
    unsigned low = 6 + 13 * sf;

    return deposit(fpsr, low + 6, low, controls);
}

/* Main controls of sf0, masked and set: how a library borrows the user's rounding (SDM 3 fsetc). */
EXEC(fsetc)
{
    unsigned sf = in->x, amask = (unsigned)in->imm, omask = in->aux;
    unsigned controls = ((sf_bits(cpu, 0) & amask) | omask) & SF_CONTROLS;

    if (SF_PC(controls) == 1 || (sf == 0 && (controls & SF_TD))) {
        return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    }
    cpu->ar[AR_FPSR] = with_controls(cpu->ar[AR_FPSR], sf, controls);
    fpu_fpsr_changed(cpu);
    NEXT;
}

EXEC(fclrf)
{
    unsigned low = 13 + 13 * in->x;

    cpu->ar[AR_FPSR] = deposit(cpu->ar[AR_FPSR], low + 5, low, 0);
    fpu_fpsr_changed(cpu);
    NEXT;
}

/* Did speculative arithmetic raise something that the main status field has not, or that traps? */
EXEC(fchkf)
{
    unsigned flags = SF_FLAGS(sf_bits(cpu, in->x)), main_flags = SF_FLAGS(sf_bits(cpu, 0));
    unsigned disabled = (unsigned)cpu->ar[AR_FPSR] & 0x3f;

    if (flags & ~(disabled & main_flags)) GO(bundle_ip(cpu, in) + in->imm);
    NEXT;
}
