/* The state of a processor as one JSON object, for people and for scripts that compare.
 *
 * Every number is a string like "0x1f", since JSON readers lose the low bits of 64-bit numbers.
 * Registers bear the SDM's names in lower case; arrays are indexed by register number, and r32 is
 * the r32 of the current frame.  pr is what mov r1=pr would read: rrb.pr plays no part in it.
 * Reading the state changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/sysreg.h"

static void hex(GString *out, u64 value)
{
    g_string_append_printf(out, "\"0x%" G_GINT64_MODIFIER "x\"", value);
}

/* "name": value, with a comma in front unless it is the first of its object. */
static void member(GString *out, const char *name, u64 value)
{
    char last = out->len ? out->str[out->len - 1] : '{';
    if (last != '{') g_string_append_c(out, ',');
    g_string_append_printf(out, "\"%s\":", name);
    hex(out, value);
}

static void open_member(GString *out, const char *name, char bracket)
{
    if (out->str[out->len - 1] != '{') g_string_append_c(out, ',');
    g_string_append_printf(out, "\"%s\":%c", name, bracket);
}

static void element(GString *out, u64 value)
{
    if (out->str[out->len - 1] != '[') g_string_append_c(out, ',');
    hex(out, value);
}

static void array(GString *out, const char *name, const u64 *values, unsigned n)
{
    open_member(out, name, '[');
    for (unsigned i = 0; i < n; i++) element(out, values[i]);
    g_string_append_c(out, ']');
}

static void dump_gr(const struct cpu *cpu, GString *out)
{
    array(out, "gr", cpu->gr, 128);
    open_member(out, "gr_nat", '[');
    for (unsigned r = 0; r < 128; r++) element(out, nat_of(cpu, r));
    g_string_append_c(out, ']');
}

static void dump_fr(struct cpu *cpu, GString *out)
{
    open_member(out, "fr", '[');
    for (unsigned r = 0; r < 128; r++) {
        struct fpreg f = cpu_fr(cpu, r);
        if (r) g_string_append_c(out, ',');
        g_string_append_c(out, '{');
        member(out, "sign", f.sign);
        member(out, "exp", f.exp);
        member(out, "sig", f.sig);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void dump_cfm(const struct cpu *cpu, GString *out)
{
    u64 cfm = cpu->cfm;

    open_member(out, "cfm", '{');
    member(out, "sof", cfm_sof(cfm));
    member(out, "sol", cfm_sol(cfm));
    member(out, "sor", cfm_sor(cfm) / 8);
    member(out, "rrb.gr", cfm_rrb_gr(cfm));
    member(out, "rrb.fr", cfm_rrb_fr(cfm));
    member(out, "rrb.pr", cfm_rrb_pr(cfm));
    g_string_append_c(out, '}');
}

static void dump_table(const struct cpu *cpu, GString *out, const char *name,
                       const struct sysreg *table, u64 (*get)(const struct cpu *, unsigned))
{
    open_member(out, name, '{');
    for (unsigned n = 0; n < 128; n++) {
        const struct sysreg *reg = &table[n];
        if (reg->name && !(reg->rules & SR_IGNORED)) member(out, reg->name, get(cpu, n));
    }
    g_string_append_c(out, '}');
}

/* Translation registers that hold something. */
static void dump_trs(const struct cpu *cpu, GString *out, const char *name, bool inst)
{
    open_member(out, name, '[');
    for (unsigned i = 0; i < (inst ? MMU_ITRS : MMU_DTRS); i++) {
        struct mmu_tr tr = mmu_get_tr(&cpu->mmu, inst, i);
        if (!tr.valid) continue;
        g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
        member(out, "slot", i);
        member(out, "ifa", tr.ifa);
        member(out, "itir", tr.itir);
        member(out, "pte", tr.pte);
        member(out, "rid", tr.rid);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void dump_last(const struct cpu *cpu, GString *out)
{
    if (!cpu->last.any) {
        g_string_append(out, ",\"last_interruption\":null");
        return;
    }
    open_member(out, "last_interruption", '{');
    g_string_append_printf(out, "\"name\":\"%s\"", interruption_name(cpu->last.row));
    member(out, "vector", interruption_vector(cpu->last.row));
    member(out, "isr", cpu->last.isr);
    member(out, "iip", cpu->last.iip);
    member(out, "ifa", cpu->last.ifa);
    g_string_append_c(out, '}');
}

void cpu_dump_json(struct cpu *cpu, GString *out)
{
    g_string_append_c(out, '{');
    member(out, "ip", cpu->ip);
    member(out, "ri", cpu->ri);
    member(out, "psr", cpu_psr(cpu) | (u64)cpu->ri << PSR_RI_SHIFT);
    member(out, "pr", cpu_pr(cpu));
    dump_gr(cpu, out);
    dump_fr(cpu, out);
    array(out, "br", cpu->br, 8);
    dump_cfm(cpu, out);
    dump_table(cpu, out, "ar", ar_table, cpu_ar);
    dump_table(cpu, out, "cr", cr_table, cpu_cr);
    array(out, "rr", cpu->mmu.rr, 8);
    array(out, "pkr", cpu->mmu.pkr, MMU_PKRS);
    open_member(out, "tr", '{');
    dump_trs(cpu, out, "itr", true);
    dump_trs(cpu, out, "dtr", false);
    g_string_append(out, "}");
    dump_last(cpu, out);
    g_string_append_c(out, '}');
}
