/* What the hardware does when an interruption is delivered.
 *
 * The tables here are written from the manual's vector descriptions (SDM 2:8.3) once more, not
 * taken from interruption.def: offset, kind, and which of IFA, ITIR, IIM and IHA are recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

enum { FA = 1, IT = 2, IM = 4, HA = 8 };
static const struct {
    unsigned row, vector, code, records;
} manual[] = {
    {INT_INST_VHPT, 0x0000, 0, FA | IT | HA},
    {INT_DATA_VHPT, 0x0000, 0, FA | IT | HA},
    {INT_INST_TLB, 0x0400, 0, FA | IT | HA},
    {INT_DATA_TLB, 0x0800, 0, FA | IT | HA},
    {INT_INST_ALTERNATE_TLB, 0x0c00, 0, FA | IT},
    {INT_DATA_ALTERNATE_TLB, 0x1000, 0, FA | IT},
    {INT_INST_KEY_MISS, 0x1800, 0, FA | IT},
    {INT_DATA_KEY_MISS, 0x1c00, 0, FA | IT},
    {INT_DIRTY_BIT, 0x2000, 0, FA | IT},
    {INT_INST_ACCESS_BIT, 0x2400, 0, FA | IT},
    {INT_DATA_ACCESS_BIT, 0x2800, 0, FA | IT},
    {INT_BREAK, 0x2c00, 0, IM},
    {INT_EXTERNAL, 0x3000, 0, 0},
    {INT_VIRTUAL_EXTERNAL, 0x3400, 0, 0},
    {INT_INST_NOT_PRESENT, 0x5000, 0, FA | IT},
    {INT_DATA_NOT_PRESENT, 0x5000, 0, FA | IT},
    {INT_INST_KEY_PERMISSION, 0x5100, 0, FA | IT},
    {INT_DATA_KEY_PERMISSION, 0x5100, 0, FA | IT},
    {INT_INST_ACCESS_RIGHTS, 0x5200, 0, FA | IT},
    {INT_DATA_ACCESS_RIGHTS, 0x5300, 0, FA | IT},
    {INT_ILLEGAL_OPERATION, 0x5400, 0x00, 0},
    {INT_PRIVILEGED_OPERATION, 0x5400, 0x10, 0},
    {INT_PRIVILEGED_REGISTER, 0x5400, 0x20, 0},
    {INT_RESERVED_REGISTER, 0x5400, 0x30, 0},
    {INT_DATA_UNIMPLEMENTED, 0x5400, 0x30, FA},
    {INT_DISABLED_ISA, 0x5400, 0x40, 0},
    {INT_ILLEGAL_DEPENDENCY, 0x5400, 0x80, 0},
    {INT_DISABLED_FP, 0x5500, 0, 0},
    {INT_REGISTER_NAT, 0x5600, 0x10, 0},
    {INT_INST_NAT_PAGE, 0x5600, 0x20, FA | IT},
    {INT_DATA_NAT_PAGE, 0x5600, 0x20, FA | IT},
    {INT_SPECULATIVE_OP, 0x5700, 0, IM},
    {INT_INST_DEBUG, 0x5900, 0, FA},
    {INT_DATA_DEBUG, 0x5900, 0, FA},
    {INT_UNALIGNED, 0x5a00, 0, FA},
    {INT_UNSUPPORTED, 0x5b00, 0, FA},
    {INT_FP_FAULT, 0x5c00, 0, 0},
    {INT_FP_TRAP, 0x5d00, 0x01, 0},
    {INT_LOWER_PRIVILEGE, 0x5e00, 0x02, 0},
    {INT_UNIMPLEMENTED_TRAP, 0x5e00, 0x10, 0},
    {INT_INST_UNIMPLEMENTED, 0x5e00, 0x10, FA},
    {INT_TAKEN_BRANCH, 0x5f00, 0x04, 0},
    {INT_SINGLE_STEP, 0x6000, 0x08, 0},
    {INT_VIRTUALIZATION, 0x6100, 0, 0},
};

#define IVA 0x123458000ull
#define OLD(n) (0xa5a5000000000000ull + (n))

static struct physmem *pm;
static struct cpu_hooks hooks;
static struct interruption offered, instead;
static enum hook_answer answer;
static unsigned asked;
static const char *last_words;

static enum hook_answer on_interruption(void *opaque, struct cpu *cpu)
{
    (void)opaque;
    asked++;
    offered = cpu_interruption(cpu);
    if (answer == HOOK_JUMPED) cpu_set_ip(cpu, 0x7770, 2);
    if (answer == HOOK_FAULT) cpu_raise(cpu, &instead);
    return answer;
}

static void on_fatal(void *opaque, struct cpu *cpu, const char *why)
{
    (void)opaque, (void)cpu;
    last_words = why;
}

static int setup(void **state)
{
    GError *err = NULL;

    pm = physmem_new();
    assert_true(physmem_add_ram(pm, "ram", 0, 1 << 20, &err));
    hooks = (struct cpu_hooks){.fatal = on_fatal};
    *state = cpu_new(pm, 0, &hooks);
    asked = 0;
    last_words = NULL;
    return 0;
}

static int teardown(void **state)
{
    cpu_free(*state);
    physmem_free(pm);
    return 0;
}

static const unsigned collected[] = {CR_IPSR, CR_ISR,  CR_IIP, CR_IFA, CR_ITIR,
                                     CR_IIPA, CR_IFS, CR_IIM, CR_IHA};

/* A processor about to be interrupted, with marks in everything that could be overwritten. */
static void prepare(struct cpu *cpu, u64 psr)
{
    cpu_reset(cpu);
    cpu_set_psr(cpu, psr);
    cpu_set_cr(cpu, CR_IVA, IVA);
    for (unsigned i = 0; i < ARRAY_LEN(collected); i++) {
        cpu->cr[collected[i]] = OLD(collected[i]);
    }
    cpu->iipa = 0xabc0;
    cpu_set_ip(cpu, 0x4560, 1);
}

