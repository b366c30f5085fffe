/* The native machine's wiring.  The address map is the one of a small DIG-style server: RAM from 0,
 * PCI memory below 4 GB, IOSAPIC and interrupt block where everybody has them, I/O ports far above.
 *
 * Host input enters as an event of virtual time, POLLS_PER_SECOND times a guest second, so that
 * devices never run in the middle of an instruction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/native.h"

#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "bios/bios.h"
#include "devices/acpi_pm.h"
#include "devices/interrupt_block.h"
#include "devices/ioport.h"
#include "devices/iosapic.h"
#include "devices/uart16550.h"
#include "devices/virtio_devices.h"
#include "guest/linux.h"
#include "machine/machine-priv.h"

#define PCI_WINDOW_PA 0x80000000ull
#define PCI_WINDOW_SIZE 0x40000000ull
#define IOSAPIC_PA 0xfec00000ull
#define IOSAPIC_PINS 24
#define INTERRUPT_BLOCK_PA 0xfee00000ull
#define IO_PORTS_PA 0x3fffc000000ull
#define UART_PORT 0x3f8
#define UART_GSI 4
#define PM_PORT 0x2000
#define SCI_GSI 9
#define INTX_GSI 16
#define POLLS_PER_SECOND 200
#define IA64_VECTOR_MIN 16

struct native {
    struct machine *m;
    struct native_config config;
    struct bios *bios;
    struct ioport_space *ports;
    struct iosapic *iosapic;
    struct uart16550 *uart;
    struct acpi_pm *pm;
    struct pci_bus *pci;
    struct sapic_bus sapic;
    struct linux_image linux;
    struct clock_event poll;
    bool powered_off, reset_wanted, quit;
};

/* --- messages to processors ------------------------------------------------------------------ */

static void deliver(void *opaque, unsigned dest, enum sapic_mode mode, unsigned vector)
{
    struct native *n = opaque;
    unsigned id = dest >> 8;
    if ((dest & 0xff) || id >= n->m->ncpus) {
        log_warning("sapic", "interrupt %#x for processor %#x, which does not exist", vector, dest);
        return;
    }
    switch (mode) {
    case SAPIC_INT:
    case SAPIC_LOWEST:
        if (vector >= IA64_VECTOR_MIN) cpu_post_vector(n->m->cpus[id], vector);
        break;
    case SAPIC_NMI: cpu_post_vector(n->m->cpus[id], 2); break;
    case SAPIC_EXTINT: cpu_post_vector(n->m->cpus[id], 0); break;
    default: log_warning("sapic", "delivery mode %u is not supported", mode); break;
    }
}

/* --- what devices and firmware ask ------------------------------------------------------------ */

static void stop_for(struct native *n, bool *why, const char *text)
{
    *why = true;
    machine_end(n->m, END_EXIT, n->m->current ? n->m->current : n->m->cpus[0], 0, "%s", text);
}

static void on_pm_event(void *opaque, enum pm_event event)
{
    struct native *n = opaque;
    if (event == PM_POWER_OFF) {
        stop_for(n, &n->powered_off, "the guest turned the machine off");
    } else {
        stop_for(n, &n->reset_wanted, "the guest reset the machine");
    }
}

static void on_bios_event(void *opaque, enum bios_event event)
{
    on_pm_event(opaque, event == BIOS_POWER_OFF ? PM_POWER_OFF : PM_RESET_MACHINE);
}

static u64 now_ns(void *opaque)
{
    struct native *n = opaque;
    return (u64)((u128)clock_now(n->m->clock) * 1000000000u / n->config.itc_hz);
}

static u32 pci_read(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size)
{
    struct native *n = opaque;
    return bus ? ~0u : pci_config_read(n->pci, devfn, reg, size);
}

static void pci_write(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                      u32 value)
{
    struct native *n = opaque;
    if (!bus) pci_config_write(n->pci, devfn, reg, size, value);
}

static enum hook_answer on_break(void *opaque, struct cpu *cpu, u64 imm)
{
    struct machine *m = opaque;
    return bios_call(m->native->bios, cpu, imm);
}

/* --- host input ------------------------------------------------------------------------------- */

/* With a person at the console nothing is gained by racing through idle time: wait for a key, or
 * for as long as the time until the next poll would take on real hardware. */
static void sleep_if_idle(struct native *n)
{
    int fd = chardev_input_fd(n->config.console);
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    for (unsigned i = 0; i < n->m->ncpus; i++) {
        if (!cpu_is_halted(n->m->cpus[i])) return;
    }
    poll(&pfd, fd >= 0 ? 1 : 0, 1000 / POLLS_PER_SECOND);
}

