// A machine check that nobody has asked SAL for ends the run, with words; an INIT handler is no help.
//
// on: firmware
// run: --mem=128M --no-reboot --log=error
// expect: console ""
// expect: exit 123
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
FIRMWARE_START
	SAL	0, 1, fail, 0, 0, fail, 0, 0
	EXPECT	r8, 0, 1
	movl	r14 = 0xa000000000000000
	movl	r15 = 0x661
	mov	r16 = 14 << 2
	mov	r17 = 1
	;;
	mov	cr.ifa = r14
	mov	cr.itir = r16
	;;
	itr.d	dtr[r0] = r15
	;;
	srlz.d
	;;
	itr.d	dtr[r17] = r15
	;;
	srlz.d
	;;
	PASS
ENDING
