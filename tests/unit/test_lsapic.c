/* The local SAPIC: which vector wins, what masks it, and when the interval timer strikes.
 *
 * The order of priority is written out here from the manual (SDM 2:5.8), not computed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/sysreg.h"

static unsigned timer_hooks;

static void on_timer_changed(void *opaque, struct cpu *cpu)
{
    (void)opaque, (void)cpu;
    timer_hooks++;
}

static const struct cpu_hooks hooks = {.timer_changed = on_timer_changed};
static struct physmem *pm;

static int setup(void **state)
{
    pm = physmem_new();
    *state = cpu_new(pm, 3, &hooks);
    timer_hooks = 0;
    return 0;
}

static int teardown(void **state)
{
    cpu_free(*state);
    physmem_free(pm);
    return 0;
}

static u64 ivr(struct cpu *cpu)
{
    return lsapic_read_ivr(cpu);
}

static bool in_irr(struct cpu *cpu, unsigned vector)
{
    return cpu_cr(cpu, CR_IRR0 + vector / 64) >> (vector % 64) & 1;
}

static void nothing_pending_reads_as_spurious(void **state)
{
    struct cpu *cpu = *state;
    assert_int_equal(ivr(cpu), 15);
    assert_int_equal(ivr(cpu), 15);
    cpu_post_vector(cpu, 16);
    assert_int_equal(ivr(cpu), 16); /* 15 put nothing in service */
}

static void vectors_come_in_order_of_priority(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 0);
    cpu_post_vector(cpu, 2);
    for (unsigned v = 16; v < 256; v++) cpu_post_vector(cpu, v);
    assert_int_equal(ivr(cpu), 2);
    lsapic_eoi(cpu);
    assert_int_equal(ivr(cpu), 0);
    lsapic_eoi(cpu);
    for (unsigned v = 255; v >= 16; v--) {
        assert_true(in_irr(cpu, v));
        assert_int_equal(ivr(cpu), v);
        assert_false(in_irr(cpu, v));
        lsapic_eoi(cpu);
    }
    assert_int_equal(ivr(cpu), 15);
}

static void vectors_that_do_not_exist_are_dropped(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 1);
    for (unsigned v = 3; v < 16; v++) cpu_post_vector(cpu, v);
    cpu_post_vector(cpu, 256);
    cpu_post_vector(cpu, 0x1030);
    for (unsigned i = 0; i < 4; i++) assert_int_equal(cpu_cr(cpu, CR_IRR0 + i), 0);
    assert_false(cpu_interrupt_pending(cpu));
}

/* The comparison with what is in service is by vector, not by class (SDM 2:120). */
static void what_is_in_service_holds_back_itself_and_below(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 45);
    assert_int_equal(ivr(cpu), 45);
    cpu_post_vector(cpu, 45);
    cpu_post_vector(cpu, 44);
    assert_false(cpu_interrupt_pending(cpu));
    assert_int_equal(ivr(cpu), 15);
    cpu_post_vector(cpu, 46);
    assert_int_equal(ivr(cpu), 46);
    lsapic_eoi(cpu); /* 46 */
    assert_int_equal(ivr(cpu), 15);
    lsapic_eoi(cpu); /* 45 */
    assert_int_equal(ivr(cpu), 45);
    lsapic_eoi(cpu);
    assert_int_equal(ivr(cpu), 44);
}

static void nmi_breaks_into_extint_and_extint_into_all_numbers(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 255);
    assert_int_equal(ivr(cpu), 255);
    cpu_post_vector(cpu, 0);
    assert_int_equal(ivr(cpu), 0);
    cpu_post_vector(cpu, 2);
    assert_int_equal(ivr(cpu), 2);
    cpu_post_vector(cpu, 0);
    assert_int_equal(ivr(cpu), 15);
}

