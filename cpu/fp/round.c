/* Where a rounded result does not fit the range of its format: overflow, underflow, denormals, and
 * the wrapped results that an enabled trap delivers.  SDM 1:104-106.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

/* The enabled O or U trap: the significand as rounded and the exponent modulo 2^17.  An inexact one
 * says so in ISR.code beside O or U, whether or not I is enabled (SDM 2:592).  parallel.c takes the
 * same result modulo 2^8. */
static struct fpresult wrapped(u8 exception, struct fpexact x, struct fprounded r, u8 flags)
{
    u8 raised = exception | (r.inexact ? FP_I : 0);
    return (struct fpresult){ .value = { r.sig, (u32)r.exp & FP_EXP_MAX, x.sign },
                              .flags = flags | raised,
                              .trap = raised,
                              .fpa = r.up };
}

static struct fpresult overflow(struct fpexact x, struct fprounded r, const struct fpctl *ctl,
                                u8 flags)
{
    if (ctl->enabled & FP_O) return wrapped(FP_O, x, r, flags);

    bool to_infinity = fp_rounds_up(ctl->rc, x.sign, true, ~0ull);
    struct fpreg largest = { ~0ull << (64 - ctl->prec), (u32)fp_emax(ctl), 0 };
    return (struct fpresult){ .value = fp_signed(to_infinity ? FP_INFINITY : largest, x.sign),
                              .flags = flags | FP_O | FP_I,
                              .trap = ctl->enabled & FP_I,
                              .fpa = to_infinity };
}

/* x with its exponent raised to emin: sig loses its integer bit, ext keeps what falls out. */
static struct fpexact denormalize(struct fpexact x, s32 emin)
{
    unsigned n = (unsigned)(emin - x.exp);
    u128 v = (u128)x.sig << 64 | x.ext;
    u128 shifted = n < 128 ? v >> n : 0;
    bool lost = n >= 128 || shifted << n != v;
    return (struct fpexact){ (u64)(shifted >> 64), (u64)shifted | lost, emin, x.sign };
}

/* The register encodings of what denormalising left (SDM 1:88): the exponent of a double-extended
 * denormal is 0; single, double and register denormals keep that of the smallest normal. */
static struct fpreg denormal_encoding(struct fprounded r, u32 sign, u8 range)
{
    if (!r.sig) return fp_signed(FP_ZERO, sign);
    u32 exp = range == 15 && !(r.sig & FP_INT_BIT) ? 0 : (u32)r.exp;
    return (struct fpreg){ r.sig, exp, sign };
}

static struct fpresult underflow(struct fpexact x, struct fprounded r, const struct fpctl *ctl,
                                 u8 flags)
{
    if (ctl->enabled & FP_U) return wrapped(FP_U, x, r, flags);

    if (ctl->ftz) {
        return (struct fpresult){ .value = fp_signed(FP_ZERO, x.sign),
                                  .flags = flags | FP_U | FP_I,
                                  .trap = ctl->enabled & FP_I };
    }
    /* Rounded again from the exact value, so there is no double rounding (SDM 1:106). */
    struct fprounded d = fp_round_sig(denormalize(x, fp_emin(ctl)), ctl);
    return (struct fpresult){ .value = denormal_encoding(d, x.sign, ctl->range),
                              .flags = flags | (d.inexact ? FP_U | FP_I : 0),
                              .trap = d.inexact ? ctl->enabled & FP_I : 0,
                              .fpa = d.up };
}

struct fpresult fp_round_range(struct fpexact x, struct fprounded r, const struct fpctl *ctl,
                               u8 flags)
{
    return r.exp > fp_emax(ctl) ? overflow(x, r, ctl, flags) : underflow(x, r, ctl, flags);
}
