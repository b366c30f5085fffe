/* The counters of privileged operations, fed with events that no guest needs to make: sums against a
 * plain list, and bounds on everything a guest can choose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/psr.h"
#include "monitor/privops.h"

static struct {
    struct config config;
    struct machine *m;
    struct tally *tally;
    u64 sum, by_kind[EVENT_KINDS];
    unsigned places;
} t;

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    config_init(&t.config);
    t.config.mem = 1 << 20;
    t.m = machine_new(&t.config, NULL);
    assert_non_null(t.m);
    t.tally = tally_start(t.m);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tally_free(t.tally);
    machine_free(t.m);
    config_clear(&t.config);
    return 0;
}

static void tell(enum event_kind kind, s32 number, s32 sub, u64 ip)
{
    struct event e = { .kind = kind, .number = number, .sub = sub, .ip = ip };
    cpu_tell(machine_cpu(t.m, 0), &e);
}

static void mark(const char *name, u64 iterations)
{
    struct event e = { .kind = EVENT_MARK, .number = name == NULL, .name = name, .args = { iterations } };
    if (name && !*name) e.name = NULL; /* begins, but cannot be read */
    cpu_tell(machine_cpu(t.m, 0), &e);
}

static void add(void *opaque, const struct place *p)
{
    (void)opaque;
    t.sum += p->count;
    t.by_kind[p->kind] += p->count;
    t.places++;
}

static void sum_up(void)
{
    t.sum = t.places = 0;
    memset(t.by_kind, 0, sizeof t.by_kind);
    tally_each(t.tally, add, NULL);
}

/* --- counters --------------------------------------------------------------------------------- */

#define ROUNDS 200000u
#define IPS 700u

static u64 expected[2][IPS][40];

static void compare(void *opaque, const struct place *p)
{
    (void)opaque;
    assert_true(p->kind == EVENT_PRIVOP || p->kind == EVENT_TRAPPED);
    unsigned ip = (unsigned)((p->ip - 0xa000000000000000ull) / 16);
    assert_true(ip < IPS && p->sub + 1 >= 0 && p->sub + 1 < 40);
    assert_int_equal(p->count, expected[p->kind == EVENT_TRAPPED][ip][p->sub + 1]);
    expected[p->kind == EVENT_TRAPPED][ip][p->sub + 1] = 0;
}

static void counters_equal_a_plain_list(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(5);
    int row = isa_row_of("mov_to_cr");
    memset(expected, 0, sizeof expected);
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool trapped = g_rand_boolean(random);
        s32 ip = g_rand_int_range(random, 0, IPS), sub = g_rand_int_range(random, -1, 39);
        tell(trapped ? EVENT_TRAPPED : EVENT_PRIVOP, row, sub, 0xa000000000000000ull + 16u * (u64)ip);
        expected[trapped][ip][sub + 1]++;
    }
    tally_each(t.tally, compare, NULL);
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned ip = 0; ip < IPS; ip++) {
            for (unsigned s = 0; s < 40; s++) assert_int_equal(expected[k][ip][s], 0);
        }
    }
    g_rand_free(random);
}

static void no_place_is_lost_when_there_are_too_many(void **state)
{
    (void)state;
    const u64 many = 3000000;
    for (u64 ip = 0; ip < many; ip++) tell(EVENT_PRIVOP, 1, -1, 16 * ip);
    sum_up();
    assert_int_equal(t.sum, many);
    assert_true(t.places <= (1u << 20) + 1);
}

static void numbers_a_guest_makes_up_share_counters(void **state)
{
    (void)state;
    for (s32 i = 0; i < 100000; i++) {
        tell(EVENT_HYPERCALL, i, -1, 0);
        tell(EVENT_HYPERCALL, 32, i, 0);
        tell(EVENT_HYPERCALL, -i, -i, 0);
        tell(EVENT_FIRMWARE, i * 21001, i % 4, 0);
    }
    sum_up();
    assert_int_equal(t.sum, 400000);
    assert_true(t.places < 300);
}

/* --- phases ----------------------------------------------------------------------------------- */

static const struct phase *phase(const char *name)
{
    for (unsigned i = 0; i < tally_phases(t.tally); i++) {
        if (!strcmp(tally_phase(t.tally, i)->name, name)) return tally_phase(t.tally, i);
    }
    return NULL;
}

