/* Faults of the program's own: which signal, for which address, and going on after it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

static u64 data[4] __attribute__((aligned(32)));
static const u64 data_read_only[4] = { 1 };

/* A function per row: the bundle, after which the handler goes on, a serialization, the return. */
#define BUNDLE_mmi(text) "{ .mmi\n" text "\nnop.m 0\nnop.i 0\n;; }\n"
#define BUNDLE_mii(text) "{ .mii\nnop.m 0\n" text "\nnop.i 0\n;; }\n"
#define BUNDLE_bbb(text) "{ .bbb\nnop.b 0\nnop.b 0\n" text "\n;; }\n"
#define FAULT(name, template, text, argument, signal)                                              \
    void fault_##name(u64, u64);                                                                   \
    __asm__(".align 32\n.proc fault_" #name "\nfault_" #name ":\n" BUNDLE_##template(text)        \
            "{ .mii\nsrlz.i\nnop.i 0\nnop.i 0\n;; }\n"                                            \
            "{ .mib\nnop.m 0\nnop.i 0\nbr.ret.sptk.many rp\n;; }\n.endp fault_" #name "\n");
#include "faults.def"

static const struct fault {
    const char *name;
    void (*fn)(u64, u64);
    u64 argument;
    int signal;
} table[] = {
#define FAULT(name, template, text, argument, signal) { #name, fault_##name, argument, signal },
#include "faults.def"
};

static volatile int seen;
static volatile u64 seen_address, seen_ip;

/* On to the next bundle. */
static void skip(int sig, struct siginfo *info, struct sigcontext *context)
{
    seen = sig;
    seen_address = info->addr;
    seen_ip = context->ip & ~15ul;
    context->ip = seen_ip + 16;
}

static void catch_all(signal_fn *fn)
{
    static const int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV };
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) on_signal(signals[i], fn);
}

/* fn(argument, NaT) */
static void call_with_nat_behind(void (*fn)(u64, u64), u64 argument)
{
    static const u64 zero;
    u64 nat, unat;
    __asm__ volatile("mov %1 = ar.unat\n\tmov ar.unat = -1\n\t;;\n\t"
                     "ld8.fill %0 = [%2]\n\t;;\n\tmov ar.unat = %1"
                     : "=&r"(nat), "=&r"(unat) : "r"(&zero));
    fn(argument, nat);
}

static bool right(const struct fault *f)
{
    if (f->signal ? seen != f->signal : !seen) return false;
    if (seen_ip != *(const u64 *)f->fn) return false;
    return seen != SIGSEGV || seen_address == f->argument;
}

const char *check_faults(void)
{
    int wrong = 0;
    catch_all(skip);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const struct fault *f = &table[i];
        seen = 0;
        seen_address = seen_ip = 0;
        call_with_nat_behind(f->fn, f->argument);
        if (right(f)) continue;
        printf("  %s: signal %d for %lx at %lx (not %d for %lx at %lx)\n", f->name, seen,
               seen_address, seen_ip, f->signal, f->argument, *(const u64 *)f->fn);
        wrong++;
    }
    catch_all(NULL);
    WANT(wrong == 0);
    return NULL;
}

static void branch(u64 to)
{
    u64 descriptor[2] = { to, 0 };
    void (*fn)(void);
    __asm__ volatile("mov %0 = %1" : "=r"(fn) : "r"(descriptor) : "memory");
    fn();
}

const char *check_wild_branches(void)
{
    WANT(in_child(branch, 0x100000) == SIGNALLED(SIGSEGV));
    WANT(in_child(branch, (u64)data & ~15ul) >= WAIT_SIGNALLED);
    WANT(in_child(branch, 0xe000000004000000) == SIGNALLED(SIGSEGV));
    WANT(in_child(branch, 0xa000000100000000) == SIGNALLED(SIGSEGV));
    WANT(in_child(branch, 0x1234560000000000) >= WAIT_SIGNALLED);
    WANT(in_child(raise_privilege, 0) == SIGNALLED(SIGILL));
    for (u64 at = 16; kernel_gate && at <= 0x120; at += 16) {
        in_child(branch, kernel_gate + at); /* whatever it gets, it gets it alone */
    }
    return NULL;
}

