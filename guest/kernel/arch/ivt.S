/* The interruption vector table: 20 entries of 64 bundles, 48 of 16.
 *
 * Misses of the translation caches are settled here, in bank 0 and without a stack: walk the page
 * table with physical addresses, insert.  Everything else goes on to `interruption` with the
 * vector in r30 and the predicates in r31.  r28 and r29 are left alone for the variants
 * of the paravirtual instructions (call_inst.h); r29 is b7 there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "inst.h"

	.macro VECTOR offset
	.org	PV_NAME(ivt) + \offset
	.set	dt_is_off, 0
	KEEP_B7
	.endm

	/* The rest: let C see it. */
	.macro INTERRUPTION offset
	VECTOR	\offset
	mov	r30=\offset
	mov	r31=pr
	br.sptk	PV_NAME(interruption)
	;;
	.endm

	/* r16: address.  r17: physical address of its page table entry, if p6 and not p7.
	 * psr.dt must be 0.  Destroys r18 to r20. */
	.macro FIND_PTE
	mov	r17=ar.k7
	extr.u	r18=r16,PGD_SHIFT,PGD_REGION_BITS
	extr.u	r19=r16,61,3
	extr.u	r20=r16,USER_SPAN_SHIFT,61-USER_SPAN_SHIFT
	;;
	dep	r18=r19,r18,PGD_REGION_BITS,3
	cmp.eq	p6,p7=r20,r0
	extr.u	r19=r16,PAGE_SHIFT,PTE_INDEX_BITS
	;;
	shladd	r17=r18,3,r17
	;;
(p6)	ld8	r17=[r17]
	;;
(p6)	cmp.ne	p6,p7=r17,r0
	shladd	r17=r19,3,r17
	;;
	.endm

	/* Load the entry into r18; give up unless it is present. */
	.macro LOAD_PTE
	FIND_PTE
(p6)	ld8	r18=[r17]
	;;
(p6)	tbit.nz	p6,p7=r18,0
(p7)	br.spnt	PV_NAME(walk_failed)
	;;
	.endm

	/* Another processor may have changed the entry, and purged, between load and insertion. */
	.macro RECHECK_PTE
	ld8	r19=[r17]
	mov	r20=PAGE_SHIFT << 2
	;;
	cmp.ne	p6,p0=r18,r19
	;;
(p6)	ptc.l	r16,r20
	;;
(p6)	srlz.d
	;;
	.endm

	.section .text.PV_IVT,"ax"
	.align	32768
	.global	PV_NAME(ivt)
	.proc	PV_NAME(ivt)
PV_NAME(ivt):

VECTOR 0x0000			/* VHPT translation: the table's own page has none */
	MOV_FROM_IFA r16
	mov	r31=pr
	mov	r30=0x0000
	;;
	RSM_PSR_DT
	LOAD_PTE
	MOV_FROM_ISR r21
	MOV_FROM_IHA r22
	;;
	tbit.nz	p8,p9=r21,32	/* isr.x: an instruction */
(p8)	br.spnt	1f
	;;
	ITC_D	r18,r23
	br.sptk	2f
1:	ITC_I	r18,r23
2:	RECHECK_PTE
	movl	r24=PTE_KERNEL_BITS
	dep	r23=0,r17,0,PAGE_SHIFT
	;;
	or	r23=r23,r24
	MOV_TO_IFA r22,r24
	;;
	ITC_D	r23,r24
	mov	pr=r31,-1
	DO_RFI

VECTOR 0x0400			/* instruction TLB */
	MOV_FROM_IFA r16
	mov	r31=pr
	mov	r30=0x0400
	;;
	RSM_PSR_DT
	LOAD_PTE
	ITC_I	r18,r23
	RECHECK_PTE
	mov	pr=r31,-1
	DO_RFI

VECTOR 0x0800			/* data TLB */
	MOV_FROM_IFA r16
	mov	r31=pr
	mov	r30=0x0800
	;;
	RSM_PSR_DT
	LOAD_PTE
	ITC_D	r18,r23
	RECHECK_PTE
	mov	pr=r31,-1
	DO_RFI

	/* Regions 6 and 7 have no page table: all of memory, uncached and cached. */
	.macro IDENTITY insert
	MOV_FROM_IFA r16
	MOV_FROM_IPSR r21
	mov	r31=pr
	movl	r24=PTE_KERNEL_BITS
	movl	r25=PTE_PPN_MASK
	;;
	extr.u	r22=r21,PSR_CPL_SHIFT,2
	extr.u	r23=r16,61,3
	and	r18=r16,r25
	;;
	cmp.ne	p6,p0=r22,r0	/* a program has no business here */
	cmp.gt	p7,p0=6,r23
	cmp.eq	p8,p0=6,r23
	or	r18=r18,r24
	;;
