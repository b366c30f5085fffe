/* Operations that see a register as bits: merges, mixes, swaps, packs, and the integer multiply
 * that lives in the same unit.  None has exceptions; all but fmerge give an integer-format result.
 * SDM volume 3, fmerge, fmix, fswap, fsxt, fpack, fpmerge, xma.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

static u32 high(struct fpreg f)
{
    return (u32)(f.sig >> 32);
}

static u32 low(struct fpreg f)
{
    return (u32)f.sig;
}

static struct fpreg pair(u32 hi, u32 lo)
{
    return fp_int((u64)hi << 32 | lo);
}

struct fpreg fp_merge_s(struct fpreg f2, struct fpreg f3)
{
    return (struct fpreg){ f3.sig, f3.exp, f2.sign };
}

struct fpreg fp_merge_ns(struct fpreg f2, struct fpreg f3)
{
    return (struct fpreg){ f3.sig, f3.exp, !f2.sign };
}

struct fpreg fp_merge_se(struct fpreg f2, struct fpreg f3)
{
    return (struct fpreg){ f3.sig, f2.exp, f2.sign };
}

#define SIGN 0x80000000u
#define FILL(word) ((word) & SIGN ? ~0u : 0u)

/*  name                                                       high word            low word  */
#define PAIR(name, hi, lo)                                                                         \
    struct fpreg name(struct fpreg f2, struct fpreg f3)                                            \
    {                                                                                              \
        return pair(hi, lo);                                                                       \
    }
PAIR(fp_mix_lr,  high(f2),              low(f3))
PAIR(fp_mix_r,   low(f2),               low(f3))
PAIR(fp_mix_l,   high(f2),              high(f3))
PAIR(fp_sxt_r,   FILL(low(f2)),         low(f3))
PAIR(fp_sxt_l,   FILL(high(f2)),        high(f3))
PAIR(fp_swap,    low(f3),               high(f2))
PAIR(fp_swap_nl, low(f3) ^ SIGN,        high(f2))
PAIR(fp_swap_nr, low(f3),               high(f2) ^ SIGN)
PAIR(fp_pack,    fp_store_single(f2),   fp_store_single(f3))

/* The packed merges: bits of `mask` in each half from f2 (inverted by `flip`), the rest from f3. */
static struct fpreg merge(struct fpreg f2, struct fpreg f3, u32 mask, u32 flip)
{
    u64 m = (u64)mask << 32 | mask, x = (u64)flip << 32 | flip;
    return fp_int(((f2.sig ^ x) & m) | (f3.sig & ~m));
}

struct fpreg fp_pmerge_s(struct fpreg f2, struct fpreg f3)
{
    return merge(f2, f3, SIGN, 0);
}

struct fpreg fp_pmerge_ns(struct fpreg f2, struct fpreg f3)
{
    return merge(f2, f3, SIGN, SIGN);
}

struct fpreg fp_pmerge_se(struct fpreg f2, struct fpreg f3)
{
    return merge(f2, f3, 0xff800000u, 0);
}

/* f2 is added zero-extended, for the signed forms too. */
struct fpreg fp_xma(enum fp_xma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2)
{
    if (fp_is_natval(f3) || fp_is_natval(f4) || fp_is_natval(f2)) return FP_NATVAL;
    u128 product = op == FP_XMA_HU ? (u128)f3.sig * f4.sig
                                   : (u128)((s128)(s64)f3.sig * (s64)f4.sig);
    u128 sum = product + f2.sig;
    return fp_int(op == FP_XMA_L ? (u64)sum : (u64)(sum >> 64));
}
