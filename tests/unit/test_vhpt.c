/* The VHPT: hash functions against vectors worked out by hand from the figures of SDM 2:66, and the
 * walker in both formats with everything that can stand in its way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_mmu_kit.h"

static struct mmu_span span;

#define PTA(base, vf, size) ((base) | (u64)(vf) << 8 | (u64)(size) << 2 | 1)

static void short_format_addresses_match_hand_computed_vectors(void **state)
{
    (void)state;
    /* region bits | base above the size | page number * 8 below it; bits 14:0 always page number */
    static const struct { u64 pta, va, want; unsigned ps; } row[] = {
        /* 16 KiB pages, 2^50 bytes of table at 2^61 - 2^50, as 64-bit Linux has it */
        { PTA(0x1ffc000000000000, 0, 50), 0x0000000000000000, 0x1ffc000000000000, 14 },
        { PTA(0x1ffc000000000000, 0, 50), 0x2000000000004000, 0x3ffc000000000008, 14 },
        { PTA(0x1ffc000000000000, 0, 50), 0xa000000100000000, 0xbffc000000200000, 14 },
        { PTA(0x1ffc000000000000, 0, 50), 0x9fffffffffffffff, 0x9ffffffffffffff8, 14 },
        /* the table maps itself: the entry of its own first page */
        { PTA(0x1ffc000000000000, 0, 50), 0x7ffc000000000000, 0x7fffff8000000000, 14 },
        /* smallest table: 32 KiB; page numbers wrap, base bits down to 15 stay */
        { PTA(0x0000000000ff8000, 0, 15), 0x0000000000fff000, 0x0000000000fffff8, 12 },
        { PTA(0x0000000000ff8000, 0, 15), 0x0000000001000000, 0x0000000000ff8000, 12 },
        /* base bits below the size are not used, region bits of the base neither */
        { PTA(0xe000000000ff8000, 0, 24), 0x0000000000001000, 0x0000000000000008, 12 },
        { PTA(0x0000000001000000, 0, 24), 0x4000000000200000, 0x4000000001001000, 12 },
        /* 256 MiB pages */
        { PTA(0x0000000040000000, 0, 30), 0x8000000130000000, 0x8000000040000098, 28 },
    };
    struct kit *k = kit_new();
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        for (unsigned ve = 0; ve < 2; ve++) { /* thash does not ask whether the walker is on */
            mmu_set_pta(&k->mmu, row[i].pta - ve);
            for (unsigned r = 0; r < 8; r++) mmu_set_rr(&k->mmu, r, RR(r + 77, row[i].ps, 0));
            assert_int_equal(mmu_thash(&k->mmu, row[i].va), row[i].want);
        }
    }
    kit_free(k);
}

/* Whatever the index function: aligned, inside, a function of rid and bits 60:ps only. */
static void long_format_addresses_stay_in_the_table(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    u64 seed = 1;
    for (unsigned i = 0; i < 5000; i++) {
        unsigned size = 15 + i % 12;
        u64 base = kit_random(&seed) & ~mask64(size), va = kit_random(&seed);
        mmu_set_rr(&k->mmu, (unsigned)(va >> 61), RR(kit_random(&seed) & 0xffffff, 14, 1));
        mmu_set_pta(&k->mmu, PTA(base, 1, size));
        u64 hash = mmu_thash(&k->mmu, va);
        assert_int_equal(hash & ~mask64(size), base);
        assert_int_equal(hash & 31, 0);
        assert_int_equal(mmu_ttag(&k->mmu, va) >> 63, 0);
        assert_int_equal(mmu_thash(&k->mmu, va ^ 0x3fff), hash); /* same page, same entry */
        assert_int_equal(mmu_ttag(&k->mmu, va ^ 0x3fff), mmu_ttag(&k->mmu, va));
        mmu_set_rr(&k->mmu, (unsigned)(va >> 61 ^ 1), k->mmu.rr[va >> 61]);
        assert_int_equal(mmu_thash(&k->mmu, va ^ 1ull << 61), hash); /* bits 60:0 and rid only */
    }
    kit_free(k);
}

struct seen {
    u64 hash, tag, rid, hpn;
};

static int by_hash(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->tag < y->tag ? -1 : x->tag > y->tag;
}

static u64 few_bits(u64 *seed, unsigned width)
{
    static const u8 ends[] = {0, 1, 9, 10, 11, 22, 23, 38, 39, 48};
    u64 x = 0;
    for (u64 n = kit_random(seed) % 4; n > 0; n--) {
        unsigned b = ends[kit_random(seed) % ARRAY_LEN(ends)];
        x ^= 1ull << (kit_random(seed) % 2 && b < width ? b : kit_random(seed) % width);
    }
    return x;
}

