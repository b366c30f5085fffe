/* The keyboard controller, used as the i8042, atkbd and psmouse drivers of Linux use it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "devices/i8042.h"

enum { OBF = 0x01, AUX = 0x20 };

struct kit {
    struct i8042 *c;
    bool line[16];
    unsigned edges[16];
};

static void on_line(void *opaque, unsigned number, bool level)
{
    struct kit *k = opaque;
    assert_true(number == 1 || number == 12);
    if (level && !k->line[number]) k->edges[number]++;
    k->line[number] = level;
}

static int setup(void **state)
{
    struct kit *k = g_new0(struct kit, 1);
    struct irq_line keyboard = { on_line, k, 1 }, mouse = { on_line, k, 12 };
    k->c = i8042_new(&keyboard, &mouse);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    i8042_free(k->c);
    g_free(k);
    return 0;
}

static unsigned status(struct kit *k)
{
    return i8042_command_ops.read(k->c, 0, 1);
}

static unsigned data(struct kit *k)
{
    assert_true(status(k) & OBF);
    return i8042_data_ops.read(k->c, 0, 1);
}

static void command(struct kit *k, unsigned byte)
{
    assert_int_equal(status(k) & 2, 0); /* the input buffer is never full */
    i8042_command_ops.write(k->c, 0, 1, byte);
}

static void put(struct kit *k, unsigned byte)
{
    i8042_data_ops.write(k->c, 0, 1, byte);
}

static void to_mouse(struct kit *k, unsigned byte)
{
    command(k, 0xd4);
    put(k, byte);
}

static void expect(struct kit *k, const char *what, const u8 *bytes, unsigned n, bool aux)
{
    for (unsigned i = 0; i < n; i++) {
        if (!(status(k) & OBF)) fail_msg("%s: byte %u of %u is missing", what, i, n);
        assert_int_equal(!!(status(k) & AUX), aux);
        assert_int_equal(data(k), bytes[i]);
    }
    if (status(k) & OBF) fail_msg("%s: one byte too many: %#x", what, data(k));
}
#define EXPECT(k, what, aux, ...)                                                                 \
    expect(k, what, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }), aux)

static void set_ctr(struct kit *k, unsigned value)
{
    command(k, 0x60);
    put(k, value);
}

static void the_controller_passes_its_tests(void **state)
{
    struct kit *k = *state;
    assert_int_equal(status(k) & OBF, 0);
    command(k, 0xaa);
    EXPECT(k, "self test", false, 0x55);
    command(k, 0xab);
    EXPECT(k, "keyboard line", false, 0x00);
    command(k, 0xa9);
    EXPECT(k, "mouse line", false, 0x00);
    assert_true(status(k) & 0x04);
}

static void the_command_byte_can_be_changed(void **state)
{
    struct kit *k = *state;
    set_ctr(k, 0x74);
    command(k, 0x20);
    EXPECT(k, "ctr", false, 0x74);
    command(k, 0xa8);
    command(k, 0xae);
    command(k, 0x20);
    EXPECT(k, "ctr", false, 0x44);
    command(k, 0xa7);
    command(k, 0xad);
    command(k, 0x20);
    EXPECT(k, "ctr", false, 0x74);
}

static void the_loop_commands_tell_the_mouse_from_a_multiplexer(void **state)
{
    struct kit *k = *state;
    static const u8 probe[] = { 0xf0, 0x56, 0xa4, 0x5a };
    for (unsigned i = 0; i < sizeof probe; i++) {
        command(k, 0xd3);
        put(k, probe[i]);
        expect(k, "loop", probe + i, 1, true);
    }
    command(k, 0xd2);
    put(k, 0x77);
    EXPECT(k, "keyboard loop", false, 0x77);
}

static void lines_follow_data_and_permission(void **state)
{
    struct kit *k = *state;
    set_ctr(k, 0x44);
    i8042_key(k->c, KEY_A, true);
    assert_false(k->line[1]);
    set_ctr(k, 0x47);
    assert_true(k->line[1]);
    assert_false(k->line[12]);
    data(k);
    assert_false(k->line[1]);
    command(k, 0xd3);
    put(k, 0x5a);
    assert_true(k->line[12]);
    assert_false(k->line[1]);
    data(k);
    assert_false(k->line[12]);
}

