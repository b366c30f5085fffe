/* The legacy (0.9) virtio PCI transport.  PUBLIC.
 *
 * A device says what it is and how many queues it has; the transport keeps the registers, walks the
 * rings and never trusts them: addresses go through physmem, indices through the queue size, chains
 * are bounded.  A ring that breaks the rules stops its device until the driver resets it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_VIRTIO_H
#define DEVICES_VIRTIO_H

#include "devices/pci.h"

#define VIRTIO_QUEUE_SIZE 128
#define VIRTIO_MAX_QUEUES 3
#define VIRTIO_MAX_CONFIG 64
#define VIRTIO_STATUS_DRIVER_OK 4

enum virtio_type { VIRTIO_NET = 1, VIRTIO_BLK = 2, VIRTIO_CONSOLE = 3, VIRTIO_RNG = 4 };

struct virtio;

struct virtio_ops {
    const char *name;
    enum virtio_type type;
    u16 pci_device;
    u32 class_code;
    unsigned queues;
    void (*notify)(struct virtio *dev, unsigned queue);
    void (*reset)(struct virtio *dev);
    void (*poll)(struct virtio *dev); /* may be NULL */
    void (*free)(struct virtio *dev);
};

struct virtio_queue {
    u32 pfn;       /* guest page of 4 KB where the ring starts; 0: not set up */
    u16 seen;      /* position in the available ring */
    u16 used;
};

/* First member of every virtio device. */
struct virtio {
    struct pci_device pci;
    const struct virtio_ops *ops;
    struct physmem *pm;
    u32 host_features, guest_features;
    u8 status, isr;
    u16 selected;
    bool broken;
    struct virtio_queue queue[VIRTIO_MAX_QUEUES];
    u8 config[VIRTIO_MAX_CONFIG];
    unsigned config_len;
};

void virtio_init(struct virtio *dev, const struct virtio_ops *ops, struct physmem *pm);

/* A request: buffers the device reads, then buffers it writes. */
struct virtio_buffer {
    u64 pa;
    u32 len;
};
struct virtio_request {
    u16 head;
    unsigned out_count, in_count;
    u64 out_len, in_len;
    struct virtio_buffer out[VIRTIO_QUEUE_SIZE], in[VIRTIO_QUEUE_SIZE];
};

/* Take the next request off a queue.  false: none, or the ring is broken. */
bool virtio_pop(struct virtio *dev, unsigned queue, struct virtio_request *rq) MUST_USE;
bool virtio_has_request(struct virtio *dev, unsigned queue);
/* Give it back with `written` bytes in its `in` buffers; interrupts unless told not to. */
void virtio_push(struct virtio *dev, unsigned queue, const struct virtio_request *rq, u32 written);
void virtio_break(struct virtio *dev, const char *why); /* the guest broke the ABI */

/* Copy between a request's buffers (from byte `at` on) and host memory; the bytes copied. */
u64 virtio_get(struct virtio *dev, const struct virtio_request *rq, u64 at, void *buf, u64 len);
u64 virtio_put(struct virtio *dev, const struct virtio_request *rq, u64 at, const void *buf,
               u64 len);

#endif
