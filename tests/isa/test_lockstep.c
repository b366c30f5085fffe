/* Two processors, one program, two ways: random programs of every unprivileged instruction run in
 * the fast loop on one and slot by slot, observed, on the other.  After each slice, of random
 * length, both have retired the same number of slots and agree in every bit of state and memory.
 *
 * Nothing is avoided: faults are taken, by a handler that skips the rest of the bundle.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tests/isa/memkit.h"

#define RAM_SIZE 0x200000ull
#define IVA 0x10000ull
#define PROGRAM 0x20000ull
#define BUNDLES 512u
#define DATA 0x100000ull

/* mov r16=cr.iip; mov r17=cr.ipsr;; adds r16=16,r16; dep r17=0,r17,41,2;; mov cr.iip=r16;
 * mov cr.ipsr=r17; srlz.d;; rfi;;   as GNU as encodes it. */
static const u8 skip_bundle[] = {
    0x09, 0x80, 0x00, 0x26, 0x24, 0x04, 0x10, 0x01, 0x40, 0x48, 0x08, 0x00, 0x00, 0x00, 0x04, 0x00,
    0x02, 0x80, 0x40, 0x20, 0x00, 0x21, 0x10, 0x61, 0x45, 0x82, 0x2b, 0x00, 0x00, 0x00, 0x04, 0x00,
    0x08, 0x00, 0x40, 0x26, 0x2c, 0x04, 0x00, 0x88, 0x40, 0x58, 0x08, 0x00, 0x00, 0x00, 0x04, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
    0x11, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00,
};

struct twin {
    struct physmem *pm;
    struct cpu *cpu;
};

static u64 seed;

