/* The report as text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "monitor/privops-priv.h"

/* --- numbers for people ----------------------------------------------------------------------- */

/* "12,345,678" */
static char *grouped(u64 n)
{
    char digits[24];
    GString *s = g_string_new("");
    int len = g_snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) g_string_append_c(s, ',');
        g_string_append_c(s, digits[i]);
    }
    return g_string_free(s, FALSE);
}

void report_print_count(FILE *out, int width, u64 n)
{
    char *text = n ? grouped(n) : g_strdup("-");
    fprintf(out, "%*s", width, text);
    g_free(text);
}

/* Per iteration: three digits that matter.  Without iterations the whole count. */
void report_print_rate(FILE *out, int width, u64 n, u64 iterations)
{
    if (!iterations || !n) {
        report_print_count(out, width, n);
        return;
    }
    double rate = (double)n / (double)iterations;
    char *whole = rate < 1000 ? NULL : grouped((u64)(rate + 0.5));
    if (whole) {
        fprintf(out, "%*s", width, whole);
    } else {
        fprintf(out, "%*.*f", width, rate < 10 ? 2 : 1, rate);
    }
    g_free(whole);
}

static void print_ratio(FILE *out, int width, const struct report_phase *p)
{
    double ratio = report_ratio(p);
    if (ratio > 0) {
        fprintf(out, "%*.3f", width, ratio);
    } else {
        fprintf(out, "%*s", width, "");
    }
}

/* --- summary ---------------------------------------------------------------------------------- */

static void print_head(const struct report *r, FILE *out)
{
    bool native = r->run[WAY_NATIVE]->took_place, domain = r->run[WAY_DOMAIN]->took_place;
    fprintf(out, "%s\nSHA-256 %s, booted %s%s%s\n\n", r->file, r->sha256, native ? "natively" : "",
            native && domain ? " and " : "", domain ? "as a Xen domain" : "");
}

static u64 calls(const struct report *r, unsigned phase)
{
    return report_sum(r, phase, CALLED, LINE_HYPERCALL) +
           report_sum(r, phase, CALLED, LINE_FIRMWARE);
}

/* "20", or "5/10" if the domain does it 10 times; to be freed.  NULL: nobody said. */
static char *times_of(const struct report *r, const struct report_phase *p)
{
    u64 native = p->iterations[WAY_NATIVE], domain = p->iterations[WAY_DOMAIN];
    if (!native && !domain) return NULL;
    char *one = grouped(native), *other = grouped(domain), *both;
    if (!r->run[WAY_NATIVE]->took_place || native == domain) {
        both = g_strdup(other);
    } else if (!r->run[WAY_DOMAIN]->took_place) {
        both = g_strdup(one);
    } else {
        both = g_strdup_printf("%s/%s", one, other);
    }
    g_free(one);
    g_free(other);
    return both;
}

static void print_summary_line(const struct report *r, unsigned i, FILE *out)
{
    const struct report_phase *p = report_phase_at(r, i);
    u64 native = report_times(p, NATIVE), domain = report_times(p, CALLED);
    char *times = times_of(r, p);
    fprintf(out, "%-22s%8s", p->name, times ? times : "-");
    report_print_rate(out, 13, p->retired[WAY_NATIVE], native);
    report_print_rate(out, 13, p->retired[WAY_DOMAIN], domain);
    print_ratio(out, 7, p);
    report_print_rate(out, 10, report_sum(r, i, NATIVE, LINE_OPERATION), native);
    report_print_rate(out, 9, report_sum(r, i, TRAPPED, LINE_OPERATION), domain);
    report_print_rate(out, 9, report_sum(r, i, CALLED, LINE_OPERATION), domain);
    report_print_rate(out, 9, calls(r, i), domain);
    fputc('\n', out);
    g_free(times);
}

static void print_summary(const struct report *r, FILE *out)
{
    fprintf(out, "%-22s%8s%26s%7s%10s%27s\n", "", "", "slots", "", "native",
            "domain: privileged by");
    fprintf(out, "%-22s%8s%13s%13s%7s%10s%9s%9s%9s\n", "phase, each time", "times", "native",
            "domain", "ratio", "privops", "trap", "hyperpr.", "hyperc.");
    for (unsigned i = 0; i < r->phases->len; i++) print_summary_line(r, i, out);
}

/* --- one phase -------------------------------------------------------------------------------- */

static void print_line(const struct report *r, const struct report_line *l, unsigned phase,
                       int indent, FILE *out)
{
    const struct report_phase *p = report_phase_at(r, phase);
    u64 native = report_cell(r, l, phase, NATIVE), called = report_cell(r, l, phase, CALLED);
    bool each = report_times(p, NATIVE) || report_times(p, CALLED);
    fprintf(out, "%*s%-*s", indent, "", 40 - indent, l->name);
    report_print_count(out, 11, native);
    if (each) report_print_rate(out, 9, native, report_times(p, NATIVE));
    report_print_count(out, 13, report_cell(r, l, phase, DIRECT));
    report_print_count(out, 10, report_cell(r, l, phase, TRAPPED));
    report_print_count(out, 10, called);
    if (each) report_print_rate(out, 9, called, report_times(p, CALLED));
    fprintf(out, "%s%s\n", l->xen ? "  " : "", l->xen ? l->xen : "");
}

static unsigned parts_of(const struct report *r, const struct report_line *l, unsigned phase,
                         enum part_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < l->parts->len; i++) {
        const struct report_line *part = l->parts->pdata[i];
        n += part->order == kind && !report_line_is_empty(r, part, phase);
    }
    return n;
}

/* A single register, or a single path, would only say again what the line says. */
static void print_parts(const struct report *r, const struct report_line *l, unsigned phase,
                        FILE *out)
{
    for (unsigned i = 0; i < l->parts->len; i++) {
        const struct report_line *part = l->parts->pdata[i];
        if (report_line_is_empty(r, part, phase)) continue;
        if (parts_of(r, l, phase, part->order) > 1) print_line(r, part, phase, 6, out);
    }
}

/* "1,234 slots native, 1,300 as a domain, ratio 1.053" */
static void print_slots(const struct report *r, const struct report_phase *p, FILE *out)
{
    static const char *const words[WAYS] = { "slots native", "as a domain" };
    const char *comma = "";
    for (enum way w = 0; w < WAYS; w++) {
        char *slots = grouped(p->retired[w]);
        if (r->run[w]->took_place) fprintf(out, "%s%s %s", comma, slots, words[w]);
        if (r->run[w]->took_place) comma = ", ";
        g_free(slots);
    }
    if (report_ratio(p) > 0) fprintf(out, ", ratio %.3f", report_ratio(p));
}

static void print_phase_head(const struct report *r, const struct report_phase *p, FILE *out)
{
    char *times = times_of(r, p);
    const char *each = times ? "each" : "";
    int room = times ? 9 : 0;
    fprintf(out, "\n%s: %s%s", p->name, times ? times : "", times ? " times, " : "");
    print_slots(r, p, out);
    fprintf(out, "\n  %-38s%11s%*s%33s%*s  %s\n", "", "native", room, each,
            "domain: ran   trapped    called", room, each, "Xen's counter");
    g_free(times);
}

static void print_phase(const struct report *r, unsigned phase, bool detail, FILE *out)
{
    const char *group = NULL;
    print_phase_head(r, report_phase_at(r, phase), out);
    for (unsigned i = 0; i < r->lines->len; i++) {
        const struct report_line *l = r->lines->pdata[i];
        if (report_line_is_empty(r, l, phase)) continue;
        if (!group || strcmp(group, l->group)) fprintf(out, " %s\n", l->group);
        group = l->group;
        print_line(r, l, phase, 2, out);
        if (detail) print_parts(r, l, phase, out);
    }
}

/* --- processors ------------------------------------------------------------------------------- */

/* Of operations, or of hypercalls and firmware. */
static u64 cpu_total(const struct report *r, unsigned cpu, enum column c, bool operations)
{
    u64 sum = 0;
    for (unsigned i = 0; i < r->lines->len; i++) {
        const struct report_line *l = r->lines->pdata[i];
        bool call = l->kind == LINE_HYPERCALL || l->kind == LINE_FIRMWARE;
        if (operations ? l->kind != LINE_OPERATION : !call) continue;
        for (unsigned p = 0; p < r->phases->len; p++) sum += report_cpu_cell(r, l, p, cpu, c);
    }
    return sum;
}

static void print_cpus(const struct report *r, FILE *out)
{
    fprintf(out, "\n%-14s%14s%12s%12s%14s%14s\n", "per processor", "native", "domain: ran",
            "trapped", "hyperprivops", "other calls");
    for (unsigned cpu = 0; cpu < r->cpus; cpu++) {
        fprintf(out, "  %-12u", cpu);
        report_print_count(out, 14, cpu_total(r, cpu, NATIVE, true));
        report_print_count(out, 12, cpu_total(r, cpu, DIRECT, true));
        report_print_count(out, 12, cpu_total(r, cpu, TRAPPED, true));
        report_print_count(out, 14, cpu_total(r, cpu, CALLED, true));
        report_print_count(out, 14, cpu_total(r, cpu, CALLED, false));
        fputc('\n', out);
    }
}

/* --- hot sites -------------------------------------------------------------------------------- */

static void print_hot(const struct run_record *run, const char *way, unsigned top, FILE *out)
{
    fprintf(out, "\nhottest call sites, %s\n", way);
    for (unsigned i = 0; i < MIN(top, run->hot->len); i++) {
        const struct place *p = &g_array_index(run->hot, struct place, i);
        struct site_name name = run_name(run, p->ip);
        char place[32], *label = place_label(p);
        g_snprintf(place, sizeof place, "%016" PRIx64 ".%u", align_down(p->ip, 16),
                   (unsigned)p->ip & 3);
        report_print_count(out, 12, p->count);
        fprintf(out, "  %s  %-11s %-22s %s%s%s\n", place, event_kind_name(p->kind), label,
                name.symbol ? name.symbol : p->level == 3 ? "user" : "?", name.line ? "  " : "",
                name.line ? name.line : "");
        g_free(label);
    }
}

/* --- over time -------------------------------------------------------------------------------- */

#define STRETCHES 24

static u64 happened(const struct timeline *t, unsigned from, unsigned to, unsigned kind)
{
    u64 sum = 0;
    for (unsigned i = from; i < MIN(to, t->used); i++) sum += t->count[i][kind];
    return sum;
}

static int kind_width(unsigned k)
{
    return MAX(9, (int)strlen(event_kind_name((enum event_kind)k)) + 2);
}

static void print_stretch(const struct run_record *run, unsigned from, unsigned to, FILE *out)
{
    const struct timeline *t = tally_timeline(run->tally);
    fprintf(out, "%12.3f", 1e3 * (double)t->width * from / (double)run->itc_hz);
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        if (!happened(t, 0, t->used, k)) continue;
        report_print_count(out, kind_width(k), happened(t, from, to, k));
    }
    fputc('\n', out);
}

static void print_timeline(const struct run_record *run, const char *way, FILE *out)
{
    const struct timeline *t = tally_timeline(run->tally);
    unsigned step = (t->used + STRETCHES - 1) / STRETCHES;
    fprintf(out, "\nover time, %s\n%12s", way, "from ms");
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        if (happened(t, 0, t->used, k)) fprintf(out, "%*s", kind_width(k), event_kind_name((enum event_kind)k));
    }
    fputc('\n', out);
    for (unsigned i = 0; i < t->used; i += step) print_stretch(run, i, i + step, out);
}

void report_text(const struct report *r, unsigned top, bool detail, FILE *out)
{
    bool matrix = report_has_matrix(r);
    print_head(r, out);
    print_summary(r, out);
    if (matrix) report_matrix(r, out);
    for (unsigned i = 0; i < r->phases->len && (detail || !matrix); i++) {
        print_phase(r, i, detail, out);
    }
    if (r->cpus > 1) print_cpus(r, out);
    for (enum way w = 0; w < WAYS; w++) {
        if (!r->run[w]->took_place) continue;
        if (detail) print_timeline(r->run[w], way_names[w], out);
        if (top) print_hot(r->run[w], way_names[w], top, out);
    }
}
