/* The formats of memory: what ldfs, ldfd, ldfe, ldf8 make of bytes and what the stores put back.
 * Loads keep denormals unnormalised, stores cut bits off without rounding.  SDM 1:5.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

/* Both IEEE formats, `e` bits of exponent over `f` bits of fraction. */
static struct fpreg load_ieee(u64 v, unsigned e, unsigned f)
{
    u32 sign = bit(v, e + f);
    u32 exp = (u32)bits(v, e + f - 1, f);
    u64 sig = bits(v, f - 1, 0) << (63 - f);
    u32 rebias = FP_BIAS - (u32)mask64(e - 1);

    if (exp == mask64(e)) return (struct fpreg){ FP_INT_BIT | sig, FP_EXP_MAX, sign };
    if (exp) return (struct fpreg){ FP_INT_BIT | sig, exp + rebias, sign };
    return (struct fpreg){ sig, sig ? rebias + 1 : 0, sign };
}

/* The exponent keeps its top bit and its low ones: right for every value in range, and the
 * documented nonsense for the others. */
static u64 store_ieee(struct fpreg r, unsigned e, unsigned f)
{
    u64 exp = r.sig >> 63 ? (u64)bit(r.exp, 16) << (e - 1) | bits(r.exp, e - 2, 0) : 0;
    return (u64)r.sign << (e + f) | exp << f | bits(r.sig, 62, 63 - f);
}

struct fpreg fp_load_single(u32 v)
{
    return load_ieee(v, 8, 23);
}

struct fpreg fp_load_double(u64 v)
{
    return load_ieee(v, 11, 52);
}

u32 fp_store_single(struct fpreg f)
{
    return (u32)store_ieee(f, 8, 23);
}

u64 fp_store_double(struct fpreg f)
{
    return store_ieee(f, 11, 52);
}

struct fpreg fp_load_extended(u64 sig, u16 sign_exp)
{
    u32 exp = sign_exp & 0x7fff;
    if (exp == 0x7fff) exp = FP_EXP_MAX;
    else if (exp) exp += FP_BIAS - 0x3fff;
    return (struct fpreg){ sig, exp, sign_exp >> 15 };
}

void fp_store_extended(struct fpreg f, u64 *sig, u16 *sign_exp)
{
    *sig = f.sig;
    *sign_exp = (u16)(f.sign << 15 | bit(f.exp, 16) << 14 | bits(f.exp, 13, 0));
}

struct fpreg fp_load_int(u64 v)
{
    return fp_int(v);
}
