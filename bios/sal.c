/* SAL: configuration space, the platform clock, vectors for INIT, machine checks and the start of
 * other processors; and the system table that leads to all this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios-priv.h"

enum {
    SAL_OK = 0, SAL_UNIMPLEMENTED = -1, SAL_INVALID = -2,
};
#define SAL_INDEX_BASE 0x01000000u

static void sal_ok(struct call *c)
{
    c->status = SAL_OK;
}

static void sal_no(struct call *c)
{
    c->status = SAL_UNIMPLEMENTED;
}

enum { VECTOR_MCA = 0, VECTOR_INIT = 1, VECTOR_BOOT_RENDEZ = 2 };

/* Entry points are physical addresses of bundles; 0 takes a handler back. */
static void sal_set_vectors(struct call *c)
{
    struct bios *bios = c->bios;
    const struct os_vector first = { c->arg[1], c->arg[2], c->arg[3] },
                           second = { c->arg[4], c->arg[5], c->arg[6] };
    if (c->arg[0] > VECTOR_BOOT_RENDEZ || (first.entry & 15) ||
        (c->arg[0] == VECTOR_INIT && (second.entry & 15))) {
        c->status = SAL_INVALID;
        return;
    }
    switch (c->arg[0]) {
    case VECTOR_MCA:
        bios->vectors[OS_MCA] = first;
        break;
    case VECTOR_INIT:
        bios->vectors[OS_INIT_MONARCH] = first;
        bios->vectors[OS_INIT_SLAVE] = second;
        break;
    case VECTOR_BOOT_RENDEZ:
        bios->rendezvous_entry = first.entry;
        bios->rendezvous_gp = first.gp;
        break;
    }
}

enum { PARAM_RENDEZ_INT = 1, PARAM_RENDEZ_WAKEUP = 2, PARAM_CPE_INT = 3, MECHANISM_INT = 1 };

/* Only interrupts: no memory variable can wake a processor here. */
static void sal_mc_set_params(struct call *c)
{
    struct mc_params *mc = &c->bios->mc;
    u64 type = c->arg[0], vector = c->arg[2];
    if (type < PARAM_RENDEZ_INT || type > PARAM_CPE_INT || c->arg[1] != MECHANISM_INT ||
        vector < 16 || vector > 255) {
        c->status = SAL_INVALID;
        c->r9 = c->arg[3];
        return;
    }
    if (type == PARAM_RENDEZ_INT) {
        mc->rendezvous_vector = vector;
        mc->timeout = c->arg[3];
        mc->options = c->arg[4];
    } else if (type == PARAM_RENDEZ_WAKEUP) {
        mc->wakeup_vector = vector;
    } /* corrected platform errors never happen */
}

/* Mode 0 packs segment 31:24, bus 23:16, function 15:8, register 7:0; mode 1 widens the segment and
 * the register. */
struct pci_address {
    unsigned segment, bus, devfn, reg;
};

static struct pci_address pci_address(u64 a, u64 mode)
{
    if (mode == 1) {
        return (struct pci_address){ (unsigned)bits(a, 43, 28), (unsigned)bits(a, 27, 20),
                                     (unsigned)bits(a, 19, 12), (unsigned)bits(a, 11, 0) };
    }
    return (struct pci_address){ (unsigned)bits(a, 31, 24), (unsigned)bits(a, 23, 16),
                                 (unsigned)bits(a, 15, 8), (unsigned)bits(a, 7, 0) };
}

static bool pci_arguments_ok(struct call *c, const struct pci_address *at, u64 size, u64 mode)
{
    bool ok = mode <= 1 && (size == 1 || size == 2 || size == 4) && !(at->reg & (size - 1));
    c->quiet = true;
    c->status = ok ? SAL_OK : SAL_INVALID;
    return ok;
}

