/* A VGA adapter: its registers and its memory.  vga_text.c makes the picture.
 *
 * Everything is kept as the guest wrote it, in arrays indexed as the guest indexes them, and is
 * interpreted when memory is touched or a picture is wanted.  There is no beam: the status register
 * toggles its two retrace bits at every read, which is all that programs wait for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/section.h"
#include "devices/vga-priv.h"

/* Port offsets from VGA_PORTS. */
enum {
    CRTC_INDEX_MONO = 0x04, CRTC_DATA_MONO = 0x05, STATUS1_MONO = 0x0a,
    ATTR_PORT = 0x10, ATTR_READ = 0x11, MISC_WRITE = 0x12, SEQ_INDEX = 0x14, SEQ_DATA = 0x15,
    DAC_MASK = 0x16, DAC_READ = 0x17, DAC_WRITE = 0x18, DAC_DATA = 0x19, FEATURE_READ = 0x1a,
    MISC_READ = 0x1c, GFX_INDEX = 0x1e, GFX_DATA = 0x1f,
    CRTC_INDEX = 0x24, CRTC_DATA = 0x25, STATUS1 = 0x2a,
};
enum { MISC_COLOUR = 0x01, MISC_MEMORY = 0x02 };
#define STATUS1_RETRACE 0x09
#define ATTR_INDEX_MASK 0x3f
#define CRTC_PROTECT 0x80 /* in CRTC_RETRACE_END: registers 0 to 7 are read-only ... */
#define CRTC_OVERFLOW_LINE_COMPARE 0x10 /* ... but for this bit of the overflow register */

/* --- reset: the state of BIOS mode 3 ---------------------------------------------------------- */

static const struct vga_registers mode_3 = {
    .misc = 0x67,
    .seq = { 0x03, 0x00, 0x03, 0x00, 0x02 },
    .crtc = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e,
              0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff },
    .gfx = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff },
    .attr = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b,
              0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00 },
    .attr_index = ATTR_SHOW,
    .dac_mask = 0xff,
};

/* The first 64 colours: two bits for each of red, green, blue, the brighter one lower. */
static void reset_palette(struct vga *vga)
{
    memset(vga->r.dac, 0, sizeof vga->r.dac);
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned c = 0; c < 3; c++) {
            unsigned bright = i >> (2 - c) & 1, dim = i >> (5 - c) & 1;
            vga->r.dac[i][c] = (u8)(bright * 42 + dim * 21);
        }
    }
}

/* Plane 2 has room for 32 rows per character. */
static void load_font(struct vga *vga)
{
    u8 font[VGA_GLYPHS][VGA_GLYPH_ROWS];
    vga_font(font);
    for (unsigned g = 0; g < VGA_GLYPHS; g++) {
        memcpy(vga->planes[2] + g * VGA_FONT_STRIDE, font[g], VGA_GLYPH_ROWS);
    }
}

void vga_reset(struct vga *vga)
{
    vga->r = mode_3;
    reset_palette(vga);
    memset(vga->planes, 0, sizeof vga->planes);
    load_font(vga);
    for (unsigned at = 0; at < VGA_PLANE_SIZE; at += 2) {
        vga->planes[0][at] = ' ';
        vga->planes[1][at] = 0x07;
    }
    vga->generation++;
}

struct vga *vga_new(void)
{
    struct vga *vga = g_new0(struct vga, 1);
    vga_reset(vga);
    return vga;
}

void vga_free(struct vga *vga)
{
    g_free(vga);
}

u64 vga_hash(void *opaque, u64 seed)
{
    const struct vga *vga = opaque;
    return hash_bytes(hash_bytes(seed, &vga->r, sizeof vga->r), vga->planes, sizeof vga->planes);
}

u64 vga_generation(const struct vga *vga)
{
    return vga->generation;
}

u32 vga_colour(const struct vga *vga, u8 index)
{
    const u8 *c = vga->r.dac[index & vga->r.dac_mask];
    u32 rgb = 0;
    for (unsigned i = 0; i < 3; i++) rgb = rgb << 8 | (u32)(c[i] << 2 | c[i] >> 4);
    return rgb;
}

/* --- registers -------------------------------------------------------------------------------- */

/* The first write selects a register, the second fills it; reading the status starts over. */
static void write_attr(struct vga_registers *r, u8 value)
{
    if (!r->attr_data) {
        r->attr_index = value & ATTR_INDEX_MASK;
    } else if ((r->attr_index & 0x1f) < ATTR_COUNT) {
        r->attr[r->attr_index & 0x1f] = value;
    }
    r->attr_data = !r->attr_data;
}

static u8 read_attr(const struct vga_registers *r)
{
    unsigned n = r->attr_index & 0x1f;
    return n < ATTR_COUNT ? r->attr[n] : 0;
}

