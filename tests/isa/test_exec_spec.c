/* Speculation: which faults of ld.s are deferred, and how; the life of ALAT entries as programs see
 * it; chk.s of floating-point registers; lfetch and fc.  The deferral oracle is the table of SDM
 * 2:107, written down once more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/memkit.h"

#define D HARNESS_DATA

/* --- deferral --------------------------------------------------------------------------------- */

enum { NONE = -1, ALWAYS = -2, WITH_ED = -3 }; /* instead of a dcr bit */

static const struct condition {
    const char *what;
    bool unmapped, pkr, dbr;
    u64 key, pte, psr;
    unsigned offset;
    unsigned vector;
    int dcr;
} conditions[] = {
    { .what = "no exception", .pte = PTE_GOOD, .dcr = NONE },
    { .what = "alternate miss", .unmapped = true, .vector = 0x1000, .dcr = 8 },
    { .what = "not present", .pte = PTE_GOOD & ~PTE_P, .vector = 0x5000, .dcr = 9 },
    { .what = "NaT page", .pte = PTE_GOOD | PTE_NAT, .vector = 0x5600, .dcr = ALWAYS },
    { .what = "key miss", .pte = PTE_GOOD, .key = 9, .psr = PSR_PK, .vector = 0x1c00, .dcr = 10 },
    { .what = "key permission", .pte = PTE_GOOD, .key = 9, .pkr = true, .psr = PSR_PK,
      .vector = 0x5100, .dcr = 11 },
    { .what = "access rights", .pte = PTE_P | PTE_A | PTE_D | PTE_AR(2), .psr = PSR_CPL,
      .vector = 0x5300, .dcr = 12 },
    { .what = "access bit", .pte = PTE_P | PTE_AR(3), .vector = 0x2800, .dcr = 13 },
    { .what = "debug", .pte = PTE_GOOD, .dbr = true, .psr = PSR_DB, .vector = 0x5900, .dcr = 14 },
    { .what = "unaligned", .pte = PTE_GOOD, .psr = PSR_AC, .offset = 2, .vector = 0x5a00,
      .dcr = WITH_ED },
    { .what = "uncacheable", .pte = PTE_GOOD | PTE_UC, .dcr = ALWAYS },
    { .what = "exported uncacheable", .pte = PTE_GOOD | PTE_UCE, .dcr = ALWAYS },
    { .what = "write coalescing", .pte = PTE_GOOD | PTE_WC, .dcr = NONE },
};

static void prepare(struct harness *h, const struct condition *c, bool it, bool ed)
{
    struct mmu *mmu = cpu_mmu(h->cpu);

    kit_fresh(h);
    kit_map_all(h, ed);
    if (!c->unmapped) kit_map_page(h, c->key, c->pte);
    mmu_set_pkr(mmu, 0, 1);
    if (c->pkr) mmu_set_pkr(mmu, 1, 1 | 4 | c->key << 8);
    if (c->dbr) {
        mmu_set_dbr(mmu, 0, PAGE_VA);
        mmu_set_dbr(mmu, 1, 15ull << 56 | 1ull << 63 | (mask64(56) & ~0xfffull));
    }
    h->before.psr |= PSR_DT | (it ? PSR_IT : 0) | c->psr;
    h->before.gr[41] = PAGE_VA + 96 + c->offset;
}

static const struct speculative {
    const char *meaning;
    unsigned size;
    char kind; /* g general, s single, i FP integer, p pair of singles */
} loads[] = {
    { "ld4_s", 4, 'g' }, { "ld8_sa_i", 8, 'g' }, { "ld8_s_r", 8, 'g' }, { "ldfs_s", 4, 's' },
    { "ldf8_sa_i", 8, 'i' }, { "ldfps_s_i", 8, 'p' },
};

static struct insn load_insn(struct harness *h, const struct speculative *l)
{
    struct insn in = kit_insn(h, l->meaning, 50, 0, 41);

    if (l->kind == 'p') in.r2 = 61;
    if (strstr(l->meaning, "_r")) in.r2 = 42;
    if (strstr(l->meaning, "_i")) in.imm = 8;
    return in;
}

static u64 increment(const struct harness *h, const struct insn *in, const char *meaning)
{
    return strstr(meaning, "_r") ? h->before.gr[in->r2] : in->imm;
}

static struct probe want_deferred(const struct harness *h, const struct insn *in,
                                  const struct speculative *l)
{
    struct probe want = h->before;

    if (l->kind == 'g') probe_set_nat(&want, 50, true);
    else want.fr[50] = FP_NATVAL, want.psr |= PSR_MFH;
    if (l->kind == 'p') want.fr[61] = FP_NATVAL;
    want.gr[41] += increment(h, in, l->meaning);
    return want;
}

static struct fpreg single(u32 v)
{
    return (struct fpreg){ 1ull << 63 | (u64)(v & 0x7fffff) << 40, (v >> 23 & 255) + 0xff80,
                           v >> 31 };
}

static struct probe want_loaded(struct harness *h, const struct insn *in,
                                const struct speculative *l)
{
    struct probe want = h->before;
    u32 word[2] = { 0x40490fdb, 0xc2280000 };
    u64 both = (u64)word[1] << 32 | word[0];

    harness_poke(h, D + 96, word, 8);
    if (l->kind == 'g') want.gr[50] = l->size == 8 ? both : word[0];
    else want.psr |= PSR_MFH;
    if (l->kind == 's' || l->kind == 'p') want.fr[50] = single(word[0]);
    if (l->kind == 'p') want.fr[61] = single(word[1]);
    if (l->kind == 'i') want.fr[50] = (struct fpreg){ both, 0x1003e, 0 };
    want.gr[41] += increment(h, in, l->meaning);
    return want;
}

static void check_deferral(struct harness *h, const struct condition *c,
                           const struct speculative *l, unsigned bits)
{
    bool ic = bits & 1, it = bits & 2, ed = bits & 4, dcr = bits & 8;
    bool defers = c->dcr == ALWAYS || (c->dcr != NONE && !ic) ||
                  (it && ed && (c->dcr == WITH_ED || (c->dcr >= 0 && dcr)));
    u64 esr = ISR_R_BIT | ISR_SP_BIT | (it && ed && c->vector != 0x5600 ? ISR_ED_BIT : 0);

    prepare(h, c, it, ed);
    if (!ic) h->before.psr &= ~PSR_IC;
    h->before.cr[0] = 0x7f00; /* dcr: all but the one, or only the one */
    if (c->dcr >= 0) h->before.cr[0] = dcr ? 1ull << c->dcr : 0x7f00 & ~(1ull << c->dcr);
    struct insn in = load_insn(h, l);
    h->what = c->what;
    struct probe want = defers ? want_deferred(h, &in, l) : want_loaded(h, &in, l);
    harness_run(h, &in, 0, bits & 16 ? HARNESS_OBSERVED : HARNESS_FAST);
    if (defers || c->dcr == NONE) harness_expect(h, &want);
    else kit_expect_data_fault(h, c->vector, esr, h->before.gr[41]);
}

static void deferral_follows_ic_it_ed_and_dcr(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(conditions); i++) {
        for (unsigned l = 0; l < ARRAY_LEN(loads); l++) {
            for (unsigned bits = 0; bits < 32; bits++) {
                check_deferral(*state, &conditions[i], &loads[l], bits);
            }
        }
    }
}

