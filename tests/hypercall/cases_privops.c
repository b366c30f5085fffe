/* Hyperprivops and native privileged instructions: registers before, what holds after.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/ledger.h"

#include <string.h>

#define VA 0xa000000100abc000ull       /* region 5 */
#define RR5 (0x500ull | 14 << 2)       /* region 5: rid 5, 16 KB pages, no VHPT */
#define PTE (0x661ull | 0x3000000)     /* to memory at 48 MB */
#define PTE_RESERVED (PTE | 2)
#define PAGE_16K (14ull << 2)
#define PAGE_2P63 (63ull << 2)
#define RFI_PSR (PSR_DT | PSR_RT | PSR_IT | PSR_IC | 1ull << 32)

/* An operation's operands, and what its test may want to know of the state before it. */
struct door {
    const char *row;
    enum kind kind;
    u64 r8, r9, r10, r11, r14;  /* of an instruction: r8 is the value, r9 what r3 selects */
    bool (*holds)(struct kit *k);
    void (*before)(struct kit *k);
    u32 file;                   /* of an instruction: the number in its r3 field, or an immediate */
};

static u64 r8(struct kit *k)
{
    return cpu_gr(k->cpu[0], 8, NULL);
}

/* --- predicates ------------------------------------------------------------------------------- */

static bool readable(struct kit *k, unsigned n, bool inst)
{
    struct mmu_span span;
    return mmu_access(cpu_mmu(k->cpu[n]), VA, 1, (inst ? MMU_EXEC : MMU_READ) | MMU_VIRTUAL, 1,
                      &span) == MMU_OK && (span.pa & ~0x3fffull) == 0x3000000;
}

static bool data_mapped(struct kit *k) { return readable(k, 0, false); }
static bool inst_mapped(struct kit *k) { return readable(k, 0, true); }
static bool data_gone(struct kit *k) { return !readable(k, 0, false); }
static bool inst_gone(struct kit *k) { return !readable(k, 0, true); }
static bool gone_everywhere(struct kit *k) { return data_gone(k) && !readable(k, 1, false); }
static bool gone_here_only(struct kit *k) { return data_gone(k) && readable(k, 1, false); }
static bool stopped(struct kit *k) { return k->crash[0]; }
static bool returned(struct kit *k)
{
    return !k->crash[0] && cpu_ip(k->cpu[0]) == KIT_ENTRY + 0x100 &&
           k->v->xsi->interrupt_collection_enabled && (cpu_cfm(k->cpu[0]) & 0x7f) == KIT_SOF;
}
static bool physical(struct kit *k) { return k->v->metaphysical && k->v->xsi->metaphysical_mode; }
static bool virtual(struct kit *k) { return !k->v->metaphysical && !k->v->xsi->metaphysical_mode; }
static bool covered(struct kit *k)
{
    return k->v->xsi->ifs == (IFS_VALID | KIT_SOF) && (cpu_cfm(k->cpu[0]) & 0x7f) == 0;
}
static bool events_on(struct kit *k) { return !k->v->info->upcall_mask; }
static bool events_off(struct kit *k) { return k->v->info->upcall_mask; }
static bool is_vector_40(struct kit *k) { return r8(k) == 0x40; }
static bool is_spurious(struct kit *k) { return r8(k) == 0x0f; }
static bool is_50(struct kit *k) { return r8(k) == 0x50; }
static bool is_0(struct kit *k) { return r8(k) == 0; }
static bool is_lid_1(struct kit *k) { return r8(k) == 0; } /* processor 0 */
static bool is_77(struct kit *k) { return r8(k) == 0x77; }
static bool tpr_60(struct kit *k) { return k->v->xsi->tpr == 0x60; }
static bool tpr_50(struct kit *k) { return k->v->xsi->tpr == 0x50; }
static bool served(struct kit *k) { return !(k->v->insvc[1] & 1); }
static bool timer_set(struct kit *k) { return k->v->itm == 1ull << 40; }
static bool hash(struct kit *k)
{
    u64 entry = (VA & 0x1fffffffffffffff) >> 14 << 3;
    return r8(k) == ((VA & 7ull << 61) | 0x1000000 | (entry & 0x7fff));
}
static bool is_rr5(struct kit *k) { return r8(k) == RR5; }
static bool rr5_new(struct kit *k)
{
    return k->v->rr[5] == (0x600 | 14 << 2) && k->v->xsi->rrs[5] == k->v->rr[5];
}
static bool rr5_old(struct kit *k) { return k->v->rr[5] == RR5; }
static bool rr0_to_4(struct kit *k)
{
    for (unsigned i = 0; i < 5; i++) {
        if (k->v->rr[i] != ((u64)(0x10 + i) << 8 | 14 << 2)) return false;
    }
    return true;
}
static bool rr0_old(struct kit *k) { return k->v->rr[0] != (0x10ull << 8 | 14 << 2); }
static bool kr3(struct kit *k) { return k->v->xsi->krs[3] == 0x77 && cpu_ar(k->cpu[0], 3) == 0x77; }
static bool no_kr(struct kit *k)
{
    for (unsigned i = 0; i < 8; i++) {
        if (k->v->xsi->krs[i] == 0x77) return false;
    }
    return true;
}
static bool is_xen(struct kit *k) { return r8(k) == 0x34366169 * 0x100000000ull + 0x2f6e6558; }
static bool little(struct kit *k) { return !(cpu_psr(k->cpu[0]) & PSR_BE); }
static bool big(struct kit *k) { return cpu_psr(k->cpu[0]) & PSR_BE; }
static bool no_ic(struct kit *k) { return !k->v->xsi->interrupt_collection_enabled; }
static bool ic(struct kit *k) { return k->v->xsi->interrupt_collection_enabled; }
static bool psr_has_ic(struct kit *k) { return (r8(k) & (PSR_IC | PSR_CPL)) == PSR_IC; }
static bool ifa_77(struct kit *k) { return k->v->xsi->ifa == 0x77; }
static bool pkr_77(struct kit *k) { return k->v->pkr[3] == 0x7701; }
static bool dbr_77(struct kit *k) { return k->v->dbr[3] == 0x77; }
static bool ibr_77(struct kit *k) { return k->v->ibr[3] == 0x77; }
static bool pmc_77(struct kit *k) { return k->v->pmc[3] == 0x77; }
static bool pmd_77(struct kit *k) { return k->v->pmd[3] == 0x77; }
static bool is_address(struct kit *k) { return r8(k) == 0x3000000; }
static bool missed(struct kit *k) { return k->v->xsi->ifa == VA && k->v->xsi->iip == KIT_ENTRY; }
static bool bank_0(struct kit *k) { return !k->v->xsi->banknum; }
static bool bank_1(struct kit *k) { return k->v->xsi->banknum; }

