/* Hypercalls and their commands: one line to a case.  `words` go to the argument's place; `at` is a
 * word of it afterwards, `value` what must be there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/ledger.h"

#include <string.h>

enum { PERM = -1, NOENT = -2, SRCH = -3, FAULT = -14, EXIST = -17, INVAL = -22, NOSPC = -28,
       NOSYS = -38 };

#define BUF (0x8000000000000000ull | KIT_BUF)
#define LIST (KIT_BUF + 0x100)                     /* what an argument may point to */
#define LIST_HANDLE (0x8000000000000000ull | LIST)
#define PAGES (KIT_MEM / XEN_PAGE_SIZE)
#define NOWHERE (0x8000000000000000ull | (KIT_MEM - 1)) /* over the end of memory */
#define PAIR(low, high) ((u64)(u32)(low) | (u64)(high) << 32)
#define SELF 0x7ff0ull
#define OTHER 5ull

struct call {
    const char *command; /* NULL: a hypercall without commands of its own */
    enum kind kind;
    u8 number;
    u64 args[5];
    u64 words[5];
    s64 want;
    u64 mask, value;     /* of word `at` afterwards; mask 0: not looked at */
    u8 at;
    bool unbound;        /* port 3 is one of the guest's own, for itself */
};

/* number and name of a hypercall, for rows without commands */
static const char *const names[64] = {
#define HYPERCALL(nr, name, args) [nr] = #name,
#include "hypercall/hypercalls.def"
};

#define LOW 0xffffffffull
#define HIGH (0xffffffffull << 32)
#define S16_AT_0 0xffffull
#define S16_AT_16 (0xffffull << 16)

