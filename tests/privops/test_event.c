/* Events of the processor: who hears what of which instruction, on both loops.
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
#define CODE 0x10000ull
#define NAMES 0x20000ull
#define NOWHERE 0x4000000ull
#define MII 1 /* with a stop at the end */
#define HEARD_MAX 64
enum { CR_IFA = 20, CR_ITIR = 21, CR_IVA = 2 };

static struct {
    struct physmem *pm;
    struct cpu *cpu;
    unsigned heard;
    struct event event[HEARD_MAX];
    char name[HEARD_MAX][64];
    u32 listen_more; /* from the sink */
} t;

static void sink(void *opaque, struct cpu *cpu, const struct event *e)
{
    (void)opaque;
    assert_true(t.heard < HEARD_MAX);
    t.event[t.heard] = *e;
    g_strlcpy(t.name[t.heard], e->name ? e->name : "(none)", sizeof t.name[0]);
    t.heard++;
    if (t.listen_more) cpu_listen(cpu, t.listen_more);
    t.listen_more = 0;
}

static const struct cpu_hooks hooks = { .event = sink };

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.pm = physmem_new();
    assert_true(physmem_add_ram(t.pm, "ram", 0, MEMORY, NULL));
    t.cpu = cpu_new(t.pm, 0, &hooks);
    cpu_set_cr(t.cpu, CR_IVA, 0x8000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cpu_free(t.cpu);
    physmem_free(t.pm);
    return 0;
}

static struct insn insn(const char *meaning, u8 r1, u8 r2, u8 r3, u64 imm)
{
    int row = isa_row_of(meaning);
    assert_true(row >= 0);
    return (struct insn){ .row = (u16)row, .r1 = r1, .r2 = r2, .r3 = r3, .imm = imm };
}

/* One instruction to a bundle, in slot 0. */
static void put(unsigned i, struct insn in)
{
    struct insn slots[3] = { in, insn("nop_i", 0, 0, 0, 0), insn("nop_i", 0, 0, 0, 0) };
    u8 bundle[16];
    assert_true(isa_encode_bundle(MII, slots, bundle));
    physmem_write(t.pm, CODE + 16 * i, bundle, sizeof bundle);
}

/* `n` bundles from the beginning of the code: slot by slot, or at full speed up to the end of the
 * page, which is full of nops. */
static void run(unsigned n, bool observed)
{
    cpu_set_ip(t.cpu, CODE, 0);
    cpu_set_observed(t.cpu, observed);
    if (observed) {
        assert_int_equal(cpu_step(t.cpu, 3 * n), CPU_BUDGET);
    } else {
        assert_int_equal(cpu_run(t.cpu, 1), CPU_BUDGET);
    }
}

static void fill_page(void)
{
    for (unsigned i = 0; i < 256; i++) put(i, insn("nop_m", 0, 0, 0, 0));
}

static void both_ways(void (*prepare)(void), unsigned n, void (*check)(void))
{
    for (int observed = 0; observed < 2; observed++) {
        cpu_reset(t.cpu);
        cpu_set_cr(t.cpu, CR_IVA, 0x8000);
        t.heard = 0;
        fill_page();
        prepare();
        run(n, observed);
        check();
    }
}

/* --- marks ------------------------------------------------------------------------------------ */

static void mark_name_at_r14(void)
{
    put(0, insn("nop_m", 0, 0, 0, EVENT_MARK_BEGIN));
    put(1, insn("nop_m", 0, 0, 0, EVENT_MARK_BEGIN + 2));
    put(2, insn("nop_m", 0, 0, 0, EVENT_MARK_END));
}

static void mark(u64 name, u64 iterations, bool nat)
{
    fill_page();
    mark_name_at_r14();
    cpu_set_gr(t.cpu, 14, name, nat);
    cpu_set_gr(t.cpu, 15, iterations, false);
    t.heard = 0;
    run(3, false);
    assert_int_equal(t.heard, 2);
    assert_int_equal(t.event[0].kind, EVENT_MARK);
    assert_int_equal(t.event[0].number, 0);
    assert_int_equal(t.event[0].args[0], iterations);
    assert_int_equal(t.event[0].ip, CODE);
    assert_int_equal(t.event[1].number, 1);
    assert_int_equal(t.event[1].ip, CODE + 32);
    assert_int_equal(t.event[1].time - t.event[0].time, 6);
}

