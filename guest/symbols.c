/* Names for addresses, for people: traces, disassembly, last words of a guest that died.
 *
 * A symbol names what lies between it and the end of its section, not more: constants that are no
 * addresses, or the end of data far below, would otherwise name whatever has no name of its own.
 * Code that runs in physical mode, or where regions 6 and 7 show physical memory, is found through
 * the segments' physical addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/symbols.h"

#include <string.h>

#include "base/bits.h"

#define FAR (1u << 20) /* what is further behind a symbol than this is not part of it */
#define PHYSICAL_BITS 61
#define SHN_LORESERVE 0xff00u

struct symbol {
    u64 addr, size;
    u64 last; /* byte that it may name */
    bool place; /* or else only a name for a number */
    const char *name;
    enum elf_symbol_type type;
    bool local;
    bool island; /* data among code, or a function from elsewhere: names its own bytes only */
    int mainland; /* of an island in the list by address: the last symbol below that is none; -1 */
};

struct symbols {
    GArray *by_address; /* all of them */
    GArray *places;     /* those that name what follows, by address */
    GArray *segments;   /* struct elf_segment */
    GStringChunk *names;
};

struct symbols *symbols_new(void)
{
    struct symbols *s = g_new0(struct symbols, 1);
    s->by_address = g_array_new(FALSE, FALSE, sizeof(struct symbol));
    s->places = g_array_new(FALSE, FALSE, sizeof(struct symbol));
    s->segments = g_array_new(FALSE, FALSE, sizeof(struct elf_segment));
    s->names = g_string_chunk_new(65536);
    return s;
}

void symbols_free(struct symbols *s)
{
    g_array_free(s->by_address, TRUE);
    g_array_free(s->places, TRUE);
    g_array_free(s->segments, TRUE);
    g_string_chunk_free(s->names);
    g_free(s);
}

static const struct symbol *row(const GArray *list, unsigned i)
{
    return &g_array_index(list, struct symbol, i);
}

/* --- making the list -------------------------------------------------------------------------- */

struct reading {
    struct symbols *to;
    const struct elf *elf;
    struct elf_section *sections; /* NULL: the file has none that can be read */
    unsigned nsections;
};

static void place_in_section(const struct elf_section *section, struct symbol *sym)
{
    bool inside = sym->addr - section->va < section->size;
    if (!(section->flags & ELF_SECTION_ALLOC) || !inside) return;
    sym->place = true;
    sym->last = section->va + section->size - 1;
    sym->island = section->flags & ELF_SECTION_EXEC && sym->type == ELF_SYMBOL_OBJECT && sym->size;
}

static void place_in_segment(const struct elf *elf, struct symbol *sym)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (sym->addr - s->va >= s->memsz) continue;
        sym->place = true;
        sym->last = s->va + s->memsz - 1;
    }
}

/* Linux's gate page is linked by itself: the kernel knows its functions as absolute ones. */
static void place_function(struct symbol *sym)
{
    sym->place = sym->island = true;
    sym->last = sym->addr + sym->size - 1;
}

static void add_symbol(void *opaque, const struct elf_symbol *from)
{
    struct reading *r = opaque;
    struct symbol sym = { .addr = from->va, .size = from->size, .type = from->type,
        .local = from->local, .name = g_string_chunk_insert(r->to->names, from->name) };
    bool somewhere = from->section < SHN_LORESERVE; /* constants, for one, are not */
    if (!somewhere && sym.type == ELF_SYMBOL_FUNCTION && sym.size) place_function(&sym);
    if (somewhere && !r->sections) place_in_segment(r->elf, &sym);
    if (somewhere && from->section < r->nsections) {
        place_in_section(&r->sections[from->section], &sym);
    }
    g_array_append_val(r->to->by_address, sym);
    if (sym.place) g_array_append_val(r->to->places, sym);
}

/* Of several names for one address the best comes last: functions, larger ones, global ones. */
static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->addr != y->addr) return x->addr < y->addr ? -1 : 1;
    if (x->type != y->type) return x->type < y->type ? -1 : 1;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    if (x->local != y->local) return x->local ? -1 : 1;
    return strcmp(y->name, x->name);
}

