/* Memory as a debugger wants it: translated like the guest's own accesses, but also where the guest
 * would first have to take a TLB miss, and with the registers that the stack engine still holds
 * shown at the addresses where it would store them.  gdb relies on the latter: for it r32 and its
 * successors live in the backing store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/debug-priv.h"

/* --- translation ------------------------------------------------------------------------------ */

static bool entry_matches(const struct mmu *mmu, const struct mmu_tr *e, u64 va, u64 *pa)
{
    u64 mask = mask64((unsigned)bits(e->itir, 7, 2));
    bool rid = e->rid == bits(mmu->rr[va >> 61], 31, 8);
    if (!e->valid || !rid || bits(va ^ e->ifa, 60, 0) & ~mask) return false;
    *pa = (bits(e->pte, 49, 12) << 12 & ~mask) | (va & mask);
    return true;
}

/* Whatever the TLB has, even while translation is off. */
static bool find_entry(const struct mmu *mmu, u64 va, u64 *pa)
{
    for (unsigned inst = 0; inst < 2; inst++) {
        for (unsigned i = 0; i < (inst ? MMU_ITRS : MMU_DTRS); i++) {
            struct mmu_tr e = mmu_get_tr(mmu, inst, i);
            if (entry_matches(mmu, &e, va, pa)) return true;
        }
        for (unsigned i = 0; i < mmu_tc_count(mmu, inst); i++) {
            struct mmu_tr e = mmu_get_tc(mmu, inst, i);
            if (entry_matches(mmu, &e, va, pa)) return true;
        }
    }
    return false;
}

/* A miss in a region without walker goes to the Alternate TLB handlers, which every system we know
 * uses for an identity mapping (SDM 2:4.1.5: that is what they are for). */
static bool identity(const struct mmu *mmu, u64 va, u64 *pa)
{
    *pa = bits(va, 60, 0);
    return !(mmu->rr[va >> 61] & 1) && va >> 61 && *pa < PHYS_RAM_LIMIT;
}

bool view_translate(struct cpu *cpu, u64 va, u64 *pa)
{
    struct mmu *mmu = cpu_mmu(cpu);
    bool ok = mmu_peek(mmu, va, false, pa) || mmu_peek(mmu, va, true, pa) ||
              find_entry(mmu, va, pa) || identity(mmu, va, pa);
    *pa &= PHYS_ADDR_MASK;
    return ok;
}

/* Page by page; the bytes done before the first that is not there. */
static u64 each_page(struct cpu *cpu, struct physmem *pm, u64 va, u8 *buf, u64 len, bool write)
{
    u64 done = 0;
    while (done < len) {
        u64 pa, n = MIN(len - done, PHYS_PAGE_SIZE - (va + done) % PHYS_PAGE_SIZE);
        if (!view_translate(cpu, va + done, &pa)) break;
        if (!(write ? physmem_write(pm, pa, buf + done, n) : physmem_read(pm, pa, buf + done, n))) {
            break;
        }
        done += n;
    }
    return done;
}

/* --- the register stack ----------------------------------------------------------------------- */

static bool is_collection(u64 addr)
{
    return (addr & 0x1f8) == 0x1f8;
}

u64 rse_address(u64 addr, int n)
{
    for (; n > 0; n--) {
        addr += 8;
        if (is_collection(addr)) addr += 8;
    }
    for (; n < 0; n++) {
        addr -= 8;
        if (is_collection(addr)) addr -= 8;
    }
    return addr;
}

u64 rse_frame_end(const struct cpu *cpu)
{
    return rse_address(cpu_ar(cpu, AR_BSP_N), (int)frame_sof(cpu_cfm(cpu)));
}

/* Registers between two addresses of the backing store, neither of a collection. */
static unsigned registers_between(u64 low, u64 high)
{
    u64 words = (high - low) / 8, collections = (high >> 9) - (low >> 9);
    return (unsigned)(words - collections);
}

/* Does the stack engine hold what belongs at `addr`? */
static bool held(const struct cpu *cpu, u64 addr)
{
    return addr >= cpu_ar(cpu, AR_BSPSTORE_N) && addr < rse_frame_end(cpu);
}

static u64 held_register(const struct cpu *cpu, u64 addr, bool *nat)
{
    u64 value, bsp = cpu_ar(cpu, AR_BSP_N), store = cpu_ar(cpu, AR_BSPSTORE_N);
    if (addr >= bsp) return cpu_gr(cpu, 32 + registers_between(bsp, addr), nat);
    *nat = false;
    return cpu_dirty_gr(cpu, registers_between(store, addr), &value, nat) ? value : 0;
}

