/* The loop.
 *
 * Two ways to execute: cells of decoded code pages, each handler jumping to the next (fast), or
 * one freshly decoded slot at a time with every rare condition looked at (observed): single step,
 * taken-branch traps, one-shot psr bits, breakpoints, traces.  Both run the same handlers.
 *
 * Time is retired slots.  While a page executes, cpu->left is the rest of the budget plus the
 * position in the page, so that straight-line code counts nothing: being at position p, `left - p`
 * slots remain.  Taken branches settle the account; `debt` is what was taken out of `left` to make
 * the next taken branch leave the loop.
 *
 * A check point is a taken branch, the end of a 4 KiB page, or an instruction after which the loop
 * must look around.  Budgets end and interrupts are taken at check points only, in both ways, so
 * how a run is sliced or observed never shows in the guest.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/event-priv.h"
#include "cpu/exec/exec.h"
#include "cpu/icache.h"
#include "cpu/sysreg.h"

#define LEFT_MAX (1 << 30)
#define OVERSHOOT (3 * BUNDLES_PER_PAGE) /* slots at most between two check points */

/* Let the next check point leave the loop. */
static void cut_short(struct cpu *cpu)
{
    if (cpu->left < -LEFT_MAX / 2) return;
    s64 take = (s64)cpu->left + LEFT_MAX;
    cpu->left -= (s32)take;
    cpu->debt += take;
}

void cpu_attend(struct cpu *cpu, unsigned why)
{
    cpu->attention |= why;
    cut_short(cpu);
}

void cpu_stop(struct cpu *cpu)
{
    cpu_attend(cpu, ATTN_STOP);
}

void cpu_halt(struct cpu *cpu)
{
    cpu->halted = true;
    cpu_attend(cpu, ATTN_HALT);
}

void cpu_wake(struct cpu *cpu)
{
    cpu->halted = false;
}

bool cpu_is_halted(const struct cpu *cpu)
{
    return cpu->halted;
}

static void set_observe(struct cpu *cpu, unsigned why, bool on)
{
    cpu->observe = on ? cpu->observe | why : cpu->observe & ~why;
    if (cpu->observe) cut_short(cpu);
}

void cpu_set_observed(struct cpu *cpu, bool on)
{
    set_observe(cpu, OBS_HOOK, on);
}

void cpu_set_until(struct cpu *cpu, bool on, u64 ip)
{
    cpu->until_on = on;
    cpu->until_ip = ip & ~0xfull;
    set_observe(cpu, OBS_UNTIL, on);
}

/* --- watched references ----------------------------------------------------------------------- */

void cpu_set_watches(struct cpu *cpu, const struct mmu_watch *list, unsigned n)
{
    mmu_set_watches(&cpu->mmu, list, n);
    set_observe(cpu, OBS_WATCH, false);
}

/* Nothing of the instruction was done: the observed loop does it again, telling the hook. */
void cpu_watch_next(struct cpu *cpu)
{
    set_observe(cpu, OBS_WATCH, true);
    cpu->watch_left = true;
}

static void tell_observer(struct cpu *cpu, const struct insn *in, bool after)
{
    if (cpu->hooks && cpu->hooks->observe) {
        cpu->hooks->observe(cpu->hooks->opaque, cpu, in, after);
    }
}

/* Left before a watched reference, in the middle of straight-line code? */
static bool watch_pending(const struct cpu *cpu)
{
    return (cpu->observe & OBS_WATCH) && cpu->stop == STOP_HERE;
}

/* --- breakpoints ------------------------------------------------------------------------------ */

void cpu_set_breakpoints(struct cpu *cpu, const u64 *addrs, unsigned n)
{
    g_free(cpu->breakpoints);
    cpu->breakpoints = g_memdup2(addrs, n * sizeof(*addrs));
    cpu->breakpoint_count = n;
    icache_forget_lookups(cpu->icache); /* pages with breakpoints are entered through the loop */
}

static bool breakpoint_here(const struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->breakpoint_count; i++) {
        if (cpu->breakpoints[i] == (cpu->ip | cpu->ri)) return true;
    }
    return false;
}

static bool breakpoint_in_page(const struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->breakpoint_count; i++) {
        if ((cpu->breakpoints[i] ^ cpu->ip) < PHYS_PAGE_SIZE) return true;
    }
    return false;
}

#define PSR_MMU (PSR_BE | PSR_AC | PSR_PK | PSR_DT | PSR_RT | PSR_IT | PSR_CPL | PSR_DB | PSR_ONE_SHOT | PSR_IC)

