/* Parallel integer arithmetic: eight bytes, four halves or two words at once.  SDM 1:4.6 and
 * volume 3; formats A9, A10, I1 to I8.
 *
 * A register becomes an array of lanes, lane 0 least significant: x is r2, y is r3, z the result.
 * Most rows give the three lane types and the equation of one lane; the compiler makes vector code
 * of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/exec/exec.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lanes are laid over registers of a little-endian host"
#endif

#define LANES(type) (8 / sizeof(type))

/* z[i] = f(x, y, i); LANEWISE1 where all lanes are of one type. */
#define LANEWISE(meaning, tz, tx, ty, expr)                                                       \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        tx x[LANES(tx)];                                                                          \
        ty y[LANES(ty)];                                                                          \
        tz z[LANES(tz)];                                                                          \
        memcpy(x, &GR(in->r2), 8);                                                                \
        memcpy(y, &GR(in->r3), 8);                                                                \
        for (unsigned i = 0; i < LANES(tz); i++) z[i] = (tz)(expr);                               \
        u64 v;                                                                                    \
        memcpy(&v, z, 8);                                                                         \
        PUT_GR2(v);                                                                               \
    }
#define LANEWISE1(meaning, type, expr) LANEWISE(meaning, type, type, type, expr)

/* Into the range of a lane. */
static inline s32 clamp(s32 v, s32 low, s32 high)
{
    return v < low ? low : v > high ? high : v;
}
#define SAT_S8(v) clamp((v), INT8_MIN, INT8_MAX)
#define SAT_U8(v) clamp((v), 0, UINT8_MAX)
#define SAT_S16(v) clamp((v), INT16_MIN, INT16_MAX)
#define SAT_U16(v) clamp((v), 0, UINT16_MAX)

/* Suffixes name the signs of result, r2 and r3 in saturating forms. */
LANEWISE1(padd1,         u8,            x[i] + y[i])
LANEWISE1(padd2,         u16,           x[i] + y[i])
LANEWISE1(padd4,         u32,           x[i] + y[i])
LANEWISE1(padd1_sss,     s8,            SAT_S8(x[i] + y[i]))
LANEWISE1(padd2_sss,     s16,           SAT_S16(x[i] + y[i]))
LANEWISE1(padd1_uuu,     u8,            SAT_U8(x[i] + y[i]))
LANEWISE1(padd2_uuu,     u16,           SAT_U16(x[i] + y[i]))
LANEWISE(padd1_uus,      u8, u8, s8,    SAT_U8(x[i] + y[i]))
LANEWISE(padd2_uus,      u16, u16, s16, SAT_U16(x[i] + y[i]))

LANEWISE1(psub1,         u8,            x[i] - y[i])
LANEWISE1(psub2,         u16,           x[i] - y[i])
LANEWISE1(psub4,         u32,           x[i] - y[i])
LANEWISE1(psub1_sss,     s8,            SAT_S8(x[i] - y[i]))
LANEWISE1(psub2_sss,     s16,           SAT_S16(x[i] - y[i]))
LANEWISE1(psub1_uuu,     u8,            SAT_U8(x[i] - y[i]))
LANEWISE1(psub2_uuu,     u16,           SAT_U16(x[i] - y[i]))
LANEWISE(psub1_uus,      u8, u8, s8,    SAT_U8(x[i] - y[i]))
LANEWISE(psub2_uus,      u16, u16, s16, SAT_U16(x[i] - y[i]))

/* Half of the sum or difference; the bit shifted out is ORed into bit 0 ("round to odd"), or,
 * .raz, rounds up. */
static inline s32 half_odd(s32 v)
{
    return v >> 1 | (v & 1);
}
LANEWISE1(pavg1,         u8,            half_odd(x[i] + y[i]))
LANEWISE1(pavg2,         u16,           half_odd(x[i] + y[i]))
LANEWISE1(pavg1_raz,     u8,            (x[i] + y[i] + 1) >> 1)
LANEWISE1(pavg2_raz,     u16,           (x[i] + y[i] + 1) >> 1)
LANEWISE1(pavgsub1,      u8,            half_odd(x[i] - y[i]))
LANEWISE1(pavgsub2,      u16,           half_odd(x[i] - y[i]))

