/* Loads and stores of both register files: values, base updates, NaT bits, UNAT, alignment, byte
 * order, devices, code that is stored to, and every fault a reference can take.  Expected values
 * are put together from bytes here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/memkit.h"

#define D HARNESS_DATA

/* --- general registers ------------------------------------------------------------------------ */

enum form { PLAIN, BY_REG, BY_IMM };
static const char *const form_suffix[] = { "", "_r", "_i" };

static const char *const load_kinds[] = { "", "_s", "_a", "_sa", "_bias", "_acq", "_c_clr", "_c_nc",
                                          "_c_clr_acq" };

static struct insn load_insn(struct harness *h, const char *base, unsigned n, const char *kind,
                             enum form form)
{
    static char name[32];

    snprintf(name, sizeof(name), "%s%u%s%s", base, n, kind, form_suffix[form]);
    struct insn in = kit_insn(h, name, 40, 0, 41);
    if (form == BY_REG) in.r2 = 42;
    if (form == BY_IMM) in.imm = (u64)(s64)((int)harness_below(h, 512) - 256);
    return in;
}

static u64 updated(const struct harness *h, const struct insn *in, enum form form)
{
    u64 base = h->before.gr[in->r3];
    if (form == BY_REG) return base + h->before.gr[in->r2];
    return form == BY_IMM ? base + in->imm : base;
}

/* Runs with the quick path cold, warm, and closed by a NaT bit elsewhere; then predicated off. */
static void run_load(struct harness *h, struct insn in, const struct probe *want)
{
    struct probe w = *want;

    in.qp = 6;
    EACH_LOOP(loop) {
        for (int round = 0; round < 3; round++) {
            alat_clear(h->cpu);
            probe_set_pr(&h->before, 6, true);
            probe_set_pr(&w, 6, true);
            probe_set_nat(&h->before, 127, round == 2);
            probe_set_nat(&w, 127, round == 2);
            harness_run(h, &in, harness_any_slot(h, &in), loop);
            harness_expect(h, &w);
        }
        probe_set_pr(&h->before, 6, false);
        harness_run(h, &in, 0, loop);
        harness_expect(h, &h->before);
    }
    probe_set_nat(&h->before, 127, false);
}

static void loads_extend_with_zeros_and_update_the_base(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    for (unsigned n = 1; n <= 8; n *= 2) {
        for (unsigned k = 0; k < ARRAY_LEN(load_kinds); k++) {
            for (enum form form = PLAIN; form <= BY_IMM; form++) {
                kit_fresh(h);
                struct insn in = load_insn(h, "ld", n, load_kinds[k], form);
                u64 pa = D + n * harness_below(h, 4096);
                kit_random_bytes(h, pa, bytes, n);
                h->before.gr[41] = pa;
                struct probe want = h->before;
                want.gr[40] = kit_number(bytes, n, false);
                want.gr[41] = updated(h, &in, form);
                run_load(h, in, &want);
            }
        }
    }
}

static void the_increment_is_read_before_the_target_is_written(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    kit_fresh(h);
    struct insn in = kit_insn(h, "ld8_r", 40, 40, 41);
    kit_random_bytes(h, D, bytes, 8);
    h->before.gr[41] = D;
    struct probe want = h->before;
    want.gr[40] = kit_number(bytes, 8, false);
    want.gr[41] = D + h->before.gr[40];
    run_load(h, in, &want);
    in = kit_insn(h, "ld8_r", 40, 41, 41); /* r3 += r3 */
    want.gr[41] = 2 * D;
    run_load(h, in, &want);
}

static void a_load_clears_nat_and_a_nat_increment_spreads(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    kit_fresh(h);
    kit_random_bytes(h, D, bytes, 8);
    h->before.gr[41] = D;
    struct insn in = kit_insn(h, "ld8_r", 40, 42, 41);
    probe_set_nat(&h->before, 40, true);
    probe_set_nat(&h->before, 42, true);
    struct probe want = h->before;
    want.gr[40] = kit_number(bytes, 8, false);
    probe_set_nat(&want, 40, false);
    probe_set_nat(&want, 41, true);
    EACH_LOOP(loop) {
        harness_run(h, &in, 0, loop);
        harness_expect(h, &want);
    }
}

static void stores_write_their_bytes_and_nothing_else(void **state)
{
    struct harness *h = *state;
    static const char *const kinds[] = { "", "_rel" };

    for (unsigned n = 1; n <= 8; n *= 2) {
        for (unsigned k = 0; k < 4; k++) {
            enum form form = k & 1 ? BY_IMM : PLAIN;
            kit_fresh(h);
            struct insn in = load_insn(h, "st", n, kinds[k / 2], form);
            in.r1 = 0, in.r2 = 43;
            u64 pa = D + 64 + n * harness_below(h, 1000);
            EACH_LOOP(loop) {
                for (int round = 0; round < 3; round++) {
                    u8 old[24];
                    kit_random_bytes(h, pa - 8, old, 24);
                    h->before.gr[41] = pa;
                    h->before.gr[43] = harness_random(h);
                    kit_bytes(old + 8, n, false, h->before.gr[43]);
                    probe_set_nat(&h->before, 127, round == 2);
                    struct probe want = h->before;
                    want.gr[41] = updated(h, &in, form);
                    harness_run(h, &in, harness_any_slot(h, &in), loop);
                    harness_expect(h, &want);
                    kit_expect_bytes(h, pa - 8, old, 24);
                }
            }
        }
    }
}

static void a_store_of_its_own_base_stores_the_old_value(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    kit_fresh(h);
    struct insn in = kit_insn(h, "st8_i", 0, 41, 41);
    in.imm = 24;
    h->before.gr[41] = D;
    kit_bytes(bytes, 8, false, D);
    struct probe want = h->before;
    want.gr[41] = D + 24;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
    kit_expect_bytes(h, D, bytes, 8);
}

