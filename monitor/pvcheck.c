/* What a kernel's file says about its code: sections, functions, patch sites, and the rules of
 * pvcheck-native.def applied to them.  The file may be anybody's: nothing in it is trusted.
 *
 * The records of the patch tables are those of Linux 2.6.34 (paravirt_patch.h): {first bundle,
 * bundle after the last, type}, {first instruction, instruction after the last, type} and {branch,
 * type}, of 64-bit words; an instruction is its bundle's address plus its slot.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/pvcheck.h"

#include <string.h>

#include "base/bits.h"
#include "guest/elf.h"
#include "guest/file.h"

#define MAX_CODE 1024 /* sections; linked kernels have a handful */

struct label {
    u64 va, size;
    const char *name;
    enum elf_symbol_type type;
    bool local;
};

struct pv_kernel {
    struct bytes bytes;
    struct elf elf;
    struct elf_section *sections;
    unsigned nsections;
    GStringChunk *names;     /* printable copies */
    GArray *code;            /* struct pv_code, in the file's order */
    GArray *labels;          /* struct label, by address; of all sections with code */
    GArray *functions;       /* struct pv_function, by address; an address belongs to one at most */
    GArray *sites;           /* struct pv_site, by start, not overlapping */
    unsigned site_counts[3];
};

static const struct pv_function nowhere = { "?", 0, NULL };

/* --- instructions ----------------------------------------------------------------------------- */

