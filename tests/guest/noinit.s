// An INIT that nobody has asked SAL for is a warm boot.
//
// on: firmware
// run: --mem=128M --no-reboot --log=error
// expect: console ""
// expect: exit 120
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "firmware.inc"
FIRMWARE_START
	movl	r14 = INTERRUPT_BLOCK
	mov	r15 = IPI_INIT
	;;
	st8.rel	[r14] = r15
	;;
1:	hint	@pause
	br.sptk.few	1b
	;;
	PASS
ENDING
