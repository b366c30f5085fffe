/* Branches and the register frame against the manual's tables, written here a second time: who is
 * taken when, what LC, EC, PR63, the rotating bases, BR, PFS, CFM and cpl become, and where each
 * register finds itself afterwards.  SDM 1:4.5, 3: br, brl, alloc, cover, clrrrb, epc, bsw, rfi.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/ledger.h"
#include "tests/isa/memkit.h"

#define TARGET (HARNESS_CODE + 0x1000)

static void run_in_both(struct harness *h, const struct insn *in, unsigned slot,
                        const struct probe *want, u64 ip)
{
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        harness_run(h, in, slot, loop);
        harness_expect_at(h, want, ip);
    }
}

/* A frame marker from its fields. */
static u64 frame(unsigned sof, unsigned sol, unsigned sor, unsigned gr, unsigned fr, unsigned pr)
{
    return sof | (u64)sol << 7 | (u64)sor << 14 | (u64)gr << 18 | (u64)fr << 25 | (u64)pr << 32;
}

static unsigned rotating(u64 cfm)
{
    return (unsigned)(cfm >> 14 & 15) * 8;
}

/* The names registers have after the frame marker changed from `a` to `b`, computed one register at
 * a time over physical places (SDM 1:4.1.1): want = what `from` holds, seen through b. */
static void see_through(struct probe *want, const struct probe *from, u64 b)
{
    u64 a = from->cfm;
    u64 gr[96] = { 0 };
    struct fpreg fr[96];
    u128 nats = 0;
    unsigned n = rotating(a), m = rotating(b);

    for (unsigned v = 0; v < 96; v++) {
        unsigned place = v < n ? (v + (unsigned)(a >> 18 & 0x7f)) % n : v;
        gr[place] = from->gr[32 + v];
        if (probe_nat(from, 32 + v)) nats |= (u128)1 << place;
        fr[(v + (unsigned)(a >> 25 & 0x7f)) % 96] = from->fr[32 + v];
    }
    for (unsigned v = 0; v < 96; v++) {
        unsigned place = v < m ? (v + (unsigned)(b >> 18 & 0x7f)) % m : v;
        want->gr[32 + v] = gr[place];
        probe_set_nat(want, 32 + v, nats >> place & 1);
        want->fr[32 + v] = fr[(v + (unsigned)(b >> 25 & 0x7f)) % 96];
    }
    want->cfm = b;
}

/* --- plain branches --------------------------------------------------------------------------- */

static void conditional_branches_go_where_they_say(void **state)
{
    static const struct {
        const char *meaning;
        bool indirect;
    } rows[] = { { "br_cond", false }, { "br_cond_b", true }, { "brl_cond", false } };
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        for (unsigned qp = 0; qp < 64; qp++) {
            struct insn in = harness_insn(rows[i].meaning);
            harness_randomize(h);
            h->what = rows[i].meaning;
            in.qp = (u8)qp;
            in.imm = rows[i].indirect ? 0 : TARGET - HARNESS_CODE;
            in.r2 = rows[i].indirect ? 3 : 0;
            h->before.br[3] = TARGET | 5; /* the low four bits are ignored */
            bool taken = probe_pr(&h->before, qp);
            run_in_both(h, &in, harness_any_slot(h, &in), &h->before,
                        taken ? TARGET : HARNESS_CODE + 16);
        }
    }
}

static void ia32_transition_is_disabled(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("br_ia");

    harness_randomize(h);
    h->what = "br_ia";
    h->before.cfm = 0;
    harness_run(h, &in, 2, HARNESS_FAST);
    harness_expect_fault(h, 0x5400, 0x40);
    harness_run(h, &in, 2, HARNESS_OBSERVED);
    harness_expect_fault(h, 0x5400, 0x40);
}

/* --- loops ------------------------------------------------------------------------------------ */

