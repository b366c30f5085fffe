/* The C library of janus's programs: what they need and nothing else.  PUBLIC.
 *
 * A function that asks the kernel returns what the kernel says: a result, or minus an error number.
 * The programs run under Linux/ia64 too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef USER_USER_H
#define USER_USER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syscalls.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))
#define PAGE 65536ul /* a multiple of every page size that kernels use here */

enum {
    ENOENT = 2, ESRCH = 3, EINTR = 4, EBADF = 9, ECHILD = 10, EAGAIN = 11, EFAULT = 14, EINVAL = 22,
    EPIPE = 32, ENOSYS = 38,
};

/* --- start and system calls --- */
int main(int argc, char **argv, char **envp);
void start(long *stack) __attribute__((noreturn)); /* crt0.S calls it, and it calls main() */
const char *env(const char *name);                 /* NULL: not set */

long syscall_by_break(long number, long a0, long a1, long a2, long a3, long a4, long a5);
long syscall_by_epc(long number, long a0, long a1, long a2, long a3, long a4, long a5);
typedef long syscall_fn(long number, long a0, long a1, long a2, long a3, long a4, long a5);
extern syscall_fn *system_call; /* the way that sys() takes; the gate, if the kernel has one */
extern u64 kernel_gate;         /* its address (AT_SYSINFO); 0: there is none */
#define sys(...) SYS_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYS_PADDED(number, a, b, c, d, e, f, ...) \
    system_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* --- strings and numbers --- */
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int memcmp(const void *a, const void *b, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
bool starts_with(const char *s, const char *prefix);
long number(const char *s, long otherwise); /* decimal; NULL gives the other one */

/* --- files --- */
enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2 };
long open(const char *path, int flags);
long read(int fd, void *buf, size_t n);
long read_all(int fd, void *buf, size_t n); /* as many as there are */
long write(int fd, const void *buf, size_t n);
long close(int fd);
/* %[-0width][l]{d,u,x,s,c,p,%} */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- memory --- */
enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20 };
void *map(void *at, size_t size, int prot, int flags); /* no file; SHARED or PRIVATE */
void *map_private(size_t size);                        /* read and write */
long unmap(void *p, size_t size);
void *malloc(size_t size);
void free(void *p);

/* --- processes --- */
long fork(void);
void leave(int status) __attribute__((noreturn)); /* of the whole process */
enum { WAIT_SIGNALLED = 256 };
enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8 };
int wait_for(long pid); /* its status, or WAIT_SIGNALLED + the signal that ended it; < 0: error */
int run(char *const argv[]); /* fork, exec, wait: as wait_for() */
extern char **environment;

/* --- signals --- */
enum {
    SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11,
    SIGUSR2 = 12, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
    SIGTSTP = 20, SIGURG = 23, SIGWINCH = 28,
};
enum { SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
struct siginfo {
    int signo, error, code, pad;
    u64 addr;
    u8 rest[104];
};
struct sigcontext {             /* the beginning of Linux's */
    u64 flags, nat, stack[3];
    u64 ip;                     /* bundle | slot */
    u64 cfm, um, rsc, bsp, rnat, ccv, unat, fpsr, pfs, lc, pr;
    u64 br[8], gr[32];
};
typedef void signal_fn(int sig, struct siginfo *info, struct sigcontext *context);
#define IGNORE_SIGNAL ((signal_fn *)1)
long on_signal(int sig, signal_fn *fn); /* NULL: what is done by default */
long on_signal_with(int sig, signal_fn *fn, u64 flags);

/* --- threads: one memory, several stacks --- */
struct thread {
    volatile int tid; /* 0 when it is gone */
    int (*fn)(void *);
    void *arg, *stack;
    int result;
};
long thread_start(struct thread *t, int (*fn)(void *), void *arg);
int thread_join(struct thread *t); /* what its function returned */
long clone_thread(int (*fn)(void *), void *arg, void *stack, long size, long flags, int *tid);
struct mutex {
    volatile int state; /* 0 free, 1 taken, 2 taken and somebody may be asleep */
};
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void futex_wait(volatile int *word, int value); /* sleeps unless *word has changed */
void futex_wake(volatile int *word, int most);

/* --- time and processors --- */
u64 now(void); /* nanoseconds, never going back */
void nap(u64 nanoseconds);
enum { MAX_CPUS = 64 };
u64 cpus(void);            /* the set this thread may run on */
long run_on(u64 cpu_set);
int cpu(void);

#endif
