/* One IA-64 processor, as the rest of the house sees it.  PUBLIC.
 *
 * cpu knows memory only through mmu/ and nobody above it: it calls outward through struct cpu_hooks.
 * "No hooks" is bare metal.  Inside, registers always sit at their logical place: calls, returns
 * and rotation move data (docs/cpu.md says why), so an instruction never renames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include "base/types.h"
#include "cpu/event.h"
#include "cpu/fp/fp.h"
#include "cpu/isa/isa.h"
#include "mmu/mmu.h"

struct cpu;

/* What a hook did with an instruction. */
enum hook_answer {
    HOOK_DECLINED, /* go on as on bare metal */
    HOOK_DONE,     /* emulated; continue after it */
    HOOK_JUMPED,   /* emulated; ip, ri (and perhaps psr) were set by the hook */
    HOOK_FAULT,    /* cpu_raise was called */
    HOOK_RETURNED, /* as HOOK_JUMPED, the way rfi does: IIPA stays what it was */
};

/* What PAL gets to see instead of the guest's interruption vectors.  SDM 2:5.4, 2:11.3. */
enum pal_event { PAL_EVENT_INIT, PAL_EVENT_MCA };
enum machine_check_cause {
    MACHINE_CHECK_TLB, /* translations overlap; address: virtual */
    MACHINE_CHECK_BUS, /* nobody answers, or injected; address: physical */
};
struct machine_check {
    enum machine_check_cause cause;
    u64 address;
    char why[160];
};

/* Calls outward.  Any member may be NULL. */
struct cpu_hooks {
    void *opaque;
    /* break.m/i/b/x with its immediate. */
    enum hook_answer (*brk)(void *opaque, struct cpu *cpu, u64 imm);
    /* A privileged operation at cpl != 0, before its fault. */
    enum hook_answer (*privop)(void *opaque, struct cpu *cpu, const struct insn *in);
    /* An interruption about to be delivered to cr.iva: a hypervisor reflects it instead. */
    enum hook_answer (*interruption)(void *opaque, struct cpu *cpu);
    /* ptc.g, ptc.ga: purge on all other processors. */
    void (*purge_others)(void *opaque, struct cpu *cpu, u64 va, unsigned ps, u64 rid);
    /* A store or semaphore that may hit another processor's ALAT; size 0: ptc.ga, all entries. */
    void (*alat_others)(void *opaque, struct cpu *cpu, u64 pa, unsigned size);
    /* Something wants attention earlier than the slice's end (itm written ...). */
    void (*timer_changed)(void *opaque, struct cpu *cpu);
    /* PAL's entry points, entered with psr.mc = 0.  HOOK_DECLINED: an INIT is forgotten, a machine
     * check goes to `fatal`.  HOOK_JUMPED: the hook has put the processor elsewhere. */
    enum hook_answer (*pal_event)(void *opaque, struct cpu *cpu, enum pal_event what,
                                  const struct machine_check *mc);
    /* The guest broke what no architecture covers (rfi to IA-32, machine check): stop, with words. */
    void (*fatal)(void *opaque, struct cpu *cpu, const char *why);
    /* Observed loop only: before (after = false) and behind each slot that retired; see also
     * cpu_set_watches. */
    void (*observe)(void *opaque, struct cpu *cpu, const struct insn *in, bool after);
    /* What cpu_listen asked for; event.h. */
    event_sink *event;
};

enum cpu_exit {
    CPU_BUDGET,    /* the budget is used up; at a check point unless `exact` was asked */
    CPU_STOPPED,   /* cpu_stop was called */
    CPU_HALTED,    /* waits for an interrupt (cpu_halt) */
    CPU_FATAL,     /* the fatal hook was called */
    CPU_UNTIL,     /* the bundle of cpu_set_until was reached */
    CPU_BREAKPOINT, /* ip/ri is at a breakpoint, not yet executed; resuming executes it */
};

struct cpu *cpu_new(struct physmem *pm, unsigned id, const struct cpu_hooks *hooks);
void cpu_free(struct cpu *cpu);
void cpu_reset(struct cpu *cpu); /* SDM 2:11.2 and the values of docs/implementation.md */

