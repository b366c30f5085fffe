/* Each hyperprivop alone, with numbers and formulas written out from the interface's description,
 * and what must not change.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>

#define CALLBACK 0xa000000100001230ull
#define PSR_BASE (PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN)

static bool covered[0x1b];

static int setup(void **state)
{
    *state = kit_new(2);
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

static void set(struct kit *k, unsigned r, u64 value)
{
    cpu_set_gr(k->cpu[0], r, value, false);
}

static u64 get(struct kit *k, unsigned r)
{
    return cpu_gr(k->cpu[0], r, NULL);
}

/* Carries out, demands that it is done or has jumped, and that nothing else has changed. */
static enum hook_answer run(struct kit *k, unsigned number)
{
    u64 before[128], pr = cpu_pr(k->cpu[0]), br[8];
    for (unsigned r = 1; r < 32 + KIT_SOF; r++) before[r] = get(k, r);
    for (unsigned b = 0; b < 8; b++) br[b] = cpu_br(k->cpu[0], b);
    enum hook_answer a = kit_break(k, 0, number);
    covered[number] = true;
    assert_string_equal(k->crash, "");
    if (number == 1 || number == 4) return a; /* rfi and cover change the frame */
    for (unsigned r = 1; r < 32 + KIT_SOF; r++) {
        if (r != 8 && get(k, r) != before[r]) fail_msg("hyperprivop %#x changed r%u", number, r);
    }
    assert_int_equal(cpu_pr(k->cpu[0]), pr);
    for (unsigned b = 0; b < 8; b++) assert_int_equal(cpu_br(k->cpu[0], b), br[b]);
    return a;
}

static void rfi_restores_psr_bank_and_frame(void **state)
{
    struct kit *k = *state;
    struct mapped_regs *x = k->v->xsi;
    x->ipsr = PSR_BASE | PSR_UP | PSR_DFH | 3ull << 32 | 1ull << 41;
    x->iip = 0x2000000000000040ull;
    x->ifs = IFS_VALID;
    x->banknum = 0;
    for (unsigned i = 0; i < 16; i++) x->bank1_regs[i] = 0x1000 + i;
    x->vnat = 1u << 5;
    assert_int_equal(run(k, 1), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), 0x2000000000000040ull);
    assert_int_equal(cpu_ri(k->cpu[0]), 1);
    assert_int_equal(bits(cpu_psr(k->cpu[0]), 33, 32), 3);
    assert_true(cpu_psr(k->cpu[0]) & PSR_UP);
    assert_true(cpu_psr(k->cpu[0]) & PSR_DFH);
    assert_int_equal(x->vpsr_dfh, 1);
    assert_int_equal(k->v->info->upcall_mask, 0);
    assert_int_equal(x->interrupt_collection_enabled, 1);
    assert_int_equal(x->banknum, 1);
    for (unsigned i = 0; i < 16; i++) {
        bool nat;
        assert_int_equal(cpu_gr(k->cpu[0], 16 + i, &nat), 0x1000 + i);
        assert_int_equal(nat, i == 5);
    }
    assert_int_equal(cpu_cfm(k->cpu[0]), 0);
}

/* A kernel context: level 0 becomes 1; it, dt or rt missing is metaphysical mode; an invalid ifs
 * leaves the frame alone; registers stay if the bank was 1 already. */
static void rfi_to_the_kernel_never_gets_below_level_1(void **state)
{
    struct kit *k = *state;
    static const u64 missing[] = { PSR_DT, PSR_RT, PSR_IT };
    for (unsigned i = 0; i < ARRAY_LEN(missing); i++) {
        k->v->xsi->ipsr = PSR_BASE & ~missing[i] & ~PSR_I;
        k->v->xsi->iip = KIT_ENTRY;
        k->v->xsi->ifs = 0;
        set(k, 20, 77);
        assert_int_equal(run(k, 1), HOOK_JUMPED);
        assert_int_equal(bits(cpu_psr(k->cpu[0]), 33, 32), 1);
        assert_int_equal(k->v->xsi->metaphysical_mode, 1);
        assert_int_equal(k->v->info->upcall_mask, 1);
        assert_int_equal(cpu_cfm(k->cpu[0]) & 0x7f, KIT_SOF);
        assert_int_equal(get(k, 20), 77);
        assert_true((cpu_psr(k->cpu[0]) & PSR_BASE) == PSR_BASE); /* the real bits */
    }
}

