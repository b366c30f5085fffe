/* Saving and loading struct switch_frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

	/* r14: ar.pfs of the function.  Makes room below sp.  Destroys r2, r3, r15 to r23. */
	.macro SAVE_SWITCH_FRAME
	flushrs
	mov	r15=ar.unat
	adds	r2=FRAME(SW_R4)-SW_SIZE,r12
	adds	r3=FRAME(SW_R5)-SW_SIZE,r12
	;;
	adds	r12=-SW_SIZE,r12
	.mem.offset 0,0; st8.spill [r2]=r4,16
	.mem.offset 8,0; st8.spill [r3]=r5,16
	mov	ar.rsc=0
	;;
	.mem.offset 0,0; st8.spill [r2]=r6
	.mem.offset 8,0; st8.spill [r3]=r7
	mov	r18=ar.lc
	mov	r19=pr
	;;
	mov	r16=ar.unat
	mov	r20=ar.rnat
	mov	r21=ar.bspstore
	mov	r22=ar.fpsr
	adds	r2=FRAME(SW_UNAT),r12
	adds	r3=FRAME(SW_NATS),r12
	;;
	st8	[r2]=r15,16	/* unat, nats */
	st8	[r3]=r16,16
	mov	r15=b0
	mov	r16=b1
	;;
	st8	[r2]=r14,16	/* pfs, lc */
	st8	[r3]=r18,16
	mov	r17=b2
	mov	r18=b3
	;;
	st8	[r2]=r19,16	/* pr, rnat */
	st8	[r3]=r20,16
	mov	r19=b4
	mov	r20=b5
	;;
	st8	[r2]=r21,16	/* bspstore, fpsr */
	st8	[r3]=r22,16
	;;
	st8	[r2]=r15,16	/* b0 to b5 */
	st8	[r3]=r16,16
	;;
	st8	[r2]=r17,16
	st8	[r3]=r18,16
	;;
	st8	[r2]=r19
	st8	[r3]=r20
	adds	r2=FRAME(SW_F2),r12
	adds	r3=FRAME(SW_F3),r12
	;;
	stf.spill [r2]=f2,32
	stf.spill [r3]=f3,32
	;;
	stf.spill [r2]=f4,32
	stf.spill [r3]=f5,32
	;;
	stf.spill [r2]=f12,32
	stf.spill [r3]=f13,32
	;;
	stf.spill [r2]=f14,32
	stf.spill [r3]=f15,32
	;;
	stf.spill [r2]=f16,32
	stf.spill [r3]=f17,32
	;;
	stf.spill [r2]=f18,32
	stf.spill [r3]=f19,32
	;;
	stf.spill [r2]=f20,32
	stf.spill [r3]=f21,32
	;;
	stf.spill [r2]=f22,32
	stf.spill [r3]=f23,32
	;;
	stf.spill [r2]=f24,32
	stf.spill [r3]=f25,32
	;;
	stf.spill [r2]=f26,32
	stf.spill [r3]=f27,32
	;;
	stf.spill [r2]=f28,32
	stf.spill [r3]=f29,32
	;;
	stf.spill [r2]=f30,32
	stf.spill [r3]=f31,32
	;;
	mov	ar.rsc=RSC_KERNEL
	;;
	.endm

	/* From sp, and takes it off the stack.  r8 survives. */
	.macro LOAD_SWITCH_FRAME
	adds	r2=FRAME(SW_F2),r12
	adds	r3=FRAME(SW_F3),r12
	invala
	;;
	ldf.fill f2=[r2],32
	ldf.fill f3=[r3],32
	;;
	ldf.fill f4=[r2],32
	ldf.fill f5=[r3],32
	;;
	ldf.fill f12=[r2],32
	ldf.fill f13=[r3],32
	;;
	ldf.fill f14=[r2],32
	ldf.fill f15=[r3],32
	;;
	ldf.fill f16=[r2],32
	ldf.fill f17=[r3],32
	;;
	ldf.fill f18=[r2],32
	ldf.fill f19=[r3],32
	;;
	ldf.fill f20=[r2],32
	ldf.fill f21=[r3],32
	;;
	ldf.fill f22=[r2],32
	ldf.fill f23=[r3],32
	;;
	ldf.fill f24=[r2],32
	ldf.fill f25=[r3],32
	;;
	ldf.fill f26=[r2],32
	ldf.fill f27=[r3],32
	;;
	ldf.fill f28=[r2],32
	ldf.fill f29=[r3],32
	;;
	ldf.fill f30=[r2],32
	ldf.fill f31=[r3],32
	;;
	adds	r2=FRAME(SW_UNAT),r12
	adds	r3=FRAME(SW_NATS),r12
	;;
	ld8	r15=[r2],16	/* unat, nats */
	ld8	r16=[r3],16
	;;
	ld8	r14=[r2],16	/* pfs, lc */
	ld8	r18=[r3],16
	;;
	ld8	r19=[r2],16	/* pr, rnat */
	ld8	r20=[r3],16
	;;
	ld8	r21=[r2],16	/* bspstore, fpsr */
	ld8	r22=[r3],16
	mov	ar.lc=r18
	mov	pr=r19,-1
	;;
	ld8	r17=[r2],16	/* b0 to b5 */
	ld8	r18=[r3],16
	mov	ar.fpsr=r22
	;;
	mov	b0=r17
	mov	b1=r18
	ld8	r17=[r2],16
	ld8	r18=[r3],16
	;;
	mov	b2=r17
	mov	b3=r18
	ld8	r17=[r2]
	ld8	r18=[r3]
	mov	ar.unat=r16
	;;
	mov	b4=r17
	mov	b5=r18
	adds	r2=FRAME(SW_R4),r12
	adds	r3=FRAME(SW_R5),r12
	;;
	ld8.fill r4=[r2],16
	ld8.fill r5=[r3],16
	;;
	ld8.fill r6=[r2]
	ld8.fill r7=[r3]
	adds	r12=SW_SIZE,r12
	;;
	mov	ar.unat=r15
	mov	ar.rsc=0	/* nothing to load: the other task's registers are all in memory */
	;;
	alloc	r15=ar.pfs,0,0,0,0
	;;
	loadrs
	;;
	mov	ar.bspstore=r21
	;;
	mov	ar.rnat=r20
	mov	ar.pfs=r14
	;;
	mov	ar.rsc=RSC_KERNEL
	;;
	.endm
