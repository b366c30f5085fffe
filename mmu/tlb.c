/* The translation registers and caches: insertion, overlap and purge rules (SDM 2:52, table 4-1).
 *
 * Overlap compares region id and address bits 60:0, never the region number.  An insertion first
 * purges the TC entries it overlaps; overlapping a TR is a machine check and leaves all as it was.
 * Whenever an entry goes, what the softTLB derived from it goes too, so that nobody can tell
 * whether there is a softTLB.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define PTE_PPN (mask64(PHYS_ADDR_BITS) & ~0xfffull)

/* 4K 8K 16K 64K 256K 1M 4M 16M 64M 256M 1G 4G */
#define PAGE_SIZES                                                                                 \
    (1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 16 | 1ull << 18 | 1ull << 20 | 1ull << 22 |    \
     1ull << 24 | 1ull << 26 | 1ull << 28 | 1ull << 30 | 1ull << 32)

void tlb_reset(struct tlb *t, bool inst)
{
    memset(t, 0, sizeof(*t));
    memset(t->bucket, 0xff, sizeof(t->bucket));
    memset(t->free, 0xff, sizeof(t->free));
    t->inst = inst;
}

/* Reserved: bits 1 and 51:50 and ma 1-3 of a present translation, the gaps of itir, page sizes
 * nobody implements (SDM 2:54-55).  A translation that is not present may hold anything else. */
bool mmu_pte_valid(u64 pte, u64 itir)
{
    unsigned ps = (unsigned)bits(itir, 7, 2);
    if (bits(itir, 1, 0) || itir >> 32 || !bit(PAGE_SIZES, ps)) return false;
    if (!bit(pte, 0)) return true;
    u64 ma = bits(pte, 4, 2);
    return !bit(pte, 1) && !bits(pte, 51, 50) && (ma == MA_WB || ma >= MA_UC);
}

static void link_entry(struct tlb *t, unsigned i)
{
    struct tlb_entry *e = &t->slot[i];
    s16 *head = &t->bucket[tlb_hash(e->rid, e->va, e->ps)];
    e->next = *head;
    *head = (s16)i;
    t->count[e->ps]++;
    t->sizes |= 1ull << e->ps;
    if (i < TLB_TRS) {
        t->trs |= 1ull << i;
    } else {
        t->free[(i - TLB_TRS) / 64] &= ~(1ull << (i - TLB_TRS) % 64);
    }
}

static void unlink_entry(struct tlb *t, unsigned i)
{
    struct tlb_entry *e = &t->slot[i];
    s16 *link = &t->bucket[tlb_hash(e->rid, e->va, e->ps)];
    while (*link != (s16)i) link = &t->slot[*link].next;
    *link = e->next;
    if (--t->count[e->ps] == 0) t->sizes &= ~(1ull << e->ps);
    if (i < TLB_TRS) {
        t->trs &= ~(1ull << i);
    } else {
        t->free[(i - TLB_TRS) / 64] |= 1ull << (i - TLB_TRS) % 64;
    }
    e->ps = 0;
}

static void remove_entry(struct mmu *mmu, struct tlb *t, unsigned i)
{
    const struct tlb_entry *e = &t->slot[i];
    if (!t->inst) {
        soft_forget(mmu, e->rid, e->va, e->mask);
    } else if (e->fetched) {
        mmu->code_epoch++;
    }
    unlink_entry(t, i);
}

static void fill_entry(struct tlb *t, unsigned i, u32 rid, u64 ifa, u64 itir, u64 pte,
                       unsigned floor)
{
    unsigned ps = (unsigned)bits(itir, 7, 2);
    u64 mask = mask64(ps);
    g_assert(bit(PAGE_SIZES, ps)); /* the caller has asked mmu_pte_valid */
    t->slot[i] = (struct tlb_entry){
        .va = region_offset(ifa) & ~mask, .mask = mask, .pa = pte & PTE_PPN & ~mask,
        .rid = rid, .key = (u32)bits(itir, 31, 8), .ps = (u8)ps,
        .ma = (u8)bits(pte, 4, 2), .ar = (u8)bits(pte, 11, 9), .pl = (u8)MAX(bits(pte, 8, 7), floor),
        .p = bit(pte, 0), .a = bit(pte, 5), .d = bit(pte, 6), .ed = bit(pte, 52),
        .ifa = ifa & ~mask, .itir = itir, .pte = pte,
    };
    link_entry(t, i);
}

