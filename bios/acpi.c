/* The ACPI tables: what Linux needs to find its processors, its IOSAPIC, one PCI root, one serial
 * port and the power switch.  ACPI 2.0 layouts; the neutral OEM id makes old kernels choose their
 * plain "dig" platform.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <string.h>

#include "bios/aml.h"
#include "bios/bios-priv.h"

struct acpi_header {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem[6], oem_table[8];
    u32 oem_revision;
    char creator[4];
    u32 creator_revision;
};
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 2.0, 5.2.5");

/* Tables are built one after another in a scratch array that lands at ACPI_PA. */
struct builder {
    const struct bios_platform *platform;
    GByteArray *out;
};

static void put(GByteArray *out, u64 value, unsigned bytes)
{
    u8 b[8];
    for (unsigned i = 0; i < bytes; i++) b[i] = (u8)(value >> 8 * i);
    g_byte_array_append(out, b, bytes);
}

static void pad(GByteArray *out, u64 bytes)
{
    for (u64 i = 0; i < bytes; i++) put(out, 0, 1);
}

/* Generic address structure in I/O space. */
static void put_io_address(GByteArray *out, u16 port, u8 width)
{
    put(out, port ? 1 : 0, 1);
    put(out, port ? width : 0, 1);
    put(out, 0, 2);
    put(out, port, 8);
}

static guint begin(struct builder *b, const char *signature, u8 revision)
{
    while (b->out->len % 16) put(b->out, 0, 1);
    struct acpi_header h = {
        .revision = revision, .oem = "EPIC64", .oem_table = "EPIC64  ", .oem_revision = 1,
        .creator = "EP64", .creator_revision = 1,
    };
    memcpy(h.signature, signature, 4);
    guint at = b->out->len;
    g_byte_array_append(b->out, (const u8 *)&h, sizeof h);
    return at;
}

/* Fill in length and checksum; the table's physical address. */
static u64 end(struct builder *b, guint at)
{
    struct acpi_header *h = (void *)(b->out->data + at);
    h->length = b->out->len - at;
    h->checksum = 0;
    h->checksum = byte_checksum(h, h->length);
    return ACPI_PA + at;
}

/* --- DSDT --- */

#define PCI_SLOTS 32u
#define PCI_PINS 4u

static void dsdt_routing(GByteArray *out, const struct bios_platform *p)
{
    GByteArray *rows = g_byte_array_new();
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        for (unsigned pin = 0; pin < PCI_PINS; pin++) {
            GByteArray *row = g_byte_array_new();
            aml_integer(row, slot << 16 | 0xffff);
            aml_integer(row, pin);
            aml_integer(row, 0); /* no link device: a global interrupt follows */
            aml_integer(row, p->intx_gsi[(slot + pin) & 3]);
            aml_package(rows, 4, row);
        }
    }
    aml_name(out, "_PRT");
    aml_package(out, PCI_SLOTS * PCI_PINS, rows);
}

static void dsdt_pci_root(GByteArray *out, const struct bios_platform *p)
{
    GByteArray *dev = g_byte_array_new(), *crs = g_byte_array_new();
    aml_name(dev, "_HID"), aml_eisa_id(dev, "PNP0A03");
    aml_name(dev, "_UID"), aml_integer(dev, 0);
    aml_name(dev, "_SEG"), aml_integer(dev, 0);
    aml_name(dev, "_BBN"), aml_integer(dev, 0);
    aml_bus_numbers(crs, 0, 0);
    aml_io_window(crs, 0, 0xffff);
    aml_memory_window(crs, (u32)p->pci_window_pa, (u32)p->pci_window_size);
    if (p->vga_size) aml_memory_window(crs, (u32)p->vga_pa, (u32)p->vga_size);
    aml_end_tag(crs);
    aml_name(dev, "_CRS"), aml_buffer(dev, crs);
    dsdt_routing(dev, p);
    aml_device(out, "PCI0", dev);
}

