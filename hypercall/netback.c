/* A network interface for the guest: netif rings on one side, an Ethernet segment on the other.
 *
 * Frames are copied, pieces are put together, and a checksum that the guest left to the hardware is
 * filled in.  Segmentation is not offered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/hypercall-priv.h"

enum { TX_CSUM_BLANK = 1, TX_MORE = 4, TX_EXTRA = 8 };
enum { RX_DATA_VALIDATED = 1 };
enum { NETIF_OKAY = 0, NETIF_ERROR = -1, NETIF_NULL = 1 };
#define RING_SIZE 1024
#define FRAGMENTS_MAX 18
#define ETHERNET_HEADER 14u

struct netback {
    struct backend b;
    struct net *net;
    u8 mac[6];
    struct ring tx, rx;
    u8 frame[NET_MAX_FRAME];
    u8 buf[XEN_PAGE_SIZE];
};

static void describe(struct backend *b)
{
    const struct netback *n = CONTAINER_OF(b, struct netback, b);
    struct xenstore *xs = b->d->store;
    xenstore_put(xs, b->front, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", n->mac[0], n->mac[1],
                 n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
    xenstore_put(xs, b->front, "handle", "0");
    xenstore_put(xs, b->back, "handle", "0");
    xenstore_put(xs, b->back, "feature-rx-copy", "1");
    xenstore_put(xs, b->back, "feature-rx-flip", "0");
    xenstore_put(xs, b->back, "feature-sg", "1");
}

static bool connect(struct backend *b)
{
    struct netback *n = CONTAINER_OF(b, struct netback, b);
    u32 copy;
    n->tx = (struct ring){ .entries = RING_SIZE, .entry_size = sizeof(struct netif_tx_request) };
    n->rx = (struct ring){ .entries = RING_SIZE, .entry_size = sizeof(struct netif_rx_request) };
    if (!xenstore_read_u32(b->d->store, b->front, "request-rx-copy", &copy) || !copy) return false;
    return backend_map_ring(b, "tx-ring-ref", &n->tx.pa) &&
           backend_map_ring(b, "rx-ring-ref", &n->rx.pa);
}

/* --- checksums -------------------------------------------------------------------------------- */

static u32 sum16(const u8 *p, size_t len, u32 sum)
{
    for (size_t i = 0; i + 1 < len; i += 2) sum += (u32)p[i] << 8 | p[i + 1];
    return len & 1 ? sum + ((u32)p[len - 1] << 8) : sum;
}

static u16 fold(u32 sum)
{
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}

/* TCP and UDP over IPv4 and IPv6 without extension headers; others are sent as they are. */
static void fill_checksum(u8 *frame, size_t len)
{
    enum { TCP = 6, UDP = 17, TCP_AT = 16, UDP_AT = 6 };
    u8 *ip = frame + ETHERNET_HEADER;
    size_t left = len - ETHERNET_HEADER, header;
    u8 protocol;
    u32 sum;
    if (len < ETHERNET_HEADER + 40u) return;
    if (frame[12] == 0x08 && frame[13] == 0x00) {
        header = (ip[0] & 15u) * 4;
        left = MIN(left, (size_t)ip[2] << 8 | ip[3]);
        protocol = ip[9];
        sum = sum16(ip + 12, 8, 0);
    } else if (frame[12] == 0x86 && frame[13] == 0xdd) {
        header = 40;
        left = MIN(left, header + ((size_t)ip[4] << 8 | ip[5]));
        protocol = ip[6];
        sum = sum16(ip + 8, 32, 0);
    } else {
        return;
    }
    size_t at = protocol == TCP ? TCP_AT : UDP_AT;
    if ((protocol != TCP && protocol != UDP) || header < 20 || header + at + 2 > left) return;
    u8 *body = ip + header;
    body[at] = body[at + 1] = 0;
    sum = sum16(body, left - header, sum + protocol + (u32)(left - header));
    u16 value = fold(sum);
    if (!value && protocol == UDP) value = 0xffff;
    body[at] = (u8)(value >> 8);
    body[at + 1] = (u8)value;
}

/* --- from the guest --------------------------------------------------------------------------- */

static void answer_tx(struct netback *n, u16 id, s16 status)
{
    struct netif_tx_response rsp = { id, status };
    ring_answer(n->b.d, &n->tx, &rsp, sizeof rsp);
}

static bool copy_piece(struct netback *n, const struct netif_tx_request *rq, size_t at, size_t len)
{
    u64 pa;
    if (rq->offset + len > XEN_PAGE_SIZE || at + len > NET_MAX_FRAME) return false;
    return grant_page(n->b.d, rq->gref, false, &pa) &&
           guest_read(n->b.d, pa + rq->offset, n->frame + at, len);
}

