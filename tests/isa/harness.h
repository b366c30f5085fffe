/* One instruction under glass.  A processor with a little memory, in physical mode, psr.ic = 1, at
 * cpl 0: fill in `before`, place one instruction in a slot, run it in the fast or the observed
 * loop, and compare the whole state with what a test wants.  Whatever a test does not mention must
 * not change.
 *
 *     struct harness *h = harness_new();
 *     harness_randomize(h);                            // h->before: random, but legal
 *     struct insn in = harness_insn("add_rr");         // by meaning; then fill in operands
 *     in.r1 = 5, in.r2 = 6, in.r3 = 7;
 *     struct probe want = h->before;
 *     want.gr[5] = h->before.gr[6] + h->before.gr[7];
 *     harness_run(h, &in, 0, HARNESS_FAST);            // fills h->after
 *     harness_expect(h, &want);
 *
 * All memory that holds no test code is bundles that branch to themselves, so a run ends wherever
 * the instruction leads: the next bundle, a branch target, an interruption vector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_ISA_HARNESS_H
#define TESTS_ISA_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/psr.h"

#define HARNESS_IVA 0x8000ull
#define HARNESS_CODE 0x20000ull  /* where the instruction goes, unless h->code says otherwise */
#define HARNESS_DATA 0x40000ull  /* 64 KiB of data, and room for the RSE behind */
#define HARNESS_DATA_SIZE 0x10000ull
#define HARNESS_STACK 0x60000ull
#define HARNESS_RAM 0x80000ull

/* Everything a program can see.  GRs 16-31 are those of bank 1 whatever psr.bn says. */
struct probe {
    u64 gr[128];
    u64 nat[2];
    struct fpreg fr[128];
    u64 pr;         /* physical order, as mov r=pr gives it */
    u64 br[8];
    u64 ar[128];
    u64 cr[128];
    u64 cfm, psr;   /* psr without ri */
    u64 ip;
};

enum harness_loop { HARNESS_FAST, HARNESS_OBSERVED };

struct harness {
    struct cpu *cpu;
    struct physmem *pm;
    struct probe before, after;
    bool loaded;         /* of harness_run_on: the processor is as the test made it */
    u64 code;            /* bundle address of the instruction */
    unsigned slot;       /* where the last one was placed */
    u64 placed[3];       /* address and bundle in memory now */
    u64 random;          /* state of the generator */
    const struct insn *running; /* of harness_run, for the ledger */
    const char *what;    /* shown when an expectation fails */
    char failure[256];   /* words of the fatal hook */
};

struct harness *harness_new(void);
void harness_free(struct harness *h);

/* --- preparing -------------------------------------------------------------------------------- */

/* A new random `before`: every GR, FR, BR, PR; frame of 96, no rotation; no NaTs; psr.ic, bn. */
void harness_randomize(struct harness *h);
u64 harness_random(struct harness *h);           /* any 64 bits */
u64 harness_operand(struct harness *h);          /* often 0, -1, a limit, or a few bits */
unsigned harness_below(struct harness *h, unsigned n);

bool probe_nat(const struct probe *p, unsigned r);
void probe_set_nat(struct probe *p, unsigned r, bool nat);
/* PR by its logical name in p's frame. */
bool probe_pr(const struct probe *p, unsigned r);
void probe_set_pr(struct probe *p, unsigned r, bool value);

/* The first row with this meaning; the test fails if there is none. */
struct insn harness_insn(const char *meaning);

/* Slots (bit per slot) where the instruction's unit can stand. */
unsigned harness_slots(const struct insn *in);
unsigned harness_any_slot(struct harness *h, const struct insn *in);

/* --- running ---------------------------------------------------------------------------------- */

/* `before` into the processor, `in` (other slots nops) into memory, run, `after` out of it. */
void harness_run(struct harness *h, const struct insn *in, unsigned slot, enum harness_loop loop);
/* The same for three raw slots. */
void harness_run_bundle(struct harness *h, unsigned template, const u64 slots[3], unsigned first,
                        enum harness_loop loop);
/* harness_run in two steps, for tests that do something to the processor in between. */
void harness_load(struct harness *h);
void harness_run_on(struct harness *h, const struct insn *in, unsigned slot, enum harness_loop loop);
u64 harness_nop(char unit); /* 'M' 'I' 'F' 'B' 'X' */

/* Data memory: any range in RAM. */
void harness_peek(struct harness *h, u64 pa, void *buf, size_t len);
void harness_poke(struct harness *h, u64 pa, const void *buf, size_t len);

/* --- expecting -------------------------------------------------------------------------------- */

/* after == want in every register; values of GRs with a NaT bit are not compared.  want->ip is
 * ignored: the next bundle is expected unless _at is used. */
void harness_expect(struct harness *h, const struct probe *want);
void harness_expect_at(struct harness *h, const struct probe *want, u64 ip);
/* Nothing changed but what delivery does: vector, iip, ipsr, isr (ei is added here). */
void harness_expect_fault(struct harness *h, unsigned vector, u64 isr);

/* --- whole families --------------------------------------------------------------------------- */

/* An instruction that computes one GR from up to two GRs and immediates. */
struct operands {
    u64 r2, r3, imm, aux;
};
enum { USES_R2 = 1, USES_R3 = 2, R3_IS_2_BITS = 4 };
struct value_case {
    const char *meaning;
    unsigned sources;
    u64 (*oracle)(struct operands o);
    /* Fills in->imm and in->aux with something the row can hold; NULL: no immediates. */
    void (*immediates)(struct harness *h, struct insn *in);
};

/* Values, overlapping registers, both loops, all slots, qp 0, NaT in each source, r0 and
 * out-of-frame targets. */
void harness_check_value(struct harness *h, const struct value_case *c);

/* One known result. */
struct fixed_value {
    const char *meaning;
    u64 r2, r3, imm, aux, want;
};
void harness_check_fixed(struct harness *h, const struct fixed_value *f);

/* The case for cmocka: each test owns a harness. */
int harness_setup(void **state);
int harness_teardown(void **state);

#endif
