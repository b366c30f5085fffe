/* Consoles: where printk, stdout and stdin end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_CONSOLE_H
#define JANUS_CONSOLE_H

#include "kernel.h"

struct console {
    const char *name;
    void (*write)(const char *s, size_t n); /* any context; must not sleep */
    int (*getc)(void);                      /* next character, or -1 */
};
void console_register(struct console *c); /* replaces the one before */
void console_write(const char *s, size_t n);
void console_input(void); /* by the driver's interrupt handler: characters may be there */

#endif
