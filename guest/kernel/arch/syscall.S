/* System calls, by `break 0x100000` and through the gate page by `epc`.  Both meet in the same
 * state, in bank 1 with interrupts off:
 *
 *     r2 psr, r3 address to return to, r8 predicates of the program; r15 number;
 *     the program's frame is the current one, its arguments are its first output registers.
 *
 * A call is like a function call: what a function may destroy, a system call may destroy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "inst.h"

	.section .text.PV_ENTRY,"ax"

	/* Away from the program's stacks; keeps what must come back. */
	.macro LEAVE_PROGRAM
	mov	r10=r13
	mov	r11=r12
	mov	r14=r1
	mov	r13=ar.k6
	mov	r24=ar.rsc
	mov	r25=ar.unat
	mov	r26=ar.pfs
	;;
	mov	ar.rsc=0
	adds	r29=TASK_RBS_OFFSET,r13
	;;
	mov	r27=ar.rnat
	mov	r28=ar.bspstore
	;;
	mov	ar.bspstore=r29
	;;
	.endm

	/* In a frame whose inputs are the arguments: copy them.  What is not a value becomes -1. */
	.macro COPY_ARGUMENTS
	tnat.nz	p6,p0=in0
	tnat.nz	p7,p0=in1
	tnat.nz	p8,p0=in2
	tnat.nz	p9,p0=in3
	tnat.nz	p10,p0=in4
	tnat.nz	p11,p0=in5
	tnat.nz	p12,p0=in6
	tnat.nz	p13,p0=in7
	tnat.nz	p14,p0=r15
	mov	r16=in0
	mov	r17=in1
	mov	r18=in2
	mov	r19=in3
	mov	r20=in4
	mov	r21=in5
	mov	r22=in6
	mov	r23=in7
	;;
(p6)	mov	r16=-1
(p7)	mov	r17=-1
(p8)	mov	r18=-1
(p9)	mov	r19=-1
(p10)	mov	r20=-1
(p11)	mov	r21=-1
(p12)	mov	r22=-1
(p13)	mov	r23=-1
(p14)	mov	r15=-1
	;;
	.endm

GLOBAL(PV_NAME(syscall_by_break))
	extr.u	r9=r2,PSR_RI_SHIFT,2	/* return behind the break */
	;;
	cmp.eq	p6,p7=2,r9
	adds	r9=1,r9
	;;
(p6)	mov	r9=0
(p6)	adds	r3=16,r3
	;;
	dep	r2=r9,r2,PSR_RI_SHIFT,2
	BSW_1_SCRATCH r10,r11,r14
	SSM_PSR_IC r16,r17,r18
	LEAVE_PROGRAM
	br.call.sptk.many b7=.Lfetch	/* a frame of its own to see the arguments in */
	;;
	DO_COVER r30		/* the program's frame becomes one of a caller */
	extr.u	r9=r9,0,38
	br.sptk	.Lcommon
	;;
.Lfetch:
	alloc	r9=ar.pfs,8,0,0,0
	COPY_ARGUMENTS
	br.ret.sptk.many b7
	;;
END(PV_NAME(syscall_by_break))

/* From the gate page: by `epc`, after a call with the return address in b6; r2: user mask.  What
 * the program's frame is only its own register stack knows for certain, parts of which may be in
 * its memory: so return to `br.ret b6` in the gate page, with an empty frame. */
GLOBAL(PV_NAME(syscall_by_epc))
	LEAVE_PROGRAM
	adds	r16=TASK_USER_PSR,r13
	mov	r8=pr
	movl	r3=GATE_RETURN
	;;
	ld8	r17=[r16]
	mov	r9=r0
	;;
	or	r2=r2,r17
	alloc	r29=ar.pfs,8,0,0,0
	COPY_ARGUMENTS
	alloc	r29=ar.pfs,0,0,0,0
	;;
	br.sptk	.Lcommon
	;;
END(PV_NAME(syscall_by_epc))

/* r9: the program's frame, for cr.ifs; r16 to r23: arguments; r10, r11, r14: its r13, r12, r1;
 * r24 to r28: its ar.rsc, unat, pfs, rnat, bspstore. */
.Lcommon:
	adds	r31=TASK_RBS_OFFSET,r13
	mov	r30=ar.bsp
	;;
	dep	r9=-1,r9,63,1
	sub	r31=r30,r31
	addl	r29=TASK_SIZE-PT_SIZE,r0
	adds	r30=TASK_ON_USTACK,r13
	movl	r1=__gp
	;;
	add	r29=r29,r13
	;;
	st4	[r30]=r0
	shl	r31=r31,16
	adds	r12=-16,r29
	adds	r30=PT_IIP,r29
	;;
	st8	[r29]=r2,16	/* ipsr, iip */
	st8	[r30]=r3,16
	;;
	st8	[r29]=r9,16	/* ifs, pfs */
	st8	[r30]=r26,16
	mov	r2=ar.fpsr
	mov	r3=b0
	;;
	st8	[r29]=r24,16	/* rsc, rnat */
	st8	[r30]=r27,16
	;;
	st8	[r29]=r28,16	/* bspstore, loadrs */
	st8	[r30]=r31,16
	;;
	st8	[r29]=r25,PT_R1-PT_UNAT
	st8	[r30]=r8,PT_FPSR-PT_PR
	mov	r8=b6
	;;
	.mem.offset 0,0; st8.spill [r29]=r14,PT_R13-PT_R1
	st8	[r30]=r2,PT_B0-PT_FPSR
	;;
	.mem.offset 0,0; st8.spill [r29]=r10
	st8	[r30]=r3,PT_B6-PT_B0
	adds	r31=FRAME(PT_NATS),r12
	;;
	st8	[r30]=r8,PT_R12-PT_B6
	;;
	.mem.offset 0,0; st8.spill [r30]=r11,PT_R15-PT_R12
	mov	ar.rsc=RSC_KERNEL
	;;
	mov	r2=ar.unat
	st8	[r30]=r15
	movl	r9=FPSR_DEFAULT
	;;
	st8	[r31]=r2
	mov	ar.fpsr=r9
	movl	r29=syscall_table
	adds	r28=-1024,r15
	mov	r27=SYSCALL_TABLE_SIZE
	;;
	cmp.ltu	p6,p7=r28,r27
	;;
