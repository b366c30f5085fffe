/* The parallel instructions: two singles side by side in a significand.  Each half is unpacked,
 * goes through the scalar operation with 24 bits of precision and 8 of range, and is packed again;
 * the exceptions of both halves are merged.  SDM volume 3, fpma and following.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/fp/fp-priv.h"

static struct fpctl single_ctl(const struct fpctl *ctl)
{
    struct fpctl c = *ctl;
    c.prec = 24;
    c.range = 8;
    return c;
}

static struct fpreg half_of(struct fpreg f, unsigned half)
{
    return fp_load_single((u32)(f.sig >> (32 * half)));
}

/* A trapped overflow or underflow delivers its exponent modulo 2^8; scalar rounding left it modulo
 * 2^17, out of the reach of a single. */
static u32 pack_single(const struct fpresult *r)
{
    if (!(r->trap & (FP_O | FP_U))) return fp_store_single(r->value);
    u32 exp = (r->value.exp - (FP_BIAS - 127)) & 0xff;
    return r->value.sign << 31 | exp << 23 | (u32)bits(r->value.sig, 62, 40);
}

static u32 pack_mask(const struct fpresult *r)
{
    return r->pred ? ~0u : 0;
}

static u32 pack_int(const struct fpresult *r)
{
    return (u32)r->value.sig;
}

static struct fppresult join(struct fpresult low, struct fpresult high,
                             u32 (*pack)(const struct fpresult *))
{
    return (struct fppresult){
        .value = fp_int((u64)pack(&high) << 32 | pack(&low)),
        .half = { low, high },
        .flags = low.flags | high.flags,
        .fault = low.fault | high.fault,
        .trap = low.trap | high.trap,
        .pred = low.pred & high.pred,
    };
}

static const struct fppresult natval_result = { .value = { 0, FP_EXP_NATVAL, 0 } };

struct fppresult fp_pma(enum fp_fma_op op, struct fpreg f3, struct fpreg f4, struct fpreg f2,
                        enum fp_addend addend, const struct fpctl *ctl)
{
    if (fp_is_natval(f3) || fp_is_natval(f4) || fp_is_natval(f2)) return natval_result;
    struct fpctl c = single_ctl(ctl);
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_fma(op, half_of(f3, h), half_of(f4, h), half_of(f2, h), addend, &c);
    }
    return join(r[0], r[1], pack_single);
}

struct fppresult fp_pcmp(enum fp_rel rel, struct fpreg f2, struct fpreg f3,
                         const struct fpctl *ctl)
{
    if (fp_is_natval(f2) || fp_is_natval(f3)) return natval_result;
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_cmp(rel, half_of(f2, h), half_of(f3, h), ctl);
    }
    return join(r[0], r[1], pack_mask);
}

struct fppresult fp_pminmax(enum fp_minmax op, struct fpreg f2, struct fpreg f3,
                            const struct fpctl *ctl)
{
    if (fp_is_natval(f2) || fp_is_natval(f3)) return natval_result;
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_minmax(op, half_of(f2, h), half_of(f3, h), ctl);
    }
    return join(r[0], r[1], pack_single);
}

struct fppresult fp_prcpa(struct fpreg f2, struct fpreg f3, const struct fpctl *ctl)
{
    if (fp_is_natval(f2) || fp_is_natval(f3)) return natval_result;
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_rcpa_half(half_of(f2, h), half_of(f3, h), ctl);
    }
    return join(r[0], r[1], pack_single);
}

struct fppresult fp_prsqrta(struct fpreg f3, const struct fpctl *ctl)
{
    if (fp_is_natval(f3)) return natval_result;
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_rsqrta_half(half_of(f3, h), ctl);
    }
    return join(r[0], r[1], pack_single);
}

struct fppresult fp_pto_int(struct fpreg f2, bool is_unsigned, const struct fpctl *ctl)
{
    if (fp_is_natval(f2)) return natval_result;
    struct fpresult r[2];
    for (unsigned h = 0; h < 2; h++) {
        r[h] = fp_to_int_width(half_of(f2, h), is_unsigned, 32, ctl);
    }
    return join(r[0], r[1], pack_int);
}
