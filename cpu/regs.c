/* The register files by their current names.
 *
 * Renaming on IA-64 happens at calls, returns and rotating branches.  We carry it out there and
 * then: rotation moves the rotating GRs by one, turns the 48 rotating PRs like a wheel, and only
 * notes the FRs (fr_lag), since code that rotates often touches none of them.
 * SDM 1:4.1.1, 2:6.5.  SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/state-priv.h"

#define ROT_FR 96
#define ROT_PR 48

/* NaT bits of r32..r32+n-1 as a bit string, and back. */
static u128 nats_of_frame(const struct cpu *cpu)
{
    return ((u128)cpu->nat[1] << 64 | cpu->nat[0]) >> 32;
}

static void put_nats_of_frame(struct cpu *cpu, u128 nats)
{
    u128 all = nats << 32 | (u32)cpu->nat[0];
    cpu->nat[0] = (u64)all;
    cpu->nat[1] = (u64)(all >> 64);
}

static u128 rotate_bits(u128 x, unsigned n, unsigned k)
{
    u128 mask = ((u128)1 << n) - 1;
    u128 low = x & mask;
    return (x & ~mask) | (((low >> k) | (low << (n - k))) & mask);
}

/* new[v] = old[(v + k) mod n] on the first n stacked registers. */
static void turn_gr(struct cpu *cpu, unsigned n, unsigned k)
{
    u64 old[STACKED_PHYS + 32];

    if (!n || !(k %= n)) return;
    memcpy(old, &cpu->gr[32], n * sizeof(u64));
    memcpy(&cpu->gr[32], old + k, (n - k) * sizeof(u64));
    memcpy(&cpu->gr[32 + n - k], old, k * sizeof(u64));
    if (any_nat(cpu)) put_nats_of_frame(cpu, rotate_bits(nats_of_frame(cpu), n, k));
}

/* The same for k = n - 1, which every turn of a rotating loop needs: one move of the whole file. */
static void step_gr(struct cpu *cpu, unsigned n)
{
    u64 last = cpu->gr[32 + n - 1];

    memmove(&cpu->gr[33], &cpu->gr[32], (n - 1) * sizeof(u64));
    cpu->gr[32] = last;
    if (any_nat(cpu)) put_nats_of_frame(cpu, rotate_bits(nats_of_frame(cpu), n, n - 1));
}

/* new bit v = old bit (v + k) mod 48 of the rotating predicates. */
static u64 turn_pr(u64 pr, unsigned k)
{
    u64 rot = pr >> 16;
    k %= ROT_PR;
    rot = (rot >> k | rot << (ROT_PR - k)) & mask64(ROT_PR);
    return rot << 16 | (pr & 0xffff);
}

static void lag_fr(struct cpu *cpu, unsigned steps)
{
    cpu->fr_lag = (cpu->fr_lag + steps) % ROT_FR;
    cpu->fp_gate = (cpu->fp_gate & 3) | (cpu->fr_lag ? 4 : 0);
}

void cpu_fr_settle(struct cpu *cpu)
{
    struct fpreg old[ROT_FR];
    unsigned k = ROT_FR - cpu->fr_lag; /* new[v] = old[v - lag] */

    if (!cpu->fr_lag) return;
    memcpy(old, &cpu->fr[32], sizeof(old));
    for (unsigned v = 0; v < ROT_FR; v++) {
        cpu->fr[32 + v] = old[(v + k) % ROT_FR];
    }
    cpu->fr_lag = 0;
    cpu->fp_gate &= 3;
}

void cpu_rotate(struct cpu *cpu)
{
    u64 cfm = cpu->cfm;
    unsigned sor = cfm_sor(cfm), gr = cfm_rrb_gr(cfm), fr = cfm_rrb_fr(cfm), pr = cfm_rrb_pr(cfm);

    if (sor) {
        step_gr(cpu, sor);
        gr = gr ? gr - 1 : sor - 1;
    }
    lag_fr(cpu, 1);
    fr = fr ? fr - 1 : ROT_FR - 1;
    cpu->pr = turn_pr(cpu->pr, ROT_PR - 1);
    pr = pr ? pr - 1 : ROT_PR - 1;
    cpu->cfm = (cfm & mask64(18)) | (u64)gr << 18 | (u64)fr << 25 | (u64)pr << 32;
}

/* Registers keep their physical place while the frame marker changes: all three rotating files are
 * brought to physical order under the old marker and to logical order under the new one. */
void cpu_set_cfm(struct cpu *cpu, u64 cfm)
{
    u64 old = cpu->cfm;

    if ((old ^ cfm) & (CFM_RRB_MASK | mask64(18))) {
        unsigned n = cfm_sor(old), m = cfm_sor(cfm);
        if (n) turn_gr(cpu, n, n - cfm_rrb_gr(old) % n);
        if (m) turn_gr(cpu, m, cfm_rrb_gr(cfm) % m);
        cpu->pr = turn_pr(cpu->pr, ROT_PR - cfm_rrb_pr(old));
        cpu->pr = turn_pr(cpu->pr, cfm_rrb_pr(cfm));
        lag_fr(cpu, cfm_rrb_fr(old) + ROT_FR - cfm_rrb_fr(cfm));
    }
    cpu->cfm = cfm;
    put_nats_of_frame(cpu, nats_of_frame(cpu) & (((u128)1 << cfm_sof(cfm)) - 1));
    update_gate(cpu);
}

