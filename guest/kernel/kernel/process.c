/* Processes: found, ended, waited for.
 *
 * A process is a set of threads and ends with the last of them.  What is then left is a status,
 * which wait4 hands to any thread of the parent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include "mm.h"
#include "sched.h"

static struct list all_processes = LIST_INIT(all_processes);
spinlock_t tasks_lock;
struct process *init_process;

struct process *process_new(struct process *parent)
{
    struct process *p = kmalloc(sizeof *p);
    if (!p) return NULL;
    list_init(&p->threads);
    wait_queue_init(&p->events);
    p->exit_signal = SIGCHLD;
    p->parent = parent;
    if (parent) memcpy(p->action, parent->action, sizeof p->action);
    return p;
}

/* From here on signals reach the task. */
bool process_join(struct process *p, struct task *t)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    bool open = !p->ending && !p->survivor;
    if (open && !p->thread_count++) {
        p->pid = t->pid;
        list_add_tail(&all_processes, &p->all);
    }
    if (open) list_add_tail(&p->threads, &t->thread);
    if (open) t->process = p;
    if (open) signal_recalc(t);
    spin_unlock_irqrestore(&tasks_lock, on);
    return open;
}

struct task *process_thread(struct process *p, int tid)
{
    list_for_each(struct task, t, &p->threads, thread) {
        if (t->pid == tid) return t;
    }
    return NULL;
}

struct process *process_find(int pid)
{
    list_for_each(struct process, p, &all_processes, all) {
        if (p->pid == pid || process_thread(p, pid)) return p;
    }
    return NULL;
}

static void process_free(struct process *p)
{
    list_del(&p->all);
    kfree(p);
}

/* --- the end --- */

static void kill_threads(struct process *p, const struct task *but)
{
    list_for_each(struct task, t, &p->threads, thread) {
        if (t != but) signal_thread(t, SIGKILL);
    }
}

/* The first reason is the one that is told. */
void process_end(struct process *p, int status)
{
    if (p->ending) return;
    p->ending = true;
    p->status = status;
    p->stopped = 0;
    kill_threads(p, NULL);
}

void process_exit(int status)
{
    struct process *p = current->process;
    u64 on = spin_lock_irqsave(&tasks_lock);
    if (!p->survivor || p->survivor == current) process_end(p, status);
    spin_unlock_irqrestore(&tasks_lock, on);
    task_exit();
}

void process_tell_parent(struct process *p, bool ended)
{
    struct process *parent = p->parent;
    if (!parent) return;
    bool wanted = ended || !(parent->action[SIGCHLD].flags & SA_NOCLDSTOP);
    if (wanted && p->exit_signal) signal_process(parent, NULL, ended ? p->exit_signal : SIGCHLD);
    wake_up(&parent->events);
}

/* Whoever ignores SIGCHLD, other than by default, does not want to wait either. */
static bool nobody_waits(const struct process *p)
{
    if (!p->parent) return true;
    const struct sigaction *a = &p->parent->action[SIGCHLD];
    return p->exit_signal == SIGCHLD && (a->handler == SIG_IGN || a->flags & SA_NOCLDWAIT);
}

static void leave_children(struct process *p)
{
    list_for_each(struct process, c, &all_processes, all) {
        if (c->parent != p) continue;
        c->parent = NULL;
        if (!c->thread_count) process_free(c);
    }
}

static void last_thread_left(struct process *p)
{
    if (p == init_process) init_ended(p->status);
    leave_children(p);
    bool free = nobody_waits(p);
    process_tell_parent(p, true);
    if (free) process_free(p);
}

static void thread_left(struct process *p, struct task *t)
{
    list_del(&t->thread);
    if (!--p->thread_count) {
        last_thread_left(p);
        return;
    }
    signal_offer(p, p->pending); /* one of the others may have to take them */
    signal_stop_complete(p);
    wake_up(&p->events);
}

void task_exit(void)
{
    struct task *t = current;
    task_drop(t);
    irq_disable();
    spin_lock(&tasks_lock);
    if (t->process) thread_left(t->process, t);
    t->state = TASK_DEAD;
    spin_unlock(&tasks_lock);
    schedule_irqs_off();
    panic("a task that ended was run again");
}

/* For execve.  Who is told to end meanwhile gives up. */
int process_alone(void)
{
    struct process *p = current->process;
    u64 on = spin_lock_irqsave(&tasks_lock);
    bool mine = !p->ending && !p->survivor;
    if (mine) p->survivor = current;
    if (mine) kill_threads(p, current);
    spin_unlock_irqrestore(&tasks_lock, on);
    if (!mine) return -EINTR;
    wait_event_until(&p->events, read_once(p->thread_count) == 1, read_once(p->ending));
    on = spin_lock_irqsave(&tasks_lock);
    bool alone = !p->ending;
    p->survivor = NULL;
    if (alone) current->pid = p->pid; /* whichever thread it was */
    spin_unlock_irqrestore(&tasks_lock, on);
    return alone ? 0 : -EINTR;
}

/* --- system calls --- */

s64 sys_exit(u64 code);
s64 sys_exit_group(u64 code);
s64 sys_getpid(void);
s64 sys_getppid(void);
s64 sys_wait4(u64 pid, u64 status, u64 options, u64 usage);

/* This thread; the status of the last one is the process's. */
s64 sys_exit(u64 code)
{
    struct process *p = current->process;
    u64 on = spin_lock_irqsave(&tasks_lock);
    if (!p->ending) p->status = (int)(code & 0xff) << 8;
    spin_unlock_irqrestore(&tasks_lock, on);
    task_exit();
}

s64 sys_exit_group(u64 code)
{
    process_exit((int)(code & 0xff) << 8);
}

s64 sys_getpid(void)
{
    return current->process->pid;
}

s64 sys_getppid(void)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    struct process *parent = current->process->parent;
    s64 pid = parent ? parent->pid : 1; /* whoever loses its parent belongs to init */
    spin_unlock_irqrestore(&tasks_lock, on);
    return pid;
}

enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8, WALL = 0x40000000 };

static bool has_news(const struct process *p, u64 options)
{
    if (!p->thread_count) return true;
    return p->news && options & (p->news == STATUS_CONTINUED ? WCONTINUED : WUNTRACED);
}

/* The number of a child that has something to tell, 0 if none has, or -ECHILD. */
static s64 find_news(int pid, u64 options, int *status)
{
    s64 result = -ECHILD;
    u64 on = spin_lock_irqsave(&tasks_lock);
    list_for_each(struct process, p, &all_processes, all) {
        if (p->parent != current->process || (pid > 0 && p->pid != pid) || pid < -1) continue;
        result = 0;
        if (!has_news(p, options)) continue;
        result = p->pid;
        *status = p->thread_count ? p->news : p->status;
        p->news = 0;
        if (!p->thread_count) process_free(p);
        break;
    }
    spin_unlock_irqrestore(&tasks_lock, on);
    return result;
}

s64 sys_wait4(u64 pid, u64 status, u64 options, u64 usage)
{
    s64 found = 0;
    int news = 0;
    if (options & ~(u64)(WNOHANG | WUNTRACED | WCONTINUED | WALL)) return -EINVAL;
    int err = wait_event_interruptible(&current->process->events,
                                       (found = find_news((int)pid, options, &news)) ||
                                           options & WNOHANG);
    if (!found) return err ? call_interrupted(pid, status, options, usage) : 0;
    if (found > 0 && status && copy_to_user(status, &news, sizeof news)) return -EFAULT;
    return found;
}
