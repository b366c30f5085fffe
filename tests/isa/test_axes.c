/* What holds for every row of the instruction table, whatever it does: predicated off it does
 * nothing; its slot, the loop that runs it and rotation in force change nothing; the last register
 * of the frame can be written and the next one cannot; r0, f0 and f1 cannot; privilege and disabled
 * registers are respected.  What an instruction does is for the families' tests: here a first run
 * without a fault is the reference, and the other runs must agree with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tests/isa/ledger.h"
#include "tests/isa/memkit.h"

enum { TRIES = 3000, TARGET_GR = 48, QP = 7 };

static const u64 isr_r = 1ull << 34, isr_w = 1ull << 33, isr_na = 1ull << 35, isr_sp = 1ull << 36,
                 isr_ni = 1ull << 39;

/* One row, with operands and a state in which it completes. */
struct subject {
    const struct insn_row *row;
    struct insn in;
    struct probe before, after;
};

static bool is(const struct insn_row *row, const char *meaning)
{
    return strcmp(row->meaning, meaning) == 0;
}

static bool starts(const struct insn_row *row, const char *prefix)
{
    return strncmp(row->meaning, prefix, strlen(prefix)) == 0;
}

/* Rows that move, read or restore the frame marker: their own tests cover rotation. */
static bool about_the_frame(const struct insn_row *row)
{
    static const char *const names[] = {
        "alloc", "cover", "clrrrb", "clrrrb_pr", "br_call", "br_call_b", "brl_call", "br_ret",
        "br_ctop", "br_cexit", "br_wtop", "br_wexit", "rfi", "loadrs", "flushrs", "mov_to_pr",
        "mov_to_pr_rot", "mov_from_pr", "bsw0", "bsw1",
    };
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (is(row, names[i])) return true;
    }
    return starts(row, "ldfp"); /* pairs by physical register number */
}

/* A legal encoding of the row with random immediates. */
static bool random_insn(struct harness *h, unsigned row_index, struct insn *in)
{
    const struct insn_row *row = &insn_rows[row_index];
    unsigned first, last;
    u64 slot = (harness_random(h) & mask64(41) & ~row->mask & ~row->ignored) | row->match;

    ledger_slots(row, &first, &last);
    return isa_decode_slot(row->unit == 'A' ? 'M' : row->unit, slot,
                           harness_random(h) & mask64(41), last, in) == ISA_OK &&
           in->row == row_index;
}

/* Targets in the frame, sources among the static registers, every register its own. */
static void choose_registers(struct harness *h, const struct insn_row *row, struct insn *in)
{
    unsigned base = 4 + harness_below(h, 4);

    if (row->gr_targets & IN_R1) in->r1 = TARGET_GR;
    if (row->gr_sources & IN_R2) in->r2 = (u8)base;
    if ((row->gr_sources | row->gr_targets) & IN_R3) in->r3 = is(row, "addl") ? 3 : (u8)(base + 1);
    if ((row->gr_targets & IN_R3) && !(row->gr_targets & IN_R1)) in->r3 = TARGET_GR;
    if (row->fr_targets & IN_R1) in->r1 = 40;
    if (row->fr_targets & IN_R2) in->r2 = 41;
    if (row->fr_sources & IN_R2) in->r2 = (u8)(33 + harness_below(h, 4));
    if (row->fr_sources & IN_R3) in->r3 = (u8)(50 + harness_below(h, 4));
    if (row->fr_sources & IN_R4) in->r4 = (u8)(60 + harness_below(h, 4));
    if (row->pr_targets & IN_P1) in->p1 = 20;
    if (row->pr_targets & IN_P2) in->p2 = 21;
    if (!(row->attrs & (ATTR_NOQP | ATTR_QP0))) in->qp = QP;
    if (strstr(row->operands, "target")) in->imm = 0x1000;
    if (strstr(row->operands, "imm24")) in->imm = PSR_UP | PSR_AC;
}

