/* Fuzzing the hypervisor: the input is a program for a guest that means harm.
 *
 * A domain without a kernel, two disks and a network interface connected, carries out one operation
 * after the other: writes to its memory, its grant table and its rings, hypercalls, firmware calls,
 * hyperprivops, events.  A domain that is stopped goes on with the rest.  Beyond not crashing: a
 * domain that is stopped is told why, requests to devices get the answer that the rules of the
 * interface ask for (fuzz_scene.c works it out once more), no device looks at more requests than its
 * ring holds, the image behind the disks (one a snapshot, one read-only) never changes, no frame is
 * longer than a frame may be, and the pages that hypervisor and guest share stay where they were.
 *
 *     fuzz_hypercall -max_total_time=60 -max_len=4096 -timeout=20 tests/fuzz/seeds
 *
 * tests/fuzz/seeds.py makes the seeds; it knows the operations by their place in the table below.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/fuzz_scene.h"

#include <string.h>

#include "base/log.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define OPERATIONS_MAX 400u

/* --- operations ------------------------------------------------------------------------------- */

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
static struct blkif_request take_block_request(struct scene *s)
{
    struct blkif_request rq = { .operation = take8(s->in) % 6, .nr_segments = take8(s->in) % 14 };
    rq.id = take8(s->in);
    rq.sector_number = take8(s->in) % 8 ? take8(s->in) : take_word(s->in);
    for (unsigned i = 0; i < BLKIF_SEGMENTS; i++) {
        rq.seg[i].gref = take8(s->in) % 8 ? GRANTS_OF_DATA + take8(s->in) % 20 : take32(s->in);
        rq.seg[i].first_sect = take8(s->in) % 36;
        rq.seg[i].last_sect = take8(s->in) % 36;
    }
    return rq;
}

static void block_request(struct scene *s, u64 at)
{
    struct blkif_request rq = take_block_request(s);
    kit_put(s->k, at, &rq, sizeof rq);
}

static struct netif_tx_request take_transmit_request(struct scene *s)
{
    struct netif_tx_request rq = { .gref = GRANTS_OF_DATA + take8(s->in) % 20, .id = take8(s->in) };
    rq.flags = take8(s->in) % 16;
    rq.offset = (u16)(take8(s->in) * 67);
    rq.size = take8(s->in) % 4 ? (u16)(14 + take8(s->in) * 9) : (u16)take32(s->in);
    return rq;
}

static void transmit_request(struct scene *s, u64 at)
{
    struct netif_tx_request rq = take_transmit_request(s);
    kit_put(s->k, at, &rq, sizeof rq);
}

static void receive_request(struct scene *s, u64 at)
{
    struct netif_rx_request rq = { take8(s->in), 0, GRANTS_OF_DATA + take8(s->in) % 20 };
    kit_put(s->k, at, &rq, sizeof rq);
}

/* The whole way: request, event, answer. */
static void op_block(struct scene *s)
{
    unsigned n = take8(s->in) % 2;
    struct blkif_request rq = take_block_request(s);
    exchange_block(s, n, &rq);
}

static void op_frame(struct scene *s)
{
    struct netif_tx_request rq = take_transmit_request(s);
    rq.flags &= 3; /* no other pieces: these are what op_ring is for */
    exchange_frame(s, &rq);
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
    if (take8(s->in) % 8 == 1) producer += take8(s->in);
    s->known[n] = false;
    guest_write32(s->k->d, pa + RING_REQ_PROD, producer);
    scene_notify(s, s->ports[n]);
}

/* Any of the four indexes in a ring's header. */
static void op_ring_header(struct scene *s)
{
    unsigned n = take8(s->in) % RINGS;
    guest_write32(s->k->d, rings[n].pa + take8(s->in) % 4 * 4, take32(s->in));
    s->known[n] = false;
    scene_notify(s, s->ports[n]);
}

static void op_notify(struct scene *s)
{
    scene_notify(s, take8(s->in) % 16);
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
    if (strstr(path, "device/")) memset(s->known, 0, sizeof s->known);
    scene_notify(s, s->k->d->store_port);
}

/* The four indexes of the xenstore page or of the console page. */
static void op_page_index(struct scene *s)
{
    bool store = take8(s->in) % 2;
    u64 pa = domain_page_pfn(s->k->d, store ? PAGE_STORE : PAGE_CONSOLE) << XEN_PAGE_SHIFT;
    u64 first = store ? (u64)STORE_REQ_CONS : (u64)CONSOLE_IN_CONS;
    guest_write32(s->k->d, pa + first + take8(s->in) % 4 * 4, take32(s->in));
    scene_notify(s, store ? s->k->d->store_port : s->k->d->console_port);
}

/* A line for the console, as hvc writes it. */
static void op_console(struct scene *s)
{
    u64 pa = domain_page_pfn(s->k->d, PAGE_CONSOLE) << XEN_PAGE_SHIFT;
    u32 producer = guest_read32(s->k->d, pa + CONSOLE_OUT_PROD);
    for (unsigned n = take8(s->in); n; n--, producer++) {
        u8 c = (u8)n;
        kit_put(s->k, pa + CONSOLE_OUT + producer % CONSOLE_OUT_SIZE, &c, 1);
    }
    guest_write32(s->k->d, pa + CONSOLE_OUT_PROD, producer);
    chardev_buffer_type(s->k->console, "typed", take8(s->in) % 6);
    scene_notify(s, s->k->d->console_port);
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
    if (s->wire.receive) s->wire.receive(s->wire.opaque, frame, len);
}

/* Noise in the pages that hypervisor and guest share: event bits, masks, mapped registers. */
static void op_shared_page(struct scene *s)
{
    u64 word = take_word(s->in), page = take8(s->in) % (2 + s->k->ncpus);
    u64 pa = s->k->d->special_pa + (page << XEN_PAGE_SHIFT);
    pa += take32(s->in) % (XEN_PAGE_SIZE / 8) * 8;
    kit_put(s->k, pa, &word, sizeof word);
}

static void (*const operations[])(struct scene *s) = {
    op_hypercall, op_structured, op_structured, op_firmware, op_hyperprivop, op_write_argument,
    op_write_descriptor, op_grant, op_ring, op_ring_header, op_notify, op_store, op_page_index,
    op_time, op_frame_arrives, op_shared_page, op_block, op_frame, op_console,
};

/* --- the run ---------------------------------------------------------------------------------- */

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
    struct scene *s = scene_start(&in);
    for (unsigned i = 0; in.left && i < OPERATIONS_MAX; i++) {
        scene_ready(s);
        operations[take8(&in) % ARRAY_LEN(operations)](s);
    }
    scene_ready(s);
    scene_check(s);
    return 0;
}
