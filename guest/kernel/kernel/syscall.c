/* The table of system calls, and the small ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "machvec.h"
#include "mm.h"
#include "pv.h"
#include "sched.h"
#include "time.h"

/* Some take fewer arguments than the eight that they are given. */
typedef s64 syscall_fn();
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define SYSCALL(number, name) syscall_fn sys_##name;
#include "syscalls.def"

static s64 sys_none(void)
{
    return -ENOSYS;
}

/* Indexed by number - 1024. */
extern syscall_fn *syscall_table[SYSCALL_TABLE_SIZE];
syscall_fn *syscall_table[SYSCALL_TABLE_SIZE] = {
#define SYSCALL(number, name) [(number)-1024] = sys_##name,
#include "syscalls.def"
};

/* Assembly knows no other way than the table to say no. */
void syscall_init(void)
{
    for (unsigned i = 0; i < SYSCALL_TABLE_SIZE; i++) {
        if (!syscall_table[i]) syscall_table[i] = sys_none;
    }
}

s64 sys_gettid(void) { return current->pid; }

s64 sys_set_tid_address(u64 addr)
{
    current->clear_child_tid = addr;
    return current->pid;
}

s64 sys_sched_yield(void)
{
    schedule();
    return 0;
}

s64 sys_getcpu(u64 cpu, u64 node)
{
    u32 id = this_cpu->id, zero = 0;
    if (cpu && copy_to_user(cpu, &id, sizeof id)) return -EFAULT;
    return node ? copy_to_user(node, &zero, sizeof zero) : 0;
}

/* --- time --- */

struct timespec {
    s64 sec, nsec;
};

/* Counters of processors are a little apart; a program that moves must not see that. */
static u64 monotonic_ns(void)
{
    static u64 last;
    u64 now = time_now_ns(), before = read_once(last);
    while (before < now && !__atomic_compare_exchange_n(&last, &before, now, false,
                                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {}
    return max(now, before);
}

s64 sys_clock_gettime(u64 clock, u64 out)
{
    u64 now = monotonic_ns();
    struct timespec t = { (s64)(now / 1000000000), (s64)(now % 1000000000) };
    return clock > 1 ? -EINVAL : copy_to_user(out, &t, sizeof t);
}

/* A signal that no handler sees does not make it longer: restart_syscall has the same end. */
static s64 sleep_on(u64 until, u64 left)
{
    if (!sleep_until_ns(until)) return 0;
    u64 now = time_now_ns(), rest = until > now ? until - now : 0;
    struct timespec t = { (s64)(rest / 1000000000), (s64)(rest % 1000000000) };
    if (left && copy_to_user(left, &t, sizeof t)) return -EFAULT;
    current->sleep_until = until;
    current->sleep_left = left;
    return -ERESTART_RESTARTBLOCK;
}

s64 sys_nanosleep(u64 want, u64 left)
{
    enum { CENTURY = 3155760000 };
    struct timespec t;
    if (copy_from_user(&t, want, sizeof t)) return -EFAULT;
    if (t.sec < 0 || t.nsec < 0 || t.nsec >= 1000000000) return -EINVAL;
    return sleep_on(time_now_ns() + (u64)min(t.sec, CENTURY) * 1000000000 + (u64)t.nsec, left);
}

s64 sys_restart_syscall(void)
{
    u64 until = current->sleep_until;
    current->sleep_until = 0;
    return until ? sleep_on(until, current->sleep_left) : -EINTR;
}

/* --- memory --- */

s64 sys_brk(u64 to)
{
    struct mm *mm = current->mm;
    u64 end = align_up(to, PAGE_SIZE);
    if (to < mm->brk_start) return (s64)mm->brk;
    int err = 0;
    if (end > mm->brk)
        err = mm_map(mm, mm->brk, end, PROT_READ | PROT_WRITE, MAP_PRIVATE, NULL, 0, 0);
    else if (end < mm->brk) err = mm_unmap(mm, end, mm->brk);
    if (!err) mm->brk = end;
    return err ? (s64)mm->brk : (s64)to;
}

s64 sys_mmap(u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 offset)
{
    if (flags & MAP_ANONYMOUS) {
        return mm_map_anywhere(current->mm, addr, len, (unsigned)prot, (unsigned)flags, NULL, 0, 0);
    }
    struct file *f = fd_get((int)fd);
    if (!f) return -EBADF;
    bool possible = f->inode && flags & MAP_PRIVATE && !(offset & (PAGE_SIZE - 1)) &&
                    offset < f->inode->size;
    s64 r = !possible ? -EINVAL
                      : mm_map_anywhere(current->mm, addr, len, (unsigned)prot, (unsigned)flags,
                                        f->inode, offset, f->inode->size - offset);
    file_put(f);
    return r;
}

s64 sys_munmap(u64 addr, u64 len)
{
    return mm_unmap(current->mm, addr, addr + len);
}

s64 sys_mprotect(u64 addr, u64 len, u64 prot)
{
    enum { ALL = PROT_READ | PROT_WRITE | PROT_EXEC, PROT_SEM = 8 };
    if (prot & ~(u64)(ALL | PROT_SEM)) return -EINVAL;
    return len ? mm_protect(current->mm, addr, addr + len, (unsigned)prot & ALL) : 0;
}

/* --- the end of it all: reboot(0xfee1dead, ..., command) --- */

s64 sys_reboot(u64 magic, u64 magic2, u64 command)
{
    enum { POWER_OFF = 0x4321fedc, RESTART = 0x01234567 };
    (void)magic2;
    command = (u32)command;
    if ((u32)magic != 0xfee1dead || (command != POWER_OFF && command != RESTART)) return -EINVAL;
    shut_down(command == RESTART);
}