static void long_format_hash_and_tag_identify_a_page(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    enum { N = 40000 };
    struct seen *seen = g_new(struct seen, N);
    u64 seed = 2;
    mmu_set_pta(&k->mmu, PTA(0, 1, 15));
    for (unsigned i = 0; i < N; i++) { /* few distinct bits, so that near misses abound */
        u64 rid = few_bits(&seed, 24), hpn = few_bits(&seed, 49);
        mmu_set_rr(&k->mmu, 0, RR(rid, 12, 1));
        seen[i] = (struct seen){mmu_thash(&k->mmu, hpn << 12), mmu_ttag(&k->mmu, hpn << 12), rid,
                                hpn};
    }
    qsort(seen, N, sizeof(*seen), by_hash);
    for (unsigned i = 1; i < N; i++) {
        if (by_hash(&seen[i - 1], &seen[i])) continue;
        assert_int_equal(seen[i - 1].rid, seen[i].rid);
        assert_int_equal(seen[i - 1].hpn, seen[i].hpn);
    }
    g_free(seen);
    kit_free(k);
}

/* A short-format table for region 1 whose page for addresses 0..8 MiB is at physical 0x10000. */
#define TABLE 0x10000ull
#define WALKED ((1ull << 61) + 0x5000)
#define ENTRY ((1ull << 61) + (1ull << 40) + 5 * 8)
#define WALKING (DT | IT | RT | IC)

static struct kit *short_kit(void)
{
    struct kit *k = kit_new();
    mmu_set_rr(&k->mmu, 1, RR(0x123, 12, 1));
    mmu_set_pta(&k->mmu, PTA(1ull << 40, 0, 24));
    mmu_set_psr(&k->mmu, WALKING);
    return k;
}

static void map_table(struct kit *k, u64 pte)
{
    assert_int_equal(mmu_insert_tc(&k->mmu, false, ENTRY, ITIR(0x55, 14), pte), MMU_OK);
}

static void poke(struct kit *k, u64 pa, u64 v)
{
    assert_true(physmem_write(k->pm, pa, &v, 8)); /* little endian host, as every host here is */
}

static enum mmu_fault load(struct kit *k, u64 va)
{
    return mmu_access(&k->mmu, va, 8, MMU_READ, 0, &span);
}

static void the_walker_finds_a_short_entry(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    map_table(k, PTE_EASY(TABLE));
    poke(k, TABLE + 40, PTE_EASY(0x9000) | PTE_ED);
    assert_int_equal(load(k, WALKED + 0x18), MMU_OK);
    assert_int_equal(span.pa, 0x9018);
    assert_true(span.ed);
    assert_int_equal(mmu_tak(&k->mmu, WALKED), 0x12300); /* the key is the rid */
    poke(k, TABLE + 40, 0);
    assert_int_equal(load(k, WALKED), MMU_OK); /* it is in the TC now */
    assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span), MMU_NOT_PRESENT); /* walks anew */
    assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span), MMU_NOT_PRESENT);
    poke(k, TABLE + 40, PTE_EASY(0x9000));
    assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span), MMU_NOT_PRESENT); /* p = 0 was inserted */
    assert_int_equal(mmu_purge_tc(&k->mmu, WALKED, 12), MMU_OK);
    assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span), MMU_OK);
    kit_free(k);
}

static void a_miss_names_the_entry_it_wanted(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    assert_int_equal(load(k, WALKED), MMU_VHPT); /* the table's page is not mapped */
    assert_int_equal(k->mmu.iha, ENTRY);
    k->mmu.iha = 0;
    assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span), MMU_VHPT);
    assert_int_equal(k->mmu.iha, ENTRY);
    map_table(k, PTE_EASY(TABLE));
    poke(k, TABLE + 40, PTE_EASY(0x9000) | 2); /* reserved bit */
    k->mmu.iha = 0;
    assert_int_equal(load(k, WALKED), MMU_MISS);
    assert_int_equal(k->mmu.iha, ENTRY);
    kit_free(k);
}