/* A bit of UNAT for each of the 64 doublewords of a 512-byte block. */
static void spill_and_fill_keep_nat_in_unat(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    for (unsigned i = 0; i < 64; i++) {
        for (unsigned nat = 0; nat < 2; nat++) {
            u64 pa = D + 512 * harness_below(h, 8) + 8 * i;
            kit_fresh(h);
            struct insn in = kit_insn(h, nat ? "st8_spill_i" : "st8_spill", 0, 43, 41);
            if (nat) in.imm = 8;
            h->before.gr[41] = pa;
            probe_set_nat(&h->before, 43, nat);
            kit_bytes(bytes, 8, false, h->before.gr[43]);
            struct probe want = h->before;
            want.gr[41] += in.imm;
            for (int warm = 0; warm < 3; warm++) {
                h->before.ar[36] ^= harness_random(h);
                want.ar[36] = (h->before.ar[36] & ~(1ull << i)) | (u64)nat << i;
                harness_run(h, &in, 0, HARNESS_FAST);
                harness_expect(h, &want);
            }
            if (!nat) kit_expect_bytes(h, pa, bytes, 8);

            kit_random_bytes(h, pa, bytes, 8);
            in = kit_insn(h, "ld8_fill_i", 40, 0, 41);
            in.imm = 16;
            kit_fresh(h);
            h->before.gr[41] = pa;
            h->before.ar[36] = (h->before.ar[36] & ~(1ull << i)) | (u64)nat << i;
            want = h->before;
            want.gr[40] = kit_number(bytes, 8, false);
            want.gr[41] = pa + 16;
            probe_set_nat(&want, 40, nat);
            EACH_LOOP(loop) {
                harness_run(h, &in, 0, loop);
                harness_expect(h, &want);
            }
        }
    }
}

static void sixteen_bytes_go_through_csd(void **state)
{
    struct harness *h = *state;
    static const char *const loads[] = { "ld16", "ld16_acq" };
    static const char *const stores[] = { "st16", "st16_rel" };
    u8 bytes[16];

    for (unsigned i = 0; i < 2; i++) {
        kit_fresh(h);
        kit_random_bytes(h, D + 32, bytes, 16);
        struct insn in = kit_insn(h, loads[i], 40, 0, 41);
        h->before.gr[41] = D + 32;
        struct probe want = h->before;
        want.gr[40] = kit_number(bytes, 8, false);
        want.ar[25] = kit_number(bytes + 8, 8, false);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);

        in = kit_insn(h, stores[i], 0, 43, 41);
        kit_bytes(bytes, 8, false, h->before.gr[43]);
        kit_bytes(bytes + 8, 8, false, h->before.ar[25]);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &h->before);
        kit_expect_bytes(h, D + 32, bytes, 16);

        h->before.gr[41] = D + 40;
        harness_run(h, &in, 0, HARNESS_FAST);
        kit_expect_data_fault(h, 0x5a00, ISR_W_BIT, D + 40);
        h->before.gr[41] = (D + 32) | PHYS_UC;
        harness_run(h, &in, 0, HARNESS_FAST);
        kit_expect_data_fault(h, 0x5b00, ISR_W_BIT, (D + 32) | PHYS_UC);
        in = kit_insn(h, loads[i], 40, 0, 41);
        harness_run(h, &in, 0, HARNESS_FAST);
        kit_expect_data_fault(h, 0x5b00, ISR_R_BIT, (D + 32) | PHYS_UC);
        h->before.gr[41] |= 8; /* Unaligned outranks Unsupported */
        harness_run(h, &in, 0, HARNESS_FAST);
        kit_expect_data_fault(h, 0x5a00, ISR_R_BIT, (D + 40) | PHYS_UC);
    }
}

/* --- consumption and illegal targets ---------------------------------------------------------- */

static void nat_addresses_and_data_are_consumed(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        u8 nat;
        u64 isr;
    } cases[] = {
        { "ld1", 41, ISR_R_BIT },      { "ld8_i", 41, ISR_R_BIT },     { "ld4_a", 41, ISR_R_BIT },
        { "ld8_fill", 41, ISR_R_BIT }, { "ld8_c_clr", 41, ISR_R_BIT }, { "ld16", 41, ISR_R_BIT },
        { "st1", 41, ISR_W_BIT },      { "st8_i", 43, ISR_W_BIT },     { "st16", 43, ISR_W_BIT },
        { "st8_spill", 41, ISR_W_BIT }, { "ldfd", 41, ISR_R_BIT },     { "ldfps", 41, ISR_R_BIT },
        { "stfd", 41, ISR_W_BIT },     { "stf_spill_i", 41, ISR_W_BIT },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, cases[i].meaning, 40, 43, 41);
        if (cases[i].meaning[0] == 'l' && strcmp(cases[i].meaning, "ldfps")) in.r2 = 0;
        if (cases[i].meaning[0] == 's') in.r1 = 0;
        h->before.gr[41] = D;
        probe_set_nat(&h->before, cases[i].nat, true);
        EACH_LOOP(loop) {
            harness_run(h, &in, 0, loop);
            harness_expect_fault(h, 0x5600, cases[i].isr | 0x10);
        }
    }
}

