/* Reading the indirect register files, instruction-side translations, faulting probes that pass, and
 * break.x.  SDM 3: mov indirect, itc, itr, ptr, probe, break.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/cpuid.h"
#include "tests/isa/ledger.h"
#include "tests/isa/memkit.h"

static void run_in_both(struct harness *h, const struct insn *in, const struct probe *want)
{
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        harness_run(h, in, harness_any_slot(h, in), loop);
        harness_expect(h, want);
    }
}

/* r7 = file[r6], with the index register holding `index`. */
static void reads(struct harness *h, const char *meaning, u64 index, u64 value)
{
    struct insn in = harness_insn(meaning);
    struct probe want;

    h->what = meaning;
    in.r1 = 7;
    in.r3 = 6;
    h->before.gr[6] = index;
    want = h->before;
    want.gr[7] = value;
    run_in_both(h, &in, &want);
}

static void region_registers_read_back(void **state)
{
    struct harness *h = *state;

    for (u64 i = 0; i < 8; i++) {
        harness_randomize(h);
        u64 value = (harness_random(h) & 0xffffff) << 8 | 14 << 2 | (i & 1);
        mmu_set_rr(cpu_mmu(h->cpu), (unsigned)i, value);
        reads(h, "mov_from_rr", i << 61 | 0x1234, value); /* only bits 63:61 count */
        mmu_set_rr(cpu_mmu(h->cpu), (unsigned)i, 0);
    }
}

static void debug_registers_read_back(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 8; i++) {
        harness_randomize(h);
        u64 value = harness_random(h) & ~(i & 1 ? 7ull << 60 | 1ull << 63 : 0); /* disarmed */
        mmu_set_dbr(cpu_mmu(h->cpu), i, value);
        mmu_set_ibr(cpu_mmu(h->cpu), i, ~value & ~(i & 1 ? 15ull << 60 : 0));
        reads(h, "mov_from_dbr", i, mmu_dbr(cpu_mmu(h->cpu), i));
        reads(h, "mov_from_ibr", i, mmu_ibr(cpu_mmu(h->cpu), i));
        if (!(i & 1)) { /* addresses are plain */
            reads(h, "mov_from_dbr", i, value);
            reads(h, "mov_from_ibr", i, ~value);
        }
    }
}

static void monitors_read_back_what_was_written(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *write, *read;
        u64 value;
    } cases[] = {
        { "mov_to_pmc", "mov_from_pmc", 0 },
        { "mov_to_pmd", "mov_from_pmd", 0x1234567 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct insn in = harness_insn(cases[i].write);
        harness_randomize(h);
        h->what = cases[i].write;
        in.r2 = 5;
        in.r3 = 6;
        h->before.gr[5] = cases[i].value;
        h->before.gr[6] = 4;
        struct probe same = h->before;
        run_in_both(h, &in, &same);
        reads(h, cases[i].read, 4, cases[i].value);
    }
}

static void cpuid_tells_the_vendor(void **state)
{
    struct harness *h = *state;

    harness_randomize(h);
    reads(h, "mov_from_cpuid", 0, 0x49656e69756e6547); /* "GenuineI" */
    reads(h, "mov_from_cpuid", 1, 0x6c65746e);         /* "ntel" */
    reads(h, "mov_from_cpuid", 4, CPUID4);
}

/* --- translations ----------------------------------------------------------------------------- */

static bool fetches(struct harness *h, u64 va)
{
    struct mmu_span span;

    mmu_set_psr(cpu_mmu(h->cpu), PSR_IT | PSR_IC);
    bool ok = mmu_fetch(cpu_mmu(h->cpu), va, &span) == MMU_OK && span.pa == (va & 0x3fff);
    mmu_set_psr(cpu_mmu(h->cpu), PSR_IC);
    return ok;
}

static void instruction_translations_come_and_go(void **state)
{
    static const char *const inserts[] = { "itc_i", "itr_i" };
    struct harness *h = *state;
    const u64 va = 0x4000000;

    for (unsigned i = 0; i < 2; i++) {
        for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
            struct insn in = harness_insn(inserts[i]), out = harness_insn("ptr_i");
            kit_fresh(h);
            h->what = inserts[i];
            assert_false(fetches(h, va));
            in.r2 = 5;
            in.r3 = i ? 6 : 0;
            h->before.psr &= ~PSR_IC;
            h->before.gr[5] = PTE_GOOD; /* to physical page 0 */
            h->before.gr[6] = 3;
            h->before.cr[20] = va;
            h->before.cr[21] = ITIR(14, 0);
            struct probe same = h->before;
            harness_run(h, &in, 0, loop);
            harness_expect(h, &same);
            assert_true(fetches(h, va));
            h->what = "ptr_i";
            out.r3 = 6;
            out.r2 = 5;
            h->before.gr[6] = va;
            h->before.gr[5] = 14 << 2;
            same = h->before;
            harness_run(h, &out, 0, loop);
            harness_expect(h, &same);
            assert_false(fetches(h, va));
        }
    }
}

static void faulting_probes_pass_where_access_is_allowed(void **state)
{
    static const char *const names[] = { "probe_rw_fault", "probe_w_fault", "probe_r_fault" };
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        struct insn in = harness_insn(names[i]);
        kit_fresh(h);
        kit_map_page(h, 0, PTE_GOOD);
        h->what = names[i];
        in.r3 = 6;
        in.aux = 3;
        h->before.psr |= PSR_DT;
        h->before.gr[6] = PAGE_VA + 0x10;
        struct probe same = h->before;
        run_in_both(h, &in, &same);
    }
}

static void break_x_reports_its_immediate(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("break_x");

    harness_randomize(h);
    h->what = "break_x";
    in.imm = 0x3ffffffff12345ull & mask64(62);
    for (enum harness_loop loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
        harness_run(h, &in, 1, loop);
        assert_int_equal(h->after.cr[24], in.imm & 0x1fffff); /* SDM 3:29 */
        harness_expect_fault(h, 0x2c00, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region_registers_read_back),
        cmocka_unit_test(debug_registers_read_back),
        cmocka_unit_test(monitors_read_back_what_was_written),
        cmocka_unit_test(cpuid_tells_the_vendor),
        cmocka_unit_test(instruction_translations_come_and_go),
        cmocka_unit_test(faulting_probes_pass_where_access_is_allowed),
        cmocka_unit_test(break_x_reports_its_immediate),
    };
    return cmocka_run_group_tests_name("exec: indirect", tests, harness_setup, harness_teardown);
}
