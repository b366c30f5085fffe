/* The virtual hash page table: its two hash functions and the walker (SDM 2:61-69).
 *
 * The walker is an ordinary reader of virtual memory that happens to live in the processor: it
 * looks up the table's own translation in the data TLB, at privilege level 0, and never walks for
 * itself.  Whatever it does not like about the table's page or the entry, it gives up and the miss
 * is the handler's; only a miss on the table's page is told apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define PTA_VE(pta) bit(pta, 0)
#define PTA_VF(pta) bit(pta, 8)
#define PTA_SIZE(pta) ((unsigned)bits(pta, 7, 2))

/* Figures 4-14 and 4-15 (SDM 2:66): the table's size, at least 15, decides which bits come from the
 * offset and which from the base. */
static u64 table_address(u64 region, u64 pta, u64 offset)
{
    u64 from_offset = mask64(PTA_SIZE(pta)) & mask64(VA_BITS);
    u64 base = pta & mask64(VA_BITS) & ~mask64(15);
    return region << 61 | (base & ~from_offset) | (offset & from_offset);
}

/* The long format's hash is ours to choose, but with the tag it must identify (rid, page) uniquely:
 * the tag holds rid and all of the page number but its low ten bits; those are in the index, which
 * always has ten bits or more, exclusive-ored with what the tag tells anyway. */
static u64 long_index(u64 hpn, u64 rid)
{
    return hpn ^ hpn >> 10 ^ rid;
}

u64 mmu_ttag(struct mmu *mmu, u64 va)
{
    u64 rr = mmu->rr[va >> 61];
    u64 hpn = region_offset(va) >> RR_PS(rr);
    return RR_RID(rr) << 39 | bits(hpn, 48, 10);
}

u64 mmu_thash(struct mmu *mmu, u64 va)
{
    u64 rr = mmu->rr[va >> 61], pta = mmu->pta;
    u64 hpn = region_offset(va) >> RR_PS(rr);
    if (PTA_VF(pta)) return table_address(pta >> 61, pta, long_index(hpn, RR_RID(rr)) << 5);
    return table_address(va >> 61, pta, hpn << 3);
}

/* SDM 2:67: data and non-access references need psr.dt, RSE references psr.dt and psr.rt,
 * instruction fetches psr.dt, psr.it and psr.ic.  (Without psr.rt the RSE does not come here.) */
bool vhpt_enabled(const struct mmu *mmu, u64 va, unsigned how)
{
    u64 need = PSR_BIT(PSR_DT);
    if (how & MMU_EXEC) need |= PSR_BIT(PSR_IT) | PSR_BIT(PSR_IC);
    return PTA_VE(mmu->pta) && bit(mmu->rr[va >> 61], 0) && (mmu->psr & need) == need;
}

static u64 load_word(const struct mmu *mmu, const u8 *host)
{
    u64 v;
    memcpy(&v, host, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return bit(mmu->dcr, 1) ? __builtin_bswap64(v) : v; /* dcr.be, not psr.be */
}

/* pte and itir from the entry at `host`; false: tag mismatch or reserved fields. */
static bool read_entry(struct mmu *mmu, const u8 *host, u64 va, u64 *pte, u64 *itir)
{
    u64 rr = mmu->rr[va >> 61];
    *pte = load_word(mmu, host);
    *itir = (rr & 0xfcull) | RR_RID(rr) << 8;
    if (PTA_VF(mmu->pta)) {
        *itir = load_word(mmu, host + 8);
        if (load_word(mmu, host + 16) != mmu_ttag(mmu, va)) return false; /* ti set: never equal */
    }
    return mmu_pte_valid(*pte, *itir);
}

/* The table's page must be present, accessed, plain write-back memory that level 0 may read. */
static const u8 *table_memory(struct mmu *mmu, const struct tlb_entry *e, u64 iha)
{
    unsigned size = PTA_VF(mmu->pta) ? 32 : 8;
    if (e->ma != MA_WB || mmu_entry_conditions(mmu, e, MMU_READ, 0)) return NULL;
    return physmem_host(mmu->pm, e->pa | (iha & e->mask), size);
}

enum mmu_fault vhpt_walk(struct mmu *mmu, bool inst, u64 va, struct tlb_entry **out)
{
    u64 pte, itir, iha = mmu_thash(mmu, va);
    mmu->iha = iha;
    const struct tlb_entry *e = tlb_lookup(mmu, false, iha);
    if (!e) return MMU_VHPT;
    const u8 *host = table_memory(mmu, e, iha);
    if (!host || !read_entry(mmu, host, va, &pte, &itir)) return MMU_MISS;
    *out = tlb_insert_tc(mmu, inst, va, itir, pte); /* refused: overlaps a TR */
    return *out ? MMU_OK : MMU_MISS;
}

bool vhpt_peek(struct mmu *mmu, u64 va, u64 *pte, u64 *itir)
{
    u64 iha = mmu_thash(mmu, va);
    if (!PTA_VE(mmu->pta) || !bit(mmu->rr[va >> 61], 0)) return false;
    const struct tlb_entry *e = tlb_lookup(mmu, false, iha);
    const u8 *host = e ? table_memory(mmu, e, iha) : NULL;
    return host && read_entry(mmu, host, va, pte, itir);
}
