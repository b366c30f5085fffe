/* Code pages: decoded once, executed often, dropped when their memory changes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/icache.h"

#include <string.h>

#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

#define PAGES_MAX 1536 /* at most 38 MB of cells; then all are dropped and decoding starts anew */

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

static struct code_page *decode_page(u64 pa, const u8 *bytes)
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
            if (does_nothing(&slot[s])) continue;
            cells[n] = slot[s];
            finish(&cells[n++], 3 * b + (info.mlx && s == 1 ? 2 : s));
        }
    }
    head.first[BUNDLES_PER_PAGE] = (u16)n;
    cells[n] = (struct insn){ .exec = page_end, .pos = 3 * BUNDLES_PER_PAGE };
    struct code_page *page = g_malloc(sizeof(head) + (n + 1) * sizeof(struct insn));
    memcpy(page, &head, sizeof(head));
    memcpy(page->cells, cells, (n + 1) * sizeof(struct insn));
    for (unsigned i = 0; i < n; i++) make_near(page, &page->cells[i]);
    return page;
}

/* --- the store of pages ----------------------------------------------------------------------- */

void icache_forget_lookups(struct icache *ic)
{
    for (unsigned i = 0; i < LOOKUP_ENTRIES; i++) ic->lookup[i].tag = ~0ull;
}

/* Cells of dropped pages may be the ones we are executing: they are freed later, by enter. */
static void retire_page(struct icache *ic, struct code_page *page)
{
    page->next_retired = ic->retired;
    ic->retired = page;
}

static void free_retired(struct icache *ic)
{
    while (ic->retired) {
        struct code_page *page = ic->retired;
        ic->retired = page->next_retired;
        g_free(page);
    }
}

static void code_written(void *opaque, u64 page_pa)
{
    struct cpu *cpu = opaque;
    struct icache *ic = cpu->icache;
    struct code_page *page = g_hash_table_lookup(ic->pages, GSIZE_TO_POINTER(page_pa));

    if (!page) return;
    g_hash_table_remove(ic->pages, GSIZE_TO_POINTER(page_pa));
    retire_page(ic, page);
    icache_forget_lookups(ic);
    if (page_pa == ic->current_pa) ic->current_dropped = true;
}

bool icache_note_write(struct cpu *cpu, u64 pa, unsigned len)
{
    cpu->icache->current_dropped = false;
    physmem_note_write(cpu->pm, pa, len);
    return cpu->icache->current_dropped;
}

struct icache *icache_new(struct cpu *cpu)
{
    struct icache *ic = g_new0(struct icache, 1);

    ic->pages = g_hash_table_new(g_direct_hash, g_direct_equal);
    ic->current_pa = ~0ull;
    icache_forget_lookups(ic);
    cpu->icache = ic;
    physmem_on_code_write(cpu->pm, code_written, cpu);
    return ic;
}

void icache_flush(struct icache *ic)
{
    GHashTableIter iter;
    gpointer page;

    g_hash_table_iter_init(&iter, ic->pages);
    while (g_hash_table_iter_next(&iter, NULL, &page)) retire_page(ic, page);
    g_hash_table_remove_all(ic->pages);
    icache_forget_lookups(ic);
}

void icache_free(struct icache *ic)
{
    if (!ic) return;
    icache_flush(ic);
    free_retired(ic);
    g_hash_table_destroy(ic->pages);
    g_free(ic);
}

static struct code_page *page_at(struct cpu *cpu, u64 pa, const u8 *bytes)
{
    struct icache *ic = cpu->icache;
    struct code_page *page = g_hash_table_lookup(ic->pages, GSIZE_TO_POINTER(pa));

    if (likely(page)) return page;
    if (g_hash_table_size(ic->pages) >= PAGES_MAX) icache_flush(ic);
    page = decode_page(pa, bytes);
    g_hash_table_insert(ic->pages, GSIZE_TO_POINTER(pa), page);
    physmem_set_code(cpu->pm, pa, true);
    mmu_flush_writes(&cpu->mmu);
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
    cpu_fatal(cpu, words);
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

    if (unlikely(ic->retired)) free_retired(ic);
    if (unlikely(ic->epoch != cpu->mmu.code_epoch)) {
        icache_forget_lookups(ic);
        ic->epoch = cpu->mmu.code_epoch;
    }
    page = icache_lookup(cpu, cpu->ip);
    if (unlikely(!page)) {
        if (!fetch_page(cpu, &pa, &bytes)) return NULL;
        /* The walker may have replaced a translation that other lookups rest on. */
        if (ic->epoch != cpu->mmu.code_epoch) icache_forget_lookups(ic);
        struct code_page *found = page_at(cpu, pa, bytes);
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

bool icache_fetch_slot(struct cpu *cpu, struct insn *out)
{
    unsigned bundle = cpu->ip >> 4 & 0xff, ri = cpu->ri;
    struct bundle_info info;
    struct insn slot[3];
    const u8 *bytes;
    u64 pa;

    if (cpu->icache->retired) free_retired(cpu->icache);
    if (!fetch_page(cpu, &pa, &bytes)) return false;
    (void)page_at(cpu, pa, bytes); /* the page is code now, as in the fast loop */
    cpu->icache->current_pa = pa;
    isa_decode_bundle(bytes + 16 * bundle, slot, &info);
    if (ri == 2 && info.mlx) return second_half(cpu) != NULL;
    *out = slot[ri];
    finish(out, 3 * bundle + (info.mlx && ri == 1 ? 2 : ri));
    if (info.mlx && ri == 1) cpu->entry_pos = 3 * bundle + 2;
    return true;
}
