/* The table of system registers: is it well formed, and do the accessors keep its promises?
 * How instructions obey it is tested in tests/isa/test_exec_system.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/sysreg.h"

static struct physmem *pm;

static int setup(void **state)
{
    pm = physmem_new();
    *state = cpu_new(pm, 0x12, NULL);
    return 0;
}

static int teardown(void **state)
{
    cpu_free(*state);
    physmem_free(pm);
    return 0;
}

/* Numbers and names, from SDM 1:3.1.8 and 2:3.3, in order. */
static const struct {
    unsigned n;
    const char *name;
} ars[] = {
    {0, "kr0"},   {1, "kr1"},       {2, "kr2"},   {3, "kr3"},    {4, "kr4"},    {5, "kr5"},
    {6, "kr6"},   {7, "kr7"},       {16, "rsc"},  {17, "bsp"},   {18, "bspstore"}, {19, "rnat"},
    {21, "fcr"},  {24, "eflag"},    {25, "csd"},  {26, "ssd"},   {27, "cflg"},  {28, "fsr"},
    {29, "fir"},  {30, "fdr"},      {32, "ccv"},  {36, "unat"},  {40, "fpsr"},  {44, "itc"},
    {64, "pfs"},  {65, "lc"},       {66, "ec"},
}, crs[] = {
    {0, "dcr"},   {1, "itm"},   {2, "iva"},   {8, "pta"},   {16, "ipsr"}, {17, "isr"}, {19, "iip"},
    {20, "ifa"},  {21, "itir"}, {22, "iipa"}, {23, "ifs"},  {24, "iim"},  {25, "iha"}, {64, "lid"},
    {65, "ivr"},  {66, "tpr"},  {67, "eoi"},  {68, "irr0"}, {69, "irr1"}, {70, "irr2"},
    {71, "irr3"},
    {72, "itv"},  {73, "pmv"},  {74, "cmcv"}, {80, "lrr0"}, {81, "lrr1"},
};

static bool ignored_ar(unsigned n)
{
    return (n >= 48 && n < 64) || n >= 112;
}

static void the_table_has_the_registers_of_the_manual(void **state)
{
    unsigned a = 0, c = 0;
    (void)state;
    for (unsigned n = 0; n < 128; n++) {
        if (a < ARRAY_LEN(ars) && ars[a].n == n) {
            assert_string_equal(ar_table[n].name, ars[a++].name);
        } else {
            assert_int_equal(ar_table[n].name != NULL, ignored_ar(n));
        }
        if (c < ARRAY_LEN(crs) && crs[c].n == n) {
            assert_string_equal(cr_table[n].name, crs[c++].name);
        } else {
            assert_null(cr_table[n].name);
        }
    }
}

static void rows_are_complete_and_do_not_contradict_themselves(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        const struct sysreg *r = n < 128 ? &ar_table[n] : &cr_table[n - 128];
        if (!r->name) {
            assert_int_equal(r->unit, 0);
            continue;
        }
        assert_non_null(r->get);
        assert_non_null(r->set);
        assert_int_not_equal(r->unit, 0);
        assert_true((r->reserved & r->ignored) == 0);
        assert_true((r->reset & (r->reserved | r->ignored)) == 0);
        assert_true(!r->check || r->check(r->reset));
    }
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        assert_non_null(file_table[f].name);
        assert_int_not_equal(file_table[f].count, 0);
        assert_true(file_table[f].index_hi - file_table[f].index_lo >= 2);
    }
}

static void reset_gives_every_register_its_reset_value(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned n = 0; n < 128; n++) {
        cpu->ar[n] = cpu->cr[n] = ~0ull;
    }
    cpu_reset(cpu);
    for (unsigned n = 0; n < 128; n++) {
        if (ar_table[n].name && n != AR_ITC) assert_true(cpu_ar(cpu, n) == ar_table[n].reset);
        if (!cr_table[n].name || n == CR_LID || n == CR_IVR) continue;
        assert_true(cpu_cr(cpu, n) == cr_table[n].reset);
    }
    assert_true(cpu_cr(cpu, CR_LID) == 0x12000000);
    assert_true(cpu_cr(cpu, CR_IVR) == 15);
}

static void raw_writes_store_all_bits_but_the_ignored(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned n = 0; n < 128; n++) {
        const struct sysreg *a = &ar_table[n], *c = &cr_table[n];
        u64 value = 0x123456789abcdef0ull ^ ((u64)n << 32);
        if (a->name && n != AR_ITC && !(a->rules & SR_RO)) {
            cpu_set_ar(cpu, n, value);
            assert_true(cpu_ar(cpu, n) == (value & ~a->ignored));
        }
        if (c->name && !(c->rules & SR_RO)) {
            cpu_set_cr(cpu, n, value);
            assert_true(cpu_cr(cpu, n) == (value & ~c->ignored));
        }
    }
}

