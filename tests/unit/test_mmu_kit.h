/* What the mmu tests share: names for psr bits, a builder for translations, and a machine of 64 MiB
 * of RAM at 0 with a ROM and a device beside it.  Constants are written out here once more on
 * purpose: the tests must not learn them from the code they judge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_MMU_KIT_H
#define TEST_MMU_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmu/mmu.h"

#define BE (1ull << 1)
#define AC (1ull << 3)
#define IC (1ull << 13)
#define PK (1ull << 15)
#define DT (1ull << 17)
#define DB (1ull << 24)
#define RT (1ull << 27)
#define CPL(n) ((u64)(n) << 32)
#define IT (1ull << 36)
#define ID (1ull << 37)
#define DA (1ull << 38)
#define DD (1ull << 39)
#define IA (1ull << 45)

#define KIT_RAM (64ull << 20)
#define KIT_ROM 0x08000000ull
#define KIT_DEVICE 0x10000000ull

#define RR(rid, ps, ve) ((u64)(rid) << 8 | (ps) << 2 | (ve))
#define ITIR(key, ps) ((u64)(key) << 8 | (u64)(ps) << 2)

/* Present, accessed, dirty, write-back, level 3, rwx, no deferral. */
#define PTE_P 1ull
#define PTE_MA(m) ((u64)(m) << 2)
#define PTE_A (1ull << 5)
#define PTE_D (1ull << 6)
#define PTE_PL(n) ((u64)(n) << 7)
#define PTE_AR(n) ((u64)(n) << 9)
#define PTE_ED (1ull << 52)
#define PTE_EASY(pa) ((pa) | PTE_P | PTE_A | PTE_D | PTE_PL(3) | PTE_AR(3))

struct kit {
    struct physmem *pm;
    struct mmu mmu;
};

static u64 kit_io_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque;
    return offset * 0x100 + size;
}

static void kit_io_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
}

static inline struct kit *kit_new(void)
{
    static const struct physmem_ops device = {"device", kit_io_read, kit_io_write};
    struct kit *k = g_new0(struct kit, 1);
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, KIT_RAM, NULL));
    assert_true(physmem_add_rom(k->pm, "rom", KIT_ROM, 0x10000, NULL));
    assert_true(physmem_add_device(k->pm, KIT_DEVICE, 0x1000, &device, NULL, NULL));
    mmu_init(&k->mmu, k->pm);
    for (unsigned r = 0; r < 8; r++) mmu_set_rr(&k->mmu, r, RR(0x100 + r, 12, 0));
    return k;
}

static inline void kit_free(struct kit *k)
{
    mmu_destroy(&k->mmu);
    physmem_free(k->pm);
    g_free(k);
}

/* splitmix64: small, seedable, the same everywhere. */
static inline u64 kit_random(u64 *state)
{
    u64 z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#endif
