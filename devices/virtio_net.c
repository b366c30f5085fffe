/* virtio-net without offloads: receive queue 0, transmit queue 1, a header of 10 bytes in front of
 * every frame that stays all zero.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "devices/virtio.h"
#include "devices/virtio_devices.h"

enum { RECEIVE = 0, TRANSMIT = 1 };
enum { F_MAC = 1 << 5, F_STATUS = 1 << 16 };
enum { CFG_STATUS = 6, CFG_LEN = 8 };
#define LINK_UP 1
#define HEADER_LEN 10

struct virtio_net {
    struct virtio virtio;
    struct net *net;
    u8 frame[HEADER_LEN + NET_MAX_FRAME];
};

static void net_notify(struct virtio *dev, unsigned queue)
{
    struct virtio_net *n = CONTAINER_OF(dev, struct virtio_net, virtio);
    struct virtio_request rq;
    if (queue != TRANSMIT) return;
    while (virtio_pop(dev, TRANSMIT, &rq)) {
        u64 len = virtio_get(dev, &rq, 0, n->frame, sizeof n->frame);
        if (len > HEADER_LEN) n->net->ops->send(n->net, n->frame + HEADER_LEN, len - HEADER_LEN);
        virtio_push(dev, TRANSMIT, &rq, 0);
    }
}

/* A frame that does not fit its buffer is dropped, as a wire would. */
static bool receive(void *opaque, const u8 *frame, size_t len)
{
    static const u8 header[HEADER_LEN];
    struct virtio_net *n = opaque;
    struct virtio_request rq;
    if (!(n->virtio.status & VIRTIO_STATUS_DRIVER_OK)) return false;
    if (!virtio_pop(&n->virtio, RECEIVE, &rq)) return false;
    bool fits = rq.in_len >= HEADER_LEN + len;
    if (fits) {
        virtio_put(&n->virtio, &rq, 0, header, HEADER_LEN);
        virtio_put(&n->virtio, &rq, HEADER_LEN, frame, len);
    }
    virtio_push(&n->virtio, RECEIVE, &rq, fits ? (u32)(HEADER_LEN + len) : 0);
    return fits;
}

static void net_poll(struct virtio *dev)
{
    struct virtio_net *n = CONTAINER_OF(dev, struct virtio_net, virtio);
    n->net->ops->poll(n->net);
}

static void net_free(struct virtio *dev)
{
    struct virtio_net *n = CONTAINER_OF(dev, struct virtio_net, virtio);
    n->net->ops->free(n->net);
    g_free(n);
}

static const struct virtio_ops net_ops = {
    .name = "virtio-net", .type = VIRTIO_NET, .pci_device = 0x1000, .class_code = 0x020000,
    .queues = 2, .notify = net_notify, .poll = net_poll, .free = net_free,
};

struct pci_device *virtio_net_new(struct physmem *pm, struct net *net, const u8 mac[6])
{
    struct virtio_net *n = g_new0(struct virtio_net, 1);
    virtio_init(&n->virtio, &net_ops, pm);
    n->net = net;
    net->receive = receive;
    net->opaque = n;
    n->virtio.host_features = F_MAC | F_STATUS;
    n->virtio.config_len = CFG_LEN;
    memcpy(n->virtio.config, mac, 6);
    n->virtio.config[CFG_STATUS] = LINK_UP;
    return &n->virtio.pci;
}
