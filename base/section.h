/* Named state sections: every part of the machine that the guest can see registers the bytes it
 * consists of, and whoever wants all state at once (today the hash of --hash) walks the list.
 * Two runs are equal if their hashes are; a list by name says which part differs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_SECTION_H
#define BASE_SECTION_H

#include "base/types.h"

/* Folding bytes into a number: not cryptographic, quick, and the same on every host. */
static inline u64 hash_u64(u64 seed, u64 v)
{
    u64 h = (seed ^ v) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}
u64 hash_bytes(u64 seed, const void *buf, u64 len);

struct sections;

struct sections *sections_new(void);
void sections_free(struct sections *s);

/* Plain bytes without pointers or padding in them.  The name must be new; it is copied. */
void sections_add(struct sections *s, const char *name, const void *data, u64 size);
/* State that is not plain bytes: `fn` folds it. */
typedef u64 section_hash_fn(void *opaque, u64 seed);
void sections_add_fn(struct sections *s, const char *name, section_hash_fn *fn, void *opaque);

/* All sections in the order they were added. */
u64 sections_hash(const struct sections *s);
/* One at a time, for finding the difference: name of number i (NULL: past the end), its hash. */
const char *sections_name(const struct sections *s, unsigned i);
u64 sections_hash_one(const struct sections *s, unsigned i);

#endif
