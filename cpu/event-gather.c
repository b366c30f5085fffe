/* Counters hear of privileged instructions in bulk.
 *
 * A kernel executes the same few of them again and again.  So their executions are added up here, in
 * a small table by place, and told as one event each when a period of time ends, when another place
 * needs the room, and whenever the sink asks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/event-priv.h"

void cpu_gather(struct cpu *cpu, unsigned shift)
{
    if (!shift && !cpu->gather) return; /* nobody ever counted */
    cpu_hand_over(cpu);
    if (!cpu->gather) cpu->gather = g_new0(struct gather, 1);
    cpu->gather->shift = MIN(shift, 63);
    cpu->gather->period = ~0ull;
    event_set_gathered(cpu, shift);
}

static void tell_site(struct cpu *cpu, struct gather_site *s)
{
    struct event e = {
        .kind = EVENT_PRIVOP, .number = s->in.row, .sub = s->sub,
        .ip = (align_down(s->tag, PHYS_PAGE_SIZE) + s->in.pos / 3 * 16u) | s->in.pos % 3,
        .psr = bits(s->tag, 2, 1) << PSR_CPL_SHIFT, .time = cpu->gather->time,
        .args = { s->in.imm }, .nargs = 1, .repeats = s->times - 1,
    };

    s->times = 0; /* before the sink comes back to us */
    cpu_tell(cpu, &e);
}

void cpu_hand_over(struct cpu *cpu)
{
    struct gather *g = cpu->gather;

    if (!g) return;
    for (unsigned i = 0; i < GATHER_SITES; i++) {
        if (g->site[i].times) tell_site(cpu, &g->site[i]);
    }
    g->last = NULL;
}

void gather_first(struct cpu *cpu, const struct insn *in)
{
    struct gather *g = cpu->gather;
    struct gather_site *s = gather_site(cpu, in);
    u64 time = time_at(cpu, in->pos);

    if (time >> g->shift != g->period) {
        cpu_hand_over(cpu);
        g->period = time >> g->shift;
    }
    g->last = NULL;
    if (!event_runs_here(cpu, in)) return;
    if (s->times) tell_site(cpu, s);
    *s = (struct gather_site){ gather_tag(cpu), event_register(cpu, in), event_is_indexed(in), 1, *in };
    g->time = time;
    g->last = s;
}

void gather_undo(struct cpu *cpu, unsigned pos)
{
    struct gather_site *s = cpu->gather->last;

    if (s && s->in.pos == pos && s->tag == gather_tag(cpu)) s->times--;
    cpu->gather->last = NULL;
}
