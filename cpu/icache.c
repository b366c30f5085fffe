/* Code pages: decoded once, executed often, dropped when their memory changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/icache.h"

#include <string.h>

#include "cpu/event-priv.h"
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

#define STORE_MAX (48u << 20) /* bytes of cells; then all are dropped and decoding starts anew */

/* --- one slot --------------------------------------------------------------------------------- */

/* What a handler of row needs beyond the decoded fields: who tests qp, and the FP masks. */
static bool tests_own_qp(const struct insn_row *row)
{
    return row->attrs & (ATTR_UNC | ATTR_NOQP | ATTR_SELFQP);
}

static u32 fp_half(unsigned r)
{
    return r >= 32 ? 2 | 4 : r >= 2 ? 1 : 0;
}

/* The FR operands of a row as the mask that FP_CHECK tests, and from bit 8 the psr.mf bits. */
static u32 fp_masks(const struct insn_row *row, const struct insn *in)
{
    const u8 reg[4] = { in->r1, in->r2, in->r3, in->r4 };
    u32 used = 0, written = 0;

    for (unsigned i = 0; i < 4; i++) {
        if ((row->fr_targets | row->fr_sources) >> i & 1) used |= fp_half(reg[i]);
        if (row->fr_targets >> i & 1) written |= fp_half(reg[i]) & 3;
    }
    return used | written << 8;
}

static void finish(struct insn *in, unsigned pos)
{
    const struct insn_row *row = &insn_rows[in->row];

    in->pos = (u16)pos;
    in->exec = in->qp && !tests_own_qp(row) ? predicated : exec_of_row[in->row];
    if (row->fr_targets | row->fr_sources) in->aux = fp_masks(row, in);
}

static bool does_nothing(const struct insn *in)
{
    return insn_rows[in->row].attrs & (ATTR_NOP | ATTR_HINT);
}

/* While somebody listens to events, some cells have another handler. */
static bool finish_heard(u32 kinds, struct insn *in, unsigned pos)
{
    exec_fn *exec = event_handler(kinds, in);

    if (!exec) return false;
    in->pos = (u16)pos;
    in->exec = exec;
    return true;
}

/* --- one page --------------------------------------------------------------------------------- */

/* A branch to a bundle of this page becomes a jump between cells. */
static void make_near(struct code_page *page, struct insn *in)
{
    exec_fn *plain = exec_of_row[in->row];
    s64 target = (s64)(in->pos / 3) + (s64)in->imm / 16;

    if (plain != x_br_cond && plain != x_br_cloop) return;
    if (target < 0 || target >= BUNDLES_PER_PAGE) return;
    s32 distance = (s32)((char *)&page->cells[page->first[target]] - (char *)in);
    s32 slots = (s32)(in->pos + 1) - 3 * (s32)target;
    in->imm = (u32)distance | (u64)(u32)slots << 32;
    in->aux = in->pos + 1u;
    in->exec = plain == x_br_cloop ? near_cloop : in->qp ? near_branch_if : near_branch;
}

static struct code_page *decode_page(u32 kinds, u64 pa, const u8 *bytes)
{
    struct insn cells[3 * BUNDLES_PER_PAGE + 1];
    struct code_page head = { .pa = pa };
    unsigned n = 0;

    for (unsigned b = 0; b < BUNDLES_PER_PAGE; b++) {
        struct insn slot[3];
        struct bundle_info info;
        isa_decode_bundle(bytes + 16 * b, slot, &info);
        head.first[b] = (u16)n;
        if (info.mlx) head.mlx[b / 8] |= (u8)(1u << (b % 8));
        for (unsigned s = 0; s < 3; s++) {
            if (info.mlx && s == 2) continue;
            if (kinds && finish_heard(kinds, &slot[s], 3 * b + s)) {
                cells[n++] = slot[s];
                continue;
            }
            if (does_nothing(&slot[s])) continue;
            cells[n] = slot[s];
            finish(&cells[n++], 3 * b + (info.mlx && s == 1 ? 2 : s));
        }
    }
    head.first[BUNDLES_PER_PAGE] = (u16)n;
    cells[n] = (struct insn){ .exec = page_end, .pos = 3 * BUNDLES_PER_PAGE };
    head.bytes = (u32)(sizeof(head) + (n + 1) * sizeof(struct insn));
    struct code_page *page = g_malloc(head.bytes);
    memcpy(page, &head, sizeof(head));
    memcpy(page->cells, cells, (n + 1) * sizeof(struct insn));
    for (unsigned i = 0; i < n; i++) make_near(page, &page->cells[i]);
    return page;
}

