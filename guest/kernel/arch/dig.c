/* The machine vector of real machines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"
#include "sched.h"

enum { UART = 0x3f8, UART_LSR = 5, LSR_EMPTY = 0x20, LSAPIC_BLOCK = 0xfee00000 };

static void dig_setup(void)
{
    if (!iosapic_pa) printk("no I/O SAPIC: devices cannot interrupt\n");
    if (cpus_present > 1 && !ap_wakeup_vector) panic("no way to wake other processors");
}

/* Firmware may have left something for the pins of the processor. */
static void dig_cpu_init(void)
{
    const u64 masked = 1 << 16;
    ia64_setreg_raw("cr.lrr0", masked);
    ia64_setreg_raw("cr.lrr1", masked);
    ia64_srlz_d();
}

static void dig_irq_init(void)
{
    enum { VERSION = 1, RTE0_LOW = 0x10, MASKED = 1 << 16 };
    unsigned pins = iosapic_pa ? (pv_iosapic_ops.read(iosapic_pa, VERSION) >> 16 & 0xff) + 1 : 0;
    for (unsigned i = 0; i < pins; i++) pv_iosapic_ops.write(iosapic_pa, RTE0_LOW + 2 * i, MASKED);
}

static void dig_console_early(const char *s, size_t n)
{
    while (n--) {
        while (!(inb(UART + UART_LSR) & LSR_EMPTY)) cpu_relax();
        outb((u8)*s++, UART);
    }
}

static u64 dig_dma_map(const void *p, size_t n)
{
    (void)n;
    return pa(p);
}

/* The processor interrupt block: a store to the address of a processor is its interrupt. */
static void dig_send_ipi(unsigned cpu, unsigned vector)
{
    memory_barrier();
    *(volatile u64 *)uncached(LSAPIC_BLOCK | (u64)cpu_lid[cpu] << 4) = vector;
}

static void dig_wake_cpu(unsigned cpu)
{
    dig_send_ipi(cpu, (unsigned)ap_wakeup_vector);
}

static void dig_idle(void)
{
    pal_call(PAL_HALT_LIGHT, 0, 0, 0);
}

static noreturn void dig_power_off(void) { efi_reset(2); }
static noreturn void dig_restart(void) { efi_reset(0); }

static noreturn void dig_crash(void)
{
    for (;;) cpu_relax();
}

const struct machine_vector machvec_dig = {
    .name = "dig", .setup = dig_setup, .cpu_init = dig_cpu_init, .irq_init = dig_irq_init,
    .console_early = dig_console_early, .dma_map = dig_dma_map, .send_ipi = dig_send_ipi,
    .wake_cpu = dig_wake_cpu, .idle = dig_idle, .power_off = dig_power_off,
    .restart = dig_restart, .crash = dig_crash,
};

/* --- pv_init_ops of bare hardware --- */

static void native_banner(void)
{
    printk("janus on bare hardware\n");
}

static void native_reserve(void (*reserve)(u64 start, u64 end))
{
    (void)reserve;
}

static void native_setup_early(void)
{
    gate_map(native_gate);
}

#ifndef JANUS_NOPV
static u64 native_patch_bundle(void *start, void *end, u64 type)
{
    return pv_patch_with(native_bodies, native_bodies_end, start, end, type);
}

#define PV_BRANCH(name, type, what) extern const char native_##name[];
#include "pv_branches.def"

static bool native_patch_branch(void *tag, u64 type)
{
    static const struct { u64 type; const char *target; } targets[] = {
#define PV_BRANCH(name, type, what) { type, native_##name },
#include "pv_branches.def"
    };
    for (unsigned i = 0; i < ARRAY_SIZE(targets); i++) {
        if (targets[i].type == type) return pv_retarget(tag, targets[i].target);
    }
    return false;
}
#endif

const struct pv_init_table native_init_ops = {
    .banner = native_banner, .reserve_memory = native_reserve, .setup_early = native_setup_early,
#ifndef JANUS_NOPV
    .patch_bundle = native_patch_bundle, .patch_branch = native_patch_branch,
#endif
};
