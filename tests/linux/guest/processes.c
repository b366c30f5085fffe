/* Processes: many, killed, talking, traced, started over; and what time they see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

const char *check_floating_point(void)
{
    enum { CHILDREN = 6, ROUNDS = 400 };
    long child[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        child[i] = fork_child();
        if (!child[i]) leave(fp_keeps(1000003L * (i + 1), ROUNDS) != 0);
    }
    int wrong = 0;
    for (int i = 0; i < CHILDREN; i++) wrong += status_of(child[i]) != 0;
    WANT(wrong == 0);
    return NULL;
}

const char *check_fork_storm(void)
{
    enum { ROUNDS = 10, CHILDREN = 30 };
    long child[CHILDREN];
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < CHILDREN; i++) {
            child[i] = fork_child();
            WANT(child[i] >= 0);
            if (!child[i]) leave((r * CHILDREN + i) % 251);
        }
        for (int i = CHILDREN; i-- > 0;) WANT(status_of(child[i]) == (r * CHILDREN + i) % 251);
    }
    return NULL;
}

const char *check_killing(void)
{
    static const int signals[] = { SIGTERM, SIGKILL, SIGUSR1 };
    for (int i = 0; i < 3; i++) {
        long child = fork_child();
        if (!child) {
            for (int s = 0; s < 3; s++) {
                struct { u64 fn, flags, mask; } standard = { 0, 0, 0 };
                sys(NR_rt_sigaction, (long)signals[s], &standard, 0L, 8L, 0L, 0L);
            }
            for (;;) nap(1000 * MS);
        }
        nap(2 * MS);
        WANT(sys(NR_kill, child, (long)signals[i], 0L, 0L, 0L, 0L) == 0);
        WANT(status_of(child) == 256 + signals[i]);
    }
    return NULL;
}

static long read_all(long fd, void *buf, long n)
{
    long done = 0;
    while (done < n) {
        long got = sys(NR_read, fd, (u8 *)buf + done, n - done, 0L, 0L, 0L);
        if (got <= 0) break;
        done += got;
    }
    return done;
}

const char *check_pipes(void)
{
    enum { BLOCK = 5000, BLOCKS = 200 };
    static u8 buf[BLOCK];
    int there[2], back[2];
    WANT(sys(NR_pipe2, there, 0L, 0L, 0L, 0L, 0L) == 0 && sys(NR_pipe2, back, 0L, 0L, 0L, 0L, 0L) == 0);
    long child = fork_child();
    for (int b = 0; b < BLOCKS; b++) {
        if (!child) {
            if (read_all(there[0], buf, BLOCK) != BLOCK) leave(1);
            for (int i = 0; i < BLOCK; i++) buf[i] ^= 0x5a;
            if (sys(NR_write, (long)back[1], buf, (long)BLOCK, 0L, 0L, 0L) != BLOCK) leave(2);
            continue;
        }
        for (int i = 0; i < BLOCK; i++) buf[i] = (u8)(i * 7 + b);
        WANT(sys(NR_write, (long)there[1], buf, (long)BLOCK, 0L, 0L, 0L) == BLOCK);
        WANT(read_all(back[0], buf, BLOCK) == BLOCK);
        for (int i = 0; i < BLOCK; i++) WANT(buf[i] == ((u8)(i * 7 + b) ^ 0x5a));
    }
    if (!child) leave(0);
    WANT(status_of(child) == 0);
    for (int i = 0; i < 2; i++) {
        sys(NR_close, (long)there[i], 0L, 0L, 0L, 0L, 0L);
        sys(NR_close, (long)back[i], 0L, 0L, 0L, 0L, 0L);
    }
    return NULL;
}

/* The child stops itself and is then led for some steps; it must be somewhere else after each. */
const char *check_stepping(void)
{
    enum { TRACEME = 0, PEEKUSER = 3, SINGLESTEP = 9, STEPS = 60, PT_CR_IIP = 0x0850 };
    long child = fork_child();
    if (!child) {
        sys(NR_ptrace, (long)TRACEME, 0L, 0L, 0L, 0L, 0L);
        sys(NR_kill, sys(NR_getpid, 0L, 0L, 0L, 0L, 0L, 0L), (long)SIGSTOP, 0L, 0L, 0L, 0L);
        leave(deep(30) == 465 ? 5 : 6);
    }
    int status = 0, steps = 0;
    WANT(sys(NR_wait4, child, &status, 0L, 0L, 0L, 0L) == child && (status & 0xff) == 0x7f);
    do {
        sys(NR_ptrace, (long)SINGLESTEP, child, 0L, 0L, 0L, 0L);
        WANT(sys(NR_wait4, child, &status, 0L, 0L, 0L, 0L) == child);
        steps++;
    } while ((status & 0xff) == 0x7f);
    WANT(status == 5 << 8);
    WANT(steps > STEPS);
    return NULL;
}

const char *check_clocks(void)
{
    u64 last[2] = { 0, 0 };
    for (int i = 0; i < 20000; i++) {
        for (int c = CLOCK_REALTIME; c <= CLOCK_MONOTONIC; c++) {
            u64 t = now(c);
            WANT(t >= last[c]);
            last[c] = t;
        }
        if (i % 1000 == 0) sys(NR_sched_yield, 0L, 0L, 0L, 0L, 0L, 0L);
    }
    for (u64 ms = 1; ms <= 1000; ms *= 10) {
        u64 before = now(CLOCK_MONOTONIC);
        nap(ms * MS);
        u64 took = now(CLOCK_MONOTONIC) - before;
        WANT(took >= ms * MS);
        WANT(took < ms * MS + 50 * MS);
    }
    return NULL;
}

int started_over(char **argv)
{
    char **env = argv + 5; /* behind four arguments and their NULL */
    return equal(argv[2], "second") && equal(argv[3], "") && equal(env[0], "A=b") && !env[1] ? 7 : 8;
}

const char *check_starting_over(void)
{
    static char *const args[] = { "checks", STARTED_OVER, "second", "", NULL }, *const env[] = { "A=b", NULL };
    long child = fork_child();
    if (!child) {
        sys(NR_execve, "/proc/self/exe", args, env, 0L, 0L, 0L);
        leave(9);
    }
    WANT(status_of(child) == 7);
    return NULL;
}
