// What cannot be said in C: all registers of a kind, NaTs, byte order, lost stacks.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "../lib/syscalls.h"

#define SIGUSR1 10
#define SIGCHLD 17
#define PSR_BE 2
#define KERNEL 0xa000000100000000	// its addresses begin here, or above
#define PSR_AC 8

	.text

// void use_preserved(u64 seed, u64 rounds): gives every preserved register a value, yields, and
// looks, rounds times.  Exits with the number of the first kind that was lost: 1 general, 2 branch,
// 3 predicate, 4 ar.lc, 5 floating point, 6 ar.fpsr, 7 ar.unat, 8 stacked; or with 0.
	.global	use_preserved
	.proc	use_preserved
use_preserved:
	alloc	r34 = ar.pfs, 2, 90, 1, 0
	mov	r35 = ar.fpsr
	;;
	mov	r36 = r32
	mov	ar.unat = r32
	;;
	.irp	n, 4,5,6,7, 40,47,55,60,71,88,99,110,123
	adds	r\n = \n, r32
	.endr
	;;
	mov	b1 = r4
	mov	b2 = r5
	mov	b3 = r6
	mov	b4 = r7
	mov	b5 = r32
	mov	ar.lc = r32
	movl	r14 = 0x5555aaaa12340000
	;;
	mov	pr = r14, 0x1fffe
	.irp	n, 2,3,4,5,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	adds	r14 = \n * 61, r32
	;;
	setf.sig f\n = r14
	.endr
	;;
	mov	r14 = pr
	;;
	shr.u	r37 = r14, 16
again:
	mov	r15 = NR_sched_yield
	;;
	break	BREAK_SYSCALL
	;;
	mov	r124 = 1
	.irp	n, 4,5,6,7
	adds	r14 = \n, r32
	;;
	cmp.ne	p6, p0 = r14, r\n
(p6)	br.cond.spnt lost
	.endr
	mov	r124 = 8
	.irp	n, 40,47,55,60,71,88,99,110,123
	adds	r14 = \n, r32
	;;
	cmp.ne	p6, p0 = r14, r\n
(p6)	br.cond.spnt lost
	.endr
	mov	r124 = 2
	mov	r14 = b1
	mov	r16 = b2
	mov	r17 = b5
	;;
	cmp.ne	p6, p0 = r14, r4
	cmp.ne	p7, p0 = r16, r5
	cmp.ne	p8, p0 = r17, r32
(p6)	br.cond.spnt lost
(p7)	br.cond.spnt lost
(p8)	br.cond.spnt lost
	mov	r124 = 3
	;;
	mov	r14 = pr
	;;
	shr.u	r14 = r14, 16
	;;
	cmp.ne	p6, p0 = r14, r37
(p6)	br.cond.spnt lost
	mov	r124 = 4
	mov	r14 = ar.lc
	;;
	cmp.ne	p6, p0 = r14, r32
(p6)	br.cond.spnt lost
	mov	r124 = 5
	.irp	n, 2,3,4,5,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	getf.sig r14 = f\n
	adds	r16 = \n * 61, r32
	;;
	cmp.ne	p6, p0 = r14, r16
(p6)	br.cond.spnt lost
	.endr
	mov	r124 = 6
	mov	r14 = ar.fpsr
	;;
	cmp.ne	p6, p0 = r14, r35
(p6)	br.cond.spnt lost
	mov	r124 = 7
	mov	r14 = ar.unat
	;;
	cmp.ne	p6, p0 = r14, r32
(p6)	br.cond.spnt lost
	adds	r33 = -1, r33
	;;
	cmp.ne	p6, p0 = 0, r33
(p6)	br.cond.sptk again
	mov	r124 = 0
lost:
	mov	r15 = NR_exit_group
	;;
	break	BREAK_SYSCALL
	.endp	use_preserved

// long climb_with_nats(long n, u8 *page, long number): n frames, some of whose registers are NaTs.
// On top a system call of that number, or, if it is 0, a store to the page, of which the registers so
// far are on the backing store and their NaTs in ar.rnat.  How many frames did not come back alike.
	.global	climb_with_nats
	.proc	climb_with_nats
climb_with_nats:
	.prologue
	.save	ar.pfs, r35
	alloc	r35 = ar.pfs, 3, 11, 6, 0
	.save	rp, r36
	mov	r36 = rp
	.save	ar.unat, r37
	mov	r37 = ar.unat
	.body
	mov	r14 = -1
	adds	r38 = 1, r32
	adds	r40 = 2, r32
	adds	r43 = 3, r32
	cmp.eq	p6, p7 = 0, r32
	cmp.eq	p8, p9 = 0, r34
	;;
	mov	ar.unat = r14
	;;
	.irp	n, 39,41,42,44,45
	ld8.fill r\n = [sp]
	.endr
	;;
	mov	ar.unat = r37
	adds	r46 = -1, r32
	mov	r47 = r33
	mov	r48 = r34
