/* System instructions: what may be read and written, by whom, and what is said if not.
 *
 * The register tables below are written from SDM 1:3.1.8 and 2:3.3 once more, in another form than
 * cpu/sysreg.def, and the expected answer of every access is computed from them in the order of the
 * operation sections: Illegal Operation, Privileged Operation, NaT, Reserved Field, Privileged
 * Register.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/sysreg.h"

#define ILL 0x00
#define PRIVOP 0x10
#define PRIVREG 0x20
#define RESERVED 0x30
#define GENERAL 0x5400
#define NAT_CONSUMPTION 0x5600
#define FINE 1 /* no vector */

#define VALUE 6 /* GRs of the tests: value, index, result */
#define INDEX 7
#define RESULT 40

struct outcome {
    unsigned vector;
    u64 isr;
};

static struct outcome none(void)
{
    return (struct outcome){FINE, 0};
}

static struct outcome general(unsigned code)
{
    return (struct outcome){GENERAL, code};
}

static u64 ones(unsigned hi, unsigned lo)
{
    return (hi == 63 ? ~0ull : (1ull << (hi + 1)) - 1) & ~((1ull << lo) - 1);
}

/* psr as delivery leaves it: these tests set nothing that stays but these. */
#define STAYS (PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT | PSR_RT | PSR_MC | PSR_IT)

/* The run of h ended in an interruption, and only delivery changed anything. */
static void expect_outcome(struct harness *h, unsigned vector, u64 isr)
{
    struct probe want = h->before;

    if (h->before.psr & PSR_IC) {
        harness_expect_fault(h, vector, isr);
        return;
    }
    want.cr[17] = isr | (u64)h->slot << 41 | 1ull << 39;
    want.psr &= STAYS;
    harness_expect_at(h, &want, (h->before.cr[2] & ~0x7fffull) + vector);
}

/* --- application registers ------------------------------------------------------------------- */

enum { KERNEL = 1, LAZY = 2, RDONLY = 4, SECURE = 8, IGNORE = 16 };
struct ar_facts {
    bool exists;
    const char *units;
    unsigned rules;
    u64 reserved, ignored;
};

static struct ar_facts ar_facts(unsigned n)
{
    struct ar_facts f = {true, "M", 0, 0, 0};
    if (n <= 7 || n == 27) {
        f.rules = KERNEL;
    } else if (n == 16) {
        f.reserved = ones(63, 30) | ones(15, 5);
    } else if (n == 17) {
        f.rules = RDONLY;
    } else if (n == 18) {
        f.rules = LAZY;
        f.ignored = 7;
    } else if (n == 19) {
        f.rules = LAZY;
        f.ignored = 1ull << 63;
    } else if (n == 40) {
        f.reserved = ones(63, 58) | 1 << 12;
    } else if (n == 44) {
        f.rules = KERNEL | SECURE;
    } else if ((n >= 48 && n <= 63) || n >= 112) {
        f.rules = IGNORE;
        f.units = "MI";
    } else if (n >= 64 && n <= 66) {
        f.units = "I";
        if (n == 64) f.reserved = ones(51, 38) | ones(61, 58);
        if (n == 66) f.ignored = ones(63, 6);
    } else if (n != 21 && (n < 24 || n > 30) && n != 32 && n != 36) {
        f.exists = false;
    }
    return f;
}

static bool ar_value_is_reserved(unsigned n, u64 v)
{
    if (v & ar_facts(n).reserved) return true;
    if (n == 40) { /* pc 1 in some status field */
        return (v >> 8 & 3) == 1 || (v >> 21 & 3) == 1 || (v >> 34 & 3) == 1 || (v >> 47 & 3) == 1;
    }
    if (n == 64) { /* a frame that cannot be */
        unsigned sof = v & 127, sol = v >> 7 & 127, sor = (v >> 14 & 15) * 8, rrb = v >> 18 & 127;
        return sof > 96 || sol > sof || sor > sof || (sor ? rrb >= sor : rrb != 0) ||
               (v >> 25 & 127) >= 96 || (v >> 32 & 63) >= 48;
    }
    return false;
}

static struct outcome ar_write(const struct probe *p, unsigned n, char unit, u64 value, bool nat)
{
    struct ar_facts f = ar_facts(n);
    if (!f.exists || !strchr(f.units, unit) || (f.rules & RDONLY)) return general(ILL);
    if ((f.rules & LAZY) && (p->ar[16] & 3)) return general(ILL);
    if (nat) return (struct outcome){NAT_CONSUMPTION, 0x10};
    if (ar_value_is_reserved(n, value)) return general(RESERVED);
    if ((f.rules & KERNEL) && (p->psr & PSR_CPL)) return general(PRIVREG);
    return none();
}

static struct outcome ar_read(const struct probe *p, unsigned n, char unit, unsigned r1)
{
    struct ar_facts f = ar_facts(n);
    if (!f.exists || !strchr(f.units, unit) || r1 >= 32 + (p->cfm & 127)) return general(ILL);
    if ((f.rules & LAZY) && (p->ar[16] & 3)) return general(ILL);
    if ((f.rules & SECURE) && (p->psr & PSR_CPL) && (p->psr & PSR_SI)) return general(PRIVREG);
    return none();
}

/* What a successful write leaves in AR n. */
static u64 ar_stored(const struct probe *p, unsigned n, u64 value)
{
    struct ar_facts f = ar_facts(n);
    u64 level = p->psr >> 32 & 3;
    if (f.rules & IGNORE) return 0;
    if (n == 16 && (value >> 2 & 3) < level) value = (value & ~12ull) | level << 2;
    return value & ~f.ignored;
}

static bool is_watched(unsigned n)
{
    return n <= 7 || n == 16 || n == 18 || n == 19 || n == 25 || n == 32 || n == 36 || n == 40 ||
           (n >= 64 && n <= 66);
}

/* Something legal often enough: 0, few bits, anything. */
static u64 some_value(struct harness *h, u64 reserved)
{
    u64 v = harness_random(h);
    switch (harness_below(h, 4)) {
    case 0: return v;
    case 1: return 1ull << (v & 63);
    case 2: return v & ~reserved;
    default: return v & ~reserved & harness_random(h) & harness_random(h);
    }
}

static void shape(struct harness *h)
{
    struct probe *p = &h->before;
    static const u64 modes[] = {0, 0, PSR_CPL, 1ull << 32, PSR_SI, PSR_CPL | PSR_SI};

    harness_randomize(h);
    p->psr |= modes[harness_below(h, ARRAY_LEN(modes))];
    p->ar[16] = harness_below(h, 4) ? 0 : 1 + harness_below(h, 3);
    p->ar[16] |= p->psr >> 30 & 12;
}

static const enum harness_loop loops[] = {HARNESS_FAST, HARNESS_OBSERVED};

static void check_ar_write(struct harness *h, unsigned n, char unit, bool immediate)
{
    struct insn in = harness_insn(unit == 'M' ? (immediate ? "mov_to_ar_m_imm" : "mov_to_ar_m_r")
                                              : (immediate ? "mov_to_ar_i_imm" : "mov_to_ar_i_r"));
    struct probe want;
    u64 value = some_value(h, ar_facts(n).reserved);
    bool nat = !immediate && harness_below(h, 6) == 0;

    shape(h);
    if (immediate) {
        value = (u64)(s64)(s8)value;
        in.imm = value;
    } else {
        in.r2 = VALUE;
        h->before.gr[VALUE] = value;
        probe_set_nat(&h->before, VALUE, nat);
    }
    in.r3 = (u8)n;
    struct outcome o = ar_write(&h->before, n, unit, value, nat);
    want = h->before;
    if (is_watched(n)) want.ar[n] = ar_stored(&h->before, n, value);
    for (unsigned l = 0; l < 2; l++) {
        harness_run(h, &in, harness_any_slot(h, &in), loops[l]);
        if (o.vector != FINE) {
            expect_outcome(h, o.vector, o.isr);
            continue;
        }
        harness_expect(h, &want);
        u64 got = cpu_ar(h->cpu, n), stored = ar_stored(&h->before, n, value);
        if (n == 44 ? got - stored > 8 : got != stored) {
            fail_msg("ar%u is %llx, wanted %llx", n, (long long)got, (long long)stored);
        }
    }
}

