/* virtio devices driven by a small driver written here from the virtio 0.9.5 text, and by hostile
 * guests whose rings lie.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "devices/virtio.h"
#include "devices/virtio_devices.h"

#define WINDOW 0x80000000ull
#define RAM_SIZE 0x100000ull
#define RING 0x10000ull    /* queue 0; queue 1 follows 0x4000 behind */
#define RING_STEP 0x4000ull
#define N 128              /* entries, as the device says */
#define BUFFERS 0x40000ull

/* Offsets from the specification, not from our header. */
enum { FEATURES = 0, GUEST = 4, PFN = 8, NUM = 12, SEL = 14, NOTIFY = 16, STATUS = 18, ISR = 19,
       CONFIG = 20 };
#define AVAIL(q) (RING + (q) * RING_STEP + 16 * N)
#define USED(q) (RING + (q) * RING_STEP + 0x1000)
_Static_assert(16 * N + 6 + 2 * N <= 0x1000, "the used ring starts on the next page");

struct kit {
    struct physmem *pm;
    struct pci_bus *bus;
    struct pci_device *dev;
    struct chardev *host;
    char *image;
    bool line;
    u64 bar;
    u16 avail[3], next;
};

static void on_line(void *opaque, unsigned number, bool level)
{
    (void)number;
    ((struct kit *)opaque)->line = level;
}

static u64 rd(struct kit *k, unsigned reg, unsigned size)
{
    return pci_window_ops.read(k->bus, k->bar - WINDOW + reg, size);
}

static void wr(struct kit *k, unsigned reg, unsigned size, u64 value)
{
    pci_window_ops.write(k->bus, k->bar - WINDOW + reg, size, value);
}

static void put(struct kit *k, u64 pa, const void *data, u64 len)
{
    assert_true(physmem_write(k->pm, pa, data, len));
}

static u64 get(struct kit *k, u64 pa, unsigned len)
{
    u64 v = 0;
    assert_true(physmem_read(k->pm, pa, &v, len));
    return v;
}

static void desc(struct kit *k, unsigned q, unsigned i, u64 pa, u32 len, u16 flags, u16 next)
{
    struct { u64 pa; u32 len; u16 flags, next; } d = { pa, len, flags, next };
    put(k, RING + q * RING_STEP + 16 * i, &d, sizeof d);
}

static void offer(struct kit *k, unsigned q, u16 head)
{
    put(k, AVAIL(q) + 4 + 2 * (k->avail[q] % N), &head, 2);
    k->avail[q]++;
    put(k, AVAIL(q) + 2, &k->avail[q], 2);
}

static void kick(struct kit *k, unsigned q)
{
    wr(k, NOTIFY, 2, q);
}

static u16 used(struct kit *k, unsigned q)
{
    return (u16)get(k, USED(q) + 2, 2);
}

static u32 used_len(struct kit *k, unsigned q, unsigned i)
{
    return (u32)get(k, USED(q) + 4 + 8 * i + 4, 4);
}

static struct kit *kit_new(void)
{
    struct kit *k = g_new0(struct kit, 1);
    struct irq_line intx[4];
    for (unsigned i = 0; i < 4; i++) intx[i] = (struct irq_line){ on_line, k, i };
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, RAM_SIZE, NULL));
    k->bus = pci_bus_new(WINDOW, 0x100000, intx);
    return k;
}

static void plug(struct kit *k, struct pci_device *dev, unsigned queues)
{
    k->dev = dev;
    assert_true(pci_add(k->bus, dev, NULL));
    k->bar = pci_bar_address(dev, 0);
    pci_config_write(k->bus, dev->slot << 3, 4, 2, 6);
    wr(k, STATUS, 1, 3);
    for (unsigned q = 0; q < queues; q++) {
        wr(k, SEL, 2, q);
        assert_int_equal(rd(k, NUM, 2), N);
        wr(k, PFN, 4, (RING + q * RING_STEP) >> 12);
    }
    wr(k, STATUS, 1, 7);
}

static int teardown(void **state)
{
    struct kit *k = *state;
    pci_bus_free(k->bus);
    physmem_free(k->pm);
    if (k->host) chardev_free(k->host);
    if (k->image) g_unlink(k->image);
    g_free(k->image);
    g_free(k);
    return 0;
}

