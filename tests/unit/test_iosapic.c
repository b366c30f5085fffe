/* The IOSAPIC and the processor interrupt block, by the messages they send.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "devices/interrupt_block.h"
#include "devices/iosapic.h"

#define PINS 24
enum { SELECT = 0x00, WINDOW = 0x10, EOI = 0x40 };
#define MASKED 0x10000u
#define LEVEL 0x8000u
#define LOW 0x2000u
#define REMOTE_IRR 0x4000u

struct kit {
    struct iosapic *io;
    struct sapic_bus bus;
    unsigned count, dest, vector;
    enum sapic_mode mode;
};

static void note(void *opaque, unsigned dest, enum sapic_mode mode, unsigned vector)
{
    struct kit *k = opaque;
    k->count++;
    k->dest = dest;
    k->mode = mode;
    k->vector = vector;
}

static int setup(void **state)
{
    struct kit *k = g_new0(struct kit, 1);
    k->bus = (struct sapic_bus){ note, k };
    k->io = iosapic_new(PINS, &k->bus);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    iosapic_free(k->io);
    g_free(k);
    return 0;
}

static u32 rd(struct kit *k, unsigned index)
{
    iosapic_mmio_ops.write(k->io, SELECT, 4, index);
    return (u32)iosapic_mmio_ops.read(k->io, WINDOW, 4);
}

static void wr(struct kit *k, unsigned index, u32 value)
{
    iosapic_mmio_ops.write(k->io, SELECT, 4, index);
    iosapic_mmio_ops.write(k->io, WINDOW, 4, value);
}

static void route(struct kit *k, unsigned pin, u32 low)
{
    wr(k, 0x11 + 2 * pin, 0x03020000);
    wr(k, 0x10 + 2 * pin, low);
}

static void pin(struct kit *k, unsigned n, bool level)
{
    iosapic_set_pin(k->io, n, level);
}

static void eoi(struct kit *k, unsigned vector)
{
    iosapic_mmio_ops.write(k->io, EOI, 4, vector);
}

static void the_version_register_counts_the_pins(void **state)
{
    assert_int_equal(rd(*state, 1), (PINS - 1) << 16 | IOSAPIC_VERSION);
}

static void all_entries_come_up_masked(void **state)
{
    struct kit *k = *state;
    for (unsigned n = 0; n < PINS; n++) {
        assert_int_equal(rd(k, 0x10 + 2 * n), MASKED);
        pin(k, n, true);
    }
    assert_int_equal(k->count, 0);
}

static void an_edge_sends_its_vector_to_its_destination_once(void **state)
{
    struct kit *k = *state;
    route(k, 5, 0x45);
    pin(k, 5, true);
    pin(k, 5, true);
    assert_int_equal(k->count, 1);
    assert_int_equal(k->vector, 0x45);
    assert_int_equal(k->dest, 0x0302);
    assert_int_equal(k->mode, SAPIC_INT);
    pin(k, 5, false);
    pin(k, 5, true);
    assert_int_equal(k->count, 2);
}

static void an_edge_while_masked_is_lost(void **state)
{
    struct kit *k = *state;
    route(k, 5, 0x45 | MASKED);
    pin(k, 5, true);
    wr(k, 0x10 + 2 * 5, 0x45);
    assert_int_equal(k->count, 0);
}

static void a_level_waits_for_eoi_and_is_sent_again_while_asserted(void **state)
{
    struct kit *k = *state;
    route(k, 7, 0x50 | LEVEL | LOW);
    pin(k, 7, true);
    assert_int_equal(k->count, 1);
    assert_int_equal(rd(k, 0x10 + 14), 0x50 | LEVEL | LOW | REMOTE_IRR);
    pin(k, 7, false);
    pin(k, 7, true);
    assert_int_equal(k->count, 1);
    eoi(k, 0x51);
    assert_int_equal(k->count, 1);
    eoi(k, 0x50);
    assert_int_equal(k->count, 2);
    pin(k, 7, false);
    eoi(k, 0x50);
    assert_int_equal(k->count, 2);
    assert_int_equal(rd(k, 0x10 + 14) & REMOTE_IRR, 0);
}

static void a_level_asserted_while_masked_is_sent_when_unmasked(void **state)
{
    struct kit *k = *state;
    route(k, 7, 0x50 | LEVEL | MASKED);
    pin(k, 7, true);
    assert_int_equal(k->count, 0);
    wr(k, 0x10 + 14, 0x50 | LEVEL);
    assert_int_equal(k->count, 1);
}

/* The flow of Linux 6.x: mask, handle, unmask, and only then EOI. */
static void unmasking_before_eoi_does_not_send_and_masking_keeps_remote_irr(void **state)
{
    struct kit *k = *state;
    route(k, 7, 0x50 | LEVEL);
    pin(k, 7, true);
    wr(k, 0x10 + 14, 0x50 | LEVEL | MASKED);
    assert_int_equal(rd(k, 0x10 + 14) & REMOTE_IRR, REMOTE_IRR);
    wr(k, 0x10 + 14, 0x50 | LEVEL);
    assert_int_equal(k->count, 1);
    eoi(k, 0x50);
    assert_int_equal(k->count, 2);
}

