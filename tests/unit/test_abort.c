/* INIT and machine checks: what PAL saves, what SAL hands over, and that the interrupted program
 * finds everything as it was.
 *
 * The operating system is played by the test itself: its handlers are addresses, and what it does
 * there is done to the registers from outside.  Offsets in the min-state save area, hand-off
 * registers and record layouts are written out from the manuals as numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios.h"
#include "cpu/psr.h"

#define CPUS 3
#define RAM (64ull << 20)
#define CODE 0x200000ull    /* branches to itself */
#define MONARCH 0x210000ull
#define SLAVE 0x220000ull
#define CHECK 0x230000ull
#define BUFFER 0x300000ull
#define HZ 400000000ull
#define UC (1ull << 63)

struct kit {
    struct physmem *pm;
    struct bios *bios;
    struct cpu_hooks hooks;
    struct cpu *cpus[CPUS];
    struct cpu *cpu; /* the first */
    int event;
    unsigned fatal;
    char why[200];
    u64 random;
};

static enum hook_answer on_break(void *opaque, struct cpu *cpu, u64 imm)
{
    return bios_call(((struct kit *)opaque)->bios, cpu, imm);
}

static enum hook_answer on_pal_event(void *opaque, struct cpu *cpu, enum pal_event what,
                                     const struct machine_check *mc)
{
    return bios_pal_event(((struct kit *)opaque)->bios, cpu, what, mc);
}

static void on_fatal(void *opaque, struct cpu *cpu, const char *why)
{
    struct kit *k = opaque;
    (void)cpu;
    k->fatal++;
    g_strlcpy(k->why, why, sizeof k->why);
}

static void on_event(void *opaque, enum bios_event event)
{
    ((struct kit *)opaque)->event = (int)event;
}

static struct cpu *processor(void *opaque, unsigned n)
{
    return n < CPUS ? ((struct kit *)opaque)->cpus[n] : NULL;
}

/* nop.m, nop.i, br.cond.sptk.few . */
static void put_loop(struct kit *k, u64 pa)
{
    u128 b = 0x10 | (u128)(1ull << 27) << 5 | (u128)(1ull << 27) << 46 | (u128)(4ull << 37) << 87;
    assert_true(physmem_write(k->pm, pa, &b, sizeof b));
}

static int setup(void **state)
{
    struct kit *k = *state = g_new0(struct kit, 1);
    k->event = -1;
    k->random = 88172645463325252ull;
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, RAM, NULL));
    struct bios_config config = {
        .pm = k->pm, .base_time = 1000000000,
        .platform = { .cpus = CPUS, .itc_hz = HZ },
        .host = { .opaque = k, .event = on_event, .processor = processor },
    };
    k->bios = bios_new(&config);
    assert_true(bios_install(k->bios, NULL));
    k->hooks = (struct cpu_hooks){ .opaque = k, .brk = on_break, .pal_event = on_pal_event,
                                   .fatal = on_fatal };
    for (u64 pa = CODE; pa <= CHECK; pa += 0x10000) put_loop(k, pa);
    for (unsigned n = 0; n < CPUS; n++) {
        k->cpus[n] = cpu_new(k->pm, n, &k->hooks);
        bios_start_boot_cpu(k->bios, k->cpus[n], CODE, 0);
    }
    k->cpu = k->cpus[0];
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    for (unsigned n = 0; n < CPUS; n++) cpu_free(k->cpus[n]);
    bios_free(k->bios);
    physmem_free(k->pm);
    g_free(k);
    return 0;
}

/* --- what the operating system does ----------------------------------------------------------- */

static u64 gr(struct cpu *cpu, unsigned r)
{
    bool nat;
    u64 v = cpu_gr(cpu, r, &nat);
    assert_false(nat);
    return v;
}

