/* Gathered events add up to what is told one by one: random programs of privileged and sensitive
 * instructions, many of which fault, on two processors, one of which gathers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/psr.h"

#define MEMORY (1u << 20)
#define VECTORS 0x8000ull
#define CODE 0x10000ull
#define BUNDLES 256u
#define SHIFT 9
enum { MII = 1, MIB = 0x11 };
enum { CR_IVA = 2, CR_IIP = 19 };

struct side {
    struct physmem *pm;
    struct cpu *cpu;
    GHashTable *counts; /* words of an event, its period included -> how often */
    u64 told;
    u32 ssm, rsm;
};

static void sink(void *opaque, struct cpu *cpu, const struct event *e);
static const struct cpu_hooks hooks = { .event = sink };
static struct side sides[2]; /* [1] gathers */

static void sink(void *opaque, struct cpu *cpu, const struct event *e)
{
    struct side *s = &sides[cpu == sides[1].cpu];
    bool mask = (u32)e->number == s->ssm || (u32)e->number == s->rsm;
    u64 cpl = bits(e->psr, PSR_CPL_SHIFT + 1, PSR_CPL_SHIFT);
    char *words = g_strdup_printf("%lx %d %d cpl %lu mask %lx period %lu", (unsigned long)e->ip,
                                  e->number, e->sub, (unsigned long)cpl,
                                  (unsigned long)(mask ? e->args[0] : 0),
                                  (unsigned long)(e->time >> SHIFT));
    u64 times = (u64)GPOINTER_TO_SIZE(g_hash_table_lookup(s->counts, words)) + e->repeats + 1;

    (void)opaque;
    assert_int_equal(e->kind, EVENT_PRIVOP);
    g_hash_table_insert(s->counts, words, GSIZE_TO_POINTER((gsize)times));
    s->told++;
}

static struct insn insn(const char *meaning, u8 r1, u8 r2, u8 r3, u64 imm)
{
    int row = isa_row_of(meaning);
    assert_true(row >= 0);
    return (struct insn){ .row = (u16)row, .r1 = r1, .r2 = r2, .r3 = r3, .imm = imm };
}

static void put(u64 at, unsigned template, struct insn a, struct insn c)
{
    struct insn slots[3] = { a, insn("nop_i", 0, 0, 0, 0), c };
    u8 bundle[16];
    assert_true(isa_encode_bundle(template, slots, bundle));
    for (unsigned i = 0; i < 2; i++) physmem_write(sides[i].pm, at, bundle, sizeof bundle);
}

/* Every vector leads to the bundle behind the one that was interrupted. */
static void put_vectors(void)
{
    struct insn nop = insn("nop_i", 0, 0, 0, 0), nop_m = insn("nop_m", 0, 0, 0, 0);
    for (u64 at = VECTORS; at < CODE; at += 0x100) {
        put(at, MII, insn("mov_from_cr", 16, 0, CR_IIP, 0), nop);
        put(at + 16, MII, insn("adds", 16, 0, 16, 16), nop);
        put(at + 32, MII, insn("mov_to_cr", 0, 16, CR_IIP, 0), nop);
        put(at + 48, MIB, nop_m, insn("rfi", 0, 0, 0, 0));
    }
}

static struct insn random_insn(GRand *random)
{
    static const u8 crs[] = { 0, 1, 8, 16, 17, 20, 21, 23, 24, 25, 64, 66 };
    u8 r1 = (u8)g_rand_int_range(random, 4, 8), r3 = (u8)g_rand_int_range(random, 4, 8);
    u8 cr = crs[g_rand_int_range(random, 0, ARRAY_LEN(crs))];
    struct insn in;