/* One condition deferred, another not: SDM 2:106, what does not preclude each other. */
static void what_is_not_deferred_still_faults(void **state)
{
    struct harness *h = *state;
    static const struct {
        struct condition c;
        u64 dcr;
        unsigned vector;
    } cases[] = {
        { { .what = "key miss, rights", .pte = PTE_P | PTE_A | PTE_AR(2), .key = 9,
            .psr = PSR_PK | PSR_CPL }, 1 << 10, 0x5300 },
        { { .what = "rights, key miss", .pte = PTE_P | PTE_A | PTE_AR(2), .key = 9,
            .psr = PSR_PK | PSR_CPL }, 1 << 12, 0x1c00 },
        { { .what = "rights, access bit", .pte = PTE_P | PTE_AR(2), .psr = PSR_CPL }, 1 << 12,
          0x2800 },
        { { .what = "miss, debug", .unmapped = true, .dbr = true, .psr = PSR_DB }, 1 << 8, 0x5900 },
        { { .what = "absent, debug", .pte = PTE_GOOD & ~PTE_P, .dbr = true, .psr = PSR_DB }, 1 << 9,
          0x5900 },
        { { .what = "NaT page, debug", .pte = PTE_GOOD | PTE_NAT, .dbr = true, .psr = PSR_DB }, 0,
          0x5900 },
        { { .what = "NaT page, rights", .pte = PTE_P | PTE_NAT | PTE_AR(2), .psr = PSR_CPL }, 0,
          0 },
        { { .what = "absent, access bit", .pte = PTE_AR(3) }, 1 << 9, 0 },
        { { .what = "access bit, unaligned", .pte = PTE_P | PTE_AR(3), .psr = PSR_AC, .offset = 1 },
          1 << 13, 0 },
        { { .what = "unaligned, access bit", .pte = PTE_P | PTE_AR(3), .psr = PSR_AC, .offset = 1 },
          0, 0x2800 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        prepare(h, &cases[i].c, true, true);
        h->before.cr[0] = cases[i].dcr;
        struct insn in = load_insn(h, &loads[0]);
        h->what = cases[i].c.what;
        struct probe want = want_deferred(h, &in, &loads[0]);
        harness_run(h, &in, 0, HARNESS_FAST);
        if (!cases[i].vector) harness_expect(h, &want);
        else kit_expect_data_fault(h, cases[i].vector, ISR_R_BIT | ISR_SP_BIT | ISR_ED_BIT,
                                   h->before.gr[41]);
    }
}

/* And it precludes an Unaligned fault, which would not be deferred. */
static void an_unimplemented_address_is_always_deferred(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(loads); i++) {
        kit_fresh(h);
        struct insn in = load_insn(h, &loads[i]);
        h->before.psr |= PSR_AC;
        h->before.gr[41] = 1ull << 52 | 1;
        struct probe want = want_deferred(h, &in, &loads[i]);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
    }
    kit_fresh(h);
    struct insn in = kit_insn(h, "ld8", 40, 0, 41);
    h->before.gr[41] = 1ull << 52;
    harness_run(h, &in, 0, HARNESS_FAST);
    kit_expect_data_fault(h, 0x5400, ISR_R_BIT | 0x30, 1ull << 52);
}

static void psr_ed_defers_even_what_would_go_well(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 2 * ARRAY_LEN(loads); i++) {
        const struct speculative *l = &loads[i / 2];
        prepare(h, &conditions[0], true, false);
        struct insn in = load_insn(h, l);
        harness_run(h, &in, 0, HARNESS_FAST); /* the softTLB knows the page now */
        h->before.psr |= PSR_ED;
        alat_insert(h->cpu, l->kind == 'g' ? 50 + h->cpu->bof : 128 + 50, D, 8);
        struct probe want = want_deferred(h, &in, l);
        want.psr &= ~PSR_ED;
        harness_run(h, &in, 0, i & 1 ? HARNESS_OBSERVED : HARNESS_FAST);
        harness_expect(h, &want);
    }
}

static void a_nat_address_defers_and_stays_nat(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(loads); i++) {
        kit_fresh(h);
        struct insn in = load_insn(h, &loads[i]);
        probe_set_nat(&h->before, 41, true);
        struct probe want = want_deferred(h, &in, &loads[i]);
        probe_set_nat(&want, 41, true);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
    }
}

static unsigned reads;
static u64 count_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    reads++;
    return 0;
}
static void no_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
}