/* The quick path is open (the same instruction just ran) when the reason against it appears. */
static void a_warm_page_hides_no_fault(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        u8 r1, r2;
    } cases[] = {
        { "ld8", 40, 0 }, { "ld4_i", 40, 0 }, { "ld8_r", 40, 33 }, { "ld8_fill", 40, 0 },
        { "st8", 0, 34 }, { "st2_i", 0, 34 }, { "st8_spill_i", 0, 2 }, { "ldfd", 40, 0 },
        { "ldfd_i", 40, 0 }, { "ldfs_r", 40, 33 }, { "ldfps_i", 40, 51 }, { "ldf_fill_i", 40, 0 },
        { "stfd", 0, 40 }, { "stfd_i", 0, 40 }, { "stf_spill_i", 0, 40 }, { "xchg8", 40, 34 },
        { "cmpxchg4_acq", 40, 34 }, { "lfetch_fault", 0, 0 }, { "lfetch_fault_i", 0, 0 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        const char *m = cases[i].meaning;
        bool store = m[0] == 's', sema = m[0] == 'x' || m[0] == 'c', fetch = m[1] == 'f';
        bool fp = m[2] == 'f', update = strstr(m, "_i") || strstr(m, "_r");
        u64 rw = store ? ISR_W_BIT : sema ? ISR_R_BIT | ISR_W_BIT : ISR_R_BIT;
        kit_fresh(h);
        struct insn in = kit_insn(h, m, cases[i].r1, cases[i].r2, 60);
        if (strstr(m, "_i")) in.imm = 8;
        h->before.gr[60] = D;
        harness_run(h, &in, 0, HARNESS_FAST);
        assert_int_equal(h->after.ip, h->code + 16);
        probe_set_nat(&h->before, 60, true);
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect_fault(h, 0x5600, fetch ? rw | ISR_NA_BIT | 0x14 : rw | 0x10);
        probe_set_nat(&h->before, 60, false);
        if ((store || sema) && !fp && !strstr(m, "spill")) {
            probe_set_nat(&h->before, 34, true);
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5600, rw | 0x10);
            probe_set_nat(&h->before, 34, false);
        }
        if (fp) {
            h->before.psr |= PSR_DFH;
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5500, rw | 2);
            h->before.psr &= ~PSR_DFH;
        }
        if (fp && store && !strstr(m, "spill")) {
            h->before.fr[40] = FP_NATVAL;
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5600, rw | 0x10);
        }
        if (update) { /* r60 leaves the frame, and with it the right to be written */
            h->before.cfm = 28;
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5400, 0);
        }
        if (cases[i].r1 == 40 && !fp) {
            h->before.cfm = 8;
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect_fault(h, 0x5400, 0);
        }
    }
}

static void targets_outside_the_frame_are_illegal_before_anything_else(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        u8 r1, r3;
    } cases[] = {
        { "ld8", 60, 33 },   { "ld4_i", 60, 33 }, { "ld4_i", 33, 60 },    { "ld8_r", 33, 60 },
        { "ld8_a", 60, 33 }, { "ld8_s", 60, 33 }, { "ldfd_i", 33, 60 },   { "ldfd_s_r", 33, 60 },
        { "st8_i", 0, 60 },  { "stfd_i", 0, 60 }, { "lfetch_i", 0, 60 },
        { "lfetch_fault_r", 0, 60 },
        { "ld16", 60, 33 },  { "getf_sig", 60, 0 }, { "getf_d", 60, 0 },  { "ld8_c_nc", 60, 33 },
        { "xchg8", 60, 33 }, { "fetchadd8_acq", 60, 33 }, { "cmp8xchg16_acq", 60, 33 },
        { "cmpxchg4_rel", 60, 33 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        for (int nat = 0; nat < 2; nat++) {
            kit_fresh(h);
            struct insn in = kit_insn(h, cases[i].meaning, cases[i].r1, 0, cases[i].r3);
            if (!strncmp(cases[i].meaning, "fetchadd", 8)) in.imm = 1;
            h->before.cfm = 60 - 32;
            h->before.gr[33] = D + 3; /* unaligned, and NaT: outranked */
            h->before.psr |= PSR_AC;
            probe_set_nat(&h->before, 33, nat);
            EACH_LOOP(loop) {
                harness_run(h, &in, 0, loop);
                harness_expect_fault(h, 0x5400, 0);
            }
        }
    }
}

/* --- alignment and byte order ----------------------------------------------------------------- */

struct sized {
    const char *load, *store;
    unsigned size, alignment, window;
};
static const struct sized sized[] = {
    { "ld1", "st1", 1, 1, 8 },   { "ld2", "st2", 2, 2, 8 },    { "ld4", "st4", 4, 4, 8 },
    { "ld8", "st8", 8, 8, 8 },   { "ld8_fill", "st8_spill", 8, 8, 8 },
    { "ldfs", "stfs", 4, 4, 16 }, { "ldfd", "stfd", 8, 8, 16 }, { "ldf8", "stf8", 8, 8, 16 },
    { "ldfe", "stfe", 10, 16, 16 }, { "ldf_fill", "stf_spill", 16, 16, 16 },
};

/* What the target of a load holds after reading these bytes; independent of cpu/fp. */
static struct fpreg number_of(const struct sized *s, const u8 *p, bool be)
{
    u64 v = kit_number(p, s->size < 8 ? s->size : 8, be);

    if (s->size == 16 || s->size == 10) {
        unsigned extra = s->size - 8;
        u64 sig = kit_number(be ? p + extra : p, 8, be);
        u64 high = kit_number(be ? p : p + 8, extra, be);
        unsigned top = s->size == 16 ? 17 : 15;
        u32 exp = (u32)(high & ((1u << top) - 1)), sign = high >> top & 1;
        if (s->size == 10 && exp == 0x7fff) exp = 0x1ffff;
        else if (s->size == 10 && exp) exp += 0xc000;
        return (struct fpreg){ sig, exp, sign };
    }
    if (s->load[3] == '8') return (struct fpreg){ v, 0x1003e, 0 };
    unsigned ebits = s->size == 4 ? 8 : 11, fbits = s->size == 4 ? 23 : 52;
    u32 e = (u32)(v >> fbits) & ((1u << ebits) - 1);
    u64 f = v << (64 - fbits) >> 1; /* fraction below bit 63 */
    struct fpreg r = { f, 0, (u32)(v >> (fbits + ebits)) & 1 };
    if (e == (1u << ebits) - 1) r.exp = 0x1ffff, r.sig |= 1ull << 63;
    else if (e) r.exp = e + 0xffff - ((1u << (ebits - 1)) - 1), r.sig |= 1ull << 63;
    else if (f) r.exp = 0xffff - ((1u << (ebits - 1)) - 1) + 1;
    return r;
}

