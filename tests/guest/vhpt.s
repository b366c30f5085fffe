// The VHPT walker in both formats, for data, instruction and register stack references: what it
// finds is used (key, page size and rights of a long entry, too), what it does not find is told on
// the right vector with ifa, itir, iha, isr and iip.  SDM 2:61 to 2:70, vectors 2:8.3.
//
// Short: the table lies in region 1, its first 16 KB are mapped, so that pages from 0x800 on miss
// the table itself.  Long: the guest takes the hash and the tag from thash and ttag, and looks for a
// second page with the same hash by itself.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.set	PTE, 0x661		// present, wb, accessed, dirty, pl 0, ar 3: rwx
	.set	S, 0x2000000000000000	// rid 0x200, 4 KB, walker on
	.set	N, 0x4000000000000000	// rid 0x250, 8 KB, walker off
	.set	L, 0x6000000000000000	// the long table; rid 0x300, 16 KB
	.set	S_ITIR, 0x200 << 8 | 12 << 2
	.set	N_ITIR, 0x250 << 8 | 13 << 2
	.set	L_ITIR, 0x300 << 8 | 14 << 2
	.set	NO_TABLE, S + 0x900 * 0x1000
	.set	NOT_PRESENT, S + 0x101 * 0x1000
	.set	RESERVED, S + 0x102 * 0x1000
	.set	GOOD, S + 0x103 * 0x1000
	.set	READ_ONLY, S + 0x104 * 0x1000
	.set	CLEAN, S + 0x105 * 0x1000
	.set	UNTOUCHED, S + 0x106 * 0x1000
	.set	CODE, S + 0x107 * 0x1000
	.set	X, 1 << 32
	.set	W, 1 << 33
	.set	R, 1 << 34
	.set	RS, 1 << 37
	.set	NONE, -1
	.set	PSR, 1 << 44 | 1 << 36 | 1 << 17 | 1 << 13	// bn, it, dt, ic
	.set	PSR_RT, 1 << 27

.macro TRANSLATE kind, slot, address, pte, size
	movl	r14 = \address
	movl	r15 = \pte
	mov	r16 = \size << 2
	mov	r17 = \slot
	;;
	mov	cr.ifa = r14
	mov	cr.itir = r16
	;;
	itr.\kind	\kind\()tr[r17] = r15
	;;
.endm
.macro REGION address, value
	movl	r14 = \address
	movl	r15 = \value
	;;
	mov	rr[r14] = r15
	;;
.endm
.macro ENTRY address, pte
	movl	r14 = short_table + ((\address - S) >> 9)
	movl	r15 = \pte
	;;
	st8	[r14] = r15
	;;
.endm
// rfi to here with \psr.
.macro GO psr
	rsm	1 << 13
	movl	r14 = \psr
	movl	r15 = 77f
	;;
	srlz.d
	;;
	mov	cr.ipsr = r14
	mov	cr.iip = r15
	mov	cr.ifs = r0
	;;
	rfi
	;;
77:
.endm

.macro FIELD offset, value, number
	movl	r29 = log + \offset
	;;
	ld8	r29 = [r29]
	;;
	EXPECT	r29, \value, \number
.endm
// What the handler noted.  Numbers: \number and the five after it.
.macro RECORD vector, isr, iip, ifa, itir, iha, number
	FIELD	0, \vector, \number
	FIELD	8, \isr, \number + 1
	FIELD	16, \iip, \number + 2
	FIELD	24, \ifa, \number + 3
	FIELD	32, \itir, \number + 4
	.if	\iha != NONE
	FIELD	40, \iha, \number + 5
	.endif
	FORGET
.endm
.macro FORGET
	movl	r29 = log
	mov	r28 = NONE
	;;
	st8	[r29] = r28
	;;
.endm
.macro QUIET number
	FIELD	0, NONE, \number
.endm

.macro LOAD address
	movl	r9 = \address
	movl	r7 = 99f
	mov	r8 = 0
	;;
98:	{ .mii
	ld8	r8 = [r9]
	nop.i	0
	nop.i	0
	;; }
99:
.endm
.macro STORE address
	movl	r9 = \address
	movl	r7 = 99f
	;;
98:	{ .mii
	st8	[r9] = r8
	nop.i	0
	nop.i	0
	;; }