static void uncacheable_memory_is_not_touched_ahead_of_time(void **state)
{
    struct harness *h = *state;
    static const struct physmem_ops ops = { "counter", count_read, no_write };
    static const char *const advanced[] = { "ld8_a", "ldfd_a", "ldf8_a", "ldfpd_a", "ldfp8_a" };
    const u64 device = 0x4000000;

    assert_true(physmem_add_device(h->pm, device, 0x1000, &ops, NULL, NULL));
    reads = 0;
    for (unsigned i = 0; i < ARRAY_LEN(advanced); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, advanced[i], 50, strstr(advanced[i], "fp") ? 61 : 0, 41);
        h->before.gr[41] = device | PHYS_UC;
        struct probe want = h->before;
        struct fpreg zero = { 0, strchr(advanced[i], '8') ? 0x1003e : 0, 0 };
        if (i == 0) want.gr[50] = 0;
        else want.fr[50] = zero, want.psr |= PSR_MFH;
        if (in.r2) want.fr[61] = zero;
        alat_insert(h->cpu, (i ? 128 : h->cpu->bof) + 50, D, 8);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
        assert_false(alat_check(h->cpu, (i ? 128 : h->cpu->bof) + 50, false));
    }
    for (unsigned i = 0; i < ARRAY_LEN(loads); i++) {
        kit_fresh(h);
        struct insn in = load_insn(h, &loads[i]);
        h->before.gr[41] = device | PHYS_UC;
        struct probe want = want_deferred(h, &in, &loads[i]);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
    }
    assert_int_equal(reads, 0);
    kit_fresh(h); /* but a check load that misses does the access, without an entry */
    struct insn in = kit_insn(h, "ld8_c_nc", 50, 0, 41);
    h->before.gr[41] = device | PHYS_UC;
    struct probe want = h->before;
    want.gr[50] = 0;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
    assert_int_equal(reads, 1);
    assert_false(alat_check(h->cpu, 50 + h->cpu->bof, false));
    assert_true(physmem_remove_device(h->pm, device));
}

/* --- data speculation ------------------------------------------------------------------------- */

#define TARGET 0x140

/* Runs `meaning` on r1 (GR or FR) with the base register at pa; true if it branched. */
static bool run(struct harness *h, const char *meaning, unsigned r1, u64 pa)
{
    bool memory = meaning[0] != 'c' && meaning[0] != 'i';
    struct insn in = kit_insn(h, meaning, (u8)r1, 0, memory ? 41 : 0);

    if (meaning[0] == 's') in.r1 = 0, in.r2 = 43;
    if (meaning[0] == 'c') in.imm = TARGET;
    if (!strncmp(meaning, "ldfp", 4)) in.r2 = (u8)(r1 + 7);
    h->before.gr[41] = pa;
    harness_run(h, &in, harness_any_slot(h, &in), HARNESS_FAST);
    if (h->after.ip == h->code + TARGET) return true;
    if (h->after.ip != h->code + 16) fail_msg("%s went to %llx", meaning, (long long)h->after.ip);
    return false;
}

/* Does a check find an entry?  (Does not remove it.) */
static bool hit(struct harness *h, bool fr, unsigned r)
{
    return !run(h, fr ? "chk_a_nc_f" : "chk_a_nc", r, 0);
}

static void an_entry_lives_until_a_store_overlaps_it(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *load;
        unsigned size;
    } advanced[] = {
        { "ld1_a", 1 }, { "ld2_sa", 2 }, { "ld4_a", 4 }, { "ld8_a", 8 }, { "ldfs_a", 4 },
        { "ldfd_sa", 8 }, { "ldf8_a", 8 }, { "ldfe_a", 10 }, { "ldfps_a", 8 }, { "ldfpd_sa", 16 },
        { "ld8_c_nc", 8 }, { "ldfd_c_nc", 8 },
    };
    static const struct {
        const char *store;
        unsigned size;
    } stores[] = {
        { "st1", 1 }, { "st2_rel", 2 }, { "st4", 4 }, { "st8", 8 }, { "st8_spill", 8 },
        { "stfs", 4 }, { "stfd", 8 }, { "stfe", 10 }, { "stf_spill", 16 }, { "st16", 16 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(advanced); i++) {
        bool fr = advanced[i].load[2] == 'f';
        for (unsigned s = 0; s < ARRAY_LEN(stores); s++) {
            unsigned step = stores[s].size == 10 ? 16 : stores[s].size;
            for (unsigned off = 0; off < 64; off += step) {
                bool overlap = off < 32 + advanced[i].size && off + stores[s].size > 32;
                kit_fresh(h);
                assert_true(!hit(h, fr, 50));
                assert_false(run(h, advanced[i].load, 50, D + 32));
                assert_true(hit(h, fr, 50));
                assert_false(run(h, stores[s].store, 0, D + off));
                if (hit(h, fr, 50) == overlap) {
                    fail_msg("%s, %s at %d", advanced[i].load, stores[s].store, (int)off - 32);
                }
            }
        }
    }
}

