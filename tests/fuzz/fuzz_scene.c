/* See fuzz_scene.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/fuzz_scene.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECTOR 512u
#define SECTORS_PER_PAGE (XEN_PAGE_SIZE / SECTOR)

const struct fuzz_ring rings[RINGS] = {
    [RING_VBD0] = { KIT_PAGE,          128,  sizeof(struct blkif_request)    },
    [RING_VBD1] = { KIT_PAGE + 0x4000, 128,  sizeof(struct blkif_request)    },
    [RING_TX]   = { KIT_PAGE + 0x8000, 1024, sizeof(struct netif_tx_request) },
    [RING_RX]   = { KIT_PAGE + 0xc000, 1024, sizeof(struct netif_rx_request) },
};

/* --- input ------------------------------------------------------------------------------------ */

void take(struct input *in, void *to, size_t len)
{
    size_t have = MIN(len, in->left);
    memset(to, 0, len);
    if (!have) return;
    memcpy(to, in->at, have);
    in->at += have;
    in->left -= have;
}

u8 take8(struct input *in)
{
    u8 value;
    take(in, &value, sizeof value);
    return value;
}

u32 take32(struct input *in)
{
    u32 value;
    take(in, &value, sizeof value);
    return value;
}

static u64 take64(struct input *in)
{
    u64 value;
    take(in, &value, sizeof value);
    return value;
}

static const u64 edges[] = {
    ~0ull, 1ull << 63, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, KIT_MEM, KIT_MEM - 1,
    KIT_MEM - 8, 0x7ff0, 0xf500000000000000, 0xfffffffffff00000, 0xe000000000000000,
    0x8000000000000000 | KIT_MEM, 0x87fffffffffffff8, 14 << 2, 16384, 4096, 0x661, KIT_ENTRY,
    1ull << 55, 1ull << 40, 0x8000000000000000 | 1ull << 40, KIT_PAGE,
};

u64 take_word(struct input *in)
{
    switch (take8(in) % 8) {
    case 0: return take64(in);
    case 1: return edges[take8(in) % ARRAY_LEN(edges)];
    case 2: return kit_inline(KIT_BUF + take8(in));
    case 3: return KIT_DESC;
    case 4: return kit_inline(KIT_MEM - take8(in) % 32); /* over the end of memory */
    case 5: return take32(in) % (u32)(KIT_MEM + 65536);
    case 6: return -(u64)take8(in);
    default: return take8(in);
    }
}

/* --- host ends -------------------------------------------------------------------------------- */

static void wire_send(struct net *net, const u8 *frame, size_t len)
{
    struct scene *s = CONTAINER_OF(net, struct scene, wire);
    u64 sum = 0;
    MUST(len <= NET_MAX_FRAME);
    for (size_t i = 0; i < len; i++) sum += frame[i];
    __asm__ volatile("" : : "r"(sum)); /* the reads are the test */
    s->sent_bytes = len;
}

static void wire_nothing(struct net *net)
{
    (void)net;
}

static const struct net_ops wire_ops = { "wire", wire_send, wire_nothing, wire_nothing };

/* The image of both disks; the same for all inputs, since it must not change. */
static int image_fd(void)
{
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        MUST(fd >= 0 && ftruncate(fd, DISK_BYTES) == 0);
    }
    return fd;
}

static struct block *add_disk(struct kit *k, enum block_mode mode)
{
    char path[40];
    GError *err = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", image_fd());
    struct block *disk = block_open(path, mode, &err);
    MUST(disk);
    domain_add_disk(k->d, disk);
    return disk;
}

/* --- the domain ------------------------------------------------------------------------------- */

static u32 unbound_port(struct kit *k)
{
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    MUST(kit_struct(k, EVENT_CHANNEL_OP, 6, &un, sizeof un) == 0);
    return un.port;
}

static void connect_disk(struct scene *s, unsigned n)
{
    struct xenstore *xs = s->k->d->store;
    char dir[60];
    snprintf(dir, sizeof dir, "/local/domain/1/device/vbd/%u", 51712 + 16 * n);
    s->ports[n] = unbound_port(s->k);
    xenstore_put(xs, dir, "ring-ref", "%u", 8 + n);
    xenstore_put(xs, dir, "event-channel", "%u", s->ports[n]);
    xenstore_put(xs, dir, "state", "3");
}

static void connect_network(struct scene *s)
{
    struct xenstore *xs = s->k->d->store;
    const char *vif = "/local/domain/1/device/vif/0";
    s->ports[RING_TX] = s->ports[RING_RX] = unbound_port(s->k);
    xenstore_put(xs, vif, "tx-ring-ref", "%u", 8 + RING_TX);
    xenstore_put(xs, vif, "rx-ring-ref", "%u", 8 + RING_RX);
    xenstore_put(xs, vif, "request-rx-copy", "1");
    xenstore_put(xs, vif, "event-channel", "%u", s->ports[RING_TX]);
    xenstore_put(xs, vif, "state", "4");
}

