/* Being a domain: the paravirtual operations that replace the native ones, and the machine vector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "xen.h"

#include "firmware.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"
#include "sched.h"
#include "time.h"

struct xen_start_info *xen_start_info;
extern const struct pv_irq_table xen_irq_ops;
void hypercall_ipi(u64 cpu, u64 vector);

#define PV_OP(name, type, bundles, what) extern const char xen_##name[];
#include "pv_ops.def"
#define PV_BRANCH(name, type, what) extern const char xen_##name[];
#include "pv_branches.def"

/* --- hypercalls without a family --- */

void xen_shutdown(u32 reason)
{
    struct { u32 reason; } arg = { reason };
    hypercall2(XEN_SCHED_OP, SCHEDOP_SHUTDOWN, xencomm(&arg));
    for (;;) cpu_relax();
}

/* Region 7 is plain memory: the hypervisor may insert its translations without asking. */
static void identity_region_7(void)
{
    struct {
        u64 command;
        u8 on, pad[7];
        u64 pgprot, key;
    } arg = { .command = 1, .on = 1, .pgprot = PTE_KERNEL };
    s64 r = hypercall1(XEN_OPT_FEATURE, xencomm(&arg));
    if (r) panic("the hypervisor refuses the identity mapping of region 7 (%ld)", r);
}

/* --- init --- */

static void xen_banner(void)
{
    printk("janus on %s, privilege level %u\n", pv_info.name, pv_info.kernel_level);
}

static void xen_reserve(void (*reserve)(u64 start, u64 end))
{
    u64 pfn = xen_shared->start_info_pfn;
    reserve(pfn << PAGE_SHIFT, (pfn + 1) << PAGE_SHIFT);
}

static void xen_setup_early(void)
{
    xen_start_info = va(xen_shared->start_info_pfn << PAGE_SHIFT);
    identity_region_7();
    gate_map(xen_gate);
}

static u64 xen_patch_bundle(void *start, void *end, u64 type)
{
    return pv_patch_with(xen_bodies, xen_bodies_end, start, end, type);
}

static bool xen_patch_branch(void *tag, u64 type)
{
    static const struct { u64 type; const char *target; } targets[] = {
#define PV_BRANCH(name, type, what) { type, xen_##name },
#include "pv_branches.def"
    };
    for (unsigned i = 0; i < ARRAY_SIZE(targets); i++) {
        if (targets[i].type == type) return pv_retarget(tag, targets[i].target);
    }
    return false;
}

/* --- time --- */

/* Where the hypervisor keeps the times of this processor's states up to date. */
struct runstate {
    s32 state, pad;
    u64 entered;
    u64 time[4]; /* running, runnable, blocked, offline */
};
static struct runstate runstates[MAX_CPUS];
static u64 not_running_before[MAX_CPUS]; /* the processor started, which nobody stole */

/* Able to run, but not running.  Offline is a processor that was taken away. */
static u64 not_running_ns(unsigned cpu)
{
    enum { RUNNABLE = 1, OFFLINE = 3 };
    const volatile struct runstate *r = &runstates[cpu];
    u64 entered, ns;
    do { /* again if the state has changed meanwhile */
        entered = r->entered;
        memory_barrier();
        ns = r->time[RUNNABLE] + r->time[OFFLINE];
        memory_barrier();
    } while (r->entered != entered);
    return ns;
}

static u64 xen_steal_ns(unsigned cpu)
{
    return not_running_ns(cpu) - not_running_before[cpu];
}

/* --- I/O SAPIC: a domain has none, and its machine vector never asks for one.  Only the first
 * domain of a machine, which drives its devices, gets at the real one, by PHYSDEVOP. --- */

static u32 xen_iosapic_read(u64 base, unsigned reg)
{
    panic("a domain reads I/O SAPIC %lx register %x", base, reg);
}

static void xen_iosapic_write(u64 base, unsigned reg, u32 value)
{
    panic("a domain writes I/O SAPIC %lx register %x = %x", base, reg, value);
}

void xen_setup_pv_ops(void)
{
    pv_info = (struct pv_info){ (unsigned)(ia64_getreg_raw("ar.rsc") >> 2 & 3), true, "Xen/ia64" };
    pv_init_ops = (struct pv_init_table){
        .banner = xen_banner, .reserve_memory = xen_reserve, .setup_early = xen_setup_early,
        .patch_bundle = xen_patch_bundle, .patch_branch = xen_patch_branch,
    };
    pv_cpu_ops = (struct pv_cpu_ops){
#define PV_OP(name, type, bundles, what) .name = xen_##name,
#include "pv_ops.def"
    };
    pv_branches = (struct pv_branches){
#define PV_BRANCH(name, type, what) .name = xen_##name,
#include "pv_branches.def"
    };
    pv_iosapic_ops = (struct pv_iosapic_table){ xen_iosapic_read, xen_iosapic_write };
    pv_irq_ops = xen_irq_ops;
    pv_time_ops.steal_ns = xen_steal_ns;
}

/* --- the machine vector --- */

static void xen_setup(void)
{
    const char *magic = xen_start_info->magic;
    if (strcmp(magic, "xen-3.0-ia64")) panic("started by a hypervisor of the kind %s", magic);
}

static void register_callback(void)
{
    extern const char xen_event_callback[];
    struct { u16 type, flags; u32 pad; u64 ip; } arg = { .ip = (u64)xen_event_callback };
    s64 r = hypercall2(XEN_CALLBACK_OP, 0, xencomm(&arg));
    if (r) panic("the hypervisor refuses the event callback (%ld)", r);
}

static void xen_cpu_init(void)
{
    enum { REGISTER_RUNSTATE = 5 };
    unsigned cpu = this_cpu->id;
    u64 handle = xencomm(&runstates[cpu]);
    hypercall3(XEN_VCPU_OP, REGISTER_RUNSTATE, cpu, xencomm(&handle));
    not_running_before[cpu] = not_running_ns(cpu);
    register_callback();
}

/* Nothing comes through before somebody wants it. */
static void xen_irq_init(void)
{
    memset(xen_shared->evtchn_mask, 0xff, sizeof xen_shared->evtchn_mask);
}

static void xen_console_early(const char *s, size_t n)
{
    hypercall3(XEN_CONSOLE_IO, 0, n, xencomm(s));
}

static u64 xen_dma_map(const void *p, size_t n)
{
    (void)n;
    return pa(p); /* frames are what the hypervisor says they are: the same */
}

static void xen_send_ipi(unsigned cpu, unsigned vector)
{
    hypercall_ipi(cpu, vector);
}

static void xen_wake_cpu(unsigned cpu)
{
    xen_send_ipi(cpu, (unsigned)ap_wakeup_vector);
}

static void xen_idle(void)
{
    pal_call(PAL_HALT_LIGHT, 0, 0, 0);
}

static noreturn void xen_power_off(void) { xen_shutdown(SHUTDOWN_POWEROFF); }
static noreturn void xen_restart(void) { xen_shutdown(SHUTDOWN_REBOOT); }
static noreturn void xen_crash(void) { xen_shutdown(SHUTDOWN_CRASH); }

const struct machine_vector machvec_xen = {
    .name = "xen", .setup = xen_setup, .cpu_init = xen_cpu_init, .irq_init = xen_irq_init,
    .console_early = xen_console_early, .dma_map = xen_dma_map, .send_ipi = xen_send_ipi,
    .wake_cpu = xen_wake_cpu, .idle = xen_idle, .power_off = xen_power_off,
    .restart = xen_restart, .crash = xen_crash,
};
