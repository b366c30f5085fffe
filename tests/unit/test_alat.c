/* The ALAT against a model that is obviously right: a list of {register, bytes}.  Spurious misses
 * would be legal for a processor, but ours forgets only what it must, so hits must agree exactly
 * while there are no more registers than entries; with more, it may miss but never invent a hit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/state-priv.h"

#define REGISTERS 256
#define MEMORY 2048

struct model {
    bool valid[REGISTERS];
    u64 pa[REGISTERS];
    unsigned size[REGISTERS];
};

static u64 seed;
static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(seed >> 33) % n;
}

static struct cpu *new_cpu(const struct cpu_hooks *hooks)
{
    struct cpu *cpu = calloc(1, sizeof(*cpu));

    assert_non_null(cpu);
    cpu->hooks = hooks;
    alat_clear(cpu);
    return cpu;
}

/* What the store handlers do: the filter first, for each granule they touch. */
static void store(struct cpu *cpu, u64 pa, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        if (cpu->alat_filter >> ((pa + i) / 8 % 64) & 1) {
            alat_store(cpu, pa, size);
            return;
        }
    }
}

static void model_store(struct model *m, u64 pa, unsigned size)
{
    for (unsigned r = 0; r < REGISTERS; r++) {
        for (unsigned i = 0; i < size; i++) {
            if (pa + i >= m->pa[r] && pa + i < m->pa[r] + m->size[r]) m->valid[r] = false;
        }
    }
}

static void random_life(struct cpu *cpu, unsigned registers, bool exact)
{
    static const u8 sizes[] = { 1, 2, 4, 8, 10, 16 };
    struct model m = { 0 };

    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = below(registers), size = sizes[below(6)];
        u64 pa = 0x123456000 + below(MEMORY);
        bool hit, clear = below(2);
        switch (below(5)) {
        case 0:
        case 1:
            alat_insert(cpu, r, pa, size);
            m.valid[r] = true, m.pa[r] = pa, m.size[r] = size;
            break;
        case 2:
            store(cpu, pa, size);
            model_store(&m, pa, size);
            break;
        case 3:
            hit = alat_check(cpu, r, clear);
            if (exact || hit) assert_int_equal(hit, m.valid[r]);
            if (clear) m.valid[r] = false;
            break;
        case 4:
            if (below(20)) break;
            alat_remove(cpu, r);
            m.valid[r] = false;
            break;
        }
    }
}

static void hits_are_exactly_what_no_store_overlapped(void **state)
{
    (void)state;
    for (seed = 1; seed < 6000; seed += 2000) {
        struct cpu *cpu = new_cpu(NULL);
        random_life(cpu, ALAT_ENTRIES, true);
        free(cpu);
    }
}

static void a_full_table_forgets_but_never_invents(void **state)
{
    struct cpu *cpu = new_cpu(NULL);

    (void)state;
    seed = 77;
    random_life(cpu, REGISTERS, false);
    free(cpu);
}

static void a_register_has_one_entry(void **state)
{
    struct cpu *cpu = new_cpu(NULL);

    (void)state;
    alat_insert(cpu, 40, 0x1000, 8);
    alat_insert(cpu, 40, 0x2000, 8);
    store(cpu, 0x1000, 8);
    assert_true(alat_check(cpu, 40, false));
    store(cpu, 0x2007, 1);
    assert_false(alat_check(cpu, 40, false));
    free(cpu);
}

static void thirty_two_entries_live_together(void **state)
{
    struct cpu *cpu = new_cpu(NULL);

    (void)state;
    for (unsigned r = 0; r < 32; r++) alat_insert(cpu, r, 0x1000 + 64 * r, 8);
    for (unsigned r = 0; r < 32; r++) assert_true(alat_check(cpu, r, false));
    alat_insert(cpu, 100, 0x8000, 8);
    unsigned left = 0;
    for (unsigned r = 0; r < 32; r++) left += alat_check(cpu, r, false);
    assert_int_equal(left, 31);
    assert_true(alat_check(cpu, 100, false));
    alat_clear(cpu);
    for (unsigned r = 0; r < 101; r++) assert_false(alat_check(cpu, r, false));
    assert_int_equal(cpu->alat_filter, 0);
    free(cpu);
}

/* --- several processors ----------------------------------------------------------------------- */

struct pair {
    struct cpu *cpu[2];
    unsigned reports;
};

static void pass_on(void *opaque, struct cpu *cpu, u64 pa, unsigned size)
{
    struct pair *p = opaque;
    struct cpu *other = p->cpu[cpu == p->cpu[0]];

    p->reports++;
    cpu_alat_store(other, pa, size);
    cpu_alat_others(cpu, cpu_alat_granules(other));
}

static void a_store_of_another_processor_counts(void **state)
{
    struct pair p = { .reports = 0 };
    struct cpu_hooks hooks = { .opaque = &p, .alat_others = pass_on };

    (void)state;
    p.cpu[0] = new_cpu(&hooks), p.cpu[1] = new_cpu(&hooks);
    alat_insert(p.cpu[0], 33, 0x5004, 8); /* two granules */
    cpu_alat_others(p.cpu[1], cpu_alat_granules(p.cpu[0]));
    store(p.cpu[1], 0x5010, 8); /* not watched: not reported */
    assert_int_equal(p.reports, 0);
    store(p.cpu[1], 0x5000, 4); /* watched granule, other bytes */
    assert_int_equal(p.reports, 1);
    assert_true(alat_check(p.cpu[0], 33, false));
    store(p.cpu[1], 0x5008, 1);
    assert_int_equal(p.reports, 2);
    assert_false(alat_check(p.cpu[0], 33, false));
    store(p.cpu[1], 0x5008, 1); /* and now nobody watches */
    assert_int_equal(p.reports, 2);
    alat_insert(p.cpu[0], 33, 0x5004, 8);
    alat_insert(p.cpu[0], 150, 0x123456789000, 16);
    cpu_alat_store(p.cpu[0], 0, 0); /* ptc.ga elsewhere */
    assert_false(alat_check(p.cpu[0], 33, false));
    assert_false(alat_check(p.cpu[0], 150, false));
    free(p.cpu[0]), free(p.cpu[1]);
}

static void a_processor_that_was_told_nothing_reports_every_store(void **state)
{
    struct pair p = { .reports = 0 };
    struct cpu_hooks hooks = { .opaque = &p, .alat_others = pass_on };

    (void)state;
    p.cpu[0] = new_cpu(&hooks), p.cpu[1] = new_cpu(&hooks);
    alat_insert(p.cpu[0], 5, 0x9ff8, 8);
    store(p.cpu[1], 0x9ff8, 8);
    assert_int_equal(p.reports, 1);
    assert_false(alat_check(p.cpu[0], 5, false));
    free(p.cpu[0]), free(p.cpu[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_exactly_what_no_store_overlapped),
        cmocka_unit_test(a_full_table_forgets_but_never_invents),
        cmocka_unit_test(a_register_has_one_entry),
        cmocka_unit_test(thirty_two_entries_live_together),
        cmocka_unit_test(a_store_of_another_processor_counts),
        cmocka_unit_test(a_processor_that_was_told_nothing_reports_every_store),
    };
    return cmocka_run_group_tests_name("alat", tests, NULL, NULL);
}
