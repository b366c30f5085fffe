/* Files: the kernel's calls with types.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

long open(const char *path, int flags)
{
    return sys(NR_open, path, flags);
}

long read(int fd, void *buf, size_t n)
{
    return sys(NR_read, fd, buf, n);
}

long read_all(int fd, void *buf, size_t n)
{
    size_t done = 0;
    while (done < n) {
        long got = read(fd, (u8 *)buf + done, n - done);
        if (got < 0) return got;
        if (!got) break;
        done += (size_t)got;
    }
    return (long)done;
}

long write(int fd, const void *buf, size_t n)
{
    return sys(NR_write, fd, buf, n);
}

long close(int fd)
{
    return sys(NR_close, fd);
}