/* The pieces of one frame, the first of which tells the whole length.  Returns their number, 0 if
 * the ring ends in the middle. */
static unsigned gather(struct netback *n, struct netif_tx_request rq[FRAGMENTS_MAX], bool *extra)
{
    unsigned pieces = 1;
    *extra = rq[0].flags & TX_EXTRA;
    if (*extra) {
        struct netif_extra e;
        do {
            if (!ring_next(&n->b, &n->tx, &e, sizeof e)) return 0;
            answer_tx(n, 0, NETIF_NULL);
        } while (e.flags & 1);
    }
    while (rq[pieces - 1].flags & TX_MORE) {
        if (pieces == FRAGMENTS_MAX || !ring_next(&n->b, &n->tx, &rq[pieces], sizeof rq[0])) {
            return 0;
        }
        pieces++;
    }
    return pieces;
}

static bool assemble(struct netback *n, const struct netif_tx_request *rq, unsigned pieces,
                     size_t *len)
{
    size_t others = 0, at;
    for (unsigned i = 1; i < pieces; i++) others += rq[i].size;
    *len = rq[0].size;
    if (*len < ETHERNET_HEADER || others > *len) return false;
    at = *len - others;
    if (!copy_piece(n, &rq[0], 0, at)) return false;
    for (unsigned i = 1; i < pieces; i++) {
        if (!copy_piece(n, &rq[i], at, rq[i].size)) return false;
        at += rq[i].size;
    }
    return true;
}

static void send_one(struct netback *n, struct netif_tx_request rq[FRAGMENTS_MAX])
{
    bool extra;
    size_t len = 0;
    unsigned pieces = gather(n, rq, &extra);
    if (!pieces) {
        if (n->b.connected) backend_break(&n->b, "a frame without an end");
        return;
    }
    bool good = !extra && assemble(n, rq, pieces, &len);
    for (unsigned i = 0; i < pieces; i++) answer_tx(n, rq[i].id, good ? NETIF_OKAY : NETIF_ERROR);
    count(n->b.d, good ? COUNT_FRAMES_SENT : COUNT_FRAMES_DROPPED);
    if (!good) return;
    if (rq[0].flags & TX_CSUM_BLANK) fill_checksum(n->frame, len);
    n->net->ops->send(n->net, n->frame, len);
}

static void kick(struct backend *b)
{
    struct netback *n = CONTAINER_OF(b, struct netback, b);
    struct netif_tx_request rq[FRAGMENTS_MAX];
    u32 before = n->tx.rsp_prod;
    while (b->connected && ring_next(b, &n->tx, &rq[0], sizeof rq[0])) send_one(n, rq);
    if (n->tx.rsp_prod != before && ring_publish(b->d, &n->tx)) evtchn_raise(b->d, b->port);
}

/* --- to the guest ----------------------------------------------------------------------------- */

static s16 deliver(struct netback *n, const struct netif_rx_request *rq, const u8 *frame,
                   size_t len)
{
    u64 pa;
    if (!grant_page(n->b.d, rq->gref, true, &pa) || !guest_write(n->b.d, pa, frame, len)) {
        return NETIF_ERROR;
    }
    return (s16)len;
}

static bool receive(void *opaque, const u8 *frame, size_t len)
{
    struct netback *n = opaque;
    struct netif_rx_request rq;
    if (!n->b.connected || len > XEN_PAGE_SIZE || !ring_next(&n->b, &n->rx, &rq, sizeof rq)) {
        count(n->b.d, COUNT_FRAMES_DROPPED);
        return false;
    }
    struct netif_rx_response rsp = { .id = rq.id, .flags = RX_DATA_VALIDATED };
    rsp.status = deliver(n, &rq, frame, len);
    ring_answer(n->b.d, &n->rx, &rsp, sizeof rsp);
    if (ring_publish(n->b.d, &n->rx)) evtchn_raise(n->b.d, n->b.port);
    count(n->b.d, COUNT_FRAMES_RECEIVED);
    return rsp.status > 0;
}

static const struct backend_ops ops = {
    .type = "vif", .ready = XENBUS_CONNECTED, .describe = describe, .connect = connect,
    .kick = kick,
};

struct netback *netback_new(struct domain *d, struct net *net, const u8 mac[6])
{
    struct netback *n = g_new0(struct netback, 1);
    memcpy(n->mac, mac, 6);
    n->net = net;
    net->receive = receive;
    net->opaque = n;
    backend_init(&n->b, d, &ops, 0);
    return n;
}

void netback_restart(struct netback *n)
{
    backend_restart(&n->b);
}

void netback_poll(struct netback *n)
{
    n->net->ops->poll(n->net);
}

void netback_free(struct netback *n)
{
    n->net->ops->free(n->net);
    g_free(n);
}
