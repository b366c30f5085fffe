/* Hashing: CRC-32 by table, SHA-256 rounds and a multiplicative hash over the same buffer.
 * Shifts, rotates, logic; few branches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define SIZE 65536

static u32 crc_table[256];

static u32 crc32(const u8 *p, u64 n)
{
    u32 crc = ~0u;
    while (n--) crc = crc_table[(crc ^ *p++) & 0xff] ^ crc >> 8;
    return ~crc;
}

static u32 rotate(u32 x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The compression function with constants of our own: first bits of a counter's hash. */
static void compress(u32 h[8], const u8 *block, const u32 k[64])
{
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++) {
        w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 |
               (u32)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        u32 a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++) s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 e = s[4], a = s[0];
        u32 t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                 ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
        u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                 ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

static u64 multiplicative(const u8 *p, u64 n)
{
    u64 h = 14695981039346656037ull;
    for (; n >= 8; n -= 8, p += 8) {
        u64 v;
        memcpy(&v, p, 8);
        h = (h ^ v) * 0x9fb21c651e98df25ull;
        h ^= h >> 35;
    }
    return h;
}

u64 bench(unsigned scale)
{
    static u8 buffer[SIZE];
    u32 k[64], h[8];
    u64 seed = 0x243f6a8885a308d3ull, sum = 0;
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int b = 0; b < 8; b++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
        crc_table[i] = c;
    }
    for (int i = 0; i < 64; i++) k[i] = (u32)next_random(&seed);
    for (int i = 0; i < 8; i++) h[i] = (u32)next_random(&seed);
    for (int i = 0; i < SIZE; i++) buffer[i] = (u8)next_random(&seed);
    for (unsigned round = 0; round < 14 * scale; round++) {
        buffer[round % SIZE] ^= (u8)sum;
        sum = mix(sum, crc32(buffer, SIZE));
        for (int i = 0; i < SIZE; i += 64) compress(h, buffer + i, k);
        sum = mix(sum, h[round % 8]);
        sum = mix(sum, multiplicative(buffer, SIZE));
    }
    return sum;
}