static void every_application_register_is_written_by_its_rules(void **state)
{
    struct harness *h = *state;
    for (unsigned n = 0; n < 128; n++) {
        for (unsigned round = 0; round < (n == 16 ? 100 : 16); round++) {
            h->what = "mov.m ar =";
            check_ar_write(h, n, 'M', round % 4 == 3);
            h->what = "mov.i ar =";
            check_ar_write(h, n, 'I', round % 4 == 3);
        }
    }
}

static void every_reserved_bit_of_an_application_register_faults(void **state)
{
    struct harness *h = *state;
    for (unsigned n = 0; n < 128; n++) {
        struct ar_facts f = ar_facts(n);
        for (unsigned b = 0; b < 64 && f.exists; b++) {
            struct insn in = harness_insn(f.units[0] == 'M' ? "mov_to_ar_m_r" : "mov_to_ar_i_r");
            if (!(f.reserved >> b & 1)) continue;
            harness_randomize(h);
            in.r2 = VALUE;
            in.r3 = (u8)n;
            h->before.gr[VALUE] = 1ull << b;
            harness_run(h, &in, harness_any_slot(h, &in), HARNESS_FAST);
            harness_expect_fault(h, GENERAL, RESERVED);
        }
    }
}

static void check_ar_read(struct harness *h, unsigned n, char unit)
{
    struct insn in = harness_insn(unit == 'M' ? "mov_from_ar_m" : "mov_from_ar_i");
    struct probe want;

    shape(h);
    in.r1 = RESULT;
    in.r3 = (u8)n;
    if (harness_below(h, 5) == 0) h->before.cfm = RESULT - 32;
    if (harness_below(h, 5) == 0) probe_set_nat(&h->before, 20, true);
    struct outcome o = ar_read(&h->before, n, unit, RESULT);
    want = h->before;
    for (unsigned l = 0; l < 2; l++) {
        harness_run(h, &in, harness_any_slot(h, &in), loops[l]);
        if (o.vector != FINE) {
            expect_outcome(h, o.vector, o.isr);
            continue;
        }
        want.gr[RESULT] = is_watched(n) ? h->before.ar[n] : h->after.gr[RESULT];
        if (ar_facts(n).rules & IGNORE) want.gr[RESULT] = 0;
        if (n == 17) want.gr[RESULT] = h->before.ar[18]; /* nothing is dirty */
        harness_expect(h, &want);
    }
}

static void every_application_register_is_read_by_its_rules(void **state)
{
    struct harness *h = *state;
    for (unsigned n = 0; n < 128; n++) {
        for (unsigned round = 0; round < 8; round++) {
            h->what = "mov.m = ar";
            check_ar_read(h, n, 'M');
            h->what = "mov.i = ar";
            check_ar_read(h, n, 'I');
        }
    }
}

/* Two slots of one bundle read ar.itc: the second must see more (SDM 2:33). */
static void itc_advances_from_slot_to_slot(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("mov_from_ar_m");
    u64 first;

    harness_randomize(h);
    in.r1 = RESULT;
    in.r3 = 44;
    harness_run(h, &in, 0, HARNESS_FAST);
    first = h->after.gr[RESULT];
    cpu_set_ar(h->cpu, 44, first + 100);
    harness_run(h, &in, 1, HARNESS_FAST);
    assert_true(h->after.gr[RESULT] >= first + 100);
    assert_true(h->after.gr[RESULT] < first + 110);
    assert_true(cpu_ar(h->cpu, 44) > h->after.gr[RESULT]);
}

/* --- control registers ----------------------------------------------------------------------- */

struct cr_facts {
    bool exists, rdonly, plain;
    u64 reserved, ignored;
};

static struct cr_facts cr_facts(unsigned n)
{
    struct cr_facts f = {true, false, true, 0, 0};
    switch (n) {
    case 0: f.reserved = ones(7, 3) | ones(63, 15); break;
    case 1: f.plain = false; break; /* reads back, but is not among the watched ones */
    case 2: f.ignored = ones(14, 0); break;
    case 8: f.reserved = 2 | ones(14, 9); break;
    case 16: f.reserved = 1 | ones(12, 6) | 1 << 16 | ones(31, 28) | ones(63, 46); break;
    case 17: f.reserved = ones(31, 24) | ones(63, 44); break;
    case 19: case 20: case 21: case 22: case 24: break;
    case 23: f.reserved = ones(62, 38); break;
    case 25: f.ignored = 3; break;
    case 64: f.reserved = ones(15, 0), f.ignored = ones(63, 32); break;
    case 65: case 68: case 69: case 70: case 71: f.rdonly = true, f.plain = false; break;
    case 66: f.reserved = ones(15, 8), f.ignored = ones(3, 0) | ones(63, 17); break;
    case 67: f.plain = false; break;
    case 72: case 73: case 74:
        f.reserved = ones(11, 8) | ones(15, 13), f.ignored = 1 << 12 | ones(63, 17);
        break;
    case 80: case 81:
        f.reserved = 1 << 11 | 1 << 14, f.ignored = 1 << 12 | ones(63, 17), f.plain = false;
        break;
    default: f.exists = false;
    }
    return f;
}

static bool cr_value_is_reserved(unsigned n, u64 v)
{
    if (v & cr_facts(n).reserved) return true;
    if (n == 8) return (v >> 2 & 63) < 15 || (v >> 2 & 63) > 61;
    if (n == 16) return (v >> 41 & 3) == 3;
    return n == 23 && v >> 63 && ar_value_is_reserved(64, v & ones(37, 0));
}

static struct outcome cr_access(const struct probe *p, unsigned n, bool write)
{
    struct cr_facts f = cr_facts(n);
    bool interruption_cr = n >= 16 && n <= 27;
    if (!f.exists || (write && f.rdonly) || (interruption_cr && (p->psr & PSR_IC))) {
        return general(ILL);
    }
    return p->psr & PSR_CPL ? general(PRIVOP) : none();
}

static struct outcome cr_write(const struct probe *p, unsigned n, u64 value, bool nat)
{
    struct outcome o = cr_access(p, n, true);
    if (o.vector != FINE) return o;
    if (nat) return (struct outcome){NAT_CONSUMPTION, 0x10};
    return cr_value_is_reserved(n, value) ? general(RESERVED) : none();
}

static void check_cr_write(struct harness *h, unsigned n, u64 value)
{
    struct insn in = harness_insn("mov_to_cr");
    struct probe want;
    bool nat = harness_below(h, 6) == 0;

    shape(h);
    if (harness_below(h, 2)) h->before.psr &= ~PSR_IC;
    in.r2 = VALUE;
    in.r3 = (u8)n;
    if (n == 72 || n == 66) value |= 1 << 16; /* keep the interrupts away */
    h->before.gr[VALUE] = value;
    probe_set_nat(&h->before, VALUE, nat);
    struct outcome o = cr_write(&h->before, n, value, nat);
    want = h->before;
    if (cr_facts(n).plain) want.cr[n] = value & ~cr_facts(n).ignored;
    for (unsigned l = 0; l < 2; l++) {
        harness_run(h, &in, harness_any_slot(h, &in), loops[l]);
        if (o.vector != FINE) {
            expect_outcome(h, o.vector, o.isr);
            continue;
        }
        harness_expect(h, &want);
        u64 stored = n == 67 ? 0 : value & ~cr_facts(n).ignored;
        if (cpu_cr(h->cpu, n) != stored) fail_msg("cr%u: %llx", n, (long long)cpu_cr(h->cpu, n));
    }
}

static void every_control_register_is_written_by_its_rules(void **state)
{
    struct harness *h = *state;
    h->what = "mov cr =";
    for (unsigned n = 0; n < 128; n++) {
        for (unsigned round = 0; round < 12; round++) {
            u64 value = some_value(h, cr_facts(n).reserved);
            if (n == 8 && round % 2) value = (value & ~0xfcull) | 20 << 2;
            check_cr_write(h, n, value);
        }
        for (unsigned b = 0; b < 64 && cr_facts(n).exists; b++) {
            for (unsigned k = 0; k < 8 && n == 8; k++) check_cr_write(h, n, b << 2); /* sizes */
            check_cr_write(h, n, 1ull << b | (n == 8 ? 15 << 2 : 0));
        }
    }
}

