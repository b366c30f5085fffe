/* The domain builder: a kernel, its RAM disk and the firmware of a Xen/ia64 domU into memory.
 * PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_DOMAIN_BUILDER_H
#define GUEST_DOMAIN_BUILDER_H

#include "guest/linux.h"
#include "hypercall/hypercall.h"

struct domain_plan {
    struct physmem *pm;
    u64 mem;              /* bytes from 0 */
    unsigned vcpus;
    struct linux_files files;
    const char *cmdline;  /* or NULL */
};

/* Where to start: struct linux_image has the symbols. */
struct domain_image {
    struct linux_image linux_image; /* its entry is the Xen one: the ELF note's, or the file's */
    u64 boot_param;
    bool other_notes;               /* the file has notes, and none is Xen's */
};

bool domain_build(struct domain *d, const struct domain_plan *plan, struct domain_image *image,
                  GError **err);
void domain_image_clear(struct domain_image *image);

#endif
