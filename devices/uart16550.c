/* A 16550A serial port.  Sending takes no time: THR is always empty, both bits of LSR that say so
 * are always set (the early consoles of Linux wait for both).  Receiving fills a FIFO of 16; below
 * the trigger level the character timeout is reported at once.  Loopback, modem status deltas and
 * the break between FCR and IIR are as drivers probe them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/uart16550.h"

#include "base/bits.h"
#include "base/section.h"

enum { RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

enum { IER_RX = 1, IER_THRE = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { IIR_NONE = 1, IIR_MODEM = 0, IIR_THRE = 2, IIR_RX = 4, IIR_LINE = 6, IIR_TIMEOUT = 12 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16 };
enum { LSR_DR = 1, LSR_OVERRUN = 2, LSR_EMPTY = 0x60 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

#define FIFO_LEN 16
#define LOOKS_OF_A_WAITER 16 /* at LSR in a row; drivers that start up or send look once or twice */

struct uart16550 {
    struct chardev *host;
    struct irq_line irq;
    u8 ier, fcr, lcr, mcr, scr, dll, dlm;
    u8 lines, msr_delta; /* modem lines as last seen, and which of them changed */
    bool overrun, thre_pending;
    u8 fifo[FIFO_LEN];
    unsigned head, count;
    unsigned looks; /* at LSR since anything but RBR was accessed, up to LOOKS_OF_A_WAITER */
};

struct uart16550 *uart_new(struct chardev *host, const struct irq_line *irq)
{
    struct uart16550 *u = g_new0(struct uart16550, 1);
    u->host = host;
    u->irq = *irq;
    uart_reset(u);
    return u;
}

void uart_free(struct uart16550 *u)
{
    g_free(u);
}

u64 uart_hash(const struct uart16550 *u, u64 seed)
{
    const u8 regs[] = { u->ier, u->fcr, u->lcr, u->mcr, u->scr, u->dll, u->dlm, u->lines,
                        u->msr_delta, u->overrun, u->thre_pending, (u8)u->looks };
    seed = hash_bytes(seed, regs, sizeof regs);
    for (unsigned i = 0; i < u->count; i++) {
        seed = hash_u64(seed, u->fifo[(u->head + i) % FIFO_LEN]);
    }
    return hash_u64(seed, u->count);
}

/* With loopback the outputs of MCR come back as the inputs of MSR; else a modem that is ready. */
static u8 modem_lines(const struct uart16550 *u)
{
    if (!(u->mcr & MCR_LOOP)) return MSR_CTS | MSR_DSR | MSR_DCD;
    return (u8)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static unsigned trigger_level(const struct uart16550 *u)
{
    static const u8 level[4] = { 1, 4, 8, 14 };
    return u->fcr & FCR_ENABLE ? level[u->fcr >> 6] : 1;
}

/* The pending interrupt of highest priority, as IIR shows it. */
static unsigned pending(const struct uart16550 *u)
{
    if ((u->ier & IER_LINE) && u->overrun) return IIR_LINE;
    if ((u->ier & IER_RX) && u->count) return u->count >= trigger_level(u) ? IIR_RX : IIR_TIMEOUT;
    if ((u->ier & IER_THRE) && u->thre_pending) return IIR_THRE;
    if ((u->ier & IER_MODEM) && u->msr_delta) return IIR_MODEM;
    return IIR_NONE;
}

static void update_irq(struct uart16550 *u)
{
    irq_set(&u->irq, pending(u) != IIR_NONE);
}

void uart_reset(struct uart16550 *u)
{
    u->ier = u->fcr = u->lcr = u->mcr = u->scr = u->dll = u->dlm = 0;
    u->overrun = u->thre_pending = false;
    u->head = u->count = u->looks = 0;
    u->lines = modem_lines(u);
    u->msr_delta = 0;
    update_irq(u);
}

static unsigned capacity(const struct uart16550 *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_LEN : 1;
}

static void receive(struct uart16550 *u, u8 c)
{
    if (u->count >= capacity(u)) {
        u->overrun = true;
    } else {
        u->fifo[(u->head + u->count++) % FIFO_LEN] = c;
    }
    update_irq(u);
}

bool uart_takes_input(const struct uart16550 *u)
{
    bool listens = (u->ier & IER_RX) || u->looks == LOOKS_OF_A_WAITER;
    return listens && !(u->mcr & MCR_LOOP) && u->count < capacity(u);
}

bool uart_poll(struct uart16550 *u)
{
    u8 buf[FIFO_LEN];
    if (!uart_takes_input(u)) return false;
    size_t n = chardev_read(u->host, buf, capacity(u) - u->count);
    for (size_t i = 0; i < n; i++) receive(u, buf[i]);
    return u->count == capacity(u);
}

static u8 read_rbr(struct uart16550 *u)
{
    if (!u->count) return 0;
    u8 c = u->fifo[u->head];
    u->head = (u->head + 1) % FIFO_LEN;
    u->count--;
    return c;
}

static u8 read_iir(struct uart16550 *u)
{
    unsigned which = pending(u);
    if (which == IIR_THRE) u->thre_pending = false;
    return (u8)(which | (u->fcr & FCR_ENABLE ? 0xc0 : 0));
}

static u8 read_lsr(struct uart16550 *u)
{
    u8 lsr = (u8)(LSR_EMPTY | (u->count ? LSR_DR : 0) | (u->overrun ? LSR_OVERRUN : 0));
    u->overrun = false;
    return lsr;
}

static u8 read_msr(struct uart16550 *u)
{
    u8 msr = u->lines | u->msr_delta;
    u->msr_delta = 0;
    return msr;
}

static u8 read_register(struct uart16550 *u, unsigned reg)
{
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg) {
    case RBR_THR: return dlab ? u->dll : read_rbr(u);
    case IER: return dlab ? u->dlm : u->ier;
    case IIR_FCR: return read_iir(u);
    case LCR: return u->lcr;
    case MCR: return u->mcr;
    case LSR: return read_lsr(u);
    case MSR: return read_msr(u);
    default: return u->scr;
    }
}

