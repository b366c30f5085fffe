// Traps: which one is delivered and which are told of when several are due at once; what psr.tb, ss
// and lp see, and what they do not.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.include "log.inc"
LOG_START
	// --- taken branches of every kind
	GO	PSR_TB, tb
tb:
	{ .mib
	nop.m	0
	nop.i	0
	br.cond.sptk.few	tb_1
	;; }
	nop	0
	;;
tb_1:
	{ .mib
	nop.m	0
	cmp.eq	p6, p7 = r0, r0
	nop.b	0
	;; }
tb_2:
	{ .mbb
	nop.m	0
(p7)	br.cond.sptk.few	tb_1		// not taken
	br.call.sptk.few	b1 = tb_3
	;; }
	nop	0
	;;
tb_3:
	mov	r14 = b1
	mov	ar.lc = 1
	;;
tb_4:
	{ .mib
	nop.m	0
	nop.i	0
	br.cloop.sptk.few	tb_4		// taken once
	;; }
	movl	r15 = word
	mov	r16 = -1
	;;
	mov	ar.unat = r16
	;;
	ld8.fill	r17 = [r15]
	;;
tb_5:
	{ .mii
	nop.m	0
	chk.s.i	r17, tb_6
	nop.i	0
	;; }
	nop	0
	;;
tb_6:
	{ .mlx
	nop.m	0
	brl.sptk.few	tb_7
	;; }
	nop	0
	;;
tb_7:
	break.m	0x77
	;;
	EXPECT	r14, tb_2 + 16, 200

	// --- single step: every slot, predicated off or not, an MLX once; not the rfi that starts it
	GO	PSR_SS, step, 1
step:
	{ .mii
	nop.m	0				// rfi leads behind it
(p7)	add	r14 = 1, r14
	nop.i	0
	;; }
step_1:
	{ .mlx
	nop.m	0
	movl	r14 = 0x123456789abcdef
	;; }
step_2:
	{ .mib
	break.m	0x77
	nop.i	0
	nop.b	0
	;; }

	// --- a step that is also a taken branch
	GO	PSR_SS | PSR_TB, both
both:
	{ .bbb
	nop.b	0
	br.cond.sptk.few	both_1
	nop.b	0
	;; }
	nop	0
	;;
both_1:
	break.m	0x77
	;;

	// --- to a lower privilege level, alone and with the others
	movl	r20 = 3 << 62
	movl	r21 = lp_1
	;;
	mov	ar.pfs = r20
	mov	b2 = r21
	;;
	GO	PSR_LP, lp
lp:
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.few	b2
	;; }
	nop	0
	;;
lp_1:
	break.m	0x77				// from level 3
	;;
	movl	r20 = 3 << 62
	movl	r21 = lp_3
	;;
	mov	ar.pfs = r20
	mov	b2 = r21
	;;
	GO	PSR_LP | PSR_TB | PSR_SS, lp_2
lp_2:
	{ .bbb
	nop.b	0
	br.ret.sptk.few	b2
	nop.b	0
	;; }
	nop	0
	;;
lp_3:
	break.m	0x77
	;;
	// the same level is no lower one
	mov	ar.pfs = r0
	movl	r21 = lp_5
	;;
	mov	b2 = r21
	;;
	GO	PSR_LP, lp_4
lp_4:
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.few	b2
	;; }
	nop	0
	;;
lp_5:
	break.m	0x77
	;;

	// --- a floating-point trap, alone and stepped
	movl	r20 = 0x9804c02700337		// overflow trap enabled
	movl	r21 = 0xffff + 0x3e8
	;;
	mov	ar.fpsr = r20
	setf.exp	f6 = r21
	;;
fp_0:
	{ .mfi
	nop.m	0
	fma.d.s0	f7 = f6, f6, f0
	nop.i	0
	;; }
	getf.exp	r14 = f7
	;;
	EXPECT	r14, 0xffff + 2 * 0x3e8, 201	// the wrapped result was written
	GO	PSR_SS, fp_1
fp_1:
	{ .mmf
	nop.m	0
	nop.m	0
	fma.d.s0	f7 = f6, f6, f0
	;; }
	break.m	0x77
	;;

	EXPECT_LOG	table
	PASS
LOG_ENDING
ENDING
	.align	16
word:	data8	0, 0
table:	data8	(table_end - table) / 40
	ROW	0x5f00, EI2 | 4, tb_1, tb
	ROW	0x5f00, EI2 | 4, tb_3, tb_2
	ROW	0x5f00, EI2 | 4, tb_4, tb_4
	ROW	0x5f00, EI1 | 4, tb_6, tb_5
	ROW	0x5f00, EI1 | 4, tb_7, tb_6
	ROW	0x6000, EI1 | 8, step, step
	ROW	0x6000, EI2 | 8, step_1, step
	ROW	0x6000, 8, step_1, step_1
	ROW	0x6000, EI1 | 8, step_2, step_1
	ROW	0x6000, 8, both, both
	ROW	0x5f00, EI1 | 12, both_1, both
	ROW	0x5e00, EI2 | 2, lp_1, lp
	ROW	0x6000, 8, lp_2, lp_2
	ROW	0x5e00, EI1 | 14, lp_3, lp_2
	ROW	0x5d00, EI1 | 0x801, fp_0, fp_0
	ROW	0x6000, 8, fp_1, fp_1
	ROW	0x6000, EI1 | 8, fp_1, fp_1
	ROW	0x5d00, EI2 | 0x809, fp_1 + 16, fp_1
table_end:
