/* Signals: sent, delivered to a handler or by default, returned from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "signal.h"

#include "mm.h"
#include "sched.h"

#define BIT(signo) (1ul << ((signo) - 1))
#define UNBLOCKABLE BIT(SIGKILL)
#define USER_MASK (PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH)
#define FRAME_MARKER ((1ul << 38) - 1)

struct sighand *sighand_new(struct sighand *copy_of)
{
    struct sighand *s = kmalloc(sizeof *s);
    if (s && copy_of) *s = *copy_of;
    if (s) s->users = 1;
    return s;
}

void sighand_put(struct sighand *s)
{
    if (s && !atomic_dec(&s->users)) kfree(s);
}

bool signal_waiting(void)
{
    return current->pending & ~current->blocked;
}

static void recalc(struct task *t)
{
    if (t->pending & ~t->blocked) __atomic_or_fetch(&t->flags, TASK_SIGNAL, __ATOMIC_ACQ_REL);
    else __atomic_and_fetch(&t->flags, ~TASK_SIGNAL, __ATOMIC_ACQ_REL);
}

static bool ignored(struct task *t, int signo)
{
    u64 handler = t->sighand->action[signo].handler;
    return handler == SIG_IGN || (handler == SIG_DFL && signo == SIGCHLD);
}

void signal_send(struct task *t, int signo)
{
    if (!t->sighand || (signo != SIGKILL && ignored(t, signo))) return;
    if (t == init_task_1 && t->sighand->action[signo].handler == SIG_DFL)
        return; /* nobody may end it */
    atomic_or(&t->pending, BIT(signo));
    recalc(t);
    task_wake(t);
}

/* Cannot be blocked or ignored: the instruction would fault again and again. */
void signal_fault(int signo, int code, u64 addr, u64 isr)
{
    struct task *t = current;
    u64 handler = t->sighand->action[signo].handler;
    if (handler == SIG_IGN || t->blocked & BIT(signo)) {
        t->sighand->action[signo].handler = SIG_DFL;
        t->blocked &= ~BIT(signo);
    }
    t->fault_info = (struct siginfo){ .signo = signo, .code = code, .addr = addr, .isr = isr };
    atomic_or(&t->pending, BIT(signo));
    recalc(t);
}

static int next_signal(struct task *t)
{
    u64 ready = t->pending & ~t->blocked;
    if (!ready) return 0;
    int signo = __builtin_ctzl(ready) + 1;
    atomic_and(&t->pending, ~BIT(signo));
    return signo;
}

/* --- the frame of a handler --- */

/* f12 to f15 are scratch to programs and never touched by the kernel: they are still there. */
static void save_f12_15(struct fpreg *to)
{
    asm volatile("stf.spill [%0]=f12 \n stf.spill [%1]=f13 \n stf.spill [%2]=f14 \n stf.spill [%3]=f15"
                 :: "r"(to), "r"(to + 1), "r"(to + 2), "r"(to + 3) : "memory");
}

static void load_f12_15(const struct fpreg *from)
{
    asm volatile(
        "ldf.fill f12=[%0] \n ldf.fill f13=[%1] \n ldf.fill f14=[%2] \n ldf.fill f15=[%3]" ::"r"(
            from),
        "r"(from + 1), "r"(from + 2), "r"(from + 3), "m"(*(const struct fpreg(*)[4])from));
}

static void save_context(struct sigcontext *sc, const struct pt_regs *regs)
{
    struct task *t = current;
    sc->ip = regs->iip | (regs->ipsr >> PSR_RI_SHIFT & 3);
    sc->cfm = regs->ifs & FRAME_MARKER;
    sc->um = regs->ipsr & USER_MASK;
    sc->nat = regs->nats >>
              ((u64)&regs->r[0] >> 3 & 63); /* bit n: r[n] is a NaT; rotated back below */
    sc->nat |= regs->nats << (63 & -((u64)&regs->r[0] >> 3));
    sc->rsc = regs->rsc;
    sc->bsp = regs->bspstore + (regs->loadrs >> 16);
    sc->rnat = regs->rnat;
    sc->ccv = regs->ccv;
    sc->unat = regs->unat;
    sc->fpsr = regs->fpsr;
    sc->pfs = regs->pfs;
    sc->pr = regs->pr;
    sc->csd = regs->csd;
    sc->ssd = regs->ssd;
    sc->br[0] = regs->b0;
    sc->br[6] = regs->b6;
    sc->br[7] = regs->b7;
    memcpy(sc->gr, regs->r, sizeof sc->gr);
    memcpy(sc->fr + 6, regs->f6_11, sizeof regs->f6_11);
    save_f12_15(sc->fr + 12);
    sc->mask = t->blocked;
    if (!t->fph_used) return;
    sc->flags = SC_FLAG_FPH_VALID;
    if (t->fph_live) fph_save(sc->fr + 32);
    else memcpy(sc->fr + 32, t->fph, sizeof t->fph);
}

