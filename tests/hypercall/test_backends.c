/* Xenstore, disk and network as a front end meets them, and as a hostile one would.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

enum { XS_DIRECTORY = 1, XS_READ, XS_GET_PERMS, XS_WATCH, XS_UNWATCH, XS_START, XS_END,
       XS_GET_DOMAIN_PATH = 10, XS_WRITE, XS_MKDIR, XS_RM, XS_SET_PERMS, XS_ERROR = 16,
       XS_IS_INTRODUCED };

static int setup(void **state)
{
    *state = kit_new(1);
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

/* One message of NUL-terminated parts ("a|b" is two); the answer as text, errors as "!NAME". */
static const char *ask(struct kit *k, u32 type, u32 tx, const char *parts, bool last_nul)
{
    static char reply[4098];
    char text[4096];
    size_t len = strlen(parts) + last_nul;
    g_strlcpy(text, parts, sizeof text);
    for (char *p = text; *p; p++) {
        if (*p == '|') *p = 0;
    }
    /* strlen stops at the first part: the length was taken before */
    u32 answer = kit_store(k, type, tx, text, (u32)len, reply + 1, NULL);
    if (answer == XS_ERROR) {
        reply[0] = '!';
        return reply;
    }
    assert_int_equal(answer, type);
    return reply + 1;
}

#define ASK(type, parts) ask(k, type, 0, parts, true)

static void nodes_are_written_read_listed_and_removed(void **state)
{
    struct kit *k = *state;
    assert_string_equal(ask(k, XS_WRITE, 0, "data/a/b|value", false), "OK");
    assert_string_equal(ASK(XS_READ, "data/a/b"), "value");
    assert_string_equal(ASK(XS_READ, "/local/domain/1/data/a/b"), "value");
    assert_string_equal(ASK(XS_DIRECTORY, "data/a"), "b");
    assert_string_equal(ASK(XS_MKDIR, "data/c"), "OK");
    assert_string_equal(ASK(XS_READ, "data/c"), "");
    assert_string_equal(ASK(XS_RM, "data/a"), "OK");
    assert_string_equal(ASK(XS_READ, "data/a/b"), "!ENOENT");
    assert_string_equal(ASK(XS_RM, "data/a"), "OK"); /* its parent exists */
    assert_string_equal(ASK(XS_RM, "no/where"), "!ENOENT");
    assert_string_equal(ASK(XS_DIRECTORY, "device"), "");
    assert_string_equal(ASK(XS_GET_DOMAIN_PATH, "7"), "/local/domain/7");
    assert_string_equal(ASK(XS_IS_INTRODUCED, "1"), "T");
    assert_string_equal(ASK(XS_IS_INTRODUCED, "9"), "F");
}

static void what_is_not_the_guests_is_refused(void **state)
{
    struct kit *k = *state;
    assert_string_equal(ask(k, XS_WRITE, 0, "/local/domain/0/x|1", false), "!EACCES");
    assert_string_equal(ASK(XS_READ, "/local/domain/0"), "!ENOENT");
    assert_string_equal(ASK(XS_DIRECTORY, "/"), "!EACCES");
    assert_string_equal(ASK(XS_RM, "/local/domain/1"), "!EACCES");
    assert_string_equal(ASK(XS_RM, "/"), "!EACCES");
    assert_string_equal(ASK(0, "debug"), "!EACCES");
    assert_string_equal(ASK(8, "1"), "!EACCES");
    assert_string_equal(ASK(99, "x"), "!ENOSYS");
    assert_string_equal(ASK(15, "x"), "!ENOSYS");
    assert_string_equal(ASK(XS_READ, "a//b"), "!EINVAL");
    assert_string_equal(ASK(XS_READ, "a/"), "!EINVAL");
    assert_string_equal(ASK(XS_READ, "a b"), "!EINVAL");
    assert_string_equal(ask(k, XS_READ, 0, "a", false), "!EINVAL"); /* no NUL */
    assert_string_equal(ask(k, XS_READ, 5, "a", true), "!ENOENT");  /* no such transaction */
}

