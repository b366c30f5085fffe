/* The operations in a domain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../arch/asm.h"
#include "ops.h"
#include "xsi.h"

#define PV_OP(name, type, bundles, what) .set TYPE_##name, type;
#include "pv_ops.def"

#define BODY(name) BODY_START xen, name
#define END_BODY(name) BODY_END xen, name, TYPE_##name

	/* One question to the hypervisor. */
	.macro ASK name, number
	BODY_START xen, \name
	{ .mii
	break.m	\number
	nop.i	0
	nop.i	0
	;;
	}
	BODY_END xen, \name, TYPE_\name
	.endm

	ASK	fc, HYPERPRIVOP_FC
	ASK	thash, HYPERPRIVOP_THASH
	ASK	get_cpuid, HYPERPRIVOP_GET_CPUID
	ASK	get_pmd, HYPERPRIVOP_GET_PMD
	ASK	ptcga, HYPERPRIVOP_PTC_GA
	ASK	get_rr, HYPERPRIVOP_GET_RR
	ASK	set_rr, HYPERPRIVOP_SET_RR
	ASK	set_rr0_to_rr4, HYPERPRIVOP_SET_RR0_TO_RR4
	ASK	get_psr, HYPERPRIVOP_GET_PSR
	ASK	get_ivr, HYPERPRIVOP_GET_IVR
	ASK	get_tpr, HYPERPRIVOP_GET_TPR
	ASK	set_tpr, HYPERPRIVOP_SET_TPR
	ASK	set_eoi, HYPERPRIVOP_EOI

	/* A shared word, and something beside. */
	.macro LOAD_R2 offset, also:vararg
	{ .mmi
	addl	r2=XSI(\offset),r0
	;;
	ld8	r2=[r2]
	\also
	;;
	}
	.endm

	/* The byte is 1, or anything else that is not 0. */
	.macro NOT_R8
	{ .mmi
	cmp.eq	p6,p7=r8,r0
	;;
(p6)	mov	r8=1
(p7)	mov	r8=0
	;;
	}
	.endm

/* psr.i is a byte of shared memory, 1 for off; the byte before it says that events wait. */
BODY(rsm_i)
	{ .mmi
	addl	r2=XSI(XSI_PSR_I_ADDR),r0
	mov	r3=1
	nop.i	0
	;;
	}
	{ .mmi
	ld8	r2=[r2]
	;;
	st1	[r2]=r3
	nop.i	0
	;;
	}
END_BODY(rsm_i)

BODY(ssm_i)
	LOAD_R2	XSI_PSR_I_ADDR, nop.i 0
	{ .mmi
	st1	[r2]=r0,-1
	;;
	ld1	r2=[r2]
	nop.i	0
	;;
	}
	{ .mmi
	cmp.ne	p6,p0=r2,r0
	;;
(p6)	break.m	HYPERPRIVOP_SSM_I
	nop.i	0
	;;
	}
END_BODY(ssm_i)

BODY(irq_save)
	LOAD_R2	XSI_PSR_I_ADDR, mov r3=1
	{ .mmi
	ld1	r8=[r2]
	;;
	st1	[r2]=r3
	nop.i	0
	;;
	}
	NOT_R8
END_BODY(irq_save)

BODY(irq_restore)
	LOAD_R2	XSI_PSR_I_ADDR, cmp.ne p6,p0=r8,r0
	{ .mmi
(p6)	st1	[r2]=r0,-1
	;;
(p6)	ld1	r2=[r2]
	nop.i	0
	;;
	}
	{ .mmi
(p6)	cmp.ne	p6,p0=r2,r0
	;;
(p6)	break.m	HYPERPRIVOP_SSM_I
	nop.i	0
	;;
	}
END_BODY(irq_restore)

BODY(get_psr_i)
	LOAD_R2	XSI_PSR_I_ADDR, nop.i 0
	{ .mmi
	ld1	r8=[r2]
	nop.m	0
	nop.i	0
	;;
	}
	NOT_R8
END_BODY(get_psr_i)

/* The domain's time differs from the machine's by an offset. */
BODY(get_itc)
	{ .mmi
	addl	r2=XSI(XSI_ITC_OFFSET),r0
	mov	r8=ar.itc
	nop.i	0
	;;
	}
	{ .mmi
	ld8	r2=[r2]
	;;
	add	r8=r8,r2
	nop.i	0
	;;
	}
END_BODY(get_itc)

BODY(set_itm)
	LOAD_R2	XSI_ITC_OFFSET, nop.i 0
	{ .mmi
	sub	r8=r8,r2
	;;
	break.m	HYPERPRIVOP_SET_ITM
	nop.i	0
	;;
	}
END_BODY(set_itm)

BODY(set_kr7)
	{ .mmi
	mov	r9=r8
	mov	r8=7
	nop.i	0
	;;
	}
	{ .mii
	break.m	HYPERPRIVOP_SET_KR
	nop.i	0
	nop.i	0
	;;
	}
END_BODY(set_kr7)
