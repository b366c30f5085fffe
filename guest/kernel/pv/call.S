/* The long way to an operation: what sites branch to until they are patched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../arch/asm.h"

	.text

	/* The operation returns to the site by itself: b6. */
	.macro	CALL_THROUGH name, table, offset
	.global	\name
	.proc	\name
\name:
#ifdef PV_POISON
	movl	r3=0x5a5a5a5a5a5a5a5a
	cmp.eq	p6,p7=r0,r0
	;;
#endif
	movl	r2=\table + \offset
	;;
	ld8	r2=[r2]
	;;
	mov	b7=r2
	br.cond.sptk.many b7
	.endp	\name
	.endm

#define PV_OP(name, type, bundles, what) CALL_THROUGH pv_call_##name, pv_cpu_ops, PV_CPU_##name
#include "pv_ops.def"

/* Branches from common assembly: one bundle each, recorded, patched. */
	.macro	BRANCH name, type
	.global	\name
	.proc	\name
\name:
1:	{ .mib
	nop.m	0
	nop.i	0
	br.cond.sptk.many pv_jump_\name
	}
	.pushsection .paravirt_branches, "a"
	data8	1b, \type
	.popsection
	.endp	\name
	.endm
#define PV_BRANCH(name, type, what) BRANCH name, type
#include "pv_branches.def"

#define PV_BRANCH(name, type, what) CALL_THROUGH pv_jump_##name, pv_branches, PV_BRANCH_##name
#include "pv_branches.def"

	/* No instruction sites so far; a checker wants the section. */
	.section .paravirt_insts,"a"
