/* The console of a domain: two rings of characters in a page that the console's daemon reads.
 *
 * Counters run freely; a position in the ring is the counter modulo the ring's size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "irq.h"
#include "lock.h"
#include "mm.h"
#include "xen.h"

enum { IN_SIZE = 1024, OUT_SIZE = 2048 };

struct console_page {
    char in[IN_SIZE], out[OUT_SIZE];
    u32 in_cons, in_prod, out_cons, out_prod;
};

static spinlock_t lock = SPINLOCK_INIT;
static struct console_page *page;

/* The daemon empties the ring when it is told, or while we wait for it. */
static void make_room(void)
{
    while (page->out_prod - read_once(page->out_cons) >= OUT_SIZE) {
        evtchn_notify(xen_start_info->console_evtchn);
        hypercall2(XEN_SCHED_OP, SCHEDOP_YIELD, 0);
    }
}

static void put(char c)
{
    make_room();
    page->out[page->out_prod % OUT_SIZE] = c;
    memory_barrier(); /* the character before the counter */
    write_once(page->out_prod, page->out_prod + 1);
}

static void xen_console_write(const char *s, size_t n)
{
    bool on = spin_lock_irqsave(&lock);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') put('\r');
        put(s[i]);
    }
    spin_unlock_irqrestore(&lock, on);
    evtchn_notify(xen_start_info->console_evtchn);
}

static int xen_console_getc(void)
{
    if (read_once(page->in_prod) == page->in_cons) return -1;
    memory_barrier(); /* the counter before the character */
    int c = (u8)page->in[page->in_cons % IN_SIZE];
    write_once(page->in_cons, page->in_cons + 1);
    if (read_once(page->in_prod) == page->in_cons) evtchn_notify(xen_start_info->console_evtchn);
    return c;
}

static struct console xen_console = {
    .name = "hvc0", .write = xen_console_write, .getc = xen_console_getc,
};

static void xen_console_interrupt(void *unused)
{
    (void)unused;
    console_input(&xen_console);
}

static void xen_console_early(void)
{
    if (!running_on_xen) return;
    page = va(xen_start_info->console_pfn << PAGE_SHIFT);
    console_register(&xen_console);
}
early_initcall(xen_console_early);

static void xen_console_listen(void)
{
    if (!running_on_xen) return;
    int port = (int)xen_start_info->console_evtchn;
    if (irq_request(port, xen_console_interrupt, NULL)) panic("xen_console: no port %d", port);
    console_input(&xen_console); /* what was typed before anybody listened */
}
initcall(xen_console_listen);