(p8)	dep	r18=-1,r18,4,1	/* memory attribute 4: uncacheable */
(p6)	br.spnt	PV_NAME(interruption)
(p7)	br.spnt	PV_NAME(interruption)
	;;
	\insert	r18,r23
	mov	pr=r31,-1
	DO_RFI
	.endm

VECTOR 0x0c00			/* alternate instruction TLB */
	mov	r30=0x0c00
	IDENTITY ITC_I

VECTOR 0x1000			/* alternate data TLB */
	mov	r30=0x1000
	IDENTITY ITC_D

INTERRUPTION 0x1400		/* data nested TLB: a bug */
INTERRUPTION 0x1800
INTERRUPTION 0x1c00

	/* Somebody looks whether a page has been used: set the bits, insert anew. */
	.macro MARK_PTE bits, insert
	MOV_FROM_IFA r16
	mov	r31=pr
	mov	r26=ar.ccv
	;;
	RSM_PSR_DT
	LOAD_PTE
	mov	ar.ccv=r18
	mov	r19=\bits
	;;
	or	r19=r18,r19
	;;
	cmpxchg8.acq r20=[r17],r19,ar.ccv
	;;
	mov	ar.ccv=r26
	cmp.ne	p6,p0=r20,r18	/* changed meanwhile: fault again */
	mov	r18=r19
(p6)	br.spnt	1f
	;;
	\insert	r18,r23
	RECHECK_PTE
1:	mov	pr=r31,-1
	DO_RFI
	.endm

VECTOR 0x2000			/* dirty bit */
	mov	r30=0x2000
	MARK_PTE PTE_A_BIT|PTE_D_BIT, ITC_D

VECTOR 0x2400			/* instruction access bit */
	mov	r30=0x2400
	MARK_PTE PTE_A_BIT, ITC_I

VECTOR 0x2800			/* data access bit */
	mov	r30=0x2800
	MARK_PTE PTE_A_BIT, ITC_D

VECTOR 0x2c00			/* break: a system call? */
	MOV_FROM_IIM r16
	MOV_FROM_IPSR r17
	mov	r31=pr
	mov	r30=0x2c00
	movl	r18=SYSCALL_BREAK
	;;
	extr.u	r19=r17,PSR_CPL_SHIFT,2
	cmp.ne	p6,p0=r16,r18
	;;
	cmp.eq	p7,p0=r19,r0
(p6)	br.spnt	PV_NAME(interruption)
(p7)	br.spnt	PV_NAME(interruption)
	;;
	/* A call may destroy r2, r3, r8 to r11, r14 and all of r16 to r31. */
	mov	r2=r17
	MOV_FROM_IIP r3
	mov	r8=r31
	br.sptk	PV_NAME(syscall_by_break)
	;;

INTERRUPTION 0x3000		/* external interrupt */
	.irp	n,0x3400,0x3800,0x3c00,0x4000,0x4400,0x4800,0x4c00
INTERRUPTION \n
	.endr
	.irp	n,0x5000,0x5100,0x5200,0x5300,0x5400,0x5500,0x5600,0x5700,0x5800,0x5900,0x5a00
INTERRUPTION \n
	.endr
	.irp	n,0x5b00,0x5c00,0x5d00,0x5e00,0x5f00,0x6000,0x6100,0x6200,0x6300,0x6400,0x6500
INTERRUPTION \n
	.endr
	.irp	n,0x6600,0x6700,0x6800,0x6900,0x6a00,0x6b00,0x6c00,0x6d00,0x6e00,0x6f00,0x7000
INTERRUPTION \n
	.endr
	.irp	n,0x7100,0x7200,0x7300,0x7400,0x7500,0x7600,0x7700,0x7800,0x7900,0x7a00,0x7b00
INTERRUPTION \n
	.endr
	.irp	n,0x7c00,0x7d00,0x7e00,0x7f00
INTERRUPTION \n
	.endr
	.org	PV_NAME(ivt) + 0x8000

	/* No translation: C decides whether there should be one. */
PV_NAME(walk_failed):
	.set	dt_is_off, 1
	SSM_PSR_DT
	br.sptk	PV_NAME(interruption)
	;;
	.endp	PV_NAME(ivt)

#ifdef ASSEMBLE_FOR_XEN
	/* Events come here instead of through vector 0x3000, in the same state. */
GLOBAL(xen_event_callback)
	KEEP_B7
	mov	r30=0x3000
	mov	r31=pr
	br.sptk	xen_interruption
	;;
END(xen_event_callback)
#endif
