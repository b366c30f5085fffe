/* The display adapter: probed as vgacon probes it, written to as drivers write, and looked at pixel
 * by pixel.  Expected pixels are worked out here from the letters' shapes, not by the adapter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "devices/framebuffer.h"
#include "devices/host/display.h"
#include "devices/vga.h"

#define TEXT 0x18000u /* 0xb8000 in the window */
#define BLACK 0x000000u
#define GREY 0xaaaaaau

static struct picture shot;

static int setup(void **state)
{
    *state = vga_new();
    return 0;
}

static int teardown(void **state)
{
    vga_free(*state);
    picture_clear(&shot);
    return 0;
}

static unsigned in(struct vga *v, unsigned port)
{
    return vga_ioport_ops.read(v, port - VGA_PORTS, 1);
}

static void out(struct vga *v, unsigned port, unsigned value)
{
    vga_ioport_ops.write(v, port - VGA_PORTS, 1, value);
}

static void out16(struct vga *v, unsigned port, unsigned value)
{
    vga_ioport_ops.write(v, port - VGA_PORTS, 2, value);
}

static u64 rd(struct vga *v, unsigned at, unsigned size)
{
    return vga_window_ops.read(v, at, size);
}

static void wr(struct vga *v, unsigned at, unsigned size, u64 value)
{
    vga_window_ops.write(v, at, size, value);
}

static void type(struct vga *v, unsigned row, unsigned column, const char *text, u8 attribute)
{
    for (unsigned i = 0; text[i]; i++) {
        wr(v, TEXT + 2 * (80 * row + column + i), 2, (u8)text[i] | (u64)attribute << 8);
    }
}

static u32 pixel(unsigned x, unsigned y)
{
    assert_true(x < shot.width && y < shot.height);
    return shot.pixels[y * shot.width + x];
}

static void hide_cursor(struct vga *v)
{
    out16(v, 0x3d4, 0x200a);
}

static void a_fresh_adapter_shows_80x25_blanks_in_720x400(void **state)
{
    hide_cursor(*state);
    vga_picture(*state, &shot);
    assert_int_equal(shot.width, 720);
    assert_int_equal(shot.height, 400);
    for (unsigned i = 0; i < 720 * 400; i++) assert_int_equal(shot.pixels[i], BLACK);
    GString *text = vga_text(*state);
    assert_int_equal(text->len, 25); /* newlines only */
    g_string_free(text, TRUE);
}

static void text_memory_answers_the_probe_of_vgacon(void **state)
{
    wr(*state, TEXT, 2, 0xaa55);
    wr(*state, TEXT + 2, 2, 0x55aa);
    assert_int_equal(rd(*state, TEXT, 2), 0xaa55);
    assert_int_equal(rd(*state, TEXT + 2, 2), 0x55aa);
    assert_int_equal(rd(*state, TEXT, 4), 0x55aaaa55);
}

static void all_of_the_32_kb_of_text_memory_is_distinct(void **state)
{
    const u64 odd = 0x9e3779b97f4a7c15ull;
    for (unsigned at = 0; at < 0x8000; at += 8) wr(*state, TEXT + at, 8, at * odd);
    for (unsigned at = 0; at < 0x8000; at += 8) {
        assert_int_equal(rd(*state, TEXT + at, 8), at * odd);
    }
}

static void outside_the_mapped_window_there_is_nothing(void **state)
{
    wr(*state, 0x0, 1, 0x12);
    wr(*state, 0x10000, 1, 0x12);
    assert_int_equal(rd(*state, 0x0, 1), 0xff);
    assert_int_equal(rd(*state, 0x10000, 1), 0xff);
    out16(*state, 0x3ce, 0x0006); /* 128 KB from 0xa0000 */
    assert_int_not_equal(rd(*state, 0x0, 1), 0xff);
}