static void every_byte_is_an_edge(void **state)
{
    struct kit *k = *state;
    set_ctr(k, 0x45);
    i8042_key(k->c, KEY_UP, true);
    i8042_key(k->c, KEY_UP, false);
    EXPECT(k, "up", false, 0xe0, 0x48, 0xe0, 0xc8);
    assert_int_equal(k->edges[1], 4);
    assert_false(k->line[1]);
}

static void keys_are_translated_to_set_1(void **state)
{
    struct kit *k = *state;
    i8042_key(k->c, KEY_A, true), i8042_key(k->c, KEY_A, false);
    EXPECT(k, "a", false, 0x1e, 0x9e);
    i8042_key(k->c, KEY_RETURN, true), i8042_key(k->c, KEY_RETURN, false);
    EXPECT(k, "return", false, 0x1c, 0x9c);
    i8042_key(k->c, KEY_F7, true), i8042_key(k->c, KEY_F7, false);
    EXPECT(k, "F7", false, 0x41, 0xc1);
    i8042_key(k->c, KEY_DELETE, true), i8042_key(k->c, KEY_DELETE, false);
    EXPECT(k, "delete", false, 0xe0, 0x53, 0xe0, 0xd3);
}

/* Also where a code looks like something else: 2 goes up with 0x83. */
static void every_key_goes_down_and_up_in_both_sets(void **state)
{
    static const u16 codes[][2] = {
#define KEY(name, set1, set2) { set1, set2 },
#include "devices/keys.def"
    };
    struct kit *k = *state;
    for (unsigned set = 0; set < 2; set++) {
        set_ctr(k, set ? 0x05 : 0x45);
        for (unsigned i = 0; i < ARRAY_LEN(codes); i++) {
            u8 want[6], code = (u8)codes[i][set];
            unsigned n = 0;
            if (codes[i][set] >> 8) want[n++] = 0xe0;
            want[n++] = code;
            if (codes[i][set] >> 8) want[n++] = 0xe0;
            if (set) want[n++] = 0xf0;
            want[n++] = set ? code : code | 0x80;
            i8042_key(k->c, (enum key)(i + 1), true);
            i8042_key(k->c, (enum key)(i + 1), false);
            expect(k, "key", want, n, false);
        }
    }
}

static void without_translation_keys_come_in_set_2(void **state)
{
    struct kit *k = *state;
    set_ctr(k, 0x05);
    i8042_key(k->c, KEY_A, true), i8042_key(k->c, KEY_A, false);
    EXPECT(k, "a", false, 0x1c, 0xf0, 0x1c);
    i8042_key(k->c, KEY_RCTRL, true), i8042_key(k->c, KEY_RCTRL, false);
    EXPECT(k, "right control", false, 0xe0, 0x14, 0xe0, 0xf0, 0x14);
    put(k, 0xf0), put(k, 0x01);
    EXPECT(k, "choice of set 1", false, 0xfa, 0xfa);
    i8042_key(k->c, KEY_A, true), i8042_key(k->c, KEY_A, false);
    EXPECT(k, "a", false, 0x1e, 0x9e);
}

/* All codes of one set differ, and none collides with a prefix. */
static void every_key_has_codes_of_its_own(void **state)
{
    static const struct { const char *name; u16 set1, set2; } keys[] = {
#define KEY(name, set1, set2) { #name, set1, set2 },
#include "devices/keys.def"
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_true((keys[i].set1 & 0xff) < 0x59 || keys[i].set1 >> 8);
        assert_true((keys[i].set2 & 0xff) <= 0x83);
        assert_int_equal(keys[i].set1 >> 8, keys[i].set2 >> 8);
        for (size_t j = 0; j < i; j++) {
            if (keys[i].set1 == keys[j].set1 || keys[i].set2 == keys[j].set2) {
                fail_msg("%s and %s share a code", keys[i].name, keys[j].name);
            }
        }
    }
}

