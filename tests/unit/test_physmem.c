/* Guest memory as a loader, a device and a hostile guest see it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_mmu_kit.h"

#define CHECK_ERROR(call, ...)                                                                     \
    do {                                                                                           \
        GError *err_ = NULL;                                                                       \
        const char *words_[] = {__VA_ARGS__};                                                      \
        assert_false(call);                                                                        \
        assert_non_null(err_);                                                                     \
        for (unsigned w_ = 0; w_ < ARRAY_LEN(words_); w_++) {                                      \
            assert_non_null(strstr(err_->message, words_[w_]));                                    \
        }                                                                                          \
        g_error_free(err_);                                                                        \
    } while (0)

static void ram_is_zero_and_keeps_what_is_written(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    u64 v = 1;
    assert_true(physmem_add_ram(pm, "ram", 0x100000, 0x10000, NULL));
    assert_true(physmem_read(pm, 0x10fff8, &v, 8));
    assert_int_equal(v, 0);
    v = 0x1122334455667788;
    assert_true(physmem_write(pm, 0x103ffc, &v, 8)); /* across a page */
    v = 0;
    assert_true(physmem_read(pm, 0x103ffc, &v, 8));
    assert_int_equal(v, 0x1122334455667788);
    assert_int_equal(physmem_pa(pm, physmem_host(pm, 0x104000, 1)), 0x104000);
    physmem_free(pm);
}

static void nothing_outside_ram_has_a_host_address(void **state)
{
    (void)state;
    static const struct { u64 pa, len; bool ok; } row[] = {
        { 0x100000, 1, true },         { 0x10ffff, 1, true },     { 0x100000, 0x10000, true },
        { 0x0fffff, 1, false },        { 0x0fffff, 2, false },    { 0x110000, 1, false },
        { 0x10ffff, 2, false },        { 0x100000, 0x10001, false },
        { 0x120000, 0x1000, true },    { 0x10f000, 0x12000, false }, /* a hole in the middle */
        { 0, 1, false },               { ~0ull, 1, false },       { 0x100000, ~0ull, false },
        { PHYS_RAM_LIMIT - 1, 1, false }, { PHYS_RAM_LIMIT, 1, false }, { 1ull << 49, 8, false },
        { ~0ull, ~0ull, false },       { 0x100000, 0ull - 0x100000, false },
    };
    struct physmem *pm = physmem_new();
    u8 byte = 0;
    assert_true(physmem_add_ram(pm, "a", 0x100000, 0x10000, NULL));
    assert_true(physmem_add_ram(pm, "b", 0x120000, 0x10000, NULL));
    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        assert_int_equal(physmem_host(pm, row[i].pa, row[i].len) != NULL, row[i].ok);
        if (!row[i].ok) assert_false(physmem_read(pm, row[i].pa, &byte, row[i].len));
        if (!row[i].ok) assert_false(physmem_write(pm, row[i].pa, &byte, row[i].len));
    }
    physmem_free(pm);
}

static void rom_is_written_by_loaders_only(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    u8 buf[4] = {1, 2, 3, 4}, got[4];
    assert_true(physmem_add_rom(pm, "rom", 0x2000, 0x1000, NULL));
    assert_true(physmem_add_ram(pm, "ram", 0x1000, 0x1000, NULL));
    assert_true(physmem_load(pm, 0x2000, buf, 4));
    buf[0] = 9;
    assert_false(physmem_write(pm, 0x2000, buf, 4));
    assert_false(physmem_write(pm, 0x1ffe, buf, 4)); /* half ROM: nothing is written */
    assert_true(physmem_read(pm, 0x1ffe, got, 4));
    assert_memory_equal(got, ((u8[]){0, 0, 1, 2}), 4);
    assert_true(physmem_is_rom(pm, 0x2fff));
    assert_false(physmem_is_rom(pm, 0x1fff));
    assert_false(physmem_is_rom(pm, 0x3000));
    assert_false(physmem_is_rom(pm, ~0ull));
    physmem_free(pm);
}

