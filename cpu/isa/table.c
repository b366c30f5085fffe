/* From text to table: reads the .def files once at start-up and turns every row into a (mask,
 * match) pair and a list of operands, sorted into buckets that decode can index.  What cannot be
 * true is refused here, by file, row and field, so that nothing later needs to doubt the table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/isa/isa-priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The .def files as arrays ---------------------------------------------------------------- */

static const struct format_text format_texts[] = {
#define FORMAT(name, fields) { #name, fields },
#include "cpu/isa/formats.def"
};

static const struct row_text row_texts[] = {
#define INSN(format, name, fields, operands, meaning, attrs) \
    { #format, name, fields, operands, #meaning, #attrs },
#include "cpu/isa/insns.def"
};

const struct isa_text isa_builtin_text = {
    format_texts, ARRAY_LEN(format_texts), row_texts, ARRAY_LEN(row_texts), true,
};

static const struct row_text alias_texts[] = {
#define ALIAS(meaning, fields, name, operands) { NULL, name, fields, operands, #meaning, "" },
#include "cpu/isa/aliases.def"
};

#define REG(name, fields, file, to)
#define IMM(name, fields, form, scale, where, shown, valid)
#define VALUES(name, ...) static const s8 values_##name[] = { __VA_ARGS__ };
#define NAMES(name, ...) static const char *const names_##name[] = { __VA_ARGS__ };
#include "cpu/isa/operands.def"

static const struct {
    const char *name;
    const s8 *values;
} value_lists[] = {
#define REG(name, fields, file, to)
#define IMM(name, fields, form, scale, where, shown, valid)
#define VALUES(name, ...) { #name, values_##name },
#define NAMES(name, ...)
#include "cpu/isa/operands.def"
};

static const struct {
    const char *name;
    const char *const *names;
} name_lists[] = {
#define REG(name, fields, file, to)
#define IMM(name, fields, form, scale, where, shown, valid)
#define VALUES(name, ...)
#define NAMES(name, ...) { #name, names_##name },
#include "cpu/isa/operands.def"
};

struct operand_text {
    const char *name, *fields;
    struct operand made;
};

enum { WHERE_r1 = TO_R1, WHERE_r2 = TO_R2, WHERE_r3 = TO_R3, WHERE_r4 = TO_R4, WHERE_p1 = TO_P1,
       WHERE_p2 = TO_P2 };
#define FORM_CONST(n) FORM_CONST, .constant = n
#define WHERE_IMM(n) TO_IMM, .shift = n
#define WHERE_AUX(n) TO_AUX, .shift = n
#define WHERE_X TO_X
#define VALID_ANY 0xffff
#define ANY VALID_ANY

static const struct operand_text operand_texts[] = {
#define REG(name, fields, regs, to) \
    { #name, fields, { .kind = OPERAND_REG, .file = FILE_##regs, .where = WHERE_##to, \
                       .valid = ANY } },
#define IMM(name, fields, how, up, to, show, set) \
    { #name, fields, { .kind = OPERAND_IMM, .form = FORM_##how, .scale = up, .where = WHERE_##to, \
                       .shown = SHOW_##show, .valid = set } },
#define VALUES(name, ...)
#define NAMES(name, ...)
#include "cpu/isa/operands.def"
};

#define COMPLETER(name, field, keep, ...) \
    static const char *const names_of_##name[] = { __VA_ARGS__ };
#include "cpu/isa/completers.def"

enum { KEEP_X = TO_X, KEEP_HINT = TO_POS };
static const struct operand_text completer_texts[] = {
#define COMPLETER(name, field, keep, ...) \
    { #name, field, { .kind = OPERAND_COMPLETER, .where = KEEP_##keep, .valid = ANY, \
                      .names = names_of_##name } },
#include "cpu/isa/completers.def"
};

static const char *const attribute_names[] = {
#define ATTRIBUTE(name) #name,
#include "cpu/isa/attributes.def"
};

/* ---- Errors and words ------------------------------------------------------------------------ */

PRINTF(2, 3) static bool refuse(struct isa_table *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->error, sizeof t->error, format, args);
    va_end(args);
    return false;
}

/* A stretch of the text that is being read. */
struct word {
    const char *s;
    size_t n;
};

static bool is(struct word w, const char *name)
{
    return strlen(name) == w.n && memcmp(w.s, name, w.n) == 0;
}

/* The next blank-separated word; n is 0 at the end. */
static struct word next_word(const char **at)
{
    const char *s = *at + strspn(*at, " ");
    *at = s + strcspn(s, " ");
    return (struct word){ s, (size_t)(*at - s) };
}

/* ---- Formats --------------------------------------------------------------------------------- */

struct field {
    struct word name;
    struct piece bits;
    bool used;
};

struct layout {
    const char *name;
    unsigned count;
    struct field field[24];
    u64 ignored;
};

struct builder {
    struct isa_table *t;
    unsigned formats;
    struct layout layout[ISA_MAX_FORMATS];
};

/* The fields of one slot, from bit 40 of `base` down.  Returns the number of bits. */
static unsigned read_fields(struct layout *l, const char *s, const char *end, unsigned base)
{
    unsigned bits = 0;
    while (s < end) {
        struct word w = next_word(&s);
        const char *colon = w.n ? memchr(w.s, ':', w.n) : NULL;
        if (!colon || l->count == ARRAY_LEN(l->field)) break;
        struct word name = { w.s, (size_t)(colon - w.s) };
        unsigned width = (unsigned)strtoul(colon + 1, NULL, 10);
        bits += width;
        if (width == 0 || bits > ISA_SLOT_BITS) return 0;
        struct piece p = { (u8)(base + ISA_SLOT_BITS - bits), (u8)width };
        if (!is(name, "-") && !is(name, "0")) {
            l->field[l->count++] = (struct field){ name, p, false };
        } else if (base == 0) {
            l->ignored |= ((1ull << width) - 1) << p.pos;
        }
    }
    return bits;
}

static bool add_format(struct builder *b, const struct format_text *text)
{
    struct layout *l = &b->layout[b->formats];
    *l = (struct layout){ .name = text->name };
    const char *s = text->fields, *end = s + strlen(s), *stroke = strchr(s, '/');
    if (stroke) {
        unsigned bits = read_fields(l, s, stroke, ISA_SLOT_BITS);
        if (bits != ISA_SLOT_BITS)
            return refuse(b->t, "formats.def: %s: the L slot is not 41 bits", text->name);
        s = stroke + 1;
    }
    if (read_fields(l, s, end, 0) != ISA_SLOT_BITS)
        return refuse(b->t, "formats.def: %s: not 41 bits", text->name);
    b->formats++;
    return true;
}

static struct layout *find_format(struct builder *b, const char *name)
{
    for (unsigned i = 0; i < b->formats; i++)
        if (strcmp(b->layout[i].name, name) == 0) return &b->layout[i];
    return NULL;
}

static struct field *find_field(struct layout *l, struct word name)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->field[i].name.n == name.n && memcmp(l->field[i].name.s, name.s, name.n) == 0)
            return &l->field[i];
    return NULL;
}