/* An L is a bar on the left and a bar at the bottom, whatever the style of the font. */
static void a_letter_is_drawn_in_its_cell_with_its_colours(void **state)
{
    hide_cursor(*state);
    type(*state, 2, 3, "L", 0x1e); /* yellow on blue */
    vga_picture(*state, &shot);
    unsigned lit = 0;
    for (unsigned y = 0; y < 16; y++) {
        for (unsigned x = 0; x < 9; x++) {
            u32 c = pixel(27 + x, 32 + y);
            assert_true(c == 0xffff55 || c == 0x0000aa);
            lit += c == 0xffff55;
        }
        assert_int_equal(pixel(27 + 8, 32 + y), 0x0000aa); /* the ninth column */
        assert_int_equal(pixel(27 + 9, 32 + y), BLACK);
    }
    assert_in_range(lit, 12, 24);
    assert_int_equal(pixel(28, 37), 0xffff55);
    assert_int_equal(pixel(31, 37), 0x0000aa);
    assert_int_equal(pixel(31, 44), 0xffff55);
}

static void box_lines_run_through_the_ninth_column(void **state)
{
    hide_cursor(*state);
    type(*state, 0, 0, "\xc4\xc4\xb3", 0x07);
    vga_picture(*state, &shot);
    for (unsigned x = 0; x < 18; x++) assert_int_equal(pixel(x, 7), GREY);
    for (unsigned y = 0; y < 16; y++) assert_int_equal(pixel(18 + 3, y), GREY);
}

static void no_two_letters_look_the_same(void **state)
{
    static u8 font[VGA_GLYPHS][VGA_GLYPH_ROWS];
    (void)state;
    vga_font(font);
    for (unsigned a = 0x21; a < 0x7f; a++) {
        for (unsigned b = 0x20; b < a; b++) assert_memory_not_equal(font[a], font[b], 16);
    }
    for (unsigned a = 0xb3; a <= 0xda; a++) {
        for (unsigned b = 0xb3; b < a; b++) assert_memory_not_equal(font[a], font[b], 16);
    }
}

static void the_cursor_is_where_the_crtc_says(void **state)
{
    out16(*state, 0x3d4, 0x000e);
    out16(*state, 0x3d4, 0x510f); /* row 1, column 1 */
    out16(*state, 0x3d4, 0x0e0a);
    out16(*state, 0x3d4, 0x0f0b);
    vga_picture(*state, &shot);
    assert_int_equal(pixel(9, 16 + 13), BLACK);
    assert_int_equal(pixel(9, 16 + 14), GREY);
    assert_int_equal(pixel(17, 16 + 15), GREY);
    assert_int_equal(pixel(18, 16 + 15), BLACK);
    assert_int_equal(pixel(0, 15), BLACK);
}

static void the_start_address_scrolls(void **state)
{
    type(*state, 0, 0, "first", 7);
    type(*state, 1, 0, "second", 7);
    type(*state, 25, 0, "below", 7);
    out16(*state, 0x3d4, 0x000c);
    out16(*state, 0x3d4, 0x500d);
    GString *text = vga_text(*state);
    assert_true(g_str_has_prefix(text->str, "second\n"));
    assert_non_null(strstr(text->str, "\nbelow\n"));
    assert_null(strstr(text->str, "first"));
    g_string_free(text, TRUE);
}

static void the_status_register_resets_the_attribute_flip_flop(void **state)
{
    in(*state, 0x3da);
    out(*state, 0x3c0, 0x01);
    in(*state, 0x3da); /* back to index */
    out(*state, 0x3c0, 0x07);
    out(*state, 0x3c0, 0x2a);
    out(*state, 0x3c0, 0x07);
    assert_int_equal(in(*state, 0x3c1), 0x2a);
    in(*state, 0x3da);
    out(*state, 0x3c0, 0x01);
    assert_int_equal(in(*state, 0x3c1), 0x01); /* untouched */
}

static void the_status_register_shows_retrace_come_and_go(void **state)
{
    unsigned a = in(*state, 0x3da), b = in(*state, 0x3da);
    assert_int_equal(a ^ b, 9);
    assert_int_equal(in(*state, 0x3ba), 0xff); /* colour: nothing at the monochrome ports */
    out(*state, 0x3c2, 0x66);
    assert_int_equal(in(*state, 0x3da), 0xff);
    assert_int_not_equal(in(*state, 0x3ba), 0xff);
}

