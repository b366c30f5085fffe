/* INIT and machine checks, from PAL's entry points to the operating system and back.
 *
 * PALE_INIT, PALE_CHECK and SALE_ENTRY run on the host: they save the processor in its min-state
 * save area, write an error record, and branch to what SAL_SET_VECTORS has registered, with the
 * hand-off registers that SAL promises.  The system returns to a stub, which resumes what the
 * min-state area says, or boots the machine.  Before OS_MCA the other processors are called to a
 * rendezvous, if SAL_MC_SET_PARAMS asked for that: the one that waits spins on a stub of its own.
 *
 * SDM 2:11.3, 2:13.3; SAL 3.2, chapters 4 and 5.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios-priv.h"

#define UNCACHEABLE (1ull << 63)
#define PA_MASK mask64(61)
#define WAIT_TICKS 1000 /* that pass between two looks around */

/* The processor state parameter.  SDM 2:299, table 11-7. */
enum {
    PSP_MN = 5, PSP_SY = 6, PSP_CO = 7, PSP_CI = 8, PSP_MI = 12, PSP_PI = 13, PSP_PM = 14,
    PSP_IN = 16, PSP_RS = 17, PSP_EX = 19, PSP_CR = 20, PSP_GR = 31, PSP_TC = 60, PSP_BC = 61,
};
/* All of cr pc dr tr rr ar br pr fp b1 b0 gr are valid: the whole state was captured. */
#define PSP_STATE (mask64(PSP_GR - PSP_CR + 1) << PSP_CR | 1ull << PSP_RS | 1ull << PSP_PM)
/* Nothing was lost: the interrupted program can go on. */
#define PSP_GOOD (1ull << PSP_MN | 1ull << PSP_SY | 1ull << PSP_CO | 1ull << PSP_CI)

enum init_reason { INIT_OTHER = 0 };
enum rendezvous_state { RZ_NOT_NEEDED = 0, RZ_INTERRUPT = 1, RZ_INIT = 2, RZ_FAILED = -1 };
enum os_status { OS_RESUME = 0, OS_WARM_BOOT = -1, OS_COLD_BOOT = -2, OS_HALT = -3 };

static struct bios_processor *self(struct bios *bios, const struct cpu *cpu)
{
    return &bios->processors[cpu_id(cpu) % BIOS_CPUS];
}

static struct cpu *other(const struct bios *bios, unsigned n)
{
    const struct bios_host *host = &bios->config.host;
    return host->processor ? host->processor(host->opaque, n) : NULL;
}

static u64 gr(const struct cpu *cpu, unsigned r)
{
    return cpu_gr(cpu, r, NULL);
}

static void tell_host(struct bios *bios, enum bios_event event)
{
    const struct bios_host *host = &bios->config.host;
    if (host->event) host->event(host->opaque, event);
}

/* --- who is where ----------------------------------------------------------------------------- */

static bool inside(const struct bios_processor *p, enum bios_inside what)
{
    for (u64 nest = p->nest; nest; nest >>= 2) {
        if ((nest & 3) == what) return true;
    }
    return false;
}

static bool anybody_inside(const struct bios *bios, enum bios_inside what)
{
    for (unsigned n = 0; n < BIOS_CPUS; n++) {
        if (inside(&bios->processors[n], what)) return true;
    }
    return false;
}

/* --- the handlers ----------------------------------------------------------------------------- */

/* Length in bits 31:0, and if bit 32 is set the number in 47:40 makes all bytes' sum 0. */
static bool checksum_holds(const struct bios *bios, const struct os_vector *v)
{
    u64 len = bits(v->length, 31, 0);
    if (!bit(v->length, 32) || !len) return true;
    const u8 *code = physmem_host(bios->config.pm, v->entry & PA_MASK, len);
    return code && byte_checksum(code, len) == bits(v->length, 47, 40);
}

static bool usable(const struct bios *bios, const struct os_vector *v, const char *name)
{
    if (!v->entry) return false;
    if (checksum_holds(bios, v)) return true;
    log_warning("firmware", "the %s handler has changed since it was registered: checksum", name);
    return false;
}

/* --- PALE_INIT, PALE_CHECK -------------------------------------------------------------------- */

static void save(struct bios *bios, struct cpu *cpu, u64 words[MIN_STATE_WORDS])
{
    memset(words, 0, MIN_STATE_WORDS * sizeof(u64));
    cpu_save_min_state(cpu, words);
    physmem_write(bios->config.pm, self(bios, cpu)->min_state, words,
                  MIN_STATE_WORDS * sizeof(u64));
}

/* What PAL_MC_ERROR_INFO and the error record tell about a machine check. */
static void describe(struct bios_processor *p, const struct machine_check *mc)
{
    bool tlb = mc->cause == MACHINE_CHECK_TLB;
    p->check = tlb ? 1ull << 16 : 1ull << 6; /* fails in a data TR; on the external bus */
    p->check |= 1ull << 60;                  /* the target address is valid */
    p->error_map = tlb ? 1ull << 20 : 1ull << 24;
    p->target = mc->address;
    p->psp = PSP_STATE | PSP_GOOD | 1ull << PSP_MI | 1ull << PSP_PI |
             1ull << (tlb ? PSP_TC : PSP_BC) | p->expected << PSP_EX;
}