/* ---- One row --------------------------------------------------------------------------------- */

struct making {
    struct builder *b;
    const struct row_text *text;
    struct layout layout; /* a copy, to tick off the fields */
    struct insn_row *row;
    struct row_code *code;
    struct alias *alias;  /* instead of a row */
    unsigned hint_bits;
};

PRINTF(2, 3) static bool refuse_row(struct making *m, const char *format, ...)
{
    char why[160];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return refuse(m->b->t, "%s: %s (%s): %s", m->alias ? "aliases.def" : "insns.def",
                  m->text->meaning, m->layout.name ? m->layout.name : m->text->format, why);
}

/* A field by name, ticked off.  A field may have only one job in a row. */
static struct field *take_field(struct making *m, struct word name)
{
    struct field *f = find_field(&m->layout, name);
    if (!f) {
        refuse_row(m, "no field '%.*s' in the format", (int)name.n, name.s);
        return NULL;
    }
    if (f->used && !m->alias) {
        refuse_row(m, "field '%.*s' is used twice", (int)name.n, name.s);
        return NULL;
    }
    f->used = true;
    return f;
}

/* aliases.def only: `a=b` and `a=~b`. */
static bool read_equal(struct making *m, struct field *f, struct word other)
{
    m->alias->complement = other.s[0] == '~';
    if (m->alias->complement) other = (struct word){ other.s + 1, other.n - 1 };
    struct field *g = take_field(m, other);
    if (!g) return false;
    m->alias->equal[0] = f->bits;
    m->alias->equal[1] = g->bits;
    return true;
}

