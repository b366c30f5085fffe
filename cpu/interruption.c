/* Interruptions: the one place where the hardware itself writes IPSR, IIP, ISR and their friends.
 *
 * cpu_deliver takes what was recorded in cpu->fault at ip and ri, asks the hooks whether somebody
 * else wants it, and otherwise goes to the interruption vector table.  Traps and external
 * interrupts are put into the same form first.
 * SDM 2:5.5, 2:8.  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/event-priv.h"
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

enum class { CLASS_FAULT, CLASS_TRAP, CLASS_INT };
enum { REC_A = 1, REC_F = 2, REC_H = 4, REC_M = 8 };

struct row {
    const char *name;
    u16 vector;
    u8 class, records;
};

static const struct row rows[INT_COUNT] = {
#define INTERRUPTION(id, sdm, vec, cls, code, rec)                                                \
    [INT_##id] = {.name = sdm, .vector = vec, .class = CLASS_##cls, .records = rec},
#include "cpu/interruption.def"
};

const char *interruption_name(unsigned row)
{
    return row < INT_COUNT ? rows[row].name : "?";
}

unsigned interruption_vector(unsigned row)
{
    return row < INT_COUNT ? rows[row].vector : 0;
}

/* What an interruption leaves of psr; be and pp come from cr.dcr, all else is 0.  ia64-architecture
 * 7.2, SDM 2:23. */
#define PSR_KEPT (PSR_UP | PSR_PK | PSR_DT | PSR_RT | PSR_IT | PSR_MC)

static void enter_handler_mode(struct cpu *cpu)
{
    u64 old = cpu->psr, dcr = cpu->cr[CR_DCR];

    if (unlikely(cpu->pmu_on)) pmu_settle(cpu, old);
    cpu_bank_switch(cpu, 0);
    cpu->psr = (old & PSR_KEPT) | (bit(dcr, 1) ? PSR_BE : 0) | (bit(dcr, 0) ? PSR_PP : 0);
    cpu_psr_changed(cpu, old);
    cpu->cfle = false;
    cpu->ic_inflight = false;
}

/* Collected only if psr.ic was 1. */
static void collect(struct cpu *cpu, unsigned records)
{
    const struct interruption *f = &cpu->fault;
    u64 *cr = cpu->cr;

    cr[CR_IPSR] = cpu_psr(cpu) | (u64)cpu->ri << PSR_RI_SHIFT;
    cr[CR_IIP] = cpu->ip;
    cr[CR_IIPA] = cpu->iipa;
    cr[CR_IFS] = 0;
    if (records & (REC_A | REC_F)) cr[CR_IFA] = f->ifa;
    if (records & REC_A) cr[CR_ITIR] = f->itir;
    if (records & REC_H) cr[CR_IHA] = f->iha;
    if (records & REC_M) cr[CR_IIM] = f->iim;
}

u64 cpu_full_isr(const struct cpu *cpu)
{
    bool nested = !(cpu->psr & PSR_IC) || cpu->ic_inflight;

    return cpu->fault.isr | (u64)cpu->fault.slot << ISR_EI_SHIFT | (cpu->cfle ? ISR_IR : 0) |
           (nested ? ISR_NI : 0);
}

static void remember(struct cpu *cpu, u64 isr)
{
    cpu->last.any = true;
    cpu->last.row = cpu->fault.row;
    cpu->last.isr = isr;
    cpu->last.iip = cpu->ip;
    cpu->last.ifa = cpu->fault.ifa;
}

/* A Data Nested TLB fault changes psr and ip and nothing else (SDM 2:70). */
static void vector_through_iva(struct cpu *cpu)
{
    const struct row *row = &rows[cpu->fault.row];
    u64 isr = cpu_full_isr(cpu);

    remember(cpu, isr);
    if (listens(cpu, EVENT_INTERRUPTION)) event_interruption(cpu, row->vector, isr);
    if (cpu->fault.row != INT_DATA_NESTED_TLB) {
        if (cpu->psr & PSR_IC) collect(cpu, row->records);
        cpu->cr[CR_ISR] = isr;
    }
    enter_handler_mode(cpu);
    cpu->ip = (cpu->cr[CR_IVA] & ~0x7fffull) + row->vector;
    cpu->ri = 0;
}

static void deliver(struct cpu *cpu)
{
    if (cpu->hooks && cpu->hooks->interruption) {
        enum hook_answer answer = cpu->hooks->interruption(cpu->hooks->opaque, cpu);
        if (answer == HOOK_DONE || answer == HOOK_JUMPED) return;
    }
    vector_through_iva(cpu);
}

void cpu_deliver(struct cpu *cpu)
{
    if (cpu->fatal || (cpu->pal_pending & PAL_PENDING_ABORT)) return;
    cpu->fault.slot = cpu->ri;
    deliver(cpu);
}

void interruption_external(struct cpu *cpu)
{
    record_fault(cpu, INT_EXTERNAL, 0);
    cpu_deliver(cpu);
}

/* --- traps ----------------------------------------------------------------------------------- */

static bool is_mlx(struct cpu *cpu, u64 ip)
{
    u64 pa;
    u8 first;

    return mmu_peek(&cpu->mmu, ip, true, &pa) && physmem_read(cpu->pm, pa, &first, 1) &&
           (first & 0x1e) == 0x04;
}

/* The loop left the slot of the trapping instruction in fault.slot; an X instruction is slot 1. */
static unsigned trap_slot(struct cpu *cpu)
{
    unsigned slot = cpu->fault.slot;
    return slot == 2 && is_mlx(cpu, cpu->iipa) ? 1 : slot;
}

/* All traps of one instruction at once: the highest chooses the vector, ISR.code tells of each
 * (SDM 2:101). */
void interruption_traps(struct cpu *cpu)
{
    static const struct {
        u8 code;
        u16 row;
    } order[] = {
        {0x10, INT_UNIMPLEMENTED_TRAP}, {0x01, INT_FP_TRAP},      {0x02, INT_LOWER_PRIVILEGE},
        {0x04, INT_TAKEN_BRANCH},       {0x08, INT_SINGLE_STEP},
    };
    unsigned traps = cpu->traps, i = 0, slot = trap_slot(cpu);

    while (i < ARRAY_LEN(order) - 1 && !(traps & order[i].code)) i++;
    record_fault(cpu, order[i].row, traps | (traps & 1 ? cpu->fp_trap_code : 0));
    cpu->fault.slot = slot;
    cpu->traps = 0;
    cpu->fp_trap_code = 0;
    deliver(cpu);
}
