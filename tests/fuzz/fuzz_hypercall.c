/* Fuzzing the hypervisor: the input is a program for a guest that means harm.
 *
 * A domain without a kernel, two disks and a network interface connected, carries out one operation
 * after the other: writes to its memory, its grant table and its rings, hypercalls, firmware calls,
 * hyperprivops, events.  A domain that is stopped goes on with the rest.  Beyond not crashing: a
 * domain that is stopped is told why, the image behind the disks (one a snapshot, one read-only)
 * never changes, no frame is longer than a frame may be, and the pages that hypervisor and guest
 * share stay where they were.
 *
 *     fuzz_hypercall -max_total_time=60 -max_len=4096 -len_control=0 tests/guest/images
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define MUST(condition)                                                                           \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

#define DISK_BYTES 65536u
#define EVENT_CHANNEL_OP 32u
#define OPERATIONS_MAX 400u
#define GRANTS_OF_DATA 16u     /* references from here on are for data */

enum { RING_VBD0, RING_VBD1, RING_TX, RING_RX, RINGS };
static const struct { u64 pa; u32 entries, size; } rings[RINGS] = {
    [RING_VBD0] = { KIT_PAGE,           128,  sizeof(struct blkif_request)    },
    [RING_VBD1] = { KIT_PAGE + 0x4000,  128,  sizeof(struct blkif_request)    },
    [RING_TX]   = { KIT_PAGE + 0x8000,  1024, sizeof(struct netif_tx_request) },
    [RING_RX]   = { KIT_PAGE + 0xc000,  1024, sizeof(struct netif_rx_request) },
};

/* --- the input ----------------------------------------------------------------------------------- */

struct input {
    const u8 *at;
    size_t left;
};

/* `len` bytes, zeros behind the end. */
static void take(struct input *in, void *to, size_t len)
{
    size_t have = MIN(len, in->left);
    memset(to, 0, len);
    if (!have) return;
    memcpy(to, in->at, have);
    in->at += have;
    in->left -= have;
}

static u8 take8(struct input *in)
{
    u8 value;
    take(in, &value, sizeof value);
    return value;
}

static u32 take32(struct input *in)
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
};

/* A number that is likely to reach something, from a few bytes of input. */
static u64 take_word(struct input *in)
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

/* --- the domain ---------------------------------------------------------------------------------- */

struct wire {
    struct net net;
};