static void reading_cr_ivr_from_outside_acknowledges_nothing(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 200);
    assert_int_equal(cpu_cr(cpu, CR_IVR), 200);
    assert_int_equal(cpu_cr(cpu, CR_IVR), 200);
    assert_int_equal(ivr(cpu), 200);
    assert_int_equal(cpu_cr(cpu, CR_IVR), 15);
}

static void tpr_mic_masks_its_class_and_below(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned mic = 0; mic < 16; mic++) {
        cpu_set_cr(cpu, CR_TPR, mic << 4);
        for (unsigned v = 16; v < 256; v++) {
            cpu_post_vector(cpu, v);
            assert_int_equal(cpu_interrupt_pending(cpu), v / 16 > mic);
            cpu->irr[v / 64] = 0;
        }
        cpu_post_vector(cpu, 0);
        assert_true(cpu_interrupt_pending(cpu)); /* ExtINT and NMI have no class */
        cpu->irr[0] = 0;
        cpu_post_vector(cpu, 2);
        assert_true(cpu_interrupt_pending(cpu));
        cpu->irr[0] = 0;
    }
}

static void tpr_mmi_masks_all_but_nmi(void **state)
{
    struct cpu *cpu = *state;
    cpu_set_cr(cpu, CR_TPR, 1 << 16);
    cpu_post_vector(cpu, 255);
    cpu_post_vector(cpu, 0);
    assert_false(cpu_interrupt_pending(cpu));
    assert_int_equal(ivr(cpu), 15);
    cpu_post_vector(cpu, 2);
    assert_int_equal(ivr(cpu), 2);
    lsapic_eoi(cpu);
    cpu_set_cr(cpu, CR_TPR, 0);
    assert_int_equal(ivr(cpu), 0);
}

static void unmasking_asks_for_attention(void **state)
{
    struct cpu *cpu = *state;
    cpu_set_cr(cpu, CR_TPR, 0xf0);
    cpu_post_vector(cpu, 100);
    assert_int_equal(cpu->attention & ATTN_INTERRUPT, 0);
    cpu_set_cr(cpu, CR_TPR, 0x50);
    assert_int_not_equal(cpu->attention & ATTN_INTERRUPT, 0);
    cpu->attention = 0;
    assert_int_equal(ivr(cpu), 100);
    cpu_post_vector(cpu, 99);
    assert_int_equal(cpu->attention & ATTN_INTERRUPT, 0);
    lsapic_eoi(cpu);
    assert_int_not_equal(cpu->attention & ATTN_INTERRUPT, 0);
}

static void only_an_unmasked_vector_wakes_a_halted_processor(void **state)
{
    struct cpu *cpu = *state;
    cpu_set_cr(cpu, CR_TPR, 0x50);
    cpu_halt(cpu);
    cpu_post_vector(cpu, 0x5f);
    assert_true(cpu_is_halted(cpu));
    cpu_post_vector(cpu, 0x60);
    assert_false(cpu_is_halted(cpu));
}

/* --- timer ----------------------------------------------------------------------------------- */

#define TIMER 0xef

static void start(struct cpu *cpu, u64 itc, u64 itm)
{
    cpu_set_cr(cpu, CR_ITV, TIMER);
    cpu_set_ar(cpu, AR_ITC, itc);
    cpu_set_cr(cpu, CR_ITM, itm);
}

static void pass(struct cpu *cpu, u64 ticks)
{
    cpu_skip_time(cpu, ticks);
    lsapic_timer(cpu);
}

static void the_timer_strikes_when_itc_has_gone_past_itm(void **state)
{
    struct cpu *cpu = *state;
    u64 ticks;
    start(cpu, 1000, 1500);
    assert_true(cpu_next_timer(cpu, &ticks));
    assert_int_equal(ticks, 501);
    pass(cpu, 500);
    assert_int_equal(cpu_itc(cpu), 1500);
    assert_false(in_irr(cpu, TIMER));
    pass(cpu, 1); /* the handler must read an itc greater than itm */
    assert_true(in_irr(cpu, TIMER));
    assert_false(cpu_next_timer(cpu, &ticks));
}

