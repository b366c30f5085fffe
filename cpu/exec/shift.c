/* Shifts and bit fields: shl shr shrp extr dep.  SDM volume 3; formats I5, I7, I10 to I15.
 *
 * in->imm is the position or count, as the assembler writes it; in->aux the length of a field.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"

/* Counts are whole unsigned registers: beyond 63 nothing of the value is left but the sign. */
EXEC(shl)
{
    u64 value = GR(in->r2), n = GR(in->r3);
    PUT_GR2(n > 63 ? 0 : value << n);
}

EXEC(shr)
{
    u64 n = GR(in->r2);
    s64 value = (s64)GR(in->r3);
    PUT_GR2((u64)(value >> (n > 63 ? 63 : n)));
}

EXEC(shr_u)
{
    u64 n = GR(in->r2), value = GR(in->r3);
    PUT_GR2(n > 63 ? 0 : value >> n);
}

/* r2 over r3, shifted right; count 0 must not shift r2 by 64. */
EXEC(shrp)
{
    u64 high = GR(in->r2), low = GR(in->r3);
    unsigned n = (unsigned)in->imm;
    PUT_GR2(high << 1 << (63 - n) | low >> n);
}

/* A field that would overrun bit 63 is cut there, and extends from its own top bit. */
static inline unsigned bits_above(const struct insn *in)
{
    int above = 64 - (int)in->imm - (int)in->aux;
    return above < 0 ? 0 : (unsigned)above;
}

EXEC(extr)
{
    unsigned up = bits_above(in), pos = (unsigned)in->imm;
    s64 topped = (s64)(GR(in->r3) << up);
    PUT_GR_FROM((u64)(topped >> (up + pos)), in->r3);
}

EXEC(extr_u)
{
    unsigned up = bits_above(in), pos = (unsigned)in->imm;
    PUT_GR_FROM(GR(in->r3) << up >> (up + pos), in->r3);
}

/* Deposit: bits beyond 63 are lost.  dep.z leaves zeros around the field, the others r3's bits. */
EXEC(dep_z)
{
    PUT_GR_FROM((GR(in->r2) & mask64(in->aux)) << in->imm, in->r2);
}

EXEC(dep_z_imm)
{
    unsigned pos = in->aux & 0xff, len = in->aux >> 8;
    PUT_GR((in->imm & mask64(len)) << pos);
}

EXEC(dep_imm1)
{
    u64 field = mask64(in->aux) << in->imm;
    PUT_GR_FROM(in->x ? GR(in->r3) | field : GR(in->r3) & ~field, in->r3);
}

EXEC(dep)
{
    u64 field = mask64(in->aux) << in->imm;
    PUT_GR2((GR(in->r3) & ~field) | (GR(in->r2) << in->imm & field));
}
