/* The machine owns everything: memory, processors, devices, time.  PUBLIC.
 *
 * It is built from a struct config and board.def, runs its processors in slices on one thread, and
 * ends with a reason.  A run is a function of image and configuration: nothing here asks the host
 * for the time, and how the run is cut into slices never shows in the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/section.h"
#include "cpu/cpu.h"
#include "guest/guest.h"
#include "machine/config.h"

struct machine;

#define MACHINE_ERROR machine_error_quark()
GQuark machine_error_quark(void);

/* RAM, processors and devices of the board.  The config must outlive the machine. */
struct machine *machine_new(const struct config *config, GError **err);
void machine_free(struct machine *m);
/* What the config names: a kernel with its machine around it (native.h), or a bare-metal program,
 * raw files and a start address. */
bool machine_load(struct machine *m, GError **err);

enum machine_end {
    END_EXIT,      /* the guest said so; status is its */
    END_RESET,     /* the guest asked for a reset and --no-reboot was given */
    END_UNTIL,     /* --until */
    END_MAX_INSNS, /* --max-insns */
    END_STUCK,     /* everybody is halted and nothing is to come */
    END_LOOP,      /* interruptions without end */
    END_PANIC,     /* the guest's kernel has panicked */
    END_GUEST,     /* the guest did what no architecture covers */
};
struct machine_result {
    enum machine_end end;
    u64 status;          /* END_EXIT */
    const char *message; /* the others: why, for people; the machine's */
    unsigned cpu;        /* who ended it */
};
struct machine_result machine_run(struct machine *m);

/* Who stands between the scheduler and the processors while somebody debugs. */
struct machine_debugger {
    void *opaque;
    /* In place of cpu_run; may block for as long as a person looks. */
    enum cpu_exit (*run)(void *opaque, struct cpu *cpu, u64 budget);
    void (*poll)(void *opaque); /* every round, also when all processors doze */
};
void machine_set_debugger(struct machine *m, const struct machine_debugger *debugger);
void machine_set_breakpoints(struct machine *m, const u64 *places, unsigned n);
void machine_quit(struct machine *m, const char *why); /* as if the guest had exited with 0 */
bool machine_has_ended(const struct machine *m);
/* The run also ends, soon, when *flag is not 0: something that a handler of signals may set. */
void machine_stop_when(struct machine *m, const volatile sig_atomic_t *flag);

/* While somebody looks: processors show the control registers that a domain believes in. */
void machine_reveal(struct machine *m, bool on);

unsigned machine_cpu_count(const struct machine *m);
struct cpu *machine_cpu(struct machine *m, unsigned i);
struct physmem *machine_physmem(struct machine *m);
struct clock *machine_clock(struct machine *m);
/* Valid as long as the machine; but a reset may load another kernel, so ask again. */
const struct symbols *machine_symbols(const struct machine *m);
u64 machine_retired(const struct machine *m); /* slots, over all processors */
u64 machine_itc_hz(const struct machine *m); /* ticks of virtual time per second */
/* The kernel's ELF file, unpacked; NULL for a bare-metal program, and unless --top was given. */
const u8 *machine_kernel(const struct machine *m, u64 *len);
/* State of processors, memory, devices and time as one number. */
u64 machine_hash(struct machine *m);

/* What a hypervisor has counted; nothing on the native machine. */
void machine_print_counters(const struct machine *m, FILE *out);

/* false: a file did not take what the guest said on its console. */
bool machine_console_complete(const struct machine *m);

/* What is on the screen, as PNG. */
bool machine_screenshot(struct machine *m, const char *path, GError **err);

/* See every slot before and after: switches all processors to the observed loop. */
typedef void machine_observer_fn(void *opaque, struct cpu *cpu, const struct insn *in, bool after);
void machine_observe(struct machine *m, machine_observer_fn *fn, void *opaque);
/* See slots that refer to these bytes (and perhaps others): the rest runs at nearly full speed.
 * `in` may be NULL, see cpu_set_watches.  Replaces what `fn` watched; n = 0: nothing any more. */
void machine_watch(struct machine *m, const struct mmu_watch *list, unsigned n,
                   machine_observer_fn *fn, void *opaque);
/* With the last observer the observed loop goes, too. */
void machine_unobserve(struct machine *m, machine_observer_fn *fn, void *opaque);

/* Hear of events (cpu/event.h) of all processors: `kinds` is a set of EVENT_BITs.  Several may
 * listen, each to kinds of its own. */
void machine_listen(struct machine *m, u32 kinds, event_sink *fn, void *opaque);
void machine_unlisten(struct machine *m, event_sink *fn, void *opaque);
/* The same for a counter, which may hear of PRIVOP events gathered over 2^shift ticks (cpu_gather),
 * and does if all who listen to them are counters.  Call again to change shift. */
void machine_count(struct machine *m, u32 kinds, event_sink *fn, void *opaque, unsigned shift);
/* All processors tell of what they have gathered. */
void machine_hand_over(struct machine *m);

#endif
