/* Interruptions of a guest: which it sees, with which virtual registers, and which are mended
 * without its knowledge; and the native privileged instructions.
 *
 * The expected registers are written out from the interface's tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/kit.h"

#include <string.h>

#define IVA 0xa000000100010000ull
#define USER_IP 0x2000000000001230ull
#define VA 0x2000000000456780ull
#define PTE 0x661ull
/* What the image of an interrupted program has set, as user_mode and the test make it. */
#define INTERRUPTED                                                                               \
    (PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN | PSR_DFH | PSR_LP | PSR_SS | PSR_TB |    \
     PSR_UP | PSR_DI)
enum { RECORD_NONE = 0, RECORD_ADDRESS = 1, RECORD_IHA = 2, RECORD_IIM = 4 };

static int setup(void **state)
{
    struct kit *k = kit_new(1);
    k->v->iva = IVA;
    k->v->info->upcall_mask = 0;
    vmmu_set_pta(k->v, 0x1fffff0000000000ull | 40 << 2 | 1);
    vmmu_set_rr(k->v, 1, 0x123 << 8 | 14 << 2 | 1);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

static void user_mode(struct kit *k)
{
    cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) | 3ull << 32 | PSR_UP | PSR_LP | PSR_SS | PSR_TB);
    cpu_set_ip(k->cpu[0], USER_IP, 1);
}

static enum hook_answer raise_row(struct kit *k, unsigned row, u64 isr, u64 ifa)
{
    struct interruption intr = { .row = (u16)row, .isr = isr, .ifa = ifa, .iim = 0x1234,
                                 .slot = 1 };
    cpu_raise(k->cpu[0], &intr);
    return domain_interruption(k->d, k->cpu[0]);
}

