/* Which symbol names which address, in a file that is made here: code with data among it, a section
 * that ends at the end of the address space, constants, and names at ends of sections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <string.h>

#include "base/bits.h"
#include "guest/symbols.h"

enum { SEGMENTS = 64, SECTIONS = 0x200, NAMES = 0x500, SYMBOLS = 0x600, SIZE = 0x1000 };
enum { ALLOC = 2, WRITE = 1, EXEC = 4, NOTYPE = 0, OBJECT = 1, FUNCTION = 2, SECTION = 3 };
#define TEXT 0xa000000100000000ull
#define TEXT_PA 0x4000000ull
#define DATA 0xa000000100400000ull
#define TOP 0xffffffffffff0000ull /* 64 KB up to the very end */
#define GATE 0xa000000000040000ull /* a page that another file made */
#define SHN_ABS 0xfff1

static u8 file[SIZE];
static unsigned names, symbols;
static struct elf elf;
static struct symbols *list;

static void put(u64 at, unsigned size, u64 value)
{
    for (unsigned i = 0; i < size; i++) file[at + i] = (u8)(value >> 8 * i);
}

static void make_segment(unsigned i, u64 va, u64 pa, u64 memsz)
{
    u64 at = SEGMENTS + 56 * i;
    put(at, 4, 1);
    put(at + 4, 4, 5);
    put(at + 16, 8, va);
    put(at + 24, 8, pa);
    put(at + 40, 8, memsz);
}

static void make_section(unsigned i, u32 type, u64 flags, u64 va, u64 offset, u64 size, u32 link)
{
    u64 at = SECTIONS + 64 * i;
    put(at + 4, 4, type);
    put(at + 8, 8, flags);
    put(at + 16, 8, va);
    put(at + 24, 8, offset);
    put(at + 32, 8, size);
    put(at + 40, 4, link);
}

static void add(const char *name, unsigned type, bool global, unsigned section, u64 va, u64 size)
{
    u64 at = SYMBOLS + 24 * ++symbols;
    put(at, 4, names);
    put(at + 4, 1, type | (global ? 16 : 0));
    put(at + 6, 2, section);
    put(at + 8, 8, va);
    put(at + 16, 8, size);
    memcpy(file + NAMES + names, name, strlen(name) + 1);
    names += (unsigned)strlen(name) + 1;
}

static void add_all(void)
{
    add("start", NOTYPE, true, 1, TEXT, 0);
    add("zero_size", NOTYPE, false, 1, TEXT + 0x100, 0);
    add("alias", NOTYPE, true, 1, TEXT + 0x200, 0);
    add("function", FUNCTION, false, 1, TEXT + 0x200, 0x40);
    add("zebra", FUNCTION, false, 1, TEXT + 0x200, 0x20);
    add("table", OBJECT, true, 1, TEXT + 0x300, 0x20);
    add("second_table", OBJECT, true, 1, TEXT + 0x320, 0x20);
    add("etext", NOTYPE, true, 1, TEXT + 0x1000, 0);
    add("constant", NOTYPE, true, SHN_ABS, TEXT + 0x110, 0);
    add("number", NOTYPE, true, SHN_ABS, 0x140, 0);
    add("gate_function", FUNCTION, true, SHN_ABS, GATE + 0x40, 0x30);
    add("gate_label", FUNCTION, true, SHN_ABS, GATE + 0x80, 0);
    add("variable", OBJECT, true, 2, DATA, 8);
    add("big", OBJECT, true, 2, DATA + 0x100, 0x400000);
    add("not_loaded", NOTYPE, true, 3, TEXT + 0x150, 0);
    add("elsewhere", NOTYPE, true, 2, TEXT + 0x160, 0);
    add("last", OBJECT, true, 4, TOP + 0x8000, 16);
}

static int make_file(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 2);
    put(18, 2, 50);
    put(32, 8, SEGMENTS);
    put(40, 8, SECTIONS);
    put(54, 2, 56);
    put(56, 2, 3);
    put(58, 2, 64);
    put(60, 2, 7);
    put(62, 2, 6);
    make_segment(0, TEXT, TEXT_PA, 0x1000);
    make_segment(1, DATA, TEXT_PA + 0x400000, 0x800000);
    make_segment(2, TOP, TEXT_PA + 0xc00000, 0x10000);
    make_section(1, 8, ALLOC | EXEC, TEXT, 0, 0x1000, 0);
    make_section(2, 8, ALLOC | WRITE, DATA, 0, 0x800000, 0);
    make_section(3, 1, 0, 0, 0, 0x10, 0);
    make_section(4, 8, ALLOC | WRITE, TOP, 0, 0x10000, 0);
    names = 1;
    symbols = 0;
    add_all();
    make_section(5, 2, 0, 0, SYMBOLS, 24 * (symbols + 1), 6);
    make_section(6, 3, 0, 0, NAMES, names, 0);
    assert_true(elf_parse(&elf, file, sizeof(file), NULL));
    list = symbols_new();
    symbols_add_elf(list, &elf);
    return 0;
}

