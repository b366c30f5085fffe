/* Birth, reset and end of a processor.  Reset values: SDM 2:11.2, docs/implementation.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/icache.h"
#include "cpu/rse.h"
#include "cpu/state-priv.h"
#include "cpu/sysreg.h"

#define FPSR_RESET 0x0009804c0270033full

struct cpu *cpu_new(struct physmem *pm, unsigned id, const struct cpu_hooks *hooks)
{
    struct cpu *cpu = g_aligned_alloc0(1, sizeof(*cpu), 64);

    isa_init();
    cpu->id = id;
    cpu->pm = pm;
    cpu->hooks = hooks;
    mmu_init(&cpu->mmu, pm);
    cpu->icache = icache_new(cpu);
    cpu_reset(cpu);
    return cpu;
}

void cpu_free(struct cpu *cpu)
{
    if (!cpu) return;
    icache_free(cpu);
    g_free(cpu->gather);
    g_free(cpu->breakpoints);
    mmu_destroy(&cpu->mmu);
    g_aligned_free(cpu);
}

static void reset_registers(struct cpu *cpu)
{
    memset(cpu->gr, 0, sizeof(cpu->gr));
    memset(cpu->nat, 0, sizeof(cpu->nat));
    memset(cpu->banked, 0, sizeof(cpu->banked));
    memset(cpu->fr, 0, sizeof(cpu->fr));
    memset(cpu->br, 0, sizeof(cpu->br));
    memset(cpu->ar, 0, sizeof(cpu->ar));
    memset(cpu->cr, 0, sizeof(cpu->cr));
    cpu->banked_nat = 0;
    cpu->fr[1] = FP_ONE;
    cpu->pr = 1;
    cpu->cfm = STACKED_PHYS;
    cpu->ar[AR_FPSR] = FPSR_RESET;
    cpu->fr_lag = cpu->mf = 0;
    cpu->fp_gate = 0;
}

void cpu_reset(struct cpu *cpu)
{
    reset_registers(cpu);
    rse_reset(cpu);
    alat_clear(cpu);
    mmu_reset(&cpu->mmu);
    icache_flush(cpu->icache);
    sysreg_reset(cpu);
    cpu->psr = PSR_BN;
    mmu_set_psr(&cpu->mmu, cpu->psr);
    rse_set_rsc(cpu, 0);
    update_gate(cpu);
    cpu_psr_changed(cpu, 0);
    fpu_fpsr_changed(cpu);
    cpu->ip = 0;
    cpu->ri = 0;
    cpu->attention = cpu->traps = cpu->pal_pending = 0;
    cpu->halted = cpu->fatal = cpu->ic_inflight = false;
}
