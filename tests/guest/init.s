// INIT on the machine with firmware: taken at a check point and resumed to the bundle, through a
// handler that moves the register stack away and back as kernels do; masked by psr.mc; one more
// while the handler runs; on a processor that waits for its start (ignored), on one that runs, on
// both at once (one monarch, one slave).
//
// on: firmware
// run: --smp=2 --mem=128M --no-reboot
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
// One block per processor, 4 KB: what its handler saw.
	.set	COUNT, 0
	.set	IS_MONARCH, 8
	.set	IIP, 16
	.set	IPSR, 24
	.set	PSP, 32
	.set	ONE_MORE, 40
	.set	REASON, 48
	.set	STACK, 0x800

// Store \value to the interrupt block for processor \cpu.
.macro SEND cpu, value
	movl	r28 = INTERRUPT_BLOCK + (\cpu << 12)
	mov	r29 = \value
	;;
	st8.rel	[r28] = r29
	;;
.endm

// The word at \offset of processor \cpu's block must be \value.
.macro SAW cpu, offset, value, number
	movl	r29 = seen + (\cpu << 12) + \offset
	;;
	ld8	r29 = [r29]
	;;
	EXPECT	r29, \value, \number
.endm

// r1 to r7 and r16 to r27 of both banks: a value each, and a NaT in r5 and in r20 of bank 1.
.macro REGISTERS
	mov	r9 = ar.unat
	.irp	n, 1, 2, 3, 4, 6, 7, 16, 17, 18, 19, 21, 22, 23, 24, 25, 26, 27
	movl	r\n = 0xabcd00 + \n
	.endr
	movl	r14 = nats
	mov	r15 = -1
	;;
	mov	ar.unat = r15
	;;
	ld8.fill	r5 = [r14]
	ld8.fill	r20 = [r14]
	bsw.0
	;;
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23
	movl	r\n = 0xdcba00 + \n
	.endr
	bsw.1
	;;
	mov	ar.unat = r9
	;;
.endm

.macro CHECK_REGISTERS number
	.irp	n, 1, 2, 3, 4, 6, 7, 16, 17, 18, 19, 21, 22, 23, 24, 25, 26, 27
	EXPECT	r\n, 0xabcd00 + \n, \number
	.endr
	mov	r30 = \number + 1
	tnat.z	p6, p0 = r5
	tnat.z	p7, p0 = r20
(p6)	br.cond.spnt.many	fail
(p7)	br.cond.spnt.many	fail
	;;
	bsw.0
	;;
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23
	EXPECT	r\n, 0xdcba00 + \n, \number + 2
	.endr
	bsw.1
	;;
.endm

FIRMWARE_START
	SAL	0, 1, os_init_monarch, 0x1111, 0, os_init_slave, 0x2222, 0
	EXPECT	r8, 0, 1
	// a processor that has not been started does not hear of it
	SEND	1, IPI_INIT
	movl	r14 = 100000
	;;
	mov	ar.lc = r14
	;;
1:	br.cloop.sptk.few 1b
	;;
	SAW	1, COUNT, 0, 2

	// our own, in the middle of a loop over rotating registers, two frames deep
	REGISTERS
	movl	r32 = 0x3232
	movl	r39 = 0x3939
	br.call.sptk.many b0 = outer
	;;
	EXPECT	r32, 0x3232, 3
	EXPECT	r39, 0x3939, 4
	EXPECT	r8, 0x1000 + 20, 5
	SAW	0, COUNT, 1, 6
	SAW	0, IIP, inner_loop, 7
	SAW	0, IPSR, 1 << 44, 8
	SAW	0, IS_MONARCH, 1, 9
	SAW	0, REASON, 0, 10
	SAW	0, PSP, 0xfff341e0, 11
	CHECK_REGISTERS 12

	// with psr.mc it waits; the rfi that ends psr.mc is the place where it comes
	movl	r14 = 1 << 44 | 1 << 35
	movl	r15 = masked
	;;
	mov	cr.ipsr = r14
	mov	cr.iip = r15
	mov	cr.ifs = r0
	;;
	rfi
	;;
masked:
	SEND	0, IPI_INIT
	mov	r14 = 200
	;;
	mov	ar.lc = r14
	;;
1:	br.cloop.sptk.few 1b
	;;
	SAW	0, COUNT, 1, 20
	movl	r14 = 1 << 44
	movl	r15 = unmasked
	mov	r16 = 0
	;;
	mov	cr.ipsr = r14
	mov	cr.iip = r15
	;;
	rfi
	;;