#define DISK_SIZE 0x40000u

static int disk_setup_mode(void **state, enum block_mode mode)
{
    struct kit *k = *state = kit_new();
    u8 *bytes = g_malloc(DISK_SIZE);
    for (unsigned i = 0; i < DISK_SIZE; i++) bytes[i] = (u8)(i >> 9);
    int fd = g_file_open_tmp("epic64-disk-XXXXXX", &k->image, NULL);
    assert_int_equal(write(fd, bytes, DISK_SIZE), DISK_SIZE);
    close(fd);
    g_free(bytes);
    struct block *disk = block_open(k->image, mode, NULL);
    assert_non_null(disk);
    plug(k, virtio_blk_new(k->pm, disk), 1);
    return 0;
}

static int disk_setup(void **state)
{
    return disk_setup_mode(state, BLOCK_READ_WRITE);
}

static int snapshot_setup(void **state)
{
    return disk_setup_mode(state, BLOCK_SNAPSHOT);
}

static int read_only_setup(void **state)
{
    return disk_setup_mode(state, BLOCK_READ_ONLY);
}

/* One request with header, data (two buffers if it is long) and status; the status byte. */
static u8 request(struct kit *k, u32 type, u64 sector, u64 data, u32 len, bool to_device)
{
    struct { u32 type, priority; u64 sector; } h = { type, 0, sector };
    u8 status = 0xee;
    u16 w = to_device ? 0 : 2;
    put(k, BUFFERS, &h, sizeof h);
    put(k, BUFFERS + 32, &status, 1);
    desc(k, 0, 0, BUFFERS, 16, 1, len ? 1 : 3);
    desc(k, 0, 1, data, len / 2, (u16)(1 | w), 2);
    desc(k, 0, 2, data + len / 2, len - len / 2, (u16)(1 | w), 3);
    desc(k, 0, 3, BUFFERS + 32, 1, 2, 0);
    offer(k, 0, 0);
    kick(k, 0);
    return (u8)get(k, BUFFERS + 32, 1);
}

static u8 file_byte(struct kit *k, unsigned at)
{
    char *bytes;
    gsize len;
    assert_true(g_file_get_contents(k->image, &bytes, &len, NULL));
    u8 b = (u8)bytes[at];
    g_free(bytes);
    return b;
}

static void a_disk_tells_its_size_and_kind(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pci_config_read(k->bus, 1 << 3, 0, 4), 0x10011af4);
    assert_int_equal(pci_config_read(k->bus, 1 << 3, 0x2e, 2), 2);
    assert_int_equal(pci_config_read(k->bus, 1 << 3, 8, 1), 0);
    assert_int_equal(rd(k, CONFIG, 4), DISK_SIZE / 512);
    assert_int_equal(rd(k, CONFIG + 20, 4), 512);
    assert_int_equal(rd(k, CONFIG + 200, 4), 0);
}

static void sectors_are_read_where_they_are_asked_for(void **state)
{
    struct kit *k = *state;
    assert_int_equal(request(k, 0, 5, BUFFERS + 0x1000, 3 * 512, false), 0);
    assert_int_equal(get(k, BUFFERS + 0x1000, 1), 5);
    assert_int_equal(get(k, BUFFERS + 0x1000 + 3 * 512 - 1, 1), 7);
    assert_int_equal(used(k, 0), 1);
    assert_int_equal(used_len(k, 0, 0), 3 * 512 + 1);
    assert_true(k->line);
    assert_int_equal(rd(k, ISR, 1), 1);
    assert_false(k->line);
    assert_int_equal(rd(k, ISR, 1), 0);
}

static void sectors_are_written_to_the_image_and_old_barrier_flags_do_not_hide_that(void **state)
{
    struct kit *k = *state;
    u8 data[1024];
    memset(data, 0xab, sizeof data);
    put(k, BUFFERS + 0x1000, data, sizeof data);
    assert_int_equal(request(k, 1, 9, BUFFERS + 0x1000, 512, true), 0);
    assert_int_equal(file_byte(k, 9 * 512), 0xab);
    assert_int_equal(file_byte(k, 10 * 512 - 1), 0xab);
    assert_int_equal(file_byte(k, 10 * 512), 10);
    assert_int_equal(request(k, 0x80000001, 20, BUFFERS + 0x1000, 1024, true), 0);
    assert_int_equal(file_byte(k, 21 * 512), 0xab);
    assert_int_equal(request(k, 4, 0, 0, 0, true), 0);
}