static void permissions_are_kept_and_checked(void **state)
{
    struct kit *k = *state;
    ask(k, XS_WRITE, 0, "data/p|1", false);
    assert_string_equal(ASK(XS_GET_PERMS, "data/p"), "n1");
    assert_string_equal(ask(k, XS_SET_PERMS, 0, "data/p|b0|r1", true), "OK");
    assert_string_equal(ASK(XS_GET_PERMS, "data/p"), "b0");
    assert_string_equal(ask(k, XS_SET_PERMS, 0, "data/p|x0", true), "!EINVAL");
    assert_string_equal(ask(k, XS_SET_PERMS, 0, "data/p", true), "!EINVAL");
    assert_string_equal(ask(k, XS_SET_PERMS, 0, "data/none|n0", true), "!ENOENT");
}

static void expect_event(struct kit *k, const char *path, const char *token)
{
    char p[256], t[64];
    assert_true(kit_store_event(k, p, t));
    assert_string_equal(p, path);
    assert_string_equal(t, token);
}

static void watches_fire_at_once_and_for_everything_below(void **state)
{
    struct kit *k = *state;
    char p[256], t[64];
    assert_string_equal(ask(k, XS_WATCH, 0, "data|tok", true), "OK");
    expect_event(k, "data", "tok");
    assert_string_equal(ask(k, XS_WATCH, 0, "data|tok", true), "!EEXIST");
    assert_string_equal(ask(k, XS_WATCH, 0, "/local/domain/1/data|abs", true), "OK");
    expect_event(k, "/local/domain/1/data", "abs");
    ask(k, XS_WRITE, 0, "data/x/y|1", false);
    expect_event(k, "data/x/y", "tok");
    expect_event(k, "/local/domain/1/data/x/y", "abs");
    assert_string_equal(ask(k, XS_UNWATCH, 0, "data|none", true), "!ENOENT");
    assert_string_equal(ask(k, XS_UNWATCH, 0, "data|abs", true), "OK"); /* by either name */
    ask(k, XS_WATCH, 0, "data/x/y|deep", true);
    expect_event(k, "data/x/y", "deep");
    ASK(XS_RM, "data/x");
    expect_event(k, "data/x", "tok");
    expect_event(k, "data/x/y", "deep"); /* gone with its parent */
    ask(k, XS_WRITE, 0, "other|1", false);
    assert_false(kit_store_event(k, p, t));
    domain_request(k->d, "poweroff"); /* from outside */
    assert_false(kit_store_event(k, p, t));
}

static void transactions_are_whole_or_nothing(void **state)
{
    struct kit *k = *state;
    char p[256], t[64];
    u32 tx = (u32)atoi(ASK(XS_START, ""));
    assert_int_not_equal(tx, 0);
    ask(k, XS_WATCH, 0, "data|tok", true);
    expect_event(k, "data", "tok");
    assert_string_equal(ask(k, XS_WRITE, tx, "data/t|in", false), "OK");
    assert_string_equal(ask(k, XS_READ, tx, "data/t", true), "in");
    assert_string_equal(ASK(XS_READ, "data/t"), "!ENOENT");
    assert_false(kit_store_event(k, p, t));
    assert_string_equal(ask(k, XS_END, tx, "T", true), "OK");
    expect_event(k, "data/t", "tok");
    assert_string_equal(ASK(XS_READ, "data/t"), "in");
    assert_string_equal(ask(k, XS_END, tx, "T", true), "!ENOENT");

    tx = (u32)atoi(ASK(XS_START, ""));
    ask(k, XS_WRITE, tx, "data/t|dropped", false);
    assert_string_equal(ask(k, XS_END, tx, "F", true), "OK");
    assert_string_equal(ASK(XS_READ, "data/t"), "in");

    tx = (u32)atoi(ASK(XS_START, ""));
    ask(k, XS_WRITE, tx, "data/t|late", false);
    ask(k, XS_WRITE, 0, "data/u|first", false);
    expect_event(k, "data/u", "tok");
    assert_string_equal(ask(k, XS_END, tx, "T", true), "!EAGAIN");
    assert_string_equal(ASK(XS_READ, "data/t"), "in");
    for (unsigned i = 0; i < 10; i++) assert_true(atoi(ASK(XS_START, "")) > 0);
    assert_string_equal(ASK(XS_START, ""), "!ENOSPC");
}