static void the_keyboard_answers_as_atkbd_expects(void **state)
{
    struct kit *k = *state;
    set_ctr(k, 0x05);
    put(k, 0xf2);
    EXPECT(k, "identity", false, 0xfa, 0xab, 0x83);
    put(k, 0xff);
    EXPECT(k, "reset", false, 0xfa, 0xaa);
    put(k, 0xed), put(k, 0x07);
    EXPECT(k, "lights", false, 0xfa, 0xfa);
    put(k, 0xf3), put(k, 0x20);
    EXPECT(k, "rate", false, 0xfa, 0xfa);
    put(k, 0xf0), put(k, 0x00);
    EXPECT(k, "set in use", false, 0xfa, 0xfa, 0x02);
    put(k, 0xee);
    EXPECT(k, "echo", false, 0xee);
    put(k, 0xe1);
    EXPECT(k, "nonsense", false, 0xfe);
    set_ctr(k, 0x45);
    put(k, 0xf2);
    EXPECT(k, "identity, translated", false, 0xfa, 0xab, 0x41);
}

static void a_disabled_keyboard_is_silent(void **state)
{
    struct kit *k = *state;
    assert_true(i8042_listens(k->c));
    put(k, 0xf5);
    EXPECT(k, "disable", false, 0xfa);
    assert_false(i8042_listens(k->c));
    i8042_key(k->c, KEY_A, true);
    assert_int_equal(status(k) & OBF, 0);
    put(k, 0xf4);
    EXPECT(k, "enable", false, 0xfa);
    i8042_key(k->c, KEY_A, true);
    EXPECT(k, "a", false, 0x1e);
}

static void a_disabled_port_keeps_its_bytes(void **state)
{
    struct kit *k = *state;
    command(k, 0xad);
    i8042_key(k->c, KEY_A, true);
    assert_int_equal(status(k) & OBF, 0);
    command(k, 0xae);
    EXPECT(k, "a", false, 0x1e);
}

static void keys_that_do_not_fit_are_lost_whole(void **state)
{
    struct kit *k = *state;
    for (unsigned i = 0; i < 100; i++) i8042_key(k->c, KEY_LEFT, true);
    unsigned bytes = 0;
    while (status(k) & OBF) {
        assert_int_equal(data(k), bytes & 1 ? 0x4b : 0xe0);
        bytes++;
    }
    assert_true(bytes >= 16);
    assert_int_equal(bytes & 1, 0);
    assert_true(i8042_is_drained(k->c));
}

static void enable_wheel(struct kit *k)
{
    static const u8 knock[] = { 200, 100, 80 };
    for (unsigned i = 0; i < 3; i++) {
        to_mouse(k, 0xf3);
        EXPECT(k, "rate", true, 0xfa);
        to_mouse(k, knock[i]);
        EXPECT(k, "rate", true, 0xfa);
    }
}

static void the_mouse_answers_as_psmouse_expects(void **state)
{
    struct kit *k = *state;
    to_mouse(k, 0xff);
    EXPECT(k, "reset", true, 0xfa, 0xaa, 0x00);
    to_mouse(k, 0xf2);
    EXPECT(k, "identity", true, 0xfa, 0x00);
    to_mouse(k, 0xe9);
    EXPECT(k, "status", true, 0xfa, 0x00, 0x02, 0x64);
    to_mouse(k, 0xe8), EXPECT(k, "resolution", true, 0xfa);
    to_mouse(k, 0x03), EXPECT(k, "resolution", true, 0xfa);
    to_mouse(k, 0xe7), EXPECT(k, "scaling", true, 0xfa);
    to_mouse(k, 0xf4), EXPECT(k, "enable", true, 0xfa);
    to_mouse(k, 0xe9);
    EXPECT(k, "status", true, 0xfa, 0x30, 0x03, 0x64);
    enable_wheel(k);
    to_mouse(k, 0xf2);
    EXPECT(k, "identity with wheel", true, 0xfa, 0x03);
    to_mouse(k, 0x42);
    EXPECT(k, "nonsense", true, 0xfe);
}

static void movements_become_packets(void **state)
{
    struct kit *k = *state;
    i8042_mouse(k->c, 5, 5, 0, 0);
    assert_int_equal(status(k) & OBF, 0); /* not enabled yet */
    to_mouse(k, 0xf6), EXPECT(k, "defaults", true, 0xfa);
    to_mouse(k, 0xf4), EXPECT(k, "enable", true, 0xfa);
    i8042_mouse(k->c, 3, 4, 0, MOUSE_LEFT); /* right and down: up is positive for a mouse */
    EXPECT(k, "packet", true, 0x29, 0x03, 0xfc);
    i8042_mouse(k->c, -2, -1, 0, MOUSE_RIGHT | MOUSE_MIDDLE);
    EXPECT(k, "packet", true, 0x1e, 0xfe, 0x01);
    i8042_mouse(k->c, 0, 0, 0, MOUSE_RIGHT | MOUSE_MIDDLE);
    assert_int_equal(status(k) & OBF, 0); /* no news */
    enable_wheel(k);
    i8042_mouse(k->c, 0, 0, 1, 0);
    EXPECT(k, "wheel", true, 0x08, 0x00, 0x00, 0xff);
}

