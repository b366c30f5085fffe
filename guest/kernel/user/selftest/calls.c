/* System calls from people who mean no good, and files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

static const char *answers(syscall_fn *way)
{
    WANT(way(1024, 0, 0, 0, 0, 0, 0) == -ENOSYS);
    WANT(way(5000, 0, 0, 0, 0, 0, 0) == -ENOSYS);
    WANT(way(-1, 0, 0, 0, 0, 0, 0) == -ENOSYS);
    WANT(way(NR_close, 77, 0, 0, 0, 0, 0) == -EBADF);
    WANT(way(NR_read, -1, 0, 0, 0, 0, 0) == -EBADF);
    WANT(way(NR_getpid, 0, 0, 0, 0, 0, 0) == sys(NR_getpid));
    WANT(way(NR_getppid, 0, 0, 0, 0, 0, 0) == sys(NR_getppid));
    WANT(way(NR_kill, 99999999, SIGTERM, 0, 0, 0, 0) == -ESRCH);
    WANT(way(NR_wait4, -1, 0, 0, 0, 0, 0) == -ECHILD);
    return NULL;
}

const char *check_calls_agree(void)
{
    const char *why = answers(syscall_by_break);
    if (why) return why;
    WANT(kernel_gate);
    return answers(syscall_by_epc);
}

/* Nowhere, at no implemented address, and at the kernel's. */
static const u64 bad[] = {
    8, 0x1234560000000000, 0x3ffffffffffffff8, 0xa000000100000000,
    0xc000000000000000, 0xe000000004000000, 0xf000000000000000, 0xfffffffffffffff8,
};

const char *check_bad_pointers(void)
{
    int ends[2];
    WANT(sys(NR_open, "", O_RDONLY) == -ENOENT);
    WANT(sys(NR_mprotect, map_private(16384), 16384, 0x40) == -EINVAL);
    WANT(sys(NR_pipe2, ends, 0) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        WANT(sys(NR_write, ends[1], bad[i], 8) == -EFAULT);
        WANT(sys(NR_pipe2, bad[i], 0) == -EFAULT);
        WANT(sys(NR_open, bad[i], O_RDONLY) == -EFAULT);
        WANT(sys(NR_execve, bad[i], NULL, NULL) == -EFAULT);
        WANT(sys(NR_clock_gettime, 1, bad[i]) == -EFAULT);
    }
    WANT(write(ends[1], "12345678", 8) == 8);
    WANT(sys(NR_read, ends[0], check_bad_pointers, 8) == -EFAULT); /* our own text, read-only */
    close(ends[0]);
    close(ends[1]);
    return NULL;
}

const char *check_bad_arguments(void)
{
    WANT(call_with_nat(NR_close) < 0);
    WANT(call_without_frame(NR_getpid) == sys(NR_getpid));
    call_without_frame(NR_close); /* of whatever it is given */
    WANT(call_big_endian(NR_close, 77, 0) == -EBADF);
    WANT(!kernel_gate || call_big_endian(NR_close, 77, kernel_gate) == -EBADF);
    return NULL;
}

/* Short calls, longer ones, and one that may run others before it comes back.  (Not getpid: Linux
 * answers it without entering the kernel proper, and leaves an address or two.) */
const char *check_leftovers(void)
{
    static const int numbers[] = {
        NR_close, NR_read, NR_clock_gettime, NR_nanosleep, NR_pipe2, NR_open, NR_sched_yield,
    };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        WANT(find_leftovers(0x123456789abcd, numbers[i], 0) == 0);
        WANT(!kernel_gate || find_leftovers(0x123456789abcd, numbers[i], kernel_gate) == 0);
    }
    return NULL;
}

u64 random_number(u64 *seed)
{
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    return *seed ^ *seed >> 29;
}

/* Something that looks like an argument: small, an address of ours or the kernel's, or anything. */
static u64 random_argument(u64 *seed, const u8 *room)
{
    u64 n = random_number(seed);
    switch (n >> 3 & 7) {
    case 0: return n >> 40 & 63;
    case 1: return bad[n >> 40 & 7];
    case 2: return -(n >> 40 & 0xffff);
    case 3: return 1ul << (n >> 40 & 63);
    case 4: return n;
    default: return (u64)room + (n >> 40 & 0xffff);
    }
}

/* All but those that stop others, the machine, or this. */
static bool harmless(long number)
{
    static const int harmful[] = {
        NR_exit, NR_exit_group, NR_kill, NR_reboot, NR_clone, NR_clone2, NR_read, NR_wait4,
        NR_nanosleep, NR_futex, NR_rt_sigreturn,
    };
    for (size_t i = 0; i < ARRAY_SIZE(harmful); i++) {
        if (number == harmful[i]) return false;
    }
    return true;
}

