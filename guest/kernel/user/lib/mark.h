/* Phases, for counters that listen from outside: nops that name what runs between them.  They do
 * nothing on machines that do not know them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef USER_MARK_H
#define USER_MARK_H

#include "user.h"

/* The name is read first, so that it can be found through the translation in force. */
static inline void phase_begin(const char *name, long iterations)
{
    __asm__ volatile("mov r14 = %0\n\tmov r15 = %1\n\t;;\n\tld1 r16 = [r14]\n\t;;\n\t"
                     "add r16 = r16, r0\n\t;;\n\tnop.m 0x164000\n\t;;"
                     : : "r"(name), "r"(iterations) : "r14", "r15", "r16", "memory");
}

static inline void phase_end(void)
{
    __asm__ volatile(";;\n\tnop.m 0x164001\n\t;;" : : : "memory");
}

#endif
