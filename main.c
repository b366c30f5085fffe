/* The command line: pick the command, build a machine, run it, say what came of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor/debug.h"
#include "monitor/privops.h"

typedef int command_fn(int argc, char **argv);
#define COMMAND(id, fn, name, args, line, text) static command_fn command_##fn;
#include "machine/commands.def"

static const struct {
    const char *name;
    command_fn *fn;
    const char *arguments, *line;
} commands[] = {
#define COMMAND(id, fn, name, args, line, text) { name, command_##fn, args, line },
#include "machine/commands.def"
};

static int complain(GError *err)
{
    fflush(stdout);
    fprintf(stderr, "epic64: %s\n", err->message);
    g_error_free(err);
    return EXIT_USER;
}

static int exit_status(const struct machine_result *r)
{
    switch (r->end) {
    case END_EXIT: return (u8)r->status;
    case END_RESET: return EXIT_RESET;
    case END_UNTIL: return EXIT_OK;
    case END_MAX_INSNS: return EXIT_MAX_INSNS;
    case END_STUCK: return EXIT_STUCK;
    case END_LOOP: return EXIT_LOOP;
    case END_PANIC: return EXIT_PANIC;
    case END_GUEST: return EXIT_GUEST;
    }
    return EXIT_USER;
}

static bool console_complete(const struct machine *m, GError **err)
{
    if (fflush(stdout) == 0 && !ferror(stdout) && machine_console_complete(m)) return true;
    g_set_error(err, MONITOR_ERROR, 0, "%s: could not write all that the guest said",
                ferror(stdout) ? "standard output" : "console");
    return false;
}

/* The observers of one run. */
struct watching {
    struct debugging *debugging;
    GPtrArray *traces, *events; /* struct trace, struct event_trace */
    struct pv_watch *pvcheck;
    struct stats *stats;
    struct stopwatch watch;
};

static bool start_traces(struct watching *w, struct machine *m, const struct config *c,
                         GError **err)
{
    w->traces = g_ptr_array_new();
    w->events = g_ptr_array_new();
    for (guint i = 0; i < c->traces->len; i++) {
        const struct trace_config *t = &g_array_index(c->traces, struct trace_config, i);
        void *started = t->insn ? (void *)trace_start(m, t, err)
                                : (void *)event_trace_start(m, c, t, err);
        if (!started) return false;
        g_ptr_array_add(t->insn ? w->traces : w->events, started);
    }
    return true;
}

static bool start_watching(struct watching *w, struct machine *m, const struct config *c,
                           GError **err)
{
    *w = (struct watching){ 0 };
    if (!start_traces(w, m, c, err)) return false;
    if (c->pvcheck.set && !(w->pvcheck = pv_watch_start(m, c, err))) return false;
    if (c->stats) w->stats = stats_start(m);
    if (!(w->debugging = debugging_new(m, c->gdb, err))) return false;
    w->watch = stopwatch_start(m);
    if (c->traces->len || c->pvcheck.set) stopping_begin(m);
    return true;
}

/* Everything that was asked for at the end of a run; false: some of it could not be written. */
static bool report(struct watching *w, struct machine *m, const struct config *c,
                   const struct machine_result *r, GError **err)
{
    bool ok = console_complete(m, err);
    bool died = r->end == END_STUCK || r->end == END_LOOP || r->end == END_GUEST;
    if (r->end != END_EXIT) fprintf(stderr, "epic64: cpu %u: %s\n", r->cpu, r->message);
    bool look = died || r->end == END_PANIC; /* at a guest that can still be looked at */
    debugging_ended(w->debugging, look, (unsigned)exit_status(r), r->message);
    if (c->on_crash && (look || r->end == END_MAX_INSNS)) {
        debugging_dump(w->debugging, r->cpu, stderr);
    } else if (died) {
        registers_print(m, r->cpu, stderr);
    }
    if (c->speed || c->stats) stopwatch_print(&w->watch, m, stderr);
    if (w->stats) stats_print(w->stats, stderr);
    if (c->stats) machine_print_counters(m, stderr);
    if (c->hash) fprintf(stderr, "hash %016" PRIx64 "\n", machine_hash(m));
    if (c->screenshot && !machine_screenshot(m, c->screenshot, ok ? err : NULL)) ok = false;
    if (c->dump_state && !state_dump(m, r->cpu, c->dump_state, ok ? err : NULL)) ok = false;
    return ok;
}

static bool stop_watching(struct watching *w, GError **err)
{
    bool ok = true;
    for (guint i = 0; i < w->traces->len; i++) {
        if (!trace_finish(g_ptr_array_index(w->traces, i), ok ? err : NULL)) ok = false;
    }
    for (guint i = 0; i < w->events->len; i++) {
        if (!event_trace_finish(g_ptr_array_index(w->events, i), ok ? err : NULL)) ok = false;
    }
    g_ptr_array_free(w->traces, TRUE);
    g_ptr_array_free(w->events, TRUE);
    if (w->pvcheck && !pv_watch_finish(w->pvcheck, ok ? err : NULL)) ok = false;
    if (w->stats) stats_free(w->stats);
    debugging_free(w->debugging);
    return ok;
}

