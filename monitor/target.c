/* A struct machine as a debugger's target.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/debug-priv.h"

static unsigned cpu_count(void *machine)
{
    return machine_cpu_count(machine);
}

static struct cpu *get_cpu(void *machine, unsigned i)
{
    return machine_cpu(machine, i);
}

static struct physmem *get_physmem(void *machine)
{
    return machine_physmem(machine);
}

static const struct symbols *get_symbols(void *machine)
{
    return machine_symbols(machine);
}

static void observe(void *machine, machine_observer_fn *fn, void *opaque)
{
    machine_observe(machine, fn, opaque);
}

static void watch(void *machine, const struct mmu_watch *list, unsigned n, machine_observer_fn *fn,
                  void *opaque)
{
    machine_watch(machine, list, n, fn, opaque);
}

static void looking(void *machine, bool on)
{
    machine_reveal(machine, on);
}

void debug_target_machine(struct debug_target *t, struct machine *m)
{
    *t = (struct debug_target){ .opaque = m, .cpu_count = cpu_count, .cpu = get_cpu,
        .physmem = get_physmem, .symbols = get_symbols, .observe = observe,
        .watch = watch, .looking = looking };
}