static void crtc_registers_0_to_7_can_be_protected(void **state)
{
    out16(*state, 0x3d4, 0x1200);
    out(*state, 0x3d4, 0);
    assert_int_equal(in(*state, 0x3d5), 0x5f); /* protected by the BIOS */
    out16(*state, 0x3d4, 0x0011);
    out16(*state, 0x3d4, 0x1200);
    out(*state, 0x3d4, 0);
    assert_int_equal(in(*state, 0x3d5), 0x12);
}

static void the_palette_follows_the_dac(void **state)
{
    hide_cursor(*state);
    type(*state, 0, 0, "\xdb", 0x07);
    out(*state, 0x3c8, 7);
    out(*state, 0x3c9, 0x3f), out(*state, 0x3c9, 0x20), out(*state, 0x3c9, 0x00);
    vga_picture(*state, &shot);
    assert_int_equal(pixel(0, 0), 0xff8200);
    out(*state, 0x3c7, 7);
    assert_int_equal(in(*state, 0x3c9), 0x3f);
    assert_int_equal(in(*state, 0x3c9), 0x20);
    assert_int_equal(in(*state, 0x3c9), 0x00);
    assert_int_equal(in(*state, 0x3c9), 0x00); /* entry 8: the darker blue */
    assert_int_equal(in(*state, 0x3c9), 0x00);
    assert_int_equal(in(*state, 0x3c9), 0x15);
}

static void the_screen_can_be_switched_off_in_two_ways(void **state)
{
    type(*state, 0, 0, "\xdb", 0x07);
    out16(*state, 0x3c4, 0x2001);
    vga_picture(*state, &shot);
    assert_int_equal(pixel(0, 0), BLACK);
    out16(*state, 0x3c4, 0x0001);
    vga_picture(*state, &shot);
    assert_int_equal(pixel(0, 0), GREY);
    in(*state, 0x3da);
    out(*state, 0x3c0, 0x00);
    vga_picture(*state, &shot);
    assert_int_equal(pixel(0, 0), BLACK);
}

/* The way drivers load fonts: plane 2, sequential, through 0xa0000. */
static void begin_planar(struct vga *v, unsigned plane)
{
    out16(v, 0x3c4, 0x0002 | 1u << (8 + plane));
    out16(v, 0x3c4, 0x0704);
    out16(v, 0x3ce, 0x0004 | plane << 8);
    out16(v, 0x3ce, 0x0005);
    out16(v, 0x3ce, 0x0006);
}

static void a_font_can_be_loaded_through_plane_2(void **state)
{
    hide_cursor(*state);
    type(*state, 0, 0, "A", 7);
    begin_planar(*state, 2);
    assert_int_not_equal(rd(*state, 'A' * 32 + 5, 1), 0xa5);
    for (unsigned y = 0; y < 16; y++) wr(*state, 'A' * 32 + y, 1, 0xa5);
    assert_int_equal(rd(*state, 'A' * 32 + 15, 1), 0xa5);
    out16(*state, 0x3c4, 0x0302);
    out16(*state, 0x3c4, 0x0204);
    out16(*state, 0x3ce, 0x0004);
    out16(*state, 0x3ce, 0x1005);
    out16(*state, 0x3ce, 0x0e06);
    vga_picture(*state, &shot);
    for (unsigned x = 0; x < 8; x++) {
        assert_int_equal(pixel(x, 9), 0xa5 >> (7 - x) & 1 ? GREY : BLACK);
    }
    GString *text = vga_text(*state);
    assert_true(g_str_has_prefix(text->str, "A\n"));
    g_string_free(text, TRUE);
}

