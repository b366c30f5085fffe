/* struct cpu, laid out hot, warm, cold.  Only cpu/ may look inside.
 *
 * The idea that makes the interpreter quick: registers always sit at the place their current name
 * says.  gr[32] is r32 of the current frame, pr bit 16 is p16, whatever the stack engine and the
 * rotating base did; br.call, br.ret and rotation move the few registers concerned instead.
 * The stacked registers of the callers (the dirty partition) wait in `rs`, a linear stack.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_STATE_PRIV_H
#define CPU_STATE_PRIV_H

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/psr.h"

#define STACKED_PHYS 96 /* physical stacked registers, as on Itanium 2 */
#define RS_LEN 1024     /* room for the dirty partition before it is moved down */
#define ALAT_ENTRIES 32

enum { /* interruption rows */
#define INTERRUPTION(id, name, vector, class, code, rec) INT_##id,
#include "cpu/interruption.def"
    INT_COUNT
};

/* Why a handler returned NULL. */
enum stop {
    STOP_BRANCH, /* ip and ri are set; slots up to and including stop_pos have retired */
    STOP_RFI,    /* the same, after rfi */
    STOP_AFTER,  /* the instruction at stop_pos retired; go on behind it, looking up */
    STOP_FAULT,  /* cpu->fault; the instruction at stop_pos did not retire */
    STOP_FETCH,  /* cpu->fault, and there was no instruction to run */
    STOP_HERE,   /* nothing retired at stop_pos; look again (page dropped, frame incomplete) */
};

/* Reasons to leave the loop at the next check point. */
enum attention {
    ATTN_INTERRUPT = 1, /* an external interrupt may be deliverable */
    ATTN_STOP = 2,
    ATTN_HALT = 4,
    ATTN_FATAL = 8,
    ATTN_PAL = 16,      /* an INIT or machine check waits */
};

/* What waits for PAL. */
enum {
    PAL_PENDING_INIT = 1,
    PAL_PENDING_MCA = 2,   /* from outside */
    PAL_PENDING_ABORT = 4, /* of the instruction at ip: cannot wait */
};

/* Reasons to take the observed loop. */
enum observe {
    OBS_PSR = 1,   /* ss, tb, one-shot bits, instruction breakpoints */
    OBS_HOOK = 2,
    OBS_UNTIL = 4,
    OBS_WATCH = 8, /* the next slot, or the loads due, refer to what a debugger waits for */
};

struct alat_entry {
    u64 pa;       /* physical address */
    u16 reg;      /* physical number: 0-127 GR (32 + physical stacked index), 128-255 FR */
    u8 size;
};

struct code_page;
struct gather;
struct icache;

struct cpu {
    /* hot: touched by nearly every instruction */
    u64 gr[128 + 4];  /* by current name; four words of slack, copies are rounded up */
    u64 pr;           /* logical order; bit 0 is always 1 */
    u32 gate;         /* 32 + sof while no NaT bit is set in the frame, else 0: one compare tells
                       * a handler that its target is in the frame and that no NaT exists */
    u32 fp_gate;      /* bit 0 psr.dfl, bit 1 psr.dfh, bit 2 rotation of FRs outstanding */
    s32 left;         /* slots left in the budget, plus the position in the page (see run.c) */
    u32 attention;    /* enum attention */
    u64 page_va;      /* virtual address of the 4 KiB page being executed */
    const struct insn *from; /* last taken branch within this page, or NULL: from_ip */
    u32 entry_pos;    /* position at which this page was entered */
    u64 from_ip;      /* bundle of the last instruction before this page was entered */
    u64 alat_filter;  /* bit (address / 8) % 64 is set if an ALAT entry may touch that granule */
    u8 fp_fast[4];    /* per status field, which short cuts of fp/fast.h it allows (exec/fpu.c) */
    u64 br[8];
    u64 cfm;
    u32 mf;           /* psr.mfl (1) and mfh (2), not yet merged into psr */
    u32 ndirty;       /* registers (not words) in the dirty partition */
    u32 rs_top;       /* dirty registers are rs[rs_top - ndirty .. rs_top) */
    u32 bof;          /* physical index 0..95 of gr32: names of ALAT entries, never data */
    u64 nat[2];       /* NaT bits of gr[]; gate is 0 while any is set */
    u64 ar[128];      /* by number; BSP, BSPSTORE, RNAT, ITC, EC have rules in sysreg.c */
    struct mmu mmu;
    struct fpreg fr[128];