static void a_snapshot_shows_writes_to_the_guest_and_none_to_the_image(void **state)
{
    struct kit *k = *state;
    u8 data[512];
    memset(data, 0xcd, sizeof data);
    put(k, BUFFERS + 0x1000, data, sizeof data);
    assert_int_equal(request(k, 1, 127, BUFFERS + 0x1000, 512, true), 0); /* end of a cluster */
    assert_int_equal(request(k, 0, 126, BUFFERS + 0x2000, 4 * 512, false), 0);
    assert_int_equal(get(k, BUFFERS + 0x2000 + 511, 1), 126);
    assert_int_equal(get(k, BUFFERS + 0x2000 + 512, 1), 0xcd);
    assert_int_equal(get(k, BUFFERS + 0x2000 + 1024, 1), 128);
    assert_int_equal(file_byte(k, 127 * 512), 127);
}

static void a_read_only_disk_says_so_and_refuses_writes(void **state)
{
    struct kit *k = *state;
    assert_int_equal(rd(k, FEATURES, 4) & 1 << 5, 1 << 5);
    assert_int_equal(request(k, 1, 9, BUFFERS + 0x1000, 512, true), 1);
    assert_int_equal(file_byte(k, 9 * 512), 9);
}

static void requests_past_the_end_fail_without_moving_anything(void **state)
{
    struct kit *k = *state;
    static const struct { u64 sector; u32 len; } bad[] = {
        { DISK_SIZE / 512, 512 }, { DISK_SIZE / 512 - 1, 1024 }, { ~0ull, 512 },
        { 1ull << 55, 512 }, { ~0ull >> 9, 1024 }, { 0, 511 }, { 0, 514 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        for (unsigned write = 0; write < 2; write++) {
            u64 mark = 0x1122334455667788;
            put(k, BUFFERS + 0x1000, &mark, 8);
            u8 status = request(k, write, bad[i].sector, BUFFERS + 0x1000, bad[i].len, write);
            assert_int_equal(status, 1);
            assert_int_equal(get(k, BUFFERS + 0x1000, 8), mark);
        }
    }
    assert_int_equal(file_byte(k, 0), 0);
    assert_int_equal(file_byte(k, DISK_SIZE - 1), (DISK_SIZE - 1) >> 9 & 0xff);
}

static void unknown_requests_are_unsupported(void **state)
{
    assert_int_equal(request(*state, 77, 0, BUFFERS + 0x1000, 512, false), 2);
}

/* After an attack: nothing was completed, and the device works again after a reset. */
static void stopped_and_recovers(struct kit *k)
{
    assert_int_equal(used(k, 0), 0);
    wr(k, STATUS, 1, 0);
    memset(physmem_host(k->pm, RING, 2 * RING_STEP), 0, 2 * RING_STEP);
    k->avail[0] = 0;
    wr(k, STATUS, 1, 3);
    wr(k, SEL, 2, 0);
    wr(k, PFN, 4, RING >> 12);
    wr(k, STATUS, 1, 7);
    assert_int_equal(request(k, 0, 5, BUFFERS + 0x1000, 512, false), 0);
    assert_int_equal(used(k, 0), 1);
}

static void a_chain_that_loops_stops_the_device(void **state)
{
    struct kit *k = *state;
    desc(k, 0, 0, BUFFERS, 16, 1, 1);
    desc(k, 0, 1, BUFFERS, 16, 1, 0);
    offer(k, 0, 0);
    kick(k, 0);
    stopped_and_recovers(k);
}

static void a_descriptor_number_out_of_range_stops_the_device(void **state)
{
    struct kit *k = *state;
    offer(k, 0, N);
    kick(k, 0);
    stopped_and_recovers(k);
    offer(k, 0, 0xffff);
    kick(k, 0);
    assert_int_equal(used(k, 0), 1);
}

static void a_next_pointer_out_of_range_stops_the_device(void **state)
{
    struct kit *k = *state;
    desc(k, 0, 0, BUFFERS, 16, 1, N);
    offer(k, 0, 0);
    kick(k, 0);
    stopped_and_recovers(k);
}

static void an_available_index_far_ahead_stops_the_device(void **state)
{
    struct kit *k = *state;
    u16 index = N + 1;
    put(k, AVAIL(0) + 2, &index, 2);
    kick(k, 0);
    stopped_and_recovers(k);
}

static void a_ring_outside_of_memory_stops_the_device(void **state)
{
    struct kit *k = *state;
    wr(k, PFN, 4, RAM_SIZE >> 12);
    kick(k, 0);
    wr(k, STATUS, 1, 0);
    wr(k, PFN, 4, 0xffffffff);
    wr(k, STATUS, 1, 7);
    kick(k, 0);
    stopped_and_recovers(k);
}

static void buffers_outside_of_memory_stop_the_device(void **state)
{
    static const u64 bad[] = { RAM_SIZE, RAM_SIZE - 8, WINDOW, ~0ull, ~0ull - 4, 1ull << 60 };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        struct kit *k = *state;
        desc(k, 0, 0, bad[i], 16, 1, 1);
        desc(k, 0, 1, BUFFERS, 513, 2, 0);
        offer(k, 0, 0);
        kick(k, 0);
        stopped_and_recovers(k);
        wr(k, STATUS, 1, 0);
        memset(physmem_host(k->pm, RING, RING_STEP), 0, RING_STEP);
        k->avail[0] = 0;
        wr(k, PFN, 4, RING >> 12);
        wr(k, STATUS, 1, 7);
    }
}

