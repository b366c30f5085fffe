/* The monitor: expressions, commands, completion, the console; backtraces and kernel logs of guests
 * that cannot speak for themselves any more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/sysreg.h"
#include "debug_kit.h"

static struct monitor *monitor;

static int setup(void **state)
{
    struct kit *k = kit_new(1);
    monitor = monitor_new(k->d);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    monitor_free(monitor);
    kit_free(*state);
    return 0;
}

/* The answer to `line` contains `text`. */
static void answers(const char *line, const char *text)
{
    char *answer = monitor_execute(monitor, line);
    if (!strstr(answer, text)) fail_msg("'%s' answered '%s', without '%s'", line, answer, text);
    g_free(answer);
}

static void answers_exactly(const char *line, const char *text)
{
    char *answer = monitor_execute(monitor, line);
    assert_string_equal(answer, text);
    g_free(answer);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned letters;
} rows[] = {
#define COMMAND(fn, name, letters, args, what, help) { name, letters },
#include "monitor/commands.def"
};

/* Whoever types the letters that suffice means this command and no other. */
static void abbreviations_are_unambiguous(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        assert_in_range(rows[i].letters, 1, strlen(rows[i].name));
        for (unsigned j = 0; j < ARRAY_LEN(rows); j++) {
            if (i == j || rows[j].letters > rows[i].letters) continue;
            if (!strncmp(rows[i].name, rows[j].name, rows[i].letters)) {
                fail_msg("%.*s may be %s or %s", (int)rows[i].letters, rows[i].name, rows[i].name,
                         rows[j].name);
            }
        }
    }
}

static void help_knows_every_command_by_its_shortest_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char *line = g_strdup_printf("help %.*s", (int)rows[i].letters, rows[i].name);
        answers(line, rows[i].name);
        answers("help", rows[i].name);
        g_free(line);
    }
    answers("help frobnicate", "no command 'frobnicate'");
    answers("frobnicate", "no command 'frobnicate'");
    answers_exactly("", "");
    answers_exactly("   ", "");
}

/* --- expressions ------------------------------------------------------------------------------ */

static void expressions_have_the_value_they_should(void **state)
{
    static const struct {
        const char *text;
        u64 value;
    } good[] = {
        { "10", 10 },                  { "0x10", 16 },
        { "1f", 31 },                  { "ffffffffffffffff", ~0ull },
        { "a000000100000000", 0xa000000100000000 },
        { "18446744073709551615", ~0ull },
        { "2+3*4", 14 },               { "(2+3)*4", 20 },
        { "-1", ~0ull },               { "7 - -1", 8 },
        { "10-3-2", 5 },               { " 1 ", 1 },
        { "inner", AT_INNER },         { "inner+0x10", AT_INNER + 16 },
        { "r12", 0x1200 },             { "$r12+1", 0x1201 },
        { "sp", 0x1200 },              { "b3", 0xb3 },
        { "ar.lc", 77 },               { "cr.iva", 0x8000 },
        { "ip", AT_START },            { "psr", 1ull << 44 },
        { "p0", 1 },                   { "[counter+0x10]", 0x0123456789abcdef },
        { "[[0x200000]]", 0x1122334455667788 },
        { "rr5", 0x1234530 },          { "other.r16", 0x1616 },
    };
    struct kit *k = *state;
    struct cpu *cpu = k->cpus[0];
    u64 chain[2] = { 0x200008, 0x1122334455667788 };
    struct expr_env env = { cpu, k->pm, k->symbols };
    cpu_set_gr(cpu, 12, 0x1200, false);
    cpu_set_br(cpu, 3, 0xb3);
    cpu_set_ar(cpu, 65, 77);
    cpu_set_cr(cpu, 2, 0x8000);
    cpu_set_rr(cpu, 5, 0x1234530);
    cpu_set_banked_gr(cpu, 16, 0x1616, false);
    physmem_write(k->pm, 0x200000, chain, 16);
    for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
        u64 v;
        char *why = NULL;
        if (!expr_eval(&env, good[i].text, &v, &why)) fail_msg("%s: %s", good[i].text, why);
        if (v != good[i].value) fail_msg("%s is 0x%" PRIx64, good[i].text, v);
    }
}

