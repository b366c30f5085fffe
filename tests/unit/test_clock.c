/* Virtual time: events happen once, in order, and ties are settled the same way every time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"

static char order[32];
static struct clock *the_clock;
static struct clock_event *to_arm;

static void note(void *opaque, u64 now)
{
    (void)now;
    strcat(order, opaque);
}

static void rearm(void *opaque, u64 now)
{
    strcat(order, opaque);
    clock_arm(the_clock, to_arm, now);
}

static int setup(void **state)
{
    (void)state;
    order[0] = 0;
    the_clock = clock_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clock_free(the_clock);
    return 0;
}

static void events_run_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct clock_event a, b, c;
    clock_event_init(&a, "a", 0, note, "a");
    clock_event_init(&b, "b", 0, note, "b");
    clock_event_init(&c, "c", 0, note, "c");
    clock_arm(the_clock, &a, 30);
    clock_arm(the_clock, &b, 10);
    clock_arm(the_clock, &c, 20);
    clock_advance(the_clock, 9);
    assert_string_equal(order, "");
    clock_advance(the_clock, 20);
    assert_string_equal(order, "bc");
    clock_advance(the_clock, 1000);
    assert_string_equal(order, "bca");
}

static void events_of_the_same_time_run_by_priority_then_by_arming(void **state)
{
    (void)state;
    struct clock_event a, b, c, d;
    clock_event_init(&a, "a", 1, note, "a");
    clock_event_init(&b, "b", 0, note, "b");
    clock_event_init(&c, "c", 1, note, "c");
    clock_event_init(&d, "d", 0, note, "d");
    clock_arm(the_clock, &a, 5);
    clock_arm(the_clock, &c, 5);
    clock_arm(the_clock, &d, 5);
    clock_arm(the_clock, &b, 5);
    clock_advance(the_clock, 5);
    assert_string_equal(order, "dbac");
}

static void arming_again_moves_an_event_and_disarming_removes_it(void **state)
{
    (void)state;
    struct clock_event a, b;
    u64 when;
    clock_event_init(&a, "a", 0, note, "a");
    clock_event_init(&b, "b", 0, note, "b");
    clock_arm(the_clock, &a, 5);
    clock_arm(the_clock, &b, 6);
    clock_arm(the_clock, &a, 7);
    assert_true(clock_next(the_clock, &when));
    assert_int_equal(when, 6);
    clock_disarm(the_clock, &b);
    clock_disarm(the_clock, &b);
    assert_true(clock_next(the_clock, &when));
    assert_int_equal(when, 7);
    clock_advance(the_clock, 10);
    assert_string_equal(order, "a");
    assert_false(clock_next(the_clock, &when));
}

static void an_event_armed_by_an_event_for_now_still_runs_now(void **state)
{
    (void)state;
    struct clock_event a, b;
    clock_event_init(&a, "a", 0, rearm, "a");
    clock_event_init(&b, "b", 0, note, "b");
    to_arm = &b;
    clock_arm(the_clock, &a, 5);
    clock_advance(the_clock, 5);
    assert_string_equal(order, "ab");
}

static void count(void *opaque)
{
    ++*(int *)opaque;
}

static void only_an_earlier_event_is_reported(void **state)
{
    (void)state;
    struct clock_event a, b, c;
    int reports = 0;
    clock_event_init(&a, "a", 0, note, "a");
    clock_event_init(&b, "b", 0, note, "b");
    clock_event_init(&c, "c", 0, note, "c");
    clock_on_earlier(the_clock, count, &reports);
    clock_arm(the_clock, &a, 50);
    assert_int_equal(reports, 1);
    clock_arm(the_clock, &b, 60);
    assert_int_equal(reports, 1);
    clock_arm(the_clock, &c, 40);
    assert_int_equal(reports, 2);
}

static u64 forty_two(void *opaque)
{
    (void)opaque;
    return 42;
}

static void now_is_the_source_if_there_is_one(void **state)
{
    (void)state;
    clock_advance(the_clock, 7);
    assert_int_equal(clock_now(the_clock), 7);
    clock_set_source(the_clock, forty_two, NULL);
    assert_int_equal(clock_now(the_clock), 42);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_run_in_the_order_of_their_times),
        TEST(events_of_the_same_time_run_by_priority_then_by_arming),
        TEST(arming_again_moves_an_event_and_disarming_removes_it),
        TEST(an_event_armed_by_an_event_for_now_still_runs_now),
        TEST(only_an_earlier_event_is_reported),
        TEST(now_is_the_source_if_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
