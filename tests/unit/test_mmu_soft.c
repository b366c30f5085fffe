/* The softTLB: who may enter, who must never be found in it, and that mode and process switches
 * keep it warm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_mmu_kit.h"

static struct mmu_span span;

static void insert(struct kit *k, u64 va, u64 pte)
{
    assert_int_equal(mmu_insert_tc(&k->mmu, false, va, ITIR(0, 12), pte), MMU_OK);
}

static void touch(struct kit *k, u64 va, unsigned how)
{
    assert_int_equal(mmu_access(&k->mmu, va, 1, how, k->mmu.cpl, &span), MMU_OK);
}

static void only_plain_memory_gets_in(void **state)
{
    (void)state;
    static const struct { u64 pte; bool r, w; } row[] = {
        { PTE_EASY(0x5000), true, true },
        { PTE_EASY(0x5000) & ~PTE_D, true, false },
        { PTE_EASY(0x5000) & ~PTE_AR(2), true, false }, /* 3 -> 1: rx */
        { PTE_EASY(KIT_ROM), true, false },
        { PTE_EASY(0x6000), true, false }, /* holds code */
        { PTE_EASY(KIT_DEVICE), false, false },
        { PTE_EASY(0x40000000), false, false },
        { PTE_EASY(0x5000) | PTE_MA(4), false, false },
        { PTE_EASY(0x5000) | PTE_MA(5), false, false },
        { PTE_EASY(0x5000) | PTE_MA(6), false, false },
    };
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    physmem_set_code(k->pm, 0x6000, true);
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        insert(k, 0x4000, row[i].pte);
        assert_null(soft_read(&k->mmu, 0x4000, 1));
        touch(k, 0x4010, MMU_READ);
        if (row[i].w) touch(k, 0x4010, MMU_WRITE);
        u8 *host = physmem_host(k->pm, (row[i].pte & 0xffffffff000) + 0x18, 8);
        assert_ptr_equal(soft_read(&k->mmu, 0x4018, 8), row[i].r ? host : NULL);
        assert_ptr_equal(soft_write(&k->mmu, 0x4018, 8), row[i].w ? host : NULL);
    }
    kit_free(k);
}

static void misaligned_and_foreign_addresses_never_hit(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT | RT);
    insert(k, 0x4000, PTE_EASY(0x5000));
    touch(k, 0x4000, MMU_READ | MMU_WRITE);
    for (unsigned size = 1; size <= 16; size *= 2) {
        for (unsigned off = 0; off < 32; off++) {
            assert_int_equal(soft_read(&k->mmu, 0x4000 + off, size) != NULL, off % size == 0);
            assert_int_equal(soft_write(&k->mmu, 0x4000 + off, size) != NULL, off % size == 0);
        }
        assert_null(soft_read(&k->mmu, 0x3000, size));
        assert_null(soft_read(&k->mmu, 0x4000 + SOFT_ENTRIES * 4096, size));
        assert_null(soft_read(&k->mmu, 0x2000000000004000, size));
        assert_null(soft_read(&k->mmu, ~0ull, 1));
        assert_null(soft_read(&k->mmu, align_down(~0ull, 16), size));
    }
    assert_non_null(soft_rse(&k->mmu, 0x4ff8, true));
    assert_non_null(soft_rse(&k->mmu, 0x4ff8, false));
    assert_null(soft_rse(&k->mmu, 0x5000, false));
    kit_free(k);
}