99:
.endm
.macro CALL address
	movl	r9 = \address
	movl	r7 = 99f
	mov	r8 = 0
	;;
	mov	b6 = r9
	;;
	br.call.sptk.many b0 = b6
	;;
99:
.endm
// One register to be written at \address, by flushrs.
.macro FLUSH address
	movl	r9 = \address
	movl	r7 = 99f
	mov	ar.rsc = 0
	;;
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	;;
	loadrs
	;;
	mov	ar.bspstore = r9
	;;
	mov	ar.rnat = r0
	;;
	alloc	r32 = ar.pfs, 0, 1, 0, 0
	GO	PSR | PSR_RT
	br.call.sptk.many b0 = 97f
	;;
97:
98:	{ .mii
	flushrs
	nop.i	0
	nop.i	0
	;; }
99:
.endm
// One register to be read from \address by loadrs.
.macro FILL address
	movl	r9 = \address + 8
	movl	r7 = 99f
	movl	r10 = 8 << 16
	mov	ar.rsc = 0
	;;
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	;;
	loadrs
	;;
	mov	ar.bspstore = r9
	;;
	mov	ar.rnat = r0
	mov	ar.rsc = r10
	;;
	GO	PSR | PSR_RT
98:	{ .mii
	loadrs
	nop.i	0
	nop.i	0
	;; }
99:
.endm
// The last reference at \address met \vector.
.macro MET vector, isr, address, itir, iha, number
	RECORD	\vector, \isr, 98b, \address, \itir, \iha, \number
.endm