static void the_timer_strikes_once_however_far_time_jumps(void **state)
{
    struct cpu *cpu = *state;
    start(cpu, 0, 10);
    pass(cpu, 1000000);
    assert_int_equal(ivr(cpu), TIMER);
    lsapic_eoi(cpu);
    pass(cpu, 1000000);
    assert_int_equal(ivr(cpu), 15);
}

static void an_itm_already_passed_never_strikes(void **state)
{
    struct cpu *cpu = *state;
    u64 ticks;
    start(cpu, 1000, 999);
    assert_false(cpu_next_timer(cpu, &ticks));
    pass(cpu, 1ull << 40);
    assert_int_equal(ivr(cpu), 15);
}

static void the_timer_compares_across_the_wrap_of_itc(void **state)
{
    struct cpu *cpu = *state;
    start(cpu, ~0ull - 9, 20);
    pass(cpu, 30);
    assert_int_equal(cpu_itc(cpu), 20);
    assert_int_equal(ivr(cpu), 15);
    pass(cpu, 1);
    assert_int_equal(ivr(cpu), TIMER);
}

static void setting_itc_back_arms_the_timer_again(void **state)
{
    struct cpu *cpu = *state;
    start(cpu, 0, 10);
    pass(cpu, 11);
    assert_int_equal(ivr(cpu), TIMER);
    lsapic_eoi(cpu);
    cpu_set_ar(cpu, AR_ITC, 5);
    pass(cpu, 5);
    assert_int_equal(ivr(cpu), 15);
    pass(cpu, 1);
    assert_int_equal(ivr(cpu), TIMER);
}

static void a_masked_timer_event_is_lost(void **state)
{
    struct cpu *cpu = *state;
    u64 ticks;
    start(cpu, 0, 10);
    cpu_set_cr(cpu, CR_ITV, TIMER | 1 << 16);
    assert_false(cpu_next_timer(cpu, &ticks));
    cpu_skip_time(cpu, 100); /* nobody looks before the mask goes */
    cpu_set_cr(cpu, CR_ITV, TIMER);
    pass(cpu, 100);
    assert_int_equal(ivr(cpu), 15);
    start(cpu, 0, 10);
    cpu_set_cr(cpu, CR_ITV, TIMER | 1 << 16);
    pass(cpu, 5);
    cpu_set_cr(cpu, CR_ITV, TIMER);
    pass(cpu, 6);
    assert_int_equal(ivr(cpu), TIMER);
}

static void polling_sees_a_timer_that_is_due(void **state)
{
    struct cpu *cpu = *state;
    start(cpu, 0, 10);
    cpu_skip_time(cpu, 11);
    assert_int_equal(cr_table[CR_IRR0 + 3].get(cpu, CR_IRR0 + 3), 1ull << (TIMER - 192));
    assert_int_equal(ivr(cpu), TIMER);
}

static void the_hook_hears_of_every_change_of_the_timer(void **state)
{
    struct cpu *cpu = *state;
    timer_hooks = 0;
    cpu_set_cr(cpu, CR_ITM, 77);
    assert_int_equal(timer_hooks, 1);
    cpu_set_ar(cpu, AR_ITC, 7);
    assert_int_equal(timer_hooks, 2);
    cpu_set_cr(cpu, CR_ITV, 7);
    assert_int_equal(timer_hooks, 3);
}

static void reset_masks_the_local_vectors_and_names_the_processor(void **state)
{
    struct cpu *cpu = *state;
    cpu_post_vector(cpu, 99);
    start(cpu, 0, 10);
    cpu_reset(cpu);
    pass(cpu, 1000);
    assert_int_equal(ivr(cpu), 15);
    assert_int_equal(cpu_cr(cpu, CR_LID), 3 << 24);
    assert_int_equal(cpu_cr(cpu, CR_ITV), 1 << 16);
    assert_int_equal(cpu_cr(cpu, CR_PMV), 1 << 16);
    assert_int_equal(cpu_cr(cpu, CR_CMCV), 1 << 16);
}