static void raise_row(struct cpu *cpu, unsigned row)
{
    const struct interruption f = {.row = (u16)row, .isr = 5ull << 32, .ifa = 0x1111,
                                   .itir = 0x2230, .iim = 0x3333, .iha = 0x4444};
    cpu_raise(cpu, &f);
    cpu_deliver(cpu);
}

static void expect_cr(const struct cpu *cpu, unsigned n, u64 value)
{
    if (cpu->cr[n] != value) {
        fail_msg("cr%u is %llx, wanted %llx", n, (long long)cpu->cr[n], (long long)value);
    }
}

/* Every bit that may be 1 in a psr. */
#define ALL_PSR (0x1fffffffffffull & ~(0x1fc1ull | 0x10000 | 0xf0000000ull | 3ull << 41 | PSR_IS))

static void every_interruption_records_what_the_manual_says(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_LEN(manual); i++) {
        unsigned rec = manual[i].records;
        u64 psr = ALL_PSR & ~PSR_CPL;
        prepare(cpu, psr);
        raise_row(cpu, manual[i].row);
        assert_int_equal(cpu_ip(cpu), IVA + manual[i].vector);
        assert_int_equal(cpu_ri(cpu), 0);
        expect_cr(cpu, CR_IPSR, psr | 1ull << 41);
        expect_cr(cpu, CR_IIP, 0x4560);
        expect_cr(cpu, CR_IIPA, 0xabc0);
        expect_cr(cpu, CR_IFS, 0);
        expect_cr(cpu, CR_ISR, 5ull << 32 | manual[i].code | 1ull << 41);
        expect_cr(cpu, CR_IFA, rec & FA ? 0x1111 : OLD(CR_IFA));
        expect_cr(cpu, CR_ITIR, rec & IT ? 0x2230 : OLD(CR_ITIR));
        expect_cr(cpu, CR_IIM, rec & IM ? 0x3333 : OLD(CR_IIM));
        expect_cr(cpu, CR_IHA, rec & HA ? 0x4444 : OLD(CR_IHA));
        assert_int_equal(interruption_vector(manual[i].row), manual[i].vector);
    }
}

