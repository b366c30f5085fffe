// Self-modifying code: instructions are written over while they are hot, in the same page and in
// another one, and the new ones run after sync.i and srlz.i.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	movl	r14 = patch
	movl	r15 = first
	movl	r16 = second
	movl	r17 = far
	mov	r18 = 0			// sum of what the patched code returned
	mov	r19 = 100
	;;
loop:
	// odd rounds: first; even rounds: second
	tbit.nz	p6, p7 = r19, 0
	;;
(p6)	mov	r20 = r15
(p7)	mov	r20 = r16
	;;
	ld8	r21 = [r20], 8
	mov	r24 = r14
	mov	r25 = r17
	;;
	ld8	r22 = [r20]
	st8	[r24] = r21, 8
	st8	[r25] = r21, 8
	;;
	st8	[r24] = r22
	st8	[r25] = r22
	;;
	fc	r14
	fc	r17
	;;
	sync.i
	;;
	srlz.i
	;;
patch:
	{ .mii
	mov	r23 = 0
	nop.i	0
	nop.i	0
	;; }
	add	r18 = r18, r23
	br.call.sptk.many	b0 = far
	;;
	add	r18 = r18, r23
	add	r19 = -1, r19
	;;
	cmp.ne	p6, p7 = r19, r0
	;;
(p6)	br.cond.sptk.many	loop
	;;
	EXPECT	r18, 2 * 50 * (3 + 1000), 1
	PASS
ENDING
	.text
	.align	16
first:
	{ .mii
	mov	r23 = 3
	nop.i	0
	nop.i	0
	;; }
second:
	{ .mii
	mov	r23 = 1000
	nop.i	0
	nop.i	0
	;; }
	.align	8192
far:
	{ .mii
	mov	r23 = 0
	nop.i	0
	nop.i	0
	;; }
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.many	b0
	;; }