static void each_interruption_goes_to_its_vector_with_its_registers(void **state)
{
    struct kit *k = *state;
    static const struct {
        unsigned row;
        u64 vector;
        unsigned records;
    } rows[] = {
        { INT_DATA_VHPT, 0x0000, RECORD_ADDRESS | RECORD_IHA },
        { INT_INST_VHPT, 0x0000, RECORD_ADDRESS | RECORD_IHA },
        { INT_INST_TLB, 0x0400, RECORD_ADDRESS | RECORD_IHA },
        { INT_DATA_TLB, 0x0800, RECORD_ADDRESS | RECORD_IHA },
        { INT_INST_ALTERNATE_TLB, 0x0c00, RECORD_ADDRESS | RECORD_IHA },
        { INT_DATA_ALTERNATE_TLB, 0x1000, RECORD_ADDRESS | RECORD_IHA },
        { INT_INST_KEY_MISS, 0x1800, RECORD_ADDRESS },
        { INT_DATA_KEY_MISS, 0x1c00, RECORD_ADDRESS },
        { INT_DIRTY_BIT, 0x2000, RECORD_ADDRESS },
        { INT_INST_ACCESS_BIT, 0x2400, RECORD_ADDRESS },
        { INT_DATA_ACCESS_BIT, 0x2800, RECORD_ADDRESS },
        { INT_BREAK, 0x2c00, RECORD_IIM },
        { INT_INST_NOT_PRESENT, 0x0400, RECORD_ADDRESS | RECORD_IHA }, /* there is a VHPT */
        { INT_DATA_NOT_PRESENT, 0x0800, RECORD_ADDRESS | RECORD_IHA },
        { INT_INST_KEY_PERMISSION, 0x5100, RECORD_ADDRESS },
        { INT_INST_ACCESS_RIGHTS, 0x5200, RECORD_ADDRESS },
        { INT_DATA_ACCESS_RIGHTS, 0x5300, RECORD_ADDRESS },
        { INT_DISABLED_FP, 0x5500, RECORD_NONE },
        { INT_REGISTER_NAT, 0x5600, RECORD_NONE },
        { INT_DATA_NAT_PAGE, 0x5600, RECORD_ADDRESS },
        { INT_SPECULATIVE_OP, 0x5700, RECORD_IIM },
        { INT_DATA_DEBUG, 0x5900, RECORD_ADDRESS },
        { INT_UNALIGNED, 0x5a00, RECORD_ADDRESS },
        { INT_FP_FAULT, 0x5c00, RECORD_NONE },
        { INT_FP_TRAP, 0x5d00, RECORD_NONE },
        { INT_LOWER_PRIVILEGE, 0x5e00, RECORD_NONE },
        { INT_TAKEN_BRANCH, 0x5f00, RECORD_NONE },
        { INT_SINGLE_STEP, 0x6000, RECORD_NONE },
    };
    struct mapped_regs *x = k->v->xsi;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        user_mode(k);
        x->interrupt_collection_enabled = 1;
        x->banknum = 1;
        x->vpsr_dfh = 1;
        k->v->info->upcall_mask = 0;
        x->iha = x->iim = x->ifs = ~0ull;
        cpu_set_gr(k->cpu[0], 20, 0x7777, true);
        assert_int_equal(raise_row(k, rows[i].row, 1ull << 33, VA), HOOK_JUMPED);
        if (cpu_ip(k->cpu[0]) != IVA + rows[i].vector) fail_msg("row %u: vector", i);
        assert_int_equal(cpu_ri(k->cpu[0]), 0);
        assert_int_equal(x->iip, USER_IP);
        assert_int_equal(bits(x->ipsr, 33, 32), 3);
        assert_int_equal(bits(x->ipsr, 42, 41), 1);
        assert_int_equal(x->ipsr & INTERRUPTED, INTERRUPTED);
        assert_true(x->isr & 1ull << 33);
        assert_int_equal(bits(x->isr, 42, 41), 1);
        assert_int_equal(x->ifs, 0);
        assert_int_equal(x->precover_ifs, IFS_VALID | KIT_SOF);
        if (rows[i].records & RECORD_ADDRESS) {
            assert_int_equal(x->ifa, VA);
            assert_int_equal(x->itir, 0x123 << 8 | 14 << 2);
        }
        if (rows[i].records & RECORD_IHA) assert_int_equal(x->iha, 0x3fffff00000008a8ull);
        if (rows[i].records & RECORD_IIM) assert_int_equal(x->iim, 0x1234);
        /* the state of the handler */
        u64 psr = cpu_psr(k->cpu[0]);
        assert_int_equal(bits(psr, 33, 32), 1);
        assert_true((psr & (PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN | PSR_UP)) ==
                    (PSR_IC | PSR_I | PSR_DT | PSR_RT | PSR_IT | PSR_BN | PSR_UP));
        assert_false(psr & (PSR_LP | PSR_SS | PSR_TB | PSR_DFH));
        assert_int_equal(x->vpsr_dfh, 0);
        assert_int_equal(k->v->info->upcall_mask, 1);
        assert_int_equal(x->interrupt_collection_enabled, 0);
        assert_int_equal(x->banknum, 0);
        assert_int_equal(x->bank1_regs[4], 0x7777);
        assert_int_equal(x->vnat & 0xffff, 1u << 4);
        bool nat;
        cpu_gr(k->cpu[0], 20, &nat);
        assert_false(nat); /* handlers save registers before they write them */
        assert_int_equal(cpu_cfm(k->cpu[0]) & 0x7f, KIT_SOF);
        assert_string_equal(k->crash, "");
    }
}

/* hash of VA: region 1, 0x1fffff0000000000 + (offset >> 14 << 3): 0x456780 >> 14 = 0x115. */

static void metaphysical_mode_survives_and_shows_in_ipsr(void **state)
{
    struct kit *k = *state;
    vmmu_set_metaphysical(k->v, true);
    raise_row(k, INT_BREAK, 0, 0);
    assert_int_equal(k->v->xsi->metaphysical_mode, 1);
    assert_false(k->v->xsi->ipsr & (PSR_DT | PSR_RT | PSR_IT));
}

static void big_endian_handlers_come_from_dcr(void **state)
{
    struct kit *k = *state;
    cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) | PSR_BE);
    raise_row(k, INT_BREAK, 0, 0);
    assert_true(k->v->xsi->ipsr & PSR_BE);
    assert_false(cpu_psr(k->cpu[0]) & PSR_BE);
    k->v->xsi->dcr = 2;
    raise_row(k, INT_BREAK, 0, 0);
    assert_true(cpu_psr(k->cpu[0]) & PSR_BE);
}

