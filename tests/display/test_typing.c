/* A person at the screen of a Linux that boots with console=tty0: reads the prompt, types every
 * character a keyboard has, moves the mouse, switches the machine off.  Everything typed goes
 * through i8042, interrupt lines and the guest's own drivers, everything read is what the adapter
 * would show.  Needs EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/machine-priv.h"
#include "machine/native.h"
#include "machine/screen.h"

#define TICKS_PER_SECOND 200
#define MOUSE_MOVES 10

struct step {
    const char *wait;  /* until a line starts with this */
    const char *type;  /* then type this */
    bool move;         /* having moved the mouse */
};

/* All printable characters but the quote that surrounds them. */
#define SMALL "`1234567890-=qwertyuiop[]asdfghjkl;zxcvbnm,./"
#define LARGE "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?|"
#define COUNT_INTERRUPTS "grep i8042 /proc/interrupts | tail -n 1 | awk '{ print \"M\" $2 }'"
static const struct step steps[] = {
    { "/ #", "clear; echo '" SMALL "'\n", false },
    { SMALL, "echo '" LARGE "'\n", false },
    { LARGE, "clear; " COUNT_INTERRUPTS "\n", false },
    { "M", COUNT_INTERRUPTS "; echo COUNTED\n", true },
    { "COUNTED", "poweroff -f\n", false },
};

struct typist {
    struct machine *m;
    struct clock_event event;
    unsigned step, at, moves;
    bool typing;
    char *counted; /* the screen when the counters were on it */
};

static const struct {
    char plain, shifted;
    enum key key;
} layout[] = {
#define ROW(plain, shifted, name) { plain, shifted, KEY_##name },
    ROW('`', '~', GRAVE) ROW('1', '!', 1) ROW('2', '@', 2) ROW('3', '#', 3) ROW('4', '$', 4)
    ROW('5', '%', 5) ROW('6', '^', 6) ROW('7', '&', 7) ROW('8', '*', 8) ROW('9', '(', 9)
    ROW('0', ')', 0) ROW('-', '_', MINUS) ROW('=', '+', EQUALS) ROW('q', 'Q', Q) ROW('w', 'W', W)
    ROW('e', 'E', E) ROW('r', 'R', R) ROW('t', 'T', T) ROW('y', 'Y', Y) ROW('u', 'U', U)
    ROW('i', 'I', I) ROW('o', 'O', O) ROW('p', 'P', P) ROW('[', '{', LEFTBRACKET)
    ROW(']', '}', RIGHTBRACKET) ROW('a', 'A', A) ROW('s', 'S', S) ROW('d', 'D', D) ROW('f', 'F', F)
    ROW('g', 'G', G) ROW('h', 'H', H) ROW('j', 'J', J) ROW('k', 'K', K) ROW('l', 'L', L)
    ROW(';', ':', SEMICOLON) ROW('\'', '"', APOSTROPHE) ROW('\\', '|', BACKSLASH) ROW('z', 'Z', Z)
    ROW('x', 'X', X) ROW('c', 'C', C) ROW('v', 'V', V) ROW('b', 'B', B) ROW('n', 'N', N)
    ROW('m', 'M', M) ROW(',', '<', COMMA) ROW('.', '>', PERIOD) ROW('/', '?', SLASH)
    ROW(' ', 0, SPACE) ROW('\n', 0, RETURN)
};

static void type(struct i8042 *c, char wanted)
{
    for (size_t i = 0; i < ARRAY_LEN(layout); i++) {
        bool shift = layout[i].shifted == wanted;
        if (layout[i].plain != wanted && !shift) continue;
        if (shift) i8042_key(c, KEY_LSHIFT, true);
        i8042_key(c, layout[i].key, true);
        i8042_key(c, layout[i].key, false);
        if (shift) i8042_key(c, KEY_LSHIFT, false);
        return;
    }
    fail_msg("no key for '%c'", wanted);
}

static bool a_line_starts_with(const char *text, const char *what)
{
    char *line = g_strdup_printf("\n%s", what);
    bool found = g_str_has_prefix(text, what) || strstr(text, line);
    g_free(line);
    return found;
}

