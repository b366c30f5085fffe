/* Interruptions that reach C: interrupts, page faults, and what programs do wrong.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include "mm.h"
#include "pv.h"
#include "sched.h"

enum {
    VECTOR_VHPT = 0x0000,
    VECTOR_ITLB = 0x0400,
    VECTOR_DTLB = 0x0800,
    VECTOR_ALT_ITLB = 0x0c00,
    VECTOR_ALT_DTLB = 0x1000,
    VECTOR_DIRTY = 0x2000,
    VECTOR_IACCESS = 0x2400,
    VECTOR_DACCESS = 0x2800,
    VECTOR_BREAK = 0x2c00,
    VECTOR_INTERRUPT = 0x3000,
    VECTOR_NOT_PRESENT = 0x5000,
    VECTOR_IRIGHTS = 0x5200,
    VECTOR_DRIGHTS = 0x5300,
    VECTOR_GENERAL = 0x5400,
    VECTOR_DISABLED_FP = 0x5500,
    VECTOR_NAT = 0x5600,
    VECTOR_SPECULATION = 0x5700,
    VECTOR_DEBUG = 0x5900,
    VECTOR_UNALIGNED = 0x5a00,
    VECTOR_FP_FAULT = 0x5c00,
    VECTOR_FP_TRAP = 0x5d00,
    VECTOR_LOWER_PRIVILEGE = 0x5e00,
    VECTOR_TAKEN_BRANCH = 0x5f00,
    VECTOR_STEP = 0x6000
};
#define ISR_X (1ul << 32)
#define ISR_W (1ul << 33)
#define ISR_NA (1ul << 35)
#define ISR_SP (1ul << 36)

struct fault {
    struct pt_regs *regs;
    u64 vector, isr, ifa, iim;
};

void trap(struct pt_regs *regs, u64 vector, u64 isr, u64 ifa, u64 iim);

void regs_dump(const struct pt_regs *r)
{
    printk("ip %016lx psr %016lx ifs %016lx pr %016lx b0 %016lx\n", r->iip, r->ipsr, r->ifs, r->pr,
           r->b0);
    for (unsigned i = 1; i < 32; i += i == 3 ? 5 : 1) {
        printk("r%02u %016lx%c", i, r->r[i], i % 4 == 3 ? '\n' : ' ');
    }
    printk("task %d %s\n", current->pid, current->name);
}

static noreturn void kernel_fault(const struct fault *f)
{
    static spinlock_t one_is_enough; /* and keeps it */
    spin_lock(&one_is_enough);
    printk("interruption %04lx in the kernel: ifa %016lx isr %016lx iim %lx\n", f->vector, f->ifa,
           f->isr, f->iim);
    regs_dump(f->regs);
    panic("interruption %04lx at %016lx", f->vector, f->regs->iip);
}

/* Speculative loads get a NaT, prefetches are forgotten.  The other instructions that do not access
 * what they translate (fc, probe: isr.code) have no such way out.  SDM 2:200. */
static bool deferred(struct fault *f)
{
    enum { CODE_LFETCH = 4 };
    bool prefetch = f->isr & ISR_NA && (f->isr & 0xf) == CODE_LFETCH;
    if (!(f->isr & ISR_SP) && !prefetch) return false;
    f->regs->ipsr |= PSR_ED;
    return true;
}

static void page_fault(struct fault *f)
{
    unsigned access = f->isr & ISR_X ? FAULT_EXEC : f->isr & ISR_W ? FAULT_WRITE : FAULT_READ;
    if (!user_mode(f->regs) || !current->mm) {
        if (deferred(f)) return;
        kernel_fault(f);
    }
    int err = mm_fault(current->mm, f->ifa, access);
    /* A walk may have inserted the entry while it was not present. */
    if (!err && f->vector == VECTOR_NOT_PRESENT) {
        asm volatile("ptc.l %0,%1 ;; srlz.d ;;" :: "r"(f->ifa), "r"(PAGE_SHIFT << 2) : "memory");
    }
    if (!err || deferred(f)) return;
    enum { SEGV_MAPERR = 1, SEGV_ACCERR = 2 };
    if (err == -ENOMEM) signal_fault(SIGKILL, 0, 0, 0);
    else signal_fault(SIGSEGV, err == -EACCES ? SEGV_ACCERR : SEGV_MAPERR, f->ifa, f->isr);
}

/* `break` with the numbers that the ABI gives a meaning. */
static void break_fault(struct fault *f)
{
    enum { FPE_INTDIV = 1, ILL_ILLOPC = 1, TRAP_BRKPT = 1 };
    u64 at = f->regs->iip;
    if (f->iim == 1) signal_fault(SIGFPE, FPE_INTDIV, at, f->isr);
    else if (f->iim == 0) signal_fault(SIGILL, ILL_ILLOPC, at, f->isr);
    else signal_fault(SIGTRAP, TRAP_BRKPT, at, f->isr);
}

/* A failed chk whose recovery code the processor does not branch to by itself. */
static void speculation_fault(struct fault *f)
{
    s64 displacement = (s64)(f->iim << (64 - 21)) >> (64 - 21);
    f->regs->iip += (u64)(displacement * 16);
    f->regs->ipsr &= ~PSR_RI;
}

static void program_fault(struct fault *f)
{
    u64 at = f->regs->iip;
    switch (f->vector) {
    case VECTOR_BREAK: break_fault(f); return;
    case VECTOR_DISABLED_FP: fph_enable(f->regs); return;
    case VECTOR_SPECULATION: speculation_fault(f); return;
    case VECTOR_GENERAL: signal_fault(SIGILL, (int)(f->isr >> 4 & 0xf) + 1, at, f->isr); return;
    case VECTOR_NAT: signal_fault(SIGILL, 3, f->ifa, f->isr); return;
    case VECTOR_UNALIGNED: signal_fault(SIGBUS, 1, f->ifa, f->isr); return;
    case VECTOR_FP_FAULT:
    case VECTOR_FP_TRAP: signal_fault(SIGFPE, 8, at, f->isr); return;
    case VECTOR_DEBUG:
    case VECTOR_TAKEN_BRANCH:
    case VECTOR_STEP: signal_fault(SIGTRAP, 2, at, f->isr); return;
    default: signal_fault(SIGILL, 1, at, f->isr);
    }
}

static bool is_page_fault(u64 vector)
{
    return vector <= VECTOR_ALT_DTLB || (vector >= VECTOR_DIRTY && vector <= VECTOR_DACCESS) ||
           vector == VECTOR_NOT_PRESENT || vector == VECTOR_IRIGHTS || vector == VECTOR_DRIGHTS;
}

void trap(struct pt_regs *regs, u64 vector, u64 isr, u64 ifa, u64 iim)
{
    struct fault f = { regs, vector, isr, ifa, iim };
    if (vector == VECTOR_INTERRUPT) {
        this_cpu->interrupts++;
        pv_irq_ops.handle();
        return;
    }
    if (regs->ipsr & PSR_I) irq_enable();
    if (is_page_fault(vector)) page_fault(&f);
    else if (user_mode(regs)) program_fault(&f);
    else kernel_fault(&f);
}
