/* Data references off the fast path: alignment, byte order, devices, code that is written to.
 *
 * The mmu translates and checks; what it leaves to us is alignment.  With psr.ac clear an
 * unaligned reference is performed if it stays within an aligned window of 8 bytes (16 for
 * floating-point data), as on Itanium 2; a reference that crosses it faults, after everything that
 * outranks the fault.  SDM 2:4.5, 2:106.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/mem-priv.h"

static unsigned natural_alignment(unsigned size)
{
    return size > 8 ? 16 : size;
}

static bool must_fault_unaligned(const struct cpu *cpu, u64 va, unsigned size, u32 kind)
{
    unsigned window = kind & K_FP ? 16 : 8;

    if (!(va & (natural_alignment(size) - 1))) return false;
    return (cpu->psr & PSR_AC) || (kind & K_ALIGNED) || (va & (window - 1)) + size > window;
}

/* The part of a reference that the mmu is shown: it never crosses an aligned 16-byte window. */
static unsigned first_part(u64 va, unsigned size)
{
    unsigned room = 16 - (unsigned)(va & 15);
    return size < room ? size : room;
}

enum mmu_fault refer(struct cpu *cpu, u64 va, unsigned size, unsigned how, u32 kind,
                     struct mmu_span *span)
{
    bool unaligned = must_fault_unaligned(cpu, va, size, kind);
    enum mmu_fault why;

    if (watch_waits(cpu, va, size, how)) return MMU_WATCHED;
    how |= MMU_NO_ALIGN;
    if (!unaligned && (kind & K_WB)) how |= MMU_WB_ONLY; /* ranks below Unaligned */
    why = mmu_access(&cpu->mmu, va, first_part(va, size), how, cpl(cpu), span);
    return why == MMU_OK && unaligned ? MMU_UNALIGNED : why;
}

unsigned refer_speculatively(struct cpu *cpu, u64 va, unsigned size, u32 kind,
                             struct mmu_span *span)
{
    const unsigned precluding = 1u << MMU_UNIMPLEMENTED | 1u << MMU_ALTERNATE | 1u << MMU_VHPT |
                                1u << MMU_MISS | 1u << MMU_NOT_PRESENT;
    unsigned c = mmu_conditions(&cpu->mmu, va, first_part(va, size),
                                MMU_READ | MMU_SPEC | MMU_NO_ALIGN, cpl(cpu), span);

    if (!c && watch_waits(cpu, va, size, MMU_READ)) return 1u << MMU_WATCHED;
    if (!(c & precluding) && must_fault_unaligned(cpu, va, size, kind)) c |= 1u << MMU_UNALIGNED;
    return c;
}

u64 get_value(const struct cpu *cpu, const u8 *p, unsigned size)
{
    u64 v = 0;

    for (unsigned i = 0; i < size; i++) {
        v |= (u64)p[i] << 8 * (cpu->psr & PSR_BE ? size - 1 - i : i);
    }
    return v;
}

void put_value(const struct cpu *cpu, u8 *p, unsigned size, u64 v)
{
    for (unsigned i = 0; i < size; i++) {
        p[i] = (u8)(v >> 8 * (cpu->psr & PSR_BE ? size - 1 - i : i));
    }
}

/* The largest aligned piece at the head of a reference: what a device gets to see. */
static unsigned piece(u64 pa, unsigned left)
{
    unsigned n = 8;
    while ((pa & (n - 1)) || n > left) n /= 2;
    return n;
}

void span_read(struct cpu *cpu, const struct mmu_span *span, unsigned size, u8 *buf)
{
    const u8 *host = span->host ? span->host : physmem_host(cpu->pm, span->pa, size);

    if (host) {
        memcpy(buf, host, size);
        return;
    }
    for (unsigned i = 0, n; i < size; i += n) {
        u64 v = ~0ull; /* what nobody answers */
        n = piece(span->pa + i, size - i);
        if (!physmem_io_read(cpu->pm, span->pa + i, n, &v)) v = ~0ull;
        put_le(buf + i, n, v);
    }
}

bool span_write(struct cpu *cpu, const struct mmu_span *span, unsigned size, const u8 *buf)
{
    if (span->host) {
        memcpy(span->host, buf, size);
        alat_store(cpu, span->pa, size);
        return icache_note_write(cpu, span->pa, size);
    }
    alat_store(cpu, span->pa, size);
    for (unsigned i = 0, n; i < size; i += n) {
        n = piece(span->pa + i, size - i);
        physmem_io_write(cpu->pm, span->pa + i, n, get_le(buf + i, n));
    }
    return false;
}