/* "op=8 x2a=0 ..." into mask and match. */
static bool read_match(struct making *m, u64 *mask, u64 *match)
{
    const char *s = m->text->fields;
    for (struct word w = next_word(&s); w.n; w = next_word(&s)) {
        const char *eq = memchr(w.s, '=', w.n);
        if (!eq) return refuse_row(m, "'%.*s' is not field=value", (int)w.n, w.s);
        struct field *f = take_field(m, (struct word){ w.s, (size_t)(eq - w.s) });
        if (!f) return false;
        char *end;
        u64 v = strtoull(eq + 1, &end, 0);
        if (end != w.s + w.n) {
            struct word other = { eq + 1, (size_t)(w.s + w.n - eq - 1) };
            if (!m->alias) return refuse_row(m, "'%.*s' is not a number", (int)w.n, w.s);
            if (!read_equal(m, f, other)) return false;
            continue;
        }
        if (v >> f->bits.width)
            return refuse_row(m, "value of field '%.*s' is too wide", (int)f->name.n, f->name.s);
        *mask |= ((1ull << f->bits.width) - 1) << f->bits.pos;
        *match |= v << f->bits.pos;
    }
    return true;
}

static bool read_attrs(struct making *m)
{
    const char *s = m->text->attrs;
    for (struct word w = next_word(&s); w.n; w = next_word(&s)) {
        unsigned i = 0;
        while (i < ATTR_COUNT && !is(w, attribute_names[i])) i++;
        if (i < ATTR_COUNT) {
            m->row->attrs |= 1u << i;
        } else if (!is(w, "-")) {
            return refuse_row(m, "unknown attribute '%.*s'", (int)w.n, w.s);
        }
    }
    return true;
}

static const struct operand_text *find_text(const struct operand_text *texts, size_t n,
                                            struct word name)
{
    for (size_t i = 0; i < n; i++)
        if (is(name, texts[i].name)) return &texts[i];
    return NULL;
}

static void find_lists(struct operand *op, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(value_lists); i++)
        if (strcmp(value_lists[i].name, name) == 0) op->values = value_lists[i].values;
    for (size_t i = 0; i < ARRAY_LEN(name_lists); i++)
        if (strcmp(name_lists[i].name, name) == 0) op->names = name_lists[i].names;
}

/* Appends the operand to the row's program; the pieces come from the format. */
static struct operand *add_operand(struct making *m, const struct operand_text *text)
{
    if (m->code->count == ISA_MAX_OPERANDS) {
        refuse_row(m, "too many operands");
        return NULL;
    }
    struct operand *op = &m->code->op[m->code->count];
    *op = text->made;
    const char *s = text->fields;
    for (struct word w = next_word(&s); w.n; w = next_word(&s)) {
        struct field *f = take_field(m, w);
        if (!f) return NULL;
        op->piece[op->pieces++] = f->bits;
        op->width = (u8)(op->width + f->bits.width);
    }
    find_lists(op, text->name);
    if (op->where == TO_POS) {
        op->shift = (u8)m->hint_bits;
        m->hint_bits += op->width;
    }
    m->code->count++;
    return op;
}

