/* What firmware tells: EFI's memory map and tables, SAL's entry points, ACPI's processors and
 * interrupt controllers.  Everything is read through region 7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

#include "layout.h"
#include "lock.h"
#include "mm.h"

struct boot_param *boot_param;
struct memory_range memory_ranges[32];
unsigned memory_range_count;
u64 io_port_base = 0x0ffffc000000;
u64 iosapic_pa, iosapic_gsi_base, ap_wakeup_vector;
u32 cpu_lid[MAX_CPUS];
unsigned cpus_present;

static u64 pal_proc, sal_proc, sal_gp, runtime_services;
static spinlock_t sal_lock;

void pal_call_asm(u64 args[4], u64 result[4], u64 entry);
void sal_call_asm(const u64 args[8], u64 result[4], u64 entry, u64 gp);

/* Interrupts are off: a processor starts, or has nothing to do. */
struct fw_result pal_call(u64 index, u64 a1, u64 a2, u64 a3)
{
    u64 args[4] = { index, a1, a2, a3 }, r[4];
    pal_call_asm(args, r, pal_proc);
    return (struct fw_result){ (s64)r[0], r[1], r[2], r[3] };
}

struct fw_result sal_call(u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6, u64 a7)
{
    u64 args[8] = { fn, a1, a2, a3, a4, a5, a6, a7 }, r[4];
    u64 on = spin_lock_irqsave(&sal_lock);
    sal_call_asm(args, r, sal_proc, sal_gp);
    spin_unlock_irqrestore(&sal_lock, on);
    return (struct fw_result){ (s64)r[0], r[1], r[2], r[3] };
}

void efi_reset(unsigned type)
{
    enum { RESET_SYSTEM = 104 };
    const u64 *fd = va(*(u64 *)((char *)va(runtime_services) + RESET_SYSTEM));
    u64 args[8] = { type }, r[4];
    sal_call_asm(args, r, fd[0] | REGION(7), fd[1]);
    for (;;) cpu_relax();
}

/* --- EFI --- */

enum { EFI_LOADER_CODE = 1, EFI_CONVENTIONAL = 7, EFI_IO_PORTS = 12 };
#define EFI_MEMORY_WB 8ul

struct efi_memory {
    u32 type, pad;
    u64 start, virtual_start, pages, attribute;
};

static void read_memory_map(void)
{
    const char *at = va(boot_param->efi_memmap), *end = at + boot_param->efi_memmap_size;
    for (; at < end; at += boot_param->efi_memdesc_size) {
        const struct efi_memory *d = (const void *)at;
        if (d->type == EFI_IO_PORTS) io_port_base = d->start;
        bool usable = d->type >= EFI_LOADER_CODE && d->type <= EFI_CONVENTIONAL && d->type != 5 &&
                      d->type != 6;
        if (!usable || !(d->attribute & EFI_MEMORY_WB)) continue;
        if (memory_range_count == ARRAY_SIZE(memory_ranges)) break;
        memory_ranges[memory_range_count++] = (struct memory_range){ d->start,
                                                                     d->start + (d->pages << 12) };
    }
}

struct guid {
    u32 a;
    u16 b, c;
    u8 d[8];
};
static const struct guid sal_guid = {
    0xeb9d2d32, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};
static const struct guid acpi20_guid = {
    0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};

struct efi_config_table {
    struct guid guid;
    u64 table;
};

static const void *find_table(const struct guid *guid)
{
    enum { RUNTIME = 88, TABLE_COUNT = 104, TABLES = 112 };
    const char *systab = va(boot_param->efi_systab);
    runtime_services = *(const u64 *)(systab + RUNTIME);
    const struct efi_config_table *t = va(*(const u64 *)(systab + TABLES));
    for (u64 n = *(const u64 *)(systab + TABLE_COUNT); n; n--, t++) {
        if (!memcmp(&t->guid, guid, sizeof *guid)) return va(t->table);
    }
    return NULL;
}

/* --- SAL's table: a header, then entries whose first byte says how long they are --- */

static void read_sal_table(const u8 *sst)
{
    static const u8 sizes[] = { 48, 32, 16, 32, 16, 16 };
    enum { HEADER = 96, ENTRY_COUNT = 10, ENTRY_POINT = 0, AP_WAKEUP = 5 };
    const u8 *entry = sst + HEADER;
    for (unsigned n = *(const u16 *)(sst + ENTRY_COUNT); n && *entry < ARRAY_SIZE(sizes); n--) {
        const u64 *word = (const u64 *)entry;
        if (*entry == ENTRY_POINT) {
            pal_proc = word[1] | REGION(7);
            sal_proc = word[2] | REGION(7);
            sal_gp = word[3] | REGION(7);
        }
        if (*entry == AP_WAKEUP) ap_wakeup_vector = word[1];
        entry += sizes[*entry];
    }
}

/* --- ACPI: the MADT --- */

static u64 unaligned_u64(const u8 *p)
{
    u64 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void read_madt(const u8 *madt)
{
    enum { LENGTH = 4, ENTRIES = 44, IO_SAPIC = 6, LOCAL_SAPIC = 7 };
    const u8 *end = madt + *(const u32 *)(madt + LENGTH);
    for (const u8 *e = madt + ENTRIES; e < end && e[1]; e += e[1]) {
        if (e[0] == LOCAL_SAPIC && (e[8] & 1) && cpus_present < MAX_CPUS) {
            cpu_lid[cpus_present++] = (u32)e[3] << 8 | e[4];
        }
        if (e[0] == IO_SAPIC && !iosapic_pa) {
            u32 gsi;
            memcpy(&gsi, e + 4, sizeof gsi);
            iosapic_gsi_base = gsi;
            iosapic_pa = unaligned_u64(e + 8);
        }
    }
}

static void read_acpi(const u8 *rsdp)
{
    enum { XSDT = 24, HEADER = 36, LENGTH = 4 };
    const u8 *xsdt = va(unaligned_u64(rsdp + XSDT));
    u32 length;
    memcpy(&length, xsdt + LENGTH, sizeof length);
    for (u32 at = HEADER; at + 8 <= length; at += 8) {
        const u8 *table = va(unaligned_u64(xsdt + at));
        if (!memcmp(table, "APIC", 4)) read_madt(table);
    }
}

void firmware_init(void)
{
    read_memory_map();
    const void *sst = find_table(&sal_guid), *rsdp = find_table(&acpi20_guid);
    if (sst) read_sal_table(sst);
    if (rsdp) read_acpi(rsdp);
    if (!cpus_present) cpu_lid[cpus_present++] = 0;
}
