/* Consoles: where printk, stdout and stdin end.
 *
 * As Linux has it, messages go to all consoles that the command line names (console=hvc0), and the
 * last one named is the console of programs.  While it names none that is there, the first is both.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_CONSOLE_H
#define JANUS_CONSOLE_H

#include "fs.h"
#include "kernel.h"
#include "wait.h"

enum { CONSOLE_LINE = 512 };

struct console {
    const char *name;
    void (*write)(const char *s, size_t n); /* any context; must not sleep */
    int (*getc)(void);                      /* next character, or -1; one caller at a time */

    /* The rest is tty.c's: */
    struct console *next;
    bool messages; /* printk's */
    spinlock_t lock;
    struct wait_queue readers;
    char typed[CONSOLE_LINE], ready[CONSOLE_LINE]; /* the current line, and those before it */
    size_t typed_length, ready_length;
};
void console_register(struct console *c);
void console_lost(struct console *c);  /* it has stopped for good */
void console_input(struct console *c); /* by its interrupt handler: characters may be there */
void console_write(const char *s, size_t n);    /* by printk */
struct console *console_find(const char *name); /* in /dev; NULL: no console */
struct file *tty_open(struct console *c);

#endif
