/* Translation answers questions; it never raises interruptions.  PUBLIC.
 *
 * The mmu is given psr bits and privilege levels and returns what went wrong, in the SDM's order
 * of priority; cpu/ turns that into an interruption.  In front stands the softTLB: per region and
 * mode a direct-mapped set of {virtual page, addend}, so that the common access is a compare and
 * an add.  Only plain cases get in (RAM, write-back, rights, keys and bits already checked, no
 * debug registers, little endian); everything else takes mmu_access.
 * SDM volume 2 chapter 4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MMU_MMU_H
#define MMU_MMU_H

#include <string.h>

#include "base/bits.h"
#include "mmu/physmem.h"

/* What a reference is; ORed.  The privilege level goes separately. */
enum mmu_how {
    MMU_READ = 1,
    MMU_WRITE = 2,
    MMU_EXEC = 4,
    MMU_RSE = 8,         /* uses psr.rt instead of psr.dt */
    MMU_SPEC = 16,       /* ld.s and friends: only the order of checks is affected */
    MMU_NO_RIGHTS = 32,  /* tpa, fc at cpl 0: translate, present, NaT page only */
    MMU_NO_KEYS = 64,
    MMU_NO_DEBUG = 128,
    MMU_NO_ALIGN = 256,  /* lfetch, probe: no alignment check */
    MMU_ALIGNED = 512,   /* semaphores, 16-byte integer: natural alignment always required */
    MMU_WB_ONLY = 1024,  /* semaphores: other attributes are Unsupported Data Reference */
    MMU_NO_BITS = 2048,  /* no access and dirty bit checks */
    MMU_VIRTUAL = 4096,  /* tpa, probe: translate even while psr.dt is 0 (the walker is off then) */
};

/* What went wrong, in ascending order of the SDM's check sequence (SDM 2:70 figure 4-16, 2:106). */
enum mmu_fault {
    MMU_OK,
    MMU_UNIMPLEMENTED,    /* Unimplemented Data (or Instruction) Address */
    MMU_ALTERNATE,        /* TLB miss, walker disabled for this region or reference */
    MMU_VHPT,             /* TLB miss on the walker's own access; iha is valid */
    MMU_MISS,             /* TLB miss, walker found no usable entry; iha is valid */
    MMU_NOT_PRESENT,
    MMU_NAT_PAGE,
    MMU_KEY_MISS,
    MMU_KEY_PERMISSION,
    MMU_ACCESS_RIGHTS,
    MMU_DIRTY,
    MMU_ACCESS_BIT,
    MMU_DEBUG,
    MMU_UNALIGNED,
    MMU_UNSUPPORTED,      /* Unsupported Data Reference */
    MMU_MACHINE_CHECK,    /* insertion or purge overlaps a TR; never from a reference */
    MMU_WATCHED,          /* nothing went wrong: a debugger waits for this one; cpu/ says it */
};

enum mmu_attr { MA_WB = 0, MA_UC = 4, MA_UCE = 5, MA_WC = 6, MA_NATPAGE = 7 };

/* Where a reference lands. */
struct mmu_span {
    u8 *host;   /* NULL: a device, nothing at all, or ROM on a write: use physmem_io_* */
    u64 pa;
    u8 ma;      /* enum mmu_attr */
    u8 pl, ar;  /* of the translation; physical mode: 0, 7 */
    bool ed;    /* the translation's exception-deferral bit; 0 in physical mode */
};

#define SOFT_ENTRIES 512
struct soft_entry {
    u64 tag;      /* virtual page address; ~0 never matches */
    u64 addend;   /* host address - virtual address */
};
struct soft_set {
    struct soft_entry rd[SOFT_ENTRIES], wr[SOFT_ENTRIES];
};

struct mmu_debug_pair {
    u64 addr, mask;
};

/* Bytes that a debugger waits for, by their virtual address (psr.dt or not). */
struct mmu_watch {
    u64 addr, len;
    unsigned how; /* MMU_READ, MMU_WRITE */
};

struct mmu_priv;

struct mmu {
    /* hot: the sets in force, by virtual region; chosen when psr, rsc or a rr change */
    struct soft_set *data[8];
    struct soft_set *rse[8];
    u64 rr[8];
    u64 code_ctx[8];   /* identifies (rid, it, cpl) per region: tag of the cpu's code lookups */
    u64 code_epoch;    /* bumped whenever an instruction translation may have gone away */
    bool code_watch;   /* psr.db and a live IBR: ask mmu_fetch for every bundle */

