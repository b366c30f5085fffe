/* Semaphores: one read and one write that nothing comes between, which with one processor running
 * at a time is no effort at all.  SDM 3 cmpxchg, xchg, fetchadd; formats M16 and M17.
 *
 * Both permissions are needed whatever the comparison says, memory must be write-back, and the
 * address naturally aligned whatever psr.ac says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"

enum sema_op { CMPXCHG, XCHG, FETCHADD, CMP8XCHG16 };
#define ISR_RW (ISR_R | ISR_W)
#define SEMA_KIND (K_ALIGNED | K_WB)

/* CCV is compared in full: what lies above the operand's size must be 0 (SDM 3:46). */
static ALWAYS_INLINE bool stores(const struct cpu *cpu, enum sema_op op, u64 old)
{
    return (op != CMPXCHG && op != CMP8XCHG16) || old == cpu->ar[AR_CCV];
}

static ALWAYS_INLINE u64 replacement(const struct cpu *cpu, const struct insn *in,
                                     enum sema_op op, u64 old)
{
    return op == FETCHADD ? old + in->imm : GR(in->r2);
}

/* cmp8xchg16 stores 16 bytes around the 8 it compared. */
static bool store_both(struct cpu *cpu, const struct insn *in, struct mmu_span span)
{
    u8 buf[16];
    u64 back = span.pa & 8;

    span.pa -= back;
    if (span.host) span.host -= back;
    put_value(cpu, buf, 8, GR(in->r2));
    put_value(cpu, buf + 8, 8, cpu->ar[AR_CSD]);
    return span_write(cpu, &span, 16, buf);
}

static NOINLINE const struct insn *sema_slow(struct cpu *cpu, const struct insn *in,
                                             enum sema_op op, unsigned size)
{
    u64 va = GR(in->r3), old;
    struct mmu_span span;
    enum mmu_fault why;
    bool changed = false;
    u8 buf[8];

    if (!gr_writable(cpu, in->r1)) ILLEGAL;
    CONSUME(in->r3, ISR_RW);
    if (op != FETCHADD) CONSUME(in->r2, ISR_RW);
    why = refer(cpu, va, size, MMU_READ | MMU_WRITE, SEMA_KIND, &span);
    if (why != MMU_OK) return fault_data(cpu, in, why, va, ISR_RW);
    cpu->stop_pos = in->pos;
    span_read(cpu, &span, size, buf);
    old = get_value(cpu, buf, size);
    alat_store(cpu, span.pa, size);
    if (stores(cpu, op, old)) {
        put_value(cpu, buf, size, replacement(cpu, in, op, old));
        changed = op == CMP8XCHG16 ? store_both(cpu, in, span)
                                   : span_write(cpu, &span, size, buf);
    }
    put_gr(cpu, in->r1, old, false);
    if (unlikely(changed)) return leave_after(cpu, in);
    NEXT_RARE;
}

static ALWAYS_INLINE const struct insn *sema(struct cpu *cpu, const struct insn *in,
                                             enum sema_op op, unsigned size)
{
    u64 va = GR(in->r3), old;
    u8 *host = soft_write(&cpu->mmu, va, size);

    if (unlikely(in->r1 >= cpu->gate || !host || alat_watches(cpu, va, size) ||
                 !soft_read(&cpu->mmu, va, size))) {
        return sema_slow(cpu, in, op, size);
    }
    old = get_le(host, size);
    if (stores(cpu, op, old)) put_le(host, size, replacement(cpu, in, op, old));
    cpu->gr[in->r1] = old;
    NEXT;
}

#define SEMA(meaning, op, size) EXEC(meaning) { return sema(cpu, in, (op), (size)); }
#define EACH_SIZE(ITEM) ITEM(1) ITEM(2) ITEM(4) ITEM(8)
#define CMPXCHG_ROWS(n)                                                                           \
    SEMA(cmpxchg##n##_acq, CMPXCHG, n)                                                            \
    SEMA(cmpxchg##n##_rel, CMPXCHG, n)
#define XCHG_ROWS(n) SEMA(xchg##n, XCHG, n)
#define FETCHADD_ROWS(n)                                                                          \
    SEMA(fetchadd##n##_acq, FETCHADD, n)                                                          \
    SEMA(fetchadd##n##_rel, FETCHADD, n)
EACH_SIZE(CMPXCHG_ROWS)
EACH_SIZE(XCHG_ROWS)
FETCHADD_ROWS(4)
FETCHADD_ROWS(8)

EXEC(cmp8xchg16_acq) { return sema_slow(cpu, in, CMP8XCHG16, 8); }
EXEC(cmp8xchg16_rel) { return sema_slow(cpu, in, CMP8XCHG16, 8); }
