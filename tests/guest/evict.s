// A hash table walk that evicts another code page's translation while it fetches an instruction.
// 128 pages with the same code are visited, and fill the instruction TC; the table entry of the
// first is changed, unpurged; 272 more visits push its translation out; so the first page must be
// looked up anew, and is now other code.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.set	PTE, 0x661		// present, wb, accessed, dirty, pl 0, ar 3: rwx
	.set	V, 0xe000000000000000
	.set	FIRST, 0x150		// page numbers unlike those of this program
	.set	R, 0x2000000000000000	// region 1: the table at its start, the pages further up
	.set	PAGES, R + FIRST * 0x1000

// Branch to page \page.  r8 grows by what it adds.
.macro VISIT page
	shl	r15 = \page, 12
	movl	r16 = PAGES
	;;
	add	r15 = r15, r16
	;;
	mov	b6 = r15
	;;
	br.call.sptk.many b0 = b6
	;;
.endm

START
	VECTORS	ivt
	movl	r14 = V
	mov	r15 = 22 << 2			// 4 MB pages
	mov	r16 = 0x100 << 8 | 22 << 2
	movl	r17 = R
	mov	r18 = 0x200 << 8 | 12 << 2 | 1	// 4 KB pages, walker on
	;;
	mov	rr[r14] = r16
	mov	rr[r17] = r18
	;;
	srlz.d
	rsm	1 << 13
	;;
	srlz.d
	;;
	mov	cr.itir = r15
	mov	cr.ifa = r14
	movl	r19 = PTE
	mov	r20 = 0
	;;
	itr.i	itr[r20] = r19
	;;
	itr.d	dtr[r20] = r19
	;;
	// the table, 16 KB of it
	mov	r15 = 14 << 2
	mov	r20 = 1
	movl	r21 = table + PTE
	;;
	mov	cr.itir = r15
	mov	cr.ifa = r17
	;;
	itr.d	dtr[r20] = r21
	mov	r22 = 15 << 2 | 1		// 32 KB, short format, on
	;;
	mov	cr.pta = r22
	;;
	srlz.i
	;;
	// its entries: every page is `one`
	movl	r14 = table + FIRST * 8
	movl	r15 = one + PTE
	mov	r16 = 399
	;;
	mov	ar.lc = r16
	;;
1:	st8	[r14] = r15, 8
	br.cloop.sptk.few	1b
	;;
	// rfi into virtual addressing: psr.it, dt, rt, ic, bn
	movl	r19 = 1 << 36 | 1 << 27 | 1 << 17 | 1 << 13 | 1 << 44
	movl	r20 = V + virtual
	movl	r21 = V + ivt
	;;
	mov	cr.iva = r21
	mov	cr.ipsr = r19
	mov	cr.iip = r20
	mov	cr.ifs = r0
	;;
	rfi
	;;
virtual:
	mov	r8 = 0
	mov	r14 = 0
	mov	r17 = 127
	;;
	mov	ar.lc = r17
	;;
1:	VISIT	r14
	add	r14 = 1, r14
	br.cloop.sptk.few	1b
	;;
	VISIT	r0
	EXPECT	r8, 129, 1
	movl	r17 = V + table + FIRST * 8
	movl	r18 = thousand + PTE
	;;
	st8	[r17] = r18
	mov	r17 = 271
	;;
	mf
	mov	ar.lc = r17
	;;
1:	VISIT	r14
	add	r14 = 1, r14
	br.cloop.sptk.few	1b
	;;
	EXPECT	r8, 129 + 272, 2
	VISIT	r0
	EXPECT	r8, 129 + 272 + 1000, 3
	// back to physical addresses for the test device
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
ENDING
	.text
	.align	4096
one:
	{ .mib
	add	r8 = 1, r8
	nop.i	0
	br.ret.sptk.many b0
	;; }
	.align	4096
thousand:
	{ .mib
	add	r8 = 1000, r8
	nop.i	0
	br.ret.sptk.many b0
	;; }
	.align	32768
ivt:
	.skip	32768
	.data
	.align	32768
table:
	.skip	32768