const char *check_divide_by_zero(void)
{
    catch_all(skip);
    seen = 0;
    divide_fp();
    catch_all(NULL);
    WANT(seen == SIGFPE);
    return NULL;
}

const char *check_unaligned(void)
{
    static u8 bytes[24] __attribute__((aligned(8)));
    for (int i = 0; i < 24; i++) bytes[i] = (u8)i;
    catch_all(skip);
    seen = 0;
    u64 value = load_strictly(bytes + 3);
    catch_all(NULL);
    WANT(seen == SIGBUS ? seen_address == (u64)bytes + 3 : !seen && value == 0x0a09080706050403);
    return NULL;
}

const char *check_speculation(void)
{
    static long there = 77;
    u8 *p = map_private(2 * PAGE);
    WANT(load_speculatively(&there) == 77);
    WANT(load_speculatively(NULL) == -1);
    WANT(load_speculatively((long *)0xe000000004000000) == -1);
    WANT(load_speculatively((long *)0xf100000000000000) == -1);
    WANT(load_speculatively((long *)0xfffffffffff04000) == -1);
    unmap(p + PAGE, PAGE);
    WANT(load_speculatively((long *)(p + PAGE)) == -1);
    *(long *)p = 78;
    WANT(load_speculatively((long *)p) == 78);
    unmap(p, PAGE);
    return NULL;
}

/* Whether it may be written to, or read; a prefetch is nothing that a program notices. */
static u64 may_write(const void *p)
{
    u64 may;
    __asm__ volatile("probe.w %0 = %1, 3" : "=r"(may) : "r"(p));
    return may;
}

static u64 may_read(const void *p)
{
    u64 may;
    __asm__ volatile("probe.r %0 = %1, 3" : "=r"(may) : "r"(p));
    return may;
}

static void prefetch(u64 address)
{
    __asm__ volatile("lfetch [%0]\n\tlfetch.fault [%0]" :: "r"(address) : "memory");
}

const char *check_no_access(void)
{
    u64 *fresh = map_private(PAGE);
    WANT(may_read(fresh) == 1 && *fresh == 0);
    *fresh = 1;
    WANT(may_write(fresh) == 1);
    WANT(may_read(data_read_only) == 1 && may_write(data_read_only) == 0);
    __asm__ volatile("fc %0\n\tfc.i %0" :: "r"(fresh) : "memory");
    WANT(unmap(fresh, PAGE) == 0);
    WANT(in_child(prefetch, (u64)fresh) == 0);
    WANT(in_child(prefetch, 0) == 0);
    WANT(in_child(prefetch, 0xe000000004000000) == 0);
    return NULL;
}

static volatile int faults_left;
static volatile long strange;
static long faulting;

/* With pauses, or the other thread would be doing nothing else. */
static int disturb(void *unused)
{
    u64 seed = (u64)unused + 5;
    while (faults_left) {
        sys(NR_tgkill, sys(NR_getpid), faulting, SIGUSR1);
        for (u64 pause = random_number(&seed) & 16383; pause; pause--) opaque(pause);
    }
    return 0;
}

static void do_nothing(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
}

static void skip_if_right(int sig, struct siginfo *info, struct sigcontext *context)
{
    bool here = (context->ip & ~15ul) == *(const u64 *)fault_load_null;
    if (here) skip(sig, info, context);
    else strange++;
}

/* A signal that comes with a fault must not come between the two. */
const char *check_disturbed_faults(void)
{
    static struct thread disturber;
    faulting = sys(NR_gettid);
    faults_left = 300;
    on_signal(SIGUSR1, do_nothing);
    catch_all(skip_if_right);
    WANT(thread_start(&disturber, disturb, NULL) > 0);
    for (; faults_left; faults_left--) fault_load_null(8, 0);
    thread_join(&disturber);
    catch_all(NULL);
    on_signal(SIGUSR1, NULL);
    WANT(strange == 0);
    return NULL;
}

