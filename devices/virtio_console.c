/* virtio-console: one port (hvc0), input on queue 0, output on queue 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "devices/virtio.h"
#include "devices/virtio_devices.h"

enum { RECEIVE = 0, TRANSMIT = 1 };

struct virtio_console {
    struct virtio virtio;
    struct chardev *host;
    u8 pending[256]; /* read from the host, not yet taken by the guest */
    size_t count;
};

static void transmit(struct virtio_console *c)
{
    struct virtio_request rq;
    u8 buf[512];
    while (virtio_pop(&c->virtio, TRANSMIT, &rq)) {
        for (u64 at = 0; at < rq.out_len;) {
            u64 n = virtio_get(&c->virtio, &rq, at, buf, sizeof buf);
            if (!n) return;
            chardev_write(c->host, buf, n);
            at += n;
        }
        virtio_push(&c->virtio, TRANSMIT, &rq, 0);
    }
}

/* Characters stay at the host until the guest has posted a buffer for them. */
static void console_poll(struct virtio *dev)
{
    struct virtio_console *c = CONTAINER_OF(dev, struct virtio_console, virtio);
    struct virtio_request rq;
    if (!c->count && virtio_has_request(dev, RECEIVE)) {
        c->count = chardev_read(c->host, c->pending, sizeof c->pending);
    }
    while (c->count && virtio_pop(dev, RECEIVE, &rq)) {
        u64 put = virtio_put(dev, &rq, 0, c->pending, c->count);
        c->count -= put;
        memmove(c->pending, c->pending + put, c->count);
        virtio_push(dev, RECEIVE, &rq, (u32)put);
    }
}

static void console_notify(struct virtio *dev, unsigned queue)
{
    if (queue == TRANSMIT) transmit(CONTAINER_OF(dev, struct virtio_console, virtio));
}

static void console_free(struct virtio *dev)
{
    g_free(CONTAINER_OF(dev, struct virtio_console, virtio));
}

static const struct virtio_ops console_ops = {
    .name = "virtio-console", .type = VIRTIO_CONSOLE, .pci_device = 0x1003,
    .class_code = 0x078000, .queues = 2,
    .notify = console_notify, .poll = console_poll, .free = console_free,
};

struct pci_device *virtio_console_new(struct physmem *pm, struct chardev *host)
{
    struct virtio_console *c = g_new0(struct virtio_console, 1);
    virtio_init(&c->virtio, &console_ops, pm);
    c->host = host;
    return &c->virtio.pci;
}
