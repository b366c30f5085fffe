/* Where new tasks begin, and the system calls that need registers C does not save.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "asm.h"
#include "switch.h"

	.text

/* First run of a forked process or a new program: everything is in pt_regs. */
GLOBAL(task_begin_user)
	alloc	r14=ar.pfs,0,0,1,0
	mov	out0=r8		/* switch_to was left by this task */
	;;
	br.call.sptk.many b0=schedule_first
	;;
	br.sptk	leave_kernel
	;;
END(task_begin_user)

/* First run of a kernel thread. */
GLOBAL(task_begin_kernel)
	alloc	r14=ar.pfs,0,0,1,0
	mov	out0=r8
	movl	r1=__gp
	;;
	br.call.sptk.many b0=schedule_first
	;;
	br.call.sptk.many b0=kernel_thread_main
	;;
	break	0
END(task_begin_kernel)

/* To the program whose state is in pt_regs at the top of the current task; never returns. */
GLOBAL(enter_user)
	alloc	r14=ar.pfs,0,0,0,0
	addl	r12=TASK_SIZE-PT_SIZE-16,r0
	;;
	add	r12=r12,r13
	br.sptk	leave_kernel
	;;
END(enter_user)

/* clone and clone2: the child also gets what C preserves. */
	.macro	CLONE name
GLOBAL(sys_\name)
	alloc	r14=ar.pfs,8,0,8,0
	mov	out0=in0
	mov	out1=in1
	mov	out2=in2
	mov	out3=in3
	mov	out4=in4
	mov	out5=in5
	;;
	SAVE_SWITCH_FRAME
	adds	out6=16,r12
	br.call.sptk.many b0=do_clone
	;;
	adds	r2=FRAME(SW_B0),r12
	adds	r3=FRAME(SW_PFS),r12
	;;
	ld8	r2=[r2]
	ld8	r3=[r3]
	adds	r12=SW_SIZE,r12
	;;
	mov	b0=r2
	mov	ar.pfs=r3
	br.ret.sptk.many b0
	;;
END(sys_\name)
	.endm
	CLONE	clone
	CLONE	clone2

/* void fph_save(struct fpreg *), void fph_load(const struct fpreg *): f32 to f127. */
GLOBAL(fph_save)
	alloc	r14=ar.pfs,1,0,0,0
	adds	r2=0,in0
	adds	r3=16,in0
	rsm	psr.dfh
	;;
	srlz.d
	;;
	.irp	n,32,34,36,38,40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70,72,74,76,78
	stf.spill [r2]=f\n,32
	;;
	.endr
	.irp	n,80,82,84,86,88,90,92,94,96,98,100,102,104,106,108,110,112,114,116,118,120,122,124,126
	stf.spill [r2]=f\n,32
	;;
	.endr
	.irp	n,33,35,37,39,41,43,45,47,49,51,53,55,57,59,61,63,65,67,69,71,73,75,77,79
	stf.spill [r3]=f\n,32
	;;
	.endr
	.irp	n,81,83,85,87,89,91,93,95,97,99,101,103,105,107,109,111,113,115,117,119,121,123,125,127
	stf.spill [r3]=f\n,32
	;;
	.endr
	rum	psr.mfh
	br.ret.sptk.many b0
	;;
END(fph_save)

GLOBAL(fph_load)
	alloc	r14=ar.pfs,1,0,0,0
	adds	r2=0,in0
	adds	r3=16,in0
	rsm	psr.dfh
	;;
	srlz.d
	;;
	.irp	n,32,34,36,38,40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70,72,74,76,78
	ldf.fill f\n=[r2],32
	;;
	.endr
	.irp	n,80,82,84,86,88,90,92,94,96,98,100,102,104,106,108,110,112,114,116,118,120,122,124,126
	ldf.fill f\n=[r2],32
	;;
	.endr
	.irp	n,33,35,37,39,41,43,45,47,49,51,53,55,57,59,61,63,65,67,69,71,73,75,77,79
	ldf.fill f\n=[r3],32
	;;
	.endr
	.irp	n,81,83,85,87,89,91,93,95,97,99,101,103,105,107,109,111,113,115,117,119,121,123,125,127
	ldf.fill f\n=[r3],32
	;;
	.endr
	rum	psr.mfh
	br.ret.sptk.many b0
	;;
END(fph_load)
