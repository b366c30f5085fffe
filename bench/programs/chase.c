/* Pointer chasing: a ring through 4 MB in random order, and look-ups in a binary tree.  One load
 * after the other, each waiting for the one before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define NODES 65536

struct node {
    struct node *next, *left, *right;
    u64 key, pad[4];
};

static struct node nodes[NODES];

static void make_ring(u64 *seed)
{
    static u32 order[NODES];
    for (u32 i = 0; i < NODES; i++) order[i] = i;
    for (u32 i = NODES - 1; i > 0; i--) {
        u32 j = (u32)(next_random(seed) % (i + 1)), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (u32 i = 0; i < NODES; i++) nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
}

static struct node *make_tree(u64 *seed)
{
    struct node *root = NULL;
    for (u32 i = 0; i < NODES / 8; i++) {
        struct node **link = &root;
        nodes[i].key = next_random(seed);
        while (*link) link = nodes[i].key < (*link)->key ? &(*link)->left : &(*link)->right;
        *link = &nodes[i];
    }
    return root;
}

u64 bench(unsigned scale)
{
    u64 seed = 0x082efa98ec4e6c89ull, sum = 0;
    make_ring(&seed);
    struct node *root = make_tree(&seed), *at = nodes;
    for (unsigned round = 0; round < 3 * scale; round++) {
        for (int i = 0; i < 3 * NODES; i++) at = at->next;
        sum = mix(sum, (u64)(at - nodes));
        for (int i = 0; i < 4000; i++) {
            u64 key = next_random(&seed), depth = 0;
            for (struct node *n = root; n; depth++) n = key < n->key ? n->left : n->right;
            sum = mix(sum, depth);
        }
        at = at->next;
    }
    return sum;
}
