/* Loads and stores of floating-point registers, and the moves between the two register files:
 * formats M6 to M12, M18, M19.  SDM 3 ldf, ldfp, stf, setf, getf; memory formats SDM 1:5.1.
 *
 * Loads do not normalise and stores do not round.  A deferred load leaves NaTVal, which only
 * stf.spill will store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"
#include "cpu/fp/fast.h"

/* --- memory formats --------------------------------------------------------------------------- */

#define FP_EXTENDED_REBIAS 0xc000u
#define SPILL_EXP mask64(17) /* sign and exponent of the spill format are 18 bits of a doubleword */

/* Sixteen or ten bytes are one number of that many bytes: little-endian memory starts with the
 * significand, big-endian memory with sign and exponent (SDM 1:96). */
static struct fpreg get_spilled(const struct cpu *cpu, const u8 *p)
{
    bool be = cpu->psr & PSR_BE;
    u64 sig = get_value(cpu, p + (be ? 8 : 0), 8), high = get_value(cpu, p + (be ? 0 : 8), 8);

    return (struct fpreg){ sig, (u32)(high & SPILL_EXP), (u32)bit(high, 17) };
}

static struct fpreg get_extended(const struct cpu *cpu, const u8 *p)
{
    bool be = cpu->psr & PSR_BE;

    return fp_load_extended(get_value(cpu, p + (be ? 2 : 0), 8),
                            (u16)get_value(cpu, p + (be ? 0 : 8), 2));
}

static struct fpreg get_number(const struct cpu *cpu, enum fp_format fmt, const u8 *p)
{
    switch (fmt) {
    case FMT_SINGLE:   return fp_load_single((u32)get_value(cpu, p, 4));
    case FMT_DOUBLE:   return fp_load_double(get_value(cpu, p, 8));
    case FMT_INT:      return fp_int(get_value(cpu, p, 8));
    case FMT_EXTENDED: return get_extended(cpu, p);
    case FMT_SPILL:    break;
    }
    return get_spilled(cpu, p);
}

static void put_parts(const struct cpu *cpu, u8 *p, u64 sig, u64 high, unsigned high_size)
{
    bool be = cpu->psr & PSR_BE;

    put_value(cpu, p + (be ? high_size : 0), 8, sig);
    put_value(cpu, p + (be ? 0 : 8), high_size, high);
}

static void put_number(const struct cpu *cpu, enum fp_format fmt, struct fpreg f, u8 *p)
{
    u64 sig;
    u16 sign_exp;

    switch (fmt) {
    case FMT_SINGLE:
        put_value(cpu, p, 4, fp_store_single(f));
        break;
    case FMT_DOUBLE:
        put_value(cpu, p, 8, fp_store_double(f));
        break;
    case FMT_INT:
        put_value(cpu, p, 8, f.sig);
        break;
    case FMT_EXTENDED:
        fp_store_extended(f, &sig, &sign_exp);
        put_parts(cpu, p, sig, sign_exp, 2);
        break;
    case FMT_SPILL:
        put_parts(cpu, p, f.sig, (u64)f.sign << 17 | f.exp, 8);
        break;
    }
}

/* --- loads ------------------------------------------------------------------------------------ */

/* The two targets of ldfp are one odd and one even physical register (SDM 3 ldfp). */
static bool pair_is_legal(const struct cpu *cpu, const struct insn *in)
{
    return (phys_fr(cpu, in->r1) ^ phys_fr(cpu, in->r2)) & 1;
}

static void put_numbers(struct cpu *cpu, const struct insn *in, u32 kind, struct fpreg first,
                        struct fpreg second)
{
    cpu->fr[in->r1] = first;
    if (kind & K_PAIR) cpu->fr[in->r2] = second;
}

static void put_fp_loaded(struct cpu *cpu, const struct insn *in, u32 kind, const u8 *buf)
{
    struct fpreg first = get_number(cpu, K_FMT(kind), buf), second = FP_ZERO;

    if (kind & K_PAIR) second = get_number(cpu, K_FMT(kind), buf + (kind & K_SIZE) / 2);
    put_numbers(cpu, in, kind, first, second);
}

