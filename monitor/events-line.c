/* From an event of the processor to a line of a trace: which words belong to its numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "bios/bios.h"
#include "hypercall/hypercall.h"
#include "monitor/events.h"

void event_header_print(u64 hz, FILE *out)
{
    fprintf(out, "# epic64 events, %" PRIu64 " ticks a second: "
                 "time cpu ip.slot symbol kind what arguments = result\n", hz);
}

void event_line_print(const struct event_line *l, FILE *out)
{
    const struct event_what *w = l->what;
    fprintf(out, "%" PRIu64 " %u %016" PRIx64 ".%u ", l->time, l->cpu, align_down(l->place, 16),
            (unsigned)(l->place & 15));
    if (l->symbol) {
        fprintf(out, "%s+0x%" PRIx64, l->symbol, l->offset);
    } else {
        fputc('-', out);
    }
    fprintf(out, " %s %s", w->kind, w->name);
    for (unsigned i = 0; i < w->nargs; i++) fprintf(out, " %s=0x%" PRIx64, w->arg[i], l->args[i]);
    if (l->has_result && w->decimal) fprintf(out, " = %" PRId64, (s64)l->result);
    if (l->has_result && !w->decimal) fprintf(out, " = 0x%" PRIx64, l->result);
    fprintf(out, "%s%s\n", l->slow ? " slow" : "", l->batched ? " batched" : "");
}

/* --- words ------------------------------------------------------------------------------------ */

struct event_words {
    GHashTable *whats;     /* struct what */
    GHashTable *printable; /* a symbol's name to its printable copy */
};

struct what {
    struct event_what public;
    u32 narrow; /* bit n: argument n is 32 bits wide */
    /* the key */
    enum event_kind kind;
    s32 number, sub;
    unsigned nargs; /* of the event */
    char *mark;     /* the name of a phase, or NULL */
};

#define WORD_MAX 200

/* A word of its own: no blanks, nothing that a terminal would take for a command. */
static char *one_word(const char *text)
{
    char *word = g_strndup(text, WORD_MAX);
    for (char *c = word; *c; c++) {
        if (*c == ' ') *c = '_';
        if (!g_ascii_isgraph(*c)) *c = '?';
    }
    return word;
}

static const char *const ar_names[128] = {
#define AR(n, name, ...) [n] = name,
#define CR(...)
#define FILE(...)
#include "cpu/sysreg.def"
};

static const char *const cr_names[128] = {
#define AR(...)
#define CR(n, name, ...) [n] = name,
#define FILE(...)
#include "cpu/sysreg.def"
};

/* "mov_from_cr.ifa", "mov_to_rr.5", "itc_d".  The forms of moves to and from ar are one to a
 * reader. */
static char *name_insn(const struct event *e)
{
    const struct insn_row *row = &insn_rows[e->number];
    bool ar = strstr(row->operands, "ar3"), cr = strstr(row->operands, "cr3");
    bool to_ar = row->operands[0] == 'a';
    const char *meaning = !ar ? row->meaning : to_ar ? "mov_to_ar" : "mov_from_ar";
    const char *known = ar ? ar_names[e->sub & 127] : cr ? cr_names[e->sub & 127] : NULL;
    if (e->sub < 0) return g_strdup(meaning);
    return known ? g_strconcat(meaning, ".", known, NULL)
                 : g_strdup_printf("%s.%d", meaning, e->sub);
}

static char *name_hyperprivop(const struct event *e)
{
    const char *name = hyperprivop_name((unsigned)e->number);
    return name ? g_strdup(name) : g_strdup_printf("%d", e->number);
}

static char *name_hypercall(const struct event *e)
{
    const char *name = hypercall_name((unsigned)e->number);
    if (!name) return g_strdup_printf("%d", e->number);
    if (e->sub < 0) return g_strdup(name);
    const char *command = hypercall_command_name((unsigned)e->number, (unsigned)e->sub);
    return command ? g_strconcat(name, ".", command, NULL)
                   : g_strdup_printf("%s.%d", name, e->sub);
}

static char *name_firmware(const struct event *e)
{
    static const char *const classes[] = { "PAL", "SAL", "EFI", "firmware" };
    static const enum bios_class class[] = { BIOS_PAL, BIOS_SAL, BIOS_EFI };
    const char *name = e->sub == EVENT_FW_HYPERCALL
                           ? firmware_hypercall_name((unsigned)e->number)
                           : bios_procedure_name(class[e->sub], (u64)e->number);
    return name ? g_strdup(name) : g_strdup_printf("%s.%d", classes[e->sub], e->number);
}

