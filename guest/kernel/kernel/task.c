/* Tasks: made, and made from another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm.h"
#include "process.h"
#include "sched.h"

#define CLONE_SIGNAL 0xfful /* to the parent at the end */
#define CLONE_VM 0x100ul
#define CLONE_FS 0x200ul /* there is no current directory to share */
#define CLONE_FILES 0x400ul
#define CLONE_SIGHAND 0x800ul
#define CLONE_THREAD 0x10000ul
#define CLONE_SYSVSEM 0x40000ul /* nothing to share either */
#define CLONE_SETTLS 0x80000ul
#define CLONE_PARENT_SETTID 0x100000ul
#define CLONE_CHILD_CLEARTID 0x200000ul
#define CLONE_CHILD_SETTID 0x1000000ul
#define CLONE_KNOWN \
    (CLONE_SIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
     CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
     CLONE_CHILD_SETTID)

extern const char task_begin_user[], task_begin_kernel[];
noreturn void kernel_thread_main(void);
static int last_pid;

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
    t->pid = atomic_inc(&last_pid);
    size_t n = min(strlen(name), sizeof t->name - 1);
    memcpy(t->name, name, n);
    t->state = TASK_NEW;
    t->user_psr = PSR_USER;
    t->affinity = ~0ul;
    list_init(&t->run);
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
    task_exit();
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
    if (!child->files) return -ENOMEM;
    if (flags & CLONE_FILES) atomic_inc(&child->files->users);
    child->blocked = current->blocked;
    child->affinity = current->affinity;
    return 0;
}

/* Its number in the program's memory, 0, says that nothing of it is there any more. */
void task_clear_tid(void)
{
    struct task *t = current;
    int zero = 0;
    if (!t->clear_child_tid) return;
    copy_to_user(t->clear_child_tid, &zero, sizeof zero);
    futex_wake(t->clear_child_tid, 1);
    t->clear_child_tid = 0;
}

/* What it uses; it may be the current task, or one that never ran. */
void task_drop(struct task *t)
{
    struct mm *mm = t->mm;
    if (t == current) {
        task_clear_tid();
        u64 on = irq_save();
        t->mm = NULL;
        mm_switch(NULL);
        irq_restore(on);
    }
    if (mm) mm_put(mm);
    files_put(t->files);
    t->mm = NULL;
    t->files = NULL;
}

static void copy_registers(struct task *child, const struct switch_frame *frame, u64 stack,
                           u64 size)
{
    struct pt_regs *regs = task_regs(child);
    copy_state(child, frame);
    if (!stack || !size) return;
    regs->r[12] = stack + size - 16;
    regs->bspstore = stack;
    regs->rnat = 0;
}

/* What comes with each other only; the rest would be promises. */
static bool possible(u64 flags)
{
    const u64 together = CLONE_SIGHAND | CLONE_THREAD;
    bool thread = flags & together;
    return !(flags & ~CLONE_KNOWN) && (!thread || (flags & together) == together) &&
           (!thread || flags & CLONE_VM);
}

s64 do_clone(u64 flags, u64 stack, u64 size, u64 parent_tid, u64 child_tid, u64 tls,
             const struct switch_frame *frame);
s64 do_clone(u64 flags, u64 stack, u64 size, u64 parent_tid, u64 child_tid, u64 tls,
             const struct switch_frame *frame)
{
    if (!possible(flags) || (flags & CLONE_VM && !(stack && size))) return -EINVAL;
    struct task *child = task_new(current->name);
    if (!child) return -EAGAIN;
    bool thread = flags & CLONE_THREAD;
    int pid = child->pid, err = copy_resources(child, flags);
    struct process *p = thread ? current->process : err ? NULL : process_new(current->process);
    if (!err && p) {
        u64 signo = flags & CLONE_SIGNAL;
        if (!thread) p->exit_signal = signo <= SIGNALS ? (int)signo : 0;
        copy_registers(child, frame, stack, size);
        if (flags & CLONE_SETTLS) task_regs(child)->r[13] = tls;
        if (flags & CLONE_CHILD_CLEARTID) child->clear_child_tid = child_tid;
        if (flags & CLONE_PARENT_SETTID) copy_to_user(parent_tid, &pid, sizeof pid);
        if (flags & CLONE_CHILD_SETTID) copy_to_mm(child->mm, child_tid, &pid, sizeof pid);
    }
    if (err || !p || !process_join(p, child)) {
        task_drop(child);
        page_free(child, TASK_ORDER);
        return -ENOMEM;
    }
    task_start(child);
    return pid;
}