static void the_manual_and_the_table_have_the_same_rows(void **state)
{
    unsigned seen[INT_COUNT] = {[INT_DATA_NESTED_TLB] = 1};
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(manual); i++) seen[manual[i].row]++;
    for (unsigned r = 0; r < INT_COUNT; r++) {
        if (seen[r] != 1) fail_msg("%s: %u rows in this test", interruption_name(r), seen[r]);
    }
}

static void without_psr_ic_only_isr_is_written(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_LEN(manual); i++) {
        prepare(cpu, PSR_BN | PSR_DT | PSR_I);
        raise_row(cpu, manual[i].row);
        for (unsigned k = 0; k < ARRAY_LEN(collected); k++) {
            if (collected[k] != CR_ISR) expect_cr(cpu, collected[k], OLD(collected[k]));
        }
        expect_cr(cpu, CR_ISR, 5ull << 32 | manual[i].code | 1ull << 41 | 1ull << 39);
        assert_int_equal(cpu_ip(cpu), IVA + manual[i].vector);
    }
}

static void psr_in_flight_collects_and_says_nested(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_BN | PSR_IC);
    cpu->ic_inflight = true;
    raise_row(cpu, INT_BREAK);
    expect_cr(cpu, CR_IIP, 0x4560);
    expect_cr(cpu, CR_ISR, 5ull << 32 | 1ull << 41 | 1ull << 39);
    assert_false(cpu->ic_inflight);
}

static void a_nested_tlb_fault_changes_psr_and_ip_only(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_BN | PSR_DT | PSR_IT | PSR_UP);
    raise_row(cpu, INT_DATA_NESTED_TLB);
    for (unsigned k = 0; k < ARRAY_LEN(collected); k++) {
        expect_cr(cpu, collected[k], OLD(collected[k]));
    }
    assert_int_equal(cpu_ip(cpu), IVA + 0x1400);
    assert_true(cpu_psr(cpu) == (PSR_DT | PSR_IT | PSR_UP));
}

/* up, mfl, mfh, pk, dt, rt, mc, it stay; be and pp come from cr.dcr; all else is cleared. */
static void psr_after_an_interruption(void **state)
{
    const u64 kept = 1 << 2 | 3 << 4 | 1 << 15 | 1 << 17 | 1 << 27 | 1ull << 35 | 1ull << 36;
    struct cpu *cpu = *state;
    for (unsigned b = 0; b < 47; b++) {
        for (unsigned dcr = 0; dcr < 4; dcr++) {
            u64 one = ALL_PSR & 1ull << b, from_dcr = (dcr & 2) | (u64)(dcr & 1) << 21;
            prepare(cpu, one);
            cpu_set_cr(cpu, CR_DCR, dcr);
            raise_row(cpu, INT_BREAK);
            if (cpu_psr(cpu) != ((one & kept) | from_dcr)) {
                fail_msg("psr bit %u, dcr %u: %llx", b, dcr, (long long)cpu_psr(cpu));
            }
            prepare(cpu, ALL_PSR);
            cpu_set_cr(cpu, CR_DCR, dcr);
            raise_row(cpu, INT_BREAK);
            assert_true(cpu_psr(cpu) == (kept | from_dcr));
        }
    }
}

static void the_mmu_sees_the_new_mode(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_BN | PSR_DT | 3ull << 32);
    assert_int_equal(cpu->mmu.cpl, 3);
    raise_row(cpu, INT_BREAK);
    assert_int_equal(cpu->mmu.cpl, 0);
    assert_true(cpu->mmu.psr & PSR_DT);
}