static void dsdt_uart(GByteArray *out, const struct bios_platform *p)
{
    GByteArray *dev = g_byte_array_new(), *crs = g_byte_array_new();
    aml_name(dev, "_HID"), aml_eisa_id(dev, "PNP0501");
    aml_name(dev, "_UID"), aml_integer(dev, 0);
    aml_io_ports(crs, p->uart_port, 8);
    aml_interrupt(crs, p->uart_gsi);
    aml_end_tag(crs);
    aml_name(dev, "_CRS"), aml_buffer(dev, crs);
    aml_device(out, "COM1", dev);
}

/* Linux looks for an i8042 on this platform only where the DSDT names one. */
static void dsdt_keyboard(GByteArray *out, const struct bios_platform *p)
{
    GByteArray *dev = g_byte_array_new(), *crs = g_byte_array_new();
    aml_name(dev, "_HID"), aml_eisa_id(dev, "PNP0303");
    aml_io_ports(crs, p->keyboard_port, 1);
    aml_io_ports(crs, p->keyboard_port + 4, 1);
    aml_interrupt(crs, p->keyboard_gsi);
    aml_end_tag(crs);
    aml_name(dev, "_CRS"), aml_buffer(dev, crs);
    aml_device(out, "KBD_", dev);
}

static void dsdt_mouse(GByteArray *out, const struct bios_platform *p)
{
    GByteArray *dev = g_byte_array_new(), *crs = g_byte_array_new();
    aml_name(dev, "_HID"), aml_eisa_id(dev, "PNP0F13");
    aml_interrupt(crs, p->mouse_gsi);
    aml_end_tag(crs);
    aml_name(dev, "_CRS"), aml_buffer(dev, crs);
    aml_device(out, "MOU_", dev);
}

static void dsdt_processors(GByteArray *out, const struct bios_platform *p)
{
    for (unsigned n = 0; n < p->cpus; n++) {
        char seg[5];
        g_snprintf(seg, sizeof seg, "CP%02X", n & 0xff);
        aml_processor(out, seg, n);
    }
}

static u64 build_dsdt(struct builder *b)
{
    guint at = begin(b, "DSDT", 2);
    GByteArray *sb = g_byte_array_new(), *s5 = g_byte_array_new();
    dsdt_processors(sb, b->platform);
    dsdt_pci_root(sb, b->platform);
    dsdt_uart(sb, b->platform);
    if (b->platform->keyboard_port) {
        dsdt_keyboard(sb, b->platform);
        dsdt_mouse(sb, b->platform);
    }
    aml_scope(b->out, "_SB_", sb);
    aml_integer(s5, b->platform->slp_typ_s5);
    aml_integer(s5, b->platform->slp_typ_s5);
    aml_integer(s5, 0);
    aml_integer(s5, 0);
    aml_name(b->out, "_S5_");
    aml_package(b->out, 4, s5);
    return end(b, at);
}

/* --- FADT, ACPI 2.0 5.2.8 --- */

#define FADT_LENGTH 244
#define FADT_FLAGS (1u << 0 | 1u << 5 | 1u << 10) /* WBINVD, no sleep button, reset register */
#define SERVER_PROFILE 4
#define NO_C_STATE 0xffff
enum { PM_EVENTS = 0, PM_CONTROL = 4, PM_TIMER = 8, PM_RESET = 12 };

/* Port fields of 32 bits, then lengths: the same registers again follow as generic addresses. */
static void fadt_ports(GByteArray *t, u16 pm)
{
    put(t, pm + PM_EVENTS, 4), put(t, 0, 4);
    put(t, pm + PM_CONTROL, 4), put(t, 0, 4);
    put(t, 0, 4);
    put(t, pm + PM_TIMER, 4);
    put(t, 0, 8);                                       /* no general-purpose events */
    put(t, 4, 1), put(t, 2, 1), put(t, 0, 1), put(t, 4, 1);
    put(t, 0, 4);
}

