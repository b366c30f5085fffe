/* Watched references in the fast loop: told before and behind, whoever makes them, and nothing of
 * it shows in the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/debug_kit.h"

#define DEPTH 20
#define WORD 8

enum { AT_DEEP = 0x100240, STACK_SIZE = 16384 };

struct seen {
    unsigned before, after, loads; /* slots; mandatory loads */
    u64 last_store;
};

static void look(void *opaque, struct cpu *cpu, const struct insn *in, bool after)
{
    struct seen *s = opaque;
    if (!in) {
        s->loads += after;
    } else if (after) {
        s->after++;
    } else {
        s->before++;
        if (insn_rows[in->row].attrs & ATTR_STORE) s->last_store = cpu_gr(cpu, in->r3, NULL);
    }
}

static void watch(struct kit *k, u64 addr, u64 len, unsigned how, struct seen *s)
{
    struct mmu_watch w = { addr, len, how };
    *s = (struct seen){ 0 };
    kit_watch(k, &w, 1, look, s);
}

static void run_to(struct kit *k, u64 place, u64 budget)
{
    struct cpu *cpu = k->cpus[0];
    cpu_set_breakpoints(cpu, &place, 1);
    for (unsigned i = 0; cpu_place(cpu) != place; i++) {
        assert_true(i < 100000);
        cpu_run(cpu, budget);
    }
    cpu_set_breakpoints(cpu, NULL, 0);
}

static void stores_and_loads_are_told_apart(void **state)
{
    static const struct {
        unsigned how, count;
    } rows[] = { { MMU_WRITE, 3 }, { MMU_READ, 3 }, { MMU_READ | MMU_WRITE, 6 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kit *k = kit_new(1);
        struct seen s;
        watch(k, AT_COUNTER + 3, 1, rows[i].how, &s);
        run_to(k, AT_AFTER_OUTER, 100000);
        assert_int_equal(s.before, rows[i].count);
        assert_int_equal(s.after, rows[i].count);
        if (rows[i].how & MMU_WRITE) assert_int_equal(s.last_store, AT_COUNTER);
        kit_free(k);
    }
}

static void neighbours_are_not_told(void **state)
{
    struct kit *k = kit_new(1);
    struct seen s;
    (void)state;
    watch(k, AT_COUNTER + WORD, WORD, MMU_READ | MMU_WRITE, &s);
    run_to(k, AT_AFTER_OUTER, 100000);
    assert_int_equal(s.before, 0);
    watch(k, AT_COUNTER - WORD, WORD, MMU_READ | MMU_WRITE, &s);
    run_to(k, AT_SPIN, 100000);
    assert_int_equal(s.before, 0);
    kit_free(k);
}

/* deep(DEPTH), to the end.  The frames do not fit into the registers. */
static u64 call_deep(struct kit *k, u64 budget)
{
    struct cpu *cpu = k->cpus[0];
    run_to(k, AT_AFTER_OUTER, budget);
    u64 end = rse_frame_end(cpu);
    assert_true(cpu_set_frame(cpu, end, 1));
    cpu_set_gr(cpu, 32, DEPTH, false);
    cpu_set_ar(cpu, AR_PFS_N, 0);
    cpu_set_br(cpu, 0, AT_SPIN);
    cpu_set_ip(cpu, AT_DEEP, 0);
    run_to(k, AT_SPIN, budget);
    return cpu_gr(cpu, 8, NULL);
}

static void the_stack_engine_is_watched(void **state)
{
    struct kit *k = kit_new(1);
    struct seen s;
    (void)state;
    run_to(k, AT_AFTER_OUTER, 100000);
    watch(k, AT_STACK, 96 * WORD, MMU_WRITE, &s);
    assert_int_equal(call_deep(k, 100000), DEPTH * (DEPTH + 1) / 2);
    assert_true(s.after > 0);
    assert_int_equal(s.loads, 0);
    watch(k, AT_STACK + 200 * WORD, WORD, MMU_READ, &s);
    cpu_set_ip(k->cpus[0], AT_AFTER_OUTER, 0);
    call_deep(k, 100000);
    assert_int_equal(s.loads, 1);
    kit_free(k);
}

/* Everything is watched, or nothing; long pieces, or short ones. */
static void watching_changes_nothing(void **state)
{
    static const u64 budgets[] = { 100000, 1, 7 };
    u64 hash = 0, retired = 0;
    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_LEN(budgets); i++) {
        struct kit *k = kit_new(1);
        struct seen s;
        if (i & 1) watch(k, 0, AT_STACK + STACK_SIZE, MMU_READ | MMU_WRITE, &s);
        assert_int_equal(call_deep(k, budgets[i / 2]), DEPTH * (DEPTH + 1) / 2);
        if (i == 0) hash = cpu_hash(k->cpus[0], 0);
        if (i == 0) retired = cpu_retired(k->cpus[0]);
        assert_int_equal(cpu_hash(k->cpus[0], 0), hash);
        assert_int_equal(cpu_retired(k->cpus[0]), retired);
        if (i & 1) assert_true(s.before > DEPTH && s.loads > 0);
        kit_free(k);
    }
}

static void watches_can_be_taken_back(void **state)
{
    struct kit *k = kit_new(1);
    struct seen s;
    (void)state;
    watch(k, AT_COUNTER, WORD, MMU_WRITE, &s);
    run_to(k, AT_STORE, 100000);
    kit_watch(k, NULL, 0, NULL, NULL);
    run_to(k, AT_SPIN, 100000);
    assert_int_equal(s.before, 0);
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_and_loads_are_told_apart),
        cmocka_unit_test(neighbours_are_not_told),
        cmocka_unit_test(the_stack_engine_is_watched),
        cmocka_unit_test(watching_changes_nothing),
        cmocka_unit_test(watches_can_be_taken_back),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