/* --- preparations ----------------------------------------------------------------------------- */

static void page_size(struct kit *k)
{
    k->v->xsi->ifa = VA;
    k->v->xsi->itir = PAGE_16K;
}

static void page_too_large(struct kit *k)
{
    k->v->xsi->ifa = VA;
    k->v->xsi->itir = PAGE_2P63;
}

static void mapped_data(struct kit *k)
{
    vcpu_start(&k->d->vcpu[1], KIT_ENTRY, false);
    for (unsigned n = 0; n < 2; n++) {
        struct hv_vcpu *v = &k->d->vcpu[n];
        vmmu_set_rr(v, 5, RR5);
        v->xsi->ifa = VA;
        v->xsi->itir = PAGE_16K;
        assert_true(vmmu_insert_tc(v, false, PTE));
        assert_true(readable(k, n, false));
    }
}

static void registered(struct kit *k)
{
    page_size(k);
    assert_true(vmmu_insert_tr(k->v, false, 3, PTE) && vmmu_insert_tr(k->v, true, 3, PTE));
}

static void to_return(struct kit *k)
{
    k->v->xsi->ipsr = RFI_PSR;
    k->v->xsi->iip = KIT_ENTRY + 0x100;
    k->v->xsi->ifs = IFS_VALID | KIT_SOF;
}

static void to_slot_3(struct kit *k)
{
    to_return(k);
    k->v->xsi->ipsr |= PSR_RI;
}

