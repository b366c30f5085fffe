/* The rules of translation, one test per rule with all its inputs: rights, order of checks, page
 * sizes, overlap and purge, keys, breakpoints, physical mode, and the instructions that ask.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_mmu_kit.h"

static struct mmu_span span;

static void insert(struct kit *k, u64 va, unsigned ps, u64 pte)
{
    assert_int_equal(mmu_insert_tc(&k->mmu, false, va, ITIR(0, ps), pte), MMU_OK);
}

static enum mmu_fault load(struct kit *k, u64 va)
{
    return mmu_access(&k->mmu, va, 1, MMU_READ, k->mmu.cpl, &span);
}

/* The rules in words (SDM 2:56): outside ar 7 the level must not be outside the page's ... */
static bool may_read(unsigned ar, unsigned pl, unsigned level)
{
    return ar == 7 ? level == 0 : level <= pl;
}

static bool may_write(unsigned ar, unsigned pl, unsigned level)
{
    switch (ar) {
    case 2: case 3: case 6: return level <= pl;
    case 4: return level < pl || level == 0;
    case 5: return level == 0;
    default: return false;
    }
}

static bool may_execute(unsigned ar, unsigned pl, unsigned level)
{
    switch (ar) {
    case 1: case 3: case 5: return level <= pl;
    case 6: return level == pl && level != 0;
    case 7: return true;
    default: return false;
    }
}

static void access_rights_follow_the_table(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    for (unsigned i = 0; i < 8 * 4 * 4; i++) {
        unsigned ar = i / 16, pl = i / 4 % 4, cpl = i % 4;
        u64 pte = (PTE_EASY(0x4000) & ~(PTE_AR(7) | PTE_PL(3))) | PTE_AR(ar) | PTE_PL(pl);
        bool r = may_read(ar, pl, cpl), w = may_write(ar, pl, cpl), x = may_execute(ar, pl, cpl);
        mmu_set_psr(&k->mmu, DT | IT | CPL(cpl));
        insert(k, 0x4000, 12, pte);
        assert_int_equal(mmu_insert_tc(&k->mmu, true, 0x4000, ITIR(0, 12), pte), MMU_OK);
        assert_int_equal(mmu_access(&k->mmu, 0x4000, 8, MMU_READ, cpl, &span),
                         r ? MMU_OK : MMU_ACCESS_RIGHTS);
        assert_int_equal(mmu_access(&k->mmu, 0x4000, 8, MMU_WRITE, cpl, &span),
                         w ? MMU_OK : MMU_ACCESS_RIGHTS);
        assert_int_equal(mmu_access(&k->mmu, 0x4000, 8, MMU_READ | MMU_WRITE, cpl, &span),
                         r && w ? MMU_OK : MMU_ACCESS_RIGHTS);
        assert_int_equal(mmu_fetch(&k->mmu, 0x4000, &span), x ? MMU_OK : MMU_ACCESS_RIGHTS);
        if (x) assert_int_equal(span.ar * 4 + span.pl, ar * 4 + pl);
        assert_int_equal(soft_read(&k->mmu, 0x4000, 8) != NULL, r && (r || w));
        assert_int_equal(soft_write(&k->mmu, 0x4000, 8) != NULL, w);
        bool allowed;
        for (unsigned ask = 0; ask < 4; ask++) {
            unsigned level = ask > cpl ? ask : cpl; /* nobody asks for more than he has */
            assert_int_equal(mmu_probe(&k->mmu, 0x4000, MMU_READ, ask, &allowed), MMU_OK);
            assert_int_equal(allowed, may_read(ar, pl, level));
            assert_int_equal(mmu_probe(&k->mmu, 0x4000, MMU_WRITE, ask, &allowed), MMU_OK);
            assert_int_equal(allowed, may_write(ar, pl, level));
        }
    }
    kit_free(k);
}

/* Everything that can be wrong with one store, as independent switches. */
enum { NOT_PRESENT = 1, NAT = 2, NO_KEY = 4, BAD_KEY = 8, RIGHTS = 16, CLEAN = 32, UNUSED = 64,
       WATCHED = 128, CROOKED = 256, UNCACHED = 512, ALL_WRONG = 1023 };

static const struct { unsigned what; enum mmu_fault fault; } in_order[] = {
    { NOT_PRESENT, MMU_NOT_PRESENT },
    { NAT,         MMU_NAT_PAGE },
    { NO_KEY,      MMU_KEY_MISS },
    { BAD_KEY,     MMU_KEY_PERMISSION },
    { RIGHTS,      MMU_ACCESS_RIGHTS },
    { CLEAN,       MMU_DIRTY },
    { UNUSED,      MMU_ACCESS_BIT },
    { WATCHED,     MMU_DEBUG },
    { CROOKED,     MMU_UNALIGNED },
    { UNCACHED,    MMU_UNSUPPORTED },
};

static u64 set_up_wrongs(struct kit *k, unsigned wrong)
{
    u64 pte = 0x8000 | PTE_P | PTE_A | PTE_D | PTE_PL(3) | PTE_AR(2);
    if (wrong & NOT_PRESENT) pte ^= PTE_P;
    if (wrong & NAT) pte |= PTE_MA(7);
    if (wrong & UNCACHED && !(wrong & NAT)) pte |= PTE_MA(4);
    if (wrong & RIGHTS) pte ^= PTE_PL(3);
    if (wrong & CLEAN) pte ^= PTE_D;
    if (wrong & UNUSED) pte ^= PTE_A;
    mmu_set_pkr(&k->mmu, 5, (u64)0x77 << 8 | !(wrong & NO_KEY) | (wrong & BAD_KEY ? 2 : 0));
    mmu_set_dbr(&k->mmu, 6, wrong & WATCHED ? 0x8008 : 0x9008);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, 0x8000, ITIR(0x77, 12), pte), MMU_OK);
    return 0x8008 + !!(wrong & CROOKED);
}

