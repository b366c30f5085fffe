/* PCI configuration space, BARs and shared interrupt lines; I/O ports and the ACPI block with them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "devices/acpi_pm.h"
#include "devices/pci.h"

#define WINDOW 0x80000000ull
#define WINDOW_SIZE 0x10000ull

struct toy {
    struct pci_device pci;
    u64 last_offset, last_value;
};

static u64 toy_read(struct pci_device *dev, unsigned bar, u64 offset, unsigned size)
{
    (void)dev, (void)size;
    return 0x1000 * bar + offset;
}

static void toy_write(struct pci_device *dev, unsigned bar, u64 offset, unsigned size, u64 value)
{
    struct toy *t = CONTAINER_OF(dev, struct toy, pci);
    (void)bar, (void)size;
    t->last_offset = offset;
    t->last_value = value;
}

static void toy_reset(struct pci_device *dev)
{
    (void)dev;
}

static u64 toy_hash(const struct pci_device *dev, u64 seed)
{
    return seed + CONTAINER_OF(dev, struct toy, pci)->last_value;
}

static void toy_free(struct pci_device *dev)
{
    g_free(CONTAINER_OF(dev, struct toy, pci));
}

static const struct pci_device_ops toy_ops = {
    .name = "toy", .bar_read = toy_read, .bar_write = toy_write, .reset = toy_reset,
    .hash = toy_hash, .free = toy_free,
};

struct kit {
    struct pci_bus *bus;
    bool line[4];
};

static void on_line(void *opaque, unsigned number, bool level)
{
    struct kit *k = opaque;
    assert_int_not_equal(k->line[number], level); /* told at changes only */
    k->line[number] = level;
}

static struct toy *add(struct kit *k, u32 bar0, u32 bar1)
{
    struct toy *t = g_new0(struct toy, 1);
    t->pci.ops = &toy_ops;
    t->pci.id = (struct pci_identity){ .vendor = 0x1234, .device = 0x5678, .class_code = 0x020000,
        .revision = 7, .subsystem_vendor = 0xaaaa, .subsystem = 0xbbbb,
        .bar_size = { bar0, bar1 } };
    return pci_add(k->bus, &t->pci, NULL) ? t : NULL;
}

static int setup(void **state)
{
    struct kit *k = g_new0(struct kit, 1);
    struct irq_line intx[4];
    for (unsigned i = 0; i < 4; i++) intx[i] = (struct irq_line){ on_line, k, i };
    k->bus = pci_bus_new(WINDOW, WINDOW_SIZE, intx);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    pci_bus_free(k->bus);
    g_free(k);
    return 0;
}

static u32 rd(struct kit *k, unsigned slot, unsigned reg, unsigned size)
{
    return pci_config_read(k->bus, slot << 3, reg, size);
}

static void wr(struct kit *k, unsigned slot, unsigned reg, unsigned size, u32 value)
{
    pci_config_write(k->bus, slot << 3, reg, size, value);
}

static void absent_functions_read_as_ones(void **state)
{
    struct kit *k = *state;
    add(k, 0, 0);
    assert_int_equal(rd(k, 0, 0, 4), ~0u);
    assert_int_equal(rd(k, 2, 0, 2), 0xffff);
    assert_int_equal(pci_config_read(k->bus, 1 << 3 | 1, 0, 4), ~0u);
    assert_int_equal(pci_config_read(k->bus, ~0u, 0, 4), ~0u);
    wr(k, 9, 4, 2, 7);
}

static void the_header_shows_who_it_is(void **state)
{
    struct kit *k = *state;
    add(k, 256, 0);
    assert_int_equal(rd(k, 1, 0, 4), 0x56781234);
    assert_int_equal(rd(k, 1, 2, 2), 0x5678);
    assert_int_equal(rd(k, 1, 8, 4), 0x02000007);
    assert_int_equal(rd(k, 1, 0x2c, 4), 0xbbbbaaaa);
    assert_int_equal(rd(k, 1, 0x0e, 1), 0);
    assert_int_equal(rd(k, 1, 0x3d, 1), 1);
    assert_int_equal(rd(k, 1, 0x30, 4), 0);
    wr(k, 1, 0, 4, 0);
    assert_int_equal(rd(k, 1, 0, 4), 0x56781234);
}

static void a_bar_comes_assigned_and_tells_its_size(void **state)
{
    struct kit *k = *state;
    add(k, 256, 0);
    u32 bar = rd(k, 1, 0x10, 4);
    assert_true(bar >= WINDOW && bar + 256 <= WINDOW + WINDOW_SIZE);
    wr(k, 1, 0x10, 4, ~0u);
    assert_int_equal(rd(k, 1, 0x10, 4), ~255u);
    wr(k, 1, 0x10, 4, bar);
    assert_int_equal(rd(k, 1, 0x10, 4), bar);
    wr(k, 1, 0x14, 4, ~0u);
    assert_int_equal(rd(k, 1, 0x14, 4), 0);
}

