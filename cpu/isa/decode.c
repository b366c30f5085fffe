/* Bits to struct insn: find the row, walk its operands, apply the rules that need no processor
 * state.  A slot that is not a legal instruction becomes a pseudo-row, so the result can always be
 * executed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/isa/isa-priv.h"

#include <string.h>

#include "base/bits.h"

/* ---- Bundles --------------------------------------------------------------------------------- */

static u64 load_le64(const u8 *p)
{
    u64 v = 0;
    for (unsigned i = 0; i < 8; i++) v |= (u64)p[i] << (8 * i);
    return v;
}

static void store_le64(u8 *p, u64 v)
{
    for (unsigned i = 0; i < 8; i++) p[i] = (u8)(v >> (8 * i));
}

void isa_split(const u8 bundle[16], unsigned *template, u64 slot[3])
{
    u64 lo = load_le64(bundle), hi = load_le64(bundle + 8);
    *template = lo & 31;
    slot[0] = bits(lo, 45, 5);
    slot[1] = lo >> 46 | (hi & mask64(23)) << 18;
    slot[2] = hi >> 23;
}

void isa_join(unsigned template, const u64 slot[3], u8 bundle[16])
{
    store_le64(bundle, template | slot[0] << 5 | slot[1] << 46);
    store_le64(bundle + 8, slot[1] >> 18 | slot[2] << 23);
}

/* ---- Slots ----------------------------------------------------------------------------------- */

static int slot_unit(char unit)
{
    switch (unit) {
    case 'M': return SLOT_M;
    case 'I': return SLOT_I;
    case 'F': return SLOT_F;
    case 'B': return SLOT_B;
    default:  return SLOT_X;
    }
}

unsigned isa_find_row(char unit, u64 slot)
{
    const struct isa_table *t = &isa_table;
    const u16 *list = &t->pool[t->head[slot_unit(unit)][bits(slot, 40, 37)][bits(slot, 36, 27)]];
    while (*list != NO_ROW && (slot & t->rows[*list].mask) != t->rows[*list].match) list++;
    return *list;
}

static void put(struct insn *in, const struct operand *op, u64 v)
{
    switch (op->where) {
    case TO_IMM: in->imm |= v << op->shift; break;
    case TO_AUX: in->aux |= (u32)(v << op->shift); break;
    case TO_POS: in->pos |= (u16)(v << op->shift); break;
    default:     ((u8 *)in)[op->where] = (u8)v; break;
    }
}

/* Most operands are registers: one piece of the slot into one byte. */
static ALWAYS_INLINE void take(struct insn *in, const struct operand *op, u64 slot, u64 lslot)
{
    if (likely(op->kind == OPERAND_REG)) {
        ((u8 *)in)[op->where] = slot >> op->piece[0].pos & ((1u << op->width) - 1);
    } else {
        put(in, op, operand_form(op, operand_raw(op, slot, lslot)));
    }
}

static bool reserved_value(const struct row_code *c, u64 slot, u64 lslot)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct operand *op = &c->op[i];
        if (op->valid != 0xffff && !bit(op->valid, (unsigned)operand_raw(op, slot, lslot)))
            return true;
    }
    return false;
}

/* SDM volume 3, chapter 2: the register rules of each instruction's operation section. */
static enum isa_legality judge(const struct row_code *c, const struct insn *in, u32 attrs,
                               unsigned slotno)
{
    unsigned k = c->checks;
    if ((k & CHECK_SLOT2 && slotno != 2) || (k & CHECK_QP0 && in->qp != 0)) return ISA_ILLEGAL;
    if (k & CHECK_P1_P2 && in->p1 == in->p2)
        return attrs & ATTR_UNC ? ISA_ILLEGAL : ISA_ILLEGAL_IF_QP;
    if ((k & CHECK_R1 && in->r1 == 0) || (k & CHECK_R3 && in->r3 == 0) ||
        (k & CHECK_R1_R3 && in->r1 == in->r3) || (k & CHECK_F1 && in->r1 < 2) ||
        (k & CHECK_F2 && in->r2 < 2)) return ISA_ILLEGAL_IF_QP;
    return ISA_OK;
}

