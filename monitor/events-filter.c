/* Which events a person wants to see: "cpu=0,time=1ms..2ms,ip=0xa000..0xafff,kind=tlb,in=vhpt_*".
 *
 * Items of different keys must all hold, of items with the same key one is enough.  Ranges are
 * A..B, both included, A.., ..B, or a single value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "monitor/events.h"

#define EMPTY "is a range whose end lies before its beginning: FIRST..LAST, FIRST.. or ..LAST"

enum key { CPU, IP, TIME, KIND, IN, WHAT, KEYS };

static const struct {
    const char *name;
    enum { NUMBERS, TIMES, PATTERNS } type;
} keys[KEYS] = {
    [CPU] = { "cpu", NUMBERS },    [IP] = { "ip", NUMBERS },   [TIME] = { "time", TIMES },
    [KIND] = { "kind", PATTERNS }, [IN] = { "in", PATTERNS },  [WHAT] = { "what", PATTERNS },
};

/* A time is in ticks, or in units of which `per_second` make one. */
struct bound {
    u64 value, per_second; /* per_second 0: ticks */
};

struct item {
    enum key key;
    struct bound first, last;
    char *pattern;
    char *text; /* as it was given */
};

struct event_filter {
    GArray *items; /* struct item */
    bool has[KEYS];
};

static bool refuse(GError **err, const char *item, const char *why)
{
    g_set_error(err, MONITOR_ERROR, 0, "filter: '%s' %s", item, why);
    return false;
}

static const struct {
    const char *name;
    u64 per_second;
} units[] = { { "", 0 }, { "ns", 1000000000 }, { "us", 1000000 }, { "ms", 1000 }, { "s", 1 } };

static bool parse_bound(const char *text, bool is_time, struct bound *b)
{
    char *end;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!g_ascii_isdigit(text[0]) || (hex && !g_ascii_isxdigit(text[2]))) return false;
    errno = 0;
    b->value = g_ascii_strtoull(text, &end, hex ? 16 : 10);
    if (errno) return false;
    for (size_t i = 0; i < (is_time ? ARRAY_LEN(units) : 1); i++) {
        if (strcmp(end, units[i].name)) continue;
        b->per_second = units[i].per_second;
        return true;
    }
    return false;
}

static u64 ticks(const struct bound *b, u64 hz)
{
    u128 t = b->per_second ? (u128)b->value * hz / b->per_second : b->value;
    return t > UINT64_MAX ? UINT64_MAX : (u64)t;
}

/* Ticks and parts of a second can be compared only where the rate is known. */
static bool is_empty(const struct bound *first, const struct bound *last)
{
    if (!first->per_second != !last->per_second) return false;
    if (!first->per_second) return first->value > last->value;
    return (u128)first->value * last->per_second > (u128)last->value * first->per_second;
}

static bool parse_range(const char *text, bool is_time, struct item *item)
{
    char **ends = g_strsplit(text, "..", 2);
    item->first = (struct bound){ 0, 0 };
    item->last = (struct bound){ UINT64_MAX, 0 };
    bool ok = ends[0] && (*ends[0] || (ends[1] && *ends[1]));
    if (ok && *ends[0]) ok = parse_bound(ends[0], is_time, &item->first);
    if (ok && !ends[1]) item->last = item->first;
    if (ok && ends[1] && *ends[1]) ok = parse_bound(ends[1], is_time, &item->last);
    g_strfreev(ends);
    return ok;
}

/* The kinds of events whose names match. */
static u32 kinds_of(const char *pattern)
{
    u32 kinds = 0;
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        if (g_pattern_match_simple(pattern, event_kind_name(k))) kinds |= 1u << k;
    }
    return kinds;
}

static bool refuse_kind(const char *text, GError **err)
{
    GString *why = g_string_new("matches none of the kinds");
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        g_string_append_printf(why, "%s %s", k ? "," : "", event_kind_name(k));
    }
    refuse(err, text, why->str);
    g_string_free(why, TRUE);
    return false;
}

