// The register stack engine: recursion deep enough to spill and fill many times over, the contents
// of the backing store, RNAT collections, loadrs and flushrs.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	REGISTER_STACK stack
	alloc	r2 = ar.pfs, 0, 0, 1, 0
	;;
	mov	r32 = 200
	mov	r14 = 0			// frames that came back intact
	br.call.sptk.many b0 = descend
	;;
	EXPECT	r8, 20100, 1		// 200 + 199 + ... + 1
	EXPECT	r14, 200, 2
	mov	r16 = ar.bsp
	;;
	EXPECT	r16, stack, 3

	// flushrs writes the caller's frame; the words are where bsp said they would be
	alloc	r2 = ar.pfs, 0, 3, 0, 0
	movl	r32 = 0x1111222233334444
	mov	r33 = -5
	mov	r34 = 77
	;;
	br.call.sptk.many b0 = flush
	;;
	movl	r16 = stack
	;;
	ld8	r17 = [r16], 8
	;;
	ld8	r18 = [r16], 8
	;;
	ld8	r19 = [r16]
	;;
	EXPECT	r17, 0x1111222233334444, 4
	EXPECT	r18, -5, 5
	EXPECT	r19, 77, 6

	// a NaT bit travels through the RNAT collection and back
	movl	r16 = stack + 0x1f8 - 16
	;;
	mov	ar.rsc = 0
	;;
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	;;
	loadrs
	;;
	mov	ar.bspstore = r16	// two registers below a collection
	;;
	mov	ar.rnat = r0
	;;
	alloc	r2 = ar.pfs, 0, 4, 0, 0
	;;
	movl	r15 = nat_word
	mov	r16 = -1
	;;
	mov	ar.unat = r16
	;;
	ld8.fill	r33 = [r15]	// NaT
	mov	r32 = 1
	mov	r34 = 3
	mov	r35 = 4
	;;
	tnat.nz	p6, p7 = r33
	;;
	EXPECT_TRUE	p6, 7
	br.call.sptk.many b0 = flush
	;;
	movl	r16 = stack + 0x1f8
	mov	r17 = ar.bsp
	;;
	ld8	r18 = [r16], 8
	;;
	ld8	r19 = [r16]
	;;
	EXPECT	r17, stack + 0x1f8 - 16, 8
	EXPECT	r18, 0x4000000000000000, 9	// bit 62: the last register before the collection
	EXPECT	r19, 3, 10
	tnat.nz	p6, p7 = r33
	;;
	EXPECT_TRUE	p6, 11

	// switching the backing store: the frame is invalidated, then loaded from memory
	mov	ar.rsc = 0
	;;
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	;;
	loadrs
	;;
	movl	r16 = other
	;;
	mov	ar.bspstore = r16
	movl	r17 = 6 << 3 << 16	// six words below bsp
	;;
	mov	ar.rnat = r0
	;;
	mov	ar.rsc = r17
	;;
	loadrs
	;;
	movl	r16 = restore
	;;
	mov	b0 = r16
	movl	r17 = 0x306		// pfm: sol 6, sof 6
	;;
	mov	ar.pfs = r17
	;;
	br.ret.sptk.many b0
	;;
restore:
	EXPECT	r32, 101, 12
	EXPECT	r37, 106, 13
	mov	r16 = ar.bsp
	;;
	EXPECT	r16, other - 48, 14
	PASS

// sum(n) with a frame of 30, all of whose registers are checked on the way back
descend:
	alloc	r34 = ar.pfs, 1, 28, 1, 0
	mov	r33 = b0
	;;
	add	r35 = 1, r32
	add	r59 = 59, r32
	cmp.eq	p6, p7 = 1, r32
	add	r61 = -1, r32
	;;
(p6)	mov	r8 = 0
(p7)	br.call.sptk.many b0 = descend
	;;
	sub	r16 = r59, r35
	add	r8 = r8, r32
	mov	b0 = r33
	mov	ar.pfs = r34
	;;
	cmp.eq	p6, p7 = 58, r16
	;;
(p6)	add	r14 = 1, r14
	br.ret.sptk.many b0
	;;
flush:
	flushrs
	;;
	br.ret.sptk.many b0
	;;
ENDING
	.align	512		// no collection among these
	data8	101, 102, 103, 104, 105, 106
other:
nat_word:
	data8	0, 0
	.bss
	.align	512
stack:	.skip	65536
