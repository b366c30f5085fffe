/* What counters are called: by us, and by Xen/ia64.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "hypercall/hypercall.h"
#include "monitor/privops.h"

/* --- the rows --------------------------------------------------------------------------------- */

static const struct row {
    const char *group; /* the others are empty */
    struct operation op;
} rows[] = {
#define GROUP(heading) { heading, { 0 } },
#define OPERATION(name, insns, hyperprivops, xen, text)                                            \
    { NULL, { NULL, name, insns, hyperprivops, xen, text } },
#include "monitor/privops.def"
};

/* An instruction of a row, taken apart. */
struct pattern {
    int row;
    s32 first, last; /* register */
    s32 touches;     /* 0: any */
    unsigned operation;
};

static struct {
    GArray *operations, *patterns;
    int by_hyperprivop[32];
} table;

static void fail(const struct operation *op, const char *word)
{
    g_error("privops.def: %s: '%s' is nothing that is counted", op->name, word);
}

static s32 touches_of(const struct operation *op, const char *bits)
{
    static const struct {
        const char *name;
        s32 bit;
    } names[] = {
        { "i", TOUCHES_I }, { "ic", TOUCHES_IC }, { "dt", TOUCHES_DT }, { "be", TOUCHES_BE },
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcmp(names[i].name, bits)) return names[i].bit;
    }
    fail(op, bits);
    return 0;
}

/* "ssm:i", "mov_to_cr[16-25]", "rfi". */
static void add_pattern(const struct operation *op, char *word)
{
    struct pattern p = { .first = -1, .last = INT32_MAX, .operation = table.operations->len - 1 };
    char *colon = strchr(word, ':'), *bracket = strchr(word, '['), *end;
    if (colon) {
        *colon = 0;
        p.touches = touches_of(op, colon + 1);
    }
    if (bracket) {
        *bracket = 0;
        p.first = p.last = (s32)strtol(bracket + 1, &end, 10);
        if (*end == '-') p.last = (s32)strtol(end + 1, &end, 10);
        if (*end != ']') fail(op, word);
    }
    p.row = isa_row_of(word);
    if (p.row < 0) fail(op, word);
    g_array_append_val(table.patterns, p);
}

static void each_word(const struct operation *op, const char *words,
                      void (*fn)(const struct operation *op, char *word))
{
    char **list = g_strsplit(words, " ", 0);
    for (char **w = list; *w; w++) {
        if (**w) fn(op, *w);
    }
    g_strfreev(list);
}

static void add_hyperprivop(const struct operation *op, char *word)
{
    for (unsigned i = 0; i < ARRAY_LEN(table.by_hyperprivop); i++) {
        const char *name = hyperprivop_name(i);
        if (!name || strcmp(name, word)) continue;
        table.by_hyperprivop[i] = (int)table.operations->len - 1;
        return;
    }
    fail(op, word);
}

static void prepare(void)
{
    const char *group = NULL;
    if (table.operations) return;
    isa_init();
    table.operations = g_array_new(FALSE, FALSE, sizeof(struct operation));
    table.patterns = g_array_new(FALSE, FALSE, sizeof(struct pattern));
    for (size_t i = 0; i < ARRAY_LEN(table.by_hyperprivop); i++) table.by_hyperprivop[i] = -1;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct operation op = rows[i].op;
        if (rows[i].group) {
            group = rows[i].group;
            continue;
        }
        op.group = group;
        g_array_append_val(table.operations, op);
        each_word(&op, op.instructions, add_pattern);
        each_word(&op, op.hyperprivops, add_hyperprivop);
    }
}

unsigned operation_count(void)
{
    prepare();
    return table.operations->len;
}

const struct operation *operation(unsigned i)
{
    prepare();
    return &g_array_index(table.operations, struct operation, i);
}

static bool fits(const struct pattern *pattern, const struct place *p)
{
    if ((u32)pattern->row != p->number) return false;
    if (pattern->touches) return p->sub & pattern->touches;
    return pattern->first < 0 || (p->sub >= pattern->first && p->sub <= pattern->last);
}

int operation_of(const struct place *p)
{
    prepare();
    if (p->kind == EVENT_HYPERPRIVOP) {
        return p->number < ARRAY_LEN(table.by_hyperprivop) ? table.by_hyperprivop[p->number] : -1;
    }
    if (p->kind != EVENT_PRIVOP && p->kind != EVENT_TRAPPED) return -1;
    for (unsigned i = 0; i < table.patterns->len; i++) {
        const struct pattern *pattern = &g_array_index(table.patterns, struct pattern, i);
        if (fits(pattern, p)) return (int)pattern->operation;
    }
    return -1;
}

/* --- labels ----------------------------------------------------------------------------------- */

static char *touched_bits(s32 sub)
{
    static const char *const names[] = { "i", "ic", "dt", "be", "other" };
    GString *s = g_string_new("psr.");
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (!(sub >> i & 1)) continue;
        g_string_append_printf(s, "%s%s", s->len > 4 ? "," : "", names[i]);
    }
    return g_string_free(s, FALSE);
}