static const struct call calls[] = {
    { NULL, DONE,    6,  { 0 }, { 0 }, .want = 0 },
    { NULL, REFUSED, 6,  { 9 }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 6,  { 2, 2 }, { 0 }, .want = NOSYS },             /* suspend */
    { NULL, REFUSED, 7,  { BUF }, { 0 }, .want = PERM },
    { NULL, DONE,    12, { 2 }, { 0 }, .want = PAGES - 1 },
    { NULL, DONE,    12, { 3 }, { 0 }, .want = PAGES },
    { NULL, DONE,    12, { 4 }, { 0 }, .want = PAGES },
    { NULL, REFUSED, 12, { 99, BUF }, { 0 }, .want = NOSYS },
    { NULL, DONE,    13, { BUF, 1 }, { 17, 0, 0 },
      .want = 0, .mask = ~0ull, .value = 0x40001, .at = 1 },
    { NULL, REFUSED, 13, { BUF, 4097 }, { 0 }, .want = INVAL },
    { NULL, REFUSED, 13, { NOWHERE, 1 }, { 0 }, .want = FAULT },
    { NULL, REFUSED, 13, { BUF, 1 }, { 13, 0, BUF },
      .want = 0, .mask = ~0ull, .value = (u64)INVAL, .at = 1 }, /* in itself */
    { NULL, DONE,    17, { 0 }, { 0 }, .want = 0x40001 },
    { NULL, DONE,    17, { 6, BUF }, { 0 }, .want = 0 },
    { NULL, DONE,    17, { 7 }, { 0 }, .want = 16384 },
    { NULL, REFUSED, 17, { 7, BUF }, { 0 }, .want = INVAL },
    { NULL, REFUSED, 17, { 6, BUF }, { 1 }, .want = INVAL },
    { NULL, REFUSED, 17, { 1, NOWHERE }, { 0 }, .want = FAULT },
    { NULL, REFUSED, 17, { 8, BUF }, { 0 }, .want = NOSYS },
    { NULL, DONE,    18, { 0, 5, BUF }, { 0x6f6c6c6568 }, .want = 5 },
    { NULL, DONE,    18, { 1, 5, BUF }, { 0 }, .want = 0 },
    { NULL, REFUSED, 18, { 2, 5, BUF }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 18, { 0, 5, NOWHERE }, { 0 }, .want = FAULT },
    { NULL, DONE,    20, { 6, BUF, 0 }, { 0 }, .want = 0 },
    { NULL, REFUSED, 20, { 6, BUF, 4097 }, { 0 }, .want = INVAL },
    { NULL, REFUSED, 20, { 3, BUF, 1 }, { 0 }, .want = NOSYS },
    { NULL, DONE,    24, { 3, 0 }, { 0 }, .want = 1 },
    { NULL, DONE,    24, { 3, 1 }, { 0 }, .want = 0 },
    { NULL, DONE,    24, { 4, 0, BUF }, { ~0ull }, .want = 0, .mask = LOW, .value = 0, .at = 0 },
    { NULL, DONE,    24, { 5, 0, BUF }, { LIST_HANDLE }, .want = 0 },
    { NULL, REFUSED, 24, { 3, 2 }, { 0 }, .want = NOENT },
    { NULL, REFUSED, 24, { 4, 0, NOWHERE }, { 0 }, .want = FAULT },
    { NULL, REFUSED, 24, { 5, 0, BUF }, { LIST_HANDLE + 4 }, .want = FAULT },
    { NULL, REFUSED, 24, { 5, 0, BUF }, { 0x8000000000000000ull | KIT_MEM }, .want = FAULT },
    { NULL, REFUSED, 24, { 5, 0, NOWHERE }, { 0 }, .want = FAULT },
    { NULL, REFUSED, 24, { 7, 0, BUF }, { 0 }, .want = NOSYS },
    { NULL, DONE,    29, { 0 }, { 0 }, .want = 0 },
    { NULL, REFUSED, 29, { 9, BUF }, { 0 }, .want = NOSYS },
    { NULL, DONE,    30, { 0, BUF }, { 0, 0x4000100 }, .want = 0 },
    { NULL, REFUSED, 30, { 1, BUF }, { 0 }, .want = INVAL },
    { NULL, REFUSED, 30, { 2, BUF }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 31, { 0, BUF }, { 0 }, .want = NOSYS },
    { NULL, DONE,    32, { 6, BUF }, { SELF }, .want = 0 },
    { NULL, REFUSED, 32, { 11, BUF }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 33, { 8, BUF }, { 0 }, .want = PERM },
    { NULL, REFUSED, 33, { 5, BUF }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 34, { 0, BUF }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 35, { BUF }, { 0 }, .want = PERM },
    { NULL, REFUSED, 36, { BUF }, { 0 }, .want = PERM },
    { NULL, REFUSED, 37, { 0, BUF }, { 0 }, .want = PERM },
    { NULL, DONE,    48, { 1, 1234 }, { 0 }, .want = 1234 },
    { NULL, DONE,    48, { 3, 1234 }, { 0 }, .want = 1234 },
    { NULL, DONE,    48, { 8, 0 }, { 0 }, .want = 0 },
    { NULL, REFUSED, 48, { 7, 0 }, { 0 }, .want = NOSYS },
    { NULL, REFUSED, 49, { 3 }, { 0 }, .want = PERM },
    { NULL, REFUSED, 50, { 0, BUF }, { 0 }, .want = PERM },

    { "memory_op.increase_reservation", REFUSED, 12, { 0, BUF }, { LIST_HANDLE, 1, 0, SELF },
      .want = 0 },
    { "memory_op.increase_reservation", REFUSED, 12, { 0, NOWHERE }, { 0 }, .want = FAULT },
    { "memory_op.decrease_reservation", DONE, 12, { 1, BUF }, { LIST_HANDLE, 1, 0, SELF },
      .want = 1 },
    { "memory_op.decrease_reservation", REFUSED, 12, { 1, BUF }, { LIST_HANDLE, 1, 0, OTHER },
      .want = PERM },
    { "memory_op.decrease_reservation", REFUSED, 12, { 1, BUF }, { NOWHERE, 1, 0, SELF },
      .want = 0 },
    { "memory_op.decrease_reservation", REFUSED, 12, { 1, BUF },
      { LIST_HANDLE, 1, 40, SELF }, .want = 0 },                       /* extents of 2^40 pages */
    { "memory_op.populate_physmap", DONE, 12, { 6, BUF }, { LIST_HANDLE, 2, 0, SELF }, .want = 2 },
    { "memory_op.populate_physmap", REFUSED, 12, { 6, BUF }, { LIST_HANDLE, 1, 0, OTHER },
      .want = PERM },
    { "memory_op.add_to_physmap", REFUSED, 12, { 7, BUF }, { SELF }, .want = NOSYS },

    { "sched_op.shutdown", DONE, 29, { 2, BUF }, { 0 }, .want = 0 },
    { "sched_op.shutdown", REFUSED, 29, { 2, BUF }, { 2 }, .want = NOSYS },
    { "sched_op.poll", DONE, 29, { 3, BUF }, { LIST_HANDLE, 1, 0 }, .want = 0 },
    { "sched_op.poll", REFUSED, 29, { 3, BUF }, { LIST_HANDLE, 129, 0 }, .want = INVAL },
    { "sched_op.poll", REFUSED, 29, { 3, BUF }, { NOWHERE, 1, 0 }, .want = FAULT },
    { "sched_op.poll", REFUSED, 29, { 3, BUF }, { BUF, 1, 0 },
      .want = INVAL }, /* itself: no such port */

    { "callback_op.register", DONE, 30, { 0, BUF }, { 0, 0x4000100 }, .want = 0 },
    { "callback_op.register", DONE, 30, { 0, BUF }, { 1, 0x4000100 }, .want = 0 },
    { "callback_op.register", REFUSED, 30, { 0, BUF }, { 2, 0x4000100 }, .want = NOSYS },
    { "callback_op.register", REFUSED, 30, { 0, BUF }, { 0, 0xf100000000000000ull },
      .want = INVAL },

    { "event_channel_op.bind_interdomain", REFUSED, 32, { 0, BUF }, { OTHER, 1 }, .want = SRCH },
    { "event_channel_op.bind_interdomain", REFUSED, 32, { 0, BUF }, { PAIR(SELF, 1) }, .want = INVAL },
    { "event_channel_op.bind_interdomain", REFUSED, 32, { 0, BUF }, { PAIR(SELF, LOW) }, .want = INVAL },
    { "event_channel_op.bind_interdomain", DONE, 32, { 0, BUF }, { PAIR(SELF, 3) }, .want = 0,
      .mask = LOW, .value = 4, .at = 1, .unbound = true },
    { "event_channel_op.bind_virq", DONE, 32, { 1, BUF }, { PAIR(16, 1) },
      .want = 0, .mask = LOW, .value = 3, .at = 1 },
    { "event_channel_op.bind_virq", REFUSED, 32, { 1, BUF }, { PAIR(24, 0) }, .want = INVAL },
    { "event_channel_op.bind_virq", REFUSED, 32, { 1, BUF }, { PAIR(2, 1) }, .want = INVAL },
    { "event_channel_op.bind_virq", REFUSED, 32, { 1, BUF }, { PAIR(16, 2) }, .want = NOENT },
    { "event_channel_op.bind_pirq", REFUSED, 32, { 2, BUF }, { 1 }, .want = PERM },
    { "event_channel_op.close", DONE, 32, { 3, BUF }, { 1 }, .want = 0 },
    { "event_channel_op.close", REFUSED, 32, { 3, BUF }, { 0 }, .want = INVAL },
    { "event_channel_op.close", REFUSED, 32, { 3, BUF }, { 3 }, .want = INVAL },
    { "event_channel_op.close", REFUSED, 32, { 3, BUF }, { 4096 }, .want = INVAL },
    { "event_channel_op.send", DONE, 32, { 4, BUF }, { 1 }, .want = 0 },
    { "event_channel_op.send", REFUSED, 32, { 4, BUF }, { 3 }, .want = INVAL },
    { "event_channel_op.send", REFUSED, 32, { 4, BUF }, { LOW }, .want = INVAL },
    { "event_channel_op.status", DONE, 32, { 5, BUF }, { PAIR(SELF, 1), ~0ull },
      .want = 0, .mask = LOW, .value = 2, .at = 1 },
    { "event_channel_op.status", REFUSED, 32, { 5, BUF }, { PAIR(OTHER, 1) }, .want = SRCH },
    { "event_channel_op.status", REFUSED, 32, { 5, BUF }, { PAIR(SELF, 4096) }, .want = INVAL },
    { "event_channel_op.alloc_unbound", DONE, 32, { 6, BUF }, { SELF },
      .want = 0, .mask = HIGH, .value = 3ull << 32, .at = 0 },
    { "event_channel_op.alloc_unbound", REFUSED, 32, { 6, BUF }, { OTHER }, .want = PERM },
    { "event_channel_op.bind_ipi", DONE, 32, { 7, BUF }, { 1 },
      .want = 0, .mask = HIGH, .value = 3ull << 32, .at = 0 },
    { "event_channel_op.bind_ipi", REFUSED, 32, { 7, BUF }, { 2 }, .want = NOENT },
    { "event_channel_op.bind_vcpu", DONE, 32, { 8, BUF }, { PAIR(1, 1) }, .want = 0 },
    { "event_channel_op.bind_vcpu", REFUSED, 32, { 8, BUF }, { PAIR(1, 2) }, .want = NOENT },
    { "event_channel_op.bind_vcpu", REFUSED, 32, { 8, BUF }, { PAIR(3, 1) }, .want = INVAL },
    { "event_channel_op.unmask", DONE, 32, { 9, BUF }, { 1 }, .want = 0 },
    { "event_channel_op.unmask", REFUSED, 32, { 9, BUF }, { 3 }, .want = INVAL },
    { "event_channel_op.reset", DONE, 32, { 10, BUF }, { SELF }, .want = 0 },
    { "event_channel_op.reset", REFUSED, 32, { 10, BUF }, { OTHER }, .want = PERM },

    { "physdev_op.apic_read", REFUSED, 33, { 8, BUF }, { 0 }, .want = PERM },
    { "physdev_op.apic_write", REFUSED, 33, { 9, BUF }, { 0 }, .want = PERM },
    { "physdev_op.alloc_irq_vector", REFUSED, 33, { 10, BUF }, { 0 }, .want = PERM },
    { "physdev_op.free_irq_vector", REFUSED, 33, { 11, BUF }, { 0 }, .want = PERM },

    /* refusals of single entries are in their status, a signed half word */
    { "grant_table_op.map", REFUSED, 20, { 0, BUF, 1 }, { 0, PAIR(0, 8), 0 },
      .want = 0, .mask = S16_AT_16, .value = (u16)-2 << 16, .at = 2 },
    { "grant_table_op.unmap", REFUSED, 20, { 1, BUF, 1 }, { 0, 0, 7 },
      .want = 0, .mask = 0xffffull << 32, .value = (u64)(u16)-4 << 32, .at = 2 },
    { "grant_table_op.setup_table", DONE, 20, { 2, BUF, 1 }, { PAIR(SELF, 1), ~0ull, LIST_HANDLE },
      .want = 0, .mask = S16_AT_0, .value = 0, .at = 1 },
    { "grant_table_op.setup_table", REFUSED, 20, { 2, BUF, 1 }, { PAIR(SELF, 5), 0, LIST_HANDLE },
      .want = 0, .mask = S16_AT_0, .value = (u16)-1, .at = 1 },
    { "grant_table_op.setup_table", REFUSED, 20, { 2, BUF, 1 }, { PAIR(OTHER, 1), 0, LIST_HANDLE },
      .want = 0, .mask = S16_AT_0, .value = (u16)-2, .at = 1 },
    { "grant_table_op.setup_table", REFUSED, 20, { 2, BUF, 1 }, { PAIR(SELF, 1), 0, NOWHERE },
      .want = FAULT },
    { "grant_table_op.query_size", DONE, 20, { 6, BUF, 1 }, { SELF, 0 },
      .want = 0, .mask = LOW, .value = 4, .at = 1 },
    { "grant_table_op.query_size", REFUSED, 20, { 6, BUF, 1 }, { OTHER, 0 },
      .want = 0, .mask = 0xffffull << 32, .value = (u64)(u16)-2 << 32, .at = 1 },
    { "grant_table_op.copy", DONE, 20, { 5, BUF, 1 }, { 1024, SELF, 1025, SELF, 64 | ~0ull << 32 },
      .want = 0, .mask = 0xffffull << 32, .value = 0, .at = 4 },
    { "grant_table_op.copy", REFUSED, 20, { 5, BUF, 1 }, { PAGES, SELF, 1025, SELF, 64 },
      .want = 0, .mask = 0xffffull << 32, .value = (u64)(u16)-9 << 32, .at = 4 },
    { "grant_table_op.copy", REFUSED, 20, { 5, BUF, 1 }, { 1024, OTHER, 1025, SELF, 64 },
      .want = 0, .mask = 0xffffull << 32, .value = (u64)(u16)-2 << 32, .at = 4 },
    { "grant_table_op.copy", REFUSED, 20, { 5, BUF, 1 },
      { 1024, SELF | 16380ull << 16, 1025, SELF, 64 },
      .want = 0, .mask = 0xffffull << 32, .value = (u64)(u16)-10 << 32, .at = 4 },
};

