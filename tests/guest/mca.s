// Machine checks on the machine with firmware: a translation register that overlaps another reaches
// OS_MCA, which reads and clears SAL's error record, steps over the instruction and goes on; then
// the same with another processor called to the rendezvous, woken, and back at its work; a branch
// to where no memory is, left through another context.
//
// on: firmware
// run: --smp=2 --mem=128M --no-reboot --log=error
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
	.set	RENDEZVOUS, 0xe8
	.set	WAKEUP, 0xf0

// The word at \address must be \value.
.macro WORD address, value, number
	movl	r29 = \address
	;;
	ld8.acq	r29 = [r29]
	;;
	EXPECT	r29, \value, \number
.endm

// Wait until the word at \address is not \value.
.macro WAIT_WHILE address, value
	movl	r28 = \address
	;;
88:	ld8.acq	r29 = [r28]
	;;
	cmp.eq	p14, p15 = \value, r29
(p14)	br.cond.sptk.few 88b
	;;
.endm

// Data translation registers 0 and 1 for the same page.
.macro OVERLAP slot
	movl	r14 = 0xa000000000000000
	movl	r15 = 0x661
	mov	r16 = 14 << 2
	mov	r17 = \slot
	;;
	mov	cr.ifa = r14
	mov	cr.itir = r16
	;;
	{ .mmi
	itr.d	dtr[r17] = r15
	nop.m	0
	nop.i	0
	;; }
	srlz.d
	;;
.endm

FIRMWARE_START
	SAL	0, 0, os_mca, 0x1111, 0
	EXPECT	r8, 0, 1
	SAL	1, 0, 0, record
	EXPECT	r8, -5, 2
	OVERLAP	0
	WORD	count, 0, 3
	mov	r39 = 77
	;;
overlap:
	OVERLAP	1
	WORD	count, 1, 4
	EXPECT	r39, 77, 5
	WORD	rendezvous_state, 0, 6
	WORD	state, 0x10000000fff271e0, 7	// tc: a TLB check
	// PAL knows, too, until it is told to forget
	movl	r2 = pal_proc
	mov	r28 = 25
	mov	r29 = 1
	;;
	ld8	r2 = [r2]
	mov	r30 = 0
	mov	r31 = 0
	;;
	mov	b6 = r2
	movl	r3 = from_pal
	;;
	mov	b0 = r3
	br.cond.sptk.many b6		// static procedures return by a plain branch
	;;
from_pal:
	EXPECT	r8, 0, 8
	EXPECT	r9, 0x10000000fff271e0, 9

	// with another processor
	SAL	5, 1, 1, RENDEZVOUS, 1000, 1
	EXPECT	r8, 0, 10
	SAL	5, 2, 1, WAKEUP
	EXPECT	r8, 0, 11
	SAL	0, 2, start_other, 0
	movl	r28 = INTERRUPT_BLOCK + (1 << 12)
	mov	r29 = 0xff
	;;
	st8.rel	[r28] = r29
	WAIT_WHILE	steps, 0
	OVERLAP	1
	WORD	count, 2, 12
	WORD	rendezvous_state, 1, 13
	WAIT_WHILE	woken, 0
	movl	r14 = steps
	;;
	ld8	r15 = [r14]
	;;
1:	ld8.acq	r16 = [r14]
	;;
	cmp.eq	p6, p0 = r15, r16
(p6)	br.cond.sptk.few 1b
	;;

	// a branch into nothing
	movl	r14 = 0x70000000
	mov	r39 = 78
	;;
	mov	b6 = r14
	;;
	br.cond.sptk.many b6
	;;
landed:
	EXPECT	r39, 78, 14
	EXPECT	r7, 0x7777, 15
	WORD	count, 3, 16
	WORD	state, 0x20000000fff271e0, 17	// bc: a bus check
	PASS
ENDING

	.text
start_other:
	alloc	r34 = ar.pfs, 0, 8, 8, 0
	movl	r16 = stack_of_other
	mov	ar.rsc = 0
	;;
	mov	ar.bspstore = r16
	movl	r17 = ivt
	mov	cr.tpr = r0
	;;
	mov	cr.iva = r17
	;;
	srlz.d
	;;
	mov	r17 = cr.ivr			// the wake-up
	;;
	srlz.d
	;;
	mov	cr.eoi = r0
	;;
	ssm	1 << 13
	;;
	srlz.i
	;;
	ssm	1 << 14
	;;
	srlz.d
	movl	r14 = steps
	mov	r15 = 0
	;;
1:	add	r15 = 1, r15
	;;
	st8.rel	[r14] = r15
	br.sptk.few	1b
	;;

// r14 and r15 belong to the loop, b0 to nobody.
on_interrupt:
	mov	r16 = cr.ivr
	mov	r17 = RENDEZVOUS
	;;
	srlz.d
	cmp.eq	p6, p7 = r16, r17
	cover
	;;
	alloc	r18 = ar.pfs, 0, 8, 8, 0
	mov	r19 = cr.ifs
	mov	r20 = cr.ipsr
	mov	r21 = cr.iip
(p7)	br.cond.sptk.few 2f
	;;
	SAL	4
	EXPECT	r8, 0, 30
	movl	r16 = woken
	mov	r17 = 1
	;;
	st8.rel	[r16] = r17
2:	alloc	r18 = ar.pfs, 0, 0, 0, 0
	mov	cr.eoi = r0
	;;
	srlz.d
	;;
	rfi
	;;

os_mca:
	mov	r30 = 100
	mov	r20 = 0x1111
	movl	r2 = state
	movl	r3 = rendezvous_state
	;;
	cmp.ne	p6, p0 = r1, r20
(p6)	br.cond.spnt.many fail
	st8	[r2] = r18
	st8	[r3] = r11
	;;
	// the register stack away
	mov	r21 = ar.bspstore
	mov	r23 = ar.rnat
	mov	r24 = ar.bsp
	mov	r26 = ar.pfs
	movl	r25 = stack_of_mca
	;;
	sub	r24 = r24, r21
	mov	ar.bspstore = r25
	;;
	shl	r24 = r24, 16
	flushrs
	;;
	alloc	r2 = ar.pfs, 0, 8, 8, 0
	;;
	movl	r5 = record
	;;
	st8	[r5] = r0
	SAL	2, 0
	EXPECT	r8, 0, 101
	mov	r6 = r9
	SAL	1, 0, 0, record
	EXPECT	r8, 0, 102
	cmp.ltu	p6, p0 = r6, r9			// no longer than was said
	mov	r30 = 103
	movl	r5 = record + 12
(p6)	br.cond.spnt.many fail
	;;
	ld4	r5 = [r5]			// its own length
	mov	r30 = 104
	;;
	cmp.ne	p6, p0 = r5, r9
(p6)	br.cond.spnt.many fail
	movl	r5 = record + 40
	;;
	ld4	r5 = [r5]
	;;
	EXPECT	r5, 0xe429faf1, 105		// the processor section
	SAL	3, 0
	EXPECT	r8, 0, 106
	SAL	1, 0, 0, record
	EXPECT	r8, -5, 107
	// the others go on
	movl	r2 = INTERRUPT_BLOCK + (1 << 12)
	mov	r3 = WAKEUP
	;;
	st8.rel	[r2] = r3
	// and back
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	mov	ar.rsc = r24
	;;
	loadrs
	;;
	mov	ar.bspstore = r21
	;;
	mov	ar.rnat = r23
	mov	ar.pfs = r26
	movl	r4 = count
	;;
	ld8	r5 = [r4]
	;;
	add	r5 = 1, r5
	;;
	st8	[r4] = r5
	cmp.eq	p6, p7 = 3, r5			// the third is the branch
	add	r2 = 51 * 8, r17
	add	r3 = 52 * 8, r17
	;;
	ld8	r4 = [r2]
	ld8	r5 = [r3]
	mov	r30 = 108
	movl	r6 = 0x70000000
	;;
(p6)	cmp.ne.unc	p8, p0 = r4, r6
(p8)	br.cond.spnt.many fail
	mov	r6 = 1
	;;
(p7)	dep	r5 = r6, r5, 41, 2		// over the instruction in slot 0
	;;
(p7)	st8	[r3] = r5
	mov	r8 = 0
	mov	r10 = 0
	mov	r22 = r17
	;;
(p6)	mov	r10 = -1			// another context: a copy
(p6)	movl	r22 = copy
	mov	r9 = 58
	movl	r2 = copy
	mov	r3 = r17
	;;
1:	ld8	r4 = [r3], 8
	add	r9 = -1, r9
	;;
	st8	[r2] = r4, 8
	cmp.ne	p8, p0 = r0, r9
(p8)	br.cond.sptk.few 1b
	;;
	movl	r2 = copy + 51 * 8
	movl	r3 = landed
	movl	r4 = copy + 7 * 8
	movl	r5 = 0x7777
	;;
	st8	[r2] = r3
	st8	[r4] = r5
	mov	b0 = r12
	;;
	br.cond.sptk.many b0
	;;
	.align	32768
ivt:
	.org	ivt + 0x3000
	{ .mib
	nop.m	0
	nop.i	0
	br.sptk.many on_interrupt
	;; }
	.org	ivt + 0x8000
	.data
	.align	4096
copy:
	.skip	512
record:
	.skip	8192
stack_of_other:
	.skip	2048
stack_of_mca:
	.skip	2048
count:
	data8	0
state:
	data8	0
rendezvous_state:
	data8	0
steps:
	data8	0
woken:
	data8	0