static void bank_zero_is_switched_in_with_its_nat_bits(void **state)
{
    struct cpu *cpu = *state;
    bool nat;
    prepare(cpu, PSR_BN | PSR_IC);
    for (unsigned r = 16; r < 32; r++) {
        cpu_set_gr(cpu, r, 100 + r, r == 20);
        cpu_set_banked_gr(cpu, r, 200 + r, r == 21);
    }
    raise_row(cpu, INT_BREAK);
    for (unsigned r = 16; r < 32; r++) {
        assert_int_equal(cpu_gr(cpu, r, &nat), 200 + r);
        assert_int_equal(nat, r == 21);
        assert_int_equal(cpu_banked_gr(cpu, r, &nat), 100 + r);
        assert_int_equal(nat, r == 20);
    }
    raise_row(cpu, INT_BREAK); /* from bank 0: stays */
    assert_int_equal(cpu_gr(cpu, 16, &nat), 216);
}

static void an_incomplete_frame_shows_in_isr_ir_once(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_BN | PSR_IC);
    cpu->cfle = true;
    raise_row(cpu, INT_DATA_TLB);
    expect_cr(cpu, CR_ISR, 5ull << 32 | 1ull << 41 | 1ull << 38);
    assert_false(cpu->cfle);
}

static void iva_ignores_its_low_bits(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_IC);
    cpu->cr[CR_IVA] = 0xfffffff0ull << 12 | 0x7fff;
    raise_row(cpu, INT_SINGLE_STEP);
    assert_true(cpu_ip(cpu) == (0xfffffff0ull << 12) + 0x6000);
}

static void frame_and_other_registers_stay(void **state)
{
    struct cpu *cpu = *state;
    u64 before;
    prepare(cpu, PSR_IC); /* bank 0 already */
    cpu_set_cfm(cpu, 40 | 8 << 7);
    cpu_set_gr(cpu, 33, 77, true);
    cpu_set_br(cpu, 3, 99);
    before = cpu_cfm(cpu);
    raise_row(cpu, INT_BREAK);
    assert_int_equal(cpu_cfm(cpu), before);
    assert_int_equal(cpu_gr(cpu, 33, NULL), 77);
    assert_int_equal(cpu_br(cpu, 3), 99);
}

/* --- traps ----------------------------------------------------------------------------------- */

static void trap(struct cpu *cpu, unsigned codes, unsigned slot)
{
    prepare(cpu, PSR_BN | PSR_IC | PSR_SS);
    cpu->traps = codes;
    cpu->fp_trap_code = 0x2880;
    cpu->fault.slot = slot; /* as the loop leaves it */
    interruption_traps(cpu);
}

static void traps_are_reported_together_and_the_highest_chooses_the_vector(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned codes = 1; codes < 32; codes++) {
        unsigned vector = codes & 16 ? 0x5e00 : codes & 1 ? 0x5d00 : codes & 2 ? 0x5e00
                                            : codes & 4   ? 0x5f00 : 0x6000;
        for (unsigned slot = 0; slot < 3; slot++) {
            trap(cpu, codes, slot);
            assert_int_equal(cpu_ip(cpu), IVA + vector);
            expect_cr(cpu, CR_ISR, codes | (codes & 1 ? 0x2880 : 0) | (u64)slot << 41);
            expect_cr(cpu, CR_IIP, 0x4560); /* the next instruction */
            expect_cr(cpu, CR_IPSR, PSR_BN | PSR_IC | PSR_SS | 1ull << 41);
            expect_cr(cpu, CR_IIPA, 0xabc0); /* the trapping one */
            assert_int_equal(cpu->traps, 0);
        }
    }
}

static void a_trap_of_a_long_instruction_names_slot_one(void **state)
{
    struct cpu *cpu = *state;
    const u8 mlx = 5, mii = 0;
    assert_true(physmem_write(pm, 0xabc0, &mlx, 1));
    trap(cpu, 8, 2);
    expect_cr(cpu, CR_ISR, 8 | 1ull << 41);
    assert_true(physmem_write(pm, 0xabc0, &mii, 1));
    trap(cpu, 8, 2);
    expect_cr(cpu, CR_ISR, 8 | 2ull << 41);
}

static void an_external_interrupt_names_the_next_slot(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_BN | PSR_IC | PSR_I);
    interruption_external(cpu);
    assert_int_equal(cpu_ip(cpu), IVA + 0x3000);
    expect_cr(cpu, CR_ISR, 1ull << 41);
    expect_cr(cpu, CR_IIP, 0x4560);
    assert_int_equal(cpu_psr(cpu), 0);
}

/* --- references ------------------------------------------------------------------------------ */

static const struct {
    enum mmu_fault why;
    unsigned data, fetch; /* rows; 0: cannot be */
} answers[] = {
    {MMU_UNIMPLEMENTED, INT_DATA_UNIMPLEMENTED, INT_INST_UNIMPLEMENTED},
    {MMU_ALTERNATE, INT_DATA_ALTERNATE_TLB, INT_INST_ALTERNATE_TLB},
    {MMU_VHPT, INT_DATA_VHPT, INT_INST_VHPT},
    {MMU_MISS, INT_DATA_TLB, INT_INST_TLB},
    {MMU_NOT_PRESENT, INT_DATA_NOT_PRESENT, INT_INST_NOT_PRESENT},
    {MMU_NAT_PAGE, INT_DATA_NAT_PAGE, INT_INST_NAT_PAGE},
    {MMU_KEY_MISS, INT_DATA_KEY_MISS, INT_INST_KEY_MISS},
    {MMU_KEY_PERMISSION, INT_DATA_KEY_PERMISSION, INT_INST_KEY_PERMISSION},
    {MMU_ACCESS_RIGHTS, INT_DATA_ACCESS_RIGHTS, INT_INST_ACCESS_RIGHTS},
    {MMU_DIRTY, INT_DIRTY_BIT, 0},
    {MMU_ACCESS_BIT, INT_DATA_ACCESS_BIT, INT_INST_ACCESS_BIT},
    {MMU_DEBUG, INT_DATA_DEBUG, INT_INST_DEBUG},
    {MMU_UNALIGNED, INT_UNALIGNED, 0},
    {MMU_UNSUPPORTED, INT_UNSUPPORTED, 0},
};
#define VA 0x6000000000012348ull
#define IHA 0x8000000000004560ull

static void regions(struct cpu *cpu)
{
    cpu_set_rr(cpu, 3, 0xabc00 | 14 << 2 | 1);
    cpu_set_rr(cpu, 4, 0x12300 | 16 << 2 | 1);
    cpu->mmu.iha = IHA;
}

static void data_faults_record_address_and_default_translation(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
        enum mmu_fault why = answers[i].why;
        prepare(cpu, PSR_BN | PSR_IC);
        regions(cpu);
        record_data_fault(cpu, why, VA, ISR_R);
        assert_int_equal(cpu->fault.row, answers[i].data);
        assert_int_equal(cpu->fault.ifa, VA);
        /* a VHPT fault describes the page of the entry, all others the page of the reference */
        assert_int_equal(cpu->fault.itir, why == MMU_VHPT ? 0x12300 | 16 << 2 : 0xabc00 | 14 << 2);
        assert_int_equal(cpu->fault.iha, why == MMU_VHPT || why == MMU_MISS ? IHA : 0);
        assert_int_equal(cpu->fault.isr >> 32, 4);
    }
}

static void data_misses_nest_while_psr_ic_is_0_and_nothing_else_does(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
        enum mmu_fault why = answers[i].why;
        bool miss = why == MMU_ALTERNATE || why == MMU_VHPT || why == MMU_MISS;
        prepare(cpu, PSR_BN);
        record_data_fault(cpu, why, VA, ISR_R);
        assert_int_equal(cpu->fault.row, miss ? INT_DATA_NESTED_TLB : answers[i].data);
    }
}

