/* Every row that references memory meets every fault of a reference, and every row of floating-point
 * arithmetic a fault and, where its result can be inexact, a trap; with all that delivery writes.
 * Which vector, code and priority belong to a condition stands in SDM 2:5.5 and 2:8.3; here it is a
 * table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/ledger.h"
#include "tests/isa/memkit.h"

#define ADDRESS (PAGE_VA + 0x140)
#define RESULT_REG 50

static bool starts(const struct insn_row *row, const char *prefix)
{
    return strncmp(row->meaning, prefix, strlen(prefix)) == 0;
}

static bool applies(const struct insn_row *row, enum ledger_axis axis)
{
    return ledger_applicable(row) >> axis & 1;
}

/* --- references ------------------------------------------------------------------------------- */

static const struct condition {
    const char *what;
    enum ledger_axis axis;
    unsigned vector, code;
    u64 pte, psr, pkr; /* pkr: of key 9, the key of the page */
    bool dbr;
} conditions[] = {
    { "not present",  AX_ABSENT,      0x5000, 0,    PTE_GOOD & ~PTE_P,          0,       9 << 8, false },
    { "NaT page",     AX_NAT_PAGE,    0x5600, 0x20, PTE_GOOD | PTE_NAT,         0,       9 << 8, false },
    { "key miss",     AX_KEY_MISS,    0x1c00, 0,    PTE_GOOD,                   PSR_PK,  9 << 8, false },
    { "key",          AX_KEY,         0x5100, 0,    PTE_GOOD,                   PSR_PK,  9 << 8 | 7, false },
    { "rights",       AX_RIGHTS,      0x5300, 0,    PTE_P | PTE_A | PTE_D | PTE_AR(3), PSR_CPL, 9 << 8, false },
    { "dirty bit",    AX_DIRTY,       0x2000, 0,    PTE_GOOD & ~PTE_D,          0,       9 << 8, false },
    { "access bit",   AX_ACCESS,      0x2800, 0,    PTE_GOOD & ~PTE_A,          0,       9 << 8, false },
    { "debug",        AX_DEBUG,       0x5900, 0,    PTE_GOOD,                   PSR_DB,  9 << 8, true },
    { "unsupported",  AX_UNSUPPORTED, 0x5b00, 0,    PTE_GOOD | PTE_UC,          0,       9 << 8, false },
};

/* Base in r41, data or increment in r42, results in registers 50 and 61. */
static struct insn memory_insn(struct harness *h, const struct insn_row *row)
{
    struct insn in = harness_insn(row->meaning);

    h->what = row->meaning;
    in.r3 = 41;
    if ((row->gr_sources | row->fr_sources) & IN_R2) in.r2 = 42;
    if ((row->gr_targets | row->fr_targets) & IN_R1) in.r1 = RESULT_REG;
    if (row->fr_targets & IN_R2) in.r2 = 61;
    if (strstr(row->operands, "inc16")) in.imm = 16;
    else if (strstr(row->operands, "imm9") || strstr(row->operands, "inc")) in.imm = 8;
    return in;
}

static void map(struct harness *h, const struct condition *c)
{
    struct mmu *mmu = cpu_mmu(h->cpu);

    kit_fresh(h);
    kit_map_all(h, false);
    kit_map_page(h, 9, c->pte);
    mmu_set_pkr(mmu, 0, 1);
    mmu_set_pkr(mmu, 1, c->pkr);
    if (!c->dbr) return;
    mmu_set_dbr(mmu, 2, ADDRESS);
    mmu_set_dbr(mmu, 3, 15ull << 56 | 3ull << 62 | mask64(56));
}

static u64 reference_isr(const struct insn_row *row)
{
    if (row->attrs & ATTR_RMW) return ISR_R_BIT | ISR_W_BIT;
    if (row->attrs & ATTR_STORE) return ISR_W_BIT;
    if (row->attrs & ATTR_PREFETCH) return ISR_R_BIT | ISR_NA_BIT | 4;
    return ISR_R_BIT | (row->attrs & ATTR_SPEC ? ISR_SP_BIT : 0);
}

