/* The console: a page with two rings, and a character device at our end.  Output is taken at every
 * event and every yield, whatever state the guest is in: while it boots it spins until there is
 * room, with interrupts off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/ops.h"

#define CONSOLE_IO_MAX 4096u
enum { CONSOLEIO_WRITE = 0, CONSOLEIO_READ = 1 };

static u64 page(const struct domain *d)
{
    return domain_page_pfn(d, PAGE_CONSOLE) << XEN_PAGE_SHIFT;
}

static void emit(struct domain *d, const u8 *text, size_t len)
{
    if (d->config.console && len) chardev_write(d->config.console, text, len);
}

void console_drain(struct domain *d)
{
    u64 pa = page(d);
    u32 cons = guest_read32(d, pa + CONSOLE_OUT_CONS);
    u32 prod = guest_read32(d, pa + CONSOLE_OUT_PROD);
    u8 text[CONSOLE_OUT_SIZE];
    u32 n = MIN(prod - cons, (u32)CONSOLE_OUT_SIZE);
    for (u32 i = 0; i < n; i++) {
        if (!guest_read(d, pa + CONSOLE_OUT + (cons + i) % CONSOLE_OUT_SIZE, &text[i], 1)) return;
    }
    emit(d, text, n);
    if (prod != cons) guest_write32(d, pa + CONSOLE_OUT_CONS, prod);
}

static void on_event(void *opaque)
{
    console_drain(opaque);
}

void console_start(struct domain *d)
{
    d->console_port = evtchn_bind_host(d, on_event, d);
}

bool domain_takes_input(const struct domain *d)
{
    struct { u32 cons, prod; } in;
    const u8 *host = physmem_host(d->pm, page(d) + CONSOLE_IN_CONS, sizeof in);
    memcpy(&in, host, sizeof in);
    return in.prod - in.cons < CONSOLE_IN_SIZE;
}

void console_poll(struct domain *d)
{
    u64 pa = page(d);
    u32 cons = guest_read32(d, pa + CONSOLE_IN_CONS), prod = guest_read32(d, pa + CONSOLE_IN_PROD);
    u8 text[CONSOLE_IN_SIZE];
    u32 used = prod - cons;
    console_drain(d);
    if (!d->config.console || used >= CONSOLE_IN_SIZE) return;
    size_t n = chardev_read(d->config.console, text, CONSOLE_IN_SIZE - used);
    for (size_t i = 0; i < n; i++) {
        u64 at = pa + CONSOLE_IN + (prod + i) % CONSOLE_IN_SIZE;
        if (!guest_write(d, at, &text[i], 1)) return;
    }
    if (!n) return;
    guest_write32(d, pa + CONSOLE_IN_PROD, prod + (u32)n);
    evtchn_raise(d, d->console_port);
}

/* The emergency console of kernels under development: straight out. */
s64 hv_console_io(struct hv_vcpu *v, u32 cmd, u32 n, xencomm text)
{
    u8 buf[CONSOLE_IO_MAX];
    if (cmd == CONSOLEIO_READ) return 0;
    if (cmd != CONSOLEIO_WRITE) return XEN_ENOSYS;
    n = MIN(n, CONSOLE_IO_MAX);
    if (!xencomm_read(v->d, text, 0, buf, n)) return XEN_EFAULT;
    emit(v->d, buf, n);
    return n;
}