static u64 build_fadt(struct builder *b, u64 dsdt, u64 facs)
{
    GByteArray *t = b->out;
    u16 pm = b->platform->pm_port;
    guint at = begin(b, "FACP", 3);
    put(t, facs, 4), put(t, dsdt, 4);
    put(t, 0, 1), put(t, SERVER_PROFILE, 1);
    put(t, b->platform->sci_gsi, 2);
    put(t, 0, 4), put(t, 0, 4);                         /* no SMI: always in ACPI mode */
    fadt_ports(t, pm);
    put(t, NO_C_STATE, 2), put(t, NO_C_STATE, 2);
    put(t, 0, 4), put(t, 0, 5), put(t, 0, 2), put(t, 0, 1);
    put(t, FADT_FLAGS, 4);
    put_io_address(t, pm + PM_RESET, 8);
    put(t, b->platform->reset_value, 1), put(t, 0, 3);
    put(t, facs, 8), put(t, dsdt, 8);
    put_io_address(t, pm + PM_EVENTS, 32), put_io_address(t, 0, 0);
    put_io_address(t, pm + PM_CONTROL, 16), put_io_address(t, 0, 0);
    put_io_address(t, 0, 0);
    put_io_address(t, pm + PM_TIMER, 32);
    put_io_address(t, 0, 0), put_io_address(t, 0, 0);
    g_assert(t->len - at == FADT_LENGTH);
    return end(b, at);
}

#define FACS_LENGTH 64
#define FACS_ALIGN 64

static u64 build_facs(struct builder *b)
{
    while (b->out->len % FACS_ALIGN) put(b->out, 0, 1);
    u64 pa = ACPI_PA + b->out->len;
    g_byte_array_append(b->out, (const u8 *)"FACS", 4);
    put(b->out, FACS_LENGTH, 4);
    pad(b->out, 24);
    put(b->out, 1, 1); /* version */
    pad(b->out, FACS_LENGTH - 33);
    return pa;
}

/* --- MADT, ACPI 2.0 5.2.10 --- */

enum { MADT_IO_SAPIC = 6, MADT_LOCAL_SAPIC = 7 };

static u64 build_madt(struct builder *b)
{
    const struct bios_platform *p = b->platform;
    guint at = begin(b, "APIC", 1);
    put(b->out, p->interrupt_block_pa, 4);
    put(b->out, 0, 4); /* no 8259s */
    for (unsigned n = 0; n < p->cpus; n++) {
        put(b->out, MADT_LOCAL_SAPIC, 1), put(b->out, 12, 1);
        put(b->out, n, 1);                   /* ACPI processor id, as in the DSDT */
        put(b->out, n, 1), put(b->out, 0, 1); /* SAPIC id and eid, as in cr.lid */
        put(b->out, 0, 3);
        put(b->out, 1, 4); /* enabled */
    }
    put(b->out, MADT_IO_SAPIC, 1), put(b->out, 16, 1);
    put(b->out, 0, 2), put(b->out, 0, 4); /* id 0, global interrupts from 0 */
    put(b->out, p->iosapic_pa, 8);
    return end(b, at);
}

/* --- consoles --- */

#define UART_BAUD 115200
#define UART_CLOCK 1843200

/* Serial Port Console Redirection, revision 1. */
static u64 build_spcr(struct builder *b)
{
    GByteArray *t = b->out;
    guint at = begin(b, "SPCR", 1);
    put(t, 0, 1), put(t, 0, 3); /* a full 16550 */
    put_io_address(t, b->platform->uart_port, 8);
    put(t, 4, 1);               /* interrupt type: I/O SAPIC */
    put(t, 0, 1), put(t, b->platform->uart_gsi, 4);
    put(t, 7, 1);               /* 115200 */
    put(t, 0, 1), put(t, 1, 1); /* no parity, one stop bit */
    put(t, 0, 2), put(t, 0, 1); /* no flow control; terminal VT100, language */
    put(t, 0xffff, 2), put(t, 0xffff, 2); /* not PCI */
    put(t, 0, 3), put(t, 0, 4), put(t, 0, 1), put(t, 0, 4);
    return end(b, at);
}

