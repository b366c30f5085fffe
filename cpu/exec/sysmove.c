/* Moves to and from the system registers.  What may be read or written, by whom, through which unit
 * and with which bits, stands in sysreg.def; these bodies ask the questions in the order of the
 * SDM's operation sections: Illegal Operation, privilege, NaT, reserved fields, Privileged
 * Register.
 * SDM 3 "mov ar", "mov cr", "mov indirect"; formats I26 to I28, M29 to M33, M42, M43.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

static bool lazy_mode(const struct cpu *cpu)
{
    return !(cpu->ar[AR_RSC] & 3);
}

/* A result that is never NaT, after gr_writable. */
static const struct insn *result(struct cpu *cpu, const struct insn *in, u64 value)
{
    put_gr(cpu, in->r1, value, false);
    NEXT_RARE;
}

static bool reserved_value(const struct sysreg *reg, u64 value)
{
    return (value & reg->reserved) || (reg->check && !reg->check(value));
}

/* --- application registers ------------------------------------------------------------------- */

static COLD const struct insn *from_special_ar(struct cpu *cpu, const struct insn *in)
{
    const struct sysreg *reg = &ar_table[in->r3];

    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    if ((reg->rules & SR_LAZY) && !lazy_mode(cpu)) ILLEGAL;
    if ((reg->rules & SR_SECURE) && (cpu->psr & PSR_SI) && cpl(cpu)) {
        return fault(cpu, in, INT_PRIVILEGED_REGISTER, 0);
    }
    cpu->stop_pos = in->pos; /* for the time */
    return result(cpu, in, reg->get(cpu, in->r3));
}

static ALWAYS_INLINE const struct insn *from_ar(struct cpu *cpu, const struct insn *in,
                                                unsigned unit)
{
    const struct sysreg *reg = &ar_table[in->r3];

    if (unlikely(!(reg->unit & unit))) ILLEGAL;
    if (unlikely((reg->rules & (SR_PLAIN | SR_LAZY)) != SR_PLAIN)) return from_special_ar(cpu, in);
    PUT_GR(cpu->ar[in->r3]);
}

EXEC(mov_from_ar_m)
{
    return from_ar(cpu, in, UNIT_M);
}

EXEC(mov_from_ar_i)
{
    return from_ar(cpu, in, UNIT_I);
}

static COLD void set_special_ar(struct cpu *cpu, const struct insn *in, u64 value)
{
    /* No promotion: user code cannot let the stack engine reach further than itself. */
    if (in->r3 == AR_RSC && bits(value, 3, 2) < cpl(cpu)) value = deposit(value, 3, 2, cpl(cpu));
    cpu->stop_pos = in->pos;
    ar_table[in->r3].set(cpu, in->r3, value);
}

static ALWAYS_INLINE const struct insn *to_ar(struct cpu *cpu, const struct insn *in, unsigned unit,
                                              u64 value, bool nat)
{
    const struct sysreg *reg = &ar_table[in->r3];

    if (unlikely(!(reg->unit & unit) || (reg->rules & SR_RO))) ILLEGAL;
    if (unlikely((reg->rules & SR_LAZY) && !lazy_mode(cpu))) ILLEGAL;
    if (unlikely(nat)) return fault(cpu, in, INT_REGISTER_NAT, 0);
    if (unlikely(reserved_value(reg, value))) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    if (unlikely((reg->rules & SR_KERNEL) && cpl(cpu))) {
        return fault(cpu, in, INT_PRIVILEGED_REGISTER, 0);
    }
    value &= ~reg->ignored;
    if (likely(reg->rules & SR_PLAIN)) {
        cpu->ar[in->r3] = value;
    } else {
        set_special_ar(cpu, in, value);
    }
    NEXT;
}

static inline bool is_nat(const struct cpu *cpu, unsigned r)
{
    return unlikely(any_nat(cpu)) && nat_of(cpu, r);
}

EXEC(mov_to_ar_m_r)
{
    return to_ar(cpu, in, UNIT_M, GR(in->r2), is_nat(cpu, in->r2));
}

EXEC(mov_to_ar_m_imm)
{
    return to_ar(cpu, in, UNIT_M, in->imm, false);
}

EXEC(mov_to_ar_i_r)
{
    return to_ar(cpu, in, UNIT_I, GR(in->r2), is_nat(cpu, in->r2));
}

