/* The counters themselves: an open hash by place and event, phases, and a time line.
 *
 * Everything a guest can choose is bounded: names of phases, numbers of hypercalls, and places;
 * what does not fit any more is counted as happening "elsewhere", at ip 0, never lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "cpu/psr.h"
#include "hypercall/hypercall.h"
#include "monitor/privops.h"

/* A place and an event as one word beside the ip, so that two compares find it. */
enum { NUMBER_BITS = 26, SUB_BITS = 13, KIND_BITS = 4, PHASE_BITS = 6, CPU_BITS = 4, LEVEL_BITS = 2 };
enum {
    SUB_SHIFT = NUMBER_BITS, KIND_SHIFT = SUB_SHIFT + SUB_BITS,
    PHASE_SHIFT = KIND_SHIFT + KIND_BITS, CPU_SHIFT = PHASE_SHIFT + PHASE_BITS,
    LEVEL_SHIFT = CPU_SHIFT + CPU_BITS, OTHER_SHIFT = LEVEL_SHIFT + LEVEL_BITS,
    BATCHED_SHIFT, USED_SHIFT,
};
_Static_assert(PHASES_MAX < 1 << PHASE_BITS, "a phase fits its field");
_Static_assert(EVENT_KINDS <= 1 << KIND_BITS, "a kind fits its field");
_Static_assert(DOMAIN_MAX_VCPUS <= 1 << CPU_BITS, "a processor fits its field");

struct counter {
    u64 ip, what, count; /* what is 0: free */
};

#define COUNTERS_FIRST (1u << 12)
#define COUNTERS_MOST (1u << 20) /* beyond, new places are "elsewhere" */
#define NESTING_MAX 8
#define ITERATIONS_MAX (1ull << 53) /* exact in JSON, whoever reads it */

struct tally {
    struct machine *m;
    struct counter *counters;
    u32 size, used;
    u32 ssm, rsm; /* rows */
    struct phase phases[PHASES_MAX];
    unsigned nphases, unnamed;
    unsigned stack[NESTING_MAX]; /* of open phases */
    unsigned depth, too_deep;
    u64 since_retired, since_time; /* when the present phase began */
    struct timeline line;
    struct span spans[SPANS_MAX];
    unsigned nspans;
};

/* --- counters --------------------------------------------------------------------------------- */

static u64 mix(u64 ip, u64 what)
{
    u64 h = (ip ^ what * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
    return h ^ h >> 32;
}

static struct counter *find(struct tally *t, u64 ip, u64 what)
{
    u32 i = (u32)mix(ip, what) & (t->size - 1);
    while (t->counters[i].what && (t->counters[i].what != what || t->counters[i].ip != ip)) {
        i = (i + 1) & (t->size - 1);
    }
    return &t->counters[i];
}

static void grow(struct tally *t)
{
    struct counter *old = t->counters;
    u32 n = t->size;
    t->size = 2 * n;
    t->counters = g_new0(struct counter, t->size);
    for (u32 i = 0; i < n; i++) {
        if (old[i].what) *find(t, old[i].ip, old[i].what) = old[i];
    }
    g_free(old);
}

static void count(struct tally *t, u64 ip, u64 what, u64 times)
{
    struct counter *c = find(t, ip, what);
    if (unlikely(!c->what)) {
        if (t->used >= COUNTERS_MOST && ip) {
            count(t, 0, what, times);
            return;
        }
        if (2 * t->used >= t->size) {
            grow(t);
            c = find(t, ip, what);
        }
        c->ip = ip;
        c->what = what;
        t->used++;
    }
    c->count += times;
}

/* --- what is counted -------------------------------------------------------------------------- */

static s32 touched(u64 mask)
{
    return (mask & PSR_I ? TOUCHES_I : 0) | (mask & PSR_IC ? TOUCHES_IC : 0) |
           (mask & PSR_DT ? TOUCHES_DT : 0) | (mask & PSR_BE ? TOUCHES_BE : 0) |
           (mask & ~(PSR_I | PSR_IC | PSR_DT | PSR_BE) ? TOUCHES_OTHER : 0);
}

/* Numbers that a guest makes up are all the same to us. */
static void known_hypercall(u32 *number, s32 *sub)
{
    if (*number > 63 || !hypercall_name(*number)) *number = mask64(NUMBER_BITS), *sub = -1;
    if (*sub != -1 && !hypercall_command_name(*number, (unsigned)*sub)) *sub = -1;
}

static void known_firmware(u32 *number, s32 sub)
{
    const char *name = sub == EVENT_FW_HYPERCALL
                           ? firmware_hypercall_name(*number)
                           : bios_procedure_name((enum bios_class)sub, *number);
    if (!name) *number = mask64(NUMBER_BITS);
}

static u64 what_of(const struct tally *t, unsigned cpu, const struct event *e)
{
    u32 number = (u32)e->number;
    s32 sub = e->sub;
    if (e->kind == EVENT_HYPERCALL) known_hypercall(&number, &sub);
    if (e->kind == EVENT_FIRMWARE) known_firmware(&number, sub);
    if ((e->kind == EVENT_PRIVOP || e->kind == EVENT_TRAPPED) &&
        (number == t->ssm || number == t->rsm)) {
        sub = touched(e->args[0]);
    }
    return (number & mask64(NUMBER_BITS)) | ((u64)(u32)sub & mask64(SUB_BITS)) << SUB_SHIFT |
           (u64)e->kind << KIND_SHIFT | (u64)t->stack[t->depth] << PHASE_SHIFT |
           (u64)cpu << CPU_SHIFT | (e->psr & PSR_CPL) >> PSR_CPL_SHIFT << LEVEL_SHIFT |
           (u64)(e->slow || e->other) << OTHER_SHIFT | (u64)e->batched << BATCHED_SHIFT |
           1ull << USED_SHIFT;
}

/* --- time line -------------------------------------------------------------------------------- */

static event_sink on_event;

static void listen(struct tally *t)
{
    machine_count(t->m, TALLY_KINDS, on_event, t, t->line.shift);
}

/* Twice the width, half the buckets. */
static void fold(struct timeline *l)
{
    for (unsigned i = 0; i < TIMELINE_BUCKETS / 2; i++) {
        for (unsigned k = 0; k < EVENT_KINDS; k++) {
            l->count[i][k] = l->count[2 * i][k] + l->count[2 * i + 1][k];
        }
    }
    memset(l->count[TIMELINE_BUCKETS / 2], 0, sizeof l->count / 2);
    l->used = (l->used + 1) / 2;
    l->width *= 2;
    l->shift++;
}

/* What is gathered belongs to one bucket: as long as the buckets, so long the processors gather. */
static void note_time(struct tally *t, u64 time, enum event_kind kind, u64 times)
{
    struct timeline *l = &t->line;
    if (unlikely(time >> l->shift >= TIMELINE_BUCKETS)) {
        while (time >> l->shift >= TIMELINE_BUCKETS) fold(l);
        listen(t);
    }
    unsigned i = (unsigned)(time >> l->shift);
    l->count[i][kind] += times;
    if (i >= l->used) l->used = i + 1;
}

/* --- phases ----------------------------------------------------------------------------------- */

static void settle(struct tally *t, u64 now)
{
    struct phase *p = &t->phases[t->stack[t->depth]];
    u64 retired = machine_retired(t->m);
    p->retired += retired - t->since_retired;
    p->ticks += now > t->since_time ? now - t->since_time : 0;
    t->since_retired = retired;
    t->since_time = MAX(now, t->since_time);
}

/* The present phase was on since `from`. */
static void note_span(struct tally *t, u64 from)
{
    struct span s = { t->stack[t->depth], from, t->since_time };
    if (s.phase > PHASE_BETWEEN && s.to > s.from && t->nspans < SPANS_MAX) {
        t->spans[t->nspans++] = s;
    }
}

/* The last one takes all that are too many. */
static unsigned phase_named(struct tally *t, const char *name)
{
    for (unsigned i = 0; i < t->nphases; i++) {
        if (!strcmp(t->phases[i].name, name)) return i;
    }
    if (t->nphases == PHASES_MAX) return PHASES_MAX - 1;
    if (t->nphases == PHASES_MAX - 1) name = "(more phases)";
    g_strlcpy(t->phases[t->nphases].name, name, sizeof t->phases[0].name);
    return t->nphases++;
}

/* A guest's "boot" is not ours. */
static bool is_taken(const struct tally *t, const char *name)
{
    return !strcmp(name, t->phases[PHASE_BEFORE].name) || !strcmp(name, t->phases[PHASE_BETWEEN].name);
}

static unsigned phase_of(struct tally *t, const struct event *e)
{
    char name[EVENT_NAME_MAX];
    if (!e->name) {
        g_snprintf(name, sizeof name, "phase %u", ++t->unnamed);
        return phase_named(t, name);
    }
    if (!is_taken(t, e->name)) return phase_named(t, e->name);
    g_snprintf(name, sizeof name, "%s (marked)", e->name);
    return phase_named(t, name);
}

static void begin(struct tally *t, const struct event *e)
{
    if (t->depth == NESTING_MAX - 1) {
        t->too_deep++;
        return;
    }
    if (t->depth == 0) t->stack[0] = PHASE_BETWEEN;
    unsigned i = phase_of(t, e);
    t->phases[i].iterations = MIN(t->phases[i].iterations + MIN(e->args[0], ITERATIONS_MAX), ITERATIONS_MAX);
    t->phases[i].begun++;
    t->stack[++t->depth] = i;
}

static void end(struct tally *t)
{
    if (t->too_deep) {
        t->too_deep--;
    } else if (t->depth) {
        t->depth--;
    }
}

static void note_mark(struct tally *t, const struct event *e)
{
    u64 from = t->since_time;
    settle(t, e->time);
    note_span(t, from);
    if (e->number) {
        end(t);
    } else {
        begin(t, e);
    }
}

static void on_event(void *opaque, struct cpu *cpu, const struct event *e)
{
    struct tally *t = opaque;
    if (e->kind == EVENT_MARK) {
        machine_hand_over(t->m);
        note_mark(t, e);
        return;
    }
    count(t, e->ip, what_of(t, cpu_id(cpu), e), e->repeats + 1);
    note_time(t, e->time, e->kind, e->repeats + 1);
}

/* --- life ------------------------------------------------------------------------------------- */

struct tally *tally_empty(void)
{
    struct tally *t = g_new0(struct tally, 1);
    t->size = COUNTERS_FIRST;
    t->counters = g_new0(struct counter, t->size);
    t->line.shift = 12;
    t->line.width = 1 << t->line.shift;
    return t;
}

struct tally *tally_start(struct machine *m)
{
    struct tally *t = tally_empty();
    t->m = m;
    t->ssm = (u32)isa_row_of("ssm");
    t->rsm = (u32)isa_row_of("rsm");
    t->nphases = PHASE_BETWEEN + 1;
    g_strlcpy(t->phases[PHASE_BEFORE].name, "boot", EVENT_NAME_MAX);
    g_strlcpy(t->phases[PHASE_BETWEEN].name, "between", EVENT_NAME_MAX);
    t->since_retired = machine_retired(m);
    listen(t);
    return t;
}

void tally_finish(struct tally *t)
{
    machine_unlisten(t->m, on_event, t);
    settle(t, clock_now(machine_clock(t->m)));
    if (!tally_is_marked(t)) g_strlcpy(t->phases[PHASE_BEFORE].name, "all", EVENT_NAME_MAX);
    t->m = NULL;
}

void tally_free(struct tally *t)
{
    if (!t) return;
    g_free(t->counters);
    g_free(t);
}

/* --- looking in ------------------------------------------------------------------------------- */

unsigned tally_phases(const struct tally *t)
{
    return t->nphases;
}

const struct phase *tally_phase(const struct tally *t, unsigned i)
{
    return &t->phases[i];
}

bool tally_is_marked(const struct tally *t)
{
    return t->nphases > PHASE_BETWEEN + 1;
}

u64 tally_retired(const struct tally *t)
{
    u64 sum = 0;
    for (unsigned i = 0; i < t->nphases; i++) sum += t->phases[i].retired;
    return sum;
}

const struct timeline *tally_timeline(const struct tally *t)
{
    return &t->line;
}

const struct span *tally_spans(const struct tally *t, unsigned *n)
{
    *n = t->nspans;
    return t->spans;
}

void tally_each(const struct tally *t, void (*fn)(void *opaque, const struct place *p),
                void *opaque)
{
    for (u32 i = 0; i < t->size; i++) {
        const struct counter *c = &t->counters[i];
        u64 w = c->what;
        if (!w) continue;
        struct place p = {
            .ip = c->ip, .kind = (enum event_kind)bits(w, PHASE_SHIFT - 1, KIND_SHIFT),
            .number = (u32)bits(w, SUB_SHIFT - 1, 0),
            .sub = (s32)sext(bits(w, KIND_SHIFT - 1, SUB_SHIFT), SUB_BITS),
            .phase = (unsigned)bits(w, CPU_SHIFT - 1, PHASE_SHIFT),
            .cpu = (unsigned)bits(w, LEVEL_SHIFT - 1, CPU_SHIFT),
            .level = (unsigned)bits(w, OTHER_SHIFT - 1, LEVEL_SHIFT),
            .other = bit(w, OTHER_SHIFT), .batched = bit(w, BATCHED_SHIFT), .count = c->count,
        };
        fn(opaque, &p);
    }
}