#define HCDP_VGA 0x0a
#define HCDP_VGA_LENGTH 41

/* A second console, not the primary one: a screen that needs no address translation. */
static void put_hcdp_vga(GByteArray *t, const struct bios_platform *p)
{
    put(t, HCDP_VGA, 1), put(t, 0, 1), put(t, HCDP_VGA_LENGTH, 2), put(t, 0, 2);
    put(t, 1, 1), put(t, 0, 1), put(t, 34, 2);        /* PCI interface record */
    put(t, 0, 2), put(t, p->vga_slot, 1), put(t, 0, 1); /* segment, bus, device, function */
    put(t, 0, 4), put(t, 0, 4);                       /* ids and interrupt: not given */
    put(t, 0, 8), put(t, 0, 8), put(t, 0, 2);         /* translations: none */
    put(t, 0, 1);                                     /* address spaces */
}

/* Where ia64 kernels really look for their console: reached through EFI, not through the XSDT. */
static u64 build_hcdp(struct builder *b)
{
    GByteArray *t = b->out;
    guint at = begin(b, "HCDP", 3);
    put(t, 1, 4);
    put(t, 0, 1), put(t, 8, 1), put(t, 1, 1), put(t, 1, 1); /* console, 8 bits, no parity, 1 stop */
    put(t, 0, 4);
    put(t, UART_BAUD, 8);
    put_io_address(t, b->platform->uart_port, 8);
    put(t, 0, 4);
    put(t, b->platform->uart_gsi, 4);
    put(t, UART_CLOCK, 4);
    put(t, 0, 1);
    put(t, 1 << 2, 1); /* primary console */
    put(t, 0, 2), put(t, 0, 4);
    if (b->platform->vga_size) put_hcdp_vga(t, b->platform);
    return end(b, at);
}

/* --- roots --- */

static u64 build_xsdt(struct builder *b, const u64 *tables, unsigned n)
{
    guint at = begin(b, "XSDT", 1);
    for (unsigned i = 0; i < n; i++) put(b->out, tables[i], 8);
    return end(b, at);
}

#define RSDP_V1_LENGTH 20
#define RSDP_LENGTH 36

static u64 build_rsdp(struct builder *b, u64 xsdt)
{
    while (b->out->len % 16) put(b->out, 0, 1);
    guint at = b->out->len;
    g_byte_array_append(b->out, (const u8 *)"RSD PTR ", 8);
    put(b->out, 0, 1);
    g_byte_array_append(b->out, (const u8 *)"EPIC64", 6);
    put(b->out, 2, 1); /* revision */
    put(b->out, 0, 4); /* no RSDT */
    put(b->out, RSDP_LENGTH, 4);
    put(b->out, xsdt, 8);
    put(b->out, 0, 4);
    u8 *rsdp = b->out->data + at;
    rsdp[8] = byte_checksum(rsdp, RSDP_V1_LENGTH);
    rsdp[32] = byte_checksum(rsdp, RSDP_LENGTH);
    return ACPI_PA + at;
}

bool acpi_install(struct bios *bios, GError **err)
{
    struct builder b = { &bios->config.platform, g_byte_array_new() };
    u64 dsdt = build_dsdt(&b), facs = build_facs(&b);
    u64 tables[3] = { build_fadt(&b, dsdt, facs), build_madt(&b), build_spcr(&b) };
    u64 xsdt = build_xsdt(&b, tables, 3);
    bios->hcdp_pa = build_hcdp(&b);
    bios->rsdp_pa = build_rsdp(&b, xsdt);
    bool fits = b.out->len <= ACPI_END - ACPI_PA;
    if (fits) {
        bios_put(bios, ACPI_PA, b.out->data, b.out->len);
    } else {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "the ACPI tables do not fit");
    }
    g_byte_array_unref(b.out);
    return fits;
}
