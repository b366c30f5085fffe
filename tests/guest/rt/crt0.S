// The first instructions of every C guest: stacks, gp, floating-point status, vectors; then main.
// Runs in physical mode; psr.ic is switched on so that an unexpected interruption can be reported.
//
// SPDX-License-Identifier: GPL-2.0-or-later

	.text
	.global	_start
	.proc	_start
_start:
	mov	ar.rsc = 0
	movl	r2 = rt_regstack
	;;
	alloc	r3 = ar.pfs, 0, 0, 0, 0
	;;
	loadrs				// nothing of the old register stack is kept
	;;
	mov	ar.bspstore = r2
	;;
	mov	ar.rnat = r0
	movl	gp = __gp
	movl	sp = rt_stack_top - 16
	movl	r2 = 0x9804c0270033f
	;;
	mov	ar.fpsr = r2
	mov	ar.rsc = 3		// eager or lazy as the processor likes, little-endian
	mov	ar.unat = r0
	mov	pr = r0, -1
	;;
	alloc	r32 = ar.pfs, 0, 1, 5, 0
	;;
	br.call.sptk.many rp = rt_make_ivt
	;;
	movl	r2 = rt_ivt
	;;
	mov	cr.iva = r2
	;;
	ssm	psr.ic
	;;
	srlz.i
	;;
	br.call.sptk.many rp = main
	;;
	mov	r33 = r8
	br.call.sptk.many rp = exit
	.endp	_start

// Copied to every vector: three bundles, wherever they stand.
	.align	32
	.global	rt_vector
rt_vector:
	{ .mlx
	nop.m	0
	movl	r17 = rt_vector_common
	;; }
	{ .mii
	nop.m	0
	mov	r16 = ip
	mov	b7 = r17
	;; }
	{ .mib
	nop.m	0
	nop.i	0
	br.sptk.few b7
	;; }

// Bank 0 is in use: say what happened and end the run.
rt_vector_common:
	movl	r18 = rt_ivt		// r16 = address of the vector's second bundle
	;;
	sub	r16 = r16, r18
	;;
	dep	r16 = 0, r16, 0, 8	// the vector's offset
	mov	r19 = cr.iip
	mov	r20 = cr.ipsr
	mov	r21 = cr.isr
	mov	r22 = cr.ifa
	cover
	;;
	alloc	r2 = ar.pfs, 0, 0, 5, 0
	movl	gp = __gp
	movl	sp = rt_stack_top - 16
	;;
	mov	r32 = r16
	mov	r33 = r19
	mov	r34 = r20
	mov	r35 = r21
	mov	r36 = r22
	bsw.1
	;;
	br.call.sptk.many rp = rt_interruption
	;;
