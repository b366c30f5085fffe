/* Bodies of operations: functions in the convention of pv_ops.def, recorded in a table so that a
 * site can be patched with what stands between BODY and END_BODY, if it fits.
 *
 * Bodies are whole bundles, written out: they are copied.  The last one ends with a stop, as the
 * call would have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

	.macro	BODY_START prefix, name
	.text
	.align	32
	.global	\prefix\()_\name
	.proc	\prefix\()_\name
\prefix\()_\name:
	.endm

	.macro	BODY_END prefix, name, type
.L\prefix\()_\name\()_end:
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.many b6
	}
	.endp	\prefix\()_\name
	.section .rodata.\prefix\()_bodies,"a"
	data8	\prefix\()_\name, .L\prefix\()_\name\()_end, \type
	.text
	.endm
