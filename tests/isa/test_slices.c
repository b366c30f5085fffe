/* Random programs, three ways: in pieces of random length, slot by slot, in the smallest pieces.
 *
 * A program is 1024 bundles of random instructions of nearly every row, with branches among
 * themselves and memory references into one region; whatever faults is stepped over by a handler.
 * Two processors run it, one in the fast and one in the observed loop; after each piece they must
 * have stopped at the same check point with equal state, and at the end with equal memory.  A third
 * runs in the smallest pieces there are and must end like the others.
 *
 * EPIC64_SLICES_SEED and EPIC64_SLICES_PROGRAMS choose other programs, and more of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/psr.h"

#define RAM 0x200000ull
#define CODE 0x10000ull
#define BUNDLES 1024u
#define IVA 0x20000ull
#define DATA 0x40000ull
#define DATA_SIZE 0x40000ull
#define STACK 0x140000ull
#define PROGRAM_SLOTS 4000u
#define STEP_GR 4u  /* r4 to r7: small strides */
#define BASE_GR 8u  /* r8 to r15: addresses */
#define FREE_GR 16u /* below: written by base updates only */

enum { AR_BSPSTORE = 18, AR_CCV = 32, AR_UNAT = 36, AR_LC = 65, AR_EC = 66, CR_IVA = 2 };

/* Steps over the instruction that was interrupted, in GNU syntax:
 *     mov r16 = cr.ipsr; mov r17 = cr.iip;; ld8 r19 = [r17]; extr.u r18 = r16, 41, 2;;
 *     add r20 = 1, r18; and r19 = 0x1e, r19; cmp.eq p8, p9 = 2, r18;; cmp.eq p10, p11 = 4, r19;;
 *     (p10) cmp.eq.or p8, p0 = 1, r18;; (p8) add r17 = 16, r17; (p8) mov r20 = 0;;
 *     mov cr.iip = r17; dep r16 = r20, r16, 41, 2;; mov cr.ipsr = r16;; rfi;; */
static const u64 handler[] = {
    0x0110042420008009, 0x000400000008484c, 0x9120101822009801, 0x0004000000290242,
    0xf13021002404a001, 0xe42490210040584c, 0x20a0000100000001, 0x000400000072164c,
    0x0000354024044141, 0x0004000000000200, 0x0142210022408901, 0x0004000000480000,
    0xa100042c26440001, 0x000400000022c240, 0x0000042c20400019, 0x2000000000000200,
    0x0000000100000011, 0x0020000000000200,
};

static u64 seed;

static u64 random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1dull;
}

static unsigned below(unsigned n)
{
    return (unsigned)((random64() >> 32) % n);
}

/* --- random programs -------------------------------------------------------------------------- */

/* Left out: what would leave the little world of the test. */
static bool left_out(const struct insn_row *row)
{
    static const char *const meanings[] = { "br_ia", "epc", "mov_to_br", "mov_to_psr_um",
                                            "loadrs" };
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        if (strcmp(row->meaning, meanings[i]) == 0) return true;
    }
    return row->unit == 'U' || (row->attrs & (ATTR_PRIV | ATTR_PSEUDO));
}

static bool ar_allowed(const struct insn_row *row, const struct insn *in)
{
    if (strncmp(row->meaning, "mov_to_ar", 9) != 0) return true;
    return in->r3 == AR_CCV || in->r3 == AR_UNAT || in->r3 == AR_LC || in->r3 == AR_EC;
}

static u8 operand(const struct insn *in, unsigned i)
{
    return i == 0 ? in->r1 : i == 1 ? in->r2 : i == 2 ? in->r3 : in->r4;
}

static bool spoils_bases(const struct insn_row *row, const struct insn *in)
{
    for (unsigned i = 0; i < 4; i++) {
        bool update = i == 2 && (row->attrs & ATTR_UPDATE);
        if ((row->gr_targets >> i & 1) && !update && operand(in, i) < FREE_GR) return true;
    }
    return false;
}

/* Fill in what must stay inside: addresses, strides, branch targets. */
static void confine(const struct insn_row *row, struct insn *in, unsigned bundle)
{
    u32 memory = ATTR_LOAD | ATTR_STORE | ATTR_RMW | ATTR_PREFETCH | ATTR_FILL | ATTR_SPILL;
    if ((row->attrs & memory) || strcmp(row->format, "M28") == 0) {
        in->r3 = (u8)(BASE_GR + below(8));
        bool by_register = (row->attrs & ATTR_UPDATE) && strstr(row->operands, "r2") &&
                           !(row->attrs & ATTR_STORE);
        if (by_register) in->r2 = (u8)(STEP_GR + below(4));
    }
    if (strstr(row->operands, "target")) {
        in->imm = (u64)(((s64)below(BUNDLES) - (s64)bundle) * 16);
    }
}

static bool random_slot(char unit, unsigned bundle, unsigned slotno, u64 *slot, u64 *lslot)
{
    struct insn in;
    const struct insn_row *row = &insn_rows[below(insn_row_count)];
    bool fits = row->unit == unit || (row->unit == 'A' && (unit == 'M' || unit == 'I'));
    if (!fits || left_out(row)) return false;
    u64 word = (row->match | (random64() & ~row->mask)) & mask64(41);
    if (below(4)) word &= ~0x3full; /* mostly not predicated */
    u64 upper = random64() & mask64(41);
    if (isa_decode_slot(unit, word, upper, slotno, &in) != ISA_OK) return false;
    row = &insn_rows[in.row];
    if (left_out(row) || !ar_allowed(row, &in)) return false;
    confine(row, &in, bundle);
    if (spoils_bases(row, &in) || !isa_encode_slot(&in, slot, lslot)) return false;
    return isa_decode_slot(unit, *slot, *lslot, slotno, &in) == ISA_OK;
}

static void random_bundle(unsigned bundle, u8 out[16])
{
    unsigned template;
    u64 slot[3] = { 0 };
    do template = below(32);
    while (!isa_templates[template].name[0]);
    const char *units = isa_templates[template].name;
    bool mlx = units[1] == 'L';
    for (unsigned s = 0; s < (mlx ? 1u : 3u); s++) {
        while (!random_slot(units[s], bundle, s, &slot[s], &slot[1])) {
        }
    }
    if (mlx) {
        while (!random_slot('X', bundle, 1, &slot[2], &slot[1])) {
        }
    }
    isa_join(template, slot, out);
}

/* --- a processor ------------------------------------------------------------------------------ */

struct side {
    struct physmem *pm;
    struct cpu *cpu;
    char fatal[200];
};

static void on_fatal(void *opaque, struct cpu *cpu, const char *why)
{
    struct side *side = opaque;
    (void)cpu;
    snprintf(side->fatal, sizeof(side->fatal), "%s", why);
}

static struct cpu_hooks hooks[3];
static struct side sides[3];

static u64 fr_significand(void)
{
    return below(3) ? random64() | 1ull << 63 : below(2) ? 0 : random64();
}

/* Registers that do not leave the test's world, other than by faults. */
static void random_registers(struct cpu *cpu)
{
    for (unsigned r = 1; r < 128; r++) cpu_set_gr(cpu, r, random64() >> below(64), below(40) == 0);
    for (unsigned r = 0; r < 4; r++) {
        cpu_set_gr(cpu, STEP_GR + r, (u64)(s64)((int)below(65) - 32), false);
    }
    for (unsigned r = 0; r < 8; r++) {
        u64 where = DATA + DATA_SIZE / 4 + below(DATA_SIZE / 2);
        cpu_set_gr(cpu, BASE_GR + r, below(3) ? align_down(where, 16) : where, false);
    }
    for (unsigned f = 2; f < 128; f++) {
        u32 exp = below(4) ? FP_BIAS - 40 + below(80) : below(0x20000);
        cpu_set_fr(cpu, f, (struct fpreg){ fr_significand(), exp, below(2) });
    }
    for (unsigned b = 0; b < 8; b++) cpu_set_br(cpu, b, CODE + 16 * below(BUNDLES));
    cpu_set_pr(cpu, random64() | 1);
    cpu_set_ar(cpu, AR_LC, below(50));
    cpu_set_ar(cpu, AR_EC, below(8));
}

static void prepare(struct side *side, const u8 *code, u64 register_seed)
{
    struct cpu *cpu = side->cpu;
    u8 *ram = physmem_host(side->pm, 0, RAM);
    memset(ram, 0, RAM);
    memcpy(ram + CODE, code, 16 * BUNDLES);
    for (u64 at = 0; at < 0x8000; at += at < 0x5000 ? 0x400 : 0x100) {
        memcpy(ram + IVA + at, handler, sizeof(handler));
    }
    physmem_note_write(side->pm, 0, RAM);
    cpu_reset(cpu);
    side->fatal[0] = 0;
    seed = register_seed;
    for (u64 at = 0; at < DATA_SIZE; at += 8) {
        u64 v = random64() >> below(64);
        memcpy(ram + DATA + at, &v, 8);
    }
    cpu_set_psr(cpu, PSR_BN | PSR_IC);
    cpu_set_cr(cpu, CR_IVA, IVA);
    cpu_set_ar(cpu, AR_BSPSTORE, STACK);
    random_registers(cpu);
    cpu_set_ip(cpu, CODE, 0);
}

/* --- the comparison --------------------------------------------------------------------------- */

