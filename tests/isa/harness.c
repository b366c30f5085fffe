/* See harness.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/harness.h"

#include <string.h>

#include "cpu/rse.h"
#include "tests/isa/ledger.h"

/* Registers that are loaded and compared.  Left out: ar.itc and cr.itm (time moves on), what
 * derives from others, and what reading would change. */
static const u8 watched_ars[] = { 0, 1, 2, 3, 4, 5, 6, 7, 16, 18, 19, 25, 32, 36, 40, 64, 65, 66 };
static const u8 watched_crs[] = { 0, 2, 8, 16, 17, 19, 20, 21, 22, 23, 24, 25, 64, 66, 72, 73, 74 };

#define FPSR_DEFAULT 0x9804c0270033full

/* --- memory ----------------------------------------------------------------------------------- */

/* Written from SDM 3:4, not by our encoder: nop.m/i/f/x are x6 = 1 in op 0, nop.b is op 2. */
u64 harness_nop(char unit)
{
    return unit == 'B' ? 2ull << 37 : 1ull << 27;
}

static void pack(unsigned template, const u64 slots[3], u64 bundle[2])
{
    bundle[0] = template | slots[0] << 5 | slots[1] << 46;
    bundle[1] = slots[1] >> 18 | slots[2] << 23;
}

/* MIB with "br .": op 4, btype 0, imm 0. */
static void fill_with_spins(struct physmem *pm)
{
    const u64 slots[3] = { harness_nop('M'), harness_nop('I'), 4ull << 37 };
    u64 spin[2];

    pack(0x10, slots, spin);
    for (u64 pa = 0; pa < HARNESS_DATA; pa += 16) {
        if (!physmem_write(pm, pa, spin, 16)) fail_msg("no memory at %llx", (long long)pa);
    }
}

void harness_peek(struct harness *h, u64 pa, void *buf, size_t len)
{
    if (!physmem_read(h->pm, pa, buf, len)) fail_msg("peek at %llx", (long long)pa);
}

