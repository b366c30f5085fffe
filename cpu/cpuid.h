/* What this processor says about itself: an Itanium 2 (Madison) that has also learnt the few
 * unprivileged integer instructions of later parts.  Read by mov r1=cpuid[r3] and by tf.
 * SDM 1:3.1.11.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_CPUID_H
#define CPU_CPUID_H

#include "base/types.h"

/* CPUID[4], by the names of SDM 1:3.1.11 and of the tf instruction. */
#define CPUID4_LB (1ull << 0)   /* brl */
#define CPUID4_SD (1ull << 1)   /* spontaneous deferral: no */
#define CPUID4_AO (1ull << 2)   /* ld16, st16, cmp8xchg16 */
#define CPUID4_RU (1ull << 3)   /* ar.ruc: no */
#define CPUID4_CLZ (1ull << 32) /* clz */
#define CPUID4_MPY (1ull << 33) /* mpy4, mpyshl4 */
#define CPUID4 (CPUID4_LB | CPUID4_AO | CPUID4_CLZ | CPUID4_MPY)

#define CPUID3_NUMBER 4   /* the highest CPUID register */
#define CPUID3_REVISION 5
#define CPUID3_MODEL 1    /* Madison */
#define CPUID3_FAMILY 0x1f
#define CPUID3_ARCHREV 0
#define CPUID3                                                                                    \
    (CPUID3_NUMBER | CPUID3_REVISION << 8 | CPUID3_MODEL << 16 | (u64)CPUID3_FAMILY << 24 |       \
     (u64)CPUID3_ARCHREV << 32)

#define CPUID0 0x49656e69756e6547ull /* "GenuineI", first letter lowest */
#define CPUID1 0x6c65746eull         /* "ntel" */
#define CPUID2 0ull

#define CPUID_COUNT (CPUID3_NUMBER + 1)
static inline u64 cpuid_value(unsigned n)
{
    const u64 values[CPUID_COUNT] = { CPUID0, CPUID1, CPUID2, CPUID3, CPUID4 };
    return n < CPUID_COUNT ? values[n] : 0;
}

#endif
