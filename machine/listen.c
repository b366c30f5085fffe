/* Events of the processors find their listeners.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/machine-priv.h"

struct listener {
    event_sink *fn;
    void *opaque;
    u32 kinds;
    unsigned shift; /* of a counter; 0: wants every single event */
};

GArray *listen_list(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct listener));
}

static const struct listener *listener(const struct machine *m, unsigned i)
{
    return &g_array_index(m->listeners, struct listener, i);
}

void listen_event(void *opaque, struct cpu *cpu, const struct event *e)
{
    struct machine *m = opaque;
    for (unsigned i = 0; i < m->listeners->len; i++) {
        const struct listener *l = listener(m, i);
        if (l->kinds >> e->kind & 1) l->fn(l->opaque, cpu, e);
    }
}

static u32 wanted(const struct machine *m)
{
    u32 kinds = 0;
    for (unsigned i = 0; i < m->listeners->len; i++) kinds |= listener(m, i)->kinds;
    return kinds;
}

/* The least of all, and 0 unless all who would hear of it gathered may. */
static unsigned wanted_shift(const struct machine *m)
{
    unsigned shift = 0;
    for (unsigned i = 0; i < m->listeners->len; i++) {
        const struct listener *l = listener(m, i);
        if (!(l->kinds & EVENT_BIT(PRIVOP))) continue;
        if (!l->shift) return 0;
        shift = shift ? MIN(shift, l->shift) : l->shift;
    }
    return shift;
}

static void tell_processor(struct machine *m, struct cpu *cpu)
{
    cpu_listen(cpu, wanted(m));
    cpu_gather(cpu, wanted_shift(m));
}

static void tell_processors(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) tell_processor(m, m->cpus[i]);
}

void listen_added(struct machine *m, struct cpu *cpu)
{
    if (m->listeners->len) tell_processor(m, cpu);
}

static void add(struct machine *m, struct listener l)
{
    g_array_append_val(m->listeners, l);
    tell_processors(m);
}

void machine_listen(struct machine *m, u32 kinds, event_sink *fn, void *opaque)
{
    add(m, (struct listener){ fn, opaque, kinds, 0 });
}

static struct listener *find(struct machine *m, event_sink *fn, const void *opaque)
{
    for (unsigned i = 0; i < m->listeners->len; i++) {
        struct listener *l = &g_array_index(m->listeners, struct listener, i);
        if (l->fn == fn && l->opaque == opaque) return l;
    }
    return NULL;
}

void machine_count(struct machine *m, u32 kinds, event_sink *fn, void *opaque, unsigned shift)
{
    struct listener *l = find(m, fn, opaque);

    if (!l) {
        add(m, (struct listener){ fn, opaque, kinds, shift });
        return;
    }
    l->kinds = kinds;
    l->shift = shift;
    tell_processors(m);
}

void machine_hand_over(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) cpu_hand_over(m->cpus[i]);
}

void machine_unlisten(struct machine *m, event_sink *fn, void *opaque)
{
    machine_hand_over(m);
    for (unsigned i = m->listeners->len; i-- > 0;) {
        const struct listener *l = listener(m, i);
        if (l->fn == fn && l->opaque == opaque) g_array_remove_index(m->listeners, i);
    }
    tell_processors(m);
}
