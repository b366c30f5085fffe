/* Processes: many, one in another, killed, talking, started over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

int in_child(void (*fn)(u64), u64 arg)
{
    long child = fork();
    if (child < 0) return (int)child;
    if (!child) {
        fn(arg);
        leave(0);
    }
    return wait_for(child);
}

int started_over(int argc, char **argv, char **envp)
{
    bool good = argc == 4 && !strcmp(argv[2], "second") && !*argv[3] && !argv[4];
    good &= sys(NR_gettid) == sys(NR_getpid);
    return good && !strcmp(envp[0], "A=b") && !envp[1] && !strcmp(env("A"), "b") ? STARTED_WELL : 8;
}

void start_over(u64 unused)
{
    static char *const args[] = { "selftest", STARTED_OVER, "second", "", NULL };
    static char *const envp[] = { "A=b", NULL };
    (void)unused;
    sys(NR_execve, "/bin/selftest", args, envp);
    leave(9);
}

const char *check_exec_arguments(void)
{
    WANT(in_child(start_over, 0) == STARTED_WELL);
    return NULL;
}

const char *check_exec_failures(void)
{
    static char *const args[] = { "x", NULL };
    WANT(sys(NR_execve, "/bin/nothing", args, args + 1) == -ENOENT);
    WANT(sys(NR_execve, "/hello.txt", args, args + 1) < 0);
    return NULL;
}

static long parent;

static void look_up(u64 unused)
{
    (void)unused;
    leave(sys(NR_getppid) == parent && sys(NR_getpid) != parent ? 42 : 1);
}

const char *check_processes(void)
{
    parent = sys(NR_getpid);
    WANT(parent > 0);
    WANT(in_child(look_up, 0) == 42);
    long child = fork();
    if (!child) leave(255);
    WANT(wait_for(child) == 255);
    WANT(wait_for(child) == -ECHILD);
    return NULL;
}

const char *check_fork_storm(void)
{
    enum { ROUNDS = 3, CHILDREN = 40 };
    long child[CHILDREN];
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < CHILDREN; i++) {
            child[i] = fork();
            WANT(child[i] >= 0);
            if (!child[i]) leave((r * CHILDREN + i) % 251);
        }
        for (int i = CHILDREN; i-- > 0;) WANT(wait_for(child[i]) == (r * CHILDREN + i) % 251);
    }
    return NULL;
}

static void descend(u64 depth)
{
    leave(depth ? in_child(descend, depth - 1) + 1 : 0);
}

const char *check_fork_chain(void)
{
    WANT(in_child(descend, 20) == 20);
    return NULL;
}

static void sleep_on(u64 unused)
{
    (void)unused;
    for (;;) nap(1000 * MS);
}

static void spin_on(u64 unused)
{
    (void)unused;
    for (;;) opaque(0);
}

static const char *kill_one(void (*fn)(u64), int sig)
{
    long child = fork();
    if (!child) fn(0);
    nap(2 * MS);
    WANT(sys(NR_wait4, child, NULL, 1) == 0);
    WANT(sys(NR_kill, child, sig) == 0);
    WANT(wait_for(child) == SIGNALLED(sig));
    return NULL;
}

const char *check_killing(void)
{
    static const int signals[] = { SIGTERM, SIGKILL, SIGUSR1 };
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        const char *why = kill_one(sleep_on, signals[i]);
        if (!why) why = kill_one(spin_on, signals[i]);
        if (why) return why;
    }
    return NULL;
}

/* Blocks of 5000 bytes to a child, which answers with each byte changed. */
enum { BLOCK = 5000, BLOCKS = 30 };

static void answer(int from, int to, u8 *buf)
{
    for (int b = 0; b < BLOCKS; b++) {
        if (read_all(from, buf, BLOCK) != BLOCK) leave(1);
        for (int i = 0; i < BLOCK; i++) buf[i] ^= 0x5a;
        if (write(to, buf, BLOCK) != BLOCK) leave(2);
    }
    leave(read(from, buf, 1) == 0 ? 0 : 3);
}

const char *check_pipes(void)
{
    static u8 buf[BLOCK];
    int there[2], back[2];
    WANT(sys(NR_pipe2, there, 0) == 0 && sys(NR_pipe2, back, 0) == 0);
    long child = fork();
    if (!child) {
        close(there[1]);
        answer(there[0], back[1], buf);
    }
    close(there[0]);
    close(back[1]);
    for (int b = 0; b < BLOCKS; b++) {
        for (int i = 0; i < BLOCK; i++) buf[i] = (u8)(i * 7 + b);
        WANT(write(there[1], buf, BLOCK) == BLOCK);
        WANT(read_all(back[0], buf, BLOCK) == BLOCK);
        for (int i = 0; i < BLOCK; i++) WANT(buf[i] == ((u8)(i * 7 + b) ^ 0x5a));
    }
    close(there[1]);
    WANT(wait_for(child) == 0);
    WANT(read(back[0], buf, 1) == 0);
    WANT(close(back[0]) == 0);
    return NULL;
}