/* The registers that SAL hands to the system; SAL 3.2, 5.1. */
static void hand_off(struct bios *bios, struct cpu *cpu, const struct os_vector *v, u64 r11)
{
    const struct bios_processor *p = self(bios, cpu);
    const struct {
        unsigned r;
        u64 value;
    } table[] = {
        { 1, v->gp },
        { 8, stub_pa(STUB_PAL) },
        { 9, stub_pa(STUB_SAL) },
        { 10, STUBS_PA },               /* SAL's gp */
        { 11, r11 },                    /* state of the rendezvous, or why there was an INIT */
        { 12, stub_pa(STUB_OS_RETURN) },
        { 16, (p->min_state + MIN_STATE_WORDS * 8) | UNCACHEABLE },
        { 17, p->min_state | UNCACHEABLE },
        { 18, p->psp },
    };
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        cpu_set_gr(cpu, table[i].r, table[i].value, false);
    }
    cpu_set_br(cpu, 0, stub_pa(STUB_OS_RETURN));
}

/* --- INIT ------------------------------------------------------------------------------------- */

/* The first to come is the monarch, unless a machine check's monarch is waiting for the others. */
static bool is_monarch(const struct bios *bios)
{
    return !anybody_inside(bios, INSIDE_INIT_MONARCH) && !anybody_inside(bios, INSIDE_MCA);
}

static enum hook_answer enter_init(struct bios *bios, struct cpu *cpu)
{
    struct bios_processor *p = self(bios, cpu);
    bool monarch = is_monarch(bios);
    const struct os_vector *v = &bios->vectors[monarch ? OS_INIT_MONARCH : OS_INIT_SLAVE];
    u64 words[MIN_STATE_WORDS];
    if (!p->started) {
        log_info("firmware", "cpu %u waits for the system's start: INIT ignored", cpu_id(cpu));
        return HOOK_DECLINED;
    }
    if (!usable(bios, v, "INIT")) {
        log_warning("firmware", "INIT on cpu %u, and no handler: warm boot", cpu_id(cpu));
        tell_host(bios, BIOS_RESET);
        return HOOK_DECLINED;
    }
    log_info("firmware", "INIT on cpu %u, as %s", cpu_id(cpu), monarch ? "monarch" : "slave");
    p->psp = PSP_STATE | PSP_GOOD | 1ull << PSP_IN;
    save(bios, cpu, words);
    record_write(bios, cpu, STATE_INIT, words, NULL);
    cpu_enter_pal(cpu, v->entry);
    hand_off(bios, cpu, v, INIT_OTHER);
    p->nest = p->nest << 2 | (u64)(monarch ? INSIDE_INIT_MONARCH : INSIDE_INIT_SLAVE);
    return HOOK_JUMPED;
}

/* --- machine checks --------------------------------------------------------------------------- */

/* Processor n runs the system and has yet to come. */
static bool is_missing(const struct bios *bios, const struct cpu *monarch, unsigned n)
{
    const struct bios_processor *p = &bios->processors[n];
    return n != cpu_id(monarch) && other(bios, n) && p->started && !p->rendezvoused && !p->nest;
}

static bool all_have_come(const struct bios *bios, const struct cpu *monarch)
{
    for (unsigned n = 0; n < BIOS_CPUS; n++) {
        if (is_missing(bios, monarch, n)) return false;
    }
    return true;
}

static void call_others(struct bios *bios, struct cpu *monarch, bool by_init)
{
    for (unsigned n = 0; n < BIOS_CPUS; n++) {
        if (!is_missing(bios, monarch, n)) continue;
        if (by_init) {
            cpu_post_init(other(bios, n));
        } else {
            cpu_post_vector(other(bios, n), (unsigned)bios->mc.rendezvous_vector);
        }
    }
}

static u64 patience(const struct bios *bios)
{
    u64 ms = bios->mc.timeout ? MIN(bios->mc.timeout, 1u << 30) : 1000;
    return ms * (bios->config.platform.itc_hz / 1000);
}

static bool wants_rendezvous(const struct bios *bios)
{
    return bios->mc.rendezvous_vector && (bios->mc.options & MC_RENDEZVOUS_ALWAYS);
}

