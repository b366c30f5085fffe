/* Disks of bare hardware: virtio block devices.
 *
 * A request is a chain of three descriptors: header, data, status.  One at a time and device; who
 * comes later waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"
#include "mm.h"
#include "virtio.h"
#include "wait.h"
#include "xen.h"

enum { CONFIG_CAPACITY = 0 };
enum { BLK_READ = 0, BLK_WRITE = 1, BLK_OK = 0 };
struct blk_header {
    u32 type, priority;
    u64 sector;
};

struct disk {
    struct block_device block;
    char name[8];
    struct virtio device;
    struct virtqueue queue;
    struct {
        struct blk_header header;
        volatile u8 status;
    } *request;
    u32 busy;
    struct wait_queue free, finished;
};

/* --- requests --- */

static void submit(struct disk *d, u64 sector, void *buf, unsigned count, bool write)
{
    u64 bytes = (u64)count * SECTOR_SIZE;
    d->request->header = (struct blk_header){ write ? BLK_WRITE : BLK_READ, 0, sector };
    d->request->status = 0xff;
    virtqueue_describe(&d->queue, 0, &d->request->header, sizeof d->request->header, DESC_NEXT);
    virtqueue_describe(&d->queue, 1, buf, bytes, (u16)(DESC_NEXT | (write ? 0 : DESC_WRITE)));
    virtqueue_describe(&d->queue, 2, (const void *)&d->request->status, 1, DESC_WRITE);
    virtqueue_post(&d->queue, 0);
}

static bool take(u32 *busy)
{
    return !__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE);
}

static int disk_io(struct block_device *block, u64 sector, void *buf, unsigned count, bool write)
{
    struct disk *d = block->driver;
    u32 head, written;
    wait_event(&d->free, take(&d->busy));
    submit(d, sector, buf, count, write);
    wait_event(&d->finished, virtqueue_take(&d->queue, &head, &written));
    int result = d->request->status == BLK_OK ? 0 : -EIO;
    __atomic_store_n(&d->busy, 0, __ATOMIC_RELEASE);
    wake_up(&d->free);
    return result;
}

static void disk_interrupt(void *arg)
{
    struct disk *d = arg;
    if (virtio_interrupted(&d->device)) wake_up(&d->finished);
}

/* --- finding and starting --- */

static void add_disk(const struct virtio *device, unsigned number)
{
    struct disk *d = kmalloc(sizeof *d);
    if (!d || !(d->request = page_alloc(0))) panic("virtio_blk: no memory for a disk");
    snprintf(d->name, sizeof d->name, "vd%c", 'a' + number);
    d->device = *device;
    wait_queue_init(&d->free);
    wait_queue_init(&d->finished);
    int error = virtqueue_init(&d->queue, &d->device, 0);
    if (!error) error = virtio_start(&d->device, disk_interrupt, d);
    if (error) panic("virtio_blk: %s cannot be used (%d)", d->name, error);
    d->block = (struct block_device){ .name = d->name, .io = disk_io, .driver = d };
    d->block.sectors = virtio_config(&d->device, CONFIG_CAPACITY) |
                       (u64)virtio_config(&d->device, CONFIG_CAPACITY + 4) << 32;
    block_register(&d->block);
}

static void virtio_blk_init(void)
{
    struct virtio device;
    unsigned slot = 0, found = 0;
    if (running_on_xen) return;
    while (virtio_find(&device, VIRTIO_BLK, &slot)) add_disk(&device, found++);
}
initcall(virtio_blk_init);