static void bars_answer_only_with_memory_decoding_on(void **state)
{
    struct kit *k = *state;
    struct toy *t = add(k, 256, 256);
    u64 at = pci_bar_address(&t->pci, 1) - WINDOW + 8;
    assert_int_equal(pci_window_ops.read(k->bus, at, 4), 0xffffffff);
    wr(k, 1, 4, 2, 2);
    assert_int_equal(pci_window_ops.read(k->bus, at, 4), 0x1008);
    pci_window_ops.write(k->bus, at, 4, 99);
    assert_int_equal(t->last_offset, 8);
    assert_int_equal(t->last_value, 99);
    assert_int_equal(pci_window_ops.read(k->bus, WINDOW_SIZE - 4, 4), 0xffffffff);
}

static void two_devices_never_share_addresses(void **state)
{
    struct kit *k = *state;
    struct toy *a = add(k, 256, 4096), *b = add(k, 4096, 256);
    u64 at[4] = { pci_bar_address(&a->pci, 0), pci_bar_address(&a->pci, 1),
                  pci_bar_address(&b->pci, 0), pci_bar_address(&b->pci, 1) };
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < i; j++) assert_true(at[i] >> 12 != at[j] >> 12);
    }
}

static void a_device_too_large_for_the_window_is_refused(void **state)
{
    assert_null(add(*state, 0x20000, 0));
}

static void misaligned_and_odd_sized_accesses_do_nothing(void **state)
{
    struct kit *k = *state;
    add(k, 256, 0);
    assert_int_equal(rd(k, 1, 1, 2), 0xffff);
    assert_int_equal(rd(k, 1, 2, 4), ~0u);
    assert_int_equal(rd(k, 1, 0xfe, 4), ~0u);
    assert_int_equal(rd(k, 1, 0x1000, 4), ~0u);
    wr(k, 1, 0x3b, 2, 0xffff);
    assert_int_equal(rd(k, 1, 0x3c, 1), 0);
}

static void devices_on_one_line_make_a_wired_or(void **state)
{
    struct kit *k = *state;
    struct toy *t[6];
    for (unsigned i = 0; i < 6; i++) t[i] = add(k, 0, 0);
    pci_set_irq(&t[0]->pci, true); /* slots 1 and 5 share line 1 */
    pci_set_irq(&t[4]->pci, true);
    assert_true(k->line[1]);
    pci_set_irq(&t[0]->pci, false);
    pci_set_irq(&t[0]->pci, false);
    assert_true(k->line[1]);
    pci_set_irq(&t[4]->pci, false);
    assert_false(k->line[1]);
}

static void intx_disable_disconnects_the_line_and_status_still_shows_it(void **state)
{
    struct kit *k = *state;
    struct toy *t = add(k, 0, 0);
    pci_set_irq(&t->pci, true);
    assert_int_equal(rd(k, 1, 6, 2) & 8, 8);
    wr(k, 1, 4, 2, 0x400);
    assert_false(k->line[1]);
    assert_int_equal(rd(k, 1, 6, 2) & 8, 8);
    wr(k, 1, 4, 2, 0);
    assert_true(k->line[1]);
    pci_bus_reset(k->bus);
    assert_false(k->line[1]);
}

/* --- I/O ports ------------------------------------------------------------------------------- */

static u32 echo_read(void *opaque, unsigned offset, unsigned size)
{
    (void)opaque;
    return 0x100 * size + offset;
}

static void echo_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    u32 *last = opaque;
    *last = value + 0x10000 * size + 0x1000000 * offset;
}

static const struct ioport_ops echo = { .name = "echo", .read = echo_read, .write = echo_write };

static void ports_sit_at_their_sparse_addresses(void **state)
{
    (void)state;
    static const struct { u16 port; u64 offset; } where[] = { /* computed by hand from the rule */
        { 0x60, 0x18060 }, { 0x64, 0x19064 }, { 0x3f8, 0xfe3f8 }, { 0x3fd, 0xff3fd },
        { 0x1f0, 0x7c1f0 }, { 0x2000, 0x800000 }, { 0xffff, 0x3ffffff },
    };
    u32 last = 0;
    struct ioport_space *space = ioport_new();
    assert_true(ioport_claim(space, 0, 0x10000, &echo, &last, NULL));
    for (unsigned i = 0; i < ARRAY_LEN(where); i++) {
        u64 got = ioport_mmio_ops.read(space, where[i].offset, 1);
        assert_int_equal(got, 0x100 + where[i].port);
    }
    ioport_mmio_ops.write(space, 0x3ffffff, 1, 7);
    assert_int_equal(last, 7 + 0x10000 + 0xff000000u);
    ioport_free(space);
}

