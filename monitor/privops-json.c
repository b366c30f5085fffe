/* The report as JSON, by json-glib: all that was counted, down to the single counter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>

#include "base/bits.h"
#include "monitor/privops.h"

/* --- words ------------------------------------------------------------------------------------ */

static void put_text(JsonBuilder *b, const char *name, const char *text)
{
    json_builder_set_member_name(b, name);
    if (text) {
        json_builder_add_string_value(b, text);
    } else {
        json_builder_add_null_value(b);
    }
}

static void put_count(JsonBuilder *b, const char *name, u64 n)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, (gint64)n);
}

/* To four places: json-glib 1.6 writes 2e-08 as 2e-08.0, which is no number, so none must need an
 * exponent. */
static void put_ratio(JsonBuilder *b, const char *name, double ratio)
{
    json_builder_set_member_name(b, name);
    json_builder_add_double_value(b, (double)(u64)(1e4 * ratio + 0.5) / 1e4);
}

static void put_nanoseconds(JsonBuilder *b, const char *name, double seconds)
{
    put_count(b, name, (u64)(1e9 * seconds + 0.5));
}

static void put_address(JsonBuilder *b, u64 ip)
{
    char text[24];
    g_snprintf(text, sizeof text, "0x%016" G_GINT64_MODIFIER "x", align_down(ip, 16));
    put_text(b, "address", text);
    put_count(b, "slot", ip & 3);
}

static void begin_member(JsonBuilder *b, const char *name)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
}

static void begin_list(JsonBuilder *b, const char *name)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
}

/* --- phases ----------------------------------------------------------------------------------- */

static void put_operation(JsonBuilder *b, const struct report *r, const struct report_line *l,
                          unsigned phase)
{
    json_builder_begin_object(b);
    put_text(b, "group", l->group);
    put_text(b, "operation", l->name);
    put_text(b, "xen_counter", l->xen);
    for (enum column c = 0; c < COLUMNS; c++) {
        put_count(b, column_names[c], report_cell(r, l, phase, c));
    }
    begin_list(b, "processors");
    for (unsigned cpu = 0; cpu < r->cpus; cpu++) {
        json_builder_begin_object(b);
        for (enum column c = 0; c < COLUMNS; c++) {
            put_count(b, column_names[c], report_cpu_cell(r, l, phase, cpu, c));
        }
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void put_phase(JsonBuilder *b, const struct report *r, unsigned i)
{
    const struct report_phase *p = &g_array_index(r->phases, struct report_phase, i);
    json_builder_begin_object(b);
    put_text(b, "name", p->name);
    for (enum way w = 0; w < WAYS; w++) {
        begin_member(b, way_names[w]);
        put_count(b, "iterations", p->iterations[w]);
        put_count(b, "slots", p->retired[w]);
        put_nanoseconds(b, "nanoseconds", p->seconds[w]);
        json_builder_end_object(b);
    }
    if (report_ratio(p) > 0) put_ratio(b, "ratio", report_ratio(p));
    begin_list(b, "operations");
    for (unsigned n = 0; n < r->lines->len; n++) {
        const struct report_line *l = r->lines->pdata[n];
        if (!report_line_is_empty(r, l, i)) put_operation(b, r, l, i);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

/* --- runs ------------------------------------------------------------------------------------- */

struct counters {
    JsonBuilder *b;
    const struct run_record *run;
    enum way way;
};

static void put_site(JsonBuilder *b, const struct run_record *run, u64 ip)
{
    struct site_name name = run_name(run, ip);
    put_address(b, ip);
    put_text(b, "symbol", name.symbol);
    put_text(b, "line", name.line);
}

static void put_place(void *opaque, const struct place *p)
{
    struct counters *c = opaque;
    char *label = place_label(p), *xen = place_xen_counter(p, c->way);
    json_builder_begin_object(c->b);
    put_site(c->b, c->run, p->ip);
    put_text(c->b, "kind", event_kind_name(p->kind));
    put_text(c->b, "name", label);
    put_text(c->b, "xen_counter", xen);
    put_text(c->b, "phase", tally_phase(c->run->tally, p->phase)->name);
    json_builder_set_member_name(c->b, "batched");
    json_builder_add_boolean_value(c->b, p->batched);
    put_count(c->b, "processor", p->cpu);
    put_count(c->b, "level", p->level);
    put_count(c->b, "count", p->count);
    json_builder_end_object(c->b);
    g_free(label);
    g_free(xen);
}

static void put_hot(JsonBuilder *b, const struct run_record *run, unsigned top)
{
    begin_list(b, "top");
    for (unsigned i = 0; i < MIN(top, run->hot->len); i++) {
        const struct place *p = &g_array_index(run->hot, struct place, i);
        char *label = place_label(p);
        json_builder_begin_object(b);
        put_site(b, run, p->ip);
        put_text(b, "kind", event_kind_name(p->kind));
        put_text(b, "operation", label);
        put_count(b, "count", p->count);
        json_builder_end_object(b);
        g_free(label);
    }
    json_builder_end_array(b);
}

static void put_series(JsonBuilder *b, const struct timeline *t, enum event_kind kind)
{
    u64 sum = 0;
    for (unsigned i = 0; i < t->used; i++) sum += t->count[i][kind];
    if (!sum) return;
    begin_list(b, event_kind_name(kind));
    for (unsigned i = 0; i < t->used; i++) json_builder_add_int_value(b, (gint64)t->count[i][kind]);
    json_builder_end_array(b);
}

static void put_timeline(JsonBuilder *b, const struct run_record *run)
{
    const struct timeline *t = tally_timeline(run->tally);
    begin_member(b, "timeline");
    put_nanoseconds(b, "nanoseconds_per_bucket", (double)t->width / (double)run->itc_hz);
    for (int k = 0; k < EVENT_KINDS; k++) put_series(b, t, (enum event_kind)k);
    json_builder_end_object(b);
}

static void put_run(JsonBuilder *b, const struct run_record *run, enum way way, unsigned top)
{
    struct counters c = { b, run, way };
    json_builder_begin_object(b);
    put_count(b, "processors", run->cpus);
    put_count(b, "slots", tally_retired(run->tally));
    put_hot(b, run, top);
    put_timeline(b, run);
    begin_list(b, "counters");
    tally_each(run->tally, put_place, &c);
    json_builder_end_array(b);
    json_builder_end_object(b);
}

/* --- all -------------------------------------------------------------------------------------- */

static JsonNode *tree_of(const struct report *r, unsigned top)
{
    JsonBuilder *b = json_builder_new();
    json_builder_begin_object(b);
    put_text(b, "kernel", r->file);
    put_text(b, "sha256", r->sha256);
    begin_list(b, "phases");
    for (unsigned i = 0; i < r->phases->len; i++) put_phase(b, r, i);
    json_builder_end_array(b);
    begin_member(b, "runs");
    for (enum way w = 0; w < WAYS; w++) {
        if (!r->run[w]->took_place) continue;
        json_builder_set_member_name(b, way_names[w]);
        put_run(b, r->run[w], w, top);
    }
    json_builder_end_object(b);
    json_builder_end_object(b);
    JsonNode *root = json_builder_get_root(b);
    g_object_unref(b);
    return root;
}

bool report_json(const struct report *r, unsigned top, FILE *out, GError **err)
{
    JsonNode *root = tree_of(r, top);
    char *text = json_to_string(root, true);
    (void)err; /* whoever asked looks whether all of it could be written */
    fprintf(out, "%s\n", text);
    g_free(text);
    json_node_unref(root);
    return true;
}
