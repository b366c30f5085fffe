/* The paravirtual machine's wiring: hooks of the processors to the domain, host back ends, host
 * input as an event of virtual time, power-off and reset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/xen.h"

#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "guest/domain_builder.h"
#include "machine/machine-priv.h"

#define POLLS_PER_SECOND 200

struct xen_machine {
    struct machine *m;
    struct native_config config;
    struct bios *bios;
    struct domain *domain;
    struct domain_image image;
    struct clock_event poll;
    u64 poll_ticks;
    bool powered_off, reset_wanted, quit;
};

/* --- hooks ------------------------------------------------------------------------------------------ */

static enum hook_answer on_break(void *opaque, struct cpu *cpu, u64 imm)
{
    struct machine *m = opaque;
    return domain_brk(m->xen->domain, cpu, imm);
}

static enum hook_answer on_privop(void *opaque, struct cpu *cpu, const struct insn *in)
{
    struct machine *m = opaque;
    return domain_privop(m->xen->domain, cpu, in);
}

static enum hook_answer on_interruption(void *opaque, struct cpu *cpu)
{
    struct machine *m = opaque;
    return domain_interruption(m->xen->domain, cpu);
}

static void install_hooks(struct xen_machine *x)
{
    x->m->xen = x;
    x->m->hooks.brk = on_break;
    x->m->hooks.privop = on_privop;
    x->m->hooks.interruption = on_interruption;
}

/* --- the domain's end -------------------------------------------------------------------------------- */

static void stop_for(struct xen_machine *x, bool *why, const char *text)
{
    struct machine *m = x->m;
    *why = true;
    machine_end(m, END_EXIT, m->current ? m->current : m->cpus[0], 0, "%s", text);
}

static void on_shutdown(void *opaque, struct cpu *cpu, unsigned reason)
{
    struct xen_machine *x = opaque;
    switch (reason) {
    case SHUTDOWN_POWEROFF: stop_for(x, &x->powered_off, "the guest turned the machine off"); break;
    case SHUTDOWN_REBOOT: stop_for(x, &x->reset_wanted, "the guest reset the machine"); break;
    default:
        machine_end(x->m, END_GUEST, cpu, 0, "the guest's kernel says that it has crashed");
    }
}

static void on_crash(void *opaque, struct cpu *cpu, const char *why)
{
    struct xen_machine *x = opaque;
    u64 offset = 0, ip = cpu_ip(cpu);
    const char *name = symbols_find(x->image.linux_image.symbols, ip, &offset);
    machine_end(x->m, END_GUEST, cpu, 0, "%s (at ip %#llx <%s+%#llx>)", why,
                (unsigned long long)ip, name ? name : "?", (unsigned long long)offset);
}

static u64 now_ns(void *opaque)
{
    struct xen_machine *x = opaque;
    return (u64)((u128)clock_now(x->m->clock) * 1000000000u / x->config.itc_hz);
}

/* --- host input ---------------------------------------------------------------------------------------- */

/* See native.c: with a person at the console idle time passes at its own speed. */
static void sleep_if_idle(struct xen_machine *x)
{
    int fd = chardev_input_fd(x->config.console);
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    for (unsigned i = 0; i < x->m->ncpus; i++) {
        if (!cpu_is_halted(x->m->cpus[i])) return;
    }
    poll(&pfd, fd >= 0 ? 1 : 0, 1000 / POLLS_PER_SECOND);
}

static void on_poll(void *opaque, u64 now)
{
    struct xen_machine *x = opaque;
    if (x->config.sleep_when_idle) sleep_if_idle(x);
    domain_poll(x->domain);
    clock_arm(x->m->clock, &x->poll, now + x->poll_ticks);
}

/* --- building -------------------------------------------------------------------------------------------- */

static bool add_devices(struct xen_machine *x, GError **err)
{
    static const u8 mac[6] = { 0x00, 0x16, 0x3e, 0x64, 0x64, 0x01 };
    for (unsigned i = 0; i < x->config.disk_count; i++) {
        struct block *disk = block_open(x->config.disks[i].path, x->config.disks[i].mode, err);
        if (!disk) return false;
        domain_add_disk(x->domain, disk);
    }
    if (!x->config.network) return true;
    struct net *net = net_user_new(x->config.forward, now_ns, x, err);
    if (net) domain_add_network(x->domain, net, mac);
    return net != NULL;
}