static void data_of_absurd_length_is_refused(void **state)
{
    struct kit *k = *state;
    struct { u32 type, priority; u64 sector; } h = { 0, 0, 0 };
    put(k, BUFFERS, &h, sizeof h);
    desc(k, 0, 0, BUFFERS, 16, 1, 1);
    desc(k, 0, 1, BUFFERS + 64, ~0u, 1 | 2, 2);
    desc(k, 0, 2, BUFFERS + 32, 1, 2, 0);
    offer(k, 0, 0);
    kick(k, 0);
    assert_int_equal(get(k, BUFFERS + 32, 1), 1);
}

static void a_readable_buffer_behind_a_writable_one_stops_the_device(void **state)
{
    struct kit *k = *state;
    desc(k, 0, 0, BUFFERS, 16, 1 | 2, 1);
    desc(k, 0, 1, BUFFERS, 16, 0, 0);
    offer(k, 0, 0);
    kick(k, 0);
    stopped_and_recovers(k);
}

static void a_request_without_header_or_status_stops_the_device(void **state)
{
    struct kit *k = *state;
    desc(k, 0, 0, BUFFERS, 8, 1, 1);
    desc(k, 0, 1, BUFFERS + 64, 1, 2, 0);
    offer(k, 0, 0);
    kick(k, 0);
    stopped_and_recovers(k);
    desc(k, 0, 0, BUFFERS, 16, 0, 0);
    offer(k, 0, 0);
    kick(k, 0);
    assert_int_equal(used(k, 0), 1);
}

static void without_bus_mastering_no_ring_is_touched(void **state)
{
    struct kit *k = *state;
    pci_config_write(k->bus, 1 << 3, 4, 2, 2);
    desc(k, 0, 0, BUFFERS, 16, 1, 1);
    offer(k, 0, 0);
    kick(k, 0);
    assert_int_equal(used(k, 0), 0);
}

static void queues_that_do_not_exist_are_nothing(void **state)
{
    struct kit *k = *state;
    wr(k, SEL, 2, 1);
    assert_int_equal(rd(k, NUM, 2), 0);
    wr(k, PFN, 4, 5);
    assert_int_equal(rd(k, PFN, 4), 0);
    wr(k, SEL, 2, 0xffff);
    wr(k, PFN, 4, 5);
    kick(k, 1);
    kick(k, 0xffff);
    assert_int_equal(used(k, 0), 0);
}

static void the_ring_wraps_around_many_times(void **state)
{
    struct kit *k = *state;
    for (unsigned i = 0; i < 5 * N + 3; i++) {
        assert_int_equal(request(k, 0, i % 256, BUFFERS + 0x1000, 512, false), 0);
        assert_int_equal(get(k, BUFFERS + 0x1000, 1), i % 256);
        assert_int_equal(used(k, 0), (u16)(i + 1));
    }
}