static void wire_send(struct net *net, const u8 *frame, size_t len)
{
    u64 sum = 0;
    (void)net;
    MUST(len <= NET_MAX_FRAME);
    for (size_t i = 0; i < len; i++) sum += frame[i];
    __asm__ volatile("" : : "r"(sum)); /* the reads are the test */
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

static void add_disk(struct kit *k, enum block_mode mode)
{
    char path[40];
    GError *err = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", image_fd());
    struct block *disk = block_open(path, mode, &err);
    MUST(disk);
    domain_add_disk(k->d, disk);
}

static u32 unbound_port(struct kit *k)
{
    struct evtchn_alloc_unbound un = { 0x7ff0, 0, 0 };
    MUST(kit_struct(k, EVENT_CHANNEL_OP, 6, &un, sizeof un) == 0);
    return un.port;
}

/* Ring n is in the page of grant reference 8 + n. */
static void connect_rings(struct kit *k)
{
    struct xenstore *xs = k->d->store;
    for (u32 n = 0; n < RINGS; n++) kit_grant(k, 8 + n, rings[n].pa, false);
    for (u32 n = 0; n < 16; n++) {
        kit_grant(k, GRANTS_OF_DATA + n, KIT_PAGE + 0x10000 + n * 0x4000, n % 4 == 3);
    }
    for (u32 n = RING_VBD0; n <= RING_VBD1; n++) {
        char dir[60];
        snprintf(dir, sizeof dir, "/local/domain/1/device/vbd/%u", 51712 + 16 * n);
        xenstore_put(xs, dir, "ring-ref", "%u", 8 + n);
        xenstore_put(xs, dir, "event-channel", "%u", unbound_port(k));
        xenstore_put(xs, dir, "state", "3");
    }
    const char *vif = "/local/domain/1/device/vif/0";
    xenstore_put(xs, vif, "tx-ring-ref", "%u", 8 + RING_TX);
    xenstore_put(xs, vif, "rx-ring-ref", "%u", 8 + RING_RX);
    xenstore_put(xs, vif, "request-rx-copy", "1");
    xenstore_put(xs, vif, "event-channel", "%u", unbound_port(k));
    xenstore_put(xs, vif, "state", "4");
}

/* A back end that did not come up would make a quiet target. */
static void check_connected(struct kit *k)
{
    static const char *const backs[] = { "vbd/1/51712", "vbd/1/51728", "vif/1/0" };
    for (unsigned i = 0; i < ARRAY_LEN(backs); i++) {
        char dir[60];
        u32 state = 0;
        snprintf(dir, sizeof dir, "/local/domain/0/backend/%s", backs[i]);
        MUST(xenstore_read_u32(k->d->store, dir, "state", &state) && state == 4);
    }
}

/* --- operations ---------------------------------------------------------------------------------- */

struct scene {
    struct kit *k;
    struct wire wire;
    struct input *in;
};

static void notify(struct scene *s, u32 port)
{
    struct evtchn_port send = { port };
    kit_struct(s->k, EVENT_CHANNEL_OP, 4, &send, sizeof send);
}

static void op_hypercall(struct scene *s)
{
    u64 number = take8(s->in) % 64, args[5];
    for (unsigned i = 0; i < 5; i++) args[i] = take_word(s->in);
    kit_call(s->k, number, args[0], args[1], args[2], args[3], args[4]);
}

/* The same with the command numbers that exist, and the structure in place. */
static void op_structured(struct scene *s)
{
    static const u8 numbers[] = { 12, 17, 18, 20, 24, 29, 30, 32, 33, 48, 6, 13 };
    u64 number = numbers[take8(s->in) % ARRAY_LEN(numbers)], command = take8(s->in) % 40;
    u64 words[6], handle = take8(s->in) % 4 ? kit_inline(KIT_BUF) : KIT_DESC;
    for (unsigned i = 0; i < 6; i++) words[i] = take_word(s->in);
    kit_put(s->k, KIT_BUF, words, sizeof words);
    switch (number) {
    case 20: kit_call(s->k, number, command, handle, take8(s->in), 0, 0); break;
    case 18: kit_call(s->k, number, command, take_word(s->in), handle, 0, 0); break;
    case 24: kit_call(s->k, number, command, take8(s->in) % 4, handle, 0, 0); break;
    case 48: kit_call(s->k, number, command, words[0], words[1], words[2], words[3]); break;
    case 13: kit_call(s->k, number, handle, take8(s->in), 0, 0, 0); break;
    default: kit_call(s->k, number, command, handle, 0, 0, 0);
    }
}

static void op_firmware(struct scene *s)
{
    static const u64 classes[] = { 0x100, 0x300, 0x301, 0x304, 0x309, 0x400, 0x501, 0x600, 0x700,
                                   0x1000, 0x1100, 0x1200 };
    u64 number = classes[take8(s->in) % ARRAY_LEN(classes)], args[5];
    for (unsigned i = 0; i < 5; i++) args[i] = take_word(s->in);
    for (unsigned r = 28; r < 32; r++) cpu_set_gr(s->k->cpu[0], r, take_word(s->in), false);
    kit_call(s->k, number, args[0], args[1], args[2], args[3], args[4]);
}

static void op_hyperprivop(struct scene *s)
{
    struct mapped_regs *xsi = s->k->v->xsi;
    u8 number = take8(s->in) % 0x20;
    for (unsigned r = 8; r < 12; r++) cpu_set_gr(s->k->cpu[0], r, take_word(s->in), false);
    u64 *const fields[] = { &xsi->ifa, &xsi->itir, &xsi->ipsr, &xsi->ifs, &xsi->iip };
    *fields[take8(s->in) % ARRAY_LEN(fields)] = take_word(s->in);
    kit_break(s->k, 0, number);
}

/* Words for a hypercall's argument; after it the same page may serve as a descriptor's piece. */
static void op_write_argument(struct scene *s)
{
    u64 at = KIT_BUF + take8(s->in);
    for (unsigned n = take8(s->in) % 16; n; n--, at += 8) {
        u64 w = take_word(s->in);
        kit_put(s->k, at, &w, sizeof w);
    }
}

static void op_write_descriptor(struct scene *s)
{
    u32 head[2] = { 0x58434f4d, take8(s->in) % 16 };
    if (take8(s->in) == 0) head[0] = take32(s->in);
    if (take8(s->in) == 0) head[1] = take32(s->in);
    kit_put(s->k, KIT_DESC, head, sizeof head);
    for (unsigned i = 0; i < MIN(head[1], 16u); i++) {
        u64 w = take_word(s->in) & ~(1ull << 63); /* a piece is a plain address */
        kit_put(s->k, KIT_DESC + 8 + 8 * i, &w, sizeof w);
    }
}

static void op_grant(struct scene *s)
{
    struct grant_entry e = { take8(s->in), 0, 0 };
    u32 ref = take8(s->in) % 64;
    e.domid = take8(s->in) % 4 ? 0 : (u16)take32(s->in);
    e.frame = take8(s->in) % 4 ? (u32)(KIT_PAGE >> XEN_PAGE_SHIFT) + take8(s->in) : take32(s->in);
    kit_grant_raw(s->k, ref, &e);
}

/* A request as a front end writes it, but for what the input changes. */
static void block_request(struct scene *s, u64 at)
{
    struct blkif_request rq = { .operation = take8(s->in) % 6, .nr_segments = take8(s->in) % 14 };
    rq.id = take8(s->in);
    rq.sector_number = take8(s->in) % 8 ? take8(s->in) : take_word(s->in);
    for (unsigned i = 0; i < BLKIF_SEGMENTS; i++) {
        rq.seg[i].gref = take8(s->in) % 8 ? GRANTS_OF_DATA + take8(s->in) % 20 : take32(s->in);
        rq.seg[i].first_sect = take8(s->in) % 36;
        rq.seg[i].last_sect = take8(s->in) % 36;
    }
    kit_put(s->k, at, &rq, sizeof rq);
}

static void transmit_request(struct scene *s, u64 at)
{
    struct netif_tx_request rq = { .gref = GRANTS_OF_DATA + take8(s->in) % 20, .id = take8(s->in) };
    rq.flags = take8(s->in) % 16;
    rq.offset = (u16)(take8(s->in) * 67);
    rq.size = take8(s->in) % 4 ? (u16)(14 + take8(s->in) * 9) : (u16)take32(s->in);
    kit_put(s->k, at, &rq, sizeof rq);
}

static void receive_request(struct scene *s, u64 at)
{
    struct netif_rx_request rq = { take8(s->in), 0, GRANTS_OF_DATA + take8(s->in) % 20 };
    kit_put(s->k, at, &rq, sizeof rq);
}

static void op_ring(struct scene *s)
{
    unsigned n = take8(s->in) % RINGS, count = take8(s->in) % 8;
    u64 pa = rings[n].pa;
    u32 producer = guest_read32(s->k->d, pa + RING_REQ_PROD);
    for (unsigned i = 0; i < count; i++, producer++) {
        u64 at = pa + RING_ENTRIES + producer % rings[n].entries * rings[n].size;
        if (n <= RING_VBD1) block_request(s, at);
        else if (n == RING_TX) transmit_request(s, at);
        else receive_request(s, at);
    }
    if (take8(s->in) == 0) producer += take32(s->in);
    guest_write32(s->k->d, pa + RING_REQ_PROD, producer);
}

/* Any of the four indexes in a ring's header. */
static void op_ring_header(struct scene *s)
{
    u64 pa = rings[take8(s->in) % RINGS].pa;
    guest_write32(s->k->d, pa + take8(s->in) % 4 * 4, take32(s->in));
}

static void op_notify(struct scene *s)
{
    notify(s, take8(s->in) % 16);
}

static void op_store(struct scene *s)
{
    u64 pa = domain_page_pfn(s->k->d, PAGE_STORE) << XEN_PAGE_SHIFT;
    static const char *const paths[] = {
        "a", "a/b", "/local/domain/1", "device/vbd/51712/state", "device/vif/0/state", "@x", "//",
        "/local/domain/0/backend", "control/shutdown", "/local/domain/1/device/vbd/51728/ring-ref",
        "device/vif/0/tx-ring-ref", "device/vbd/51712/event-channel",
    };
    const char *path = paths[take8(s->in) % ARRAY_LEN(paths)];
    u8 text[120] = "";
    u32 tail = take8(s->in) % 16, len = (u32)strlen(path) + 1 + tail;
    struct xs_header h = { take8(s->in) % 20, 1, take8(s->in) % 3 ? 0 : take8(s->in), len };
    if (take8(s->in) == 0) h.len = take32(s->in);
    memcpy(text, &h, sizeof h);
    memcpy(text + sizeof h, path, strlen(path));
    take(s->in, text + sizeof h + strlen(path) + 1, tail);
    len += sizeof h;
    u32 producer = guest_read32(s->k->d, pa + STORE_REQ_PROD);
    for (u32 i = 0; i < len; i++) {
        kit_put(s->k, pa + STORE_REQ + (producer + i) % STORE_RING_SIZE, &text[i], 1);
    }
    guest_write32(s->k->d, pa + STORE_REQ_PROD, producer + len);
    guest_write32(s->k->d, pa + STORE_RSP_CONS, guest_read32(s->k->d, pa + STORE_RSP_PROD));
    notify(s, s->k->d->store_port);
}

/* The four indexes of the xenstore page or of the console page. */
static void op_page_index(struct scene *s)
{
    bool store = take8(s->in) % 2;
    u64 pa = domain_page_pfn(s->k->d, store ? PAGE_STORE : PAGE_CONSOLE) << XEN_PAGE_SHIFT;
    u64 first = store ? (u64)STORE_REQ_CONS : (u64)CONSOLE_IN_CONS;
    guest_write32(s->k->d, pa + first + take8(s->in) % 4 * 4, take32(s->in));
    notify(s, store ? s->k->d->store_port : s->k->d->console_port);
}

static void op_time(struct scene *s)
{
    s->k->now += (u64)take32(s->in);
    clock_advance(s->k->clock, s->k->now);
    domain_poll(s->k->d);
}

static void op_frame_arrives(struct scene *s)
{
    u8 frame[2048];
    size_t len = 14 + take32(s->in) % (sizeof frame - 14);
    memset(frame, 0x5a, sizeof frame);
    if (s->wire.net.receive) s->wire.net.receive(s->wire.net.opaque, frame, len);
}

/* Noise in the pages that hypervisor and guest share: event bits, masks, mapped registers. */
static void op_shared_page(struct scene *s)
{
    u64 word = take_word(s->in), page = take8(s->in) % (2 + s->k->ncpus);
    u64 pa = s->k->d->special_pa + (page << XEN_PAGE_SHIFT) + take32(s->in) % (XEN_PAGE_SIZE / 8) * 8;
    kit_put(s->k, pa, &word, sizeof word);
}

static void (*const operations[])(struct scene *s) = {
    op_hypercall, op_structured, op_structured, op_firmware, op_hyperprivop, op_write_argument,
    op_write_descriptor, op_grant, op_ring, op_ring_header, op_notify, op_store, op_page_index,
    op_time, op_frame_arrives, op_shared_page,
};

/* --- the run ------------------------------------------------------------------------------------- */

/* A domain that was stopped was told why.  It goes on here, or most programs would be short; then
 * back to level 1 with a frame of five registers at least, awake. */
static void ready(struct kit *k)
{
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

static void check_end(const struct scene *s)
{
    static const u8 zeros[DISK_BYTES];
    u8 image[DISK_BYTES];
    const struct domain *d = s->k->d;
    MUST(pread(image_fd(), image, sizeof image, 0) == (ssize_t)sizeof image);
    MUST(memcmp(image, zeros, sizeof image) == 0);
    MUST((const u8 *)d->shared == physmem_host(d->pm, d->special_pa, XEN_PAGE_SIZE));
    for (unsigned i = 0; i < d->nvcpus; i++) {
        MUST(d->vcpu[i].info == &d->shared->vcpu[i]);
        MUST((const u8 *)d->vcpu[i].xsi == physmem_host(d->pm, d->vcpu[i].xsi_pa, XEN_PAGE_SIZE));
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_setup(LEVEL_ERROR); /* warnings by the thousand are expected */
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = { data, size };
    static const u8 mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };
    struct scene s = { .wire.net.ops = &wire_ops, .in = &in };
    s.k = kit_new(2);
    add_disk(s.k, BLOCK_READ_ONLY);
    add_disk(s.k, BLOCK_SNAPSHOT);
    domain_add_network(s.k->d, &s.wire.net, mac);
    connect_rings(s.k);
    check_connected(s.k);
    for (unsigned i = 0; in.left && i < OPERATIONS_MAX; i++) {
        ready(s.k);
        operations[take8(&in) % ARRAY_LEN(operations)](&s);
    }
    ready(s.k);
    check_end(&s);
    kit_free(s.k);
    return 0;
}
