/* The operations on bare hardware.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../arch/asm.h"
#include "ops.h"

#define PV_OP(name, type, bundles, what) .set TYPE_##name, type;
#include "pv_ops.def"

#define BODY(name) BODY_START native, name
#define END_BODY(name) BODY_END native, name, TYPE_##name

	/* One instruction in an M slot. */
	.macro ONE name, text:vararg
	BODY_START native, \name
	{ .mii
	\text
	nop.i	0
	nop.i	0
	;;
	}
	BODY_END native, \name, TYPE_\name
	.endm

	/* Two, the second serializes. */
	.macro TWO name, serialize, text:vararg
	BODY_START native, \name
	{ .mmi
	\text
	;;
	\serialize
	nop.i	0
	;;
	}
	BODY_END native, \name, TYPE_\name
	.endm

	ONE	fc, fc r8
	ONE	thash, thash r8=r8
	ONE	get_cpuid, mov r8=cpuid[r8]
	ONE	get_pmd, mov r8=pmd[r8]
	TWO	ptcga, srlz.i, ptc.ga r8,r9
	ONE	get_rr, mov r8=rr[r8]
	ONE	set_rr, mov rr[r8]=r9
	TWO	ssm_i, srlz.d, ssm psr.i
	ONE	rsm_i, rsm psr.i
	ONE	get_psr, mov r8=psr
	ONE	get_itc, mov r8=ar.itc
	TWO	get_ivr, srlz.d, mov r8=cr.ivr
	ONE	get_tpr, mov r8=cr.tpr
	ONE	set_kr7, mov.m ar.k7=r8
	ONE	set_itm, mov cr.itm=r8
	TWO	set_tpr, srlz.d, mov cr.tpr=r8
	TWO	set_eoi, srlz.d, mov cr.eoi=r0

BODY(get_psr_i)
	{ .mmi
	mov	r8=psr
	;;
	nop.m	0
	extr.u	r8=r8,14,1
	;;
	}
END_BODY(get_psr_i)

BODY(irq_save)
	{ .mmi
	mov	r8=psr
	;;
	rsm	psr.i
	extr.u	r8=r8,14,1
	;;
	}
END_BODY(irq_save)

BODY(irq_restore)
	{ .mmi
	cmp.ne	p6,p0=r8,r0
	;;
(p6)	ssm	psr.i
	nop.i	0
	;;
	}
	{ .mii
(p6)	srlz.d
	nop.i	0
	nop.i	0
	;;
	}
END_BODY(irq_restore)

BODY(set_rr0_to_rr4)
	{ .mii
	mov	rr[r0]=r8
	dep.z	r2=1,61,1
	dep.z	r3=1,62,1
	;;
	}
	{ .mii
	mov	rr[r2]=r9
	dep.z	r8=3,61,2
	dep.z	r9=1,63,1
	;;
	}
	{ .mmi
	mov	rr[r3]=r10
	mov	rr[r8]=r11
	nop.i	0
	;;
	}
	{ .mmi
	mov	rr[r9]=r14
	;;
	srlz.d
	nop.i	0
	;;
	}
END_BODY(set_rr0_to_rr4)

	/* What fills a site behind a short body. */
	.global	pv_nop_bundle
	.align	16
pv_nop_bundle:
	{ .mib
	nop.m	0
	nop.i	0
	nop.b	0
	}
