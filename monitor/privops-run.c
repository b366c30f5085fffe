/* epic64 privops: the same file booted twice, on the bare machine and as a domain, one after the
 * other in this process.  Disks are opened as snapshots, so that the second run finds what the
 * first found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "monitor/privops.h"

/* --- hot sites -------------------------------------------------------------------------------- */

static void hot_clear(void *opaque)
{
    struct hot_site *s = opaque;
    g_free(s->symbol);
    g_free(s->line);
    g_free(s->label);
}

/* Interruptions are no call sites: their ip is where somebody was interrupted. */
static bool is_call(const struct place *p)
{
    return EVENT_BIT(PRIVOP) >> p->kind & 1 || p->kind == EVENT_TRAPPED ||
           p->kind == EVENT_HYPERPRIVOP || p->kind == EVENT_HYPERCALL || p->kind == EVENT_FIRMWARE;
}

struct gathering {
    struct tally *tally;
    char **wanted;   /* phases, or NULL */
    GArray *places;  /* struct place */
};

static void gather(void *opaque, const struct place *p)
{
    struct gathering *g = opaque;
    const char *phase = tally_phase(g->tally, p->phase)->name;
    const char *const *wanted = (const char *const *)g->wanted;
    if (!is_call(p) || (wanted && !g_strv_contains(wanted, phase))) return;
    g_array_append_vals(g->places, p, 1);
}

static int by_site(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->ip != y->ip) return x->ip < y->ip ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return x->sub < y->sub ? -1 : x->sub > y->sub;
}

static int hottest_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return by_site(a, b);
}

/* The same site in several phases and on several processors is one. */
static void merge(GArray *places)
{
    guint n = 0;
    g_array_sort(places, by_site);
    for (guint i = 0; i < places->len; i++) {
        struct place *p = &g_array_index(places, struct place, i);
        struct place *last = n ? &g_array_index(places, struct place, n - 1) : NULL;
        if (last && by_site(last, p) == 0) {
            last->count += p->count;
        } else {
            g_array_index(places, struct place, n++) = *p;
        }
    }
    g_array_set_size(places, n);
    g_array_sort(places, hottest_first);
}

static struct hot_site describe(struct machine *m, struct lines *lines, const struct place *p)
{
    u64 offset, ip = p->ip & ~15ull;
    const char *name = p->user ? NULL : symbols_find(machine_symbols(m), ip, &offset);
    return (struct hot_site){
        .ip = p->ip, .count = p->count, .kind = p->kind, .user = p->user, .label = place_label(p),
        .symbol = name ? g_strdup_printf("%s+0x%" PRIx64, name, offset) : NULL,
        .line = lines && !p->user ? lines_find(lines, p->ip) : NULL,
    };
}

static GArray *hottest(struct machine *m, struct tally *tally, const struct config *c,
                       char **wanted)
{
    struct gathering g = { tally, wanted, g_array_new(FALSE, FALSE, sizeof(struct place)) };
    GArray *hot = g_array_new(FALSE, FALSE, sizeof(struct hot_site));
    u64 len;
    const u8 *elf = machine_kernel(m, &len);
    struct lines *lines = c->top && elf ? lines_open(elf, len) : NULL;
    g_array_set_clear_func(hot, hot_clear);
    tally_each(tally, gather, &g);
    merge(g.places);
    for (guint i = 0; i < MIN(c->top, g.places->len); i++) {
        struct hot_site s = describe(m, lines, &g_array_index(g.places, struct place, i));
        g_array_append_val(hot, s);
    }
    if (lines) lines_close(lines);
    g_array_free(g.places, TRUE);
    return hot;
}

/* --- one run ---------------------------------------------------------------------------------- */

/* A shallow copy, but for the list of disks: both ways find the same there. */
static struct config config_for(const struct config *c, enum way way)
{
    struct config mine = *c;
    mine.xen = way == WAY_DOMAIN;
    mine.no_reboot = true;
    if (!c->console) mine.console = (char *)(uintptr_t)"none"; /* only read */
    mine.disks = g_array_new(FALSE, FALSE, sizeof(struct disk));
    g_array_append_vals(mine.disks, c->disks->data, c->disks->len);
    for (guint i = 0; i < mine.disks->len; i++) {
        struct disk *d = &g_array_index(mine.disks, struct disk, i);
        if (d->mode == DISK_WRITABLE) d->mode = DISK_SNAPSHOT;
    }
    return mine;
}

static void say(enum way way, struct machine *m, double seconds)
{
    fprintf(stderr, "epic64 privops: %s: %.1f million slots in %.1f s\n", way_names[way],
            (double)machine_retired(m) / 1e6, seconds);
}

