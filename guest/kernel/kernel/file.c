/* Open files, and the numbers that programs have for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"

#include "block.h"
#include "console.h"
#include "mm.h"
#include "sched.h"

struct file *file_new(const struct file_ops *ops, void *data)
{
    struct file *f = kmalloc(sizeof *f);
    if (f)
        *f = (struct file){
            .ops = ops, .data = data, .users = 1, .readable = true, .writable = true
        };
    return f;
}

void file_put(struct file *f)
{
    if (!f || atomic_dec(&f->users)) return;
    if (f->ops->release) f->ops->release(f);
    kfree(f);
}

/* --- tables --- */

struct files *files_new(struct files *copy_of)
{
    struct files *t = kmalloc(sizeof *t);
    if (!t) return NULL;
    t->users = 1;
    if (!copy_of) return t;
    u64 on = spin_lock_irqsave(&copy_of->lock);
    for (int i = 0; i < FILES; i++) {
        t->fd[i] = copy_of->fd[i];
        if (t->fd[i]) atomic_inc(&t->fd[i]->users);
    }
    spin_unlock_irqrestore(&copy_of->lock, on);
    return t;
}

void files_put(struct files *t)
{
    if (!t || atomic_dec(&t->users)) return;
    for (int i = 0; i < FILES; i++) file_put(t->fd[i]);
    kfree(t);
}

int fd_install(struct file *f)
{
    struct files *t = current->files;
    int fd = 0;
    u64 on = spin_lock_irqsave(&t->lock);
    while (fd < FILES && t->fd[fd]) fd++;
    if (fd < FILES) t->fd[fd] = f;
    spin_unlock_irqrestore(&t->lock, on);
    return fd < FILES ? fd : -EMFILE;
}

struct file *fd_get(int fd)
{
    struct files *t = current->files;
    if ((unsigned)fd >= FILES) return NULL;
    u64 on = spin_lock_irqsave(&t->lock);
    struct file *f = t->fd[fd];
    if (f) atomic_inc(&f->users);
    spin_unlock_irqrestore(&t->lock, on);
    return f;
}

/* --- files of the initramfs --- */

static s64 ramfs_read(struct file *f, u64 buf, u64 n)
{
    if (f->pos >= f->inode->size) return 0;
    n = min(n, f->inode->size - f->pos);
    if (copy_to_user(buf, f->inode->data + f->pos, n)) return -EFAULT;
    f->pos += n;
    return (s64)n;
}
static const struct file_ops ramfs_ops = { .read = ramfs_read };

/* --- directories --- */

static s64 dir_read(struct file *f, u64 buf, u64 n)
{
    (void)f, (void)buf, (void)n;
    return -EISDIR;
}
static const struct file_ops dir_ops = { .read = dir_read };

struct dirent {
    u64 inode;
    s64 next;
    u16 length;
    u8 type;
    char name[61];
};

s64 sys_getdents64(u64 fd, u64 buf, u64 size);
s64 sys_getdents64(u64 fd, u64 buf, u64 size)
{
    enum { DT_DIR = 4, DT_REG = 8 };
    struct file *f = fd_get((int)fd);
    s64 done = f ? f->ops == &dir_ops ? 0 : -ENOTDIR : -EBADF;
    const char *name;
    size_t len;
    bool is_dir;
    while (done >= 0 && (name = ramfs_entry(f->dir, (unsigned)f->pos, &len, &is_dir))) {
        struct dirent d = { .inode = f->pos + 1,
                            .next = (s64)f->pos + 1,
                            .type = is_dir ? DT_DIR : DT_REG };
        len = min(len, sizeof d.name - 1);
        memcpy(d.name, name, len);
        d.length = (u16)align_up(offsetof(struct dirent, name) + len + 1, 8);
        if ((u64)done + d.length > size) {
            if (!done) done = -EINVAL;
            break;
        }
        if (copy_to_user(buf + (u64)done, &d, d.length)) done = -EFAULT;
        else done += d.length, f->pos++;
    }
    file_put(f);
    return done;
}

/* --- block devices: any bytes, through one page of memory --- */

#define DEVICES 8
static struct block_device *devices[DEVICES];
static unsigned device_count;

void block_register(struct block_device *dev)
{
    if (device_count == DEVICES) {
        printk("block device %s is left out: %u is all there is room for\n", dev->name, DEVICES);
        return;
    }
    devices[device_count++] = dev;
    printk("block device %s: %lu sectors\n", dev->name, dev->sectors);
}

struct block_device *block_find(const char *name)
{
    if (!strcmp(name, "disk0")) return device_count ? devices[0] : NULL;
    for (unsigned i = 0; i < device_count; i++) {
        if (!strcmp(devices[i]->name, name)) return devices[i];
    }
    return NULL;
}

static s64 block_piece(struct file *f, u64 buf, u64 n, char *page, bool write)
{
    struct block_device *dev = f->data;
    u64 sector = f->pos / SECTOR_SIZE, skip = f->pos % SECTOR_SIZE;
    if (sector >= dev->sectors) return 0;
    u64 left = (dev->sectors - sector) * SECTOR_SIZE - skip;
    u64 bytes = min(min(n, PAGE_SIZE - skip), left);
    unsigned count = (unsigned)(align_up(skip + bytes, SECTOR_SIZE) / SECTOR_SIZE);
    bool whole = !skip && bytes % SECTOR_SIZE == 0;
    int err = write && whole ? 0 : dev->io(dev, sector, page, count, false);
    if (!err && !write) err = copy_to_user(buf, page + skip, bytes);
    if (!err && write) err = copy_from_user(page + skip, buf, bytes);
    if (!err && write) err = dev->io(dev, sector, page, count, true);
    if (err) return err;
    f->pos += bytes;
    return (s64)bytes;
}