static bool put_char(struct making *m, char *text, size_t size, char c)
{
    size_t n = strlen(text);
    if (n + 1 >= size) return refuse_row(m, "text too long");
    text[n] = c;
    return true;
}

static bool put_operand(struct making *m, char *text, size_t size, const struct operand *op)
{
    return put_char(m, text, size, (char)(0x80 + (op - m->code->op)));
}

/* "ld8{ldhint}": the completers become operands. */
static bool read_name(struct making *m)
{
    char *text = m->code->name_text;
    for (const char *s = m->text->name; *s; s++) {
        if (*s != '{') {
            if (!put_char(m, text, sizeof m->code->name_text, *s)) return false;
            continue;
        }
        const char *end = strchr(s, '}');
        if (!end) return refuse_row(m, "'{' without '}'");
        struct word w = { s + 1, (size_t)(end - s - 1) };
        const struct operand_text *c = find_text(completer_texts, ARRAY_LEN(completer_texts), w);
        if (!c) return refuse_row(m, "unknown completer '%.*s'", (int)w.n, w.s);
        struct operand *op = add_operand(m, c);
        if (!op || !put_operand(m, text, sizeof m->code->name_text, op)) return false;
        s = end;
    }
    return true;
}

/* Written left of the `=` outside brackets, read elsewhere. */
static void note_register(struct making *m, const struct operand *op, bool written)
{
    struct insn_row *r = m->row;
    u8 set = op->where == TO_P1   ? IN_P1
             : op->where == TO_P2 ? IN_P2
                                  : (u8)(IN_R1 << (op->where - TO_R1));
    switch (op->file) {
    case FILE_GR: *(written ? &r->gr_targets : &r->gr_sources) |= set; break;
    case FILE_FR: *(written ? &r->fr_targets : &r->fr_sources) |= set; break;
    case FILE_BR: *(written ? &r->br_targets : &r->br_sources) |= set; break;
    case FILE_PR: r->pr_targets |= set; break;
    default: break;
    }
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
}

/* "r1 = [r3], r2": words that operands.def knows become operands, the rest is text. */
static bool read_operands(struct making *m)
{
    char *text = m->code->operand_text;
    bool written = strchr(m->text->operands, '=') != NULL, bracket = false;
    for (const char *s = m->text->operands; *s;) {
        struct word w = { s, 0 };
        while (is_name_char(s[w.n])) w.n++;
        const struct operand_text *o = find_text(operand_texts, ARRAY_LEN(operand_texts), w);
        if (w.n && o) {
            struct operand *op = add_operand(m, o);
            if (!op || !put_operand(m, text, sizeof m->code->operand_text, op)) return false;
            if (op->kind == OPERAND_REG && m->row) note_register(m, op, written && !bracket);
            s += w.n;
            continue;
        }
        if (*s == '[' || *s == ']') bracket = *s == '[';
        if (*s == '=') written = false;
        do {
            if (*s != ' ' && !put_char(m, text, sizeof m->code->operand_text, *s)) return false;
            s++;
        } while (w.n-- > 1);
    }
    return true;
}

static bool add_qp(struct making *m)
{
    static const struct operand_text qp = { "qp", "qp", { .kind = OPERAND_REG, .file = FILE_PR,
                                                          .where = TO_QP, .valid = ANY } };
    return !find_field(&m->layout, (struct word){ "qp", 2 }) || add_operand(m, &qp);
}

static bool all_fields_used(struct making *m)
{
    for (unsigned i = 0; i < m->layout.count; i++) {
        const struct field *f = &m->layout.field[i];
        if (!f->used) return refuse_row(m, "field '%.*s' is not used", (int)f->name.n, f->name.s);
    }
    return true;
}

/* Operands of alloc, and of dep.z with an immediate, share a member of struct insn. */
static void note_slices(struct row_code *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        for (unsigned j = 0; j < c->count; j++) {
            bool wide = c->op[i].where == TO_IMM || c->op[i].where == TO_AUX;
            if (i != j && wide && c->op[i].where == c->op[j].where) c->op[i].slice = true;
        }
    }
}

