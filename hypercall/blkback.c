/* A disk for the guest: blkif requests against an image on the host, each finished before the next
 * is looked at, so that the guest's order is the disk's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "hypercall/hypercall-priv.h"

enum { BLKIF_READ = 0, BLKIF_WRITE = 1, BLKIF_BARRIER = 2, BLKIF_FLUSH = 3 };
enum { BLKIF_OKAY = 0, BLKIF_ERROR = -1, BLKIF_UNSUPPORTED = -2 };
enum { INFO_READ_ONLY = 4 };
#define SECTOR 512ull
#define SECTORS_PER_PAGE (XEN_PAGE_SIZE / SECTOR)
#define FIRST_DISK 51712u /* major 202, minor 0: xvda; each disk has 16 minors */
#define RING_SIZE 128

struct blkback {
    struct backend b;
    struct block *disk;
    struct ring ring;
    u8 buf[XEN_PAGE_SIZE];
};

static void describe(struct backend *b)
{
    struct blkback *k = CONTAINER_OF(b, struct blkback, b);
    struct xenstore *xs = b->d->store;
    unsigned id = (unsigned)g_ascii_strtoull(strrchr(b->front, '/') + 1, NULL, 10);
    xenstore_put(xs, b->front, "virtual-device", "%u", id);
    xenstore_put(xs, b->front, "device-type", "disk");
    xenstore_put(xs, b->back, "mode", "%s", block_is_read_only(k->disk) ? "r" : "w");
    xenstore_put(xs, b->back, "feature-barrier", "1");
    xenstore_put(xs, b->back, "feature-flush-cache", "1");
}

static bool connect(struct backend *b)
{
    struct blkback *k = CONTAINER_OF(b, struct blkback, b);
    struct xenstore *xs = b->d->store;
    k->ring = (struct ring){ .entries = RING_SIZE, .entry_size = sizeof(struct blkif_request) };
    if (!backend_map_ring(b, "ring-ref", &k->ring.pa)) return false;
    xenstore_put(xs, b->back, "sectors", "%" PRIu64, (u64)(block_size(k->disk) / SECTOR));
    xenstore_put(xs, b->back, "sector-size", "%u", (unsigned)SECTOR);
    xenstore_put(xs, b->back, "info", "%u", block_is_read_only(k->disk) ? INFO_READ_ONLY : 0);
    return true;
}

/* The whole request must make sense before any of it is done. */
static bool request_ok(const struct blkback *k, const struct blkif_request *rq)
{
    u64 size = block_size(k->disk) / SECTOR, n = 0;
    if (!rq->nr_segments || rq->nr_segments > BLKIF_SEGMENTS) return false;
    for (unsigned i = 0; i < rq->nr_segments; i++) {
        const struct blkif_segment *s = &rq->seg[i];
        if (s->first_sect > s->last_sect || s->last_sect >= SECTORS_PER_PAGE) return false;
        n += (u64)s->last_sect - s->first_sect + 1;
    }
    return rq->sector_number <= size && n <= size - rq->sector_number;
}

static bool move_segment(struct blkback *k, const struct blkif_segment *s, u64 at, bool to_disk)
{
    u64 pa, len = ((u64)s->last_sect - s->first_sect + 1) * SECTOR;
    if (!grant_page(k->b.d, s->gref, !to_disk, &pa)) return false;
    pa += s->first_sect * SECTOR;
    if (to_disk) {
        return guest_read(k->b.d, pa, k->buf, len) && block_write(k->disk, at, k->buf, len);
    }
    return block_read(k->disk, at, k->buf, len) && guest_write(k->b.d, pa, k->buf, len);
}

static s16 transfer(struct blkback *k, const struct blkif_request *rq, bool to_disk)
{
    u64 at = rq->sector_number * SECTOR;
    if (!request_ok(k, rq) || (to_disk && block_is_read_only(k->disk))) return BLKIF_ERROR;
    for (unsigned i = 0; i < rq->nr_segments; i++) {
        const struct blkif_segment *s = &rq->seg[i];
        if (!move_segment(k, s, at, to_disk)) return BLKIF_ERROR;
        at += ((u64)s->last_sect - s->first_sect + 1) * SECTOR;
    }
    return BLKIF_OKAY;
}

static s16 flush(struct blkback *k)
{
    return block_flush(k->disk) ? BLKIF_OKAY : BLKIF_ERROR;
}

/* An empty barrier orders, and moves nothing. */
static s16 barrier(struct blkback *k, const struct blkif_request *rq)
{
    s16 status = flush(k);
    if (status == BLKIF_OKAY && rq->nr_segments) status = transfer(k, rq, true);
    return status == BLKIF_OKAY ? flush(k) : status;
}

static s16 perform(struct blkback *k, const struct blkif_request *rq)
{
    switch (rq->operation) {
    case BLKIF_READ: return transfer(k, rq, false);
    case BLKIF_WRITE: return transfer(k, rq, true);
    case BLKIF_BARRIER: return barrier(k, rq);
    case BLKIF_FLUSH: return flush(k);
    default: return BLKIF_UNSUPPORTED;
    }
}

static void kick(struct backend *b)
{
    struct blkback *k = CONTAINER_OF(b, struct blkback, b);
    struct blkif_request rq;
    bool any = false;
    while (b->connected && ring_next(b, &k->ring, &rq, sizeof rq)) {
        struct blkif_response rsp = { .id = rq.id, .operation = rq.operation };
        rsp.status = perform(k, &rq);
        count(b->d, rsp.status == BLKIF_OKAY ? COUNT_BLOCK_REQUESTS : COUNT_BLOCK_REFUSED);
        ring_answer(b->d, &k->ring, &rsp, sizeof rsp);
        any = true;
    }
    if (any && ring_publish(b->d, &k->ring)) evtchn_raise(b->d, b->port);
}

static const struct backend_ops ops = {
    .type = "vbd", .ready = XENBUS_INITIALISED, .describe = describe, .connect = connect,
    .kick = kick,
};

struct blkback *blkback_new(struct domain *d, unsigned n, struct block *disk)
{
    struct blkback *k = g_new0(struct blkback, 1);
    k->disk = disk;
    backend_init(&k->b, d, &ops, FIRST_DISK + 16 * n);
    return k;
}

void blkback_restart(struct blkback *k)
{
    backend_restart(&k->b);
}

void blkback_free(struct blkback *k)
{
    block_free(k->disk);
    g_free(k);
}
