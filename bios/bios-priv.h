/* Inside the firmware.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BIOS_BIOS_PRIV_H
#define BIOS_BIOS_PRIV_H

#include "bios/bios.h"

/* Low memory, room by room. */
enum {
    MEMMAP_PA = 0x08000,   /* EFI memory map */
    BOOT_END = 0x10000,
    EFI_PA = 0x10000,      /* system table, runtime table, function descriptors, SAL table */
    EFI_END = 0x20000,
    ACPI_PA = 0x20000,
    ACPI_END = 0x40000,
    STACKS_PA = 0x40000,   /* 4 KB per processor: register stack and memory stack at entry */
    PAL_PA = 0x100000,     /* one 64 KB piece, as a PAL code descriptor wants it */
    PAL_END = 0x110000,
    STUBS_PA = 0x110000,   /* SAL and EFI entry points */
    STUBS_END = 0x120000,
};
#define STACK_SIZE 0x1000

/* The stubs.  Each is 64 bytes: the trapping bundle first. */
enum stub {
    STUB_PAL,
    STUB_SAL,
    STUB_PARK,
    STUB_EFI,  /* one for each row of efi.def from here on */
};
#define STUB_SIZE 64
#define STUB_BREAK 0x1fd000u /* + enum stub: the break's immediate */
u64 stub_pa(unsigned stub);

#define STATUS_OK 0ll
#define EFI_COUNT 11

struct claimed {
    u64 pa, size;
};

struct bios {
    struct bios_config config;
    GArray *claims;           /* struct claimed */
    u32 memmap_size;
    u64 rsdp_pa, hcdp_pa, sal_table_pa;
    u64 time_offset;          /* SetTime: seconds to add to the base */
    u64 rendezvous_entry, rendezvous_gp; /* SAL_SET_VECTORS(2) */
    bool virtual_map;         /* SetVirtualAddressMap has been called */
};

/* One call from the guest.  Functions fill in the results; a fault leaves the guest untouched. */
struct call {
    struct bios *bios;
    struct cpu *cpu;
    const char *name;
    u64 arg[8];
    s64 status;               /* r8 */
    u64 r9, r10, r11;
    bool faulted;             /* a guest pointer missed the TLB: cpu_raise was called */
    bool quiet;               /* too frequent for the log */
};
typedef void call_fn(struct call *call);

struct procedure {
    u32 index;
    const char *name;
    call_fn *fn;
};

/* pal.c sal.c efi.c: find the row and do it. */
void pal_call(struct call *call, u64 index);
void sal_call(struct call *call, u64 index);
void efi_call(struct call *call, unsigned row);
const struct procedure *find_procedure(const struct procedure *rows, unsigned n, u64 index);

/* Guest memory as the caller addresses it.  false: the access faults, return at once. */
bool call_store(struct call *call, u64 va, const void *buf, unsigned len) MUST_USE;
bool call_load(struct call *call, u64 va, void *buf, unsigned len) MUST_USE;

/* efi.c, sal.c, acpi.c: the tables. */
void efi_install(struct bios *bios);
void sal_install(struct bios *bios);
bool acpi_install(struct bios *bios, GError **err);
bool memmap_install(struct bios *bios, GError **err);

/* bios.c */
void bios_put(struct bios *bios, u64 pa, const void *data, u64 len);
u8 byte_checksum(const void *data, u64 len); /* what makes the sum of all bytes 0 */

#endif
