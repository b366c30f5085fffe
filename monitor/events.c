/* --trace with classes of events, and epic64 events, which reads the binary form back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/events.h"

#include <errno.h>
#include <string.h>

#include "machine/backends.h"

/* --- writing a trace of a run ----------------------------------------------------------------- */

struct event_trace {
    struct machine *m;
    FILE *out;
    char *path; /* as in struct trace_config */
    u64 hz;
    struct event_words *words;
    struct event_filter *filter;
    struct event_writer *binary; /* NULL: text */
};

static void on_event(void *opaque, struct cpu *cpu, const struct event *e)
{
    struct event_trace *t = opaque;
    struct event_line line;
    if (ferror(t->out)) return; /* said at the end */
    event_line_of(t->words, machine_symbols(t->m), cpu_id(cpu), e, &line);
    if (!event_filter_passes(t->filter, &line, t->hz)) return;
    if (t->binary) {
        event_writer_put(t->binary, &line);
    } else {
        event_line_print(&line, t->out);
    }
}

/* Of the kinds that were asked for those that pass; NULL: an error. */
static struct event_filter *filter_for(const struct config *c, const struct trace_config *which,
                                       u32 *kinds, GError **err)
{
    struct event_filter *filter = event_filter_new(c->trace_filter, err);
    if (!filter) return NULL;
    *kinds = which->events & event_filter_kinds(filter);
    bool ok = event_filter_check(filter, timer_rate(c), err);
    if (ok && !*kinds) {
        g_set_error(err, MONITOR_ERROR, 0, "filter: nothing that --trace writes to %s would pass: "
                    "none of its classes has the kind", trace_name(which->path));
    }
    if (ok && *kinds) return filter;
    event_filter_free(filter);
    return NULL;
}

struct event_trace *event_trace_start(struct machine *m, const struct config *c,
                                      const struct trace_config *which, GError **err)
{
    u32 kinds;
    struct event_filter *filter = filter_for(c, which, &kinds, err);
    if (!filter) return NULL;
    FILE *out = trace_open(which->path, err);
    if (!out) {
        event_filter_free(filter);
        return NULL;
    }
    struct event_trace *t = g_new0(struct event_trace, 1);
    t->m = m;
    t->out = out;
    t->path = g_strdup(which->path);
    t->hz = timer_rate(c);
    t->words = event_words_new();
    t->filter = filter;
    if (which->binary) {
        t->binary = event_writer_new(out, t->hz);
    } else {
        event_header_print(t->hz, out);
    }
    machine_listen(m, kinds, on_event, t);
    return t;
}

bool event_trace_finish(struct event_trace *t, GError **err)
{
    machine_unlisten(t->m, on_event, t);
    if (t->binary) event_writer_finish(t->binary);
    bool ok = trace_close(t->out, t->path, err);
    event_words_free(t->words);
    event_filter_free(t->filter);
    g_free(t->path);
    g_free(t);
    return ok;
}

/* --- reading one back ------------------------------------------------------------------------- */

struct printing {
    FILE *out;
    u64 hz;
    const struct event_filter *filter;
};

static bool print_start(void *opaque, u64 hz, GError **err)
{
    struct printing *p = opaque;
    if (!event_filter_check(p->filter, hz, err)) return false;
    p->hz = hz;
    event_header_print(hz, p->out);
    return true;
}

static void print_line(void *opaque, const struct event_line *l)
{
    struct printing *p = opaque;
    if (event_filter_passes(p->filter, l, p->hz)) event_line_print(l, p->out);
}

static bool print_file(const char *path, struct printing *p, GError **err)
{
    bool standard = !strcmp(path, "-");
    FILE *in = standard ? stdin : fopen(path, "r");
    if (!in) {
        g_set_error(err, MONITOR_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
        return false;
    }
    bool ok = event_read(in, &(struct event_reader){ p, print_start, print_line }, err);
    if (!ok) g_prefix_error(err, "%s: ", standard ? "standard input" : path);
    if (!standard) fclose(in);
    return ok;
}

bool events_file(const struct config *c, FILE *out, GError **err)
{
    if (!c->program) {
        g_set_error(err, MONITOR_ERROR, 0, "events: no file given");
        return false;
    }
    struct event_filter *filter = event_filter_new(c->trace_filter, err);
    if (!filter) return false;
    struct printing p = { out, 1, filter };
    bool ok = print_file(c->program, &p, err);
    event_filter_free(filter);
    if ((fflush(out) != 0 || ferror(out)) && ok) {
        g_set_error(err, MONITOR_ERROR, 0, "standard output: %s", g_strerror(errno));
        ok = false;
    }
    return ok;
}
