/* For tests of memory instructions: a page table entry by its fields, identity mappings, and both
 * loops in one call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_ISA_MEMKIT_H
#define TESTS_ISA_MEMKIT_H

#include <stdio.h>
#include <string.h>

#include "cpu/state-priv.h"
#include "tests/isa/harness.h"

#define PAGE_VA 0x1000000ull /* a page of its own, mapped to HARNESS_DATA */
#define PHYS_UC (1ull << 63)

/* The format of SDM 2:4.1.1.5. */
enum {
    PTE_P = 1, PTE_UC = 4 << 2, PTE_UCE = 5 << 2, PTE_WC = 6 << 2, PTE_NAT = 7 << 2,
    PTE_A = 1 << 5, PTE_D = 1 << 6
};
#define PTE_PL(n) ((u64)(n) << 7)
#define PTE_AR(n) ((u64)(n) << 9)
#define PTE_ED (1ull << 52)
#define PTE_GOOD (PTE_P | PTE_A | PTE_D | PTE_AR(3) | PTE_PL(3))
#define ITIR(ps, key) ((u64)(ps) << 2 | (u64)(key) << 8)

static inline void kit_insert(struct harness *h, bool inst, u64 va, u64 pa, unsigned ps, u64 key,
                              u64 flags)
{
    assert_int_equal(mmu_insert_tc(cpu_mmu(h->cpu), inst, va, ITIR(ps, key), pa | flags), MMU_OK);
}

/* All code and data of the harness at its physical address, instructions with or without ed. */
static inline void kit_map_all(struct harness *h, bool ed)
{
    mmu_purge_all_tc(cpu_mmu(h->cpu));
    kit_insert(h, true, 0, 0, 20, 0, PTE_GOOD | (ed ? PTE_ED : 0));
    kit_insert(h, false, 0, 0, 20, 0, PTE_GOOD);
}

static inline void kit_map_page(struct harness *h, u64 key, u64 flags)
{
    kit_insert(h, false, PAGE_VA, HARNESS_DATA, 12, key, flags);
}

/* A fresh state: no ALAT entry, nothing mapped, no debug registers or keys. */
static inline void kit_fresh(struct harness *h)
{
    struct mmu *mmu = cpu_mmu(h->cpu);

    harness_randomize(h);
    alat_clear(h->cpu);
    mmu_purge_all_tc(mmu);
    for (unsigned i = 0; i < 8; i++) mmu_set_dbr(mmu, i, 0);
    for (unsigned i = 0; i < MMU_PKRS; i++) mmu_set_pkr(mmu, i, 0);
}

/* Some register that is in no way involved has a NaT bit: the quick paths are closed. */
static inline void kit_bystander_nat(struct harness *h)
{
    probe_set_nat(&h->before, 127, true);
}

static inline struct insn kit_insn(struct harness *h, const char *meaning, u8 r1, u8 r2, u8 r3)
{
    struct insn in = harness_insn(meaning);

    h->what = meaning;
    in.r1 = r1, in.r2 = r2, in.r3 = r3;
    return in;
}

/* `n` bytes as a number; be: the first byte is the most significant. */
static inline u64 kit_number(const u8 *p, unsigned n, bool be)
{
    u64 v = 0;

    for (unsigned i = 0; i < n; i++) v = v << 8 | p[be ? i : n - 1 - i];
    return v;
}

static inline void kit_bytes(u8 *p, unsigned n, bool be, u64 v)
{
    for (unsigned i = 0; i < n; i++, v >>= 8) p[be ? n - 1 - i : i] = (u8)v;
}

static inline void kit_random_bytes(struct harness *h, u64 pa, u8 *buf, unsigned n)
{
    for (unsigned i = 0; i < n; i++) buf[i] = (u8)harness_random(h);
    harness_poke(h, pa, buf, n);
}

static inline void kit_expect_bytes(struct harness *h, u64 pa, const u8 *want, unsigned n)
{
    u8 got[64];

    harness_peek(h, pa, got, n);
    for (unsigned i = 0; i < n; i++) {
        if (got[i] != want[i]) {
            fail_msg("%s: byte %u at %llx is %02x, wanted %02x", h->what, i, (long long)pa, got[i],
                     want[i]);
        }
    }
}

static inline u64 kit_encode(const struct insn *in)
{
    u64 slot = 0;

    if (!isa_encode_slot(in, &slot, NULL)) fail_msg("%s does not encode", insn_rows[in->row].name);
    return slot;
}

/* A refused reference: everything harness_expect_fault checks, and the address. */
static inline void kit_expect_data_fault(struct harness *h, unsigned vector, u64 isr, u64 ifa)
{
    harness_expect_fault(h, vector, isr);
    if (h->after.cr[20] != ifa) {
        fail_msg("%s: cr.ifa is %llx, wanted %llx", h->what, (long long)h->after.cr[20],
                 (long long)ifa);
    }
}

#define EACH_LOOP(loop)                                                                           \
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED;                         \
         loop = (enum harness_loop)(loop + 1))

#define ISR_W_BIT (1ull << 33)
#define ISR_R_BIT (1ull << 34)
#define ISR_NA_BIT (1ull << 35)
#define ISR_SP_BIT (1ull << 36)
#define ISR_NI_BIT (1ull << 39)
#define ISR_ED_BIT (1ull << 43)

#endif