void cpu_psr_changed(struct cpu *cpu, u64 old)
{
    u64 psr = cpu->psr, diff = psr ^ old;

    cpu->fp_gate = (cpu->fp_gate & 4) | !!(psr & PSR_DFL) | (psr & PSR_DFH ? 2 : 0);
    if (psr & (PSR_MFL | PSR_MFH)) { /* kept in mf, where FP instructions set them */
        cpu->mf |= psr >> 4 & 3;
        cpu->psr &= ~(PSR_MFL | PSR_MFH);
    }
    if (unlikely(cpu->pmu_on) && (diff & (PSR_UP | PSR_PP | PSR_CPL))) pmu_settle(cpu, old);
    if (diff & PSR_MMU) mmu_set_psr(&cpu->mmu, psr);
    bool rare = (psr & (PSR_SS | PSR_TB | PSR_ONE_SHOT)) || cpu->mmu.code_watch;
    set_observe(cpu, OBS_PSR, rare);
    if ((psr & PSR_I) && (cpu->attention & ATTN_INTERRUPT)) cut_short(cpu);
    if (!(psr & PSR_MC) && (cpu->attention & ATTN_PAL)) cut_short(cpu);
}

u64 cpu_retired(const struct cpu *cpu)
{
    return cpu->retired_base + (u64)(cpu->slice - cpu_left_now(cpu, cpu->stop_pos));
}

u64 cpu_time(const struct cpu *cpu)
{
    return time_at(cpu, cpu->stop_pos);
}

void cpu_skip_time(struct cpu *cpu, u64 ticks)
{
    cpu->time_offset += ticks;
}

/* --- leaving the handlers --------------------------------------------------------------------- */

static const struct insn *stop_at(struct cpu *cpu, const struct insn *in, enum stop why)
{
    cpu->stop = why;
    cpu->stop_pos = in->pos;
    return NULL;
}

const struct insn *leave_after(struct cpu *cpu, const struct insn *in)
{
    return stop_at(cpu, in, STOP_AFTER);
}

const struct insn *leave_here(struct cpu *cpu, const struct insn *in)
{
    return stop_at(cpu, in, STOP_HERE);
}

const struct insn *fault_recorded(struct cpu *cpu, const struct insn *in)
{
    bool left = unlikely(cpu->watch_left);

    cpu->watch_left = false;
    return stop_at(cpu, in, left ? STOP_HERE : STOP_FAULT);
}

const struct insn *branch_stop(struct cpu *cpu, const struct insn *in, u64 ip, unsigned ri)
{
    cpu_set_ip(cpu, ip, ri);
    return stop_at(cpu, in, STOP_BRANCH);
}

/* A taken branch out of the page, or one whose page we do not know.  The usual case finds the
 * target's cells in the lookup table and never leaves the handlers. */
const struct insn *go(struct cpu *cpu, const struct insn *in, u64 target)
{
    s32 left = cpu->left - (s32)(in->pos + 1);

    target &= ~0xfull;
    if (likely(left > 0)) {
        const struct code_page *page = icache_lookup(cpu, target);
        if (likely(page != NULL)) {
            unsigned bundle = target >> 4 & 0xff;
            cpu->from = NULL;
            cpu->from_ip = bundle_ip(cpu, in);
            cpu->page_va = align_down(target, PHYS_PAGE_SIZE);
            cpu->entry_pos = 3 * bundle;
            cpu->left = left + (s32)(3 * bundle);
            in = &page->cells[page->first[bundle]];
            DISPATCH(in);
        }
    }
    return branch_stop(cpu, in, target, 0);
}

/* A taken branch whose target lies in the same page: everything was computed when the page was
 * decoded.  imm = {slots from here to there, distance of the cells in bytes}, aux = pos + 1. */
static COLD const struct insn *near_leave(struct cpu *cpu, const struct insn *in)
{
    unsigned target_pos = in->aux - (u32)(s32)(in->imm >> 32);

    return branch_stop(cpu, in, cpu->page_va + target_pos / 3 * 16u, 0);
}

#define GO_NEAR                                                                                   \
    do {                                                                                          \
        if (unlikely(cpu->left <= (s32)in->aux)) return near_leave(cpu, in);                      \
        cpu->from = in;                                                                           \
        cpu->left -= (s32)(in->imm >> 32);                                                        \
        in = (const struct insn *)(const void *)((const char *)in + (s32)in->imm);                \
        DISPATCH(in);                                                                             \
    } while (0)