static void rfi_delivers_a_pending_event_at_its_target(void **state)
{
    struct kit *k = *state;
    struct mapped_regs *x = k->v->xsi;
    k->v->callback = CALLBACK;
    k->v->info->upcall_pending = 1;
    x->ipsr = PSR_BASE | 2ull << 41;
    x->iip = 0xa000000100005550ull;
    x->ifs = 0;
    assert_int_equal(run(k, 1), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), CALLBACK);
    assert_int_equal(x->iip, 0xa000000100005550ull);
    assert_int_equal(bits(x->ipsr, 42, 41), 2);
    assert_int_equal(bits(x->isr, 42, 41), 2);
    assert_int_equal(k->v->info->upcall_mask, 1);
    assert_int_equal(k->v->info->upcall_pending, 1); /* the guest clears it */
    assert_int_equal(x->interrupt_collection_enabled, 0);
}

static void rfi_to_slot_3_or_ia32_stops_the_domain(void **state)
{
    struct kit *k = *state;
    k->v->xsi->ipsr = PSR_BASE | PSR_IS;
    (void)kit_break(k, 0, 1);
    assert_non_null(strstr(k->crash, "IA-32"));
}

static void metaphysical_mode_hides_region_0(void **state)
{
    struct kit *k = *state;
    u64 pa;
    assert_int_equal(vmmu_tpa(k->v, 0x5000, &pa), VM_ALTERNATE);
    assert_int_equal(run(k, 2), HOOK_DONE);
    assert_int_equal(k->v->xsi->metaphysical_mode, 1);
    assert_int_equal(vmmu_tpa(k->v, 0x5000, &pa), VM_OK);
    assert_int_equal(pa, 0x5000);
    assert_int_equal(run(k, 3), HOOK_DONE);
    assert_int_equal(k->v->xsi->metaphysical_mode, 0);
    assert_int_equal(vmmu_tpa(k->v, 0x5000, &pa), VM_ALTERNATE);
}

static void cover_gives_an_empty_frame_and_its_marker(void **state)
{
    struct kit *k = *state;
    u64 bsp = cpu_ar(k->cpu[0], 17);
    assert_int_equal(run(k, 4), HOOK_DONE);
    assert_int_equal(k->v->xsi->ifs, IFS_VALID | KIT_SOF);
    assert_int_equal(cpu_cfm(k->cpu[0]), 0);
    assert_int_equal(cpu_ar(k->cpu[0], 17), bsp + 8 * KIT_SOF);
}

#define PTE_RWX_PL0 0x661ull

static void itc_inserts_under_the_guests_own_region_even_when_metaphysical(void **state)
{
    struct kit *k = *state;
    u64 pa;
    for (unsigned meta = 0; meta < 2; meta++) {
        u64 va = 0x7654000 + meta * 0x4000;
        k->v->xsi->ifa = va;
        k->v->xsi->itir = 14 << 2;
        vmmu_set_metaphysical(k->v, meta);
        set(k, 8, PTE_RWX_PL0 | 0x1230000);
        assert_int_equal(run(k, 5), HOOK_DONE);
        set(k, 8, PTE_RWX_PL0 | 0x1230000);
        assert_int_equal(run(k, 6), HOOK_DONE);
        vmmu_set_metaphysical(k->v, false);
        assert_int_equal(vmmu_tpa(k->v, va + 0x123, &pa), VM_OK);
        assert_int_equal(pa, 0x1230123);
    }
}