LANEWISE1(pcmp1_eq,      s8,            -(x[i] == y[i]))
LANEWISE1(pcmp2_eq,      s16,           -(x[i] == y[i]))
LANEWISE1(pcmp4_eq,      s32,           -(x[i] == y[i]))
LANEWISE1(pcmp1_gt,      s8,            -(x[i] > y[i]))
LANEWISE1(pcmp2_gt,      s16,           -(x[i] > y[i]))
LANEWISE1(pcmp4_gt,      s32,           -(x[i] > y[i]))

LANEWISE1(pmin1_u,       u8,            MIN(x[i], y[i]))
LANEWISE1(pmax1_u,       u8,            MAX(x[i], y[i]))
LANEWISE1(pmin2,         s16,           MIN(x[i], y[i]))
LANEWISE1(pmax2,         s16,           MAX(x[i], y[i]))

/* A shift left that overflows gives the limit, and r3 is then not added. */
static inline s32 shift_left_add(s32 a, unsigned count, s32 b)
{
    s32 shifted = a * (1 << count), limited = SAT_S16(shifted);
    return shifted != limited ? limited : SAT_S16(shifted + b);
}
LANEWISE1(pshladd2,      s16,           shift_left_add(x[i], (unsigned)in->imm, y[i]))
LANEWISE1(pshradd2,      s16,           SAT_S16((x[i] >> in->imm) + y[i]))

/* Products: 16 bits from bit 0, 7, 15 or 16 up; whole ones of the right (even) or left lanes; of
 * low words; of high by low word, returned high. */
LANEWISE1(pmpyshr2,      s16,           x[i] * y[i] >> in->imm)
LANEWISE1(pmpyshr2_u,    u16,           (u32)x[i] * y[i] >> in->imm)
LANEWISE(pmpy2_r,        s32, s16, s16, x[2 * i] * y[2 * i])
LANEWISE(pmpy2_l,        s32, s16, s16, x[2 * i + 1] * y[2 * i + 1])

/* Narrowing: the lanes of r2 come to lie below those of r3.  Sources are signed. */
#define BELOW(n) ((i < (n) ? x : y)[i % (n)])
LANEWISE(pack2_sss,      s8, s16, s16,  SAT_S8(BELOW(4)))
LANEWISE(pack2_uss,      u8, s16, s16,  SAT_U8(BELOW(4)))
LANEWISE(pack4_sss,      s16, s32, s32, SAT_S16(BELOW(2)))

/* Interleaving: even lanes of the result come from r3, odd ones from r2. */
#define ZIP(first) ((i & 1 ? x : y)[(first) + i / 2])
LANEWISE1(unpack1_l,     u8,            ZIP(0))
LANEWISE1(unpack2_l,     u16,           ZIP(0))
LANEWISE1(unpack4_l,     u32,           ZIP(0))
LANEWISE1(unpack1_h,     u8,            ZIP(4))
LANEWISE1(unpack2_h,     u16,           ZIP(2))
LANEWISE1(unpack4_h,     u32,           ZIP(1))

/* The rest is shorter in whole registers a (r2) and b (r3). */
#define WHOLE(meaning, expr)                                                                      \
    EXEC(meaning)                                                                                 \
    {                                                                                             \
        u64 a = GR(in->r2), b = GR(in->r3);                                                       \
        PUT_GR2(expr);                                                                            \
    }
WHOLE(mpy4,              (u64)(u32)a * (u32)b)
WHOLE(mpyshl4,           (a >> 32) * (u32)b << 32)