static void meets(struct harness *h, const struct insn_row *row, const struct condition *c)
{
    map(h, c);
    struct insn in = memory_insn(h, row);
    h->before.psr |= PSR_DT | c->psr;
    h->before.gr[41] = ADDRESS;
    EACH_LOOP(loop) {
        harness_run(h, &in, loop == HARNESS_FAST ? 0 : 1, loop);
        kit_expect_data_fault(h, c->vector, reference_isr(row) | c->code, ADDRESS);
    }
}

static void every_reference_meets_every_fault(void **state)
{
    for (unsigned row = 0; row < insn_row_count; row++) {
        for (unsigned i = 0; i < ARRAY_LEN(conditions); i++) {
            if (applies(&insn_rows[row], conditions[i].axis)) {
                meets(*state, &insn_rows[row], &conditions[i]);
            }
        }
    }
    kit_fresh(*state);
}

/* --- floating point --------------------------------------------------------------------------- */

#define SF(n, controls) ((u64)(controls) << (6 + 13 * (n)))
#define ALL_FIELDS(controls) (SF(0, controls) | SF(1, controls) | SF(2, controls) | SF(3, controls))
#define PC64 0xc
#define WRE 2

static bool is_parallel(const struct insn_row *row)
{
    return starts(row, "fp");
}

/* Sources in f33 to f35, results in f50 and p20, p21; any status field. */
static struct insn fp_insn(struct harness *h, const struct insn_row *row)
{
    struct insn in = harness_insn(row->meaning);

    h->what = row->meaning;
    if (row->fr_targets & IN_R1) in.r1 = RESULT_REG;
    if (row->fr_sources & IN_R2) in.r2 = 33;
    if (row->fr_sources & IN_R3) in.r3 = 34;
    if (row->fr_sources & IN_R4) in.r4 = 35;
    if (row->pr_targets & IN_P1) in.p1 = 20;
    if (row->pr_targets & IN_P2) in.p2 = 21;
    in.x = (u8)harness_below(h, 4);
    return in;
}

static void set_sources(struct harness *h, struct fpreg f2, struct fpreg f3, struct fpreg f4)
{
    harness_randomize(h);
    h->before.fr[33] = f2, h->before.fr[34] = f3, h->before.fr[35] = f4;
}

static void an_enabled_invalid_operation_is_a_fault(void **state)
{
    const struct fpreg snan = { 0xa000000000000000, 0x1ffff, 0 };
    const struct fpreg snans = { 0x7f800001ff800001, 0x1003e, 0 };
    struct harness *h = *state;

    for (unsigned i = 0; i < insn_row_count; i++) {
        const struct insn_row *row = &insn_rows[i];
        if (!applies(row, AX_FP_FAULT)) continue;
        struct fpreg source = is_parallel(row) ? snans : snan;
        set_sources(h, source, source, source);
        h->before.ar[40] = 0x3e | ALL_FIELDS(PC64);
        struct insn in = fp_insn(h, row);
        EACH_LOOP(loop) {
            harness_run(h, &in, 1, loop);
            harness_expect_fault(h, 0x5c00, is_parallel(row) ? 0x11 : 1);
        }
    }
}

/* Sources whose result is inexact, the result rounded to nearest, and whether that is upwards. */
struct inexact {
    const char *prefix;
    struct fpreg f2, f3, f4, result;
    bool up;
};