/* The same when the store's quick path is open but for the ALAT. */
static void a_warm_store_still_sees_the_entries(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *store;
        unsigned size;
    } stores[] = {
        { "st1", 1 }, { "st2_i", 2 }, { "st4", 4 }, { "st8", 8 }, { "st8_spill_i", 8 },
        { "stfs", 4 },
        { "stfd_i", 8 }, { "stf8", 8 }, { "stf_spill", 16 },
    };

    for (unsigned s = 0; s < ARRAY_LEN(stores); s++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, stores[s].store, 0, 43, 41);
        if (strstr(stores[s].store, "_i")) in.imm = 0;
        for (unsigned off = 0; off < 48; off += stores[s].size) {
            bool overlap = off < 28 && off + stores[s].size > 20;
            h->before.gr[41] = D + off;
            harness_run(h, &in, 0, HARNESS_FAST);
            alat_insert(h->cpu, 77, D + 20, 8);
            harness_run(h, &in, 0, HARNESS_FAST);
            if (alat_check(h->cpu, 77, true) == overlap) fail_msg("%s at %u", stores[s].store, off);
        }
    }
}

static void stores_by_another_name_count(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    kit_map_all(h, false);
    kit_map_page(h, 0, PTE_GOOD);
    h->before.psr |= PSR_IT | PSR_DT;
    assert_false(run(h, "ld8_a", 50, PAGE_VA + 0x80));
    assert_true(hit(h, false, 50));
    assert_false(run(h, "st8", 0, D + 0x88));
    assert_true(hit(h, false, 50));
    assert_false(run(h, "st1", 0, D + 0x87));
    assert_false(hit(h, false, 50));
}

static void checks_clear_or_keep(void **state)
{
    struct harness *h = *state;

    for (unsigned fr = 0; fr < 2; fr++) {
        kit_fresh(h);
        assert_false(run(h, fr ? "ldfd_a" : "ld8_a", 50, D));
        assert_false(run(h, fr ? "chk_a_nc_f" : "chk_a_nc", 50, 0));
        assert_false(run(h, fr ? "chk_a_clr_f" : "chk_a_clr", 50, 0));
        assert_true(run(h, fr ? "chk_a_clr_f" : "chk_a_clr", 50, 0));
        assert_true(run(h, fr ? "chk_a_nc_f" : "chk_a_nc", 50, 0));
        assert_true(run(h, fr ? "chk_a_nc_f" : "chk_a_nc", 50, 0)); /* allocates nothing */
    }
    for (unsigned r = 0; r < 2; r++) {
        assert_true(run(h, "chk_a_nc_f", r, 0));
        if (!r) assert_true(run(h, "chk_a_clr", r, 0));
    }
}

/* A check load that hits leaves the register alone, which shows when memory has changed behind. */
static void a_check_load_reloads_only_what_was_lost(void **state)
{
    struct harness *h = *state;
    u64 first = 0x1111111111111111, second = 0x2222222222222222;

    kit_fresh(h);
    harness_poke(h, D, &first, 8);
    run(h, "ld8_a", 50, D);
    harness_poke(h, D, &second, 8); /* not a store of the processor */
    h->before.gr[50] = h->after.gr[50];
    probe_set_nat(&h->before, 50, true); /* untouched includes the NaT bit */
    struct insn in = kit_insn(h, "ld8_c_nc_i", 50, 0, 41);
    in.imm = 24;
    struct probe want = h->before;
    want.gr[41] += 24;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want); /* hit, kept; the base is updated all the same */
    in = kit_insn(h, "ld8_c_clr_i", 50, 0, 41);
    in.imm = 24;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want); /* hit, cleared */
    want.gr[50] = second;
    probe_set_nat(&want, 50, false);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want); /* miss */
    assert_false(hit(h, false, 50));
    h->before.gr[41] = D;
    in = kit_insn(h, "ldfd_c_nc", 50, 0, 41);
    harness_run(h, &in, 0, HARNESS_FAST); /* miss, and allocates */
    assert_true(hit(h, true, 50));
    assert_false(hit(h, false, 50));
}

