/* The whole truth about a reference: everything the softTLB refuses comes here.
 *
 * The checks are not a chain of ifs but a set: each condition that holds sets the bit of its enum
 * mmu_fault, and since that enum is in the SDM's order of priority, the fault of an ordinary
 * reference is the lowest bit.  Speculative loads get the set itself, less what is precluded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define COND(x) (1u << (x))
#define MISSES (COND(MMU_ALTERNATE) | COND(MMU_VHPT) | COND(MMU_MISS))
#define RIGHTS                                                                                     \
    (COND(MMU_KEY_MISS) | COND(MMU_KEY_PERMISSION) | COND(MMU_ACCESS_RIGHTS) | COND(MMU_DIRTY) |   \
     COND(MMU_ACCESS_BIT))

/* SDM 2:56.  Rows: access rights 0 to 7; then page level 0 to 3, current level 0 to 3. */
#define R MMU_READ
#define X MMU_EXEC
#define RX (MMU_READ | MMU_EXEC)
#define RW (MMU_READ | MMU_WRITE)
#define RWX (MMU_READ | MMU_WRITE | MMU_EXEC)
const u8 mmu_rights[8][4][4] = {
    {{ R,   0,   0,   0 }, { R,   R,   0,   0 }, { R,   R,   R,   0 }, { R,   R,   R,   R }},
    {{ RX,  0,   0,   0 }, { RX,  RX,  0,   0 }, { RX,  RX,  RX,  0 }, { RX,  RX,  RX,  RX }},
    {{ RW,  0,   0,   0 }, { RW,  RW,  0,   0 }, { RW,  RW,  RW,  0 }, { RW,  RW,  RW,  RW }},
    {{ RWX, 0,   0,   0 }, { RWX, RWX, 0,   0 }, { RWX, RWX, RWX, 0 }, { RWX, RWX, RWX, RWX }},
    {{ RW,  0,   0,   0 }, { RW,  R,   0,   0 }, { RW,  RW,  R,   0 }, { RW,  RW,  RW,  R }},
    {{ RWX, 0,   0,   0 }, { RWX, RX,  0,   0 }, { RWX, RX,  RX,  0 }, { RWX, RX,  RX,  RX }},
    {{ RW,  0,   0,   0 }, { RW,  RWX, 0,   0 }, { RW,  RW,  RWX, 0 }, { RW,  RW,  RW,  RWX }},
    {{ RX,  X,   X,   X }, { RX,  X,   X,   X }, { RX,  X,   X,   X }, { RX,  X,   X,   X }},
};
#undef R
#undef X
#undef RX
#undef RW
#undef RWX

bool mmu_va_implemented(u64 va)
{
    (void)va; /* bits 60:0 and the region number: all there is */
    return true;
}

enum mmu_fault mmu_translate(struct mmu *mmu, u64 va, unsigned how, struct tlb_entry **out)
{
    bool inst = how & MMU_EXEC;
    *out = tlb_lookup(mmu, inst, va);
    if (likely(*out != NULL)) return MMU_OK;
    if (!vhpt_enabled(mmu, va, how)) return MMU_ALTERNATE;
    return vhpt_walk(mmu, inst, va, out);
}

/* pkr: v 0, wd 1, rd 2, xd 3, key 31:8. */
static unsigned key_conditions(const struct mmu *mmu, u32 key, unsigned how)
{
    for (unsigned i = 0; i < MMU_PKRS; i++) {
        u64 pkr = mmu->pkr[i];
        if (!bit(pkr, 0) || bits(pkr, 31, 8) != key) continue;
        bool denied = (bit(pkr, 1) && (how & MMU_WRITE)) || (bit(pkr, 2) && (how & MMU_READ)) ||
                      (bit(pkr, 3) && (how & MMU_EXEC));
        return denied ? COND(MMU_KEY_PERMISSION) : 0;
    }
    return COND(MMU_KEY_MISS);
}

static unsigned bit_conditions(const struct mmu *mmu, const struct tlb_entry *e, unsigned how)
{
    if (bit(mmu->psr, how & MMU_EXEC ? PSR_IA : PSR_DA)) return 0;
    unsigned c = e->a ? 0 : COND(MMU_ACCESS_BIT);
    return !e->d && (how & MMU_WRITE) ? c | COND(MMU_DIRTY) : c;
}