static unsigned expected_set(unsigned wrong)
{
    unsigned set = 0;
    if (wrong & NO_KEY) wrong &= ~(unsigned)BAD_KEY;
    if (wrong & NAT) wrong &= ~(unsigned)(NO_KEY | BAD_KEY | RIGHTS | CLEAN | UNUSED);
    if (wrong & NOT_PRESENT) wrong &= NOT_PRESENT | WATCHED;
    for (unsigned i = 0; i < ARRAY_LEN(in_order); i++) {
        if (wrong & in_order[i].what) set |= 1u << in_order[i].fault;
    }
    return set;
}

static void checks_come_in_the_manuals_order(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_dbr(&k->mmu, 7, 3ull << 62 | 15ull << 56 | mask64(56) << 3 >> 3);
    mmu_set_psr(&k->mmu, DT | PK | DB | AC | CPL(2));
    for (unsigned wrong = 0; wrong <= ALL_WRONG; wrong++) {
        if ((wrong & NAT) && !(wrong & UNCACHED)) continue; /* a NaTPage is never write-back */
        u64 va = set_up_wrongs(k, wrong);
        unsigned how = MMU_WRITE | MMU_WB_ONLY;
        enum mmu_fault want = MMU_OK;
        for (unsigned i = ARRAY_LEN(in_order); i-- > 0;) {
            if (wrong & in_order[i].what) want = in_order[i].fault;
        }
        mmu_set_dbr(&k->mmu, 6, wrong & WATCHED ? va : 0x9008);
        assert_int_equal(mmu_access(&k->mmu, va, 8, how, 2, &span), want);
        assert_int_equal(mmu_conditions(&k->mmu, va, 8, how, 2, &span), expected_set(wrong));
    }
    kit_free(k);
}

static void a_miss_precludes_all_but_the_debug_condition(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT | AC | DB);
    assert_int_equal(mmu_conditions(&k->mmu, 0x4001, 8, MMU_READ | MMU_SPEC, 0, &span),
                     1u << MMU_ALTERNATE);
    mmu_set_dbr(&k->mmu, 0, 0x4008);
    mmu_set_dbr(&k->mmu, 1, 1ull << 63 | 1ull << 56 | mask64(56));
    assert_int_equal(mmu_conditions(&k->mmu, 0x4001, 8, MMU_READ | MMU_SPEC, 0, &span),
                     1u << MMU_ALTERNATE | 1u << MMU_DEBUG);
    assert_int_equal(load(k, 0x4001), MMU_ALTERNATE);
    mmu_set_psr(&k->mmu, AC | DB);
    mmu_set_dbr(&k->mmu, 0, 1ull << 55);
    assert_int_equal(mmu_conditions(&k->mmu, (1ull << 55) + 1, 8, MMU_READ | MMU_SPEC, 0, &span),
                     1u << MMU_UNIMPLEMENTED);
    kit_free(k);
}

static void fewer_checks_can_be_asked_for(void **state)
{
    (void)state;
    static const struct { unsigned wrong, how; enum mmu_fault want; } row[] = {
        { ALL_WRONG & ~(NOT_PRESENT | NAT), MMU_READ | MMU_NO_RIGHTS, MMU_OK }, /* tpa */
        { ALL_WRONG & ~NOT_PRESENT, MMU_READ | MMU_NO_RIGHTS, MMU_NAT_PAGE },
        { ALL_WRONG, MMU_READ | MMU_NO_RIGHTS, MMU_NOT_PRESENT },
        { NO_KEY, MMU_READ | MMU_NO_KEYS, MMU_OK },
        { CLEAN | UNUSED, MMU_WRITE | MMU_NO_BITS, MMU_OK },
        { CLEAN, MMU_READ, MMU_OK },
        { UNUSED, MMU_READ, MMU_ACCESS_BIT },
        { WATCHED, MMU_READ, MMU_DEBUG },
        { WATCHED, MMU_READ | MMU_NO_DEBUG, MMU_OK },
        { CROOKED, MMU_READ, MMU_UNALIGNED },
        { CROOKED, MMU_READ | MMU_NO_ALIGN, MMU_OK },
        { CROOKED, MMU_READ | MMU_RSE, MMU_OK },
        { UNCACHED, MMU_READ, MMU_OK },
        { UNCACHED, MMU_READ | MMU_WB_ONLY, MMU_UNSUPPORTED },
        { BAD_KEY, MMU_READ, MMU_OK }, /* wd only */
        { BAD_KEY, MMU_READ | MMU_WRITE, MMU_KEY_PERMISSION },
    };
    struct kit *k = kit_new();
    mmu_set_dbr(&k->mmu, 7, 3ull << 62 | 15ull << 56 | (mask64(56) & ~7ull));
    mmu_set_psr(&k->mmu, DT | RT | PK | DB | AC | CPL(2));
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        u64 va = set_up_wrongs(k, row[i].wrong);
        assert_int_equal(mmu_access(&k->mmu, va, 8, row[i].how, 2, &span), row[i].want);
    }
    kit_free(k);
}

