/* The keyboard controller.  One output buffer, filled by the controller itself, the keyboard or the
 * mouse in this order; while it is full and its source may interrupt, the source's line is high.
 * Commands take no time, so the input buffer is never full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/i8042.h"

#include <string.h>

#include "base/log.h"
#include "base/section.h"
#include "devices/ps2.h"

enum { STATUS_OBF = 0x01, STATUS_SYSTEM = 0x04, STATUS_COMMAND = 0x08, STATUS_UNLOCKED = 0x10,
       STATUS_AUX = 0x20 };
enum { CTR_KBD_INT = 0x01, CTR_AUX_INT = 0x02, CTR_SYSTEM = 0x04, CTR_KBD_OFF = 0x10,
       CTR_AUX_OFF = 0x20, CTR_TRANSLATE = 0x40 };
enum {
    CMD_READ_CTR = 0x20, CMD_WRITE_CTR = 0x60, CMD_AUX_OFF = 0xa7, CMD_AUX_ON = 0xa8,
    CMD_TEST_AUX = 0xa9, CMD_SELF_TEST = 0xaa, CMD_TEST_KBD = 0xab, CMD_KBD_OFF = 0xad,
    CMD_KBD_ON = 0xae, CMD_READ_INPUT = 0xc0, CMD_READ_OUTPUT = 0xd0, CMD_WRITE_OUTPUT = 0xd1,
    CMD_KBD_LOOP = 0xd2, CMD_AUX_LOOP = 0xd3, CMD_TO_AUX = 0xd4, CMD_PULSE = 0xf0,
};
enum { SELF_TEST_PASSED = 0x55, LINE_TEST_PASSED = 0x00 };
#define RAM_LAST 0x1f /* of the controller's own memory, whose byte 0 is the CTR */
#define OUTPUT_IDLE 0x03 /* output port: processor not held in reset, A20 open */

enum source { FROM_NOBODY, FROM_CONTROLLER, FROM_KEYBOARD, FROM_MOUSE };

/* Bytes only: hashed as they are. */
struct state {
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    u8 ram[RAM_LAST + 1];
    u8 expects;       /* the command whose argument comes next, or 0 */
    u8 after_command; /* the last write was to the command port */
    u8 data, source, is_aux, pad[3];
};

struct i8042 {
    struct irq_line keyboard_line, mouse_line;
    struct state s;
};
#define CTR(c) ((c)->s.ram[0])

static bool keyboard_has_byte(const struct i8042 *c)
{
    return c->s.keyboard.queue.count && !(CTR(c) & CTR_KBD_OFF);
}

static bool mouse_has_byte(const struct i8042 *c)
{
    return c->s.mouse.queue.count && !(CTR(c) & CTR_AUX_OFF);
}

static void refill(struct i8042 *c)
{
    if (c->s.source != FROM_NOBODY) return;
    if (keyboard_has_byte(c)) {
        c->s.source = FROM_KEYBOARD;
        c->s.is_aux = 0;
        c->s.data = ps2_queue_get(&c->s.keyboard.queue);
    } else if (mouse_has_byte(c)) {
        c->s.source = FROM_MOUSE;
        c->s.is_aux = 1;
        c->s.data = ps2_queue_get(&c->s.mouse.queue);
        ps2_mouse_catch_up(&c->s.mouse);
    }
}

/* What the controller says itself interrupts too, when it says it for a device. */
static void drive_lines(struct i8042 *c)
{
    bool full = c->s.source != FROM_NOBODY;
    irq_set(&c->keyboard_line, full && !c->s.is_aux && (CTR(c) & CTR_KBD_INT));
    irq_set(&c->mouse_line, full && c->s.is_aux && (CTR(c) & CTR_AUX_INT));
}

static void update(struct i8042 *c)
{
    refill(c);
    drive_lines(c);
}

static void answer(struct i8042 *c, u8 byte, bool aux)
{
    c->s.data = byte;
    c->s.source = FROM_CONTROLLER;
    c->s.is_aux = aux;
}

static u8 status(const struct i8042 *c)
{
    return (u8)(STATUS_UNLOCKED | (CTR(c) & CTR_SYSTEM ? STATUS_SYSTEM : 0) |
                (c->s.source != FROM_NOBODY ? STATUS_OBF | (c->s.is_aux ? STATUS_AUX : 0) : 0) |
                (c->s.after_command ? STATUS_COMMAND : 0));
}

static u8 read_data(struct i8042 *c)
{
    c->s.source = FROM_NOBODY;
    drive_lines(c); /* low in between: an edge for every byte */
    return c->s.data;
}

static void take_argument(struct i8042 *c, u8 byte)
{
    u8 command = c->s.expects;
    c->s.expects = 0;
    switch (command) {
    case CMD_WRITE_OUTPUT:
        if (!(byte & 1)) log_warning("i8042", "reset through the output port is not wired");
        break;
    case CMD_KBD_LOOP: answer(c, byte, false); break;
    case CMD_AUX_LOOP: answer(c, byte, true); break;
    case CMD_TO_AUX: ps2_mouse_command(&c->s.mouse, byte); break;
    default: c->s.ram[command & RAM_LAST] = byte; break;
    }
}

