/* Loads and stores of general registers: formats M1 to M5.  SDM 3 ld, st; order of the checks 2:70.
 *
 * Each of the 146 meanings is one line of a table at the end, which instantiates ld_fast or st_fast
 * with what the instruction is as a constant.  Acquire, release and bias have nothing to do: one
 * processor runs at a time and sees memory in program order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"

/* --- slow parts, shared with memfp.c ---------------------------------------------------------- */

struct base_update base_after(const struct cpu *cpu, const struct insn *in, u32 kind)
{
    u64 r3 = GR(in->r3);
    bool nat = nat_of(cpu, in->r3);

    if (kind & K_R) return (struct base_update){ r3 + GR(in->r2), nat || nat_of(cpu, in->r2) };
    return (struct base_update){ r3 + in->imm, nat };
}

void put_base(struct cpu *cpu, const struct insn *in, u32 kind, struct base_update base)
{
    if (kind & (K_R | K_I)) put_gr(cpu, in->r3, base.value, base.nat);
}

/* WB and WC; the others have side effects that nobody asked for yet (SDM 2:4.4.6). */
static bool may_speculate(const struct mmu_span *span)
{
    return span->ma != MA_UC && span->ma != MA_UCE;
}

static enum load_outcome defer(struct cpu *cpu, u32 kind, unsigned name)
{
    if (kind & K_A) alat_remove(cpu, name);
    return LOAD_DEFERRED;
}

/* Stages of SDM 2:106: qualification is the mmu's, deferral is spec.c's, what remains faults. */
static enum load_outcome speculate(struct cpu *cpu, const struct insn *in, u32 kind, unsigned name,
                                   struct mmu_span *span)
{
    u64 va = GR(in->r3);
    unsigned met, left;

    if (cpu->psr & PSR_ED) return defer(cpu, kind, name);
    met = refer_speculatively(cpu, va, kind & K_SIZE, kind, span);
    left = met & (~deferrable(cpu) | 1u << MMU_WATCHED);
    if (left) {
        fault_data(cpu, in, (enum mmu_fault)__builtin_ctz(left), va, ISR_R | ISR_SP);
        return LOAD_REFUSED;
    }
    return met || !may_speculate(span) ? defer(cpu, kind, name) : LOAD_DONE;
}

static enum load_outcome load_refer(struct cpu *cpu, const struct insn *in, u32 kind,
                                    unsigned name, struct mmu_span *span)
{
    u64 va = GR(in->r3);
    enum mmu_fault why;

    if (kind & K_S) return speculate(cpu, in, kind, name, span);
    why = refer(cpu, va, kind & K_SIZE, MMU_READ, kind, span);
    if (why == MMU_OK) return LOAD_DONE;
    fault_data(cpu, in, why, va, ISR_R);
    return LOAD_REFUSED;
}

enum load_outcome load_bytes(struct cpu *cpu, const struct insn *in, u32 kind, unsigned name,
                             u8 *buf)
{
    bool insert = (kind & K_A) || (kind & (K_CHECK | K_CLR)) == K_CHECK;
    enum load_outcome outcome;
    struct mmu_span span;

    if (nat_of(cpu, in->r3)) {
        if (kind & K_S) return defer(cpu, kind, name);
        fault(cpu, in, INT_REGISTER_NAT, ISR_R);
        return LOAD_REFUSED;
    }
    if ((kind & K_CHECK) && alat_check(cpu, name, kind & K_CLR)) return LOAD_HIT;
    outcome = load_refer(cpu, in, kind, name, &span);
    if (outcome != LOAD_DONE) return outcome;
    if ((kind & K_A) && !may_speculate(&span)) {
        alat_remove(cpu, name);
        return LOAD_ZERO;
    }
    cpu->stop_pos = in->pos; /* a device may ask for the time */
    span_read(cpu, &span, kind & K_SIZE, buf);
    if (insert && may_speculate(&span)) alat_insert(cpu, name, span.pa, kind & K_SIZE);
    return LOAD_DONE;
}

