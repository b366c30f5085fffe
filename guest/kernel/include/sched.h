/* Tasks and processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_SCHED_H
#define JANUS_SCHED_H

#include "layout.h"
#include "lock.h"
#include "mm.h"
#include "regs.h"
#include "signal.h"
#include "wait.h"

/* A new task has no registers yet: only task_start, by whoever makes it, lets it run. */
enum task_state { TASK_RUNNABLE, TASK_WAITING, TASK_NEW, TASK_DEAD };

/* Why a task must not return to its program by the short way. */
#define TASK_RESCHED 1u /* another task should run */
#define TASK_SIGNAL 2u  /* a signal is pending */
#define TASK_FULL 4u    /* all of pt_regs is valid and must be loaded */

/* At the bottom of its two stacks: the register stack grows up from TASK_RBS, the memory stack
 * down from TASK_SIZE.  arch/offsets.c tells assembly where the first fields are. */
struct task {
    u64 ksp;          /* switch_frame is 16 bytes above */
    u32 flags;        /* TASK_RESCHED and the like */
    u32 on_ustack;    /* interruptions must switch stacks */
    u64 user_psr;     /* PSR of its program, without the user mask */
    int pid;
    enum task_state state;
    bool on_cpu, queued;
    u64 slice;
    struct mm *mm;    /* NULL: a kernel thread */
    struct process *process; /* the same */
    struct list thread, run; /* of the process; in the queue */
    struct files *files;
    u64 pending, blocked; /* signals */
    struct siginfo fault_info;
    u64 call[4], sleep_until, sleep_left; /* for a system call that goes on after a signal */
    u64 clear_child_tid;
    void (*thread_fn)(void *arg);
    void *thread_arg;
    char name[16];
    bool fph_live, fph_used; /* f32 to f127 are in the processor; have been used */
    u64 cpu_time, affinity; /* ticks; bit n: may run on processor n */
    struct fpreg fph[96]; /* f32 to f127 while another task owns them */
};
#define TASK_RBS 4096
_Static_assert(sizeof(struct task) <= TASK_RBS, "the register stack begins behind the task");

register struct task *current asm("r13");

static inline struct pt_regs *task_regs(struct task *t)
{
    return (struct pt_regs *)((char *)t + TASK_SIZE - sizeof(struct pt_regs));
}

/* What each processor has of its own, at the same address on all of them. */
struct cpu {
    unsigned id;
    struct task *idle;
    u64 ticks, next_tick, itm_delta;
    u64 stolen_ns;          /* that no task has paid for */
    struct mm *mm;          /* whose translations are active */
    u64 calls;              /* bits of enum call */
    u64 interrupts;
};
#define this_cpu ((struct cpu *)PERCPU_BASE)
struct cpu *cpu_of(unsigned id); /* through region 7 */
extern unsigned cpus_online;

/* Region id and page size of a program's region, with the VHPT walker on. */
static inline u64 region_register(const struct mm *mm, u64 region)
{
    return mm->context << 11 | region << 8 | PAGE_SHIFT << 2 | 1;
}

/* The translations of `to`, or none but the kernel's own.  Interrupts are off. */
static inline void mm_switch(struct mm *to)
{
    if (to == this_cpu->mm) return;
    this_cpu->mm = to;
    if (!to) {
        ia64_set_kr7(pa(kernel_pgd));
        return;
    }
    u64 rr = region_register(to, 0);
    ia64_set_rr0_to_rr4(rr, rr | 1 << 8, rr | 2 << 8, rr | 3 << 8, rr | 4 << 8);
    ia64_set_kr7(to->root);
}

struct task *task_new(const char *name);
struct task *kernel_thread(const char *name, void (*fn)(void *), void *arg);
void task_start(struct task *t); /* a new one that is complete */
void task_wake(struct task *t);
void schedule(void);          /* interrupts are on */
void schedule_irqs_off(void); /* and stay off */
/* In long loops of the kernel, which is not preempted: no locks are held. */
static inline void let_others_run(void)
{
    if (current->flags & TASK_RESCHED) schedule();
}
void sched_tick(u64 ticks);
void schedule_first(struct task *left);
noreturn void idle_loop(void);
void task_drop(struct task *t); /* what it holds; then only its memory is left */
void task_clear_tid(void);

struct task *switch_to(struct task *prev, struct task *next);

void syscall_init(void);
int exec_first(const char *path, const char *words);
noreturn void enter_user(void);                 /* thread.S: the program of task_regs(current) */
void fph_save(struct fpreg *to);                /* thread.S: f32 to f127 */
void fph_load(const struct fpreg *from);
void fph_enable(struct pt_regs *regs);          /* the program touched them */
void futex_wake(u64 addr, int count);

/* smp.c */
void smp_init(void);
noreturn void start_secondary(void);
void cpu_init(void);
void smp_call_all(u64 what); /* on the other processors, and wait */
#define CALL_FLUSH_TLB 1
void smp_run_calls(void);

#endif