static void a_nat_address_faults_even_if_the_check_would_hit(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    run(h, "ld8_a", 50, D);
    struct insn in = kit_insn(h, "ld8_c_clr", 50, 0, 41);
    probe_set_nat(&h->before, 41, true);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect_fault(h, 0x5600, ISR_R_BIT | 0x10);
    probe_set_nat(&h->before, 41, false);
    assert_true(hit(h, false, 50));
}

static void invala_forgets_all_or_one(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    run(h, "ld8_a", 50, D), run(h, "ld8_a", 51, D + 8), run(h, "ldfd_a", 50, D + 16);
    run(h, "invala_e_gr", 50, 0);
    assert_true(!hit(h, false, 50) && hit(h, false, 51) && hit(h, true, 50));
    run(h, "invala_e_fr", 50, 0);
    assert_true(!hit(h, true, 50) && hit(h, false, 51));
    run(h, "invala", 0, 0);
    assert_false(hit(h, false, 51));
    run(h, "ld8_a", 51, D);
    h->before.cfm = 16; /* r51 is out of the frame: nothing is forgotten */
    run(h, "invala_e_gr", 51, 0);
    h->before.cfm = 96;
    assert_true(hit(h, false, 51));
}

static void a_new_load_replaces_the_old_entry(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    run(h, "ld8_a", 50, D);
    run(h, "ld8_a", 50, D + 8);
    run(h, "st8", 0, D);
    assert_true(hit(h, false, 50));
    prepare(h, &conditions[2], true, true); /* absent page, deferred: the old entry goes */
    run(h, "ld8_a", 50, D);
    h->before.cr[0] = 0x7f00;
    run(h, "ld8_sa", 50, PAGE_VA);
    assert_true(h->after.nat[0] >> 50 & 1);
    assert_false(hit(h, false, 50));
    h->before.cr[0] = 0;
    run(h, "ld8_a", 50, D); /* a fault, however, changes nothing */
    struct insn in = kit_insn(h, "ld8_a", 50, 0, 41);
    h->before.gr[41] = PAGE_VA;
    harness_run(h, &in, 0, HARNESS_FAST);
    kit_expect_data_fault(h, 0x5000, ISR_R_BIT | ISR_ED_BIT, PAGE_VA);
    assert_true(hit(h, false, 50));
}

/* Entries belong to physical registers: rotation and calls give them other names. */
static void entries_follow_their_registers(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    h->before.cfm = 96 | 2 << 14; /* r32 to r47 rotate */
    run(h, "ld8_a", 40, D), run(h, "ld8_a", 60, D), run(h, "ldfd_a", 40, D);
    h->before.cfm |= 15ull << 18 | 95ull << 25; /* as after one rotating branch */
    assert_true(hit(h, false, 41) && !hit(h, false, 40) && hit(h, false, 60));
    assert_true(hit(h, true, 41) && !hit(h, true, 40));
    h->before.cfm = 96;
    assert_true(hit(h, false, 40) && hit(h, true, 40));

    kit_fresh(h);
    run(h, "ld8_a", 40, D);
    h->before.cfm = 96 | 8 << 7; /* sol 8 */
    struct insn call = kit_insn(h, "br_call", 1, 0, 0);
    call.imm = 64;
    harness_run(h, &call, 2, HARNESS_FAST);
    assert_int_equal(h->after.ip, h->code + 64);
    struct insn check = kit_insn(h, "chk_a_nc", 32, 0, 0); /* what was r40 */
    check.imm = TARGET;
    harness_run_on(h, &check, 0, HARNESS_FAST);
    assert_int_equal(h->after.ip, h->code + 16);
    check.r1 = 40;
    harness_run_on(h, &check, 0, HARNESS_FAST);
    assert_int_equal(h->after.ip, h->code + TARGET);
}

