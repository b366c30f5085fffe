// A guest in a page that runs on the bare machine and as a Xen domain, from the same file, and uses
// privileged operations in numbers that its test knows: those that trap, hyperprivops, a hypercall,
// sensitive ones that nobody notices, and some that are not executed at all.
//
// With FAIL defined a domain gets lost.
//
// It stays in physical mode.  ar.rsc tells where it runs: a domain starts at level 1.
//
// SPDX-License-Identifier: GPL-2.0-or-later

INLINE  = 0x8000000000000000
PM_CONTROL = 0x800003fffc801004         // of the ACPI power management block, uncached
S5      = 5 << 10 | 1 << 13

	.macro	phase name, times
	movl	r14 = \name
	mov	r15 = \times
	;;
	nop.m	0x164000
	;;
	.endm

	.macro	end
	nop.m	0x164001
	;;
	.endm

	.text
	.explicit
	.global	_start
	.align	16
_start:	mov	r20 = ar.rsc
	movl	r3 = ivt
	;;
	cmp.eq	p1, p2 = r0, r20                // p1: bare machine; p2: domain
	mov	cr.iva = r3
	mov	ar.rsc = 0
	movl	r2 = stack
	;;
	mov	ar.bspstore = r2
	mov	ar.lc = 99

	phase	psr_name, 100
status:	rsm	psr.i | psr.ic
	;;
	srlz.d
	;;
	mov	r4 = psr
	;;
	mov	psr.l = r4
	;;
	srlz.d
(p2)	break	0x19                            // get_psr; not natively
	;;
(p1)	mov	r5 = cr.ivr                     // nothing is pending
	;;
	br.cloop.sptk.few status
	;;
	end

	movl	r14 = boot_name                 // taken by the counters; twice as often in a domain
	mov	r15 = 8
	;;
(p1)	mov	r15 = 4
	;;
	adds	r4 = -1, r15
	nop.m	0x164000
	;;
	mov	ar.lc = r4
	;;
uneven:	ttag	r5 = r3
	br.cloop.sptk.few uneven
	;;
	end

	mov	ar.lc = 9
	phase	registers_name, 0
registers:
	mov	ar.k3 = r4
	mov	r5 = ar.itc
	;;
	mov	r6 = cr.ifa
	;;
	mov	cr.ifa = r6
	mov	r2 = 3
	;;
	mov	r7 = cpuid[r2]
	movl	r9 = 26 << 2 | 0x500
	;;
	movl	r8 = 3 << 61
	;;
	mov	rr[r8] = r9
	;;
	srlz.d
(p2)	mov	r9 = r9                         // r8, r9 stand ready
(p2)	break	0x11                            // set_rr
	;;
	movl	r11 = 1 << 61
	movl	r10 = 2 << 61
	;;
	mov	r11 = rr[r11]
	mov	r10 = rr[r10]
	;;
	thash	r10 = r8
	fc	r3
	;;
	cover
	;;
	phase	inner_name, 1                   // a phase in a phase, once per turn
	mov	r10 = pkr[r0]
	;;
	end
	br.cloop.sptk.few registers
	;;
	end

	mov	ar.lc = 4
	end                                     // of nothing: harmless
	movl	r14 = 0x1fffffffff000000        // no memory there
	mov	r15 = 5
	;;
	nop.m	0x164000                        // a name that cannot be read
	;;
breaks:	ssm	psr.ic
	;;
	srlz.d
	;;
	break	0x123                           // ends in the handler, both ways
	;;
	br.cloop.sptk.few breaks
	;;
	nop.m	0x164001
(p1)	br.cond.sptk.few off
	;;
	.ifdef	FAIL
lost:	br.few	lost
	;;
	.endif
	alloc	r9 = ar.pfs, 0, 0, 8, 0
	phase	calls_name, 2
	mov	r2 = 17                         // xen_version: version
	mov	r32 = 0
	;;
	break	0x1000
	;;
	mov	r2 = 63                         // no hypercall
	;;
	break	0x1000
	;;
	movl	r4 = batch
	movl	r5 = INLINE
	;;
	mov	r2 = 13                         // multicall, of one
	or	r32 = r4, r5
	mov	r33 = 1
	;;
	break	0x1000
	;;
	end
	movl	r4 = argument
	;;
	mov	r2 = 29                         // sched_op: shutdown
	mov	r32 = 2
	or	r33 = r4, r5
	;;
	break	0x1000
	;;
off:	movl	r4 = PM_CONTROL
	mov	r5 = S5
	;;
	st2	[r4] = r5
	;;
	br.few	off
	;;

	.align	16
argument:
	data4	0                               // poweroff
	.align	8
batch:	data8	17, 0, 6, 0, 0, 0, 0, 0         // xen_version: features, refused without a buffer
boot_name:
	stringz	"boot"
psr_name:
	stringz	"psr"
registers_name:
	stringz	"registers, \"mapped\""
inner_name:
	stringz	"inner"
calls_name:
	stringz	"calls"

	.align	0x8000
ivt:	.org	ivt + 0x2c00                    // break: go on behind the bundle
	mov	r16 = cr.iip
	mov	r17 = cr.ipsr
	;;
	adds	r16 = 16, r16
	dep	r17 = 0, r17, 41, 2             // slot 0
	;;
	mov	cr.iip = r16
	mov	cr.ipsr = r17
	;;
	rfi
	;;
	.org	ivt + 0x8000
stack:	.skip	4096
