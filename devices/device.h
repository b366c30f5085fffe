/* A device: one struct of const operations, its state, and a place on the bus.  PUBLIC.
 *
 * Devices see physical memory, lines, a clock and the host's end of a wire; never a processor,
 * never translation.  Which device sits where is not known here: machine/board.def says it.
 * The operations declare the access sizes a device knows, so no device checks widths itself;
 * another size is logged and reads as all ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

#include "base/clock.h"
#include "base/section.h"
#include "base/types.h"
#include "mmu/physmem.h"

struct device;

/* Access sizes: the size in bytes is its own bit. */
#define ACCESS_1 1u
#define ACCESS_2 2u
#define ACCESS_4 4u
#define ACCESS_8 8u
#define ACCESS_ANY 15u

/* One register or other piece of state, for monitors and state hashes. */
struct device_reg {
    const char *name;
    u32 offset; /* in the device's own struct */
    u32 size;   /* in bytes */
    const char *help;
};
#define DEVICE_REG(type, member, help)                                                            \
    { #member, offsetof(type, member), sizeof(((type *)0)->member), help }

struct device_ops {
    const char *name;
    u64 size;        /* of its range on the bus */
    unsigned access; /* ACCESS_* it knows */
    u64 (*read)(struct device *dev, u64 offset, unsigned size);
    void (*write)(struct device *dev, u64 offset, unsigned size, u64 value);
    void (*reset)(struct device *dev);
    void (*destroy)(struct device *dev); /* frees the struct around `dev` */
    const struct device_reg *regs;       /* ends with a row without name; NULL: none */
};

/* The first member of every device's own struct. */
struct device {
    const struct device_ops *ops;
    const char *id; /* instance name, as in board.def */
    u64 pa;
    struct physmem_ops bus; /* filled in by device_attach */
};

/* A wire to an interrupt controller: a function, its argument, and a number. */
struct irq_line {
    void (*set)(void *opaque, unsigned number, bool level);
    void *opaque;
    unsigned number;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set) line->set(line->opaque, line->number, level);
}

/* What a device may ask of the machine around it.  Members may be NULL. */
struct device_host {
    void *opaque;
    void (*console_out)(void *opaque, const void *text, size_t len);
    void (*guest_exit)(void *opaque, u64 status); /* stop the run; the guest is done */
    struct clock *clock;
    struct physmem *pm;
};

/* Put a device on the bus at `pa` and register its state.  On failure the device is still the
 * caller's. */
bool device_attach(struct device *dev, const char *id, u64 pa, struct physmem *pm,
                   struct sections *sections, GError **err);
static inline void device_reset(struct device *dev)
{
    if (dev->ops->reset) dev->ops->reset(dev);
}
static inline void device_free(struct device *dev)
{
    dev->ops->destroy(dev);
}

/* The constructors, by the names of board.def. */
struct device *testdev_new(const struct device_host *host);

#endif
