/* What needs to see every slot: watchpoints, and the ring of the last branches.
 *
 * The address of a reference is known before the slot executes (base update changes r3), that it
 * took place only behind it: a slot that faults touched nothing.  The stack engine's stores and
 * loads show as a move of AR.BSPSTORE.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "monitor/debug-priv.h"

static const struct {
    const char *name;
    u8 size;
} accesses[] = {
#define ACCESS(name, size) { name, size },
#include "monitor/access.def"
};

#define MEMORY_ATTRS (ATTR_LOAD | ATTR_STORE | ATTR_RMW)

unsigned insn_access_size(const struct insn *in)
{
    const struct insn_row *row = &insn_rows[in->row];
    if (!(row->attrs & MEMORY_ATTRS)) return 0;
    for (size_t i = 0; i < ARRAY_LEN(accesses); i++) {
        if (g_str_has_prefix(row->name, accesses[i].name)) return accesses[i].size;
    }
    return 0;
}

static const struct watchpoint *watched(const struct debugger *d, u64 addr, u64 len, unsigned how)
{
    for (unsigned i = 0; i < d->watchpoints->len; i++) {
        const struct watchpoint *w = &g_array_index(d->watchpoints, struct watchpoint, i);
        if ((w->how & how) && addr < w->addr + w->len && w->addr < addr + len) return w;
    }
    return NULL;
}

/* `in` is NULL around mandatory loads. */
static void note_access(const struct debugger *d, struct debug_cpu *c, const struct cpu *cpu,
                        const struct insn *in)
{
    u32 attrs = in ? insn_rows[in->row].attrs : 0;
    unsigned how = (attrs & (ATTR_LOAD | ATTR_RMW) ? WATCH_READ : 0) |
                   (attrs & (ATTR_STORE | ATTR_RMW) ? WATCH_WRITE : 0);
    c->access.maybe = false;
    c->access.bspstore = cpu_ar(cpu, AR_BSPSTORE_N);
    if (!how || !logical_pr(cpu, in->qp)) return;
    u64 addr = cpu_gr(cpu, in->r3, NULL);
    const struct watchpoint *w = watched(d, addr, insn_access_size(in), how);
    if (!w) return;
    c->access.maybe = true;
    c->access.addr = addr;
    c->access.hit = *w;
}

/* AR.BSPSTORE moved: what is between was stored (up) or loaded (down). */
static void note_stack(const struct debugger *d, struct debug_cpu *c, const struct cpu *cpu,
                       const struct insn *in)
{
    u64 old = c->access.bspstore, now = cpu_ar(cpu, AR_BSPSTORE_N), low = MIN(old, now);
    bool written_directly = in && g_str_has_prefix(insn_rows[in->row].meaning, "mov_to_ar");
    if (old == now || c->access.maybe || written_directly) return;
    const struct watchpoint *w = watched(d, low, MAX(old, now) - low,
                                         now > old ? WATCH_WRITE : WATCH_READ);
    if (!w) return;
    c->access.maybe = true;
    c->access.addr = w->addr;
    c->access.hit = *w;
}

static void report_access(struct debugger *d, struct debug_cpu *c, struct cpu *cpu,
                          const struct insn *in)
{
    note_stack(d, c, cpu, in);
    if (!c->access.maybe && !(d->hit_set && d->hit.cpu == cpu)) return;
    struct debug_stop what = { .why = DEBUG_WATCHPOINT, .cpu = cpu, .addr = c->access.addr,
        .hit = c->access.hit };
    debugger_hit(d, cpu, c->access.maybe ? &what : &d->hit);
    c->access.maybe = false;
}

/* --- branches --------------------------------------------------------------------------------- */

/* Does `now` follow `before` without a branch?  Slot 2 of an MLX bundle does not exist. */
static bool follows(u64 before, u64 now)
{
    return now == before + 1 || (now == (before & ~15ull) + 16 && (before & 15) != 0);
}

static void note_place(struct debug_cpu *c, u64 now, const struct insn *in)
{
    if (c->last_known && !follows(c->last_place, now)) {
        c->ring[c->branches++ % BRANCH_RING] =
            (struct branch){ c->last_place, now, !c->last_branch };
    }
    c->last_place = now;
    c->last_branch = insn_rows[in->row].attrs & ATTR_BRANCH;
    c->last_known = true;
}

void debugger_observe(void *opaque, struct cpu *cpu, const struct insn *in, bool after)
{
    struct debugger *d = opaque;
    struct debug_cpu *c = &d->cpus[cpu_id(cpu)];
    if (d->record_branches && in && !after) note_place(c, cpu_place(cpu), in);
    if (d->watchpoints->len == 0) return;
    if (after) {
        report_access(d, c, cpu, in);
    } else {
        note_access(d, c, cpu, in);
    }
}