/* A procedure, by the hypervisor's door: the guest's registers stay as they are. */
static s64 sal(struct kit *k, struct cpu *cpu, u64 index, const u64 *args, unsigned n, u64 *r9)
{
    u64 all[8] = { 0 }, old[4];
    memcpy(all, args, n * sizeof(u64));
    for (unsigned i = 0; i < 4; i++) old[i] = cpu_gr(cpu, 8 + i, NULL);
    assert_int_equal(bios_procedure(k->bios, cpu, BIOS_SAL, 0x01000000 + index, all), HOOK_DONE);
    s64 status = (s64)cpu_gr(cpu, 8, NULL);
    if (r9) *r9 = cpu_gr(cpu, 9, NULL);
    for (unsigned i = 0; i < 4; i++) cpu_set_gr(cpu, 8 + i, old[i], false);
    return status;
}

#define SAL(k, index, ...)                                                                        \
    sal(k, (k)->cpu, index, (const u64[]){ __VA_ARGS__ }, sizeof((u64[]){ __VA_ARGS__ }) / 8, NULL)

static void register_handlers(struct kit *k)
{
    assert_int_equal(SAL(k, 0, 0, CHECK, 0xc9), 0);
    assert_int_equal(SAL(k, 0, 1, MONARCH, 0x91, 0, SLAVE, 0x51), 0);
}

static u64 word(struct kit *k, u64 min_state, unsigned n)
{
    u64 v;
    assert_true(physmem_read(k->pm, (min_state & ~UC) + 8 * n, &v, 8));
    return v;
}

/* Return to SAL as the hand-off says. */
static void go_back(struct cpu *cpu, u64 status, u64 context, u64 min_state)
{
    u64 back = gr(cpu, 12);
    cpu_set_gr(cpu, 8, status, false);
    cpu_set_gr(cpu, 10, context, false);
    cpu_set_gr(cpu, 22, min_state, false);
    cpu_set_ip(cpu, back, 0);
    (void)cpu_run(cpu, 1);
}

/* --- random processors ------------------------------------------------------------------------ */

static u64 draw(struct kit *k)
{
    k->random ^= k->random << 13;
    k->random ^= k->random >> 7;
    return k->random ^= k->random << 17;
}

static bool seldom(struct kit *k)
{
    return draw(k) % 8 == 0;
}

enum { AR_RSC = 16, AR_BSPSTORE = 18, CR_IPSR = 16, CR_IIP = 19, CR_IFS = 23 };

/* Any state a program could have: frames in memory and in registers, NaTs, either bank. */
static void scramble(struct kit *k, struct cpu *cpu)
{
    cpu_return(cpu, PSR_BN, CODE, 0, 1ull << 63);
    cpu_set_ar(cpu, AR_BSPSTORE, BUFFER + 0x10000 + draw(k) % 512 * 8);
    for (unsigned n = 0; n < 3; n++) { /* callers' registers in the dirty partition */
        cpu_return(cpu, PSR_BN, CODE, 0, 1ull << 63 | draw(k) % 31);
        for (unsigned r = 32; r < 32 + (cpu_cfm(cpu) & 127); r++) {
            cpu_set_gr(cpu, r, draw(k), seldom(k));
        }
        cpu_cover(cpu);
    }
    u64 sof = draw(k) % 40, sor = draw(k) % (sof / 8 + 1);
    u64 rotation = (sor ? draw(k) % (sor * 8) : 0) << 18 | draw(k) % 96 << 25 | draw(k) % 48 << 32;
    cpu_return(cpu, PSR_BN, CODE, 0, 1ull << 63 | sof | sof / 2 << 7 | sor << 14 | rotation);
    for (unsigned r = 1; r < 128; r++) {
        if (r < 32 || r < 32 + (cpu_cfm(cpu) & 127)) cpu_set_gr(cpu, r, draw(k), seldom(k));
    }
    for (unsigned r = 16; r < 32; r++) cpu_set_banked_gr(cpu, r, draw(k), seldom(k));
    for (unsigned b = 0; b < 8; b++) cpu_set_br(cpu, b, draw(k));
    cpu_set_pr(cpu, draw(k) | 1);
    cpu_set_ar(cpu, 64, draw(k));  /* pfs */
    cpu_set_ar(cpu, 65, draw(k));  /* lc */
    cpu_set_ar(cpu, 36, draw(k));  /* unat */
    cpu_set_cr(cpu, CR_IPSR, draw(k) & (PSR_IC | PSR_I | PSR_BN | PSR_DT | PSR_CPL | PSR_MC));
    cpu_set_cr(cpu, CR_IIP, draw(k) & ~15ull);
    cpu_set_cr(cpu, CR_IFS, (draw(k) & 1) << 63 | draw(k) % 96);
    for (unsigned f = 2; f < 128; f++) {
        cpu_set_fr(cpu, f, (struct fpreg){ draw(k), draw(k) & 0x1ffff, draw(k) & 1 });
    }
    u64 psr = (draw(k) & (PSR_IC | PSR_BN | PSR_UM | PSR_DFH | PSR_PP | PSR_SI)) & ~PSR_BE;
    cpu_set_psr(cpu, psr | (draw(k) & 1 ? PSR_I : 0));
    cpu_set_ip(cpu, CODE, draw(k) % 3);
}

