/* Printing, and the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "kernel.h"
#include "machvec.h"
#include "sched.h"

bool quiet, console_ready;

struct out {
    char *at, *end;
    size_t total;
};

static void put(struct out *o, char c)
{
    if (o->at < o->end) *o->at++ = c;
    o->total++;
}

static void put_padded(struct out *o, const char *s, size_t n, size_t width, char pad)
{
    for (; width > n; width--) put(o, pad);
    while (n--) put(o, *s++);
}

static void put_number(struct out *o, u64 v, unsigned base, bool negative, size_t width, char pad)
{
    char digits[24], *p = digits + sizeof digits;
    do *--p = "0123456789abcdef"[v % base]; while (v /= base);
    if (negative && pad == '0') {
        put(o, '-');
        width -= width > 0;
    } else if (negative) {
        *--p = '-';
    }
    put_padded(o, p, (size_t)(digits + sizeof digits - p), width, pad);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = { buf, buf + (size ? size - 1 : 0), 0 };
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        char pad = *++fmt == '0' ? '0' : ' ';
        size_t width = 0;
        while (*fmt >= '0' && *fmt <= '9') width = width * 10 + (size_t)(*fmt++ - '0');
        bool is_long = *fmt == 'l' || *fmt == 'z';
        if (is_long) fmt++;
        if (*fmt == 's') {
            const char *s = va_arg(args, const char *);
            if (!s) s = "(null)";
            put_padded(&o, s, strlen(s), width, ' ');
        } else if (*fmt == 'c') {
            put(&o, (char)va_arg(args, int));
        } else if (*fmt == 'd') {
            s64 v = is_long ? va_arg(args, s64) : va_arg(args, int);
            put_number(&o, v < 0 ? -(u64)v : (u64)v, 10, v < 0, width, pad);
        } else if (*fmt == 'u' || *fmt == 'x') {
            u64 v = is_long ? va_arg(args, u64) : va_arg(args, unsigned);
            put_number(&o, v, *fmt == 'u' ? 10 : 16, false, width, pad);
        } else if (*fmt == 'p') {
            put_number(&o, (u64)va_arg(args, void *), 16, false, 16, '0');
        } else {
            put(&o, *fmt);
        }
    }
    if (size) *o.at = 0;
    return (int)o.total;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}

void vprintk(const char *fmt, va_list args)
{
    char line[256];
    int n = vsnprintf(line, sizeof line, fmt, args);
    size_t len = min((size_t)n, sizeof line - 1);
    if (console_ready) console_write(line, len);
    else if (machvec) machvec->console_early(line, len);
}


void printk(const char *fmt, ...)
{
    va_list args;
    if (quiet) return;
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

/* The emulator knows a kernel's last function by its name. */
void panic(const char *fmt, ...)
{
    static u64 panicking;
    va_list args;
    bool on = ia64_get_psr_i();
    irq_disable();
    if (!atomic_xchg(&panicking, 1)) {
        va_start(args, fmt);
        quiet = false;
        printk("panic on processor %u: ", this_cpu->id);
        vprintk(fmt, args);
        printk("\ninterrupts were %s, psr %016lx, tpr %lx\n", on ? "on" : "off", ia64_get_psr(),
               ia64_get_tpr());
        va_end(args);
        machvec->crash();
    }
    for (;;) cpu_relax();
}
