/* The EFI memory map.  Start from the RAM that exists, carve out what firmware and loader use, add
 * the I/O port space; sorted, without gaps between neighbours, because Linux joins adjacent pieces
 * in table order and trims each run to its granule size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>

#include "base/bits.h"
#include "bios/bios-priv.h"

enum {
    MEM_LOADER_DATA = 2, MEM_RUNTIME_CODE = 5, MEM_RUNTIME_DATA = 6, MEM_CONVENTIONAL = 7,
    MEM_ACPI_RECLAIM = 9, MEM_MAPPED_IO = 11, MEM_IO_PORTS = 12, MEM_PAL_CODE = 13,
};
#define ATTR_UC 0x1ull
#define ATTR_WB 0x8ull
#define ATTR_RUNTIME (1ull << 63)
#define PAGE 4096ull
#define IO_PORTS_SIZE 0x4000000ull

struct descriptor {
    u32 type, pad;
    u64 pa, va, pages, attribute;
};
_Static_assert(sizeof(struct descriptor) == 40, "EFI 1.10, 5.2");

#define MAP_MAX ((BOOT_END - MEMMAP_PA) / sizeof(struct descriptor))

static u64 end_of(const struct descriptor *d)
{
    return d->pa + d->pages * PAGE;
}

static void append(GArray *map, u32 type, u64 pa, u64 end, u64 attribute)
{
    struct descriptor d = {
        .type = type, .pa = pa, .pages = (end - pa) / PAGE, .attribute = attribute,
    };
    if (end > pa) g_array_append_val(map, d);
}

/* Retype [pa, end) wherever it is conventional memory. */
static void carve(GArray *map, u32 type, u64 pa, u64 end, u64 attribute)
{
    for (guint i = map->len; i-- > 0;) {
        struct descriptor d = g_array_index(map, struct descriptor, i);
        u64 lo = MAX(d.pa, pa), hi = MIN(end_of(&d), end);
        if (d.type != MEM_CONVENTIONAL || lo >= hi) continue;
        g_array_remove_index(map, i);
        append(map, d.type, d.pa, lo, d.attribute);
        append(map, type, lo, hi, attribute);
        append(map, d.type, hi, end_of(&d), d.attribute);
    }
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct descriptor *x = a, *y = b;
    return x->pa < y->pa ? -1 : x->pa > y->pa;
}

static void add_ram(GArray *map, struct physmem *pm)
{
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (r.ram) append(map, MEM_CONVENTIONAL, r.pa, r.pa + r.size, ATTR_WB);
    }
}

/* Write-back like the RAM around it, which without caches is as good as uncacheable: Linux drops
 * granules of 16 or 64 MB whose attributes are not all the same, and maps the window by them. */
static void add_vga(GArray *map, const struct bios_platform *p)
{
    append(map, MEM_MAPPED_IO, p->vga_pa, p->vga_pa + p->vga_size, ATTR_WB);
}

static void carve_firmware(GArray *map)
{
    carve(map, MEM_LOADER_DATA, 0, BOOT_END, ATTR_WB);
    carve(map, MEM_RUNTIME_DATA, EFI_PA, EFI_END, ATTR_WB | ATTR_RUNTIME);
    carve(map, MEM_ACPI_RECLAIM, ACPI_PA, ACPI_END, ATTR_WB);
    carve(map, MEM_RUNTIME_DATA, MIN_STATE_PA, MIN_STATE_END, ATTR_WB | ATTR_RUNTIME);
    carve(map, MEM_LOADER_DATA, STACKS_PA, BIOS_DATA_END, ATTR_WB);
    carve(map, MEM_PAL_CODE, PAL_PA, PAL_END, ATTR_WB | ATTR_RUNTIME);
    carve(map, MEM_RUNTIME_CODE, STUBS_PA, STUBS_END, ATTR_WB | ATTR_RUNTIME);
}

bool memmap_install(struct bios *bios, GError **err)
{
    GArray *map = g_array_new(FALSE, FALSE, sizeof(struct descriptor));
    u64 ports = bios->config.platform.io_ports_pa;
    add_ram(map, bios->config.pm);
    add_vga(map, &bios->config.platform);
    carve_firmware(map);
    for (guint i = 0; i < bios->claims->len; i++) {
        const struct claimed *c = &g_array_index(bios->claims, struct claimed, i);
        carve(map, MEM_LOADER_DATA, c->pa, c->pa + c->size, ATTR_WB);
    }
    append(map, MEM_IO_PORTS, ports, ports + IO_PORTS_SIZE, ATTR_UC | ATTR_RUNTIME);
    g_array_sort(map, by_address);
    bool fits = map->len <= MAP_MAX;
    if (fits) {
        bios->memmap_size = map->len * (u32)sizeof(struct descriptor);
        bios_put(bios, MEMMAP_PA, map->data, bios->memmap_size);
    } else {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "the EFI memory map has too many pieces");
    }
    g_array_free(map, TRUE);
    return fits;
}

struct bios_memory_map bios_memory_map(const struct bios *bios)
{
    return (struct bios_memory_map){ MEMMAP_PA, bios->memmap_size, sizeof(struct descriptor), 1 };
}