static void raw_writes_to_reserved_and_read_only_registers_vanish(void **state)
{
    struct cpu *cpu = *state;
    u64 bsp = cpu_ar(cpu, AR_BSP), hash = cpu_hash(cpu, 1);
    for (unsigned n = 0; n < 128; n++) {
        if (!ar_table[n].name || ignored_ar(n)) cpu_set_ar(cpu, n, ~0ull);
        if (!cr_table[n].name || (cr_table[n].rules & SR_RO)) cpu_set_cr(cpu, n, ~0ull);
    }
    cpu_set_ar(cpu, AR_BSP, 0x5000);
    assert_true(cpu_ar(cpu, AR_BSP) == bsp);
    assert_true(cpu_hash(cpu, 1) == hash);
}

static void writes_reach_the_mmu(void **state)
{
    struct cpu *cpu = *state;
    cpu_set_cr(cpu, CR_DCR, 2);
    assert_int_equal(cpu->mmu.dcr, 2);
    cpu_set_cr(cpu, CR_PTA, 0x1ffffffff8000000ull | 20 << 2 | 1);
    assert_true(cpu->mmu.pta == (0x1ffffffff8000000ull | 20 << 2 | 1));
    cpu_set_ar(cpu, AR_RSC, 2 << 2 | 1 << 4);
    assert_int_equal(cpu->mmu.rsc_pl, 2);
    assert_int_equal(cpu->mmu.rsc_be, 1);
    cpu_set_rr(cpu, 5, 0x77700 | 16 << 2);
    assert_int_equal(cpu->mmu.rr[5], 0x77700 | 16 << 2);
}

static void itc_is_time_plus_an_offset(void **state)
{
    struct cpu *cpu = *state;
    cpu_set_ar(cpu, AR_ITC, 1000);
    assert_int_equal(cpu_ar(cpu, AR_ITC), 1000);
    cpu_skip_time(cpu, 234);
    assert_int_equal(cpu_ar(cpu, AR_ITC), 1234);
    assert_int_equal(cpu_itc(cpu), 1234);
    cpu_set_ar(cpu, AR_ITC, 0);
    assert_int_equal(cpu_ar(cpu, AR_ITC), 0);
}

