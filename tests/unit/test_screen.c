/* The screen of a machine that a debugger has stopped: still drawn, still closable, deaf.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine/screen.h"

#define RAM_SIZE (16 << 20)

/* A person with a script: one row per poll. */
struct act {
    enum { NOTHING, PRESS, RELEASE, BUTTON_DOWN, BUTTON_UP, CLOSE } what;
};

struct fake {
    struct display display;
    struct act next;
    unsigned shown;
};

struct kit {
    struct physmem *pm;
    struct ioport_space *ports;
    struct pci_bus *pci;
    struct sections *sections;
    struct fake fake;
    struct screen *screen;
    unsigned closed;
};

static bool fake_poll(struct display *d, const struct display_input *input)
{
    struct fake *f = (struct fake *)d;
    switch (f->next.what) {
    case NOTHING: break;
    case PRESS: input->key(input->opaque, KEY_A, true); break;
    case RELEASE: input->key(input->opaque, KEY_A, false); break;
    case BUTTON_DOWN: input->mouse(input->opaque, 3, 4, 0, MOUSE_LEFT); break;
    case BUTTON_UP: input->mouse(input->opaque, 3, 4, 0, 0); break;
    case CLOSE: input->closed(input->opaque); break;
    }
    f->next.what = NOTHING;
    return true;
}

static void fake_show(struct display *d, const struct picture *picture)
{
    (void)picture;
    ((struct fake *)d)->shown++;
}

static void fake_free(struct display *d)
{
    (void)d;
}

static const struct display_ops fake_ops = {
    .name = "fake", .poll = fake_poll, .show = fake_show, .free = fake_free,
};

static void on_line(void *opaque, unsigned number, bool level)
{
    (void)opaque, (void)number, (void)level;
}

static void on_closed(void *opaque)
{
    ((struct kit *)opaque)->closed++;
}

static int setup(void **state)
{
    struct kit *k = g_new0(struct kit, 1);
    struct irq_line line = { on_line, k, 0 }, intx[4] = { line, line, line, line };
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, RAM_SIZE, NULL));
    k->ports = ioport_new();
    k->pci = pci_bus_new(0x80000000, 0x40000000, intx);
    k->sections = sections_new();
    k->fake.display.ops = &fake_ops;
    struct screen_config c = { .pm = k->pm, .ports = k->ports, .pci = k->pci, .keyboard = line,
        .mouse = line, .sections = k->sections, .display = &k->fake.display,
        .closed = on_closed, .opaque = k };
    k->screen = screen_new(&c, NULL);
    assert_non_null(k->screen);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    screen_free(k->screen);
    pci_bus_free(k->pci);
    ioport_free(k->ports);
    sections_free(k->sections);
    physmem_free(k->pm);
    g_free(k);
    return 0;
}

static u64 hash(struct kit *k)
{
    return sections_hash(k->sections);
}

static void running_it_hears_and_shows_what_changed(void **state)
{
    struct kit *k = *state;
    u64 before = hash(k);
    screen_poll(k->screen);
    screen_poll(k->screen);
    assert_int_equal(k->fake.shown, 1);
    k->fake.next.what = PRESS;
    screen_poll(k->screen);
    assert_int_not_equal(hash(k), before);
}

static void stopped_it_is_drawn_again_and_again(void **state)
{
    struct kit *k = *state;
    for (unsigned i = 1; i < 4; i++) {
        screen_idle(k->screen);
        assert_int_equal(k->fake.shown, i);
    }
}

static void stopped_it_can_be_closed(void **state)
{
    struct kit *k = *state;
    k->fake.next.what = CLOSE;
    screen_idle(k->screen);
    assert_int_equal(k->closed, 1);
}

static void stopped_it_does_not_hear_keys_and_moves(void **state)
{
    struct kit *k = *state;
    u64 before = hash(k);
    k->fake.next.what = PRESS;
    screen_idle(k->screen);
    k->fake.next.what = BUTTON_DOWN;
    screen_idle(k->screen);
    k->fake.next.what = BUTTON_UP;
    screen_idle(k->screen);
    assert_int_equal(hash(k), before);
}

static void what_was_held_is_let_go(void **state)
{
    struct kit *k = *state;
    static const struct {
        struct act down, up;
    } rows[] = { { { PRESS }, { RELEASE } }, { { BUTTON_DOWN }, { BUTTON_UP } } };
    i8042_command_ops.write(screen_i8042(k->screen), 0, 1, 0xd4); /* the mouse reports nothing */
    i8042_data_ops.write(screen_i8042(k->screen), 0, 1, 0xf4);    /* until it is told to */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        k->fake.next = rows[i].down;
        screen_poll(k->screen);
        u64 held = hash(k);
        k->fake.next = rows[i].up;
        screen_idle(k->screen);
        assert_int_not_equal(hash(k), held);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(running_it_hears_and_shows_what_changed),
        TEST(stopped_it_is_drawn_again_and_again),
        TEST(stopped_it_can_be_closed),
        TEST(stopped_it_does_not_hear_keys_and_moves),
        TEST(what_was_held_is_let_go),
    };
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
