/* The report as a picture, by cairo: bars by operation, native above domain, on a logarithmic
 * scale; below, what was asked for over virtual time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <cairo-svg.h>
#include <cairo.h>
#include <string.h>

#include "monitor/privops.h"

#define WIDTH 960.0
#define MARGIN 24.0
#define LABELS 200.0  /* room for the names of operations */
#define NUMBERS 84.0  /* and for counts behind the bars */
#define ROW 26.0
#define BAR 9.0
#define LINE_HEIGHT 130.0
#define HEAD 84.0
#define ROWS_MAX 40

/* One colour per way of asking, the same in both halves of the picture. */
static const struct ink {
    double r, g, b;
    const char *word;
} inks[COLUMNS] = {
    [NATIVE] = { 0.22, 0.42, 0.69, "native: executed" },
    [DIRECT] = { 0.62, 0.74, 0.62, "domain: executed, sensitive" },
    [TRAPPED] = { 0.80, 0.26, 0.22, "domain: trapped and emulated" },
    [CALLED] = { 0.93, 0.62, 0.17, "domain: hyperprivop, hypercall, firmware" },
};

struct drawing {
    const struct report *r;
    cairo_t *cr;
    double y;
};

struct bar {
    const char *name;
    u64 count[COLUMNS];
    u64 weight;
};

/* --- what to draw ----------------------------------------------------------------------------- */

static int heaviest_first(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Operations and hypercalls, over all phases of the report; *rest: how many are too many. */
static GArray *bars_of(const struct report *r, unsigned *rest)
{
    GArray *bars = g_array_new(FALSE, TRUE, sizeof(struct bar));
    for (unsigned i = 0; i < r->lines->len; i++) {
        const struct report_line *l = r->lines->pdata[i];
        struct bar bar = { .name = l->name };
        if (l->kind != LINE_OPERATION && l->kind != LINE_HYPERCALL) continue;
        for (enum column c = 0; c < COLUMNS; c++) {
            for (unsigned p = 0; p < r->phases->len; p++) bar.count[c] += report_cell(r, l, p, c);
            bar.weight = MAX(bar.weight, bar.count[c]);
        }
        if (bar.weight) g_array_append_val(bars, bar);
    }
    g_array_sort(bars, heaviest_first);
    *rest = bars->len > ROWS_MAX ? bars->len - ROWS_MAX : 0;
    g_array_set_size(bars, bars->len - *rest);
    return bars;
}

/* --- strokes ---------------------------------------------------------------------------------- */

static void use(struct drawing *d, const struct ink *ink)
{
    cairo_set_source_rgb(d->cr, ink->r, ink->g, ink->b);
}

static void use_grey(struct drawing *d, double how)
{
    cairo_set_source_rgb(d->cr, how, how, how);
}

static void write_at(struct drawing *d, double x, double y, double size, const char *text)
{
    cairo_set_font_size(d->cr, size);
    cairo_move_to(d->cr, x, y);
    cairo_show_text(d->cr, text);
}

static void write_right(struct drawing *d, double x, double y, double size, const char *text)
{
    cairo_text_extents_t e;
    cairo_set_font_size(d->cr, size);
    cairo_text_extents(d->cr, text, &e);
    cairo_move_to(d->cr, x - e.x_advance, y);
    cairo_show_text(d->cr, text);
}

static void box(struct drawing *d, double x, double y, double w, double h)
{
    cairo_rectangle(d->cr, x, y, w, h);
    cairo_fill(d->cr);
}

/* --- head ------------------------------------------------------------------------------------- */

static void draw_head(struct drawing *d)
{
    char *base = g_path_get_basename(d->r->file);
    char *title = g_strdup_printf("Privileged operations of %s, natively and as a Xen domain",
                                  base);
    char *sha = g_strdup_printf("SHA-256 %s", d->r->sha256);
    use_grey(d, 0.1);
    write_at(d, MARGIN, 32, 18, title);
    use_grey(d, 0.45);
    write_at(d, MARGIN, 49, 10, sha);
    double x = MARGIN;
    for (enum column c = 0; c < COLUMNS; c++) {
        cairo_text_extents_t e;
        use(d, &inks[c]);
        box(d, x, 61, 10, 10);
        use_grey(d, 0.2);
        write_at(d, x + 15, 70, 11, inks[c].word);
        cairo_text_extents(d->cr, inks[c].word, &e);
        x += 15 + e.x_advance + 22;
    }
    g_free(base);
    g_free(title);
    g_free(sha);
}

/* --- bars ------------------------------------------------------------------------------------- */

/* math.h and cpu/fp/fp.h both claim FP_ZERO. */
static double decades(u64 n)
{
    return __builtin_log10((double)n) + 0.3; /* so that 1 shows */
}

/* Each power of ten is as wide as the next. */
static double length_of(u64 n, u64 most)
{
    double room = WIDTH - 2 * MARGIN - LABELS - NUMBERS;
    return n ? room * decades(n) / decades(most) : 0;
}

static void draw_grid(struct drawing *d, u64 most, double height)
{
    for (u64 n = 1; n <= most; n *= 10) {
        double x = MARGIN + LABELS + length_of(n, most);
        char text[24];
        g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, (guint64)n);
        use_grey(d, 0.88);
        box(d, x, d->y, 0.7, height);
        use_grey(d, 0.5);
        write_at(d, x - 2, d->y + height + 12, 9, text);
        if (n > most / 10) break;
    }
}