/* The legality rules that follow from the operands. */
static void note_checks(struct insn_row *r, struct row_code *c)
{
    if (r->attrs & ATTR_UPDATE) {
        c->checks |= CHECK_R3 | (r->gr_targets & IN_R1 ? CHECK_R1_R3 : 0);
        r->gr_targets |= IN_R3;
    }
    if (r->gr_targets & IN_R1) c->checks |= CHECK_R1;
    if (r->fr_targets & IN_R1) c->checks |= CHECK_F1;
    if (r->fr_targets & IN_R2) c->checks |= CHECK_F2;
    if (r->pr_targets == (IN_P1 | IN_P2)) c->checks |= CHECK_P1_P2;
    if (r->attrs & ATTR_QP0) c->checks |= CHECK_QP0;
    if (r->attrs & ATTR_SLOT2) c->checks |= CHECK_SLOT2;
    for (unsigned i = 0; i < c->count; i++)
        if (c->op[i].valid != ANY) c->checks |= CHECK_VALID;
}

static bool add_row(struct builder *b, const struct row_text *text)
{
    struct isa_table *t = b->t;
    struct insn_row *r = &t->rows[t->count];
    struct row_code *c = &t->code[t->count];
    struct making m = { .b = b, .text = text, .row = r, .code = c };
    struct layout *l = find_format(b, text->format);
    if (!l) return refuse_row(&m, "unknown format");
    m.layout = *l;
    *r = (struct insn_row){ text->name, text->format, text->fields, text->operands, text->meaning,
                            .ignored = l->ignored, .unit = text->format[0] };
    *c = (struct row_code){ .alias = -1 };
    if (!read_attrs(&m) || !read_match(&m, &r->mask, &r->match) || !read_name(&m) ||
        !read_operands(&m) || !add_qp(&m) || !all_fields_used(&m)) return false;
    note_checks(r, c);
    note_slices(c);
    t->count++;
    return true;
}

static bool add_alias(struct builder *b, const struct row_text *text)
{
    struct isa_table *t = b->t;
    struct alias *a = &t->alias[t->aliases];
    *a = (struct alias){ .next = -1, .code = { .alias = -1 } };
    struct making m = { .b = b, .text = text, .code = &a->code, .alias = a };
    unsigned i = 0;
    while (i < t->count && strcmp(t->rows[i].meaning, text->meaning) != 0) i++;
    if (i == t->count) return refuse(t, "aliases.def: no row means '%s'", text->meaning);
    m.layout = *find_format(b, t->rows[i].format);
    if (!read_match(&m, &a->mask, &a->match) || !read_name(&m) || !read_operands(&m)) return false;
    s8 *link = &t->code[i].alias;
    while (*link >= 0) link = &t->alias[*link].next;
    *link = (s8)t->aliases++;
    return true;
}

/* ---- Overlaps and buckets -------------------------------------------------------------------- */

static bool runs_in(const struct insn_row *r, enum slot_unit u)
{
    static const char letter[] = "MIFBX";
    return r->unit == letter[u] || (r->unit == 'A' && (u == SLOT_M || u == SLOT_I));
}

static bool share_a_slot(const struct insn_row *a, const struct insn_row *b)
{
    for (unsigned u = 0; u < SLOT_UNITS; u++)
        if (runs_in(a, u) && runs_in(b, u)) return true;
    return false;
}

static bool no_overlaps(struct isa_table *t)
{
    for (unsigned i = 0; i < t->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct insn_row *a = &t->rows[j], *b = &t->rows[i];
            if ((a->mask & b->mask & (a->match ^ b->match)) == 0 && share_a_slot(a, b))
                return refuse(t, "insns.def: %s (%s) and %s (%s) overlap", a->meaning, a->format,
                              b->meaning, b->format);
        }
    }
    return true;
}