static void nonsense_is_refused_in_words(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { "", "missing" },         { "1+", "missing" },       { "(1", ") is missing" },
        { "[1", "] is missing" },  { "1 2", "makes no sense" },{ "#", "makes no sense" },
        { "$r12x", "no register" }, { "r128", "no register, symbol or number" },
        { "nobody", "no register, symbol or number" },         { "12zz", "no number" },
        { "[0x40000000]", "no memory" },                       { "0x", "no number" },
        { "((((((((((((((((((((((((((((((((((1", "too deep" },
    };
    struct kit *k = *state;
    struct expr_env env = { k->cpus[0], k->pm, k->symbols };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        u64 v;
        char *why = NULL;
        assert_false(expr_eval(&env, bad[i].text, &v, &why));
        assert_non_null(why);
        if (!strstr(why, bad[i].why)) fail_msg("'%s': %s", bad[i].text, why);
        g_free(why);
    }
}

/* --- commands --------------------------------------------------------------------------------- */

static void registers_are_shown_and_changed(void **state)
{
    struct kit *k = *state;
    answers("set r14 inner+1", "0x1000f1 was 0x0");
    assert_int_equal(cpu_gr(k->cpus[0], 14, NULL), AT_INNER + 1);
    answers("set b2 5", "b2");
    answers("set ip outer+2", "ip");
    assert_int_equal(cpu_place(k->cpus[0]), AT_OUTER + 2);
    answers("set psr 0x100000000000", "psr");
    assert_int_equal(cpu_ri(k->cpus[0]), 0);
    answers("set p6 1", "p6");
    answers("print p6", "1 ");
    answers("set r0 1", "r0");
    answers("print r0", "0 0x0");
    answers("set cfm 1", "cannot be changed");
    answers("set r200 1", "no register");
    answers("set r1", "usage: set");
    cpu_set_gr(k->cpus[0], 20, 7, true);
    answers("registers", "0000000000000007*");
    answers("reg general", "r31");
    answers("reg control", "iva");
    answers("reg banked", "other.r31 0000000000000000 ");
    answers("reg predicates", " p6");
    answers("reg all", "fpsr");
    answers("reg silly", "no group 'silly'");
}

static void memory_is_dumped_and_changed(void **state)
{
    (void)state;
    answers("write 0x200000 0x1122334455667788", "");
    answers_exactly("memory 0x200000 1", "0000000000200000  1122334455667788                   "
                                         ".wfUD3\".\n");
    answers("m p:0x200000 8 1", "88 77 66 55 44 33 22 11");
    answers("write p:0x200000 0x99 1", "");
    answers("m 0x200000 1 2", "7799");
    answers("memory 0x200000 4 3", "1, 2, 4 or 8");
    answers("memory 0x1000000", "no memory at 0x1000000");
    answers("write 0x1000000 1", "no memory");
    answers("memory", "0000000000200002 "); /* from where the last dump ended */
    answers("translate 0x200000", "physical 0x200000");
    answers("translate 0x4000000000000000 + 8", "physical 0x8 (but"); /* identity, not the guest's */
    answers("symbol 0x100141", "<loop+0x1>");
}

static void instructions_are_listed_with_their_slots(void **state)
{
    (void)state;
    answers("disassemble loop 1", "0000000000100140.0  [MMI]       ld8 r14=[r34];;\n");
    answers("disassemble", "0000000000100150.0  [MII]       st8 [r34]=r14");
    answers("disassemble ip 1", "> 0000000000100000.0");
    answers("disassemble 0x1000000 1", "no memory");
}

