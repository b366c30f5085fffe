/* Who runs, and for how long.
 *
 * Time goes in rounds.  A round has a target: the next event of the clock, and with several
 * processors at most QUANTUM ticks.  Each processor in turn runs, or dozes, until its own time has
 * reached the target; then the clock moves and events happen.  The target depends on guest state
 * only, and a processor stops at the first check point behind it, so --slice, which cuts the way
 * there into pieces, cannot change anything the guest sees.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/machine-priv.h"
#include "machine/native.h"
#include "machine/xen.h"

#define QUANTUM 10000 /* ticks that processors may be apart */
/* cpu_run overshoots by less than the slots of a 4 KiB page. */
#define OVERSHOOT 768
#define STOP_LOOK 100000 /* slots between two looks at somebody's wish to stop */

static bool all_halted(const struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (!cpu_is_halted(m->cpus[i])) return false;
    }
    return true;
}

/* Time at which a dozing processor's interval timer fires; UINT64_MAX: never. */
static u64 alarm_time(const struct cpu *cpu)
{
    u64 ticks;
    return cpu_next_timer(cpu, &ticks) ? cpu_time(cpu) + ticks : UINT64_MAX;
}

/* UINT64_MAX: nothing is ever going to happen by itself. */
static u64 next_target(const struct machine *m)
{
    u64 target = UINT64_MAX;
    clock_next(m->clock, &target);
    if (all_halted(m)) {
        for (unsigned i = 0; i < m->ncpus; i++) target = MIN(target, alarm_time(m->cpus[i]));
    } else if (m->ncpus > 1) {
        target = MIN(target, m->now + QUANTUM);
    }
    return MAX(target, m->now + 1); /* machine_skip_time may have jumped over a timer */
}

/* Let the time of a halted processor pass, up to its timer or the target.  Running for no slots
 * lets the timer fire and an interrupt, if one has come, be taken. */
static void doze(struct cpu *cpu, u64 target)
{
    u64 until = MIN(target, alarm_time(cpu)), now = cpu_time(cpu);
    if (until > now) cpu_skip_time(cpu, until - now);
    cpu_run(cpu, 0);
    if (cpu_interrupt_pending(cpu)) cpu_wake(cpu);
}

void machine_skip_time(struct machine *m, u64 ticks)
{
    for (unsigned i = 0; i < m->ncpus; i++) cpu_skip_time(m->cpus[i], ticks);
    m->now += ticks;
}

/* The slots that --max-insns leaves. */
static u64 allowance(const struct machine *m)
{
    u64 most = m->config->max_insns, retired = machine_retired(m);
    if (!most) return UINT64_MAX;
    return most > retired ? most - retired : 0;
}

static enum cpu_exit run_cpu(struct machine *m, struct cpu *cpu, u64 budget)
{
    const struct machine_debugger *d = &m->debugger;
    return d->run ? d->run(d->opaque, cpu, budget) : cpu_run(cpu, budget);
}

static enum cpu_exit run_piece(struct machine *m, struct cpu *cpu, u64 budget)
{
    u64 left = allowance(m);
    if (m->config->slice) budget = MIN(budget, m->config->slice);
    if (m->stop_flag) budget = MIN(budget, STOP_LOOK);
    if (left > OVERSHOOT) return run_cpu(m, cpu, MIN(budget, left - OVERSHOOT));
    return cpu_step(cpu, MIN(budget, left));
}

/* A piece may end just where --until wants to stop; cpu_run would then start from there. */
static bool until_reached(const struct machine *m, const struct cpu *cpu)
{
    const struct maybe_u64 *until = &m->config->until;
    return until->set && cpu_ip(cpu) == (until->value & ~15ull) && cpu_ri(cpu) == 0;
}

/* A store of this processor matters to the others only where their ALATs watch. */
static void tell_alats(struct machine *m, struct cpu *cpu)
{
    u64 watched = 0;
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (m->cpus[i] != cpu) watched |= cpu_alat_granules(m->cpus[i]);
    }
    cpu_alat_others(cpu, watched);
}

static void run_until(struct machine *m, struct cpu *cpu, u64 target)
{
    m->current = cpu;
    if (m->ncpus > 1) tell_alats(m, cpu);
    while (!m->ended && cpu_time(cpu) < target) {
        if (machine_must_stop(m)) {
            machine_end(m, END_EXIT, cpu, 0, "stopped by a signal");
            break;
        }
        if (cpu_is_halted(cpu)) {
            if (target == UINT64_MAX && alarm_time(cpu) == UINT64_MAX) break;
            doze(cpu, target);
            continue;
        }
        enum cpu_exit why = run_piece(m, cpu, target - cpu_time(cpu));
        if (why == CPU_FATAL) machine_end(m, END_GUEST, cpu, 0, "the processor gave up");
        panic_noticed(m, cpu); /* also where a piece, or somebody's step, ended there */
        if (why == CPU_UNTIL || (why == CPU_BUDGET && until_reached(m, cpu))) {
            machine_end(m, END_UNTIL, cpu, 0, "--until: the bundle was reached");
        }
        if (allowance(m) == 0) {
            machine_end(m, END_MAX_INSNS, cpu, 0, "--max-insns: %" G_GINT64_MODIFIER
                        "u slots have retired", machine_retired(m));
        }
        u64 event = UINT64_MAX;
        if (clock_next(m->clock, &event)) target = MIN(target, event);
    }
    m->current = NULL;
}

static void run_round(struct machine *m)
{
    if (m->debugger.poll) m->debugger.poll(m->debugger.opaque);
    if (machine_must_stop(m)) machine_end(m, END_EXIT, m->cpus[0], 0, "stopped by a signal");
    u64 target = next_target(m);
    if (target == UINT64_MAX && all_halted(m)) {
        machine_end(m, END_STUCK, m->cpus[0], 0,
                    "the guest has halted, and nothing can ever wake it");
        return;
    }
    u64 now = UINT64_MAX;
    for (unsigned i = 0; i < m->ncpus; i++) {
        run_until(m, m->cpus[i], target);
        now = MIN(now, cpu_time(m->cpus[i]));
    }
    m->now = MAX(m->now, now);
    if (!m->ended) clock_advance(m->clock, m->now);
}

struct machine_result machine_run(struct machine *m)
{
    if (m->config->until.set) cpu_set_until(m->cpus[0], true, m->config->until.value);
    do {
        while (!m->ended) run_round(m);
    } while ((m->native && native_restarts(m->native)) || (m->xen && xen_restarts(m->xen)));
    if (m->xen) xen_reveal(m->xen, true);
    return m->result;
}
