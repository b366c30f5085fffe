/* The checks: each returns NULL, or why it failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_LINUX_GUEST_CHECKS_H
#define TESTS_LINUX_GUEST_CHECKS_H

#include "sys.h"

typedef const char *check_fn(void);
#define CHECK(name, what) check_fn check_##name;
#include "checks.def"

#define WANT(condition) do { if (!(condition)) return #condition; } while (0)
#define PAGE 65536ul /* the largest that a kernel of ours is built with */
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)
#define MS 1000000ul

/* The first argument of this program when it has started itself. */
#define STARTED_OVER "started-over"
int started_over(char **argv);

/* The disk named by `path` and that many processors write over the same code: a status. */
int shared_code(const char *path, const char *processors);

/* Calls the function whose first bundle is there. */
long call(const volatile u64 *code);

/* Calls `fn`; 0, or the signal that stopped it, with the address the kernel gave. */
int caught(void (*fn)(void), u64 *address);

#endif
