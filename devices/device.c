/* Between the bus of physmem and the devices: access widths are settled here, once for all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/device.h"

#include "base/bits.h"
#include "base/log.h"

static bool width_ok(const struct device *dev, u64 offset, unsigned size, const char *what)
{
    if (dev->ops->access & size) return true;
    log_warning(dev->id, "%s of %u bytes at offset 0x%llx: the device knows no such access", what,
                size, (unsigned long long)offset);
    return false;
}

static u64 bus_read(void *opaque, u64 offset, unsigned size)
{
    struct device *dev = opaque;
    if (!dev->ops->read || !width_ok(dev, offset, size, "read")) return mask64(8 * size);
    return dev->ops->read(dev, offset, size) & mask64(8 * size);
}

static void bus_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    struct device *dev = opaque;
    if (dev->ops->write && width_ok(dev, offset, size, "write")) {
        dev->ops->write(dev, offset, size, value & mask64(8 * size));
    }
}

static u64 hash_registers(void *opaque, u64 seed)
{
    const struct device *dev = opaque;
    for (const struct device_reg *r = dev->ops->regs; r && r->name; r++) {
        seed = hash_bytes(seed, (const u8 *)dev + r->offset, r->size);
    }
    return seed;
}

bool device_attach(struct device *dev, const char *id, u64 pa, struct physmem *pm,
                   struct sections *sections, GError **err)
{
    dev->id = id;
    dev->pa = pa;
    dev->bus = (struct physmem_ops){ .name = id, .read = bus_read, .write = bus_write };
    if (!physmem_add_device(pm, pa, dev->ops->size, &dev->bus, dev, err)) return false;
    sections_add_fn(sections, id, hash_registers, dev);
    return true;
}