static enum hook_answer enter_mca(struct bios *bios, struct cpu *cpu,
                                  const struct machine_check *mc)
{
    struct bios_processor *p = self(bios, cpu);
    const struct os_vector *v = &bios->vectors[OS_MCA];
    u64 words[MIN_STATE_WORDS];
    if (!usable(bios, v, "machine check")) return HOOK_DECLINED;
    bool first = !anybody_inside(bios, INSIDE_MCA);
    log_warning("firmware", "cpu %u: %s; the system's handler is called", cpu_id(cpu), mc->why);
    describe(p, mc);
    save(bios, cpu, words);
    record_write(bios, cpu, STATE_MCA, words, mc);
    cpu_enter_pal(cpu, v->entry);
    hand_off(bios, cpu, v, RZ_NOT_NEEDED);
    p->nest = p->nest << 2 | INSIDE_MCA;
    if (first && wants_rendezvous(bios) && !all_have_come(bios, cpu)) {
        call_others(bios, cpu, false);
        p->deadline = cpu_time(cpu) + patience(bios);
        p->by_init = false;
        cpu_set_ip(cpu, stub_pa(STUB_RENDEZVOUS), 0);
    }
    return HOOK_JUMPED;
}

/* Look around again a little later: nothing else happens at this place. */
static enum hook_answer wait_here(struct cpu *cpu)
{
    cpu_skip_time(cpu, WAIT_TICKS);
    cpu_stop(cpu);
    return HOOK_JUMPED;
}

/* SAL_CHECK waits for the others; those that do not hear an interrupt get an INIT. */
enum hook_answer abort_rendezvous(struct bios *bios, struct cpu *cpu)
{
    struct bios_processor *p = self(bios, cpu);
    bool late = cpu_time(cpu) >= p->deadline;
    if (!inside(p, INSIDE_MCA)) return HOOK_DECLINED;
    if (!all_have_come(bios, cpu) && !(late && p->by_init)) {
        if (!late) return wait_here(cpu);
        log_warning("firmware", "the rendezvous is not complete: INIT to those that are missing");
        call_others(bios, cpu, true);
        p->by_init = true;
        p->deadline = cpu_time(cpu) + patience(bios);
        return wait_here(cpu);
    }
    enum rendezvous_state how = late ? RZ_FAILED : p->by_init ? RZ_INIT : RZ_INTERRUPT;
    cpu_set_gr(cpu, 11, (u64)(s64)how, false);
    cpu_set_ip(cpu, bios->vectors[OS_MCA].entry, 0);
    return HOOK_JUMPED;
}

/* SAL_MC_RENDEZ: until the wake-up vector is pending.  The vector stays so: the system's handler
 * for it has nothing to do.  SAL 3.2, 9.3. */
enum { CR_IRR0 = 68 };

void sal_mc_rendez(struct call *c)
{
    struct bios_processor *p = self(c->bios, c->cpu);
    u64 vector = c->bios->mc.wakeup_vector;
    if (!vector || c->for_domain) {
        c->status = -3; /* nobody could ever wake us */
        return;
    }
    p->rendezvoused = !bit(cpu_cr(c->cpu, CR_IRR0 + (unsigned)vector / 64), vector % 64);
    if (p->rendezvoused) c->instead = wait_here(c->cpu);
}

enum hook_answer bios_pal_event(struct bios *bios, struct cpu *cpu, enum pal_event what,
                                const struct machine_check *mc)
{
    return what == PAL_EVENT_INIT ? enter_init(bios, cpu) : enter_mca(bios, cpu, mc);
}

/* --- the way back ----------------------------------------------------------------------------- */

bool abort_resume(struct bios *bios, struct cpu *cpu, u64 min_state)
{
    struct bios_processor *p = self(bios, cpu);
    u64 words[MIN_STATE_WORDS];
    if ((min_state & 7) ||
        !physmem_read(bios->config.pm, min_state & PA_MASK, words, sizeof words) ||
        !cpu_min_state_possible(words)) {
        return false;
    }
    cpu_resume_min_state(cpu, words);
    p->nest >>= 2;
    return true;
}

static enum hook_answer boot(struct bios *bios, struct cpu *cpu, const char *from, s64 status)
{
    bool halt = status == OS_HALT;
    log_warning("firmware", "OS_%s on cpu %u returns %lld: %s", from, cpu_id(cpu),
                (long long)status,
                halt ? "halt" : status == OS_COLD_BOOT ? "cold boot" : "warm boot");
    tell_host(bios, halt ? BIOS_POWER_OFF : BIOS_RESET);
    cpu_halt(cpu);
    return HOOK_JUMPED; /* to where it is, if anybody ever wakes it */
}

enum hook_answer abort_os_return(struct bios *bios, struct cpu *cpu)
{
    struct bios_processor *p = self(bios, cpu);
    s64 status = (s64)gr(cpu, 8);
    const char *from = (p->nest & 3) == INSIDE_MCA ? "MCA" : "INIT";
    if (!p->nest) return HOOK_DECLINED;
    if (status != OS_RESUME) return boot(bios, cpu, from, status);
    u64 min_state = gr(cpu, 10) ? gr(cpu, 22) : p->min_state;
    log_debug("firmware", "cpu %u returns from OS_%s", cpu_id(cpu), from);
    if (abort_resume(bios, cpu, min_state)) return HOOK_RETURNED;
    log_warning("firmware", "OS_%s wants to resume an impossible min-state area", from);
    return boot(bios, cpu, from, OS_WARM_BOOT);
}
