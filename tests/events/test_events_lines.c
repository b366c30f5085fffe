/* From events to lines: every kind once, with the words that belong to its numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hypercall/hypercall.h"
#include "monitor/events.h"

static struct event_words *words;

static int make_words(void **state)
{
    (void)state;
    isa_init();
    words = event_words_new();
    return 0;
}

static int drop_words(void **state)
{
    (void)state;
    event_words_free(words);
    return 0;
}

static void check(const struct event *e, const char *expected)
{
    char *text = NULL;
    size_t len;
    struct event_line line;
    FILE *to = open_memstream(&text, &len);
    event_line_of(words, NULL, 0, e, &line);
    event_line_print(&line, to);
    fclose(to);
    assert_true(g_str_has_prefix(text, "0 0 0000000000000000.0 - "));
    assert_string_equal(text + strlen("0 0 0000000000000000.0 - "), expected);
    free(text);
}

#define CHECK(expected, ...) check(&(struct event){ __VA_ARGS__ }, expected)
#define ROW(meaning) .number = (s32)isa_row_of(meaning)

static void instructions(void **state)
{
    (void)state;
    CHECK("privop mov_to_cr.ifa r2=0x11\n", .kind = EVENT_PRIVOP, ROW("mov_to_cr"), .sub = 20, .args = { 0x11 }, .nargs = 1);
    CHECK("privop mov_from_cr.ivr = 0xef\n", .kind = EVENT_PRIVOP, ROW("mov_from_cr"), .sub = 65, .has_result = true,
          .result = 0xef);
    CHECK("privop mov_to_cr.3 r2=0x1\n", .kind = EVENT_PRIVOP, ROW("mov_to_cr"), .sub = 3, .args = { 1 }, .nargs = 1);
    CHECK("trapped mov_to_rr.5 r3=0xa000000000000000 r2=0x538\n", .kind = EVENT_TRAPPED, ROW("mov_to_rr"), .sub = 5,
          .args = { 0xa000000000000000, 0x538 }, .nargs = 2);
    CHECK("trapped mov_to_ar.kr6 r2=0x1\n", .kind = EVENT_TRAPPED, ROW("mov_to_ar_m_r"), .sub = 6, .args = { 1 }, .nargs = 1);
    CHECK("trapped mov_to_ar.kr6 imm=0x1\n", .kind = EVENT_TRAPPED, ROW("mov_to_ar_m_imm"), .sub = 6, .args = { 1 }, .nargs = 1);
    CHECK("privop mov_from_ar.itc = 0x99\n", .kind = EVENT_PRIVOP, ROW("mov_from_ar_m"), .sub = 44, .has_result = true,
          .result = 0x99);
    CHECK("privop ssm imm=0x4000\n", .kind = EVENT_PRIVOP, ROW("ssm"), .sub = -1, .args = { 0x4000 }, .nargs = 1);
    CHECK("privop rfi\n", .kind = EVENT_PRIVOP, ROW("rfi"), .sub = -1);
    CHECK("privop ptc_ga r3=0x1 r2=0x38\n", .kind = EVENT_PRIVOP, ROW("ptc_ga"), .sub = -1, .args = { 1, 0x38 }, .nargs = 2);
    CHECK("privop thash r3=0x1 = 0x2\n", .kind = EVENT_PRIVOP, ROW("thash"), .sub = -1, .args = { 1 }, .nargs = 1,
          .has_result = true, .result = 2);
}

static void calls(void **state)
{
    (void)state;
    CHECK("hyperprivop thash r8=0x1 = 0x9 slow\n", .kind = EVENT_HYPERPRIVOP, .number = 0xd,
          .sub = -1, .args = { 1, 2, 3, 4, 5 }, .nargs = 5, .has_result = true, .result = 9, .slow = true);
    CHECK("hypercall event_channel_op.send cmd=0x4 arg=0x123456789a = -38\n", .kind = EVENT_HYPERCALL, .number = 32, .sub = 4,
          .args = { 0xdead00000004, 0x123456789a, 7, 8, 9 }, .nargs = 5, .has_result = true, .result = (u64)-38);
    CHECK("hypercall vcpu_op.99 cmd=0x63 vcpu=0x1 arg=0x2 = 0 batched\n", .kind = EVENT_HYPERCALL, .number = 24, .sub = 99,
          .args = { 99, 1, 2 }, .nargs = 5, .has_result = true, .batched = true);
    CHECK("hypercall multicall list=0x1 count=0x2 = 0\n", .kind = EVENT_HYPERCALL, .number = 13, .sub = -1,
          .args = { 1, 2 }, .nargs = 5, .has_result = true);
    CHECK("hypercall 63 a0=0x1 a1=0x2 a2=0x3 a3=0x4 a4=0x5 = -38\n", .kind = EVENT_HYPERCALL, .number = 63, .sub = -1,
          .args = { 1, 2, 3, 4, 5 }, .nargs = 5, .has_result = true, .result = (u64)-38);
    CHECK("firmware PAL_HALT_LIGHT a0=0x0 = 0\n", .kind = EVENT_FIRMWARE, .number = 29, .sub = EVENT_PAL, .nargs = 1,
          .has_result = true);
    CHECK("firmware SAL_FREQ_BASE = -1\n", .kind = EVENT_FIRMWARE, .number = 0x1000012, .sub = EVENT_SAL, .has_result = true,
          .result = (u64)-1);
    CHECK("firmware EFI_GetTime = 0\n", .kind = EVENT_FIRMWARE, .number = 0, .sub = EVENT_EFI, .has_result = true);
    CHECK("firmware PAL.999 = -1\n", .kind = EVENT_FIRMWARE, .number = 999, .sub = EVENT_PAL, .has_result = true,
          .result = (u64)-1);
}

/* From the ABI's table: rows of it, sorted by how many registers they take. */
static void hyperprivops_show_the_registers_that_they_take(void **state)
{
    static const char *const none[] = { "rfi", "rsm_dt", "ssm_dt", "cover", "ssm_i", "get_ivr", "get_tpr", "eoi", "get_eflag",
                                        "rsm_be", "get_psr" };
    static const char *const two[] = { "ptc_ga", "itr_d", "set_rr", "set_kr" };
    const char *const all_of_them[] = { "", " r8=0x1", " r8=0x1 r9=0x2", " r8=0x1 r9=0x2 r10=0x3 r11=0x4 r14=0x5" };
    (void)state;
    for (s32 n = 1; n <= 0x1a; n++) {
        const char *name = hyperprivop_name((unsigned)n);
        unsigned taken = n == 0x1a ? 3 : 1;
        for (size_t i = 0; i < ARRAY_LEN(none); i++) taken = strcmp(none[i], name) ? taken : 0;
        for (size_t i = 0; i < ARRAY_LEN(two); i++) taken = strcmp(two[i], name) ? taken : 2;
        g_autofree char *expected = g_strdup_printf("hyperprivop %s%s\n", name, all_of_them[taken]);
        CHECK(expected, .kind = EVENT_HYPERPRIVOP, .number = n, .sub = -1, .args = { 1, 2, 3, 4, 5 }, .nargs = 5);
    }
}

