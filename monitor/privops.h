/* Counting what a kernel asks of the processor, or of a hypervisor: privileged and sensitive
 * operations, hypercalls, interruptions.  PUBLIC.
 *
 * A tally is filled while a machine runs.  There is one kind of counter only, by place: how often
 * this happened at this ip, on this processor, in this phase; every table is a sum over these.  A
 * time line is counted beside it.  A report puts two tallies of the same kernel side by side, in
 * the words of privops.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_PRIVOPS_H
#define MONITOR_PRIVOPS_H

#include <glib.h>

#include "monitor/monitor.h"

/* ---- The tally of one run -------------------------------------------------------------------- */

#define PHASES_MAX 62
#define PHASE_BEFORE 0 /* before the first mark; in a run without marks all of it */
#define PHASE_BETWEEN 1

struct phase {
    char name[EVENT_NAME_MAX];
    u64 iterations;  /* 0: not said */
    u64 begun;       /* how often */
    u64 retired;     /* slots, over all processors */
    u64 ticks;       /* virtual time */
};

/* One counter. */
struct place {
    u64 ip;          /* bundle address | slot */
    enum event_kind kind;
    u32 number;
    s32 sub;         /* as in the event; of ssm and rsm the TOUCHES_ bits of its mask */
    unsigned phase, cpu;
    unsigned level;  /* at which it was asked for */
    bool other;      /* of two counters that Xen has for it, the other one: slow_hyperprivop,
                      * fast_reflect, idle_when_pending */
    bool batched;    /* a hypercall inside a multicall */
    u64 count;
};

/* What ssm or rsm changes of psr. */
enum { TOUCHES_I = 1, TOUCHES_IC = 2, TOUCHES_DT = 4, TOUCHES_BE = 8, TOUCHES_OTHER = 16 };

#define TALLY_KINDS                                                                                \
    (EVENT_BIT(PRIVOP) | EVENT_BIT(TRAPPED) | EVENT_BIT(HYPERPRIVOP) | EVENT_BIT(HYPERCALL) |      \
     EVENT_BIT(FIRMWARE) | EVENT_BIT(REFLECT) | EVENT_BIT(INTERRUPTION) | EVENT_BIT(IRQ) |         \
     EVENT_BIT(UPCALL) | EVENT_BIT(SEND) | EVENT_BIT(MARK))

#define TIMELINE_BUCKETS 240
struct timeline {
    u64 width;       /* ticks of a bucket, */
    unsigned shift;  /* a power of two */
    unsigned used;   /* buckets */
    u64 count[TIMELINE_BUCKETS][EVENT_KINDS];
};

/* When which phase was on; the first ones, for pictures. */
#define SPANS_MAX 200
struct span {
    unsigned phase;
    u64 from, to;    /* ticks */
};

struct tally;

/* Count from now on; the machine may end before the tally. */
struct tally *tally_start(struct machine *m);
struct tally *tally_empty(void); /* of a run that did not take place */
/* Settle the last phase and stop listening.  Call before the machine goes. */
void tally_finish(struct tally *t);
void tally_free(struct tally *t);

unsigned tally_phases(const struct tally *t);
const struct phase *tally_phase(const struct tally *t, unsigned i);
bool tally_is_marked(const struct tally *t); /* the guest marked any phase */
u64 tally_retired(const struct tally *t);
const struct timeline *tally_timeline(const struct tally *t);
const struct span *tally_spans(const struct tally *t, unsigned *n);
void tally_each(const struct tally *t, void (*fn)(void *opaque, const struct place *p),
                void *opaque);

enum way { WAY_NATIVE, WAY_DOMAIN, WAYS };
extern const char *const way_names[WAYS];

/* ---- Names ----------------------------------------------------------------------------------- */

/* Rows of privops.def. */
struct operation {
    const char *group, *name, *instructions, *hyperprivops, *xen, *text;
};
unsigned operation_count(void);
const struct operation *operation(unsigned i);
/* -1: no row claims it. */
int operation_of(const struct place *p);
/* "mov_to_cr[67]", "trapped ssm psr.i" ...: what was counted, in full; to be freed. */
char *place_label(const struct place *p);
/* The counter of Xen/ia64 that would count it in a domain, to be freed; NULL: none does. */
char *place_xen_counter(const struct place *p, enum way way);

