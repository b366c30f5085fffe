/* For comparison with code in place: every paravirtual instruction is a call.  A function for each
 * combination of registers is made when it is first needed.
 *
 *     PV_CALLS 1, branch   return address in b7, direct branch
 *     PV_CALLS 2, table    return address in `link`, branch through a table to b7
 *
 * Interruption handlers must keep the program's b7: in r29, as long as they are in bank 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

	.set	dt_is_off, 0

	.macro	KEEP_B7
	mov	r29=b7
	.endm
	.macro	RESTORE_B7
	mov	b7=r29
	;;
	.endm

	.macro	FUNCTION op, args, link, name
	.ifndef	.Lfn_\name
	.pushsection .text.PV_CALLED, "ax"
	.align	32
.Lfn_\name:
	IN_PLACE_\op \args
	;;
#if PV_CALLS == 2
	mov	b7=\link
	;;
#endif
	br.cond.sptk.many b7
	;;
	.popsection
#if PV_CALLS == 2
	.pushsection .data.PV_CALLED, "aw"
	.align	8
.Ltable_\name:
	data8	.Lfn_\name
	.popsection
#endif
	.endif
	.endm

#if PV_CALLS == 2
	.macro	CALL op, args, temporary, link, name
	FUNCTION \op, "\args", \link, \name
	movl	\link=.Ltable_\name
	;;
	.if	dt_is_off
	dep	\link=0,\link,61,3
	;;
	.endif
	ld8	\link=[\link]
	;;
	mov	b7=\link
	movl	\link=.Lback\@
	br.cond.sptk.many b7
	;;
.Lback\@:
	.endm
#else
	.macro	CALL op, args, temporary, link, name
	FUNCTION \op, "\args", \link, \name
	movl	\temporary=.Lback\@
	;;
	mov	b7=\temporary
	br.cond.sptk.many .Lfn_\name
	;;
.Lback\@:
	.endm
#endif

	.macro	MOV_FROM_IPSR reg, link=r28
	CALL	MOV_FROM_IPSR, "\reg", \reg, \link, MOV_FROM_IPSR_\reg\()_\link
	.endm
	.macro	MOV_FROM_IIP reg, link=r28
	CALL	MOV_FROM_IIP, "\reg", \reg, \link, MOV_FROM_IIP_\reg\()_\link
	.endm
	.macro	MOV_FROM_ISR reg, link=r28
	CALL	MOV_FROM_ISR, "\reg", \reg, \link, MOV_FROM_ISR_\reg\()_\link
	.endm
	.macro	MOV_FROM_IFA reg, link=r28
	CALL	MOV_FROM_IFA, "\reg", \reg, \link, MOV_FROM_IFA_\reg\()_\link
	.endm
	.macro	MOV_FROM_IHA reg, link=r28
	CALL	MOV_FROM_IHA, "\reg", \reg, \link, MOV_FROM_IHA_\reg\()_\link
	.endm
	.macro	MOV_FROM_IIM reg, link=r28
	CALL	MOV_FROM_IIM, "\reg", \reg, \link, MOV_FROM_IIM_\reg\()_\link
	.endm
	.macro	MOV_TO_IPSR reg, clob, link=r28
	CALL	MOV_TO_IPSR, "\reg, \clob", \clob, \link, MOV_TO_IPSR_\reg\()_\clob\()_\link
	.endm
	.macro	MOV_TO_IIP reg, clob, link=r28
	CALL	MOV_TO_IIP, "\reg, \clob", \clob, \link, MOV_TO_IIP_\reg\()_\clob\()_\link
	.endm
	.macro	MOV_TO_IFS reg, clob, link=r28
	CALL	MOV_TO_IFS, "\reg, \clob", \clob, \link, MOV_TO_IFS_\reg\()_\clob\()_\link
	.endm
	.macro	MOV_TO_IFA reg, clob, link=r28
	CALL	MOV_TO_IFA, "\reg, \clob", \clob, \link, MOV_TO_IFA_\reg\()_\clob\()_\link
	.endm
	.macro	MOV_TO_KR6 reg, clob1, clob2, link=r28
	CALL	MOV_TO_KR6, "\reg, \clob1, \clob2", \clob1, \link, MOV_TO_KR6_\reg\()_\clob1\()_\clob2\()_\link
	.endm
	.macro	ITC_I reg, clob, link=r28
	CALL	ITC_I, "\reg, \clob", \clob, \link, ITC_I_\reg\()_\clob\()_\link
	.endm
	.macro	ITC_D reg, clob, link=r28
	CALL	ITC_D, "\reg, \clob", \clob, \link, ITC_D_\reg\()_\clob\()_\link
	.endm
	.macro	SSM_PSR_IC clob1, clob2, link=r28
	CALL	SSM_PSR_IC, "\clob1, \clob2", \clob1, \link, SSM_PSR_IC_\clob1\()_\clob2\()_\link
	.endm
	.macro	RSM_PSR_IC clob, link=r28
	CALL	RSM_PSR_IC, "\clob", \clob, \link, RSM_PSR_IC_\clob\()_\link
	.endm
	.macro	SSM_PSR_I clob1, clob2, pred, link=r28
	CALL	SSM_PSR_I, "\clob1, \clob2, \pred", \clob1, \link, SSM_PSR_I_\clob1\()_\clob2\()_\pred\()_\link
	.endm
	.macro	RSM_PSR_I clob1, clob2, link=r28
	CALL	RSM_PSR_I, "\clob1, \clob2", \clob1, \link, RSM_PSR_I_\clob1\()_\clob2\()_\link
	.endm
	.macro	RSM_PSR_DT link=r28
	CALL	RSM_PSR_DT, "", \link, \link, RSM_PSR_DT_\link
	.set	dt_is_off, 1
	.endm
	.macro	SSM_PSR_DT link=r28
	CALL	SSM_PSR_DT, "", \link, \link, SSM_PSR_DT_\link
	.set	dt_is_off, 0
	.endm
	.macro	BSW_0 clob1, clob2, link=r28
	CALL	BSW_0, "\clob1, \clob2", \clob1, \link, BSW_0_\clob1\()_\clob2\()_\link
	.endm
	.macro	BSW_1 clob1, clob2, link=r28
	CALL	BSW_1, "\clob1, \clob2", \clob1, \link, BSW_1_\clob1\()_\clob2\()_\link
	.endm
	.macro	BSW_1_SCRATCH clob1, clob2, link=r28
	CALL	BSW_1_SCRATCH, "\clob1, \clob2", \clob1, \link, BSW_1_SCRATCH_\clob1\()_\clob2\()_\link
	.endm
	.macro	DO_COVER link=r28
	CALL	DO_COVER, "", \link, \link, DO_COVER_\link
	.endm
	.macro	COVER_AND_GET_IFS reg, link=r28
	CALL	COVER_AND_GET_IFS, "\reg", \reg, \link, COVER_AND_GET_IFS_\reg\()_\link
	.endm

	/* There is no return from this one. */
	.macro	DO_RFI link=r28
	RESTORE_B7
	IN_PLACE_DO_RFI
	.set	dt_is_off, 0
	.endm
