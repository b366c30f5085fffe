/* The instructions of inst.def on bare hardware: themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#define PV_NAME(name) native_##name

	/* Built with PV_POISON, what may be destroyed is: code that counts on it fails at once, not
	 * only in a domain. */
	.macro POISON regs:vararg
#ifdef PV_POISON
	;;
	.irp	reg, \regs
	movl	\reg=0x5a5a5a5a5a5a5a5a
	.endr
	;;
#endif
	.endm
	.macro POISON_PREDICATE pred
#ifdef PV_POISON
	cmp.eq	\pred,p0=r0,r0
	;;
#endif
	.endm

	/* In force for data accesses that follow. */
	.macro AND_SRLZ_D text:vararg
	\text
	;;
	srlz.d
	.endm

	.macro MOV_FROM_IPSR reg, link=r28
	mov	\reg=cr.ipsr
	.endm
	.macro MOV_FROM_IIP reg, link=r28
	mov	\reg=cr.iip
	.endm
	.macro MOV_FROM_ISR reg, link=r28
	mov	\reg=cr.isr
	.endm
	.macro MOV_FROM_IFA reg, link=r28
	mov	\reg=cr.ifa
	.endm
	.macro MOV_FROM_IHA reg, link=r28
	mov	\reg=cr.iha
	.endm
	.macro MOV_FROM_IIM reg, link=r28
	mov	\reg=cr.iim
	.endm

	.macro MOV_TO_IPSR reg, clob, link=r28
	mov	cr.ipsr=\reg
	POISON	\clob
	.endm
	.macro MOV_TO_IIP reg, clob, link=r28
	mov	cr.iip=\reg
	POISON	\clob
	.endm
	.macro MOV_TO_IFS reg, clob, link=r28
	mov	cr.ifs=\reg
	POISON	\clob
	.endm
	.macro MOV_TO_IFA reg, clob, link=r28
	mov	cr.ifa=\reg
	POISON	\clob
	.endm
	.macro MOV_TO_KR6 reg, clob1, clob2, link=r28
	mov	ar.k6=\reg
	POISON	\clob1, \clob2
	.endm

	.macro ITC_I reg, clob, link=r28
	AND_SRLZ_D itc.i \reg
	;;
	POISON	\clob
	.endm
	.macro ITC_D reg, clob, link=r28
	AND_SRLZ_D itc.d \reg
	;;
	POISON	\clob
	.endm

	.macro SSM_PSR_IC clob1, clob2, link=r28
	ssm	psr.ic
	;;
	srlz.d
	POISON	\clob1, \clob2
	.endm
	.macro RSM_PSR_IC clob, link=r28
	rsm	psr.ic
	;;
	srlz.d
	POISON	\clob
	.endm
	.macro SSM_PSR_I clob1, clob2, pred, link=r28
	ssm	psr.i
	;;
	srlz.d
	POISON	\clob1, \clob2
	POISON_PREDICATE \pred
	.endm
	.macro RSM_PSR_I clob1, clob2, link=r28
	rsm	psr.i
	;;
	POISON	\clob1, \clob2
	.endm
	.macro RSM_PSR_DT link=r28
	AND_SRLZ_D rsm psr.dt
	.endm
	.macro SSM_PSR_DT link=r28
	AND_SRLZ_D ssm psr.dt
	.endm

	.macro BSW_0 clob1, clob2, link=r28
	bsw.0
	;;
	POISON	\clob1, \clob2
	.endm
	.macro BSW_1 clob1, clob2, link=r28
	bsw.1
	;;
	POISON	\clob1, \clob2
	.endm
	.macro BSW_1_SCRATCH clob1, clob2, link=r28
	bsw.1
	;;
	POISON	\clob1, \clob2
	.endm
	.macro DO_COVER link=r28
	cover
	;;
	.endm
	.macro COVER_AND_GET_IFS reg, link=r28
	cover
	;;
	mov	\reg=cr.ifs
	.endm
	.macro DO_RFI link=r28
	rfi
	;;
	.endm
