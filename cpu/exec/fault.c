/* How an instruction says no.  A fault is written down in cpu->fault, with everything that delivery
 * may need; nothing of the instruction has been committed; the loop is left, and cpu_deliver
 * (interruption.c) does the rest.  Here too: what the mmu's answers mean as interruptions, and the
 * questions that go to the hooks before a fault is raised.
 * SDM 2:5.5, 2:8.3.  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

/* Default translation for an address: page size and rid of its region (SDM 2:177). */
static u64 default_itir(const struct cpu *cpu, u64 va)
{
    return cpu->mmu.rr[va >> 61] & 0xfffffffcull;
}

static u64 row_code(unsigned row)
{
    static const u16 code[INT_COUNT] = {
#define INTERRUPTION(id, name, vector, class, code, rec) [INT_##id] = code,
#include "cpu/interruption.def"
    };
    return code[row];
}

void record_fault(struct cpu *cpu, unsigned row, u64 isr)
{
    cpu->fault = (struct interruption){.row = (u16)row, .isr = isr | row_code(row)};
}

static const struct insn *refuse(struct cpu *cpu, const struct insn *in)
{
    cpu->fault.slot = in->pos % 3;
    return fault_recorded(cpu, in);
}

const struct insn *fault(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr)
{
    record_fault(cpu, row, isr);
    return refuse(cpu, in);
}

const struct insn *fault_ifa(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr, u64 ifa)
{
    record_fault(cpu, row, isr);
    cpu->fault.ifa = ifa;
    cpu->fault.itir = default_itir(cpu, ifa);
    return refuse(cpu, in);
}

const struct insn *fault_iim(struct cpu *cpu, const struct insn *in, unsigned row, u64 isr, u64 iim)
{
    record_fault(cpu, row, isr);
    cpu->fault.iim = iim;
    return refuse(cpu, in);
}

/* --- references ------------------------------------------------------------------------------ */

static const u16 data_rows[] = {
    [MMU_UNIMPLEMENTED] = INT_DATA_UNIMPLEMENTED,
    [MMU_ALTERNATE] = INT_DATA_ALTERNATE_TLB,
    [MMU_VHPT] = INT_DATA_VHPT,
    [MMU_MISS] = INT_DATA_TLB,
    [MMU_NOT_PRESENT] = INT_DATA_NOT_PRESENT,
    [MMU_NAT_PAGE] = INT_DATA_NAT_PAGE,
    [MMU_KEY_MISS] = INT_DATA_KEY_MISS,
    [MMU_KEY_PERMISSION] = INT_DATA_KEY_PERMISSION,
    [MMU_ACCESS_RIGHTS] = INT_DATA_ACCESS_RIGHTS,
    [MMU_DIRTY] = INT_DIRTY_BIT,
    [MMU_ACCESS_BIT] = INT_DATA_ACCESS_BIT,
    [MMU_DEBUG] = INT_DATA_DEBUG,
    [MMU_UNALIGNED] = INT_UNALIGNED,
    [MMU_UNSUPPORTED] = INT_UNSUPPORTED,
};

static const u16 fetch_rows[] = {
    [MMU_UNIMPLEMENTED] = INT_INST_UNIMPLEMENTED,
    [MMU_ALTERNATE] = INT_INST_ALTERNATE_TLB,
    [MMU_VHPT] = INT_INST_VHPT,
    [MMU_MISS] = INT_INST_TLB,
    [MMU_NOT_PRESENT] = INT_INST_NOT_PRESENT,
    [MMU_NAT_PAGE] = INT_INST_NAT_PAGE,
    [MMU_KEY_MISS] = INT_INST_KEY_MISS,
    [MMU_KEY_PERMISSION] = INT_INST_KEY_PERMISSION,
    [MMU_ACCESS_RIGHTS] = INT_INST_ACCESS_RIGHTS,
    [MMU_ACCESS_BIT] = INT_INST_ACCESS_BIT,
    [MMU_DEBUG] = INT_INST_DEBUG,
};

static bool is_miss(enum mmu_fault why)
{
    return why == MMU_ALTERNATE || why == MMU_VHPT || why == MMU_MISS;
}

