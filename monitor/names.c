/* Registers by the names that assemblers use.  The tables of cpu/sysreg.def name the application
 * and control registers, so that a register added there can be typed here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/psr.h"
#include "monitor/debug-priv.h"

static const char *const ar_names[128] = {
#define AR(n, name, ...) [n] = name,
#define CR(...)
#define FILE(...)
#include "cpu/sysreg.def"
};

static const char *const cr_names[128] = {
#define AR(...)
#define CR(n, name, ...) [n] = name,
#define FILE(...)
#include "cpu/sysreg.def"
};

/* --- the files: a prefix and a number --------------------------------------------------------- */

static u64 get_gr(struct cpu *cpu, unsigned n) { return cpu_gr(cpu, n, NULL); }
static u64 get_other(struct cpu *cpu, unsigned n) { return cpu_banked_gr(cpu, n, NULL); }
static u64 get_br(struct cpu *cpu, unsigned n) { return cpu_br(cpu, n); }
static u64 get_pr(struct cpu *cpu, unsigned n) { return logical_pr(cpu, n); }
static u64 get_fr(struct cpu *cpu, unsigned n) { return cpu_fr(cpu, n).sig; }
static u64 get_rr(struct cpu *cpu, unsigned n) { return cpu_mmu(cpu)->rr[n]; }
static u64 get_pkr(struct cpu *cpu, unsigned n) { return cpu_mmu(cpu)->pkr[n]; }
static u64 get_dbr(struct cpu *cpu, unsigned n) { return mmu_dbr(cpu_mmu(cpu), n); }
static u64 get_ibr(struct cpu *cpu, unsigned n) { return mmu_ibr(cpu_mmu(cpu), n); }

static void set_gr(struct cpu *cpu, unsigned n, u64 v)
{
    if (n) cpu_set_gr(cpu, n, v, false);
}
static void set_other(struct cpu *cpu, unsigned n, u64 v) { cpu_set_banked_gr(cpu, n, v, false); }
static void set_br(struct cpu *cpu, unsigned n, u64 v) { cpu_set_br(cpu, n, v); }
static void set_pr(struct cpu *cpu, unsigned n, u64 v)
{
    unsigned at = n < 16 ? n : 16 + (n - 16 + frame_rrb_pr(cpu_cfm(cpu))) % 48;
    cpu_set_pr(cpu, deposit(cpu_pr(cpu), at, at, v != 0));
}
static void set_rr(struct cpu *cpu, unsigned n, u64 v) { cpu_set_rr(cpu, n, v); }

static const struct {
    const char *prefix;
    unsigned first, last;
    u64 (*get)(struct cpu *cpu, unsigned n);
    void (*set)(struct cpu *cpu, unsigned n, u64 value);
} files[] = {
    { "r",       0, 127, get_gr,    set_gr },
    { "other.r", 16, 31, get_other, set_other },
    { "b",       0, 7,   get_br,    set_br },
    { "p",       0, 63,  get_pr,    set_pr },
    { "f",       0, 127, get_fr,    NULL },
    { "rr",      0, 7,   get_rr,    set_rr },
    { "pkr",     0, 15,  get_pkr,   NULL },
    { "dbr",     0, 7,   get_dbr,   NULL },
    { "ibr",     0, 7,   get_ibr,   NULL },
};

/* --- those with names of their own ------------------------------------------------------------ */

static u64 get_ip(struct cpu *cpu) { return cpu_place(cpu); }
static u64 get_psr(struct cpu *cpu) { return cpu_psr(cpu) | (u64)cpu_ri(cpu) << PSR_RI_SHIFT; }
static u64 get_cfm(struct cpu *cpu) { return cpu_cfm(cpu); }
static u64 get_all_pr(struct cpu *cpu) { return cpu_pr(cpu); }
static u64 get_sp(struct cpu *cpu) { return cpu_gr(cpu, 12, NULL); }
static u64 get_gp(struct cpu *cpu) { return cpu_gr(cpu, 1, NULL); }

