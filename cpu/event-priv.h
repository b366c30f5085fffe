/* How events arise inside cpu/.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_EVENT_PRIV_H
#define CPU_EVENT_PRIV_H

#include "cpu/event.h"
#include "cpu/state-priv.h"

/* The cell of this slot while somebody listens to `kinds`: a handler that tells of it, or NULL, the
 * usual one. */
exec_fn *event_handler(u32 kinds, const struct insn *in);

static inline bool listens(const struct cpu *cpu, enum event_kind kind)
{
    return unlikely(cpu->listening >> kind & 1);
}

/* The processor is about to go to vector `offset` for cpu->fault. */
void event_interruption(struct cpu *cpu, unsigned offset, u64 isr) COLD;
/* cr.ivr was read, by the instruction at stop_pos. */
void event_irq(struct cpu *cpu, u64 vector) COLD;

#endif