static void inserted_pages_are_raised_to_level_1(void **state)
{
    struct kit *k = *state;
    struct mmu_span span;
    k->v->xsi->ifa = 0x7654000;
    k->v->xsi->itir = 14 << 2;
    set(k, 8, PTE_RWX_PL0 | 0x1230000);
    run(k, 5);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0x7654000, 8, MMU_WRITE, 1, &span), MMU_OK);
    assert_int_equal(span.pl, 1);
    assert_int_equal(mmu_access(cpu_mmu(k->cpu[0]), 0x7654000, 8, MMU_READ, 3, &span),
                     MMU_ACCESS_RIGHTS);
}

static void itc_refuses_nonsense_in_silence(void **state)
{
    struct kit *k = *state;
    u64 pa;
    k->v->xsi->ifa = 0x7654000;
    k->v->xsi->itir = 15 << 2; /* no such page size */
    set(k, 8, PTE_RWX_PL0 | 0x1230000);
    assert_int_equal(run(k, 5), HOOK_DONE);
    assert_int_equal(vmmu_tpa(k->v, 0x7654000, &pa), VM_ALTERNATE);
}

static void ssm_i_delivers_what_is_pending_behind_itself(void **state)
{
    struct kit *k = *state;
    struct mapped_regs *x = k->v->xsi;
    assert_int_equal(run(k, 7), HOOK_DONE); /* nothing pending */
    assert_int_equal(k->v->info->upcall_mask, 0);
    k->v->info->upcall_mask = 1;
    k->v->info->upcall_pending = 1;
    assert_int_equal(run(k, 7), HOOK_DONE); /* no callback yet */
    k->v->info->upcall_mask = 1;
    k->v->callback = CALLBACK;
    cpu_set_ip(k->cpu[0], KIT_ENTRY, 2);
    assert_int_equal(kit_break(k, 0, 7), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), CALLBACK);
    assert_int_equal(x->iip, KIT_ENTRY + 16);
    assert_int_equal(bits(x->ipsr, 42, 41), 0);
    assert_true(x->ipsr & PSR_I);
    assert_true(x->ipsr & PSR_IC);
    assert_int_equal(x->precover_ifs, IFS_VALID | KIT_SOF);
    assert_int_equal(x->ifs, 0);
    assert_int_equal(x->banknum, 0);
}

static void legacy_interrupts_come_by_priority_and_leave_by_eoi(void **state)
{
    struct kit *k = *state;
    run(k, 8);
    assert_int_equal(get(k, 8), 0x0f);
    cpu_set_gr(k->cpu[0], 14, 0, false);
    cpu_set_gr(k->cpu[0], 15, 0xef, false);
    kit_call(k, 0x400, 0, 0, 0, 0, 0);
    cpu_set_gr(k->cpu[0], 15, 0x41, false);
    kit_call(k, 0x400, 0, 0, 0, 0, 0);
    set(k, 8, 0x10000); /* tpr.mmi */
    run(k, 0xa);
    run(k, 8);
    assert_int_equal(get(k, 8), 0x0f);
    set(k, 8, 0x100); /* a reserved bit */
    run(k, 0xa);
    run(k, 9);
    assert_int_equal(get(k, 8), 0x10000);
    set(k, 8, 0);
    run(k, 0xa);
    run(k, 8);
    assert_int_equal(get(k, 8), 0xef);
    run(k, 8);
    assert_int_equal(get(k, 8), 0x0f); /* 0x41 waits for the end of 0xef */
    run(k, 0xb);
    run(k, 8);
    assert_int_equal(get(k, 8), 0x41);
    run(k, 0xb);
}

