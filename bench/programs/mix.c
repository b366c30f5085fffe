/* A mix as embedded benchmarks have it: a linked list that is searched, reversed and sorted by
 * merging, a matrix of small integers, a state machine over number-like text, all folded into a
 * CRC-16.  No part dominates.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define ITEMS 400
#define DIM 16

struct item {
    struct item *next;
    short data, index;
};

static unsigned crc16(unsigned crc, unsigned value)
{
    for (int i = 0; i < 16; i++, value >>= 1) {
        unsigned carry = (crc ^ value) & 1;
        crc = crc >> 1 ^ (carry ? 0xa001 : 0);
    }
    return crc;
}

static struct item *reverse(struct item *list)
{
    struct item *done = NULL;
    while (list) {
        struct item *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static struct item *merge_sort(struct item *list, int by_index)
{
    if (!list || !list->next) return list;
    struct item *slow = list, *fast = list->next;
    while (fast && fast->next) slow = slow->next, fast = fast->next->next;
    struct item *b = merge_sort(slow->next, by_index);
    slow->next = NULL;
    struct item *a = merge_sort(list, by_index), *head = NULL, **tail = &head;
    while (a && b) {
        int first = by_index ? a->index <= b->index : a->data <= b->data;
        struct item **from = first ? &a : &b;
        *tail = *from;
        tail = &(*from)->next;
        *from = (*from)->next;
    }
    *tail = a ? a : b;
    return head;
}

static unsigned list_part(struct item *items, unsigned crc, unsigned seed)
{
    for (int i = 0; i < ITEMS; i++) {
        items[i].next = i + 1 < ITEMS ? &items[i + 1] : NULL;
        items[i].index = (short)i;
        items[i].data = (short)(((unsigned)i * 7919u ^ seed) & 0x3ff);
    }
    struct item *list = reverse(items);
    for (short want = 0; want < 40; want++) {
        struct item *p = list;
        while (p && p->data != want) p = p->next;
        crc = crc16(crc, p ? (unsigned)p->index : 0xffff);
    }
    list = merge_sort(list, 0);
    for (struct item *p = list; p; p = p->next) crc = crc16(crc, (unsigned)(u8)p->data);
    list = merge_sort(list, 1);
    return crc16(crc, (unsigned)list->index);
}

static unsigned matrix_part(unsigned crc, unsigned seed)
{
    static short a[DIM][DIM], b[DIM][DIM];
    int trace = 0;
    for (int i = 0; i < DIM; i++) {
        for (int j = 0; j < DIM; j++) {
            a[i][j] = (short)((seed + (unsigned)(i * 31 + j)) & 0xff);
            b[i][j] = (short)(a[i][j] * 3 - 100);
        }
    }
    for (int i = 0; i < DIM; i++) {
        for (int j = 0; j < DIM; j++) {
            int sum = 0;
            for (int k = 0; k < DIM; k++) sum += a[i][k] * b[k][j];
            trace += (sum >> 2 & 15) * (sum >> 5 & 127);
        }
    }
    return crc16(crc, (unsigned)trace & 0xffff);
}

static unsigned text_part(unsigned crc, unsigned seed)
{
    static const char samples[8][9] = { "5012", "1234", "-874", "+122", "35.5e3", "-.123", "+0.6e-1",
                                        "T0.3e-1F" };
    unsigned count[6] = { 0 };
    for (unsigned n = 0; n < 48; n++) {
        const char *p = samples[(seed + n * 5) % 8];
        unsigned state = 0;
        for (; *p; p++) {
            if (*p >= '0' && *p <= '9') {
                state = state < 2 ? 2 : state;
            } else if (*p == '.') {
                state = state < 3 ? 3 : 5;
            } else if (*p == 'e') {
                state = state < 4 ? 4 : 5;
            } else if (*p == '+' || *p == '-') {
                state = state == 0 ? 1 : state == 4 ? 4 : 5;
            } else {
                state = 5;
            }
            count[state]++;
        }
    }
    for (int i = 0; i < 6; i++) crc = crc16(crc, count[i]);
    return crc;
}

u64 bench(unsigned scale)
{
    static struct item items[ITEMS];
    unsigned crc = 0xffff;
    u64 sum = 0;
    for (unsigned round = 0; round < 200 * scale; round++) {
        crc = list_part(items, crc, round);
        for (int i = 0; i < 4; i++) crc = matrix_part(crc, crc + round);
        crc = text_part(crc, round);
        sum = mix(sum, crc);
    }
    return sum;
}
