/* Who called whom, without unwind tables.
 *
 * A compiled function begins with alloc, which saves AR.PFS in a stacked register, and soon moves
 * b0 to another.  Reading the code above says which two registers these are; they are in the frame,
 * the frame is in the backing store, and PFS says how far below the caller's frame begins.  Where
 * that ends (assembly code, an interruption), the rest of the backing store is searched for words
 * that are return addresses: the bundle before each holds a call.  Those lines bear a question
 * mark, since what returned long ago may still lie there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/debug-priv.h"

#define FRAMES_MAX 64
#define FUNCTION_BUNDLES 4096 /* how far above alloc may be */
#define SEARCH_WORDS 4096
#define SEARCH_LINES 40

struct walk {
    struct cpu *cpu;
    struct physmem *pm;
    const struct symbols *symbols;
    GString *out;
    unsigned number;
};

struct frame {
    u64 ip, bof, cfm; /* bof: where r32 is, or would be, in memory */
};

/* Where a function keeps what its caller needs; 0: nowhere yet. */
struct saved {
    unsigned pfs, ret;
};

static bool fetch(const struct walk *w, u64 ip, struct insn in[3], struct bundle_info *info)
{
    u8 bundle[16];
    if (view_read(w->cpu, w->pm, ip, bundle, 16) != 16) return false;
    isa_decode_bundle(bundle, in, info);
    return *info->unit != 0;
}

static bool is_return_address(const struct walk *w, u64 addr)
{
    u64 offset;
    struct insn in[3];
    struct bundle_info info;
    if (addr & 15 || addr < 16) return false;
    if (w->symbols && !symbols_find(w->symbols, addr, &offset)) return false;
    if (!fetch(w, addr - 16, in, &info)) return false;
    for (unsigned slot = 0; slot < (info.mlx ? 2 : 3); slot++) {
        if (info.status[slot] == ISA_OK && insn_rows[in[slot].row].attrs & ATTR_CALL) return true;
    }
    return false;
}

/* The alloc that made the frame: the nearest one above with the frame's sizes. */
static bool find_alloc(const struct walk *w, u64 place, u64 cfm, u64 *where, unsigned *pfs)
{
    int alloc = isa_row_of("alloc");
    u64 here = place & ~15ull;
    for (u64 ip = here; ip <= here && here - ip < 16 * FUNCTION_BUNDLES; ip -= 16) {
        struct insn in[3];
        struct bundle_info info;
        if (!fetch(w, ip, in, &info)) return false;
        for (unsigned slot = 3; slot-- > 0;) {
            bool sizes = (in[slot].imm & 0xff) == frame_sof(cfm) &&
                         (in[slot].imm >> 8 & 0xff) == frame_sol(cfm);
            if (in[slot].row != alloc || (ip | slot) >= place || !sizes) continue;
            *where = ip | slot;
            *pfs = in[slot].r1;
            return true;
        }
    }
    return false;
}

/* What the function at `place` has saved by the time it gets there. */
static struct saved read_prologue(const struct walk *w, u64 place, u64 cfm, bool top)
{
    struct saved s = { 0, 0 };
    u64 start, offset;
    int from_br = isa_row_of("mov_from_br");
    bool entry = top && w->symbols && symbols_find(w->symbols, place, &offset) && offset == 0;
    if (entry || !find_alloc(w, place, cfm, &start, &s.pfs)) return s;
    for (u64 ip = start & ~15ull; ip <= place && !s.ret; ip += 16) {
        struct insn in[3];
        struct bundle_info info;
        if (!fetch(w, ip, in, &info)) break;
        for (unsigned slot = 0; slot < 3 && (ip | slot) < place; slot++) {
            bool b0 = in[slot].row == from_br && in[slot].r2 == 0 && in[slot].r1 >= 32;
            if (b0 && (ip | slot) > start) s.ret = in[slot].r1;
        }
    }
    return s;
}

static bool stacked(const struct walk *w, const struct frame *f, unsigned r, u64 *value)
{
    return r - 32 < frame_sof(f->cfm) &&
           view_read_u64(w->cpu, w->pm, rse_address(f->bof, (int)r - 32), value);
}

static bool caller_of(const struct walk *w, struct frame *f, bool top)
{
    u64 pfs = cpu_ar(w->cpu, AR_PFS_N), ret = cpu_br(w->cpu, 0);
    struct saved s = read_prologue(w, f->ip, f->cfm, top);
    if (!top && (!s.pfs || !s.ret)) return false;
    if (s.pfs && !stacked(w, f, s.pfs, &pfs)) return false;
    if (s.ret && !stacked(w, f, s.ret, &ret)) return false;
    if (!is_return_address(w, ret)) return false;
    f->ip = ret;
    f->cfm = bits(pfs, 37, 0);
    f->bof = rse_address(f->bof, -(int)frame_sol(pfs));
    return true;
}

static void print_frame(struct walk *w, u64 addr, const char *mark)
{
    g_string_append_printf(w->out, "#%-3u%s", w->number++, mark);
    view_where(w->out, w->symbols, addr);
    g_string_append_c(w->out, '\n');
}

static void search(struct walk *w, u64 from)
{
    unsigned lines = 0;
    for (unsigned i = 0; i < SEARCH_WORDS && lines < SEARCH_LINES; i++) {
        u64 word, addr = from - 8 * (i + 1);
        if (!view_read_u64(w->cpu, w->pm, addr, &word)) return;
        if (!is_return_address(w, word)) continue;
        print_frame(w, word, "? ");
        lines++;
    }
}

void backtrace_print(struct cpu *cpu, struct physmem *pm, const struct symbols *symbols,
                     GString *out)
{
    struct walk w = { cpu, pm, symbols, out, 0 };
    struct frame f = { cpu_place(cpu), cpu_ar(cpu, AR_BSP_N), cpu_cfm(cpu) };
    print_frame(&w, f.ip, "");
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        if (!caller_of(&w, &f, i == 0)) break;
        print_frame(&w, f.ip, "");
    }
    search(&w, f.bof);
}
