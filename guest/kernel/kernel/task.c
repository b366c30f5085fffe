/* Tasks: made, forked, ended, waited for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm.h"
#include "sched.h"

#define CLONE_VM 0x100ul
#define CLONE_FILES 0x400ul
#define CLONE_SIGHAND 0x800ul
#define CLONE_THREAD 0x10000ul
#define CLONE_SETTLS 0x80000ul
#define CLONE_PARENT_SETTID 0x100000ul
#define CLONE_CHILD_CLEARTID 0x200000ul
#define CLONE_CHILD_SETTID 0x1000000ul

extern const char task_begin_user[], task_begin_kernel[];
noreturn void kernel_thread_main(void);
static int last_pid;

struct task *init_task_1;

struct task *task_find(int pid)
{
    list_for_each(struct task, t, &all_tasks, all) {
        if (t->pid == pid && t->state < TASK_ZOMBIE) return t;
    }
    return NULL;
}

/* A task that will begin at `entry` when it first gets the processor. */
static void set_up_switch(struct task *t, const void *entry, u64 stack_bytes)
{
    struct switch_frame *f = (struct switch_frame *)((char *)task_regs(t) - sizeof *f);
    f->b[0] = (u64)entry;
    f->bspstore = (u64)t + TASK_RBS + stack_bytes;
    f->fpsr = FPSR_DEFAULT;
    t->ksp = (u64)f - 16;
}

struct task *task_new(const char *name)
{
    struct task *t = stack_alloc(TASK_ORDER);
    if (!t) return NULL;
    t->pid = t->tgid = atomic_inc(&last_pid);
    size_t n = min(strlen(name), sizeof t->name - 1);
    memcpy(t->name, name, n);
    t->state = TASK_NEW;
    t->user_psr = PSR_USER;
    t->affinity = ~0ul;
    list_init(&t->run);
    wait_queue_init(&t->child_exit);
    u64 on = spin_lock_irqsave(&tasks_lock);
    list_add_tail(&all_tasks, &t->all);
    spin_unlock_irqrestore(&tasks_lock, on);
    return t;
}

struct task *kernel_thread(const char *name, void (*fn)(void *), void *arg)
{
    struct task *t = task_new(name);
    if (!t) return NULL;
    t->thread_fn = fn;
    t->thread_arg = arg;
    set_up_switch(t, task_begin_kernel, 0);
    task_start(t);
    return t;
}

void kernel_thread_main(void)
{
    irq_enable();
    current->thread_fn(current->thread_arg);
    task_exit(0);
}

/* --- clone --- */

/* The parent's registers that are still in its kernel register stack belong to its program: the
 * child gets a copy, and the NaT bits that were not yet stored. */
static void copy_register_stack(struct task *child, const struct switch_frame *frame, u64 bytes)
{
    u64 from = (u64)current + TASK_RBS, end = from + bytes;
    u64 collection = (end & ~0x1fful) | 0x1f8; /* where the NaT bits of the last ones go */
    struct switch_frame *f = (struct switch_frame *)(child->ksp + 16);
    memcpy((char *)child + TASK_RBS, (void *)from, bytes);
    f->rnat = collection < frame->bspstore ? *(u64 *)collection : frame->rnat;
}

static void copy_state(struct task *child, const struct switch_frame *frame)
{
    struct pt_regs *regs = task_regs(child);
    u64 bytes = task_regs(current)->loadrs >> 16;
    *regs = *task_regs(current);
    regs_complete(regs);
    regs->r[8] = 0;
    regs->r[10] = 0;
    child->user_psr = current->user_psr | PSR_DFH;
    regs->ipsr = (regs->ipsr & ~PSR_MFH) | PSR_DFH;
    if (current->fph_live) fph_save(child->fph);
    else memcpy(child->fph, current->fph, sizeof child->fph);
    child->fph_used = current->fph_used;
    set_up_switch(child, task_begin_user, bytes);
    struct switch_frame *f = (struct switch_frame *)(child->ksp + 16);
    u64 bspstore = f->bspstore;
    *f = *frame;
    f->b[0] = (u64)task_begin_user;
    f->bspstore = bspstore;
    f->pfs = 0;
    copy_register_stack(child, frame, bytes);
}

static int copy_resources(struct task *child, u64 flags)
{
    child->mm = flags & CLONE_VM ? current->mm : mm_fork(current->mm);
    if (!child->mm) return -ENOMEM;
    if (flags & CLONE_VM) mm_get(child->mm);
    child->files = flags & CLONE_FILES ? current->files : files_new(current->files);
    if (flags & CLONE_FILES) atomic_inc(&child->files->users);
    child->sighand = flags & CLONE_SIGHAND ? current->sighand : sighand_new(current->sighand);
    if (flags & CLONE_SIGHAND) atomic_inc(&child->sighand->users);
    return child->files && child->sighand ? 0 : -ENOMEM;
}

static void drop_resources(struct task *t)
{
    struct mm *mm = t->mm;
    if (t == current) {
        u64 on = irq_save();
        t->mm = NULL;
        mm_switch(NULL);
        irq_restore(on);
    }
    if (mm) mm_put(mm);
    files_put(t->files);
    sighand_put(t->sighand);
    t->mm = NULL;
    t->files = NULL;
    t->sighand = NULL;
}