static void special_modes_use_no_short_cut(void **state)
{
    (void)state;
    static const struct { u64 psr; bool dbr, data, rse; } row[] = {
        { DT | RT, true, true, true },
        { DT | RT | BE, false, false, true },
        { DT | RT | DA, false, false, false },
        { DT | RT | DB, false, true, true },
        { DT | RT | DB, true, false, false },
        { DT | RT | DB | DD, true, false, false },
        { DT, false, true, false },
        { RT, false, false, true },
        { DT | RT | CPL(1), false, false, true }, /* rsc.pl stays 0 */
        { DT | RT | PK, false, false, false },    /* keys: another set, empty so far */
        { DT | RT | IC | AC | IT, false, true, true },
    };
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        struct kit *k = kit_new();
        insert(k, 0x4000, PTE_EASY(0x5000));
        mmu_set_psr(&k->mmu, DT | RT);
        touch(k, 0x4000, MMU_READ);
        mmu_set_dbr(&k->mmu, 1, row[i].dbr ? 1ull << 63 | 1ull << 56 | mask64(56) : 1ull << 63);
        mmu_set_psr(&k->mmu, row[i].psr);
        assert_int_equal(soft_read(&k->mmu, 0x4000, 8) != NULL, row[i].data);
        assert_int_equal(soft_rse(&k->mmu, 0x4000, false) != NULL, row[i].rse);
        if (!row[i].data && (row[i].psr & (BE | DA | DB))) { /* nor does it learn there */
            insert(k, 0x9000, PTE_EASY(0x9000));
            touch(k, 0x9000, MMU_READ);
            mmu_set_psr(&k->mmu, DT | RT);
            assert_null(soft_read(&k->mmu, 0x9000, 8));
            assert_non_null(soft_read(&k->mmu, 0x4000, 8));
        }
        kit_free(k);
    }
}

static void the_stack_engine_has_its_own_level_and_order(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    mmu_set_psr(m, DT | RT);
    mmu_set_rsc(m, 3, false);
    insert(k, 0x4000, PTE_EASY(0x5000));
    insert(k, 0x6000, PTE_EASY(0x6000) & ~PTE_PL(3));
    assert_int_equal(mmu_access(m, 0x4000, 8, MMU_WRITE | MMU_RSE, 3, &span), MMU_OK);
    assert_non_null(soft_rse(m, 0x4000, true));
    assert_null(soft_write(m, 0x4000, 8)); /* cpl 0 has not been there */
    touch(k, 0x6000, MMU_READ);
    assert_non_null(soft_read(m, 0x6000, 8));
    assert_null(soft_rse(m, 0x6000, false)); /* level 3 may not */
    assert_int_equal(mmu_access(m, 0x6000, 8, MMU_READ | MMU_RSE, 3, &span), MMU_ACCESS_RIGHTS);
    mmu_set_rsc(m, 3, true);
    assert_null(soft_rse(m, 0x4000, true));
    mmu_set_rsc(m, 0, false);
    assert_non_null(soft_rse(m, 0x6000, false));
    kit_free(k);
}

static void a_page_that_becomes_code_loses_its_write_entries(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu other;
    mmu_init(&other, k->pm); /* a second processor on the same memory, in physical mode */
    mmu_set_psr(&k->mmu, DT);
    insert(k, 0x4000, PTE_EASY(0x5000));
    insert(k, 0x7000, PTE_EASY(0x5000)); /* an alias */
    insert(k, 0x8000, PTE_EASY(0x6000));
    for (u64 va = 0x4000; va <= 0x8000; va += 0x1000) {
        if (va != 0x5000 && va != 0x6000) touch(k, va, MMU_WRITE);
    }
    assert_int_equal(mmu_access(&other, 0x5000, 8, MMU_WRITE, 0, &span), MMU_OK);
    assert_non_null(soft_write(&other, 0x5000, 8));
    physmem_set_code(k->pm, 0x5000, true);
    assert_null(soft_write(&k->mmu, 0x4000, 8));
    assert_null(soft_write(&k->mmu, 0x7000, 8));
    assert_null(soft_write(&other, 0x5000, 8));
    assert_non_null(soft_write(&k->mmu, 0x8000, 8));
    assert_non_null(soft_read(&k->mmu, 0x4000, 8));
    touch(k, 0x4000, MMU_WRITE); /* allowed, by the slow path only */
    assert_non_null(span.host);
    assert_null(soft_write(&k->mmu, 0x4000, 8));
    physmem_note_write(k->pm, 0x5000, 8);
    touch(k, 0x4000, MMU_WRITE);
    assert_non_null(soft_write(&k->mmu, 0x4000, 8));
    mmu_flush_writes(&k->mmu);
    assert_null(soft_write(&k->mmu, 0x4000, 8));
    assert_non_null(soft_read(&k->mmu, 0x4000, 8));
    mmu_flush_soft(&k->mmu);
    assert_null(soft_read(&k->mmu, 0x4000, 8));
    mmu_destroy(&other);
    physmem_set_code(k->pm, 0x6000, true); /* the destroyed one is not asked any more */
    kit_free(k);
}

