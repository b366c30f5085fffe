/* Proofs about the table itself: that its index finds what a plain search finds, that no two rows
 * claim the same bits, that the operand facts say what the manual says, and that every kind of
 * nonsense in tests/isa/bad/ is refused by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "tests/isa/test_isa_kit.h"

/* ---- Refusals -------------------------------------------------------------------------------- */

struct bad {
    const char *error;
    const struct format_text *formats;
    const struct row_text *rows;
};

#define BAD(...) { __VA_ARGS__ },
#define FORMATS(...) (const struct format_text[]){ __VA_ARGS__ { NULL, NULL } }
#define ROWS(...) (const struct row_text[]){ __VA_ARGS__ { .name = NULL } }
#define FORMAT(name, fields) { #name, fields },
#define INSN(format, name, fields, operands, meaning, attrs) \
    { #format, name, fields, operands, #meaning, #attrs },
static const struct bad bad_tables[] = {
#include "tests/isa/bad/attribute_unknown.def"
#include "tests/isa/bad/completer_unknown.def"
#include "tests/isa/bad/field_fixed_and_operand.def"
#include "tests/isa/bad/field_of_operand.def"
#include "tests/isa/bad/field_twice.def"
#include "tests/isa/bad/field_unknown.def"
#include "tests/isa/bad/field_unused.def"
#include "tests/isa/bad/format_l_slot.def"
#include "tests/isa/bad/format_long.def"
#include "tests/isa/bad/format_short.def"
#include "tests/isa/bad/format_unknown.def"
#include "tests/isa/bad/overlap.def"
#include "tests/isa/bad/overlap_units.def"
#include "tests/isa/bad/value_wide.def"
#include "tests/isa/bad/value_word.def"
};
#undef FORMAT
#undef INSN

static struct isa_table scratch;

static void every_bad_table_is_refused_by_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(bad_tables); i++) {
        const struct bad *b = &bad_tables[i];
        struct isa_text text = { b->formats, 0, b->rows, 0, false };
        while (b->formats[text.format_count].name) text.format_count++;
        while (b->rows[text.row_count].name) text.row_count++;
        if (isa_table_build(&scratch, &text)) fail_msg("accepted: %s", b->error);
        assert_string_equal(scratch.error, b->error);
    }
}

static void the_built_in_table_is_accepted(void **state)
{
    (void)state;
    bool good = isa_table_build(&scratch, &isa_builtin_text);
    assert_string_equal(scratch.error, "");
    assert_true(good);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static bool runs_on(const struct insn_row *r, char unit)
{
    return r->unit == unit || (r->unit == 'A' && (unit == 'M' || unit == 'I'));
}

/* The rows that match, by looking at all of them. */
static unsigned search(char unit, u64 slot, unsigned *matches)
{
    unsigned found = NO_ROW;
    *matches = 0;
    for (unsigned i = 0; i < insn_row_count; i++) {
        const struct insn_row *r = &insn_rows[i];
        if (is_pseudo(i) || !runs_on(r, unit) || (slot & r->mask) != r->match) continue;
        found = i;
        ++*matches;
    }
    return found;
}

static void the_index_finds_what_a_search_of_all_rows_finds(void **state)
{
    (void)state;
    u64 seed = 1;
    for (unsigned n = 0; n < 200000; n++) {
        char unit = "MIFBX"[n % 5];
        unsigned row = (unsigned)(random_next(&seed) % insn_row_count), matches;
        u64 slot = n % 3 && runs_on(&insn_rows[row], unit) ? random_of_row(&seed, row)
                                                          : random_slot(&seed);
        unsigned want = search(unit, slot, &matches);
        assert_in_range(matches, 0, 1);
        assert_int_equal(isa_find_row(unit, slot), want);
    }
}

static void every_row_is_found_in_its_own_encodings(void **state)
{
    (void)state;
    u64 seed = 2;
    for (unsigned i = 0; i < insn_row_count; i++) {
        for (unsigned n = 0; n < 50 && !is_pseudo(i); n++) {
            u64 slot = random_of_row(&seed, i);
            assert_int_equal(isa_find_row(unit_of_row(i), slot), i);
            if (insn_rows[i].unit == 'A') assert_int_equal(isa_find_row('I', slot), i);
        }
    }
}

static void every_row_has_a_meaning_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < insn_row_count; i++)
        assert_int_equal(isa_row_of(insn_rows[i].meaning), i);
    assert_int_equal(isa_row_of("no_such_meaning"), -1);
}

