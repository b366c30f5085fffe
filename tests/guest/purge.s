// ptc.g and ptc.ga against a processor that is running: processor 1 goes round a loop that loads
// through three translations and calls through a fourth, and tells what it got; processor 0 changes
// the table that 1's miss handler reads and purges.  From then on 1 must get the new one; the next
// page and the same page of another region id, changed in the table but not purged, stay as they
// were (each translation is missed once, and once more per purge, never else: the emulator drops no
// translation without need) until a purge names them, too.  Last: the ALAT.  ptc.ga drops the
// entries of its page on all processors (SDM 3, "ptc.ga").
//
// on: firmware
// run: --smp=2 --mem=128M --no-reboot
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
	.set	PTE, 0x661		// present, wb, accessed, dirty, pl 0, ar 3: rwx
	.set	P, 0x2000000000000000	// region id 0x100
	.set	Q, P + 0x1000
	.set	CODE, P + 0x2000
	.set	OTHER, 0x4000000000000000	// P's page number with region id 0x200
	.set	D, 0xe000000000000000	// the program: 64 MB at their physical address
	.set	PAGE, 12 << 2
	.set	FOUR_PAGES, 14 << 2

// The word at \address must be \value.
.macro WORD address, value, number
	movl	r29 = \address
	;;
	ld8.acq	r29 = [r29]
	;;
	EXPECT	r29, \value, \number
.endm
.macro WAIT_FOR address, value
	movl	r28 = \address
	movl	r27 = \value
	;;
88:	ld8.acq	r29 = [r28]
	;;
	cmp.ne	p14, p15 = r27, r29
(p14)	br.cond.sptk.few 88b
	;;
.endm
.macro SET_WORD address, value
	movl	r28 = \address
	movl	r29 = \value
	;;
	st8.rel	[r28] = r29
	;;
.endm
.macro PURGE kind, address, size
	movl	r28 = \address
	mov	r29 = \size
	;;
	ptc.\kind	r28, r29
	;;
	srlz.i
	mf
	;;
.endm
// Let the other one go round some ten times.
.macro ROUNDS
	movl	r28 = rounds
	;;
	ld8.acq	r29 = [r28]
	;;
	add	r29 = 10, r29
	;;
88:	ld8.acq	r27 = [r28]
	;;
	cmp.lt	p14, p15 = r27, r29
(p14)	br.cond.sptk.few 88b
	;;
.endm
// What is seen through the four translations since epoch \k.
.macro SEEN k, p, q, code, other, number
	ROUNDS
	SET_WORD	epoch, \k
	WAIT_FOR	ack, \k
	ROUNDS
	WORD	seen, \p, \number
	WORD	seen + 8, \q, \number + 1
	WORD	seen + 16, \code, \number + 2
	WORD	seen + 24, \other, \number + 3
.endm
.macro MISSES p, q, code, other, number
	WORD	misses, \p, \number
	WORD	misses + 8, \q, \number + 1
	WORD	misses + 16, \code, \number + 2
	WORD	misses + 24, \other, \number + 3
.endm
.macro REGION address, rid
	movl	r14 = \address
	mov	r15 = \rid << 8 | PAGE	// walker off
	;;
	mov	rr[r14] = r15
	;;
.endm
.macro REGIONS
	REGION	P, 0x100
	REGION	OTHER, 0x200
	REGION	D, 0x700
	srlz.d
	;;
.endm
// One step: new frame for P, other code, purge both.
.macro STEP kind, k, code
	SET_WORD	table, frames + (\k) * 0x1000 + PTE
	SET_WORD	table + 16, \code + PTE
	ROUNDS
	PURGE	\kind, P, PAGE
	PURGE	\kind, CODE, PAGE
.endm

FIRMWARE_START
	REGIONS
	// frame k holds k
	movl	r14 = frames
	mov	r15 = 0
	movl	r16 = 0x1000
	;;
1:	st8	[r14] = r15
	add	r15 = 1, r15
	add	r14 = r14, r16
	;;
	cmp.ne	p6, p0 = 32, r15
(p6)	br.cond.sptk.few 1b
	;;
	SAL	0, 2, start_other, 0, 0
	EXPECT	r8, 0, 1
	SET_WORD	INTERRUPT_BLOCK + (1 << 12), 0xff
	WAIT_FOR	ack, 0
	SEEN	50, 0, 30, 1, 31, 2
	MISSES	1, 1, 1, 1, 6
	// these two change in the table only
	SET_WORD	table + 8, frames + 29 * 0x1000 + PTE
	SET_WORD	table + 24, frames + 28 * 0x1000 + PTE
	.irp	k, 1, 3, 5, 7, 9
	STEP	ga, \k, two
	SEEN	\k, \k, 30, 2, 31, 10 + \k
	MISSES	\k + 1, 1, \k + 1, 1, 30 + \k
	STEP	g, \k + 1, one
	SEEN	\k + 1, \k + 1, 30, 1, 31, 50 + \k
	MISSES	\k + 2, 1, \k + 2, 1, 70 + \k
	.endr
	// now the others, each alone
	PURGE	g, OTHER, PAGE
	SEEN	11, 10, 30, 1, 28, 90
	MISSES	11, 1, 11, 2, 94
	PURGE	ga, Q, PAGE
	SEEN	12, 10, 29, 1, 28, 98
	MISSES	11, 2, 11, 2, 102
	// a larger range
	SET_WORD	table, frames + 13 * 0x1000 + PTE
	SET_WORD	table + 8, frames + 14 * 0x1000 + PTE
	SET_WORD	table + 16, two + PTE
	SET_WORD	table + 24, frames + 15 * 0x1000 + PTE
	PURGE	ga, P, FOUR_PAGES
	SEEN	13, 13, 14, 2, 28, 106
	MISSES	12, 3, 12, 2, 110

	// the ALAT: an entry stays while nothing happens, and when ptc.g drops another page
	SET_WORD	epoch, 100
	WAIT_FOR	ack, 101
	WORD	seen, 1, 120
	PURGE	g, OTHER, PAGE
	SET_WORD	epoch, 102
	WAIT_FOR	ack, 103
	WORD	seen, 1, 121
	PURGE	ga, P, PAGE
	SET_WORD	epoch, 104
	WAIT_FOR	ack, 105
	WORD	seen, 0, 122
	PASS
