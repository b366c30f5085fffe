/* Instructions about translations: insert, purge, and the questions thash, ttag, tpa, tak, probe.
 *
 * The mmu does the work and says what went wrong; here are the checks of the operation sections in
 * their order, and the ISR bits that describe a non-access reference (ISR.na with its code).
 * SDM 2:4, 3 "itc", "itr", "ptc", "ptr", "probe", "tpa", "tak"; formats M38 to M42, M45 to M47.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

enum { NA_TPA = 0, NA_PROBE = 2, NA_TAK = 3, NA_PROBE_FAULT = 5 };

/* An instruction or its translation may have gone: if so the loop must find its code again. */
static const struct insn *translations_changed(struct cpu *cpu, const struct insn *in, u64 epoch)
{
    if (unlikely(cpu->mmu.code_epoch != epoch)) return leave_after(cpu, in);
    NEXT_RARE;
}

static COLD const struct insn *machine_check(struct cpu *cpu, const struct insn *in, u64 va)
{
    cpu_machine_check(cpu, MACHINE_CHECK_TLB, va,
                      "machine check: overlap with a translation register");
    return leave_here(cpu, in);
}

static const struct insn *inserted(struct cpu *cpu, const struct insn *in, enum mmu_fault why,
                                   u64 va, u64 epoch)
{
    if (unlikely(why != MMU_OK)) return machine_check(cpu, in, va);
    return translations_changed(cpu, in, epoch);
}

/* --- insert ---------------------------------------------------------------------------------- */

static ALWAYS_INLINE const struct insn *insert_tc(struct cpu *cpu, const struct insn *in, bool inst)
{
    u64 ifa = cpu->cr[CR_IFA], itir = cpu->cr[CR_ITIR], pte = GR(in->r2);
    u64 epoch = cpu->mmu.code_epoch;

    if (unlikely(cpu->psr & PSR_IC)) ILLEGAL;
    REQUIRE_CPL0(0);
    CONSUME(in->r2, 0);
    if (unlikely(!mmu_pte_valid(pte, itir))) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    if (unlikely(!mmu_va_implemented(ifa))) {
        return fault_ifa(cpu, in, INT_DATA_UNIMPLEMENTED, 0, ifa);
    }
    return inserted(cpu, in, mmu_insert_tc(&cpu->mmu, inst, ifa, itir, pte), ifa, epoch);
}

EXEC(itc_d)
{
    return insert_tc(cpu, in, false);
}

EXEC(itc_i)
{
    return insert_tc(cpu, in, true);
}

static const struct insn *insert_tr(struct cpu *cpu, const struct insn *in, bool inst)
{
    u64 ifa = cpu->cr[CR_IFA], itir = cpu->cr[CR_ITIR], pte = GR(in->r2);
    u64 epoch = cpu->mmu.code_epoch;
    unsigned slot = GR(in->r3) & 0xff;

    if (cpu->psr & PSR_IC) ILLEGAL;
    REQUIRE_CPL0(0);
    CONSUME(in->r2, 0);
    CONSUME(in->r3, 0);
    if (slot >= (inst ? MMU_ITRS : MMU_DTRS) || !mmu_pte_valid(pte, itir)) {
        return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    }
    if (!mmu_va_implemented(ifa)) return fault_ifa(cpu, in, INT_DATA_UNIMPLEMENTED, 0, ifa);
    return inserted(cpu, in, mmu_insert_tr(&cpu->mmu, inst, slot, ifa, itir, pte), ifa, epoch);
}

EXEC(itr_d)
{
    return insert_tr(cpu, in, false);
}

EXEC(itr_i)
{
    return insert_tr(cpu, in, true);
}

/* --- purge ----------------------------------------------------------------------------------- */

#define PURGE_CHECKS                                                                              \
    do {                                                                                          \
        REQUIRE_CPL0(0);                                                                          \
        CONSUME(in->r3, 0);                                                                       \
        CONSUME(in->r2, 0);                                                                       \
        if (!mmu_va_implemented(GR(in->r3))) {                                                    \
            return fault_ifa(cpu, in, INT_DATA_UNIMPLEMENTED, 0, GR(in->r3));                     \
        }                                                                                         \
    } while (0)

static const struct insn *purge_local(struct cpu *cpu, const struct insn *in)
{
    u64 epoch = cpu->mmu.code_epoch;
    unsigned ps = (unsigned)bits(GR(in->r2), 7, 2);

    return inserted(cpu, in, mmu_purge_tc(&cpu->mmu, GR(in->r3), ps), GR(in->r3), epoch);
}

/* The other processors first: they cannot refuse, and see the purge before we go on. */
static const struct insn *purge_global(struct cpu *cpu, const struct insn *in)
{
    u64 va = GR(in->r3), rid = bits(cpu->mmu.rr[va >> 61], 31, 8);

    if (cpu->hooks && cpu->hooks->purge_others) {
        locate(cpu, in);
        cpu->hooks->purge_others(cpu->hooks->opaque, cpu, va, (unsigned)bits(GR(in->r2), 7, 2),
                                 rid);
    }
    return purge_local(cpu, in);
}

EXEC(ptc_l)
{
    PURGE_CHECKS;
    return purge_local(cpu, in);
}

EXEC(ptc_g)
{
    PURGE_CHECKS;
    return purge_global(cpu, in);
}

