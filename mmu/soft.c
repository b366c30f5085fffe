/* The softTLB: short cuts for the common access, and the care they need.
 *
 * Each address space (rid) has a group of sets, one per privilege level and psr.pk; physical mode
 * has a group of its own.  Region registers choose groups, psr and rsc choose the set within: a
 * system call or a context switch moves pointers and flushes nothing.  Modes whose accesses are not
 * plain (big endian, live data breakpoints, psr.da) get a set that never hits.
 *
 * A set is taken from the pool when the first entry goes in.  When the pool is empty, the group
 * that was not chosen for the longest time gives its sets back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu/mmu-priv.h"

#define PAGE_MASK (~(PHYS_PAGE_SIZE - 1))

static void flush_set(struct soft_set *s)
{
    memset(s, 0xff, sizeof(*s)); /* tag ~0 equals no masked address */
}

static unsigned mode_index(unsigned level, u64 psr)
{
    return level | bit(psr, PSR_PK) << 2;
}

static s16 *group_head(struct mmu_priv *m, u32 rid)
{
    return &m->group_bucket[(rid * 0x9e3779b1u) >> 26];
}

static bool in_force(const struct mmu_priv *m, const struct soft_group *g)
{
    for (unsigned r = 0; r < 8; r++) {
        if (m->region[r] == g) return true;
    }
    return g == m->physical;
}

static void give_back_sets(struct mmu_priv *m, struct soft_group *g)
{
    for (unsigned i = 0; i < SOFT_MODES; i++) {
        if (g->set[i] == m->never) continue;
        flush_set(g->set[i]);
        m->idle[m->idle_count++] = g->set[i];
        g->set[i] = m->never;
    }
}

static void free_group(struct mmu_priv *m, struct soft_group *g)
{
    give_back_sets(m, g);
    s16 *link = group_head(m, g->rid);
    while (*link != (s16)(g - m->group)) link = &m->group[*link].next;
    *link = g->next;
    g->used = false;
}

/* There is always one: only eight groups and the physical one are in force. */
static struct soft_group *oldest_group(struct mmu_priv *m)
{
    struct soft_group *oldest = NULL;
    for (struct soft_group *g = m->group; g < m->group + SOFT_GROUPS; g++) {
        if (!g->used || in_force(m, g)) continue;
        if (!oldest || g->stamp < oldest->stamp) oldest = g;
    }
    return oldest;
}

static struct soft_group *new_group(struct mmu_priv *m, u32 rid)
{
    struct soft_group *g = m->group;
    while (g < m->group + SOFT_GROUPS && g->used) g++;
    if (g == m->group + SOFT_GROUPS) {
        g = oldest_group(m);
        free_group(m, g);
    }
    s16 *head = group_head(m, rid);
    *g = (struct soft_group){.rid = rid, .used = true, .next = *head};
    for (unsigned i = 0; i < SOFT_MODES; i++) g->set[i] = m->never;
    *head = (s16)(g - m->group);
    return g;
}

static struct soft_group *find_group(struct mmu_priv *m, u32 rid)
{
    for (int i = *group_head(m, rid); i >= 0; i = m->group[i].next) {
        if (m->group[i].rid == rid) return &m->group[i];
    }
    return NULL;
}

static struct soft_group *group_of(struct mmu_priv *m, u32 rid)
{
    struct soft_group *g = find_group(m, rid);
    if (!g) g = new_group(m, rid);
    g->stamp = ++m->clock;
    return g;
}

static struct soft_set *take_set(struct mmu_priv *m)
{
    while (!m->idle_count && m->set_count == SOFT_POOL) {
        struct soft_group *g = oldest_group(m);
        free_group(m, g);
    }
    if (m->idle_count) return m->idle[--m->idle_count];
    struct soft_set *s = &m->sets[m->set_count++];
    flush_set(s);
    return s;
}

void soft_init(struct mmu *mmu)
{
    struct mmu_priv *m = mmu->priv;
    memset(m->group_bucket, 0xff, sizeof(m->group_bucket));
    m->never = &m->sets[SOFT_POOL];
    flush_set(m->never);
    m->physical = new_group(m, PHYSICAL_RID);
    for (unsigned r = 0; r < 8; r++) m->region[r] = m->physical; /* until soft_reset */
}