static bool is_fp(const struct sized *s)
{
    return s->load[2] == 'f';
}

/* A value whose store is the bytes. */
static void set_source(struct harness *h, const struct sized *s, const u8 *p, bool be)
{
    if (is_fp(s)) h->before.fr[43] = number_of(s, p, be);
    else h->before.gr[43] = kit_number(p, s->size, be);
}

static void want_loaded(struct harness *h, const struct sized *s, const u8 *p, bool be,
                        struct probe *want)
{
    if (is_fp(s)) {
        want->fr[40] = number_of(s, p, be);
        want->psr |= PSR_MFH;
    } else {
        want->gr[40] = kit_number(p, s->size, be);
    }
    if (!strcmp(s->load, "ld8_fill")) {
        probe_set_nat(want, 40, h->before.ar[36] >> (h->before.gr[41] >> 3 & 63) & 1);
    }
}

static void run_sized(struct harness *h, const struct sized *s, unsigned offset, bool ac, bool be,
                      enum harness_loop loop)
{
    bool faults = offset % s->alignment && (ac || offset % s->window + s->size > s->window);
    u8 bytes[48], data[16];
    u64 pa = D + 0xff0 + offset; /* the last offsets reach into the next page */

    kit_fresh(h);
    h->before.psr |= (ac ? PSR_AC : 0) | (be ? PSR_BE : 0);
    h->before.gr[41] = pa;
    kit_random_bytes(h, D + 0xfe0, bytes, 48);
    struct insn in = kit_insn(h, s->load, 40, 0, 41);
    struct probe want = h->before;
    want_loaded(h, s, bytes + 16 + offset, be, &want);
    harness_run(h, &in, 0, loop);
    if (faults) kit_expect_data_fault(h, 0x5a00, ISR_R_BIT, pa);
    else harness_expect(h, &want);

    in = kit_insn(h, s->store, 0, 43, 41);
    for (unsigned i = 0; i < 16; i++) data[i] = (u8)harness_random(h);
    if (s->size == 16) memset(data + (be ? 0 : 11), 0, 5), data[be ? 5 : 10] &= 1; /* 18 bits */
    if (s->size == 10) data[be ? 0 : 9] |= 1; /* not a zero exponent: see test_exec_fpu */
    set_source(h, s, data, be);
    want = h->before;
    if (!strcmp(s->store, "st8_spill")) want.ar[36] &= ~(1ull << (pa >> 3 & 63));
    if (!faults) memcpy(bytes + 16 + offset, data, s->size);
    harness_run(h, &in, 0, loop);
    if (faults) kit_expect_data_fault(h, 0x5a00, ISR_W_BIT, pa);
    else harness_expect(h, &want);
    kit_expect_bytes(h, D + 0xfe0, bytes, 48);
}

static void unaligned_references_stay_within_a_window_or_fault(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(sized); i++) {
        for (unsigned offset = 0; offset < 16; offset++) {
            EACH_LOOP(loop) {
                run_sized(*state, &sized[i], offset, false, false, loop);
                run_sized(*state, &sized[i], offset, true, false, loop);
            }
        }
    }
}

static void psr_be_turns_the_bytes_round(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(sized); i++) {
        for (unsigned offset = 0; offset < 16; offset++) {
            EACH_LOOP(loop) run_sized(*state, &sized[i], offset, false, true, loop);
        }
    }
}

static void big_endian_pairs_swap_each_half(void **state)
{
    struct harness *h = *state;
    u8 bytes[16];

    kit_fresh(h);
    kit_random_bytes(h, D, bytes, 16);
    h->before.psr |= PSR_BE;
    h->before.gr[41] = D;
    struct insn in = kit_insn(h, "ld16", 40, 0, 41);
    struct probe want = h->before;
    want.gr[40] = kit_number(bytes, 8, true);
    want.ar[25] = kit_number(bytes + 8, 8, true);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
    in = kit_insn(h, "ldfp8", 40, 51, 41);
    want = h->before;
    want.psr |= PSR_MFH;
    want.fr[40] = (struct fpreg){ kit_number(bytes, 8, true), 0x1003e, 0 };
    want.fr[51] = (struct fpreg){ kit_number(bytes + 8, 8, true), 0x1003e, 0 };
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
}

/* --- floating-point registers ----------------------------------------------------------------- */

static const char *const fp_kinds[] = { "", "_s", "_a", "_sa", "_c_clr", "_c_nc" };

static void fp_loads_of_every_kind_fill_the_target_and_mark_it(void **state)
{
    struct harness *h = *state;
    u8 bytes[16];
    char name[32];

    for (unsigned i = 5; i < ARRAY_LEN(sized); i++) {
        for (unsigned k = 0; k < ARRAY_LEN(fp_kinds); k++) {
            if (sized[i].size == 16 && k) continue;
            for (enum form form = PLAIN; form <= BY_IMM; form++) {
                u8 target = k & 1 ? 17 : 71;
                kit_fresh(h);
                snprintf(name, sizeof(name), "%s%s%s", sized[i].load, fp_kinds[k],
                         form_suffix[form]);
                struct insn in = kit_insn(h, name, target, form == BY_REG ? 42 : 0, 41);
                if (form == BY_IMM) in.imm = 0xf0;
                h->before.gr[41] = D + 0x100;
                kit_random_bytes(h, D + 0x100, bytes, 16);
                struct probe want = h->before;
                want.fr[target] = number_of(&sized[i], bytes, false);
                want.psr |= target < 32 ? PSR_MFL : PSR_MFH;
                want.gr[41] = updated(h, &in, form);
                run_load(h, in, &want);
            }
        }
    }
}