/* ---- The report: two tallies side by side ---------------------------------------------------- */

enum column {
    NATIVE,     /* on the bare machine */
    DIRECT,     /* in a domain, executed by the processor unnoticed */
    TRAPPED,    /* in a domain, emulated */
    CALLED,     /* in a domain, asked for: hyperprivop, hypercall, firmware; or reflected, upcall */
    COLUMNS
};
extern const char *const column_names[COLUMNS];

/* Where a place is, in words that only the kernel's image knows. */
struct site_name {
    char *symbol;    /* "schedule+0x20", or NULL */
    char *line;      /* "sched.c:120", or NULL */
};

/* One run, when its machine is gone. */
struct run_record {
    bool took_place;
    struct tally *tally;
    unsigned cpus;
    u64 itc_hz;
    GArray *hot;       /* struct place, over all phases and processors, the hottest first */
    GHashTable *names; /* struct site_name by ip: of those, or of all places */
};
void run_record_clear(struct run_record *r);
/* Both of its members are NULL for programs and for what has no name. */
struct site_name run_name(const struct run_record *r, u64 ip);

enum line_kind { LINE_OPERATION, LINE_HYPERCALL, LINE_FIRMWARE, LINE_INTERRUPTION, LINE_EVENT };

enum part_kind { PART_REGISTER, PART_PATH };

struct report_line {
    enum line_kind kind;
    const char *group;
    char *name, *xen;  /* xen may be NULL */
    const char *text;  /* or NULL */
    unsigned order;    /* of a part: enum part_kind */
    u64 *cells;        /* [phase][processor][column] */
    GPtrArray *parts;  /* struct report_line: by register, by path; NULL for a part */
};

struct report_phase {
    const char *name;
    u64 iterations[WAYS]; /* 0: not said, or this way does not have it */
    u64 retired[WAYS];
    double seconds[WAYS];
};

struct report {
    const char *file, *sha256;
    const struct run_record *run[WAYS];
    GArray *phases;    /* struct report_phase, those that were asked for */
    unsigned cpus;
    GPtrArray *lines;  /* struct report_line */
};

/* How often the phase iterates where this column is counted. */
u64 report_times(const struct report_phase *p, enum column c);
/* Slots of the domain for a slot of the bare machine, per iteration; 0: cannot be said. */
double report_ratio(const struct report_phase *p);

/* `wanted`: names of phases, NULL for all.  false: no phase has such a name. */
bool report_make(struct report *r, char **wanted, GError **err);
void report_clear(struct report *r);
u64 report_cell(const struct report *r, const struct report_line *l, unsigned phase, enum column c);
u64 report_cpu_cell(const struct report *r, const struct report_line *l, unsigned phase,
                    unsigned cpu, enum column c);
u64 report_sum(const struct report *r, unsigned phase, enum column c, enum line_kind kind);
bool report_line_is_empty(const struct report *r, const struct report_line *l, unsigned phase);

/* A summary, all workloads at a glance, and of each phase every line if there is one workload only
 * or `detail` is wanted. */
void report_text(const struct report *r, unsigned top, bool detail, FILE *out);
/* "operations": a row per phase and operation; "counters": per counter; "timeline": per stretch of
 * time and kind. */
extern const char *const csv_tables[];
void report_csv(const struct report *r, const char *table, FILE *out);
bool report_json(const struct report *r, unsigned top, FILE *out, GError **err);
/* The picture; the format follows from the name. */
bool report_plot(const struct report *r, const char *path, GError **err);

/* Lines of a kernel's source, from its DWARF tables. */
struct lines;
struct lines *lines_open(const u8 *elf, u64 len); /* NULL: it has none, or we cannot read any */
char *lines_find(struct lines *l, u64 ip);        /* "file:line", to be freed, or NULL */
void lines_close(struct lines *l);

/* ---- epic64 privops -------------------------------------------------------------------------- */

/* Boot config->kernel both ways and report on `out`.  If a guest fails *failed says how (its words
 * are in *err). */
bool privops_run(const struct config *config, FILE *out, struct machine_result *failed,
                 GError **err);

#endif