static bool run_machine(struct machine *m, enum way way, const struct config *c, char **wanted,
                        struct run_record *record, struct machine_result *failed, GError **err)
{
    s64 start = g_get_monotonic_time();
    if (!machine_load(m, err)) return false;
    record->took_place = true;
    record->tally = tally_start(m);
    struct machine_result r = machine_run(m);
    tally_finish(record->tally);
    record->cpus = machine_cpu_count(m);
    record->itc_hz = machine_itc_hz(m);
    record->hot = hottest(m, record->tally, c, wanted);
    say(way, m, (double)(g_get_monotonic_time() - start) / 1e6);
    if (r.end == END_EXIT && r.status == 0) return true;
    g_set_error(err, MONITOR_ERROR, 0, "%s: cpu %u: %s", way_names[way], r.cpu, r.message);
    *failed = r;
    failed->message = NULL;
    return false;
}

static void leave_out(struct run_record *record)
{
    record->tally = tally_empty();
    record->itc_hz = 1;
    record->hot = g_array_new(FALSE, FALSE, sizeof(struct hot_site));
}

static bool run_way(enum way way, const struct config *c, char **wanted, struct run_record *record,
                    struct machine_result *failed, GError **err)
{
    if (c->only && strcmp(c->only, way_names[way])) {
        leave_out(record);
        return true;
    }
    struct config mine = config_for(c, way);
    struct machine *m = machine_new(&mine, err);
    bool ok = m && run_machine(m, way, c, wanted, record, failed, err);
    if (m) machine_free(m);
    g_array_free(mine.disks, TRUE);
    return ok;
}

/* --- both ------------------------------------------------------------------------------------- */

static char *digest(const char *path, GError **err)
{
    gchar *bytes;
    gsize len;
    if (!g_file_get_contents(path, &bytes, &len, err)) return NULL;
    char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);
    g_free(bytes);
    return hex;
}

static bool is_one_of(const char *word, const char *const *words)
{
    return !word || g_strv_contains(words, word);
}

/* Before two machines have run for it in vain. */
static bool can_write_beside(const char *path, GError **err)
{
    char *folder = g_path_get_dirname(path);
    bool ok = g_access(folder, W_OK) == 0;
    if (!ok) g_set_error(err, MONITOR_ERROR, 0, "--plot: %s: %s", path, g_strerror(errno));
    g_free(folder);
    return ok;
}

static bool check(const struct config *c, GError **err)
{
    static const char *const outputs[] = { "text", "csv", "json", NULL };
    static const char *const ways[] = { "native", "domain", NULL };
    if (c->program) {
        g_set_error(err, MONITOR_ERROR, 0, "'%s': a kernel is named by --kernel", c->program);
    } else if (!c->kernel) {
        g_set_error(err, MONITOR_ERROR, 0, "--kernel: name the kernel to boot both ways");
    } else if (!is_one_of(c->output, outputs)) {
        g_set_error(err, MONITOR_ERROR, 0, "--output: '%s' is not text, csv or json", c->output);
    } else if (!is_one_of(c->only, ways)) {
        g_set_error(err, MONITOR_ERROR, 0, "--only: '%s' is not native or domain", c->only);
    } else if (c->plot && !g_str_has_suffix(c->plot, ".svg") &&
               !g_str_has_suffix(c->plot, ".png")) {
        g_set_error(err, MONITOR_ERROR, 0, "--plot: '%s' ends in neither .svg nor .png", c->plot);
    } else {
        return !c->plot || can_write_beside(c->plot, err);
    }
    return false;
}

static bool print(const struct report *r, const struct config *c, FILE *out, GError **err)
{
    unsigned top = (unsigned)MIN(c->top, 1000000u);
    if (!g_strcmp0(c->output, "json")) {
        if (!report_json(r, top, out, err)) return false;
    } else if (!g_strcmp0(c->output, "csv")) {
        report_csv(r, out);
    } else {
        report_text(r, top, c->detail, out);
    }
    if (fflush(out) == 0 && !ferror(out)) return true;
    g_set_error(err, MONITOR_ERROR, 0, "standard output: could not write all of the report");
    return false;
}

static bool report_runs(struct report *r, const struct config *c, char **wanted, FILE *out,
                        struct machine_result *failed, GError **err)
{
    if (!report_make(r, wanted, err)) return false;
    bool ok = print(r, c, out, err) && (!c->plot || report_plot(r, c->plot, err));
    if (!ok) failed->status = EXIT_OUTPUT;
    report_clear(r);
    return ok;
}

bool privops_run(const struct config *c, FILE *out, struct machine_result *failed, GError **err)
{
    struct run_record runs[WAYS] = { 0 };
    if (!check(c, err)) return false;
    char *sha256 = digest(c->kernel, err);
    if (!sha256) return false;
    char **wanted = c->phases ? g_strsplit(c->phases, ",", 0) : NULL;
    struct report r = { .file = c->kernel, .sha256 = sha256,
                        .run = { &runs[WAY_NATIVE], &runs[WAY_DOMAIN] } };
    bool ok = run_way(WAY_NATIVE, c, wanted, &runs[WAY_NATIVE], failed, err) &&
              run_way(WAY_DOMAIN, c, wanted, &runs[WAY_DOMAIN], failed, err) &&
              report_runs(&r, c, wanted, out, failed, err);
    for (enum way w = 0; w < WAYS; w++) run_record_clear(&runs[w]);
    g_strfreev(wanted);
    g_free(sha256);
    return ok;
}