/* --- performance monitors -------------------------------------------------------------------- */

#define PMV 0xee
#define ES(event) ((event) << 8)
#define OI (1 << 5)
#define PM (1 << 6)

/* Retire slots as the loop would: the account is closed, so this is all there is to it. */
static void retire(struct cpu *cpu, u64 slots)
{
    cpu->retired_base += slots;
    lsapic_timer(cpu);
}

static void monitor(struct cpu *cpu, u64 psr)
{
    cpu_set_psr(cpu, psr);
    cpu_set_cr(cpu, CR_PMV, PMV);
}

static void counters_count_slots_for_the_two_known_events(void **state)
{
    struct cpu *cpu = *state;
    monitor(cpu, PSR_UP);
    pmu_set_pmc(cpu, 4, ES(0x08) | 1);
    pmu_set_pmc(cpu, 5, ES(0x12) | 1);
    pmu_set_pmc(cpu, 6, ES(0x13) | 1);
    retire(cpu, 1000);
    assert_int_equal(pmu_get_pmd(cpu, 4), 1000);
    assert_int_equal(pmu_get_pmd(cpu, 5), 1000);
    assert_int_equal(pmu_get_pmd(cpu, 6), 0);
    pmu_set_pmd(cpu, 4, 5);
    retire(cpu, 10);
    assert_int_equal(pmu_get_pmd(cpu, 4), 15);
}

static void counters_obey_plm_pm_up_pp_and_freeze(void **state)
{
    static const struct {
        u64 pmc, psr, freeze;
        bool counts;
    } cases[] = {
        {1, PSR_UP, 0, true},
        {1, PSR_PP, 0, false},
        {1 | PM, PSR_PP, 0, true},
        {1 | PM, PSR_UP, 0, false},
        {2, PSR_UP, 0, false},
        {2, PSR_UP | 1ull << 32, 0, true},
        {8, PSR_UP | 3ull << 32, 0, true},
        {7, PSR_UP | 3ull << 32, 0, false},
        {15, PSR_UP, 1, false},
    };
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        cpu_reset(cpu);
        monitor(cpu, cases[i].psr);
        pmu_set_pmc(cpu, 0, cases[i].freeze);
        pmu_set_pmc(cpu, 7, ES(0x12) | cases[i].pmc);
        retire(cpu, 100);
        assert_int_equal(pmu_get_pmd(cpu, 7), cases[i].counts ? 100 : 0);
    }
}

static void an_overflow_freezes_all_counters_at_once_and_interrupts(void **state)
{
    struct cpu *cpu = *state;
    u64 ticks;
    monitor(cpu, PSR_UP);
    pmu_set_pmd(cpu, 4, (1ull << 47) - 300);
    pmu_set_pmd(cpu, 5, (1ull << 47) - 40); /* wraps silently: no oi */
    pmu_set_pmc(cpu, 4, ES(0x12) | OI | 1);
    pmu_set_pmc(cpu, 5, ES(0x12) | 1);
    pmu_set_pmc(cpu, 6, ES(0x12) | 1);
    assert_true(cpu_next_timer(cpu, &ticks));
    assert_int_equal(ticks, 300);
    retire(cpu, 299);
    assert_int_equal(pmu_get_pmc(cpu, 0), 0);
    assert_true(cpu_next_timer(cpu, &ticks));
    assert_int_equal(ticks, 1);
    retire(cpu, 50);
    assert_int_equal(pmu_get_pmc(cpu, 0), 0x11); /* fr, and the bit of counter 4 */
    assert_int_equal(pmu_get_pmd(cpu, 4), 0);
    assert_int_equal(pmu_get_pmd(cpu, 5), 260);
    assert_int_equal(pmu_get_pmd(cpu, 6), 300);
    assert_int_equal(ivr(cpu), PMV);
    retire(cpu, 1000);
    assert_int_equal(pmu_get_pmd(cpu, 6), 300);
    assert_false(cpu_next_timer(cpu, &ticks));
}

