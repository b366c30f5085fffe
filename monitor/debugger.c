/* Run control.  The scheduler hands every piece of work to debugger_run instead of cpu_run; there
 * the machine stops, in the middle of whatever the scheduler was doing, and goes on from the same
 * point.  How long a person looks never shows in the guest, because time is retired slots.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/debug-priv.h"

#define PIECE 500000      /* slots between two looks at the socket, a few milliseconds */
#define POLL_EVERY 16     /* pieces may be short: do not look each time */

struct debugger *debugger_new(const struct debug_target *target)
{
    struct debugger *d = g_new0(struct debugger, 1);
    d->target = *target;
    d->breakpoints = g_array_new(FALSE, FALSE, sizeof(struct breakpoint));
    d->watchpoints = g_array_new(FALSE, FALSE, sizeof(struct watchpoint));
    return d;
}

/* The processors get the places without owners; all the same, since they run the same code. */
static void install(struct debugger *d, const u64 *extra)
{
    const struct debug_target *t = &d->target;
    GArray *places = g_array_new(FALSE, FALSE, sizeof(u64));
    for (unsigned i = 0; i < d->breakpoints->len; i++) {
        g_array_append_val(places, g_array_index(d->breakpoints, struct breakpoint, i).place);
    }
    if (extra) g_array_append_val(places, *extra);
    const u64 *list = (const void *)places->data;
    if (t->set_breakpoints) t->set_breakpoints(t->opaque, list, places->len);
    for (unsigned i = 0; !t->set_breakpoints && i < debug_cpu_count(d); i++) {
        cpu_set_breakpoints(debug_cpu(d, i), list, places->len);
    }
    g_array_free(places, TRUE);
}

static void install_watchpoints(struct debugger *d, bool any)
{
    const struct debug_target *t = &d->target;
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct mmu_watch));
    for (unsigned i = 0; any && i < d->watchpoints->len; i++) {
        const struct watchpoint *w = &g_array_index(d->watchpoints, struct watchpoint, i);
        struct mmu_watch m = { w->addr, w->len, (w->how & WATCH_READ ? MMU_READ : 0) |
                                                (w->how & WATCH_WRITE ? MMU_WRITE : 0) };
        g_array_append_val(list, m);
    }
    t->watch(t->opaque, (const void *)list->data, list->len, debugger_observe, d);
    g_array_free(list, TRUE);
}

/* The branch ring needs to see every slot, which is several times slower; watchpoints only where
 * the processor cannot tell of references to watched bytes. */
static void choose_loop(struct debugger *d)
{
    const struct debug_target *t = &d->target;
    bool wanted = d->record_branches || (d->watchpoints->len > 0 && !t->watch);
    if (wanted && !d->observing && t->observe) {
        t->observe(t->opaque, debugger_observe, d);
        d->observing = true;
    }
    if (!wanted && d->observing && t->unobserve) {
        t->unobserve(t->opaque, debugger_observe, d);
        d->observing = false;
    }
    if (t->watch) install_watchpoints(d, !wanted);
}

void debugger_free(struct debugger *d)
{
    if (!d) return;
    g_array_set_size(d->breakpoints, 0);
    g_array_set_size(d->watchpoints, 0);
    d->record_branches = false;
    install(d, NULL);
    choose_loop(d);
    g_array_free(d->breakpoints, TRUE);
    g_array_free(d->watchpoints, TRUE);
    g_free(d);
}

/* --- what to stop at -------------------------------------------------------------------------- */

/* The X instruction of an MLX bundle is executed, and therefore found, as slot 1. */
static u64 true_place(struct debugger *d, u64 place)
{
    u64 low;
    struct physmem *pm = d->target.physmem(d->target.opaque);
    bool slot2 = (place & 15) == 2;
    if (!slot2 || !view_read_u64(debug_cpu(d, 0), pm, place & ~15ull, &low)) return place;
    return (low & 0x1e) == 0x04 ? place - 1 : place;
}