/* Every write mode against the definition, bit by bit, with register values from a counter. */
static u8 expected_write(unsigned mode, const u8 gfx[9], unsigned plane, u8 value, u8 latch)
{
    u8 result = 0;
    for (unsigned b = 0; b < 8; b++) {
        unsigned rotated = value >> ((b + (gfx[3] & 7u)) & 7) & 1;
        unsigned old = latch >> b & 1, sr = gfx[0] >> plane & 1, masked = gfx[8] >> b & 1, v;
        if (mode == 0) v = gfx[1] >> plane & 1 ? sr : rotated;
        else if (mode == 1) v = old;
        else if (mode == 2) v = value >> plane & 1;
        else v = sr;
        if (mode == 0 || mode == 2) {
            switch (gfx[3] >> 3 & 3) {
            case 1: v &= old; break;
            case 2: v |= old; break;
            case 3: v ^= old; break;
            default: break;
            }
        }
        if (mode == 3) masked &= rotated;
        if (mode != 1 && !masked) v = old;
        result |= (u8)(v << b);
    }
    return result;
}

static void planar_writes_follow_the_four_write_modes(void **state)
{
    struct vga *v = *state;
    u32 random = 12345;
    begin_planar(v, 0);
    for (unsigned round = 0; round < 2000; round++) {
        u8 latch[4], gfx[9] = { 0 }, value;
        for (unsigned p = 0; p < 4; p++) {
            random = random * 1664525 + 1013904223;
            latch[p] = (u8)(random >> 24);
            out16(v, 0x3ce, 0x0000), out16(v, 0x3ce, 0x0001), out16(v, 0x3ce, 0x0003);
            out16(v, 0x3ce, 0x0005), out16(v, 0x3ce, 0xff08);
            out16(v, 0x3c4, 0x0002 | 1u << (8 + p));
            wr(v, 100, 1, latch[p]);
        }
        for (unsigned i = 0; i < 9; i++) {
            random = random * 1664525 + 1013904223;
            gfx[i] = (u8)(random >> 24);
        }
        value = gfx[7];
        rd(v, 100, 1);
        unsigned mode = round & 3;
        static const u8 set[] = { 0, 1, 3, 8 };
        for (unsigned i = 0; i < 4; i++) out16(v, 0x3ce, (unsigned)gfx[set[i]] << 8 | set[i]);
        out16(v, 0x3ce, mode << 8 | 5);
        out16(v, 0x3c4, 0x0f02);
        wr(v, 200, 1, value);
        for (unsigned p = 0; p < 4; p++) {
            out16(v, 0x3ce, p << 8 | 4);
            out16(v, 0x3ce, 0x0005);
            assert_int_equal(rd(v, 200, 1), expected_write(mode, gfx, p, value, latch[p]));
        }
    }
}

static void the_hash_sees_memory_and_registers(void **state)
{
    u64 a = vga_hash(*state, 1);
    type(*state, 24, 79, "x", 7);
    u64 b = vga_hash(*state, 1);
    out16(*state, 0x3d4, 0x010f);
    assert_int_not_equal(a, b);
    assert_int_not_equal(b, vga_hash(*state, 1));
    vga_reset(*state);
    assert_int_equal(vga_hash(*state, 1), a);
}

/* --- the linear framebuffer ------------------------------------------------------------------- */

struct kit {
    struct vga *vga;
    struct framebuffer *fb;
    struct pci_bus *bus;
};

static int setup_fb(void **state)
{
    static const struct irq_line lines[4];
    struct kit *k = g_new0(struct kit, 1);
    k->vga = vga_new();
    k->fb = framebuffer_new(k->vga);
    k->bus = pci_bus_new(0x80000000, 0x40000000, lines);
    assert_true(pci_add(k->bus, framebuffer_pci(k->fb), NULL));
    pci_config_write(k->bus, 1 << 3, 4, 2, 2);
    *state = k;
    return 0;
}

static int teardown_fb(void **state)
{
    struct kit *k = *state;
    pci_bus_free(k->bus);
    vga_free(k->vga);
    g_free(k);
    picture_clear(&shot);
    return 0;
}

static u64 bar(struct kit *k, unsigned n)
{
    return (pci_config_read(k->bus, 1 << 3, 0x10 + 4 * n, 4) & ~15u) - 0x80000000u;
}