/* --- chk.s, lfetch, fc ------------------------------------------------------------------------ */

static void chk_s_branches_on_natval(void **state)
{
    struct harness *h = *state;

    for (unsigned slot = 0; slot < 2; slot++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, "chk_s_f", 0, 70, 0);
        in.imm = (u64)-0x200;
        h->before.fr[70] = FP_NATVAL;
        harness_run(h, &in, slot, HARNESS_FAST);
        harness_expect_at(h, &h->before, h->code - 0x200);
        h->before.fr[70].sign = 1; /* a pseudo-zero */
        harness_run(h, &in, slot, HARNESS_FAST);
        harness_expect(h, &h->before);
        h->before.psr |= PSR_DFH;
        harness_run(h, &in, slot, HARNESS_FAST);
        harness_expect_fault(h, 0x5500, 2);
    }
}

static const char *const lfetches[] = { "lfetch", "lfetch_excl", "lfetch_fault",
                                        "lfetch_fault_excl" };

static void lfetch_only_updates_its_base(void **state)
{
    struct harness *h = *state;
    char name[32];

    for (unsigned i = 0; i < 4 * 3 * 4; i++) {
        unsigned form = i / 4 % 3, bad = i / 12; /* 0 good, 1 NaT, 2 unmapped, 3 NaT in r2 */
        bool faulting = strstr(lfetches[i % 4], "fault");
        if (bad == 3 && form != 1) continue;
        kit_fresh(h);
        kit_map_all(h, false);
        h->before.psr |= PSR_IT | PSR_DT;
        snprintf(name, sizeof(name), "%s%s", lfetches[i % 4],
                 form == 1 ? "_r" : form == 2 ? "_i" : "");
        struct insn in = kit_insn(h, name, 0, form == 1 ? 42 : 0, 41);
        if (form == 2) in.imm = (u64)-9;
        h->before.gr[41] = bad == 2 ? PAGE_VA + 3 : D + 5;
        probe_set_nat(&h->before, 41, bad == 1);
        probe_set_nat(&h->before, 42, bad == 3);
        struct probe want = h->before;
        if (form) want.gr[41] += form == 1 ? want.gr[42] : in.imm;
        probe_set_nat(&want, 41, bad == 1 || bad == 3);
        harness_run(h, &in, 0, i & 1 ? HARNESS_OBSERVED : HARNESS_FAST);
        if (faulting && bad == 1) {
            harness_expect_fault(h, 0x5600, ISR_R_BIT | ISR_NA_BIT | 0x14);
        } else if (faulting && bad == 2) {
            kit_expect_data_fault(h, 0x1000, ISR_R_BIT | ISR_NA_BIT | 4, PAGE_VA + 3);
            h->before.psr |= PSR_ED; /* how the kernel skips it */
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect(h, &want);
        } else {
            harness_expect(h, &want);
        }
    }
}

static void lfetch_fault_checks_like_a_load_of_a_byte(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(conditions); i++) {
        const struct condition *c = &conditions[i];
        unsigned vector = c->vector == 0x5a00 ? 0 : c->vector;
        prepare(h, c, true, false);
        struct insn in = kit_insn(h, "lfetch_fault", 0, 0, 41);
        h->what = c->what;
        harness_run(h, &in, 0, HARNESS_FAST);
        u64 code = ISR_R_BIT | ISR_NA_BIT | (vector == 0x5600 ? 0x24 : 4);
        if (vector) kit_expect_data_fault(h, vector, code, h->before.gr[41]);
        else harness_expect(h, &h->before);
    }
}

