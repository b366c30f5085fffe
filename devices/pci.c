/* One PCI bus.  Configuration space is an array of bytes with a parallel idea of which bits a guest
 * may change; that is all that sizing a BAR needs (the low bits stay zero).  INTx lines are levels
 * counted per line, since devices share them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/pci.h"

#include <gio/gio.h>
#include <string.h>

#include "base/bits.h"
#include "base/section.h"

enum {
    CFG_VENDOR = 0x00, CFG_DEVICE = 0x02, CFG_COMMAND = 0x04, CFG_STATUS = 0x06,
    CFG_REVISION = 0x08, CFG_CLASS = 0x09, CFG_CACHE_LINE = 0x0c, CFG_LATENCY = 0x0d,
    CFG_BAR0 = 0x10, CFG_SUB_VENDOR = 0x2c, CFG_SUB_ID = 0x2e,
    CFG_IRQ_LINE = 0x3c, CFG_IRQ_PIN = 0x3d,
};
enum { CMD_MEMORY = 2, CMD_MASTER = 4, CMD_INTX_OFF = 0x400 };
enum { STATUS_INTX = 8 };
#define CMD_WRITABLE 0x0547u /* I/O, memory, master, parity, SERR, INTx disable */
#define SLOTS 32

struct pci_bus {
    u64 window_pa, window_size, next_free;
    struct irq_line intx[4];
    unsigned asserted[4];
    struct pci_device *slots[SLOTS];
    unsigned count;
};

static u32 get32(const struct pci_device *dev, unsigned reg)
{
    u32 v;
    memcpy(&v, dev->config + reg, 4);
    return v;
}

static void put32(struct pci_device *dev, unsigned reg, u32 v)
{
    memcpy(dev->config + reg, &v, 4);
}

static void put16(struct pci_device *dev, unsigned reg, u16 v)
{
    memcpy(dev->config + reg, &v, 2);
}

static u16 get16(const struct pci_device *dev, unsigned reg)
{
    u16 v;
    memcpy(&v, dev->config + reg, 2);
    return v;
}

struct pci_bus *pci_bus_new(u64 window_pa, u64 window_size, const struct irq_line intx[4])
{
    struct pci_bus *bus = g_new0(struct pci_bus, 1);
    bus->window_pa = window_pa;
    bus->window_size = window_size;
    memcpy(bus->intx, intx, sizeof bus->intx);
    return bus;
}

void pci_bus_free(struct pci_bus *bus)
{
    if (!bus) return;
    for (unsigned s = 0; s < SLOTS; s++) {
        if (bus->slots[s]) bus->slots[s]->ops->free(bus->slots[s]);
    }
    g_free(bus);
}

/* A BAR's address is what firmware chose at first; a reset puts it back. */
static bool assign_bars(struct pci_bus *bus, struct pci_device *dev)
{
    for (unsigned b = 0; b < PCI_BARS; b++) {
        u32 size = dev->id.bar_size[b];
        if (!size) continue;
        u64 at = align_up(bus->next_free, MAX(size, PHYS_PAGE_SIZE));
        if (at + size > bus->window_size) return false;
        bus->next_free = at + size;
        put32(dev, CFG_BAR0 + 4 * b, (u32)(bus->window_pa + at));
    }
    return true;
}

static void fill_header(struct pci_device *dev)
{
    const struct pci_identity *id = &dev->id;
    memset(dev->config, 0, sizeof dev->config);
    put16(dev, CFG_VENDOR, id->vendor);
    put16(dev, CFG_DEVICE, id->device);
    put32(dev, CFG_REVISION, id->class_code << 8 | id->revision);
    put16(dev, CFG_SUB_VENDOR, id->subsystem_vendor);
    put16(dev, CFG_SUB_ID, id->subsystem);
    dev->config[CFG_IRQ_PIN] = 1;
}

bool pci_add(struct pci_bus *bus, struct pci_device *dev, GError **err)
{
    unsigned slot = bus->count + 1; /* slot 0 would be the host bridge's own place */
    dev->bus = bus;
    dev->slot = slot;
    fill_header(dev);
    if (slot >= SLOTS || !assign_bars(bus, dev)) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "no room on the PCI bus for another %s "
                    "device: it takes %u, disks and all", dev->ops->name, SLOTS - 1);
        dev->ops->free(dev);
        return false;
    }
    bus->slots[slot] = dev;
    bus->count++;
    return true;
}

unsigned pci_device_count(const struct pci_bus *bus)
{
    return bus->count;
}

struct pci_device *pci_device_at(const struct pci_bus *bus, unsigned slot)
{
    return slot < SLOTS ? bus->slots[slot] : NULL;
}

void pci_bus_reset(struct pci_bus *bus)
{
    bus->next_free = 0;
    for (unsigned s = 0; s < SLOTS; s++) {
        struct pci_device *dev = bus->slots[s];
        if (!dev) continue;
        dev->ops->reset(dev);
        pci_set_irq(dev, false);
        fill_header(dev);
        assign_bars(bus, dev);
    }
}

void pci_bus_poll(struct pci_bus *bus)
{
    for (unsigned s = 1; s <= bus->count; s++) {
        struct pci_device *dev = bus->slots[s];
        if (dev->ops->poll) dev->ops->poll(dev);
    }
}