static void a_guest_that_wants_no_interrupts_gets_none(void **state)
{
    struct kit *k = *state;
    u16 no_interrupt = 1;
    put(k, AVAIL(0), &no_interrupt, 2);
    assert_int_equal(request(k, 0, 1, BUFFERS + 0x1000, 512, false), 0);
    assert_false(k->line);
}

/* --- the others ------------------------------------------------------------------------------ */

static int console_setup(void **state)
{
    struct kit *k = *state = kit_new();
    k->host = chardev_buffer_new();
    plug(k, virtio_console_new(k->pm, k->host), 2);
    return 0;
}

static void a_console_writes_what_the_guest_sends(void **state)
{
    struct kit *k = *state;
    put(k, BUFFERS, "hello", 5);
    desc(k, 1, 0, BUFFERS, 3, 1, 1);
    desc(k, 1, 1, BUFFERS + 3, 2, 0, 0);
    offer(k, 1, 0);
    kick(k, 1);
    assert_string_equal(chardev_buffer_output(k->host)->str, "hello");
    assert_int_equal(used(k, 1), 1);
}

static void a_console_loses_no_input_when_buffers_are_short(void **state)
{
    struct kit *k = *state;
    chardev_buffer_type(k->host, "abcdefg", 7);
    pci_bus_poll(k->bus);
    assert_int_equal(used(k, 0), 0);
    for (u16 i = 0; i < 3; i++) {
        desc(k, 0, i, BUFFERS + 16u * i, 3, 2, 0);
        offer(k, 0, i);
        pci_bus_poll(k->bus);
    }
    assert_int_equal(used(k, 0), 3);
    assert_int_equal(used_len(k, 0, 2), 1);
    assert_memory_equal(physmem_host(k->pm, BUFFERS, 3), "abc", 3);
    assert_memory_equal(physmem_host(k->pm, BUFFERS + 16, 3), "def", 3);
    assert_memory_equal(physmem_host(k->pm, BUFFERS + 32, 1), "g", 1);
}

static void random_numbers(u64 seed, u8 *out)
{
    struct kit *k = kit_new();
    plug(k, virtio_rng_new(k->pm, seed), 1);
    desc(k, 0, 0, BUFFERS, 20, 2, 0);
    offer(k, 0, 0);
    kick(k, 0);
    assert_int_equal(used_len(k, 0, 0), 20);
    assert_true(physmem_read(k->pm, BUFFERS, out, 24));
    void *state = k;
    teardown(&state);
}

static void random_numbers_repeat_with_the_seed_and_only_then(void **state)
{
    (void)state;
    u8 a[24], b[24], c[24];
    random_numbers(1, a);
    random_numbers(1, b);
    random_numbers(2, c);
    assert_memory_equal(a, b, 24);
    assert_memory_not_equal(a, c, 20);
    assert_memory_equal(a + 20, "\0\0\0\0", 4); /* not a byte more than asked for */
}

struct wire {
    struct net net;
    GByteArray *sent;
};

static void wire_send(struct net *net, const u8 *frame, size_t len)
{
    g_byte_array_append(CONTAINER_OF(net, struct wire, net)->sent, frame, (guint)len);
}

static void wire_poll(struct net *net)
{
    (void)net;
}

static void wire_free(struct net *net)
{
    (void)net;
}

static const struct net_ops wire_ops = { "wire", wire_send, wire_poll, wire_free };

