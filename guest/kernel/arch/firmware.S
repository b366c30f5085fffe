/* Calling firmware.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "asm.h"

	.text

/* void pal_call_asm(u64 args[4], u64 result[4], entry): static registers, back by b0. */
GLOBAL(pal_call_asm)
	alloc	loc0=ar.pfs,3,3,0,0
	mov	loc1=b0
	mov	loc2=ar.rsc
	adds	r14=8,in0
	mov	b7=in2
	movl	r16=1f
	;;
	ld8	r28=[in0],16
	ld8	r29=[r14],16
	mov	b0=r16
	;;
	ld8	r30=[in0]
	ld8	r31=[r14]
	mov	ar.rsc=0
	br.cond.sptk.many b7
	;;
1:	mov	ar.rsc=loc2
	adds	r14=8,in1
	;;
	st8	[in1]=r8,16
	st8	[r14]=r9,16
	mov	b0=loc1
	;;
	st8	[in1]=r10
	st8	[r14]=r11
	mov	ar.pfs=loc0
	br.ret.sptk.many b0
	;;
END(pal_call_asm)

/* void sal_call_asm(const u64 args[8], u64 result[4], entry, gp) */
GLOBAL(sal_call_asm)
	alloc	loc0=ar.pfs,4,4,8,0
	mov	loc1=b0
	mov	loc2=gp
	mov	b7=in2
	adds	r14=8,in0
	;;
	ld8	out0=[in0],16
	ld8	out1=[r14],16
	;;
	ld8	out2=[in0],16
	ld8	out3=[r14],16
	;;
	ld8	out4=[in0],16
	ld8	out5=[r14],16
	;;
	ld8	out6=[in0]
	ld8	out7=[r14]
	mov	gp=in3
	br.call.sptk.many b0=b7
	;;
	mov	gp=loc2
	adds	r14=8,in1
	;;
	st8	[in1]=r8,16
	st8	[r14]=r9,16
	mov	b0=loc1
	;;
	st8	[in1]=r10
	st8	[r14]=r11
	mov	ar.pfs=loc0
	br.ret.sptk.many b0
	;;
END(sal_call_asm)
