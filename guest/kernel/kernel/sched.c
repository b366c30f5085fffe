/* The scheduler: one queue for all processors, first come first served, a slice of a few ticks.
 *
 * The lock is held across switch_to and let go by the task that runs next, so that nobody can run
 * a task whose registers are still being saved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sched.h"

#include "irq.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"

#define SLICE_TICKS 2

static struct list run_queue = LIST_INIT(run_queue);
static u64 wanted_cpus; /* by tasks in the queue, as bits; whoever finds nothing clears its own */
static spinlock_t sched_lock;
static u64 idle_cpus; /* bit n: processor n may be halted */

static void enqueue(struct task *t)
{
    t->queued = true;
    wanted_cpus |= t->affinity;
    list_add_tail(&run_queue, &t->run);
}

static struct task *pick_next(void)
{
    list_for_each(struct task, t, &run_queue, run) {
        if (!(t->affinity >> this_cpu->id & 1)) continue;
        list_del(&t->run);
        t->queued = false;
        if (list_empty(&run_queue)) wanted_cpus = 0;
        return t;
    }
    wanted_cpus &= ~(1ul << this_cpu->id);
    return this_cpu->idle;
}

/* High floating-point registers stay in the processor until the task leaves it; then only if they
 * were written since (psr.mfh).  The next task finds them disabled. */
static void fph_leave(struct task *t)
{
    if (!t->mm || !t->fph_live) return;
    struct pt_regs *regs = task_regs(t);
    if (regs->ipsr & PSR_MFH) fph_save(t->fph);
    t->fph_live = false;
    regs->ipsr = (regs->ipsr & ~PSR_MFH) | PSR_DFH;
    t->user_psr |= PSR_DFH;
}

void fph_enable(struct pt_regs *regs)
{
    fph_load(current->fph);
    current->fph_live = current->fph_used = true;
    current->user_psr &= ~PSR_DFH;
    regs->ipsr &= ~(PSR_DFH | PSR_MFH);
}

void schedule_irqs_off(void)
{
    spin_lock(&sched_lock);
    struct task *prev = current;
    if (prev->flags & TASK_RESCHED)
        __atomic_and_fetch(&prev->flags, ~TASK_RESCHED, __ATOMIC_RELAXED);
    if (prev->state == TASK_RUNNABLE && prev != this_cpu->idle) enqueue(prev);
    struct task *next = pick_next();
    next->slice = SLICE_TICKS;
    if (next != prev) {
        fph_leave(prev);
        next->on_cpu = true;
        mm_switch(next->mm);
        prev = switch_to(prev, next);
        schedule_first(prev);
    } else {
        spin_unlock(&sched_lock);
    }
}

void schedule(void)
{
    irq_disable();
    schedule_irqs_off();
    irq_enable();
}

/* The first thing that a task does when it gets the processor; new ones come here from thread.S.
 * Once on_cpu is false and the lock is free, a parent may free the task that was left. */
void schedule_first(struct task *left)
{
    bool dead = left->state == TASK_DEAD;
    left->on_cpu = false;
    spin_unlock(&sched_lock);
    if (dead) page_free(left, TASK_ORDER);
}

static void wake_idle_cpu(u64 affinity)
{
    memory_barrier(); /* the queue before the look: idle_loop has them the other way round */
    u64 idle = read_once(idle_cpus) & affinity & ~(1ul << this_cpu->id);
    if (!idle) return;
    unsigned cpu = (unsigned)__builtin_ctzl(idle);
    atomic_and(&idle_cpus, ~(1ul << cpu));
    ipi_send(cpu, IPI_RESCHEDULE);
}

/* `here`: this processor will run the task soon enough, others that are idle need not come. */
static void wake(struct task *t, enum task_state from, bool here)
{
    u64 on = spin_lock_irqsave(&sched_lock);
    bool woken = t->state == from;
    if (woken) {
        t->state = TASK_RUNNABLE;
        if (!t->on_cpu && !t->queued) enqueue(t);
    }
    u64 affinity = t->affinity;
    bool alone = run_queue.next == run_queue.prev;
    spin_unlock(&sched_lock);
    here |= current == this_cpu->idle && alone; /* it has nothing else to do */
    if (woken && !(here && affinity >> this_cpu->id & 1)) wake_idle_cpu(affinity);
    irq_restore(on);
}

