/* virtio-blk: a disk.  A request is a header, data, and a status byte; we finish it within the
 * notification, so the guest's order is the disk's order and runs repeat exactly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "devices/virtio.h"
#include "devices/virtio_devices.h"

enum { F_SEG_MAX = 1 << 2, F_RO = 1 << 5, F_BLK_SIZE = 1 << 6, F_FLUSH = 1 << 9 };
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
#define T_BARRIER 0x80000000u /* old drivers order writes with it; all of ours are in order */
enum { S_OK = 0, S_IOERR = 1, S_UNSUPPORTED = 2 };

#define SECTOR 512ull
#define HEADER_LEN 16
#define ID_LEN 20
#define CHUNK 65536

/* Offsets of the device's configuration. */
enum { CFG_CAPACITY = 0, CFG_SEG_MAX = 12, CFG_BLK_SIZE = 20, CFG_LEN = 24 };

struct virtio_blk {
    struct virtio virtio;
    struct block *disk;
    u8 chunk[CHUNK];
};

struct header {
    u32 type, priority;
    u64 sector;
};

static bool range_ok(const struct virtio_blk *b, u64 sector, u64 len)
{
    u64 size = block_size(b->disk);
    return !(len % SECTOR) && sector <= size / SECTOR && len <= size - sector * SECTOR;
}

static u8 read_sectors(struct virtio_blk *b, struct virtio_request *rq, u64 sector, u32 *written)
{
    u64 len = rq->in_len - 1; /* the last byte is the status */
    if (!range_ok(b, sector, len)) return S_IOERR;
    for (u64 done = 0; done < len;) {
        u64 piece = MIN((u64)CHUNK, len - done);
        if (!block_read(b->disk, sector * SECTOR + done, b->chunk, piece)) return S_IOERR;
        if (virtio_put(&b->virtio, rq, done, b->chunk, piece) != piece) return S_IOERR;
        done += piece;
    }
    *written = (u32)len;
    return S_OK;
}

static u8 write_sectors(struct virtio_blk *b, struct virtio_request *rq, u64 sector)
{
    u64 len = rq->out_len - HEADER_LEN;
    if (!range_ok(b, sector, len)) return S_IOERR;
    for (u64 done = 0; done < len;) {
        u64 piece = MIN((u64)CHUNK, len - done);
        if (virtio_get(&b->virtio, rq, HEADER_LEN + done, b->chunk, piece) != piece) return S_IOERR;
        if (!block_write(b->disk, sector * SECTOR + done, b->chunk, piece)) return S_IOERR;
        done += piece;
    }
    return S_OK;
}

static u8 get_id(struct virtio_blk *b, struct virtio_request *rq, u32 *written)
{
    u8 id[ID_LEN] = "epic64-";
    id[7] = (u8)('0' + b->virtio.pci.slot / 10);
    id[8] = (u8)('0' + b->virtio.pci.slot % 10);
    *written = (u32)virtio_put(&b->virtio, rq, 0, id, MIN(rq->in_len - 1, (u64)ID_LEN));
    return S_OK;
}

static u8 perform(struct virtio_blk *b, struct virtio_request *rq, u32 *written)
{
    struct header h;
    virtio_get(&b->virtio, rq, 0, &h, sizeof h);
    switch (h.type & ~T_BARRIER) {
    case T_IN: return read_sectors(b, rq, h.sector, written);
    case T_OUT: return write_sectors(b, rq, h.sector);
    case T_FLUSH: return block_flush(b->disk) ? S_OK : S_IOERR;
    case T_GET_ID: return get_id(b, rq, written);
    default: return S_UNSUPPORTED;
    }
}

static void blk_notify(struct virtio *dev, unsigned queue)
{
    struct virtio_blk *b = CONTAINER_OF(dev, struct virtio_blk, virtio);
    struct virtio_request rq;
    while (virtio_pop(dev, queue, &rq)) {
        u32 written = 0;
        if (rq.out_len < HEADER_LEN || rq.in_len < 1) {
            virtio_break(dev, "a disk request without header or status");
            return;
        }
        u8 status = perform(b, &rq, &written);
        if (dev->broken) return;
        virtio_put(dev, &rq, rq.in_len - 1, &status, 1);
        virtio_push(dev, queue, &rq, written + 1);
    }
}

static void blk_free(struct virtio *dev)
{
    struct virtio_blk *b = CONTAINER_OF(dev, struct virtio_blk, virtio);
    block_free(b->disk);
    g_free(b);
}

static const struct virtio_ops blk_ops = {
    .name = "virtio-blk", .type = VIRTIO_BLK, .pci_device = 0x1001, .class_code = 0x010000,
    .queues = 1, .notify = blk_notify, .free = blk_free,
};

static void put_config(struct virtio *dev, unsigned offset, u64 value, unsigned size)
{
    memcpy(dev->config + offset, &value, size);
}

struct pci_device *virtio_blk_new(struct physmem *pm, struct block *disk)
{
    struct virtio_blk *b = g_new0(struct virtio_blk, 1);
    virtio_init(&b->virtio, &blk_ops, pm);
    b->disk = disk;
    b->virtio.host_features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH;
    if (block_is_read_only(disk)) b->virtio.host_features |= F_RO;
    b->virtio.config_len = CFG_LEN;
    put_config(&b->virtio, CFG_CAPACITY, block_size(disk) / SECTOR, 8);
    put_config(&b->virtio, CFG_SEG_MAX, VIRTIO_QUEUE_SIZE - 2, 4);
    put_config(&b->virtio, CFG_BLK_SIZE, SECTOR, 4);
    return &b->virtio.pci;
}
