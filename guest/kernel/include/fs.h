/* Files: the initial RAM file system, devices, pipes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_FS_H
#define JANUS_FS_H

#include "kernel.h"
#include "lock.h"

struct inode { /* a file of the initramfs */
    const char *path;
    u32 mode;
    const u8 *data;
    u64 size;
};
void ramfs_init(void);
struct inode *ramfs_find(const char *path); /* "/bin/x" */

const char *ramfs_entry(const char *dir, unsigned index, size_t *len, bool *is_dir);

struct file;
struct file_ops {
    s64 (*read)(struct file *f, u64 buf, u64 n);  /* user addresses */
    s64 (*write)(struct file *f, u64 buf, u64 n);
    void (*release)(struct file *f);
};
struct file {
    const struct file_ops *ops;
    int users;
    u64 pos;
    struct inode *inode;
    void *data;
    bool readable, writable;
    char dir[64]; /* of a directory: its path */
};
struct file *file_new(const struct file_ops *ops, void *data);
void file_put(struct file *f);
s64 file_open(const char *path, unsigned flags, struct file **out);

#define FILES 64
struct files {
    int users;
    spinlock_t lock;
    struct file *fd[FILES];
};
struct files *files_new(struct files *copy_of);
void files_put(struct files *f);
int fd_install(struct file *f); /* the lowest free number, or -EMFILE */
struct file *fd_get(int fd);    /* NULL; let go of it by file_put */

#endif
