/* A break immediate finds its table: hyperprivops, hypercalls, firmware; and the commands of a
 * hypercall find their rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/hypercall-priv.h"

enum { BREAK_HYPERPRIVOP_LAST = 0x1a, BREAK_HYPERCALL = 0x1000, BREAK_SSC = 0x80001,
       BREAK_SSC_ALSO = 0x80002 };
enum { SSC_PUTCHAR = 31 };
#define FIRMWARE_FIRST 0x100
#define HYPERCALLS 64

#define HYPERCALL(nr, name, args) void hv_##name(void);
#include "hypercall/hypercalls.def"

/* The functions are declared here without their arguments: only marshal.c calls them, by the types
 * of the row, and ops.h has the true prototypes for the compiler to check the definitions. */
static struct hypercall hypercalls[HYPERCALLS] = {
#define HYPERCALL(nr, name, args) [nr] = { #name, args, hv_##name, NULL },
#include "hypercall/hypercalls.def"
};

static const struct hypercall *find_hypercall(u64 number)
{
    struct hypercall *h = number < HYPERCALLS ? &hypercalls[number] : NULL;
    if (!h || !h->fn) return NULL;
    if (!h->plan) marshal_prepare(h);
    return h;
}

/* Firmware's are reported once for each class. */
s64 hypercall_unknown(struct domain *d, u64 number)
{
    bool *warned = number < HYPERCALLS ? &d->warned[number] : &d->warned_class[number >> 8 & 63];
    count(d, COUNT_UNKNOWN_HYPERCALL);
    if (!*warned) log_warning("xen", "hypercall %#llx is unknown", (unsigned long long)number);
    *warned = true;
    return XEN_ENOSYS;
}

static void trace(const struct hv_vcpu *v, const struct hypercall *h, const u64 args[5], s64 result)
{
    char text[160];
    marshal_print(h, args, text, sizeof text);
    log_debug("xen", "vcpu %u %s(%s) = %lld", v->id, h->name, text, (long long)result);
}

static s64 carry_out(struct hv_vcpu *v, u64 number, const u64 args[5])
{
    const struct hypercall *h = find_hypercall(number);
    if (!h) return hypercall_unknown(v->d, number);
    v->d->hypercall_count[number]++;
    s64 result = marshal_call(h, v, args);
    if (log_wants(LEVEL_DEBUG)) trace(v, h, args, result);
    return result;
}

static struct event event_of(const struct hv_vcpu *v, u64 number, const u64 args[5])
{
    s32 command = hypercall_has_commands((unsigned)number) ? (s32)args[0] : -1;
    struct event e = cpu_event(v->cpu, EVENT_HYPERCALL, (s32)number, command);
    memcpy(e.args, args, sizeof e.args);
    e.nargs = 5;
    e.batched = v->batched;
    e.has_result = true;
    return e;
}

s64 hypercall(struct hv_vcpu *v, u64 number, const u64 args[5])
{
    if (!cpu_listens(v->cpu, EVENT_HYPERCALL)) return carry_out(v, number, args);
    struct event e = event_of(v, number, args);
    s64 result = carry_out(v, number, args);
    e.result = (u64)result;
    cpu_tell(v->cpu, &e);
    return result;
}

s64 subop_call(struct hv_vcpu *v, const struct subop *rows, unsigned n, u32 cmd, xencomm arg,
               u64 offset)
{
    _Alignas(8) u8 buf[SUBOP_MAX_SIZE];
    for (unsigned i = 0; i < n; i++) {
        if (rows[i].cmd != cmd) continue;
        memset(buf, 0, sizeof buf);
        if (!xencomm_read(v->d, arg, offset, buf, rows[i].size)) return XEN_EFAULT;
        s64 result = rows[i].fn(v, buf);
        log_debug("xen", "vcpu %u %s = %lld", v->id, rows[i].name, (long long)result);
        if (rows[i].direction == SUBOP_IN || result < 0) return result;
        return xencomm_write(v->d, arg, offset, buf, rows[i].size) ? result : XEN_EFAULT;
    }
    return XEN_ENOSYS;
}

/* A register beyond the frame reads as 0. */
static u64 argument(const struct hv_vcpu *v, unsigned i)
{
    return i < (cpu_cfm(v->cpu) & 0x7f) ? cpu_gr(v->cpu, 32 + i, NULL) : 0;
}

static enum hook_answer enter_hypercall(struct hv_vcpu *v)
{
    u64 args[5], number = cpu_gr(v->cpu, 2, NULL);
    if (number >= FIRMWARE_FIRST) return firmware_call(v, number);
    for (unsigned i = 0; i < 5; i++) args[i] = argument(v, i);
    cpu_set_gr(v->cpu, 8, (u64)hypercall(v, number, args), false);
    return instruction_done(v);
}

static void flush_ssc(struct domain *d)
{
    log_info("guest", "%.*s", (int)d->ssc_len, d->ssc_line);
    d->ssc_len = 0;
}

/* Debug output in the way of the Ski simulator. */
static enum hook_answer ssc(struct hv_vcpu *v)
{
    struct domain *d = v->d;
    if (argument(v, 4) == SSC_PUTCHAR) {
        char c = (char)argument(v, 0);
        if (c != '\n') d->ssc_line[d->ssc_len++] = c;
        if (c == '\n' || d->ssc_len == sizeof d->ssc_line) flush_ssc(d);
    }
    cpu_set_gr(v->cpu, 8, 0, false);
    return instruction_done(v);
}

static enum hook_answer dispatch(struct hv_vcpu *v, u64 imm)
{
    if (imm == BREAK_HYPERCALL) return enter_hypercall(v);
    if (imm && imm <= BREAK_HYPERPRIVOP_LAST) return hyperprivop(v, (unsigned)imm);
    if (imm == BREAK_SSC || imm == BREAK_SSC_ALSO) return ssc(v);
    return HOOK_DECLINED; /* reflected as a break fault */
}

enum hook_answer domain_brk(struct domain *d, struct cpu *cpu, u64 imm)
{
    struct hv_vcpu *v = domain_vcpu(d, cpu);
    if (d->crashed) return HOOK_DONE;
    if ((cpu_psr(cpu) & PSR_CPL) != 1ull << PSR_CPL_SHIFT) return HOOK_DECLINED;
    domain_enter(v);
    enum hook_answer answer = dispatch(v, imm);
    d->inside = NULL;
    return answer;
}

enum hook_answer domain_privop(struct domain *d, struct cpu *cpu, const struct insn *in)
{
    struct hv_vcpu *v = domain_vcpu(d, cpu);
    if (d->crashed) return HOOK_DONE;
    if ((cpu_psr(cpu) & PSR_CPL) != 1ull << PSR_CPL_SHIFT) return HOOK_DECLINED;
    domain_enter(v);
    enum hook_answer answer = privop(v, in);
    d->inside = NULL;
    return answer;
}
