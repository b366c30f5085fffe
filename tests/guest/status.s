// The smallest program: it says nothing and ends with status 42.
// expect: console ""
// expect: exit 42
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.text
	.explicit
	.global	_start
_start:
	movl	r14 = 0xff5d0008
	mov	r15 = 42
	;;
	st8	[r14] = r15
1:	br.sptk.few 1b
