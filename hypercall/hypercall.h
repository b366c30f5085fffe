/* The hypervisor that a Xen/ia64 guest thinks it runs on.  PUBLIC.
 *
 * There is none: the guest's kernel runs at privilege level 1, whatever it must not do itself ends
 * in a hook of the processor, and this folder does it instead, on the host.  One domain to a
 * machine, its memory starting at 0 without holes; machine addresses are guest-physical ones.
 * docs/xen-abi.md is the guided tour.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include <stdio.h>

#include "base/clock.h"
#include "bios/bios.h"
#include "cpu/cpu.h"
#include "devices/host/block.h"
#include "devices/host/chardev.h"
#include "devices/host/net.h"
#include "hypercall/abi.h"

struct domain;

#define DOMAIN_MAX_VCPUS 16
#define DOMAIN_ID 1

/* The pages at the end of memory that guest and hypervisor share from the start. */
enum domain_page { PAGE_CONSOLE = 1, PAGE_STORE = 2, PAGE_START_INFO = 3, PAGE_MEMMAP = 4 };

/* Faked firmware in low memory: where the stubs that end in break 0x1000 stand. */
enum {
    FW_EFI_INDEX = 0x10, FW_PAL_INDEX = 0x80, FW_SAL_INDEX = 0x82, FW_SAL_RETURN_INDEX = 0x84,
    FW_FPSWA_INDEX = 0x90,
};
#define FW_STUB_PA(index) ((u64)(index) * 16)
#define FW_EFI_COUNT 10
#define FW_EFI_DESCRIPTORS_PA 0x2400ull /* function descriptors {entry, gp} of the EFI services */
#define FW_WAKEUP_VECTOR 0xf3

struct domain_host {
    void *opaque;
    /* SCHEDOP_shutdown and its like: SHUTDOWN_*. */
    void (*shutdown)(void *opaque, struct cpu *cpu, unsigned reason);
    /* The guest broke the rules and is stopped; called once. */
    void (*crash)(void *opaque, struct cpu *cpu, const char *why);
};

struct domain_config {
    struct physmem *pm;
    struct clock *clock;
    struct bios *bios;        /* answers the firmware calls that need no hypervisor; borrowed */
    u64 mem;                  /* bytes of memory from 0 */
    u64 itc_hz;
    unsigned steal;           /* percent of the time in which busy processors do not run */
    struct cpu *cpus[DOMAIN_MAX_VCPUS];
    unsigned ncpus;
    struct chardev *console;  /* borrowed; NULL: output is dropped */
    struct domain_host host;
};

struct domain *domain_new(const struct domain_config *config, GError **err);
void domain_free(struct domain *d);

/* Back ends, before the start; the domain owns them from then on. */
void domain_add_disk(struct domain *d, struct block *disk);
void domain_add_network(struct domain *d, struct net *net, const u8 mac[6]);

/* For the domain builder. */
u32 domain_console_port(const struct domain *d);
u32 domain_store_port(const struct domain *d);
u64 domain_page_pfn(const struct domain *d, enum domain_page page);

/* Processor 0 to the kernel's entry, the others down. */
void domain_start(struct domain *d, u64 entry, u64 boot_param);

/* struct cpu_hooks. */
enum hook_answer domain_brk(struct domain *d, struct cpu *cpu, u64 imm);
enum hook_answer domain_privop(struct domain *d, struct cpu *cpu, const struct insn *in);
enum hook_answer domain_interruption(struct domain *d, struct cpu *cpu);

/* For those who watch for guests that get nowhere: psr.ic as the guest sees it, and how many
 * interruptions were handed to it so far. */
bool domain_collects(const struct domain *d, const struct cpu *cpu);
u64 domain_reflections(const struct domain *d);

/* Does the guest wait for what can never come?  Ask many times a second: NULL, or the reason. */
const char *domain_hopeless(struct domain *d);

bool domain_was_asked(const struct domain *d); /* has the guest used any service of Xen's? */

/* Between slices: console input, received frames. */
void domain_poll(struct domain *d);
bool domain_takes_input(const struct domain *d); /* is there room in the console's ring? */
/* Ask the guest to end: "poweroff", "reboot", "halt". */
void domain_request(struct domain *d, const char *what);
bool domain_crashed(const struct domain *d);

/* For people, while nothing runs: the control registers that the guest believes in take the place of
 * the emulated processors' own, which mean nothing to it; and back. */
void domain_reveal(struct domain *d, bool on);

/* What the guest cannot see of its own state, folded into one number. */
u64 domain_hash(const struct domain *d, u64 seed);

/* Names of what events tell by number (cpu/event.h); NULL: unknown. */
const char *hypercall_name(unsigned number);
const char *hypercall_command_name(unsigned number, unsigned command);
bool hypercall_has_commands(unsigned number);
const char *hyperprivop_name(unsigned number);
const char *firmware_hypercall_name(unsigned number); /* EVENT_FW_HYPERCALL */

/* For monitors: event channels in use, one line each. */
void domain_print_ports(const struct domain *d, GString *out);

/* How often which door was used, one line each. */
void domain_print_counters(const struct domain *d, FILE *out);

#endif
