/* What goes to PAL instead of an interruption vector: INIT and machine checks.
 *
 * The processor's part is small: they wait while psr.mc is 1, an INIT also until the register stack
 * is complete, and are taken at check points like external interrupts, before those.  Saving state
 * and everything after that is firmware's (hooks->pal_event).  A machine check that an instruction
 * brings about cannot wait, for the instruction can neither complete nor be passed over.
 * SDM 2:5.4, 2:11.3.  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

static void wait_for_check_point(struct cpu *cpu)
{
    if (!(cpu->psr & PSR_MC)) cpu_wake(cpu);
    cpu_attend(cpu, ATTN_PAL);
}

void cpu_post_init(struct cpu *cpu)
{
    cpu->pal_pending |= PAL_PENDING_INIT;
    wait_for_check_point(cpu);
}

/* --- what waits ------------------------------------------------------------------------------- */

static void keep(struct cpu *cpu, enum machine_check_cause cause, u64 address, const char *why)
{
    cpu->mc = (struct machine_check){ .cause = cause, .address = address };
    g_strlcpy(cpu->mc.why, why, sizeof(cpu->mc.why));
}

void cpu_post_machine_check(struct cpu *cpu, enum machine_check_cause cause, u64 address,
                            const char *why)
{
    if (cpu->pal_pending & (PAL_PENDING_MCA | PAL_PENDING_ABORT)) return; /* one is enough */
    keep(cpu, cause, address, why);
    cpu->pal_pending |= PAL_PENDING_MCA;
    wait_for_check_point(cpu);
}

unsigned cpu_pal_pending(const struct cpu *cpu)
{
    return (cpu->pal_pending & PAL_PENDING_MCA ? 1u : 0u) |
           (cpu->pal_pending & PAL_PENDING_INIT ? 2u : 0u);
}

void cpu_machine_check(struct cpu *cpu, enum machine_check_cause cause, u64 address,
                       const char *why)
{
    keep(cpu, cause, address, why);
    cpu->pal_pending = (cpu->pal_pending & ~PAL_PENDING_MCA) | PAL_PENDING_ABORT;
    cpu_attend(cpu, ATTN_PAL);
}

static bool to_firmware(struct cpu *cpu, enum pal_event what)
{
    const struct cpu_hooks *h = cpu->hooks;

    if (!h || !h->pal_event) return false;
    if (cpu->psr & PSR_IC) cpu->cr[CR_IIPA] = cpu->iipa;
    return h->pal_event(h->opaque, cpu, what, &cpu->mc) == HOOK_JUMPED;
}

/* An instruction's own machine check while psr.mc is 1 is the end: nobody could be told. */
static void take_machine_check(struct cpu *cpu, bool masked)
{
    cpu->pal_pending &= ~(PAL_PENDING_MCA | PAL_PENDING_ABORT);
    if (masked || !to_firmware(cpu, PAL_EVENT_MCA)) cpu_fatal(cpu, cpu->mc.why);
}

void pal_take_events(struct cpu *cpu, bool at_check_point)
{
    bool open = at_check_point && !(cpu->psr & PSR_MC) && !cpu->cfle;

    if (cpu->pal_pending & PAL_PENDING_ABORT) {
        take_machine_check(cpu, cpu->psr & PSR_MC);
    } else if (open && (cpu->pal_pending & PAL_PENDING_MCA)) {
        take_machine_check(cpu, false);
    } else if (open && (cpu->pal_pending & PAL_PENDING_INIT)) {
        cpu->pal_pending &= ~PAL_PENDING_INIT;
        (void)to_firmware(cpu, PAL_EVENT_INIT);
    }
    if (!cpu->pal_pending) cpu->attention &= ~(unsigned)ATTN_PAL;
}

/* --- the min-state save area ------------------------------------------------------------------ */

enum { /* its words; SDM 2:11.3.2.4 */
    MS_NAT = 0, MS_GR1 = 1, MS_BANK0 = 16, MS_BANK1 = 32, MS_PR = 48, MS_BR0, MS_RSC, MS_IIP,
    MS_IPSR, MS_IFS, MS_XIP, MS_XPSR, MS_XFS, MS_BR1,
};
_Static_assert(MS_BR1 + 1 == MIN_STATE_WORDS, "all of them");

