/* A guest that has lost its way takes interruptions for ever: a branch into zeroed memory is a break
 * fault whose handler is zeroed memory too.  Nobody waits for that; three patterns end the run.
 *
 * - Interruption upon interruption with nothing retired in between: the vectors themselves fault.
 * - The same one at the same place again and again while psr.ic is 0: a handler that faults, and
 *   could not even return (SDM 2:5.5: IIP is not written then).
 * - The same translation fault for the same address, a million times in a row: the handler
 *   returns without having mended anything.
 *
 * Guests that work do none of these.  Of a domain (xen.c) the same is asked, with the psr.ic that it
 * believes in; what the hypervisor mends without telling it counts, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/machine-priv.h"

#define IDLE_MAX 64
#define NESTED_MAX 4096
#define UNMENDED_MAX (1u << 20)

/* Faults whose handler is to mend something so that the same instruction can be tried again. */
static bool asks_to_mend(unsigned row)
{
    unsigned vector = interruption_vector(row);
    return vector < 0x2c00 || (vector >= 0x5000 && vector < 0x5400);
}

static void end(struct machine *m, struct cpu *cpu, const struct loop_watch *w, const char *how)
{
    char *first = machine_where(m, w->first_ip), *here = machine_where(m, w->ip);
    machine_end(m, END_LOOP, cpu, 0,
                "the guest is in a loop of interruptions: %s at %s, %s; it began with %s at %s",
                interruption_name(w->row), here, how, interruption_name(w->first_row), first);
    g_free(first);
    g_free(here);
}

void loop_forget(struct machine *m, const struct cpu *cpu)
{
    m->watch[cpu_id(cpu)] = (struct loop_watch){ .seen = false };
}

void loop_check(struct machine *m, struct cpu *cpu, bool collecting)
{
    struct loop_watch *w = &m->watch[cpu_id(cpu)];
    struct interruption intr = cpu_interruption(cpu);
    u64 ip = cpu_ip(cpu), retired = cpu_retired(cpu);
    unsigned ri = cpu_ri(cpu);
    bool same = w->row == intr.row && w->ip == ip && w->ri == ri;
    bool idle = w->retired == retired;

    w->idle = idle ? w->idle + 1 : 0;
    w->nested = same && !collecting ? w->nested + 1 : 0;
    w->unmended = same && w->ifa == intr.ifa && asks_to_mend(intr.row) ? w->unmended + 1 : 0;
    if (!w->seen || (!idle && !same)) {
        w->first_ip = ip;
        w->first_row = intr.row;
    }
    w->seen = true;
    w->row = intr.row;
    w->ip = ip;
    w->ri = ri;
    w->ifa = intr.ifa;
    w->retired = retired;
    if (w->idle >= IDLE_MAX) end(m, cpu, w, "with nothing executed in between");
    if (w->nested >= NESTED_MAX) end(m, cpu, w, "again and again inside its handler");
    if (w->unmended >= UNMENDED_MAX) end(m, cpu, w, "a million times for the same address");
}
