/* The legacy I/O port space: a short list of claims and the sparse decoder in front of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/ioport.h"

#include <gio/gio.h>

#include "base/bits.h"

struct claim {
    unsigned base, len;
    const struct ioport_ops *ops;
    void *opaque;
};

struct ioport_space {
    GArray *claims;
};

struct ioport_space *ioport_new(void)
{
    struct ioport_space *space = g_new0(struct ioport_space, 1);
    space->claims = g_array_new(FALSE, FALSE, sizeof(struct claim));
    return space;
}

void ioport_free(struct ioport_space *space)
{
    if (!space) return;
    g_array_free(space->claims, TRUE);
    g_free(space);
}

bool ioport_claim(struct ioport_space *space, u16 base, unsigned len, const struct ioport_ops *ops,
                  void *opaque, GError **err)
{
    for (guint i = 0; i < space->claims->len; i++) {
        const struct claim *c = &g_array_index(space->claims, struct claim, i);
        if (base < c->base + c->len && c->base < base + len) {
            g_set_error(err, G_IO_ERROR, G_IO_ERROR_EXISTS, "I/O ports of %s at %#x overlap %s",
                        ops->name, base, c->ops->name);
            return false;
        }
    }
    struct claim c = { base, len, ops, opaque };
    g_array_append_val(space->claims, c);
    return true;
}

static const struct claim *find_claim(const struct ioport_space *space, u16 port, unsigned size)
{
    for (guint i = 0; i < space->claims->len; i++) {
        const struct claim *c = &g_array_index(space->claims, struct claim, i);
        if (port >= c->base && port + size <= c->base + c->len) return c;
    }
    return NULL;
}

u32 ioport_read(struct ioport_space *space, u16 port, unsigned size)
{
    const struct claim *c = find_claim(space, port, size);
    if (!c) return (u32)mask64(size * 8);
    return c->ops->read(c->opaque, port - c->base, size);
}

void ioport_write(struct ioport_space *space, u16 port, unsigned size, u32 value)
{
    const struct claim *c = find_claim(space, port, size);
    if (c) c->ops->write(c->opaque, port - c->base, size, value);
}

/* Bits 11:2 of the offset repeat bits of the port number and are not needed. */
static u16 sparse_port(u64 offset)
{
    return (u16)(offset >> 12 << 2 | (offset & 3));
}

static u64 sparse_read(void *opaque, u64 offset, unsigned size)
{
    if (size > 4) return ~0ull;
    return ioport_read(opaque, sparse_port(offset), size);
}

static void sparse_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    if (size <= 4) ioport_write(opaque, sparse_port(offset), size, (u32)value);
}

const struct physmem_ops ioport_mmio_ops = {
    .name = "legacy I/O ports", .read = sparse_read, .write = sparse_write,
};
