/* Messages to xenstore through a page with two rings, one question at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "xenbus.h"

#include "irq.h"
#include "mm.h"
#include "wait.h"
#include "xen.h"

enum { RING = 1024, PAYLOAD_MAX = 4096 };
enum { XS_DIRECTORY = 1, XS_READ = 2, XS_WRITE = 11, XS_WATCH_EVENT = 15, XS_ERROR = 16 };

struct store_page {
    char req[RING], rsp[RING];
    u32 req_cons, req_prod, rsp_cons, rsp_prod;
};
struct message {
    u32 type, id, transaction, length;
};

static struct store_page *page;
static struct wait_queue progress = WAIT_QUEUE_INIT(progress);

static void store_interrupt(void *unused)
{
    (void)unused;
    wake_up(&progress);
}

static void send(const void *data, size_t n)
{
    const char *p = data;
    for (size_t i = 0; i < n; i++) {
        wait_event(&progress, page->req_prod - read_once(page->req_cons) < RING);
        page->req[page->req_prod % RING] = p[i];
        memory_barrier();
        write_once(page->req_prod, page->req_prod + 1);
    }
    evtchn_notify(xen_start_info->store_evtchn);
}

static void receive(void *data, size_t n)
{
    char *p = data;
    for (size_t i = 0; i < n; i++) {
        wait_event(&progress, read_once(page->rsp_prod) != page->rsp_cons);
        memory_barrier();
        p[i] = page->rsp[page->rsp_cons % RING];
        write_once(page->rsp_cons, page->rsp_cons + 1);
    }
    evtchn_notify(xen_start_info->store_evtchn);
}

/* The payload of the answer, cut to size and with a NUL behind it; its length, or -errno. */
static int answer(u32 type, char *value, size_t size)
{
    static char payload[PAYLOAD_MAX];
    struct message m;
    do {
        receive(&m, sizeof m);
        if (m.length > PAYLOAD_MAX) panic("xenbus: an answer of %u bytes", m.length);
        receive(payload, m.length);
    } while (m.type == XS_WATCH_EVENT);
    size_t length = min((size_t)m.length, size - 1);
    memcpy(value, payload, length);
    value[length] = 0;
    if (m.type == XS_ERROR) return strcmp(value, "ENOENT") ? -EIO : -ENOENT;
    if (m.type != type) panic("xenbus: answer %u to question %u", m.type, type);
    return (int)length;
}

static void connect(void)
{
    int port = (int)xen_start_info->store_evtchn;
    page = va(xen_start_info->store_pfn << PAGE_SHIFT);
    if (irq_request(port, store_interrupt, NULL)) panic("xenbus: no event channel %d", port);
}

static int ask(u32 type, const void *payload, size_t n, char *value, size_t size)
{
    struct message m = { .type = type, .id = type, .length = (u32)n };
    if (!page) connect();
    send(&m, sizeof m);
    send(payload, n);
    return answer(type, value, size);
}

int xenbus_list(const char *path, char *names, size_t size)
{
    return ask(XS_DIRECTORY, path, strlen(path) + 1, names, size);
}

int xenbus_read(const char *directory, const char *name, char *value, size_t size)
{
    char path[XENBUS_PATH];
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    return ask(XS_READ, path, (size_t)n + 1, value, size);
}

u64 xenbus_number(const char *directory, const char *name)
{
    char value[32];
    int found = xenbus_read(directory, name, value, sizeof value);
    if (found < 0) panic("xenbus: no %s/%s", directory, name);
    return parse_u64(value, NULL);
}

void xenbus_write(const char *directory, const char *name, const char *fmt, ...)
{
    char payload[2 * XENBUS_PATH], value[8];
    va_list args;
    int n = snprintf(payload, XENBUS_PATH, "%s/%s", directory, name) + 1; /* value behind the NUL */
    va_start(args, fmt);
    n += vsnprintf(payload + n, sizeof payload - (size_t)n, fmt, args);
    va_end(args);
    int error = ask(XS_WRITE, payload, (size_t)n, value, sizeof value);
    if (error < 0) panic("xenbus: %s/%s cannot be written (%d)", directory, name, error);
}
