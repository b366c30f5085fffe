/* The firmware: PAL, SAL, EFI runtime services and ACPI tables, made by the emulator.  PUBLIC.
 *
 * What a guest sees of it are tables in low memory and a few bundles that end in a reserved break;
 * bios_call() does the rest on the host.  The machine tells where things are (struct bios_platform)
 * and lends the few calls outward that firmware needs (struct bios_host).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BIOS_BIOS_H
#define BIOS_BIOS_H

#include <glib.h>

#include "base/types.h"
#include "cpu/cpu.h"
#include "mmu/physmem.h"

struct bios;

/* Low memory that firmware claims for itself; RAM must exist there. */
#define BIOS_DATA_PA 0x00000ull /* boot block, EFI and ACPI tables */
#define BIOS_LOADER_PA 0x1000ull /* up to 0x8000: a loader's parameter block and command line */
#define BIOS_DATA_END 0xa0000ull
#define BIOS_CODE_PA 0x100000ull /* PAL, then SAL and EFI stubs */
#define BIOS_CODE_END 0x120000ull

#define BIOS_AP_WAKEUP_VECTOR 0xff
#define BIOS_BASE_HZ 100000000ull /* the platform clock SAL reports; ar.itc is a multiple */

/* Where the board keeps what the tables describe. */
struct bios_platform {
    unsigned cpus;               /* processor n has id n, eid 0 */
    u64 itc_hz;                  /* rate of ar.itc: a multiple of 1 MHz */
    u64 interrupt_block_pa;
    u64 iosapic_pa;
    u64 io_ports_pa;             /* 64 MB of sparse port space */
    u64 pci_window_pa, pci_window_size;
    unsigned intx_gsi[4];        /* INTA# of slot s: intx_gsi[s & 3] */
    u16 uart_port;
    unsigned uart_gsi;
    u16 keyboard_port;           /* i8042 data port, its command port 4 further; 0: none */
    unsigned keyboard_gsi, mouse_gsi;
    u64 vga_pa, vga_size;        /* the VGA's memory window; size 0: no VGA */
    unsigned vga_slot;           /* on the PCI bus */
    u16 pm_port;                 /* fixed hardware: events +0, control +4, timer +8, reset +12 */
    unsigned sci_gsi;
    u8 slp_typ_s5, reset_value;
};

enum bios_event { BIOS_RESET, BIOS_POWER_OFF };

struct bios_host {
    void *opaque;
    void (*event)(void *opaque, enum bios_event event); /* from ResetSystem */
    u32 (*pci_read)(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size);
    void (*pci_write)(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                      u32 value);
    struct cpu *(*processor)(void *opaque, unsigned n); /* NULL: there is none */
};

struct bios_config {
    struct physmem *pm;
    struct bios_platform platform;
    struct bios_host host;
    s64 base_time; /* seconds since 1970 at virtual time 0 */
};

struct bios *bios_new(const struct bios_config *config);
void bios_free(struct bios *bios);

/* Memory a loader has filled: described to the guest as LoaderData, so that nobody reuses it. */
void bios_claim(struct bios *bios, u64 pa, u64 size);

/* Write all tables and stubs.  Call after every bios_claim, again after a reset. */
bool bios_install(struct bios *bios, GError **err);

u64 bios_hash(const struct bios *bios, u64 seed); /* what the tables in memory do not show */

/* The two things a loader hands to an operating system. */
u64 bios_efi_system_table(const struct bios *bios);
struct bios_memory_map {
    u64 pa, size, descriptor_size;
    u32 version;
};
struct bios_memory_map bios_memory_map(const struct bios *bios);

/* Put a freshly reset processor where firmware would leave it: the boot processor at a loader's
 * entry point (r28 = `boot_param`), any other in the rendezvous loop. */
void bios_start_boot_cpu(struct bios *bios, struct cpu *cpu, u64 entry, u64 boot_param);
void bios_park_cpu(struct bios *bios, struct cpu *cpu);

/* struct cpu_hooks.brk: declines every break that is not one of the stubs'. */
enum hook_answer bios_call(struct bios *bios, struct cpu *cpu, u64 imm);

/* struct cpu_hooks.pal_event: INIT or a machine check, to the operating system's handlers. */
enum hook_answer bios_pal_event(struct bios *bios, struct cpu *cpu, enum pal_event what,
                                const struct machine_check *mc);

/* One procedure for a caller that came another way than through the stubs (a hypervisor's guest):
 * HOOK_DONE with the results in r8 to r11, or HOOK_FAULT if a pointer among the arguments misses the
 * TLB.  EFI services are counted as in efi.def. */
enum bios_class { BIOS_PAL, BIOS_SAL, BIOS_EFI };
enum hook_answer bios_procedure(struct bios *bios, struct cpu *cpu, enum bios_class class, u64 index,
                                const u64 args[8]);
/* "PAL_HALT_LIGHT"; NULL: no such procedure. */
const char *bios_procedure_name(enum bios_class class, u64 index);

#endif