/* "0x0800:data-tlb" */
static char *name_interruption(const struct event *e)
{
    if (e->sub < 0) return g_strdup_printf("0x%04x", (unsigned)e->number);
    char *name = g_ascii_strdown(interruption_name((unsigned)e->sub), -1);
    char *whole = g_strdup_printf("0x%04x:%s", (unsigned)e->number, g_strdelimit(name, " ", '-'));
    g_free(name);
    return whole;
}

static char *name_irq(const struct event *e)
{
    return g_strdup_printf("0x%02x", (unsigned)e->number);
}

static char *name_upcall(const struct event *e) { (void)e; return g_strdup("enter"); }
static char *name_send(const struct event *e) { (void)e; return g_strdup("send"); }
static char *name_tlb(const struct event *e)
{
    return g_strdup(event_tlb_name((enum event_tlb)e->number));
}

static char *name_mark(const struct event *e)
{
    if (e->number) return g_strdup("end");
    return g_strdup_printf("begin:%s", e->name ? e->name : "?");
}

/* --- names of arguments ----------------------------------------------------------------------- */

enum { NUMBER = 1, SUB = 2 };

static const struct line {
    char *(*name)(const struct event *e);
    unsigned extra;
    const char *args;
} lines[EVENT_KINDS] = {
#define LINE(kind, name, extra, args) [EVENT_##kind] = { name, extra, args },
#include "monitor/events.def"
};

static const struct {
    s32 number;
    const char *arguments; /* "u32 cmd, buf arg" */
} hypercalls[] = {
#define HYPERCALL(number, name, arguments) { number, arguments },
#include "hypercall/hypercalls.def"
};

static const char *hypercall_row(s32 number)
{
    for (size_t i = 0; i < ARRAY_LEN(hypercalls); i++) {
        if (hypercalls[i].number == number) return hypercalls[i].arguments;
    }
    return NULL;
}

/* "r3 r2 imm", the operands that an instruction's event tells. */
static char *insn_args(const struct event *e)
{
    const struct insn_row *row = &insn_rows[e->number];
    bool r3 = row->gr_sources & IN_R3, r2 = row->gr_sources & IN_R2;
    return g_strdup_printf("%s%s%s", r3 ? "r3 " : "", r2 ? "r2 " : "",
                           strstr(row->operands, "imm") ? "imm" : "");
}

/* "cmd arg" out of "u32 cmd, buf arg". */
static char *hypercall_args(const struct event *e, u32 *narrow)
{
    const char *row = hypercall_row(e->number);
    GString *names = g_string_new(NULL);
    char **args = g_strsplit(row ? row : "u64 a0, u64 a1, u64 a2, u64 a3, u64 a4", ", ", 0);
    for (unsigned i = 0; args[i]; i++) {
        g_string_append_printf(names, "%s ", strchr(args[i], ' ') + 1);
        if (g_str_has_prefix(args[i], "u32 ")) *narrow |= 1u << i;
    }
    g_strfreev(args);
    return g_string_free(names, FALSE);
}

static char *hyperprivop_args(const struct event *e)
{
    static const struct {
        const char *name, *registers;
    } operands[] = {
#define OPERANDS(name, registers) { #name, registers },
#include "monitor/hyperprivop-operands.def"
    };
    const char *name = hyperprivop_name((unsigned)e->number);
    for (size_t i = 0; name && i < ARRAY_LEN(operands); i++) {
        if (!strcmp(operands[i].name, name)) return g_strdup(operands[i].registers);
    }
    return g_strdup("r8 r9 r10 r11 r14");
}

static char *tlb_args(const struct event *e)
{
    if (e->number == TLB_PTC_E) return g_strdup("va"); /* neither region nor size */
    return g_strdup(e->number <= TLB_ITR_D ? "va pte ps" : "va rid ps");
}

static char *names_of_args(const struct event *e, u32 *narrow)
{
    switch (e->kind) {
    case EVENT_PRIVOP:
    case EVENT_TRAPPED: return insn_args(e);
    case EVENT_HYPERPRIVOP: return hyperprivop_args(e);
    case EVENT_HYPERCALL: return hypercall_args(e, narrow);
    case EVENT_TLB: return tlb_args(e);
    default: return g_strdup(lines[e->kind].args);
    }
}

static void name_args(struct event_what *w, u32 *narrow, const struct event *e)
{
    unsigned extra = lines[e->kind].extra;
    unsigned count = e->nargs + !!(extra & NUMBER) + !!(extra & SUB);
    char *names = names_of_args(e, narrow), **each = g_strsplit(names, " ", 0);
    for (unsigned i = 0; each[i] && *each[i] && w->nargs < count && i < EVENT_LINE_ARGS; i++) {
        w->arg[w->nargs++] = g_strdup(each[i]);
    }
    g_strfreev(each);
    g_free(names);
}

