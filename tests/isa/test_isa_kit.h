/* What the tests of the instruction table share: random numbers that are the same every day, slots
 * that belong to a given row, and bundles to put them in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_ISA_TEST_ISA_KIT_H
#define TESTS_ISA_TEST_ISA_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include "base/bits.h"
#include "cpu/isa/isa-priv.h"

#define SLOT_MASK ((1ull << ISA_SLOT_BITS) - 1)

static inline u64 random_next(u64 *state)
{
    u64 x = *state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Random bits, often with few ones or few zeroes, where the corners are. */
static inline u64 random_slot(u64 *state)
{
    u64 x = random_next(state), how = random_next(state);
    if (how % 4 == 0) x &= random_next(state) & random_next(state);
    if (how % 8 == 1) x |= random_next(state) | random_next(state);
    return x & SLOT_MASK;
}

static inline bool is_pseudo(unsigned row)
{
    return insn_rows[row].attrs & ATTR_PSEUDO;
}

static inline u64 random_of_row(u64 *state, unsigned row)
{
    const struct insn_row *r = &insn_rows[row];
    return (random_slot(state) & ~r->mask) | r->match;
}

/* A template and slot where instructions of a unit may stand, branches in slot 2. */
static inline unsigned place_for(char unit, unsigned *slotno)
{
    switch (unit) {
    case 'I': *slotno = 1; return 0x00;
    case 'F': *slotno = 1; return 0x0c;
    case 'B': *slotno = 2; return 0x10;
    case 'X': *slotno = 2; return 0x04;
    default:  *slotno = 0; return 0x00;
    }
}

/* The unit as decode wants it: 'A' rows run on M and I. */
static inline char unit_of_row(unsigned row)
{
    return insn_rows[row].unit == 'A' ? 'M' : insn_rows[row].unit;
}

/* A bundle with one instruction and nops around it. */
static inline void lone_bundle(char unit, u64 slot, u64 lslot, u8 bundle[16])
{
    unsigned slotno, template = place_for(unit, &slotno);
    u64 slots[3];
    for (unsigned i = 0; i < 3; i++)
        slots[i] = isa_templates[template].name[i] == 'B' ? 2ull << 37 : 1ull << 27;
    if (unit == 'X') slots[1] = lslot;
    slots[slotno] = slot;
    isa_join(template, slots, bundle);
}

#endif