/* Without a VHPT only the guest itself can have inserted such a page. */
static void absent_pages_the_guest_inserted_are_told_apart(void **state)
{
    struct kit *k = *state;
    vmmu_set_rr(k->v, 1, 0x123 << 8 | 14 << 2);
    assert_int_equal(raise_row(k, INT_DATA_NOT_PRESENT, 0, VA), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), IVA + 0x5000);
}

/* --- misses nobody sees ----------------------------------------------------------------------- */

static void data_may_use_instruction_registers(void **state)
{
    struct kit *k = *state;
    u64 pa;
    k->v->xsi->ifa = 0xa000000100000000ull;
    k->v->xsi->itir = 26 << 2;
    assert_true(vmmu_insert_tr(k->v, true, 0, PTE | 0x4000000));
    assert_int_equal(raise_row(k, INT_DATA_ALTERNATE_TLB, 0, 0xa000000100abc123ull), HOOK_DONE);
    assert_int_equal(vmmu_tpa(k->v, 0xa000000100abc123ull, &pa), VM_OK);
    assert_int_equal(pa, 0x4abc123);
}

static void region_7_is_memory_if_the_guest_said_so(void **state)
{
    struct kit *k = *state;
    struct opt_feature f = { .cmd = 1, .on = 1, .pgprot = 0x661 };
    u64 pa;
    vmmu_set_rr(k->v, 7, 7 << 8 | 24 << 2);
    assert_int_equal(raise_row(k, INT_DATA_ALTERNATE_TLB, 0, 0xe000000001234567ull), HOOK_JUMPED);
    kit_settle(k, 0);
    kit_put(k, KIT_BUF, &f, sizeof f);
    assert_int_equal(kit_call(k, 0x700, kit_inline(KIT_BUF), 0, 0, 0, 0), 0);
    k->v->xsi->interrupt_collection_enabled = 0; /* with ic off, too */
    assert_int_equal(raise_row(k, INT_DATA_ALTERNATE_TLB, 0, 0xe000000001234567ull), HOOK_DONE);
    assert_int_equal(vmmu_tpa(k->v, 0xe000000001234567ull, &pa), VM_OK);
    assert_int_equal(pa, 0x1234567);
    k->v->xsi->interrupt_collection_enabled = 1;
    assert_int_equal(raise_row(k, INT_DATA_ALTERNATE_TLB, 0, 0xe004000000000000ull), HOOK_JUMPED);
    kit_settle(k, 0);
    cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) | 3ull << 32); /* not for users */
    mmu_purge_all_tc(cpu_mmu(k->cpu[0]));
    assert_int_equal(raise_row(k, INT_DATA_ALTERNATE_TLB, 0, 0xe000000001234567ull), HOOK_JUMPED);
}

static void speculative_misses_are_cancelled(void **state)
{
    struct kit *k = *state;
    static const u64 isrs[] = { ISR_SP | ISR_R, ISR_NA | 4 };
    for (unsigned i = 0; i < ARRAY_LEN(isrs); i++) {
        for (unsigned ic = 0; ic < 2; ic++) {
            k->v->xsi->interrupt_collection_enabled = ic;
            cpu_set_psr(k->cpu[0], cpu_psr(k->cpu[0]) & ~PSR_ED);
            assert_int_equal(raise_row(k, INT_DATA_TLB, isrs[i], VA), HOOK_DONE);
            assert_true(cpu_psr(k->cpu[0]) & PSR_ED);
        }
    }
}

/* --- while virtual ic is 0 -------------------------------------------------------------------- */

static void a_data_miss_then_is_nested_and_changes_nothing_else(void **state)
{
    struct kit *k = *state;
    struct mapped_regs before;
    k->v->xsi->interrupt_collection_enabled = 0;
    k->v->xsi->banknum = 0;
    k->v->xsi->ipsr = PSR_DT;
    before = *k->v->xsi;
    assert_int_equal(raise_row(k, INT_DATA_TLB, ISR_R, VA), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), IVA + 0x1400);
    assert_memory_equal(&before, k->v->xsi, sizeof before);
    assert_int_equal(k->v->info->upcall_mask, 0);
}

static void other_faults_then_stop_the_domain_with_a_reason(void **state)
{
    static const struct {
        unsigned row;
        u64 dt;
    } rows[] = { { INT_DATA_TLB, 0 }, { INT_INST_TLB, PSR_DT }, { INT_DATA_ACCESS_RIGHTS, PSR_DT },
                 { INT_UNALIGNED, PSR_DT }, { INT_ILLEGAL_OPERATION, PSR_DT } };
    struct kit *k = *state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        k->d->crashed = false;
        k->crash[0] = 0;
        k->v->xsi->interrupt_collection_enabled = 0;
        k->v->xsi->ipsr = rows[i].dt;
        raise_row(k, rows[i].row, 0, VA);
        assert_non_null(strstr(k->crash, "psr.ic is 0"));
        assert_non_null(strstr(k->crash, "vcpu 0"));
        assert_int_equal(domain_brk(k->d, k->cpu[0], 0x1000), HOOK_DONE); /* it stays stopped */
    }
}

static void the_stack_engine_gets_an_empty_frame_instead(void **state)
{
    struct kit *k = *state;
    k->v->xsi->interrupt_collection_enabled = 0;
    k->v->xsi->ipsr = PSR_DT;
    assert_int_equal(raise_row(k, INT_DATA_TLB, ISR_R | ISR_IR, VA), HOOK_JUMPED);
    assert_int_equal(k->v->xsi->ifs, IFS_VALID | KIT_SOF);
    assert_int_equal(cpu_cfm(k->cpu[0]), 0);
    assert_int_equal(cpu_ip(k->cpu[0]), KIT_ENTRY); /* again */
}

/* --- events ----------------------------------------------------------------------------------- */

static void kicks_deliver_only_what_is_due(void **state)
{
    struct kit *k = *state;
    k->v->callback = 0xa000000100002340ull;
    cpu_post_vector(k->cpu[0], KICK_VECTOR);
    assert_int_equal(raise_row(k, INT_EXTERNAL, 0, 0), HOOK_DONE);
    assert_false(cpu_interrupt_pending(k->cpu[0]));
    k->v->info->upcall_pending = 1;
    k->v->info->upcall_mask = 1;
    assert_int_equal(raise_row(k, INT_EXTERNAL, 0, 0), HOOK_DONE);
    k->v->info->upcall_mask = 0;
    k->v->xsi->interrupt_collection_enabled = 0;
    assert_int_equal(raise_row(k, INT_EXTERNAL, 0, 0), HOOK_DONE);
    k->v->xsi->interrupt_collection_enabled = 1;
    cpu_set_ip(k->cpu[0], USER_IP, 2);
    assert_int_equal(raise_row(k, INT_EXTERNAL, 0, 0), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), 0xa000000100002340ull);
    assert_int_equal(k->v->xsi->iip, USER_IP);
    assert_int_equal(bits(k->v->xsi->ipsr, 42, 41), 2);
}

/* --- native privileged instructions ----------------------------------------------------------- */

/* Executes one instruction found by its meaning, as the processor's hook would. */
static enum hook_answer native(struct kit *k, const char *meaning, struct insn in)
{
    int row = isa_row_of(meaning);
    assert_true(row >= 0);
    in.row = (u16)row;
    return domain_privop(k->d, k->cpu[0], &in);
}

static void set(struct kit *k, unsigned r, u64 value)
{
    cpu_set_gr(k->cpu[0], r, value, false);
}

static u64 get(struct kit *k, unsigned r)
{
    return cpu_gr(k->cpu[0], r, NULL);
}

