/* qcow2 images: made here by hand, field by field as the format's description has it, and by
 * qemu-img where it is installed, whose idea of their content is then the measure.  Then damaged in
 * every way that fits into a second: an answer or a refusal, never anything else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/bits.h"
#include "devices/host/block.h"

#define BITS 12u
#define CLUSTER (1u << BITS)
#define ENTRIES (CLUSTER / 8u)
#define CLUSTERS 700u /* of the disk: two tables of level 2 */
#define SIZE ((u64)CLUSTERS * CLUSTER)
#define PACKED (1ull << 62)
#define COPIED (1ull << 63)

static struct {
    char *folder, *path;
    GByteArray *file;
    u8 *model;
} k;

static void put32(u64 at, u32 v)
{
    v = GUINT32_TO_BE(v);
    memcpy(k.file->data + at, &v, 4);
}

static void put64(u64 at, u64 v)
{
    v = GUINT64_TO_BE(v);
    memcpy(k.file->data + at, &v, 8);
}

static void save(void)
{
    FILE *f = fopen(k.path, "wb"); /* g_file_set_contents would wait for the host's disk */
    assert_non_null(f);
    assert_int_equal(fwrite(k.file->data, 1, k.file->len, f), k.file->len);
    assert_int_equal(fclose(f), 0);
}

static void resize(u64 size)
{
    guint old = k.file->len;
    g_byte_array_set_size(k.file, (guint)size);
    if (size > old) memset(k.file->data + old, 0, size - old);
}

/* Header, level 1 in cluster 1, level 2 in clusters 2 and 3; no data. */
static void empty_image(u32 version)
{
    g_byte_array_set_size(k.file, 0);
    resize(4 * CLUSTER);
    memset(k.model, 0, SIZE);
    memcpy(k.file->data, "QFI\xfb", 4);
    put32(4, version);
    put32(20, BITS);
    put64(24, SIZE);
    put32(36, 2);
    put64(40, CLUSTER);
    if (version == 3) put32(96, 4), put32(100, 104);
    put64(CLUSTER, COPIED | 2 * CLUSTER);
    put64(CLUSTER + 8, COPIED | 3 * CLUSTER);
}

static void entry(u32 cluster, u64 value)
{
    put64(2 * CLUSTER + 8 * cluster, value);
}

static u64 add_plain(u32 cluster, u8 value)
{
    u64 at = k.file->len;
    resize(at + CLUSTER);
    for (u32 i = 0; i < CLUSTER; i++) k.model[(u64)cluster * CLUSTER + i] = (u8)(value + i / 64);
    memcpy(k.file->data + at, k.model + (u64)cluster * CLUSTER, CLUSTER);
    entry(cluster, COPIED | at);
    return at;
}

/* `at` is any byte: packed clusters lie shoulder to shoulder. */
static void add_packed(u32 cluster, u8 value)
{
    u8 *plain = k.model + (u64)cluster * CLUSTER, packed[2 * CLUSTER];
    for (u32 i = 0; i < CLUSTER; i++) plain[i] = (u8)(value * (i / 8));
    z_stream z = { .next_in = plain, .avail_in = CLUSTER,
                   .next_out = packed, .avail_out = sizeof packed };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -12, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    u64 at = k.file->len, end = at + z.total_out;
    g_byte_array_append(k.file, packed, (guint)z.total_out);
    u64 sectors = (end - 1) / 512 - at / 512;
    entry(cluster, PACKED | sectors << (62 - (BITS - 8)) | at);
}