static void write_thr(struct uart16550 *u, u8 c)
{
    if (u->mcr & MCR_LOOP) {
        receive(u, c);
    } else {
        chardev_write(u->host, &c, 1);
    }
    u->thre_pending = true;
}

/* Enabling the transmit interrupt while the holding register is empty requests one. */
static void write_ier(struct uart16550 *u, u8 value)
{
    value &= IER_RX | IER_THRE | IER_LINE | IER_MODEM;
    if (value & ~u->ier & IER_THRE) u->thre_pending = true;
    u->ier = value;
}

static void write_fcr(struct uart16550 *u, u8 value)
{
    if (((value ^ u->fcr) & FCR_ENABLE) || (value & FCR_CLEAR_RX)) u->count = 0;
    u->fcr = value & (0xc0 | FCR_ENABLE);
}

static void write_mcr(struct uart16550 *u, u8 value)
{
    u->mcr = value & 0x1f;
    u8 lines = modem_lines(u), changed = lines ^ u->lines;
    u8 ri_fell = u->lines & ~lines & MSR_RI; /* the ring indicator counts at its end only */
    u->msr_delta |= (u8)((changed & (MSR_CTS | MSR_DSR | MSR_DCD)) >> 4 | ri_fell >> 4);
    u->lines = lines;
}

static void write_register(struct uart16550 *u, unsigned reg, u8 value)
{
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg) {
    case RBR_THR: if (dlab) u->dll = value; else write_thr(u, value); break;
    case IER: if (dlab) u->dlm = value; else write_ier(u, value); break;
    case IIR_FCR: write_fcr(u, value); break;
    case LCR: u->lcr = value; break;
    case MCR: write_mcr(u, value); break;
    case SCR: u->scr = value; break;
    default: break;
    }
}

static void count_looks(struct uart16550 *u, unsigned reg)
{
    if (reg == LSR) u->looks = MIN(u->looks + 1, LOOKS_OF_A_WAITER);
    else if (reg != RBR_THR) u->looks = 0;
}

/* Wider accesses are not what a 16550 has; they see the first register and nothing beside it. */
static u32 port_read(void *opaque, unsigned offset, unsigned size)
{
    (void)size;
    count_looks(opaque, offset & 7);
    u32 value = read_register(opaque, offset & 7);
    update_irq(opaque);
    return value;
}

static void port_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    (void)size;
    struct uart16550 *u = opaque;
    u->looks = 0;
    write_register(u, offset & 7, (u8)value);
    update_irq(u);
}

const struct ioport_ops uart_ioport_ops = {
    .name = "uart16550", .read = port_read, .write = port_write,
};

static u64 mmio_read(void *opaque, u64 offset, unsigned size)
{
    return port_read(opaque, (unsigned)offset, size);
}

static void mmio_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    port_write(opaque, (unsigned)offset, size, (u32)value);
}

const struct physmem_ops uart_mmio_ops = {
    .name = "uart16550", .read = mmio_read, .write = mmio_write,
};