static NOINLINE const struct insn *ldf_slow(struct cpu *cpu, const struct insn *in, u32 kind)
{
    struct base_update base = base_after(cpu, in, kind);
    struct fpreg zero = K_FMT(kind) == FMT_INT ? fp_int(0) : FP_ZERO;
    u8 buf[16];

    if (!base_is_writable(cpu, in, kind)) ILLEGAL;
    if ((kind & K_PAIR) && !pair_is_legal(cpu, in)) ILLEGAL;
    FP_CHECK(kind & K_S ? ISR_R | ISR_SP : ISR_R);
    switch (load_bytes(cpu, in, kind, alat_fr_name(cpu, in->r1), buf)) {
    case LOAD_DONE:
        put_fp_loaded(cpu, in, kind, buf);
        break;
    case LOAD_DEFERRED:
        put_numbers(cpu, in, kind, FP_NATVAL, FP_NATVAL);
        break;
    case LOAD_ZERO:
        put_numbers(cpu, in, kind, zero, zero);
        break;
    case LOAD_HIT:
        break;
    case LOAD_REFUSED:
        return NULL;
    }
    fp_mark(cpu, in);
    put_base(cpu, in, kind, base);
    NEXT_RARE;
}

/* Quick conversions; false: denormal, infinity or NaN, which take the long way. */
static ALWAYS_INLINE bool quick_double(u64 v, struct fpreg *f)
{
    u32 exp = (u32)bits(v, 62, 52), normal = exp ? ~0u : 0;

    *f = (struct fpreg){ (u64)(normal & 1) << 63 | v << 11, (exp + FP_DOUBLE_REBIAS) & normal,
                         (u32)(v >> 63) };
    return exp - 1 < 0x7fe || v << 1 == 0;
}

static ALWAYS_INLINE bool quick_single(u32 v, struct fpreg *f)
{
    u32 exp = v >> 23 & 0xff, normal = exp ? ~0u : 0;

    *f = (struct fpreg){ (u64)(normal & 1) << 63 | (u64)v << 40, (exp + FP_SINGLE_REBIAS) & normal,
                         v >> 31 };
    return exp - 1 < 0xfe || v << 1 == 0;
}

static ALWAYS_INLINE bool quick_extended(u64 sig, u32 high, struct fpreg *f)
{
    u32 exp = high & 0x7fff;

    *f = (struct fpreg){ sig, exp + FP_EXTENDED_REBIAS, high >> 15 };
    return exp - 1 < 0x7ffe;
}

static ALWAYS_INLINE bool quick_number(enum fp_format fmt, const u8 *host, struct fpreg *f)
{
    u64 high;

    switch (fmt) {
    case FMT_SINGLE:
        return quick_single((u32)get_le(host, 4), f);
    case FMT_DOUBLE:
        return quick_double(get_le(host, 8), f);
    case FMT_INT:
        *f = fp_int(get_le(host, 8));
        return true;
    case FMT_EXTENDED:
        return quick_extended(get_le(host, 8), (u32)get_le(host + 8, 2), f);
    case FMT_SPILL:
        break;
    }
    high = get_le(host + 8, 8);
    *f = (struct fpreg){ get_le(host, 8), (u32)(high & SPILL_EXP), (u32)bit(high, 17) };
    return true;
}

static NOINLINE const struct insn *fp_advanced(struct cpu *cpu, const struct insn *in,
                                               const u8 *host, unsigned size)
{
    alat_insert(cpu, alat_fr_name(cpu, in->r1), physmem_pa(cpu->pm, host), size);
    NEXT;
}

static ALWAYS_INLINE const struct insn *ldf_fast(struct cpu *cpu, const struct insn *in, u32 kind)
{
    const unsigned size = kind & K_SIZE;
    const u64 va = GR(in->r3);
    const u8 *host = soft_read(&cpu->mmu, va, size > 8 ? 16 : size);
    struct fpreg first, second = FP_ZERO;

    if (unlikely((in->aux & cpu->fp_gate) || !host)) return ldf_slow(cpu, in, kind);
    if (unlikely((kind & (K_R | K_I) ? in->r3 : 0) >= cpu->gate)) return ldf_slow(cpu, in, kind);
    if ((kind & K_S) && unlikely(cpu->psr & PSR_ED)) return ldf_slow(cpu, in, kind);
    if ((kind & K_PAIR) && unlikely((in->r1 < 32) != (in->r2 < 32))) return ldf_slow(cpu, in, kind);
    if (unlikely(!quick_number(K_FMT(kind), host, &first))) return ldf_slow(cpu, in, kind);
    if ((kind & K_PAIR) && unlikely(!quick_number(K_FMT(kind), host + size / 2, &second))) {
        return ldf_slow(cpu, in, kind);
    }
    put_numbers(cpu, in, kind, first, second);
    fp_mark(cpu, in);
    if (kind & K_R) cpu->gr[in->r3] = va + GR(in->r2);
    if (kind & K_I) cpu->gr[in->r3] = va + in->imm;
    if (kind & K_A) return fp_advanced(cpu, in, host, size);
    NEXT;
}

