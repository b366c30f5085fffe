/* --pvcheck: which privileged and sensitive instructions a domain's kernel executes as they are,
 * each address once, with how often.  Events of the processor and of the hypervisor tell of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/psr.h"
#include "monitor/pvcheck.h"

struct seen {
    u64 place; /* the key, first */
    u64 count;
    const struct pv_function *function;
    u64 offset;
    enum pv_class class;
    enum pv_kind kind;
    char text[64];
};

#define PLACES_MAX (1u << 20) /* a guest must not eat up the host's memory */

struct pv_watch {
    struct machine *m;
    struct pv_kernel *kernel;
    GHashTable *seen; /* struct seen */
    u64 elsewhere;    /* executed in places beyond these */
    FILE *out;
    char *path; /* NULL: standard error */
};

/* The text of what is there now: the file may have had something else, before it was patched. */
static void describe(struct cpu *cpu, const struct event *e, char *text, size_t size)
{
    u8 bundle[16];
    char line[128];
    if (!cpu_peek(cpu, align_down(e->ip, 16), bundle, sizeof(bundle))) {
        g_strlcpy(text, insn_rows[e->number].name, size);
        return;
    }
    isa_disasm(bundle, (unsigned)e->ip & 15, align_down(e->ip, 16), line, sizeof(line));
    const char *start = strchr(line, ']');
    start = line[0] == '[' && start ? start + 1 : line;
    g_strlcpy(text, start + strspn(start, " "), size);
    text[strcspn(text, ";")] = 0;
    g_strchomp(text);
}

static struct seen *first_time(struct pv_watch *w, struct cpu *cpu, const struct event *e)
{
    struct seen *s = g_new0(struct seen, 1);
    u64 linked = pv_linked(w->kernel, e->ip);
    s->place = e->ip;
    s->kind = e->kind == EVENT_TRAPPED ? PV_TRAPS : PV_SILENT;
    s->function = pv_function_at(w->kernel, linked);
    s->offset = align_down(linked, 16) - s->function->va;
    s->class = pv_class_at(w->kernel, linked, s->kind);
    describe(cpu, e, s->text, sizeof(s->text));
    g_hash_table_add(w->seen, s);
    return s;
}

static void on_event(void *opaque, struct cpu *cpu, const struct event *e)
{
    struct pv_watch *w = opaque;
    if (bits(e->psr, PSR_CPL_SHIFT + 1, PSR_CPL_SHIFT) != 1) return; /* a domain's kernel */
    struct seen *s = g_hash_table_lookup(w->seen, &e->ip);
    if (!s && g_hash_table_size(w->seen) == PLACES_MAX) {
        w->elsewhere++;
        return;
    }
    if (!s) s = first_time(w, cpu, e);
    s->count++;
}

static FILE *open_report(const char *path, GError **err)
{
    FILE *out = path ? fopen(path, "w") : stderr;
    if (!out) {
        g_set_error(err, MONITOR_ERROR, 0, "--pvcheck: %s: cannot be written: %s", path,
                    g_strerror(errno));
    }
    return out;
}

struct pv_watch *pv_watch_start(struct machine *m, const struct config *c, GError **err)
{
    if (!c->xen || !c->kernel) {
        g_set_error(err, MONITOR_ERROR, 0, "--pvcheck: there is a domain to check only with --xen "
                                           "and --kernel");
        return NULL;
    }
    struct pv_kernel *kernel = pv_kernel_new(c->kernel, c->native, err);
    if (!kernel) g_prefix_error(err, "--pvcheck: ");
    if (kernel && c->native->len && !pv_has_names(kernel)) {
        g_set_error(err, MONITOR_ERROR, 0, "--pvcheck-native: %s was stripped of its symbols: no "
                    "function has a name", c->kernel);
        g_clear_pointer(&kernel, pv_kernel_free);
    }
    FILE *out = kernel ? open_report(c->pvcheck.text, err) : NULL;
    if (!out) {
        if (kernel) pv_kernel_free(kernel);
        return NULL;
    }
    struct pv_watch *w = g_new0(struct pv_watch, 1);
    w->m = m;
    w->kernel = kernel;
    w->out = out;
    w->path = g_strdup(c->pvcheck.text);
    w->seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    machine_listen(m, EVENT_BIT(TRAPPED) | EVENT_BIT(PRIVOP), on_event, w);
    return w;
}

/* --- the report ------------------------------------------------------------------------------- */

static int more_first(const void *a, const void *b)
{
    const struct seen *x = *(struct seen *const *)a, *y = *(struct seen *const *)b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return x->place < y->place ? -1 : 1;
}

static void print_function(const struct pv_watch *w, const struct seen *s)
{
    if (pv_has_names(w->kernel)) {
        fprintf(w->out, "  %s+0x%" PRIx64 "\n", s->function->name, s->offset);
    } else {
        fputc('\n', w->out);
    }
}

static void print_class(const struct pv_watch *w, const GPtrArray *all, enum pv_class class)
{
    unsigned places = 0;
    u64 count = 0;
    for (unsigned i = 0; i < all->len; i++) {
        const struct seen *s = g_ptr_array_index(all, i);
        places += s->class == class;
        count += s->class == class ? s->count : 0;
    }
    fprintf(w->out, "pvcheck: %s: %u places, executed %" PRIu64 " times\n", pv_class_name(class),
            places, count);
    for (unsigned i = 0; i < all->len; i++) {
        const struct seen *s = g_ptr_array_index(all, i);
        if (s->class != class) continue;
        fprintf(w->out, "  %10" PRIu64 "  %016" PRIx64 ".%u  %-32s %-6s", s->count,
                align_down(s->place, 16), (unsigned)s->place & 15, s->text, pv_kind_name(s->kind));
        print_function(w, s);
    }
}

static void print_report(const struct pv_watch *w)
{
    GPtrArray *all = g_ptr_array_new();
    GHashTableIter it;
    gpointer s;
    g_hash_table_iter_init(&it, w->seen);
    while (g_hash_table_iter_next(&it, &s, NULL)) g_ptr_array_add(all, s);
    g_ptr_array_sort(all, more_first);
    if (!pv_has_names(w->kernel)) {
        fprintf(w->out, "pvcheck: the kernel was stripped of its symbols: places have no names, and "
                        "native-only code is not known as such\n");
    }
    print_class(w, all, PV_UNCOVERED);
    print_class(w, all, PV_NATIVE);
    print_class(w, all, PV_COVERED);
    if (w->elsewhere) {
        fprintf(w->out, "pvcheck: these are the first %u places; others were executed %" PRIu64
                " times\n", PLACES_MAX, w->elsewhere);
    }
    g_ptr_array_free(all, TRUE);
}

bool pv_watch_finish(struct pv_watch *w, GError **err)
{
    machine_unlisten(w->m, on_event, w);
    print_report(w);
    bool ok = fflush(w->out) == 0 && !ferror(w->out);
    if (w->path && fclose(w->out) != 0) ok = false;
    if (!ok) {
        g_set_error(err, MONITOR_ERROR, 0, "--pvcheck: %s: could not write all of it",
                    w->path ? w->path : "standard error");
    }
    g_hash_table_destroy(w->seen);
    pv_kernel_free(w->kernel);
    g_free(w->path);
    g_free(w);
    return ok;
}