/* Values with which most instructions complete: addresses, small numbers, spinning code. */
static void choose_state(struct harness *h, const struct insn_row *row, const struct insn *in,
                         bool ic)
{
    struct probe *p = &h->before;
    u64 address = HARNESS_DATA + 0x100 + 16 * harness_below(h, 64);

    harness_randomize(h);
    if (row->attrs & (ATTR_LOAD | ATTR_STORE | ATTR_RMW | ATTR_PREFETCH)) {
        p->gr[in->r3] = address;
    } else if (row->gr_sources & IN_R3) {
        p->gr[in->r3] = harness_below(h, 2) ? address : harness_operand(h) & 0xff;
    }
    if (row->gr_sources & IN_R2) p->gr[in->r2] = harness_below(h, 2) ? 0 : harness_operand(h) & 0xff;
    for (unsigned b = 0; b < 8; b++) p->br[b] = HARNESS_CODE + 0x2000;
    p->cr[19] = HARNESS_CODE + 0x2000;
    p->cr[16] = PSR_IC | PSR_BN;
    p->cr[20] = 0x4000000;
    p->cr[21] = ITIR(14, 0);
    p->ar[64] = 0;
    p->ar[66] = 3;
    p->ar[65] = 3;
    probe_set_pr(p, QP, true);
    if (is(row, "rfi") || !ic) p->psr &= ~PSR_IC;
    if (starts(row, "loadrs")) p->ar[16] = 0;
}

static bool went_wrong(const struct harness *h)
{
    return h->after.ip >= HARNESS_IVA && h->after.ip < HARNESS_IVA + 0x8000;
}

static void run(struct harness *h, const struct subject *s, const struct insn *in, unsigned slot,
                enum harness_loop loop)
{
    u8 data[HARNESS_DATA_SIZE > 0x2000 ? 0x2000 : 1];

    (void)s;
    memset(data, 0x5a, sizeof(data));
    harness_poke(h, HARNESS_DATA, data, sizeof(data));
    alat_clear(h->cpu);
    mmu_purge_tr(cpu_mmu(h->cpu), false, 0, 28);
    mmu_purge_tr(cpu_mmu(h->cpu), true, 0, 28);
    kit_map_all(h, false); /* for those that translate in physical mode too */
    harness_run(h, in, slot, loop);
}

/* Find operands and a state in which the row completes. */
static void find(struct harness *h, unsigned row_index, struct subject *s)
{
    unsigned first, last;

    s->row = &insn_rows[row_index];
    ledger_slots(s->row, &first, &last);
    h->what = s->row->meaning;
    for (unsigned i = 0; i < TRIES; i++) {
        if (!random_insn(h, row_index, &s->in)) continue;
        choose_registers(h, s->row, &s->in);
        choose_state(h, s->row, &s->in, i < TRIES / 2);
        run(h, s, &s->in, last, HARNESS_FAST);
        if (went_wrong(h)) continue;
        s->before = h->before;
        s->after = h->after;
        return;
    }
    fail_msg("%s: never completed in %d tries", s->row->meaning, TRIES);
}

/* Run a variant from the subject's state; the outcome must be `want`. */
static void agree(struct harness *h, const struct subject *s, unsigned slot, enum harness_loop loop)
{
    h->before = s->before;
    run(h, s, &s->in, slot, loop);
    harness_expect_at(h, &s->after, s->after.ip);
}

static void slots_and_loops_do_not_matter(struct harness *h, const struct subject *s)
{
    unsigned first, last;

    ledger_slots(s->row, &first, &last);
    agree(h, s, first, HARNESS_FAST);
    agree(h, s, last, HARNESS_FAST);
    agree(h, s, first, HARNESS_OBSERVED);
    agree(h, s, last, HARNESS_OBSERVED);
}

static void nothing_happens_when_predicated_off(struct harness *h, const struct subject *s)
{
    unsigned first, last;
    struct probe want;

    if (s->row->attrs & (ATTR_NOQP | ATTR_QP0 | ATTR_SELFQP)) return;
    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    probe_set_pr(&h->before, QP, false);
    want = h->before;
    if (s->row->attrs & ATTR_UNC) {
        if (s->row->pr_targets & IN_P1) probe_set_pr(&want, s->in.p1, false);
        if (s->row->pr_targets & IN_P2) probe_set_pr(&want, s->in.p2, false);
    }
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, &s->in, first, loop);
        harness_expect(h, &want);
    }
}

