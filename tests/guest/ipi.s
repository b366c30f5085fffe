// Interrupts from processor to processor on the machine with firmware: what stands in irr, in which
// order ivr hands it out, what tpr and an interrupt in service hold back, what eoi lets go (processor
// 0 to 1 and back, then 3 to 2), every vector from 255 down to 16; then with psr.i: three vectors
// around a ring of four processors, none lost; one that waits for psr.i or tpr; a handler that is
// interrupted by a higher vector and not by a lower one.  SDM 2:114 to 2:125.
//
// on: firmware
// run: --smp=4 --mem=128M --no-reboot
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
	.set	IPI_NMI, 4 << 8
	.set	IPI_EXTINT, 7 << 8
	.set	TPR_MMI, 1 << 16
	.set	SPURIOUS, 15
	.set	LAPS, 20
// One block per processor, 4 KB: how many interrupts it took and which, then how many of each.
	.set	COUNT, 0
	.set	LOG, 8
	.set	ARRIVED, 0x800
	.set	END_OF_NESTED, 0x160	// no vector: the handler of 0x60 leaves it at its end

// Send \value to the processor whose part of the interrupt block r13 points to.
.macro SEND value
	mov	r29 = \value
	;;
	st8.rel	[r13] = r29
	;;
.endm
.macro SEND_TO cpu, value
	movl	r28 = INTERRUPT_BLOCK + (\cpu << 12)
	mov	r29 = \value
	;;
	st8.rel	[r28] = r29
	;;
.endm

// Wait until the word at \address is \value.
.macro WAIT_FOR address, value
	movl	r28 = \address
	;;
88:	ld8.acq	r29 = [r28]
	;;
	cmp.ne	p14, p15 = \value, r29
(p14)	br.cond.sptk.few 88b
	;;
.endm
.macro TURN value
	movl	r28 = turn
	mov	r29 = \value
	;;
	st8.rel	[r28] = r29
	;;
.endm

.macro WORD address, value, number
	movl	r29 = \address
	;;
	ld8.acq	r29 = [r29]
	;;
	EXPECT	r29, \value, \number
.endm

.macro IVR value, number
	mov	r14 = cr.ivr
	;;
	srlz.d
	;;
	EXPECT	r14, \value, \number
.endm
.macro EOI
	mov	cr.eoi = r0
	;;
	srlz.d
	;;
.endm
.macro TPR value
	movl	r14 = \value
	;;
	mov	cr.tpr = r14
	;;
	srlz.d
	;;
.endm
.macro IRR n0, n1, n2, n3, number
	mov	r14 = cr.irr0
	mov	r15 = cr.irr1
	mov	r16 = cr.irr2
	mov	r17 = cr.irr3
	;;
	EXPECT	r14, \n0, \number
	EXPECT	r15, \n1, \number
	EXPECT	r16, \n2, \number
	EXPECT	r17, \n3, \number
.endm
.macro CALL what
	br.call.sptk.many b0 = \what
	;;
.endm
// r13: where to send to.
.macro TOWARDS cpu
	movl	r13 = INTERRUPT_BLOCK + (\cpu << 12)
	;;
.endm

