/* Events of single instructions: privileged and sensitive ones, translations changed by software, and
 * marks.
 *
 * While somebody listens, the cells of such instructions are decoded with the handler `counted` in
 * front.  It runs the instruction alone, between itself and a cell that comes straight back; so it
 * sees whether the instruction retired, and only then tells.  Where only counters listen, `gathered`
 * stands there instead: it counts, and goes on (event-gather.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/event-priv.h"

#include <string.h>

#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

/* --- what a row tells ------------------------------------------------------------------------- */

enum { NO_FILE = 0xff, NO_TLB = 0xff };

static struct plan {
    bool privileged, sensitive; /* neither: a move to or from ar, by the register */
    bool ar, named;             /* named: sub is in->r3 */
    bool imm, r3, r2, result;
    u8 file, tlb;
} *plans;

static u8 file_of(const struct insn_row *row)
{
    for (unsigned f = 0; f < FILE_COUNT; f++) {
        char text[16];
        g_snprintf(text, sizeof text, "%s[r3]", file_table[f].name);
        const char *at = strstr(row->operands, text);
        if (at && (at == row->operands || at[-1] == ' ')) return (u8)f;
    }
    return NO_FILE;
}

static u8 tlb_of(const struct insn_row *row)
{
    static const char *const names[] = {
#define EVENT_TLB(id, name, meaning) name,
#include "cpu/event_tlb.def"
    };
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcmp(row->name, names[i])) return (u8)i;
    }
    return NO_TLB;
}

void event_prepare(void)
{
    if (plans) return;
    plans = g_new0(struct plan, insn_row_count);
    for (unsigned i = 0; i < insn_row_count; i++) {
        const struct insn_row *row = &insn_rows[i];
        bool ar = strstr(row->operands, "ar3"), cr = strstr(row->operands, "cr3");
        plans[i] = (struct plan){
            .privileged = row->attrs & ATTR_PRIV, .sensitive = row->attrs & ATTR_SENS,
            .ar = ar, .named = ar || cr, .imm = strstr(row->operands, "imm"),
            .r3 = row->gr_sources & IN_R3, .r2 = row->gr_sources & IN_R2,
            .result = row->gr_targets & IN_R1, .file = file_of(row), .tlb = tlb_of(row),
        };
    }
}

bool event_is_indexed(const struct insn *in)
{
    return plans[in->row].file != NO_FILE;
}

s32 event_register(const struct cpu *cpu, const struct insn *in)
{
    const struct plan *p = &plans[in->row];

    if (p->named) return in->r3;
    if (p->file == NO_FILE) return -1;
    const struct sysfile *f = &file_table[p->file];
    return (s32)bits(GR(in->r3), f->index_hi, f->index_lo);
}

static inline void put_operands(const struct cpu *cpu, const struct insn *in, const struct plan *p,
                                struct event *e)
{
    e->number = in->row;
    e->sub = event_register(cpu, in);
    if (p->r3) e->args[e->nargs++] = GR(in->r3);
    if (p->r2) e->args[e->nargs++] = GR(in->r2);
    if (p->imm) e->args[e->nargs++] = in->imm;
}

struct event cpu_insn_event(const struct cpu *cpu, enum event_kind kind, const struct insn *in)
{
    struct event e = cpu_event(cpu, kind, 0, 0);

    put_operands(cpu, in, &plans[in->row], &e);
    return e;
}

void cpu_insn_result(const struct cpu *cpu, const struct insn *in, struct event *e)
{
    e->has_result = plans[in->row].result;
    if (e->has_result) e->result = GR(in->r1);
}

/* --- instructions ----------------------------------------------------------------------------- */

static enum isa_privilege privilege(const struct insn *in)
{
    const struct plan *p = &plans[in->row];

    if (p->privileged) return ISA_PRIVILEGED;
    if (p->sensitive) return ISA_SENSITIVE;
    return p->ar ? isa_privilege(in) : ISA_PLAIN;
}

static const struct insn *back(struct cpu *cpu, const struct insn *in)
{
    (void)cpu;
    return in;
}

/* The instruction by itself; *next as its body returns it.  true: it retired. */
static bool run_alone(struct cpu *cpu, const struct insn *in, const struct insn **next)
{
    struct insn cells[2] = { *in, { .exec = back } };

    *next = exec_of_row[in->row](cpu, cells);
    if (*next) {
        *next = in + 1;
        return true;
    }
    return cpu->stop == STOP_BRANCH || cpu->stop == STOP_AFTER || cpu->stop == STOP_RFI;
}

/* Of the slot at `in`; ip and ri need not say where that is.  Field by field: to clear the whole of
 * it would take longer than all the rest. */