static void sal_pci_config_read(struct call *c)
{
    const struct bios_host *host = &c->bios->config.host;
    struct pci_address at = pci_address(c->arg[0], c->arg[2]);
    if (!pci_arguments_ok(c, &at, c->arg[1], c->arg[2])) return;
    unsigned size = (unsigned)c->arg[1];
    c->r9 = mask64(size * 8);
    if (at.segment || !host->pci_read) return;
    c->r9 = host->pci_read(host->opaque, at.bus, at.devfn, at.reg, size);
}

static void sal_pci_config_write(struct call *c)
{
    const struct bios_host *host = &c->bios->config.host;
    struct pci_address at = pci_address(c->arg[0], c->arg[3]);
    if (!pci_arguments_ok(c, &at, c->arg[1], c->arg[3]) || at.segment || !host->pci_write) return;
    host->pci_write(host->opaque, at.bus, at.devfn, at.reg, (unsigned)c->arg[1], (u32)c->arg[2]);
}

#define DRIFT_UNKNOWN ~0ull

static void sal_freq_base(struct call *c)
{
    if (c->arg[0] > 2) {
        c->status = SAL_INVALID;
        return;
    }
    c->r9 = BIOS_BASE_HZ;
    c->r10 = DRIFT_UNKNOWN;
}

static void sal_physical_id_info(struct call *c)
{
    c->r9 = cpu_id(c->cpu);
}

static const struct procedure procedures[] = {
#define SAL(index, name, fn) { SAL_INDEX_BASE + index, "SAL_" #name, sal_##fn },
#include "bios/sal.def"
};

/* Only the low half of the index counts. */
const char *sal_name(u64 index)
{
    const struct procedure *p = find_procedure(procedures, ARRAY_LEN(procedures), index);
    return p ? p->name : NULL;
}

void sal_call(struct call *c, u64 index)
{
    const struct procedure *p = find_procedure(procedures, ARRAY_LEN(procedures), (u32)index);
    if (!p) {
        log_warning("firmware", "SAL procedure %#llx is unknown", (unsigned long long)index);
        c->name = "SAL_?";
        c->status = SAL_UNIMPLEMENTED;
        return;
    }
    c->name = p->name;
    p->fn(c);
}

/* --- the system table --- */

struct sal_header {
    char signature[4];
    u32 size;
    u8 rev_minor, rev_major;
    u16 entries;
    u8 checksum, reserved[7];
    u8 a_minor, a_major, b_minor, b_major;
    char oem[32], product[32];
    u8 reserved2[8];
};
_Static_assert(sizeof(struct sal_header) == 96, "SAL 3.2, table 3-2");

struct sal_entry_point {
    u8 type, reserved[7];
    u64 pal_proc, sal_proc, gp, reserved2[2];
};
_Static_assert(sizeof(struct sal_entry_point) == 48, "SAL 3.2, table 3-4");

struct sal_features {
    u8 type, mask, reserved[14];
};

struct sal_wakeup {
    u8 type, mechanism, reserved[6];
    u64 vector;
};

struct sal_table {
    struct sal_header header;
    struct sal_entry_point entry_point;
    struct sal_features features;
    struct sal_wakeup wakeup;
};
_Static_assert(sizeof(struct sal_table) == 96 + 48 + 16 + 16, "entries follow without gaps");

#define SAL_TABLE_PA (EFI_PA + 0x1000)

void sal_install(struct bios *bios)
{
    struct sal_table t = {
        .header = {
            .signature = "SST_", .size = sizeof t, .rev_major = 0x03, .rev_minor = 0x20,
            .entries = 3, .oem = "epic64", .product = "epic64",
        },
        .entry_point = {
            .type = 0, .pal_proc = stub_pa(STUB_PAL), .sal_proc = stub_pa(STUB_SAL), .gp = STUBS_PA,
        },
        .features = { .type = 2 },
        .wakeup = { .type = 5, .vector = BIOS_AP_WAKEUP_VECTOR },
    };
    t.header.checksum = byte_checksum(&t, sizeof t);
    bios->sal_table_pa = SAL_TABLE_PA;
    bios_put(bios, SAL_TABLE_PA, &t, sizeof t);
}