const struct insn *near_branch(struct cpu *cpu, const struct insn *in)
{
    GO_NEAR;
}

const struct insn *near_branch_if(struct cpu *cpu, const struct insn *in)
{
    if (!qp_is_set(cpu, in)) NEXT;
    GO_NEAR;
}

const struct insn *near_cloop(struct cpu *cpu, const struct insn *in)
{
    if (!cpu->ar[AR_LC]) NEXT;
    cpu->ar[AR_LC]--;
    GO_NEAR;
}

/* The cell behind the last bundle of a page. */
const struct insn *page_end(struct cpu *cpu, const struct insn *in)
{
    s32 left = cpu->left - (s32)in->pos;
    u64 next = cpu->page_va + PHYS_PAGE_SIZE;

    if (likely(left > 0)) {
        const struct code_page *page = icache_lookup(cpu, next);
        if (likely(page != NULL)) {
            cpu->from = NULL;
            cpu->from_ip = next - 16;
            cpu->page_va = next;
            cpu->entry_pos = 0;
            cpu->left = left;
            in = &page->cells[page->first[0]];
            DISPATCH(in);
        }
    }
    cpu_set_ip(cpu, next, 0);
    cpu->stop = STOP_BRANCH;
    cpu->stop_pos = in->pos - 1u;
    return NULL;
}