static void special_numbers_load_as_the_table_says(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        u64 memory;
        struct fpreg want;
    } cases[] = {
        { "ldfs", 0x00000000, { 0, 0, 0 } },
        { "ldfs", 0x80000000, { 0, 0, 1 } },
        { "ldfs", 0x3f800000, { 1ull << 63, 0xffff, 0 } },
        { "ldfs", 0x00000001, { 1ull << 40, 0xff81, 0 } }, /* not normalised */
        { "ldfs", 0xff800000, { 1ull << 63, 0x1ffff, 1 } },
        { "ldfs", 0x7fc00001, { 0xc000010000000000, 0x1ffff, 0 } },
        { "ldfd", 0, { 0, 0, 0 } },
        { "ldfd", 0x8000000000000000, { 0, 0, 1 } },
        { "ldfd", 0xbff8000000000000, { 3ull << 62, 0xffff, 1 } },
        { "ldfd", 0x000fffffffffffff, { 0x7ffffffffffff800, 0xfc01, 0 } },
        { "ldfd", 0x7ff0000000000000, { 1ull << 63, 0x1ffff, 0 } },
        { "ldfd", 0x7ff4000000000000, { 0xa000000000000000, 0x1ffff, 0 } },
        { "ldf8", 0, { 0, 0x1003e, 0 } },
        { "setf_sig", 0, { 0, 0x1003e, 0 } },
        { "setf_exp", 0x3ffff, { 1ull << 63, 0x1ffff, 1 } },
        { "setf_exp", 0xfffffffffffcffff, { 1ull << 63, 0xffff, 0 } },
        { "setf_s", 0xffffffff3f800000, { 1ull << 63, 0xffff, 0 } },
        { "setf_s", 0x80000000, { 0, 0, 1 } },
        { "setf_s", 0x00400000, { 1ull << 62, 0xff81, 0 } },
        { "setf_d", 0xc000000000000000, { 1ull << 63, 0x10000, 1 } },
        { "setf_d", 0x7fffffffffffffff, { 0xfffffffffffff800, 0x1ffff, 0 } },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        bool load = cases[i].meaning[0] == 'l';
        kit_fresh(h);
        struct insn in = kit_insn(h, cases[i].meaning, 33, load ? 0 : 42, load ? 41 : 0);
        harness_poke(h, D, &cases[i].memory, 8);
        h->before.gr[41] = D;
        h->before.gr[42] = cases[i].memory;
        struct probe want = h->before;
        want.fr[33] = cases[i].want;
        want.psr |= PSR_MFH;
        EACH_LOOP(loop) {
            harness_run(h, &in, 0, loop);
            harness_expect(h, &want);
        }
    }
}

static void pairs_load_two_numbers_and_step_by_their_size(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        unsigned row; /* of sized[], for one half */
    } pairs[] = { { "ldfps", 5 }, { "ldfpd", 6 }, { "ldfp8", 7 } };
    char name[32];
    u8 bytes[16];

    for (unsigned i = 0; i < ARRAY_LEN(pairs); i++) {
        const struct sized *half = &sized[pairs[i].row];
        for (unsigned k = 0; k < 2 * ARRAY_LEN(fp_kinds); k++) {
            kit_fresh(h);
            snprintf(name, sizeof(name), "%s%s%s", pairs[i].meaning, fp_kinds[k / 2],
                     k & 1 ? "_i" : "");
            struct insn in = kit_insn(h, name, 34, 61, 41);
            if (k & 1) in.imm = 2 * half->size;
            kit_random_bytes(h, D + 48, bytes, 16);
            h->before.gr[41] = D + 48;
            struct probe want = h->before;
            want.fr[34] = number_of(half, bytes, false);
            want.fr[61] = number_of(half, bytes + half->size, false);
            want.psr |= PSR_MFH;
            if (k & 1) want.gr[41] += 2 * half->size;
            run_load(h, in, &want);
        }
    }
}

/* One odd and one even physical register; rrb.fr turns a mixed pair over. */
static void the_two_targets_of_a_pair_have_different_parity(void **state)
{
    struct harness *h = *state;

    for (unsigned rrb = 0; rrb < 3; rrb++) {
        for (unsigned odd = 0; odd < 2; odd++) {
            kit_fresh(h);
            h->before.cfm |= (u64)rrb << 25;
            h->before.gr[41] = D;
            struct insn in = kit_insn(h, "ldfpd", 4, (u8)(40 + odd), 41);
            u8 bytes[16];
            kit_random_bytes(h, D, bytes, 16);
            struct probe want = h->before;
            want.fr[4] = number_of(&sized[6], bytes, false);
            want.fr[40 + odd] = number_of(&sized[6], bytes + 8, false);
            want.psr |= PSR_MFL | PSR_MFH;
            harness_run(h, &in, 0, HARNESS_FAST);
            if ((rrb + odd) % 2) harness_expect(h, &want);
            else harness_expect_fault(h, 0x5400, 0);
        }
    }
}

static void natval_is_spilled_but_not_stored(void **state)
{
    struct harness *h = *state;
    static const char *const stores[] = { "stfs", "stfd_i", "stf8", "stfe" };
    const u8 natval[16] = { [8] = 0xfe, 0xff, 0x01 };

    for (unsigned i = 0; i < ARRAY_LEN(stores); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, stores[i], 0, 9, 41);
        h->before.gr[41] = D;
        h->before.fr[9] = FP_NATVAL;
        EACH_LOOP(loop) {
            harness_run(h, &in, 0, loop);
            harness_expect_fault(h, 0x5600, ISR_W_BIT | 0x10);
        }
    }
    struct insn in = kit_insn(h, "stf_spill", 0, 9, 41);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &h->before);
    kit_expect_bytes(h, D, natval, 16);
    in = kit_insn(h, "getf_exp", 40, 9, 0);
    struct probe want = h->before;
    probe_set_nat(&want, 40, true);
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
    in = kit_insn(h, "setf_d", 11, 40, 0);
    probe_set_nat(&h->before, 40, true);
    want = h->before;
    want.fr[11] = FP_NATVAL;
    want.psr |= PSR_MFL;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
}