/* How a system says that a prefetch is not worth its trouble: with IPSR.ed (SDM 3:165). */
static void psr_ed_reduces_lfetch_fault_to_its_update(void **state)
{
    struct harness *h = *state;

    for (unsigned nat = 0; nat < 2; nat++) {
        harness_randomize(h);
        h->what = "lfetch.fault with psr.ed";
        struct insn in = kit_insn(h, "lfetch_fault_i", 0, 0, 41);
        in.imm = 24;
        h->before.gr[41] = 3ull << 61; /* unimplemented */
        probe_set_nat(&h->before, 41, nat);
        struct probe want = h->before;
        want.gr[41] += 24;
        h->before.psr |= PSR_ED;
        for (unsigned loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
            harness_run(h, &in, 0, loop);
            harness_expect(h, &want);
        }
        h->before.psr &= ~PSR_ED;
        harness_run(h, &in, 0, HARNESS_FAST);
        if (nat) harness_expect_fault(h, 0x5600, ISR_R_BIT | ISR_NA_BIT | 0x14);
        else kit_expect_data_fault(h, 0x5400, ISR_R_BIT | ISR_NA_BIT | 0x34, h->before.gr[41]);
    }
}

/* Translation, presence and rights matter, keys and bits never. */
static void fc_asks_for_little(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = { "fc", "fc_i" };

    for (unsigned i = 0; i < 2 * ARRAY_LEN(conditions); i++) {
        const struct condition *c = &conditions[i / 2];
        unsigned v = c->vector;
        bool faults = v == 0x1000 || v == 0x5000 || v == 0x5600 || v == 0x5300;
        prepare(h, c, true, false);
        struct insn in = kit_insn(h, names[i % 2], 0, 0, 41);
        h->what = c->what;
        harness_run(h, &in, 0, HARNESS_FAST);
        u64 code = ISR_R_BIT | ISR_NA_BIT | (v == 0x5600 ? 0x21 : 1);
        if (faults) kit_expect_data_fault(h, v, code, h->before.gr[41]);
        else harness_expect(h, &h->before);
        probe_set_nat(&h->before, 41, true);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect_fault(h, 0x5600, ISR_R_BIT | ISR_NA_BIT | 0x11);
    }
}

static void fences_do_nothing_visible(void **state)
{
    struct harness *h = *state;
    static const char *const fences[] = { "mf", "mf_a", "fwb", "invala" };

    for (unsigned i = 0; i < ARRAY_LEN(fences); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, fences[i], 0, 0, 0);
        h->before.psr |= PSR_CPL;
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &h->before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deferral_follows_ic_it_ed_and_dcr),
        cmocka_unit_test(what_is_not_deferred_still_faults),
        cmocka_unit_test(an_unimplemented_address_is_always_deferred),
        cmocka_unit_test(psr_ed_defers_even_what_would_go_well),
        cmocka_unit_test(a_nat_address_defers_and_stays_nat),
        cmocka_unit_test(uncacheable_memory_is_not_touched_ahead_of_time),
        cmocka_unit_test(an_entry_lives_until_a_store_overlaps_it),
        cmocka_unit_test(a_warm_store_still_sees_the_entries),
        cmocka_unit_test(stores_by_another_name_count),
        cmocka_unit_test(checks_clear_or_keep),
        cmocka_unit_test(a_check_load_reloads_only_what_was_lost),
        cmocka_unit_test(a_nat_address_faults_even_if_the_check_would_hit),
        cmocka_unit_test(invala_forgets_all_or_one),
        cmocka_unit_test(a_new_load_replaces_the_old_entry),
        cmocka_unit_test(entries_follow_their_registers),
        cmocka_unit_test(chk_s_branches_on_natval),
        cmocka_unit_test(lfetch_only_updates_its_base),
        cmocka_unit_test(lfetch_fault_checks_like_a_load_of_a_byte),
        cmocka_unit_test(psr_ed_reduces_lfetch_fault_to_its_update),
        cmocka_unit_test(fc_asks_for_little),
        cmocka_unit_test(fences_do_nothing_visible),
    };
    return cmocka_run_group_tests_name("exec: spec", tests, harness_setup, harness_teardown);
}
