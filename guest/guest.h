/* Guests: files on the host become memory of a machine about to run.  PUBLIC.
 *
 * An image is a list of pieces (segments of an ELF file, raw files) that is gathered first, checked
 * as a whole (inside RAM, no two overlapping) and only then written, so that a bad file never
 * leaves a half-loaded guest behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <glib.h>

#include "base/types.h"
#include "mmu/physmem.h"

#define GUEST_ERROR guest_error_quark()
GQuark guest_error_quark(void);
enum guest_error {
    GUEST_ERROR_FILE,     /* cannot be read */
    GUEST_ERROR_FORMAT,   /* not what it should be */
    GUEST_ERROR_PLACE,    /* does not fit where it should go */
    GUEST_ERROR_ENTRY,    /* nowhere to start */
};

struct image;
struct symbols;

struct image *image_new(void);
void image_free(struct image *img);

/* An IA-64 ELF executable; its segments go to their physical addresses. */
bool image_add_elf(struct image *img, const char *path, GError **err);
/* The whole file as it is, at `pa`. */
bool image_add_raw(struct image *img, const char *path, u64 pa, GError **err);

/* Refuse pieces outside RAM and pieces that overlap. */
bool image_check(const struct image *img, struct physmem *pm, GError **err);
/* Write a checked image. */
void image_load(const struct image *img, struct physmem *pm);

/* Physical address of the ELF file's entry point, checked to be a bundle of a piece. */
bool image_entry(const struct image *img, u64 *entry, GError **err);
/* Symbols of all ELF files added so far; owned by the image. */
const struct symbols *image_symbols(const struct image *img);

/* The symbol at or below `addr` in the same section, and how far below; NULL: none near.  A physical
 * address that a segment went to is that segment's. */
const char *symbols_find(const struct symbols *s, u64 addr, u64 *offset);
/* Its address; false: no such name. */
bool symbols_lookup(const struct symbols *s, const char *name, u64 *addr);
/* All of them in ascending order of address. */
void symbols_each(const struct symbols *s, void (*fn)(void *opaque, const char *name, u64 addr),
                  void *opaque);

#endif
