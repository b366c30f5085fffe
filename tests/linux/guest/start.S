// Start-up, system calls and new threads for the user programs of tests/linux.  The kernel's side of
// these: number in r15, arguments in the output registers, break 0x100000; r10 is -1 if r8 is an
// errno.
//
// SPDX-License-Identifier: GPL-2.0-or-later

#define BREAK_SYSCALL 0x100000
#define NR_exit 1025
#define NR_clone 1128

	.text
	.global	_start
	.proc	_start
_start:
	.prologue
	.save	rp, r0			// nobody called
	alloc	r32 = ar.pfs, 0, 1, 2, 0
	.body
	movl	gp = __gp
	adds	r33 = 16, sp		// argc, above the scratch area
	adds	r34 = 24, sp
	;;
	ld8	r33 = [r33]
	adds	sp = -16, sp
	br.call.sptk.many rp = start_main
	;;
	mov	r33 = r8
	mov	r15 = NR_exit
	break	BREAK_SYSCALL
	.endp	_start

// long sys(long number, long a0, ... long a5): the result, or minus the errno.
	.global	sys
	.proc	sys
sys:
	.prologue
	.save	ar.pfs, r39
	alloc	r39 = ar.pfs, 7, 1, 6, 0
	.body
	mov	r15 = r32
	mov	r40 = r33
	mov	r41 = r34
	mov	r42 = r35
	mov	r43 = r36
	mov	r44 = r37
	mov	r45 = r38
	;;
	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p0 = -1, r10
	mov	ar.pfs = r39
	;;
(p6)	sub	r8 = r0, r8
	br.ret.sptk.many rp
	.endp	sys

// long spawn(int (*fn)(void *), void *arg, void *stack, long size, long flags, int *tid): a new thread
// on that stack; its number, or minus the errno.
	.global	spawn
	.proc	spawn
spawn:
	.prologue
	.save	ar.pfs, r38
	alloc	r38 = ar.pfs, 6, 1, 6, 0
	.body
	mov	r15 = NR_clone
	mov	r39 = r36		// flags
	mov	r40 = r34		// stack
	mov	r41 = r35		// size
	mov	r42 = r37		// parent's tid
	mov	r43 = r37		// child's tid: cleared, with a futex wake
	mov	r44 = r0
	;;
	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p0 = -1, r10
	cmp.eq	p7, p8 = 0, r8
	mov	ar.pfs = r38
	;;
(p6)	sub	r8 = r0, r8
(p8)	br.ret.sptk.many rp
(p6)	br.ret.sptk.many rp
	;;
	ld8	r14 = [r32], 8		// the child: a function is a descriptor, code address and gp
	mov	r39 = r33
	;;
	ld8	gp = [r32]
	mov	b6 = r14
	br.call.sptk.many rp = b6
	;;
	mov	r39 = r8
	mov	r15 = NR_exit
	break	BREAK_SYSCALL
	.endp	spawn

// int fp_keeps(long seed, long rounds): fill f32 to f127 with numbers made from the seed, be away for
// a while, look whether they are still there.  Again, rounds times; the number of wrong registers.
	.global	fp_keeps
	.proc	fp_keeps
fp_keeps:
	.prologue
	.save	ar.pfs, r34
	alloc	r34 = ar.pfs, 2, 4, 0, 0
	.save	ar.lc, r35
	mov	r35 = ar.lc
	.body
	mov	r8 = r0
	mov	r36 = r33
	;;
again:
	.irp	n, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127
	adds	r14 = \n * 61, r32
	;;
	setf.sig f\n = r14
	;;
	.endr
	mov	r14 = 20000
	;;
	mov	ar.lc = r14
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
	;;
	.endr
	adds	r36 = -1, r36
	adds	r32 = 4321, r32
	;;
	cmp.ne	p6, p0 = 0, r36
(p6)	br.cond.sptk.many again
	mov	ar.lc = r35
	mov	ar.pfs = r34
	;;
	br.ret.sptk.many rp
	.endp	fp_keeps

// long deep(long n): n + (n - 1) + ... + 1, one stacked frame for each; far more of them than the
// processor has registers.
	.global	deep
	.proc	deep
deep:
	.prologue
	.save	ar.pfs, r33
	alloc	r33 = ar.pfs, 1, 20, 1, 0
	.save	rp, r34
	mov	r34 = rp
	.body
	cmp.eq	p6, p7 = 0, r32
	adds	r53 = -1, r32
	;;
	adds	r51 = 7, r32		// something in the frame to come back to
(p6)	mov	r8 = r0
(p7)	br.call.dpnt.many rp = deep
	;;
	adds	r14 = -7, r51
	;;
	cmp.eq	p6, p7 = r14, r32
	;;
(p6)	add	r8 = r8, r32
(p7)	mov	r8 = -1
	mov	rp = r34
	mov	ar.pfs = r33
	;;
	br.ret.sptk.many rp
	.endp	deep

// long speculate(long *p): *p if it can be had, else -1.  ld8.s defers the fault to a NaT.
	.global	speculate
	.proc	speculate
speculate:
	ld8.s	r8 = [r32]
	;;
	chk.s.m	r8, lost
	br.ret.sptk.many rp
lost:
	mov	r8 = -1
	br.ret.sptk.many rp
	.endp	speculate

// void flush(void *line): code was written there.
	.global	flush
	.proc	flush
flush:
	fc.i	r32
	;;
	sync.i
	;;
	srlz.i
	;;
	br.ret.sptk.many rp
	.endp	flush

// Two functions that can be moved: they return 41 and 42.  16-byte bundles, at most one cache line.
	.align	32
	.global	return_41, return_42
return_41:
	{ .mib
	nop.m	0
	mov	r8 = 41
	br.ret.sptk.many rp
	;; }
return_42:
	{ .mib
	nop.m	0
	mov	r8 = 42
	br.ret.sptk.many rp
	;; }