static void counted_loop(struct harness *h, u64 lc)
{
    struct insn in = harness_insn("br_cloop");

    harness_randomize(h);
    h->what = "br_cloop";
    in.imm = TARGET - HARNESS_CODE;
    h->before.ar[65] = lc;
    struct probe want = h->before;
    if (lc) want.ar[65] = lc - 1;
    run_in_both(h, &in, 2, &want, lc ? TARGET : HARNESS_CODE + 16);
}

static void cloop_counts_down_to_zero_and_stays(void **state)
{
    static const u64 counts[] = { 0, 1, 2, 0x8000000000000000, ~0ull };
    for (unsigned i = 0; i < ARRAY_LEN(counts); i++) counted_loop(*state, counts[i]);
}

/* What the table "Epilog and rotation" of the branch page says. */
struct step {
    bool rotate, pr63, go_on;
    u64 lc, ec;
};

static struct step counted(u64 lc, u64 ec)
{
    if (lc) return (struct step){ true, true, true, lc - 1, ec };
    if (ec) return (struct step){ true, false, ec > 1, lc, ec - 1 };
    return (struct step){ false, false, false, lc, ec };
}

static struct step whiled(bool qp, u64 lc, u64 ec)
{
    if (qp) return (struct step){ true, false, true, lc, ec };
    if (ec) return (struct step){ true, false, ec > 1, lc, ec - 1 };
    return (struct step){ false, false, false, lc, ec };
}

static u64 one_rotation(u64 cfm)
{
    unsigned sor = rotating(cfm);
    unsigned gr = cfm >> 18 & 0x7f, fr = cfm >> 25 & 0x7f, pr = cfm >> 32 & 0x3f;

    if (sor) gr = gr ? gr - 1 : sor - 1;
    fr = fr ? fr - 1 : 95;
    pr = pr ? pr - 1 : 47;
    return frame((unsigned)(cfm & 0x7f), (unsigned)(cfm >> 7 & 0x7f), sor / 8, gr, fr, pr);
}

static void pipelined(struct harness *h, const char *meaning, struct step s, bool taken)
{
    struct insn in = harness_insn(meaning);
    struct probe want = h->before;

    h->what = meaning;
    in.qp = strstr(meaning, "br_w") ? 17 : 0;
    in.imm = TARGET - HARNESS_CODE;
    probe_set_pr(&want, 63, s.pr63); /* named before the rotation */
    want.ar[65] = s.lc;
    want.ar[66] = s.ec;
    if (s.rotate) {
        struct probe through = want;
        see_through(&through, &want, one_rotation(want.cfm));
        want = through;
    }
    run_in_both(h, &in, 2, &want, taken ? TARGET : HARNESS_CODE + 16);
}

static u64 random_frame(struct harness *h)
{
    unsigned sor = harness_below(h, 13);
    return frame(96, 8, sor, sor ? harness_below(h, 8 * sor) : 0, harness_below(h, 96),
                 harness_below(h, 48));
}

static void software_pipelined_loops_rotate_by_the_table(void **state)
{
    static const u64 counts[] = { 0, 1, 2, 17 };
    struct harness *h = *state;

    for (unsigned i = 0; i < 16; i++) {
        for (unsigned round = 0; round < 12; round++) {
            u64 lc = counts[i / 4], ec = counts[i % 4];
            bool qp = round & 1;
            harness_randomize(h);
            h->before.cfm = random_frame(h);
            h->before.ar[65] = lc;
            h->before.ar[66] = ec;
            if (round & 2) probe_set_nat(&h->before, 32 + harness_below(h, 96), true);
            probe_set_pr(&h->before, 17, qp);
            pipelined(h, "br_ctop", counted(lc, ec), counted(lc, ec).go_on);
            pipelined(h, "br_cexit", counted(lc, ec), !counted(lc, ec).go_on);
            pipelined(h, "br_wtop", whiled(qp, lc, ec), whiled(qp, lc, ec).go_on);
            pipelined(h, "br_wexit", whiled(qp, lc, ec), !whiled(qp, lc, ec).go_on);
        }
    }
}

