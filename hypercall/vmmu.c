/* The guest's view of translation on top of the emulated mmu.
 *
 * Region registers, the page table address and the guest's inserts go to the real mmu, with page
 * levels raised to 1 (mmu_set_level_floor).  Physical mode of the guest ("metaphysical") is a
 * region id of its own in region 0, filled with identity translations on demand, so that switching
 * it is one region register.  The pages shared with the guest are pinned in translation registers
 * that the guest does not know of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

#define METAPHYSICAL_RID (1ull << (GUEST_RID_BITS + 1))
#define PTE_IDENTITY 0x661ull      /* present, accessed, dirty, write-back, level 0, RWX */
#define PTE_PPN (mask64(50) & ~0xfffull)
#define PTE_MA (7ull << 2)
#define PTE_DROPPED (mask64(11) << 53)
#define IDENTITY_SHIFT 24u         /* identity pages are as large as a granule */
#define PIN_SHARED (MMU_DTRS - 1)
#define PIN_REGS (MMU_DTRS - 2)
#define REGION7_LIMIT (1ull << 50)

static u64 offset_of(u64 va)
{
    return va & mask64(61);
}

bool vmmu_rr_valid(u64 value)
{
    u64 ps = bits(value, 7, 2);
    return !(value & ~RR_WRITABLE) && !bit(value, 1) && bits(value, 31, 8) < 1u << GUEST_RID_BITS &&
           (ps == 0 || (ps >= 12 && ps <= 28)); /* 0: Mini-OS writes it and means nothing by it */
}

/* What the real register holds: metaphysical mode hides region 0 of the guest. */
static u64 real_rr(const struct hv_vcpu *v, unsigned region)
{
    u64 value = v->rr[region];
    if (!bits(value, 7, 2)) value |= (u64)XEN_PAGE_SHIFT << 2;
    if (region || !v->metaphysical) return value;
    return (value & 0xfc) | METAPHYSICAL_RID << 8;
}

static void load_rr(struct hv_vcpu *v, unsigned region)
{
    cpu_set_rr(v->cpu, region, real_rr(v, region));
}

void vmmu_set_rr(struct hv_vcpu *v, unsigned region, u64 value)
{
    bool moved = bits(v->rr[region], 31, 8) != bits(value, 31, 8);
    v->rr[region] = v->xsi->rrs[region] = value;
    load_rr(v, region);
    if (region == 7 && moved) vmmu_pin(v);
}

void vmmu_set_pta(struct hv_vcpu *v, u64 value)
{
    v->pta = v->xsi->pta = value;
    cpu_set_cr(v->cpu, CR_PTA, value);
}

void vmmu_set_metaphysical(struct hv_vcpu *v, bool on)
{
    v->xsi->metaphysical_mode = on;
    if (v->metaphysical == on) return;
    v->metaphysical = on;
    load_rr(v, 0);
}

/* A register of ours that holds another space's translation is emptied by purging it there. */
static void drop_pin(struct hv_vcpu *v, unsigned slot)
{
    struct mmu *mmu = cpu_mmu(v->cpu);
    struct mmu_tr tr = mmu_get_tr(mmu, false, slot);
    if (!tr.valid) return;
    cpu_set_rr(v->cpu, 7, tr.rid << 8 | XEN_PAGE_SHIFT << 2);
    mmu_purge_tr(mmu, false, tr.ifa, XEN_PAGE_SHIFT);
}

static void pin_page(struct hv_vcpu *v, unsigned slot, u64 va, u64 pa)
{
    enum mmu_fault why = mmu_insert_tr(cpu_mmu(v->cpu), false, slot, va, XEN_PAGE_SHIFT << 2,
                                       PTE_IDENTITY | pa);
    if (why != MMU_OK) domain_crash(v, "a translation register hides the shared pages");
}

void vmmu_pin(struct hv_vcpu *v)
{
    drop_pin(v, PIN_SHARED);
    drop_pin(v, PIN_REGS);
    load_rr(v, 7);
    pin_page(v, PIN_SHARED, v->d->shared_va, v->d->special_pa);
    pin_page(v, PIN_REGS, v->d->shared_va + XEN_PAGE_SIZE, v->xsi_pa);
}

/* --- inserting -------------------------------------------------------------------------------- */

/* The attribute is the hypervisor's business: memory is always write-back. */
static u64 normalised(struct hv_vcpu *v, u64 pte)
{
    u64 ma = bits(pte, 4, 2);
    pte &= ~PTE_DROPPED;
    if (!bit(pte, 0) || ma == MA_NATPAGE) return pte;
    if (physmem_kind(v->d->pm, pte & PTE_PPN) == PHYS_RAM) return pte & ~PTE_MA;
    return pte;
}