static void set_ctr(struct i8042 *c, u8 clear, u8 set)
{
    CTR(c) = (u8)((CTR(c) & ~clear) | set);
}

static bool takes_argument(u8 command)
{
    return (command >= CMD_WRITE_CTR && command <= CMD_WRITE_CTR + RAM_LAST) ||
           (command >= CMD_WRITE_OUTPUT && command <= CMD_TO_AUX);
}

static void take_command(struct i8042 *c, u8 command)
{
    c->s.expects = takes_argument(command) ? command : 0;
    if (c->s.expects) return;
    if (command >= CMD_READ_CTR && command <= CMD_READ_CTR + RAM_LAST) {
        answer(c, c->s.ram[command & RAM_LAST], false);
        return;
    }
    switch (command) {
    case CMD_AUX_OFF: set_ctr(c, 0, CTR_AUX_OFF); break;
    case CMD_AUX_ON: set_ctr(c, CTR_AUX_OFF, 0); break;
    case CMD_TEST_AUX: case CMD_TEST_KBD: answer(c, LINE_TEST_PASSED, false); break;
    case CMD_SELF_TEST: set_ctr(c, 0, CTR_SYSTEM), answer(c, SELF_TEST_PASSED, false); break;
    case CMD_KBD_OFF: set_ctr(c, 0, CTR_KBD_OFF); break;
    case CMD_KBD_ON: set_ctr(c, CTR_KBD_OFF, 0); break;
    case CMD_READ_INPUT: answer(c, 0x80, false); break; /* keyboard not locked */
    case CMD_READ_OUTPUT: answer(c, OUTPUT_IDLE, false); break;
    default:
        if (command >= CMD_PULSE) {
            if (!(command & 1)) log_warning("i8042", "reset through the keyboard is not wired");
        } else {
            log_warning("i8042", "controller command %#x is not known", command);
        }
        break;
    }
}

/* --- ports ------------------------------------------------------------------------------------ */

static u32 data_read(void *opaque, unsigned offset, unsigned size)
{
    (void)offset, (void)size;
    u8 byte = read_data(opaque);
    update(opaque);
    return byte;
}

static void data_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    struct i8042 *c = opaque;
    (void)offset, (void)size;
    c->s.after_command = 0;
    if (c->s.expects) {
        take_argument(c, (u8)value);
    } else {
        ps2_keyboard_command(&c->s.keyboard, (u8)value, CTR(c) & CTR_TRANSLATE);
    }
    update(c);
}

static u32 status_read(void *opaque, unsigned offset, unsigned size)
{
    (void)offset, (void)size;
    return status(opaque);
}

static void command_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    struct i8042 *c = opaque;
    (void)offset, (void)size;
    c->s.after_command = 1;
    take_command(c, (u8)value);
    update(c);
}

const struct ioport_ops i8042_data_ops = {
    .name = "i8042 data", .read = data_read, .write = data_write,
};
const struct ioport_ops i8042_command_ops = {
    .name = "i8042 command", .read = status_read, .write = command_write,
};

/* --- life, and people ------------------------------------------------------------------------- */

void i8042_reset(struct i8042 *c)
{
    ps2_keyboard_reset(&c->s.keyboard);
    ps2_mouse_reset(&c->s.mouse);
    memset(c->s.ram, 0, sizeof c->s.ram);
    CTR(c) = CTR_SYSTEM | CTR_TRANSLATE | CTR_KBD_INT;
    c->s.expects = c->s.after_command = c->s.data = c->s.is_aux = 0;
    c->s.source = FROM_NOBODY;
    update(c);
}

struct i8042 *i8042_new(const struct irq_line *keyboard, const struct irq_line *mouse)
{
    struct i8042 *c = g_new0(struct i8042, 1);
    c->keyboard_line = *keyboard;
    c->mouse_line = *mouse;
    i8042_reset(c);
    return c;
}

void i8042_free(struct i8042 *c)
{
    g_free(c);
}

u64 i8042_hash(void *opaque, u64 seed)
{
    const struct i8042 *c = opaque;
    return hash_bytes(seed, &c->s, sizeof c->s);
}

void i8042_key(struct i8042 *c, enum key key, bool down)
{
    ps2_keyboard_key(&c->s.keyboard, key, down, CTR(c) & CTR_TRANSLATE);
    update(c);
}

void i8042_mouse(struct i8042 *c, int dx, int dy, int wheel, unsigned buttons)
{
    ps2_mouse_move(&c->s.mouse, dx, dy, wheel, buttons);
    update(c);
}

bool i8042_listens(const struct i8042 *c)
{
    return c->s.keyboard.scanning && (CTR(c) & CTR_KBD_INT) && !(CTR(c) & CTR_KBD_OFF);
}

bool i8042_is_drained(const struct i8042 *c)
{
    return c->s.source == FROM_NOBODY && !c->s.keyboard.queue.count && !c->s.mouse.queue.count;
}
