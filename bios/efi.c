/* EFI as an operating system meets it after boot services are gone: a system table, runtime
 * services and the list of other tables.  The clock is virtual time counted from a base date; the
 * variable store is empty and stays so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios-priv.h"

#define EFI_ERROR(code) ((s64)(1ull << 63 | (code)))
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_UNSUPPORTED EFI_ERROR(3)
#define EFI_NOT_FOUND EFI_ERROR(14)

#define SYSTAB_PA (EFI_PA + 0x000)
#define RUNTIME_PA (EFI_PA + 0x100)
#define CONFIG_PA (EFI_PA + 0x200)
#define VENDOR_PA (EFI_PA + 0x300)
#define DESCRIPTORS_PA (EFI_PA + 0x400) /* function descriptors {entry, gp} */

static void efi_unsupported(struct call *c)
{
    c->status = EFI_UNSUPPORTED;
}

static void efi_not_found(struct call *c)
{
    c->status = EFI_NOT_FOUND;
}

/* --- time --- */

struct efi_time {
    u16 year;
    u8 month, day, hour, minute, second, pad1;
    u32 nanosecond;
    s16 timezone;
    u8 daylight, pad2;
};
_Static_assert(sizeof(struct efi_time) == 16, "EFI 1.10, 7.3");

struct efi_time_capabilities {
    u32 resolution, accuracy;
    u8 sets_to_zero, pad[3];
};
#define TIMEZONE_UNSPECIFIED 0x7ff

static s64 base_seconds(const struct bios *bios)
{
    return bios->config.base_time + (s64)bios->time_offset;
}

static void efi_get_time(struct call *c)
{
    u64 hz = c->bios->config.platform.itc_hz, ticks = cpu_time(c->cpu);
    GDateTime *now = g_date_time_new_from_unix_utc(base_seconds(c->bios) + (s64)(ticks / hz));
    struct efi_time t = {
        .year = (u16)g_date_time_get_year(now), .month = (u8)g_date_time_get_month(now),
        .day = (u8)g_date_time_get_day_of_month(now), .hour = (u8)g_date_time_get_hour(now),
        .minute = (u8)g_date_time_get_minute(now), .second = (u8)g_date_time_get_second(now),
        .nanosecond = (u32)((u128)(ticks % hz) * 1000000000u / hz),
        .timezone = TIMEZONE_UNSPECIFIED,
    };
    g_date_time_unref(now);
    struct efi_time_capabilities caps = { .resolution = 1, .accuracy = 50000000 };
    if (c->arg[1] && !call_store(c, c->arg[1], &caps, 9)) return;
    (void)!call_store(c, c->arg[0], &t, sizeof t);
}

/* Remembered as an offset to the base date: nothing else keeps time here. */
static void efi_set_time(struct call *c)
{
    struct efi_time t;
    if (!call_load(c, c->arg[0], &t, sizeof t)) return;
    GDateTime *then = g_date_time_new_utc(t.year, t.month, t.day, t.hour, t.minute, t.second);
    if (!then) {
        c->status = EFI_INVALID_PARAMETER;
        return;
    }
    s64 now = base_seconds(c->bios) + (s64)(cpu_time(c->cpu) / c->bios->config.platform.itc_hz);
    c->bios->time_offset += (u64)(g_date_time_to_unix(then) - now);
    g_date_time_unref(then);
}

/* --- memory map --- */

struct memory_descriptor {
    u32 type, pad;
    u64 pa, va, pages, attribute;
};

struct function_descriptor {
    u64 entry, gp;
};

/* The virtual address the caller's map gives to `pa`; false: none. */
static bool convert(const u8 *map, u64 size, u64 stride, u64 *pa)
{
    for (u64 at = 0; at + sizeof(struct memory_descriptor) <= size; at += stride) {
        struct memory_descriptor d;
        memcpy(&d, map + at, sizeof d);
        if (!(d.attribute >> 63) || *pa < d.pa || *pa - d.pa >= d.pages << 12) continue;
        *pa = d.va + (*pa - d.pa);
        return true;
    }
    return false;
}

/* Re-point the function descriptors: from now on the kernel calls them through its own mapping. */
static void efi_set_virtual_address_map(struct call *c)
{
    u64 size = c->arg[0], stride = c->arg[1];
    struct function_descriptor fd[EFI_COUNT];
    struct physmem *pm = c->bios->config.pm;
    const u8 *map = physmem_host(pm, c->arg[3] & mask64(61), size);
    c->status = EFI_INVALID_PARAMETER;
    if (c->bios->virtual_map) c->status = EFI_UNSUPPORTED;
    if (c->bios->virtual_map || !map || stride < sizeof(struct memory_descriptor)) return;
    if (!physmem_read(pm, DESCRIPTORS_PA, fd, sizeof fd)) return;
    for (unsigned n = 0; n < EFI_COUNT; n++) {
        if (!convert(map, size, stride, &fd[n].entry) || !convert(map, size, stride, &fd[n].gp)) {
            return;
        }
    }
    physmem_write(pm, DESCRIPTORS_PA, fd, sizeof fd);
    c->bios->virtual_map = true;
    c->status = STATUS_OK;
}