    switch (g_rand_int_range(random, 0, 12)) {
    case 0: in = insn("mov_from_cr", r1, 0, cr, 0); break;
    case 1: in = insn("mov_to_cr", 0, r3, (u8)g_rand_int_range(random, 20, 26), 0); break;
    case 2: in = insn("ssm", 0, 0, 0, 8u << g_rand_int_range(random, 0, 2)); break;
    case 3: in = insn("rsm", 0, 0, 0, 8u << g_rand_int_range(random, 0, 2)); break;
    case 4: in = insn("mov_from_rr", r1, 0, r3, 0); break;
    case 5: in = insn("mov_from_pkr", r1, 0, r3, 0); break;
    case 6: in = insn("mov_from_psr", r1, 0, 0, 0); break;
    case 7: in = insn("thash", r1, 0, r3, 0); break;
    case 8: in = insn("mov_from_cpuid", r1, 0, r3, 0); break;
    case 9: in = insn("itc_d", 0, r3, 0, 0); break;
    case 10: in = insn("mov_to_ar_m_r", 0, r3, (u8)g_rand_int_range(random, 0, 4), 0); break;
    default: in = insn("nop_m", 0, 0, 0, 0); break;
    }
    in.qp = (u8)(g_rand_boolean(random) ? 0 : g_rand_int_range(random, 6, 10));
    return in;
}

static void put_program(GRand *random)
{
    for (unsigned i = 0; i < BUNDLES; i++) {
        put(CODE + 16 * i, MII, random_insn(random), insn("nop_i", 0, 0, 0, 0));
    }
    put(CODE + 16 * BUNDLES, MIB, random_insn(random),
        insn("br_cond", 0, 0, 0, -16ull * BUNDLES));
}

/* Numbers of registers, most of them of ones that exist; and values for the region registers. */
static void start(struct side *s, GRand *random)
{
    static const u64 privileges[] = { 0, PSR_CPL };
    cpu_reset(s->cpu);
    cpu_set_cr(s->cpu, CR_IVA, VECTORS);
    for (unsigned r = 4; r < 8; r++) {
        cpu_set_gr(s->cpu, r, g_rand_int_range(random, 0, 5) | (u64)g_rand_int(random) << 61, false);
    }
    cpu_set_psr(s->cpu, PSR_IC | PSR_BN | privileges[g_rand_int_range(random, 0, 2)]);
    cpu_set_ip(s->cpu, CODE, 0);
}

static void run_both(GRand *random)
{
    bool observed = g_rand_int_range(random, 0, 4) == 0, asks = g_rand_boolean(random);
    u64 slots = (u64)g_rand_int_range(random, 1, 3000);

    for (unsigned i = 0; i < 2; i++) {
        cpu_set_observed(sides[i].cpu, observed);
        assert_int_equal(cpu_run(sides[i].cpu, (s64)slots), CPU_BUDGET);
    }
    if (asks) cpu_hand_over(sides[1].cpu);
    assert_int_equal(cpu_retired(sides[0].cpu), cpu_retired(sides[1].cpu));
}

static void compare(void)
{
    GHashTableIter i;
    gpointer words, times;

    cpu_hand_over(sides[1].cpu);
    g_hash_table_iter_init(&i, sides[0].counts);
    while (g_hash_table_iter_next(&i, &words, &times)) {
        gpointer other = g_hash_table_lookup(sides[1].counts, words);
        if (other != times) {
            fail_msg("%s: %zu one by one, %zu gathered", (char *)words, GPOINTER_TO_SIZE(times),
                     GPOINTER_TO_SIZE(other));
        }
    }
    assert_int_equal(g_hash_table_size(sides[0].counts), g_hash_table_size(sides[1].counts));
}

/* One seed: a program, parts of which are overwritten between slices. */
static void try_seed(u32 seed)
{
    GRand *random = g_rand_new_with_seed(seed);
    GRand *twin = g_rand_new_with_seed(seed + 1), *again = g_rand_new_with_seed(seed + 1);

    put_vectors();
    put_program(random);
    start(&sides[0], twin);
    start(&sides[1], again);
    for (unsigned i = 0; i < 12; i++) {
        run_both(random);
        u64 at = CODE + 16u * (u64)g_rand_int_range(random, 0, BUNDLES);
        put(at, MII, random_insn(random), insn("nop_i", 0, 0, 0, 0));
    }
    compare();
    g_rand_free(random);
    g_rand_free(twin);
    g_rand_free(again);
}

