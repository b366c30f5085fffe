/* The I/O SAPIC.  A guest selects a register by index, reads or writes it through a window, and
 * ends level interrupts with a store of the vector.  Rules worth knowing: an edge while masked is
 * lost; a level that was sent waits for its EOI (remote IRR); unmasking or ending while the pin is
 * still asserted sends again; masking leaves remote IRR alone, because Linux 6.x masks, handles,
 * unmasks and only then writes EOI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/iosapic.h"

#include <glib.h>

#include "base/bits.h"
#include "base/section.h"

enum { REG_SELECT = 0x00, REG_WINDOW = 0x10, REG_EOI = 0x40 };
enum { INDEX_ID = 0, INDEX_VERSION = 1, INDEX_RTE = 0x10 };

/* Fields of a redirection entry. */
#define RTE_POLARITY (1ull << 13)
#define RTE_REMOTE_IRR (1ull << 14)
#define RTE_LEVEL (1ull << 15)
#define RTE_MASK (1ull << 16)
#define RTE_LOW_WRITABLE 0x1a7ffull             /* vector, mode, polarity, trigger, mask */
#define RTE_HIGH_WRITABLE 0xffff000000000000ull /* id, eid */
#define MAX_PINS 64

struct iosapic {
    struct sapic_bus bus;
    unsigned pins;
    u8 select;
    u64 rte[MAX_PINS];
    u64 asserted; /* one bit per pin */
};

struct iosapic *iosapic_new(unsigned pins, const struct sapic_bus *bus)
{
    g_assert(pins && pins <= MAX_PINS);
    struct iosapic *io = g_new0(struct iosapic, 1);
    io->bus = *bus;
    io->pins = pins;
    iosapic_reset(io);
    return io;
}

void iosapic_free(struct iosapic *io)
{
    g_free(io);
}

void iosapic_reset(struct iosapic *io)
{
    io->select = 0;
    for (unsigned n = 0; n < io->pins; n++) io->rte[n] = RTE_MASK;
}

static void send_message(struct iosapic *io, unsigned pin)
{
    u64 rte = io->rte[pin];
    io->bus.deliver(io->bus.opaque, (unsigned)bits(rte, 63, 48),
                    (enum sapic_mode)bits(rte, 10, 8), (unsigned)bits(rte, 7, 0));
}

/* Send a level interrupt if nothing stands in its way. */
static void try_level(struct iosapic *io, unsigned pin)
{
    u64 *rte = &io->rte[pin];
    if (!(*rte & RTE_LEVEL) || (*rte & (RTE_MASK | RTE_REMOTE_IRR))) return;
    if (!bit(io->asserted, pin)) return;
    *rte |= RTE_REMOTE_IRR;
    send_message(io, pin);
}

void iosapic_set_pin(void *iosapic, unsigned pin, bool level)
{
    struct iosapic *io = iosapic;
    if (pin >= io->pins) return;
    bool before = bit(io->asserted, pin);
    io->asserted = deposit(io->asserted, pin, pin, level);
    if (!level || before) return;
    if (io->rte[pin] & RTE_LEVEL) {
        try_level(io, pin);
    } else if (!(io->rte[pin] & RTE_MASK)) {
        send_message(io, pin);
    }
}

static void end_of_interrupt(struct iosapic *io, unsigned vector)
{
    for (unsigned pin = 0; pin < io->pins; pin++) {
        u64 *rte = &io->rte[pin];
        if (!(*rte & RTE_LEVEL) || bits(*rte, 7, 0) != vector) continue;
        *rte &= ~RTE_REMOTE_IRR;
        try_level(io, pin);
    }
}

static void write_rte_low(struct iosapic *io, unsigned pin, u32 value)
{
    u64 *rte = &io->rte[pin];
    *rte = (*rte & ~RTE_LOW_WRITABLE) | (value & RTE_LOW_WRITABLE);
    if (!(*rte & RTE_LEVEL)) *rte &= ~RTE_REMOTE_IRR;
    try_level(io, pin);
}

u64 iosapic_hash(const struct iosapic *io, u64 seed)
{
    seed = hash_u64(hash_u64(seed, io->select), io->asserted);
    return hash_bytes(seed, io->rte, sizeof io->rte);
}

void iosapic_print(const struct iosapic *io, GString *out)
{
    for (unsigned n = 0; n < io->pins; n++) {
        u64 rte = io->rte[n];
        if ((rte & RTE_MASK) && !bit(io->asserted, n)) continue;
        g_string_append_printf(out, "pin %2u: vector 0x%02x to 0x%04x %s%s%s%s\n", n,
                               (unsigned)bits(rte, 7, 0), (unsigned)bits(rte, 63, 48),
                               rte & RTE_LEVEL ? "level" : "edge",
                               rte & RTE_MASK ? ", masked" : "",
                               rte & RTE_REMOTE_IRR ? ", waits for EOI" : "",
                               bit(io->asserted, n) ? ", asserted" : "");
    }
}

static u32 read_window(const struct iosapic *io)
{
    if (io->select == INDEX_VERSION) return (io->pins - 1) << 16 | IOSAPIC_VERSION;
    unsigned n = (unsigned)(io->select - INDEX_RTE);
    if (io->select < INDEX_RTE || n / 2 >= io->pins) return 0;
    return (u32)(io->rte[n / 2] >> (n & 1 ? 32 : 0));
}

static void write_window(struct iosapic *io, u32 value)
{
    unsigned n = (unsigned)(io->select - INDEX_RTE);
    if (io->select < INDEX_RTE || n / 2 >= io->pins) return;
    u64 *rte = &io->rte[n / 2];
    if (n & 1) {
        *rte = (*rte & ~RTE_HIGH_WRITABLE) | ((u64)value << 32 & RTE_HIGH_WRITABLE);
    } else {
        write_rte_low(io, n / 2, value);
    }
}

static u64 iosapic_read(void *opaque, u64 offset, unsigned size)
{
    struct iosapic *io = opaque;
    (void)size;
    switch (offset) {
    case REG_SELECT: return io->select;
    case REG_WINDOW: return read_window(io);
    default: return 0;
    }
}

static void iosapic_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    struct iosapic *io = opaque;
    (void)size;
    switch (offset) {
    case REG_SELECT: io->select = (u8)value; break;
    case REG_WINDOW: write_window(io, (u32)value); break;
    case REG_EOI: end_of_interrupt(io, (unsigned)bits(value, 7, 0)); break;
    default: break;
    }
}

const struct physmem_ops iosapic_mmio_ops = {
    .name = "iosapic", .read = iosapic_read, .write = iosapic_write,
};