    /* warm */
    u64 psr;          /* without ri while running; mf merged by cpu_psr */
    u64 ip;           /* valid outside the loop */
    unsigned ri;
    enum stop stop;
    u32 stop_pos;
    u32 observe;      /* enum observe */
    u32 listening;    /* kinds of events that somebody wants */
    struct gather *gather; /* what counters will be told of; NULL before the first one */
    s64 debt;         /* what attention borrowed from `left` */
    struct interruption fault;
    u32 traps;        /* ISR.code bits of traps due after the current instruction */
    u64 fp_trap_code;
    u64 iipa;         /* bundle of the last successfully executed instruction, when stopped */
    u32 fr_lag;       /* rotations of FRs not yet carried out */
    bool cfle;        /* RSE.CFLE: the frame is incomplete, mandatory loads go on */
    u32 missing;      /* registers at the bottom of the frame still to be loaded */
    u64 rs[RS_LEN + 128]; /* slack: copies are rounded up */
    u8 rs_nat[RS_LEN + 128];
    u32 rs_nats;      /* how many of the dirty registers have a NaT bit */
    struct alat_entry alat[ALAT_ENTRIES];
    u32 alat_valid;   /* bit per entry */
    u8 alat_of[256];  /* the entry of each register, while that entry is valid and says so */
    unsigned alat_next;
    u64 alat_unwatched; /* granules that no other processor's entry touches (alat.c) */
    u64 banked[16];   /* r16-r31 of the bank not in use */
    u16 banked_nat;
    u64 cr[128];      /* by number; rules in sysreg.c, interrupts in lsapic.c */
    u64 irr[4], isr_bits[4]; /* local SAPIC: requested, in service */
    u64 pmc[32], pmd[32];
    u64 time_offset;  /* virtual time - retired */
    u64 itc_offset;   /* ar.itc - virtual time */
    u64 retired_base; /* retired slots up to the start of the running slice */
    s64 slice;        /* its budget */
    u64 fruitless_since; /* retired slots at the last interruption, and how many */
    u32 fruitless;       /* were raised since without a slot retiring */
    bool mid_block;   /* stopped between check points: no interrupts until the next one */
    bool sequential;  /* observed loop: the slot went on to the next one */
    bool ic_inflight; /* psr.ic was set and not yet serialised: ISR.ni */
    u64 timer_due;    /* virtual time at which ar.itc passes cr.itm; ~0: not again */
    u64 pmu_at;       /* retired slots up to which the performance counters are settled */
    bool pmu_on;      /* some counter counts: settle it when psr.up, pp or cpl change */
    struct {          /* the interruption delivered last, for dumps */
        bool any;
        u16 row;
        u64 isr, iip, ifa;
    } last;

    /* cold */
    u64 *breakpoints;
    unsigned breakpoint_count;
    bool halted, fatal, until_on;
    bool watch_left;         /* the instruction was left for OBS_WATCH, it did not fault */
    u32 pal_pending;         /* PAL_PENDING_* */
    struct machine_check mc; /* the one that waits */
    u64 until_ip;
    unsigned id;
    struct physmem *pm;
    struct icache *icache;
    const struct cpu_hooks *hooks;
};

/* CFM fields. */
static inline unsigned cfm_sof(u64 cfm) { return cfm & 0x7f; }
static inline unsigned cfm_sol(u64 cfm) { return cfm >> 7 & 0x7f; }
static inline unsigned cfm_sor(u64 cfm) { return (cfm >> 14 & 0xf) * 8; }
static inline unsigned cfm_rrb_gr(u64 cfm) { return cfm >> 18 & 0x7f; }
static inline unsigned cfm_rrb_fr(u64 cfm) { return cfm >> 25 & 0x7f; }
static inline unsigned cfm_rrb_pr(u64 cfm) { return cfm >> 32 & 0x3f; }
#define CFM_RRB_MASK (mask64(20) << 18)
#define CFM_MASK mask64(38)

static inline bool nat_of(const struct cpu *cpu, unsigned r)
{
    return cpu->nat[r >> 6] >> (r & 63) & 1;
}

static inline bool any_nat(const struct cpu *cpu)
{
    return cpu->gate == 0;
}

/* Recompute the gate after a change of frame size or NaT bits. */
static inline void update_gate(struct cpu *cpu)
{
    cpu->gate = (cpu->nat[0] | cpu->nat[1]) ? 0 : 32 + cfm_sof(cpu->cfm);
}

static inline void set_nat(struct cpu *cpu, unsigned r, bool nat)
{
    cpu->nat[r >> 6] = (cpu->nat[r >> 6] & ~(1ull << (r & 63))) | (u64)nat << (r & 63);
    update_gate(cpu);
}