static void control_registers_by_table(void **state)
{
    struct kit *k = *state;
    enum { OK, ILLEGAL, RESERVED };
    static const struct {
        u8 cr, write, read;
        u64 value, want;
    } rows[] = {
        { 0, OK, OK, 0x7f05, 0x7f05 },
        { 2, OK, OK, 0x12345678, 0x12340000 & ~0x7fffull },
        { 8, OK, OK, 0x1fffff0000000000ull | 40 << 2 | 1, 0x1fffff0000000000ull | 40 << 2 | 1 },
        { 8, RESERVED, OK, 1ull << 9 | 15 << 2, 0x1fffff0000000000ull | 40 << 2 | 1 },
        { 16, OK, OK, 0x1234, 0x1234 },
        { 17, OK, OK, 0x1235, 0x1235 },
        { 19, OK, OK, 0x1236, 0x1236 },
        { 20, OK, OK, 0x1237, 0x1237 },
        { 21, OK, OK, 0x1238, 0x1238 },
        { 22, OK, OK, 0x1239, 0x1239 },
        { 23, OK, OK, 0x123a, 0x123a },
        { 24, OK, OK, 0x123b, 0x123b },
        { 25, OK, OK, 0x123c, 0x123c },
        { 64, ILLEGAL, OK, 1, 0 },
        { 65, ILLEGAL, OK, 1, 0x0f },
        { 66, OK, OK, 0x10000, 0x10000 },
        { 66, RESERVED, OK, 0x100, 0x10000 },
        { 67, OK, OK, 1, 0 },
        { 68, ILLEGAL, OK, 1, 0 },
        { 71, ILLEGAL, OK, 1, 0 },
        { 72, OK, OK, 0x100ef, 0x100ef },
        { 72, ILLEGAL, OK, 0x200, 0x100ef },
        { 73, OK, OK, 0x10000, 0x10000 },
        { 73, RESERVED, OK, 0x100, 0x10000 },
        { 74, OK, OK, 0x10001, 0x10001 },
        { 80, OK, OK, 0x30000, 0x10000 }, /* masked as at the start, and not kept */
        { 80, RESERVED, OK, 0x20, 0x10000 },
        { 3, ILLEGAL, ILLEGAL, 0, 0 },
        { 75, ILLEGAL, ILLEGAL, 0, 0 },
        { 127, ILLEGAL, ILLEGAL, 0, 0 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        const struct insn in = { .r1 = 9, .r2 = 8, .r3 = rows[i].cr };
        set(k, 8, rows[i].value);
        enum hook_answer a = native(k, "mov_to_cr", in);
        if ((a == HOOK_FAULT) != (rows[i].write != OK)) fail_msg("row %u: write", i);
        if (a == HOOK_FAULT) {
            unsigned want = rows[i].write == ILLEGAL ? INT_ILLEGAL_OPERATION
                                                     : INT_RESERVED_REGISTER;
            assert_int_equal(cpu_interruption(k->cpu[0]).row, want);
            k->v->refused = false;
        }
        a = native(k, "mov_from_cr", in);
        if ((a == HOOK_FAULT) != (rows[i].read != OK)) fail_msg("row %u: read", i);
        k->v->refused = false;
        if (rows[i].read == OK && get(k, 9) != rows[i].want) fail_msg("row %u: value", i);
    }
}

static void a_refused_instruction_shows_its_code_alone(void **state)
{
    struct kit *k = *state;
    const struct insn in = { .r2 = 8, .r3 = 66 };
    set(k, 8, 0x100);
    cpu_set_ip(k->cpu[0], KIT_ENTRY, 2);
    assert_int_equal(native(k, "mov_to_cr", in), HOOK_FAULT);
    assert_int_equal(domain_interruption(k->d, k->cpu[0]), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), IVA + 0x5400);
    assert_int_equal(k->v->xsi->isr, 0x30);
    assert_int_equal(bits(k->v->xsi->ipsr, 42, 41), 2);
}

static void user_code_sees_illegal_operations(void **state)
{
    struct kit *k = *state;
    const struct insn in = { .imm = PSR_I };
    user_mode(k);
    assert_int_equal(native(k, "rsm", in), HOOK_DECLINED);
    assert_int_equal(raise_row(k, INT_PRIVILEGED_OPERATION, 0, 0), HOOK_JUMPED);
    assert_int_equal(k->v->xsi->isr, 0);
    assert_int_equal(cpu_ip(k->cpu[0]), IVA + 0x5400);
}

static void masks_and_psr_have_their_virtual_meaning(void **state)
{
    struct kit *k = *state;
    const struct insn irq = { .imm = PSR_I | PSR_IC }, dt = { .imm = PSR_DT };
    const struct insn odd = { .imm = PSR_SI };
    const struct insn read = { .r1 = 9 }, write = { .r2 = 9 };
    assert_int_equal(native(k, "rsm", irq), HOOK_DONE);
    assert_int_equal(k->v->info->upcall_mask, 1);
    assert_int_equal(k->v->xsi->interrupt_collection_enabled, 0);
    assert_int_equal(native(k, "ssm", irq), HOOK_DONE);
    assert_int_equal(k->v->info->upcall_mask, 0);
    native(k, "rsm", dt);
    assert_int_equal(k->v->xsi->metaphysical_mode, 1);
    native(k, "mov_from_psr", read);
    assert_false(get(k, 9) & (PSR_DT | PSR_RT | PSR_IT));
    native(k, "ssm", dt);
    native(k, "mov_from_psr", read);
    assert_true(get(k, 9) & PSR_IT);
    set(k, 9, (get(k, 9) & ~(PSR_I | PSR_RT)) | PSR_DFH);
    native(k, "mov_to_psr_l", write);
    assert_int_equal(k->v->info->upcall_mask, 1);
    assert_int_equal(k->v->xsi->vpsr_dfh, 1);
    assert_true(cpu_psr(k->cpu[0]) & PSR_DFH);
    assert_int_equal(k->v->xsi->metaphysical_mode, 1);
    assert_int_equal(native(k, "ssm", odd), HOOK_FAULT);
}

static void register_files_have_bounds(void **state)
{
    struct kit *k = *state;
    static const struct {
        const char *write, *read;
        u64 last;
    } rows[] = { { "mov_to_dbr", "mov_from_dbr", 7 }, { "mov_to_ibr", "mov_from_ibr", 7 },
                 { "mov_to_pkr", "mov_from_pkr", 14 }, { "mov_to_pmc", "mov_from_pmc", 255 } };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        const struct insn in = { .r1 = 10, .r2 = 9, .r3 = 8 };
        set(k, 9, 0x1001);
        set(k, 8, 2);
        assert_int_equal(native(k, rows[i].write, in), HOOK_DONE);
        assert_int_equal(native(k, rows[i].read, in), HOOK_DONE);
        assert_int_equal(get(k, 10), 0x1001);
        set(k, 8, rows[i].last);
        assert_int_equal(native(k, rows[i].write, in), HOOK_DONE);
        set(k, 8, rows[i].last + 1);
        assert_int_equal(native(k, rows[i].write, in),
                         rows[i].last == 255 ? HOOK_DONE : HOOK_FAULT);
        k->v->refused = false;
    }
    const struct insn pmd = { .r2 = 9, .r3 = 8 }, ar = { .r2 = 9, .r3 = 5 };
    const struct insn itc = { .r2 = 9, .r3 = 44 };
    assert_int_equal(native(k, "mov_to_pmd", pmd), HOOK_DONE);
    assert_int_equal(native(k, "mov_to_ar_m_r", ar), HOOK_DONE);
    assert_int_equal(cpu_ar(k->cpu[0], 5), 0x1001);
    u64 before = cpu_ar(k->cpu[0], 44);
    assert_int_equal(native(k, "mov_to_ar_m_r", itc), HOOK_DONE);
    assert_int_equal(cpu_ar(k->cpu[0], 44), before);
    const struct insn imm = { .imm = 77, .r3 = 6 };
    assert_int_equal(native(k, "mov_to_ar_i_imm", imm), HOOK_DONE);
    assert_int_equal(cpu_ar(k->cpu[0], 6), 77);
}

