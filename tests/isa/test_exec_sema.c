/* xchg, cmpxchg, fetchadd, cmp8xchg16.  The oracle works on the bytes in memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/memkit.h"

#define D HARNESS_DATA
#define ISR_RW_BITS (ISR_R_BIT | ISR_W_BIT)

static const struct op {
    const char *meaning;
    unsigned size;
    char what; /* x, c, f, w: cmp8xchg16 */
} ops[] = {
    { "xchg1", 1, 'x' }, { "xchg2", 2, 'x' }, { "xchg4", 4, 'x' }, { "xchg8", 8, 'x' },
    { "cmpxchg1_acq", 1, 'c' }, { "cmpxchg2_acq", 2, 'c' }, { "cmpxchg4_acq", 4, 'c' },
    { "cmpxchg8_acq", 8, 'c' }, { "cmpxchg1_rel", 1, 'c' }, { "cmpxchg2_rel", 2, 'c' },
    { "cmpxchg4_rel", 4, 'c' }, { "cmpxchg8_rel", 8, 'c' },
    { "fetchadd4_acq", 4, 'f' }, { "fetchadd8_acq", 8, 'f' }, { "fetchadd4_rel", 4, 'f' },
    { "fetchadd8_rel", 8, 'f' },
    { "cmp8xchg16_acq", 8, 'w' }, { "cmp8xchg16_rel", 8, 'w' },
};
static const s8 increments[] = { -16, -8, -4, -1, 1, 4, 8, 16 };

static struct insn op_insn(struct harness *h, const struct op *op)
{
    struct insn in = kit_insn(h, op->meaning, 40, op->what == 'f' ? 0 : 43, 41);

    if (op->what == 'f') in.imm = (u64)(s64)increments[harness_below(h, 8)];
    return in;
}

/* The 32 bytes around after the operation; `at`: offset of the operand. */
static void perform(const struct harness *h, const struct op *op, const struct insn *in, u8 *mem,
                    unsigned at, bool be)
{
    u64 old = kit_number(mem + at, op->size, be);

    if (strchr("cw", op->what) && old != h->before.ar[32]) return;
    if (op->what == 'w') {
        at &= ~8u;
        kit_bytes(mem + at + 8, 8, be, h->before.ar[25]);
    }
    kit_bytes(mem + at, op->size, be, op->what == 'f' ? old + in->imm : h->before.gr[in->r2]);
}

static void one_round(struct harness *h, const struct op *op, bool be, unsigned round)
{
    u8 mem[32];
    unsigned at = op->size * harness_below(h, 32 / op->size);

    kit_fresh(h);
    kit_random_bytes(h, D + 64, mem, 32);
    struct insn in = op_insn(h, op);
    if (round % 3 == 1 && op->what == 'x') in.r2 = in.r1;
    in.qp = 9;
    probe_set_pr(&h->before, 9, true);
    if (be) h->before.psr |= PSR_BE;
    if (round % 4 == 3) kit_bystander_nat(h);
    h->before.gr[41] = D + 64 + at;
    u64 old = kit_number(mem + at, op->size, be);
    if (round & 1) h->before.ar[32] = old;
    if (round % 8 == 5 && op->size < 8) h->before.ar[32] |= 1ull << 63; /* all 64 bits count */
    struct probe want = h->before;
    want.gr[40] = old;
    perform(h, op, &in, mem, at, be);
    harness_run(h, &in, harness_any_slot(h, &in), round & 2 ? HARNESS_OBSERVED : HARNESS_FAST);
    harness_expect(h, &want);
    kit_expect_bytes(h, D + 64, mem, 32);

    probe_set_pr(&h->before, 9, false);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &h->before);
    kit_expect_bytes(h, D + 64, mem, 32);
}

static void the_old_value_comes_out_and_the_new_one_goes_in(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        for (unsigned round = 0; round < 48; round++) {
            one_round(*state, &ops[i], round >= 32, round);
        }
    }
}

static void alignment_is_natural_whatever_psr_ac_says(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        for (unsigned offset = 1; offset < ops[i].size; offset++) {
            kit_fresh(h);
            struct insn in = op_insn(h, &ops[i]);
            h->before.gr[41] = D + offset;
            harness_run(h, &in, 0, offset & 1 ? HARNESS_FAST : HARNESS_OBSERVED);
            kit_expect_data_fault(h, 0x5a00, ISR_RW_BITS, D + offset);
        }
    }
}

