/* Disks of bare hardware: virtio block devices behind PCI, in the legacy form.
 *
 * A request is a chain of three descriptors: header, data, status.  One at a time and device; who
 * comes later waits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"
#include "firmware.h"
#include "irq.h"
#include "machvec.h"
#include "mm.h"
#include "wait.h"
#include "xen.h"

/* PCI configuration space. */
enum { PCI_SLOTS = 32, PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_BAR0 = 0x10 };
enum { PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4 };
#define VIRTIO_BLK_ID 0x10011af4u

/* INTA# of slot s is wired to one of four pins in turn; the tables say so in ACPI's byte code, a
 * language of its own, and this is not the place for an interpreter. */
#define INTX_GSI(slot) (16 + ((slot) & 3))

/* Registers behind BAR 0. */
enum {
    GUEST_FEATURES = 4, QUEUE_PFN = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14, QUEUE_NOTIFY = 16,
    STATUS = 18, ISR = 19, CONFIG_CAPACITY = 20,
};
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4 };
enum { VIRTIO_PAGE_SHIFT = 12 };

enum { DESC_NEXT = 1, DESC_WRITE = 2 };
struct descriptor {
    u64 addr;
    u32 len;
    u16 flags, next;
};
struct available {
    u16 flags, index, ring[];
};
struct used {
    u16 flags, index;
    struct {
        u32 id, len;
    } ring[];
};

enum { BLK_READ = 0, BLK_WRITE = 1, BLK_OK = 0 };
struct blk_header {
    u32 type, priority;
    u64 sector;
};

struct disk {
    struct block_device block;
    char name[8];
    volatile u8 *bar;
    unsigned queue_size;
    struct descriptor *desc;
    struct available *avail;
    volatile struct used *used;
    struct {
        struct blk_header header;
        volatile u8 status;
    } *request;
    u16 done; /* used->index up to here has been seen */
    u32 busy;
    struct wait_queue free, finished;
};

static u8 read8(struct disk *d, unsigned reg) { return d->bar[reg]; }
static void write8(struct disk *d, unsigned reg, u8 v) { d->bar[reg] = v; }
static u16 read16(struct disk *d, unsigned reg) { return *(volatile u16 *)(d->bar + reg); }
static void write16(struct disk *d, unsigned reg, u16 v) { *(volatile u16 *)(d->bar + reg) = v; }
static void write32(struct disk *d, unsigned reg, u32 v) { *(volatile u32 *)(d->bar + reg) = v; }

/* --- requests --- */

static void describe(struct disk *d, u16 i, const void *p, u64 len, u16 flags)
{
    d->desc[i] = (struct descriptor){ machvec->dma_map(p, len), (u32)len, flags, (u16)(i + 1) };
}

static void submit(struct disk *d, u64 sector, void *buf, unsigned count, bool write)
{
    d->request->header = (struct blk_header){ write ? BLK_WRITE : BLK_READ, 0, sector };
    d->request->status = 0xff;
    describe(d, 0, &d->request->header, sizeof d->request->header, DESC_NEXT);
    describe(d, 1, buf, (u64)count * SECTOR_SIZE, (u16)(DESC_NEXT | (write ? 0 : DESC_WRITE)));
    describe(d, 2, (const void *)&d->request->status, 1, DESC_WRITE);
    d->avail->ring[d->avail->index % d->queue_size] = 0;
    memory_barrier();
    write_once(d->avail->index, (u16)(d->avail->index + 1));
    memory_barrier();
    write16(d, QUEUE_NOTIFY, 0);
}

static bool take(u32 *busy)
{
    return !__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE);
}

static int disk_io(struct block_device *block, u64 sector, void *buf, unsigned count, bool write)
{
    struct disk *d = block->driver;
    wait_event(&d->free, take(&d->busy));
    submit(d, sector, buf, count, write);
    wait_event(&d->finished, d->used->index != d->done);
    d->done++;
    int result = d->request->status == BLK_OK ? 0 : -EIO;
    __atomic_store_n(&d->busy, 0, __ATOMIC_RELEASE);
    wake_up(&d->free);
    return result;
}

/* Reading the register tells why, and takes the line back. */
static void disk_interrupt(void *arg)
{
    struct disk *d = arg;
    if (read8(d, ISR) & 1) wake_up(&d->finished);
}

/* --- finding and starting --- */

static void make_queue(struct disk *d)
{
    d->queue_size = read16(d, QUEUE_SIZE);
    u64 avail = sizeof(struct descriptor) * d->queue_size;
    u64 used = align_up(avail + 2 * (3 + d->queue_size), 1 << VIRTIO_PAGE_SHIFT);
    if (used + 6 + 8 * d->queue_size > PAGE_SIZE) {
        panic("virtio_blk: a queue of %u is too long", d->queue_size);
    }
    u8 *page = page_alloc(0);
    d->request = page_alloc(0);
    if (!page || !d->request) panic("virtio_blk: no memory for the queue");
    d->desc = (struct descriptor *)page;
    d->avail = (struct available *)(page + avail);
    d->used = (volatile struct used *)(page + used);
    write32(d, QUEUE_PFN, (u32)(machvec->dma_map(page, PAGE_SIZE) >> VIRTIO_PAGE_SHIFT));
}

static void start(struct disk *d)
{
    write8(d, STATUS, 0);
    write8(d, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    write32(d, GUEST_FEATURES, 0);
    write16(d, QUEUE_SELECT, 0);
    make_queue(d);
    write8(d, STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK);
    d->block.sectors = *(volatile u32 *)(d->bar + CONFIG_CAPACITY) |
                       (u64)*(volatile u32 *)(d->bar + CONFIG_CAPACITY + 4) << 32;
}

static void add_disk(unsigned slot, u64 config, unsigned number)
{
    struct disk *d = kmalloc(sizeof *d);
    if (!d) panic("virtio_blk: no memory for a disk");
    snprintf(d->name, sizeof d->name, "vd%c", 'a' + number);
    pci_write(config + PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    d->bar = uncached(pci_read(config + PCI_BAR0, 4) & ~15u);
    wait_queue_init(&d->free);
    wait_queue_init(&d->finished);
    d->block = (struct block_device){ .name = d->name, .io = disk_io, .driver = d };
    start(d);
    if (irq_request((int)INTX_GSI(slot), disk_interrupt, d)) panic("virtio_blk: no interrupt");
    block_register(&d->block);
}

static void virtio_blk_init(void)
{
    unsigned found = 0;
    if (running_on_xen) return;
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        u64 config = (u64)slot << 11;
        if (pci_read(config + PCI_ID, 4) == VIRTIO_BLK_ID) add_disk(slot, config, found++);
    }
}
initcall(virtio_blk_init);
