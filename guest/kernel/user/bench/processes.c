/* Processes: two that take turns, and many that come and go.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

static void echo_bytes(int from, int to)
{
    char c;
    while (read(from, &c, 1) == 1) write(to, &c, 1);
    leave(0);
}

const char *pipe_pingpong(long n)
{
    int there[2], back[2];
    long wrong = 0;
    WANT(sys(NR_pipe2, there, 0) == 0 && sys(NR_pipe2, back, 0) == 0);
    long child = fork();
    if (!child) {
        close(there[1]);
        echo_bytes(there[0], back[1]);
    }
    WANT(child > 0);
    begin(n);
    for (long i = 0; i < n; i++) {
        char c = (char)i, answer = 0;
        wrong += write(there[1], &c, 1) != 1 || read(back[0], &answer, 1) != 1 || answer != c;
    }
    end();
    for (int i = 0; i < 2; i++) close(there[i]), close(back[i]);
    WANT(wait_for(child) == 0);
    WANT(wrong == 0);
    return NULL;
}

/* Both on one processor, so that each yield is a switch. */
const char *yielding(long n)
{
    u64 before = cpus();
    WANT(run_on(before & -before) == 0);
    long child = fork();
    if (!child) {
        for (long i = 0; i < n; i++) sys(NR_sched_yield);
        leave(0);
    }
    WANT(child > 0);
    begin(n);
    for (long i = 0; i < n; i++) sys(NR_sched_yield);
    end();
    WANT(wait_for(child) == 0);
    WANT(run_on(before) == 0);
    return NULL;
}

const char *fork_exit(long n)
{
    long wrong = 0;
    begin(n);
    for (long i = 0; i < n; i++) {
        long child = fork();
        if (!child) leave((int)(i & 0x7f));
        wrong += wait_for(child) != (i & 0x7f);
    }
    end();
    WANT(wrong == 0);
    return NULL;
}

const char *fork_exec(long n)
{
    static char *const program[] = { "/bin/true", NULL };
    long wrong = 0;
    begin(n);
    for (long i = 0; i < n; i++) wrong += run(program) != 0;
    end();
    WANT(wrong == 0);
    return NULL;
}