static void memory_that_is_not_write_back_is_unsupported(void **state)
{
    struct harness *h = *state;
    static const u64 attributes[] = { PTE_UC, PTE_UCE, PTE_WC };

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        kit_fresh(h);
        struct insn in = op_insn(h, &ops[i]);
        h->before.gr[41] = D | PHYS_UC;
        harness_run(h, &in, 0, HARNESS_FAST);
        kit_expect_data_fault(h, 0x5b00, ISR_RW_BITS, D | PHYS_UC);
        for (unsigned k = 0; k < 3; k++) {
            kit_fresh(h);
            kit_map_all(h, false);
            kit_map_page(h, 0, PTE_GOOD | attributes[k]);
            h->before.psr |= PSR_IT | PSR_DT;
            h->before.gr[41] = PAGE_VA;
            harness_run(h, &in, 0, HARNESS_FAST);
            kit_expect_data_fault(h, 0x5b00, ISR_RW_BITS, PAGE_VA);
        }
    }
}

static void nats_are_consumed(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        for (unsigned r = 41; r <= 43; r += 2) {
            if (r == 43 && ops[i].what == 'f') continue;
            kit_fresh(h);
            struct insn in = op_insn(h, &ops[i]);
            h->before.gr[41] = D;
            probe_set_nat(&h->before, r, true);
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5600, ISR_RW_BITS | 0x10);
        }
    }
}

/* Even if the comparison is going to fail. */
static void both_permissions_are_needed(void **state)
{
    struct harness *h = *state;
    static const struct {
        u64 pte;
        unsigned vector;
    } pages[] = {
        { PTE_P | PTE_A | PTE_D | PTE_AR(0), 0x5300 },
        { PTE_P | PTE_A | PTE_AR(2), 0x2000 },
        { PTE_P | PTE_D | PTE_AR(2), 0x2800 },
        { PTE_GOOD & ~PTE_P, 0x5000 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        for (unsigned k = 0; k < ARRAY_LEN(pages); k++) {
            kit_fresh(h);
            kit_map_all(h, false);
            kit_map_page(h, 0, pages[k].pte);
            struct insn in = op_insn(h, &ops[i]);
            h->before.psr |= PSR_IT | PSR_DT;
            h->before.gr[41] = PAGE_VA + 8;
            harness_run(h, &in, 0, HARNESS_FAST);
            kit_expect_data_fault(h, pages[k].vector, ISR_RW_BITS, PAGE_VA + 8);
        }
    }
}

/* A key may allow writing and not reading; the quick path must not be taken in by a store, which
 * has to stand in the same bundle: new code closes all quick paths for writing. */
static void a_page_that_was_stored_to_may_still_be_unreadable(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        kit_fresh(h);
        kit_map_all(h, false);
        kit_map_page(h, 5, PTE_GOOD);
        mmu_set_pkr(cpu_mmu(h->cpu), 0, 1);
        mmu_set_pkr(cpu_mmu(h->cpu), 1, 1 | 4 | 5 << 8); /* rd */
        h->before.psr |= PSR_IT | PSR_DT | PSR_PK;
        h->before.gr[41] = PAGE_VA + 8;
        struct insn store = kit_insn(h, "st8", 0, 43, 41), in = op_insn(h, &ops[i]);
        const u64 slots[3] = { kit_encode(&store), kit_encode(&in), harness_nop('I') };
        harness_run_bundle(h, 0x08, slots, 0, HARNESS_FAST);
        h->slot = 1;
        kit_expect_data_fault(h, 0x5100, ISR_RW_BITS, PAGE_VA + 8);
    }
}

/* Cold, and again when the quick path is open but for the ALAT. */
static void an_overlapped_alat_entry_dies(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
        kit_fresh(h);
        struct insn in = op_insn(h, &ops[i]);
        h->before.gr[41] = D + 8;
        for (int warm = 0; warm < 2; warm++) {
            alat_insert(h->cpu, 32 + 50, D + 8, 1);
            alat_insert(h->cpu, 32 + 51, D + 16, 8);
            alat_insert(h->cpu, 32 + 52, D, 8);
            harness_peek(h, D + 8, &h->before.ar[32], 8);
            harness_run(h, &in, 0, HARNESS_FAST);
            assert_false(alat_check(h->cpu, 32 + 50, false));
            assert_true(alat_check(h->cpu, 32 + 51, false));
            assert_true(alat_check(h->cpu, 32 + 52, false) == (ops[i].what != 'w'));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_value_comes_out_and_the_new_one_goes_in),
        cmocka_unit_test(alignment_is_natural_whatever_psr_ac_says),
        cmocka_unit_test(memory_that_is_not_write_back_is_unsupported),
        cmocka_unit_test(nats_are_consumed),
        cmocka_unit_test(both_permissions_are_needed),
        cmocka_unit_test(a_page_that_was_stored_to_may_still_be_unreadable),
        cmocka_unit_test(an_overlapped_alat_entry_dies),
    };
    return cmocka_run_group_tests_name("exec: sema", tests, harness_setup, harness_teardown);
}
