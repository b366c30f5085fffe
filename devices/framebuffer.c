/* The linear framebuffer.  A mode is set by writing width, height and depth and then switching the
 * adapter on; while it is on, the screen shows its memory instead of the VGA's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/framebuffer.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/section.h"

enum { BAR_MEMORY = 0, BAR_REGISTERS = 2 };
#define REGISTERS_SIZE 0x1000
#define VGA_AT 0x400 /* ports from 0x3c0 on */
#define VGA_LEN 0x20
#define MODE_AT 0x500
#define MODE_LEN (2 * FB_COUNT)
#define VGA_CLASS 0x030000

struct framebuffer {
    struct pci_device pci;
    struct vga *vga;
    u8 *memory;
    u16 mode[FB_COUNT];
    u16 index; /* of the ports */
    u64 generation;
};

static struct framebuffer *of(struct pci_device *dev)
{
    return (struct framebuffer *)dev;
}

static unsigned bytes_per_pixel(const struct framebuffer *fb)
{
    return (fb->mode[FB_DEPTH] + 7u) / 8;
}

static u64 pitch(const struct framebuffer *fb)
{
    return (u64)fb->mode[FB_VIRTUAL_WIDTH] * bytes_per_pixel(fb);
}

/* --- mode registers --------------------------------------------------------------------------- */

static bool depth_exists(unsigned depth)
{
    return depth == 8 || depth == 15 || depth == 16 || depth == 24 || depth == 32;
}

static bool mode_fits(const struct framebuffer *fb)
{
    const u16 *m = fb->mode;
    return m[FB_WIDTH] && m[FB_WIDTH] <= FB_WIDTH_MAX && m[FB_HEIGHT] &&
           m[FB_HEIGHT] <= FB_HEIGHT_MAX && depth_exists(m[FB_DEPTH]) &&
           (u64)m[FB_WIDTH] * bytes_per_pixel(fb) * m[FB_HEIGHT] <= FRAMEBUFFER_MEMORY;
}

static void set_virtual_width(struct framebuffer *fb, u16 width)
{
    fb->mode[FB_VIRTUAL_WIDTH] = MAX(width, fb->mode[FB_WIDTH]);
    u64 line = pitch(fb);
    fb->mode[FB_VIRTUAL_HEIGHT] = line ? (u16)MIN(FRAMEBUFFER_MEMORY / line, 0xffff) : 0;
}

static void switch_on(struct framebuffer *fb, u16 how)
{
    if (!mode_fits(fb)) {
        log_warning("framebuffer", "a mode of %u x %u x %u is not possible", fb->mode[FB_WIDTH],
                    fb->mode[FB_HEIGHT], fb->mode[FB_DEPTH]);
        fb->mode[FB_ENABLE] = how & (u16)~FB_ENABLE_ON;
        return;
    }
    if (!(fb->mode[FB_ENABLE] & FB_ENABLE_ON)) {
        set_virtual_width(fb, 0);
        fb->mode[FB_X] = fb->mode[FB_Y] = 0;
        if (!(how & FB_ENABLE_KEEP)) memset(fb->memory, 0, FRAMEBUFFER_MEMORY);
    }
    fb->mode[FB_ENABLE] = how;
}

static u16 read_mode(const struct framebuffer *fb, unsigned reg)
{
    static const u16 limits[FB_COUNT] = {
        [FB_WIDTH] = FB_WIDTH_MAX, [FB_HEIGHT] = FB_HEIGHT_MAX, [FB_DEPTH] = FB_DEPTH_MAX,
    };
    if (reg >= FB_COUNT) return 0;
    if (reg == FB_ID) return FB_ID_VALUE;
    if (reg == FB_MEMORY) return FRAMEBUFFER_MEMORY >> 16;
    if ((fb->mode[FB_ENABLE] & FB_ENABLE_LIMITS) && limits[reg]) return limits[reg];
    return fb->mode[reg];
}

static void write_mode(struct framebuffer *fb, unsigned reg, u16 value)
{
    fb->generation++;
    switch (reg) {
    case FB_WIDTH: case FB_HEIGHT: case FB_DEPTH:
        if (!(fb->mode[FB_ENABLE] & FB_ENABLE_ON)) fb->mode[reg] = value;
        break;
    case FB_ENABLE:
        if (value & FB_ENABLE_ON) switch_on(fb, value);
        else fb->mode[FB_ENABLE] = value;
        break;
    case FB_VIRTUAL_WIDTH: set_virtual_width(fb, value); break;
    case FB_X: case FB_Y: fb->mode[reg] = value; break;
    case FB_BANK:
        if (value) log_warning("framebuffer", "banks at 0xa0000 do not exist; use BAR 0");
        break;
    default: break;
    }
}

/* Index at the first port, data at the second (odd!) or third. */
static u32 port_read(void *opaque, unsigned offset, unsigned size)
{
    const struct framebuffer *fb = opaque;
    if (size != 2) return (u32)mask64(size * 8);
    return offset ? read_mode(fb, fb->index) : fb->index;
}

static void port_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    struct framebuffer *fb = opaque;
    if (size != 2) return;
    if (offset) write_mode(fb, fb->index, (u16)value);
    else fb->index = (u16)value;
}

const struct ioport_ops framebuffer_ioport_ops = {
    .name = "framebuffer mode", .read = port_read, .write = port_write,
};

/* --- PCI -------------------------------------------------------------------------------------- */