s64 do_clone(u64 flags, u64 stack, u64 size, u64 parent_tid, u64 child_tid, u64 tls,
             const struct switch_frame *frame);
s64 do_clone(u64 flags, u64 stack, u64 size, u64 parent_tid, u64 child_tid, u64 tls,
             const struct switch_frame *frame)
{
    if (flags & CLONE_VM && !(stack && size)) return -EINVAL;
    struct task *child = task_new(current->name);
    if (!child) return -EAGAIN;
    if (copy_resources(child, flags)) {
        drop_resources(child);
        u64 on = spin_lock_irqsave(&tasks_lock);
        list_del(&child->all);
        spin_unlock_irqrestore(&tasks_lock, on);
        page_free(child, TASK_ORDER);
        return -ENOMEM;
    }
    copy_state(child, frame);
    struct pt_regs *regs = task_regs(child);
    if (stack && size) {
        regs->r[12] = stack + size - 16;
        regs->bspstore = stack;
        regs->rnat = 0;
    }
    if (flags & CLONE_SETTLS) regs->r[13] = tls;
    if (flags & CLONE_CHILD_CLEARTID) child->clear_child_tid = child_tid;
    child->blocked = current->blocked;
    child->affinity = current->affinity;
    child->is_thread = flags & CLONE_THREAD;
    if (child->is_thread) child->tgid = current->tgid;
    child->parent = current->is_thread ? current->parent : current;
    int pid = child->pid;
    if (flags & CLONE_PARENT_SETTID) copy_to_user(parent_tid, &pid, sizeof pid);
    if (flags & CLONE_CHILD_SETTID) copy_to_mm(child->mm, child_tid, &pid, sizeof pid);
    task_start(child);
    return pid;
}

/* --- the end --- */

/* Nobody will wait for them: they free themselves, or have ended and are freed here. */
static void leave_children(struct task *t)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    list_for_each(struct task, c, &all_tasks, all) {
        if (c->parent != t) continue;
        c->parent = NULL;
        if (c->state != TASK_ZOMBIE) continue;
        list_del(&c->all);
        while (read_once(c->on_cpu)) cpu_relax();
        page_free(c, TASK_ORDER);
    }
    spin_unlock_irqrestore(&tasks_lock, on);
}

/* `status` as wait4 reports it: a signal's number, or an exit code << 8. */
void task_exit(int status)
{
    struct task *t = current;
    if (t == init_task_1) panic("init ended with status %d", status);
    if (t->clear_child_tid) {
        int zero = 0;
        copy_to_user(t->clear_child_tid, &zero, sizeof zero);
        futex_wake(t->clear_child_tid, 1);
    }
    leave_children(t);
    drop_resources(t);
    t->exit_status = status;
    irq_disable();
    spin_lock(&tasks_lock);
    bool orphan = t->is_thread || !t->parent;
    if (orphan) list_del(&t->all);
    t->state = orphan ? TASK_DEAD : TASK_ZOMBIE;
    if (!orphan) wake_up(&t->parent->child_exit); /* under the lock: the parent cannot go away */
    spin_unlock(&tasks_lock);
    schedule_irqs_off();
    panic("a task that ended was run again");
}

s64 sys_exit(u64 code);
s64 sys_exit_group(u64 code);
s64 sys_wait4(u64 pid, u64 status, u64 options, u64 usage);

s64 sys_exit(u64 code)
{
    task_exit((int)(code & 0xff) << 8);
}

s64 sys_exit_group(u64 code)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    list_for_each(struct task, t, &all_tasks, all) {
        if (t != current && t->tgid == current->tgid && t->state < TASK_ZOMBIE)
            signal_send(t, SIGKILL);
    }
    spin_unlock_irqrestore(&tasks_lock, on);
    return sys_exit(code);
}

/* A child that ended, or NULL; *any: there are children at all. */
static struct task *find_zombie(s64 pid, bool *any)
{
    struct task *found = NULL;
    *any = false;
    u64 on = spin_lock_irqsave(&tasks_lock);
    list_for_each(struct task, t, &all_tasks, all) {
        if (t->parent != current || t->is_thread || (pid > 0 && t->pid != pid)) continue;
        *any = true;
        if (t->state != TASK_ZOMBIE) continue;
        list_del(&t->all);
        found = t;
        break;
    }
    spin_unlock_irqrestore(&tasks_lock, on);
    return found;
}

s64 sys_wait4(u64 pid, u64 status, u64 options, u64 usage)
{
    enum { WNOHANG = 1 };
    struct task *t = NULL;
    bool any;
    (void)usage;
    int err = wait_event_interruptible(&current->child_exit, (t = find_zombie((s64)pid, &any)) ||
                                                                 !any || options & WNOHANG);
    if (!t) return err ? err : any ? 0 : -ECHILD;
    while (read_once(t->on_cpu)) cpu_relax(); /* still on its way out */
    s64 result = t->pid;
    if (status && copy_to_user(status, &t->exit_status, sizeof t->exit_status)) result = -EFAULT;
    page_free(t, TASK_ORDER);
    return result;
}
