/* What the user asked for: options, from the command line or a file, as one struct.
 *
 * Both ways end in config_set, so a key of a file and an option of the same name cannot differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_CONFIG_H
#define MACHINE_CONFIG_H

#include <glib.h>

#include "base/log.h"
#include "base/types.h"

enum command {
#define COMMAND(id, fn, name, args, line, text) COMMAND_##id,
#include "machine/commands.def"
    COMMAND_COUNT
};

enum exit_status {
#define EXIT(id, status, meaning) EXIT_##id = status,
#include "machine/exits.def"
};

struct maybe_u64 {
    bool set;
    u64 value;
};

struct load {
    char *path;
    u64 pa;
};

struct disk {
    char *path;
    enum { DISK_WRITABLE, DISK_READ_ONLY, DISK_SNAPSHOT } mode;
};

/* One --trace: of instructions, or of events. */
struct trace_config {
    bool insn, regs;
    u32 events;  /* kinds, EVENT_BITs */
    bool binary; /* the events, not the instructions */
    char *path;  /* NULL: standard error; "-": standard output */
};

struct maybe_text {
    bool set;
    char *text; /* NULL: nothing but the option's name was said */
};

struct config {
    char *program;
    u64 mem, max_insns, slice; /* max_insns, slice: 0 is no limit */
    GArray *loads;             /* struct load */
    struct maybe_u64 entry, until, base, start, stop;
    GArray *traces;            /* struct trace_config */
    char *trace_filter;
    struct maybe_text pvcheck;
    GPtrArray *native;         /* more patterns of native-only code */
    char *output, *table, *phases, *only;
    GPtrArray *plots;          /* pictures to draw */
    u64 top;
    bool detail;
    bool all;
    char *kernel, *initrd, *append; /* Linux instead of a bare-metal program, see native.h */
    u64 cpus, itc_hz, seed, steal;
    GArray *disks;             /* struct disk */
    char *console, *hvc, *net, *date, *clock, *display, *screenshot;
    bool no_reboot, xen;
    char *gdb, *on_crash;
    char *dump_state, *config_file;
    bool stats, speed, hash, raw;
    enum log_level log;
};

#define CONFIG_ERROR config_error_quark()
GQuark config_error_quark(void);

void config_init(struct config *c);
/* Will a report of privops name lines of the kernel's source? */
bool config_wants_lines(const struct config *c);
void config_clear(struct config *c);

/* Parse `argv[1..]` for a command, configuration file included.  --help is handled (prints and
 * exits, as GLib does). */
bool config_parse(struct config *c, enum command command, int *argc, char ***argv, GError **err);
/* One option by name; `value` is NULL for a flag on the command line. */
bool config_set(struct config *c, enum command command, const char *name, const char *value,
                GError **err);
/* Refuse two outputs of a run that go to one file.  outputs.c. */
bool config_check_outputs(const struct config *c, GError **err);
/* All keys of group [run] of a GKeyFile. */
bool config_read_file(struct config *c, const char *path, GError **err);

#endif
