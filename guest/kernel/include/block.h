/* Block devices.  Visible to programs by their name in /dev, the first one also as /dev/disk0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_BLOCK_H
#define JANUS_BLOCK_H

#include "kernel.h"

#define SECTOR_SIZE 512
struct block_device {
    const char *name;
    u64 sectors;
    /* 0 or -errno; sleeps until done.  `buf` is kernel memory of region 7. */
    int (*io)(struct block_device *dev, u64 sector, void *buf, unsigned count, bool write);
    void *driver;
};
void block_register(struct block_device *dev);
struct block_device *block_find(const char *name); /* "disk0", or the device's own name */

#endif
