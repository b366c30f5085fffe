/* The list behind section.h.  Order is the order of registration, which is the order in which the
 * board is built: the same for every run of one configuration.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/section.h"

#include <glib.h>
#include <string.h>

struct section {
    char *name;
    const void *data;
    u64 size;
    section_hash_fn *fn;
    void *opaque;
};

struct sections {
    GArray *rows;
};

u64 hash_bytes(u64 seed, const void *buf, u64 len)
{
    const u8 *p = buf;
    u64 h = hash_u64(seed, len);
    for (; len >= 8; p += 8, len -= 8) {
        u64 word;
        memcpy(&word, p, 8);
        h = hash_u64(h, GUINT64_FROM_LE(word));
    }
    for (; len; p++, len--) h = hash_u64(h, *p);
    return h;
}

static void section_clear(void *row)
{
    g_free(((struct section *)row)->name);
}

struct sections *sections_new(void)
{
    struct sections *s = g_new(struct sections, 1);
    s->rows = g_array_new(FALSE, FALSE, sizeof(struct section));
    g_array_set_clear_func(s->rows, section_clear);
    return s;
}

void sections_free(struct sections *s)
{
    g_array_free(s->rows, TRUE);
    g_free(s);
}

static const struct section *row(const struct sections *s, unsigned i)
{
    return &g_array_index(s->rows, struct section, i);
}

static void add(struct sections *s, const char *name, struct section sec)
{
    for (unsigned i = 0; i < s->rows->len; i++) {
        g_assert(strcmp(row(s, i)->name, name) != 0);
    }
    sec.name = g_strdup(name);
    g_array_append_val(s->rows, sec);
}

void sections_add(struct sections *s, const char *name, const void *data, u64 size)
{
    add(s, name, (struct section){ .data = data, .size = size });
}

void sections_add_fn(struct sections *s, const char *name, section_hash_fn *fn, void *opaque)
{
    add(s, name, (struct section){ .fn = fn, .opaque = opaque });
}

static u64 fold(const struct section *sec, u64 seed)
{
    u64 h = hash_bytes(seed, sec->name, strlen(sec->name));
    return sec->fn ? sec->fn(sec->opaque, h) : hash_bytes(h, sec->data, sec->size);
}

u64 sections_hash(const struct sections *s)
{
    u64 h = 0;
    for (unsigned i = 0; i < s->rows->len; i++) h = fold(row(s, i), h);
    return h;
}

const char *sections_name(const struct sections *s, unsigned i)
{
    return i < s->rows->len ? row(s, i)->name : NULL;
}

u64 sections_hash_one(const struct sections *s, unsigned i)
{
    return fold(row(s, i), 0);
}