/* --- the store of pages ----------------------------------------------------------------------- */

/* The decoded code of one physical memory.  Its processors share it: they take turns, and cells say
 * nothing of who executes them. */
struct code_store {
    GHashTable *pages; /* physical page address -> struct code_page */
    size_t bytes;      /* of these */
    struct code_page *retired;
    GPtrArray *cpus;
};

void icache_forget_lookups(struct icache *ic)
{
    for (unsigned i = 0; i < LOOKUP_ENTRIES; i++) ic->lookup[i].tag = ~0ull;
    for (unsigned i = 0; ic->observed && i < OBSERVED_BUNDLES; i++) ic->observed[i].ip = ~0ull;
}

/* Cells of dropped pages may be the ones that somebody is executing: they are freed later, by
 * whoever enters next.  Until then nobody finds them by a lookup: no mmu has such an epoch. */
static void retire_page(struct code_store *store, struct code_page *page)
{
    page->next_retired = store->retired;
    store->retired = page;
    store->bytes -= page->bytes;
}

static void end_lookups(const struct code_store *store)
{
    for (unsigned i = 0; i < store->cpus->len; i++) {
        const struct cpu *cpu = g_ptr_array_index(store->cpus, i);
        cpu->icache->epoch = ~0ull;
    }
}

static void free_retired(struct code_store *store)
{
    while (store->retired) {
        struct code_page *page = store->retired;
        store->retired = page->next_retired;
        g_free(page);
    }
}

static void code_written(void *opaque, u64 page_pa)
{
    struct code_store *store = opaque;
    struct code_page *page = g_hash_table_lookup(store->pages, GSIZE_TO_POINTER(page_pa));

    if (!page) return;
    g_hash_table_remove(store->pages, GSIZE_TO_POINTER(page_pa));
    retire_page(store, page);
    end_lookups(store);
    for (unsigned i = 0; i < store->cpus->len; i++) {
        struct icache *ic = ((const struct cpu *)g_ptr_array_index(store->cpus, i))->icache;
        if (page_pa == ic->current_pa) ic->current_dropped = true;
    }
}

bool icache_note_write(struct cpu *cpu, u64 pa, unsigned len)
{
    cpu->icache->current_dropped = false;
    physmem_note_write(cpu->pm, pa, len);
    return cpu->icache->current_dropped;
}

/* The store belongs to the memory, and lives as long as a processor that uses it. */
static struct code_store *store_of(struct physmem *pm)
{
    void **slot = physmem_decoded(pm);
    struct code_store *store = *slot;

    if (store) return store;
    store = g_new0(struct code_store, 1);
    store->pages = g_hash_table_new(g_direct_hash, g_direct_equal);
    store->cpus = g_ptr_array_new();
    physmem_on_code_write(pm, code_written, store);
    return *slot = store;
}

static void flush_store(struct code_store *store)
{
    GHashTableIter iter;
    gpointer page;

    g_hash_table_iter_init(&iter, store->pages);
    while (g_hash_table_iter_next(&iter, NULL, &page)) retire_page(store, page);
    g_hash_table_remove_all(store->pages);
    end_lookups(store);
}

static void free_store(struct physmem *pm, struct code_store *store)
{
    flush_store(store);
    free_retired(store);
    physmem_forget_listener(pm, store);
    *physmem_decoded(pm) = NULL;
    g_hash_table_destroy(store->pages);
    g_ptr_array_free(store->cpus, TRUE);
    g_free(store);
}

struct icache *icache_new(struct cpu *cpu)
{
    struct icache *ic = g_new0(struct icache, 1);

