/* The checks: each returns NULL, or why it failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SELFTEST_CHECKS_H
#define SELFTEST_CHECKS_H

#include "../lib/user.h"

typedef const char *check_fn(void);
#define CHECK(name, what) check_fn check_##name;
#include "checks.def"

#define WANT(condition) do { if (!(condition)) return #condition; } while (0)
#define RW (PROT_READ | PROT_WRITE)
#define MS 1000000ul
#define SIGNALLED(sig) (WAIT_SIGNALLED + (sig))

/* Performs fn(arg) in a child: its status as wait_for() says it; a normal end is 0. */
int in_child(void (*fn)(u64), u64 arg);

/* The next of a row of numbers that look random, and are the same in each run. */
u64 random_number(u64 *seed);

/* The value, of which the compiler knows nothing. */
static inline u64 opaque(u64 value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* How execve's test finds itself called again (processes.c). */
#define STARTED_OVER "started-over"
enum { STARTED_WELL = 7 };
void start_over(u64 unused) __attribute__((noreturn)); /* the status is STARTED_WELL */
int started_over(int argc, char **argv, char **envp);

/* extremes.S */
void use_preserved(u64 seed, u64 rounds) __attribute__((noreturn)); /* exits with what was lost */
u64 fp_keeps(u64 seed, u64 loops, u64 rounds); /* how many registers were lost */
long call_with_nat(long number);      /* by break; the only argument is a NaT */
long call_without_frame(long number); /* by break, with not a single stacked register */
long call_big_endian(long number, long a0, u64 gate); /* by break, or by epc if gate is not 0 */
long load_speculatively(const long *p); /* -1: it became a NaT */
void lose_backing_store(u64 where);
void lose_stack(u64 where);
long climb_with_nats(long n, u8 *page, long number); /* how many frames lost or gained some */
long keep_scratch(u64 seed); /* over a fault whose handler skips it: how many registers were lost */
void spoil_scratch(void);
long find_leftovers(u64 seed, long number, u64 gate); /* of a system call, in how many registers */
void return_from_signal(void *frame) __attribute__((noreturn)); /* with the stack pointer there */
void exit_well(void) __attribute__((noreturn));
void raise_privilege(u64 unused); /* by epc, in a page that gives none */
u64 divide_fp(void);                  /* 1.0 / 0.0 with that trap enabled */
u64 load_strictly(const void *p);     /* 8 bytes, with alignment checks (psr.ac) */

/* registers.c: n frames up and down; how many had changed */
long climb(long n, long seed, long pause);

#endif