static void write_crtc(struct vga_registers *r, u8 value)
{
    unsigned n = r->crtc_index;
    if (n >= CRTC_COUNT) return;
    if (n < 8 && (r->crtc[CRTC_RETRACE_END] & CRTC_PROTECT)) {
        if (n != CRTC_OVERFLOW) return;
        value = (u8)((r->crtc[n] & ~CRTC_OVERFLOW_LINE_COMPARE) |
                     (value & CRTC_OVERFLOW_LINE_COMPARE));
    }
    r->crtc[n] = value;
}

static u8 read_crtc(const struct vga_registers *r)
{
    return r->crtc_index < CRTC_COUNT ? r->crtc[r->crtc_index] : 0;
}

/* Red, green, blue, then the next colour. */
static void write_dac(struct vga_registers *r, u8 value)
{
    r->dac[r->dac_write][r->dac_step] = value & 0x3f;
    if (++r->dac_step < 3) return;
    r->dac_step = 0;
    r->dac_write++;
}

static u8 read_dac(struct vga_registers *r)
{
    u8 value = r->dac[r->dac_read][r->dac_step];
    if (++r->dac_step == 3) r->dac_step = 0, r->dac_read++;
    return value;
}

static u8 read_status1(struct vga_registers *r)
{
    r->attr_data = 0;
    r->status1 ^= STATUS1_RETRACE;
    return r->status1;
}

/* The CRTC and its status sit at 0x3dx or 0x3bx, as the miscellaneous register says. */
static unsigned colour_port(const struct vga_registers *r, unsigned port)
{
    bool movable = port < ATTR_PORT || port >= CRTC_INDEX - 4;
    if (!movable) return port;
    bool colour = r->misc & MISC_COLOUR;
    if ((port >= ATTR_PORT) != colour) return VGA_PORTS_LEN; /* nobody there */
    return colour ? port : port + (CRTC_INDEX - CRTC_INDEX_MONO);
}

static u8 read_byte(struct vga *vga, unsigned port)
{
    struct vga_registers *r = &vga->r;
    switch (colour_port(r, port)) {
    case ATTR_PORT: return r->attr_index;
    case ATTR_READ: return read_attr(r);
    case MISC_WRITE: return 0; /* input status 0: no interrupt, no switch */
    case SEQ_INDEX: return r->seq_index;
    case SEQ_DATA: return r->seq_index < SEQ_COUNT ? r->seq[r->seq_index] : 0;
    case DAC_MASK: return r->dac_mask;
    case DAC_READ: return r->dac_state;
    case DAC_WRITE: return r->dac_write;
    case DAC_DATA: return read_dac(r);
    case FEATURE_READ: return r->feature;
    case MISC_READ: return r->misc;
    case GFX_INDEX: return r->gfx_index;
    case GFX_DATA: return r->gfx_index < GFX_COUNT ? r->gfx[r->gfx_index] : 0;
    case CRTC_INDEX: return r->crtc_index;
    case CRTC_DATA: return read_crtc(r);
    case STATUS1: return read_status1(r);
    default: return 0xff;
    }
}

static void write_byte(struct vga *vga, unsigned port, u8 value)
{
    struct vga_registers *r = &vga->r;
    vga->generation++;
    switch (colour_port(r, port)) {
    case ATTR_PORT: write_attr(r, value); break;
    case MISC_WRITE: r->misc = value; break;
    case SEQ_INDEX: r->seq_index = value; break;
    case SEQ_DATA: if (r->seq_index < SEQ_COUNT) r->seq[r->seq_index] = value; break;
    case DAC_MASK: r->dac_mask = value; break;
    case DAC_READ: r->dac_read = value, r->dac_step = 0, r->dac_state = 3; break;
    case DAC_WRITE: r->dac_write = value, r->dac_step = 0, r->dac_state = 0; break;
    case DAC_DATA: write_dac(r, value); break;
    case GFX_INDEX: r->gfx_index = value; break;
    case GFX_DATA: if (r->gfx_index < GFX_COUNT) r->gfx[r->gfx_index] = value; break;
    case CRTC_INDEX: r->crtc_index = value; break;
    case CRTC_DATA: write_crtc(r, value); break;
    case STATUS1: r->feature = value; break;
    default: break;
    }
}

/* Sixteen bits are an index and its data. */
static u32 port_read(void *opaque, unsigned offset, unsigned size)
{
    u32 value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (u32)(offset + i < VGA_PORTS_LEN ? read_byte(opaque, offset + i) : 0xff) << 8 * i;
    }
    return value;
}

static void port_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    for (unsigned i = 0; i < size && offset + i < VGA_PORTS_LEN; i++) {
        write_byte(opaque, offset + i, (u8)(value >> 8 * i));
    }
}

const struct ioport_ops vga_ioport_ops = {
    .name = "vga", .read = port_read, .write = port_write,
};