static void breakpoints_are_listed_and_deleted(void **state)
{
    struct kit *k = *state;
    answers("break inner", "breakpoint 1 at 0x1000f0 <inner+0x0>");
    answers("b 0x100170 + 2", "breakpoint 2"); /* an MLX bundle has no slot 2 */
    answers("b", "2 break 0x100171 <deepest+0x1>");
    answers("break inner+5", "not a bundle address");
    answers("watch counter", "watchpoint 3");
    answers("watch counter 4 rw", "watchpoint 4");
    answers("watch counter 4 x", "usage");
    answers("b", "4 watch 4 bytes, reads and writes, at 0x1002b0 <counter+0x0>");
    answers("delete 1", "");
    answers("delete 1", "no breakpoint 1");
    answers("delete all", "");
    answers_exactly("b", "");
    assert_int_equal(k->d->breakpoints->len, 0);
}

static void branches_are_remembered(void **state)
{
    struct kit *k = *state;
    answers("branches", "nothing is recorded");
    answers("branches on", "");
    kit_run_to(k, AT_DEEPEST);
    answers("branches", "0x100062 <_start+0x62>  ->  0x1000a0 <outer+0x0>");
    answers("branches 1", "0x100162 <the_store+0x12>  ->  0x100140 <loop+0x0>");
    char *one = monitor_execute(monitor, "branches 1");
    assert_null(strstr(one, "outer")); /* only the last */
    g_free(one);
    answers("branches off", "");
    kit_run_to(k, AT_AFTER_INNER);
    answers("branches 1", "0x100162");
}

static void the_machine_is_described(void **state)
{
    struct kit *k = *state;
    answers("tlb", "psr.it 0");
    answers("tlb tx", "tlb tr");
    answers("regions", "rr7");
    answers("interrupts", "tpr 0");
    cpu_post_vector(k->cpus[0], 0x51);
    answers("interrupts", "requested: 0x51\n  in service:\n");
    assert_int_equal(lsapic_read_ivr(k->cpus[0]), 0x51);
    answers("interrupts", "requested:\n  in service: 0x51\n");
    lsapic_eoi(k->cpus[0]);
    answers("interrupts", "in service:\n");
    answers("devices", "000000000000 000000ffffff ram  ram");
    answers("statistics", "0 slots retired");
    answers("cpu", "* cpu 0");
    answers("cpu 1", "processors 0 to 0");
    answers("log", "no log");
    answers("screenshot x", "no screen");
    answers("reset", "cannot be reset");
    answers("init", "no firmware");
    answers("nmi 0", "no firmware");
    answers("mca", "no firmware");
    answers("physical on", "physical");
}

static void translations_are_listed(void **state)
{
    struct kit *k = *state;
    struct mmu *mmu = cpu_mmu(k->cpus[0]);
    u64 pte = 0x100000 | 3 << 9 | 1 << 6 | 1 << 5 | 1;
    cpu_set_rr(k->cpus[0], 5, 0x123 << 8 | 16 << 2);
    assert_int_equal(mmu_insert_tr(mmu, false, 3, 0xa000000100000000, 16 << 2, pte), MMU_OK);
    answers("tlb tr", "dtr[3] a000000100000000 -> 000000100000 size 2^16 rid 000123 pl 0 ar 3 WB a d");
    /* readable although psr.dt is 0: TRs are looked through */
    answers("print [a0000001000002c0]", "0x123456789abcdef");
    answers("translate a0000001000002c0", "physical 0x1002c0 (but");
    cpu_set_psr(k->cpus[0], 1ull << 44 | 1ull << 17);
    answers_exactly("translate a0000001000002c0", "0xa0000001000002c0 is at physical 0x1002c0\n");
}

/* --- completion ------------------------------------------------------------------------------- */