static void rotation_can_be_cleared(void **state)
{
    struct harness *h = *state;

    for (unsigned round = 0; round < 40; round++) {
        struct insn all = harness_insn("clrrrb"), pr = harness_insn("clrrrb_pr");
        harness_randomize(h);
        u64 cfm = h->before.cfm = random_frame(h);
        struct probe want = h->before;
        see_through(&want, &h->before, cfm & mask64(18));
        h->what = "clrrrb";
        run_in_both(h, &all, 2, &want, HARNESS_CODE + 16);
        want = h->before;
        see_through(&want, &h->before, cfm & mask64(32));
        h->what = "clrrrb.pr";
        run_in_both(h, &pr, harness_any_slot(h, &pr), &want, HARNESS_CODE + 16);
    }
}

/* --- calls and frames ------------------------------------------------------------------------- */

static void call(struct harness *h, const char *meaning, bool indirect)
{
    struct insn in = harness_insn(meaning);
    unsigned sor = harness_below(h, 5), sol = harness_below(h, 50), outs = harness_below(h, 40);
    unsigned sof = MAX(sol + outs, 8 * sor);

    harness_randomize(h);
    h->what = meaning;
    h->before.cfm = frame(sof, sol, sor, sor ? harness_below(h, 8 * sor) : 0, harness_below(h, 96),
                          harness_below(h, 48));
    in.qp = 9;
    probe_set_pr(&h->before, 9, true);
    in.r1 = 4;
    in.r2 = indirect ? 4 : 0; /* b1 = b2: the old value is the target */
    in.imm = indirect ? 0 : TARGET - HARNESS_CODE;
    h->before.br[4] = TARGET;
    struct probe want = h->before, plain;
    plain = want;
    see_through(&plain, &want, want.cfm & mask64(18));
    want = plain;
    want.br[4] = HARNESS_CODE + 16;
    want.ar[64] = h->before.cfm | (h->before.ar[66] & 63) << 52;
    want.cfm = sof - sol;
    for (unsigned v = 0; v < sof - sol; v++) want.gr[32 + v] = plain.gr[32 + sol + v];
    run_in_both(h, &in, harness_any_slot(h, &in), &want, TARGET);
    in.qp = 10;
    probe_set_pr(&h->before, 10, false);
    run_in_both(h, &in, harness_any_slot(h, &in), &h->before, HARNESS_CODE + 16);
}

static void calls_slide_the_frame(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 60; i++) {
        call(h, "br_call", false);
        call(h, "br_call_b", true);
        call(h, "brl_call", false);
    }
}

/* A frame whose locals are in memory: br.ret loads them from the backing store. */
static void ret(struct harness *h, bool nats)
{
    struct insn in = harness_insn("br_ret");
    unsigned sol = 1 + harness_below(h, 60), outs = harness_below(h, 30);
    u64 store = HARNESS_STACK + 8 * (70 + harness_below(h, 70)), at = store, rnat = 0;
    u64 values[96], collection = harness_random(h) & mask64(63);

    if ((store & 0x1f8) == 0x1f8) store += 8, at = store;
    harness_randomize(h);
    h->what = "br_ret";
    h->before.cfm = frame(outs + 3, 0, 0, 0, 0, 0);
    h->before.ar[18] = store;
    h->before.ar[19] = rnat = nats ? harness_random(h) & mask64(63) : 0;
    if (!nats) collection = 0;
    struct probe want = h->before;
    for (unsigned i = sol; i-- > 0;) { /* downwards from bspstore, the collection on the way */
        at -= 8;
        if ((at & 0x1f8) == 0x1f8) {
            harness_poke(h, at, &collection, 8);
            rnat = collection;
            at -= 8;
        }
        values[i] = harness_random(h);
        harness_poke(h, at, &values[i], 8);
        want.gr[32 + i] = values[i];
        probe_set_nat(&want, 32 + i, rnat >> (at >> 3 & 63) & 1);
    }
    for (unsigned i = 0; i < outs; i++) want.gr[32 + sol + i] = h->before.gr[32 + i];
    in.r2 = 2;
    h->before.br[2] = want.br[2] = TARGET;
    h->before.ar[64] = want.ar[64] = frame(sol + outs, sol, 0, 0, 0, 0) | 33ull << 52;
    want.ar[66] = 33;
    want.ar[18] = at;
    want.ar[19] = rnat;
    want.cfm = frame(sol + outs, sol, 0, 0, 0, 0);
    run_in_both(h, &in, harness_any_slot(h, &in), &want, TARGET);
}

