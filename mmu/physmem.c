/* The guest's physical memory.  All RAM lives in one large host reservation of which only the
 * claimed parts are accessible; the host fills pages in lazily, so a guest with 64 GiB costs what
 * it touches.  Devices never overlap RAM and are found by binary search.  Two byte maps, equally
 * lazy, say for each page what it is and whether decoded code was made from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "mmu/physmem.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"

struct claim {
    char *name;
    u64 pa, size;
    enum physmem_kind kind; /* PHYS_NOTHING: a device */
    const struct physmem_ops *ops;
    void *opaque;
};

struct listener {
    physmem_code_fn *fn;
    void *opaque;
};

struct physmem {
    struct physmem_head head; /* first: the inline functions know it is there */
    u64 reserved;             /* bytes of address space behind head.base */
    GArray *claims;           /* struct claim, ascending, disjoint */
    GArray *on_write, *on_set; /* struct listener */
};

enum { PHYSMEM_ERROR_RANGE, PHYSMEM_ERROR_OVERLAP, PHYSMEM_ERROR_HOST };

static GQuark physmem_error(void)
{
    return g_quark_from_static_string("physmem");
}

/* Address space costs nothing; still a host may limit it, so ask for less until it agrees. */
static void *reserve(u64 *size, u64 least)
{
    for (; *size >= least; *size /= 2) {
        void *p = mmap(NULL, *size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p != MAP_FAILED) return p;
    }
    g_error("physmem: the host grants no address space for guest memory (ulimit -v?)");
}

static u8 *byte_map(u64 pages)
{
    void *p = mmap(NULL, pages, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) g_error("physmem: the host grants no address space for page maps");
    return p;
}

struct physmem *physmem_new(void)
{
    struct physmem *pm = g_new0(struct physmem, 1);
    pm->reserved = PHYS_RAM_LIMIT;
    pm->head.base = reserve(&pm->reserved, 1ull << 30);
    pm->head.code_pages = pm->reserved >> PHYS_PAGE_BITS;
    pm->head.code_bits = byte_map(pm->head.code_pages);
    pm->head.kinds = byte_map(pm->head.code_pages);
    pm->claims = g_array_new(FALSE, TRUE, sizeof(struct claim));
    pm->on_write = g_array_new(FALSE, TRUE, sizeof(struct listener));
    pm->on_set = g_array_new(FALSE, TRUE, sizeof(struct listener));
    return pm;
}

static struct claim *claim_at(const struct physmem *pm, unsigned i)
{
    return &g_array_index(pm->claims, struct claim, i);
}

void physmem_free(struct physmem *pm)
{
    if (!pm) return;
    for (unsigned i = 0; i < pm->claims->len; i++) g_free(claim_at(pm, i)->name);
    g_array_free(pm->claims, TRUE);
    g_array_free(pm->on_write, TRUE);
    g_array_free(pm->on_set, TRUE);
    munmap(pm->head.base, pm->reserved);
    munmap(pm->head.code_bits, pm->head.code_pages);
    munmap(pm->head.kinds, pm->head.code_pages);
    g_free(pm);
}