static bool add_domain(struct xen_machine *x, GError **err)
{
    struct machine *m = x->m;
    struct bios_config bios = {
        .pm = m->pm, .platform = { .cpus = m->ncpus, .itc_hz = x->config.itc_hz },
        .base_time = x->config.base_time,
    };
    struct domain_config config = {
        .pm = m->pm, .clock = m->clock, .mem = m->config->mem, .itc_hz = x->config.itc_hz,
        .ncpus = m->ncpus, .console = x->config.console,
        .host = { .opaque = x, .shutdown = on_shutdown, .crash = on_crash },
    };
    config.bios = x->bios = bios_new(&bios);
    for (unsigned i = 0; i < m->ncpus; i++) config.cpus[i] = m->cpus[i];
    x->domain = domain_new(&config, err);
    return x->domain != NULL;
}

static bool load(struct xen_machine *x, GError **err)
{
    const struct native_config *c = &x->config;
    struct domain_plan plan = {
        .pm = x->m->pm, .mem = x->m->config->mem, .vcpus = x->m->ncpus,
        .files = { c->kernel, c->initrd, c->cmdline },
    };
    domain_image_clear(&x->image);
    if (!domain_build(x->domain, &plan, &x->image, err)) return false;
    domain_start(x->domain, x->image.linux_image.entry, x->image.boot_param);
    log_info("machine", "starting %s at %#llx as a Xen domain", c->kernel,
             (unsigned long long)x->image.linux_image.entry);
    return true;
}

struct xen_machine *xen_new(struct machine *m, const struct native_config *config, GError **err)
{
    struct xen_machine *x = g_new0(struct xen_machine, 1);
    x->m = m;
    x->config = *config;
    if (!x->config.itc_hz) x->config.itc_hz = NATIVE_ITC_HZ;
    x->config.cpus = CLAMP(x->config.cpus, 1, CPUS_MAX);
    x->poll_ticks = x->config.itc_hz / POLLS_PER_SECOND;
    machine_add_cpus(m, x->config.cpus);
    install_hooks(x);
    if (!add_domain(x, err) || !add_devices(x, err) || !load(x, err)) {
        xen_free(x);
        return NULL;
    }
    clock_event_init(&x->poll, "host input", 0, on_poll, x);
    clock_arm(m->clock, &x->poll, clock_now(m->clock) + x->poll_ticks);
    return x;
}

void xen_free(struct xen_machine *x)
{
    if (!x) return;
    clock_disarm(x->m->clock, &x->poll);
    x->m->hooks.brk = NULL;
    x->m->hooks.privop = NULL;
    x->m->hooks.interruption = NULL;
    x->m->xen = NULL;
    domain_image_clear(&x->image);
    domain_free(x->domain);
    bios_free(x->bios);
    g_free(x);
}

/* --- running ------------------------------------------------------------------------------------------------ */

static bool restart(struct xen_machine *x, GError **err)
{
    struct machine *m = x->m;
    memset(physmem_host(m->pm, 0, m->config->mem), 0, m->config->mem);
    physmem_note_write(m->pm, 0, m->config->mem);
    for (unsigned i = 0; i < m->ncpus; i++) cpu_reset(m->cpus[i]);
    x->reset_wanted = false;
    m->ended = false;
    g_clear_pointer(&m->message, g_free);
    return load(x, err);
}

enum native_end xen_run(struct xen_machine *x, struct machine_result *result)
{
    for (;;) {
        GError *err = NULL;
        *result = machine_run(x->m);
        if (x->quit) return NATIVE_QUIT;
        if (x->powered_off) return NATIVE_POWER_OFF;
        if (!x->reset_wanted) return NATIVE_OTHER;
        if (x->config.no_reboot) return NATIVE_RESET;
        if (!restart(x, &err)) {
            log_error("machine", "cannot build the domain again: %s", err->message);
            g_error_free(err);
            return NATIVE_OTHER;
        }
    }
}

void xen_press_power_button(struct xen_machine *x)
{
    domain_request(x->domain, "poweroff");
}

void xen_console_command(void *xen_machine, enum console_command command)
{
    struct xen_machine *x = xen_machine;
    switch (command) {
    case CONSOLE_QUIT: stop_for(x, &x->quit, "quit from the console"); break;
    case CONSOLE_RESET: stop_for(x, &x->reset_wanted, "reset from the console"); break;
    case CONSOLE_POWER_BUTTON: xen_press_power_button(x); break;
    case CONSOLE_MONITOR: break;
    }
}

const struct symbols *xen_symbols(const struct xen_machine *x)
{
    return x->image.linux_image.symbols;
}

void xen_print_counters(const struct xen_machine *x, FILE *out)
{
    domain_print_counters(x->domain, out);
}
