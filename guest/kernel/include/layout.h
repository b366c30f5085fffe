/* Addresses and sizes that assembly and C share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_LAYOUT_H
#define JANUS_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##ul
#endif

#define REGION(n) (UL(n) << 61)
#define PAGE_SHIFT 14
#define PAGE_SIZE (UL(1) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define IDENTITY_SHIFT 24 /* regions 6 and 7: 16 MB pages */

#define KERNEL_BASE UL(0xe000000004000000) /* physical 64 MB; one 64 MB page, itr0 and dtr0 */
#define KERNEL_TR_SHIFT 26
#define PERCPU_BASE UL(0xffffffffffffc000) /* the last page of region 7; dtr1 */
#define GATE_BASE UL(0xa000000000000000)   /* system calls by epc, signal trampoline */
#define GATE_RETURN UL(0xa000000000000080)
#define GATE_SIGNAL UL(0xa000000000000100)
#define GATE_AGAIN UL(0xa000000000000200)
#define VMAP_BASE UL(0xa000000001000000)
#define VMAP_TABLES 4                      /* pages of page table for region 5: 128 MB */

#define TASK_ORDER 1 /* a task and its two stacks: 32 KB */
#define TASK_SIZE (PAGE_SIZE << TASK_ORDER)
#define MAX_CPUS 16

/* The page table: index of the root = region, then address bits 32 to 25; the other address bits
 * above 33 must be 0.  A table of the second level is what the VHPT walker sees. */
#define PTE_INDEX_BITS 11
#define PGD_SHIFT (PAGE_SHIFT + PTE_INDEX_BITS)
#define PGD_REGION_BITS 8
#define USER_SPAN_SHIFT (PGD_SHIFT + PGD_REGION_BITS)

/* Where a process has things. */
#define USER_MMAP_BASE UL(0x2000000100000000)
#define USER_RBS_BASE UL(0x6000000080000000)
#define USER_RBS_SIZE (UL(16) << 20)
#define USER_STACK_TOP UL(0x60000001fff00000)
#define USER_STACK_SIZE (UL(8) << 20)

/* Processor status. */
#define PSR_BE (UL(1) << 1)
#define PSR_UP (UL(1) << 2)
#define PSR_AC (UL(1) << 3)
#define PSR_MFL (UL(1) << 4)
#define PSR_MFH (UL(1) << 5)
#define PSR_IC (UL(1) << 13)
#define PSR_I (UL(1) << 14)
#define PSR_DT (UL(1) << 17)
#define PSR_DFL (UL(1) << 18)
#define PSR_DFH (UL(1) << 19)
#define PSR_DI (UL(1) << 22)
#define PSR_RT (UL(1) << 27)
#define PSR_CPL (UL(3) << 32)
#define PSR_CPL_SHIFT 32
#define PSR_IT (UL(1) << 36)
#define PSR_RI_SHIFT 41
#define PSR_RI (UL(3) << 41)
#define PSR_ED (UL(1) << 43)
#define PSR_BN (UL(1) << 44)
#define PSR_KERNEL (PSR_IT | PSR_DT | PSR_RT | PSR_IC | PSR_BN | PSR_DI | PSR_DFH)
#define PSR_USER (PSR_KERNEL | PSR_I | PSR_CPL)

/* Page table entries, for assembly. */
#define PTE_A_BIT 0x20
#define PTE_D_BIT 0x40
#define PTE_KERNEL_BITS ((UL(1) << 52) | 0x661) /* ed, rwx, level 0, dirty, accessed, present */
#define PTE_PPN_MASK UL(0x0003fffffffff000)

#define TASK_RESCHED_BIT 1
#define TASK_SIGNAL_BIT 2
#define SYSCALL_BREAK 0x100000
#define SYSCALL_TABLE_SIZE 512

#define FPSR_DEFAULT UL(0x0009804c0270033f)
#define RSC_KERNEL 3
#define RSC_USER 0xf /* eager, level 3 */

#endif
