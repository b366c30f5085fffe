/* The instructions of inst.def in a domain: control registers are memory, the rest is asked of the
 * hypervisor by `break` (xsi.h).  Real psr.ic, psr.i and psr.bn are always 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "xsi.h"

#define PV_NAME(name) xen_##name

	.macro XSI_LOAD reg, offset
	addl	\reg=XSI(\offset),r0
	;;
	ld8	\reg=[\reg]
	.endm
	.macro XSI_STORE offset, reg, clob
	addl	\clob=XSI(\offset),r0
	;;
	st8	[\clob]=\reg
	.endm

	/* Its argument is in r8. */
	.macro ASK_WITH_R8 number, reg, clob
	mov	\clob=r8
	mov	r8=\reg
	;;
	break.m	\number
	;;
	mov	r8=\clob
	;;
	.endm

	.macro MOV_FROM_IPSR reg, link=r28
	XSI_LOAD \reg, XSI_IPSR
	.endm
	.macro MOV_FROM_IIP reg, link=r28
	XSI_LOAD \reg, XSI_IIP
	.endm
	.macro MOV_FROM_ISR reg, link=r28
	XSI_LOAD \reg, XSI_ISR
	.endm
	.macro MOV_FROM_IFA reg, link=r28
	XSI_LOAD \reg, XSI_IFA
	.endm
	.macro MOV_FROM_IHA reg, link=r28
	XSI_LOAD \reg, XSI_IHA
	.endm
	.macro MOV_FROM_IIM reg, link=r28
	XSI_LOAD \reg, XSI_IIM
	.endm

	.macro MOV_TO_IPSR reg, clob, link=r28
	XSI_STORE XSI_IPSR, \reg, \clob
	.endm
	.macro MOV_TO_IIP reg, clob, link=r28
	XSI_STORE XSI_IIP, \reg, \clob
	.endm
	.macro MOV_TO_IFS reg, clob, link=r28
	XSI_STORE XSI_IFS, \reg, \clob
	.endm
	.macro MOV_TO_IFA reg, clob, link=r28
	XSI_STORE XSI_IFA, \reg, \clob
	.endm
	.macro MOV_TO_KR6 reg, clob1, clob2, link=r28
	mov	\clob1=r8
	mov	\clob2=r9
	mov	r9=\reg
	mov	r8=6
	;;
	break.m	HYPERPRIVOP_SET_KR
	;;
	mov	r8=\clob1
	mov	r9=\clob2
	.endm

	.macro ITC_I reg, clob, link=r28
	ASK_WITH_R8 HYPERPRIVOP_ITC_I, \reg, \clob
	.endm
	.macro ITC_D reg, clob, link=r28
	ASK_WITH_R8 HYPERPRIVOP_ITC_D, \reg, \clob
	.endm

	.macro SSM_PSR_IC clob1, clob2, link=r28
	addl	\clob1=XSI(XSI_PSR_IC),r0
	mov	\clob2=1
	;;
	st4	[\clob1]=\clob2
	.endm
	.macro RSM_PSR_IC clob, link=r28
	addl	\clob=XSI(XSI_PSR_IC),r0
	;;
	st4	[\clob]=r0
	.endm
	/* The byte before the mask tells whether events came while it was set. */
	.macro SSM_PSR_I clob1, clob2, pred, link=r28
	XSI_LOAD \clob1, XSI_PSR_I_ADDR
	;;
	st1	[\clob1]=r0,-1
	;;
	ld1	\clob2=[\clob1]
	;;
	cmp.ne	\pred,p0=\clob2,r0
	;;
	(\pred)	break.m HYPERPRIVOP_SSM_I
	;;
	.endm
	.macro RSM_PSR_I clob1, clob2, link=r28
	XSI_LOAD \clob1, XSI_PSR_I_ADDR
	mov	\clob2=1
	;;
	st1	[\clob1]=\clob2
	;;
	.endm
	.macro RSM_PSR_DT link=r28
	break.m	HYPERPRIVOP_RSM_DT
	;;
	.endm
	.macro SSM_PSR_DT link=r28
	break.m	HYPERPRIVOP_SSM_DT
	;;
	.endm

	/* Bank 1 is in memory while bank 0 is in force; r16 to r31 of the processor serve both. */
	.macro BSW_0 clob1, clob2, link=r28
	mov	\clob2=ar.unat
	addl	\clob1=XSI(XSI_BANK1_R16),r0
	;;
	.irp	n,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	st8.spill [\clob1]=r\n,8
	;;
	.endr
	mov	r16=ar.unat
	addl	\clob1=XSI(XSI_B1NATS),r0
	;;
	st8	[\clob1]=r16
	addl	\clob1=XSI(XSI_BANKNUM),r0
	;;
	st4	[\clob1]=r0
	mov	ar.unat=\clob2
	;;
	.endm
	.macro BSW_1 clob1, clob2, link=r28
	mov	\clob2=ar.unat
	addl	\clob1=XSI(XSI_B1NATS),r0
	;;
	ld8	r16=[\clob1]
	addl	\clob1=XSI(XSI_BANK1_R16),r0
	;;
	mov	ar.unat=r16
	;;
	.irp	n,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld8.fill r\n=[\clob1],8
	;;
	.endr
	mov	ar.unat=\clob2
	BSW_1_SCRATCH \clob1, \clob2
	.endm
	.macro BSW_1_SCRATCH clob1, clob2, link=r28
	addl	\clob1=XSI(XSI_BANKNUM),r0
	mov	\clob2=1
	;;
	st4	[\clob1]=\clob2
	;;
	.endm
	.macro DO_COVER link=r28
	break.m	HYPERPRIVOP_COVER
	;;
	.endm
	.macro COVER_AND_GET_IFS reg, link=r28
	break.m	HYPERPRIVOP_COVER
	;;
	XSI_LOAD \reg, XSI_PRECOVER_IFS
	.endm
	.macro DO_RFI link=r28
	break.m	HYPERPRIVOP_RFI
	;;
	.endm
