/* Every row of the memory and floating-point formats, along every axis that applies to it (see
 * ledger.def).  What a row computes is tested elsewhere; here one plain run of it is the measure:
 * the other loop, another slot, rotated register names must give the same, and each reason to
 * refuse must refuse.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/ledger.h"
#include "tests/isa/memkit.h"

#define BASE (HARNESS_DATA + 0x100)
#define QUIET_FPSR (0x3full | 0xcull << 6 | 0xcull << 19 | 0xcull << 32 | 0xcull << 45)

static const char *const formats[] = {
    "M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10", "M11", "M12", "M13", "M14", "M15",
    "M16", "M17", "M18", "M19", "M21", "M22", "M23", "M24", "M26", "M27", "M28", "F1", "F2", "F3",
    "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12", "F13", "F14",
};

/* The row under test, its plain run, and memory around BASE before and after that. */
struct plain {
    const struct insn_row *row;
    struct insn in;
    struct probe before, want;
    u64 ip;
    u8 memory[64], stored[64];
};

static bool is_mine(const struct insn_row *row)
{
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        if (!strcmp(row->format, formats[i])) return !(row->attrs & ATTR_PSEUDO);
    }
    return false;
}

static bool named(const struct plain *p, const char *part)
{
    return strstr(p->row->meaning, part) != NULL;
}

static u64 immediate(const struct plain *p)
{
    if (p->row->attrs & ATTR_BRANCH) return 0x40;
    if (named(p, "fclass")) return 0xff;
    if (named(p, "fsetc")) return 0x7f;
    if (named(p, "fetchadd")) return 4;
    if (named(p, "ldfps") && named(p, "_i")) return 8;
    return named(p, "_i") ? 16 : 0;
}

static bool writes_r1(const struct insn_row *row)
{
    return row->gr_targets & IN_R1;
}

static struct insn operands(const struct plain *p)
{
    const struct insn_row *row = p->row;
    unsigned grs = row->gr_targets | row->gr_sources, frs = row->fr_targets | row->fr_sources;
    struct insn in = harness_insn(row->meaning);

    in.row = (u16)(row - insn_rows);
    if (grs & IN_R1) in.r1 = 127;
    if (grs & IN_R2) in.r2 = 101;
    if (grs & IN_R3) in.r3 = writes_r1(row) || !(row->gr_targets & IN_R3) ? 100 : 127;
    if (frs & IN_R1) in.r1 = 90;
    if (frs & IN_R2) in.r2 = 91;
    if (frs & IN_R3) in.r3 = 94;
    if (frs & IN_R4) in.r4 = 95;
    if (row->pr_targets & IN_P1) in.p1 = 40;
    if (row->pr_targets & IN_P2) in.p2 = 41;
    in.imm = immediate(p);
    in.qp = 20;
    return in;
}

static void run(struct harness *h, const struct plain *p, const struct insn *in, unsigned slot,
                enum harness_loop loop)
{
    h->what = p->row->meaning;
    alat_clear(h->cpu);
    harness_poke(h, BASE - 16, p->memory, sizeof(p->memory));
    harness_run(h, in, slot, loop);
}

static void measure(struct harness *h, struct plain *p, const struct insn_row *row)
{
    unsigned first, last;

    kit_fresh(h);
    p->row = row;
    p->in = operands(p);
    ledger_slots(row, &first, &last);
    if (row->gr_sources & IN_R3) h->before.gr[p->in.r3] = BASE;
    for (unsigned r = 90; r < 96; r++) {
        h->before.fr[r] = (struct fpreg){ harness_random(h) | 1ull << 63, 0xffff + r - 92, r & 1 };
    }
    h->before.ar[40] = QUIET_FPSR;
    probe_set_pr(&h->before, 20, true);
    kit_random_bytes(h, BASE - 16, p->memory, sizeof(p->memory));
    run(h, p, &p->in, first, HARNESS_FAST);
    p->before = h->before;
    p->want = h->after;
    p->ip = h->after.ip;
    if (p->ip != h->code + 16 && p->ip != h->code + 0x40) fail_msg("%s did not run", row->meaning);
    harness_peek(h, BASE - 16, p->stored, sizeof(p->stored));
}

static void expect_plain(struct harness *h, const struct plain *p, const struct probe *want)
{
    harness_expect_at(h, want, p->ip);
    kit_expect_bytes(h, BASE - 16, p->stored, sizeof(p->stored));
}

/* --- the same again --------------------------------------------------------------------------- */

static void both_loops_and_all_slots_agree(struct harness *h, const struct plain *p)
{
    unsigned first, last;

    ledger_slots(p->row, &first, &last);
    EACH_LOOP(loop) {
        run(h, p, &p->in, first, loop);
        expect_plain(h, p, &p->want);
        run(h, p, &p->in, last, loop);
        expect_plain(h, p, &p->want);
    }
}

static void rename_predicates(struct probe *to, const struct probe *from)
{
    for (unsigned r = 1; r < 64; r++) probe_set_pr(to, r, probe_pr(from, r));
}

