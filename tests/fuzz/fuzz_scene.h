/* The stage for fuzz_hypercall: input bytes, one domain that serves all inputs, and what the back
 * ends must answer, worked out a second time from the interface's rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_FUZZ_SCENE_H
#define TESTS_FUZZ_FUZZ_SCENE_H

#include "tests/hypercall/kit.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define DISK_BYTES 65536u
#define EVENT_CHANNEL_OP 32u
#define GRANTS_OF_DATA 16u /* references from here on are for data */
#define DATA_GRANTS 16u

/* --- input ------------------------------------------------------------------------------------ */

struct input {
    const u8 *at;
    size_t left;
};

void take(struct input *in, void *to, size_t len); /* zeros behind the end */
u8 take8(struct input *in);
u32 take32(struct input *in);
u64 take_word(struct input *in); /* a number that is likely to reach something */

/* --- the domain ------------------------------------------------------------------------------- */

enum { RING_VBD0, RING_VBD1, RING_TX, RING_RX, RINGS }; /* ring n is granted as reference 8 + n */
struct fuzz_ring {
    u64 pa;
    u32 entries, size;
};
extern const struct fuzz_ring rings[RINGS];

struct scene {
    struct kit *k;
    struct input *in;
    struct net wire;
    size_t sent_bytes;        /* of the frame that was sent last, 0: none since it was cleared */
    struct block *disks[2];   /* the first is read-only */
    u32 ports[RINGS];
    bool known[RINGS];        /* nothing but the checked exchanges has touched this ring, */
    u32 next[RINGS];          /* and so many there were */
    u64 hash;                 /* of a domain at its start */
};

struct scene *scene_start(struct input *in); /* as after power-on, devices connected */
void scene_ready(struct scene *s);           /* for the next operation, whatever the last one did */
void scene_check(struct scene *s);           /* what must hold at the end of every input */

/* An event for the device; checks how much of its ring it has looked at. */
void scene_notify(struct scene *s, u32 port);

/* One request in ring n, its event, and its answer, which must be the right one. */
void exchange_block(struct scene *s, unsigned n, const struct blkif_request *rq);
void exchange_frame(struct scene *s, const struct netif_tx_request *rq);

#endif