static void describe(const struct side *side, const char *name)
{
    char text[512] = "?\n";
    u8 bundle[16];
    u64 ip = cpu_ip(side->cpu);
    if (physmem_read(side->pm, ip, bundle, 16)) isa_disasm_bundle(bundle, ip, text, sizeof(text));
    print_message("%s: ip 0x%" PRIx64 ".%u, %" PRIu64 " retired, psr 0x%" PRIx64 " %s\n%s", name,
                  ip, cpu_ri(side->cpu), cpu_retired(side->cpu), cpu_psr(side->cpu), side->fatal,
                  text);
}

static void require_equal(unsigned a, unsigned b, u64 program)
{
    struct cpu *x = sides[a].cpu, *y = sides[b].cpu;
    bool same = cpu_ip(x) == cpu_ip(y) && cpu_ri(x) == cpu_ri(y) &&
                cpu_retired(x) == cpu_retired(y) && cpu_hash(x, 0) == cpu_hash(y, 0) &&
                strcmp(sides[a].fatal, sides[b].fatal) == 0;
    if (same) return;
    static const char *const names[] = { "fast", "observed", "sliced" };
    describe(&sides[a], names[a]);
    describe(&sides[b], names[b]);
    for (unsigned r = 0; r < 128; r++) {
        bool nx, ny;
        u64 vx = cpu_gr(x, r, &nx), vy = cpu_gr(y, r, &ny);
        if (vx != vy || nx != ny) {
            print_message("r%u: 0x%" PRIx64 "%s and 0x%" PRIx64 "%s\n", r, vx, nx ? "*" : "", vy,
                          ny ? "*" : "");
        }
    }
    fail_msg("program 0x%" PRIx64 ": %s and %s differ", program, names[a], names[b]);
}

static void require_equal_memory(unsigned a, unsigned b, u64 program)
{
    const u8 *x = physmem_host(sides[a].pm, 0, RAM), *y = physmem_host(sides[b].pm, 0, RAM);
    for (u64 at = 0; at < RAM; at++) {
        if (x[at] != y[at]) {
            fail_msg("program 0x%" PRIx64 ": memory at 0x%" PRIx64 " differs", program, at);
        }
    }
}

static bool ended(unsigned side)
{
    return sides[side].fatal[0] || cpu_retired(sides[side].cpu) >= PROGRAM_SLOTS;
}

/* Returns the slots retired. */
static u64 run_program(u64 program)
{
    static u8 code[16 * BUNDLES];
    seed = program;
    for (unsigned b = 0; b < BUNDLES; b++) random_bundle(b, code + 16 * b);
    u64 register_seed = random64() | 1;
    for (unsigned i = 0; i < 3; i++) {
        prepare(&sides[i], code, register_seed);
        cpu_set_observed(sides[i].cpu, i == 1);
    }
    require_equal(0, 1, program);
    while (!ended(0)) {
        u64 left = PROGRAM_SLOTS - cpu_retired(sides[0].cpu);
        u64 budget = 1 + below(below(8) ? 40 : 1500);
        cpu_run(sides[0].cpu, MIN(budget, left));
        cpu_run(sides[1].cpu, MIN(budget, left));
        require_equal(0, 1, program);
    }
    while (!ended(2)) cpu_run(sides[2].cpu, 1);
    require_equal(0, 2, program);
    require_equal_memory(0, 1, program);
    require_equal_memory(0, 2, program);
    return cpu_retired(sides[0].cpu);
}

static u64 from_environment(const char *name, u64 otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void random_programs_run_alike_in_both_loops_and_in_any_slices(void **state)
{
    (void)state;
    u64 first = from_environment("EPIC64_SLICES_SEED", 0x123456789);
    u64 programs = from_environment("EPIC64_SLICES_PROGRAMS", 300), slots = 0, deaths = 0;
    for (u64 i = 0; i < programs; i++) {
        slots += run_program(first + i * 0x9e3779b97f4a7c15ull);
        deaths += sides[0].fatal[0] != 0;
    }
    print_message("%" PRIu64 " programs, %" PRIu64 " slots, %" PRIu64 " ended early\n", programs,
                  slots, deaths);
    assert_true(deaths < programs / 10); /* or the programs would test too little */
}

static int setup(void **state)
{
    (void)state;
    isa_init();
    for (unsigned i = 0; i < 3; i++) {
        sides[i].pm = physmem_new();
        assert_true(physmem_add_ram(sides[i].pm, "ram", 0, RAM, NULL));
        hooks[i] = (struct cpu_hooks){ .opaque = &sides[i], .fatal = on_fatal };
        sides[i].cpu = cpu_new(sides[i].pm, 0, &hooks[i]);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        cpu_free(sides[i].cpu);
        physmem_free(sides[i].pm);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_run_alike_in_both_loops_and_in_any_slices),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