static void fetch_faults_say_x_and_never_nest(void **state)
{
    struct cpu *cpu = *state;
    for (unsigned ic = 0; ic < 2; ic++) {
        for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
            if (!answers[i].fetch) continue;
            prepare(cpu, ic ? PSR_IC : 0);
            regions(cpu);
            record_fetch_fault(cpu, answers[i].why, VA);
            assert_int_equal(cpu->fault.row, answers[i].fetch);
            assert_int_equal(cpu->fault.ifa, VA & ~15ull);
            assert_int_equal(cpu->fault.isr >> 32, answers[i].why != MMU_UNIMPLEMENTED);
        }
    }
}

static void isr_ed_is_that_of_the_code_page(void **state)
{
    const u64 pte = 1ull << 52 | 3 << 9 | 1 << 5 | 1; /* ed, ar 3, a, p; maps to 0 */
    struct cpu *cpu = *state;
    for (unsigned ed = 0; ed < 2; ed++) {
        for (unsigned it = 0; it < 2; it++) {
            prepare(cpu, PSR_IC | (it ? PSR_IT : 0));
            regions(cpu);
            assert_int_equal(mmu_insert_tc(&cpu->mmu, true, VA, 14 << 2,
                                           ed ? pte : pte & ~(1ull << 52)), MMU_OK);
            cpu->page_va = it ? VA & ~0xfffull : 0;
            record_data_fault(cpu, MMU_ACCESS_RIGHTS, 0x5000, ISR_W);
            assert_int_equal(cpu->fault.isr, ISR_W | (ed && it ? 1ull << 43 : 0));
            record_data_fault(cpu, MMU_ACCESS_RIGHTS, 0x5000, ISR_W | ISR_RS);
            assert_int_equal(cpu->fault.isr, ISR_W | ISR_RS);
            record_data_fault(cpu, MMU_NAT_PAGE, 0x5000, ISR_W);
            assert_int_equal(cpu->fault.isr, ISR_W | 0x20);
        }
    }
}

static void conflicting_translations_are_a_machine_check(void **state)
{
    struct cpu *cpu = *state;
    prepare(cpu, PSR_IC);
    record_data_fault(cpu, MMU_MACHINE_CHECK, VA, ISR_R);
    cpu_deliver(cpu);
    assert_int_equal(cpu_ip(cpu), 0x4560); /* nothing was delivered */
    assert_null(last_words);
    assert_int_equal(cpu_run(cpu, 10), CPU_FATAL); /* there is no firmware */
    assert_non_null(last_words);
}

/* SDM 3 epc: the translation counts that the instruction was fetched with.  Without one the level
 * is not known, and the instruction must not pass for one on an ordinary page. */
static void epc_without_its_translation_is_a_fetch_miss(void **state)
{
    struct cpu *cpu = *state;
    struct insn epc = { 0 };
    while (strcmp(insn_rows[epc.row].name, "epc")) epc.row++;
    prepare(cpu, PSR_IC | PSR_IT | 3ull << PSR_CPL_SHIFT);
    cpu_set_ar(cpu, AR_PFS, 3ull << 62);
    cpu->page_va = 0x4000;
    epc.pos = 5;
    assert_null(x_epc(cpu, &epc));
    assert_int_equal(cpu->stop, STOP_FAULT);
    assert_int_equal(cpu->fault.row, INT_INST_ALTERNATE_TLB);
    assert_int_equal(cpu->fault.ifa, 0x4010);
    assert_int_equal(cpu->fault.isr, ISR_X);
    assert_int_equal(psr_cpl(cpu->psr), 3);
}

/* --- hooks ----------------------------------------------------------------------------------- */

static void hooked(struct cpu *cpu, enum hook_answer a)
{
    hooks.interruption = on_interruption;
    answer = a;
    asked = 0;
    prepare(cpu, PSR_IC | PSR_BN);
    raise_row(cpu, INT_DATA_TLB);
    assert_int_equal(asked, 1);
    assert_int_equal(offered.row, INT_DATA_TLB);
    assert_int_equal(offered.ifa, 0x1111);
    assert_int_equal(offered.slot, 1);
}