FIRMWARE_START
	SAL	0, 2, start_other, 0, 0
	EXPECT	r8, 0, 1
	.irp	cpu, 1, 2, 3
	SEND_TO	\cpu, 0xff
	WAIT_FOR	started, \cpu
	.endr
	CALL	prepare
	TOWARDS	1
	CALL	sender			// 0 to 1
	CALL	receiver		// 1 to 0
	TURN	11			// 3 to 2
	WAIT_FOR	turn, 13
	WAIT_FOR	ready, 3

	// around the ring
	ssm	1 << 14
	;;
	srlz.d
	;;
	.irp	vector, 0x40, 0x80, 0xc0
	SEND_TO	1, \vector
	.endr
	.irp	vector, 0x40, 0x80, 0xc0
	WAIT_FOR	seen + ARRIVED + \vector * 8, LAPS
	.endr
	.irp	vector, 0x40, 0x80, 0xc0
	.irp	cpu, 0, 1, 2, 3
	WORD	seen + (\cpu << 12) + ARRIVED + \vector * 8, LAPS, 60 + \cpu
	.endr
	.endr
	.irp	cpu, 0, 1, 2, 3
	WAIT_FOR	seen + (\cpu << 12) + COUNT, 3 * LAPS
	.endr

	// to oneself, held back by mmi, by the class, by psr.i
	TPR	TPR_MMI
	SEND_TO	0, 0x71
	CALL	wait
	WORD	seen + ARRIVED + 0x71 * 8, 0, 65
	TPR	0x70
	CALL	wait
	WORD	seen + ARRIVED + 0x71 * 8, 0, 66
	TPR	0x60
	CALL	wait
	WORD	seen + ARRIVED + 0x71 * 8, 1, 67
	TPR	0
	rsm	1 << 14
	;;
	SEND_TO	0, 0x71
	CALL	wait
	WORD	seen + ARRIVED + 0x71 * 8, 1, 68
	ssm	1 << 14
	;;
	srlz.d
	CALL	wait
	WORD	seen + ARRIVED + 0x71 * 8, 2, 69

	// within a handler: its own class and those below wait, those above come
	SEND_TO	0, 0x60
	WAIT_FOR	seen + COUNT, 3 * LAPS + 6
	WORD	seen + LOG + 8 * (3 * LAPS + 2), 0x60, 70
	WORD	seen + LOG + 8 * (3 * LAPS + 3), 0x70, 71
	WORD	seen + LOG + 8 * (3 * LAPS + 4), END_OF_NESTED, 72
	WORD	seen + LOG + 8 * (3 * LAPS + 5), 0x50, 73
	rsm	1 << 14
	;;
	IRR	0, 0, 0, 0, 74
	IVR	SPURIOUS, 75
	WORD	seen + 0x1000 + COUNT, 3 * LAPS + 1, 76
	WORD	seen + 0x2000 + COUNT, 3 * LAPS, 77
	WORD	seen + 0x3000 + COUNT, 3 * LAPS, 78
	PASS
ENDING

	.text
wait:
	mov	ar.lc = 30
	;;
1:	nop.i	0
	br.cloop.sptk.few 1b
	;;
	br.ret.sptk.many b0
	;;

// The two sides of the checks with psr.i = 0.  They take turns: the sender makes the odd ones.
sender:
	mov	r12 = b0
	// a vector twice; what the data says as vector does not matter to NMI
	.irp	value, 0x31, 0x90, 0x45, 0x90, 0x3f, 0xf0, IPI_EXTINT, IPI_NMI | 0x55
	SEND	\value
	.endr
	TURN	1
	WAIT_FOR	turn, 2
	SEND	0xf0
	SEND	0xf1
	TURN	3
	WAIT_FOR	turn, 4
	// all there are, once
	mov	r14 = 16
	movl	r15 = 256
	;;
1:	st8.rel	[r13] = r14
	add	r14 = 1, r14
	;;
	cmp.ne	p6, p0 = r14, r15
(p6)	br.cond.sptk.few 1b
	;;
	TURN	5
	WAIT_FOR	turn, 6
	TURN	0
	mov	b0 = r12
	;;
	br.ret.sptk.many b0
	;;

