/* A keyboard and a mouse with PS/2 plugs, as seen from the controller they hang on.
 *
 * Each has a small queue of bytes for the controller; a packet goes in whole or not at all, so that
 * a reader never gets half of one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_PS2_H
#define DEVICES_PS2_H

#include "devices/i8042.h"

#define PS2_QUEUE 32

/* No pointers and no hidden padding in these structs: they are hashed as they are. */
struct ps2_queue {
    u8 bytes[PS2_QUEUE];
    u32 head, count;
};

bool ps2_queue_put(struct ps2_queue *q, const u8 *bytes, unsigned n); /* all or nothing */
u8 ps2_queue_get(struct ps2_queue *q);                                /* not empty */

struct ps2_keyboard {
    struct ps2_queue queue;
    u8 scanning, set, expects; /* expects: the command whose argument comes next, or 0 */
    u8 pad;
};

void ps2_keyboard_reset(struct ps2_keyboard *k);
/* `translate`: the controller turns set 2 into set 1, and one byte of the identity with it. */
void ps2_keyboard_command(struct ps2_keyboard *k, u8 byte, bool translate);
void ps2_keyboard_key(struct ps2_keyboard *k, enum key key, bool down, bool translate);

struct ps2_mouse {
    struct ps2_queue queue;
    s32 dx, dy, wheel;          /* moved since the last packet */
    u8 buttons, reported;       /* now, and in the last packet */
    u8 reporting, remote, wrapping, scaling, resolution, rate, id, expects;
    u8 knock[3], pad[3];        /* the last rates: 200, 100, 80 turns the wheel on */
};

void ps2_mouse_reset(struct ps2_mouse *m);
void ps2_mouse_command(struct ps2_mouse *m, u8 byte);
void ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int wheel, unsigned buttons);
/* Something was taken from the queue: there may be room for what had to wait. */
void ps2_mouse_catch_up(struct ps2_mouse *m);

#endif
