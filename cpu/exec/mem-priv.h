/* What the memory instructions share: the words that describe a load or store, the little-endian
 * fast path, and the way out of it.  PRIVATE to cpu/exec.
 *
 * A handler does the common case inline, a compare, a softTLB hit and a move, and leaves everything
 * else to one slow function that is told what the instruction is by a constant.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EXEC_MEM_PRIV_H
#define CPU_EXEC_MEM_PRIV_H

#include <string.h>

#include "cpu/exec/exec.h"
#include "cpu/rse.h"

#define AR_CSD 25

/* What a memory instruction is; ORed, and constant in every handler.  The low bits are its size. */
enum mem_kind {
    K_SIZE = 0x1f,
    K_S = 1 << 5,       /* .s, .sa: faults may be deferred */
    K_A = 1 << 6,       /* .a, .sa, and the loads that .c.nc does: enters the ALAT */
    K_CHECK = 1 << 7,   /* .c: a hit in the ALAT leaves everything alone */
    K_CLR = 1 << 8,     /* .c.clr */
    K_R = 1 << 9,       /* r3 += r2 afterwards */
    K_I = 1 << 10,      /* r3 += imm afterwards */
    K_FILL = 1 << 11,   /* ld8.fill, ldf.fill, st8.spill, stf.spill */
    K_FP = 1 << 12,     /* may be unaligned within 16 bytes instead of 8 */
    K_PAIR = 1 << 13,   /* ldfp */
    K_ALIGNED = 1 << 14, /* never unaligned, whatever psr.ac says */
    K_WB = 1 << 15,     /* write-back memory only, else Unsupported Data Reference */
    K_FORMAT = 1 << 16, /* times enum fp_format */
};

enum fp_format { FMT_SINGLE, FMT_DOUBLE, FMT_INT, FMT_EXTENDED, FMT_SPILL };
#define K_FMT(kind) ((enum fp_format)((kind) / K_FORMAT))

static ALWAYS_INLINE u64 le64(u64 v)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
}

/* `size` bytes as guest memory has them while psr.be is 0.  With a constant size: one move. */
static ALWAYS_INLINE u64 get_le(const u8 *p, unsigned size)
{
    u64 v = 0;
    memcpy((u8 *)&v + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 8 - size), p, size);
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && size < 8) {
        v <<= 8 * (8 - size);
        return __builtin_bswap64(v);
    }
    return le64(v);
}

static ALWAYS_INLINE void put_le(u8 *p, unsigned size, u64 v)
{
    v = le64(v);
    memcpy(p, &v, size);
}

/* The same in the byte order that psr.be asks for. */
u64 get_value(const struct cpu *cpu, const u8 *p, unsigned size);
void put_value(const struct cpu *cpu, u8 *p, unsigned size, u64 v);

/* Might an ALAT entry, ours or another processor's, cover this aligned reference?  Addresses are
 * physical there, but bits 8:3 are the same. */
static ALWAYS_INLINE bool alat_watches(const struct cpu *cpu, u64 va, unsigned size)
{
    return cpu->alat_filter >> (va >> 3 & 63) & (size > 8 ? 3 : 1);
}

/* --- access.c: references off the fast path --- */

/* `size` bytes at `va`, everything checked that the SDM checks (2:70, 2:106); how: enum mmu_how. */
enum mmu_fault refer(struct cpu *cpu, u64 va, unsigned size, unsigned how, u32 kind,
                     struct mmu_span *span) MUST_USE;
/* The same for a speculative load, answering with the set (bit: enum mmu_fault) of what holds. */
unsigned refer_speculatively(struct cpu *cpu, u64 va, unsigned size, u32 kind,
                             struct mmu_span *span) MUST_USE;
/* Move bytes in memory order between a span that was granted and a buffer. */
void span_read(struct cpu *cpu, const struct mmu_span *span, unsigned size, u8 *buf);
/* true: the page being executed changed, leave it after this instruction. */
bool span_write(struct cpu *cpu, const struct mmu_span *span, unsigned size,
                const u8 *buf) MUST_USE;

/* --- mem.c: the parts of a slow load or store --- */

/* Base register after the access: worked out before anything is written, since targets may overlap
 * with r2 (never with r3). */
struct base_update {
    u64 value;
    bool nat;
};
static inline bool base_is_writable(const struct cpu *cpu, const struct insn *in, u32 kind)
{
    return !(kind & (K_R | K_I)) || gr_writable(cpu, in->r3);
}
struct base_update base_after(const struct cpu *cpu, const struct insn *in, u32 kind);
void put_base(struct cpu *cpu, const struct insn *in, u32 kind, struct base_update base);

enum load_outcome {
    LOAD_DONE,     /* the bytes are in the buffer */
    LOAD_DEFERRED, /* the target gets NaT or NaTVal */
    LOAD_ZERO,     /* ld.a from memory that may not be speculated on: the target gets 0 */
    LOAD_HIT,      /* ld.c found its ALAT entry: the target stays */
    LOAD_REFUSED,  /* a fault is recorded */
};
/* Everything a load does but write its targets.  `name`: the target in the ALAT. */
enum load_outcome load_bytes(struct cpu *cpu, const struct insn *in, u32 kind, unsigned name,
                             u8 *buf) MUST_USE;
/* The memory half of a store; *changed: see span_write.  false: a fault is recorded. */
bool store_bytes(struct cpu *cpu, const struct insn *in, u32 kind, const u8 *buf,
                 bool *changed) MUST_USE;

#define ALAT_FR 128
static inline unsigned alat_gr_name(const struct cpu *cpu, unsigned r)
{
    return phys_gr(cpu, r);
}
static inline unsigned alat_fr_name(const struct cpu *cpu, unsigned r)
{
    return ALAT_FR + phys_fr(cpu, r);
}

/* --- spec.c --- */

/* The conditions (1 << MMU_xxx) that psr, dcr and the code page let a speculative load defer
 * (SDM 2:107). */
unsigned deferrable(struct cpu *cpu);

#endif
