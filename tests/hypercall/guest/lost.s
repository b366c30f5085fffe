// Paravirtual guests that have lost their way, one to a value of HOW (--defsym); each runs in virtual
// mode with an identity register for itself and must be ended by the emulator with its own reason.
//
// SPDX-License-Identifier: GPL-2.0-or-later

ZEROS = 0x5000000               // memory that nobody wrote
HOLE  = 0x2000000000000000      // region 1: never mapped

	.macro	shutdown why
	alloc	r5 = ar.pfs, 0, 0, 8, 0
	movl	r4 = 0x8000000000000000
	;;
	movl	r2 = \why
	;;
	mov	r32 = 2
	or	r33 = r2, r4
	mov	r2 = 29
	;;
	break	0x1000
	;;
	.endm

	.text
	.explicit
	.global	_start
	.align	16
_start:	rsm	psr.i | psr.ic
	;;
	srlz.d
	mov	r2 = (26 << 2) | 0x100          // region 1: rid 1, no VHPT
	movl	r3 = 1 << 61
	;;
	mov	rr[r3] = r2
	;;
	srlz.d
	movl	r2 = 0x4000000                  // an identity page of 64 MB around this program
	mov	r3 = (26 << 2)
	;;
	mov	cr.ifa = r2
	mov	cr.itir = r3
	movl	r4 = 0x4000000 + 0x661
	mov	r5 = 0
	;;
	itr.i	itr[r5] = r4
	;;
	itr.d	dtr[r5] = r4
	movl	r6 = ivt
	;;
	mov	cr.iva = r6
	movl	r7 = 1 << 13 | 1 << 17 | 1 << 27 | 1 << 36 | 1 << 44
	movl	r8 = virtual
	;;
	mov	cr.ipsr = r7
	mov	cr.iip = r8
	mov	cr.ifs = r0
	;;
	rfi
	;;

	.global	virtual
virtual:
	.if	HOW == 0                        // zeros are break 0; so is the handler
	movl	r2 = ZEROS
	;;
	mov	cr.iva = r2
	mov	b6 = r2
	;;
	br.few	b6
	;;
	.elseif	HOW == 1 || HOW == 2            // a miss; what the handlers do is below
	movl	r2 = HOLE
	;;
	ld8	r3 = [r2]
	;;
	.elseif	HOW == 3                        // an instruction miss while ic is 0
	rsm	psr.ic
	movl	r2 = HOLE
	;;
	mov	b6 = r2
	;;
	br.few	b6
	;;
	.elseif	HOW == 4                        // SCHEDOP_shutdown: crash
	shutdown crashed
	.elseif	HOW == 5 || HOW == 6            // the VHPT is where no memory is: a mere miss
	mov	r2 = (14 << 2) | 0x101          // region 1: walked
	movl	r3 = HOLE
	;;
	mov	rr[r3] = r2
	;;
	srlz.d
	movl	r4 = 0x2000000000001 | (15 << 2) // its table, 32 KB
	;;
	mov	cr.pta = r4
	movl	r6 = HOLE + 0x2000000000000
	mov	r7 = (14 << 2)
	movl	r8 = 0x8000000000 + 0x661       // 512 GB
	;;
	mov	cr.ifa = r6
	mov	cr.itir = r7
	mov	r9 = 5
	;;
	itr.d	dtr[r9] = r8
	;;
	srlz.d
	;;
	.if	HOW == 5
	ld8	r10 = [r3]
	;;
	.else                                   // and now there is code there
	movl	r8 = 0x8000000000 + 0x661
	;;
	itr.i	itr[r9] = r8
	mov	b6 = r6
	;;
	br.few	b6
	;;
	.endif
	.elseif	HOW == 8                        // knows no Xen, says so in a note, and sleeps
again:	mov	r2 = 0x1000                     // PAL
	mov	r28 = 29                        // PAL_HALT_LIGHT
	;;
	break	0x1000
	;;
	br.few	again
	;;
	.elseif	HOW == 9                        // turns its only processor off
	mov	r2 = 0x1000
	mov	r28 = 28                        // PAL_HALT
	;;
	break	0x1000
	;;
	.elseif	HOW == 10                       // sleeps until the timer interrupts it
	mov	r2 = 0xef
	mov	r3 = 1000
	;;
	mov	cr.itv = r2
	mov	cr.itm = r3
	mov	r2 = 29
	alloc	r5 = ar.pfs, 0, 0, 8, 0
	;;
	ssm	psr.i
	mov	r32 = 1                         // SCHEDOP_block
	;;
	break	0x1000
	;;
	.else                                   // panic is called, and tells nobody
	br.call.sptk.few b0 = panic
	;;
	.endif
	nop	0
	;;
	.global	panic
panic:	br.few	panic
	;;
	.align	16
crashed:
	data4	3
powered_off:
	data4	0

	.align	0x8000
	.global	ivt
ivt:
	.org	ivt + 0x0800                    // data TLB
	shutdown powered_off
	.org	ivt + 0x1000                    // alternate data TLB
	.if	HOW == 1                        // mends nothing
	rfi
	;;
	.else                                   // misses itself, and then so does the nested handler
	movl	r2 = HOLE
	;;
	ld8	r3 = [r2]
	;;
	.endif
	.org	ivt + 0x1400                    // data nested TLB
	ld8	r3 = [r2]
	;;
	.org	ivt + 0x8000

	.if	HOW == 8
	.section .note.test, "a", @note
	.align	4
	data4	5, 4, 1                         // name and description in bytes, type
	stringz	"Test"
	data1	0, 0, 0
	data4	0
	.endif
