/* Pipes: a page of memory between writers and readers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm.h"
#include "sched.h"

struct pipe {
    struct wait_queue readers, writers;
    spinlock_t lock;
    char *page;
    u64 in, out; /* run freely */
    int read_ends, write_ends, users;
};

/* Through a piece on the stack: user memory may fault, and the lock is not to be held then. */
enum { PIECE = 512 };

static s64 take(struct pipe *p, char *piece, u64 n)
{
    u64 on = spin_lock_irqsave(&p->lock);
    n = min(min(n, p->in - p->out), PIECE);
    for (u64 i = 0; i < n; i++) piece[i] = p->page[(p->out + i) % PAGE_SIZE];
    p->out += n;
    spin_unlock_irqrestore(&p->lock, on);
    return (s64)n;
}

static s64 give(struct pipe *p, const char *piece, u64 n)
{
    u64 on = spin_lock_irqsave(&p->lock);
    n = min(n, PAGE_SIZE - (p->in - p->out));
    for (u64 i = 0; i < n; i++) p->page[(p->in + i) % PAGE_SIZE] = piece[i];
    p->in += n;
    spin_unlock_irqrestore(&p->lock, on);
    return (s64)n;
}

static s64 pipe_read(struct file *f, u64 buf, u64 n)
{
    struct pipe *p = f->data;
    char piece[PIECE];
    u64 done = 0;
    int err = n ? wait_event_interruptible(&p->readers,
                                           read_once(p->in) != p->out || !read_once(p->write_ends))
                : 0;
    if (err) return err;
    while (done < n) {
        s64 got = take(p, piece, n - done);
        if (!got) break;
        if (copy_to_user(buf + done, piece, (u64)got)) return -EFAULT;
        done += (u64)got;
    }
    wake_up(&p->writers);
    return (s64)done;
}

static s64 pipe_write(struct file *f, u64 buf, u64 n)
{
    struct pipe *p = f->data;
    char piece[PIECE];
    u64 done = 0;
    while (done < n) {
        u64 want = min(n - done, PIECE), given = 0;
        if (copy_from_user(piece, buf + done, want)) return -EFAULT;
        while (given < want) {
            int err = wait_event_interruptible(&p->writers, read_once(p->in) - p->out < PAGE_SIZE ||
                                                                !read_once(p->read_ends));
            if (!p->read_ends) {
                signal_send(current, SIGPIPE);
                return -EPIPE;
            }
            if (err) return done + given ? (s64)(done + given) : err;
            given += (u64)give(p, piece + given, want - given);
            wake_up(&p->readers);
        }
        done += want;
    }
    return (s64)done;
}

static void pipe_release(struct file *f)
{
    struct pipe *p = f->data;
    atomic_dec(f->writable ? &p->write_ends : &p->read_ends);
    wake_up(&p->readers);
    wake_up(&p->writers);
    if (atomic_dec(&p->users)) return;
    page_free(p->page, 0);
    kfree(p);
}

static const struct file_ops pipe_ops = { pipe_read, pipe_write, pipe_release };

static struct pipe *pipe_new(void)
{
    struct pipe *p = kmalloc(sizeof *p);
    if (!p) return NULL;
    wait_queue_init(&p->readers);
    wait_queue_init(&p->writers);
    p->read_ends = p->write_ends = 1;
    p->users = 2;
    p->page = page_alloc(0);
    if (p->page) return p;
    kfree(p);
    return NULL;
}

/* Both numbers are stored where the program says (Linux returns them in r8 and r9). */
s64 sys_pipe(u64 fds_ptr);
s64 sys_close(u64 fd);

static s64 install(struct file *r, struct file *w, u64 fds_ptr)
{
    int fds[2] = { fd_install(r), -EMFILE };
    if (fds[0] >= 0) fds[1] = fd_install(w);
    s64 err = fds[1] < 0 ? -EMFILE : copy_to_user(fds_ptr, fds, sizeof fds);
    if (!err) return 0;
    if (fds[1] < 0) file_put(w);
    else sys_close((u64)fds[1]);
    if (fds[0] < 0) file_put(r);
    else sys_close((u64)fds[0]);
    return err;
}

s64 sys_pipe(u64 fds_ptr)
{
    struct pipe *p = pipe_new();
    struct file *r = p ? file_new(&pipe_ops, p) : NULL, *w = r ? file_new(&pipe_ops, p) : NULL;
    if (w) {
        r->writable = false;
        w->readable = false;
        return install(r, w, fds_ptr);
    }
    if (p) page_free(p->page, 0);
    kfree(p);
    kfree(r);
    return -ENOMEM;
}

s64 sys_pipe2(u64 fds_ptr, u64 flags);
s64 sys_pipe2(u64 fds_ptr, u64 flags)
{
    return flags ? -EINVAL : sys_pipe(fds_ptr);
}
