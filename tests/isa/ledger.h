/* Which axes of which rows have been tested: written down as the tests run.  See ledger.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_ISA_LEDGER_H
#define TESTS_ISA_LEDGER_H

#include "tests/isa/harness.h"

enum ledger_axis {
#define AXIS(id, name, text) AX_##id,
#include "tests/isa/ledger.def"
    AX_COUNT
};

/* `in`, or (NULL) what stands in slot `first` of the bundle, ran; see h->before and h->after. */
void ledger_ran(const struct harness *h, const struct insn *in, const u64 bundle[2],
                unsigned first, enum harness_loop loop);
/* A test has compared what it ran last with what it wanted. */
void ledger_checked(void);

/* For tests that compare runs with each other, not with an oracle: they do not prove results. */
void ledger_compares_runs(void);

/* The axes (1 << AX_) that apply to a row, as the table says. */
u32 ledger_applicable(const struct insn_row *row);
const char *ledger_axis_name(unsigned axis);

/* The first and last slot that the row's unit can have in a bundle; last = first: only one. */
void ledger_slots(const struct insn_row *row, unsigned *first, unsigned *last);

#endif
