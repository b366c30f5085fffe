// What the debugger's tests look at: three functions deep, with arguments, saved b0 and ar.pfs,
// floating point, a NaT bit, rotation, an MLX bundle, and a counter in memory that changes.
//
// expect: exit 46
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.text
	.explicit
	.global	_start
	.type	_start, @function
_start:
	mov	ar.rsc = 0
	movl	r2 = stack
	;;
	loadrs
	;;
	mov	ar.bspstore = r2
	;;
	mov	ar.rnat = r0
	;;
	alloc	r32 = ar.pfs, 0, 4, 2, 0
	movl	r33 = 0x1111222233334444
	;;
	mov	r34 = 77
	mov	r35 = b0
	mov	r36 = 5			// arguments of outer
	mov	r37 = 7
	;;
	br.call.sptk.many b0 = outer
	;;
after_outer:
	mov	r14 = r8
	movl	r15 = 0xff5d0008
	;;
	st8	[r15] = r14		// ends the run
	;;
1:	hint	@pause
	br.sptk.many 1b
	;;

	.global	outer
	.type	outer, @function
outer:	// (a, b) = 2 * a + b + inner(a * 4, 3)
	alloc	r34 = ar.pfs, 2, 4, 2, 0
	mov	r35 = b0
	;;
	shl	r38 = r32, 2
	mov	r39 = 3
	add	r36 = r32, r32
	;;
	add	r36 = r36, r33
	;;
	br.call.sptk.many b0 = inner
	;;
after_inner:
	add	r8 = r8, r36
	mov	ar.pfs = r34
	mov	b0 = r35
	;;
	br.ret.sptk.many b0
	;;

	.global	inner
	.type	inner, @function
inner:	// (a, n): adds n to counter n times; returns a + the counter (9)
	alloc	r35 = ar.pfs, 2, 4, 0, 0
	movl	r34 = counter
	;;
	mov	r36 = b0
	setf.sig f8 = r32
	mov	r37 = r33
	;;
	fcvt.xf	f9 = f8
	;;
	fadd.d.s0 f9 = f9, f1		// 21.0
	.global	loop
loop:
	ld8	r14 = [r34]
	;;
	add	r14 = r14, r33
	add	r37 = -1, r37
	;;
	.global	the_store
the_store:
	st8	[r34] = r14
	cmp.ne	p6, p7 = r0, r37
	;;
(p6)	br.cond.sptk.many loop
	;;
	.global	deepest
deepest:
	movl	r15 = not_mapped	// a NaT from a speculative load
	;;
	ld8.s	r37 = [r15]
	add	r8 = r14, r32
	;;
	br.call.sptk.many b6 = rotate
	;;
	mov	ar.pfs = r35
	mov	b0 = r36
	;;
	br.ret.sptk.many b0
	;;

	.global	rotate
	.type	rotate, @function
rotate:	// a software-pipelined loop of 3 trips
	alloc	r40 = ar.pfs, 0, 9, 0, 8
	mov	r20 = ar.lc
	mov	r21 = pr
	;;
	mov	pr.rot = 1 << 16
	mov	ar.lc = 2
	mov	ar.ec = 1
	mov	r22 = 100
	;;
turn:
(p16)	mov	r32 = r22
	add	r22 = 1, r22
	br.ctop.sptk.many turn
	;;
	.global	rotated
rotated:
	clrrrb
	;;
	mov	ar.lc = r20
	mov	pr = r21, -1
	mov	ar.pfs = r40
	;;
	br.ret.sptk.many b6
	;;

	.global	deep
	.type	deep, @function
deep:	// (n): n + deep(n - 1), with frames that do not fit into the registers; for debuggers
	alloc	r33 = ar.pfs, 1, 30, 1, 0
	mov	r34 = b0
	cmp.eq	p6, p7 = r0, r32
	;;
	mov	r61 = r32
	add	r63 = -1, r32
	mov	r8 = r0
(p6)	br.cond.sptk.many bottom
	;;
	br.call.sptk.many b0 = deep
	;;
	add	r8 = r8, r61
	;;
	.global	bottom
bottom:
	mov	ar.pfs = r33
	mov	b0 = r34
	;;
	br.ret.sptk.many b0
	;;

	.set	not_mapped, 0x4000000000000008

	.data
	.align	16
	.global	counter
counter:
	.quad	0
	.align	16
	.quad	0x0123456789abcdef
	.bss
	.align	512
	.global	stack
stack:
	.skip	16384
