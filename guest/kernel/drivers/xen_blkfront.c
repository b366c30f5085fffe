/* Disks of a domain: requests in a ring that a back end serves.  Pages with data are lent to it by
 * grant references, for as long as the request lasts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"
#include "irq.h"
#include "machvec.h"
#include "mm.h"
#include "time.h"
#include "wait.h"
#include "xen.h"
#include "xenbus.h"

enum { BACKEND = 0 }; /* the domain that has the disks */
enum { BLKIF_READ = 0, BLKIF_WRITE = 1, BLKIF_OKAY = 0 };
enum { SEGMENTS = 11, SECTORS_PER_PAGE = PAGE_SIZE / SECTOR_SIZE };

struct request {
    u8 operation, segments;
    u16 handle;
    u64 id, sector;
    struct {
        u32 ref;
        u8 first_sector, last_sector;
    } segment[SEGMENTS];
};
struct response {
    u64 id;
    u8 operation;
    short status;
};
union entry {
    struct request request;
    struct response response;
};
_Static_assert(sizeof(union entry) == 112, "blkif's ring entry");
enum { ENTRIES = 128 };

struct disk {
    struct block_device block;
    char name[8], front[XENBUS_PATH], back[XENBUS_PATH];
    struct xen_ring *ring;
    union entry *entries;
    int port;
    u16 handle;
    u32 seen; /* responses up to here */
    u32 busy;
    struct wait_queue free, finished;
};

/* --- requests --- */

static bool take(u32 *busy)
{
    return !__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE);
}

/* Lends as many sectors as one request holds, page by page; how many. */
static unsigned lend(struct request *rq, u8 *buf, unsigned count, bool write)
{
    unsigned lent = 0;
    while (lent < count && rq->segments < SEGMENTS) {
        u64 at = machvec->dma_map(buf + lent * SECTOR_SIZE, SECTOR_SIZE);
        unsigned first = (unsigned)(at % PAGE_SIZE) / SECTOR_SIZE;
        unsigned n = min(count - lent, SECTORS_PER_PAGE - first);
        int ref = grant_access(BACKEND, at >> PAGE_SHIFT, write);
        if (ref < 0) break;
        rq->segment[rq->segments].ref = (u32)ref;
        rq->segment[rq->segments].first_sector = (u8)first;
        rq->segment[rq->segments++].last_sector = (u8)(first + n - 1);
        lent += n;
    }
    return lent;
}

static void submit(struct disk *d, const struct request *rq)
{
    u32 prod = d->ring->req_prod;
    d->entries[prod % ENTRIES].request = *rq;
    write_once(d->ring->rsp_event, d->seen + 1); /* tell us when there is an answer */
    memory_barrier();
    write_once(d->ring->req_prod, prod + 1);
    memory_barrier();
    if (read_once(d->ring->req_event) == prod + 1) evtchn_notify((unsigned)d->port);
}

static int await(struct disk *d, const struct request *rq)
{
    wait_event(&d->finished, read_once(d->ring->rsp_prod) != d->seen);
    memory_barrier();
    int status = d->entries[d->seen++ % ENTRIES].response.status;
    for (unsigned i = 0; i < rq->segments; i++) {
        if (!grant_end((int)rq->segment[i].ref)) panic("%s: a page is not given back", d->name);
    }
    return status == BLKIF_OKAY ? 0 : -EIO;
}

static int disk_io(struct block_device *block, u64 sector, void *buf, unsigned count, bool write)
{
    struct disk *d = block->driver;
    int result = 0;
    assert(!((u64)buf % SECTOR_SIZE));
    wait_event(&d->free, take(&d->busy));
    for (unsigned done = 0; done < count && !result;) {
        struct request rq = { .operation = write ? BLKIF_WRITE : BLKIF_READ, .handle = d->handle,
                              .sector = sector + done };
        unsigned n = lend(&rq, (u8 *)buf + done * SECTOR_SIZE, count - done, write);
        if (!n) panic("%s: no grant reference is free", d->name);
        submit(d, &rq);
        result = await(d, &rq);
        done += n;
    }
    __atomic_store_n(&d->busy, 0, __ATOMIC_RELEASE);
    wake_up(&d->free);
    return result;
}

static void disk_interrupt(void *arg)
{
    struct disk *d = arg;
    wake_up(&d->finished);
}

/* --- the handshake --- */

static void make_ring(struct disk *d)
{
    d->ring = page_alloc(0);
    if (!d->ring) panic("%s: no memory for the ring", d->name);
    d->entries = (union entry *)(d->ring + 1);
    d->ring->req_event = d->ring->rsp_event = 1;
    int ref = grant_access(BACKEND, machvec->dma_map(d->ring, PAGE_SIZE) >> PAGE_SHIFT, false);
    d->port = evtchn_alloc_unbound(BACKEND);
    if (ref < 0 || d->port < 0) panic("%s: no grant reference or event channel", d->name);
    if (irq_request(d->port, disk_interrupt, d)) panic("%s: no event channel", d->name);
    xenbus_write(d->front, "ring-ref", "%d", ref);
    xenbus_write(d->front, "event-channel", "%d", d->port);
    xenbus_write(d->front, "protocol", "ia64-abi");
    xenbus_write(d->front, "state", "%d", XENBUS_INITIALISED);
}

static void await_backend(struct disk *d)
{
    enum { MILLISECOND = 1000000, PATIENCE = 5000 };
    for (unsigned i = 0; i < PATIENCE; i++) {
        u64 state = xenbus_number(d->back, "state");
        if (state == XENBUS_CONNECTED) return;
        if (state >= XENBUS_CLOSING) panic("%s: the back end refuses", d->name);
        sleep_until_ns(time_now_ns() + MILLISECOND);
    }
    panic("%s: the back end does not answer", d->name);
}

static void add_disk(const char *id, unsigned number)
{
    struct disk *d = kmalloc(sizeof *d);
    if (!d) panic("blkfront: no memory for a disk");
    snprintf(d->name, sizeof d->name, "xvd%c", 'a' + number);
    snprintf(d->front, sizeof d->front, "device/vbd/%s", id);
    int found = xenbus_read(d->front, "backend", d->back, sizeof d->back);
    if (found < 0) panic("%s: no back end", d->name);
    d->handle = (u16)parse_u64(id, NULL);
    wait_queue_init(&d->free);
    wait_queue_init(&d->finished);
    make_ring(d);
    await_backend(d);
    d->block = (struct block_device){ .name = d->name, .io = disk_io, .driver = d };
    d->block.sectors = xenbus_number(d->back, "sectors");
    xenbus_write(d->front, "state", "%d", XENBUS_CONNECTED);
    block_register(&d->block);
}

static void blkfront_init(void)
{
    static char ids[XENBUS_VALUE];
    if (!running_on_xen) return;
    int n = xenbus_list("device/vbd", ids, sizeof ids);
    unsigned found = 0;
    for (int at = 0; at < n; at += (int)strlen(ids + at) + 1) add_disk(ids + at, found++);
}
initcall(blkfront_init);
