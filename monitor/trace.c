/* One line per slot: processor, address, text, and with "regs" what it wrote.
 *
 *     0 0000000000100020.1 (p06) add r14=r15,r16               r14=0000000000000007
 *
 * A slot that was predicated off says so; one that faulted says "not retired".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "monitor/monitor.h"

GQuark monitor_error_quark(void)
{
    return g_quark_from_static_string("monitor-error");
}

#define TEXT_WIDTH 44
#define TEXT_MAX 128
#define TEXTS 4096 /* slots whose text is kept: disassembling is half the work */

/* Application registers that instructions change on the side. */
static const struct {
    unsigned number;
    const char *name;
} watched_ar[] = {
    { 16, "ar.rsc" },  { 18, "ar.bspstore" }, { 19, "ar.rnat" }, { 32, "ar.ccv" },
    { 36, "ar.unat" }, { 40, "ar.fpsr" },     { 64, "ar.pfs" },  { 65, "ar.lc" },
    { 66, "ar.ec" },
};

struct slot_text {
    u64 ip;
    u8 bundle[16];
    unsigned slot;
    char text[TEXT_MAX];
};

struct trace {
    struct slot_text *texts;
    FILE *out;
    char *path;
    struct machine *m;
    bool regs;
    bool open; /* a line waits for its end */
    int gap;   /* blanks before the next column */
    bool qp;
    u64 pr, cfm, psr, ar[ARRAY_LEN(watched_ar)];
};

/* Before whatever follows the text. */
static void fill_gap(struct trace *t)
{
    fprintf(t->out, "%*s", t->gap, "");
    t->gap = 0;
}

static void end_line(struct trace *t, const char *how)
{
    if (!t->open) return;
    if (*how) fill_gap(t);
    fputs(how, t->out);
    putc('\n', t->out);
    t->open = false;
}

static bool fetch(struct trace *t, struct cpu *cpu, u64 ip, u8 bundle[16])
{
    u64 pa;
    return mmu_peek(cpu_mmu(cpu), ip, true, &pa) &&
           physmem_read(machine_physmem(t->m), pa, bundle, 16);
}

/* isa_disasm begins with the template, which the address already implies. */
static const char *without_template(const char *line)
{
    const char *bracket = strchr(line, ']');
    if (line[0] == '[' && bracket) line = bracket + 1;
    return line + strspn(line, " ");
}

static const char *text_of(struct trace *t, struct cpu *cpu, u64 ip, unsigned slot)
{
    u8 bundle[16];
    struct slot_text *e = &t->texts[(ip >> 4) * 3 % TEXTS + slot];
    if (!fetch(t, cpu, ip, bundle)) return "?";
    bool known = e->ip == ip && e->slot == slot && !memcmp(e->bundle, bundle, sizeof(bundle));
    if (known) return e->text;
    char text[TEXT_MAX];
    isa_disasm(bundle, slot, ip, text, sizeof(text));
    g_strlcpy(e->text, without_template(text), sizeof(e->text));
    e->ip = ip;
    e->slot = slot;
    memcpy(e->bundle, bundle, sizeof(bundle));
    return e->text;
}

/* "cpu ip.slot ", without the cost of a format. */
static void print_place(struct trace *t, unsigned cpu, u64 ip, unsigned slot)
{
    char place[24] = "0 0000000000000000.0 ";
    if (cpu > 9) {
        fprintf(t->out, "%u %016" PRIx64 ".%u ", cpu, ip, slot);
        return;
    }
    place[0] = (char)('0' + cpu);
    for (unsigned i = 0; i < 16; i++) place[2 + i] = "0123456789abcdef"[ip >> (60 - 4 * i) & 15];
    place[19] = (char)('0' + slot);
    fputs(place, t->out);
}

static void before(struct trace *t, struct cpu *cpu, const struct insn *in)
{
    u64 ip = cpu_ip(cpu);
    unsigned slot = cpu_ri(cpu);
    end_line(t, " (not retired)");
    const char *shown = text_of(t, cpu, ip, slot);
    print_place(t, cpu_id(cpu), ip, slot);
    fputs(shown, t->out);
    t->gap = MAX(0, TEXT_WIDTH - (int)strlen(shown));
    t->open = true;
    t->qp = cpu_predicate(cpu, in->qp);
    t->pr = cpu_pr(cpu);
    t->cfm = cpu_cfm(cpu);
    t->psr = cpu_psr(cpu);
    for (size_t i = 0; i < ARRAY_LEN(watched_ar); i++) t->ar[i] = cpu_ar(cpu, watched_ar[i].number);
}

static void print_general(struct trace *t, struct cpu *cpu, unsigned r)
{
    bool nat;
    u64 value = cpu_gr(cpu, r, &nat);
    fill_gap(t);
    fprintf(t->out, " r%u=%016" PRIx64 "%s", r, value, nat ? "*" : "");
}

static void print_floating(struct trace *t, struct cpu *cpu, unsigned r)
{
    struct fpreg f = cpu_fr(cpu, r);
    fill_gap(t);
    fprintf(t->out, " f%u=%u:%05x:%016" PRIx64, r, f.sign, f.exp, f.sig);
}

/* The targets that the instruction's row names. */
static void print_targets(struct trace *t, struct cpu *cpu, const struct insn *in)
{
    const struct insn_row *row = &insn_rows[in->row];
    const u8 operand[4] = { in->r1, in->r2, in->r3, in->r4 };
    for (unsigned i = 0; i < 4; i++) {
        if (row->gr_targets >> i & 1) print_general(t, cpu, operand[i]);
        if (row->fr_targets >> i & 1) print_floating(t, cpu, operand[i]);
        if (row->br_targets >> i & 1) {
            fill_gap(t);
            fprintf(t->out, " b%u=%016" PRIx64, operand[i], cpu_br(cpu, operand[i]));
        }
    }
}

static void print_changed(struct trace *t, const char *name, u64 old, u64 now)
{
    if (old == now) return;
    fill_gap(t);
    fprintf(t->out, " %s=%" PRIx64, name, now);
}

static void after(struct trace *t, struct cpu *cpu, const struct insn *in)
{
    if (t->regs) {
        if (t->qp) print_targets(t, cpu, in);
        print_changed(t, "pr", t->pr, cpu_pr(cpu));
        print_changed(t, "cfm", t->cfm, cpu_cfm(cpu));
        print_changed(t, "psr", t->psr, cpu_psr(cpu));
        for (size_t i = 0; i < ARRAY_LEN(watched_ar); i++) {
            print_changed(t, watched_ar[i].name, t->ar[i], cpu_ar(cpu, watched_ar[i].number));
        }
    }
    end_line(t, t->qp ? "" : " (off)");
}

static void observe(void *opaque, struct cpu *cpu, const struct insn *in, bool is_after)
{
    if (is_after) {
        after(opaque, cpu, in);
    } else {
        before(opaque, cpu, in);
    }
}

struct trace *trace_start(struct machine *m, const struct trace_config *config, GError **err)
{
    FILE *out = trace_open(config->path, err);
    if (!out) return NULL;
    struct trace *t = g_new0(struct trace, 1);
    t->texts = g_new0(struct slot_text, TEXTS + 3);
    t->out = out;
    t->path = g_strdup(config->path);
    t->m = m;
    t->regs = config->regs;
    machine_observe(m, observe, t);
    return t;
}

bool trace_finish(struct trace *t, GError **err)
{
    end_line(t, " (not retired)");
    machine_unobserve(t->m, observe, t);
    bool ok = trace_close(t->out, t->path, err);
    g_free(t->path);
    g_free(t->texts);
    g_free(t);
    return ok;
}
