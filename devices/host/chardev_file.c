/* Consoles without a person: files, nothing at all, and a pair of buffers for tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>

#include "devices/host/chardev.h"

struct file {
    struct chardev dev;
    FILE *out, *in;
};

static void file_write(struct chardev *dev, const u8 *data, size_t len)
{
    struct file *f = CONTAINER_OF(dev, struct file, dev);
    if (!f->out) return;
    if (fwrite(data, 1, len, f->out) != len || fflush(f->out)) dev->lost = true;
}

static size_t file_read(struct chardev *dev, u8 *data, size_t len)
{
    struct file *f = CONTAINER_OF(dev, struct file, dev);
    return f->in ? fread(data, 1, len, f->in) : 0;
}

static int no_input_fd(struct chardev *dev)
{
    (void)dev;
    return -1;
}

static void file_free(struct chardev *dev)
{
    struct file *f = CONTAINER_OF(dev, struct file, dev);
    if (f->out) fclose(f->out);
    if (f->in) fclose(f->in);
    g_free(f);
}

static const struct chardev_ops file_ops = {
    .name = "file", .write = file_write, .read = file_read,
    .input_fd = no_input_fd, .free = file_free,
};

static FILE *open_or_explain(const char *path, const char *mode, GError **err)
{
    FILE *f = fopen(path, mode);
    if (!f) {
        g_set_error(err, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot open console file %s: %s", path, g_strerror(errno));
    }
    return f;
}

struct chardev *chardev_file_new(const char *out_path, const char *in_path, GError **err)
{
    struct file *f = g_new0(struct file, 1);
    f->dev.ops = &file_ops;
    if (out_path && !(f->out = open_or_explain(out_path, "wb", err))) goto fail;
    if (in_path && !(f->in = open_or_explain(in_path, "rb", err))) goto fail;
    return &f->dev;
fail:
    file_free(&f->dev);
    return NULL;
}

struct chardev *chardev_null_new(void)
{
    return chardev_file_new(NULL, NULL, NULL);
}

struct buffer {
    struct chardev dev;
    GString *out, *in;
};

static void buffer_write(struct chardev *dev, const u8 *data, size_t len)
{
    struct buffer *b = CONTAINER_OF(dev, struct buffer, dev);
    g_string_append_len(b->out, (const char *)data, (gssize)len);
}

static size_t buffer_read(struct chardev *dev, u8 *data, size_t len)
{
    struct buffer *b = CONTAINER_OF(dev, struct buffer, dev);
    size_t n = MIN(len, b->in->len);
    memcpy(data, b->in->str, n);
    g_string_erase(b->in, 0, (gssize)n);
    return n;
}

static void buffer_free(struct chardev *dev)
{
    struct buffer *b = CONTAINER_OF(dev, struct buffer, dev);
    g_string_free(b->out, TRUE);
    g_string_free(b->in, TRUE);
    g_free(b);
}

static const struct chardev_ops buffer_ops = {
    .name = "buffer", .write = buffer_write, .read = buffer_read,
    .input_fd = no_input_fd, .free = buffer_free,
};

struct chardev *chardev_buffer_new(void)
{
    struct buffer *b = g_new0(struct buffer, 1);
    b->dev.ops = &buffer_ops;
    b->out = g_string_new(NULL);
    b->in = g_string_new(NULL);
    return &b->dev;
}

GString *chardev_buffer_output(struct chardev *dev)
{
    return CONTAINER_OF(dev, struct buffer, dev)->out;
}

void chardev_buffer_type(struct chardev *dev, const void *data, size_t len)
{
    g_string_append_len(CONTAINER_OF(dev, struct buffer, dev)->in, data, (gssize)len);
}
