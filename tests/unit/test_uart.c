/* The serial port, probed as the 8250 drivers of Linux probe it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "devices/uart16550.h"

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

struct kit {
    struct chardev *host;
    struct uart16550 *uart;
    bool line;
    unsigned edges;
};

static void on_line(void *opaque, unsigned number, bool level)
{
    struct kit *k = opaque;
    assert_int_equal(number, 4);
    if (level && !k->line) k->edges++;
    k->line = level;
}

static int setup(void **state)
{
    struct kit *k = g_new0(struct kit, 1);
    struct irq_line irq = { on_line, k, 4 };
    k->host = chardev_buffer_new();
    k->uart = uart_new(k->host, &irq);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    uart_free(k->uart);
    chardev_free(k->host);
    g_free(k);
    return 0;
}

static unsigned in(struct kit *k, unsigned reg)
{
    return uart_ioport_ops.read(k->uart, reg, 1);
}

static void out(struct kit *k, unsigned reg, unsigned value)
{
    uart_ioport_ops.write(k->uart, reg, 1, value);
}

static void output_reaches_the_host_and_the_transmitter_is_always_empty(void **state)
{
    struct kit *k = *state;
    assert_int_equal(in(k, LSR) & 0x60, 0x60);
    out(k, THR, 'h');
    assert_int_equal(in(k, LSR) & 0x60, 0x60);
    out(k, THR, 'i');
    assert_string_equal(chardev_buffer_output(k->host)->str, "hi");
}

static void the_divisor_latch_hides_data_and_interrupt_enable(void **state)
{
    struct kit *k = *state;
    out(k, LCR, 0x83);
    out(k, THR, 0x01);
    out(k, IER, 0x02);
    assert_int_equal(in(k, RBR), 0x01);
    assert_int_equal(in(k, IER), 0x02);
    out(k, LCR, 0x03);
    assert_int_equal(in(k, IER), 0x00);
    assert_int_equal(chardev_buffer_output(k->host)->len, 0);
}

/* 8250_port.c autoconfig(): each answer here decides what kind of port the driver believes in. */
static void it_looks_like_a_16550a_to_the_linux_probe(void **state)
{
    struct kit *k = *state;
    out(k, IER, 0);
    assert_int_equal(in(k, IER) & 0x0f, 0);
    out(k, IER, 0xff);
    assert_int_equal(in(k, IER), 0x0f); /* bit 6 would make it an XScale */
    out(k, IER, 0);
    out(k, MCR, 0x10 | 0x0a);
    assert_int_equal(in(k, MSR) & 0xf0, 0x90);
    out(k, MCR, 0);
    out(k, FCR, 1);
    assert_int_equal(in(k, IIR) >> 6, 3);
    out(k, LCR, 0xbf);
    assert_int_not_equal(in(k, 2), 0); /* zero would be the EFR of a 16650 */
    out(k, LCR, 0);
    out(k, FCR, 1 | 0x20);
    assert_int_equal(in(k, IIR) & 0x20, 0); /* a 16750 would set it */
    out(k, SCR, 0xa5);
    assert_int_equal(in(k, SCR), 0xa5);
}

static void loopback_returns_characters_and_sends_none(void **state)
{
    struct kit *k = *state;
    out(k, MCR, 0x10);
    out(k, THR, 'x');
    assert_int_equal(in(k, LSR) & 1, 1);
    assert_int_equal(in(k, RBR), 'x');
    assert_int_equal(in(k, LSR) & 1, 0);
    assert_int_equal(chardev_buffer_output(k->host)->len, 0);
}

static void enabling_the_transmit_interrupt_raises_one_and_iir_takes_it(void **state)
{
    struct kit *k = *state;
    out(k, IER, 2);
    assert_true(k->line);
    assert_int_equal(in(k, IIR), 2);
    assert_false(k->line);
    assert_int_equal(in(k, IIR), 1);
    out(k, THR, 'x');
    assert_true(k->line);
}

static void input_waits_at_the_host_until_the_guest_listens(void **state)
{
    struct kit *k = *state;
    chardev_buffer_type(k->host, "ab", 2);
    out(k, FCR, 1);
    uart_poll(k->uart);
    assert_int_equal(in(k, LSR) & 1, 0);
    out(k, IER, 1);
    uart_poll(k->uart);
    assert_true(k->line);
    assert_int_equal(in(k, RBR), 'a');
    assert_int_equal(in(k, RBR), 'b');
    assert_false(k->line);
}

/* Firmware, debuggers and small kernels wait without interrupts.  A driver's start-up looks at LSR too,
 * and throws away what is there. */
static void a_guest_that_polls_is_given_input_and_one_that_starts_up_is_not(void **state)
{
    struct kit *k = *state;
    chardev_buffer_type(k->host, "abc", 3);
    for (unsigned i = 0; i < 100; i++) {
        in(k, LSR);
        out(k, THR, 'x'); /* as a console does that only sends */
        in(k, LSR), in(k, RBR), in(k, IIR), in(k, MSR);
        uart_poll(k->uart);
    }
    assert_int_equal(in(k, LSR) & 1, 0);
    for (char c = 'a'; c <= 'c'; c++) {
        unsigned looks = 0;
        while (!(in(k, LSR) & 1)) {
            assert_true(++looks < 100);
            uart_poll(k->uart);
        }
        assert_int_equal(in(k, RBR), c);
    }
    assert_false(k->line);
}

static void a_fifo_holds_sixteen_and_the_trigger_level_shows_in_iir(void **state)
{
    struct kit *k = *state;
    char text[20] = "0123456789abcdefghij";
    chardev_buffer_type(k->host, text, 7);
    out(k, FCR, 0x81); /* trigger at 8 */
    out(k, IER, 1);
    uart_poll(k->uart);
    assert_int_equal(in(k, IIR) & 0x0f, 0x0c); /* below it: character timeout */
    chardev_buffer_type(k->host, text + 7, 13);
    assert_true(uart_poll(k->uart)); /* there may be more */
    assert_int_equal(in(k, IIR) & 0x0f, 0x04);
    for (unsigned i = 0; i < 16; i++) assert_int_equal(in(k, RBR), text[i]);
    assert_int_equal(in(k, LSR) & 3, 0);
    assert_false(uart_poll(k->uart));
    for (unsigned i = 16; i < 20; i++) assert_int_equal(in(k, RBR), text[i]);
}

static void overrun_in_loopback_is_a_line_status_interrupt(void **state)
{
    struct kit *k = *state;
    out(k, MCR, 0x10);
    out(k, IER, 4);
    out(k, THR, 'a');
    assert_false(k->line);
    out(k, THR, 'b');
    assert_true(k->line);
    assert_int_equal(in(k, IIR), 6);
    assert_int_equal(in(k, LSR) & 2, 2);
    assert_false(k->line);
    assert_int_equal(in(k, RBR), 'a');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(output_reaches_the_host_and_the_transmitter_is_always_empty),
        T(the_divisor_latch_hides_data_and_interrupt_enable),
        T(it_looks_like_a_16550a_to_the_linux_probe),
        T(loopback_returns_characters_and_sends_none),
        T(enabling_the_transmit_interrupt_raises_one_and_iir_takes_it),
        T(input_waits_at_the_host_until_the_guest_listens),
        T(a_guest_that_polls_is_given_input_and_one_that_starts_up_is_not),
        T(a_fifo_holds_sixteen_and_the_trigger_level_shows_in_iir),
        T(overrun_in_loopback_is_a_line_status_interrupt),
    };
    return cmocka_run_group_tests_name("uart16550", tests, NULL, NULL);
}
