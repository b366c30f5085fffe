/* qcow2, as QEMU's docs/interop/qcow2.txt has it.  The disk is cut into clusters.  A table of one
 * entry per cluster, itself cut into pieces (level 2) that a table in memory names (level 1), says
 * where a cluster is: nowhere (then it is the backing file's, or zero), in the file, packed in the
 * file, or zero by decree.  Pieces are read when first needed and kept.
 *
 * An image comes from anywhere: whatever it says is checked against the size of its file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/host/qcow2.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"

#define VERSION_2_LENGTH 72u
#define VERSION_3_LENGTH 104u
#define HEADER_BYTES 112u    /* all fields that we know */
#define CLUSTER_BITS_MIN 9u
#define CLUSTER_BITS_MAX 21u
#define L1_BYTES_MAX (32u << 20)
#define DEPTH_MAX 16u        /* images on top of each other; one that lies on itself ends here */
#define NAME_MAX_LENGTH 1023u
#define BACKING_FORMAT 0xe2792acau /* a header extension: the name of the backing file's format */
#define PACK_ZLIB 0
#define PACK_ZSTD 1
#define FEATURE_PACKING 3    /* bits of the incompatible features */

struct qcow2 {
    int fd;
    char *path;
    u64 file_size, size;
    unsigned version, cluster_bits;
    u64 *l1, l1_count, l1_at;
    u64 **l2;                /* by entry of l1; NULL: not read yet */
    struct block *backing;
    qcow2_unpack_fn *unpack;
    u8 *unpacked;            /* one cluster ... */
    u64 unpacked_at;         /* ... of this entry of level 2; 0: none */
    bool complained;
};

static bool refuse(const struct qcow2 *q, GError **err, const char *fmt, ...) PRINTF(3, 4);

static bool refuse(const struct qcow2 *q, GError **err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *why = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "disk image %s (qcow2): %s", q->path,
                why);
    g_free(why);
    return false;
}

static u64 cluster_size(const struct qcow2 *q)
{
    return 1ull << q->cluster_bits;
}

/* Entries of a piece of level 2. */
static u64 l2_count(const struct qcow2 *q)
{
    return cluster_size(q) / sizeof(u64);
}

static bool in_file(const struct qcow2 *q, u64 at, u64 len)
{
    return at <= q->file_size && len <= q->file_size - at;
}

static u32 be32(const u8 *p)
{
    u32 v;
    memcpy(&v, p, sizeof v);
    return GUINT32_FROM_BE(v);
}

static u64 be64(const u8 *p)
{
    u64 v;
    memcpy(&v, p, sizeof v);
    return GUINT64_FROM_BE(v);
}

static bool read_table(const struct qcow2 *q, u64 at, u64 *table, u64 count)
{
    if (!block_read_file(q->fd, at, (u8 *)table, count * sizeof(u64))) return false;
    for (u64 i = 0; i < count; i++) table[i] = GUINT64_FROM_BE(table[i]);
    return true;
}

/* --- tables ----------------------------------------------------------------------------------- */

static u64 entry_offset(u64 entry)
{
    return bits(entry, 55, 9) << 9;
}

static bool entry_is_packed(u64 entry)
{
    return bit(entry, 62);
}

static bool entry_is_zero(const struct qcow2 *q, u64 entry)
{
    return q->version >= 3 && bit(entry, 0);
}

/* Where the bytes of a packed cluster are, to the end of their last sector. */
static u64 packed_offset(const struct qcow2 *q, u64 entry, u64 *len)
{
    unsigned split = 62 - (q->cluster_bits - 8);
    u64 at = bits(entry, split - 1, 0);
    *len = (bits(entry, 61, split) + 1) * 512 - at % 512;
    return at;
}

/* What lies behind the end of a file is zero: writers leave the last cluster short. */
static bool check_entry(const struct qcow2 *q, u64 entry, u64 cluster, GError **err)
{
    u64 len, at = entry_is_packed(entry) ? packed_offset(q, entry, &len) : entry_offset(entry);
    if (at >= q->file_size) {
        return refuse(q, err, "damaged: cluster %" G_GUINT64_FORMAT " lies outside the file",
                      cluster);
    }
    if (!entry_is_packed(entry) && at % cluster_size(q)) {
        return refuse(q, err, "damaged: cluster %" G_GUINT64_FORMAT " is out of line", cluster);
    }
    return true;
}

static u64 *load_l2(struct qcow2 *q, u64 i)
{
    if (q->l2[i]) return q->l2[i];
    u64 *table = g_new(u64, l2_count(q));
    if (read_table(q, entry_offset(q->l1[i]), table, l2_count(q))) return q->l2[i] = table;
    g_free(table);
    return NULL;
}