static void save_bank(const struct cpu *cpu, u64 *words, unsigned bank)
{
    bool current = !!(cpu->psr & PSR_BN) == bank;
    u16 nats = current ? (u16)(cpu->nat[0] >> 16) : cpu->banked_nat;
    unsigned at = bank ? MS_BANK1 : MS_BANK0;

    for (unsigned i = 0; i < 16; i++) words[at + i] = current ? cpu->gr[16 + i] : cpu->banked[i];
    words[MS_NAT] |= (u64)nats << at; /* as st8.spill would: the area is aligned to 512 bytes */
}

void cpu_save_min_state(struct cpu *cpu, u64 words[MIN_STATE_WORDS])
{
    u64 *cr = cpu->cr;

    words[MS_NAT] = cpu->nat[0] & 0xfffe;
    for (unsigned r = 1; r < 16; r++) words[MS_GR1 - 1 + r] = cpu->gr[r];
    save_bank(cpu, words, 0);
    save_bank(cpu, words, 1);
    words[MS_PR] = cpu_pr(cpu);
    words[MS_BR0] = cpu->br[0];
    words[MS_BR1] = cpu->br[1];
    words[MS_RSC] = cpu->ar[AR_RSC];
    words[MS_XIP] = cr[CR_IIP];
    words[MS_XPSR] = cr[CR_IPSR];
    words[MS_XFS] = cr[CR_IFS];
    words[MS_IIP] = cr[CR_IIP] = cpu->ip;
    words[MS_IPSR] = cr[CR_IPSR] = cpu_psr(cpu) | (u64)cpu->ri << PSR_RI_SHIFT;
    words[MS_IFS] = cr[CR_IFS] = 1ull << 63 | cpu->cfm;
}

static void restore_bank(struct cpu *cpu, const u64 *words, unsigned bank)
{
    bool current = !!(cpu->psr & PSR_BN) == bank;
    unsigned at = bank ? MS_BANK1 : MS_BANK0;

    for (unsigned i = 0; i < 16; i++) {
        bool nat = bit(words[MS_NAT], at + i);
        if (current) {
            cpu_set_gr(cpu, 16 + i, words[at + i], nat);
        } else {
            cpu_set_banked_gr(cpu, 16 + i, words[at + i], nat);
        }
    }
}

/* Could a program have written this to the register?  SDM 2:3.3.5. */
static bool legal(unsigned cr, u64 value)
{
    const struct sysreg *r = &cr_table[cr];
    return !(value & r->reserved) && (!r->check || r->check(value));
}

bool cpu_min_state_possible(const u64 words[MIN_STATE_WORDS])
{
    return !(words[MS_IPSR] & PSR_IS) && legal(CR_IPSR, words[MS_IPSR]) &&
           legal(CR_IFS, words[MS_IFS]) && legal(CR_IPSR, words[MS_XPSR]) &&
           legal(CR_IFS, words[MS_XFS]);
}

void cpu_resume_min_state(struct cpu *cpu, const u64 words[MIN_STATE_WORDS])
{
    u64 ipsr = words[MS_IPSR];

    rse_set_rsc(cpu, words[MS_RSC]); /* the frame may have to be loaded */
    cpu_return(cpu, ipsr, words[MS_IIP], (unsigned)bits(ipsr, 42, 41), words[MS_IFS]);
    for (unsigned r = 1; r < 16; r++) {
        cpu_set_gr(cpu, r, words[MS_GR1 - 1 + r], bit(words[MS_NAT], r));
    }
    restore_bank(cpu, words, 0);
    restore_bank(cpu, words, 1);
    cpu_set_pr(cpu, words[MS_PR]);
    cpu->br[0] = words[MS_BR0];
    cpu->br[1] = words[MS_BR1];
    cpu->cr[CR_IIP] = words[MS_XIP];
    cpu->cr[CR_IPSR] = words[MS_XPSR];
    cpu->cr[CR_IFS] = words[MS_XFS];
}

/* All off but psr.mc, an empty frame, the register stack at rest. */
void cpu_enter_pal(struct cpu *cpu, u64 ip)
{
    rse_cover(cpu);
    rse_set_rsc(cpu, cpu->ar[AR_RSC] & ~3ull);
    cpu_enter(cpu, PSR_MC, ip);
}