/* Repeats a message with a number in it until it is refused; how often it was not. */
static unsigned accepted(struct kit *k, u32 type, u32 tx, const char *format, char *refusal)
{
    char text[80];
    for (unsigned n = 0; n < 10000; n++) {
        char path[256], token[64];
        snprintf(text, sizeof text, format, n, n);
        while (kit_store_event(k, path, token)) {}
        const char *answer = ask(k, type, tx, text, type != XS_WRITE);
        if (answer[0] == '!') {
            g_strlcpy(refusal, answer, 16);
            return n;
        }
    }
    return 10000;
}

static void quotas_end_what_would_grow_for_ever(void **state)
{
    struct kit *k = *state;
    char why[16];
    u32 tx = (u32)atoi(ASK(XS_START, ""));
    assert_int_equal(accepted(k, XS_WRITE, tx, "data/same|%u", why), 1024); /* within a transaction */
    assert_string_equal(why, "!ENOSPC");
    assert_string_equal(ask(k, XS_END, tx, "T", true), "OK");
    assert_int_equal(accepted(k, XS_WATCH, 0, "data/none%u|tok%u", why), 256);
    assert_string_equal(why, "!ENOSPC");
    assert_in_range(accepted(k, XS_WRITE, 0, "data/many/n%u|%u", why), 3900, 4000);
    assert_string_equal(why, "!ENOSPC");
    assert_string_equal(ASK(XS_DIRECTORY, "data/many"), "!E2BIG");
    assert_string_equal(ask(k, XS_WRITE, 0, "data/many/n7|still", false), "OK");
    assert_string_equal(ASK(XS_RM, "data/many"), "OK");
}

/* --- block ------------------------------------------------------------------------------------ */

#define RING_REF 100u
#define RING_PA KIT_PAGE
#define DATA_REF 200u
#define DATA_PA (KIT_PAGE + 4 * 16384)
#define DISK_SECTORS 256u

struct blk {
    struct kit *k;
    char *path;
    u32 prod, port;
};

static void connect_front(struct kit *k, const char *dir, const char *const *names,
                          const u32 *values, unsigned n, unsigned state)
{
    char text[200];
    for (unsigned i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%s/%s|%u", dir, names[i], values[i]);
        assert_string_equal(ask(k, XS_WRITE, 0, text, false), "OK");
    }
    snprintf(text, sizeof text, "%s/state|%u", dir, state);
    assert_string_equal(ask(k, XS_WRITE, 0, text, false), "OK");
}

static u32 unbound_port(struct kit *k)
{
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    assert_int_equal(kit_struct(k, 32, 6, &un, sizeof un), 0);
    return un.port;
}

static void blk_open(struct blk *b, struct kit *k, enum block_mode mode)
{
    static const char *const names[] = { "ring-ref", "event-channel" };
    GError *err = NULL;
    int fd = g_file_open_tmp("epic64-XXXXXX", &b->path, &err);
    assert_true(fd >= 0);
    for (u32 i = 0; i < DISK_SECTORS; i++) {
        char sector[512];
        memset(sector, (int)i, sizeof sector);
        assert_int_equal(write(fd, sector, sizeof sector), sizeof sector);
    }
    close(fd);
    struct block *disk = block_open(b->path, mode, &err);
    assert_non_null(disk);
    b->k = k;
    b->prod = 0;
    domain_add_disk(k->d, disk);
    assert_string_equal(ask(k, XS_READ, 0, "device/vbd/51712/backend", true),
                        "/local/domain/0/backend/vbd/1/51712");
    kit_grant(k, RING_REF, RING_PA, false);
    for (unsigned i = 0; i < 11; i++) kit_grant(k, DATA_REF + i, DATA_PA + i * 16384, false);
    b->port = unbound_port(k);
    const u32 values[] = { RING_REF, b->port };
    connect_front(k, "device/vbd/51712", names, values, 2, 3);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vbd/1/51712/state"), "4");
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vbd/1/51712/sectors"), "256");
}

static void blk_close(struct blk *b)
{
    g_unlink(b->path);
    g_free(b->path);
}

