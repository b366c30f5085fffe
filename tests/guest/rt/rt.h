/* The bare-metal runtime: what a guest program in C can count on.  There is no C library; this is
 * all of it.  Characters and the exit status go to the test device (docs/running.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_GUEST_RT_RT_H
#define TESTS_GUEST_RT_RT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define TESTDEV 0xff5d0000ul
#define TESTDEV_CHAR (*(volatile uint8_t *)TESTDEV)
#define TESTDEV_EXIT (*(volatile uint64_t *)(TESTDEV + 8))
#define TESTDEV_TIME (*(volatile uint64_t *)(TESTDEV + 16))
#define TESTDEV_RAM (*(volatile uint64_t *)(TESTDEV + 24))

void exit(int status) __attribute__((noreturn));
int putchar(int c);
int puts(const char *s);
/* %c %s %d %u %x %%, with l, a width, and leading zeros. */
int printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);

/* From a heap behind the program; nothing is ever given back. */
void *malloc(size_t n);
void free(void *p);

#endif