static void psr_bits_switch_single_checks_off(void **state)
{
    (void)state;
    static const struct { unsigned wrong; u64 psr; enum mmu_fault want; } row[] = {
        { CLEAN | UNUSED, DT, MMU_DIRTY }, { CLEAN | UNUSED, DT | DA, MMU_OK },
        { WATCHED, DT | DB, MMU_DEBUG },   { WATCHED, DT, MMU_OK },
        { WATCHED, DT | DB | DD, MMU_OK }, { NO_KEY, DT | PK, MMU_KEY_MISS },
        { NO_KEY, DT, MMU_OK },            { CROOKED, DT | AC, MMU_UNALIGNED },
        { CROOKED, DT, MMU_OK },
    };
    struct kit *k = kit_new();
    mmu_set_dbr(&k->mmu, 7, 3ull << 62 | 15ull << 56 | (mask64(56) & ~7ull));
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        u64 va = set_up_wrongs(k, row[i].wrong);
        mmu_set_psr(&k->mmu, row[i].psr);
        assert_int_equal(mmu_access(&k->mmu, va, 8, MMU_WRITE, 0, &span), row[i].want);
    }
    u64 va = set_up_wrongs(k, CROOKED); /* semaphores do not ask psr.ac */
    assert_int_equal(mmu_access(&k->mmu, va, 8, MMU_WRITE | MMU_ALIGNED, 0, &span), MMU_UNALIGNED);
    kit_free(k);
}

static const u8 sizes[] = {12, 13, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32};

static void a_translation_covers_exactly_its_page(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        u64 size = 1ull << sizes[i], va = (5ull << 61) + 3 * size, pa = 7 * size;
        u64 dirt = size / 2 & ~0xfffull; /* ppn and ifa bits below the size are ignored */
        insert(k, va + (size - 1), sizes[i], PTE_EASY(pa + dirt));
        assert_int_equal(load(k, va - 1), MMU_ALTERNATE);
        assert_int_equal(load(k, va + size), MMU_ALTERNATE);
        assert_int_equal(load(k, va), MMU_OK);
        assert_int_equal(span.pa, pa);
        assert_int_equal(load(k, va + size - 1), MMU_OK);
        assert_int_equal(span.pa, pa + size - 1);
        assert_int_equal(span.host != NULL, pa + size <= KIT_RAM);
        assert_int_equal(mmu_purge_tc(&k->mmu, va, sizes[i]), MMU_OK);
        assert_int_equal(load(k, va), MMU_ALTERNATE);
    }
    kit_free(k);
}

static void reserved_fields_are_recognised(void **state)
{
    (void)state;
    u64 good = PTE_EASY(0x4000) | PTE_ED | 0xffeull << 52;
    for (unsigned ps = 0; ps < 64; ps++) {
        bool known = false;
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) known |= sizes[i] == ps;
        assert_int_equal(mmu_pte_valid(good, ITIR(0xffffff, ps)), known);
        assert_int_equal(mmu_pte_valid(0, ITIR(0, ps)), known);
    }
    for (unsigned b = 0; b < 64; b++) {
        bool itir_reserved = b < 2 || b >= 32;
        if (itir_reserved) assert_false(mmu_pte_valid(good, ITIR(0, 14) | 1ull << b));
        bool reserved = b == 1 || b == 50 || b == 51 || b == 2 || b == 3; /* ma 1, 2 too */
        assert_int_equal(mmu_pte_valid(good | 1ull << b, ITIR(0, 14)), !reserved);
        if (b) assert_true(mmu_pte_valid(1ull << b, ITIR(0, 14))); /* not present: anything goes */
    }
    for (unsigned ma = 0; ma < 8; ma++) {
        assert_int_equal(mmu_pte_valid(good | PTE_MA(ma), ITIR(0, 14)), ma == 0 || ma >= 4);
    }
}

static bool present(struct kit *k, u64 va)
{
    return load(k, va) == MMU_OK;
}

static void an_insertion_purges_what_it_overlaps_and_nothing_else(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    for (unsigned i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(sizes); i++) {
        unsigned a = sizes[i / ARRAY_LEN(sizes)], b = sizes[i % ARRAY_LEN(sizes)];
        unsigned big = a > b ? a : b;
        u64 page = 1ull << 40;
        u64 old_va = page + (1ull << big) - (1ull << a); /* the last a-page of the big page */
        u64 other = page + (1ull << big);                /* right behind it */
        insert(k, old_va, a, PTE_EASY(0));
        insert(k, other, a, PTE_EASY(0));
        insert(k, page - (1ull << a), a, PTE_EASY(0));
        mmu_set_rr(&k->mmu, 0, RR(0x999, 12, 0)); /* the same address elsewhere */
        insert(k, old_va, a, PTE_EASY(0));
        mmu_set_rr(&k->mmu, 0, RR(0x100, 12, 0));
        /* through another region with the same rid: overlap ignores the region number */
        mmu_set_rr(&k->mmu, 3, RR(0x100, 12, 0));
        u64 new_va = (3ull << 61) + page + (1ull << big) - (1ull << b);
        insert(k, new_va, b, PTE_EASY(0) | PTE_ED);
        assert_true(present(k, new_va) && span.ed);
        assert_true(present(k, old_va + (1ull << a) - 1) && span.ed);
        assert_int_equal(present(k, old_va), a <= b); /* the part outside the new page is gone */
        assert_true(present(k, other));
        assert_true(present(k, page - 1));
        mmu_set_rr(&k->mmu, 0, RR(0x999, 12, 0));
        assert_true(present(k, old_va));
        mmu_set_rr(&k->mmu, 0, RR(0x100, 12, 0));
        mmu_purge_all_tc(&k->mmu);
    }
    kit_free(k);
}

