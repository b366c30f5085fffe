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
    MIN_STATE_PA = 0x50000, /* 4 KB per processor: min-state save areas */
    MIN_STATE_END = 0x60000,
    PAL_PA = 0x100000,     /* one 64 KB piece, as a PAL code descriptor wants it */
    PAL_END = 0x110000,
    STUBS_PA = 0x110000,   /* SAL and EFI entry points */
    STUBS_END = 0x120000,
};
#define STACK_SIZE 0x1000
#define MIN_STATE_SIZE 0x1000
#define BIOS_CPUS 16

/* The stubs.  Each is 64 bytes: the trapping bundle first. */
enum stub {
    STUB_PAL,
    STUB_SAL,
    STUB_PARK,
    STUB_OS_RETURN,  /* SAL_CHECK and SAL_INIT: the system comes back */
    STUB_RENDEZVOUS, /* SAL_CHECK waits for the other processors */
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

/* What SAL_SET_VECTORS has registered, with the length word's checksum. */
struct os_vector {
    u64 entry, gp, length;
};
enum { OS_MCA, OS_INIT_MONARCH, OS_INIT_SLAVE, OS_VECTORS };

/* SAL_MC_SET_PARAMS; vectors of 0: not set. */
struct mc_params {
    u64 rendezvous_vector, wakeup_vector, timeout, options;
};
#define MC_RENDEZVOUS_ALWAYS 1

/* Which handlers of the system a processor is in, the innermost in the low two bits. */
enum bios_inside { INSIDE_INIT_SLAVE = 1, INSIDE_INIT_MONARCH = 2, INSIDE_MCA = 3 };

struct bios_processor {
    u64 min_state;            /* PAL_MC_REGISTER_MEM */
    u64 nest;                 /* enum bios_inside, two bits each */
    u64 started;              /* runs the system, not the rendezvous loop of boot */
    u64 rendezvoused;         /* in SAL_MC_RENDEZ */
    u64 expected;             /* PAL_MC_EXPECTED */
    u64 deadline, by_init;    /* SAL_CHECK waiting for others */
    u64 psp, error_map, check, target; /* of the last event */
};

enum state_type { STATE_MCA, STATE_INIT, STATE_TYPES };

struct bios {
    struct bios_config config;
    GArray *claims;           /* struct claimed */
    u32 memmap_size;
    u64 rsdp_pa, hcdp_pa, sal_table_pa;
    u64 time_offset;          /* SetTime: seconds to add to the base */
    u64 rendezvous_entry, rendezvous_gp; /* SAL_SET_VECTORS(2) */
    bool virtual_map;         /* SetVirtualAddressMap has been called */
    struct os_vector vectors[OS_VECTORS];
    struct mc_params mc;
    struct bios_processor processors[BIOS_CPUS];
    GBytes *records[STATE_TYPES][BIOS_CPUS]; /* waiting for SAL_GET_STATE_INFO */
    u64 record_id;            /* of the last */
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
    bool for_domain;          /* a hypervisor asks on behalf of its guest */
    enum hook_answer instead; /* not HOOK_DECLINED: does not return now; this is the answer */
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
const char *pal_name(u64 index);
const char *sal_name(u64 index);
const char *efi_name(u64 index);
const struct procedure *find_procedure(const struct procedure *rows, unsigned n, u64 index);

/* Guest memory as the caller addresses it.  false: the access faults, return at once. */
bool call_store(struct call *call, u64 va, const void *buf, unsigned len) MUST_USE;
bool call_load(struct call *call, u64 va, void *buf, unsigned len) MUST_USE;
#define CALL_BUFFER_MAX 4096u /* no procedure copies more at once: two pages at most */

/* abort.c: INIT and machine checks.  Where they end, and what the stubs do. */
enum hook_answer abort_os_return(struct bios *bios, struct cpu *cpu);
enum hook_answer abort_rendezvous(struct bios *bios, struct cpu *cpu);
bool abort_resume(struct bios *bios, struct cpu *cpu, u64 min_state) MUST_USE;
call_fn sal_mc_rendez;

/* record.c: error records. */
void record_write(struct bios *bios, struct cpu *cpu, enum state_type type,
                  const u64 words[MIN_STATE_WORDS], const struct machine_check *mc);
void records_clear(struct bios *bios);
u64 records_hash(const struct bios *bios, u64 seed);
call_fn sal_get_state_info, sal_get_state_info_size, sal_clear_state_info;

/* efi.c, sal.c, acpi.c: the tables. */
void efi_install(struct bios *bios);
void sal_install(struct bios *bios);
bool acpi_install(struct bios *bios, GError **err);
bool memmap_install(struct bios *bios, GError **err);

/* bios.c */
void bios_put(struct bios *bios, u64 pa, const void *data, u64 len);
u8 byte_checksum(const void *data, u64 len); /* what makes the sum of all bytes 0 */

#endif
