/* What table.c makes of the .def files: for each row a short program of operands that decode,
 * encode and disassembly all walk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_ISA_ISA_PRIV_H
#define CPU_ISA_ISA_PRIV_H

#include "cpu/isa/isa.h"

enum {
    ISA_MAX_ROWS = 1024,
    ISA_MAX_ALIASES = 64,
    ISA_MAX_FORMATS = 128,
    ISA_MAX_OPERANDS = 8,
    ISA_MAX_PIECES = 6,
    ISA_POOL = 16384,
    ISA_SLOT_BITS = 41,
};

enum operand_kind { OPERAND_REG, OPERAND_IMM, OPERAND_COMPLETER };
enum reg_file { FILE_GR, FILE_FR, FILE_PR, FILE_BR, FILE_AR, FILE_CR };
enum form { FORM_RAW, FORM_SIGNED, FORM_PLUS1, FORM_PLUS32, FORM_FROM63, FORM_FROM31, FORM_CONST,
            FORM_LIST };
/* Members of struct insn, by offset; all but the last three are bytes. */
enum where {
    TO_R1 = offsetof(struct insn, r1), TO_R2 = offsetof(struct insn, r2),
    TO_R3 = offsetof(struct insn, r3), TO_R4 = offsetof(struct insn, r4),
    TO_QP = offsetof(struct insn, qp), TO_X = offsetof(struct insn, x),
    TO_P1 = offsetof(struct insn, p1), TO_P2 = offsetof(struct insn, p2),
    TO_IMM = offsetof(struct insn, imm), TO_AUX = offsetof(struct insn, aux),
    TO_POS = offsetof(struct insn, pos),
};
enum shown { SHOW_DEC, SHOW_UDEC, SHOW_HEX, SHOW_TIMES8, SHOW_MINUS, SHOW_ADDR,
             SHOW_NAME };

/* Some bits of the slot; a position of 41 and above is in the L slot. */
struct piece {
    u8 pos, width;
};

struct operand {
    u8 kind, file, form, shown;
    u8 where, shift;       /* member of struct insn, and how far up in it */
    u8 width, scale;       /* of the joined pieces; shift of the formed value */
    u8 pieces;
    u8 constant;           /* FORM_CONST */
    bool slice;            /* one of several in its member, 8 bits each: alloc, dep.z imm8 */
    u16 valid;             /* legal raw values, all ones if any */
    struct piece piece[ISA_MAX_PIECES];
    const s8 *values;      /* FORM_LIST */
    const char *const *names; /* SHOW_NAME, OPERAND_COMPLETER */
};

enum {
    CHECK_R1 = 1,      /* r1 must not be r0 */
    CHECK_R3 = 2,      /* the updated base must not be r0 */
    CHECK_R1_R3 = 4,   /* nor be the loaded register */
    CHECK_F1 = 8,      /* f1 must not be f0 or f1 */
    CHECK_F2 = 16,
    CHECK_P1_P2 = 32,
    CHECK_QP0 = 64,
    CHECK_SLOT2 = 128,
    CHECK_VALID = 256,
};

struct row_code {
    u16 checks;
    u8 count;
    s8 alias;              /* first alias, -1 if none */
    struct operand op[ISA_MAX_OPERANDS];
    /* What disassembly prints; a byte of 0x80 + n stands for op[n]. */
    char name_text[32], operand_text[40];
};

/* A pseudo-operation of aliases.def. */
struct alias {
    u64 mask, match;
    struct piece equal[2]; /* width 0: no such condition */
    u8 complement;
    s8 next;
    struct row_code code;
};

enum slot_unit { SLOT_M, SLOT_I, SLOT_F, SLOT_B, SLOT_X, SLOT_UNITS };

struct isa_table {
    unsigned count, aliases, pool_used;
    struct insn_row rows[ISA_MAX_ROWS];
    struct row_code code[ISA_MAX_ROWS];
    struct alias alias[ISA_MAX_ALIASES];
    /* Candidates by unit, opcode {40:37} and bits {36:27}: offset into pool of a list of rows. */
    u16 head[SLOT_UNITS][16][1024];
    u16 pool[ISA_POOL];
    char error[240];
};

/* The .def files as text. */
struct format_text {
    const char *name, *fields;
};
struct row_text {
    const char *format, *name, *fields, *operands, *meaning, *attrs;
};
struct isa_text {
    const struct format_text *formats;
    size_t format_count;
    const struct row_text *rows;
    size_t row_count;
    bool with_aliases;
};

/* Builds `t`; false with t->error set if the text cannot be true. */
bool isa_table_build(struct isa_table *t, const struct isa_text *text) MUST_USE;

extern const struct isa_text isa_builtin_text;
extern struct isa_table isa_table;

enum { NO_ROW = 0xffff };
unsigned isa_find_row(char unit, u64 slot);

/* The joined pieces of an operand, and the value they form. */
static inline u64 operand_raw(const struct operand *op, u64 slot, u64 lslot)
{
    u64 v = 0;
    for (unsigned i = 0; i < op->pieces; i++) {
        unsigned pos = op->piece[i].pos, width = op->piece[i].width;
        u64 from = pos < ISA_SLOT_BITS ? slot >> pos : lslot >> (pos - ISA_SLOT_BITS);
        v = v << width | (from & ((1ull << width) - 1));
    }
    return v;
}

static inline u64 operand_form(const struct operand *op, u64 raw)
{
    switch (op->form) {
    case FORM_SIGNED:
        return (u64)((s64)(raw << (64 - op->width)) >> (64 - op->width)) << op->scale;
    case FORM_PLUS1:  return raw + 1;
    case FORM_PLUS32: return raw + 32;
    case FORM_FROM63: return 63 - raw;
    case FORM_FROM31: return 31 - raw;
    case FORM_CONST:  return op->constant;
    case FORM_LIST:   return (u64)(s64)op->values[raw];
    default:          return raw << op->scale;
    }
}

#endif
