// A handler that returns without having mended anything: the emulator ends such a run by itself.
// expect: console ""
// expect: exit 122
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
START
	VECTORS	ivt
	movl	r14 = 0xa000000000000000
	mov	r15 = 0x200 << 8 | 14 << 2
	;;
	mov	rr[r14] = r15
	ssm	1 << 17			// psr.dt
	;;
	srlz.d
	;;
	ld8	r16 = [r14]
	;;
	PASS
ENDING
	.text
	.align	32768
ivt:
	.org	ivt + 0x1000		// Alternate Data TLB
	{ .mib
	nop.m	0
	nop.i	0
	rfi
	;; }
	.org	ivt + 0x8000
