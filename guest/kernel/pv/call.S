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

/* Branches from common assembly: one bundle each, recorded, patched.  Its first slot may do what the
 * function would do first (and does, where it is built without this). */
#define FIRST_switch_to		alloc r14=ar.pfs,2,0,0,0
#define FIRST_leave_syscall	nop.m 0
#define FIRST_leave_kernel	nop.m 0

	.macro	BRANCH name, type, first:vararg
	.global	\name
	.proc	\name
\name:
1:	{ .mib
	\first
	nop.i	0
	br.cond.sptk.many pv_jump_\name
	}
	.pushsection .paravirt_branches, "a"
	data8	1b, \type
	.popsection
	.endp	\name
	.endm
#define PV_BRANCH(name, type, what) BRANCH name, type, FIRST_##name
#include "pv_branches.def"

#define PV_BRANCH(name, type, what) CALL_THROUGH pv_jump_##name, pv_branches, PV_BRANCH_##name
#include "pv_branches.def"

	/* No instruction sites so far; a checker wants the section. */
	.section .paravirt_insts,"a"