static void vector_40(struct kit *k) { legacy_post(k->v, 0x40); }
static void in_service(struct kit *k)
{
    vector_40(k);
    assert_int_equal(legacy_get_ivr(k->v), 0x40);
}
static void masked(struct kit *k) { set_virtual_i(k->v, false); }
static void unmasked(struct kit *k) { set_virtual_i(k->v, true); }
static void with_tpr(struct kit *k) { k->v->xsi->tpr = 0x50; }
static void with_pta(struct kit *k) { vmmu_set_pta(k->v, 0x1000000 | 15 << 2); }
static void with_pmd(struct kit *k) { k->v->pmd[3] = 0x77; }
static void with_files(struct kit *k)
{
    k->v->pkr[3] = k->v->dbr[3] = k->v->ibr[3] = k->v->pmc[3] = k->v->xsi->ifa = 0x77;
}
static void is_physical(struct kit *k) { vmmu_set_metaphysical(k->v, true); }
static void big_endian(struct kit *k) { cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) | PSR_BE); }
static void in_bank_0(struct kit *k) { xsi_bank0(k->v); }

/* --- hyperprivops ----------------------------------------------------------------------------- */

static const struct door hyperprivops[] = {
    { "rfi", DONE, 0, 0, 0, 0, 0, returned, to_return, 0 },
    { "rfi", REFUSED, 0, 0, 0, 0, 0, stopped, to_slot_3, 0 },
    { "rsm_dt", DONE, 0, 0, 0, 0, 0, physical, NULL, 0 },
    { "ssm_dt", DONE, 0, 0, 0, 0, 0, virtual, is_physical, 0 },
    { "cover", DONE, 0, 0, 0, 0, 0, covered, NULL, 0 },
    { "itc_d", DONE, PTE, 0, 0, 0, 0, data_mapped, page_size, 0 },
    { "itc_d", REFUSED, PTE_RESERVED, 0, 0, 0, 0, data_gone, page_size, 0 },
    { "itc_d", REFUSED, PTE, 0, 0, 0, 0, data_gone, page_too_large, 0 },
    { "itc_i", DONE, PTE, 0, 0, 0, 0, inst_mapped, page_size, 0 },
    { "itc_i", REFUSED, PTE_RESERVED, 0, 0, 0, 0, inst_gone, page_size, 0 },
    { "ssm_i", DONE, 0, 0, 0, 0, 0, events_on, masked, 0 },
    { "get_ivr", DONE, 0, 0, 0, 0, 0, is_vector_40, vector_40, 0 },
    { "get_ivr", REFUSED, 0, 0, 0, 0, 0, is_spurious, NULL, 0 },
    { "get_tpr", DONE, 0, 0, 0, 0, 0, is_50, with_tpr, 0 },
    { "set_tpr", DONE, 0x60, 0, 0, 0, 0, tpr_60, with_tpr, 0 },
    { "set_tpr", REFUSED, 0x1060, 0, 0, 0, 0, tpr_50, with_tpr, 0 },
    { "eoi", DONE, 0, 0, 0, 0, 0, served, in_service, 0 },
    { "set_itm", DONE, 1ull << 40, 0, 0, 0, 0, timer_set, NULL, 0 },
    { "thash", DONE, VA, 0, 0, 0, 0, hash, with_pta, 0 },
    { "ptc_ga", DONE, VA, PAGE_16K, 0, 0, 0, gone_everywhere, mapped_data, 0 },
    { "itr_d", DONE, 3, PTE, 0, 0, 0, data_mapped, page_size, 0 },
    { "itr_d", REFUSED, 12, PTE, 0, 0, 0, data_gone, page_size, 0 },
    { "itr_d", REFUSED, 3, PTE_RESERVED, 0, 0, 0, data_gone, page_size, 0 },
    { "get_rr", DONE, VA, 0, 0, 0, 0, is_rr5, NULL, 0 },
    { "set_rr", DONE, VA, 0x600 | 14 << 2, 0, 0, 0, rr5_new, NULL, 0 },
    { "set_rr", REFUSED, VA, 0x600 | 14 << 2 | 2, 0, 0, 0, rr5_old, NULL, 0 },
    { "set_rr", REFUSED, VA, 1ull << 26 | 14 << 2, 0, 0, 0, rr5_old, NULL, 0 },
    { "set_rr", REFUSED, VA, 0x600 | 29 << 2, 0, 0, 0, rr5_old, NULL, 0 },
    { "set_kr", DONE, 3, 0x77, 0, 0, 0, kr3, NULL, 0 },
    { "set_kr", REFUSED, 8, 0x77, 0, 0, 0, no_kr, NULL, 0 },
    { "fc", DONE, 0x77, 0, 0, 0, 0, is_77, NULL, 0 },
    { "get_cpuid", DONE, 0, 0, 0, 0, 0, is_xen, NULL, 0 },
    { "get_cpuid", REFUSED, 99, 0, 0, 0, 0, is_0, NULL, 0 },
    { "get_pmd", DONE, 3, 0, 0, 0, 0, is_77, with_pmd, 0 },
    { "get_pmd", REFUSED, 200, 0, 0, 0, 0, is_0, with_pmd, 0 },
    { "get_eflag", DONE, 0x77, 0, 0, 0, 0, is_0, NULL, 0 },
    { "set_eflag", DONE, 0x77, 0, 0, 0, 0, is_77, NULL, 0 },
    { "rsm_be", DONE, 0, 0, 0, 0, 0, little, big_endian, 0 },
    { "get_psr", DONE, 0, 0, 0, 0, 0, psr_has_ic, NULL, 0 },
    { "set_rr0_to_rr4", DONE, 0x1000 | 14 << 2, 0x1100 | 14 << 2, 0x1200 | 14 << 2,
      0x1300 | 14 << 2, 0x1400 | 14 << 2, rr0_to_4, NULL, 0 },
    { "set_rr0_to_rr4", REFUSED, 0x1000 | 14 << 2, 0x1100 | 14 << 2, 0x1200 | 14 << 2,
      0x1300 | 14 << 2, 0x1400 | 14 << 2 | 2, rr0_old, NULL, 0 },
};