static void a_long_way_arrives_in_several_packets(void **state)
{
    struct kit *k = *state;
    int x = 0, y = 0;
    to_mouse(k, 0xf4), EXPECT(k, "enable", true, 0xfa);
    for (unsigned i = 0; i < 20; i++) i8042_mouse(k->c, 1000, -700, 0, 0);
    while (status(k) & OBF) {
        unsigned flags = data(k), dx = data(k), dy = data(k);
        x += (int)dx - (flags & 0x10 ? 256 : 0);
        y += (int)dy - (flags & 0x20 ? 256 : 0);
    }
    assert_int_equal(x, 20000);
    assert_int_equal(y, 14000);
}

static void keyboard_bytes_go_before_mouse_bytes_but_never_inside(void **state)
{
    struct kit *k = *state;
    to_mouse(k, 0xf4), EXPECT(k, "enable", true, 0xfa);
    i8042_mouse(k->c, 1, 0, 0, 0);
    i8042_key(k->c, KEY_B, true);
    unsigned aux = 0, keys = 0;
    while (status(k) & OBF) {
        if (status(k) & AUX) aux++;
        else keys++;
        data(k);
    }
    assert_int_equal(aux, 3);
    assert_int_equal(keys, 1);
}

static void wrap_mode_echoes_until_it_is_left(void **state)
{
    struct kit *k = *state;
    to_mouse(k, 0xee), EXPECT(k, "wrap", true, 0xfa);
    to_mouse(k, 0x42), EXPECT(k, "echo", true, 0x42);
    to_mouse(k, 0xec), EXPECT(k, "leave", true, 0xfa);
    to_mouse(k, 0xf2), EXPECT(k, "identity", true, 0xfa, 0x00);
}

static void remote_mode_speaks_when_asked(void **state)
{
    struct kit *k = *state;
    to_mouse(k, 0xf0), EXPECT(k, "remote", true, 0xfa);
    to_mouse(k, 0xf4), EXPECT(k, "enable", true, 0xfa);
    i8042_mouse(k->c, 7, 0, 0, 0);
    assert_int_equal(status(k) & OBF, 0);
    to_mouse(k, 0xeb), EXPECT(k, "read", true, 0xfa, 0x08, 0x07, 0x00);
}

static void a_reset_forgets_everything(void **state)
{
    struct kit *k = *state;
    u64 fresh = i8042_hash(k->c, 1);
    set_ctr(k, 0x47);
    to_mouse(k, 0xf4);
    i8042_key(k->c, KEY_A, true);
    assert_int_not_equal(i8042_hash(k->c, 1), fresh);
    i8042_reset(k->c);
    assert_int_equal(i8042_hash(k->c, 1), fresh);
    assert_false(k->line[1]);
    assert_false(k->line[12]);
    assert_int_equal(status(k) & OBF, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_controller_passes_its_tests),
        TEST(the_command_byte_can_be_changed),
        TEST(the_loop_commands_tell_the_mouse_from_a_multiplexer),
        TEST(lines_follow_data_and_permission),
        TEST(every_byte_is_an_edge),
        TEST(keys_are_translated_to_set_1),
        TEST(every_key_goes_down_and_up_in_both_sets),
        TEST(without_translation_keys_come_in_set_2),
        TEST(every_key_has_codes_of_its_own),
        TEST(the_keyboard_answers_as_atkbd_expects),
        TEST(a_disabled_keyboard_is_silent),
        TEST(a_disabled_port_keeps_its_bytes),
        TEST(keys_that_do_not_fit_are_lost_whole),
        TEST(the_mouse_answers_as_psmouse_expects),
        TEST(movements_become_packets),
        TEST(a_long_way_arrives_in_several_packets),
        TEST(keyboard_bytes_go_before_mouse_bytes_but_never_inside),
        TEST(wrap_mode_echoes_until_it_is_left),
        TEST(remote_mode_speaks_when_asked),
        TEST(a_reset_forgets_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