START
	movl	r14 = ivt
	;;
	mov	cr.iva = r14
	mov	ar.lc = r0
	REGION	0, 0x100 << 8 | 20 << 2
	REGION	S, S_ITIR | 1
	REGION	N, N_ITIR
	REGION	L, L_ITIR
	srlz.d
	;;
	TRANSLATE d, 0, 0x100000, 0x100000 + PTE, 20
	TRANSLATE i, 0, 0x100000, 0x100000 + PTE, 20
	TRANSLATE d, 1, 0xff5d0000, 0xff5d0000 + PTE + 0x10, 16	// uncacheable
	TRANSLATE d, 2, S, short_table + PTE, 14
	mov	r14 = 15 << 2 | 1
	;;
	mov	cr.pta = r14
	;;
	srlz.d
	ENTRY	NOT_PRESENT, page + PTE - 1
	ENTRY	RESERVED, page + PTE + 1 << 2
	ENTRY	GOOD, page + PTE
	ENTRY	READ_ONLY, page + PTE - 0x600
	ENTRY	CLEAN, page + PTE - 0x40
	ENTRY	UNTOUCHED, page + PTE - 0x20
	ENTRY	CODE, code + PTE
	GO	PSR

	// short, data
	LOAD	NO_TABLE + 0x128
	MET	0x0000, R, NO_TABLE + 0x128, S_ITIR, S + 0x4800, 1
	STORE	NO_TABLE + 0x128
	MET	0x0000, W, NO_TABLE + 0x128, S_ITIR, S + 0x4800, 7
	LOAD	NOT_PRESENT
	MET	0x5000, R, NOT_PRESENT, S_ITIR, NONE, 13
	LOAD	RESERVED + 8
	MET	0x0800, R, RESERVED + 8, S_ITIR, S + 0x810, 19
	STORE	RESERVED
	MET	0x0800, W, RESERVED, S_ITIR, S + 0x810, 25
	LOAD	N + 0x4448
	MET	0x1000, R, N + 0x4448, N_ITIR, NONE, 31
	LOAD	GOOD
	EXPECT	r8, 0x1122334455667788, 37
	QUIET	38
	LOAD	READ_ONLY
	QUIET	39
	STORE	READ_ONLY
	MET	0x5300, W, READ_ONLY, S_ITIR, NONE, 40
	LOAD	CLEAN
	QUIET	46
	STORE	CLEAN
	MET	0x2000, W, CLEAN, S_ITIR, NONE, 47
	LOAD	UNTOUCHED
	MET	0x2800, R, UNTOUCHED, S_ITIR, NONE, 53

	// psr.ic = 0: nested, and nothing is noted, SDM 2:5.5, "Data Nested TLB"
	.irp	address, NO_TABLE, RESERVED, N
	rsm	1 << 13
	;;
	srlz.d
	movl	r14 = 0x1110
	movl	r15 = 0x2220
	movl	r16 = 0x3330
	mov	r17 = 16 << 2
	movl	r18 = 0x5550
	;;
	mov	cr.isr = r14
	mov	cr.iip = r15
	mov	cr.ifa = r16
	mov	cr.itir = r17
	mov	cr.iha = r18
	;;
	LOAD	\address
	ssm	1 << 13
	;;
	srlz.d
	;;
	RECORD	0x1400, 0x1110, 0x2220, 0x3330, 16 << 2, 0x5550, 59
	.endr

	// short, instructions
	CALL	NO_TABLE + 0x20
	RECORD	0x0000, X, NO_TABLE + 0x20, NO_TABLE + 0x20, S_ITIR, S + 0x4800, 65
	CALL	RESERVED
	RECORD	0x0400, X, RESERVED, RESERVED, S_ITIR, S + 0x810, 71
	CALL	NOT_PRESENT
	RECORD	0x5000, X, NOT_PRESENT, NOT_PRESENT, S_ITIR, NONE, 77
	CALL	N
	RECORD	0x0c00, X, N, N, N_ITIR, NONE, 83
	CALL	READ_ONLY
	RECORD	0x5200, X, READ_ONLY, READ_ONLY, S_ITIR, NONE, 89
	CALL	CODE
	EXPECT	r8, 55, 95
	QUIET	96

	// short, register stack
	FLUSH	NO_TABLE + 0x40
	MET	0x0000, W | RS, NO_TABLE + 0x40, S_ITIR, S + 0x4800, 97
	FLUSH	RESERVED + 0x40
	MET	0x0800, W | RS, RESERVED + 0x40, S_ITIR, S + 0x810, 103
	FILL	NO_TABLE + 0x40
	MET	0x0000, R | RS, NO_TABLE + 0x40, S_ITIR, S + 0x4800, 109
	FILL	RESERVED + 0x40
	MET	0x0800, R | RS, RESERVED + 0x40, S_ITIR, S + 0x810, 115
	FILL	GOOD + 0x40
	QUIET	121
	GO	PSR
	mov	ar.rsc = 0
	;;

	// long: no table yet
	movl	r14 = L + 0x10000 + (15 << 2 | 1 << 8 | 1)
	.set	A, S + 0x400000
	;;
	mov	cr.pta = r14
	;;
	srlz.d
	;;
	movl	r4 = A
	;;
	thash	r5 = r4
	ttag	r6 = r4
	;;
	dep	r14 = 0, r5, 0, 15		// in the table, at an entry
	extr.u	r15 = r5, 0, 5
	;;
	EXPECT	r14, L + 0x10000, 122
	EXPECT	r15, 0, 123
	LOAD	A
	movl	r14 = log + 40
	;;
	ld8	r14 = [r14]
	;;
	cmp.eq	p6, p0 = r14, r5
	EXPECT_TRUE	p6, 124
	MET	0x0000, R, A, L_ITIR, NONE, 125
	// now there is one: 16 KB and key 0x77 in the entry, read and write
	rsm	1 << 13
	;;
	srlz.d
	TRANSLATE d, 3, L + 0x10000, long_table + PTE, 16
	ssm	1 << 13
	;;
	srlz.d
	;;
	LOAD	A
	MET	0x0800, R, A, S_ITIR, NONE, 131	// the entry's tag is 0
	movl	r14 = 0x77 << 8 | 14 << 2
	movl	r15 = page + PTE - 0x200	// ar 2: rw
	movl	r13 = 1 << 63
	;;
	or	r13 = r13, r6
	add	r10 = 8, r5
	add	r11 = 16, r5
	;;
	st8	[r5] = r15
	st8	[r10] = r14
	st8	[r11] = r13			// ti
	;;
	LOAD	A
	MET	0x0800, R, A, S_ITIR, NONE, 137
	st8	[r11] = r6
	;;
	LOAD	A
	QUIET	143
	EXPECT	r8, 0x1122334455667788, 144
	LOAD	A + 0x3008			// the size is the entry's
	QUIET	145
	EXPECT	r8, 0x99, 146
	CALL	A				// rights
	RECORD	0x5200, X, A, A, S_ITIR, NONE, 147
	// keys: 0 for the program
	mov	r14 = 0
	movl	r15 = 0x100 << 8 | 1
	mov	r16 = 1
	mov	r17 = 1
	movl	r18 = 0x77 << 8 | 3		// write disable
	mov	r19 = 2
	;;
	mov	pkr[r14] = r15
	;;
	mov	pkr[r16] = r17
	;;
	srlz.d
	ssm	1 << 15
	;;
	srlz.d
	;;
	srlz.i
	;;
	LOAD	A
	MET	0x1c00, R, A, S_ITIR, NONE, 153
	GO	PSR
	mov	r18 = 0x77
	mov	r19 = 2
	;;
	shl	r18 = r18, 8
	;;
	or	r18 = 3, r18
	;;
	mov	pkr[r19] = r18
	;;
	srlz.d
	ssm	1 << 15
	;;
	srlz.d
	;;
	LOAD	A
	QUIET	159
	STORE	A
	MET	0x5100, W, A, S_ITIR, NONE, 160
	GO	PSR

	// another page with the same hash: a miss, until the entry is its own
	movl	r4 = A
	movl	r14 = 0x4000
	;;