static void operands(struct kit *k, const struct door *d)
{
    const struct { unsigned r; u64 value; } all[] = {
        { 8, d->r8 }, { 9, d->r9 }, { 10, d->r10 }, { 11, d->r11 }, { 14, d->r14 },
    };
    begin(k);
    vmmu_set_rr(k->v, 5, RR5);
    if (d->before) d->before(k);
    for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
        cpu_set_gr(k->cpu[0], all[i].r, all[i].value, false);
    }
}

static const u64 hostile[] = {
    0, ~0ull, 1ull << 63, KIT_MEM - 1, KIT_MEM, 1ull << 50, 0xf500000000000000ull, PAGE_2P63,
    0xe000000000000000ull, 0x87ffffffffffffffull, 11, 12, 255,
};

static void make_hostile(struct kit *k, u64 bad)
{
    begin(k);
    for (unsigned r = 8; r < 15; r++) cpu_set_gr(k->cpu[0], r, bad, false);
    k->v->xsi->ifa = k->v->xsi->itir = k->v->xsi->ipsr = k->v->xsi->iip = k->v->xsi->ifs = bad;
}

void try_hyperprivops(struct kit *k)
{
    static const struct { unsigned number; const char *name; } rows[] = {
#define HYPERPRIVOP(nr, name, path, gives, text) { nr, #name },
#include "hypercall/hyperprivops.def"
    };
    for (unsigned r = 0; r < ARRAY_LEN(rows); r++) {
        for (unsigned i = 0; i < ARRAY_LEN(hyperprivops); i++) {
            const struct door *d = &hyperprivops[i];
            if (strcmp(d->row, rows[r].name)) continue;
            operands(k, d);
            (void)kit_break(k, 0, rows[r].number);
            if (!d->holds(k)) fail_msg("hyperprivop %s, case %u: not as expected", d->row, i);
            ledger_mark(HYPERPRIVOPS, d->row, d->kind);
        }
        for (unsigned i = 0; i < ARRAY_LEN(hostile); i++) {
            make_hostile(k, hostile[i]);
            (void)kit_break(k, 0, rows[r].number);
            expect_unharmed(k, rows[r].name);
        }
        ledger_mark(HYPERPRIVOPS, rows[r].name, HOSTILE);
    }
}

/* --- native privileged instructions ----------------------------------------------------------- */