/* The same predicates, by their names, in another frame. */
static void rename_predicates(struct probe *to, const struct probe *from)
{
    for (unsigned r = 1; r < 64; r++) probe_set_pr(to, r, probe_pr(from, r));
}

/* Rows without a rotating operand read their sources from rotating registers instead. */
static void move_source(struct subject *s, u8 *member, unsigned to)
{
    s->before.gr[to] = s->after.gr[to] = s->before.gr[*member];
    *member = (u8)to;
}

static struct subject with_rotating_sources(const struct subject *s)
{
    struct subject moved = *s;

    if (s->row->gr_targets) return moved;
    if (s->row->gr_sources & IN_R2) move_source(&moved, &moved.in.r2, 34);
    if (s->row->gr_sources & IN_R3) move_source(&moved, &moved.in.r3, 35);
    return moved;
}

static void rotation_does_not_matter(struct harness *h, const struct subject *subject)
{
    const struct subject moved = with_rotating_sources(subject), *s = &moved;
    const u64 cfm = 96 | 8ull << 14 | 21ull << 18 | 37ull << 25 | 11ull << 32;
    unsigned first, last;
    struct probe want = s->after;

    if (about_the_frame(s->row)) return;
    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    h->before.cfm = cfm;
    h->before.pr = 1;
    rename_predicates(&h->before, &s->before);
    want.cfm = cfm;
    want.pr = 1;
    rename_predicates(&want, &s->after);
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, &s->in, last, loop);
        harness_expect_at(h, &want, s->after.ip);
    }
}

static void the_frame_ends_where_it_ends(struct harness *h, const struct subject *s)
{
    unsigned first, last;
    struct probe want = s->after;

    if (!s->row->gr_targets || is(s->row, "alloc")) return;
    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    h->before.cfm = want.cfm = TARGET_GR - 31;
    run(h, s, &s->in, first, HARNESS_FAST);
    harness_expect_at(h, &want, s->after.ip);
    h->before.cfm = TARGET_GR - 32;
    h->before.psr |= PSR_IC;
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, &s->in, first, loop);
        harness_expect_fault(h, 0x5400, 0);
    }
}

static void illegal(struct harness *h, const struct subject *s, const struct insn *in)
{
    unsigned first, last;

    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    h->before.psr |= PSR_IC;
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, in, last, loop);
        if (!went_wrong(h)) fail_msg("%s: an illegal target was accepted", h->what);
        harness_expect_fault(h, 0x5400, 0);
    }
}

static void constant_registers_are_no_targets(struct harness *h, const struct subject *s)
{
    struct insn in = s->in;

    if (s->row->gr_targets & IN_R1) {
        in.r1 = 0;
        illegal(h, s, &in);
    } else if (s->row->gr_targets & IN_R3) {
        in.r3 = 0;
        illegal(h, s, &in);
    }
    if (s->row->fr_targets & IN_R1) {
        in = s->in;
        in.r1 = 0;
        illegal(h, s, &in);
        in.r1 = 1;
        illegal(h, s, &in);
    }
}

static void predicate_targets_differ(struct harness *h, const struct subject *s)
{
    struct insn in = s->in;

    if (s->row->pr_targets != (IN_P1 | IN_P2)) return;
    in.p2 = in.p1;
    illegal(h, s, &in);
}

/* Non-access references say so even in this fault (SDM 2:5.5). */
static u64 privileged_isr(const struct insn_row *row)
{
    if (is(row, "tpa")) return 0x10 | isr_na;
    if (is(row, "tak")) return 0x13 | isr_na;
    return 0x10;
}

static void privilege_is_asked_for(struct harness *h, const struct subject *s)
{
    unsigned first, last;

    if (!(s->row->attrs & ATTR_PRIV)) return;
    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    h->before.psr |= 3ull << PSR_CPL_SHIFT;
    if (is(s->row, "rfi")) h->before.psr |= PSR_IC;
    run(h, s, &s->in, last, HARNESS_FAST);
    if (h->before.psr & PSR_IC) {
        harness_expect_fault(h, 0x5400, privileged_isr(s->row));
        return;
    }
    /* These need psr.ic = 0, so the interruption leaves iip and ipsr alone. */
    assert_int_equal(h->after.ip, HARNESS_IVA + 0x5400);
    assert_int_equal(h->after.cr[17], privileged_isr(s->row) | isr_ni | (u64)last << 41);
    ledger_checked();
}

