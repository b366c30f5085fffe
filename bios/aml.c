/* Encoding of ACPI machine language.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bios/aml.h"

#include <string.h>

enum {
    OP_ZERO = 0x00, OP_ONE = 0x01, OP_NAME = 0x08, OP_BYTE = 0x0a, OP_WORD = 0x0b, OP_DWORD = 0x0c,
    OP_QWORD = 0x0e, OP_SCOPE = 0x10, OP_BUFFER = 0x11, OP_PACKAGE = 0x12, OP_EXT = 0x5b,
    OP_ROOT = 0x5c, OP_EXT_DEVICE = 0x82, OP_EXT_PROCESSOR = 0x83,
};

static void put(GByteArray *out, u64 value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        u8 b = (u8)(value >> 8 * i);
        g_byte_array_append(out, &b, 1);
    }
}

static void put_seg(GByteArray *out, const char *seg)
{
    g_assert(strlen(seg) == 4);
    g_byte_array_append(out, (const u8 *)seg, 4);
}

/* A package length counts its own bytes; bits 7:6 of the first say how many more follow. */
static void put_length(GByteArray *out, u64 body)
{
    unsigned more = body + 1 < 0x40 ? 0 : body + 2 < 0x1000 ? 1 : body + 3 < 0x100000 ? 2 : 3;
    u64 total = body + 1 + more;
    if (!more) {
        put(out, total, 1);
        return;
    }
    put(out, more << 6 | (total & 15), 1);
    put(out, total >> 4, more);
}

static void put_body(GByteArray *out, GByteArray *head, GByteArray *body)
{
    put_length(out, head->len + body->len);
    g_byte_array_append(out, head->data, head->len);
    g_byte_array_append(out, body->data, body->len);
    g_byte_array_unref(head);
    g_byte_array_unref(body);
}

void aml_name(GByteArray *out, const char *seg)
{
    put(out, OP_NAME, 1);
    put_seg(out, seg);
}

void aml_integer(GByteArray *out, u64 value)
{
    if (value <= 1) {
        put(out, value ? OP_ONE : OP_ZERO, 1);
        return;
    }
    unsigned bytes = value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
    static const u8 op[9] = { [1] = OP_BYTE, [2] = OP_WORD, [4] = OP_DWORD, [8] = OP_QWORD };
    put(out, op[bytes], 1);
    put(out, value, bytes);
}

/* Three letters of five bits and four hexadecimal digits, the bytes in big-endian order. */
void aml_eisa_id(GByteArray *out, const char *id)
{
    u32 v = (u32)(id[0] - 0x40) << 26 | (u32)(id[1] - 0x40) << 21 | (u32)(id[2] - 0x40) << 16;
    v |= (u32)g_ascii_strtoull(id + 3, NULL, 16);
    put(out, OP_DWORD, 1);
    put(out, GUINT32_SWAP_LE_BE(v), 4);
}

void aml_package(GByteArray *out, unsigned count, GByteArray *body)
{
    GByteArray *head = g_byte_array_new();
    put(head, count, 1);
    put(out, OP_PACKAGE, 1);
    put_body(out, head, body);
}

void aml_buffer(GByteArray *out, GByteArray *body)
{
    GByteArray *head = g_byte_array_new();
    aml_integer(head, body->len);
    put(out, OP_BUFFER, 1);
    put_body(out, head, body);
}

void aml_scope(GByteArray *out, const char *path, GByteArray *body)
{
    GByteArray *head = g_byte_array_new();
    put(head, OP_ROOT, 1);
    put_seg(head, path);
    put(out, OP_SCOPE, 1);
    put_body(out, head, body);
}

void aml_device(GByteArray *out, const char *seg, GByteArray *body)
{
    GByteArray *head = g_byte_array_new();
    put_seg(head, seg);
    put(out, OP_EXT, 1);
    put(out, OP_EXT_DEVICE, 1);
    put_body(out, head, body);
}

/* No processor block: its address and length are zero. */
void aml_processor(GByteArray *out, const char *seg, unsigned id)
{
    GByteArray *head = g_byte_array_new();
    put_seg(head, seg);
    put(head, id, 1);
    put(head, 0, 5);
    put(out, OP_EXT, 1);
    put(out, OP_EXT_PROCESSOR, 1);
    put_body(out, head, g_byte_array_new());
}

/* --- resources --- */

enum { ADDRESS_MEMORY = 0, ADDRESS_IO = 1, ADDRESS_BUS = 2 };
#define ADDRESS_FIXED 0x0c /* minimum and maximum fixed, producer, positive decode */

static void address_space(GByteArray *out, u8 tag, unsigned width, u8 kind, u8 specific, u64 min,
                          u64 max)
{
    put(out, tag, 1);
    put(out, 3 + 5 * width, 2);
    put(out, kind, 1);
    put(out, ADDRESS_FIXED, 1);
    put(out, specific, 1);
    put(out, 0, width); /* granularity */
    put(out, min, width);
    put(out, max, width);
    put(out, 0, width); /* translation offset */
    put(out, max - min + 1, width);
}

void aml_bus_numbers(GByteArray *out, u16 first, u16 last)
{
    address_space(out, 0x88, 2, ADDRESS_BUS, 0, first, last);
}

void aml_memory_window(GByteArray *out, u32 base, u32 size)
{
    address_space(out, 0x87, 4, ADDRESS_MEMORY, 1, base, (u64)base + size - 1);
}

void aml_io_window(GByteArray *out, u16 first, u16 last)
{
    address_space(out, 0x87, 4, ADDRESS_IO, 3, first, last);
}

void aml_io_ports(GByteArray *out, u16 base, u8 len)
{
    put(out, 0x47, 1);
    put(out, 1, 1); /* 16-bit decode */
    put(out, base, 2);
    put(out, base, 2);
    put(out, 1, 1); /* alignment */
    put(out, len, 1);
}

void aml_interrupt(GByteArray *out, u32 gsi)
{
    put(out, 0x89, 1);
    put(out, 6, 2);
    put(out, 1, 1); /* consumer; level, active high, exclusive */
    put(out, 1, 1);
    put(out, gsi, 4);
}

void aml_end_tag(GByteArray *out)
{
    put(out, 0x79, 1);
    put(out, 0, 1); /* checksum not computed */
}
