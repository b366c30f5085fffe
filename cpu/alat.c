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

_Static_assert(ALAT_ENTRIES == 32, "alat_valid has a bit for each");

static u64 granules(u64 pa, unsigned size)
{
    unsigned first = pa >> 3 & 63, n = (unsigned)(((pa & 7) + size + 7) >> 3);
    u64 run = mask64(n);

    return first ? run << first | run >> (64 - first) : run;
}

u64 cpu_alat_granules(const struct cpu *cpu)
{
    u64 all = 0;

    for (u32 left = cpu->alat_valid; left; left &= left - 1) {
        const struct alat_entry *e = &cpu->alat[__builtin_ctz(left)];
        all |= granules(e->pa, e->size);
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

/* Entries die wherever a byte of theirs is written.  Size 0: another processor remaps a page with
 * ptc.ga; entries are known by physical addresses, so all must go (SDM 2:571). */
void cpu_alat_store(struct cpu *cpu, u64 pa, unsigned size)
{
    if (!size) alat_clear(cpu);
    for (u32 left = cpu->alat_valid; left; left &= left - 1) {
        const struct alat_entry *e = &cpu->alat[__builtin_ctz(left)];
        if (pa < e->pa + e->size && e->pa < pa + size) cpu->alat_valid &= ~(left & -left);
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

/* The bit of the register's entry, or 0. */
static u32 find(const struct cpu *cpu, unsigned physreg)
{
    unsigned i = cpu->alat_of[physreg];
    u32 bitmask = cpu->alat_valid & 1u << i;

    return bitmask && cpu->alat[i].reg == physreg ? bitmask : 0;
}

/* A register has one entry; without a free place the entries take turns. */
static unsigned place(struct cpu *cpu, unsigned physreg)
{
    u32 own = find(cpu, physreg);

    if (own) return (unsigned)__builtin_ctz(own);
    if (~cpu->alat_valid) return (unsigned)__builtin_ctz(~cpu->alat_valid);
    return cpu->alat_next++ % ALAT_ENTRIES;
}

void alat_insert(struct cpu *cpu, unsigned physreg, u64 pa, unsigned size)
{
    unsigned i = place(cpu, physreg);

    cpu->alat[i] = (struct alat_entry){ .pa = pa, .reg = (u16)physreg, .size = (u8)size };
    cpu->alat_of[physreg] = (u8)i;
    cpu->alat_valid |= 1u << i;
    cpu->alat_filter |= granules(pa, size);
}

bool alat_check(struct cpu *cpu, unsigned physreg, bool clear)
{
    u32 entry = find(cpu, physreg);

    if (clear) cpu->alat_valid &= ~entry;
    return entry;
}

void alat_remove(struct cpu *cpu, unsigned physreg)
{
    alat_check(cpu, physreg, true);
}

void alat_clear(struct cpu *cpu)
{
    cpu->alat_valid = 0;
    cpu->alat_next = 0;
    refilter(cpu);
}