/* A file that is written at the end is looked at before the start: a long run may hang on it. */
static bool can_be_written(const char *option, const char *path, GError **err)
{
    if (!path || access(path, W_OK) == 0) return true;
    int why = errno;
    g_autofree char *folder = g_path_get_dirname(path);
    if (why == ENOENT && access(folder, W_OK | X_OK) == 0) return true;
    g_set_error(err, MONITOR_ERROR, 0, "%s: %s: %s", option, path, g_strerror(why));
    return false;
}

static bool traces_events(const struct config *c)
{
    bool any = false;
    for (guint i = 0; i < c->traces->len; i++) {
        any |= g_array_index(c->traces, struct trace_config, i).events != 0;
    }
    return any;
}

static bool check_options(const struct config *c, GError **err)
{
    if (!config_check_outputs(c, err)) return false;
    if (!can_be_written("--dump-state", c->dump_state, err)) return false;
    if (!can_be_written("--screenshot", c->screenshot, err)) return false;
    if (c->trace_filter && !traces_events(c)) {
        g_set_error(err, MONITOR_ERROR, 0, "--trace-filter: no --trace of events to filter");
        return false;
    }
    if (c->native->len && !c->pvcheck.set) {
        g_set_error(err, MONITOR_ERROR, 0, "--pvcheck-native: means nothing without --pvcheck");
        return false;
    }
    if (!c->on_crash || !strcmp(c->on_crash, "dump")) return true;
    g_set_error(err, MONITOR_ERROR, 0, "--on-crash: '%s' is not dump", c->on_crash);
    return false;
}

static int run_machine(struct machine *m, const struct config *c)
{
    GError *err = NULL;
    struct watching w;
    if (!check_options(c, &err)) return complain(err);
    if (!machine_load(m, &err) || !start_watching(&w, m, c, &err)) return complain(err);
    struct machine_result r = machine_run(m);
    bool ok = stopping() || report(&w, m, c, &r, &err);
    if (!stop_watching(&w, ok ? &err : NULL)) ok = false;
    if (!ok) complain(err);
    stopping_end();
    return ok ? exit_status(&r) : EXIT_OUTPUT;
}

static int command_run(int argc, char **argv)
{
    GError *err = NULL;
    struct config config;
    int status = EXIT_USER;
    config_init(&config);
    if (!config_parse(&config, COMMAND_RUN, &argc, &argv, &err)) {
        complain(err);
    } else {
        log_setup(config.log);
        struct machine *m = machine_new(&config, &err);
        status = m ? run_machine(m, &config) : complain(err);
        if (m) machine_free(m);
    }
    config_clear(&config);
    return status;
}

static int command_disasm(int argc, char **argv)
{
    GError *err = NULL;
    struct config config;
    config_init(&config);
    bool ok = config_parse(&config, COMMAND_DISASM, &argc, &argv, &err) &&
              disasm_file(&config, stdout, &err);
    int status = ok ? EXIT_OK : complain(err);
    config_clear(&config);
    return status;
}

static int command_privops(int argc, char **argv)
{
    GError *err = NULL;
    struct config config;
    struct machine_result failed = { .end = END_EXIT, .status = EXIT_USER };
    int status = EXIT_OK;
    config_init(&config);
    bool ok = config_parse(&config, COMMAND_PRIVOPS, &argc, &argv, &err);
    if (ok) log_setup(config.log);
    if (!ok || !privops_run(&config, stdout, &failed, &err)) {
        complain(err);
        status = exit_status(&failed);
    }
    config_clear(&config);
    return status;
}

static int command_events(int argc, char **argv)
{
    GError *err = NULL;
    struct config config;
    config_init(&config);
    bool ok = config_parse(&config, COMMAND_EVENTS, &argc, &argv, &err) &&
              events_file(&config, stdout, &err);
    int status = ok ? EXIT_OK : complain(err);
    config_clear(&config);
    return status;
}

static int command_pvcheck(int argc, char **argv)
{
    GError *err = NULL;
    struct config config;
    bool uncovered;
    config_init(&config);
    bool ok = config_parse(&config, COMMAND_PVCHECK, &argc, &argv, &err) &&
              pvcheck_file(&config, stdout, &uncovered, &err);
    int status = !ok ? complain(err) : uncovered ? EXIT_UNCOVERED : EXIT_OK;
    config_clear(&config);
    return status;
}

static void usage(FILE *out)
{
    fprintf(out, "epic64: an IA-64 (Itanium) system emulator\n\nUsage:\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(out, "  epic64 %-8s [OPTION...] %-11s %s\n", commands[i].name,
                commands[i].arguments, commands[i].line);
    }
    fprintf(out, "\n'epic64 COMMAND --help' lists the options of a command.\n");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2) {
        usage(stderr);
        return EXIT_USER;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return EXIT_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("epic64 " EPIC64_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name)) continue;
        char *name = g_strdup_printf("epic64 %s", commands[i].name);
        g_set_prgname(name);
        g_free(name);
        return commands[i].fn(argc - 1, argv + 1);
    }
    fprintf(stderr, "epic64: '%s' is no command; see epic64 --help\n", argv[1]);
    return EXIT_USER;
}