static void names_are_completed(void **state)
{
    static const struct {
        const char *line, *first;
        unsigned count;
    } cases[] = {
        { "disas", "disassemble", 1 },  { "re", "regions", 3 },      { "zz", NULL, 0 },
        { "break inn", "inner", 1 },    { "print [ar.bsps", "ar.bspstore", 1 },
        { "p 1+outer", "outer", 1 },    { "memory p:coun", "counter", 1 },
        { "help tran", "translate", 1 },{ "set b", "b0", 8 },        { "break ", NULL, 0 },
        { "quit x", NULL, 0 },          { "nothing x", NULL, 0 },
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        char **names = monitor_complete(monitor, cases[i].line);
        if (g_strv_length(names) != cases[i].count) {
            fail_msg("%s: %u names", cases[i].line, g_strv_length(names));
        }
        if (cases[i].first) assert_string_equal(names[0], cases[i].first);
        g_strfreev(names);
    }
}

/* --- the console ------------------------------------------------------------------------------ */

struct terminal {
    const char *keys; /* still to be typed */
    GString *seen;
};

static void terminal_write(void *opaque, const char *text, size_t len)
{
    g_string_append_len(((struct terminal *)opaque)->seen, text, (gssize)len);
}

static size_t terminal_read(void *opaque, char *keys, size_t len)
{
    struct terminal *t = opaque;
    if (!*t->keys || !len) return 0;
    *keys = *t->keys++;
    return 1;
}

static void type(struct kit *k, struct terminal *t, const char *keys)
{
    struct monitor_console io = { t, terminal_write, terminal_read };
    t->keys = keys;
    g_string_truncate(t->seen, 0);
    monitor_enter(monitor, &io);
    for (unsigned i = 0; i < 50; i++) kit_round(k, 1000);
}

static void a_person_can_step_and_continue(void **state)
{
    struct kit *k = *state;
    struct terminal t = { "", g_string_new(NULL) };
    type(k, &t, "print 1+1\rstep\r\rstep 2\rb deepest\rcontinue\rx\177print r33\rcontinue\r");
    assert_non_null(strstr(t.seen->str, "2 0x2\r\n"));
    assert_non_null(strstr(t.seen->str, "stepped at 0x100001"));
    assert_non_null(strstr(t.seen->str, "stepped at 0x100010")); /* the empty line repeats */
    assert_non_null(strstr(t.seen->str, "stepped at 0x100012"));
    assert_non_null(strstr(t.seen->str, "breakpoint at 0x100170 <deepest+0x0>"));
    assert_non_null(strstr(t.seen->str, "3 0x3\r\n"));
    assert_int_equal(cpu_ip(k->cpus[0]), AT_SPIN);
    g_string_free(t.seen, TRUE);
}

static void the_line_can_be_edited_and_completed(void **state)
{
    struct kit *k = *state;
    struct terminal t = { "", g_string_new(NULL) };
    type(k, &t, "print 9\b7\rnonsense\025print inn\t\rre\t\t\004\025\004");
    assert_non_null(strstr(t.seen->str, "7 0x7"));
    assert_non_null(strstr(t.seen->str, "0x1000f0 <inner+0x0>"));
    assert_non_null(strstr(t.seen->str, "regions registers reset"));
    assert_null(strstr(t.seen->str, "no command"));
    assert_int_equal(cpu_ip(k->cpus[0]), AT_SPIN); /* Ctrl-D continues */
    type(k, &t, "quit\r");
    assert_true(k->quit);
    g_string_free(t.seen, TRUE);
}

static void a_watchpoint_reports_to_the_console(void **state)
{
    struct kit *k = *state;
    struct terminal t = { "", g_string_new(NULL) };
    type(k, &t, "watch counter\rcontinue\rdelete all\rprint [counter]\rcontinue\r");
    assert_non_null(strstr(t.seen->str, "watchpoint at 0x100151 <the_store+0x1>, 0x1002b0 was touched"));
    assert_non_null(strstr(t.seen->str, "3 0x3"));
    g_string_free(t.seen, TRUE);
}