static void drop_all(struct mmu_priv *m)
{
    for (unsigned i = 0; i < SOFT_GROUPS; i++) {
        if (m->group[i].used) give_back_sets(m, &m->group[i]);
    }
}

void soft_reset(struct mmu *mmu)
{
    struct mmu_priv *m = mmu->priv;
    drop_all(m);
    for (unsigned r = 0; r < 8; r++) m->region[r] = group_of(m, (u32)RR_RID(mmu->rr[r]));
    soft_select(mmu);
}

/* Can an access in this mode use short cuts at all? */
static bool plain(const struct mmu *mmu, bool be)
{
    u64 psr = mmu->psr;
    return !be && !bit(psr, PSR_DA) && !(bit(psr, PSR_DB) && mmu->priv->dbr_live);
}

static void select_sets(struct mmu *mmu, struct soft_set **hot, bool on, bool virt, unsigned level)
{
    struct mmu_priv *m = mmu->priv;
    unsigned mode = mode_index(level, mmu->psr);
    for (unsigned r = 0; r < 8; r++) {
        hot[r] = on && virt ? m->region[r]->set[mode] : m->never;
    }
    if (on && !virt) hot[0] = m->physical->set[0]; /* elsewhere: uncacheable or unimplemented */
}

static void select_data(struct mmu *mmu)
{
    select_sets(mmu, mmu->data, plain(mmu, bit(mmu->psr, PSR_BE)), bit(mmu->psr, PSR_DT), mmu->cpl);
}

static void select_rse(struct mmu *mmu)
{
    select_sets(mmu, mmu->rse, plain(mmu, mmu->rsc_be), bit(mmu->psr, PSR_RT), mmu->rsc_pl);
}

void soft_select(struct mmu *mmu)
{
    select_data(mmu);
    select_rse(mmu);
}

void soft_region(struct mmu *mmu, unsigned region)
{
    struct mmu_priv *m = mmu->priv;
    struct soft_group *g = group_of(m, (u32)RR_RID(mmu->rr[region]));
    m->region[region] = g;
    if (bit(mmu->psr, PSR_DT) && plain(mmu, bit(mmu->psr, PSR_BE))) {
        mmu->data[region] = g->set[mode_index(mmu->cpl, mmu->psr)];
    }
    if (bit(mmu->psr, PSR_RT) && plain(mmu, mmu->rsc_be)) {
        mmu->rse[region] = g->set[mode_index(mmu->rsc_pl, mmu->psr)];
    }
}

static void forget_at(struct soft_entry *e, u64 va, u64 mask)
{
    if (((region_offset(e->tag) ^ va) & ~mask) == 0) e->tag = ~0ull;
}

/* Tags carry the region number, and one rid may be seen through two regions: compare bits 60:12. */
static void forget_in_set(struct soft_set *s, u64 va, u64 mask)
{
    u64 first = va >> PHYS_PAGE_BITS, n = (mask >> PHYS_PAGE_BITS) + 1;
    if (n > SOFT_ENTRIES) n = SOFT_ENTRIES;
    for (u64 i = first; i < first + n; i++) {
        forget_at(&s->rd[i % SOFT_ENTRIES], va, mask);
        forget_at(&s->wr[i % SOFT_ENTRIES], va, mask);
    }
}

void soft_forget(struct mmu *mmu, u32 rid, u64 va, u64 mask)
{
    struct mmu_priv *m = mmu->priv;
    struct soft_group *g = find_group(m, rid);
    for (unsigned i = 0; g && i < SOFT_MODES; i++) {
        if (g->set[i] != m->never) forget_in_set(g->set[i], va, mask);
    }
}

static void each_set(struct mmu *mmu, unsigned first_mode,
                     void (*fn)(struct soft_set *, const u8 *), const u8 *arg)
{
    struct mmu_priv *m = mmu->priv;
    for (unsigned i = 0; i < SOFT_GROUPS; i++) {
        for (unsigned j = first_mode; m->group[i].used && j < SOFT_MODES; j++) {
            if (m->group[i].set[j] != m->never) fn(m->group[i].set[j], arg);
        }
    }
}

