/* Pipes with more than two ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { ENDS = 3, BYTES = 900, RECORD = 1000, RECORDS = 40, LAP = 251 };

static int fd[2];
static struct {
    volatile long bytes[ENDS], closed;
} *stage;

static void together(long *child, void (*fn)(u64))
{
    for (u64 i = 0; i < ENDS; i++) {
        child[i] = fork();
        if (child[i]) continue;
        fn(i);
        leave(0);
    }
}

/* The end comes when the writer is gone, and not when another reader was faster. */
static void count_bytes(u64 me)
{
    u8 byte;
    close(fd[1]);
    while (read(fd[0], &byte, 1) == 1) stage->bytes[me]++;
    leave(!stage->closed);
}

const char *check_pipe_readers(void)
{
    long child[ENDS];
    stage = map(NULL, PAGE, RW, MAP_SHARED);
    WANT(sys(NR_pipe2, fd, 0) == 0);
    together(child, count_bytes);
    for (int i = 0; i < BYTES; i++) {
        WANT(write(fd[1], "x", 1) == 1);
        if (i % ENDS == 0) sys(NR_sched_yield);
    }
    stage->closed = 1;
    close(fd[1]);
    for (int i = 0; i < ENDS; i++) WANT(wait_for(child[i]) == 0);
    WANT(stage->bytes[0] + stage->bytes[1] + stage->bytes[2] == BYTES);
    WANT(close(fd[0]) == 0 && unmap(stage, PAGE) == 0);
    return NULL;
}

/* What one read gets stood in one row, whoever else reads. */
static void read_rows(u64 me)
{
    static u8 row[RECORD - 1];
    (void)me;
    close(fd[1]);
    for (long n; (n = read(fd[0], row, sizeof row)) > 0;) {
        for (long i = 1; i < n; i++) {
            if (row[i] != (row[i - 1] + 1) % LAP) leave(1);
        }
    }
}

const char *check_pipe_rows(void)
{
    static u8 laps[16 * LAP];
    long child[ENDS];
    WANT(sys(NR_pipe2, fd, 0) == 0);
    together(child, read_rows);
    for (size_t i = 0; i < sizeof laps; i++) laps[i] = (u8)(i % LAP);
    for (int i = 0; i < RECORDS; i++) WANT(write(fd[1], laps, sizeof laps) == (long)sizeof laps);
    close(fd[1]);
    for (int i = 0; i < ENDS; i++) WANT(wait_for(child[i]) == 0);
    WANT(close(fd[0]) == 0);
    return NULL;
}

/* Up to 4096 bytes are written in one piece, whoever else writes. */
static void write_records(u64 me)
{
    static u8 record[RECORD];
    memset(record, (int)me, RECORD);
    for (int i = 0; i < RECORDS; i++) {
        if (write(fd[1], record, RECORD) != RECORD) leave(1);
    }
}

const char *check_pipe_writers(void)
{
    static u8 record[RECORD];
    long child[ENDS], records = 0, n;
    WANT(sys(NR_pipe2, fd, 0) == 0);
    together(child, write_records);
    close(fd[1]);
    nap(2 * MS); /* the pipe is full now */
    while ((n = read_all(fd[0], record, RECORD)) == RECORD) {
        for (int i = 1; i < RECORD; i++) WANT(record[i] == record[0]);
        records++;
    }
    WANT(n == 0 && records == ENDS * RECORDS);
    for (int i = 0; i < ENDS; i++) WANT(wait_for(child[i]) == 0);
    WANT(close(fd[0]) == 0);
    return NULL;
}

static void write_to_nobody(u64 ignored)
{
    if (ignored) on_signal(SIGPIPE, IGNORE_SIGNAL);
    sys(NR_pipe2, fd, 0);
    close(fd[0]);
    leave(write(fd[1], "x", 1) == -EPIPE ? 3 : 4);
}

const char *check_broken_pipe(void)
{
    WANT(in_child(write_to_nobody, 0) == SIGNALLED(SIGPIPE));
    WANT(in_child(write_to_nobody, 1) == 3);
    return NULL;
}
