/* Into the kernel by an interruption.
 *
 * It runs with interrupts off, and touches only what translation registers cover: the kernel, its
 * stacks, the processor's own page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "inst.h"

	.macro	SPILL a, b
	.mem.offset 0,0; st8.spill [r2]=\a,16
	.mem.offset 8,0; st8.spill [r3]=\b,16
	;;
	.endm

	/* The program's b7 is in r29 of bank 0 where paravirtual instructions are calls. */
#ifdef PV_ARE_CALLS
	.macro	B7_TO_R15
	mov	r15=r29
	.endm
	.macro	B7_TO_R23
	mov	r23=r15
	.endm
#else
	.macro	B7_TO_R15
	.endm
	.macro	B7_TO_R23
	mov	r23=b7
	.endm
#endif

	.section .text.PV_ENTRY,"ax"

/* Bank 0, psr.ic = 0; r30: vector; r31: predicates.  Saves struct pt_regs, calls trap(). */
GLOBAL(PV_NAME(interruption))
	MOV_FROM_IPSR r16
	MOV_FROM_IIP r17
	COVER_AND_GET_IFS r18	/* the interrupted frame becomes one of a caller */
	mov	r19=ar.pfs
	mov	r20=ar.rsc
	mov	r24=ar.unat
	mov	r26=ar.k6	/* the current task */
	;;
	mov	ar.rsc=0
	adds	r25=TASK_ON_USTACK,r26
	addl	r28=TASK_SIZE-PT_SIZE,r0
	;;
	mov	r21=ar.rnat
	mov	r22=ar.bspstore
	ld4	r27=[r25]
	;;
	st4	[r25]=r0
	cmp.ne	p6,p7=r27,r0	/* p6: leave the program's stacks */
	adds	r23=TASK_RBS_OFFSET,r26
	;;
(p6)	mov	ar.bspstore=r23
	;;
	mov	r25=ar.bsp
	;;
(p6)	sub	r23=r25,r23
(p7)	mov	r23=r0
(p6)	add	r27=r28,r26
(p7)	adds	r27=-PT_SIZE,r12
	;;
	shl	r23=r23,16	/* what loadrs is to bring back */
	adds	r25=PT_IIP,r27
	;;
	st8	[r27]=r16,16	/* ipsr, iip */
	st8	[r25]=r17,16
	;;
	st8	[r27]=r18,16	/* ifs, pfs */
	st8	[r25]=r19,16
	;;
	st8	[r27]=r20,16	/* rsc, rnat */
	st8	[r25]=r21,16
	;;
	st8	[r27]=r22,16	/* bspstore, loadrs */
	st8	[r25]=r23,16
	;;
	st8	[r27]=r24,PT_R1-PT_UNAT
	st8	[r25]=r31,PT_R2-PT_PR
	;;
	.mem.offset 0,0; st8.spill [r27]=r1,PT_R3-PT_R1
	.mem.offset 8,0; st8.spill [r25]=r2,PT_R8-PT_R2
	;;
	.mem.offset 0,0; st8.spill [r27]=r3,PT_R9-PT_R3
	.mem.offset 8,0; st8.spill [r25]=r8,PT_R10-PT_R8
	;;
	.mem.offset 0,0; st8.spill [r27]=r9,PT_R11-PT_R9
	.mem.offset 8,0; st8.spill [r25]=r10,PT_R12-PT_R10
	;;
	.mem.offset 0,0; st8.spill [r27]=r11,PT_R13-PT_R11
	.mem.offset 8,0; st8.spill [r25]=r12,PT_R14-PT_R12
	;;
	.mem.offset 0,0; st8.spill [r27]=r13,PT_R15-PT_R13
	.mem.offset 8,0; st8.spill [r25]=r14
	;;
	.mem.offset 0,0; st8.spill [r27]=r15
	MOV_FROM_ISR r8		/* arguments of trap(), in registers without banks */
	MOV_FROM_IFA r9
	MOV_FROM_IIM r10
	mov	r11=r30
	mov	r13=r26
	;;
	adds	r14=-PT_R15,r27
	adds	r12=-PT_R15-16,r27
	B7_TO_R15
	;;
	BSW_1	r2,r3,r1
	SSM_PSR_IC r2,r3,r1	/* from here on, faults may nest */
	movl	r1=__gp
	adds	r2=PT_R16,r14
	adds	r3=PT_R17,r14
	;;
	SPILL	r16,r17
	SPILL	r18,r19
	SPILL	r20,r21
	SPILL	r22,r23
	SPILL	r24,r25
	SPILL	r26,r27
	SPILL	r28,r29
	.mem.offset 0,0; st8.spill [r2]=r30
	.mem.offset 8,0; st8.spill [r3]=r31
	;;
	B7_TO_R23
	adds	r15=PT_NATS,r14
	mov	r16=ar.unat
	mov	r17=ar.fpsr
	mov	r18=ar.ccv
	mov	r19=ar.csd
	mov	r20=ar.ssd
	mov	r21=b0
	mov	r22=b6
	adds	r2=PT_FPSR,r14
	;;
	st8	[r15]=r16,16	/* nats, fpsr */
	st8	[r2]=r17,16
	movl	r24=FPSR_DEFAULT
	;;
	st8	[r15]=r18,16	/* ccv, csd */
	st8	[r2]=r19,16
	;;
	st8	[r15]=r20,16	/* ssd, b0 */
	st8	[r2]=r21,16
	;;
	st8	[r15]=r22,16	/* b6, b7 */
	st8	[r2]=r23
	adds	r3=PT_F7,r14
	;;
	st8	[r15]=r11
	adds	r2=PT_F6,r14
	mov	ar.fpsr=r24
	;;
	stf.spill [r2]=f6,32
	stf.spill [r3]=f7,32
	mov	ar.rsc=RSC_KERNEL
	;;
	stf.spill [r2]=f8,32
	stf.spill [r3]=f9,32
	;;
	stf.spill [r2]=f10
	stf.spill [r3]=f11
	;;
	alloc	r15=ar.pfs,0,0,5,0
	mov	out0=r14
	mov	out1=r11
	mov	out2=r8
	mov	out3=r9
	mov	out4=r10
	;;
	br.call.sptk.many b0=trap
	;;
	br.sptk	PV_NAME(leave_kernel)
	;;
END(PV_NAME(interruption))
