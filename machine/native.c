/* The native machine's wiring.  The address map is the one of a small DIG-style server: RAM from 0,
 * PCI memory below 4 GB, IOSAPIC and interrupt block where everybody has them, I/O ports far above.
 *
 * Host input enters as an event of virtual time, POLLS_PER_SECOND times a guest second, so that
 * devices never run in the middle of an instruction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/native.h"

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
#include "machine/backends.h"
#include "machine/machine-priv.h"
#include "machine/pace.h"
#include "machine/screen.h"

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
#define POLLS_UNDER_INPUT 720 /* a FIFO of 16 each: 115200 baud */
#define IA64_VECTOR_MIN 16

struct native {
    struct machine *m;
    u64 itc_hz;
    s64 base_time;
    struct chardev *console, *hvc;
    struct pace pace;
    struct bios *bios;
    struct ioport_space *ports;
    struct iosapic *iosapic;
    struct uart16550 *uart;
    struct acpi_pm *pm;
    struct pci_bus *pci;
    struct display *display;
    struct screen *screen;
    struct sapic_bus sapic;
    struct linux_image linux;
    struct clock_event poll;
    bool reset_wanted;
    void (*monitor)(void *opaque);
    void *monitor_opaque;
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
    case SAPIC_INIT: cpu_post_init(n->m->cpus[id]); break;
    case SAPIC_PMI: /* firmware's own affair: it is taken, and there is nothing to manage */
        log_debug("sapic", "platform management interrupt %#x for cpu %u", vector, id);
        break;
    default: log_warning("sapic", "delivery mode %u is reserved", (unsigned)mode); break;
    }
}

/* --- what devices and firmware ask ------------------------------------------------------------ */

/* The processor that asks, or just anybody when the host does. */
static struct cpu *asking(struct native *n)
{
    return n->m->current ? n->m->current : n->m->cpus[0];
}

void native_request_reset(struct native *n)
{
    n->reset_wanted = true;
    const char *panic = n->m->panic.message;
    machine_end(n->m, panic ? END_PANIC : END_RESET, asking(n), 0, "%s",
                panic ? panic : "the machine was reset");
}

static void on_pm_event(void *opaque, enum pm_event event)
{
    struct native *n = opaque;
    if (event == PM_RESET_MACHINE) {
        native_request_reset(n);
    } else {
        machine_end(n->m, END_EXIT, asking(n), 0, "the guest turned the machine off");
    }
}

static void on_bios_event(void *opaque, enum bios_event event)
{
    on_pm_event(opaque, event == BIOS_POWER_OFF ? PM_POWER_OFF : PM_RESET_MACHINE);
}