static void check_cr_read(struct harness *h, unsigned n)
{
    struct insn in = harness_insn("mov_from_cr");
    struct probe want;

    shape(h);
    if (harness_below(h, 2)) h->before.psr &= ~PSR_IC;
    if (harness_below(h, 4) == 0) h->before.cfm = RESULT - 32;
    for (unsigned k = 16; k < 26; k++) h->before.cr[k] = k == 18 ? 0 : harness_random(h);
    h->before.cr[25] &= ~3ull; /* not even raw writes keep ignored bits */
    in.r1 = RESULT;
    in.r3 = (u8)n;
    struct outcome o = cr_access(&h->before, n, false);
    if (h->before.cfm == RESULT - 32) o = general(ILL);
    want = h->before;
    want.gr[RESULT] = cr_facts(n).plain ? h->before.cr[n] : n == 65 ? 15 : 0;
    if (n == 21) want.gr[RESULT] &= 0xfffffffc;
    if (n == 80 || n == 81) want.gr[RESULT] = 1 << 16;
    for (unsigned l = 0; l < 2; l++) {
        harness_run(h, &in, harness_any_slot(h, &in), loops[l]);
        if (o.vector != FINE) {
            expect_outcome(h, o.vector, o.isr);
        } else {
            harness_expect(h, &want);
        }
    }
}

static void every_control_register_is_read_by_its_rules(void **state)
{
    struct harness *h = *state;
    h->what = "mov = cr";
    for (unsigned n = 0; n < 128; n++) {
        for (unsigned round = 0; round < 8; round++) check_cr_read(h, n);
    }
}

/* --- indirect registers ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned count, shift;
    bool user_read, no_write, sparse;
    u64 reserved, ignored_odd;
} files[] = {
    {"rr", 8, 61, false, false, false, 0xffffffff00000002, 0},
    {"pkr", 16, 0, false, false, false, 0xffffffff000000f0, 0},
    {"ibr", 8, 0, false, false, false, 0, 7ull << 60},
    {"dbr", 8, 0, false, false, false, 0, 3ull << 60},
    {"pmc", 16, 0, false, false, true, 0, 0},
    {"pmd", 18, 0, true, false, true, 0, 0},
    {"cpuid", 5, 0, true, true, false, 0, 0},
};

static bool good_page_size(u64 rr)
{
    static const u8 sizes[] = {12, 13, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32};
    return memchr(sizes, (int)(rr >> 2 & 63), sizeof(sizes)) != NULL;
}

static struct insn file_insn(const char *what, unsigned f)
{
    char meaning[32];
    g_snprintf(meaning, sizeof(meaning), "mov_%s_%s", what, files[f].name);
    return harness_insn(meaning);
}

static u64 read_file(struct harness *h, unsigned f, u64 index)
{
    struct insn in = file_insn("from", f);
    harness_randomize(h);
    h->before.gr[INDEX] = index;
    in.r1 = RESULT;
    in.r3 = INDEX;
    harness_run(h, &in, harness_any_slot(h, &in), HARNESS_FAST);
    assert_true(h->after.ip == h->code + 16);
    return h->after.gr[RESULT];
}

static void check_file_write(struct harness *h, unsigned f, unsigned i, u64 value)
{
    struct insn in = file_insn("to", f);
    struct outcome o = none();
    bool nat_value = harness_below(h, 8) == 0, nat_index = harness_below(h, 8) == 0;
    u64 junk = harness_random(h) & (files[f].shift ? ones(60, 0) : ~0xffull);

    shape(h);
    h->before.gr[VALUE] = value;
    h->before.gr[INDEX] = (u64)i << files[f].shift | junk;
    probe_set_nat(&h->before, VALUE, nat_value);
    probe_set_nat(&h->before, INDEX, nat_index);
    in.r2 = VALUE;
    in.r3 = INDEX;
    if (h->before.psr & PSR_CPL) {
        o = general(PRIVOP);
    } else if (nat_value || nat_index) {
        o = (struct outcome){NAT_CONSUMPTION, 0x10};
    } else if ((i >= files[f].count && !files[f].sparse) || (value & files[f].reserved) ||
               (f == 0 && !good_page_size(value))) {
        o = general(RESERVED);
    }
    struct probe want = h->before;
    harness_run(h, &in, harness_any_slot(h, &in), loops[harness_below(h, 2)]);
    if (o.vector != FINE) {
        expect_outcome(h, o.vector, o.isr);
        return;
    }
    harness_expect(h, &want);
    if (i & 1) value &= ~files[f].ignored_odd;
    if (files[f].sparse) return; /* fields of their own: tests/unit/test_lsapic.c */
    u64 got = read_file(h, f, (u64)i << files[f].shift);
    if (got != value) fail_msg("%s[%u] is %llx", files[f].name, i, (long long)got);
}

static void indirect_registers_are_written_by_their_rules(void **state)
{
    struct harness *h = *state;
    for (unsigned f = 0; f < ARRAY_LEN(files); f++) {
        if (files[f].no_write) continue;
        h->what = files[f].name;
        for (unsigned i = 0; i < (files[f].shift ? 8 : 256); i++) {
            for (unsigned round = 0; round < (i < 16 ? 12 : 2); round++) {
                u64 value = some_value(h, files[f].reserved);
                if (f == 0 && harness_below(h, 3)) value = (value & ~0xfcull) | 14 << 2;
                if (f == 2) value &= ~(1ull << 63); /* no live breakpoints on ourselves */
                if (f == 3) value &= ~(3ull << 62);
                check_file_write(h, f, i, value);
            }
        }
    }
}

static void indirect_registers_are_read_by_their_rules(void **state)
{
    struct harness *h = *state;
    for (unsigned f = 0; f < ARRAY_LEN(files); f++) {
        h->what = files[f].name;
        for (unsigned i = 0; i < (files[f].shift ? 8 : 256); i++) {
            struct insn in = file_insn("from", f);
            struct outcome o = none();
            bool nat = harness_below(h, 8) == 0;
            shape(h);
            if (harness_below(h, 8) == 0) h->before.cfm = RESULT - 32;
            h->before.gr[INDEX] = (u64)i << files[f].shift;
            probe_set_nat(&h->before, INDEX, nat);
            in.r1 = RESULT;
            in.r3 = INDEX;
            if (h->before.cfm == RESULT - 32) {
                o = general(ILL);
            } else if ((h->before.psr & PSR_CPL) && !files[f].user_read) {
                o = general(PRIVOP);
            } else if (nat) {
                o = (struct outcome){NAT_CONSUMPTION, 0x10};
            } else if (i >= files[f].count && !files[f].sparse) {
                o = general(RESERVED);
            }
            harness_run(h, &in, harness_any_slot(h, &in), loops[i & 1]);
            if (o.vector != FINE) expect_outcome(h, o.vector, o.isr);
            else assert_true(h->after.ip == h->code + 16);
        }
    }
}

static void every_page_size_of_a_region_register_is_judged(void **state)
{
    struct harness *h = *state;
    for (unsigned ps = 0; ps < 64; ps++) {
        for (unsigned again = 0; again < 4; again++) check_file_write(h, 0, ps % 8, ps << 2);
    }
}

static void cpuid_says_what_this_processor_is(void **state)
{
    struct harness *h = *state;
    u64 name[3] = {read_file(h, 6, 0), read_file(h, 6, 1), 0};
    assert_string_equal((const char *)name, "GenuineIntel");
    assert_int_equal(read_file(h, 6, 2), 0);
    assert_int_equal(read_file(h, 6, 3) & 0xff, 4);
    assert_int_equal(read_file(h, 6, 3) >> 24 & 0xff, 0x1f);
    assert_int_equal(read_file(h, 6, 4) & 5, 5); /* brl, 16-byte atomics */
}