static bool add_item(struct event_filter *f, const char *text, GError **err)
{
    const char *equals = strchr(text, '=');
    struct item item = { .key = CPU };
    if (!equals || !equals[1]) return refuse(err, text, "is not KEY=VALUE");
    size_t len = (size_t)(equals - text);
    while (item.key < KEYS && (strlen(keys[item.key].name) != len ||
                               memcmp(keys[item.key].name, text, len))) item.key++;
    if (item.key == KEYS) {
        return refuse(err, text, "has none of the keys cpu, ip, time, kind, in, what");
    }
    if (item.key == KIND && !kinds_of(equals + 1)) return refuse_kind(text, err);
    if (keys[item.key].type == PATTERNS) {
        item.pattern = g_strdup(equals + 1);
    } else if (!parse_range(equals + 1, keys[item.key].type == TIMES, &item)) {
        return refuse(err, text, keys[item.key].type == TIMES
                      ? "is no time or range such as 1000..2000 (ticks) or 5ms..1s"
                      : "is no number or range such as 0x1000..0x1fff");
    } else if (is_empty(&item.first, &item.last)) {
        return refuse(err, text, EMPTY);
    }
    item.text = g_strdup(text);
    f->has[item.key] = true;
    g_array_append_val(f->items, item);
    return true;
}

static void item_clear(void *row)
{
    struct item *item = row;
    g_free(item->pattern);
    g_free(item->text);
}

struct event_filter *event_filter_new(const char *text, GError **err)
{
    struct event_filter *f = g_new0(struct event_filter, 1);
    f->items = g_array_new(FALSE, FALSE, sizeof(struct item));
    g_array_set_clear_func(f->items, item_clear);
    char **words = text ? g_strsplit(text, ",", 0) : NULL;
    bool ok = true;
    for (char **w = words; ok && w && *w; w++) ok = add_item(f, *w, err);
    g_strfreev(words);
    if (ok) return f;
    event_filter_free(f);
    return NULL;
}

void event_filter_free(struct event_filter *f)
{
    g_array_free(f->items, TRUE);
    g_free(f);
}

bool event_filter_check(const struct event_filter *f, u64 hz, GError **err)
{
    for (unsigned i = 0; i < f->items->len; i++) {
        const struct item *item = &g_array_index(f->items, struct item, i);
        if (item->pattern || ticks(&item->first, hz) <= ticks(&item->last, hz)) continue;
        return refuse(err, item->text, EMPTY);
    }
    return true;
}

u32 event_filter_kinds(const struct event_filter *f)
{
    u32 kinds = f->has[KIND] ? 0 : EVENT_ALL;
    for (unsigned i = 0; i < f->items->len; i++) {
        const struct item *item = &g_array_index(f->items, struct item, i);
        if (item->key == KIND) kinds |= kinds_of(item->pattern);
    }
    return kinds;
}

static bool in_range(const struct item *i, u64 value, u64 hz)
{
    return value >= ticks(&i->first, hz) && value <= ticks(&i->last, hz);
}

static bool item_passes(const struct item *i, const struct event_line *l, u64 hz)
{
    switch (i->key) {
    case CPU: return in_range(i, l->cpu, hz);
    case IP: return in_range(i, align_down(l->place, 16), hz);
    case TIME: return in_range(i, l->time, hz);
    case KIND: return g_pattern_match_simple(i->pattern, l->what->kind);
    case WHAT: return g_pattern_match_simple(i->pattern, l->what->name);
    case IN: return l->symbol && g_pattern_match_simple(i->pattern, l->symbol);
    case KEYS: break;
    }
    return false;
}

bool event_filter_passes(const struct event_filter *f, const struct event_line *l, u64 hz)
{
    bool passed[KEYS] = { false };
    for (unsigned i = 0; i < f->items->len; i++) {
        const struct item *item = &g_array_index(f->items, struct item, i);
        if (!passed[item->key]) passed[item->key] = item_passes(item, l, hz);
    }
    return !memcmp(passed, f->has, sizeof(passed));
}
