/* Wiring of display adapter, keyboard and mouse.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/screen.h"

#include "devices/framebuffer.h"
#include "machine/machine-priv.h"
#include "machine/native.h"

struct screen {
    struct screen_config config;
    struct vga *vga;
    struct framebuffer *fb; /* the PCI bus owns it */
    struct i8042 *i8042;
    struct picture picture;
    unsigned buttons; /* as the guest knows them */
    u64 shown; /* generation of the picture on the display */
};

static void on_key(void *opaque, enum key key, bool down)
{
    struct screen *s = opaque;
    i8042_key(s->i8042, key, down);
}

static void on_mouse(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
    struct screen *s = opaque;
    s->buttons = buttons;
    i8042_mouse(s->i8042, dx, dy, wheel, buttons);
}

static void on_key_stopped(void *opaque, enum key key, bool down)
{
    if (!down) on_key(opaque, key, false);
}

static void on_mouse_stopped(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
    struct screen *s = opaque;
    (void)dx, (void)dy, (void)wheel;
    if (s->buttons & ~buttons) on_mouse(s, 0, 0, 0, s->buttons & buttons);
}

static void on_closed(void *opaque)
{
    struct screen *s = opaque;
    if (s->config.closed) s->config.closed(s->config.opaque);
}

static bool claim(struct screen *s, GError **err)
{
    const struct screen_config *c = &s->config;
    return physmem_make_hole(c->pm, VGA_WINDOW_PA, VGA_WINDOW_SIZE, err) &&
           physmem_add_device(c->pm, VGA_WINDOW_PA, VGA_WINDOW_SIZE, &vga_window_ops, s->vga,
                              err) &&
           ioport_claim(c->ports, VGA_PORTS, VGA_PORTS_LEN, &vga_ioport_ops, s->vga, err) &&
           ioport_claim(c->ports, FRAMEBUFFER_PORTS, FRAMEBUFFER_PORTS_LEN, &framebuffer_ioport_ops,
                        s->fb, err) &&
           ioport_claim(c->ports, I8042_DATA_PORT, 1, &i8042_data_ops, s->i8042, err) &&
           ioport_claim(c->ports, I8042_COMMAND_PORT, 1, &i8042_command_ops, s->i8042, err);
}

struct screen *screen_new(const struct screen_config *config, GError **err)
{
    struct screen *s = g_new0(struct screen, 1);
    s->config = *config;
    s->vga = vga_new();
    s->fb = framebuffer_new(s->vga);
    s->i8042 = i8042_new(&config->keyboard, &config->mouse);
    if (!pci_add(config->pci, framebuffer_pci(s->fb), err) || !claim(s, err)) {
        screen_free(s);
        return NULL;
    }
    sections_add_fn(config->sections, "vga", vga_hash, s->vga);
    sections_add_fn(config->sections, "framebuffer", framebuffer_hash, s->fb);
    sections_add_fn(config->sections, "i8042", i8042_hash, s->i8042);
    return s;
}

void screen_free(struct screen *s)
{
    if (!s) return;
    i8042_free(s->i8042);
    vga_free(s->vga);
    picture_clear(&s->picture);
    g_free(s);
}

void screen_reset(struct screen *s)
{
    vga_reset(s->vga);
    i8042_reset(s->i8042);
}

static void look_after(struct screen *s, const struct display_input *input, bool always_show)
{
    struct display *display = s->config.display;
    if (!display || !display_poll(display, input)) return;
    u64 now = framebuffer_generation(s->fb);
    if (now == s->shown && !always_show) return;
    framebuffer_picture(s->fb, &s->picture);
    display_show(display, &s->picture);
    s->shown = now;
}

void screen_poll(struct screen *s)
{
    struct display_input input = { s, on_key, on_mouse, on_closed };
    look_after(s, &input, false);
}

/* Something may have lain over the window. */
void screen_idle(struct screen *s)
{
    struct display_input input = { s, on_key_stopped, on_mouse_stopped, on_closed };
    look_after(s, &input, true);
}

GString *screen_text(struct screen *s)
{
    return framebuffer_is_linear(s->fb) ? g_string_new(NULL) : vga_text(s->vga);
}

bool screen_write_png(struct screen *s, const char *path, GError **err)
{
    framebuffer_picture(s->fb, &s->picture);
    s->shown = 0; /* the buffer is shared with the display, which may be behind now */
    return picture_write_png(&s->picture, path, err);
}

struct i8042 *screen_i8042(struct screen *s)
{
    return s->i8042;
}

unsigned screen_slot(const struct screen *s)
{
    return framebuffer_pci(s->fb)->slot;
}

bool machine_screenshot(struct machine *m, const char *path, GError **err)
{
    if (m->native) return screen_write_png(native_screen(m->native), path, err);
    g_set_error(err, MACHINE_ERROR, 0, "%s: this machine has no screen", path);
    return false;
}
