/* The disk: reads that wait for an interrupt each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

enum { CHUNK = 16384, SEEK_SET = 0, SEEK_END = 2 };

static u8 buffer[CHUNK] __attribute__((aligned(CHUNK)));

const char *disk_reads(long n)
{
    long wrong = 0;
    int fd = (int)open("/dev/disk0", O_RDONLY);
    if (fd < 0) return no_disk;
    if (sys(NR_lseek, fd, 0, SEEK_END) < CHUNK) return small_disk;
    WANT(sys(NR_lseek, fd, 0, SEEK_SET) == 0);
    begin(n);
    for (long i = 0; i < n; i++) {
        if (read(fd, buffer, CHUNK) == CHUNK) continue;
        wrong += sys(NR_lseek, fd, 0, SEEK_SET) != 0; /* a small disk: again from its beginning */
        wrong += read(fd, buffer, CHUNK) != CHUNK;
    }
    end();
    close(fd);
    WANT(wrong == 0);
    return NULL;
}
