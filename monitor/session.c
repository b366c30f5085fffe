/* What debugging means in one run of epic64: a debugger under the scheduler, gdb if asked for, and
 * the monitor behind the console's escape key.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <stdlib.h>

#include "machine/native.h"
#include "machine/xen.h"
#include "monitor/debug-priv.h"

#define IDLE_MS 50 /* between two looks at the window while the monitor waits for keys */

struct debugging {
    struct machine *m;
    struct debug_target target;
    struct debugger *debugger;
    struct gdbstub *gdb;
    struct monitor *monitor;
};

/* --- the target -------------------------------------------------------------------------------- */

static void set_breakpoints(void *machine, const u64 *places, unsigned n)
{
    machine_set_breakpoints(machine, places, n);
}

static void unobserve(void *machine, machine_observer_fn *fn, void *opaque)
{
    machine_unobserve(machine, fn, opaque);
}

static void quit(void *machine)
{
    machine_quit(machine, "quit from the debugger");
}

static bool ended(void *machine)
{
    return machine_has_ended(machine);
}

static struct chardev *console_of(struct machine *m)
{
    return machine_native(m) ? native_console(machine_native(m)) : xen_console(machine_xen(m));
}

static bool has_console(struct machine *m)
{
    return machine_native(m) || machine_xen(m);
}

static void set_monitor(struct machine *m, void (*fn)(void *opaque), void *opaque)
{
    if (machine_native(m)) native_on_monitor(machine_native(m), fn, opaque);
    if (machine_xen(m)) xen_on_monitor(machine_xen(m), fn, opaque);
}

static void reset(void *machine)
{
    if (machine_native(machine)) native_request_reset(machine_native(machine));
    if (machine_xen(machine)) xen_request_reset(machine_xen(machine));
}

static void interrupts(void *machine, GString *out)
{
    if (machine_native(machine)) native_print_interrupts(machine_native(machine), out);
    if (machine_xen(machine)) xen_print_interrupts(machine_xen(machine), out);
}

static void devices(void *machine, GString *out)
{
    native_print_devices(machine_native(machine), out);
}

static bool screenshot(void *machine, const char *path, GError **err)
{
    return machine_screenshot(machine, path, err);
}

static void statistics(void *machine, GString *out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    machine_print_counters(machine, stream);
    fclose(stream);
    g_string_append_len(out, text, (gssize)len);
    free(text);
}

/* While gdb has the machine stopped, the escape key must still work; other keys are dropped. */
static void idle(void *machine)
{
    u8 keys[32];
    struct chardev *console = console_of(machine);
    if (console->person) chardev_read(console, keys, sizeof(keys));
    if (machine_native(machine)) native_idle(machine_native(machine));
}

static void describe(struct debug_target *t, struct machine *m)
{
    debug_target_machine(t, m);
    t->set_breakpoints = set_breakpoints;
    t->unobserve = unobserve;
    t->quit = quit;
    t->ended = ended;
    t->screenshot = screenshot;
    t->statistics = statistics;
    if (!has_console(m)) return;
    t->reset = reset;
    t->interrupts = interrupts;
    t->idle = idle;
    if (!machine_native(m)) return;
    t->devices = devices;
    t->firmware = true;
}

/* --- the console ------------------------------------------------------------------------------- */

static void console_write(void *opaque, const char *text, size_t len)
{
    struct debugging *g = opaque;
    chardev_write(console_of(g->m), text, len);
}

static size_t console_read(void *opaque, char *keys, size_t len)
{
    struct debugging *g = opaque;
    struct chardev *console = console_of(g->m);
    while (!machine_has_ended(g->m)) {
        struct pollfd p = { .fd = chardev_input_fd(console), .events = POLLIN };
        if (p.fd < 0) return 0;
        if (machine_native(g->m)) native_idle(machine_native(g->m));
        if (poll(&p, 1, IDLE_MS) <= 0) continue;
        size_t n = chardev_read(console, keys, len);
        if (n) return n;
    }
    return 0;
}

static void on_monitor(void *opaque)
{
    struct debugging *g = opaque;
    struct monitor_console io = { g, console_write, console_read };
    monitor_enter(g->monitor, &io);
}

/* --- life -------------------------------------------------------------------------------------- */

struct debugging *debugging_new(struct machine *m, const char *gdb, GError **err)
{
    struct debugging *g = g_new0(struct debugging, 1);
    g->m = m;
    describe(&g->target, m);
    g->debugger = debugger_new(&g->target);
    g->monitor = monitor_new(g->debugger);
    if (gdb && !(g->gdb = gdbstub_new(g->debugger, gdb, err))) {
        debugging_free(g);
        return NULL;
    }
    if (gdb || has_console(m)) {
        struct machine_debugger d = { g->debugger, debugger_run, debugger_poll };
        machine_set_debugger(m, &d);
    }
    set_monitor(m, on_monitor, g);
    return g;
}

void debugging_free(struct debugging *g)
{
    struct machine_debugger nobody = { 0 };
    if (!g) return;
    machine_set_debugger(g->m, &nobody);
    set_monitor(g->m, NULL, NULL);
    gdbstub_free(g->gdb);
    monitor_free(g->monitor);
    debugger_free(g->debugger);
    g_free(g);
}

void debugging_ended(struct debugging *g, bool died, unsigned status, const char *message)
{
    if (g->gdb) gdbstub_ended(g->gdb, died, status, message);
}

void debugging_dump(struct debugging *g, unsigned cpu, FILE *out)
{
    crash_dump(&g->target, cpu, out);
}