/* What the translation itself has against the reference. */
unsigned mmu_entry_conditions(const struct mmu *mmu, const struct tlb_entry *e, unsigned how,
                              unsigned level)
{
    if (!e->p) return COND(MMU_NOT_PRESENT); /* no other field means anything */
    unsigned c = e->ma == MA_NATPAGE ? COND(MMU_NAT_PAGE) : 0;
    if (how & MMU_NO_RIGHTS) return c;
    if (bit(mmu->psr, PSR_PK) && !(how & MMU_NO_KEYS)) c |= key_conditions(mmu, e->key, how);
    if (how & (MMU_READ | MMU_WRITE | MMU_EXEC) & ~mmu_rights[e->ar][e->pl][level & 3]) {
        c |= COND(MMU_ACCESS_RIGHTS);
    }
    return how & MMU_NO_BITS ? c : c | bit_conditions(mmu, e, how);
}

/* Address bits 63:56 have no mask bits and are always compared (SDM 2:153). */
static bool pair_matches(const struct mmu_debug_pair *pair, u64 va, unsigned size, u64 compared)
{
    u64 mask = (bits(pair->mask, 55, 0) | 0xffull << 56) & compared;
    for (unsigned i = 0; i < size; i++) {
        if (((va + i) & mask) == (pair->addr & mask)) return true;
    }
    return false;
}

static NOINLINE unsigned data_debug(const struct mmu *mmu, u64 va, unsigned size, unsigned how)
{
    u64 types = (how & MMU_READ ? 1ull << 63 : 0) | (how & MMU_WRITE ? 1ull << 62 : 0);
    for (unsigned i = 0; i < 4; i++) {
        const struct mmu_debug_pair *pair = &mmu->dbr[i];
        if ((pair->mask & types) && bit(pair->mask, 56 + mmu->cpl) &&
            pair_matches(pair, va, size, ~0ull)) {
            return COND(MMU_DEBUG);
        }
    }
    return 0;
}

static unsigned round_up_pow2(unsigned n)
{
    return n <= 1 ? 1 : 1u << (32 - __builtin_clz(n - 1));
}

/* What the address alone has against the reference, wherever it leads. */
static unsigned address_conditions(const struct mmu *mmu, u64 va, unsigned size, unsigned how)
{
    unsigned c = 0;
    if (mmu->priv->dbr_live && bit(mmu->psr, PSR_DB) && !bit(mmu->psr, PSR_DD) &&
        !(how & (MMU_NO_DEBUG | MMU_NO_RIGHTS))) {
        c = data_debug(mmu, va, size, how);
    }
    bool aligned = !(va & (round_up_pow2(size) - 1));
    if (!aligned && !(how & (MMU_NO_ALIGN | MMU_NO_RIGHTS | MMU_RSE)) &&
        (bit(mmu->psr, PSR_AC) || (how & MMU_ALIGNED))) {
        c |= COND(MMU_UNALIGNED);
    }
    return c;
}

static void set_host(struct mmu *mmu, unsigned size, unsigned how, struct mmu_span *out)
{
    out->host = physmem_host(mmu->pm, out->pa, size);
    if ((how & MMU_WRITE) && out->host && physmem_is_rom(mmu->pm, out->pa)) out->host = NULL;
}

static bool translated(const struct mmu *mmu, unsigned how)
{
    return (how & MMU_VIRTUAL) || bit(mmu->psr, how & MMU_RSE ? PSR_RT : PSR_DT);
}

static struct mmu_span physical_span(u64 va)
{
    return (struct mmu_span){.pa = va & PHYS_ADDR_MASK, .ma = va >> 63 ? MA_UC : MA_WB, .ar = 7};
}

static struct mmu_span virtual_span(const struct tlb_entry *e, u64 va)
{
    return (struct mmu_span){.pa = e->pa | (va & e->mask), .ma = e->ma, .pl = e->pl, .ar = e->ar,
                             .ed = e->ed};
}

/* All conditions of a data reference, nothing precluded yet; *out and *e as far as known. */
static inline unsigned examine(struct mmu *mmu, u64 va, unsigned size, unsigned how,
                               unsigned level, struct mmu_span *out, struct tlb_entry **e)
{
    unsigned c = 0;
    *e = NULL;
    if (translated(mmu, how)) {
        enum mmu_fault miss = mmu_translate(mmu, va, how, e);
        if (unlikely(miss)) {
            *out = (struct mmu_span){.host = NULL};
            return COND(miss) | address_conditions(mmu, va, size, how);
        }
        c = mmu_entry_conditions(mmu, *e, how, level);
        *out = virtual_span(*e, va);
    } else {
        *out = physical_span(va);
        if (bits(va, 62, PHYS_ADDR_BITS)) return COND(MMU_UNIMPLEMENTED);
    }
    if ((how & MMU_WB_ONLY) && out->ma != MA_WB) c |= COND(MMU_UNSUPPORTED);
    return c | address_conditions(mmu, va, size, how);
}