/* Insert with the page size given, or only the 16 KB page around `ifa` where that would overlap a
 * translation register. */
static bool insert(struct hv_vcpu *v, bool inst, u64 ifa, u64 itir, u64 pte)
{
    struct mmu *mmu = cpu_mmu(v->cpu);
    unsigned ps = (unsigned)bits(itir, 7, 2);
    if (!mmu_pte_valid(pte, itir)) return false;
    if (mmu_insert_tc(mmu, inst, ifa, itir, pte) == MMU_OK) return true;
    if (ps <= XEN_PAGE_SHIFT) return false;
    u64 pa = ((pte & PTE_PPN) & ~mask64(ps)) | (ifa & mask64(ps) & ~mask64(XEN_PAGE_SHIFT));
    return mmu_insert_tc(mmu, inst, ifa, deposit(itir, 7, 2, XEN_PAGE_SHIFT),
                         (pte & ~PTE_PPN) | pa) == MMU_OK;
}

/* What the guest asked for, whatever becomes of it. */
static void tell(struct hv_vcpu *v, enum event_tlb which, u64 va, u64 arg, s32 ps)
{
    if (!cpu_listens(v->cpu, EVENT_TLB)) return;
    struct event e = cpu_event(v->cpu, EVENT_TLB, (s32)which, ps);
    e.args[0] = va;
    e.args[1] = arg;
    e.nargs = 2;
    cpu_tell(v->cpu, &e);
}

/* The guest's inserts mean its own region 0, also in metaphysical mode. */
static void with_guest_region(struct hv_vcpu *v, u64 ifa)
{
    if (v->metaphysical && ifa >> 61 == 0) cpu_set_rr(v->cpu, 0, v->rr[0]);
}

bool vmmu_insert_tc(struct hv_vcpu *v, bool inst, u64 pte)
{
    u64 ifa = v->xsi->ifa, itir = v->xsi->itir & RR_FIELDS;
    tell(v, inst ? TLB_ITC_I : TLB_ITC_D, ifa, pte, (s32)bits(itir, 7, 2));
    with_guest_region(v, ifa);
    bool ok = insert(v, inst, ifa, itir, normalised(v, pte));
    load_rr(v, (unsigned)(ifa >> 61));
    return ok;
}

bool vmmu_insert_tr(struct hv_vcpu *v, bool inst, unsigned slot, u64 pte)
{
    u64 ifa = v->xsi->ifa, itir = v->xsi->itir & RR_FIELDS;
    struct mmu *mmu = cpu_mmu(v->cpu);
    tell(v, inst ? TLB_ITR_I : TLB_ITR_D, ifa, pte, (s32)bits(itir, 7, 2));
    pte = normalised(v, pte);
    if (slot >= GUEST_TRS || !mmu_pte_valid(pte, itir)) return false;
    with_guest_region(v, ifa);
    enum mmu_fault why = mmu_insert_tr(mmu, inst, slot, ifa, itir, pte);
    if (why != MMU_OK) { /* overlaps another slot: the newer one wins */
        mmu_purge_tr(mmu, inst, ifa, (unsigned)bits(itir, 7, 2));
        why = mmu_insert_tr(mmu, inst, slot, ifa, itir, pte);
        load_rr(v, (unsigned)(ifa >> 61));
        vmmu_pin(v);
    }
    load_rr(v, (unsigned)(ifa >> 61));
    return why == MMU_OK;
}

/* --- purging ---------------------------------------------------------------------------------- */

void vmmu_drop(struct hv_vcpu *v, u64 va, unsigned ps, bool everywhere)
{
    struct domain *d = v->d;
    u64 rid = bits(v->rr[va >> 61], 31, 8);
    for (unsigned i = 0; i < d->nvcpus; i++) {
        struct hv_vcpu *other = &d->vcpu[i];
        if (other != v && !everywhere) continue;
        enum mmu_fault why = mmu_purge_tc_rid(cpu_mmu(other->cpu), va, ps, rid);
        (void)why; /* translation registers stay, without a machine check */
    }
}

void vmmu_purge(struct hv_vcpu *v, u64 va, unsigned ps, bool everywhere)
{
    tell(v, everywhere ? TLB_PTC_GA : TLB_PTC_L, va, bits(v->rr[va >> 61], 31, 8), (s32)ps);
    vmmu_drop(v, va, ps, everywhere);
}

