/* The paravirtual machine's wiring: hooks of the processors to the domain, host back ends, host
 * input as an event of virtual time, power-off and reset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/xen.h"

#include "base/log.h"
#include "cpu/psr.h"
#include "devices/host/chardev.h"
#include "guest/domain_builder.h"
#include "machine/backends.h"
#include "machine/machine-priv.h"
#include "machine/pace.h"

#define POLLS_PER_SECOND 200
#define VECTOR_EXTERNAL 0x3000u

struct xen_machine {
    struct machine *m;
    u64 itc_hz;
    s64 base_time;
    struct chardev *console;
    struct pace pace;
    struct bios *bios;
    struct domain *domain;
    struct domain_image image;
    struct clock_event poll;
    bool reset_wanted;
    u64 started;
    void (*monitor)(void *opaque);
    void *monitor_opaque;
};

/* --- hooks ------------------------------------------------------------------------------------ */

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

/* Events are taken in idleness, too, where nothing retires; an instruction that the hypervisor
 * carries out, or lets defer its fault, is progress, and does not retire either. */
static enum hook_answer on_interruption(void *opaque, struct cpu *cpu)
{
    struct machine *m = opaque;
    struct domain *d = m->xen->domain;
    bool event = interruption_vector(cpu_interruption(cpu).row) == VECTOR_EXTERNAL;
    u64 ip = cpu_ip(cpu), told = domain_reflections(d);
    unsigned ri = cpu_ri(cpu);
    if (!event) loop_check(m, cpu, domain_collects(d, cpu));
    enum hook_answer answer = domain_interruption(d, cpu);
    bool moved = cpu_ip(cpu) != ip || cpu_ri(cpu) != ri || (cpu_psr(cpu) & PSR_ED);
    if (event || (moved && domain_reflections(d) == told)) loop_forget(m, cpu);
    return answer;
}

static void install_hooks(struct xen_machine *x)
{
    x->m->xen = x;
    x->m->hooks.brk = on_break;
    x->m->hooks.privop = on_privop;
    x->m->hooks.interruption = on_interruption;
}

/* --- the domain's end ------------------------------------------------------------------------- */

static struct cpu *asking(struct xen_machine *x)
{
    return x->m->current ? x->m->current : x->m->cpus[0];
}

void xen_request_reset(struct xen_machine *x)
{
    x->reset_wanted = true;
    machine_end(x->m, END_RESET, asking(x), 0, "the machine was reset");
}

static void on_shutdown(void *opaque, struct cpu *cpu, unsigned reason)
{
    struct xen_machine *x = opaque;
    switch (reason) {
    case SHUTDOWN_POWEROFF:
        machine_end(x->m, END_EXIT, cpu, 0, "the guest turned the machine off");
        break;
    case SHUTDOWN_REBOOT:
        xen_request_reset(x);
        break;
    default:
        machine_end(x->m, END_PANIC, cpu, 0, "the guest's kernel says that it has crashed");
    }
}

static void on_crash(void *opaque, struct cpu *cpu, const char *why)
{
    struct xen_machine *x = opaque;
    char *where = machine_where(x->m, cpu_ip(cpu));
    machine_end(x->m, END_GUEST, cpu, 0, "%s (at ip %s)", why, where);
    g_free(where);
}

static u64 now_ns(void *opaque)
{
    struct xen_machine *x = opaque;
    return (u64)((u128)clock_now(x->m->clock) * 1000000000u / x->itc_hz);
}

/* --- host input ------------------------------------------------------------------------------- */

/* A guest that waits for ever would go unnoticed: we look for input for ever, too.  A kernel that
 * does not know Xen loses its way (frames, for one: its cover is not what the hypervisor needs),
 * but may be busy with that for ever. */