enum { INDEX_POS = 27, INDEX_MASK = 1023 };

/* The rows of one opcode that agree with `index` in bits {36:27}, as a list in the pool. */
static bool add_list(struct isa_table *t, const u16 *rows, unsigned n, unsigned index, u16 *head)
{
    *head = (u16)t->pool_used;
    for (unsigned i = 0; i < n; i++) {
        const struct insn_row *r = &t->rows[rows[i]];
        u64 differ = (((u64)index << INDEX_POS) ^ r->match) & r->mask;
        if (differ >> INDEX_POS & INDEX_MASK) continue;
        if (t->pool_used >= ISA_POOL - 1) return refuse(t, "insns.def: the index is full");
        t->pool[t->pool_used++] = rows[i];
    }
    t->pool[t->pool_used++] = NO_ROW;
    return true;
}

static bool index_opcode(struct isa_table *t, enum slot_unit u, unsigned op)
{
    u16 rows[ISA_MAX_ROWS];
    unsigned n = 0, used = 0;
    for (unsigned i = 0; i < t->count; i++) {
        const struct insn_row *r = &t->rows[i];
        if (!runs_in(r, u) || r->match >> 37 != op) continue;
        rows[n++] = (u16)i;
        used |= r->mask >> INDEX_POS & INDEX_MASK;
    }
    /* Bits that no row looks at need no lists of their own. */
    for (unsigned index = 0; index <= INDEX_MASK; index++) {
        u16 *head = &t->head[u][op][index];
        if (index & ~used) {
            *head = t->head[u][op][index & used];
        } else if (!add_list(t, rows, n, index, head)) {
            return false;
        }
    }
    return true;
}

bool isa_table_build(struct isa_table *t, const struct isa_text *text)
{
    static struct builder builder;
    struct builder *b = &builder;
    b->t = t;
    b->formats = 0;
    t->count = t->aliases = t->pool_used = 0;
    t->error[0] = 0;
    if (text->format_count > ISA_MAX_FORMATS || text->row_count > ISA_MAX_ROWS)
        return refuse(t, "too many formats or rows");
    for (size_t i = 0; i < text->format_count; i++)
        if (!add_format(b, &text->formats[i])) return false;
    for (size_t i = 0; i < text->row_count; i++)
        if (!add_row(b, &text->rows[i])) return false;
    for (size_t i = 0; text->with_aliases && i < ARRAY_LEN(alias_texts); i++)
        if (!add_alias(b, &alias_texts[i])) return false;
    if (!no_overlaps(t)) return false;
    for (unsigned u = 0; u < SLOT_UNITS; u++)
        for (unsigned op = 0; op < 16; op++)
            if (!index_opcode(t, u, op)) return false;
    return true;
}

/* ---- The one table, and the templates -------------------------------------------------------- */

struct isa_table isa_table;
const struct insn_row *insn_rows;
unsigned insn_row_count;

static struct isa_template templates[32];
const struct isa_template *isa_templates = templates;

static void add_template(unsigned number, const char *text)
{
    struct isa_template *t = &templates[number];
    unsigned slot = 0;
    for (; *text; text++) {
        if (*text == '|') {
            t->stops |= (u8)(1u << (slot - 1));
        } else {
            t->name[slot++] = *text;
        }
    }
}

void isa_init(void)
{
    if (insn_rows) return;
    if (!isa_table_build(&isa_table, &isa_builtin_text)) {
        fprintf(stderr, "%s\n", isa_table.error);
        abort();
    }
#define TEMPLATE(number, text) add_template(number, text);
#include "cpu/isa/templates.def"
    insn_row_count = isa_table.count;
    insn_rows = isa_table.rows;
}

int isa_row_of(const char *meaning)
{
    for (unsigned i = 0; i < insn_row_count; i++)
        if (strcmp(insn_rows[i].meaning, meaning) == 0) return (int)i;
    return -1;
}
