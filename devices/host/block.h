/* A disk's contents on the host.  PUBLIC.
 *
 * A raw file, sparse or not, or a block device.  In snapshot mode writes go to an overlay in memory
 * and the image stays as it is; so modes that do not write take qcow2 images too.  Images are locked
 * while in use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_HOST_BLOCK_H
#define DEVICES_HOST_BLOCK_H

#include <glib.h>

#include "base/types.h"

enum block_mode { BLOCK_READ_WRITE, BLOCK_READ_ONLY, BLOCK_SNAPSHOT };

struct block;

struct block *block_open(const char *path, enum block_mode mode, GError **err);
void block_free(struct block *block);
u64 block_size(const struct block *block); /* bytes */
bool block_is_read_only(const struct block *block);

/* Whole ranges within the size; false: the host failed, or the image is read-only. */
bool block_read(struct block *block, u64 at, void *buf, u64 len) MUST_USE;
bool block_write(struct block *block, u64 at, const void *buf, u64 len) MUST_USE;
bool block_flush(struct block *block) MUST_USE; /* what was written survives a crash of the host */

#endif
