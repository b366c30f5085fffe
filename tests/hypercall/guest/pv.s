// A paravirtual guest without a kernel: it goes through every door to the hypervisor with real
// instructions, and checks what it finds behind each.  The last line it prints is "PASS", or "FAIL"
// with the number of the check that did not hold.
//
// It runs at level 1 from its physical address, turns translation on with an identity register, and
// keeps all results in memory.  Checks may use r2-r15, p6 and p7; handlers r16-r31, p6 and p7.
//
// SPDX-License-Identifier: GPL-2.0-or-later

XSI        = 0xfffffffffff00000
UPCALL_PENDING = XSI
UPCALL_MASK = XSI + 1
PENDING_SEL = XSI + 8
EVTCHN_PENDING = XSI + 0xc00
EVTCHN_MASK = XSI + 0xe00
REGS       = XSI + 0x4000
X_IPSR     = REGS + 0x880
X_ISR      = REGS + 0x888
X_IIP      = REGS + 0x898
X_IFA      = REGS + 0x8a0
X_ITIR     = REGS + 0x8a8
X_IFS      = REGS + 0x8b8
X_IIM      = REGS + 0x8c0
X_PRECOVER = REGS + 0xc00
X_IC       = REGS + 0xc10
X_META     = REGS + 0xc48
X_BANK     = REGS + 0xc4c

INLINE     = 0x8000000000000000
PTE_KERNEL = 0x661              // present, accessed, dirty, level 0, read write execute
PTE_USER   = 0x7e1              // the same at level 3
R7_HOLE    = 0xe000123400000000 // region 7, never mapped
R1_PAGE    = 0x2000000000004000 // region 1: found through the VHPT
VHPT_BASE  = 0x0000200000000000 // within the region
USER_VA    = 0x4000000000000000 // region 2
DATA_PA    = 0x5000000          // a free page of memory

	.macro	hyperprivop n
	break	\n
	;;
	.endm

	.macro	load dst, addr
	movl	r3 = \addr
	;;
	ld8	\dst = [r3]
	;;
	.endm

	.macro	load4 dst, addr
	movl	r3 = \addr
	;;
	ld4	\dst = [r3]
	;;
	.endm

	.macro	store addr, src
	movl	r3 = \addr
	;;
	st8	[r3] = \src
	;;
	.endm

	.macro	expect n, reg, value            // r8 to r10 go: not for reg = r8
	movl	r9 = \value
	mov	r8 = \n
	;;
	cmp.ne	p6, p7 = \reg, r9
	;;
(p6)	mov	r10 = \reg
(p6)	br.cond.sptk.few fail
	;;
	.endm

	.macro	after label                     // where the next interruption continues
	movl	r2 = \label
	;;
	store	resume, r2
	.endm

	.macro	expect_vector n, vector
	load	r4, seen
	expect	\n, r4, \vector
	.endm

	.macro	hypercall nr                    // arguments in r32 and up; result in r8
	mov	r2 = \nr
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
	mov	r2 = (26 << 2)                  // region n: rid n, 64 MB pages; no VHPT
	mov	r3 = 0
	mov	r4 = 0
	mov	ar.lc = 7
	;;
regions:
	or	r5 = r2, r4
	;;
	mov	rr[r3] = r5
	adds	r4 = 0x100, r4
	movl	r6 = 1 << 61
	;;
	add	r3 = r3, r6
	br.cloop.sptk.few regions
	;;
	srlz.d
	;;
	movl	r2 = 0x4000000                  // an identity page of 64 MB around this program
	mov	r3 = (26 << 2)
	;;
	mov	cr.ifa = r2
	mov	cr.itir = r3
	movl	r4 = 0x4000000 + PTE_KERNEL
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

	.align	16
