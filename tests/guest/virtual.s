// Virtual addressing with translation registers: code and data at addresses of region 7, then a TLB
// miss that a handler mends with a translation cache entry, an access right that is refused, a page
// that is not present, and a purge.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.set	PTE, 0x661		// present, wb, accessed, dirty, pl 0, ar 3: rwx
	.set	V, 0xe000000000000000
START
	VECTORS	ivt
	movl	r14 = V
	mov	r15 = 22 << 2		// 4 MB pages
	mov	r16 = 0x100 << 8 | 22 << 2	// rid 0x100, no walker
	;;
	mov	rr[r14] = r16
	;;
	srlz.d
	;;
	rsm	1 << 13
	;;
	srlz.d
	;;
	mov	cr.itir = r15
	mov	cr.ifa = r14
	movl	r17 = PTE
	mov	r18 = 0
	;;
	itr.i	itr[r18] = r17
	;;
	itr.d	dtr[r18] = r17
	;;
	srlz.i
	;;
	// rfi into virtual addressing: psr.it, dt, rt, ic, bn
	movl	r19 = 1 << 36 | 1 << 27 | 1 << 17 | 1 << 13 | 1 << 44
	movl	r20 = V + virtual
	movl	r21 = V + ivt
	mov	r12 = 0
	;;
	mov	cr.iva = r21
	mov	cr.ipsr = r19
	mov	cr.iip = r20
	mov	cr.ifs = r0
	;;
	rfi
	;;
virtual:
	mov	r16 = ip
	movl	r17 = V + word
	;;
	extr.u	r16 = r16, 61, 3
	ld8	r18 = [r17]
	;;
	EXPECT	r16, 7, 1
	EXPECT	r18, 0x1122334455667788, 2

	// region 5: the handler inserts an entry that maps to the same memory
	mov	r8 = 0
	movl	r14 = 0xa000000000000000
	mov	r16 = 0x200 << 8 | 14 << 2
	;;
	mov	rr[r14] = r16
	;;
	srlz.d
	;;
	movl	r17 = 0xa000000000000000 + word
	;;
	ld8	r18 = [r17]
	;;
	EXPECT	r18, 0x1122334455667788, 3
	EXPECT	r8, 1, 4
	EXPECT	r9, 0xa000000000000000 + word, 5
	ld8	r18 = [r17]
	;;
	EXPECT	r8, 1, 6		// no second miss
	mov	r19 = 14 << 2
	;;
	ptc.l	r17, r19
	;;
	srlz.d
	;;
	ld8	r18 = [r17]
	;;
	EXPECT	r8, 2, 7
	// tpa finds the physical address, thash something
	tpa	r18 = r17
	;;
	EXPECT	r18, word, 8

	// read only: the store is refused, and only it
	movl	r12 = 0x061		// ar 0
	;;
	ptc.l	r17, r19
	;;
	srlz.d
	;;
	mov	r10 = 0
	movl	r20 = 0x99
	;;
	{ .mmi
	st8	[r17] = r20
	nop.m	0
	nop.i	0
	;; }
	ld8	r18 = [r17]
	;;
	EXPECT	r10, 0x5300, 9
	EXPECT	r18, 0x1122334455667788, 10
	probe.w	r18 = r17, 0
	probe.r	r21 = r17, 0
	;;
	EXPECT	r18, 0, 11
	EXPECT	r21, 1, 12

	// not present
	movl	r12 = 0x660
	;;
	ptc.l	r17, r19
	;;
	srlz.d
	;;
	mov	r10 = 0
	;;
	{ .mmi
	ld8	r18 = [r17]
	nop.m	0
	nop.i	0
	;; }
	EXPECT	r10, 0x5000, 13

	// and back to physical addresses for the test device
	rsm	1 << 13
	;;
	srlz.d
	;;
	movl	r19 = 1 << 44
	movl	r20 = physical
	;;
	mov	cr.ipsr = r19
	mov	cr.iip = r20
	mov	cr.ifs = r0
	;;
	rfi
	;;
physical:
	PASS
// Checks that fail while addresses are virtual must reach the device too.
ENDING

	.text
	.align	32768
ivt:
	VECTOR	ivt, 0x1000, on_miss
	VECTOR	ivt, 0x5000, on_not_present
	VECTOR	ivt, 0x5300, on_rights
	.org	ivt + 0x8000
// Alternate Data TLB: insert what r12 says (0: the usual)
on_miss:
	mov	r16 = cr.ifa
	mov	r17 = 14 << 2
	cmp.eq	p8, p9 = r12, r0
	movl	r18 = PTE
	movl	r20 = 0x3fffffffffc000
	;;
(p9)	mov	r18 = r12
	mov	r9 = r16
	and	r19 = r16, r20
	;;
	dep	r19 = 0, r19, 50, 14
	mov	cr.itir = r17
	;;
	or	r18 = r18, r19
	add	r8 = 1, r8
	;;
	itc.d	r18
	;;
	srlz.d
	;;
	rfi
	;;
on_not_present:
	movl	r10 = 0x5000
	br.sptk.many	skip
	;;
on_rights:
	movl	r10 = 0x5300
	;;
skip:
	mov	r16 = cr.ipsr
	mov	r17 = 1
	;;
	dep	r16 = r17, r16, 41, 2
	;;
	mov	cr.ipsr = r16
	;;
	rfi
	;;
	.align	16
word:
	data8	0x1122334455667788, 0
