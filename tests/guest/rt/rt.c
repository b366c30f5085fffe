/* See rt.h.  Plain and short: the programs are what is being tested.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rt.h"

void exit(int status)
{
    TESTDEV_EXIT = (unsigned)status;
    for (;;) __asm__ volatile("hint @pause");
}

int putchar(int c)
{
    TESTDEV_CHAR = (uint8_t)c;
    return c;
}

static void print(const char *s)
{
    while (*s) putchar(*s++);
}

int puts(const char *s)
{
    print(s);
    return putchar('\n');
}

static void print_number(uint64_t v, unsigned base, int width, char pad, int negative)
{
    char buf[24], *p = buf + sizeof(buf);
    *--p = 0;
    do {
        *--p = "0123456789abcdef"[v % base];
        v /= base;
        width--;
    } while (v);
    if (negative) {
        *--p = '-';
        width--;
    }
    while (width-- > 0) putchar(pad);
    print(p);
}

int printf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            putchar(*fmt);
            continue;
        }
        int width = 0, is_long = 0;
        char pad = fmt[1] == '0' ? '0' : ' ';
        while (*++fmt >= '0' && *fmt <= '9') width = width * 10 + *fmt - '0';
        for (; *fmt == 'l'; fmt++) is_long = 1;
        if (*fmt == 'c') {
            putchar(va_arg(ap, int));
        } else if (*fmt == 's') {
            print(va_arg(ap, const char *));
        } else if (*fmt == 'd') {
            long v = is_long ? va_arg(ap, long) : va_arg(ap, int);
            print_number(v < 0 ? -(uint64_t)v : (uint64_t)v, 10, width, pad, v < 0);
        } else if (*fmt == 'u' || *fmt == 'x') {
            uint64_t v = is_long ? va_arg(ap, unsigned long) : va_arg(ap, unsigned);
            print_number(v, *fmt == 'u' ? 10 : 16, width, pad, 0);
        } else {
            putchar(*fmt);
        }
    }
    va_end(ap);
    return 0;
}

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((((uintptr_t)d | (uintptr_t)s) & 7) == 0) {
        for (; n >= 8; n -= 8, d += 8, s += 8) *(uint64_t *)d = *(const uint64_t *)s;
    }
    while (n--) *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if (d <= s) return memcpy(to, from, n);
    while (n--) d[n] = s[n];
    return to;
}

void *memset(void *to, int c, size_t n)
{
    uint8_t *d = to;
    uint64_t word = 0x0101010101010101ul * (uint8_t)c;
    for (; n && ((uintptr_t)d & 7); n--) *d++ = (uint8_t)c;
    for (; n >= 8; n -= 8, d += 8) *(uint64_t *)d = word;
    while (n--) *d++ = (uint8_t)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
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
    return (uint8_t)*a - (uint8_t)*b;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (!*s) return NULL;
    }
    return (char *)(uintptr_t)s;
}

void *malloc(size_t n)
{
    extern char rt_heap[];
    static char *next;
    if (!next) next = rt_heap;
    char *p = next;
    next += (n + 15) & ~15ul;
    return p;
}

void free(void *p)
{
    (void)p;
}

/* The last words of a program that took an interruption it did not expect. */
void rt_interruption(uint64_t vector, uint64_t iip, uint64_t ipsr, uint64_t isr, uint64_t ifa);
void rt_interruption(uint64_t vector, uint64_t iip, uint64_t ipsr, uint64_t isr, uint64_t ifa)
{
    printf("unexpected interruption: vector 0x%lx iip 0x%lx ipsr 0x%lx isr 0x%lx ifa 0x%lx\n",
           vector, iip, ipsr, isr, ifa);
    exit(99);
}

/* The vectors are made at start: three bundles copied to each, so that images stay small. */
extern uint64_t rt_ivt[], rt_vector[];
void rt_make_ivt(void);
void rt_make_ivt(void)
{
    for (unsigned at = 0; at < 0x8000; at += at < 0x5000 ? 0x400 : 0x100) {
        memcpy(rt_ivt + at / 8, rt_vector, 48);
    }
}