unmasked:
	{ .mii
	add	r16 = 1, r16
	nop.i	0
	nop.i	0
	;; }
	EXPECT	r16, 1, 21
	SAW	0, COUNT, 2, 22
	SAW	0, IIP, unmasked, 23

	// one more while the handler runs: straight after it, at the same place
	movl	r14 = seen + ONE_MORE
	mov	r15 = 1
	mov	r16 = 0
	;;
	st8	[r14] = r15
	SEND	0, IPI_INIT
	mov	r14 = 7
	;;
	mov	ar.lc = r14
	;;
twice:
	add	r16 = 1, r16
	br.cloop.sptk.few twice
	;;
	EXPECT	r16, 8, 24
	SAW	0, COUNT, 4, 25
	SAW	0, IIP, twice, 26

	// psr.ic = 0 and bank 0, with something in the interruption registers
	bsw.0
	;;
	movl	r16 = 0x1616
	movl	r31 = 0x3131
	movl	r14 = 0x77770
	movl	r15 = 0xac000
	;;
	mov	cr.iip = r14
	mov	cr.ipsr = r15
	movl	r13 = 1 << 63 | 5
	;;
	mov	cr.ifs = r13
	;;
	srlz.d
	movl	r11 = INTERRUPT_BLOCK
	mov	r10 = IPI_INIT
	;;
	st8	[r11] = r10
	;;
	mov	ar.lc = 5
	;;
1:	br.cloop.sptk.few 1b
	;;
	mov	r8 = r16
	mov	r9 = r31
	;;
	bsw.1
	;;
	EXPECT	r8, 0x1616, 27
	EXPECT	r9, 0x3131, 28
	mov	r8 = cr.iip
	mov	r9 = cr.ipsr
	mov	r10 = cr.ifs
	;;
	EXPECT	r8, 0x77770, 29
	EXPECT	r9, 0xac000, 30
	EXPECT	r10, 1 << 63 | 5, 31
	SAW	0, COUNT, 5, 32
	SAW	0, IPSR, 0, 33

	// the other processor, running
	SAL	0, 2, start_other, 0, 0
	EXPECT	r8, 0, 40
	SEND	1, 0xff
	movl	r14 = steps
	;;
1:	ld8.acq	r15 = [r14]
	;;
	cmp.eq	p6, p0 = r0, r15
(p6)	br.cond.sptk.few 1b
	;;
	SEND	1, IPI_INIT
	movl	r14 = seen + 0x1000 + COUNT
	;;
1:	ld8.acq	r15 = [r14]
	;;
	cmp.eq	p6, p0 = r0, r15
(p6)	br.cond.sptk.few 1b
	;;
	SAW	1, IS_MONARCH, 1, 41
	SAW	0, COUNT, 5, 42

	// both: the handlers wait for each other
	movl	r14 = together
	mov	r15 = 2
	;;
	st8	[r14] = r15
	;;
	SEND	1, IPI_INIT
	SEND	0, IPI_INIT
	mov	ar.lc = 9
	;;
1:	br.cloop.sptk.few 1b
	;;
	movl	r14 = seen + 0x1000 + COUNT
	;;
1:	ld8.acq	r15 = [r14]
	;;
	cmp.ne	p6, p0 = 2, r15
(p6)	br.cond.sptk.few 1b
	;;
	SAW	0, COUNT, 6, 43
	movl	r14 = seen + IS_MONARCH
	movl	r15 = seen + 0x1000 + IS_MONARCH
	;;
	ld8	r14 = [r14]
	ld8	r15 = [r15]
	;;
	add	r14 = r14, r15
	;;
	EXPECT	r14, 1, 44
	// it still runs
	movl	r14 = steps
	;;
	ld8.acq	r15 = [r14]
	;;
1:	ld8.acq	r16 = [r14]
	;;
	cmp.eq	p6, p0 = r15, r16
(p6)	br.cond.sptk.few 1b
	;;
	PASS
ENDING

	.text
outer:
	alloc	r36 = ar.pfs, 0, 30, 0, 0
	mov	r37 = b0
	movl	r38 = 0x3838
	movl	r61 = 0x6161
	;;
	br.call.sptk.many b0 = inner
	;;
	mov	r28 = 0x3838
	movl	r29 = 0x6161
	;;
	cmp.ne	p7, p0 = r28, r38
	cmp.ne	p8, p0 = r29, r61
	;;
(p7)	mov	r8 = 0
	;;
(p8)	mov	r8 = 0
	mov	ar.pfs = r36
	mov	b0 = r37
	;;
	br.ret.sptk.many b0
	;;