ENDING

	.text
start_other:
	alloc	r34 = ar.pfs, 0, 8, 8, 0
	REGIONS
	movl	r14 = D + ivt
	movl	r15 = D + 0x4000000
	movl	r16 = 0x4000000 + PTE
	mov	r17 = 26 << 2
	mov	r18 = 0
	;;
	mov	cr.iva = r14
	mov	cr.ifa = r15
	mov	cr.itir = r17
	;;
	itr.d	dtr[r18] = r16
	;;
	itr.i	itr[r18] = r16
	;;
	// into virtual addressing: psr.it, dt, ic, bn
	movl	r14 = 1 << 36 | 1 << 17 | 1 << 13 | 1 << 44
	movl	r15 = D + virtual
	;;
	mov	cr.ipsr = r14
	mov	cr.iip = r15
	mov	cr.ifs = r0
	;;
	srlz.i
	;;
	rfi
	;;
virtual:
	movl	r2 = D + epoch
	movl	r3 = D + ack
	movl	r4 = D + rounds
	movl	r5 = P
	movl	r6 = Q
	movl	r7 = OTHER
	movl	r12 = CODE
	movl	r13 = D + seen
	;;
	mov	b6 = r12
	mov	r20 = 0
	;;
round:
	ld8.acq	r14 = [r2]
	;;
	ld8	r15 = [r5]
	ld8	r16 = [r6]
	ld8	r17 = [r7]
	br.call.sptk.many b0 = b6		// r8: which code it was
	;;
	add	r20 = 1, r20
	mov	r18 = r13
	cmp.eq	p6, p0 = 100, r14
(p6)	br.cond.spnt.few	alat
	;;
	st8	[r18] = r15, 8
	;;
	st8	[r18] = r16, 8
	;;
	st8	[r18] = r8, 8
	;;
	st8	[r18] = r17
	;;
	st8.rel	[r3] = r14
	;;
	st8.rel	[r4] = r20
	br.sptk.few	round
	;;
// Is P's entry still there?  To be told at the epochs 100, 102, 104.
alat:
	ld8.a	r15 = [r5]
	;;
1:	ld8.acq	r16 = [r2]
	;;
	cmp.ne	p6, p0 = r14, r16
(p6)	br.cond.sptk.few 1b
	mov	r17 = 1
	;;
	chk.a.nc	r15, lost
	;;
tell:
	st8	[r13] = r17
	add	r18 = 1, r14
	add	r14 = 2, r14
	;;
	st8.rel	[r3] = r18
	br.sptk.few	1b
	;;
lost:
	mov	r17 = 0
	br.sptk.few	tell
	;;

// The misses, with the table at hand in physical memory.
on_data:
	cmp.eq	p7, p8 = r0, r0
	br.sptk.few	on_miss
	;;
on_code:
	cmp.eq	p8, p7 = r0, r0
	;;
on_miss:
	mov	r16 = cr.ifa
	rsm	1 << 17
	;;
	srlz.d
	extr.u	r17 = r16, 12, 2
	tbit.nz	p9, p0 = r16, 62
	;;
(p9)	mov	r17 = 3
	movl	r18 = table
	movl	r19 = misses
	mov	r20 = PAGE
	;;
	shladd	r18 = r17, 3, r18
	shladd	r19 = r17, 3, r19
	mov	cr.itir = r20
	;;
	ld8	r21 = [r18]
	ld8	r22 = [r19]
	;;
	add	r22 = 1, r22
	;;
	st8	[r19] = r22
	;;
(p7)	itc.d	r21
	;;
(p8)	itc.i	r21
	;;
	rfi
	;;
	.align	4096
one:
	{ .mib
	mov	r8 = 1
	nop.i	0
	br.ret.sptk.many b0
	;; }
	.align	4096
two:
	{ .mib
	mov	r8 = 2
	nop.i	0
	br.ret.sptk.many b0
	;; }
	.align	32768
ivt:
	.org	ivt + 0xc00
	{ .mib
	nop.m	0
	nop.i	0
	br.sptk.many on_code
	;; }
	.org	ivt + 0x1000
	{ .mib
	nop.m	0
	nop.i	0
	br.sptk.many on_data
	;; }
	.org	ivt + 0x8000
	.data
	.align	16
epoch:
	data8	0
ack:
	data8	-1
rounds:
	data8	0
seen:
	data8	0, 0, 0, 0
misses:
	data8	0, 0, 0, 0
table:
	data8	frames + PTE
	data8	frames + 30 * 0x1000 + PTE
	data8	one + PTE
	data8	frames + 31 * 0x1000 + PTE
	.bss
	.align	4096
frames:
	.skip	32 * 4096
