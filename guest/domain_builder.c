/* Building a domain: the kernel goes where a boot loader would put it (linux.c does that), but
 * starts at the address that its ELF note names; the pages at the end of memory tell it the rest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_builder.h"

#include <string.h>

#include "base/bits.h"
#include "guest/domain_firmware.h"

#define MAGIC "xen-3.0-ia64"
#define BOOT_PARAM_OFFSET sizeof(struct start_info)

/* --- the ELF note ----------------------------------------------------------------------------- */

enum { PT_NOTE = 4, NOTE_ENTRY = 1, EHDR_PHOFF = 32, EHDR_PHENTSIZE = 54, EHDR_PHNUM = 56,
       PHDR_OFFSET = 8, PHDR_FILESZ = 32, PHDR_LEN = 56, NOTE_HEADER = 12 };
#define NOTE_OWNER "Xen"

struct file {
    const u8 *data;
    u64 len;
};

/* A little-endian field; 0 outside the file. */
static u64 field(const struct file *f, u64 at, unsigned bytes)
{
    u64 v = 0;
    if (at > f->len || f->len - at < bytes) return 0;
    for (unsigned i = 0; i < bytes; i++) v |= (u64)f->data[at + i] << 8 * i;
    return v;
}

/* Name and description are padded to 4 bytes.  *xen: any note of Xen's. */
static bool find_entry(const struct file *f, u64 at, u64 end, u64 *entry, bool *xen)
{
    while (at + NOTE_HEADER <= end) {
        u64 name = field(f, at, 4), desc = field(f, at + 4, 4), type = field(f, at + 8, 4);
        u64 text = at + NOTE_HEADER, value = text + align_up(name, 4);
        if (name > end || desc > end || value + desc > end) return false;
        bool ours = name == sizeof NOTE_OWNER && !memcmp(f->data + text, NOTE_OWNER, sizeof NOTE_OWNER);
        *xen |= ours;
        if (type == NOTE_ENTRY && ours && desc == 8) {
            *entry = field(f, value, 8);
            return true;
        }
        at = value + align_up(desc, 4);
    }
    return false;
}

static bool xen_entry(const struct file *f, u64 *entry, bool *others)
{
    bool xen = false, any = false;
    u64 phoff = field(f, EHDR_PHOFF, 8), size = field(f, EHDR_PHENTSIZE, 2);
    for (u64 i = 0, n = field(f, EHDR_PHNUM, 2); i < n; i++) {
        u64 ph = phoff + i * size, at = field(f, ph + PHDR_OFFSET, 8);
        u64 len = field(f, ph + PHDR_FILESZ, 8);
        if (field(f, ph, 4) != PT_NOTE || at > f->len || len > f->len - at) continue;
        if (find_entry(f, at, at + len, entry, &xen)) return true;
        any |= len > 0;
    }
    *others = any && !xen;
    return false;
}

/* --- pages at the end of memory --------------------------------------------------------------- */

static u64 page_pa(const struct domain *d, enum domain_page page)
{
    return domain_page_pfn(d, page) << XEN_PAGE_SHIFT;
}

static void put(struct physmem *pm, u64 pa, const void *data, u64 len)
{
    bool ok = physmem_load(pm, pa, data, len);
    g_assert(ok); /* domain_new has checked the memory */
}

static void clear_pages(struct domain *d, const struct domain_plan *plan)
{
    static const u8 zero[XEN_PAGE_SIZE];
    for (unsigned page = PAGE_CONSOLE; page <= PAGE_MEMMAP; page++) {
        put(plan->pm, page_pa(d, page), zero, sizeof zero);
    }
}

