/* Registers for people.  Zeros are left out: what is not shown is 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "monitor/monitor.h"

static const struct {
    unsigned number;
    const char *name;
} shown_cr[] = {
    { 0, "dcr" },   { 2, "iva" },   { 16, "ipsr" }, { 17, "isr" }, { 19, "iip" },
    { 20, "ifa" },  { 21, "itir" }, { 22, "iipa" }, { 23, "ifs" }, { 24, "iim" },
    { 25, "iha" },
}, shown_ar[] = {
    { 16, "rsc" },  { 17, "bsp" },  { 18, "bspstore" }, { 19, "rnat" }, { 32, "ccv" },
    { 36, "unat" }, { 40, "fpsr" }, { 64, "pfs" },      { 65, "lc" },   { 66, "ec" },
};

/* Four to a line. */
static void print_one(FILE *out, unsigned *column, const char *name, u64 value, bool nat)
{
    fprintf(out, "%s%-8s %016" PRIx64 "%s", *column % 4 ? "  " : "\n  ", name, value,
            nat ? "*" : " ");
    ++*column;
}

static void print_general(FILE *out, const struct cpu *cpu)
{
    unsigned column = 0, end = 32 + (cpu_cfm(cpu) & 0x7f);
    for (unsigned r = 1; r < end && r < 128; r++) {
        char name[8];
        bool nat;
        u64 value = cpu_gr(cpu, r, &nat);
        if (!value && !nat) continue;
        snprintf(name, sizeof(name), "r%u", r);
        print_one(out, &column, name, value, nat);
    }
}

static void print_system(FILE *out, const struct cpu *cpu)
{
    unsigned column = 0;
    for (unsigned b = 0; b < 8; b++) {
        char name[8];
        snprintf(name, sizeof(name), "b%u", b);
        if (cpu_br(cpu, b)) print_one(out, &column, name, cpu_br(cpu, b), false);
    }
    for (size_t i = 0; i < ARRAY_LEN(shown_ar); i++) {
        print_one(out, &column, shown_ar[i].name, cpu_ar(cpu, shown_ar[i].number), false);
    }
    for (size_t i = 0; i < ARRAY_LEN(shown_cr); i++) {
        print_one(out, &column, shown_cr[i].name, cpu_cr(cpu, shown_cr[i].number), false);
    }
}

void registers_print(struct machine *m, unsigned number, FILE *out)
{
    struct cpu *cpu = machine_cpu(m, number);
    u64 offset, ip = cpu_ip(cpu);
    const char *name = symbols_find(machine_symbols(m), ip, &offset);
    fprintf(out, "cpu %u  ip %016" PRIx64 ".%u", number, ip, cpu_ri(cpu));
    if (name) fprintf(out, " <%s+0x%" PRIx64 ">", name, offset);
    fprintf(out, "  psr %016" PRIx64 "  cfm %010" PRIx64 "  pr %016" PRIx64, cpu_psr(cpu),
            cpu_cfm(cpu), cpu_pr(cpu));
    print_general(out, cpu);
    print_system(out, cpu);
    fputc('\n', out);
}

bool state_dump(struct machine *m, unsigned number, const char *path, GError **err)
{
    GString *text = g_string_new(NULL);
    cpu_dump_json(machine_cpu(m, number), text);
    /* Not g_file_set_contents: what it writes takes the place of a device or a link. */
    FILE *f = fopen(path, "w");
    bool ok = f && fwrite(text->str, 1, text->len, f) == text->len;
    if (f && fclose(f)) ok = false;
    if (!ok) g_set_error(err, MONITOR_ERROR, 0, "--dump-state: %s: %s", path, g_strerror(errno));
    g_string_free(text, TRUE);
    return ok;
}
