// System calls, both ways.  The number is in r15, the arguments in the output registers; the kernel
// answers in r8, and in r10 whether that is an error number (-1) or a result (0).
//
//   break   break 0x100000: an interruption, with all that the processor does for one
//   epc     a call of the kernel's gate page, where the instruction epc raises the privilege level
//           and execution just goes on.  b6 holds the return address, r11 our ar.pfs.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "syscalls.h"

	.text

// Leaves the answer, or minus the error number, in r8.
#define ANSWER							\
	cmp.eq	p6, p0 = -1, r10;				\
	mov	ar.pfs = r39;					\
	;;							\
(p6)	sub	r8 = r0, r8;					\
	br.ret.sptk.many rp

#define ARGUMENTS						\
	.prologue;						\
	.save	ar.pfs, r39;					\
	alloc	r39 = ar.pfs, 7, 1, 6, 0;			\
	.body;							\
	mov	r15 = r32;					\
	mov	r40 = r33;					\
	mov	r41 = r34;					\
	mov	r42 = r35;					\
	mov	r43 = r36;					\
	mov	r44 = r37;					\
	mov	r45 = r38;					\
	;;

// long syscall_by_break(long number, long a0, ... long a5)
	.global	syscall_by_break
	.proc	syscall_by_break
syscall_by_break:
	ARGUMENTS
	break	BREAK_SYSCALL
	;;
	ANSWER
	.endp	syscall_by_break

// long syscall_by_epc(long number, long a0, ... long a5)
	.global	syscall_by_epc
	.proc	syscall_by_epc
syscall_by_epc:
	ARGUMENTS
	addl	r14 = @gprel(kernel_gate), gp
	mov	r11 = ar.pfs
	;;
	ld8	r14 = [r14]
	;;
	mov	b7 = r14
	br.call.sptk.many b6 = b7
	;;
	ANSWER
	.endp	syscall_by_epc

// long clone_thread(int (*fn)(void *), void *arg, void *stack, long size, long flags, int *tid):
// a thread that calls fn(arg) on that stack and ends with its result.  Its number, or minus the
// error number.
//
// The new thread has an empty register stack: what it is to do goes with it in preserved registers.
	.global	clone_thread
	.proc	clone_thread
clone_thread:
	.prologue
	.save	ar.pfs, r38
	alloc	r38 = ar.pfs, 6, 3, 6, 0
	.body
	mov	r39 = r4
	mov	r40 = r5
	mov	r15 = NR_clone2
	;;
	mov	r4 = r32
	mov	r5 = r33
	mov	r41 = r36
	mov	r42 = r34
	mov	r43 = r35
	mov	r44 = r37		// written by the kernel now,
	mov	r45 = r37		// and cleared, with a futex wake, when the thread is gone
	mov	r46 = r0
	;;
	break	BREAK_SYSCALL
	;;
	cmp.eq	p6, p0 = -1, r10
	cmp.eq	p7, p8 = 0, r8
	;;
(p6)	sub	r8 = r0, r8
(p7)	br.cond.spnt begin_thread
	mov	r4 = r39
	mov	r5 = r40
	mov	ar.pfs = r38
	br.ret.sptk.many rp

begin_thread:
	alloc	r32 = ar.pfs, 0, 0, 1, 0
	ld8	r14 = [r4], 8		// a function is a descriptor: address and gp
	;;
	mov	r32 = r5
	ld8	gp = [r4]
	mov	b6 = r14
	br.call.sptk.many rp = b6
	;;
	mov	r32 = r8
	mov	r15 = NR_exit
	;;
	break	BREAK_SYSCALL
	.endp	clone_thread
