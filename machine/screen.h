/* The part of the native machine a person sits at: display adapter, keyboard, mouse, and what shows
 * them on the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_SCREEN_H
#define MACHINE_SCREEN_H

#include "devices/host/display.h"
#include "devices/ioport.h"
#include "devices/pci.h"
#include "devices/vga.h"
#include "machine/machine.h"

#define SCREEN_KEYBOARD_GSI 1
#define SCREEN_MOUSE_GSI 12

struct screen;

struct screen_config {
    struct physmem *pm;
    struct ioport_space *ports;
    struct pci_bus *pci;
    struct irq_line keyboard, mouse;
    struct sections *sections;
    struct display *display; /* borrowed; NULL: nobody looks */
    void (*closed)(void *opaque);
    void *opaque;
};

/* Takes the VGA window out of RAM.  Free the PCI bus after the screen. */
struct screen *screen_new(const struct screen_config *config, GError **err);
void screen_free(struct screen *s);
void screen_reset(struct screen *s); /* without the PCI function, which its bus resets */

/* Between slices: take the person's input, show what has changed. */
void screen_poll(struct screen *s);

/* While the machine is stopped: the window is drawn and can be closed; what is typed is lost, but
 * keys and buttons that are held may be let go. */
void screen_idle(struct screen *s);

/* The characters of a text mode; g_string_free. */
GString *screen_text(struct screen *s);
bool screen_write_png(struct screen *s, const char *path, GError **err);
struct i8042 *screen_i8042(struct screen *s);
unsigned screen_slot(const struct screen *s); /* of the adapter, on the PCI bus */

#endif
