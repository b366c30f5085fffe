/* Events of the processors find their listeners.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/machine-priv.h"

struct listener {
    event_sink *fn;
    void *opaque;
    u32 kinds;
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

static void tell_processors(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) cpu_listen(m->cpus[i], wanted(m));
}

void listen_added(struct machine *m, struct cpu *cpu)
{
    if (m->listeners->len) cpu_listen(cpu, wanted(m));
}

void machine_listen(struct machine *m, u32 kinds, event_sink *fn, void *opaque)
{
    struct listener l = { fn, opaque, kinds };
    g_array_append_val(m->listeners, l);
    tell_processors(m);
}

void machine_unlisten(struct machine *m, event_sink *fn, void *opaque)
{
    for (unsigned i = m->listeners->len; i-- > 0;) {
        const struct listener *l = listener(m, i);
        if (l->fn == fn && l->opaque == opaque) g_array_remove_index(m->listeners, i);
    }
    tell_processors(m);
}