/* Which halves of the file the instruction names. */
static u64 halves(const struct subject *s)
{
    unsigned files = s->row->fr_targets | s->row->fr_sources;
    const u8 reg[4] = { s->in.r1, s->in.r2, s->in.r3, s->in.r4 };
    u64 code = 0;

    for (unsigned i = 0; i < 4; i++) {
        if (files >> i & 1) code |= reg[i] >= 32 ? 2 : reg[i] >= 2 ? 1 : 0;
    }
    return code;
}

static void disabled_registers_are_refused(struct harness *h, const struct subject *s)
{
    unsigned first, last;
    u64 isr = halves(s);

    if (!(ledger_applicable(s->row) >> AX_DISABLED & 1)) return;
    if (s->row->attrs & ATTR_LOAD) isr |= isr_r;
    if (s->row->attrs & ATTR_STORE) isr |= isr_w;
    if (s->row->attrs & ATTR_SPEC) isr |= isr_sp;
    ledger_slots(s->row, &first, &last);
    h->before = s->before;
    h->before.psr |= PSR_IC | PSR_DFL | PSR_DFH;
    run(h, s, &s->in, first, HARNESS_FAST);
    harness_expect_fault(h, 0x5500, isr);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* r and w of ISR as the SDM gives them to this kind of reference (2:5.5, table 5-1). */
static u64 reference_isr(const struct insn_row *row)
{
    if (row->attrs & ATTR_RMW) return isr_r | isr_w;
    if (row->attrs & ATTR_STORE) return isr_w;
    return row->attrs & ATTR_PREFETCH ? isr_r | isr_na | 4 : isr_r;
}

static bool references_memory(const struct insn_row *row)
{
    return row->attrs & (ATTR_LOAD | ATTR_STORE | ATTR_RMW | ATTR_PREFETCH);
}

static bool faults_quietly(const struct insn_row *row) /* lfetch without .fault */
{
    return (row->attrs & ATTR_PREFETCH) && !strstr(row->meaning, "fault");
}

static void expect_reference_fault(struct harness *h, const struct subject *s, unsigned vector,
                                   u64 isr, u64 ifa)
{
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, &s->in, 0, loop);
        harness_expect_fault(h, vector, isr);
        if (ifa) assert_int_equal(h->after.cr[20], ifa);
    }
}

static void expect_nats(struct harness *h, const struct subject *s, const struct probe *want)
{
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        run(h, s, &s->in, 0, loop);
        harness_expect(h, want);
    }
}

/* A NaT'ed address is consumed, but for speculative loads and plain lfetch, which defer. */
static void nat_in_the_address(struct harness *h, const struct subject *s)
{
    const struct insn_row *row = s->row;
    struct probe want = s->after;

    h->before = s->before;
    probe_set_nat(&h->before, s->in.r3, true);
    if (!(row->attrs & ATTR_SPEC) && !faults_quietly(row)) {
        h->before.psr |= PSR_IC;
        expect_reference_fault(h, s, 0x5600, 0x10 | reference_isr(row), 0);
        return;
    }
    probe_set_nat(&want, s->in.r3, true);
    if (row->gr_targets & IN_R1) probe_set_nat(&want, s->in.r1, true);
    if (row->fr_targets & IN_R1) want.fr[s->in.r1] = FP_NATVAL;
    if (row->fr_targets & IN_R2) want.fr[s->in.r2] = FP_NATVAL;
    expect_nats(h, s, &want);
}

