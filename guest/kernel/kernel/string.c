/* Memory and strings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

/* Four words at a time, of the longest type that both sides are aligned to.  Pages are the common
 * case; files of the initramfs begin at multiples of 4. */
#define COPY_WORDS(type) \
    for (; n >= 4 * sizeof(type); n -= 4 * sizeof(type)) { \
        const type *from_ = (const type *)s; \
        type a_ = from_[0], b_ = from_[1], c_ = from_[2], d_ = from_[3], *to_ = (type *)d; \
        to_[0] = a_; \
        to_[1] = b_; \
        to_[2] = c_; \
        to_[3] = d_; \
        d += 4 * sizeof(type); \
        s += 4 * sizeof(type); \
    }

void *memcpy(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;
    u64 unaligned = (u64)d | (u64)s;
    if (!(unaligned & 7)) COPY_WORDS(u64)
    else if (!(unaligned & 3)) COPY_WORDS(u32)
    while (n--) *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;
    if (d <= s || d >= s + n) return memcpy(to, from, n);
    while (n--) d[n] = s[n];
    return to;
}

void *memset(void *to, int c, size_t n)
{
    char *d = to;
    u64 word = (u8)c * 0x0101010101010101ul;
    if (!((u64)d & 7)) {
        for (; n >= 32; n -= 32, d += 32) {
            ((u64 *)d)[0] = word;
            ((u64 *)d)[1] = word;
            ((u64 *)d)[2] = word;
            ((u64 *)d)[3] = word;
        }
    }
    while (n--) *d++ = (char)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *x = a, *y = b;
    for (; n; n--, x++, y++) {
        if (*x != *y) return *x - *y;
    }
    return 0;
}

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

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b || !*a) return (u8)*a - (u8)*b;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c) return (char *)s;
        if (!*s) return NULL;
    }
}

char *strstr(const char *s, const char *what)
{
    size_t n = strlen(what);
    for (; *s; s++) {
        if (!strncmp(s, what, n)) return (char *)s;
    }
    return n ? NULL : (char *)s;
}

u64 parse_u64(const char *s, const char **end)
{
    unsigned base = 10;
    u64 v = 0;
    if (s[0] == '0' && s[1] == 'x') s += 2, base = 16;
    for (;; s++) {
        unsigned digit = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0')
                         : *s >= 'a' && *s <= 'f' ? (unsigned)(*s - 'a' + 10) : 99;
        if (digit >= base) break;
        v = v * base + digit;
    }
    if (end) *end = s;
    return v;
}