static void flush_one(struct soft_set *s, const u8 *unused)
{
    (void)unused;
    flush_set(s);
}

static void flush_writes_of(struct soft_set *s, const u8 *unused)
{
    (void)unused;
    memset(s->wr, 0xff, sizeof(s->wr));
}

static void flush_writes_to(struct soft_set *s, const u8 *host_page)
{
    for (unsigned i = 0; i < SOFT_ENTRIES; i++) {
        if (s->wr[i].tag + s->wr[i].addend == (u64)(uintptr_t)host_page) s->wr[i].tag = ~0ull;
    }
}

void mmu_flush_soft(struct mmu *mmu)
{
    each_set(mmu, 0, flush_one, NULL);
}

void mmu_flush_writes(struct mmu *mmu)
{
    each_set(mmu, 0, flush_writes_of, NULL);
}

void soft_forget_keyed(struct mmu *mmu)
{
    each_set(mmu, SOFT_MODES / 2, flush_one, NULL);
}

void soft_code_set(void *opaque, u64 page_pa)
{
    struct mmu *mmu = opaque;
    const u8 *host = physmem_host(mmu->pm, page_pa, PHYS_PAGE_SIZE);
    if (host) each_set(mmu, 0, flush_writes_to, host);
}

static bool overlaps(const struct mmu_watch *w, u64 va, u64 size)
{
    return va - w->addr < w->len || w->addr - va < size;
}

static bool page_watched(const struct mmu *mmu, u64 page)
{
    for (unsigned i = 0; i < mmu->watch_count; i++) {
        if (overlaps(&mmu->watches[i], page, PHYS_PAGE_SIZE)) return true;
    }
    return false;
}

void mmu_set_watches(struct mmu *mmu, const struct mmu_watch *list, unsigned n)
{
    g_free(mmu->watches);
    mmu->watches = g_memdup2(list, n * sizeof(*list));
    mmu->watch_count = n;
    mmu_flush_soft(mmu);
}

bool mmu_watched(const struct mmu *mmu, u64 va, unsigned size, unsigned how)
{
    for (unsigned i = 0; i < mmu->watch_count; i++) {
        const struct mmu_watch *w = &mmu->watches[i];
        if ((w->how & how) && overlaps(w, va, size)) return true;
    }
    return false;
}

static struct soft_set *set_for_fill(struct mmu *mmu, struct soft_group *g, unsigned mode)
{
    struct mmu_priv *m = mmu->priv;
    if (g->set[mode] == m->never) {
        struct soft_set *s = take_set(m);
        g->set[mode] = s;
        soft_select(mmu);
    }
    return g->set[mode];
}

/* A reference was granted.  Not all checks need have been made for it, so make them: for reads and
 * for writes alike, whichever it was. */
void soft_fill(struct mmu *mmu, u64 va, u64 pa, unsigned how, unsigned level,
               const struct tlb_entry *e)
{
    struct mmu_priv *m = mmu->priv;
    if (!plain(mmu, how & MMU_RSE ? mmu->rsc_be : bit(mmu->psr, PSR_BE))) return;
    if (unlikely(mmu->watch_count) && page_watched(mmu, va & PAGE_MASK)) return;
    struct soft_set *s = e ? set_for_fill(mmu, m->region[va >> 61], mode_index(level, mmu->psr))
                           : set_for_fill(mmu, m->physical, 0);
    u64 page = va & PAGE_MASK, pa_page = pa & PAGE_MASK;
    unsigned i = (unsigned)(va >> PHYS_PAGE_BITS) % SOFT_ENTRIES;
    struct soft_entry entry = {page, (u64)(uintptr_t)physmem_host(mmu->pm, pa_page, 1) - page};
    if (!e || !mmu_entry_conditions(mmu, e, MMU_READ, level)) s->rd[i] = entry;
    if (physmem_is_rom(mmu->pm, pa) || physmem_has_code(mmu->pm, pa)) return;
    if (!e || !mmu_entry_conditions(mmu, e, MMU_WRITE, level)) s->wr[i] = entry;
}
