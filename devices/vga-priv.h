/* What vga.c and vga_text.c share.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_VGA_PRIV_H
#define DEVICES_VGA_PRIV_H

#include "devices/vga.h"

#define VGA_PLANE_SIZE 0x10000u
#define VGA_FONT_STRIDE 32u

/* Registers by name, as far as they mean something here; the others are only kept. */
enum { SEQ_CLOCKING = 1, SEQ_MAP_MASK = 2, SEQ_FONTS = 3, SEQ_MEMORY = 4, SEQ_COUNT = 5 };
enum { SEQ_CLOCKING_8_DOTS = 0x01, SEQ_CLOCKING_OFF = 0x20 };
enum { SEQ_MEMORY_PLANAR = 0x04, SEQ_MEMORY_CHAIN_4 = 0x08 };
enum {
    CRTC_COLUMNS = 0x01, CRTC_OVERFLOW = 0x07, CRTC_CELL_HEIGHT = 0x09, CRTC_CURSOR_START = 0x0a,
    CRTC_CURSOR_END = 0x0b, CRTC_START_HIGH = 0x0c, CRTC_START_LOW = 0x0d, CRTC_CURSOR_HIGH = 0x0e,
    CRTC_CURSOR_LOW = 0x0f, CRTC_RETRACE_END = 0x11, CRTC_LINES = 0x12, CRTC_PITCH = 0x13,
    CRTC_COUNT = 0x19,
};
enum {
    GFX_SET_RESET = 0, GFX_ENABLE_SET = 1, GFX_COMPARE = 2, GFX_ROTATE = 3, GFX_READ_MAP = 4,
    GFX_MODE = 5, GFX_MISC = 6, GFX_CARE = 7, GFX_BIT_MASK = 8, GFX_COUNT = 9,
};
enum { GFX_MODE_COMPARE = 0x08, GFX_MISC_GRAPHICS = 0x01 };
enum { ATTR_MODE = 0x10, ATTR_SELECT = 0x14, ATTR_COUNT = 0x15 };
enum { ATTR_MODE_LINES = 0x04, ATTR_MODE_BLINK = 0x08, ATTR_MODE_SELECT = 0x80 };
#define ATTR_SHOW 0x20 /* in the index: the palette belongs to the screen, not to the guest */

/* Bytes only: they are hashed as they are. */
struct vga_registers {
    u8 misc, feature, status1;
    u8 seq_index, seq[SEQ_COUNT];
    u8 crtc_index, crtc[CRTC_COUNT];
    u8 gfx_index, gfx[GFX_COUNT];
    u8 attr_index, attr_data, attr[ATTR_COUNT];
    u8 dac_mask, dac_read, dac_write, dac_step, dac_state, dac[256][3];
    u8 latch[4];
};

struct vga {
    struct vga_registers r;
    u8 planes[4][VGA_PLANE_SIZE];
    u64 generation;
    bool warned; /* about a graphics mode */
};

#endif