static bool check_l2(struct qcow2 *q, u64 i, u64 *table, GError **err)
{
    u64 at = entry_offset(q->l1[i]);
    if (at % cluster_size(q) || !in_file(q, at, cluster_size(q))) {
        return refuse(q, err, "damaged: table %" G_GUINT64_FORMAT " lies outside the file", i);
    }
    if (!read_table(q, at, table, l2_count(q))) return refuse(q, err, "cannot be read");
    for (u64 k = 0; k < l2_count(q); k++) {
        bool nowhere = !entry_is_packed(table[k]) && !entry_offset(table[k]);
        if (!nowhere && !check_entry(q, table[k], i * l2_count(q) + k, err)) return false;
    }
    return true;
}

/* No more pieces than fit into the file, or a few bytes could keep us busy for hours. */
static bool check_tables(struct qcow2 *q, GError **err)
{
    u64 *table = g_new(u64, l2_count(q)), room = q->file_size / cluster_size(q);
    bool ok = true;
    for (u64 i = 0; ok && i < q->l1_count; i++) {
        if (!entry_offset(q->l1[i])) continue;
        ok = room-- ? check_l2(q, i, table, err) : refuse(q, err, "damaged: tables overlap");
    }
    g_free(table);
    return ok;
}

static bool load_l1(struct qcow2 *q, u64 entries, GError **err)
{
    u64 coverage = l2_count(q) * cluster_size(q);
    q->l1_count = q->size / coverage + (q->size % coverage != 0);
    if (q->l1_count > entries) return refuse(q, err, "damaged: its table is too short");
    if (q->l1_count * sizeof(u64) > L1_BYTES_MAX) return refuse(q, err, "its table is too long");
    if (!in_file(q, q->l1_at, q->l1_count * sizeof(u64))) {
        return refuse(q, err, "damaged: its table lies outside the file");
    }
    q->l1 = g_new0(u64, q->l1_count + 1);
    q->l2 = g_new0(u64 *, q->l1_count + 1);
    if (!read_table(q, q->l1_at, q->l1, q->l1_count)) return refuse(q, err, "cannot be read");
    return check_tables(q, err);
}

/* --- header ----------------------------------------------------------------------------------- */

static const char *const features[] = { /* incompatible ones; NULL: does no harm to a reader */
    NULL, "it is marked as corrupt (qemu-img check -r all mends it)",
    "its data are in another file", NULL, "its clusters have subclusters (extended_l2)",
};

static bool check_features(struct qcow2 *q, u64 incompatible, u8 packing, GError **err)
{
    for (unsigned i = 0; i < 64; i++) {
        if (!bit(incompatible, i)) continue;
        if (i >= ARRAY_LEN(features)) return refuse(q, err, "it uses the unknown feature %u", i);
        if (features[i]) return refuse(q, err, "%s; it cannot be read", features[i]);
    }
    if (!bit(incompatible, FEATURE_PACKING)) packing = PACK_ZLIB;
    if (packing > PACK_ZSTD) return refuse(q, err, "its packing %u is unknown", packing);
    q->unpack = packing == PACK_ZLIB ? qcow2_unpack_zlib : qcow2_unpack_zstd();
    if (q->unpack) return true;
    return refuse(q, err, "it is packed with zstd, and this epic64 was built without libzstd");
}

static bool check_header(struct qcow2 *q, const u8 *h, GError **err)
{
    q->version = be32(h + 4);
    if (q->version < 2 || q->version > 3) {
        return refuse(q, err, "version %u is unknown", q->version);
    }
    q->cluster_bits = be32(h + 20);
    if (q->cluster_bits < CLUSTER_BITS_MIN || q->cluster_bits > CLUSTER_BITS_MAX) {
        return refuse(q, err, "damaged: clusters of 2^%u bytes", q->cluster_bits);
    }
    q->size = align_down(be64(h + 24), 512);
    if (!q->size) return refuse(q, err, "it is empty");
    if (q->size > INT64_MAX) return refuse(q, err, "damaged: its size is out of range");
    if (be32(h + 32)) return refuse(q, err, "it is encrypted; it cannot be read");
    q->l1_at = be64(h + 40);
    bool longer = q->version >= 3 && be32(h + 100) > VERSION_3_LENGTH;
    return check_features(q, q->version >= 3 ? be64(h + 72) : 0, longer ? h[104] : PACK_ZLIB, err);
}

/* --- the image below -------------------------------------------------------------------------- */

/* Does the header extension that names the backing file's format say "raw"? */
static bool backing_is_raw(const struct qcow2 *q, const u8 *h)
{
    u64 at = q->version >= 3 ? be32(h + 100) : VERSION_2_LENGTH;
    u8 start[8], name[8];
    while (at + sizeof start <= cluster_size(q)) {
        if (!block_read_file(q->fd, at, start, sizeof start)) return false;
        u32 type = be32(start), len = be32(start + 4);
        if (!type) return false;
        if (type == BACKING_FORMAT) {
            return len == 3 && block_read_file(q->fd, at + sizeof start, name, 3) &&
                   !memcmp(name, "raw", 3);
        }
        at += sizeof start + align_up(len, 8);
    }
    return false;
}

static char *backing_path(const struct qcow2 *q, const char *name)
{
    char *folder = g_path_get_dirname(q->path);
    char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
    g_free(folder);
    return path;
}