    /* warm */
    u64 psr;           /* as of the last mmu_set_psr */
    u8 cpl, rsc_pl, rsc_be;
    u8 level_floor;    /* no translation gets a more privileged level than this */
    u64 dcr;           /* be for the walker */
    u64 pta;
    u64 pkr[16];
    struct mmu_debug_pair ibr[4], dbr[4];
    u64 iha;           /* address of the VHPT entry of the last miss */
    struct mmu_watch *watches;
    unsigned watch_count;
    struct physmem *pm;
    struct mmu_priv *priv; /* TRs, TCs, pool of soft sets */
};

#define MMU_ITRS 64
#define MMU_DTRS 64
#define MMU_ITCS 128
#define MMU_DTCS 128
#define MMU_PKRS 16
#define MMU_RID_BITS 24
#define MMU_VA_MSB 60  /* every virtual address is implemented, as on Itanium 2 */

void mmu_init(struct mmu *mmu, struct physmem *pm); /* it must then stay where it is */
void mmu_destroy(struct mmu *mmu);
void mmu_reset(struct mmu *mmu);

/* The processor's mode changed: psr bits be, ac, ic, pk, dt, db, rt, cpl, it, id, da, dd and ia are
 * looked at.  Cheap enough to be called for every change of psr. */
void mmu_set_psr(struct mmu *mmu, u64 psr);
void mmu_set_rsc(struct mmu *mmu, unsigned pl, bool be);
void mmu_set_rr(struct mmu *mmu, unsigned region, u64 value);
void mmu_set_pkr(struct mmu *mmu, unsigned i, u64 value);
void mmu_set_pta(struct mmu *mmu, u64 value);
void mmu_set_dbr(struct mmu *mmu, unsigned i, u64 value); /* i: register number 0..7 */
void mmu_set_ibr(struct mmu *mmu, unsigned i, u64 value);
u64 mmu_dbr(const struct mmu *mmu, unsigned i);
/* For hypervisors: raise the level of every translation inserted from now on, by whatever way. */
void mmu_set_level_floor(struct mmu *mmu, unsigned level);
u64 mmu_ibr(const struct mmu *mmu, unsigned i);

/* One reference of `size` bytes, all checks in the SDM's order, at privilege `level`.  Never
 * crosses an aligned 16-byte window (callers split or fault).  Feeds the softTLB where allowed. */
enum mmu_fault mmu_access(struct mmu *mmu, u64 va, unsigned size, unsigned how, unsigned level,
                          struct mmu_span *out) MUST_USE;
/* The same reference as a speculative load sees it: the set (1 << MMU_xxx) of all conditions that
 * no other condition precludes, 0 if there are none (SDM 2:106, table 5-3).  The caller defers
 * those that dcr and the code page allow and faults on the lowest bit that remains. */
unsigned mmu_conditions(struct mmu *mmu, u64 va, unsigned size, unsigned how, unsigned level,
                        struct mmu_span *out) MUST_USE;
/* Instruction fetch at the current cpl; out->pl and ->ar serve epc, ->ed serves deferral. */
enum mmu_fault mmu_fetch(struct mmu *mmu, u64 ip, struct mmu_span *out) MUST_USE;
/* The same without side effects on any TLB state and without checks: for debuggers and traces. */
bool mmu_peek(struct mmu *mmu, u64 va, bool exec, u64 *pa);

/* itc, itr: `pte` in the format of SDM 2:4.1.1.5, `itir`, `ifa`.  MMU_OK, or MMU_MACHINE_CHECK and
 * nothing inserted on an overlap with a translation register (other than the one in `slot`).
 * Reserved fields: test with mmu_pte_valid first. */
bool mmu_pte_valid(u64 pte, u64 itir);
enum mmu_fault mmu_insert_tc(struct mmu *mmu, bool inst, u64 ifa, u64 itir, u64 pte) MUST_USE;
enum mmu_fault mmu_insert_tr(struct mmu *mmu, bool inst, unsigned slot, u64 ifa, u64 itir,
                             u64 pte) MUST_USE;