static void a_network_card_moves_frames_behind_a_header_of_ten_bytes(void **state)
{
    (void)state;
    static const u8 mac[6] = { 2, 3, 4, 5, 6, 7 };
    struct wire w = { .net.ops = &wire_ops, .sent = g_byte_array_new() };
    struct kit *k = kit_new();
    plug(k, virtio_net_new(k->pm, &w.net, mac), 2);
    assert_int_equal(rd(k, CONFIG, 4), 0x05040302);
    put(k, BUFFERS, "\0\0\0\0\0\0\0\0\0\0frame", 15);
    desc(k, 1, 0, BUFFERS, 10, 1, 1);
    desc(k, 1, 1, BUFFERS + 10, 5, 0, 0);
    offer(k, 1, 0);
    kick(k, 1);
    assert_int_equal(w.sent->len, 5);
    assert_memory_equal(w.sent->data, "frame", 5);

    assert_false(w.net.receive(w.net.opaque, (const u8 *)"lost", 4));
    desc(k, 0, 0, BUFFERS + 0x100, 14, 2, 0);
    offer(k, 0, 0);
    assert_true(w.net.receive(w.net.opaque, (const u8 *)"four", 4));
    assert_int_equal(used_len(k, 0, 0), 14);
    assert_memory_equal(physmem_host(k->pm, BUFFERS + 0x10a, 4), "four", 4);
    desc(k, 0, 1, BUFFERS + 0x200, 14, 2, 0);
    offer(k, 0, 1);
    assert_false(w.net.receive(w.net.opaque, (const u8 *)"fiver", 5));
    assert_int_equal(used_len(k, 0, 1), 0);
    void *s = k;
    teardown(&s);
    g_byte_array_unref(w.sent);
}

static void an_image_in_use_empty_or_missing_is_refused_in_words(void **state)
{
    (void)state;
    GError *err = NULL;
    char *path;
    close(g_file_open_tmp("epic64-disk-XXXXXX", &path, NULL));
    assert_null(block_open(path, BLOCK_READ_WRITE, &err));
    assert_non_null(strstr(err->message, "empty"));
    g_clear_error(&err);
    assert_true(g_file_set_contents(path, "0123456789abcdef", 16, NULL));
    assert_int_equal(truncate(path, 4096), 0);
    struct block *first = block_open(path, BLOCK_READ_WRITE, NULL);
    assert_non_null(first);
    assert_null(block_open(path, BLOCK_READ_WRITE, &err));
    assert_non_null(strstr(err->message, "in use"));
    g_clear_error(&err);
    assert_null(block_open(path, BLOCK_SNAPSHOT, NULL));
    block_free(first);
    struct block *a = block_open(path, BLOCK_SNAPSHOT, NULL);
    struct block *b = block_open(path, BLOCK_SNAPSHOT, NULL);
    assert_true(a && b); /* snapshots share */
    block_free(a);
    block_free(b);
    g_unlink(path);
    assert_null(block_open(path, BLOCK_READ_ONLY, &err));
    assert_non_null(strstr(err->message, path));
    g_clear_error(&err);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define D(f) cmocka_unit_test_setup_teardown(f, disk_setup, teardown)
        D(a_disk_tells_its_size_and_kind),
        D(sectors_are_read_where_they_are_asked_for),
        D(sectors_are_written_to_the_image_and_old_barrier_flags_do_not_hide_that),
        cmocka_unit_test_setup_teardown(
            a_snapshot_shows_writes_to_the_guest_and_none_to_the_image, snapshot_setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_read_only_disk_says_so_and_refuses_writes, read_only_setup, teardown),
        D(requests_past_the_end_fail_without_moving_anything),
        D(unknown_requests_are_unsupported),
        D(a_chain_that_loops_stops_the_device),
        D(a_descriptor_number_out_of_range_stops_the_device),
        D(a_next_pointer_out_of_range_stops_the_device),
        D(an_available_index_far_ahead_stops_the_device),
        D(a_ring_outside_of_memory_stops_the_device),
        D(buffers_outside_of_memory_stop_the_device),
        D(data_of_absurd_length_is_refused),
        D(a_readable_buffer_behind_a_writable_one_stops_the_device),
        D(a_request_without_header_or_status_stops_the_device),
        D(without_bus_mastering_no_ring_is_touched),
        D(queues_that_do_not_exist_are_nothing),
        D(the_ring_wraps_around_many_times),
        D(a_guest_that_wants_no_interrupts_gets_none),
        cmocka_unit_test_setup_teardown(a_console_writes_what_the_guest_sends, console_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_console_loses_no_input_when_buffers_are_short,
                                        console_setup, teardown),
        cmocka_unit_test(random_numbers_repeat_with_the_seed_and_only_then),
        cmocka_unit_test(a_network_card_moves_frames_behind_a_header_of_ten_bytes),
        cmocka_unit_test(an_image_in_use_empty_or_missing_is_refused_in_words),
    };
    log_setup(LEVEL_ERROR); /* hostile guests make warnings */
    return cmocka_run_group_tests_name("virtio", tests, NULL, NULL);
}
