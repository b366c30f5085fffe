/* Where the kernel begins: in physical mode, with the boot parameters' address in r28.
 *
 *     _start        the ELF entry: bare hardware
 *     startup_xen   the entry named by the Xen ELF note: a domain
 *     start_ap      a processor woken by firmware, either way
 *
 * They differ in two variables.  Up to the switch to virtual mode, privileged instructions are
 * native ones: a hypervisor traps and emulates them, a few dozen once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "asm.h"
#include "xsi.h"

	.section .text.head,"ax"

#ifndef JANUS_NOPV
GLOBAL(startup_xen)
	movl	r2=running_on_xen
	mov	r3=1
	;;
	dep	r2=0,r2,61,3
	;;
	st1	[r2]=r3
	br.sptk	_start
	;;
END(startup_xen)
#endif

GLOBAL(start_ap)
	mov	r9=1
	br.sptk	.Lstart
	;;
END(start_ap)

GLOBAL(_start)
	mov	r9=0		/* r9: not the first processor */
	;;
.Lstart:
	rsm	psr.i | psr.ic
	;;
	srlz.i
	mov	ar.rsc=0
	;;
	/* Region n has region id n.  0 to 5: 16 KB pages, VHPT; 6 and 7: 16 MB, none. */
	.irp	n,0,1,2,3,4,5,6,7
	movl	r2=\n << 61
	.if	\n < 6
	movl	r3=(\n << 8) | (PAGE_SHIFT << 2) | 1
	.else
	movl	r3=(\n << 8) | (IDENTITY_SHIFT << 2)
	.endif
	;;
	mov	rr[r2]=r3
	.endr
	;;
	srlz.d
	;;
	/* Translation register 0: the kernel.  Register 1: this processor's own page. */
	movl	r2=KERNEL_BASE
	mov	r3=KERNEL_TR_SHIFT << 2
	movl	r4=PTE_KERNEL_BITS
	;;
	mov	cr.ifa=r2
	mov	cr.itir=r3
	dep	r2=0,r2,61,3
	mov	r5=0
	;;
	or	r2=r2,r4
	;;
	itr.i	itr[r5]=r2
	;;
	itr.d	dtr[r5]=r2
	;;
	srlz.d
	movl	r6=booting_percpu
	;;
	dep	r6=0,r6,61,3
	mov	r5=1
	movl	r2=PERCPU_BASE
	mov	r3=PAGE_SHIFT << 2
	;;
	ld8	r6=[r6]		/* its address in region 7 */
	mov	cr.ifa=r2
	mov	cr.itir=r3
	;;
	dep	r6=0,r6,61,3
	;;
	or	r6=r6,r4
	;;
	itr.d	dtr[r5]=r6
	;;
	movl	r2=PSR_KERNEL
	movl	r3=.Lvirtual
	movl	r4=1 << 63	/* an empty frame */
	;;
	mov	cr.ipsr=r2
	mov	cr.iip=r3
	mov	cr.ifs=r4
	;;
	srlz.i
	;;
	rfi
	;;

.Lvirtual:
	movl	r1=__gp
	movl	r2=native_ivt
	movl	r3=running_on_xen
	;;
	ld1	r3=[r3]
	;;
	cmp.ne	p7,p0=r3,r0
	;;
#ifndef JANUS_NOPV
(p7)	movl	r2=xen_ivt
	;;
#endif
	mov	cr.iva=r2
	movl	r4=FPSR_DEFAULT
	movl	r5=booting_task
	movl	r6=kernel_pgd
	;;
	srlz.i
	mov	ar.fpsr=r4
	ld8	r13=[r5]
	ld8	r6=[r6]
	;;
	mov	ar.k6=r13
	addl	r12=TASK_SIZE-PT_SIZE-16,r0
	;;
	add	r12=r12,r13
	adds	r2=TASK_RBS_OFFSET,r13
	dep	r6=0,r6,61,3
	;;
	mov	ar.k7=r6
	loadrs
	;;
	mov	ar.bspstore=r2
	;;
	mov	ar.rnat=r0
	mov	ar.unat=r0
	;;
	mov	ar.rsc=RSC_KERNEL
	mov	b0=r0
	cmp.ne	p6,p0=r9,r0
	;;
	alloc	r2=ar.pfs,0,0,1,0
	;;
(p6)	br.call.sptk.many b0=start_secondary
	;;
#ifndef JANUS_NOPV
	/* The shared pages go where xsi.h says, before anything touches them. */
	mov	r10=r28
	;;
(p7)	mov	r2=0x600
(p7)	movl	r28=XSI_BASE
	;;
(p7)	break.m	HYPERCALL_BREAK
	;;
	mov	r28=r10
	;;
#endif
	mov	out0=r28
	br.call.sptk.many b0=start_kernel
	;;
	break	0
END(_start)

#ifndef JANUS_NOPV
	/* Note ENTRY: the physical address of startup_xen; and what kind of kernel this is. */
	.section .note.Xen,"a",@note
	.macro	XEN_NOTE type
	.align	4
	data4	4
	data4	2f - 1f
	data4	\type
	.asciz	"Xen"
1:
	.endm
	XEN_NOTE 1
	data8.ua startup_xen - 0xe000000000000000
2:
	.purgem	XEN_NOTE
	.align	4
	data4	4, 8, 5
	.asciz	"Xen"
	.asciz	"xen-3.0"
	.align	4
	data4	4, 6, 6
	.asciz	"Xen"
	.asciz	"janus"
	.align	4
#endif
