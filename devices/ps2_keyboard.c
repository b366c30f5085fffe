/* The PS/2 keyboard.  Keys are turned into bytes here and at once in the set that the guest will
 * read, translation included; a real controller translates byte by byte with the same result.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "devices/ps2.h"

enum {
    CMD_LEDS = 0xed, CMD_ECHO = 0xee, CMD_SET = 0xf0, CMD_ID = 0xf2, CMD_RATE = 0xf3,
    CMD_ENABLE = 0xf4, CMD_DISABLE = 0xf5, CMD_DEFAULT = 0xf6, CMD_RESET = 0xff,
};
enum { SAYS_OK = 0xaa, SAYS_ACK = 0xfa, SAYS_RESEND = 0xfe };

bool ps2_queue_put(struct ps2_queue *q, const u8 *bytes, unsigned n)
{
    if (q->count + n > PS2_QUEUE) return false;
    for (unsigned i = 0; i < n; i++) q->bytes[(q->head + q->count++) % PS2_QUEUE] = bytes[i];
    return true;
}

u8 ps2_queue_get(struct ps2_queue *q)
{
    u8 byte = q->bytes[q->head];
    q->head = (q->head + 1) % PS2_QUEUE;
    q->count--;
    return byte;
}

static void say(struct ps2_keyboard *k, u8 byte)
{
    ps2_queue_put(&k->queue, &byte, 1);
}

static void set_defaults(struct ps2_keyboard *k)
{
    k->set = 2;
    k->expects = 0;
}

void ps2_keyboard_reset(struct ps2_keyboard *k)
{
    *k = (struct ps2_keyboard){ .scanning = 1 };
    set_defaults(k);
}

/* 0 asks for the set in use.  Nobody uses set 3; refusing it is what some keyboards do. */
static void choose_set(struct ps2_keyboard *k, u8 set)
{
    if (set > 2) {
        log_warning("i8042", "the guest asks for scan code set %u; sets 1 and 2 exist", set);
        say(k, SAYS_RESEND);
        return;
    }
    say(k, SAYS_ACK);
    if (set) k->set = set;
    else say(k, k->set);
}

static void take_argument(struct ps2_keyboard *k, u8 byte)
{
    u8 command = k->expects;
    k->expects = 0;
    if (command == CMD_SET) {
        choose_set(k, byte);
    } else {
        say(k, SAYS_ACK); /* lights and repeat rate: seen, and of no consequence */
    }
}

static void take_command(struct ps2_keyboard *k, u8 byte, bool translate)
{
    switch (byte) {
    case CMD_LEDS: case CMD_SET: case CMD_RATE: say(k, SAYS_ACK), k->expects = byte; break;
    case CMD_ECHO: say(k, CMD_ECHO); break;
    case CMD_ID: say(k, SAYS_ACK), say(k, 0xab), say(k, translate ? 0x41 : 0x83); break;
    case CMD_ENABLE: say(k, SAYS_ACK), k->scanning = 1; break;
    case CMD_DISABLE: say(k, SAYS_ACK), set_defaults(k), k->scanning = 0; break;
    case CMD_DEFAULT: say(k, SAYS_ACK), set_defaults(k); break;
    case CMD_RESET: ps2_keyboard_reset(k), say(k, SAYS_ACK), say(k, SAYS_OK); break;
    default: say(k, SAYS_RESEND); break;
    }
}

/* A command ends whatever was being sent: the answer comes first. */
void ps2_keyboard_command(struct ps2_keyboard *k, u8 byte, bool translate)
{
    k->queue.count = 0;
    if (k->expects && byte < CMD_LEDS) {
        take_argument(k, byte);
    } else {
        k->expects = 0;
        take_command(k, byte, translate);
    }
}

static const struct {
    u16 set1, set2;
} codes[KEY_COUNT] = {
#define KEY(name, set1, set2) [KEY_##name] = { set1, set2 },
#include "devices/keys.def"
};

void ps2_keyboard_key(struct ps2_keyboard *k, enum key key, bool down, bool translate)
{
    bool set1 = translate ? k->set == 2 : k->set == 1;
    u16 code = set1 ? codes[key].set1 : codes[key].set2;
    u8 bytes[3];
    unsigned n = 0;
    if (!k->scanning || !code) return;
    if (code >> 8) bytes[n++] = (u8)(code >> 8);
    if (!down && !set1) bytes[n++] = 0xf0;
    bytes[n++] = (u8)(code | (!down && set1 ? 0x80 : 0));
    ps2_queue_put(&k->queue, bytes, n); /* full: the key is lost, as on the real thing */
}
