/* The ledger: every row of the instruction table against every axis that applies to it.  Reads what
 * the tests before it have written, prints the table to ledger.txt beside them and fails for each
 * row or applicable axis without a test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/isa/ledger.h"

static u32 *seen;

static void read_file(const char *path)
{
    unsigned row, bits;
    FILE *f = fopen(path, "r");

    if (!f) fail_msg("cannot read %s", path);
    while (fscanf(f, "%u %x", &row, &bits) == 2) {
        if (row < insn_row_count) seen[row] |= bits;
    }
    fclose(f);
}

static void read_folder(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    if (!dir) fail_msg("no ledger folder %s: run the other tests first", folder);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, ".ledger")) read_file(path);
    }
    g_dir_close(dir);
}

static void write_table(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "ledger.txt", NULL);
    FILE *f = fopen(path, "w");

    if (!f) fail_msg("cannot write %s", path);
    fprintf(f, "x tested, . does not apply, MISSING applies and is not tested\n");
    for (unsigned row = 0; row < insn_row_count; row++) {
        u32 applies = ledger_applicable(&insn_rows[row]);
        if (!applies) continue;
        fprintf(f, "%-4s %-24s %-22s", insn_rows[row].format, insn_rows[row].name,
                insn_rows[row].meaning);
        for (unsigned a = 0; a < AX_COUNT; a++) {
            bool tested = seen[row] >> a & 1;
            if (!(applies >> a & 1)) fprintf(f, " .");
            else if (tested) fprintf(f, " x");
            else fprintf(f, " MISSING(%s)", ledger_axis_name(a));
        }
        fprintf(f, "\n");
    }
    fclose(f);
}

static void every_row_is_tested_on_every_axis_that_applies(void **state)
{
    const char *folder = getenv("EPIC64_LEDGER");
    unsigned rows = 0, applicable = 0, missing = 0;

    (void)state;
    if (!folder) fail_msg("EPIC64_LEDGER does not name a folder");
    isa_init();
    seen = g_new0(u32, insn_row_count);
    read_folder(folder);
    write_table(folder);
    for (unsigned row = 0; row < insn_row_count; row++) {
        u32 applies = ledger_applicable(&insn_rows[row]), gap = applies & ~seen[row];
        rows += applies != 0;
        applicable += (unsigned)__builtin_popcount(applies);
        missing += (unsigned)__builtin_popcount(gap);
        for (unsigned a = 0; a < AX_COUNT; a++) {
            if (gap >> a & 1) print_message("%s: no test: %s\n", insn_rows[row].meaning, ledger_axis_name(a));
        }
    }
    print_message("ledger: %u rows, %u applicable axes, %u without a test\n", rows, applicable,
                  missing);
    g_free(seen);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_tested_on_every_axis_that_applies),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
