/* The report as CSV (RFC 4180), one table of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/bits.h"
#include "monitor/privops-priv.h"

const char *const csv_tables[] = { "operations", "counters", "timeline", NULL };

/* Quotes around everything that is text, quotes inside doubled. */
static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; text && *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_texts(const char *const *texts, unsigned n, FILE *out)
{
    for (unsigned i = 0; i < n; i++) {
        print_quoted(texts[i], out);
        fputc(',', out);
    }
}

/* --- operations ------------------------------------------------------------------------------- */

static void operation_row(const struct report *r, const struct report_line *l, unsigned phase,
                          FILE *out)
{
    const struct report_phase *p = report_phase_at(r, phase);
    const char *const texts[] = { l->group, l->name, l->xen };
    print_texts(&p->name, 1, out);
    for (enum way w = 0; w < WAYS; w++) fprintf(out, "%" PRIu64 ",", p->iterations[w]);
    for (enum way w = 0; w < WAYS; w++) fprintf(out, "%" PRIu64 ",", p->retired[w]);
    print_texts(texts, ARRAY_LEN(texts), out);
    for (enum column c = 0; c < COLUMNS; c++) {
        fprintf(out, "%s%" PRIu64, c ? "," : "", report_cell(r, l, phase, c));
    }
    fputs("\r\n", out);
}

static void operations(const struct report *r, FILE *out)
{
    fprintf(out, "phase,native_iterations,domain_iterations,native_slots,domain_slots,group,"
            "operation,xen_counter");
    for (enum column c = 0; c < COLUMNS; c++) fprintf(out, ",%s", column_names[c]);
    fputs("\r\n", out);
    for (unsigned phase = 0; phase < r->phases->len; phase++) {
        for (unsigned i = 0; i < r->lines->len; i++) {
            const struct report_line *l = r->lines->pdata[i];
            if (!report_line_is_empty(r, l, phase)) operation_row(r, l, phase, out);
        }
    }
}

/* --- counters --------------------------------------------------------------------------------- */

struct counters {
    const struct report *r;
    enum way way;
    FILE *out;
};

static void counter_row(void *opaque, const struct place *p)
{
    const struct counters *c = opaque;
    const struct run_record *run = c->r->run[c->way];
    const char *phase = tally_phase(run->tally, p->phase)->name;
    struct site_name at = run_name(run, p->ip);
    char *name = place_label(p), *xen = place_xen_counter(p, c->way);
    const char *const texts[] = { event_kind_name(p->kind), name, xen, at.symbol, at.line };
    if (report_phase_named(c->r, phase) >= 0) {
        fprintf(c->out, "%s,", way_names[c->way]);
        print_texts(&phase, 1, c->out);
        fprintf(c->out, "%u,%u,0x%016" PRIx64 ",%u,", p->cpu, p->level, align_down(p->ip, 16),
                (unsigned)p->ip & 3);
        print_texts(texts, ARRAY_LEN(texts), c->out);
        fprintf(c->out, "%d,%" PRIu64 "\r\n", p->batched, p->count);
    }
    g_free(name);
    g_free(xen);
}

static void counters(const struct report *r, FILE *out)
{
    fputs("way,phase,processor,level,address,slot,kind,name,xen_counter,symbol,line,batched,"
          "count\r\n", out);
    for (enum way w = 0; w < WAYS; w++) {
        struct counters c = { r, w, out };
        tally_each(r->run[w]->tally, counter_row, &c);
    }
}

/* --- time line -------------------------------------------------------------------------------- */

static void timeline_rows(const struct run_record *run, enum way way, FILE *out)
{
    const struct timeline *t = tally_timeline(run->tally);
    double ns = 1e9 * (double)t->width / (double)run->itc_hz;
    for (unsigned i = 0; i < t->used; i++) {
        for (unsigned k = 0; k < EVENT_KINDS; k++) {
            if (!t->count[i][k]) continue;
            fprintf(out, "%s,%.0f,%.0f,%s,%" PRIu64 "\r\n", way_names[way], ns * i, ns * (i + 1),
                    event_kind_name((enum event_kind)k), t->count[i][k]);
        }
    }
}

static void timeline(const struct report *r, FILE *out)
{
    fputs("way,from_ns,to_ns,kind,count\r\n", out);
    for (enum way w = 0; w < WAYS; w++) timeline_rows(r->run[w], w, out);
}

void report_csv(const struct report *r, const char *table, FILE *out)
{
    if (!g_strcmp0(table, "counters")) {
        counters(r, out);
    } else if (!g_strcmp0(table, "timeline")) {
        timeline(r, out);
    } else {
        operations(r, out);
    }
}
