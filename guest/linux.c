/* Loading Linux.  Segments go to their physical addresses, never derived from virtual ones: the
 * per-processor segment is linked at the very top of the address space.  The kernel maps itself
 * with one 64 MB page around its entry point, so all of it must lie in one such frame.
 * The initial RAM disk follows behind the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/linux.h"

#include <string.h>

#include "base/bits.h"
#include "guest/elf.h"
#include "guest/file.h"
#include "guest/symbols.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"
#define KERNEL_FRAME (64ull << 20)
#define INITRD_ALIGN (1ull << 20)
#define PHYSICAL_BITS 61 /* the region number is not part of a physical address */

static bool refuse(GError **err, enum guest_error code, const char *path, const char *why)
{
    g_set_error(err, GUEST_ERROR, (gint)code, "%s: %s", path, why);
    return false;
}

static u64 segment_pa(const struct elf_segment *s)
{
    return s->pa & mask64(PHYSICAL_BITS);
}

/* The kernel's extent; refuse what its own first page could not map. */
static bool measure(const struct elf *elf, const char *path, struct linux_image *image,
                    GError **err)
{
    u64 lo = ~0ull, hi = 0;
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        lo = MIN(lo, segment_pa(s));
        hi = MAX(hi, segment_pa(s) + s->memsz);
    }
    image->kernel_pa = lo;
    image->kernel_size = hi - lo;
    image->entry = elf->entry & mask64(PHYSICAL_BITS);
    if (image->entry < lo || image->entry >= hi || (image->entry & 15)) {
        return refuse(err, GUEST_ERROR_ENTRY, path, "the entry point is not inside the kernel");
    }
    if (align_down(lo, KERNEL_FRAME) != align_down(hi - 1, KERNEL_FRAME)) {
        return refuse(err, GUEST_ERROR_PLACE, path,
                      "the kernel does not fit into one 64 MB frame, as it must to map itself");
    }
    return true;
}

static bool check_room(struct physmem *pm, const char *path, const char *what, u64 pa, u64 size,
                       GError **err)
{
    if (physmem_host(pm, pa, size)) return true;
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_PLACE,
                "%s: no memory for the %s (" HEX " to " HEX "); see --mem", path, what, pa,
                pa + size - 1);
    return false;
}

static void write_segments(struct physmem *pm, const struct elf *elf)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        u64 pa = segment_pa(s);
        u8 *host = physmem_host(pm, pa, s->memsz);
        bool ok = host && physmem_load(pm, pa, elf->data + s->offset, s->filesz);
        g_assert(ok); /* check_room has said so */
        memset(host + s->filesz, 0, s->memsz - s->filesz);
        physmem_note_write(pm, pa, s->memsz);
    }
}

static bool place_initrd(struct physmem *pm, const char *path, u64 len, struct linux_image *image,
                         GError **err)
{
    image->initrd_pa = align_up(image->kernel_pa + image->kernel_size, INITRD_ALIGN);
    image->initrd_size = len;
    return check_room(pm, path, "initial RAM disk", image->initrd_pa, len, err);
}

/* Everything is in host memory: check it all, then write it all. */
static bool place(struct physmem *pm, const struct linux_files *files, const struct elf *elf,
                  const struct bytes *initrd, struct linux_image *image, GError **err)
{
    if (!measure(elf, files->kernel, image, err) ||
        !check_room(pm, files->kernel, "kernel", image->kernel_pa, image->kernel_size, err)) {
        return false;
    }
    if (initrd->len && !place_initrd(pm, files->initrd, initrd->len, image, err)) return false;
    write_segments(pm, elf);
    return !initrd->len || physmem_load(pm, image->initrd_pa, initrd->data, initrd->len);
}

static u64 ram_size(struct physmem *pm)
{
    u64 sum = 0;
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (r.ram) sum += r.size;
    }
    return sum;
}

bool linux_load(struct physmem *pm, const struct linux_files *files, struct linux_image *image,
                GError **err)
{
    struct bytes kernel = { 0 }, initrd = { 0 };
    struct elf elf = { 0 };
    *image = (struct linux_image){ 0 };
    bool ok = file_read_unpacked(files->kernel, &kernel, err);
    image->kernel_bytes = kernel.data;
    image->kernel_len = kernel.len;
    if (ok && !elf_parse(&elf, kernel.data, kernel.len, err)) {
        g_prefix_error(err, "%s: ", files->kernel);
        ok = false;
    }
    /* The kernel unpacks its initial RAM disk itself, so that is taken as it is. */
    ok = ok && (!files->initrd || file_read(files->initrd, ram_size(pm), &initrd, err)) &&
         place(pm, files, &elf, &initrd, image, err);
    if (ok) {
        image->symbols = symbols_new();
        symbols_add_elf(image->symbols, &elf);
    }
    elf_clear(&elf);
    bytes_clear(&initrd);
    if (!ok) linux_image_clear(image);
    return ok;
}

void linux_forget_file(struct linux_image *image)
{
    g_clear_pointer(&image->kernel_bytes, g_free);
    image->kernel_len = 0;
}

void linux_image_clear(struct linux_image *image)
{
    if (image->symbols) symbols_free(image->symbols);
    linux_forget_file(image);
    *image = (struct linux_image){ 0 };
}

/* struct ia64_boot_param, the same from 2.4 to 6.x. */
struct boot_param {
    u64 command_line, efi_system_table;
    u64 memory_map, memory_map_size, descriptor_size;
    u32 descriptor_version;
    u16 columns, rows, cursor_x, cursor_y;
    u32 pad;
    u64 fpswa; /* no software assistance is ever needed */
    u64 initrd_start, initrd_size;
};
_Static_assert(sizeof(struct boot_param) == 80, "arch/ia64/include/asm/processor.h");

#define COMMAND_LINE_OFFSET 4096

bool linux_boot_params(struct physmem *pm, u64 pa, const struct linux_image *image,
                       const char *cmdline, const struct linux_firmware *fw, GError **err)
{
    struct boot_param bp = {
        .command_line = pa + COMMAND_LINE_OFFSET, .efi_system_table = fw->efi_system_table,
        .memory_map = fw->memory_map_pa, .memory_map_size = fw->memory_map_size,
        .descriptor_size = fw->descriptor_size, .descriptor_version = fw->descriptor_version,
        .columns = 80, .rows = 25, .cursor_y = 24,
        .initrd_start = image->initrd_size ? image->initrd_pa : 0,
        .initrd_size = image->initrd_size,
    };
    if (!cmdline) cmdline = "";
    if (strlen(cmdline) >= LINUX_COMMAND_LINE_MAX) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FORMAT,
                    "the kernel's command line is longer than %d characters",
                    LINUX_COMMAND_LINE_MAX - 1);
        return false;
    }
    bool ok = physmem_load(pm, pa, &bp, sizeof bp) &&
              physmem_load(pm, bp.command_line, cmdline, strlen(cmdline) + 1);
    g_assert(ok); /* firmware's own memory */
    return true;
}