/* A frame marker, or an empty one if no processor would take it. */
static u64 clean_marker(u64 cfm)
{
    u64 sof = cfm & 0x7f, sol = cfm >> 7 & 0x7f, sor = (cfm >> 14 & 0xf) * 8;
    u64 rrb_gr = cfm >> 18 & 0x7f, rrb_fr = cfm >> 25 & 0x7f, rrb_pr = cfm >> 32 & 0x3f;
    bool good = sof <= 96 && sol <= sof && sor <= sof && (!rrb_gr || rrb_gr < sor) && rrb_fr < 96 &&
                rrb_pr < 48;
    return good ? cfm & FRAME_MARKER : 0;
}

/* Reserved bits and reserved precisions would fault in the kernel. */
static u64 clean_fpsr(u64 fpsr)
{
    bool good = !(fpsr >> 58) && !(fpsr >> 12 & 1);
    for (unsigned sf = 6; sf < 58; sf += 13) good &= (fpsr >> (sf + 2) & 3) != 1;
    return good ? fpsr : FPSR_DEFAULT;
}

/* Nothing that gives the program more than it may have; the part of the register stack that is in
 * the processor stays where it is now. */
static void load_context(struct pt_regs *regs, const struct sigcontext *sc)
{
    struct task *t = current;
    unsigned first = (u64)&regs->r[0] >> 3 & 63;
    u64 slot = min(sc->ip & 15, 2ul);
    regs->iip = sc->ip & ~15ul;
    regs->ipsr = (regs->ipsr & ~(USER_MASK | PSR_RI | PSR_ED)) | (sc->um & USER_MASK & ~PSR_MFH) |
                 slot << PSR_RI_SHIFT;
    regs->ifs = 1ul << 63 | clean_marker(sc->cfm);
    regs->pfs = 3ul << 62 | (sc->pfs & 63ul << 52) | clean_marker(sc->pfs);
    regs->rsc = RSC_USER;
    regs->nats = sc->nat << first | sc->nat >> (63 & -first);
    regs->ccv = sc->ccv;
    regs->unat = sc->unat;
    regs->fpsr = clean_fpsr(sc->fpsr);
    regs->pr = sc->pr;
    regs->csd = sc->csd;
    regs->ssd = sc->ssd;
    regs->b0 = sc->br[0];
    regs->b6 = sc->br[6];
    regs->b7 = sc->br[7];
    memcpy(regs->r, sc->gr, sizeof sc->gr);
    memcpy(regs->f6_11, sc->fr + 6, sizeof regs->f6_11);
    load_f12_15(sc->fr + 12);
    t->blocked = sc->mask & ~UNBLOCKABLE;
    if (!(sc->flags & SC_FLAG_FPH_VALID)) return;
    memcpy(t->fph, sc->fr + 32, sizeof t->fph);
    t->fph_live = false; /* the next use loads them */
    t->user_psr |= PSR_DFH;
    regs->ipsr |= PSR_DFH;
}

