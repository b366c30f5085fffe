/* Strings, as everywhere.  The compiler calls memcpy and memset of its own accord.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return (u8)*a - (u8)*b;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *p = a, *q = b;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != q[i]) return p[i] - q[i];
    }
    return 0;
}

/* By words where both ends allow it: fork and exec tests move pages. */
void *memcpy(void *to, const void *from, size_t n)
{
    u8 *d = to;
    const u8 *s = from;
    if (!(((u64)d | (u64)s) & 7)) {
        for (; n >= 8; n -= 8, d += 8, s += 8) *(u64 *)d = *(const u64 *)s;
    }
    while (n--) *d++ = *s++;
    return to;
}

void *memset(void *to, int c, size_t n)
{
    u8 *d = to;
    u64 pattern = (u8)c * 0x0101010101010101u;
    for (; n && ((u64)d & 7); n--) *d++ = (u8)c;
    for (; n >= 8; n -= 8, d += 8) *(u64 *)d = pattern;
    while (n--) *d++ = (u8)c;
    return to;
}

bool starts_with(const char *s, const char *prefix)
{
    return !memcmp(s, prefix, strlen(prefix));
}

long number(const char *s, long otherwise)
{
    if (!s || *s < '0' || *s > '9') return otherwise;
    long n = 0;
    while (*s >= '0' && *s <= '9') n = n * 10 + (*s++ - '0');
    return n;
}