static void system_calls_and_context_switches_keep_everything_warm(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    for (unsigned pass = 0; pass < 3; pass++) {
        for (unsigned p = 0; p < 5; p++) {
            mmu_set_psr(m, DT | RT);
            for (unsigned r = 0; r < 5; r++) mmu_set_rr(m, r, RR(0x1000 + p * 8 + r, 14, 1));
            for (unsigned r = 0; r < 5; r++) {
                u64 va = (u64)r << 61 | 0x4000;
                if (pass == 0) insert(k, va, PTE_EASY(0x10000 * (p * 8 + r)));
                for (unsigned cpl = 0; cpl < 4; cpl += 3) {
                    mmu_set_psr(m, DT | RT | CPL(cpl));
                    if (pass == 0) touch(k, va, MMU_WRITE);
                    assert_ptr_equal(soft_write(m, va + 8, 8),
                                     physmem_host(k->pm, 0x10000 * (p * 8 + r) + 8, 8));
                }
            }
        }
        mmu_set_psr(m, 0);
        touch(k, 0x4000, MMU_READ);
        assert_ptr_equal(soft_read(m, 0x4000, 8), physmem_host(k->pm, 0x4000, 8));
        for (u64 r = 1; r < 8; r++) assert_null(soft_read(m, r << 61 | 0x4000, 8));
    }
    kit_free(k);
}

static void more_spaces_than_sets_only_cost_time(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    struct mmu *m = &k->mmu;
    u64 seed = 7;
    mmu_set_psr(m, DT);
    for (unsigned i = 0; i < 20000; i++) {
        u64 x = kit_random(&seed);
        unsigned r = x & 7, rid = 1 + (x >> 8) % 200, level = x >> 3 & 3;
        u64 va = (u64)r << 61 | (x >> 5 & 3) << 12;
        mmu_set_rr(m, r, RR(rid, 12, 0));
        mmu_set_psr(m, DT | CPL(level) | (x >> 40 & 1 ? PK : 0));
        u8 *host = soft_read(m, va, 8);
        u64 pa = (u64)rid << 14 | (va & 0x3000);
        if (host) {
            assert_ptr_equal(host, physmem_host(k->pm, pa, 8));
            assert_int_equal(mmu_tak(m, va), 0x100);
            continue;
        }
        mmu_set_pkr(m, 0, 0x101);
        assert_int_equal(mmu_insert_tc(m, false, va, ITIR(1, 12), PTE_EASY(pa)), MMU_OK);
        touch(k, va, MMU_READ);
        assert_int_equal(span.pa, pa);
        assert_ptr_equal(soft_read(m, va, 8), span.host);
    }
    kit_free(k);
}

static void reset_forgets_everything(void **state)
{
    (void)state;
    struct kit *k = kit_new();
    mmu_set_psr(&k->mmu, DT);
    insert(k, 0x4000, PTE_EASY(0x5000));
    touch(k, 0x4000, MMU_READ);
    u64 epoch = k->mmu.code_epoch;
    mmu_reset(&k->mmu);
    assert_int_not_equal(k->mmu.code_epoch, epoch);
    mmu_set_psr(&k->mmu, DT);
    mmu_set_rr(&k->mmu, 0, RR(0x100, 12, 0));
    assert_null(soft_read(&k->mmu, 0x4000, 8));
    assert_int_equal(mmu_access(&k->mmu, 0x4000, 8, MMU_READ, 0, &span), MMU_ALTERNATE);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_plain_memory_gets_in),
        cmocka_unit_test(misaligned_and_foreign_addresses_never_hit),
        cmocka_unit_test(special_modes_use_no_short_cut),
        cmocka_unit_test(the_stack_engine_has_its_own_level_and_order),
        cmocka_unit_test(a_page_that_becomes_code_loses_its_write_entries),
        cmocka_unit_test(system_calls_and_context_switches_keep_everything_warm),
        cmocka_unit_test(more_spaces_than_sets_only_cost_time),
        cmocka_unit_test(reset_forgets_everything),
    };
    return cmocka_run_group_tests_name("mmu soft", tests, NULL, NULL);
}
