/* The ledger of tested rows and axes.
 *
 * While tests run, each instruction that was executed and then compared leaves a mark for every
 * axis that the run shows: the state before and after says whether it was predicated off, had a
 * NaT source, faulted and how.  No test claims anything; it is seen.  At exit the marks are added
 * to a file of the folder named by EPIC64_LEDGER; test_ledger reads them all.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/psr.h"

static u32 *marks;        /* by row */
static const struct harness *pending_h;
static struct insn pending_in;
static unsigned pending_slot;
static enum harness_loop pending_loop;
static bool armed;
static u32 provable = ~0u;

static const struct {
    const char *name;
} axes[] = {
#define AXIS(id, name, text) { name },
#include "tests/isa/ledger.def"
};

const char *ledger_axis_name(unsigned axis)
{
    return axes[axis].name;
}

/* --- the file --------------------------------------------------------------------------------- */

static void write_marks(void)
{
    const char *folder = getenv("EPIC64_LEDGER");
    if (!folder || !marks) return;
    g_autofree char *path = g_strdup_printf("%s/%s.ledger", folder, program_invocation_short_name);
    g_mkdir_with_parents(folder, 0777);
    FILE *f = fopen(path, "w");
    if (!f) return;
    for (unsigned row = 0; row < insn_row_count; row++) {
        if (marks[row]) fprintf(f, "%u %x\n", row, marks[row]);
    }
    fclose(f);
}

static void mark(unsigned row, u32 bits)
{
    if (!marks) {
        marks = g_new0(u32, insn_row_count);
        atexit(write_marks);
    }
    marks[row] |= bits & provable;
}

/* --- what applies ----------------------------------------------------------------------------- */

void ledger_slots(const struct insn_row *row, unsigned *first, unsigned *last)
{
    static const char order[] = "AMIFBX";
    static const u8 firsts[] = { 0, 0, 1, 1, 0, 1 }, lasts[] = { 2, 1, 2, 2, 2, 1 };
    unsigned i = (unsigned)(strchr(order, row->unit) - order);

    *first = row->attrs & ATTR_SLOT2 ? 2 : firsts[i];
    *last = lasts[i];
}

#define BIT(axis) (1u << AX_##axis)

/* Rows that do nothing else than interrupt. */
static bool only_faults(const struct insn_row *row)
{
    return g_str_has_prefix(row->meaning, "break") || g_str_has_prefix(row->meaning, "vmsw") ||
           strcmp(row->meaning, "br_ia") == 0;
}

static u32 memory_axes(const struct insn_row *row)
{
    const char *m = row->meaning;
    u32 a = 0;

    if (row->attrs & (ATTR_LOAD | ATTR_STORE | ATTR_RMW)) {
        bool byte = strstr(m, "ld1") || strstr(m, "st1_") || strcmp(m, "st1") == 0 ||
                    strstr(m, "xchg1_") || strcmp(m, "xchg1") == 0;
        bool wide = strstr(m, "16") != NULL;
        if (!(row->attrs & ATTR_SPEC)) a |= BIT(TLB) | (byte && !wide ? 0 : BIT(UNALIGNED));
    }
    if ((row->attrs & ATTR_PREFETCH) && strstr(m, "fault")) a |= BIT(TLB);
    return a;
}

/* Faults of a translation.  A NaTPage is always deferred by those that can (SDM 2:107). */
static u32 reference_axes(const struct insn_row *row)
{
    const u32 any = BIT(ABSENT) | BIT(KEY_MISS) | BIT(KEY) | BIT(RIGHTS) | BIT(ACCESS) | BIT(DEBUG);
    bool writes = row->attrs & (ATTR_STORE | ATTR_RMW);
    u32 a = any;

    if (!(row->attrs & (ATTR_LOAD | ATTR_STORE | ATTR_RMW | ATTR_PREFETCH))) return 0;
    if ((row->attrs & ATTR_PREFETCH) && !strstr(row->meaning, "fault")) return 0;
    if (!(row->attrs & ATTR_SPEC)) a |= BIT(NAT_PAGE);
    if (writes) a |= BIT(DIRTY);
    if ((row->attrs & ATTR_RMW) || strstr(row->meaning, "16")) a |= BIT(UNSUPPORTED);
    return a;
}