static u64 now_ns(void *opaque)
{
    struct native *n = opaque;
    return (u64)((u128)clock_now(n->m->clock) * 1000000000u / n->itc_hz);
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

static enum hook_answer on_pal_event(void *opaque, struct cpu *cpu, enum pal_event what,
                                     const struct machine_check *mc)
{
    struct machine *m = opaque;
    return bios_pal_event(m->native->bios, cpu, what, mc);
}

static struct cpu *processor(void *opaque, unsigned i)
{
    struct native *n = opaque;
    return i < n->m->ncpus ? n->m->cpus[i] : NULL;
}

/* --- host input ------------------------------------------------------------------------------- */

static void on_poll(void *opaque, u64 now)
{
    struct native *n = opaque;
    (void)now;
    /* Input that the guest does not take must not keep us awake. */
    bool takes = uart_takes_input(n->uart);
    pace_keep(&n->pace, n->m, POLLS_PER_SECOND, takes ? chardev_input_fd(n->console) : -1);
    chardev_poll(n->console);
    if (n->hvc) chardev_poll(n->hvc);
    unsigned next = uart_poll(n->uart) ? POLLS_UNDER_INPUT : POLLS_PER_SECOND;
    screen_poll(n->screen);
    pci_bus_poll(n->pci);
    clock_arm(n->m->clock, &n->poll, clock_now(n->m->clock) + n->itc_hz / next);
}

static void on_console_command(void *opaque, enum console_command command)
{
    struct native *n = opaque;
    switch (command) {
    case CONSOLE_QUIT: native_quit(n); break;
    case CONSOLE_RESET: native_request_reset(n); break;
    case CONSOLE_POWER_BUTTON: native_press_power_button(n); break;
    case CONSOLE_MONITOR:
        if (n->monitor) n->monitor(n->monitor_opaque);
        break;
    }
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
    return physmem_add_device(pm, IOSAPIC_PA, IOSAPIC_MMIO_SIZE, &iosapic_mmio_ops, n->iosapic,
                              err) &&
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
    n->uart = uart_new(n->console, &uart_irq);
    n->pm = acpi_pm_new(&pm);
    return ioport_claim(n->ports, UART_PORT, UART_SIZE, &uart_ioport_ops, n->uart, err) &&
           ioport_claim(n->ports, PM_PORT, PM_SIZE, &acpi_pm_ops, n->pm, err);
}

static bool add_disks(struct native *n, GError **err)
{
    const GArray *disks = n->m->config->disks;
    for (guint i = 0; i < disks->len; i++) {
        struct block *block = open_disk(&g_array_index(disks, struct disk, i), err);
        if (!block || !pci_add(n->pci, virtio_blk_new(n->m->pm, block), err)) return false;
    }
    return true;
}

static bool add_network(struct native *n, GError **err)
{
    static const u8 mac[6] = { 0x52, 0x54, 0x00, 0x64, 0x64, 0x01 };
    struct net *net;
    if (!open_network(n->m->config, now_ns, n, &net, err)) return false;
    if (!net) return true;
    n->pace.idle = true; /* or the guest's timers would outrun the real network */
    return pci_add(n->pci, virtio_net_new(n->m->pm, net, mac), err);
}

static bool add_pci(struct native *n, GError **err)
{
    struct irq_line intx[4];
    for (unsigned i = 0; i < 4; i++) intx[i] = pin(n, INTX_GSI + i);
    n->pci = pci_bus_new(PCI_WINDOW_PA, PCI_WINDOW_SIZE, intx);
    if (!physmem_add_device(n->m->pm, PCI_WINDOW_PA, PCI_WINDOW_SIZE, &pci_window_ops, n->pci,
                            err)) {
        return false;
    }
    return add_disks(n, err) && add_network(n, err) &&
           pci_add(n->pci, virtio_rng_new(n->m->pm, n->m->config->seed), err) &&
           (!n->hvc || pci_add(n->pci, virtio_console_new(n->m->pm, n->hvc), err));
}

static void on_display_closed(void *opaque)
{
    native_quit(opaque);
}

static bool add_screen(struct native *n, GError **err)
{
    struct screen_config config = {
        .pm = n->m->pm, .ports = n->ports, .pci = n->pci, .sections = n->m->sections,
        .keyboard = pin(n, SCREEN_KEYBOARD_GSI), .mouse = pin(n, SCREEN_MOUSE_GSI),
        .closed = on_display_closed, .opaque = n,
    };
    config.display = n->display = display_open(n->m->config->display, err);
    if (!n->display) {
        g_prefix_error(err, "--display: ");
        return false;
    }
    n->pace.idle |= n->display->person;
    n->screen = screen_new(&config, err);
    return n->screen != NULL;
}

static void add_bios(struct native *n)
{
    struct bios_config config = {
        .pm = n->m->pm,
        .platform = {
            .cpus = n->m->ncpus, .itc_hz = n->itc_hz,
            .interrupt_block_pa = INTERRUPT_BLOCK_PA, .iosapic_pa = IOSAPIC_PA,
            .io_ports_pa = IO_PORTS_PA, .pci_window_pa = PCI_WINDOW_PA,
            .pci_window_size = PCI_WINDOW_SIZE,
            .intx_gsi = { INTX_GSI, INTX_GSI + 1, INTX_GSI + 2, INTX_GSI + 3 },
            .uart_port = UART_PORT, .uart_gsi = UART_GSI, .pm_port = PM_PORT, .sci_gsi = SCI_GSI,
            .slp_typ_s5 = PM_SLP_TYP_S5, .reset_value = PM_RESET_VALUE,
            .keyboard_port = I8042_DATA_PORT, .keyboard_gsi = SCREEN_KEYBOARD_GSI,
            .mouse_gsi = SCREEN_MOUSE_GSI, .vga_pa = VGA_WINDOW_PA, .vga_size = VGA_WINDOW_SIZE,
            .vga_slot = screen_slot(n->screen),
        },
        .host = { .opaque = n, .event = on_bios_event, .pci_read = pci_read,
                  .pci_write = pci_write, .processor = processor },
        .base_time = n->base_time,
    };
    n->bios = bios_new(&config);
    n->m->native = n;
    n->m->hooks.brk = on_break;
    n->m->hooks.pal_event = on_pal_event;
}

/* Memory, tables and processors as after power-on. */
static bool load(struct native *n, GError **err)
{
    struct physmem *pm = n->m->pm;
    const struct config *c = n->m->config;
    struct linux_files files = { c->kernel, c->initrd };
    linux_image_clear(&n->linux);
    add_bios(n);
    if (!linux_load(pm, &files, &n->linux, err)) return false;
    machine_take_symbols(n->m, g_steal_pointer(&n->linux.symbols));
    if (!config_wants_lines(c)) linux_forget_file(&n->linux);
    bios_claim(n->bios, n->linux.kernel_pa, n->linux.kernel_size);
    if (n->linux.initrd_size) bios_claim(n->bios, n->linux.initrd_pa, n->linux.initrd_size);
    if (!bios_install(n->bios, err)) return false;
    struct bios_memory_map map = bios_memory_map(n->bios);
    struct linux_firmware fw = {
        bios_efi_system_table(n->bios), map.pa, map.size, map.descriptor_size, map.version,
    };
    if (!linux_boot_params(pm, BIOS_LOADER_PA, &n->linux, c->append, &fw, err)) return false;
    bios_start_boot_cpu(n->bios, n->m->cpus[0], n->linux.entry, BIOS_LOADER_PA);
    for (unsigned i = 1; i < n->m->ncpus; i++) bios_park_cpu(n->bios, n->m->cpus[i]);
    panic_watch(n->m, n->itc_hz);
    log_info("machine", "starting %s at %#llx", c->kernel, (unsigned long long)n->linux.entry);
    return true;
}

/* What the options say in numbers. */
static bool configure(struct native *n, GError **err)
{
    const struct config *c = n->m->config;
    n->itc_hz = timer_rate(c);
    if (!check_platform(c, err) || !start_date(c, &n->base_time, err) ||
        !pace_init(&n->pace, c, n->itc_hz, err)) {
        return false;
    }
    machine_add_cpus(n->m, (unsigned)c->cpus);
    return true;
}

static bool open_consoles(struct native *n, GError **err)
{
    const struct config *c = n->m->config;
    n->console = chardev_open(c->console ? c->console : "stdio", on_console_command, n, err);
    if (!n->console) return false;
    n->pace.idle |= n->console->person;
    if (!c->hvc) return true;
    if (!strcmp(c->hvc, "stdio") && (!c->console || !strcmp(c->console, "stdio"))) {
        g_set_error(err, MACHINE_ERROR, 0, "--hvc and --console cannot both be stdio");
        return false;
    }
    n->hvc = chardev_open(c->hvc, on_console_command, n, err);
    n->pace.idle |= n->hvc && n->hvc->person;
    return n->hvc != NULL;
}

static u64 hash_devices(void *opaque, u64 seed)
{
    struct native *n = opaque;
    seed = iosapic_hash(n->iosapic, uart_hash(n->uart, seed));
    return bios_hash(n->bios, pci_bus_hash(n->pci, acpi_pm_hash(n->pm, seed)));
}

struct native *native_new(struct machine *m, GError **err)
{
    struct native *n = g_new0(struct native, 1);
    n->m = m;
    if (!configure(n, err) || !open_consoles(n, err) || !add_controllers(n, err) ||
        !add_port_devices(n, err) || !add_pci(n, err) || !add_screen(n, err) || !load(n, err)) {
        native_free(n);
        return NULL;
    }
    sections_add_fn(m->sections, "native devices", hash_devices, n);
    clock_event_init(&n->poll, "host input", 0, on_poll, n);
    clock_arm(m->clock, &n->poll, clock_now(m->clock) + n->itc_hz / POLLS_PER_SECOND);
    return n;
}

void native_free(struct native *n)
{
    if (!n) return;
    if (n->poll.armed) clock_disarm(n->m->clock, &n->poll);
    n->m->hooks.brk = NULL;
    n->m->hooks.pal_event = NULL;
    linux_image_clear(&n->linux);
    bios_free(n->bios);
    screen_free(n->screen);
    pci_bus_free(n->pci);
    display_free(n->display);
    acpi_pm_free(n->pm);
    uart_free(n->uart);
    ioport_free(n->ports);
    iosapic_free(n->iosapic);
    chardev_free(n->console);
    chardev_free(n->hvc);
    g_free(n);
}

/* --- reset ------------------------------------------------------------------------------------ */

static void clear_memory(struct physmem *pm)
{
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (r.ram) physmem_zero(pm, r.pa, r.size);
    }
}