static void unclaimed_ports_read_as_ones_and_overlaps_are_refused(void **state)
{
    (void)state;
    u32 last = 0;
    GError *err = NULL;
    struct ioport_space *space = ioport_new();
    assert_true(ioport_claim(space, 0x100, 8, &echo, &last, NULL));
    assert_int_equal(ioport_read(space, 0xff, 1), 0xff);
    assert_int_equal(ioport_read(space, 0xff, 2), 0xffff);
    assert_int_equal(ioport_read(space, 0x107, 2), 0xffff);
    assert_int_equal(ioport_read(space, 0x108, 4), ~0u);
    assert_int_equal(ioport_mmio_ops.read(space, 0, 8), ~0ull);
    ioport_write(space, 0x108, 1, 1);
    assert_int_equal(last, 0);
    assert_false(ioport_claim(space, 0x107, 8, &echo, &last, &err));
    assert_non_null(err);
    g_error_free(err);
    assert_false(ioport_claim(space, 0xf9, 8, &echo, &last, NULL));
    assert_true(ioport_claim(space, 0xf8, 8, &echo, &last, NULL));
    ioport_free(space);
}

/* --- ACPI fixed hardware --------------------------------------------------------------------- */

struct pm_kit {
    bool sci;
    int event;
};

static void on_sci(void *opaque, unsigned number, bool level)
{
    (void)number;
    ((struct pm_kit *)opaque)->sci = level;
}

static void on_event(void *opaque, enum pm_event event)
{
    ((struct pm_kit *)opaque)->event = (int)event;
}

static u64 one_second(void *opaque)
{
    (void)opaque;
    return 1000000000;
}

static void the_acpi_block_turns_off_resets_and_has_a_button(void **state)
{
    (void)state;
    struct pm_kit k = { .event = -1 };
    struct pm_config config = { .sci = { on_sci, &k, 9 }, .event = on_event,
                                .now_ns = one_second, .opaque = &k };
    struct acpi_pm *pm = acpi_pm_new(&config);
    assert_int_equal(acpi_pm_ops.read(pm, PM1_CNT, 2) & 1, 1);
    assert_int_equal(acpi_pm_ops.read(pm, PM_TMR, 4), PM_TIMER_HZ);

    acpi_pm_press_power_button(pm);
    assert_false(k.sci);
    acpi_pm_ops.write(pm, PM1_EVT + 2, 2, 1 << 8);
    assert_true(k.sci);
    assert_int_equal(acpi_pm_ops.read(pm, PM1_EVT, 4), 0x01000100);
    acpi_pm_ops.write(pm, PM1_EVT, 2, 0);
    assert_true(k.sci);
    acpi_pm_ops.write(pm, PM1_EVT, 2, 1 << 8);
    assert_false(k.sci);
    assert_int_equal(acpi_pm_ops.read(pm, PM1_EVT + 2, 2), 1 << 8);

    acpi_pm_ops.write(pm, PM1_CNT, 2, PM_SLP_TYP_S5 << 10);
    assert_int_equal(k.event, -1);
    acpi_pm_ops.write(pm, PM1_CNT, 2, 1 << 13 | 1 << 10);
    assert_int_equal(k.event, -1);
    acpi_pm_ops.write(pm, PM1_CNT, 2, 1 << 13 | PM_SLP_TYP_S5 << 10);
    assert_int_equal(k.event, PM_POWER_OFF);
    acpi_pm_ops.write(pm, PM_RESET, 1, 2);
    assert_int_equal(k.event, PM_POWER_OFF);
    acpi_pm_ops.write(pm, PM_RESET, 1, PM_RESET_VALUE);
    assert_int_equal(k.event, PM_RESET_MACHINE);
    acpi_pm_free(pm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(absent_functions_read_as_ones),
        T(the_header_shows_who_it_is),
        T(a_bar_comes_assigned_and_tells_its_size),
        T(bars_answer_only_with_memory_decoding_on),
        T(two_devices_never_share_addresses),
        T(a_device_too_large_for_the_window_is_refused),
        T(misaligned_and_odd_sized_accesses_do_nothing),
        T(devices_on_one_line_make_a_wired_or),
        T(intx_disable_disconnects_the_line_and_status_still_shows_it),
        cmocka_unit_test(ports_sit_at_their_sparse_addresses),
        cmocka_unit_test(unclaimed_ports_read_as_ones_and_overlaps_are_refused),
        cmocka_unit_test(the_acpi_block_turns_off_resets_and_has_a_button),
    };
    return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
