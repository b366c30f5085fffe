/* Decoded code.  A page of 256 bundles is decoded at once into cells in execution order; nops leave
 * no cell, so `first` says where each bundle begins, and the next cell is always the next thing to
 * do.  Pages belong to physical memory, whose processors share them; each has a small table that
 * finds them by virtual address and context.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_ICACHE_H
#define CPU_ICACHE_H

#include "cpu/state-priv.h"

#define BUNDLES_PER_PAGE 256

struct code_page {
    u64 pa;
    u32 bytes; /* of all this */
    struct code_page *next_retired; /* dropped, but perhaps still being executed */
    u8 mlx[BUNDLES_PER_PAGE / 8];
    u16 first[BUNDLES_PER_PAGE + 1];
    struct insn cells[];
};

#define LOOKUP_ENTRIES 1024
struct icache_entry {
    u64 tag; /* virtual page address, ~0 for none */
    u64 ctx; /* mmu->code_ctx of its region when it was entered */
    struct code_page *page;
};

/* What the observed loop decoded lately: it takes one slot at a time, nops included. */
#define OBSERVED_BUNDLES 512
struct observed_bundle {
    u64 ip, ctx; /* as in icache_entry, but of the bundle */
    u64 pa;      /* of its page */
    bool mlx;
    struct insn slot[3];
};

struct code_store;

struct icache {
    u64 epoch; /* mmu->code_epoch for which `lookup` and `observed` hold; ~0: for none */
    struct icache_entry lookup[LOOKUP_ENTRIES];
    struct observed_bundle *observed; /* NULL until somebody observes */
    struct code_store *store; /* of all processors of this memory */
    u64 current_pa;           /* physical page being executed */
    bool current_dropped;
};

/* The page for `ip` if it is in the table under the mode in force. */
static ALWAYS_INLINE const struct code_page *icache_lookup(struct cpu *cpu, u64 ip)
{
    struct icache *ic = cpu->icache;
    struct icache_entry *e = &ic->lookup[(ip >> PHYS_PAGE_BITS) % LOOKUP_ENTRIES];

    if (likely(e->tag == align_down(ip, PHYS_PAGE_SIZE) && e->ctx == cpu->mmu.code_ctx[ip >> 61] &&
               ic->epoch == cpu->mmu.code_epoch)) {
        ic->current_pa = e->page->pa;
        return e->page;
    }
    return NULL;
}

/* Cell for ip/ri, fetching and decoding as needed; NULL: an instruction fault is recorded. */
const struct insn *icache_enter(struct cpu *cpu);
/* The single slot at ip/ri, nops included; false: an instruction fault is recorded. */
bool icache_fetch_slot(struct cpu *cpu, struct insn *out);

/* Cells that only decoded pages contain; run.c. */
exec_fn near_branch, near_branch_if, near_cloop, page_end, predicated;

#endif