/* A softTLB hit proves as much as asking the mmu again. */
static enum mmu_fault store_refer(struct cpu *cpu, u64 va, u32 kind, struct mmu_span *span)
{
    unsigned size = kind & K_SIZE;
    u8 *host = soft_write(&cpu->mmu, va, size > 8 ? 16 : size);

    if (!host) return refer(cpu, va, size, MMU_WRITE, kind, span);
    *span = (struct mmu_span){ .host = host, .pa = physmem_pa(cpu->pm, host), .ma = MA_WB };
    return MMU_OK;
}

bool store_bytes(struct cpu *cpu, const struct insn *in, u32 kind, const u8 *buf, bool *changed)
{
    struct mmu_span span;
    enum mmu_fault why = store_refer(cpu, GR(in->r3), kind, &span);

    if (why != MMU_OK) {
        fault_data(cpu, in, why, GR(in->r3), ISR_W);
        return false;
    }
    cpu->stop_pos = in->pos;
    *changed = span_write(cpu, &span, kind & K_SIZE, buf);
    return true;
}

/* --- loads ------------------------------------------------------------------------------------ */

static bool unat_bit(const struct cpu *cpu, u64 va)
{
    return cpu->ar[AR_UNAT] >> (va >> 3 & 63) & 1;
}

static void put_loaded(struct cpu *cpu, const struct insn *in, u32 kind, const u8 *buf)
{
    unsigned size = kind & K_SIZE;
    bool nat = (kind & K_FILL) && unat_bit(cpu, GR(in->r3));

    put_gr(cpu, in->r1, get_value(cpu, buf, size == 16 ? 8 : size), nat);
    if (size == 16) cpu->ar[AR_CSD] = get_value(cpu, buf + 8, 8);
}

static NOINLINE const struct insn *ld_slow(struct cpu *cpu, const struct insn *in, u32 kind)
{
    struct base_update base = base_after(cpu, in, kind);
    u8 buf[16];

    if (!gr_writable(cpu, in->r1) || !base_is_writable(cpu, in, kind)) ILLEGAL;
    switch (load_bytes(cpu, in, kind, alat_gr_name(cpu, in->r1), buf)) {
    case LOAD_DONE:
        put_loaded(cpu, in, kind, buf);
        break;
    case LOAD_DEFERRED:
        put_gr(cpu, in->r1, 0, true);
        break;
    case LOAD_ZERO:
        put_gr(cpu, in->r1, 0, false);
        break;
    case LOAD_HIT:
        break;
    case LOAD_REFUSED:
        return NULL;
    }
    put_base(cpu, in, kind, base);
    NEXT_RARE;
}

static NOINLINE const struct insn *advanced(struct cpu *cpu, const struct insn *in, const u8 *host,
                                            unsigned size)
{
    alat_insert(cpu, alat_gr_name(cpu, in->r1), physmem_pa(cpu->pm, host), size);
    NEXT;
}

static ALWAYS_INLINE const struct insn *ld_fast(struct cpu *cpu, const struct insn *in, u32 kind)
{
    const unsigned size = kind & K_SIZE;
    const u64 va = GR(in->r3);
    const u8 *host = soft_read(&cpu->mmu, va, size);
    u64 next = va + (kind & K_R ? GR(in->r2) : in->imm);

    if (unlikely(in->r1 >= cpu->gate || !host)) return ld_slow(cpu, in, kind);
    if ((kind & (K_R | K_I)) && unlikely(in->r3 >= cpu->gate)) return ld_slow(cpu, in, kind);
    if ((kind & K_S) && unlikely(cpu->psr & PSR_ED)) return ld_slow(cpu, in, kind);
    if ((kind & K_FILL) && unlikely(unat_bit(cpu, va))) return ld_slow(cpu, in, kind);
    cpu->gr[in->r1] = get_le(host, size);
    if (kind & (K_R | K_I)) cpu->gr[in->r3] = next;
    if (kind & K_A) return advanced(cpu, in, host, size);
    NEXT;
}

/* --- stores ----------------------------------------------------------------------------------- */

