/* The tree of xenstore: names, values, who may touch them; and a copy of it for transactions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HYPERCALL_STORETREE_H
#define HYPERCALL_STORETREE_H

#include <glib.h>

#include "base/types.h"

struct store_node {
    char *name;
    GByteArray *value;
    GByteArray *perms;    /* as the guest set them; NULL: by the flags */
    GPtrArray *children;  /* struct store_node, in order of creation */
    bool readable, writable; /* by the guest; children inherit */
};

struct store_node *store_node_new(const char *name, const struct store_node *parent);
void store_node_free(void *node);
struct store_node *store_clone(const struct store_node *node);
u64 store_hash(const struct store_node *node, u64 seed);
unsigned store_count(const struct store_node *node);
/* "/a/b"; "/" is the root.  NULL: none. */
struct store_node *store_find(struct store_node *root, const char *path);
/* With every parent that is missing.  *last_old: the deepest node that existed before. */
struct store_node *store_create(struct store_node *root, const char *path,
                                struct store_node **last_old);
bool store_remove(struct store_node *root, const char *path); /* false: it is the root, or none */

#endif
