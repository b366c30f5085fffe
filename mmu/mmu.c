/* The mmu's own registers: region, protection key and debug registers, PTA, and the mode bits that
 * cpu/ hands over.  Writing one of them keeps the hot pointers and the code context true.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define RR_RESET (12u << 2) /* 4 KiB, rid 0, no walker */

void mmu_init(struct mmu *mmu, struct physmem *pm)
{
    memset(mmu, 0, sizeof(*mmu));
    mmu->pm = pm;
    mmu->priv = g_new0(struct mmu_priv, 1);
    mmu->priv->sets = g_new(struct soft_set, SOFT_POOL + 1);
    soft_init(mmu);
    physmem_on_code_set(pm, soft_code_set, mmu);
    mmu_reset(mmu);
}

void mmu_destroy(struct mmu *mmu)
{
    physmem_forget_listener(mmu->pm, mmu);
    g_free(mmu->watches);
    g_free(mmu->priv->sets);
    g_free(mmu->priv);
    memset(mmu, 0, sizeof(*mmu));
}

/* What identifies a code lookup besides its address: the address space and every mode bit that
 * takes part in the checks of a fetch. */
static void choose_code_ctx(struct mmu *mmu)
{
    struct mmu_priv *m = mmu->priv;
    u64 psr = mmu->psr;
    bool it = bit(psr, PSR_IT);
    mmu->code_watch = m->ibr_live && bit(psr, PSR_DB);
    u64 flags = (u64)it | (u64)mmu->cpl << 1 | (u64)bit(psr, PSR_PK) << 3 |
                (u64)bit(psr, PSR_IA) << 4 | (u64)mmu->code_watch << 5 |
                (u64)bit(psr, PSR_ID) << 6;
    for (unsigned r = 0; r < 8; r++) {
        mmu->code_ctx[r] = (it ? RR_RID(mmu->rr[r]) << 8 : 0) | flags;
    }
}

void mmu_reset(struct mmu *mmu)
{
    struct mmu_priv *m = mmu->priv;
    tlb_reset(&m->tlb[0], false);
    tlb_reset(&m->tlb[1], true);
    mmu->psr = mmu->dcr = mmu->iha = 0;
    mmu->pta = 15u << 2;
    mmu->cpl = mmu->rsc_pl = mmu->rsc_be = 0;
    memset(mmu->pkr, 0, sizeof(mmu->pkr));
    memset(mmu->ibr, 0, sizeof(mmu->ibr));
    memset(mmu->dbr, 0, sizeof(mmu->dbr));
    m->dbr_live = m->ibr_live = false;
    for (unsigned r = 0; r < 8; r++) mmu->rr[r] = RR_RESET;
    soft_reset(mmu);
    choose_code_ctx(mmu);
    mmu->code_epoch++;
}

#define MODE_BITS                                                                                  \
    (PSR_BIT(PSR_BE) | PSR_BIT(PSR_PK) | PSR_BIT(PSR_DT) | PSR_BIT(PSR_DB) | PSR_BIT(PSR_RT) |     \
     3ull << PSR_CPL | PSR_BIT(PSR_IT) | PSR_BIT(PSR_ID) | PSR_BIT(PSR_DA) | PSR_BIT(PSR_IA))

void mmu_set_psr(struct mmu *mmu, u64 psr)
{
    u64 changed = (mmu->psr ^ psr) & MODE_BITS;
    mmu->psr = psr;
    if (!changed) return;
    mmu->cpl = (u8)bits(psr, PSR_CPL + 1, PSR_CPL);
    soft_select(mmu);
    choose_code_ctx(mmu);
}

void mmu_set_rsc(struct mmu *mmu, unsigned pl, bool be)
{
    if (mmu->rsc_pl == pl && mmu->rsc_be == be) return;
    mmu->rsc_pl = pl & 3;
    mmu->rsc_be = be;
    soft_select(mmu);
}

void mmu_set_rr(struct mmu *mmu, unsigned region, u64 value)
{
    u64 old = mmu->rr[region];
    mmu->rr[region] = value;
    if (RR_RID(old) == RR_RID(value)) return;
    soft_region(mmu, region);
    if (bit(mmu->psr, PSR_IT)) {
        mmu->code_ctx[region] = RR_RID(value) << 8 | (mmu->code_ctx[region] & 0xff);
    }
}

void mmu_set_level_floor(struct mmu *mmu, unsigned level)
{
    mmu->level_floor = (u8)level;
}

/* A key may be valid in one register only: the older ones lose theirs (SDM 2:59). */
void mmu_set_pkr(struct mmu *mmu, unsigned i, u64 value)
{
    for (unsigned j = 0; j < MMU_PKRS && bit(value, 0); j++) {
        if (bits(mmu->pkr[j], 31, 8) == bits(value, 31, 8)) mmu->pkr[j] &= ~1ull;
    }
    mmu->pkr[i % MMU_PKRS] = value;
    soft_forget_keyed(mmu);
    mmu->code_epoch++;
}

void mmu_set_pta(struct mmu *mmu, u64 value)
{
    mmu->pta = value;
}

/* Does any pair name an access type (`types`: bits of the mask register) and a privilege level? */
static bool any_live(const struct mmu_debug_pair *pair, u64 types)
{
    for (unsigned i = 0; i < 4; i++) {
        if ((pair[i].mask & types) && bits(pair[i].mask, 59, 56)) return true;
    }
    return false;
}

static void write_debug(struct mmu_debug_pair *pair, unsigned i, u64 value)
{
    if (i & 1) {
        pair[(i / 2) & 3].mask = value;
    } else {
        pair[(i / 2) & 3].addr = value;
    }
}

void mmu_set_dbr(struct mmu *mmu, unsigned i, u64 value)
{
    write_debug(mmu->dbr, i, value);
    mmu->priv->dbr_live = any_live(mmu->dbr, 3ull << 62);
    soft_select(mmu);
}

void mmu_set_ibr(struct mmu *mmu, unsigned i, u64 value)
{
    write_debug(mmu->ibr, i, value);
    mmu->priv->ibr_live = any_live(mmu->ibr, 1ull << 63);
    mmu->code_epoch++;
    choose_code_ctx(mmu);
}

u64 mmu_dbr(const struct mmu *mmu, unsigned i)
{
    return i & 1 ? mmu->dbr[(i / 2) & 3].mask : mmu->dbr[(i / 2) & 3].addr;
}

u64 mmu_ibr(const struct mmu *mmu, unsigned i)
{
    return i & 1 ? mmu->ibr[(i / 2) & 3].mask : mmu->ibr[(i / 2) & 3].addr;
}
