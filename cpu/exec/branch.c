/* Branches, the frame, and the instructions that change where and how we run: br, brl, alloc,
 * cover, flushrs, loadrs, clrrrb, bsw, epc, rfi.  SDM 1:4.5, 2:6, 3:2 (br, rfi, epc, alloc).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

#define TRAP_LP 2u

EXEC(br_cond)
{
    if (!qp_is_set(cpu, in)) NEXT;
    GO(bundle_ip(cpu, in) + in->imm);
}

EXEC(br_cond_b)
{
    if (!qp_is_set(cpu, in)) NEXT;
    GO(cpu->br[in->r2]);
}

EXEC(brl_cond)
{
    GO(bundle_ip(cpu, in) + in->imm);
}

static ALWAYS_INLINE const struct insn *call(struct cpu *cpu, const struct insn *in, u64 target)
{
    cpu->br[in->r1] = bundle_ip(cpu, in) + 16;
    rse_call(cpu);
    GO(target);
}

EXEC(br_call)
{
    return call(cpu, in, bundle_ip(cpu, in) + in->imm);
}

EXEC(br_call_b)
{
    return call(cpu, in, cpu->br[in->r2]); /* read before b1 is written */
}

EXEC(brl_call)
{
    return call(cpu, in, bundle_ip(cpu, in) + in->imm);
}

/* br.ret to a less privileged level; never the other way (SDM 3: br.ret). */
static COLD void demote(struct cpu *cpu, const struct insn *in, unsigned ppl)
{
    u64 old = cpu->psr;

    cpu->stop_pos = in->pos;
    cpu->psr = deposit(old, 33, 32, ppl);
    cpu_psr_changed(cpu, old);
    if (old & PSR_LP) cpu->traps |= TRAP_LP;
}

EXEC(br_ret)
{
    u64 pfs = cpu->ar[AR_PFS], target = cpu->br[in->r2];
    bool complete = rse_ret(cpu, pfs) || rse_fill_frame(cpu) == 0;

    cpu->ar[AR_EC] = pfs >> 52 & 63;
    if (unlikely(pfs >> 62 > cpl(cpu))) demote(cpu, in, (unsigned)(pfs >> 62));
    /* A fault of the mandatory loads belongs to the target: the loop meets it again there. */
    if (unlikely(!complete || cpu->traps)) return branch_stop(cpu, in, target, 0);
    GO(target);
}

/* No IA-32 here: the transition is always disabled (docs/implementation.md). */
EXEC(br_ia)
{
    if (in->qp) ILLEGAL;
    if (cpu->ar[AR_BSPSTORE] != rse_bsp(cpu)) ILLEGAL;
    return fault(cpu, in, INT_DISABLED_ISA, 0);
}

/* --- loops ------------------------------------------------------------------------------------ */

EXEC(br_cloop)
{
    if (!cpu->ar[AR_LC]) NEXT;
    cpu->ar[AR_LC]--;
    GO(bundle_ip(cpu, in) + in->imm);
}

/* PR63 is written before the rotation, which makes it p16. */
static void pass_to_p16(struct cpu *cpu, bool value)
{
    cpu->pr = deposit(cpu->pr, 63, 63, value);
}

/* The shared step of counted loops: does the kernel go on? */
static bool counted_step(struct cpu *cpu)
{
    u64 lc = cpu->ar[AR_LC], ec = cpu->ar[AR_EC];

    pass_to_p16(cpu, lc != 0);
    if (lc) {
        cpu->ar[AR_LC] = lc - 1;
    } else if (ec) {
        cpu->ar[AR_EC] = ec - 1;
    } else {
        return false;
    }
    cpu_rotate(cpu);
    return lc || ec > 1;
}

static bool while_step(struct cpu *cpu, bool qp)
{
    u64 ec = cpu->ar[AR_EC];

    pass_to_p16(cpu, false);
    if (!qp) {
        if (!ec) return false;
        cpu->ar[AR_EC] = ec - 1;
    }
    cpu_rotate(cpu);
    return qp || ec > 1;
}

EXEC(br_ctop)
{
    if (!counted_step(cpu)) NEXT;
    GO(bundle_ip(cpu, in) + in->imm);
}

EXEC(br_cexit)
{
    if (counted_step(cpu)) NEXT;
    GO(bundle_ip(cpu, in) + in->imm);
}

EXEC(br_wtop)
{
    if (!while_step(cpu, qp_is_set(cpu, in))) NEXT;
    GO(bundle_ip(cpu, in) + in->imm);
}

EXEC(br_wexit)
{
    if (while_step(cpu, qp_is_set(cpu, in))) NEXT;
    GO(bundle_ip(cpu, in) + in->imm);
}

/* --- the frame -------------------------------------------------------------------------------- */