static bool overlaps(const struct tlb_entry *e, u32 rid, u64 va, u64 mask)
{
    u64 wide = e->mask | mask;
    return e->rid == rid && (e->va & ~wide) == (va & ~wide);
}

static bool overlaps_tr(const struct tlb *t, u32 rid, u64 va, u64 mask, u64 among)
{
    for (u64 trs = t->trs & among; trs; trs &= trs - 1) {
        if (overlaps(&t->slot[__builtin_ctzll(trs)], rid, va, mask)) return true;
    }
    return false;
}

static void purge_by_scan(struct mmu *mmu, struct tlb *t, u32 rid, u64 va, u64 mask)
{
    for (unsigned i = TLB_TRS; i < TLB_SLOTS; i++) {
        if (t->slot[i].ps && overlaps(&t->slot[i], rid, va, mask)) remove_entry(mmu, t, i);
    }
}

/* Remove the TC entries of one size at one page; no two entries overlap, so at most one. */
static void purge_page(struct mmu *mmu, struct tlb *t, u32 rid, u64 va, unsigned ps)
{
    u64 base = va & ~mask64(ps);
    for (int i = t->bucket[tlb_hash(rid, base, ps)]; i >= 0; i = t->slot[i].next) {
        const struct tlb_entry *e = &t->slot[i];
        if (e->ps != ps || e->rid != rid || e->va != base) continue;
        if (i >= TLB_TRS) remove_entry(mmu, t, (unsigned)i);
        return;
    }
}

/* Remove the TC entries that overlap 2^ps bytes at `va`, by hash where that is cheaper. */
static void purge_tc(struct mmu *mmu, struct tlb *t, u32 rid, u64 va, unsigned ps)
{
    u64 base = va & ~mask64(ps);
    for (u64 sizes = t->sizes; sizes; sizes &= sizes - 1) {
        unsigned s = (unsigned)__builtin_ctzll(sizes);
        if (s + 4 < ps) {
            purge_by_scan(mmu, t, rid, base, mask64(ps));
            return;
        }
        for (unsigned i = 0, n = s < ps ? 1u << (ps - s) : 1; i < n; i++) {
            purge_page(mmu, t, rid, base + ((u64)i << s), s);
        }
    }
}

static unsigned take_tc_slot(struct mmu *mmu, struct tlb *t)
{
    for (unsigned w = 0; w < ARRAY_LEN(t->free); w++) {
        if (t->free[w]) return TLB_TRS + 64 * w + (unsigned)__builtin_ctzll(t->free[w]);
    }
    unsigned i = TLB_TRS + t->victim;
    t->victim = (t->victim + 1) % TLB_TCS;
    remove_entry(mmu, t, i);
    return i;
}

static u32 rid_of(const struct mmu *mmu, u64 va)
{
    return (u32)RR_RID(mmu->rr[va >> 61]);
}

struct tlb_entry *tlb_lookup(struct mmu *mmu, bool inst, u64 va)
{
    return tlb_find(mmu_tlb(mmu, inst), rid_of(mmu, va), region_offset(va));
}

struct tlb_entry *tlb_insert_tc(struct mmu *mmu, bool inst, u64 ifa, u64 itir, u64 pte)
{
    struct tlb *t = mmu_tlb(mmu, inst);
    unsigned ps = (unsigned)bits(itir, 7, 2);
    u32 rid = rid_of(mmu, ifa);
    if (overlaps_tr(t, rid, region_offset(ifa), mask64(ps), ~0ull)) return NULL;
    purge_tc(mmu, t, rid, region_offset(ifa), ps);
    unsigned i = take_tc_slot(mmu, t);
    fill_entry(t, i, rid, ifa, itir, pte, mmu->level_floor);
    return &t->slot[i];
}

enum mmu_fault mmu_insert_tc(struct mmu *mmu, bool inst, u64 ifa, u64 itir, u64 pte)
{
    return tlb_insert_tc(mmu, inst, ifa, itir, pte) ? MMU_OK : MMU_MACHINE_CHECK;
}