static void a_change_of_mode_is_counted_under_the_old_mode(void **state)
{
    struct cpu *cpu = *state;
    monitor(cpu, PSR_UP);
    pmu_set_pmc(cpu, 4, ES(0x08) | 1); /* level 0 only */
    retire(cpu, 70);
    pmu_settle(cpu, cpu->psr);
    cpu->psr |= 3ull << 32;
    retire(cpu, 500);
    pmu_settle(cpu, cpu->psr);
    cpu->psr &= ~PSR_CPL;
    retire(cpu, 7);
    assert_int_equal(pmu_get_pmd(cpu, 4), 77);
}

static void counters_read_back_sign_extended_from_47_bits(void **state)
{
    struct cpu *cpu = *state;
    pmu_set_pmd(cpu, 6, 0x0000400000000001);
    assert_true(pmu_get_pmd(cpu, 6) == 0xffffc00000000001);
    pmu_set_pmd(cpu, 6, 0xffff800000000001);
    assert_true(pmu_get_pmd(cpu, 6) == 1);
    pmu_set_pmd(cpu, 17, 0xffff800000000001);
    assert_true(pmu_get_pmd(cpu, 17) == 0xffff800000000001);
}

static void monitors_that_do_not_exist_read_zero_and_ignore_writes(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < 256; i++) {
        pmu_set_pmc(cpu, i, ~0ull);
        pmu_set_pmd(cpu, i, ~0ull);
    }
    assert_int_equal(pmu_get_pmc(cpu, 0), 0xf1);
    for (unsigned i = 1; i < 4; i++) assert_int_equal(pmu_get_pmc(cpu, i), 0);
    for (unsigned i = 16; i < 256; i++) assert_int_equal(pmu_get_pmc(cpu, i), 0);
    for (unsigned i = 18; i < 256; i++) assert_int_equal(pmu_get_pmd(cpu, i), 0);
    assert_int_equal(pmu_get_pmc(cpu, 4) & 1 << 7, 0);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_pending_reads_as_spurious),
        TEST(vectors_come_in_order_of_priority),
        TEST(vectors_that_do_not_exist_are_dropped),
        TEST(what_is_in_service_holds_back_itself_and_below),
        TEST(nmi_breaks_into_extint_and_extint_into_all_numbers),
        TEST(reading_cr_ivr_from_outside_acknowledges_nothing),
        TEST(tpr_mic_masks_its_class_and_below),
        TEST(tpr_mmi_masks_all_but_nmi),
        TEST(unmasking_asks_for_attention),
        TEST(only_an_unmasked_vector_wakes_a_halted_processor),
        TEST(the_timer_strikes_when_itc_has_gone_past_itm),
        TEST(the_timer_strikes_once_however_far_time_jumps),
        TEST(an_itm_already_passed_never_strikes),
        TEST(the_timer_compares_across_the_wrap_of_itc),
        TEST(setting_itc_back_arms_the_timer_again),
        TEST(a_masked_timer_event_is_lost),
        TEST(polling_sees_a_timer_that_is_due),
        TEST(the_hook_hears_of_every_change_of_the_timer),
        TEST(reset_masks_the_local_vectors_and_names_the_processor),
        TEST(counters_count_slots_for_the_two_known_events),
        TEST(counters_obey_plm_pm_up_pp_and_freeze),
        TEST(an_overflow_freezes_all_counters_at_once_and_interrupts),
        TEST(a_change_of_mode_is_counted_under_the_old_mode),
        TEST(counters_read_back_sign_extended_from_47_bits),
        TEST(monitors_that_do_not_exist_read_zero_and_ignore_writes),
    };
    return cmocka_run_group_tests_name("lsapic", tests, NULL, NULL);
}