/* Run about `budget` slots: until the first check point (taken branch, end of a 4 KiB page, or an
 * instruction that ends serialisation) at which that many have retired.  Interrupts are taken at
 * check points only, so how a run is cut into budgets never shows in guest state. */
enum cpu_exit cpu_run(struct cpu *cpu, u64 budget);
/* Exactly `n` slots (stops early like cpu_run).  Slower. */
enum cpu_exit cpu_step(struct cpu *cpu, u64 n);

void cpu_stop(struct cpu *cpu);            /* leave cpu_run at the next check point */
void cpu_halt(struct cpu *cpu);            /* idle until cpu_post_vector or cpu_wake */
void cpu_wake(struct cpu *cpu);
bool cpu_is_halted(const struct cpu *cpu);
void cpu_set_observed(struct cpu *cpu, bool on); /* every slot through hooks->observe */
void cpu_set_until(struct cpu *cpu, bool on, u64 ip);
/* Stop before these slots (bundle address | slot); replaces the former set.  Costs nothing outside
 * the 4 KiB pages concerned. */
void cpu_set_breakpoints(struct cpu *cpu, const u64 *addrs, unsigned n);
/* Call hooks->observe for slots that refer to these bytes, before and after, or may do so; also
 * with NULL for the instruction, around mandatory loads.  The others go at nearly full speed. */
void cpu_set_watches(struct cpu *cpu, const struct mmu_watch *list, unsigned n);
void cpu_check_interrupts(struct cpu *cpu); /* something changed: look at the next check point */

u64 cpu_retired(const struct cpu *cpu);    /* slots retired since reset; exact outside cpu_run and
                                            * in hooks */
/* Virtual time: ar.itc = time + offset.  Advances with retired slots and by cpu_skip_time. */
u64 cpu_time(const struct cpu *cpu);
void cpu_skip_time(struct cpu *cpu, u64 ticks);
bool cpu_next_timer(const struct cpu *cpu, u64 *ticks); /* ticks until itm fires; false: never */

/* Interrupts: the local SAPIC. */
void cpu_post_vector(struct cpu *cpu, unsigned vector); /* sets the IRR bit; 0 is ExtINT, 2 NMI */
bool cpu_interrupt_pending(const struct cpu *cpu);      /* an unmasked one, whatever psr.i says */
bool cpu_in_service(const struct cpu *cpu, unsigned vector); /* read from IVR, no EOI yet */

/* INIT, and machine checks that come from outside: wait until psr.mc is 0. */
void cpu_post_init(struct cpu *cpu);
void cpu_post_machine_check(struct cpu *cpu, enum machine_check_cause cause, u64 address,
                            const char *why);

unsigned cpu_pal_pending(const struct cpu *cpu); /* bit 0: a machine check, bit 1: an INIT */

/* For firmware in hooks->pal_event: the processor's part of the min-state save area (pal.c), and
 * the state PAL hands over.  SDM 2:11.3.2.  Resuming never returns to the caller's context. */
#define MIN_STATE_WORDS 58
void cpu_save_min_state(struct cpu *cpu, u64 words[MIN_STATE_WORDS]);
void cpu_enter_pal(struct cpu *cpu, u64 ip);
bool cpu_min_state_possible(const u64 words[MIN_STATE_WORDS]); /* to resume */
void cpu_resume_min_state(struct cpu *cpu, const u64 words[MIN_STATE_WORDS]);