(p7)	br.call.sptk.many rp = climb_with_nats
	;;
	cmp.eq	p6, p7 = 0, r32
	cmp.eq	p8, p9 = 0, r34
(p7)	br.cond.sptk come_back
	;;
	flushrs
	;;
(p8)	st1	[r33] = r0
(p9)	mov	r15 = r34
	mov	r46 = SIGCHLD		// of a fork; the others do not mind
	.irp	n, 47,48,49,50,51
	mov	r\n = r0
	.endr
	;;
(p9)	break	BREAK_SYSCALL
	;;
	mov	r8 = 0
	;;
come_back:
	mov	r14 = 0
	;;
	.irp	n, 39,41,42,44,45
	tnat.z	p6, p0 = r\n
	;;
(p6)	mov	r14 = 1
	.endr
	.irp	n, 38,40,43
	tnat.nz	p6, p0 = r\n
	;;
(p6)	mov	r14 = 1
	.endr
	sub	r15 = r43, r38
	;;
	cmp.ne	p6, p0 = 2, r15
	;;
(p6)	mov	r14 = 1
	mov	ar.pfs = r35
	mov	rp = r36
	;;
	add	r8 = r8, r14
	br.ret.sptk.many rp
	.endp	climb_with_nats

// u64 fp_keeps(u64 seed, u64 loops, u64 rounds): fills f32 to f127, is away for so many loops,
// looks.  No system call in between: those may use the registers.
	.global	fp_keeps
	.proc	fp_keeps
fp_keeps:
	.prologue
	.save	ar.pfs, r35
	alloc	r35 = ar.pfs, 3, 2, 0, 0
	.save	ar.lc, r36
	mov	r36 = ar.lc
	.body
	mov	r8 = 0
fill:
	.irp	n, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127
	adds	r14 = \n * 61, r32
	;;
	setf.sig f\n = r14
	.endr
	mov	ar.lc = r33
	;;
wait:
	br.cloop.sptk.few wait
	;;
	.irp	n, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127
	getf.sig r15 = f\n
	adds	r14 = \n * 61, r32
	;;
	cmp.ne	p6, p0 = r14, r15
	;;
(p6)	adds	r8 = 1, r8
	.endr
	adds	r34 = -1, r34
	adds	r32 = 4321, r32
	;;
	cmp.ne	p6, p0 = 0, r34
(p6)	br.cond.sptk.many fill
	mov	ar.lc = r36
	mov	ar.pfs = r35
	br.ret.sptk.many rp
	.endp	fp_keeps

// long call_with_nat(long number)
	.global	call_with_nat
	.proc	call_with_nat
call_with_nat:
	.prologue
	.save	ar.pfs, r33
	alloc	r33 = ar.pfs, 1, 2, 6, 0
	.save	ar.unat, r34
	mov	r34 = ar.unat
	.body
	mov	r14 = -1
	adds	r16 = -8, sp
	mov	r15 = r32
	;;
	mov	ar.unat = r14
	;;
	.irp	n, 35,36,37,38,39,40
	ld8.fill r\n = [r16]
	.endr
	;;
	mov	ar.unat = r34
	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p0 = -1, r10
	mov	ar.pfs = r33
	;;
(p6)	sub	r8 = r0, r8
	br.ret.sptk.many rp
	.endp	call_with_nat

// long call_without_frame(long number)
	.global	call_without_frame
	.proc	call_without_frame
call_without_frame:
	mov	r15 = r32
	alloc	r14 = ar.pfs, 0, 0, 0, 0
	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p0 = -1, r10
	;;
(p6)	sub	r8 = r0, r8
	br.ret.sptk.many rp
	.endp	call_without_frame

// long call_big_endian(long number, long a0, u64 gate): with psr.be set until the answer is there
	.global	call_big_endian
	.proc	call_big_endian
call_big_endian:
	.prologue
	.save	ar.pfs, r35
	alloc	r35 = ar.pfs, 3, 1, 6, 0
	.body
	mov	r15 = r32
	mov	r36 = r33
	.irp	n, 37,38,39,40,41
	mov	r\n = r0
	.endr
	cmp.eq	p6, p7 = 0, r34
	mov	b7 = r34
	mov	r11 = ar.pfs
	;;
	sum	PSR_BE
	;;
(p6)	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p7 = 0, r34		// predicates are scratch, but r34 is ours
	;;
(p7)	br.call.spnt.many b6 = b7
	;;
	rum	PSR_BE
	;;
	cmp.eq	p6, p0 = -1, r10
	mov	ar.pfs = r35
	;;
(p6)	sub	r8 = r0, r8
	br.ret.sptk.many rp
	.endp	call_big_endian

