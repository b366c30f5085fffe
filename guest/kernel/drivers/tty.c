/* Consoles as files: what is written goes to the console's driver, what is typed comes back a line
 * at a time, with echo, erase and an end of file (^D).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "mm.h"
#include "sched.h"

enum { CHUNK = 256 };
enum { END_OF_FILE = 4, ERASE = 8, ERASE_TOO = 127 };

/* --- which console --- */

static struct console *consoles, *main_console;

/* Where the command line names it last, or NULL. */
static const char *named(const struct console *c)
{
    static const char option[] = "console=";
    size_t n = strlen(c->name);
    const char *last = NULL;
    for (const char *p = cmdline; (p = strstr(p, option)); p++) {
        const char *name = p + sizeof option - 1;
        bool word = p == cmdline || p[-1] == ' ';
        if (word && !strncmp(name, c->name, n) && strchr(" ,", name[n])) last = name;
    }
    return last;
}

static void choose(void)
{
    struct console *last = consoles;
    for (struct console *c = consoles; c; c = c->next) {
        if (named(c) > named(last)) last = c;
    }
    main_console = last;
    for (struct console *c = consoles; c; c = c->next) c->messages = c == last || named(c);
}

void console_register(struct console *c)
{
    struct console **end = &consoles;
    wait_queue_init(&c->readers);
    if (main_console && named(c)) printk("console %s\n", c->name);
    while (*end) end = &(*end)->next;
    *end = c;
    choose();
}

void console_lost(struct console *c)
{
    struct console **p = &consoles;
    while (*p && *p != c) p = &(*p)->next;
    if (*p) *p = c->next;
    choose();
    printk("console %s has stopped\n", c->name);
}

struct console *console_find(const char *name)
{
    if (!strcmp(name, "console") || !strcmp(name, "tty")) return main_console;
    for (struct console *c = consoles; c; c = c->next) {
        if (!strcmp(c->name, name)) return c;
    }
    return NULL;
}

void console_write(const char *s, size_t n)
{
    for (struct console *c = consoles; c; c = c->next) {
        if (c->messages) c->write(s, n);
    }
}

/* --- lines --- */

/* The line is ready, with the key that ended it. */
static void complete(struct console *c, char end)
{
    memcpy(c->ready + c->ready_length, c->typed, c->typed_length);
    c->ready_length += c->typed_length;
    c->ready[c->ready_length++] = end;
    c->typed_length = 0;
}

static void type(struct console *c, char key)
{
    if (key == ERASE || key == ERASE_TOO) {
        if (!c->typed_length) return;
        c->typed_length--;
        c->write("\b \b", 3);
    } else if (key == END_OF_FILE) {
        complete(c, key);
    } else if (key == '\n') {
        c->write(&key, 1);
        complete(c, key);
    } else if (c->typed_length < CONSOLE_LINE - 1) {
        c->write(&key, 1);
        c->typed[c->typed_length++] = key;
    }
}

/* What there is no room for is left to the driver until somebody has read. */
static bool has_room(const struct console *c)
{
    return !c->ready_length || c->ready_length + c->typed_length < CONSOLE_LINE;
}

void console_input(struct console *c)
{
    bool on = spin_lock_irqsave(&c->lock);
    for (int key; has_room(c) && (key = c->getc()) >= 0;) type(c, key == '\r' ? '\n' : (char)key);
    bool something = c->ready_length;
    spin_unlock_irqrestore(&c->lock, on);
    if (something) wake_up(&c->readers);
}

static bool ends_line(char key)
{
    return key == '\n' || key == END_OF_FILE;
}

/* Up to the end of the first line, n characters at most; -1: nothing is ready. */
static s64 take(struct console *c, char *to, size_t n)
{
    bool on = spin_lock_irqsave(&c->lock);
    bool some = c->ready_length;
    size_t got = 0;
    while (got < min(n, c->ready_length) && !ends_line(c->ready[got])) got++;
    bool ended = got < c->ready_length && c->ready[got] == END_OF_FILE;
    if (got < n && got < c->ready_length && !ended) got++; /* the end of a line is part of it, */
    size_t gone = got + ended;                             /* that of a file is not */
    memcpy(to, c->ready, got);
    c->ready_length -= gone;
    memmove(c->ready, c->ready + gone, c->ready_length);
    spin_unlock_irqrestore(&c->lock, on);
    if (some) console_input(c); /* there is room for more */
    return some ? (s64)got : -1;
}

/* --- files --- */

static s64 tty_read(struct file *f, u64 buf, u64 n)
{
    struct console *c = f->data;
    char line[CHUNK];
    s64 got = -1;
    if (!n) return 0;
    n = min(n, (u64)CHUNK);
    int error = wait_event_interruptible(&c->readers, (got = take(c, line, n)) >= 0);
    if (error) return error;
    return copy_to_user(buf, line, (size_t)got) ? -EFAULT : got;
}

static s64 tty_write(struct file *f, u64 buf, u64 n)
{
    struct console *c = f->data;
    char chunk[CHUNK];
    for (u64 done = 0; done < n;) {
        size_t piece = min(n - done, (u64)CHUNK);
        if (copy_from_user(chunk, buf + done, piece)) return done ? (s64)done : -EFAULT;
        c->write(chunk, piece);
        done += piece;
        let_others_run();
        if (done < n && signal_kills()) return (s64)done;
    }
    return (s64)n;
}

static const struct file_ops tty_ops = { .read = tty_read, .write = tty_write };

struct file *tty_open(struct console *c)
{
    return file_new(&tty_ops, c);
}