static void returns_bring_the_frame_back(void **state)
{
    for (unsigned i = 0; i < 100; i++) ret(*state, i & 1);
}

static void return_lowers_privilege_but_never_raises_it(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("br_ret");

    for (u64 cpl = 0; cpl < 4; cpl++) {
        for (u64 ppl = 0; ppl < 4; ppl++) {
            harness_randomize(h);
            h->what = "br_ret, cpl";
            h->before.psr |= cpl << PSR_CPL_SHIFT;
            h->before.cfm = 0;
            in.r2 = 2;
            h->before.br[2] = TARGET;
            h->before.ar[64] = ppl << 62;
            struct probe want = h->before;
            want.ar[66] = 0;
            want.psr = (want.psr & ~PSR_CPL) | MAX(cpl, ppl) << PSR_CPL_SHIFT;
            run_in_both(h, &in, 0, &want, TARGET);
        }
    }
}

static void alloc_makes_a_frame(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 200; i++) {
        struct insn in = harness_insn("alloc");
        unsigned sof = harness_below(h, 97), sol = harness_below(h, sof + 1);
        unsigned sor = harness_below(h, sof / 8 + 1), old = harness_below(h, 97);
        harness_randomize(h);
        h->what = "alloc";
        in.imm = sof | sol << 8 | sor << 16;
        in.r1 = (u8)(sof && (i & 1) ? 31 + sof : 1 + harness_below(h, 31));
        h->before.cfm = i & 2 ? frame(MAX(old, 8 * sor), 0, sor, 0, 5, 7) : frame(old, 0, 0, 0, 0, 0);
        if (i & 2 && sor) h->before.cfm |= (u64)harness_below(h, 8 * sor) << 18;
        h->before.ar[64] = frame(30, 20, 1, 0, 0, 0) | 3ull << 62;
        struct probe want = h->before;
        unsigned visible = (unsigned)(h->before.cfm & 0x7f);
        want.cfm = frame(sof, sol, sor, 0, 0, 0) | (h->before.cfm & (mask64(20) << 18));
        want.gr[in.r1] = h->before.ar[64];
        if (sof > visible) { /* what is revealed is undefined: take it as it comes */
            harness_run(h, &in, 0, HARNESS_FAST);
            for (unsigned r = 32 + visible; r < 32 + sof; r++) {
                if (r != in.r1) want.gr[r] = h->after.gr[r];
            }
        }
        run_in_both(h, &in, 0, &want, HARNESS_CODE + 16);
    }
}

static void alloc_refuses(struct harness *h, u64 cfm, struct insn in, u64 isr)
{
    harness_randomize(h);
    h->what = "alloc, refused";
    h->before.cfm = cfm;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect_fault(h, 0x5400, isr);
    harness_run(h, &in, 0, HARNESS_OBSERVED);
    harness_expect_fault(h, 0x5400, isr);
}

static void alloc_refuses_impossible_frames(void **state)
{
    struct insn in = harness_insn("alloc");

    in.r1 = 5;
    in.imm = 97;
    alloc_refuses(*state, 96, in, 0);
    in.imm = 10 | 11 << 8;
    alloc_refuses(*state, 96, in, 0);
    in.imm = 15 | 2 << 16;
    alloc_refuses(*state, 96, in, 0);
    in.imm = 10;
    in.r1 = 42;
    alloc_refuses(*state, 96, in, 0);
    in.r1 = 5;
    in.imm = 16 | 2 << 16; /* sor changes while a base is not 0, be it only rrb.fr */
    alloc_refuses(*state, frame(96, 0, 1, 0, 1, 0), in, 0x30);
}