void cpu_bank_switch(struct cpu *cpu, unsigned bn)
{
    u64 other[16];
    u16 nats = (u16)(cpu->nat[0] >> 16);

    if (!!(cpu->psr & PSR_BN) == bn) return;
    memcpy(other, cpu->banked, sizeof(other));
    memcpy(cpu->banked, &cpu->gr[16], sizeof(other));
    memcpy(&cpu->gr[16], other, sizeof(other));
    if (unlikely(nats | cpu->banked_nat)) {
        cpu->nat[0] = deposit(cpu->nat[0], 31, 16, cpu->banked_nat);
        cpu->banked_nat = nats;
        update_gate(cpu);
    }
    cpu->psr ^= PSR_BN;
}

unsigned phys_gr(const struct cpu *cpu, unsigned r)
{
    unsigned v = r - 32, sor = cfm_sor(cpu->cfm);

    if (r < 32) return r;
    if (v < sor) v = (v + cfm_rrb_gr(cpu->cfm)) % sor;
    return 32 + (cpu->bof + v) % STACKED_PHYS;
}

unsigned phys_fr(const struct cpu *cpu, unsigned r)
{
    return r < 32 ? r : 32 + (r - 32 + cfm_rrb_fr(cpu->cfm)) % ROT_FR;
}

/* The public accessors. */

u64 cpu_gr(const struct cpu *cpu, unsigned r, bool *nat)
{
    if (nat) *nat = nat_of(cpu, r);
    return cpu->gr[r];
}

void cpu_set_gr(struct cpu *cpu, unsigned r, u64 value, bool nat)
{
    if (!r) return;
    cpu->gr[r] = value;
    set_nat(cpu, r, nat && r < 32 + cfm_sof(cpu->cfm));
}

u64 cpu_banked_gr(const struct cpu *cpu, unsigned r, bool *nat)
{
    if (nat) *nat = cpu->banked_nat >> (r - 16) & 1;
    return cpu->banked[r - 16];
}

void cpu_set_banked_gr(struct cpu *cpu, unsigned r, u64 value, bool nat)
{
    cpu->banked[r - 16] = value;
    cpu->banked_nat = (u16)deposit(cpu->banked_nat, r - 16, r - 16, nat);
}

struct fpreg cpu_fr(struct cpu *cpu, unsigned r)
{
    cpu_fr_settle(cpu);
    return cpu->fr[r];
}

void cpu_set_fr(struct cpu *cpu, unsigned r, struct fpreg value)
{
    cpu_fr_settle(cpu);
    if (r > 1) cpu->fr[r] = value;
}

u64 cpu_br(const struct cpu *cpu, unsigned b)
{
    return cpu->br[b];
}

void cpu_set_br(struct cpu *cpu, unsigned b, u64 value)
{
    cpu->br[b] = value;
}

u64 cpu_pr(const struct cpu *cpu)
{
    return turn_pr(cpu->pr, ROT_PR - cfm_rrb_pr(cpu->cfm));
}

void cpu_set_pr(struct cpu *cpu, u64 value)
{
    cpu->pr = turn_pr(value, cfm_rrb_pr(cpu->cfm)) | 1;
}

u64 cpu_cfm(const struct cpu *cpu)
{
    return cpu->cfm;
}

u64 cpu_psr(const struct cpu *cpu)
{
    return cpu->psr | (u64)cpu->mf << 4;
}

void cpu_set_psr(struct cpu *cpu, u64 value)
{
    u64 old = cpu->psr;

    cpu_bank_switch(cpu, !!(value & PSR_BN));
    cpu->mf = 0;
    cpu->ic_inflight = false;
    cpu->psr = value & ~PSR_RI;
    cpu_psr_changed(cpu, old);
}

u64 cpu_ip(const struct cpu *cpu)
{
    return cpu->ip;
}

unsigned cpu_ri(const struct cpu *cpu)
{
    return cpu->ri;
}

void cpu_set_ip(struct cpu *cpu, u64 ip, unsigned ri)
{
    cpu->ip = ip & ~0xfull;
    cpu->ri = ri;
}

bool cpu_predicate(const struct cpu *cpu, unsigned p)
{
    return cpu->pr >> p & 1;
}

struct mmu *cpu_mmu(struct cpu *cpu)
{
    return &cpu->mmu;
}

unsigned cpu_id(const struct cpu *cpu)
{
    return cpu->id;
}

void cpu_set_rr(struct cpu *cpu, unsigned region, u64 value)
{
    mmu_set_rr(&cpu->mmu, region, value);
}