/* A change of anything a program can see changes the hash; reading changes nothing. */
static void the_hash_sees_every_register(void **state)
{
    struct cpu *cpu = *state;
    u64 hash = cpu_hash(cpu, 7);
    assert_true(cpu_hash(cpu, 7) == hash);
    assert_true(cpu_hash(cpu, 8) != hash);
#define CHANGES(what)                                                                              \
    do {                                                                                           \
        what;                                                                                      \
        u64 now = cpu_hash(cpu, 7);                                                                \
        if (now == hash) fail_msg("the hash does not see: %s", #what);                             \
        hash = now;                                                                                \
    } while (0)
    for (unsigned r = 1; r < 128; r++) CHANGES(cpu_set_gr(cpu, r, r + 5, false));
    CHANGES(cpu_set_gr(cpu, 77, 77 + 5, true));
    for (unsigned r = 2; r < 128; r++) CHANGES(cpu_set_fr(cpu, r, ((struct fpreg){r, r, 0})));
    CHANGES(cpu_set_fr(cpu, 9, ((struct fpreg){9, 9, 1})));
    for (unsigned r = 16; r < 32; r++) CHANGES(cpu_set_banked_gr(cpu, r, r, false));
    CHANGES(cpu_set_banked_gr(cpu, 20, 20, true));
    for (unsigned b = 0; b < 8; b++) CHANGES(cpu_set_br(cpu, b, b + 3));
    CHANGES(cpu_set_pr(cpu, 1ull << 63));
    CHANGES(cpu_set_ip(cpu, 0x1230, 0));
    CHANGES(cpu_set_ip(cpu, 0x1230, 1));
    CHANGES(cpu_set_psr(cpu, PSR_BN | PSR_MFL));
    CHANGES(cpu_set_psr(cpu, PSR_BN | PSR_I));
    CHANGES(cpu_set_rr(cpu, 3, 0x500 | 12 << 2));
    CHANGES(cpu_post_vector(cpu, 44));
    CHANGES((void)lsapic_read_ivr(cpu));
    CHANGES(pmu_set_pmc(cpu, 5, 2));
    CHANGES(pmu_set_pmd(cpu, 5, 2));
    CHANGES(cpu_skip_time(cpu, 1));
    CHANGES(cpu_cover(cpu));
    for (unsigned n = 0; n < 128; n++) {
        if (ar_table[n].name && !ignored_ar(n) && n != AR_BSP) {
            CHANGES(cpu_set_ar(cpu, n, 0x7f0000000000 + 64 * n + 40));
        }
        const struct sysreg *c = &cr_table[n];
        if (c->name && !(c->rules & SR_RO) && n != CR_EOI) {
            CHANGES(cpu_set_cr(cpu, n, 0x7ff8000 + 8 * n + 4));
        }
    }
}

/* --- the JSON dump --------------------------------------------------------------------------- */

static void expect_text(const GString *json, const char *text)
{
    if (!strstr(json->str, text)) fail_msg("not in the dump: %s", text);
}

static unsigned occurrences(const char *text, char c)
{
    unsigned n = 0;
    for (; *text; text++) n += *text == c;
    return n;
}

static void the_dump_names_registers_as_the_manual_does(void **state)
{
    struct cpu *cpu = *state;
    GString *json = g_string_new(NULL);
    cpu_set_cfm(cpu, 40 | 20 << 7 | 2 << 14 | 3 << 18 | 5ull << 25 | 7ull << 32);
    cpu_set_ar(cpu, AR_BSPSTORE, 0x123450);
    cpu_set_cr(cpu, CR_IIP, 0xdeadbeef0ull);
    cpu_set_br(cpu, 7, ~0ull);
    cpu_set_fr(cpu, 127, ((struct fpreg){0x8000000000000000, 0x1003e, 1}));
    cpu_set_gr(cpu, 1, 0x1f, true);
    cpu_set_ip(cpu, 0x40, 2);
    cpu_dump_json(cpu, json);
    expect_text(json, "{\"ip\":\"0x40\",\"ri\":\"0x2\",");
    expect_text(json, "\"gr\":[\"0x0\",\"0x1f\",\"0x0\",");
    expect_text(json, "\"gr_nat\":[\"0x0\",\"0x1\",\"0x0\",");
    expect_text(json, "\"sof\":\"0x28\",\"sol\":\"0x14\",\"sor\":\"0x2\",\"rrb.gr\":\"0x3\","
                      "\"rrb.fr\":\"0x5\",\"rrb.pr\":\"0x7\"");
    expect_text(json, "{\"sign\":\"0x1\",\"exp\":\"0x1003e\",\"sig\":\"0x8000000000000000\"}]");
    expect_text(json, "\"0xffffffffffffffff\"],\"cfm\"");
    expect_text(json, "\"bspstore\":\"0x123450\"");
    expect_text(json, "\"iip\":\"0xdeadbeef0\"");
    expect_text(json, "\"itm\":\"0x0\"");
    expect_text(json, "\"tr\":{\"itr\":[],\"dtr\":[]},\"last_interruption\":null}");
    g_string_free(json, TRUE);
}

static void the_dump_is_well_formed(void **state)
{
    struct cpu *cpu = *state;
    GString *json = g_string_new(NULL);
    assert_int_equal(mmu_insert_tr(&cpu->mmu, false, 5, 0x4000, 14 << 2, 0x661), MMU_OK);
    assert_int_equal(mmu_insert_tr(&cpu->mmu, false, 9, 0x8000, 14 << 2, 0x661), MMU_OK);
    cpu_dump_json(cpu, json);
    expect_text(json, "\"dtr\":[{\"slot\":\"0x5\",\"ifa\":\"0x4000\",\"itir\":\"0x38\","
                      "\"pte\":\"0x661\",\"rid\":\"0x0\"},{\"slot\":\"0x9\"");
    assert_int_equal(occurrences(json->str, '{'), occurrences(json->str, '}'));
    assert_int_equal(occurrences(json->str, '['), occurrences(json->str, ']'));
    assert_int_equal(occurrences(json->str, '"') % 2, 0);
    assert_null(strstr(json->str, ",,"));
    assert_null(strstr(json->str, "{,"));
    assert_null(strstr(json->str, "[,"));
    assert_null(strstr(json->str, ",}"));
    assert_null(strstr(json->str, "}{"));
    g_string_free(json, TRUE);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_table_has_the_registers_of_the_manual),
        TEST(rows_are_complete_and_do_not_contradict_themselves),
        TEST(reset_gives_every_register_its_reset_value),
        TEST(raw_writes_store_all_bits_but_the_ignored),
        TEST(raw_writes_to_reserved_and_read_only_registers_vanish),
        TEST(writes_reach_the_mmu),
        TEST(itc_is_time_plus_an_offset),
        TEST(the_hash_sees_every_register),
        TEST(the_dump_names_registers_as_the_manual_does),
        TEST(the_dump_is_well_formed),
    };
    return cmocka_run_group_tests_name("sysreg", tests, NULL, NULL);
}