/* As cpu_hash, but for time: the handler takes some. */
static u64 fingerprint(struct cpu *cpu)
{
    u64 h = 1469598103934665603ull;
#define MIX(v) (h = (h ^ (u64)(v)) * 0x9e3779b97f4a7c15ull, h ^= h >> 29)
    for (unsigned r = 0; r < 128; r++) {
        bool nat;
        if (r >= 32 + (cpu_cfm(cpu) & 127)) break;
        u64 v = cpu_gr(cpu, r, &nat);
        MIX(v), MIX(nat);
    }
    for (unsigned r = 16; r < 32; r++) {
        bool nat;
        u64 v = cpu_banked_gr(cpu, r, &nat);
        MIX(v), MIX(nat);
    }
    for (unsigned i = 0;; i++) {
        bool nat;
        u64 v;
        if (!cpu_dirty_gr(cpu, i, &v, &nat)) break;
        MIX(v), MIX(nat);
    }
    for (unsigned f = 0; f < 128; f++) MIX(cpu_fr(cpu, f).sig), MIX(cpu_fr(cpu, f).exp);
    for (unsigned b = 0; b < 8; b++) MIX(cpu_br(cpu, b));
    for (unsigned n = 0; n < 128; n++) {
        if (n != 44) MIX(cpu_ar(cpu, n)); /* not the clock */
    }
    for (unsigned n = 0; n < 64; n++) {
        if (n != 22) MIX(cpu_cr(cpu, n)); /* IIPA may say where INIT came */
    }
    MIX(cpu_pr(cpu)), MIX(cpu_cfm(cpu)), MIX(cpu_psr(cpu)), MIX(cpu_ip(cpu)), MIX(cpu_ri(cpu));
#undef MIX
    return h;
}

/* --- INIT ------------------------------------------------------------------------------------- */

static void init_hands_over_what_sal_promises(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_set_gr(k->cpu, 17, 99, true);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(cpu_ip(k->cpu), MONARCH);
    assert_int_equal(cpu_ri(k->cpu), 0);
    assert_int_equal(cpu_psr(k->cpu), 1ull << 35); /* mc, nothing else: physical, bank 0 */
    assert_int_equal(cpu_cfm(k->cpu), 0);
    assert_int_equal(cpu_ar(k->cpu, AR_RSC) & 3, 0);
    assert_int_equal(gr(k->cpu, 1), 0x91);
    assert_int_equal(gr(k->cpu, 8), BIOS_CODE_PA);        /* PAL_PROC */
    assert_int_equal(gr(k->cpu, 9), BIOS_CODE_PA + 0x10000); /* SAL_PROC */
    assert_int_equal(gr(k->cpu, 11), 0);
    assert_int_equal(gr(k->cpu, 17) >> 63, 1);
    assert_int_equal(gr(k->cpu, 17) & 511, 0);
    assert_int_equal(gr(k->cpu, 18) >> 16 & 1, 1); /* in: an INIT */
    assert_int_equal(gr(k->cpu, 18) >> 5 & 0xf, 0xf); /* mn sy co ci */
    assert_int_equal(gr(k->cpu, 18) >> 59, 0); /* no error */
}