static int setup(void **state)
{
    (void)state;
    k.folder = g_dir_make_tmp("epic64-qcow2-XXXXXX", NULL);
    assert_non_null(k.folder);
    k.path = g_build_filename(k.folder, "image", NULL);
    k.file = g_byte_array_new();
    k.model = g_malloc0(SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    GDir *dir = g_dir_open(k.folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(k.folder, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(k.folder);
    g_free(k.folder);
    g_free(k.path);
    g_byte_array_free(k.file, TRUE);
    g_free(k.model);
    return 0;
}

static struct block *opened(enum block_mode mode)
{
    GError *err = NULL;
    struct block *b = block_open(k.path, mode, &err);
    if (!b) fail_msg("%s", err->message);
    return b;
}

/* In pieces that know nothing of clusters. */
static void check_content(struct block *b, const u8 *model, u64 size)
{
    u8 *buf = g_malloc(size);
    assert_int_equal(block_size(b), size);
    for (u64 at = 0, len; at < size; at += len) {
        len = MIN(size - at, 512 * (1 + at / 512 % 23));
        assert_true(block_read(b, at, buf + at, len));
    }
    assert_memory_equal(buf, model, size);
    assert_false(block_read(b, size, buf, 1));
    g_free(buf);
}

static void check_model(void)
{
    save();
    struct block *b = opened(BLOCK_READ_ONLY);
    check_content(b, k.model, SIZE);
    block_free(b);
}

static void refuses(const char *words)
{
    GError *err = NULL;
    save();
    assert_null(block_open(k.path, BLOCK_READ_ONLY, &err));
    if (!strstr(err->message, words)) fail_msg("\"%s\" is not in \"%s\"", words, err->message);
    assert_non_null(strstr(err->message, k.path));
    g_error_free(err);
}

/* --- by hand ---------------------------------------------------------------------------------- */

static void plain_packed_and_absent_clusters_are_told_apart(void **state)
{
    (void)state;
    for (u32 version = 2; version <= 3; version++) {
        empty_image(version);
        check_model();
        for (u32 c = 0; c < CLUSTERS; c += 7) add_plain(c, (u8)c);
        for (u32 c = 3; c < CLUSTERS; c += 7) add_packed(c, (u8)c);
        check_model();
    }
}

static void a_zeroed_cluster_is_zero_whether_it_has_a_place_or_not(void **state)
{
    (void)state;
    empty_image(3);
    entry(5, 1);
    entry(6, COPIED | add_plain(6, 0x77) | 1);
    memset(k.model + 6 * CLUSTER, 0, CLUSTER);
    add_plain(7, 0x88);
    check_model();
}

static void a_last_cluster_cut_short_ends_in_zeros(void **state)
{
    (void)state;
    empty_image(3);
    add_plain(1, 0x11);
    g_byte_array_set_size(k.file, k.file->len - 1000);
    memset(k.model + 2 * CLUSTER - 1000, 0, 1000);
    check_model();
}

static void snapshots_take_writes_that_the_image_never_sees(void **state)
{
    (void)state;
    empty_image(3);
    add_packed(1, 3);
    save();
    struct block *b = opened(BLOCK_SNAPSHOT);
    assert_false(block_is_read_only(b));
    for (u64 at = 100; at < SIZE - 3000; at += 50000) {
        memset(k.model + at, (int)(at / 50000 + 1), 3000);
        assert_true(block_write(b, at, k.model + at, 3000));
    }
    check_content(b, k.model, SIZE);
    assert_true(block_flush(b));
    block_free(b);
    gsize len;
    char *now;
    assert_true(g_file_get_contents(k.path, &now, &len, NULL));
    assert_int_equal(len, k.file->len);
    assert_memory_equal(now, k.file->data, len);
    g_free(now);
}

static void they_are_not_written(void **state)
{
    (void)state;
    GError *err = NULL;
    empty_image(3);
    save();
    assert_null(block_open(k.path, BLOCK_READ_WRITE, &err));
    assert_non_null(strstr(err->message, "not written; add ,snapshot or ,ro"));
    g_error_free(err);
    struct block *b = opened(BLOCK_READ_ONLY);
    assert_true(block_is_read_only(b));
    assert_false(block_write(b, 0, "x", 1));
    block_free(b);
}

static void a_guest_cannot_make_one_of_its_raw_disk(void **state)
{
    (void)state;
    static const char *const magics[] = { "QFI\xfb", "KDMV", "conectix", "vhdxfile" };
    u8 sector[1024] = { 0 };
    g_byte_array_set_size(k.file, 0);
    resize(65536);
    save();
    struct block *b = opened(BLOCK_READ_WRITE);
    for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
        memcpy(sector, magics[i], strlen(magics[i]));
        assert_false(block_write(b, 0, sector, sizeof sector));
        assert_true(block_write(b, 512, sector, 512));
        assert_true(block_write(b, 0, "Q", 1));
        assert_true(block_write(b, 4, sector, 4));
    }
    assert_true(block_write(b, 1, "FI", 2));
    assert_false(block_write(b, 3, "\xfb", 1));
    block_free(b);
}

/* --- backing files ---------------------------------------------------------------------------- */

static void on_top_of(const char *name, const char *format)
{
    u64 at = 104;
    put32(100, 104);
    if (format) {
        put32(at, 0xe2792aca);
        put32(at + 4, (u32)strlen(format));
        memcpy(k.file->data + at + 8, format, strlen(format));
        at += 8 + 8;
    }
    put64(8, at + 8);
    put32(16, (u32)strlen(name));
    memcpy(k.file->data + at + 8, name, strlen(name));
}

static void holes_show_the_backing_file_and_zeros_behind_its_end(void **state)
{
    (void)state;
    char *base = g_build_filename(k.folder, "base", NULL), *data = g_malloc(100000);
    for (u32 i = 0; i < 100000; i++) data[i] = (char)(i / 512);
    assert_true(g_file_set_contents(base, data, 100000, NULL));
    const char *const names[] = { "base", base };
    for (size_t i = 0; i < 4; i++) {
        empty_image(3);
        on_top_of(names[i % 2], i < 2 ? "raw" : NULL);
        memcpy(k.model, data, align_down(100000, 512));
        add_plain(1, 0x44);
        add_packed(3, 7);
        entry(4, 1);
        memset(k.model + 4 * CLUSTER, 0, CLUSTER);
        check_model();
    }
    g_free(data);
    g_free(base);
}

static void a_backing_file_called_raw_is_raw_whatever_it_looks_like(void **state)
{
    (void)state;
    char *base = g_build_filename(k.folder, "base", NULL);
    empty_image(3);
    add_plain(0, 1);
    assert_true(g_file_set_contents(base, (char *)k.file->data, k.file->len, NULL));
    u8 first[CLUSTER];
    memcpy(first, k.file->data, CLUSTER);
    empty_image(3);
    on_top_of("base", "raw");
    save();
    struct block *b = opened(BLOCK_READ_ONLY);
    u8 buf[CLUSTER];
    assert_true(block_read(b, 0, buf, CLUSTER));
    assert_memory_equal(buf, first, CLUSTER);
    block_free(b);
    g_free(base);
}

static void backing_files_that_cannot_be(void **state)
{
    (void)state;
    empty_image(3);
    on_top_of("image", "qcow2");
    refuses("more than 16 backing files");
    empty_image(3);
    on_top_of("absent", NULL);
    refuses("No such file");
    empty_image(3);
    on_top_of("json:{\"driver\":\"null-co\"}", NULL);
    refuses("no plain file");
    empty_image(3);
    on_top_of("base", NULL);
    put32(16, 5000);
    refuses("the name of its backing file");
    put32(16, 4), put64(8, 1ull << 40);
    refuses("the name of its backing file");
}

/* --- what is refused -------------------------------------------------------------------------- */

static void what_cannot_be_read_is_named(void **state)
{
    static const struct {
        u32 version;
        u64 at;
        unsigned bytes;
        u64 value;
        const char *words;
    } rows[] = {
        { 3, 4, 4, 1, "version 1" },
        { 3, 4, 4, 4, "version 4" },
        { 3, 20, 4, 8, "clusters of 2^8 bytes" },
        { 3, 20, 4, 22, "clusters of 2^22 bytes" },
        { 3, 20, 4, 0xffffffff, "clusters of 2^" },
        { 3, 24, 8, 0, "it is empty" },
        { 3, 24, 8, 1ull << 62, "its table is too short" },
        { 3, 24, 8, ~0ull, "its size is out of range" },
        { 3, 32, 4, 1, "encrypted" },
        { 3, 36, 4, 1, "its table is too short" },
        { 3, 40, 8, 1ull << 50, "its table lies outside" },
        { 3, 40, 8, ~0ull - 3, "its table lies outside" },
        { 3, 72, 8, 1 << 1, "marked as corrupt" },
        { 3, 72, 8, 1 << 2, "in another file" },
        { 3, 72, 8, 1 << 4, "subclusters" },
        { 3, 72, 8, 1ull << 63, "unknown feature 63" },
        { 3, CLUSTER, 8, 1ull << 40, "table 0 lies outside" },
        { 3, CLUSTER + 8, 8, 3 * CLUSTER + 512, "table 1 lies outside" },
        { 3, 2 * CLUSTER + 16, 8, 1ull << 40, "cluster 2 lies outside" },
        { 2, 3 * CLUSTER, 8, 2 * CLUSTER + 512, "cluster 512 is out of line" },
        { 2, 2 * CLUSTER + 8, 8, PACKED | 1ull << 40, "cluster 1 lies outside" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        empty_image(rows[i].version);
        if (rows[i].bytes == 4) put32(rows[i].at, (u32)rows[i].value);
        else put64(rows[i].at, rows[i].value);
        refuses(rows[i].words);
    }
}

static void a_feature_that_only_writers_mind_is_none(void **state)
{
    (void)state;
    empty_image(3);
    add_plain(9, 9);
    put64(72, 1 << 0);                         /* dirty: the reference counts are stale */
    put64(80, 1), put64(88, 1);
    check_model();
}

static void a_packed_cluster_that_is_garbage_is_an_error_there_only(void **state)
{
    (void)state;
    u8 buf[CLUSTER];
    empty_image(3);
    u64 at = add_plain(1, 0xff);
    memset(k.file->data + at, 0xff, CLUSTER);
    entry(2, PACKED | at);
    save();
    struct block *b = opened(BLOCK_READ_ONLY);
    assert_false(block_read(b, 2 * CLUSTER, buf, 512));
    assert_true(block_read(b, 3 * CLUSTER, buf, CLUSTER));
    assert_true(block_read(b, 1 * CLUSTER, buf, CLUSTER));
    assert_false(block_read(b, 1 * CLUSTER + 512, buf, CLUSTER));
    block_free(b);
}

/* An image is made of bytes that anybody may have written. */
static void no_damage_does_more_than_be_refused_or_read(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(64);
    u8 buf[CLUSTER];
    for (unsigned i = 0; i < 1500; i++) {
        empty_image(2 + i % 2);
        add_plain(1, 1), add_packed(2, 2), add_packed(600, 3), add_plain(699, 4);
        for (unsigned n = 0; n <= i % 5; n++) {
            u32 first[] = { 4, CLUSTER, 2 * CLUSTER, 0 }, bytes[] = { 112, 16, 32, k.file->len };
            u32 spot = (u32)g_rand_int_range(random, 0, 4);
            u32 at = first[spot] + (u32)g_rand_int_range(random, 0, (gint32)bytes[spot]);
            k.file->data[at] = (u8)g_rand_int(random);
        }
        guint whole = k.file->len;
        if (i % 11 == 0) resize((u64)g_rand_int_range(random, 4, (gint32)whole));
        save();
        struct block *b = block_open(k.path, BLOCK_READ_ONLY, NULL);
        for (u64 at = 0; b && at < MIN(block_size(b), SIZE); at += 3 * 512) {
            bool ok = block_read(b, at, buf, 512);
            (void)ok;
        }
        block_free(b);
    }
    g_rand_free(random);
}

/* --- qemu-img --------------------------------------------------------------------------------- */

static void tool(const char *fmt, ...) PRINTF(1, 2);

/* A command, in the folder of the test. */
static void tool(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *line = g_strdup_vprintf(fmt, args), **argv = NULL;
    va_end(args);
    gint status;
    assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
    assert_true(g_spawn_sync(k.folder, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                             NULL, NULL, NULL, NULL, &status, NULL));
    if (status) fail_msg("%s: status %d", line, status);
    g_strfreev(argv);
    g_free(line);
}

static void agrees_with_qemu_img(void)
{
    char *raw = g_build_filename(k.folder, "raw", NULL), *data;
    gsize len;
    tool("qemu-img convert -t unsafe -O raw image raw");
    assert_true(g_file_get_contents(raw, &data, &len, NULL));
    for (unsigned mode = BLOCK_READ_ONLY; mode <= BLOCK_SNAPSHOT; mode++) {
        struct block *b = opened(mode);
        check_content(b, (u8 *)data, len);
        block_free(b);
    }
    g_free(data);
    g_free(raw);
}

static void random_file(const char *name, u64 size, u32 seed)
{
    char *path = g_build_filename(k.folder, name, NULL), *data = g_malloc0(size);
    GRand *random = g_rand_new_with_seed(seed);
    for (unsigned i = 0; i < 60; i++) {
        u32 at = (u32)g_rand_int_range(random, 0, (gint32)size - 50000);
        u32 len = (u32)g_rand_int_range(random, 1, 50000);
        for (u32 n = 0; n < len; n++) data[at + n] = (char)(i % 2 ? i : g_rand_int(random));
    }
    assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_rand_free(random);
    g_free(data);
    g_free(path);
}

static void what_qemu_img_makes_is_read_as_it_reads_it(void **state)
{
    static const char *const ways[] = {
        "-o compat=0.10", "-o compat=1.1", "-c", "-c -o compat=0.10,cluster_size=4k",
        "-o cluster_size=512", "-c -o cluster_size=512", "-o cluster_size=2M",
        "-c -o cluster_size=2M", "-o preallocation=metadata", "-o preallocation=full",
        "-o lazy_refcounts=on", "-c -o compression_type=zstd", "-S 0",
    };
    (void)state;
    char *qemu_img = g_find_program_in_path("qemu-img");
    char *qemu_io = g_find_program_in_path("qemu-io");
    bool there = qemu_img && qemu_io;
    g_free(qemu_img);
    g_free(qemu_io);
    if (!there) {
        print_message("qemu-img is not installed\n");
        skip();
    }
    random_file("content", 4 << 20, 1);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        tool("qemu-img convert -t unsafe -f raw -O qcow2 %s content image", ways[i]);
        agrees_with_qemu_img();
        tool("qemu-io -t unsafe -f qcow2 -c 'write -z 1M 1M' -c 'write -z -u 2500k 100k' "
             "-c 'discard 3M 128k' -c 'write -P 51 2200k 5k' image");
        agrees_with_qemu_img();
        tool("qemu-img snapshot -c before image");
        tool("qemu-io -t unsafe -f qcow2 -c 'write -P 85 0 2M' image");
        agrees_with_qemu_img();
    }
    tool("qemu-img convert -t unsafe -f raw -O qcow2 content base2");
    tool("qemu-img create -q -f qcow2 -b content -F raw middle 7M");
    tool("qemu-img create -q -f qcow2 -b base2 -F qcow2 image 9M");
    tool("qemu-io -t unsafe -f qcow2 -c 'write -P 68 100k 900k' -c 'write -z 2M 1M' "
         "-c 'write -P 9 8M 10k' image");
    agrees_with_qemu_img();
    tool("qemu-img create -q -f qcow2 -b middle -F qcow2 image 9M");
    agrees_with_qemu_img();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(plain_packed_and_absent_clusters_are_told_apart),
        T(a_zeroed_cluster_is_zero_whether_it_has_a_place_or_not),
        T(a_last_cluster_cut_short_ends_in_zeros),
        T(snapshots_take_writes_that_the_image_never_sees),
        T(they_are_not_written),
        T(a_guest_cannot_make_one_of_its_raw_disk),
        T(holes_show_the_backing_file_and_zeros_behind_its_end),
        T(a_backing_file_called_raw_is_raw_whatever_it_looks_like),
        T(backing_files_that_cannot_be),
        T(what_cannot_be_read_is_named),
        T(a_feature_that_only_writers_mind_is_none),
        T(a_packed_cluster_that_is_garbage_is_an_error_there_only),
        T(no_damage_does_more_than_be_refused_or_read),
        T(what_qemu_img_makes_is_read_as_it_reads_it),
    };
    return cmocka_run_group_tests_name("qcow2", tests, NULL, NULL);
}
