/* The loader against files that are wrong in one way each.  A good file is made here, byte by byte
 * from the ELF specification, and then damaged.
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

#include "guest/elf.h"

#define SIZE 0x300
#define PHDR(i) (64 + 56 * (i))

static u8 file[SIZE];
static struct elf elf;

static void put(u64 at, unsigned size, u64 value)
{
    for (unsigned i = 0; i < size; i++) file[at + i] = (u8)(value >> 8 * i);
}

static void make_segment(unsigned i, u32 flags, u64 offset, u64 va, u64 pa, u64 filesz, u64 memsz)
{
    put(PHDR(i), 4, 1);
    put(PHDR(i) + 4, 4, flags);
    put(PHDR(i) + 8, 8, offset);
    put(PHDR(i) + 16, 8, va);
    put(PHDR(i) + 24, 8, pa);
    put(PHDR(i) + 32, 8, filesz);
    put(PHDR(i) + 40, 8, memsz);
}

/* Code at 0x2000 physical, 0xe000000000002000 virtual; data behind it. */
static int make_good(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 2);
    put(18, 2, 50);
    put(20, 4, 1);
    put(24, 8, 0xe000000000002010);
    put(32, 8, 64);
    put(54, 2, 56);
    put(56, 2, 2);
    make_segment(0, 5, 0x100, 0xe000000000002000, 0x2000, 0x80, 0x80);
    make_segment(1, 6, 0x180, 0xe000000000004000, 0x4000, 0x20, 0x100);
    for (unsigned i = 0x100; i < 0x1a0; i++) file[i] = (u8)i;
    return 0;
}

static bool parse(u64 len, const char *words)
{
    GError *err = NULL;
    bool ok = elf_parse(&elf, file, len, &err);
    assert_true(ok == (err == NULL));
    assert_true(ok == (words == NULL));
    if (!ok) {
        if (!strstr(err->message, words)) fail_msg("'%s' does not say '%s'", err->message, words);
        assert_null(elf.segments);
        g_error_free(err);
    }
    return ok;
}

static void a_good_file_has_its_segments_and_entry(void **state)
{
    (void)state;
    u64 pa;
    assert_true(parse(SIZE, NULL));
    assert_int_equal(elf.nsegments, 2);
    assert_int_equal(elf.segments[1].pa, 0x4000);
    assert_int_equal(elf.segments[1].memsz, 0x100);
    assert_true(elf_entry(&elf, &pa, NULL));
    assert_int_equal(pa, 0x2010);
    elf_clear(&elf);
}

static void the_entry_may_be_physical(void **state)
{
    (void)state;
    u64 pa;
    put(24, 8, 0x2020);
    assert_true(parse(SIZE, NULL));
    assert_true(elf_entry(&elf, &pa, NULL));
    assert_int_equal(pa, 0x2020);
    elf_clear(&elf);
}

static void an_entry_nowhere_or_in_data_or_between_bundles_is_refused(void **state)
{
    (void)state;
    static const u64 bad[] = { 0, 0x1ff0, 0x2080, 0x4000, 0x2008, 0xe000000000004000 };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        u64 pa;
        GError *err = NULL;
        put(24, 8, bad[i]);
        assert_true(parse(SIZE, NULL));
        assert_false(elf_entry(&elf, &pa, &err));
        assert_int_equal(err->code, GUEST_ERROR_ENTRY);
        g_error_free(err);
        elf_clear(&elf);
    }
}

static void files_for_others_are_refused_by_name(void **state)
{
    (void)state;
    put(18, 2, 62);
    parse(SIZE, "x86-64");
    put(18, 2, 0x7777);
    parse(SIZE, "unknown");
    make_good(NULL);
    file[4] = 1;
    parse(SIZE, "32-bit");
    make_good(NULL);
    file[5] = 2;
    parse(SIZE, "big-endian");
    make_good(NULL);
    put(16, 2, 3);
    parse(SIZE, "not an executable");
    make_good(NULL);
    file[0] = '#';
    parse(SIZE, "not an ELF file");
}

