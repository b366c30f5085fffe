/* Last words of a guest that has died: what its processors held, who called whom, and what the
 * kernel wanted to say but could not print any more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/debug-priv.h"

static void one_cpu(const struct debug_target *t, unsigned i, GString *text)
{
    struct cpu *cpu = t->cpu(t->opaque, i);
    registers_text(cpu, target_symbols(t), NULL, text);
    g_string_append(text, "backtrace (? marks what was only found in the backing store)\n");
    backtrace_print(cpu, t->physmem(t->opaque), target_symbols(t), text);
}

void crash_dump(const struct debug_target *target, unsigned cpu, FILE *out)
{
    GString *text = g_string_new(NULL);
    unsigned count = target->cpu_count(target->opaque);
    one_cpu(target, cpu, text);
    for (unsigned i = 0; i < count; i++) {
        if (i != cpu) one_cpu(target, i, text);
    }
    g_string_append(text, "kernel log\n");
    if (!klog_print(target->cpu(target->opaque, cpu), target->physmem(target->opaque),
                    target_symbols(target), text)) {
        g_string_append(text, "  (none: no symbols of a kernel, or nothing logged yet)\n");
    }
    fwrite(text->str, 1, text->len, out);
    g_string_free(text, TRUE);
}
