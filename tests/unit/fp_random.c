/* Test operands; see fp_random.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fp_random.h"

#include "base/bits.h"

#define ONES ~0ull
#define TOP (1ull << 63)

const struct fpreg fp_corners[] = {
    /* zeros, one, small integers */
    { 0, 0, 0 }, { 0, 0, 1 }, { TOP, 0xffff, 0 }, { TOP, 0xffff, 1 }, { TOP, 0x10000, 0 },
    { 3ull << 62, 0xffff, 1 }, { ONES, 0xfffe, 0 }, { TOP | 1, 0xffff, 0 }, { TOP, 0xffbf, 1 },
    /* NaTVal and its neighbour, pseudo-zeros */
    { 0, 0x1fffe, 0 }, { 0, 0x1fffe, 1 }, { 0, 0x1fffd, 0 }, { 0, 0x1003e, 0 }, { 0, 1, 1 },
    { 0, 0xffff, 0 }, { 0, 0xffff, 1 },
    /* infinities, NaNs, unsupported */
    { TOP, 0x1ffff, 0 }, { TOP, 0x1ffff, 1 }, { 3ull << 62, 0x1ffff, 0 }, { ONES, 0x1ffff, 1 },
    { 0xc000000000001234, 0x1ffff, 0 }, { TOP | 1, 0x1ffff, 0 }, { 0xa000000000000000, 0x1ffff, 1 },
    { 0xbfffffffffffffff, 0x1ffff, 0 }, { 0, 0x1ffff, 0 }, { 1, 0x1ffff, 1 },
    { TOP - 1, 0x1ffff, 0 },
    /* register format: largest, smallest, denormals, unnormals */
    { ONES, 0x1fffe, 0 }, { TOP, 0x1fffe, 1 }, { TOP, 1, 0 }, { ONES, 1, 1 }, { TOP - 1, 1, 0 },
    { 1, 1, 1 }, { TOP - 1, 0x1fffe, 0 }, { 1, 0x1fffe, 1 }, { TOP >> 1, 0xffff, 0 },
    { 1, 0xffff, 1 }, { 0x00ffff0000000000, 0x10010, 0 }, { 5, 0x1003e, 0 },
    /* the limits of frcpa and frsqrta */
    { TOP, 64, 0 }, { ONES, 65, 0 }, { TOP, 0x1fffc, 0 }, { ONES, 0x1fffb, 1 },
    /* double-extended: exponent 0 means 0c001 */
    { TOP, 0, 0 }, { ONES, 0, 1 }, { TOP - 1, 0, 0 }, { 1, 0, 1 }, { TOP, 0xc001, 0 },
    { ONES, 0x13ffe, 0 }, { TOP, 0x13fff, 1 },
    /* double */
    { TOP, 0xfc01, 0 }, { TOP - 2048, 0xfc01, 1 }, { 2048, 0xfc01, 0 },
    { 0xfffffffffffff800, 0x103fe, 0 },
    { 0xfffffffffffffc00, 0x103fe, 1 }, { TOP, 0x103ff, 0 }, { 0xfffffffffffffc00, 0xfc00, 0 },
    { 0xfffffffffffffbff, 0xfc00, 1 }, { TOP, 0xfbcb, 0 },
    /* single */
    { TOP, 0xff81, 0 }, { TOP - (1ull << 40), 0xff81, 1 }, { 1ull << 40, 0xff81, 0 },
    { 0xffffff0000000000, 0x1007e, 0 }, { 0xffffff8000000000, 0x1007e, 1 }, { TOP, 0x1007f, 0 },
    { 0xffffff8000000000, 0xff80, 0 }, { 0xffffff7fffffffff, 0xff80, 1 }, { TOP, 0xff69, 0 },
    /* edges of the integers */
    { TOP, 0x1003e, 1 }, { TOP | 1, 0x1003e, 1 }, { ONES, 0x1003e, 0 }, { ONES, 0x1003d, 0 },
    { TOP, 0x1003f, 0 }, { TOP, 0xfffe, 1 }, { 0xffffffff00000000, 0x1001e, 0 },
    { TOP, 0x1001e, 1 },
};

const unsigned fp_corner_count = ARRAY_LEN(fp_corners);