static void cover_hides_the_frame(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 40; i++) {
        struct insn in = harness_insn("cover");
        harness_randomize(h);
        h->what = "cover";
        h->before.cfm = random_frame(h);
        if (i & 1) h->before.psr &= ~PSR_IC;
        struct probe want = h->before;
        see_through(&want, &h->before, h->before.cfm & mask64(18));
        want.cfm = 0;
        if (i & 1) want.cr[23] = 1ull << 63 | h->before.cfm;
        run_in_both(h, &in, 2, &want, HARNESS_CODE + 16);
    }
}

/* --- the stack engine ------------------------------------------------------------------------- */

/* call (or cover) n registers into the dirty partition, then flush them: the stack in memory has
 * every register in its place and every NaT bit in its collection. */
static void flushrs_writes_the_stack_as_the_manual_lays_it_out(void **state)
{
    struct harness *h = *state;
    struct insn flush = harness_insn("flushrs");

    for (unsigned n = 0; n <= 96; n++) {
        u64 at = HARNESS_STACK + 8 * harness_below(h, 63), start = at, word, rnat = 0;
        harness_randomize(h);
        h->what = "flushrs";
        h->before.cfm = n;
        h->before.ar[18] = start;
        for (unsigned i = 0; i < n; i++) probe_set_nat(&h->before, 32 + i, harness_below(h, 4) == 0);
        struct probe frame_before = h->before;
        harness_load(h);
        cpu_cover(h->cpu);
        harness_run_on(h, &flush, 0, HARNESS_FAST);
        for (unsigned i = 0; i < n; i++) {
            if ((at & 0x1f8) == 0x1f8) {
                harness_peek(h, at, &word, 8);
                assert_int_equal(word, rnat);
                rnat = 0;
                at += 8;
            }
            bool nat = probe_nat(&frame_before, 32 + i);
            rnat |= (u64)nat << (at >> 3 & 63);
            harness_peek(h, at, &word, 8);
            assert_int_equal(word, frame_before.gr[32 + i]);
            at += 8;
        }
        if ((at & 0x1f8) == 0x1f8) {
            harness_peek(h, at, &word, 8);
            assert_int_equal(word, rnat);
            rnat = 0;
            at += 8;
        }
        assert_int_equal(h->after.ar[18], at);
        assert_int_equal(h->after.ar[19] & mask64((unsigned)(at >> 3 & 63)), rnat);
        ledger_checked();
    }
}

static void loadrs_needs_lazy_mode_and_an_empty_frame(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("loadrs");

    for (unsigned mode = 0; mode < 4; mode++) {
        harness_randomize(h);
        h->what = "loadrs";
        h->before.ar[16] = mode;
        h->before.cfm = 0;
        harness_run(h, &in, 0, HARNESS_FAST);
        if (mode) harness_expect_fault(h, 0x5400, 0);
        else harness_expect(h, &h->before);
    }
    harness_randomize(h);
    h->before.ar[16] = 16ull << 16;
    h->before.cfm = 1;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect_fault(h, 0x5400, 0);
}

/* --- privilege -------------------------------------------------------------------------------- */

static void banks_switch_only_in_the_kernel(void **state)
{
    static const char *const names[] = { "bsw0", "bsw1" };
    struct harness *h = *state;

    for (unsigned bank = 0; bank < 2; bank++) {
        struct insn in = harness_insn(names[bank]);
        harness_randomize(h);
        h->what = names[bank];
        struct probe want = h->before;
        want.psr = bank ? want.psr | PSR_BN : want.psr & ~PSR_BN;
        run_in_both(h, &in, 2, &want, HARNESS_CODE + 16);
        h->before.psr &= ~PSR_BN;
        want.psr = bank ? want.psr | PSR_BN : want.psr & ~PSR_BN;
        run_in_both(h, &in, 2, &want, HARNESS_CODE + 16);
    }
}

