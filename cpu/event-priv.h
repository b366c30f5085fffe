/* How events arise inside cpu/.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EVENT_PRIV_H
#define CPU_EVENT_PRIV_H

#include <stddef.h>
#include <string.h>

#include "cpu/event.h"
#include "cpu/state-priv.h"

/* In cpu->listening, beside the kinds: PRIVOP events may come gathered. */
#define EVENTS_GATHERED (1u << 31)
_Static_assert(EVENT_KINDS < 31, "the kinds leave a bit");

/* Before anybody listens: what there is to tell of each instruction. */
void event_prepare(void);

/* The cell of this slot while somebody listens to `kinds`: a handler that tells of it, or NULL, the
 * usual one. */
exec_fn *event_handler(u32 kinds, const struct insn *in);

/* Whether EVENTS_GATHERED is there. */
void event_set_gathered(struct cpu *cpu, bool on);

static inline bool listens(const struct cpu *cpu, enum event_kind kind)
{
    return unlikely(cpu->listening >> kind & 1);
}

/* The processor is about to go to vector `offset` for cpu->fault. */
void event_interruption(struct cpu *cpu, unsigned offset, u64 isr) COLD;
/* cr.ivr was read, by the instruction at stop_pos. */
void event_irq(struct cpu *cpu, u64 vector) COLD;

/* The register that it names or, for indexed files, whose number its operand has; else -1. */
s32 event_register(const struct cpu *cpu, const struct insn *in);
bool event_is_indexed(const struct insn *in);
/* false: about to fault, or to be emulated, at this level: not ours. */
bool event_runs_here(const struct cpu *cpu, const struct insn *in);

/* ---- Gathering (event-gather.c) -------------------------------------------------------------- */

/* An instruction at a place, and how often it was executed without anybody being told. */
struct gather_site {
    u64 tag;  /* of page and privilege level; its lowest bit is always set */
    s32 sub;
    bool indexed; /* sub is the value of a register */
    u64 times;
    struct insn in;
};

#define GATHER_SITES 512
struct gather {
    unsigned shift;
    u64 period; /* time >> shift of all that is in here */
    u64 time;   /* of the last one */
    struct gather_site *last; /* it retired, or is just being executed; may be NULL */
    struct gather_site site[GATHER_SITES];
};

static inline u64 gather_tag(const struct cpu *cpu)
{
    return cpu->page_va | (cpu->psr >> PSR_CPL_SHIFT & 3) << 1 | 1;
}

static inline struct gather_site *gather_site(struct cpu *cpu, const struct insn *in)
{
    return &cpu->gather->site[(cpu->page_va >> 7 ^ in->pos) % GATHER_SITES];
}

static inline bool same_insn(const struct insn *a, const struct insn *b)
{
    return a->imm == b->imm && !memcmp(&a->r1, &b->r1, sizeof(*a) - offsetof(struct insn, r1));
}

/* One more of a known place; false: gather_first has to see it. */
static inline bool gather_again(struct cpu *cpu, const struct insn *in)
{
    struct gather *g = cpu->gather;
    struct gather_site *s = gather_site(cpu, in);
    u64 time = time_at(cpu, in->pos);

    if (time >> g->shift != g->period || s->tag != gather_tag(cpu) || !same_insn(&s->in, in) ||
        (s->indexed && s->sub != event_register(cpu, in))) {
        return false;
    }
    s->times++;
    g->time = time;
    g->last = s;
    return true;
}

/* The first of its place in this period, if it is ours at all. */
void gather_first(struct cpu *cpu, const struct insn *in);
/* The instruction at `pos` did not retire. */
void gather_undo(struct cpu *cpu, unsigned pos);

#endif