static void call_at_random(u64 seed)
{
    enum { CALLS = 400 };
    static const int known[] = {
#define SYSCALL(name, number) number,
#include "../lib/syscalls.def"
    };
    u8 *room = map_private(2 * PAGE);
    for (int fd = 0; fd < 3; fd++) close(fd);
    for (int i = 0; i < CALLS; i++) {
        long a[6];
        u64 n = random_number(&seed);
        int number = known[(n >> 20) % ARRAY_SIZE(known)];
        syscall_fn *way = n & 1 || !kernel_gate ? syscall_by_break : syscall_by_epc;
        for (int j = 0; j < 6; j++) a[j] = (long)random_argument(&seed, room);
        if (harmless(number)) way(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

const char *check_random_calls(void)
{
    for (u64 seed = 1; seed <= 20; seed++) in_child(call_at_random, seed);
    WANT(sys(NR_getpid) > 0);
    return check_bad_pointers();
}

const char *check_initramfs(void)
{
    static const char text[] = "This is janus: one kernel, two faces.\n";
    char buf[128];
    int fd = (int)open("/hello.txt", O_RDONLY);
    WANT(fd >= 0);
    WANT(read(fd, buf, 4) == 4);
    WANT(read_all(fd, buf + 4, sizeof buf - 4) == sizeof text - 1 - 4);
    WANT(!memcmp(buf, text, sizeof text - 1));
    WANT(read(fd, buf, 1) == 0);
    WANT(close(fd) == 0 && close(fd) == -EBADF);
    fd = (int)open("/bin/true", O_RDONLY);
    WANT(fd >= 0 && read(fd, buf, 4) == 4 && !memcmp(buf, "\177ELF", 4));
    WANT(close(fd) == 0);
    WANT(open("/no/such/file", O_RDONLY) == -ENOENT);
    return NULL;
}

/* Word i of a disk with the pattern; other disks are only read. */
static u64 pattern(u64 i)
{
    return i * 0x9e3779b97f4a7c15;
}

enum { CHUNK = 65536, WORDS = CHUNK / 8, SEEK_SET = 0, SEEK_END = 2 };

static const char *read_pattern(int fd, u64 *buf, u64 chunks)
{
    for (u64 c = 0; c < chunks; c++) {
        WANT(read_all(fd, buf, CHUNK) == CHUNK);
        for (u64 i = 0; i < WORDS; i++) WANT(buf[i] == pattern(c * WORDS + i));
    }
    return NULL;
}

/* The last 64 KB become the complement; tests/janus looks for it from outside. */
static const char *write_complement(int fd, u64 *buf, u64 chunk)
{
    for (u64 i = 0; i < WORDS; i++) buf[i] = ~pattern(chunk * WORDS + i);
    WANT(sys(NR_lseek, fd, chunk * CHUNK, SEEK_SET) == (long)(chunk * CHUNK));
    WANT(write(fd, buf, CHUNK) == CHUNK);
    memset(buf, 0, CHUNK);
    WANT(sys(NR_lseek, fd, chunk * CHUNK, SEEK_SET) >= 0);
    WANT(read_all(fd, buf, CHUNK) == CHUNK);
    for (u64 i = 0; i < WORDS; i++) WANT(buf[i] == ~pattern(chunk * WORDS + i));
    WANT(read(fd, buf, CHUNK) == 0);
    return NULL;
}

/* Each reader has the disk to itself, or so it believes. */
static void read_all_of_it(u64 chunks)
{
    int fd = (int)open("/dev/disk0", O_RDONLY);
    leave(fd < 0 || read_pattern(fd, map_private(CHUNK), chunks) != NULL);
}

static const char *read_together(u64 chunks)
{
    enum { READERS = 4 };
    long child[READERS];
    int wrong = 0;
    for (int i = 0; i < READERS; i++) {
        child[i] = fork();
        if (!child[i]) read_all_of_it(chunks);
    }
    for (int i = 0; i < READERS; i++) wrong += wait_for(child[i]) != 0;
    WANT(wrong == 0);
    return NULL;
}

const char *check_disk(void)
{
    int fd = (int)open("/dev/disk0", O_RDWR);
    if (fd < 0) return NULL; /* a machine without */
    u64 *buf = map_private(CHUNK);
    long size = sys(NR_lseek, fd, 0, SEEK_END);
    WANT(size >= 512 && sys(NR_lseek, fd, 0, SEEK_SET) == 0);
    WANT(read(fd, buf, 512) == 512);
    const char *why = NULL;
    if (buf[1] == pattern(1) && buf[63] == pattern(63)) {
        u64 chunks = (u64)size / CHUNK;
        why = read_together(chunks - 1);
        if (!why) why = write_complement(fd, buf, chunks - 1);
    }
    unmap(buf, CHUNK);
    close(fd);
    return why;
}
