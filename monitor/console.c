/* The monitor at a terminal: a prompt, a line that can be edited, Tab.
 *
 * The terminal is in raw mode, so the echo is ours.  An empty line repeats the last command, which
 * is what one wants after step, memory and disassemble.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/debug-priv.h"

#define CANDIDATES_SHOWN 60

struct session {
    struct monitor *m;
    const struct monitor_console *io;
    GString *line;
};

static void put(struct session *s, const char *text)
{
    for (const char *end; *text; text = end) {
        end = text + strcspn(text, "\n");
        s->io->write(s->io->opaque, text, (size_t)(end - text));
        if (!*end) return;
        s->io->write(s->io->opaque, "\r\n", 2);
        end++;
    }
}

static void prompt(struct session *s)
{
    put(s, "(epic64) ");
    put(s, s->line->str);
}

static void rub_out(struct session *s, size_t n)
{
    for (n = MIN(n, s->line->len); n > 0; n--) {
        g_string_truncate(s->line, s->line->len - 1);
        put(s, "\b \b");
    }
}

static size_t common_length(char **names)
{
    size_t n = strlen(names[0]);
    for (unsigned i = 1; names[i]; i++) {
        size_t k = 0;
        while (k < n && names[0][k] == names[i][k]) k++;
        n = k;
    }
    return n;
}

static void show_candidates(struct session *s, char **names)
{
    put(s, "\n");
    for (unsigned i = 0; names[i]; i++) {
        if (i == CANDIDATES_SHOWN) {
            put(s, "...");
            break;
        }
        put(s, names[i]);
        put(s, " ");
    }
    put(s, "\n");
    prompt(s);
}

static void complete(struct session *s)
{
    char **names = monitor_complete(s->m, s->line->str);
    if (names[0]) {
        size_t start = s->line->len;
        while (start && !strchr(" +-*()[]:", s->line->str[start - 1])) start--;
        size_t typed = s->line->len - start, common = common_length(names);
        if (common > typed || !names[1]) {
            char *more = g_strndup(names[0] + typed, common - typed);
            g_string_append(s->line, more);
            put(s, more);
            g_free(more);
            if (!names[1]) {
                g_string_append_c(s->line, ' ');
                put(s, " ");
            }
        } else {
            show_candidates(s, names);
        }
    }
    g_strfreev(names);
}

static void enter(struct session *s)
{
    put(s, "\n");
    if (s->line->len) {
        g_free(s->m->last_line);
        s->m->last_line = g_strdup(s->line->str);
    }
    char *answer = monitor_execute(s->m, s->m->last_line ? s->m->last_line : "");
    put(s, answer);
    g_free(answer);
    g_string_truncate(s->line, 0);
    if (!s->m->resume) prompt(s);
}

static void key(struct session *s, char c)
{
    enum { CTRL_D = 4, CTRL_U = 21, BACKSPACE = 8, DELETE = 127 };
    if (c == '\r' || c == '\n') {
        enter(s);
    } else if (c == '\t') {
        complete(s);
    } else if (c == BACKSPACE || c == DELETE) {
        rub_out(s, 1);
    } else if (c == CTRL_U) {
        rub_out(s, s->line->len);
    } else if (c == CTRL_D && !s->line->len) {
        g_string_assign(s->line, "continue");
        enter(s);
    } else if (g_ascii_isprint(c)) {
        char text[2] = { c, 0 };
        g_string_append_c(s->line, c);
        put(s, text);
    }
}

static void announce(struct session *s, const struct debug_stop *stop)
{
    static const char *const why[] = { "stopped", "stepped", "breakpoint", "watchpoint" };
    const struct debug_target *t = &s->m->d->target;
    GString *text = g_string_new(NULL);
    s->m->cpu = cpu_id(stop->cpu);
    g_string_append_printf(text, "\ncpu %u: %s at ", s->m->cpu, why[stop->why]);
    view_where(text, target_symbols(t), cpu_place(stop->cpu));
    if (stop->why == DEBUG_WATCHPOINT) {
        g_string_append_printf(text, ", 0x%" PRIx64 " was touched", stop->addr);
    }
    g_string_append(text, "\n");
    put(s, text->str);
    g_string_free(text, TRUE);
    char *code = monitor_execute(s->m, "disassemble ip 1");
    put(s, code);
    g_free(code);
    s->m->disassemble_next = 0;
}

static void stopped(void *opaque, const struct debug_stop *stop, struct debug_resume *how)
{
    struct monitor *m = opaque;
    struct session s = { m, &m->console, g_string_new(NULL) };
    char keys[64];
    m->d->console_wants = true;
    m->resume = false;
    announce(&s, stop);
    prompt(&s);
    while (!m->resume && !debugger_is_over(m->d)) {
        size_t n = m->console.read(m->console.opaque, keys, sizeof(keys));
        if (!n) break;
        for (size_t i = 0; i < n && !m->resume; i++) key(&s, keys[i]);
    }
    *how = m->resume ? m->how : (struct debug_resume){ 0 };
    if (!how->step) m->d->console_wants = false;
    g_string_free(s.line, TRUE);
}

void monitor_enter(struct monitor *m, const struct monitor_console *console)
{
    m->console = *console;
    m->d->console = (struct debug_front){ m, stopped, NULL, NULL };
    m->d->console_wants = true;
    debugger_pause(m->d);
}
