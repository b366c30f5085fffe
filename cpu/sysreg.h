/* System registers inside cpu/: the tables of sysreg.def as data, and what sysreg.c, lsapic.c,
 * pmu.c, interruption.c and exec/fault.c offer each other.  Nobody outside cpu/ includes this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_SYSREG_H
#define CPU_SYSREG_H

#include "cpu/rse.h"
#include "cpu/state-priv.h"

enum { /* control registers with a meaning of their own; rse.h names IPSR, IIP and IFS */
    CR_DCR = 0, CR_ITM = 1, CR_IVA = 2, CR_PTA = 8, CR_ISR = 17, CR_IFA = 20, CR_ITIR = 21,
    CR_IIPA = 22, CR_IIM = 24, CR_IHA = 25, CR_LID = 64, CR_IVR = 65, CR_TPR = 66, CR_EOI = 67,
    CR_IRR0 = 68, CR_ITV = 72, CR_PMV = 73, CR_CMCV = 74, CR_LRR0 = 80, CR_LRR1 = 81,
};

/* Access rules of one register, ORed. */
enum {
    SR_RO = 1,      /* writing is an Illegal Operation */
    SR_KERNEL = 2,  /* writing at cpl != 0 is a Privileged Register fault */
    SR_LAZY = 4,    /* any access needs RSC.mode = 0 */
    SR_SECURE = 8,  /* reading at cpl != 0 with psr.si = 1 is a Privileged Register fault */
    SR_IGNORED = 16,/* an ignored register: reads 0, writes vanish */
    SR_IC = 32,     /* any access needs psr.ic = 0 */
    SR_PLAIN = 64,  /* reading and writing is just cpu->ar[] or cpu->cr[] */
};

enum { UNIT_M = 1, UNIT_I = 2, UNIT_MI = 3 };

struct sysreg {
    const char *name; /* NULL: reserved */
    u64 reset, reserved, ignored;
    u64 (*get)(struct cpu *cpu, unsigned n);
    void (*set)(struct cpu *cpu, unsigned n, u64 value);
    bool (*check)(u64 value); /* false: a reserved value */
    u8 unit, rules;
};
extern const struct sysreg ar_table[128], cr_table[128];

/* A register file that is indexed by a general register. */
enum { FILE_RR, FILE_PKR, FILE_IBR, FILE_DBR, FILE_PMC, FILE_PMD, FILE_CPUID, FILE_COUNT };
enum {
    SF_USER_READ = 1, /* reading is unprivileged */
    SF_SPARSE = 2,    /* registers beyond `count` read 0 and ignore writes instead of faulting */
    SF_CODE = 4,      /* writing may unmap or watch the running code: the loop looks up again */
};
struct sysfile {
    const char *name;
    u64 reserved, ignored_odd;
    u64 (*get)(struct cpu *cpu, unsigned i);
    void (*set)(struct cpu *cpu, unsigned i, u64 value);
    bool (*check)(u64 value);
    u16 count;
    u8 index_hi, index_lo, rules;
};
extern const struct sysfile file_table[FILE_COUNT];

void sysreg_reset(struct cpu *cpu); /* every AR, CR, PMC and PMD to its reset value; lsapic too */
bool sysreg_frame_possible(u64 cfm); /* could CFM hold this? */

/* exec/fault.c */
void record_fetch_fault(struct cpu *cpu, enum mmu_fault why, u64 ip) COLD;
void record_fault(struct cpu *cpu, unsigned row, u64 isr) COLD;
bool code_page_ed(struct cpu *cpu); /* ITLB.ed of the code being executed */
void cpu_fatal(struct cpu *cpu, const char *why) COLD; /* hooks->fatal; the loop ends */
/* Go on after a hook's answer; NULL with *declined set if it wants the usual course. */
const struct insn *after_hook(struct cpu *cpu, const struct insn *in, enum hook_answer answer);
/* ip and ri for a hook that is called from the instruction at `in`. */
void locate(struct cpu *cpu, const struct insn *in);

/* lsapic.c */
#define VECTOR_SPURIOUS 15
void lsapic_reset(struct cpu *cpu);
int lsapic_best(const struct cpu *cpu);  /* the vector IVR would return, or -1 */
void lsapic_set_tpr(struct cpu *cpu, unsigned n, u64 value);
void lsapic_set_itm(struct cpu *cpu, unsigned n, u64 value);
void lsapic_set_itc(struct cpu *cpu, u64 value);
void lsapic_set_itv(struct cpu *cpu, unsigned n, u64 value);
void lsapic_local(struct cpu *cpu, unsigned cr); /* an event of ITV, PMV or CMCV occurred */

/* pmu.c */
void pmu_settle(struct cpu *cpu, u64 psr); /* count up to now; psr was in force since last time */
bool pmu_next_overflow(const struct cpu *cpu, u64 *slots); /* slots until an interrupt */
u64 pmu_get_pmc(struct cpu *cpu, unsigned i);
void pmu_set_pmc(struct cpu *cpu, unsigned i, u64 value);
u64 pmu_get_pmd(struct cpu *cpu, unsigned i);
void pmu_set_pmd(struct cpu *cpu, unsigned i, u64 value);
bool pmu_hidden(const struct cpu *cpu, unsigned i); /* PMD i reads 0 at this privilege level */
#define PMU_PMCS 16
#define PMU_PMDS 18

#endif