EXEC(mov_to_ar_i_imm)
{
    return to_ar(cpu, in, UNIT_I, in->imm, false);
}

/* --- control registers ----------------------------------------------------------------------- */

/* Reserved, or an interruption register while interruptions may overwrite it. */
static bool cr_illegal(const struct cpu *cpu, const struct sysreg *reg)
{
    return !reg->unit || ((reg->rules & SR_IC) && (cpu->psr & PSR_IC));
}

EXEC(mov_from_cr)
{
    const struct sysreg *reg = &cr_table[in->r3];

    if (unlikely(cr_illegal(cpu, reg) || !gr_writable(cpu, in->r1))) ILLEGAL;
    REQUIRE_CPL0(0);
    if (likely(reg->rules & SR_PLAIN)) return result(cpu, in, cpu->cr[in->r3]);
    cpu->stop_pos = in->pos;
    return result(cpu, in, reg->get(cpu, in->r3));
}

EXEC(mov_to_cr)
{
    const struct sysreg *reg = &cr_table[in->r3];
    u64 value = GR(in->r2);

    if (unlikely(cr_illegal(cpu, reg) || (reg->rules & SR_RO))) ILLEGAL;
    REQUIRE_CPL0(0);
    CONSUME(in->r2, 0);
    if (unlikely(reserved_value(reg, value))) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    value &= ~reg->ignored;
    if (likely(reg->rules & SR_PLAIN)) {
        cpu->cr[in->r3] = value;
    } else {
        cpu->stop_pos = in->pos;
        reg->set(cpu, in->r3, value);
    }
    NEXT;
}

/* --- register files -------------------------------------------------------------------------- */

static unsigned file_index(const struct cpu *cpu, const struct insn *in, const struct sysfile *f)
{
    return (unsigned)bits(GR(in->r3), f->index_hi, f->index_lo);
}

static bool no_such(const struct sysfile *f, unsigned i)
{
    return i >= f->count && !(f->rules & SF_SPARSE);
}

static const struct insn *from_file(struct cpu *cpu, const struct insn *in, unsigned id)
{
    const struct sysfile *f = &file_table[id];
    unsigned i = file_index(cpu, in, f);

    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    if (!(f->rules & SF_USER_READ)) REQUIRE_CPL0(0);
    CONSUME(in->r3, 0);
    if (no_such(f, i)) return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    cpu->stop_pos = in->pos;
    if (id == FILE_PMD && pmu_hidden(cpu, i)) return result(cpu, in, 0);
    return result(cpu, in, f->get(cpu, i));
}

static const struct insn *to_file(struct cpu *cpu, const struct insn *in, unsigned id)
{
    const struct sysfile *f = &file_table[id];
    unsigned i = file_index(cpu, in, f);
    u64 value = GR(in->r2);

    REQUIRE_CPL0(0);
    CONSUME(in->r3, 0);
    CONSUME(in->r2, 0);
    if (no_such(f, i) || (value & f->reserved) || (f->check && !f->check(value))) {
        return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    }
    cpu->stop_pos = in->pos;
    f->set(cpu, i, i & 1 ? value & ~f->ignored_odd : value);
    if (!(f->rules & SF_CODE)) NEXT;
    cpu_psr_changed(cpu, cpu->psr); /* instruction breakpoints may have been armed */
    return leave_after(cpu, in);
}

#define READ_FILE(name, id)                                                                       \
    EXEC(mov_from_##name)                                                                         \
    {                                                                                             \
        return from_file(cpu, in, id);                                                            \
    }
#define WRITE_FILE(name, id)                                                                      \
    EXEC(mov_to_##name)                                                                           \
    {                                                                                             \
        return to_file(cpu, in, id);                                                              \
    }
READ_FILE(rr, FILE_RR)
READ_FILE(pkr, FILE_PKR)
READ_FILE(ibr, FILE_IBR)
READ_FILE(dbr, FILE_DBR)
READ_FILE(pmc, FILE_PMC)
READ_FILE(pmd, FILE_PMD)
READ_FILE(cpuid, FILE_CPUID)
WRITE_FILE(rr, FILE_RR)
WRITE_FILE(pkr, FILE_PKR)
WRITE_FILE(ibr, FILE_IBR)
WRITE_FILE(dbr, FILE_DBR)
WRITE_FILE(pmc, FILE_PMC)
WRITE_FILE(pmd, FILE_PMD)
