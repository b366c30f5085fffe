/* See ledger.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/ledger.h"

#include <stdio.h>
#include <string.h>

static struct row {
    enum family family;
    unsigned number;
    const char *name, *text;
    bool marks[KINDS];
    const char *exempt[KINDS];
} rows[] = {
#define HYPERCALL(nr, name, args) { HYPERCALLS, nr, #name, args, { 0 }, { 0 } },
#include "hypercall/hypercalls.def"
#define SUBOPS_OF_memory_op
#define SUBOPS_OF_sched_op
#define SUBOPS_OF_callback_op
#define SUBOPS_OF_event_channel_op
#define SUBOPS_OF_physdev_op
#define SUBOPS_OF_grant_table_op
#define SUBOP(op, cmd, name, type, direction)                                                      \
    { COMMANDS, cmd, #op "." #name, #type, { 0 }, { 0 } },
#include "hypercall/subops.def"
#define HYPERPRIVOP(nr, name, path, gives, text) { HYPERPRIVOPS, nr, #name, text, { 0 }, { 0 } },
#include "hypercall/hyperprivops.def"
#define PRIVOP(meaning, fn) { PRIVOPS, 0, #meaning, "", { 0 }, { 0 } },
#include "hypercall/privops.def"
#define FIRMWARE(nr, name, text) { FIRMWARE, nr, #name, text, { 0 }, { 0 } },
#include "hypercall/firmware.def"
#define XS(type, name, fn) { STORE, type, #name, "", { 0 }, { 0 } },
#include "hypercall/xenstore.def"
};

static const struct {
    enum family family;
    const char *row;
    enum kind kind;
    const char *why;
} exemptions[] = {
#define EXEMPT(family, row, kind, why) { family, #row, kind, why },
#include "tests/hypercall/ledger.def"
};

static const char *const families[] = {
    "hypercall", "command", "hyperprivop", "instruction", "firmware", "xenstore",
};
static const char *const kinds[KINDS] = { "a success", "a refusal", "hostile arguments" };

static struct row *find(enum family family, const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].family == family && !strcmp(rows[i].name, name)) return &rows[i];
    }
    fail_msg("no %s is called %s", families[family], name);
    return NULL;
}

void ledger_mark(enum family family, const char *row, enum kind kind)
{
    find(family, row)->marks[kind] = true;
}

static void apply_exemptions(void)
{
    for (unsigned i = 0; i < ARRAY_LEN(exemptions); i++) {
        struct row *row = find(exemptions[i].family, exemptions[i].row);
        row->exempt[exemptions[i].kind] = exemptions[i].why;
    }
}

unsigned ledger_missing(void)
{
    unsigned missing = 0;
    apply_exemptions();
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            bool exempt = rows[i].exempt[kind] != NULL;
            if (rows[i].marks[kind] != exempt) continue;
            print_error("%s %s: %s %s\n", families[rows[i].family], rows[i].name, kinds[kind],
                        exempt ? "was seen though ledger.def rules it out" : "was never seen");
            missing++;
        }
    }
    return missing;
}

static const char *cell(const struct row *r, enum kind kind)
{
    if (r->marks[kind]) return "tested";
    return r->exempt[kind] ? r->exempt[kind] : "**no test**";
}

void ledger_print(FILE *out)
{
    apply_exemptions();
    fprintf(out, "| | number | name | does its job | refuses | hostile arguments |\n"
                 "| --- | --- | --- | --- | --- | --- |\n");
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        char number[16] = "";
        if (r->family != PRIVOPS) snprintf(number, sizeof number, "%#x", r->number);
        fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", families[r->family], number, r->name,
                cell(r, DONE), cell(r, REFUSED), cell(r, HOSTILE));
    }
}
