/* What the files of the debugger share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_DEBUG_PRIV_H
#define MONITOR_DEBUG_PRIV_H

#include <inttypes.h>

#include "base/bits.h"
#include "monitor/debug.h"

#define DEBUG_CPUS 16

enum { /* application registers the debugger reasons about */
    AR_RSC_N = 16, AR_BSP_N = 17, AR_BSPSTORE_N = 18, AR_RNAT_N = 19, AR_ITC_N = 44,
    AR_PFS_N = 64,
};

/* Where a processor stands or a breakpoint is: bundle address | slot. */
static inline u64 cpu_place(const struct cpu *cpu)
{
    return cpu_ip(cpu) | cpu_ri(cpu);
}

/* CFM fields; also those of AR.PFS. */
static inline unsigned frame_sof(u64 cfm) { return (unsigned)bits(cfm, 6, 0); }
static inline unsigned frame_sol(u64 cfm) { return (unsigned)bits(cfm, 13, 7); }
static inline unsigned frame_rrb_pr(u64 cfm) { return (unsigned)bits(cfm, 37, 32); }

/* p0..p63 by the names of the current frame; cpu_pr has physical order. */
static inline unsigned physical_pr(const struct cpu *cpu, unsigned p)
{
    return p < 16 ? p : 16 + (p - 16 + frame_rrb_pr(cpu_cfm(cpu))) % 48;
}

static inline bool logical_pr(const struct cpu *cpu, unsigned p)
{
    return cpu_pr(cpu) >> physical_pr(cpu, p) & 1;
}

/* --- debugger.c: run control ------------------------------------------------------------------ */

enum debug_owner { OWNER_GDB = 1, OWNER_MONITOR = 2 };

struct breakpoint {
    u64 asked; /* as somebody typed it, */
    u64 place; /* and where that is */
    enum debug_owner owner;
    unsigned number;
};

enum { WATCH_READ = 1, WATCH_WRITE = 2 };
struct watchpoint {
    u64 addr, len;
    unsigned how; /* WATCH_* */
    enum debug_owner owner;
    unsigned number;
};

enum debug_why { DEBUG_PAUSED, DEBUG_STEPPED, DEBUG_BREAKPOINT, DEBUG_WATCHPOINT };
struct debug_stop {
    enum debug_why why;
    struct cpu *cpu;
    bool gdbs;             /* DEBUG_BREAKPOINT: gdb knows about it */
    u64 addr;              /* DEBUG_WATCHPOINT: what was touched, */
    struct watchpoint hit; /* and whose watchpoint it was */
};

/* How to go on. */
struct debug_resume {
    struct cpu *step; /* NULL: nobody steps */
    u64 count;        /* slots */
    u64 lo, hi;       /* step while the place is within; both 0: no range */
    bool alone;       /* the other processors stand still */
};

struct debug_front {
    void *opaque;
    /* Talk to the person; fill in *how. */
    void (*stopped)(void *opaque, const struct debug_stop *stop, struct debug_resume *how);
    /* While running: true if the person wants to stop. */
    bool (*poll)(void *opaque);
    /* Is anybody there?  NULL: always. */
    bool (*present)(void *opaque);
};

#define BRANCH_RING 256
struct branch {
    u64 from, to; /* places */
    bool interruption;
};

struct debug_cpu {
    u64 left_place, left_retired; /* resumed from here: its breakpoint has had its say */
    struct { /* of the slot being observed */
        struct watchpoint hit;
        u64 addr, bspstore;
        bool maybe;
    } access;
    u64 last_place;    /* of the slot observed before */
    bool last_branch, last_known;
    struct branch ring[BRANCH_RING];
    unsigned branches; /* ever recorded */
};

struct debugger {
    struct debug_target target;
    GArray *breakpoints, *watchpoints;
    unsigned next_number;
    struct debug_front gdb, console;
    bool pause, over; /* over: the run is to end, go on without asking */
    bool reset;       /* when the machine goes on */
    bool console_wants;
    unsigned polls;
    struct debug_resume how;
    bool observing, record_branches;
    bool hit_set;
    struct debug_stop hit;
    struct debug_cpu cpus[DEBUG_CPUS];
};

static inline unsigned debug_cpu_count(const struct debugger *d)
{
    return MIN(d->target.cpu_count(d->target.opaque), DEBUG_CPUS);
}

