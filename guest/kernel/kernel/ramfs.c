/* The initial RAM file system: a cpio archive ("newc") linked into the kernel, read only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"

extern const char initramfs_start[], initramfs_end[];

#define INODES 128
static struct inode inodes[INODES];
static unsigned inode_count;

enum { HEADER = 110, MODE = 14, SIZE = 54, NAME_SIZE = 94 };

static u64 hex8(const char *s)
{
    u64 v = 0;
    for (int i = 0; i < 8; i++) {
        char c = s[i];
        v = v << 4 | (u64)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

void ramfs_init(void)
{
    const char *at = initramfs_start;
    while (at + HEADER < initramfs_end && !memcmp(at, "070701", 6)) {
        const char *name = at + HEADER;
        u64 size = hex8(at + SIZE);
        const char *data = initramfs_start +
                           align_up((u64)(name + hex8(at + NAME_SIZE) - initramfs_start), 4);
        if (!strcmp(name, "TRAILER!!!")) return;
        while (*name == '.' || *name == '/') name++;
        assert(inode_count < INODES);
        inodes[inode_count++] = (struct inode){ name, (u32)hex8(at + MODE), (const u8 *)data,
                                                size };
        at = data + align_up(size, 4);
    }
}

struct inode *ramfs_find(const char *path)
{
    while (*path == '/') path++;
    for (unsigned i = 0; i < inode_count; i++) {
        if (!strcmp(inodes[i].path, path)) return &inodes[i];
    }
    return NULL;
}

/* --- directories: whatever has names below it --- */

static bool is_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return !n || (!strncmp(path, dir, n) && path[n] == '/' && path[n + 1]);
}

/* The name of entry `index` of `dir`, its length in *len; NULL: no more.  "bin/sh" and "bin/init"
 * make one entry of "": the first file with a prefix stands for it. */
const char *ramfs_entry(const char *dir, unsigned index, size_t *len, bool *is_dir)
{
    while (*dir == '/') dir++;
    size_t skip = strlen(dir) + (*dir != 0);
    const char *last = NULL;
    for (unsigned i = 0; i < inode_count; i++) {
        const char *path = inodes[i].path;
        if (!*path || !is_below(path, dir)) continue;
        const char *name = path + skip, *slash = strchr(name, '/');
        size_t n = slash ? (size_t)(slash - name) : strlen(name);
        if (last && *len == n && !strncmp(last, name, n)) continue;
        last = name;
        *len = n;
        *is_dir = slash || (inodes[i].mode & 0170000) == 0040000;
        if (!index--) return name;
    }
    return NULL;
}