/* SDM 2:304: NaT bits, r1-r15, both banks, pr, b0, rsc, iip, ipsr, ifs, xip, xpsr, xfs, b1. */
static void the_min_state_area_has_the_manuals_layout(void **state)
{
    struct kit *k = *state;
    struct cpu *cpu = k->cpu;
    register_handlers(k);
    u64 nats = 0;
    for (unsigned r = 1; r < 16; r++) cpu_set_gr(cpu, r, 0x1000 + r, r == 3 || r == 15);
    for (unsigned r = 16; r < 32; r++) {
        cpu_set_gr(cpu, r, 0x1100 + r, r == 17);       /* psr.bn is 1 */
        cpu_set_banked_gr(cpu, r, 0x1200 + r, r == 31);
    }
    nats = 1ull << 3 | 1ull << 15 | 1ull << 33 | 1ull << 31;
    cpu_set_pr(cpu, 0x123456789abcdef1);
    cpu_set_br(cpu, 0, 0xb000);
    cpu_set_br(cpu, 1, 0xb010);
    cpu_set_ar(cpu, AR_RSC, 0xb);
    cpu_set_cr(cpu, CR_IIP, 0x7770);
    cpu_set_cr(cpu, CR_IPSR, 0x7771);
    cpu_set_cr(cpu, CR_IFS, 0x7772);
    u64 cfm = cpu_cfm(cpu);
    cpu_set_psr(cpu, PSR_BN | PSR_IC | PSR_UP);
    cpu_set_ip(cpu, CODE, 2);
    cpu_post_init(cpu);
    (void)cpu_run(cpu, 0);
    u64 ms = gr(cpu, 17);
    assert_int_equal(word(k, ms, 0), nats);
    for (unsigned r = 1; r < 16; r++) assert_int_equal(word(k, ms, r), 0x1000 + r);
    for (unsigned r = 16; r < 32; r++) {
        assert_int_equal(word(k, ms, r), 0x1200 + r);
        assert_int_equal(word(k, ms, r + 16), 0x1100 + r);
    }
    const u64 rest[10] = { 0x123456789abcdef1, 0xb000, 0xb, CODE,
                           PSR_BN | PSR_IC | PSR_UP | 2ull << 41, 1ull << 63 | cfm, 0x7770, 0x7771,
                           0x7772, 0xb010 };
    for (unsigned i = 0; i < 10; i++) assert_int_equal(word(k, ms, 48 + i), rest[i]);
    assert_int_equal(cpu_cr(cpu, CR_IIP), CODE);
}

static void an_interrupted_program_finds_everything_as_it_was(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    for (unsigned i = 0; i < 300; i++) {
        scramble(k, k->cpu);
        u64 before = fingerprint(k->cpu);
        cpu_post_init(k->cpu);
        (void)cpu_run(k->cpu, 0);
        assert_int_equal(cpu_ip(k->cpu), MONARCH);
        u64 back = gr(k->cpu, 12);
        for (unsigned r = 1; r < 32; r++) cpu_set_gr(k->cpu, r, ~0ull - r, r & 1);
        for (unsigned r = 16; r < 32; r++) cpu_set_banked_gr(k->cpu, r, r, true);
        cpu_set_pr(k->cpu, draw(k));
        cpu_set_br(k->cpu, 1, 1);
        cpu_set_cr(k->cpu, CR_IIP, 1);
        cpu_set_cr(k->cpu, CR_IPSR, 2);
        cpu_set_cr(k->cpu, CR_IFS, 3);
        cpu_set_gr(k->cpu, 12, back, false);
        go_back(k->cpu, 0, 0, 0);
        if (fingerprint(k->cpu) != before) {
            fail_msg("state %u differs: ip %#llx ri %u psr %#llx", i,
                     (unsigned long long)cpu_ip(k->cpu), cpu_ri(k->cpu),
                     (unsigned long long)cpu_psr(k->cpu));
        }
    }
}