static void getf_gives_the_memory_image(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        struct fpreg from;
        u64 want;
    } cases[] = {
        { "getf_sig", { 0x123456789abcdef0, 5, 1 }, 0x123456789abcdef0 },
        { "getf_exp", { 1, 0x1fffe, 1 }, 0x3fffe },
        { "getf_exp", { 1, 0x1fffe, 0 }, 0x1fffe }, /* not NaTVal: significand */
        { "getf_s", { 1ull << 63, 0xffff, 1 }, 0xbf800000 },
        { "getf_s", { ~0ull, 0xffff, 0 }, 0x3fffffff }, /* cut, not rounded */
        { "getf_s", { 0, 0, 1 }, 0x80000000 },
        { "getf_d", { 3ull << 62, 0x10000, 0 }, 0x4008000000000000 },
        { "getf_d", { 1ull << 62, 0xfc01, 0 }, 0x0008000000000000 },
        { "getf_d", { 1ull << 63, 0x1ffff, 1 }, 0xfff0000000000000 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        for (int nat = 0; nat < 2; nat++) {
            kit_fresh(h);
            struct insn in = kit_insn(h, cases[i].meaning, 50, 77, 0);
            h->before.fr[77] = cases[i].from;
            probe_set_nat(&h->before, 50, nat);
            struct probe want = h->before;
            want.gr[50] = cases[i].want;
            probe_set_nat(&want, 50, false);
            harness_run(h, &in, 0, HARNESS_FAST);
            harness_expect(h, &want);
        }
    }
}

static void disabled_registers_fault_before_the_reference(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *meaning;
        u8 r1, r2;
        u64 isr;
    } cases[] = {
        { "ldfd", 10, 0, ISR_R_BIT | 1 },       { "ldfd_i", 50, 0, ISR_R_BIT | 2 },
        { "ldfpd", 10, 51, ISR_R_BIT | 3 },     { "ldfs_s", 50, 0, ISR_R_BIT | ISR_SP_BIT | 2 },
        { "stfd", 0, 10, ISR_W_BIT | 1 },       { "stf_spill_i", 0, 50, ISR_W_BIT | 2 },
        { "setf_sig", 10, 0, 1 },               { "getf_sig", 60, 50, 2 },
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, cases[i].meaning, cases[i].r1, cases[i].r2,
                                  strstr(cases[i].meaning, "etf") ? 0 : 41);
        h->before.psr |= PSR_DFL | PSR_DFH;
        h->before.gr[41] = 0x123; /* would fault, too */
        probe_set_nat(&h->before, 41, true);
        EACH_LOOP(loop) {
            harness_run(h, &in, 0, loop);
            harness_expect_fault(h, 0x5500, cases[i].isr);
        }
    }
    kit_fresh(h); /* the other half disabled: no fault */
    struct insn in = kit_insn(h, "ldfd", 10, 0, 41);
    h->before.psr |= PSR_DFH;
    h->before.gr[41] = D;
    u8 bytes[8];
    kit_random_bytes(h, D, bytes, 8);
    struct probe want = h->before;
    want.fr[10] = number_of(&sized[6], bytes, false);
    want.psr |= PSR_MFL;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
}

static void rotated_registers_are_found(void **state)
{
    struct harness *h = *state;
    u8 bytes[8];

    kit_fresh(h);
    h->before.cfm |= 5ull << 25; /* rrb.fr: the harness loads by logical name after setting it */
    h->before.gr[41] = D;
    kit_random_bytes(h, D, bytes, 8);
    struct insn in = kit_insn(h, "ldfd", 126, 0, 41);
    struct probe want = h->before;
    want.fr[126] = number_of(&sized[6], bytes, false);
    want.psr |= PSR_MFH;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
}

/* --- where memory is something else ----------------------------------------------------------- */

struct device {
    u64 offset[4], value[4];
    unsigned size[4], count;
};

static u64 dev_read(void *opaque, u64 offset, unsigned size)
{
    struct device *d = opaque;
    d->offset[d->count % 4] = offset;
    d->size[d->count++ % 4] = size;
    return 0x1122334455667788 >> 8 * (offset % 8);
}

static void dev_write(void *opaque, u64 offset, unsigned size, u64 value)
{
    struct device *d = opaque;
    d->offset[d->count % 4] = offset;
    d->value[d->count % 4] = value;
    d->size[d->count++ % 4] = size;
}

static const struct physmem_ops dev_ops = { "test device", dev_read, dev_write };
#define DEVICE 0x4000000ull
#define ROM 0x5000000ull

static void add_device(struct harness *h, struct device *d)
{
    assert_true(physmem_add_device(h->pm, DEVICE, 0x1000, &dev_ops, d, NULL));
}

static void devices_see_the_reference_as_it_was_made(void **state)
{
    struct harness *h = *state;
    struct device d = { .count = 0 };

    add_device(h, &d);
    for (unsigned n = 1; n <= 8; n *= 2) {
        char name[8];
        kit_fresh(h);
        snprintf(name, sizeof(name), "ld%u", n);
        struct insn in = kit_insn(h, name, 40, 0, 41);
        h->before.gr[41] = (DEVICE + 8) | PHYS_UC;
        struct probe want = h->before;
        want.gr[40] = 0x1122334455667788 & (n == 8 ? ~0ull : (1ull << 8 * n) - 1);
        d.count = 0;
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
        assert_int_equal(d.count, 1);
        assert_int_equal(d.offset[0], 8);
        assert_int_equal(d.size[0], n);
        name[0] = 's', name[1] = 't';
        in = kit_insn(h, name, 0, 43, 41);
        d.count = 0;
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &h->before);
        assert_int_equal(d.count, 1);
        assert_int_equal(d.size[0], n);
        assert_true(d.value[0] == (h->before.gr[43] & (n == 8 ? ~0ull : (1ull << 8 * n) - 1)));
    }
    struct insn in = kit_insn(h, "st4", 0, 43, 41); /* unaligned: pieces, but the same bytes */
    h->before.gr[41] = (DEVICE + 9) | PHYS_UC;
    h->before.gr[43] = 0xaabbccdd;
    d.count = 0;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &h->before);
    assert_int_equal(d.count, 3);
    assert_true(d.offset[0] == 9 && d.size[0] == 1 && d.value[0] == 0xdd);
    assert_true(d.offset[1] == 10 && d.size[1] == 2 && d.value[1] == 0xbbcc);
    assert_true(d.offset[2] == 12 && d.size[2] == 1 && d.value[2] == 0xaa);
    assert_true(physmem_remove_device(h->pm, DEVICE));
}