static bool open_backing(struct qcow2 *q, const u8 *h, unsigned depth, GError **err)
{
    u64 at = be64(h + 8);
    u32 len = be32(h + 16);
    char name[NAME_MAX_LENGTH + 1] = { 0 };
    if (!at) return true;
    if (!len || len > NAME_MAX_LENGTH || !in_file(q, at, len) ||
        !block_read_file(q->fd, at, (u8 *)name, len) || strlen(name) != len) {
        return refuse(q, err, "damaged: the name of its backing file");
    }
    if (strcspn(name, ":") < strcspn(name, "/")) { /* QEMU's json:... and nbd:... */
        return refuse(q, err, "its backing file '%s' is no plain file", name);
    }
    if (depth >= DEPTH_MAX) return refuse(q, err, "more than %u backing files", DEPTH_MAX);
    char *path = backing_path(q, name);
    q->backing = block_open_backing(path, backing_is_raw(q, h), depth + 1, err);
    g_free(path);
    if (q->backing) return true;
    if (!depth) g_prefix_error(err, "disk image %s (qcow2): its backing file: ", q->path);
    return false;
}

/* --- opening and reading ---------------------------------------------------------------------- */

struct qcow2 *qcow2_open(int fd, const char *path, unsigned depth, GError **err)
{
    struct qcow2 *q = g_new0(struct qcow2, 1);
    u8 h[HEADER_BYTES];
    off_t end = lseek(fd, 0, SEEK_END);
    q->fd = fd;
    q->path = g_strdup(path);
    q->file_size = end > 0 ? (u64)end : 0;
    bool ok = block_read_file(fd, 0, h, sizeof h) || refuse(q, err, "cannot be read");
    ok = ok && check_header(q, h, err) && load_l1(q, be32(h + 36), err) &&
         open_backing(q, h, depth, err);
    if (ok) {
        q->unpacked = g_malloc(cluster_size(q));
        return q;
    }
    qcow2_free(q);
    return NULL;
}

void qcow2_free(struct qcow2 *q)
{
    if (!q) return;
    for (u64 i = 0; q->l2 && i < q->l1_count; i++) g_free(q->l2[i]);
    block_free(q->backing);
    g_free(q->unpacked);
    g_free(q->l2);
    g_free(q->l1);
    g_free(q->path);
    g_free(q);
}

u64 qcow2_size(const struct qcow2 *q)
{
    return q->size;
}

static bool read_backing(struct qcow2 *q, u64 at, u8 *buf, u64 len)
{
    u64 size = q->backing ? block_size(q->backing) : 0;
    u64 there = at < size ? MIN(len, size - at) : 0;
    memset(buf + there, 0, len - there);
    return !there || block_read(q->backing, at, buf, there);
}

/* The last one is kept: it is usually read piece by piece. */
static bool unpack(struct qcow2 *q, u64 entry)
{
    if (q->unpacked_at == entry) return true;
    u64 len, at = packed_offset(q, entry, &len);
    u8 *from = g_malloc(len);
    q->unpacked_at = 0;
    bool ok = block_read_file(q->fd, at, from, len) &&
              q->unpack(from, len, q->unpacked, cluster_size(q));
    g_free(from);
    if (ok) q->unpacked_at = entry;
    return ok;
}

/* Within one cluster. */
static bool read_piece(struct qcow2 *q, u64 at, u8 *buf, u64 len)
{
    u64 cluster = at >> q->cluster_bits, in_cluster = at % cluster_size(q);
    u64 i = cluster / l2_count(q);
    if (!entry_offset(q->l1[i])) return read_backing(q, at, buf, len);
    const u64 *l2 = load_l2(q, i);
    if (!l2) return false;
    u64 entry = l2[cluster % l2_count(q)];
    if (entry_is_packed(entry)) {
        if (!unpack(q, entry)) return false;
        memcpy(buf, q->unpacked + in_cluster, len);
    } else if (entry_is_zero(q, entry)) {
        memset(buf, 0, len);
    } else if (!entry_offset(entry)) {
        return read_backing(q, at, buf, len);
    } else {
        return block_read_file(q->fd, entry_offset(entry) + in_cluster, buf, len);
    }
    return true;
}

/* Once: guests try again. */
static void complain(struct qcow2 *q, u64 at)
{
    if (!q->complained) {
        log_error("disk", "%s: damaged or unreadable at byte %" G_GUINT64_FORMAT, q->path, at);
    }
    q->complained = true;
}

bool qcow2_read(struct qcow2 *q, u64 at, u8 *buf, u64 len)
{
    while (len) {
        if (at >= q->size) {
            memset(buf, 0, len);
            return true;
        }
        u64 piece = MIN(MIN(cluster_size(q) - at % cluster_size(q), len), q->size - at);
        if (!read_piece(q, at, buf, piece)) {
            complain(q, at);
            return false;
        }
        at += piece, buf += piece, len -= piece;
    }
    return true;
}
