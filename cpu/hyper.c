/* The ends of an interruption, for a hypervisor that delivers and returns in the hardware's place.
 *
 * SDM 2:5.5, 3 "rfi".  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

void cpu_enter(struct cpu *cpu, u64 psr, u64 ip)
{
    if (unlikely(cpu->pmu_on)) pmu_settle(cpu, cpu->psr);
    cpu_set_psr(cpu, psr);
    cpu->cfle = false;
    cpu->ic_inflight = false;
    cpu_set_ip(cpu, ip, 0);
}

void cpu_return(struct cpu *cpu, u64 psr, u64 ip, unsigned ri, u64 ifs)
{
    if (unlikely(cpu->pmu_on)) pmu_settle(cpu, cpu->psr);
    cpu->ic_inflight = false;
    cpu_set_psr(cpu, psr);
    if (ifs >> 63) {
        if (!rse_rfi(cpu, ifs)) (void)rse_fill_frame(cpu); /* a fault recurs at the target */
    } else if (cpu->missing) {
        cpu->cfle = true;
    }
    cpu_set_ip(cpu, ip, ri);
}

unsigned cpu_acknowledge(struct cpu *cpu)
{
    u64 vector = lsapic_read_ivr(cpu);

    lsapic_eoi(cpu);
    return (unsigned)vector;
}