virtual:
	mov	ar.rsc = 0
	movl	r2 = rbs
	movl	r12 = stack
	;;
	mov	ar.bspstore = r2
	;;
	alloc	r32 = ar.pfs, 0, 8, 0, 0
	movl	r28 = XSI
	;;
	mov	r2 = 0x600                      // shared info and mapped registers to their place
	;;
	break	0x1000
	;;
	mov	r4 = r8
	;;
	expect	1, r4, 0
	load4	r4, X_META
	expect	2, r4, 0                        // rfi with dt, rt and it has left metaphysical mode
	load4	r4, X_IC
	expect	3, r4, 1
	load4	r4, X_BANK
	expect	4, r4, 1
	hyperprivop 0x19                        // psr: ic, dt, di, rt, it; no i
	mov	r4 = r8
	;;
	expect	5, r4, 0x1008422000

// ---- breaks ----------------------------------------------------------------------------------------
	after	brk1
	break.i	0x5555
	br.few	dead
	;;
	.align	16
brk1:	expect_vector 10, 0x2c00
	load	r4, seen_iim
	expect	11, r4, 0x5555
	load4	r4, X_IC                        // the handler returned with rfi
	expect	12, r4, 1

	// A hyperprivop in a B slot is one, too: cover, then back into the covered frame.
	mov	r33 = 0x33
	mov	r38 = 0x38
	;;
	{ .bbb
	break.b	4
	nop.b	0
	nop.b	0
	} ;;
	load	r4, X_IFS
	expect	20, r4, 0x8000000000000408
	movl	r5 = 1 << 13 | 1 << 17 | 1 << 27 | 1 << 36 | 1 << 44
	;;
	store	X_IPSR, r5
	movl	r5 = brk2
	;;
	store	X_IIP, r5
	flushrs                                 // the frame must come back from memory
	;;
	hyperprivop 1
	br.few	dead
	;;
	.align	16
brk2:	mov	r4 = r33
	;;
	expect	21, r4, 0x33
	mov	r4 = r38
	;;
	expect	22, r4, 0x38

// ---- misses ------------------------------------------------------------------------------------------
	after	m1
	movl	r5 = R7_HOLE
	;;
	ld8	r6 = [r5]
	br.few	dead
	;;
	.align	16
m1:	expect_vector 30, 0x1000
	load	r4, seen_ifa
	expect	31, r4, R7_HOLE
	load	r4, seen_isr
	dep	r4 = 0, r4, 41, 2               // whatever the slot
	;;
	expect	32, r4, 1 << 34                 // a read

	// Insert it, and see the same memory through the identity page.
	movl	r5 = R7_HOLE
	mov	r6 = (14 << 2)
	;;
	store	X_IFA, r5
	store	X_ITIR, r6
	movl	r8 = PTE_KERNEL
	movl	r4 = cell
	movl	r6 = 0xffffffffffffc000
	;;
	and	r4 = r4, r6
	;;
	or	r8 = r8, r4
	;;
	hyperprivop 5
	movl	r4 = cell
	movl	r6 = 0x3fff
	movl	r7 = 0x123456789
	;;
	and	r4 = r4, r6
	;;
	add	r5 = r5, r4
	;;
	st8	[r5] = r7
	;;
	load	r4, cell
	expect	33, r4, 0x123456789
	movl	r8 = R7_HOLE                    // and purge it again
	mov	r9 = (14 << 2)
	;;
	hyperprivop 0xe
	after	m2
	movl	r5 = R7_HOLE
	;;
	st8	[r5] = r0
	br.few	dead
	;;
	.align	16
m2:	expect_vector 34, 0x1000
	load	r4, seen_isr
	dep	r4 = 0, r4, 41, 2
	;;
	expect	35, r4, 1 << 33

	// Speculation sees no interruption, only a NaT; so does a fetch that may be cancelled.
	movl	r5 = R7_HOLE
	mov	r4 = 1
	;;
	ld8.s	r6 = [r5]
	lfetch.fault [r5]
	;;
	tnat.nz	p6, p7 = r6
	;;