    ic->current_pa = ~0ull;
    icache_forget_lookups(ic);
    ic->store = store_of(cpu->pm);
    g_ptr_array_add(ic->store->cpus, cpu);
    cpu->icache = ic;
    return ic;
}

void icache_free(struct cpu *cpu)
{
    struct code_store *store = cpu->icache->store;

    g_ptr_array_remove(store->cpus, cpu);
    if (store->cpus->len == 0) free_store(cpu->pm, store);
    g_free(cpu->icache->observed);
    g_clear_pointer(&cpu->icache, g_free);
}

void icache_flush(struct icache *ic)
{
    flush_store(ic->store);
}

/* What any processor listens to: its cells must tell. */
static u32 heard(const struct code_store *store)
{
    u32 kinds = 0;
    for (unsigned i = 0; i < store->cpus->len; i++) {
        kinds |= ((const struct cpu *)g_ptr_array_index(store->cpus, i))->listening;
    }
    return kinds;
}

static struct code_page *page_at(struct cpu *cpu, u64 pa, const u8 *bytes)
{
    struct code_store *store = cpu->icache->store;
    struct code_page *page = g_hash_table_lookup(store->pages, GSIZE_TO_POINTER(pa));

    if (likely(page)) return page;
    if (store->bytes >= STORE_MAX) flush_store(store);
    page = decode_page(heard(store), pa, bytes);
    store->bytes += page->bytes;
    g_hash_table_insert(store->pages, GSIZE_TO_POINTER(pa), page);
    physmem_set_code(cpu->pm, pa, true); /* every mmu gives up its short cuts for writing there */
    return page;
}

/* --- fetching --------------------------------------------------------------------------------- */

static bool fetch_fault(struct cpu *cpu, enum mmu_fault why)
{
    record_fetch_fault(cpu, why, cpu->ip);
    cpu->stop = STOP_FETCH;
    return false;
}

static bool nothing_there(struct cpu *cpu, u64 pa)
{
    g_autofree char *words = g_strdup_printf("branch into nothing: there is no memory at physical "
                                             "address 0x%" G_GINT64_MODIFIER "x (ip 0x%"
                                             G_GINT64_MODIFIER "x)", pa, cpu->ip);
    cpu_machine_check(cpu, MACHINE_CHECK_BUS, pa, words);
    cpu->stop = STOP_HERE;
    return false;
}

/* Translate ip; the physical page and its bytes, or a recorded fault. */
static bool fetch_page(struct cpu *cpu, u64 *pa, const u8 **bytes)
{
    struct mmu_span span;
    enum mmu_fault why = mmu_fetch(&cpu->mmu, cpu->ip, &span);

    if (why != MMU_OK) return fetch_fault(cpu, why);
    *pa = align_down(span.pa & PHYS_ADDR_MASK, PHYS_PAGE_SIZE);
    *bytes = physmem_host(cpu->pm, *pa, PHYS_PAGE_SIZE);
    return *bytes || nothing_there(cpu, *pa);
}

static bool is_mlx(const struct code_page *page, unsigned bundle)
{
    return page->mlx[bundle / 8] >> (bundle % 8) & 1;
}

/* Resuming in the middle of an MLX bundle at slot 2 is an Illegal Operation (SDM 3: rfi). */
static const struct insn *second_half(struct cpu *cpu)
{
    record_fault(cpu, INT_ILLEGAL_OPERATION, 0);
    cpu->stop = STOP_FETCH;
    return NULL;
}

