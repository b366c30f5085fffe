/* Out of the kernel, and from one task to another.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "inst.h"
#include "switch.h"

	.macro	FILL a, b
	ld8.fill \a=[r2],16
	ld8.fill \b=[r3],16
	;;
	.endm

	/* Where paravirtual instructions are calls, b7 comes back last: DO_RFI takes it from r29. */
	.macro	R29_FROM_FRAME
#ifdef PV_ARE_CALLS
	adds	r29=FRAME(PT_B7),r12
	;;
	ld8	r29=[r29]
#endif
	.endm

	.section .text.PV_ENTRY,"ax"

/* --- back to what was interrupted: struct pt_regs is 16 bytes above sp --- */

GLOBAL(PV_NAME(leave_kernel))
	RSM_PSR_I r2,r3,r14
	adds	r2=FRAME(PT_IPSR),r12
	adds	r3=TASK_FLAGS,r13
	;;
	ld8	r2=[r2]
	ld4	r3=[r3]
	;;
	extr.u	r2=r2,PSR_CPL_SHIFT,2
	and	r3=TASK_RESCHED_BIT|TASK_SIGNAL_BIT,r3
	;;
	cmp.ne	p6,p0=r2,r0
	;;
(p6)	cmp.ne.unc p7,p0=r3,r0
	;;
(p7)	br.spnt	.Lwork
	;;
	adds	r2=FRAME(PT_F6),r12
	adds	r3=FRAME(PT_F7),r12
	;;
	ldf.fill f6=[r2],32
	ldf.fill f7=[r3],32
	;;
	ldf.fill f8=[r2],32
	ldf.fill f9=[r3],32
	;;
	ldf.fill f10=[r2]
	ldf.fill f11=[r3]
	adds	r14=FRAME(PT_NATS),r12
	adds	r15=FRAME(PT_FPSR),r12
	;;
	ld8	r16=[r14],16	/* nats, fpsr */
	ld8	r17=[r15],16
	;;
	ld8	r18=[r14],16	/* ccv, csd */
	ld8	r19=[r15],16
	;;
	ld8	r20=[r14],16	/* ssd, b0 */
	ld8	r21=[r15],16
	;;
	ld8	r22=[r14]	/* b6, b7 */
	ld8	r23=[r15]
	mov	ar.unat=r16
	adds	r2=FRAME(PT_R16),r12
	adds	r3=FRAME(PT_R17),r12
	;;
	mov	ar.fpsr=r17
	mov	ar.ccv=r18
	mov	ar.csd=r19
	mov	ar.ssd=r20
	mov	b0=r21
	mov	b6=r22
	mov	b7=r23
	;;
	FILL	r16,r17
	FILL	r18,r19
	FILL	r20,r21
	FILL	r22,r23
	FILL	r24,r25
	FILL	r26,r27
	FILL	r28,r29
	ld8.fill r30=[r2]
	ld8.fill r31=[r3]
	;;
	RSM_PSR_IC r2,r14
	;;
	BSW_0	r2,r3,r14
	R29_FROM_FRAME
	adds	r16=FRAME(PT_IPSR),r12
	adds	r17=FRAME(PT_IIP),r12
	;;
	ld8	r18=[r16],16	/* ipsr, iip */
	ld8	r19=[r17],16
	;;
	ld8	r20=[r16],16	/* ifs, pfs */
	ld8	r21=[r17],16
	;;
	ld8	r22=[r16],16	/* rsc, rnat */
	ld8	r23=[r17],16
	;;
	ld8	r24=[r16],16	/* bspstore, loadrs */
	ld8	r25=[r17],16
	;;
	ld8	r26=[r16],PT_R1-PT_UNAT
	ld8	r31=[r17],PT_R2-PT_PR
	;;
	ld8.fill r1=[r16],PT_R3-PT_R1
	ld8.fill r2=[r17],PT_R8-PT_R2
	;;
	ld8.fill r3=[r16],PT_R9-PT_R3
	ld8.fill r8=[r17],PT_R10-PT_R8
	;;
	ld8.fill r9=[r16],PT_R11-PT_R9
	ld8.fill r10=[r17],PT_R14-PT_R10
	;;
	ld8.fill r11=[r16],PT_R15-PT_R11
	ld8.fill r14=[r17],PT_R12-PT_R14
	addl	r27=TASK_SIZE-PT_SIZE-16,r0
	;;
	add	r27=r27,r13
	;;
	ld8.fill r15=[r16],PT_R13-PT_R15
	cmp.eq	p6,p7=r27,r12	/* p6: back to the program's stacks */
	adds	r27=TASK_ON_USTACK,r13
	mov	r30=1
	;;
(p6)	st4	[r27]=r30
	ld8.fill r13=[r16]
	ld8.fill r12=[r17]
	;;
	alloc	r27=ar.pfs,0,0,0,0
	;;
(p7)	br.sptk	1f
	mov	ar.rsc=r25	/* mode 0, and how much to load */
	;;
	loadrs
	;;
	mov	ar.bspstore=r24
	;;
	mov	ar.rnat=r23
	;;
1:	mov	ar.unat=r26
	mov	ar.pfs=r21
	MOV_TO_IPSR r18,r27
	;;
	MOV_TO_IIP r19,r27
	;;
	MOV_TO_IFS r20,r27
	mov	ar.rsc=r22
	mov	pr=r31,-1
	;;
	DO_RFI

.Lwork:
	alloc	r14=ar.pfs,0,0,1,0
	adds	out0=16,r12
	;;
	br.call.sptk.many b0=task_work
	;;
	br.sptk	PV_NAME(leave_kernel)
	;;
END(PV_NAME(leave_kernel))

/* --- from one task to the other: struct task *switch_to(prev, next), returns prev --- */

GLOBAL(PV_NAME(switch_to))
	.regstk	2,0,0,0
#ifdef JANUS_NOPV
	alloc	r14=ar.pfs,2,0,0,0	/* otherwise in pv/call.S */
	;;
#endif
	SAVE_SWITCH_FRAME
	adds	r15=TASK_KSP,in0
	adds	r16=TASK_KSP,in1
	mov	r17=in1
	mov	r8=in0
	;;
	st8	[r15]=r12
	ld8	r12=[r16]
	MOV_TO_KR6 r17,r18,r19,r20
	mov	r13=r17
	;;
	LOAD_SWITCH_FRAME
	br.ret.sptk.many b0
	;;
END(PV_NAME(switch_to))