static s64 block_transfer(struct file *f, u64 buf, u64 n, bool write)
{
    char *page = page_alloc(0);
    u64 done = 0;
    s64 r = page ? 1 : -ENOMEM;
    while (done < n && r > 0) {
        r = block_piece(f, buf + done, n - done, page, write);
        if (r > 0) done += (u64)r;
    }
    if (page) page_free(page, 0);
    return done ? (s64)done : r;
}

static s64 block_read(struct file *f, u64 buf, u64 n)
{
    return n ? block_transfer(f, buf, n, false) : 0;
}
static s64 block_write(struct file *f, u64 buf, u64 n)
{
    return n ? block_transfer(f, buf, n, true) : 0;
}
static const struct file_ops block_ops = { .read = block_read, .write = block_write };

/* --- by name --- */

s64 file_open(const char *path, unsigned flags, struct file **out)
{
    enum { O_ACCMODE = 3 };
    struct file *f = NULL;
    if (!*path) return -ENOENT;
    if (!strncmp(path, "/dev/", 5)) {
        struct block_device *dev = block_find(path + 5);
        struct console *console = console_find(path + 5);
        if (console) f = tty_open(console);
        else if (dev) f = file_new(&block_ops, dev);
        else return -ENOENT;
    } else {
        struct inode *inode = ramfs_find(path);
        size_t len;
        bool is_dir, dir = ramfs_entry(path, 0, &len, &is_dir);
        if (!inode && !dir) return -ENOENT;
        if (flags & O_ACCMODE) return dir ? -EISDIR : -EROFS;
        f = file_new(dir ? &dir_ops : &ramfs_ops, NULL);
        if (f) f->inode = inode;
        if (f) f->writable = false;
        if (f && dir) snprintf(f->dir, sizeof f->dir, "%s", path);
    }
    *out = f;
    return f ? 0 : -ENOMEM;
}

/* --- system calls --- */

s64 sys_read(u64 fd, u64 buf, u64 n);
s64 sys_write(u64 fd, u64 buf, u64 n);
s64 sys_open(u64 path_ptr, u64 flags, u64 mode);
s64 sys_close(u64 fd);
s64 sys_dup(u64 fd);
s64 sys_dup2(u64 from, u64 to);
s64 sys_lseek(u64 fd, u64 offset, u64 whence);

s64 sys_read(u64 fd, u64 buf, u64 n)
{
    struct file *f = fd_get((int)fd);
    if (!f) return -EBADF;
    s64 r = f->readable && f->ops->read ? f->ops->read(f, buf, n) : -EBADF;
    file_put(f);
    return r == -EINTR ? call_interrupted(fd, buf, n, 0) : r;
}

s64 sys_write(u64 fd, u64 buf, u64 n)
{
    struct file *f = fd_get((int)fd);
    if (!f) return -EBADF;
    s64 r = f->writable && f->ops->write ? f->ops->write(f, buf, n) : -EBADF;
    file_put(f);
    return r == -EINTR ? call_interrupted(fd, buf, n, 0) : r;
}

s64 sys_open(u64 path_ptr, u64 flags, u64 mode)
{
    char path[128];
    struct file *f;
    (void)mode;
    s64 err = copy_string_from_user(path, path_ptr, sizeof path);
    if (err >= 0) err = file_open(path, (unsigned)flags, &f);
    if (err < 0) return err;
    int fd = fd_install(f);
    if (fd < 0) file_put(f);
    return fd;
}

static struct file *fd_replace(u64 fd, struct file *f)
{
    struct files *t = current->files;
    u64 on = spin_lock_irqsave(&t->lock);
    struct file *old = t->fd[fd];
    t->fd[fd] = f;
    spin_unlock_irqrestore(&t->lock, on);
    return old;
}

s64 sys_close(u64 fd)
{
    struct file *f = fd < FILES ? fd_replace(fd, NULL) : NULL;
    file_put(f);
    return f ? 0 : -EBADF;
}

s64 sys_dup(u64 fd)
{
    struct file *f = fd_get((int)fd);
    int new = f ? fd_install(f) : -EBADF;
    if (f && new < 0) file_put(f);
    return new;
}

s64 sys_dup2(u64 from, u64 to)
{
    if (to >= FILES) return -EBADF;
    struct file *f = fd_get((int)from);
    if (!f) return -EBADF;
    file_put(fd_replace(to, f));
    return (s64)to;
}

s64 sys_lseek(u64 fd, u64 offset, u64 whence)
{
    enum { SET, CUR, END };
    struct file *f = fd_get((int)fd);
    if (!f) return -EBADF;
    u64 size = f->inode               ? f->inode->size
               : f->ops == &block_ops ? ((struct block_device *)f->data)->sectors * SECTOR_SIZE
                                      : 0;
    bool seekable = f->inode || f->ops == &block_ops;
    s64 r = seekable && whence <= END ? (s64)(offset + (whence == CUR   ? f->pos
                                                        : whence == END ? size
                                                                        : 0))
            : seekable                ? -EINVAL
                                      : -ESPIPE;
    if (r >= 0) f->pos = (u64)r;
    file_put(f);
    return r;
}
