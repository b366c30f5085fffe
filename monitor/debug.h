/* Interactive debugging: run control, gdb, the monitor's commands, last words.  PUBLIC.
 *
 * One struct debugger stands between the scheduler and the processors while somebody debugs.  It
 * knows breakpoints and watchpoints, steps, and blocks while a person looks.  Who that person talks
 * to is a front end: the gdb stub or the console.  Nothing here changes the guest unless asked to:
 * breakpoints are the emulator's, memory is never patched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_DEBUG_H
#define MONITOR_DEBUG_H

#include "monitor/monitor.h"

/* What a debugger must know of a machine; so little that a test makes one from a bare processor.
 * Members below the line may be NULL. */
struct debug_target {
    void *opaque;
    unsigned (*cpu_count)(void *opaque);
    struct cpu *(*cpu)(void *opaque, unsigned i);
    struct physmem *(*physmem)(void *opaque);
    /* ---- */
    const struct symbols *(*symbols)(void *opaque);
    /* In place of cpu_set_breakpoints on every processor, where the machine has some of its own. */
    void (*set_breakpoints)(void *opaque, const u64 *places, unsigned n);
    /* Let `fn` see every slot, until it has seen enough. */
    void (*observe)(void *opaque, machine_observer_fn *fn, void *fn_opaque);
    void (*unobserve)(void *opaque, machine_observer_fn *fn, void *fn_opaque);
    /* Let `fn` see the slots that refer to these bytes; without, `observe` has to do. */
    void (*watch)(void *opaque, const struct mmu_watch *list, unsigned n, machine_observer_fn *fn,
                  void *fn_opaque);
    void (*quit)(void *opaque);   /* end the run */
    void (*reset)(void *opaque);  /* power-on again */
    void (*looking)(void *opaque, bool on); /* somebody begins to look, or ends */
    void (*idle)(void *opaque);   /* several times a second while the machine is stopped */
    bool (*ended)(void *opaque);  /* the run is over: do not wait for anybody */
    bool (*screenshot)(void *opaque, const char *path, GError **err);
    void (*devices)(void *opaque, GString *out);    /* more than their addresses */
    void (*interrupts)(void *opaque, GString *out); /* beyond the processor: IOSAPIC pins */
    void (*statistics)(void *opaque, GString *out);
    bool firmware; /* INIT and machine checks have somebody to go to */
};
/* The part that machine.h can answer. */
void debug_target_machine(struct debug_target *t, struct machine *m);

/* ---- Run control ----------------------------------------------------------------------------- */

struct debugger;

struct debugger *debugger_new(const struct debug_target *target); /* copies the target */
void debugger_free(struct debugger *d);

/* In place of cpu_run: run `cpu` for about `budget` slots.  Blocks while somebody debugs; has done
 * so when it returns CPU_BREAKPOINT, which a caller with breakpoints of its own may look at. */
enum cpu_exit debugger_run(void *debugger, struct cpu *cpu, u64 budget);
/* Look for input; every round of the scheduler, also when all processors doze. */
void debugger_poll(void *debugger);
/* Stop before the next slot, as if somebody had typed Ctrl-C. */
void debugger_pause(struct debugger *d);

/* ---- gdb ------------------------------------------------------------------------------------- */

struct gdbstub;

/* Listen on "PORT", "HOST:PORT" or "unix:PATH".  The machine stops before its first slot and waits
 * for gdb; after a detach it runs, and gdb may come again. */
struct gdbstub *gdbstub_new(struct debugger *d, const char *where, GError **err);
void gdbstub_free(struct gdbstub *g);
unsigned gdbstub_port(const struct gdbstub *g); /* of a TCP socket, for "0" */
/* The run is over.  A guest that died can still be looked at: blocks until gdb has seen enough. */
void gdbstub_ended(struct gdbstub *g, bool died, unsigned status, const char *message);

/* ---- Commands -------------------------------------------------------------------------------- */

struct monitor;

struct monitor *monitor_new(struct debugger *d);
void monitor_free(struct monitor *m);
/* Answer to one line, to be freed; ends with a newline unless empty. */
char *monitor_execute(struct monitor *m, const char *line);
/* What the last word of `line` could become; g_strfreev. */
char **monitor_complete(struct monitor *m, const char *line);

/* A person at a terminal.  Keys go in, text comes out through `write`. */
struct monitor_console {
    void *opaque;
    void (*write)(void *opaque, const char *text, size_t len);
    /* Wait for keys; 0: none ever again. */
    size_t (*read)(void *opaque, char *keys, size_t len);
};
/* Stop the machine before its next slot and talk to the console until "continue". */
void monitor_enter(struct monitor *m, const struct monitor_console *console);

/* ---- Last words ------------------------------------------------------------------------------ */

/* --on-crash=dump: registers, backtrace, the kernel's log. */
void crash_dump(const struct debug_target *target, unsigned cpu, FILE *out);

/* ---- All of it, for one run -------------------------------------------------------------------- */

struct debugging;

/* Tie a debugger to `m`, which is loaded: --gdb (NULL: none) and the console's Ctrl-A m. */
struct debugging *debugging_new(struct machine *m, const char *gdb, GError **err);
void debugging_free(struct debugging *g);
void debugging_ended(struct debugging *g, bool died, unsigned status, const char *message);
void debugging_dump(struct debugging *g, unsigned cpu, FILE *out); /* --on-crash=dump */

#endif