static void land(struct mmu *mmu, u64 va, unsigned size, unsigned how, unsigned level,
                 struct mmu_span *out, const struct tlb_entry *e)
{
    set_host(mmu, size, how, out);
    if (out->ma == MA_WB && out->host) soft_fill(mmu, va, out->pa, how, level, e);
}

enum mmu_fault mmu_access(struct mmu *mmu, u64 va, unsigned size, unsigned how, unsigned level,
                          struct mmu_span *out)
{
    struct tlb_entry *e;
    unsigned c = examine(mmu, va, size, how, level, out, &e);
    if (unlikely(c)) return (enum mmu_fault)__builtin_ctz(c);
    land(mmu, va, size, how, level, out, e);
    return MMU_OK;
}

/* SDM 2:106, table 5-3.  A miss or an absent page leaves only the debug condition meaningful, a
 * NaTPage makes keys, rights and bits meaningless. */
static unsigned qualify(unsigned c)
{
    if (c & COND(MMU_UNIMPLEMENTED)) return COND(MMU_UNIMPLEMENTED);
    if (c & (MISSES | COND(MMU_NOT_PRESENT))) {
        return c & (MISSES | COND(MMU_NOT_PRESENT) | COND(MMU_DEBUG));
    }
    return c & COND(MMU_NAT_PAGE) ? c & ~RIGHTS : c;
}

unsigned mmu_conditions(struct mmu *mmu, u64 va, unsigned size, unsigned how, unsigned level,
                        struct mmu_span *out)
{
    struct tlb_entry *e;
    unsigned c = qualify(examine(mmu, va, size, how, level, out, &e));
    if (!c) land(mmu, va, size, how, level, out, e);
    return c;
}

/* ibr address bits 3:0 are ignored: bundles match as a whole (SDM 2:153). */
static bool fetch_debug(const struct mmu *mmu, u64 ip)
{
    if (!mmu->code_watch || bit(mmu->psr, PSR_ID)) return false;
    for (unsigned i = 0; i < 4; i++) {
        const struct mmu_debug_pair *pair = &mmu->ibr[i];
        if (bit(pair->mask, 63) && bit(pair->mask, 56 + mmu->cpl) &&
            pair_matches(pair, ip, 1, ~15ull)) {
            return true;
        }
    }
    return false;
}

enum mmu_fault mmu_fetch(struct mmu *mmu, u64 ip, struct mmu_span *out)
{
    unsigned c = fetch_debug(mmu, ip) ? COND(MMU_DEBUG) : 0;
    if (bit(mmu->psr, PSR_IT)) {
        struct tlb_entry *e;
        enum mmu_fault miss = mmu_translate(mmu, ip, MMU_EXEC, &e);
        if (miss) return miss;
        c |= mmu_entry_conditions(mmu, e, MMU_EXEC, mmu->cpl);
        *out = virtual_span(e, ip);
        e->fetched = true;
    } else {
        if (bits(ip, 62, PHYS_ADDR_BITS)) return MMU_UNIMPLEMENTED;
        *out = physical_span(ip);
    }
    if (c) return (enum mmu_fault)__builtin_ctz(c);
    out->host = physmem_host(mmu->pm, out->pa, 16 - out->pa % 16);
    return MMU_OK;
}

bool mmu_peek(struct mmu *mmu, u64 va, bool exec, u64 *pa)
{
    u64 pte, itir;
    if (!bit(mmu->psr, exec ? PSR_IT : PSR_DT)) {
        *pa = va & PHYS_ADDR_MASK;
        return !bits(va, 62, PHYS_ADDR_BITS);
    }
    const struct tlb_entry *e = tlb_lookup(mmu, exec, va);
    if (e) {
        *pa = e->pa | (va & e->mask);
        return e->p;
    }
    if (!vhpt_peek(mmu, va, &pte, &itir) || !bit(pte, 0)) return false;
    u64 mask = mask64((unsigned)bits(itir, 7, 2));
    *pa = (bits(pte, 49, 12) << 12 & ~mask) | (va & mask);
    return true;
}