static void overlaps_are_refused_with_both_names(void **state)
{
    (void)state;
    static const struct physmem_ops uart = {"uart", kit_io_read, kit_io_write};
    static const struct { u64 pa, size; } bad[] = {
        { 0x10000, 0x1000 }, { 0xf000, 0x2000 }, { 0x1f000, 0x2000 }, { 0, 0x100000 },
        { 0x11000, 0x1000 },
    };
    struct physmem *pm = physmem_new();
    assert_true(physmem_add_ram(pm, "main memory", 0x10000, 0x10000, NULL));
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        CHECK_ERROR(physmem_add_ram(pm, "more", bad[i].pa, bad[i].size, &err_), "more",
                    "main memory", "overlap");
        CHECK_ERROR(physmem_add_rom(pm, "rom", bad[i].pa, bad[i].size, &err_), "rom",
                    "main memory");
        CHECK_ERROR(physmem_add_device(pm, bad[i].pa, bad[i].size, &uart, NULL, &err_), "uart",
                    "main memory");
    }
    assert_true(physmem_add_device(pm, 0xfff8, 8, &uart, NULL, NULL)); /* right below */
    assert_true(physmem_add_device(pm, 0x20000, 8, &uart, NULL, NULL)); /* right above */
    CHECK_ERROR(physmem_add_device(pm, 0x20007, 8, &uart, NULL, &err_), "uart at 0x20007");
    assert_int_equal(physmem_range_count(pm), 1);
    assert_int_equal(physmem_device_count(pm), 2);
    assert_int_equal(physmem_device(pm, 1).pa, 0x20000);
    physmem_free(pm);
}

static void impossible_ranges_are_refused(void **state)
{
    (void)state;
    static const struct physmem_ops dev = {"dev", kit_io_read, kit_io_write};
    static const struct { u64 pa, size; } bad[] = {
        { 0x1000, 0 }, { 0x1001, 0x1000 }, { 0x1000, 0x1001 }, { PHYS_RAM_LIMIT, 0x1000 },
        { PHYS_RAM_LIMIT - 0x1000, 0x2000 }, { 0x1000, ~0xfffull }, { ~0xfffull, 0x1000 },
    };
    struct physmem *pm = physmem_new();
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        CHECK_ERROR(physmem_add_ram(pm, "ram", bad[i].pa, bad[i].size, &err_), "ram");
    }
    CHECK_ERROR(physmem_add_device(pm, (1ull << 50) - 8, 16, &dev, NULL, &err_), "dev");
    assert_true(physmem_add_device(pm, (1ull << 50) - 8, 8, &dev, NULL, NULL));
    physmem_free(pm);
}

static void ranges_come_back_in_ascending_order(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    assert_true(physmem_add_ram(pm, "high", 0x100000000, 0x1000, NULL));
    assert_true(physmem_add_rom(pm, "rom", 0xfff00000, 0x1000, NULL));
    assert_true(physmem_add_ram(pm, "low", 0, 0x1000, NULL));
    static const char *name[] = {"low", "rom", "high"};
    for (unsigned i = 0; i < 3; i++) {
        struct physmem_range r = physmem_range(pm, i);
        assert_string_equal(r.name, name[i]);
        assert_int_equal(r.rom, i == 1);
        assert_int_equal(r.ram, i != 1);
        assert_int_equal(r.size, 0x1000);
    }
    assert_int_equal(physmem_range_count(pm), 3);
    physmem_free(pm);
}

struct log {
    u64 offset, value;
    unsigned size, calls;
};

static u64 log_read(void *opaque, u64 offset, unsigned size)
{
    *(struct log *)opaque = (struct log){.offset = offset, .size = size, .calls = 1};
    return 0xf1f2f3f4f5f6f7f8;
}

static void log_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    *(struct log *)opaque = (struct log){offset, value, size, 1};
}