enum mmu_fault mmu_insert_tr(struct mmu *mmu, bool inst, unsigned slot, u64 ifa, u64 itir, u64 pte)
{
    struct tlb *t = mmu_tlb(mmu, inst);
    unsigned ps = (unsigned)bits(itir, 7, 2);
    u32 rid = rid_of(mmu, ifa);
    slot %= TLB_TRS;
    if (overlaps_tr(t, rid, region_offset(ifa), mask64(ps), ~(1ull << slot))) {
        return MMU_MACHINE_CHECK;
    }
    if (t->slot[slot].ps) remove_entry(mmu, t, slot);
    purge_tc(mmu, t, rid, region_offset(ifa), ps);
    fill_entry(t, slot, rid, ifa, itir, pte, mmu->level_floor);
    return MMU_OK;
}

enum mmu_fault mmu_purge_tc_rid(struct mmu *mmu, u64 va, unsigned ps, u64 rid)
{
    bool tr = false;
    for (unsigned inst = 0; inst < 2; inst++) {
        struct tlb *t = mmu_tlb(mmu, inst);
        purge_tc(mmu, t, (u32)rid, region_offset(va), ps);
        tr |= overlaps_tr(t, (u32)rid, region_offset(va), mask64(ps), ~0ull);
    }
    return tr ? MMU_MACHINE_CHECK : MMU_OK;
}

enum mmu_fault mmu_purge_tc(struct mmu *mmu, u64 va, unsigned ps)
{
    return mmu_purge_tc_rid(mmu, va, ps, rid_of(mmu, va));
}

void mmu_purge_tr(struct mmu *mmu, bool inst, u64 va, unsigned ps)
{
    struct tlb *t = mmu_tlb(mmu, inst);
    u32 rid = rid_of(mmu, va);
    for (u64 trs = t->trs; trs; trs &= trs - 1) {
        unsigned i = (unsigned)__builtin_ctzll(trs);
        if (overlaps(&t->slot[i], rid, region_offset(va), mask64(ps))) remove_entry(mmu, t, i);
    }
    purge_tc(mmu, t, rid, region_offset(va), ps);
}

void mmu_purge_all_tc(struct mmu *mmu)
{
    for (unsigned inst = 0; inst < 2; inst++) {
        struct tlb *t = mmu_tlb(mmu, inst);
        for (unsigned i = TLB_TRS; i < TLB_SLOTS; i++) {
            if (t->slot[i].ps) remove_entry(mmu, t, i);
        }
    }
}

static struct mmu_tr describe(const struct tlb_entry *e)
{
    return (struct mmu_tr){.valid = e->ps, .ifa = e->ifa, .itir = e->itir, .pte = e->pte,
                           .rid = e->rid};
}

struct mmu_tr mmu_get_tr(const struct mmu *mmu, bool inst, unsigned slot)
{
    return describe(&mmu_tlb(mmu, inst)->slot[slot % TLB_TRS]);
}

unsigned mmu_tc_count(const struct mmu *mmu, bool inst)
{
    (void)mmu;
    return inst ? MMU_ITCS : MMU_DTCS;
}

struct mmu_tr mmu_get_tc(const struct mmu *mmu, bool inst, unsigned i)
{
    return describe(&mmu_tlb(mmu, inst)->slot[TLB_TRS + i % TLB_TCS]);
}

static u64 mix(u64 h, u64 v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}

static u64 hash_tlb(const struct tlb *t, u64 h)
{
    for (unsigned i = 0; i < TLB_SLOTS; i++) {
        const struct tlb_entry *e = &t->slot[i];
        h = mix(h, e->ps);
        if (e->ps) h = mix(mix(mix(mix(h, e->rid), e->ifa), e->itir), e->pte);
    }
    return mix(h, t->victim);
}

u64 mmu_hash(const struct mmu *mmu, u64 seed)
{
    u64 h = mix(seed, mmu->pta);
    for (unsigned i = 0; i < 8; i++) h = mix(h, mmu->rr[i]);
    for (unsigned i = 0; i < MMU_PKRS; i++) h = mix(h, mmu->pkr[i]);
    for (unsigned i = 0; i < 8; i++) h = mix(mix(h, mmu_dbr(mmu, i)), mmu_ibr(mmu, i));
    return hash_tlb(mmu_tlb(mmu, true), hash_tlb(mmu_tlb(mmu, false), h));
}
