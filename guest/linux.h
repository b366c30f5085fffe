/* Loading a Linux/ia64 kernel the way a boot loader would: vmlinux (plain, gzip, xz or zstd) and an
 * initial RAM disk into memory, then the parameter block that r28 points at.  PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_LINUX_H
#define GUEST_LINUX_H

#include "guest/guest.h"

struct linux_files {
    const char *kernel;
    const char *initrd; /* or NULL */
};

/* Where everything went. */
struct linux_image {
    u64 entry;                       /* physical */
    u64 kernel_pa, kernel_size;
    u64 initrd_pa, initrd_size;      /* size 0: none */
    struct symbols *symbols;         /* the kernel's; owned, unless somebody takes them */
    u8 *kernel_bytes;                /* the file, unpacked, until linux_forget_file; owned */
    u64 kernel_len;
};

/* Read, check and place.  Nothing is written unless everything fits. */
bool linux_load(struct physmem *pm, const struct linux_files *files, struct linux_image *image,
                GError **err);
void linux_forget_file(struct linux_image *image); /* kernels are large */
void linux_image_clear(struct linux_image *image);

/* What firmware tells the loader. */
struct linux_firmware {
    u64 efi_system_table;
    u64 memory_map_pa, memory_map_size, descriptor_size;
    u32 descriptor_version;
};
#define LINUX_COMMAND_LINE_MAX 2048
/* Write the parameter block and, 4 KB behind it, the command line; `pa` is where. */
bool linux_boot_params(struct physmem *pm, u64 pa, const struct linux_image *image,
                       const char *cmdline, const struct linux_firmware *fw, GError **err);

#endif
