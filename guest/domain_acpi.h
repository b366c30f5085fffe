/* The ACPI tables of a domain: processors and the name "XEN".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_DOMAIN_ACPI_H
#define GUEST_DOMAIN_ACPI_H

#include "mmu/physmem.h"

#define DOMAIN_ACPI_PA 0x1000ull
#define DOMAIN_ACPI_SIZE 0x1000ull
void domain_acpi_install(struct physmem *pm, unsigned vcpus);

#endif