static void perform(struct kit *k, const struct call *c)
{
    static const u64 list[4] = { 1, 2, 3, 4 };
    const char *row = c->command ? c->command : names[c->number];
    u64 after;
    begin(k);
    kit_put(k, LIST, list, sizeof list);
    if (c->unbound) {
        struct evtchn_alloc_unbound mine = { SELF, SELF, 0 };
        assert_int_equal(kit_struct(k, 32, 6, &mine, sizeof mine), 0);
        assert_int_equal(mine.port, 3);
    }
    kit_put(k, KIT_BUF, c->words, sizeof c->words);
    s64 got = kit_call(k, c->number, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4]);
    if (got != c->want) {
        fail_msg("%s, command %d: %lld instead of %lld", row, (int)c->args[0], (long long)got,
                 (long long)c->want);
    }
    kit_get(k, KIT_BUF + 8 * c->at, &after, sizeof after);
    if ((after & c->mask) != (c->value & c->mask)) {
        fail_msg("%s, command %d: word %u is %#llx afterwards", row, (int)c->args[0], c->at,
                 (unsigned long long)after);
    }
    ledger_mark(c->command ? COMMANDS : HYPERCALLS, row, c->kind);
}

/* --- hostile arguments ------------------------------------------------------------------------ */

/* A descriptor whose pieces are itself, and one with as many pieces as a number can say. */
static void plant_descriptors(struct kit *k)
{
    struct {
        u32 magic, n;
        u64 pieces[8];
    } self = { .magic = 0x58434f4d, .n = 8 };
    for (unsigned i = 0; i < 8; i++) self.pieces[i] = KIT_DESC;
    kit_put(k, KIT_DESC, &self, sizeof self);
    self.n = ~0u;
    for (unsigned i = 0; i < 8; i++) self.pieces[i] = ~0ull;
    kit_put(k, KIT_DESC + 0x100, &self, sizeof self);
}