static u64 rnd(void)
{
    u64 z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static bool is(const struct insn_row *row, const char *meaning)
{
    return strcmp(row->meaning, meaning) == 0;
}

/* Left out: what would leave the program for good, or end it. */
static bool usable(const struct insn_row *row)
{
    static const char *const others[] = { "br_cond_b", "br_call_b", "br_ret", "brl_cond", "brl_call",
                                          "mov_to_psr_um", "sum" };
    if (row->attrs & (ATTR_PSEUDO | ATTR_PRIV)) return false;
    for (unsigned i = 0; i < ARRAY_LEN(others); i++) {
        if (is(row, others[i])) return false;
    }
    return true;
}

/* A random slot for a unit: nearly always a valid row, now and then any bits. */
static u64 random_slot(char unit, unsigned bundle)
{
    for (;;) {
        const struct insn_row *row = &insn_rows[rnd() % insn_row_count];
        u64 slot = (rnd() & mask64(41) & ~row->mask) | row->match;
        bool fits = row->unit == unit || (row->unit == 'A' && (unit == 'M' || unit == 'I'));
        if (rnd() % 64 == 0) return rnd() & mask64(41) & ~(0xfull << 37);
        if (!fits || !usable(row)) continue;
        if (strstr(row->operands, "target25")) { /* stay in the program, mostly forwards */
            u64 to = (bundle + 1 + rnd() % 24) % BUNDLES - bundle;
            slot = (slot & ~(mask64(20) << 13 | 1ull << 36)) | (to & mask64(20)) << 13 |
                   (to >> 20 & 1) << 36;
            if (unit != 'B') slot = (slot & ~(0x7full << 6)) | (to & 0x7f) << 6;
        }
        if (row->unit == 'B' && rnd() % 4) continue; /* fewer branches */
        return slot;
    }
}

static void random_program(u8 *bytes)
{
    for (unsigned b = 0; b < BUNDLES; b++) {
        unsigned t;
        u64 slot[3];
        do t = (unsigned)(rnd() % 32);
        while (!isa_templates[t].name[0] || isa_templates[t].name[1] == 'L');
        for (unsigned s = 0; s < 3; s++) slot[s] = random_slot(isa_templates[t].name[s], b);
        isa_join(t, slot, bytes + 16 * b);
    }
    /* The last bundle goes back to the first: MIB with br.cond to -(BUNDLES-1). */
    u64 back = (u64) - (s64)(BUNDLES - 1) & mask64(21);
    u64 slot[3] = { harness_nop('M'), harness_nop('I'),
                    4ull << 37 | (back & mask64(20)) << 13 | (back >> 20) << 36 };
    isa_join(0x10, slot, bytes + 16 * (BUNDLES - 1));
}

static void start(struct twin *t, const u8 *program, u64 state_seed)
{
    GError *err = NULL;

    t->pm = physmem_new();
    assert_true(physmem_add_ram(t->pm, "ram", 0, RAM_SIZE, &err));
    for (unsigned v = 0; v < 0x8000; v += 0x100) {
        assert_true(physmem_load(t->pm, IVA + v, skip_bundle, sizeof(skip_bundle)));
    }
    assert_true(physmem_load(t->pm, PROGRAM, program, 16 * BUNDLES));
    t->cpu = cpu_new(t->pm, 0, NULL);
    seed = state_seed;
    for (unsigned r = 1; r < 128; r++) {
        bool pointer = rnd() % 2;
        cpu_set_gr(t->cpu, r, pointer ? DATA + rnd() % 0x8000 * 16 : rnd(), rnd() % 16 == 0);
    }
    for (unsigned r = 2; r < 128; r++) {
        struct fpreg f = { rnd() | 1ull << 63, 0xffff - 40 + rnd() % 80, rnd() % 2 };
        cpu_set_fr(t->cpu, r, rnd() % 8 ? f : FP_NATVAL);
    }
    cpu_set_pr(t->cpu, rnd());
    cpu_set_ar(t->cpu, 18, DATA + 0x90000);
    cpu_set_cr(t->cpu, 2, IVA);
    cpu_set_psr(t->cpu, PSR_IC | PSR_BN | (rnd() % 4 ? 0 : PSR_AC) | (rnd() % 4 ? 0 : PSR_BE));
    cpu_set_ip(t->cpu, PROGRAM, 0);
}

static void stop(struct twin *t)
{
    cpu_free(t->cpu);
    physmem_free(t->pm);
}

static void compare_memory(struct twin *a, struct twin *b, u64 program_seed)
{
    const u8 *x = physmem_host(a->pm, 0, RAM_SIZE), *y = physmem_host(b->pm, 0, RAM_SIZE);

    if (memcmp(x, y, RAM_SIZE)) fail_msg("seed %llu: memory differs", (long long)program_seed);
}

static void lockstep(u64 program_seed, unsigned slices)
{
    u8 program[16 * BUNDLES];
    struct twin fast, observed;

    seed = program_seed;
    random_program(program);
    start(&fast, program, program_seed + 1);
    start(&observed, program, program_seed + 1);
    cpu_set_observed(observed.cpu, true);
    for (unsigned i = 0; i < slices; i++) {
        u64 n = 1 + rnd() % (i % 16 ? 300 : 4000);
        enum cpu_exit e = cpu_run(fast.cpu, n), f = cpu_run(observed.cpu, n);
        if (e != f || cpu_retired(fast.cpu) != cpu_retired(observed.cpu)) {
            fail_msg("seed %llu, slice %u: exits %d, %d; retired %llu, %llu; ip %llx, %llx",
                     (long long)program_seed, i, (int)e, (int)f,
                     (long long)cpu_retired(fast.cpu), (long long)cpu_retired(observed.cpu),
                     (long long)cpu_ip(fast.cpu), (long long)cpu_ip(observed.cpu));
        }
        if (cpu_hash(fast.cpu, 0) != cpu_hash(observed.cpu, 0)) {
            fail_msg("seed %llu, slice %u: states differ after %llu slots, ip %llx and %llx",
                     (long long)program_seed, i, (long long)cpu_retired(fast.cpu),
                     (long long)cpu_ip(fast.cpu), (long long)cpu_ip(observed.cpu));
        }
        if (e != CPU_BUDGET) break;
    }
    compare_memory(&fast, &observed, program_seed);
    stop(&fast);
    stop(&observed);
}

static void random_programs_run_alike_in_both_loops(void **state)
{
    (void)state;
    isa_init();
    for (u64 s = 1; s <= 60; s++) lockstep(s * 7919, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_run_alike_in_both_loops),
    };
    return cmocka_run_group_tests_name("lockstep", tests, NULL, NULL);
}