static inline struct cpu *debug_cpu(const struct debugger *d, unsigned i)
{
    return d->target.cpu(d->target.opaque, i);
}

static inline const struct symbols *target_symbols(const struct debug_target *t)
{
    return t->symbols ? t->symbols(t->opaque) : NULL;
}

/* Is there nothing to go on with? */
static inline bool debugger_is_over(const struct debugger *d)
{
    const struct debug_target *t = &d->target;
    return d->over || (t->ended && t->ended(t->opaque));
}

/* Numbers of new ones, from 1. */
unsigned debugger_add_breakpoint(struct debugger *d, u64 place, enum debug_owner owner);
unsigned debugger_add_watchpoint(struct debugger *d, u64 addr, u64 len, unsigned how,
                                 enum debug_owner owner);
bool debugger_remove_breakpoint(struct debugger *d, u64 place, enum debug_owner owner);
bool debugger_remove_watchpoint(struct debugger *d, u64 addr, u64 len, unsigned how,
                                enum debug_owner owner);
bool debugger_remove_number(struct debugger *d, unsigned number);
void debugger_remove_all(struct debugger *d, enum debug_owner owner);
void debugger_record_branches(struct debugger *d, bool on);
void debugger_quit(struct debugger *d);

/* While a slot is observed: stop behind it. */
void debugger_hit(struct debugger *d, struct cpu *cpu, const struct debug_stop *what);

/* --- observe.c: watchpoints and the branch ring ----------------------------------------------- */

machine_observer_fn debugger_observe;
/* Bytes that the instruction moves at [r3]; 0: it is no memory reference. */
unsigned insn_access_size(const struct insn *in);

/* --- view.c: memory as a debugger sees it ----------------------------------------------------- */

/* Address of the n-th backing store register above or below `addr`. */
u64 rse_address(u64 addr, int n);
/* End of the current frame in the backing store: AR.BSP plus the frame. */
u64 rse_frame_end(const struct cpu *cpu);
bool view_translate(struct cpu *cpu, u64 va, u64 *pa);
/* Memory through the guest's translation; what the stack engine still holds is shown at its place
 * in the backing store.  Bytes copied before the first that is not there. */
u64 view_read(struct cpu *cpu, struct physmem *pm, u64 va, void *buf, u64 len);
u64 view_write(struct cpu *cpu, struct physmem *pm, u64 va, const void *buf, u64 len);
bool view_read_u64(struct cpu *cpu, struct physmem *pm, u64 va, u64 *value);
/* "0x1000 <main+0x20>" appended. */
void view_where(GString *out, const struct symbols *symbols, u64 addr);

/* --- names.c: registers by name --------------------------------------------------------------- */

bool register_get(struct cpu *cpu, const char *name, u64 *value);
/* false: no such register, or it cannot be written. */
bool register_set(struct cpu *cpu, const char *name, u64 value);
void register_each(void (*fn)(void *opaque, const char *name), void *opaque);

/* --- expr.c: addresses as people write them --------------------------------------------------- */

struct expr_env {
    struct cpu *cpu;
    struct physmem *pm;
    const struct symbols *symbols;
};
/* 0x1f, start_kernel+0x10, r32, [ar.bsp], (b0 & -16) ... false: *why says what is wrong. */
bool expr_eval(const struct expr_env *env, const char *text, u64 *value, char **why);

/* --- backtrace.c, klog.c, registers-text.c ---------------------------------------------------- */

void backtrace_print(struct cpu *cpu, struct physmem *pm, const struct symbols *symbols,
                     GString *out);
/* false: no log buffer is known to the symbols, or nothing readable is in it. */
bool klog_print(struct cpu *cpu, struct physmem *pm, const struct symbols *symbols, GString *out);
/* `which`: "general", "float", "branch", "predicates", "application", "control", "banked", "all";
 * NULL: what one looks at first.  false: no such group. */
bool registers_text(struct cpu *cpu, const struct symbols *symbols, const char *which,
                    GString *out);

/* --- commands.c ------------------------------------------------------------------------------- */

struct monitor {
    struct debugger *d;
    unsigned cpu;              /* the selected one */
    bool remote;               /* gdb holds the reins: no stepping from here */
    bool resume;               /* a command let the machine go on, as `how` says */
    struct debug_resume how;
    bool physical;             /* gdb's memory packets mean physical addresses */
    u64 memory_next, disassemble_next;
    struct monitor_console console;
    char *last_line;           /* what an empty line repeats */
};

#endif
