/* Events of the processor: who listens, and those that are not of single instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/event-priv.h"

#include <string.h>

#include "cpu/icache.h"

/* --- who listens ------------------------------------------------------------------------------ */

#define KINDS_OF_CELLS (EVENT_BIT(PRIVOP) | EVENT_BIT(TLB) | EVENT_BIT(MARK) | EVENTS_GATHERED)

static void listen_to(struct cpu *cpu, u32 kinds)
{
    u32 changed = cpu->listening ^ kinds;

    event_prepare();
    cpu->listening = kinds;
    if (changed & KINDS_OF_CELLS) icache_flush(cpu->icache);
    cpu_attend(cpu, 0); /* out of the cells of old */
}

void cpu_listen(struct cpu *cpu, u32 kinds)
{
    listen_to(cpu, kinds | (cpu->listening & EVENTS_GATHERED));
}

void event_set_gathered(struct cpu *cpu, bool on)
{
    listen_to(cpu, on ? cpu->listening | EVENTS_GATHERED : cpu->listening & ~EVENTS_GATHERED);
}

bool cpu_listens(const struct cpu *cpu, enum event_kind kind)
{
    return listens(cpu, kind);
}

void cpu_tell(struct cpu *cpu, const struct event *e)
{
    if (!listens(cpu, e->kind) || !cpu->hooks || !cpu->hooks->event) return;
    cpu->hooks->event(cpu->hooks->opaque, cpu, e);
}

struct event cpu_event(const struct cpu *cpu, enum event_kind kind, s32 number, s32 sub)
{
    return (struct event){ .kind = kind, .number = number, .sub = sub, .ip = cpu->ip | cpu->ri,
                           .psr = cpu->psr, .time = cpu_time(cpu) };
}

/* --- interruptions ---------------------------------------------------------------------------- */

void event_interruption(struct cpu *cpu, unsigned offset, u64 isr)
{
    struct event e = cpu_event(cpu, EVENT_INTERRUPTION, (s32)offset, cpu->fault.row);

    e.args[0] = isr;
    e.args[1] = cpu->fault.ifa;
    e.args[2] = cpu->fault.iim;
    e.nargs = 3;
    cpu_tell(cpu, &e);
}

void event_irq(struct cpu *cpu, u64 vector)
{
    struct event e = cpu_event(cpu, EVENT_IRQ, (s32)vector, -1);

    e.ip = (cpu->page_va + cpu->stop_pos / 3 * 16u) | cpu->stop_pos % 3;
    cpu_tell(cpu, &e);
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *const kind_names[EVENT_KINDS] = {
#define EVENT(id, name, number, sub, args, meaning) name,
#include "cpu/event.def"
};

const char *event_kind_name(enum event_kind kind)
{
    return kind < EVENT_KINDS ? kind_names[kind] : "?";
}

int event_kind_of(const char *name)
{
    for (int i = 0; i < EVENT_KINDS; i++) {
        if (!strcmp(kind_names[i], name)) return i;
    }
    return -1;
}

const char *event_tlb_name(enum event_tlb which)
{
    static const char *const names[TLB_KINDS] = {
#define EVENT_TLB(id, name, meaning) name,
#include "cpu/event_tlb.def"
    };
    return which < TLB_KINDS ? names[which] : "?";
}
