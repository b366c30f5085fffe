/* Pipes: a page of memory between writers and readers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm.h"
#include "sched.h"

struct pipe {
    struct wait_queue readers, writers;
    spinlock_t lock; /* no interrupt handler takes it */
    char *page;
    u64 in, out; /* run freely */
    int read_ends, write_ends, users;
    struct task *reader, *writer; /* who is in the middle of something: nobody else's turn */
};

/* Through a piece on the stack: user memory may fault, and the lock is not to be held then. */
enum { PIECE = 512 };

static bool mine(struct task *const *turn)
{
    struct task *t = read_once(*turn);
    return !t || t == current;
}

/* At most `want` bytes, of which a piece is taken; there may be none. */
static u64 take(struct pipe *p, char *piece, u64 want)
{
    spin_lock(&p->lock);
    u64 there = mine(&p->reader) ? p->in - p->out : 0, n = min(min(want, there), PIECE);
    for (u64 i = 0; i < n; i++) piece[i] = p->page[(p->out + i) % PAGE_SIZE];
    p->out += n;
    if (n && n < want) p->reader = current; /* it will look for more */
    spin_unlock(&p->lock);
    return n;
}

/* `more`: will be written after this. */
static u64 give(struct pipe *p, const char *piece, u64 want, bool more)
{
    spin_lock(&p->lock);
    u64 room = mine(&p->writer) ? PAGE_SIZE - (p->in - p->out) : 0, n = min(want, room);
    for (u64 i = 0; i < n; i++) p->page[(p->in + i) % PAGE_SIZE] = piece[i];
    p->in += n;
    if (n && (n < want || more)) p->writer = current;
    spin_unlock(&p->lock);
    return n;
}

/* Mostly there is nobody.  Whoever is about to wait is in the queue before it looks (wait_prepare),
 * and here the look comes after the change: one of the two sees the other. */
static void wake_others(struct wait_queue *wq)
{
    memory_barrier();
    if (!list_empty(&wq->tasks)) wake_up_here(wq); /* the two ends take turns */
}

static void end_turn(struct task **turn, struct wait_queue *wq)
{
    if (read_once(*turn) != current) return;
    write_once(*turn, NULL);
    wake_others(wq);
}

static bool can_read(struct pipe *p)
{
    return read_once(p->in) != read_once(p->out) ? mine(&p->reader) : !read_once(p->write_ends);
}

static s64 pipe_read(struct file *f, u64 buf, u64 n)
{
    struct pipe *p = f->data;
    char piece[PIECE];
    u64 done = 0, got;
    s64 err = 0;
    while (n && !done && !err) {
        err = can_read(p) ? 0 : wait_event_interruptible(&p->readers, can_read(p));
        while (!err && done < n && (got = take(p, piece, n - done)) != 0) {
            if (copy_to_user(buf + done, piece, got)) err = -EFAULT;
            else done += got;
        }
        /* Another reader may have been faster.  Looked at in this order: what is written before the
         * last writer leaves is read. */
        if (!done && !read_once(p->write_ends) && read_once(p->in) == read_once(p->out)) break;
    }
    end_turn(&p->reader, &p->readers);
    wake_others(&p->writers);
    return done ? (s64)done : err;
}

static bool can_write(struct pipe *p)
{
    bool room = read_once(p->in) - read_once(p->out) < PAGE_SIZE;
    return (room && mine(&p->writer)) || !read_once(p->read_ends);
}

/* The piece from `buf`, of which `more` says whether it is the last; how much, or -errno. */
static s64 write_piece(struct pipe *p, u64 buf, u64 n, bool more)
{
    char piece[PIECE];
    u64 given = 0;
    if (copy_from_user(piece, buf, n)) return -EFAULT;
    while (given < n) {
        int err = can_write(p) ? 0 : wait_event_interruptible(&p->writers, can_write(p));
        if (!read_once(p->read_ends)) {
            signal_self(SIGPIPE);
            err = -EPIPE;
        }
        if (err) return given ? (s64)given : err;
        given += give(p, piece + given, n - given, more);
        wake_others(&p->readers);
    }
    return (s64)given;
}

static s64 pipe_write(struct file *f, u64 buf, u64 n)
{
    struct pipe *p = f->data;
    u64 done = 0, want;
    s64 given = 0;
    do {
        want = min(n - done, PIECE);
        given = want ? write_piece(p, buf + done, want, want < n - done) : 0;
        if (given > 0) done += (u64)given;
    } while (given == (s64)want && done < n);
    end_turn(&p->writer, &p->writers);
    return done ? (s64)done : given;
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
