// Speculation: deferred loads, checks, recovery code, the ALAT.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	movl	r14 = word
	movl	r15 = other
	;;
	// a NaT travels through arithmetic, stops at chk.s, and is spilled and filled
	mov	r16 = -1
	;;
	mov	ar.unat = r16
	;;
	ld8.fill	r17 = [r14]
	;;
	add	r18 = 1, r17
	xor	r19 = r17, r17
	;;
	tnat.nz	p6, p7 = r18
	tnat.nz	p8, p9 = r19
	;;
	EXPECT_TRUE	p6, 1
	EXPECT_TRUE	p8, 2
	mov	r20 = 0
	chk.s	r18, recover
	;;
	mov	r20 = 1			// not reached
	;;
recovered:
	EXPECT	r20, 2, 3
	chk.s	r20, fail		// no NaT: falls through
	;;
	mov	ar.unat = r0
	;;
	st8.spill	[r15] = r17
	;;
	mov	r21 = ar.unat
	;;
	cmp.ne	p6, p7 = r21, r0
	;;
	EXPECT_TRUE	p6, 4

	// compares with a NaT clear both predicates
	cmp.eq	p6, p7 = r0, r0
	;;
	cmp.eq	p6, p7 = r17, r17
	;;
	EXPECT_FALSE	p6, 5
	EXPECT_FALSE	p7, 6

	// ld.a survives a store elsewhere, not one to its bytes
	movl	r22 = 0x1111
	movl	r23 = 0x2222
	;;
	st8	[r15] = r22
	;;
	ld8.a	r24 = [r15]
	;;
	st8	[r14] = r23
	;;
	mov	r24 = r24
	;;
	ld8.c.clr	r24 = [r15]
	;;
	EXPECT	r24, 0x1111, 7
	ld8.a	r24 = [r15]
	;;
	add	r25 = 3, r15
	;;
	st1	[r25] = r23		// one byte in the middle
	;;
	ld8.c.clr	r24 = [r15]
	;;
	EXPECT	r24, 0x22001111, 8

	// chk.a jumps when the entry is gone
	ld8.a	r24 = [r15]
	;;
	chk.a.nc	r24, fail
	;;
	chk.a.clr	r24, fail
	;;
	mov	r20 = 0
	chk.a.nc	r24, missed
	;;
	br.sptk.many	fail
	;;
missed:
	ld8.a	r24 = [r15]
	;;
	invala.e	r24
	;;
	chk.a.nc	r24, missed2
	;;
	mov	r30 = 9
	br.sptk.many	fail
	;;
missed2:
	ldfd.a	f6 = [r15]
	;;
	chk.a.nc	f6, fail
	;;
	invala
	;;
	chk.a.nc	f6, missed3
	;;
	mov	r30 = 10
	br.sptk.many	fail
	;;
missed3:
	// a semaphore clears the entry as a store does
	ld8.a	r24 = [r15]
	;;
	fetchadd8.acq	r25 = [r15], 1
	;;
	ld8.c.nc	r24 = [r15]
	;;
	EXPECT	r24, 0x22001112, 11
	PASS
recover:
	mov	r20 = 2
	br.sptk.many	recovered
	;;
ENDING
	.align	16
word:	data8	0x1122334455667788, 0
other:	data8	0, 0
