/* Which instructions concern a hypervisor: the attributes of their rows, and for moves to and from
 * application registers the register.
 * SDM 1:3.1.8, 3 "mov ar".  SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/isa/isa-priv.h"

static const struct {
    u8 first, last;
    u8 write, read; /* enum isa_privilege */
} registers[] = {
    {  0,  7, ISA_PRIVILEGED, ISA_PLAIN },     /* k0 to k7 */
    { 24, 24, ISA_SENSITIVE,  ISA_SENSITIVE }, /* eflag */
    { 27, 27, ISA_PRIVILEGED, ISA_SENSITIVE }, /* cflg */
    { 44, 45, ISA_PRIVILEGED, ISA_SENSITIVE }, /* itc, ruc */
};

/* All of these belong to the M unit; naming one through the I unit is illegal. */
static enum isa_privilege of_register(unsigned ar, bool write)
{
    for (size_t i = 0; i < ARRAY_LEN(registers); i++) {
        if (ar < registers[i].first || ar > registers[i].last) continue;
        return write ? registers[i].write : registers[i].read;
    }
    return ISA_PLAIN;
}

static bool names_ar(const struct insn_row *row)
{
    return row->format[0] == 'M' && strstr(row->operands, "ar3");
}

enum isa_privilege isa_privilege(const struct insn *in)
{
    const struct insn_row *row = &insn_rows[in->row];

    if (row->attrs & ATTR_PRIV) return ISA_PRIVILEGED;
    if (row->attrs & ATTR_SENS) return ISA_SENSITIVE;
    return names_ar(row) ? of_register(in->r3, row->operands[0] == 'a') : ISA_PLAIN;
}