// long load_speculatively(const long *p)
	.global	load_speculatively
	.proc	load_speculatively
load_speculatively:
	ld8.s	r8 = [r32]
	;;
	chk.s.m	r8, nothing
	br.ret.sptk.many rp
nothing:
	mov	r8 = -1
	br.ret.sptk.many rp
	.endp	load_speculatively

// void lose_backing_store(u64 where): spills every register to that place; the kernel's help is
// asked for as well
	.global	lose_backing_store
	.proc	lose_backing_store
lose_backing_store:
	alloc	r33 = ar.pfs, 1, 1, 1, 0
	mov	ar.rsc = 0
	;;
	mov	ar.bspstore = r32
	;;
	mov	ar.rsc = 3
	alloc	r33 = ar.pfs, 0, 90, 6, 0
	mov	r15 = NR_getpid
	;;
	break	BREAK_SYSCALL
	;;
	flushrs
	;;
	br.ret.sptk.many rp
	.endp	lose_backing_store

// void lose_stack(u64 where): asks for a signal with the stack pointer there
	.global	lose_stack
	.proc	lose_stack
lose_stack:
	alloc	r33 = ar.pfs, 1, 1, 6, 0
	mov	r15 = NR_getpid
	mov	sp = r32
	;;
	break	BREAK_SYSCALL
	;;
	mov	r34 = r8
	mov	r35 = SIGUSR1
	mov	r15 = NR_kill
	;;
	break	BREAK_SYSCALL
	;;
	ld8	r8 = [sp]
	br.ret.sptk.many rp
	.endp	lose_stack

	.macro	for_scratch_gr what
	.irp	n, 2,3,9,10,11,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\what	\n
	.endr
	.endm
	.macro	for_scratch_fr what
	.irp	n, 6,7,8,9,10,11,12,13,14,15,32,33,47,48,63,64,79,80,95,96,111,112,125,126,127
	\what	\n
	.endr
	.endm
	.macro	set_gr n
	adds	r\n = \n, r32
	.endm
	.macro	set_fr n
	adds	r8 = \n * 61, r32
	;;
	setf.sig f\n = r8
	.endm
	.macro	count_gr n
	adds	r37 = \n, r32
	;;
	cmp.ne	p6, p0 = r37, r\n
	;;
(p6)	adds	r8 = 1, r8
	.endm
	.macro	count_fr n
	adds	r37 = \n * 61, r32
	getf.sig r38 = f\n
	;;
	cmp.ne	p6, p0 = r37, r38
	;;
(p6)	adds	r8 = 1, r8
	.endm
	.macro	zero_gr n
	mov	r\n = r0
	.endm
	.macro	zero_fr n
	mov	f\n = f0
	.endm
	.macro	count_equal what
	mov	r38 = \what
	;;
	cmp.ne	p6, p0 = r37, r38
	;;
(p6)	adds	r8 = 1, r8
	.endm

// long keep_scratch(u64 seed): gives every scratch register a value, faults, and looks.
	.global	keep_scratch
	.proc	keep_scratch
keep_scratch:
	.prologue
	.save	ar.pfs, r33
	alloc	r33 = ar.pfs, 1, 6, 0, 0
	.save	pr, r34
	mov	r34 = pr
	.body
	movl	r35 = 0x5555
	for_scratch_fr set_fr
	for_scratch_gr set_gr
	;;
	mov	b6 = r32
	mov	b7 = r32
	mov	ar.ccv = r32
	mov	pr = r35, 0xfffe
	;;
	{ .mmi
	break.m	0
	nop.m	0
	nop.i	0
	;; }
	mov	r36 = pr
	mov	r8 = 0
	;;
	for_scratch_gr count_gr
	for_scratch_fr count_fr
	mov	r37 = r32
	;;
	count_equal b6
	count_equal b7
	count_equal ar.ccv
	movl	r38 = 0xfffe		// p1 to p15
	;;
	and	r36 = r36, r38
	and	r35 = r35, r38
	;;
	cmp.ne	p6, p0 = r35, r36
	;;
(p6)	adds	r8 = 1, r8
	;;
	mov	pr = r34, -1
	mov	ar.pfs = r33
	br.ret.sptk.many rp
	.endp	keep_scratch

	// Not an address of the kernel's, below which is the gate page, which is everybody's.  What the
	// program had there before may well come back, and so may parts of its own state: an ar.pfs of
	// level 3 looks like region 6.
	.macro	look_at what
	mov	r38 = \what
	movl	r37 = KERNEL
	;;
	cmp.leu	p6, p0 = r37, r38
	extr.u	r37 = r38, 61, 3
	;;
(p6)	cmp.ne	p6, p0 = 6, r37
	;;
(p6)	adds	r8 = 1, r8
	.endm
	.macro	look_at_gr n
	look_at	r\n
	.endm
	// Nothing, or what we had there.
	.macro	look_closely_at what, own
	mov	r38 = \what
	;;
	cmp.ne	p6, p0 = \own, r38
	;;
