/* The report as text and as CSV.
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

static bool has_ratio(const struct report_phase *p)
{
    return p->retired[WAY_NATIVE] && p->retired[WAY_DOMAIN];
}

static void print_ratio(FILE *out, int width, const struct report_phase *p)
{
    if (has_ratio(p)) {
        fprintf(out, "%*.3f", width,
                (double)p->retired[WAY_DOMAIN] / (double)p->retired[WAY_NATIVE]);
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

static void print_summary_line(const struct report *r, unsigned i, FILE *out)
{
    const struct report_phase *p = report_phase_at(r, i);
    u64 per = p->iterations;
    fprintf(out, "%-22s", p->name);
    report_print_count(out, 8, p->iterations);
    report_print_rate(out, 13, p->retired[WAY_NATIVE], per);
    report_print_rate(out, 13, p->retired[WAY_DOMAIN], per);
    print_ratio(out, 7, p);
    report_print_rate(out, 10, report_sum(r, i, NATIVE, LINE_OPERATION), per);
    report_print_rate(out, 9, report_sum(r, i, TRAPPED, LINE_OPERATION), per);
    report_print_rate(out, 9, report_sum(r, i, CALLED, LINE_OPERATION), per);
    report_print_rate(out, 9, calls(r, i), per);
    fputc('\n', out);
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
                       FILE *out)
{
    u64 times = report_phase_at(r, phase)->iterations;
    u64 native = report_cell(r, l, phase, NATIVE), called = report_cell(r, l, phase, CALLED);
    fprintf(out, "  %-38s", l->name);
    report_print_count(out, 11, native);
    if (times) report_print_rate(out, 9, native, times);
    report_print_count(out, 13, report_cell(r, l, phase, DIRECT));
    report_print_count(out, 10, report_cell(r, l, phase, TRAPPED));
    report_print_count(out, 10, called);
    if (times) report_print_rate(out, 9, called, times);
    fprintf(out, "%s%s\n", l->xen ? "  " : "", l->xen ? l->xen : "");
}

static void print_phase_head(const struct report_phase *p, FILE *out)
{
    char *native = grouped(p->retired[WAY_NATIVE]), *domain = grouped(p->retired[WAY_DOMAIN]);
    char *times = grouped(p->iterations);
    const char *each = p->iterations ? "each" : "";
    int room = p->iterations ? 9 : 0;
    fprintf(out, "\n%s: %s%s%s slots native, %s as a domain", p->name, p->iterations ? times : "",
            p->iterations ? " times, " : "", native, domain);
    if (has_ratio(p)) fprintf(out, ", ratio");
    print_ratio(out, 6, p);
    fprintf(out, "\n  %-38s%11s%*s%33s%*s  %s\n", "", "native", room, each,
            "domain: ran   trapped    called", room, each, "Xen's counter");
    g_free(native);
    g_free(domain);
    g_free(times);
}

static void print_phase(const struct report *r, unsigned phase, FILE *out)
{
    const char *group = NULL;
    print_phase_head(report_phase_at(r, phase), out);
    for (unsigned i = 0; i < r->lines->len; i++) {
        const struct report_line *l = r->lines->pdata[i];
        if (report_line_is_empty(r, l, phase)) continue;
        if (!group || strcmp(group, l->group)) fprintf(out, " %s\n", l->group);
        group = l->group;
        print_line(r, l, phase, out);
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
        const struct hot_site *s = &g_array_index(run->hot, struct hot_site, i);
        char place[32];
        g_snprintf(place, sizeof place, "%016" PRIx64 ".%u", align_down(s->ip, 16),
                   (unsigned)s->ip & 3);
        report_print_count(out, 12, s->count);
        fprintf(out, "  %s  %-11s %-22s %s%s%s\n", place, event_kind_name(s->kind), s->label,
                s->symbol ? s->symbol : s->user ? "user" : "?", s->line ? "  " : "",
                s->line ? s->line : "");
    }
}

void report_text(const struct report *r, unsigned top, bool detail, FILE *out)
{
    bool matrix = report_has_matrix(r);
    print_head(r, out);
    print_summary(r, out);
    if (matrix) report_matrix(r, out);
    for (unsigned i = 0; i < r->phases->len && (detail || !matrix); i++) print_phase(r, i, out);
    if (r->cpus > 1) print_cpus(r, out);
    for (enum way w = 0; w < WAYS && top; w++) {
        if (r->run[w]->took_place) print_hot(r->run[w], way_names[w], top, out);
    }
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* RFC 4180: quotes around everything that is text, quotes inside doubled. */
static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; text && *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void csv_line(const struct report *r, const struct report_line *l, unsigned phase, FILE *out)
{
    const struct report_phase *p = report_phase_at(r, phase);
    const char *texts[] = { l->group, l->name, l->xen };
    print_quoted(p->name, out);
    fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, p->iterations, p->retired[WAY_NATIVE],
            p->retired[WAY_DOMAIN]);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        fputc(',', out);
        print_quoted(texts[i], out);
    }
    for (enum column c = 0; c < COLUMNS; c++) {
        fprintf(out, ",%" PRIu64, report_cell(r, l, phase, c));
    }
    fputs("\r\n", out);
}

void report_csv(const struct report *r, FILE *out)
{
    fprintf(out, "phase,iterations,native_slots,domain_slots,group,operation,xen_counter");
    for (enum column c = 0; c < COLUMNS; c++) fprintf(out, ",%s", column_names[c]);
    fputs("\r\n", out);
    for (unsigned phase = 0; phase < r->phases->len; phase++) {
        for (unsigned i = 0; i < r->lines->len; i++) {
            const struct report_line *l = r->lines->pdata[i];
            if (!report_line_is_empty(r, l, phase)) csv_line(r, l, phase, out);
        }
    }
}
