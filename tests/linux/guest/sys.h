/* What a user program of tests/linux has instead of a C library: system calls, and a little printing.
 * So its image is small enough to be checked in, and nothing but the kernel stands between it and the
 * machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_LINUX_GUEST_SYS_H
#define TESTS_LINUX_GUEST_SYS_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

/* Numbers of arch/ia64. */
enum {
    NR_exit = 1025, NR_read = 1026, NR_write = 1027, NR_open = 1028, NR_close = 1029, NR_unlink = 1032,
    NR_execve = 1033, NR_getpid = 1041, NR_ptrace = 1048, NR_kill = 1053, NR_gettimeofday = 1087,
    NR_setitimer = 1118, NR_wait4 = 1126, NR_clone = 1128, NR_nanosleep = 1168, NR_sched_yield = 1164,
    NR_mmap = 1151, NR_munmap = 1152, NR_mprotect = 1155, NR_prctl = 1170, NR_rt_sigaction = 1177,
    NR_rt_sigprocmask = 1179, NR_sigaltstack = 1176, NR_futex = 1230, NR_sched_setaffinity = 1231,
    NR_clock_gettime = 1254, NR_pread64 = 1148, NR_pwrite64 = 1149, NR_pipe2 = 1317, NR_getcpu = 1304,
};
enum { SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGALRM = 14, SIGTERM = 15,
       SIGCHLD = 17, SIGSTOP = 19 };
enum { SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_NODEFER = 0x40000000 };
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20 };
enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
       CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_CLEARTID = 0x200000 };
enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1 };
enum { O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000, O_DIRECT = 040000 };
enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1 };
enum { ITIMER_REAL = 0 };

struct timespec { long sec, nsec; };
struct siginfo { int signo, errno_, code, pad; u64 addr; u8 rest[104]; };
typedef void handler_fn(int sig, struct siginfo *info, void *context);
struct sigaction { handler_fn *fn; u64 flags, mask; };

long sys(long number, ...);
long spawn(int (*fn)(void *), void *arg, void *stack, long size, long flags, int *tid);
int fp_keeps(long seed, long rounds);
long deep(long n);
long speculate(const long *p);
void flush(const void *line);
extern const u8 return_41[], return_42[];

void print(const char *s);
int equal(const char *a, const char *b);

/* Frequent ones. */
long fork_child(void);                   /* 0 in the child, which must end with leave() */
void leave(int status) __attribute__((noreturn));
int status_of(long pid);                 /* waits: 0..255, or 256 + the signal that ended it */
void *map(void *at, size_t size, int prot, int flags);
void on_signal(int sig, handler_fn *fn, u64 flags);
u64 now(int clock);                      /* nanoseconds */
void nap(u64 nanoseconds);

int main(int argc, char **argv);

#endif