static const struct {
    const char *meaning;
    u8 first, last;
    struct pv_reason reason;
} instead[] = {
#define INSTEAD(meaning, first, last, kind, instead)                                              \
    { #meaning, first, last, { PV_##kind, instead } },
#include "monitor/pvcheck-insns.def"
};

bool pv_reason(const struct insn *in, struct pv_reason *reason)
{
    const char *meaning = insn_rows[in->row].meaning;
    enum isa_privilege privilege = isa_privilege(in);
    for (size_t i = 0; i < ARRAY_LEN(instead); i++) {
        if (in->r3 < instead[i].first || in->r3 > instead[i].last) continue;
        if (strcmp(instead[i].meaning, meaning)) continue;
        if (privilege == ISA_PLAIN && instead[i].reason.kind != PV_HARMLESS) continue;
        *reason = instead[i].reason;
        return true;
    }
    *reason = (struct pv_reason){ privilege == ISA_PRIVILEGED ? PV_TRAPS : PV_SILENT,
                                  "emulation only" };
    return privilege != ISA_PLAIN;
}

const char *pv_kind_name(enum pv_kind kind)
{
    static const char *const names[] = { "traps", "silent", "harmless" };
    return names[kind];
}

const char *pv_class_name(enum pv_class class)
{
    static const char *const names[] = { "uncovered", "native-only", "harmless", "patched" };
    return names[class];
}

/* --- names ------------------------------------------------------------------------------------ */

/* A name out of a file on its way to a terminal. */
static const char *printable(struct pv_kernel *k, const char *name)
{
    size_t len = strlen(name);
    char *copy = g_string_chunk_insert_len(k->names, name, (gssize)len);
    for (size_t i = 0; i < len; i++) {
        if (copy[i] <= ' ' || copy[i] >= 0x7f) copy[i] = '?';
    }
    return copy;
}

/* --- code ------------------------------------------------------------------------------------- */

static bool refuse(GError **err, const char *fmt, ...) PRINTF(2, 3);
static bool refuse(GError **err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (err) *err = g_error_new_valist(MONITOR_ERROR, 0, fmt, ap);
    va_end(ap);
    return false;
}

static bool find_code(struct pv_kernel *k, GError **err)
{
    for (unsigned i = 0; i < k->nsections; i++) {
        const struct elf_section *s = &k->sections[i];
        bool exec = (s->flags & ELF_SECTION_EXEC) && (s->flags & ELF_SECTION_ALLOC);
        if (!exec || !s->bytes || s->size == 0) continue;
        struct pv_code c = { printable(k, s->name), s->bytes, s->va, s->size };
        if (c.va + c.size < c.va) {
            return refuse(err, "section %s runs past the end of the address space", c.name);
        }
        g_array_append_val(k->code, c);
    }
    if (k->code->len > MAX_CODE) return refuse(err, "%u executable sections", k->code->len);
    return k->code->len || refuse(err, "no executable section: nothing to check");
}

bool pv_has_names(const struct pv_kernel *k)
{
    return k->labels->len != 0;
}

const struct pv_code *pv_code(const struct pv_kernel *k, unsigned *n)
{
    *n = k->code->len;
    return (const void *)k->code->data;
}

const struct pv_code *pv_code_at(const struct pv_kernel *k, u64 place)
{
    for (unsigned i = 0; i < k->code->len; i++) {
        const struct pv_code *c = &g_array_index(k->code, struct pv_code, i);
        if (place - c->va < c->size) return c;
    }
    return NULL;
}

u64 pv_linked(const struct pv_kernel *k, u64 place)
{
    u64 pa = place & mask64(61); /* regions 6 and 7 are the same without the region */
    if (pv_code_at(k, place)) return place;
    for (unsigned i = 0; i < k->elf.nsegments; i++) {
        const struct elf_segment *s = &k->elf.segments[i];
        if (pa - s->pa < s->filesz) return pa - s->pa + s->va;
    }
    return place;
}

/* --- functions -------------------------------------------------------------------------------- */

static void add_label(void *opaque, const struct elf_symbol *s)
{
    struct pv_kernel *k = opaque;
    if (!pv_code_at(k, s->va)) return;
    struct label l = { s->va, s->size, printable(k, s->name), s->type, s->local };
    g_array_append_val(k->labels, l);
}

/* Of several names for one address the best comes last: functions, larger ones, global ones. */
static int by_address(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    if (x->va != y->va) return x->va < y->va ? -1 : 1;
    if (x->type != y->type) return x->type < y->type ? -1 : 1;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    if (x->local != y->local) return x->local ? -1 : 1;
    return strcmp(y->name, x->name);
}

/* Labels inside a function of known size belong to it; what follows its end is somebody else's. */
static void make_functions(struct pv_kernel *k)
{
    u64 end = 0; /* of the last function of known size */
    for (unsigned i = 0; i < k->labels->len; i++) {
        const struct label *l = &g_array_index(k->labels, struct label, i);
        bool function = l->type == ELF_SYMBOL_FUNCTION;
        bool last = i + 1 == k->labels->len || l[1].va != l->va;
        if (!last || (l->va < end && !function)) continue;
        struct pv_function f = { l->name, l->va, NULL };
        g_array_append_val(k->functions, f);
        if (function && l->size && l->va + l->size > l->va) end = l->va + l->size;
    }
}

/* The last of `n` rows of `size` bytes whose first member, an address, is at or below `va`; -1. */
static int last_at_or_below(const GArray *rows, size_t offset, u64 va)
{
    unsigned lo = 0, hi = rows->len, size = g_array_get_element_size((GArray *)rows);
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        u64 here;
        memcpy(&here, rows->data + (size_t)mid * size + offset, sizeof(here));
        if (here <= va) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return (int)lo - 1;
}

const struct pv_function *pv_function_at(const struct pv_kernel *k, u64 place)
{
    int i = last_at_or_below(k->functions, offsetof(struct pv_function, va), place);
    if (i < 0) return &nowhere;
    const struct pv_function *f = &g_array_index(k->functions, struct pv_function, i);
    return pv_code_at(k, place) == pv_code_at(k, f->va) ? f : &nowhere;
}

/* Sections may be executable only because something in them is. */
bool pv_is_data(const struct pv_kernel *k, u64 place)
{
    int i = last_at_or_below(k->labels, offsetof(struct label, va), place);
    if (i < 0) return false;
    const struct label *l = &g_array_index(k->labels, struct label, i);
    return l->type == ELF_SYMBOL_OBJECT && place - l->va < l->size;
}

/* --- native-only ------------------------------------------------------------------------------ */

static bool find_label(const struct pv_kernel *k, const char *name, u64 above, u64 *va)
{
    for (unsigned i = 0; i < k->labels->len; i++) {
        const struct label *l = &g_array_index(k->labels, struct label, i);
        if (l->va < above || strcmp(l->name, name)) continue;
        *va = l->va;
        return true;
    }
    return false;
}

static void mark_range(struct pv_kernel *k, const char *first, const char *last, const char *why)
{
    u64 start, end;
    if (!find_label(k, first, 0, &start) || !find_label(k, last, start + 1, &end)) return;
    for (unsigned i = 0; i < k->functions->len; i++) {
        struct pv_function *f = &g_array_index(k->functions, struct pv_function, i);
        if (f->va >= start && f->va < end && !f->native) f->native = why;
    }
}

static void mark_pattern(struct pv_kernel *k, const char *pattern, const char *why)
{
    for (unsigned i = 0; i < k->functions->len; i++) {
        struct pv_function *f = &g_array_index(k->functions, struct pv_function, i);
        if (!f->native && g_pattern_match_simple(pattern, f->name)) f->native = why;
    }
}

static void mark_native(struct pv_kernel *k, const char *rule, const char *why)
{
    char **range = g_strsplit(rule, "..", 2);
    if (range[0] && range[1]) {
        mark_range(k, range[0], range[1], why);
    } else {
        mark_pattern(k, rule, why);
    }
    g_strfreev(range);
}

static void apply_rules(struct pv_kernel *k, const GPtrArray *more)
{
    for (unsigned i = 0; more && i < more->len; i++) {
        mark_native(k, g_ptr_array_index(more, i), "named by --native");
    }
#define NATIVE(rule, why) mark_native(k, rule, why);
#include "monitor/pvcheck-native.def"
}

/* --- patch sites ------------------------------------------------------------------------------ */

enum table { BUNDLES, INSTS, BRANCHES };
static const struct {
    const char *section;
    unsigned words;
} tables[] = {
    [BUNDLES] = { ".paravirt_bundles", 3 },
    [INSTS] = { ".paravirt_insts", 3 },
    [BRANCHES] = { ".paravirt_branches", 2 },
};

static u64 word(const u8 *p, unsigned i)
{
    u64 v = 0;
    for (unsigned b = 8; b-- > 0;) v = v << 8 | p[8 * i + b];
    return v;
}

/* The instruction after one: slots are 0 to 2. */
static u64 after(u64 place)
{
    return (place & 15) == 2 ? align_down(place, 16) + 16 : place + 1;
}

static bool good_place(enum table table, u64 place)
{
    return table == BUNDLES ? (place & 15) == 0 : (place & 15) <= 2;
}

static bool add_site(struct pv_kernel *k, enum table table, const u8 *record, GError **err)
{
    struct pv_site s = { word(record, 0), word(record, 1) };
    if (table == BRANCHES) s.end = after(s.start); /* word 1 is the type */
    if (!good_place(table, s.start) || !good_place(table, s.end)) {
        return refuse(err, "0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER "x is not %s",
                      s.start, s.end, table == BUNDLES ? "a row of bundles" : "a row of slots");
    }
    const struct pv_code *c = pv_code_at(k, s.start);
    if (s.end <= s.start || !c || s.end - c->va > c->size) {
        return refuse(err, "0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
                      "x is not in the code of the file", s.start, s.end);
    }
    g_array_append_val(k->sites, s);
    return true;
}

static bool read_table(struct pv_kernel *k, enum table table, const struct elf_section *s,
                       GError **err)
{
    unsigned size = 8 * tables[table].words;
    if (!s->bytes || s->size % size) {
        return refuse(err, "%s: 0x%" G_GINT64_MODIFIER
                      "x bytes are not a whole number of records of %u", tables[table].section,
                      s->size, size);
    }
    for (u64 at = 0; at < s->size; at += size) {
        if (add_site(k, table, s->bytes + at, err)) continue;
        g_prefix_error(err, "%s: record %" G_GINT64_MODIFIER "u: ", tables[table].section,
                       at / size);
        return false;
    }
    k->site_counts[table] += (unsigned)(s->size / size);
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct pv_site *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : 0;
}

/* Sites may touch and repeat; merged, one look finds the one that counts. */
static void merge_sites(struct pv_kernel *k)
{
    g_array_sort(k->sites, by_start);
    struct pv_site *s = (void *)k->sites->data;
    unsigned n = 0;
    for (unsigned i = 0; i < k->sites->len; i++) {
        if (n && s[i].start <= s[n - 1].end) {
            s[n - 1].end = MAX(s[n - 1].end, s[i].end);
        } else {
            s[n++] = s[i];
        }
    }
    g_array_set_size(k->sites, n);
}

static bool find_sites(struct pv_kernel *k, GError **err)
{
    for (unsigned i = 0; i < k->nsections; i++) {
        for (unsigned t = 0; t < ARRAY_LEN(tables); t++) {
            if (strcmp(k->sections[i].name, tables[t].section)) continue;
            if (!read_table(k, t, &k->sections[i], err)) return false;
        }
    }
    merge_sites(k);
    return true;
}

void pv_site_counts(const struct pv_kernel *k, unsigned counts[3])
{
    memcpy(counts, k->site_counts, sizeof(k->site_counts));
}

enum pv_class pv_class_at(const struct pv_kernel *k, u64 place, enum pv_kind kind)
{
    int i = last_at_or_below(k->sites, offsetof(struct pv_site, start), place);
    if (i >= 0 && place < g_array_index(k->sites, struct pv_site, i).end) return PV_COVERED;
    if (pv_function_at(k, place)->native) return PV_NATIVE;
    return kind == PV_HARMLESS ? PV_IGNORED : PV_UNCOVERED;
}

/* --- life cycle ------------------------------------------------------------------------------- */

static bool look_at(struct pv_kernel *k, const GPtrArray *native, GError **err)
{
    if (!elf_parse(&k->elf, k->bytes.data, k->bytes.len, err)) return false;
    if (!(k->sections = elf_sections(&k->elf, &k->nsections, err))) return false;
    if (!find_code(k, err)) return false;
    elf_full_symbols(&k->elf, add_label, k);
    g_array_sort(k->labels, by_address);
    make_functions(k);
    apply_rules(k, native);
    return find_sites(k, err);
}

struct pv_kernel *pv_kernel_new(const char *path, const GPtrArray *native, GError **err)
{
    struct pv_kernel *k = g_new0(struct pv_kernel, 1);
    k->names = g_string_chunk_new(4096);
    k->code = g_array_new(FALSE, FALSE, sizeof(struct pv_code));
    k->labels = g_array_new(FALSE, FALSE, sizeof(struct label));
    k->functions = g_array_new(FALSE, FALSE, sizeof(struct pv_function));
    k->sites = g_array_new(FALSE, FALSE, sizeof(struct pv_site));
    isa_init();
    if (!file_read_unpacked(path, &k->bytes, err)) {
        pv_kernel_free(k);
        return NULL;
    }
    if (!look_at(k, native, err)) {
        g_prefix_error(err, "%s: ", path);
        pv_kernel_free(k);
        return NULL;
    }
    return k;
}

void pv_kernel_free(struct pv_kernel *k)
{
    elf_clear(&k->elf);
    g_free(k->sections);
    bytes_clear(&k->bytes);
    g_string_chunk_free(k->names);
    g_array_free(k->code, TRUE);
    g_array_free(k->labels, TRUE);
    g_array_free(k->functions, TRUE);
    g_array_free(k->sites, TRUE);
    g_free(k);
}
