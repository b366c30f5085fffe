/* Gather, check, load: see guest.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "guest/elf.h"
#include "guest/guest.h"
#include "guest/symbols.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

struct piece {
    char *name;
    const u8 *bytes;
    u64 filesz, pa, memsz;
};

struct image {
    GPtrArray *files; /* GMappedFile: the pieces point into them */
    GArray *pieces;
    struct symbols *symbols;
    bool has_elf;
    u64 entry;
    GError *entry_error; /* why the ELF file has no usable entry point */
};

GQuark guest_error_quark(void)
{
    return g_quark_from_static_string("guest-error");
}

static void piece_clear(void *p)
{
    g_free(((struct piece *)p)->name);
}

struct image *image_new(void)
{
    struct image *img = g_new0(struct image, 1);
    img->files = g_ptr_array_new_with_free_func((GDestroyNotify)g_mapped_file_unref);
    img->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
    g_array_set_clear_func(img->pieces, piece_clear);
    img->symbols = symbols_new();
    return img;
}

void image_free(struct image *img)
{
    symbols_free(img->symbols);
    g_array_free(img->pieces, TRUE);
    g_ptr_array_free(img->files, TRUE);
    g_clear_error(&img->entry_error);
    g_free(img);
}

static const u8 *map_file(struct image *img, const char *path, u64 *len, GError **err)
{
    GError *why = NULL;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FILE, "%s: not a regular file", path);
        return NULL;
    }
    GMappedFile *file = g_mapped_file_new(path, FALSE, &why);
    if (!file) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FILE, "%s: cannot be read: %s", path,
                    why->message);
        g_error_free(why);
        return NULL;
    }
    g_ptr_array_add(img->files, file);
    *len = g_mapped_file_get_length(file);
    if (*len == 0) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FORMAT, "%s: the file is empty", path);
        return NULL;
    }
    return (const u8 *)g_mapped_file_get_contents(file);
}

bool image_add_elf(struct image *img, const char *path, GError **err)
{
    u64 len;
    const u8 *bytes = map_file(img, path, &len, err);
    if (!bytes) return false;
    struct elf elf;
    if (!elf_parse(&elf, bytes, len, err)) {
        g_prefix_error(err, "%s: ", path);
        return false;
    }
    for (unsigned i = 0; i < elf.nsegments; i++) {
        const struct elf_segment *s = &elf.segments[i];
        struct piece p = { g_strdup_printf("%s: segment %u", path, i), bytes + s->offset,
            s->filesz, s->pa, s->memsz };
        g_array_append_val(img->pieces, p);
    }
    g_clear_error(&img->entry_error);
    if (!elf_entry(&elf, &img->entry, &img->entry_error)) {
        g_prefix_error(&img->entry_error, "%s: ", path);
    }
    img->has_elf = true;
    symbols_add_elf(img->symbols, &elf);
    elf_clear(&elf);
    return true;
}

bool image_add_raw(struct image *img, const char *path, u64 pa, GError **err)
{
    u64 len;
    const u8 *bytes = map_file(img, path, &len, err);
    if (!bytes) return false;
    if (pa + len < pa) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_PLACE,
                    "%s: " HEX " bytes at " HEX " run past the end of the address space", path,
                    len, pa);
        return false;
    }
    struct piece p = { g_strdup(path), bytes, len, pa, len };
    g_array_append_val(img->pieces, p);
    return true;
}

static const struct piece *piece(const struct image *img, unsigned i)
{
    return &g_array_index(img->pieces, struct piece, i);
}

static bool overlap(const struct piece *a, const struct piece *b)
{
    return a->pa < b->pa + b->memsz && b->pa < a->pa + a->memsz;
}

static bool refuse_place(GError **err, const struct piece *p, const char *why, const char *whom)
{
    g_set_error(err, GUEST_ERROR, GUEST_ERROR_PLACE, "%s (" HEX " to " HEX ") %s%s", p->name,
                p->pa, p->pa + p->memsz - 1, why, whom);
    return false;
}

bool image_check(const struct image *img, struct physmem *pm, GError **err)
{
    for (unsigned i = 0; i < img->pieces->len; i++) {
        const struct piece *p = piece(img, i);
        if (!physmem_host(pm, p->pa, p->memsz)) {
            return refuse_place(err, p, "lies outside the guest's memory; see --mem", "");
        }
        for (unsigned j = 0; j < i; j++) {
            if (overlap(p, piece(img, j))) {
                return refuse_place(err, p, "overlaps ", piece(img, j)->name);
            }
        }
    }
    return true;
}

/* Fresh RAM is zero already: leave untouched pages untouched. */
static void clear_bytes(u8 *p, u64 len)
{
    for (u64 done = 0; done < len; done++) {
        if (p[done]) {
            memset(p + done, 0, len - done);
            return;
        }
    }
}

void image_load(const struct image *img, struct physmem *pm)
{
    for (unsigned i = 0; i < img->pieces->len; i++) {
        const struct piece *p = piece(img, i);
        u8 *host = physmem_host(pm, p->pa, p->memsz);
        bool loaded = host && physmem_load(pm, p->pa, p->bytes, p->filesz);
        g_assert(loaded); /* image_check said so */
        clear_bytes(host + p->filesz, p->memsz - p->filesz);
        physmem_note_write(pm, p->pa, p->memsz);
    }
}

bool image_entry(const struct image *img, u64 *entry, GError **err)
{
    if (img->entry_error) {
        if (err) *err = g_error_copy(img->entry_error);
        return false;
    }
    if (!img->has_elf) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_ENTRY,
                    "no entry: there is no ELF program; say where to start with --entry");
        return false;
    }
    *entry = img->entry;
    return true;
}

const struct symbols *image_symbols(const struct image *img)
{
    return img->symbols;
}
