/* A kernel that panics tells its console and then waits for ever, and whoever waits for the emulator
 * with it.  The function is called panic in every Linux; a breakpoint there costs nothing until it is
 * reached.  Then the kernel gets a moment to say what it has to say, and the run ends with a status
 * of its own.
 *
 * A kernel told to reset itself after a panic (panic=SECONDS) may do that; with --no-reboot it ends
 * the same way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "machine/machine-priv.h"

#define LAST_WORDS_PER_SECOND 4 /* a quarter of a guest second for the backtrace */
#define OPTION "panic="
#define BR_RP 0

static void on_last_words_said(void *opaque, u64 now)
{
    struct machine *m = opaque;
    (void)now;
    machine_end(m, END_PANIC, m->cpus[m->panic.cpu], 0, "%s", m->panic.message);
}

static bool resets_itself(const char *command_line)
{
    const char *at = command_line;
    while (at && (at = strstr(at, OPTION))) {
        bool word = at == command_line || at[-1] == ' ';
        at += strlen(OPTION);
        if (word && strtol(at, NULL, 0)) return true;
    }
    return false;
}

void panic_watch(struct machine *m, u64 ticks_per_second)
{
    panic_forget(m);
    clock_event_init(&m->panic.end, "panic", 0, on_last_words_said, m);
    m->panic.patience = ticks_per_second / LAST_WORDS_PER_SECOND;
    m->panic.watched = symbols_lookup(machine_symbols(m), "panic", &m->panic.place);
    if (!m->panic.watched) {
        log_info("machine", "the kernel has no symbols: a panic will not be noticed");
    }
    machine_install_breakpoints(m);
}

void panic_noticed(struct machine *m, struct cpu *cpu)
{
    bool here = m->panic.watched && cpu_ip(cpu) == m->panic.place && cpu_ri(cpu) == 0;
    if (m->panic.message || !here || m->ended) return; /* a person may have ended it there */
    char *caller = machine_where(m, cpu_br(cpu, BR_RP));
    m->panic.message = g_strdup_printf("the kernel panicked (called from %s)", caller);
    m->panic.cpu = cpu_id(cpu);
    g_free(caller);
    m->panic.watched = false;
    machine_install_breakpoints(m);
    if (resets_itself(m->config->append)) return;
    clock_arm(m->clock, &m->panic.end, clock_now(m->clock) + m->panic.patience);
}

void panic_forget(struct machine *m)
{
    if (m->panic.end.armed) clock_disarm(m->clock, &m->panic.end);
    g_clear_pointer(&m->panic.message, g_free);
}