static void a_valid_protection_key_is_unique(void **state)
{
    struct harness *h = *state;
    for (unsigned i = 3; i <= 5; i++) {
        struct insn in = file_insn("to", 1);
        harness_randomize(h);
        h->before.gr[VALUE] = 0x77700 | (i == 4 ? 0 : 1);
        h->before.gr[INDEX] = i;
        in.r2 = VALUE;
        in.r3 = INDEX;
        harness_run(h, &in, 0, HARNESS_FAST);
    }
    assert_int_equal(read_file(h, 1, 3), 0x77700); /* lost to 5 */
    assert_int_equal(read_file(h, 1, 4), 0x77700);
    assert_int_equal(read_file(h, 1, 5), 0x77701);
}

static void a_pmd_is_hidden_from_users_by_psr_sp_or_its_pm_bit(void **state)
{
    struct harness *h = *state;
    for (unsigned k = 0; k < 8; k++) {
        bool user = k & 1, sp = k & 2, pm = k & 4;
        struct insn in = file_insn("from", 5);
        harness_randomize(h);
        cpu_reset(h->cpu);
        pmu_set_pmc(h->cpu, 6, pm ? 1 << 6 : 0);
        pmu_set_pmd(h->cpu, 6, 1234);
        h->before.psr |= (user ? PSR_CPL : 0) | (sp ? PSR_SP : 0);
        h->before.ar[16] = user ? 12 : 0;
        h->before.gr[INDEX] = 6;
        in.r1 = RESULT;
        in.r3 = INDEX;
        harness_run(h, &in, 0, HARNESS_FAST);
        assert_int_equal(h->after.gr[RESULT], user && (sp || pm) ? 0 : 1234);
    }
}

/* --- psr ------------------------------------------------------------------------------------- */

#define SM_RESERVED 0x011fc1ull
#define L_RESERVED 0xf0011fc1ull

/* Any psr the loop can run this test under: no traps, no breakpoints, no disabled registers. */
static u64 some_psr(struct harness *h)
{
    u64 psr = harness_random(h) & 0x0ffeffff & ~SM_RESERVED;
    psr &= ~(PSR_TB | PSR_DB);
    return psr | PSR_BN;
}

static void check_psr(struct harness *h, const struct insn *in, struct outcome o, u64 psr)
{
    struct probe want = h->before;
    want.psr = psr;
    for (unsigned l = 0; l < 2; l++) {
        h->cpu->ic_inflight = false; /* left by the run before */
        harness_run(h, in, harness_any_slot(h, in), loops[l]);
        if (o.vector != FINE) {
            expect_outcome(h, o.vector, o.isr);
        } else {
            harness_expect(h, &want);
        }
    }
}

static void prepare_psr(struct harness *h)
{
    harness_randomize(h);
    h->before.psr = some_psr(h) | (harness_below(h, 3) ? 0 : PSR_CPL);
    h->before.ar[16] = h->before.psr >> 30 & 12;
}

static void system_mask_instructions_set_and_reset_their_bits(void **state)
{
    struct harness *h = *state;
    for (unsigned round = 0; round < 400; round++) {
        bool set = round & 1;
        struct insn in = harness_insn(set ? "ssm" : "rsm");
        h->what = set ? "ssm" : "rsm";
        prepare_psr(h);
        in.imm = harness_random(h) & 0xffffff;
        if (round % 4) in.imm &= ~SM_RESERVED;
        if (round % 8 == 5) in.imm = 1ull << harness_below(h, 24);
        struct outcome o = h->before.psr & PSR_CPL      ? general(PRIVOP)
                           : in.imm & SM_RESERVED ? general(RESERVED) : none();
        check_psr(h, &in, o, set ? h->before.psr | in.imm : h->before.psr & ~in.imm);
    }
}

static void user_mask_instructions_leave_psr_up_alone_while_sp_is_set(void **state)
{
    struct harness *h = *state;
    for (unsigned round = 0; round < 400; round++) {
        static const char *const names[] = {"sum", "rum", "mov_to_psr_um"};
        struct insn in = harness_insn(h->what = names[round % 3]);
        u64 mask, value = harness_random(h) & 0x3f;
        bool nat = round % 3 == 2 && harness_below(h, 5) == 0;
        prepare_psr(h);
        if (harness_below(h, 2)) value &= 0x3e;
        if (harness_below(h, 9) == 0) value |= 1ull << (6 + harness_below(h, 18));
        in.imm = value;
        in.r2 = VALUE;
        if (round % 3 == 2) h->before.gr[VALUE] = value, in.imm = 0;
        probe_set_nat(&h->before, VALUE, nat);
        mask = h->before.psr & PSR_SP ? 0x3a : 0x3e;
        u64 psr = round % 3 == 0   ? h->before.psr | (value & mask)
                  : round % 3 == 1 ? h->before.psr & ~(value & mask)
                                   : (h->before.psr & ~mask) | (value & mask);
        struct outcome o = nat                  ? (struct outcome){NAT_CONSUMPTION, 0x10}
                           : value & ~0x3eull ? general(RESERVED) : none();
        check_psr(h, &in, o, psr);
    }
}

static void mov_psr_l_writes_the_lower_half(void **state)
{
    struct harness *h = *state;
    h->what = "mov psr.l =";
    for (unsigned round = 0; round < 400; round++) {
        struct insn in = harness_insn("mov_to_psr_l");
        bool nat = harness_below(h, 6) == 0;
        prepare_psr(h);
        u64 value = harness_random(h) & ~(PSR_TB | PSR_DB);
        if (round % 4) value &= ~L_RESERVED;
        h->before.gr[VALUE] = value;
        probe_set_nat(&h->before, VALUE, nat);
        in.r2 = VALUE;
        struct outcome o = h->before.psr & PSR_CPL ? general(PRIVOP)
                           : nat                   ? (struct outcome){NAT_CONSUMPTION, 0x10}
                           : value & L_RESERVED    ? general(RESERVED) : none();
        check_psr(h, &in, o, (h->before.psr & ~0xffffffffull) | (value & 0xffffffff));
    }
}

static void every_reserved_bit_of_the_masks_faults(void **state)
{
    struct harness *h = *state;
    for (unsigned b = 0; b < 32; b++) {
        struct insn in = harness_insn("mov_to_psr_l");
        u64 bad = L_RESERVED >> b & 1;
        harness_randomize(h);
        h->before.gr[VALUE] = 1ull << b;
        in.r2 = VALUE;
        if (1u << b == PSR_TB || 1u << b == PSR_DB) continue;
        u64 psr = (h->before.psr & ~0xffffffffull) | 1ull << b;
        check_psr(h, &in, bad ? general(RESERVED) : none(), psr);
        if (b >= 24) continue;
        in = harness_insn("ssm");
        in.imm = 1ull << b;
        bad = SM_RESERVED >> b & 1;
        check_psr(h, &in, bad ? general(RESERVED) : none(), h->before.psr | 1ull << b);
    }
}

static void reading_psr_shows_31_to_0_and_mc_and_it(void **state)
{
    struct harness *h = *state;
    for (unsigned round = 0; round < 100; round++) {
        struct insn in = harness_insn("mov_from_psr"), um = harness_insn("mov_from_psr_um");
        prepare_psr(h);
        h->before.psr |= harness_below(h, 2) ? PSR_MC : 0;
        in.r1 = um.r1 = RESULT;
        struct probe want = h->before;
        want.gr[RESULT] = h->before.psr & (0xffffffff | 1ull << 35 | 1ull << 36);
        harness_run(h, &in, harness_any_slot(h, &in), loops[round & 1]);
        if (h->before.psr & PSR_CPL) {
            expect_outcome(h, GENERAL, PRIVOP);
        } else {
            harness_expect(h, &want);
        }
        want.gr[RESULT] = h->before.psr & 0x3e;
        harness_run(h, &um, harness_any_slot(h, &um), loops[round & 1]);
        harness_expect(h, &want);
    }
}