static void one_name_is_one_phase(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        mark("a", 10);
        mark(NULL, 0);
    }
    mark("b", 0);
    tally_finish(t.tally);
    assert_int_equal(tally_phases(t.tally), 4); /* boot, between, a, b */
    assert_int_equal(phase("a")->iterations, 30);
    assert_int_equal(phase("a")->begun, 3);
    assert_int_equal(phase("b")->begun, 1);
    assert_true(tally_is_marked(t.tally));
}

static void without_marks_there_is_one_phase(void **state)
{
    (void)state;
    mark(NULL, 0); /* the end of nothing */
    tally_finish(t.tally);
    assert_false(tally_is_marked(t.tally));
    assert_string_equal(tally_phase(t.tally, 0)->name, "all");
}

static void phases_beyond_number_and_depth_are_harmless(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < 1000; i++) {
        g_snprintf(name, sizeof name, "n%u", i);
        mark(name, 1);
        tell(EVENT_PRIVOP, 1, -1, 16);
        if (i < 900) mark(NULL, 0); /* the last hundred, each in the one before */
    }
    for (unsigned i = 0; i < 2000; i++) mark(NULL, 0);
    mark("", 0);
    tell(EVENT_PRIVOP, 1, -1, 16);
    tally_finish(t.tally);
    assert_int_equal(tally_phases(t.tally), PHASES_MAX);
    assert_string_equal(tally_phase(t.tally, PHASES_MAX - 1)->name, "(more phases)");
    sum_up();
    assert_int_equal(t.sum, 1001);
}

static void names_that_cannot_be_read_are_numbered(void **state)
{
    (void)state;
    mark("", 1);
    mark(NULL, 0);
    mark("", 1);
    assert_non_null(phase("phase 1"));
    assert_non_null(phase("phase 2"));
}

/* --- time line -------------------------------------------------------------------------------- */

static void the_time_line_keeps_all_events_at_any_length(void **state)
{
    (void)state;
    const struct timeline *line = tally_timeline(t.tally);
    u64 time = 1, n = 0;
    for (; time < 1ull << 61; time += time / 8 + 1, n++) {
        struct event e = { .kind = EVENT_TRAPPED, .time = time };
        cpu_tell(machine_cpu(t.m, 0), &e);
    }
    u64 sum = 0;
    assert_true(line->used <= TIMELINE_BUCKETS && line->used * line->width >= time / 2);
    for (unsigned i = 0; i < line->used; i++) sum += line->count[i][EVENT_TRAPPED];
    assert_int_equal(sum, n);
}

/* --- names ------------------------------------------------------------------------------------ */

/* No row may hide behind an earlier one: each finds the operation it is meant for. */
static void every_privileged_instruction_has_an_operation(void **state)
{
    (void)state;
    for (unsigned row = 0; row < insn_row_count; row++) {
        struct place p = { .kind = EVENT_PRIVOP, .number = row, .sub = -1 };
        u32 attrs = insn_rows[row].attrs;
        bool counted = (attrs & (ATTR_PRIV | ATTR_SENS)) && strncmp(insn_rows[row].meaning, "vmsw", 4);
        if (counted && operation_of(&p) < 0) fail_msg("%s has no row", insn_rows[row].meaning);
    }
    for (unsigned n = 1; n <= 0x1a; n++) {
        struct place p = { .kind = EVENT_HYPERPRIVOP, .number = n, .sub = -1 };
        if (operation_of(&p) < 0) fail_msg("hyperprivop %#x has no row", n);
    }
}

static const char *name_of(enum event_kind kind, const char *meaning, s32 sub)
{
    struct place p = { .kind = kind, .number = (u32)isa_row_of(meaning), .sub = sub };
    int op = operation_of(&p);
    return op < 0 ? "(none)" : operation((unsigned)op)->name;
}

static void registers_and_bits_choose_the_row(void **state)
{
    (void)state;
    assert_string_equal(name_of(EVENT_PRIVOP, "mov_from_cr", 19), "mov =cr.iip");
    assert_string_equal(name_of(EVENT_TRAPPED, "mov_from_cr", 73), "mov =cr: other");
    assert_string_equal(name_of(EVENT_PRIVOP, "mov_to_cr", 24), "mov cr: other of these");
    assert_string_equal(name_of(EVENT_PRIVOP, "mov_to_ar_m_imm", 7), "mov ar.k=");
    assert_string_equal(name_of(EVENT_PRIVOP, "mov_to_ar_m_r", 32), "(none)");
    assert_string_equal(name_of(EVENT_PRIVOP, "ssm", TOUCHES_I | TOUCHES_IC), "ssm psr.i");
    assert_string_equal(name_of(EVENT_PRIVOP, "rsm", TOUCHES_IC), "rsm psr.ic");
    assert_string_equal(name_of(EVENT_PRIVOP, "rsm", TOUCHES_OTHER), "ssm, rsm: other");
}