(p6)	mov	r4 = 2
	;;
	expect	36, r4, 2

	// A NaT bit of a banked register survives a handler.
	ld8.s	r20 = [r5]
	mov	r21 = 0x2121
	after	m3
	;;
	break.i	0x77
	;;
	.align	16
m3:	tnat.nz	p6, p7 = r20
	mov	r4 = 1
	;;
(p6)	mov	r4 = 2
	;;
	expect	37, r4, 2
	mov	r4 = r21
	;;
	expect	38, r4, 0x2121

// ---- the table that is walked -----------------------------------------------------------------------------
	movl	r8 = 1 << 61                    // region 1: 16 KB pages, VHPT on
	movl	r9 = 0x100 | 14 << 2 | 1
	;;
	hyperprivop 0x11
	movl	r4 = VHPT_BASE + (40 << 2) + 1
	;;
	mov	cr.pta = r4
	;;
	srlz.d
	;;
	movl	r8 = R1_PAGE
	;;
	hyperprivop 0xd
	mov	r4 = r8                         // page 1 of the region: the second entry
	;;
	expect	40, r4, 0x2000200000000008
	after	v1
	movl	r5 = R1_PAGE
	;;
	ld8	r6 = [r5]
	br.few	dead
	;;
	.align	16
v1:	expect_vector 41, 0x0000                // the table itself is not mapped
	movl	r5 = 0x2000200000000000
	mov	r6 = (14 << 2)
	;;
	store	X_IFA, r5
	store	X_ITIR, r6
	movl	r8 = DATA_PA + PTE_KERNEL
	;;
	hyperprivop 5
	after	v2
	movl	r5 = R1_PAGE
	;;
	ld8	r6 = [r5]
	br.few	dead
	;;
	.align	16
v2:	expect_vector 42, 0x0800                // mapped, but the entry is empty
	movl	r5 = 0x2000200000000008
	movl	r4 = cell
	movl	r6 = 0xffffffffffffc000
	movl	r7 = PTE_KERNEL
	;;
	and	r4 = r4, r6
	;;
	or	r4 = r4, r7
	;;
	st8	[r5] = r4
	movl	r8 = R1_PAGE
	mov	r9 = (14 << 2)
	;;
	hyperprivop 0xe
	movl	r5 = cell
	movl	r6 = 0x3fff
	movl	r7 = R1_PAGE
	;;
	and	r5 = r5, r6
	;;
	add	r7 = r7, r5
	;;
	ld8	r4 = [r7]                       // walked, and raised to level 1
	;;
	expect	43, r4, 0x123456789

// ---- nested ---------------------------------------------------------------------------------------------------
	movl	r4 = 1 << 17                    // as if a fault of translated code were being served
	;;
	store	X_IPSR, r4
	movl	r3 = X_IC
	;;
	st4	[r3] = r0
	movl	r30 = n1
	movl	r5 = R7_HOLE
	;;
	ld8	r6 = [r5]
	br.few	dead
	;;
	.align	16
n1:	load	r4, nested
	expect	50, r4, 1
	load	r4, X_IPSR                      // nothing was overwritten
	expect	51, r4, 1 << 17
	mov	r4 = 1
	movl	r3 = X_IC
	;;
	st4	[r3] = r4
	;;

// ---- metaphysical mode ---------------------------------------------------------------------------------------------
	hyperprivop 2
	movl	r5 = cell
	;;
	ld8	r4 = [r5]                       // an identity that no register gives
	movl	r6 = 0x7000000
	;;
	ld8	r6 = [r6]
	;;
	expect	55, r4, 0x123456789
	load4	r4, X_META
	expect	56, r4, 1
	rsm	psr.i
	;;
	ssm	psr.dt                          // the native way back
	;;
	srlz.d
	;;
	load4	r4, X_META
	expect	57, r4, 0

// ---- users ----------------------------------------------------------------------------------------------------------
	movl	r5 = USER_VA
	mov	r6 = (14 << 2)
	;;
	store	X_IFA, r5
	store	X_ITIR, r6
	movl	r8 = user
	movl	r4 = 0xffffffffffffc000
	movl	r6 = PTE_USER
	;;
	and	r8 = r8, r4
	;;
	or	r8 = r8, r6
	;;
	mov	r7 = r8
	hyperprivop 5
	mov	r8 = r7
	;;
	hyperprivop 6

	.macro	user_runs entry, back
	after	\back
	movl	r4 = \entry
	movl	r5 = 0x3fff
	movl	r6 = USER_VA
	;;
	and	r4 = r4, r5
	;;
	add	r4 = r4, r6
	movl	r5 = 1 << 13 | 1 << 14 | 1 << 17 | 1 << 27 | 3 << 32 | 1 << 36 | 1 << 44
	;;
	store	X_IIP, r4
	store	X_IPSR, r5
	store	X_IFS, r0
	hyperprivop 1
	br.few	dead
	;;
	.align	16
\back:
	.endm

	user_runs user_call, u1
	expect_vector 60, 0x2c00
	load	r4, seen_iim
	expect	61, r4, 0x100000
	load	r4, seen_ipsr
	extr.u	r4 = r4, 32, 2
	;;
	expect	62, r4, 3
	user_runs user_one, u2                  // a hyperprivop's number means nothing there
	expect_vector 63, 0x2c00
	load	r4, seen_iim
	expect	64, r4, 1
	user_runs user_privileged, u3
	expect_vector 65, 0x5400
	load	r4, seen_isr
	expect	66, r4, 0
	user_runs user_peeks, u4                // shared info is not for users
	expect_vector 67, 0x5300
	load	r4, seen_ifa
	expect	68, r4, XSI

// ---- general exceptions of the kernel --------------------------------------------------------------------------------
	after	g1
	mov	r5 = 0x100
	;;
	mov	cr.tpr = r5                     // a reserved field
	br.few	dead
	;;
	.align	16
g1:	expect_vector 70, 0x5400
	load	r4, seen_isr
	expect	71, r4, 0x30
	after	g2
	mov	r5 = 20
	;;
	mov	dbr[r5] = r0                    // no such register
	br.few	dead
	;;
	.align	16
g2:	expect_vector 72, 0x5400
	mov	ar.k5 = r12                     // privileged register, readable by all
	;;
	mov	r4 = ar.k5
	movl	r5 = stack
	;;
	sub	r4 = r4, r5
	;;
	expect	73, r4, 0
	movl	r5 = cell
	;;
	tpa	r4 = r5
	;;
	sub	r4 = r4, r5
	;;
	expect	74, r4, 0
	mov	r4 = cr.lid
	;;
	expect	75, r4, 0

// ---- events -------------------------------------------------------------------------------------------------------------
	movl	r4 = argument                   // callback_op: register
	movl	r5 = callback
	;;
	st8	[r4] = r0, 8
	;;
	st8	[r4] = r5
	mov	r32 = 0
	movl	r33 = argument + INLINE
	;;
	hypercall 30
	mov	r4 = r8
	;;
	expect	80, r4, 0
	movl	r4 = argument                   // event_channel_op: bind_ipi, vcpu 0
	;;
	st8	[r4] = r0
	mov	r32 = 7
	movl	r33 = argument + INLINE
	;;
	hypercall 32
	mov	r4 = r8
	;;
	expect	81, r4, 0
	movl	r4 = argument + 4
	;;
	ld4	r36 = [r4]                      // the port
	movl	r4 = argument
	;;
	st8	[r4] = r36
	mov	r32 = 4                         // send, while events are disabled
	movl	r33 = argument + INLINE
	;;
	hypercall 32
	mov	r4 = r8
	;;
	expect	82, r4, 0
	load	r4, events
	expect	83, r4, 0
	movl	r3 = UPCALL_PENDING
	;;
	ld1	r4 = [r3]
	;;
	expect	84, r4, 1
	hyperprivop 7                           // enable: delivered behind this instruction
	load	r4, events
	expect	85, r4, 1
	movl	r3 = UPCALL_MASK
	;;
	ld1	r4 = [r3]
	;;
	expect	86, r4, 0                       // rfi has enabled them again

	movl	r4 = argument                   // the timer: VIRQ 16 on vcpu 0
	mov	r5 = 16
	;;
	st8	[r4] = r5
	mov	r32 = 1
	movl	r33 = argument + INLINE
	;;
	hypercall 32
	mov	r4 = r8
	;;
	expect	87, r4, 0
	mov	r4 = 0xef
	;;
	mov	cr.itv = r4
	;;
	srlz.d
	mov	r5 = ar.itc
	movl	r6 = 20000
	;;
	add	r8 = r5, r6
	;;
	hyperprivop 0xc
	movl	r6 = 1000000
	;;
wait:	load	r4, events                      // it comes in the middle of this loop
	cmp.ne	p6, p7 = 1, r4
	adds	r6 = -1, r6
	;;
(p6)	br.cond.dpnt.few timed
	cmp.ne	p6, p7 = r0, r6
	;;
(p6)	br.cond.sptk.few wait
	;;
timed:	expect	88, r4, 2

	rsm	psr.i                           // sleep until the timer, and wake with events off
	;;
	mov	r5 = ar.itc
	movl	r6 = 3000000
	;;
	add	r8 = r5, r6
	add	r37 = r5, r6
	;;
	hyperprivop 0xc
	mov	r28 = 29
	mov	r29 = 0
	mov	r30 = 0
	mov	r31 = 0
	;;
	hypercall 0x1000
	mov	r5 = ar.itc
	mov	r4 = 1
	;;
	cmp.ltu	p6, p7 = r5, r37
	;;
(p6)	mov	r4 = 2
	;;
	expect	89, r4, 1
	load	r4, events
	expect	90, r4, 2                       // not delivered yet
	ssm	psr.i                           // the native way to enable them
	;;
	load	r4, events
	expect	91, r4, 3

// ---- one step, one branch ---------------------------------------------------------------------------------------------------
	after	s1
	movl	r4 = step
	movl	r5 = 1 << 13 | 1 << 17 | 1 << 26 | 1 << 27 | 1 << 36 | 1 << 44
	;;
	store	X_IIP, r4
	store	X_IPSR, r5
	store	X_IFS, r0
	hyperprivop 1
	;;
	.align	16
step:	br.few	step2
	;;
	.align	16
step2:	br.few	dead
	;;
	.align	16
s1:	expect_vector 95, 0x5f00

	movl	r33 = pass
	br.few	finish
	;;

	.align	16
dead:	mov	r8 = 999
	mov	r10 = 0
	;;
fail:	mov	r33 = r8                        // three digits
	mov	r4 = 100
	movl	r5 = failed + 5
	mov	r6 = 0
	;;
1:	cmp.ge	p6, p7 = r33, r4
	;;
(p6)	adds	r6 = 1, r6
(p6)	sub	r33 = r33, r4
(p6)	br.cond.sptk.few 1b
	;;
	adds	r6 = '0', r6
	;;
	st1	[r5] = r6, 1
	mov	r6 = 0
	mov	r4 = 10
	;;
2:	cmp.ge	p6, p7 = r33, r4
	;;
(p6)	adds	r6 = 1, r6
(p6)	adds	r33 = -10, r33
(p6)	br.cond.sptk.few 2b
	;;
	adds	r6 = '0', r6
	adds	r33 = '0', r33
	;;
	st1	[r5] = r6, 1
	;;
	st1	[r5] = r33
	movl	r33 = failed
	;;
finish:	mov	r7 = r33
	mov	r32 = 0                         // console_io: write
	mov	r33 = 9
	movl	r4 = INLINE
	;;
	add	r34 = r7, r4
	;;
	hypercall 18
	movl	r4 = argument                   // sched_op: shutdown, poweroff
	;;
	st8	[r4] = r0
	mov	r32 = 2
	movl	r33 = argument + INLINE
	;;
	hypercall 29
3:	br.few	3b
	;;

// ---- what users do --------------------------------------------------------------------------------------------------------------
	.align	16384
user:
user_call:
	break.i	0x100000
	;;
	.align	16
user_one:
	break.i	1
	;;
	.align	16
user_privileged:
	rsm	psr.i
	;;
	.align	16
user_peeks:
	movl	r2 = XSI
	;;
	ld8	r2 = [r2]
	;;

// ---- events ---------------------------------------------------------------------------------------------------------------------------
	.align	16384
callback:
	movl	r16 = events
	movl	r17 = UPCALL_PENDING
	movl	r18 = PENDING_SEL
	movl	r19 = EVTCHN_PENDING
	;;
	ld8	r20 = [r16]
	st1	[r17] = r0
	st8	[r18] = r0
	st8	[r19] = r0
	;;
	adds	r20 = 1, r20
	;;
	st8	[r16] = r20
	;;
	hyperprivop 1
	;;

// ---- the vectors: note what has come, go on where `resume` says ----------------------------------------------------------------------------
	.align	32768
ivt:
	.macro	vector offset
	.org	\offset + (ivt - _start)
	movl	r16 = \offset
	br.few	common
	;;
	.endm
	vector	0x0000
	vector	0x0400
	vector	0x0800
	vector	0x0c00
	vector	0x1000
	.org	0x1400 + (ivt - _start)
	movl	r16 = nested
	mov	r17 = 1
	;;
	st8	[r16] = r17
	mov	b6 = r30
	;;
	br.few	b6
	;;
	vector	0x1800
	vector	0x1c00
	vector	0x2000
	vector	0x2400
	vector	0x2800
	vector	0x2c00
	vector	0x5000
	vector	0x5100
	vector	0x5200
	vector	0x5300
	vector	0x5400
	vector	0x5500
	vector	0x5600
	vector	0x5700
	vector	0x5900
	vector	0x5a00
	vector	0x5e00
	vector	0x5f00
	vector	0x6000
	.org	0x7000 + (ivt - _start)
common:	movl	r17 = seen
	movl	r18 = X_ISR
	movl	r19 = X_IFA
	movl	r20 = X_IIM
	movl	r21 = X_IPSR
	movl	r22 = X_IIP
	movl	r23 = resume
	;;
	ld8	r18 = [r18]
	ld8	r19 = [r19]
	ld8	r20 = [r20]
	ld8	r24 = [r21]
	ld8	r25 = [r23]
	;;
	st8	[r17] = r16, 8
	;;
	st8	[r17] = r18, 8
	;;
	st8	[r17] = r19, 8
	;;
	st8	[r17] = r20, 8
	;;
	st8	[r17] = r24
	dep	r24 = 0, r24, 32, 2             // back to the kernel, slot 0, no traps
	;;
	dep	r24 = 0, r24, 41, 2
	;;
	dep	r24 = 0, r24, 26, 1
	;;
	dep	r24 = 0, r24, 14, 1
	;;
	st8	[r21] = r24
	st8	[r22] = r25
	;;
	hyperprivop 1
	;;

	.align	16384
seen:	data8	0
seen_isr: data8	0
seen_ifa: data8	0
seen_iim: data8	0
seen_ipsr: data8 0
resume:	data8	0
nested:	data8	0
events:	data8	0
cell:	data8	0
argument: data8	0, 0, 0, 0
pass:	stringz	"    PASS\n"
failed:	stringz	"FAIL 000\n"
	.align	16384
rbs:	.skip	16384
stack:	.skip	16
