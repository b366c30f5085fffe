/* Low memory of a domain as Xen's builder leaves it: a page of stubs that end in break 0x1000, a
 * page of ACPI, a page of EFI and SAL tables.  hypercall/firmware.c answers the breaks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_firmware.h"

#include <glib.h>
#include <string.h>

#include "cpu/isa/isa.h"
#include "guest/domain_acpi.h"
#include "hypercall/hypercall.h"

enum {
    SYSTAB_PA = 0x2000, RUNTIME_PA = 0x2100, CONFIG_PA = 0x2300, VENDOR_PA = 0x23c0,
    SAL_TABLE_PA = 0x2600, MEMORY_MAP_PA = 0x2800,
};
_Static_assert(FW_EFI_DESCRIPTORS_PA == 0x2400, "between the vendor string and SAL's table");

static void load(struct physmem *pm, u64 pa, const void *data, u64 len)
{
    bool ok = physmem_load(pm, pa, data, len);
    g_assert(ok); /* the builder has looked that low memory is there */
}

/* --- stubs ------------------------------------------------------------------------------------ */

enum template { TEMPLATE_MI_I_STOP = 0x03, TEMPLATE_MIB_STOP = 0x11, TEMPLATE_MBB_STOP = 0x13 };
#define BREAK_HYPERCALL (0x1000ull << 6) /* the same bits in an M and an I slot */
#define BR_RET_B0 0x108001100ull         /* br.ret.sptk.many b0 */
#define BR_COND_B0 0x100000000ull        /* br.cond.sptk.few b0 */
#define BR_HERE 0x8000000000ull          /* br.cond.sptk.few to this bundle */
#define NOP_I 0x8000000ull
#define P7 7
#define P8 8

static u64 addl(unsigned r1, u64 imm)
{
    return 9ull << 37 | (imm >> 7 & 0x1ff) << 27 | (imm >> 16 & 0x1f) << 22 | (imm & 0x7f) << 13 |
           (u64)r1 << 6;
}

/* cmp.ltu p1, p2 = r2, r3 */
static u64 cmp_ltu(unsigned p1, unsigned p2, unsigned r2, unsigned r3)
{
    return 0xdull << 37 | (u64)p2 << 27 | (u64)r3 << 20 | (u64)r2 << 13 | (u64)p1 << 6;
}

static void put_bundle(struct physmem *pm, u64 pa, enum template template, u64 s0, u64 s1, u64 s2)
{
    u8 bundle[16];
    const u64 slot[3] = { s0, s1, s2 };
    isa_join(template, slot, bundle);
    load(pm, pa, bundle, sizeof bundle);
}

static void put_stub(struct physmem *pm, unsigned index, u64 number)
{
    put_bundle(pm, FW_STUB_PA(index), TEMPLATE_MIB_STOP, addl(2, number), BREAK_HYPERCALL,
               BR_RET_B0);
}

/* PAL is called in two ways: indexes below 256 with a plain branch, the others like a function. */
static void put_pal_stub(struct physmem *pm)
{
    u64 pa = FW_STUB_PA(FW_PAL_INDEX);
    put_bundle(pm, pa, TEMPLATE_MI_I_STOP, addl(2, 0x1000), addl(9, 256), cmp_ltu(P7, P8, 28, 9));
    put_bundle(pm, pa + 16, TEMPLATE_MBB_STOP, BREAK_HYPERCALL, BR_COND_B0 | P7, BR_RET_B0 | P8);
}

static void install_stubs(struct physmem *pm)
{
    for (unsigned i = 0; i < FW_EFI_COUNT; i++) put_stub(pm, FW_EFI_INDEX + i, 0x300 + i);
    put_pal_stub(pm);
    put_stub(pm, FW_SAL_INDEX, 0x1100);
    put_bundle(pm, FW_STUB_PA(FW_SAL_RETURN_INDEX), TEMPLATE_MIB_STOP, addl(2, 0x1200),
               BREAK_HYPERCALL, BR_HERE);
}

/* --- EFI -------------------------------------------------------------------------------------- */

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

#define EFI_SERVICES 11 /* in a runtime table; one of them, ConvertPointer, has no stub */
#define CONVERT_POINTER 5
struct efi_runtime {
    struct efi_header header;
    u64 service[EFI_SERVICES];
};

struct efi_config {
    u8 guid[16];
    u64 pa;
};
#define CONFIG_COUNT 6

#define SYSTAB_SIGNATURE 0x5453595320494249ull  /* "IBI SYST" */
#define RUNTIME_SIGNATURE 0x56524553544e5552ull /* "RUNTSERV" */
#define EFI_1_00 0x00010000u