/* --- stores ----------------------------------------------------------------------------------- */

static NOINLINE const struct insn *stf_slow(struct cpu *cpu, const struct insn *in, u32 kind)
{
    struct base_update base = base_after(cpu, in, kind);
    bool changed;
    u8 buf[16];

    if (!base_is_writable(cpu, in, kind)) ILLEGAL;
    FP_CHECK(ISR_W);
    CONSUME(in->r3, ISR_W);
    if (fp_is_natval(cpu->fr[in->r2]) && !(kind & K_FILL)) {
        return fault(cpu, in, INT_REGISTER_NAT, ISR_W);
    }
    put_number(cpu, K_FMT(kind), cpu->fr[in->r2], buf);
    if (!store_bytes(cpu, in, kind, buf, &changed)) return NULL;
    put_base(cpu, in, kind, base);
    if (unlikely(changed)) return leave_after(cpu, in);
    NEXT_RARE;
}

static ALWAYS_INLINE void store_number(enum fp_format fmt, struct fpreg f, u8 *host)
{
    switch (fmt) {
    case FMT_SINGLE:
        put_le(host, 4, fp_fast_store_single(f));
        break;
    case FMT_DOUBLE:
        put_le(host, 8, fp_fast_store_double(f));
        break;
    case FMT_SPILL:
        put_le(host + 8, 8, (u64)f.sign << 17 | f.exp);
        put_le(host, 8, f.sig);
        break;
    case FMT_INT:
    case FMT_EXTENDED: /* not here */
        put_le(host, 8, f.sig);
        break;
    }
}

static ALWAYS_INLINE const struct insn *stf_fast(struct cpu *cpu, const struct insn *in, u32 kind)
{
    const unsigned size = kind & K_SIZE;
    const u64 va = GR(in->r3);
    u8 *host = soft_write(&cpu->mmu, va, size);
    struct fpreg f = cpu->fr[in->r2];

    if (unlikely((in->aux & cpu->fp_gate) || !host)) return stf_slow(cpu, in, kind);
    if (unlikely(alat_watches(cpu, va, size))) return stf_slow(cpu, in, kind);
    if (unlikely((kind & K_I ? in->r3 : 0) >= cpu->gate)) return stf_slow(cpu, in, kind);
    if (!(kind & K_FILL) && unlikely(f.exp == FP_EXP_NATVAL)) return stf_slow(cpu, in, kind);
    store_number(K_FMT(kind), f, host);
    if (kind & K_I) cpu->gr[in->r3] = va + in->imm;
    NEXT;
}

/* --- the meanings ----------------------------------------------------------------------------- */

#define FP(size, fmt) (K_FP | (size) | FMT_##fmt * K_FORMAT)

#define LDF1(meaning, kind) EXEC(meaning) { return ldf_fast(cpu, in, (kind)); }
#define LDFC1(meaning, kind) EXEC(meaning) { return ldf_slow(cpu, in, (kind)); }
#define STF1(meaning, kind) EXEC(meaning) { return stf_fast(cpu, in, (kind)); }
#define STFS1(meaning, kind) EXEC(meaning) { return stf_slow(cpu, in, (kind)); }

