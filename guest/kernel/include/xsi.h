/* Addresses in the two pages that a domain shares with the hypervisor.  The base is the highest
 * megabyte of the address space, so that an `addl` reaches every field.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_XSI_H
#define JANUS_XSI_H

#include "layout.h"

#define XSI_BASE UL(0xfffffffffff00000)
#define XSI_REGS (XSI_BASE + 0x4000)
#define XSI(offset) ((offset) + 0x4000 - 0x100000) /* for addl */

#define XSI_BANK1_R16 0x400
#define XSI_B1NATS 0x500
#define XSI_IPSR 0x880
#define XSI_ISR 0x888
#define XSI_IIP 0x898
#define XSI_IFA 0x8a0
#define XSI_ITIR 0x8a8
#define XSI_IFS 0x8b8
#define XSI_IIM 0x8c0
#define XSI_IHA 0x8c8
#define XSI_PRECOVER_IFS 0xc00
#define XSI_PSR_IC 0xc10
#define XSI_PSR_I_ADDR 0xc18
#define XSI_BANKNUM 0xc4c
#define XSI_ITC_OFFSET 0xd50

/* Hyperprivops: `break` with these immediates. */
#define HYPERPRIVOP_RFI 0x1
#define HYPERPRIVOP_RSM_DT 0x2
#define HYPERPRIVOP_SSM_DT 0x3
#define HYPERPRIVOP_COVER 0x4
#define HYPERPRIVOP_ITC_D 0x5
#define HYPERPRIVOP_ITC_I 0x6
#define HYPERPRIVOP_SSM_I 0x7
#define HYPERPRIVOP_GET_IVR 0x8
#define HYPERPRIVOP_GET_TPR 0x9
#define HYPERPRIVOP_SET_TPR 0xa
#define HYPERPRIVOP_EOI 0xb
#define HYPERPRIVOP_SET_ITM 0xc
#define HYPERPRIVOP_THASH 0xd
#define HYPERPRIVOP_PTC_GA 0xe
#define HYPERPRIVOP_GET_RR 0x10
#define HYPERPRIVOP_SET_RR 0x11
#define HYPERPRIVOP_SET_KR 0x12
#define HYPERPRIVOP_FC 0x13
#define HYPERPRIVOP_GET_CPUID 0x14
#define HYPERPRIVOP_GET_PMD 0x15
#define HYPERPRIVOP_GET_PSR 0x19
#define HYPERPRIVOP_SET_RR0_TO_RR4 0x1a
#define HYPERCALL_BREAK 0x1000

#endif