/* The inventory of SDM volume 3, chapter 4: instructions per format, hints and sf left out. */
static void every_format_has_the_rows_the_manual_lists(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        unsigned rows;
    } want[] = {
        { "A1", 9 }, { "A2", 2 }, { "A3", 5 }, { "A4", 2 }, { "A5", 1 }, { "A6", 24 },
        { "A7", 24 }, { "A8", 24 }, { "A9", 30 }, { "A10", 2 },
        { "I1", 2 }, { "I2", 24 }, { "I3", 1 }, { "I4", 1 }, { "I5", 6 }, { "I6", 4 }, { "I7", 3 },
        { "I8", 2 }, { "I9", 2 }, { "I10", 1 }, { "I11", 2 }, { "I12", 1 }, { "I13", 1 },
        { "I14", 1 }, { "I15", 1 }, { "I16", 8 }, { "I17", 8 }, { "I18", 2 }, { "I19", 1 },
        { "I20", 1 }, { "I21", 1 }, { "I22", 1 }, { "I23", 1 }, { "I24", 1 }, { "I25", 2 },
        { "I26", 1 }, { "I27", 1 }, { "I28", 1 }, { "I29", 10 }, { "I30", 8 },
        { "M1", 39 }, { "M2", 37 }, { "M3", 37 }, { "M4", 11 }, { "M5", 9 }, { "M6", 25 },
        { "M7", 25 }, { "M8", 25 }, { "M9", 5 }, { "M10", 5 }, { "M11", 18 }, { "M12", 18 },
        { "M13", 4 }, { "M14", 4 }, { "M15", 4 }, { "M16", 14 }, { "M17", 4 }, { "M18", 4 },
        { "M19", 4 }, { "M20", 1 }, { "M21", 1 }, { "M22", 2 }, { "M23", 2 }, { "M24", 7 },
        { "M25", 2 }, { "M26", 1 }, { "M27", 1 }, { "M28", 2 }, { "M29", 1 }, { "M30", 1 },
        { "M31", 1 }, { "M32", 1 }, { "M33", 1 }, { "M34", 1 }, { "M35", 2 }, { "M36", 2 },
        { "M37", 1 }, { "M38", 2 }, { "M39", 2 }, { "M40", 3 }, { "M41", 2 }, { "M42", 8 },
        { "M43", 7 }, { "M44", 4 }, { "M45", 5 }, { "M46", 4 }, { "M47", 1 }, { "M48", 2 },
        { "B1", 3 }, { "B2", 3 }, { "B3", 1 }, { "B4", 3 }, { "B5", 1 }, { "B6", 1 }, { "B7", 2 },
        { "B8", 9 }, { "B9", 3 },
        { "F1", 12 }, { "F2", 3 }, { "F3", 1 }, { "F4", 8 }, { "F5", 2 }, { "F6", 2 }, { "F7", 2 },
        { "F8", 16 }, { "F9", 19 }, { "F10", 8 }, { "F11", 1 }, { "F12", 1 }, { "F13", 1 },
        { "F14", 1 }, { "F15", 1 }, { "F16", 2 },
        { "X1", 1 }, { "X2", 1 }, { "X3", 1 }, { "X4", 1 }, { "X5", 2 },
    };
    unsigned total = 0;
    for (unsigned f = 0; f < ARRAY_LEN(want); f++) {
        unsigned rows = 0;
        for (unsigned i = 0; i < insn_row_count; i++)
            rows += strcmp(insn_rows[i].format, want[f].format) == 0;
        if (rows != want[f].rows)
            fail_msg("%s: %u rows, want %u", want[f].format, rows, want[f].rows);
        total += rows;
    }
    for (unsigned i = 0; i < insn_row_count; i++) total += is_pseudo(i);
    assert_int_equal(total, insn_row_count);
}

static void operand_facts_say_who_is_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *meaning;
        u8 gr_targets, gr_sources, fr_targets, fr_sources, br_targets, br_sources, pr_targets;
    } want[] = {
        { "add_rr", IN_R1, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "cmp_lt_ir", 0, IN_R3, 0, 0, 0, 0, IN_P1 | IN_P2 },
        { "cmp_gt_and_0r", 0, IN_R3, 0, 0, 0, 0, IN_P1 | IN_P2 },
        { "dep", IN_R1, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "ld8", IN_R1, IN_R3, 0, 0, 0, 0, 0 },
        { "ld8_r", IN_R1 | IN_R3, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "ld8_fill_i", IN_R1 | IN_R3, IN_R3, 0, 0, 0, 0, 0 },
        { "st4", 0, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "st4_i", IN_R3, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "ldfs_r", IN_R3, IN_R2 | IN_R3, IN_R1, 0, 0, 0, 0 },
        { "ldfpd_i", IN_R3, IN_R3, IN_R1 | IN_R2, 0, 0, 0, 0 },
        { "stfd_i", IN_R3, IN_R3, 0, IN_R2, 0, 0, 0 },
        { "lfetch_r", IN_R3, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "cmpxchg4_acq", IN_R1, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "setf_sig", 0, IN_R2, IN_R1, 0, 0, 0, 0 },
        { "getf_d", IN_R1, 0, 0, IN_R2, 0, 0, 0 },
        { "mov_to_br", 0, IN_R2, 0, 0, IN_R1, 0, 0 },
        { "mov_from_br", IN_R1, 0, 0, 0, 0, IN_R2, 0 },
        { "br_call_b", 0, 0, 0, 0, IN_R1, IN_R2, 0 },
        { "itr_d", 0, IN_R2 | IN_R3, 0, 0, 0, 0, 0 },
        { "probe_r_fault", 0, IN_R3, 0, 0, 0, 0, 0 },
        { "alloc", IN_R1, 0, 0, 0, 0, 0, 0 },
        { "fma", 0, 0, IN_R1, IN_R2 | IN_R3 | IN_R4, 0, 0, 0 },
        { "fcmp_lt_unc", 0, 0, 0, IN_R2 | IN_R3, 0, 0, IN_P1 | IN_P2 },
        { "frcpa", 0, 0, IN_R1, IN_R2 | IN_R3, 0, 0, IN_P2 },
        { "frsqrta", 0, 0, IN_R1, IN_R3, 0, 0, IN_P2 },
        { "fcvt_xf", 0, 0, IN_R1, IN_R2, 0, 0, 0 },
        { "movl", IN_R1, 0, 0, 0, 0, 0, 0 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(want); i++) {
        const struct insn_row *r = &insn_rows[isa_row_of(want[i].meaning)];
        assert_string_equal(r->meaning, want[i].meaning);
        assert_int_equal(r->gr_targets, want[i].gr_targets);
        assert_int_equal(r->gr_sources, want[i].gr_sources);
        assert_int_equal(r->fr_targets, want[i].fr_targets);
        assert_int_equal(r->fr_sources, want[i].fr_sources);
        assert_int_equal(r->br_targets, want[i].br_targets);
        assert_int_equal(r->br_sources, want[i].br_sources);
        assert_int_equal(r->pr_targets, want[i].pr_targets);
    }
}

/* SDM volume 2, 3.3.3 and the operation pages: what needs cpl 0. */
static void the_privileged_instructions_are_those_of_the_manual(void **state)
{
    (void)state;
    static const char privileged[] =
        " bsw0 bsw1 itc_d itc_i itr_d itr_i mov_from_cr mov_from_dbr mov_from_ibr mov_from_pkr"
        " mov_from_pmc mov_from_psr mov_from_rr mov_to_cr mov_to_dbr mov_to_ibr mov_to_pkr"
        " mov_to_pmc mov_to_pmd mov_to_psr_l mov_to_rr ptc_e ptc_g ptc_ga ptc_l ptr_d ptr_i rfi rsm"
        " ssm tak tpa vmsw0 vmsw1 ";
    unsigned found = 0;
    for (unsigned i = 0; i < insn_row_count; i++) {
        char word[40];
        snprintf(word, sizeof word, " %s ", insn_rows[i].meaning);
        bool want = strstr(privileged, word) != NULL;
        if (want != !!(insn_rows[i].attrs & ATTR_PRIV)) fail_msg("%s: PRIV", insn_rows[i].meaning);
        found += want;
    }
    assert_int_equal(found, 34);
}

static void templates_are_those_of_the_manual(void **state)
{
    (void)state;
    static const char *const unit[16] = { "MII", "MII", "MLX", "", "MMI", "MMI", "MFI", "MMF",
                                          "MIB", "MBB", "", "BBB", "MMB", "", "MFB", "" };
    for (unsigned t = 0; t < 32; t++) {
        const struct isa_template *got = &isa_templates[t];
        unsigned middle = t >> 1 == 1 ? 2 : t >> 1 == 5 ? 1 : 0;
        assert_string_equal(got->name, unit[t >> 1]);
        assert_int_equal(got->stops, unit[t >> 1][0] ? middle | (t & 1) << 2 : 0);
    }
}

static int start(void **state)
{
    (void)state;
    isa_init();
    isa_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_table_is_accepted),
        cmocka_unit_test(every_bad_table_is_refused_by_name),
        cmocka_unit_test(the_index_finds_what_a_search_of_all_rows_finds),
        cmocka_unit_test(every_row_is_found_in_its_own_encodings),
        cmocka_unit_test(every_row_has_a_meaning_of_its_own),
        cmocka_unit_test(every_format_has_the_rows_the_manual_lists),
        cmocka_unit_test(operand_facts_say_who_is_read_and_written),
        cmocka_unit_test(the_privileged_instructions_are_those_of_the_manual),
        cmocka_unit_test(templates_are_those_of_the_manual),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