const struct insn *icache_enter(struct cpu *cpu)
{
    struct icache *ic = cpu->icache;
    const struct code_page *page;
    unsigned bundle = cpu->ip >> 4 & 0xff, ri = cpu->ri;
    const u8 *bytes;
    u64 pa;

    if (unlikely(ic->store->retired)) free_retired(ic->store);
    if (unlikely(ic->epoch != cpu->mmu.code_epoch)) {
        icache_forget_lookups(ic);
        ic->epoch = cpu->mmu.code_epoch;
    }
    page = icache_lookup(cpu, cpu->ip);
    if (unlikely(!page)) {
        if (!fetch_page(cpu, &pa, &bytes)) return NULL;
        struct code_page *found = page_at(cpu, pa, bytes);
        /* The walker may have replaced a translation that other lookups rest on, and the store may
         * have dropped its pages. */
        if (ic->epoch != cpu->mmu.code_epoch) icache_forget_lookups(ic);
        ic->lookup[(cpu->ip >> PHYS_PAGE_BITS) % LOOKUP_ENTRIES] = (struct icache_entry){
            align_down(cpu->ip, PHYS_PAGE_SIZE), cpu->mmu.code_ctx[cpu->ip >> 61], found };
        ic->epoch = cpu->mmu.code_epoch;
        ic->current_pa = pa;
        page = found;
    }
    unsigned i = page->first[bundle];
    if (ri) {
        if (ri == 2 && is_mlx(page, bundle)) return second_half(cpu);
        if (is_mlx(page, bundle)) cpu->entry_pos = 3 * bundle + 2;
        while (page->cells[i].pos < 3 * bundle + ri) i++;
    }
    return &page->cells[i];
}

static void observe_here(struct icache *ic)
{
    if (ic->observed) return;
    ic->observed = g_new(struct observed_bundle, OBSERVED_BUNDLES);
    for (unsigned i = 0; i < OBSERVED_BUNDLES; i++) ic->observed[i].ip = ~0ull;
}

/* Lookups rest on translations; the walker may replace one during a fetch. */
static void refresh(struct cpu *cpu)
{
    struct icache *ic = cpu->icache;

    if (likely(ic->epoch == cpu->mmu.code_epoch)) return;
    icache_forget_lookups(ic);
    ic->epoch = cpu->mmu.code_epoch;
}

static void decode_observed(struct cpu *cpu, struct observed_bundle *b, const u8 *bytes)
{
    unsigned bundle = cpu->ip >> 4 & 0xff;
    struct bundle_info info;

    isa_decode_bundle(bytes + 16 * bundle, b->slot, &info);
    b->mlx = info.mlx;
    for (unsigned s = 0; s < (info.mlx ? 2 : 3); s++) {
        if (cpu->listening && finish_heard(cpu->listening, &b->slot[s], 3 * bundle + s)) continue;
        finish(&b->slot[s], 3 * bundle + (info.mlx && s == 1 ? 2 : s));
    }
}

/* The bundle at ip, decoded; NULL: a fault is recorded. */
static const struct observed_bundle *observed_bundle(struct cpu *cpu)
{
    struct icache *ic = cpu->icache;
    struct observed_bundle *b = &ic->observed[(cpu->ip >> 4) % OBSERVED_BUNDLES];
    const u8 *bytes;
    u64 pa;

    /* Instruction breakpoints are looked at by the mmu, for every bundle. */
    if (b->ip == cpu->ip && b->ctx == cpu->mmu.code_ctx[cpu->ip >> 61] && !cpu->mmu.code_watch) {
        return b;
    }
    if (!fetch_page(cpu, &pa, &bytes)) return NULL;
    (void)page_at(cpu, pa, bytes); /* the page is code now, as in the fast loop */
    refresh(cpu);
    b->ip = cpu->ip;
    b->ctx = cpu->mmu.code_ctx[cpu->ip >> 61];
    b->pa = pa;
    decode_observed(cpu, b, bytes);
    return b;
}

bool icache_fetch_slot(struct cpu *cpu, struct insn *out)
{
    struct icache *ic = cpu->icache;
    const struct observed_bundle *b;
    unsigned ri = cpu->ri;

    if (ic->store->retired) free_retired(ic->store);
    observe_here(ic);
    refresh(cpu);
    b = observed_bundle(cpu);
    if (!b) return false;
    ic->current_pa = b->pa;
    if (ri == 2 && b->mlx) return second_half(cpu) != NULL;
    *out = b->slot[ri];
    if (b->mlx && ri == 1) cpu->entry_pos = 3 * (cpu->ip >> 4 & 0xff) + 2;
    return true;
}