/* --- post mortem ------------------------------------------------------------------------------ */

static void callers_are_found_without_unwind_tables(void **state)
{
    struct kit *k = *state;
    kit_run_to(k, AT_DEEPEST + 16);
    answers_exactly("backtrace", "#0  0x100180 <deepest+0x10>\n#1  0x1000d0 <after_inner+0x0>\n"
                                 "#2  0x100070 <after_outer+0x0>\n");
    kit_run_to(k, AT_AFTER_INNER + 16);
    answers_exactly("backtrace", "#0  0x1000e0 <after_inner+0x10>\n#1  0x100070 <after_outer+0x0>\n");
}

static void at_a_function_s_first_slot_the_caller_is_in_b0(void **state)
{
    struct kit *k = *state;
    kit_run_to(k, AT_INNER);
    answers_exactly("backtrace", "#0  0x1000f0 <inner+0x0>\n#1  0x1000d0 <after_inner+0x0>\n"
                                 "#2  0x100070 <after_outer+0x0>\n");
}

static void where_the_chain_breaks_the_rest_is_guessed(void **state)
{
    struct kit *k = *state;
    kit_run_to(k, AT_DEEPEST + 16);
    cpu_set_gr(k->cpus[0], 36, 0, false); /* inner's saved b0 */
    answers_exactly("backtrace", "#0  0x100180 <deepest+0x10>\n#1  ? 0x100070 <after_outer+0x0>\n");
}

/* An ELF file with nothing but symbols. */
static void use_symbols(struct kit *k, const char *const *names, const u64 *values, u8 elf[2048])
{
    static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
    unsigned n = 0, text = 1;
    u8 *sym = elf + 512, *str = elf + 1280;
    u64 shoff = 64;
    memset(elf, 0, 2048);
    memcpy(elf, ident, sizeof(ident));
    for (; names[n]; n++) {
        u32 at = text;
        sym[24 * (n + 1) + 4] = 1 << 4 | 1; /* global object */
        sym[24 * (n + 1) + 6] = 1;          /* in some section */
        memcpy(sym + 24 * (n + 1), &at, 4);
        memcpy(sym + 24 * (n + 1) + 8, &values[n], 8);
        strcpy((char *)str + text, names[n]);
        text += (u32)strlen(names[n]) + 1;
    }
    u64 symtab[8] = { 2ull << 32, 0, 0, 512, 24 * (n + 1), 2, 8, 24 };
    u64 strtab[8] = { 3ull << 32, 0, 0, 1280, text, 0, 1, 0 };
    memcpy(elf + 40, &shoff, 8);
    elf[16] = 2;
    elf[18] = 50;
    elf[58] = 64;
    elf[60] = 3;
    memcpy(elf + 64 + 64, symtab, 64);
    memcpy(elf + 64 + 128, strtab, 64);
    struct elf parsed = { .data = elf, .len = 2048 };
    symbols_free(k->symbols);
    k->symbols = symbols_new();
    symbols_add_elf(k->symbols, &parsed);
    u64 v;
    assert_true(symbols_lookup(k->symbols, names[0], &v));
}

static void put(struct kit *k, u64 pa, u64 value, unsigned size)
{
    assert_true(physmem_write(k->pm, pa, &value, size));
}

static void the_log_of_an_old_kernel_is_read_around_its_end(void **state)
{
    static const char *const names[] = { "log_buf", "log_buf_len", "log_end", NULL };
    static const u64 values[] = { 0x300000, 0x300008, 0x300010 };
    struct kit *k = *state;
    u8 elf[2048];
    use_symbols(k, names, values, elf);
    answers("log", "no log");
    put(k, 0x300000, 0x310000, 8);
    put(k, 0x300008, 32, 4);
    physmem_write(k->pm, 0x310000, "tail\nold rubbish", 16);
    put(k, 0x300010, 5, 4); /* not yet around */
    answers_exactly("log", "tail\n");
    put(k, 0x300010, 64 + 18, 4);
    physmem_write(k->pm, 0x310000, "world, here\nI am.\nhello, whole ", 32); /* 31 and a 0 */
    answers("log", "hello, whole");
    char *log = monitor_execute(monitor, "log");
    assert_true(g_str_has_prefix(log, "hello, whole"));
    g_free(log);
}

