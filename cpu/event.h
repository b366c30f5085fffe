/* What counters and traces may ask to be told.  PUBLIC.
 *
 * One sink for a machine.  Without a sink nothing is spent: cells of counted instructions are
 * decoded differently only while somebody listens (cpu_listen), the rest happens out of line.
 *
 * A phase is marked by the guest with nops, which do nothing on any other machine:
 *
 *     nop.m 0x164000    a phase begins; r14 = address of its name, NUL-terminated, below 32 bytes;
 *                       r15 = how many iterations it will make (0: not said)
 *     nop.m 0x164001    the phase ends
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EVENT_H
#define CPU_EVENT_H

#include "base/types.h"

struct cpu;

enum event_kind {
#define EVENT(id, name, number, sub, meaning) EVENT_##id,
#include "cpu/event.def"
    EVENT_KINDS
};

enum event_tlb { TLB_ITC_I, TLB_ITC_D, TLB_ITR_I, TLB_ITR_D, TLB_PTC_L, TLB_PTC_G, TLB_PTC_GA, TLB_PTC_E, TLB_PTR_I, TLB_PTR_D };

#define EVENT_MARK_BEGIN 0x164000
#define EVENT_MARK_END 0x164001
#define EVENT_NAME_MAX 32

/* All numbers as the guest sees them; time is cpu_time() in ticks. */
struct event {
    enum event_kind kind;
    s32 number, sub;
    bool slow;          /* hyperprivop or hypercall through the slow form */
    bool has_result;
    u64 ip;             /* bundle address | slot of the instruction that asked, or was interrupted */
    u64 time;
    u64 args[5], result;
    unsigned nargs;
    const char *name;   /* of a MARK; borrowed during the call */
};

/* In struct cpu_hooks and struct domain_host. */
typedef void event_sink(void *opaque, struct cpu *cpu, const struct event *e);

#endif
