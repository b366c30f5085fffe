/* From the adapter's memory to a picture, in text modes: characters in plane 0, attributes in
 * plane 1, fonts in plane 2.  Cursor and blinking characters are shown as if always on, so that two
 * screenshots of the same state are the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "devices/vga-priv.h"

#define CURSOR_OFF 0x20
#define NO_CURSOR UINT32_MAX

/* The screen as the registers describe it; sizes in characters and in pixels. */
struct layout {
    unsigned columns, rows, cell_width, cell_height;
    u32 start, pitch, cursor; /* in words of the character memory */
};

static bool is_text(const struct vga_registers *r)
{
    return !(r->gfx[GFX_MISC] & GFX_MISC_GRAPHICS);
}

static bool is_dark(const struct vga_registers *r)
{
    return !(r->attr_index & ATTR_SHOW) || (r->seq[SEQ_CLOCKING] & SEQ_CLOCKING_OFF);
}

static unsigned lines(const struct vga_registers *r)
{
    unsigned over = r->crtc[CRTC_OVERFLOW];
    return (r->crtc[CRTC_LINES] | (over & 0x02) << 7 | (over & 0x40) << 3) + 1;
}

static u32 pair(const struct vga_registers *r, unsigned high, unsigned low)
{
    return (u32)r->crtc[high] << 8 | r->crtc[low];
}

static struct layout layout_of(const struct vga_registers *r)
{
    struct layout l = {
        .columns = r->crtc[CRTC_COLUMNS] + 1u,
        .cell_width = r->seq[SEQ_CLOCKING] & SEQ_CLOCKING_8_DOTS ? 8 : 9,
        .cell_height = (r->crtc[CRTC_CELL_HEIGHT] & 0x1f) + 1u,
        .start = pair(r, CRTC_START_HIGH, CRTC_START_LOW),
        .pitch = r->crtc[CRTC_PITCH] * 2u,
        .cursor = pair(r, CRTC_CURSOR_HIGH, CRTC_CURSOR_LOW),
    };
    if (r->crtc[CRTC_CURSOR_START] & CURSOR_OFF) l.cursor = NO_CURSOR;
    l.rows = MAX(lines(r) / l.cell_height, 1);
    return l;
}

/* Characters sit at even offsets of their plane: odd/even addressing leaves out the others. */
static u32 cell_word(const struct layout *l, unsigned row, unsigned column)
{
    return l->start + row * l->pitch + column;
}

static u32 cell_offset(u32 word)
{
    return word * 2 & (VGA_PLANE_SIZE - 1);
}

static u32 attribute_colour(const struct vga *vga, unsigned index)
{
    const struct vga_registers *r = &vga->r;
    unsigned dac = r->attr[index & 15] & 0x3f, select = r->attr[ATTR_SELECT];
    if (r->attr[ATTR_MODE] & ATTR_MODE_SELECT) dac = (dac & 15) | (select & 3) << 4;
    return vga_colour(vga, (u8)(dac | (select & 12) << 4));
}

/* Bit 3 of the attribute selects between two fonts, which are one by default. */
static const u8 *glyph_of(const struct vga *vga, u8 code, u8 attribute)
{
    static const u16 blocks[8] = { 0, 0x4000, 0x8000, 0xc000, 0x2000, 0x6000, 0xa000, 0xe000 };
    unsigned fonts = vga->r.seq[SEQ_FONTS];
    unsigned a = (fonts >> 2 & 3) | (fonts >> 3 & 4), b = (fonts & 3) | (fonts >> 2 & 4);
    return vga->planes[2] + blocks[attribute & 8 ? a : b] + code * VGA_FONT_STRIDE;
}

/* The ninth column of a cell is background, except that lines are drawn through it. */
static unsigned glyph_row(const struct vga *vga, const u8 *glyph, u8 code, unsigned y)
{
    unsigned row = (unsigned)glyph[y] << 1;
    bool joins = (vga->r.attr[ATTR_MODE] & ATTR_MODE_LINES) && code >= 0xc0 && code <= 0xdf;
    return joins ? row | (row >> 1 & 1) : row;
}

static bool cursor_covers(const struct vga_registers *r, unsigned y)
{
    return y >= (r->crtc[CRTC_CURSOR_START] & 0x1f) && y <= (r->crtc[CRTC_CURSOR_END] & 0x1f);
}

static void draw_cell(const struct vga *vga, const struct layout *l, u32 word, u32 *out,
                      unsigned stride)
{
    u8 code = vga->planes[0][cell_offset(word)], attribute = vga->planes[1][cell_offset(word)];
    bool blink = vga->r.attr[ATTR_MODE] & ATTR_MODE_BLINK;
    u32 fore = attribute_colour(vga, attribute & 15);
    u32 back = attribute_colour(vga, attribute >> 4 & (blink ? 7 : 15));
    const u8 *glyph = glyph_of(vga, code, attribute);
    for (unsigned y = 0; y < l->cell_height; y++, out += stride) {
        unsigned row = glyph_row(vga, glyph, code, y);
        if (word == l->cursor && cursor_covers(&vga->r, y)) row = 0x1ff;
        for (unsigned x = 0; x < l->cell_width; x++) out[x] = row & 0x100u >> x ? fore : back;
    }
}

static void draw_nothing(struct picture *picture, unsigned width, unsigned height)
{
    picture_resize(picture, width, height);
    memset(picture->pixels, 0, (size_t)width * height * sizeof *picture->pixels);
}

void vga_picture(struct vga *vga, struct picture *picture)
{
    struct layout l = layout_of(&vga->r);
    unsigned width = l.columns * l.cell_width, height = l.rows * l.cell_height;
    if (!is_text(&vga->r) && !vga->warned) {
        log_warning("vga", "the guest has chosen a VGA graphics mode; only text is shown");
        vga->warned = true;
    }
    if (is_dark(&vga->r) || !is_text(&vga->r)) {
        draw_nothing(picture, width, height);
        return;
    }
    picture_resize(picture, width, height);
    for (unsigned row = 0; row < l.rows; row++) {
        u32 *out = picture->pixels + (size_t)row * l.cell_height * width;
        for (unsigned column = 0; column < l.columns; column++) {
            draw_cell(vga, &l, cell_word(&l, row, column), out + column * l.cell_width, width);
        }
    }
}

GString *vga_text(const struct vga *vga)
{
    GString *text = g_string_new(NULL);
    struct layout l = layout_of(&vga->r);
    if (!is_text(&vga->r)) return text;
    for (unsigned row = 0; row < l.rows; row++) {
        gsize keep = text->len;
        for (unsigned column = 0; column < l.columns; column++) {
            u8 c = vga->planes[0][cell_offset(cell_word(&l, row, column))];
            if (!c) c = ' ';
            g_string_append_c(text, c < ' ' || c > '~' ? '?' : (char)c);
            if (c != ' ') keep = text->len;
        }
        g_string_truncate(text, keep);
        g_string_append_c(text, '\n');
    }
    return text;
}