static u64 registers_read(struct framebuffer *fb, u64 at, unsigned size)
{
    if (at >= VGA_AT && at < VGA_AT + VGA_LEN) {
        return vga_ioport_ops.read(fb->vga, (unsigned)(at - VGA_AT) + 0x3c0 - VGA_PORTS, size);
    }
    if (at >= MODE_AT && at < MODE_AT + MODE_LEN && size == 2) {
        return read_mode(fb, (unsigned)(at - MODE_AT) / 2);
    }
    return 0; /* no monitor data, no extensions */
}

static u64 bar_read(struct pci_device *dev, unsigned bar, u64 at, unsigned size)
{
    u64 value = 0;
    if (bar == BAR_REGISTERS) return registers_read(of(dev), at, size);
    memcpy(&value, of(dev)->memory + at, MIN(size, FRAMEBUFFER_MEMORY - at));
    return value;
}

static void bar_write(struct pci_device *dev, unsigned bar, u64 at, unsigned size, u64 value)
{
    struct framebuffer *fb = of(dev);
    if (bar == BAR_MEMORY) {
        memcpy(fb->memory + at, &value, MIN(size, FRAMEBUFFER_MEMORY - at));
        fb->generation++;
    } else if (at >= VGA_AT && at < VGA_AT + VGA_LEN) {
        unsigned port = (unsigned)(at - VGA_AT) + 0x3c0 - VGA_PORTS;
        vga_ioport_ops.write(fb->vga, port, size, (u32)value);
    } else if (at >= MODE_AT && at < MODE_AT + MODE_LEN && size == 2) {
        write_mode(fb, (unsigned)(at - MODE_AT) / 2, (u16)value);
    }
}

static void reset(struct pci_device *dev)
{
    struct framebuffer *fb = of(dev);
    memset(fb->mode, 0, sizeof fb->mode);
    memset(fb->memory, 0, FRAMEBUFFER_MEMORY);
    fb->index = 0;
    fb->generation++;
}

static void free_framebuffer(struct pci_device *dev)
{
    g_free(of(dev)->memory);
    g_free(of(dev));
}

static const struct pci_device_ops framebuffer_ops = {
    .name = "framebuffer", .bar_read = bar_read, .bar_write = bar_write, .reset = reset,
    .free = free_framebuffer,
};

struct framebuffer *framebuffer_new(struct vga *vga)
{
    struct framebuffer *fb = g_new0(struct framebuffer, 1);
    fb->pci.ops = &framebuffer_ops;
    fb->pci.id = (struct pci_identity){
        .vendor = 0x1234, .device = 0x1111, .class_code = VGA_CLASS, .revision = 2,
        .bar_size = { [BAR_MEMORY] = FRAMEBUFFER_MEMORY, [BAR_REGISTERS] = REGISTERS_SIZE },
    };
    fb->vga = vga;
    fb->memory = g_malloc0(FRAMEBUFFER_MEMORY); /* the host provides pages as they are touched */
    return fb;
}

struct pci_device *framebuffer_pci(struct framebuffer *fb)
{
    return &fb->pci;
}

u64 framebuffer_hash(void *opaque, u64 seed)
{
    const struct framebuffer *fb = opaque;
    seed = hash_u64(hash_bytes(seed, fb->mode, sizeof fb->mode), fb->index);
    return framebuffer_is_linear(fb) ? hash_bytes(seed, fb->memory, FRAMEBUFFER_MEMORY) : seed;
}

/* --- picture ---------------------------------------------------------------------------------- */

bool framebuffer_is_linear(const struct framebuffer *fb)
{
    return fb->mode[FB_ENABLE] & FB_ENABLE_ON;
}

u64 framebuffer_generation(const struct framebuffer *fb)
{
    return fb->generation + vga_generation(fb->vga);
}

/* A field of `n` bits at `lo`, stretched to eight. */
static u32 stretch(u32 pixel, unsigned lo, unsigned n)
{
    u32 field = pixel >> lo & (u32)mask64(n);
    return field << (8 - n) | field >> (2 * n - 8);
}

static u32 colour(const struct framebuffer *fb, u32 pixel)
{
    switch (fb->mode[FB_DEPTH]) {
    case 8: return vga_colour(fb->vga, (u8)pixel);
    case 15: return stretch(pixel, 10, 5) << 16 | stretch(pixel, 5, 5) << 8 | stretch(pixel, 0, 5);
    case 16: return stretch(pixel, 11, 5) << 16 | stretch(pixel, 5, 6) << 8 | stretch(pixel, 0, 5);
    default: return pixel & 0xffffff;
    }
}

static void draw_line(const struct framebuffer *fb, u64 at, u32 *out)
{
    unsigned step = bytes_per_pixel(fb);
    for (unsigned x = 0; x < fb->mode[FB_WIDTH]; x++, at += step) {
        u32 pixel = 0;
        if (at + step <= FRAMEBUFFER_MEMORY) memcpy(&pixel, fb->memory + at, step);
        out[x] = colour(fb, pixel);
    }
}

void framebuffer_picture(struct framebuffer *fb, struct picture *picture)
{
    if (!framebuffer_is_linear(fb)) {
        vga_picture(fb->vga, picture);
        return;
    }
    picture_resize(picture, fb->mode[FB_WIDTH], fb->mode[FB_HEIGHT]);
    for (unsigned y = 0; y < picture->height; y++) {
        u64 at = (fb->mode[FB_Y] + y) * pitch(fb) + (u64)fb->mode[FB_X] * bytes_per_pixel(fb);
        draw_line(fb, at, picture->pixels + (size_t)y * picture->width);
    }
}
