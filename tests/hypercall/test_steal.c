/* Time that other domains take: what moves, what the run state says, and who loses nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#define HZ 400000000ull
#define PERIOD (HZ / 50)
#define NS_PER_PERIOD 20000000ull
#define PERCENT 25

static int setup(void **state)
{
    struct kit *k = kit_new(2);
    k->d->config.steal = PERCENT;
    domain_start(k->d, KIT_ENTRY, 0);
    kit_settle(k, 0);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

/* Nothing runs here, so the processors' time is only what is skipped. */
static void pass(struct kit *k, unsigned periods)
{
    for (unsigned i = 0; i < periods; i++) {
        k->now += PERIOD;
        for (unsigned c = 0; c < k->ncpus; c++) {
            if (cpu_time(k->cpu[c]) < k->now) cpu_skip_time(k->cpu[c], k->now - cpu_time(k->cpu[c]));
        }
        clock_advance(k->clock, k->now);
    }
}

static u64 stolen(const struct kit *k, unsigned vcpu)
{
    return k->d->vcpu[vcpu].runstate_time[RUNSTATE_RUNNABLE];
}

static void a_busy_processor_loses_its_share(void **state)
{
    struct kit *k = *state;
    pass(k, 8);
    assert_int_equal(stolen(k, 0), 8 * NS_PER_PERIOD * PERCENT / 100);
    assert_int_equal(k->v->runstate, RUNSTATE_RUNNING);
    assert_int_equal(cpu_time(k->cpu[0]), k->now + PERIOD * PERCENT / 100);
    u64 whole = k->v->runstate_time[RUNSTATE_RUNNING] + stolen(k, 0);
    assert_int_equal(whole, 8 * NS_PER_PERIOD + NS_PER_PERIOD * PERCENT / 100);
}

static void an_idle_or_absent_one_loses_nothing(void **state)
{
    struct kit *k = *state;
    k->v->asleep = true;
    pass(k, 4);
    assert_int_equal(stolen(k, 0), 0);
    assert_int_equal(stolen(k, 1), 0);
    k->v->asleep = false;
    pass(k, 4);
    assert_int_equal(stolen(k, 0), 4 * NS_PER_PERIOD * PERCENT / 100);
    vcpu_down(k->v);
    pass(k, 4);
    assert_int_equal(stolen(k, 0), 4 * NS_PER_PERIOD * PERCENT / 100);
    assert_false(k->v->others.armed);
}

static void processors_lose_it_at_different_times(void **state)
{
    struct kit *k = *state;
    vcpu_start(&k->d->vcpu[1], KIT_ENTRY, false);
    assert_true(k->d->vcpu[1].others.when - k->v->others.when == PERIOD / 2);
    pass(k, 4);
    assert_int_equal(stolen(k, 0), 4 * NS_PER_PERIOD * PERCENT / 100);
    assert_int_equal(stolen(k, 1), 3 * NS_PER_PERIOD * PERCENT / 100);
}

static void it_ends_with_the_power(void **state)
{
    struct kit *k = *state;
    pass(k, 3);
    k->d->config.steal = 0;
    domain_start(k->d, KIT_ENTRY, 0);
    assert_false(k->v->others.armed);
    pass(k, 3);
    assert_int_equal(stolen(k, 0), 0);
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(a_busy_processor_loses_its_share),
        WITH_DOMAIN(an_idle_or_absent_one_loses_nothing),
        WITH_DOMAIN(processors_lose_it_at_different_times),
        WITH_DOMAIN(it_ends_with_the_power),
    };
    return cmocka_run_group_tests_name("steal", tests, NULL, NULL);
}