/* The pseudo-rows are the last rows of insns.def. */
enum pseudo { PSEUDO_ILLEGAL_QP = 5, PSEUDO_ILLEGAL_UNC = 4, PSEUDO_ILLEGAL = 3, PSEUDO_IGNORED = 2,
              PSEUDO_RESERVED_TEMPLATE = 1 };

static enum isa_legality become(struct insn *out, enum isa_legality what, unsigned qp)
{
    static const u8 pseudo[] = {
        [ISA_ILLEGAL_IF_QP] = PSEUDO_ILLEGAL_QP,
        [ISA_ILLEGAL] = PSEUDO_ILLEGAL,
        [ISA_IGNORED] = PSEUDO_IGNORED,
        [ISA_RESERVED_TEMPLATE] = PSEUDO_RESERVED_TEMPLATE,
    };
    *out = (struct insn){ .row = (u16)(isa_table.count - pseudo[what]), .qp = (u8)qp };
    return what;
}

/* frcpa and its kin clear p2 when qp is 0, even if their target register is illegal. */
static void keep_p2(struct insn *out, unsigned p2)
{
    out->row = (u16)(isa_table.count - PSEUDO_ILLEGAL_UNC);
    out->p2 = (u8)p2;
}

static enum isa_legality unassigned(char unit, u64 slot)
{
    static const struct {
        char unit;
        u8 op_from, op_to, x6_from, x6_to, what;
    } reserved[] = {
#define RESERVED(unit, op_from, op_to, x6_from, x6_to, what) \
    { unit, op_from, op_to, x6_from, x6_to, ISA_##what },
#include "cpu/isa/reserved.def"
    };
    unsigned op = (unsigned)bits(slot, 40, 37), x6 = (unsigned)bits(slot, 32, 27);
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
        if (unit == reserved[i].unit && op >= reserved[i].op_from && op <= reserved[i].op_to &&
            x6 >= reserved[i].x6_from && x6 <= reserved[i].x6_to) return reserved[i].what;
    }
    return ISA_ILLEGAL_IF_QP;
}

enum isa_legality isa_decode_slot(char unit, u64 slot41, u64 lslot, unsigned slotno,
                                  struct insn *out)
{
    const struct isa_table *t = &isa_table;
    unsigned row = isa_find_row(unit, slot41), qp = slot41 & 63;
    if (row == NO_ROW) return become(out, unassigned(unit, slot41), qp);
    const struct row_code *c = &t->code[row];
    *out = (struct insn){ .row = (u16)row };
    for (unsigned i = 0; i < c->count; i++) take(out, &c->op[i], slot41, lslot);
    if (!c->checks) return ISA_OK;
    u32 attrs = t->rows[row].attrs;
    enum isa_legality verdict = judge(c, out, attrs, slotno);
    if (verdict == ISA_OK && c->checks & CHECK_VALID && reserved_value(c, slot41, lslot))
        verdict = ISA_ILLEGAL_IF_QP;
    if (verdict == ISA_OK) return ISA_OK;
    unsigned p2 = out->p2;
    become(out, verdict, qp);
    if (verdict == ISA_ILLEGAL_IF_QP && attrs & ATTR_UNC) keep_p2(out, p2);
    return verdict;
}

void isa_decode_bundle(const u8 bundle[16], struct insn out[3], struct bundle_info *info)
{
    unsigned template;
    u64 slot[3];
    isa_split(bundle, &template, slot);
    const char *unit = isa_templates[template].name;
    enum isa_legality *status = info->status;
    info->unit = unit;
    info->template = (u8)template;
    info->stops = isa_templates[template].stops;
    info->mlx = unit[1] == 'L';
    if (!unit[0]) {
        for (unsigned i = 0; i < 3; i++) status[i] = become(&out[i], ISA_RESERVED_TEMPLATE, 0);
        return;
    }
    status[0] = isa_decode_slot(unit[0], slot[0], 0, 0, &out[0]);
    if (info->mlx) {
        status[1] = isa_decode_slot('X', slot[2], slot[1], 1, &out[1]);
        status[2] = become(&out[2], ISA_ILLEGAL, 0);
        return;
    }
    status[1] = isa_decode_slot(unit[1], slot[1], 0, 1, &out[1]);
    status[2] = isa_decode_slot(unit[2], slot[2], 0, 2, &out[2]);
}