static const u8 guid_sal[16] = { 0x32, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
static const u8 guid_acpi20[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                    0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };

static void install_runtime(struct physmem *pm)
{
    struct efi_runtime rt = { .header = { RUNTIME_SIGNATURE, EFI_1_00, sizeof rt, 0, 0 } };
    for (unsigned i = 0, stub = 0; i < EFI_SERVICES; i++) {
        if (i == CONVERT_POINTER) continue;
        u64 descriptor[2] = { FW_STUB_PA(FW_EFI_INDEX + stub), 0 };
        rt.service[i] = FW_EFI_DESCRIPTORS_PA + stub++ * sizeof descriptor;
        load(pm, rt.service[i], descriptor, sizeof descriptor);
    }
    load(pm, RUNTIME_PA, &rt, sizeof rt);
}

static void install_efi(struct physmem *pm)
{
    struct efi_config config[CONFIG_COUNT] = { { .pa = SAL_TABLE_PA }, { .pa = DOMAIN_ACPI_PA } };
    const u16 vendor[] = { 'X', 'e', 'n', '/', 'i', 'a', '6', '4', 0 };
    struct efi_system_table st = {
        .header = { SYSTAB_SIGNATURE, EFI_1_00, sizeof st, 0, 0 },
        .vendor = VENDOR_PA, .vendor_revision = 1, .runtime = RUNTIME_PA,
        .config_count = CONFIG_COUNT, .config = CONFIG_PA,
    };
    memcpy(config[0].guid, guid_sal, 16);
    memcpy(config[1].guid, guid_acpi20, 16);
    install_runtime(pm);
    load(pm, CONFIG_PA, config, sizeof config);
    load(pm, VENDOR_PA, vendor, sizeof vendor);
    load(pm, SYSTAB_PA, &st, sizeof st);
}

/* --- SAL -------------------------------------------------------------------------------------- */

struct sal_table {
    char signature[4];
    u32 size;
    u8 rev_minor, rev_major;
    u16 entries;
    u8 checksum, reserved[7];
    u8 a_minor, a_major, b_minor, b_major;
    char oem[32], product[32];
    u8 reserved2[8];
    u8 entry_type, reserved3[7];
    u64 pal_proc, sal_proc, gp, reserved4[2];
    u8 wakeup_type, mechanism, reserved5[6];
    u64 vector;
};
_Static_assert(sizeof(struct sal_table) == 96 + 48 + 16, "SAL 3.2, chapter 3");

static void install_sal(struct physmem *pm)
{
    struct sal_table t = {
        .signature = "SST_", .size = sizeof t, .rev_minor = 1, .entries = 2,
        .oem = "epic64", .product = "Xen/ia64", .pal_proc = FW_STUB_PA(FW_PAL_INDEX),
        .sal_proc = FW_STUB_PA(FW_SAL_INDEX), .wakeup_type = 5, .vector = FW_WAKEUP_VECTOR,
    };
    const u8 *p = (const u8 *)&t;
    u8 sum = 0;
    for (size_t i = 0; i < sizeof t; i++) sum = (u8)(sum + p[i]);
    t.checksum = (u8)-sum;
    load(pm, SAL_TABLE_PA, &t, sizeof t);
}

/* --- memory map ------------------------------------------------------------------------------- */

enum { EFI_RUNTIME_DATA = 6, EFI_CONVENTIONAL = 7, EFI_ACPI_NVS = 10, EFI_IO_PORTS = 12,
       EFI_PAL_CODE = 13 };
#define ATTR_UC 1ull
#define ATTR_WB 8ull
#define ATTR_RUNTIME (1ull << 63)
#define IO_PORTS_PA 0xffffc000000ull
#define IO_PORTS_SIZE 0x4000000ull

struct map_entry {
    u32 type, pad;
    u64 pa, va, pages, attribute, pad2;
};
_Static_assert(sizeof(struct map_entry) == DOMAIN_DESCRIPTOR_SIZE, "descriptor and padding");

static struct map_entry piece(u32 type, u64 from, u64 to, u64 attribute)
{
    return (struct map_entry){ type, 0, from, 0, (to - from) >> 12, attribute, 0 };
}

static u64 install_map(struct physmem *pm, u64 mem, u64 shared_pa)
{
    const struct map_entry map[] = {
        piece(EFI_PAL_CODE, 0, DOMAIN_ACPI_PA, ATTR_WB | ATTR_RUNTIME),
        piece(EFI_ACPI_NVS, DOMAIN_ACPI_PA, DOMAIN_ACPI_PA + DOMAIN_ACPI_SIZE,
              ATTR_WB | ATTR_RUNTIME),
        piece(EFI_RUNTIME_DATA, DOMAIN_ACPI_PA + DOMAIN_ACPI_SIZE, DOMAIN_FIRMWARE_END,
              ATTR_WB | ATTR_RUNTIME),
        piece(EFI_CONVENTIONAL, DOMAIN_FIRMWARE_END, shared_pa, ATTR_WB),
        piece(EFI_RUNTIME_DATA, shared_pa, mem, ATTR_WB),
        piece(EFI_IO_PORTS, IO_PORTS_PA, IO_PORTS_PA + IO_PORTS_SIZE, ATTR_UC),
    };
    load(pm, MEMORY_MAP_PA, map, sizeof map);
    return sizeof map;
}

struct domain_memory_map domain_firmware_install(struct physmem *pm, u64 mem, u64 shared_pa,
                                                 unsigned vcpus)
{
    install_stubs(pm);
    domain_acpi_install(pm, vcpus);
    install_efi(pm);
    install_sal(pm);
    return (struct domain_memory_map){ MEMORY_MAP_PA, install_map(pm, mem, shared_pa) };
}

u64 domain_firmware_systab(void)
{
    return SYSTAB_PA;
}