#define ONE_SIG (1ull << 63)
#define INTEGER(sig) { sig, 0x1003e, 0 }
static const struct inexact inexacts[] = { /* the first that fits */
    { "fpnma", INTEGER(0), INTEGER(0x3f8000013f800001), INTEGER(0x3f8000013f800001), INTEGER(0xbf800002bf800002), false },
    { "fpm",   INTEGER(0), INTEGER(0x3f8000013f800001), INTEGER(0x3f8000013f800001), INTEGER(0x3f8000023f800002), false },
    { "fpcvt_fx_trunc",  INTEGER(0x3fc000003fc00000), { 0 }, { 0 }, INTEGER(0x0000000100000001), false },
    { "fpcvt_fxu_trunc", INTEGER(0x3fc000003fc00000), { 0 }, { 0 }, INTEGER(0x0000000100000001), false },
    { "fpcvt", INTEGER(0x3fc000003fc00000), { 0 }, { 0 }, INTEGER(0x0000000200000002), true },
    { "fcvt_fx_trunc",  { 3ull << 62, 0xffff, 0 }, { 0 }, { 0 }, INTEGER(1), false },
    { "fcvt_fxu_trunc", { 3ull << 62, 0xffff, 0 }, { 0 }, { 0 }, INTEGER(1), false },
    { "fcvt",  { 3ull << 62, 0xffff, 0 }, { 0 }, { 0 }, INTEGER(2), true },
    { "fnma_", { 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG, 0xffff, 1 }, false },
    { "fnma",  { 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 2, 0xffff, 1 }, false },
    { "fma_",  { 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG, 0xffff, 0 }, false },
    { "fms_",  { 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG, 0xffff, 0 }, false },
    { "fm",    { 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 1, 0xffff, 0 }, { ONE_SIG | 2, 0xffff, 0 }, false },
    /* tiny / 3 and the root of an odd power of two, too small for an approximation */
    { "frcpa", { ONE_SIG, 0x30, 0 }, { 3ull << 62, 0x10000, 0 }, { 0 }, { 0xaaaaaaaaaaaaaaab, 0x2e, 0 }, true },
    { "frsqrta", { 0 }, { ONE_SIG, 0x20, 0 }, { 0 }, { 0xb504f333f9de6484, 0x800f, 0 }, false },
};

static const struct inexact *inexact_of(const struct insn_row *row)
{
    const struct inexact *it = inexacts;

    if (starts(row, "fpma") || starts(row, "fpms")) return &inexacts[1];
    while (!starts(row, it->prefix)) it++;
    return it;
}

static u64 trap_code(const struct insn_row *row, bool up)
{
    u64 half = 1ull << 13 | (u64)up << 14;

    return 1 | half | (is_parallel(row) ? half >> 4 : 0);
}

/* The instruction is complete: results, flag and iip; the trap tells the slot it was in. */
static void expect_trap(struct harness *h, const struct insn_row *row, const struct insn *in,
                        const struct inexact *it)
{
    struct probe want = h->before;
    u64 isr = trap_code(row, it->up) | (u64)h->slot << 41;

    want.fr[RESULT_REG] = it->result;
    want.ar[40] |= 0x20ull << (13 + 13 * in->x);
    if (row->pr_targets & IN_P2) probe_set_pr(&want, in->p2, false);
    assert_int_equal(h->after.ip, HARNESS_IVA + 0x5d00);
    assert_true(h->after.cr[17] == isr);
    assert_true(h->after.cr[19] == (h->slot == 2 ? HARNESS_CODE + 16 : HARNESS_CODE));
    assert_true(h->after.cr[22] == HARNESS_CODE);
    assert_true((h->after.cr[16] & PSR_RI) >> PSR_RI_SHIFT == (h->slot + 1) % 3);
    assert_true(h->after.ar[40] == want.ar[40] && h->after.pr == want.pr);
    assert_memory_equal(&h->after.fr[RESULT_REG], &want.fr[RESULT_REG], sizeof(struct fpreg));
    ledger_checked();
}

static void an_enabled_inexact_result_is_a_trap(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < insn_row_count; i++) {
        const struct insn_row *row = &insn_rows[i];
        if (!applies(row, AX_FP_TRAP)) continue;
        const struct inexact *it = inexact_of(row);
        set_sources(h, it->f2, it->f3, it->f4);
        h->before.ar[40] = 0x1f | ALL_FIELDS(PC64 | WRE);
        struct insn in = fp_insn(h, row);
        if (row->format[0] == 'F' && row->format[1] == '1' && !row->format[2]) in.r2 = 0; /* a product */
        EACH_LOOP(loop) {
            harness_run(h, &in, loop == HARNESS_FAST ? 2 : 1, loop);
            expect_trap(h, row, &in, it);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reference_meets_every_fault),
        cmocka_unit_test(an_enabled_invalid_operation_is_a_fault),
        cmocka_unit_test(an_enabled_inexact_result_is_a_trap),
    };
    return cmocka_run_group_tests_name("faults", tests, harness_setup, harness_teardown);
}