/* Registers by the names of the current frame. */
u64 cpu_gr(const struct cpu *cpu, unsigned r, bool *nat);
void cpu_set_gr(struct cpu *cpu, unsigned r, u64 value, bool nat); /* any r but 0 */
struct fpreg cpu_fr(struct cpu *cpu, unsigned r);
void cpu_set_fr(struct cpu *cpu, unsigned r, struct fpreg value);
u64 cpu_br(const struct cpu *cpu, unsigned b);
void cpu_set_br(struct cpu *cpu, unsigned b, u64 value);
u64 cpu_pr(const struct cpu *cpu);          /* physical order, as mov r=pr sees it */
void cpu_set_pr(struct cpu *cpu, u64 value);
bool cpu_predicate(const struct cpu *cpu, unsigned p);   /* by its current name */
u64 cpu_ar(const struct cpu *cpu, unsigned n);
void cpu_set_ar(struct cpu *cpu, unsigned n, u64 value); /* raw: no checks */
u64 cpu_cr(const struct cpu *cpu, unsigned n);           /* raw: no acknowledge */
void cpu_set_cr(struct cpu *cpu, unsigned n, u64 value);
u64 cpu_cfm(const struct cpu *cpu);
u64 cpu_psr(const struct cpu *cpu);
void cpu_set_psr(struct cpu *cpu, u64 value);            /* all bits act at once */
u64 cpu_ip(const struct cpu *cpu);
unsigned cpu_ri(const struct cpu *cpu);
void cpu_set_ip(struct cpu *cpu, u64 ip, unsigned ri);
u64 cpu_banked_gr(const struct cpu *cpu, unsigned r, bool *nat); /* r16-31 of the other bank */
void cpu_set_banked_gr(struct cpu *cpu, unsigned r, u64 value, bool nat);
/* The i-th oldest stacked register of callers that is not yet in the backing store; it belongs i
 * registers above AR.BSPSTORE.  false: there are not that many. */
bool cpu_dirty_gr(const struct cpu *cpu, unsigned i, u64 *value, bool *nat);
bool cpu_set_dirty_gr(struct cpu *cpu, unsigned i, u64 value, bool nat);
/* For debuggers (frame.c).  The frame marker, and where in the backing store its first register
 * belongs: every stacked register keeps its address there, so callers' registers may become the
 * frame's, or the other way round; new ones are 0.  Or AR.BSPSTORE, while the frame stays.
 * false: there is no such frame, or the backing store cannot be reached. */
bool cpu_set_frame(struct cpu *cpu, u64 bsp, u64 cfm);
bool cpu_move_bspstore(struct cpu *cpu, u64 bspstore);
struct mmu *cpu_mmu(struct cpu *cpu);
unsigned cpu_id(const struct cpu *cpu);
void cpu_set_rr(struct cpu *cpu, unsigned region, u64 value);

/* The ALATs of several processors (alat.c).  Before each slice of a processor tell it, in granules
 * (bit (pa / 8) % 64), what all the others watch; from hooks->alat_others tell them of the store. */
u64 cpu_alat_granules(const struct cpu *cpu);
void cpu_alat_others(struct cpu *cpu, u64 watched);
void cpu_alat_store(struct cpu *cpu, u64 pa, unsigned size);

/* Frame operations for firmware and hypervisors, exactly as the instructions. */
void cpu_cover(struct cpu *cpu);

/* What a hypervisor does in place of the hardware (hyper.c).  ISR as delivery would write it now; to
 * a handler or to any other place with a psr of the hypervisor's choice, an incomplete frame being
 * left to the handler's cover; the whole effect of rfi; the best pending interrupt taken and ended
 * at once, 15: none. */
u64 cpu_full_isr(const struct cpu *cpu);
void cpu_enter(struct cpu *cpu, u64 psr, u64 ip);
void cpu_return(struct cpu *cpu, u64 psr, u64 ip, unsigned ri, u64 ifs);
unsigned cpu_acknowledge(struct cpu *cpu);

/* The interruption now being raised (in hooks->interruption, or after HOOK_FAULT). */
struct interruption {
    u16 row;       /* INT_* of interruption.def */
    u64 isr;       /* all bits but ei, ni, ir, which delivery adds */
    u64 ifa, itir, iim, iha;
    unsigned slot; /* ei */
};
struct interruption cpu_interruption(const struct cpu *cpu);
/* From a hook that answers HOOK_FAULT: raise this fault instead. */
void cpu_raise(struct cpu *cpu, const struct interruption *intr);

/* Memory as the guest sees it now, for hooks and debuggers: translate without side effects. */
bool cpu_peek(struct cpu *cpu, u64 va, void *buf, unsigned len);
bool cpu_poke(struct cpu *cpu, u64 va, const void *buf, unsigned len);

/* Every bit of architectural state folded into one number. */
u64 cpu_hash(struct cpu *cpu, u64 seed);

/* The state as one JSON object; numbers are strings like "0x1f". */
void cpu_dump_json(struct cpu *cpu, GString *out);

/* The number and names of interruptions and system registers, for dumps and statistics. */
const char *interruption_name(unsigned row);
unsigned interruption_vector(unsigned row);

#endif