static void the_walker_runs_only_when_everything_enables_it(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    map_table(k, PTE_EASY(TABLE));
    for (unsigned i = 0; i < 64; i++) {
        bool dt = i & 1, rt = i & 2, it = i & 4, ic = i & 8, pta = i & 16, rr = i & 32;
        mmu_set_psr(&k->mmu, (dt ? DT : 0) | (rt ? RT : 0) | (it ? IT : 0) | (ic ? IC : 0));
        mmu_set_pta(&k->mmu, PTA(1ull << 40, 0, 24) - !pta);
        mmu_set_rr(&k->mmu, 1, RR(0x123, 12, rr));
        unsigned tpa = MMU_READ | MMU_NO_RIGHTS | MMU_VIRTUAL, rse = MMU_READ | MMU_RSE;
        bool on = pta && rr && dt, allowed; /* a walk would find p = 0 */
        if (dt) assert_int_equal(load(k, WALKED), on ? MMU_NOT_PRESENT : MMU_ALTERNATE);
        mmu_purge_all_tc(&k->mmu);
        map_table(k, PTE_EASY(TABLE));
        assert_int_equal(mmu_access(&k->mmu, WALKED, 1, tpa, 0, &span),
                         on ? MMU_NOT_PRESENT : MMU_ALTERNATE);
        mmu_purge_all_tc(&k->mmu);
        map_table(k, PTE_EASY(TABLE));
        assert_int_equal(mmu_probe(&k->mmu, WALKED, MMU_READ, 0, &allowed),
                         on ? MMU_NOT_PRESENT : MMU_ALTERNATE);
        mmu_purge_all_tc(&k->mmu);
        map_table(k, PTE_EASY(TABLE));
        if (rt) {
            assert_int_equal(mmu_access(&k->mmu, WALKED, 8, rse, 0, &span),
                             on ? MMU_NOT_PRESENT : MMU_ALTERNATE);
        }
        if (it) {
            assert_int_equal(mmu_fetch(&k->mmu, WALKED, &span),
                             on && ic ? MMU_NOT_PRESENT : MMU_ALTERNATE);
        }
        mmu_purge_all_tc(&k->mmu);
        map_table(k, PTE_EASY(TABLE));
    }
    kit_free(k);
}

static void the_walker_gives_up_on_a_bad_table_page(void **state)
{
    (void)state;
    static const struct { u64 pte; bool found; } row[] = {
        { PTE_EASY(TABLE), true },
        { PTE_EASY(TABLE) & ~(PTE_PL(3) | PTE_D), true }, /* level 0 reads it */
        { PTE_EASY(TABLE) | PTE_AR(7), true },
        { PTE_EASY(TABLE) & ~PTE_P, false },
        { PTE_EASY(TABLE) & ~PTE_A, false },
        { PTE_EASY(TABLE) | PTE_MA(7), false },
        { PTE_EASY(TABLE) | PTE_MA(4), false },
        { PTE_EASY(TABLE) | PTE_MA(6), false },
        { PTE_EASY(KIT_DEVICE), false },
        { PTE_EASY(0x40000000), false }, /* no memory there */
    };
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        struct kit *k = short_kit();
        mmu_set_psr(&k->mmu, WALKING | CPL(3));
        poke(k, TABLE + 40, PTE_EASY(0x9000));
        map_table(k, row[i].pte);
        assert_int_equal(mmu_access(&k->mmu, WALKED, 8, MMU_READ, 3, &span),
                         row[i].found ? MMU_OK : MMU_MISS);
        kit_free(k);
    }
}

static void keys_bind_the_walker_too(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    mmu_set_psr(&k->mmu, WALKING | PK);
    poke(k, TABLE + 40, PTE_EASY(0x9000));
    map_table(k, PTE_EASY(TABLE));
    mmu_set_pkr(&k->mmu, 0, 0x12301);
    assert_int_equal(load(k, WALKED), MMU_MISS);
    mmu_set_pkr(&k->mmu, 1, 0x5501 | 4);
    assert_int_equal(load(k, WALKED), MMU_MISS);
    mmu_set_pkr(&k->mmu, 1, 0x5501 | 8 | 2);
    assert_int_equal(load(k, WALKED), MMU_OK);
    kit_free(k);
}

static void the_walker_reads_in_dcr_order_whatever_psr_be(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    map_table(k, PTE_EASY(TABLE));
    poke(k, TABLE + 40, PTE_EASY(0x9000));
    mmu_set_psr(&k->mmu, WALKING | BE);
    assert_int_equal(load(k, WALKED), MMU_OK);
    assert_int_equal(mmu_purge_tc(&k->mmu, WALKED, 12), MMU_OK);
    k->mmu.dcr = 2;
    poke(k, TABLE + 40, __builtin_bswap64(PTE_EASY(0xa000)));
    assert_int_equal(load(k, WALKED), MMU_OK);
    assert_int_equal(span.pa, 0xa000);
    kit_free(k);
}