/* The domain's three ways share one bar: lengths of a logarithmic scale do not add, so the whole is
 * as long as the sum, and divided in proportion. */
static void draw_bar(struct drawing *d, const struct bar *b, u64 most)
{
    double x = MARGIN + LABELS;
    u64 domain = b->count[DIRECT] + b->count[TRAPPED] + b->count[CALLED];
    char text[24];
    use_grey(d, 0.15);
    write_right(d, x - 8, d->y + ROW / 2 + 4, 11.5, b->name);
    use(d, &inks[NATIVE]);
    box(d, x, d->y + 3, length_of(b->count[NATIVE], most), BAR);
    double whole = length_of(domain, most), at = x;
    for (enum column c = DIRECT; c < COLUMNS && domain; c++) {
        double part = whole * (double)b->count[c] / (double)domain;
        use(d, &inks[c]);
        box(d, at, d->y + 3 + BAR + 1, part, BAR);
        at += part;
    }
    use_grey(d, 0.35);
    for (int w = 0; w < 2; w++) {
        u64 n = w ? domain : b->count[NATIVE];
        g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, (guint64)n);
        if (n) write_at(d, x + length_of(n, most) + 5, d->y + 11 + w * (BAR + 1), 9, text);
    }
    d->y += ROW;
}

static void draw_bars(struct drawing *d, const GArray *bars, unsigned rest)
{
    u64 most = bars->len ? MAX(g_array_index(bars, struct bar, 0).weight, 10) : 10;
    draw_grid(d, most, ROW * bars->len);
    for (unsigned i = 0; i < bars->len; i++) draw_bar(d, &g_array_index(bars, struct bar, i), most);
    if (rest) {
        g_autofree char *text = g_strdup_printf("and %u more, rarer ones", rest);
        use_grey(d, 0.35);
        write_right(d, MARGIN + LABELS - 8, d->y + 12, 9, text);
    }
    d->y += 44;
}

/* --- time line -------------------------------------------------------------------------------- */

static enum column column_of(enum way way, int kind)
{
    if (way == WAY_NATIVE) return kind == EVENT_PRIVOP ? NATIVE : COLUMNS;
    switch (kind) {
    case EVENT_PRIVOP: return DIRECT;
    case EVENT_TRAPPED: return TRAPPED;
    case EVENT_HYPERPRIVOP:
    case EVENT_HYPERCALL:
    case EVENT_FIRMWARE: return CALLED;
    default: return COLUMNS;
    }
}

static void stack_bucket(const struct timeline *t, enum way way, unsigned bucket, u64 sum[COLUMNS])
{
    memset(sum, 0, COLUMNS * sizeof(u64));
    for (int k = 0; k < EVENT_KINDS; k++) {
        enum column c = column_of(way, k);
        if (c < COLUMNS) sum[c] += t->count[bucket][k];
    }
}

/* The busiest bucket, in events per second. */
static double tallest(const struct run_record *run, enum way way)
{
    const struct timeline *t = tally_timeline(run->tally);
    u64 most = 1;
    for (unsigned i = 0; i < t->used; i++) {
        u64 sum[COLUMNS], all = 0;
        stack_bucket(t, way, i, sum);
        for (enum column c = 0; c < COLUMNS; c++) all += sum[c];
        most = MAX(most, all);
    }
    return (double)most * (double)run->itc_hz / (double)t->width;
}

static double seconds(const struct run_record *run)
{
    const struct timeline *t = tally_timeline(run->tally);
    return (double)t->width * t->used / (double)run->itc_hz;
}

/* The phases, as grey bands behind the time line; names where there is room. */
static void draw_phases(struct drawing *d, const struct run_record *run, double span)
{
    unsigned n;
    const struct span *spans = tally_spans(run->tally, &n);
    double per_tick = (WIDTH - 2 * MARGIN) / (double)run->itc_hz / span;
    for (unsigned i = 0; i < n; i++) {
        const char *name = tally_phase(run->tally, spans[i].phase)->name;
        double x = MARGIN + (double)spans[i].from * per_tick;
        double width = (double)(spans[i].to - spans[i].from) * per_tick;
        cairo_text_extents_t e;
        use_grey(d, i % 2 ? 0.96 : 0.92);
        box(d, x, d->y + 10, width, LINE_HEIGHT);
        cairo_set_font_size(d->cr, 9);
        cairo_text_extents(d->cr, name, &e);
        use_grey(d, 0.35);
        if (e.x_advance + 4 < width) write_at(d, x + 2, d->y + 20, 9, name);
    }
}

/* `span` seconds are as wide as the picture, `most` events per second as high as a line; both ways
 * alike. */
static void draw_timeline(struct drawing *d, enum way way, double span, double most)
{
    const struct run_record *run = d->r->run[way];
    const struct timeline *t = tally_timeline(run->tally);
    double room = WIDTH - 2 * MARGIN, width = room * (double)t->width / (double)run->itc_hz / span;
    double scale = LINE_HEIGHT * (double)run->itc_hz / (double)t->width / most;
    char *text = g_strdup_printf("%s: %.3g s of the guest's time, at most %.3g thousand operations "
                                 "per ms", way_names[way], seconds(run), tallest(run, way) / 1e6);
    use_grey(d, 0.15);
    write_at(d, MARGIN, d->y, 11.5, text);
    g_free(text);
    draw_phases(d, run, span);
    for (unsigned i = 0; i < t->used; i++) {
        u64 sum[COLUMNS];
        double foot = d->y + 10 + LINE_HEIGHT;
        stack_bucket(t, way, i, sum);
        for (enum column c = 0; c < COLUMNS; c++) {
            double height = scale * (double)sum[c];
            use(d, &inks[c]);
            box(d, MARGIN + i * width, foot - height, MAX(width - 0.3, 0.5), height);
            foot -= height;
        }
    }
    use_grey(d, 0.6);
    box(d, MARGIN, d->y + 10 + LINE_HEIGHT, room, 0.8);
    d->y += LINE_HEIGHT + 46;
}

/* --- the file --------------------------------------------------------------------------------- */

static void draw(struct drawing *d, const GArray *bars, unsigned rest, double height)
{
    cairo_select_font_face(d->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_source_rgb(d->cr, 1, 1, 1);
    box(d, 0, 0, WIDTH, height);
    d->y = HEAD;
    draw_head(d);
    draw_bars(d, bars, rest);
    double span = MAX(MAX(seconds(d->r->run[WAY_NATIVE]), seconds(d->r->run[WAY_DOMAIN])), 1e-9);
    double most = MAX(tallest(d->r->run[WAY_NATIVE], WAY_NATIVE),
                      tallest(d->r->run[WAY_DOMAIN], WAY_DOMAIN));
    for (enum way w = 0; w < WAYS; w++) {
        if (d->r->run[w]->took_place) draw_timeline(d, w, span, most);
    }
}

bool report_plot(const struct report *r, const char *path, GError **err)
{
    bool svg = g_str_has_suffix(path, ".svg");
    unsigned rest;
    GArray *bars = bars_of(r, &rest);
    double height = HEAD + ROW * bars->len + 44 + 2 * (LINE_HEIGHT + 46);
    cairo_surface_t *surface =
        svg ? cairo_svg_surface_create(path, WIDTH, height)
            : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)WIDTH, (int)height);
    struct drawing d = { .r = r, .cr = cairo_create(surface) };
    draw(&d, bars, rest, height);
    cairo_status_t status = cairo_status(d.cr);
    if (!svg && status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(surface, path);
    cairo_destroy(d.cr);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    g_array_free(bars, TRUE);
    if (status == CAIRO_STATUS_SUCCESS) return true;
    g_set_error(err, MONITOR_ERROR, 0, "--plot: %s: %s", path, cairo_status_to_string(status));
    return false;
}