static const u64 hostile[] = {
    0, ~0ull, 1, NOWHERE, 0x8000000000000000ull, 0x87ffffffffffffffull, KIT_DESC, KIT_DESC + 0x100,
    KIT_DESC + 1, KIT_MEM, 1ull << 50, 0xe000000000000000ull, 0xf500000000000000ull,
};

static void attack(struct kit *k, unsigned number, u64 cmd, bool has_cmd, const char *row)
{
    for (unsigned i = 0; i < ARRAY_LEN(hostile); i++) {
        begin(k);
        plant_descriptors(k);
        u64 bad = hostile[i];
        (void)kit_call(k, number, has_cmd ? cmd : bad, bad, number == 20 ? 1 : bad, bad, bad);
        expect_unharmed(k, row);
    }
}

void try_hypercalls(struct kit *k)
{
    for (unsigned i = 0; i < ARRAY_LEN(calls); i++) perform(k, &calls[i]);
#define HYPERCALL(nr, name, args)                                                                  \
    attack(k, nr, 0, false, #name);                                                                \
    ledger_mark(HYPERCALLS, #name, HOSTILE);
#include "hypercall/hypercalls.def"
#define memory_op_NUMBER 12
#define sched_op_NUMBER 29
#define callback_op_NUMBER 30
#define event_channel_op_NUMBER 32
#define physdev_op_NUMBER 33
#define grant_table_op_NUMBER 20
#define SUBOPS_OF_memory_op
#define SUBOPS_OF_sched_op
#define SUBOPS_OF_callback_op
#define SUBOPS_OF_event_channel_op
#define SUBOPS_OF_physdev_op
#define SUBOPS_OF_grant_table_op
#define SUBOP(op, cmd, name, type, direction)                                                      \
    attack(k, op##_NUMBER, cmd, true, #op "." #name);                                              \
    ledger_mark(COMMANDS, #op "." #name, HOSTILE);
#include "hypercall/subops.def"
}