static void on_poll(void *opaque, u64 now)
{
    struct native *n = opaque;
    if (n->config.sleep_when_idle) sleep_if_idle(n);
    uart_poll(n->uart);
    pci_bus_poll(n->pci);
    clock_arm(n->m->clock, &n->poll, now + n->config.itc_hz / POLLS_PER_SECOND);
}

/* --- building --------------------------------------------------------------------------------- */

static struct irq_line pin(struct native *n, unsigned number)
{
    return (struct irq_line){ iosapic_set_pin, n->iosapic, number };
}

static bool add_controllers(struct native *n, GError **err)
{
    struct physmem *pm = n->m->pm;
    n->sapic = (struct sapic_bus){ deliver, n };
    n->iosapic = iosapic_new(IOSAPIC_PINS, &n->sapic);
    n->ports = ioport_new();
    return physmem_add_device(pm, IOSAPIC_PA, IOSAPIC_MMIO_SIZE, &iosapic_mmio_ops, n->iosapic, err) &&
           physmem_add_device(pm, INTERRUPT_BLOCK_PA, INTERRUPT_BLOCK_SIZE, &interrupt_block_ops,
                              &n->sapic, err) &&
           physmem_add_device(pm, IO_PORTS_PA, IOPORT_MMIO_SIZE, &ioport_mmio_ops, n->ports, err);
}

static bool add_port_devices(struct native *n, GError **err)
{
    struct irq_line uart_irq = pin(n, UART_GSI);
    struct pm_config pm = {
        .sci = pin(n, SCI_GSI), .event = on_pm_event, .now_ns = now_ns, .opaque = n,
    };
    n->uart = uart_new(n->config.console, &uart_irq);
    n->pm = acpi_pm_new(&pm);
    return ioport_claim(n->ports, UART_PORT, UART_SIZE, &uart_ioport_ops, n->uart, err) &&
           ioport_claim(n->ports, PM_PORT, PM_SIZE, &acpi_pm_ops, n->pm, err);
}

static bool add_disks(struct native *n, GError **err)
{
    for (unsigned i = 0; i < n->config.disk_count; i++) {
        struct block *disk = block_open(n->config.disks[i].path, n->config.disks[i].mode, err);
        if (!disk || !pci_add(n->pci, virtio_blk_new(n->m->pm, disk), err)) return false;
    }
    return true;
}

static bool add_network(struct native *n, GError **err)
{
    static const u8 mac[6] = { 0x52, 0x54, 0x00, 0x64, 0x64, 0x01 };
    if (!n->config.network) return true;
    struct net *net = net_user_new(n->config.forward, now_ns, n, err);
    return net && pci_add(n->pci, virtio_net_new(n->m->pm, net, mac), err);
}

static bool add_pci(struct native *n, GError **err)
{
    struct irq_line intx[4];
    for (unsigned i = 0; i < 4; i++) intx[i] = pin(n, INTX_GSI + i);
    n->pci = pci_bus_new(PCI_WINDOW_PA, PCI_WINDOW_SIZE, intx);
    if (!physmem_add_device(n->m->pm, PCI_WINDOW_PA, PCI_WINDOW_SIZE, &pci_window_ops, n->pci, err)) {
        return false;
    }
    return add_disks(n, err) && add_network(n, err) &&
           pci_add(n->pci, virtio_rng_new(n->m->pm, n->config.seed), err) &&
           (!n->config.hvc || pci_add(n->pci, virtio_console_new(n->m->pm, n->config.hvc), err));
}

static void add_bios(struct native *n)
{
    struct bios_config config = {
        .pm = n->m->pm,
        .platform = {
            .cpus = n->config.cpus, .itc_hz = n->config.itc_hz,
            .interrupt_block_pa = INTERRUPT_BLOCK_PA, .iosapic_pa = IOSAPIC_PA,
            .io_ports_pa = IO_PORTS_PA, .pci_window_pa = PCI_WINDOW_PA,
            .pci_window_size = PCI_WINDOW_SIZE,
            .intx_gsi = { INTX_GSI, INTX_GSI + 1, INTX_GSI + 2, INTX_GSI + 3 },
            .uart_port = UART_PORT, .uart_gsi = UART_GSI, .pm_port = PM_PORT, .sci_gsi = SCI_GSI,
            .slp_typ_s5 = PM_SLP_TYP_S5, .reset_value = PM_RESET_VALUE,
        },
        .host = { .opaque = n, .event = on_bios_event, .pci_read = pci_read,
                  .pci_write = pci_write },
        .base_time = n->config.base_time,
    };
    n->bios = bios_new(&config);
    n->m->native = n;
    n->m->hooks.brk = on_break;
}