/* NaT in r2: store data is consumed (a spill puts it into UNAT), an increment makes the base NaT. */
static void nat_in_r2(struct harness *h, const struct subject *s)
{
    const struct insn_row *row = s->row;
    struct probe want = s->after;
    bool data = row->attrs & (ATTR_STORE | ATTR_RMW);

    if (!(row->gr_sources & IN_R2)) return;
    h->before = s->before;
    probe_set_nat(&h->before, s->in.r2, true);
    if (data && !(row->attrs & ATTR_SPILL)) {
        h->before.psr |= PSR_IC;
        expect_reference_fault(h, s, 0x5600, 0x10 | reference_isr(row), 0);
        return;
    }
    probe_set_nat(&want, s->in.r2, true);
    if (data) {
        want.ar[36] |= 1ull << (s->before.gr[s->in.r3] >> 3 & 63);
    } else {
        probe_set_nat(&want, s->in.r3, true);
    }
    expect_nats(h, s, &want);
}

static void natval_as_data(struct harness *h, const struct subject *s)
{
    if (!(s->row->attrs & ATTR_STORE) || !(s->row->fr_sources & IN_R2)) return;
    h->before = s->before;
    h->before.fr[s->in.r2] = FP_NATVAL;
    h->before.psr |= PSR_IC;
    if (s->row->attrs & ATTR_SPILL) {
        struct probe want = s->after;
        want.fr[s->in.r2] = FP_NATVAL;
        want.psr |= PSR_IC;
        expect_nats(h, s, &want);
    } else {
        expect_reference_fault(h, s, 0x5600, 0x10 | reference_isr(s->row), 0);
    }
}

static void misaligned_with_psr_ac(struct harness *h, const struct subject *s)
{
    if (!(ledger_applicable(s->row) >> AX_UNALIGNED & 1)) return;
    h->before = s->before;
    h->before.psr |= PSR_IC | PSR_AC;
    h->before.gr[s->in.r3] += 1;
    expect_reference_fault(h, s, 0x5a00, reference_isr(s->row), h->before.gr[s->in.r3]);
}

static void nothing_maps_the_address(struct harness *h, const struct subject *s)
{
    if (!(ledger_applicable(s->row) >> AX_TLB & 1)) return;
    h->before = s->before;
    h->before.psr |= PSR_IC | PSR_DT;
    h->before.gr[s->in.r3] += 0x10000000;
    expect_reference_fault(h, s, 0x1000, reference_isr(s->row), h->before.gr[s->in.r3]);
}

static void memory_rows(struct harness *h, const struct subject *s)
{
    if (!references_memory(s->row)) return;
    nat_in_the_address(h, s);
    nat_in_r2(h, s);
    natval_as_data(h, s);
    misaligned_with_psr_ac(h, s);
    nothing_maps_the_address(h, s);
}

static bool has_a_reference_run(const struct insn_row *row)
{
    return !(row->attrs & ATTR_PSEUDO) && (ledger_applicable(row) >> AX_RESULT & 1);
}

static void break_is_nothing_when_predicated_off(struct harness *h, unsigned row)
{
    struct subject s = { .row = &insn_rows[row] };

    if (s.row->attrs & (ATTR_NOQP | ATTR_PSEUDO)) return;
    while (!random_insn(h, row, &s.in)) continue;
    s.in.qp = QP;
    harness_randomize(h);
    s.before = h->before;
    h->what = s.row->meaning;
    nothing_happens_when_predicated_off(h, &s);
}

static void every_row_obeys_what_holds_for_all(void **state)
{
    struct harness *h = *state;
    struct subject s;

    ledger_compares_runs();
    for (unsigned row = 0; row < insn_row_count; row++) {
        if (!has_a_reference_run(&insn_rows[row])) {
            break_is_nothing_when_predicated_off(h, row);
            continue;
        }
        find(h, row, &s);
        slots_and_loops_do_not_matter(h, &s);
        nothing_happens_when_predicated_off(h, &s);
        rotation_does_not_matter(h, &s);
        the_frame_ends_where_it_ends(h, &s);
        constant_registers_are_no_targets(h, &s);
        predicate_targets_differ(h, &s);
        privilege_is_asked_for(h, &s);
        disabled_registers_are_refused(h, &s);
        memory_rows(h, &s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_obeys_what_holds_for_all),
    };
    return cmocka_run_group_tests_name("exec: axes", tests, harness_setup, harness_teardown);
}
