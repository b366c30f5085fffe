/* With `selftest` on the command line: what programs cannot check, the kernel checks itself.  A
 * failure is a panic.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include "mm.h"
#include "pv.h"
#include "sched.h"
#include "time.h"

/* Region 5 goes through the page table and the VHPT, in the kernel as in programs: two pages that
 * are not neighbours in memory become neighbours. */
static void check_vmap(void)
{
    void *pages[2] = { page_alloc(0), page_alloc(0) };
    u64 pas[2] = { pa(pages[1]), pa(pages[0]) };
    u64 *mapped = vmap(pas, 2, true);
    assert(mapped && (u64)mapped >> 61 == 5);
    for (u64 i = 0; i < 2 * PAGE_SIZE / sizeof *mapped; i++) mapped[i] = i;
    for (unsigned p = 0; p < 2; p++) {
        u64 n = PAGE_SIZE / sizeof(u64);
        for (u64 i = 0; i < n; i++) assert(((u64 *)pages[!p])[i] == p * n + i);
    }
    u64 *entry = (u64 *)ia64_thash((u64)mapped);
    assert((u64)entry >> 61 == 5 && (*entry & PTE_PPN) == pas[0]);
}

/* The operations mean the same wherever we run, patched or not. */
static void check_operations(void)
{
    u64 region1 = REGION(1), before = ia64_get_rr(region1);
    ia64_set_rr(region1, before ^ 1 << 8);
    assert(ia64_get_rr(region1) == (before ^ 1 << 8));
    ia64_set_rr(region1, before);
    assert(ia64_get_psr_i());
    u64 on = irq_save();
    assert(on == 1 && !ia64_get_psr_i() && !(ia64_get_psr() & PSR_I));
    u64 nested = irq_save();
    assert(!nested);
    irq_restore(nested);
    assert(!ia64_get_psr_i());
    irq_restore(on);
    assert(ia64_get_psr_i() && ia64_get_psr() & PSR_I);
    u64 t = ia64_get_itc();
    assert(ia64_get_itc() > t);
    assert((ia64_get_cpuid(3) & 0xff) >= 4);
    ia64_fc((u64)&t);
    (void)ia64_get_pmd(4);
    ia64_set_tpr(1 << 16);
    assert(ia64_get_tpr() == 1 << 16);
    ia64_set_tpr(0);
}

/* A purge in another address space borrows its region, and gives it back. */
static void check_purge(void)
{
    u64 at = REGION(1) + 3 * PAGE_SIZE, before = ia64_get_rr(at);
    struct mm *mm = mm_new();
    assert(mm && region_register(mm, 1) != before);
    tlb_flush_range(mm, at, at + 9 * PAGE_SIZE);
    assert(ia64_get_rr(at) == before);
    mm_put(mm);
}

/* Ticks go on, however long interrupts were off: the next one may become due at any moment, also
 * while the timer is being set to it.  Short ticks make many moments in little time. */
static void check_ticks(void)
{
    enum { TICK = 3000, MOMENTS = 1500 };
    struct cpu *cpu = this_cpu;
    u64 usual = cpu->itm_delta;
    cpu->itm_delta = TICK;
    for (u64 early = 0; early < MOMENTS; early += 3) {
        u64 ticks = cpu->ticks;
        irq_disable();
        u64 until = cpu->next_tick + TICK - early;
        while ((s64)(ia64_get_itc() - until) < 0) {}
        irq_enable();
        u64 patience = ia64_get_itc() + 10 * TICK;
        while (read_once(cpu->ticks) < ticks + 3) assert(ia64_get_itc() < patience);
    }
    cpu->itm_delta = usual;
}

/* A tick that others had is counted, but the task does not pay for it. */
static void check_stolen_ticks(void)
{
    struct cpu *cpu = this_cpu;
    u64 on = irq_save(), ticks = cpu->ticks;
    u64 before = cpu->stolen_ns, stolen = before + 1000000000 / HZ;
    current->slice = 5;
    for (u64 left = 5; left > 3; left--) {
        cpu->next_tick = ia64_get_itc();
        time_interrupt(stolen);
        assert(current->slice == left);
    }
    assert(cpu->ticks == ticks + 2);
    cpu->stolen_ns = before;
    irq_restore(on);
}

/* Many orders, many sizes, and all of it comes back. */
static void check_allocation(void)
{
    enum { BLOCKS = 64 };
    static void *block[BLOCKS];
    u64 before = pages_free();
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = page_alloc(i % 4);
        assert(block[i] && !(pa(block[i]) & ((PAGE_SIZE << i % 4) - 1)) && !*(u64 *)block[i]);
        memset(block[i], 0xa5, PAGE_SIZE << i % 4);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        page_free(block[(i * 37) % BLOCKS], (i * 37) % BLOCKS % 4);
    assert(pages_free() == before);
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = kmalloc(i * i * 8);
        assert(block[i] && !((u64)block[i] & 15));
        memset(block[i], (int)i, i * i * 8);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (u64 k = 0; k < i * i * 8; k++) assert(((u8 *)block[i])[k] == i);
        kfree(block[i]);
    }
}

/* What small objects took comes back, but for a page of each size. */
static void check_small_objects(void)
{
    enum { OBJECTS = 4000, SIZES = 10 };
    struct list kept = LIST_INIT(kept);
    u64 before = pages_free();
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct list *l = kmalloc(sizeof *l + i % 200);
        assert(l);
        list_add_tail(&kept, l);
    }
    assert(pages_free() + SIZES < before);
    while (!list_empty(&kept)) {
        struct list *l = kept.next;
        list_del(l);
        kfree(l);
    }
    assert(pages_free() + SIZES >= before);
}

/* Who asks the other processors gets an answer; twice, because the first might be luck. */
static void check_calls(void)
{
    smp_call_all(CALL_FLUSH_TLB);
    smp_call_all(CALL_FLUSH_TLB);
}

static void selftest(void)
{
    if (!cmdline_get("selftest")) return;
    check_operations();
    check_vmap();
    check_purge();
    check_ticks();
    check_stolen_ticks();
    check_allocation();
    check_small_objects();
    check_calls();
    printk("kernel self-tests passed\n");
}
initcall(selftest);
