/* Two tallies become one table: a line per operation, a cell per phase, processor and column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/privops-priv.h"

const char *const column_names[COLUMNS] = { "native", "domain_direct", "domain_trapped",
                                            "domain_called" };
const char *const way_names[WAYS] = { "native", "domain" };

/* Beyond the rows of privops.def: groups of lines that come into being as they are met. */
static const char *const groups[] = {
    [LINE_OPERATION] = "other operations", [LINE_HYPERCALL] = "hypercalls",
    [LINE_FIRMWARE] = "firmware", [LINE_INTERRUPTION] = "interruptions", [LINE_EVENT] = "events",
};
#define ORDER(kind, n) (1000u * (1 + (kind)) + (n))

void run_record_clear(struct run_record *r)
{
    tally_free(r->tally);
    if (r->hot) g_array_free(r->hot, TRUE);
    if (r->names) g_hash_table_destroy(r->names);
    *r = (struct run_record){ 0 };
}

struct site_name run_name(const struct run_record *r, u64 ip)
{
    const struct site_name *n = r->names ? g_hash_table_lookup(r->names, &ip) : NULL;
    return n ? *n : (struct site_name){ 0 };
}

/* --- phases ----------------------------------------------------------------------------------- */

int report_phase_named(const struct report *r, const char *name)
{
    for (unsigned i = 0; i < r->phases->len; i++) {
        if (!strcmp(g_array_index(r->phases, struct report_phase, i).name, name)) return (int)i;
    }
    return -1;
}

static bool is_wanted(char **wanted, const char *name)
{
    return !wanted || g_strv_contains((const char *const *)wanted, name);
}

/* Nothing ran outside of phases: then the time between them is no phase. */
static bool is_idle(const struct phase *p)
{
    return !p->retired && !p->ticks && !p->begun;
}

static void add_phases(struct report *r, enum way way, char **wanted)
{
    const struct run_record *run = r->run[way];
    for (unsigned i = 0; i < tally_phases(run->tally); i++) {
        const struct phase *p = tally_phase(run->tally, i);
        if (is_idle(p) || !is_wanted(wanted, p->name)) continue;
        int at = report_phase_named(r, p->name);
        if (at < 0) {
            struct report_phase fresh = { .name = p->name };
            at = (int)r->phases->len;
            g_array_append_val(r->phases, fresh);
        }
        struct report_phase *mine = &g_array_index(r->phases, struct report_phase, (guint)at);
        mine->iterations[way] = p->iterations;
        mine->retired[way] = p->retired;
        mine->seconds[way] = (double)p->ticks / (double)run->itc_hz;
    }
}

u64 report_times(const struct report_phase *p, enum column c)
{
    return p->iterations[c == NATIVE ? WAY_NATIVE : WAY_DOMAIN];
}

double report_ratio(const struct report_phase *p)
{
    const u64 *retired = p->retired, *times = p->iterations;
    if (!retired[WAY_NATIVE] || !retired[WAY_DOMAIN]) return 0;
    double ratio = (double)retired[WAY_DOMAIN] / (double)retired[WAY_NATIVE];
    bool each = times[WAY_NATIVE] && times[WAY_DOMAIN];
    return each ? ratio * (double)times[WAY_NATIVE] / (double)times[WAY_DOMAIN] : ratio;
}