/* psr.ic set but not serialised: a fault is collected, and says nested. */
static void psr_ic_is_in_flight_until_serialised(void **state)
{
    static const char *const between[] = {"mf", "srlz_d", "srlz_i", "sync_i"};
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(between); k++) {
        bool serialised = k == 1 || k == 2;
        struct insn ssm = harness_insn("ssm"), mid = harness_insn(between[k]);
        struct insn brk = harness_insn("break_i");
        u64 slots[3], unused;
        harness_randomize(h);
        h->before.psr &= ~PSR_IC;
        ssm.imm = PSR_IC;
        brk.imm = 0x77;
        assert_true(isa_encode_slot(&ssm, &slots[0], &unused));
        assert_true(isa_encode_slot(&mid, &slots[1], &unused));
        assert_true(isa_encode_slot(&brk, &slots[2], &unused));
        harness_run_bundle(h, 0x08, slots, 0, HARNESS_FAST);
        assert_true(h->after.ip == HARNESS_IVA + 0x2c00);
        assert_true(h->after.cr[17] == (2ull << 41 | (serialised ? 0 : 1ull << 39)));
        assert_true(h->after.cr[24] == 0x77);
        assert_true(h->after.cr[19] == h->code);
    }
}

static void the_mmu_learns_of_every_mode_bit_at_once(void **state)
{
    static const u64 bits_of_mmu[] = {PSR_BE, PSR_AC, PSR_PK, PSR_DT};
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(bits_of_mmu); k++) {
        struct insn in = harness_insn("ssm");
        harness_randomize(h);
        in.imm = bits_of_mmu[k];
        harness_run(h, &in, 0, HARNESS_FAST);
        assert_true((h->cpu->mmu.psr ^ h->before.psr) == bits_of_mmu[k]);
        in = harness_insn("rsm");
        in.imm = bits_of_mmu[k] | PSR_IC;
        h->before.psr |= bits_of_mmu[k];
        harness_run(h, &in, 0, HARNESS_FAST);
        assert_false(h->cpu->mmu.psr & (bits_of_mmu[k] | PSR_IC));
    }
}

static void mov_psr_l_with_tb_traps_at_the_next_taken_branch(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("mov_to_psr_l");
    harness_randomize(h);
    in.r2 = VALUE;
    h->before.gr[VALUE] = PSR_IC | PSR_TB;
    harness_run(h, &in, 0, HARNESS_FAST);
    /* three slots on stands a branch to itself */
    assert_true(h->after.ip == HARNESS_IVA + 0x5f00);
    assert_true(h->after.cr[19] == h->code + 16);
    assert_true(h->after.cr[17] == (4 | 2ull << 41));
}

/* --- break and the hooks --------------------------------------------------------------------- */

static struct {
    struct cpu_hooks table;
    enum hook_answer answer;
    u64 imm, ip;
    unsigned calls, ri;
} hook;

static enum hook_answer answer_now(struct cpu *cpu)
{
    const struct interruption other = {.row = INT_DATA_ACCESS_RIGHTS, .isr = 1ull << 33,
                                       .ifa = 0x123};
    hook.calls++;
    hook.ip = cpu_ip(cpu);
    hook.ri = cpu_ri(cpu);
    if (hook.answer == HOOK_DONE) cpu_set_gr(cpu, 8, 0x5555, false);
    if (hook.answer == HOOK_JUMPED) cpu_set_ip(cpu, HARNESS_CODE + 0x100, 0);
    if (hook.answer == HOOK_FAULT) cpu_raise(cpu, &other);
    return hook.answer;
}

static enum hook_answer on_break(void *opaque, struct cpu *cpu, u64 imm)
{
    (void)opaque;
    hook.imm = imm;
    return answer_now(cpu);
}

static enum hook_answer on_privop(void *opaque, struct cpu *cpu, const struct insn *in)
{
    (void)opaque, (void)in;
    return answer_now(cpu);
}

static const char *const breaks[] = {"break_m", "break_i", "break_f", "break_b", "break_x"};

static void break_gives_its_immediate_in_iim(void **state)
{
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(breaks); k++) {
        struct insn in = harness_insn(h->what = breaks[k]);
        harness_randomize(h);
        in.imm = k == 4 ? 0x2abcdef012345678 & mask64(62) : 0x1b2c3d;
        if (k == 4) { /* the harness places one slot; X needs two */
            u64 slots[3] = {harness_nop('M'), 0, 0};
            assert_true(isa_encode_slot(&in, &slots[2], &slots[1]));
            harness_run_bundle(h, 0x04, slots, 0, HARNESS_FAST);
            assert_true(h->after.ip == HARNESS_IVA + 0x2c00);
            assert_true(h->after.cr[17] == 1ull << 41);
            assert_true(h->after.cr[16] == (h->before.psr | 1ull << 41)); /* slot 1, not 2 */
            assert_true(h->after.cr[24] == (in.imm & 0x1fffff));
            continue;
        }
        harness_run(h, &in, harness_any_slot(h, &in), HARNESS_FAST);
        harness_expect_fault(h, 0x2c00, 0);
        assert_int_equal(h->after.cr[24], k == 3 ? 0 : 0x1b2c3d);
    }
}

static void install_hooks(struct harness *h, enum hook_answer answer)
{
    memset(&hook, 0, sizeof(hook));
    hook.table = *h->cpu->hooks;
    hook.table.brk = on_break;
    hook.table.privop = on_privop;
    hook.answer = answer;
    h->cpu->hooks = &hook.table;
}

static void expect_hooked(struct harness *h, unsigned declined_vector, u64 declined_isr)
{
    struct probe want = h->before;
    assert_int_equal(hook.calls, 1);
    assert_true(hook.ip == h->code);
    assert_int_equal(hook.ri, h->slot);
    switch (hook.answer) {
    case HOOK_DECLINED:
        harness_expect_fault(h, declined_vector, declined_isr);
        break;
    case HOOK_DONE:
        want.gr[8] = 0x5555;
        harness_expect(h, &want);
        break;
    case HOOK_JUMPED:
    case HOOK_RETURNED:
        harness_expect_at(h, &want, HARNESS_CODE + 0x100);
        break;
    case HOOK_FAULT:
        harness_expect_fault(h, 0x5300, 1ull << 33);
        assert_int_equal(h->after.cr[20], 0x123);
        break;
    }
}

static void the_break_hook_decides_before_the_fault(void **state)
{
    struct harness *h = *state;
    for (unsigned a = HOOK_DECLINED; a <= HOOK_FAULT; a++) {
        for (unsigned k = 0; k < 4; k++) {
            for (unsigned l = 0; l < 2; l++) {
                struct insn in = harness_insn(h->what = breaks[k]);
                const struct cpu_hooks *kept = h->cpu->hooks;
                harness_randomize(h);
                in.imm = 0x1000;
                install_hooks(h, (enum hook_answer)a);
                harness_run(h, &in, harness_any_slot(h, &in), loops[l]);
                h->cpu->hooks = kept;
                assert_int_equal(hook.imm, 0x1000);
                expect_hooked(h, 0x2c00, 0);
            }
        }
    }
}

static void the_break_hook_sees_a_long_break_in_slot_one(void **state)
{
    struct harness *h = *state;
    for (unsigned a = HOOK_DECLINED; a <= HOOK_FAULT; a++) {
        struct insn in = harness_insn("break_x");
        const struct cpu_hooks *kept = h->cpu->hooks;
        u64 slots[3] = {harness_nop('M'), 0, 0};
        harness_randomize(h);
        in.imm = 0x123456789;
        assert_true(isa_encode_slot(&in, &slots[2], &slots[1]));
        install_hooks(h, (enum hook_answer)a);
        harness_run_bundle(h, 0x04, slots, 0, loops[a & 1]);
        h->cpu->hooks = kept;
        assert_true(hook.imm == 0x123456789);
        h->slot = 1;
        expect_hooked(h, 0x2c00, 0);
    }
}

