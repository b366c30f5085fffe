/* The faked firmware of a domain: stubs, EFI and SAL tables, ACPI.  For the domain builder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_DOMAIN_FIRMWARE_H
#define GUEST_DOMAIN_FIRMWARE_H

#include "mmu/physmem.h"

#define DOMAIN_FIRMWARE_END 0x3000ull
#define DOMAIN_DESCRIPTOR_SIZE 48u

struct domain_memory_map {
    u64 pa, size;
};

/* `shared_pa`: the first of the pages at the end of memory that are not the guest's to use. */
struct domain_memory_map domain_firmware_install(struct physmem *pm, u64 mem, u64 shared_pa,
                                                 unsigned vcpus);
u64 domain_firmware_systab(void);

#endif
