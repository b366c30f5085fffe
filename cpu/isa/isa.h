/* The instruction set, as one table.  PURE: bits in, struct insn out, and back; no processor state,
 * no memory.  The table is insns.def: one row per instruction (format, mnemonic with completers,
 * fixed fields, operands, meaning, attributes).  Decoder, disassembler, encoder, dispatch, trace
 * names, privileged-operation classes and coverage lists all follow from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_ISA_ISA_H
#define CPU_ISA_ISA_H

#include "base/types.h"

struct cpu;
struct insn;

/* What an instruction does; filled in by cpu/, isa only carries it.  Returns the next instruction
 * to execute, or NULL to leave the loop. */
typedef const struct insn *exec_fn(struct cpu *cpu, const struct insn *in);

/* One decoded slot: immutable, small, and nothing left to compute for the handler.
 * Registers use the SDM's operand names by position: r1 holds r1, f1 or b1 (targets), r2/r3/r4 hold
 * r2 f2 b2 / r3 f3 ar3 cr3 / f4; p1 and p2 hold predicate targets.  operands.def says which
 * immediate stands where. */
struct insn {
    exec_fn *exec;
    u64 imm;     /* the first immediate, fully formed: joined, sign-extended, shifted; branch
                  * displacements in bytes relative to the bundle */
    u8 r1, r2, r3, r4;
    u8 qp;       /* qualifying predicate; 0 where the format has none */
    u8 p1, p2;
    u8 x;        /* the completer that matters for meaning: sf of FP; else 0 */
    u16 row;     /* index into insn_rows */
    u16 pos;     /* 3 * bundle-in-page + slot; set by whoever lays cells out.  As decoded: the
                  * hint completers, which only encoding and tests look at (completers.def) */
    u32 aux;     /* the second immediate (len of extr, imm2 of probe, frame of alloc ...) */
};
_Static_assert(sizeof(struct insn) == 32, "struct insn is one half of a cache line");

/* ---- The table ------------------------------------------------------------------------------- */

enum {
#define ATTRIBUTE(name) ATTR_BIT_##name,
#include "cpu/isa/attributes.def"
    ATTR_COUNT
};
enum {
#define ATTRIBUTE(name) ATTR_##name = 1 << ATTR_BIT_##name,
#include "cpu/isa/attributes.def"
};

/* Members of struct insn, as sets. */
enum { IN_R1 = 1, IN_R2 = 2, IN_R3 = 4, IN_R4 = 8, IN_P1 = 16, IN_P2 = 32 };

struct insn_row {
    const char *name;     /* as in the table, completers in braces */
    const char *format;   /* "A1" */
    const char *fields;   /* "op=8 x2a=0 ..." */
    const char *operands; /* "r1 = r2, r3" */
    const char *meaning;  /* "add_rr" */
    u64 mask, match;      /* of the slot; of an X instruction the slot after the L slot */
    u64 ignored;          /* bits that mean nothing; always 0 as encoded */
    u32 attrs;            /* ATTR_ */
    char unit;            /* 'A' 'I' 'M' 'F' 'B' 'X'; 'U' for a pseudo-row */
    /* Members of struct insn that name registers of a file, as IN_ sets. */
    u8 gr_targets, gr_sources, fr_targets, fr_sources, br_targets, br_sources, pr_targets;
};

extern const struct insn_row *insn_rows; /* in the order of insns.def; NULL before isa_init() */
extern unsigned insn_row_count;

/* Builds the table from the .def files; again is harmless.  A table that cannot be true ends the
 * program with the file, the row and the field. */
void isa_init(void);

/* What an instruction means to a hypervisor.  Moves to and from ar depend on the register. */
enum isa_privilege {
    ISA_PLAIN,
    ISA_SENSITIVE,  /* runs at every level, but with an effect or answer that must be virtualised */
    ISA_PRIVILEGED, /* a fault unless cpl is 0 */
};
enum isa_privilege isa_privilege(const struct insn *in);

/* The row of a meaning, -1 if there is none. */
int isa_row_of(const char *meaning);

struct isa_template {
    char name[4]; /* "MII"; empty if reserved */
    u8 stops;     /* bit n: a stop follows slot n */
};
extern const struct isa_template *isa_templates; /* 32 of them */

/* ---- Decode ---------------------------------------------------------------------------------- */

enum isa_legality {
    ISA_OK,
    ISA_ILLEGAL_IF_QP,      /* Illegal Operation if qp is 1, else nothing (or p2 is cleared) */
    ISA_ILLEGAL,            /* whatever qp is */
    ISA_IGNORED,            /* an unassigned encoding that does nothing */
    ISA_RESERVED_TEMPLATE,
};

/* One slot: `unit` is the template's letter, 'M' 'I' 'F' 'B' or 'X' (then lslot is the L slot).
 * Not ISA_OK: out->row is a pseudo-row of that kind, so that every slot has a row and a function.
 * Checked here is all that the bits alone can tell: targets r0, f0 and f1, p1 == p2, base update
 * into the loaded register, reserved field values, slot rules.  Left to execution: frame size, odd
 * and even ldfp targets, which AR, CR or indirect register exists and in which unit. */
enum isa_legality isa_decode_slot(char unit, u64 slot41, u64 lslot, unsigned slotno,
                                  struct insn *out);

struct bundle_info {
    const char *unit;            /* "MII"; empty if the template is reserved */
    u8 template, stops;          /* bit n of stops: a stop follows slot n */
    bool mlx;
    enum isa_legality status[3];
};

/* A bundle.  MLX is one instruction, out[1]; out[2] is then the Illegal Operation that resuming in
 * the middle deserves. */
void isa_decode_bundle(const u8 bundle[16], struct insn out[3], struct bundle_info *info);

/* The three slots of a bundle. */
void isa_split(const u8 bundle[16], unsigned *template, u64 slot[3]);
void isa_join(unsigned template, const u64 slot[3], u8 bundle[16]);

/* ---- Encode: the inverse, but for ignored bits, which become 0 ------------------------------- */

/* false if an operand does not fit its field.  lslot is written by X instructions only. */
bool isa_encode_slot(const struct insn *in, u64 *slot41, u64 *lslot);
bool isa_encode_bundle(unsigned template, const struct insn in[3], u8 bundle[16]);

/* ---- Disassemble: the text of GNU objdump ---------------------------------------------------- */

/* "(p06) br.cond.dptk.few 0x4000" without the stop; branch targets as addresses relative to `ip`,
 * the address of the bundle.  Returns the length; the text is cut at size. */
size_t isa_disasm_slot(char unit, u64 slot41, u64 lslot, u64 ip, char *text, size_t size);

/* Slot 0 to 2 of a bundle as one line, "[MII]       add r1=r2,r3;;".  The last slot of MLX has
 * none. */
size_t isa_disasm(const u8 bundle[16], unsigned slotno, u64 ip, char *text, size_t size);

/* The bundle as lines, each with its address and a newline. */
size_t isa_disasm_bundle(const u8 bundle[16], u64 ip, char *text, size_t size);

#endif
