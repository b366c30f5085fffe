/* The state of what was interrupted, and of a task that is not running.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_REGS_H
#define JANUS_REGS_H

#include "kernel.h"

struct fpreg {
    u64 low, high;
} __attribute__((aligned(16)));

/* Saved by arch/entry.S on the kernel's stack: everything that C code may change. */
struct pt_regs {
    u64 ipsr, iip, ifs, pfs, rsc, rnat, bspstore, loadrs, unat, pr; /* in this order */
    u64 nats;                /* ar.unat after the spills of r[] */
    u64 fpsr, ccv, csd, ssd;
    u64 b0, b6, b7;
    u64 vector, pad;         /* of the interruption; SYSCALL_BREAK: r8 is a call's result */
    u64 r[32];               /* r4 to r7 are not filled in: C preserves them */
    struct fpreg f6_11[6];
};

/* Everything that C code preserves, and f12 to f15, which it leaves alone; at the stack pointer of
 * a task that waits for its turn. */
struct switch_frame {
    u64 unat, nats, pfs, lc, pr, rnat, bspstore, fpsr;
    u64 b[6];
    u64 r4_7[4];
    struct fpreg f2_5[4], f12_31[20];
};

static inline bool user_mode(const struct pt_regs *regs) { return regs->ipsr >> 32 & 3; }
void regs_dump(const struct pt_regs *regs);
void regs_complete(struct pt_regs *regs); /* zero what the entry of a system call left out */
void regs_start(struct pt_regs *regs, u64 ip, u64 sp); /* of a new program */

#endif