static char *insn_label(const struct place *p)
{
    const char *meaning = insn_rows[p->number].meaning;
    if (!strcmp(meaning, "ssm") || !strcmp(meaning, "rsm")) {
        char *bits = touched_bits(p->sub), *label = g_strdup_printf("%s %s", meaning, bits);
        g_free(bits);
        return label;
    }
    return p->sub < 0 ? g_strdup(meaning) : g_strdup_printf("%s[%d]", meaning, p->sub);
}

static char *hypercall_label(const struct place *p)
{
    const char *name = hypercall_name(p->number);
    const char *command = p->sub < 0 ? NULL : hypercall_command_name(p->number, (unsigned)p->sub);
    if (!name) return g_strdup("unknown hypercall");
    if (command) return g_strdup_printf("%s.%s", name, command);
    return hypercall_has_commands(p->number) ? g_strdup_printf("%s.?", name) : g_strdup(name);
}

static char *firmware_label(const struct place *p)
{
    static const char *const unknown[] = { "PAL ?", "SAL ?", "EFI ?", "firmware ?" };
    const char *name = p->sub == EVENT_FW_HYPERCALL
                           ? firmware_hypercall_name(p->number)
                           : bios_procedure_name((enum bios_class)p->sub, p->number);
    return g_strdup(name ? name : unknown[p->sub & 3]);
}

/* A vector may have several reasons.  Some reflections are known by the vector only (the hypervisor
 * has made something else of what happened): then its first reason stands for all. */
static char *vector_label(const struct place *p)
{
    if (p->sub >= 0) return g_strdup(interruption_name((unsigned)p->sub));
    for (unsigned row = 0;; row++) {
        const char *name = interruption_name(row);
        if (!strcmp(name, "?")) return g_strdup_printf("vector 0x%04x", p->number);
        if (interruption_vector(row) == p->number) return g_strdup(name);
    }
}

char *place_label(const struct place *p)
{
    switch (p->kind) {
    case EVENT_PRIVOP:
    case EVENT_TRAPPED: return insn_label(p);
    case EVENT_HYPERPRIVOP: return g_strdup(hyperprivop_name(p->number));
    case EVENT_HYPERCALL: return hypercall_label(p);
    case EVENT_FIRMWARE: return firmware_label(p);
    case EVENT_REFLECT:
    case EVENT_INTERRUPTION: return vector_label(p);
    case EVENT_IRQ: return g_strdup("interrupt acknowledged");
    case EVENT_UPCALL: return g_strdup("event upcall");
    case EVENT_SEND: return g_strdup("event sent");
    default: return g_strdup(event_kind_name(p->kind));
    }
}

/* --- Xen's names ------------------------------------------------------------------------------ */

enum { PAL_HALT_LIGHT = 29 };

/* The counters of asm-ia64/perfc_defn.h.  Instructions that have none of their own are counted in
 * misc_privop by the opcode extension x6 of their format. */
static char *trapped_counter(const struct place *p)
{
    const struct insn_row *row = &insn_rows[p->number];
    static const char *const own[] = { "ssm", "rsm", "rfi", "bsw0", "bsw1" };
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (!strcmp(row->meaning, own[i])) return g_strdup(own[i]);
    }
    if (!strcmp(row->meaning, "mov_to_cr") || !strcmp(row->meaning, "mov_from_cr")) {
        return g_strdup_printf("%s[%d]", row->meaning, p->sub);
    }
    if (g_str_has_prefix(row->meaning, "mov_from_ar")) return NULL;
    if (g_str_has_prefix(row->meaning, "mov_to_ar")) {
        return g_strdup(g_str_has_suffix(row->meaning, "imm") ? "mov_to_ar_imm" : "mov_to_ar_reg");
    }
    const char *x6 = strstr(row->fields, "x6=");
    return x6 ? g_strdup_printf("misc_privop[%s%.2s]", "0x", x6 + 5) : NULL;
}

static char *firmware_counter(const struct place *p)
{
    static const unsigned class[] = { 0x10, 0x11, 0x03 };
    if (p->sub == EVENT_PAL && p->number == PAL_HALT_LIGHT) {
        return g_strdup_printf("fw_hypercall[0x10], %s", p->other ? "idle_when_pending" : "pal_halt_light");
    }
    unsigned i = p->sub == EVENT_FW_HYPERCALL ? p->number >> 8 : class[p->sub % 3];
    return i < 0x20 ? g_strdup_printf("fw_hypercall[0x%02x]", i) : NULL;
}

char *place_xen_counter(const struct place *p, enum way way)
{
    if (way == WAY_NATIVE) return NULL;
    switch (p->kind) {
    case EVENT_TRAPPED: return trapped_counter(p);
    case EVENT_HYPERPRIVOP:
        return g_strdup_printf("%s_hyperprivop[0x%02x]", p->other ? "slow" : "fast", p->number);
    case EVENT_HYPERCALL:
        return p->number < 64 ? g_strdup_printf("hypercalls[%u]", p->number) : NULL;
    case EVENT_FIRMWARE: return firmware_counter(p);
    case EVENT_REFLECT:
        return g_strdup_printf("%s_reflect[0x%02x]", p->other ? "fast" : "slow", p->number >> 8);
    default: return NULL;
    }
}
