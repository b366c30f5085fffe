/* The compact form of an event trace.  docs/tracing.md has the layout; in short: a magic number,
 * blocks with a length and a checksum, in them records of varints.  Names travel along, each once
 * before its first use, so that a trace can be read without the kernel's file and by an epic64 with
 * other tables.  The reader trusts nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "monitor/events.h"

/* As in PNG: a byte with the top bit set, both kinds of line ends, and the end of file of old. */
static const u8 magic[8] = { 0x89, 'E', 'T', 'B', '\r', '\n', 0x1a, '\n' };
enum { VERSION = 1, BLOCK_FULL = 64 << 10, BLOCK_MAX = 1 << 20, NAME_MAX_LEN = 4096 };
enum record { RECORD_START = 1, RECORD_SYMBOL, RECORD_WHAT, RECORD_EVENT, RECORD_END };
enum { WHAT_DECIMAL = 1 };
enum { EVENT_IS_SLOW = 1, EVENT_IS_BATCHED = 2, EVENT_HAS_RESULT = 4 };

/* CRC-32 of IEEE 802.3. */
static u32 crc32_of(const u8 *p, size_t len)
{
    static u32 table[256];
    for (u32 i = 0; !table[255] && i < 256; i++) {
        u32 c = i;
        for (unsigned b = 0; b < 8; b++) c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    u32 crc = ~0u;
    for (size_t i = 0; i < len; i++) crc = table[(crc ^ p[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

/* Small differences, up or down, become small numbers. */
static u64 zigzag(u64 difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static u64 unzigzag(u64 v)
{
    return v >> 1 ^ (0 - (v & 1));
}

/* --- writing ---------------------------------------------------------------------------------- */

struct event_writer {
    FILE *out;
    GByteArray *block;
    GHashTable *symbols, *whats; /* pointer to id, from 1 */
    u64 time, place, events;
};

static void put_varint(struct event_writer *w, u64 v)
{
    u8 bytes[10];
    unsigned n = 0;
    for (; v >= 0x80; v >>= 7) bytes[n++] = (u8)(v | 0x80);
    bytes[n++] = (u8)v;
    g_byte_array_append(w->block, bytes, n);
}

static void put_name(struct event_writer *w, const char *name)
{
    size_t len = strlen(name); /* words are short */
    put_varint(w, len);
    g_byte_array_append(w->block, (const u8 *)name, (guint)len);
}

static void put_u32(u8 *p, u32 v)
{
    for (unsigned i = 0; i < 4; i++) p[i] = (u8)(v >> 8 * i);
}

static void flush_block(struct event_writer *w)
{
    u8 head[8];
    put_u32(head, w->block->len);
    put_u32(head + 4, crc32_of(w->block->data, w->block->len));
    fwrite(head, 1, sizeof(head), w->out);
    fwrite(w->block->data, 1, w->block->len, w->out);
    g_byte_array_set_size(w->block, 0);
}

struct event_writer *event_writer_new(FILE *out, u64 hz)
{
    struct event_writer *w = g_new0(struct event_writer, 1);
    w->out = out;
    w->block = g_byte_array_new();
    w->symbols = g_hash_table_new(NULL, NULL);
    w->whats = g_hash_table_new(NULL, NULL);
    fwrite(magic, 1, sizeof(magic), out);
    put_varint(w, RECORD_START);
    put_varint(w, VERSION);
    put_varint(w, hz);
    return w;
}

static u64 symbol_id(struct event_writer *w, const char *symbol)
{
    u64 id = GPOINTER_TO_SIZE(g_hash_table_lookup(w->symbols, symbol));
    if (id) return id;
    put_varint(w, RECORD_SYMBOL);
    put_name(w, symbol);
    id = g_hash_table_size(w->symbols) + 1;
    g_hash_table_insert(w->symbols, (gpointer)symbol, GSIZE_TO_POINTER(id));
    return id;
}

static u64 what_id(struct event_writer *w, const struct event_what *what)
{
    u64 id = GPOINTER_TO_SIZE(g_hash_table_lookup(w->whats, what));
    if (id) return id;
    put_varint(w, RECORD_WHAT);
    put_name(w, what->kind);
    put_name(w, what->name);
    put_varint(w, what->decimal ? WHAT_DECIMAL : 0);
    put_varint(w, what->nargs);
    for (unsigned i = 0; i < what->nargs; i++) put_name(w, what->arg[i]);
    id = g_hash_table_size(w->whats) + 1;
    g_hash_table_insert(w->whats, (gpointer)what, GSIZE_TO_POINTER(id));
    return id;
}

void event_writer_put(struct event_writer *w, const struct event_line *l)
{
    u64 what = what_id(w, l->what), symbol = l->symbol ? symbol_id(w, l->symbol) : 0;
    put_varint(w, RECORD_EVENT);
    put_varint(w, what);
    put_varint(w, (l->slow ? EVENT_IS_SLOW : 0) | (l->batched ? EVENT_IS_BATCHED : 0) |
                  (l->has_result ? EVENT_HAS_RESULT : 0));
    put_varint(w, l->cpu);
    put_varint(w, zigzag(l->time - w->time));
    put_varint(w, zigzag(l->place - w->place));
    put_varint(w, symbol);
    if (symbol) put_varint(w, l->offset);
    for (unsigned i = 0; i < l->what->nargs; i++) put_varint(w, l->args[i]);
    if (l->has_result) put_varint(w, l->result);
    w->time = l->time;
    w->place = l->place;
    w->events++;
    if (w->block->len >= BLOCK_FULL) flush_block(w);
}

void event_writer_finish(struct event_writer *w)
{
    put_varint(w, RECORD_END);
    put_varint(w, w->events);
    flush_block(w);
    g_byte_array_free(w->block, TRUE);
    g_hash_table_destroy(w->symbols);
    g_hash_table_destroy(w->whats);
    g_free(w);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    FILE *in;
    const struct event_reader *to;
    u64 block_at; /* where the block begins in the file */
    u8 *block;
    u32 len, at;
    GPtrArray *symbols, *whats; /* index is id - 1 */
    u64 hz, time, place, events;
    bool started, ended;
    const char *wrong; /* the first thing that cannot be */
    GError *refused;   /* by the caller */
};

static bool damaged(struct reading *r, const char *what)
{
    if (!r->wrong) r->wrong = what;
    return false;
}

static bool get_varint(struct reading *r, u64 *v)
{
    *v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->len) return damaged(r, "a record is cut off");
        u8 byte = r->block[r->at++];
        if (shift == 63 && byte > 1) break;
        *v |= (u64)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return damaged(r, "a number is too long");
}

/* At most `most`. */
static bool get_small(struct reading *r, u64 most, u64 *v)
{
    return get_varint(r, v) && (*v <= most || damaged(r, "a number is out of range"));
}

static char *get_name(struct reading *r)
{
    u64 len;
    if (!get_small(r, NAME_MAX_LEN, &len)) return NULL;
    if (len > r->len - r->at) return damaged(r, "a name is cut off"), NULL;
    const u8 *text = r->block + r->at;
    for (u64 i = 0; i < len; i++) {
        if (!g_ascii_isgraph(text[i])) return damaged(r, "a name is not printable"), NULL;
    }
    char *name = g_strndup((const char *)text, len);
    r->at += (u32)len;
    return name;
}

static bool read_start(struct reading *r)
{
    u64 version;
    if (r->started) return damaged(r, "it starts twice");
    if (!get_varint(r, &version)) return false;
    if (version != VERSION) return damaged(r, "it is of another version than 1");
    if (!get_varint(r, &r->hz)) return false;
    if (r->hz == 0) return damaged(r, "time does not pass");
    r->started = true;
    return !r->to->start || r->to->start(r->to->opaque, r->hz, &r->refused);
}

static bool read_symbol(struct reading *r)
{
    char *name = get_name(r);
    if (name) g_ptr_array_add(r->symbols, name);
    return name != NULL;
}

static void what_free(gpointer p)
{
    struct event_what *w = p;
    g_free((char *)w->kind);
    g_free((char *)w->name);
    for (unsigned i = 0; i < w->nargs; i++) g_free((char *)w->arg[i]);
    g_free(w);
}

static bool read_what(struct reading *r)
{
    struct event_what *w = g_new0(struct event_what, 1);
    u64 flags, nargs;
    g_ptr_array_add(r->whats, w);
    if (!(w->kind = get_name(r)) || !(w->name = get_name(r))) return false;
    if (!get_small(r, WHAT_DECIMAL, &flags) || !get_small(r, EVENT_LINE_ARGS, &nargs)) return false;
    w->decimal = flags & WHAT_DECIMAL;
    for (u64 i = 0; i < nargs; i++) {
        if (!(w->arg[i] = get_name(r))) return false;
        w->nargs++;
    }
    return true;
}

static bool get_symbol(struct reading *r, struct event_line *l)
{
    u64 symbol;
    if (!get_small(r, r->symbols->len, &symbol)) return false;
    if (!symbol) return true;
    l->symbol = g_ptr_array_index(r->symbols, symbol - 1);
    return get_varint(r, &l->offset);
}

static bool get_values(struct reading *r, struct event_line *l)
{
    for (unsigned i = 0; i < l->what->nargs; i++) {
        if (!get_varint(r, &l->args[i])) return false;
    }
    return !l->has_result || get_varint(r, &l->result);
}

static bool read_event(struct reading *r)
{
    const u64 all = EVENT_IS_SLOW | EVENT_IS_BATCHED | EVENT_HAS_RESULT;
    u64 what, flags, cpu, time, place;
    struct event_line l = { 0 };
    if (!get_small(r, r->whats->len, &what)) return false;
    if (!what) return damaged(r, "an event is of no kind");
    if (!get_small(r, all, &flags) || !get_small(r, UINT16_MAX, &cpu)) return false;
    if (!get_varint(r, &time) || !get_varint(r, &place) || !get_symbol(r, &l)) return false;
    l.what = g_ptr_array_index(r->whats, what - 1);
    l.slow = flags & EVENT_IS_SLOW;
    l.batched = flags & EVENT_IS_BATCHED;
    l.has_result = flags & EVENT_HAS_RESULT;
    l.cpu = (unsigned)cpu;
    l.time = r->time += unzigzag(time);
    l.place = r->place += unzigzag(place);
    if (!get_values(r, &l)) return false;
    r->events++;
    r->to->line(r->to->opaque, &l);
    return true;
}

static bool read_end(struct reading *r)
{
    u64 events;
    if (!get_varint(r, &events)) return false;
    if (events != r->events) return damaged(r, "events are missing");
    if (r->at != r->len) return damaged(r, "it goes on after its end");
    r->ended = true;
    return true;
}

static bool read_record(struct reading *r)
{
    u64 type;
    if (!get_varint(r, &type)) return false;
    if (!r->started && type != RECORD_START) return damaged(r, "it does not begin with a start");
    switch (type) {
    case RECORD_START: return read_start(r);
    case RECORD_SYMBOL: return read_symbol(r);
    case RECORD_WHAT: return read_what(r);
    case RECORD_EVENT: return read_event(r);
    case RECORD_END: return read_end(r);
    default: return damaged(r, "a record is of unknown type");
    }
}

static u32 get_u32(const u8 *p)
{
    return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool read_block(struct reading *r)
{
    u8 head[8];
    size_t n = fread(head, 1, sizeof(head), r->in);
    if (n != sizeof(head)) return damaged(r, n ? "it is cut off" : "its end is missing");
    r->len = get_u32(head);
    r->at = 0;
    if (r->len == 0 || r->len > BLOCK_MAX) return damaged(r, "a block has an impossible length");
    if (fread(r->block, 1, r->len, r->in) != r->len) return damaged(r, "it is cut off");
    if (crc32_of(r->block, r->len) != get_u32(head + 4)) return damaged(r, "a checksum is wrong");
    while (r->at < r->len) {
        if (!read_record(r)) return false;
    }
    r->block_at += sizeof(head) + r->len;
    return true;
}

static bool read_all(struct reading *r)
{
    u8 head[sizeof(magic)];
    if (fread(head, 1, sizeof(head), r->in) != sizeof(head) || memcmp(head, magic, sizeof(magic))) {
        return damaged(r, "it does not begin like one");
    }
    r->block_at = sizeof(magic);
    while (!r->ended) {
        if (!read_block(r)) return false;
    }
    return fgetc(r->in) == EOF || damaged(r, "it goes on after its end");
}

bool event_read(FILE *in, const struct event_reader *to, GError **err)
{
    struct reading r = { .in = in, .to = to, .block = g_malloc(BLOCK_MAX),
        .symbols = g_ptr_array_new_with_free_func(g_free),
        .whats = g_ptr_array_new_with_free_func(what_free) };
    bool ok = read_all(&r);
    if (r.refused) {
        g_propagate_error(err, r.refused);
    } else if (!ok) {
        g_set_error(err, MONITOR_ERROR, 0, "no whole event trace: %s (block at byte %" PRIu64 ")",
                    r.wrong, r.block_at);
    }
    g_ptr_array_free(r.symbols, TRUE);
    g_ptr_array_free(r.whats, TRUE);
    g_free(r.block);
    return ok;
}