(p6)	cmp.ne	p6, p0 = r0, r38
	;;
(p6)	adds	r8 = 1, r8
	.endm
	.macro	look_at_fr n
	adds	r37 = \n * 61, r32
	getf.sig r36 = f\n
	;;
	look_closely_at r36, r37
	.endm

// long find_leftovers(u64 seed, long number, u64 gate): gives every scratch register a value, makes
// that system call, by epc if gate is not 0, and counts those with something of the kernel's.
	.global	find_leftovers
	.proc	find_leftovers
find_leftovers:
	.prologue
	.save	ar.pfs, r35
	alloc	r35 = ar.pfs, 3, 7, 6, 0
	.save	pr, r40
	mov	r40 = pr
	.body
	for_scratch_fr set_fr
	for_scratch_gr set_gr
	mov	r42 = -1
	mov	r43 = -1
	mov	r44 = -1
	mov	r45 = -1
	mov	r46 = -1
	mov	r47 = -1
	;;
	mov	b6 = r32
	mov	b7 = r32
	mov	ar.ccv = r32
	mov	ar.csd = r32
	mov	ar.ssd = r32
	mov	r15 = r33
	cmp.eq	p7, p0 = r0, r34
	;;
(p7)	break.m	BREAK_SYSCALL
	;;
	cmp.ne	p6, p0 = r0, r34	// predicates are scratch, but r34 is ours
	;;
(p6)	mov	r11 = ar.pfs
(p6)	mov	b7 = r34
	;;
(p6)	br.call.sptk.many b6 = b7
	;;
	mov	r8 = 0
	// The answer: -1 or 0.
	cmp.eq	p6, p0 = -1, r10
	;;
(p6)	mov	r10 = r0
	mov	r3 = r0			// where Linux leaves an address, after all
	;;
	for_scratch_gr look_at_gr
	for_scratch_fr look_at_fr
	look_at	b6
	look_at	b7
	look_closely_at ar.ccv, r32
	look_closely_at ar.csd, r32
	look_closely_at ar.ssd, r32
	mov	pr = r40, -1
	mov	ar.pfs = r35
	br.ret.sptk.many rp
	.endp	find_leftovers

// void spoil_scratch(void)
	.global	spoil_scratch
	.proc	spoil_scratch
spoil_scratch:
	for_scratch_gr zero_gr
	for_scratch_fr zero_fr
	mov	b6 = r0
	mov	b7 = r0
	mov	ar.ccv = r0
	cmp.eq	p6, p7 = r0, r0
	cmp.eq	p8, p9 = r0, r0
	;;
	cmp.eq	p10, p11 = r0, r0
	cmp.eq	p12, p13 = r0, r0
	br.ret.sptk.many rp
	.endp	spoil_scratch

// void return_from_signal(void *frame): as if a handler had been called with that
	.global	return_from_signal
	.proc	return_from_signal
return_from_signal:
	mov	sp = r32
	mov	r15 = NR_rt_sigreturn
	;;
	break	BREAK_SYSCALL
	;;
	break	0
	.endp	return_from_signal

// void exit_well(void)
	.global	exit_well
	.proc	exit_well
exit_well:
	alloc	r32 = ar.pfs, 0, 0, 1, 0
	mov	r15 = NR_exit_group
	;;
	mov	r32 = r0
	break	BREAK_SYSCALL
	.endp	exit_well

// void raise_privilege(u64 unused)
	.global	raise_privilege
	.proc	raise_privilege
raise_privilege:
	{ .mib
	nop.m	0
	nop.i	0
	epc
	;; }
	mov	r8 = psr
	br.ret.sptk.many rp
	.endp	raise_privilege

// u64 divide_fp(void): 1.0 / 0.0 with the zero-divide trap enabled (ar.fpsr bit 2: disabled)
	.global	divide_fp
	.proc	divide_fp
divide_fp:
	mov	r14 = ar.fpsr
	;;
	and	r15 = -5, r14
	;;
	mov	ar.fpsr = r15
	;;
	{ .mfi
	nop.m	0
	frcpa.s0 f6, p6 = f1, f0
	nop.i	0
	;; }
	{ .mmi
	mov	ar.fpsr = r14
	mov	r8 = 0
	nop.i	0
	;; }
	br.ret.sptk.many rp
	.endp	divide_fp

// u64 load_strictly(const void *p)
	.global	load_strictly
	.proc	load_strictly
load_strictly:
	mov	r8 = 0
	sum	PSR_AC
	;;
	{ .mmi
	ld8	r8 = [r32]
	nop.m	0
	nop.i	0
	;; }
	rum	PSR_AC
	;;
	br.ret.sptk.many rp
	.endp	load_strictly
