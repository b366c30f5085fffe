/* The keyboard controller of a PC, with a keyboard and a mouse.  PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_I8042_H
#define DEVICES_I8042_H

#include "devices/device.h"
#include "devices/ioport.h"

#define I8042_DATA_PORT 0x60
#define I8042_COMMAND_PORT 0x64

enum key {
    KEY_NONE,
#define KEY(name, set1, set2) KEY_##name,
#include "devices/keys.def"
    KEY_COUNT
};

enum { MOUSE_LEFT = 1, MOUSE_RIGHT = 2, MOUSE_MIDDLE = 4 };

struct i8042;
extern const struct ioport_ops i8042_data_ops;    /* one port each */
extern const struct ioport_ops i8042_command_ops;

struct i8042 *i8042_new(const struct irq_line *keyboard, const struct irq_line *mouse);
void i8042_free(struct i8042 *c);
void i8042_reset(struct i8042 *c);
u64 i8042_hash(void *c, u64 seed); /* a section_hash_fn */

/* Somebody has typed or moved something; only between slices. */
void i8042_key(struct i8042 *c, enum key key, bool down);
void i8042_mouse(struct i8042 *c, int dx, int dy, int wheel, unsigned buttons);
/* A driver takes keys: before that, they would be thrown away. */
bool i8042_listens(const struct i8042 *c);
/* No byte waits to be read: a patient typist goes on now. */
bool i8042_is_drained(const struct i8042 *c);

#endif