static void set_held_register(struct cpu *cpu, u64 addr, u64 value, bool nat)
{
    u64 bsp = cpu_ar(cpu, AR_BSP_N);
    if (addr >= bsp) {
        cpu_set_gr(cpu, 32 + registers_between(bsp, addr), value, nat);
    } else {
        cpu_set_dirty_gr(cpu, registers_between(cpu_ar(cpu, AR_BSPSTORE_N), addr), value, nat);
    }
}

/* The NaT bits as they would be collected: AR.RNAT has those of registers already stored. */
static u64 held_collection(const struct cpu *cpu, u64 addr)
{
    u64 collection = cpu_ar(cpu, AR_RNAT_N);
    for (u64 at = addr & ~0x1ffull; at < addr; at += 8) {
        bool nat;
        if (!held(cpu, at)) continue;
        held_register(cpu, at, &nat);
        collection = deposit(collection, at >> 3 & 63, at >> 3 & 63, nat);
    }
    return collection & ~(1ull << 63);
}

static void set_held_collection(struct cpu *cpu, u64 addr, u64 collection)
{
    for (u64 at = addr & ~0x1ffull; at < addr; at += 8) {
        bool nat;
        if (!held(cpu, at)) continue;
        u64 value = held_register(cpu, at, &nat);
        set_held_register(cpu, at, value, collection >> (at >> 3 & 63) & 1);
    }
}

/* The word at `addr` with the byte order it would have in memory. */
static u64 held_word(const struct cpu *cpu, u64 addr)
{
    bool nat, be = cpu_ar(cpu, AR_RSC_N) >> 4 & 1;
    u64 word = is_collection(addr) ? held_collection(cpu, addr) : held_register(cpu, addr, &nat);
    return be ? __builtin_bswap64(word) : word;
}

static void set_held_word(struct cpu *cpu, u64 addr, u64 word)
{
    if (cpu_ar(cpu, AR_RSC_N) >> 4 & 1) word = __builtin_bswap64(word);
    if (is_collection(addr)) {
        set_held_collection(cpu, addr, word);
    } else {
        set_held_register(cpu, addr, word, false);
    }
}

/* --- both ------------------------------------------------------------------------------------- */

/* Up to the next word that is held, or the piece of a word that is. */
static u64 piece(const struct cpu *cpu, u64 va, u64 len, bool *is_held)
{
    u64 start = cpu_ar(cpu, AR_BSPSTORE_N), end = rse_frame_end(cpu);
    *is_held = held(cpu, va & ~7ull);
    if (*is_held) return MIN(len, 8 - va % 8);
    return va < start && start < end ? MIN(len, start - va) : len;
}

u64 view_read(struct cpu *cpu, struct physmem *pm, u64 va, void *buf, u64 len)
{
    u64 done = 0;
    while (done < len) {
        bool is_held;
        u64 n = piece(cpu, va + done, len - done, &is_held), got = n;
        if (is_held) {
            u64 word = held_word(cpu, (va + done) & ~7ull);
            memcpy((u8 *)buf + done, (const u8 *)&word + (va + done) % 8, n);
        } else {
            got = each_page(cpu, pm, va + done, (u8 *)buf + done, n, false);
        }
        done += got;
        if (got < n) break;
    }
    return done;
}

u64 view_write(struct cpu *cpu, struct physmem *pm, u64 va, const void *buf, u64 len)
{
    u64 done = 0;
    while (done < len) {
        bool is_held;
        u64 n = piece(cpu, va + done, len - done, &is_held), got = n;
        if (is_held) {
            u64 word = held_word(cpu, (va + done) & ~7ull);
            memcpy((u8 *)&word + (va + done) % 8, (const u8 *)buf + done, n);
            set_held_word(cpu, (va + done) & ~7ull, word);
        } else {
            u8 *from = (u8 *)(uintptr_t)buf + done;
            got = each_page(cpu, pm, va + done, from, n, true);
        }
        done += got;
        if (got < n) break;
    }
    return done;
}

bool view_read_u64(struct cpu *cpu, struct physmem *pm, u64 va, u64 *value)
{
    return view_read(cpu, pm, va, value, 8) == 8;
}

void view_where(GString *out, const struct symbols *symbols, u64 addr)
{
    u64 offset;
    const char *name = symbols ? symbols_find(symbols, addr, &offset) : NULL;
    g_string_append_printf(out, "0x%" PRIx64, addr);
    if (name) g_string_append_printf(out, " <%s+0x%" PRIx64 ">", name, offset);
}