static inline void event_here(struct event *e, struct cpu *cpu, enum event_kind kind,
                              const struct insn *in)
{
    cpu->stop_pos = in->pos; /* for the time */
    e->kind = kind;
    e->slow = e->batched = e->other = e->has_result = false;
    e->ip = bundle_ip(cpu, in) | in->pos % 3;
    e->psr = cpu->psr;
    e->time = cpu_time(cpu);
    e->nargs = 0;
    e->repeats = 0;
    e->name = NULL;
}

/* Inserts take their address from ifa and their size from itir, purges both from registers. */
static void tell_tlb(struct cpu *cpu, const struct event *insn, unsigned which)
{
    struct event e = *insn;

    e.kind = EVENT_TLB;
    e.number = (s32)which;
    e.has_result = false;
    e.nargs = which == TLB_PTC_E ? 1 : 2;
    e.sub = which == TLB_PTC_E ? -1 : (s32)bits(insn->args[1], 7, 2);
    if (which <= TLB_ITR_D) {
        e.sub = (s32)bits(cpu->cr[CR_ITIR], 7, 2);
        e.args[0] = cpu->cr[CR_IFA];
        e.args[1] = insn->args[insn->nargs - 1];
    } else if (e.nargs == 2) {
        e.args[1] = bits(cpu->mmu.rr[e.args[0] >> 61], 31, 8);
    }
    cpu_tell(cpu, &e);
}

bool event_runs_here(const struct cpu *cpu, const struct insn *in)
{
    return !cpl(cpu) || privilege(in) != ISA_PRIVILEGED;
}

static const struct insn *counted(struct cpu *cpu, const struct insn *in)
{
    const struct plan *p = &plans[in->row];
    const struct insn *next;
    struct event e;

    if (in->qp && !qp_is_set(cpu, in)) return in + 1;
    bool ours = event_runs_here(cpu, in);
    event_here(&e, cpu, EVENT_PRIVOP, in);
    put_operands(cpu, in, p, &e);
    if (!run_alone(cpu, in, &next) || !ours) return next;
    cpu_insn_result(cpu, in, &e);
    cpu_tell(cpu, &e);
    if (p->tlb != NO_TLB && listens(cpu, EVENT_TLB)) tell_tlb(cpu, &e, p->tlb);
    return next;
}

/* Counted before it runs: most retire, and for the others the loop calls gather_undo. */
static const struct insn *gathered(struct cpu *cpu, const struct insn *in)
{
    if (in->qp && !qp_is_set(cpu, in)) NEXT;
    if (unlikely(!gather_again(cpu, in))) gather_first(cpu, in);
    return exec_of_row[in->row](cpu, in);
}

/* --- marks ------------------------------------------------------------------------------------ */

/* Printable characters up to NUL or EVENT_NAME_MAX; false: not there, or empty. */
static bool read_name(struct cpu *cpu, u64 va, char name[EVENT_NAME_MAX])
{
    for (unsigned i = 0; i < EVENT_NAME_MAX; i++) {
        char c = 0;
        if (i < EVENT_NAME_MAX - 1 && !cpu_peek(cpu, va + i, &c, 1)) return false;
        name[i] = c && !g_ascii_isprint(c) ? '?' : c;
        if (!c) return i > 0;
    }
    return true;
}

static const struct insn *mark(struct cpu *cpu, const struct insn *in)
{
    char name[EVENT_NAME_MAX];
    struct event e;

    if (in->qp && !qp_is_set(cpu, in)) return in + 1;
    event_here(&e, cpu, EVENT_MARK, in);
    e.number = in->imm == EVENT_MARK_END;
    e.sub = -1;
    if (!e.number) {
        e.args[0] = nat_of(cpu, 15) ? 0 : GR(15);
        e.nargs = 1;
        if (!nat_of(cpu, 14) && read_name(cpu, GR(14), name)) e.name = name;
    }
    cpu_tell(cpu, &e);
    return in + 1;
}

static bool is_mark(const struct insn *in)
{
    static int nop;

    if (!nop) nop = isa_row_of("nop_m");
    return in->row == nop && (in->imm == EVENT_MARK_BEGIN || in->imm == EVENT_MARK_END);
}

exec_fn *event_handler(u32 kinds, const struct insn *in)
{
    if ((kinds & EVENT_BIT(MARK)) && is_mark(in)) return mark;
    if (!(kinds & (EVENT_BIT(PRIVOP) | EVENT_BIT(TLB)))) return NULL;
    if (privilege(in) == ISA_PLAIN) return NULL;
    return kinds & EVENTS_GATHERED && !(kinds & EVENT_BIT(TLB)) ? gathered : counted;
}
