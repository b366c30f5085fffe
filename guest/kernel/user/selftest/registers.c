/* Registers over everything that may happen in between: stacked, preserved, floating point.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

/* The compiler must believe that the values change here, so they have to be in registers. */
#define KEEP(a, b, c, d, e, f, g, h) \
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h))

__attribute__((noinline)) long climb(long n, long seed, long pause)
{
    long a = seed + n, b = a * 3, c = a ^ 0x55, d = -a, e = a + 7, f = a << 5, g = ~a, h = a * a;
    KEEP(a, b, c, d, e, f, g, h);
    if (pause && n % pause == 0) sys(NR_sched_yield);
    long lost = n ? climb(n - 1, seed, pause) : 0;
    KEEP(a, b, c, d, e, f, g, h);
    long k = seed + n;
    bool same = a == k && b == k * 3 && c == (k ^ 0x55) && d == -k && e == k + 7 && f == k << 5 &&
                g == ~k && h == k * k;
    return lost + !same;
}

const char *check_recursion(void)
{
    WANT(climb(100, 1, 0) == 0);
    WANT(climb(10000, 2, 0) == 0);
    for (int i = 0; i < 10; i++) WANT(climb(9000, i, 0) == 0);
    return NULL;
}

static void climb_and_yield(u64 seed)
{
    leave(climb(300, (long)seed * 1000003, 3) != 0);
}

/* All at once; each must end with status 0. */
static const char *together(int count, void (*fn)(u64))
{
    long child[8];
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        child[i] = fork();
        if (!child[i]) {
            fn((u64)i + 1);
            leave(0);
        }
    }
    for (int i = 0; i < count; i++) wrong += wait_for(child[i]) != 0;
    WANT(wrong == 0);
    return NULL;
}

const char *check_frames_and_switches(void)
{
    return together(6, climb_and_yield);
}

static void preserve(u64 seed)
{
    use_preserved(seed * 1000003, 200);
}

const char *check_preserved(void)
{
    return together(4, preserve);
}

const char *check_nats(void)
{
    enum { DEPTHS = 70 };
    long self = sys(NR_getpid);
    u8 *pages = map_private(DEPTHS * PAGE);
    for (long n = 1; n < DEPTHS; n++) {
        WANT(climb_with_nats(n, pages + n * (long)PAGE, 0) == 0);
        WANT(climb_with_nats(n, NULL, NR_sched_yield) == 0);
    }
    for (long n = 1; n < DEPTHS; n += 3) {
        long lost = climb_with_nats(n, NULL, NR_clone);
        if (sys(NR_getpid) != self) leave(lost != 0);
        WANT(lost == 0);
        WANT(wait_for(-1) == 0);
    }
    WANT(unmap(pages, DEPTHS * PAGE) == 0);
    return NULL;
}

/* Processes that compute beside each other on one processor, and how often one followed another. */
static struct {
    volatile u64 who;
    volatile u32 switches, lost;
} *stage;

static void keep_fp(u64 me)
{
    enum { LOOPS = 20000, MILLISECONDS = 70 };
    u64 end = now() + MILLISECONDS * MS;
    run_on(cpus() & -cpus());
    while (now() < end) {
        stage->lost += fp_keeps(me * 1000003, LOOPS, 1) != 0;
        if (stage->who != me) stage->switches++;
        stage->who = me;
    }
}

const char *check_floating_point(void)
{
    stage = map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
    stage->who = 1;
    const char *why = together(3, keep_fp);
    if (why) return why;
    WANT(stage->lost == 0);
    WANT(stage->switches > 2);
    return NULL;
}