/* Power-on again; virtual time goes on. */
static bool restart(struct native *n, GError **err)
{
    uart_reset(n->uart);
    screen_reset(n->screen);
    acpi_pm_reset(n->pm);
    pci_bus_reset(n->pci);
    iosapic_reset(n->iosapic);
    clear_memory(n->m->pm);
    for (unsigned i = 0; i < n->m->ncpus; i++) cpu_reset(n->m->cpus[i]);
    bios_free(n->bios);
    n->bios = NULL;
    return load(n, err);
}

bool native_restarts(struct native *n)
{
    GError *err = NULL;
    if (!n->reset_wanted || n->m->config->no_reboot) return false;
    n->reset_wanted = false;
    if (!restart(n, &err)) {
        log_error("machine", "cannot load the kernel again: %s", err->message);
        g_error_free(err);
        return false;
    }
    n->m->ended = false;
    g_clear_pointer(&n->m->message, g_free);
    return true;
}

/* --- for people and monitors ------------------------------------------------------------------ */

struct chardev *native_console(struct native *n)
{
    return n->console;
}

bool native_console_complete(const struct native *n)
{
    return !n->console->lost && !(n->hvc && n->hvc->lost);
}

void native_press_power_button(struct native *n)
{
    acpi_pm_press_power_button(n->pm);
}

void native_quit(struct native *n)
{
    machine_end(n->m, END_EXIT, asking(n), 0, "quit");
}

/* Not the terminal's console: whoever has stopped the machine reads that. */
void native_idle(struct native *n)
{
    if (!n->console->person) chardev_poll(n->console);
    if (n->hvc) chardev_poll(n->hvc);
    screen_idle(n->screen);
}

void native_on_monitor(struct native *n, void (*fn)(void *opaque), void *opaque)
{
    n->monitor = fn;
    n->monitor_opaque = opaque;
}

struct screen *native_screen(struct native *n)
{
    return n->screen;
}

void native_print_interrupts(struct native *n, GString *out)
{
    iosapic_print(n->iosapic, out);
}

void native_print_devices(struct native *n, GString *out)
{
    pci_bus_print(n->pci, out);
}

const struct linux_image *native_image(const struct native *n)
{
    return &n->linux;
}
