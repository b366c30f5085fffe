/* The local SAPIC: which interrupt, and when.  Vectors wait in IRR; reading IVR moves the best one
 * to the in-service set; writing EOI takes the best one out of that.  The interval timer posts the
 * vector of ITV when ITC has gone past ITM: once, and never late for a value written behind it.
 * SDM 2:5.8.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/sysreg.h"

#define VECTOR_EXTINT 0
#define VECTOR_NMI 2
#define NEVER (~0ull)

/* Priority of a vector: NMI, then ExtINT, then by number.  SDM 2:119 table 5-8. */
static int rank(int vector)
{
    if (vector == VECTOR_NMI) return 257;
    return vector == VECTOR_EXTINT ? 256 : vector;
}

static int highest(const u64 set[4])
{
    if (likely(!(set[0] | set[1] | set[2] | set[3]))) return -1;
    if (bit(set[0], VECTOR_NMI)) return VECTOR_NMI;
    if (bit(set[0], VECTOR_EXTINT)) return VECTOR_EXTINT;
    for (int i = 3; i >= 0; i--) {
        if (set[i]) return 64 * i + 63 - __builtin_clzll(set[i]);
    }
    return -1;
}

/* mmi masks all but NMI, mic the numbered vectors of its class and below.  SDM 2:124, 2:605. */
static bool masked(u64 tpr, int vector)
{
    if (vector == VECTOR_NMI) return false;
    if (bit(tpr, 16)) return true;
    return vector != VECTOR_EXTINT && (unsigned)vector >> 4 <= bits(tpr, 7, 4);
}

int lsapic_best(const struct cpu *cpu)
{
    int vector = highest(cpu->irr);

    if (vector < 0 || masked(cpu->cr[CR_TPR], vector)) return -1;
    int serving = highest(cpu->isr_bits);
    return serving >= 0 && rank(vector) <= rank(serving) ? -1 : vector;
}

bool lsapic_deliverable(const struct cpu *cpu)
{
    return lsapic_best(cpu) >= 0;
}

bool cpu_interrupt_pending(const struct cpu *cpu)
{
    return lsapic_deliverable(cpu);
}

bool cpu_in_service(const struct cpu *cpu, unsigned vector)
{
    return vector < 256 && bit(cpu->isr_bits[vector >> 6], vector & 63);
}

void cpu_check_interrupts(struct cpu *cpu)
{
    cpu_attend(cpu, ATTN_INTERRUPT);
}

static void look_again(struct cpu *cpu)
{
    if (!lsapic_deliverable(cpu)) return;
    if (cpu->halted) cpu_wake(cpu);
    cpu_attend(cpu, ATTN_INTERRUPT);
}

/* Vectors 1 and 3 to 15 do not exist (SDM 2:118): such messages are dropped. */
void cpu_post_vector(struct cpu *cpu, unsigned vector)
{
    if (vector > 255 || vector == 1 || (vector > 2 && vector < 16)) return;
    cpu->irr[vector >> 6] |= 1ull << (vector & 63);
    look_again(cpu);
}

u64 lsapic_read_ivr(struct cpu *cpu)
{
    lsapic_timer(cpu);
    int vector = lsapic_best(cpu);
    if (vector < 0) return VECTOR_SPURIOUS;
    cpu->irr[vector >> 6] &= ~(1ull << (vector & 63));
    cpu->isr_bits[vector >> 6] |= 1ull << (vector & 63);
    return (u64)vector;
}

void lsapic_eoi(struct cpu *cpu)
{
    int vector = highest(cpu->isr_bits);

    if (vector >= 0) cpu->isr_bits[vector >> 6] &= ~(1ull << (vector & 63));
    look_again(cpu);
}

void lsapic_set_tpr(struct cpu *cpu, unsigned n, u64 value)
{
    cpu->cr[n] = value;
    look_again(cpu);
}

void lsapic_local(struct cpu *cpu, unsigned cr)
{
    u64 entry = cpu->cr[cr];
    if (!bit(entry, 16)) cpu_post_vector(cpu, (unsigned)bits(entry, 7, 0));
}

/* --- interval timer -------------------------------------------------------------------------- */

/* The budget up to the next check point was made for the old value. */
static void tell_of_timer(struct cpu *cpu)
{
    if (cpu->hooks && cpu->hooks->timer_changed) {
        cpu->hooks->timer_changed(cpu->hooks->opaque, cpu);
    }
    cpu_attend(cpu, 0);
}

/* The event is ITC equal to ITM; it is posted one tick later, so that the handler reads an ITC
 * already beyond ITM.  A value behind ITC means once around the 64-bit clock: never. */
static void arm(struct cpu *cpu)
{
    u64 ahead = cpu->cr[CR_ITM] - cpu_itc(cpu);

    cpu->timer_due = ahead >> 63 ? NEVER : cpu_time(cpu) + ahead + 1;
    tell_of_timer(cpu);
}

void lsapic_timer(struct cpu *cpu)
{
    u64 slots;

    if (unlikely(cpu->timer_due <= cpu_time(cpu))) {
        cpu->timer_due = NEVER;
        lsapic_local(cpu, CR_ITV);
    }
    if (unlikely(cpu->pmu_on) && pmu_next_overflow(cpu, &slots) && !slots) {
        pmu_settle(cpu, cpu->psr);
    }
}

void lsapic_set_itm(struct cpu *cpu, unsigned n, u64 value)
{
    lsapic_timer(cpu);
    cpu->cr[n] = value;
    arm(cpu);
}

void lsapic_set_itc(struct cpu *cpu, u64 value)
{
    lsapic_timer(cpu);
    cpu->itc_offset = value - cpu_time(cpu);
    arm(cpu);
}

/* A masked event is lost, not kept: settle it under the old mask first. */
void lsapic_set_itv(struct cpu *cpu, unsigned n, u64 value)
{
    lsapic_timer(cpu);
    cpu->cr[n] = value;
    tell_of_timer(cpu);
}

bool cpu_next_timer(const struct cpu *cpu, u64 *ticks)
{
    u64 slots, now = cpu_time(cpu);
    bool timer = cpu->timer_due != NEVER && !bit(cpu->cr[CR_ITV], 16);

    if (timer) *ticks = cpu->timer_due > now ? cpu->timer_due - now : 0;
    if (unlikely(cpu->pmu_on) && pmu_next_overflow(cpu, &slots) && (!timer || slots < *ticks)) {
        *ticks = slots;
        timer = true;
    }
    return timer;
}

void lsapic_reset(struct cpu *cpu)
{
    memset(cpu->irr, 0, sizeof(cpu->irr));
    memset(cpu->isr_bits, 0, sizeof(cpu->isr_bits));
    cpu->timer_due = NEVER;
}