static void end_hopeless(struct xen_machine *x)
{
    const char *why = domain_hopeless(x->domain), *file = x->m->config->kernel;
    bool late = clock_now(x->m->clock) - x->started > x->itc_hz;
    if (why) machine_end(x->m, END_STUCK, asking(x), 0, "%s", why);
    if (x->image.other_notes && late && !domain_was_asked(x->domain)) {
        machine_end(x->m, END_GUEST, asking(x), 0, "%s has no Xen note, and has asked nothing of "
                    "Xen for a second: it is not built for it; run it without --xen", file);
    }
}

static void on_poll(void *opaque, u64 now)
{
    struct xen_machine *x = opaque;
    (void)now;
    /* Input that the guest does not take must not keep us awake. */
    bool takes = domain_takes_input(x->domain);
    pace_keep(&x->pace, x->m, POLLS_PER_SECOND, takes ? chardev_input_fd(x->console) : -1);
    chardev_poll(x->console);
    domain_poll(x->domain);
    end_hopeless(x);
    clock_arm(x->m->clock, &x->poll, clock_now(x->m->clock) + x->itc_hz / POLLS_PER_SECOND);
}

static void on_console_command(void *opaque, enum console_command command)
{
    struct xen_machine *x = opaque;
    switch (command) {
    case CONSOLE_QUIT: machine_end(x->m, END_EXIT, asking(x), 0, "quit"); break;
    case CONSOLE_RESET: xen_request_reset(x); break;
    case CONSOLE_POWER_BUTTON: xen_press_power_button(x); break;
    case CONSOLE_MONITOR:
        if (x->monitor) x->monitor(x->monitor_opaque);
        break;
    }
}

/* --- building --------------------------------------------------------------------------------- */

static bool open_console(struct xen_machine *x, GError **err)
{
    const char *where = x->m->config->console;
    x->console = chardev_open(where ? where : "stdio", on_console_command, x, err);
    if (x->console) x->pace.idle |= x->console->person;
    return x->console != NULL;
}

static bool add_disks(struct xen_machine *x, GError **err)
{
    const GArray *disks = x->m->config->disks;
    for (guint i = 0; i < disks->len; i++) {
        struct block *block = open_disk(&g_array_index(disks, struct disk, i), err);
        if (!block) return false;
        domain_add_disk(x->domain, block);
    }
    return true;
}

static bool add_network(struct xen_machine *x, GError **err)
{
    static const u8 mac[6] = { 0x00, 0x16, 0x3e, 0x64, 0x64, 0x01 };
    struct net *net;
    if (!open_network(x->m->config, now_ns, x, &net, err)) return false;
    if (!net) return true;
    x->pace.idle = true; /* or the guest's timers would outrun the real network */
    domain_add_network(x->domain, net, mac);
    return true;
}

static bool add_domain(struct xen_machine *x, GError **err)
{
    struct machine *m = x->m;
    struct bios_config bios = {
        .pm = m->pm, .platform = { .cpus = m->ncpus, .itc_hz = x->itc_hz },
        .base_time = x->base_time,
    };
    struct domain_config config = {
        .pm = m->pm, .clock = m->clock, .mem = m->config->mem, .itc_hz = x->itc_hz,
        .ncpus = m->ncpus, .console = x->console, .steal = (unsigned)m->config->steal,
        .host = { .opaque = x, .shutdown = on_shutdown, .crash = on_crash },
    };
    config.bios = x->bios = bios_new(&bios);
    for (unsigned i = 0; i < m->ncpus; i++) config.cpus[i] = m->cpus[i];
    x->domain = domain_new(&config, err);
    return x->domain != NULL;
}

static bool load(struct xen_machine *x, GError **err)
{
    const struct config *c = x->m->config;
    struct domain_plan plan = {
        .pm = x->m->pm, .mem = c->mem, .vcpus = x->m->ncpus, .files = { c->kernel, c->initrd },
        .cmdline = c->append,
    };
    domain_image_clear(&x->image);
    if (!domain_build(x->domain, &plan, &x->image, err)) return false;
    machine_take_symbols(x->m, g_steal_pointer(&x->image.linux_image.symbols));
    if (x->image.other_notes) {
        log_warning("machine", "%s: among its notes is none of Xen's; a kernel that knows no Xen "
                    "cannot run as a domain", c->kernel);
    }
    if (!config_wants_lines(c)) linux_forget_file(&x->image.linux_image);
    domain_start(x->domain, x->image.linux_image.entry, x->image.boot_param);
    x->started = clock_now(x->m->clock);
    panic_watch(x->m, x->itc_hz);
    log_info("machine", "starting %s at %#llx as a Xen domain", c->kernel,
             (unsigned long long)x->image.linux_image.entry);
    return true;
}

