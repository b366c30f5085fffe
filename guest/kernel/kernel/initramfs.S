/* The initial RAM file system, as the build made it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
	.section .init.ramfs,"a"
	.global	initramfs_start, initramfs_end
	.align	16
initramfs_start:
	.incbin	INITRAMFS
initramfs_end:
