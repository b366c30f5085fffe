/* Registers as text, by groups.  What is 0 is left out, except in the groups asked for by
 * name; zeros among 128 floating-point registers are never shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/psr.h"
#include "monitor/debug-priv.h"

struct page {
    struct cpu *cpu;
    GString *out;
    unsigned column;
    bool zeros; /* show them */
};

static void put(struct page *p, const char *name, u64 value, bool nat)
{
    if (!value && !nat && !p->zeros) return;
    g_string_append_printf(p->out, "%s%-8s %016" PRIx64 "%s", p->column % 4 ? " " : "\n  ", name,
                           value, nat ? "*" : " ");
    p->column++;
}

static void numbered(struct page *p, const char *prefix, unsigned n, u64 value, bool nat)
{
    char name[16];
    g_snprintf(name, sizeof(name), "%s%u", prefix, n);
    put(p, name, value, nat);
}

static void general(struct page *p)
{
    unsigned end = MIN(32 + frame_sof(cpu_cfm(p->cpu)), 128);
    for (unsigned r = 1; r < end; r++) {
        bool nat;
        u64 value = cpu_gr(p->cpu, r, &nat);
        numbered(p, "r", r, value, nat);
    }
}

static void banked(struct page *p)
{
    for (unsigned r = 16; r < 32; r++) {
        bool nat;
        u64 value = cpu_banked_gr(p->cpu, r, &nat);
        numbered(p, "other.r", r, value, nat);
    }
}

static void branch(struct page *p)
{
    for (unsigned b = 0; b < 8; b++) numbered(p, "b", b, cpu_br(p->cpu, b), false);
}

static void floating(struct page *p)
{
    for (unsigned f = 2; f < 128; f++) {
        struct fpreg v = cpu_fr(p->cpu, f);
        if (!v.sig && !v.exp && !v.sign) continue;
        g_string_append(p->out, p->column++ % 3 ? "   " : "\n  ");
        g_string_append_printf(p->out, "f%-4u%c %05x %016" PRIx64, f, v.sign ? '-' : '+', v.exp,
                               v.sig);
    }
}

static void predicates(struct page *p)
{
    g_string_append_printf(p->out, "\n  pr       %016" PRIx64 "  set:", cpu_pr(p->cpu));
    for (unsigned n = 1; n < 64; n++) {
        if (logical_pr(p->cpu, n)) g_string_append_printf(p->out, " p%u", n);
    }
}

static void application(struct page *p)
{
#define AR(n, name, ...)                       \
    if (strncmp(name, "ar", 2)) put(p, name, cpu_ar(p->cpu, n), false);
#define CR(...)
#define FILE(...)
#include "cpu/sysreg.def"
}

static void control(struct page *p)
{
#define AR(...)
#define CR(n, name, ...)                             \
    put(p, name, cpu_cr(p->cpu, n), false);
#define FILE(...)
#include "cpu/sysreg.def"
}

static void usual(struct page *p)
{
    struct cpu *cpu = p->cpu;
    static const struct {
        const char *name;
        unsigned n;
    } ars[] = { { "rsc", 16 }, { "bsp", 17 }, { "bspstore", 18 }, { "rnat", 19 }, { "unat", 36 },
                { "fpsr", 40 }, { "pfs", 64 }, { "lc", 65 }, { "ec", 66 } },
      crs[] = { { "ipsr", 16 }, { "isr", 17 }, { "iip", 19 }, { "ifa", 20 }, { "iipa", 22 },
                { "ifs", 23 }, { "iim", 24 }, { "iha", 25 } };
    general(p);
    p->column = 0;
    branch(p);
    for (size_t i = 0; i < ARRAY_LEN(ars); i++) put(p, ars[i].name, cpu_ar(cpu, ars[i].n), false);
    for (size_t i = 0; i < ARRAY_LEN(crs); i++) put(p, crs[i].name, cpu_cr(cpu, crs[i].n), false);
}

static const struct {
    const char *name;
    void (*print)(struct page *p);
} groups[] = {
    { "general", general }, { "banked", banked },           { "branch", branch },
    { "float", floating },  { "predicates", predicates },   { "application", application },
    { "control", control },
};

static void psr_bits(GString *out, u64 psr)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {
        { "be", 1 },  { "up", 2 },  { "ac", 3 },  { "ic", 13 }, { "i", 14 },  { "pk", 15 },
        { "dt", 17 }, { "dfl", 18 }, { "dfh", 19 }, { "sp", 20 }, { "pp", 21 }, { "si", 23 },
        { "db", 24 }, { "lp", 25 }, { "tb", 26 }, { "rt", 27 }, { "it", 36 }, { "ss", 40 },
        { "bn", 44 },
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (psr >> names[i].bit & 1) g_string_append_printf(out, " %s", names[i].name);
    }
    g_string_append_printf(out, " cpl=%u", (unsigned)bits(psr, 33, 32));
}

static void head(struct cpu *cpu, const struct symbols *symbols, GString *out)
{
    u64 cfm = cpu_cfm(cpu), psr = cpu_psr(cpu);
    g_string_append_printf(out, "cpu %u%s  ip ", cpu_id(cpu),
                           cpu_is_halted(cpu) ? " (halted)" : "");
    view_where(out, symbols, cpu_ip(cpu));
    g_string_append_printf(out, " slot %u\n  psr %016" PRIx64, cpu_ri(cpu), psr);
    psr_bits(out, psr);
    g_string_append_printf(out, "\n  cfm %010" PRIx64 " sof %u sol %u sor %u rrb %u,%u,%u   pr %016"
                           PRIx64, cfm, frame_sof(cfm), frame_sol(cfm),
                           (unsigned)bits(cfm, 17, 14) * 8, (unsigned)bits(cfm, 24, 18),
                           (unsigned)bits(cfm, 31, 25), frame_rrb_pr(cfm), cpu_pr(cpu));
}

bool registers_text(struct cpu *cpu, const struct symbols *symbols, const char *which, GString *out)
{
    struct page p = { cpu, out, 0, which && strcmp(which, "all") };
    bool all = which && !strcmp(which, "all"), known = all || !which;
    size_t start = out->len;
    head(cpu, symbols, out);
    if (!which) usual(&p);
    for (size_t i = 0; which && i < ARRAY_LEN(groups); i++) {
        if (!all && !g_str_has_prefix(groups[i].name, which)) continue;
        p.column = 0;
        groups[i].print(&p);
        known = true;
        if (!all) break;
    }
    g_string_append_c(out, '\n');
    if (!known) g_string_truncate(out, start);
    return known;
}
