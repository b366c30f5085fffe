/* Between the reader of files and what unpacks them.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_FILE_PRIV_H
#define GUEST_FILE_PRIV_H

#include "guest/file.h"

/* Shown on standard error, if that is a terminal and the file is large. */
struct progress {
    const char *doing, *path;
    u64 total;
    s64 next_us; /* host time of the next line */
    bool shown;
};
void progress_start(struct progress *p, const char *doing, const char *path, u64 total);
void progress_reach(struct progress *p, u64 done);
void progress_end(struct progress *p);

/* At least one chunk of free room behind the bytes, and how much there is. */
u8 *bytes_make_room(struct bytes *b, size_t *room);

/* One file being unpacked. */
struct unpacking {
    const u8 *in;
    u64 in_len, taken;
    struct bytes *out;
    struct progress *progress;
};
/* The next piece of input, 0 bytes at its end. */
const u8 *unpack_next(struct unpacking *u, size_t *len);

enum unpack_result { UNPACK_OK, UNPACK_DAMAGED, UNPACK_TOO_LARGE, UNPACK_NOT_BUILT };
#define UNPACK_MAX (1ull << 30) /* a kernel with all its debug information is smaller */

#define UNPACK(name, library, magic, magic_len) enum unpack_result unpack_##name(struct unpacking *u);
#include "guest/unpack.def"

#endif
