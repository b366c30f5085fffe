/* The console as a file: what is written goes to the console's driver, what is typed comes back a
 * line at a time, with echo, erase and an end of file (^D).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "fs.h"
#include "mm.h"
#include "wait.h"

enum { LINE = 512, CHUNK = 256 };
enum { END_OF_FILE = 4, ERASE = 8, ERASE_TOO = 127 };

static struct console *console;
static spinlock_t lock = SPINLOCK_INIT;
static struct wait_queue readers = WAIT_QUEUE_INIT(readers);

/* The line that is being typed, and those that are complete. */
static char typed[LINE], ready[LINE];
static size_t typed_length, ready_length;
static unsigned ends_of_file;

void console_register(struct console *c)
{
    console = c;
}

void console_write(const char *s, size_t n)
{
    if (console) console->write(s, n);
}

static void complete(void)
{
    size_t n = min(typed_length, LINE - ready_length);
    memcpy(ready + ready_length, typed, n);
    ready_length += n;
    typed_length = 0;
}

static void type(char c)
{
    if (c == ERASE || c == ERASE_TOO) {
        if (!typed_length) return;
        typed_length--;
        console_write("\b \b", 3);
    } else if (c == END_OF_FILE) {
        if (!typed_length) ends_of_file++;
        complete();
    } else if (c == '\n' || typed_length < LINE - 1) {
        console_write(&c, 1);
        typed[typed_length++] = c;
        if (c == '\n') complete();
    }
}

void console_input(void)
{
    if (!console) return;
    bool on = spin_lock_irqsave(&lock);
    for (int c; (c = console->getc()) >= 0;) type(c == '\r' ? '\n' : (char)c);
    bool something = ready_length || ends_of_file;
    spin_unlock_irqrestore(&lock, on);
    if (something) wake_up(&readers);
}

/* Up to the end of the first line, n characters at most; -1: nothing is ready. */
static s64 take(char *to, size_t n)
{
    size_t length = 0;
    s64 got = -1;
    bool on = spin_lock_irqsave(&lock);
    while (length < ready_length && length < n && (!length || ready[length - 1] != '\n')) length++;
    if (length) {
        memcpy(to, ready, length);
        memmove(ready, ready + length, ready_length - length);
        ready_length -= length;
        got = (s64)length;
    } else if (ends_of_file) {
        ends_of_file--;
        got = 0;
    }
    spin_unlock_irqrestore(&lock, on);
    return got;
}

static s64 tty_read(struct file *f, u64 buf, u64 n)
{
    char line[CHUNK];
    s64 got = -1;
    (void)f;
    if (!n) return 0;
    int error = wait_event_interruptible(&readers, (got = take(line, min(n, (u64)CHUNK))) >= 0);
    if (error) return error;
    return copy_to_user(buf, line, (size_t)got) ? -EFAULT : got;
}

static s64 tty_write(struct file *f, u64 buf, u64 n)
{
    char chunk[CHUNK];
    (void)f;
    for (u64 done = 0; done < n;) {
        size_t piece = min(n - done, (u64)CHUNK);
        if (copy_from_user(chunk, buf + done, piece)) return done ? (s64)done : -EFAULT;
        console_write(chunk, piece);
        done += piece;
    }
    return (s64)n;
}

static const struct file_ops tty_ops = { .read = tty_read, .write = tty_write };

struct file *tty_open(void)
{
    struct file *f = file_new(&tty_ops, NULL);
    if (f) f->readable = f->writable = true;
    return f;
}
