/* What the debugger's tests share: one or two bare processors with tests/gdb/program.s in memory,
 * a debugger around them, and nothing else of a machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_DEBUG_KIT_H
#define TESTS_UNIT_DEBUG_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/symbols.h"
#include "monitor/gdb-priv.h"
#include "tests/unit/debug_program.h"

/* Addresses that nm prints for program.elf. */
enum {
    AT_START = 0x100000, AT_SPIN = 0x100090, AT_OUTER = 0x1000a0, AT_INNER = 0x1000f0,
    AT_LOOP = 0x100140, AT_STORE = 0x100150, AT_DEEPEST = 0x100170, AT_AFTER_OUTER = 0x100070,
    AT_AFTER_INNER = 0x1000d0, AT_COUNTER = 0x1002b0, AT_STACK = 0x100400,
};

struct kit {
    struct physmem *pm;
    struct cpu_hooks hooks;
    struct cpu *cpus[2];
    unsigned count;
    struct elf elf;
    struct symbols *symbols;
    struct debugger *d;
    machine_observer_fn *observer;
    void *observer_opaque;
    bool quit;
};

static inline unsigned kit_count(void *opaque)
{
    return ((struct kit *)opaque)->count;
}

static inline struct cpu *kit_cpu(void *opaque, unsigned i)
{
    return ((struct kit *)opaque)->cpus[i];
}

static inline struct physmem *kit_physmem(void *opaque)
{
    return ((struct kit *)opaque)->pm;
}

static inline const struct symbols *kit_symbols(void *opaque)
{
    return ((struct kit *)opaque)->symbols;
}

static inline void kit_quit(void *opaque)
{
    ((struct kit *)opaque)->quit = true;
}

static inline void kit_slot(void *opaque, struct cpu *cpu, const struct insn *in, bool after)
{
    struct kit *k = opaque;
    if (k->observer) k->observer(k->observer_opaque, cpu, in, after);
}

static inline void kit_observe(void *opaque, machine_observer_fn *fn, void *fn_opaque)
{
    struct kit *k = opaque;
    k->observer = fn;
    k->observer_opaque = fn_opaque;
    for (unsigned i = 0; i < k->count; i++) cpu_set_observed(k->cpus[i], true);
}

static inline void kit_unobserve(void *opaque, machine_observer_fn *fn, void *fn_opaque)
{
    struct kit *k = opaque;
    assert_ptr_equal(k->observer, fn);
    assert_ptr_equal(k->observer_opaque, fn_opaque);
    k->observer = NULL;
    for (unsigned i = 0; i < k->count; i++) cpu_set_observed(k->cpus[i], false);
}

/* Only the slots concerned. */
static inline void kit_watch(void *opaque, const struct mmu_watch *list, unsigned n,
                             machine_observer_fn *fn, void *fn_opaque)
{
    struct kit *k = opaque;
    if (n) k->observer = fn;
    if (n) k->observer_opaque = fn_opaque;
    for (unsigned i = 0; i < k->count; i++) cpu_set_watches(k->cpus[i], list, n);
}

static inline struct debug_target kit_target(struct kit *k)
{
    return (struct debug_target){ .opaque = k, .cpu_count = kit_count, .cpu = kit_cpu,
        .physmem = kit_physmem, .symbols = kit_symbols, .observe = kit_observe,
        .unobserve = kit_unobserve, .watch = kit_watch, .quit = kit_quit };
}

static inline struct kit *kit_new(unsigned cpus)
{
    struct kit *k = g_new0(struct kit, 1);
    GError *err = NULL;
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, 16 << 20, NULL));
    assert_true(elf_parse(&k->elf, debug_program, sizeof(debug_program), &err));
    k->symbols = symbols_new();
    symbols_add_elf(k->symbols, &k->elf);
    const struct elf_segment *s = &k->elf.segments[0];
    physmem_load(k->pm, s->pa, debug_program + s->offset, s->filesz);
    k->hooks = (struct cpu_hooks){ .opaque = k, .observe = kit_slot };
    for (k->count = 0; k->count < cpus; k->count++) {
        k->cpus[k->count] = cpu_new(k->pm, k->count, &k->hooks);
        cpu_set_ip(k->cpus[k->count], k->count ? AT_SPIN : AT_START, 0);
    }
    struct debug_target t = kit_target(k);
    k->d = debugger_new(&t);
    return k;
}

static inline void kit_free(struct kit *k)
{
    debugger_free(k->d);
    for (unsigned i = 0; i < k->count; i++) cpu_free(k->cpus[i]);
    symbols_free(k->symbols);
    elf_clear(&k->elf);
    physmem_free(k->pm);
    g_free(k);
}

/* A round of a scheduler. */
static inline void kit_round(struct kit *k, u64 slots)
{
    for (unsigned i = 0; i < k->count; i++) debugger_run(k->d, k->cpus[i], slots);
    debugger_poll(k->d);
}

/* Bare execution up to a bundle. */
static inline void kit_run_to(struct kit *k, u64 place)
{
    cpu_set_breakpoints(k->cpus[0], &place, 1);
    cpu_run(k->cpus[0], 100000);
    cpu_set_breakpoints(k->cpus[0], NULL, 0);
    assert_int_equal(cpu_place(k->cpus[0]), place);
}

#endif
