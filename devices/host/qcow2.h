/* Reading qcow2 images.  PRIVATE to devices/host.
 *
 * Versions 2 and 3 of the format, with holes, zeroed clusters, clusters packed by zlib (and zstd,
 * where libzstd was there), backing files.  Nothing is ever written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_HOST_QCOW2_H
#define DEVICES_HOST_QCOW2_H

#include <glib.h>

#include "devices/host/block.h"

#define QCOW2_MAGIC "QFI\xfb"

struct qcow2;

/* `fd` stays the caller's, and open.  All tables are looked at: what is out of place is found now,
 * not in the middle of a run.  `depth`: how many images lie on this one. */
struct qcow2 *qcow2_open(int fd, const char *path, unsigned depth, GError **err);
void qcow2_free(struct qcow2 *q);
u64 qcow2_size(const struct qcow2 *q);
/* Past the end is zeros. */
bool qcow2_read(struct qcow2 *q, u64 at, u8 *buf, u64 len) MUST_USE;

/* block_file.c: the image under an image; raw whatever it looks like, or found out. */
struct block *block_open_backing(const char *path, bool raw, unsigned depth, GError **err);
/* `len` bytes of a file; zeros behind its end. */
bool block_read_file(int fd, u64 at, u8 *buf, u64 len) MUST_USE;

/* One packed cluster: exactly `to_len` bytes come out; what is left of `from` is padding. */
typedef bool qcow2_unpack_fn(const u8 *from, size_t from_len, u8 *to, size_t to_len);
qcow2_unpack_fn qcow2_unpack_zlib;
qcow2_unpack_fn *qcow2_unpack_zstd(void); /* NULL: built without libzstd */

#endif