enum { RESET_COLD = 0, RESET_WARM = 1, RESET_SHUTDOWN = 2 };

static void efi_reset_system(struct call *c)
{
    const struct bios_host *host = &c->bios->config.host;
    bool off = c->arg[0] == RESET_SHUTDOWN;
    if (host->event) host->event(host->opaque, off ? BIOS_POWER_OFF : BIOS_RESET);
}

static const struct procedure procedures[] = {
#define EFI(name, fn) { 0, "EFI " #name, efi_##fn },
#include "bios/efi.def"
};
_Static_assert(ARRAY_LEN(procedures) == EFI_COUNT, "one stub for each");

const char *efi_name(u64 index)
{
    return index < ARRAY_LEN(procedures) ? procedures[index].name : NULL;
}

void efi_call(struct call *c, unsigned row)
{
    c->name = procedures[row].name;
    procedures[row].fn(c);
}

/* --- tables --- */

struct efi_header {
    u64 signature;
    u32 revision, size, crc, reserved;
};

struct efi_system_table {
    struct efi_header header;
    u64 vendor;
    u32 vendor_revision, pad;
    u64 con_in_handle, con_in, con_out_handle, con_out, err_handle, err;
    u64 runtime, boot, config_count, config;
};
_Static_assert(sizeof(struct efi_system_table) == 120, "EFI 1.10, 4.3");

struct efi_runtime {
    struct efi_header header;
    u64 service[EFI_COUNT];
};

struct efi_config {
    u8 guid[16];
    u64 pa;
};

#define SYSTAB_SIGNATURE 0x5453595320494249ull  /* "IBI SYST" */
#define RUNTIME_SIGNATURE 0x56524553544e5552ull /* "RUNTSERV" */
#define EFI_1_10 0x0001000au

static const u8 guid_acpi20[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                    0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const u8 guid_sal[16] = { 0x32, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
static const u8 guid_hcdp[16] = { 0x8d, 0x93, 0x51, 0xf9, 0x0b, 0x62, 0xef, 0x42,
                                  0x82, 0x79, 0xa8, 0x4b, 0x79, 0x61, 0x78, 0x98 };

/* The reflected CRC-32 of EFI table headers, computed with the crc field zero. */
static u32 crc32_of(const void *data, u64 len)
{
    const u8 *p = data;
    u32 crc = ~0u;
    for (u64 i = 0; i < len; i++) {
        crc ^= p[i];
        for (unsigned k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void install_runtime(struct bios *bios)
{
    struct efi_runtime rt = { .header = { RUNTIME_SIGNATURE, EFI_1_10, sizeof rt, 0, 0 } };
    struct function_descriptor fd[EFI_COUNT];
    for (unsigned n = 0; n < EFI_COUNT; n++) {
        fd[n] = (struct function_descriptor){ stub_pa(STUB_EFI + n), STUBS_PA };
        rt.service[n] = DESCRIPTORS_PA + n * sizeof fd[n];
    }
    rt.header.crc = crc32_of(&rt, sizeof rt);
    bios_put(bios, DESCRIPTORS_PA, fd, sizeof fd);
    bios_put(bios, RUNTIME_PA, &rt, sizeof rt);
}

void efi_install(struct bios *bios)
{
    struct efi_config config[3] = {
        { .pa = bios->rsdp_pa }, { .pa = bios->sal_table_pa }, { .pa = bios->hcdp_pa },
    };
    memcpy(config[0].guid, guid_acpi20, 16);
    memcpy(config[1].guid, guid_sal, 16);
    memcpy(config[2].guid, guid_hcdp, 16);
    const u16 vendor[] = { 'e', 'p', 'i', 'c', '6', '4', 0 };
    struct efi_system_table st = {
        .header = { SYSTAB_SIGNATURE, EFI_1_10, sizeof st, 0, 0 },
        .vendor = VENDOR_PA, .vendor_revision = 1, .runtime = RUNTIME_PA,
        .config_count = ARRAY_LEN(config), .config = CONFIG_PA,
    };
    st.header.crc = crc32_of(&st, sizeof st);
    install_runtime(bios);
    bios_put(bios, CONFIG_PA, config, sizeof config);
    bios_put(bios, VENDOR_PA, vendor, sizeof vendor);
    bios_put(bios, SYSTAB_PA, &st, sizeof st);
}
