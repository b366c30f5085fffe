/* Reading and unpacking, piece by piece, see file.h.  The formats are told apart by their first
 * bytes, not by names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/file-priv.h"
#include "guest/guest.h"

#define CHUNK (1u << 20)

static const struct format {
    const char *name, *library, *magic;
    size_t magic_len;
    enum unpack_result (*unpack)(struct unpacking *u);
} formats[] = {
#define UNPACK(name, library, magic, magic_len) { #name, library, magic, magic_len, unpack_##name },
#include "guest/unpack.def"
};

void bytes_clear(struct bytes *b)
{
    g_free(b->data);
    *b = (struct bytes){ 0 };
}

u8 *bytes_make_room(struct bytes *b, size_t *room)
{
    if (b->room - b->len < CHUNK) {
        b->room = MAX(b->room + CHUNK, b->room + b->room / 2);
        b->data = g_realloc(b->data, b->room);
    }
    *room = b->room - b->len;
    return b->data + b->len;
}

static bool refuse(GError **err, enum guest_error code, const char *path, const char *why)
{
    g_set_error(err, GUEST_ERROR, (gint)code, "%s: %s", path, why);
    return false;
}

/* errno in words. */
static bool unreadable(GError **err, const char *path)
{
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_FILE, "%s: cannot be read: %s", path,
                g_strerror(errno));
    return false;
}

static bool too_long(GError **err, const char *path, u64 most)
{
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_PLACE,
                "%s: does not fit: it is longer than %" G_GINT64_MODIFIER "u MB", path, most >> 20);
    return false;
}

static bool read_all(int fd, const char *path, u64 most, struct bytes *bytes, GError **err)
{
    struct stat st;
    struct progress progress;
    ssize_t n;
    if (fstat(fd, &st)) return unreadable(err, path);
    if (S_ISREG(st.st_mode)) {
        if ((u64)st.st_size > most) return too_long(err, path, most);
        bytes->room = (u64)st.st_size + CHUNK; /* one piece more, to see the end */
        bytes->data = g_malloc(bytes->room);
    }
    progress_start(&progress, "loading", path, S_ISREG(st.st_mode) ? (u64)st.st_size : 0);
    do {
        size_t room;
        u8 *to = bytes_make_room(bytes, &room);
        n = read(fd, to, MIN(room, CHUNK));
        if (n > 0) bytes->len += (u64)n;
        progress_reach(&progress, bytes->len);
    } while (bytes->len <= most && (n > 0 || (n < 0 && errno == EINTR)));
    progress_end(&progress);
    if (bytes->len > most) return too_long(err, path, most);
    return n == 0 || unreadable(err, path);
}

bool file_read(const char *path, u64 most, struct bytes *bytes, GError **err)
{
    *bytes = (struct bytes){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return unreadable(err, path);
    bool ok = read_all(fd, path, most, bytes, err);
    close(fd);
    if (ok && !bytes->len) ok = refuse(err, GUEST_ERROR_FORMAT, path, "the file is empty");
    if (!ok) bytes_clear(bytes);
    return ok;
}

const u8 *unpack_next(struct unpacking *u, size_t *len)
{
    const u8 *at = u->in + u->taken;
    *len = MIN(u->in_len - u->taken, CHUNK);
    u->taken += *len;
    progress_reach(u->progress, u->taken);
    return at;
}

static const struct format *format_of(const struct bytes *b)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        const struct format *f = &formats[i];
        if (b->len >= f->magic_len && !memcmp(b->data, f->magic, f->magic_len)) return f;
    }
    return NULL;
}

static bool explain(enum unpack_result result, const struct format *f, const char *path,
                    GError **err)
{
    static const char *const why[] = {
        [UNPACK_DAMAGED] = "the compressed data is damaged or cut short",
        [UNPACK_TOO_LARGE] = "it would be too large for a kernel",
        [UNPACK_NOT_BUILT] = "this epic64 was built without the library that unpacks it",
    };
    if (result == UNPACK_OK) return true;
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_FORMAT, "%s: cannot be read: %s (%s, %s)", path,
                why[result], f->name, f->library);
    return false;
}

bool file_read_unpacked(const char *path, struct bytes *bytes, GError **err)
{
    struct bytes packed;
    struct progress progress;
    if (!file_read(path, UNPACK_MAX, &packed, err)) return false;
    const struct format *f = format_of(&packed);
    if (!f) {
        *bytes = packed;
        return true;
    }
    *bytes = (struct bytes){ 0 };
    struct unpacking u = { packed.data, packed.len, 0, bytes, &progress };
    progress_start(&progress, "unpacking", path, packed.len);
    bool ok = explain(f->unpack(&u), f, path, err);
    progress_end(&progress);
    bytes_clear(&packed);
    if (!ok) bytes_clear(bytes);
    return ok;
}
