/* Looking at a guest: traces, statistics, registers, disassembly.  PUBLIC.
 *
 * Everything here observes; nothing here changes what the guest does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdio.h>

#include "machine/machine.h"

#define MONITOR_ERROR monitor_error_quark()
GQuark monitor_error_quark(void);

/* --trace: one line per slot, to a file or standard error. */
struct trace;
struct trace *trace_start(struct machine *m, const struct trace_config *config, GError **err);
bool trace_finish(struct trace *t, GError **err); /* false: the file is not complete */
/* The file of a --trace, and its name for people. */
FILE *trace_open(const char *path, GError **err);
const char *trace_name(const char *path);
/* Written to the end; false: not all of it could be. */
bool trace_close(FILE *out, const char *path, GError **err);

/* --trace of events, and epic64 events, which reads the binary form back. */
struct event_trace;
struct event_trace *event_trace_start(struct machine *m, const struct config *c,
                                      const struct trace_config *which, GError **err);
bool event_trace_finish(struct event_trace *t, GError **err); /* false: the file is not complete */
bool events_file(const struct config *config, FILE *out, GError **err);

/* While something is written that must end properly: a signal that would end the process ends the
 * run first.  stopping_end: and then the process, if one came. */
void stopping_begin(struct machine *m);
bool stopping(void);
void stopping_end(void);

/* --stats: retired slots by row of the instruction table and by class. */
struct stats;
struct stats *stats_start(struct machine *m);
void stats_print(const struct stats *s, FILE *out);
void stats_free(struct stats *s);

/* --speed: what the run cost the host. */
struct stopwatch {
    s64 started; /* microseconds */
    u64 retired;
};
struct stopwatch stopwatch_start(const struct machine *m);
void stopwatch_print(const struct stopwatch *w, const struct machine *m, FILE *out);

/* The registers a person looks at first when a guest has died. */
void registers_print(struct machine *m, unsigned cpu, FILE *out);
/* --dump-state: all of them, as JSON. */
bool state_dump(struct machine *m, unsigned cpu, const char *path, GError **err);

/* epic64 disasm. */
bool disasm_file(const struct config *config, FILE *out, GError **err);

/* epic64 pvcheck. */
bool pvcheck_file(const struct config *config, FILE *out, bool *uncovered, GError **err);
/* --pvcheck: what a domain's kernel really executes.  Reports, and frees, at the end. */
struct pv_watch;
struct pv_watch *pv_watch_start(struct machine *m, const struct config *config, GError **err);
bool pv_watch_finish(struct pv_watch *w, GError **err); /* false: the report is not complete */

#endif
