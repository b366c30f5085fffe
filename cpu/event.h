/* What counters and traces may ask to be told.  PUBLIC.
 *
 * One sink for a machine (struct cpu_hooks), and per processor a set of kinds that somebody wants
 * (cpu_listen).  Without a listener nothing is spent: the cells of counted instructions are decoded
 * differently only while somebody listens, and everything else happens out of line.
 *
 * A phase is marked by the guest with nops, which do nothing on any other machine:
 *
 *     nop.m 0x164000    a phase begins; r14 = address of its name, NUL-terminated, below 32 bytes;
 *                       r15 = how many iterations it will make (0: not said)
 *     nop.m 0x164001    the phase ends
 *
 * Who tells: the processor (event.c), and through cpu_tell whatever serves its calls outward, the
 * firmware and the hypervisor.  A sink may look at the processor, but must not change it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EVENT_H
#define CPU_EVENT_H

#include "base/types.h"

struct cpu;
struct insn;

enum event_kind {
#define EVENT(id, name, number, sub, args, meaning) EVENT_##id,
#include "cpu/event.def"
    EVENT_KINDS
};
#define EVENT_BIT(id) (1u << EVENT_##id)
#define EVENT_ALL ((1u << EVENT_KINDS) - 1)

/* The number of a TLB event. */
enum event_tlb {
#define EVENT_TLB(id, name, meaning) TLB_##id,
#include "cpu/event_tlb.def"
    TLB_KINDS
};

/* The sub of a FIRMWARE event. */
enum event_firmware { EVENT_PAL, EVENT_SAL, EVENT_EFI, EVENT_FW_HYPERCALL };

#define EVENT_MARK_BEGIN 0x164000
#define EVENT_MARK_END 0x164001
#define EVENT_NAME_MAX 32

/* All numbers as the guest sees them.  What number, sub and args are depends on the kind:
 * event.def. */
struct event {
    enum event_kind kind;
    s32 number, sub;
    bool slow;          /* HYPERPRIVOP: a real Xen would leave its fast path for it */
    bool batched;       /* HYPERCALL: an entry of a multicall */
    bool other;         /* a real Xen counts it elsewhere: REFLECT on its fast path, and PAL_HALT_LIGHT
                         * with an event pending */
    bool has_result;
    u64 ip;             /* bundle address | slot of the instruction that asked or was interrupted */
    u64 psr;            /* real psr then; its cpl tells who asked */
    u64 time;           /* cpu_time() in ticks, that instruction not included */
    u64 args[5], result;
    unsigned nargs;
    u64 repeats;        /* PRIVOP, gathered: it happened so many times more */
    const char *name;   /* MARK begin: the phase's name, NULL if it could not be read; borrowed */
};

/* In struct cpu_hooks. */
typedef void event_sink(void *opaque, struct cpu *cpu, const struct event *e);

/* The kinds that somebody wants, a set of EVENT_BITs; 0: nobody listens.  Before cpu_run, or from a
 * hook; takes effect at the next check point. */
void cpu_listen(struct cpu *cpu, u32 kinds);
bool cpu_listens(const struct cpu *cpu, enum event_kind kind);

/* For counters, which need not hear of every single instruction.  PRIVOP events of one ip that are
 * alike in number, sub, cpl and immediate come as one, which says in `repeats` how many they are.  Of
 * psr it has only cpl, of the arguments only the immediate; time is that of the
 * last event gathered, and all of them have the same time >> shift.  With shift 0, or while somebody
 * listens to TLB, they come one by one. */
void cpu_gather(struct cpu *cpu, unsigned shift);
/* Tell now of what is gathered: before the sink changes what it counts for. */
void cpu_hand_over(struct cpu *cpu);

/* For firmware and hypervisor, in a hook: an event of the instruction that called (or was
 * interrupted), with ip, psr and time filled in.  Tell it later, when the result is known. */
struct event cpu_event(const struct cpu *cpu, enum event_kind kind, s32 number, s32 sub);
/* The same for an instruction: number, sub and args from its operands; the result once it is
 * there. */
struct event cpu_insn_event(const struct cpu *cpu, enum event_kind kind, const struct insn *in);
void cpu_insn_result(const struct cpu *cpu, const struct insn *in, struct event *e);
/* Hand it to the sink, if somebody wants its kind. */
void cpu_tell(struct cpu *cpu, const struct event *e);

/* Words for people. */
const char *event_kind_name(enum event_kind kind);
const char *event_tlb_name(enum event_tlb which);
int event_kind_of(const char *name); /* -1: no such kind */

#endif