static void init_waits_while_psr_mc_is_set(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_set_psr(k->cpu, PSR_BN | PSR_MC);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 1000);
    assert_int_equal(cpu_ip(k->cpu), CODE);
    const u64 none[8] = { 0 };
    assert_int_equal(bios_procedure(k->bios, k->cpu, BIOS_PAL, 21, none), HOOK_DONE);
    assert_int_equal(gr(k->cpu, 9), 2); /* PAL_MC_CLEAR_LOG: an INIT is pending */
    cpu_set_psr(k->cpu, PSR_BN);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(cpu_ip(k->cpu), MONARCH);
    cpu_post_init(k->cpu); /* another, while the handler runs */
    (void)cpu_run(k->cpu, 1000);
    assert_int_equal(cpu_ip(k->cpu), MONARCH);
    go_back(k->cpu, 0, 0, 0);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(cpu_ip(k->cpu), MONARCH); /* at once, */
    assert_int_equal(word(k, gr(k->cpu, 17), 51), CODE); /* from the same place */
    go_back(k->cpu, 0, 0, 0);
    (void)cpu_run(k->cpu, 1000);
    assert_int_equal(cpu_ip(k->cpu), CODE); /* and that was all */
}

static void init_wakes_a_processor_that_sleeps(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_halt(k->cpu);
    cpu_post_init(k->cpu);
    assert_false(cpu_is_halted(k->cpu));
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(cpu_ip(k->cpu), MONARCH);
}

static void the_first_is_the_monarch_and_the_others_are_slaves(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    for (unsigned n = 0; n < CPUS; n++) cpu_post_init(k->cpus[n]);
    (void)cpu_run(k->cpus[1], 0);
    (void)cpu_run(k->cpus[0], 0);
    (void)cpu_run(k->cpus[2], 0);
    assert_int_equal(cpu_ip(k->cpus[1]), MONARCH);
    assert_int_equal(cpu_ip(k->cpus[0]), SLAVE);
    assert_int_equal(gr(k->cpus[2], 1), 0x51);
    assert_int_not_equal(gr(k->cpus[0], 17), gr(k->cpus[2], 17));
    for (unsigned n = 0; n < CPUS; n++) go_back(k->cpus[n], 0, 0, 0);
    cpu_post_init(k->cpus[2]);
    (void)cpu_run(k->cpus[2], 0);
    assert_int_equal(cpu_ip(k->cpus[2]), MONARCH);
}

static void without_a_handler_init_is_a_warm_boot(void **state)
{
    struct kit *k = *state;
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(k->event, BIOS_RESET);
}

static void a_handler_whose_checksum_is_wrong_does_not_count(void **state)
{
    struct kit *k = *state;
    u8 code[64], sum = 0;
    assert_true(physmem_read(k->pm, MONARCH, code, sizeof code));
    for (unsigned i = 0; i < sizeof code; i++) sum = (u8)(sum + code[i]);
    u64 length = sizeof code | 1ull << 32 | (u64)(u8)-sum << 40;
    assert_int_equal(SAL(k, 0, 1, MONARCH, 0, length, SLAVE, 0, 0), 0);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(cpu_ip(k->cpu), MONARCH);
    assert_int_equal(k->event, -1);
    go_back(k->cpu, 0, 0, 0);
    u8 other = (u8)(code[5] + 1);
    assert_true(physmem_write(k->pm, MONARCH + 5, &other, 1));
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(k->event, BIOS_RESET);
}

static void a_processor_in_the_boot_rendezvous_ignores_init(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    bios_park_cpu(k->bios, k->cpu);
    (void)cpu_run(k->cpu, 10);
    assert_true(cpu_is_halted(k->cpu));
    u64 ip = cpu_ip(k->cpu);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 10);
    assert_int_equal(cpu_ip(k->cpu), ip);
    assert_int_equal(k->event, -1);
}

static void the_system_may_resume_another_context_or_ask_for_a_boot(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    u64 other[58] = { [7] = 777, [51] = SLAVE, [52] = PSR_BN | 1ull << 41, [53] = 1ull << 63 };
    assert_true(physmem_write(k->pm, BUFFER, other, sizeof other));
    go_back(k->cpu, 0, ~0ull, BUFFER | UC);
    assert_int_equal(cpu_ip(k->cpu), SLAVE);
    assert_int_equal(cpu_ri(k->cpu), 1);
    assert_int_equal(gr(k->cpu, 7), 777);
    assert_int_equal(k->event, -1);
    cpu_post_init(k->cpu);
    cpu_set_ip(k->cpu, CODE, 0);
    (void)cpu_run(k->cpu, 0);
    go_back(k->cpu, (u64)-1, 0, 0);
    assert_int_equal(k->event, BIOS_RESET);
}

