/* The PS/2 mouse: three buttons and, for drivers that knock for it, a wheel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "devices/ps2.h"

enum {
    CMD_SCALE_1 = 0xe6, CMD_SCALE_2 = 0xe7, CMD_RESOLUTION = 0xe8, CMD_STATUS = 0xe9,
    CMD_STREAM = 0xea, CMD_READ = 0xeb, CMD_UNWRAP = 0xec, CMD_WRAP = 0xee, CMD_REMOTE = 0xf0,
    CMD_ID = 0xf2, CMD_RATE = 0xf3, CMD_ENABLE = 0xf4, CMD_DISABLE = 0xf5, CMD_DEFAULT = 0xf6,
    CMD_RESET = 0xff,
};
enum { SAYS_OK = 0xaa, SAYS_ACK = 0xfa, SAYS_RESEND = 0xfe };
#define ID_PLAIN 0
#define ID_WHEEL 3
#define MOVE_MAX 255
#define WHEEL_MAX 7

static void say(struct ps2_mouse *m, u8 byte)
{
    ps2_queue_put(&m->queue, &byte, 1);
}

static void set_defaults(struct ps2_mouse *m)
{
    m->reporting = m->remote = m->wrapping = m->scaling = m->expects = 0;
    m->resolution = 2;
    m->rate = 100;
    m->dx = m->dy = m->wheel = 0;
}

void ps2_mouse_reset(struct ps2_mouse *m)
{
    *m = (struct ps2_mouse){ .id = ID_PLAIN };
    set_defaults(m);
}

static bool send_packet(struct ps2_mouse *m)
{
    s32 dx = CLAMP(m->dx, -MOVE_MAX, MOVE_MAX), dy = CLAMP(m->dy, -MOVE_MAX, MOVE_MAX);
    s32 wheel = CLAMP(m->wheel, -WHEEL_MAX, WHEEL_MAX);
    u8 flags = (u8)(0x08 | (m->buttons & 7) | (dx < 0) << 4 | (dy < 0) << 5);
    u8 packet[4] = { flags, (u8)dx, (u8)dy, (u8)wheel };
    if (!ps2_queue_put(&m->queue, packet, m->id == ID_WHEEL ? 4 : 3)) return false;
    m->dx -= dx;
    m->dy -= dy;
    m->wheel -= wheel;
    m->reported = m->buttons;
    return true;
}

static bool has_news(const struct ps2_mouse *m)
{
    return m->dx || m->dy || (m->wheel && m->id == ID_WHEEL) || m->buttons != m->reported;
}

void ps2_mouse_catch_up(struct ps2_mouse *m)
{
    while (m->reporting && !m->remote && !m->wrapping && has_news(m) && send_packet(m)) {}
}

void ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int wheel, unsigned buttons)
{
    m->dx += dx;
    m->dy -= dy; /* hosts count downwards, mice upwards */
    m->wheel -= wheel;
    m->buttons = buttons & 7;
    if (m->id != ID_WHEEL) m->wheel = 0;
    ps2_mouse_catch_up(m);
}

static void say_status(struct ps2_mouse *m)
{
    u8 left = m->buttons & 1, right = m->buttons >> 1 & 1, middle = m->buttons >> 2 & 1;
    say(m, (u8)(m->remote << 6 | m->reporting << 5 | m->scaling << 4 | left << 2 | middle << 1 |
                right));
    say(m, m->resolution);
    say(m, m->rate);
}

static void set_rate(struct ps2_mouse *m, u8 rate)
{
    static const u8 wheel[3] = { 200, 100, 80 };
    m->rate = rate;
    m->knock[0] = m->knock[1];
    m->knock[1] = m->knock[2];
    m->knock[2] = rate;
    if (!memcmp(m->knock, wheel, sizeof wheel)) m->id = ID_WHEEL;
}

static void take_argument(struct ps2_mouse *m, u8 byte)
{
    if (m->expects == CMD_RATE) set_rate(m, byte);
    if (m->expects == CMD_RESOLUTION) m->resolution = byte & 3;
    m->expects = 0;
    say(m, SAYS_ACK);
}

static void take_command(struct ps2_mouse *m, u8 byte)
{
    say(m, SAYS_ACK);
    switch (byte) {
    case CMD_SCALE_1: m->scaling = 0; break;
    case CMD_SCALE_2: m->scaling = 1; break;
    case CMD_RESOLUTION: case CMD_RATE: m->expects = byte; break;
    case CMD_STATUS: say_status(m); break;
    case CMD_STREAM: m->remote = 0; break;
    case CMD_REMOTE: m->remote = 1; break;
    case CMD_READ: send_packet(m); break;
    case CMD_UNWRAP: m->wrapping = 0; break;
    case CMD_WRAP: m->wrapping = 1; break;
    case CMD_ID: say(m, m->id); break;
    case CMD_ENABLE: m->reporting = 1; break;
    case CMD_DISABLE: m->reporting = 0; break;
    case CMD_DEFAULT: set_defaults(m); break;
    case CMD_RESET: ps2_mouse_reset(m), say(m, SAYS_ACK), say(m, SAYS_OK), say(m, m->id); break;
    default: m->queue.count = 0, say(m, SAYS_RESEND); break;
    }
}

/* A command ends whatever was being sent: the answer comes first. */
void ps2_mouse_command(struct ps2_mouse *m, u8 byte)
{
    m->queue.count = 0;
    if (m->wrapping && byte != CMD_UNWRAP && byte != CMD_RESET) {
        say(m, byte);
    } else if (m->expects) {
        take_argument(m, byte);
    } else {
        take_command(m, byte);
    }
}