static void a_purge_removes_every_overlap_in_both_caches(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT | IT);
    for (unsigned i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(sizes); i++) {
        unsigned a = sizes[i / ARRAY_LEN(sizes)], b = sizes[i % ARRAY_LEN(sizes)];
        unsigned big = a > b ? a : b;
        u64 page = 1ull << 40, in = page + (1ull << big) - (1ull << a), out = page + (1ull << big);
        for (unsigned inst = 0; inst < 2; inst++) {
            assert_int_equal(mmu_insert_tc(&k->mmu, inst, in, ITIR(0, a), PTE_EASY(0)), MMU_OK);
            assert_int_equal(mmu_insert_tc(&k->mmu, inst, out, ITIR(0, a), PTE_EASY(0)), MMU_OK);
        }
        assert_true(present(k, in));
        assert_true(present(k, out));
        if (i & 1) {
            assert_int_equal(mmu_purge_tc(&k->mmu, out - 1, b), MMU_OK);
        } else {
            assert_int_equal(mmu_purge_tc_rid(&k->mmu, (6ull << 61) + out - 1, b, 0x100), MMU_OK);
        }
        assert_null(soft_read(&k->mmu, in, 1));
        assert_non_null(soft_read(&k->mmu, out, 1));
        assert_false(present(k, in));
        assert_int_equal(mmu_fetch(&k->mmu, in, &span), MMU_ALTERNATE);
        assert_int_equal(mmu_fetch(&k->mmu, out, &span), MMU_OK);
        assert_true(present(k, out));
        mmu_purge_all_tc(&k->mmu);
        assert_false(present(k, out));
        assert_int_equal(mmu_fetch(&k->mmu, out, &span), MMU_ALTERNATE);
    }
    kit_free(k);
}

static void overlapping_a_translation_register_is_a_machine_check(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    mmu_set_psr(m, DT);
    assert_int_equal(mmu_insert_tr(m, false, 7, 0x40000, ITIR(0, 16), PTE_EASY(0)), MMU_OK);
    u64 before = mmu_hash(m, 0);
    static const struct { u64 va; unsigned ps; bool clash; } row[] = {
        { 0x40000, 16, true }, { 0x4f000, 12, true }, { 0, 20, true }, { 0x50000, 16, false },
        { 0x3f000, 12, false },
    };
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        enum mmu_fault want = row[i].clash ? MMU_MACHINE_CHECK : MMU_OK;
        u64 itir = ITIR(0, row[i].ps);
        if (row[i].clash) {
            assert_int_equal(mmu_insert_tr(m, false, 9, row[i].va, itir, PTE_EASY(0)), want);
        }
        assert_int_equal(mmu_insert_tc(m, false, row[i].va, itir, PTE_EASY(0)), want);
        if (row[i].clash) assert_int_equal(mmu_hash(m, 0), before);
        assert_int_equal(mmu_insert_tc(m, true, row[i].va, itir, PTE_EASY(0)), MMU_OK);
        assert_int_equal(mmu_purge_tc(m, row[i].va, row[i].ps), want);
        before = mmu_hash(m, 0);
    }
    assert_true(present(k, 0x4ffff)); /* ptc never removes it */
    mmu_purge_all_tc(m);
    assert_true(present(k, 0x4ffff));
    /* its own slot may be rewritten over it */
    assert_int_equal(mmu_insert_tr(m, false, 7, 0x48000, ITIR(0, 14), PTE_EASY(0)), MMU_OK);
    assert_false(present(k, 0x40000));
    assert_true(present(k, 0x48000));
    mmu_purge_tr(m, true, 0x48000, 14); /* the other kind stays */
    assert_true(present(k, 0x48000));
    mmu_purge_tr(m, false, 0x4bfff, 12);
    assert_false(present(k, 0x48000));
    assert_false(mmu_get_tr(m, false, 7).valid);
    kit_free(k);
}

static void all_translation_registers_hold_and_show_their_content(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned inst = 0; inst < 2; inst++) {
            assert_int_equal(mmu_insert_tr(&k->mmu, inst, i, i << 14, ITIR(i, 14),
                                           PTE_EASY((u64)i << 14)), MMU_OK);
        }
    }
    for (unsigned i = 0; i < 64; i++) {
        struct mmu_tr tr = mmu_get_tr(&k->mmu, i & 1, i);
        assert_true(tr.valid && tr.ifa == i << 14 && tr.itir == ITIR(i, 14) && tr.rid == 0x100 &&
                    tr.pte == PTE_EASY((u64)i << 14));
        assert_true(present(k, i << 14));
    }
    kit_free(k);
}

static void the_cache_holds_128_and_then_replaces_one_at_a_time(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    for (u64 i = 0; i < 300; i++) {
        insert(k, i << 12, 12, PTE_EASY(i << 12));
        assert_true(present(k, i << 12));
        unsigned alive = 0, soft = 0;
        for (u64 j = 0; j <= i; j++) {
            soft += soft_read(&k->mmu, j << 12, 8) != NULL;
            alive += mmu_tak(&k->mmu, j << 12) != 1;
        }
        assert_int_equal(alive, i < 128 ? i + 1 : 128);
        assert_int_equal(soft, alive); /* a replaced translation leaves no short cut behind */
    }
    unsigned valid = 0;
    for (unsigned i = 0; i < mmu_tc_count(&k->mmu, false); i++) {
        valid += mmu_get_tc(&k->mmu, false, i).valid;
    }
    assert_int_equal(valid, 128);
    kit_free(k);
}