static void nothing_reads_as_ones_and_rom_stays(void **state)
{
    struct harness *h = *state;
    static const char *const loads[] = { "ld1", "ld2", "ld4", "ld8" };
    u8 bytes[8], rom[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    for (unsigned i = 0; i < 4; i++) {
        kit_fresh(h);
        struct insn in = kit_insn(h, loads[i], 40, 0, 41);
        h->before.gr[41] = 0x3000000;
        struct probe want = h->before;
        want.gr[40] = ~0ull >> (64 - (8u << i));
        harness_run(h, &in, 0, HARNESS_FAST);
        harness_expect(h, &want);
    }
    struct insn in = kit_insn(h, "st8", 0, 43, 41);
    harness_run(h, &in, 0, HARNESS_FAST); /* dropped */
    harness_expect(h, &h->before);

    if (!physmem_host(h->pm, ROM, 8)) {
        assert_true(physmem_add_rom(h->pm, "test rom", ROM, 0x1000, NULL));
        assert_true(physmem_load(h->pm, ROM, rom, 8));
    }
    h->before.gr[41] = ROM;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &h->before);
    harness_peek(h, ROM, bytes, 8);
    assert_memory_equal(bytes, rom, 8);
    in = kit_insn(h, "ld8", 40, 0, 41);
    struct probe want = h->before;
    want.gr[40] = 0x0807060504030201;
    harness_run(h, &in, 0, HARNESS_FAST);
    harness_expect(h, &want);
}

/* The next bundle spins; its second half is replaced by one that branches a bundle further. */
static void code_that_is_stored_to_runs_as_stored(void **state)
{
    struct harness *h = *state;
    static const char *const stores[] = { "st8", "st8_rel", "st8_spill", "stf8" };
    u64 old[2], patched[2];

    for (unsigned i = 0; i < ARRAY_LEN(stores); i++) {
        EACH_LOOP(loop) {
            kit_fresh(h);
            harness_peek(h, h->code + 16, old, 16);
            memcpy(patched, old, 16);
            patched[1] += 1ull << (13 + 23); /* imm20b of slot 2: br .+16 */
            struct insn in = kit_insn(h, stores[i], 0, 43, 41);
            h->before.gr[41] = h->code + 24;
            h->before.gr[43] = patched[1];
            h->before.fr[43].sig = patched[1];
            struct probe want = h->before;
            if (i == 2) want.ar[36] &= ~(1ull << (h->before.gr[41] >> 3 & 63));
            harness_run(h, &in, 0, loop);
            u64 ip = loop == HARNESS_FAST ? h->code + 32 : h->code + 16;
            if (loop == HARNESS_FAST) harness_expect_at(h, &want, ip);
            harness_poke(h, h->code + 16, old, 16);
        }
    }
}

/* --- every data fault ------------------------------------------------------------------------- */

struct refusal {
    const char *what;
    u64 key, pte, psr;
    bool pkr, denied_key, dbr;
    unsigned offset;
    unsigned load, store; /* vectors; 0: goes well */
    u64 code;
};
static const struct refusal refusals[] = {
    { .what = "not present", .pte = PTE_GOOD & ~PTE_P, .load = 0x5000, .store = 0x5000 },
    { .what = "nat page", .pte = PTE_GOOD | PTE_NAT, .load = 0x5600, .store = 0x5600,
      .code = 0x20 },
    { .what = "key miss", .pte = PTE_GOOD, .key = 77, .psr = PSR_PK, .load = 0x1c00,
      .store = 0x1c00 },
    { .what = "key permission", .pte = PTE_GOOD, .key = 77, .psr = PSR_PK, .pkr = true,
      .denied_key = true, .load = 0x5100, .store = 0x5100 },
    { .what = "good key", .pte = PTE_GOOD, .key = 77, .psr = PSR_PK, .pkr = true },
    { .what = "read-only", .pte = PTE_P | PTE_A | PTE_D | PTE_AR(0) | PTE_PL(3), .store = 0x5300 },
    { .what = "kernel page", .pte = PTE_P | PTE_A | PTE_D | PTE_AR(2) | PTE_PL(0), .psr = PSR_CPL,
      .load = 0x5300, .store = 0x5300 },
    { .what = "clean", .pte = PTE_P | PTE_A | PTE_AR(3), .store = 0x2000 },
    { .what = "clean, da", .pte = PTE_P | PTE_A | PTE_AR(3), .psr = PSR_DA },
    { .what = "not accessed", .pte = PTE_P | PTE_D | PTE_AR(3), .load = 0x2800, .store = 0x2800 },
    { .what = "not accessed, da", .pte = PTE_P | PTE_D | PTE_AR(3), .psr = PSR_DA },
    { .what = "debug", .pte = PTE_GOOD, .dbr = true, .psr = PSR_DB, .load = 0x5900,
      .store = 0x5900 },
    { .what = "debug, dd", .pte = PTE_GOOD, .dbr = true, .psr = PSR_DB | PSR_DD },
    { .what = "unaligned", .pte = PTE_GOOD, .psr = PSR_AC, .offset = 4, .load = 0x5a00,
      .store = 0x5a00 },
    { .what = "unaligned but absent", .pte = PTE_GOOD & ~PTE_P, .psr = PSR_AC, .offset = 4,
      .load = 0x5000, .store = 0x5000 },
};