/* How many claims begin at or below `pa`; the last of them is the only one that can contain it. */
static unsigned claims_upto(const struct physmem *pm, u64 pa)
{
    unsigned lo = 0, hi = pm->claims->len;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (claim_at(pm, mid)->pa <= pa) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static const struct claim *find(const struct physmem *pm, u64 pa)
{
    unsigned n = claims_upto(pm, pa);
    if (n == 0) return NULL;
    const struct claim *c = claim_at(pm, n - 1);
    return pa - c->pa < c->size ? c : NULL;
}

static bool is_unclaimed(struct physmem *pm, const struct claim *c, GError **err)
{
    unsigned n = claims_upto(pm, c->pa + c->size - 1);
    const struct claim *other = n ? claim_at(pm, n - 1) : NULL;
    if (!other || other->pa + other->size <= c->pa) return true;
    g_set_error(err, physmem_error(), PHYSMEM_ERROR_OVERLAP,
                "%s at 0x%" G_GINT64_MODIFIER "x (0x%" G_GINT64_MODIFIER "x bytes) overlaps %s at "
                "0x%" G_GINT64_MODIFIER "x (0x%" G_GINT64_MODIFIER "x bytes)",
                c->name, c->pa, c->size, other->name, other->pa, other->size);
    return false;
}

static bool is_valid_range(const struct claim *c, u64 limit, u64 unit, GError **err)
{
    if (c->size && c->size <= limit && c->pa <= limit - c->size && !(c->pa % unit) &&
        !(c->size % unit)) {
        return true;
    }
    g_set_error(err, physmem_error(), PHYSMEM_ERROR_RANGE,
                "%s at 0x%" G_GINT64_MODIFIER "x: 0x%" G_GINT64_MODIFIER "x bytes are no valid "
                "range below 0x%" G_GINT64_MODIFIER "x in units of %" G_GINT64_MODIFIER "u",
                c->name, c->pa, c->size, limit, unit);
    return false;
}

static bool add_claim(struct physmem *pm, const struct claim *c, u64 limit, u64 unit, GError **err)
{
    if (!is_valid_range(c, limit, unit, err) || !is_unclaimed(pm, c, err)) return false;
    struct claim copy = *c;
    copy.name = g_strdup(c->name);
    g_array_insert_val(pm->claims, claims_upto(pm, c->pa), copy);
    return true;
}

static bool make_accessible(struct physmem *pm, const struct claim *c, GError **err)
{
    u64 host_page = (u64)sysconf(_SC_PAGESIZE);
    u64 from = align_down(c->pa, host_page), to = align_up(c->pa + c->size, host_page);
    if (mprotect(pm->head.base + from, to - from, PROT_READ | PROT_WRITE)) {
        g_set_error(err, physmem_error(), PHYSMEM_ERROR_HOST,
                    "%s: the host refuses 0x%" G_GINT64_MODIFIER "x bytes of memory", c->name,
                    c->size);
        return false;
    }
    madvise(pm->head.base + from, to - from, MADV_HUGEPAGE); /* a wish; refusal does no harm */
    return true;
}

static bool add_memory(struct physmem *pm, const char *name, u64 pa, u64 size,
                       enum physmem_kind kind, GError **err)
{
    struct claim c = {.name = (char *)name, .pa = pa, .size = size, .kind = kind};
    if (!is_valid_range(&c, pm->reserved, PHYS_PAGE_SIZE, err) || !is_unclaimed(pm, &c, err) ||
        !make_accessible(pm, &c, err)) {
        return false;
    }
    memset(pm->head.kinds + (pa >> PHYS_PAGE_BITS), kind, size >> PHYS_PAGE_BITS);
    return add_claim(pm, &c, pm->reserved, PHYS_PAGE_SIZE, err);
}

bool physmem_add_ram(struct physmem *pm, const char *name, u64 pa, u64 size, GError **err)
{
    return add_memory(pm, name, pa, size, PHYS_RAM, err);
}

bool physmem_add_rom(struct physmem *pm, const char *name, u64 pa, u64 size, GError **err)
{
    return add_memory(pm, name, pa, size, PHYS_ROM, err);
}

bool physmem_add_device(struct physmem *pm, u64 pa, u64 size, const struct physmem_ops *ops,
                        void *opaque, GError **err)
{
    struct claim c = {.name = (char *)ops->name, .pa = pa, .size = size, .ops = ops,
                      .opaque = opaque};
    return add_claim(pm, &c, 1ull << PHYS_ADDR_BITS, 1, err);
}

bool physmem_remove_device(struct physmem *pm, u64 pa)
{
    const struct claim *c = find(pm, pa);
    if (!c || !c->ops || c->pa != pa) return false;
    g_free(c->name);
    g_array_remove_index(pm->claims, claims_upto(pm, pa) - 1);
    return true;
}

/* What a claim keeps of itself above `end`; the part below `pa` stays where it is. */
static void split_claim(struct physmem *pm, unsigned i, u64 pa, u64 end)
{
    struct claim old = *claim_at(pm, i), above = old;
    u64 old_end = old.pa + old.size;
    if (old.pa < pa) {
        claim_at(pm, i)->size = pa - old.pa;
        above.name = g_strdup(old.name);
    } else {
        g_array_remove_index(pm->claims, i--);
    }
    above.pa = MAX(end, old.pa);
    above.size = old_end > end ? old_end - above.pa : 0;
    if (above.size) {
        g_array_insert_val(pm->claims, i + 1, above);
    } else {
        g_free(above.name);
    }
}

bool physmem_make_hole(struct physmem *pm, u64 pa, u64 size, GError **err)
{
    struct claim hole = {.name = (char *)"hole", .pa = pa, .size = size};
    if (!is_valid_range(&hole, pm->reserved, PHYS_PAGE_SIZE, err)) return false;
    for (unsigned i = pm->claims->len; i-- > 0;) {
        const struct claim *c = claim_at(pm, i);
        if (c->kind != PHYS_RAM || c->pa >= pa + size || pa >= c->pa + c->size) continue;
        split_claim(pm, i, pa, pa + size);
    }
    u8 *kinds = pm->head.kinds + (pa >> PHYS_PAGE_BITS);
    for (u64 page = 0; page < size >> PHYS_PAGE_BITS; page++) {
        if (kinds[page] == PHYS_RAM) kinds[page] = PHYS_NOTHING;
    }
    return true;
}

u8 *physmem_host(struct physmem *pm, u64 pa, u64 len)
{
    if (pa >= pm->reserved || len > pm->reserved - pa) return NULL;
    u64 last = len ? (pa + len - 1) >> PHYS_PAGE_BITS : pa >> PHYS_PAGE_BITS;
    for (u64 page = pa >> PHYS_PAGE_BITS; page <= last; page++) {
        if (pm->head.kinds[page] == PHYS_NOTHING) return NULL;
    }
    return pm->head.base + pa;
}

bool physmem_is_rom(struct physmem *pm, u64 pa)
{
    return physmem_kind(pm, pa) == PHYS_ROM;
}

static bool touches_rom(const struct physmem *pm, u64 pa, u64 len)
{
    u64 last = (pa + len - 1) >> PHYS_PAGE_BITS;
    for (u64 page = pa >> PHYS_PAGE_BITS; page <= last; page++) {
        if (pm->head.kinds[page] == PHYS_ROM) return true;
    }
    return false;
}

bool physmem_read(struct physmem *pm, u64 pa, void *buf, u64 len)
{
    if (!len) return true;
    const u8 *host = physmem_host(pm, pa, len);
    if (!host) return false;
    memcpy(buf, host, len);
    return true;
}

/* Untouched pages of a private mapping read as zeros; whatever madvise leaves is cleared by hand. */
void physmem_zero(struct physmem *pm, u64 pa, u64 len)
{
    u64 host_page = (u64)sysconf(_SC_PAGESIZE);
    u8 *host = physmem_host(pm, pa, len);
    g_return_if_fail(host);
    bool whole = pa % host_page == 0 && len % host_page == 0;
    if (!whole || madvise(host, len, MADV_DONTNEED)) memset(host, 0, len);
    physmem_note_write(pm, pa, len);
}

bool physmem_load(struct physmem *pm, u64 pa, const void *buf, u64 len)
{
    if (!len) return true;
    u8 *host = physmem_host(pm, pa, len);
    if (!host) return false;
    physmem_note_write(pm, pa, len);
    memcpy(host, buf, len);
    return true;
}

bool physmem_write(struct physmem *pm, u64 pa, const void *buf, u64 len)
{
    if (!len) return true;
    if (!physmem_host(pm, pa, len) || touches_rom(pm, pa, len)) return false;
    return physmem_load(pm, pa, buf, len);
}

/* The device that holds all of [pa, pa+size), by value: its handler may well move it. */
static struct claim find_device(const struct physmem *pm, u64 pa, unsigned size)
{
    const struct claim *c = find(pm, pa);
    if (!c || !c->ops || c->size - (pa - c->pa) < size) return (struct claim){.ops = NULL};
    return *c;
}

bool physmem_io_read(struct physmem *pm, u64 pa, unsigned size, u64 *value)
{
    struct claim c = find_device(pm, pa, size);
    *value = mask64(size * 8);
    if (!c.ops) return false;
    *value &= c.ops->read(c.opaque, pa - c.pa, size);
    return true;
}

bool physmem_io_write(struct physmem *pm, u64 pa, unsigned size, u64 value)
{
    struct claim c = find_device(pm, pa, size);
    if (!c.ops) return false;
    c.ops->write(c.opaque, pa - c.pa, size, value & mask64(size * 8));
    return true;
}

static void tell(const GArray *listeners, u64 page)
{
    for (unsigned i = 0; i < listeners->len; i++) {
        const struct listener *l = &g_array_index(listeners, struct listener, i);
        l->fn(l->opaque, page << PHYS_PAGE_BITS);
    }
}

void physmem_set_code(struct physmem *pm, u64 pa, bool has_code)
{
    u64 page = pa >> PHYS_PAGE_BITS;
    if (page >= pm->head.code_pages || pm->head.code_bits[page] == has_code) return;
    pm->head.code_bits[page] = has_code;
    if (has_code) tell(pm->on_set, page);
}

void physmem_note_write(struct physmem *pm, u64 pa, u64 len)
{
    if (!len) return;
    u64 last = (pa + len - 1) >> PHYS_PAGE_BITS;
    for (u64 page = pa >> PHYS_PAGE_BITS; page <= last && page < pm->head.code_pages; page++) {
        if (likely(!pm->head.code_bits[page])) continue;
        pm->head.code_bits[page] = 0;
        tell(pm->on_write, page);
    }
}

void physmem_on_code_write(struct physmem *pm, physmem_code_fn *fn, void *opaque)
{
    struct listener l = {fn, opaque};
    g_array_append_val(pm->on_write, l);
}

void physmem_on_code_set(struct physmem *pm, physmem_code_fn *fn, void *opaque)
{
    struct listener l = {fn, opaque};
    g_array_append_val(pm->on_set, l);
}

static void forget(GArray *listeners, const void *opaque)
{
    for (unsigned i = listeners->len; i-- > 0;) {
        if (g_array_index(listeners, struct listener, i).opaque == opaque) {
            g_array_remove_index(listeners, i);
        }
    }
}

void physmem_forget_listener(struct physmem *pm, void *opaque)
{
    forget(pm->on_write, opaque);
    forget(pm->on_set, opaque);
}

static unsigned count(const struct physmem *pm, bool devices)
{
    unsigned n = 0;
    for (unsigned i = 0; i < pm->claims->len; i++) n += (claim_at(pm, i)->ops != NULL) == devices;
    return n;
}

static struct physmem_range nth(const struct physmem *pm, unsigned n, bool devices)
{
    for (unsigned i = 0; i < pm->claims->len; i++) {
        const struct claim *c = claim_at(pm, i);
        if ((c->ops != NULL) != devices || n-- > 0) continue;
        return (struct physmem_range){.name = c->name, .pa = c->pa, .size = c->size,
                                      .ram = c->kind == PHYS_RAM, .rom = c->kind == PHYS_ROM};
    }
    return (struct physmem_range){.name = NULL};
}

unsigned physmem_range_count(const struct physmem *pm)
{
    return count(pm, false);
}

struct physmem_range physmem_range(const struct physmem *pm, unsigned i)
{
    return nth(pm, i, false);
}

unsigned physmem_device_count(const struct physmem *pm)
{
    return count(pm, true);
}

struct physmem_range physmem_device(const struct physmem *pm, unsigned i)
{
    return nth(pm, i, true);
}
