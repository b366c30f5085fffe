/* The console of bare hardware: a 16550 serial port in the legacy I/O space.
 *
 * Sending waits until the transmitter is empty; receiving interrupts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "firmware.h"
#include "irq.h"
#include "lock.h"
#include "xen.h"

enum { UART_PORT = 0x3f8, UART_GSI = 4 };
enum { RBR = 0, THR = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { IER_RECEIVE = 1, FCR_ENABLE = 1, LCR_8N1 = 3, MCR_READY = 0x0b };
enum { LSR_DATA = 1, LSR_SENDER_EMPTY = 0x20 };

static spinlock_t lock = SPINLOCK_INIT;

static void send(char c)
{
    while (!(inb(UART_PORT + LSR) & LSR_SENDER_EMPTY)) cpu_relax();
    outb((u8)c, UART_PORT + THR);
}

static void uart_write(const char *s, size_t n)
{
    bool on = spin_lock_irqsave(&lock);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') send('\r');
        send(s[i]);
    }
    spin_unlock_irqrestore(&lock, on);
}

static int uart_getc(void)
{
    return inb(UART_PORT + LSR) & LSR_DATA ? inb(UART_PORT + RBR) : -1;
}

static struct console uart = { .name = "ttyS0", .write = uart_write, .getc = uart_getc };

static void uart_interrupt(void *unused)
{
    (void)unused;
    console_input(&uart);
}

static void uart_early(void)
{
    if (running_on_xen) return;
    outb(0, UART_PORT + IER);
    outb(FCR_ENABLE, UART_PORT + FCR);
    outb(LCR_8N1, UART_PORT + LCR);
    outb(MCR_READY, UART_PORT + MCR);
    console_register(&uart);
}
early_initcall(uart_early);

static void uart_listen(void)
{
    if (running_on_xen) return;
    if (irq_request(UART_GSI, uart_interrupt, NULL)) panic("uart16550: no interrupt %d", UART_GSI);
    outb(IER_RECEIVE, UART_PORT + IER);
}
initcall(uart_listen);