1:	add	r4 = r4, r14
	;;
	thash	r15 = r4
	;;
	cmp.ne	p6, p0 = r15, r5
(p6)	br.cond.sptk.few 1b
	;;
	ttag	r3 = r4
	;;
	cmp.ne	p6, p0 = r3, r6
	EXPECT_TRUE	p6, 166
	movl	r7 = 1f
	mov	r8 = 0
	;;
	ld8	r8 = [r4]
	;;
1:	FIELD	0, 0x0800, 167
	movl	r14 = log + 24
	movl	r16 = log + 40
	;;
	ld8	r14 = [r14]
	ld8	r16 = [r16]
	;;
	cmp.eq	p6, p0 = r14, r4
	cmp.eq	p7, p0 = r16, r5
	EXPECT_TRUE	p6, 168
	EXPECT_TRUE	p7, 169
	FORGET
	st8	[r11] = r3
	;;
	ld8	r8 = [r4]
	;;
	QUIET	170
	EXPECT	r8, 0x1122334455667788, 171
	PASS
ENDING

	.text
	.align	4096
code:
	{ .mib
	mov	r8 = 55
	nop.i	0
	br.ret.sptk.many b0
	;; }
// Everything is noted; on to r7.  A nested miss leaves no way back but a branch.
note:
	movl	r17 = log
	mov	r18 = cr.isr
	mov	r19 = cr.iip
	mov	r20 = cr.ifa
	mov	r21 = cr.itir
	mov	r22 = cr.iha
	movl	r23 = 0x1400
	movl	r24 = PSR
	;;
	st8	[r17] = r16, 8
	;;
	st8	[r17] = r18, 8
	;;
	st8	[r17] = r19, 8
	;;
	st8	[r17] = r20, 8
	;;
	st8	[r17] = r21, 8
	;;
	st8	[r17] = r22
	cmp.eq	p6, p7 = r16, r23
	mov	b7 = r7
	;;
(p7)	mov	cr.iip = r7
(p7)	mov	cr.ipsr = r24
	mov	cr.ifs = r0
	;;
	srlz.d
(p7)	br.cond.sptk.few	1f
	bsw.1
	;;
	br.cond.sptk.many	b7
	;;
1:	rfi
	;;
	.align	32768
ivt:
	.irp	offset, 0x0000, 0x0400, 0x0800, 0x0c00, 0x1000, 0x1400, 0x1800, 0x1c00, 0x2000, 0x2400, 0x2800, 0x2c00, 0x5000, 0x5100, 0x5200, 0x5300, 0x5400, 0x5500, 0x5600, 0x5a00
	.org	ivt + \offset
	{ .mlx
	nop.m	0
	movl	r16 = \offset
	;; }
	{ .mib
	nop.m	0
	nop.i	0
	br.sptk.many note
	;; }
	.endr
	.org	ivt + 0x8000
	.data
	.align	16
log:
	data8	NONE, 0, 0, 0, 0, 0
	.align	16384
page:
	data8	0x1122334455667788
	.skip	0x3000
	data8	0x99
	.bss
	.align	65536
long_table:
	.skip	65536
short_table:
	.skip	16384
