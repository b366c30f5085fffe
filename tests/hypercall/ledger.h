/* The ledger of the doors to the hypervisor: each row of its tables, and what a test has seen of
 * it.
 *
 * A mark comes from a case that compared what it got, never from a call alone.  A row needs three:
 * it did its job, it refused in a way that is foretold, it met hostile arguments.  Rows that cannot
 * have one of them say why (ledger.def).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_HYPERCALL_LEDGER_H
#define TESTS_HYPERCALL_LEDGER_H

#include "tests/hypercall/kit.h"

enum family { HYPERCALLS, COMMANDS, HYPERPRIVOPS, PRIVOPS, FIRMWARE, STORE };
enum kind { DONE, REFUSED, HOSTILE, KINDS };

void ledger_mark(enum family family, const char *row, enum kind kind);
unsigned ledger_missing(void);  /* prints what is; how many */
void ledger_print(FILE *out);   /* the table of docs/xen-abi.md */

/* cases_*.c: all cases of a family */
void try_hypercalls(struct kit *k);
void try_hyperprivops(struct kit *k);
void try_privops(struct kit *k);
void try_firmware(struct kit *k);
void try_store(struct kit *k);

/* As after power-on, with processor 0 at level 1 and in virtual mode. */
void begin(struct kit *k);
/* The domain may have been stopped, with a reason; the emulator is as it was. */
void expect_unharmed(struct kit *k, const char *row);

#endif
