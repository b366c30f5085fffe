/* Code that several processors execute while a disk, or one of them, writes over it.  DMA is coherent
 * with instruction fetch: whoever learns that the transfer is over executes the new code, without fc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

enum { ROUNDS = 300, MOST = 16 };

struct meeting {
    volatile long round, done[MOST], wrong;
};

static int expected(long round)
{
    return round & 1 ? 41 : 42;
}

static const u64 *bundle(long round)
{
    return (const u64 *)(round & 1 ? return_41 : return_42);
}

static void go_to(long processor)
{
    u64 mask = 1ul << processor;
    sys(NR_sched_setaffinity, 0L, sizeof mask, &mask, 0L, 0L, 0L);
}

/* Executes the code all the time, and after each round once more to see what it is then. */
static void other(long processor, struct meeting *m, const u64 *code)
{
    go_to(processor);
    for (long round = 1; round <= ROUNDS; round++) {
        while (m->round < round) call(code);
        __sync_synchronize();
        if (call(code) != expected(round)) __sync_fetch_and_add(&m->wrong, 1);
        m->done[processor] = round;
    }
    leave(0);
}

/* The first page of the disk holds one function and the second the other. */
static int fill(long disk, u64 *code)
{
    for (long i = 0; i < 2; i++) {
        code[0] = bundle(i)[0];
        code[1] = bundle(i)[1];
        if (sys(NR_pwrite64, disk, code, PAGE, i * (long)PAGE, 0L, 0L) != (long)PAGE) return 0;
    }
    return 1;
}

/* Odd pairs of rounds by the disk, even ones by stores. */
static int write_over(long round, long disk, u64 *code)
{
    if (round & 2) {
        long from = (round & 1) * (long)PAGE;
        return sys(NR_pread64, disk, code, PAGE, from, 0L, 0L) == (long)PAGE;
    }
    code[0] = bundle(round)[0];
    code[1] = bundle(round)[1];
    flush(code);
    return 1;
}

int shared_code(const char *path, const char *processors)
{
    long n = 0, disk = sys(NR_open, path, (long)(O_RDWR | O_DIRECT), 0L, 0L, 0L, 0L);
    for (const char *p = processors; *p; p++) n = n * 10 + (*p - '0');
    u64 *code = map(NULL, PAGE, RW | PROT_EXEC, SHARED);
    struct meeting *m = map(NULL, PAGE, RW, SHARED);
    if (disk < 0 || n < 1 || n > MOST || !fill(disk, code)) return 1;
    for (long i = 1; i < n; i++) {
        if (!fork_child()) other(i, m, code);
    }
    go_to(0);
    for (long round = 1; round <= ROUNDS; round++) {
        if (!write_over(round, disk, code)) return 2;
        if (call(code) != expected(round)) m->wrong++;
        __sync_synchronize();
        m->round = round;
        for (long i = 1; i < n; i++) {
            while (m->done[i] < round) sys(NR_sched_yield, 0L, 0L, 0L, 0L, 0L, 0L);
        }
    }
    print(m->wrong ? "old code was executed\n" : "all saw the new code\n");
    return m->wrong != 0;
}
