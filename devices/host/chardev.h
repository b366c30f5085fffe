/* A stream of characters to and from the host.  PUBLIC.
 *
 * The guest side writes whenever it likes; input is pulled by the machine between slices, so that
 * a host thread or signal never reaches into guest state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_HOST_CHARDEV_H
#define DEVICES_HOST_CHARDEV_H

#include <glib.h>

#include "base/types.h"

struct chardev;

struct chardev_ops {
    const char *name;
    void (*write)(struct chardev *dev, const u8 *data, size_t len);
    size_t (*read)(struct chardev *dev, u8 *data, size_t len); /* never blocks; 0: nothing now */
    int (*input_fd)(struct chardev *dev); /* to wait on, or -1: no input will ever come */
    void (*poll)(struct chardev *dev);    /* look for escape keys; may be NULL */
    void (*free)(struct chardev *dev);
};

struct chardev {
    const struct chardev_ops *ops;
    bool person; /* somebody may sit at the other end and wait */
    bool lost;   /* a file did not take what was written */
};

static inline void chardev_write(struct chardev *dev, const void *data, size_t len)
{
    dev->ops->write(dev, data, len);
}

static inline size_t chardev_read(struct chardev *dev, void *data, size_t len)
{
    return dev->ops->read(dev, data, len);
}

/* Between slices, whether or not the guest listens: escape keys must work when it is stuck. */
static inline void chardev_poll(struct chardev *dev)
{
    if (dev->ops->poll) dev->ops->poll(dev);
}

static inline int chardev_input_fd(struct chardev *dev)
{
    return dev->ops->input_fd(dev);
}

static inline void chardev_free(struct chardev *dev)
{
    if (dev) dev->ops->free(dev);
}

/* Commands a person types after the escape key (Ctrl-A). */
enum console_command { CONSOLE_QUIT, CONSOLE_RESET, CONSOLE_MONITOR, CONSOLE_POWER_BUTTON };
typedef void console_command_fn(void *opaque, enum console_command command);

/* Standard input and output.  A terminal goes to raw mode, with Ctrl-A as the escape key. */
struct chardev *chardev_stdio_new(console_command_fn *fn, void *opaque);

/* Output to a file, input from another; either may be NULL. */
struct chardev *chardev_file_new(const char *out_path, const char *in_path, GError **err);

/* Output is dropped, there is no input. */
struct chardev *chardev_null_new(void);

/* A new pseudo-terminal (its name is logged), or a socket for one client at a time. */
struct chardev *chardev_pty_new(GError **err);
struct chardev *chardev_socket_new(const char *where, GError **err); /* "tcp:PORT", "unix:PATH" */

/* By name: stdio, none, file:PATH, pty, tcp:PORT, unix:PATH. */
struct chardev *chardev_open(const char *name, console_command_fn *fn, void *opaque, GError **err);

/* Memory at both ends, for tests: `out` collects, chardev_buffer_type() queues input. */
struct chardev *chardev_buffer_new(void);
GString *chardev_buffer_output(struct chardev *dev);
void chardev_buffer_type(struct chardev *dev, const void *data, size_t len);

#endif
