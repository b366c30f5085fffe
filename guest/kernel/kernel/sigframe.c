/* The frame of a signal handler, on the program's stack: what was interrupted, to be looked at,
 * changed and gone back to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "signal.h"

#include "mm.h"
#include "sched.h"

#define USER_MASK (PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH)
#define FRAME_MARKER ((1ul << 38) - 1)

/* f12 to f15 are scratch to programs and never touched by the kernel: they are still there. */
static void save_f12_15(struct fpreg *to)
{
    asm volatile("stf.spill [%0]=f12 \n stf.spill [%1]=f13 \n"
                 "stf.spill [%2]=f14 \n stf.spill [%3]=f15"
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
    if (!(sc->flags & SC_FLAG_FPH_VALID)) return;
    memcpy(t->fph, sc->fr + 32, sizeof t->fph);
    t->fph_live = false; /* the next use loads them */
    t->user_psr |= PSR_DFH;
    regs->ipsr |= PSR_DFH;
}

/* The program goes on in its handler. */
int sigframe_push(struct pt_regs *regs, int signo, u64 handler)
{
    struct task *t = current;
    u64 at = align_down(regs->r[12] - sizeof(struct sigframe), 16);
    struct sigframe *frame = kmalloc(sizeof *frame);
    if (!frame) return -ENOMEM;
    frame->signo = (u64)signo;
    frame->info_ptr = at + offsetof(struct sigframe, info);
    frame->context_ptr = at + offsetof(struct sigframe, sc);
    frame->handler = handler;
    if (t->fault_info.signo == signo) frame->info = t->fault_info;
    else frame->info.signo = signo;
    t->fault_info.signo = 0;
    save_context(&frame->sc, regs);
    int err = copy_to_user(at, frame, sizeof *frame);
    kfree(frame);
    if (err) return err;
    regs->iip = GATE_SIGNAL;
    regs->ipsr &= ~(PSR_BE | PSR_AC | PSR_RI | PSR_ED);
    regs->ifs = 1ul << 63; /* an empty frame on top of the interrupted one */
    regs->fpsr = FPSR_DEFAULT;
    regs->nats &= ~(1ul << ((u64)&regs->r[12] >> 3 & 63));
    regs->r[12] = at - 16;
    return 0;
}

/* And where it was before, with that mask of signals; -EFAULT: there is no frame. */
int sigframe_pop(struct pt_regs *regs, u64 *blocked)
{
    struct sigframe *frame = kmalloc(sizeof *frame);
    if (!frame) return -ENOMEM;
    int err = copy_from_user(frame, regs->r[12] + 16, sizeof *frame);
    if (!err) load_context(regs, &frame->sc);
    *blocked = frame->sc.mask;
    kfree(frame);
    return err;
}
