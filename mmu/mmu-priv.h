/* The inside of the mmu: what a TLB entry is, how entries are found, and the pool of soft sets.
 * Nobody outside this folder includes it.
 *
 * A TLB (one for instructions, one for data) is an array of slots, TRs first, then the TC; all
 * valid ones hang in one hash table by (rid, page number, page size).  A lookup tries each page
 * size that is in use, which is two or three in practice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MMU_PRIV_H
#define MMU_PRIV_H

#include "mmu/mmu.h"

#define PSR_BIT(n) (1ull << (n))
enum { PSR_BE = 1, PSR_AC = 3, PSR_IC = 13, PSR_PK = 15, PSR_DT = 17, PSR_DB = 24, PSR_RT = 27,
       PSR_CPL = 32, PSR_IT = 36, PSR_ID = 37, PSR_DA = 38, PSR_DD = 39, PSR_IA = 45 };

#define VA_BITS 61 /* below the virtual region number */
#define RR_RID(rr) bits(rr, 31, 8)
#define RR_PS(rr) ((unsigned)bits(rr, 7, 2))

/* The access rights of SDM 2:56, as MMU_READ, MMU_WRITE, MMU_EXEC bits. */
extern const u8 mmu_rights[8][4][4]; /* [ar][pl][cpl] */

struct tlb_entry {
    u64 va;         /* first byte, bits 60:0 */
    u64 mask;       /* size - 1 */
    u64 pa;         /* first byte */
    u32 rid, key;
    u8 ps;          /* 0: this slot is empty */
    u8 ma, ar, pl;
    bool p, a, d, ed;
    bool fetched;   /* instructions were fetched through it: the cpu may hold on to that */
    s16 next;       /* slot in the same hash bucket, -1 ends */
    u64 ifa, itir, pte;
};

#define TLB_TRS MMU_DTRS
#define TLB_TCS MMU_DTCS
#define TLB_SLOTS (TLB_TRS + TLB_TCS)
#define TLB_HASH_BITS 9

_Static_assert(MMU_ITRS == TLB_TRS && TLB_TRS == 64, "one word holds the valid TRs");
_Static_assert(MMU_ITCS == TLB_TCS && TLB_TCS % 64 == 0, "words hold the empty TC slots");

struct tlb {
    u64 sizes;                      /* bit ps: some entry has this size */
    s16 bucket[1 << TLB_HASH_BITS];
    u16 count[64];                  /* entries per size */
    u64 trs;                        /* valid translation registers */
    u64 free[TLB_TCS / 64];         /* empty TC slots */
    unsigned victim;                /* next TC slot to be replaced when none is empty */
    bool inst;
    struct tlb_entry slot[TLB_SLOTS];
};

/* The soft sets of one rid: one per (level, psr.pk); without an own one, `never`. */
#define SOFT_MODES 8
#define SOFT_GROUPS 96
#define SOFT_POOL 72 /* 8 groups in force with 8 sets each, and some */
#define PHYSICAL_RID (~0u)

struct soft_group {
    u32 rid;
    bool used;
    s16 next;
    u64 stamp; /* of the last time a region register named it */
    struct soft_set *set[SOFT_MODES];
};

struct mmu_priv {
    struct tlb tlb[2]; /* data, instruction */
    struct soft_group *region[8], *physical;
    struct soft_set *sets;  /* SOFT_POOL of them, then `never`; untouched ones cost no memory */
    struct soft_set *never; /* always empty */
    struct soft_group group[SOFT_GROUPS];
    s16 group_bucket[64];
    u64 clock;
    struct soft_set *idle[SOFT_POOL]; /* flushed sets, ready for use */
    unsigned idle_count, set_count; /* given back; ever taken from `sets` */
    bool dbr_live, ibr_live;
    u64 mode; /* the psr bits that the hot pointers were chosen by */
};

static inline unsigned tlb_hash(u64 rid, u64 va, unsigned ps)
{
    u64 key = (va >> ps) ^ (rid << 40) ^ ((u64)ps << 34);
    return (unsigned)((key * 0x9e3779b97f4a7c15ull) >> (64 - TLB_HASH_BITS));
}

/* The translation of `va` (bits 60:0) in address space `rid`, or NULL. */
static inline struct tlb_entry *tlb_find(struct tlb *t, u32 rid, u64 va)
{
    for (u64 sizes = t->sizes; sizes; sizes &= sizes - 1) {
        unsigned ps = (unsigned)__builtin_ctzll(sizes);
        for (int i = t->bucket[tlb_hash(rid, va, ps)]; i >= 0; i = t->slot[i].next) {
            struct tlb_entry *e = &t->slot[i];
            if (e->rid == rid && (va & ~e->mask) == e->va) return e;
        }
    }
    return NULL;
}

static inline struct tlb *mmu_tlb(const struct mmu *mmu, bool inst)
{
    return &mmu->priv->tlb[inst];
}

static inline u64 region_offset(u64 va)
{
    return va & mask64(VA_BITS);
}

/* tlb.c */
void tlb_reset(struct tlb *t, bool inst);
struct tlb_entry *tlb_insert_tc(struct mmu *mmu, bool inst, u64 ifa, u64 itir, u64 pte);
struct tlb_entry *tlb_lookup(struct mmu *mmu, bool inst, u64 va);

/* vhpt.c: search the VHPT after a miss and insert what it holds. */
bool vhpt_enabled(const struct mmu *mmu, u64 va, unsigned how);
enum mmu_fault vhpt_walk(struct mmu *mmu, bool inst, u64 va, struct tlb_entry **out);
/* Read the entry without touching anything. */
bool vhpt_peek(struct mmu *mmu, u64 va, u64 *pte, u64 *itir);

/* slow.c: TLB, then VHPT. */
enum mmu_fault mmu_translate(struct mmu *mmu, u64 va, unsigned how, struct tlb_entry **out);
unsigned mmu_entry_conditions(const struct mmu *mmu, const struct tlb_entry *e, unsigned how,
                              unsigned level);

/* soft.c */
void soft_init(struct mmu *mmu);
void soft_reset(struct mmu *mmu);
void soft_region(struct mmu *mmu, unsigned region);           /* its rid changed */
void soft_select(struct mmu *mmu);           /* psr or rsc changed: choose the hot pointers */
void soft_forget(struct mmu *mmu, u32 rid, u64 va, u64 mask); /* one translation went away */
void soft_forget_keyed(struct mmu *mmu);            /* a protection key register changed */
void soft_fill(struct mmu *mmu, u64 va, u64 pa, unsigned how, unsigned level,
               const struct tlb_entry *e);          /* e: NULL in physical mode */
void soft_code_set(void *opaque, u64 page_pa);

#endif