/* Puts one request and returns the status of its response. */
static int blk_do(struct blk *b, const struct blkif_request *rq)
{
    struct blkif_response rsp = { .status = 99 };
    struct evtchn_port send = { b->port };
    u32 i = b->prod % 128, rsp_prod;
    kit_put(b->k, RING_PA + 0x40 + i * 112, rq, sizeof *rq);
    b->prod++;
    guest_write32(b->k->d, RING_PA, b->prod);
    guest_write32(b->k->d, RING_PA + 12, b->prod); /* rsp_event */
    b->k->d->shared->evtchn_pending[0] = 0;
    assert_int_equal(kit_struct(b->k, 32, 4, &send, sizeof send), 0);
    rsp_prod = guest_read32(b->k->d, RING_PA + 8);
    assert_int_equal(rsp_prod, b->prod);
    assert_true(evtchn_is_pending(b->k->d, b->port));
    kit_get(b->k, RING_PA + 0x40 + i * 112, &rsp, sizeof rsp);
    assert_true(rsp.id == rq->id);
    assert_int_equal(rsp.operation, rq->operation);
    return rsp.status;
}

static struct blkif_request request(u8 op, u64 sector, unsigned segments)
{
    struct blkif_request rq = { .operation = op, .nr_segments = (u8)segments, .id = 0x1234567,
                                .sector_number = sector };
    for (unsigned i = 0; i < segments && i < 11; i++) {
        rq.seg[i] = (struct blkif_segment){ DATA_REF + i, 0, 0, { 0 } };
    }
    return rq;
}

static u8 byte_at(struct kit *k, u64 pa)
{
    u8 v;
    kit_get(k, pa, &v, 1);
    return v;
}

static void sectors_go_both_ways(void **state)
{
    struct kit *k = *state;
    struct blk b;
    blk_open(&b, k, BLOCK_READ_WRITE);
    struct blkif_request rq = request(0, 17, 3);
    rq.seg[1].first_sect = 30;
    rq.seg[1].last_sect = 31;
    assert_int_equal(blk_do(&b, &rq), 0);
    assert_int_equal(byte_at(k, DATA_PA), 17);
    assert_int_equal(byte_at(k, DATA_PA + 16384 + 30 * 512), 18);
    assert_int_equal(byte_at(k, DATA_PA + 16384 + 31 * 512 + 511), 19);
    assert_int_equal(byte_at(k, DATA_PA + 2 * 16384), 20);
    char text[512];
    memset(text, 'w', sizeof text);
    kit_put(k, DATA_PA, text, sizeof text);
    rq = request(1, 200, 1);
    assert_int_equal(blk_do(&b, &rq), 0);
    rq = request(2, 201, 1); /* a barrier that writes */
    assert_int_equal(blk_do(&b, &rq), 0);
    rq = request(2, 0, 0);
    assert_int_equal(blk_do(&b, &rq), 0);
    rq = request(3, 0, 0);
    assert_int_equal(blk_do(&b, &rq), 0);
    char *file;
    assert_true(g_file_get_contents(b.path, &file, NULL, NULL));
    assert_int_equal(file[200 * 512], 'w');
    assert_int_equal(file[201 * 512 + 511], 'w');
    assert_int_equal((u8)file[202 * 512], 202);
    g_free(file);
    blk_close(&b);
}

static void senseless_requests_are_refused_whole(void **state)
{
    struct kit *k = *state;
    struct blk b;
    blk_open(&b, k, BLOCK_READ_WRITE);
    struct blkif_request rows[12];
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) rows[i] = request(1, 10, 1);
    rows[0].sector_number = DISK_SECTORS;
    rows[1].sector_number = ~0ull;
    rows[2].sector_number = DISK_SECTORS - 1;
    rows[2].seg[0].last_sect = 1;
    rows[3].nr_segments = 0;
    rows[4].nr_segments = 12;
    rows[5].nr_segments = 255;
    rows[6].seg[0] = (struct blkif_segment){ DATA_REF, 5, 4, { 0 } };
    rows[7].seg[0] = (struct blkif_segment){ DATA_REF, 0, 32, { 0 } };
    rows[8].seg[0].gref = 5;         /* never granted */
    rows[9].seg[0].gref = 0xffffffff;
    rows[10].nr_segments = 2;
    rows[10].seg[1].gref = 4000;
    rows[11].sector_number = 1ull << 55;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) assert_int_equal(blk_do(&b, &rows[i]), -1);
    struct blkif_request rq = request(77, 0, 1);
    assert_int_equal(blk_do(&b, &rq), -2);
    kit_grant(k, DATA_REF, DATA_PA, true); /* may be read by the disk, not written */
    rq = request(0, 1, 1);
    assert_int_equal(blk_do(&b, &rq), -1);
    rq = request(1, 1, 1);
    assert_int_equal(blk_do(&b, &rq), 0);
    blk_close(&b);
}

