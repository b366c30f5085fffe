/* One PCI segment with one bus: configuration space, memory BARs, INTx.  PUBLIC.
 *
 * The guest reaches configuration space through SAL (bios/sal.c calls pci_config_read/write) and
 * BARs through the bus's memory window, which is one range of physical memory.  Firmware assigns
 * the BARs when a device is added, because nobody else does on this platform.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_PCI_H
#define DEVICES_PCI_H

#include "devices/device.h"
#include "mmu/physmem.h"

#define PCI_CONFIG_SIZE 256
#define PCI_BARS 6

struct pci_bus;
struct pci_device;

struct pci_device_ops {
    const char *name;
    u64 (*bar_read)(struct pci_device *dev, unsigned bar, u64 offset, unsigned size);
    void (*bar_write)(struct pci_device *dev, unsigned bar, u64 offset, unsigned size, u64 value);
    void (*reset)(struct pci_device *dev);
    void (*poll)(struct pci_device *dev); /* host input, between slices; may be NULL */
    u64 (*hash)(const struct pci_device *dev, u64 seed); /* NULL: the board hashes it elsewhere */
    void (*free)(struct pci_device *dev);
};

/* Filled in by the device before pci_add. */
struct pci_identity {
    u16 vendor, device, subsystem_vendor, subsystem;
    u32 class_code; /* 24 bits: class, subclass, programming interface */
    u8 revision;
    u32 bar_size[PCI_BARS]; /* powers of two, at least 16; 0: none */
};

/* First member of every PCI device. */
struct pci_device {
    const struct pci_device_ops *ops;
    struct pci_identity id;
    struct pci_bus *bus;
    unsigned slot;
    bool irq_level;
    u8 config[PCI_CONFIG_SIZE];
};

/* `window` is physical memory for BARs; INTA# of slot s drives `intx[s & 3]`: the caller wires
 * the four lines (they are wired ORs, levels are counted here). */
struct pci_bus *pci_bus_new(u64 window_pa, u64 window_size, const struct irq_line intx[4]);
void pci_bus_free(struct pci_bus *bus); /* and all devices */
void pci_bus_reset(struct pci_bus *bus);
void pci_bus_poll(struct pci_bus *bus);
u64 pci_bus_hash(const struct pci_bus *bus, u64 seed);
void pci_bus_print(const struct pci_bus *bus, GString *out); /* one line per device */
extern const struct physmem_ops pci_window_ops; /* opaque: struct pci_bus */

/* Take ownership of `dev`, give it the next slot and addresses for its BARs. */
bool pci_add(struct pci_bus *bus, struct pci_device *dev, GError **err);
unsigned pci_device_count(const struct pci_bus *bus);
struct pci_device *pci_device_at(const struct pci_bus *bus, unsigned slot); /* or NULL */

/* INTA# of a device. */
void pci_set_irq(struct pci_device *dev, bool level);
/* May the device master the bus?  (Reads and writes of its own follow physmem.) */
bool pci_can_dma(const struct pci_device *dev);
u64 pci_bar_address(const struct pci_device *dev, unsigned bar);

/* Configuration space; absent functions read as ones.  Sizes 1, 2, 4, naturally aligned. */
u32 pci_config_read(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size);
void pci_config_write(struct pci_bus *bus, unsigned devfn, unsigned reg, unsigned size, u32 value);

#endif