void harness_poke(struct harness *h, u64 pa, const void *buf, size_t len)
{
    if (!physmem_write(h->pm, pa, buf, len)) fail_msg("poke at %llx", (long long)pa);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_fatal(void *opaque, struct cpu *cpu, const char *why)
{
    struct harness *h = opaque;

    (void)cpu;
    g_strlcpy(h->failure, why, sizeof(h->failure));
}

struct boxed {
    struct harness h;
    struct cpu_hooks hooks;
};

struct harness *harness_new(void)
{
    struct boxed *box = g_new0(struct boxed, 1);
    struct harness *h = &box->h;
    GError *err = NULL;

    isa_init();
    h->pm = physmem_new();
    if (!physmem_add_ram(h->pm, "test memory", 0, HARNESS_RAM, &err)) fail_msg("%s", err->message);
    fill_with_spins(h->pm);
    box->hooks = (struct cpu_hooks){ .opaque = h, .fatal = on_fatal };
    h->cpu = cpu_new(h->pm, 0, &box->hooks);
    h->code = HARNESS_CODE;
    h->random = 0x9e3779b97f4a7c15;
    h->what = "";
    harness_randomize(h);
    return h;
}

void harness_free(struct harness *h)
{
    cpu_free(h->cpu);
    physmem_free(h->pm);
    g_free(CONTAINER_OF(h, struct boxed, h));
}

int harness_setup(void **state)
{
    *state = harness_new();
    return 0;
}

int harness_teardown(void **state)
{
    harness_free(*state);
    return 0;
}

/* --- random numbers --------------------------------------------------------------------------- */

u64 harness_random(struct harness *h) /* splitmix64 */
{
    u64 z = h->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

unsigned harness_below(struct harness *h, unsigned n)
{
    return (unsigned)(harness_random(h) >> 32) % n;
}

u64 harness_operand(struct harness *h)
{
    static const u64 corners[] = {
        0, 1, 2, 31, 32, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~1ull,
        0x7f807f807f807f80, 0x80ff00017f80ff01, 0x7fff80008000ffff, 0x8000000080000000,
        0x0001000000ff0000, 0xc000000000000000, 0x40000000c0000000,
    };
    u64 x = harness_random(h);

    switch (harness_below(h, 8)) {
    case 0:
    case 1:
    case 2:
        return corners[harness_below(h, ARRAY_LEN(corners))];
    case 3:
        return x >> harness_below(h, 64);
    case 4: /* lanes of zeros and ones among random ones */
        for (unsigned i = 0; i < 64; i += 8) {
            unsigned pick = harness_below(h, 4);
            if (pick < 2) x = (x & ~(0xffull << i)) | (pick ? 0xffull << i : 0);
        }
        return x;
    default:
        return x;
    }
}

/* --- the probe -------------------------------------------------------------------------------- */

bool probe_nat(const struct probe *p, unsigned r)
{
    return p->nat[r / 64] >> (r % 64) & 1;
}

void probe_set_nat(struct probe *p, unsigned r, bool nat)
{
    u64 m = 1ull << (r % 64);
    p->nat[r / 64] = nat ? p->nat[r / 64] | m : p->nat[r / 64] & ~m;
}

static unsigned pr_place(const struct probe *p, unsigned r)
{
    return r < 16 ? r : 16 + (r - 16 + (unsigned)(p->cfm >> 32 & 63)) % 48;
}

bool probe_pr(const struct probe *p, unsigned r)
{
    return p->pr >> pr_place(p, r) & 1;
}

void probe_set_pr(struct probe *p, unsigned r, bool value)
{
    u64 m = 1ull << pr_place(p, r);
    if (r) p->pr = value ? p->pr | m : p->pr & ~m;
}

static struct fpreg random_fr(struct harness *h)
{
    return (struct fpreg){ harness_random(h), harness_below(h, 0x1fffd), harness_below(h, 2) };
}

static void randomize_system(struct harness *h, struct probe *p)
{
    for (unsigned i = 0; i < 8; i++) p->ar[i] = harness_random(h);
    p->ar[18] = HARNESS_STACK;
    p->ar[25] = harness_random(h);
    p->ar[32] = harness_random(h);
    p->ar[36] = harness_random(h);
    p->ar[40] = FPSR_DEFAULT;
    p->ar[65] = harness_random(h);
    p->ar[66] = harness_below(h, 64);
    p->cr[2] = HARNESS_IVA;
    p->cr[20] = harness_random(h);
    p->cr[24] = harness_random(h);
}

void harness_randomize(struct harness *h)
{
    struct probe *p = &h->before;

    memset(p, 0, sizeof(*p));
    p->psr = PSR_IC | PSR_BN;
    p->cfm = 96;
    for (unsigned r = 1; r < 128; r++) p->gr[r] = harness_random(h);
    p->fr[1] = FP_ONE;
    for (unsigned r = 2; r < 128; r++) p->fr[r] = random_fr(h);
    p->pr = harness_random(h) | 1;
    for (unsigned b = 0; b < 8; b++) p->br[b] = harness_random(h);
    randomize_system(h, p);
    p->ip = h->code;
}

static unsigned in_frame(const struct probe *p)
{
    return 32 + (unsigned)(p->cfm & 0x7f);
}

/* Into the processor.  Order matters: the frame says where registers are, psr.bn which bank. */
void harness_load(struct harness *h)
{
    const struct probe *p = &h->before;

    cpu_set_psr(h->cpu, p->psr);
    rse_reset(h->cpu); /* nothing dirty */
    cpu_set_ar(h->cpu, 16, p->ar[16]);
    cpu_set_ar(h->cpu, 18, p->ar[18]);
    cpu_set_cfm(h->cpu, p->cfm);
    for (unsigned r = 1; r < in_frame(p); r++) {
        bool other = r >= 16 && r < 32 && !(p->psr & PSR_BN);
        (other ? cpu_set_banked_gr : cpu_set_gr)(h->cpu, r, p->gr[r], probe_nat(p, r));
    }
    for (unsigned r = 2; r < 128; r++) cpu_set_fr(h->cpu, r, p->fr[r]);
    for (unsigned b = 0; b < 8; b++) cpu_set_br(h->cpu, b, p->br[b]);
    cpu_set_pr(h->cpu, p->pr);
    for (unsigned i = 0; i < ARRAY_LEN(watched_ars); i++) {
        unsigned n = watched_ars[i];
        if (n != 16 && n != 18) cpu_set_ar(h->cpu, n, p->ar[n]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(watched_crs); i++) {
        cpu_set_cr(h->cpu, watched_crs[i], p->cr[watched_crs[i]]);
    }
    cpu_set_ip(h->cpu, p->ip, h->slot);
    h->failure[0] = 0;
}

static void store(struct harness *h)
{
    struct probe *p = &h->after;
    bool nat;

    memset(p, 0, sizeof(*p));
    p->cfm = cpu_cfm(h->cpu);
    p->psr = cpu_psr(h->cpu) & ~PSR_RI;
    for (unsigned r = 0; r < 128; r++) {
        bool other = r >= 16 && r < 32 && !(p->psr & PSR_BN);
        p->gr[r] = (other ? cpu_banked_gr : cpu_gr)(h->cpu, r, &nat);
        probe_set_nat(p, r, nat);
        p->fr[r] = cpu_fr(h->cpu, r);
    }
    for (unsigned b = 0; b < 8; b++) p->br[b] = cpu_br(h->cpu, b);
    p->pr = cpu_pr(h->cpu);
    for (unsigned i = 0; i < ARRAY_LEN(watched_ars); i++) {
        p->ar[watched_ars[i]] = cpu_ar(h->cpu, watched_ars[i]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(watched_crs); i++) {
        p->cr[watched_crs[i]] = cpu_cr(h->cpu, watched_crs[i]);
    }
    p->ip = cpu_ip(h->cpu);
}

/* --- running ---------------------------------------------------------------------------------- */

void harness_run_bundle(struct harness *h, unsigned template, const u64 slots[3], unsigned first,
                        enum harness_loop loop)
{
    u64 bundle[2];
    enum cpu_exit why;

    pack(template, slots, bundle);
    if (h->placed[0] != h->code || memcmp(bundle, h->placed + 1, 16)) {
        harness_poke(h, h->code, bundle, 16);
        h->placed[0] = h->code;
        memcpy(h->placed + 1, bundle, 16);
    }
    h->slot = first;
    if (h->loaded) {
        cpu_set_ip(h->cpu, h->code, first);
    } else {
        harness_load(h);
    }
    if (loop == HARNESS_OBSERVED) {
        why = cpu_step(h->cpu, 1);
        for (int i = 0; i < 3 && cpu_ip(h->cpu) == h->code && !h->failure[0]; i++) {
            why = cpu_step(h->cpu, 1);
        }
    } else {
        why = cpu_run(h->cpu, 3);
    }
    if (h->failure[0]) fail_msg("%s: fatal: %s", h->what, h->failure);
    if (why != CPU_BUDGET) fail_msg("%s: the run ended with %d", h->what, (int)why);
    store(h);
    ledger_ran(h, h->running, bundle, first, loop);
}

/* Templates without stops that have each unit in each slot. */
static const struct {
    char unit;
    u8 slot, template;
    char units[4];
} places[] = {
    { 'M', 0, 0x00, "MII" }, { 'M', 1, 0x08, "MMI" },
    { 'I', 1, 0x00, "MII" }, { 'I', 2, 0x08, "MMI" },
    { 'F', 1, 0x0c, "MFI" }, { 'F', 2, 0x0e, "MMF" },
    { 'B', 0, 0x16, "BBB" }, { 'B', 1, 0x12, "MBB" }, { 'B', 2, 0x10, "MIB" },
    { 'X', 1, 0x04, "MLX" },
    { 'A', 0, 0x08, "MMI" }, { 'A', 1, 0x00, "MII" }, { 'A', 2, 0x00, "MII" },
};

static char unit_of(const struct insn *in)
{
    return insn_rows[in->row].unit;
}

struct insn harness_insn(const char *meaning)
{
    int row = isa_row_of(meaning);

    if (row < 0) fail_msg("no instruction means %s", meaning);
    return (struct insn){ .row = (u16)row };
}

unsigned harness_slots(const struct insn *in)
{
    unsigned slots = 0;

    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].unit == unit_of(in)) slots |= 1u << places[i].slot;
    }
    return slots;
}

unsigned harness_any_slot(struct harness *h, const struct insn *in)
{
    unsigned slots = harness_slots(in), slot;

    do slot = harness_below(h, 3);
    while (!(slots >> slot & 1));
    return slot;
}

void harness_run(struct harness *h, const struct insn *in, unsigned slot, enum harness_loop loop)
{
    u64 slots[3];
    unsigned i = 0;

    while (i < ARRAY_LEN(places) && (places[i].unit != unit_of(in) || places[i].slot != slot)) i++;
    if (i == ARRAY_LEN(places)) fail_msg("%s cannot stand in slot %u", h->what, slot);
    for (unsigned s = 0; s < 3; s++) slots[s] = harness_nop(places[i].units[s]);
    bool fits = unit_of(in) == 'X' ? isa_encode_slot(in, &slots[2], &slots[1])
                                   : isa_encode_slot(in, &slots[slot], NULL);
    if (!fits) fail_msg("%s: an operand does not fit", h->what);
    h->running = in;
    harness_run_bundle(h, places[i].template, slots, slot, loop);
    h->running = NULL;
}

void harness_run_on(struct harness *h, const struct insn *in, unsigned slot, enum harness_loop loop)
{
    h->loaded = true;
    harness_run(h, in, slot, loop);
    h->loaded = false;
}

/* --- expecting -------------------------------------------------------------------------------- */

static void differ(const struct harness *h, const char *name, unsigned n, u64 got, u64 want)
{
    fail_msg("%s: %s%u is %016llx, wanted %016llx", h->what, name, n, (long long)got,
             (long long)want);
}

static void compare(const struct harness *h, const char *name, unsigned n, u64 got, u64 want)
{
    if (got != want) differ(h, name, n, got, want);
}

static void compare_registers(struct harness *h, const struct probe *want)
{
    const struct probe *got = &h->after;

    for (unsigned r = 0; r < in_frame(want); r++) {
        bool nat = probe_nat(want, r);
        compare(h, "NaT of r", r, probe_nat(got, r), nat);
        if (!nat) compare(h, "r", r, got->gr[r], want->gr[r]);
    }
    for (unsigned r = 0; r < 128; r++) {
        compare(h, "significand of f", r, got->fr[r].sig, want->fr[r].sig);
        compare(h, "exponent of f", r, got->fr[r].exp, want->fr[r].exp);
        compare(h, "sign of f", r, got->fr[r].sign, want->fr[r].sign);
    }
    for (unsigned b = 0; b < 8; b++) compare(h, "b", b, got->br[b], want->br[b]);
    for (unsigned n = 0; n < 64; n++) {
        compare(h, "physical p", n, got->pr >> n & 1, want->pr >> n & 1);
    }
    for (unsigned i = 0; i < ARRAY_LEN(watched_ars); i++) {
        compare(h, "ar", watched_ars[i], got->ar[watched_ars[i]], want->ar[watched_ars[i]]);
    }
    compare(h, "cfm, ", 0, got->cfm, want->cfm);
}

void harness_expect_at(struct harness *h, const struct probe *want, u64 ip)
{
    compare(h, "ip, ", 0, h->after.ip, ip);
    compare_registers(h, want);
    for (unsigned i = 0; i < ARRAY_LEN(watched_crs); i++) {
        compare(h, "cr", watched_crs[i], h->after.cr[watched_crs[i]], want->cr[watched_crs[i]]);
    }
    compare(h, "psr, ", 0, h->after.psr, want->psr);
    ledger_checked();
}

void harness_expect(struct harness *h, const struct probe *want)
{
    harness_expect_at(h, want, h->code + 16);
}

void harness_expect_fault(struct harness *h, unsigned vector, u64 isr)
{
    const struct probe *got = &h->after;

    compare(h, "ip (vector), ", 0, got->ip, HARNESS_IVA + vector);
    compare(h, "cr.isr, ", 0, got->cr[17], isr | (u64)h->slot << 41);
    compare(h, "cr.iip, ", 0, got->cr[19], h->code);
    compare(h, "cr.ipsr, ", 0, got->cr[16], h->before.psr | (u64)h->slot << 41);
    compare(h, "psr.bn and ic, ", 0, got->psr & (PSR_BN | PSR_IC), 0);
    compare_registers(h, &h->before);
    ledger_checked();
}

/* --- whole families --------------------------------------------------------------------------- */

enum { ROUNDS = 40 };

/* Registers of a value case: any, with a fair chance of overlaps and of r0 as a source. */
static void pick_registers(struct harness *h, const struct value_case *c, struct insn *in)
{
    in->r1 = (u8)(1 + harness_below(h, 127));
    in->r2 = c->sources & USES_R2 ? (u8)harness_below(h, 128) : 0;
    in->r3 = c->sources & USES_R3 ? (u8)harness_below(h, c->sources & R3_IS_2_BITS ? 4 : 128) : 0;
    switch (harness_below(h, 8)) {
    case 0:
        if (c->sources & USES_R2) in->r2 = in->r1;
        break;
    case 1:
        if ((c->sources & USES_R3) && !(c->sources & R3_IS_2_BITS)) in->r3 = in->r1;
        break;
    case 2:
        if (c->sources & USES_R2) in->r2 = 0;
        break;
    }
    in->qp = (u8)harness_below(h, 64);
    if (c->immediates) c->immediates(h, in);
}

/* NaT bits: none; one of the sources; old ones in the target; bystanders. */
static void pick_nats(struct harness *h, const struct insn *in)
{
    struct probe *p = &h->before;

    p->nat[0] = p->nat[1] = 0;
    if (harness_below(h, 2)) return;
    probe_set_nat(p, 1 + harness_below(h, 127), true);
    if (harness_below(h, 3) == 0) probe_set_nat(p, in->r1, true);
    if (harness_below(h, 3) == 0) probe_set_nat(p, in->r2, true);
    if (harness_below(h, 3) == 0) probe_set_nat(p, in->r3, true);
    probe_set_nat(p, 0, false);
}

static void run_both(struct harness *h, const struct insn *in, const struct probe *want)
{
    unsigned slot = harness_any_slot(h, in);

    harness_run(h, in, slot, HARNESS_FAST);
    harness_expect(h, want);
    harness_run(h, in, slot, HARNESS_OBSERVED);
    harness_expect(h, want);
}

static struct probe wanted_value(const struct harness *h, const struct value_case *c,
                                 const struct insn *in)
{
    struct probe want = h->before;
    struct operands o = { want.gr[in->r2], want.gr[in->r3], in->imm, in->aux };

    want.gr[in->r1] = c->oracle(o);
    probe_set_nat(&want, in->r1, probe_nat(&h->before, in->r2) || probe_nat(&h->before, in->r3));
    return want;
}

static void check_one_value(struct harness *h, const struct value_case *c, struct insn *in)
{
    struct probe *p = &h->before, want;

    if (in->r2) p->gr[in->r2] = harness_operand(h);
    if (in->r3 && in->r3 != in->r2) p->gr[in->r3] = harness_operand(h);
    pick_nats(h, in);
    probe_set_pr(p, in->qp, true);
    want = wanted_value(h, c, in);
    run_both(h, in, &want);
    if (in->qp == 0) return;
    probe_set_pr(p, in->qp, false);
    run_both(h, in, p);
}

/* r0, and the first register behind the frame, are no targets. */
static void check_bad_targets(struct harness *h, struct insn in)
{
    static const u8 sofs[] = { 0, 1, 40, 95 };

    harness_randomize(h);
    in.qp = 6;
    for (unsigned i = 0; i <= ARRAY_LEN(sofs); i++) {
        in.r1 = i ? (u8)(32 + sofs[i - 1]) : 0;
        h->before.cfm = i ? sofs[i - 1] : 96;
        for (int loop = HARNESS_FAST; loop <= HARNESS_OBSERVED; loop++) {
            unsigned slot = harness_any_slot(h, &in);
            probe_set_pr(&h->before, 6, true);
            harness_run(h, &in, slot, (enum harness_loop)loop);
            harness_expect_fault(h, 0x5400, 0);
            probe_set_pr(&h->before, 6, false);
            harness_run(h, &in, slot, (enum harness_loop)loop);
            harness_expect(h, &h->before);
        }
    }
}

void harness_check_value(struct harness *h, const struct value_case *c)
{
    struct insn in = harness_insn(c->meaning);

    h->what = c->meaning;
    for (unsigned i = 0; i < ROUNDS; i++) {
        harness_randomize(h);
        pick_registers(h, c, &in);
        for (unsigned k = 0; k < 4; k++) check_one_value(h, c, &in);
    }
    check_bad_targets(h, in);
}

void harness_check_fixed(struct harness *h, const struct fixed_value *f)
{
    struct insn in = harness_insn(f->meaning);

    h->what = f->meaning;
    harness_randomize(h);
    in.r1 = 40;
    in.r2 = 41;
    in.r3 = 2; /* fits addl */
    in.imm = f->imm;
    in.aux = (u32)f->aux;
    h->before.gr[41] = f->r2;
    h->before.gr[2] = f->r3;
    struct probe want = h->before;
    want.gr[40] = f->want;
    run_both(h, &in, &want);
}