static void connect_rings(struct scene *s)
{
    for (u32 n = 0; n < RINGS; n++) {
        kit_grant(s->k, 8 + n, rings[n].pa, false);
        s->known[n] = true;
        s->next[n] = 0;
    }
    for (u32 n = 0; n < DATA_GRANTS; n++) {
        kit_grant(s->k, GRANTS_OF_DATA + n, KIT_PAGE + 0x10000 + n * 0x4000, n % 4 == 3);
    }
    connect_disk(s, RING_VBD0);
    connect_disk(s, RING_VBD1);
    connect_network(s);
}

static bool connected(struct scene *s, unsigned ring)
{
    static const char *const backs[] = { "vbd/1/51712", "vbd/1/51728", "vif/1/0", "vif/1/0" };
    char dir[60];
    u32 state = 0;
    snprintf(dir, sizeof dir, "/local/domain/0/backend/%s", backs[ring]);
    return xenstore_read_u32(s->k->d->store, dir, "state", &state) && state == 4;
}

static struct scene *new_scene(void)
{
    static const u8 mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };
    struct scene *s = g_new0(struct scene, 1);
    s->k = kit_new(2);
    s->wire.ops = &wire_ops;
    s->disks[0] = add_disk(s->k, BLOCK_READ_ONLY);
    s->disks[1] = add_disk(s->k, BLOCK_SNAPSHOT);
    domain_add_network(s->k->d, &s->wire, mac);
    return s;
}

/* The domain of the input before this one starts anew, and nothing of that input may be left. */
struct scene *scene_start(struct input *in)
{
    static struct scene *s;
    static const u8 zeros[DISK_BYTES];
    if (!s) s = new_scene();
    s->in = in;
    kit_restart(s->k);
    MUST(block_write(s->disks[1], 0, zeros, sizeof zeros));
    u64 hash = domain_hash(s->k->d, 0);
    MUST(!s->hash || s->hash == hash);
    s->hash = hash;
    connect_rings(s);
    for (unsigned n = 0; n < RINGS; n++) MUST(connected(s, n)); /* or this is a quiet target */
    return s;
}

/* A domain that was stopped was told why.  It goes on here, or most programs would be short; then
 * back to level 1 with a frame of five registers at least, awake. */
void scene_ready(struct scene *s)
{
    struct kit *k = s->k;
    MUST(k->d->crashed == (k->crash[0] != 0));
    MUST(!k->d->crashed || strstr(k->crash, "broke the rules: "));
    k->d->crashed = false;
    k->crash[0] = 0;
    k->shutdown = -1;
    if (cpu_is_halted(k->cpu[0])) cpu_wake(k->cpu[0]);
    if ((cpu_psr(k->cpu[0]) & PSR_CPL) != 1ull << 32 || (cpu_cfm(k->cpu[0]) & 0x7f) < 5) {
        kit_settle(k, 0);
    }
}