static unsigned mode_in(struct kit *k, unsigned reg)
{
    return (unsigned)pci_window_ops.read(k->bus, bar(k, 2) + 0x500 + 2 * reg, 2);
}

static void mode_out(struct kit *k, unsigned reg, unsigned value)
{
    pci_window_ops.write(k->bus, bar(k, 2) + 0x500 + 2 * reg, 2, value);
}

static void set_mode(struct kit *k, unsigned width, unsigned height, unsigned depth)
{
    mode_out(k, FB_ENABLE, 0);
    mode_out(k, FB_WIDTH, width);
    mode_out(k, FB_HEIGHT, height);
    mode_out(k, FB_DEPTH, depth);
    mode_out(k, FB_ENABLE, 0x41);
}

static void the_adapter_says_what_drivers_ask(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pci_config_read(k->bus, 1 << 3, 0, 4), 0x11111234);
    assert_int_equal(pci_config_read(k->bus, 1 << 3, 8, 4) >> 8, 0x030000);
    assert_int_equal(mode_in(k, FB_ID) & 0xfff0, 0xb0c0);
    assert_int_equal(mode_in(k, FB_MEMORY), 256);
    mode_out(k, FB_ENABLE, 2);
    assert_int_equal(mode_in(k, FB_WIDTH), FB_WIDTH_MAX);
    assert_int_equal(mode_in(k, FB_HEIGHT), FB_HEIGHT_MAX);
    assert_int_equal(mode_in(k, FB_DEPTH), 32);
}

static void pixels_of_every_depth_have_their_colours(void **state)
{
    static const struct { unsigned depth, bytes; u32 pixel, rgb; } rows[] = {
        { 8, 1, 0x04, 0xaa0000 }, { 15, 2, 0x7c1f, 0xff00ff }, { 16, 2, 0x07e0, 0x00ff00 },
        { 16, 2, 0x8410, 0x848284 }, { 24, 3, 0x123456, 0x123456 }, { 32, 4, 0xff654321, 0x654321 },
    };
    struct kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        set_mode(k, 640, 480, rows[i].depth);
        assert_int_equal(mode_in(k, FB_VIRTUAL_WIDTH), 640);
        u64 at = (480ull * 640 - 1) * rows[i].bytes; /* the last pixel */
        for (unsigned b = 0; b < rows[i].bytes; b++) {
            pci_window_ops.write(k->bus, bar(k, 0) + at + b, 1, rows[i].pixel >> 8 * b & 0xff);
        }
        framebuffer_picture(k->fb, &shot);
        assert_int_equal(shot.width, 640);
        assert_int_equal(shot.height, 480);
        assert_int_equal(pixel(639, 479), rows[i].rgb);
        assert_int_equal(pixel(638, 479), BLACK);
    }
}

static void the_picture_is_a_window_into_a_larger_one(void **state)
{
    struct kit *k = *state;
    set_mode(k, 320, 200, 32);
    mode_out(k, FB_VIRTUAL_WIDTH, 1024);
    assert_int_equal(mode_in(k, FB_VIRTUAL_HEIGHT), 4096);
    mode_out(k, FB_X, 10);
    mode_out(k, FB_Y, 20);
    pci_window_ops.write(k->bus, bar(k, 0) + 4 * (20 * 1024 + 10), 4, 0xabcdef);
    framebuffer_picture(k->fb, &shot);
    assert_int_equal(pixel(0, 0), 0xabcdef);
    mode_out(k, FB_Y, 0xffff); /* beyond the memory: dark, not a crash */
    framebuffer_picture(k->fb, &shot);
    assert_int_equal(pixel(0, 0), BLACK);
}

static void impossible_modes_are_refused(void **state)
{
    static const u16 rows[][3] = {
        { 0, 480, 32 }, { 640, 0, 32 }, { 640, 480, 7 }, { 2561, 10, 8 }, { 10, 1601, 8 },
    };
    struct kit *k = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        set_mode(k, rows[i][0], rows[i][1], rows[i][2]);
        assert_int_equal(mode_in(k, FB_ENABLE) & 1, 0);
        assert_false(framebuffer_is_linear(k->fb));
    }
}