static void a_hook_may_decline_an_interruption(void **state)
{
    struct cpu *cpu = *state;
    hooked(cpu, HOOK_DECLINED);
    assert_int_equal(cpu_ip(cpu), IVA + 0x800);
}

static void a_hook_may_settle_an_interruption_itself(void **state)
{
    struct cpu *cpu = *state;
    hooked(cpu, HOOK_DONE);
    assert_int_equal(cpu_ip(cpu), 0x4560);
    assert_true(cpu_psr(cpu) == (PSR_IC | PSR_BN));
    expect_cr(cpu, CR_IIP, OLD(CR_IIP));
    hooked(cpu, HOOK_JUMPED);
    assert_int_equal(cpu_ip(cpu), 0x7770);
    assert_int_equal(cpu_ri(cpu), 2);
    expect_cr(cpu, CR_ISR, OLD(CR_ISR));
}

static void a_hook_may_raise_something_else(void **state)
{
    struct cpu *cpu = *state;
    instead = (struct interruption){.row = INT_DATA_ACCESS_RIGHTS, .isr = ISR_W, .ifa = 0x9999,
                                    .slot = 1};
    hooked(cpu, HOOK_FAULT);
    assert_int_equal(cpu_ip(cpu), IVA + 0x5300);
    expect_cr(cpu, CR_ISR, ISR_W | 1ull << 41);
    expect_cr(cpu, CR_IFA, 0x9999);
}

static void the_last_interruption_is_remembered(void **state)
{
    struct cpu *cpu = *state;
    GString *json = g_string_new(NULL);
    prepare(cpu, PSR_IC | PSR_BN);
    raise_row(cpu, INT_DIRTY_BIT);
    cpu_dump_json(cpu, json);
    assert_non_null(strstr(json->str, "\"last_interruption\":{\"name\":\"Dirty Bit\","
                                      "\"vector\":\"0x2000\",\"isr\":\"0x20500000000\","
                                      "\"iip\":\"0x4560\",\"ifa\":\"0x1111\"}"));
    g_string_free(json, TRUE);
}

static void names_and_vectors_survive_nonsense(void **state)
{
    (void)state;
    assert_string_equal(interruption_name(INT_COUNT), "?");
    assert_string_equal(interruption_name(INT_BREAK), "Break Instruction");
    assert_int_equal(interruption_vector(INT_COUNT + 7), 0);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_interruption_records_what_the_manual_says),
        TEST(the_manual_and_the_table_have_the_same_rows),
        TEST(without_psr_ic_only_isr_is_written),
        TEST(psr_in_flight_collects_and_says_nested),
        TEST(a_nested_tlb_fault_changes_psr_and_ip_only),
        TEST(psr_after_an_interruption),
        TEST(the_mmu_sees_the_new_mode),
        TEST(bank_zero_is_switched_in_with_its_nat_bits),
        TEST(an_incomplete_frame_shows_in_isr_ir_once),
        TEST(iva_ignores_its_low_bits),
        TEST(frame_and_other_registers_stay),
        TEST(traps_are_reported_together_and_the_highest_chooses_the_vector),
        TEST(a_trap_of_a_long_instruction_names_slot_one),
        TEST(an_external_interrupt_names_the_next_slot),
        TEST(data_faults_record_address_and_default_translation),
        TEST(data_misses_nest_while_psr_ic_is_0_and_nothing_else_does),
        TEST(fetch_faults_say_x_and_never_nest),
        TEST(isr_ed_is_that_of_the_code_page),
        TEST(conflicting_translations_are_a_machine_check),
        TEST(epc_without_its_translation_is_a_fetch_miss),
        TEST(a_hook_may_decline_an_interruption),
        TEST(a_hook_may_settle_an_interruption_itself),
        TEST(a_hook_may_raise_something_else),
        TEST(the_last_interruption_is_remembered),
        TEST(names_and_vectors_survive_nonsense),
    };
    return cmocka_run_group_tests_name("interruption", tests, NULL, NULL);
}
