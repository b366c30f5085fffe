/* The legacy virtio PCI transport: 24 registers in BAR 0, split rings in guest memory.
 * Everything in the rings is little endian and comes from the guest, so nothing is believed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/virtio.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/section.h"

#define VIRTIO_VENDOR 0x1af4
#define BAR_SIZE 256
#define RING_ALIGN 4096

enum {
    HOST_FEATURES = 0, GUEST_FEATURES = 4, QUEUE_PFN = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14,
    QUEUE_NOTIFY = 16, STATUS = 18, ISR = 19, DEVICE_CONFIG = 20,
};
enum { DESC_NEXT = 1, DESC_WRITE = 2 };
enum { AVAIL_NO_INTERRUPT = 1 };

struct descriptor {
    u64 addr;
    u32 len;
    u16 flags, next;
};

static void virtio_reset(struct virtio *dev)
{
    memset(dev->queue, 0, sizeof dev->queue);
    dev->guest_features = 0;
    dev->status = dev->isr = 0;
    dev->selected = 0;
    dev->broken = false;
    pci_set_irq(&dev->pci, false);
    if (dev->ops->reset) dev->ops->reset(dev);
}

static struct virtio *of_pci(struct pci_device *pci)
{
    return CONTAINER_OF(pci, struct virtio, pci);
}

/* --- registers --- */

static struct virtio_queue *selected(struct virtio *dev)
{
    return dev->selected < dev->ops->queues ? &dev->queue[dev->selected] : NULL;
}

static u8 read_isr(struct virtio *dev)
{
    u8 isr = dev->isr;
    dev->isr = 0;
    pci_set_irq(&dev->pci, false);
    return isr;
}

static u64 read_config(const struct virtio *dev, u64 offset, unsigned size)
{
    u64 value = 0;
    if (offset + size <= dev->config_len) memcpy(&value, dev->config + offset, size);
    return value;
}

static u64 bar_read(struct pci_device *pci, unsigned bar, u64 offset, unsigned size)
{
    struct virtio *dev = of_pci(pci);
    const struct virtio_queue *q = selected(dev);
    (void)bar;
    if (offset >= DEVICE_CONFIG) return read_config(dev, offset - DEVICE_CONFIG, size);
    switch (offset) {
    case HOST_FEATURES: return dev->host_features;
    case GUEST_FEATURES: return dev->guest_features;
    case QUEUE_PFN: return q ? q->pfn : 0;
    case QUEUE_SIZE: return q ? VIRTIO_QUEUE_SIZE : 0;
    case QUEUE_SELECT: return dev->selected;
    case STATUS: return dev->status;
    case ISR: return read_isr(dev);
    default: return 0;
    }
}

/* Not a word about DRIVER_OK: old drivers use the disk, and wait for it, before they set it (Linux
 * 2.6.34 reads the partition table while it probes), which the legacy interface allows. */
static void notify(struct virtio *dev, unsigned queue)
{
    if (queue >= dev->ops->queues || dev->broken || !dev->queue[queue].pfn) return;
    dev->ops->notify(dev, queue);
}

static void set_queue_pfn(struct virtio *dev, u32 pfn)
{
    struct virtio_queue *q = selected(dev);
    if (q) *q = (struct virtio_queue){ .pfn = pfn };
}

static void set_status(struct virtio *dev, u8 status)
{
    dev->status = status;
    if (!status) virtio_reset(dev);
}

static void bar_write(struct pci_device *pci, unsigned bar, u64 offset, unsigned size, u64 value)
{
    struct virtio *dev = of_pci(pci);
    (void)bar, (void)size;
    switch (offset) {
    case GUEST_FEATURES: dev->guest_features = (u32)value & dev->host_features; break;
    case QUEUE_PFN: set_queue_pfn(dev, (u32)value); break;
    case QUEUE_SELECT: dev->selected = (u16)value; break;
    case QUEUE_NOTIFY: notify(dev, (u16)value); break;
    case STATUS: set_status(dev, (u8)value); break;
    default: break;
    }
}

static void pci_reset(struct pci_device *pci)
{
    virtio_reset(of_pci(pci));
}

static void pci_poll(struct pci_device *pci)
{
    struct virtio *dev = of_pci(pci);
    bool running = !dev->broken && (dev->status & VIRTIO_STATUS_DRIVER_OK);
    if (dev->ops->poll && running) dev->ops->poll(dev);
}

static u64 pci_hash(const struct pci_device *pci, u64 seed)
{
    const struct virtio *dev = CONTAINER_OF(pci, struct virtio, pci);
    const u64 regs[] = { dev->guest_features, dev->status, dev->isr, dev->selected, dev->broken };
    seed = hash_bytes(seed, regs, sizeof regs);
    for (unsigned q = 0; q < dev->ops->queues; q++) {
        const struct virtio_queue *v = &dev->queue[q];
        seed = hash_u64(seed, (u64)v->pfn << 32 | (u32)v->seen << 16 | v->used);
    }
    return seed;
}

static void pci_free(struct pci_device *pci)
{
    of_pci(pci)->ops->free(of_pci(pci));
}

static const struct pci_device_ops virtio_pci_ops = {
    .name = "virtio", .bar_read = bar_read, .bar_write = bar_write,
    .reset = pci_reset, .poll = pci_poll, .hash = pci_hash, .free = pci_free,
};

void virtio_init(struct virtio *dev, const struct virtio_ops *ops, struct physmem *pm)
{
    dev->ops = ops;
    dev->pm = pm;
    dev->pci.ops = &virtio_pci_ops;
    dev->pci.id = (struct pci_identity){
        .vendor = VIRTIO_VENDOR, .device = ops->pci_device,
        .subsystem_vendor = VIRTIO_VENDOR, .subsystem = (u16)ops->type,
        .class_code = ops->class_code, .bar_size = { BAR_SIZE },
    };
}

/* --- rings --- */

static u64 ring_base(const struct virtio_queue *q)
{
    return (u64)q->pfn << 12;
}

static u64 avail_base(const struct virtio_queue *q)
{
    return ring_base(q) + VIRTIO_QUEUE_SIZE * sizeof(struct descriptor);
}

static u64 used_base(const struct virtio_queue *q)
{
    return align_up(avail_base(q) + 2 * (3 + VIRTIO_QUEUE_SIZE), RING_ALIGN);
}

void virtio_break(struct virtio *dev, const char *why)
{
    if (!dev->broken) log_warning(dev->ops->name, "stopped until reset: %s", why);
    dev->broken = true;
}

static bool ring_read(struct virtio *dev, u64 pa, void *buf, u64 len)
{
    if (pci_can_dma(&dev->pci) && physmem_read(dev->pm, pa, buf, len)) return true;
    virtio_break(dev, "a ring or buffer lies outside of memory");
    return false;
}

static bool ring_write(struct virtio *dev, u64 pa, const void *buf, u64 len)
{
    if (pci_can_dma(&dev->pci) && physmem_write(dev->pm, pa, buf, len)) return true;
    virtio_break(dev, "a ring or buffer lies outside of memory");
    return false;
}

bool virtio_has_request(struct virtio *dev, unsigned queue)
{
    struct virtio_queue *q = &dev->queue[queue];
    u16 index;
    if (dev->broken || !q->pfn || !ring_read(dev, avail_base(q) + 2, &index, 2)) return false;
    if ((u16)(index - q->seen) <= VIRTIO_QUEUE_SIZE) return index != q->seen;
    virtio_break(dev, "the available index ran ahead of the ring");
    return false;
}

static bool add_buffer(struct virtio *dev, struct virtio_request *rq, const struct descriptor *d)
{
    struct virtio_buffer buffer = { d->addr, d->len };
    if (d->flags & DESC_WRITE) {
        rq->in[rq->in_count++] = buffer;
        rq->in_len += d->len;
    } else if (rq->in_count) {
        virtio_break(dev, "a readable buffer follows a writable one");
        return false;
    } else {
        rq->out[rq->out_count++] = buffer;
        rq->out_len += d->len;
    }
    return true;
}

/* A chain longer than the ring has a loop in it. */
static bool walk_chain(struct virtio *dev, const struct virtio_queue *q, struct virtio_request *rq)
{
    u16 at = rq->head;
    for (unsigned n = 0; n < VIRTIO_QUEUE_SIZE; n++) {
        struct descriptor d;
        if (at >= VIRTIO_QUEUE_SIZE) {
            virtio_break(dev, "a descriptor number is out of range");
            return false;
        }
        if (!ring_read(dev, ring_base(q) + at * sizeof d, &d, sizeof d)) return false;
        if (!add_buffer(dev, rq, &d)) return false;
        if (!(d.flags & DESC_NEXT)) return true;
        at = d.next;
    }
    virtio_break(dev, "a descriptor chain loops");
    return false;
}

bool virtio_pop(struct virtio *dev, unsigned queue, struct virtio_request *rq)
{
    struct virtio_queue *q = &dev->queue[queue];
    if (!virtio_has_request(dev, queue)) return false;
    u64 entry = avail_base(q) + 4 + 2 * (q->seen % VIRTIO_QUEUE_SIZE);
    rq->out_count = rq->in_count = 0;
    rq->out_len = rq->in_len = 0;
    if (!ring_read(dev, entry, &rq->head, 2) || !walk_chain(dev, q, rq)) return false;
    q->seen++;
    return true;
}

static void interrupt(struct virtio *dev, const struct virtio_queue *q)
{
    u16 flags;
    if (!ring_read(dev, avail_base(q), &flags, 2) || (flags & AVAIL_NO_INTERRUPT)) return;
    dev->isr |= 1;
    pci_set_irq(&dev->pci, true);
}

void virtio_push(struct virtio *dev, unsigned queue, const struct virtio_request *rq, u32 written)
{
    struct virtio_queue *q = &dev->queue[queue];
    u32 element[2] = { rq->head, written };
    if (dev->broken) return;
    u64 entry = used_base(q) + 4 + sizeof element * (q->used % VIRTIO_QUEUE_SIZE);
    if (!ring_write(dev, entry, element, sizeof element)) return;
    q->used++;
    if (ring_write(dev, used_base(q) + 2, &q->used, 2)) interrupt(dev, q);
}

/* Walk `n` buffers from byte `at`, calling for each contiguous piece. */
static u64 copy(struct virtio *dev, const struct virtio_buffer *bufs, unsigned n, u64 at, u8 *host,
                u64 len, bool to_guest)
{
    u64 done = 0;
    for (unsigned i = 0; i < n && done < len; i++) {
        if (at >= bufs[i].len) {
            at -= bufs[i].len;
            continue;
        }
        u64 piece = MIN(bufs[i].len - at, len - done);
        u64 pa = bufs[i].pa + at;
        bool ok = to_guest ? ring_write(dev, pa, host + done, piece)
                           : ring_read(dev, pa, host + done, piece);
        if (!ok) break;
        done += piece;
        at = 0;
    }
    return done;
}

u64 virtio_get(struct virtio *dev, const struct virtio_request *rq, u64 at, void *buf, u64 len)
{
    return copy(dev, rq->out, rq->out_count, at, buf, len, false);
}

u64 virtio_put(struct virtio *dev, const struct virtio_request *rq, u64 at, const void *buf,
               u64 len)
{
    return copy(dev, rq->in, rq->in_count, at, (u8 *)(uintptr_t)buf, len, true);
}
