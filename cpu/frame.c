/* Frames as debuggers want them: put anywhere.
 *
 * No instruction writes CFM or AR.BSP, but a debugger that calls a function of the guest does: it
 * pushes a frame for the arguments, and afterwards puts everything back.  What holds the stacked
 * registers together is their address in the backing store, so all of them are first made dirty
 * (as cover does), the dirty partition grows or shrinks to the wanted end, and the frame is taken
 * from it again (as rfi does), from memory where it has to be.
 *
 * SDM 2:6.  SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/exec/exec.h"
#include "cpu/sysreg.h"

#define FAR 0x10000 /* bytes of backing store that a frame may move at once */
#define LOADRS_HI 29
#define LOADRS_LO 16

static bool is_collection(u64 addr)
{
    return (addr & 0x1f8) == 0x1f8;
}

static unsigned registers_between(u64 from, u64 to)
{
    unsigned n = 0;

    for (u64 addr = from; addr < to; addr += 8) n += !is_collection(addr);
    return n;
}

static u64 end_of(u64 bsp, unsigned sof)
{
    u64 end = bsp;

    for (; sof; end += 8) sof -= !is_collection(end);
    return is_collection(end) ? end + 8 : end;
}

/* AR.BSPSTORE comes down to `tear`: what loadrs does. */
static bool load_down(struct cpu *cpu, u64 tear)
{
    u64 rsc = cpu->ar[AR_RSC];

    cpu->ar[AR_RSC] = deposit(rsc, LOADRS_HI, LOADRS_LO, rse_bsp(cpu) - tear);
    bool ok = rse_load(cpu) == 0;
    cpu->ar[AR_RSC] = rsc;
    return ok;
}

/* With no frame there: the dirty partition gets n more registers, all 0. */
static bool grow(struct cpu *cpu, unsigned n)
{
    if (n > STACKED_PHYS || rse_room(cpu, n)) return false;
    cpu_set_cfm(cpu, n);
    for (unsigned r = 32; r < 32 + n; r++) cpu_set_gr(cpu, r, 0, false);
    rse_cover(cpu);
    return true;
}

/* With no frame there: the newest registers above `end` are dropped, older ones loaded on the way,
 * so that AR.RNAT stays right. */
static bool shrink(struct cpu *cpu, u64 end)
{
    while (rse_bsp(cpu) > end) {
        unsigned n = MIN(registers_between(end, rse_bsp(cpu)), STACKED_PHYS);

        if (!rse_rfi(cpu, n) && rse_fill_frame(cpu)) {
            rse_cover(cpu);
            return false;
        }
        cpu_set_cfm(cpu, 0);
    }
    return true;
}

static bool reach(struct cpu *cpu, u64 end)
{
    u64 now = rse_bsp(cpu);

    return now < end ? grow(cpu, registers_between(now, end)) : shrink(cpu, end);
}

static bool set_frame(struct cpu *cpu, u64 bsp, u64 cfm)
{
    u64 old_cfm = cpu->cfm, end = end_of(bsp, cfm_sof(cfm &= CFM_MASK));

    if (bsp == rse_bsp(cpu) && cfm == old_cfm) return true;
    if ((bsp & 7) || is_collection(bsp) || !sysreg_frame_possible(cfm)) return false;
    if (end - rse_bsp(cpu) + FAR > 2 * FAR || rse_fill_frame(cpu)) return false;
    alat_clear(cpu);
    rse_cover(cpu);
    bool ok = reach(cpu, end);
    /* Loads that fail now are tried again when the processor goes on. */
    if (!rse_rfi(cpu, ok ? cfm : old_cfm)) (void)rse_fill_frame(cpu);
    return ok;
}

static bool move_bspstore(struct cpu *cpu, u64 bspstore, u64 unused)
{
    u64 now = cpu->ar[AR_BSPSTORE], bsp = rse_bsp(cpu);

    (void)unused;
    if (bspstore == now) return true;
    if ((bspstore & 7) || bsp - bspstore > FAR || rse_fill_frame(cpu)) return false;
    unsigned dirty = registers_between(bspstore, bsp);
    if (dirty + cfm_sof(cpu->cfm) > STACKED_PHYS) return false;
    return bspstore > now ? rse_room(cpu, STACKED_PHYS - dirty) == 0 : load_down(cpu, bspstore);
}

/* What the debugger itself does is nothing that it waits for. */
static bool unwatched(struct cpu *cpu, bool (*work)(struct cpu *, u64, u64), u64 a, u64 b)
{
    u32 observe = cpu->observe;

    cpu->observe |= OBS_WATCH;
    bool ok = work(cpu, a, b);
    cpu->observe = observe;
    return ok;
}

bool cpu_set_frame(struct cpu *cpu, u64 bsp, u64 cfm)
{
    return unwatched(cpu, set_frame, bsp, cfm);
}

bool cpu_move_bspstore(struct cpu *cpu, u64 bspstore)
{
    return unwatched(cpu, move_bspstore, bspstore, 0);
}
