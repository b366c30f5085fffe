/* Signals: sent, waiting, delivered to a handler or by default.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "signal.h"

#include "mm.h"
#include "process.h"
#include "sched.h"

#define BIT(signo) (1ul << ((signo) - 1))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))
/* What happens by default; all others end the process. */
#define STOPS (BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))
#define IGNORED (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))

/* --- sending; tasks_lock is held --- */

bool signal_waiting(void)
{
    return current->flags & TASK_SIGNAL;
}

bool signal_kills(void)
{
    return (read_once(current->pending) | read_once(current->process->pending)) & BIT(SIGKILL);
}

static u64 ready(const struct task *t)
{
    return (t->pending | t->process->pending) & ~t->blocked;
}

void signal_recalc(struct task *t)
{
    bool something = ready(t) || t->process->stopped;
    if (something) __atomic_or_fetch(&t->flags, TASK_SIGNAL, __ATOMIC_ACQ_REL);
    else __atomic_and_fetch(&t->flags, ~TASK_SIGNAL, __ATOMIC_ACQ_REL);
}

static void alert(struct task *t)
{
    __atomic_or_fetch(&t->flags, TASK_SIGNAL, __ATOMIC_ACQ_REL);
    task_wake(t);
}

void signal_thread(struct task *t, int signo)
{
    t->pending |= BIT(signo);
    if (!(t->blocked & BIT(signo))) alert(t);
}

void signal_offer(struct process *p, u64 set)
{
    list_for_each(struct task, t, &p->threads, thread) {
        if (!set) return;
        if (set & ~t->blocked) alert(t);
        set &= t->blocked;
    }
}

static bool dropped(const struct sigaction *action, int signo)
{
    return action->handler == SIG_IGN || (action->handler == SIG_DFL && BIT(signo) & IGNORED);
}

static void forget(struct process *p, u64 set)
{
    p->pending &= ~set;
    list_for_each(struct task, t, &p->threads, thread) t->pending &= ~set;
}

static void go_on(struct process *p)
{
    if (!p->stopped) return;
    p->stopped = 0;
    p->news = STATUS_CONTINUED;
    process_tell_parent(p, false);
    wake_up(&p->events);
}

void signal_process(struct process *p, struct task *only, int signo)
{
    if (!p->thread_count) return;
    if (p == init_process && p->action[signo].handler == SIG_DFL) return; /* nobody may end it */
    if (BIT(signo) & STOPS) forget(p, BIT(SIGCONT));
    if (signo == SIGCONT) {
        forget(p, STOPS);
        go_on(p);
    }
    if (signo == SIGKILL) {
        process_end(p, SIGKILL);
        return;
    }
    /* Blocked, it waits even if it is ignored now: who knows what will be when it is not. */
    const struct task *t = only ? only : list_entry(p->threads.next, struct task, thread);
    if (dropped(&p->action[signo], signo) && !(t->blocked & BIT(signo))) return;
    if (only) {
        signal_thread(only, signo);
        return;
    }
    p->pending |= BIT(signo);
    signal_offer(p, BIT(signo));
}

void signal_self(int signo)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    signal_process(current->process, current, signo);
    spin_unlock_irqrestore(&tasks_lock, on);
}

/* Cannot be blocked or ignored: the instruction would fault again and again. */
void signal_fault(int signo, int code, u64 addr, u64 isr)
{
    struct task *t = current;
    u64 on = spin_lock_irqsave(&tasks_lock);
    u64 *handler = &t->process->action[signo].handler;
    if (*handler == SIG_IGN || t->blocked & BIT(signo)) *handler = SIG_DFL;
    t->blocked &= ~BIT(signo);
    t->fault_info = (struct siginfo){ .signo = signo, .code = code, .addr = addr, .isr = isr };
    t->pending |= BIT(signo);
    signal_recalc(t);
    spin_unlock_irqrestore(&tasks_lock, on);
}

static void set_blocked(u64 mask)
{
    struct process *p = current->process;
    u64 on = spin_lock_irqsave(&tasks_lock);
    current->blocked = mask & ~UNBLOCKABLE;
    signal_recalc(current);
    signal_offer(p, p->pending & current->blocked); /* somebody else may take them */
    spin_unlock_irqrestore(&tasks_lock, on);
}