static void interruptions(void **state)
{
    (void)state;
    CHECK("reflect 0x0400 isr=0x1 ifa=0x2 iim=0x3\n", .kind = EVENT_REFLECT, .number = 0x400, .sub = -1, .args = { 1, 2, 3 },
          .nargs = 3);
    for (s32 row = 0; interruption_vector((unsigned)row) != 0x2c00; row++) {
        assert_true(row < 100);
        if (interruption_vector((unsigned)row + 1) != 0x2c00) continue;
        CHECK("interruption 0x2c00:break-instruction isr=0x0 ifa=0x0 iim=0x1000\n", .kind = EVENT_INTERRUPTION,
              .number = 0x2c00, .sub = row + 1, .args = { 0, 0, 0x1000 }, .nargs = 3);
    }
    CHECK("irq 0xef\n", .kind = EVENT_IRQ, .number = 0xef, .sub = -1);
    CHECK("upcall enter selector=0x1\n", .kind = EVENT_UPCALL, .sub = -1, .args = { 1 }, .nargs = 1);
    CHECK("event send port=0x3 vcpu=0x1\n", .kind = EVENT_SEND, .number = 3, .sub = 1);
    CHECK("event send port=0x4 vcpu=0x0\n", .kind = EVENT_SEND, .number = 4, .sub = 0);
}

