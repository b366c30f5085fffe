/* Disk images: what is written is there, what is flushed is asked of the host, holes stay holes.
 * The host's calls for durability are counted by standing in their place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/host/block.h"

#define SIZE (1ull << 30)
#define CLUSTER 65536ull

static struct {
    char *path;
    unsigned flushes;
    bool host_fails;
} k;

/* Instead of the C library's. */
int fdatasync(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0); /* it is an open file */
    k.flushes++;
    if (k.host_fails) errno = EIO;
    return k.host_fails ? -1 : 0;
}

static int setup(void **state)
{
    (void)state;
    int fd = g_file_open_tmp("epic64-block-XXXXXX", &k.path, NULL);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
    close(fd);
    k.flushes = 0;
    k.host_fails = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    g_unlink(k.path);
    g_free(k.path);
    return 0;
}

static struct block *opened(enum block_mode mode)
{
    struct block *b = block_open(k.path, mode, NULL);
    assert_non_null(b);
    assert_int_equal(block_size(b), SIZE);
    return b;
}

static u64 bytes_on_host(void)
{
    struct stat st;
    assert_int_equal(stat(k.path, &st), 0);
    assert_int_equal(st.st_size, SIZE);
    return (u64)st.st_blocks * 512;
}

/* The image as somebody else sees it. */
static u8 byte_of_file(u64 at)
{
    u8 byte;
    int fd = open(k.path, O_RDONLY);
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    close(fd);
    return byte;
}

static void a_flush_is_a_flush_of_the_host_and_its_failure_is_told(void **state)
{
    (void)state;
    struct block *b = opened(BLOCK_READ_WRITE);
    assert_true(block_write(b, 512, "written", 7));
    assert_int_equal(k.flushes, 0);
    assert_true(block_flush(b));
    assert_int_equal(k.flushes, 1);
    k.host_fails = true;
    assert_false(block_flush(b));
    assert_int_equal(k.flushes, 2);
    block_free(b);
}

static void images_that_are_not_written_need_no_flush(void **state)
{
    static const enum block_mode modes[] = { BLOCK_READ_ONLY, BLOCK_SNAPSHOT };
    (void)state;
    k.host_fails = true;
    for (unsigned i = 0; i < 2; i++) {
        struct block *b = opened(modes[i]);
        assert_true(block_flush(b));
        block_free(b);
    }
    assert_int_equal(k.flushes, 0);
}

static void what_is_written_is_in_the_file_before_any_flush(void **state)
{
    (void)state;
    struct block *b = opened(BLOCK_READ_WRITE);
    assert_true(block_write(b, SIZE - 1, "\x5a", 1));
    assert_int_equal(byte_of_file(SIZE - 1), 0x5a);
    assert_false(block_write(b, SIZE, "x", 1));
    assert_false(block_write(b, SIZE - 1, "xy", 2));
    block_free(b);
}

static void a_sparse_image_stays_sparse(void **state)
{
    (void)state;
    struct block *b = opened(BLOCK_READ_WRITE);
    u8 buf[4096];
    u64 before = bytes_on_host();
    for (u64 at = 0; at < SIZE; at += SIZE / 64) {
        memset(buf, 0xff, sizeof buf);
        assert_true(block_read(b, at, buf, sizeof buf));
        assert_int_equal(buf[0] | buf[4095], 0);
    }
    assert_int_equal(bytes_on_host(), before);
    assert_true(block_write(b, SIZE / 2, "data", 4));
    assert_true(bytes_on_host() < before + (1u << 20));
    block_free(b);
}

/* Pieces of all lengths at all offsets around the overlay's clusters, against a plain array. */
static void a_snapshot_reads_back_what_was_written_across_clusters(void **state)
{
    (void)state;
    static u8 model[4 * CLUSTER], buf[4 * CLUSTER];
    struct block *b = opened(BLOCK_SNAPSHOT);
    GRand *random = g_rand_new_with_seed(64);
    for (unsigned i = 0; i < 400; i++) {
        u64 at = (u64)g_rand_int_range(random, 0, sizeof model - 1);
        u64 len = (u64)g_rand_int_range(random, 1, (gint32)MIN(sizeof model - at, CLUSTER + 9) + 1);
        if (i & 1) {
            memset(model + at, (int)i, len);
            assert_true(block_write(b, at, model + at, len));
        } else {
            assert_true(block_read(b, at, buf, len));
            assert_memory_equal(buf, model + at, len);
        }
    }
    g_rand_free(random);
    block_free(b);
    assert_int_equal(bytes_on_host(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(a_flush_is_a_flush_of_the_host_and_its_failure_is_told),
        T(images_that_are_not_written_need_no_flush),
        T(what_is_written_is_in_the_file_before_any_flush),
        T(a_sparse_image_stays_sparse),
        T(a_snapshot_reads_back_what_was_written_across_clusters),
    };
    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