#define EVEN1 0x00ff00ff00ff00ffull
#define EVEN2 0x0000ffff0000ffffull
#define EVEN4 0x00000000ffffffffull
WHOLE(mix1_r,            (a & EVEN1) << 8 | (b & EVEN1))
WHOLE(mix2_r,            (a & EVEN2) << 16 | (b & EVEN2))
WHOLE(mix4_r,            (a & EVEN4) << 32 | (b & EVEN4))
WHOLE(mix1_l,            (a & ~EVEN1) | (b & ~EVEN1) >> 8)
WHOLE(mix2_l,            (a & ~EVEN2) | (b & ~EVEN2) >> 16)
WHOLE(mix4_l,            (a & ~EVEN4) | (b & ~EVEN4) >> 32)

/* Shifts by a register or a constant.  The whole register counts: too large a count leaves zeros,
 * or the sign. */
#define UP_TO(n, limit) ((n) < (limit) ? (unsigned)(n) : (unsigned)(limit))
#define SHIFT_LEFT(meaning, type, n)                                                              \
    LANEWISE1(meaning,   type,          (u64)x[i] << UP_TO(n, 8 * sizeof(type)))
#define SHIFT_RIGHT(meaning, type, n)                                                             \
    LANEWISE1(meaning,   type,          (s64)y[i] >> UP_TO(n, 8 * sizeof(type)))
SHIFT_LEFT(pshl2,        u16, GR(in->r3))
SHIFT_LEFT(pshl4,        u32, GR(in->r3))
SHIFT_LEFT(pshl2_i,      u16, in->imm)
SHIFT_LEFT(pshl4_i,      u32, in->imm)
SHIFT_RIGHT(pshr2,       s16, GR(in->r2))
SHIFT_RIGHT(pshr4,       s32, GR(in->r2))
SHIFT_RIGHT(pshr2_u,     u16, GR(in->r2))
SHIFT_RIGHT(pshr4_u,     u32, GR(in->r2))
SHIFT_RIGHT(pshr2_i,     s16, in->imm)
SHIFT_RIGHT(pshr4_i,     s32, in->imm)
SHIFT_RIGHT(pshr2_u_i,   u16, in->imm)
SHIFT_RIGHT(pshr4_u_i,   u32, in->imm)

/* Sum of the absolute differences of bytes. */
EXEC(psad1)
{
    u64 a = GR(in->r2), b = GR(in->r3), sum = 0;

    for (unsigned i = 0; i < 64; i += 8) {
        u64 x = a >> i & 0xff, y = b >> i & 0xff;
        sum += x > y ? x - y : y - x;
    }
    PUT_GR2(sum);
}

/* --- permutations of one register ------------------------------------------------------------- */

static u64 gather_bytes(u64 a, const u8 source[8])
{
    u64 v = 0;

    for (unsigned i = 0; i < 8; i++) v |= (a >> 8 * source[i] & 0xff) << 8 * i;
    return v;
}

/* By mbtype4; the decoder lets no other values through. */
static inline u64 permute_bytes(u64 a, u64 mbtype)
{
    static const u8 mix[8] = { 0, 4, 2, 6, 1, 5, 3, 7 }, shuf[8] = { 0, 4, 1, 5, 2, 6, 3, 7 },
                    alt[8] = { 0, 2, 4, 6, 1, 3, 5, 7 };

    switch (mbtype) {
    case 0x0: return (a & 0xff) * 0x0101010101010101; /* @brcst */
    case 0xb: return __builtin_bswap64(a);            /* @rev */
    case 0x8: return gather_bytes(a, mix);
    case 0x9: return gather_bytes(a, shuf);
    default: return gather_bytes(a, alt);
    }
}

EXEC(mux1)
{
    PUT_GR_FROM(permute_bytes(GR(in->r2), in->imm), in->r2);
}

/* Two bits of mhtype8 for each half. */
EXEC(mux2)
{
    u64 a = GR(in->r2), v = 0;

    for (unsigned i = 0; i < 4; i++) v |= (a >> 16 * (in->imm >> 2 * i & 3) & 0xffff) << 16 * i;
    PUT_GR_FROM(v, in->r2);
}