static void device_accesses_arrive_with_offset_and_size(void **state)
{
    (void)state;
    static const struct physmem_ops ops = {"dev", log_read, log_write};
    struct physmem *pm = physmem_new();
    struct log log = {0};
    u64 v;
    assert_true(physmem_add_device(pm, 0x3fd, 16, &ops, &log, NULL));
    for (unsigned size = 1; size <= 8; size *= 2) {
        u64 mask = size == 8 ? ~0ull : (1ull << size * 8) - 1;
        assert_true(physmem_io_read(pm, 0x405, size, &v));
        assert_int_equal(v, 0xf1f2f3f4f5f6f7f8 & mask);
        assert_int_equal(log.offset, 8);
        assert_int_equal(log.size, size);
        assert_true(physmem_io_write(pm, 0x3fd, size, 0x0102030405060708));
        assert_int_equal(log.value, 0x0102030405060708 & mask);
        assert_int_equal(log.offset, 0);
        log.calls = 0;
        assert_false(physmem_io_read(pm, 0x40d, size, &v)); /* just behind */
        assert_int_equal(v, mask);
        assert_false(physmem_io_read(pm, 0x3fc, size, &v)); /* just before, or half */
        assert_false(physmem_io_write(pm, 0x3fc, size, 0));
        if (size > 1) assert_false(physmem_io_write(pm, 0x40c, size, 0)); /* sticks out */
        assert_false(physmem_io_read(pm, ~0ull, size, &v));
        assert_int_equal(log.calls, 0);
    }
    physmem_free(pm);
}

static void a_device_can_be_removed_and_come_back_elsewhere(void **state)
{
    (void)state;
    static const struct physmem_ops ops = {"dev", kit_io_read, kit_io_write};
    struct physmem *pm = physmem_new();
    u64 v;
    assert_true(physmem_add_device(pm, 0x1000, 0x100, &ops, NULL, NULL));
    assert_true(physmem_add_ram(pm, "ram", 0x4000, 0x1000, NULL));
    assert_false(physmem_remove_device(pm, 0x1001));
    assert_false(physmem_remove_device(pm, 0x4000)); /* RAM is no device */
    assert_false(physmem_remove_device(pm, 0x5000));
    assert_true(physmem_remove_device(pm, 0x1000));
    assert_false(physmem_io_read(pm, 0x1000, 4, &v));
    assert_true(physmem_add_device(pm, 0x1080, 0x100, &ops, NULL, NULL));
    assert_true(physmem_io_read(pm, 0x1081, 4, &v));
    assert_int_equal(v, 0x104);
    physmem_free(pm);
}

struct told {
    u64 page[8];
    unsigned n;
};

static void note(void *opaque, u64 page)
{
    struct told *t = opaque;
    t->page[t->n++ % 8] = page;
}

static void every_listener_hears_once_of_a_write_to_code(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    struct told a = {0}, b = {0};
    u8 buf[0x3000] = {0};
    assert_true(physmem_add_ram(pm, "ram", 0, 0x10000, NULL));
    physmem_on_code_write(pm, note, &a);
    physmem_on_code_write(pm, note, &b);
    physmem_set_code(pm, 0x2345, true);
    physmem_set_code(pm, 0x4000, true);
    assert_true(physmem_has_code(pm, 0x2000));
    assert_false(physmem_has_code(pm, 0x3000));
    assert_true(physmem_write(pm, 0x1fff, buf, 1));
    assert_int_equal(a.n, 0);
    assert_true(physmem_write(pm, 0x1fff, buf, 0x2002)); /* 0x1fff..0x4000: both pages */
    assert_int_equal(a.n, 2);
    assert_int_equal(b.n, 2);
    assert_int_equal(a.page[0], 0x2000);
    assert_int_equal(a.page[1], 0x4000);
    assert_false(physmem_has_code(pm, 0x2000));
    physmem_note_write(pm, 0x2000, 8);
    assert_int_equal(a.n, 2);
    physmem_set_code(pm, 0x2000, true);
    physmem_forget_listener(pm, &a);
    assert_true(physmem_load(pm, 0x2fff, buf, 1));
    assert_int_equal(a.n, 2);
    assert_int_equal(b.n, 3);
    physmem_set_code(pm, 0x2000, true);
    physmem_set_code(pm, 0x2000, false);
    physmem_note_write(pm, 0x2000, 8);
    physmem_note_write(pm, PHYS_RAM_LIMIT, 8); /* far away: no harm */
    physmem_note_write(pm, 0x2000, 0);
    assert_int_equal(b.n, 3);
    physmem_free(pm);
}