static void a_guest_cannot_write_remote_irr_or_reach_past_the_last_entry(void **state)
{
    struct kit *k = *state;
    wr(k, 0x10, ~0u);
    assert_int_equal(rd(k, 0x10) & REMOTE_IRR, 0);
    wr(k, 0x10 + 2 * PINS, 0x45);
    assert_int_equal(rd(k, 0x10 + 2 * PINS), 0);
    wr(k, 0xff, 0x45);
    assert_int_equal(rd(k, 0xff), 0);
    pin(k, PINS, true);
    pin(k, ~0u, true);
    assert_int_equal(k->count, 0);
}

static void a_store_to_the_interrupt_block_names_processor_mode_and_vector(void **state)
{
    struct kit *k = *state;
    interrupt_block_ops.write(&k->bus, 0x12 << 12 | 0x34 << 4, 8, 0x5ef);
    assert_int_equal(k->count, 1);
    assert_int_equal(k->dest, 0x1234);
    assert_int_equal(k->mode, SAPIC_INIT);
    assert_int_equal(k->vector, 0xef);
    interrupt_block_ops.write(&k->bus, 0x8, 8, 0xef); /* the redirection hint */
    assert_int_equal(k->count, 2);
    assert_int_equal(k->dest, 0);
}

static void odd_stores_to_the_interrupt_block_do_nothing(void **state)
{
    struct kit *k = *state;
    interrupt_block_ops.write(&k->bus, 0, 1, 0xef);
    interrupt_block_ops.write(&k->bus, 4, 8, 0xef);
    interrupt_block_ops.write(&k->bus, 0x1e0008, 1, 0xff);
    interrupt_block_ops.write(&k->bus, 0x100000, 8, 0xef);
    assert_int_equal(k->count, 0);
    assert_int_equal(interrupt_block_ops.read(&k->bus, 0, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(the_version_register_counts_the_pins),
        T(all_entries_come_up_masked),
        T(an_edge_sends_its_vector_to_its_destination_once),
        T(an_edge_while_masked_is_lost),
        T(a_level_waits_for_eoi_and_is_sent_again_while_asserted),
        T(a_level_asserted_while_masked_is_sent_when_unmasked),
        T(unmasking_before_eoi_does_not_send_and_masking_keeps_remote_irr),
        T(a_guest_cannot_write_remote_irr_or_reach_past_the_last_entry),
        T(a_store_to_the_interrupt_block_names_processor_mode_and_vector),
        T(odd_stores_to_the_interrupt_block_do_nothing),
    };
    return cmocka_run_group_tests_name("iosapic", tests, NULL, NULL);
}
