/* RSDP, XSDT, FADT, FACS, DSDT and MADT in one page.  A kernel built for all platforms chooses the
 * one called "xen" by the OEM id, and finds its processors in the MADT.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_acpi.h"

#include <glib.h>
#include <string.h>

struct table {
    u8 page[DOMAIN_ACPI_SIZE];
    unsigned at; /* end of what is used */
};

enum { HEADER_LEN = 36, REGISTERS_AT = 0xf00 };

static void put(struct table *t, u64 value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) t->page[t->at++] = i < 8 ? (u8)(value >> 8 * i) : 0;
}

static void put_text(struct table *t, const char *text, unsigned len)
{
    for (unsigned i = 0; i < len; i++) put(t, i < strlen(text) ? (u8)text[i] : 0, 1);
}

static u8 checksum(const u8 *p, unsigned len)
{
    u8 sum = 0;
    for (unsigned i = 0; i < len; i++) sum = (u8)(sum + p[i]);
    return (u8)-sum;
}

static u64 here(const struct table *t)
{
    return DOMAIN_ACPI_PA + t->at;
}

static unsigned begin(struct table *t, const char *signature, u8 revision)
{
    t->at = (t->at + 63) & ~63u;
    unsigned start = t->at;
    put_text(t, signature, 4);
    put(t, 0, 4);
    put(t, revision, 1);
    put(t, 0, 1);
    put_text(t, "XEN", 6);
    put_text(t, "Xen/ia64", 8);
    put(t, 1, 4);
    put_text(t, "EP64", 4);
    put(t, 1, 4);
    return start;
}

static u64 end(struct table *t, unsigned start)
{
    u32 len = t->at - start;
    memcpy(t->page + start + 4, &len, 4);
    t->page[start + 9] = checksum(t->page + start, len);
    return DOMAIN_ACPI_PA + start;
}

/* Scope (\_SB) { Processor (CPn, n, 0, 0) {} ... }.  A package length of 64 and more takes two
 * bytes: the low four bits first.  ACPI 2.0, 16.2.4. */
static u64 dsdt(struct table *t, unsigned vcpus)
{
    enum { PROCESSOR_LEN = 13 };
    unsigned start = begin(t, "DSDT", 1), body = 5 + vcpus * PROCESSOR_LEN, len = body + 2;
    put(t, 0x10, 1);
    put(t, 0x40 | (len & 15), 1);
    put(t, len >> 4, 1);
    put_text(t, "\\_SB_", 5);
    for (unsigned i = 0; i < vcpus; i++) {
        char name[8];
        g_snprintf(name, sizeof name, "CP%02X", i);
        put(t, 0x835b, 2);
        put(t, PROCESSOR_LEN - 2, 1);
        put_text(t, name, 4);
        put(t, i, 1);
        put(t, 0, 4);
        put(t, 0, 1);
    }
    return end(t, start);
}

static u64 facs(struct table *t)
{
    t->at = (t->at + 63) & ~63u;
    u64 pa = here(t);
    put_text(t, "FACS", 4);
    put(t, 64, 4);
    put(t, 0, 24);
    put(t, 1, 1); /* version */
    put(t, 0, 31);
    return pa;
}

/* Registers in memory that nobody looks at. */
static void put_register(struct table *t, unsigned offset, unsigned bytes)
{
    put(t, 0, 1); /* system memory */
    put(t, bytes * 8, 1);
    put(t, 0, 2);
    put(t, bytes ? DOMAIN_ACPI_PA + REGISTERS_AT + offset : 0, 8);
}

static u64 fadt(struct table *t, u64 facs_pa, u64 dsdt_pa)
{
    enum { EVENT = 0, CONTROL = 8, TIMER = 16, EVENT_LEN = 4, CONTROL_LEN = 2, TIMER_LEN = 4 };
    unsigned start = begin(t, "FACP", 3);
    put(t, facs_pa, 4);
    put(t, dsdt_pa, 4);
    put(t, 0, 44);              /* model to GPE1 block: old-style addresses stay empty */
    put(t, EVENT_LEN, 1);
    put(t, CONTROL_LEN, 1);
    put(t, 0, 1);
    put(t, TIMER_LEN, 1);
    put(t, 0, 3);
    put(t, 0, 1);               /* CST */
    put(t, 100, 2);             /* C2 and C3: too slow to be used */
    put(t, 1001, 2);
    put(t, 0, 4);               /* flush size, stride */
    put(t, 0, 8);
    put(t, 0, 4);               /* flags */
    put_register(t, 0, 0);      /* reset */
    put(t, 0, 4);
    put(t, facs_pa, 8);
    put(t, dsdt_pa, 8);
    put_register(t, EVENT, EVENT_LEN);
    put_register(t, 0, 0);
    put_register(t, CONTROL, CONTROL_LEN);
    put_register(t, 0, 0);
    put_register(t, 0, 0);
    put_register(t, TIMER, TIMER_LEN);
    put_register(t, 0, 0);
    put_register(t, 0, 0);
    t->page[REGISTERS_AT + CONTROL] = 1; /* ACPI mode is on */
    return end(t, start);
}

/* One local SAPIC per processor: id n, eid 0, as in cr.lid. */
static u64 madt(struct table *t, unsigned vcpus)
{
    enum { LOCAL_SAPIC = 7, ENTRY_LEN = 20 };
    unsigned start = begin(t, "APIC", 2);
    put(t, 0xfee00000, 4);
    put(t, 0, 4);
    for (unsigned i = 0; i < vcpus; i++) {
        put(t, LOCAL_SAPIC, 1);
        put(t, ENTRY_LEN, 1);
        put(t, i, 1);
        put(t, i, 1);
        put(t, 0, 4);
        put(t, 1, 4);
        put(t, i, 4);
        put(t, 0, 4);
    }
    return end(t, start);
}

static u64 xsdt(struct table *t, u64 fadt_pa, u64 madt_pa)
{
    unsigned start = begin(t, "XSDT", 1);
    put(t, fadt_pa, 8);
    put(t, madt_pa, 8);
    return end(t, start);
}

static void rsdp(struct table *t, u64 xsdt_pa)
{
    t->at = 0;
    put_text(t, "RSD PTR ", 8);
    put(t, 0, 1);
    put_text(t, "XEN", 6);
    put(t, 2, 1);
    put(t, 0, 4);
    put(t, 36, 4);
    put(t, xsdt_pa, 8);
    put(t, 0, 4);
    t->page[8] = checksum(t->page, 20);
    t->page[32] = checksum(t->page, 36);
}

void domain_acpi_install(struct physmem *pm, unsigned vcpus)
{
    struct table *t = g_new0(struct table, 1);
    t->at = 64; /* the RSDP comes first, and is known last */
    u64 dsdt_pa = dsdt(t, vcpus), facs_pa = facs(t);
    u64 fadt_pa = fadt(t, facs_pa, dsdt_pa), madt_pa = madt(t, vcpus);
    u64 xsdt_pa = xsdt(t, fadt_pa, madt_pa);
    g_assert(t->at <= REGISTERS_AT);
    rsdp(t, xsdt_pa);
    bool ok = physmem_load(pm, DOMAIN_ACPI_PA, t->page, sizeof t->page);
    g_assert(ok);
    g_free(t);
}