unsigned debugger_add_breakpoint(struct debugger *d, u64 place, enum debug_owner owner)
{
    struct breakpoint b = { place, true_place(d, place), owner, ++d->next_number };
    g_array_append_val(d->breakpoints, b);
    install(d, NULL);
    return b.number;
}

unsigned debugger_add_watchpoint(struct debugger *d, u64 addr, u64 len, unsigned how,
                                 enum debug_owner owner)
{
    struct watchpoint w = { addr, len, how, owner, ++d->next_number };
    g_array_append_val(d->watchpoints, w);
    choose_loop(d);
    return w.number;
}

bool debugger_remove_breakpoint(struct debugger *d, u64 place, enum debug_owner owner)
{
    for (unsigned i = 0; i < d->breakpoints->len; i++) {
        const struct breakpoint *b = &g_array_index(d->breakpoints, struct breakpoint, i);
        if (b->asked != place || b->owner != owner) continue;
        g_array_remove_index(d->breakpoints, i);
        install(d, NULL);
        return true;
    }
    return false;
}

bool debugger_remove_watchpoint(struct debugger *d, u64 addr, u64 len, unsigned how,
                                enum debug_owner owner)
{
    for (unsigned i = 0; i < d->watchpoints->len; i++) {
        const struct watchpoint *w = &g_array_index(d->watchpoints, struct watchpoint, i);
        if (w->addr != addr || w->len != len || w->how != how || w->owner != owner) continue;
        g_array_remove_index(d->watchpoints, i);
        choose_loop(d);
        return true;
    }
    return false;
}

bool debugger_remove_number(struct debugger *d, unsigned number)
{
    for (unsigned i = 0; i < d->breakpoints->len; i++) {
        if (g_array_index(d->breakpoints, struct breakpoint, i).number != number) continue;
        g_array_remove_index(d->breakpoints, i);
        install(d, NULL);
        return true;
    }
    for (unsigned i = 0; i < d->watchpoints->len; i++) {
        if (g_array_index(d->watchpoints, struct watchpoint, i).number != number) continue;
        g_array_remove_index(d->watchpoints, i);
        choose_loop(d);
        return true;
    }
    return false;
}

void debugger_remove_all(struct debugger *d, enum debug_owner owner)
{
    for (unsigned i = d->breakpoints->len; i-- > 0;) {
        if (g_array_index(d->breakpoints, struct breakpoint, i).owner != owner) continue;
        g_array_remove_index(d->breakpoints, i);
    }
    for (unsigned i = d->watchpoints->len; i-- > 0;) {
        if (g_array_index(d->watchpoints, struct watchpoint, i).owner != owner) continue;
        g_array_remove_index(d->watchpoints, i);
    }
    install(d, NULL);
    choose_loop(d);
}

void debugger_record_branches(struct debugger *d, bool on)
{
    d->record_branches = on;
    for (unsigned i = 0; i < DEBUG_CPUS; i++) d->cpus[i].last_known = false;
    choose_loop(d);
}

void debugger_pause(struct debugger *d)
{
    d->pause = true;
}

void debugger_quit(struct debugger *d)
{
    d->over = true;
    if (d->target.quit) d->target.quit(d->target.opaque);
}

/* --- stopping --------------------------------------------------------------------------------- */

static bool present(const struct debug_front *front)
{
    return front->stopped && (!front->present || front->present(front->opaque));
}

static const struct debug_front *choose_front(const struct debugger *d)
{
    if (d->console_wants && present(&d->console)) return &d->console;
    if (present(&d->gdb)) return &d->gdb;
    return present(&d->console) ? &d->console : NULL;
}

static void look(struct debugger *d, bool on)
{
    if (d->target.looking) d->target.looking(d->target.opaque, on);
}