/* --- remembering ------------------------------------------------------------------------------ */

static guint what_hash(gconstpointer p)
{
    const struct what *w = p;
    return (guint)w->kind * 40503u ^ (guint)w->number * 2654435761u ^ (guint)w->sub * 97u;
}

static gboolean what_equal(gconstpointer a, gconstpointer b)
{
    const struct what *x = a, *y = b;
    return x->kind == y->kind && x->number == y->number && x->sub == y->sub &&
           x->nargs == y->nargs && !g_strcmp0(x->mark, y->mark);
}

static void what_free(gpointer p)
{
    struct what *w = p;
    for (unsigned i = 0; i < w->public.nargs; i++) g_free((char *)w->public.arg[i]);
    g_free((char *)w->public.name);
    g_free(w->mark);
    g_free(w);
}

struct event_words *event_words_new(void)
{
    struct event_words *w = g_new0(struct event_words, 1);
    w->whats = g_hash_table_new_full(what_hash, what_equal, what_free, NULL);
    w->printable = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return w;
}

void event_words_free(struct event_words *w)
{
    g_hash_table_destroy(w->whats);
    g_hash_table_destroy(w->printable);
    g_free(w);
}

/* What tells events of a kind apart; the rest are arguments. */
static struct what key_of(const struct event *e)
{
    unsigned extra = lines[e->kind].extra;
    return (struct what){ .kind = e->kind, .number = extra & NUMBER ? 0 : e->number,
        .sub = extra & SUB ? 0 : e->sub, .nargs = e->nargs, .mark = (char *)e->name };
}

/* For the guest that invents command numbers until no memory is left: the rest has one name for
 * each number of arguments. */
#define WHATS_MAX 20000

static const struct what *nameless(struct event_words *w, const struct event *e)
{
    static const char *const args[] = { "a0", "a1", "a2", "a3", "a4" };
    struct what key = { .kind = e->kind, .number = -1, .sub = -1, .nargs = e->nargs };
    const struct what *known = g_hash_table_lookup(w->whats, &key);
    if (known) return known;
    struct what *new = g_memdup2(&key, sizeof(key));
    new->public.kind = event_kind_name(e->kind);
    new->public.name = g_strdup("other");
    for (unsigned i = 0; i < e->nargs; i++) new->public.arg[new->public.nargs++] = g_strdup(args[i]);
    g_hash_table_add(w->whats, new);
    return new;
}

static const struct what *what_of(struct event_words *w, const struct event *e)
{
    struct what key = key_of(e), *new;
    const struct what *known = g_hash_table_lookup(w->whats, &key);
    if (known) return known;
    if (g_hash_table_size(w->whats) >= WHATS_MAX) return nameless(w, e);
    char *name = lines[e->kind].name(e);
    new = g_memdup2(&key, sizeof(key));
    new->public.kind = event_kind_name(e->kind);
    new->public.name = one_word(name);
    new->public.decimal = e->kind == EVENT_HYPERCALL || e->kind == EVENT_FIRMWARE;
    new->mark = g_strdup(e->name);
    name_args(&new->public, &new->narrow, e);
    g_free(name);
    g_hash_table_add(w->whats, new);
    return new;
}

static const char *symbol_of(struct event_words *w, const struct symbols *symbols, u64 place,
                             u64 *offset)
{
    const char *name = symbols ? symbols_find(symbols, align_down(place, 16), offset) : NULL;
    if (!name) return NULL;
    char *word = g_hash_table_lookup(w->printable, name);
    if (word) return word;
    word = one_word(name);
    g_hash_table_insert(w->printable, (gpointer)name, word);
    return word;
}

void event_line_of(struct event_words *w, const struct symbols *symbols, unsigned cpu,
                   const struct event *e, struct event_line *l)
{
    unsigned extra = lines[e->kind].extra, n = e->nargs;
    const struct what *what = what_of(w, e);
    *l = (struct event_line){ .what = &what->public, .time = e->time, .cpu = cpu, .place = e->ip,
        .slow = e->slow, .batched = e->batched, .has_result = e->has_result,
        .result = e->has_result ? e->result : 0 };
    l->symbol = symbol_of(w, symbols, e->ip, &l->offset);
    for (unsigned i = 0; i < e->nargs; i++) {
        l->args[i] = what->narrow >> i & 1 ? (u32)e->args[i] : e->args[i];
    }
    if (extra & NUMBER) l->args[n++] = (u64)(s64)e->number;
    if (extra & SUB) l->args[n] = (u64)(s64)e->sub;
}
