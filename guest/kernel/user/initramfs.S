// The programs, inside of the kernel: a cpio archive whose path the command line gives as CPIO.
//
// SPDX-License-Identifier: GPL-2.0-or-later

	.section .initramfs, "a", @progbits
	.align	16
	.global	initramfs_start, initramfs_end
initramfs_start:
	.incbin	CPIO
initramfs_end:
	.byte	0