void task_wake(struct task *t) { wake(t, TASK_WAITING, false); }
void task_start(struct task *t) { wake(t, TASK_NEW, false); }

/* A look from outside of the lock. */
static bool work_waits(void)
{
    return read_once(wanted_cpus) >> this_cpu->id & 1;
}

/* The running task has used some more of its time. */
void sched_tick(u64 ticks)
{
    struct task *t = current;
    t->cpu_time += ticks;
    t->slice -= min(t->slice, ticks);
    if (t == this_cpu->idle || list_empty(&run_queue)) return;
    if (!t->slice && work_waits()) __atomic_or_fetch(&t->flags, TASK_RESCHED, __ATOMIC_RELAXED);
    wake_idle_cpu(read_once(wanted_cpus)); /* a task that waits while other processors halt */
}

/* Whoever adds to the queue after the look at it sends an interrupt, since the bit is set. */
void idle_loop(void)
{
    u64 me = 1ul << this_cpu->id;
    irq_disable();
    for (;;) {
        atomic_or(&idle_cpus, me);
        memory_barrier();
        if (!work_waits()) machvec->idle();
        atomic_and(&idle_cpus, ~me);
        irq_enable(); /* for what has come */
        irq_disable();
        if (work_waits()) schedule_irqs_off();
    }
}

/* --- waiting --- */

void wait_queue_init(struct wait_queue *wq)
{
    wq->lock = (spinlock_t)SPINLOCK_INIT;
    list_init(&wq->tasks);
}

void wait_prepare(struct wait_queue *wq, struct waiter *w)
{
    w->task = current;
    u64 on = spin_lock_irqsave(&wq->lock);
    list_add_tail(&wq->tasks, &w->link);
    current->state = TASK_WAITING;
    spin_unlock_irqrestore(&wq->lock, on);
    memory_barrier();
}

void wait_sleep(void)
{
    schedule();
}

void wait_finish(struct wait_queue *wq, struct waiter *w)
{
    u64 on = spin_lock_irqsave(&wq->lock);
    list_del(&w->link);
    current->state = TASK_RUNNABLE;
    spin_unlock_irqrestore(&wq->lock, on);
}

static void wake_all(struct wait_queue *wq, bool here)
{
    u64 on = spin_lock_irqsave(&wq->lock);
    list_for_each(struct waiter, w, &wq->tasks, link) wake(w->task, TASK_WAITING, here);
    spin_unlock_irqrestore(&wq->lock, on);
}

void wake_up(struct wait_queue *wq) { wake_all(wq, false); }
void wake_up_here(struct wait_queue *wq) { wake_all(wq, true); }

/* --- where a task may run --- */

s64 sys_sched_setaffinity(u64 pid, u64 size, u64 set);
s64 sys_sched_getaffinity(u64 pid, u64 size, u64 set);

s64 sys_sched_setaffinity(u64 pid, u64 size, u64 set)
{
    u64 mask = 0;
    if (pid && (int)pid != current->pid) return -ESRCH;
    if (copy_from_user(&mask, set, min(size, sizeof mask))) return -EFAULT;
    if (!(mask & ((1ul << cpus_online) - 1))) return -EINVAL;
    current->affinity = mask;
    if (!(mask >> this_cpu->id & 1)) wake_idle_cpu(mask);
    while (!(mask >> this_cpu->id & 1)) schedule();
    return 0;
}

s64 sys_sched_getaffinity(u64 pid, u64 size, u64 set)
{
    u64 mask = current->affinity & ((1ul << cpus_online) - 1);
    if (pid && (int)pid != current->pid) return -ESRCH;
    if (size < sizeof mask) return -EINVAL;
    return copy_to_user(set, &mask, sizeof mask) ? -EFAULT : (s64)sizeof mask;
}
