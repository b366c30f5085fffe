/* The font in the adapter's ROM, put together from vga_font.def: letters are drawn there, lines and
 * corners follow from which arms they have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "devices/vga.h"

/* Where the strokes of a box lie: a single line in the middle, a double one around it. */
enum { COLUMN_1 = 3, COLUMN_LEFT = 2, COLUMN_RIGHT = 5, ROW_1 = 7, ROW_UPPER = 6, ROW_LOWER = 9 };

static void draw_row(u8 *rows, unsigned row, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++) rows[row] |= (u8)(0x80u >> c);
}

static void draw_column(u8 *rows, unsigned column, unsigned from, unsigned to)
{
    for (unsigned r = from; r <= to; r++) rows[r] |= (u8)(0x80u >> column);
}

/* A horizontal arm ends at the far stroke of the vertical ones, so that corners close. */
static void draw_horizontal(u8 *rows, unsigned kind, unsigned from, unsigned to)
{
    if (kind == 1) draw_row(rows, ROW_1, from, to);
    if (kind == 2) draw_row(rows, ROW_UPPER, from, to), draw_row(rows, ROW_LOWER, from, to);
}

static void draw_vertical(u8 *rows, unsigned kind, unsigned from, unsigned to)
{
    if (kind == 1) draw_column(rows, COLUMN_1, from, to);
    if (kind != 2) return;
    draw_column(rows, COLUMN_LEFT, from, to);
    draw_column(rows, COLUMN_RIGHT, from, to);
}

static void draw_box(u8 *rows, unsigned left, unsigned right, unsigned top, unsigned bottom)
{
    bool tall = top == 2 || bottom == 2, wide = left == 2 || right == 2;
    memset(rows, 0, VGA_GLYPH_ROWS);
    draw_horizontal(rows, left, 0, tall ? COLUMN_RIGHT : COLUMN_1);
    draw_horizontal(rows, right, tall ? COLUMN_LEFT : COLUMN_1, 7);
    draw_vertical(rows, top, 0, wide ? ROW_LOWER : ROW_1);
    draw_vertical(rows, bottom, wide ? ROW_UPPER : ROW_1, VGA_GLYPH_ROWS - 1);
}

static void draw_frame(u8 *rows)
{
    draw_row(rows, 3, 1, 6);
    draw_row(rows, 12, 1, 6);
    draw_column(rows, 1, 3, 12);
    draw_column(rows, 6, 3, 12);
}

void vga_font(u8 font[VGA_GLYPHS][VGA_GLYPH_ROWS])
{
    static const struct {
        u8 code, top, rows[VGA_GLYPH_ROWS];
    } glyphs[] = {
#define GLYPH(code, top, ...) { code, top, { __VA_ARGS__ } },
#define BOX(code, left, right, top, bottom)
#include "devices/vga_font.def"
    };
    static const u8 boxes[][5] = {
#define GLYPH(code, top, ...)
#define BOX(code, left, right, top, bottom) { code, left, right, top, bottom },
#include "devices/vga_font.def"
    };
    memset(font, 0, VGA_GLYPHS * VGA_GLYPH_ROWS);
    for (unsigned g = 0; g < VGA_GLYPHS; g++) draw_frame(font[g]);
    for (size_t i = 0; i < ARRAY_LEN(glyphs); i++) {
        u8 *rows = font[glyphs[i].code];
        memset(rows, 0, VGA_GLYPH_ROWS);
        memcpy(rows + glyphs[i].top, glyphs[i].rows, VGA_GLYPH_ROWS - glyphs[i].top);
    }
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
        const u8 *b = boxes[i];
        draw_box(font[b[0]], b[1], b[2], b[3], b[4]);
    }
}
