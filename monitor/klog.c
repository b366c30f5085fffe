/* The log of a Linux kernel that can no longer print it.
 *
 * Two formats, told apart by symbols.  Until 3.4 `log_buf` points to plain text, a ring of
 * `log_buf_len` bytes of which `log_end` were ever written.  Since 5.10 `prb` points to a ring of
 * descriptors beside rings of information and text; the layouts below are those of 64-bit kernels
 * up to the last that knew this architecture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/debug-priv.h"

#define TEXT_MAX (16u << 20)
#define RECORD_MAX 4096u

struct reader {
    struct cpu *cpu;
    struct physmem *pm;
    const struct symbols *symbols;
    GString *out;
};

static bool load(const struct reader *r, u64 va, unsigned size, u64 *value)
{
    *value = 0;
    return view_read(r->cpu, r->pm, va, value, size) == size;
}

static bool load_symbol(const struct reader *r, const char *name, unsigned size, u64 *value)
{
    u64 va;
    return symbols_lookup(r->symbols, name, &va) && load(r, va, size, value);
}

static void append_text(GString *out, const char *text, u64 len)
{
    for (u64 i = 0; i < len && text[i]; i++) {
        bool plain = g_ascii_isprint(text[i]) || text[i] == '\n' || text[i] == '\t';
        g_string_append_c(out, plain ? text[i] : '?');
    }
}

/* --- until 3.4 -------------------------------------------------------------------------------- */

static bool print_plain(const struct reader *r)
{
    u64 buf, len, end;
    if (!load_symbol(r, "log_buf", 8, &buf) || !load_symbol(r, "log_buf_len", 4, &len) ||
        !load_symbol(r, "log_end", 4, &end) || !len || len > TEXT_MAX) {
        return false;
    }
    u64 count = MIN(end, len);
    char *text = g_malloc(count + 1);
    u64 start = end - count, got = 0;
    while (got < count) {
        u64 at = (start + got) % len, n = MIN(count - got, len - at);
        if (view_read(r->cpu, r->pm, buf + at, text + got, n) != n) break;
        got += n;
    }
    append_text(r->out, text, got);
    g_free(text);
    return got > 0;
}

/* --- since 5.10 ------------------------------------------------------------------------------- */

enum { /* offsets in struct printk_ringbuffer */
    RB_COUNT_BITS = 0, RB_DESCS = 8, RB_INFOS = 16, RB_HEAD_ID = 24, RB_TAIL_ID = 32,
    RB_SIZE_BITS = 48, RB_DATA = 56,
};
enum { DESC_SIZE = 24, DESC_STATE = 0, DESC_BEGIN = 8, DESC_NEXT = 16 };
enum { INFO_SIZE = 88, INFO_TIME = 8, INFO_TEXT_LEN = 16 };
enum { STATE_COMMITTED = 1, STATE_FINALIZED = 2 };

struct ring {
    u64 count_bits, descs, infos, head, tail, size_bits, data;
};

static bool load_ring(const struct reader *r, struct ring *rb)
{
    u64 at;
    return load_symbol(r, "prb", 8, &at) && load(r, at + RB_COUNT_BITS, 4, &rb->count_bits) &&
           load(r, at + RB_DESCS, 8, &rb->descs) && load(r, at + RB_INFOS, 8, &rb->infos) &&
           load(r, at + RB_HEAD_ID, 8, &rb->head) && load(r, at + RB_TAIL_ID, 8, &rb->tail) &&
           load(r, at + RB_SIZE_BITS, 4, &rb->size_bits) && load(r, at + RB_DATA, 8, &rb->data) &&
           rb->count_bits < 24 && rb->size_bits > 3 && rb->size_bits < 32;
}

static void print_text(const struct reader *r, u64 at, u64 len, u64 time)
{
    char text[RECORD_MAX];
    u64 got = view_read(r->cpu, r->pm, at, text, MIN(len, RECORD_MAX));
    g_string_append_printf(r->out, "[%5" PRIu64 ".%06" PRIu64 "] ", time / 1000000000,
                           time / 1000 % 1000000);
    append_text(r->out, text, got);
    g_string_append_c(r->out, '\n');
}

/* One record; text begins behind a word that repeats the id, at the ring's start if it would not
 * have fitted before its end. */
static bool print_record(const struct reader *r, const struct ring *rb, u64 id)
{
    u64 index = id & mask64((unsigned)rb->count_bits), size = 1ull << rb->size_bits;
    u64 desc = rb->descs + index * DESC_SIZE, info = rb->infos + index * INFO_SIZE;
    u64 state, begin, next, time, len;
    if (!load(r, desc + DESC_STATE, 8, &state) || !load(r, desc + DESC_BEGIN, 8, &begin) ||
        !load(r, desc + DESC_NEXT, 8, &next) || !load(r, info + INFO_TIME, 8, &time) ||
        !load(r, info + INFO_TEXT_LEN, 2, &len)) {
        return false;
    }
    if (state >> 62 != STATE_COMMITTED && state >> 62 != STATE_FINALIZED) return false;
    if (bits(state, 61, 0) != bits(id, 61, 0) || begin & 1) return false; /* odd: no text */
    bool wraps = begin >> rb->size_bits != (next - 1) >> rb->size_bits;
    print_text(r, rb->data + (wraps ? 0 : begin % size) + 8, len, time);
    return true;
}

static bool print_ring(const struct reader *r)
{
    struct ring rb;
    unsigned lines = 0;
    if (!load_ring(r, &rb)) return false;
    u64 count = MIN(bits(rb.head - rb.tail, 61, 0) + 1, 1ull << rb.count_bits);
    for (u64 i = 0; i < count; i++) lines += print_record(r, &rb, rb.tail + i);
    return lines > 0;
}

bool klog_print(struct cpu *cpu, struct physmem *pm, const struct symbols *symbols, GString *out)
{
    struct reader r = { cpu, pm, symbols, out };
    u64 va;
    if (!symbols) return false;
    return symbols_lookup(symbols, "prb", &va) ? print_ring(&r) : print_plain(&r);
}