/* r1 = r8, r2 = r8, r3 = r9, or the register number `file` where the field is one. */
static const struct door privops[] = {
    { "ssm", DONE, 0, 0, 0, 0, 0, events_on, masked, PSR_I },
    { "rsm", DONE, 0, 0, 0, 0, 0, events_off, unmasked, PSR_I },
    { "rsm", DONE, 0, 0, 0, 0, 0, no_ic, NULL, PSR_IC },
    { "ssm", DONE, 0, 0, 0, 0, 0, ic, NULL, PSR_IC },
    { "mov_to_psr_l", DONE, PSR_BE | PSR_IC, 0, 0, 0, 0, big, NULL, 0 },
    { "mov_from_psr", DONE, 0, 0, 0, 0, 0, psr_has_ic, NULL, 0 },
    { "mov_to_cr", DONE, 0x77, 0, 0, 0, 0, ifa_77, NULL, 20 },
    { "mov_to_cr", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 64 },
    { "mov_to_cr", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 3 },
    { "mov_from_cr", DONE, 0, 0, 0, 0, 0, is_77, with_files, 20 },
    { "mov_from_cr", DONE, 5, 0, 0, 0, 0, is_lid_1, NULL, 64 },
    { "mov_from_cr", REFUSED, 0, 0, 0, 0, 0, NULL, NULL, 3 },
    { "mov_to_ar_m_r", DONE, 0x77, 0, 0, 0, 0, kr3, NULL, 3 },
    { "mov_to_ar_m_r", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 20 },
    { "mov_to_ar_i_r", DONE, 0x77, 0, 0, 0, 0, kr3, NULL, 3 },
    { "mov_to_ar_i_r", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 20 },
    { "mov_to_ar_m_imm", DONE, 0x77, 0, 0, 0, 0, kr3, NULL, 3 },
    { "mov_to_ar_m_imm", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 20 },
    { "mov_to_ar_i_imm", DONE, 0x77, 0, 0, 0, 0, kr3, NULL, 3 },
    { "mov_to_ar_i_imm", REFUSED, 0x77, 0, 0, 0, 0, NULL, NULL, 20 },
    { "mov_to_rr", DONE, 0x600 | 14 << 2, VA, 0, 0, 0, rr5_new, NULL, 0 },
    { "mov_to_rr", REFUSED, 0x600 | 14 << 2 | 2, VA, 0, 0, 0, NULL, NULL, 0 },
    { "mov_from_rr", DONE, 0, VA, 0, 0, 0, is_rr5, NULL, 0 },
    { "mov_to_pkr", DONE, 0x7701, 3, 0, 0, 0, pkr_77, NULL, 0 },
    { "mov_to_pkr", REFUSED, 0x7701, 15, 0, 0, 0, NULL, NULL, 0 },
    { "mov_to_pkr", REFUSED, 0x77f1, 3, 0, 0, 0, NULL, NULL, 0 },
    { "mov_from_pkr", DONE, 0, 3, 0, 0, 0, is_77, with_files, 0 },
    { "mov_from_pkr", REFUSED, 0, 16, 0, 0, 0, NULL, NULL, 0 },
    { "mov_to_dbr", DONE, 0x77, 3, 0, 0, 0, dbr_77, NULL, 0 },
    { "mov_to_dbr", REFUSED, 0x77, 8, 0, 0, 0, NULL, NULL, 0 },
    { "mov_from_dbr", DONE, 0, 3, 0, 0, 0, is_77, with_files, 0 },
    { "mov_from_dbr", REFUSED, 0, 8, 0, 0, 0, NULL, NULL, 0 },
    { "mov_to_ibr", DONE, 0x77, 3, 0, 0, 0, ibr_77, NULL, 0 },
    { "mov_to_ibr", REFUSED, 0x77, 8, 0, 0, 0, NULL, NULL, 0 },
    { "mov_from_ibr", DONE, 0, 3, 0, 0, 0, is_77, with_files, 0 },
    { "mov_from_ibr", REFUSED, 0, 8, 0, 0, 0, NULL, NULL, 0 },
    { "mov_to_pmc", DONE, 0x77, 3, 0, 0, 0, pmc_77, NULL, 0 },
    { "mov_from_pmc", DONE, 0, 3, 0, 0, 0, is_77, with_files, 0 },
    { "mov_from_pmc", REFUSED, 5, 99, 0, 0, 0, is_0, with_files, 0 },
    { "mov_to_pmd", DONE, 0x77, 3, 0, 0, 0, pmd_77, NULL, 0 },
    { "itc_d", DONE, PTE, 0, 0, 0, 0, data_mapped, page_size, 0 },
    { "itc_d", REFUSED, PTE_RESERVED, 0, 0, 0, 0, data_gone, page_size, 0 },
    { "itc_i", DONE, PTE, 0, 0, 0, 0, inst_mapped, page_size, 0 },
    { "itc_i", REFUSED, PTE_RESERVED, 0, 0, 0, 0, inst_gone, page_size, 0 },
    { "itr_d", DONE, PTE, 3, 0, 0, 0, data_mapped, page_size, 0 },
    { "itr_d", REFUSED, PTE, 12, 0, 0, 0, NULL, page_size, 0 },
    { "itr_i", DONE, PTE, 3, 0, 0, 0, inst_mapped, page_size, 0 },
    { "itr_i", REFUSED, PTE, 12, 0, 0, 0, NULL, page_size, 0 },
    { "ptc_l", DONE, PAGE_16K, VA, 0, 0, 0, gone_here_only, mapped_data, 0 },
    { "ptc_ga", DONE, PAGE_16K, VA, 0, 0, 0, gone_everywhere, mapped_data, 0 },
    { "ptc_e", DONE, 0, 0, 0, 0, 0, gone_here_only, mapped_data, 0 },
    { "ptr_d", DONE, PAGE_16K, VA, 0, 0, 0, data_gone, page_size, 0 },
    { "ptr_i", DONE, PAGE_16K, VA, 0, 0, 0, inst_gone, registered, 0 },
    { "tpa", DONE, 0, VA, 0, 0, 0, is_address, mapped_data, 0 },
    { "tpa", REFUSED, 0, VA, 0, 0, 0, missed, NULL, 0 },
    { "tak", DONE, 0, VA, 0, 0, 0, is_0, mapped_data, 0 },
    { "rfi", DONE, 0, 0, 0, 0, 0, returned, to_return, 0 },
    { "rfi", REFUSED, 0, 0, 0, 0, 0, stopped, to_slot_3, 0 },
    { "bsw0", DONE, 0, 0, 0, 0, 0, bank_0, NULL, 0 },
    { "bsw1", DONE, 0, 0, 0, 0, 0, bank_1, in_bank_0, 0 },
};

