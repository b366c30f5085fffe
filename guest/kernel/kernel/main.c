/* From the first C statement to the first program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "firmware.h"
#include "fs.h"
#include "irq.h"
#include "machvec.h"
#include "mm.h"
#include "process.h"
#include "pv.h"
#include "sched.h"
#include "time.h"
#include "xen.h"

char cmdline[2048];
const struct machine_vector *machvec;
bool running_on_xen __attribute__((section(".data")));

noreturn void start_kernel(struct boot_param *bp);

const char *cmdline_get(const char *name)
{
    static char value[128];
    size_t n = strlen(name);
    for (const char *p = cmdline; *p; p++) {
        bool starts = p == cmdline || p[-1] == ' ';
        if (!starts || strncmp(p, name, n) || (p[n] != '=' && p[n] != ' ' && p[n])) continue;
        size_t len = 0;
        p += n + (p[n] == '=');
        while (p[len] && p[len] != ' ' && len < sizeof value - 1) value[len] = p[len], len++;
        if (p[-1] != '=') len = 0;
        value[len] = 0;
        return value;
    }
    return NULL;
}

static void run_initcalls(initcall_fn *const *first, initcall_fn *const *end)
{
    while (first < end) (*first++)();
}
extern initcall_fn *const initcalls_early[], *const initcalls[], *const initcalls_end[];

/* Process 1: what is left of starting, then the first program. */
static void init(void *arg)
{
    (void)arg;
    init_process = process_new(NULL);
    current->files = files_new(NULL);
    assert(init_process && current->files && process_join(init_process, current));
    smp_init();
    run_initcalls(initcalls, initcalls_end);
    for (int fd = 0; fd < 3; fd++) fd_install(tty_open(console_find("console")));
    char path[64];
    const char *asked = cmdline_get("init");
    snprintf(path, sizeof path, "%s", asked ? asked : "/init");
    int err = exec_first(path, cmdline);
    if (err) panic("%s: cannot be started (%d); see init= and the initramfs", path, -err);
    __atomic_and_fetch(&current->flags, ~TASK_FULL, __ATOMIC_RELAXED);
    enter_user();
}

/* The boot processor's idle task is the one that it starts with. */
static void become_task(void)
{
    current->state = TASK_RUNNABLE;
    current->on_cpu = true;
    current->user_psr = PSR_USER;
    memcpy(current->name, "idle0", 6);
    list_init(&current->run);
    this_cpu->idle = current;
}

/* Before anything else: from here on operations mean what they mean on this machine. */
static void choose_platform(void)
{
    machvec = &machvec_dig;
#ifndef JANUS_NOPV
    pv_setup_native();
    if (running_on_xen) {
        xen_setup_pv_ops();
        machvec = &machvec_xen;
    }
#endif
}

static void patch_sites(void)
{
#ifndef JANUS_NOPV
    const char *pv = cmdline_get("pv");
    if (!pv || strcmp(pv, "off")) pv_patch_apply();
#endif
}

void start_kernel(struct boot_param *bp)
{
    choose_platform();
    boot_param = va((u64)bp);
    snprintf(cmdline, sizeof cmdline, "%s", (const char *)va(boot_param->command_line));
    patch_sites();
    quiet = cmdline_get("quiet");
    become_task();
    kernel_pgd_init();
    syscall_init();
    pv_init_ops.setup_early();
    firmware_init();
    page_init();
    pv_init_ops.banner();
    processor_init();
    printk("machine vector %s, %u processors, %lu MB free\n", machvec->name, cpus_present,
           pages_free() >> (20 - PAGE_SHIFT));
    machvec->setup();
    ramfs_init();
    run_initcalls(initcalls_early, initcalls);
    console_ready = true;
    machvec->irq_init();
    cpu_init();
    kernel_thread("init", init, NULL);
    irq_enable();
    idle_loop();
}

/* --- the end --- */

void shut_down(bool restart)
{
    for (unsigned i = 0; i < cpus_online; i++) {
        const struct cpu *cpu = cpu_of(i);
        printk("processor %u: %lu ticks, %lu interrupts, %lu us stolen by others\n", i, cpu->ticks,
               cpu->interrupts, pv_time_ops.steal_ns(i) / 1000);
    }
    if (restart) machvec->restart();
    machvec->power_off();
}

/* There is nothing without it.  Was it content?  Under tasks_lock. */
void init_ended(int status)
{
    if (status) panic("init ended with status %d", status);
    shut_down(false);
}
