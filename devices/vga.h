/* A VGA adapter: registers at 0x3b0-0x3df, 128 KB of window at 0xa0000, four planes of 64 KB.
 * PUBLIC.
 *
 * Text modes are shown with whatever font plane 2 holds.  In graphics modes of the VGA itself
 * memory works as it should but the picture stays dark, with a warning; the linear framebuffer
 * (devices/framebuffer.h) is the way to graphics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_VGA_H
#define DEVICES_VGA_H

#include "devices/ioport.h"
#include "devices/picture.h"
#include "mmu/physmem.h"

#define VGA_WINDOW_PA 0xa0000ull
#define VGA_WINDOW_SIZE 0x20000ull
#define VGA_PORTS 0x3b0
#define VGA_PORTS_LEN 0x30
#define VGA_GLYPHS 256
#define VGA_GLYPH_ROWS 16

struct vga;
extern const struct ioport_ops vga_ioport_ops;   /* at VGA_PORTS */
extern const struct physmem_ops vga_window_ops;  /* at VGA_WINDOW_PA */

/* As firmware leaves it: 80x25 text in 720x400 pixels, blank, with the font of vga_font(). */
struct vga *vga_new(void);
void vga_free(struct vga *vga);
void vga_reset(struct vga *vga);
u64 vga_hash(void *vga, u64 seed); /* a section_hash_fn */

/* Changes whenever the picture may have changed. */
u64 vga_generation(const struct vga *vga);
/* What a screen would show; nothing of it blinks. */
void vga_picture(struct vga *vga, struct picture *picture);
/* The characters on the screen, a line per row without the blanks at its end; g_string_free.
 * Control codes and codes above 0x7e read as '?'.  Empty in graphics modes. */
GString *vga_text(const struct vga *vga);
/* Entry of the palette as 0xRRGGBB. */
u32 vga_colour(const struct vga *vga, u8 index);

/* vga_font.c */
void vga_font(u8 font[VGA_GLYPHS][VGA_GLYPH_ROWS]);

#endif
