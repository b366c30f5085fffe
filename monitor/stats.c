/* What the guest's time went into.  Counting needs the observed loop, so the speed that --stats
 * prints is not the emulator's best; --speed alone measures that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "monitor/monitor.h"

struct stats {
    u64 *retired; /* by row */
    u64 *off;     /* of those: the qualifying predicate was 0 */
    bool qp;      /* of the slot about to run */
    u64 before;   /* slots retired until then; a long instruction is two */
};

static const struct {
    const char *name;
    u32 attrs;
    const char *units;
} classes[] = {
#define CLASS(name, attrs, units) { name, attrs, units },
#include "monitor/classes.def"
};

static void observe(void *opaque, struct cpu *cpu, const struct insn *in, bool after)
{
    struct stats *s = opaque;
    if (!after) {
        s->qp = cpu_predicate(cpu, in->qp);
        s->before = cpu_retired(cpu);
        return;
    }
    u64 slots = cpu_retired(cpu) - s->before;
    s->retired[in->row] += slots;
    if (!s->qp) s->off[in->row] += slots;
}

struct stats *stats_start(struct machine *m)
{
    struct stats *s = g_new0(struct stats, 1);
    s->retired = g_new0(u64, insn_row_count);
    s->off = g_new0(u64, insn_row_count);
    machine_observe(m, observe, s);
    return s;
}

void stats_free(struct stats *s)
{
    g_free(s->retired);
    g_free(s->off);
    g_free(s);
}

static bool in_class(const struct insn_row *row, size_t class)
{
    const char *units = classes[class].units;
    bool fp = row->fr_targets != 0;
    if (classes[class].attrs && !(row->attrs & classes[class].attrs)) return false;
    return !*units || (*units == 'f' ? fp : strchr(units, row->unit) != NULL);
}

static size_t class_of(const struct insn_row *row)
{
    size_t class = 0;
    while (class < ARRAY_LEN(classes) - 1 && !in_class(row, class)) class++;
    return class;
}

static int more_first(const void *a, const void *b, void *counts)
{
    u64 x = ((const u64 *)counts)[*(const unsigned *)a], y = ((const u64 *)counts)[*(const unsigned *)b];
    return x < y ? 1 : x > y ? -1 : 0;
}

static double percent(u64 part, u64 whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_classes(const struct stats *s, u64 total, FILE *out)
{
    u64 sum[ARRAY_LEN(classes)] = { 0 };
    for (unsigned row = 0; row < insn_row_count; row++) {
        sum[class_of(&insn_rows[row])] += s->retired[row];
    }
    fprintf(out, "stats: retired slots by class\n");
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (!sum[i]) continue;
        fprintf(out, "  %14" PRIu64 " %5.1f%%  %s\n", sum[i], percent(sum[i], total),
                classes[i].name);
    }
}

static void print_rows(const struct stats *s, u64 total, FILE *out)
{
    unsigned *order = g_new(unsigned, insn_row_count);
    for (unsigned i = 0; i < insn_row_count; i++) order[i] = i;
    g_qsort_with_data(order, (gint)insn_row_count, sizeof(order[0]), more_first, s->retired);
    fprintf(out, "stats: retired slots by row of the table, and how many were predicated off\n");
    for (unsigned i = 0; i < insn_row_count && s->retired[order[i]]; i++) {
        const struct insn_row *row = &insn_rows[order[i]];
        fprintf(out, "  %14" PRIu64 " %5.1f%% %12" PRIu64 "  %-4s %s %s\n", s->retired[order[i]],
                percent(s->retired[order[i]], total), s->off[order[i]], row->format, row->name,
                row->operands);
    }
    g_free(order);
}

void stats_print(const struct stats *s, FILE *out)
{
    u64 total = 0;
    for (unsigned row = 0; row < insn_row_count; row++) total += s->retired[row];
    print_classes(s, total, out);
    print_rows(s, total, out);
}

struct stopwatch stopwatch_start(const struct machine *m)
{
    return (struct stopwatch){ g_get_monotonic_time(), machine_retired(m) };
}

void stopwatch_print(const struct stopwatch *w, const struct machine *m, FILE *out)
{
    struct rusage usage;
    u64 slots = machine_retired(m) - w->retired;
    double seconds = (double)(g_get_monotonic_time() - w->started) / 1e6;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(out, "speed: %" PRIu64 " slots, %.3f s, %.1f Mslots/s, peak memory %ld kB\n", slots,
            seconds, seconds > 0 ? (double)slots / seconds / 1e6 : 0, usage.ru_maxrss);
}
