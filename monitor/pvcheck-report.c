/* epic64 pvcheck: every bundle of a kernel's code, decoded, and those instructions listed by
 * function that a hypervisor would have to deal with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "monitor/pvcheck.h"

struct hit {
    u64 place;
    const struct pv_code *code;
    const struct pv_function *function;
    enum pv_class class;
    struct pv_reason reason;
    u8 bundle[16];
};

struct report {
    const struct pv_kernel *kernel;
    GArray *hits; /* struct hit */
    u64 bundles, data_bundles;
    u64 counts[PV_CLASSES];
    bool all;
    FILE *out;
};

/* --- the scan --------------------------------------------------------------------------------- */

static void look_at_bundle(struct report *r, const struct pv_code *c, u64 va, const u8 bundle[16])
{
    struct insn slots[3];
    struct bundle_info info;
    isa_decode_bundle(bundle, slots, &info);
    for (unsigned slot = 0; slot < 3; slot++) {
        struct hit h = { .place = va | slot, .code = c };
        if (info.status[slot] != ISA_OK || !pv_reason(&slots[slot], &h.reason)) continue;
        h.function = pv_function_at(r->kernel, h.place);
        h.class = pv_class_at(r->kernel, h.place, h.reason.kind);
        memcpy(h.bundle, bundle, sizeof(h.bundle));
        r->counts[h.class]++;
        g_array_append_val(r->hits, h);
    }
}