static u64 state = 1;

void rnd_seed(u64 seed)
{
    state = seed * 2 + 1;
}

/* splitmix64 */
u64 rnd(void)
{
    u64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

unsigned rnd_below(unsigned n)
{
    return (unsigned)(rnd() >> 33) % n;
}

u64 rnd_significand(void)
{
    u64 x = rnd();
    switch (rnd_below(8)) {
    case 0: return x & rnd() & rnd();
    case 1: return x | rnd() | rnd();
    case 2: return x & ~mask64(40);
    case 3: return x & ~mask64(11);
    case 4: return ONES << rnd_below(64);
    case 5: return (ONES << rnd_below(64)) ^ (1ull << rnd_below(64));
    case 6: return (x & ~mask64(rnd_below(64))) | (1ull << rnd_below(64));
    default: return x;
    }
}

static const s32 interesting[] = { -65600, -65534, -65470, -16445, -16382, -1100, -1022, -150,
                                   -126, -64, -53, -24, 0, 24, 31, 53, 63, 127, 1023, 16383,
                                   65533, 65535 };

static s32 interesting_exp(void)
{
    s32 e = interesting[rnd_below(ARRAY_LEN(interesting))];
    return e + (s32)rnd_below(9) - 4;
}

struct fpreg rnd_near(s32 e)
{
    s32 exp = e + (s32)rnd_below(5) - 2 + 0xffff;
    exp = exp < 1 ? 1 : exp > 0x1fffe ? 0x1fffe : exp;
    return (struct fpreg){ rnd_significand() | TOP, (u32)exp, (u32)rnd() & 1 };
}

struct fpreg rnd_normal(unsigned spread)
{
    u32 exp = 0xffff - spread + rnd_below(2 * spread + 1);
    return (struct fpreg){ rnd_significand() | TOP, exp, (u32)rnd() & 1 };
}

struct fpreg rnd_any(void)
{
    switch (rnd_below(8)) {
    case 0: return fp_corners[rnd_below(fp_corner_count)];
    case 1: return (struct fpreg){ rnd_significand(), (u32)rnd() & 0x1ffff, (u32)rnd() & 1 };
    case 2: return (struct fpreg){ rnd_significand(), rnd_near(interesting_exp()).exp,
                                   (u32)rnd() & 1 };
    case 3:
    case 4: return rnd_near(interesting_exp());
    default: return rnd_normal(70);
    }
}

double rnd_double(unsigned spread)
{
    u64 exp = 1023 - spread + rnd_below(2 * spread + 1);
    u64 v = rnd() << 63 | exp << 52 | rnd_significand() >> 12;
    union { u64 u; double d; } x = { v };
    return x.d;
}

u64 rnd_double_bits(void)
{
    static const unsigned exps[] = { 0, 0, 1, 2, 52, 53, 970, 1022, 1023, 1024, 1075, 2045, 2046,
                                     2047 };
    u64 exp = rnd_below(2) ? exps[rnd_below(ARRAY_LEN(exps))] : rnd_below(2048);
    u64 fraction = rnd_below(6) ? rnd_significand() >> 12 : 0;
    return rnd() << 63 | exp << 52 | fraction;
}

u32 rnd_single_bits(void)
{
    static const unsigned exps[] = { 0, 0, 1, 2, 23, 24, 126, 127, 128, 157, 158, 253, 254, 255 };
    u32 exp = rnd_below(2) ? exps[rnd_below(ARRAY_LEN(exps))] : rnd_below(256);
    u32 fraction = rnd_below(6) ? (u32)(rnd_significand() >> 41) : 0;
    return (u32)rnd() << 31 | exp << 23 | fraction;
}

struct fpctl rnd_ctl(void)
{
    static const u8 precs[] = { 24, 53, 64 }, ranges[] = { 8, 11, 15, 17 };
    return (struct fpctl){
        .prec = precs[rnd_below(3)],
        .range = ranges[rnd_below(4)],
        .rc = (u8)rnd_below(4),
        .ftz = (u8)rnd_below(4) == 0,
        .enabled = rnd_below(2) ? 0 : (u8)(rnd() & rnd() & 0x3f),
    };
}