/* --- stopping: each thread by itself, on its way to the program; tasks_lock is held --- */

static void stop(struct process *p, int signo)
{
    p->stopped = signo;
    p->stop_told = false;
    list_for_each(struct task, t, &p->threads, thread) alert(t);
}

void signal_stop_complete(struct process *p)
{
    if (!p->stopped || p->stop_told || p->resting != p->thread_count) return;
    p->stop_told = true;
    p->news = p->stopped << 8 | 0x7f;
    process_tell_parent(p, false);
}

static void rest(struct process *p)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    p->resting++;
    signal_stop_complete(p);
    spin_unlock_irqrestore(&tasks_lock, on);
    wait_event(&p->events, !read_once(p->stopped) || read_once(current->pending) & BIT(SIGKILL));
    on = spin_lock_irqsave(&tasks_lock);
    p->resting--;
    spin_unlock_irqrestore(&tasks_lock, on);
}

/* --- calls that a signal cut short --- */

s64 call_interrupted(u64 a0, u64 a1, u64 a2, u64 a3)
{
    struct task *t = current;
    t->call[0] = a0;
    t->call[1] = a1;
    t->call[2] = a2;
    t->call[3] = a3;
    return -ERESTARTSYS;
}

/* `break` finds its arguments where they were; after `epc` they are gone, but scratch registers
 * take them to a `break` in the gate page. */
static void call_again(struct pt_regs *regs)
{
    u64 slot = regs->ipsr >> PSR_RI_SHIFT & 3;
    if (regs->iip == GATE_RETURN) {
        regs->iip = GATE_AGAIN;
        memcpy(&regs->r[16], current->call, sizeof current->call);
        return;
    }
    if (!slot) regs->iip -= 16;
    regs->ipsr = (regs->ipsr & ~PSR_RI) | (slot ? slot - 1 : 2) << PSR_RI_SHIFT;
}

/* `handler`: what will be called first, or NULL. */
static void finish_call(struct pt_regs *regs, const struct sigaction *handler)
{
    enum { RESTART_SYSCALL = 1246 };
    u64 error = regs->r[8];
    bool called = regs->vector == SYSCALL_BREAK;
    regs->vector = 0; /* only once */
    if (!called || !regs->r[10] || (error != ERESTARTSYS && error != ERESTART_RESTARTBLOCK)) return;
    if (handler && (error != ERESTARTSYS || !(handler->flags & SA_RESTART))) {
        regs->r[8] = EINTR;
        return;
    }
    if (error == ERESTART_RESTARTBLOCK) regs->r[15] = RESTART_SYSCALL;
    call_again(regs);
}

/* --- delivery --- */

/* `debug` on the command line: say why, where nobody asked for the signal. */
static noreturn void end_by_signal(struct pt_regs *regs, int signo)
{
    if (signo != SIGKILL && cmdline_get("debug")) {
        printk("signal %d, last interruption %lx\n", signo, regs->vector);
        regs_dump(regs);
    }
    process_exit(signo);
}

/* The program's own faults come before what others want, or its registers would no longer fit. */
static int first_of(u64 set)
{
    int fault = current->fault_info.signo;
    return set & BIT(SIGKILL)           ? SIGKILL
           : fault && set & BIT(fault)  ? fault
                                        : __builtin_ctzl(set) + 1;
}

/* The next one that a handler or the default has something to do for; 0: none, or the process has
 * stopped.  tasks_lock is held. */
static int next_signal(struct sigaction *action)
{
    struct task *t = current;
    struct process *p = t->process;
    for (u64 set; (set = ready(t)) != 0;) {
        int signo = first_of(set);
        if (t->pending & BIT(signo)) t->pending &= ~BIT(signo);
        else p->pending &= ~BIT(signo);
        *action = p->action[signo];
        if (signo != SIGKILL && dropped(action, signo)) continue;
        bool stops = action->handler == SIG_DFL && BIT(signo) & STOPS;
        if (stops) stop(p, signo);
        if (stops) return 0;
        if (action->flags & SA_RESETHAND) p->action[signo].handler = SIG_DFL;
        return signo;
    }
    return 0;
}