void cpu_fatal(struct cpu *cpu, const char *why)
{
    cpu->fatal = true;
    cpu_attend(cpu, ATTN_FATAL);
    if (cpu->hooks && cpu->hooks->fatal) cpu->hooks->fatal(cpu->hooks->opaque, cpu, why);
}

bool code_page_ed(struct cpu *cpu)
{
    struct mmu_span span = {.ed = false}; /* stays so if the translation is gone */
    enum mmu_fault why = mmu_fetch(&cpu->mmu, cpu->page_va, &span);
    (void)why;
    return span.ed;
}

/* Address registers for a refused reference.  A VHPT fault describes the address that missed: the
 * entry's own page (ia64-platform 9.1). */
static void record_reference(struct cpu *cpu, enum mmu_fault why, u64 va)
{
    cpu->fault.ifa = va;
    cpu->fault.itir = default_itir(cpu, why == MMU_VHPT ? cpu->mmu.iha : va);
    if (why == MMU_VHPT || why == MMU_MISS) cpu->fault.iha = cpu->mmu.iha;
}

void record_data_fault(struct cpu *cpu, enum mmu_fault why, u64 va, u64 isr)
{
    unsigned row;

    if (why == MMU_WATCHED) {
        cpu_watch_next(cpu);
        return;
    }
    if (why >= ARRAY_LEN(data_rows)) {
        cpu_machine_check(cpu, MACHINE_CHECK_TLB, va,
                          "machine check: a data reference found conflicting translations");
        return;
    }
    row = data_rows[why];
    if (is_miss(why) && !(cpu->psr & PSR_IC)) row = INT_DATA_NESTED_TLB;
    if (!(isr & ISR_RS) && why != MMU_NAT_PAGE && code_page_ed(cpu)) isr |= ISR_ED;
    record_fault(cpu, row, isr);
    record_reference(cpu, why, va);
}

void record_fetch_fault(struct cpu *cpu, enum mmu_fault why, u64 ip)
{
    if (why >= ARRAY_LEN(fetch_rows) || !fetch_rows[why]) {
        cpu_machine_check(cpu, MACHINE_CHECK_TLB, ip,
                          "machine check: instruction fetch from where there is no memory");
        return;
    }
    /* an unimplemented address is told like the trap of a branch to it: SDM 2:206 */
    record_fault(cpu, fetch_rows[why], why == MMU_UNIMPLEMENTED ? 0 : ISR_X);
    record_reference(cpu, why, align_down(ip, 16));
}

const struct insn *fault_data(struct cpu *cpu, const struct insn *in, enum mmu_fault why, u64 va,
                              u64 isr)
{
    record_data_fault(cpu, why, va, isr);
    return refuse(cpu, in);
}

/* --- hooks ----------------------------------------------------------------------------------- */

/* An X instruction ends in slot 2, but is restarted as slot 1. */
void locate(struct cpu *cpu, const struct insn *in)
{
    cpu->ip = bundle_ip(cpu, in);
    cpu->ri = insn_rows[in->row].unit == 'X' ? 1 : in->pos % 3;
    cpu->stop_pos = in->pos;
}

const struct insn *after_hook(struct cpu *cpu, const struct insn *in, enum hook_answer answer)
{
    switch (answer) {
    case HOOK_JUMPED:
        return branch_stop(cpu, in, cpu->ip, cpu->ri);
    case HOOK_RETURNED:
        (void)branch_stop(cpu, in, cpu->ip, cpu->ri);
        cpu->stop = STOP_RFI;
        return NULL;
    case HOOK_FAULT:
        return refuse(cpu, in);
    default:
        return leave_after(cpu, in);
    }
}

void cpu_raise(struct cpu *cpu, const struct interruption *intr)
{
    cpu->fault = *intr;
    cpu->fault.isr |= row_code(intr->row);
}

struct interruption cpu_interruption(const struct cpu *cpu)
{
    return cpu->fault;
}

const struct insn *privileged(struct cpu *cpu, const struct insn *in, u64 isr)
{
    if (cpu->hooks && cpu->hooks->privop) {
        locate(cpu, in);
        enum hook_answer answer = cpu->hooks->privop(cpu->hooks->opaque, cpu, in);
        if (answer != HOOK_DECLINED) return after_hook(cpu, in, answer);
    }
    return fault(cpu, in, INT_PRIVILEGED_OPERATION, isr);
}