/* imm = sof | sol << 8 | sor << 16 (sor in units of 8 registers). */
EXEC(alloc)
{
    unsigned sof = in->imm & 0xff, sol = in->imm >> 8 & 0xff, sor8 = in->imm >> 16 & 0xff;
    u64 cfm = cpu->cfm;

    if (unlikely(in->qp || sof > STACKED_PHYS || sol > sof || sor8 * 8 > sof)) ILLEGAL;
    if (unlikely(in->r1 >= 32 + sof)) ILLEGAL;
    if (unlikely(sor8 * 8 != cfm_sor(cfm) && (cfm & CFM_RRB_MASK))) {
        return fault(cpu, in, INT_RESERVED_REGISTER, 0);
    }
    if (unlikely(rse_room(cpu, sof) < 0)) return fault_recorded(cpu, in);
    u64 frame = sof | (u64)sol << 7 | (u64)sor8 << 14;
    if (unlikely((cfm & CFM_RRB_MASK) || any_nat(cpu))) {
        cpu_set_cfm(cpu, frame | (cfm & CFM_RRB_MASK));
        put_gr(cpu, in->r1, cpu->ar[AR_PFS], false);
        NEXT;
    }
    cpu->cfm = frame;
    cpu->gate = 32 + sof;
    cpu->gr[in->r1] = cpu->ar[AR_PFS];
    NEXT;
}

EXEC(cover)
{
    u64 cfm = cpu->cfm;

    rse_cover(cpu);
    if (!(cpu->psr & PSR_IC)) cpu->cr[CR_IFS] = 1ull << 63 | cfm;
    NEXT;
}

void cpu_cover(struct cpu *cpu)
{
    rse_cover(cpu);
}

EXEC(flushrs)
{
    if (rse_flush(cpu) < 0) return fault_recorded(cpu, in);
    NEXT;
}

EXEC(loadrs)
{
    u64 rsc = cpu->ar[AR_RSC];

    if (rsc & 3) ILLEGAL;
    if (bits(rsc, 29, 16) && cfm_sof(cpu->cfm)) ILLEGAL;
    if (rse_loadrs_registers(cpu) > STACKED_PHYS) ILLEGAL;
    if (rse_load(cpu) < 0) return fault_recorded(cpu, in);
    NEXT;
}

EXEC(clrrrb)
{
    cpu_set_cfm(cpu, cpu->cfm & ~CFM_RRB_MASK);
    NEXT;
}

EXEC(clrrrb_pr)
{
    cpu_set_cfm(cpu, cpu->cfm & ~(mask64(6) << 32));
    NEXT;
}

/* --- privilege and return --------------------------------------------------------------------- */

EXEC(bsw0)
{
    REQUIRE_CPL0(0);
    cpu_bank_switch(cpu, 0);
    NEXT;
}

EXEC(bsw1)
{
    REQUIRE_CPL0(0);
    cpu_bank_switch(cpu, 1);
    NEXT;
}

/* The translation that this instruction was fetched with is gone: as if it were fetched now. */
static COLD const struct insn *refetch(struct cpu *cpu, const struct insn *in, enum mmu_fault why)
{
    record_fetch_fault(cpu, why, bundle_ip(cpu, in));
    return fault_recorded(cpu, in);
}

/* Promote to the level of an enter page; physical mode promotes to 0. */
EXEC(epc)
{
    unsigned now = cpl(cpu), level = now;
    struct mmu_span span;
    u64 old = cpu->psr;

    if (cpu->ar[AR_PFS] >> 62 < now) ILLEGAL;
    if (old & PSR_IT) {
        enum mmu_fault why = mmu_fetch(&cpu->mmu, bundle_ip(cpu, in), &span);
        if (unlikely(why != MMU_OK)) return refetch(cpu, in, why);
        if (span.ar == 7) level = MIN(span.pl, now);
    } else {
        level = 0;
    }
    if (level == now) NEXT_RARE;
    cpu->stop_pos = in->pos;
    cpu->psr = deposit(old, 33, 32, level);
    cpu_psr_changed(cpu, old);
    return leave_after(cpu, in);
}

static COLD const struct insn *to_ia32(struct cpu *cpu, const struct insn *in)
{
    cpu_fatal(cpu, "rfi with IPSR.is = 1: IA-32 code is not supported");
    return leave_here(cpu, in);
}

EXEC(rfi)
{
    REQUIRE_CPL0(0);
    u64 ipsr = cpu->cr[CR_IPSR], ifs = cpu->cr[CR_IFS];
    u64 ip = cpu->cr[CR_IIP];

    if (ipsr & PSR_IS) return to_ia32(cpu, in);
    cpu->stop_pos = in->pos; /* the counters are settled while psr changes */
    cpu_set_psr(cpu, ipsr);
    if (ifs >> 63) {
        if (!rse_rfi(cpu, ifs)) (void)rse_fill_frame(cpu); /* a fault recurs at the target */
    } else if (cpu->missing) {
        cpu->cfle = true;
    }
    (void)branch_stop(cpu, in, ip, ipsr >> PSR_RI_SHIFT & 3);
    cpu->stop = STOP_RFI;
    return NULL;
}
