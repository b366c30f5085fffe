/* The display adapter as a PCI function: VGA, and a linear framebuffer beside it.  PUBLIC.
 *
 * Identity and registers are those of the "Bochs" adapter (1234:1111), which Linux drives with
 * DRM_BOCHS and which programs can set up themselves in six register writes: BAR 0 is video memory,
 * BAR 2 has the VGA ports at 0x400 and the mode registers at 0x500.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_FRAMEBUFFER_H
#define DEVICES_FRAMEBUFFER_H

#include "devices/pci.h"
#include "devices/vga.h"

#define FRAMEBUFFER_MEMORY 0x1000000u
#define FRAMEBUFFER_PORTS 0x1ce /* the mode registers again: index, then data at the next address */
#define FRAMEBUFFER_PORTS_LEN 4

/* Mode registers, 16 bits each. */
enum {
    FB_ID = 0, FB_WIDTH = 1, FB_HEIGHT = 2, FB_DEPTH = 3, FB_ENABLE = 4, FB_BANK = 5,
    FB_VIRTUAL_WIDTH = 6, FB_VIRTUAL_HEIGHT = 7, FB_X = 8, FB_Y = 9, FB_MEMORY = 10, FB_COUNT = 11,
};
enum { FB_ENABLE_ON = 0x01, FB_ENABLE_LIMITS = 0x02, FB_ENABLE_KEEP = 0x80 };
#define FB_ID_VALUE 0xb0c5
#define FB_WIDTH_MAX 2560
#define FB_HEIGHT_MAX 1600
#define FB_DEPTH_MAX 32

extern const struct ioport_ops framebuffer_ioport_ops; /* opaque: struct framebuffer */

/* For pci_add, which frees it with the bus; `vga` is borrowed. */
struct framebuffer;
struct framebuffer *framebuffer_new(struct vga *vga);
struct pci_device *framebuffer_pci(struct framebuffer *fb);
u64 framebuffer_hash(void *fb, u64 seed); /* a section_hash_fn */

/* As vga_generation and vga_picture, for whichever of the two is on the screen. */
u64 framebuffer_generation(const struct framebuffer *fb);
void framebuffer_picture(struct framebuffer *fb, struct picture *picture);
bool framebuffer_is_linear(const struct framebuffer *fb);

#endif
