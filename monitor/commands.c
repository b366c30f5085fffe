/* The monitor's commands.  They answer into a string, so that gdb, the console and tests all hear
 * the same; what they cannot do they say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/psr.h"
#include "monitor/debug-priv.h"

#define ARGS_MAX 8

/* One call of a command. */
struct call {
    struct monitor *m;
    struct debugger *d;
    struct cpu *cpu;
    struct physmem *pm;
    const struct symbols *symbols;
    unsigned argc;
    const char *argv[ARGS_MAX]; /* [0] is the command */
    GString *out;
};

typedef void command_fn(struct call *c);
#define COMMAND(fn, name, letters, args, what, help) static command_fn command_##fn; /* bt: twice */
#include "monitor/commands.def"

enum completes { NOTHING, SYMBOLS, REGISTERS, COMMANDS };
static const struct monitor_command {
    const char *name;
    unsigned letters;
    command_fn *fn;
    const char *args;
    enum completes completes;
    const char *help;
} commands[] = {
#define COMMAND(fn, name, letters, args, what, help)                                              \
    { name, letters, command_##fn, args, what, help },
#include "monitor/commands.def"
};

static const struct monitor_command *find_command(const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (n >= commands[i].letters && !strncmp(commands[i].name, word, n)) return &commands[i];
    }
    return NULL;
}

/* --- arguments -------------------------------------------------------------------------------- */

PRINTF(2, 3) static void say(struct call *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    g_string_append_vprintf(c->out, fmt, ap);
    va_end(ap);
}

/* Argument i as an expression; complains. */
static bool value_of(struct call *c, const char *text, u64 *value)
{
    char *why;
    struct expr_env env = { c->cpu, c->pm, c->symbols };
    if (expr_eval(&env, text, value, &why)) return true;
    say(c, "%s\n", why);
    g_free(why);
    return false;
}

static bool argument(struct call *c, unsigned i, u64 *value)
{
    if (i >= c->argc) {
        say(c, "usage: %s %s\n", c->argv[0], find_command(c->argv[0])->args);
        return false;
    }
    return value_of(c, c->argv[i], value);
}

static bool optional(struct call *c, unsigned i, u64 otherwise, u64 *value)
{
    *value = otherwise;
    return i >= c->argc || argument(c, i, value);
}

static bool is(const struct call *c, unsigned i, const char *word)
{
    return i < c->argc && !strcmp(c->argv[i], word);
}

/* --- help ------------------------------------------------------------------------------------- */

static void help_line(struct call *c, const struct monitor_command *k)
{
    char *left = g_strdup_printf("%s %s", k->name, k->args);
    say(c, "  %-36s %s\n", left, k->help);
    g_free(left);
}

static void command_help(struct call *c)
{
    const struct monitor_command *k = c->argc > 1 ? find_command(c->argv[1]) : NULL;
    if (c->argc > 1 && !k) {
        say(c, "there is no command '%s'\n", c->argv[1]);
        return;
    }
    if (k) {
        help_line(c, k);
        say(c, "  '%.*s' is enough\n", (int)k->letters, k->name);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) help_line(c, &commands[i]);
    say(c, "ADDR is a sum of numbers, registers, symbols and [words of memory]: [ar.bsp]+0x10\n");
}

/* --- registers -------------------------------------------------------------------------------- */

static void command_registers(struct call *c)
{
    if (!registers_text(c->cpu, c->symbols, c->argc > 1 ? c->argv[1] : NULL, c->out)) {
        say(c, "there is no group '%s'; see help registers\n", c->argv[1]);
    }
}

static void command_print(struct call *c)
{
    u64 v;
    if (!argument(c, 1, &v)) return;
    say(c, "%" PRId64 " ", (s64)v);
    view_where(c->out, c->symbols, v);
    say(c, "\n");
}