(p7)	mov	r28=0		/* entry 0 says -ENOSYS */
	;;
	shladd	r29=r28,3,r29
	;;
	ld8	r29=[r29]
	SSM_PSR_I r30,r31,p6,r28
	;;
	ld8	r30=[r29]
	;;
	alloc	r31=ar.pfs,0,0,8,0
	mov	out0=r16
	mov	out1=r17
	mov	out2=r18
	mov	out3=r19
	mov	out4=r20
	mov	out5=r21
	mov	out6=r22
	mov	out7=r23
	mov	b6=r30
	;;
	br.call.sptk.many b0=b6
	;;

/* r8: the result; -4095 to -1 is an error. */
GLOBAL(PV_NAME(leave_syscall))
	mov	r16=-4096
	mov	r10=0
	;;
	cmp.ltu	p6,p0=r16,r8
	;;
(p6)	sub	r8=r0,r8
(p6)	mov	r10=-1
	RSM_PSR_I r2,r3,r16
	adds	r2=TASK_FLAGS,r13
	adds	r16=FRAME(PT_IPSR),r12
	adds	r17=FRAME(PT_IIP),r12
	;;
	ld4	r2=[r2]
	;;
	cmp.ne	p6,p0=r2,r0
(p6)	br.spnt	.Lsyscall_work
	;;
	/* From here on, scratch registers are cleared in slots that are free: the program is not to
	 * see what the kernel had there.  f12 and up the kernel does not use. */
	RSM_PSR_IC r2,r3
	ld8	r18=[r16],16	/* ipsr, iip */
	ld8	r19=[r17],16
	mov	f6=f0
	;;
	ld8	r20=[r16],16	/* ifs, pfs */
	ld8	r21=[r17],16
	mov	f7=f0
	;;
	ld8	r22=[r16],16	/* rsc, rnat */
	ld8	r23=[r17],16
	mov	f8=f0
	;;
	ld8	r24=[r16],16	/* bspstore, loadrs */
	ld8	r25=[r17],16
	mov	f9=f0
	;;
	ld8	r26=[r16],PT_NATS-PT_UNAT
	ld8	r31=[r17],PT_FPSR-PT_PR
	mov	f10=f0
	;;
	ld8	r27=[r16],PT_R1-PT_NATS
	ld8	r28=[r17],PT_B0-PT_FPSR
	mov	f11=f0
	;;
	mov	ar.unat=r27
	mov	ar.fpsr=r28
	mov	r9=r0
	ld8	r27=[r17],PT_B6-PT_B0
	adds	r28=TASK_ON_USTACK,r13
	mov	r29=1
	;;
	st4	[r28]=r29
	ld8.fill r1=[r16],PT_R13-PT_R1
	mov	r11=r0
	ld8	r28=[r17],PT_R12-PT_B6
	mov	ar.ccv=r0
	mov	b0=r27
	;;
	ld8.fill r12=[r17]
	mov	ar.csd=r0
	mov	b6=r28
	;;
	ld8.fill r13=[r16]
	mov	ar.ssd=r0
	mov	r14=r0
	;;
	MOV_TO_IPSR r18,r2,r3
	mov	r15=r0
	mov	r16=r0
	;;
	MOV_TO_IIP r19,r2,r3
	mov	r17=r0
	mov	r18=r0
	;;
	MOV_TO_IFS r20,r2,r3
	mov	r19=r0
	mov	r27=r0
	;;
	alloc	r29=ar.pfs,0,0,0,0
	mov	r2=r0
	mov	r3=r0
	;;
	mov	ar.rsc=r25
	mov	r20=r0
	mov	ar.pfs=r21
	;;
	loadrs
	mov	r25=r0
	mov	r28=r0
	;;
	mov	ar.bspstore=r24
	mov	r30=r0
	mov	r29=r0
	;;
	mov	ar.rnat=r23
	mov	ar.unat=r26
	mov	r21=r0
	;;
	mov	ar.rsc=r22
	mov	r24=r0
	mov	pr=r31,-1
	mov	r23=r0
	mov	r26=r0
	mov	b7=r0
	;;
	mov	r22=r0
	mov	r31=r0
	DO_RFI

	/* The long way: everything will be loaded from pt_regs. */
.Lsyscall_work:
	alloc	r14=ar.pfs,0,0,3,0
	mov	out0=r8
	mov	out1=r10
	adds	out2=16,r12
	;;
	br.call.sptk.many b0=syscall_work
	;;
	br.sptk	PV_NAME(leave_kernel)
	;;
END(PV_NAME(leave_syscall))