/* Budget left when at `pos` of this page, and virtual time there. */
static inline s64 cpu_left_now(const struct cpu *cpu, unsigned pos)
{
    return cpu->left + cpu->debt - (s64)pos;
}

static inline u64 time_at(const struct cpu *cpu, unsigned pos)
{
    return cpu->retired_base + (u64)(cpu->slice - cpu_left_now(cpu, pos)) + cpu->time_offset;
}

/* run.c */
void cpu_attend(struct cpu *cpu, unsigned why);     /* set attention, end the slice early */
void cpu_watch_next(struct cpu *cpu) COLD;          /* leave this slot to the watching loop */
void cpu_psr_changed(struct cpu *cpu, u64 old);     /* gates, mmu mode, observe follow psr */
static inline unsigned psr_cpl(u64 psr) { return psr >> 32 & 3; }

/* Is this a reference that a debugger waits for, and nobody looks yet? */
static inline bool watch_waits(const struct cpu *cpu, u64 va, unsigned size, unsigned how)
{
    return unlikely(cpu->mmu.watch_count) && !(cpu->observe & (OBS_HOOK | OBS_WATCH)) &&
           mmu_watched(&cpu->mmu, va, size, how);
}

/* interruption.c: act on cpu->fault at ip/ri; traps likewise. */
void cpu_deliver(struct cpu *cpu);

/* regs.c */
void cpu_rotate(struct cpu *cpu);                   /* one step down of all three rrb */
void cpu_set_cfm(struct cpu *cpu, u64 cfm);         /* any change: moves registers as needed */
void cpu_fr_settle(struct cpu *cpu);                /* carry out outstanding FR rotation */
void cpu_bank_switch(struct cpu *cpu, unsigned bn);
unsigned phys_gr(const struct cpu *cpu, unsigned r); /* ALAT names */
unsigned phys_fr(const struct cpu *cpu, unsigned r);

/* rse.c: see there */
void rse_call(struct cpu *cpu);                     /* frame part of br.call, PFS included */
bool rse_ret(struct cpu *cpu, u64 pfm);             /* frame part of br.ret; false: to be loaded */
bool rse_rfi(struct cpu *cpu, u64 ifm);
void rse_cover(struct cpu *cpu);
int rse_room(struct cpu *cpu, unsigned sof);        /* spill until a frame of sof fits; else fault */
int rse_flush(struct cpu *cpu);
int rse_load(struct cpu *cpu);                      /* loadrs */
int rse_fill_frame(struct cpu *cpu);                /* mandatory loads of an incomplete frame */
u64 rse_bsp(const struct cpu *cpu);
void rse_set_bspstore(struct cpu *cpu, u64 value);
void rse_set_rsc(struct cpu *cpu, u64 value);

/* alat.c */
void alat_insert(struct cpu *cpu, unsigned physreg, u64 pa, unsigned size);
bool alat_check(struct cpu *cpu, unsigned physreg, bool clear);
void alat_remove(struct cpu *cpu, unsigned physreg);
void alat_store(struct cpu *cpu, u64 pa, unsigned size); /* out of line part of a store */
void alat_clear(struct cpu *cpu);

/* exec/fpu.c */
void fpu_fpsr_changed(struct cpu *cpu);             /* after any write of ar.fpsr */

/* lsapic.c */
bool lsapic_deliverable(const struct cpu *cpu);     /* pending and not masked by tpr, in-service */
u64 lsapic_read_ivr(struct cpu *cpu);
void lsapic_eoi(struct cpu *cpu);
void lsapic_timer(struct cpu *cpu);                 /* itc reached itm? */

/* interruption.c */
void interruption_external(struct cpu *cpu);        /* deliver External Interrupt at ip/ri */
void interruption_traps(struct cpu *cpu);           /* deliver cpu->traps, the highest first */

/* pal.c */
void cpu_machine_check(struct cpu *cpu, enum machine_check_cause cause, u64 address,
                       const char *why) COLD; /* of the instruction that is being executed */
void pal_take_events(struct cpu *cpu, bool at_check_point);

/* sysreg.c */
u64 cpu_itc(const struct cpu *cpu);

/* icache.c */
struct icache *icache_new(struct cpu *cpu);
void icache_free(struct cpu *cpu);
void icache_flush(struct icache *ic); /* of all processors of this memory */
void icache_forget_lookups(struct icache *ic);
/* RAM at pa changed under a code bit: forget its cells.  true: they were being executed. */
bool icache_note_write(struct cpu *cpu, u64 pa, unsigned len);

#endif