static void the_walker_inserts_nothing_over_a_translation_register(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    mmu_set_rr(&k->mmu, 1, RR(0x123, 14, 1));
    u64 entry = mmu_thash(&k->mmu, WALKED);
    assert_int_equal(mmu_insert_tc(&k->mmu, false, entry, ITIR(0, 14), PTE_EASY(TABLE)), MMU_OK);
    poke(k, TABLE + (entry & 0x3fff), PTE_EASY(0x8000));
    assert_int_equal(mmu_insert_tr(&k->mmu, false, 0, WALKED + 0x1000, ITIR(0, 12), PTE_EASY(0)),
                     MMU_OK);
    assert_int_equal(load(k, WALKED), MMU_MISS); /* a 16 KiB page with a hole would be needed */
    mmu_purge_tr(&k->mmu, false, WALKED + 0x1000, 12);
    assert_int_equal(load(k, WALKED), MMU_OK);
    assert_int_equal(span.pa, 0x9000);
    kit_free(k);
}

static void the_walker_finds_a_long_entry_by_its_tag(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    u64 va = (2ull << 61) + 0x123456789000;
    mmu_set_rr(m, 2, RR(0xabcdef, 12, 1));
    mmu_set_pta(m, PTA((7ull << 61) + 0x200000, 1, 16));
    mmu_set_psr(m, WALKING);
    u64 iha = mmu_thash(m, va), at = TABLE + (iha & 0xffff);
    assert_int_equal(iha >> 16, (0xe000000000200000 >> 16));
    assert_int_equal(load(k, va), MMU_VHPT);
    assert_int_equal(m->iha, iha);
    assert_int_equal(mmu_insert_tr(m, false, 0, iha, ITIR(0, 16), PTE_EASY(TABLE)), MMU_OK);
    poke(k, at, PTE_EASY(0x70000));
    poke(k, at + 8, ITIR(0x4321, 16)); /* its own page size and key */
    poke(k, at + 16, mmu_ttag(m, va));
    poke(k, at + 24, ~0ull); /* software's */
    assert_int_equal(load(k, va), MMU_OK);
    assert_int_equal(span.pa, 0x79000);
    assert_int_equal(mmu_tak(m, va ^ 0xf000), 0x432100);
    assert_int_equal(load(k, va ^ 0xf000), MMU_OK); /* 64 KiB of it */
    static const struct { u64 offset, flip; } bad[] = {
        { 16, 1ull << 63 }, { 16, 1 }, { 16, 1ull << 39 }, { 8, 1 }, { 8, 1ull << 32 },
        { 8, 1 << 2 }, { 0, 2 }, { 0, 1ull << 50 }, { 0, 1 << 2 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        u64 v;
        assert_int_equal(mmu_purge_tc(m, va, 16), MMU_OK);
        assert_true(physmem_read(k->pm, at + bad[i].offset, &v, 8));
        poke(k, at + bad[i].offset, v ^ bad[i].flip);
        assert_int_equal(load(k, va), MMU_MISS);
        poke(k, at + bad[i].offset, v);
        assert_int_equal(load(k, va), MMU_OK);
    }
    kit_free(k);
}

static void peeking_walks_without_inserting(void **state)
{
    (void)state;
    struct kit *k = short_kit();
    u64 pa = 0, before;
    map_table(k, PTE_EASY(TABLE));
    poke(k, TABLE + 40, PTE_EASY(0x9000));
    before = mmu_hash(&k->mmu, 0);
    assert_true(mmu_peek(&k->mmu, WALKED + 0x123, false, &pa));
    assert_int_equal(pa, 0x9123);
    assert_int_equal(mmu_hash(&k->mmu, 0), before);
    poke(k, TABLE + 40, 0);
    assert_false(mmu_peek(&k->mmu, WALKED, true, &pa));
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_format_addresses_match_hand_computed_vectors),
        cmocka_unit_test(long_format_addresses_stay_in_the_table),
        cmocka_unit_test(long_format_hash_and_tag_identify_a_page),
        cmocka_unit_test(the_walker_finds_a_short_entry),
        cmocka_unit_test(a_miss_names_the_entry_it_wanted),
        cmocka_unit_test(the_walker_runs_only_when_everything_enables_it),
        cmocka_unit_test(the_walker_gives_up_on_a_bad_table_page),
        cmocka_unit_test(keys_bind_the_walker_too),
        cmocka_unit_test(the_walker_reads_in_dcr_order_whatever_psr_be),
        cmocka_unit_test(the_walker_inserts_nothing_over_a_translation_register),
        cmocka_unit_test(the_walker_finds_a_long_entry_by_its_tag),
        cmocka_unit_test(peeking_walks_without_inserting),
    };
    return cmocka_run_group_tests_name("vhpt", tests, NULL, NULL);
}