static void command_set(struct call *c)
{
    u64 old, v;
    if (!argument(c, 2, &v)) return;
    if (!register_get(c->cpu, c->argv[1], &old)) {
        say(c, "there is no register '%s'\n", c->argv[1]);
    } else if (!register_set(c->cpu, c->argv[1], v)) {
        say(c, "%s cannot be changed\n", c->argv[1]);
    } else {
        say(c, "%s: 0x%" PRIx64 " was 0x%" PRIx64 "\n", c->argv[1], v, old);
    }
}

static void command_cpu(struct call *c)
{
    u64 n;
    if (c->argc > 1) {
        if (!argument(c, 1, &n)) return;
        if (n >= debug_cpu_count(c->d)) {
            say(c, "there are processors 0 to %u\n", debug_cpu_count(c->d) - 1);
            return;
        }
        c->m->cpu = (unsigned)n;
    }
    for (unsigned i = 0; i < debug_cpu_count(c->d); i++) {
        struct cpu *cpu = debug_cpu(c->d, i);
        say(c, "%c cpu %u %-7s ", i == c->m->cpu ? '*' : ' ', i,
            cpu_is_halted(cpu) ? "halted" : "");
        view_where(c->out, c->symbols, cpu_place(cpu));
        say(c, "\n");
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

/* "p:" in front of an address means physical. */
static bool address(struct call *c, unsigned i, u64 *addr, bool *physical)
{
    *physical = i < c->argc && g_str_has_prefix(c->argv[i], "p:");
    return *physical ? value_of(c, c->argv[i] + 2, addr) : argument(c, i, addr);
}

static u64 read_at(struct call *c, u64 addr, bool physical, void *buf, u64 len)
{
    if (!physical) return view_read(c->cpu, c->pm, addr, buf, len);
    return physmem_read(c->pm, addr, buf, len) ? len : 0;
}

static bool unit_size(struct call *c, unsigned i, u64 *size)
{
    if (!optional(c, i, 8, size)) return false;
    if (*size == 1 || *size == 2 || *size == 4 || *size == 8) return true;
    say(c, "a unit has 1, 2, 4 or 8 bytes\n");
    return false;
}

static void dump_line(struct call *c, u64 addr, const u8 *bytes, u64 len, u64 size)
{
    say(c, "%016" PRIx64 " ", addr);
    for (u64 i = 0; i < len; i += size) {
        u64 unit = 0;
        memcpy(&unit, bytes + i, MIN(size, len - i));
        say(c, " %0*" PRIx64, (int)size * 2, unit);
    }
    say(c, "%*s", (int)((16 - len) / size * (size * 2 + 1)) + 2, "");
    for (u64 i = 0; i < len; i++) {
        g_string_append_c(c->out, g_ascii_isprint(bytes[i]) ? (char)bytes[i] : '.');
    }
    say(c, "\n");
}

static void command_memory(struct call *c)
{
    u64 addr = c->m->memory_next, count, size;
    bool physical = false;
    u8 line[16];
    if (c->argc > 1 && !address(c, 1, &addr, &physical)) return;
    if (!optional(c, 2, 16, &count) || !unit_size(c, 3, &size)) return;
    u64 left = MIN(count, 4096) * size;
    while (left) {
        u64 n = MIN(left, 16), got = read_at(c, addr, physical, line, n);
        if (got) dump_line(c, addr, line, got, size);
        if (got < n) {
            say(c, "there is no memory at 0x%" PRIx64 "\n", addr + got);
            return;
        }
        addr += n;
        left -= n;
    }
    c->m->memory_next = addr;
}

static void command_write(struct call *c)
{
    u64 addr, v, size;
    bool physical;
    if (!address(c, 1, &addr, &physical) || !argument(c, 2, &v) || !unit_size(c, 3, &size)) return;
    bool ok = physical ? physmem_write(c->pm, addr, &v, size)
                       : view_write(c->cpu, c->pm, addr, &v, size) == size;
    if (!ok) say(c, "there is no memory at 0x%" PRIx64 "\n", addr);
}

static void command_translate(struct call *c)
{
    u64 va, pa;
    if (!argument(c, 1, &va)) return;
    if (!view_translate(c->cpu, va, &pa)) {
        say(c, "nothing translates 0x%" PRIx64 "\n", va);
        return;
    }
    u64 own;
    bool certain = mmu_peek(cpu_mmu(c->cpu), va, false, &own) ||
                   mmu_peek(cpu_mmu(c->cpu), va, true, &own);
    say(c, "0x%" PRIx64 " is at physical 0x%" PRIx64 "%s\n", va, pa,
        certain ? "" : " (but the guest has translation off, or would take a TLB miss)");
}

static void disassemble_bundle(struct call *c, u64 ip)
{
    u8 bundle[16];
    char text[128];
    if (view_read(c->cpu, c->pm, ip, bundle, 16) != 16) {
        say(c, "there is no memory at 0x%" PRIx64 "\n", ip);
        return;
    }
    for (unsigned slot = 0; slot < 3; slot++) {
        bool here = cpu_place(c->cpu) == (ip | slot);
        text[0] = 0;
        if (!isa_disasm(bundle, slot, ip, text, sizeof(text))) continue;
        say(c, "%s%016" PRIx64 ".%u  %s\n", here ? "> " : "  ", ip, slot, text);
    }
}

static void command_disassemble(struct call *c)
{
    u64 addr = c->m->disassemble_next ? c->m->disassemble_next : cpu_ip(c->cpu), count, offset;
    if (!optional(c, 1, addr, &addr) || !optional(c, 2, 8, &count)) return;
    addr &= ~15ull;
    for (u64 i = 0; i < MIN(count, 1024); i++, addr += 16) {
        const char *name = c->symbols ? symbols_find(c->symbols, addr, &offset) : NULL;
        if (name && (i == 0 || offset == 0)) say(c, "%s+0x%" PRIx64 ":\n", name, offset);
        disassemble_bundle(c, addr);
    }
    c->m->disassemble_next = addr;
}

static void command_backtrace(struct call *c)
{
    backtrace_print(c->cpu, c->pm, c->symbols, c->out);
}

static void command_symbol(struct call *c)
{
    u64 v;
    if (!argument(c, 1, &v)) return;
    view_where(c->out, c->symbols, v);
    say(c, "\n");
}

static void command_log(struct call *c)
{
    if (!klog_print(c->cpu, c->pm, c->symbols, c->out)) {
        say(c, "no log: there are no symbols of a Linux kernel, or it has logged nothing yet\n");
    }
}

/* --- translation ------------------------------------------------------------------------------ */

static void tlb_line(struct call *c, const char *what, unsigned i, const struct mmu_tr *e)
{
    static const char *const attrs[8] = { "WB", "?1", "?2", "?3", "UC", "UCE", "WC", "NaT" };
    unsigned ps = (unsigned)bits(e->itir, 7, 2);
    u64 pa = bits(e->pte, 49, 12) << 12 & ~mask64(ps);
    say(c, "  %s[%u] %016" PRIx64 " -> %012" PRIx64 " size 2^%u rid %06" PRIx64
        " pl %u ar %u %s%s%s%s key %06" PRIx64 "\n", what, i, e->ifa & ~mask64(ps), pa, ps, e->rid,
        (unsigned)bits(e->pte, 8, 7), (unsigned)bits(e->pte, 11, 9), attrs[bits(e->pte, 4, 2)],
        e->pte & 1 ? "" : " absent", e->pte & 32 ? " a" : "", e->pte & 64 ? " d" : "",
        bits(e->itir, 31, 8));
}

static void tlb_kind(struct call *c, bool inst, bool tr)
{
    struct mmu *mmu = cpu_mmu(c->cpu);
    unsigned n = tr ? (inst ? MMU_ITRS : MMU_DTRS) : mmu_tc_count(mmu, inst);
    const char *name = tr ? (inst ? "itr" : "dtr") : (inst ? "itc" : "dtc");
    for (unsigned i = 0; i < n; i++) {
        struct mmu_tr e = tr ? mmu_get_tr(mmu, inst, i) : mmu_get_tc(mmu, inst, i);
        if (e.valid) tlb_line(c, name, i, &e);
    }
}

static void command_tlb(struct call *c)
{
    if (c->argc > 1 && !is(c, 1, "tr") && !is(c, 1, "tc")) {
        say(c, "tlb tr, tlb tc or tlb\n");
        return;
    }
    say(c, "cpu %u, psr.it %u dt %u rt %u\n", cpu_id(c->cpu), bit(cpu_psr(c->cpu), 36),
        bit(cpu_psr(c->cpu), 17), bit(cpu_psr(c->cpu), 27));
    for (unsigned k = 0; k < 4; k++) {
        bool tr = k < 2;
        if (c->argc == 1 || is(c, 1, tr ? "tr" : "tc")) tlb_kind(c, k % 2 == 0, tr);
    }
}

static void command_regions(struct call *c)
{
    struct mmu *mmu = cpu_mmu(c->cpu);
    for (unsigned i = 0; i < 8; i++) {
        u64 rr = mmu->rr[i];
        say(c, "  rr%u rid %06" PRIx64 " page 2^%u walker %s\n", i, bits(rr, 31, 8),
            (unsigned)bits(rr, 7, 2), rr & 1 ? "on" : "off");
    }
    for (unsigned i = 0; i < MMU_PKRS; i++) {
        u64 k = mmu->pkr[i];
        if (!(k & 1)) continue;
        say(c, "  pkr%u key %06" PRIx64 "%s%s%s\n", i, bits(k, 31, 8), k & 2 ? " no-write" : "",
            k & 4 ? " no-read" : "", k & 8 ? " no-execute" : "");
    }
    say(c, "  pta %016" PRIx64 "\n", mmu->pta);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void local_sapic(struct call *c, struct cpu *cpu)
{
    static const struct {
        const char *name;
        unsigned cr;
    } shown[] = { { "tpr", 66 }, { "ivr", 65 }, { "itv", 72 }, { "itm", 1 }, { "pmv", 73 },
                  { "cmcv", 74 }, { "lrr0", 80 }, { "lrr1", 81 }, { "lid", 64 } };
    u64 ticks;
    say(c, "cpu %u: psr.i %u%s\n  ", cpu_id(cpu), bit(cpu_psr(cpu), 14),
        cpu_interrupt_pending(cpu) ? ", an unmasked interrupt is pending" : "");
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        say(c, "%s %" PRIx64 "  ", shown[i].name, cpu_cr(cpu, shown[i].cr));
    }
    say(c, "\n  requested:");
    for (unsigned v = 0; v < 256; v++) {
        if (cpu_cr(cpu, 68 + v / 64) >> v % 64 & 1) say(c, " 0x%02x", v);
    }
    say(c, "\n  in service:");
    for (unsigned v = 0; v < 256; v++) {
        if (cpu_in_service(cpu, v)) say(c, " 0x%02x", v);
    }
    if (cpu_next_timer(cpu, &ticks)) say(c, "\n  timer in %" PRIu64 " ticks", ticks);
    say(c, "\n");
}

static void command_interrupts(struct call *c)
{
    for (unsigned i = 0; i < debug_cpu_count(c->d); i++) local_sapic(c, debug_cpu(c->d, i));
    if (c->d->target.interrupts) c->d->target.interrupts(c->d->target.opaque, c->out);
}

static void command_devices(struct call *c)
{
    for (unsigned i = 0; i < physmem_range_count(c->pm); i++) {
        struct physmem_range r = physmem_range(c->pm, i);
        say(c, "  %012" PRIx64 " %012" PRIx64 " %-4s %s\n", r.pa, r.pa + r.size - 1,
            r.rom ? "rom" : "ram", r.name);
    }
    for (unsigned i = 0; i < physmem_device_count(c->pm); i++) {
        struct physmem_range r = physmem_device(c->pm, i);
        say(c, "  %012" PRIx64 " %012" PRIx64 " io   %s\n", r.pa, r.pa + r.size - 1, r.name);
    }
    if (c->d->target.devices) c->d->target.devices(c->d->target.opaque, c->out);
}

static void command_statistics(struct call *c)
{
    for (unsigned i = 0; i < debug_cpu_count(c->d); i++) {
        struct cpu *cpu = debug_cpu(c->d, i);
        say(c, "cpu %u: %" PRIu64 " slots retired, virtual time %" PRIu64 " ticks%s\n", i,
            cpu_retired(cpu), cpu_time(cpu), cpu_is_halted(cpu) ? ", halted" : "");
    }
    if (c->d->target.statistics) c->d->target.statistics(c->d->target.opaque, c->out);
}

static void print_branch(struct call *c, const struct branch *b)
{
    say(c, "  ");
    view_where(c->out, c->symbols, b->from);
    say(c, b->interruption ? "  =interruption=>  " : "  ->  ");
    view_where(c->out, c->symbols, b->to);
    say(c, "\n");
}

static void command_branches(struct call *c)
{
    const struct debug_cpu *r = &c->d->cpus[cpu_id(c->cpu)];
    u64 count;
    if (is(c, 1, "on") || is(c, 1, "off")) {
        if (!c->d->target.observe) say(c, "this machine cannot be observed\n");
        debugger_record_branches(c->d, is(c, 1, "on"));
        return;
    }
    if (!optional(c, 1, 32, &count)) return;
    if (!c->d->record_branches && !r->branches) say(c, "nothing is recorded; branches on\n");
    unsigned n = (unsigned)MIN(MIN(count, BRANCH_RING), r->branches);
    for (unsigned i = r->branches - n; i != r->branches; i++) {
        print_branch(c, &r->ring[i % BRANCH_RING]);
    }
}

/* --- pressing buttons -------------------------------------------------------------------------- */

/* The processors argument 1 names: [*first, *end).  Complains. */
static bool whom(struct call *c, unsigned otherwise, unsigned *first, unsigned *end)
{
    u64 n;
    *first = 0;
    *end = debug_cpu_count(c->d);
    if (!c->d->target.firmware) {
        say(c, "this machine has no firmware that could take it\n");
        return false;
    }
    if (!optional(c, 1, otherwise, &n)) return false;
    if (c->argc < 2 && otherwise == ~0u) return true;
    if (n >= *end) {
        say(c, "there are processors 0 to %u\n", *end - 1);
        return false;
    }
    *first = (unsigned)n;
    *end = *first + 1;
    return true;
}

static void command_init(struct call *c)
{
    unsigned n, end;
    if (!whom(c, ~0u, &n, &end)) return;
    for (; n < end; n++) cpu_post_init(debug_cpu(c->d, n));
}

#define VECTOR_NMI 2

static void command_nmi(struct call *c)
{
    unsigned n, end;
    if (!whom(c, ~0u, &n, &end)) return;
    for (; n < end; n++) cpu_post_vector(debug_cpu(c->d, n), VECTOR_NMI);
}

static void command_mca(struct call *c)
{
    unsigned n, end;
    if (!whom(c, c->m->cpu, &n, &end)) return;
    cpu_post_machine_check(debug_cpu(c->d, n), MACHINE_CHECK_BUS, 0,
                           c->argc > 2 ? c->argv[2] : "machine check from the monitor");
}

static void command_screenshot(struct call *c)
{
    GError *err = NULL;
    if (!c->d->target.screenshot) {
        say(c, "there is no screen\n");
    } else if (c->argc < 2) {
        say(c, "usage: screenshot FILE\n");
    } else if (!c->d->target.screenshot(c->d->target.opaque, c->argv[1], &err)) {
        say(c, "%s\n", err->message);
        g_error_free(err);
    }
}

/* --- running ---------------------------------------------------------------------------------- */

static void list_points(struct call *c)
{
    static const char *const ways[] = { "", "reads", "writes", "reads and writes" };
    for (unsigned i = 0; i < c->d->breakpoints->len; i++) {
        const struct breakpoint *b = &g_array_index(c->d->breakpoints, struct breakpoint, i);
        say(c, "  %u break ", b->number);
        view_where(c->out, c->symbols, b->place);
        say(c, "%s\n", b->owner == OWNER_GDB ? " (gdb's)" : "");
    }
    for (unsigned i = 0; i < c->d->watchpoints->len; i++) {
        const struct watchpoint *w = &g_array_index(c->d->watchpoints, struct watchpoint, i);
        say(c, "  %u watch %" PRIu64 " bytes, %s, at ", w->number, w->len, ways[w->how & 3]);
        view_where(c->out, c->symbols, w->addr);
        say(c, "%s\n", w->owner == OWNER_GDB ? " (gdb's)" : "");
    }
}

static void command_break(struct call *c)
{
    u64 place;
    if (c->argc < 2) {
        list_points(c);
    } else if (argument(c, 1, &place)) {
        if ((place & 15) > 2) {
            say(c, "0x%" PRIx64 " is not a bundle address plus slot 0, 1 or 2\n", place);
            return;
        }
        unsigned n = debugger_add_breakpoint(c->d, place, OWNER_MONITOR);
        say(c, "breakpoint %u at ", n);
        view_where(c->out, c->symbols, place);
        say(c, "\n");
    }
}

static void command_watch(struct call *c)
{
    u64 addr, len;
    if (!argument(c, 1, &addr) || !optional(c, 2, 8, &len)) return;
    unsigned how = is(c, 3, "r") ? WATCH_READ : is(c, 3, "rw") ? WATCH_READ | WATCH_WRITE
                                                               : WATCH_WRITE;
    if (!c->d->target.observe) {
        say(c, "this machine cannot be observed\n");
    } else if (!len || (c->argc > 3 && how == WATCH_WRITE && !is(c, 3, "w"))) {
        say(c, "usage: watch ADDR [BYTES] [r|w|rw]\n");
    } else {
        say(c, "watchpoint %u\n", debugger_add_watchpoint(c->d, addr, len, how, OWNER_MONITOR));
    }
}

static void command_delete(struct call *c)
{
    u64 n;
    if (is(c, 1, "all")) {
        debugger_remove_all(c->d, OWNER_MONITOR);
    } else if (argument(c, 1, &n) && !debugger_remove_number(c->d, (unsigned)n)) {
        say(c, "there is no breakpoint %" PRIu64 "\n", n);
    }
}

static bool may_run(struct call *c)
{
    if (!c->m->remote) return true;
    say(c, "gdb holds the reins: use its stepi and continue\n");
    return false;
}

static void command_step(struct call *c)
{
    u64 n;
    if (!may_run(c) || !optional(c, 1, 1, &n)) return;
    if (!n) return;
    c->m->how = (struct debug_resume){ .step = c->cpu, .count = n };
    c->m->resume = true;
}

static void command_continue(struct call *c)
{
    if (!may_run(c)) return;
    c->m->how = (struct debug_resume){ 0 };
    c->m->resume = true;
}

static void command_physical(struct call *c)
{
    if (is(c, 1, "on")) c->m->physical = true;
    if (is(c, 1, "off")) c->m->physical = false;
    say(c, "gdb's addresses are %s\n", c->m->physical ? "physical" : "virtual");
}

static void command_reset(struct call *c)
{
    if (!c->d->target.reset) {
        say(c, "this machine cannot be reset\n");
        return;
    }
    c->d->reset = true;
    if (c->m->remote) {
        say(c, "the machine restarts when it continues\n");
    } else {
        command_continue(c);
    }
}

static void command_quit(struct call *c)
{
    if (!c->d->target.quit) {
        say(c, "this machine does not end from here\n");
        return;
    }
    debugger_quit(c->d);
    c->m->how = (struct debug_resume){ 0 };
    c->m->resume = true;
}

/* --- lines ------------------------------------------------------------------------------------ */

struct monitor *monitor_new(struct debugger *d)
{
    struct monitor *m = g_new0(struct monitor, 1);
    m->d = d;
    return m;
}

void monitor_free(struct monitor *m)
{
    if (!m) return;
    g_free(m->last_line);
    g_free(m);
}

static void execute(struct monitor *m, char **words, GString *out)
{
    const struct debug_target *t = &m->d->target;
    struct call c = { .m = m, .d = m->d, .out = out, .pm = t->physmem(t->opaque),
        .symbols = target_symbols(t) };
    if (m->cpu >= debug_cpu_count(m->d)) m->cpu = 0;
    c.cpu = debug_cpu(m->d, m->cpu);
    for (; words[c.argc] && c.argc < ARGS_MAX; c.argc++) c.argv[c.argc] = words[c.argc];
    const struct monitor_command *k = find_command(words[0]);
    if (k) {
        k->fn(&c);
    } else {
        say(&c, "there is no command '%s'; help lists them\n", words[0]);
    }
}

static bool one_of(const char *set, char c)
{
    return c && strchr(set, c);
}

/* The line with single spaces, and none around operators: "print r1 + 8" has one argument. */
static char *squeeze(const char *line)
{
    GString *s = g_string_new(NULL);
    for (; *line; line++) {
        if (!g_ascii_isspace(*line)) {
            g_string_append_c(s, *line);
            continue;
        }
        char before = s->len ? s->str[s->len - 1] : ' ', after = line[1];
        bool glue = g_ascii_isspace(after) || one_of("+-*([ ", before) || one_of("+-*)]", after);
        if (!glue) g_string_append_c(s, ' ');
    }
    return g_string_free(s, FALSE);
}

char *monitor_execute(struct monitor *m, const char *line)
{
    GString *out = g_string_new(NULL);
    char *plain = squeeze(line);
    char **all = g_strsplit(plain, " ", -1);
    unsigned n = 0;
    for (unsigned i = 0; all[i]; i++) {
        if (*all[i]) {
            all[n++] = all[i];
        } else {
            g_free(all[i]);
        }
    }
    all[n] = NULL;
    if (n) execute(m, all, out);
    g_strfreev(all);
    g_free(plain);
    return g_string_free(out, FALSE);
}

/* --- completion ------------------------------------------------------------------------------- */

struct completion {
    const char *word;
    GPtrArray *found;
};

static void consider(void *opaque, const char *name)
{
    struct completion *c = opaque;
    if (g_str_has_prefix(name, c->word)) g_ptr_array_add(c->found, g_strdup(name));
}

static void consider_symbol(void *opaque, const char *name, u64 addr)
{
    (void)addr;
    consider(opaque, name);
}

static void consider_commands(struct completion *c)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) consider(c, commands[i].name);
}

static void consider_argument(struct monitor *m, struct completion *c, const char *command)
{
    const struct monitor_command *k = find_command(command);
    const struct symbols *symbols = target_symbols(&m->d->target);
    if (!k) return;
    if (k->completes == COMMANDS) consider_commands(c);
    if (k->completes == REGISTERS || (k->completes == SYMBOLS && *c->word)) {
        register_each(consider, c);
    }
    if (k->completes == SYMBOLS && *c->word && symbols) symbols_each(symbols, consider_symbol, c);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **monitor_complete(struct monitor *m, const char *line)
{
    size_t len = strlen(line), start = len;
    while (start && !strchr(" +-*()[]:", line[start - 1])) start--;
    struct completion c = { line + start, g_ptr_array_new() };
    char *command = g_strndup(line, strcspn(line, " "));
    if (strlen(command) == len) {
        consider_commands(&c);
    } else {
        consider_argument(m, &c, command);
    }
    g_free(command);
    g_ptr_array_sort(c.found, by_name);
    g_ptr_array_add(c.found, NULL);
    return (char **)g_ptr_array_free(c.found, FALSE);
}
