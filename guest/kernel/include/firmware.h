/* Firmware: PAL, SAL, EFI and the ACPI tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_FIRMWARE_H
#define JANUS_FIRMWARE_H

#include "kernel.h"

struct boot_param { /* in r28 at the entry; addresses are physical */
    u64 command_line, efi_systab, efi_memmap, efi_memmap_size, efi_memdesc_size;
    u32 efi_memdesc_version;
    u16 columns, rows, cursor_x, cursor_y;
    u32 pad;
    u64 fpswa, initrd_start, initrd_size;
};
extern struct boot_param *boot_param;

struct fw_result {
    s64 status;
    u64 v0, v1, v2;
};
struct fw_result pal_call(u64 index, u64 a1, u64 a2, u64 a3); /* static convention: index < 256 */
struct fw_result sal_call(u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6, u64 a7);
noreturn void efi_reset(unsigned type); /* 0 cold, 1 warm, 2 power off */

enum {
    PAL_CACHE_INFO = 2,
    PAL_PTCE_INFO = 6,
    PAL_VM_SUMMARY = 8,
    PAL_FREQ_RATIOS = 14,
    PAL_RSE_INFO = 19,
    PAL_HALT_LIGHT = 29
};
enum {
    SAL_SET_VECTORS = 0x01000000,
    SAL_PCI_CONFIG_READ = 0x01000010,
    SAL_PCI_CONFIG_WRITE = 0x01000011,
    SAL_FREQ_BASE = 0x01000012
};

/* addr = segment << 24 | bus << 16 | device << 11 | function << 8 | register; size 1, 2, 4. */
static inline u32 pci_read(u64 addr, unsigned size)
{
    struct fw_result r = sal_call(SAL_PCI_CONFIG_READ, addr, size, 0, 0, 0, 0, 0);
    return r.status ? ~0u : (u32)r.v0;
}
static inline void pci_write(u64 addr, unsigned size, u32 value)
{
    sal_call(SAL_PCI_CONFIG_WRITE, addr, size, value, 0, 0, 0, 0);
}

void firmware_init(void);
void processor_init(void);
/* What the tables said. */
struct memory_range {
    u64 start, end;
};
extern struct memory_range memory_ranges[];
extern unsigned memory_range_count;
extern u64 io_port_base; /* physical */
extern u64 iosapic_pa, iosapic_gsi_base, ap_wakeup_vector;
extern u32 cpu_lid[];    /* id << 8 | eid of each processor, in the order of the MADT */
extern unsigned cpus_present;

/* A port of the legacy I/O space: each 4 ports have a page of 4 KB of their own. */
static inline volatile void *io_port(u16 port)
{
    u64 offset = (u64)(port >> 2) << 12 | (port & 0xfff);
    return (volatile void *)(io_port_base + offset + (6ul << 61));
}
#define IO_PORTS(type, in, out) \
    static inline type in(u16 port) \
    { \
        type v = *(volatile type *)io_port(port); \
        asm volatile("mf.a" ::: "memory"); \
        return v; \
    } \
    static inline void out(type v, u16 port) \
    { \
        *(volatile type *)io_port(port) = v; \
        asm volatile("mf.a" ::: "memory"); \
    }
IO_PORTS(u8, inb, outb)
IO_PORTS(u16, inw, outw)
IO_PORTS(u32, inl, outl)
#undef IO_PORTS

#endif