static void region_identifiers_separate_and_join(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    insert(k, 0x6000, 12, PTE_EASY(0x1000));
    assert_true(present(k, 0x6000) && span.pa == 0x1000);
    mmu_set_rr(&k->mmu, 0, RR(0xabcdef, 12, 0));
    assert_false(present(k, 0x6000));
    insert(k, 0x6000, 12, PTE_EASY(0x2000));
    assert_true(present(k, 0x6000) && span.pa == 0x2000);
    mmu_set_rr(&k->mmu, 0, RR(0x100, 14, 1)); /* back; ps and ve do not matter for a match */
    assert_ptr_equal(soft_read(&k->mmu, 0x6000, 8), physmem_host(k->pm, 0x1000, 8)); /* kept */
    assert_true(present(k, 0x6000) && span.pa == 0x1000);
    mmu_set_rr(&k->mmu, 5, RR(0xabcdef, 12, 0));
    assert_true(present(k, (5ull << 61) + 0x6000) && span.pa == 0x2000);
    kit_free(k);
}

static void a_key_lives_in_one_register_only(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_pkr(&k->mmu, 1, 0x12301);
    mmu_set_pkr(&k->mmu, 2, 0x45601);
    mmu_set_pkr(&k->mmu, 3, 0x12300); /* not valid: disturbs nobody */
    assert_int_equal(k->mmu.pkr[1], 0x12301);
    mmu_set_pkr(&k->mmu, 15, 0x1230f);
    assert_int_equal(k->mmu.pkr[1], 0x12300);
    assert_int_equal(k->mmu.pkr[2], 0x45601);
    assert_int_equal(k->mmu.pkr[15], 0x1230f);
    mmu_set_pkr(&k->mmu, 15, 0x12301); /* again the same: still valid */
    assert_int_equal(k->mmu.pkr[15], 0x12301);
    kit_free(k);
}

static void each_key_bit_denies_its_own_kind(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    u64 pte = PTE_EASY(0x1000);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, 0, ITIR(0xfffffe, 12), pte), MMU_OK);
    assert_int_equal(mmu_insert_tc(&k->mmu, true, 0, ITIR(0xfffffe, 12), pte), MMU_OK);
    mmu_set_psr(&k->mmu, DT | IT | PK);
    for (unsigned f = 0; f < 16; f++) {
        bool v = f & 1, wd = f & 2, rd = f & 4, xd = f & 8, allowed;
        mmu_set_pkr(&k->mmu, 0, (u64)0xfffffe << 8 | f);
        enum mmu_fault r = !v ? MMU_KEY_MISS : rd ? MMU_KEY_PERMISSION : MMU_OK;
        enum mmu_fault w = !v ? MMU_KEY_MISS : wd ? MMU_KEY_PERMISSION : MMU_OK;
        enum mmu_fault x = !v ? MMU_KEY_MISS : xd ? MMU_KEY_PERMISSION : MMU_OK;
        assert_int_equal(load(k, 0), r);
        assert_int_equal(mmu_access(&k->mmu, 0, 8, MMU_WRITE, 0, &span), w);
        assert_int_equal(mmu_fetch(&k->mmu, 0, &span), x);
        assert_int_equal(soft_read(&k->mmu, 0, 8) != NULL, !r);
        assert_int_equal(soft_write(&k->mmu, 0, 8) != NULL, !w);
        /* probe raises the key miss but answers the permission */
        assert_int_equal(mmu_probe(&k->mmu, 0, MMU_READ, 0, &allowed), v ? MMU_OK : MMU_KEY_MISS);
        assert_int_equal(allowed, !r);
    }
    mmu_set_psr(&k->mmu, DT);
    assert_int_equal(load(k, 0), MMU_OK);
    assert_non_null(soft_read(&k->mmu, 0, 8));
    mmu_set_psr(&k->mmu, DT | PK); /* the key denies it: nothing learnt without keys counts */
    assert_null(soft_read(&k->mmu, 0, 8));
    kit_free(k);
}

static void data_breakpoints_match_address_type_and_level(void **state)
{
    (void)state;
    u64 r = 1ull << 63, w = 1ull << 62, exact = mask64(56), all = 15ull << 56;
    const struct { u64 addr, mask, va; unsigned size, how, cpl; bool hit; } row[] = {
        { 0x5008, r | w | all | exact, 0x5008, 1, MMU_READ, 0, true },
        { 0x5008, r | w | all | exact, 0x5007, 1, MMU_READ, 0, false },
        { 0x5008, r | w | all | exact, 0x5009, 1, MMU_READ, 0, false },
        { 0x500f, r | w | all | exact, 0x5008, 8, MMU_READ, 0, true },  /* its last byte */
        { 0x5010, r | w | all | exact, 0x5008, 8, MMU_READ, 0, false },
        { 0x5008, w | all | exact, 0x5008, 1, MMU_READ, 0, false },
        { 0x5008, w | all | exact, 0x5008, 1, MMU_WRITE, 0, true },
        { 0x5008, r | all | exact, 0x5008, 1, MMU_WRITE, 0, false },
        { 0x5008, r | all | exact, 0x5008, 1, MMU_WRITE | MMU_READ, 0, true }, /* semaphores */
        { 0x5008, all | exact, 0x5008, 1, MMU_READ | MMU_WRITE, 0, false },
        { 0x5000, r | all | (exact & ~0xfffull), 0x5fff, 1, MMU_READ, 0, true },
        { 0x5000, r | all | (exact & ~0xfffull), 0x6000, 1, MMU_READ, 0, false },
        { 0x5008, r | 8ull << 56 | exact, 0x5008, 1, MMU_READ, 3, true },
        { 0x5008, r | 7ull << 56 | exact, 0x5008, 1, MMU_READ, 3, false },
        { 0x5008, r | 1ull << 56 | exact, 0x5008, 1, MMU_READ, 0, true },
        { 0x5008, r | exact, 0x5008, 1, MMU_READ, 0, false },
        { (1ull << 61) + 0x5008, r | all | exact, 0x5008, 1, MMU_READ, 0, false }, /* 63:56 count */
        { 0x5008, r | all, 0x6000, 1, MMU_READ, 0, true }, /* mask 0: all of this 2^56 */
    };
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        for (unsigned pair = 0; pair < 4; pair++) {
            struct kit *k = kit_new();
            insert(k, 0x5000, 12, PTE_EASY(0x5000));
            insert(k, 0x6000, 12, PTE_EASY(0x6000));
            mmu_set_dbr(&k->mmu, pair * 2, row[i].addr);
            mmu_set_dbr(&k->mmu, pair * 2 + 1, row[i].mask);
            assert_int_equal(mmu_dbr(&k->mmu, pair * 2 + 1), row[i].mask);
            enum mmu_fault want = row[i].hit ? MMU_DEBUG : MMU_OK;
            for (unsigned dt = 0; dt < 2; dt++) { /* virtual and physical alike */
                mmu_set_psr(&k->mmu, DB | (dt ? DT : 0) | CPL(row[i].cpl));
                assert_int_equal(mmu_access(&k->mmu, row[i].va, row[i].size, row[i].how,
                                            row[i].cpl, &span), want);
            }
            kit_free(k);
        }
    }
}