static void becoming_code_is_told_once(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    struct told t = {0};
    assert_true(physmem_add_ram(pm, "ram", 0, 0x10000, NULL));
    physmem_on_code_set(pm, note, &t);
    physmem_set_code(pm, 0x5008, true);
    physmem_set_code(pm, 0x5010, true);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.page[0], 0x5000);
    physmem_set_code(pm, PHYS_RAM_LIMIT, true);
    physmem_set_code(pm, ~0ull, true);
    assert_false(physmem_has_code(pm, ~0ull));
    assert_int_equal(t.n, 1);
    physmem_free(pm);
}

static u64 dummy_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)size;
    return offset;
}

static void a_hole_takes_ram_away_and_a_device_may_sit_there(void **state)
{
    static const struct { u64 pa, size; unsigned ranges; u64 left; } rows[] = {
        { 0x4000, 0x2000, 2, 0xe000 },   /* in the middle */
        { 0x0, 0x1000, 1, 0xf000 },      /* at the start */
        { 0xf000, 0x9000, 1, 0xf000 },   /* over the end */
        { 0x0, 0x10000, 0, 0 },          /* all of it */
        { 0x20000, 0x1000, 1, 0x10000 }, /* beside it */
    };
    static const struct physmem_ops ops = { .name = "dummy", .read = dummy_read };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct physmem *pm = physmem_new();
        u64 left = 0, value;
        assert_true(physmem_add_ram(pm, "ram", 0, 0x10000, NULL));
        assert_true(physmem_make_hole(pm, rows[i].pa, rows[i].size, NULL));
        assert_int_equal(physmem_range_count(pm), rows[i].ranges);
        for (unsigned r = 0; r < rows[i].ranges; r++) left += physmem_range(pm, r).size;
        assert_int_equal(left, rows[i].left);
        assert_null(physmem_host(pm, rows[i].pa, 1));
        assert_true(physmem_add_device(pm, rows[i].pa, rows[i].size, &ops, NULL, NULL));
        assert_true(physmem_io_read(pm, rows[i].pa + 8, 8, &value));
        assert_int_equal(value, 8);
        physmem_free(pm);
    }
}

static void a_hole_must_be_whole_pages_and_leaves_rom_alone(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    assert_true(physmem_add_rom(pm, "rom", 0x1000, 0x1000, NULL));
    CHECK_ERROR(physmem_make_hole(pm, 0x1001, 0x1000, &err_), "hole");
    CHECK_ERROR(physmem_make_hole(pm, 0x1000, 0x10, &err_), "hole");
    CHECK_ERROR(physmem_make_hole(pm, ~0ull << 12, 0x2000, &err_), "hole");
    assert_true(physmem_make_hole(pm, 0x0, 0x4000, NULL));
    assert_true(physmem_is_rom(pm, 0x1000));
    physmem_free(pm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ram_is_zero_and_keeps_what_is_written),
        cmocka_unit_test(nothing_outside_ram_has_a_host_address),
        cmocka_unit_test(rom_is_written_by_loaders_only),
        cmocka_unit_test(overlaps_are_refused_with_both_names),
        cmocka_unit_test(impossible_ranges_are_refused),
        cmocka_unit_test(ranges_come_back_in_ascending_order),
        cmocka_unit_test(device_accesses_arrive_with_offset_and_size),
        cmocka_unit_test(a_device_can_be_removed_and_come_back_elsewhere),
        cmocka_unit_test(every_listener_hears_once_of_a_write_to_code),
        cmocka_unit_test(becoming_code_is_told_once),
        cmocka_unit_test(a_hole_takes_ram_away_and_a_device_may_sit_there),
        cmocka_unit_test(a_hole_must_be_whole_pages_and_leaves_rom_alone),
    };
    return cmocka_run_group_tests_name("physmem", tests, NULL, NULL);
}
