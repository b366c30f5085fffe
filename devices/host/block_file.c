/* Disk images in files: raw ones, and what qcow2.c reads.  The overlay of snapshot mode is a table
 * of 64 KB clusters, filled from the image at the first write to each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/host/block.h"
#include "devices/host/qcow2.h"

#define CLUSTER 65536ull

struct block {
    int fd;
    u64 size;
    enum block_mode mode;
    struct qcow2 *qcow2; /* NULL: raw */
    GHashTable *overlay; /* cluster number + 1 -> bytes; snapshot mode only */
};

static bool explain(GError **err, const char *what, const char *path)
{
    int code = errno;
    g_set_error(err, G_IO_ERROR, g_io_error_from_errno(code), "cannot %s disk image %s: %s", what,
                path, code == EWOULDBLOCK ? "it is in use" : g_strerror(code));
    return false;
}

/* Taken as raw, a packed image would look like a disk full of garbage, and be damaged by writes. */
static const struct format {
    const char *magic, *name;
} formats[] = {
    { QCOW2_MAGIC, "qcow2" }, { "KDMV", "VMDK" }, { "conectix", "VHD" }, { "vhdxfile", "VHDX" },
};
#define MAGIC_BYTES 8u

static const struct format *packed_format(const u8 *start)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (!memcmp(start, formats[i].magic, strlen(formats[i].magic))) return &formats[i];
    }
    return NULL;
}

static bool open_packed(struct block *b, const struct format *f, const char *path, unsigned depth,
                        GError **err)
{
    bool known = f == formats;
    if (known && b->mode != BLOCK_READ_WRITE) {
        b->qcow2 = qcow2_open(b->fd, path, depth, err);
        if (b->qcow2) b->size = qcow2_size(b->qcow2);
        return b->qcow2 != NULL;
    }
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "disk image %s is in %s format, which "
                "is not %s; %sqemu-img convert -O raw makes a raw one", path, f->name,
                known ? "written" : "read", known ? "add ,snapshot or ,ro to read it, or " : "");
    return false;
}

static bool is_disk(int fd, const char *path, GError **err)
{
    struct stat st;
    if (fstat(fd, &st)) return explain(err, "look at", path);
    if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) return true;
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "disk image %s is %s, neither a file nor a block device", path,
                S_ISDIR(st.st_mode) ? "a directory" : "a pipe or the like");
    return false;
}

static bool open_image(struct block *b, const char *path, bool raw, unsigned depth, GError **err)
{
    bool writes = b->mode == BLOCK_READ_WRITE;
    u8 start[MAGIC_BYTES];
    /* O_NONBLOCK: a pipe would wait for its other end. */
    b->fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (b->fd < 0) return explain(err, "open", path);
    if (!is_disk(b->fd, path, err)) return false;
    if (flock(b->fd, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB)) return explain(err, "lock", path);
    off_t end = lseek(b->fd, 0, SEEK_END);
    if (end < 0) return explain(err, "find the size of", path);
    if (!block_read_file(b->fd, 0, start, sizeof start)) return explain(err, "read", path);
    const struct format *packed = raw ? NULL : packed_format(start);
    if (packed) return open_packed(b, packed, path, depth, err);
    b->size = align_down((u64)end, 512);
    if (b->size) return true;
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "disk image %s is empty", path);
    return false;
}

static struct block *open_block(const char *path, enum block_mode mode, bool raw, unsigned depth,
                                GError **err)
{
    struct block *b = g_new0(struct block, 1);
    b->mode = mode;
    b->fd = -1;
    if (!open_image(b, path, raw, depth, err)) {
        block_free(b);
        return NULL;
    }
    if (mode == BLOCK_SNAPSHOT) {
        b->overlay = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    }
    return b;
}

struct block *block_open(const char *path, enum block_mode mode, GError **err)
{
    return open_block(path, mode, false, 0, err);
}

struct block *block_open_backing(const char *path, bool raw, unsigned depth, GError **err)
{
    return open_block(path, BLOCK_READ_ONLY, raw, depth, err);
}

void block_free(struct block *b)
{
    if (!b) return;
    if (b->overlay) g_hash_table_destroy(b->overlay);
    qcow2_free(b->qcow2);
    if (b->fd >= 0) close(b->fd);
    g_free(b);
}

u64 block_size(const struct block *b)
{
    return b->size;
}

bool block_is_read_only(const struct block *b)
{
    return b->mode == BLOCK_READ_ONLY;
}

/* Bytes past the end of the file (an image whose last cluster is short) read as zero. */
bool block_read_file(int fd, u64 at, u8 *buf, u64 len)
{
    while (len) {
        ssize_t n = pread(fd, buf, len, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) {
            memset(buf, 0, len);
            return true;
        }
        buf += n, at += (u64)n, len -= (u64)n;
    }
    return true;
}

static bool read_image(struct block *b, u64 at, u8 *buf, u64 len)
{
    return b->qcow2 ? qcow2_read(b->qcow2, at, buf, len) : block_read_file(b->fd, at, buf, len);
}

/* A guest that writes the start of a packed image on its raw disk would have the next run take it
 * for one, and read a backing file of the guest's choice. */
static bool stays_raw(struct block *b, u64 at, const u8 *buf, u64 len)
{
    u8 start[MAGIC_BYTES];
    if (at >= MAGIC_BYTES) return true;
    if (!block_read_file(b->fd, 0, start, sizeof start)) return false;
    memcpy(start + at, buf, MIN(len, MAGIC_BYTES - at));
    const struct format *f = packed_format(start);
    if (f) log_warning("disk", "refused to let the guest turn a raw disk into a %s image", f->name);
    return !f;
}

static bool write_file(struct block *b, u64 at, const u8 *buf, u64 len)
{
    while (len) {
        ssize_t n = pwrite(b->fd, buf, len, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        buf += n, at += (u64)n, len -= (u64)n;
    }
    return true;
}

static u8 *overlay_find(struct block *b, u64 cluster)
{
    return b->overlay ? g_hash_table_lookup(b->overlay, GSIZE_TO_POINTER(cluster + 1)) : NULL;
}

static u8 *overlay_make(struct block *b, u64 cluster)
{
    u8 *data = overlay_find(b, cluster);
    if (data) return data;
    data = g_malloc(CLUSTER);
    if (!read_image(b, cluster * CLUSTER, data, CLUSTER)) {
        g_free(data);
        return NULL;
    }
    g_hash_table_insert(b->overlay, GSIZE_TO_POINTER(cluster + 1), data);
    return data;
}

static bool in_range(const struct block *b, u64 at, u64 len)
{
    return at <= b->size && len <= b->size - at;
}

bool block_read(struct block *b, u64 at, void *buf, u64 len)
{
    if (!in_range(b, at, len)) return false;
    if (!b->overlay) return read_image(b, at, buf, len);
    for (u64 done = 0; done < len;) {
        u64 in_cluster = (at + done) % CLUSTER;
        u64 piece = MIN(CLUSTER - in_cluster, len - done);
        const u8 *data = overlay_find(b, (at + done) / CLUSTER);
        if (data) {
            memcpy((u8 *)buf + done, data + in_cluster, piece);
        } else if (!read_image(b, at + done, (u8 *)buf + done, piece)) {
            return false;
        }
        done += piece;
    }
    return true;
}

bool block_write(struct block *b, u64 at, const void *buf, u64 len)
{
    if (!in_range(b, at, len) || b->mode == BLOCK_READ_ONLY) return false;
    if (!b->overlay) return stays_raw(b, at, buf, len) && write_file(b, at, buf, len);
    for (u64 done = 0; done < len;) {
        u64 in_cluster = (at + done) % CLUSTER;
        u64 piece = MIN(CLUSTER - in_cluster, len - done);
        u8 *data = overlay_make(b, (at + done) / CLUSTER);
        if (!data) return false;
        memcpy(data + in_cluster, (const u8 *)buf + done, piece);
        done += piece;
    }
    return true;
}

bool block_flush(struct block *b)
{
    return b->mode != BLOCK_READ_WRITE || fdatasync(b->fd) == 0;
}