static void switching_off_shows_the_text_again_and_on_clears(void **state)
{
    struct kit *k = *state;
    set_mode(k, 640, 480, 32);
    pci_window_ops.write(k->bus, bar(k, 0), 4, 0x00ff00);
    mode_out(k, FB_ENABLE, 0);
    framebuffer_picture(k->fb, &shot);
    assert_int_equal(shot.height, 400);
    mode_out(k, FB_ENABLE, 0xc1); /* keep */
    framebuffer_picture(k->fb, &shot);
    assert_int_equal(pixel(0, 0), 0x00ff00);
    mode_out(k, FB_ENABLE, 0);
    mode_out(k, FB_ENABLE, 0x41);
    framebuffer_picture(k->fb, &shot);
    assert_int_equal(pixel(0, 0), BLACK);
}

static void the_ports_reach_the_same_mode_registers(void **state)
{
    struct kit *k = *state;
    framebuffer_ioport_ops.write(k->fb, 0, 2, FB_WIDTH);
    framebuffer_ioport_ops.write(k->fb, 1, 2, 800);
    assert_int_equal(mode_in(k, FB_WIDTH), 800);
    assert_int_equal(framebuffer_ioport_ops.read(k->fb, 1, 2), 800);
    assert_int_equal(framebuffer_ioport_ops.read(k->fb, 0, 2), FB_WIDTH);
}

static void the_vga_ports_are_in_bar_2_too(void **state)
{
    struct kit *k = *state;
    pci_window_ops.write(k->bus, bar(k, 2) + 0x414, 2, 0x500f); /* 0x3d4: CRTC */
    out(k->vga, 0x3d4, 0x0f);
    assert_int_equal(in(k->vga, 0x3d5), 0x50);
}

static void the_last_bytes_of_the_bars_are_safe(void **state)
{
    struct kit *k = *state;
    pci_window_ops.write(k->bus, bar(k, 0) + FRAMEBUFFER_MEMORY - 4, 8, ~0ull);
    u64 last = bar(k, 0) + FRAMEBUFFER_MEMORY - 4;
    assert_int_equal(pci_window_ops.read(k->bus, last, 4), 0xffffffff);
    assert_int_equal(pci_window_ops.read(k->bus, bar(k, 2) + 0xff8, 8), 0);
}

int main(void)
{
#define VGA(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define FB(name) cmocka_unit_test_setup_teardown(name, setup_fb, teardown_fb)
    const struct CMUnitTest tests[] = {
        VGA(a_fresh_adapter_shows_80x25_blanks_in_720x400),
        VGA(text_memory_answers_the_probe_of_vgacon),
        VGA(all_of_the_32_kb_of_text_memory_is_distinct),
        VGA(outside_the_mapped_window_there_is_nothing),
        VGA(a_letter_is_drawn_in_its_cell_with_its_colours),
        VGA(box_lines_run_through_the_ninth_column),
        VGA(no_two_letters_look_the_same),
        VGA(the_cursor_is_where_the_crtc_says),
        VGA(the_start_address_scrolls),
        VGA(the_status_register_resets_the_attribute_flip_flop),
        VGA(the_status_register_shows_retrace_come_and_go),
        VGA(crtc_registers_0_to_7_can_be_protected),
        VGA(the_palette_follows_the_dac),
        VGA(the_screen_can_be_switched_off_in_two_ways),
        VGA(a_font_can_be_loaded_through_plane_2),
        VGA(planar_writes_follow_the_four_write_modes),
        VGA(the_hash_sees_memory_and_registers),
        FB(the_adapter_says_what_drivers_ask),
        FB(pixels_of_every_depth_have_their_colours),
        FB(the_picture_is_a_window_into_a_larger_one),
        FB(impossible_modes_are_refused),
        FB(switching_off_shows_the_text_again_and_on_clears),
        FB(the_ports_reach_the_same_mode_registers),
        FB(the_vga_ports_are_in_bar_2_too),
        FB(the_last_bytes_of_the_bars_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
