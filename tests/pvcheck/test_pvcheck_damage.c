/* The breakage checker against files that mean harm: some thousand variants of a small kernel, each
 * damaged in a few places, must be checked or refused with words, and nothing else.  And its table of
 * advice must agree with what the instruction set says about privilege.
 *
 *     test_pvcheck_damage KERNEL
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/pvcheck.h"

#define VARIANTS 4000

static char *kernel, *scratch;
static int scratch_fd;
static gsize kernel_len;

static u32 next(u32 *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Offsets, sizes and counts are what hurts: also values near the ends of their range. */
static void damage(char *bytes, gsize *len, u32 *random)
{
    static const u8 nasty[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x40 };
    unsigned n = 1 + next(random) % 6;
    for (unsigned i = 0; i < n; i++) {
        /* mostly in the header and the section table at the end */
        gsize at = next(random) % 3 ? *len - 1 - next(random) % MIN(*len, 1100) : next(random) % *len;
        unsigned run = next(random) % 4 ? 1 : 8;
        u8 value = next(random) % 2 ? nasty[next(random) % sizeof(nasty)] : (u8)next(random);
        for (unsigned b = 0; b < run && at + b < *len; b++) bytes[at + b] = (char)value;
    }
    if (next(random) % 8 == 0) *len = 1 + next(random) % *len;
}

static void put(const char *bytes, gsize len)
{
    assert_int_equal(ftruncate(scratch_fd, 0), 0);
    assert_int_equal(pwrite(scratch_fd, bytes, len, 0), len);
}

static void any_damage_is_checked_or_refused_with_words(void **state)
{
    unsigned checked = 0, refused = 0;
    u32 random = 5;
    (void)state;
    FILE *out = fopen("/dev/null", "w");
    struct config config;
    config_init(&config);
    config.program = g_strdup(scratch);
    config.all = true;
    for (unsigned i = 0; i < VARIANTS; i++) {
        char *bytes = g_memdup2(kernel, kernel_len);
        gsize len = kernel_len;
        GError *err = NULL;
        bool uncovered;
        damage(bytes, &len, &random);
        put(bytes, len);
        config.output = i % 3 == 0 ? NULL : i % 3 == 1 ? (char *)"csv" : (char *)"json";
        bool ok = pvcheck_file(&config, out, &uncovered, &err);
        assert_true(ok == (err == NULL));
        if (err) assert_true(strlen(err->message) > strlen(scratch) + 2);
        if (err) assert_null(strpbrk(err->message, "\n\033"));
        g_clear_error(&err);
        *(ok ? &checked : &refused) += 1;
        g_free(bytes);
    }
    config.output = NULL;
    config_clear(&config);
    fclose(out);
    assert_true(checked > VARIANTS / 20 && refused > VARIANTS / 20); /* both ways were tried */
}

static const char *const advised[] = {
#define INSTEAD(meaning, first, last, kind, instead) #meaning,
#include "monitor/pvcheck-insns.def"
};
static const enum pv_kind kinds[] = {
#define INSTEAD(meaning, first, last, kind, instead) PV_##kind,
#include "monitor/pvcheck-insns.def"
};
static const u8 registers[] = {
#define INSTEAD(meaning, first, last, kind, instead) first,
#include "monitor/pvcheck-insns.def"
};

static void the_advice_agrees_with_the_instruction_set(void **state)
{
    static const enum isa_privilege expected[] = { [PV_TRAPS] = ISA_PRIVILEGED,
        [PV_SILENT] = ISA_SENSITIVE, [PV_HARMLESS] = ISA_PLAIN };
    (void)state;
    isa_init();
    for (size_t i = 0; i < ARRAY_LEN(advised); i++) {
        int row = isa_row_of(advised[i]);
        if (row < 0) fail_msg("pvcheck-insns.def: no instruction means %s", advised[i]);
        struct insn in = { .row = (u16)row, .r3 = registers[i] };
        if (isa_privilege(&in) != expected[kinds[i]]) fail_msg("pvcheck-insns.def: %s", advised[i]);
        struct pv_reason reason;
        assert_true(pv_reason(&in, &reason));
        assert_int_equal(reason.kind, kinds[i]);
    }
}

static void every_privileged_instruction_has_a_reason_and_others_none(void **state)
{
    unsigned privileged = 0;
    (void)state;
    isa_init();
    for (unsigned row = 0; row < insn_row_count; row++) {
        struct insn in = { .row = (u16)row };
        struct pv_reason reason;
        bool concerns = pv_reason(&in, &reason);
        if (insn_rows[row].attrs & ATTR_PRIV) {
            assert_true(concerns && reason.kind == PV_TRAPS);
            privileged++;
        }
        if (concerns && reason.kind != PV_HARMLESS) assert_true(isa_privilege(&in) != ISA_PLAIN);
    }
    assert_int_equal(privileged, 34); /* SDM 3, by hand */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_advice_agrees_with_the_instruction_set),
        cmocka_unit_test(every_privileged_instruction_has_a_reason_and_others_none),
        cmocka_unit_test(any_damage_is_checked_or_refused_with_words),
    };
    if (argc < 2 || !g_file_get_contents(argv[1], &kernel, &kernel_len, NULL)) return 2;
    scratch_fd = memfd_create("kernel", 0);
    if (scratch_fd < 0) return 2;
    scratch = g_strdup_printf("/proc/self/fd/%d", scratch_fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_free(scratch);
    g_free(kernel);
    return failed;
}