static void the_privop_hook_decides_before_the_fault(void **state)
{
    static const struct {
        const char *meaning;
        u64 isr;
    } ops[] = {
        {"ssm", PRIVOP}, {"rsm", PRIVOP}, {"mov_to_psr_l", PRIVOP}, {"mov_from_psr", PRIVOP},
        {"mov_to_rr", PRIVOP}, {"mov_from_pkr", PRIVOP}, {"ptc_l", PRIVOP}, {"ptc_e", PRIVOP},
        {"ptr_d", PRIVOP}, {"ptc_ga", PRIVOP}, {"tpa", PRIVOP | 1ull << 35},
        {"tak", PRIVOP | 3 | 1ull << 35}, {"mov_from_cr", PRIVOP}, {"mov_to_cr", PRIVOP},
    };
    struct harness *h = *state;
    for (unsigned a = HOOK_DECLINED; a <= HOOK_FAULT; a++) {
        for (unsigned k = 0; k < ARRAY_LEN(ops); k++) {
            struct insn in = harness_insn(h->what = ops[k].meaning);
            const struct cpu_hooks *kept = h->cpu->hooks;
            harness_randomize(h);
            h->before.psr |= PSR_CPL;
            h->before.ar[16] = 12;
            in.r1 = in.r1 ? RESULT : in.r1;
            in.r3 = 0; /* cr.dcr, or a GR that is not looked at */
            if (!strncmp(ops[k].meaning, "mov_from", 8) || ops[k].meaning[0] == 't') in.r1 = RESULT;
            install_hooks(h, (enum hook_answer)a);
            harness_run(h, &in, harness_any_slot(h, &in), loops[k & 1]);
            h->cpu->hooks = kept;
            expect_hooked(h, GENERAL, ops[k].isr);
        }
    }
}

static void vmsw_is_an_illegal_operation(void **state)
{
    static const char *const names[] = {"vmsw0", "vmsw1"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 2; k++) {
        struct insn in = harness_insn(h->what = names[k]);
        harness_randomize(h);
        harness_run(h, &in, harness_any_slot(h, &in), HARNESS_FAST);
        harness_expect_fault(h, GENERAL, ILL);
    }
}

/* --- translations ---------------------------------------------------------------------------- */

#define REGION 0x2000000000000000ull /* region 1: rid 0x111, 4 KiB, no walker */
#define PAGE (REGION + 0x10000)
#define PTE(pa) ((pa) | 1 | 1 << 5 | 1 << 6 | 3 << 7 | 3 << 9) /* p a d, level 3, rwx */

static void fresh(struct harness *h, u64 psr)
{
    harness_randomize(h);
    cpu_reset(h->cpu);
    cpu_set_rr(h->cpu, 1, 0x111 << 8 | 12 << 2);
    h->before.psr = psr | PSR_BN;
    h->before.ar[16] = psr >> 30 & 12;
    h->before.cr[20] = PAGE;
    h->before.cr[21] = 12 << 2;
}

static void run_op(struct harness *h, const char *meaning, u64 r2, u64 r3, bool nat2, bool nat3)
{
    struct insn in = harness_insn(h->what = meaning);
    unsigned targets = insn_rows[in.row].gr_targets;
    in.r1 = targets ? RESULT : 0;
    in.r2 = insn_rows[in.row].gr_sources & IN_R2 ? VALUE : 0;
    in.r3 = insn_rows[in.row].gr_sources & IN_R3 ? INDEX : 0;
    h->before.gr[VALUE] = r2;
    h->before.gr[INDEX] = r3;
    probe_set_nat(&h->before, VALUE, nat2);
    probe_set_nat(&h->before, INDEX, nat3);
    harness_run(h, &in, 0, loops[harness_below(h, 2)]);
}

static void expect_result(struct harness *h, u64 value)
{
    struct probe want = h->before;
    want.gr[RESULT] = value;
    harness_expect(h, &want);
}

static void itc_and_itr_insert_and_tpa_finds(void **state)
{
    static const char *const inserts[] = {"itc_d", "itr_d"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 2; k++) {
        fresh(h, 0);
        run_op(h, inserts[k], PTE(HARNESS_DATA), 7, false, false);
        harness_expect(h, &h->before);
        h->before.psr = PSR_BN | PSR_IC | (k ? PSR_DT : 0); /* tpa is virtual in either mode */
        run_op(h, "tpa", 0, PAGE + 0x123, false, false);
        expect_result(h, HARNESS_DATA + 0x123);
        run_op(h, "tpa", 0, PAGE + 0x1123, false, false);
        harness_expect_fault(h, 0x1000, 1ull << 35);
        assert_true(h->after.cr[20] == PAGE + 0x1123);
        assert_true(h->after.cr[21] == (0x111 << 8 | 12 << 2));
    }
    assert_true(mmu_get_tr(&h->cpu->mmu, false, 7).valid);
}

static void instruction_inserts_go_to_the_other_tlb(void **state)
{
    struct harness *h = *state;
    u64 pa;
    fresh(h, 0);
    run_op(h, "itc_i", PTE(HARNESS_DATA), 0, false, false);
    cpu_set_psr(h->cpu, PSR_DT | PSR_IT | PSR_BN);
    assert_true(mmu_peek(&h->cpu->mmu, PAGE, true, &pa));
    assert_false(mmu_peek(&h->cpu->mmu, PAGE, false, &pa));
    fresh(h, 0);
    run_op(h, "itr_i", PTE(HARNESS_DATA), 63, false, false);
    assert_true(mmu_get_tr(&h->cpu->mmu, true, 63).valid);
    assert_false(mmu_get_tr(&h->cpu->mmu, false, 63).valid);
}

static void inserts_are_checked_in_order(void **state)
{
    static const char *const inserts[] = {"itc_d", "itc_i", "itr_d", "itr_i"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 4; k++) {
        u64 good = PTE(HARNESS_DATA), bad = good | 2; /* PTE bit 1 is reserved */
        fresh(h, PSR_IC | PSR_CPL);
        run_op(h, inserts[k], bad, 255, true, true);
        expect_outcome(h, GENERAL, ILL);
        fresh(h, PSR_CPL);
        run_op(h, inserts[k], bad, 255, true, true);
        expect_outcome(h, GENERAL, PRIVOP);
        fresh(h, 0);
        run_op(h, inserts[k], bad, 255, true, false);
        expect_outcome(h, NAT_CONSUMPTION, 0x10);
        fresh(h, 0);
        run_op(h, inserts[k], bad, 0, false, false);
        expect_outcome(h, GENERAL, RESERVED);
        fresh(h, 0);
        h->before.cr[21] = 11 << 2; /* no such page size */
        run_op(h, inserts[k], good, 0, false, false);
        expect_outcome(h, GENERAL, RESERVED);
        if (k < 2) continue;
        fresh(h, 0);
        run_op(h, inserts[k], good, 0, false, true);
        expect_outcome(h, NAT_CONSUMPTION, 0x10);
        fresh(h, 0);
        run_op(h, inserts[k], good, 64, false, false);
        expect_outcome(h, GENERAL, RESERVED);
    }
}

static void purges_take_translations_away(void **state)
{
    static const struct {
        const char *purge;
        bool tc, tr;
    } cases[] = {
        {"ptc_l", true, false}, {"ptc_g", true, false}, {"ptc_ga", true, false},
        {"ptc_e", true, false}, {"ptr_d", true, true},
    };
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(cases); k++) {
        fresh(h, 0);
        run_op(h, "itc_d", PTE(HARNESS_DATA), 0, false, false);
        run_op(h, cases[k].purge, 12 << 2, PAGE, false, false);
        harness_expect(h, &h->before);
        assert_int_equal(mmu_tak(&h->cpu->mmu, PAGE) == 1, cases[k].tc);
    }
    fresh(h, 0);
    run_op(h, "itr_d", PTE(HARNESS_DATA), 3, false, false);
    run_op(h, "ptr_i", 12 << 2, PAGE, false, false);
    assert_true(mmu_get_tr(&h->cpu->mmu, false, 3).valid);
    run_op(h, "ptc_e", 0, 0, false, false);
    assert_true(mmu_get_tr(&h->cpu->mmu, false, 3).valid);
    run_op(h, "ptr_d", 12 << 2, PAGE + 0xfff, false, false);
    assert_false(mmu_get_tr(&h->cpu->mmu, false, 3).valid);
}