static void read_only_disks_stay_as_they_are(void **state)
{
    struct kit *k = *state;
    struct blk b;
    blk_open(&b, k, BLOCK_READ_ONLY);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vbd/1/51712/info"), "4");
    struct blkif_request rq = request(1, 0, 1);
    assert_int_equal(blk_do(&b, &rq), -1);
    rq = request(0, 255, 1);
    assert_int_equal(blk_do(&b, &rq), 0);
    blk_close(&b);
}

static void a_ring_that_lies_costs_the_device(void **state)
{
    struct kit *k = *state;
    struct blk b;
    blk_open(&b, k, BLOCK_SNAPSHOT);
    struct evtchn_port send = { b.port };
    guest_write32(k->d, RING_PA, 1000);
    kit_struct(k, 32, 4, &send, sizeof send);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vbd/1/51712/state"), "5");
    assert_string_equal(k->crash, "");
    kit_struct(k, 32, 4, &send, sizeof send); /* nobody listens any more */
    blk_close(&b);
}

static void a_front_end_without_a_ring_is_not_served(void **state)
{
    struct kit *k = *state;
    static const char *const names[] = { "ring-ref", "event-channel" };
    const u32 values[] = { 77, 99 }; /* not granted, not a port */
    GError *err = NULL;
    char *path;
    int fd = g_file_open_tmp("epic64-XXXXXX", &path, &err);
    assert_int_equal(ftruncate(fd, 8192), 0);
    close(fd);
    domain_add_disk(k->d, block_open(path, BLOCK_READ_WRITE, &err));
    connect_front(k, "device/vbd/51712", names, values, 2, 3);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vbd/1/51712/state"), "5");
    g_unlink(path);
    g_free(path);
}

/* --- network ---------------------------------------------------------------------------------- */

struct wire {
    struct net net;
    u8 frame[NET_MAX_FRAME];
    size_t len;
    unsigned frames;
};

static void wire_send(struct net *net, const u8 *frame, size_t len)
{
    struct wire *w = (struct wire *)(void *)net;
    memcpy(w->frame, frame, len);
    w->len = len;
    w->frames++;
}

static void wire_nothing(struct net *net)
{
    (void)net;
}

static const struct net_ops wire_ops = { "wire", wire_send, wire_nothing, wire_nothing };

#define TX_PA KIT_PAGE
#define RX_PA (KIT_PAGE + 16384)

struct nic {
    struct kit *k;
    struct wire wire;
    u32 port, tx, rx;
};

static void nic_open(struct nic *n, struct kit *k)
{
    static const char *const names[] = { "tx-ring-ref", "rx-ring-ref", "event-channel",
                                         "request-rx-copy" };
    static const u8 mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };
    memset(n, 0, sizeof *n);
    n->k = k;
    n->wire.net.ops = &wire_ops;
    domain_add_network(k->d, &n->wire.net, mac);
    assert_string_equal(ASK(XS_READ, "device/vif/0/mac"), "00:16:3e:01:02:03");
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vif/1/0/feature-rx-copy"), "1");
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vif/1/0/state"), "2");
    kit_grant(k, 10, TX_PA, false);
    kit_grant(k, 11, RX_PA, false);
    for (unsigned i = 0; i < 8; i++) kit_grant(k, DATA_REF + i, DATA_PA + i * 16384, i < 4);
    n->port = unbound_port(k);
    const u32 values[] = { 10, 11, n->port, 1 };
    connect_front(k, "device/vif/0", names, values, 4, 4);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vif/1/0/state"), "4");
}

