// The interval timer: external interrupts at the times asked for, in a program that also looks at
// the time itself.  Everything it sees goes into one sum, so that the state at the end differs if a
// single interrupt came an instruction later.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	VECTORS	ivt
	mov	r8 = 0			// interrupts taken
	mov	r9 = 0			// the sum
	movl	r10 = 0xff5d0010	// the test device's clock
	mov	r14 = 0xef
	mov	r15 = 0
	;;
	mov	cr.tpr = r0
	mov	cr.itv = r14
	mov	r16 = ar.itc
	;;
	add	r16 = 1000, r16
	;;
	mov	cr.itm = r16
	;;
	srlz.d
	;;
	ssm	1 << 14
	;;
	srlz.d
	;;
	mov	r18 = 50
	;;
wait:
	// a busy loop of changing length
	add	r15 = 1, r15
	ld8	r17 = [r10]
	mov	r19 = ar.itc
	;;
	add	r9 = r9, r17
	;;
	shl	r20 = r9, 7
	;;
	xor	r9 = r9, r20
	;;
	extr.u	r20 = r9, 20, 3
	;;
	add	r9 = r9, r19
	;;
1:	cmp.ne	p6, p7 = r20, r0
	;;
(p6)	add	r20 = -1, r20
(p6)	br.cond.sptk.few	1b
	;;
	cmp.ltu	p6, p7 = r8, r18
	;;
(p6)	br.cond.sptk.many	wait
	;;
	rsm	1 << 14
	;;
	EXPECT	r8, 50, 1
	// at least 50 * 1000 ticks have passed, and time is the retired slots
	mov	r16 = ar.itc
	movl	r17 = 50000
	;;
	cmp.ltu	p6, p7 = r16, r17
	;;
	EXPECT_FALSE	p6, 2
	ld8	r17 = [r10]
	mov	r18 = ar.itc
	;;
	sub	r18 = r18, r17
	;;
	cmp.ltu	p6, p7 = 8, r18		// the two clocks agree
	;;
	EXPECT_FALSE	p6, 3
	PASS
ENDING
	.text
	.align	32768
ivt:
	VECTOR	ivt, 0x3000, on_interrupt
	.org	ivt + 0x8000
on_interrupt:
	mov	r16 = cr.ivr
	mov	r17 = ar.itc
	movl	r18 = 0xef
	;;
	cmp.eq	p8, p9 = r16, r18
	add	r9 = r9, r17
	mov	r19 = cr.itm
	;;
(p8)	add	r8 = 1, r8
	add	r17 = 1000, r17
	;;
	srlz.d
	;;
	mov	cr.eoi = r0
	;;
	mov	cr.itm = r17
	;;
	srlz.d
	;;
	rfi
	;;
