/* s64 hypercall(a1, a2, a3, a4, a5, number): arguments are where the hypervisor wants them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../arch/asm.h"
#include "xsi.h"

	.text
GLOBAL(hypercall)
	alloc	r14=ar.pfs,6,0,0,0
	mov	r2=in5
	;;
	break.m	HYPERCALL_BREAK
	br.ret.sptk.many b0
	;;
END(hypercall)

/* s64 hypercall_ipi(cpu, vector): its arguments are where no other hypercall has them. */
GLOBAL(hypercall_ipi)
	alloc	r16=ar.pfs,2,0,0,0
	mov	r14=in0
	mov	r15=in1
	mov	r2=0x400
	;;
	break.m	HYPERCALL_BREAK
	br.ret.sptk.many b0
	;;
END(hypercall_ipi)