static void pal_mc_resume_is_what_sal_itself_would_do(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_set_gr(k->cpu, 9, 0x9999, true);
    cpu_set_cr(k->cpu, 74, 0x33); /* CMCV: unmasked */
    u64 before = fingerprint(k->cpu);
    cpu_post_init(k->cpu);
    (void)cpu_run(k->cpu, 0);
    const u64 args[4] = { 26, 1, gr(k->cpu, 17), 0 };
    for (unsigned i = 0; i < 4; i++) cpu_set_gr(k->cpu, 28 + i, args[i], false);
    cpu_set_ip(k->cpu, gr(k->cpu, 8), 0);
    (void)cpu_run(k->cpu, 1);
    assert_true(fingerprint(k->cpu) == before);
    assert_int_equal(bit(cpu_cr(k->cpu, 68), 0x33), 1); /* set_cmci */
    cpu_set_gr(k->cpu, 28, 26, false);
    cpu_set_gr(k->cpu, 30, BUFFER + 8, false); /* not aligned */
    cpu_set_br(k->cpu, 0, SLAVE);
    cpu_set_ip(k->cpu, BIOS_CODE_PA, 0);
    (void)cpu_run(k->cpu, 1);
    assert_int_equal((s64)gr(k->cpu, 8), -2);
}

static void an_impossible_context_is_a_warm_boot_not_a_crash(void **state)
{
    static const u64 bad[] = { 0xffffffffff000ull, BUFFER + 4, BUFFER, BUFFER + 512,
                               BUFFER + 1024, BUFFER + 1536 };
    struct kit *k = *state;
    register_handlers(k);
    const u64 words[4][2] = { { 52, PSR_IS }, { 52, 3ull << 41 }, { 55, 3ull << 41 },
                              { 56, 1ull << 63 | 97 } };
    for (unsigned i = 0; i < 4; i++) {
        u64 pa = BUFFER + 512 * i + words[i][0] * 8;
        assert_true(physmem_write(k->pm, pa, &words[i][1], 8));
    }
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        k->event = -1;
        cpu_wake(k->cpu);
        cpu_set_psr(k->cpu, PSR_BN);
        cpu_set_ip(k->cpu, CODE, 0);
        cpu_post_init(k->cpu);
        (void)cpu_run(k->cpu, 0);
        go_back(k->cpu, 0, 1, bad[i]);
        assert_int_equal(k->event, BIOS_RESET);
    }
}

/* --- machine checks --------------------------------------------------------------------------- */

static void without_a_handler_a_machine_check_ends_with_its_words(void **state)
{
    struct kit *k = *state;
    cpu_post_machine_check(k->cpu, MACHINE_CHECK_BUS, 0, "smoke");
    assert_int_equal(cpu_run(k->cpu, 100), CPU_FATAL);
    assert_string_equal(k->why, "smoke");
    assert_int_equal(k->fatal, 1);
}

static void a_branch_into_nothing_reaches_the_handler_and_not_twice(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    cpu_set_ip(k->cpu, 0x10000000, 0);
    (void)cpu_run(k->cpu, 0); /* not yet: nothing was fetched */
    (void)cpu_run(k->cpu, 1);
    assert_int_equal(cpu_ip(k->cpu), CHECK);
    assert_int_equal(gr(k->cpu, 1), 0xc9);
    assert_int_equal(word(k, gr(k->cpu, 17), 51), 0x10000000);
    assert_int_equal(gr(k->cpu, 18) >> 16 & 1, 0);
    assert_int_equal(gr(k->cpu, 18) >> 61 & 1, 1); /* bc */
    assert_int_equal(k->fatal, 0);
    cpu_set_ip(k->cpu, 0x10000000, 0); /* the handler itself: psr.mc is 1 */
    assert_int_equal(cpu_run(k->cpu, 1), CPU_FATAL);
    assert_int_equal(k->fatal, 1);
    assert_non_null(strstr(k->why, "branch into nothing"));
}

#define RECORD_BYTES 16384

static void the_error_record_waits_until_it_is_cleared(void **state)
{
    struct kit *k = *state;
    static u8 r[RECORD_BYTES];
    u64 size, len, v;
    u32 n;
    register_handlers(k);
    assert_int_equal(SAL(k, 1, 0, 0, BUFFER), -5);
    cpu_set_gr(k->cpu, 5, 0x5555, false);
    cpu_post_machine_check(k->cpu, MACHINE_CHECK_BUS, 0x1234000, "smoke");
    (void)cpu_run(k->cpu, 0);
    assert_int_equal(sal(k, k->cpu, 2, (const u64[]){ 0 }, 1, &size), 0);
    assert_int_equal(sal(k, k->cpu, 1, (const u64[]){ 0, 0, BUFFER }, 3, &len), 0);
    assert_in_range(len, 5000, size);
    assert_true(physmem_read(k->pm, BUFFER, r, len));
    memcpy(&n, r + 12, 4);
    assert_int_equal(n, len);               /* header: length, */
    assert_int_equal(r[10], 0);             /* severity: recoverable, */
    const u8 stamp[8] = { 0x40, 0x46, 0x01, 0, 0x09, 0x09, 0x01, 0x20 }; /* 2001-09-09 01:46:40 */
    assert_memory_equal(r + 16, stamp, 8);
    static const u8 processor_guid[16] = { 0xf1, 0xfa, 0x29, 0xe4, 0xb7, 0x3c, 0xd4, 0x11, 0xbc,
                                           0xa7, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
    assert_memory_equal(r + 40, processor_guid, 16);
    memcpy(&n, r + 60, 4);
    /* section header, valid, three words, one check, CPUID, static information */
    assert_int_equal(n, 24 + 32 + 48 + 48 + 8 + 1024 + 64 + 1024 + 1024 + 64 + 2048);
    memcpy(&v, r + 64 + 16, 8);
    assert_int_equal(v, gr(k->cpu, 18));    /* the processor state parameter */
    memcpy(&v, r + 64 + 32 + 32, 8);
    assert_int_equal(v, 0x1234000);         /* the target of the bus check */
    memcpy(&v, r + 64 + 32 + 48 + 48 + 8 + 8 * 5, 8);
    assert_int_equal(v, 0x5555);            /* r5 in the min-state area */
    assert_int_equal(r[40 + n], 0xf7);      /* the platform section, */
    assert_memory_equal(r + 40 + n + 24 + 32 + 2, "smoke", 6); /* with words */
    assert_int_equal(sal(k, k->cpus[1], 1, (const u64[]){ 0, 0, BUFFER }, 3, &len), -5);
    assert_int_equal(SAL(k, 1, 1, 0, BUFFER), -5); /* no INIT */
    assert_int_equal(SAL(k, 1, 0, 0, BUFFER), 0);
    assert_int_equal(SAL(k, 3, 0), 0);
    assert_int_equal(SAL(k, 1, 0, 0, BUFFER), -5);
    assert_int_equal(SAL(k, 1, 4, 0, BUFFER), -2);
}

static void the_others_are_called_and_wait_until_they_are_woken(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    assert_int_equal(SAL(k, 5, 1, 1, 0xe8, 20, 1), 0);
    assert_int_equal(SAL(k, 5, 2, 1, 0xf0, 0, 0), 0);
    cpu_post_machine_check(k->cpu, MACHINE_CHECK_BUS, 0, "smoke");
    (void)cpu_run(k->cpu, 10);
    assert_int_not_equal(cpu_ip(k->cpu), CHECK); /* waits */
    for (unsigned n = 1; n < CPUS; n++) {
        struct cpu *cpu = k->cpus[n];
        assert_int_equal(bit(cpu_cr(cpu, 71), 0xe8 - 192), 1); /* the interrupt is there */
        cpu_set_gr(cpu, 32, 0x01000004, false); /* SAL_MC_RENDEZ */
        cpu_set_br(cpu, 0, SLAVE);
        cpu_set_ar(cpu, 64, cpu_cfm(cpu));
        cpu_set_ip(cpu, BIOS_CODE_PA + 0x10000, 0);
        (void)cpu_run(cpu, 5);
        assert_int_equal(cpu_ip(cpu), BIOS_CODE_PA + 0x10000);
    }
    (void)cpu_run(k->cpu, 10);
    assert_int_equal(cpu_ip(k->cpu), CHECK);
    assert_int_equal(gr(k->cpu, 11), 1);
    for (unsigned n = 1; n < CPUS; n++) {
        cpu_post_vector(k->cpus[n], 0xf0);
        (void)cpu_run(k->cpus[n], 5);
        assert_int_equal(cpu_ip(k->cpus[n]), SLAVE);
        assert_int_equal(gr(k->cpus[n], 8), 0);
    }
}

static void who_does_not_answer_gets_an_init_and_who_masks_it_is_left(void **state)
{
    struct kit *k = *state;
    register_handlers(k);
    assert_int_equal(SAL(k, 5, 1, 1, 0xe8, 1, 1), 0); /* a millisecond */
    assert_int_equal(SAL(k, 5, 2, 1, 0xf0, 0, 0), 0);
    for (unsigned pass = 0; pass < 2; pass++) {
        if (pass) cpu_set_psr(k->cpus[2], PSR_BN | PSR_MC);
        cpu_post_machine_check(k->cpu, MACHINE_CHECK_BUS, 0, "smoke");
        for (unsigned i = 0; i < 2000 && cpu_ip(k->cpu) != CHECK; i++) {
            for (unsigned n = 0; n < CPUS; n++) (void)cpu_run(k->cpus[n], 4);
        }
        assert_int_equal(cpu_ip(k->cpu), CHECK);
        assert_int_equal(gr(k->cpu, 11), pass ? ~0ull : 2);
        assert_int_equal(cpu_ip(k->cpus[1]), SLAVE); /* the monarch is the machine check's */
        assert_int_equal(cpu_ip(k->cpus[2]), pass ? CODE : SLAVE);
        for (unsigned n = 0; n < CPUS; n++) {
            if (cpu_ip(k->cpus[n]) != CODE) go_back(k->cpus[n], 0, 0, 0);
            assert_int_equal(cpu_ip(k->cpus[n]), CODE);
        }
    }
}

static void parameters_that_make_no_sense_are_refused(void **state)
{
    struct kit *k = *state;
    assert_int_equal(SAL(k, 5, 0, 1, 0xe8), -2);
    assert_int_equal(SAL(k, 5, 4, 1, 0xe8), -2);
    assert_int_equal(SAL(k, 5, 1, 2, 0xe8), -2);
    assert_int_equal(SAL(k, 5, 1, 1, 15), -2);
    assert_int_equal(SAL(k, 5, 1, 1, 256), -2);
    assert_int_equal(SAL(k, 0, 3, CHECK), -2);
    assert_int_equal(SAL(k, 0, 0, CHECK + 8), -2);
    assert_int_equal(SAL(k, 0, 1, CHECK, 0, 0, SLAVE + 1), -2);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(init_hands_over_what_sal_promises),
        TEST(the_min_state_area_has_the_manuals_layout),
        TEST(an_interrupted_program_finds_everything_as_it_was),
        TEST(init_waits_while_psr_mc_is_set),
        TEST(init_wakes_a_processor_that_sleeps),
        TEST(the_first_is_the_monarch_and_the_others_are_slaves),
        TEST(without_a_handler_init_is_a_warm_boot),
        TEST(a_handler_whose_checksum_is_wrong_does_not_count),
        TEST(a_processor_in_the_boot_rendezvous_ignores_init),
        TEST(the_system_may_resume_another_context_or_ask_for_a_boot),
        TEST(pal_mc_resume_is_what_sal_itself_would_do),
        TEST(an_impossible_context_is_a_warm_boot_not_a_crash),
        TEST(without_a_handler_a_machine_check_ends_with_its_words),
        TEST(a_branch_into_nothing_reaches_the_handler_and_not_twice),
        TEST(the_error_record_waits_until_it_is_cleared),
        TEST(the_others_are_called_and_wait_until_they_are_woken),
        TEST(who_does_not_answer_gets_an_init_and_who_masks_it_is_left),
        TEST(parameters_that_make_no_sense_are_refused),
    };
    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests_name("abort", tests, NULL, NULL);
}