/* Memory, tables and processors as after power-on. */
static bool load(struct native *n, GError **err)
{
    struct physmem *pm = n->m->pm;
    const struct native_config *c = &n->config;
    struct linux_files files = { c->kernel, c->initrd, c->cmdline };
    linux_image_clear(&n->linux);
    add_bios(n);
    if (!linux_load(pm, &files, &n->linux, err)) return false;
    bios_claim(n->bios, n->linux.kernel_pa, n->linux.kernel_size);
    if (n->linux.initrd_size) bios_claim(n->bios, n->linux.initrd_pa, n->linux.initrd_size);
    if (!bios_install(n->bios, err)) return false;
    struct bios_memory_map map = bios_memory_map(n->bios);
    struct linux_firmware fw = {
        bios_efi_system_table(n->bios), map.pa, map.size, map.descriptor_size, map.version,
    };
    if (!linux_boot_params(pm, BIOS_LOADER_PA, &n->linux, c->cmdline, &fw, err)) return false;
    bios_start_boot_cpu(n->bios, n->m->cpus[0], n->linux.entry, BIOS_LOADER_PA);
    for (unsigned i = 1; i < n->m->ncpus; i++) bios_park_cpu(n->bios, n->m->cpus[i]);
    log_info("machine", "starting %s at %#llx", c->kernel, (unsigned long long)n->linux.entry);
    return true;
}

struct native *native_new(struct machine *m, const struct native_config *config, GError **err)
{
    struct native *n = g_new0(struct native, 1);
    n->m = m;
    n->config = *config;
    if (!n->config.itc_hz) n->config.itc_hz = NATIVE_ITC_HZ;
    n->config.cpus = CLAMP(n->config.cpus, 1, CPUS_MAX);
    machine_add_cpus(m, n->config.cpus);
    if (!add_controllers(n, err) || !add_port_devices(n, err) || !add_pci(n, err) ||
        !load(n, err)) {
        native_free(n);
        return NULL;
    }
    clock_event_init(&n->poll, "host input", 0, on_poll, n);
    clock_arm(m->clock, &n->poll, clock_now(m->clock) + n->config.itc_hz / POLLS_PER_SECOND);
    return n;
}

void native_free(struct native *n)
{
    if (!n) return;
    clock_disarm(n->m->clock, &n->poll);
    n->m->hooks.brk = NULL;
    linux_image_clear(&n->linux);
    bios_free(n->bios);
    pci_bus_free(n->pci);
    acpi_pm_free(n->pm);
    uart_free(n->uart);
    ioport_free(n->ports);
    iosapic_free(n->iosapic);
    g_free(n);
}

/* --- running ---------------------------------------------------------------------------------- */

static void clear_memory(struct physmem *pm)
{
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (!r.ram) continue;
        memset(physmem_host(pm, r.pa, r.size), 0, r.size);
        physmem_note_write(pm, r.pa, r.size);
    }
}

/* Power-on again; virtual time goes on. */
static bool restart(struct native *n, GError **err)
{
    uart_reset(n->uart);
    acpi_pm_reset(n->pm);
    pci_bus_reset(n->pci);
    iosapic_reset(n->iosapic);
    clear_memory(n->m->pm);
    for (unsigned i = 0; i < n->m->ncpus; i++) cpu_reset(n->m->cpus[i]);
    bios_free(n->bios);
    n->bios = NULL;
    n->reset_wanted = false;
    n->m->ended = false;
    g_clear_pointer(&n->m->message, g_free);
    return load(n, err);
}

enum native_end native_run(struct native *n, struct machine_result *result)
{
    for (;;) {
        GError *err = NULL;
        *result = machine_run(n->m);
        if (n->quit) return NATIVE_QUIT;
        if (n->powered_off) return NATIVE_POWER_OFF;
        if (!n->reset_wanted) return NATIVE_OTHER;
        if (n->config.no_reboot) return NATIVE_RESET;
        if (!restart(n, &err)) {
            log_error("machine", "cannot load the kernel again: %s", err->message);
            g_error_free(err);
            return NATIVE_OTHER;
        }
    }
}

void native_press_power_button(struct native *n)
{
    acpi_pm_press_power_button(n->pm);
}

void native_console_command(void *native, enum console_command command)
{
    struct native *n = native;
    switch (command) {
    case CONSOLE_QUIT: stop_for(n, &n->quit, "quit from the console"); break;
    case CONSOLE_RESET: stop_for(n, &n->reset_wanted, "reset from the console"); break;
    case CONSOLE_POWER_BUTTON: native_press_power_button(n); break;
    case CONSOLE_MONITOR: break;
    }
}

const struct symbols *native_symbols(const struct native *n)
{
    return n->linux.symbols;
}