static void translations(void **state)
{
    (void)state;
    CHECK("tlb itc.d va=0x4000 pte=0x661 ps=0xe\n", .kind = EVENT_TLB, .number = TLB_ITC_D, .sub = 14, .args = { 0x4000, 0x661 },
          .nargs = 2);
    CHECK("tlb itc.d va=0x4000 pte=0x661 ps=0x1a\n", .kind = EVENT_TLB, .number = TLB_ITC_D, .sub = 26, .args = { 0x4000, 0x661 },
          .nargs = 2);
    CHECK("tlb ptc.ga va=0x4000 rid=0x7 ps=0xe\n", .kind = EVENT_TLB, .number = TLB_PTC_GA, .sub = 14, .args = { 0x4000, 7 },
          .nargs = 2);
    CHECK("tlb ptc.e va=0x4000\n", .kind = EVENT_TLB, .number = TLB_PTC_E, .sub = -1, .args = { 0x4000 }, .nargs = 1);
    CHECK("tlb ptc.e va=0x0\n", .kind = EVENT_TLB, .number = TLB_PTC_E, .sub = -1, .nargs = 2); /* of a domain */
}

static void phases(void **state)
{
    (void)state;
    CHECK("mark begin:null_call iterations=0x3e8\n", .kind = EVENT_MARK, .sub = -1, .name = "null call", .args = { 1000 },
          .nargs = 1);
    CHECK("mark begin:other iterations=0x1\n", .kind = EVENT_MARK, .sub = -1, .name = "other", .args = { 1 }, .nargs = 1);
    CHECK("mark begin:\?\? iterations=0x1\n", .kind = EVENT_MARK, .sub = -1, .name = "\033\n", .args = { 1 }, .nargs = 1);
    CHECK("mark begin:? iterations=0x1\n", .kind = EVENT_MARK, .sub = -1, .args = { 1 }, .nargs = 1);
    CHECK("mark end\n", .kind = EVENT_MARK, .number = 1, .sub = -1);
}

/* Whatever numbers an event has, it makes a line. */
static void no_number_is_too_strange(void **state)
{
    (void)state;
    for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
        bool insn = kind == EVENT_PRIVOP || kind == EVENT_TRAPPED;
        for (s32 n = 0; n < 4000; n = n * 2 + 1) {
            struct event e = { .kind = kind, .number = insn ? n % (s32)insn_row_count : n, .sub = kind == EVENT_FIRMWARE ? n % 4 : -1,
                .nargs = (unsigned)n % 6, .has_result = n & 1 };
            struct event_line line;
            event_line_of(words, NULL, 0, &e, &line);
            assert_true(line.what->nargs <= EVENT_LINE_ARGS && line.what->name[0]);
        }
    }
}

/* Commands without end: memory must not grow with them, and a line still says what it can. */
static void a_guest_that_invents_commands_gets_few_names(void **state)
{
    GHashTable *names = g_hash_table_new(NULL, NULL);
    struct event_line line = { 0 };
    (void)state;
    struct event_words *own = event_words_new();
    for (s32 n = 0; n < 100000; n++) {
        struct event e = { .kind = EVENT_HYPERCALL, .number = 24, .sub = n, .args = { (u64)n, 7 },
            .nargs = 5, .has_result = true };
        event_line_of(own, NULL, 0, &e, &line);
        g_hash_table_add(names, (gpointer)line.what);
    }
    assert_in_range(g_hash_table_size(names), 10000, 30000);
    assert_string_equal(line.what->name, "other");
    assert_int_equal(line.what->nargs, 5);
    assert_int_equal(line.args[0], 99999);
    g_hash_table_destroy(names);
    event_words_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions),
        cmocka_unit_test(calls),
        cmocka_unit_test(hyperprivops_show_the_registers_that_they_take),
        cmocka_unit_test(interruptions),
        cmocka_unit_test(translations),
        cmocka_unit_test(phases),
        cmocka_unit_test(no_number_is_too_strange),
        cmocka_unit_test(a_guest_that_invents_commands_gets_few_names),
    };
    return cmocka_run_group_tests(tests, make_words, drop_words);
}
