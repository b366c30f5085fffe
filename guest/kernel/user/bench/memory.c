/* Memory: pages that appear, change and vanish.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define KERNEL_PAGE 16384ul /* what a page fault brings */

const char *page_faults(long n)
{
    u8 *p = map_private((size_t)n * KERNEL_PAGE);
    WANT((long)p > 0 || -(long)p > 4096);
    begin(n);
    for (long i = 0; i < n; i++) p[(u64)i * KERNEL_PAGE] = 1;
    end();
    WANT(unmap(p, (size_t)n * KERNEL_PAGE) == 0);
    return NULL;
}

const char *mmap_munmap(long n)
{
    long wrong = 0;
    begin(n);
    for (long i = 0; i < n; i++) {
        volatile u64 *p = map_private(PAGE);
        wrong += *p != 0;
        *p = (u64)i;
        wrong += unmap((void *)p, PAGE) != 0;
    }
    end();
    WANT(wrong == 0);
    return NULL;
}

static u64 *shared;
static volatile int ready, stop;

/* Keeps the page in its processor's translations. */
static int reader(void *processor)
{
    run_on(1ul << (u64)processor);
    __atomic_fetch_add(&ready, 1, __ATOMIC_ACQ_REL);
    u64 sum = 0;
    while (!stop) sum += *(volatile u64 *)shared;
    return sum == ~0ul;
}

static int start_readers(struct thread *readers, u64 set)
{
    int count = 0;
    for (u64 p = 0; p < MAX_CPUS; p++) {
        if (set >> p & 1 && p != (u64)cpu()) thread_start(&readers[count++], reader, (void *)p);
    }
    while (ready != count) sys(NR_sched_yield);
    return count;
}

/* The main thread stays where it is; every other processor has a reader. */
const char *purges(long n)
{
    static struct thread readers[MAX_CPUS];
    u64 before = cpus();
    long wrong = 0;
    shared = map_private(PAGE);
    ready = stop = 0;
    WANT(run_on(1ul << cpu()) == 0);
    int count = start_readers(readers, before);
    begin(n);
    for (long i = 0; i < n; i++) {
        *(volatile u64 *)shared = (u64)i;
        wrong += sys(NR_mprotect, shared, PAGE, PROT_READ) != 0;
        wrong += sys(NR_mprotect, shared, PAGE, PROT_READ | PROT_WRITE) != 0;
    }
    end();
    stop = 1;
    for (int i = 0; i < count; i++) thread_join(&readers[i]);
    WANT(wrong == 0 && unmap(shared, PAGE) == 0);
    WANT(run_on(before) == 0);
    return NULL;
}