static void rotation_changes_names_only(struct harness *h, const struct plain *p)
{
    u64 cfm = 96 | 12ull << 14 | 37ull << 18 | 38ull << 25 | 11ull << 32;
    struct probe want = p->want;
    unsigned first, last;

    ledger_slots(p->row, &first, &last);
    h->before.cfm = want.cfm = cfm;
    rename_predicates(&h->before, &p->before);
    rename_predicates(&want, &p->want);
    run(h, p, &p->in, first, HARNESS_FAST);
    expect_plain(h, p, &want);
    h->before = p->before;
}

static void predicated_off_nothing_happens(struct harness *h, const struct plain *p)
{
    unsigned first, last;

    ledger_slots(p->row, &first, &last);
    probe_set_pr(&h->before, 20, false);
    struct probe want = h->before;
    if (p->row->attrs & ATTR_UNC) {
        if (p->row->pr_targets & IN_P1) probe_set_pr(&want, 40, false);
        if (p->row->pr_targets & IN_P2) probe_set_pr(&want, 41, false);
    }
    EACH_LOOP(loop) {
        run(h, p, &p->in, last, loop);
        harness_expect(h, &want);
        kit_expect_bytes(h, BASE - 16, p->memory, sizeof(p->memory));
    }
    h->before = p->before;
}

/* --- refusals --------------------------------------------------------------------------------- */

static void illegal(struct harness *h, const struct plain *p, const struct insn *in)
{
    unsigned first, last;

    ledger_slots(p->row, &first, &last);
    EACH_LOOP(loop) {
        run(h, p, in, first, loop);
        harness_expect_fault(h, 0x5400, 0);
        kit_expect_bytes(h, BASE - 16, p->memory, sizeof(p->memory));
    }
}

static void impossible_targets_are_illegal(struct harness *h, const struct plain *p)
{
    const struct insn_row *row = p->row;
    struct insn in = p->in;

    if (row->gr_targets) {
        h->before.cfm = 60; /* r92 and above are out of the frame */
        illegal(h, p, &in);
        h->before = p->before;
    }
    if (writes_r1(row)) in.r1 = 0, illegal(h, p, &in), in.r1 = p->in.r1;
    if (row->gr_targets & IN_R3) in.r3 = 0, illegal(h, p, &in), in.r3 = p->in.r3;
    for (u8 f = 0; f < 2; f++) {
        if (row->fr_targets & IN_R1) in.r1 = f, illegal(h, p, &in), in.r1 = p->in.r1;
        if (row->fr_targets & IN_R2) in.r2 = f, illegal(h, p, &in), in.r2 = p->in.r2;
    }
    if (row->pr_targets == (IN_P1 | IN_P2)) in.p2 = in.p1, illegal(h, p, &in);
}

static u64 access_bits(const struct plain *p)
{
    u32 a = p->row->attrs;

    if (a & ATTR_RMW) return ISR_R_BIT | ISR_W_BIT;
    if (a & ATTR_STORE) return ISR_W_BIT;
    if (a & ATTR_PREFETCH) return ISR_R_BIT | ISR_NA_BIT | 4;
    if (named(p, "fc") && p->row->format[0] == 'M') return ISR_R_BIT | ISR_NA_BIT | 1;
    return a & ATTR_LOAD ? ISR_R_BIT : 0;
}

/* chk.a and invala.e name a register without looking into it. */
static void disabled_registers_fault(struct harness *h, const struct plain *p)
{
    u64 isr = access_bits(p) | (p->row->attrs & ATTR_SPEC ? ISR_SP_BIT : 0) | 2;
    bool by_name = named(p, "chk_a") || named(p, "invala");
    unsigned first, last;

    if (!(p->row->fr_targets | p->row->fr_sources)) return;
    ledger_slots(p->row, &first, &last);
    h->before.psr |= PSR_DFH;
    run(h, p, &p->in, first, HARNESS_FAST);
    if (by_name) {
        struct probe want = p->want;
        want.psr |= PSR_DFH;
        expect_plain(h, p, &want);
    } else {
        harness_expect_fault(h, 0x5500, isr);
    }
    h->before = p->before;
}

static void bad_addresses_fault(struct harness *h, const struct plain *p)
{
    u32 a = p->row->attrs;
    bool reference = (a & (ATTR_LOAD | ATTR_STORE | ATTR_RMW)) && !(a & ATTR_SPEC);
    bool bytes = named(p, "ld1") || named(p, "st1") || named(p, "xchg1");

    if (!reference && !((a & ATTR_PREFETCH) && named(p, "fault"))) return;
    h->before.psr |= PSR_DT;
    run(h, p, &p->in, 0, HARNESS_FAST);
    kit_expect_data_fault(h, 0x1000, access_bits(p), BASE);
    h->before = p->before;
    if (!reference || (bytes && !named(p, "16"))) return;
    h->before.psr |= PSR_AC;
    h->before.gr[p->in.r3] = BASE + 1;
    run(h, p, &p->in, 0, HARNESS_FAST);
    kit_expect_data_fault(h, 0x5a00, access_bits(p), BASE + 1);
    h->before = p->before;
}