void scene_check(struct scene *s)
{
    static const u8 zeros[DISK_BYTES];
    static u8 image[DISK_BYTES];
    const struct domain *d = s->k->d;
    MUST(pread(image_fd(), image, sizeof image, 0) == (ssize_t)sizeof image);
    MUST(memcmp(image, zeros, sizeof image) == 0);
    MUST((const u8 *)d->shared == physmem_host(d->pm, d->special_pa, XEN_PAGE_SIZE));
    for (unsigned i = 0; i < d->nvcpus; i++) {
        MUST(d->vcpu[i].info == &d->shared->vcpu[i]);
        MUST((const u8 *)d->vcpu[i].xsi == physmem_host(d->pm, d->vcpu[i].xsi_pa, XEN_PAGE_SIZE));
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static u64 requests_seen(const struct scene *s)
{
    const u64 *c = s->k->d->counters;
    return c[COUNT_BLOCK_REQUESTS] + c[COUNT_BLOCK_REFUSED] + c[COUNT_FRAMES_SENT] +
           c[COUNT_FRAMES_DROPPED];
}

void scene_notify(struct scene *s, u32 port)
{
    struct evtchn_port send = { port };
    u64 before = requests_seen(s);
    size_t said = chardev_buffer_output(s->k->console)->len;
    kit_struct(s->k, EVENT_CHANNEL_OP, 4, &send, sizeof send);
    MUST(requests_seen(s) - before <= rings[RING_TX].entries);
    if (port == s->ports[RING_VBD0] || port == s->ports[RING_VBD1]) {
        MUST(requests_seen(s) - before <= rings[RING_VBD0].entries);
    }
    MUST(chardev_buffer_output(s->k->console)->len - said <= CONSOLE_OUT_SIZE);
}

/* --- what the answer must be ------------------------------------------------------------------ */

static struct grant_entry grant(struct scene *s, u32 ref)
{
    struct grant_entry e = { 0, 0, 0 };
    u64 table = s->k->d->special_pa + ((u64)(1 + s->k->ncpus) << XEN_PAGE_SHIFT);
    if (ref < s->k->d->grant_frames * (XEN_PAGE_SIZE / sizeof e)) {
        kit_get(s->k, table + ref * sizeof e, &e, sizeof e);
    }
    return e;
}

static bool granted(struct scene *s, u32 ref, bool for_writing)
{
    struct grant_entry e = grant(s, ref);
    return (e.flags & 3) == 1 && !e.domid && !(for_writing && (e.flags & 4)) &&
           e.frame < KIT_MEM / XEN_PAGE_SIZE;
}

static bool in_a_ring(struct scene *s, u32 ref)
{
    u64 pa = (u64)grant(s, ref).frame * XEN_PAGE_SIZE;
    return pa >= rings[0].pa && pa < rings[RINGS - 1].pa + XEN_PAGE_SIZE;
}

static s16 transfer_status(struct scene *s, const struct blkif_request *rq, bool reads)
{
    u64 total = 0;
    bool fine = rq->nr_segments >= 1 && rq->nr_segments <= 11;
    for (unsigned i = 0; fine && i < rq->nr_segments; i++) {
        fine = rq->seg[i].first_sect <= rq->seg[i].last_sect &&
               rq->seg[i].last_sect < SECTORS_PER_PAGE && granted(s, rq->seg[i].gref, reads);
        total += rq->seg[i].last_sect - rq->seg[i].first_sect + 1u;
    }
    fine = fine && (u128)rq->sector_number + total <= DISK_BYTES / SECTOR;
    return fine ? 0 : -1;
}

static s16 block_status(struct scene *s, unsigned n, const struct blkif_request *rq)
{
    bool read_only = n == RING_VBD0;
    switch (rq->operation) {
    case 0: return transfer_status(s, rq, true);
    case 1: return read_only ? -1 : transfer_status(s, rq, false);
    case 2:
        if (!rq->nr_segments) return 0;
        return read_only ? -1 : transfer_status(s, rq, false);
    case 3: return 0;
    default: return -2;
    }
}

/* Has anybody else been at this ring, its device or its port? */
static bool untouched(struct scene *s, unsigned n)
{
    struct domain *d = s->k->d;
    return s->known[n] && connected(s, n) && d->ports[s->ports[n]].kind == PORT_INTERDOMAIN &&
           guest_read32(d, rings[n].pa + RING_REQ_PROD) == s->next[n] &&
           guest_read32(d, rings[n].pa + RING_RSP_PROD) == s->next[n];
}

/* Writes the request; false: no answer can be foretold. */
static bool place(struct scene *s, unsigned n, const void *rq, u32 *index)
{
    u64 pa = rings[n].pa;
    bool known = untouched(s, n);
    *index = guest_read32(s->k->d, pa + RING_REQ_PROD);
    kit_put(s->k, pa + RING_ENTRIES + *index % rings[n].entries * rings[n].size, rq, rings[n].size);
    guest_write32(s->k->d, pa + RING_REQ_PROD, *index + 1);
    s->next[n] = *index + 1;
    return known;
}

void exchange_block(struct scene *s, unsigned n, const struct blkif_request *rq)
{
    u32 index;
    struct blkif_response rsp;
    bool known = place(s, n, rq, &index);
    for (unsigned i = 0; i < MIN(rq->nr_segments, 11u); i++) {
        known = known && !in_a_ring(s, rq->seg[i].gref);
    }
    s->known[n] = known;
    s16 expected = block_status(s, n, rq);
    scene_notify(s, s->ports[n]);
    if (!known) return;
    kit_get(s->k, rings[n].pa + RING_ENTRIES + index % 128 * rings[n].size, &rsp, sizeof rsp);
    MUST(guest_read32(s->k->d, rings[n].pa + RING_RSP_PROD) == index + 1);
    MUST(rsp.id == rq->id && rsp.operation == rq->operation && rsp.status == expected);
}

void exchange_frame(struct scene *s, const struct netif_tx_request *rq)
{
    u32 index;
    struct netif_tx_response rsp;
    bool known = place(s, RING_TX, rq, &index) && !in_a_ring(s, rq->gref);
    bool good = rq->size >= 14 &&
                rq->offset + rq->size <= (int)XEN_PAGE_SIZE && granted(s, rq->gref, false);
    s->known[RING_TX] = known;
    s->sent_bytes = 0;
    scene_notify(s, s->ports[RING_TX]);
    if (!known) return;
    kit_get(s->k, rings[RING_TX].pa + RING_ENTRIES + index % 1024 * rings[RING_TX].size, &rsp,
            sizeof rsp);
    MUST(rsp.id == rq->id && rsp.status == (good ? 0 : -1));
    MUST(s->sent_bytes == (good ? rq->size : 0));
}