static bool configure(struct xen_machine *x, GError **err)
{
    const struct config *c = x->m->config;
    x->itc_hz = timer_rate(c);
    if (!check_platform(c, err) || !start_date(c, &x->base_time, err) ||
        !pace_init(&x->pace, c, x->itc_hz, err)) {
        return false;
    }
    machine_add_cpus(x->m, (unsigned)c->cpus);
    return true;
}

static u64 hash_domain(void *opaque, u64 seed)
{
    const struct xen_machine *x = opaque;
    return domain_hash(x->domain, seed);
}

struct xen_machine *xen_new(struct machine *m, GError **err)
{
    struct xen_machine *x = g_new0(struct xen_machine, 1);
    x->m = m;
    install_hooks(x);
    clock_event_init(&x->poll, "host input", 0, on_poll, x);
    if (!configure(x, err) || !open_console(x, err) || !add_domain(x, err) || !add_disks(x, err) ||
        !add_network(x, err) || !load(x, err)) {
        xen_free(x);
        return NULL;
    }
    sections_add_fn(m->sections, "xen domain", hash_domain, x);
    clock_arm(m->clock, &x->poll, clock_now(m->clock) + x->itc_hz / POLLS_PER_SECOND);
    return x;
}

void xen_free(struct xen_machine *x)
{
    if (!x) return;
    if (x->poll.armed) clock_disarm(x->m->clock, &x->poll);
    x->m->hooks.brk = NULL;
    x->m->hooks.privop = NULL;
    x->m->hooks.interruption = NULL;
    x->m->xen = NULL;
    domain_image_clear(&x->image);
    domain_free(x->domain);
    bios_free(x->bios);
    chardev_free(x->console);
    g_free(x);
}

/* --- reset ------------------------------------------------------------------------------------ */

bool xen_restarts(struct xen_machine *x)
{
    struct machine *m = x->m;
    GError *err = NULL;
    if (!x->reset_wanted || m->config->no_reboot) return false;
    x->reset_wanted = false;
    physmem_zero(m->pm, 0, m->config->mem);
    for (unsigned i = 0; i < m->ncpus; i++) cpu_reset(m->cpus[i]);
    if (!load(x, &err)) {
        log_error("machine", "cannot build the domain again: %s", err->message);
        g_error_free(err);
        return false;
    }
    m->ended = false;
    g_clear_pointer(&m->message, g_free);
    return true;
}

/* --- for people and monitors ------------------------------------------------------------------ */

struct xen_machine *machine_xen(const struct machine *m)
{
    return m->xen;
}

struct chardev *xen_console(struct xen_machine *x)
{
    return x->console;
}

void xen_on_monitor(struct xen_machine *x, void (*fn)(void *opaque), void *opaque)
{
    x->monitor = fn;
    x->monitor_opaque = opaque;
}

void xen_print_interrupts(const struct xen_machine *x, GString *out)
{
    domain_print_ports(x->domain, out);
}

void xen_press_power_button(struct xen_machine *x)
{
    domain_request(x->domain, "poweroff");
}

const struct linux_image *xen_image(const struct xen_machine *x)
{
    return &x->image.linux_image;
}

void xen_reveal(struct xen_machine *x, bool on)
{
    if (x->domain) domain_reveal(x->domain, on);
}

void xen_print_counters(const struct xen_machine *x, FILE *out)
{
    domain_print_counters(x->domain, out);
}

bool xen_console_complete(const struct xen_machine *x)
{
    return !x->console->lost;
}
