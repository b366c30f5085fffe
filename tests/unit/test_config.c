/* Options: what every kind accepts and refuses, and that a file and the command line agree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "cpu/event.h"
#include "machine/config.h"

static struct config c;

static int setup(void **state)
{
    (void)state;
    config_init(&c);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_clear(&c);
    return 0;
}

static bool set(const char *name, const char *value)
{
    GError *err = NULL;
    bool ok = config_set(&c, COMMAND_RUN, name, value, &err);
    assert_true(ok == (err == NULL));
    g_clear_error(&err);
    return ok;
}

static void sizes_have_suffixes_and_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        u64 value;
    } good[] = { { "4096", 4096 }, { "0x1000", 4096 }, { "3k", 3072 }, { "16M", 16 << 20 },
                 { "2G", 2ull << 30 }, { "1T", 1ull << 40 } };
    static const char *const bad[] = { "", "0", "M", "-1", "12X", "1MM", "1 M", "0x", "1e3",
                                       "99999999999999999999", "18446744073709551615K" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(set("mem", good[i].text));
        assert_int_equal(c.mem, good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) assert_false(set("mem", bad[i]));
}

static void addresses_and_counts_are_whole_numbers(void **state)
{
    (void)state;
    assert_false(c.entry.set);
    assert_true(set("entry", "0xffffffffffffffff"));
    assert_true(c.entry.set);
    assert_int_equal(c.entry.value, ~0ull);
    assert_true(set("entry", "0"));
    assert_false(set("entry", "0x10000000000000000"));
    assert_false(set("entry", "12z"));
    assert_true(set("max-insns", "1000"));
    assert_int_equal(c.max_insns, 1000);
    assert_false(set("max-insns", "0"));
    assert_false(set("max-insns", "many"));
}

static void loads_gather_and_split_at_the_last_at_sign(void **state)
{
    (void)state;
    assert_true(set("load", "a@b@0x1000"));
    assert_true(set("load", "c@16"));
    assert_int_equal(c.loads->len, 2);
    assert_string_equal(g_array_index(c.loads, struct load, 0).path, "a@b");
    assert_int_equal(g_array_index(c.loads, struct load, 1).pa, 16);
    assert_false(set("load", "file"));
    assert_false(set("load", "@16"));
    assert_false(set("load", "file@"));
    assert_false(set("load", "file@12q"));
}

static void traces_name_what_and_where(void **state)
{
    (void)state;
    assert_true(set("trace", "insn,regs:/tmp/a:b"));
    assert_true(set("trace", "insn"));
    assert_true(set("trace", "tlb,upcall:/tmp/c.etb"));
    assert_int_equal(c.traces->len, 3);
    const struct trace_config *t = (const void *)c.traces->data;
    assert_true(t[0].insn && t[0].regs && !t[0].events);
    assert_string_equal(t[0].path, "/tmp/a:b");
    assert_true(t[1].insn && !t[1].regs && !t[1].path);
    assert_true(!t[2].insn && t[2].binary);
    assert_int_equal(t[2].events, EVENT_BIT(TLB) | EVENT_BIT(UPCALL));
    assert_false(set("trace", "regs"));
    assert_false(set("trace", "insn:"));
    assert_false(set("trace", ""));
}

static void options_of_another_command_and_unknown_ones_are_refused(void **state)
{
    (void)state;
    assert_false(set("raw", NULL));
    assert_false(set("memory", "1M"));
}

static bool parse(const char *const *words)
{
    GError *err = NULL;
    int argc = (int)g_strv_length((gchar **)(uintptr_t)words);
    char **argv = g_strdupv((gchar **)(uintptr_t)words), **all = g_memdup2(argv, sizeof(char *) * ((size_t)argc + 1));
    bool ok = config_parse(&c, COMMAND_RUN, &argc, &argv, &err);
    assert_true(ok == (err == NULL));
    g_clear_error(&err);
    for (char **p = all; *p; p++) g_free(*p);
    g_free(all);
    g_free(argv);
    return ok;
}

static void the_command_line_is_understood(void **state)
{
    (void)state;
    assert_true(parse((const char *const[]){ "run", "--mem=8M", "-s", "--hash", "--load", "x@1",
                                             "--load=y@2", "prog.elf", NULL }));
    assert_int_equal(c.mem, 8 << 20);
    assert_true(c.stats && c.hash && !c.speed);
    assert_int_equal(c.loads->len, 2);
    assert_string_equal(c.program, "prog.elf");
}

static void wrong_command_lines_are_refused(void **state)
{
    (void)state;
    assert_false(parse((const char *const[]){ "run", "--nonsense", NULL }));
    assert_false(parse((const char *const[]){ "run", "--mem", NULL }));
    assert_false(parse((const char *const[]){ "run", "--hash=maybe", NULL }));
    assert_false(parse((const char *const[]){ "run", "a.elf", "b.elf", NULL }));
}

static char *write_ini(const char *text)
{
    char *path;
    int fd = g_file_open_tmp("epic64-XXXXXX.ini", &path, NULL);
    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void a_file_says_the_same_and_the_command_line_comes_after(void **state)
{
    (void)state;
    char *ini = write_ini("[run]\nprogram = p.elf\nmem = 32M\nhash = true\nload = x@1;y@0x20\n"
                          "max-insns = 7\n");
    assert_true(parse((const char *const[]){ "run", "--mem=8M", "--config", ini, NULL }));
    assert_int_equal(c.mem, 8 << 20);
    assert_int_equal(c.max_insns, 7);
    assert_true(c.hash);
    assert_int_equal(c.loads->len, 2);
    assert_string_equal(c.program, "p.elf");
    g_remove(ini);
    g_free(ini);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "[run]\nmemory = 1M\n", "[run]\nmem = lots\n", "mem = 1M\n",
                                       "[walk]\nmem = 1M\n", "[run]\nconfig = other.ini\n",
                                       "[run]\nhash = maybe\n" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char *ini = write_ini(bad[i]);
        GError *err = NULL;
        assert_false(config_read_file(&c, ini, &err));
        assert_true(g_str_has_prefix(err->message, ini));
        g_error_free(err);
        g_remove(ini);
        g_free(ini);
    }
    assert_false(config_read_file(&c, "/nonexistent/file.ini", NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sizes_have_suffixes_and_limits),
        TEST(addresses_and_counts_are_whole_numbers),
        TEST(loads_gather_and_split_at_the_last_at_sign),
        TEST(traces_name_what_and_where),
        TEST(options_of_another_command_and_unknown_ones_are_refused),
        TEST(the_command_line_is_understood),
        TEST(wrong_command_lines_are_refused),
        TEST(a_file_says_the_same_and_the_command_line_comes_after),
        TEST(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