static void marks_carry_a_name_and_a_count(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(MARK));
    physmem_write(t.pm, NAMES, "pipe", 5);
    mark(NAMES, 1000, false);
    assert_string_equal(t.name[0], "pipe");
}

static void names_are_cut_and_made_printable(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(MARK));
    physmem_write(t.pm, NAMES, "0123456789012345678901234567890123456789", 41);
    mark(NAMES, 1, false);
    assert_string_equal(t.name[0], "0123456789012345678901234567890");
    physmem_write(t.pm, NAMES, "a\033[2Jb\xff", 8);
    mark(NAMES, 1, false);
    assert_string_equal(t.name[0], "a?[2Jb?");
}

static void names_that_are_not_there_are_none(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(MARK));
    mark(NOWHERE, 1, false);
    assert_string_equal(t.name[0], "(none)");
    mark(~0ull, 1, false);
    assert_string_equal(t.name[0], "(none)");
    physmem_write(t.pm, NAMES, "", 1);
    mark(NAMES, 1, false);
    assert_string_equal(t.name[0], "(none)");
    mark(NAMES, 1, true); /* NaT */
    assert_string_equal(t.name[0], "(none)");
}

static void a_name_may_end_where_memory_does(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(MARK));
    physmem_write(t.pm, MEMORY - 4, "end", 4);
    mark(MEMORY - 4, 1, false);
    assert_string_equal(t.name[0], "end");
}

/* --- instructions ----------------------------------------------------------------------------- */

static void put_moves(void)
{
    cpu_set_gr(t.cpu, 4, 0x1234, false);
    put(0, insn("mov_to_cr", 0, 4, CR_IFA, 0));
    put(1, insn("mov_from_cr", 5, 0, CR_IFA, 0));
    put(2, insn("thash", 6, 0, 5, 0));
    put(3, insn("mov_to_ar_m_r", 0, 4, 3, 0));
    put(4, insn("mov_to_ar_m_r", 0, 4, 32, 0)); /* ccv concerns nobody */
}

static void check_moves(void)
{
    static const char *const rows[] = { "mov_to_cr", "mov_from_cr", "thash", "mov_to_ar_m_r" };
    assert_int_equal(t.heard, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(t.event[i].kind, EVENT_PRIVOP);
        assert_string_equal(insn_rows[t.event[i].number].meaning, rows[i]);
        assert_int_equal(t.event[i].ip, CODE + 16 * i);
        assert_int_equal(t.event[i].time - t.event[0].time, 3 * i);
    }
    assert_int_equal(t.event[0].sub, CR_IFA);
    assert_int_equal(t.event[0].args[0], 0x1234);
    assert_false(t.event[0].has_result);
    assert_true(t.event[1].has_result);
    assert_int_equal(t.event[1].result, 0x1234);
    assert_int_equal(t.event[2].args[0], 0x1234);
    assert_int_equal(t.event[3].sub, 3);
}

static void operands_and_results_are_told(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(PRIVOP));
    both_ways(put_moves, 5, check_moves);
}

static void check_silence(void)
{
    assert_int_equal(t.heard, 0);
}

static void nobody_hears_without_listening(void **state)
{
    (void)state;
    both_ways(put_moves, 5, check_silence);
    cpu_listen(t.cpu, EVENT_BIT(PRIVOP));
    both_ways(put_moves, 5, check_moves);
    cpu_listen(t.cpu, EVENT_BIT(MARK) | EVENT_BIT(IRQ));
    both_ways(put_moves, 5, check_silence);
    cpu_listen(t.cpu, 0);
    both_ways(put_moves, 5, check_silence);
}

static void put_predicated_off(void)
{
    put_moves();
    for (unsigned i = 0; i < 4; i++) {
        struct insn in = insn("mov_to_cr", 0, 4, CR_IFA, 0);
        in.qp = 6; /* is 0 after reset */
        put(i, in);
    }
}

static void predicated_off_is_not_executed(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_ALL);
    both_ways(put_predicated_off, 5, check_silence);
}

/* At level 3 the write of cr.ifa faults, thash does not. */
static void put_at_level_3(void)
{
    put(0, insn("thash", 6, 0, 4, 0));
    put(1, insn("mov_to_cr", 0, 4, CR_IFA, 0));
    cpu_set_psr(t.cpu, cpu_psr(t.cpu) | PSR_CPL);
}

