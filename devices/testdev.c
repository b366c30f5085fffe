/* The test device: how a bare-metal program speaks, tells the time and ends.
 *
 * It is deliberately the simplest thing that a first program can use with one store:
 *
 *     offset  access     meaning
 *     0x00    write 1-8  the low byte goes to the console
 *     0x08    write 8    end the run; the low 8 bits are the exit status
 *     0x10    read 8     virtual time, in ticks of ar.itc
 *     0x18    read 8     size of the RAM in bytes
 *     0x20    read 8     how many characters were written so far
 *
 * docs/running.md describes it for the guest's programmer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/device.h"

#include "base/log.h"

enum { REG_CHAR = 0x00, REG_EXIT = 0x08, REG_TIME = 0x10, REG_RAM = 0x18, REG_COUNT = 0x20 };

struct testdev {
    struct device dev;
    struct device_host host;
    u64 written; /* characters */
    u64 status;  /* last exit status written */
    u8 last;     /* the last character */
};

static u64 ram_size(struct physmem *pm)
{
    u64 sum = 0;
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (r.ram && !r.rom) sum += r.size;
    }
    return sum;
}

static u64 testdev_read(struct device *dev, u64 offset, unsigned size)
{
    struct testdev *t = (struct testdev *)dev;
    if (size == 8) {
        switch (offset) {
        case REG_TIME: return clock_now(t->host.clock);
        case REG_RAM: return ram_size(t->host.pm);
        case REG_COUNT: return t->written;
        }
    }
    log_warning(dev->id, "read of %u bytes at offset 0x%llx, where no such register is", size,
                (unsigned long long)offset);
    return ~0ull;
}

static void put_char(struct testdev *t, u8 c)
{
    t->written++;
    t->last = c;
    if (t->host.console_out) t->host.console_out(t->host.opaque, &c, 1);
}

static void testdev_write(struct device *dev, u64 offset, unsigned size, u64 value)
{
    struct testdev *t = (struct testdev *)dev;
    if (offset == REG_CHAR) {
        put_char(t, (u8)value);
    } else if (offset == REG_EXIT && size == 8) {
        t->status = value;
        if (t->host.guest_exit) t->host.guest_exit(t->host.opaque, value);
    } else {
        log_warning(dev->id, "write of %u bytes at offset 0x%llx, where no such register is", size,
                    (unsigned long long)offset);
    }
}

static void testdev_reset(struct device *dev)
{
    struct testdev *t = (struct testdev *)dev;
    t->written = t->status = t->last = 0;
}

static void testdev_destroy(struct device *dev)
{
    g_free(dev);
}

static const struct device_reg testdev_regs[] = {
    DEVICE_REG(struct testdev, written, "characters written"),
    DEVICE_REG(struct testdev, status, "exit status"),
    DEVICE_REG(struct testdev, last, "last character"),
    { 0 },
};

static const struct device_ops testdev_ops = {
    .name = "testdev", .size = 0x1000, .access = ACCESS_ANY,
    .read = testdev_read, .write = testdev_write, .reset = testdev_reset,
    .destroy = testdev_destroy, .regs = testdev_regs,
};

struct device *testdev_new(const struct device_host *host)
{
    struct testdev *t = g_new0(struct testdev, 1);
    t->dev.ops = &testdev_ops;
    t->host = *host;
    return &t->dev;
}
