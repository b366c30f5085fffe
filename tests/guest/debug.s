// Data and instruction breakpoints, and the psr bits that hold faults off for one instruction.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.include "log.inc"
.macro SET_BREAK file, pair, address, mask
	mov	r14 = 2 * \pair
	movl	r15 = \address
	mov	r16 = 2 * \pair + 1
	movl	r17 = \mask
	;;
	mov	\file[r14] = r15
	;;
	mov	\file[r16] = r17
	;;
	srlz.i
	;;
.endm
	.set	ALL, 0x00ffffffffffffff
	.set	PLM0, 1 << 56
	.set	PLM3, 8 << 56
	.set	BR_X, 1 << 63
	.set	BR_R, 1 << 63
	.set	BR_W, 1 << 62
LOG_START
	movl	r20 = word
	movl	r21 = word + 8
	mov	r22 = 5
	;;
	// --- data: reads of one doubleword at level 0, writes of the next, the third at level 3 only
	SET_BREAK dbr, 0, word, BR_R | PLM0 | ALL - 7
	SET_BREAK dbr, 1, word + 8, BR_W | PLM0 | ALL
	SET_BREAK dbr, 2, word + 16, BR_R | BR_W | PLM3 | ALL - 15
	ld8	r14 = [r20]		// psr.db is 0
	;;
	GO	PSR_DB, data
data:
	{ .mmi
	ld8	r14 = [r21]		// writes only
	st8	[r20] = r22		// reads only
	nop.i	0
	;; }
data_1:
	{ .mmi
	ld8	r14 = [r20]
	st8	[r21] = r22
	nop.i	0
	;; }
	add	r23 = 7, r20
	add	r24 = -1, r21
	add	r25 = 16, r20
	;;
data_2:
	{ .mmi
	ld1	r14 = [r23]		// the last byte
	st1	[r24] = r22		// r24 = r23: reads only
	nop.i	0
	;; }
data_3:
	{ .mmi
	lfetch	[r20]			// no reference
	lfetch.fault	[r20]
	nop.i	0
	;; }
data_4:
	{ .mmi
	xchg8	r14 = [r20], r22	// reads as well
	st8	[r25] = r22		// not at level 0
	nop.i	0
	;; }
data_5:
	{ .mmi
	xchg8	r14 = [r21], r22	// writes as well
	ld8.s	r15 = [r20]		// physical mode: not deferred, dcr.dd or not
	nop.i	0
	;; }
data_6:
	break.m	0x77
	;;
	// psr.dd: one instruction
	GO	PSR_DB | PSR_DD, once
once:
	{ .mmi
	ld8	r14 = [r20]
	ld8	r15 = [r20]
	nop.i	0
	;; }
	break.m	0x77
	;;
	// ... that is executed, or is off
	cmp.eq	p6, p7 = r0, r0
	GO	PSR_DB | PSR_DD, twice
twice:
	{ .mmi
(p7)	ld8	r14 = [r20]
	ld8	r15 = [r20]
	nop.i	0
	;; }
	break.m	0x77
	;;

	// --- instructions
	SET_BREAK ibr, 1, code, BR_X | PLM0 | ALL
	nop	0
	;;
	GO	PSR_DB | PSR_ID, code
code:
	{ .mib
	nop.m	0			// psr.id
	nop.i	0
	br.sptk.few	code_1
	;; }
	nop	0
	;;
code_1:
	break.m	0x77
	;;
	SET_BREAK ibr, 1, code_2, BR_X | PLM0 | ALL - 31
	GO	PSR_DB, code_2
	.align	32
code_2:
	{ .mii
	nop.m	0
	nop.i	0
	nop.i	0
	;; }
	{ .mlx
	nop.m	0
	movl	r14 = 0
	;; }
	break.m	0x77
	;;

	// --- rfi to the second half of a movl
	GO	0, half, 2
half:
	{ .mlx
	nop.m	0
	movl	r14 = 0
	;; }

	// --- psr.ed: one speculative load gives a NaT though nothing is wrong
	GO	PSR_ED, ed
ed:
	{ .mmi
	ld8.s	r14 = [r20]
	ld8.s	r15 = [r20]
	nop.i	0
	;; }
	tnat.nz	p6, p7 = r14
	tnat.nz	p8, p9 = r15
	;;
	EXPECT_TRUE	p6, 200
	EXPECT_TRUE	p9, 201

	// --- a floating-point fault, with its slot and the bundle before
	movl	r14 = 0x9804c0270033e	// invalid enabled
	movl	r15 = 0x7ff0000000000001
	;;
	mov	ar.fpsr = r14
	setf.d	f6 = r15
	;;
fp:
	{ .mfi
	nop.m	0
	fma.d.s0	f7 = f6, f1, f0
	nop.i	0
	;; }
	EXPECT_LOG	table
	PASS
LOG_ENDING
ENDING
	.align	32
word:	data8	0, 0, 0, 0
table:	data8	(table_end - table) / 40
	ROW	0x5900, R, data_1, data, word
	ROW	0x5900, EI1 | W, data_1, data, word + 8
	ROW	0x5900, R, data_2, data_2 - 16, word + 7
	ROW	0x5900, EI1 | R | NA | 4, data_3, data_3, word
	ROW	0x5900, R | W, data_4, data_3, word
	ROW	0x5900, R | W, data_5, data_4, word + 8
	ROW	0x5900, EI1 | R | SP, data_5, data_4, word
	ROW	0x5900, EI1 | R, once, once, word
	ROW	0x5900, EI1 | R, twice, twice, word
	ROW	0x5900, EI1 | X, code, code, code
	ROW	0x5900, EI2 | X, code, code, code
	ROW	0x5900, X, code_2, 0, code_2
	ROW	0x5900, EI1 | X, code_2, 0, code_2
	ROW	0x5900, EI2 | X, code_2, 0, code_2
	ROW	0x5900, X, code_2 + 16, 0, code_2 + 16
	ROW	0x5900, EI1 | X, code_2 + 16, 0, code_2 + 16
	ROW	0x5400, EI2, half, 0
	ROW	0x5c00, EI1 | 1, fp, fp
table_end:
