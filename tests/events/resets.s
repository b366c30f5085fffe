// A guest that resets itself again and again, natively and as a Xen domain from the same file.  Before
// each reset it does a few things that traces show, some of them where no symbol should be named:
//
//     home+0x0        code of the file, at its linked address
//     data            an object among code names its own bytes only
//     constant        an absolute symbol, just below FAR, is no code
//
// It stays in physical mode.  ar.rsc tells where it runs: a domain starts at level 1.
//
// SPDX-License-Identifier: GPL-2.0-or-later

INLINE  = 0x8000000000000000
PM_RESET = 0x800003fffc80300c           // reset register of the ACPI block, uncached
FAR     = 0x200000                      // RAM outside the file

	.global	constant
constant = FAR - 2

	.text
	.explicit
	.global	_start
	.align	16
_start:	mov	r20 = ar.rsc
	movl	r2 = back
	movl	r3 = FAR
	;;
	cmp.eq	p1, p2 = r0, r20                // p1: bare machine; p2: domain
	movl	r4 = away
	movl	r5 = away_end
	;;
copy:	ld8	r6 = [r4], 8
	;;
	st8	[r3] = r6, 8
	cmp.ltu	p3, p4 = r4, r5
	;;
	fc.i	r3
(p3)	br.cond.sptk.few copy
	;;
	sync.i
	;;
	srlz.i
	movl	r3 = FAR
	;;
	mov	b7 = r2
	mov	b6 = r3
	;;
	br.few	home
	;;

	.align	16
	.type	data, @object
	.size	data, 16
data:	data8	0, 0

// No symbol of its own stands here: what precedes the object names it.
	mov	r7 = cr.dcr
	;;
	br.few	b6                              // to the copy of away
	;;

	.global	home
	.align	16
home:	mov	r7 = cr.itv
	;;
	mov	r7 = cpuid[r0]
	movl	r8 = data + 16
	;;
	mov	b5 = r8
	;;
	br.few	b5
	;;

	.align	16
away:	mov	r7 = cr.tpr
	;;
	br.few	b7
	;;
away_end:

	.align	16
back:
(p1)	br.cond.sptk.few native
	alloc	r9 = ar.pfs, 0, 0, 8, 0
	movl	r4 = argument
	movl	r5 = INLINE
	;;
	mov	r2 = 29                         // sched_op: shutdown
	mov	r32 = 2
	or	r33 = r4, r5
	;;
	break	0x1000
	;;
native:	movl	r4 = PM_RESET
	mov	r5 = 1
	;;
	st1	[r4] = r5
	;;
stay:	br.few	stay
	;;

	.align	16
argument:
	data4	1                               // reboot