static int drop_file(void **state)
{
    (void)state;
    symbols_free(list);
    elf_clear(&elf);
    return 0;
}

static void named(u64 addr, const char *expected)
{
    u64 offset;
    const char *name = symbols_find(list, addr, &offset);
    g_autofree char *text = name ? g_strdup_printf("%s+%#lx", name, (unsigned long)offset) : g_strdup("-");
    assert_string_equal(text, expected);
}

static void a_label_names_what_follows_it(void **state)
{
    (void)state;
    named(TEXT, "start+0");
    named(TEXT + 0xff, "start+0xff");
    named(TEXT + 0x100, "zero_size+0");
    named(TEXT + 0x1ff, "zero_size+0xff"); /* neither constants nor names of other sections */
    named(TEXT + 0x270, "function+0x70");
}

static void of_several_names_the_best_is_taken(void **state)
{
    (void)state;
    named(TEXT + 0x200, "function+0");
}

static void data_among_code_names_its_own_bytes(void **state)
{
    (void)state;
    named(TEXT + 0x300, "table+0");
    named(TEXT + 0x31f, "table+0x1f");
    named(TEXT + 0x33f, "second_table+0x1f");
    named(TEXT + 0x340, "function+0x140");
}

static void an_absolute_function_names_its_own_bytes(void **state)
{
    (void)state;
    named(GATE + 0x3f, "-");
    named(GATE + 0x40, "gate_function+0");
    named(GATE + 0x6f, "gate_function+0x2f");
    named(GATE + 0x70, "-");
    named(GATE + 0x80, "-");
}

static void nothing_is_named_beyond_its_section(void **state)
{
    (void)state;
    named(TEXT + 0xfff, "function+0xdff");
    named(TEXT + 0x1000, "-");
    named(TEXT - 1, "-");
    named(DATA - 1, "-");
    named(DATA + 0x7fffff, "-"); /* too far behind any symbol */
    named(DATA + 0x4000ff, "big+0x3fffff");
    named(0x140, "-");
    named(0x150, "-");
}

static void a_section_may_end_where_addresses_end(void **state)
{
    (void)state;
    named(TOP + 0x8000, "last+0");
    named(~0ull, "last+0x7fff");
    named(TOP, "-");
}

static void physical_addresses_are_found_through_segments(void **state)
{
    (void)state;
    named(TEXT_PA + 0x100, "zero_size+0");
    named(TEXT_PA + 0x100 + (7ull << 61), "zero_size+0");
    named(TEXT_PA + 0x100 + (6ull << 61), "zero_size+0");
    named(TEXT_PA + 0x100 + (2ull << 61), "-"); /* a program's own address space */
    named(TEXT_PA + 0x1000, "-");
    named(TEXT_PA + 0x400000, "variable+0");
    named(0x810 + (7ull << 61), "-");
}

static void every_name_can_be_looked_up(void **state)
{
    u64 addr;
    (void)state;
    assert_true(symbols_lookup(list, "constant", &addr));
    assert_true(addr == TEXT + 0x110);
    assert_true(symbols_lookup(list, "etext", &addr));
    assert_true(symbols_lookup(list, "not_loaded", &addr));
    assert_false(symbols_lookup(list, "nobody", &addr));
}

static void without_sections_segments_are_the_bounds(void **state)
{
    (void)state;
    put(62, 2, 0xffff); /* the names of sections */
    struct symbols *other = symbols_new();
    symbols_add_elf(other, &elf);
    struct symbols *former = list;
    list = other;
    named(TEXT + 0x10, "start+0x10");
    named(TEXT + 0x1000, "-");
    named(0x150, "-");
    assert_false(symbols_equal(former, other));
    symbols_free(former);
}

static void equal_files_have_equal_symbols(void **state)
{
    (void)state;
    struct symbols *other = symbols_new();
    symbols_add_elf(other, &elf);
    assert_true(symbols_equal(list, other));
    symbols_free(other);
    other = symbols_new();
    put(NAMES + 1, 1, 'S');
    symbols_add_elf(other, &elf);
    assert_false(symbols_equal(list, other));
    symbols_free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_file, drop_file)
    const struct CMUnitTest tests[] = {
        TEST(a_label_names_what_follows_it),
        TEST(of_several_names_the_best_is_taken),
        TEST(data_among_code_names_its_own_bytes),
        TEST(an_absolute_function_names_its_own_bytes),
        TEST(nothing_is_named_beyond_its_section),
        TEST(a_section_may_end_where_addresses_end),
        TEST(physical_addresses_are_found_through_segments),
        TEST(every_name_can_be_looked_up),
        TEST(without_sections_segments_are_the_bounds),
        TEST(equal_files_have_equal_symbols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
