/* The report of several workloads at a glance: operations down, phases across, per iteration.  An
 * operation's own line is what happens natively; the lines below it tell what became of it in a
 * domain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/privops-priv.h"

#define LABEL 33
#define CELL_MIN 7
#define LEAST 0.005 /* what would print as 0.00 */

/* What a column means for a line of this kind. */
static const char *word_for(const struct report_line *l, enum column c)
{
    static const char *const words[COLUMNS] = { "", "ran", "trapped", "called" };
    if (c == CALLED && l->kind == LINE_INTERRUPTION) return "reflected";
    return c == CALLED && l->kind == LINE_EVENT ? "in a domain" : words[c];
}

struct matrix {
    const struct report *r;
    FILE *out;
    const char *group; /* of the last line */
    unsigned left_out;
};

static bool is_column(const struct matrix *m, unsigned phase)
{
    const struct report_phase *p = report_phase_at(m->r, phase);
    return report_times(p, NATIVE) || report_times(p, CALLED);
}

static int width_of(const struct matrix *m, unsigned phase)
{
    return MAX(CELL_MIN, (int)strlen(report_phase_at(m->r, phase)->name) + 1);
}

static double rate(const struct matrix *m, const struct report_line *l, unsigned phase,
                   enum column c)
{
    u64 times = report_times(report_phase_at(m->r, phase), c);
    return (double)report_cell(m->r, l, phase, c) / (double)MAX(times, 1);
}

static bool shows(const struct matrix *m, const struct report_line *l, enum column c)
{
    for (unsigned i = 0; i < m->r->phases->len; i++) {
        if (is_column(m, i) && rate(m, l, i, c) >= LEAST) return true;
    }
    return false;
}

static void print_cells(const struct matrix *m, const struct report_line *l, enum column c)
{
    for (unsigned i = 0; i < m->r->phases->len; i++) {
        if (!is_column(m, i)) continue;
        u64 n = rate(m, l, i, c) < LEAST ? 0 : report_cell(m->r, l, i, c);
        report_print_rate(m->out, width_of(m, i), n, report_times(report_phase_at(m->r, i), c));
    }
    fputc('\n', m->out);
}

static void print_group(struct matrix *m, const struct report_line *l)
{
    if (!m->group || strcmp(m->group, l->group)) fprintf(m->out, "%s\n", l->group);
    m->group = l->group;
}

/* It happened, but so rarely that nothing would be seen. */
static bool is_rare(const struct matrix *m, const struct report_line *l)
{
    for (unsigned i = 0; i < m->r->phases->len; i++) {
        if (is_column(m, i) && !report_line_is_empty(m->r, l, i)) return true;
    }
    return false;
}

static void print_own(struct matrix *m, const struct report_line *l)
{
    fprintf(m->out, "  %-*.*s", LABEL - 2, LABEL - 3, l->name);
    print_cells(m, l, NATIVE);
}

/* Of what only a domain does: the way on the same line, if it is not plain. */
static void print_only(struct matrix *m, const struct report_line *l, enum column c)
{
    bool plain = l->kind == LINE_HYPERCALL;
    char *name = plain ? g_strdup(l->name) : g_strdup_printf("%s (%s)", l->name, word_for(l, c));
    fprintf(m->out, "  %-*.*s", LABEL - 2, LABEL - 3, name);
    print_cells(m, l, c);
    g_free(name);
}

static void print_line(struct matrix *m, const struct report_line *l)
{
    enum column shown[COLUMNS];
    unsigned n = 0;
    for (enum column c = 0; c < COLUMNS; c++) {
        if (shows(m, l, c)) shown[n++] = c;
    }
    if (!n) {
        m->left_out += is_rare(m, l);
        return;
    }
    print_group(m, l);
    if (n == 1 && shown[0] != NATIVE) {
        print_only(m, l, shown[0]);
        return;
    }
    print_own(m, l);
    for (unsigned i = shown[0] == NATIVE; i < n; i++) {
        fprintf(m->out, "    %-*s", LABEL - 4, word_for(l, shown[i]));
        print_cells(m, l, shown[i]);
    }
}

static void print_head(const struct matrix *m)
{
    fprintf(m->out, "\n%-*s", LABEL, "each time");
    for (unsigned i = 0; i < m->r->phases->len; i++) {
        if (is_column(m, i)) fprintf(m->out, "%*s", width_of(m, i), report_phase_at(m->r, i)->name);
    }
    fputc('\n', m->out);
}

bool report_has_matrix(const struct report *r)
{
    struct matrix m = { .r = r };
    unsigned columns = 0;
    for (unsigned i = 0; i < r->phases->len; i++) columns += is_column(&m, i);
    return columns > 1;
}

void report_matrix(const struct report *r, FILE *out)
{
    struct matrix m = { .r = r, .out = out };
    print_head(&m);
    for (unsigned i = 0; i < r->lines->len; i++) print_line(&m, r->lines->pdata[i]);
    fprintf(out, "\nAn operation's own line is what the bare machine does; in a domain the same is "
            "trapped and emulated,\ncalled for (hyperprivop, hypercall), run unnoticed, or not "
            "needed; interruptions are reflected.\n");
    if (m.left_out) {
        fprintf(out, "%u more happened less than once in 200 times; --detail shows all.\n",
                m.left_out);
    }
}
