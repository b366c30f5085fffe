/* Loading Linux.  Segments go to their physical addresses, never derived from virtual ones: the
 * per-processor segment is linked at the very top of the address space.  The kernel maps itself
 * with one 64 MB page around its entry point, so all of it must lie in one such frame.
 * The initial RAM disk follows behind the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/linux.h"

#include <string.h>
#include <zlib.h>

#include "base/bits.h"
#include "guest/elf.h"
#include "guest/symbols.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"
#define KERNEL_FRAME (64ull << 20)
#define INITRD_ALIGN (1ull << 20)
#define PHYSICAL_BITS 61 /* the region number is not part of a physical address */
#define READ_CHUNK (1u << 20)

/* The whole file, unpacked if it is gzip (zlib passes everything else through). */
static u8 *read_kernel(const char *path, u64 *len, GError **err)
{
    gzFile f = g_file_test(path, G_FILE_TEST_IS_DIR) ? NULL : gzopen(path, "rb");
    GByteArray *bytes = g_byte_array_new();
    int n = -1;
    if (f) {
        do {
            guint at = bytes->len;
            g_byte_array_set_size(bytes, at + READ_CHUNK);
            n = gzread(f, bytes->data + at, READ_CHUNK);
            g_byte_array_set_size(bytes, at + (n > 0 ? (guint)n : 0));
        } while (n > 0);
    }
    if (f) gzclose(f);
    if (!f || n < 0) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FILE, "%s: cannot be read%s", path,
                    f ? ": the compressed data is damaged" : "");
        g_byte_array_unref(bytes);
        return NULL;
    }
    *len = bytes->len;
    return g_byte_array_free(bytes, FALSE);
}

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
                  const u8 *initrd, u64 initrd_len, struct linux_image *image, GError **err)
{
    if (!measure(elf, files->kernel, image, err) ||
        !check_room(pm, files->kernel, "kernel", image->kernel_pa, image->kernel_size, err)) {
        return false;
    }
    if (initrd && !place_initrd(pm, files->initrd, initrd_len, image, err)) return false;
    write_segments(pm, elf);
    return !initrd || physmem_load(pm, image->initrd_pa, initrd, initrd_len);
}

bool linux_load(struct physmem *pm, const struct linux_files *files, struct linux_image *image,
                GError **err)
{
    u64 len, initrd_len = 0;
    u8 *initrd = NULL;
    struct elf elf = { 0 };
    *image = (struct linux_image){ 0 };
    image->kernel_bytes = read_kernel(files->kernel, &len, err);
    bool ok = image->kernel_bytes != NULL;
    image->kernel_len = ok ? len : 0;
    if (ok && !elf_parse(&elf, image->kernel_bytes, len, err)) {
        g_prefix_error(err, "%s: ", files->kernel);
        ok = false;
    }
    if (ok && files->initrd) {
        /* The kernel unpacks it itself, so it is taken as it is. */
        gsize n;
        ok = g_file_get_contents(files->initrd, (gchar **)&initrd, &n, err);
        initrd_len = n;
        if (ok && !n) ok = refuse(err, GUEST_ERROR_FORMAT, files->initrd, "the file is empty");
    }
    ok = ok && place(pm, files, &elf, initrd, initrd_len, image, err);
    if (ok) {
        image->symbols = symbols_new();
        symbols_add_elf(image->symbols, &elf);
    }
    elf_clear(&elf);
    g_free(initrd);
    if (!ok) linux_image_clear(image);
    return ok;
}

void linux_image_clear(struct linux_image *image)
{
    if (image->symbols) symbols_free(image->symbols);
    g_free(image->kernel_bytes);
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