static void check_level_3(void)
{
    assert_int_equal(t.heard, 2);
    assert_int_equal(t.event[0].kind, EVENT_PRIVOP);
    assert_int_equal(t.event[0].psr & PSR_CPL, PSR_CPL);
    assert_int_equal(t.event[1].kind, EVENT_INTERRUPTION);
    assert_int_equal(t.event[1].number, 0x5400);
    assert_int_equal(t.event[1].ip, CODE + 16);
}

static void a_fault_is_told_as_interruption_only(void **state)
{
    (void)state;
    u8 page[4096] = { 0 };
    physmem_write(t.pm, 0xd000, page, sizeof page);
    cpu_listen(t.cpu, EVENT_ALL);
    for (unsigned i = 0; i < 16; i++) { /* the handler: nops */
        struct insn nops[3] = { insn("nop_m", 0, 0, 0, 0), insn("nop_i", 0, 0, 0, 0),
                                insn("nop_i", 0, 0, 0, 0) };
        u8 bundle[16];
        assert_true(isa_encode_bundle(MII, nops, bundle));
        physmem_write(t.pm, 0xd400 + 16 * i, bundle, sizeof bundle);
    }
    fill_page();
    put_at_level_3();
    cpu_set_ip(t.cpu, CODE, 0);
    assert_int_equal(cpu_step(t.cpu, 8), CPU_BUDGET);
    check_level_3();
}

static void put_insert(void)
{
    cpu_set_cr(t.cpu, CR_IFA, 0x2000000000004000ull);
    cpu_set_cr(t.cpu, CR_ITIR, 14 << 2);
    cpu_set_gr(t.cpu, 4, 0x100661, false);
    cpu_set_gr(t.cpu, 5, 0x2000000000004000ull, false);
    cpu_set_gr(t.cpu, 6, 14 << 2, false);
    cpu_set_rr(t.cpu, 1, 0x777 << 8 | 14 << 2);
    put(0, insn("itc_d", 0, 4, 0, 0));
    put(1, insn("ptc_l", 0, 6, 5, 0));
}

static void check_insert(void)
{
    assert_int_equal(t.heard, 2);
    assert_int_equal(t.event[0].number, TLB_ITC_D);
    assert_int_equal(t.event[0].sub, 14);
    assert_int_equal(t.event[0].args[0], 0x2000000000004000ull);
    assert_int_equal(t.event[0].args[1], 0x100661);
    assert_int_equal(t.event[1].number, TLB_PTC_L);
    assert_int_equal(t.event[1].sub, 14);
    assert_int_equal(t.event[1].args[0], 0x2000000000004000ull);
    assert_int_equal(t.event[1].args[1], 0x777);
}

static void inserts_and_purges_tell_what_they_are_about(void **state)
{
    (void)state;
    cpu_listen(t.cpu, EVENT_BIT(TLB));
    both_ways(put_insert, 2, check_insert);
}

/* The page is full of cells without handlers for privops; the branch at its end leads back. */
static void a_sink_may_ask_for_more(void **state)
{
    (void)state;
    fill_page();
    put_moves();
    put(10, insn("nop_m", 0, 0, 0, EVENT_MARK_END));
    cpu_listen(t.cpu, EVENT_BIT(MARK));
    t.listen_more = EVENT_BIT(PRIVOP);
    run(11, false);
    assert_int_equal(t.heard, 1);
    run(11, false);
    assert_int_equal(t.heard, 5);
}

static void kinds_have_names_and_back(void **state)
{
    (void)state;
    for (int k = 0; k < EVENT_KINDS; k++) {
        assert_int_equal(event_kind_of(event_kind_name((enum event_kind)k)), k);
    }
    assert_int_equal(event_kind_of("lunch"), -1);
    assert_string_equal(event_tlb_name(TLB_PTC_GA), "ptc.ga");
}

#define WITH_CPU(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CPU(marks_carry_a_name_and_a_count),
        WITH_CPU(names_are_cut_and_made_printable),
        WITH_CPU(names_that_are_not_there_are_none),
        WITH_CPU(a_name_may_end_where_memory_does),
        WITH_CPU(operands_and_results_are_told),
        WITH_CPU(nobody_hears_without_listening),
        WITH_CPU(predicated_off_is_not_executed),
        WITH_CPU(a_fault_is_told_as_interruption_only),
        WITH_CPU(inserts_and_purges_tell_what_they_are_about),
        WITH_CPU(a_sink_may_ask_for_more),
        cmocka_unit_test(kinds_have_names_and_back),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