/* The formats of arithmetic; only what rounds can trap. */
static u32 fp_axes(const struct insn_row *row)
{
    static const char *const formats[] = { "F1", "F4", "F6", "F7", "F8", "F10" };
    const char *m = row->meaning;

    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        if (strcmp(row->format, formats[i]) != 0) continue;
        bool rounds = i == 0 || i == 5 || strcmp(m, "frcpa") == 0 || strcmp(m, "frsqrta") == 0;
        return BIT(FP_FAULT) | (rounds ? BIT(FP_TRAP) : 0);
    }
    return 0;
}

static bool rotates(const struct insn_row *row)
{
    return row->gr_targets | row->gr_sources | row->fr_targets | row->fr_sources | row->pr_targets;
}

/* These ask the ALAT about a register; they do not read it. */
static bool names_only(const struct insn_row *row)
{
    return g_str_has_prefix(row->meaning, "chk_a") || g_str_has_prefix(row->meaning, "invala");
}

u32 ledger_applicable(const struct insn_row *row)
{
    unsigned first, last;
    u32 a = BIT(FAST) | BIT(OBSERVED);
    bool explicit_target = row->gr_targets && !(row->attrs & ATTR_QP0);

    if (row->attrs & ATTR_PSEUDO) return 0;
    if (only_faults(row)) {
        return BIT(FAULT) | (row->attrs & (ATTR_NOQP | ATTR_QP0) ? 0 : BIT(OFF));
    }
    ledger_slots(row, &first, &last);
    a |= BIT(RESULT) | BIT(FIRST) | (last != first ? BIT(LAST) : 0);
    if (rotates(row)) a |= BIT(ROTATION);
    if (!(row->attrs & (ATTR_NOQP | ATTR_QP0 | ATTR_SELFQP))) a |= BIT(OFF);
    if (row->gr_sources & IN_R2) a |= BIT(NAT_R2);
    if (row->gr_sources & IN_R3) a |= BIT(NAT_R3);
    if (row->fr_sources & IN_R2) a |= BIT(NATVAL_F2);
    if (row->fr_sources & IN_R3) a |= BIT(NATVAL_F3);
    if (row->fr_sources & IN_R4) a |= BIT(NATVAL_F4);
    if (row->gr_targets) a |= BIT(EDGE) | BIT(BEYOND);
    if (explicit_target || row->fr_targets) a |= BIT(R0);
    if (row->pr_targets == (IN_P1 | IN_P2)) a |= BIT(SAME_PR);
    if (row->attrs & ATTR_PRIV) a |= BIT(PRIVILEGED);
    if ((row->fr_targets | row->fr_sources) && !names_only(row)) a |= BIT(DISABLED);
    return a | memory_axes(row) | reference_axes(row) | fp_axes(row);
}

/* --- what a run shows ------------------------------------------------------------------------- */

static bool natval(const struct probe *p, unsigned f)
{
    return fp_is_natval(p->fr[f]);
}

static u32 source_axes(const struct insn_row *row, const struct insn *in, const struct probe *p)
{
    u32 a = 0;

    if ((row->gr_sources & IN_R2) && probe_nat(p, in->r2)) a |= BIT(NAT_R2);
    if ((row->gr_sources & IN_R3) && probe_nat(p, in->r3)) a |= BIT(NAT_R3);
    if ((row->fr_sources & IN_R2) && natval(p, in->r2)) a |= BIT(NATVAL_F2);
    if ((row->fr_sources & IN_R3) && natval(p, in->r3)) a |= BIT(NATVAL_F3);
    if ((row->fr_sources & IN_R4) && natval(p, in->r4)) a |= BIT(NATVAL_F4);
    return a;
}

static void members(const struct insn *in, u8 reg[6])
{
    const u8 all[6] = { in->r1, in->r2, in->r3, in->r4, in->p1, in->p2 };
    memcpy(reg, all, sizeof(all));
}

static bool any_in(const struct insn *in, unsigned set, unsigned low, unsigned high)
{
    u8 reg[6];

    members(in, reg);
    for (unsigned i = 0; i < 6; i++) {
        if ((set >> i & 1) && reg[i] >= low && reg[i] <= high) return true;
    }
    return false;
}

static bool rotation_shows(const struct insn_row *row, const struct insn *in, u64 cfm)
{
    unsigned sor = (unsigned)(cfm >> 14 & 15) * 8;
    unsigned grs = row->gr_targets | row->gr_sources, frs = row->fr_targets | row->fr_sources;

    if ((cfm >> 18 & 0x7f) && sor && any_in(in, grs, 32, 31 + sor)) return true;
    if ((cfm >> 25 & 0x7f) && any_in(in, frs, 32, 127)) return true;
    if ((cfm >> 32 & 0x3f) && strstr(row->operands, "pr")) return true; /* mov to and from pr */
    return (cfm >> 32 & 0x3f) && any_in(in, row->pr_targets, 16, 63);
}

