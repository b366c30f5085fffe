/* Event traces: one line for each privileged operation, hypercall, interruption ... of a run.
 *
 *     time cpu ip.slot symbol kind what name=value ... = result
 *
 * The same line is made in two ways: at once, or read back from the compact binary form.  All that
 * a line needs is in struct event_line, so that the two cannot differ.  docs/tracing.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_EVENTS_H
#define MONITOR_EVENTS_H

#include "monitor/monitor.h"

#define EVENT_LINE_ARGS 8

/* What many lines have in common. */
struct event_what {
    const char *kind, *name; /* printable, no blanks */
    const char *arg[EVENT_LINE_ARGS];
    unsigned nargs;
    bool decimal; /* the result is a signed number */
};

struct event_line {
    const struct event_what *what;
    u64 time;
    unsigned cpu;
    u64 place;          /* bundle address | slot */
    const char *symbol; /* NULL: none near; printable, no blanks; one pointer for each symbol */
    u64 offset;         /* of the bundle from it */
    u64 args[EVENT_LINE_ARGS], result;
    bool slow, batched, has_result;
};

void event_header_print(u64 hz, FILE *out);
void event_line_print(const struct event_line *l, FILE *out);

/* ---- events-line.c: from an event of the processor to a line --------------------------------- */

struct event_words; /* remembers names */
struct event_words *event_words_new(void);
void event_words_free(struct event_words *w);
/* The words remember names of symbols, so these must live as long.  NULL: there are none. */
void event_line_of(struct event_words *w, const struct symbols *symbols, unsigned cpu,
                   const struct event *e, struct event_line *l);

/* ---- events-filter.c: "cpu=0,ip=0x100..0x1ff,time=1ms..,kind=tlb,in=vhpt_*" ------------------ */

struct event_filter;
/* NULL: an error.  `text` may be NULL: everything passes. */
struct event_filter *event_filter_new(const char *text, GError **err);
void event_filter_free(struct event_filter *f);
/* The kinds that may pass, EVENT_BITs. */
u32 event_filter_kinds(const struct event_filter *f);
/* With `hz` ticks a second, is any time range empty?  Whatever can be said without is an error of
 * event_filter_new. */
bool event_filter_check(const struct event_filter *f, u64 hz, GError **err);
bool event_filter_passes(const struct event_filter *f, const struct event_line *l, u64 hz);

/* ---- events-binary.c ------------------------------------------------------------------------- */

struct event_writer;
struct event_writer *event_writer_new(FILE *out, u64 hz);
void event_writer_put(struct event_writer *w, const struct event_line *l);
void event_writer_finish(struct event_writer *w); /* and free; errors are the FILE's */

struct event_reader {
    void *opaque;
    bool (*start)(void *opaque, u64 hz, GError **err); /* may refuse; or NULL */
    void (*line)(void *opaque, const struct event_line *l);
};
/* Lines are handed out as they come, until the end, or until the first damage. */
bool event_read(FILE *in, const struct event_reader *to, GError **err);

#endif