/* --- NaT and NaTVal --------------------------------------------------------------------------- */

static void put_natval(const struct plain *p, struct probe *want)
{
    const struct fpreg natval = { 0, 0x1fffe, 0 };

    if (p->row->fr_targets & IN_R1) want->fr[p->in.r1] = natval;
    if (p->row->fr_targets & IN_R2) want->fr[p->in.r2] = natval;
}

static void a_nat_in_r3(struct harness *h, const struct plain *p)
{
    u32 a = p->row->attrs;
    struct probe want = p->want;

    if (!(p->row->gr_sources & IN_R3)) return;
    probe_set_nat(&h->before, p->in.r3, true);
    probe_set_nat(&want, p->in.r3, true);
    run(h, p, &p->in, 0, HARNESS_FAST);
    if (a & ATTR_SPEC) {
        if (writes_r1(p->row)) probe_set_nat(&want, p->in.r1, true);
        put_natval(p, &want);
        expect_plain(h, p, &want);
    } else if ((a & ATTR_PREFETCH) && !named(p, "fault")) {
        expect_plain(h, p, &want);
    } else {
        harness_expect_fault(h, 0x5600, access_bits(p) | 0x10);
    }
    h->before = p->before;
}

static void a_nat_in_r2(struct harness *h, const struct plain *p)
{
    u32 a = p->row->attrs;
    struct probe want = p->want;

    if (!(p->row->gr_sources & IN_R2)) return;
    probe_set_nat(&h->before, p->in.r2, true);
    probe_set_nat(&want, p->in.r2, true);
    run(h, p, &p->in, 0, HARNESS_FAST);
    if (a & ATTR_RMW || ((a & ATTR_STORE) && !(a & ATTR_SPILL))) {
        harness_expect_fault(h, 0x5600, access_bits(p) | 0x10);
    } else {
        if (a & ATTR_SPILL) want.ar[36] |= 1ull << (BASE >> 3 & 63);
        if (a & (ATTR_LOAD | ATTR_PREFETCH)) probe_set_nat(&want, p->in.r3, true);
        put_natval(p, &want); /* setf */
        if ((a & ATTR_LOAD) && p->row->fr_targets) want.fr[p->in.r1] = p->want.fr[p->in.r1];
        expect_plain(h, p, &want);
    }
    h->before = p->before;
}

static void a_natval_in(struct harness *h, const struct plain *p, unsigned r)
{
    const struct fpreg natval = { 0, 0x1fffe, 0 };
    struct probe want = p->want;
    unsigned first, last;

    ledger_slots(p->row, &first, &last);
    h->before.fr[r] = want.fr[r] = natval;
    run(h, p, &p->in, last, HARNESS_FAST);
    if ((p->row->attrs & (ATTR_STORE | ATTR_SPILL)) == ATTR_STORE) {
        harness_expect_fault(h, 0x5600, ISR_W_BIT | 0x10);
    } else if (p->row->attrs & ATTR_SPILL) {
        harness_expect(h, &want);
    } else if (named(p, "chk_s")) {
        harness_expect_at(h, &want, h->code + 0x40);
    } else {
        want.ar[40] = h->before.ar[40]; /* no flags */
        put_natval(p, &want);
        if (p->row->pr_targets & IN_P1) probe_set_pr(&want, 40, false);
        if (p->row->pr_targets & IN_P2) probe_set_pr(&want, 41, false);
        if (writes_r1(p->row)) probe_set_nat(&want, p->in.r1, true);
        expect_plain(h, p, &want);
    }
    h->before = p->before;
}

static void natvals(struct harness *h, const struct plain *p)
{
    if (named(p, "chk_a") || named(p, "invala")) return;
    if (p->row->fr_sources & IN_R2) a_natval_in(h, p, p->in.r2);
    if (p->row->fr_sources & IN_R3) a_natval_in(h, p, p->in.r3);
    if (p->row->fr_sources & IN_R4) a_natval_in(h, p, p->in.r4);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void every_row_along_every_axis(void **state)
{
    struct harness *h = *state;
    struct plain p;
    unsigned rows = 0;

    for (unsigned i = 0; i < insn_row_count; i++) {
        if (!is_mine(&insn_rows[i])) continue;
        rows++;
        measure(h, &p, &insn_rows[i]);
        both_loops_and_all_slots_agree(h, &p);
        rotation_changes_names_only(h, &p);
        predicated_off_nothing_happens(h, &p);
        impossible_targets_are_illegal(h, &p);
        disabled_registers_fault(h, &p);
        bad_addresses_fault(h, &p);
        a_nat_in_r3(h, &p);
        a_nat_in_r2(h, &p);
        natvals(h, &p);
    }
    assert_true(rows > 380); /* the table has not lost its memory */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_along_every_axis),
    };
    return cmocka_run_group_tests_name("exec: rows", tests, harness_setup, harness_teardown);
}