static struct insn instruction(const char *meaning, u64 value, u32 file)
{
    int row = isa_row_of(meaning);
    assert_true(row >= 0);
    struct insn in = { .row = (u16)row, .r1 = 8, .r2 = 8, .r3 = 9 };
    bool named = strstr(meaning, "_cr") || strstr(meaning, "_ar");
    if (named) in.r3 = (u8)file;
    in.imm = strstr(meaning, "_imm") ? value : file;
    return in;
}

static void perform(struct kit *k, const struct door *d, const char *meaning)
{
    struct insn in = instruction(meaning, d->r8, d->file);
    operands(k, d);
    enum hook_answer answer = domain_privop(k->d, k->cpu[0], &in);
    bool fault = answer == HOOK_FAULT;
    if (fault != !d->holds || (d->holds && !d->holds(k))) {
        fail_msg("%s, case %d: not as expected", meaning, (int)(d - privops));
    }
    ledger_mark(PRIVOPS, meaning, d->kind);
}

void try_privops(struct kit *k)
{
    static const char *const meanings[] = {
#define PRIVOP(meaning, fn) #meaning,
#include "hypercall/privops.def"
    };
    isa_init();
    for (unsigned r = 0; r < ARRAY_LEN(meanings); r++) {
        for (unsigned i = 0; i < ARRAY_LEN(privops); i++) {
            if (!strcmp(privops[i].row, meanings[r])) perform(k, &privops[i], meanings[r]);
        }
        for (unsigned i = 0; i < ARRAY_LEN(hostile); i++) {
            struct insn in = instruction(meanings[r], hostile[i], (u32)hostile[i] & 127);
            make_hostile(k, hostile[i]);
            (void)domain_privop(k->d, k->cpu[0], &in);
            expect_unharmed(k, meanings[r]);
        }
        ledger_mark(PRIVOPS, meanings[r], HOSTILE);
    }
}