u64 pci_bus_hash(const struct pci_bus *bus, u64 seed)
{
    for (unsigned s = 1; s <= bus->count; s++) {
        const struct pci_device *dev = bus->slots[s];
        seed = hash_bytes(hash_u64(seed, dev->irq_level), dev->config, sizeof dev->config);
        if (dev->ops->hash) seed = dev->ops->hash(dev, seed);
    }
    return seed;
}

void pci_bus_print(const struct pci_bus *bus, GString *out)
{
    for (unsigned s = 1; s <= bus->count; s++) {
        const struct pci_device *dev = bus->slots[s];
        g_string_append_printf(out, "00:%02x.0 %04x:%04x class %06x at 0x%08x %s%s\n", s,
                               dev->id.vendor, dev->id.device, dev->id.class_code,
                               (unsigned)pci_bar_address(dev, 0), dev->ops->name,
                               dev->irq_level ? ", interrupt asserted" : "");
    }
}

/* What the wire shows: the device's wish, unless the command register disconnects it. */
static bool line_driven(const struct pci_device *dev)
{
    return dev->irq_level && !(get16(dev, CFG_COMMAND) & CMD_INTX_OFF);
}

/* After a change: tell the board if the wired OR moved. */
static void drive_line(struct pci_device *dev, bool before)
{
    struct pci_bus *bus = dev->bus;
    bool now = line_driven(dev);
    if (now == before) return;
    unsigned line = dev->slot & 3;
    unsigned old = bus->asserted[line];
    bus->asserted[line] = now ? old + 1 : old - 1;
    if (!old != !bus->asserted[line]) irq_set(&bus->intx[line], now);
}

void pci_set_irq(struct pci_device *dev, bool level)
{
    bool before = line_driven(dev);
    dev->irq_level = level;
    drive_line(dev, before);
}

bool pci_can_dma(const struct pci_device *dev)
{
    return get16(dev, CFG_COMMAND) & CMD_MASTER;
}

u64 pci_bar_address(const struct pci_device *dev, unsigned bar)
{
    return get32(dev, CFG_BAR0 + 4 * bar) & ~15u;
}

static struct pci_device *function(struct pci_bus *bus, unsigned devfn)
{
    return devfn & 7 ? NULL : pci_device_at(bus, devfn >> 3);
}

static bool access_ok(unsigned reg, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && !(reg & (size - 1)) &&
           reg + size <= PCI_CONFIG_SIZE;
}

u32 pci_config_read(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size)
{
    struct pci_device *dev = function(bus, devfn);
    if (!dev || !access_ok(reg, size)) return (u32)mask64(size * 8);
    u32 word = get32(dev, reg & ~3u);
    if ((reg & ~3u) == CFG_COMMAND && dev->irq_level) word |= (u32)STATUS_INTX << 16;
    return (u32)zext(word >> (reg & 3) * 8, size * 8);
}

/* Which bits of the aligned word at `reg` a guest may change. */
static u32 writable(const struct pci_device *dev, unsigned reg)
{
    if (reg == CFG_COMMAND) return CMD_WRITABLE;
    if (reg == CFG_CACHE_LINE) return 0xffff; /* cache line size and latency timer */
    if (reg == (CFG_IRQ_LINE & ~3u)) return 0xff;
    if (reg >= CFG_BAR0 && reg < CFG_BAR0 + 4 * PCI_BARS) {
        u32 size = dev->id.bar_size[(reg - CFG_BAR0) / 4];
        return size ? ~(size - 1) : 0;
    }
    return 0;
}

void pci_config_write(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size, u32 value)
{
    struct pci_device *dev = function(bus, devfn);
    if (!dev || !access_ok(reg, size)) return;
    bool driven = line_driven(dev);
    unsigned word = reg & ~3u, shift = (reg & 3) * 8;
    u32 mask = (u32)mask64(size * 8) << shift & writable(dev, word);
    put32(dev, word, (get32(dev, word) & ~mask) | (value << shift & mask));
    drive_line(dev, driven);
}

/* The BAR that claims a window address, if memory decoding is on. */
static struct pci_device *decode(struct pci_bus *bus, u64 pa, unsigned *bar, u64 *offset)
{
    for (unsigned s = 1; s <= bus->count; s++) {
        struct pci_device *dev = bus->slots[s];
        if (!(get16(dev, CFG_COMMAND) & CMD_MEMORY)) continue;
        for (unsigned b = 0; b < PCI_BARS; b++) {
            u64 base = pci_bar_address(dev, b);
            if (!dev->id.bar_size[b] || pa < base || pa - base >= dev->id.bar_size[b]) continue;
            *bar = b;
            *offset = pa - base;
            return dev;
        }
    }
    return NULL;
}

static u64 window_read(void *opaque, u64 offset, unsigned size)
{
    struct pci_bus *bus = opaque;
    unsigned bar;
    u64 at;
    struct pci_device *dev = decode(bus, bus->window_pa + offset, &bar, &at);
    return dev ? dev->ops->bar_read(dev, bar, at, size) : mask64(size * 8);
}

static void window_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    struct pci_bus *bus = opaque;
    unsigned bar;
    u64 at;
    struct pci_device *dev = decode(bus, bus->window_pa + offset, &bar, &at);
    if (dev) dev->ops->bar_write(dev, bar, at, size, value);
}

const struct physmem_ops pci_window_ops = {
    .name = "pci memory window", .read = window_read, .write = window_write,
};