static void scan(struct report *r)
{
    unsigned n;
    const struct pv_code *code = pv_code(r->kernel, &n);
    for (unsigned i = 0; i < n; i++) {
        u64 skip = -code[i].va & 15;
        for (u64 at = MIN(skip, code[i].size); code[i].size - at >= 16; at += 16) {
            bool data = pv_is_data(r->kernel, code[i].va + at);
            *(data ? &r->data_bundles : &r->bundles) += 1;
            if (!data) look_at_bundle(r, &code[i], code[i].va + at, code[i].bytes + at);
        }
    }
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *text_of(const struct hit *h, char *text, size_t size)
{
    isa_disasm(h->bundle, (unsigned)h->place & 15, align_down(h->place, 16), text, size);
    char *start = strchr(text, ']');
    start = text[0] == '[' && start ? start + 1 : text;
    start += strspn(start, " ");
    size_t len = strlen(start);
    while (len && strchr("; ", start[len - 1])) start[--len] = 0;
    return start;
}

static bool wanted(const struct report *r, const struct hit *h)
{
    return r->all || h->class == PV_UNCOVERED;
}

/* --- text ------------------------------------------------------------------------------------- */

static void print_function(const struct report *r, const struct hit *h)
{
    fprintf(r->out, "%s (%016" PRIx64 ", %s)", h->function->name, h->function->va, h->code->name);
    if (h->class == PV_NATIVE) fprintf(r->out, ", %s", h->function->native);
    fprintf(r->out, "\n");
}

static void print_hit(const struct report *r, const struct hit *h)
{
    char buf[128];
    fprintf(r->out, "  %016" PRIx64 ".%u  %-32s %-8s  %s\n", align_down(h->place, 16),
            (unsigned)h->place & 15, text_of(h, buf, sizeof(buf)), pv_kind_name(h->reason.kind),
            h->reason.instead);
}

static void print_class(const struct report *r, enum pv_class class)
{
    const struct hit *before = NULL;
    for (unsigned i = 0; i < r->hits->len; i++) {
        const struct hit *h = &g_array_index(r->hits, struct hit, i);
        if (h->class != class || !wanted(r, h)) continue;
        if (!before) fprintf(r->out, "== %s\n", pv_class_name(class));
        if (!before || before->function != h->function) print_function(r, h);
        print_hit(r, h);
        before = h;
    }
    if (before) fprintf(r->out, "\n");
}

static void print_text(const struct report *r)
{
    unsigned sites[3];
    pv_site_counts(r->kernel, sites);
    for (enum pv_class c = 0; c < PV_CLASSES; c++) print_class(r, c);
    fprintf(r->out, "%u privileged or sensitive instructions in %" PRIu64 " bundles\n",
            r->hits->len, r->bundles);
    if (r->data_bundles) {
        fprintf(r->out, "         (left out as data in executable sections: %" PRIu64 " bundles)\n",
                r->data_bundles);
    }
    fprintf(r->out, "%8" PRIu64 " patched, in one of %u bundle, %u instruction, %u branch sites\n",
            r->counts[PV_COVERED], sites[0], sites[1], sites[2]);
    fprintf(r->out, "%8" PRIu64 " in code known as native-only\n", r->counts[PV_NATIVE]);
    fprintf(r->out, "%8" PRIu64 " harmless\n", r->counts[PV_IGNORED]);
    fprintf(r->out, "%8" PRIu64 " uncovered\n", r->counts[PV_UNCOVERED]);
}

/* --- CSV and JSON: names are printable ASCII, so quotes and backslashes are all there is ------ */

/* Quotes are doubled. */
static char *csv_quoted(const char *text)
{
    char **parts = g_strsplit(text, "\"", 0), *joined = g_strjoinv("\"\"", parts);
    g_strfreev(parts);
    return joined;
}

static void print_csv(const struct report *r)
{
    char buf[128];
    fprintf(r->out, "class,address,slot,section,function,offset,instruction,effect,instead\n");
    for (unsigned i = 0; i < r->hits->len; i++) {
        const struct hit *h = &g_array_index(r->hits, struct hit, i);
        if (!wanted(r, h)) continue;
        char *function = csv_quoted(h->function->name), *section = csv_quoted(h->code->name);
        fprintf(r->out, "%s,0x%016" PRIx64 ",%u,\"%s\",\"%s\",0x%" PRIx64 ",\"%s\",%s,\"%s\"\n",
                pv_class_name(h->class), align_down(h->place, 16), (unsigned)h->place & 15,
                section, function, align_down(h->place, 16) - h->function->va,
                text_of(h, buf, sizeof(buf)), pv_kind_name(h->reason.kind), h->reason.instead);
        g_free(function);
        g_free(section);
    }
}

static void print_json_hit(const struct report *r, const struct hit *h, const char *comma)
{
    char buf[128];
    char *function = g_strescape(h->function->name, NULL);
    char *section = g_strescape(h->code->name, NULL);
    fprintf(r->out, "%s\n    {\"class\": \"%s\", \"address\": \"0x%016" PRIx64 "\", \"slot\": %u, "
            "\"section\": \"%s\", \"function\": \"%s\", \"offset\": %" PRIu64 ", "
            "\"instruction\": \"%s\", \"effect\": \"%s\", \"instead\": \"%s\"}", comma,
            pv_class_name(h->class), align_down(h->place, 16), (unsigned)h->place & 15, section,
            function, align_down(h->place, 16) - h->function->va, text_of(h, buf, sizeof(buf)),
            pv_kind_name(h->reason.kind), h->reason.instead);
    g_free(function);
    g_free(section);
}

static void print_json(const struct report *r)
{
    unsigned sites[3];
    const char *comma = "";
    pv_site_counts(r->kernel, sites);
    fprintf(r->out, "{\n  \"bundles\": %" PRIu64 ",\n  \"sites\": {\"bundles\": %u, "
            "\"instructions\": %u, \"branches\": %u},\n", r->bundles, sites[0], sites[1], sites[2]);
    fprintf(r->out, "  \"counts\": {");
    for (enum pv_class c = 0; c < PV_CLASSES; c++) {
        fprintf(r->out, "%s\"%s\": %" PRIu64, c ? ", " : "", pv_class_name(c), r->counts[c]);
    }
    fprintf(r->out, "},\n  \"instructions\": [");
    for (unsigned i = 0; i < r->hits->len; i++) {
        const struct hit *h = &g_array_index(r->hits, struct hit, i);
        if (!wanted(r, h)) continue;
        print_json_hit(r, h, comma);
        comma = ",";
    }
    fprintf(r->out, "\n  ]\n}\n");
}

/* --- the command ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*print)(const struct report *r);
} outputs[] = { { "text", print_text }, { "csv", print_csv }, { "json", print_json } };

static int find_output(const char *name, GError **err)
{
    for (unsigned i = 0; i < ARRAY_LEN(outputs); i++) {
        if (!name || !strcmp(outputs[i].name, name)) return (int)i;
    }
    g_set_error(err, MONITOR_ERROR, 0, "--output: '%s' is not text, csv or json", name);
    return -1;
}

bool pvcheck_file(const struct config *c, FILE *out, bool *uncovered, GError **err)
{
    int output = find_output(c->output, err);
    if (output < 0) return false;
    if (!c->program) {
        g_set_error(err, MONITOR_ERROR, 0, "pvcheck: no file given");
        return false;
    }
    struct pv_kernel *kernel = pv_kernel_new(c->program, c->native, err);
    if (!kernel) return false;
    if (!pv_has_names(kernel)) {
        g_set_error(err, MONITOR_ERROR, 0, "%s: no symbols of code: functions cannot be told apart; "
                    "give the kernel before it was stripped", c->program);
        pv_kernel_free(kernel);
        return false;
    }
    struct report r = { .kernel = kernel, .all = c->all, .out = out,
        .hits = g_array_new(FALSE, FALSE, sizeof(struct hit)) };
    scan(&r);
    outputs[output].print(&r);
    *uncovered = r.counts[PV_UNCOVERED] != 0;
    bool ok = fflush(out) == 0 && !ferror(out);
    if (!ok) g_set_error(err, MONITOR_ERROR, 0, "standard output: %s", g_strerror(errno));
    g_array_free(r.hits, TRUE);
    pv_kernel_free(kernel);
    return ok;
}
