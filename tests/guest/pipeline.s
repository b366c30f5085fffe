// Software-pipelined loops: rotating registers and predicates, br.ctop, br.cexit, br.wtop.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	REGISTER_STACK stack
	alloc	r2 = ar.pfs, 0, 24, 0, 24
	movl	r14 = source
	movl	r15 = target
	;;
	// ctop: copy 20 doublewords plus one, the load three iterations ahead of the store
	mov	ar.lc = 19
	mov	ar.ec = 4
	mov	pr.rot = 1 << 16
	;;
copy:
(p16)	ld8	r32 = [r14], 8
	;;
(p18)	add	r36 = 1, r34
	;;
(p19)	st8	[r15] = r37, 8
	br.ctop.sptk.few copy
	;;
	movl	r16 = target
	movl	r17 = source
	mov	r18 = 20
	mov	r19 = 0
	;;
compare:
	ld8	r20 = [r16], 8
	ld8	r21 = [r17], 8
	;;
	sub	r20 = r20, r21
	add	r18 = -1, r18
	;;
	add	r19 = r19, r20
	cmp.ne	p6, p7 = r18, r0
	;;
(p6)	br.cond.sptk.few compare
	;;
	EXPECT	r19, 20, 1
	ld8	r20 = [r16]
	;;
	EXPECT	r20, 0x7777777777777777, 2	// not one store too many
	mov	r16 = ar.lc
	mov	r17 = ar.ec
	;;
	EXPECT	r16, 0, 3
	EXPECT	r17, 0, 4

	// cexit: leaves in the middle
	clrrrb
	;;
	mov	ar.lc = 9
	mov	ar.ec = 1
	mov	pr.rot = 1 << 16
	mov	r18 = 0
	;;
again:
	add	r18 = 1, r18
	br.cexit.spnt.few out
	;;
	br.sptk.few again
	;;
out:
	EXPECT	r18, 10, 5

	// wtop: while r18 is not 0; the compare sets the guard of the next iteration
	clrrrb
	;;
	mov	ar.ec = 2
	mov	pr.rot = 1 << 17
	mov	r19 = 0
	;;
while:
(p17)	add	r18 = -1, r18
	;;
(p17)	cmp.ne.unc	p16, p0 = r18, r0
(p17)	add	r19 = 1, r19
	;;
(p16)	br.wtop.sptk.few while
	;;
	EXPECT	r18, 0, 6
	EXPECT	r19, 10, 7

	// rotation moves names: what was r32 is r33 after one step
	clrrrb
	;;
	mov	r32 = 111
	mov	r55 = 222
	mov	ar.lc = 1
	mov	ar.ec = 1
	;;
	br.ctop.sptk.few 1f
1:
	;;
	EXPECT	r33, 111, 8
	EXPECT	r32, 222, 9
	clrrrb
	;;
	EXPECT	r32, 111, 10
	PASS
ENDING
	.align	16
source:
	.set	n, 1
	.rept	20
	data8	n * 0x0101010101010101
	.set	n, n + 1
	.endr
target:
	.skip	160
	data8	0x7777777777777777
	.bss
	.align	512
stack:	.skip	8192