/* A predicated cell of a row that leaves the test to the loop. */
const struct insn *predicated(struct cpu *cpu, const struct insn *in)
{
    if (!qp_is_set(cpu, in)) NEXT;
    return exec_of_row[in->row](cpu, in);
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool has_retired(const struct cpu *cpu)
{
    return cpu->stop == STOP_BRANCH || cpu->stop == STOP_AFTER || cpu->stop == STOP_RFI;
}

/* Bundle of the last instruction that retired before the one at `pos`. */
static u64 last_retired(const struct cpu *cpu, unsigned pos)
{
    if (cpu->from) {
        unsigned target = cpu->from->aux - (u32)(s32)(cpu->from->imm >> 32);
        if (pos == target) return bundle_ip(cpu, cpu->from);
    } else if (pos == cpu->entry_pos) {
        return cpu->from_ip;
    }
    return cpu->page_va + (pos - 1) / 3 * 16u;
}

/* The X instruction of an MLX bundle counts as slot 2 but is restarted as slot 1. */
static bool is_long(struct cpu *cpu, u64 ip, unsigned pos)
{
    u64 template;
    return pos % 3 == 2 && cpu_peek(cpu, ip, &template, 8) && (template & 0x1e) == 0x04;
}

/* Position behind the instruction at stop_pos. */
static void step_over(struct cpu *cpu)
{
    unsigned next = cpu->stop_pos + 1;

    cpu->ip = cpu->page_va + next / 3 * 16u;
    cpu->ri = next % 3;
}

/* Turn `stop` into ip, ri, iipa and the rest of the budget. */
static s64 settle(struct cpu *cpu)
{
    unsigned pos = cpu->stop_pos;
    u64 here = cpu->page_va + pos / 3 * 16u;
    bool retired = has_retired(cpu);

    cpu->iipa = retired ? here : last_retired(cpu, pos);
    if (!retired && cpu->gather) gather_undo(cpu, pos);
    if (!retired && cpu->stop != STOP_FETCH && is_long(cpu, here, pos)) pos--;
    cpu->fault.slot = pos % 3; /* of the instruction that traps may belong to */
    switch (cpu->stop) {
    case STOP_BRANCH:
        break;
    case STOP_RFI: /* psr.ic was 0: it is not the last instruction that IIPA knows (SDM 2:3.3.5) */
        cpu->iipa = cpu->cr[CR_IIPA];
        break;
    case STOP_AFTER:
        step_over(cpu);
        break;
    case STOP_FAULT:
    case STOP_FETCH:
    case STOP_HERE:
        cpu->ip = here;
        cpu->ri = pos % 3;
        break;
    }
    cpu->from = NULL;
    cpu->from_ip = cpu->iipa;
    return cpu_left_now(cpu, pos + retired);
}

/* Put the budget where the handlers count it, ready to execute at `pos`; the loop is left at the
 * first check point behind `most` slots, at the latest when the interval timer is due. */
static void open_account(struct cpu *cpu, s64 budget, s64 most, unsigned pos)
{
    u64 ticks;
    s32 left = (s32)MIN(most, LEFT_MAX);

    if (cpu_next_timer(cpu, &ticks) && ticks < (u64)left) left = (s32)ticks;
    if (pmu_next_overflow(cpu, &ticks) && ticks < (u64)left) left = (s32)ticks;

    cpu->debt = budget - left;
    cpu->left = left + (s32)pos;
    cpu->stop_pos = cpu->entry_pos = pos;
    cpu->page_va = align_down(cpu->ip, PHYS_PAGE_SIZE);
}

/* Close it: outside the handlers retired slots read `slice - budget`. */
static s64 close_account(struct cpu *cpu)
{
    s64 budget = settle(cpu);

    cpu->left = 0;
    cpu->debt = budget;
    cpu->stop_pos = 0;
    return budget;
}

static s64 run_fast(struct cpu *cpu, s64 budget, s64 most)
{
    unsigned pos = (cpu->ip >> 4 & 0xff) * 3 + cpu->ri;
    const struct insn *in;

    open_account(cpu, budget, most, pos);
    in = icache_enter(cpu);
    while (in) in = in->exec(cpu, in);
    cpu->mid_block = watch_pending(cpu);
    return close_account(cpu);
}

/* --- the observed way ------------------------------------------------------------------------- */

/* Stands behind the single slot that is executed. */
static const struct insn *observed_end(struct cpu *cpu, const struct insn *in)
{
    cpu->stop = STOP_AFTER;
    cpu->stop_pos = in->pos;
    cpu->sequential = true;
    return NULL;
}

/* One-shot bits last for one completed instruction; single step traps after it.  Not so rfi: it is
 * not stepped, and the bits it brought are the target's (SDM 3 rfi). */
static void after_slot(struct cpu *cpu, u64 psr_before)
{
    if (cpu->stop == STOP_RFI) return;
    if (psr_before & PSR_ONE_SHOT & cpu->psr) {
        u64 old = cpu->psr;
        cpu->psr &= ~(psr_before & PSR_ONE_SHOT);
        cpu_psr_changed(cpu, old);
    }
    if (psr_before & PSR_SS) cpu->traps |= 8;
    if ((psr_before & PSR_TB) && cpu->stop == STOP_BRANCH) cpu->traps |= 4;
}

/* Executes one slot.  Returns the budget left; *check: a check point was reached. */
static s64 observe_slot(struct cpu *cpu, s64 budget, bool *check)
{
    struct insn cells[2];
    u64 psr = cpu->psr;
    unsigned pos = (cpu->ip >> 4 & 0xff) * 3 + cpu->ri;

    open_account(cpu, budget, budget, pos);
    cut_short(cpu);
    cpu->sequential = false;
    if (icache_fetch_slot(cpu, &cells[0])) {
        bool hook = cpu->observe & (OBS_HOOK | OBS_WATCH);
        cells[1] = cells[0];
        cells[1].exec = observed_end;
        if (hook) tell_observer(cpu, &cells[0], false);
        for (const struct insn *in = cells; in;) in = in->exec(cpu, in);
        bool retired = has_retired(cpu);
        if (retired) after_slot(cpu, psr);
        budget = close_account(cpu);
        if (hook && retired) tell_observer(cpu, &cells[0], true);
    } else {
        budget = close_account(cpu);
    }
    *check = !cpu->sequential || ((cpu->ip & 0xfff) == 0 && cpu->ri == 0) || cpu->traps;
    return budget;
}

/* Is the slot at ip/ri one that someone waits for? */
static bool awaited(const struct cpu *cpu, enum cpu_exit *why)
{
    if (cpu->until_on && cpu->ip == cpu->until_ip && cpu->ri == 0) return *why = CPU_UNTIL, true;
    if (breakpoint_here(cpu)) return *why = CPU_BREAKPOINT, true;
    return false;
}

static s64 run_observed(struct cpu *cpu, s64 budget, bool exact)
{
    enum cpu_exit why;
    bool check = false;

    cpu->mid_block = true;
    while (!check) {
        if (exact && budget <= 0) break;
        bool watched = cpu->observe & OBS_WATCH;
        budget = observe_slot(cpu, budget, &check);
        if (watched) {
            set_observe(cpu, OBS_WATCH, false);
        } else if (watch_pending(cpu)) {
            check = false;
            continue;
        }
        if (awaited(cpu, &why)) break;
    }
    cpu->mid_block = !check;
    return budget;
}

/* Whatever asked for attention; true: leave with *why. */
static bool attend(struct cpu *cpu, enum cpu_exit *why)
{
    bool at_check_point = !cpu->mid_block || cpu->halted;

    if (unlikely(cpu->attention & ATTN_PAL)) pal_take_events(cpu, at_check_point);
    unsigned a = cpu->attention;
    bool may_interrupt = (cpu->psr & PSR_I) && !cpu->cfle && at_check_point;

    cpu->attention &= ~(unsigned)(ATTN_STOP | ATTN_HALT);
    if (cpu->fatal) return *why = CPU_FATAL, true;
    if (a & ATTN_STOP) return *why = CPU_STOPPED, true;
    if ((a & ATTN_HALT) && cpu->halted) return *why = CPU_HALTED, true;
    if ((a & ATTN_INTERRUPT) && may_interrupt) {
        cpu->attention &= ~(unsigned)ATTN_INTERRUPT;
        if (lsapic_deliverable(cpu)) interruption_external(cpu);
    }
    return false;
}

/* An interruption whose handler cannot even start raises the next, and so on: time would stand
 * still and no budget would ever end. */
#define FRUITLESS_MAX 10000

static void count_fruitless(struct cpu *cpu)
{
    u64 now = cpu_retired(cpu);

    if (now != cpu->fruitless_since) {
        cpu->fruitless_since = now;
        cpu->fruitless = 0;
    }
    if (++cpu->fruitless < FRUITLESS_MAX || cpu->fatal) return;
    g_autofree char *words = g_strdup_printf(
        "interruptions without end: %s at ip 0x%" G_GINT64_MODIFIER "x, and no instruction retires",
        interruption_name(cpu->fault.row), cpu->ip);
    cpu_fatal(cpu, words);
}

/* Raise what the last instruction left behind: a fault, or traps. */
static void raise_stopped(struct cpu *cpu)
{
    if (cpu->stop == STOP_FAULT || cpu->stop == STOP_FETCH) {
        cpu->stop = STOP_HERE;
        count_fruitless(cpu);
        cpu_deliver(cpu);
    } else if (unlikely(cpu->traps)) {
        interruption_traps(cpu);
    }
}

/* Mandatory loads after br.ret or rfi, on behalf of the instruction at ip. */
static bool fill_frame(struct cpu *cpu)
{
    bool watched = cpu->observe & OBS_WATCH;

    if (watched) tell_observer(cpu, NULL, false);
    cpu->watch_left = false;
    bool done = rse_fill_frame(cpu) == 0;
    if (watched) set_observe(cpu, OBS_WATCH, false);
    if (watched && done) tell_observer(cpu, NULL, true);
    if (done || cpu->watch_left) return done; /* not done: once more, under observation */
    count_fruitless(cpu);
    cpu_deliver(cpu);
    return false;
}

static enum cpu_exit run(struct cpu *cpu, u64 slots, bool exact)
{
    enum cpu_exit why = CPU_BUDGET;
    s64 budget = (s64)MIN(slots, (u64)INT64_MAX / 2);
    u64 start = cpu->ip | cpu->ri; /* resuming at a breakpoint executes it */
    bool moved = false;

    cpu->retired_base = cpu_retired(cpu);
    cpu->slice = cpu->debt = budget;
    cpu->left = 0;
    cpu->stop_pos = 0;
    for (;;) {
        if (!cpu->mid_block) lsapic_timer(cpu);
        if (unlikely(cpu->attention | cpu->fatal) && attend(cpu, &why)) break;
        if (budget <= 0 && (exact || !cpu->mid_block || !(cpu->observe & OBS_WATCH))) break;
        if (unlikely(cpu->cfle) && !fill_frame(cpu)) continue;
        moved |= budget != cpu->slice || (cpu->ip | cpu->ri) != start;
        if (moved && awaited(cpu, &why)) break;
        if (cpu->observe || breakpoint_in_page(cpu) || (exact && budget <= OVERSHOOT)) {
            budget = run_observed(cpu, budget, exact);
        } else {
            budget = run_fast(cpu, budget, exact ? budget - OVERSHOOT : budget);
        }
        raise_stopped(cpu);
    }
    return why;
}

enum cpu_exit cpu_run(struct cpu *cpu, u64 budget)
{
    return run(cpu, budget, false);
}

enum cpu_exit cpu_step(struct cpu *cpu, u64 n)
{
    return run(cpu, n, true);
}
