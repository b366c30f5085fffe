/* Names for addresses, for people: traces, disassembly, last words of a guest that died.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/symbols.h"

#include <string.h>

struct symbol {
    u64 addr;
    const char *name;
};

struct symbols {
    GArray *by_address;
    GStringChunk *names;
};

struct symbols *symbols_new(void)
{
    struct symbols *s = g_new0(struct symbols, 1);
    s->by_address = g_array_new(FALSE, FALSE, sizeof(struct symbol));
    s->names = g_string_chunk_new(65536);
    return s;
}

void symbols_free(struct symbols *s)
{
    g_array_free(s->by_address, TRUE);
    g_string_chunk_free(s->names);
    g_free(s);
}

static void add_symbol(void *opaque, const char *name, u64 va)
{
    struct symbols *s = opaque;
    struct symbol sym = { va, g_string_chunk_insert(s->names, name) };
    g_array_append_val(s->by_address, sym);
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->addr != y->addr) return x->addr < y->addr ? -1 : 1;
    return strcmp(x->name, y->name);
}

void symbols_add_elf(struct symbols *s, const struct elf *elf)
{
    elf_symbols(elf, add_symbol, s);
    g_array_sort(s->by_address, by_address);
}

const char *symbols_find(const struct symbols *s, u64 addr, u64 *offset)
{
    const struct symbol *sym = (const void *)s->by_address->data;
    unsigned lo = 0, hi = s->by_address->len;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (sym[mid].addr <= addr) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == 0 || addr - sym[lo - 1].addr >= 1 << 20) return NULL;
    *offset = addr - sym[lo - 1].addr;
    return sym[lo - 1].name;
}

bool symbols_lookup(const struct symbols *s, const char *name, u64 *addr)
{
    for (unsigned i = 0; i < s->by_address->len; i++) {
        const struct symbol *sym = &g_array_index(s->by_address, struct symbol, i);
        if (strcmp(sym->name, name) == 0) {
            *addr = sym->addr;
            return true;
        }
    }
    return false;
}

void symbols_each(const struct symbols *s, void (*fn)(void *opaque, const char *name, u64 addr),
                  void *opaque)
{
    for (unsigned i = 0; i < s->by_address->len; i++) {
        const struct symbol *sym = &g_array_index(s->by_address, struct symbol, i);
        fn(opaque, sym->name, sym->addr);
    }
}