receiver:
	mov	r12 = b0
	WAIT_FOR	turn, 1
	IRR	1 | 1 << 2 | 1 << 0x31 | 1 << 0x3f, 1 << 5, 1 << 16, 1 << 48, 10
	TPR	TPR_MMI			// holds back all but NMI, SDM 2:605
	IVR	2, 11
	IVR	SPURIOUS, 12
	EOI
	IVR	SPURIOUS, 13
	TPR	0
	IVR	0, 14			// ExtINT is above all vectors, SDM 2:118
	IVR	SPURIOUS, 15
	EOI
	TPR	0xf0			// its own class, too
	IVR	SPURIOUS, 16
	TPR	0xe0
	IVR	0xf0, 17
	IVR	SPURIOUS, 18
	IRR	1 << 0x31 | 1 << 0x3f, 1 << 5, 1 << 16, 0, 19
	TURN	2
	// one in service: the same again waits, a higher one of the same class does not
	WAIT_FOR	turn, 3
	IRR	1 << 0x31 | 1 << 0x3f, 1 << 5, 1 << 16, 3 << 48, 20
	IVR	0xf1, 21
	IVR	SPURIOUS, 22
	EOI
	IVR	SPURIOUS, 23
	EOI
	IVR	0xf0, 24
	EOI
	IVR	SPURIOUS, 25
	TPR	0x40
	IVR	0x90, 26		// once, though sent twice
	EOI
	IVR	SPURIOUS, 27
	TPR	0x30
	IVR	0x45, 28
	EOI
	IVR	SPURIOUS, 29
	TPR	0x2f			// bits 3:0 are ignored
	IVR	0x3f, 30
	IVR	SPURIOUS, 31
	EOI
	IVR	0x31, 32
	EOI
	EOI				// with nothing in service
	TPR	0
	IVR	SPURIOUS, 33
	IRR	0, 0, 0, 0, 34
	TURN	4
	WAIT_FOR	turn, 5
	IRR	-1 << 16, -1, -1, -1, 35
	movl	r15 = 255
	;;
1:	mov	r14 = cr.ivr
	mov	r30 = 36
	;;
	srlz.d
	cmp.ne	p6, p0 = r14, r15
(p6)	br.cond.spnt.many fail
	EOI
	add	r15 = -1, r15
	;;
	cmp.ne	p6, p0 = 15, r15
(p6)	br.cond.sptk.few 1b
	;;
	IVR	SPURIOUS, 37
	IRR	0, 0, 0, 0, 38
	TURN	6
	WAIT_FOR	turn, 0
	mov	b0 = r12
	;;
	br.ret.sptk.many b0
	;;

// Interruption table, priorities, psr.ic; nothing pending.
prepare:
	movl	r14 = ivt
	;;
	mov	cr.iva = r14
	mov	cr.tpr = r0
	;;
	srlz.d
	;;
1:	mov	r14 = cr.ivr			// the wake-up
	;;
	srlz.d
	mov	cr.eoi = r0
	;;
	srlz.d
	cmp.ne	p6, p0 = SPURIOUS, r14
(p6)	br.cond.sptk.few 1b
	;;
	ssm	1 << 13
	;;
	srlz.i
	;;
	br.ret.sptk.many b0
	;;

start_other:
	alloc	r34 = ar.pfs, 0, 8, 8, 0
	;;
	CALL	prepare
	mov	r35 = cr.lid
	movl	r14 = started
	;;
	extr.u	r35 = r35, 24, 8
	;;
	st8.rel	[r14] = r35
	cmp.eq	p1, p0 = 1, r35
	cmp.eq	p2, p0 = 2, r35
	cmp.eq	p3, p0 = 3, r35
	;;
(p2)	br.cond.sptk.few	second
(p3)	br.cond.sptk.few	third
	CALL	receiver
	TOWARDS	0
	CALL	sender
	br.sptk.few	others_ready
second:
	WAIT_FOR	turn, 11
	TURN	12
	CALL	receiver
	TURN	13
	br.sptk.few	others_ready
third:
	WAIT_FOR	turn, 12
	TOWARDS	2
	CALL	sender
others_ready:
	ssm	1 << 14
	;;
	srlz.d
	movl	r14 = ready
	;;
	fetchadd8.rel	r15 = [r14], 1
	;;
1:	hint	@pause
	br.sptk.few	1b
	;;

