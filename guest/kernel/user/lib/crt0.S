// Where a program begins.  The kernel leaves argc, argv, the environment and auxiliary vector on
// the stack, above the 16 bytes of scratch area that the calling convention gives every function.
//
// SPDX-License-Identifier: GPL-2.0-or-later

	.text
	.global	_start
	.proc	_start
_start:
	.prologue
	.save	rp, r0			// nobody called
	alloc	r32 = ar.pfs, 0, 1, 1, 0
	.body
	movl	gp = __gp
	adds	r33 = 16, sp
	adds	sp = -16, sp
	;;
	br.call.sptk.many rp = start
	;;
	break	0			// start() does not come back
	.endp	_start