static void purges_are_checked_in_order(void **state)
{
    static const char *const purges[] = {"ptc_l", "ptc_g", "ptc_ga", "ptr_d", "ptr_i", "ptc_e"};
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(purges); k++) {
        fresh(h, PSR_CPL | PSR_IC);
        run_op(h, purges[k], 12 << 2, PAGE, true, true);
        expect_outcome(h, GENERAL, PRIVOP);
        fresh(h, PSR_IC);
        run_op(h, purges[k], 12 << 2, PAGE, false, true);
        expect_outcome(h, NAT_CONSUMPTION, 0x10);
        if (k == 5) continue;
        fresh(h, PSR_IC);
        run_op(h, purges[k], 12 << 2, PAGE, true, false);
        expect_outcome(h, NAT_CONSUMPTION, 0x10);
    }
}

static struct {
    u64 va, rid;
    unsigned ps, calls;
} purged;

static void on_purge(void *opaque, struct cpu *cpu, u64 va, unsigned ps, u64 rid)
{
    (void)opaque, (void)cpu;
    purged.va = va, purged.ps = ps, purged.rid = rid;
    purged.calls++;
}

static struct {
    u64 pa;
    unsigned size, calls;
} remapped;

static void on_remap(void *opaque, struct cpu *cpu, u64 pa, unsigned size)
{
    (void)opaque, (void)cpu;
    remapped.pa = pa, remapped.size = size;
    remapped.calls++;
}

/* ptc.ga tells of a page that leads elsewhere now: SDM 2:571. */
static void ptc_ga_empties_the_alats_of_the_others(void **state)
{
    static const char *const purges[] = {"ptc_g", "ptc_ga", "ptc_l"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 3; k++) {
        const struct cpu_hooks *kept = h->cpu->hooks;
        fresh(h, PSR_IC);
        hook.table = *kept;
        hook.table.alat_others = on_remap;
        h->cpu->hooks = &hook.table;
        remapped.calls = 0;
        run_op(h, purges[k], 14 << 2, PAGE + 5, false, false);
        h->cpu->hooks = kept;
        assert_int_equal(remapped.calls, k == 1);
        if (k == 1) assert_int_equal(remapped.size, 0);
    }
}

static void global_purges_reach_the_other_processors(void **state)
{
    static const char *const purges[] = {"ptc_g", "ptc_ga", "ptc_l"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 3; k++) {
        const struct cpu_hooks *kept = h->cpu->hooks;
        fresh(h, PSR_IC);
        hook.table = *kept;
        hook.table.purge_others = on_purge;
        h->cpu->hooks = &hook.table;
        purged.calls = 0;
        run_op(h, purges[k], 14 << 2, PAGE + 5, false, false);
        h->cpu->hooks = kept;
        assert_int_equal(purged.calls, k < 2);
        if (k == 2) continue;
        assert_true(purged.va == PAGE + 5);
        assert_int_equal(purged.ps, 14);
        assert_int_equal(purged.rid, 0x111);
    }
}

static void tpa_and_tak_are_checked_in_order(void **state)
{
    struct harness *h = *state;
    fresh(h, PSR_IC | PSR_CPL);
    run_op(h, "tpa", 0, PAGE, false, true);
    expect_outcome(h, GENERAL, PRIVOP | 1ull << 35);
    run_op(h, "tak", 0, PAGE, false, true);
    expect_outcome(h, GENERAL, PRIVOP | 3 | 1ull << 35);
    fresh(h, PSR_IC);
    run_op(h, "tpa", 0, PAGE, false, true);
    expect_outcome(h, NAT_CONSUMPTION, 0x10 | 1ull << 35);
    run_op(h, "tak", 0, PAGE, false, true);
    expect_outcome(h, NAT_CONSUMPTION, 0x13 | 1ull << 35);
    run_op(h, "tak", 0, PAGE, false, false);
    expect_result(h, 1);
    fresh(h, PSR_DT); /* psr.ic = 0: a miss is nested, and isr keeps what it had */
    run_op(h, "tpa", 0, PAGE, false, false);
    struct probe want = h->before;
    want.psr = PSR_DT;
    harness_expect_at(h, &want, HARNESS_IVA + 0x1400);
}

static void tak_returns_the_key(void **state)
{
    struct harness *h = *state;
    fresh(h, 0);
    h->before.cr[21] |= 0xabcd00;
    run_op(h, "itc_d", PTE(HARNESS_DATA), 0, false, false);
    run_op(h, "tak", 0, PAGE + 77, false, false);
    expect_result(h, 0xabcd00);
}

static void thash_and_ttag_pass_a_nat_on(void **state)
{
    static const char *const names[] = {"thash", "ttag"};
    struct harness *h = *state;
    for (unsigned k = 0; k < 2; k++) {
        fresh(h, PSR_IC | PSR_CPL); /* unprivileged */
        run_op(h, names[k], 0, PAGE, false, true);
        assert_true(probe_nat(&h->after, RESULT));
        run_op(h, names[k], 0, PAGE, false, false);
        u64 want = k ? mmu_ttag(&h->cpu->mmu, PAGE) : mmu_thash(&h->cpu->mmu, PAGE);
        expect_result(h, want);
        h->before.cfm = RESULT - 32;
        run_op(h, names[k], 0, PAGE, false, true);
        expect_outcome(h, GENERAL, ILL);
    }
}

/* Level 2 page, read-only: ar 0. */
static void probe_answers_for_the_less_privileged_of_two_levels(void **state)
{
    struct harness *h = *state;
    for (unsigned asked = 0; asked < 4; asked++) {
        for (unsigned cpl = 0; cpl < 4; cpl++) {
            unsigned level = asked > cpl ? asked : cpl;
            struct insn in = harness_insn("probe_r_i");
            fresh(h, 0);
            run_op(h, "itc_d", (HARNESS_DATA | 0x61) + (2 << 7), 0, false, false);
            h->before.psr = PSR_BN | PSR_IC | PSR_DT | (u64)cpl << 32;
            h->before.ar[16] = cpl << 2;
            run_op(h, "probe_r_r", asked, PAGE, false, false);
            expect_result(h, level <= 2);
            run_op(h, "probe_w_r", asked, PAGE, false, false);
            expect_result(h, 0);
            in.r1 = RESULT, in.r3 = INDEX, in.aux = asked;
            harness_run(h, &in, 1, HARNESS_FAST);
            expect_result(h, level <= 2);
            in = harness_insn(h->what = "probe_r_fault");
            in.r3 = INDEX, in.aux = asked;
            harness_run(h, &in, 0, HARNESS_FAST);
            if (level <= 2) harness_expect(h, &h->before);
            else expect_outcome(h, 0x5300, 5 | 1ull << 35 | 1ull << 34);
        }
    }
}

static void probes_describe_themselves_in_isr(void **state)
{
    static const struct {
        const char *meaning;
        unsigned code;
        u64 rw;
        bool r2;
    } ops[] = {
        {"probe_r_r", 2, 1ull << 34, true},       {"probe_w_r", 2, 1ull << 33, true},
        {"probe_r_i", 2, 1ull << 34, false},      {"probe_w_i", 2, 1ull << 33, false},
        {"probe_r_fault", 5, 1ull << 34, false},  {"probe_w_fault", 5, 1ull << 33, false},
        {"probe_rw_fault", 5, 3ull << 33, false},
    };
    struct harness *h = *state;
    for (unsigned k = 0; k < ARRAY_LEN(ops); k++) {
        u64 isr = ops[k].rw | 1ull << 35 | ops[k].code;
        fresh(h, PSR_IC | PSR_DT);
        run_op(h, ops[k].meaning, 0, PAGE, false, true);
        expect_outcome(h, NAT_CONSUMPTION, isr | 0x10);
        if (ops[k].r2) {
            run_op(h, ops[k].meaning, 0, PAGE, true, false);
            expect_outcome(h, NAT_CONSUMPTION, isr | 0x10);
        }
        run_op(h, ops[k].meaning, 0, PAGE, false, false);
        expect_outcome(h, 0x1000, isr);
        assert_true(h->after.cr[20] == PAGE);
        fresh(h, 0);
        run_op(h, "itc_d", (HARNESS_DATA | 0x61) + (3 << 7), 0, false, false); /* read-only */
        h->before.psr = PSR_BN | PSR_IC | PSR_DT;
        run_op(h, ops[k].meaning, 0, PAGE, false, false);
        if (ops[k].code == 5 && ops[k].rw != 1ull << 34) {
            expect_outcome(h, 0x5300, isr);
        } else if (ops[k].code == 5) {
            harness_expect(h, &h->before);
        } else {
            expect_result(h, ops[k].rw == 1ull << 34);
        }
    }
}

