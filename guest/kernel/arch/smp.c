/* Processors: each one's own page, starting the others, asking them for something.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "irq.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"
#include "sched.h"
#include "time.h"

/* For head.S: what the processor that starts now gets. */
extern struct task *booting_task;
extern char *booting_percpu;

static char percpu_pages[MAX_CPUS][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static char boot_task_memory[TASK_SIZE] __attribute__((aligned(TASK_SIZE)));
struct task *booting_task = (struct task *)boot_task_memory;
char *booting_percpu = percpu_pages[0];

unsigned cpus_online = 1;
extern const char start_ap[];

struct cpu *cpu_of(unsigned id)
{
    return (struct cpu *)percpu_pages[id];
}

/* What every processor does once it runs in C. */
void cpu_init(void)
{
    tlb_init();
    machvec->cpu_init();
    pv_irq_ops.register_percpu();
    time_init();
}

void start_secondary(void)
{
    current->state = TASK_RUNNABLE;
    cpu_init();
    __atomic_add_fetch(&cpus_online, 1, __ATOMIC_ACQ_REL);
    irq_enable();
    idle_loop();
}

static void start_cpu(unsigned id)
{
    struct task *idle = stack_alloc(TASK_ORDER);
    assert(idle);
    snprintf(idle->name, sizeof idle->name, "idle%u", id);
    idle->on_cpu = true;
    idle->user_psr = PSR_USER;
    list_init(&idle->run);
    booting_task = idle;
    booting_percpu = percpu_pages[id];
    cpu_of(id)->id = id;
    cpu_of(id)->idle = idle;
    memory_barrier();
    machvec->wake_cpu(id);
    for (u64 give_up = time_now_ns() + 10000000000ul; read_once(cpus_online) == id;) {
        if (time_now_ns() > give_up) panic("processor %u does not start", id);
        cpu_relax();
    }
}

/* Firmware starts them at the address that it is told, when the wake-up interrupt reaches them. */
void smp_init(void)
{
    if (cpus_present == 1) return;
    enum { BOOT_RENDEZVOUS = 2 };
    extern char gp[] asm("__gp");
    struct fw_result r = sal_call(SAL_SET_VECTORS, BOOT_RENDEZVOUS, pa(start_ap), pa(gp), 0, 0, 0,
                                  0);
    if (r.status) panic("firmware refuses to start processors (%ld)", r.status);
    for (unsigned id = 1; id < cpus_present; id++) start_cpu(id);
    printk("%u processors\n", cpus_online);
}

/* --- calls --- */

void smp_run_calls(void)
{
    struct cpu *cpu = this_cpu;
    u64 calls = read_once(cpu->calls);
    if (calls & CALL_FLUSH_TLB) tlb_flush_here();
    atomic_and(&cpu->calls, ~calls); /* done: this is what the caller waits for */
}

void smp_call_all(u64 what)
{
    static spinlock_t one_at_a_time;
    u64 on = spin_lock_irqsave(&one_at_a_time);
    unsigned me = this_cpu->id;
    for (unsigned i = 0; i < cpus_online; i++) {
        if (i == me) continue;
        atomic_or(&cpu_of(i)->calls, what);
        ipi_send(i, IPI_CALL);
    }
    for (unsigned i = 0; i < cpus_online; i++) {
        while (i != me && read_once(cpu_of(i)->calls) & what) {
            if (this_cpu->calls) smp_run_calls();
            cpu_relax();
        }
    }
    spin_unlock_irqrestore(&one_at_a_time, on);
}

void spin_wait(spinlock_t *l)
{
    while (read_once(l->held)) {
        if (this_cpu->calls) smp_run_calls();
        cpu_relax();
    }
}