static NOINLINE const struct insn *st_slow(struct cpu *cpu, const struct insn *in, u32 kind)
{
    struct base_update base = base_after(cpu, in, kind);
    unsigned size = kind & K_SIZE, unat = GR(in->r3) >> 3 & 63;
    u8 buf[16];
    bool changed;

    if (!base_is_writable(cpu, in, kind)) ILLEGAL;
    CONSUME(in->r3, ISR_W);
    if (!(kind & K_FILL)) CONSUME(in->r2, ISR_W);
    put_value(cpu, buf, size == 16 ? 8 : size, GR(in->r2));
    if (size == 16) put_value(cpu, buf + 8, 8, cpu->ar[AR_CSD]);
    if (!store_bytes(cpu, in, kind, buf, &changed)) return NULL;
    if (kind & K_FILL) {
        cpu->ar[AR_UNAT] = deposit(cpu->ar[AR_UNAT], unat, unat, nat_of(cpu, in->r2));
    }
    put_base(cpu, in, kind, base);
    if (unlikely(changed)) return leave_after(cpu, in);
    NEXT_RARE;
}

static ALWAYS_INLINE const struct insn *st_fast(struct cpu *cpu, const struct insn *in, u32 kind)
{
    const unsigned size = kind & K_SIZE;
    const u64 va = GR(in->r3);
    u8 *host = soft_write(&cpu->mmu, va, size);

    if (unlikely(!host || alat_watches(cpu, va, size))) return st_slow(cpu, in, kind);
    if (unlikely((kind & K_I ? in->r3 : 0) >= cpu->gate)) return st_slow(cpu, in, kind);
    put_le(host, size, GR(in->r2));
    if (kind & K_FILL) cpu->ar[AR_UNAT] &= ~(1ull << (va >> 3 & 63));
    if (kind & K_I) cpu->gr[in->r3] = va + in->imm;
    NEXT;
}

/* --- the meanings ----------------------------------------------------------------------------- */

#define LD1(meaning, kind) EXEC(meaning) { return ld_fast(cpu, in, (kind)); }
#define LDC1(meaning, kind) EXEC(meaning) { return ld_slow(cpu, in, (kind)); }
#define ST1(meaning, kind) EXEC(meaning) { return st_fast(cpu, in, (kind)); }

/* The forms: plain, r3 += r2, r3 += imm. */
#define LD(meaning, kind)                                                                         \
    LD1(meaning, kind) LD1(meaning##_r, (kind) | K_R) LD1(meaning##_i, (kind) | K_I)
#define LDC(meaning, kind)                                                                        \
    LDC1(meaning, kind) LDC1(meaning##_r, (kind) | K_R) LDC1(meaning##_i, (kind) | K_I)
#define ST(meaning, kind) ST1(meaning, kind) ST1(meaning##_i, (kind) | K_I)

#define LOADS(n)                                                                                  \
    LD(ld##n,           n)                                                                        \
    LD(ld##n##_s,       n | K_S)                                                                  \
    LD(ld##n##_a,       n | K_A)                                                                  \
    LD(ld##n##_sa,      n | K_S | K_A)                                                            \
    LD(ld##n##_bias,    n)                                                                        \
    LD(ld##n##_acq,     n)                                                                        \
    LDC(ld##n##_c_clr,     n | K_CHECK | K_CLR)                                                   \
    LDC(ld##n##_c_nc,      n | K_CHECK)                                                           \
    LDC(ld##n##_c_clr_acq, n | K_CHECK | K_CLR)

#define STORES(n)                                                                                 \
    ST(st##n,       n)                                                                            \
    ST(st##n##_rel, n)

LOADS(1) LOADS(2) LOADS(4) LOADS(8)
STORES(1) STORES(2) STORES(4) STORES(8)
LD(ld8_fill, 8 | K_FILL)
ST(st8_spill, 8 | K_FILL)

#define WIDE (16 | K_ALIGNED | K_WB)
LDC1(ld16, WIDE)
LDC1(ld16_acq, WIDE)
EXEC(st16) { return st_slow(cpu, in, WIDE); }
EXEC(st16_rel) { return st_slow(cpu, in, WIDE); }