/* --- interrupts through the loop ------------------------------------------------------------- */

static void a_pending_interrupt_waits_for_psr_i(void **state)
{
    struct harness *h = *state;
    struct insn nop = harness_insn("nop_m");
    fresh(h, PSR_IC);
    cpu_post_vector(h->cpu, 0x55);
    harness_run(h, &nop, 0, HARNESS_FAST);
    assert_true(h->after.ip == h->code + 16);
    h->before.psr |= PSR_I;
    harness_run(h, &nop, 0, HARNESS_FAST);
    assert_true(h->after.ip == HARNESS_IVA + 0x3000);
    assert_true(h->after.cr[19] == h->code);
    assert_true(h->after.cr[17] == 0);
    assert_false(h->after.psr & PSR_I);
    assert_true(cpu_cr(h->cpu, CR_IVR) == 0x55); /* taking it acknowledges nothing */
}

static void a_window_of_ssm_srlz_rsm_lets_an_interrupt_in(void **state)
{
    struct harness *h = *state;
    for (unsigned l = 0; l < 2; l++) {
        struct insn ssm = harness_insn("ssm"), srlz = harness_insn("srlz_d");
        struct insn rsm = harness_insn("rsm");
        u64 slots[3], unused;
        u8 bundle[16];
        fresh(h, PSR_IC);
        ssm.imm = rsm.imm = PSR_I;
        assert_true(isa_encode_slot(&ssm, &slots[0], &unused));
        assert_true(isa_encode_slot(&rsm, &slots[1], &unused));
        slots[2] = harness_nop('I');
        isa_join(0x0a, slots, bundle); /* M | MI: the window is one stop wide */
        cpu_post_vector(h->cpu, 0x55);
        assert_true(isa_encode_slot(&srlz, &slots[1], &unused));
        harness_run_bundle(h, 0x08, slots, 0, loops[l]);
        assert_true(h->after.ip == HARNESS_IVA + 0x3000);
        assert_true(h->after.cr[19] == h->code);
        unsigned ri = h->after.cr[16] >> 41 & 3;
        assert_in_range(ri, 1, 2);
        assert_int_equal(h->after.cr[17] >> 41 & 3, ri);
    }
}

static void lowering_tpr_or_eoi_lets_the_next_interrupt_in(void **state)
{
    struct harness *h = *state;
    for (unsigned k = 0; k < 2; k++) {
        struct insn in = harness_insn("mov_to_cr");
        fresh(h, PSR_IC | PSR_I);
        h->before.cr[66] = k ? 0 : 0xf0;
        if (k) {
            cpu_post_vector(h->cpu, 0x66);
            (void)lsapic_read_ivr(h->cpu);
        } else {
            cpu_set_cr(h->cpu, CR_TPR, 0xf0);
        }
        cpu_post_vector(h->cpu, 0x55);
        in.r2 = VALUE;
        in.r3 = k ? 67 : 66;
        h->before.gr[VALUE] = 0;
        harness_run(h, &in, 0, HARNESS_FAST);
        cpu_run(h->cpu, 3);
        assert_true(cpu_ip(h->cpu) == HARNESS_IVA + 0x3000);
    }
}

static void reading_ivr_acknowledges(void **state)
{
    struct harness *h = *state;
    struct insn in = harness_insn("mov_from_cr");
    fresh(h, PSR_IC);
    cpu_post_vector(h->cpu, 0x55);
    in.r1 = RESULT;
    in.r3 = 65;
    harness_run(h, &in, 0, HARNESS_FAST);
    expect_result(h, 0x55);
    harness_run(h, &in, 0, HARNESS_FAST);
    expect_result(h, 15);
}

/* From a timer 100 ticks ahead to tick 300, in pieces of `slice`; the state then as one number. */
static u64 hash_after_timer(unsigned slice)
{
    struct harness *h = harness_new();
    struct insn nop = harness_insn("nop_m");
    u64 start, hash;

    h->before.psr |= PSR_I;
    harness_run(h, &nop, 0, HARNESS_FAST);
    start = cpu_time(h->cpu);
    cpu_set_cr(h->cpu, CR_ITV, 0xef);
    cpu_set_cr(h->cpu, CR_ITM, cpu_ar(h->cpu, AR_ITC) + 100);
    while (cpu_time(h->cpu) < start + 200) {
        if (slice % 2) cpu_run(h->cpu, slice);
        else cpu_step(h->cpu, slice);
    }
    cpu_step(h->cpu, start + 300 - cpu_time(h->cpu));
    assert_true(cpu_time(h->cpu) == start + 300);
    assert_true(cpu_cr(h->cpu, CR_IIP) == h->code + 16);
    assert_true((cpu_ip(h->cpu) & ~0xfull) == HARNESS_IVA + 0x3000);
    hash = cpu_hash(h->cpu, 0);
    harness_free(h);
    return hash;
}

static void the_timer_interrupts_at_the_same_place_however_the_run_is_sliced(void **state)
{
    u64 hash = hash_after_timer(200);
    (void)state;
    for (unsigned slice = 1; slice < 60; slice++) assert_true(hash_after_timer(slice) == hash);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, harness_setup, harness_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_application_register_is_written_by_its_rules),
        TEST(every_reserved_bit_of_an_application_register_faults),
        TEST(every_application_register_is_read_by_its_rules),
        TEST(itc_advances_from_slot_to_slot),
        TEST(every_control_register_is_written_by_its_rules),
        TEST(every_control_register_is_read_by_its_rules),
        TEST(indirect_registers_are_written_by_their_rules),
        TEST(indirect_registers_are_read_by_their_rules),
        TEST(every_page_size_of_a_region_register_is_judged),
        TEST(cpuid_says_what_this_processor_is),
        TEST(a_valid_protection_key_is_unique),
        TEST(a_pmd_is_hidden_from_users_by_psr_sp_or_its_pm_bit),
        TEST(system_mask_instructions_set_and_reset_their_bits),
        TEST(user_mask_instructions_leave_psr_up_alone_while_sp_is_set),
        TEST(mov_psr_l_writes_the_lower_half),
        TEST(every_reserved_bit_of_the_masks_faults),
        TEST(reading_psr_shows_31_to_0_and_mc_and_it),
        TEST(psr_ic_is_in_flight_until_serialised),
        TEST(the_mmu_learns_of_every_mode_bit_at_once),
        TEST(mov_psr_l_with_tb_traps_at_the_next_taken_branch),
        TEST(break_gives_its_immediate_in_iim),
        TEST(the_break_hook_decides_before_the_fault),
        TEST(the_break_hook_sees_a_long_break_in_slot_one),
        TEST(the_privop_hook_decides_before_the_fault),
        TEST(vmsw_is_an_illegal_operation),
        TEST(itc_and_itr_insert_and_tpa_finds),
        TEST(instruction_inserts_go_to_the_other_tlb),
        TEST(inserts_are_checked_in_order),
        TEST(purges_take_translations_away),
        TEST(purges_are_checked_in_order),
        TEST(global_purges_reach_the_other_processors),
        TEST(ptc_ga_empties_the_alats_of_the_others),
        TEST(tpa_and_tak_are_checked_in_order),
        TEST(tak_returns_the_key),
        TEST(thash_and_ttag_pass_a_nat_on),
        TEST(probe_answers_for_the_less_privileged_of_two_levels),
        TEST(probes_describe_themselves_in_isr),
        TEST(a_pending_interrupt_waits_for_psr_i),
        TEST(a_window_of_ssm_srlz_rsm_lets_an_interrupt_in),
        TEST(lowering_tpr_or_eoi_lets_the_next_interrupt_in),
        TEST(reading_ivr_acknowledges),
        TEST(the_timer_interrupts_at_the_same_place_however_the_run_is_sliced),
    };
    return cmocka_run_group_tests_name("system", tests, NULL, NULL);
}