/* ptc.l: this cpu.  Purges, then reports MMU_MACHINE_CHECK if a TR overlaps the range. */
enum mmu_fault mmu_purge_tc(struct mmu *mmu, u64 va, unsigned ps) MUST_USE;
/* ptc.g/.ga as seen by any processor: rid given, the sender's.  Only the sender takes the machine
 * check (SDM 2:52, table 4-1). */
enum mmu_fault mmu_purge_tc_rid(struct mmu *mmu, u64 va, unsigned ps, u64 rid) MUST_USE;
void mmu_purge_tr(struct mmu *mmu, bool inst, u64 va, unsigned ps);
void mmu_purge_all_tc(struct mmu *mmu); /* ptc.e */

u64 mmu_thash(struct mmu *mmu, u64 va);
u64 mmu_ttag(struct mmu *mmu, u64 va);
u64 mmu_tak(struct mmu *mmu, u64 va);  /* key << 8, or 1 */
/* The regular forms of probe: MMU_OK with *allowed, or the fault that probe itself raises.  `level`
 * is the operand; the current cpl bounds it.  probe.fault is mmu_access with MMU_NO_ALIGN. */
enum mmu_fault mmu_probe(struct mmu *mmu, u64 va, unsigned how, unsigned level,
                         bool *allowed) MUST_USE;
bool mmu_va_implemented(u64 va);

/* Forget softTLB (write) entries.  Nobody has to: purges, register writes and physmem_set_code do
 * what is needed by themselves. */
void mmu_flush_writes(struct mmu *mmu);
void mmu_flush_soft(struct mmu *mmu);

/* References to pages with watched bytes take no short cuts: they all come to mmu_access, before
 * which cpu/ asks whether this is one of them.  Replaces the former list. */
void mmu_set_watches(struct mmu *mmu, const struct mmu_watch *list, unsigned n);
bool mmu_watched(const struct mmu *mmu, u64 va, unsigned size, unsigned how);

/* State, for --dump-state, monitors, hashes: TR i as {valid, ifa, itir, pte, rid}. */
struct mmu_tr {
    bool valid;
    u64 ifa, itir, pte, rid;
};
struct mmu_tr mmu_get_tr(const struct mmu *mmu, bool inst, unsigned slot);
/* The TC has this many slots; look at `valid`. */
unsigned mmu_tc_count(const struct mmu *mmu, bool inst);
struct mmu_tr mmu_get_tc(const struct mmu *mmu, bool inst, unsigned i);
u64 mmu_hash(const struct mmu *mmu, u64 seed); /* of all translation state that a guest could see */

/* The fast path.  Host pointer for an aligned access of `size` (1, 2, 4, 8, 16) bytes, or NULL. */
static ALWAYS_INLINE u8 *soft_read(const struct mmu *mmu, u64 va, unsigned size)
{
    const struct soft_entry *e = &mmu->data[va >> 61]->rd[(va >> PHYS_PAGE_BITS) % SOFT_ENTRIES];
    if (likely((va & (~(PHYS_PAGE_SIZE - 1) | (size - 1))) == e->tag)) {
        return (u8 *)(uintptr_t)(e->addend + va);
    }
    return NULL;
}

static ALWAYS_INLINE u8 *soft_write(const struct mmu *mmu, u64 va, unsigned size)
{
    const struct soft_entry *e = &mmu->data[va >> 61]->wr[(va >> PHYS_PAGE_BITS) % SOFT_ENTRIES];
    if (likely((va & (~(PHYS_PAGE_SIZE - 1) | (size - 1))) == e->tag)) {
        return (u8 *)(uintptr_t)(e->addend + va);
    }
    return NULL;
}

static ALWAYS_INLINE u8 *soft_rse(const struct mmu *mmu, u64 va, bool write)
{
    const struct soft_set *s = mmu->rse[va >> 61];
    const struct soft_entry *e = write ? &s->wr[(va >> PHYS_PAGE_BITS) % SOFT_ENTRIES]
                                       : &s->rd[(va >> PHYS_PAGE_BITS) % SOFT_ENTRIES];
    if (likely((va & ~(PHYS_PAGE_SIZE - 1)) == e->tag)) {
        return (u8 *)(uintptr_t)(e->addend + va);
    }
    return NULL;
}

#endif