static void put_start_info(struct domain *d, const struct domain_plan *plan,
                           const struct linux_image *image)
{
    const char *cmdline = plan->cmdline ? plan->cmdline : "";
    struct start_info si = {
        .magic = MAGIC, .nr_pages = plan->mem >> XEN_PAGE_SHIFT,
        .store_mfn = domain_page_pfn(d, PAGE_STORE), .store_evtchn = domain_store_port(d),
        .console_mfn = domain_page_pfn(d, PAGE_CONSOLE), .console_evtchn = domain_console_port(d),
        .mod_start = image->initrd_size ? image->initrd_pa : 0,
        .mod_len = align_up(image->initrd_size, XEN_PAGE_SIZE),
    };
    memcpy(si.cmd_line, cmdline, strlen(cmdline));
    put(plan->pm, page_pa(d, PAGE_START_INFO), &si, sizeof si);
}

/* For save and restore only: one descriptor of all memory. */
static void put_memmap_info(struct domain *d, const struct domain_plan *plan)
{
    struct {
        u64 map_size, descriptor_size;
        u32 version, pad;
        u32 type, pad1;
        u64 pa, va, pages, attribute, pad2;
    } info = {
        .map_size = DOMAIN_DESCRIPTOR_SIZE, .descriptor_size = DOMAIN_DESCRIPTOR_SIZE, .version = 1,
        .type = 7, .pages = plan->mem >> 12, .attribute = 8,
    };
    put(plan->pm, page_pa(d, PAGE_MEMMAP), &info, sizeof info);
}

static u64 put_boot_param(struct domain *d, const struct domain_plan *plan,
                          const struct linux_image *image, const struct domain_memory_map *map)
{
    u64 start_info = page_pa(d, PAGE_START_INFO), pa = start_info + BOOT_PARAM_OFFSET;
    struct xen_boot_param bp = {
        .command_line = start_info + offsetof(struct start_info, cmd_line),
        .efi_systab = domain_firmware_systab(), .efi_memmap = map->pa, .efi_memmap_size = map->size,
        .efi_memdesc_size = DOMAIN_DESCRIPTOR_SIZE, .efi_memdesc_version = 1,
        .num_cols = 80, .num_rows = 25, .orig_y = 24,
        .initrd_start = image->initrd_size ? image->initrd_pa : 0,
        .initrd_size = image->initrd_size,
    };
    put(plan->pm, pa, &bp, sizeof bp);
    return pa;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool refuse(GError **err, const char *path, const char *why)
{
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_PLACE, "%s: %s", path, why);
    return false;
}

static bool check(struct domain *d, const struct domain_plan *plan, const struct linux_image *image,
                  GError **err)
{
    u64 limit = page_pa(d, PAGE_MEMMAP), end = image->kernel_pa + image->kernel_size;
    const char *cmdline = plan->cmdline;
    if (image->initrd_size) end = image->initrd_pa + image->initrd_size;
    if (end > limit) {
        return refuse(err, plan->files.kernel, "too little memory for the domain; see --mem");
    }
    if (image->kernel_pa < DOMAIN_FIRMWARE_END) {
        return refuse(err, plan->files.kernel, "the kernel lies where a domain has its firmware");
    }
    if (cmdline && strlen(cmdline) >= sizeof(((struct start_info *)0)->cmd_line)) {
        return refuse(err, plan->files.kernel, "the command line is longer than 1023 characters");
    }
    return true;
}

bool domain_build(struct domain *d, const struct domain_plan *plan, struct domain_image *image,
                  GError **err)
{
    struct linux_image *linux_image = &image->linux_image;
    u64 entry;
    if (!linux_load(plan->pm, &plan->files, linux_image, err)) return false;
    if (!check(d, plan, linux_image, err)) {
        linux_image_clear(linux_image);
        return false;
    }
    struct file file = { linux_image->kernel_bytes, linux_image->kernel_len };
    image->other_notes = false;
    if (xen_entry(&file, &entry, &image->other_notes)) linux_image->entry = entry;
    struct domain_memory_map map = domain_firmware_install(plan->pm, plan->mem,
                                                           page_pa(d, PAGE_MEMMAP), plan->vcpus);
    clear_pages(d, plan);
    put_start_info(d, plan, linux_image);
    put_memmap_info(d, plan);
    image->boot_param = put_boot_param(d, plan, linux_image, &map);
    return true;
}

void domain_image_clear(struct domain_image *image)
{
    linux_image_clear(&image->linux_image);
}
