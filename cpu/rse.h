/* Numbers of the application registers the stack engine and branches use, and what else rse.c
 * offers inside cpu/.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_RSE_H
#define CPU_RSE_H

#include "cpu/state-priv.h"

enum {
    AR_RSC = 16, AR_BSP = 17, AR_BSPSTORE = 18, AR_RNAT = 19,
    AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40, AR_ITC = 44,
    AR_PFS = 64, AR_LC = 65, AR_EC = 66,
};
enum { CR_IPSR = 16, CR_IIP = 19, CR_IFS = 23 };

void rse_reset(struct cpu *cpu);
/* Registers that loadrs with the current RSC.loadrs would need in the dirty partition. */
unsigned rse_loadrs_registers(const struct cpu *cpu);
/* NaT bit and value of the i-th oldest dirty register, i < ndirty. */
unsigned rse_dirty(const struct cpu *cpu, unsigned i, u64 *value);

#endif