static void open_side(struct side *s)
{
    *s = (struct side){ .pm = physmem_new(), .ssm = (u32)isa_row_of("ssm"),
                        .rsm = (u32)isa_row_of("rsm") };
    assert_true(physmem_add_ram(s->pm, "ram", 0, MEMORY, NULL));
    s->cpu = cpu_new(s->pm, 0, &hooks);
    s->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    cpu_listen(s->cpu, EVENT_BIT(PRIVOP));
}

static void close_side(struct side *s)
{
    cpu_free(s->cpu);
    physmem_free(s->pm);
    g_hash_table_destroy(s->counts);
}

static void gathered_counts_equal_single_ones(void **state)
{
    (void)state;
    for (u32 seed = 0; seed < 60; seed++) {
        open_side(&sides[0]);
        open_side(&sides[1]);
        cpu_gather(sides[1].cpu, SHIFT);
        try_seed(seed);
        assert_true(sides[1].told < sides[0].told);
        close_side(&sides[0]);
        close_side(&sides[1]);
    }
}

static void gathering_can_end_at_any_time(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(7), *twin = g_rand_new_with_seed(8),
          *again = g_rand_new_with_seed(8);

    open_side(&sides[0]);
    open_side(&sides[1]);
    put_vectors();
    put_program(random);
    start(&sides[0], twin);
    start(&sides[1], again);
    for (unsigned i = 0; i < 20; i++) {
        run_both(random);
        cpu_gather(sides[1].cpu, i % 3 ? SHIFT : 0);
        u64 told = sides[1].told, single = sides[0].told;
        if (i % 3) continue;
        run_both(random);
        assert_int_equal(sides[1].told - told, sides[0].told - single);
    }
    compare();
    close_side(&sides[0]);
    close_side(&sides[1]);
    g_rand_free(random);
    g_rand_free(twin);
    g_rand_free(again);
}

/* And one instruction of the handler. */
static void compare_with_one_thash(void)
{
    GHashTableIter i;
    gpointer words, times;

    cpu_hand_over(sides[1].cpu);
    g_hash_table_iter_init(&i, sides[1].counts);
    while (g_hash_table_iter_next(&i, &words, &times)) {
        assert_int_equal(GPOINTER_TO_SIZE(times), 1);
    }
    assert_int_equal(g_hash_table_size(sides[1].counts), 2);
}

/* Where thash retired, and was counted, another instruction faults, which is not. */
static void a_fault_takes_back_only_its_own_count(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(1);

    open_side(&sides[0]);
    open_side(&sides[1]);
    cpu_gather(sides[1].cpu, SHIFT);
    put_vectors();
    put(CODE, MII, insn("thash", 6, 0, 4, 0), insn("nop_i", 0, 0, 0, 0));
    start(&sides[1], random);
    cpu_set_psr(sides[1].cpu, PSR_IC | PSR_BN | PSR_CPL);
    assert_int_equal(cpu_step(sides[1].cpu, 1), CPU_BUDGET);
    put(CODE, MII, insn("mov_to_cr", 0, 4, 20, 0), insn("nop_i", 0, 0, 0, 0));
    cpu_set_ip(sides[1].cpu, CODE, 0);
    assert_int_equal(cpu_step(sides[1].cpu, 1), CPU_BUDGET);
    assert_int_equal(cpu_ip(sides[1].cpu), VECTORS + 0x5400);
    compare_with_one_thash();
    close_side(&sides[0]);
    close_side(&sides[1]);
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered_counts_equal_single_ones),
        cmocka_unit_test(a_fault_takes_back_only_its_own_count),
        cmocka_unit_test(gathering_can_end_at_any_time),
    };
    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