/* --- memory ----------------------------------------------------------------------------------- */

/* Where in its planes an address of the window falls; false: outside what is mapped. */
static bool in_window(const struct vga_registers *r, u64 offset, u32 *at)
{
    static const struct {
        u32 first, size;
    } maps[4] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
    unsigned map = r->gfx[GFX_MISC] >> 2 & 3;
    if (!(r->misc & MISC_MEMORY) || offset < maps[map].first) return false;
    *at = (u32)offset - maps[map].first;
    if (*at >= maps[map].size) return false;
    *at &= VGA_PLANE_SIZE - 1;
    return true;
}

static bool odd_even(const struct vga_registers *r)
{
    return !(r->seq[SEQ_MEMORY] & SEQ_MEMORY_PLANAR);
}

static bool chained(const struct vga_registers *r)
{
    return r->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN_4;
}

/* Which planes a write reaches, and where in each. */
static unsigned write_planes(const struct vga_registers *r, u32 *at)
{
    unsigned planes = r->seq[SEQ_MAP_MASK] & 15;
    if (chained(r)) {
        planes &= 1u << (*at & 3);
        *at &= ~3u;
    } else if (odd_even(r)) {
        planes &= *at & 1 ? 10 : 5;
        *at &= ~1u;
    }
    return planes;
}

static u8 rotate(const struct vga_registers *r, u8 value)
{
    unsigned n = r->gfx[GFX_ROTATE] & 7;
    return (u8)(value >> n | value << (8 - n));
}

static u8 combine(const struct vga_registers *r, u8 value, u8 latch)
{
    switch (r->gfx[GFX_ROTATE] >> 3 & 3) {
    case 1: return value & latch;
    case 2: return value | latch;
    case 3: return value ^ latch;
    default: return value;
    }
}

static u8 all_ones(unsigned bit)
{
    return bit ? 0xff : 0;
}

/* What one plane gets, by write mode. */
static u8 plane_value(const struct vga_registers *r, unsigned plane, u8 value)
{
    unsigned mode = r->gfx[GFX_MODE] & 3;
    u8 latch = r->latch[plane], mask = r->gfx[GFX_BIT_MASK];
    u8 fill = all_ones(r->gfx[GFX_SET_RESET] >> plane & 1);
    if (mode == 1) return latch;
    if (mode == 3) {
        mask &= rotate(r, value);
        return (u8)((fill & mask) | (latch & ~mask));
    }
    if (mode == 2) {
        value = all_ones(value >> plane & 1);
    } else {
        value = r->gfx[GFX_ENABLE_SET] >> plane & 1 ? fill : rotate(r, value);
    }
    value = combine(r, value, latch);
    return (u8)((value & mask) | (latch & ~mask));
}

static void store_byte(struct vga *vga, u64 offset, u8 value)
{
    u32 at;
    if (!in_window(&vga->r, offset, &at)) return;
    unsigned planes = write_planes(&vga->r, &at);
    for (unsigned p = 0; p < 4; p++) {
        if (planes >> p & 1) vga->planes[p][at] = plane_value(&vga->r, p, value);
    }
    vga->generation++;
}

/* Read mode 1: a bit is set where all planes that matter have the colour asked for. */
static u8 compare_colours(const struct vga_registers *r)
{
    u8 same = 0xff;
    for (unsigned p = 0; p < 4; p++) {
        if (!(r->gfx[GFX_CARE] >> p & 1)) continue;
        same &= (u8)~(r->latch[p] ^ all_ones(r->gfx[GFX_COMPARE] >> p & 1));
    }
    return same;
}

static u8 load_byte(struct vga *vga, u64 offset)
{
    struct vga_registers *r = &vga->r;
    u32 at;
    if (!in_window(r, offset, &at)) return 0xff;
    unsigned plane = r->gfx[GFX_READ_MAP] & 3;
    if (chained(r)) {
        plane = at & 3;
        at &= ~3u;
    } else if (odd_even(r)) {
        plane = (plane & 2) | (at & 1);
        at &= ~1u;
    }
    for (unsigned p = 0; p < 4; p++) r->latch[p] = vga->planes[p][at];
    return r->gfx[GFX_MODE] & GFX_MODE_COMPARE ? compare_colours(r) : r->latch[plane];
}

static u64 window_read(void *opaque, u64 offset, unsigned size)
{
    u64 value = 0;
    for (unsigned i = 0; i < size; i++) value |= (u64)load_byte(opaque, offset + i) << 8 * i;
    return value;
}

static void window_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    for (unsigned i = 0; i < size; i++) store_byte(opaque, offset + i, (u8)(value >> 8 * i));
}

const struct physmem_ops vga_window_ops = {
    .name = "vga memory", .read = window_read, .write = window_write,
};