/* A ring of 4 descriptors and 64 bytes, in the layout of struct printk_ringbuffer on 64 bits. */
static void record(struct kit *k, u64 id, u64 state, u64 begin, u64 next, const char *text)
{
    u64 desc = 0x320000 + id % 4 * 24, info = 0x321000 + id % 4 * 88, size = 64;
    bool wraps = begin / size != (next - 1) / size;
    put(k, desc, state << 62 | (id & mask64(62)), 8);
    put(k, desc + 8, begin, 8);
    put(k, desc + 16, next, 8);
    put(k, info + 8, 1500000 * (id & 0xff), 8);
    put(k, info + 16, strlen(text), 2);
    if (~begin & 1) {
        physmem_write(k->pm, 0x322000 + (wraps ? 0 : begin % size) + 8, text, strlen(text));
    }
}

static void the_log_of_a_new_kernel_is_read_record_by_record(void **state)
{
    static const char *const names[] = { "prb", NULL };
    static const u64 values[] = { 0x300000 };
    struct kit *k = *state;
    u8 elf[2048];
    use_symbols(k, names, values, elf);
    answers("log", "no log");
    put(k, 0x300000, 0x300100, 8);
    put(k, 0x300100, 2, 4);
    put(k, 0x300108, 0x320000, 8);
    put(k, 0x300110, 0x321000, 8);
    put(k, 0x300118, 9, 8);
    put(k, 0x300120, 6, 8);
    put(k, 0x300130, 6, 4);
    put(k, 0x300138, 0x322000, 8);
    record(k, 6, 2, 24, 48, "first message");
    record(k, 7, 1, 48, 64 + 24, "wrapped");
    record(k, 8, 0, 64 + 40, 64 + 64, "being written");
    record(k, 9, 2, 1, 1, ""); /* no text */
    answers_exactly("log", "[    0.009000] first message\n[    0.010500] wrapped\n");
}

static void a_crash_dump_has_all_three_parts(void **state)
{
    struct kit *k = *state;
    struct debug_target t = kit_target(k);
    char text[8192] = "";
    kit_run_to(k, AT_DEEPEST);
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");
    crash_dump(&t, 0, out);
    fclose(out);
    assert_non_null(strstr(text, "ip 0x100170 <deepest+0x0> slot 0"));
    assert_non_null(strstr(text, "#2  0x100070 <after_outer+0x0>"));
    assert_non_null(strstr(text, "kernel log\n  (none"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(abbreviations_are_unambiguous),
        TEST(help_knows_every_command_by_its_shortest_name),
        TEST(expressions_have_the_value_they_should),
        TEST(nonsense_is_refused_in_words),
        TEST(registers_are_shown_and_changed),
        TEST(memory_is_dumped_and_changed),
        TEST(instructions_are_listed_with_their_slots),
        TEST(breakpoints_are_listed_and_deleted),
        TEST(branches_are_remembered),
        TEST(the_machine_is_described),
        TEST(translations_are_listed),
        TEST(names_are_completed),
        TEST(a_person_can_step_and_continue),
        TEST(the_line_can_be_edited_and_completed),
        TEST(a_watchpoint_reports_to_the_console),
        TEST(callers_are_found_without_unwind_tables),
        TEST(at_a_function_s_first_slot_the_caller_is_in_b0),
        TEST(where_the_chain_breaks_the_rest_is_guessed),
        TEST(the_log_of_an_old_kernel_is_read_around_its_end),
        TEST(the_log_of_a_new_kernel_is_read_record_by_record),
        TEST(a_crash_dump_has_all_three_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
