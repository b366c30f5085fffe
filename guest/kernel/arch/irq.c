/* Interrupts: who handles which, and the native side: local SAPIC and I/O SAPIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "irq.h"

#include "firmware.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"
#include "sched.h"
#include "time.h"

#define IRQS 256
struct action {
    irq_handler *handler;
    void *arg;
    struct action *next;
};
static struct action *actions[IRQS];
static spinlock_t irq_lock;

int irq_request(int irq, irq_handler *handler, void *arg)
{
    if (irq < 0 || irq >= IRQS) return -EINVAL;
    struct action *a = kmalloc(sizeof *a);
    if (!a) return -ENOMEM;
    u64 on = spin_lock_irqsave(&irq_lock);
    *a = (struct action){ handler, arg, actions[irq] };
    actions[irq] = a;
    spin_unlock_irqrestore(&irq_lock, on);
    return a->next ? 0 : pv_irq_ops.enable(irq);
}

void irq_dispatch(int irq)
{
    for (struct action *a = actions[irq]; a; a = a->next) a->handler(a->arg);
}

void ipi_send(unsigned cpu, enum ipi ipi)
{
    pv_irq_ops.send_ipi(cpu, ipi);
}

void ipi_receive(enum ipi ipi)
{
    if (ipi == IPI_CALL) smp_run_calls();
    /* IPI_RESCHEDULE has done its work by arriving. */
}

/* --- bare hardware --- */

static u32 native_iosapic_read(u64 base, unsigned reg)
{
    volatile u32 *window = uncached(base);
    window[0] = reg;
    return window[4];
}

static void native_iosapic_write(u64 base, unsigned reg, u32 value)
{
    volatile u32 *window = uncached(base);
    window[0] = reg;
    window[4] = value;
}

const struct pv_iosapic_table native_iosapic_ops = { native_iosapic_read, native_iosapic_write };

#define RTE_LOW(pin) (0x10 + 2 * (pin))
#define RTE_LEVEL_LOW (1u << 15 | 1u << 13)
#define GSI_LEGACY 16 /* below: edges of the ISA bus; above: levels of PCI */

/* Vector 0x30 + n for interrupt n, always to the first processor. */
static int native_enable(int gsi)
{
    unsigned pin = (unsigned)gsi - (unsigned)iosapic_gsi_base;
    u32 low = (u32)(VECTOR_DEVICE_FIRST + gsi) | (gsi < GSI_LEGACY ? 0 : RTE_LEVEL_LOW);
    if (!iosapic_pa || VECTOR_DEVICE_FIRST + gsi >= VECTOR_TIMER) return -EINVAL;
    pv_iosapic_ops.write(iosapic_pa, RTE_LOW(pin) + 1, cpu_lid[0] << 16);
    pv_iosapic_ops.write(iosapic_pa, RTE_LOW(pin), low);
    return 0;
}

static void iosapic_eoi(unsigned vector)
{
    enum { EOI = 0x40 / 4 };
    if (iosapic_pa) ((volatile u32 *)uncached(iosapic_pa))[EOI] = vector;
}

static void native_handle(void)
{
    u64 vector;
    while ((vector = ia64_get_ivr()) != VECTOR_SPURIOUS) {
        switch (vector) {
        case VECTOR_TIMER: time_interrupt(0); break;
        case VECTOR_CALL: ipi_receive(IPI_CALL); break;
        case VECTOR_RESCHEDULE: ipi_receive(IPI_RESCHEDULE); break;
        default:
            if (vector < VECTOR_DEVICE_FIRST) break;
            irq_dispatch((int)vector - VECTOR_DEVICE_FIRST);
            if (vector >= VECTOR_DEVICE_FIRST + GSI_LEGACY) iosapic_eoi((unsigned)vector);
        }
        ia64_set_eoi();
    }
}

/* Nothing in service, nothing masked; the timer's vector. */
static void native_register_percpu(void)
{
    ia64_set_tpr(0);
    ia64_setreg_raw("cr.itv", VECTOR_TIMER);
    while (ia64_get_ivr() != VECTOR_SPURIOUS) ia64_set_eoi();
    ia64_srlz_d();
}

static void native_send_ipi(unsigned cpu, enum ipi ipi)
{
    static const unsigned vectors[IPIS] = { VECTOR_RESCHEDULE, VECTOR_CALL };
    machvec->send_ipi(cpu, vectors[ipi]);
}

const struct pv_irq_table native_irq_ops = { native_enable, native_register_percpu, native_send_ipi,
                                             native_handle };