/* Somebody looks; d->how says how to go on. */
static void stop(struct debugger *d, struct debug_stop what)
{
    const struct debug_front *front = choose_front(d);
    d->pause = false;
    d->how = (struct debug_resume){ 0 };
    look(d, true);
    if (front) front->stopped(front->opaque, &what, &d->how);
    look(d, false);
    install(d, NULL);
    if (d->reset) d->target.reset(d->target.opaque);
    d->reset = false;
    struct debug_cpu *c = &d->cpus[cpu_id(what.cpu)];
    c->left_place = cpu_place(what.cpu);
    c->left_retired = cpu_retired(what.cpu);
}

static bool at_breakpoint(const struct debugger *d, const struct cpu *cpu, bool *gdbs)
{
    bool any = false;
    const struct debug_cpu *c = &d->cpus[cpu_id(cpu)];
    u64 place = cpu_place(cpu);
    if (c->left_place == place && c->left_retired == cpu_retired(cpu)) return false;
    for (unsigned i = 0; i < d->breakpoints->len; i++) {
        const struct breakpoint *b = &g_array_index(d->breakpoints, struct breakpoint, i);
        any |= b->place == place;
        *gdbs |= b->place == place && b->owner == OWNER_GDB;
    }
    return any;
}

/* One slot of whoever steps; true: that was the last. */
static bool step_done(struct debugger *d, struct cpu *cpu)
{
    u64 place = cpu_place(cpu);
    if (place >= d->how.lo && place < d->how.hi) return false;
    return d->how.hi || --d->how.count == 0;
}

/* After `cpu` has run: does somebody want to see this? */
static bool reason_to_stop(struct debugger *d, struct cpu *cpu, bool stepped,
                           struct debug_stop *what)
{
    *what = (struct debug_stop){ .cpu = cpu };
    if (d->hit_set) {
        *what = d->hit;
        d->hit_set = false;
        return true;
    }
    if (at_breakpoint(d, cpu, &what->gdbs)) {
        what->why = DEBUG_BREAKPOINT;
        return true;
    }
    what->why = DEBUG_STEPPED;
    return stepped && step_done(d, cpu);
}

/* With the other processors standing still, time does not move but for the one that steps. */
static void step_alone(struct debugger *d)
{
    struct cpu *cpu = d->how.step;
    struct debug_stop what;
    cpu_step(cpu, 1);
    if (!reason_to_stop(d, cpu, true, &what)) return;
    stop(d, what);
}

static void look_for_input(struct debugger *d)
{
    if (d->over) return;
    if (d->gdb.poll && d->gdb.poll(d->gdb.opaque)) d->pause = true;
}

void debugger_poll(void *debugger)
{
    struct debugger *d = debugger;
    if (++d->polls % POLL_EVERY == 0) look_for_input(d);
}

enum cpu_exit debugger_run(void *debugger, struct cpu *cpu, u64 budget)
{
    struct debugger *d = debugger;
    struct debug_stop what;
    debugger_poll(d);
    if (d->pause) stop(d, (struct debug_stop){ .why = DEBUG_PAUSED, .cpu = cpu });
    while (d->how.alone && d->how.step && debug_cpu_count(d) > 1 && !debugger_is_over(d)) {
        step_alone(d);
    }
    if (debugger_is_over(d)) return CPU_STOPPED;
    bool step = d->how.step == cpu;
    u64 retired = cpu_retired(cpu), place = cpu_place(cpu);
    enum cpu_exit why = step ? cpu_step(cpu, 1) : cpu_run(cpu, MIN(budget, PIECE));
    bool moved = cpu_retired(cpu) != retired || cpu_place(cpu) != place;
    if (reason_to_stop(d, cpu, step && moved, &what)) stop(d, what);
    return why;
}

/* Called while a slot is observed: leave behind it. */
void debugger_hit(struct debugger *d, struct cpu *cpu, const struct debug_stop *what)
{
    u64 here = cpu_place(cpu);
    d->hit = *what;
    d->hit_set = true;
    install(d, &here);
}
