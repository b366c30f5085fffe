// Interruptions: where they are delivered, what the interruption registers say, slot-exact restart,
// skipping an instruction, bank switch, nested ones with psr.ic = 0.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	VECTORS	ivt
	// break in each slot, with its immediate; the handler steps over it
	mov	r14 = 0
	;;
	{ .mii
	break.m	0x12345
	add	r14 = 1, r14
	nop.i	0
	;; }
	EXPECT	r8, 0x12345, 1
	EXPECT	r9, 0, 2
	EXPECT	r14, 1, 3
	{ .mii
	nop.m	0
	break.i	0x54321
	add	r14 = 1, r14
	;; }
	EXPECT	r8, 0x54321, 4
	EXPECT	r9, 1, 5
	EXPECT	r14, 2, 6
	{ .mfb
	nop.m	0
	nop.f	0
	break.b	0x1fffff
	;; }
	EXPECT	r8, 0, 7		// break.b does not report its immediate
	EXPECT	r9, 2, 8
	{ .mlx
	nop.m	0
	break.x	0x123456789abcdef
	;; }
	EXPECT	r8, 0xbcdef, 9		// the low 21 bits
	EXPECT	r9, 1, 10

	// unaligned with psr.ac: IFA, the access, and a restart that succeeds
	movl	r15 = word + 1
	;;
	sum	8
	;;
	ld8	r16 = [r15]		// the handler aligns r15
	rum	8
	;;
	EXPECT	r16, 0x1122334455667788, 11
	EXPECT	r8, word + 1, 12
	movl	r31 = 1 << 34		// isr.r
	mov	r30 = 13
	;;
	and	r31 = r31, r10
	;;
	cmp.eq	p15, p14 = r31, r0
	;;
(p15)	br.cond.spnt.many fail
	;;

	// an illegal operation: a write past the frame
	alloc	r2 = ar.pfs, 0, 4, 0, 0
	movl	r11 = 0
	;;
	{ .mii
	nop.m	0
	mov	r36 = 5
	nop.i	0
	;; }
	EXPECT	r11, 0x5400, 14
	EXPECT	r9, 1, 15

	// a NaT consumed by an address, and by a store
	movl	r15 = word
	mov	r16 = -1
	;;
	mov	ar.unat = r16
	;;
	ld8.fill	r17 = [r15]
	;;
	{ .mmi
	ld8	r18 = [r17]
	nop.m	0
	nop.i	0
	;; }
	EXPECT	r11, 0x5600, 16
	movl	r11 = 0
	;;
	{ .mmi
	st8	[r15] = r17
	nop.m	0
	nop.i	0
	;; }
	EXPECT	r11, 0x5600, 17

	// predicated off, nothing happens
	movl	r11 = 0
	cmp.eq	p6, p7 = r0, r0
	;;
(p7)	break.m	1
(p7)	ld8	r18 = [r17]
	;;
	EXPECT	r11, 0, 18

	// the handlers ran in bank 0
	mov	r16 = 1234
	;;
	{ .mii
	break.m	7
	nop.i	0
	nop.i	0
	;; }
	EXPECT	r16, 1234, 19

	// single step: one trap per instruction
	mov	r14 = 0
	movl	r16 = 1 << 40
	mov	r17 = psr
	movl	r18 = stepped
	;;
	or	r16 = r16, r17
	movl	r19 = 1 << 44		// stay in bank 1
	;;
	or	r16 = r16, r19
	rsm	1 << 13
	;;
	srlz.d
	;;
	mov	cr.ipsr = r16
	mov	cr.iip = r18
	mov	cr.ifs = r0
	;;
	rfi
	;;
stepped:
	{ .mii
	nop.m	0
	nop.i	0
	nop.i	0
	;; }
	{ .mii
	nop.m	0
	break.i	0x77			// the handler switches single step off
	nop.i	0
	;; }
	EXPECT	r8, 0x77, 20
	EXPECT	r14, 4, 21
	PASS
ENDING

	.text
	.align	32768
ivt:
	VECTOR	ivt, 0x2c00, on_break
	VECTOR	ivt, 0x5400, on_skip
	VECTOR	ivt, 0x5600, on_skip
	VECTOR	ivt, 0x5a00, on_unaligned
	VECTOR	ivt, 0x6000, on_step
	.org	ivt + 0x8000

// r8 = cr.iim, r9 = the slot, then on behind the instruction
on_break:
	mov	r16 = cr.ipsr
	mov	r17 = cr.iip
	mov	r8 = cr.iim
	;;
	extr.u	r9 = r16, 41, 2
	mov	r20 = 0x77
	;;
	cmp.eq	p8, p9 = r8, r20
	;;
(p8)	dep	r16 = 0, r16, 40, 1		// psr.ss
	;;
	br.sptk.many step_over
on_skip:
	mov	r16 = cr.ipsr
	mov	r17 = cr.iip
	;;
	movl	r11 = 0x5400
	mov	r19 = cr.isr
	;;
	extr.u	r9 = r16, 41, 2
	and	r19 = 0x70, r19
	;;
	cmp.eq	p8, p9 = 0x10, r19		// NaT consumption has code 0x10 and a vector of its own
	mov	r20 = 0x5600
	;;
(p8)	mov	r11 = r20
	;;
// ipsr.ri + 1, carried into iip; slot 1 of an MLX is its last
step_over:
	ld8	r19 = [r17]
	add	r20 = 1, r9
	cmp.eq	p8, p9 = 2, r9			// the last slot
	;;
	and	r19 = 0x1e, r19
	;;
	cmp.eq	p10, p11 = 4, r19		// template MLX
	;;
(p10)	cmp.eq.or	p8, p0 = 1, r9
	;;
(p8)	add	r17 = 16, r17
(p8)	mov	r20 = 0
	;;
	dep	r16 = r20, r16, 41, 2
	;;
	mov	cr.ipsr = r16
	mov	cr.iip = r17
	;;
	rfi
	;;
on_unaligned:
	mov	r8 = cr.ifa
	mov	r10 = cr.isr
	;;
	and	r15 = -8, r15
	rfi
	;;
on_step:
	add	r14 = 1, r14
	rfi
	;;
	.align	16
word:
	data8	0x1122334455667788, 0