static void find_mainland(GArray *places)
{
    int mainland = -1;
    for (unsigned i = 0; i < places->len; i++) {
        struct symbol *sym = &g_array_index(places, struct symbol, i);
        sym->mainland = mainland;
        if (!sym->island) mainland = (int)i;
    }
}

void symbols_add_elf(struct symbols *s, const struct elf *elf)
{
    struct reading r = { .to = s, .elf = elf };
    r.sections = elf_sections(elf, &r.nsections, NULL);
    if (!r.sections) r.nsections = 0;
    elf_full_symbols(elf, add_symbol, &r);
    g_free(r.sections);
    if (elf->nsegments) g_array_append_vals(s->segments, elf->segments, elf->nsegments);
    g_array_sort(s->by_address, by_address);
    g_array_sort(s->places, by_address);
    find_mainland(s->places);
}

static bool same(const struct symbol *x, const struct symbol *y)
{
    return x->addr == y->addr && x->size == y->size && x->last == y->last && x->type == y->type &&
           x->local == y->local && x->place == y->place && x->island == y->island &&
           !strcmp(x->name, y->name);
}

bool symbols_equal(const struct symbols *x, const struct symbols *y)
{
    bool equal = x->by_address->len == y->by_address->len && x->segments->len == y->segments->len;
    for (unsigned i = 0; equal && i < x->by_address->len; i++) {
        equal = same(row(x->by_address, i), row(y->by_address, i));
    }
    for (unsigned i = 0; equal && i < x->segments->len; i++) {
        const struct elf_segment *a = &g_array_index(x->segments, struct elf_segment, i);
        const struct elf_segment *b = &g_array_index(y->segments, struct elf_segment, i);
        equal = a->va == b->va && a->pa == b->pa && a->memsz == b->memsz;
    }
    return equal;
}

/* --- looking things up ------------------------------------------------------------------------ */

static bool names(const struct symbol *sym, u64 addr)
{
    u64 offset = addr - sym->addr;
    return addr <= sym->last && (sym->island ? offset < sym->size : offset < MAX(sym->size, FAR));
}

static const struct symbol *find(const struct symbols *s, u64 addr)
{
    unsigned lo = 0, hi = s->places->len;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (row(s->places, mid)->addr <= addr) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == 0) return NULL;
    const struct symbol *sym = row(s->places, lo - 1);
    if (sym->island && !names(sym, addr)) {
        if (sym->mainland < 0) return NULL;
        sym = row(s->places, (unsigned)sym->mainland);
    }
    return names(sym, addr) ? sym : NULL;
}

/* The address that a file was linked to, of physical memory that a segment went to. */
static bool linked_address(const struct symbols *s, u64 *addr)
{
    unsigned region = (unsigned)(*addr >> PHYSICAL_BITS);
    u64 pa = *addr & mask64(PHYSICAL_BITS);
    if (region != 0 && region < 6) return false;
    for (unsigned i = 0; i < s->segments->len; i++) {
        const struct elf_segment *g = &g_array_index(s->segments, struct elf_segment, i);
        u64 offset = pa - (g->pa & mask64(PHYSICAL_BITS));
        if (offset >= g->memsz) continue;
        *addr = g->va + offset;
        return true;
    }
    return false;
}

const char *symbols_find(const struct symbols *s, u64 addr, u64 *offset)
{
    const struct symbol *sym = find(s, addr);
    if (!sym && linked_address(s, &addr)) sym = find(s, addr);
    if (!sym) return NULL;
    *offset = addr - sym->addr;
    return sym->name;
}

bool symbols_lookup(const struct symbols *s, const char *name, u64 *addr)
{
    for (unsigned i = 0; i < s->by_address->len; i++) {
        const struct symbol *sym = row(s->by_address, i);
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
        fn(opaque, row(s->by_address, i)->name, row(s->by_address, i)->addr);
    }
}
