/* The instructions of inst.def on bare hardware: themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#define PV_NAME(name) native_##name

	.macro MOV_FROM_IPSR reg
	mov	\reg=cr.ipsr
	.endm
	.macro MOV_FROM_IIP reg
	mov	\reg=cr.iip
	.endm
	.macro MOV_FROM_ISR reg
	mov	\reg=cr.isr
	.endm
	.macro MOV_FROM_IFA reg
	mov	\reg=cr.ifa
	.endm
	.macro MOV_FROM_IHA reg
	mov	\reg=cr.iha
	.endm
	.macro MOV_FROM_IIM reg
	mov	\reg=cr.iim
	.endm

	.macro MOV_TO_IPSR reg, clob
	mov	cr.ipsr=\reg
	.endm
	.macro MOV_TO_IIP reg, clob
	mov	cr.iip=\reg
	.endm
	.macro MOV_TO_IFS reg, clob
	mov	cr.ifs=\reg
	.endm
	.macro MOV_TO_IFA reg, clob
	mov	cr.ifa=\reg
	.endm
	.macro MOV_TO_KR6 reg, clob1, clob2
	mov	ar.k6=\reg
	.endm

	.macro ITC_I reg, clob
	itc.i	\reg
	;;
	srlz.d
	;;
	.endm
	.macro ITC_D reg, clob
	itc.d	\reg
	;;
	srlz.d
	;;
	.endm

	.macro SSM_PSR_IC clob1, clob2
	ssm	psr.ic
	;;
	srlz.d
	.endm
	.macro RSM_PSR_IC clob
	rsm	psr.ic
	;;
	srlz.d
	.endm
	.macro SSM_PSR_I clob1, clob2, pred
	ssm	psr.i
	;;
	srlz.d
	.endm
	.macro RSM_PSR_I clob1, clob2
	rsm	psr.i
	;;
	.endm
	.macro RSM_PSR_I_IC clob1, clob2
	rsm	psr.i | psr.ic
	;;
	srlz.d
	.endm
	.macro RSM_PSR_DT
	rsm	psr.dt
	;;
	srlz.d
	.endm
	.macro SSM_PSR_DT
	ssm	psr.dt
	;;
	srlz.d
	.endm

	.macro BSW_0 clob1, clob2
	bsw.0
	;;
	.endm
	.macro BSW_1 clob1, clob2
	bsw.1
	;;
	.endm
	.macro BSW_1_SCRATCH clob1, clob2
	bsw.1
	;;
	.endm
	.macro DO_COVER
	cover
	;;
	.endm
	.macro COVER_AND_GET_IFS reg
	cover
	;;
	mov	\reg=cr.ifs
	.endm
	.macro DO_RFI
	rfi
	;;
	.endm