static void translations_go_in_and_out(void **state)
{
    struct kit *k = *state;
    const struct insn one = { .r1 = 10, .r2 = 9, .r3 = 8 };
    u64 pa;
    k->v->xsi->ifa = VA;
    k->v->xsi->itir = 14 << 2;
    set(k, 9, PTE | 0x1230000);
    native(k, "itc_i", one);
    native(k, "itc_d", one);
    set(k, 8, VA);
    assert_int_equal(native(k, "tpa", one), HOOK_DONE);
    assert_int_equal(get(k, 10), 0x1230000 | (VA & 0x3fff));
    assert_int_equal(native(k, "tak", one), HOOK_DONE);
    assert_int_equal(get(k, 10), 0);
    set(k, 9, 14 << 2);
    native(k, "ptc_l", one);
    assert_int_not_equal(vmmu_tpa(k->v, VA, &pa), VM_OK);
    assert_int_equal(native(k, "tpa", one), HOOK_JUMPED); /* the guest's own miss */
    assert_int_equal(k->v->xsi->ifa, VA);
    assert_int_equal(cpu_ip(k->cpu[0]), IVA + 0x0800);
    kit_settle(k, 0);
    set(k, 9, PTE | 0x1230000);
    set(k, 8, 3);
    k->v->xsi->ifa = VA;
    native(k, "itr_d", one);
    native(k, "itr_i", one);
    native(k, "ptc_e", one);
    assert_int_equal(vmmu_tpa(k->v, VA, &pa), VM_OK);
    set(k, 8, VA);
    set(k, 9, 14 << 2);
    native(k, "ptr_i", one);
    native(k, "ptr_d", one);
    assert_int_not_equal(vmmu_tpa(k->v, VA, &pa), VM_OK);
    native(k, "ptc_ga", one);
    assert_int_equal(native(k, "ptc_g", one), HOOK_FAULT);
    k->v->refused = false;
    native(k, "mov_from_rr", one);
    assert_int_equal(get(k, 10), 0x123 << 8 | 14 << 2 | 1);
    set(k, 9, 1ull << 40);
    assert_int_equal(native(k, "mov_to_rr", one), HOOK_FAULT);
}

static void banks_switch_by_instruction(void **state)
{
    struct kit *k = *state;
    const struct insn none = { .row = 0 };
    set(k, 16, 0x16);
    native(k, "bsw0", none);
    assert_int_equal(k->v->xsi->banknum, 0);
    assert_int_equal(k->v->xsi->bank1_regs[0], 0x16);
    set(k, 16, 0x99);
    native(k, "bsw1", none);
    assert_int_equal(get(k, 16), 0x16);
    k->v->xsi->ipsr = PSR_IC | PSR_DT | PSR_RT | PSR_IT;
    k->v->xsi->iip = 0x4567890;
    k->v->xsi->ifs = 0;
    assert_int_equal(native(k, "rfi", none), HOOK_JUMPED);
    assert_int_equal(cpu_ip(k->cpu[0]), 0x4567890);
}

#define WITH_DOMAIN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOMAIN(each_interruption_goes_to_its_vector_with_its_registers),
        WITH_DOMAIN(metaphysical_mode_survives_and_shows_in_ipsr),
        WITH_DOMAIN(big_endian_handlers_come_from_dcr),
        WITH_DOMAIN(absent_pages_the_guest_inserted_are_told_apart),
        WITH_DOMAIN(data_may_use_instruction_registers),
        WITH_DOMAIN(region_7_is_memory_if_the_guest_said_so),
        WITH_DOMAIN(speculative_misses_are_cancelled),
        WITH_DOMAIN(a_data_miss_then_is_nested_and_changes_nothing_else),
        WITH_DOMAIN(other_faults_then_stop_the_domain_with_a_reason),
        WITH_DOMAIN(the_stack_engine_gets_an_empty_frame_instead),
        WITH_DOMAIN(kicks_deliver_only_what_is_due),
        WITH_DOMAIN(control_registers_by_table),
        WITH_DOMAIN(a_refused_instruction_shows_its_code_alone),
        WITH_DOMAIN(user_code_sees_illegal_operations),
        WITH_DOMAIN(masks_and_psr_have_their_virtual_meaning),
        WITH_DOMAIN(register_files_have_bounds),
        WITH_DOMAIN(translations_go_in_and_out),
        WITH_DOMAIN(banks_switch_by_instruction),
    };
    isa_init();
    return cmocka_run_group_tests_name("reflection", tests, NULL, NULL);
}