static void xen_names_are_those_of_its_tables(void **state)
{
    (void)state;
    static const struct {
        const char *meaning;
        s32 sub;
        const char *xen;
    } trapped[] = {
        { "mov_to_cr", 67, "mov_to_cr[67]" }, { "itc_d", -1, "misc_privop[0x2e]" },
        { "ptc_e", -1, "misc_privop[0x34]" }, { "rfi", -1, "rfi" }, { "ssm", 1, "ssm" },
        { "mov_to_ar_m_imm", 3, "mov_to_ar_imm" }, { "mov_to_rr", 3, "misc_privop[0x00]" },
        { "mov_to_psr_l", -1, "misc_privop[0x2d]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(trapped); i++) {
        struct place p = { .kind = EVENT_TRAPPED, .number = (u32)isa_row_of(trapped[i].meaning),
                           .sub = trapped[i].sub };
        char *name = place_xen_counter(&p, WAY_DOMAIN);
        assert_string_equal(name, trapped[i].xen);
        g_free(name);
    }
}

static void what_xen_counts_in_two_places_has_two_names(void **state)
{
    (void)state;
    static const struct {
        struct place place;
        const char *xen;
    } rows[] = {
        { { .kind = EVENT_HYPERPRIVOP, .number = 7 }, "fast_hyperprivop[0x07]" },
        { { .kind = EVENT_HYPERPRIVOP, .number = 7, .other = true }, "slow_hyperprivop[0x07]" },
        { { .kind = EVENT_REFLECT, .number = 0x2c00 }, "slow_reflect[0x2c]" },
        { { .kind = EVENT_REFLECT, .number = 0x2c00, .other = true }, "fast_reflect[0x2c]" },
        { { .kind = EVENT_FIRMWARE, .number = 29 }, "fw_hypercall[0x10], pal_halt_light" },
        { { .kind = EVENT_FIRMWARE, .number = 29, .other = true }, "fw_hypercall[0x10], idle_when_pending" },
        { { .kind = EVENT_FIRMWARE, .number = 1 }, "fw_hypercall[0x10]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *name = place_xen_counter(&rows[i].place, WAY_DOMAIN);
        assert_string_equal(name, rows[i].xen);
        assert_null(place_xen_counter(&rows[i].place, WAY_NATIVE));
        g_free(name);
    }
}

/* The column of privops.def says by hand what place_xen_counter derives. */
static void the_column_for_xen_is_right(void **state)
{
    (void)state;
    for (unsigned row = 0; row < insn_row_count; row++) {
        for (s32 sub = -1; sub < 128; sub++) {
            struct place p = { .kind = EVENT_TRAPPED, .number = row, .sub = sub };
            int op = operation_of(&p);
            if (!(insn_rows[row].attrs & ATTR_PRIV) || op < 0) continue;
            char *name = place_xen_counter(&p, WAY_DOMAIN);
            const char *column = operation((unsigned)op)->xen;
            bool any = strstr(column, "[n]") || strstr(column, "sm");
            bool register_fits = (sub >= 0) == (strstr(name, "cr[") != NULL);
            if (!any && register_fits && g_strcmp0(name, column)) {
                fail_msg("%s[%d]: %s, not %s", insn_rows[row].meaning, sub, name, column);
            }
            g_free(name);
        }
    }
}

#define WITH_TALLY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    isa_init();
    const struct CMUnitTest tests[] = {
        WITH_TALLY(counters_equal_a_plain_list),
        WITH_TALLY(no_place_is_lost_when_there_are_too_many),
        WITH_TALLY(numbers_a_guest_makes_up_share_counters),
        WITH_TALLY(one_name_is_one_phase),
        WITH_TALLY(without_marks_there_is_one_phase),
        WITH_TALLY(phases_beyond_number_and_depth_are_harmless),
        WITH_TALLY(names_that_cannot_be_read_are_numbered),
        WITH_TALLY(the_time_line_keeps_all_events_at_any_length),
        cmocka_unit_test(every_privileged_instruction_has_an_operation),
        cmocka_unit_test(registers_and_bits_choose_the_row),
        cmocka_unit_test(xen_names_are_those_of_its_tables),
        cmocka_unit_test(what_xen_counts_in_two_places_has_two_names),
        cmocka_unit_test(the_column_for_xen_is_right),
    };
    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
