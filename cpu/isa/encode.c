/* struct insn to bits: the same walk over the same operands, in the other direction.  The inverse
 * of each form is found by undoing its arithmetic and then checked by forming the value again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/isa/isa-priv.h"

#include "base/bits.h"

static u64 get(const struct insn *in, const struct operand *op)
{
    switch (op->where) {
    case TO_IMM: return in->imm >> op->shift;
    case TO_AUX: return op->form == FORM_SIGNED ? (u64)(s64)(s32)in->aux : in->aux >> op->shift;
    case TO_POS: return bits(in->pos, op->shift + op->width - 1u, op->shift);
    default:     return ((const u8 *)in)[op->where];
    }
}

static u64 unform(const struct operand *op, u64 v)
{
    u64 mask = mask64(op->width);
    switch (op->form) {
    case FORM_PLUS1:  return (v - 1) & mask;
    case FORM_PLUS32: return (v - 32) & mask;
    case FORM_FROM63: return (63 - v) & mask;
    case FORM_FROM31: return (31 - v) & mask;
    case FORM_CONST:  return 0;
    case FORM_LIST:
        for (u64 raw = 0; raw < mask; raw++)
            if (operand_form(op, raw) == v) return raw;
        return mask;
    default: return (v >> op->scale) & mask;
    }
}

static void scatter(const struct operand *op, u64 raw, u64 *slot, u64 *lslot)
{
    for (unsigned i = op->pieces; i-- > 0;) {
        unsigned pos = op->piece[i].pos, width = op->piece[i].width;
        u64 part = raw & mask64(width);
        raw >>= width;
        if (pos < ISA_SLOT_BITS) {
            *slot |= part << pos;
        } else {
            *lslot |= part << (pos - ISA_SLOT_BITS);
        }
    }
}

bool isa_encode_slot(const struct insn *in, u64 *slot41, u64 *lslot)
{
    const struct isa_table *t = &isa_table;
    const struct row_code *c = &t->code[in->row];
    u64 slot = t->rows[in->row].match, l = 0;
    for (unsigned i = 0; i < c->count; i++) {
        const struct operand *op = &c->op[i];
        u64 v = get(in, op), raw;
        if (op->slice) v &= 0xff;
        raw = unform(op, v);
        if (operand_form(op, raw) != v) return false;
        scatter(op, raw, &slot, &l);
    }
    *slot41 = slot;
    if (t->rows[in->row].unit == 'X') *lslot = l;
    return true;
}

/* A row that this slot of this template can hold. */
static bool fits(char unit, char row_unit)
{
    return unit == row_unit || (row_unit == 'A' && (unit == 'M' || unit == 'I'));
}

bool isa_encode_bundle(unsigned template, const struct insn in[3], u8 bundle[16])
{
    const char *unit = isa_templates[template].name;
    u64 slot[3] = { 0 };
    for (unsigned i = 0; i < 3; i++) {
        bool mlx = unit[i] == 'L';
        if (!fits(mlx ? 'X' : unit[i], insn_rows[in[i].row].unit)) return false;
        if (!isa_encode_slot(&in[i], &slot[mlx ? 2 : i], &slot[1])) return false;
        if (mlx) break;
    }
    isa_join(template, slot, bundle);
    return true;
}
