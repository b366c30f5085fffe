/* Offsets that assembly needs.  Compiled to assembly only; the Makefile makes asm-offsets.h of the
 * lines with an arrow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "pv.h"
#include "sched.h"

#define DEFINE(name, value) asm volatile("\n-> " #name " %0" :: "i"(value))
#define PT(name, field) DEFINE(PT_##name, offsetof(struct pt_regs, field))
#define SW(name, field) DEFINE(SW_##name, offsetof(struct switch_frame, field))

void offsets(void);
void offsets(void)
{
    PT(IPSR, ipsr); PT(IIP, iip); PT(IFS, ifs); PT(PFS, pfs); PT(RSC, rsc); PT(RNAT, rnat);
    PT(BSPSTORE, bspstore); PT(LOADRS, loadrs); PT(UNAT, unat); PT(PR, pr); PT(NATS, nats);
    PT(FPSR, fpsr); PT(CCV, ccv); PT(CSD, csd); PT(SSD, ssd); PT(B0, b0); PT(B6, b6); PT(B7, b7);
    PT(VECTOR, vector); PT(F6, f6_11[0]); PT(F7, f6_11[1]);
    PT(R1, r[1]); PT(R2, r[2]); PT(R3, r[3]); PT(R8, r[8]); PT(R9, r[9]); PT(R10, r[10]);
    PT(R11, r[11]); PT(R12, r[12]); PT(R13, r[13]); PT(R14, r[14]); PT(R15, r[15]);
    PT(R16, r[16]); PT(R17, r[17]);
    DEFINE(PT_SIZE, sizeof(struct pt_regs));
    SW(UNAT, unat); SW(NATS, nats); SW(PFS, pfs); SW(LC, lc); SW(PR, pr); SW(RNAT, rnat);
    SW(BSPSTORE, bspstore); SW(FPSR, fpsr); SW(B0, b[0]); SW(B1, b[1]); SW(R4, r4_7[0]);
    SW(R5, r4_7[1]); SW(F2, f2_5[0]); SW(F3, f2_5[1]);
    DEFINE(SW_SIZE, sizeof(struct switch_frame));
    DEFINE(TASK_KSP, offsetof(struct task, ksp));
    DEFINE(TASK_FLAGS, offsetof(struct task, flags));
    DEFINE(TASK_ON_USTACK, offsetof(struct task, on_ustack));
    DEFINE(TASK_USER_PSR, offsetof(struct task, user_psr));
    DEFINE(TASK_RBS_OFFSET, TASK_RBS);
#ifndef JANUS_NOPV
#define PV_OP(name, type, bundles, what) DEFINE(PV_CPU_##name, offsetof(struct pv_cpu_ops, name));
#include "pv_ops.def"
#define PV_BRANCH(name, type, what) DEFINE(PV_BRANCH_##name, offsetof(struct pv_branches, name));
#include "pv_branches.def"
#endif
}
