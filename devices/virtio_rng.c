/* virtio-rng: a source of random numbers that is the same in every run with the same seed, because
 * determinism is worth more here than secrecy.  The generator is splitmix64.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/virtio.h"
#include "devices/virtio_devices.h"

struct virtio_rng {
    struct virtio virtio;
    u64 state;
};

static u64 next(struct virtio_rng *r)
{
    u64 z = (r->state += 0x9e3779b97f4a7c15ull);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#define REQUEST_LIMIT 65536ull /* more is legal to ask for and legal not to get */

static void rng_notify(struct virtio *dev, unsigned queue)
{
    struct virtio_rng *r = CONTAINER_OF(dev, struct virtio_rng, virtio);
    struct virtio_request rq;
    while (virtio_pop(dev, queue, &rq)) {
        u64 len = MIN(rq.in_len, REQUEST_LIMIT);
        for (u64 at = 0; at < len; at += 8) {
            u64 word = next(r);
            virtio_put(dev, &rq, at, &word, MIN(8, len - at));
        }
        virtio_push(dev, queue, &rq, (u32)len);
    }
}

static void rng_free(struct virtio *dev)
{
    g_free(CONTAINER_OF(dev, struct virtio_rng, virtio));
}

static const struct virtio_ops rng_ops = {
    .name = "virtio-rng", .type = VIRTIO_RNG, .pci_device = 0x1005, .class_code = 0x00ff00,
    .queues = 1, .notify = rng_notify, .free = rng_free,
};

struct pci_device *virtio_rng_new(struct physmem *pm, u64 seed)
{
    struct virtio_rng *r = g_new0(struct virtio_rng, 1);
    virtio_init(&r->virtio, &rng_ops, pm);
    r->state = seed;
    return &r->virtio.pci;
}