EXEC(ptc_ga)
{
    PURGE_CHECKS;
    if (cpu->hooks && cpu->hooks->alat_others) {
        cpu->hooks->alat_others(cpu->hooks->opaque, cpu, 0, 0);
    }
    return purge_global(cpu, in);
}

EXEC(ptc_e)
{
    u64 epoch = cpu->mmu.code_epoch;

    REQUIRE_CPL0(0);
    CONSUME(in->r3, 0);
    mmu_purge_all_tc(&cpu->mmu);
    return translations_changed(cpu, in, epoch);
}

static const struct insn *purge_tr(struct cpu *cpu, const struct insn *in, bool inst)
{
    u64 epoch = cpu->mmu.code_epoch;

    mmu_purge_tr(&cpu->mmu, inst, GR(in->r3), (unsigned)bits(GR(in->r2), 7, 2));
    return translations_changed(cpu, in, epoch);
}

EXEC(ptr_d)
{
    PURGE_CHECKS;
    return purge_tr(cpu, in, false);
}

EXEC(ptr_i)
{
    PURGE_CHECKS;
    return purge_tr(cpu, in, true);
}

/* --- questions ------------------------------------------------------------------------------- */

/* Never a fault: a NaT or unimplemented address gives a NaT. */
static const struct insn *hashed(struct cpu *cpu, const struct insn *in, u64 value)
{
    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    put_gr(cpu, in->r1, value, nat_of(cpu, in->r3) || !mmu_va_implemented(GR(in->r3)));
    NEXT;
}

EXEC(thash)
{
    return hashed(cpu, in, mmu_thash(&cpu->mmu, GR(in->r3)));
}

EXEC(ttag)
{
    return hashed(cpu, in, mmu_ttag(&cpu->mmu, GR(in->r3)));
}

#define TPA_HOW                                                                                   \
    (MMU_READ | MMU_VIRTUAL | MMU_NO_RIGHTS | MMU_NO_KEYS | MMU_NO_DEBUG | MMU_NO_ALIGN |         \
     MMU_NO_BITS)

EXEC(tpa)
{
    u64 va = GR(in->r3);
    struct mmu_span span;

    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    REQUIRE_CPL0(ISR_NA | NA_TPA);
    CONSUME(in->r3, ISR_NA | NA_TPA);
    enum mmu_fault why = mmu_access(&cpu->mmu, va, 1, TPA_HOW, 0, &span);
    if (why != MMU_OK) return fault_data(cpu, in, why, va, ISR_NA | NA_TPA);
    put_gr(cpu, in->r1, span.pa, false);
    NEXT_RARE;
}

EXEC(tak)
{
    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    REQUIRE_CPL0(ISR_NA | NA_TAK);
    CONSUME(in->r3, ISR_NA | NA_TAK);
    put_gr(cpu, in->r1, mmu_tak(&cpu->mmu, GR(in->r3)), false);
    NEXT;
}

/* The privilege asked about, never better than our own. */
static unsigned probe_level(const struct cpu *cpu, u64 asked)
{
    unsigned level = asked & 3;
    return level > cpl(cpu) ? level : cpl(cpu);
}

static u64 probe_isr(unsigned how, unsigned code)
{
    return ISR_NA | code | (how & MMU_READ ? ISR_R : 0) | (how & MMU_WRITE ? ISR_W : 0);
}

static const struct insn *probe(struct cpu *cpu, const struct insn *in, unsigned how, u64 asked)
{
    u64 isr = probe_isr(how, NA_PROBE), va = GR(in->r3);
    bool allowed;

    CONSUME(in->r3, isr);
    enum mmu_fault why = mmu_probe(&cpu->mmu, va, how, probe_level(cpu, asked), &allowed);
    if (why != MMU_OK) return fault_data(cpu, in, why, va, isr);
    put_gr(cpu, in->r1, allowed, false);
    NEXT_RARE;
}

#define PROBE(name, how)                                                                          \
    EXEC(probe_##name##_r)                                                                        \
    {                                                                                             \
        if (!gr_writable(cpu, in->r1)) ILLEGAL;                                                   \
        CONSUME(in->r2, probe_isr(how, NA_PROBE));                                                \
        return probe(cpu, in, how, GR(in->r2));                                                   \
    }                                                                                             \
    EXEC(probe_##name##_i)                                                                        \
    {                                                                                             \
        if (!gr_writable(cpu, in->r1)) ILLEGAL;                                                   \
        return probe(cpu, in, how, in->aux);                                                      \
    }
PROBE(r, MMU_READ)
PROBE(w, MMU_WRITE)

/* All faults of an access of one byte, and nothing else. */
static const struct insn *probe_fault(struct cpu *cpu, const struct insn *in, unsigned how)
{
    u64 isr = probe_isr(how, NA_PROBE_FAULT), va = GR(in->r3);
    struct mmu_span span;

    CONSUME(in->r3, isr);
    enum mmu_fault why = mmu_access(&cpu->mmu, va, 1, how | MMU_NO_ALIGN,
                                    probe_level(cpu, in->aux), &span);
    if (why != MMU_OK) return fault_data(cpu, in, why, va, isr);
    NEXT_RARE;
}

EXEC(probe_rw_fault)
{
    return probe_fault(cpu, in, MMU_READ | MMU_WRITE);
}

EXEC(probe_r_fault)
{
    return probe_fault(cpu, in, MMU_READ);
}

EXEC(probe_w_fault)
{
    return probe_fault(cpu, in, MMU_WRITE);
}