static volatile int order;

static void inner(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    order = order * 10 + 2;
}

/* SIGUSR2 comes at once, a second SIGUSR1 not before this is over. */
static void outer(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)context;
    if (order) {
        order = order * 10 + 4;
        return;
    }
    order = sig == SIGUSR1 && info->signo == SIGUSR1 ? 1 : 9;
    sys(NR_kill, sys(NR_getpid), SIGUSR1);
    sys(NR_kill, sys(NR_getpid), SIGUSR2);
    order = order * 10 + 3;
}

const char *check_handlers(void)
{
    order = 0;
    WANT(on_signal(SIGUSR1, outer) == 0 && on_signal(SIGUSR2, inner) == 0);
    WANT(sys(NR_kill, sys(NR_getpid), SIGUSR1) == 0);
    WANT(order == 1234);
    WANT(on_signal(SIGKILL, outer) == -EINVAL);
    on_signal(SIGUSR1, NULL);
    on_signal(SIGUSR2, NULL);
    return NULL;
}

static void spoil(int sig, struct siginfo *info, struct sigcontext *context)
{
    spoil_scratch();
    skip(sig, info, context);
}

const char *check_scratch(void)
{
    on_signal(SIGILL, spoil);
    long lost = keep_scratch(0x123456789);
    on_signal(SIGILL, NULL);
    WANT(lost == 0);
    return NULL;
}

static volatile long hits;

static void use_registers(int sig, struct siginfo *info, struct sigcontext *context)
{
    (void)sig, (void)info, (void)context;
    hits++;
    hits += climb(20, 99, 0) != 0 ? 1000000 : 0;
}

const char *check_signals_from_afar(void)
{
    enum { SIGNALS = 50 };
    long self = sys(NR_getpid), wrong = 0;
    hits = 0;
    WANT(on_signal(SIGUSR1, use_registers) == 0);
    long child = fork();
    if (!child) {
        for (int i = 0; i < SIGNALS; i++) {
            sys(NR_kill, self, SIGUSR1);
            nap(MS / 10);
        }
        leave(0);
    }
    long sofar = 0;
    for (int i = 0; i < 2000 && !sofar; i++) {
        wrong += climb(100, i, 0);
        sofar = sys(NR_wait4, child, NULL, 1);
    }
    WANT(wrong == 0);
    WANT(sofar == child || wait_for(child) == 0);
    WANT(hits > 0 && hits <= SIGNALS);
    on_signal(SIGUSR1, NULL);
    return NULL;
}

/* A frame whose words are random; in every second one the program would go on at exit_well(). */
static void forge(u64 seed)
{
    static u64 words[1024] __attribute__((aligned(16)));
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) words[i] = random_number(&seed);
    if (seed & 1) {
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            if (words[i] & 1) words[i] = *(const u64 *)exit_well;
        }
    }
    return_from_signal(words);
}

const char *check_forged_contexts(void)
{
    for (u64 seed = 1; seed <= 50; seed++) {
        long child = fork();
        if (!child) forge(seed);
        for (int i = 0; i < 20 && !sys(NR_wait4, child, NULL, 1); i++) nap(MS / 10);
        sys(NR_kill, child, SIGKILL); /* if it found something to do */
        wait_for(child);
    }
    return NULL;
}

static void without_backing_store(u64 where)
{
    lose_backing_store(where);
}

static void without_stack(u64 where)
{
    on_signal(SIGUSR1, inner);
    lose_stack(where);
}

const char *check_hostile_stacks(void)
{
    static const u64 nowhere[] = { 0x3000000000000000, 0x1234560000000000, 0xe000000004000000,
                                   0xa000000100000000, 0xf100000000000000 };
    for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
        WANT(in_child(without_backing_store, nowhere[i]) >= WAIT_SIGNALLED);
        WANT(in_child(without_stack, nowhere[i]) >= WAIT_SIGNALLED);
    }
    return NULL;
}