/* Every length short of the last byte that is loaded is refused, and read no further. */
static void every_truncation_is_noticed(void **state)
{
    (void)state;
    for (u64 len = 0; len < 0x1a0; len++) {
        u8 *copy = g_memdup2(file, len); /* exactly this long: sanitizers see reads beyond */
        GError *err = NULL;
        assert_false(elf_parse(&elf, copy, len, &err));
        assert_true(strstr(err->message, len < 4 ? "not an ELF" : "truncated"));
        g_error_free(err);
        g_free(copy);
    }
    assert_true(parse(0x1a0, NULL));
    elf_clear(&elf);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    put(PHDR(0) + 32, 8, 0x81);
    parse(SIZE, "larger in the file");
    make_good(NULL);
    put(PHDR(0) + 8, 8, ~0ull - 8);
    parse(SIZE, "truncated");
    make_good(NULL);
    put(PHDR(1) + 24, 8, ~0ull - 8);
    parse(SIZE, "past the end of the address space");
    make_good(NULL);
    put(32, 8, ~0ull - 60);
    parse(SIZE, "truncated");
    make_good(NULL);
    put(54, 2, 32);
    parse(SIZE, "program headers of 32 bytes");
    make_good(NULL);
    put(56, 2, 0);
    parse(SIZE, "nothing to load");
    make_good(NULL);
    put(PHDR(0), 4, 4);
    put(PHDR(1), 4, 4);
    parse(SIZE, "no segment to load");
}

/* --- the image: several files together -------------------------------------------------------- */

static char *write_file(const char *dir, const char *name, const void *bytes, size_t len)
{
    char *path = g_build_filename(dir, name, NULL);
    assert_true(g_file_set_contents(path, bytes, (gssize)len, NULL));
    return path;
}

static void expect_refused(struct image *img, struct physmem *pm, const char *words)
{
    GError *err = NULL;
    assert_false(image_check(img, pm, &err));
    assert_int_equal(err->code, GUEST_ERROR_PLACE);
    if (!strstr(err->message, words)) fail_msg("'%s' does not say '%s'", err->message, words);
    g_error_free(err);
}

static void an_image_is_checked_as_a_whole_and_then_loaded(void **state)
{
    (void)state;
    char *dir = g_dir_make_tmp("epic64-XXXXXX", NULL);
    char *program = write_file(dir, "program", file, SIZE), *raw = write_file(dir, "raw", "12345", 5);
    struct physmem *pm = physmem_new();
    u8 bytes[0x100];
    assert_true(physmem_add_ram(pm, "ram", 0, 0x10000, NULL));
    memset(physmem_host(pm, 0x4000, 0x100), 0xff, 0x100);

    struct image *img = image_new();
    assert_true(image_add_elf(img, program, NULL));
    assert_true(image_add_raw(img, raw, 0x4100, NULL));
    assert_true(image_check(img, pm, NULL));
    image_load(img, pm);
    assert_true(physmem_read(pm, 0x2000, bytes, 0x80));
    assert_memory_equal(bytes, file + 0x100, 0x80);
    assert_true(physmem_read(pm, 0x4000, bytes, 0x100));
    assert_memory_equal(bytes, file + 0x180, 0x20);
    for (unsigned i = 0x20; i < 0x100; i++) assert_int_equal(bytes[i], 0);
    assert_true(physmem_read(pm, 0x4100, bytes, 5));
    assert_memory_equal(bytes, "12345", 5);

    assert_true(image_add_raw(img, raw, 0x40ff, NULL));
    expect_refused(img, pm, "overlaps");
    image_free(img);

    img = image_new();
    assert_true(image_add_raw(img, raw, 0xfffc, NULL));
    expect_refused(img, pm, "outside the guest's memory");
    image_free(img);

    img = image_new();
    assert_false(image_add_raw(img, raw, ~0ull - 2, NULL));
    image_free(img);
    physmem_free(pm);
    g_remove(program);
    g_remove(raw);
    g_rmdir(dir);
    g_free(program);
    g_free(raw);
    g_free(dir);
}

static void two_segments_in_one_place_are_refused(void **state)
{
    (void)state;
    put(PHDR(1) + 24, 8, 0x2040);
    char *dir = g_dir_make_tmp("epic64-XXXXXX", NULL), *path = write_file(dir, "p", file, SIZE);
    struct physmem *pm = physmem_new();
    struct image *img = image_new();
    assert_true(physmem_add_ram(pm, "ram", 0, 0x10000, NULL));
    assert_true(image_add_elf(img, path, NULL));
    expect_refused(img, pm, "overlaps");
    image_free(img);
    physmem_free(pm);
    g_remove(path);
    g_rmdir(dir);
    g_free(path);
    g_free(dir);
}

#define TEST(f) cmocka_unit_test_setup(f, make_good)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_file_has_its_segments_and_entry),
        TEST(the_entry_may_be_physical),
        TEST(an_entry_nowhere_or_in_data_or_between_bundles_is_refused),
        TEST(files_for_others_are_refused_by_name),
        TEST(every_truncation_is_noticed),
        TEST(sizes_that_cannot_be_are_refused),
        TEST(an_image_is_checked_as_a_whole_and_then_loaded),
        TEST(two_segments_in_one_place_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
