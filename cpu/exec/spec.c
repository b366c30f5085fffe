/* Speculation: which faults a speculative load may put off, and the checks that ask whether it did
 * (control speculation, chk.s) or whether a store came in between (data speculation, chk.a).
 * SDM 2:5.5.5, 3 chk, invala; formats M21 to M27.  The chk.s of general registers is in move.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"
#include "cpu/sysreg.h"

#define CONDITION(fault) (1u << MMU_##fault)

/* DCR's deferral bits (SDM 2:30). */
static const struct {
    u8 bit;
    u16 conditions;
} dcr_defers[] = {
    {  8, CONDITION(ALTERNATE) | CONDITION(VHPT) | CONDITION(MISS) }, /* dm */
    {  9, CONDITION(NOT_PRESENT) },                                   /* dp */
    { 10, CONDITION(KEY_MISS) },                                      /* dk */
    { 11, CONDITION(KEY_PERMISSION) },                                /* dx */
    { 12, CONDITION(ACCESS_RIGHTS) },                                 /* dr */
    { 13, CONDITION(ACCESS_BIT) },                                    /* da */
    { 14, CONDITION(DEBUG) },                                         /* dd */
};

unsigned deferrable(struct cpu *cpu)
{
    unsigned set = CONDITION(UNIMPLEMENTED) | CONDITION(NAT_PAGE);

    if (!(cpu->psr & PSR_IC)) return ~0u;
    if (!code_page_ed(cpu)) return set;
    for (size_t i = 0; i < ARRAY_LEN(dcr_defers); i++) {
        if (bit(cpu->cr[0], dcr_defers[i].bit)) set |= dcr_defers[i].conditions;
    }
    return set | CONDITION(UNALIGNED);
}

EXEC(chk_s_f)
{
    FP_CHECK(0);
    if (unlikely(fp_is_natval(cpu->fr[in->r2]))) GO(bundle_ip(cpu, in) + in->imm);
    NEXT;
}

/* r0, f0 and f1 never have an entry, so their checks fail; a hit is not a use: no FP_CHECK. */
#define CHK_A(meaning, name, clear)                                                               \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        if (alat_check(cpu, name(cpu, in->r1), clear)) NEXT;                                      \
        GO(bundle_ip(cpu, in) + in->imm);                                                         \
    }
CHK_A(chk_a_nc,    alat_gr_name, false)
CHK_A(chk_a_clr,   alat_gr_name, true)
CHK_A(chk_a_nc_f,  alat_fr_name, false)
CHK_A(chk_a_clr_f, alat_fr_name, true)

EXEC(invala)
{
    alat_clear(cpu);
    NEXT;
}

/* Out of frame: no such register, no such entry. */
EXEC(invala_e_gr)
{
    if (gr_writable(cpu, in->r1)) alat_remove(cpu, alat_gr_name(cpu, in->r1));
    NEXT;
}

EXEC(invala_e_fr)
{
    alat_remove(cpu, alat_fr_name(cpu, in->r1));
    NEXT;
}