#define LDF(meaning, kind)                                                                        \
    LDF1(meaning, kind) LDF1(meaning##_r, (kind) | K_R) LDF1(meaning##_i, (kind) | K_I)
#define LDFC(meaning, kind)                                                                       \
    LDFC1(meaning, kind) LDFC1(meaning##_r, (kind) | K_R) LDFC1(meaning##_i, (kind) | K_I)
#define LDF_ROWS(meaning, kind)                                                                   \
    LDF(meaning, kind)                                                                            \
    LDF(meaning##_s, (kind) | K_S)                                                                \
    LDF(meaning##_a, (kind) | K_A)                                                                \
    LDF(meaning##_sa, (kind) | K_S | K_A)                                                         \
    LDFC(meaning##_c_clr, (kind) | K_CHECK | K_CLR)                                               \
    LDFC(meaning##_c_nc, (kind) | K_CHECK)

LDF_ROWS(ldfs, FP(4, SINGLE))
LDF_ROWS(ldfd, FP(8, DOUBLE))
LDF_ROWS(ldf8, FP(8, INT))
LDF_ROWS(ldfe, FP(10, EXTENDED))
LDF(ldf_fill, FP(16, SPILL) | K_FILL)

/* ldfp has no register form. */
#define LDFP(meaning, kind) LDF1(meaning, kind) LDF1(meaning##_i, (kind) | K_I)
#define LDFPC(meaning, kind) LDFC1(meaning, kind) LDFC1(meaning##_i, (kind) | K_I)
#define LDFP_ROWS(meaning, kind)                                                                  \
    LDFP(meaning, kind)                                                                           \
    LDFP(meaning##_s, (kind) | K_S)                                                               \
    LDFP(meaning##_a, (kind) | K_A)                                                               \
    LDFP(meaning##_sa, (kind) | K_S | K_A)                                                        \
    LDFPC(meaning##_c_clr, (kind) | K_CHECK | K_CLR)                                              \
    LDFPC(meaning##_c_nc, (kind) | K_CHECK)

LDFP_ROWS(ldfps, FP(8, SINGLE) | K_PAIR)
LDFP_ROWS(ldfpd, FP(16, DOUBLE) | K_PAIR)
LDFP_ROWS(ldfp8, FP(16, INT) | K_PAIR)

#define STF(meaning, kind) STF1(meaning, kind) STF1(meaning##_i, (kind) | K_I)
STF(stfs, FP(4, SINGLE))
STF(stfd, FP(8, DOUBLE))
STF(stf8, FP(8, INT))
STF(stf_spill, FP(16, SPILL) | K_FILL)
STFS1(stfe, FP(10, EXTENDED))
STFS1(stfe_i, FP(10, EXTENDED) | K_I)

/* --- setf, getf ------------------------------------------------------------------------------- */

static struct fpreg fp_from_exp(u64 v)
{
    return (struct fpreg){ 1ull << 63, (u32)(v & SPILL_EXP), (u32)bit(v, 17) };
}

/* A NaT bit becomes NaTVal: setf consumes nothing. */
static NOINLINE const struct insn *setf_slow(struct cpu *cpu, const struct insn *in,
                                             struct fpreg value)
{
    FP_CHECK(0);
    cpu->fr[in->r1] = nat_of(cpu, in->r2) ? FP_NATVAL : value;
    fp_mark(cpu, in);
    NEXT_RARE;
}

#define SETF(meaning, quick, value)                                                               \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        u64 v = GR(in->r2);                                                                       \
        struct fpreg f;                                                                           \
        if (unlikely((in->aux & cpu->fp_gate) || any_nat(cpu) || !(quick))) {                     \
            return setf_slow(cpu, in, value);                                                     \
        }                                                                                         \
        cpu->fr[in->r1] = f;                                                                      \
        fp_mark(cpu, in);                                                                         \
        NEXT;                                                                                     \
    }
SETF(setf_sig, (f = fp_int(v), true),      fp_int(v))
SETF(setf_exp, (f = fp_from_exp(v), true), fp_from_exp(v))
SETF(setf_s,   quick_single((u32)v, &f),   fp_load_single((u32)v))
SETF(setf_d,   quick_double(v, &f),        fp_load_double(v))

enum getf { GETF_SIG, GETF_EXP, GETF_S, GETF_D };

static ALWAYS_INLINE u64 getf_value(enum getf what, struct fpreg f)
{
    switch (what) {
    case GETF_SIG: return f.sig;
    case GETF_EXP: return (u64)f.sign << 17 | f.exp;
    case GETF_S:   return fp_fast_store_single(f);
    case GETF_D:   break;
    }
    return fp_fast_store_double(f);
}

/* Out of frame, disabled, some NaT about, or NaTVal, which becomes a NaT bit. */
static NOINLINE const struct insn *getf_slow(struct cpu *cpu, const struct insn *in,
                                             enum getf what)
{
    struct fpreg f;

    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    FP_CHECK(0);
    f = cpu->fr[in->r2];
    put_gr(cpu, in->r1, getf_value(what, f), fp_is_natval(f));
    NEXT;
}

static ALWAYS_INLINE const struct insn *getf(struct cpu *cpu, const struct insn *in,
                                             enum getf what)
{
    struct fpreg f = cpu->fr[in->r2];

    if (unlikely((in->aux & cpu->fp_gate) || in->r1 >= cpu->gate || f.exp == FP_EXP_NATVAL)) {
        return getf_slow(cpu, in, what);
    }
    cpu->gr[in->r1] = getf_value(what, f);
    NEXT;
}
EXEC(getf_sig) { return getf(cpu, in, GETF_SIG); }
EXEC(getf_exp) { return getf(cpu, in, GETF_EXP); }
EXEC(getf_s) { return getf(cpu, in, GETF_S); }
EXEC(getf_d) { return getf(cpu, in, GETF_D); }