inner:
	alloc	r50 = ar.pfs, 0, 24, 0, 16
	mov	r51 = b0
	movl	r33 = 0x1000
	;;
	mov	ar.lc = 19
	mov	ar.ec = 1
	mov	pr.rot = 1 << 16
	;;
	SEND	0, IPI_INIT
inner_loop:
(p16)	add	r32 = 1, r33
	nop.i	0
	br.ctop.sptk.few inner_loop
	;;
	mov	r8 = r33
	mov	ar.pfs = r50
	mov	b0 = r51
	;;
	br.ret.sptk.many b0
	;;

start_other:
	alloc	r34 = ar.pfs, 0, 8, 8, 0
	movl	r14 = steps
	mov	r15 = 0
	;;
	movl	r16 = stack_of_other
	mov	ar.rsc = 0
	;;
	mov	ar.bspstore = r16
	;;
1:	add	r15 = 1, r15
	;;
	st8.rel	[r14] = r15
	br.sptk.few	1b
	;;

os_init_monarch:
	mov	r19 = 1
	movl	r20 = 0x1111
	br.sptk.many	os_init
	;;
os_init_slave:
	mov	r19 = 0
	movl	r20 = 0x2222
	;;
os_init:
	mov	r2 = cr.lid
	mov	r30 = 100		// wrong gp
	cmp.ne	p6, p0 = r1, r20
	movl	r3 = seen
(p6)	br.cond.spnt.many fail
	;;
	extr.u	r2 = r2, 24, 8
	add	r5 = 51 * 8, r17	// iip in the min-state area
	add	r6 = 52 * 8, r17	// ipsr
	;;
	shl	r2 = r2, 12
	ld8	r5 = [r5]
	ld8	r6 = [r6]
	;;
	add	r20 = r2, r3
	;;
	add	r4 = IIP, r20
	add	r7 = IPSR, r20
	;;
	st8	[r4] = r5, PSP - IIP
	st8	[r7] = r6, REASON - IPSR
	;;
	st8	[r4] = r18
	st8	[r7] = r11
	add	r4 = IS_MONARCH, r20
	add	r7 = ONE_MORE, r20
	;;
	st8	[r4] = r19
	ld8	r6 = [r7]
	;;
	cmp.ne	p6, p0 = r0, r6
	;;
(p6)	st8	[r7] = r0
	movl	r4 = INTERRUPT_BLOCK
	mov	r5 = IPI_INIT
	;;
(p6)	st8	[r4] = r5
	// both together?
	movl	r4 = together
	;;
	ld8.acq	r5 = [r4]
	;;
	cmp.ne	p6, p7 = r0, r5
	;;
(p6)	fetchadd8.acq	r5 = [r4], -1
(p7)	br.cond.sptk.few	2f
	;;
1:	ld8.acq	r5 = [r4]
	;;
	cmp.ne	p6, p0 = r0, r5
(p6)	br.cond.sptk.few	1b
	;;
2:	// the register stack away, all of it used for something else, and back
	mov	r21 = ar.bspstore
	mov	r23 = ar.rnat
	mov	r24 = ar.bsp
	mov	r26 = ar.pfs
	add	r25 = STACK, r20
	;;
	sub	r24 = r24, r21
	mov	ar.bspstore = r25
	;;
	shl	r24 = r24, 16
	flushrs
	;;
	alloc	r2 = ar.pfs, 0, 96, 0, 0
	;;
	.irp	n, 32, 33, 34, 35, 36, 37, 38, 39, 40, 45, 50, 55, 60, 61, 62, 100, 127
	mov	r\n = -1
	.endr
	;;
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	mov	ar.rsc = r24
	;;
	loadrs
	;;
	mov	ar.bspstore = r21
	;;
	mov	ar.rnat = r23
	mov	ar.pfs = r26
	// last, so that nobody reads what is unfinished
	ld8	r4 = [r20]
	;;
	add	r4 = 1, r4
	;;
	st8.rel	[r20] = r4
	// nothing of the others' is left
	mov	r8 = 0
	mov	r10 = 0
	mov	b0 = r12
	mov	r22 = r17
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 16, 18, 19, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mov	r\n = -2
	.endr
	;;
	mov	b1 = r0
	mov	pr = r0, -1
	bsw.1
	;;
	.irp	n, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mov	r\n = -3
	.endr
	bsw.0
	;;
	br.cond.sptk.many b0
	;;
	.data
	.align	4096
seen:
	.skip	2 * 4096
nats:
	data8	0x5a5a
steps:
	data8	0
together:
	data8	0
stack_of_other:
	.skip	1024
