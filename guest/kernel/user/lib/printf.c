/* printf() for people with few wishes.  A call is one write(), so lines of several processes do not
 * mix.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

struct out {
    char text[512];
    size_t n;
};
struct spec {
    bool left, zero, wide;
    int width;
};

static void put(struct out *o, char c)
{
    if (o->n < sizeof o->text) o->text[o->n++] = c;
}

static void pad(struct out *o, char with, int count)
{
    while (count-- > 0) put(o, with);
}

static void put_text(struct out *o, const struct spec *s, const char *text, int length)
{
    if (!s->left) pad(o, s->zero ? '0' : ' ', s->width - length);
    for (int i = 0; i < length; i++) put(o, text[i]);
    if (s->left) pad(o, ' ', s->width - length);
}

static void put_number(struct out *o, const struct spec *s, u64 value, unsigned base, bool negative)
{
    char digits[24];
    int at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative) digits[--at] = '-';
    put_text(o, s, digits + at, (int)sizeof digits - at);
}

static void put_signed(struct out *o, const struct spec *s, long value)
{
    put_number(o, s, value < 0 ? -(u64)value : (u64)value, 10, value < 0);
}

static const char *parse(const char *f, struct spec *s)
{
    *s = (struct spec){ 0 };
    for (; *f == '-' || *f == '0'; f++) *(*f == '-' ? &s->left : &s->zero) = true;
    for (; *f >= '0' && *f <= '9'; f++) s->width = s->width * 10 + (*f - '0');
    for (; *f == 'l' || *f == 'z'; f++) s->wide = true;
    return f;
}

static void convert(struct out *o, char what, const struct spec *s, va_list *args)
{
    const char *text;
    char c;
    switch (what) {
    case 'd': put_signed(o, s, s->wide ? va_arg(*args, long) : va_arg(*args, int)); break;
    case 'u': put_number(o, s, s->wide ? va_arg(*args, u64) : va_arg(*args, u32), 10, false); break;
    case 'x': put_number(o, s, s->wide ? va_arg(*args, u64) : va_arg(*args, u32), 16, false); break;
    case 'p': put_number(o, s, (u64)va_arg(*args, void *), 16, false); break;
    case 's': text = va_arg(*args, const char *); put_text(o, s, text, (int)strlen(text)); break;
    case 'c': c = (char)va_arg(*args, int); put_text(o, s, &c, 1); break;
    default: put(o, what);
    }
}

int printf(const char *format, ...)
{
    struct out o = { .n = 0 };
    struct spec s;
    va_list args;
    va_start(args, format);
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        f = parse(f + 1, &s);
        convert(&o, *f, &s, &args);
    }
    va_end(args);
    return (int)write(1, o.text, o.n);
}