static void a_timer_in_the_past_fires_at_once_and_once(void **state)
{
    struct kit *k = *state;
    struct evtchn_bind_virq bind = { .virq = 16 };
    k->v->callback = CALLBACK;
    k->v->xsi->itv = 0xef;
    assert_int_equal(kit_struct(k, 32, 1, &bind, sizeof bind), 0);
    cpu_skip_time(k->cpu[0], 100000);
    set(k, 8, 5);
    run(k, 0xc);
    assert_true(evtchn_is_pending(k->d, bind.port));
    k->d->shared->evtchn_pending[0] = 0;
    set(k, 8, 5);
    run(k, 0xc);
    assert_false(evtchn_is_pending(k->d, bind.port)); /* this value has fired */
    set(k, 8, 6);
    run(k, 0xc);
    assert_true(evtchn_is_pending(k->d, bind.port));
}

/* hash = region | (base & ~mask) | (((va >> ps) << 3) & mask), by hand for one configuration. */
static void thash_is_the_short_format(void **state)
{
    struct kit *k = *state;
    vmmu_set_pta(k->v, 0x1fffff0000000000ull | 40 << 2 | 1); /* 2^61 - 2^40 */
    vmmu_set_rr(k->v, 5, 0x500 | 14 << 2 | 1);
    set(k, 8, 0xa000000200004000ull);
    run(k, 0xd);
    assert_int_equal(get(k, 8), 0xbfffff0000400008ull);
}

static void ptc_ga_reaches_every_processor(void **state)
{
    struct kit *k = *state;
    u64 pa;
    for (unsigned i = 0; i < 2; i++) {
        struct hv_vcpu *v = &k->d->vcpu[i];
        if (i) vcpu_start(v, KIT_ENTRY, false);
        vmmu_set_metaphysical(v, false);
        v->xsi->ifa = 0x8000000;
        v->xsi->itir = 14 << 2;
        assert_true(vmmu_insert_tc(v, false, PTE_RWX_PL0 | 0x1230000));
        assert_int_equal(vmmu_tpa(v, 0x8000000, &pa), VM_OK);
    }
    set(k, 8, 0x8000000);
    set(k, 9, 14 << 2);
    run(k, 0xe);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(vmmu_tpa(&k->d->vcpu[i], 0x8000000, &pa), VM_ALTERNATE);
    }
}

static void itr_d_holds_against_purges(void **state)
{
    struct kit *k = *state;
    u64 pa;
    k->v->xsi->ifa = 0xa000000100000000ull;
    k->v->xsi->itir = 26 << 2;
    set(k, 8, 3);
    set(k, 9, PTE_RWX_PL0 | 0x4000000);
    run(k, 0xf);
    set(k, 8, 0xa000000100000000ull);
    set(k, 9, 26 << 2);
    run(k, 0xe);
    assert_int_equal(vmmu_tpa(k->v, 0xa000000100123456ull, &pa), VM_OK);
    assert_int_equal(pa, 0x4123456);
    set(k, 8, 12); /* no such register */
    k->v->xsi->ifa = 0xa000000200000000ull;
    run(k, 0xf);
    assert_int_equal(vmmu_tpa(k->v, 0xa000000200000000ull, &pa), VM_ALTERNATE);
}

static void region_registers_keep_their_virtual_values(void **state)
{
    struct kit *k = *state;
    set(k, 8, 3ull << 61 | 0x1234);
    set(k, 9, 0x12345u << 8 | 14 << 2 | 1);
    run(k, 0x11);
    set(k, 8, 3ull << 61);
    run(k, 0x10);
    assert_int_equal(get(k, 8), 0x12345u << 8 | 14 << 2 | 1);
    static const u64 bad[] = { 1ull << 26 | 14 << 2, 14 << 2 | 2, 11 << 2, 29 << 2, 1ull << 32 };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        set(k, 8, 3ull << 61);
        set(k, 9, bad[i]);
        run(k, 0x11);
        assert_int_equal(k->v->xsi->rrs[3], 0x12345u << 8 | 14 << 2 | 1);
    }
}

static void rr0_to_rr4_change_together_or_not_at_all(void **state)
{
    struct kit *k = *state;
    static const unsigned from[5] = { 8, 9, 10, 11, 14 };
    for (unsigned i = 0; i < 5; i++) set(k, from[i], (0x100u + i) << 8 | 14 << 2 | 1);
    run(k, 0x1a);
    for (unsigned i = 0; i < 5; i++) assert_int_equal(k->v->rr[i], (0x100u + i) << 8 | 14 << 2 | 1);
    for (unsigned i = 0; i < 5; i++) set(k, from[i], (0x200u + i) << 8 | 14 << 2 | 1);
    set(k, 14, 1ull << 40);
    run(k, 0x1a);
    for (unsigned i = 0; i < 5; i++) assert_int_equal(k->v->rr[i], (0x100u + i) << 8 | 14 << 2 | 1);
}

static void kernel_registers_can_be_read_without_us(void **state)
{
    struct kit *k = *state;
    for (unsigned i = 0; i < 8; i++) {
        set(k, 8, i);
        set(k, 9, 0xabc0 + i);
        run(k, 0x12);
        assert_int_equal(cpu_ar(k->cpu[0], i), 0xabc0 + i);
        assert_int_equal(k->v->xsi->krs[i], 0xabc0 + i);
    }
    set(k, 8, 1ull << 60);
    run(k, 0x12);
}

static void small_questions_have_small_answers(void **state)
{
    struct kit *k = *state;
    set(k, 8, KIT_BUF);
    assert_int_equal(run(k, 0x13), HOOK_DONE);
    set(k, 8, 0);
    run(k, 0x14);
    u64 name = get(k, 8);
    assert_memory_equal(&name, "Xen/ia64", 8);
    set(k, 8, 99);
    run(k, 0x14);
    assert_int_equal(get(k, 8), 0);
    set(k, 8, 1000);
    run(k, 0x15);
    assert_int_equal(get(k, 8), 0);
    run(k, 0x17);
    run(k, 0x16);
    assert_int_equal(get(k, 8), 0);
}

static void psr_is_the_virtual_one(void **state)
{
    struct kit *k = *state;
    cpu_set_psr(k->cpu[0], (cpu_psr(k->cpu[0]) & ~PSR_UM) | PSR_BE);
    k->v->info->upcall_mask = 1;
    run(k, 0x19);
    assert_int_equal(get(k, 8), PSR_BE | PSR_IC | PSR_DT | PSR_DI | PSR_RT | PSR_IT);
    run(k, 0x18);
    k->v->info->upcall_mask = 0;
    vmmu_set_metaphysical(k->v, true);
    run(k, 0x19);
    assert_int_equal(get(k, 8), PSR_IC | PSR_I | PSR_DI);
    vmmu_set_metaphysical(k->v, false);
}

/* --- the path that Xen would take -------------------------------------------------------------- */

static int slow; /* as the last event says; -1: there was none */

static void hear(void *opaque, struct cpu *cpu, const struct event *e)
{
    (void)opaque;
    (void)cpu;
    if (e->kind == EVENT_HYPERPRIVOP) slow = e->slow;
}

static void expect_path(struct kit *k, unsigned number, u64 r8, bool pending, bool masked, int path)
{
    kit_settle(k, 0);
    k->v->info->upcall_pending = pending;
    k->v->info->upcall_mask = masked;
    k->v->xsi->interrupt_collection_enabled = 0; /* nothing is delivered meanwhile */
    set(k, 8, r8);
    slow = -1;
    kit_break(k, 0, number);
    if (slow != path) {
        fail_msg("hyperprivop %#x, r8 %#lx, pending %d, masked %d: slow is %d", number,
                 (unsigned long)r8, pending, masked, slow);
    }
}

/* hyperprivop.S: a pending event that could be taken sends most of them the slow way; not ssm_i,
 * which is for that; set_itm goes there with a masked one, too.  rr7 and kr8 have no fast way. */