static u32 result_axes(const struct insn_row *row, const struct insn *in, const struct probe *p)
{
    unsigned first, last, frame_end = 31 + (unsigned)(p->cfm & 0x7f);
    u32 a = BIT(RESULT) | (pending_loop == HARNESS_FAST ? BIT(FAST) : BIT(OBSERVED));

    ledger_slots(row, &first, &last);
    if (pending_slot == first) a |= BIT(FIRST);
    if (pending_slot == last) a |= BIT(LAST);
    if (rotation_shows(row, in, p->cfm)) a |= BIT(ROTATION);
    if (strcmp(row->meaning, "alloc") == 0) frame_end = 31 + (unsigned)(in->imm & 0xff);
    if (frame_end >= 32 && any_in(in, row->gr_targets, frame_end, frame_end)) a |= BIT(EDGE);
    return a;
}

static u32 illegal_axes(const struct insn_row *row, const struct insn *in, const struct probe *p)
{
    unsigned beyond = 32 + (unsigned)(p->cfm & 0x7f);
    u32 a = 0;

    if (strcmp(row->meaning, "alloc") == 0) beyond = 32 + (unsigned)(in->imm & 0xff);
    if (any_in(in, row->gr_targets, 0, 0) || any_in(in, row->fr_targets, 0, 1)) a |= BIT(R0);
    if (any_in(in, row->gr_targets, beyond, 127)) a |= BIT(BEYOND);
    if (row->pr_targets == (IN_P1 | IN_P2) && in->p1 == in->p2) a |= BIT(SAME_PR);
    return a;
}

static u32 fault_axes(const struct insn_row *row, const struct insn *in, const struct probe *p,
                      u64 vector, u64 isr)
{
    if (only_faults(row)) return BIT(FAULT);
    switch (vector) {
    case 0x5400:
        if ((isr & 0xf0) == 0) return illegal_axes(row, in, p);
        return (isr & 0xf0) == 0x10 ? BIT(PRIVILEGED) : 0;
    case 0x5500:
        return BIT(DISABLED);
    case 0x5a00:
        return BIT(UNALIGNED);
    case 0x0000: case 0x0800: case 0x1000: case 0x1400:
        return BIT(TLB);
    case 0x5000:
        return BIT(ABSENT);
    case 0x5600:
        return (isr & 0xf0) == 0x20 ? BIT(NAT_PAGE) : 0;
    case 0x1c00:
        return BIT(KEY_MISS);
    case 0x5100:
        return BIT(KEY);
    case 0x5300:
        return BIT(RIGHTS);
    case 0x2000:
        return BIT(DIRTY);
    case 0x2800:
        return BIT(ACCESS);
    case 0x5900:
        return BIT(DEBUG);
    case 0x5b00:
        return BIT(UNSUPPORTED);
    case 0x5c00:
        return BIT(FP_FAULT);
    case 0x5d00:
        return BIT(FP_TRAP);
    }
    return 0;
}

void ledger_compares_runs(void)
{
    provable = ~BIT(RESULT);
}

void ledger_ran(const struct harness *h, const struct insn *in, const u64 bundle[2],
                unsigned first, enum harness_loop loop)
{
    struct insn slots[3];
    struct bundle_info info;

    pending_h = h;
    pending_slot = first;
    pending_loop = loop;
    if (!in) isa_decode_bundle((const u8 *)bundle, slots, &info);
    pending_in = in ? *in : slots[first];
    armed = true;
}

void ledger_checked(void)
{
    if (!armed) return;
    armed = false;
    const struct insn_row *row = &insn_rows[pending_in.row];
    const struct probe *p = &pending_h->before, *q = &pending_h->after;
    bool guarded = !(row->attrs & (ATTR_NOQP | ATTR_QP0 | ATTR_SELFQP));
    bool faulted = q->ip >= HARNESS_IVA && q->ip < HARNESS_IVA + 0x8000 && q->ip != p->ip + 16;
    u32 a;

    if (guarded && !probe_pr(p, pending_in.qp)) {
        mark(pending_in.row, BIT(OFF));
        return;
    }
    if (row->attrs & ATTR_PSEUDO) return;
    a = source_axes(row, &pending_in, p);
    a |= faulted ? fault_axes(row, &pending_in, p, q->ip - HARNESS_IVA, q->cr[17])
                 : result_axes(row, &pending_in, p);
    mark(pending_in.row, a);
}