static int setup_frame(struct pt_regs *regs, int signo, const struct sigaction *action)
{
    struct task *t = current;
    u64 at = align_down(regs->r[12] - sizeof(struct sigframe), 16);
    struct sigframe *frame = page_alloc(0);
    if (!frame) return -ENOMEM;
    frame->signo = (u64)signo;
    frame->info_ptr = at + offsetof(struct sigframe, info);
    frame->context_ptr = at + offsetof(struct sigframe, sc);
    frame->handler = action->handler;
    if (t->fault_info.signo == signo) frame->info = t->fault_info;
    else frame->info.signo = signo;
    t->fault_info.signo = 0;
    save_context(&frame->sc, regs);
    int err = copy_to_user(at, frame, sizeof *frame);
    page_free(frame, 0);
    if (err) return err;
    regs->iip = GATE_SIGNAL;
    regs->ipsr &= ~(PSR_BE | PSR_AC | PSR_RI | PSR_ED);
    regs->ifs = 1ul << 63; /* an empty frame on top of the interrupted one */
    regs->fpsr = FPSR_DEFAULT;
    regs->nats &= ~(1ul << ((u64)&regs->r[12] >> 3 & 63));
    regs->r[12] = at - 16;
    t->blocked |= action->mask | (action->flags & SA_NODEFER ? 0 : BIT(signo));
    return 0;
}

/* `debug` on the command line: say why, where nobody asked for the signal. */
static noreturn void end_by_signal(struct pt_regs *regs, int signo)
{
    if (signo != SIGKILL && cmdline_get("debug")) {
        printk("signal %d, last interruption %lx\n", signo, regs->vector);
        regs_dump(regs);
    }
    task_exit(signo);
}

/* Before a return to the program with something pending; `regs` is complete. */
void signal_deliver(struct pt_regs *regs)
{
    struct task *t = current;
    int signo = next_signal(t);
    if (signo) {
        struct sigaction action = t->sighand->action[signo];
        if (signo == SIGKILL || action.handler == SIG_DFL) {
            if (signo != SIGCHLD) end_by_signal(regs, signo);
        } else if (action.handler != SIG_IGN) {
            if (action.flags & SA_RESETHAND) t->sighand->action[signo].handler = SIG_DFL;
            if (setup_frame(regs, signo, &action)) task_exit(SIGSEGV);
        }
    }
    recalc(t);
}

/* --- system calls --- */

s64 sys_rt_sigaction(u64 signo, u64 new, u64 old, u64 size);
s64 sys_rt_sigprocmask(u64 how, u64 new, u64 old, u64 size);
s64 sys_rt_sigreturn(void);
s64 sys_kill(u64 pid, u64 signo);

s64 sys_rt_sigaction(u64 signo, u64 new, u64 old, u64 size)
{
    struct sigaction *a = &current->sighand->action[signo];
    if (!signo || signo > SIGNALS || signo == SIGKILL || size != sizeof a->mask) return -EINVAL;
    if (old && copy_to_user(old, a, sizeof *a)) return -EFAULT;
    return new ? copy_from_user(a, new, sizeof *a) : 0;
}

s64 sys_rt_sigprocmask(u64 how, u64 new, u64 old, u64 size)
{
    enum { BLOCK, UNBLOCK, SET };
    u64 set, was = current->blocked;
    if (size != sizeof set) return -EINVAL;
    if (new) {
        if (copy_from_user(&set, new, sizeof set)) return -EFAULT;
        if (how > SET) return -EINVAL;
        current->blocked = (how == BLOCK     ? was | set
                            : how == UNBLOCK ? was & ~set
                                             : set) &
                           ~UNBLOCKABLE;
        recalc(current);
    }
    return old ? copy_to_user(old, &was, sizeof was) : 0;
}

s64 sys_rt_sigreturn(void)
{
    struct pt_regs *regs = task_regs(current);
    struct sigframe *frame = page_alloc(0);
    bool good = frame && !copy_from_user(frame, regs->r[12] + 16, sizeof *frame);
    if (good) load_context(regs, &frame->sc);
    if (frame) page_free(frame, 0);
    if (!good) task_exit(SIGSEGV);
    recalc(current);
    __atomic_or_fetch(&current->flags, TASK_FULL, __ATOMIC_RELAXED);
    return 0;
}

s64 sys_kill(u64 pid, u64 signo)
{
    if (signo > SIGNALS) return -EINVAL;
    u64 on = spin_lock_irqsave(&tasks_lock);
    struct task *t = task_find((int)pid);
    if (t && signo) signal_send(t, (int)signo);
    spin_unlock_irqrestore(&tasks_lock, on);
    return t ? 0 : -ESRCH;
}
