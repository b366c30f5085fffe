/* Bits to text, as GNU objdump writes it: a row's mnemonic and operand string with the operands
 * filled in, or the pseudo-operation of aliases.def that fits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/isa/isa-priv.h"

#include <string.h>

#include "base/bits.h"

/* ---- Text ------------------------------------------------------------------------------------ */

struct text {
    char *at, *end; /* end: the last byte, kept for the 0 */
    size_t length;
};

static struct text text_in(char *buffer, size_t size)
{
    return (struct text){ buffer, buffer + size - 1, 0 };
}

static void add_char(struct text *t, char c)
{
    if (t->at < t->end) *t->at++ = c;
    t->length++;
}

static void add(struct text *t, const char *s)
{
    while (*s) add_char(t, *s++);
}

static void add_number(struct text *t, u64 v, unsigned base, unsigned digits)
{
    char reversed[24];
    unsigned n = 0;
    do {
        reversed[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v || n < digits);
    while (n > 0) add_char(t, reversed[--n]);
}

static void add_hex(struct text *t, u64 v)
{
    add(t, "0x");
    add_number(t, v, 16, 1);
}

static void add_signed(struct text *t, s64 v)
{
    if (v < 0) add_char(t, '-');
    add_number(t, v < 0 ? -(u64)v : (u64)v, 10, 1);
}

static size_t finish(struct text *t)
{
    *t->at = 0;
    return t->length;
}

/* ---- Operands -------------------------------------------------------------------------------- */

static const char *const ar_names[128] = {
#define AR(number, name) [number] = "ar." #name,
#define CR(number, name)
#include "cpu/isa/regnames.def"
};
static const char *const cr_names[128] = {
#define AR(number, name)
#define CR(number, name) [number] = "cr." #name,
#include "cpu/isa/regnames.def"
};

static void add_register(struct text *t, enum reg_file file, unsigned number)
{
    static const char *const prefix[] = { "r", "f", "p", "b", "ar", "cr" };
    const char *name = NULL;
    if (file == FILE_AR) name = ar_names[number];
    if (file == FILE_CR) name = cr_names[number];
    if (name) {
        add(t, name);
        return;
    }
    add(t, prefix[file]);
    add_number(t, number, 10, 1);
}

static void add_immediate(struct text *t, const struct operand *op, u64 raw, u64 ip)
{
    u64 v = operand_form(op, raw);
    switch (op->shown) {
    case SHOW_DEC:    add_signed(t, (s64)v); break;
    case SHOW_HEX:    add_hex(t, v); break;
    case SHOW_TIMES8: add_number(t, v * 8, 10, 1); break;
    case SHOW_MINUS:  add_signed(t, -(s64)v); break;
    case SHOW_ADDR:   add_hex(t, ip + v); break;
    case SHOW_NAME:
        if (op->names[raw]) {
            add(t, op->names[raw]);
        } else {
            add_hex(t, v);
        }
        break;
    default: add_number(t, v, 10, 1); break;
    }
}

static void add_operand(struct text *t, const struct operand *op, u64 slot, u64 lslot, u64 ip)
{
    u64 raw = operand_raw(op, slot, lslot);
    switch (op->kind) {
    case OPERAND_REG:       add_register(t, op->file, (unsigned)raw); break;
    case OPERAND_COMPLETER: add(t, op->names[raw] ? op->names[raw] : ""); break;
    default:                add_immediate(t, op, raw, ip); break;
    }
}

static void add_template_text(struct text *t, const struct row_code *c, const char *template,
                              u64 slot, u64 lslot, u64 ip)
{
    for (; *template; template++) {
        unsigned char byte = (unsigned char)*template;
        if (byte < 0x80) {
            add_char(t, *template);
        } else {
            add_operand(t, &c->op[byte - 0x80], slot, lslot, ip);
        }
    }
}

/* ---- Slots and bundles ----------------------------------------------------------------------- */

static u64 piece_of(struct piece p, u64 slot)
{
    return slot >> p.pos & mask64(p.width);
}

static bool alias_holds(const struct alias *a, u64 slot)
{
    if ((slot & a->mask) != a->match) return false;
    u64 x = piece_of(a->equal[0], slot), y = piece_of(a->equal[1], slot);
    return x == (a->complement ? ~y & mask64(a->equal[1].width) : y);
}

/* The text of the row, or of the first alias that fits. */
static const struct row_code *text_of(unsigned row, u64 slot)
{
    const struct isa_table *t = &isa_table;
    for (int i = t->code[row].alias; i >= 0; i = t->alias[i].next)
        if (alias_holds(&t->alias[i], slot)) return &t->alias[i].code;
    return &t->code[row];
}

/* What GNU objdump cannot decode it shows as data, stop or not, zero without the 0x. */
static void add_data(struct text *t, u64 slot)
{
    add(t, slot ? "      data8 0x" : "      data8 ");
    add_number(t, slot, 16, slot ? 9 : 11);
}

static bool has_qp(unsigned row)
{
    return !(insn_rows[row].attrs & ATTR_NOQP);
}

static bool add_slot(struct text *t, char unit, u64 slot, u64 lslot, u64 ip)
{
    unsigned row = isa_find_row(unit, slot), qp = slot & 63;
    if (row == NO_ROW) {
        add_data(t, slot);
        return false;
    }
    if (qp && has_qp(row)) {
        add(t, "(p");
        add_number(t, qp, 10, 2);
        add(t, ") ");
    } else {
        add(t, "      ");
    }
    const struct row_code *c = text_of(row, slot);
    add_template_text(t, c, c->name_text, slot, lslot, ip);
    if (c->operand_text[0]) add_char(t, ' ');
    add_template_text(t, c, c->operand_text, slot, lslot, ip);
    return true;
}

size_t isa_disasm_slot(char unit, u64 slot41, u64 lslot, u64 ip, char *text, size_t size)
{
    struct text t = text_in(text, size);
    add_slot(&t, unit, slot41, lslot, ip);
    return finish(&t);
}

static void add_line(struct text *t, const u8 bundle[16], unsigned slotno, u64 ip)
{
    unsigned template;
    u64 slot[3];
    isa_split(bundle, &template, slot);
    const struct isa_template *tmpl = &isa_templates[template];
    bool mlx = tmpl->name[1] == 'L';
    if (mlx && slotno == 2) return;
    if (slotno > 0) {
        add(t, "      ");
    } else {
        add_char(t, '[');
        if (tmpl->name[0]) {
            add(t, tmpl->name);
        } else {
            add_char(t, '-');
            add_number(t, template >> 1, 16, 1);
            add_char(t, '-');
        }
        add(t, "] ");
    }
    if (!tmpl->name[0]) {
        add_data(t, slot[slotno]);
        return;
    }
    unsigned from = mlx && slotno == 1 ? 2 : slotno;
    bool known = add_slot(t, tmpl->name[from], slot[from], slot[1], ip);
    if (known && bit(tmpl->stops, from)) add(t, ";;");
}

size_t isa_disasm(const u8 bundle[16], unsigned slotno, u64 ip, char *text, size_t size)
{
    struct text t = text_in(text, size);
    add_line(&t, bundle, slotno, ip);
    return finish(&t);
}

size_t isa_disasm_bundle(const u8 bundle[16], u64 ip, char *text, size_t size)
{
    struct text t = text_in(text, size);
    bool mlx = isa_templates[bundle[0] & 31].name[1] == 'L';
    for (unsigned slotno = 0; slotno < (mlx ? 2u : 3u); slotno++) {
        add_number(&t, ip + 6 * slotno, 16, 16);
        add(&t, ":  ");
        add_line(&t, bundle, slotno, ip);
        add_char(&t, '\n');
    }
    return finish(&t);
}
