// The delivery modes of an interprocessor interrupt, each at the place it arrives: 0 (and 1) a
// vector, 2 PMI to firmware, 4 NMI as vector 2, 5 INIT to the system's handler, 7 ExtINT as vector
// 0; 3 and 6 are reserved.
//
// on: firmware
// run: --mem=128M --no-reboot --log=error
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
.macro SEND value
	movl	r28 = INTERRUPT_BLOCK
	movl	r29 = \value
	;;
	st8.rel	[r28] = r29
	;;
.endm
// The four words of IRR, ORed but for the word expected to hold \mask.
.macro REQUESTED word, mask, number
	mov	r8 = cr.irr0
	mov	r9 = cr.irr1
	mov	r10 = cr.irr2
	mov	r11 = cr.irr3
	;;
	movl	r31 = \mask
	;;
	xor	r\word = r\word, r31
	;;
	or	r8 = r8, r9
	or	r10 = r10, r11
	;;
	or	r8 = r8, r10
	;;
	EXPECT	r8, 0, \number
.endm
// Take the best one: it must be \vector.
.macro ACKNOWLEDGE vector, number
	mov	r8 = cr.ivr
	;;
	srlz.d
	;;
	mov	cr.eoi = r0
	;;
	srlz.d
	;;
	EXPECT	r8, \vector, \number
.endm
FIRMWARE_START
	SAL	0, 1, os_init, 0, 0, os_init
	EXPECT	r8, 0, 1
	mov	cr.tpr = r0
	;;
	srlz.d
	REQUESTED 8, 0, 2
	SEND	0x51
	REQUESTED 9, 1 << 17, 3
	ACKNOWLEDGE 0x51, 4
	SEND	0x1e9			// lowest priority: there is one destination
	REQUESTED 11, 1 << 41, 5
	ACKNOWLEDGE 0xe9, 6
	SEND	0x200			// PMI
	SEND	0x20f
	REQUESTED 8, 0, 7
	SEND	0x355			// reserved
	SEND	0x655
	SEND	0x003			// no such vectors
	SEND	0x00f
	REQUESTED 8, 0, 8
	SEND	0x455			// NMI, whatever the vector says
	REQUESTED 8, 1 << 2, 9
	ACKNOWLEDGE 2, 10
	SEND	0x755			// ExtINT, too
	REQUESTED 8, 1, 11
	ACKNOWLEDGE 0, 12
	ACKNOWLEDGE 15, 13		// spurious
	mov	r38 = 0
	SEND	0x555
	REQUESTED 8, 0, 14		// INIT is no vector
	mov	ar.lc = 3
	;;
1:	br.cloop.sptk.few	1b
	;;
	movl	r14 = count
	;;
	ld8	r14 = [r14]
	;;
	EXPECT	r14, 1, 15
	PASS
ENDING
	.text
os_init:
	movl	r2 = count
	;;
	ld8	r3 = [r2]
	;;
	add	r3 = 1, r3
	;;
	st8	[r2] = r3
	mov	r8 = 0
	mov	r10 = 0
	mov	b0 = r12
	;;
	br.cond.sptk.many	b0
	;;
	.data
	.align	8
count:
	data8	0