static void look(struct typist *t, struct screen *s)
{
    GString *text = screen_text(s);
    const struct step *step = &steps[t->step];
    if (a_line_starts_with(text->str, step->wait) && i8042_listens(screen_i8042(s))) {
        t->typing = true;
        t->at = 0;
        if (!strcmp(step->wait, "COUNTED")) t->counted = g_strdup(text->str);
    }
    g_string_free(text, TRUE);
}

static void on_tick(void *opaque, u64 now)
{
    struct typist *t = opaque;
    struct screen *s = native_screen(t->m->native);
    struct i8042 *c = screen_i8042(s);
    clock_arm(t->m->clock, &t->event, now + NATIVE_ITC_HZ / TICKS_PER_SECOND);
    if (t->step == ARRAY_LEN(steps) || !i8042_is_drained(c)) return;
    if (!t->typing) {
        look(t, s);
        if (!t->typing) return;
    }
    if (steps[t->step].move && t->moves < MOUSE_MOVES) {
        i8042_mouse(c, 3, -2, 0, 0);
        t->moves++;
    } else if (steps[t->step].type[t->at]) {
        type(c, steps[t->step].type[t->at++]);
    } else {
        t->typing = false;
        t->step++;
    }
}

static bool configure(struct config *c)
{
    const char *kernel = getenv("EPIC64_LINUX_KERNEL"), *initrd = getenv("EPIC64_LINUX_INITRD");
    config_init(c);
    if (!kernel || !initrd) return false;
    return config_set(c, COMMAND_RUN, "kernel", kernel, NULL) &&
           config_set(c, COMMAND_RUN, "initrd", initrd, NULL) &&
           config_set(c, COMMAND_RUN, "append", "console=tty0 quiet", NULL) &&
           config_set(c, COMMAND_RUN, "console", "none", NULL) &&
           config_set(c, COMMAND_RUN, "mem", "256M", NULL) &&
           config_set(c, COMMAND_RUN, "max-insns", "3000000000", NULL);
}

/* The lines that awk printed. */
static unsigned counts_on(const char *text, long counts[2])
{
    char **lines = g_strsplit(text, "\n", -1);
    unsigned n = 0;
    for (char **l = lines; *l; l++) {
        if (**l == 'M' && n < 2) counts[n++] = strtol(*l + 1, NULL, 10);
    }
    g_strfreev(lines);
    return n;
}

static void check_screen(const struct typist *t)
{
    long counts[2];
    if (!t->counted) {
        GString *text = screen_text(native_screen(t->m->native));
        fail_msg("stuck at step %u, with this on the screen:\n%s", t->step, text->str);
    }
    if (counts_on(t->counted, counts) != 2) fail_msg("not two counts:\n%s", t->counted);
    /* Four bytes, four interrupts for each movement: the wheel is on. */
    assert_int_equal(counts[1] - counts[0], 4 * MOUSE_MOVES);
}

static void what_is_typed_at_the_screen_reaches_the_shell(void **state)
{
    struct config config;
    struct typist t = { 0 };
    GError *err = NULL;
    (void)state;
    if (!configure(&config)) {
        config_clear(&config);
        print_message("EPIC64_LINUX_KERNEL and EPIC64_LINUX_INITRD are not set\n");
        skip();
    }
    t.m = machine_new(&config, &err);
    if (!t.m || !machine_load(t.m, &err)) fail_msg("%s", err->message);
    clock_event_init(&t.event, "typist", 1, on_tick, &t);
    clock_arm(t.m->clock, &t.event, 1);
    struct machine_result r = machine_run(t.m);
    check_screen(&t);
    assert_int_equal(r.end, END_EXIT);
    /* The guest may be off before the typist has seen the end of its last line. */
    assert_true(t.step >= ARRAY_LEN(steps) - 1);
    g_free(t.counted);
    clock_disarm(t.m->clock, &t.event);
    machine_free(t.m);
    config_clear(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_at_the_screen_reaches_the_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
