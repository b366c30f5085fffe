// What chaos.py needs besides its random code: vectors whose handlers step over whatever faulted,
// bring psr back to physical addresses at level 0 and keep ip inside the random code.
//
// SPDX-License-Identifier: GPL-2.0-or-later
	.explicit
	.set	CODE, 0x40000		// 256 KB of it
	.text
	.global	_start
_start:
	movl	r16 = ivt
	movl	r17 = CODE
	;;
	mov	cr.iva = r16
	mov	b6 = r17
	;;
	ssm	1 << 13
	;;
	srlz.i
	;;
	br.sptk.many	b6
	;;
.macro HANDLER
	mov	r16 = cr.ipsr
	mov	r17 = cr.iip
	movl	r20 = 1 << 36 | 1 << 34 | 1 << 27 | 1 << 25 | 1 << 17	// it, is, rt, lp, dt
	;;
	extr.u	r18 = r16, 41, 2
	andcm	r16 = r16, r20
	movl	r20 = CODE - 16
	;;
	add	r18 = 1, r18
	dep	r16 = 0, r16, 32, 2	// cpl
	movl	r19 = CODE
	;;
	dep	r16 = -1, r16, 13, 1	// ic
	cmp.ltu	p6, p7 = 2, r18
	movl	r22 = ivt
	;;
(p6)	add	r17 = 16, r17
(p6)	mov	r18 = 0
	;;
	dep	r16 = r18, r16, 41, 2
	and	r17 = r17, r20
	;;
	or	r17 = r17, r19
	mov	cr.iva = r22
	mov	cr.ipsr = r16
	;;
	mov	cr.iip = r17
	;;
	srlz.d
	;;
	rfi
	;;
.endm
	.align	32768
ivt:
	.irp	offset, 0x0000, 0x0400, 0x0800, 0x0c00, 0x1000, 0x1400, 0x1800, 0x1c00, 0x2000, 0x2400, 0x2800, 0x2c00, 0x3000, 0x3400, 0x5000, 0x5100, 0x5200, 0x5300, 0x5400, 0x5500, 0x5600, 0x5700, 0x5900, 0x5a00, 0x5b00, 0x5c00, 0x5d00, 0x5e00, 0x5f00, 0x6000, 0x6100
	.org	ivt + \offset
	HANDLER
	.endr
	.org	ivt + 0x8000
