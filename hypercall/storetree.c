/* See storetree.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/storetree.h"

#include <string.h>

#include "base/section.h"

struct store_node *store_node_new(const char *name, const struct store_node *parent)
{
    struct store_node *n = g_new0(struct store_node, 1);
    n->name = g_strdup(name);
    n->value = g_byte_array_new();
    n->children = g_ptr_array_new_with_free_func(store_node_free);
    n->readable = parent && parent->readable;
    n->writable = parent && parent->writable;
    return n;
}

void store_node_free(void *node)
{
    struct store_node *n = node;
    g_free(n->name);
    g_byte_array_unref(n->value);
    if (n->perms) g_byte_array_unref(n->perms);
    g_ptr_array_free(n->children, TRUE);
    g_free(n);
}

static GByteArray *copy_bytes(const GByteArray *from)
{
    GByteArray *a = g_byte_array_new();
    if (from->len) g_byte_array_append(a, from->data, from->len);
    return a;
}

struct store_node *store_clone(const struct store_node *node)
{
    struct store_node *n = g_new0(struct store_node, 1);
    *n = *node;
    n->name = g_strdup(node->name);
    n->value = copy_bytes(node->value);
    n->perms = node->perms ? copy_bytes(node->perms) : NULL;
    n->children = g_ptr_array_new_with_free_func(store_node_free);
    for (unsigned i = 0; i < node->children->len; i++) {
        g_ptr_array_add(n->children, store_clone(node->children->pdata[i]));
    }
    return n;
}

u64 store_hash(const struct store_node *node, u64 seed)
{
    u64 h = hash_bytes(seed, node->name, strlen(node->name) + 1);
    h = hash_u64(hash_bytes(h, node->value->data, node->value->len), node->value->len);
    for (unsigned i = 0; i < node->children->len; i++) h = store_hash(node->children->pdata[i], h);
    return hash_u64(h, node->children->len);
}

unsigned store_count(const struct store_node *node)
{
    unsigned sum = 1;
    for (unsigned i = 0; i < node->children->len; i++) sum += store_count(node->children->pdata[i]);
    return sum;
}

static struct store_node *child(const struct store_node *n, const char *name, size_t len)
{
    for (unsigned i = 0; i < n->children->len; i++) {
        struct store_node *c = n->children->pdata[i];
        if (strlen(c->name) == len && !memcmp(c->name, name, len)) return c;
    }
    return NULL;
}

/* The part between slashes at *path, which moves behind it; 0: no more. */
static size_t next_part(const char **path, const char **part)
{
    while (**path == '/') (*path)++;
    *part = *path;
    size_t len = strcspn(*path, "/");
    *path += len;
    return len;
}

struct store_node *store_find(struct store_node *root, const char *path)
{
    const char *part;
    struct store_node *n = root;
    for (size_t len; n && (len = next_part(&path, &part)) > 0;) n = child(n, part, len);
    return n;
}

struct store_node *store_create(struct store_node *root, const char *path,
                                struct store_node **last_old)
{
    const char *part;
    struct store_node *n = root;
    *last_old = root;
    for (size_t len; (len = next_part(&path, &part)) > 0;) {
        struct store_node *c = child(n, part, len);
        if (c) {
            *last_old = c;
        } else {
            char *name = g_strndup(part, len);
            c = store_node_new(name, n);
            g_ptr_array_add(n->children, c);
            g_free(name);
        }
        n = c;
    }
    return n;
}

bool store_remove(struct store_node *root, const char *path)
{
    char *dir = g_path_get_dirname(path);
    struct store_node *parent = store_find(root, dir), *n = store_find(root, path);
    g_free(dir);
    return n && n != root && parent && g_ptr_array_remove(parent->children, n);
}
