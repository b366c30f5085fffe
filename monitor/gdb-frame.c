/* Framing of gdb's remote protocol: $body#checksum, with } escaping the characters that mean
 * something.  Bytes go in one by one, as they come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/gdb-priv.h"

#define ESCAPE '}'
#define ESCAPE_XOR 0x20

void gdb_framer_init(struct gdb_framer *f)
{
    *f = (struct gdb_framer){ .packet = g_string_new(NULL), .state = GDB_IDLE };
}

void gdb_framer_clear(struct gdb_framer *f)
{
    g_string_free(f->packet, TRUE);
    f->packet = NULL;
}

static enum gdb_event between(struct gdb_framer *f, u8 byte)
{
    if (byte == 3) return GDB_INTERRUPT;
    if (byte == '-') return GDB_NAK;
    if (byte != '$') return GDB_NOTHING;
    g_string_truncate(f->packet, 0);
    f->sum = 0;
    f->state = GDB_BODY;
    return GDB_NOTHING;
}

static void append(struct gdb_framer *f, u8 byte)
{
    if (f->packet->len < GDB_PACKET_MAX) g_string_append_c(f->packet, (char)byte);
}

static enum gdb_event body(struct gdb_framer *f, u8 byte)
{
    if (byte == '#') {
        f->state = GDB_SUM_1;
        return GDB_NOTHING;
    }
    if (byte == '$') return between(f, byte); /* the last one was cut off */
    f->sum += byte;
    if (f->state == GDB_ESCAPE) {
        append(f, byte ^ ESCAPE_XOR);
        f->state = GDB_BODY;
    } else if (byte == ESCAPE) {
        f->state = GDB_ESCAPE;
    } else {
        append(f, byte);
    }
    return GDB_NOTHING;
}

static enum gdb_event checksum(struct gdb_framer *f, u8 byte)
{
    int digit = g_ascii_xdigit_value((char)byte);
    if (f->state == GDB_SUM_1) {
        f->claimed = (u8)((unsigned)digit << 4);
        f->state = digit < 0 ? GDB_IDLE : GDB_SUM_2;
        return digit < 0 ? GDB_DAMAGED : GDB_NOTHING;
    }
    f->state = GDB_IDLE;
    bool right = digit >= 0 && (f->claimed | (unsigned)digit) == f->sum;
    return right || f->no_ack ? GDB_PACKET : GDB_DAMAGED;
}

enum gdb_event gdb_framer_byte(struct gdb_framer *f, u8 byte)
{
    switch (f->state) {
    case GDB_IDLE: return between(f, byte);
    case GDB_BODY:
    case GDB_ESCAPE: return body(f, byte);
    case GDB_SUM_1:
    case GDB_SUM_2: return checksum(f, byte);
    }
    return GDB_NOTHING;
}

void gdb_frame(GString *out, const char *text, size_t len)
{
    u8 sum = 0;
    g_string_append_c(out, '$');
    for (size_t i = 0, start = out->len; i < len; i++) {
        bool special = text[i] && strchr("#$}*", text[i]);
        if (special) g_string_append_c(out, ESCAPE);
        g_string_append_c(out, (char)(special ? text[i] ^ ESCAPE_XOR : text[i]));
        for (; start < out->len; start++) sum += (u8)out->str[start];
    }
    g_string_append_printf(out, "#%02x", sum);
}

void gdb_put_hex(GString *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        g_string_append_c(out, digits[((const u8 *)bytes)[i] >> 4]);
        g_string_append_c(out, digits[((const u8 *)bytes)[i] & 15]);
    }
}

bool gdb_get_hex(const char *text, void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);
        if (low < 0) return false;
        ((u8 *)bytes)[i] = (u8)(high << 4 | low);
    }
    return true;
}