// Bank 0.  Takes all there is, as kernels do.
on_interrupt:
	mov	r27 = pr
	mov	r16 = cr.lid
	movl	r17 = seen
	;;
	extr.u	r16 = r16, 24, 8
	;;
	shl	r18 = r16, 12
	add	r16 = 1, r16
	;;
	add	r17 = r17, r18			// our block
	and	r16 = 3, r16			// the next of the ring
	cmp.eq	p8, p9 = r18, r0		// processor 0
	movl	r19 = INTERRUPT_BLOCK
	;;
	shl	r16 = r16, 12
	;;
	add	r16 = r16, r19
next:
	mov	r20 = cr.ivr
	;;
	srlz.d
	cmp.eq	p6, p0 = SPURIOUS, r20
(p6)	br.cond.spnt.few	none_left
	ld8	r21 = [r17]
	shl	r22 = r20, 3
	;;
	shladd	r23 = r21, 3, r17
	add	r22 = r22, r17
	;;
	add	r23 = LOG, r23
	add	r21 = 1, r21
	add	r22 = ARRIVED, r22
	;;
	st8	[r23] = r20
	ld8	r24 = [r22]
	;;
	add	r24 = 1, r24
	extr.u	r25 = r20, 0, 6
	;;
	st8	[r22] = r24
	st8.rel	[r17] = r21
	// 0x40, 0x80, 0xc0: on to the next, but not from processor 0 in the last lap
	cmp.eq	p10, p0 = r0, r25
	cmp.eq	p11, p0 = LAPS, r24
	movl	r25 = 0x60
	movl	r26 = 0x61
	;;
(p11)	cmp.eq.unc	p12, p0 = r0, r18
	;;
(p12)	cmp.ne	p10, p0 = r0, r0
	;;
(p10)	st8.rel	[r16] = r20
	cmp.eq	p6, p0 = r20, r25
	cmp.eq	p7, p0 = r20, r26
(p6)	br.cond.spnt.few	nested
(p7)	br.cond.spnt.few	answer
end_it:
	EOI
	br.sptk.few	next
none_left:
	mov	pr = r27, -1
	;;
	rfi
	;;
answer:
	mov	r24 = 0x50
	mov	r25 = 0x70
	;;
	st8.rel	[r19] = r24
	;;
	st8.rel	[r19] = r25
	br.sptk.few	end_it
	;;
// Bank 0 is lost when another comes, so that everything goes to memory.
nested:
	movl	r20 = saved
	mov	r21 = cr.iip
	mov	r22 = cr.ipsr
	;;
	st8	[r20] = r27, 8
	;;
	st8	[r20] = r21, 8
	;;
	st8	[r20] = r22, 8
	;;
	st8	[r20] = r2
	mov	r2 = r17
	ssm	1 << 13
	;;
	srlz.d
	;;
	ssm	1 << 14
	;;
	srlz.d
	movl	r3 = INTERRUPT_BLOCK + (1 << 12)
	mov	r4 = 0x61
	ld8	r5 = [r2]
	;;
	st8.rel	[r3] = r4
	;;
1:	ld8.acq	r6 = [r2]
	;;
	cmp.eq	p6, p0 = r5, r6
(p6)	br.cond.sptk.few	1b
	mov	ar.lc = 30			// time for the lower one
	;;
1:	nop.i	0
	br.cloop.sptk.few 1b
	;;
	ld8	r6 = [r2]
	rsm	1 << 14
	;;
	rsm	1 << 13
	;;
	srlz.d
	;;
	shladd	r5 = r6, 3, r2
	add	r6 = 1, r6
	movl	r7 = END_OF_NESTED
	;;
	add	r5 = LOG, r5
	;;
	st8	[r5] = r7
	st8.rel	[r2] = r6
	movl	r20 = saved
	;;
	ld8	r27 = [r20], 8
	;;
	ld8	r21 = [r20], 8
	;;
	ld8	r22 = [r20], 8
	;;
	ld8	r2 = [r20]
	mov	cr.iip = r21
	mov	cr.ipsr = r22
	mov	cr.ifs = r0
	EOI
	mov	pr = r27, -1
	;;
	rfi
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
seen:
	.skip	4 * 4096
saved:
	.skip	32
turn:
	data8	0
started:
	data8	0
ready:
	data8	0
