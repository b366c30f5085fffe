/* Virtio devices behind PCI, in the legacy form: 20 bytes of registers in BAR 0, and queues.
 *
 * A queue is memory shared with the device: descriptors, which are buffers or chains of them; the
 * numbers of those that the device may use; and of those that it has used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include "irq.h"
#include "kernel.h"

enum { VIRTIO_BLK = 0x1001, VIRTIO_CONSOLE = 0x1003 }; /* as PCI numbers them */
enum { DESC_NEXT = 1, DESC_WRITE = 2 };                /* the chain goes on; the device writes */

struct virtio {
    volatile u8 *bar;
    int irq;
};
struct virtqueue {
    struct virtio *device;
    unsigned number, size;
    struct virtio_descriptor *desc;
    struct virtio_available *avail;
    volatile struct virtio_used *used;
    u16 taken; /* used->index up to here has been seen */
};

/* The next device of that kind in slot *slot or above, reset and acknowledged.  *slot moves on. */
bool virtio_find(struct virtio *v, unsigned kind, unsigned *slot);
/* 0, -ENODEV if the device has no such queue, -EINVAL for one that is too long, -ENOMEM. */
int virtqueue_init(struct virtqueue *q, struct virtio *v, unsigned number);
void virtqueue_poll(struct virtqueue *q); /* the device need not interrupt for this one */
/* From here on the device works: 0 or -errno.  The line may be shared: virtio_interrupted tells. */
int virtio_start(struct virtio *v, irq_handler *handler, void *arg);
void virtio_give_up(struct virtio *v);
bool virtio_interrupted(struct virtio *v); /* by this device; takes the line back */
u32 virtio_config(struct virtio *v, unsigned offset);

/* Descriptor i is that buffer; the next of a chain is i + 1. */
void virtqueue_describe(struct virtqueue *q, u16 i, const void *p, u64 len, u16 flags);
void virtqueue_post(struct virtqueue *q, u16 head); /* the chain from there on to the device */
/* Takes back a chain that has been used, with what was written into it; false if there is none. */
bool virtqueue_take(struct virtqueue *q, u32 *head, u32 *written);

#endif
