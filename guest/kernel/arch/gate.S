/* The gate page: code of the kernel's that programs run.  Mapped at GATE_BASE, executable for all;
 * `epc` in it raises the privilege level to the kernel's.
 *
 *     GATE_BASE + 0x000    system call: r15 = number, arguments in out0 to out7;
 *                          br.call.sptk.many b6 = b7 with this address in b7
 *     GATE_BASE + 0x080    the way back from there
 *     GATE_BASE + 0x100    where a signal handler starts and ends
 *     GATE_BASE + 0x200    a system call by epc that a signal cut short, once more
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#define PV_IN_PLACE /* the kernel is out of the reach of a branch */
#include "inst.h"

	.section .gate,"ax"
	.align	PAGE_SIZE
	.global	PV_NAME(gate)
PV_NAME(gate):
	{ .mib
	nop.m	0
	nop.i	0
	epc			/* from here on at the kernel's level, on the program's stack */
	}
	;;
	mov	r2=psr.um
	;;
	rum	psr.be | psr.ac		/* the program's taste */
	;;
	RSM_PSR_I r16,r17
	movl	r18=PV_NAME(syscall_by_epc)
	;;
	mov	b7=r18
	;;
	br.sptk	b7
	;;

	.org	PV_NAME(gate) + 0x80
	br.ret.sptk.many b6
	;;

	/* struct sigframe is 16 bytes above sp: three arguments, then the handler's descriptor. */
	.org	PV_NAME(gate) + 0x100
	alloc	r14=ar.pfs,0,0,3,0
	adds	r2=FRAME(0),r12
	adds	r3=FRAME(8),r12
	;;
	ld8	out0=[r2],16
	ld8	out1=[r3],16
	;;
	ld8	out2=[r2]
	ld8	r3=[r3]
	;;
	ld8	r16=[r3],8
	;;
	ld8	r1=[r3]
	mov	b6=r16
	;;
	br.call.sptk.many b0=b6
	;;
	alloc	r14=ar.pfs,0,0,0,0
	mov	r15=1181	/* rt_sigreturn */
	;;
	break	SYSCALL_BREAK
	;;

	/* r15: number; r16 to r19: arguments; ar.pfs and b6 as the call left them. */
	.org	PV_NAME(gate) + 0x200
	alloc	r14=ar.pfs,0,0,8,0
	mov	out0=r16
	mov	out1=r17
	mov	out2=r18
	mov	out3=r19
	;;
	break	SYSCALL_BREAK
	;;
	br.ret.sptk.many b6
	;;
	.org	PV_NAME(gate) + PAGE_SIZE
