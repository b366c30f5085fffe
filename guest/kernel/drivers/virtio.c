/* What the drivers of virtio devices share: finding them, queues, interrupts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "virtio.h"

#include "firmware.h"
#include "machvec.h"
#include "mm.h"

/* PCI configuration space. */
enum { PCI_SLOTS = 32, PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_BAR0 = 0x10 };
enum { PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4 };
#define VIRTIO_ID(kind) ((kind) << 16 | 0x1af4u)

/* INTA# of slot s is wired to one of four pins in turn; the tables say so in ACPI's byte code, a
 * language of its own, and this is not the place for an interpreter. */
#define INTX_GSI(slot) (16 + ((slot) & 3))

/* Registers behind BAR 0. */
enum {
    GUEST_FEATURES = 4, QUEUE_PFN = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14, QUEUE_NOTIFY = 16,
    STATUS = 18, ISR = 19, CONFIG = 20,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FAILED = 128 };
enum { VIRTIO_PAGE_SHIFT = 12 };

enum { AVAIL_NO_INTERRUPT = 1 };
struct virtio_descriptor {
    u64 addr;
    u32 len;
    u16 flags, next;
};
struct virtio_available {
    u16 flags, index, ring[];
};
struct virtio_used {
    u16 flags, index;
    struct {
        u32 id, len;
    } ring[];
};

static u8 read8(struct virtio *v, unsigned reg) { return v->bar[reg]; }
static void write8(struct virtio *v, unsigned reg, u8 x) { v->bar[reg] = x; }
static u16 read16(struct virtio *v, unsigned reg) { return *(volatile u16 *)(v->bar + reg); }
static void write16(struct virtio *v, unsigned reg, u16 x) { *(volatile u16 *)(v->bar + reg) = x; }
static void write32(struct virtio *v, unsigned reg, u32 x) { *(volatile u32 *)(v->bar + reg) = x; }

/* --- devices --- */

static void attach(struct virtio *v, unsigned slot, u64 config)
{
    pci_write(config + PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    v->bar = uncached(pci_read(config + PCI_BAR0, 4) & ~15u);
    v->irq = (int)INTX_GSI(slot);
    write8(v, STATUS, 0);
    write8(v, STATUS, ACKNOWLEDGE | DRIVER);
    write32(v, GUEST_FEATURES, 0);
}

bool virtio_find(struct virtio *v, unsigned kind, unsigned *slot)
{
    while (*slot < PCI_SLOTS) {
        unsigned here = (*slot)++;
        u64 config = (u64)here << 11;
        if (pci_read(config + PCI_ID, 4) != VIRTIO_ID(kind)) continue;
        attach(v, here, config);
        return true;
    }
    return false;
}

int virtio_start(struct virtio *v, irq_handler *handler, void *arg)
{
    write8(v, STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
    return irq_request(v->irq, handler, arg);
}

void virtio_give_up(struct virtio *v)
{
    write8(v, STATUS, FAILED);
}

/* Reading the register tells why, and takes the line back. */
bool virtio_interrupted(struct virtio *v)
{
    return read8(v, ISR) & 1;
}

u32 virtio_config(struct virtio *v, unsigned offset)
{
    return *(volatile u32 *)(v->bar + CONFIG + offset);
}

/* --- queues --- */

int virtqueue_init(struct virtqueue *q, struct virtio *v, unsigned number)
{
    write16(v, QUEUE_SELECT, (u16)number);
    unsigned size = read16(v, QUEUE_SIZE);
    u64 avail = sizeof(struct virtio_descriptor) * size;
    u64 used = align_up(avail + 2 * (3 + size), 1 << VIRTIO_PAGE_SHIFT);
    if (!size) return -ENODEV;
    if (used + 6 + 8 * size > PAGE_SIZE) return -EINVAL;
    u8 *page = page_alloc(0);
    if (!page) return -ENOMEM;
    *q = (struct virtqueue){
        .device = v, .number = number, .size = size, .desc = (struct virtio_descriptor *)page,
        .avail = (struct virtio_available *)(page + avail),
        .used = (volatile struct virtio_used *)(page + used),
    };
    write32(v, QUEUE_PFN, (u32)(machvec->dma_map(page, PAGE_SIZE) >> VIRTIO_PAGE_SHIFT));
    return 0;
}

void virtqueue_poll(struct virtqueue *q)
{
    q->avail->flags = AVAIL_NO_INTERRUPT;
}

void virtqueue_describe(struct virtqueue *q, u16 i, const void *p, u64 len, u16 flags)
{
    u64 addr = machvec->dma_map(p, len);
    q->desc[i] = (struct virtio_descriptor){ addr, (u32)len, flags, (u16)(i + 1) };
}

void virtqueue_post(struct virtqueue *q, u16 head)
{
    q->avail->ring[q->avail->index % q->size] = head;
    memory_barrier(); /* the entry before the index, */
    write_once(q->avail->index, (u16)(q->avail->index + 1));
    memory_barrier(); /* and that before the device looks */
    write16(q->device, QUEUE_NOTIFY, (u16)q->number);
}

bool virtqueue_take(struct virtqueue *q, u32 *head, u32 *written)
{
    if (q->used->index == q->taken) return false;
    memory_barrier(); /* the index before the entry */
    unsigned i = q->taken++ % q->size;
    *head = q->used->ring[i].id;
    *written = q->used->ring[i].len;
    return true;
}