static void set_ip(struct cpu *cpu, u64 v) { cpu_set_ip(cpu, v, MIN(v & 15, 2)); }
static void set_psr(struct cpu *cpu, u64 v)
{
    cpu_set_psr(cpu, v & ~PSR_RI);
    cpu_set_ip(cpu, cpu_ip(cpu), (unsigned)bits(v, 42, 41));
}
static void set_all_pr(struct cpu *cpu, u64 v) { cpu_set_pr(cpu, v); }
static void set_sp(struct cpu *cpu, u64 v) { cpu_set_gr(cpu, 12, v, false); }
static void set_gp(struct cpu *cpu, u64 v) { cpu_set_gr(cpu, 1, v, false); }

static const struct {
    const char *name;
    u64 (*get)(struct cpu *cpu);
    void (*set)(struct cpu *cpu, u64 value);
} singles[] = {
    { "ip",  get_ip,     set_ip },
    { "psr", get_psr,    set_psr },
    { "cfm", get_cfm,    NULL },
    { "pr",  get_all_pr, set_all_pr },
    { "sp",  get_sp,     set_sp },
    { "gp",  get_gp,     set_gp },
};

/* --- finding ---------------------------------------------------------------------------------- */

struct found {
    enum { NONE, SINGLE, IN_FILE, AR, CR } kind;
    unsigned which, n;
};

static bool number_after(const char *name, const char *prefix, unsigned *n)
{
    char *end;
    size_t len = strlen(prefix);
    if (strncmp(name, prefix, len) || !g_ascii_isdigit(name[len])) return false;
    u64 v = g_ascii_strtoull(name + len, &end, 10);
    *n = (unsigned)v;
    return !*end && v < 1000;
}

static bool in_table(const char *const *names, const char *name, unsigned *n)
{
    for (unsigned i = 0; i < 128; i++) {
        if (!names[i] || strcmp(names[i], name)) continue;
        *n = i;
        return true;
    }
    return false;
}

static struct found find(const char *name)
{
    unsigned n;
    if (*name == '$') name++;
    for (unsigned i = 0; i < ARRAY_LEN(singles); i++) {
        if (!strcmp(name, singles[i].name)) return (struct found){ SINGLE, i, 0 };
    }
    for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
        if (!number_after(name, files[i].prefix, &n)) continue;
        if (n >= files[i].first && n <= files[i].last) return (struct found){ IN_FILE, i, n };
    }
    bool ar = g_str_has_prefix(name, "ar."), cr = g_str_has_prefix(name, "cr.");
    if (ar && in_table(ar_names, name + 3, &n)) return (struct found){ AR, 0, n };
    if (cr && in_table(cr_names, name + 3, &n)) return (struct found){ CR, 0, n };
    return (struct found){ NONE, 0, 0 };
}

bool register_get(struct cpu *cpu, const char *name, u64 *value)
{
    struct found f = find(name);
    switch (f.kind) {
    case NONE: return false;
    case SINGLE: *value = singles[f.which].get(cpu); break;
    case IN_FILE: *value = files[f.which].get(cpu, f.n); break;
    case AR: *value = cpu_ar(cpu, f.n); break;
    case CR: *value = cpu_cr(cpu, f.n); break;
    }
    return true;
}

bool register_set(struct cpu *cpu, const char *name, u64 value)
{
    struct found f = find(name);
    switch (f.kind) {
    case NONE: return false;
    case SINGLE:
        if (!singles[f.which].set) return false;
        singles[f.which].set(cpu, value);
        return true;
    case IN_FILE:
        if (!files[f.which].set) return false;
        files[f.which].set(cpu, f.n, value);
        return true;
    case AR: cpu_set_ar(cpu, f.n, value); return true;
    case CR: cpu_set_cr(cpu, f.n, value); return true;
    }
    return false;
}

void register_each(void (*fn)(void *opaque, const char *name), void *opaque)
{
    char name[24];
    for (unsigned i = 0; i < ARRAY_LEN(singles); i++) fn(opaque, singles[i].name);
    for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
        for (unsigned n = files[i].first; n <= files[i].last; n++) {
            g_snprintf(name, sizeof(name), "%s%u", files[i].prefix, n);
            fn(opaque, name);
        }
    }
    for (unsigned n = 0; n < 256; n++) {
        const char *one = n < 128 ? ar_names[n] : cr_names[n - 128];
        g_snprintf(name, sizeof(name), "%s.%s", n < 128 ? "ar" : "cr", one ? one : "");
        if (one) fn(opaque, name);
    }
}