static void the_path_is_the_one_of_xen(void **state)
{
    struct kit *k = *state;
    enum { ITC_D = 5, SSM_I = 7, SET_ITM = 12, GET_RR = 16, SET_RR = 17, SET_KR = 18 };
    k->hooks.event = hear;
    cpu_listen(k->cpu[0], EVENT_BIT(HYPERPRIVOP));
    for (unsigned number = GET_RR; number <= SET_KR; number++) {
        expect_path(k, number, 0, false, false, false);
        expect_path(k, number, 0, true, true, false);
        expect_path(k, number, 0, true, false, true);
    }
    expect_path(k, SSM_I, 0, true, false, false);
    expect_path(k, SSM_I, 0, true, true, false);
    expect_path(k, SET_ITM, ~0ull >> 1, false, false, false);
    expect_path(k, SET_ITM, ~0ull >> 1, true, true, true);
    expect_path(k, SET_RR, 7ull << 61, false, false, true);
    expect_path(k, SET_KR, 8, false, false, true);
    expect_path(k, ITC_D, 0, false, false, true);
    cpu_listen(k->cpu[0], 0);
}

/* The same immediates mean nothing to user code, nor do others to the kernel. */
static void only_level_1_and_known_numbers_are_served(void **state)
{
    struct kit *k = *state;
    static const u64 unknown[] = { 0, 0x1b, 0xfff, 0x1001, 0x80100, 0x100000 };
    for (unsigned i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_int_equal(kit_break(k, 0, unknown[i]), HOOK_DECLINED);
    }
    cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) | 3ull << 32);
    for (u64 imm = 1; imm <= 0x1a; imm++) assert_int_equal(kit_break(k, 0, imm), HOOK_DECLINED);
    assert_int_equal(kit_break(k, 0, 0x1000), HOOK_DECLINED);
}

static void every_number_was_tried(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 0x1a; i++) {
        if (!covered[i]) fail_msg("hyperprivop %#x has no test", i);
    }
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(rfi_restores_psr_bank_and_frame),
        WITH_DOMAIN(rfi_to_the_kernel_never_gets_below_level_1),
        WITH_DOMAIN(rfi_delivers_a_pending_event_at_its_target),
        WITH_DOMAIN(rfi_to_slot_3_or_ia32_stops_the_domain),
        WITH_DOMAIN(metaphysical_mode_hides_region_0),
        WITH_DOMAIN(cover_gives_an_empty_frame_and_its_marker),
        WITH_DOMAIN(itc_inserts_under_the_guests_own_region_even_when_metaphysical),
        WITH_DOMAIN(inserted_pages_are_raised_to_level_1),
        WITH_DOMAIN(itc_refuses_nonsense_in_silence),
        WITH_DOMAIN(ssm_i_delivers_what_is_pending_behind_itself),
        WITH_DOMAIN(legacy_interrupts_come_by_priority_and_leave_by_eoi),
        WITH_DOMAIN(a_timer_in_the_past_fires_at_once_and_once),
        WITH_DOMAIN(thash_is_the_short_format),
        WITH_DOMAIN(ptc_ga_reaches_every_processor),
        WITH_DOMAIN(itr_d_holds_against_purges),
        WITH_DOMAIN(region_registers_keep_their_virtual_values),
        WITH_DOMAIN(rr0_to_rr4_change_together_or_not_at_all),
        WITH_DOMAIN(kernel_registers_can_be_read_without_us),
        WITH_DOMAIN(small_questions_have_small_answers),
        WITH_DOMAIN(psr_is_the_virtual_one),
        WITH_DOMAIN(the_path_is_the_one_of_xen),
        WITH_DOMAIN(only_level_1_and_known_numbers_are_served),
        cmocka_unit_test(every_number_was_tried),
    };
    return cmocka_run_group_tests_name("hyperprivops", tests, NULL, NULL);
}