static void epc_promotes_in_physical_mode_and_checks_ppl(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("epc");

    for (u64 cpl = 0; cpl < 4; cpl++) {
        for (u64 ppl = 0; ppl < 4; ppl++) {
            harness_randomize(h);
            h->what = "epc";
            h->before.psr |= cpl << PSR_CPL_SHIFT;
            h->before.ar[64] = ppl << 62;
            struct probe want = h->before;
            want.psr &= ~PSR_CPL;
            harness_run(h, &in, 2, HARNESS_FAST);
            if (ppl < cpl) harness_expect_fault(h, 0x5400, 0);
            else harness_expect(h, &want);
            harness_run(h, &in, 2, HARNESS_OBSERVED);
            if (ppl < cpl) harness_expect_fault(h, 0x5400, 0);
            else harness_expect(h, &want);
        }
    }
}

static void rfi_restores_psr_ip_and_frame(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("rfi");

    for (unsigned i = 0; i < 40; i++) {
        harness_randomize(h);
        h->what = "rfi";
        h->before.psr &= ~PSR_IC;
        h->before.cfm = 0;
        h->before.cr[16] = PSR_IC | PSR_BN | (i & 1 ? PSR_AC | PSR_DFH : PSR_DT) |
                           (u64)(i & 3) << PSR_CPL_SHIFT;
        h->before.cr[19] = TARGET | 3;
        h->before.cr[23] = 0;
        struct probe want = h->before;
        want.psr = h->before.cr[16];
        run_in_both(h, &in, 2, &want, TARGET);
    }
}

/* SDM 3 rfi: no single step, taken branch or lower-privilege trap; and the bits that last for one
 * instruction are those of the target, not its own. */
static void rfi_is_not_stepped_and_leaves_the_targets_psr_alone(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("rfi");

    harness_randomize(h);
    h->what = "rfi while psr.ss, tb and lp are set";
    h->before.cfm = 0;
    h->before.psr &= ~PSR_IC;
    h->before.psr |= PSR_SS | PSR_TB | PSR_LP | PSR_DA | PSR_ED;
    h->before.cr[16] = PSR_IC | PSR_BN | 3ull << PSR_CPL_SHIFT;
    h->before.cr[19] = TARGET;
    h->before.cr[23] = 0;
    struct probe want = h->before;
    want.psr = h->before.cr[16];
    run_in_both(h, &in, 2, &want, TARGET);

    h->before.cr[16] |= PSR_DA | PSR_ED | PSR_DD | PSR_ID | PSR_IA;
    want = h->before;
    want.psr = h->before.cr[16];
    harness_run(h, &in, 2, HARNESS_OBSERVED); /* stops before the target uses the bits up */
    harness_expect_at(h, &want, TARGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditional_branches_go_where_they_say),
        cmocka_unit_test(ia32_transition_is_disabled),
        cmocka_unit_test(cloop_counts_down_to_zero_and_stays),
        cmocka_unit_test(software_pipelined_loops_rotate_by_the_table),
        cmocka_unit_test(rotation_can_be_cleared),
        cmocka_unit_test(calls_slide_the_frame),
        cmocka_unit_test(returns_bring_the_frame_back),
        cmocka_unit_test(return_lowers_privilege_but_never_raises_it),
        cmocka_unit_test(alloc_makes_a_frame),
        cmocka_unit_test(alloc_refuses_impossible_frames),
        cmocka_unit_test(cover_hides_the_frame),
        cmocka_unit_test(flushrs_writes_the_stack_as_the_manual_lays_it_out),
        cmocka_unit_test(loadrs_needs_lazy_mode_and_an_empty_frame),
        cmocka_unit_test(banks_switch_only_in_the_kernel),
        cmocka_unit_test(epc_promotes_in_physical_mode_and_checks_ppl),
        cmocka_unit_test(rfi_restores_psr_ip_and_frame),
        cmocka_unit_test(rfi_is_not_stepped_and_leaves_the_targets_psr_alone),
    };
    return cmocka_run_group_tests_name("exec: branch", tests, harness_setup, harness_teardown);
}
