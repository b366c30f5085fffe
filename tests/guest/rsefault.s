// Mandatory spills and fills whose page is missing: the register stack lies in virtual memory (psr.rt
// alone), in pages that a handler maps when they are missed.  Every miss must be told as a reference
// of the register stack engine at the address that came first, on behalf of alloc, flushrs, loadrs
// or, after br.ret, of the instruction returned to; and what was done before must not be done again.
//
// The handler uses no stacked register, does not cover and returns with ifs.v = 0, as handlers of
// nested misses do.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.include "test.inc"
	.include "log.inc"
	.set	V, 0xa000000000000000
	.set	STACK, V + 0xe00	// 63 registers and a collection below the end of the page
	.set	PTE, 0x661
.macro PURGE
	movl	r28 = V
	mov	r29 = 14 << 2
	;;
	ptc.l	r28, r29
	;;
	srlz.d
	;;
.endm
LOG_START
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	movl	r14 = V
	movl	r15 = 0x500 << 8 | 12 << 2	// 4 KB pages, no walker
	movl	r16 = map
	movl	r17 = STACK
	;;
	mov	rr[r14] = r15
	mov	ar.rsc = 0
	mov	ar.k7 = r16
	;;
	srlz.d
	;;
	loadrs
	;;
	mov	ar.bspstore = r17
	;;
	mov	ar.rnat = r0
	GO	PSR_RT, virtual
virtual:
	alloc	r33 = ar.pfs, 0, 2, 1, 0
	mov	r34 = 20
	;;
	br.call.sptk.many	b0 = descend
	;;
	EXPECT	r8, 210, 200
	mov	r16 = ar.bsp
	;;
	EXPECT	r16, STACK, 201

	// loadrs over the end of a page, downwards
	alloc	r2 = ar.pfs, 0, 0, 0, 0
	movl	r16 = V + 0x1100
	movl	r17 = 0x140 << 16
	;;
	mov	ar.rsc = 0
	;;
	loadrs				// nothing stays
	;;
	mov	ar.bspstore = r16
	;;
	mov	ar.rnat = r0
	mov	ar.rsc = r17
	PURGE
before_load:
	{ .mii
	nop.m	0
	nop.i	0
	nop.i	0
	;; }
load:
	{ .mii
	loadrs
	nop.i	0
	nop.i	0
	;; }
	mov	ar.rsc = 0
	;;
	mov	r18 = ar.bspstore
	mov	r19 = ar.bsp
	;;
	EXPECT	r18, V + 0x1100 - 0x140, 202
	EXPECT	r19, V + 0x1100, 203
	EXPECT_LOG	table
	PASS

// sum(n): frames of 16 registers below the one output, checked after the call
descend:
	{ .mii
	alloc	r33 = ar.pfs, 1, 15, 1, 0
	mov	r34 = b0
	add	r35 = 100, r32
	;; }
	add	r46 = 200, r32
	cmp.eq	p6, p7 = r0, r32
	add	r48 = -1, r32
	;;
(p6)	br.cond.spnt.many	bottom
	;;
call:
	{ .mib
	nop.m	0
	nop.i	0
	br.call.sptk.many	b0 = descend
	;; }
called:
	sub	r16 = r46, r35
	add	r8 = r8, r32
	mov	b0 = r34
	mov	ar.pfs = r33
	;;
	cmp.ne	p8, p9 = 100, r16
	mov	r30 = 100
	;;
(p8)	br.cond.spnt.many	fail
	;;
return:
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.many	b0
	;; }
bottom:
	PURGE
	mov	r8 = 0
	;;
call_flush:
	{ .mib
	nop.m	0
	nop.i	0
	br.call.sptk.many	b0 = flush
	;; }
flushed:
	mov	b0 = r34
	mov	ar.pfs = r33
	;;
	br.ret.sptk.many	b0
	;;
flush:
	{ .mii
	flushrs
	nop.i	0
	nop.i	0
	;; }
	PURGE
flush_return:
	{ .mib
	nop.m	0
	nop.i	0
	br.ret.sptk.many	b0
	;; }

map:
	mov	r16 = ar.k6
	movl	r20 = store
	mov	r22 = 12 << 2
	movl	r23 = PTE
	;;
	add	r16 = -8, r16
	;;
	ld8	r17 = [r16]		// ifa, from the log
	;;
	mov	cr.ifa = r17
	mov	cr.itir = r22
	extr.u	r18 = r17, 12, 20
	;;
	shl	r18 = r18, 12
	;;
	add	r18 = r18, r20
	;;
	or	r18 = r18, r23
	srlz.d
	;;
	itc.d	r18
	;;
	srlz.d
	mov	cr.ifa = r0
	br.sptk.many	log_rfi
	;;
LOG_ENDING
ENDING
	.bss
	.align	4096
store:	.skip	0x4000
	.data
	.align	16
	// Registers are numbered from STACK; number n lies 8 * (n + n / 63) above it.  The outer frame has
	// 2, the others 16 each; alloc wants no more than 96 - 17 dirty ones.
table:	data8	(table_end - table) / 40
	ROW	0x1000, W | RS, descend, call, STACK
	ROW	0x1000, W | RS, descend, call, V + 0x1000
	ROW	0x1000, W | RS, flush, call_flush, STACK + 8 * (243 + 3)
	ROW	0x1000, R | RS | IR, flushed, flush_return, STACK + 8 * (337 + 5)
	ROW	0x1000, R | RS | IR, called, return, V + 0xff8
	ROW	0x1000, R | RS, load, before_load, V + 0x10f8
	ROW	0x1000, R | RS, load, before_load, V + 0xff8
table_end:
