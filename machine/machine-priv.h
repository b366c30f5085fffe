/* What the files of machine/ share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_MACHINE_PRIV_H
#define MACHINE_MACHINE_PRIV_H

#include "devices/device.h"
#include "machine/machine.h"

#define CPUS_MAX 16

struct native;
struct xen_machine;

/* Watching one processor for interruptions that lead nowhere; loops.c. */
struct loop_watch {
    u64 retired;         /* at the last delivery */
    u64 ip, ifa;         /* where that was */
    unsigned ri, row;
    unsigned idle;       /* deliveries in a row with nothing retired in between */
    unsigned nested;     /* the same one in a row, each while psr.ic was 0 */
    unsigned unmended;   /* the same translation fault for the same address in a row */
    u64 first_ip;        /* where it began: before the idle ones, or the repeated one itself */
    unsigned first_row;
    bool seen;           /* any interruption at all */
};

struct machine {
    const struct config *config;
    struct physmem *pm;
    struct clock *clock;
    struct sections *sections;
    struct image *image;
    GPtrArray *devices;

    struct cpu_hooks hooks;
    struct cpu *cpus[CPUS_MAX];
    unsigned ncpus;
    struct loop_watch watch[CPUS_MAX];

    u64 now;             /* what every processor has reached */
    struct cpu *current; /* the one in cpu_run, or NULL */
    GArray *observers;
    GArray *listeners;

    struct native *native; /* native.c: firmware and devices of the Linux board; or NULL */
    struct xen_machine *xen; /* xen.c: the domain instead; or NULL */
    GPtrArray *symbols;    /* struct symbols of the kernels loaded so far; the last is the one */

    struct machine_debugger debugger; /* run is NULL: nobody debugs */
    GArray *breakpoints; /* the debugger's */

    struct {             /* panic.c */
        u64 place;              /* where a panic begins */
        bool watched;
        struct clock_event end; /* the kernel has had its last words */
        u64 patience;
        char *message;          /* not NULL: the kernel has panicked */
        unsigned cpu;
    } panic;

    const volatile sig_atomic_t *stop_flag; /* somebody outside sets it; or NULL */
    bool ended;
    struct machine_result result;
    char *message;
};

/* End the run; the first reason wins. */
void machine_end(struct machine *m, enum machine_end end, struct cpu *cpu, u64 status,
                 const char *fmt, ...) PRINTF(5, 6);
/* Does somebody outside want the run to end? */
bool machine_must_stop(const struct machine *m);
/* Time passes for everybody, without anything being done in it. */
void machine_skip_time(struct machine *m, u64 ticks);
/* Processors up to `n` of them. */
void machine_add_cpus(struct machine *m, unsigned n);
/* Tell the processors about the debugger's breakpoints and our own. */
void machine_install_breakpoints(struct machine *m);
/* Take over the symbols of the kernel that has just been loaded.  Whoever has got them from
 * machine_symbols may use them as long as there is a machine, whatever a reset loads. */
void machine_take_symbols(struct machine *m, struct symbols *symbols);
/* "0x1000 <main+0x20>" for messages; to be freed. */
char *machine_where(const struct machine *m, u64 ip);

/* listen.c: an empty list; the sink of all processors; a processor that has just been added. */
GArray *listen_list(void);
void listen_event(void *opaque, struct cpu *cpu, const struct event *e);
void listen_added(struct machine *m, struct cpu *cpu);

/* loops.c: an interruption is about to be delivered; ends the run if that goes round in circles.
 * `collecting`: psr.ic, as the guest sees it.  loop_forget: this processor got somewhere. */
void loop_check(struct machine *m, struct cpu *cpu, bool collecting);
void loop_forget(struct machine *m, const struct cpu *cpu);

/* panic.c: look out for the kernel's panic; a processor is at a breakpoint; power-on or the end. */
void panic_watch(struct machine *m, u64 ticks_per_second);
void panic_noticed(struct machine *m, struct cpu *cpu);
void panic_forget(struct machine *m);

#endif
