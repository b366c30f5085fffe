/* Signals: numbers and records as programs see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_SIGNAL_H
#define JANUS_SIGNAL_H

#include "lock.h"
#include "regs.h"

enum {
    SIGHUP = 1,
    SIGINT = 2,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGWINCH = 28,
    SIGNALS = 64
};
#define SIG_DFL 0
#define SIG_IGN 1
#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO 4u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u

/* struct sigaction of the system call. */
struct sigaction {
    u64 handler; /* address of a function descriptor */
    u64 flags;
    u64 mask;
};

struct siginfo { /* 128 bytes to programs */
    s32 signo, error, code, pad;
    u64 addr;
    s32 imm;
    u32 flags;
    u64 isr;
    u64 rest[11];
};

/* What was interrupted, as Linux/ia64 lays it out: handlers may look and change. */
struct sigcontext {
    u64 flags, nat;
    u64 stack_sp, stack_flags, stack_size;
    u64 ip; /* bundle | slot */
    u64 cfm, um, rsc, bsp, rnat, ccv, unat, fpsr, pfs, lc, pr;
    u64 br[8], gr[32];
    struct fpreg fr[128];
    u64 rbs_base, loadrs, csd, ssd, reserved[12], mask;
};
#define SC_FLAG_FPH_VALID 4ul

/* On the program's stack; rt_sigreturn finds it 16 bytes above sp. */
struct sigframe {
    u64 signo, info_ptr, context_ptr; /* arguments of the handler */
    u64 handler;                      /* its descriptor */
    struct siginfo info;
    struct sigcontext sc;
};

struct task;
struct process;
void signal_self(int signo);                               /* to the current task, */
void signal_fault(int signo, int code, u64 addr, u64 isr); /* for a fault of its program's */
void signal_deliver(struct pt_regs *regs);
int sigframe_push(struct pt_regs *regs, int signo, u64 handler); /* 0 or -errno */
int sigframe_pop(struct pt_regs *regs, u64 *blocked);
/* What a call returns that a signal cut short: it is made again with these arguments, unless a
 * handler runs that does not want that. */
s64 call_interrupted(u64 a0, u64 a1, u64 a2, u64 a3);
/* These with tasks_lock held: */
void signal_process(struct process *p, struct task *only, int signo); /* NULL: any thread */
void signal_thread(struct task *t, int signo);
void signal_offer(struct process *p, u64 set); /* to threads that do not block them */
void signal_recalc(struct task *t);            /* has it something to do before it goes on? */
void signal_stop_complete(struct process *p);  /* tell so, if no thread runs any more */

/* A system call's result on its way to signal_deliver; programs never see these. */
enum { ERESTARTSYS = 512, ERESTART_RESTARTBLOCK = 516 };

#endif