static void instruction_breakpoints_match_whole_bundles(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    assert_int_equal(mmu_insert_tc(&k->mmu, true, 0x5000, ITIR(0, 12), PTE_EASY(0x5000)), MMU_OK);
    mmu_set_psr(&k->mmu, IT | DB);
    assert_false(k->mmu.code_watch);
    mmu_set_ibr(&k->mmu, 4, 0x5029);
    mmu_set_ibr(&k->mmu, 5, 1ull << 63 | 1ull << 56 | mask64(56));
    assert_int_equal(mmu_ibr(&k->mmu, 4), 0x5029);
    assert_true(k->mmu.code_watch);
    assert_int_equal(mmu_fetch(&k->mmu, 0x5020, &span), MMU_DEBUG);
    assert_int_equal(mmu_fetch(&k->mmu, 0x5010, &span), MMU_OK);
    assert_int_equal(mmu_fetch(&k->mmu, 0x6020, &span), MMU_ALTERNATE);
    mmu_set_psr(&k->mmu, IT | DB | ID);
    assert_int_equal(mmu_fetch(&k->mmu, 0x5020, &span), MMU_OK);
    mmu_set_psr(&k->mmu, IT | DB | CPL(3));
    assert_int_equal(mmu_fetch(&k->mmu, 0x5020, &span), MMU_OK);
    mmu_set_psr(&k->mmu, IT);
    assert_int_equal(mmu_fetch(&k->mmu, 0x5020, &span), MMU_OK);
    mmu_set_psr(&k->mmu, DB);
    assert_int_equal(mmu_fetch(&k->mmu, 0x5020, &span), MMU_DEBUG); /* physical too */
    kit_free(k);
}

static void physical_addresses_choose_their_attribute(void **state)
{
    (void)state;
    static const struct { u64 va; enum mmu_fault want; u64 pa; u8 ma; bool host, host_w; } row[] = {
        { 0x1000, MMU_OK, 0x1000, MA_WB, true, true },
        { 0x8000000000001000, MMU_OK, 0x1000, MA_UC, true, true },
        { KIT_ROM, MMU_OK, KIT_ROM, MA_WB, true, false },
        { KIT_DEVICE, MMU_OK, KIT_DEVICE, MA_WB, false, false },
        { 0x8000000000000000 | KIT_DEVICE, MMU_OK, KIT_DEVICE, MA_UC, false, false },
        { 0x20000000, MMU_OK, 0x20000000, MA_WB, false, false }, /* nothing there */
        { (1ull << 50) - 16, MMU_OK, (1ull << 50) - 16, MA_WB, false, false },
        { 1ull << 50, MMU_UNIMPLEMENTED, 0, 0, false, false },
        { 1ull << 62, MMU_UNIMPLEMENTED, 0, 0, false, false },
        { 0x8004000000000000, MMU_UNIMPLEMENTED, 0, 0, false, false },
    };
    struct kit *k = kit_new();
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        for (unsigned how = MMU_READ; how <= MMU_WRITE; how++) {
            assert_int_equal(mmu_access(&k->mmu, row[i].va, 16, how, 3, &span), row[i].want);
            if (row[i].want) continue;
            assert_int_equal(span.pa, row[i].pa);
            assert_int_equal(span.ma, row[i].ma);
            assert_int_equal(span.ar * 4 + span.pl, 28);
            assert_int_equal(span.host != NULL, how == MMU_READ ? row[i].host : row[i].host_w);
        }
        assert_int_equal(mmu_fetch(&k->mmu, row[i].va, &span), row[i].want);
    }
    assert_int_equal(mmu_access(&k->mmu, 0x8000000000001000, 8, MMU_WRITE | MMU_WB_ONLY, 0, &span),
                     MMU_UNSUPPORTED);
    kit_free(k);
}

static void data_stack_and_code_translate_by_their_own_bits(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    for (unsigned i = 0; i < 8; i++) {
        mmu_set_psr(&k->mmu, (i & 1 ? DT : 0) | (i & 2 ? RT : 0) | (i & 4 ? IT : 0));
        assert_int_equal(load(k, 0x1000), i & 1 ? MMU_ALTERNATE : MMU_OK);
        assert_int_equal(mmu_access(&k->mmu, 0x1000, 8, MMU_READ | MMU_RSE, 0, &span),
                         i & 2 ? MMU_ALTERNATE : MMU_OK);
        assert_int_equal(mmu_fetch(&k->mmu, 0x1000, &span), i & 4 ? MMU_ALTERNATE : MMU_OK);
    }
    kit_free(k);
}

static void tpa_and_probe_stay_virtual_in_physical_mode(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    bool allowed;
    insert(k, 0x7000, 12, PTE_EASY(0x3000) & ~PTE_A);
    mmu_set_psr(&k->mmu, 0);
    unsigned tpa = MMU_READ | MMU_NO_RIGHTS | MMU_VIRTUAL;
    assert_int_equal(mmu_access(&k->mmu, 0x7123, 1, tpa, 0, &span), MMU_OK);
    assert_int_equal(span.pa, 0x3123);
    assert_int_equal(mmu_access(&k->mmu, 0x8123, 1, tpa, 0, &span), MMU_ALTERNATE);
    assert_int_equal(mmu_probe(&k->mmu, 0x7000, MMU_READ | MMU_WRITE, 3, &allowed), MMU_OK);
    assert_true(allowed);
    assert_int_equal(mmu_probe(&k->mmu, 0x8000, MMU_READ, 3, &allowed), MMU_ALTERNATE);
    insert(k, 0x7000, 12, PTE_EASY(0x3000) & ~PTE_P);
    assert_int_equal(mmu_probe(&k->mmu, 0x7000, MMU_READ, 3, &allowed), MMU_NOT_PRESENT);
    insert(k, 0x7000, 12, PTE_EASY(0x3000) | PTE_MA(7));
    assert_int_equal(mmu_probe(&k->mmu, 0x7000, MMU_READ, 3, &allowed), MMU_NAT_PAGE);
    kit_free(k);
}

static void tak_tells_the_key_or_one(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    assert_int_equal(mmu_tak(&k->mmu, 0x7000), 1);
    u64 itir = ITIR(0xabcdef, 12);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, 0x7000, itir, PTE_EASY(0)), MMU_OK);
    assert_int_equal(mmu_tak(&k->mmu, 0x7fff), 0xabcdef00);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, 0x7000, itir, PTE_EASY(0) | PTE_MA(7)), MMU_OK);
    assert_int_equal(mmu_tak(&k->mmu, 0x7000), 0xabcdef00);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, 0x7000, itir, 0), MMU_OK);
    assert_int_equal(mmu_tak(&k->mmu, 0x7000), 1);
    kit_free(k);
}

static void the_access_bit_of_code_heeds_psr_ia(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    u64 pte = (PTE_EASY(0x1000) | PTE_ED) & ~(PTE_A | PTE_D);
    assert_int_equal(mmu_insert_tc(&k->mmu, true, 0x1000, ITIR(0, 12), pte), MMU_OK);
    mmu_set_psr(&k->mmu, IT | DA);
    assert_int_equal(mmu_fetch(&k->mmu, 0x1000, &span), MMU_ACCESS_BIT);
    u64 ctx = k->mmu.code_ctx[0];
    mmu_set_psr(&k->mmu, IT | IA);
    assert_int_equal(mmu_fetch(&k->mmu, 0x1ff0, &span), MMU_OK);
    assert_true(span.ed);
    assert_ptr_equal(span.host, physmem_host(k->pm, 0x1ff0, 16));
    assert_int_not_equal(k->mmu.code_ctx[0], ctx); /* that lookup must not serve psr.ia = 0 */
    kit_free(k);
}

static void code_contexts_name_every_mode_and_space(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    u64 seen[256];
    unsigned n = 0;
    for (unsigned i = 0; i < 64; i++) {
        mmu_set_psr(&k->mmu, (i & 1 ? IT : 0) | CPL(i >> 1 & 3) | (i & 8 ? PK : 0));
        mmu_set_rr(&k->mmu, 2, RR(i & 16 ? 0x123456 : 0x123457, 12, i >> 5 & 1));
        u64 ctx = k->mmu.code_ctx[2];
        bool again = false;
        for (unsigned j = 0; j < n; j++) again |= seen[j] == ctx;
        /* without psr.it the rid does not matter, and rr.ve never does */
        assert_int_equal(again, i >= 32 || (i >= 16 && !(i & 1)));
        if (!again) seen[n++] = ctx;
    }
    kit_free(k);
}

static void a_region_register_moves_its_code_context_only(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, IT | CPL(3));
    for (unsigned r = 0; r < 8; r++) {
        u64 before[8];
        memcpy(before, k->mmu.code_ctx, sizeof(before));
        mmu_set_rr(&k->mmu, r, RR(0xfedcb0 + r, 14, 0));
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(k->mmu.code_ctx[i] != before[i], i == r);
        }
        u64 moved = k->mmu.code_ctx[r];
        mmu_set_psr(&k->mmu, 0);
        mmu_set_psr(&k->mmu, IT | CPL(3));
        assert_int_equal(k->mmu.code_ctx[r], moved);
    }
    kit_free(k);
}

static void the_code_epoch_moves_when_a_used_code_translation_goes(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    u64 e = m->code_epoch;
    mmu_set_psr(m, IT | DT);
    mmu_set_rr(m, 0, RR(0x200, 14, 0));
    assert_int_equal(mmu_insert_tc(m, true, 0x4000, ITIR(0, 14), PTE_EASY(0x4000)), MMU_OK);
    insert(k, 0x4000, 14, PTE_EASY(0x4000));
    assert_int_equal(mmu_fetch(m, 0x4000, &span), MMU_OK);
    assert_int_equal(mmu_insert_tc(m, true, 0x8000, ITIR(0, 14), PTE_EASY(0x8000)), MMU_OK);
    assert_int_equal(mmu_fetch(m, 0x8000, &span), MMU_OK);
    mmu_set_psr(m, 0);
    assert_int_equal(m->code_epoch, e); /* nothing went away so far */
    assert_int_equal(mmu_insert_tc(m, true, 0x4000, ITIR(0, 12), PTE_EASY(0x4000)), MMU_OK);
    assert_int_not_equal(m->code_epoch, e);
    e = m->code_epoch;
    assert_int_equal(mmu_purge_tc(m, 0x8000, 12), MMU_OK);
    assert_int_not_equal(m->code_epoch, e);
    mmu_set_psr(m, IT);
    assert_int_equal(mmu_insert_tr(m, true, 0, 0x8000, ITIR(0, 14), PTE_EASY(0x8000)), MMU_OK);
    assert_int_equal(mmu_fetch(m, 0x8000, &span), MMU_OK);
    e = m->code_epoch;
    mmu_purge_tr(m, true, 0x8000, 14);
    assert_int_not_equal(m->code_epoch, e);
    e = m->code_epoch;
    mmu_set_pkr(m, 0, 0x101);
    assert_int_not_equal(m->code_epoch, e);
    kit_free(k);
}

static void the_hash_sees_state_and_nothing_else(void **state)
{
    (void)state;
    struct kit *a = kit_new(), *b = kit_new();
    mmu_set_psr(&a->mmu, DT);
    mmu_set_psr(&b->mmu, DT);
    insert(a, 0x4000, 12, PTE_EASY(0));
    insert(b, 0x4000, 12, PTE_EASY(0));
    assert_true(present(a, 0x4000)); /* fills a short cut in one of the two only */
    assert_int_equal(mmu_hash(&a->mmu, 1), mmu_hash(&b->mmu, 1));
    assert_int_not_equal(mmu_hash(&a->mmu, 1), mmu_hash(&a->mmu, 2));
    insert(b, 0x4000, 12, PTE_EASY(0x1000));
    assert_int_not_equal(mmu_hash(&a->mmu, 1), mmu_hash(&b->mmu, 1));
    insert(a, 0x4000, 12, PTE_EASY(0x1000));
    assert_int_equal(mmu_hash(&a->mmu, 1), mmu_hash(&b->mmu, 1));
    mmu_set_dbr(&a->mmu, 3, 1);
    assert_int_not_equal(mmu_hash(&a->mmu, 1), mmu_hash(&b->mmu, 1));
    kit_free(a);
    kit_free(b);
}

static void peeking_changes_nothing(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    u64 pa = 0;
    mmu_set_psr(&k->mmu, DT);
    insert(k, 0x4000, 14, PTE_EASY(0x8000) & ~(PTE_A | PTE_PL(3)));
    mmu_set_psr(&k->mmu, DT | CPL(3));
    u64 before = mmu_hash(&k->mmu, 0);
    assert_true(mmu_peek(&k->mmu, 0x5678, false, &pa));
    assert_int_equal(pa, 0x9678);
    assert_false(mmu_peek(&k->mmu, 0x8000, false, &pa));
    assert_true(mmu_peek(&k->mmu, 0x5678, true, &pa)); /* psr.it = 0 */
    assert_int_equal(pa, 0x5678);
    assert_false(mmu_peek(&k->mmu, 1ull << 60, true, &pa));
    mmu_set_psr(&k->mmu, DT | IT);
    assert_false(mmu_peek(&k->mmu, 0x5678, true, &pa));
    assert_int_equal(mmu_hash(&k->mmu, 0), before);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_rights_follow_the_table),
        cmocka_unit_test(checks_come_in_the_manuals_order),
        cmocka_unit_test(a_miss_precludes_all_but_the_debug_condition),
        cmocka_unit_test(fewer_checks_can_be_asked_for),
        cmocka_unit_test(psr_bits_switch_single_checks_off),
        cmocka_unit_test(a_translation_covers_exactly_its_page),
        cmocka_unit_test(reserved_fields_are_recognised),
        cmocka_unit_test(an_insertion_purges_what_it_overlaps_and_nothing_else),
        cmocka_unit_test(a_purge_removes_every_overlap_in_both_caches),
        cmocka_unit_test(overlapping_a_translation_register_is_a_machine_check),
        cmocka_unit_test(all_translation_registers_hold_and_show_their_content),
        cmocka_unit_test(the_cache_holds_128_and_then_replaces_one_at_a_time),
        cmocka_unit_test(region_identifiers_separate_and_join),
        cmocka_unit_test(a_key_lives_in_one_register_only),
        cmocka_unit_test(each_key_bit_denies_its_own_kind),
        cmocka_unit_test(data_breakpoints_match_address_type_and_level),
        cmocka_unit_test(instruction_breakpoints_match_whole_bundles),
        cmocka_unit_test(physical_addresses_choose_their_attribute),
        cmocka_unit_test(data_stack_and_code_translate_by_their_own_bits),
        cmocka_unit_test(tpa_and_probe_stay_virtual_in_physical_mode),
        cmocka_unit_test(tak_tells_the_key_or_one),
        cmocka_unit_test(the_access_bit_of_code_heeds_psr_ia),
        cmocka_unit_test(code_contexts_name_every_mode_and_space),
        cmocka_unit_test(a_region_register_moves_its_code_context_only),
        cmocka_unit_test(the_code_epoch_moves_when_a_used_code_translation_goes),
        cmocka_unit_test(the_hash_sees_state_and_nothing_else),
        cmocka_unit_test(peeking_changes_nothing),
    };
    return cmocka_run_group_tests_name("mmu", tests, NULL, NULL);
}
