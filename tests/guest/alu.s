// Integer arithmetic, shifts and bit fields, one instruction per check.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	movl	r14 = 0x0123456789abcdef
	movl	r15 = 0xfedcba9876543210
	;;
	add	r16 = r14, r15
	;;
	EXPECT	r16, 0xffffffffffffffff, 1
	add	r16 = r14, r15, 1
	;;
	EXPECT	r16, 0x0000000000000000, 2
	sub	r16 = r14, r15
	;;
	EXPECT	r16, 0x02468acf13579bdf, 3
	sub	r16 = r14, r15, 1
	;;
	EXPECT	r16, 0x02468acf13579bde, 4
	adds	r16 = -8192, r14
	;;
	EXPECT	r16, 0x0123456789abadef, 5
	addl	r16 = 0x1fffff, r0
	;;
	EXPECT	r16, 0x00000000001fffff, 6
	addl	r16 = -0x200000, r0
	;;
	EXPECT	r16, 0xffffffffffe00000, 7
	sub	r16 = -128, r14
	;;
	EXPECT	r16, 0xfedcba9876543191, 8
	and	r16 = r14, r15
	;;
	EXPECT	r16, 0x0000000000000000, 9
	andcm	r16 = r14, r15
	;;
	EXPECT	r16, 0x0123456789abcdef, 10
	or	r16 = -16, r14
	;;
	EXPECT	r16, 0xffffffffffffffff, 11
	xor	r16 = r14, r15
	;;
	EXPECT	r16, 0xffffffffffffffff, 12
	shladd	r16 = r14, 3, r15
	;;
	EXPECT	r16, 0x07f6e5d4c3b2a188, 13
	addp4	r16 = r14, r15
	;;
	EXPECT	r16, 0x20000000ffffffff, 14
	shl	r16 = r14, 13
	;;
	EXPECT	r16, 0x68acf13579bde000, 15
	shr.u	r16 = r15, 13
	;;
	EXPECT	r16, 0x0007f6e5d4c3b2a1, 16
	shr	r16 = r15, 13
	;;
	EXPECT	r16, 0xfffff6e5d4c3b2a1, 17
	extr.u	r16 = r14, 20, 17
	;;
	EXPECT	r16, 0x000000000000789a, 18
	extr	r16 = r14, 23, 9
	;;
	EXPECT	r16, 0xffffffffffffff13, 19
	dep	r16 = r15, r14, 10, 12
	;;
	EXPECT	r16, 0x01234567898841ef, 20
	dep.z	r16 = r14, 40, 24
	;;
	EXPECT	r16, 0xabcdef0000000000, 21
	dep	r16 = -1, r14, 4, 8
	;;
	EXPECT	r16, 0x0123456789abcfff, 22
	shrp	r16 = r14, r15, 24
	;;
	EXPECT	r16, 0xabcdeffedcba9876, 23
	popcnt	r16 = r14
	;;
	EXPECT	r16, 0x0000000000000020, 24
	sxt1	r16 = r14
	;;
	EXPECT	r16, 0xffffffffffffffef, 25
	sxt2	r16 = r14
	;;
	EXPECT	r16, 0xffffffffffffcdef, 26
	sxt4	r16 = r14
	;;
	EXPECT	r16, 0xffffffff89abcdef, 27
	zxt4	r16 = r14
	;;
	EXPECT	r16, 0x0000000089abcdef, 28
	czx1.l	r16 = r14
	;;
	EXPECT	r16, 0x0000000000000008, 29
	mux1	r16 = r14, @rev
	;;
	EXPECT	r16, 0xefcdab8967452301, 30
	mux2	r16 = r14, 0x1b
	;;
	EXPECT	r16, 0xcdef89ab45670123, 31

	// multiplication goes through the floating-point unit
	setf.sig	f6 = r14
	setf.sig	f7 = r15
	;;
	xma.lu	f8 = f6, f7, f0
	xma.hu	f9 = f6, f7, f0
	xma.h	f10 = f6, f7, f6
	;;
	getf.sig	r16 = f8
	getf.sig	r17 = f9
	getf.sig	r18 = f10
	;;
	EXPECT	r16, 0x2236d88fe5618cf0, 32
	EXPECT	r17, 0x0121fa00ad77d742, 33
	EXPECT	r18, 0xfffeb49923cc0953, 34

	// predication: the parallel compares, unc, tbit
	cmp.eq	p6, p7 = r14, r15
	cmp.ltu	p8, p9 = r14, r15
	;;
	EXPECT_FALSE	p6, 35
	EXPECT_TRUE	p7, 36
	EXPECT_TRUE	p8, 37
	cmp.eq	p10, p11 = r0, r0
	;;
	cmp.lt.unc	p12, p13 = r14, r15	// signed: r15 is negative
	cmp.eq.and	p10, p11 = r14, r0	// clears both
	;;
	EXPECT_FALSE	p12, 38
	EXPECT_TRUE	p13, 39
	EXPECT_FALSE	p10, 40
	EXPECT_FALSE	p11, 41
(p7)	mov	r16 = 1
	;;
(p6)	mov	r16 = 2
	;;
	EXPECT	r16, 1, 42
	cmp.eq	p6, p7 = r0, r0
	;;
(p7)	cmp.eq.unc	p6, p8 = r0, r0		// qp is 0: unc clears both
	;;
	EXPECT_FALSE	p6, 43
	EXPECT_FALSE	p8, 44
	tbit.nz	p6, p7 = r14, 63
	;;
	EXPECT_FALSE	p6, 45
	EXPECT_TRUE	p7, 46
	PASS
ENDING