static bool check_wanted(const struct report *r, char **wanted, GError **err)
{
    for (char **w = wanted; w && *w; w++) {
        if (report_phase_named(r, *w) >= 0) continue;
        g_set_error(err, MONITOR_ERROR, 0, "--phases: the guest marks no phase '%s'", *w);
        return false;
    }
    return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void line_free(void *opaque)
{
    struct report_line *l = opaque;
    g_free(l->name);
    g_free(l->xen);
    g_free(l->cells);
    if (l->parts) g_ptr_array_free(l->parts, TRUE);
    g_free(l);
}

static struct report_line *line_new(const struct report *r, enum line_kind kind, char *name)
{
    struct report_line *l = g_new0(struct report_line, 1);
    l->kind = kind;
    l->name = name;
    l->cells = g_new0(u64, (gsize)r->phases->len * r->cpus * COLUMNS);
    return l;
}

static struct report_line *add_line(struct report *r, enum line_kind kind, unsigned order,
                                    char *name, char *xen)
{
    struct report_line *l = line_new(r, kind, name);
    l->order = order;
    l->group = groups[kind];
    l->xen = xen;
    l->parts = g_ptr_array_new_with_free_func(line_free);
    g_ptr_array_add(r->lines, l);
    return l;
}

/* A line is divided where it sums up several registers, or several of Xen's counters. */
static struct report_line *part_of(const struct report *r, struct report_line *l,
                                   const struct place *p, enum way way)
{
    bool insn = p->kind == EVENT_PRIVOP || p->kind == EVENT_TRAPPED;
    char *xen = insn ? NULL : place_xen_counter(p, way), *name = xen ? xen : place_label(p);
    for (unsigned i = 0; i < l->parts->len; i++) {
        struct report_line *part = l->parts->pdata[i];
        if (strcmp(part->name, name)) continue;
        g_free(name);
        return part;
    }
    struct report_line *part = line_new(r, l->kind, name);
    part->order = xen ? PART_PATH : PART_REGISTER;
    g_ptr_array_add(l->parts, part);
    return part;
}

static void add_operations(struct report *r)
{
    for (unsigned i = 0; i < operation_count(); i++) {
        const struct operation *op = operation(i);
        char *xen = *op->xen ? g_strdup(op->xen) : NULL;
        struct report_line *l = add_line(r, LINE_OPERATION, i, g_strdup(op->name), xen);
        l->group = op->group;
        l->text = op->text;
    }
}

/* Lines outside of privops.def: where they stand. */
static enum line_kind kind_of(const struct place *p, unsigned *order)
{
    switch (p->kind) {
    case EVENT_HYPERCALL: return *order = MIN(p->number, 999u), LINE_HYPERCALL;
    case EVENT_FIRMWARE: return *order = (unsigned)p->sub, LINE_FIRMWARE;
    case EVENT_REFLECT:
    case EVENT_INTERRUPTION: return *order = p->number >> 8, LINE_INTERRUPTION;
    case EVENT_UPCALL:
    case EVENT_IRQ:
    case EVENT_SEND: return *order = 0, LINE_EVENT;
    default: return *order = 0, LINE_OPERATION;
    }
}

static struct report_line *line_named(struct report *r, const struct place *p, enum way way)
{
    unsigned order;
    enum line_kind kind = kind_of(p, &order);
    char *name = place_label(p);
    for (unsigned i = operation_count(); i < r->lines->len; i++) {
        struct report_line *l = r->lines->pdata[i];
        if (l->kind != kind || strcmp(l->name, name)) continue;
        g_free(name);
        if (!l->xen) l->xen = place_xen_counter(p, way);
        return l;
    }
    return add_line(r, kind, ORDER(kind, order), name, place_xen_counter(p, way));
}

static struct report_line *line_of(struct report *r, const struct place *p, enum way way)
{
    int op = operation_of(p);
    return op >= 0 ? r->lines->pdata[op] : line_named(r, p, way);
}

static enum column column_of(enum way way, enum event_kind kind)
{
    if (way == WAY_NATIVE) return NATIVE;
    if (kind == EVENT_PRIVOP) return DIRECT;
    return kind == EVENT_TRAPPED ? TRAPPED : CALLED;
}

struct adding {
    struct report *r;
    enum way way;
};

static u64 *cell_at(const struct report *r, const struct report_line *l, unsigned phase,
                    unsigned cpu, enum column c)
{
    return &l->cells[(phase * r->cpus + cpu) * COLUMNS + c];
}

static void add_place(void *opaque, const struct place *p)
{
    struct adding *a = opaque;
    struct report *r = a->r;
    const struct phase *from = tally_phase(r->run[a->way]->tally, p->phase);
    int phase = report_phase_named(r, from->name);
    if (phase < 0) return;
    struct report_line *l = line_of(r, p, a->way);
    enum column c = column_of(a->way, p->kind);
    *cell_at(r, l, (unsigned)phase, p->cpu, c) += p->count;
    *cell_at(r, part_of(r, l, p, a->way), (unsigned)phase, p->cpu, c) += p->count;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct report_line *const *)a)->name, (*(struct report_line *const *)b)->name);
}

static int by_order(const void *a, const void *b)
{
    const struct report_line *x = *(struct report_line *const *)a;
    const struct report_line *y = *(struct report_line *const *)b;
    if (x->order != y->order) return x->order < y->order ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* --- life ------------------------------------------------------------------------------------- */

bool report_make(struct report *r, char **wanted, GError **err)
{
    r->phases = g_array_new(FALSE, FALSE, sizeof(struct report_phase));
    r->lines = g_ptr_array_new_with_free_func(line_free);
    for (enum way w = 0; w < WAYS; w++) {
        r->cpus = MAX(r->cpus, r->run[w]->cpus);
        add_phases(r, w, wanted);
    }
    if (!check_wanted(r, wanted, err)) {
        report_clear(r);
        return false;
    }
    add_operations(r);
    for (enum way w = 0; w < WAYS; w++) {
        struct adding a = { r, w };
        tally_each(r->run[w]->tally, add_place, &a);
    }
    g_ptr_array_sort(r->lines, by_order);
    for (unsigned i = 0; i < r->lines->len; i++) {
        g_ptr_array_sort(((struct report_line *)r->lines->pdata[i])->parts, by_name);
    }
    return true;
}

void report_clear(struct report *r)
{
    if (r->phases) g_array_free(r->phases, TRUE);
    if (r->lines) g_ptr_array_free(r->lines, TRUE);
    r->phases = NULL;
    r->lines = NULL;
}

u64 report_cell(const struct report *r, const struct report_line *l, unsigned phase, enum column c)
{
    u64 sum = 0;
    for (unsigned cpu = 0; cpu < r->cpus; cpu++) sum += *cell_at(r, l, phase, cpu, c);
    return sum;
}

u64 report_cpu_cell(const struct report *r, const struct report_line *l, unsigned phase,
                    unsigned cpu, enum column c)
{
    return *cell_at(r, l, phase, cpu, c);
}

u64 report_sum(const struct report *r, unsigned phase, enum column c, enum line_kind kind)
{
    u64 sum = 0;
    for (unsigned i = 0; i < r->lines->len; i++) {
        const struct report_line *l = r->lines->pdata[i];
        if (l->kind == kind) sum += report_cell(r, l, phase, c);
    }
    return sum;
}

bool report_line_is_empty(const struct report *r, const struct report_line *l, unsigned phase)
{
    for (enum column c = 0; c < COLUMNS; c++) {
        if (report_cell(r, l, phase, c)) return false;
    }
    return true;
}
