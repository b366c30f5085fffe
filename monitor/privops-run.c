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

#include "base/bits.h"
#include "monitor/privops.h"

/* --- hot sites -------------------------------------------------------------------------------- */

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

static GArray *hottest(struct tally *tally, u64 top, char **wanted)
{
    struct gathering g = { tally, wanted, g_array_new(FALSE, FALSE, sizeof(struct place)) };
    tally_each(tally, gather, &g);
    merge(g.places);
    if (g.places->len > top) g_array_set_size(g.places, (guint)top);
    return g.places;
}

/* --- names of sites --------------------------------------------------------------------------- */

struct naming {
    struct machine *m;
    struct lines *lines;
    GHashTable *names;
};

static void site_name_free(void *opaque)
{
    struct site_name *n = opaque;
    g_free(n->symbol);
    g_free(n->line);
    g_free(n);
}

/* A program's address says nothing about the kernel. */
static void name_site(void *opaque, const struct place *p)
{
    struct naming *naming = opaque;
    u64 offset;
    if (p->level == 3 || g_hash_table_contains(naming->names, &p->ip)) return;
    const char *symbol = symbols_find(machine_symbols(naming->m), align_down(p->ip, 16), &offset);
    struct site_name *n = g_new0(struct site_name, 1);
    if (symbol) n->symbol = g_strdup_printf("%s+0x%" PRIx64, symbol, offset);
    if (naming->lines) n->line = lines_find(naming->lines, p->ip);
    g_hash_table_insert(naming->names, g_memdup2(&p->ip, sizeof p->ip), n);
}

/* Of all places where single counters are printed, else of the hottest. */
static GHashTable *names_of(struct machine *m, const struct run_record *record,
                            const struct config *c)
{
    u64 len;
    const u8 *elf = machine_kernel(m, &len);
    bool all = !g_strcmp0(c->output, "json") || !g_strcmp0(c->table, "counters");
    struct naming naming = { m, elf && config_wants_lines(c) ? lines_open(elf, len) : NULL,
                             g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                   site_name_free) };
    if (all) tally_each(record->tally, name_site, &naming);
    for (guint i = 0; i < record->hot->len; i++) {
        name_site(&naming, &g_array_index(record->hot, struct place, i));
    }
    if (naming.lines) lines_close(naming.lines);
    return naming.names;
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
    record->hot = hottest(record->tally, c->top, wanted);
    record->names = names_of(m, record, c);
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
    record->hot = g_array_new(FALSE, FALSE, sizeof(struct place));
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

static bool refuse(GError **err, const char *option, const char *value, const char *why)
{
    g_set_error(err, MONITOR_ERROR, 0, "%s: '%s' %s", option, value, why);
    return false;
}

/* Before two machines have run for it in vain. */
static bool check_plots(const struct config *c, GError **err)
{
    for (guint i = 0; i < c->plots->len; i++) {
        const char *path = c->plots->pdata[i];
        if (!g_str_has_suffix(path, ".svg") && !g_str_has_suffix(path, ".png")) {
            return refuse(err, "--plot", path, "ends in neither .svg nor .png");
        }
        g_autofree char *folder = g_path_get_dirname(path);
        if (g_access(folder, W_OK) == 0) continue;
        g_set_error(err, MONITOR_ERROR, 0, "--plot: %s: %s", path, g_strerror(errno));
        return false;
    }
    return true;
}

static bool check_output(const struct config *c, GError **err)
{
    static const char *const outputs[] = { "text", "csv", "json", NULL };
    bool csv = !g_strcmp0(c->output, "csv");
    if (!is_one_of(c->output, outputs)) {
        return refuse(err, "--output", c->output, "is not text, csv or json");
    }
    if (!is_one_of(c->table, csv_tables)) {
        return refuse(err, "--table", c->table, "is not operations, counters or timeline");
    }
    if (c->table && !csv) {
        return refuse(err, "--table", c->table, "is a table of --output=csv");
    }
    if (c->top && csv) {
        g_set_error(err, MONITOR_ERROR, 0, "--top: csv lists every call site, with --table=counters");
        return false;
    }
    return true;
}

/* Two boots, one file: the second would write over the first. */
static bool check_console(const struct config *c, GError **err)
{
    if (c->only || !c->console || !g_str_has_prefix(c->console, "file:")) return true;
    return refuse(err, "--console", c->console, "would be written by both boots: choose one with --only");
}

static bool check(const struct config *c, GError **err)
{
    static const char *const ways[] = { "native", "domain", NULL };
    if (c->program) return refuse(err, "--kernel", c->program, "stands alone: the kernel is named by --kernel");
    if (!c->kernel) {
        g_set_error(err, MONITOR_ERROR, 0, "--kernel: name the kernel to boot both ways");
        return false;
    }
    if (!is_one_of(c->only, ways)) return refuse(err, "--only", c->only, "is not native or domain");
    return check_output(c, err) && check_console(c, err) && check_plots(c, err);
}

static bool draw(const struct report *r, const struct config *c, GError **err)
{
    for (guint i = 0; i < c->plots->len; i++) {
        if (!report_plot(r, c->plots->pdata[i], err)) return false;
    }
    return true;
}

static bool print(const struct report *r, const struct config *c, FILE *out, GError **err)
{
    unsigned top = (unsigned)MIN(c->top, 1000000u);
    if (!g_strcmp0(c->output, "json")) {
        if (!report_json(r, top, out, err)) return false;
    } else if (!g_strcmp0(c->output, "csv")) {
        report_csv(r, c->table, out);
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
    bool ok = print(r, c, out, err) && draw(r, c, err);
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