void vmmu_purge_tr(struct hv_vcpu *v, bool inst, u64 va, unsigned ps)
{
    tell(v, inst ? TLB_PTR_I : TLB_PTR_D, va, bits(v->rr[va >> 61], 31, 8), (s32)ps);
    with_guest_region(v, va);
    mmu_purge_tr(cpu_mmu(v->cpu), inst, va, ps);
    load_rr(v, (unsigned)(va >> 61));
    if (va >> 61 == 7) vmmu_pin(v);
}

void vmmu_purge_all(struct hv_vcpu *v)
{
    tell(v, TLB_PTC_E, 0, 0, -1);
    mmu_purge_all_tc(cpu_mmu(v->cpu));
}

/* --- misses that the guest never hears of ----------------------------------------------------- */

static bool fill_identity(struct hv_vcpu *v, u64 va, bool inst)
{
    count(v->d, COUNT_IDENTITY_PAGES);
    return insert(v, inst, va, IDENTITY_SHIFT << 2, PTE_IDENTITY | (va & PTE_PPN));
}

/* The hypervisor looks up data in the guest's instruction registers, too. */
static bool fill_from_itr(struct hv_vcpu *v, u64 va)
{
    u64 rid = bits(v->rr[va >> 61], 31, 8);
    for (unsigned i = 0; i < GUEST_TRS; i++) {
        struct mmu_tr tr = mmu_get_tr(cpu_mmu(v->cpu), true, i);
        unsigned ps = (unsigned)bits(tr.itir, 7, 2);
        if (!tr.valid || tr.rid != rid || offset_of(va ^ tr.ifa) >> ps) continue;
        u64 pa = ((tr.pte & PTE_PPN) & ~mask64(ps)) | (va & mask64(ps) & ~mask64(XEN_PAGE_SHIFT));
        count(v->d, COUNT_ITR_FOR_DATA);
        return insert(v, false, va, deposit(tr.itir, 7, 2, MIN(ps, XEN_PAGE_SHIFT)),
                      (tr.pte & ~PTE_PPN) | pa);
    }
    return false;
}

bool vmmu_walks(const struct hv_vcpu *v, u64 va)
{
    return bit(v->rr[va >> 61], 0) && bit(v->pta, 0);
}

/* IDENT_MAP_REG7: the guest has declared region 7 to be memory as it is. */
static bool fill_region7(struct hv_vcpu *v, u64 va, bool inst)
{
    const struct domain *d = v->d;
    u64 ps = bits(v->rr[7], 7, 2);
    bool kernel = (cpu_psr(v->cpu) & PSR_CPL) == 1ull << PSR_CPL_SHIFT;
    if (!d->reg7_on || va >> 61 != 7 || vmmu_walks(v, va) || !kernel) return false;
    if (offset_of(va) >= REGION7_LIMIT) return false;
    count(v->d, COUNT_REGION7_PAGES);
    return insert(v, inst, va, ps << 2 | (d->reg7_key & 0xffffff) << 8,
                  normalised(v, (va & PTE_PPN) | d->reg7_pgprot));
}

bool vmmu_fill(struct hv_vcpu *v, u64 va, bool inst)
{
    if (v->metaphysical && va >> 61 == 0) return fill_identity(v, va, inst);
    if (!inst && fill_from_itr(v, va)) return true;
    return fill_region7(v, va, inst);
}

/* --- questions -------------------------------------------------------------------------------- */

#define TPA_HOW                                                                                   \
    (MMU_READ | MMU_VIRTUAL | MMU_NO_RIGHTS | MMU_NO_KEYS | MMU_NO_DEBUG | MMU_NO_ALIGN |          \
     MMU_NO_BITS)

enum vmiss vmmu_tpa(struct hv_vcpu *v, u64 va, u64 *pa)
{
    struct mmu_span span = { .pa = 0 };
    enum mmu_fault why = mmu_access(cpu_mmu(v->cpu), va, 1, TPA_HOW, 1, &span);
    if (why != MMU_OK && vmmu_fill(v, va, false)) {
        why = mmu_access(cpu_mmu(v->cpu), va, 1, TPA_HOW, 1, &span);
    }
    *pa = span.pa;
    if (why == MMU_OK) return VM_OK;
    return vmmu_walks(v, va) ? VM_MISS : VM_ALTERNATE;
}

u64 vmmu_thash(const struct hv_vcpu *v, u64 va)
{
    u64 rr = v->rr[va >> 61], mask = mask64((unsigned)bits(v->pta, 7, 2)) & mask64(61);
    u64 entry = offset_of(va) >> bits(rr, 7, 2) << 3;
    return (va & 7ull << 61) | (v->pta & mask64(61) & ~mask & ~0x7fffull) | (entry & mask);
}
