/* Xenstore as a domain's drivers see it: a tree of short texts, kept by another domain.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DRIVERS_XENBUS_H
#define DRIVERS_XENBUS_H

#include "kernel.h"

enum { XENBUS_INITIALISING = 1, XENBUS_INIT_WAIT = 2, XENBUS_INITIALISED = 3, XENBUS_CONNECTED = 4,
       XENBUS_CLOSING = 5 };
enum { XENBUS_PATH = 96, XENBUS_VALUE = 1024 };

/* May sleep; to be called by initcalls only, one at a time.  The results are lengths, or -errno. */
int xenbus_list(const char *path, char *names, size_t size); /* a NUL behind each name */
int xenbus_read(const char *directory, const char *name, char *value, size_t size);
u64 xenbus_number(const char *directory, const char *name); /* decimal; panics without */
void xenbus_write(const char *directory, const char *name, const char *fmt, ...) printf_like(3, 4);

#endif