static void prepare_refusal(struct harness *h, const struct refusal *c, bool ed)
{
    struct mmu *mmu = cpu_mmu(h->cpu);

    kit_fresh(h);
    kit_map_all(h, ed);
    kit_map_page(h, c->key, c->pte);
    mmu_set_pkr(mmu, 1, 1); /* key 0, for the code */
    if (c->pkr) mmu_set_pkr(mmu, 2, 1 | (c->denied_key ? 6 : 0) | c->key << 8);
    if (c->dbr) {
        mmu_set_dbr(mmu, 2, PAGE_VA);
        mmu_set_dbr(mmu, 3, 15ull << 56 | 3ull << 62 | (mask64(56) & ~0xfffull));
    }
    h->before.psr |= PSR_IT | PSR_DT | c->psr;
    h->before.gr[41] = PAGE_VA + 64 + c->offset;
}

/* One-shot bits are gone after an instruction that succeeds. */
static void expect_success(struct harness *h, struct probe want)
{
    want.psr &= ~PSR_ONE_SHOT;
    harness_expect(h, &want);
}

static void a_refused_reference_says_why(void **state)
{
    struct harness *h = *state;

    for (unsigned i = 0; i < 4 * ARRAY_LEN(refusals); i++) {
        const struct refusal *c = &refusals[i / 4];
        bool ed = i & 1;
        enum harness_loop loop = i & 2 ? HARNESS_OBSERVED : HARNESS_FAST;
        u64 edbit = ed && c->load != 0x5600 ? ISR_ED_BIT : 0, word;
        prepare_refusal(h, c, ed);
        u64 va = h->before.gr[41];
        struct insn in = kit_insn(h, "ld8_i", 40, 0, 41);
        in.imm = 8;
        harness_peek(h, D + 64, &word, 8);
        struct probe want = h->before;
        want.gr[40] = word;
        want.gr[41] += 8;
        h->what = c->what;
        harness_run(h, &in, 0, loop);
        if (c->load) kit_expect_data_fault(h, c->load, ISR_R_BIT | edbit | c->code, va);
        else expect_success(h, want);

        in = kit_insn(h, "st8", 0, 43, 41);
        h->what = c->what;
        harness_run(h, &in, 0, loop);
        if (c->store) kit_expect_data_fault(h, c->store, ISR_W_BIT | edbit | c->code, va);
        else expect_success(h, h->before);

        in = kit_insn(h, "stf_spill", 0, 43, 41); /* 16 bytes, so 4 off is unaligned, too */
        h->what = c->what;
        harness_run(h, &in, 0, loop);
        if (c->store) kit_expect_data_fault(h, c->store, ISR_W_BIT | edbit | c->code, va);
    }
}

static void a_miss_is_alternate_or_nested(void **state)
{
    struct harness *h = *state;

    kit_fresh(h);
    kit_map_all(h, false);
    struct insn in = kit_insn(h, "ld8", 40, 0, 41);
    h->before.psr |= PSR_IT | PSR_DT;
    h->before.gr[41] = PAGE_VA;
    harness_run(h, &in, 0, HARNESS_FAST);
    kit_expect_data_fault(h, 0x1000, ISR_R_BIT, PAGE_VA);
    h->before.psr &= ~PSR_IC;
    h->before.cr[17] = 0x1234;
    harness_run(h, &in, 0, HARNESS_FAST);
    assert_int_equal(h->after.ip, HARNESS_IVA + 0x1400);
    assert_int_equal(h->after.cr[17], 0x1234); /* nothing is recorded */
    assert_true(h->after.cr[20] == h->before.cr[20]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_extend_with_zeros_and_update_the_base),
        cmocka_unit_test(the_increment_is_read_before_the_target_is_written),
        cmocka_unit_test(a_load_clears_nat_and_a_nat_increment_spreads),
        cmocka_unit_test(stores_write_their_bytes_and_nothing_else),
        cmocka_unit_test(a_store_of_its_own_base_stores_the_old_value),
        cmocka_unit_test(spill_and_fill_keep_nat_in_unat),
        cmocka_unit_test(sixteen_bytes_go_through_csd),
        cmocka_unit_test(nat_addresses_and_data_are_consumed),
        cmocka_unit_test(a_warm_page_hides_no_fault),
        cmocka_unit_test(targets_outside_the_frame_are_illegal_before_anything_else),
        cmocka_unit_test(unaligned_references_stay_within_a_window_or_fault),
        cmocka_unit_test(psr_be_turns_the_bytes_round),
        cmocka_unit_test(big_endian_pairs_swap_each_half),
        cmocka_unit_test(fp_loads_of_every_kind_fill_the_target_and_mark_it),
        cmocka_unit_test(special_numbers_load_as_the_table_says),
        cmocka_unit_test(pairs_load_two_numbers_and_step_by_their_size),
        cmocka_unit_test(the_two_targets_of_a_pair_have_different_parity),
        cmocka_unit_test(natval_is_spilled_but_not_stored),
        cmocka_unit_test(getf_gives_the_memory_image),
        cmocka_unit_test(disabled_registers_fault_before_the_reference),
        cmocka_unit_test(rotated_registers_are_found),
        cmocka_unit_test(devices_see_the_reference_as_it_was_made),
        cmocka_unit_test(nothing_reads_as_ones_and_rom_stays),
        cmocka_unit_test(code_that_is_stored_to_runs_as_stored),
        cmocka_unit_test(a_refused_reference_says_why),
        cmocka_unit_test(a_miss_is_alternate_or_nested),
    };
    return cmocka_run_group_tests_name("exec: mem", tests, harness_setup, harness_teardown);
}