static int take_signal(struct sigaction *action)
{
    struct process *p = current->process;
    int signo;
    do {
        if (read_once(p->stopped)) rest(p);
        u64 on = spin_lock_irqsave(&tasks_lock);
        signo = next_signal(action);
        signal_recalc(current);
        spin_unlock_irqrestore(&tasks_lock, on);
    } while (!signo && read_once(p->stopped));
    return signo;
}

/* Before a return to the program with something pending; `regs` is complete. */
void signal_deliver(struct pt_regs *regs)
{
    struct sigaction action;
    int signo = take_signal(&action);
    if (signo && action.handler == SIG_DFL) end_by_signal(regs, signo);
    finish_call(regs, signo ? &action : NULL);
    if (!signo) return;
    if (sigframe_push(regs, signo, action.handler)) process_exit(SIGSEGV);
    set_blocked(current->blocked | action.mask | (action.flags & SA_NODEFER ? 0 : BIT(signo)));
}

/* --- system calls --- */

s64 sys_rt_sigaction(u64 signo, u64 new, u64 old, u64 size);
s64 sys_rt_sigprocmask(u64 how, u64 new, u64 old, u64 size);
s64 sys_rt_sigreturn(void);
s64 sys_kill(u64 pid, u64 signo);
s64 sys_tgkill(u64 tgid, u64 tid, u64 signo);

s64 sys_rt_sigaction(u64 signo, u64 new, u64 old, u64 size)
{
    struct process *p = current->process;
    struct sigaction action, before;
    if (!signo || signo > SIGNALS || size != sizeof action.mask) return -EINVAL;
    if (new && BIT(signo) & UNBLOCKABLE) return -EINVAL;
    if (new && copy_from_user(&action, new, sizeof action)) return -EFAULT;
    u64 on = spin_lock_irqsave(&tasks_lock);
    before = p->action[signo];
    if (new) p->action[signo] = action;
    if (new && dropped(&action, (int)signo)) forget(p, BIT(signo));
    spin_unlock_irqrestore(&tasks_lock, on);
    return old ? copy_to_user(old, &before, sizeof before) : 0;
}

s64 sys_rt_sigprocmask(u64 how, u64 new, u64 old, u64 size)
{
    enum { BLOCK, UNBLOCK, SET };
    u64 set, was = current->blocked;
    if (size != sizeof set) return -EINVAL;
    if (new) {
        if (copy_from_user(&set, new, sizeof set)) return -EFAULT;
        if (how > SET) return -EINVAL;
        set_blocked(how == BLOCK ? was | set : how == UNBLOCK ? was & ~set : set);
    }
    return old ? copy_to_user(old, &was, sizeof was) : 0;
}

s64 sys_rt_sigreturn(void)
{
    u64 blocked;
    if (sigframe_pop(task_regs(current), &blocked)) process_exit(SIGSEGV);
    set_blocked(blocked);
    __atomic_or_fetch(&current->flags, TASK_FULL, __ATOMIC_RELAXED);
    return 0;
}

/* There are no groups of processes that a number below 1 could mean. */
s64 sys_kill(u64 pid, u64 signo)
{
    if (signo > SIGNALS) return -EINVAL;
    u64 on = spin_lock_irqsave(&tasks_lock);
    struct process *p = (int)pid > 0 ? process_find((int)pid) : NULL;
    if (p && signo) signal_process(p, NULL, (int)signo);
    spin_unlock_irqrestore(&tasks_lock, on);
    return p ? 0 : -ESRCH;
}

s64 sys_tgkill(u64 tgid, u64 tid, u64 signo)
{
    if (signo > SIGNALS || (int)tgid <= 0 || (int)tid <= 0) return -EINVAL;
    u64 on = spin_lock_irqsave(&tasks_lock);
    struct process *p = process_find((int)tgid);
    struct task *t = p && p->pid == (int)tgid ? process_thread(p, (int)tid) : NULL;
    if (t && signo) signal_process(p, t, (int)signo);
    spin_unlock_irqrestore(&tasks_lock, on);
    return t ? 0 : -ESRCH;
}