static void nic_queue(struct nic *n, u32 gref, u16 offset, u16 flags, u16 id, u16 size)
{
    struct netif_tx_request rq = { gref, offset, flags, id, size };
    kit_put(n->k, TX_PA + 0x40 + n->tx++ % 1024 * 12, &rq, sizeof rq);
    guest_write32(n->k->d, TX_PA, n->tx);
}

static s16 nic_kick(struct nic *n, u32 response)
{
    struct evtchn_port send = { n->port };
    struct netif_tx_response rsp;
    kit_struct(n->k, 32, 4, &send, sizeof send);
    kit_get(n->k, TX_PA + 0x40 + response % 1024 * 12, &rsp, sizeof rsp);
    return rsp.status;
}

static void frames_leave_whole_or_in_pieces(void **state)
{
    struct kit *k = *state;
    struct nic n;
    u8 data[300];
    nic_open(&n, k);
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (u8)i;
    kit_put(k, DATA_PA + 100, data, 100);
    kit_put(k, DATA_PA + 16384, data + 100, 200);
    nic_queue(&n, DATA_REF, 100, 0, 7, 100);
    assert_int_equal(nic_kick(&n, 0), 0);
    assert_int_equal(n.wire.len, 100);
    assert_memory_equal(n.wire.frame, data, 100);
    nic_queue(&n, DATA_REF, 100, 4, 8, 300); /* the first tells the whole length */
    nic_queue(&n, DATA_REF + 1, 0, 0, 9, 200);
    assert_int_equal(nic_kick(&n, 1), 0);
    assert_int_equal(n.wire.len, 300);
    assert_memory_equal(n.wire.frame, data, 300);
    assert_int_equal(guest_read32(k->d, TX_PA + 8), 3);
}

/* A TCP segment whose checksum was computed apart from our code: SYN from 10.0.2.15 to 10.0.2.2. */
static void checksums_left_blank_are_filled_in(void **state)
{
    struct kit *k = *state;
    struct nic n;
    u8 frame[54] = {
        0x52, 0x55, 10, 0, 2, 2, 0, 0x16, 0x3e, 1, 2, 3, 0x08, 0x00,
        0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0x62, 0xbe, 10, 0, 2, 15, 10, 0, 2, 2,
        0x04, 0x00, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0x00, 0xff, 0xff, 0, 0,
    };
    nic_open(&n, k);
    kit_put(k, DATA_PA, frame, sizeof frame);
    nic_queue(&n, DATA_REF, 0, 1 | 2, 1, sizeof frame);
    assert_int_equal(nic_kick(&n, 0), 0);
    /* pseudo header 0a00+020f+0a00+0202+0006+0014 = 182b; segment 0400+0050+0000+0001+0000+0000+
     * 5002+2000 = 7453; together 8c7e; complement 7381 */
    assert_int_equal(n.wire.frame[50], 0x73);
    assert_int_equal(n.wire.frame[51], 0x81);
}

static void bad_frames_are_answered_with_an_error(void **state)
{
    struct kit *k = *state;
    struct nic n;
    nic_open(&n, k);
    nic_queue(&n, 5, 0, 0, 1, 100);          /* not granted */
    nic_queue(&n, DATA_REF, 16300, 0, 2, 200); /* beyond the page */
    nic_queue(&n, DATA_REF, 0, 0, 3, 5);     /* shorter than a header */
    for (u32 i = 0; i < 3; i++) assert_int_equal(nic_kick(&n, i), -1);
    nic_queue(&n, DATA_REF, 0, 4, 4, 100);   /* pieces longer than the whole */
    nic_queue(&n, DATA_REF, 0, 0, 5, 200);
    assert_int_equal(nic_kick(&n, 3), -1);
    assert_int_equal(n.wire.frames, 0);
    nic_queue(&n, DATA_REF, 0, 4, 6, 100);   /* more data, but there is none */
    nic_kick(&n, 0);
    assert_string_equal(ASK(XS_READ, "/local/domain/0/backend/vif/1/0/state"), "5");
}

static void frames_arrive_where_the_guest_wants_them(void **state)
{
    struct kit *k = *state;
    struct nic n;
    u8 frame[1514], got[1514];
    nic_open(&n, k);
    memset(frame, 0x5a, sizeof frame);
    assert_false(n.wire.net.receive(n.wire.net.opaque, frame, sizeof frame)); /* no buffer */
    struct netif_rx_request rq[3] = { { 3, 0, DATA_REF + 5 }, { 4, 0, DATA_REF }, { 5, 0, 99999 } };
    kit_put(k, RX_PA + 0x40, rq, sizeof rq);
    guest_write32(k->d, RX_PA, 3);
    guest_write32(k->d, RX_PA + 12, 1);
    assert_true(n.wire.net.receive(n.wire.net.opaque, frame, sizeof frame));
    assert_true(evtchn_is_pending(k->d, n.port));
    struct netif_rx_response rsp;
    kit_get(k, RX_PA + 0x40, &rsp, sizeof rsp);
    assert_int_equal(rsp.id, 3);
    assert_int_equal(rsp.status, 1514);
    kit_get(k, DATA_PA + 5 * 16384, got, sizeof got);
    assert_memory_equal(got, frame, sizeof frame);
    assert_false(n.wire.net.receive(n.wire.net.opaque, frame, sizeof frame)); /* read-only page */
    assert_false(n.wire.net.receive(n.wire.net.opaque, frame, sizeof frame)); /* no such grant */
    kit_get(k, RX_PA + 0x40 + 16, &rsp, sizeof rsp);
    assert_true(rsp.status < 0);
}

/* --- console ---------------------------------------------------------------------------------- */

static void the_console_ring_goes_round(void **state)
{
    struct kit *k = *state;
    u64 pa = domain_page_pfn(k->d, PAGE_CONSOLE) << 14;
    struct evtchn_port send = { domain_console_port(k->d) };
    u32 start = 0xffffff00u; /* indexes run free and wrap */
    char text[2048];
    for (unsigned i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
    guest_write32(k->d, pa + 0xc08, start);
    guest_write32(k->d, pa + 0xc0c, start + 2048);
    for (u32 i = 0; i < 2048; i++) kit_put(k, pa + 0x400 + (start + i) % 2048, &text[i], 1);
    kit_struct(k, 32, 4, &send, sizeof send);
    assert_int_equal(chardev_buffer_output(k->console)->len, 2048);
    assert_memory_equal(chardev_buffer_output(k->console)->str, text, 2048);
    assert_int_equal(guest_read32(k->d, pa + 0xc08), start + 2048);
    guest_write32(k->d, pa + 0xc0c, 12345); /* nonsense: at most a ring of it is believed */
    kit_struct(k, 32, 4, &send, sizeof send);
    assert_true(chardev_buffer_output(k->console)->len <= 4096);
    chardev_buffer_type(k->console, "ls\n", 3);
    domain_poll(k->d);
    assert_int_equal(guest_read32(k->d, pa + 0xc04), 3);
    assert_int_equal(byte_at(k, pa), 'l');
    assert_true(evtchn_is_pending(k->d, send.port));
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(nodes_are_written_read_listed_and_removed),
        WITH_DOMAIN(what_is_not_the_guests_is_refused),
        WITH_DOMAIN(permissions_are_kept_and_checked),
        WITH_DOMAIN(watches_fire_at_once_and_for_everything_below),
        WITH_DOMAIN(transactions_are_whole_or_nothing),
        WITH_DOMAIN(quotas_end_what_would_grow_for_ever),
        WITH_DOMAIN(sectors_go_both_ways),
        WITH_DOMAIN(senseless_requests_are_refused_whole),
        WITH_DOMAIN(read_only_disks_stay_as_they_are),
        WITH_DOMAIN(a_ring_that_lies_costs_the_device),
        WITH_DOMAIN(a_front_end_without_a_ring_is_not_served),
        WITH_DOMAIN(frames_leave_whole_or_in_pieces),
        WITH_DOMAIN(checksums_left_blank_are_filled_in),
        WITH_DOMAIN(bad_frames_are_answered_with_an_error),
        WITH_DOMAIN(frames_arrive_where_the_guest_wants_them),
        WITH_DOMAIN(the_console_ring_goes_round),
    };
    return cmocka_run_group_tests_name("back ends", tests, NULL, NULL);
}
