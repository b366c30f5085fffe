/* Strings: splitting a text into words, counting them in a table, searching for substrings, and the
 * edit distance of neighbours.  Byte loads and stores.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define SIZE 40000
#define BUCKETS 1024

struct word {
    char text[16];
    u32 count;
};

static char text[SIZE + 1];
static struct word table[BUCKETS];

static unsigned find_bucket(const char *word, unsigned len)
{
    unsigned h = 5381;
    for (unsigned i = 0; i < len; i++) h = h * 33 + (u8)word[i];
    for (h %= BUCKETS; table[h].count; h = (h + 1) % BUCKETS) {
        if (strlen(table[h].text) == len && memcmp(table[h].text, word, len) == 0) break;
    }
    return h;
}

static unsigned count_words(void)
{
    unsigned words = 0;
    for (const char *p = text; *p;) {
        while (*p == ' ') p++;
        const char *start = p;
        while (*p && *p != ' ') p++;
        unsigned len = (unsigned)(p - start);
        if (len == 0 || len > 15) continue;
        struct word *w = &table[find_bucket(start, len)];
        if (!w->count) {
            if (words == BUCKETS / 2) continue;
            memcpy(w->text, start, len);
            w->text[len] = 0;
            words++;
        }
        w->count++;
    }
    return words;
}

static unsigned occurrences(const char *needle)
{
    unsigned n = 0, len = (unsigned)strlen(needle);
    for (const char *p = text; (p = strchr(p, needle[0])) != NULL; p++) {
        if (memcmp(p, needle, len) == 0) n++;
    }
    return n;
}

static unsigned distance(const char *a, const char *b)
{
    u8 row[17];
    unsigned n = (unsigned)strlen(b);
    for (unsigned j = 0; j <= n; j++) row[j] = (u8)j;
    for (unsigned i = 0; a[i]; i++) {
        u8 corner = row[0];
        row[0] = (u8)(i + 1);
        for (unsigned j = 0; j < n; j++) {
            u8 best = (u8)(corner + (a[i] != b[j]));
            corner = row[j + 1];
            if (row[j] + 1 < best) best = (u8)(row[j] + 1);
            if (corner + 1 < best) best = (u8)(corner + 1);
            row[j + 1] = best;
        }
    }
    return row[n];
}

u64 bench(unsigned scale)
{
    u64 seed = 0x452821e638d01377ull, sum = 0;
    for (unsigned round = 0; round < 18 * scale; round++) {
        for (int i = 0; i < SIZE; i++) {
            u64 r = next_random(&seed) >> 20;
            text[i] = r % 5 == 0 ? ' ' : (char)('a' + r / 5 % 4);
        }
        memset(table, 0, sizeof(table));
        sum = mix(sum, count_words());
        sum = mix(sum, occurrences("abc") * 1000 + occurrences("dad "));
        const struct word *last = NULL;
        for (int i = 0; i < BUCKETS; i++) {
            if (!table[i].count) continue;
            if (last) sum = mix(sum, distance(last->text, table[i].text) + table[i].count);
            last = &table[i];
        }
    }
    return sum;
}
