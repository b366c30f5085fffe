/* The Advanced Load Address Table: 32 entries, fully associative, tagged with physical addresses
 * and physical register numbers, so that calls, rotation and changes of translation leave entries
 * true.  SDM 1:4.4.5.
 *
 * Stores are many and entries few: `alat_filter` has one bit for each 8-byte granule modulo 512
 * bytes that some entry may touch, and a store looks no further unless its bit is set.  The filter
 * never misses an entry, but may name granules that nobody watches any more; the next store that
 * stumbles over such a bit counts afresh.
 *
 * Several processors: processors run one after the other, in slices.  Before a slice the machine
 * says which granules the others watch (cpu_alat_others); a store there calls hooks->alat_others,
 * and the machine passes the news on with cpu_alat_store.  A processor that was told nothing yet
 * but has the hook reports every store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/state-priv.h"

static u64 granules(u64 pa, unsigned size)
{
    unsigned first = pa >> 3 & 63, n = (unsigned)(((pa & 7) + size + 7) >> 3);
    u64 run = mask64(n);

    return first ? run << first | run >> (64 - first) : run;
}

u64 cpu_alat_granules(const struct cpu *cpu)
{
    u64 all = 0;

    for (unsigned i = 0; i < ALAT_ENTRIES; i++) {
        const struct alat_entry *e = &cpu->alat[i];
        if (e->valid) all |= granules(e->pa, e->size);
    }
    return all;
}

static bool shared(const struct cpu *cpu)
{
    return cpu->hooks && cpu->hooks->alat_others;
}

static void refilter(struct cpu *cpu)
{
    cpu->alat_filter = cpu_alat_granules(cpu) | (shared(cpu) ? ~cpu->alat_unwatched : 0);
}

void cpu_alat_others(struct cpu *cpu, u64 watched)
{
    cpu->alat_unwatched = ~watched;
    refilter(cpu);
}

/* Entries die wherever a byte of theirs is written. */
void cpu_alat_store(struct cpu *cpu, u64 pa, unsigned size)
{
    for (unsigned i = 0; i < ALAT_ENTRIES; i++) {
        struct alat_entry *e = &cpu->alat[i];
        if (pa < e->pa + e->size && e->pa < pa + size) e->valid = false;
    }
    refilter(cpu);
}

void alat_store(struct cpu *cpu, u64 pa, unsigned size)
{
    u64 touched = granules(pa, size);

    if (!(cpu->alat_filter & touched)) return;
    cpu_alat_store(cpu, pa, size);
    if (shared(cpu) && (touched & ~cpu->alat_unwatched)) {
        cpu->hooks->alat_others(cpu->hooks->opaque, cpu, pa, size);
    }
}

static struct alat_entry *find(struct cpu *cpu, unsigned physreg)
{
    if (!cpu->alat_filter) return NULL;
    for (unsigned i = 0; i < ALAT_ENTRIES; i++) {
        if (cpu->alat[i].valid && cpu->alat[i].reg == physreg) return &cpu->alat[i];
    }
    return NULL;
}

/* A register has one entry; without a free place the entries take turns. */
static struct alat_entry *place(struct cpu *cpu, unsigned physreg)
{
    struct alat_entry *e = find(cpu, physreg);

    for (unsigned i = 0; !e && i < ALAT_ENTRIES; i++) {
        if (!cpu->alat[i].valid) e = &cpu->alat[i];
    }
    return e ? e : &cpu->alat[cpu->alat_next++ % ALAT_ENTRIES];
}

void alat_insert(struct cpu *cpu, unsigned physreg, u64 pa, unsigned size)
{
    *place(cpu, physreg) =
        (struct alat_entry){ .pa = pa, .reg = (u16)physreg, .size = (u8)size, .valid = true };
    cpu->alat_filter |= granules(pa, size);
}

bool alat_check(struct cpu *cpu, unsigned physreg, bool clear)
{
    struct alat_entry *e = find(cpu, physreg);

    if (e && clear) e->valid = false;
    return e != NULL;
}

void alat_remove(struct cpu *cpu, unsigned physreg)
{
    alat_check(cpu, physreg, true);
}

void alat_clear(struct cpu *cpu)
{
    for (unsigned i = 0; i < ALAT_ENTRIES; i++) cpu->alat[i].valid = false;
    cpu->alat_next = 0;
    refilter(cpu);
}
